//! The account of what was looked at: every part of the three templates by a rule that understands it.

use super::Proof;
use super::system::{System, Unit};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::Expr;
use crate::template::{Form, Function, is_blue_green, is_serverless, is_understood, may_mean};

/// Sections whose entries the rules of the proof compare one by one, or as wholes.
const COMPARED: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    // For people.
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// Functions that need the language extensions.
/// Source: CloudFormation Template Reference, "AWS::LanguageExtensions transform".
const EXTENDED: [&str; 2] = ["ToJsonString", "Length"];

/// Names what no rule looked at, or none understands.
pub(super) fn account(systems: [&System<'_>; 3], proof: &mut Proof) {
    blue_green(systems, proof);
    for system in systems {
        sections(system, proof);
        functions(system, proof);
        names(system, proof);
    }
}

/// What a template for blue/green deployments may not have, where the monolith does without.
///
/// Source: CloudFormation User Guide, "Considerations when managing ECS blue/green deployments using CloudFormation":
/// outputs, `Fn::ImportValue`, parameters with `NoEcho`.
fn blue_green([monolith, _, app]: [&System<'_>; 3], proof: &mut Proof) {
    if !is_blue_green(app.template) {
        return;
    }
    let imports = |system: &System<'_>| {
        let units = system.resources.values().chain(system.conditions.values());
        let mut found = None;
        for unit in units {
            unit.expr.walk(&mut |part| {
                if matches!(part, Expr::Unary(name, _) | Expr::Call(name, _) if name == "ImportValue") {
                    found = found.or(Some(unit.place));
                }
            });
        }
        found
    };
    let secret = |system: &System<'_>| {
        let mut all = system.parameters.values();
        let hidden = |unit: &&Unit| unit.text("NoEcho").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        all.find(hidden).map(|unit| unit.place)
    };
    let outputs = |system: &System<'_>| system.outputs.values().next().map(|unit| unit.place);
    let parts = [
        (outputs(monolith), outputs(app), "outputs"),
        (imports(monolith), imports(app), "`Fn::ImportValue`"),
        (secret(monolith), secret(app), "parameters with `NoEcho`"),
    ];
    for (before, now, what) in parts {
        let (None, Some(place)) = (before, now) else { continue };
        proof.faults.push(
            Diagnostic::new(
                Code::PRF007,
                format!("a template for blue/green deployments takes no {what}: it cannot be deployed"),
            )
            .label(app.source, place, "the monolith has none")
            .help("let the application take what it needs by plain parameters: `wiring: parameters`"),
        );
    }
}

fn sections(system: &System<'_>, proof: &mut Proof) {
    for (key, _) in system.template.root.entries() {
        let name = key.as_str().unwrap_or_default();
        if !COMPARED.contains(&name) {
            proof.faults.push(
                Diagnostic::new(Code::PRF005, format!("no rule of the proof knows the section `{name}`"))
                    .label(system.source, key.outer(), "what it deploys is not known"),
            );
        }
    }
    for (name, node) in system.template.transforms() {
        if !is_understood(name) {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF005,
                    format!("the transform `{name}` may write anything: what the template deploys is not known"),
                )
                .label(system.source, node.outer(), "this transform")
                .help("compare the processed templates: `aws cloudformation get-template --template-stage Processed`"),
            );
        }
    }
}

