//! How a stack stands, and whether the application has the IAM stack's newest outputs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::contents::Contents;
use super::gate::Live;
use super::outputs;

/// How a stack stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StackStatus {
    /// The stack's name.
    pub stack: String,
    /// Its status; `None` where there is no stack.
    pub status: Option<String>,
    /// Why it has this status, in AWS's words.
    pub reason: String,
    /// When it was last changed, RFC 3339.
    pub changed: String,
    /// Exports with the stacks that import each.
    pub exports: BTreeMap<String, Vec<String>>,
    /// Parameters that do not have what the other stack gives out.
    pub stale: Vec<Stale>,
}

/// A parameter that does not have what the other stack gives out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// The parameter.
    pub parameter: String,
    /// The output that fills it.
    pub output: String,
    /// What the stack was given.
    pub has: String,
    /// What the output is now.
    pub newest: String,
}

/// Parameters of the application stack that do not have the IAM stack's newest outputs.
#[must_use]
pub fn stale(iam: &Live, app: &Live, contents: Option<&Contents>) -> Vec<Stale> {
    let mut list = Vec::new();
    for (output, newest) in &iam.outputs {
        let parameter = match contents {
            Some(contents) => outputs::parameter_of(output, contents),
            None => {
                let stem = output.strip_suffix("Arn").filter(|stem| app.parameters.contains_key(*stem));
                stem.or_else(|| app.parameters.contains_key(output).then_some(output))
            }
        };
        if let Some((parameter, has)) = parameter.and_then(|name| app.parameters.get_key_value(name))
            && has != newest
        {
            list.push(Stale {
                parameter: parameter.clone(),
                output: output.clone(),
                has: has.clone(),
                newest: newest.clone(),
            });
        }
    }
    list
}

/// Two-phase parameters of the IAM stack that do not have what the application stack gives out now.
#[must_use]
pub fn stale_two_phase(iam: &Live, app: &Live, contents: &Contents) -> Vec<Stale> {
    let Some(mark) = &contents.mark else { return Vec::new() };
    let stale = |(parameter, output): (&String, &String)| {
        let (has, newest) = (iam.parameters.get(parameter)?, app.outputs.get(output)?);
        (has != newest).then(|| Stale {
            parameter: parameter.clone(),
            output: output.clone(),
            has: has.clone(),
            newest: newest.clone(),
        })
    };
    mark.two_phase.iter().filter_map(stale).collect()
}
