//! Texts that say a resource's name, or its ARN as it was.

use super::names;
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::Expr;
use crate::facts::{ArnFrom, iam_type};
use crate::plan::on_path;
use crate::syntax::{Kind, Node};
use crate::template::{Resource, Template, call};

/// The words before a path in ARNs.
const NOUNS: [&str; 5] = ["role", "user", "group", "policy", "instance-profile"];

/// Whether a text has a part behind which no name goes on.
fn has(text: &str, part: &str) -> bool {
    text.match_indices(part).any(|(at, _)| {
        let rest = text.get(at + part.len()..).unwrap_or_default();
        !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c))
    })
}

fn scalars<'d, 't>(template: &Template<'d, 't>, is_meant: impl Fn(&str) -> bool) -> Vec<Node<'d, 't>> {
    let texts = template.document.nodes().filter(|node| node.kind() == Kind::Scalar);
    texts.filter(|node| node.as_str().is_some_and(&is_meant)).collect()
}

/// The texts that are a name, or an ARN that ends in it.
pub(super) fn says<'d, 't>(template: &Template<'d, 't>, name: &str) -> Vec<Node<'d, 't>> {
    let behind = format!("/{name}");
    scalars(template, |text| text == name || has(text, &behind))
}

/// What to write instead of a text that says a resource's name, or its ARN.
pub(super) fn instead(resource: &Resource<'_, '_>, is_arn: bool) -> String {
    let row = iam_type(resource.kind);
    let written = match row.map(|row| row.arn) {
        _ if row.is_some_and(|row| row.ref_is_arn) => is_arn.then(|| format!("!Ref {}", resource.name)),
        Some(ArnFrom::Attribute(attribute)) if is_arn => {
            Some(format!("!GetAtt {}.{attribute}", resource.name))
        }
        _ => Some(format!("!Ref {}", resource.name)),
    };
    // Nothing gives a policy's name alone.
    written.map_or_else(
        || "name it under `except`".to_owned(),
        |written| format!("write `{written}`, or name it under `except`"),
    )
}

/// Texts that name a resource by the ARN that it has: with another path it is another one.
pub(super) fn counts_on_path(
    template: &Template<'_, '_>,
    resource: &Resource<'_, '_>,
    path: &Expr,
) -> Vec<Diagnostic> {
    let name = names::property(resource.kind).and_then(|key| resource.property(&[key])?.literal());
    let written: Vec<String> =
        name.iter().flat_map(|name| NOUNS.iter().map(move |noun| format!("{noun}/{name}"))).collect();
    let names = |text: &str| written.iter().any(|arn| has(text, arn));
    let told = |node: Node<'_, '_>| {
        Diagnostic::new(
            Code::CFG010,
            format!("this text counts on the path of `{}`, which the configuration changes", resource.name),
        )
        .at(node.outer(), "its ARN as it was")
        .help(match call(node.resolved()).map(|call| call.name) {
            Some("Split") => instead(resource, false),
            _ => instead(resource, true),
        })
    };
    let mut found = scalars(template, names);
    let known: Vec<_> = found.iter().map(|node| node.outer()).collect();
    found.extend(on_path(template, resource, path).into_iter().filter(|node| !known.contains(&node.outer())));
    found.into_iter().map(told).collect()
}
