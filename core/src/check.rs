//! What is wrong with a template before anything is split: references and shapes.

mod shape;

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::facts::{iam_attributes, iam_type};
use crate::syntax::{Kind, Node};
use crate::template::{
    self, Call, Form, Function, PSEUDO_PARAMETERS, Reference, ReferenceKind, Target, Template, call,
};

/// The intrinsic functions that CloudFormation knows, without `Fn::`; `Fn::ForEach` bears its loop's name.
///
/// Source: CloudFormation Template Reference, "Intrinsic functions", "Condition functions" and
/// "Rule-specific intrinsic functions".
const FUNCTIONS: [&str; 28] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "GetStackOutput",
    "If",
    "ImportValue",
    "Include",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// The attributes that a resource may have beside its properties.
///
/// Source: CloudFormation Template Reference, "Resource attribute reference"; `Version` is that of custom resources and
/// hooks; `Description` stands in deployed templates (AWS CodeStar writes it); `Connectors` and `IgnoreGlobals` are SAM's.
/// Of others CloudFormation says "Invalid template resource property".
const ATTRIBUTES: [&str; 13] = [
    "Condition",
    "Connectors",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Description",
    "IgnoreGlobals",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Version",
];

/// Checks that every reference names something, and that the functions we read have their shapes.
#[must_use]
pub fn check<'d>(template: &Template<'d, '_>, references: &[Reference<'d, '_>]) -> Vec<Diagnostic> {
    // A macro or a loop makes names that the text does not show.
    let plain = [template::LANGUAGE_EXTENSIONS, template::BLUE_GREEN];
    let macros = template.transforms().iter().any(|(name, _)| !plain.contains(name));
    let mut found = shapes(template, macros);
    if !macros {
        found.extend(declarations(template));
    }
    // What another macro makes of them nobody knows.
    if template.transforms().iter().all(|(name, _)| template::is_understood(name)) {
        found.extend(shape::check(template));
    }
    let loops = |section: &str| {
        let keys = template.section(section).into_iter().flat_map(Node::entries).map(|(key, _)| key);
        macros || keys.filter_map(Node::as_str).any(|key| key.starts_with("Fn::"))
    };
    let (resources, conditions, mappings) = (loops("Resources"), loops("Conditions"), loops("Mappings"));
    for reference in references {
        if let (Target::Name(name), ReferenceKind::SubGetAtt("")) = (reference.target, reference.kind) {
            found.push(
                Diagnostic::new(Code::TPL006, format!("`${{{name}.}}` names no attribute"))
                    .at(reference.place, "this reference")
                    .help("write `${Name}` or `${Name.Attribute}`"),
            );
            continue;
        }
        if let (
            Target::Name(name),
            ReferenceKind::GetAtt(Some(attribute)) | ReferenceKind::SubGetAtt(attribute),
        ) = (reference.target, reference.kind)
            && let Some(lacks) = (!macros).then(|| lacks(template, name, attribute)).flatten()
        {
            found.push(lacks.at(reference.place, "this reference"));
            continue;
        }
        let (what, name, missing) = match reference.target {
            Target::Name(name) => ("parameter or resource", name, is_missing(template, name, reference.kind)),
            Target::Condition(name) => ("condition", name, !template.conditions.contains_key(name)),
            Target::Mapping(name) => {
                ("mapping", name, !name.is_empty() && !template.mappings.contains_key(name))
            }
            Target::Computed(_) => continue,
        };
        let computed = match reference.target {
            Target::Name(_) => resources,
            Target::Condition(_) => conditions,
            Target::Mapping(_) => mappings,
            Target::Computed(_) => true,
        };
        if !missing || computed {
            continue;
        }
        let help = match reference.target {
            Target::Name(_) => did_you_mean(name, template.names()),
            Target::Condition(_) => did_you_mean(name, template.conditions.keys().copied()),
            Target::Mapping(_) | Target::Computed(_) => did_you_mean(name, template.mappings.keys().copied()),
        };
        found.push(
            Diagnostic::new(Code::TPL005, format!("the template declares no {what} `{name}`"))
                .at(reference.place, "this reference")
                .help(help.unwrap_or_else(|| "correct the name, or declare it".to_owned())),
        );
    }
    found
}

/// Says that an IAM resource has no such attribute.
fn lacks(template: &Template<'_, '_>, name: &str, attribute: &str) -> Option<Diagnostic> {
    let resource = template.resources.get(name)?;
    let row = iam_type(resource.kind)?;
    let known = iam_attributes(resource.kind);
    if known.contains(&attribute) || attribute.contains("${") {
        return None;
    }
    let help = match () {
        () if attribute == "Arn" && row.ref_is_arn => format!("write `!Ref {name}`, which is its ARN"),
        () if known.is_empty() => format!("write `!Ref {name}`: it has no attributes"),
        () => did_you_mean(attribute, known.iter().copied()).unwrap_or_else(|| {
            format!("it has {}", known.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", "))
        }),
    };
    Some(
        Diagnostic::new(
            Code::TPL005,
            format!("`{name}` has no attribute `{attribute}`, as no `{}` has", resource.kind),
        )
        .help(help),
    )
}

fn is_missing(template: &Template<'_, '_>, name: &str, kind: ReferenceKind<'_>) -> bool {
    let declared = match kind {
        ReferenceKind::Ref | ReferenceKind::SubRef => {
            template.parameters.contains_key(name)
                || PSEUDO_PARAMETERS.contains(&name)
                || template.resources.contains_key(name)
        }
        _ => template.resources.contains_key(name),
    };
    !declared && !template.is_of_module(name)
}

