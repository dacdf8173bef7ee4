//! Quality gates 1 to 4 as checks over what is known of templates and stacks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::contents::Contents;
use super::outputs;
use super::pattern::some;
use super::state::is_good;
use crate::diagnostic::{Code, Diagnostic};

/// A gate and its checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// 1 to 5.
    pub gate: u8,
    /// What it is about.
    pub name: &'static str,
    /// Whether all checks passed.
    pub passed: bool,
    /// The checks.
    pub checks: Vec<Check>,
    /// What could not be looked at: the gate is then neither passed nor failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<String>,
}

/// A check of a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What is checked.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// What was found; empty where there is nothing to say.
    pub found: Vec<String>,
}

impl Check {
    /// A check that passes if nothing was found.
    #[must_use]
    pub fn of(name: impl Into<String>, found: Vec<String>) -> Self {
        Self { name: name.into(), passed: found.is_empty(), found }
    }
}

impl Gate {
    /// A gate of checks.
    #[must_use]
    pub fn of(gate: u8, checks: Vec<Check>) -> Self {
        let name = match gate {
            1 => "templates",
            2 => "IAM stack",
            3 => "outputs",
            5 => "runtime",
            _ => "application stack",
        };
        Self { gate, name, passed: checks.iter().all(|check| check.passed), checks, unseen: Vec::new() }
    }

    /// The same gate, where something could not be looked at.
    #[must_use]
    pub fn without(mut self, unseen: Vec<String>) -> Self {
        self.passed &= unseen.is_empty();
        self.unseen = unseen;
        self
    }

    /// In a word: `passed`, `FAILED`, or `NOT CHECKED` where nothing failed and not all was seen.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match (self.passed, self.checks.iter().all(|check| check.passed)) {
            (true, _) => "passed",
            (false, true) => "NOT CHECKED",
            (false, false) => "FAILED",
        }
    }
}

/// A resource of a stack that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveResource {
    /// Its logical id.
    pub logical_id: String,
    /// Its physical id.
    pub physical_id: String,
    /// Its type.
    pub kind: String,
    /// Its status.
    pub status: String,
}

/// What is known of a stack that stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: String,
    /// Why it has this status.
    pub reason: String,
    /// Its parameters; secrets are masked by CloudFormation.
    pub parameters: BTreeMap<String, String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// The exports of its outputs: output and export name.
    pub exports: BTreeMap<String, String>,
    /// When it was last changed, RFC 3339.
    pub changed: String,
    /// Whether it may not be deleted.
    pub protected: bool,
    /// More on the status: `CONFIGURATION_COMPLETE`, `VALIDATION_FAILED`.
    pub detail: String,
    /// Whether its operations end before its resources are ready (`DeploymentConfig.Mode=EXPRESS`).
    pub express: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Gate 1: what our own checks and CloudFormation's say of the templates.
#[must_use]
pub fn templates(found: &[Diagnostic], refusals: Vec<(String, Option<String>)>) -> Gate {
    let errors = found.iter().filter(|finding| finding.is_error());
    let errors = errors.map(|finding| format!("{} ({})", finding.message, finding.code)).collect();
    let mut checks = vec![Check::of("the templates are sound and belong together", errors)];
    for (name, refusal) in refusals {
        checks.push(Check::of(
            format!("CloudFormation accepts the {name} template"),
            refusal.into_iter().collect(),
        ));
    }
    Gate::of(1, checks)
}

/// Gate 2: the IAM stack stands, with all its resources, and gives out all its outputs as ARNs.
#[must_use]
pub fn iam_stack(
    live: &Live,
    resources: &[LiveResource],
    iam: Option<&Contents>,
    untagged: Option<Vec<String>>,
) -> Gate {
    let mut checks = standing(live, resources, iam);
    let messages = |found: Vec<Diagnostic>| found.into_iter().map(|finding| finding.message).collect();
    checks.push(Check::of("all outputs are there", messages(outputs::missing(&live.outputs, iam, None))));
    checks.push(Check::of("all ARNs are ARNs of IAM", messages(outputs::malformed(&live.outputs, iam))));
    if let Some(untagged) = untagged {
        checks.push(Check::of("the roles have the stack's tags", untagged));
    }
    Gate::of(2, checks)
}

