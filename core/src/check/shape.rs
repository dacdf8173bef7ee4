//! Declarations that are not of the shape that CloudFormation's documentation gives them.

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::expression::{Expr, lower};
use crate::syntax::{Kind, Node};
use crate::template::{OUTPUT_KEYS, Resource, Template, call, sites};

/// The version of the format. Source: CloudFormation User Guide, "Template format version": the only valid value.
const VERSION: &str = "2010-09-09";

/// Functions that no condition may ask. Source: CloudFormation Template Reference, "Condition functions", "Supported
/// functions".
const NOT_IN_CONDITIONS: [&str; 6] = ["Base64", "Cidr", "GetAZs", "GetStackOutput", "If", "ImportValue"];

/// What is wrong with the shape of sections, loops, resources and outputs.
pub(super) fn check(template: &Template<'_, '_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some(version) = template.section("AWSTemplateFormatVersion")
        && version.literal() != Some(VERSION)
    {
        found.push(
            wrong("the version of the template's format is no other than `2010-09-09`".to_owned(), version)
                .help("write `AWSTemplateFormatVersion: '2010-09-09'`, or leave it out"),
        );
    }
    loops(template.root, &mut found);
    for (name, condition) in &template.conditions {
        in_condition(name, condition.value, &mut found);
    }
    for site in sites(template) {
        waits(site.name, site.value, &mut found);
        conditional(site.name, site.value, &mut found);
    }
    for resource in template.resources.values() {
        if resource.is_iam() {
            of_iam(resource, &mut found);
        }
    }
    for (name, output) in template.outputs.iter().filter(|(name, _)| !name.starts_with("Fn::")) {
        conditional(name, output.value, &mut found);
        for (key, _) in output.value.entries() {
            let Some(written) =
                key.as_str().filter(|key| !OUTPUT_KEYS.contains(key) && !key.starts_with("Fn::"))
            else {
                continue;
            };
            found.push(
                wrong(format!("an output has no `{written}`, which stands in `{name}`"), key).help(
                    did_you_mean(written, OUTPUT_KEYS)
                        .unwrap_or_else(|| "correct the indentation, or remove it".to_owned()),
                ),
            );
        }
    }
    found
}

fn wrong(message: String, node: Node<'_, '_>) -> Diagnostic {
    Diagnostic::new(Code::TPL007, message).at(node.outer(), "here")
}

/// Loops have a variable, what it takes, and what is made.
///
/// Source: CloudFormation Template Reference, "Fn::ForEach".
fn loops(root: Node<'_, '_>, found: &mut Vec<Diagnostic>) {
    for node in root.document().nodes().filter(|node| node.kind() == Kind::Mapping) {
        for (key, value) in node.entries() {
            let value = value.resolved();
            let is_loop = key.as_str().is_some_and(|key| key.starts_with("Fn::ForEach"));
            if !is_loop || (value.kind() == Kind::Sequence && value.items().count() == 3) {
                continue;
            }
            found.push(
                Diagnostic::new(
                    Code::TPL006,
                    "`Fn::ForEach` takes a list of a variable, a list of its values and what is made of each",
                )
                .at(key.outer(), "this loop")
                .help("write the argument in this form"),
            );
        }
    }
}

/// A `DependsOn` is a logical id, or a list of them.
///
/// Source: CloudFormation Template Reference, "DependsOn attribute".
fn waits(name: &str, declaration: Node<'_, '_>, found: &mut Vec<Diagnostic>) {
    let Some(value) = declaration.get("DependsOn").map(Node::resolved) else { return };
    let is_name = |node: Node<'_, '_>| node.resolved().literal().is_some();
    let is_list = value.kind() == Kind::Sequence && call(value).is_none();
    let names_some = is_name(value) || (is_list && value.items().all(is_name));
    if !names_some {
        found.push(
            wrong(format!("the `DependsOn` of `{name}` is no logical id, and no list of them"), value)
                .help("write the logical ids of resources, as texts"),
        );
    }
}

/// A `Condition` of a resource or an output is the name of one.
///
/// Source: CloudFormation Template Reference, "Condition attribute".
fn conditional(name: &str, declaration: Node<'_, '_>, found: &mut Vec<Diagnostic>) {
    let value = declaration.get("Condition").map(Node::resolved);
    if let Some(value) = value.filter(|value| value.literal().is_none()) {
        found.push(
            wrong(format!("the `Condition` of `{name}` is no name of a condition"), value)
                .help("write the name of a condition, as a text"),
        );
    }
}

fn in_condition(name: &str, node: Node<'_, '_>, found: &mut Vec<Diagnostic>) {
    let node = node.resolved();
    let asked = call(node).filter(|call| NOT_IN_CONDITIONS.contains(&call.name));
    if let Some(call) = asked {
        found.push(
            Diagnostic::new(
                Code::TPL006,
                format!("the condition `{name}` asks `Fn::{}`, which no condition may", call.name),
            )
            .at(call.name_span(), "this call")
            .help("compute it of parameters, mappings and other conditions"),
        );
    }
    node.children().for_each(|child| in_condition(name, child, found));
}

/// Properties of IAM types whose shape decides who may do what, and where a path leads.
///
/// Source: CloudFormation Template Reference, `AWS::IAM::Role` and its like; IAM API Reference, `CreateRole`, `Path`:
/// a slash, or a text that begins and ends with one.
fn of_iam(resource: &Resource<'_, '_>, found: &mut Vec<Diagnostic>) {
    let property =
        |name: &str| resource.property(&[name]).map(Node::resolved).filter(|node| call(*node).is_none());
    if let Some(trust) = property("AssumeRolePolicyDocument").filter(|node| node.kind() == Kind::Sequence) {
        found.push(
            wrong(
                format!("the trust policy of `{}` is a list, and a policy is a mapping", resource.name),
                trust,
            )
            .help("write `Version` and `Statement` below it"),
        );
    }
    for name in ["Policies", "ManagedPolicyArns"] {
        if let Some(list) = property(name).filter(|node| node.kind() == Kind::Mapping) {
            found.push(
                wrong(format!("`{name}` of `{}` is a mapping where a list is meant", resource.name), list)
                    .help("write each of them behind a dash"),
            );
        }
    }
    let Some(path) = resource.property(&["Path"]) else { return };
    if let Expr::Text(text) = lower(path)
        && !crate::facts::is_dynamic(&text)
        && !(text == "/" || (text.len() > 2 && text.starts_with('/') && text.ends_with('/')))
    {
        found.push(
            Diagnostic::new(Code::TPL011, format!("the path of `{}` is none that IAM takes", resource.name))
                .at(path.outer(), "this path")
                .help("let it begin and end with `/`"),
        );
    }
}
