//! Waits: where one resource waited for another in the monolith, it waits in the pair. Deletion is the same in reverse.

use std::collections::{BTreeMap, BTreeSet};

use super::Proof;
use super::attachments::Attachment;
use super::creation::{Acting, calls};
use super::side::Side;
use super::system::{System, Unit};
use super::worlds::Worlds;
use crate::closure::Closure;
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::expression::Expr;
use crate::value::Value;

/// Which resource waits for which, closed over what lies between.
struct Graph<'g> {
    names: Vec<&'g str>,
    numbers: BTreeMap<&'g str, usize>,
    direct: Vec<Vec<usize>>,
    closure: Closure,
}

impl<'g> Graph<'g> {
    /// The graph of a template, or of some of its resources alone; `is_soft` says of which only `DependsOn` counts.
    fn of(system: &'g System<'_>, holds: &dyn Fn(&str) -> bool, is_soft: &dyn Fn(&str) -> bool) -> Self {
        let names: Vec<&str> =
            system.declarations().map(|(name, _)| name).filter(|name| holds(name)).collect();
        let numbers: BTreeMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
        let direct: Vec<Vec<usize>> = names
            .iter()
            .map(|name| {
                let mut targets = BTreeSet::new();
                let number = |target: &str| {
                    system.declaration(target).and_then(|(name, _)| numbers.get(name).copied())
                };
                if let Some((_, unit)) = system.declaration(name) {
                    unit.expr.walk(&mut |part| {
                        if let Expr::Ref(target) | Expr::GetAtt(target, _) = part
                            && !is_soft(name)
                        {
                            targets.extend(number(target));
                        }
                    });
                    targets.extend(unit.waits_for().into_iter().filter_map(number));
                }
                targets.into_iter().collect()
            })
            .collect();
        let closure = Closure::of(&direct);
        Self { names, numbers, direct, closure }
    }

    /// Whether one waits for the other, through whatever lies between.
    fn waits(&self, one: &str, other: &str) -> bool {
        let number = |name: &str| self.numbers.get(name).copied();
        number(one).zip(number(other)).is_some_and(|(one, other)| self.closure.leads(one, other))
    }

    /// All that one waits for.
    fn all(&self, one: &str) -> impl Iterator<Item = &'g str> {
        let targets = self.numbers.get(one).map(|at| self.closure.from(*at));
        targets.into_iter().flatten().filter_map(|at| self.names.get(at).copied())
    }
}