/// Gate 3: the outputs are what the application stack needs.
#[must_use]
pub fn query(live: &Live, iam: Option<&Contents>, app: &Contents) -> Gate {
    let messages = |found: Vec<Diagnostic>| found.into_iter().map(|finding| finding.message).collect();
    let (taken, _) = outputs::taken(&live.outputs, iam, app);
    let unfilled = app.iam_parameters().filter(|(name, _)| {
        !taken.contains_key(*name)
            && app.parameters.get(*name).is_some_and(|declared| declared.default.is_none())
    });
    let unfilled = unfilled.map(|(name, output)| format!("no output fills `{name}` ({output})")).collect();
    let refused = taken.iter().filter_map(|(name, value)| {
        let declared = app.parameters.get(name)?;
        super::parameters::refused(name, &super::value::Value::shown(value), declared)
    });
    let checks = vec![
        Check::of("all outputs are there", messages(outputs::missing(&live.outputs, iam, Some(app)))),
        Check::of("all ARNs are ARNs of IAM", messages(outputs::malformed(&live.outputs, iam))),
        Check::of("every IAM parameter is filled", unfilled),
        Check::of("every value fits its parameter", messages(refused.collect())),
    ];
    Gate::of(3, checks)
}

/// Gate 4: the application stack stands with all its resources.
#[must_use]
pub fn app_stack(live: &Live, resources: &[LiveResource], app: Option<&Contents>) -> Gate {
    Gate::of(4, standing(live, resources, app))
}

/// The checks of a stack that stands.
fn standing(live: &Live, resources: &[LiveResource], contents: Option<&Contents>) -> Vec<Check> {
    let reason = if live.reason.is_empty() { String::new() } else { format!(": {}", live.reason) };
    let status =
        if is_good(&live.status) { Vec::new() } else { vec![format!("it is {}{reason}", live.status)] };
    let bad = resources.iter().filter(|resource| {
        let status = resource.status.as_str();
        !status.ends_with("_COMPLETE") || status.starts_with("DELETE") || status == "ROLLBACK_COMPLETE"
    });
    let mut wrong: Vec<String> =
        bad.map(|resource| format!("`{}` is {}", resource.logical_id, resource.status)).collect();
    if let Some(contents) = contents {
        let strangers: Vec<&str> = resources
            .iter()
            .map(|resource| resource.logical_id.as_str())
            .filter(|name| !contents.resources.contains_key(*name))
            .collect();
        // A transform or a loop adds what the text does not name.
        if !strangers.is_empty() && !contents.capabilities.contains(&"CAPABILITY_AUTO_EXPAND") {
            wrong.push(format!("the template does not have {}", some(&strangers)));
        }
    }
    if resources.is_empty() {
        wrong.push("the stack has no resources".to_owned());
    }
    let mut checks = vec![
        Check::of(format!("the stack `{}` stands", live.name), status),
        Check::of("all its resources stand", wrong),
    ];
    if live.express {
        checks.push(Check::of(
            "CloudFormation waited for its resources",
            vec!["the stack was deployed in the mode EXPRESS, which ends before resources are ready: a gate says nothing then; `iam-split deploy` with a change deploys it in the standard mode".to_owned()],
        ));
    }
    checks
}

/// A gate of which a check failed, as a finding. What could not be looked at stops nothing.
#[must_use]
pub fn finding(gate: &Gate) -> Option<Diagnostic> {
    if gate.checks.iter().all(|check| check.passed) {
        return None;
    }
    let wrong = gate.checks.iter().flat_map(|check| &check.found).cloned().collect::<Vec<_>>();
    Some(
        Diagnostic::new(Code::DPL012, format!("gate {} ({}) is not passed", gate.gate, gate.name))
            .help(wrong.join("; ")),
    )
}
