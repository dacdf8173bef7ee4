//! The IAM template: the monolith with only what moved, what that needs, and outputs.

use indexmap::IndexMap;

use super::app::depends_on;
use super::sheet::Sheet;
use crate::config::Means;
use crate::edit::{Edit, Reason};
use crate::expression::Expr;
use crate::facts::limit;
use crate::plan::{AppStack, Later, Plan};
use crate::syntax::{Free, Kind, Node, NodeId, Style};
use crate::template::{Call, OF_APPLICATION, ReferenceKind, Template};

pub(super) fn edits(template: &Template<'_, '_>, plan: &Plan<'_, '_>) -> Vec<Edit> {
    let made = plan.laters.iter().map(|later| later.parameter.clone());
    let made = made.chain(plan.app_stack.iter().map(|stack| stack.parameter.clone()));
    let mut sheet = Sheet::new(template, made);
    // First what changes inside: what is added behind it comes behind it.
    bridges(&mut sheet, plan);
    guards(&mut sheet, plan);
    depends_on(&mut sheet, plan.dropped.iter().map(|reference| reference.node));
    let moved: std::collections::HashSet<&str> = plan.moved.iter().copied().collect();
    let keeps = |section: &str, name: &str| match section {
        "Resources" => moved.contains(name),
        "Parameters" => plan.travels.parameters.contains(name),
        "Conditions" => plan.travels.conditions.contains(name),
        "Mappings" => plan.travels.mappings.contains(name),
        "Rules" => plan.travels.rules.contains(name),
        _ => false,
    };
    let groups = interface(template, plan);
    let mut kept_sections: Vec<bool> = Vec::new();
    let mut parameters: Vec<(String, Expr)> =
        plan.app_stack.iter().map(|stack| (stack.parameter.clone(), stack_parameter(stack))).collect();
    parameters.extend(plan.laters.iter().map(|later| (later.parameter.clone(), later_parameter(later))));
    let conditions = plan.laters.iter().map(|later| (later.condition.clone(), is_filled(later))).collect();
    let mut pending =
        vec![("Metadata", vec![marker(plan)]), ("Parameters", parameters), ("Conditions", conditions)];
    for (key, value) in template.root.entries() {
        let name = key.as_str().unwrap_or_default();
        let value = value.resolved();
        let stays: Vec<bool> = match name {
            // What moves is plain CloudFormation: only language extensions may be needed.
            "Transform" => {
                let names: Vec<bool> =
                    template.transforms().iter().map(|(name, _)| !OF_APPLICATION.contains(name)).collect();
                let any = names.iter().any(|stays| *stays);
                kept_sections.push(any);
                if any && names.contains(&false) {
                    sheet.remove(value, &names, Free::Go, Reason::BelongsToOther);
                }
                continue;
            }
            "AWSTemplateFormatVersion" | "Description" => {
                kept_sections.push(true);
                continue;
            }
            "Metadata" => {
                value.entries().map(|(key, _)| key.as_str() == Some(INTERFACE) && groups.is_some()).collect()
            }
            _ => value.entries().map(|(key, _)| keeps(name, key.as_str().unwrap_or_default())).collect(),
        };
        let any = stays.iter().any(|stays| *stays);
        kept_sections.push(any);
        if any {
            sheet.remove(value, &stays, Free::Go, Reason::BelongsToOther);
            if let Some((_, entries)) = pending.iter_mut().find(|(section, _)| *section == name) {
                sheet.append(value, &stays, &std::mem::take(entries));
            }
        }
    }
    sheet.remove(template.root, &kept_sections, Free::Go, Reason::BelongsToOther);
    if let Some(groups) = groups {
        groups
            .into_iter()
            .for_each(|(list, stays)| sheet.remove(list, &stays, Free::Go, Reason::BelongsToOther));
    }
    for (name, entries) in pending.into_iter().filter(|(_, entries)| !entries.is_empty()) {
        sheet.add_section(name, entries, Some("Resources"), &kept_sections);
    }
    if !plan.wires.is_empty() {
        sheet.add_section("Outputs", outputs(plan), None, &kept_sections);
    }
    description(&mut sheet);
    attached(&mut sheet, template, plan);
    sheet.finish()
}

