//! Statements that differ, as people read them: what was added, removed, widened or narrowed.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::side::{Item, MARK, Side};
use super::words;
use crate::expression::Expr;
use crate::normal::{Names, covers, normal};
use crate::template::Template;
use crate::text::{LineIndex, Span};

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
    /// It covers other things.
    Changed,
}

/// A statement that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PermissionChange {
    /// How.
    pub change: Change,
    /// `Allow` or `Deny`.
    pub effect: String,
    /// The actions, sorted: as they are, or as they were where it is gone.
    pub actions: Vec<String>,
    /// The actions as they were, where others are now.
    pub actions_before: Option<Vec<String>>,
    /// The resources, or for trust the principals.
    pub resources: Vec<String>,
    /// As they were, where others are now.
    pub resources_before: Option<Vec<String>>,
    /// The statement's condition, if it has one, and the template's conditions on which it stands.
    pub condition: Option<String>,
    /// The condition as it was, where it is another: `null` where it is the same.
    pub condition_before: Option<String>,
    /// The line of the statement: in the new template, or in the old one where it is gone.
    pub line: u32,
    /// Its bytes there.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// What differs in one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceChange {
    /// Statements of its policies, and managed policies by their ARN.
    pub permissions: Vec<PermissionChange>,
    /// Who may assume it.
    pub trust: Vec<PermissionChange>,
}

/// A statement to be compared: what is equal is the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) effect: String,
    /// `Action` or `NotAction`, `Resource`, `NotResource`, `Principal` or `NotPrincipal`.
    pub(super) elements: (String, String),
    pub(super) actions: Vec<String>,
    pub(super) targets: Vec<String>,
    condition: Option<String>,
}

/// A row, its actions and targets as values, and its place.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) row: Row,
    actions: Vec<Expr>,
    targets: Vec<Expr>,
    pub(super) span: Option<Span>,
}

/// Statements that differ, by the logical id of the resource that holds them.
#[must_use]
pub fn changes(old: &Template<'_, '_>, new: &Template<'_, '_>) -> BTreeMap<String, ResourceChange> {
    let (before, after) = (Side::of(old), Side::of(new));
    let lines = (LineIndex::new(old.document.text()), LineIndex::new(new.document.text()));
    let mut list = BTreeMap::new();
    for name in before.resources.keys().chain(after.resources.keys()) {
        let (a, b) = (before.resources.get(name), after.resources.get(name));
        if list.contains_key(name) || a.zip(b).is_some_and(|(a, b)| a.whole == b.whole) {
            continue;
        }
        let of = |item: Option<&Item>, side: &Side| item.map(|item| rows(item, side)).unwrap_or_default();
        let ((permissions_before, trust_before), (permissions, trust)) = (of(a, &before), of(b, &after));
        let change = ResourceChange {
            permissions: compare(permissions_before, permissions, &lines),
            trust: compare(trust_before, trust, &lines),
        };
        if change != ResourceChange::default() {
            list.insert(name.clone(), change);
        }
    }
    list
}

/// The statements of a resource: those of its policies, and those of its trust.
pub(super) fn rows(item: &Item, side: &Side) -> (Vec<Placed>, Vec<Placed>) {
    let names = Names { substitute: &|_| None, condition: &|_| None, name_index: &|_| None };
    let (mut permissions, mut trust) = (Vec::new(), Vec::new());
    for (key, value) in &item.properties {
        let value = normal(value, &names);
        match key.as_str() {
            "PolicyDocument" => of_document(&value, &[], side, &mut permissions),
            "AssumeRolePolicyDocument" => of_document(&value, &[], side, &mut trust),
            "Policies" => inline(&value, &[], side, &mut permissions),
            "ManagedPolicyArns" => attachments(&value, &[], &mut permissions),
            _ => {}
        }
    }
    (permissions, trust)
}

