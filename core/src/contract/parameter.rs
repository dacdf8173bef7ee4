//! Declarations of parameters.

use super::{Pair, both};
use crate::diagnostic::{Code, Diagnostic, Source, did_you_mean};
use crate::syntax::Node;
use crate::template::Template;

/// A type, and a default that the parameter's own constraints admit.
pub(super) fn well_formed(pair: &Pair<'_>) -> Vec<Diagnostic> {
    both(pair).into_iter().flat_map(|(source, template, _)| of_template(template, source)).collect()
}

pub(super) fn of_template(template: &Template<'_, '_>, source: Source) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some((key, text)) = template.root.entry("Description")
        && text.literal().is_none()
    {
        found.push(
            Diagnostic::new(Code::TPL009, "the description of the template is no text")
                .label(source, key.outer(), "no function may stand here")
                .help("write it out"),
        );
    }
    for (name, parameter) in &template.parameters {
        let text = |key: &str| parameter.value.get(key).and_then(Node::as_str);
        let mut wrong = |message: String| {
            found.push(
                Diagnostic::new(Code::TPL009, message)
                    .label(source, parameter.key.outer(), "this parameter")
                    .help("correct the declaration"),
            );
        };
        match text("Type") {
            None => wrong(format!("the parameter `{name}` has no type")),
            Some(kind) if !is_type(kind) => {
                wrong(format!("`{kind}`, the type of the parameter `{name}`, is none that exists"));
            }
            Some(_) => {}
        }
        for (key, _) in parameter.value.entries() {
            if let Some(key) = key.as_str().filter(|key| !KEYS.contains(key)) {
                let near = did_you_mean(key, KEYS).map_or(String::new(), |near| format!(": {near}"));
                wrong(format!("the parameter `{name}` has a key `{key}` that no parameter has{near}"));
            }
        }
        for key in ["MinLength", "MaxLength", "MinValue", "MaxValue"] {
            if let Some(bound) = parameter.value.get(key)
                && bound.literal().is_none_or(|bound| bound.trim().parse::<f64>().is_err())
            {
                wrong(format!("`{key}` of the parameter `{name}` is no number"));
            }
        }
        for key in ["Description", "ConstraintDescription", "AllowedPattern"] {
            if parameter.value.get(key).is_some_and(|text| text.literal().is_none()) {
                wrong(format!("`{key}` of the parameter `{name}` is no text"));
            }
        }
        let Some(default) = parameter.value.get("Default") else { continue };
        // Source: CloudFormation's answer "Every Default member must be a string".
        let Some(default) = default.as_str().filter(|_| !default.is_null()) else {
            wrong(format!("the default of the parameter `{name}` is no text or number"));
            continue;
        };
        let amount = |text: &str| text.trim().parse::<f64>().ok();
        let numbers = match text("Type") {
            Some("Number") => vec![default],
            Some("List<Number>") => default.split(',').collect(),
            _ => Vec::new(),
        };
        for given in numbers {
            let Some(value) = amount(given) else {
                wrong(format!("the default `{}` of the parameter `{name}` is no number", given.trim()));
                continue;
            };
            let bound = |key: &str| text(key).and_then(amount);
            if bound("MinValue").is_some_and(|least| value < least)
                || bound("MaxValue").is_some_and(|most| value > most)
            {
                wrong(format!("the default of the parameter `{name}` is out of its own bounds"));
            }
        }
        if text("Type") != Some("String") {
            continue;
        }
        let number = |key: &str| text(key).and_then(|number| number.parse::<usize>().ok());
        let length = default.chars().count();
        if number("MinLength").is_some_and(|least| length < least)
            || number("MaxLength").is_some_and(|most| length > most)
        {
            wrong(format!("the default of the parameter `{name}` has a length that it does not admit"));
        }
        if let Some(regex) = text("AllowedPattern").and_then(crate::facts::whole_pattern)
            && !regex.is_match(default)
        {
            wrong(format!("the default of the parameter `{name}` does not match its own pattern"));
        }
        let mut allowed = parameter.value.get("AllowedValues").into_iter().flat_map(Node::items).peekable();
        if allowed.peek().is_some() && !allowed.any(|value| value.as_str() == Some(default)) {
            wrong(format!("the default of the parameter `{name}` is none of its allowed values"));
        }
    }
    found
}

/// What a parameter's declaration may hold. Source: CloudFormation User Guide, "Parameters", "Properties".
const KEYS: [&str; 11] = [
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

/// Whether a parameter may have a type. Of AWS-specific types only the form is known to us, since AWS
/// adds to them.
///
/// Source: CloudFormation User Guide, "CloudFormation-supplied parameter types".
fn is_type(kind: &str) -> bool {
    let element = kind.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>'));
    matches!(kind, "String" | "Number" | "CommaDelimitedList")
        || element == Some("Number")
        || element.unwrap_or(kind).starts_with("AWS::")
}
