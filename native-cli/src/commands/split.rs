//! `iam-split split`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use iam_split_core::api::{self, Capability, Split, SplitAnswer, SplitRequest};
use iam_split_core::config::Resolution;
use iam_split_core::diagnostic::{Code, Diagnostic};
use iam_split_core::summary::Summary;
use iam_split_core::text::counted;
use serde::Serialize;

use crate::Streams;
use crate::args::{Format, Resolutions, SplitArgs};
use crate::exit::{Exit, Failure};
use crate::files::{self, Input, same_file};
use crate::render::{Sources, diagnostics};

pub(crate) fn run(arguments: &SplitArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    if let Some(name) = &arguments.app_stack_name
        && !iam_split_core::config::is_stack_name(name)
    {
        return Err(Failure::new(format!("`{name}` cannot be the name of a stack"))
            .help("a stack's name is a letter, then letters, digits and dashes, 128 at most"));
    }
    let template = Input::read(&arguments.template, streams)?;
    let config = arguments.config.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    let answer = answer(arguments, &template, config.as_ref());
    let sources = Sources { template: Some(&template), config: config.as_ref(), ..Sources::default() };
    let exit = match answer.exit_code() {
        0 => Exit::Done,
        1 => Exit::Refused,
        _ => Exit::Usage,
    };
    let written = match &answer {
        SplitAnswer::Done(split) => {
            let files = Files::of(arguments, split, &template)?;
            files.check(&template, config.as_ref())?;
            files::write_all(&[(&files.iam, &split.iam), (&files.app, &split.app)])?;
            Some((split, files))
        }
        SplitAnswer::Refused { .. } => None,
    };
    match arguments.format {
        Format::Json => json(&answer, written.as_ref().map(|(_, files)| files), &sources, streams)?,
        Format::Human => {
            diagnostics(answer.diagnostics(), &sources, streams)?;
            match written {
                Some((split, files)) => human(split, &files, streams)?,
                None => refused(arguments, answer.diagnostics(), (&template, config.as_ref()), streams)?,
            }
        }
    }
    Ok(exit)
}

fn answer(arguments: &SplitArgs, template: &Input, config: Option<&Input>) -> SplitAnswer {
    let texts = (template.text(), config.map(Input::text).transpose());
    let (template, config) = match texts {
        (Ok(template), Ok(config)) => (template, config),
        (template, config) => {
            let diagnostics = template.err().into_iter().chain(config.err()).collect();
            return SplitAnswer::Refused { diagnostics };
        }
    };
    api::split_proven(&SplitRequest {
        template,
        config,
        resolve: arguments.resolve.as_ref().map(|list| list.0.clone()),
        allow_missing: arguments.allow_missing,
        all_iam: arguments.all_iam,
        app_stack_name: arguments.app_stack_name.as_deref(),
        wiring: arguments.wiring,
        guard: arguments.guard,
    })
}

/// Where the two templates go.
#[derive(Serialize)]
struct Files {
    iam: PathBuf,
    app: PathBuf,
}

impl Files {
    fn of(arguments: &SplitArgs, split: &Split, template: &Input) -> Result<Self, Failure> {
        let stem = template
            .path
            .as_deref()
            .and_then(Path::file_stem)
            .map(|stem| stem.to_string_lossy().into_owned());
        let prefix = arguments.name_prefix.clone().or(stem).unwrap_or_else(|| "template".to_owned());
        if prefix.is_empty() || prefix.contains(['/', '\\']) {
            return Err(Failure::new(format!("`{prefix}` cannot begin a file's name"))
                .help("give the folder with --out-dir, and a prefix without slashes"));
        }
        let [iam, app] = split.file_names(&prefix);
        Ok(Self { iam: arguments.out_dir.join(iam), app: arguments.out_dir.join(app) })
    }