const INTERFACE: &str = "AWS::CloudFormation::Interface";

/// Lists and entries of the parameter interface that shrink to the parameters that travel; `None`
/// where nothing of it would remain.
fn interface<'d, 't>(
    template: &Template<'d, 't>,
    plan: &Plan<'_, '_>,
) -> Option<Vec<(Node<'d, 't>, Vec<bool>)>> {
    let interface = template.section("Metadata")?.get(INTERFACE)?.resolved();
    let travels = |name: Option<&str>| name.is_some_and(|name| plan.travels.parameters.contains(name));
    let mut shrinks = Vec::new();
    let mut kept = Vec::new();
    for (key, value) in interface.entries() {
        let value = value.resolved();
        let stays: Vec<bool> = match key.as_str() {
            Some("ParameterGroups") => value
                .items()
                .map(|group| {
                    let Some(names) = group.resolved().get("Parameters").map(Node::resolved) else {
                        return false;
                    };
                    let stays: Vec<bool> = names.items().map(|name| travels(name.as_str())).collect();
                    let any = stays.iter().any(|stays| *stays);
                    if any {
                        shrinks.push((names, stays));
                    }
                    any
                })
                .collect(),
            Some("ParameterLabels") => value.entries().map(|(key, _)| travels(key.as_str())).collect(),
            _ => Vec::new(),
        };
        let any = stays.iter().any(|stays| *stays);
        kept.push(any);
        if any {
            shrinks.push((value, stays));
        }
    }
    if !kept.iter().any(|kept| *kept) {
        return None;
    }
    shrinks.push((interface, kept));
    Some(shrinks)
}

/// The parameter for the application stack's name. Its bounds let CloudFormation itself refuse a
/// name with which a policy would miss.
fn stack_parameter(stack: &AppStack) -> Expr {
    let mut entries = vec![
        ("Type".to_owned(), Expr::text("String")),
        (
            "Description".to_owned(),
            Expr::text(
                "Name of the application stack that uses these IAM resources; of a nested one the name that CloudFormation gave it",
            ),
        ),
    ];
    entries.extend(stack.default.iter().map(|name| ("Default".to_owned(), Expr::text(name))));
    entries.push(("MinLength".to_owned(), Expr::Plain("1".to_owned())));
    entries.push(("MaxLength".to_owned(), Expr::Plain(stack.max_length.to_string())));
    entries.push(("AllowedPattern".to_owned(), Expr::text(stack.allowed_pattern())));
    if stack.patterned {
        let case = if stack.lower_case { "lower-case letters" } else { "letters" };
        let text = format!(
            "a letter, then {case}, digits and single dashes, at most {} characters: longer or other names would not match the generated names in the policies",
            stack.max_length
        );
        entries.push(("ConstraintDescription".to_owned(), Expr::text(text)));
    }
    Expr::Map(entries)
}

/// Holds statements with patterns over buckets to the account.
fn guards(sheet: &mut Sheet<'_, '_, '_>, plan: &Plan<'_, '_>) {
    let all = |node: Node<'_, '_>| vec![true; node.entries().count()];
    let account = || ("aws:ResourceAccount".to_owned(), Expr::reference("AWS::AccountId"));
    let equals = || ("StringEquals".to_owned(), Expr::Map(vec![account()]));
    for guarded in &plan.guarded {
        let statement = guarded.statement;
        let condition = statement.get("Condition").map(Node::resolved);
        let known = condition.and_then(|condition| condition.get("StringEquals")).map(Node::resolved);
        match (condition, known) {
            (_, Some(keys)) => sheet.append_as(keys, &all(keys), &[account()], Reason::Guard),
            (Some(condition), None) => {
                sheet.append_as(condition, &all(condition), &[equals()], Reason::Guard);
            }
            (None, None) => {
                let entry = ("Condition".to_owned(), Expr::Map(vec![equals()]));
                sheet.append_as(statement, &all(statement), &[entry], Reason::Guard);
            }
        }
    }
}

