//! The template as CloudFormation sees it: sections, declarations, resources, intrinsic functions.

mod function;
mod reference;
mod secret;
mod serverless;
mod site;
mod sub;

use indexmap::IndexMap;

/// What an output may hold. Source: CloudFormation Template Reference, "Outputs section".
pub const OUTPUT_KEYS: [&str; 4] = ["Condition", "Description", "Export", "Value"];

pub use function::{Call, Form, Function, call, long_call};
pub use reference::{Kind as ReferenceKind, Owner, Reference, Target, may_mean, references};
pub use secret::redacted;
pub use serverless::{
    BLUE_GREEN, GeneratedIam, LANGUAGE_EXTENSIONS, OF_APPLICATION, ROTATION, SERVERLESS, generated_iam,
    is_blue_green, is_hosted_rotation, is_serverless, is_understood,
};
pub use site::{Site, condition_entry, in_turn, is_made, sites, with_letters};
pub use sub::{Piece, pieces};

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::syntax::{Document, Kind, Node};

/// The sections that a template may have, in the order in which AWS documents them.
/// Source: CloudFormation User Guide, "Template sections"; `Hooks` is for CodeDeploy blue/green.
pub const SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Transform",
    "Globals",
    "Resources",
    "Outputs",
    "Hooks",
];

/// The pseudo parameters. Source: CloudFormation User Guide, "Pseudo parameters reference".
pub const PSEUDO_PARAMETERS: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// An entry of a section.
#[derive(Clone, Copy, Debug)]
pub struct Declaration<'d, 't> {
    /// The node of its name.
    pub key: Node<'d, 't>,
    /// What it declares.
    pub value: Node<'d, 't>,
    /// Its place among the section's entries.
    pub index: usize,
}

/// A resource.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'d, 't> {
    /// Its entry in `Resources`.
    pub declaration: Declaration<'d, 't>,
    /// Its logical id.
    pub name: &'d str,
    /// Its type, empty if the template gives none.
    pub kind: &'d str,
    /// The condition on which it is created.
    pub condition: Option<&'d str>,
}

impl<'d, 't> Resource<'d, 't> {
    /// A property, by its path below `Properties`.
    #[must_use]
    pub fn property(&self, path: &[&str]) -> Option<Node<'d, 't>> {
        let mut node = self.declaration.value.get("Properties")?.resolved();
        for name in path {
            node = node.get(name)?.resolved();
        }
        Some(node)
    }

    /// Whether it is an IAM resource.
    #[must_use]
    pub fn is_iam(&self) -> bool {
        self.kind.starts_with("AWS::IAM::")
    }
}

/// The names of a section and what they declare, in the order of the text.
pub type Section<'d, 't> = IndexMap<&'d str, Declaration<'d, 't>>;

/// A template's sections.
#[derive(Debug)]
pub struct Template<'d, 't> {
    /// The document it was read from.
    pub document: &'d Document<'t>,
    /// The top mapping.
    pub root: Node<'d, 't>,
    /// `Parameters`.
    pub parameters: Section<'d, 't>,
    /// `Mappings`.
    pub mappings: Section<'d, 't>,
    /// `Conditions`.
    pub conditions: Section<'d, 't>,
    /// `Resources`.
    pub resources: IndexMap<&'d str, Resource<'d, 't>>,
    /// `Outputs`.
    pub outputs: Section<'d, 't>,
}

impl<'d, 't> Template<'d, 't> {
    /// The value of a section, as written.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<Node<'d, 't>> {
        self.root.get(name)
    }

    /// What `iam-split` wrote of itself into an IAM template: `Metadata: IamSplit`.
    #[must_use]
    pub fn mark(&self) -> Option<Node<'d, 't>> {
        Some(self.section("Metadata")?.get("IamSplit")?.resolved())
    }

    /// The parameter that the mark names for the application stack's name.
    #[must_use]
    pub fn stack_parameter(&self) -> Option<&'d str> {
        self.mark()?.get("AppStack")?.get("Parameter")?.as_str()
    }

    /// The application's parameter for the IAM stack's name, as the mark names it, where the application reads outputs.
    #[must_use]
    pub fn iam_stack_parameter(&self) -> Option<&'d str> {
        self.mark()?.get("IamStack")?.get("Parameter")?.as_str()
    }

    /// The parameters that outputs of the application stack fill later, with these outputs, as the mark has them.
    pub fn two_phase(&self) -> impl Iterator<Item = (Node<'d, 't>, Node<'d, 't>)> {
        self.mark().and_then(|mark| mark.get("TwoPhase")).into_iter().flat_map(Node::entries)
    }

    /// The names of the transforms that the template asks for.
    #[must_use]
    pub fn transforms(&self) -> Vec<(&'d str, Node<'d, 't>)> {
        let Some(node) = self.section("Transform").map(Node::resolved) else {
            return Vec::new();
        };
        let one = |node: Node<'d, 't>| {
            let name = node.as_str().or_else(|| node.get("Name").and_then(Node::as_str));
            (name.unwrap_or("?"), node)
        };
        if node.kind() == Kind::Sequence { node.items().map(one).collect() } else { vec![one(node)] }
    }

    /// Whether a name is one that a module may bring: `Mod` brings resources `ModName` and `Mod.Name`.
    /// Source: CloudFormation User Guide, "Reference module resources in CloudFormation templates".
    #[must_use]
    pub fn is_of_module(&self, name: &str) -> bool {
        self.resources
            .values()
            .any(|module| is_module(module.kind) && name != module.name && name.starts_with(module.name))
    }

    /// Whether the template is processed as `AWS::LanguageExtensions`.
    #[must_use]
    pub fn has_language_extensions(&self) -> bool {
        self.transforms().iter().any(|(name, _)| *name == LANGUAGE_EXTENSIONS)
    }

    /// Everything that `Ref` may name: parameters and resources.
    pub fn names(&self) -> impl Iterator<Item = &'d str> {
        self.parameters.keys().copied().chain(self.resources.keys().copied())
    }
}

