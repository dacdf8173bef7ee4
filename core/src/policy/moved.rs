//! Permissions that a pair has and its monolith had not: what an edit by hand changed, statement by statement.
//!
//! A split rewrites resources and never actions, effects or conditions' keys, so the actions tell.

use std::collections::BTreeMap;

use super::change::{Placed, rows};
use super::side::Side;
use super::words;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::syntax::{Kind, Node};
use crate::template::Template;
use crate::text::Span;

/// Statements of the IAM template whose effect or actions no statement of the monolith has, at the line of the
/// action; and denials that are gone.
#[must_use]
pub fn moved(monolith: &Template<'_, '_>, iam: &Template<'_, '_>, app: &Template<'_, '_>) -> Vec<Diagnostic> {
    let (before, after, beside) = (Side::of(monolith), Side::of(iam), Side::of(app));
    // Statements that a policy of the application template took over.
    let mut attached: BTreeMap<(String, Vec<String>), usize> = BTreeMap::new();
    for (name, item) in beside.resources.iter().filter(|(name, _)| !before.resources.contains_key(*name)) {
        let _ = name;
        for one in rows(item, &beside).0 {
            *attached.entry(key(&one)).or_default() += 1;
        }
    }
    let mut found = Vec::new();
    for (name, item) in &after.resources {
        let Some(original) = before.resources.get(name).filter(|original| original.whole != item.whole)
        else {
            continue;
        };
        let ((was, was_trust), (is, is_trust)) = (rows(original, &before), rows(item, &after));
        for (was, is, trust) in [(was, is, false), (was_trust, is_trust, true)] {
            let (come, gone) = apart(was, is);
            let mut gone = gone.into_iter();
            for one in come {
                found.push(told(name, &one, gone.next().as_ref(), trust, iam));
            }
            for one in gone {
                let count = attached.get_mut(&key(&one)).filter(|count| **count > 0);
                match count {
                    Some(count) => *count -= 1,
                    None if one.row.effect == "Deny" => {
                        let message = format!("`{name}` is no longer denied {}", actions(&one));
                        let place = one.span.or_else(|| declared(monolith, name));
                        let place = place.map(|place| (Source::Template, place, "the monolith denies it"));
                        found.push(finding(message, place));
                    }
                    None => {}
                }
            }
        }
    }
    found
}

fn key(one: &Placed) -> (String, Vec<String>) {
    let lower = one.row.actions.iter().map(|action| action.to_lowercase()).collect();
    (format!("{} {}", one.row.effect, one.row.elements.0), lower)
}

/// Statements that only the one side has, and that only the other has.
fn apart(was: Vec<Placed>, is: Vec<Placed>) -> (Vec<Placed>, Vec<Placed>) {
    let mut left: Vec<Option<Placed>> = was.into_iter().map(Some).collect();
    let mut come = Vec::new();
    for one in is {
        let same = left.iter_mut().find(|other| other.as_ref().is_some_and(|other| key(other) == key(&one)));
        match same {
            Some(slot) => *slot = None,
            None => come.push(one),
        }
    }
    (come, left.into_iter().flatten().collect())
}

fn actions(one: &Placed) -> String {
    named(one, &one.row.actions)
}

fn named(one: &Placed, actions: &[String]) -> String {
    let list: Vec<String> = actions.iter().map(|action| format!("`{action}`")).collect();
    let all = words::list(&list);
    if one.row.elements.0.starts_with("Not") { format!("all but {all}") } else { all }
}

fn told(name: &str, one: &Placed, was: Option<&Placed>, trust: bool, iam: &Template<'_, '_>) -> Diagnostic {
    let targets = words::list(&one.row.targets);
    let known: Vec<String> = was.map(|was| key(was).1).unwrap_or_default();
    // Of a list only what is new is named.
    let more: Vec<String> =
        one.row.actions.iter().filter(|action| !known.contains(&action.to_lowercase())).cloned().collect();
    let same = was.is_some_and(|was| was.row.effect == one.row.effect && one.row.elements.0 == "Action");
    let now = if same && !more.is_empty() { named(one, &more) } else { actions(one) };
    let message = match (one.row.effect.as_str(), trust) {
        ("Allow", false) => format!("`{name}` may now {now} on {targets}"),
        ("Allow", true) => format!("{targets} may now {now} to be `{name}`"),
        ("Deny", _) => format!("`{name}` is now denied {now} on {targets}"),
        (effect, _) => format!("`{name}` has now {effect} {now} on {targets}"),
    };
    let before = match was {
        Some(was) if was.row.effect == one.row.effect => actions(was),
        Some(was) => format!("{} {}", was.row.effect, actions(was)),
        None => "nothing of it".to_owned(),
    };
    let place = one.span.map(|span| action_place(iam, span, &known).unwrap_or(span));
    let place =
        place.or_else(|| declared(iam, name)).map(|place| (Source::Iam, place, "not as in the monolith"));
    finding(format!("{message}; before {before}"), place)
}

fn finding(message: String, place: Option<(Source, Span, &str)>) -> Diagnostic {
    let finding =
        Diagnostic::new(Code::PRF001, message).help("split the monolith again; do not edit the pair by hand");
    match place {
        Some((source, place, text)) => finding.label(source, place, text),
        None => finding,
    }
}

fn declared(template: &Template<'_, '_>, name: &str) -> Option<Span> {
    template.resources.get(name).map(|resource| resource.declaration.key.outer())
}

/// The first action of a statement that is not among the known ones.
fn action_place(template: &Template<'_, '_>, statement: Span, known: &[String]) -> Option<Span> {
    let statement: Node<'_, '_> =
        template.document.nodes().find(|node| node.kind() == Kind::Mapping && node.outer() == statement)?;
    let (key, actions) = statement.entry("Action").or_else(|| statement.entry("NotAction"))?;
    let actions = actions.resolved();
    let is_new =
        |node: &Node<'_, '_>| node.literal().is_some_and(|text| !known.contains(&text.to_lowercase()));
    let new = actions.items().find(is_new).or_else(|| Some(actions).filter(is_new));
    Some(new.map_or(key.outer(), Node::outer))
}
