//! A template of the three, with its conditions and names made comparable.

use std::collections::{BTreeMap, BTreeSet};

use crate::expression::{Expr, lower};
use crate::facts::iam_type;
use crate::normal::{Names, normal};
use crate::plan::{Waits, name_index};
use crate::template::{Owner, ReferenceKind, Resource, Target, Template, references};

/// Before the name of a reference that is the IAM template's own.
pub(super) const OF_IAM: char = '\0';

/// One template with what its names stand for.
pub(super) struct Side<'p> {
    pub(super) template: &'p Template<'p, 'p>,
    substitute: &'p dyn Fn(&Expr) -> Option<Expr>,
    pub(super) conditions: BTreeMap<&'p str, Expr>,
    indices: BTreeMap<&'p str, usize>,
    /// The waits of the monolith: the application may say again what followed from what moved.
    waits: Waits<'p, 'p>,
    said: BTreeSet<(&'p str, String)>,
    /// Where the template reads the IAM stack's outputs: its parameter for that stack's name, and the outputs.
    pub(super) outside: Option<(String, BTreeMap<String, Expr>)>,
}

impl<'p> Side<'p> {
    pub(super) fn new(
        template: &'p Template<'p, 'p>,
        substitute: &'p dyn Fn(&Expr) -> Option<Expr>,
        filled: &dyn Fn(&Expr) -> bool,
        monolith: &'p Template<'p, 'p>,
    ) -> Self {
        let index =
            |resource: &Resource<'_, '_>| iam_type(resource.kind).and_then(|row| name_index(row, resource));
        let indices = monolith
            .resources
            .values()
            .filter_map(|resource| Some((resource.name, index(resource)?)))
            .collect();
        let of_monolith = references(monolith);
        let said = of_monolith.iter().filter_map(|reference| {
            match (reference.kind, reference.owner, reference.target) {
                (ReferenceKind::DependsOn, Owner::Resource(owner), Target::Name(name)) => {
                    Some((owner, name.to_owned()))
                }
                _ => None,
            }
        });
        let said = said.collect();
        let waits = Waits::new(monolith, &of_monolith, &|_| true);
        let mut side =
            Self { template, substitute, conditions: BTreeMap::new(), indices, waits, said, outside: None };
        // Conditions name each other in any order; they cannot do so in a circle.
        for _ in 0..template.conditions.len().min(64) {
            let before = side.conditions.len();
            for (name, declaration) in &template.conditions {
                if side.conditions.contains_key(name) {
                    continue;
                }
                let expr = lower(declaration.value);
                let mut known = true;
                expr.walk(&mut |part| {
                    if let Expr::Unary(call, inner) = part
                        && call == "Condition"
                        && let Expr::Text(other) = inner.as_ref()
                    {
                        known &= side.conditions.contains_key(other.as_str());
                    }
                });
                if known {
                    let value = if filled(&expr) { Expr::text("true") } else { side.normal(&expr) };
                    side.conditions.insert(name, value);
                }
            }
            if side.conditions.len() == before {
                break;
            }
        }
        side
    }

    pub(super) fn normal(&self, expr: &Expr) -> Expr {
        let names = Names {
            substitute: self.substitute,
            condition: &|name| self.conditions.get(name).cloned(),
            name_index: &|name| self.indices.get(name).copied(),
        };
        match &self.outside {
            Some((stack, outputs)) => normal(&expr.replaced(&|part| given(part, stack, outputs)), &names),
            None => normal(expr, &names),
        }
    }

    /// A resource as one value.
    pub(super) fn resource(&self, resource: &Resource<'_, '_>, is_moved: &dyn Fn(&str) -> bool) -> Expr {
        let moved = is_moved(resource.name);
        let Expr::Map(entries) = lower(resource.declaration.value) else { return Expr::Map(Vec::new()) };
        let mut result = Vec::new();
        for (key, value) in entries {
            let value = match key.as_str() {
                "Condition" => match &value {
                    Expr::Text(name) => self.conditions.get(name.as_str()).cloned().unwrap_or(value),
                    _ => value,
                },
                // The order of the stacks stands for what crosses.
                "DependsOn" => {
                    let names = match value {
                        Expr::List(names) => names,
                        name => vec![name],
                    };
                    let stays = |name: &Expr| matches!(name, Expr::Text(name) if is_moved(name) == moved && !self.is_attachment(name) && !self.follows(resource.name, name));
                    let names: BTreeSet<String> = names
                        .iter()
                        .filter(|name| stays(name))
                        .filter_map(
                            |name| if let Expr::Text(name) = name { Some(name.clone()) } else { None },
                        )
                        .collect();
                    if names.is_empty() {
                        continue;
                    }
                    Expr::List(names.into_iter().map(Expr::Text).collect())
                }
                _ => self.normal(&value),
            };
            result.push((key, value));
        }
        result.sort_by(|a, b| a.0.cmp(&b.0));
        Expr::Map(result)
    }

    /// Whether a wait is not the monolith's own words, and follows from them.
    fn follows(&self, name: &str, on: &str) -> bool {
        !self.said.iter().any(|(owner, said)| *owner == name && said == on) && self.waits.waits(name, on)
    }

    pub(super) fn is_attachment(&self, name: &str) -> bool {
        self.template.resources.get(name).is_some_and(|resource| resource.kind == "AWS::IAM::RolePolicy")
    }
}

/// What reads an output of the IAM stack gives: `Fn::ImportValue` of its export, `Fn::GetStackOutput`.
fn given(part: &Expr, stack: &str, outputs: &BTreeMap<String, Expr>) -> Option<Expr> {
    let is_stack = |expr: &Expr| matches!(expr, Expr::Ref(name) if name == stack);
    let Expr::Unary(call, argument) = part else { return None };
    let output = match (call.as_str(), argument.as_ref()) {
        ("ImportValue", Expr::Concat(parts)) => match parts.as_slice() {
            [of, Expr::Text(name)] if is_stack(of) => name.strip_prefix('-')?,
            _ => return None,
        },
        ("GetStackOutput", Expr::Map(entries)) => match entries.as_slice() {
            [(a, of), (b, Expr::Text(name))] if a == "StackName" && b == "OutputName" && is_stack(of) => name,
            _ => return None,
        },
        _ => return None,
    };
    // What the IAM template references is not the application's parameter of that name.
    outputs.get(output).map(|value| {
        value.replaced(&|part| match part {
            Expr::Ref(name) => Some(Expr::reference(format!("{OF_IAM}{name}"))),
            _ => None,
        })
    })
}
