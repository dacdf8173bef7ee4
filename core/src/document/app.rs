//! The application template: the monolith without what moved, with parameters in its place.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::Look;
use super::sheet::Sheet;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::edit::{Edit, Reason};
use crate::expression::{Expr, lower};
use crate::facts::iam_type;
use crate::plan::{Action, Attached, Plan, Wire, name_from_arn, read_output};
use crate::syntax::{Free, Kind, Node, NodeId};
use crate::template::{Call, ReferenceKind, Template};

pub(super) fn edits(
    template: &Template<'_, '_>,
    plan: &Plan<'_, '_>,
    look: &Look,
    found: &mut Vec<Diagnostic>,
) -> Vec<Edit> {
    let made = plan.wires.iter().map(|wire| wire.parameter.clone()).chain(plan.iam_stack.clone());
    let mut sheet = Sheet::new(template, made);
    let moved: HashSet<&str> = plan.moved.iter().copied().collect();
    if let Some(resources) = template.section("Resources") {
        let stays: Vec<bool> = resources
            .entries()
            .map(|(key, _)| !key.as_str().is_some_and(|key| moved.contains(key)))
            .collect();
        sheet.remove(resources, &stays, Free::Stay, Reason::BelongsToOther);
    }
    references(&mut sheet, plan);
    waiting(&mut sheet, plan);
    let gone = plan.rewrites.iter().filter(|rewrite| rewrite.action == Action::Remove);
    // Where something is added, the whole of `DependsOn` is written anew.
    let waits = |node: Node<'_, '_>| {
        let resource = node
            .parent()
            .map(|list| if list.kind() == Kind::Mapping { list } else { list.parent().unwrap_or(list) });
        plan.waits.iter().any(|wait| Some(wait.site.value) == resource)
    };
    let gone = gone.map(|rewrite| rewrite.reference.node).filter(|node| !waits(*node));
    depends_on(&mut sheet, gone);
    let policies: Vec<(String, Expr)> =
        plan.attached.iter().map(|group| (group.name.clone(), role_policy(&sheet, group))).collect();
    if let Some(resources) = template.section("Resources") {
        let stays: Vec<bool> = resources
            .entries()
            .map(|(key, _)| !key.as_str().is_some_and(|key| moved.contains(key)))
            .collect();
        sheet.append(resources, &stays, &policies);
    }
    outputs(&mut sheet, template, plan);
    let by_parameter = plan.wires.iter().filter(|wire| !wire.read);
    let mut parameters: Vec<(String, Expr)> =
        by_parameter.map(|wire| (wire.parameter.clone(), parameter(wire, look))).collect();
    parameters.extend(plan.iam_stack.iter().map(|name| (name.clone(), iam_stack())));
    let is_gone =
        |key: Node<'_, '_>| key.as_str().is_some_and(|key| look.of_iam.iter().any(|name| name == key));
    without(&mut sheet, template, "Conditions", &is_gone, false);
    without(&mut sheet, template, "Parameters", &is_gone, !parameters.is_empty());
    match template.section("Parameters") {
        Some(section) => {
            let stays: Vec<bool> = section.entries().map(|(key, _)| !is_gone(key)).collect();
            sheet.append(section, &stays, &parameters);
        }
        None if parameters.is_empty() => {}
        None => sheet.add_section("Parameters", parameters.clone(), Some("Resources"), &[]),
    }
    if let Some(label) = look.group.as_deref().filter(|_| !parameters.is_empty()) {
        let names: Vec<String> = parameters.iter().map(|(name, _)| name.clone()).collect();
        group(&mut sheet, &names, label, look.after.as_deref(), found);
    }
    sheet.finish()
}

/// Takes entries out of a section, and the section where nothing is left or added.
fn without(
    sheet: &mut Sheet<'_, '_, '_>,
    template: &Template<'_, '_>,
    section: &str,
    is_gone: &dyn Fn(Node<'_, '_>) -> bool,
    is_filled: bool,
) {
    let Some(node) = template.section(section) else { return };
    let stays: Vec<bool> = node.entries().map(|(key, _)| !is_gone(key)).collect();
    if stays.iter().all(|stays| *stays) {
        return;
    }
    if is_filled || stays.contains(&true) {
        sheet.remove(node, &stays, Free::Stay, Reason::BelongsToOther);
    } else {
        sheet.remove_entry(template.root, section, Reason::BelongsToOther);
    }
}

