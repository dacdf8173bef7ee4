//! Circles among the resources of one template.

use std::collections::{BTreeMap, BTreeSet};

use super::{Pair, both};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::template::{Owner, Target, Template, references};

/// One finding a circle, with its members in order.
pub(super) fn circles(pair: &Pair<'_>) -> Vec<Diagnostic> {
    both(pair).into_iter().flat_map(|(source, template, _)| of_template(template, source)).collect()
}

pub(super) fn of_template(template: &Template<'_, '_>, source: Source) -> Vec<Diagnostic> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for reference in references(template) {
        if let (Owner::Resource(owner), Target::Name(target)) = (reference.owner, reference.target)
            && let Some((target, _)) = template.resources.get_key_value(target)
        {
            edges.entry(owner).or_default().insert(target);
        }
    }
    // Take away what waits for nothing, and then what waited for that alone: what remains is on a circle or behind one.
    let mut waiting: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (owner, targets) in &edges {
        targets.iter().for_each(|target| waiting.entry(target).or_default().push(owner));
    }
    let mut left: BTreeMap<&str, usize> =
        edges.iter().map(|(owner, targets)| (*owner, targets.len())).collect();
    let mut done: BTreeSet<&str> =
        template.resources.keys().copied().filter(|name| !edges.contains_key(name)).collect();
    let mut open: Vec<&str> = done.iter().copied().collect();
    while let Some(name) = open.pop() {
        for owner in waiting.get(name).into_iter().flatten() {
            if let Some(count) = left.get_mut(owner) {
                *count -= 1;
                if *count == 0 && done.insert(owner) {
                    open.push(owner);
                }
            }
        }
    }
    edges.retain(|name, _| !done.contains(name));
    for targets in edges.values_mut() {
        targets.retain(|name| !done.contains(name));
    }
    edges.retain(|_, targets| !targets.is_empty());
    let mut found = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for start in edges.keys() {
        let mut path: Vec<&str> = vec![start];
        while let Some(next) = path.last().and_then(|last| edges.get(last)?.iter().next()) {
            if let Some(at) = path.iter().position(|name| name == next) {
                let circle = path.split_off(at);
                if circle.iter().all(|name| !seen.contains(name)) {
                    seen.extend(circle.iter().copied());
                    found.push(finding(template, source, &circle));
                }
                break;
            }
            path.push(next);
        }
    }
    found
}

fn finding(template: &Template<'_, '_>, source: Source, circle: &[&str]) -> Diagnostic {
    let names: Vec<String> = circle.iter().chain(circle.first()).map(|name| format!("`{name}`")).collect();
    let mut diagnostic =
        Diagnostic::new(Code::TPL008, format!("resources wait for each other: {}", names.join(" -> ")));
    for name in circle {
        if let Some(resource) = template.resources.get(*name) {
            diagnostic = diagnostic.label(source, resource.declaration.key.outer(), "in the circle");
        }
    }
    diagnostic.help("give one of them an explicit name and write its ARN out")
}
