//! What differs between two templates, for the person who has to approve it.
//!
//! [`application`] tells an application template from its monolith, by named edit; [`iam`] two releases of
//! an IAM template, role by role.

mod app;
mod iam;
mod released;

pub use app::{Added, AppDiff, Left, Rewritten, application};
pub use iam::{IamDiff, PropertyChange, ResourceDiff, State, iam};
pub use released::ReleaseReport;

use crate::diagnostic::{Diagnostic, Source};
use crate::expression::Expr;
use crate::syntax::Parsed;
use crate::template::{self, Template};
use crate::writer::Writer;

/// Reads one of the texts; what makes it unreadable goes to `found`.
fn read<'d, 't>(
    parsed: &'d Parsed<'t>,
    source: Source,
    found: &mut Vec<Diagnostic>,
) -> Option<Template<'d, 't>> {
    let (template, trouble) = template::read(&parsed.document);
    let trouble = parsed.diagnostics.iter().cloned().chain(trouble);
    let mut fatal: Vec<Diagnostic> = trouble.filter(|finding| finding.code.exit_code() == 2).collect();
    for finding in &mut fatal {
        finding.labels.iter_mut().for_each(|label| label.source = source);
    }
    let readable = fatal.is_empty();
    found.append(&mut fatal);
    template.filter(|_| readable)
}

/// A value on one line.
fn shown(expr: &Expr) -> String {
    Writer { json: false, newline: "\n", step: 2 }.line(expr)
}