/// What is gathered of one `Sub` before its variables are added.
type Subs<'d, 't> = IndexMap<NodeId, (Call<'d, 't>, Vec<(String, Expr)>)>;

fn references<'d, 't>(sheet: &mut Sheet<'_, 'd, 't>, plan: &Plan<'d, 't>) {
    let mut subs: Subs<'d, 't> = Subs::new();
    for rewrite in &plan.rewrites {
        let reference = &rewrite.reference;
        let Some(call) = reference.call else {
            continue;
        };
        let in_text = matches!(reference.kind, ReferenceKind::SubRef | ReferenceKind::SubGetAtt(_));
        let (expr, wanted, reason) = match &rewrite.action {
            Action::Keep | Action::Remove => continue,
            Action::Parameter(name) => (Expr::reference(name), name.clone(), Reason::ReferenceToParameter),
            Action::Output(output) => {
                let Some(stack) = &plan.iam_stack else { continue };
                (read_output(plan.wiring, stack, output), output.clone(), Reason::ReferenceToOutput)
            }
            Action::NameFromArn(index) => {
                let name = format!("{}Name", rewrite.target);
                (name_from_arn(rewrite.target, *index), name, Reason::NameFromArn)
            }
        };
        if in_text {
            let variable = sheet.in_sub(&call, reference.place, &expr, &wanted, reason);
            let (_, variables) = subs.entry(reference.node.id()).or_insert_with(|| (call, Vec::new()));
            variables.extend(variable.filter(|variable| !variables.contains(variable)));
        } else if let Action::Parameter(name) = &rewrite.action {
            sheet.write_ref(&call, name, reason);
        } else {
            sheet.write_expr(&call, &expr, reason);
        }
    }
    for (call, variables) in subs.values() {
        sheet.add_variables(call, variables, Reason::NameFromArn);
    }
}

/// Takes names out of `DependsOn`; an emptied list goes with its key.
pub(super) fn depends_on<'d, 't: 'd>(
    sheet: &mut Sheet<'_, '_, '_>,
    names: impl Iterator<Item = Node<'d, 't>>,
) {
    let mut lists: IndexMap<NodeId, (Node<'d, 't>, Vec<Node<'d, 't>>)> = IndexMap::new();
    for node in names {
        let Some(parent) = node.parent() else {
            continue;
        };
        lists.entry(parent.id()).or_insert_with(|| (parent, Vec::new())).1.push(node);
    }
    for (parent, gone) in lists.values() {
        if parent.kind() == Kind::Mapping {
            sheet.remove_entry(*parent, "DependsOn", Reason::DependsOn);
            continue;
        }
        let stays: Vec<bool> = parent.items().map(|item| !gone.contains(&item)).collect();
        if stays.iter().any(|stays| *stays) {
            sheet.remove(*parent, &stays, Free::Stay, Reason::DependsOn);
        } else if let Some(resource) = parent.parent() {
            sheet.remove_entry(resource, "DependsOn", Reason::DependsOn);
        }
    }
}

/// Statements of a role as a policy of the application template.
fn role_policy(sheet: &Sheet<'_, '_, '_>, group: &Attached<'_, '_>) -> Expr {
    let text = |node: Node<'_, '_>| Expr::Source(sheet.edited(node));
    let document = group.policy.get("PolicyDocument");
    let mut policy = Vec::new();
    if let Some(version) = document.and_then(|document| document.get("Version")) {
        policy.push(("Version".to_owned(), lower(version)));
    }
    let statements = group.items.iter().map(|item| text(*item)).collect();
    policy.push(("Statement".to_owned(), Expr::List(statements)));
    let properties = Expr::map([
        ("PolicyName", group.policy_name.clone()),
        ("RoleName", group.role_name.clone()),
        ("PolicyDocument", Expr::Map(policy)),
    ]);
    let mut entries = vec![("Type".to_owned(), Expr::text("AWS::IAM::RolePolicy"))];
    entries.extend(group.condition.map(|condition| ("Condition".to_owned(), Expr::text(condition))));
    entries.push(("Properties".to_owned(), properties));
    Expr::Map(entries)
}

