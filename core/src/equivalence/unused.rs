//! What is computed away: variables that a `Fn::Sub` does not name, and items that a `Fn::Select` does not take.
//!
//! No value has them, and CloudFormation resolves them all the same: a resource that is not there, or an export that
//! nobody has, is an error; and what they name is waited for. So they are the monolith's own, or say nothing that can fail.

use std::collections::BTreeSet;

use super::Proof;
use super::side::Side;
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::Lowering;
use crate::syntax::{Kind, Node};
use crate::template::{Function, Piece, call, pieces};
use crate::value::Value;

/// A part that is computed away.
struct Unused<'p> {
    /// The entry of the section that it stands in.
    owner: &'p str,
    node: Node<'p, 'p>,
    value: Value,
}

/// Names parts that are computed away in the pair and not in the monolith, and the reverse where they are waits.
pub(super) fn unused([whole, of_iam, of_app]: [&Side<'_>; 3], proof: &mut Proof) {
    let before = all(whole);
    for side in [of_iam, of_app] {
        for Unused { node, value, .. } in all(side) {
            if before.iter().any(|own| own.value == value) || says_nothing(&value, side) {
                continue;
            }
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF001,
                    "a part that no value takes is not the monolith's, and CloudFormation resolves it all the same",
                )
                .label(side.system.source, node.outer(), "computed away")
                .help("take it out, or write it as the monolith has it"),
            );
        }
    }
    // What a resource of the application waits for by such a part alone, it waits for still.
    let after = all(of_app);
    for Unused { owner, node, value } in before {
        let waits = named(&value).into_iter().any(|name| of_app.system.declaration(&name).is_some());
        let stays = of_app.system.resources.contains_key(owner);
        if waits && stays && !after.iter().any(|own| own.value == value) {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF008,
                    "a part that no value takes is not in the pair: what it names is no longer waited for",
                )
                .label(Source::Template, node.outer(), "the monolith waits for it")
                .help("write it as the monolith has it, or add a `DependsOn`"),
            );
        }
    }
}

/// The parts of a template that are computed away.
fn all<'p>(side: &Side<'p>) -> Vec<Unused<'p>> {
    let mut found = Vec::new();
    for section in ["Resources", "Outputs"] {
        for (key, value) in side.system.template.section(section).into_iter().flat_map(Node::entries) {
            look(side, key.as_str().unwrap_or_default(), value, &mut found);
        }
    }
    found
}

fn look<'p>(side: &Side<'p>, owner: &'p str, node: Node<'p, 'p>, found: &mut Vec<Unused<'p>>) {
    let node = node.resolved();
    if let Some(made) = call(node) {
        let items: Vec<Node<'p, 'p>> = made.argument.items().map(Node::resolved).collect();
        let mut add = |node: Node<'p, 'p>| {
            let value = side.form().value(&Lowering::exact().node(node), Cond::ALWAYS);
            found.push(Unused { owner, node, value });
        };
        match (made.function, made.name, items.as_slice()) {
            (Function::Sub, _, [text, variables, ..]) => {
                let text = text.as_str().unwrap_or_default();
                for (key, value) in variables.entries() {
                    let is_key =
                        |piece| matches!(piece, Piece::Variable(name, _) if Some(name) == key.as_str());
                    if !pieces(text).any(is_key) {
                        add(value);
                    }
                }
            }
            (_, "Select", [index, list]) if list.kind() == Kind::Sequence && call(*list).is_none() => {
                if let Some(index) = index.as_str().and_then(|index| index.parse::<usize>().ok()) {
                    list.items().enumerate().filter(|(at, _)| *at != index).for_each(|(_, item)| add(item));
                }
            }
            _ => {}
        }
    }
    node.children().for_each(|child| look(side, owner, child, found));
}

/// Whether a value is made of texts, parameters and pseudo parameters alone: nothing in it can fail.
fn says_nothing(value: &Value, side: &Side<'_>) -> bool {
    match value {
        Value::Text(_) => true,
        Value::Ref(name) => {
            name != "AWS::NoValue"
                && (name.starts_with("AWS::") || side.system.parameters.contains_key(name.as_str()))
        }
        Value::Concat(parts) => parts.iter().all(|part| says_nothing(part, side)),
        other => other.as_text().is_some(),
    }
}

fn named(value: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    value.walk(&mut |part| {
        if let Value::Ref(name) | Value::GetAtt(name, _) = part {
            names.insert(name.clone());
        }
    });
    names
}
