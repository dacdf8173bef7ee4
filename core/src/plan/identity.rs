//! Who is meant: identity followed through name expressions, where a text says a name that a resource has.

use super::possible::possible;
use crate::expression::{Expr, lower, spelled};
use crate::facts::{iam_type, resource_type};
use crate::syntax::Node;
use crate::template::{Resource, Template};

/// Around a reference in a key.
pub(super) const OPEN: char = '\u{1}';
pub(super) const CLOSE: char = '\u{2}';

/// More alternatives than this are cut off: what is left out is not followed.
pub(super) const MOST: usize = 64;

/// The texts that a node may come to: what a mapping has under keys that are written out counts.
#[must_use]
pub(super) fn texts(template: &Template<'_, '_>, node: Node<'_, '_>) -> Vec<String> {
    keys(&looked_up(template, &lower(node)))
}

/// An expression with what its mappings have: under keys that are written out the one value, under others each.
fn looked_up(template: &Template<'_, '_>, expr: &Expr) -> Expr {
    if template.mappings.is_empty() {
        return expr.clone();
    }
    expr.replaced(&|part| {
        let Expr::Call(name, arguments) = part else { return None };
        let [Expr::Text(mapping) | Expr::Plain(mapping), first, second, ..] = arguments.as_slice() else {
            return None;
        };
        let mapping = template.mappings.get(mapping.as_str()).filter(|_| name == "FindInMap")?;
        let below = |node: Node<'_, '_>, key: &Expr| -> Vec<Expr> {
            let is_meant = |(name, _): &(Node<'_, '_>, Node<'_, '_>)| match key {
                Expr::Text(key) | Expr::Plain(key) => name.as_str() == Some(key),
                _ => true,
            };
            let rows = node.resolved().entries().filter(is_meant);
            rows.flat_map(|(_, row)| {
                let rows = row.resolved().entries().filter(|(name, _)| match second {
                    Expr::Text(key) | Expr::Plain(key) => name.as_str() == Some(key),
                    _ => true,
                });
                rows.map(|(_, value)| lower(value)).collect::<Vec<_>>()
            })
            .collect()
        };
        // One of them, whatever decides.
        let values = below(mapping.value, first).into_iter().take(MOST);
        values.rev().reduce(|rest, value| Expr::call("If", vec![Expr::text(""), value, rest]))
    })
}

/// The texts that an expression may come to, with what is not known between marks.
#[must_use]
pub(super) fn keys(expr: &Expr) -> Vec<String> {
    match expr {
        Expr::Text(text) | Expr::Plain(text) => vec![text.clone()],
        Expr::Ref(name) => vec![format!("{OPEN}{name}{CLOSE}")],
        Expr::GetAtt(name, attribute) => vec![format!("{OPEN}{name}.{attribute}{CLOSE}")],
        Expr::Named(_, inner) => keys(inner),
        // The name of what a loop makes.
        Expr::Unary(call, inner) if call == "Ref" => {
            vec![format!("{OPEN}{}{CLOSE}", spelled(inner).unwrap_or_default())]
        }
        Expr::Concat(parts) => joined(parts, ""),
        Expr::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
            ("Join", [Expr::Text(delimiter), Expr::List(parts)]) => joined(parts, delimiter),
            ("Select", [Expr::Text(index) | Expr::Plain(index), list]) => {
                let unknown = || vec![format!("{OPEN}{CLOSE}")];
                let Ok(index) = index.parse::<usize>() else { return unknown() };
                match list {
                    Expr::List(items) => items.get(index).map_or_else(unknown, keys),
                    // Of each alternative the piece.
                    Expr::Call(name, arguments) if name == "Split" => match arguments.as_slice() {
                        // `arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/ID`
                        [Expr::Text(delimiter), Expr::Ref(id)]
                            if index == 1 && delimiter == "/" && id == "AWS::StackId" =>
                        {
                            vec![format!("{OPEN}AWS::StackName{CLOSE}")]
                        }
                        [Expr::Text(delimiter), inner] => keys(inner)
                            .iter()
                            .map(|text| {
                                let piece =
                                    pieces(text, delimiter).get(index).map(|piece| (*piece).to_owned());
                                piece.unwrap_or_else(|| format!("{OPEN}{CLOSE}"))
                            })
                            .collect(),
                        _ => unknown(),
                    },
                    _ => unknown(),
                }
            }
            // A list of which each item counts.
            ("Split", [Expr::Text(delimiter), inner]) => keys(inner)
                .iter()
                .flat_map(|text| pieces(text, delimiter).into_iter().map(str::to_owned).collect::<Vec<_>>())
                .take(MOST)
                .collect(),
            // The name of what a loop makes.
            ("GetAtt", [name, attribute]) => {
                let text = spelled(name)
                    .zip(spelled(attribute))
                    .map(|(name, attribute)| format!("{name}.{attribute}"));
                vec![format!("{OPEN}{}{CLOSE}", text.unwrap_or_default())]
            }
            ("If", [_, yes, no]) => keys(yes).into_iter().chain(keys(no)).take(MOST).collect(),
            _ => vec![format!("{OPEN}{CLOSE}")],
        },
        _ => vec![format!("{OPEN}{CLOSE}")],
    }
}