/// What waited through something that moved waits still, and for statements that are attached.
fn waiting<'d, 't>(sheet: &mut Sheet<'_, 'd, 't>, plan: &Plan<'d, 't>) {
    let mut waits: IndexMap<NodeId, (Node<'d, 't>, Vec<&str>, bool)> = IndexMap::new();
    for wait in &plan.waits {
        let value = wait.site.value;
        let (_, names, attached) = waits.entry(value.id()).or_insert_with(|| (value, Vec::new(), false));
        names.push(&wait.on);
        *attached |= wait.attached;
    }
    for (value, more, attached) in waits.values() {
        let reason = if *attached { Reason::WaitsFor } else { Reason::WaitsStill };
        let before = value.get("DependsOn");
        let names = before.map_or(Vec::new(), |node| match node.as_str() {
            Some(name) => vec![name],
            None => node.resolved().items().filter_map(Node::as_str).collect(),
        });
        let all: Vec<Expr> = names
            .into_iter()
            .filter(|name| !plan.moves(name))
            .chain(more.iter().copied())
            .map(Expr::text)
            .collect();
        let depends = if let [only] = all.as_slice() { only.clone() } else { Expr::List(all) };
        match before {
            Some(node) => sheet.replace_value(node, &depends, reason),
            None => {
                let stays = vec![true; value.entries().count()];
                sheet.append_as(*value, &stays, &[("DependsOn".to_owned(), depends)], reason);
            }
        }
    }
}

/// Outputs that give the IAM stack what it is still to learn.
fn outputs(sheet: &mut Sheet<'_, '_, '_>, template: &Template<'_, '_>, plan: &Plan<'_, '_>) {
    let fresh = plan.laters.iter().filter(|later| !later.output_exists);
    let outputs: Vec<(String, Expr)> = fresh
        .map(|later| {
            let mut entries = vec![(
                "Description".to_owned(),
                Expr::text(format!("For the parameter {} of the IAM stack", later.parameter)),
            )];
            entries.extend(
                later.target_condition.map(|condition| ("Condition".to_owned(), Expr::text(condition))),
            );
            entries.push(("Value".to_owned(), later.value.clone()));
            (later.output.clone(), Expr::Map(entries))
        })
        .collect();
    if outputs.is_empty() {
        return;
    }
    match template.section("Outputs") {
        Some(section) => {
            let stays = vec![true; section.entries().count()];
            sheet.append(section, &stays, &outputs);
        }
        None => {
            let stays = vec![true; template.root.entries().count()];
            sheet.add_section("Outputs", outputs, None, &stays);
        }
    }
}

/// A parameter that takes an output of the IAM stack.
fn parameter(wire: &Wire<'_>, look: &Look) -> Expr {
    let noun = wire.words();
    let mut entries = vec![
        ("Type".to_owned(), Expr::text("String")),
        (
            "Description".to_owned(),
            Expr::text(format!(
                "{} of the IAM {noun} {}: output {} of the IAM stack",
                capitalized(&wire.what),
                wire.resource,
                wire.output
            )),
        ),
    ];
    let pattern = (wire.what == "ARN").then(|| arn_pattern(wire, look)).flatten();
    if wire.condition.is_some() {
        // The resource may be absent; CloudFormation checks the default like any other value.
        entries.push(("Default".to_owned(), Expr::text("")));
        entries.extend(
            pattern.map(|pattern| ("AllowedPattern".to_owned(), Expr::text(format!("^$|{pattern}")))),
        );
    } else {
        entries.push(("MinLength".to_owned(), Expr::Plain("1".to_owned())));
        entries.extend(pattern.map(|pattern| ("AllowedPattern".to_owned(), Expr::text(pattern))));
    }
    Expr::Map(entries)
}

/// The parameter for the IAM stack's name, where the application reads its outputs.
/// What is said of the parameter for the IAM stack's name: by it an application template of ours is known again.
pub(crate) const IAM_STACK: &str = "Name of the IAM stack, whose outputs this stack reads";

