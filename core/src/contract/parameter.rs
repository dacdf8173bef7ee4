//! Declarations of parameters.

use super::{Pair, both};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::syntax::Node;
use crate::template::Template;

/// A type, and a default that the parameter's own constraints admit.
pub(super) fn well_formed(pair: &Pair<'_>) -> Vec<Diagnostic> {
    both(pair).into_iter().flat_map(|(source, template, _)| of_template(template, source)).collect()
}

pub(super) fn of_template(template: &Template<'_, '_>, source: Source) -> Vec<Diagnostic> {
    let mut found = Vec::new();
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
        let Some(default) = text("Default").filter(|_| text("Type") == Some("String")) else { continue };
        let number = |key: &str| text(key).and_then(|number| number.parse::<usize>().ok());
        let length = default.chars().count();
        if number("MinLength").is_some_and(|least| length < least)
            || number("MaxLength").is_some_and(|most| length > most)
        {
            wrong(format!("the default of the parameter `{name}` has a length that it does not admit"));
        }
        if let Some(regex) = text("AllowedPattern")
            .and_then(|pattern| regex_lite::Regex::new(&format!("^(?:{pattern})$")).ok())
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
