//! One command a file.

pub(crate) mod init;
pub(crate) mod split;
