//! Statements as grants, one action on one resource each, so that two releases can be told apart.

use std::collections::BTreeMap;

use serde::Serialize;

use super::shown;
use crate::expression::Expr;
use crate::normal::covers;

/// How a permission changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It was not there.
    Added,
    /// It is gone.
    Removed,
    /// It covers what it covered, and more.
    Widened,
    /// It covers less.
    Narrowed,
}

/// Permissions that changed alike: actions on one scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PermissionChange {
    /// How.
    pub change: Change,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// The actions, sorted.
    pub actions: Vec<String>,
    /// The resource, or for trust the principal, as it was; `null` where it is new.
    pub before: Option<String>,
    /// As it is now; `null` where it is gone.
    pub after: Option<String>,
    /// The statement's condition, if it has one, and the template's condition on which it stands.
    pub condition: Option<String>,
}

impl PermissionChange {
    /// Whether more is allowed than before.
    #[must_use]
    pub fn allows_more(&self) -> bool {
        match self.change {
            Change::Added | Change::Widened => self.effect != "Deny",
            Change::Removed | Change::Narrowed => self.effect == "Deny",
        }
    }
}

/// One action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Grant {
    effect: String,
    /// `Action` or `NotAction`, `Resource` or `NotResource`.
    elements: (String, String),
    action: Expr,
    target: Expr,
    condition: Option<Expr>,
}

/// Two actions are the same whatever their case. Source: IAM User Guide, "IAM JSON policy elements: Action".
fn same_action(a: &Expr, b: &Expr) -> bool {
    matches!((a, b), (Expr::Text(a), Expr::Text(b)) if a.eq_ignore_ascii_case(b)) || a == b
}

impl Grant {
    fn same(&self, other: &Self) -> bool {
        same_action(&self.action, &other.action)
            && Self { action: other.action.clone(), ..self.clone() } == *other
    }

    /// Whether whatever the other grants is granted by this one, under the same condition.
    fn covers(&self, other: &Self) -> bool {
        self.effect == other.effect
            && self.elements == other.elements
            && self.elements.0 == "Action"
            && self.elements.1 != "NotResource"
            && self.condition == other.condition
            && (self.action == other.action || covers(&self.action, &other.action))
            && (self.target == other.target || covers(&self.target, &other.target))
    }

    fn target(&self) -> String {
        let text = shown(&self.target);
        if self.elements.1.starts_with("Not") { format!("all but {text}") } else { text }
    }

    fn action(&self) -> String {
        let text = match &self.action {
            Expr::Text(text) => text.clone(),
            other => shown(other),
        };
        if self.elements.0.starts_with("Not") { format!("all but {text}") } else { text }
    }
}

/// What changed between two lists of statements.
pub(super) fn changes(before: &[Expr], after: &[Expr]) -> Vec<PermissionChange> {
    let (old, new) = (grants(before), grants(after));
    let lacks = |list: &[Grant], grant: &Grant| !list.iter().any(|other| other.same(grant));
    let gone: Vec<&Grant> = old.iter().filter(|grant| lacks(&new, grant)).collect();
    let come: Vec<&Grant> = new.iter().filter(|grant| lacks(&old, grant)).collect();
    let mut list = Vec::new();
    for grant in &come {
        match gone.iter().find(|other| grant.covers(other) || other.covers(grant)) {
            Some(other) if grant.covers(other) => list.push((Change::Widened, Some(*other), Some(*grant))),
            Some(other) => list.push((Change::Narrowed, Some(*other), Some(*grant))),
            None => list.push((Change::Added, None, Some(*grant))),
        }
    }
    let paired = |grant: &Grant| come.iter().any(|other| grant.covers(other) || other.covers(grant));
    list.extend(
        gone.iter().filter(|grant| !paired(grant)).map(|grant| (Change::Removed, Some(*grant), None)),
    );
    grouped(&list)
}

type Pair<'g> = (Change, Option<&'g Grant>, Option<&'g Grant>);

/// Change, effect, scope before and after, condition.
type Alike = (Change, String, Option<String>, Option<String>, Option<String>);