/// Names that nothing declares, once the loops are written out, and keys of outputs that no output has.
fn names(system: &System<'_>, proof: &mut Proof) {
    if system.source == Source::Template {
        return;
    }
    // What a loop makes that is not written out has a name that begins and ends as it says.
    let is_resource = |name: &str| {
        system.resources.contains_key(name)
            || system.made.contains_key(name)
            || system.made.keys().any(|made| may_mean(made, name))
    };
    let is_declared =
        |name: &str| is_resource(name) || system.parameters.contains_key(name) || name.starts_with("AWS::");
    let is_serverless = is_serverless(system.template);
    let outputs =
        system.outputs.iter().filter(|(_, unit)| !unit.is_loop).map(|(name, unit)| (name.as_str(), unit));
    for (_, unit) in system.declarations().chain(outputs) {
        let owner = &unit.shown;
        let mut unknown = Vec::new();
        let mut no_resource = Vec::new();
        unit.expr.walk(&mut |part| match part {
            Expr::Ref(name) if !is_declared(name) => unknown.push(name.clone()),
            Expr::GetAtt(name, _) if !is_resource(name) => no_resource.push(name.clone()),
            _ => {}
        });
        no_resource.extend(unit.waits_for().into_iter().filter(|name| !is_resource(name)).map(str::to_owned));
        let (parameters, others): (Vec<_>, Vec<_>) =
            no_resource.into_iter().partition(|name| system.parameters.contains_key(name));
        unknown.extend(others);
        // The transform of serverless resources makes resources of its own, whose names the monolith uses as well.
        if system.source != Source::Iam && is_serverless {
            unknown.retain(|name| !is_generated(system, name));
        }
        unknown.retain(|name| !system.template.is_of_module(name));
        if let Some(name) = unknown.first() {
            proof.faults.push(
                Diagnostic::new(Code::PRF005, format!("`{owner}` names `{name}`, which nothing declares"))
                    .label(system.source, unit.place, "CloudFormation cannot resolve it")
                    .help("declare it, or correct the name"),
            );
        }
        if let Some(name) = parameters.first() {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF005,
                    format!("`{owner}` needs the resource `{name}`, which is a parameter here"),
                )
                .label(system.source, unit.place, "CloudFormation cannot resolve it")
                .help(format!(
                    "write `!Ref {name}` for what the parameter has; a parameter is waited for by nobody"
                )),
            );
        }
        if let Some(wait) = unit.entry("DependsOn").filter(|wait| !is_names(wait)) {
            proof.faults.push(
                Diagnostic::new(Code::PRF005, format!("the `DependsOn` of `{owner}` is no logical id"))
                    .label(
                        system.source,
                        unit.place,
                        format!("CloudFormation takes names alone there, and no `{}`", call_name(wait)),
                    )
                    .help("write the logical ids of resources, as texts"),
            );
        }
    }
    for (name, unit) in system.outputs.iter().filter(|(_, unit)| !unit.is_loop) {
        let Expr::Map(entries) = &unit.expr else { continue };
        if let Some((key, _)) =
            entries.iter().find(|(key, _)| !crate::template::OUTPUT_KEYS.contains(&key.as_str()))
        {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF005,
                    format!("the output `{name}` has a key `{key}` that no rule of the proof knows"),
                )
                .label(system.source, unit.place, "this output")
                .help("correct its spelling, or remove it"),
            );
        }
    }
}

/// Whether a `DependsOn` is a logical id, or a list of them.
/// Source: CloudFormation Template Reference, "DependsOn attribute": "String" or "List of String"; functions are no values of it.
fn is_names(wait: &Expr) -> bool {
    match wait {
        Expr::Text(_) | Expr::Plain(_) => true,
        Expr::List(names) => names.iter().all(|name| matches!(name, Expr::Text(_) | Expr::Plain(_))),
        _ => false,
    }
}

/// What a value is that is no name.
fn call_name(wait: &Expr) -> String {
    match wait {
        Expr::List(names) => names.iter().find(|name| !is_names(name)).map_or_else(String::new, call_name),
        Expr::Ref(_) => "Ref".to_owned(),
        Expr::GetAtt(..) => "Fn::GetAtt".to_owned(),
        Expr::Call(name, _) | Expr::Unary(name, _) => format!("Fn::{name}"),
        Expr::Concat(_) => "Fn::Sub".to_owned(),
        _ => "mapping".to_owned(),
    }
}

