//! `Fn::ForEach` over a collection that is written out.
//!
//! Source: CloudFormation Template Reference, "Fn::ForEach": `${Name}` in keys and values stands for the value,
//! `&{Name}` for its letters and digits.

use std::collections::BTreeMap;

use super::world::entries;
use crate::expression::Expr;
use crate::template::in_turn;

/// The sections that loops may read their collections from.
pub(super) type Mappings = BTreeMap<String, Expr>;

/// The entries that an entry of a section comes to: itself, or those of the loop that it is. `None` for a loop
/// over what is not known before the stack is made.
pub(super) fn written_out(name: &str, value: &Expr, mappings: &Mappings) -> Option<Vec<(String, Expr)>> {
    if !name.starts_with("Fn::ForEach") {
        return Some(vec![(name.to_owned(), inner(value, mappings)?)]);
    }
    let (Expr::List(arguments) | Expr::Call(_, arguments)) = value else { return None };
    let [Expr::Text(variable) | Expr::Plain(variable), collection, body] = arguments.as_slice() else {
        return None;
    };
    // A name that is put together from the variable and more is known only once the text is: `${B${N}.Arn}`.
    let mut is_nested = false;
    body.walk(&mut |part| {
        is_nested |= matches!(part, Expr::Ref(name) | Expr::GetAtt(name, _) if name.contains("${") || name.contains("&{"));
    });
    if is_nested {
        return None;
    }
    if turns(value, mappings) > MOST {
        return None;
    }
    let mut entries = Vec::new();
    for value in &items(collection, mappings)? {
        let (Expr::Text(value) | Expr::Plain(value)) = value else { return None };
        match with(body, variable, value) {
            Expr::Map(body) => {
                for (name, value) in body {
                    entries.extend(written_out(&name, &value, mappings)?);
                }
            }
            // A mapping of one loop is read as a call.
            Expr::Call(name, arguments) if name.starts_with("ForEach") => {
                entries.extend(written_out(&format!("Fn::{name}"), &Expr::List(arguments), mappings)?);
            }
            _ => return None,
        }
    }
    Some(entries)
}

/// More turns than these are not written out: a stack has 500 resources at most.
const MOST: usize = 2_000;

/// How many entries a loop comes to, as far as its collections are written out.
fn turns(value: &Expr, mappings: &Mappings) -> usize {
    let (Expr::List(arguments) | Expr::Call(_, arguments)) = value else { return 1 };
    let [_, collection, body] = arguments.as_slice() else { return 1 };
    let inside: usize = match body {
        Expr::Map(entries) => entries
            .iter()
            .map(|(name, value)| if name.starts_with("Fn::ForEach") { turns(value, mappings) } else { 1 })
            .fold(0, usize::saturating_add),
        // A mapping of one loop is read as a call.
        Expr::Call(name, _) if name.starts_with("ForEach") => turns(body, mappings),
        _ => 1,
    };
    items(collection, mappings).map_or(1, |items| items.len()).saturating_mul(inside.max(1))
}

/// The values of a collection that is written out, or stands in a mapping under keys that are.
fn items(collection: &Expr, mappings: &Mappings) -> Option<Vec<Expr>> {
    let text = |expr: &Expr| match expr {
        Expr::Text(text) | Expr::Plain(text) => Some(text.clone()),
        _ => None,
    };
    match collection {
        Expr::List(items) => Some(items.clone()),
        Expr::Call(name, parts) if name == "FindInMap" => {
            let [mapping, first, second] = parts.as_slice() else { return None };
            let row = entries(mappings.get(&text(mapping)?));
            let row = row.iter().find(|(key, _)| Some(key) == text(first).as_ref())?;
            let value = entries(Some(&row.1)).iter().find(|(key, _)| Some(key) == text(second).as_ref())?;
            match &value.1 {
                Expr::List(items) => Some(items.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Loops inside a value: the entries of a mapping.
fn inner(value: &Expr, mappings: &Mappings) -> Option<Expr> {
    let all = |parts: &[Expr]| parts.iter().map(|part| inner(part, mappings)).collect::<Option<Vec<_>>>();
    Some(match value {
        Expr::Map(entries) => {
            let mut list = Vec::with_capacity(entries.len());
            for (name, value) in entries {
                list.extend(written_out(name, value, mappings)?);
            }
            Expr::Map(list)
        }
        Expr::Call(name, arguments) if name.starts_with("ForEach") => {
            Expr::Map(written_out(&format!("Fn::{name}"), &Expr::List(arguments.clone()), mappings)?)
        }
        Expr::List(parts) => Expr::List(all(parts)?),
        Expr::Call(name, parts) => Expr::Call(name.clone(), all(parts)?),
        other => other.clone(),
    })
}

fn with(expr: &Expr, variable: &str, value: &str) -> Expr {
    let text = |text: &str| in_turn(text, variable, value);
    let all = |parts: &[Expr]| parts.iter().map(|part| with(part, variable, value)).collect::<Vec<_>>();
    match expr {
        Expr::Ref(name) if name == variable => Expr::text(value),
        Expr::Ref(name) => Expr::Ref(text(name)),
        Expr::Text(old) => Expr::text(text(old)),
        Expr::GetAtt(name, attribute) => Expr::GetAtt(text(name), text(attribute)),
        Expr::Concat(parts) => Expr::concat(all(parts)),
        Expr::List(parts) => Expr::List(all(parts)),
        Expr::Call(name, parts) => Expr::Call(name.clone(), all(parts)),
        Expr::Unary(name, inner) => Expr::Unary(name.clone(), Box::new(with(inner, variable, value))),
        Expr::Named(name, inner) => Expr::Named(name.clone(), Box::new(with(inner, variable, value))),
        Expr::Map(entries) => {
            Expr::Map(entries.iter().map(|(key, entry)| (text(key), with(entry, variable, value))).collect())
        }
        other => other.clone(),
    }
}
