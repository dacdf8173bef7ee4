//! A pair for those who live in Terraform: a root module that deploys it, a look at the files that they
//! have, the meaning of a plan, and the permissions of a run.
//!
//! What is decided is data ([`decide`]); [`module`] says it in HCL, which [`hcl`] quotes and lays out.

pub mod check;
pub mod decide;
pub mod explain;
pub mod hcl;
pub mod module;
pub mod permissions;

pub mod rule;