/// What an `If` chooses from, with its condition or the contrary.
fn alternatives<'e>(expr: &'e Expr, under: &[String], each: &mut dyn FnMut(&'e Expr, &[String])) {
    match expr {
        Expr::List(items) => items.iter().for_each(|item| alternatives(item, under, each)),
        Expr::Call(name, parts) if name == "If" => {
            let [condition, yes, no] = parts.as_slice() else { return each(expr, under) };
            let condition = words::value(condition);
            alternatives(yes, &[under, std::slice::from_ref(&condition)].concat(), each);
            alternatives(no, &[under, &[format!("not {condition}")]].concat(), each);
        }
        Expr::Ref(name) if name == "AWS::NoValue" => {}
        other => each(other, under),
    }
}

fn inline(policies: &Expr, under: &[String], side: &Side, list: &mut Vec<Placed>) {
    alternatives(
        policies,
        under,
        &mut |policy, under| match super::statement::entry(policy, "PolicyDocument") {
            Some(document) => of_document(document, under, side, list),
            None => list.push(computed(policy, under)),
        },
    );
}

fn of_document(document: &Expr, under: &[String], side: &Side, list: &mut Vec<Placed>) {
    alternatives(document, under, &mut |document, under| match document {
        Expr::Map(_) => {
            if let Some(statements) = super::statement::entry(document, "Statement") {
                alternatives(statements, under, &mut |statement, under| {
                    list.push(match statement {
                        Expr::Map(entries) => of_statement(entries, under, side),
                        other => computed(other, under),
                    });
                });
            }
        }
        other => list.push(computed(other, under)),
    });
}

fn attachments(arns: &Expr, under: &[String], list: &mut Vec<Placed>) {
    alternatives(arns, under, &mut |arn, under| {
        let actions = vec!["what the managed policy allows".to_owned()];
        list.push(Placed {
            row: Row {
                effect: "Allow".to_owned(),
                elements: ("Action".to_owned(), "Resource".to_owned()),
                actions,
                targets: vec![words::value(arn)],
                condition: joined(None, under),
            },
            actions: Vec::new(),
            targets: Vec::new(),
            span: None,
        });
    });
}

/// Not a statement that can be read: it is compared as a whole.
fn computed(expr: &Expr, under: &[String]) -> Placed {
    Placed {
        row: Row {
            effect: "a statement".to_owned(),
            elements: ("Action".to_owned(), "Resource".to_owned()),
            actions: vec!["computed".to_owned()],
            targets: vec![words::value(expr)],
            condition: joined(None, under),
        },
        actions: Vec::new(),
        targets: Vec::new(),
        span: None,
    }
}

fn joined(own: Option<String>, under: &[String]) -> Option<String> {
    let all: Vec<String> = own.into_iter().chain(under.iter().cloned()).collect();
    (!all.is_empty()).then(|| all.join(" and "))
}

fn of_statement(entries: &[(String, Expr)], under: &[String], side: &Side) -> Placed {
    let find = |names: &[&str]| {
        entries.iter().find(|(key, _)| names.contains(&key.as_str())).map(|(key, value)| (key.clone(), value))
    };
    let effect = match find(&["Effect"]) {
        Some((_, effect)) => words::value(effect),
        None => "Deny".to_owned(),
    };
    let sorted = |list: &[Expr]| {
        let mut texts: Vec<String> = list.iter().map(words::value).collect();
        texts.sort();
        texts.dedup();
        texts
    };
    let (action_key, actions) = find(&["Action", "NotAction"])
        .map_or(("Action".to_owned(), Vec::new()), |(key, value)| (key, each(value)));
    let actions: Vec<Expr> = actions.iter().map(lower_service).collect();
    let (target_key, targets) = match find(&["Principal", "NotPrincipal"]) {
        Some((key, value)) => (key, principals(value)),
        None => find(&["Resource", "NotResource"])
            .map_or(("Resource".to_owned(), Vec::new()), |(key, value)| (key, each(value))),
    };
    let row = Row {
        effect,
        elements: (action_key, target_key),
        actions: sorted(&actions),
        targets: sorted(&targets),
        condition: joined(find(&["Condition"]).map(|(_, condition)| words::value(condition)), under),
    };
    let span = find(&[MARK]).and_then(|(_, mark)| side.place_of_mark(mark));
    Placed { row, actions, targets, span }
}

