//! `variables.tf`: the deployment's settings, and the parameters with the templates' own words and bounds.

use super::super::decide::{Parameter, Root};
use super::super::hcl::{key, list, quoted};
use super::super::rule::{Kind, Rule, rules};
use super::Writing;
use super::text::{lines, object, optional};
use crate::deployment::contents::Declared;
use crate::deployment::settings::OnFailure;

/// A variable.
struct Variable<'v> {
    name: &'v str,
    kind: &'v str,
    description: String,
    /// An expression; `None` where a value must be given.
    default: Option<String>,
    nullable: bool,
    sensitive: bool,
    rules: Vec<Rule>,
}

impl<'v> Variable<'v> {
    fn new(name: &'v str, kind: &'v str, description: impl Into<String>, default: Option<String>) -> Self {
        let nullable = default.as_deref() == Some("null");
        Self {
            name,
            kind,
            description: description.into(),
            default,
            nullable,
            sensitive: false,
            rules: Vec::new(),
        }
    }

    fn written(&self) -> String {
        let mut text =
            format!("variable {} {{\n  description = {}\n", quoted(self.name), quoted(&self.description));
        text.push_str(&format!("  type = {}\n", self.kind));
        if let Some(default) = &self.default {
            text.push_str(&format!("  default = {default}\n"));
        }
        if !self.nullable {
            text.push_str("  nullable = false\n");
        }
        if self.sensitive {
            text.push_str("  sensitive = true\n");
        }
        for rule in &self.rules {
            text.push_str(&format!(
                "\n  validation {{\n    condition = {}\n    error_message = {}\n  }}\n",
                rule.condition,
                quoted(&rule.message)
            ));
        }
        text + "}\n\n"
    }
}