/// Shapes that the split relies on: `Ref` of a text, `GetAtt` of a name and an attribute.
fn shapes(template: &Template<'_, '_>, macros: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, declaration) in template.conditions.iter().filter(|(name, _)| !name.starts_with("Fn::")) {
        if call(declaration.value).is_none() {
            found.push(
                Diagnostic::new(Code::TPL006, format!("the condition `{name}` is no condition function"))
                    .at(declaration.key.outer(), "this condition")
                    .help("write `!Equals`, `!And`, `!Or`, `!Not` or `!Condition`: a tag may have been lost"),
            );
        }
    }
    let extended = template.has_language_extensions();
    for node in template.document.nodes() {
        let Some(call) = call(node) else { continue };
        // Directives have a finding of their own.
        let known =
            FUNCTIONS.contains(&call.name) || call.function == Function::ForEach || call.is_directive();
        if !known && !macros {
            found.push(
                Diagnostic::new(Code::TPL006, format!("`{}` is no intrinsic function", call.name))
                    .at(call.name_span(), "this call")
                    .help(did_you_mean(call.name, FUNCTIONS).unwrap_or_else(|| {
                        "CloudFormation refuses functions that it does not know".to_owned()
                    })),
            );
        }
        let scalar = call.text().is_some();
        let items = call.argument.items().count();
        let (wrong, shape) = match call.function {
            Function::Ref => (!scalar && !extended, "a name"),
            Function::GetAtt => {
                let empty = call.argument.items().any(|item| item.literal() == Some(""));
                (
                    call.get_att().is_none() && (!extended || scalar || empty),
                    "`Name.Attribute` or `[Name, Attribute]`",
                )
            }
            Function::Sub => (
                !(scalar || items == 2 && call.argument.kind() == Kind::Sequence),
                "a text, or a list of a text and a mapping",
            ),
            Function::If => (items != 3, "a list of a condition and two values"),
            Function::FindInMap => {
                (!(items == 3 || (items == 4 && extended)), "a list of a mapping and two keys")
            }
            _ => list_shape(&call, extended),
        };
        if wrong && !template::call(call.argument).is_some_and(|inner| inner.is_directive()) {
            let name = if call.name == "Ref" { "Ref".to_owned() } else { format!("Fn::{}", call.name) };
            found.push(
                Diagnostic::new(Code::TPL006, format!("`{name}` takes {shape}"))
                    .at(call.name_span(), "this call")
                    .help("write the argument in one of these forms"),
            );
        }
    }
    found
}

/// Functions whose list has a fixed length. A list that is itself computed (`!Join` of a `!Split`) is only
/// counted where it is written out.
///
/// Source: CloudFormation Template Reference, "Intrinsic functions" and "Condition functions".
fn list_shape(call: &Call<'_, '_>, extended: bool) -> (bool, &'static str) {
    let argument = call.argument;
    // The argument of the short form has the function's own tag.
    let computed = match call.form {
        Form::Short => argument.only_entry().is_some(),
        Form::Long => template::call(argument).is_some(),
    };
    let is_list = argument.kind() == Kind::Sequence;
    let items = argument.items().count();
    let (fits, shape) = match call.name {
        "Join" => (items == 2, "a list of a delimiter and a list of values"),
        "Select" => (items == 2, "a list of an index and a list of values"),
        "Split" => (items == 2, "a list of a delimiter and a text"),
        "Equals" => (items == 2, "a list of two values"),
        "Not" => (items == 1, "a list of one condition"),
        "And" | "Or" => ((2..=10).contains(&items), "a list of two to ten conditions"),
        "Cidr" => ((2..=3).contains(&items), "a list of a block, a count and perhaps the bits"),
        _ => return (false, ""),
    };
    (!(is_list && fits || computed && extended), shape)
}

/// Names, attributes of resources, values of outputs: what CloudFormation refuses before it looks at a type.
fn declarations(template: &Template<'_, '_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let resources = template.resources.values().map(|resource| ("resource", resource.declaration));
    let sections =
        [("parameter", &template.parameters), ("mapping", &template.mappings), ("output", &template.outputs)];
    let others =
        sections.into_iter().flat_map(|(what, section)| section.values().map(move |one| (what, *one)));
    for (what, declaration) in resources.chain(others) {
        let Some(name) = declaration.key.as_str().filter(|name| !name.starts_with("Fn::")) else { continue };
        if !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            found.push(
                Diagnostic::new(Code::TPL010, format!("the {what} name `{name}` is not alphanumeric"))
                    .at(declaration.key.outer(), "this name")
                    .help("use letters and digits only"),
            );
        }
        if what == "output"
            && declaration.value.kind() == Kind::Mapping
            && declaration.value.get("Value").is_none()
        {
            found.push(
                Diagnostic::new(Code::TPL007, format!("the output `{name}` has no value"))
                    .at(declaration.key.outer(), "this output")
                    .help("add `Value`, or remove the output"),
            );
        }
    }
    for resource in template.resources.values() {
        for (key, _) in resource.declaration.value.entries() {
            let Some(name) = key.as_str() else { continue };
            // What a packaging tool reads, it takes out.
            let packaged = name == "Overrides" && template::is_module(resource.kind);
            if packaged || ATTRIBUTES.contains(&name) || name.starts_with("Fn::") {
                continue;
            }
            found.push(
                Diagnostic::new(
                    Code::TPL007,
                    format!(
                        "a resource has no attribute `{name}`, which stands in `{}`: CloudFormation answers \"Invalid template resource property\"",
                        resource.name
                    ),
                )
                .at(key.outer(), "this attribute")
                .help(did_you_mean(name, ATTRIBUTES).unwrap_or_else(|| {
                    "what belongs to the type stands below `Properties`, what is for people below `Metadata`"
                        .to_owned()
                })),
            );
        }
    }
    found
}
