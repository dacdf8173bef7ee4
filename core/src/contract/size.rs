//! Limits of a template.

use super::{Pair, both};
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{MOST_COUNTED, made_of};
use crate::facts::limit;

/// Parameters, outputs and resources, what loops make included, and names of outputs.
pub(super) fn counts(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (source, template, which) in both(pair) {
        let counts = [
            (Code::LIM001, template.parameters.len(), "parameters", limit::PARAMETERS),
            (Code::LIM002, made_of(template, "Outputs"), "outputs", limit::OUTPUTS),
            (Code::LIM005, made_of(template, "Resources"), "resources", limit::RESOURCES),
        ];
        for (code, count, what, limit) in counts.into_iter().filter(|(_, count, _, limit)| count > limit) {
            let count =
                if count > MOST_COUNTED { format!("more than {MOST_COUNTED}") } else { count.to_string() };
            found.push(
                Diagnostic::new(
                    code,
                    format!("{count} {what} in the {which} template: CloudFormation admits {limit}"),
                )
                .help("move fewer resources, or remove what is not used"),
            );
        }
        for (name, output) in template.outputs.iter().filter(|(name, _)| name.len() > limit::OUTPUT_NAME) {
            found.push(
                Diagnostic::new(
                    Code::LIM006,
                    format!(
                        "an output of the {which} template has a name of {} characters: CloudFormation admits {}",
                        name.len(),
                        limit::OUTPUT_NAME
                    ),
                )
                .label(source, output.key.outer(), "this output")
                .help("give it a shorter name"),
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
