//! What the templates give out: outputs and exports that CloudFormation can make, and conditions that it can decide.
//!
//! What the monolith has is its own matter. What only the pair has must stand by itself.

use std::collections::BTreeSet;

use super::Proof;
use super::side::Side;
use super::system::Unit;
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::expression::Expr;
use crate::facts::{iam_attributes, limit};
use crate::value::Value;

/// Checks outputs, exports and conditions of the pair.
pub(super) fn given_out([whole, of_iam, of_app]: [&Side<'_>; 3], proof: &mut Proof) {
    let mut exported: Vec<Exported> = Vec::new();
    for side in [of_iam, of_app] {
        conditions(whole, side, proof);
        for (name, unit) in side.system.outputs.iter().filter(|(_, unit)| !unit.is_loop) {
            let is_new = side.system.source == Source::Iam || !whole.system.outputs.contains_key(name);
            let why = if is_new { output(whole, side, unit) } else { None };
            if let Some(why) = why.or_else(|| export(whole, side, name, unit, &mut exported)) {
                proof.faults.push(
                    Diagnostic::new(
                        Code::PRF006,
                        format!("{} cannot be created: its output `{name}` {why}", world(side)),
                    )
                    .label(side.system.source, unit.place, "this output")
                    .help("correct it, or split the monolith again"),
                );
            }
            proof.faults.extend(once(side, name, unit).filter(|_| side.system.source == Source::Iam));
        }
    }
}

/// Names of exports without the stack's: a second stack in the account and region cannot be created.
///
/// Source: CloudFormation User Guide, "Get exported outputs": a name is unique within an account and region.
fn once(side: &Side<'_>, output: &str, unit: &Unit) -> Option<Diagnostic> {
    let name = side.form().value(unit.export()?, Cond::ALWAYS);
    // The IAM stack's own name, or the application's.
    let mut says_stack = false;
    name.walk(&mut |part| {
        says_stack |=
            matches!(part, Value::Ref(of) if of.ends_with("AWS::StackName") || of.ends_with("AWS::StackId"));
    });
    (!says_stack).then(|| {
        Diagnostic::new(
            Code::PRF006,
            format!("a second IAM stack in one account and region cannot be created: its output `{output}` is exported under a name without the stack's"),
        )
        .with_severity(Severity::Warning)
        .label(side.system.source, unit.place, "this output")
        .help(format!("export it as `${{AWS::StackName}}-{output}`"))
    })
}

/// An output that is exported.
struct Exported {
    name: Value,
    source: Source,
    output: String,
    /// When it is there.
    cond: Cond,
}

fn world(side: &Side<'_>) -> &'static str {
    if side.system.source == Source::Iam { "the IAM stack" } else { "the application" }
}

/// What is wrong with an output that the monolith does not have.
///
/// Source: CloudFormation Template Reference, "Outputs section": a description is a text of up to 1,024 bytes.
fn output(whole: &Side<'_>, side: &Side<'_>, unit: &Unit) -> Option<String> {
    match unit.entry("Description") {
        None => {}
        Some(Expr::Text(text) | Expr::Plain(text)) if text.len() <= limit::DESCRIPTION => {}
        Some(Expr::Text(_) | Expr::Plain(_)) => {
            return Some(format!("has a description of more than {} bytes", limit::DESCRIPTION));
        }
        Some(_) => return Some("has a description that is no text".to_owned()),
    }
    let mut unknown = None;
    unit.value()?.walk(&mut |part| {
        if let Expr::GetAtt(name, attribute) = part
            && let Some(resource) = side.system.resources.get(name)
            && resource.kind().starts_with("AWS::IAM::")
            && !iam_attributes(resource.kind()).contains(&attribute.as_str())
            && !uses(whole, name, attribute)
        {
            unknown =
                Some(format!("asks for `{name}.{attribute}`, which `{}` does not have", resource.kind()));
        }
    });
    unknown
}

/// Whether the monolith asks for an attribute too.
fn uses(whole: &Side<'_>, name: &str, attribute: &str) -> bool {
    let mut found = false;
    for unit in whole.system.resources.values().chain(whole.system.outputs.values()) {
        unit.expr.walk(&mut |part| {
            found |= matches!(part, Expr::GetAtt(of, wanted) if of == name && wanted == attribute);
        });
    }
    found
}

/// What is wrong with the name of an export; names are taken note of.
///
/// Source: CloudFormation API Reference, `Export` ("alphanumeric characters, colons, or hyphens"); User Guide, "Get
/// exported outputs": a name is unique in an account and region, and no function of a resource or import makes it.
fn export(
    whole: &Side<'_>,
    side: &Side<'_>,
    output: &str,
    unit: &Unit,
    exported: &mut Vec<Exported>,
) -> Option<String> {
    unit.entry("Export")?;
    let Some(export) = unit.export() else { return Some("has an export without a name".to_owned()) };
    let name = side.form().value(export, Cond::ALWAYS);
    if matches!(&name, Value::List(_) | Value::Map(_)) || name.as_text().is_some_and(|name| name.is_empty()) {
        return Some("has an export whose name is no text".to_owned());
    }
    let mut computed = None;
    name.walk(&mut |part| {
        if let Value::Call(function, _) = part
            && matches!(function.as_str(), "ImportValue" | "GetStackOutput" | "GetAtt")
        {
            computed = Some(format!("has an export whose name is made by `Fn::{function}`"));
        }
        if let Value::GetAtt(of, _) | Value::Ref(of) = part
            && (side.system.resources.contains_key(of) || whole.system.resources.contains_key(of))
        {
            computed = Some(format!("has an export whose name is made of the resource `{of}`"));
        }
    });
    let source = side.system.source;
    let cond = side.exists(unit);
    let is_own = |name: &str| whole.system.outputs.contains_key(name);
    let form = side.form();
    let meets = |other: &&Exported| {
        // Two of the monolith's own clash there, too.
        if is_own(output) && is_own(&other.output) && source == Source::App && other.source == Source::App {
            return false;
        }
        let both = form.conditions.and(cond, other.cond);
        form.alternatives(&name, both).iter().any(|(here, a)| {
            form.alternatives(&other.name, *here).iter().any(|(there, b)| a == b && *there != Cond::NEVER)
        })
    };
    let clash =
        exported.iter().find(meets).map(|other| format!("is exported under the name of `{}`", other.output));
    exported.push(Exported { name: name.clone(), source, output: output.to_owned(), cond });
    if source == Source::App {
        return computed.or(clash);
    }
    let parts = match &name {
        Value::Concat(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let odd = parts.iter().filter_map(Value::as_text).find(|text| {
        text.chars().any(|letter| !(letter.is_ascii_alphanumeric() || matches!(letter, ':' | '-')))
    });
    let odd = odd.map(|text| {
        format!(
            "is exported under a name with `{text}`: only letters, digits, colons and hyphens may stand there"
        )
    });
    let only_parameter = matches!(&name, Value::Ref(of) if side.system.parameters.contains_key(of))
        .then(|| "is exported under a parameter's value alone, which may be empty".to_owned());
    computed.or(odd).or(only_parameter).or(clash)
}

/// Conditions name parameters, mappings and each other, and nothing else.
///
/// Source: CloudFormation Template Reference, "Condition functions": supported functions; a condition cannot reference
/// a resource.
fn conditions(whole: &Side<'_>, side: &Side<'_>, proof: &mut Proof) {
    for (name, unit) in side.system.conditions.iter().filter(|(_, unit)| !unit.is_loop) {
        let mut wrong: BTreeSet<String> = BTreeSet::new();
        unit.expr.walk(&mut |part| match part {
            Expr::GetAtt(of, _) => drop(wrong.insert(format!("names the resource `{of}`"))),
            Expr::Ref(of) if side.system.resources.contains_key(of) => {
                wrong.insert(format!("names the resource `{of}`"));
            }
            Expr::Ref(of) if !side.system.parameters.contains_key(of) && !of.starts_with("AWS::") => {
                wrong.insert(format!("names `{of}`, which nothing declares"));
            }
            // "Conditions can only be boolean operations on parameters and other conditions."
            Expr::Unary(function, _) | Expr::Call(function, _)
                if matches!(
                    function.as_str(),
                    "ImportValue" | "GetStackOutput" | "If" | "GetAZs" | "Cidr" | "Base64"
                ) =>
            {
                wrong.insert(format!("asks `Fn::{function}`, which no condition may"));
            }
            Expr::Unary(function, of) if function == "Condition" => {
                if let Expr::Text(of) = of.as_ref()
                    && !side.system.conditions.contains_key(of)
                    && !whole.system.conditions.values().any(|unit| unit.is_loop)
                {
                    wrong.insert(format!("names the condition `{of}`, which nothing declares"));
                }
            }
            _ => {}
        });
        let is_own = whole.system.conditions.get(name).is_some_and(|own| own.expr == unit.expr);
        for why in wrong.into_iter().filter(|_| !is_own || side.system.source == Source::Iam) {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF006,
                    format!("{} cannot be created: its condition `{name}` {why}", world(side)),
                )
                .label(side.system.source, unit.place, "this condition")
                .help("remove it, or let it ask for parameters"),
            );
        }
    }
}
