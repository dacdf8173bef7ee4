//! Resources where they are declared: at the top of `Resources`, or in the bodies of loops.

use super::{Template, may_mean};
use crate::syntax::Node;

/// A declaration of a resource, or of as many as a loop makes of it.
#[derive(Clone, Copy, Debug)]
pub struct Site<'d, 't> {
    /// The logical id; in a loop with the loop's variables in it: `Fn${Name}`.
    pub name: &'d str,
    /// The entry of `Resources` that it stands in: itself, or a loop.
    pub entry: &'d str,
    /// What it declares.
    pub value: Node<'d, 't>,
    /// Its type, empty if there is none.
    pub kind: &'d str,
    /// The condition on which it is created.
    pub condition: Option<&'d str>,
    /// Whether a loop makes it.
    pub looped: bool,
}

/// All declarations of resources, in the order of the text; what stands in loops included.
#[must_use]
pub fn sites<'d, 't>(template: &Template<'d, 't>) -> Vec<Site<'d, 't>> {
    let mut found = Vec::with_capacity(template.resources.len());
    for (key, value) in template.section("Resources").into_iter().flat_map(Node::entries) {
        if let Some(name) = key.as_str() {
            collect(name, name, value.resolved(), false, &mut found);
        }
    }
    found
}

/// The entry of `Conditions` that makes a condition: a loop, where none declares it.
#[must_use]
pub fn condition_entry<'d>(template: &Template<'d, '_>, name: &str) -> Option<&'d str> {
    if let Some((key, _)) = template.conditions.get_key_value(name) {
        return Some(key);
    }
    fn makes(body: Node<'_, '_>, name: &str) -> bool {
        body.items().nth(2).into_iter().flat_map(|body| body.resolved().entries()).any(|(key, value)| {
            key.as_str().is_some_and(|key| {
                if key.starts_with("Fn::ForEach") {
                    makes(value.resolved(), name)
                } else {
                    may_mean(key, name)
                }
            })
        })
    }
    let mut loops = template.conditions.iter().filter(|(key, _)| key.starts_with("Fn::ForEach"));
    loops.find(|(_, body)| makes(body.value, name)).map(|(key, _)| *key)
}

fn collect<'d, 't>(
    name: &'d str,
    entry: &'d str,
    value: Node<'d, 't>,
    looped: bool,
    found: &mut Vec<Site<'d, 't>>,
) {
    if name.starts_with("Fn::ForEach") {
        // `[variable, collection, {name: body}]`
        for (key, value) in value.items().nth(2).into_iter().flat_map(|body| body.resolved().entries()) {
            if let Some(name) = key.as_str() {
                collect(name, entry, value.resolved(), true, found);
            }
        }
        return;
    }
    found.push(Site {
        name,
        entry,
        value,
        kind: value.get("Type").and_then(Node::literal).unwrap_or_default(),
        condition: value.get("Condition").and_then(Node::literal),
        looped,
    });
}
