//! The summary of a split, for people.

use std::collections::BTreeSet;
use std::io::Write;

use iam_split_core::api::{self, Capability, Split};
use iam_split_core::config::Resolution;
use iam_split_core::plan::extent;
use iam_split_core::summary::Summary;
use iam_split_core::text::counted;

use super::Files;
use crate::Streams;
use crate::exit::Failure;
use crate::render::on_one_screen;

/// So many of the widest scopes are shown then.
const WIDEST: usize = 5;

pub(super) fn human(
    split: &Split,
    files: &Files,
    verbose: bool,
    streams: &mut Streams,
) -> Result<(), Failure> {
    on_one_screen(
        verbose,
        streams,
        |whole, out| {
            if whole { tell(split, files, out) } else { shortly(split, files, out) }
        },
    )
}

/// What matters, on one screen.
fn shortly(split: &Split, files: &Files, out: &mut dyn Write) -> Result<(), Failure> {
    let summary = &split.summary;
    let (moved, kept) = (counted(summary.moved.len(), "resource"), counted(summary.remaining, "resource"));
    writeln!(out, "moved {moved} to {}, kept {kept} in {}", files.iam.display(), files.app.display())?;
    if !summary.missing.is_empty() {
        writeln!(out, "  not in the template: {}", summary.missing.join(", "))?;
    }
    let travels = &summary.travels;
    writeln!(
        out,
        "  {}, {} and {} travel with them",
        counted(travels.parameters.len(), "parameter"),
        counted(travels.conditions.len(), "condition"),
        counted(travels.mappings.len(), "mapping")
    )?;
    writeln!(out, "  {} to what moved rewritten", counted(summary.rewritten, "reference"))?;
    writeln!(out, "resolved {} to application resources", counted(summary.bridges.len(), "reference"))?;
    for (resolution, how) in KINDS {
        let mut bridges: Vec<_> =
            summary.bridges.iter().filter(|bridge| bridge.resolution == resolution).collect();
        if bridges.is_empty() {
            continue;
        }
        let far = |bridge: &&api::Bridged| std::cmp::Reverse(bridge.reaches.as_deref().map_or(0, extent));
        bridges.sort_by_key(far);
        let widest = resolution == Resolution::Pattern;
        let some = if widest && bridges.len() > WIDEST { "; the widest" } else { "" };
        writeln!(out, "  {} {how}{some}", bridges.len())?;
        for bridge in bridges.into_iter().filter(|_| widest).take(WIDEST) {
            writeln!(out, "    {} -> {} (line {})", bridge.resource, bridge.target, bridge.line)?;
            writeln!(out, "      {}", bridge.after)?;
            if let Some(reaches) = &bridge.reaches {
                writeln!(out, "      reaches {}", reaches.split("; ").next().unwrap_or_default())?;
            }
        }
    }
    otherwise(summary, false, out)?;
    ends(split, out)?;
    writeln!(
        out,
        "`--verbose` lists everything; `iam-split roles {}` shows who may do what",
        files.iam.display()
    )?;
    Ok(())
}

/// All of it.
fn tell(split: &Split, files: &Files, out: &mut dyn Write) -> Result<(), Failure> {
    let summary = &split.summary;
    let configured = summary.moved.len() + summary.missing.len();
    let of = if summary.missing.is_empty() { String::new() } else { format!(" of {configured} configured") };
    writeln!(out, "moved {}{of} to {}", counted(summary.moved.len(), "resource"), files.iam.display())?;
    for moved in &summary.moved {
        let kind = moved.kind.strip_prefix("AWS::IAM::").unwrap_or(&moved.kind);
        writeln!(out, "  {:<16} {} (line {}, used {})", kind, moved.name, moved.line, times(moved.used))?;
    }
    if !summary.missing.is_empty() {
        writeln!(out, "not in the template: {}", summary.missing.join(", "))?;
    }
    let travels = &summary.travels;
    writeln!(out, "\nwith them travel, declared in both templates")?;
    for (what, names) in [
        ("parameters", &travels.parameters),
        ("conditions", &travels.conditions),
        ("mappings", &travels.mappings),
    ] {
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        writeln!(out, "  {what:<14} {names}")?;
    }
    bridges(summary, out)?;
    writeln!(out, "\nkept {} in {}", counted(summary.remaining, "resource"), files.app.display())?;
    let wires =
        || summary.moved.iter().flat_map(|moved| &moved.wires).filter(|wire| !wire.parameter.is_empty());
    let added: BTreeSet<&str> = wires().map(|wire| wire.parameter.as_str()).collect();
    writeln!(
        out,
        "  {} to what moved, {} added",
        counted(summary.rewritten, "reference"),
        counted(added.len(), "parameter")
    )?;
    for moved in &summary.moved {
        for wire in moved.wires.iter().filter(|wire| !wire.parameter.is_empty()) {
            if wire.read {
                writeln!(out, "  output {} is read by way of {}", wire.output, wire.parameter)?;
            } else if wire.parameter != moved.name {
                writeln!(out, "  further parameter {} from output {}", wire.parameter, wire.output)?;
            }
        }
    }
    ends(split, out)
}

