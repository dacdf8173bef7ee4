//! One command a file.

pub(crate) mod can;
pub(crate) mod delete;
pub(crate) mod deploy;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod gates;
pub(crate) mod init;
pub(crate) mod migrate;
pub(crate) mod outputs;
pub(crate) mod permissions;
pub(crate) mod plan;
pub(crate) mod rollback;
pub(crate) mod split;
pub(crate) mod status;
pub(crate) mod terraform;
pub(crate) mod upload;
pub(crate) mod validate;
