//! Texts that count on the path that an IAM resource has: with another one they say the ARN of nobody.

use super::existence::scalars;
use super::identity::{keys, references, texts};
use crate::expression::{Expr, lower};
use crate::facts::{iam_type, name_property, overlap};
use crate::syntax::Node;
use crate::template::{Resource, Template, call};

/// The texts of resources and outputs that an ARN of the resource as it was matches, and none of it with the new path; and what
/// takes its name out of the ARN by counting slashes.
#[must_use]
pub fn on_path<'d, 't>(
    template: &Template<'d, 't>,
    resource: &Resource<'d, 't>,
    path: &Expr,
) -> Vec<Node<'d, 't>> {
    let Some(row) = iam_type(resource.kind).filter(|row| !row.arn_noun.is_empty()) else { return Vec::new() };
    let property = |name: &str| resource.property(&[name]).map(|node| texts(template, node));
    let names = name_property(resource.kind)
        .and_then(property)
        .unwrap_or_else(|| vec![format!("\u{1}AWS::StackName\u{2}-{}-*", resource.name)]);
    let with = |paths: Vec<String>| -> Vec<String> {
        let each = paths.iter().flat_map(|path| {
            let path = path.trim_start_matches('/');
            names.iter().map(move |name| format!("{path}{name}"))
        });
        each.collect()
    };
    let (old, new) = (with(property("Path").unwrap_or_else(|| vec!["/".to_owned()])), with(keys(path)));
    let meets = |all: &[String], tail: &str| all.iter().any(|one| is_met(one, tail));
    let word = format!("{}/", row.arn_noun);
    let counts = |key: &str| {
        key.match_indices(&word).any(|(at, _)| {
            let before = key.get(..at).unwrap_or_default();
            // `assumed-role/` has no path.
            if !(before.is_empty() || before.ends_with([':', '"'])) {
                return false;
            }
            let tail = key.get(at + word.len()..).unwrap_or_default();
            let tail = tail.split(['"', ' ', '\n']).next().unwrap_or(tail);
            references(tail).contains(&resource.name) || (meets(&old, tail) && !meets(&new, tail))
        })
    };
    let mut found = Vec::new();
    for section in ["Resources", "Outputs"] {
        for (_, value) in template.section(section).into_iter().flat_map(Node::entries) {
            let mut texts = Vec::new();
            scalars(value, &mut texts);
            found.extend(texts.into_iter().filter(|(_, key)| counts(key)).map(|(node, _)| node));
            splits(value, resource.name, &mut found);
        }
    }
    found.dedup_by_key(|node| node.id());
    found
}

/// Where the ARN of a resource is split at its slashes.
fn splits<'d, 't>(node: Node<'d, 't>, resource: &str, found: &mut Vec<Node<'d, 't>>) {
    let node = node.resolved();
    let is_split = call(node).is_some()
        && matches!(lower(node), Expr::Call(name, parts) if name == "Split"
            && matches!(parts.as_slice(), [Expr::Text(slash), Expr::GetAtt(of, attribute)]
                if slash == "/" && of == resource && attribute == "Arn"));
    if is_split {
        found.push(node);
    } else {
        node.children().for_each(|child| splits(child, resource, found));
    }
}

/// Whether a pattern may be what an ARN ends in. A policy variable stands for a name, and no name has a slash.
fn is_met(one: &str, tail: &str) -> bool {
    if !tail.contains("${aws:") {
        return overlap(one.as_bytes(), tail.as_bytes());
    }
    let mut pieces = tail.split("${aws:");
    let mut pattern = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        pattern.push('*');
        pattern.push_str(piece.split_once('}').map_or("", |(_, after)| after));
    }
    let slashes = |text: &str| text.matches('/').count();
    (tail.contains('*') || slashes(one) == slashes(&pattern)) && overlap(one.as_bytes(), pattern.as_bytes())
}
