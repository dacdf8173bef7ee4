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
    let mut odd = Vec::new();
    if lower_case {
        odd.push("Ab");
    }
    if longest.is_some() {
        odd.push("a--b");
        odd.extend(lower_case.then_some("a-"));
    }
    let admitted: Vec<String> =
        odd.iter().filter(|name| admits(name)).map(|name| format!("`{name}`")).collect();
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
