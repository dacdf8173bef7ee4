//! `iam-split validate`

use std::io::Write;
use std::path::Path;

use iam_split_core::api::{ValidateRequest, Validation, validate};
use iam_split_core::contract::{self, Standing};
use iam_split_core::diagnostic::Diagnostic;
use iam_split_core::plan::extent;
use iam_split_core::report::{FileNames, Report};
use iam_split_core::roles::{Weight, headline};
use iam_split_core::text::counted;
use iam_split_core::validate::Verdict;

use crate::Streams;
use crate::args::ValidateArgs;
use crate::commands::roles::cut;
use crate::exit::{Exit, Failure};
use crate::files::{Input, not_an_input, report_formats, rules, write_all};
use crate::host::now;
use crate::render::{Sources, diagnostics, on_one_screen};

pub(crate) fn run(arguments: &ValidateArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let formats = report_formats(&arguments.report)?;
    // All that cannot be read is said in one run.
    let mut missing: Option<Failure> = None;
    let mut read = |path: Option<&Path>| match Input::read(path?, streams) {
        Ok(input) => Some(input),
        Err(failure) => {
            missing = Some(match missing.take() {
                Some(before) => before.and(failure),
                None => failure,
            });
            None
        }
    };
    let (iam, app) = (read(Some(&arguments.iam)), read(Some(&arguments.app)));
    let (monolith, config) = (read(arguments.monolith.as_deref()), read(arguments.config.as_deref()));
    let accept = read(arguments.accept.as_deref());
    if let Some(missing) = missing {
        return Err(missing);
    }
    let (Some(iam), Some(app)) = (iam, app) else { return Err(Failure::new("no templates were given")) };
    let rules = rules(arguments.rules.as_deref(), config.as_ref(), streams)?;
    let sources = Sources {
        template: monolith.as_ref(),
        config: config.as_ref(),
        iam: Some(&iam),
        app: Some(&app),
        rules: rules.as_ref(),
    };
    let inputs =
        [Some(&iam), Some(&app), monolith.as_ref(), config.as_ref(), accept.as_ref(), rules.as_ref()];
    not_an_input(&arguments.report, &inputs.into_iter().flatten().collect::<Vec<_>>())?;
    let unreadable: Vec<Diagnostic> =
        inputs.into_iter().flatten().filter_map(|input| input.text().err()).collect();
    let gifts = arguments.gives.gifts();
    let validation = if unreadable.is_empty() {
        validate(&ValidateRequest {
            iam_gives: gifts.as_ref(),
            iam: iam.shown(),
            app: app.shown(),
            monolith: monolith.as_ref().map(Input::shown),
            config: config.as_ref().map(Input::shown),
            accept: accept.as_ref().map(Input::shown),
            max_wider: arguments.max_wider,
            rules: rules.as_ref().map(Input::shown),
            now: now(),
        })
    } else {
        Validation { diagnostics: unreadable, ..Validation::default() }
    };
    if !formats.is_empty() {
        let name = |input: Option<&Input>| input.map_or(String::new(), |input| input.name.clone());
        let names = FileNames {
            template: name(monolith.as_ref()),
            config: name(config.as_ref()),
            iam: name(Some(&iam)),
            app: name(Some(&app)),
            rules: name(rules.as_ref()),
        };
        let report = Report::new(&validation, &sources.texts(), &names);
        let texts: Vec<String> = formats.iter().map(|format| report.render(*format)).collect();
        write_all(&arguments.report.iter().zip(&texts).collect::<Vec<_>>())?;
    }
    diagnostics(&validation.diagnostics, &sources, streams)?;
    human(&validation, (&iam.name, &app.name), arguments.verbose, streams)?;
    Ok(match validation.exit_code() {
        0 => Exit::Done,
        1 => Exit::Refused,
        _ => Exit::Usage,
    })
}

/// So many of the widest scopes, and of what is to be looked at, are shown then.
const MOST: usize = 5;

fn human(
    validation: &Validation,
    names: (&str, &str),
    verbose: bool,
    streams: &mut Streams,
) -> Result<(), Failure> {
    on_one_screen(verbose, streams, |whole, out| tell(validation, names, whole, out))
}

