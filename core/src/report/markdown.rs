//! Markdown for a pull request.

use std::fmt::Write;

use super::Report;
use crate::validate::Bond;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(report, &mut out);
    out
}

fn write(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(out, "# IAM split: {}\n", report.headline)?;
    writeln!(out, "`{}` and `{}`", code(&report.iam), code(&report.app))?;
    if let (Some(monolith), Some(proven)) = (&report.monolith, report.proven) {
        writeln!(
            out,
            "\n{proven} resources are proven to be those of `{}`, for all values of the parameters.",
            code(monolith)
        )?;
    }
    writeln!(out, "\n| contract | |\n|---|---|")?;
    for contract in &report.contracts {
        let mark = if contract.findings == 0 {
            "kept".to_owned()
        } else {
            format!("**broken** ({})", contract.findings)
        };
        writeln!(out, "| {} | {mark} |", contract.name)?;
    }
    if !report.findings.is_empty() {
        writeln!(out, "\n## Findings\n")?;
        for finding in &report.findings {
            writeln!(out, "- **{} {}** {}", finding.severity.name(), finding.code, text(&finding.message))?;
            for place in &finding.places {
                writeln!(
                    out,
                    "  - `{}` line {}: {}",
                    code(&place.file),
                    place.start.line,
                    text(&place.text)
                )?;
            }
            for help in &finding.help {
                writeln!(out, "  - what to do: {}", text(help))?;
            }
        }
    }
    if !report.widened.is_empty() {
        writeln!(out, "\n## Scopes that are wider ({})\n", report.widened.len())?;
        for (resource, changes) in report.widened_by_resource() {
            writeln!(out, "<details><summary>{} ({})</summary>\n", html(resource), changes.len())?;
            writeln!(out, "| statement | element | before | after | reaches |\n|---|---|---|---|---|")?;
            for change in changes {
                writeln!(
                    out,
                    "| {} | {} | `{}` | `{}` | {} |",
                    cell(&text(&change.statement)),
                    cell(&text(&change.element)),
                    cell(&code(&change.before)),
                    cell(&code(&change.after)),
                    cell(&text(&change.reaches))
                )?;
            }
            writeln!(out, "\n</details>\n")?;
        }
    }
    for attached in &report.attached {
        writeln!(
            out,
            "\nStatements of `{}` stand in `{}` of the application template.",
            code(&attached.role),
            code(&attached.policy)
        )?;
    }
    let unchanged: Vec<&str> = report.unchanged().collect();
    if report.is_compared() && !unchanged.is_empty() {
        writeln!(
            out,
            "\n{} resources have the permissions that they had: {}.",
            unchanged.len(),
            list(unchanged.into_iter())
        )?;
    }
    writeln!(out, "\n## What the IAM template holds ({})\n", report.moved().count())?;
    writeln!(out, "| resource | type | line | used by |\n|---|---|---|---|")?;
    for resource in report.moved() {
        let used = list(report.dependents(&resource.name, Bond::Uses));
        writeln!(
            out,
            "| `{}` | {} | {} | {used} |",
            code(&resource.name),
            cell(&text(&resource.kind)),
            resource.line
        )?;
    }
    writeln!(out, "\n## Wiring ({})\n\n| output | parameter |\n|---|---|", report.wiring.len())?;
    for wire in &report.wiring {
        writeln!(out, "| `{}` | `{}` |", code(&wire.output), code(&wire.parameter))?;
    }
    Ok(())
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("`{}`", code(name))).collect::<Vec<_>>().join(", ")
}

/// Text inside backticks cannot hold one.
pub(crate) fn code(text: &str) -> String {
    text.replace('`', "'").replace('\n', " ")
}

/// A cell of a table cannot hold a bar.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Our own wording keeps its backticks; what looks like markup does not become any.
pub(crate) fn text(text: &str) -> String {
    html(text).replace('\n', " ")
}
