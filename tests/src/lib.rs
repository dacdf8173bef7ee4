//! What the end-to-end tests share: an evaluator of templates that knows nothing of the core, and
//! where the templates are.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test oracle: it fails loudly, and its reader is a developer"
)]

pub mod compare;
pub mod evaluate;

use std::path::PathBuf;

/// The folder of the repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of real templates beside the repository, if it is there. Says aloud when it is not.
pub fn corpus() -> Option<PathBuf> {
    let folder = repository().join("../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("LEFT OUT: the real templates in ../shared/corpus are not here");
    None
}