/// The pieces of a text between delimiters; one inside of what is not known is none.
pub(super) fn pieces<'t>(text: &'t str, delimiter: &str) -> Vec<&'t str> {
    if delimiter.is_empty() {
        return vec![text];
    }
    let mut pieces = Vec::new();
    let (mut start, mut inside, mut skip) = (0, false, 0);
    for (at, c) in text.char_indices() {
        match c {
            OPEN => inside = true,
            CLOSE => inside = false,
            _ if !inside && at >= skip && text.get(at..).is_some_and(|rest| rest.starts_with(delimiter)) => {
                pieces.push(text.get(start..at).unwrap_or_default());
                start = at + delimiter.len();
                skip = start;
            }
            _ => {}
        }
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}

fn joined(parts: &[Expr], delimiter: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for (at, part) in parts.iter().enumerate() {
        let between = if at > 0 { delimiter } else { "" };
        let more = keys(part);
        all = all
            .iter()
            .flat_map(|before| more.iter().map(move |after| format!("{before}{between}{after}")))
            .take(MOST)
            .collect();
    }
    all
}

/// Whether two keys differ whatever their references are: one begins, or ends, as the other does not.
#[must_use]
pub(super) fn never_same(a: &str, b: &str) -> bool {
    let letters = |text: &str, reverse: bool| -> Vec<Option<char>> {
        let mut is_inside = false;
        let mut list: Vec<Option<char>> = text
            .chars()
            .map(|c| {
                let was_inside = is_inside;
                is_inside = match c {
                    OPEN => true,
                    CLOSE => false,
                    _ => is_inside,
                };
                (!was_inside && c != OPEN).then_some(c)
            })
            .collect();
        if reverse {
            list.reverse();
        }
        list
    };
    let chars = |text: &str, reverse: bool| -> Vec<char> {
        if reverse { text.chars().rev().collect() } else { text.chars().collect() }
    };
    [false, true].into_iter().any(|reverse| {
        let alike = chars(a, reverse).iter().zip(chars(b, reverse)).take_while(|(a, b)| **a == *b).count();
        let (a, b) = (letters(a, reverse), letters(b, reverse));
        match (a.get(alike), b.get(alike)) {
            (None, None) => false,
            (None, Some(_)) => b.iter().skip(alike).any(Option::is_some),
            (Some(_), None) => a.iter().skip(alike).any(Option::is_some),
            (Some(a), Some(b)) => a.is_some() && b.is_some(),
        }
    })
}

/// The resource that a reference in a key names.
#[must_use]
pub(super) fn references(key: &str) -> Vec<&str> {
    let marked = key.split(OPEN).skip(1).filter_map(|rest| rest.split(CLOSE).next());
    marked.map(|name| name.split('.').next().unwrap_or(name)).filter(|name| !name.is_empty()).collect()
}

