//! Resources where they are declared: at the top of `Resources`, or in the bodies of loops.

use super::{Template, may_mean};
use crate::syntax::{Kind, Node};

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

/// Whether a loop of a section takes a name: its own name, that of its variable, or one that it may make.
///
/// Source: CloudFormation Template Reference, "Fn::ForEach": a loop's name is unique in the template and no logical id's.
#[must_use]
pub fn is_made<'d>(template: &Template<'d, '_>, section: &str, name: &str) -> bool {
    let entries = template.section(section).into_iter().flat_map(Node::entries);
    entries.into_iter().any(|(key, value)| {
        key.as_str()
            .is_some_and(|key| key.starts_with("Fn::ForEach") && loop_takes(key, value.resolved(), name))
    })
}

fn loop_takes(key: &str, value: Node<'_, '_>, name: &str) -> bool {
    let own = key.rsplit("::").next();
    let parts: Vec<Node<'_, '_>> = value.items().map(Node::resolved).collect();
    let [variable, collection, body, ..] = parts.as_slice() else { return own == Some(name) };
    let Some(variable) = variable.as_str() else { return true };
    if own == Some(name) || variable == name {
        return true;
    }
    let turns: Option<Vec<&str>> = match collection.kind() {
        Kind::Sequence => collection.items().map(Node::literal).collect(),
        _ => None,
    };
    body.entries().any(|(key, value)| {
        let Some(key) = key.as_str() else { return false };
        if key.starts_with("Fn::ForEach") {
            return loop_takes(key, value.resolved(), name);
        }
        // Over a collection that is not written out anything may be made.
        match &turns {
            Some(turns) => turns.iter().any(|turn| may_mean(&in_turn(key, variable, turn), name)),
            None => may_mean(key, name),
        }
    })
}

/// A text of a loop in one of its turns: `${Name}` is the value of the variable, `&{Name}` its letters and digits.
#[must_use]
pub fn in_turn(text: &str, variable: &str, value: &str) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    with_letters(&text.replace(&format!("${{{variable}}}"), value), variable, value)
}

/// A text of a loop with the letters and digits of the value alone put in, for `&{Name}`.
#[must_use]
pub fn with_letters(text: &str, variable: &str, value: &str) -> String {
    let letters: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    text.replace(&format!("&{{{variable}}}"), &letters)
}
