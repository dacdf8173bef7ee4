//! The thinking of iam-split: a CloudFormation template in, two templates out.
//!
//! ```
//! use iam_split_core::api::{SplitAnswer, SplitRequest, split};
//!
//! let template = "\
//! Resources:
//!   Worker:
//!     Type: AWS::Lambda::Function
//!     Properties:
//!       Role: !GetAtt WorkerRole.Arn # who it runs as
//!   WorkerRole:
//!     Type: AWS::IAM::Role
//!     Properties:
//!       AssumeRolePolicyDocument: {}
//! ";
//! let SplitAnswer::Done(split) = split(&SplitRequest { template, ..SplitRequest::default() }) else {
//!     unreachable!("nothing crosses here")
//! };
//! assert!(split.app.contains("Role: !Ref WorkerRole # who it runs as"));
//! assert!(split.iam.contains("Value: !GetAtt WorkerRole.Arn"));
//! ```
//!
//! # The way of the data
//!
//! One direction, and the modules in its order; a module uses only what stands above it
//! (`tests/stages.rs` enforces that):
//!
//! | module | from | to |
//! |---|---|---|
//! | [`text`] | | byte ranges, lines, columns |
//! | `closure` | a graph | what leads to what |
//! | [`diagnostic`] | | findings as data, the catalogue of codes |
//! | [`syntax`] | text | a tree in which every node knows its bytes |
//! | [`template`] | tree | sections, resources, intrinsic functions, references |
//! | [`expression`] | nodes | values apart from how they are written |
//! | [`facts`] | | CloudFormation's tables: types, names, limits |
//! | [`check`] | template | what is wrong with it before anything is split |
//! | [`config`] | text | what to move and how |
//! | [`plan`] | template, references | what moves, what travels, how each crossing is bridged |
//! | [`writer`] | expressions | YAML or JSON text |
//! | [`policy`] | templates | who may do what, and whether a release allows more |
//! | [`roles`] | templates | cards of who may do what, and what of it is wide |
//! | [`rules`] | templates, a file of rules | what of them is broken, or cannot be told |
//! | [`edit`] | | sorted, disjoint, named replacements |
//! | [`document`] | plan | the edits of two documents |
//! | [`summary`] | plan, edits | what was done |
//! | [`survey`] | template | what there is to choose from |
//! | [`diff`] | two texts | what differs, and why |
//! | [`deployment`] | settings, stacks | names, parameters, order, states of a deployment |
//! | [`terraform`] | deployment, templates | the same for Terraform: files written, read and judged |
//! | [`tickets`] | the IAM template, what is known | documents and pages for who makes roles by hand |
//! | [`api`] | a request | an answer: what the command and the browser call |
//!
//! # Invariants
//!
//! - No file, clock, thread, network or environment: the host has those (`clippy.toml`).
//! - Both documents are the source with edits. Bytes that no edit names are the source's own.
//! - Every byte of the source lands in one of the documents or in an edit with a name
//!   ([`edit::lost_bytes`], checked on every split).
//! - Parsing is total. What is wrong is a [`diagnostic::Diagnostic`]; nothing panics.
//! - The same input gives the same bytes: nothing iterates over a hash map into output.

pub mod api;
pub mod check;
mod closure;
pub mod condition;
pub mod config;
pub mod contract;
pub mod deployment;
pub mod diagnostic;
pub mod diff;
pub mod document;
pub mod edit;
pub mod equivalence;
pub mod expression;
pub mod facts;
mod init;
pub mod normal;
pub mod plan;
pub mod policy;
mod policy_size;
mod reconfigure;
pub mod report;
pub mod roles;
pub mod rules;
pub mod summary;
pub mod survey;
pub mod syntax;
pub mod template;
pub mod terraform;
pub mod text;
pub mod tickets;
pub mod validate;
pub mod value;
pub mod writer;
