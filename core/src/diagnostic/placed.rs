//! Findings with lines and columns, for programs.

use serde::Serialize;

use super::{Code, Diagnostic, Label, Severity, Source};
use crate::text::{LineIndex, Position};

/// A finding with lines and columns instead of bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Placed<'d> {
    /// Its code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: &'d str,
    /// Where.
    pub labels: Vec<PlacedLabel<'d>>,
    /// The way out.
    pub help: &'d [String],
}

/// A marked place with lines and columns.
#[derive(Clone, Debug, Serialize)]
pub struct PlacedLabel<'d> {
    /// The text it points into.
    pub source: Source,
    /// Where it begins.
    pub start: Position,
    /// Where it ends, exclusive.
    pub end: Position,
    /// What is to be said there.
    pub text: &'d str,
}

/// Gives findings lines and columns.
#[must_use]
pub fn place<'d>(found: &'d [Diagnostic], template: &str, config: Option<&str>) -> Vec<Placed<'d>> {
    let config = config.unwrap_or_default();
    let (of_template, of_config) = (LineIndex::new(template), LineIndex::new(config));
    let label = |label: &'d Label| {
        let (index, text) = match label.source {
            Source::Template => (&of_template, template),
            Source::Config => (&of_config, config),
        };
        PlacedLabel {
            source: label.source,
            start: index.position(text, label.span.start),
            end: index.position(text, label.span.end),
            text: &label.text,
        }
    };
    found
        .iter()
        .map(|diagnostic| Placed {
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            labels: diagnostic.labels.iter().map(label).collect(),
            help: &diagnostic.help,
        })
        .collect()
}
