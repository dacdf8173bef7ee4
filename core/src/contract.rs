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
}

/// A contract between the two templates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contract {
    /// What is asked.
    pub name: Cow<'static, str>,
    /// How many errors stand against it: 0 where it is kept. A warning does not break it.
    pub findings: usize,
}

type Check = fn(&Pair<'_>) -> Vec<Diagnostic>;

/// The contracts in the order of the specification.
const CONTRACTS: [(&str, Check); 12] = [
    ("the IAM template has every configured role and managed policy", iam::configured),
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
        for finding in findings.iter_mut().filter(|finding| pair.proven && is_convention(finding.code)) {
            finding.severity = Severity::Note;
            finding.help =
                vec!["the pair is proven without it; it is what a split of ours writes".to_owned()];
        }
        let kept = Contract {
            name: Cow::Borrowed(name),
            findings: findings.iter().filter(|found| found.is_error()).count(),
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
    let found = circle::of_template(template, Source::Template);
    found
        .into_iter()
        .chain(parameter::of_template(template, Source::Template))
        .chain(text::of_template(template, Source::Template))
        .map(|found| found.code)
        .collect()
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