/// Compares the waits of monolith and pair. `acting` has the resources of the application that use others of it while
/// they are created, as a role that moved.
///
/// What resources of the application say themselves must be kept. A wait that only came about through something that
/// moved must be kept where something acts on the resource while it is created; elsewhere the lost wait is told.
pub(super) fn order(sides: [&Side<'_>; 3], attached: &[Attachment], acting: &Acting, proof: &mut Proof) {
    let [monolith, iam, app] = sides.map(|side| side.system);
    let everything = |_: &str| true;
    let nothing = |_: &str| false;
    let whole = Graph::of(monolith, &everything, &nothing);
    let said = Graph::of(monolith, &|name| app.declaration(name).is_some(), &nothing);
    let of_app = Graph::of(app, &everything, &nothing);
    let mut missing = lost(app, &said, &of_app);
    for (name, target) in &acting.on {
        let (Some((name, _)), Some((target, _))) = (app.declaration(name), app.declaration(target)) else {
            continue;
        };
        if whole.waits(name, target) && !whole.waits(target, name) && !of_app.waits(name, target) {
            let gone = missing.entry(name).or_default();
            if !gone.contains(&target) {
                gone.push(target);
            }
        }
    }
    // Who calls it by its name needs it, too.
    // A monolith in a circle cannot be deployed: nothing comes first there.
    let in_circle = |name: &str| whole.waits(name, name);
    let through = lost(app, &whole, &of_app);
    for (name, gone) in &through {
        let Some((_, unit)) = app.declaration(name) else { continue };
        for target in gone.iter().copied() {
            let Some((_, other)) = app.declaration(target) else { continue };
            let known = missing.entry(*name).or_default();
            if !known.contains(&target)
                && !in_circle(name)
                && !in_circle(target)
                && calls(unit, other, sides[2])
            {
                known.push(target);
            }
        }
    }
    missing.retain(|_, gone| !gone.is_empty());
    tell(app, &missing, &of_app, proof);
    let kept = |(name, target): &(&str, &str)| {
        whole.waits(name, target) && !in_circle(name) && !in_circle(target) && of_app.waits(name, target)
    };
    let acts = acting.on.iter().map(|(name, target)| (name.as_str(), target.as_str()));
    sometimes(&sides, acts.filter(kept).collect(), &kept, proof);
    for (name, gone) in through {
        let gone: Vec<&str> = gone
            .iter()
            .copied()
            .filter(|target| {
                !missing.iter().any(|(other, gone)| {
                    (*other == name || of_app.waits(name, other))
                        && gone.iter().any(|other| other == target || of_app.waits(other, target))
                })
            })
            .collect();
        let Some((_, unit)) = app.declaration(name).filter(|_| !gone.is_empty()) else { continue };
        let targets: Vec<String> = gone.iter().map(|target| format!("`{}`", shown(app, target))).collect();
        let name = &unit.shown;
        proof.faults.push(
            Diagnostic::new(
                Code::PRF008,
                format!("in the application `{name}` no longer waits for {}", targets.join(", ")),
            )
            .with_severity(Severity::Note)
            .label(
                Source::App,
                unit.place,
                "in the monolith it did, through what moved; nothing acts on it while this is created",
            ),
        );
    }
    // Among what moved, a `DependsOn` is kept; what waited by a reference waits by it, or the reference stands elsewhere.
    let moved = Graph::of(monolith, &|name| iam.declaration(name).is_some(), &everything);
    let of_iam = Graph::of(iam, &everything, &nothing);
    tell(iam, &lost(iam, &moved, &of_iam), &of_iam, proof);
    for policy in attached {
        consumers(policy, [&whole, &of_app], app, acting, proof);
    }
}

/// Waits of the monolith among the resources of a template that the template has not.
fn lost<'g>(
    system: &'g System<'_>,
    before: &Graph<'g>,
    after: &Graph<'_>,
) -> BTreeMap<&'g str, Vec<&'g str>> {
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, _) in system.declarations() {
        let gone: Vec<&str> = before
            .all(name)
            .filter(|target| {
                // In a circle, which cannot be deployed, nothing comes first.
                !before.waits(target, name)
                    && system.declaration(target).is_some()
                    && !after.waits(name, target)
            })
            .collect();
        if !gone.is_empty() {
            missing.insert(name, gone);
        }
    }
    missing
}

/// Names waits that the application has on a condition only, and the monolith in more worlds.
///
/// What resources of the application say themselves is looked at by `kept`; those who act on a resource wait for it however
/// that came about.
fn sometimes(
    [whole, _, app]: &[&Side<'_>; 3],
    acts: BTreeSet<(&str, &str)>,
    kept: &dyn Fn(&(&str, &str)) -> bool,
    proof: &mut Proof,
) {
    let after = Worlds::of(app, &|_| true);
    if !after.differ() {
        return;
    }
    let (before, alone) =
        (Worlds::of(whole, &|_| true), Worlds::of(whole, &|name| app.system.declaration(name).is_some()));
    let said: Vec<(&str, &str)> = alone.changed(&after).filter(kept).collect();
    let all = said.into_iter().map(|pair| (pair, &alone)).chain(acts.into_iter().map(|pair| (pair, &before)));
    for ((name, target), before) in all {
        let Some((_, unit)) = app.system.declaration(name) else { continue };
        if !after.keeps(before, name, target) {
            let (name, target) = (&unit.shown, shown(app.system, target));
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF008,
                    format!("in the application `{name}` waits for `{target}` on a condition only"),
                )
                .label(Source::App, unit.place, "in the monolith it waits where that does not hold, too")
                .help(format!("add `DependsOn: {target}` to it, or split the monolith again")),
            );
        }
    }
}

/// The name of a declaration as its template writes it.
fn shown<'s>(system: &'s System<'_>, name: &'s str) -> &'s str {
    system.declaration(name).map_or(name, |(_, unit)| &unit.shown)
}

