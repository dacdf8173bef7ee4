//! The report of a release: what was decided of it and what it changes, a file a format.

mod html;
mod junit;
mod markdown;
mod sarif;

use serde::Serialize;

use super::{IamDiff, State};
use crate::diagnostic::{Diagnostic, Texts};
use crate::policy::{Decision, Reason, Verdict};
use crate::report::{FileNames, Finding, Format, placed};

/// A release as something to hand on.
#[derive(Clone, Debug, Serialize)]
pub struct ReleaseReport<'d> {
    /// The version of this form.
    pub format_version: u32,
    /// The version of the tool.
    pub tool_version: &'static str,
    /// The file of the former release.
    pub old: String,
    /// The file of the new one.
    pub new: String,
    /// The verdict in words.
    pub headline: String,
    /// Whether what cannot be told is permitted.
    pub allows_unknown: bool,
    /// What the rules found, and actions that no service has, with their places.
    pub findings: Vec<Finding>,
    /// All that differs, and what was decided.
    #[serde(flatten)]
    pub diff: &'d IamDiff,
}

impl<'d> ReleaseReport<'d> {
    /// Makes the report. The former release is the template of the texts and names, the new one the IAM template.
    #[must_use]
    pub fn new(diff: &'d IamDiff, texts: &Texts<'_>, names: &FileNames, allows_unknown: bool) -> Self {
        let rules = diff.rules.iter().flat_map(|rules| &rules.findings);
        let found: Vec<Diagnostic> = rules.chain(&diff.warnings).cloned().collect();
        Self {
            format_version: 1,
            tool_version: env!("CARGO_PKG_VERSION"),
            old: names.template.clone(),
            new: names.iam.clone(),
            headline: diff.headline(),
            allows_unknown,
            findings: placed(&found, texts, names),
            diff,
        }
    }

    /// The report's text in a format.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Html => html::render(self),
            // A report is plain data: serializing it cannot fail.
            Format::Json => serde_json::to_string_pretty(self).unwrap_or_default() + "\n",
            Format::Markdown => markdown::render(self),
            Format::Sarif => sarif::render(self),
            Format::Junit => junit::render(self),
        }
    }

    /// The file in which a decision's place stands.
    fn file(&self, decision: &Decision) -> &str {
        let statement = decision.witness.as_ref().and_then(|found| found.statement.as_ref());
        if statement.is_some_and(|place| place.old) { &self.old } else { &self.new }
    }

    /// How the verdict looks: green only where nothing more is allowed.
    fn tone(&self) -> &'static str {
        match self.diff.release.verdict {
            _ if self.diff.breaks_rules() => "bad",
            Verdict::NoMore => "good",
            Verdict::CannotTell => "warn",
            Verdict::More => "bad",
        }
    }

    /// How many resources were added, removed, changed, and are the same.
    fn counts(&self) -> String {
        let of = |state| self.diff.resources.iter().filter(|one| one.state == state).count();
        format!(
            "{} added, {} removed, {} changed, {} the same",
            of(State::Added),
            of(State::Removed),
            of(State::Changed),
            self.diff.unchanged
        )
    }
}

/// A decision's line: that of the statement, or of the declaration.
fn line(decision: &Decision) -> u32 {
    let statement = decision.witness.as_ref().and_then(|found| found.statement.as_ref());
    statement.map(|place| place.line).filter(|line| *line > 0).unwrap_or(decision.line)
}

/// Why something cannot be told, a reason a text.
fn reasons(decision: &Decision) -> Vec<String> {
    let told = |reason: &Reason| match reason.line {
        0 => format!("{}: {}", reason.part, reason.why),
        line => format!("line {line}: {}: {}", reason.part, reason.why),
    };
    decision.reasons.iter().map(told).collect()
}

/// A request's lines, under what it is: found, or only possible.
fn request(decision: &Decision) -> Option<(&'static str, Vec<String>)> {
    let found = decision.witness.as_ref()?;
    let title =
        if decision.verdict == Verdict::More { "allowed by the new release" } else { "it may be that" };
    Some((title, found.lines()))
}
