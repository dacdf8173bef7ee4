//! Patterns over buckets, held to the account: a bucket's ARN names no account, so that its pattern reaches strangers'.

use super::Bridge;
use super::first::statement;
use super::identity::{keys, references};
use crate::config::Resolution;
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::lower;
use crate::facts::values_at;
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
        let already = of.get("Condition").is_some_and(|condition| {
            condition.resolved().entries().any(|(_, keys)| {
                keys.resolved().entries().any(|(key, _)| {
                    key.as_str().is_some_and(|key| key.eq_ignore_ascii_case("aws:ResourceAccount"))
                })
            })
        });
        let strange = of
            .get("Resource")
            .map_or(Vec::new(), |list| values_at(list, &["*"]))
            .into_iter()
            .find(|node| !keys(&lower(*node)).iter().all(|text| is_of_account(template, text)));
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

/// Whether what a resource element names is of the stack's own account: a resource of the template, or an ARN with the account.
fn is_of_account(template: &Template<'_, '_>, text: &str) -> bool {
    let leads = text.starts_with(super::identity::OPEN)
        && references(text).first().is_some_and(|name| template.resources.contains_key(*name));
    let mut parts = text.splitn(6, ':');
    // `AWS::AccountId` holds colons of its own: look for the reference as it is marked.
    let account = text.contains("AWS::AccountId") && parts.next() == Some("arn");
    let bucket = text.strip_prefix("arn:").is_some_and(|rest| rest.contains(":s3:::"))
        && references(text).iter().any(|name| template.resources.contains_key(*name));
    leads || account || bucket
}