/// Whether a name is one that SAM makes of a serverless resource.
///
/// Source: AWS SAM Developer Guide, "Generated CloudFormation resources": `ServerlessRestApi` and its kin, and names that
/// begin with the resource's, as `FunctionRole`, `FunctionAliaslive`, `Function.Version`.
fn is_generated(system: &System<'_>, name: &str) -> bool {
    let of_serverless = |(own, unit): (&String, &Unit)| {
        unit.kind().starts_with("AWS::Serverless::")
            && name.len() > own.len()
            && name.starts_with(own.as_str())
    };
    name.starts_with("Serverless") || system.resources.iter().any(of_serverless)
}

/// Functions that bring in text from elsewhere, and those whose transform is missing.
fn functions(system: &System<'_>, proof: &mut Proof) {
    let extended = system.template.has_language_extensions();
    let mut missing: Option<(String, crate::text::Span)> = None;
    for node in system.template.document.nodes() {
        // A macro or a loop may stand among other keys.
        for (key, _) in node.entries() {
            match key.as_str() {
                Some("Fn::Transform") => proof.faults.push(brought_in(system.source, key.outer())),
                Some(name) if name.starts_with("Fn::ForEach") && !extended => {
                    missing = missing.or(Some((name.to_owned(), key.outer())));
                }
                _ => {}
            }
        }
        let Some(call) = crate::template::call(node) else { continue };
        match call.function {
            Function::Transform if call.form == Form::Short => {
                proof.faults.push(brought_in(system.source, call.name_span()));
            }
            _ if EXTENDED.contains(&call.name) && !extended => {
                missing = missing.or(Some((format!("Fn::{}", call.name), call.name_span())));
            }
            Function::FindInMap if !extended && is_extended_lookup(&crate::expression::lower(node)) => {
                missing = missing.or(Some(("Fn::FindInMap".to_owned(), call.name_span())));
            }
            Function::Ref | Function::GetAtt
                if !extended && computes_a_name(&crate::expression::lower(node)) =>
            {
                missing = missing.or(Some((call.name.to_owned(), call.name_span())));
            }
            _ => {}
        }
    }
    for (name, unit) in &system.resources {
        if let (Expr::Map(entries), false) = (&unit.expr, extended)
            && entries.iter().any(|(key, value)| {
                matches!(key.as_str(), "DeletionPolicy" | "UpdateReplacePolicy")
                    && !matches!(value, Expr::Text(_))
            })
        {
            missing = missing.or(Some((format!("the policy of `{name}`"), unit.place)));
        }
    }
    if let Some((what, place)) = missing {
        let which = match system.source {
            Source::Iam => "the IAM template",
            Source::App => "the application template",
            _ => "the template",
        };
        proof.faults.push(
            Diagnostic::new(
                Code::PRF005,
                format!("{which} uses the language extensions without their transform"),
            )
            .label(system.source, place, format!("`{what}` needs it"))
            .help("add `Transform: AWS::LanguageExtensions`"),
        );
    }
}

fn brought_in(source: Source, place: crate::text::Span) -> Diagnostic {
    Diagnostic::new(Code::PRF005, "a macro writes a part of the template: what it deploys is not known")
        .label(source, place, "this part")
        .help("compare the processed templates: `aws cloudformation get-template --template-stage Processed`")
}

/// A lookup with a default, or with computed arguments other than references and lookups.
fn is_extended_lookup(call: &Expr) -> bool {
    let Expr::Call(_, arguments) = call else { return true };
    let is_plain = |argument: &Expr| match argument {
        Expr::Text(_) | Expr::Plain(_) | Expr::Ref(_) => true,
        Expr::Call(name, _) => name == "FindInMap",
        _ => false,
    };
    arguments.len() != 3 || !arguments.iter().all(is_plain)
}

fn computes_a_name(call: &Expr) -> bool {
    matches!(call, Expr::Unary(name, _) | Expr::Call(name, _) if name == "Ref" || name == "GetAtt")
}
