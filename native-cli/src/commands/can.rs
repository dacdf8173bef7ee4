//! `iam-split can`

use std::collections::BTreeMap;

use iam_split_core::api::{Access, CanAnswer, CanRequest, can};
use iam_split_core::diagnostic::{Code, Diagnostic};
use iam_split_core::policy::Reason;
use iam_split_core::text::one_line;
use serde_json::json;

use crate::Streams;
use crate::args::{CanArgs, Format};
use crate::exit::{Exit, Failure};
use crate::files::Input;
use crate::render::{Sources, diagnostics};

pub(crate) fn run(arguments: &CanArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let mut context: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in &arguments.context {
        let values = context.entry(key.clone()).or_default();
        values.extend((!value.is_empty()).then(|| value.clone()));
    }
    let app = arguments.app.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    if let Some((app, finding)) = app.as_ref().and_then(|app| Some((app, app.text().err()?))) {
        diagnostics(&[finding], &Sources { template: Some(app), ..Sources::default() }, streams)?;
        return Ok(Exit::Usage);
    }
    let request = CanRequest {
        parameters: arguments.parameter.iter().cloned().collect(),
        app: app.as_ref().map(Input::shown),
        principal: &arguments.role,
        action: &arguments.action,
        resource: &arguments.resource,
        context,
    };
    let before = arguments.before.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    let now = Input::read(&arguments.iam, streams)?;
    let mut answers: Vec<(&Input, CanAnswer)> = Vec::new();
    let asked: Vec<_> = before
        .iter()
        .chain([&now])
        .map(|input| {
            // The application template belongs to the one that is asked now.
            let app = request.app.filter(|_| std::ptr::eq(input, &now));
            let request = CanRequest { app, ..request.clone() };
            (input, input.text().map_err(|finding| vec![finding]).and_then(|text| can(text, &request)))
        })
        .collect();
    // Whoever is in one of two releases is new, or gone: then nothing is allowed in the other.
    let is_one = asked.len() > 1 && asked.iter().any(|(_, answer)| answer.is_ok());
    for (input, answer) in asked {
        let is_absent = |found: &[Diagnostic]| {
            is_one
                && found.iter().all(|one| {
                    one.code == Code::TPL005
                        && one.labels.is_empty()
                        && one.message.contains("managed policy")
                })
        };
        match answer {
            Ok(answer) => answers.push((input, answer)),
            Err(found) if is_absent(&found) => answers.push((input, absent(request.principal))),
            Err(found) => {
                diagnostics(&found, &Sources { template: Some(input), ..Sources::default() }, streams)?;
                return Ok(Exit::Usage);
            }
        }
    }
    let out = &mut streams.out;
    match arguments.format {
        Format::Json => {
            let of = |(input, answer): &(&Input, CanAnswer)| json!({"file": input.name, "answer": answer});
            let list: Vec<_> = answers.iter().map(of).collect();
            let all = json!({
                "principal": request.principal,
                "action": request.action,
                "resource": request.resource,
                "context": request.context,
                "parameters": request.parameters,
                "app": app.as_ref().map(|app| app.name.clone()),
                "answers": list,
            });
            serde_json::to_writer_pretty(&mut *out, &all).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Human => {
            for (input, answer) in &answers {
                let name = if answers.len() > 1 { format!("{}: ", input.name) } else { String::new() };
                tell(&name, answer, &mut *out)?;
            }
        }
    }
    out.flush()?;
    let allowed = answers.last().is_some_and(|(_, answer)| answer.access == Access::Allowed);
    Ok(if allowed { Exit::Done } else { Exit::Refused })
}

/// The answer of a release that does not have who is asked about.
fn absent(principal: &str) -> CanAnswer {
    let why = "it is not in this template".to_owned();
    CanAnswer {
        access: Access::Denied,
        allowed_by: Vec::new(),
        denied_by: Vec::new(),
        reasons: vec![Reason { part: format!("`{principal}`"), why, line: 0 }],
    }
}

fn tell(name: &str, answer: &CanAnswer, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let word = match answer.access {
        Access::Allowed => "allowed",
        Access::Denied if answer.allowed_by.is_empty() && answer.denied_by.is_empty() => {
            "denied: no statement allows it"
        }
        Access::Denied if answer.denied_by.is_empty() => "denied: its boundary does not allow it",
        Access::Denied => "denied",
        Access::CannotTell => "cannot tell",
    };
    writeln!(out, "{name}{word}")?;
    for (verb, places) in [("allowed", &answer.allowed_by), ("denied", &answer.denied_by)] {
        for place in places {
            let statement =
                if place.statement.is_empty() { String::new() } else { format!(", {}", place.statement) };
            writeln!(out, "  {verb} by {}{statement}, line {}", place.resource, place.line)?;
        }
    }
    for reason in &answer.reasons {
        let line = if reason.line == 0 { String::new() } else { format!("line {}: ", reason.line) };
        writeln!(out, "  {line}{}: {}", one_line(&reason.part), one_line(&reason.why))?;
    }
    Ok(())
}
