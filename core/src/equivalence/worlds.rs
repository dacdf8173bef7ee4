//! Waits in every world: a reference in a branch of an `If`, or a `DependsOn` on what is not there, is no wait where the
//! condition says so.
//!
//! Source: CloudFormation User Guide, "Conditions": resources whose condition is false are not created, and branches that
//! are not taken are not read.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::side::Side;
use crate::condition::Cond;
use crate::expression::Expr;

/// Which resource waits for which, and in which worlds.
pub(super) struct Worlds<'w, 'p> {
    side: &'w Side<'p>,
    edges: BTreeMap<&'w str, BTreeMap<&'w str, Cond>>,
    /// By what is waited for: in which worlds each waits for it.
    known: RefCell<BTreeMap<&'w str, BTreeMap<&'w str, Cond>>>,
}

impl<'w, 'p> Worlds<'w, 'p> {
    /// The waits of a template, or of some of its resources among themselves.
    pub(super) fn of(side: &'w Side<'p>, holds: &dyn Fn(&str) -> bool) -> Self {
        let mut edges: BTreeMap<&str, BTreeMap<&str, Cond>> = BTreeMap::new();
        for (name, unit) in side.system.declarations().filter(|(name, _)| holds(name)) {
            let mut found = BTreeMap::new();
            waits_in(side, &unit.expr, Cond::ALWAYS, &mut found);
            for target in unit.waits_for() {
                if let Some((target, _)) = side.system.declaration(target) {
                    found.insert(target, Cond::ALWAYS);
                }
            }
            found.retain(|target, _| holds(target));
            // What is not there waits for nothing, and nothing waits for it.
            for (target, cond) in &mut found {
                let exists =
                    side.system.declaration(target).map_or(Cond::NEVER, |(_, unit)| side.exists(unit));
                *cond = side.common.conditions.and(*cond, exists);
            }
            edges.insert(name, found);
        }
        Self { side, edges, known: RefCell::default() }
    }

    /// Whether conditions make a difference to any wait.
    pub(super) fn differ(&self) -> bool {
        self.edges.values().flat_map(BTreeMap::values).any(|cond| *cond != Cond::ALWAYS)
    }

    /// In which worlds one waits for another, where it exists.
    pub(super) fn waits(&self, one: &str, other: &str) -> Cond {
        let Some((other, _)) = self.side.system.declaration(other) else { return Cond::NEVER };
        let Some((one, _)) = self.edges.get_key_value(one) else { return Cond::NEVER };
        let mut known = self.known.borrow_mut();
        self.follow(one, other, known.entry(other).or_default(), &mut BTreeSet::new())
    }

    /// What a resource waits for by itself, where that is not what it waits for in another template. What waits in other
    /// worlds through what lies between does so by one of these.
    pub(super) fn changed<'s>(
        &'s self,
        after: &Worlds<'_, '_>,
    ) -> impl Iterator<Item = (&'w str, &'w str)> + 's {
        let is_other = |name: &&str| self.edges.get(*name) != after.edges.get(*name);
        let changed: Vec<&'w str> = self.edges.keys().copied().filter(is_other).collect();
        changed.into_iter().flat_map(|name| {
            self.edges.get(name).into_iter().flat_map(BTreeMap::keys).map(move |target| (name, *target))
        })
    }

    fn follow(
        &self,
        name: &'w str,
        other: &str,
        reach: &mut BTreeMap<&'w str, Cond>,
        entered: &mut BTreeSet<&'w str>,
    ) -> Cond {
        if let Some(known) = reach.get(name) {
            return *known;
        }
        // In a circle, which cannot be deployed, nothing comes first.
        if !entered.insert(name) {
            return Cond::NEVER;
        }
        let all = &self.side.common.conditions;
        let mut cond = Cond::NEVER;
        for (target, edge) in self.edges.get(name).into_iter().flatten() {
            let onward =
                if *target == other { Cond::ALWAYS } else { self.follow(target, other, reach, entered) };
            cond = all.or(cond, all.and(*edge, onward));
        }
        reach.insert(name, cond);
        cond
    }

    /// Whether one waits for another wherever it did before.
    pub(super) fn keeps(&self, before: &Worlds<'_, '_>, one: &str, other: &str) -> bool {
        let all = &self.side.common.conditions;
        let Some((_, unit)) = self.side.system.declaration(one) else { return true };
        let wanted = all.and(before.waits(one, other), self.side.exists(unit));
        all.implies(wanted, self.waits(one, other))
    }
}

/// The resources that an expression refers to, and under which conditions.
fn waits_in<'w>(side: &'w Side<'_>, expr: &Expr, cond: Cond, found: &mut BTreeMap<&'w str, Cond>) {
    let all = &side.common.conditions;
    match expr {
        Expr::Ref(name) | Expr::GetAtt(name, _) => {
            if let Some((name, _)) = side.system.declaration(name) {
                let known = found.entry(name).or_insert(Cond::NEVER);
                *known = all.or(*known, cond);
            }
        }
        Expr::Call(call, parts) if call == "If" => {
            if let [name, then, otherwise] = parts.as_slice() {
                let holds = side.condition_of(name);
                waits_in(side, then, all.and(cond, holds), found);
                waits_in(side, otherwise, all.and(cond, all.not(holds)), found);
            } else {
                parts.iter().for_each(|part| waits_in(side, part, cond, found));
            }
        }
        Expr::Concat(parts) | Expr::List(parts) | Expr::Call(_, parts) => {
            parts.iter().for_each(|part| waits_in(side, part, cond, found));
        }
        Expr::Unary(_, inner) | Expr::Named(_, inner) => waits_in(side, inner, cond, found),
        Expr::Map(entries) => entries.iter().for_each(|(_, value)| waits_in(side, value, cond, found)),
        Expr::Text(_) | Expr::Plain(_) | Expr::Source(_) => {}
    }
}
