//! What a root module has to say of a pair, as data.

use std::collections::BTreeMap;

use serde::Serialize;

use super::hcl::is_identifier;
use super::rule::Kind;
use crate::deployment::contents::{Contents, Declared};
use crate::deployment::outputs::parameter_of;
use crate::deployment::settings::Settings;
use crate::deployment::value::Given;
use crate::facts::iam_type;

/// The provider's major version that the files are written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Provider {
    /// Objects of S3 are called `aws_s3_bucket_object`.
    Three,
    /// Changed outputs of a stack are not seen before the next run.
    Four,
    /// Changed outputs of a stack reach what takes them in the same run.
    #[default]
    Five,
}

impl Provider {
    /// The versions that fit.
    ///
    /// Source: terraform-provider-aws, upgrade guide of 4.0 (`aws_s3_object`), pull request 33059 (outputs are
    /// unknown while their stack changes), issue 33327 (5.13 to 5.15 lost them beside secrets).
    #[must_use]
    pub fn versions(self) -> &'static str {
        match self {
            Self::Three => "~> 3.39",
            Self::Four => "~> 4.0",
            Self::Five => ">= 5.20, < 7.0",
        }
    }

    /// The type of an object in S3.
    #[must_use]
    pub fn object(self) -> &'static str {
        if self == Self::Three { "aws_s3_bucket_object" } else { "aws_s3_object" }
    }
}

/// What a root module holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Root {
    /// Both stacks; or the one of the inline pattern.
    Both,
    /// The IAM stack alone.
    Iam,
    /// The application stack alone, which reads the IAM stack.
    App,
}

impl Root {
    /// Whether it makes the IAM stack.
    #[must_use]
    pub fn has_iam(self) -> bool {
        self != Self::App
    }

    /// Whether it makes the application stack.
    #[must_use]
    pub fn has_app(self) -> bool {
        self != Self::Iam
    }
}

/// An output of the IAM stack and the parameter of the application that takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wire {
    /// The application's parameter.
    pub parameter: String,
    /// The IAM stack's output.
    pub output: String,
    /// What its ARN names (`role`, `policy`); `None` where it is no ARN.
    pub noun: Option<&'static str>,
    /// What is passed where the output is absent; `None` where it may not be.
    pub absent: Option<String>,
}

/// A parameter with a variable of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// The parameter's name.
    pub name: String,
    /// The variable's name: the same, unless that is taken.
    pub variable: String,
    /// Whether it is a list.
    pub list: bool,
    /// Whether its value is a secret.
    pub secret: bool,
    /// Whether the IAM template declares it.
    pub iam: bool,
    /// Whether the application template declares it.
    pub app: bool,
    /// Whether it has no default.
    pub required: bool,
    /// What the deployment says, unless it is a secret.
    pub value: Option<String>,
    /// How it is declared.
    #[serde(skip)]
    pub declared: Declared,
}

/// A value that the IAM stack gets once the application stack stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Later {
    /// The IAM template's parameter.
    pub parameter: String,
    /// The application stack's output.
    pub output: String,
}

/// All that is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decisions {
    /// Outputs and what takes them, by parameter.
    pub wires: Vec<Wire>,
    /// Parameters with variables of their own, in the order of the templates.
    pub parameters: Vec<Parameter>,
    /// Two-phase values.
    pub later: Vec<Later>,
    /// The parameter for the application stack's name.
    pub stack_parameter: Option<String>,
    /// Values that beat the IAM stack's outputs, or are for what has no variable of its own.
    pub overrides: BTreeMap<String, String>,
    /// Values with the lowest priority.
    pub infrastructure: BTreeMap<String, String>,
    /// The IAM stack's outputs that are ARNs of roles, by resource; those of policies.
    pub roles: BTreeMap<String, String>,
    /// The same of managed policies.
    pub policies: BTreeMap<String, String>,
    /// Whether the application template's own words tell a split one from the monolith.
    pub recognisable: bool,
}

/// Names that variables of the module have for itself, and those that Terraform keeps.
///
/// Source: Terraform language, "Input variables": the reserved names.
const TAKEN: [&str; 28] = [
    "count",
    "create_timeout",
    "delete_timeout",
    "depends_on",
    "for_each",
    "iam_role_arn",
    "iam_stack_name",
    "iam_tags",
    "iam_template_file",
    "infrastructure_parameters",
    "lifecycle",
    "locals",
    "name",
    "notification_arns",
    "on_failure",
    "parameters",
    "profile",
    "providers",
    "region",
    "role_arn",
    "source",
    "tags",
    "template_bucket",
    "template_file",
    "timeout_in_minutes",
    "two_phase_values",
    "update_timeout",
    "version",
];

