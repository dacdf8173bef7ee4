//! What the application stack may be called.

use super::{Proof, Wiring};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::facts::whole_pattern;
use crate::syntax::Node;
use crate::template::Template;

/// The bounds of the application stack's name: with a longer or another one the patterns would miss.
pub(super) fn bounds(iam: &Template<'_, '_>, wiring: &Wiring, proof: &mut Proof) {
    let longest = proof.needs.iter().filter(|need| need.bounded).filter_map(|need| need.longest).min();
    let lower_case = proof.needs.iter().any(|need| need.bounded && need.lower_case);
    let Some(parameter) = wiring.stack_parameter.as_ref().and_then(|name| iam.parameters.get(name.as_str()))
    else {
        return;
    };
    let text = |key: &str| parameter.value.get(key).and_then(Node::as_str);
    let mut wrong = Vec::new();
    if let Some(longest) = longest
        && text("MaxLength").and_then(|most| most.parse().ok()).is_none_or(|most: usize| most > longest)
    {
        wrong.push(format!("`MaxLength` must be {longest} at most"));
    }
    let pattern = text("AllowedPattern").map(whole_pattern);
    if longest.is_some() && matches!(pattern, Some(None)) {
        wrong.push("`AllowedPattern` is not understood: CloudFormation reads Java's dialect".to_owned());
    }
    let admits = |name: &str| match &pattern {
        None => true,
        Some(regex) => regex.as_ref().is_some_and(|regex| regex.is_match(name)),
    };
    let odd = |name: &String| {
        (lower_case && (name.contains(|letter: char| letter.is_ascii_uppercase()) || name.ends_with('-')))
            || (longest.is_some() && name.contains("--"))
    };
    let mut admitted: Vec<String> = names().filter(odd).filter(|name| admits(name)).collect();
    admitted.sort_by_key(String::len);
    admitted.truncate(2);
    let admitted: Vec<String> = admitted.iter().map(|name| format!("`{name}`")).collect();
    if !admitted.is_empty() {
        wrong.push(format!("`AllowedPattern` must not admit {}", admitted.join(", ")));
    }
    if !wrong.is_empty() {
        proof.faults.push(
            Diagnostic::new(
                Code::PRF001,
                "with some names of the application stack the patterns would miss what they stand for",
            )
            .label(Source::Iam, parameter.key.outer(), wrong.join("; "))
            .help("split the monolith again, which writes the bounds that the patterns need"),
        );
    }
}

/// Names of stacks of each shape: letters of both cases, digits and dashes in every order, short and within longer ones.
///
/// Source: CloudFormation API Reference, `CreateStack`, `StackName`: a letter, then letters, digits and dashes.
fn names() -> impl Iterator<Item = String> {
    let mut all: Vec<String> = vec!["a".to_owned(), "B".to_owned()];
    let mut at = 0;
    while let Some(name) = all.get(at).filter(|name| name.len() < 5).cloned() {
        all.extend(['a', 'B', '0', '-'].map(|letter| format!("{name}{letter}")));
        at += 1;
    }
    all.into_iter().flat_map(|name| [format!("prod{name}"), format!("{name}stack-12"), name])
}
