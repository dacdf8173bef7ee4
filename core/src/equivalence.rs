//! The proof that a pair deploys what its monolith deploys, for all values of the parameters.
//!
//! The wiring is put in the place of the parameters (an output's value for the application's parameter,
//! the stack's name for the IAM template's); then the normal forms of monolith and pair are the same,
//! resource by resource. Where they are not, the difference is a scope that widened, or a fault.

mod attachments;
mod bounds;
mod declarations;
mod side;
mod walk;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use attachments::{align, attachments, statements_alone, statements_of};
use bounds::bounds;
use declarations::declarations;
use side::{OF_IAM, Side};
use walk::Walk;

use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::{Expr, lower};
use crate::plan::{NameNeed, Resolver};
use crate::syntax::Node;
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
    /// Resources whose normal forms are the same, or differ by widened scopes alone.
    pub proven: usize,
    /// Scopes that widened, all of them.
    pub widened: Vec<Change>,
    /// Statements that stand in a policy of the application template: role and policy.
    pub attached: Vec<(String, String)>,
    /// What is not the same.
    pub faults: Vec<Diagnostic>,
    /// What the patterns that were found ask of the application stack's name.
    needs: Vec<NameNeed>,
}

/// How the pair is wired, as the IAM template's own mark says, or as the names show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// The parameter that takes the application stack's name.
    pub stack_parameter: Option<String>,
    /// Parameters of the IAM template that outputs of the application fill.
    pub two_phase: BTreeMap<String, String>,
    /// Parameters of the application that outputs of the IAM template fill.
    pub wires: BTreeMap<String, String>,
    /// The application's parameter for the IAM stack's name, where it reads outputs itself.
    pub iam_stack: Option<String>,
}

impl Wiring {
    /// Reads the wiring of a pair.
    #[must_use]
    pub fn of(iam: &Template<'_, '_>, app: &Template<'_, '_>) -> Self {
        let named = iam.stack_parameter().map(str::to_owned);
        // One that the application has too is the monolith's own.
        let usual = iam.parameters.contains_key(crate::plan::APP_STACK_PARAMETER)
            && !app.parameters.contains_key(crate::plan::APP_STACK_PARAMETER);
        let usual = usual.then(|| crate::plan::APP_STACK_PARAMETER.to_owned());
        let text = |node: Node<'_, '_>| node.as_str().unwrap_or_default().to_owned();
        let two_phase = iam.two_phase().map(|(parameter, output)| (text(parameter), text(output))).collect();
        let mut wires = BTreeMap::new();
        for output in iam.outputs.keys() {
            let stem = output.strip_suffix("Arn").filter(|stem| app.parameters.contains_key(stem));
            let own = app.parameters.contains_key(output).then_some(*output);
            if let Some(parameter) = stem.or(own) {
                wires.insert(parameter.to_owned(), (*output).to_owned());
            }
        }
        let iam_stack = iam.iam_stack_parameter().map(str::to_owned);
        Self { stack_parameter: named.or(usual), two_phase, wires, iam_stack }
    }
}

/// Proves a pair.
#[must_use]
pub fn prove(triple: &Triple<'_>, wiring: &Wiring) -> Proof {
    let Triple { monolith, iam, app } = *triple;
    let mut proof = Proof::default();
    let value = |template: &Template<'_, '_>, output: &str| {
        template.outputs.get(output).and_then(|output| output.value.get("Value")).map(lower)
    };
    let plain = |expr: &Expr| policy_arn(monolith, expr);
    let of_app = |expr: &Expr| match expr {
        Expr::Ref(name) if name.starts_with(OF_IAM) => Some(Expr::reference(name.trim_start_matches(OF_IAM))),
        Expr::Ref(name) => match wiring.wires.get(name) {
            Some(output) => value(iam, output).map(|value| plain(&value).unwrap_or(value)),
            None => plain(expr),
        },
        _ => plain(expr),
    };
    let of_iam = |expr: &Expr| match expr {
        Expr::Ref(name) if Some(name) == wiring.stack_parameter.as_ref() => {
            Some(Expr::reference("AWS::StackName"))
        }
        // The IAM stack's own name and id are not the application's.
        Expr::Ref(name) if matches!(name.as_str(), "AWS::StackName" | "AWS::StackId") => {
            Some(Expr::reference(format!("Iam{name}")))
        }
        Expr::Ref(name) => match wiring.two_phase.get(name) {
            Some(output) => value(app, output),
            None => plain(expr),
        },
        _ => plain(expr),
    };
    let filled = |expr: &Expr| {
        matches!(expr, Expr::Call(not, inner) if not == "Not"
            && matches!(inner.as_slice(), [Expr::Call(equals, sides)] if equals == "Equals"
                && matches!(sides.as_slice(), [Expr::Ref(name), Expr::Text(empty)]
                    if empty.is_empty() && wiring.two_phase.contains_key(name))))
    };
    let outputs: BTreeMap<String, Expr> = iam
        .outputs
        .iter()
        .filter_map(|(name, output)| Some(((*name).to_owned(), output.value.get("Value").map(lower)?)))
        .collect();
    let mut sides = [
        Side::new(monolith, &plain, &|_| false, monolith),
        Side::new(iam, &of_iam, &filled, monolith),
        Side::new(app, &of_app, &|_| false, monolith),
    ];
    if let (Some(stack), [_, _, app]) = (&wiring.iam_stack, &mut sides) {
        app.outside = Some((stack.clone(), outputs));
    }
    let [whole, of_iam_side, of_app_side] = &sides;
    let is_moved = |name: &str| iam.resources.contains_key(name);
    let resolver = Resolver::new(monolith, &is_moved, "AWS::StackName");
    let attached = attachments(triple, whole, of_app_side, &mut proof);
    for (name, resource) in &monolith.resources {
        let (side, source, other) = match (iam.resources.get(name), app.resources.get(name)) {
            (Some(moved), None) => (of_iam_side, Source::Iam, moved),
            (None, Some(kept)) => (of_app_side, Source::App, kept),
            (Some(_), Some(_)) => continue,
            (None, None) => {
                proof.faults.push(
                    Diagnostic::new(Code::PRF003, format!("the resource `{name}` is in neither template"))
                        .at(resource.declaration.key.outer(), "the monolith declares it")
                        .help("split the monolith again"),
                );
                continue;
            }
        };
        let mut before = whole.resource(resource, &is_moved);
        let mut after = side.resource(other, &is_moved);
        if let Some(added) = attached.get(*name) {
            let wanted = statements_of(&before, &[]);
            let given = align(&wanted, statements_of(&after, added));
            statements_alone(&mut before, wanted);
            statements_alone(&mut after, given);
        }
        let mut walk = Walk {
            name,
            resolver: (source == Source::Iam).then_some(&resolver),
            whole,
            place: other.declaration.key.outer(),
            source,
            statement: None,
            proof: &mut proof,
            faults: 0,
        };
        walk.compare(&mut Vec::new(), &before, &after);
        if walk.faults == 0 {
            proof.proven += 1;
        }
    }
    declarations(triple, wiring, &sides, &mut proof);
    bounds(iam, wiring, &mut proof);
    proof
}

/// A managed policy's `PolicyArn` is its `Ref`.
fn policy_arn(monolith: &Template<'_, '_>, expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::GetAtt(name, attribute) if attribute == "PolicyArn" => {
            let resource = monolith.resources.get(name.as_str())?;
            (resource.kind == "AWS::IAM::ManagedPolicy").then(|| Expr::reference(name))
        }
        _ => None,
    }
}
