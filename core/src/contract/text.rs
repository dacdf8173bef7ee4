//! Texts that CloudFormation does not take, and conditions in circles.

use std::collections::BTreeMap;

use super::{Pair, both};
use crate::closure::Closure;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::facts::limit;
use crate::syntax::{Kind, Node};
use crate::template::{Template, call};

/// Descriptions that are too long, values that are null, and circles among conditions.
pub(super) fn texts(pair: &Pair<'_>) -> Vec<Diagnostic> {
    both(pair).into_iter().flat_map(|(source, template, _)| of_template(template, source)).collect()
}

pub(super) fn of_template(template: &Template<'_, '_>, source: Source) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut long = |node: Node<'_, '_>, what: &str, length: usize, most: usize, of: &str| {
        if length > most {
            found.push(
                Diagnostic::new(
                    Code::TPL011,
                    format!("{what} has {length} {of}: CloudFormation admits {most}"),
                )
                .label(source, node.span(), "this description")
                .help("shorten it"),
            );
        }
    };
    // Source: CloudFormation User Guide, "Description section": 0 to 1,024 bytes.
    if let Some(node) = template.root.get("Description").map(Node::resolved)
        && let Some(text) = node.as_str()
    {
        long(node, "the description of the template", text.len(), limit::DESCRIPTION, "bytes");
    }
    for (name, parameter) in &template.parameters {
        if let Some(node) = parameter.value.get("Description").map(Node::resolved)
            && let Some(text) = node.as_str()
        {
            let what = format!("the description of the parameter `{name}`");
            long(node, &what, text.chars().count(), limit::PARAMETER_DESCRIPTION, "characters");
        }
    }
    // Source: CloudFormation's answer "[/Outputs/X/Description] 'null' values are not allowed in templates".
    if let Some(null) = first_null(template.root) {
        found.push(
            Diagnostic::new(Code::TPL011, "a null is no value in a template")
                .label(source, null.key().map_or(null.outer(), Node::outer), "this has none")
                .help("write the value, or leave it out"),
        );
    }
    found.extend(circle(template, source));
    found
}

fn first_null<'d, 't>(node: Node<'d, 't>) -> Option<Node<'d, 't>> {
    let node = node.resolved();
    match node.kind() {
        // AWS's own samples have it there: "aws-cloudformation-templates", `AutoScalingRollingUpdates.json`.
        Kind::Mapping => node
            .entries()
            .filter(|(key, _)| key.as_str() != Some("Fn::GetAZs"))
            .find_map(|(_, value)| first_null(value)),
        Kind::Sequence => node.items().find_map(first_null),
        _ => (node.is_null() && call(node).is_none() && node.tag().is_empty()).then_some(node),
    }
}

/// Conditions that lead back to themselves.
fn circle(template: &Template<'_, '_>, source: Source) -> Option<Diagnostic> {
    let numbers: BTreeMap<&str, usize> =
        template.conditions.keys().enumerate().map(|(at, name)| (&**name, at)).collect();
    let number = |name: &str| numbers.get(name).copied();
    let edges: Vec<Vec<usize>> = template
        .conditions
        .values()
        .map(|one| named(one.value).into_iter().filter_map(number).collect())
        .collect();
    let closure = Closure::of(&edges);
    let (start, condition) = template
        .conditions
        .iter()
        .enumerate()
        .find(|(at, _)| closure.leads(*at, *at))
        .map(|(_, found)| found)?;
    Some(
        Diagnostic::new(Code::TPL012, format!("the condition `{start}` leads back to itself"))
            .label(source, condition.key.outer(), "this condition")
            .help("write one of the conditions on the circle out"),
    )
}

/// The conditions that one is computed from.
fn named<'d>(node: Node<'d, '_>) -> Vec<&'d str> {
    let node = node.resolved();
    if let Some(call) = call(node)
        && call.name == "Condition"
    {
        return call.argument.as_str().into_iter().collect();
    }
    node.children().flat_map(named).collect()
}
