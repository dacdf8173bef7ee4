//! What a split changes beside the templates' own text: names and patterns that others count on.

use super::Plan;
use crate::config::ConfigFile;
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Expr, lower};
use crate::facts::{iam_type, resource_type};
use crate::syntax::{Kind, Node};
use crate::template::{Function, Reference, Target, Template, call};

/// Partitions beside `aws`. Source: AWS General Reference, "Amazon Resource Names", and IAM's list.
const OTHER_PARTITIONS: [&str; 2] = ["aws-us-gov", "aws-cn"];

/// Configured patterns that refuse ARNs of a partition in which the template can run.
pub fn partitions(template: &Template<'_, '_>, config: &ConfigFile<'_>) -> Vec<Diagnostic> {
    let patterns = &config.config.parameter_generation;
    let configured = [
        ("role_pattern", "AWS::IAM::Role", &patterns.role_pattern),
        ("policy_pattern", "AWS::IAM::ManagedPolicy", &patterns.policy_pattern),
    ];
    if configured.iter().all(|(_, _, pattern)| pattern.is_none()) {
        return Vec::new();
    }
    let text = template.document.text();
    let named: Vec<&str> =
        OTHER_PARTITIONS.into_iter().filter(|partition| text.contains(partition)).collect();
    let general = text.contains("AWS::Partition");
    let supported = if named.is_empty() && general { OTHER_PARTITIONS.to_vec() } else { named };
    let mut found = Vec::new();
    for (key, kind, pattern) in configured {
        let Some(pattern) = pattern else { continue };
        let Some((row, regex)) = iam_type(kind).zip(regex_lite::Regex::new(pattern).ok()) else {
            continue;
        };
        let refused: Vec<String> = std::iter::once(&"aws")
            .chain(&supported)
            .filter(|partition| !regex.is_match(&row.sample_arn(partition)))
            .map(|partition| format!("`{partition}`"))
            .collect();
        if !refused.is_empty() {
            found.push(
                Diagnostic::new(
                    Code::CFG008,
                    format!(
                        "`{key}` refuses ARNs of the partition {}, in which this template can run",
                        refused.join(" and ")
                    ),
                )
                .in_config(config.value_place(&["parameter_generation", key]), "this pattern")
                .help(format!("a pattern for every partition: `{}`", row.arn_pattern())),
            );
        }
    }
    found
}

/// Text that counts on names of moved resources that CloudFormation generates.
pub fn prefixes(
    template: &Template<'_, '_>,
    texts: &[(Node<'_, '_>, String)],
    plan: &Plan<'_, '_>,
) -> Vec<Diagnostic> {
    let generated = |name: &&str, noun: &str| {
        let Some(resource) = template.resources.get(*name) else {
            return false;
        };
        let row = iam_type(resource.kind);
        let named = resource_type(resource.kind).is_some_and(|row| {
            !row.name_property.is_empty() && resource.property(row.name_property).is_some()
        });
        row.is_some_and(|row| row.arn_noun == noun) && !named
    };
    let mut found = Vec::new();
    for noun in ["role", "policy", "instance-profile", "user", "group"] {
        let prefixes = [format!(":{noun}/${{AWS::StackName}}-"), format!(":{noun}/${{AWS::StackName}}*")];
        let counts = |text: &str| prefixes.iter().any(|prefix| text.contains(prefix));
        let mut texts = texts.iter().filter(|(_, text)| counts(text)).peekable();
        if texts.peek().is_none() || !plan.moved.iter().any(|name| generated(name, noun)) {
            continue;
        }
        found.extend(texts.map(|(node, _)| {
            Diagnostic::new(
                Code::PRE001,
                format!("this text counts on generated names of the kind `{noun}`, which now begin with the IAM stack's name"),
            )
            .at(node.span(), "it no longer matches what moved")
            .help("name the moved resources explicitly, or write the IAM stack's name here")
        }));
    }
    found
}

/// Texts that hold the stack's name, as `Fn::Sub` would write them, with their places.
pub fn with_stack_name<'d, 't>(references: &[Reference<'d, 't>]) -> Vec<(Node<'d, 't>, String)> {
    let mut texts: Vec<(Node<'d, 't>, String)> = Vec::new();
    for reference in references.iter().filter(|reference| reference.target == Target::Name("AWS::StackName"))
    {
        if let Some((node, text)) = written(reference)
            && texts.last().is_none_or(|(last, _)| *last != node)
        {
            texts.push((node, text));
        }
    }
    texts
}

/// The text that a reference to the stack's name stands in, as `Fn::Sub` would write it.
fn written<'d, 't>(reference: &Reference<'d, 't>) -> Option<(Node<'d, 't>, String)> {
    let own = reference.call.filter(|call| call.function == Function::Sub);
    if let Some(argument) = own.map(|call| call.argument) {
        let text =
            if argument.kind() == Kind::Sequence { argument.items().next()?.resolved() } else { argument };
        return Some((text, text.as_str()?.to_owned()));
    }
    // A `Ref` among the parts of a `Join`: two lists and perhaps a mapping up.
    let mut node = reference.node;
    for _ in 0..3 {
        node = node.parent()?;
        if let Some(text) = joined(node) {
            return Some((node, text));
        }
    }
    None
}

/// What a `Join` without delimiter puts together, as `Fn::Sub` would write it.
fn joined(node: Node<'_, '_>) -> Option<String> {
    call(node).filter(|call| call.name == "Join")?;
    let Expr::Call(_, arguments) = lower(node) else { return None };
    let [Expr::Text(delimiter), Expr::List(parts)] = arguments.as_slice() else { return None };
    let text = |part: &Expr| match part {
        Expr::Text(text) => text.clone(),
        Expr::Ref(name) => format!("${{{name}}}"),
        _ => "${}".to_owned(),
    };
    delimiter.is_empty().then(|| parts.iter().map(text).collect())
}
