//! `iam-split diff`

use iam_split_core::api::{AppDiff, IamDiff, diff_application, diff_iam};
use iam_split_core::diagnostic::Diagnostic;
use iam_split_core::diff::{PropertyChange, ReleaseReport, ResourceDiff, Rewritten, State};
use iam_split_core::policy::{PermissionChange, Release, Verdict, Witness};
use iam_split_core::report::FileNames;
use iam_split_core::text::counted;
use serde::Serialize;

use crate::Streams;
use crate::args::{DiffArgs, Format};
use crate::commands::rules::asked;
use crate::exit::{Exit, Failure};
use crate::files::{Input, not_an_input, report_formats, write_all};
use crate::render::{Sources, diagnostics};

pub(crate) fn run(arguments: &DiffArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let formats = report_formats(&arguments.report)?;
    let before = Input::read(&arguments.before, streams)?;
    let after = Input::read(&arguments.after, streams)?;
    not_an_input(&arguments.report, &[&before, &after])?;
    let rules = arguments.rules.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    let sources = if arguments.iam {
        let rules = rules.as_ref();
        Sources { template: Some(&before), iam: Some(&after), rules, ..Sources::default() }
    } else {
        Sources { template: Some(&before), app: Some(&after), ..Sources::default() }
    };
    let (old, new) = match (before.text(), after.text()) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            let found: Vec<Diagnostic> = [old.err(), new.err()].into_iter().flatten().collect();
            return unreadable(&found, &sources, streams);
        }
    };
    if arguments.iam {
        match diff_iam(old, new) {
            Ok(mut diff) => {
                diff.rules = rules.as_ref().map(|rules| asked(rules, &after, None));
                if let Some(rules) = diff.rules.as_ref().filter(|rules| rules.exit_code() == 2) {
                    return unreadable(&rules.findings, &sources, streams);
                }
                let refused = match diff.release.verdict {
                    Verdict::NoMore => false,
                    Verdict::CannotTell => !arguments.allow_unknown,
                    Verdict::More => true,
                };
                let names = FileNames {
                    template: before.name.clone(),
                    iam: after.name.clone(),
                    rules: rules.as_ref().map(|rules| rules.name.clone()).unwrap_or_default(),
                    ..FileNames::default()
                };
                let report = ReleaseReport::new(&diff, &sources.texts(), &names, arguments.allow_unknown);
                let texts: Vec<String> = formats.iter().map(|format| report.render(*format)).collect();
                write_all(&arguments.report.iter().zip(&texts).collect::<Vec<_>>())?;
                if arguments.format == Format::Human {
                    diagnostics(&diff.warnings, &sources, streams)?;
                    let rules = diff.rules.as_ref().map(|rules| &*rules.findings).unwrap_or_default();
                    diagnostics(rules, &sources, streams)?;
                }
                show(&diff, arguments.format, streams, iam, u8::from(refused || diff.breaks_rules()))
            }
            Err(found) => unreadable(&found, &sources, streams),
        }
    } else {
        match diff_application(old, new) {
            Ok(diff) => {
                show(&diff, arguments.format, streams, application, u8::from(!diff.unexplained.is_empty()))
            }
            Err(found) => unreadable(&found, &sources, streams),
        }
    }
}

fn unreadable(found: &[Diagnostic], sources: &Sources<'_>, streams: &mut Streams) -> Result<Exit, Failure> {
    diagnostics(found, sources, streams)?;
    Ok(Exit::Usage)
}

fn show<D: Serialize>(
    diff: &D,
    format: Format,
    streams: &mut Streams,
    human: fn(&D, &mut Streams) -> std::io::Result<()>,
    findings: u8,
) -> Result<Exit, Failure> {
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut streams.out, diff).map_err(std::io::Error::from)?;
            writeln!(streams.out)?;
        }
        Format::Human => human(diff, streams)?,
    }
    streams.out.flush()?;
    Ok(if findings == 0 { Exit::Done } else { Exit::Refused })
}

fn application(diff: &AppDiff, streams: &mut Streams) -> std::io::Result<()> {
    let out = &mut streams.out;
    writeln!(
        out,
        "{} left, {} rewritten, {} added, {} without an explanation",
        counted(diff.left.len(), "resource"),
        counted(diff.rewritten.len(), "value"),
        counted(diff.added.len(), "declaration"),
        diff.unexplained.len()
    )?;
    if !diff.left.is_empty() {
        writeln!(out, "\nleft for the IAM template")?;
        for left in &diff.left {
            writeln!(out, "  line {:<5} {}  {}", left.line, left.name, left.kind)?;
        }
    }
    let mut reasons: Vec<_> = diff.rewritten.iter().filter_map(|one| one.reason).collect();
    reasons.sort();
    reasons.dedup();
    for reason in reasons {
        writeln!(out, "\nrewritten: {}", reason.name())?;
        diff.rewritten.iter().filter(|one| one.reason == Some(reason)).try_for_each(|one| value(out, one))?;
    }
    if !diff.added.is_empty() {
        writeln!(out, "\nadded")?;
        for added in &diff.added {
            writeln!(out, "  line {:<5} {}.{}", added.line, added.section, added.name)?;
        }
    }
    if !diff.unexplained.is_empty() {
        writeln!(out, "\nno split makes these differences")?;
        diff.unexplained.iter().try_for_each(|one| value(out, one))?;
    }
    Ok(())
}

