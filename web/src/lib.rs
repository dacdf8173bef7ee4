//! iam-split in the browser: a page made with yew, and the core's functions for JavaScript.
//!
//! Thin onto [`iam_split_core::api`]: what is decided here is how things look, nothing else. The host
//! page (`www`) gives what wasm cannot do alone: files, downloads, compression.

pub mod bindings;
#[cfg(all(feature = "command", target_family = "wasm"))]
pub mod command;

#[cfg(feature = "page")]
pub mod app;
