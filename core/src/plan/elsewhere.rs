//! IAM that is made elsewhere: a moved resource waits for a nested stack, a custom resource or the like, and needs what
//! the template does not declare.

use std::collections::HashSet;

use super::Index;
use super::existence::{Conflict, principals};
use super::identity::{CLOSE, OPEN, named, references, texts};
use crate::facts::{NamedBy, PRINCIPALS, TRUST, makes_elsewhere, must_exist, values_at};
use crate::syntax::Node;
use crate::template::{Owner, Resource, Target, Template};
use crate::text::Span;

/// The conflict of a moved resource with what it waits for, which may make what it needs.
pub(super) fn conflict<'d, 't>(
    template: &Template<'d, 't>,
    index: &Index<'d, 't>,
    resource: &Resource<'d, 't>,
) -> Option<Conflict<'d>> {
    if !template.resources.values().any(|resource| makes_elsewhere(resource.kind)) {
        return None;
    }
    let (place, property) = foreign(template, resource)?;
    let target = maker(template, index, resource.name)?;
    Some(Conflict {
        target,
        place,
        reason: format!(
            "{property} takes only what exists: this is declared nowhere here, and `{target}`, which came first, may make it"
        ),
    })
}

/// The first resource that makes others elsewhere among those that a resource waits for, in whatever way.
fn maker<'d>(template: &Template<'d, '_>, index: &Index<'d, '_>, name: &'d str) -> Option<&'d str> {
    let (mut open, mut seen) = (vec![name], HashSet::from([name]));
    while let Some(next) = open.pop() {
        for reference in index.of(Owner::Resource(next)) {
            let Target::Name(target) = reference.target else { continue };
            let Some(resource) = template.resources.get(target).filter(|_| seen.insert(target)) else {
                continue;
            };
            if makes_elsewhere(resource.kind) {
                return Some(resource.name);
            }
            open.push(resource.name);
        }
    }
    None
}

/// A place of a resource that names IAM of the stack's own account which the template does not declare.
fn foreign(template: &Template<'_, '_>, resource: &Resource<'_, '_>) -> Option<(Span, String)> {
    let account = format!(":{OPEN}AWS::AccountId{CLOSE}:");
    // What a parameter holds, whoever deploys says.
    let is_foreign = |text: &str, noun: &str| {
        text.chars().next().is_some_and(|first| first != OPEN)
            && named(template, text, noun).is_empty()
            && !references(text).iter().any(|name| template.resources.contains_key(*name))
    };
    let properties = resource.declaration.value.get("Properties").map(Node::resolved);
    for (key, value) in properties.into_iter().flat_map(Node::entries) {
        let Some(property) = key.as_str() else { continue };
        if let Some(row) = must_exist(resource.kind, property) {
            for node in values_at(value, &["*"]) {
                let is_meant = |text: &String| match row.by {
                    // A managed policy of AWS has no account in its ARN.
                    NamedBy::Arn => {
                        text.starts_with("arn:") && !text.contains(":iam::aws:") && is_foreign(text, row.noun)
                    }
                    NamedBy::Name => is_foreign(text, row.noun),
                };
                if texts(template, node).iter().any(is_meant) {
                    return Some((node.span(), format!("`{property}`")));
                }
            }
        }
        if property == TRUST {
            let mut places = Vec::new();
            principals(template, value.resolved(), &mut places);
            let found = places.into_iter().find(|(_, text, _)| {
                text.contains(&account)
                    && PRINCIPALS
                        .iter()
                        .any(|noun| text.contains(&format!(":{noun}/")) && is_foreign(text, noun))
            });
            if let Some((node, ..)) = found {
                return Some((node.span(), "an `AWS` principal".to_owned()));
            }
        }
    }
    None
}