/// One finding a wait that is lost; what follows from another is told with that one.
fn tell(system: &System<'_>, missing: &BTreeMap<&str, Vec<&str>>, after: &Graph<'_>, proof: &mut Proof) {
    for (name, gone) in missing {
        let Some((_, unit)) = system.declaration(name) else { continue };
        for target in gone {
            let follows = gone.iter().any(|other| other != target && after.waits(other, target))
                || missing
                    .iter()
                    .any(|(other, gone)| other != name && gone.contains(target) && after.waits(name, other));
            if follows {
                continue;
            }
            let world = if system.source == Source::Iam { "the IAM stack" } else { "the application" };
            let (name, target) = (&unit.shown, shown(system, target));
            proof.faults.push(
                Diagnostic::new(Code::PRF008, format!("in {world} `{name}` no longer waits for `{target}`"))
                    .label(system.source, unit.place, "in the monolith it does")
                    .help(format!("add `DependsOn: {target}` to it, or split the monolith again")),
            );
        }
    }
}

/// Whatever uses a role waits for the policy that the application attaches to it.
fn consumers(
    policy: &Attachment,
    [whole, after]: [&Graph<'_>; 2],
    app: &System<'_>,
    acting: &Acting,
    proof: &mut Proof,
) {
    for (name, unit) in app.declarations() {
        if *name == policy.name || !whole.waits(name, &policy.role) || after.waits(name, &policy.name) {
            continue;
        }
        let asks = acting.asks.contains(&(name.to_owned(), policy.name.clone()));
        // What the policy itself waits for cannot wait for it.
        if after.waits(&policy.name, name) {
            if asks {
                proof.faults.push(too_late(policy, unit));
            }
            continue;
        }
        // Another that waits is between.
        let direct = whole
            .numbers
            .get(name)
            .and_then(|at| whole.direct.get(*at))
            .zip(whole.numbers.get(policy.role.as_str()))
            .is_some_and(|(direct, role)| direct.contains(role));
        let behind_waiting_ones = !direct
            && whole.all(name).any(|between| {
                between != policy.role
                    && app.declaration(between).is_some()
                    && whole.waits(between, &policy.role)
                    && !after.waits(&policy.name, between)
            });
        if behind_waiting_ones && !asks {
            continue;
        }
        // What acts as the role while it is created needs its permissions then; others may run without them for a while.
        let severity = if acting.roles.contains(&(name.to_owned(), policy.role.clone())) {
            Severity::Error
        } else {
            Severity::Warning
        };
        proof.faults.push(
            Diagnostic::new(
                Code::PRF008,
                format!(
                    "`{}` does not wait for `{}`, which has permissions of its role `{}`",
                    unit.shown, policy.name, policy.role
                ),
            )
            .with_severity(severity)
            .label(Source::App, unit.place, "it may run without them")
            .help(format!("add `DependsOn: {}` to it, or split the monolith again", policy.name)),
        );
    }
}

fn too_late(policy: &Attachment, unit: &Unit) -> Diagnostic {
    let message = format!(
        "the application cannot be created: `{}` acts as `{}` when it is created, and `{}`, which permits what it does, waits for it",
        unit.shown, policy.role, policy.name
    );
    Diagnostic::new(Code::PRF008, message)
        .label(Source::App, unit.place, "it stands before its permission does")
        .help(format!("take the `DependsOn` out of `{}`, or leave the statement with its role", policy.name))
}

/// In a loop that is compared as it is written, more waits than the monolith's are no difference: `order` says what they
/// are worth. Takes what is more out of the second.
pub(super) fn more_waits(before: &Value, after: &mut Value) {
    match (before, after) {
        (Value::Map(before), Value::Map(after)) => {
            for (key, now) in after.iter_mut() {
                if let Some((_, was)) = before.iter().find(|(other, _)| other == key) {
                    if key == "DependsOn" && is_more(was, now) {
                        *now = was.clone();
                    } else {
                        more_waits(was, now);
                    }
                }
            }
            let is_wait = |key: &str, value: &Value| key == "DependsOn" && is_names(value);
            after.retain(|(key, value)| !is_wait(key, value) || before.iter().any(|(other, _)| other == key));
        }
        (Value::List(before), Value::List(after)) => {
            before.iter().zip(after).for_each(|(before, after)| more_waits(before, after));
        }
        _ => {}
    }
}

fn is_names(value: &Value) -> bool {
    match value {
        Value::Text(_) => true,
        Value::List(items) => items.iter().all(|item| matches!(item, Value::Text(_))),
        _ => false,
    }
}

/// Whether the second names all that the first does.
fn is_more(before: &Value, after: &Value) -> bool {
    let names = |value: &Value| match value {
        Value::List(items) => items.clone(),
        one => vec![one.clone()],
    };
    let after = names(after);
    names(before).iter().all(|name| after.contains(name))
}
