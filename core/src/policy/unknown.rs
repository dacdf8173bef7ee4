//! Actions that no service has.

use std::collections::BTreeSet;

use super::catalogue::Catalogue;
use super::glob::{Glob, Token, matches};
use crate::diagnostic::{Code, Diagnostic, Source, did_you_mean};
use crate::syntax::{Kind, Node};
use crate::template::Template;

/// Warnings for actions of the IAM resources that no service has, each name once.
#[must_use]
pub fn unknown_actions(
    template: &Template<'_, '_>,
    source: Source,
    catalogue: &Catalogue,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for resource in template.resources.values().filter(|resource| resource.is_iam()) {
        look(resource.declaration.value, source, catalogue, &mut seen, &mut found);
    }
    found
}

fn look(
    node: Node<'_, '_>,
    source: Source,
    catalogue: &Catalogue,
    seen: &mut BTreeSet<String>,
    found: &mut Vec<Diagnostic>,
) {
    let node = node.resolved();
    if node.kind() == Kind::Mapping && node.get("Effect").is_some() {
        for actions in ["Action", "NotAction"].iter().filter_map(|key| node.get(key)) {
            let actions = actions.resolved();
            let one = (actions.kind() == Kind::Scalar).then_some(actions);
            for action in actions.items().chain(one) {
                let Some(text) = action.literal().filter(|text| !seen.contains(*text)) else { continue };
                if let Some((message, help)) = unknown(text, catalogue) {
                    seen.insert(text.to_owned());
                    let finding =
                        Diagnostic::new(Code::POL001, message).label(source, action.outer(), "this action");
                    found.push(match help {
                        Some(help) => finding.help(help),
                        None => finding.help("check its spelling; a service that is very new may have it"),
                    });
                }
            }
        }
        return;
    }
    node.children().for_each(|child| look(child, source, catalogue, seen, found));
}

/// What is wrong with an action, and what may be meant.
pub(super) fn unknown(action: &str, catalogue: &Catalogue) -> Option<(String, Option<String>)> {
    if action == "*" {
        return None;
    }
    let Some((prefix, name)) = action.split_once(':') else {
        return Some((format!("`{action}` is no action: it names no service"), None));
    };
    if prefix.contains(['*', '?']) {
        return None;
    }
    let Some(names) = catalogue.service(&prefix.to_lowercase()) else {
        let help = did_you_mean(prefix, catalogue.services());
        return Some((format!("no service has the prefix `{prefix}`: `{action}` allows nothing"), help));
    };
    if !name.contains(['*', '?']) && names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return None;
    }
    let glob: Glob = name
        .to_lowercase()
        .chars()
        .map(|c| match c {
            '*' => Token::Any,
            '?' => Token::One,
            c => Token::Char(c),
        })
        .collect();
    if names.iter().any(|known| matches(&glob, &known.to_lowercase()) == Some(true)) {
        return None;
    }
    let help = did_you_mean(name, names.iter().map(String::as_str));
    Some((format!("`{prefix}` has no action `{name}`"), help))
}
