//! One command a file.

pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod split;
pub(crate) mod validate;