/// Actions know no case; the service is shown in small letters, the name as it is written.
fn lower_service(action: &Expr) -> Expr {
    match action {
        Expr::Text(text) => match text.split_once(':') {
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

/// `Service lambda.amazonaws.com` and the like, one principal each.
fn principals(value: &Expr) -> Vec<Expr> {
    match value {
        Expr::Map(kinds) => kinds
            .iter()
            .flat_map(|(kind, names)| {
                each(names).into_iter().map(move |name| Expr::concat([Expr::text(format!("{kind} ")), name]))
            })
            .collect(),
        other => each(other),
    }
}

/// What two rows have in common, and so what changed between them.
type Key<'r> = (&'r str, &'r (String, String), &'r [String], Option<&'r str>);

fn compare(before: Vec<Placed>, after: Vec<Placed>, lines: &(LineIndex, LineIndex)) -> Vec<PermissionChange> {
    let folded = |row: &Row| {
        let mut row = row.clone();
        row.actions.iter_mut().for_each(|action| *action = action.to_lowercase());
        row.actions.sort();
        row
    };
    let mut same: HashMap<Row, usize> = HashMap::new();
    for one in &before {
        *same.entry(folded(&one.row)).or_default() += 1;
    }
    let mut come: Vec<Option<Placed>> = Vec::new();
    for one in after {
        match same.get_mut(&folded(&one.row)).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => come.push(Some(one)),
        }
    }
    let mut gone: Vec<Option<Placed>> = before
        .into_iter()
        .filter(|one| match same.get_mut(&folded(&one.row)).filter(|count| **count > 0) {
            Some(count) => {
                *count -= 1;
                true
            }
            None => false,
        })
        .map(Some)
        .collect();
    let mut list = Vec::new();
    // The same but for one part: the condition, the actions, the resources.
    let keys: [fn(&Row) -> Key<'_>; 3] = [
        |row| (&row.effect, &row.elements, &row.targets, row.condition.as_deref()),
        |row| (&row.effect, &row.elements, &row.actions, row.condition.as_deref()),
        |row| (&row.effect, &row.elements, &row.targets, None),
    ];
    for (number, key) in keys.iter().enumerate() {
        let mut by_key: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
        for (at, one) in gone.iter().enumerate().rev() {
            if let Some(one) = one {
                by_key.entry(key(&one.row)).or_default().push(at);
            }
        }
        let mut pairs = Vec::new();
        for (at, one) in come.iter().enumerate() {
            let Some(one) = one else { continue };
            // Third: the actions have to be the same as well.
            let found = by_key.get_mut(&key(&one.row)).and_then(|list| {
                let fits = |other: &usize| {
                    number != 2
                        || gone
                            .get(*other)
                            .and_then(Option::as_ref)
                            .is_some_and(|other| other.row.actions == one.row.actions)
                };
                let at = list.iter().rposition(fits)?;
                Some(list.remove(at))
            });
            pairs.extend(found.map(|other| (other, at)));
        }
        for (old, new) in pairs {
            let old = gone.get_mut(old).and_then(Option::take);
            let new = come.get_mut(new).and_then(Option::take);
            if let (Some(old), Some(new)) = (old, new) {
                list.push(pair(&old, &new, &lines.1));
            }
        }
    }
    list.extend(come.into_iter().flatten().map(|one| alone(Change::Added, one, &lines.1)));
    list.extend(gone.into_iter().flatten().map(|one| alone(Change::Removed, one, &lines.0)));
    list.sort_by_key(|change| (change.change, change.line));
    list
}

fn alone(change: Change, one: Placed, lines: &LineIndex) -> PermissionChange {
    PermissionChange {
        change,
        effect: one.row.effect.clone(),
        actions: shown(&one.row.elements.0, &one.row.actions),
        actions_before: None,
        resources: shown(&one.row.elements.1, &one.row.targets),
        resources_before: None,
        condition: one.row.condition,
        condition_before: None,
        line: one.span.map_or(0, |span| lines.line(span.start)),
        span: one.span,
    }
}

fn pair(old: &Placed, new: &Placed, lines: &LineIndex) -> PermissionChange {
    let way = |element: &str, same: bool, old: &[Expr], new: &[Expr], fold: bool| {
        if same {
            return Some((true, true));
        }
        let within = |inner: &[Expr], outer: &[Expr]| all_covered(inner, outer, fold);
        // What another policy says is not here: neither is within the other.
        let is_told = !old.is_empty() && !new.is_empty();
        let (grows, shrinks) = (is_told && within(old, new), is_told && within(new, old));
        if element.starts_with("Not") { Some((shrinks, grows)) } else { Some((grows, shrinks)) }
    };
    let actions =
        way(&new.row.elements.0, old.row.actions == new.row.actions, &old.actions, &new.actions, true);
    let targets =
        way(&new.row.elements.1, old.row.targets == new.row.targets, &old.targets, &new.targets, false);
    let conditions = match (&old.row.condition, &new.row.condition) {
        (a, b) if a == b => (true, true),
        (Some(_), None) => (true, false),
        (None, Some(_)) => (false, true),
        _ => (false, false),
    };
    let all: Vec<(bool, bool)> = [actions, targets, Some(conditions)].into_iter().flatten().collect();
    let change = match (all.iter().all(|(grows, _)| *grows), all.iter().all(|(_, shrinks)| *shrinks)) {
        (true, false) => Change::Widened,
        (false, true) => Change::Narrowed,
        _ => Change::Changed,
    };
    let other = |same: bool, list: Vec<String>| (!same).then_some(list);
    let none = || "no condition".to_owned();
    PermissionChange {
        change,
        effect: new.row.effect.clone(),
        actions: shown(&new.row.elements.0, &new.row.actions),
        actions_before: other(
            old.row.actions == new.row.actions,
            shown(&old.row.elements.0, &old.row.actions),
        ),
        resources: shown(&new.row.elements.1, &new.row.targets),
        resources_before: other(
            old.row.targets == new.row.targets,
            shown(&old.row.elements.1, &old.row.targets),
        ),
        condition: new.row.condition.clone(),
        condition_before: (old.row.condition != new.row.condition)
            .then(|| old.row.condition.clone().unwrap_or_else(none)),
        line: new.span.map_or(0, |span| lines.line(span.start)),
        span: new.span,
    }
}

/// Lists longer than this are not compared item by item.
const MOST_ITEMS: usize = 120;

fn all_covered(inner: &[Expr], outer: &[Expr], fold: bool) -> bool {
    let folded = |list: &[Expr]| -> Vec<Expr> {
        list.iter()
            .map(|expr| match expr {
                Expr::Text(text) if fold => Expr::text(text.to_lowercase()),
                other => other.clone(),
            })
            .collect()
    };
    let (inner, outer) = (folded(inner), folded(outer));
    let rest: Vec<&Expr> = inner.iter().filter(|one| !outer.contains(one)).collect();
    if rest.len() > MOST_ITEMS {
        return false;
    }
    rest.iter().all(|one| {
        let wild = |expr: &&Expr| {
            let mut wild = false;
            expr.walk(&mut |part| wild |= matches!(part, Expr::Text(text) if text.contains(['*', '?'])));
            wild
        };
        // What stands in `${…}` is no wildcard, and a variable's value is not known here.
        let plain = |expr: &Expr| !words::value(expr).contains("${");
        outer.iter().filter(wild).any(|other| plain(other) && covers(other, one))
    })
}

fn shown(element: &str, list: &[String]) -> Vec<String> {
    if element.starts_with("Not") { vec![format!("all but {}", words::list(list))] } else { list.to_vec() }
}
