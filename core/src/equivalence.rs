//! The proof that a pair deploys what its monolith deploys, for all values of the parameters, in each world that a
//! deployment goes through.
//!
//! 1. The IAM stack alone (`alone`): two-phase values are empty and the application does not exist.
//! 2. The application being created (`arrival`, `creation`, `order`): what arrives is admitted, what services check is
//!    permitted, what waited waits.
//! 3. Both stand: the wiring is put in the place of the parameters (an output's value for the application's parameter,
//!    the stack's name for the IAM template's); then the forms of monolith and pair are the same, resource by resource.
//!    Where they are not, the difference is a scope that widened, or a fault (`walk`).
//! 4. Update, and deletion in reverse: the same graph of waits.
//!
//! `account` holds that every part of the three templates was looked at by a rule that understands it.

mod account;
mod alone;
mod arrival;
mod attachments;
mod bounds;
mod creation;
mod declarations;
mod documents;
mod existence;
mod given_out;
mod order;
mod side;
mod system;
mod unused;
mod walk;
mod wiring;
mod worlds;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use attachments::attachments;
use side::{Common, Side};
use system::System;
use walk::Walk;

pub use wiring::Wiring;

use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::plan::{NameNeed, Resolver};
use crate::template::Template;

/// A monolith and the pair that is to be the same.
#[derive(Clone, Copy)]
pub struct Triple<'p> {
    /// The monolith.
    pub monolith: &'p Template<'p, 'p>,
    /// The IAM template.
    pub iam: &'p Template<'p, 'p>,
    /// The application template.
    pub app: &'p Template<'p, 'p>,
}

/// A scope that differs from the monolith's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// The moved resource.
    pub resource: String,
    /// The statement, by its `Sid` or number.
    pub statement: String,
    /// The element, with the operator and key of a condition.
    pub element: String,
    /// The value as the monolith says it.
    pub before: String,
    /// The value as the pair says it.
    pub after: String,
    /// Whether the new scope covers the old one.
    pub covers: bool,
    /// What it reaches beyond: other stacks, other accounts, objects.
    pub reaches: String,
}

/// What a proof found.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Resources whose forms are the same, or differ by widened scopes alone.
    pub proven: usize,
    /// Scopes that widened, all of them.
    pub widened: Vec<Change>,
    /// Statements that stand in a policy of the application template: role and policy.
    pub attached: Vec<(String, String)>,
    /// What is not the same, or not known to be.
    pub faults: Vec<Diagnostic>,
    /// What the patterns and names that were found ask of the application stack's name.
    needs: Vec<NameNeed>,
}

/// Proves a pair.
#[must_use]
pub fn prove(triple: &Triple<'_>, wiring: &Wiring) -> Proof {
    let mut proof = Proof::default();
    let monolith = System::of(triple.monolith, Source::Template);
    let iam = System::of(triple.iam, Source::Iam);
    let app = System::of(triple.app, Source::App);
    for system in [&monolith, &iam, &app] {
        proof.faults.extend(system.faults.iter().cloned());
    }
    // What is not written out cannot be compared.
    if [&monolith, &iam, &app].iter().any(|system| system.is_too_large) {
        return proof;
    }
    let common = Common::new(&monolith);
    let wiring = wiring::proven(wiring, [&monolith, &iam, &app], &mut proof);
    let whole = Side::new(&common, &monolith, BTreeMap::new(), Vec::new());
    let sides = wiring::sides(&wiring, &common, &iam, &app, &mut proof);
    let (of_iam, of_app) = (&sides.iam, &sides.app);
    for side in [&whole, of_iam, of_app] {
        for name in &side.circular {
            let place = side.system.conditions.get(name).map_or(crate::text::Span::at(0), |unit| unit.place);
            proof.faults.push(
                Diagnostic::new(Code::PRF005, format!("the condition `{name}` names itself in a circle"))
                    .label(side.system.source, place, "this condition"),
            );
        }
    }
    let is_moved = |name: &str| iam.resources.contains_key(name);
    let resolver = Resolver::new(triple.monolith, &is_moved, "AWS::StackName");
    let attached = attachments(&monolith, &iam, of_app, &mut proof);
    for (name, unit) in &monolith.resources {
        let (side, source, other) = match (iam.resources.get(name), app.resources.get(name)) {
            (Some(moved), None) => (of_iam, Source::Iam, moved),
            (None, Some(kept)) => (of_app, Source::App, kept),
            // Both create it: the contract says so.
            (Some(_), Some(_)) => continue,
            (None, None) => {
                proof.faults.push(
                    Diagnostic::new(Code::PRF003, format!("the resource `{name}` is in neither template"))
                        .at(unit.place, "the monolith declares it")
                        .help("split the monolith again"),
                );
                continue;
            }
        };
        let care = if unit.is_loop { Cond::ALWAYS } else { whole.exists(unit) };
        let exists = if other.is_loop { Cond::ALWAYS } else { side.exists(other) };
        let mut before = whole.resource(unit, care);
        let mut after = side.resource(other, care);
        if unit.is_loop {
            order::more_waits(&before, &mut after);
        }
        let mut walk = Walk {
            name,
            kind: unit.kind(),
            resolver: (source == Source::Iam).then_some(&resolver),
            whole: &whole,
            place: other.place,
            source,
            statement: None,
            proof: &mut proof,
            faults: 0,
            in_text: false,
        };
        if care != exists {
            walk.faults += 1;
            walk.proof.faults.push(
                Diagnostic::new(
                    Code::PRF001,
                    format!("`{name}` exists on another condition than in the monolith"),
                )
                .label(source, other.place, "this resource")
                .help("split the monolith again; do not edit the pair by hand"),
            );
        }
        let added: Vec<_> = attached.iter().filter(|policy| policy.role == *name).collect();
        if !added.is_empty() {
            attachments::compare(&mut walk, &mut before, &mut after, &added, of_app, care);
        }
        walk.compare(&mut Vec::new(), &before, &after, care);
        if walk.faults == 0 {
            proof.proven += 1;
        }
    }
    attachments::names(&attached, [&whole, of_iam, of_app], &mut proof);
    documents::documents(&attached, [&whole, of_iam, of_app], &mut proof);
    unused::unused([&whole, of_iam, of_app], &mut proof);
    declarations::declarations(triple, &wiring, [&whole, of_iam, of_app], &mut proof);
    let later = alone::alone(&whole, of_iam, sides.alone.as_ref(), &resolver, &mut proof);
    given_out::given_out([&whole, of_iam, of_app], &mut proof);
    arrival::arrival(&wiring, &sides, &mut proof);
    let acting = creation::creation(&whole, of_iam, of_app, &later, &attached, &mut proof);
    order::order([&whole, of_iam, of_app], &attached, &acting, &mut proof);
    bounds::bounds(triple.iam, &wiring, &mut proof);
    account::account([&monolith, &iam, &app], &mut proof);
    if common.conditions.is_exhausted() {
        let place =
            triple.monolith.root.entry("Conditions").or_else(|| triple.monolith.root.entry("Resources"));
        let place = place.map_or(triple.monolith.root.span(), |(key, _)| key.outer());
        proof.faults.push(
            Diagnostic::new(
                Code::PRF005,
                "the conditions ask more than the proof can hold: nothing is decided",
            )
            .at(place, "these, and where they are used")
            .help("make the template smaller, or compare parts of it"),
        );
    }
    proof
}