/// What `validate` and `deploy` need to know of the pair, kept in the pair itself.
fn marker(plan: &Plan<'_, '_>) -> (String, Expr) {
    let number = |number: usize| Expr::Plain(number.to_string());
    let mut entries = vec![("FormatVersion".to_owned(), number(1))];
    if let Some(stack) = &plan.app_stack {
        entries.push((
            "AppStack".to_owned(),
            Expr::map([
                ("Parameter", Expr::text(&stack.parameter)),
                ("MaxLength", number(stack.max_length)),
                ("AllowedPattern", Expr::text(stack.allowed_pattern())),
            ]),
        ));
    }
    if plan.wiring != Means::Parameters {
        // Where the application reads nothing, it needs no parameter for the stack's name.
        let parameter = plan.iam_stack.iter().map(|name| ("Parameter", Expr::text(name)));
        let wiring = [("Wiring", Expr::text(plan.wiring.name()))];
        entries.push(("IamStack".to_owned(), Expr::map(parameter.chain(wiring))));
    }
    let names = |names: Vec<&str>| Expr::List(names.into_iter().map(Expr::text).collect());
    if !plan.laters.is_empty() {
        // Parameters that stay empty until the application stack stands, and its outputs that fill them.
        let pairs = plan.laters.iter().map(|later| (later.parameter.clone(), Expr::text(&later.output)));
        entries.push(("TwoPhase".to_owned(), Expr::Map(pairs.collect())));
    }
    entries.push(("Moved".to_owned(), names(plan.moved.clone())));
    if !plan.kept.is_empty() {
        entries.push(("Kept".to_owned(), names(plan.kept.iter().map(|(name, _)| *name).collect())));
    }
    if !plan.attached.is_empty() {
        let policies = plan.attached.iter().map(|group| (group.name.clone(), Expr::text(group.role)));
        entries.push(("Attached".to_owned(), Expr::Map(policies.collect())));
    }
    ("IamSplit".to_owned(), Expr::Map(entries))
}

/// A parameter that takes an output of the application stack, empty until that stands.
fn later_parameter(later: &Later<'_>) -> Expr {
    let what = match (later.target, later.attribute) {
        ("AWS::StackId", _) => "Id of the application stack".to_owned(),
        (target, Some(attribute)) => format!("{attribute} of {target}"),
        // The end of the parameter's name says what it is.
        (target, None) => {
            let held = ["Arn", "Url", "Name", "Id"].into_iter().find(|end| later.output.contains(end));
            let held = later.parameter.strip_prefix(target).or(held).unwrap_or("Reference");
            format!("{} of {target}", held.trim_end_matches(char::is_numeric))
        }
    };
    let description =
        format!("{what}: output {} of the application stack, empty until that stack stands", later.output);
    Expr::map([
        ("Type", Expr::text("String")),
        ("Description", Expr::text(description)),
        ("Default", Expr::text("")),
    ])
}

fn is_filled(later: &Later<'_>) -> Expr {
    let empty = Expr::call("Equals", vec![Expr::reference(&later.parameter), Expr::text("")]);
    Expr::call("Not", vec![empty])
}

/// Takes statements out of a role that stand in the application template, and what they leave empty.
fn attached<'d, 't>(sheet: &mut Sheet<'_, 'd, 't>, template: &Template<'d, 't>, plan: &Plan<'d, 't>) {
    let mut emptied: IndexMap<&str, Vec<Node<'d, 't>>> = IndexMap::new();
    for group in &plan.attached {
        let Some(statement) =
            group.policy.get("PolicyDocument").and_then(|document| document.get("Statement"))
        else {
            continue;
        };
        let stays: Vec<bool> = statement.items().map(|item| !group.items.contains(&item)).collect();
        if stays.iter().any(|stays| *stays) {
            sheet.remove(statement, &stays, Free::Stay, Reason::Attached);
        } else {
            emptied.entry(group.role).or_default().push(group.policy);
        }
    }
    for (role, gone) in emptied {
        let properties =
            template.resources.get(role).and_then(|role| role.declaration.value.get("Properties"));
        let Some((properties, policies)) = properties.and_then(|node| Some((node, node.get("Policies")?)))
        else {
            continue;
        };
        let stays: Vec<bool> = policies.items().map(|policy| !gone.contains(&policy)).collect();
        if stays.iter().any(|stays| *stays) {
            sheet.remove(policies, &stays, Free::Stay, Reason::Attached);
        } else {
            sheet.remove_entry(properties, "Policies", Reason::Attached);
        }
    }
}