fn iam_stack() -> Expr {
    Expr::map([
        ("Type", Expr::text("String")),
        ("Description", Expr::text(IAM_STACK)),
        ("MinLength", Expr::Plain("1".to_owned())),
        ("MaxLength", Expr::Plain("128".to_owned())),
        ("AllowedPattern", Expr::text("^[a-zA-Z][-a-zA-Z0-9]*$")),
    ])
}

fn arn_pattern(wire: &Wire<'_>, look: &Look) -> Option<String> {
    let configured = match wire.kind {
        "AWS::IAM::Role" => look.role_pattern.clone(),
        "AWS::IAM::ManagedPolicy" => look.policy_pattern.clone(),
        _ => None,
    };
    configured.or_else(|| iam_type(wire.kind).map(crate::facts::IamType::arn_pattern))
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

const INTERFACE: &str = "AWS::CloudFormation::Interface";

/// The parameters as a group of `AWS::CloudFormation::Interface`, where the console shows them.
fn group(
    sheet: &mut Sheet<'_, '_, '_>,
    names: &[String],
    label: &str,
    after: Option<&str>,
    found: &mut Vec<Diagnostic>,
) {
    let names = names.iter().map(Expr::text).collect();
    let item = Expr::map([
        ("Label", Expr::map([("default", Expr::text(label))])),
        ("Parameters", Expr::List(names)),
    ]);
    let groups = || Expr::map([("ParameterGroups", Expr::List(vec![item.clone()]))]);
    let missing = |labels: Vec<&str>| {
        let after = after.unwrap_or_default();
        let help =
            did_you_mean(after, labels).unwrap_or_else(|| "the new group was put at the end".to_owned());
        Diagnostic::new(Code::CFG009, format!("the template has no parameter group `{after}`")).help(help)
    };
    let metadata = sheet.template.section("Metadata").filter(|node| node.kind() == Kind::Mapping);
    let Some(metadata) = metadata else {
        if sheet.template.section("Metadata").is_none() {
            sheet.add_section(
                "Metadata",
                vec![(INTERFACE.to_owned(), groups())],
                Some(first_section(sheet)),
                &[],
            );
            found.extend(after.map(|_| missing(Vec::new())));
        }
        return;
    };
    let all = |node: Node<'_, '_>| vec![true; node.entries().count()];
    let Some(interface) = metadata.get(INTERFACE).map(Node::resolved) else {
        sheet.append(metadata, &all(metadata), &[(INTERFACE.to_owned(), groups())]);
        found.extend(after.map(|_| missing(Vec::new())));
        return;
    };
    let list =
        interface.get("ParameterGroups").map(Node::resolved).filter(|list| list.items().next().is_some());
    let Some(list) = list else {
        if let Some((_, empty)) = interface.entry("ParameterGroups") {
            if empty.kind() == Kind::Sequence {
                sheet.insert_item(empty, 0, &item);
            } else {
                sheet.replace_value(empty, &Expr::List(vec![item]), Reason::Added);
            }
        } else {
            sheet.append(
                interface,
                &all(interface),
                &[("ParameterGroups".to_owned(), Expr::List(vec![item]))],
            );
        }
        found.extend(after.map(|_| missing(Vec::new())));
        return;
    };
    let labels: Vec<&str> = list.items().map(|group| label_of(group).unwrap_or_default()).collect();
    let last = labels.len().saturating_sub(1);
    let index = match after {
        None => last,
        Some(after) => labels.iter().position(|label| *label == after).unwrap_or_else(|| {
            found.push(missing(labels.clone()));
            last
        }),
    };
    sheet.insert_item(list, index, &item);
}

fn label_of<'d>(group: Node<'d, '_>) -> Option<&'d str> {
    group.resolved().get("Label")?.resolved().get("default")?.as_str()
}

/// The section before which `Metadata` goes: it is read best ahead of the parameters.
fn first_section(sheet: &Sheet<'_, '_, '_>) -> &'static str {
    let has = |name: &str| sheet.template.section(name).is_some();
    if has("Parameters") { "Parameters" } else { "Resources" }
}
