//! What the command asks of the machine that it runs on: files, and the time.
//!
//! Everywhere but in wasm the operating system answers; there whoever runs the command does ([`Host`]).

#[cfg(target_family = "wasm")]
mod given;
#[cfg(not(target_family = "wasm"))]
mod system;

#[cfg(target_family = "wasm")]
pub use given::{Host, run_on};
#[cfg(target_family = "wasm")]
pub(crate) use given::{exists, list, now, read, real, write_all};
#[cfg(not(target_family = "wasm"))]
pub(crate) use system::{exists, list, now, read, real, write_all};
