//! What IAM policies mean: who may do what, and whether a release allows more than the one before it.
//!
//! A request is an action on a resource with a context, or for a role's trust someone who assumes it with a
//! context. [`release`] decides for each principal whether every request that the new template allows was
//! allowed by the old one; [`can`] tells of one request.

mod assume;
mod can;
mod catalogue;
mod ceiling;
mod change;
mod condition;
mod decide;
mod direct;
mod gift;
mod glob;
mod guess;
mod holder;
mod loops;
mod moved;
mod release;
mod session;
mod side;
mod spelled;
mod statement;
mod subject;
mod told;
mod unknown;
mod value;
mod who;
mod witness;
mod words;
mod world;

pub use can::{Access, CanAnswer, CanRequest, can};
pub(crate) use can::{Application, can_with};
pub use catalogue::Catalogue;
pub use ceiling::{Ceiling, Judge, Principal, Written};
pub use change::{Change, PermissionChange, ResourceChange, changes};
pub(crate) use condition::seconds;
pub(crate) use glob::action_matches;
pub use moved::moved;
pub use release::{Decision, Place, Question, Reason, Release, Verdict, Witness, release};
pub(crate) use side::read as scalars;
pub(crate) use statement::entry;
pub use unknown::unknown_actions;
pub(crate) use words::{managed, value as written};
