//! Secrets of a template: the defaults of `NoEcho` parameters.

use super::read;
use crate::syntax::{Node, parse};

/// A template's text with the defaults of its `NoEcho` parameters struck out, byte for byte as long.
#[must_use]
pub fn redacted(text: &str) -> String {
    let parsed = parse(text);
    let (Some(template), _) = read(&parsed.document) else {
        return text.to_owned();
    };
    let mut result = text.to_owned();
    for parameter in template.parameters.values() {
        let secret = parameter
            .value
            .get("NoEcho")
            .and_then(Node::as_str)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let Some(default) = parameter.value.get("Default").filter(|_| secret) else {
            continue;
        };
        let span = default.resolved().written();
        let stars: String =
            span.slice(text).bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }).collect();
        result.replace_range(span.start()..span.end(), &stars);
    }
    result
}
