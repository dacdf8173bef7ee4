//! A company's own rules for IAM: what every role must have and what none may, written down and checked.
//!
//! A rule is kept, broken, or it cannot be told: what a template computes, or takes from elsewhere, is named and is not
//! kept. What roles may do and who may assume them is decided by the policy stage, with a request as the witness.

mod check;
mod file;
mod fit;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::policy::Ceiling;
use crate::text::{Span, counted};

pub use check::{Asked, Which, check};
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
    /// Resources with a wildcard are within one of these.
    Scope {
        /// Patterns of ARNs.
        widest: Vec<String>,
        /// Only of statements with an action of these services, if any are given.
        services: Option<Vec<String>>,
    },
}

/// Of how many a rule was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AskedOf {
    /// The rule.
    pub rule: String,
    /// Resources.
    pub resources: usize,
}

/// What came of asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// In a line.
    pub headline: String,
    /// Each rule, and of how many it was asked.
    pub asked: Vec<AskedOf>,
    /// What was found, the worst first.
    pub findings: Vec<Diagnostic>,
}

impl Answer {
    /// What was found, by rules that were asked.
    #[must_use]
    pub fn new(mut findings: Vec<Diagnostic>, asked: Vec<AskedOf>) -> Self {
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Self { headline: headline(&findings, &asked), asked, findings }
    }

    /// 0 where nothing is broken, 1 where something is or cannot be told, 2 where something cannot be read.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        exit_code(&self.findings)
    }
}

fn exit_code(found: &[Diagnostic]) -> u8 {
    found.iter().filter(|one| one.is_error()).map(|one| one.code.exit_code()).max().unwrap_or(0)
}

fn headline(found: &[Diagnostic], asked: &[AskedOf]) -> String {
    if exit_code(found) == 2 {
        return "not checked: something cannot be read".to_owned();
    }
    let count = |code: Code, error: bool| {
        found.iter().filter(|one| one.code == code && one.is_error() == error).count()
    };
    let parts = [
        (count(Code::RUL001, true), "broken"),
        (count(Code::RUL002, true), "cannot be told"),
        (count(Code::RUL001, false), "broken, which is no error"),
        (count(Code::RUL002, false), "cannot be told, which is no error"),
        (count(Code::RUL003, false), "excepted"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let others = found.iter().filter(|one| one.is_error() && !one.code.as_str().starts_with("RUL")).count();
    // A rule that was asked of nothing is not kept: there was nothing to keep it.
    let (idle, busy): (Vec<_>, Vec<_>) = asked.iter().partition(|one| one.resources == 0);
    let idle: Vec<String> = idle.iter().map(|one| format!("`{}`", one.rule)).collect();
    let nothing =
        if idle.is_empty() { String::new() } else { format!("; asked of nothing: {}", idle.join(", ")) };
    if said.is_empty() && busy.is_empty() {
        return "no rule is kept or broken: the template has nothing that they are asked of".to_owned();
    }
    let sentence = match (said.is_empty(), others) {
        (true, 0) => {
            let each =
                busy.iter().map(|one| format!("`{}` by {}", one.rule, counted(one.resources, "resource")));
            let all = if idle.is_empty() { "all rules are kept" } else { "rules are kept" };
            format!("{all}: {}", each.collect::<Vec<_>>().join(", "))
        }
        (true, others) => format!("rules: none broken; the template has {}", counted(others, "error")),
        (false, _) => format!("rules: {}", said.join(", ")),
    };
    sentence + &nothing
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