fn value(out: &mut dyn std::io::Write, one: &Rewritten) -> std::io::Result<()> {
    let line = |line: Option<u32>| line.map_or("-".to_owned(), |line| line.to_string());
    writeln!(out, "  line {} -> {}  {}", line(one.line_before), line(one.line_after), one.path)?;
    before_and_after(out, one.before.as_deref(), one.after.as_deref())
}

fn before_and_after(
    out: &mut dyn std::io::Write,
    before: Option<&str>,
    after: Option<&str>,
) -> std::io::Result<()> {
    if let Some(before) = before {
        writeln!(out, "    - {before}")?;
    }
    if let Some(after) = after {
        writeln!(out, "    + {after}")?;
    }
    Ok(())
}

fn iam(diff: &IamDiff, streams: &mut Streams) -> std::io::Result<()> {
    permissions(&mut streams.out, diff)
}

/// What differs, resource by resource, then what was decided.
pub(crate) fn permissions(out: &mut dyn std::io::Write, diff: &IamDiff) -> std::io::Result<()> {
    let of = |state| diff.resources.iter().filter(|one| one.state == state).count();
    writeln!(
        out,
        "{} added, {} removed, {} changed, {} the same",
        of(State::Added),
        of(State::Removed),
        of(State::Changed),
        diff.unchanged
    )?;
    diff.resources.iter().try_for_each(|one| resource(out, one))?;
    if !diff.declarations.is_empty() {
        writeln!(out, "\ndeclarations")?;
        diff.declarations.iter().try_for_each(|one| property(out, one))?;
    }
    release(out, &diff.release)?;
    writeln!(out, "\n{}", diff.sentence())
}

/// What was decided, the worst first.
fn release(out: &mut dyn std::io::Write, release: &Release) -> std::io::Result<()> {
    for decision in &release.decisions {
        writeln!(out, "\n{}", decision.headline())?;
        match (&decision.witness, decision.verdict) {
            (Some(found), Verdict::More) => witness(out, found)?,
            (Some(found), _) => {
                writeln!(out, "  it may be that")?;
                witness(out, found)?;
            }
            (None, _) => {}
        }
        for reason in &decision.reasons {
            let line = if reason.line == 0 { String::new() } else { format!("line {}: ", reason.line) };
            writeln!(out, "  {line}{}: {}", reason.part, reason.why)?;
        }
    }
    Ok(())
}

fn witness(out: &mut dyn std::io::Write, witness: &Witness) -> std::io::Result<()> {
    for (at, line) in witness.lines().iter().enumerate() {
        writeln!(out, "{}{line}", if at == 0 { "  " } else { "    " })?;
    }
    Ok(())
}

fn resource(out: &mut dyn std::io::Write, one: &ResourceDiff) -> std::io::Result<()> {
    let anew = if one.replaced { ", made anew: its ARN and id change" } else { "" };
    writeln!(out, "\n{} ({}, line {}): {}{anew}", one.name, one.kind, one.line, one.state.word())?;
    one.permissions.iter().try_for_each(|change| permission(out, change))?;
    if !one.trust.is_empty() {
        writeln!(out, "  who may assume it")?;
        one.trust.iter().try_for_each(|change| permission(out, change))?;
    }
    one.told_properties().iter().try_for_each(|change| property(out, change))
}

fn permission(out: &mut dyn std::io::Write, change: &PermissionChange) -> std::io::Result<()> {
    let kind = change.change.word();
    let line = if change.line == 0 { String::new() } else { format!("  (line {})", change.line) };
    match &change.actions_before {
        None => writeln!(out, "  {kind:<9}{} {}{line}", change.effect, change.actions.join(", "))?,
        Some(before) => {
            writeln!(out, "  {kind:<9}{}{line}", change.effect)?;
            before_and_after(out, Some(&before.join(", ")), Some(&change.actions.join(", ")))?;
        }
    }
    match &change.resources_before {
        Some(before) => before_and_after(out, Some(&before.join(", ")), Some(&change.resources.join(", ")))?,
        None => writeln!(out, "    on {}", change.resources.join(", "))?,
    }
    match (&change.condition, &change.condition_before) {
        (now, Some(before)) => before_and_after(
            out,
            Some(&format!("if {before}")),
            Some(&now.as_ref().map_or("if no condition".to_owned(), |now| format!("if {now}"))),
        ),
        (Some(condition), None) => writeln!(out, "    if {condition}"),
        (None, None) => Ok(()),
    }
}

fn property(out: &mut dyn std::io::Write, change: &PropertyChange) -> std::io::Result<()> {
    writeln!(out, "  {}", change.property)?;
    before_and_after(out, change.before.as_deref(), change.after.as_deref())
}