fn outputs(plan: &Plan<'_, '_>) -> Vec<(String, Expr)> {
    let output = |wire: &crate::plan::Wire<'_>| {
        let noun = wire.words();
        let mut entries = vec![(
            "Description".to_owned(),
            Expr::text(format!("{} of the IAM {noun} {}", wire.what, wire.resource)),
        )];
        entries.extend(wire.condition.map(|condition| ("Condition".to_owned(), Expr::text(condition))));
        entries.push(("Value".to_owned(), wire.value.clone()));
        let export =
            Expr::concat([Expr::reference("AWS::StackName"), Expr::text(format!("-{}", wire.output))]);
        entries.push(("Export".to_owned(), Expr::map([("Name", export)])));
        (wire.output.clone(), Expr::Map(entries))
    };
    plan.wires.iter().map(output).collect()
}

/// Two stacks side by side in a console: the description says which is which.
fn description(sheet: &mut Sheet<'_, '_, '_>) {
    let Some(node) = sheet.template.section("Description").filter(|node| node.kind() == Kind::Scalar) else {
        return;
    };
    let prefix = "IAM resources of: ";
    let length = node.as_str().unwrap_or_default().len() + prefix.len();
    if node.style() == Style::BlockScalar || length > limit::DESCRIPTION || node.is_null() {
        return;
    }
    // Plain text may hold `: ` no more than it may begin with a quote, so it is put in quotes.
    if node.style() == Style::Plain {
        let text = format!("{prefix}{}", node.as_str().unwrap_or_default());
        let line = sheet.writer.line(&Expr::Text(text));
        sheet.replace(node.span(), line, Reason::Description);
    } else {
        sheet.replace(crate::text::Span::at(node.written().start()), prefix, Reason::Description);
    }
}

fn bridges<'d, 't>(sheet: &mut Sheet<'_, 'd, 't>, plan: &Plan<'d, 't>) {
    let parameter = plan.app_stack.as_ref().map_or("", |stack| stack.parameter.as_str());
    let mut subs: IndexMap<NodeId, (Call<'d, 't>, Vec<(String, Expr)>)> = IndexMap::new();
    for reference in &plan.stack_names {
        let Some(call) = reference.call else {
            continue;
        };
        if reference.kind == ReferenceKind::SubRef {
            let name = Expr::reference(parameter);
            let variable = sheet.in_sub(&call, reference.place, &name, "AppStack", Reason::StackName);
            let (_, variables) = subs.entry(reference.node.id()).or_insert_with(|| (call, Vec::new()));
            variables.extend(variable.filter(|variable| !variables.contains(variable)));
        } else {
            sheet.write_ref(&call, parameter, Reason::StackName);
        }
    }
    for bridge in &plan.bridges {
        let reference = &bridge.reference;
        let Some(call) = reference.call else {
            continue;
        };
        if matches!(reference.kind, ReferenceKind::SubRef | ReferenceKind::SubGetAtt(_)) {
            let wanted = match reference.kind {
                ReferenceKind::SubGetAtt(attribute) => {
                    let letters = attribute.chars().filter(char::is_ascii_alphanumeric);
                    bridge.target.chars().filter(char::is_ascii_alphanumeric).chain(letters).collect()
                }
                _ => bridge.target.chars().filter(char::is_ascii_alphanumeric).collect::<String>(),
            };
            let variable = sheet.in_sub(&call, reference.place, &bridge.expr, &wanted, Reason::Bridge);
            let (_, variables) = subs.entry(reference.node.id()).or_insert_with(|| (call, Vec::new()));
            variables.extend(variable.filter(|variable| !variables.contains(variable)));
        } else {
            sheet.write_expr(&call, &bridge.expr, Reason::Bridge);
        }
    }
    for (call, variables) in subs.values() {
        sheet.add_variables(call, variables, Reason::Bridge);
    }
}
