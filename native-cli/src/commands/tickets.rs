//! `iam-split tickets`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use iam_split_core::api::{self, Known, Split, SplitRequest, Tickets};
use iam_split_core::diagnostic::Diagnostic;
use iam_split_core::text::counted;
use iam_split_core::tickets::ARNS;
use serde::Serialize;

use crate::Streams;
use crate::args::{Format, TicketsArgs};
use crate::exit::{Exit, Failure};
use crate::files::{Input, same_file, write_all};
use crate::host;
use crate::render::{Sources, diagnostics};

/// How the page begins that leads to all others: a folder that has it is ours.
const OURS: &str = "# Roles and policies to be made\n";
/// How the page of a ticket begins.
const TICKET: &str = "# Ticket: ";

pub(crate) fn run(arguments: &TicketsArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let template = Input::read(&arguments.template, streams)?;
    let config = arguments.config.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    let arns = arguments.out.join(ARNS);
    let arns = if host::exists(&arns) { Some(Input::read(&arns, streams)?) } else { None };
    let stem =
        template.path.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_else(|| "template".to_owned());
    let sources = Sources { template: Some(&template), config: config.as_ref(), ..Sources::default() };
    match made(arguments, &stem, (&template, config.as_ref(), arns.as_ref())) {
        Ok((split, tickets)) => {
            let [_, app] = split.file_names(&stem);
            let old = check(arguments, &tickets, &template)?;
            write(&arguments.out, &tickets, &app, &split)?;
            let found: Vec<Diagnostic> =
                split.diagnostics.iter().chain(&tickets.diagnostics).cloned().collect();
            match arguments.format {
                Format::Json => json("done", Some(&tickets), &found, &sources, streams)?,
                Format::Human => {
                    diagnostics(&found, &sources, streams)?;
                    told(&arguments.out, &tickets, &app, &old, streams)?;
                }
            }
            Ok(Exit::Done)
        }
        Err(found) => {
            match arguments.format {
                Format::Json => json("refused", None, &found, &sources, streams)?,
                Format::Human => {
                    diagnostics(&found, &sources, streams)?;
                    let errors = found.iter().filter(|one| one.is_error()).count();
                    writeln!(streams.err, "refused: {}; no file was written", counted(errors, "error"))?;
                }
            }
            let worst = found.iter().filter(|one| one.is_error()).map(|one| one.code.exit_code()).max();
            Ok(if worst == Some(2) { Exit::Usage } else { Exit::Refused })
        }
    }
}

/// The tickets, with all that keeps the texts from being read.
fn made(
    arguments: &TicketsArgs,
    stem: &str,
    (template, config, arns): (&Input, Option<&Input>, Option<&Input>),
) -> Result<(Box<Split>, Tickets), Vec<Diagnostic>> {
    let unreadable: Vec<Diagnostic> =
        [Some(template), config, arns].into_iter().flatten().filter_map(|input| input.text().err()).collect();
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
    let gifts = arguments.gives.gifts();
    let request = SplitRequest {
        template: template.shown(),
        config: config.map(Input::shown),
        resolve: arguments.resolve.as_ref().map(|list| list.0.clone()),
        allow_missing: arguments.allow_missing,
        all_iam: arguments.all_iam,
        iam: gifts.as_ref(),
        now: host::now(),
        ..SplitRequest::default()
    };
    let values: BTreeMap<String, String> = arguments.value.iter().cloned().collect();
    let known =
        Known { values: &values, defaults: arguments.defaults, arns: arns.map(Input::shown), prefix: stem };
    api::tickets(&request, &known)
}

