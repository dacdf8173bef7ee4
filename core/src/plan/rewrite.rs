//! References of the application to what moved, and the outputs and parameters that carry them.

use std::collections::BTreeMap;

use super::{Action, Attached, Index, Rewrite, Wire, attach, bridge};
use crate::config::Means;
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Expr, lower};
use crate::facts::{ArnFrom, IamType, iam_type, is_dynamic};
use crate::syntax::Node;
use crate::template::{
    Owner, Reference, ReferenceKind, Resource, Target, Template, call, is_blue_green, is_made, may_mean,
};
use crate::text::free;

/// What the application template needs in place of what moved.
pub(super) struct Rewriting<'d, 't> {
    pub(super) rewrites: Vec<Rewrite<'d, 't>>,
    pub(super) wires: Vec<Wire<'d>>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The application's parameter for the IAM stack's name, where outputs are read.
    pub(super) iam_stack: Option<String>,
}

/// The name of the application's parameter for the IAM stack's name, unless it is taken.
const IAM_STACK_PARAMETER: &str = "IamStackName";

/// An output of the IAM stack, read by the application itself.
#[must_use]
pub fn read_output(means: Means, stack: &str, output: &str) -> Expr {
    let stack = Expr::reference(stack);
    match means {
        Means::StackOutput => Expr::Unary(
            "GetStackOutput".to_owned(),
            Box::new(Expr::map([("StackName", stack), ("OutputName", Expr::text(output))])),
        ),
        _ => Expr::Unary(
            "ImportValue".to_owned(),
            Box::new(Expr::concat([stack, Expr::text(format!("-{output}"))])),
        ),
    }
}

/// Whether the place of a reference takes the function that reads an output. Elsewhere a parameter stays.
/// Source: CloudFormation Template Reference, `Fn::ImportValue`, and cfn-lint 4495 and 4519 for `Fn::GetStackOutput`.
fn takes(means: Means, reference: &Reference<'_, '_>) -> bool {
    let part = match reference.owner {
        Owner::Resource(_) => "Properties",
        Owner::Output(_) => "Value",
        _ => return false,
    };
    let mut at = reference.via.unwrap_or(reference.node);
    let mut stands = true;
    loop {
        if at.key().and_then(Node::as_str) == Some(part) {
            return stands && reference.via.is_none();
        }
        let Some(parent) = at.parent() else { return false };
        if let Some(call) = call(parent) {
            stands &= match means {
                Means::Parameters => false,
                Means::Imports => {
                    !matches!(call.name, "FindInMap" | "ImportValue" | "GetStackOutput" | "Transform")
                }
                Means::StackOutput => matches!(call.name, "Join" | "If" | "Select" | "Sub" | "Base64"),
            };
        }
        at = parent;
    }
}

