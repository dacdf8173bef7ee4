//! What a company gives to all that moves: a permissions boundary, a path, names, tags, how long sessions may last.
//!
//! Each is an edit of the monolith's own text, before anything moves: the pair is split from that text and proven
//! against it. So it is the monolith's but for what is given.

mod mentions;
mod names;
mod own;
mod parameter;
mod tags;

use std::collections::BTreeSet;

use super::sheet::Sheet;
use crate::config::{Boundary, Gifts, Iam, Own};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::edit::{EditSet, Reason};
use crate::expression::{Expr, from_sub_text};
use crate::syntax::Node;
use crate::template::{Template, call};
use mentions::counts_on_path;
use names::Named;
use parameter::Parameters;

/// The edits of a monolith, and what they give: each thing, and to whom.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The edits of the text.
    pub(crate) edits: EditSet,
    /// `PermissionsBoundary`, and the resources that get it.
    pub(crate) list: Vec<(String, Vec<String>)>,
    /// What is to be known of it, and is no error.
    pub(crate) notes: Vec<Diagnostic>,
    /// Parameters and conditions that were added: the application needs none of them.
    pub(crate) of_iam: Vec<String>,
    /// The resources that got names.
    pub(crate) named: Vec<String>,
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
/// A resource has its own and may not, a name is too long or another's, or a text counts on the name or the path that one
/// has.
pub(crate) fn given(
    template: &Template<'_, '_>,
    iam: &Iam,
    moved: &BTreeSet<&str>,
) -> Result<Given, Vec<Diagnostic>> {
    let mut sheet = Sheet::new(template, []);
    let mut found = Vec::new();
    let mut list: Vec<(String, Vec<String>)> = Vec::new();
    let mut parameters = Parameters::new(template);
    let mut named: Vec<Named<'_, '_, '_>> = Vec::new();
    for name in iam.resources.keys().chain(&iam.except).filter(|name| !moved.contains(name.as_str())) {
        found.push(
            Diagnostic::new(Code::CFG003, format!("`iam:` names `{name}`, which does not move"))
                .with_severity(Severity::Warning)
                .help("take it out of `iam:`, or let it move"),
        );
    }
    for resource in template.resources.values().filter(|resource| moved.contains(resource.name)) {
        let gifts = iam.of(resource.name);
        let mut added: Vec<(String, Expr)> = Vec::new();
        let pattern = gifts.name_pattern();
        let key = names::property(resource.kind);
        let name = pattern.as_ref().zip(key).map(|(pattern, key)| (key, names::name(pattern, resource.name)));
        for (property, value) in name.into_iter().chain(wanted(&gifts, &mut parameters, &mut found)) {
            let is_name = Some(property) == key;
            if !is_name && !takers(property).contains(&resource.kind) {
                continue;
            }
            let own = resource.property(&[property]);
            let how = gifts.own.unwrap_or_default();
            let value = match property {
                "Tags" => tags::with_tags(resource, own, &value, how),
                _ => own::beside(resource, property, own, value, how),
            };
            let value = match value {
                Ok(Some(value)) => value,
                Ok(None) => continue,
                Err(wrong) => {
                    found.push(*wrong);
                    continue;
                }
            };
            if property == "PermissionsBoundary" {
                found.extend(own::boundary(template, resource, &value));
            }
            let path = value.clone();
            match own {
                Some(own) => sheet.replace_value(own, &value, Reason::Given),
                None => added.push((property.to_owned(), value)),
            }
            if property == "Path" {
                found.extend(counts_on_path(template, resource, &path));
            }
            if let Some(Boundary::Parameter { parameter, .. }) =
                gifts.permissions_boundary.as_ref().filter(|_| property == "PermissionsBoundary")
            {
                parameters.used(parameter);
            }
            if let Some(pattern) = pattern.as_ref().filter(|_| is_name) {
                let name = names::name(pattern, resource.name);
                named.push(Named { resource, pattern: pattern.clone(), name });
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
    found.extend(names::check(template, &named));
    let tagged: BTreeSet<&String> =
        iam.all.tags.keys().chain(iam.resources.values().flat_map(|one| one.tags.keys())).collect();
    found.extend(tags::asked_for(template, &tagged.into_iter().collect::<Vec<_>>()));
    let of_iam = parameters.add(&mut sheet);
    let named = named.into_iter().map(|one| one.resource.name.to_owned()).collect();
    let edits = super::settle::settle(template, sheet.finish());
    match edits {
        Ok(edits) if !found.iter().any(Diagnostic::is_error) => {
            Ok(Given { edits, list, notes: found, of_iam, named })
        }
        Ok(_) => Err(found),
        Err(more) => Err(found.into_iter().chain(more).collect()),
    }
}

/// What is given, property by property; names are apart.
fn wanted(
    gifts: &Gifts,
    parameters: &mut Parameters<'_, '_, '_>,
    found: &mut Vec<Diagnostic>,
) -> Vec<(&'static str, Expr)> {
    let mut list = Vec::new();
    if let Some(path) = &gifts.path {
        list.push(("Path", from_sub_text(path)));
    }
    match &gifts.permissions_boundary {
        Some(Boundary::Arn(arn)) => list.push(("PermissionsBoundary", from_sub_text(arn))),
        Some(Boundary::Parameter { parameter, default }) => {
            list.push(("PermissionsBoundary", parameters.value(parameter, default.as_deref(), found)));
        }
        None => {}
    }
    if let Some(seconds) = gifts.max_session_duration {
        list.push(("MaxSessionDuration", Expr::Plain(seconds.to_string())));
    }
    if !gifts.tags.is_empty() {
        let tag = |(key, value): (&String, &String)| {
            Expr::map([("Key", Expr::text(key)), ("Value", from_sub_text(value))])
        };
        list.push(("Tags", Expr::List(gifts.tags.iter().map(tag).collect())));
    }
    list
}
