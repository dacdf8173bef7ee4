//! What moved, and how it hangs together with the application.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Read;
use crate::equivalence::Wiring;
use crate::template::{Owner, Reference, Target, Template};
use crate::text::Span;

/// A resource of the pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its logical id.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Its name in the template that holds it.
    pub place: Span,
    /// Whether the IAM template holds it.
    pub moved: bool,
}

/// How a resource depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Bond {
    /// It takes the other's ARN by a parameter.
    Uses,
    /// Its policy names the other, by name, ARN or pattern; known where the monolith is given.
    Names,
    /// It references the other inside the IAM template.
    Inside,
}

/// A dependency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dependency {
    /// The resource that depends.
    pub from: String,
    /// The resource that it depends on.
    pub to: String,
    /// How.
    pub bond: Bond,
}

/// The resources of the IAM template, those of the application that have to do with them, and how.
#[must_use]
pub(super) fn dependencies(
    of_iam: &Read<'_>,
    of_app: &Read<'_>,
    monolith: Option<&Read<'_>>,
    wiring: &Wiring,
) -> (Vec<Node>, Vec<Dependency>) {
    let (iam, app) = (&of_iam.template, &of_app.template);
    let moved = |name: &str| iam.resources.contains_key(name);
    let stays = |name: &str| app.resources.contains_key(name) && !moved(name);
    let mut edges = BTreeSet::new();
    let mut add = |from: &str, to: &str, bond| {
        edges.insert(Dependency { from: from.to_owned(), to: to.to_owned(), bond });
    };
    for (from, name) in by_resource(&of_app.references) {
        let output = wiring.wires.get(name).map(String::as_str);
        let target = output.map(|output| output.strip_suffix("Arn").unwrap_or(output));
        if let Some(target) = target.filter(|target| moved(target)) {
            add(from, target, Bond::Uses);
        }
    }
    for (from, name) in by_resource(&of_iam.references) {
        if from != name && moved(from) && moved(name) {
            add(from, name, Bond::Inside);
        }
    }
    for (from, name) in monolith.map(|monolith| by_resource(&monolith.references)).unwrap_or_default() {
        if moved(from) && stays(name) {
            add(from, name, Bond::Names);
        }
    }
    let edges: Vec<Dependency> = edges.into_iter().collect();
    let touched: BTreeSet<&str> =
        edges.iter().flat_map(|edge| [edge.from.as_str(), edge.to.as_str()]).collect();
    let node = |template: &Template<'_, '_>, name: &str, moved| {
        let resource = template.resources.get(name)?;
        Some(Node {
            name: name.to_owned(),
            kind: resource.kind.to_owned(),
            place: resource.declaration.key.span(),
            moved,
        })
    };
    let of_iam = iam.resources.keys().filter_map(|name| node(iam, name, true));
    let of_app = app.resources.keys().filter(|name| touched.contains(*name) && !moved(name));
    (of_iam.chain(of_app.filter_map(|name| node(app, name, false))).collect(), edges)
}

/// Which resource names what.
fn by_resource<'d>(references: &[Reference<'d, '_>]) -> Vec<(&'d str, &'d str)> {
    let named = |reference: &Reference<'d, '_>| match (reference.owner, reference.target) {
        (Owner::Resource(from), Target::Name(name)) => Some((from, name)),
        _ => None,
    };
    references.iter().filter_map(named).collect()
}
