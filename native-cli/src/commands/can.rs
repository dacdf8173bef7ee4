//! `iam-split can`

use std::collections::BTreeMap;

use iam_split_core::api::{Access, CanAnswer, CanRequest, can};
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
    let request = CanRequest {
        principal: &arguments.role,
        action: &arguments.action,
        resource: &arguments.resource,
        context,
    };
    let before = arguments.before.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    let now = Input::read(&arguments.iam, streams)?;
    let mut answers: Vec<(&Input, CanAnswer)> = Vec::new();
    for input in before.iter().chain([&now]) {
        let answer = input.text().map_err(|finding| vec![finding]).and_then(|text| can(text, &request));
        match answer {
            Ok(answer) => answers.push((input, answer)),
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

fn tell(name: &str, answer: &CanAnswer, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let word = match answer.access {
        Access::Allowed => "allowed",
        Access::Denied if answer.allowed_by.is_empty() && answer.denied_by.is_empty() => {
            "denied: no statement allows it"
        }
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
        writeln!(out, "  {line}{}: {}", reason.part, reason.why)?;
    }
    Ok(())
}