/// One entry for all actions that changed alike on one scope.
fn grouped(list: &[Pair<'_>]) -> Vec<PermissionChange> {
    let mut groups: BTreeMap<Alike, Vec<String>> = BTreeMap::new();
    for (change, before, after) in list {
        let Some(grant) = after.or(*before) else { continue };
        let action = match (before, after) {
            (Some(before), Some(after)) if before.action != after.action => {
                format!("{} (was {})", after.action(), before.action())
            }
            _ => grant.action(),
        };
        let scope = |grant: &Option<&Grant>| grant.map(Grant::target);
        let condition = grant.condition.as_ref().map(shown);
        let key = (*change, grant.effect.clone(), scope(before), scope(after), condition);
        let actions = groups.entry(key).or_default();
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    let change = |((change, effect, before, after, condition), mut actions): (Alike, Vec<String>)| {
        actions.sort();
        PermissionChange { change, effect, actions, before, after, condition }
    };
    groups.into_iter().map(change).collect()
}

fn grants(statements: &[Expr]) -> Vec<Grant> {
    let mut list = Vec::new();
    statements.iter().for_each(|statement| collect(statement, &[], &mut list));
    list
}

/// A statement, or the alternatives that an `If` leaves, each with its condition.
fn collect(statement: &Expr, under: &[Expr], list: &mut Vec<Grant>) {
    match statement {
        Expr::Map(entries) => list.extend(of_statement(entries, under)),
        Expr::List(statements) => statements.iter().for_each(|statement| collect(statement, under, list)),
        Expr::Call(name, parts) if name == "If" => {
            let [condition, yes, no] = parts.as_slice() else { return };
            let with = |condition: Expr| [under, &[condition]].concat();
            collect(yes, &with(condition.clone()), list);
            collect(no, &with(Expr::call("Not", vec![condition.clone()])), list);
        }
        Expr::Ref(name) if name == "AWS::NoValue" => {}
        // Not a statement that can be read: it is compared as a whole.
        other => list.push(Grant {
            effect: "a statement".to_owned(),
            elements: ("Action".to_owned(), "Resource".to_owned()),
            action: Expr::text("computed"),
            target: other.clone(),
            condition: None,
        }),
    }
}

fn of_statement(entries: &[(String, Expr)], under: &[Expr]) -> Vec<Grant> {
    let find = |names: &[&str]| {
        entries.iter().find(|(key, _)| names.contains(&key.as_str())).map(|(key, value)| (key.clone(), value))
    };
    let effect = match find(&["Effect"]) {
        Some((_, Expr::Text(effect))) => effect.clone(),
        Some((_, other)) => shown(other),
        None => "Deny".to_owned(),
    };
    let own = find(&["Condition"]).map(|(_, condition)| condition.clone());
    let mut conditions: Vec<Expr> = own.into_iter().chain(under.iter().cloned()).collect();
    let condition = match conditions.len() {
        0 => None,
        1 => conditions.pop(),
        _ => Some(Expr::List(conditions)),
    };
    let (action_key, actions) = find(&["Action", "NotAction"])
        .map_or(("Action".to_owned(), Vec::new()), |(key, value)| (key, each(value)));
    let (target_key, targets) = match find(&["Principal", "NotPrincipal"]) {
        Some((key, value)) => (key, principals(value)),
        None => find(&["Resource", "NotResource"])
            .map_or(("Resource".to_owned(), Vec::new()), |(key, value)| (key, each(value))),
    };
    let mut grants = Vec::new();
    for action in &actions {
        for target in &targets {
            grants.push(Grant {
                effect: effect.clone(),
                elements: (action_key.clone(), target_key.clone()),
                action: lower_case(action),
                target: target.clone(),
                condition: condition.clone(),
            });
        }
    }
    grants
}

/// Actions know no case.
fn lower_case(action: &Expr) -> Expr {
    match action {
        Expr::Text(text) => match text.split_once(':') {
            // Shown as it is written, but for the service: `*` of a name covers either case.
            Some((service, name)) => Expr::text(format!("{}:{name}", service.to_lowercase())),
            None => action.clone(),
        },
        other => other.clone(),
    }
}

fn each(value: &Expr) -> Vec<Expr> {
    match value {
        Expr::List(items) => items.clone(),
        one => vec![one.clone()],
    }
}

/// `Service: lambda.amazonaws.com` and the like, one principal each.
fn principals(value: &Expr) -> Vec<Expr> {
    match value {
        Expr::Map(kinds) => kinds
            .iter()
            .flat_map(|(kind, names)| {
                each(names).into_iter().map(move |name| Expr::Map(vec![(kind.clone(), name)]))
            })
            .collect(),
        other => each(other),
    }
}