    /// The inputs are never overwritten, nor a file that is not an earlier output of ours.
    fn check(&self, template: &Input, config: Option<&Input>) -> Result<(), Failure> {
        for path in [&self.iam, &self.app] {
            let inputs =
                [Some(template), config].into_iter().flatten().filter_map(|input| input.path.as_deref());
            for input in inputs {
                if same_file(path, input) {
                    return Err(Failure::new(format!("`{}` is an input of this run", path.display()))
                        .help("choose another folder with --out-dir or another name with --name-prefix"));
                }
            }
            let Ok(bytes) = std::fs::read(path) else {
                if path.exists() {
                    return Err(Failure::new(format!("`{}` is in the way", path.display())));
                }
                continue;
            };
            if !std::str::from_utf8(&bytes).is_ok_and(api::is_output) {
                return Err(Failure::new(format!("`{}` is no earlier output of iam-split", path.display()))
                    .help("move it away, or choose another folder with --out-dir"));
            }
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Report<'r> {
    status: &'static str,
    files: Option<&'r Files>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'r Summary>,
    /// What the proof says.
    #[serde(skip_serializing_if = "Option::is_none")]
    headline: Option<&'r str>,
    diagnostics: Vec<api::Placed<'r>>,
}

fn json(
    answer: &SplitAnswer,
    files: Option<&Files>,
    sources: &Sources<'_>,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let (status, summary, headline) = match answer {
        SplitAnswer::Done(split) => ("done", Some(&split.summary), Some(&*split.headline)),
        SplitAnswer::Refused { .. } => ("refused", None, None),
    };
    let report = Report {
        status,
        files,
        summary,
        headline,
        diagnostics: api::place(answer.diagnostics(), &sources.texts()),
    };
    let text = serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?;
    writeln!(streams.out, "{text}")?;
    streams.out.flush()?;
    Ok(())
}

fn refused(
    arguments: &SplitArgs,
    found: &[Diagnostic],
    (template, config): (&Input, Option<&Input>),
    streams: &mut Streams,
) -> Result<(), Failure> {
    let circles = |found: &[Diagnostic]| found.iter().filter(|one| one.code == Code::CYC001).count();
    let errors = found.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let pairs = circles(found);
    let said = if pairs > 0 { format!(", {pairs} of them circular dependencies") } else { String::new() };
    writeln!(streams.err, "refused: {}{said}; no file was written", counted(errors, "error"))?;
    if pairs == 0 {
        return Ok(());
    }
    writeln!(streams.err, "\nwhat other resolutions would leave of the {errors}")?;
    for order in ["exact,pattern", "exact,two-phase", "exact,attach", "exact,keep"] {
        let Ok(resolve) = Resolution::parse_list(order) else { continue };
        let other = SplitArgs { resolve: Some(Resolutions(resolve)), ..arguments.clone() };
        let answer = answer(&other, template, config);
        let left = answer.diagnostics().iter().filter(|one| one.is_error()).count();
        let left = if left == 0 { "none".to_owned() } else { left.to_string() };
        writeln!(streams.err, "  --resolve {order:<16} {left}")?;
    }
    writeln!(streams.err, "for single resources: `resolution.resources` in the configuration")?;
    Ok(())
}

fn human(split: &Split, files: &Files, streams: &mut Streams) -> Result<(), Failure> {
    let summary = &split.summary;
    let out = &mut streams.out;
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
    let added: BTreeSet<&str> =
        summary.moved.iter().flat_map(|moved| &moved.wires).map(|wire| wire.parameter.as_str()).collect();
    writeln!(
        out,
        "  {} to what moved, {} added",
        counted(summary.rewritten, "reference"),
        counted(added.len(), "parameter")
    )?;
    for moved in &summary.moved {
        for wire in &moved.wires {
            if wire.read {
                writeln!(out, "  output {} is read by way of {}", wire.output, wire.parameter)?;
            } else if wire.parameter != moved.name {
                writeln!(out, "  further parameter {} from output {}", wire.parameter, wire.output)?;
            }
        }
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
    out.flush()?;
    Ok(())
}

fn times(number: usize) -> String {
    match number {
        0 => "nowhere".to_owned(),
        1 => "once".to_owned(),
        number => format!("{number} times"),
    }
}

fn bridges(summary: &Summary, out: &mut Box<dyn std::io::Write>) -> Result<(), Failure> {
    writeln!(out, "\nresolved {} to application resources", counted(summary.bridges.len(), "reference"))?;
    let kinds = [
        (Resolution::Exact, "by explicit names: no scope changes"),
        (Resolution::TwoPhase, "by values that come once the application stack stands: no scope changes"),
        (Resolution::Pattern, "by patterns of generated names: scopes widen"),
    ];
    // What patterns reach is the same for many: it is written once, below.
    let mut reaches: Vec<&str> = Vec::new();
    for (resolution, how) in kinds {
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
        if !group.consumers.is_empty() {
            writeln!(out, "    for which wait {}", group.consumers.join(", "))?;
        }
    }
    for waits in summary.waits.chunk_by(|one, other| one.resource == other.resource) {
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
    for kept in &summary.kept {
        writeln!(out, "  {} stays with the application because of {}", kept.name, kept.because)?;
    }
    Ok(())
}

fn place(
    bridge: &api::Bridged,
    note: Option<usize>,
    out: &mut Box<dyn std::io::Write>,
) -> Result<(), Failure> {
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

fn capabilities(
    stack: &str,
    needed: &[Capability],
    out: &mut Box<dyn std::io::Write>,
) -> Result<(), Failure> {
    if needed.is_empty() {
        writeln!(out, "the {stack} needs no capability")?;
    }
    for capability in needed {
        writeln!(out, "the {stack} needs {} because of {}", capability.name, capability.because.join(", "))?;
    }
    Ok(())
}
