//! What the IAM template needs of the monolith's declarations.

use super::{Bridge, Index, Travels};
use crate::expression::Expr;
use crate::template::{Owner, Target, Template};

/// The parameters, conditions and mappings that moved resources and bridges need, transitively.
pub(super) fn travels<'d>(
    template: &Template<'d, '_>,
    index: &Index<'d, '_>,
    moved: &[&'d str],
    bridges: &[Bridge<'d, '_>],
) -> Travels<'d> {
    let mut walk = Walk {
        template,
        travels: Travels::default(),
        open: Vec::new(),
    };
    for name in moved {
        walk.owner(index, Owner::Resource(name));
    }
    for bridge in bridges {
        bridge.expr.walk(&mut |expr| walk.expr(expr));
    }
    while let Some(condition) = walk.open.pop() {
        walk.owner(index, Owner::Condition(condition));
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
    fn owner(&mut self, index: &Index<'d, '_>, owner: Owner<'d>) {
        for reference in index.of(owner) {
            match reference.target {
                Target::Name(name) => self.parameter(name),
                Target::Condition(name) => self.condition(name),
                Target::Mapping(name) => self.mapping(name),
            }
        }
    }

    fn parameter(&mut self, name: &str) {
        if let Some((name, _)) = self.template.parameters.get_key_value(name) {
            self.travels.parameters.insert(name);
        }
    }

    fn condition(&mut self, name: &str) {
        if let Some((name, _)) = self.template.conditions.get_key_value(name)
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

    /// What a bridging expression, taken over from an application resource, names.
    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Ref(name) => self.parameter(name),
            Expr::Call(function, arguments) => match (function.as_str(), arguments.first()) {
                ("If", Some(Expr::Text(name))) => self.condition(name),
                ("FindInMap", Some(Expr::Text(name))) => self.mapping(name),
                // A computed name of a mapping may mean any of them.
                ("FindInMap", _) => {
                    let all: Vec<&str> = self.template.mappings.keys().copied().collect();
                    all.into_iter().for_each(|name| self.mapping(name));
                }
                _ => {}
            },
            _ => {}
        }
    }
}
