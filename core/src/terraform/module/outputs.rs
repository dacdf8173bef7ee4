//! `outputs.tf`: the stacks, and what they give out.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::super::decide::Root;
use super::super::hcl::{key, quoted};
use super::Writing;
use super::text::object;
use crate::deployment::contents::DeclaredOutput;

impl Writing<'_> {
    pub(super) fn outputs(&self) -> String {
        let mut list: Vec<(String, String, String)> = Vec::new();
        if self.has_iam() {
            let one = |what: &str| match self.switches() {
                true => format!("one(aws_cloudformation_stack.iam[*].{what})"),
                false => format!("aws_cloudformation_stack.iam.{what}"),
            };
            list.push(("iam_stack_id".to_owned(), "The IAM stack's id".to_owned(), one("id")));
            list.push(("iam_stack_name".to_owned(), "The IAM stack's name".to_owned(), one("name")));
        }
        if self.root.has_app() {
            let noun = if self.pair() { "application stack" } else { "stack" };
            for what in ["id", "name"] {
                list.push((
                    format!("application_stack_{what}"),
                    format!("The {noun}'s {what}"),
                    format!("aws_cloudformation_stack.app.{what}"),
                ));
            }
        }
        let of_iam =
            if self.root == Root::Iam { "aws_cloudformation_stack.iam.outputs" } else { "local.iam_outputs" };
        if self.has_iam() {
            for (name, noun, arns) in [
                ("role_arns", "roles", &self.decisions.roles),
                ("policy_arns", "managed policies", &self.decisions.policies),
            ] {
                list.push((
                    name.to_owned(),
                    format!("The ARNs of the {noun}, by their names in the IAM template"),
                    map_of(arns, of_iam),
                ));
            }
        }
        if self.root.has_app() && !self.decisions.later.is_empty() {
            list.push(("two_phase_tfvars".to_owned(), TWO_PHASE.to_owned(), self.tfvars()));
        }
        let mut taken: BTreeSet<String> = list.iter().map(|(name, ..)| name.clone()).collect();
        if let Some(iam) = self.request.iam.filter(|_| self.has_iam()) {
            named(&iam.outputs, "iam", of_iam, &mut taken, &mut list);
        }
        if self.root.has_app() {
            let outputs = "aws_cloudformation_stack.app.outputs";
            named(&self.request.app.outputs, "application", outputs, &mut taken, &mut list);
        }
        let written = list.iter().map(|(name, description, value)| {
            format!(
                "output {} {{\n  description = {}\n  value = {value}\n}}\n",
                quoted(name),
                quoted(description)
            )
        });
        written.collect::<Vec<_>>().join("\n")
    }

    /// The file that the second apply of a two-phase deployment reads.
    fn tfvars(&self) -> String {
        let values: Vec<(String, String)> = self
            .decisions
            .later
            .iter()
            .map(|later| {
                let output = quoted(&later.output);
                (
                    key(&later.parameter),
                    format!("lookup(aws_cloudformation_stack.app.outputs, {output}, \"\")"),
                )
            })
            .collect();
        format!("jsonencode({{ two_phase_values = {} }})", object(2, &values))
    }
}

/// Outputs of a stack under their own names, with the stack before it where that is taken.
fn named(
    outputs: &IndexMap<String, DeclaredOutput>,
    stack: &str,
    from: &str,
    taken: &mut BTreeSet<String>,
    list: &mut Vec<(String, String, String)>,
) {
    for (name, declared) in outputs {
        let mut free = name.clone();
        while !super::super::hcl::is_identifier(&free) || !taken.insert(free.clone()) {
            free = format!("{stack}_{free}");
        }
        let description =
            declared.description.clone().unwrap_or_else(|| format!("The output {name} of the {stack} stack"));
        list.push((free, description, format!("lookup({from}, {}, null)", quoted(name))));
    }
}

fn map_of(arns: &BTreeMap<String, String>, outputs: &str) -> String {
    let entries: Vec<(String, String)> =
        arns.iter().map(|(resource, output)| (key(resource), quoted(output))).collect();
    format!(
        "{{\n    for resource, output in {} : resource => lookup({outputs}, output, null)\n    if contains(keys({outputs}), output)\n  }}",
        object(4, &entries)
    )
}

const TWO_PHASE: &str = "The application's two-phase values as variables of the IAM stack, for `terraform output -raw two_phase_tfvars > two-phase.auto.tfvars.json`";
