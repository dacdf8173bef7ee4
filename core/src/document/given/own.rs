//! What a resource has already, beside what it is given; and boundaries that are the template's own policies.

use crate::config::Own;
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Expr, lower};
use crate::plan::says_policy;
use crate::syntax::Node;
use crate::template::{Resource, Template};

/// The property with what is given; `None` where that is what it has.
///
/// `AWS::NoValue` is no property of its own: what is given takes its place, in an `Fn::If` too. Where what is given may be
/// nothing, its own takes that place.
///
/// # Errors
/// It has its own and may not.
pub(super) fn beside(
    resource: &Resource<'_, '_>,
    property: &str,
    own: Option<Node<'_, '_>>,
    value: Expr,
    how: Own,
) -> Result<Option<Expr>, Box<Diagnostic>> {
    let Some(node) = own else { return Ok(Some(value)) };
    let own = lower(node);
    let is_none = |part: &Expr| *part == Expr::reference("AWS::NoValue");
    let value = match how {
        _ if is_none(&own) => value,
        Own::Keep => own.replaced(&|part| is_none(part).then(|| value.clone())),
        Own::Replace => value.replaced(&|part| is_none(part).then(|| own.clone())),
        Own::Refuse if own == value => own.clone(),
        Own::Refuse => {
            return Err(Box::new(
                Diagnostic::new(Code::CFG010, format!("`{}` has a `{property}` of its own", resource.name))
                    .at(node.outer(), "this one")
                    .help("name it under `except`, or permit `own: keep` or `own: replace`"),
            ));
        }
    };
    Ok((value != own).then_some(value))
}

/// What is wrong with a boundary that is a policy of the template itself: it must stand before who gets it.
pub(super) fn boundary(
    template: &Template<'_, '_>,
    resource: &Resource<'_, '_>,
    value: &Expr,
) -> Vec<Diagnostic> {
    let place = resource.declaration.key.outer();
    let mut found = Vec::new();
    for policy in says_policy(template, value) {
        found.push(
            Diagnostic::new(
                Code::CFG010,
                format!("the boundary of `{}` is the template's own `{policy}`, and nothing would make that first", resource.name),
            )
            .at(place, "its boundary says the policy's name")
            .help(format!("write `${{{policy}}}` in the place of the ARN")),
        );
    }
    found
}
