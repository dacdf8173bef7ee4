//! A company's own rules for IAM: what every role must have and what none may, written down and checked.
//!
//! A rule is kept, broken, or it cannot be told: what a template computes, or takes from elsewhere, is named and is not
//! kept. What roles may do and who may assume them is decided by the policy stage, with a request as the witness.

mod check;
mod file;
mod fit;

use std::collections::BTreeMap;

use crate::diagnostic::Severity;
use crate::policy::Ceiling;
use crate::text::Span;

pub use check::{Asked, check};
pub use file::read;

/// The file that `iam-split rules init` writes.
pub const TEMPLATE: &str = include_str!("rules/rules.yaml");

/// The rules of a file.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The rules, in the order of the file.
    pub list: Vec<Rule>,
    /// What is permitted all the same, for a time.
    pub exceptions: Vec<Exception>,
    /// Managed policies from elsewhere whose contents were looked at: globs of their ARNs.
    pub reviewed: Vec<String>,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What the file calls it.
    pub id: String,
    /// What it asks.
    pub check: Check,
    /// How bad it is to break it.
    pub severity: Severity,
    /// The company's own words.
    pub message: Option<String>,
    /// Of whom it asks it: types of resources.
    pub of: Vec<&'static str>,
    /// Where it stands in the file.
    pub place: Span,
}

/// What a rule asks.
#[derive(Clone, Debug)]
pub enum Check {
    /// A permissions boundary, one of these.
    Boundary(Vec<String>),
    /// A path, one of these.
    Path(Vec<String>),
    /// An explicit name, one of these.
    Name(Vec<String>),
    /// Tags: a key, and what its value is like.
    Tags(BTreeMap<String, String>),
    /// Sessions of this many seconds at most.
    Session(u32),
    /// Managed policies from elsewhere: those that are allowed, and those that are refused.
    ManagedPolicies {
        /// Only these, if any are given.
        allow: Option<Vec<String>>,
        /// None of these.
        refuse: Vec<String>,
    },
    /// Permissions or trust within a ceiling.
    Within(Ceiling),
    /// No statement that allows `*` on `*`.
    Star,
    /// No wildcards in actions of these services.
    Wildcards(Vec<String>),
}

/// A rule that one resource need not keep, for a time.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The rule.
    pub rule: String,
    /// The resources: a glob of logical ids.
    pub resource: String,
    /// Why.
    pub reason: String,
    /// The last day, as it is written.
    pub until: String,
    /// The second after that day, since 1970.
    pub ends: f64,
    /// Where it stands in the file.
    pub place: Span,
}
