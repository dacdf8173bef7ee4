//! What was decided, in words.

use super::holder::aws_policy;
use super::statement::{READ, WITH_VARIABLES};
use super::world::OTHER;
use crate::expression::Expr;
use crate::text::one_line;
use crate::writer::Writer;

/// A value on one line, as YAML; a text without quotes.
pub(crate) fn value(expr: &Expr) -> String {
    match plain(expr) {
        Expr::Text(text) => one_line(&text).into_owned(),
        other => Writer { json: false, newline: "\n", step: 2 }.line(&other),
    }
}

/// A value without our own marks: of a declaration that is another one, of a way in which it is read.
fn plain(expr: &Expr) -> Expr {
    expr.replaced(&|part| match part {
        Expr::Ref(name) if name.contains(OTHER) => Some(Expr::Ref(name.replace(OTHER, ""))),
        Expr::GetAtt(name, attribute) if name.contains(OTHER) => {
            Some(Expr::GetAtt(name.replace(OTHER, ""), attribute.clone()))
        }
        part => (as_it_is(part) != part).then(|| plain(as_it_is(part))),
    })
}

/// A value without the way in which it is read.
pub(super) fn as_it_is(expr: &Expr) -> &Expr {
    match expr {
        Expr::Unary(how, inner) if how == WITH_VARIABLES || READ.iter().any(|(_, known)| known == how) => {
            as_it_is(inner)
        }
        other => other,
    }
}

/// A managed policy that is not in the template, by the name that people know.
pub(crate) fn managed(arn: &Expr) -> String {
    aws_policy(arn).unwrap_or_else(|| value(arn))
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
pub(super) fn list(items: &[String]) -> String {
    const MOST: usize = 8;
    match items {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        items if items.len() > MOST => {
            let shown: Vec<&str> = items.iter().take(MOST).map(String::as_str).collect();
            format!("{} and {} more", shown.join(", "), items.len() - MOST)
        }
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}
