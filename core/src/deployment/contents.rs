//! What a deployment needs to know of a template, apart from its text.

use indexmap::IndexMap;

use crate::contract;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::Expr;
use crate::facts::iam_type;
use crate::plan::{APP_STACK_PARAMETER, capabilities};
use crate::syntax::{Node, parse};
use crate::template::{Declaration, Template};
use crate::validate::{self, ValidateRequest, Validation};

/// A parameter as it is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Its type.
    pub kind: String,
    /// What the template says of it.
    pub description: Option<String>,
    /// Its default.
    pub default: Option<String>,
    /// Whether its value is a secret.
    pub no_echo: bool,
    /// What its value must match, in Java's dialect.
    pub allowed_pattern: Option<String>,
    /// Why a value is refused, in the template's words.
    pub constraint: Option<String>,
    /// The values that it admits; empty for any.
    pub allowed_values: Vec<String>,
    /// Bounds of the value's length in characters.
    pub length: (Option<usize>, Option<usize>),
    /// Bounds of a number.
    pub range: (Option<String>, Option<String>),
    /// The output of the IAM stack that its description names.
    pub output: Option<String>,
}

/// An output as it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredOutput {
    /// Whether it may be absent.
    pub conditional: bool,
    /// The type of the IAM resource whose ARN it is by its name.
    pub arn_of: Option<String>,
    /// Whether it is exported.
    pub exported: bool,
    /// What the template says of it.
    pub description: Option<String>,
}

/// What a template says of itself in `Metadata: IamSplit`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The parameter that takes the application stack's name.
    pub stack_parameter: Option<String>,
    /// The application's parameter for the IAM stack's name, where it reads outputs itself.
    pub iam_stack_parameter: Option<String>,
    /// Parameters that outputs of the application stack fill.
    pub two_phase: IndexMap<String, String>,
}

/// A template's names and declarations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The text.
    pub text: String,
    /// Whether it is JSON.
    pub json: bool,
    /// Its parameters.
    pub parameters: IndexMap<String, Declared>,
    /// Its outputs.
    pub outputs: IndexMap<String, DeclaredOutput>,
    /// Its resources with their types.
    pub resources: IndexMap<String, String>,
    /// Its mark, if it is an IAM template of ours.
    pub mark: Option<Mark>,
    /// The capabilities that its stack needs.
    pub capabilities: Vec<&'static str>,
}

impl Contents {
    /// Reads a template. `None` where it cannot be read at all.
    #[must_use]
    pub fn read(text: &str, source: Source) -> (Option<Self>, Vec<Diagnostic>) {
        let parsed = parse(text);
        let mut read = Validation::default();
        let template = validate::read(&parsed, source, &mut read).map(|read| read.template);
        let template = template.filter(|_| parsed.complete);
        let mut found = read.diagnostics;
        if let Some(template) = &template {
            found.extend(contract::of_one(template, source));
        }
        (template.map(|template| Self::of(&template)), found)
    }

    fn of(template: &Template<'_, '_>) -> Self {
        let parameters =
            template.parameters.iter().map(|(name, parameter)| ((*name).to_owned(), declared(parameter)));
        let outputs = template.outputs.iter().map(|(name, output)| {
            let resource = name.strip_suffix("Arn").and_then(|stem| template.resources.get(stem));
            let output = DeclaredOutput {
                conditional: output.value.get("Condition").is_some(),
                exported: output.value.get("Export").is_some(),
                arn_of: resource
                    .map(|resource| resource.kind.to_owned())
                    .filter(|kind| iam_type(kind).is_some()),
                description: output.value.get("Description").and_then(Node::as_str).map(str::to_owned),
            };
            ((*name).to_owned(), output)
        });
        let resources = template.resources.values().map(|r| (r.name.to_owned(), r.kind.to_owned()));
        Self {
            text: template.document.text().to_owned(),
            json: template.document.is_json(),
            parameters: parameters.collect(),
            outputs: outputs.collect(),
            resources: resources.collect(),
            mark: mark(template),
            capabilities: acknowledged(template),
        }
    }

