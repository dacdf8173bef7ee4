//! Who is meant by an expression that is no node of the template: what a configuration gives.

use std::collections::BTreeSet;

use super::identity::{keys, named};
use crate::expression::Expr;
use crate::template::Template;

/// The managed policies of the template whose ARN an expression says by their names.
#[must_use]
pub fn says_policy<'d>(template: &Template<'d, '_>, expr: &Expr) -> BTreeSet<&'d str> {
    keys(expr).iter().flat_map(|key| named(template, key, "policy")).collect()
}

/// Whether two names are, or may become, one: IAM does not tell names by their case.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas": names are unique within an account, regardless of case.
#[must_use]
pub fn same_name(a: &Expr, b: &Expr) -> bool {
    let b = keys(b);
    keys(a).iter().any(|a| b.iter().any(|b| a.eq_ignore_ascii_case(b)))
}