pub(super) fn rewrites<'d, 't>(
    template: &Template<'d, 't>,
    index: &Index<'d, 't>,
    moved: &[&'d str],
    is_moved: &dyn Fn(&str) -> bool,
    means: Means,
    attached: &mut [Attached<'d, 't>],
) -> Rewriting<'d, 't> {
    let means = if is_blue_green(template) && means == Means::Imports { Means::Parameters } else { means };
    let mut found = Vec::new();
    let mut wires: BTreeMap<String, Wire<'d>> = BTreeMap::new();
    for name in moved {
        let Some(resource) = template.resources.get(name) else {
            continue;
        };
        if let Some(value) = iam_type(resource.kind).and_then(|row| arn_value(row, name)) {
            let wire = wire(resource, format!("{name}Arn"), (*name).to_owned(), value, "ARN");
            wires.insert(wire.parameter.clone(), wire);
        }
    }
    let mut rewrites = Vec::new();
    for reference in &index.references {
        let target = match reference.target {
            Target::Name(target) => target,
            Target::Computed(name) if moved.iter().any(|moved| may_mean(name, moved)) => {
                if let Owner::Resource(owner) | Owner::Output(owner) = reference.owner
                    && !is_moved(owner)
                {
                    found.push(bridge::computed(owner, name, reference));
                }
                continue;
            }
            _ => continue,
        };
        let stands_in_iam = matches!(reference.owner, Owner::Resource(owner) if is_moved(owner))
            && !attach::holds(attached, reference);
        if !is_moved(target) || stands_in_iam {
            continue;
        }
        let Some(resource) = template.resources.get(target) else {
            continue;
        };
        if reference.hidden {
            found.push(bridge::hidden(reference));
            continue;
        }
        let read = means != Means::Parameters && takes(means, reference);
        match action(template, resource, reference, read, &mut wires) {
            Ok(action) => rewrites.push(Rewrite { reference: *reference, target: resource.name, action }),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    let iam_stack = free(IAM_STACK_PARAMETER, |name| {
        template.parameters.contains_key(name) || template.resources.contains_key(name)
    });
    let is_read = |rewrite: &Rewrite<'_, '_>| matches!(rewrite.action, Action::Output(_));
    let mut reads = rewrites.iter().any(is_read);
    for group in attached {
        if let Some(resource) = template.resources.get(group.role) {
            match name_action(template, resource, means != Means::Parameters, &mut wires) {
                Ok(Action::Output(output)) => {
                    reads = true;
                    group.role_name = read_output(means, &iam_stack, &output);
                }
                Ok(Action::NameFromArn(index)) => group.role_name = name_from_arn(group.role, index),
                Ok(Action::Parameter(name)) => group.role_name = Expr::reference(name),
                Ok(Action::Remove | Action::Keep) => {}
                Err(diagnostic) => found.push(diagnostic),
            }
        }
    }
    let mut wires: Vec<Wire<'d>> = wires.into_values().collect();
    for wire in wires.iter_mut().filter(|_| means != Means::Parameters) {
        let by_parameter = rewrites.iter().any(|rewrite| match &rewrite.action {
            Action::Parameter(name) => *name == wire.parameter,
            Action::NameFromArn(_) | Action::Keep => rewrite.target == wire.parameter,
            Action::Remove | Action::Output(_) => false,
        });
        wire.read = !by_parameter;
    }
    let iam_stack = reads.then_some(iam_stack);
    Rewriting { rewrites, wires, diagnostics: found, iam_stack }
}

/// `Select [index, Split ['/', Ref X]]`
#[must_use]
pub fn name_from_arn(parameter: &str, index: usize) -> Expr {
    let split = Expr::call("Split", vec![Expr::text("/"), Expr::reference(parameter)]);
    Expr::call("Select", vec![Expr::Plain(index.to_string()), split])
}

fn wire<'d>(
    resource: &Resource<'d, '_>,
    output: String,
    parameter: String,
    value: Expr,
    what: &str,
) -> Wire<'d> {
    Wire {
        resource: resource.name,
        kind: resource.kind,
        output,
        parameter,
        value,
        what: what.to_owned(),
        condition: resource.condition,
        read: false,
    }
}

/// The ARN of a resource of a type, as an expression.
#[must_use]
pub fn arn_value(row: &IamType, name: &str) -> Option<Expr> {
    match row.arn {
        ArnFrom::Ref => Some(Expr::reference(name)),
        ArnFrom::Attribute(attribute) => Some(Expr::GetAtt(name.to_owned(), attribute.to_owned())),
        ArnFrom::Nothing => None,
    }
}

fn action<'d>(
    template: &Template<'d, '_>,
    resource: &Resource<'d, '_>,
    reference: &Reference<'d, '_>,
    read: bool,
    wires: &mut BTreeMap<String, Wire<'d>>,
) -> Result<Action, Diagnostic> {
    let row = iam_type(resource.kind);
    let attribute = match reference.kind {
        ReferenceKind::DependsOn => return Ok(Action::Remove),
        ReferenceKind::GetAtt(None) => {
            return Err(Diagnostic::new(
                Code::REF001,
                format!("the attribute of `{}` in this `Fn::GetAtt` is computed", resource.name),
            )
            .at(reference.place, "this call")
            .help("write the attribute as a text"));
        }
        ReferenceKind::GetAtt(Some(attribute)) | ReferenceKind::SubGetAtt(attribute) => Some(attribute),
        _ => None,
    };
    if let Some(attribute) = attribute {
        if row.is_some_and(|row| row.is_arn(attribute)) {
            return Ok(if read {
                Action::Output(format!("{}Arn", resource.name))
            } else {
                Action::Parameter(resource.name.to_owned())
            });
        }
        let letters: String = attribute.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = unused(template, &format!("{}{letters}", resource.name));
        let value = Expr::GetAtt(resource.name.to_owned(), attribute.to_owned());
        add(wires, &wire(resource, name.clone(), name.clone(), value, attribute))?;
        return Ok(if read { Action::Output(name) } else { Action::Parameter(name) });
    }
    if row.is_some_and(|row| row.ref_is_arn) {
        return Ok(if read { Action::Output(format!("{}Arn", resource.name)) } else { Action::Keep });
    }
    name_action(template, resource, read, wires)
}

