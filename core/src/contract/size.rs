//! Limits of a template.

use super::{Pair, both};
use crate::diagnostic::{Code, Diagnostic};
use crate::facts::limit;

/// Parameters and outputs.
pub(super) fn counts(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (_, template, which) in both(pair) {
        let counts = [
            (Code::LIM001, template.parameters.len(), "parameters", limit::PARAMETERS),
            (Code::LIM002, template.outputs.len(), "outputs", limit::OUTPUTS),
        ];
        for (code, count, what, limit) in counts.into_iter().filter(|(_, count, _, limit)| count > limit) {
            found.push(
                Diagnostic::new(
                    code,
                    format!("{count} {what} in the {which} template: CloudFormation admits {limit}"),
                )
                .help("move fewer resources, or remove what is not used"),
            );
        }
    }
    found
}

/// The size of the text.
pub(super) fn bodies(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (_, template, which) in both(pair) {
        let bytes = template.document.text().len();
        if bytes > limit::BODY {
            found.push(
                Diagnostic::new(
                    Code::LIM003,
                    format!(
                        "the {which} template has {bytes} bytes: CloudFormation reads {} at most",
                        limit::BODY
                    ),
                )
                .help("remove text, or move more resources"),
            );
        }
    }
    found
}
