//! Markdown for a pull request: the verdict and what leads to it first.

use std::fmt::Write;

use super::{ReleaseReport, reasons, request};
use crate::report::markdown::{cell, code, text};
use crate::text::one_line;

/// What a comment of a pull request may hold is 65,536 characters (GitHub); a list beyond this is cut, and says so.
const MOST: usize = 60_000;

pub(super) fn render(report: &ReleaseReport<'_>) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(report, &mut out);
    out
}

fn write(report: &ReleaseReport<'_>, out: &mut String) -> std::fmt::Result {
    writeln!(out, "# IAM release: {}\n", report.headline)?;
    writeln!(out, "`{}` and `{}`: {}", code(&report.old), code(&report.new), report.counts())?;
    let decisions = &report.diff.release.decisions;
    let written = parts(out, decisions, |decision, out| {
        writeln!(out, "\n## {}\n", text(&decision.headline()))?;
        if let Some((title, lines)) = request(decision) {
            writeln!(out, "{title}:\n\n```text")?;
            // A fence inside would end it.
            lines
                .iter()
                .try_for_each(|line| writeln!(out, "{}", one_line(line).replace("```", "\u{2019}")))?;
            writeln!(out, "```")?;
        }
        reasons(decision).iter().try_for_each(|reason| writeln!(out, "- {}", text(reason)))
    })?;
    cut(out, decisions.len() - written, "decisions")?;
    if !report.findings.is_empty() {
        writeln!(out, "\n## Findings ({})\n", report.findings.len())?;
    }
    let written = parts(out, &report.findings, |found, out| {
        writeln!(out, "- **{} {}** {}", found.severity.name(), found.code, text(&found.message))?;
        for place in &found.places {
            writeln!(out, "  - `{}` line {}: {}", code(&place.file), place.start.line, text(&place.text))?;
        }
        found.help.iter().try_for_each(|help| writeln!(out, "  - what to do: {}", text(help)))
    })?;
    cut(out, report.findings.len() - written, "findings")?;
    let resources = &report.diff.resources;
    if !resources.is_empty() {
        writeln!(out, "\n## What differs ({})\n", resources.len())?;
        writeln!(out, "| resource | change | new release | before |\n|---|---|---|---|")?;
    }
    let written = parts(out, resources, |one, out| {
        let mut row = |how: &str, now: &str, before: &str| {
            writeln!(out, "| `{}` | {how} | {} | {} |", code(&one.name), quoted(now), quoted(before))
        };
        let anew = if one.replaced { ", made anew" } else { "" };
        row(&format!("{}{anew}", one.state.word()), &one.kind, "")?;
        for (statements, of) in [(&one.permissions, ""), (&one.trust, "trust ")] {
            for statement in statements {
                let (word, (now, before)) = (statement.change.word(), statement.told());
                row(&format!("{of}{word}"), &now, before.as_deref().unwrap_or_default())?;
            }
        }
        one.told_properties().iter().try_for_each(|property| {
            let value = |value: &Option<String>| value.clone().unwrap_or_default();
            row(&code(&property.property), &value(&property.after), &value(&property.before))
        })
    })?;
    cut(out, resources.len() - written, "resources")?;
    let declarations = &report.diff.declarations;
    if !declarations.is_empty() {
        writeln!(out, "\n## Declarations\n\n| what | before | after |\n|---|---|---|")?;
    }
    let written = parts(out, declarations, |one, out| {
        let value = |value: &Option<String>| quoted(value.as_deref().unwrap_or_default());
        writeln!(out, "| `{}` | {} | {} |", code(&one.property), value(&one.before), value(&one.after))
    })?;
    cut(out, declarations.len() - written, "declarations")
}

/// Writes one after the other as long as there is room; how many were written.
fn parts<T>(
    out: &mut String,
    all: &[T],
    mut write: impl FnMut(&T, &mut String) -> std::fmt::Result,
) -> Result<usize, std::fmt::Error> {
    for (at, one) in all.iter().enumerate() {
        let before = out.len();
        write(one, out)?;
        if out.len() > MOST {
            out.truncate(before);
            return Ok(at);
        }
    }
    Ok(all.len())
}

fn cut(out: &mut String, left: usize, what: &str) -> std::fmt::Result {
    if left == 0 { Ok(()) } else { writeln!(out, "\n{left} more {what}: the HTML report has all") }
}

fn quoted(value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("`{}`", cell(&code(value))) }
}