/// A name for an output and its parameter that the template leaves free.
fn unused(template: &Template<'_, '_>, wanted: &str) -> String {
    free(wanted, |name| {
        template.names().any(|known| known == name)
            || template.outputs.contains_key(name)
            || ["Resources", "Outputs"].iter().any(|section| is_made(template, section, name))
    })
}

/// Adds a wire, unless its name is another's already.
fn add<'d>(wires: &mut BTreeMap<String, Wire<'d>>, wire: &Wire<'d>) -> Result<(), Diagnostic> {
    let known = wires.entry(wire.parameter.clone()).or_insert_with(|| wire.clone());
    if known == wire {
        return Ok(());
    }
    Err(Diagnostic::new(
        Code::NAM001,
        format!(
            "`{}` and `{}` would both need a parameter `{}`",
            known.resource, wire.resource, wire.parameter
        ),
    )
    .help("rename one of the two resources"))
}

/// How the application comes to a moved resource's name.
fn name_action<'d>(
    template: &Template<'d, '_>,
    resource: &Resource<'d, '_>,
    read: bool,
    wires: &mut BTreeMap<String, Wire<'d>>,
) -> Result<Action, Diagnostic> {
    // An ARN that may be empty cannot be split.
    let row = iam_type(resource.kind).filter(|_| resource.condition.is_none() && !read);
    if let Some(index) = row.and_then(|row| name_index(row, resource)) {
        return Ok(Action::NameFromArn(index));
    }
    let name = unused(template, &format!("{}Name", resource.name));
    add(wires, &wire(resource, name.clone(), name.clone(), Expr::reference(resource.name), "name"))?;
    Ok(if read { Action::Output(name) } else { Action::Parameter(name) })
}

/// The index of the name among the segments of the ARN, where the path is known well enough.
#[must_use]
pub fn name_index(row: &IamType, resource: &Resource<'_, '_>) -> Option<usize> {
    if row.arn == ArnFrom::Nothing {
        return None;
    }
    let Some(path) = resource.property(&["Path"]) else {
        return Some(1);
    };
    let slashes = |text: &str| text.matches('/').count();
    match lower(path) {
        Expr::Text(path) if is_dynamic(&path) => None,
        Expr::Text(path) => Some(slashes(&path)),
        Expr::Concat(parts) => {
            let mut count = 0;
            for part in &parts {
                match part {
                    Expr::Text(text) if is_dynamic(text) => return None,
                    Expr::Text(text) => count += slashes(text),
                    // None of these can hold a slash.
                    Expr::Ref(name)
                        if matches!(
                            name.as_str(),
                            "AWS::StackName" | "AWS::Region" | "AWS::AccountId" | "AWS::Partition"
                        ) => {}
                    _ => return None,
                }
            }
            Some(count)
        }
        _ => None,
    }
}