impl Writing<'_> {
    pub(super) fn variables(&self) -> String {
        let mut list = vec![self.name(), self.region()];
        list.extend(self.profile());
        list.extend(self.files_given());
        list.extend(self.stacks());
        list.extend(self.maps());
        let mut text: String = list.iter().map(Variable::written).collect();
        if self.own().next().is_some() {
            text.push_str("# Parameters of the templates.\n\n");
        }
        for known in self.own() {
            text.push_str(&parameter(known).written());
        }
        text.truncate(text.trim_end().len());
        text + "\n"
    }

    /// The stack's name with the specification's bounds and those that the IAM template sets for it.
    fn name(&self) -> Variable<'static> {
        let mut variable = Variable::new(
            "name",
            "string",
            match (self.pair(), &self.decisions.stack_parameter) {
                (true, Some(parameter)) => {
                    format!("The application stack's name, which the IAM stack gets as {parameter}")
                }
                _ => "The application stack's name".to_owned(),
            },
            Some(quoted(&self.request.settings.name)),
        );
        variable.rules.push(Rule {
            condition: "can(regex(\"^[a-z][0-9a-z-]{0,19}$\", var.name))".to_owned(),
            message:
                "A lower-case letter, then lower-case letters, digits and dashes; 20 characters at most."
                    .to_owned(),
        });
        let parameter = self.decisions.stack_parameter.as_deref();
        let declared = parameter.and_then(|name| self.request.iam?.parameters.get(name));
        if let (Some(parameter), Some(declared)) = (parameter, declared) {
            let bounds = rules(parameter, declared, "var.name").into_iter().map(|mut rule| {
                // It is never null.
                rule.condition = rule.condition.replacen("var.name == null ? true : ", "", 1);
                rule
            });
            variable.rules.extend(bounds);
        }
        variable
    }

    fn region(&self) -> Variable<'static> {
        let mut region =
            Variable::new("region", "string", "The region of the stacks", self.request.region.map(quoted));
        region.nullable = false;
        region
    }

    fn profile(&self) -> Option<Variable<'static>> {
        let profile = self.request.settings.profile.as_deref()?;
        Some(Variable::new("profile", "string", "The profile of the credentials", Some(quoted(profile))))
    }

    fn files_given(&self) -> Vec<Variable<'static>> {
        let (iam, app) = self.request.paths;
        let path = |path: &str| Some(quoted(&format!("{}{path}", self.up)));
        let mut list = Vec::new();
        if self.has_iam() {
            let mut file = Variable::new(
                "iam_template_file",
                "string",
                "The IAM template, as a path from this folder; null is the inline pattern, with the monolith as template_file",
                path(iam),
            );
            if self.root == Root::Iam {
                file.description = "The IAM template, as a path from this folder".to_owned();
            } else {
                file.nullable = true;
            }
            list.push(file);
        }
        if self.root.has_app() {
            let what = if self.pair() { "application template" } else { "template" };
            list.push(Variable::new(
                "template_file",
                "string",
                format!("The {what}, as a path from this folder"),
                path(app),
            ));
        }
        let standing = self.request.standing.bucket.then_some(self.request.settings.bucket.as_str());
        list.push(Variable {
            nullable: true,
            ..Variable::new(
                "template_bucket",
                "string",
                "The bucket that the templates go to; null makes one",
                Some(optional(standing)),
            )
        });
        list
    }

    fn stacks(&self) -> Vec<Variable<'static>> {
        let settings = self.request.settings;
        let mut list = Vec::new();
        if self.pair() {
            let named = settings.iam_stack_named.then_some(settings.iam_stack_name.as_str());
            list.push(Variable {
                nullable: true,
                ..Variable::new(
                    "iam_stack_name",
                    "string",
                    "The IAM stack's name; null is NAME-iam",
                    Some(optional(named)),
                )
            });
        }
        let map = |tags: &std::collections::BTreeMap<String, String>| {
            let entries: Vec<_> = tags.iter().map(|(name, value)| (key(name), quoted(value))).collect();
            Some(object(2, &entries))
        };
        let whose = if self.root == Root::Both && self.pair() { "both stacks" } else { "the stack" };
        list.push(Variable::new(
            "tags",
            "map(string)",
            format!("Tags of {whose} and of the bucket"),
            map(&settings.tags),
        ));
        if self.has_iam() {
            list.push(Variable::new(
                "iam_tags",
                "map(string)",
                "Further tags of the IAM stack",
                map(&settings.iam_tags),
            ));
        }
        let role = |name, noun: &str, given: &Option<String>| Variable {
            nullable: true,
            ..Variable::new(
                name,
                "string",
                format!(
                    "The role with which CloudFormation works on the {noun} stack; null is the caller's own permissions"
                ),
                Some(optional(given.as_deref())),
            )
        };
        if self.has_iam() {
            list.push(role("iam_role_arn", "IAM", &settings.iam_role_arn));
        }
        if self.root.has_app() {
            list.push(role("role_arn", "application", &settings.role_arn));
        }
        let topics = settings.notification_arns.iter().map(String::as_str);
        list.push(Variable::new(
            "notification_arns",
            "list(string)",
            "Topics that get the events of the stacks",
            Some(lines(2, topics)),
        ));
        let on_failure = match settings.on_failure {
            OnFailure::Rollback => "ROLLBACK",
            OnFailure::Delete => "DELETE",
            OnFailure::DoNothing => "DO_NOTHING",
        };
        let mut failure = Variable::new(
            "on_failure",
            "string",
            "What becomes of a stack whose creation fails: ROLLBACK, DELETE or DO_NOTHING",
            Some(quoted(on_failure)),
        );
        failure.rules.push(Rule {
            condition: "contains([\"ROLLBACK\", \"DELETE\", \"DO_NOTHING\"], var.on_failure)".to_owned(),
            message: "ROLLBACK, DELETE or DO_NOTHING.".to_owned(),
        });
        list.push(failure);
        let minutes = settings.timeouts.create;
        list.push(Variable {
            nullable: true,
            ..Variable::new(
                "timeout_in_minutes",
                "number",
                "After how many minutes CloudFormation gives a creation up; null is never",
                Some(minutes.map_or_else(|| "null".to_owned(), |minutes| minutes.to_string())),
            )
        });
        // Terraform has to wait for the rollback as well.
        let watched = minutes.map(|minutes| minutes.saturating_mul(2).saturating_add(10));
        for (name, what, minutes) in [
            ("create_timeout", "a creation", watched),
            ("update_timeout", "an update", settings.timeouts.update),
            ("delete_timeout", "a deletion", settings.timeouts.delete),
        ] {
            list.push(Variable::new(
                name,
                "string",
                format!("How long Terraform watches {what}"),
                Some(quoted(&format!("{}m", minutes.unwrap_or(60)))),
            ));
        }
        list
    }

    fn maps(&self) -> Vec<Variable<'static>> {
        let here = |name: &str| {
            self.own().any(|known| known.name == name)
                || self.root.has_app() && self.decisions.wires.iter().any(|wire| wire.parameter == name)
                || self.has_iam() && self.decisions.later.iter().any(|later| later.parameter == name)
        };
        let map = |values: &std::collections::BTreeMap<String, String>| {
            let entries: Vec<_> = values
                .iter()
                .filter(|(name, _)| here(name))
                .map(|(name, value)| (key(name), quoted(value)))
                .collect();
            Some(object(2, &entries))
        };
        let mut list = vec![
            Variable::new(
                "parameters",
                "map(string)",
                "Values with the highest priority, by the parameter's name: they beat the variables below and what the IAM stack gives out",
                map(&self.decisions.overrides),
            ),
            Variable::new(
                "infrastructure_parameters",
                "map(string)",
                "Values with the lowest priority: network, database and the like. What no template declares is left out",
                map(&self.decisions.infrastructure),
            ),
        ];
        if self.has_iam() && !self.decisions.later.is_empty() {
            let names: Vec<&str> =
                self.decisions.later.iter().map(|later| later.parameter.as_str()).collect();
            list.push(Variable::new(
                "two_phase_values",
                "map(string)",
                format!("{TWO_PHASE} They are {}.", names.join(", ")),
                Some("{}".to_owned()),
            ));
        }
        list
    }
}

fn parameter(known: &Parameter) -> Variable<'_> {
    let Declared { description, default, .. } = &known.declared;
    let mut description = description.clone().unwrap_or_else(|| format!("The parameter {}", known.name));
    if known.secret {
        description.push_str(&format!(". A secret: export it as TF_VAR_{}", known.variable));
    }
    if let Some(default) = default.as_deref().filter(|default| !default.is_empty() && !known.secret) {
        description.push_str(&format!(" (the template's default: {default})"));
    }
    let value = match (&known.value, known.list) {
        (None, _) => "null".to_owned(),
        (Some(value), true) if value.is_empty() => "[]".to_owned(),
        (Some(value), true) => list(value.split(',').map(str::trim)),
        (Some(value), false) => quoted(value),
    };
    Variable {
        nullable: true,
        sensitive: known.secret,
        rules: rules(&known.name, &known.declared, &format!("var.{}", known.variable)),
        ..Variable::new(
            &known.variable,
            if Kind::of(&known.declared) == Kind::List { "list(string)" } else { "string" },
            description,
            Some(value),
        )
    }
}

const TWO_PHASE: &str = "Values that only the application stack can give, for the IAM stack. Leave them out at first; once the application stands, `terraform output -raw two_phase_tfvars > two-phase.auto.tfvars.json` and apply again.";
