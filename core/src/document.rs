//! The two documents: the monolith's text with edits, one set for each.
//!
//! Neither is printed from a tree. What no edit names is the monolith's own bytes: comments, quotes,
//! key order, blank lines, short tags and line endings.

mod app;
mod call;
mod given;
mod iam;
mod settle;
mod sheet;

pub(crate) use app::IAM_STACK;
pub(crate) use given::given;

use crate::diagnostic::{Code, Diagnostic};
use crate::edit::{EditSet, lost_bytes};
use crate::plan::Plan;
use crate::template::Template;

/// The edits that make the two documents.
#[derive(Clone, Debug)]
pub struct Documents {
    /// Monolith to IAM template.
    pub iam: EditSet,
    /// Monolith to application template.
    pub app: EditSet,
}

/// How the new parts look.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The pattern of parameters that take a role's ARN.
    pub role_pattern: Option<String>,
    /// The pattern of parameters that take a managed policy's ARN.
    pub policy_pattern: Option<String>,
    /// The label of the parameter group, if one is wanted.
    pub group: Option<String>,
    /// The label of the group that it follows.
    pub after: Option<String>,
    /// Parameters and conditions that were added for what moves: the application does without them.
    pub of_iam: Vec<String>,
}

/// Writes both documents.
///
/// # Errors
/// An alias across the cut, or a broken rule of our own (`INT001`).
pub fn write(
    template: &Template<'_, '_>,
    plan: &Plan<'_, '_>,
    look: &Look,
) -> Result<(Documents, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut found = Vec::new();
    let iam = settle::settle(template, iam::edits(template, plan));
    let app = settle::settle(template, app::edits(template, plan, look, &mut found));
    let (iam, app) = match (iam, app) {
        (Ok(iam), Ok(app)) => (iam, app),
        (iam, app) => return Err(iam.err().into_iter().chain(app.err()).flatten().collect()),
    };
    let text = template.document.text();
    let lost = lost_bytes(&iam, &app);
    // Where an item goes, the blank lines and the comma that set it apart from the next go too.
    let separates = |c: char| c.is_whitespace() || c == ',';
    let lost = lost.iter().filter(|span| !span.slice(text).trim_matches(separates).is_empty());
    found.extend(lost.map(|span| {
        Diagnostic::new(Code::INT001, "a piece of the template is in neither result").at(*span, "this piece")
    }));
    if found.iter().any(Diagnostic::is_error) { Err(found) } else { Ok((Documents { iam, app }, found)) }
}