/// Reads the sections of a document. What is wrong is said; what is right is still read.
pub fn read<'d, 't>(document: &'d Document<'t>) -> (Option<Template<'d, 't>>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let Some(root) = document.root().filter(|root| !root.is_null()) else {
        found.push(
            Diagnostic::new(Code::TPL001, "the text is empty: there is no template in it")
                .help("give a CloudFormation template"),
        );
        return (None, found);
    };
    if root.kind() != Kind::Mapping {
        let what = if root.kind() == Kind::Sequence { "a list" } else { "a single value" };
        found.push(
            Diagnostic::new(Code::TPL001, format!("the top level is {what}, not a mapping of sections"))
                .at(root.span(), "a template begins with a section such as `Resources:`")
                .help("give a CloudFormation template"),
        );
        return (None, found);
    }
    for (key, _) in root.entries() {
        let Some(name) = key.as_str() else { continue };
        if !SECTIONS.contains(&name) {
            let help = did_you_mean(name, SECTIONS)
                .unwrap_or_else(|| "indent it below the section that it belongs to, or remove it".to_owned());
            found.push(
                Diagnostic::new(Code::TPL004, format!("CloudFormation knows no section `{name}`"))
                    .at(key.outer(), "this section")
                    .help(help),
            );
        }
    }
    let section = |name: &str, found: &mut Vec<Diagnostic>| section(root, name, found);
    let resources = section("Resources", &mut found);
    if resources.is_empty() && !found.iter().any(|diagnostic| diagnostic.code == Code::TPL007) {
        let place = root.entry("Resources").map_or(root.span(), |(key, _)| key.outer());
        let place = crate::text::Span { start: place.start, end: place.end.min(place.start + 40) };
        found.push(
            Diagnostic::new(Code::TPL002, "the template has no resources")
                .at(place, "no resource is declared in `Resources`")
                .help("check that this is the right file, and the spelling of `Resources`"),
        );
    }
    let mut table = IndexMap::with_capacity(resources.len());
    for (name, declaration) in resources {
        if name.starts_with("Fn::") {
            continue;
        }
        let kind = declaration.value.get("Type").map(kind_of).unwrap_or_default();
        if kind.is_empty() {
            found.push(
                Diagnostic::new(Code::TPL003, format!("the resource `{name}` has no type"))
                    .at(declaration.key.outer(), "this resource")
                    .help("add `Type`, or remove the entry"),
            );
        }
        let condition = declaration.value.get("Condition").and_then(Node::literal);
        table.insert(name, Resource { declaration, name, kind, condition });
    }
    let template = Template {
        document,
        root,
        parameters: section("Parameters", &mut found),
        mappings: section("Mappings", &mut found),
        conditions: section("Conditions", &mut found),
        resources: table,
        outputs: section("Outputs", &mut found),
    };
    (Some(template), found)
}

/// The type of resources that Rain, a packaging tool, makes of a file of its own; their names begin with the resource's.
/// Source: documentation of Rain, "Modules".
const RAIN_MODULE: &str = "Rain::Module";

/// A resource's type, as `Type` says it; empty where it is computed.
fn kind_of<'d>(node: Node<'d, '_>) -> &'d str {
    match call(node) {
        Some(directive) if directive.name == RAIN_MODULE => RAIN_MODULE,
        _ => node.literal().unwrap_or_default(),
    }
}

/// Whether a type stands for resources that are not in the text.
#[must_use]
pub fn is_module(kind: &str) -> bool {
    kind == RAIN_MODULE || kind.ends_with("::MODULE")
}

fn section<'d, 't>(root: Node<'d, 't>, name: &str, found: &mut Vec<Diagnostic>) -> Section<'d, 't> {
    let mut table = Section::new();
    let Some((key, value)) = root.entry(name) else {
        return table;
    };
    if value.kind() != Kind::Mapping {
        if !value.is_null() {
            found.push(
                Diagnostic::new(Code::TPL007, format!("the section `{name}` is not a mapping"))
                    .at(key.outer(), "this section")
                    .help("write a mapping of names to declarations"),
            );
        }
        return table;
    }
    for (index, (key, value)) in value.entries().enumerate() {
        let Some(name_of_entry) = key.as_str() else {
            continue;
        };
        if matches!(name, "Resources" | "Parameters" | "Outputs")
            && value.resolved().kind() != Kind::Mapping
            && !name_of_entry.starts_with("Fn::")
        {
            found.push(
                Diagnostic::new(Code::TPL007, format!("`{name_of_entry}` in `{name}` is not a mapping"))
                    .at(key.outer(), "this declaration")
                    .help("write what it declares as keys and values below it"),
            );
        }
        table.insert(name_of_entry, Declaration { key, value: value.resolved(), index });
    }
    table
}
