//! What the application template must declare.

use super::Pair;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::facts::iam_type;
use crate::syntax::Node;

/// A parameter for every output of the IAM template.
pub(super) fn parameters(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // Outputs that the application reads itself need none; the proof sees that it reads them.
    if pair.wiring.iam_stack.is_some() {
        return found;
    }
    for (name, output) in &pair.iam.outputs {
        let stem = name.strip_suffix("Arn").unwrap_or(name);
        if pair.wiring.wires.values().any(|wired| wired == name) {
            continue;
        }
        found.push(
            Diagnostic::new(Code::CTR002, format!("Parameter missing in app template: {stem}"))
                .label(Source::Iam, output.key.outer(), "for this output")
                .help("split again, so that both templates are of one run"),
        );
    }
    found
}

/// Texts, with a pattern that admits only ARNs.
pub(super) fn shapes(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, output) in &pair.wiring.wires {
        let Some(parameter) = pair.app.parameters.get(name.as_str()) else { continue };
        let text = |key: &str| parameter.value.get(key).and_then(Node::as_str);
        let mut wrong = |message: String| {
            found.push(
                Diagnostic::new(Code::CTR006, message)
                    .label(Source::App, parameter.key.outer(), "this parameter")
                    .help("split again, or correct the declaration"),
            );
        };
        if text("Type") != Some("String") {
            wrong(format!("the parameter `{name}` is no `String`"));
        }
        let Some(row) = pair.iam.resources.get(name.as_str()).and_then(|resource| iam_type(resource.kind))
        else {
            continue;
        };
        if *output != format!("{name}Arn") {
            continue;
        }
        match text("AllowedPattern") {
            None => wrong(format!("the parameter `{name}` admits anything, not only ARNs")),
            Some(pattern) => {
                let Some(regex) = crate::facts::whole_pattern(pattern) else { continue };
                if !regex.is_match(&row.sample_arn("aws")) && !regex.is_match(&row.sample_arn("aws-us-gov")) {
                    wrong(format!("the pattern of the parameter `{name}` refuses the ARN that it is for"));
                } else if regex.is_match("not an arn") {
                    wrong(format!("the pattern of the parameter `{name}` admits what is no ARN"));
                }
            }
        }
    }
    found
}

/// Parameters that say they come from the IAM stack, or stand for something of it, are filled by it.
pub(super) fn filled(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for name in pair.wiring.wires.keys() {
        let Some(parameter) = pair.app.parameters.get(name.as_str()) else { continue };
        let default = parameter.value.get("Default").and_then(Node::as_str);
        if default.is_some_and(|default| !default.is_empty()) {
            found.push(
                Diagnostic::new(
                    Code::CTR008,
                    format!("the parameter `{name}` has a default: whoever forgets it gets another role"),
                )
                .label(Source::App, parameter.key.outer(), "this parameter")
                .help("remove the default"),
            );
        }
    }
    for (name, parameter) in &pair.app.parameters {
        if pair.iam.resources.contains_key(name) && !pair.wiring.wires.contains_key(*name) {
            found.push(
                Diagnostic::new(Code::CTR008, format!("nothing fills the parameter `{name}`"))
                    .label(Source::App, parameter.key.outer(), "this parameter")
                    .help(format!("the IAM template needs an output `{name}Arn`")),
            );
        }
    }
    found
}

/// Nothing that the IAM template creates is created again.
pub(super) fn nothing_moved(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let twice = pair.app.resources.values().filter(|resource| pair.iam.resources.contains_key(resource.name));
    twice
        .map(|resource| {
            Diagnostic::new(Code::CTR007, format!("both templates declare the resource `{}`", resource.name))
                .label(Source::App, resource.declaration.key.outer(), "declared here again")
                .help("remove it from the application template and use the parameter")
        })
        .collect()
}