/// What has to be known to deploy the pair, and the verdict.
fn ends(split: &Split, out: &mut dyn Write) -> Result<(), Failure> {
    let summary = &split.summary;
    for (property, names) in &summary.given {
        let few = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let more = if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
        writeln!(out, "  given {property}: {few}{more}")?;
    }
    if let Some(stack) = &summary.app_stack {
        let bounded = stack.bounded_by.as_ref().map_or(String::new(), |name| format!(", bounded by {name}"));
        writeln!(
            out,
            "\nthe IAM stack takes the application stack's name as {}: at most {} characters{bounded}, {}",
            stack.parameter, stack.max_length, stack.allowed_pattern
        )?;
    }
    writeln!(out)?;
    capabilities("IAM stack", &summary.iam_capabilities, out)?;
    capabilities("application stack", &summary.app_capabilities, out)?;
    writeln!(out, "\nthe pair deploys what the template does: {}", split.headline)?;
    Ok(())
}

/// How references are resolved, in words.
const KINDS: [(Resolution, &str); 3] = [
    (Resolution::Exact, "by explicit names: no scope changes"),
    (Resolution::TwoPhase, "by values that come once the application stack stands: no scope changes"),
    (Resolution::Pattern, "by patterns of generated names: scopes widen"),
];

fn times(number: usize) -> String {
    match number {
        0 => "nowhere".to_owned(),
        1 => "once".to_owned(),
        number => format!("{number} times"),
    }
}

fn bridges(summary: &Summary, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "\nresolved {} to application resources", counted(summary.bridges.len(), "reference"))?;
    // What patterns reach is the same for many: it is written once, below.
    let mut reaches: Vec<&str> = Vec::new();
    for (resolution, how) in KINDS {
        let bridges: Vec<_> =
            summary.bridges.iter().filter(|bridge| bridge.resolution == resolution).collect();
        if bridges.is_empty() {
            continue;
        }
        writeln!(out, "  {} {how}", bridges.len())?;
        for bridge in bridges {
            let note = bridge.reaches.as_deref().map(|text| {
                let known = reaches.iter().position(|known| *known == text);
                known.unwrap_or_else(|| {
                    reaches.push(text);
                    reaches.len() - 1
                })
            });
            place(bridge, note, out)?;
        }
    }
    for (number, text) in reaches.iter().enumerate() {
        writeln!(out, "  [{}] reaches {text}", number + 1)?;
    }
    otherwise(summary, true, out)
}

/// What was done other than by names and patterns.
fn otherwise(summary: &Summary, whole: bool, out: &mut dyn Write) -> Result<(), Failure> {
    for later in &summary.two_phase {
        writeln!(
            out,
            "  the IAM stack's {} comes from output {} of the application stack",
            later.parameter, later.output
        )?;
    }
    for group in &summary.attached {
        let statements = counted(group.statements, "statement");
        writeln!(out, "  {statements} of {} in {} of the application template", group.role, group.name)?;
        if whole && !group.consumers.is_empty() {
            writeln!(out, "    for which wait {}", group.consumers.join(", "))?;
        }
    }
    for kept in &summary.kept {
        writeln!(out, "  {} stays with the application because of {}", kept.name, kept.because)?;
    }
    let waits = summary.waits.chunk_by(|one, other| one.resource == other.resource);
    if !whole {
        let held = counted(summary.guarded.len(), "statement");
        if !summary.guarded.is_empty() {
            writeln!(out, "  {held} held to the account: aws:ResourceAccount")?;
        }
        let number = waits.count();
        if number > 0 {
            let what = counted(number, "resource");
            writeln!(out, "  {what} of the application given the waits that they had through what moved")?;
        }
        return Ok(());
    }
    for waits in waits {
        let Some(first) = waits.first() else { continue };
        let on: Vec<&str> = waits.iter().map(|wait| &*wait.on).collect();
        let through: BTreeSet<&str> = waits.iter().map(|wait| &*wait.through).collect();
        let through: Vec<&str> = through.into_iter().collect();
        writeln!(
            out,
            "  {} waits for {} itself, as it did through {}",
            first.resource,
            on.join(", "),
            through.join(", ")
        )?;
    }
    for (resource, line) in &summary.guarded {
        writeln!(
            out,
            "  the statement of {resource} in line {line} is held to the account: aws:ResourceAccount"
        )?;
    }
    Ok(())
}

fn place(bridge: &api::Bridged, note: Option<usize>, out: &mut dyn Write) -> Result<(), Failure> {
    let statement = bridge.statement.as_ref().map_or(String::new(), |statement| format!(", {statement}"));
    writeln!(
        out,
        "    {} -> {} (line {}{statement}, {})",
        bridge.resource, bridge.target, bridge.line, bridge.element
    )?;
    writeln!(out, "      before {}", bridge.before)?;
    let note = note.map_or(String::new(), |number| format!(" [{}]", number + 1));
    writeln!(out, "      after  {}{note}", bridge.after)?;
    Ok(())
}

fn capabilities(stack: &str, needed: &[Capability], out: &mut dyn Write) -> Result<(), Failure> {
    if needed.is_empty() {
        writeln!(out, "the {stack} needs no capability")?;
    }
    for capability in needed {
        writeln!(out, "the {stack} needs {} because of {}", capability.name, capability.because.join(", "))?;
    }
    Ok(())
}
