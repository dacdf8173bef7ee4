//! `iam-split validate`

use iam_split_core::api::{ValidateRequest, Validation, validate};
use iam_split_core::diagnostic::Diagnostic;

use iam_split_core::report::{FileNames, Report};
use iam_split_core::text::counted;
use iam_split_core::validate::Verdict;

use crate::Streams;
use crate::args::ValidateArgs;
use crate::exit::{Exit, Failure};
use crate::files::{Input, not_an_input, report_formats, write_all};
use crate::render::{Sources, diagnostics};

pub(crate) fn run(arguments: &ValidateArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let formats = report_formats(&arguments.report)?;
    let iam = Input::read(&arguments.iam, streams)?;
    let app = Input::read(&arguments.app, streams)?;
    let monolith = arguments.monolith.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    let config = arguments.config.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    let accept = arguments.accept.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    let sources =
        Sources { template: monolith.as_ref(), config: config.as_ref(), iam: Some(&iam), app: Some(&app) };
    let inputs = [Some(&iam), Some(&app), monolith.as_ref(), config.as_ref(), accept.as_ref()];
    not_an_input(&arguments.report, &inputs.into_iter().flatten().collect::<Vec<_>>())?;
    let unreadable: Vec<Diagnostic> =
        inputs.into_iter().flatten().filter_map(|input| input.text().err()).collect();
    let validation = if unreadable.is_empty() {
        validate(&ValidateRequest {
            iam: iam.shown(),
            app: app.shown(),
            monolith: monolith.as_ref().map(Input::shown),
            config: config.as_ref().map(Input::shown),
            accept: accept.as_ref().map(Input::shown),
            max_wider: arguments.max_wider,
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
        };
        let report = Report::new(&validation, &sources.texts(), &names);
        let texts: Vec<String> = formats.iter().map(|format| report.render(*format)).collect();
        write_all(&arguments.report.iter().zip(&texts).collect::<Vec<_>>())?;
    }
    diagnostics(&validation.diagnostics, &sources, streams)?;
    human(&validation, streams)?;
    Ok(match validation.exit_code() {
        0 => Exit::Done,
        1 => Exit::Refused,
        _ => Exit::Usage,
    })
}

fn human(validation: &Validation, streams: &mut Streams) -> Result<(), Failure> {
    let out = &mut streams.out;
    for contract in &validation.contracts {
        let mark = if contract.findings == 0 { "kept    " } else { "broken  " };
        let count = if contract.findings == 0 { String::new() } else { format!(" ({})", contract.findings) };
        writeln!(out, "{mark} {}{count}", contract.name)?;
    }
    match validation.proven {
        // How many are alike proves nothing where one is not.
        Some(_) if validation.verdict() == Verdict::NotProven => {}
        Some(proven) if validation.compared => writeln!(
            out,
            "\nproven   {proven} resources are the monolith's, for all values of the parameters"
        )?,
        _ if validation.readable => {
            writeln!(out, "\nno proof: give the template that the pair was made of with --monolith")?;
        }
        _ => {}
    }
    if !validation.widened.is_empty() {
        let noun = if validation.widened.len() == 1 { "scope is" } else { "scopes are" };
        writeln!(out, "\n{} {noun} wider than the monolith's", validation.widened.len())?;
        for change in &validation.widened {
            writeln!(out, "  {} ({}, {})", change.resource, change.statement, change.element)?;
            writeln!(out, "    before  {}\n    after   {}", change.before, change.after)?;
            if !change.reaches.is_empty() {
                writeln!(out, "    reaches {}", change.reaches)?;
            }
        }
    }
    for (role, policy) in &validation.attached {
        writeln!(out, "\nstatements of {role} stand in {policy} of the application template")?;
    }
    let errors = validation.diagnostics.iter().filter(|found| found.is_error()).count();
    let others = validation.diagnostics.len() - errors;
    let others = if others == 0 { String::new() } else { format!(", {}", counted(others, "other finding")) };
    writeln!(out, "\n{}{others}", validation.headline())?;
    out.flush()?;
    Ok(())
}
