//! What the IAM template needs of the monolith's declarations.

use super::bridge::Crossing;
use super::{Index, Travels, attach};
use crate::expression::Expr;
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
    walk.travels
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
