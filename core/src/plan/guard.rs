//! Patterns over buckets, held to the account: a bucket's ARN names no account, so that its pattern reaches strangers'.

use super::Bridge;
use super::first::statement;
use super::identity::{CLOSE, MOST, OPEN, keys, pieces};
use crate::config::Resolution;
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Expr, lower};
use crate::facts::{makes_elsewhere, values_at};
use crate::syntax::Node;
use crate::template::Template;

/// A statement that gets the condition `aws:ResourceAccount`.
#[derive(Clone, Copy, Debug)]
pub struct Guarded<'d, 't> {
    /// The moved resource.
    pub owner: &'d str,
    /// The statement.
    pub statement: Node<'d, 't>,
}

/// The statements to guard, and why others are not.
pub(super) fn guarded<'d, 't>(
    template: &Template<'d, 't>,
    bridges: &[Bridge<'d, 't>],
    wanted: bool,
) -> (Vec<Guarded<'d, 't>>, Vec<Diagnostic>) {
    let (mut list, mut found): (Vec<Guarded<'d, 't>>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    let is_bucket =
        |name: &str| template.resources.get(name).is_some_and(|resource| resource.kind == "AWS::S3::Bucket");
    let patterns = bridges.iter().filter(|bridge| wanted && bridge.resolution == Resolution::Pattern);
    let mut seen = Vec::new();
    for bridge in patterns.filter(|bridge| is_bucket(bridge.target)) {
        let Some(of) = statement(bridge.reference.via.unwrap_or(bridge.reference.node)) else { continue };
        if seen.contains(&of.id()) {
            continue;
        }
        seen.push(of.id());
        let within =
            of.get("Resource").is_some_and(|part| part.outer().contains(bridge.reference.node.outer()));
        // What a value chooses has no place for a line of ours.
        let known = of.get("Condition").is_none_or(|condition| {
            let condition = condition.resolved();
            let computed = |node: Node<'_, '_>| crate::template::call(node.resolved()).is_some();
            !computed(condition) && !condition.entries().any(|(_, keys)| computed(keys))
        });
        let (already, other) = account_keys(of);
        let strange = of
            .get("Resource")
            .map_or(Vec::new(), |list| values_at(list, &["*"]))
            .into_iter()
            .find(|node| !is_of_account(template, &lower(*node)));
        match strange {
            _ if already => {}
            Some(node) => found.push(
                Diagnostic::new(
                    Code::GRD001,
                    format!("the pattern for `{}` in `{}` is not held to the account: the statement has another resource that may be elsewhere", bridge.target, bridge.owner),
                )
                .at(node.span(), "this resource")
                .help("write it in a statement of its own"),
            ),
            None if within && known && other.is_some() => found.push(
                Diagnostic::new(
                    Code::GRD001,
                    format!("the pattern for `{}` in `{}` is not held to the account: the condition of its statement asks for other accounts", bridge.target, bridge.owner),
                )
                .at(other.map_or(of.span(), Node::span), "not the stack's own account alone")
                .help("give `aws:ResourceAccount` the value `!Ref AWS::AccountId`, or leave it out"),
            ),
            None if within && known => list.push(Guarded { owner: bridge.owner, statement: of }),
            None if within => found.push(
                Diagnostic::new(
                    Code::GRD001,
                    format!("the pattern for `{}` in `{}` is not held to the account: the condition of its statement is computed", bridge.target, bridge.owner),
                )
                .at(of.get("Condition").map_or(of.span(), Node::span), "this condition")
                .help("write the condition out in statements of their own, one a case"),
            ),
            None => {}
        }
    }
    (list, found)
}

/// Whether the condition of a statement holds it to the stack's own account already; else the value that the line of ours
/// would have to stand beside.
fn account_keys<'d, 't>(statement: Node<'d, 't>) -> (bool, Option<Node<'d, 't>>) {
    let (mut already, mut other) = (false, None);
    let condition = statement.get("Condition").map(Node::resolved);
    for (operator, keys) in condition.into_iter().flat_map(Node::entries) {
        let operator = operator.as_str().unwrap_or_default();
        for (key, value) in keys.resolved().entries() {
            if !key.as_str().is_some_and(|key| key.eq_ignore_ascii_case("aws:ResourceAccount")) {
                continue;
            }
            let values = values_at(value, &["*"]);
            let own = |node: &Node<'_, '_>| lower(*node) == Expr::reference("AWS::AccountId");
            let is_own = !values.is_empty() && values.iter().all(own);
            match operator {
                "StringEquals" | "StringEqualsIgnoreCase" | "StringLike" if is_own => already = true,
                "StringEquals" => other = Some(value),
                _ => {}
            }
        }
    }
    (already, other)
}

/// Whether all that a resource element may name is of the stack's own account: a resource of the template, or an ARN with
/// the account in its place. A bucket's ARN has none: there the name must be a bucket's of the template, and end there.
///
/// Source: Amazon S3 User Guide, "Policy resources for Amazon S3"; IAM User Guide, "IAM identifiers" for the form of an ARN.
pub(crate) fn is_of_account(template: &Template<'_, '_>, element: &Expr) -> bool {
    let texts = keys(element);
    // More than so many are cut off.
    texts.len() < MOST && texts.iter().all(|text| is_text_of_account(template, text))
}

fn is_text_of_account(template: &Template<'_, '_>, text: &str) -> bool {
    // What makes others elsewhere may give anything.
    let resource = |text: &str| {
        let (name, rest) = text.strip_prefix(OPEN)?.split_once(CLOSE)?;
        let resource = template.resources.get(name.split('.').next()?)?;
        let rest = rest.to_owned();
        (!makes_elsewhere(resource.kind)).then_some((resource.kind, rest))
    };
    let ends = |rest: &str| rest.is_empty() || rest.starts_with('/');
    if let Some((kind, rest)) = resource(text) {
        return kind != "AWS::S3::Bucket" || ends(&rest);
    }
    match pieces(text, ":").as_slice() {
        ["arn", _, "s3", "", "", name, ..] => {
            resource(name).is_some_and(|(kind, rest)| kind == "AWS::S3::Bucket" && ends(&rest))
        }
        ["arn", _, _, _, account, _, ..] => *account == format!("{OPEN}AWS::AccountId{CLOSE}"),
        _ => false,
    }
}