/// Decides. Without an IAM template it is the inline pattern.
#[must_use]
pub fn decide(settings: &Settings, iam: Option<&Contents>, app: &Contents) -> Decisions {
    let wires = iam.map(|iam| wires(iam, app)).unwrap_or_default();
    let mark = iam.and_then(|iam| iam.mark.as_ref());
    let later: Vec<Later> = mark
        .map(|mark| {
            let pairs = mark.two_phase.iter();
            pairs.map(|(p, o)| Later { parameter: p.clone(), output: o.clone() }).collect()
        })
        .unwrap_or_default();
    let stack_parameter = iam.and_then(Contents::stack_parameter).map(str::to_owned);
    let own = |name: &str| {
        !wires.iter().any(|wire| wire.parameter == name)
            && !later.iter().any(|later| later.parameter == name)
            && stack_parameter.as_deref() != Some(name)
    };
    let mut parameters: Vec<Parameter> = Vec::new();
    let declared = app.parameters.iter().chain(iam.map(|iam| &iam.parameters).into_iter().flatten());
    for (name, declared) in declared {
        if !own(name) || parameters.iter().any(|known| known.name == *name) {
            continue;
        }
        let of_iam = iam.and_then(|iam| iam.parameters.get(name));
        let of_app = app.parameters.get(name);
        let given = user(settings, name, of_iam.is_some());
        let infrastructure = settings.infrastructure_parameters.get(name);
        let hidden = |given: Option<&Given>| given.is_some_and(|given| given.value.is_hidden());
        let secret = hidden(given)
            || hidden(infrastructure)
            || [of_iam, of_app].into_iter().flatten().any(|declared| declared.no_echo);
        parameters.push(Parameter {
            variable: free(name, &parameters),
            name: name.clone(),
            list: Kind::of(declared) == Kind::List,
            secret,
            iam: of_iam.is_some(),
            app: of_app.is_some(),
            required: [of_iam, of_app].into_iter().flatten().any(|declared| declared.default.is_none()),
            value: given.filter(|_| !secret).map(|given| given.value.expose().to_owned()),
            declared: declared.clone(),
        });
    }
    let secret = |name: &str| parameters.iter().any(|known| known.name == name && known.secret);
    let shown = |name: &str, given: &Given| !given.value.is_hidden() && !secret(name);
    let known = |name: &str| {
        app.parameters.contains_key(name) || iam.is_some_and(|iam| iam.parameters.contains_key(name))
    };
    let overrides = settings.parameters.iter().chain(&settings.iam_parameters).filter(|(name, given)| {
        !own(name) && stack_parameter.as_ref() != Some(*name) && known(name) && shown(name, given)
    });
    let infrastructure =
        settings.infrastructure_parameters.iter().filter(|(name, given)| known(name) && shown(name, given));
    let pairs = |(name, given): (&String, &Given)| (name.clone(), given.value.expose().to_owned());
    Decisions {
        overrides: overrides.map(pairs).collect(),
        infrastructure: infrastructure.map(pairs).collect(),
        roles: iam.map(|iam| arns(iam, "AWS::IAM::Role")).unwrap_or_default(),
        policies: iam.map(|iam| arns(iam, "AWS::IAM::ManagedPolicy")).unwrap_or_default(),
        recognisable: iam.is_some() && app.iam_parameters().next().is_some(),
        wires,
        parameters,
        later,
        stack_parameter,
    }
}

fn user<'s>(settings: &'s Settings, name: &str, of_iam: bool) -> Option<&'s Given> {
    let own = settings.iam_parameters.get(name).filter(|_| of_iam);
    own.or_else(|| settings.parameters.get(name))
}

fn wires(iam: &Contents, app: &Contents) -> Vec<Wire> {
    let mut wires: Vec<Wire> = Vec::new();
    for (output, declared) in &iam.outputs {
        let Some(parameter) = parameter_of(output, app) else { continue };
        let default = app.parameters.get(parameter).and_then(|declared| declared.default.clone());
        wires.push(Wire {
            parameter: parameter.to_owned(),
            output: output.clone(),
            noun: declared.arn_of.as_deref().and_then(iam_type).map(|row| row.arn_noun),
            absent: default.filter(|_| declared.conditional),
        });
    }
    wires.sort_by(|a, b| a.parameter.cmp(&b.parameter));
    wires
}

fn arns(iam: &Contents, kind: &str) -> BTreeMap<String, String> {
    let of_kind = iam.outputs.iter().filter(|(_, output)| output.arn_of.as_deref() == Some(kind));
    of_kind.map(|(name, _)| (name.strip_suffix("Arn").unwrap_or(name).to_owned(), name.clone())).collect()
}

/// A name for the variable of a parameter.
fn free(name: &str, others: &[Parameter]) -> String {
    let taken = |name: &str| {
        !is_identifier(name) || TAKEN.contains(&name) || others.iter().any(|other| other.variable == name)
    };
    if !taken(name) {
        return name.to_owned();
    }
    let mut variable = format!("parameter_{name}");
    while taken(&variable) {
        variable.push('_');
    }
    variable
}
