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

/// The texts that labels point into; empty where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts<'t> {
    /// The template that is split, or the monolith of a pair.
    pub template: &'t str,
    /// The configuration.
    pub config: &'t str,
    /// The IAM template of a pair.
    pub iam: &'t str,
    /// The application template of a pair.
    pub app: &'t str,
    /// The file of rules.
    pub rules: &'t str,
}

impl<'t> Texts<'t> {
    /// The text of a source.
    #[must_use]
    pub fn get(&self, source: Source) -> &'t str {
        match source {
            Source::Template => self.template,
            Source::Config => self.config,
            Source::Iam => self.iam,
            Source::App => self.app,
            Source::Rules => self.rules,
        }
    }
}

/// Gives findings lines and columns.
#[must_use]
pub fn place<'d>(found: &'d [Diagnostic], texts: &Texts<'_>) -> Vec<Placed<'d>> {
    let indices = Source::ALL.map(|source| (source, texts.get(source), LineIndex::new(texts.get(source))));
    let label = |label: &'d Label| {
        let at = |offset: u32| {
            let known = indices.iter().find(|(source, _, _)| *source == label.source);
            known.map_or(Position { line: 1, column: 1, column_utf16: 1 }, |(_, text, index)| {
                index.position(text, offset)
            })
        };
        PlacedLabel {
            source: label.source,
            start: at(label.span.start),
            end: at(label.span.end),
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
