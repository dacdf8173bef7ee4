//! What a company gives to all that moves: a permissions boundary, a path, tags, how long sessions may last.
//!
//! Each is an edit of the monolith's own text, before anything moves: the pair is split from that text and proven
//! against it. So it is the monolith's but for what is given.

use std::collections::BTreeSet;

use super::sheet::Sheet;
use crate::config::{Iam, Own};
use crate::diagnostic::{Code, Diagnostic};
use crate::edit::{EditSet, Reason};
use crate::expression::{Expr, from_sub_text, lower};
use crate::syntax::{Kind, Node};
use crate::template::{Resource, Template, call};

/// The edits of a monolith, and what they give: each thing, and to whom.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The edits of the text.
    pub(crate) edits: EditSet,
    /// `PermissionsBoundary`, and the resources that get it.
    pub(crate) list: Vec<(String, Vec<String>)>,
}

/// The types that have a property. Source: CloudFormation Template Reference, `AWS::IAM`.
fn takers(property: &str) -> &'static [&'static str] {
    match property {
        "PermissionsBoundary" | "Tags" => &["AWS::IAM::Role", "AWS::IAM::User"],
        "MaxSessionDuration" => &["AWS::IAM::Role"],
        _ => &[
            "AWS::IAM::Role",
            "AWS::IAM::User",
            "AWS::IAM::Group",
            "AWS::IAM::ManagedPolicy",
            "AWS::IAM::InstanceProfile",
        ],
    }
}

/// Gives what a configuration says to those that move.
///
/// # Errors
/// A resource has its own and may not, or a text counts on the path that it has.
pub(crate) fn given(
    template: &Template<'_, '_>,
    iam: &Iam,
    moved: &BTreeSet<&str>,
) -> Result<Given, Vec<Diagnostic>> {
    let mut sheet = Sheet::new(template, []);
    let mut found = Vec::new();
    let mut list: Vec<(String, Vec<String>)> = Vec::new();
    let takes = template.resources.values().filter(|resource| {
        moved.contains(resource.name) && !iam.except.iter().any(|name| name == resource.name)
    });
    for resource in takes {
        let mut added: Vec<(String, Expr)> = Vec::new();
        for (property, value) in wanted(iam) {
            if !takers(property).contains(&resource.kind) {
                continue;
            }
            let own = resource.property(&[property]);
            let value = match (property, own) {
                ("Tags", Some(own)) => match with_tags(own, &value) {
                    Some(tags) => tags,
                    None => continue,
                },
                _ => value,
            };
            if let Some(own) = own {
                if lower(own) == value {
                    continue;
                }
                match iam.own {
                    Own::Keep if property != "Tags" => continue,
                    Own::Refuse if property != "Tags" => {
                        found.push(
                            Diagnostic::new(
                                Code::CFG010,
                                format!("`{}` has a `{property}` of its own", resource.name),
                            )
                            .at(own.outer(), "this one")
                            .help("name it under `except`, or permit `own: keep` or `own: replace`"),
                        );
                        continue;
                    }
                    _ => sheet.replace_value(own, &value, Reason::Given),
                }
            } else {
                added.push((property.to_owned(), value));
            }
            if property == "Path" {
                found.extend(counts_on_path(template, resource));
            }
            match list.iter_mut().find(|(known, _)| known == property) {
                Some((_, names)) => names.push(resource.name.to_owned()),
                None => list.push((property.to_owned(), vec![resource.name.to_owned()])),
            }
        }
        if added.is_empty() {
            continue;
        }
        match resource.declaration.value.get("Properties").map(Node::resolved) {
            Some(properties) if call(properties).is_none() => {
                let stays = vec![true; properties.entries().count()];
                sheet.append_as(properties, &stays, &added, Reason::Given);
            }
            Some(properties) => found.push(
                Diagnostic::new(
                    Code::CFG010,
                    format!("nothing can be given to `{}`, whose properties are computed", resource.name),
                )
                .at(properties.outer(), "these properties")
                .help("write them out, or name it under `except`"),
            ),
            None => {
                let whole = resource.declaration.value;
                let stays = vec![true; whole.entries().count()];
                sheet.append_as(whole, &stays, &[("Properties".to_owned(), Expr::Map(added))], Reason::Given);
            }
        }
    }
    let edits = super::settle::settle(template, sheet.finish());
    match edits {
        Ok(edits) if found.is_empty() => Ok(Given { edits, list }),
        Ok(_) => Err(found),
        Err(more) => Err(found.into_iter().chain(more).collect()),
    }
}

/// What a configuration gives, property by property.
fn wanted(iam: &Iam) -> Vec<(&'static str, Expr)> {
    let mut list = Vec::new();
    if let Some(path) = &iam.path {
        list.push(("Path", from_sub_text(path)));
    }
    if let Some(boundary) = &iam.permissions_boundary {
        list.push(("PermissionsBoundary", from_sub_text(boundary)));
    }
    if let Some(seconds) = iam.max_session_duration {
        list.push(("MaxSessionDuration", Expr::Plain(seconds.to_string())));
    }
    if !iam.tags.is_empty() {
        let tag = |(key, value): (&String, &String)| {
            Expr::map([("Key", Expr::text(key)), ("Value", from_sub_text(value))])
        };
        list.push(("Tags", Expr::List(iam.tags.iter().map(tag).collect())));
    }
    list
}

/// The tags that a resource has, with those that it lacks; `None` where it lacks none or they are computed.
fn with_tags(own: Node<'_, '_>, wanted: &Expr) -> Option<Expr> {
    let (Expr::List(has), Expr::List(wanted)) = (lower(own), wanted) else { return None };
    let key = |tag: &Expr| match tag {
        Expr::Map(entries) => entries.iter().find(|(key, _)| key == "Key").map(|(_, value)| value.clone()),
        _ => None,
    };
    let lacks: Vec<Expr> =
        wanted.iter().filter(|tag| !has.iter().any(|own| key(own) == key(tag))).cloned().collect();
    (!lacks.is_empty()).then(|| Expr::List(has.into_iter().chain(lacks).collect()))
}

/// Texts that name a resource by the ARN that it has: with another path it is another one.
fn counts_on_path(template: &Template<'_, '_>, resource: &Resource<'_, '_>) -> Vec<Diagnostic> {
    let name = ["RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName"]
        .iter()
        .find_map(|key| resource.property(&[key])?.literal());
    let Some(name) = name else { return Vec::new() };
    let nouns = ["role", "user", "group", "policy", "instance-profile"];
    let written: Vec<String> = nouns.iter().map(|noun| format!("{noun}/{name}")).collect();
    let names = |text: &str| {
        written.iter().any(|arn| {
            text.match_indices(arn.as_str()).any(|(at, _)| {
                let rest = text.get(at + arn.len()..).unwrap_or_default();
                !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c))
            })
        })
    };
    let texts = template.document.nodes().filter(|node| node.kind() == Kind::Scalar);
    texts
        .filter(|node| node.as_str().is_some_and(names))
        .map(|node| {
            Diagnostic::new(
                Code::CFG010,
                format!(
                    "this text counts on the path of `{}`, which the configuration changes",
                    resource.name
                ),
            )
            .at(node.outer(), "its ARN as it was")
            .help(format!("write `!GetAtt {}.Arn`, or name it under `except`", resource.name))
        })
        .collect()
}
