//! Scopes that somebody accepted: what is wider beyond them fails.

use serde::Deserialize;

use super::{ValidateRequest, Validation};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::equivalence::Change;
use crate::template::Template;
use crate::text::{Span, counted};

/// The file of `--accept`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    /// The scopes.
    #[serde(default)]
    accepted: Vec<Scope>,
}

/// A scope that was accepted.
#[derive(Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Scope {
    /// The moved resource.
    resource: String,
    /// The statement, by its `Sid` or number.
    statement: String,
    /// The new scope, as a report shows it.
    scope: String,
}

impl Scope {
    fn is(&self, change: &Change) -> bool {
        self.resource == change.resource && self.statement == change.statement && self.scope == change.after
    }
}

/// Holds the wider scopes against what was accepted.
pub(super) fn check(request: &ValidateRequest<'_>, iam: &Template<'_, '_>, result: &mut Validation) {
    let place =
        |name: &str| iam.resources.get(name).map_or(Span::at(0), |resource| resource.declaration.key.outer());
    if let Some(most) = request.max_wider.filter(|most| result.widened.len() > *most) {
        let is = if result.widened.len() == 1 { "is" } else { "are" };
        result.diagnostics.push(
            Diagnostic::new(
                Code::WID001,
                format!("{} {is} wider, and {most} may be", counted(result.widened.len(), "scope")),
            )
            .help("resolve them by `exact`, `two-phase` or `attach`, or raise `--max-wider`"),
        );
    }
    let Some(text) = request.accept else { return };
    let accepted = match serde_yaml::from_str::<Option<Accepted>>(text) {
        Ok(file) => file.map_or(Vec::new(), |file| file.accepted),
        Err(error) => {
            result.readable = false;
            let line = error.location().map_or(String::new(), |place| format!(", line {}", place.line()));
            result.diagnostics.push(
                Diagnostic::new(Code::WID003, format!("the file of accepted scopes cannot be read{line}"))
                    .help("write a list `accepted` of entries with `resource`, `statement` and `scope`"),
            );
            return;
        }
    };
    for change in &result.widened {
        if !accepted.iter().any(|scope| scope.is(change)) {
            let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
            result.diagnostics.push(
                Diagnostic::new(
                    Code::WID001,
                    format!("nobody accepted that `{}` reaches `{}`", change.resource, change.after),
                )
                .label(
                    Source::Iam,
                    place(&change.resource),
                    format!(
                        "in {}, {}; the monolith has `{}`",
                        change.statement, change.element, change.before
                    ),
                )
                .help(format!(
                    "to accept it, add to the file: - {{resource: {}, statement: {}, scope: {}}}",
                    change.resource,
                    quoted(&change.statement),
                    quoted(&change.after)
                )),
            );
        }
    }
    for scope in accepted.iter().filter(|scope| !result.widened.iter().any(|change| scope.is(change))) {
        result.diagnostics.push(
            Diagnostic::new(
                Code::WID002,
                format!("no scope of `{}` is `{}` any more, which was accepted", scope.resource, scope.scope),
            )
            .help("remove the entry"),
        );
    }
    result.diagnostics.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
}
