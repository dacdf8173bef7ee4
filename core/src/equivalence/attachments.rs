//! Statements that moved from a role into a policy of the application template.

use std::collections::BTreeMap;

use super::{Proof, Side, Triple};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::{Expr, lower};
use crate::template::Resource;

/// Statements of `RolePolicy` resources that only the application template has, by the moved role.
pub(super) fn attachments(
    triple: &Triple<'_>,
    whole: &Side<'_>,
    app: &Side<'_>,
    proof: &mut Proof,
) -> BTreeMap<String, Vec<Expr>> {
    let mut attached: BTreeMap<String, Vec<Expr>> = BTreeMap::new();
    for (name, resource) in &triple.app.resources {
        if triple.monolith.resources.contains_key(name) {
            continue;
        }
        let property = |name: &str| resource.property(&[name]).map(|node| app.normal(&lower(node)));
        let role = match (resource.kind, property("RoleName")) {
            ("AWS::IAM::RolePolicy", Some(Expr::Ref(role)))
                if triple.iam.resources.contains_key(role.as_str()) =>
            {
                role
            }
            _ => {
                proof.faults.push(
                    Diagnostic::new(Code::PRF004, format!("the monolith has no resource `{name}`"))
                        .label(
                            Source::App,
                            resource.declaration.key.outer(),
                            "only the application template has it",
                        )
                        .help("remove it, or compare with the monolith that the pair was made of"),
                );
                continue;
            }
        };
        // The policy must exist exactly when the role does.
        let condition = |side: &Side<'_>, resource: Option<&Resource<'_, '_>>| {
            resource
                .and_then(|resource| resource.condition)
                .and_then(|name| side.conditions.get(name).cloned())
        };
        if condition(whole, triple.monolith.resources.get(role.as_str())) != condition(app, Some(resource)) {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF001,
                    format!("`{name}` has another condition than its role `{role}`"),
                )
                .label(Source::App, resource.declaration.key.outer(), "this policy"),
            );
        }
        let document = property("PolicyDocument");
        attached.entry(role.clone()).or_default().extend(document.iter().flat_map(statements));
        proof.attached.push((role, (*name).to_owned()));
    }
    attached
}

/// The statements of a policy document, each with the document's version.
fn statements(document: &Expr) -> Vec<Expr> {
    let Expr::Map(entries) = document else { return vec![document.clone()] };
    let get = |key: &str| entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let version = get("Version").unwrap_or_else(|| Expr::text("2008-10-17"));
    let list = match get("Statement") {
        Some(Expr::List(list)) => list,
        other => other.into_iter().collect(),
    };
    list.into_iter()
        .map(|statement| match statement {
            Expr::Map(mut entries) => {
                entries.push(("Version".to_owned(), version.clone()));
                Expr::Map(entries)
            }
            other => Expr::List(vec![version.clone(), other]),
        })
        .collect()
}

/// The statements of a role's inline policies, and some more: which policy holds which is no matter.
pub(super) fn statements_of(role: &Expr, added: &[Expr]) -> Vec<Expr> {
    let policies = entry(role, "Properties").and_then(|properties| entry(properties, "Policies"));
    let policies = match policies {
        Some(Expr::List(policies)) => policies.as_slice(),
        _ => &[],
    };
    let inline =
        policies.iter().flat_map(|policy| statements(entry(policy, "PolicyDocument").unwrap_or(policy)));
    inline.chain(added.iter().cloned()).collect()
}

fn entry<'e>(expr: &'e Expr, key: &str) -> Option<&'e Expr> {
    match expr {
        Expr::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
        _ => None,
    }
}

/// Statements in the order of those that are wanted: the same ones in their places, the others as they come.
pub(super) fn align(wanted: &[Expr], mut given: Vec<Expr>) -> Vec<Expr> {
    let mut places: Vec<Option<Expr>> = Vec::new();
    for statement in wanted {
        let same = given.iter().position(|other| other == statement);
        places.push(same.map(|at| given.remove(at)));
    }
    let mut rest = given.into_iter();
    let mut aligned: Vec<Expr> =
        places.into_iter().filter_map(|place| place.or_else(|| rest.next())).collect();
    aligned.extend(rest);
    aligned
}

/// Puts statements in the place of a role's inline policies.
pub(super) fn statements_alone(role: &mut Expr, statements: Vec<Expr>) {
    let Expr::Map(entries) = role else { return };
    let Some((_, Expr::Map(properties))) = entries.iter_mut().find(|(key, _)| key == "Properties") else {
        return;
    };
    properties.retain(|(key, _)| key != "Policies");
    properties.push(("Policies".to_owned(), Expr::List(statements)));
}
