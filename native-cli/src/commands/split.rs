//! `iam-split split`

mod told;

use std::path::{Path, PathBuf};

use iam_split_core::api::{self, Split, SplitAnswer, SplitRequest};
use iam_split_core::config::{Gifts, Resolution};
use iam_split_core::diagnostic::{Code, Diagnostic};
use iam_split_core::summary::Summary;
use iam_split_core::text::counted;
use serde::Serialize;

use crate::Streams;
use crate::args::{Format, Resolutions, SplitArgs};
use crate::exit::{Exit, Failure};
use crate::files::{self, Input, same_file};
use crate::host;
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
    let rules = files::rules(arguments.rules.as_deref(), config.as_ref(), streams)?;
    let answer = answer(arguments, &template, config.as_ref(), rules.as_ref());
    let sources = Sources {
        template: Some(&template),
        config: config.as_ref(),
        rules: rules.as_ref(),
        ..Sources::default()
    };
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
                Some((split, files)) => told::human(split, &files, arguments.verbose, streams)?,
                None => refused(arguments, answer.diagnostics(), (&template, config.as_ref()), streams)?,
            }
        }
    }
    Ok(exit)
}

fn answer(
    arguments: &SplitArgs,
    template: &Input,
    config: Option<&Input>,
    rules: Option<&Input>,
) -> SplitAnswer {
    let texts = (template.text(), config.map(Input::text).transpose(), rules.map(Input::text).transpose());
    let (template, config, rules) = match texts {
        (Ok(template), Ok(config), Ok(rules)) => (template, config, rules),
        (template, config, rules) => {
            let diagnostics = template.err().into_iter().chain(config.err()).chain(rules.err()).collect();
            return SplitAnswer::Refused { diagnostics };
        }
    };
    api::split_proven(&request(arguments, arguments.gives.gifts().as_ref(), template, config, rules))
}

fn request<'r>(
    arguments: &'r SplitArgs,
    iam: Option<&'r Gifts>,
    template: &'r str,
    config: Option<&'r str>,
    rules: Option<&'r str>,
) -> SplitRequest<'r> {
    SplitRequest {
        iam,
        template,
        config,
        resolve: arguments.resolve.as_ref().map(|list| list.0.clone()),
        allow_missing: arguments.allow_missing,
        all_iam: arguments.all_iam,
        app_stack_name: arguments.app_stack_name.as_deref(),
        wiring: arguments.wiring,
        guard: arguments.guard,
        rules,
        now: host::now(),
    }
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
            let Ok(bytes) = host::read(path) else {
                if host::exists(path) {
                    return Err(Failure::new(format!("`{}` is in the way", path.display())));
                }
                continue;
            };
            // An application template that uses nothing of what moved has no sign of ours. Both are written or neither:
            // beside an IAM template of ours it is ours.
            let is_ours = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(api::is_output);
            let beside = || path == &self.app && host::read(&self.iam).is_ok_and(|bytes| is_ours(&bytes));
            if !is_ours(&bytes) && !beside() {
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
    let (Ok(template), Ok(config)) = (template.text(), config.map(Input::text).transpose()) else {
        return Ok(());
    };
    writeln!(streams.err, "\nwhat other resolutions would leave of the {errors}")?;
    for order in ["exact,pattern", "exact,two-phase", "exact,attach", "exact,keep"] {
        let Ok(resolve) = Resolution::parse_list(order) else { continue };
        let other = SplitArgs { resolve: Some(Resolutions(resolve)), ..arguments.clone() };
        let gifts = other.gives.gifts();
        let left = api::errors_left(&request(&other, gifts.as_ref(), template, config, None));
        let left = if left == 0 { "none".to_owned() } else { left.to_string() };
        writeln!(streams.err, "  --resolve {order:<16} {left}")?;
    }
    writeln!(streams.err, "for single resources: `resolution.resources` in the configuration")?;
    Ok(())
}