fn tell(
    validation: &Validation,
    names: (&str, &str),
    whole: bool,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let said = contract::headline(&validation.contracts);
    if !said.is_empty() {
        writeln!(out, "{said}")?;
    }
    for contract in validation.contracts.iter().filter(|contract| contract.standing() != Standing::Kept) {
        writeln!(out, "  {}: {}", contract.name, contract.words())?;
    }
    match validation.proven {
        // How many are alike proves nothing where one is not.
        Some(_) if validation.verdict() == Verdict::NotProven => {}
        Some(proven) if validation.compared => {
            let are = if proven == 1 { "1 resource is" } else { &*format!("{proven} resources are") };
            writeln!(out, "{are} proven to be the monolith's, for all values of the parameters")?;
        }
        _ if validation.readable => {
            writeln!(out, "\nno proof: give the template that the pair was made of with --monolith")?;
        }
        _ => {}
    }
    if validation.readable {
        who(validation, names, whole, out)?;
    }
    if !validation.widened.is_empty() {
        let noun = if validation.widened.len() == 1 { "scope is" } else { "scopes are" };
        let some = if whole { "" } else { "; the widest" };
        writeln!(out, "\n{} {noun} wider than the monolith's{some}", validation.widened.len())?;
        let mut changes: Vec<_> = validation.widened.iter().collect();
        if !whole {
            changes.sort_by_key(|change| std::cmp::Reverse(extent(&change.reaches)));
            changes.truncate(MOST);
        }
        for change in changes {
            writeln!(out, "  {} ({}, {})", change.resource, change.statement, change.element)?;
            writeln!(out, "    before  {}\n    after   {}", change.before, change.after)?;
            if !change.reaches.is_empty() {
                let reaches = change.reaches.split("; ").next().filter(|_| !whole);
                writeln!(out, "    reaches {}", reaches.unwrap_or(&change.reaches))?;
            }
        }
    }
    for (parameter, output) in &validation.two_phase {
        writeln!(
            out,
            "\n{parameter} of the IAM template is empty at first: an update of the IAM stack takes it from the output \
             {output} of the application stack"
        )?;
    }
    if !validation.later.is_empty() {
        writeln!(out, "what they allow on it, they allow only then: {}", validation.later.join(", "))?;
    }
    for (role, policy) in &validation.attached {
        writeln!(out, "\nstatements of {role} stand in {policy} of the application template")?;
    }
    let errors = validation.diagnostics.iter().filter(|found| found.is_error()).count();
    let others = validation.diagnostics.len() - errors;
    let others = if others == 0 { String::new() } else { format!(", {}", counted(others, "other finding")) };
    if !whole {
        writeln!(out, "\n`--verbose` lists everything, `--report FILE` too")?;
    }
    writeln!(out, "\n{}{others}", validation.headline())?;
    Ok(())
}

/// Who may do what, and the gravest of it.
fn who(
    validation: &Validation,
    names: (&str, &str),
    whole: bool,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    writeln!(out, "\n{}", headline(&validation.roles))?;
    for text in &validation.unseen {
        writeln!(out, "  not seen here: {text}")?;
    }
    let flags = validation.roles.iter().flat_map(|card| card.flags.iter().map(move |flag| (card, flag)));
    let mut flags: Vec<_> = flags.filter(|(_, flag)| flag.weight > Weight::Wide).collect();
    flags.sort_by_key(|(_, flag)| std::cmp::Reverse(flag.weight));
    let more = flags.len().saturating_sub(MOST);
    for (card, flag) in flags.into_iter().take(if whole { usize::MAX } else { MOST }) {
        let text = if whole { flag.text.as_str().into() } else { cut(&flag.text) };
        writeln!(out, "  {:<6} {}: {text}", flag.weight.name(), card.name)?;
    }
    if !whole && more > 0 {
        writeln!(out, "  and {more} more: `iam-split roles {} --app {}` shows them", names.0, names.1)?;
    }
    Ok(())
}