/// The texts that the explicit name of a resource may come to; none where CloudFormation makes the name.
fn names(template: &Template<'_, '_>, resource: &Resource<'_, '_>) -> Vec<String> {
    let row = resource_type(resource.kind).filter(|row| !row.name_property.is_empty());
    let name = row.and_then(|row| resource.property(row.name_property));
    let known = |key: &String| !key.is_empty() && *key != format!("{OPEN}AWS::NoValue{CLOSE}");
    name.map_or(Vec::new(), |name| texts(template, name).into_iter().filter(known).collect())
}

/// A key without what is not known.
#[must_use]
pub(super) fn written(key: &str) -> String {
    let mut pieces = key.split(OPEN);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    pieces.for_each(|piece| text.push_str(piece.split_once(CLOSE).map_or("", |(_, after)| after)));
    text
}

/// A key with something else in the place of what is not known.
#[must_use]
pub(super) fn filled(key: &str, by: impl Fn(&str) -> String) -> String {
    let mut pieces = key.split(OPEN);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, after) = piece.split_once(CLOSE).unwrap_or((piece, ""));
        text.push_str(&by(name));
        text.push_str(after);
    }
    text
}

/// The IAM resources of a kind that a text names: by the name itself, or by an ARN that ends in it.
pub(super) fn named<'d>(template: &Template<'d, '_>, text: &str, noun: &str) -> Vec<&'d str> {
    let known = written(text);
    let is_arn = known.contains(':') || known.contains('/');
    if is_arn && !text.contains(&format!("{noun}/")) {
        return Vec::new();
    }
    of_kind(
        template,
        |kind| iam_type(kind).is_some_and(|row| row.arn_noun == noun),
        |name| text == name || (is_arn && text.ends_with(&format!("/{name}"))),
    )
}

/// The same, with the values that parameters are known to have: what it names in some stack.
pub(super) fn named_in_some<'d>(template: &Template<'d, '_>, text: &str, noun: &str) -> Vec<&'d str> {
    let known = written(text);
    let is_arn = known.contains(':') || known.contains('/');
    if is_arn && !text.contains(&format!("{noun}/")) {
        return Vec::new();
    }
    let texts = with_values(template, text);
    of_kind(
        template,
        |kind| iam_type(kind).is_some_and(|row| row.arn_noun == noun),
        |name| {
            with_values(template, name).iter().any(|name| {
                texts.iter().any(|text| text == name || (is_arn && text.ends_with(&format!("/{name}"))))
            })
        },
    )
}

/// A key with each value that its parameters are known to have, and as it is.
pub(super) fn with_values(template: &Template<'_, '_>, key: &str) -> Vec<String> {
    possible(template, key, [&OPEN.to_string(), &CLOSE.to_string()])
}

/// The resources of some types that a text names: by the name itself, or by an ARN that ends in it.
pub(super) fn of_kind<'d>(
    template: &Template<'d, '_>,
    kind: impl Fn(&str) -> bool,
    is_meant: impl Fn(&str) -> bool,
) -> Vec<&'d str> {
    let resources = template.resources.values().filter(|resource| kind(resource.kind));
    resources
        .filter(|resource| names(template, resource).iter().any(|name| is_meant(name)))
        .map(|resource| resource.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_that_begin_or_end_otherwise() {
        let key = |text: &str| text.replace('<', &OPEN.to_string()).replace('>', &CLOSE.to_string());
        let never = |a: &str, b: &str| never_same(&key(a), &key(b));
        for (a, b) in [("a", "b"), ("a", "ab"), ("<X>-app", "<X>"), ("<X>-app", "b"), ("p<X>", "q<Y>")] {
            assert!(never(a, b) && never(b, a), "{a} {b}");
        }
        for (a, b) in
            [("a", "a"), ("<X>", "a"), ("<X>", "<Y>"), ("<X>a", "<Y>"), ("<X>", "<X>"), ("a<X>", "ab")]
        {
            assert!(!never(a, b) && !never(b, a), "{a} {b}");
        }
    }
}
