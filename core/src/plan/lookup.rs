//! Code of the application's that asks CloudFormation for something that moved: it is in another stack then.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::Node;
use crate::template::Template;

/// What stands before a logical id where a stack is asked for one of its resources.
/// Source: CloudFormation API Reference, `DescribeStackResource`; AWS CLI, `cloudformation describe-stack-resource`;
/// CloudFormation User Guide, `cfn-get-metadata`.
const ASKS: [&str; 4] =
    ["--logical-resource-id", "LogicalResourceId", "describe-stack-resource", "describe_stack_resource"];
/// So near to it.
const NEAR: usize = 120;

/// Texts of what stays that ask a stack for what moved.
pub(super) fn lookups(template: &Template<'_, '_>, is_moved: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
    let text = template.document.text();
    if !ASKS.iter().any(|ask| text.contains(ask)) {
        return Vec::new();
    }
    let moved: Vec<&str> = template.resources.keys().copied().filter(|name| is_moved(name)).collect();
    let mut found = Vec::new();
    for resource in template.resources.values().filter(|resource| !is_moved(resource.name)) {
        scalars(resource.declaration.value, &mut |node, text| {
            let asked = moved.iter().filter(|name| asks_for(text, name));
            found.extend(asked.map(|name| {
                Diagnostic::new(
                    Code::PRE003,
                    format!("`{}` asks a stack for `{name}`, which moves to the IAM stack", resource.name),
                )
                .at(node.outer(), "the application's stack does not have it any more")
                .help(format!("ask the IAM stack, or put what `!Ref {name}` gives into the text"))
            }));
        });
    }
    found
}

fn scalars<'d, 't>(node: Node<'d, 't>, visit: &mut dyn FnMut(Node<'d, 't>, &str)) {
    let node = node.resolved();
    if let Some(text) = node.as_str() {
        visit(node, text);
    }
    node.children().for_each(|child| scalars(child, visit));
}

/// Whether a text asks for a logical id: as a word, near to what asks.
fn asks_for(text: &str, name: &str) -> bool {
    ASKS.iter().flat_map(|ask| text.match_indices(ask).map(move |(at, _)| at + ask.len())).any(|at| {
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.char_indices().nth(NEAR).map_or(rest.len(), |(end, _)| end);
        let words = rest.get(..end).unwrap_or_default().split(|c: char| !c.is_ascii_alphanumeric());
        words.into_iter().any(|word| word == name)
    })
}