    /// The parameters that take something of the IAM stack, by their own words.
    pub fn iam_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .filter_map(|(name, declared)| Some((name.as_str(), declared.output.as_deref()?)))
    }

    /// The roles and managed policies that it creates.
    pub fn roles_and_policies(&self) -> impl Iterator<Item = &str> {
        let iam = |kind: &str| matches!(kind, "AWS::IAM::Role" | "AWS::IAM::ManagedPolicy");
        self.resources.iter().filter(move |(_, kind)| iam(kind)).map(|(name, _)| name.as_str())
    }

    /// The application's parameter for the IAM stack's name, where it reads outputs itself; told by the IAM template.
    #[must_use]
    pub fn iam_stack_parameter(&self) -> Option<&str> {
        self.mark.as_ref().and_then(|mark| mark.iam_stack_parameter.as_deref())
    }

    /// The parameter that takes the application stack's name, if there is one.
    #[must_use]
    pub fn stack_parameter(&self) -> Option<&str> {
        let marked = self.mark.as_ref().and_then(|mark| mark.stack_parameter.as_deref());
        marked.or_else(|| self.parameters.get_key_value(APP_STACK_PARAMETER).map(|(name, _)| name.as_str()))
    }
}

/// The capabilities that are passed: what the text needs, and what nested stacks and transforms may bring.
fn acknowledged(template: &Template<'_, '_>) -> Vec<&'static str> {
    let mut names: Vec<&str> =
        capabilities(template, |_| true, &[]).iter().map(|needed| needed.name).collect();
    let nested = template.resources.values().any(|resource| resource.kind == "AWS::CloudFormation::Stack");
    if nested || names.contains(&"CAPABILITY_AUTO_EXPAND") {
        names.retain(|name| *name == "CAPABILITY_AUTO_EXPAND");
        names.push("CAPABILITY_NAMED_IAM");
    }
    if nested && !names.contains(&"CAPABILITY_AUTO_EXPAND") {
        names.push("CAPABILITY_AUTO_EXPAND");
    }
    names
}

fn declared(parameter: &Declaration<'_, '_>) -> Declared {
    let text = |key: &str| parameter.value.get(key).and_then(read);
    let number = |key: &str| text(key).and_then(|number| number.parse().ok());
    let description = text("Description").unwrap_or_default();
    let output = description.ends_with("of the IAM stack").then(|| {
        description.split(": output ").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned)
    });
    let values = parameter.value.get("AllowedValues").map(Node::resolved).into_iter().flat_map(Node::items);
    Declared {
        kind: text("Type").unwrap_or_default(),
        description: text("Description"),
        default: text("Default"),
        no_echo: text("NoEcho")
            .is_some_and(|value| matches!(value.to_lowercase().as_str(), "true" | "yes" | "on")),
        allowed_pattern: text("AllowedPattern"),
        constraint: text("ConstraintDescription"),
        allowed_values: values.filter_map(read).collect(),
        length: (number("MinLength"), number("MaxLength")),
        range: (text("MinValue"), text("MaxValue")),
        output: output.flatten(),
    }
}

/// A scalar as CloudFormation reads it: `Yes` without quotes is `true`.
fn read(node: Node<'_, '_>) -> Option<String> {
    match crate::policy::scalars(&crate::expression::lower(node)) {
        Expr::Text(text) | Expr::Plain(text) => Some(text),
        _ => node.resolved().as_str().map(str::to_owned),
    }
}

fn mark(template: &Template<'_, '_>) -> Option<Mark> {
    template.mark()?;
    let text = |node: Node<'_, '_>| node.as_str().unwrap_or_default().to_owned();
    Some(Mark {
        stack_parameter: template.stack_parameter().map(str::to_owned),
        iam_stack_parameter: template.iam_stack_parameter().map(str::to_owned),
        two_phase: template.two_phase().map(|(parameter, output)| (text(parameter), text(output))).collect(),
    })
}

/// What is wrong with a pair beside what is wrong with each template: gate 1's own part.
#[must_use]
pub fn check_pair(iam: &Contents, app: &Contents) -> Vec<Diagnostic> {
    let request = ValidateRequest { iam: &iam.text, app: &app.text, ..Default::default() };
    validate::validate(&request).diagnostics
}

/// CloudFormation's limit on a template's size.
#[must_use]
pub fn too_large(contents: &Contents, source: Source) -> Option<Diagnostic> {
    let bytes = contents.text.len();
    let noun = if source == Source::Iam { "IAM" } else { "application" };
    (bytes > crate::facts::limit::BODY).then(|| {
        Diagnostic::new(
            Code::LIM003,
            format!("the {noun} template has {bytes} bytes: CloudFormation reads 1048576 at most"),
        )
        .help("remove text, or move more resources")
    })
}