/// Nothing of others' is overwritten, and no input. Pages of an earlier run that no ticket has any more are named.
fn check(arguments: &TicketsArgs, tickets: &Tickets, template: &Input) -> Result<Vec<String>, Failure> {
    let folder = &arguments.out;
    let Ok(paths) = host::list(folder) else {
        return if host::exists(folder) {
            Err(Failure::new(format!("`{}` is in the way", folder.display())))
        } else {
            Ok(Vec::new())
        };
    };
    let begins =
        |path: &Path, with: &str| host::read(path).is_ok_and(|text| text.starts_with(with.as_bytes()));
    let name = |path: &PathBuf| Some(path.file_name()?.to_string_lossy().into_owned());
    let names: Vec<String> = paths.iter().filter_map(name).collect();
    let is_ours = begins(&folder.join("README.md"), OURS);
    // The template may stand beside them, and the ARNs that somebody has already.
    let is_other = |name: &&String| {
        *name != ARNS && !template.path.as_deref().is_some_and(|path| same_file(&folder.join(name), path))
    };
    if !is_ours && let Some(other) = names.iter().find(is_other) {
        return Err(Failure::new(format!("`{}` holds `{other}`, which is no ticket", folder.display()))
            .help("choose an empty folder with --out, or one that an earlier run made"));
    }
    let is_page = |name: &&String| {
        Path::new(name).extension().is_some_and(|ending| ending == "md") && begins(&folder.join(name), TICKET)
    };
    let is_asked = |name: &String| tickets.files.iter().any(|file| file.path == *name);
    let mut old: Vec<String> = names.iter().filter(is_page).filter(|name| !is_asked(name)).cloned().collect();
    old.sort();
    Ok(old)
}

fn write(folder: &Path, tickets: &Tickets, app: &str, split: &Split) -> Result<(), Failure> {
    let mut files: Vec<(PathBuf, String)> =
        tickets.files.iter().map(|file| (folder.join(&file.path), file.text.clone())).collect();
    files.push((folder.join(app), split.app.clone()));
    for (path, _) in files.iter().filter(|(path, _)| host::exists(path)) {
        if host::read(path).is_err() {
            return Err(Failure::new(format!("`{}` is in the way", path.display())));
        }
    }
    write_all(&files.iter().map(|(path, text)| (path, text)).collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Report<'r> {
    status: &'static str,
    #[serde(flatten)]
    tickets: Option<Shown<'r>>,
    diagnostics: Vec<api::Placed<'r>>,
}

#[derive(Serialize)]
struct Shown<'r> {
    tickets: &'r [iam_split_core::tickets::Ticket],
    left_out: &'r [(String, String)],
    placeholders: &'r BTreeMap<String, String>,
    files: Vec<&'r str>,
}

fn json(
    status: &'static str,
    tickets: Option<&Tickets>,
    found: &[Diagnostic],
    sources: &Sources<'_>,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let shown = tickets.map(|made| Shown {
        tickets: &made.tickets,
        left_out: &made.left_out,
        placeholders: &made.placeholders,
        files: made.files.iter().map(|file| &*file.path).collect(),
    });
    let report = Report { status, tickets: shown, diagnostics: api::place(found, &sources.texts()) };
    let text = serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?;
    writeln!(streams.out, "{text}")?;
    streams.out.flush()?;
    Ok(())
}

fn told(
    folder: &Path,
    tickets: &Tickets,
    app: &str,
    old: &[String],
    streams: &mut Streams,
) -> Result<(), Failure> {
    let out = &mut streams.out;
    let width = tickets.tickets.iter().map(|ticket| ticket.name.len()).max().unwrap_or(0);
    writeln!(out, "{} in `{}`, in this order", counted(tickets.tickets.len(), "ticket"), folder.display())?;
    for ticket in &tickets.tickets {
        let takes = ticket.parameters.join(", ");
        let takes = if takes.is_empty() { String::new() } else { format!("  → {takes}") };
        writeln!(out, "  {:width$}  {}{takes}", ticket.name, ticket.kind)?;
    }
    for (name, condition) in &tickets.left_out {
        writeln!(out, "  {name:width$}  not asked for: `{condition}` does not hold")?;
    }
    if !tickets.placeholders.is_empty() {
        let names: Vec<String> = tickets.placeholders.keys().map(|name| format!("<{name}>")).collect();
        writeln!(out, "to be put in: {}", names.join(", "))?;
    }
    for name in old {
        writeln!(out, "`{name}` is of an earlier run: nothing asks for it any more")?;
    }
    writeln!(out, "when they are made: fill in `{}`, then", folder.join(ARNS).display())?;
    writeln!(
        out,
        "  iam-split deploy app --template {} --arns {} --name …",
        folder.join(app).display(),
        folder.join(ARNS).display()
    )?;
    out.flush()?;
    Ok(())
}
