//! What the IAM template needs of the monolith's declarations.

use std::collections::HashSet;

use super::bridge::Crossing;
use super::{Index, Travels, attach};
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Expr, lower};
use crate::syntax::Node;
use crate::template::{Owner, Target, Template, condition_entry};

/// The parameters, conditions and mappings that moved resources and bridges need, transitively.
pub(super) fn travels<'d>(
    template: &Template<'d, '_>,
    index: &Index<'d, '_>,
    moved: &[&'d str],
    crossing: &Crossing<'d, '_>,
) -> Travels<'d> {
    let mut walk = Walk { template, travels: Travels::default(), open: Vec::new() };
    for name in moved {
        let stays =
            index.of(Owner::Resource(name)).filter(|reference| !attach::holds(&crossing.attached, reference));
        stays.for_each(|reference| walk.target(reference.target));
    }
    for bridge in &crossing.bridges {
        bridge.expr.walk(&mut |expr| walk.expr(expr));
    }
    while let Some(condition) = walk.open.pop() {
        let needs = index.of(Owner::Condition(condition));
        needs.for_each(|reference| walk.target(reference.target));
    }
    let mut travels = walk.travels;
    travels.rules = rules(template, &travels);
    travels
}

/// The rules of which every parameter travels, those that ask only where they are among them: the IAM stack refuses then what the monolith refuses.
fn rules<'d>(template: &Template<'d, '_>, travels: &Travels<'d>) -> HashSet<&'d str> {
    let rules = template.section("Rules").into_iter().flat_map(Node::entries);
    let goes = |(key, value): (Node<'d, '_>, Node<'d, '_>)| {
        let named = named_by(value)?;
        let is_there =
            |name: &String| name.starts_with("AWS::") || travels.parameters.contains(name.as_str());
        key.as_str().filter(|_| named.iter().all(is_there))
    };
    rules.filter_map(goes).collect()
}

/// The parameters that a rule names; `None` where it asks for all of a type, or for the stack itself.
///
/// Source: CloudFormation Template Reference, "Rule functions".
#[must_use]
pub fn named_by(rule: Node<'_, '_>) -> Option<Vec<String>> {
    let mut named = Vec::new();
    let mut is_known = true;
    lower(rule).walk(&mut |part| match part {
        Expr::Ref(name)
            if matches!(name.as_str(), "AWS::StackName" | "AWS::StackId" | "AWS::NotificationARNs") =>
        {
            is_known = false;
        }
        Expr::Ref(name) => named.push(name.clone()),
        Expr::Call(function, arguments) if function == "ValueOf" => match arguments.first() {
            Some(Expr::Text(name)) => named.push(name.clone()),
            _ => is_known = false,
        },
        Expr::Call(function, _) | Expr::Unary(function, _)
            if matches!(function.as_str(), "RefAll" | "ValueOf" | "ValueOfAll") =>
        {
            is_known = false;
        }
        _ => {}
    });
    is_known.then_some(named)
}

/// Rules that ask something of a parameter that travels, and stay with the application for another's sake.
#[must_use]
pub(super) fn rules_that_stay(template: &Template<'_, '_>, travels: &Travels<'_>) -> Vec<Diagnostic> {
    let rules = template.section("Rules").into_iter().flat_map(Node::entries);
    let stays = rules.filter_map(|(key, value)| {
        let name = key.as_str().filter(|name| !travels.rules.contains(name))?;
        let named = named_by(value).unwrap_or_default();
        let shared = named.iter().find(|name| travels.parameters.contains(name.as_str()))?;
        let other = named.iter().find(|name| !travels.parameters.contains(name.as_str()) && !name.starts_with("AWS::"))?;
        Some(
            Diagnostic::new(
                Code::KEP002,
                format!("the rule `{name}` stays with the application: the IAM stack takes `{shared}` without asking it"),
            )
            .at(key.outer(), format!("it names `{other}`, too, which the IAM stack does not have"))
            .help("write a rule of its own for what the IAM stack takes, and it goes along"),
        )
    });
    stays.collect()
}

struct Walk<'p, 'd, 't> {
    template: &'p Template<'d, 't>,
    travels: Travels<'d>,
    /// Conditions whose own needs are still to be read.
    open: Vec<&'d str>,
}

impl<'d> Walk<'_, 'd, '_> {
    fn target(&mut self, target: Target<'d>) {
        match target {
            Target::Name(name) => self.parameter(name),
            Target::Condition(name) => self.condition(name),
            Target::Mapping("") => self.all_mappings(),
            Target::Mapping(name) => self.mapping(name),
            Target::Computed(_) => {}
        }
    }

    fn parameter(&mut self, name: &str) {
        if let Some((name, _)) = self.template.parameters.get_key_value(name) {
            self.travels.parameters.insert(name);
        }
    }

    fn condition(&mut self, name: &str) {
        if let Some(name) = condition_entry(self.template, name)
            && self.travels.conditions.insert(name)
        {
            self.open.push(name);
        }
    }

    fn mapping(&mut self, name: &str) {
        if let Some((name, _)) = self.template.mappings.get_key_value(name) {
            self.travels.mappings.insert(name);
        }
    }

    /// A computed name of a mapping may mean any of them.
    fn all_mappings(&mut self) {
        self.travels.mappings.extend(self.template.mappings.keys().copied());
    }

    /// What a bridging expression, taken over from an application resource, names.
    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Ref(name) => self.parameter(name),
            Expr::Call(function, arguments) => match (function.as_str(), arguments.first()) {
                ("If", Some(Expr::Text(name))) => self.condition(name),
                ("FindInMap", Some(Expr::Text(name))) => self.mapping(name),
                ("FindInMap", _) => self.all_mappings(),
                _ => {}
            },
            _ => {}
        }
    }
}
