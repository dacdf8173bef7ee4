//! The contracts between the two templates, and what CloudFormation asks of each: one check a file.

mod app;
mod circle;
mod iam;
mod parameter;
mod size;
mod text;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::equivalence::Wiring;
use crate::template::Template;

/// A pair to check.
#[derive(Clone, Copy)]
pub struct Pair<'p> {
    /// The IAM template.
    pub iam: &'p Template<'p, 'p>,
    /// The application template.
    pub app: &'p Template<'p, 'p>,
    /// The configuration, if there is one.
    pub config: Option<&'p Config>,
    /// How the pair is wired.
    pub wiring: &'p Wiring,
    /// Whether the pair is proven otherwise: then what only our own conventions ask is a note.
    pub proven: bool,
    /// Codes of what the monolith has already: that is a warning.
    pub inherited: &'p [Code],
}

/// A contract between the two templates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contract {
    /// What is asked.
    pub name: Cow<'static, str>,
    /// How many errors stand against it. A warning or a note does not break it.
    pub findings: usize,
    /// How many warnings and notes stand against it: it is not kept, and that decides nothing.
    pub others: usize,
    /// Why it was not asked, where it was not.
    pub not_asked: Option<Cow<'static, str>>,
}

/// How a contract stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was asked, and nothing stands against it.
    Kept,
    /// It is not kept, and that decides nothing: the pair is proven without it, or the monolith does not keep it either.
    Otherwise,
    /// Errors stand against it.
    Broken,
    /// Nobody knows.
    NotAsked,
}

impl Contract {
    /// How it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match (self.findings, self.others, &self.not_asked) {
            (_, _, Some(_)) => Standing::NotAsked,
            (0, 0, None) => Standing::Kept,
            (0, _, None) => Standing::Otherwise,
            (_, _, None) => Standing::Broken,
        }
    }

    /// The same in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self.standing() {
            Standing::Kept => "kept".to_owned(),
            Standing::Otherwise => {
                format!("not kept, which is no error ({})", crate::text::counted(self.others, "finding"))
            }
            Standing::Broken => format!("broken ({})", self.findings),
            Standing::NotAsked => format!("not asked: {}", self.not_asked.as_deref().unwrap_or_default()),
        }
    }
}

/// How many contracts are kept, and of the others how they stand; no sentence where there are none.
#[must_use]
pub fn headline(contracts: &[Contract]) -> String {
    let of = |standing| contracts.iter().filter(|contract| contract.standing() == standing).count();
    let (kept, broken) = (of(Standing::Kept), of(Standing::Broken));
    let all = crate::text::counted(contracts.len(), "contract");
    if contracts.is_empty() {
        return String::new();
    }
    let mut said = vec![if kept == contracts.len() {
        format!("all {all} kept")
    } else {
        format!("{kept} of {all} kept")
    }];
    let parts = [
        (broken, "broken"),
        (of(Standing::Otherwise), "not kept, which is no error"),
        (of(Standing::NotAsked), "not asked"),
    ];
    said.extend(parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    said.join(", ")
}

type Check = fn(&Pair<'_>) -> Vec<Diagnostic>;

/// The contract that only a configuration can ask.
const CONFIGURED: &str = "the IAM template has every configured role and managed policy";

/// The contracts in the order of the specification.
const CONTRACTS: [(&str, Check); 12] = [
    (CONFIGURED, iam::configured),
    ("the IAM template holds nothing but IAM", iam::only_iam),
    ("the IAM template gives out the ARN of every role and managed policy", iam::outputs),
    ("the IAM template exports every output under the stack's name", iam::exports),
    ("the application template has a parameter for every output", app::parameters),
    ("the application template's IAM parameters are texts with an ARN's pattern", app::shapes),
    ("the application template's IAM parameters are all filled", app::filled),
    ("the application template defines nothing that moved", app::nothing_moved),
    ("both templates are well formed", well_formed),
    ("no resources of a template wait for each other in a circle", circle::circles),
    ("both templates keep CloudFormation's limits on counts", size::counts),
    ("both templates keep CloudFormation's limit on size", size::bodies),
];

/// Parameters, texts and conditions that CloudFormation takes.
fn well_formed(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let mut found = parameter::well_formed(pair);
    found.extend(text::texts(pair));
    found
}

/// Checks all contracts.
#[must_use]
pub fn check(pair: &Pair<'_>) -> (Vec<Contract>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let kept = CONTRACTS.map(|(name, check)| {
        let mut findings = check(pair);
        // What is the monolith's own fault is not the pair's: it is told, and does not decide.
        for fault in
            findings.iter_mut().filter(|fault| fault.is_error() && pair.inherited.contains(&fault.code))
        {
            *fault = fault.clone().with_severity(Severity::Warning).help("the monolith has this too");
        }
        for finding in findings.iter_mut().filter(|finding| pair.proven && is_convention(finding.code)) {
            finding.severity = Severity::Note;
            finding.help =
                vec!["the pair is proven without it; it is what a split of ours writes".to_owned()];
        }
        let kept = Contract {
            name: Cow::Borrowed(name),
            findings: findings.iter().filter(|found| found.is_error()).count(),
            others: findings.iter().filter(|found| !found.is_error()).count(),
            not_asked: (name == CONFIGURED && pair.config.is_none())
                .then_some(Cow::Borrowed("no configuration was given")),
        };
        found.extend(findings);
        kept
    });
    (kept.to_vec(), found)
}

/// Names of outputs, parameters and exports, and patterns of parameters: a proven pair may have others.
fn is_convention(code: Code) -> bool {
    matches!(code, Code::CTR001 | Code::CTR002 | Code::CTR005 | Code::CTR006)
}

/// Codes of faults that a monolith has already: circles, and parameters that refuse their own defaults.
#[must_use]
pub fn of_monolith(template: &Template<'_, '_>) -> Vec<Code> {
    of_one(template, Source::Template).into_iter().map(|found| found.code).collect()
}

/// What is wrong with one template by itself.
#[must_use]
pub fn of_one(template: &Template<'_, '_>, source: Source) -> Vec<Diagnostic> {
    let mut found = circle::of_template(template, source);
    found.extend(parameter::of_template(template, source));
    found.extend(text::of_template(template, source));
    found
}

/// Both templates with their source.
fn both<'p>(pair: &Pair<'p>) -> [(Source, &'p Template<'p, 'p>, &'static str); 2] {
    [(Source::Iam, pair.iam, "IAM"), (Source::App, pair.app, "application")]
}
