//! The decisions of a deployment as pure data: names, parameters, states, order, scenarios, gates. The
//! command carries them out.

pub mod allows;
pub mod arns;
pub mod contents;
pub mod events;
pub mod failure;
pub mod gate;
pub mod kept;
pub mod migrate;
pub mod names;
pub mod order;
pub mod outputs;
pub mod owner;
pub mod parameters;
pub mod pattern;
pub mod permissions;
pub mod raw;
pub mod runtime;
pub mod same;
pub mod scenario;
pub mod settings;
pub mod state;
pub mod status;
pub mod usage;
pub mod validation;
pub mod value;
