//! Names that a configuration gives: short enough, each its own, and nothing counts on those that CloudFormation made.

use std::collections::BTreeSet;

use super::mentions::{instead, says};
use crate::config::{NamePiece, name_pieces};
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Expr, lower};
use crate::facts::{limit, longest_name, name_property};
use crate::plan::{least_length, prefixes, room, same_name};
use crate::syntax::Node;
use crate::template::{Resource, Template};

/// The property that says a resource's name; none where its type is not named so.
pub(super) fn property(kind: &str) -> Option<&'static str> {
    name_property(kind).filter(|_| kind.starts_with("AWS::IAM::"))
}

/// The name that a pattern gives a resource.
pub(super) fn name(pattern: &str, logical_id: &str) -> Expr {
    Expr::concat(name_pieces(pattern).into_iter().map(|piece| match piece {
        NamePiece::Text(text) => Expr::text(text),
        NamePiece::Parameter(name) => Expr::reference(name),
        NamePiece::Placeholder("stack") => Expr::reference("AWS::StackName"),
        NamePiece::Placeholder("region") => Expr::reference("AWS::Region"),
        NamePiece::Placeholder("account") => Expr::reference("AWS::AccountId"),
        NamePiece::Placeholder(_) => Expr::text(logical_id),
    }))
}

/// A resource that gets a name.
pub(super) struct Named<'p, 'd, 't> {
    pub(super) resource: &'p Resource<'d, 't>,
    pub(super) pattern: String,
    pub(super) name: Expr,
}

/// Characters that a name leaves for the application stack's at least: with fewer no stack is called as people call stacks.
const LEAST_ROOM: usize = 8;

/// What is wrong with the names that are given, and what is to be known of them.
pub(super) fn check(template: &Template<'_, '_>, named: &[Named<'_, '_, '_>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, one) in named.iter().enumerate() {
        let Named { resource, pattern, name } = one;
        let place = resource.declaration.key.outer();
        let longest = if pattern.contains("{region}") { ", in the region with the longest name" } else { "" };
        let shown = format!("`{pattern}`{longest}");
        let fixed = least_length(name, 1, limit::LONGEST_REGION);
        let most = longest_name(resource.kind).unwrap_or(128);
        if fixed > most {
            found.push(
                Diagnostic::new(
                    Code::CFG010,
                    format!(
                        "the name of `{}` would have {fixed} characters at least: IAM takes {most}",
                        resource.name
                    ),
                )
                .at(place, shown.clone())
                .help(format!("give it a shorter one under `iam: resources: {}: name`", resource.name)),
            );
        }
        if let Some(room) =
            room(name, most, limit::LONGEST_REGION).filter(|room| fixed <= most && *room < LEAST_ROOM)
        {
            found.push(
                Diagnostic::new(
                    Code::CFG010,
                    format!(
                        "the name of `{}` would leave {room} of {most} characters for the name of the application stack",
                        resource.name
                    ),
                )
                .at(place, shown.clone())
                .help(format!("give it a shorter one under `iam: resources: {}: name`", resource.name)),
            );
        }
        let others = template.resources.values().filter(|other| other.kind == resource.kind);
        let has_it = others.filter(|other| other.name != resource.name).find(|other| {
            let given = named.iter().position(|named| named.resource.name == other.name);
            match given {
                Some(other_at) => {
                    other_at < at && named.get(other_at).is_some_and(|other| same_name(&other.name, name))
                }
                None => property(other.kind)
                    .and_then(|key| other.property(&[key]))
                    .is_some_and(|own| same_name(&lower(own), name)),
            }
        });
        if let Some(other) = has_it {
            found.push(
                Diagnostic::new(
                    Code::CFG010,
                    format!("`{}` would have the name of `{}`", resource.name, other.name),
                )
                .at(place, format!("`{pattern}`"))
                .help("put `{logical_id}` into the name"),
            );
        }
        found.extend(replaced(template, resource));
    }
    let generated: BTreeSet<&str> = named
        .iter()
        .filter(|one| property(one.resource.kind).is_some_and(|key| one.resource.property(&[key]).is_none()))
        .map(|one| one.resource.name)
        .collect();
    for counted in prefixes(template, &|name| generated.contains(name)) {
        if !matches!(counted.code, Code::PRE001 | Code::PRE002) {
            continue;
        }
        let mut own = Diagnostic::new(
            Code::CFG010,
            "this text counts on names that CloudFormation makes, and the configuration gives others",
        )
        .help("write `!GetAtt ROLE.Arn`, of a policy `!Ref POLICY`, or name the resource under `except`");
        own.labels = counted.labels;
        found.push(own);
    }
    found.extend(shared(named));
    found
}

/// Texts that say the name that a resource had.
fn replaced(template: &Template<'_, '_>, resource: &Resource<'_, '_>) -> Vec<Diagnostic> {
    let Some(own) = property(resource.kind).and_then(|key| resource.property(&[key])) else {
        return Vec::new();
    };
    let Some(name) = own.literal() else {
        return vec![
            Diagnostic::new(
                Code::CFG010,
                format!("the name of `{}` is computed: texts that say it cannot be found", resource.name),
            )
            .at(own.outer(), "its own name")
            .help("name it under `except`, or give names with `own: keep`"),
        ];
    };
    let texts = says(template, name).into_iter().filter(|node| !node.outer().contains(own.outer()));
    texts
        .map(|node: Node<'_, '_>| {
            Diagnostic::new(
                Code::CFG010,
                format!("this text says the name of `{}`, which the configuration changes", resource.name),
            )
            .at(node.outer(), "its name as it was")
            .help(instead(resource, node.as_str().is_some_and(|text| text.contains(':'))))
        })
        .collect()
}

/// Names are unique in an account: in all its regions, and for all its stacks.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas", names; IAM is global to an account.
fn shared(named: &[Named<'_, '_, '_>]) -> Option<Diagnostic> {
    let lacks = |what: &str| {
        named.iter().any(|one| {
            let pieces = name_pieces(&one.pattern);
            // A parameter may say it.
            !pieces.iter().any(|piece| matches!(piece, NamePiece::Parameter(_)))
                && !pieces.contains(&NamePiece::Placeholder(what))
        })
    };
    let (message, help) = match (lacks("stack"), lacks("region")) {
        (true, _) => (
            "a second stack of the template in one account would ask for the same names, which IAM refuses",
            "put `{stack}` into the name, unless there is to be one stack only",
        ),
        (_, true) => (
            "a stack of the same name in another region would ask for the same names, which IAM refuses",
            "put `{region}` into the name, unless there is to be one region only",
        ),
        _ => return None,
    };
    Some(Diagnostic::new(Code::CFG011, message).help(help))
}
