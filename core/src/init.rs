//! A configuration to start from.

use crate::diagnostic::Diagnostic;
use crate::expression::Expr;
use crate::facts::{IamType, iam_type};
use crate::syntax::{Node, parse};
use crate::template;
use crate::writer::Writer;

/// A commented configuration for a template: what `iam-split init` writes.
///
/// # Errors
/// What keeps the template from being read.
pub fn init(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(text);
    let (template, mut found) = template::read(&parsed.document);
    found.extend(parsed.diagnostics);
    let Some(template) = template.filter(|_| !found.iter().any(Diagnostic::is_error)) else {
        return Err(found);
    };
    let names = |kind: &str| -> Vec<&str> {
        template
            .resources
            .values()
            .filter(|resource| resource.kind == kind)
            .map(|resource| resource.name)
            .collect()
    };
    let stays: Vec<&str> = template
        .resources
        .values()
        .filter(|resource| {
            !resource.is_iam()
                && resource.kind.ends_with("Policy")
                && resource.property(&["PolicyDocument"]).is_some()
        })
        .map(|resource| resource.name)
        .collect();
    let writer = Writer { json: false, newline: "\n", step: 2 };
    let list = |names: Vec<&str>| {
        if names.is_empty() {
            return " []\n".to_owned();
        }
        let lines = names.iter().map(|name| format!("    - {}\n", writer.line(&Expr::text(*name))));
        format!("\n{}", lines.collect::<String>())
    };
    let last_group = template
        .section("Metadata")
        .and_then(|node| node.get("AWS::CloudFormation::Interface")?.get("ParameterGroups"))
        .and_then(|groups| groups.items().last())
        .and_then(|group| group.get("Label")?.get("default").and_then(Node::as_str));
    let after = last_group.map_or_else(
        || "  # insert_after_group: Network\n".to_owned(),
        |label| format!("  insert_after_group: {}\n", writer.line(&Expr::text(label))),
    );
    let pattern = |kind: &str| iam_type(kind).map_or(String::new(), IamType::arn_pattern);
    Ok(format!(
        "# Configuration of iam-split: what leaves the template, and how.\n\
         extraction:\n\
         \x20 # Logical ids of AWS::IAM::Role that move to the IAM template.\n\
         \x20 roles:{}\
         \x20 # Logical ids of AWS::IAM::ManagedPolicy that move.\n\
         \x20 policies:{}\
         \x20 # Policies of single resources: they stay with the application.\n\
         \x20 exclude_policies:{}\n\
         # AllowedPattern of the application's parameters. These admit every AWS partition.\n\
         parameter_generation:\n\
         \x20 role_pattern: '{}'\n\
         \x20 policy_pattern: '{}'\n\n\
         # The parameters as a group in the console.\n\
         metadata:\n\
         \x20 add_parameter_group: true\n\
         \x20 parameter_group_name: IAM roles and policies\n\
         {after}\n\
         # How a moved resource may reach an application resource, the best first: exact (by its explicit\n\
         # name), pattern (by its generated name, which widens the scope), two-phase (by a value that comes once the\n\
         # application stands), attach (its statement goes to the application), keep (it stays); refuse permits none.\n\
         resolution:\n\
         \x20 order: [exact]\n\
         \x20 # resources:\n\
         \x20 #   SomeRole: [exact, pattern]\n\n\
         # The IAM template's parameter for the application stack's name, and its default.\n\
         # app_stack_parameter: AppStackName\n\
         # app_stack_name: prod\n\n\
         # How the application comes to what the IAM stack gives out: parameters, imports or stack-output.\n\
         # wiring: parameters\n\
         # Holds patterns over buckets to the account.\n\
         # guard: resource-account\n",
        list(names("AWS::IAM::Role")),
        list(names("AWS::IAM::ManagedPolicy")),
        list(stays),
        pattern("AWS::IAM::Role"),
        pattern("AWS::IAM::ManagedPolicy"),
    ))
}
