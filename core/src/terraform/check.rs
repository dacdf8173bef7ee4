//! A look at the Terraform files that somebody has: what of them will fail with this pair, and where.
//!
//! Files are read, never run. What cannot be told from them is named: a check that understood half is not clean.

mod computed;
mod keys;
mod read;
mod rules;

use serde::Serialize;

use crate::deployment::contents::Contents;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::text::Span;
use read::Folders;

/// A file of Terraform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its path in the folder that is looked at, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A finding, and the file that its labels point into; they say [`Source::Config`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The number of the file among those that were given; `None` where it is about no one file.
    pub file: Option<usize>,
    /// What was found.
    pub diagnostic: Diagnostic,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: usize,
    start: usize,
    end: usize,
}

impl Finding {
    fn new(place: Option<&Place>, label: &str, diagnostic: Diagnostic) -> Self {
        match place {
            Some(place) => Self {
                file: Some(place.file),
                diagnostic: diagnostic.label(Source::Config, Span::new(place.start, place.end), label),
            },
            None => Self { file: None, diagnostic },
        }
    }
}

/// The two templates that the files have to fit.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'p> {
    /// The IAM template.
    pub iam: &'p Contents,
    /// The application template.
    pub app: &'p Contents,
}

/// Looks at all files of a folder and of those below it.
#[must_use]
pub fn check(files: &[Text], pair: Pair<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let folders = Folders::read(files, &mut found);
    rules::judge(&folders, pair, &mut found);
    computed::judge(&folders, &mut found);
    // Errors first, each kind in the order of the files.
    found.sort_by_key(|finding| {
        let start = finding.diagnostic.labels.first().map_or(0, |label| label.span.start());
        (std::cmp::Reverse(finding.diagnostic.severity), finding.file, start)
    });
    found.dedup();
    found
}

/// A file that is no HCL.
fn unreadable(file: usize, path: &str, text: &str, error: &hcl_edit::parser::Error) -> Finding {
    let at = error.location().offset().min(text.len());
    let line = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end);
    let place = Place { file, start: at, end: line.max(at) };
    let diagnostic = Diagnostic::new(Code::TFM010, format!("`{path}` is no HCL: {}", error.message()))
        .help("correct the marked place; `terraform validate` says more");
    Finding::new(Some(&place), "here", diagnostic)
}
