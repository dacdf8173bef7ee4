//! Which conditions are decided where a reference stands: only in such worlds does its value matter.

use crate::expression::{Expr, lower};
use crate::syntax::Node;
use crate::template::{Reference, Resource, Template, call};

/// Conditions, and whether each holds.
pub(crate) type Decided = Vec<(String, bool)>;

/// Conditions that are made of others to a greater depth are not followed.
const DEEPEST: usize = 16;

/// The conditions that are decided where a reference of a resource stands.
///
/// Its resource exists there, so does what it names (a reference to what does not exist cannot be deployed), and the
/// branch of each `Fn::If` around it is taken.
pub(super) fn decided(
    template: &Template<'_, '_>,
    owner: &Resource<'_, '_>,
    reference: &Reference<'_, '_>,
    target: &str,
) -> Decided {
    let mut found = Decided::new();
    let exists = [Some(owner), template.resources.get(target)].into_iter().flatten();
    for name in exists.filter_map(|resource| resource.condition) {
        decide(template, name, true, &mut found);
    }
    let mut inner = reference.via.unwrap_or(reference.node);
    while let Some(outer) = inner.parent() {
        if let Some((name, holds)) = branch(outer, inner) {
            decide(template, name, holds, &mut found);
        }
        inner = outer;
    }
    found
}

/// The condition of an `Fn::If` that a list is of, and whether it holds where an item of the list counts.
fn branch<'d>(list: Node<'d, '_>, item: Node<'d, '_>) -> Option<(&'d str, bool)> {
    let of = call(list).or_else(|| call(list.parent()?)).filter(|call| call.name == "If")?;
    if of.argument != list {
        return None;
    }
    let at = list.items().position(|other| other == item)?;
    let name = list.items().next()?.literal()?;
    matches!(at, 1 | 2).then_some((name, at == 1))
}

/// Adds a condition, and those of which it is made that are decided with it.
fn decide(template: &Template<'_, '_>, name: &str, holds: bool, found: &mut Decided) {
    if found.iter().any(|(known, _)| known == name) {
        return;
    }
    found.push((name.to_owned(), holds));
    if let Some(condition) = template.conditions.get(name) {
        follow(template, &lower(condition.value), holds, found);
    }
}

fn follow(template: &Template<'_, '_>, expr: &Expr, holds: bool, found: &mut Decided) {
    match (expr, holds) {
        (Expr::Unary(call, inner), _) if call == "Condition" => {
            if let Expr::Text(name) = inner.as_ref() {
                decide(template, name, holds, found);
            }
        }
        (Expr::Call(call, arguments), _) if call == "Not" => {
            arguments.iter().for_each(|argument| follow(template, argument, !holds, found));
        }
        (Expr::Call(call, arguments), true) if call == "And" => {
            arguments.iter().for_each(|argument| follow(template, argument, true, found));
        }
        (Expr::Call(call, arguments), false) if call == "Or" => {
            arguments.iter().for_each(|argument| follow(template, argument, false, found));
        }
        _ => {}
    }
}

/// Whether a condition holds where others are decided, as far as that follows.
pub(super) fn holds(template: &Template<'_, '_>, name: &str, decided: &Decided) -> Option<bool> {
    if decided.is_empty() {
        return None;
    }
    value(template, &Expr::Unary("Condition".to_owned(), Box::new(Expr::text(name))), decided, 0)
}

fn value(template: &Template<'_, '_>, expr: &Expr, decided: &Decided, depth: usize) -> Option<bool> {
    // Conditions that name each other in a circle have a finding of their own.
    if depth > DEEPEST {
        return None;
    }
    let each = |arguments: &[Expr]| -> Vec<Option<bool>> {
        arguments.iter().map(|argument| value(template, argument, decided, depth + 1)).collect()
    };
    match expr {
        Expr::Unary(call, inner) if call == "Condition" => {
            let Expr::Text(name) = inner.as_ref() else { return None };
            let known = decided.iter().find(|(known, _)| known == name).map(|(_, holds)| *holds);
            let written =
                || value(template, &lower(template.conditions.get(name.as_str())?.value), decided, depth + 1);
            known.or_else(written)
        }
        Expr::Call(call, arguments) if call == "Not" => each(arguments).first().copied()?.map(|holds| !holds),
        Expr::Call(call, arguments) if matches!(call.as_str(), "And" | "Or") => {
            let (values, decides) = (each(arguments), call == "Or");
            if values.contains(&Some(decides)) {
                return Some(decides);
            }
            values.iter().all(|one| *one == Some(!decides)).then_some(!decides)
        }
        _ => None,
    }
}
