//! Text to a tree in which every node knows its byte range, how it was written and its tag.
//!
//! YAML and JSON are read by the same event parser (`granit-parser`): JSON is a flow collection of
//! YAML, and the parser admits tabs, `\/` and surrogate pairs. Reading is total: [`parse`] always
//! gives a tree (of what could be read) and the list of what was wrong.

mod layout;
mod parse;
mod tree;

pub use layout::{Free, Items};
pub use parse::{Parsed, parse};
pub use tree::{Document, Kind, Node, NodeId, Style};
