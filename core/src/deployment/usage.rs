//! What stands in the way of a deletion: policies that someone attached to a role beside its template.

use std::collections::BTreeSet;

use crate::syntax::{Kind, Node, parse};
use crate::template;

/// The managed policies that a role's template attaches, as far as the text tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attaches {
    /// ARNs, with `*` where a value is not known.
    pub patterns: Vec<String>,
    /// Items of which nothing is known: so many further policies are the template's.
    pub unknown: usize,
    /// Whether the list itself is computed: then nothing can be said.
    pub computed: bool,
}

/// What a template attaches to one of its roles.
#[must_use]
pub fn attaches(text: &str, role: &str) -> Attaches {
    let parsed = parse(text);
    let mut result = Attaches::default();
    let (Some(template), _) = template::read(&parsed.document) else {
        result.computed = true;
        return result;
    };
    let Some(list) = template.resources.get(role).and_then(|role| role.property(&["ManagedPolicyArns"]))
    else {
        return result;
    };
    if list.kind() != Kind::Sequence || !list.tag().is_empty() {
        result.computed = true;
        return result;
    }
    for item in list.items().map(Node::resolved) {
        match pattern(item) {
            Some(pattern) => result.patterns.push(pattern),
            None => result.unknown += 1,
        }
    }
    result
}

/// A literal, or a `Sub` with `*` for its variables.
fn pattern(item: Node<'_, '_>) -> Option<String> {
    if let Some(text) = item.literal() {
        return Some(text.to_owned());
    }
    let sub = if item.tag() == "!Sub" { Some(item) } else { item.get("Fn::Sub") };
    let text = sub.map(Node::resolved)?.as_str()?;
    let (mut pattern, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        pattern.push_str(before);
        pattern.push('*');
        rest = after.split_once('}')?.1;
    }
    pattern.push_str(rest);
    Some(pattern)
}

/// Attached policies that neither the stacks nor the role's template explain.
#[must_use]
pub fn strangers(attached: &[String], own: &BTreeSet<String>, template: &Attaches) -> Vec<String> {
    if template.computed {
        return Vec::new();
    }
    let explained =
        |arn: &String| own.contains(arn) || template.patterns.iter().any(|pattern| matches(pattern, arn));
    let left: Vec<String> = attached.iter().filter(|arn| !explained(arn)).cloned().collect();
    if left.len() > template.unknown { left } else { Vec::new() }
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_the_template_does_not_name_is_a_stranger() {
        let text = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/A', !Ref P]\n";
        let template = attaches(text, "R");
        let own = BTreeSet::from(["arn:aws:iam::1:policy/own".to_owned()]);
        let of = |arns: &[&str]| {
            strangers(&arns.iter().map(|arn| (*arn).to_owned()).collect::<Vec<_>>(), &own, &template)
        };
        assert_eq!(of(&["arn:aws:iam::aws:policy/A", "arn:aws:iam::1:policy/own", "arn:x"]), [""; 0]);
        assert_eq!(of(&["arn:aws:iam::aws:policy/A", "arn:x", "arn:y"]), ["arn:x", "arn:y"]);
    }
}
