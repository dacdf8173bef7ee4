//! What is wrong or worth knowing, as data: a code, a place, a reason and a way out.
//!
//! How a diagnostic looks is the host's business (`native-cli` draws source lines, the page marks
//! them). The wording follows the house: lower case, the user's text in backticks, help apart.

mod catalogue;
mod example;
mod placed;

use serde::{Deserialize, Serialize};

pub use catalogue::{Code, Explanation};
pub use example::Example;
pub use placed::{Placed, PlacedLabel, Texts, place};

use crate::text::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Note,
    /// Probably not what is wanted; the result stands.
    Warning,
    /// The run is refused.
    Error,
}

impl Severity {
    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Which text a label points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The template that is split.
    Template,
    /// The configuration.
    Config,
    /// The IAM template of a pair.
    Iam,
    /// The application template of a pair.
    App,
    /// The file of rules.
    Rules,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Template, Self::Config, Self::Iam, Self::App, Self::Rules];
}

/// A marked place in a source text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The text it points into.
    pub source: Source,
    /// The bytes it marks.
    pub span: Span,
    /// What is to be said at this place.
    pub text: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Its code, always shown.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where; the first label is the main one.
    pub labels: Vec<Label>,
    /// The way out, one paragraph each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A finding with the severity that its code has.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Marks a place in the template.
    #[must_use]
    pub fn at(self, span: Span, text: impl Into<String>) -> Self {
        self.label(Source::Template, span, text)
    }

    /// Marks a place in the configuration.
    #[must_use]
    pub fn in_config(self, span: Span, text: impl Into<String>) -> Self {
        self.label(Source::Config, span, text)
    }

    /// Marks a place in a text.
    #[must_use]
    pub fn label(mut self, source: Source, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { source, span, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same finding with another severity.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Whether it stops the run.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Up to three of `known` that resemble `name`, the nearest first.
#[must_use]
pub fn near_matches<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let lower = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score > 0.85)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// "did you mean `A`, `B` or `C`?", or nothing where nothing is near.
#[must_use]
pub fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let near: Vec<String> = near_matches(name, known).iter().map(|name| format!("`{name}`")).collect();
    let (last, before) = near.split_last()?;
    if before.is_empty() {
        return Some(format!("did you mean {last}?"));
    }
    Some(format!("did you mean {} or {last}?", before.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered() {
        let known = ["S3HashLambdaRole", "S3HashLambdaRole2", "ApiRole", "TabulatorRole"];
        assert_eq!(
            did_you_mean("S3HashLamdaRole", known).as_deref(),
            Some("did you mean `S3HashLambdaRole` or `S3HashLambdaRole2`?")
        );
        assert_eq!(did_you_mean("Nothing", known), None);
    }
}
