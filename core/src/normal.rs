//! One form for all ways of saying the same value.
//!
//! `Sub`, `Join` of a list and a text are one concatenation; what can be computed is; `If` stands outside
//! of what it is in; conditions are written out. Two values with the same normal form are the same for
//! all values of the parameters.

use crate::expression::Expr;

/// What the names of a template stand for.
pub struct Names<'n> {
    /// What a `Ref` or `GetAtt` is replaced by, if by anything.
    pub substitute: &'n dyn Fn(&Expr) -> Option<Expr>,
    /// The expression of a condition, in normal form, if the template has it.
    pub condition: &'n dyn Fn(&str) -> Option<Expr>,
    /// For an IAM resource whose ARN is split at slashes: the index of its name.
    pub name_index: &'n dyn Fn(&str) -> Option<usize>,
}

/// More alternatives than this are left where they stand.
const MOST_ALTERNATIVES: usize = 6;

/// The normal form of a value.
#[must_use]
pub fn normal(expr: &Expr, names: &Names<'_>) -> Expr {
    match expr {
        Expr::Text(_) | Expr::Source(_) => expr.clone(),
        // CloudFormation reads scalars as the property wants them.
        Expr::Plain(text) => Expr::text(text),
        Expr::Named(_, inner) => normal(inner, names),
        Expr::Ref(_) | Expr::GetAtt(..) => (names.substitute)(expr).unwrap_or_else(|| expr.clone()),
        Expr::Concat(parts) => concat(parts.iter().map(|part| normal(part, names)).collect()),
        Expr::List(items) => Expr::List(
            items.iter().map(|item| normal(item, names)).filter(|item| !is_no_value(item)).collect(),
        ),
        Expr::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), normal(value, names)));
            let mut entries: Vec<(String, Expr)> = entries.filter(|(_, value)| !is_no_value(value)).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Expr::Map(entries)
        }
        Expr::Unary(name, inner) => unary(name, inner, names),
        Expr::Call(name, arguments) => call(name, arguments, names),
    }
}

fn unary(name: &str, inner: &Expr, names: &Names<'_>) -> Expr {
    let condition = match inner {
        Expr::Text(text) if name == "Condition" => (names.condition)(text),
        _ => None,
    };
    condition.unwrap_or_else(|| Expr::Unary(name.to_owned(), Box::new(normal(inner, names))))
}

fn call(name: &str, arguments: &[Expr], names: &Names<'_>) -> Expr {
    if let ("If", [Expr::Text(condition), yes, no]) = (name, arguments) {
        let condition = (names.condition)(condition).unwrap_or_else(|| Expr::text(condition));
        return alternative(condition, normal(yes, names), normal(no, names));
    }
    let arguments: Vec<Expr> = arguments.iter().map(|argument| normal(argument, names)).collect();
    match (name, arguments.as_slice()) {
        ("Join", [Expr::Text(delimiter), Expr::List(items)]) if items.iter().all(is_scalar) => {
            let delimiter = Expr::text(delimiter);
            let parts = items.iter().enumerate().flat_map(|(at, item)| {
                let before = (at > 0).then(|| delimiter.clone());
                before.into_iter().chain([item.clone()])
            });
            concat(parts.collect())
        }
        ("Split", [Expr::Text(delimiter), Expr::Text(text)]) if !delimiter.is_empty() => {
            Expr::List(text.split(delimiter.as_str()).map(Expr::text).collect())
        }
        ("Select", [Expr::Text(index), Expr::List(items)]) => {
            let item = index.parse::<usize>().ok().and_then(|index| items.get(index));
            item.cloned().unwrap_or_else(|| Expr::call(name, arguments.clone()))
        }
        ("Select", [Expr::Text(index), Expr::Call(split, of)]) if split == "Split" => match of.as_slice() {
            [Expr::Text(slash), Expr::GetAtt(resource, attribute)]
                if slash == "/"
                    && attribute == "Arn"
                    && (names.name_index)(resource).map(|at| at.to_string()).as_deref() == Some(index) =>
            {
                Expr::reference(resource)
            }
            _ => Expr::call(name, arguments.clone()),
        },
        ("Not", [Expr::Text(value)]) if value == "true" => Expr::text("false"),
        ("Not", [Expr::Text(value)]) if value == "false" => Expr::text("true"),
        ("Equals", [a, b]) if a == b => Expr::text("true"),
        ("Equals", [a, b]) if are_never_equal(a, b) => Expr::text("false"),
        _ => Expr::call(name, arguments),
    }
}

/// Two texts that differ, or the name or ARN of a resource and an empty text.
fn are_never_equal(a: &Expr, b: &Expr) -> bool {
    let is_empty = |expr: &Expr| matches!(expr, Expr::Text(text) if text.is_empty());
    match (a, b) {
        (Expr::Text(a), Expr::Text(b)) => a != b,
        (Expr::GetAtt(..), other) | (other, Expr::GetAtt(..)) => is_empty(other),
        // A reference to a resource is marked when it is substituted: a parameter may be empty.
        (Expr::Unary(mark, _), other) | (other, Expr::Unary(mark, _)) => {
            mark == "Resource" && is_empty(other)
        }
        _ => false,
    }
}

fn is_scalar(expr: &Expr) -> bool {
    match expr {
        Expr::Text(_) | Expr::Ref(_) | Expr::GetAtt(..) | Expr::Concat(_) => true,
        Expr::Call(name, arguments) if name == "If" => arguments.iter().skip(1).all(is_scalar),
        Expr::Call(name, _) => matches!(name.as_str(), "Join" | "Select" | "FindInMap"),
        Expr::Unary(name, _) => matches!(name.as_str(), "ImportValue" | "Base64"),
        _ => false,
    }
}

fn is_no_value(expr: &Expr) -> bool {
    matches!(expr, Expr::Ref(name) if name == "AWS::NoValue")
}

/// `If`, decided where its condition is.
fn alternative(condition: Expr, yes: Expr, no: Expr) -> Expr {
    match &condition {
        Expr::Text(value) if value == "true" => yes,
        Expr::Text(value) if value == "false" => no,
        _ if yes == no => yes,
        _ => Expr::call("If", vec![condition, yes, no]),
    }
}

/// A concatenation with its alternatives outside: `a${If c x y}b` is `If c axb ayb`.
fn concat(parts: Vec<Expr>) -> Expr {
    let alternatives =
        parts.iter().filter(|part| matches!(part, Expr::Call(name, _) if name == "If")).count();
    let first = parts.iter().position(|part| matches!(part, Expr::Call(name, _) if name == "If"));
    if let Some(at) = first.filter(|_| alternatives <= MOST_ALTERNATIVES)
        && let Some(Expr::Call(_, arguments)) = parts.get(at)
        && let [condition, yes, no] = arguments.as_slice()
    {
        let with = |branch: &Expr| {
            let all = parts.iter().enumerate().map(|(other, part)| if other == at { branch } else { part });
            concat(all.map(|part| decided(part, condition, branch == yes)).collect())
        };
        return alternative(condition.clone(), with(yes), with(no));
    }
    Expr::concat(parts)
}

/// A part in a branch where a condition is decided.
fn decided(part: &Expr, condition: &Expr, holds: bool) -> Expr {
    match part {
        Expr::Call(name, arguments) if name == "If" && arguments.first() == Some(condition) => {
            let branch = arguments.get(if holds { 1 } else { 2 });
            branch.map_or_else(|| part.clone(), |branch| decided(branch, condition, holds))
        }
        other => other.clone(),
    }
}

/// Whether a text with wildcards matches all that another may be. Names count as one character that
/// only itself and `*` match.
#[must_use]
pub fn covers(pattern: &Expr, text: &Expr) -> bool {
    let (Some(pattern), Some(text)) = (symbols(pattern), symbols(text)) else { return false };
    // The usual two rows: `reach` says which ends of the text the pattern so far matches.
    let mut reach = vec![false; text.len() + 1];
    if let Some(first) = reach.first_mut() {
        *first = true;
    }
    for symbol in &pattern {
        let mut next = vec![false; text.len() + 1];
        let mut any = false;
        for (at, was) in reach.iter().enumerate() {
            any |= was;
            if *symbol == Symbol::Character('*') {
                if let Some(slot) = next.get_mut(at) {
                    *slot = any;
                }
            } else if *was
                && text.get(at) == Some(symbol)
                && *symbol != Symbol::Character('?')
                && let Some(slot) = next.get_mut(at + 1)
            {
                *slot = true;
            }
        }
        reach = next;
    }
    reach.last() == Some(&true)
}

#[derive(Clone, PartialEq, Eq)]
enum Symbol {
    Character(char),
    Value(Expr),
}

fn symbols(expr: &Expr) -> Option<Vec<Symbol>> {
    match expr {
        Expr::Text(text) => Some(text.chars().map(Symbol::Character).collect()),
        Expr::Concat(parts) => {
            let parts: Option<Vec<Vec<Symbol>>> = parts.iter().map(symbols).collect();
            parts.map(|parts| parts.concat())
        }
        Expr::Ref(_) | Expr::GetAtt(..) | Expr::Call(..) | Expr::Unary(..) => {
            Some(vec![Symbol::Value(expr.clone())])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::lower;
    use crate::syntax::parse;

    fn form(text: &str) -> Expr {
        let names = Names { substitute: &|_| None, condition: &|_| None, name_index: &|_| Some(1) };
        normal(&lower(parse(text).document.root().unwrap()), &names)
    }

    #[test]
    fn ways_of_saying_the_same_are_one() {
        for (a, b) in [
            ("!Sub 'a-${B}'", "!Join ['-', [a, !Ref B]]"),
            ("!Sub ['${X}b', {X: a}]", "ab"),
            ("!Select [1, !Split ['-', a-b]]", "b"),
            ("!Select [0, [a, b]]", "a"),
            ("!Sub '${B}'", "!Ref B"),
            ("!Sub ['a${X}', {X: !If [C, b, c]}]", "!If [C, ab, ac]"),
            ("!Sub ['${X}${Y}', {X: !If [C, a, b], Y: !If [C, c, d]}]", "!If [C, ac, bd]"),
            ("!If [C, a, a]", "a"),
            ("[a, !Ref AWS::NoValue]", "[a]"),
            ("{b: 1, a: '2'}", "{a: 2, b: '1'}"),
            ("!Select [1, !Split ['/', !GetAtt R.Arn]]", "!Ref R"),
        ] {
            assert_eq!(form(a), form(b), "{a} {b}");
        }
        assert_ne!(form("!Sub 'a-${B}'"), form("a-${B}"));
        assert_ne!(form("!If [C, a, b]"), form("!If [C, b, a]"));
    }

    #[test]
    fn patterns_cover_what_they_match() {
        assert!(covers(&form("!Sub 'arn:${P}:s3:::${S}-b-*'"), &form("!Sub 'arn:${P}:s3:::${S}-b-*'")));
        assert!(covers(&form("!Sub 'arn:*:s3:::*'"), &form("!Sub 'arn:${P}:s3:::${S}-b'")));
        assert!(!covers(&form("!Sub 'arn:${P}:s3:::${S}-b-*'"), &form("!Sub 'arn:${P}:s3:::${T}-b-x'")));
        assert!(!covers(&form("a*c"), &form("ab")));
    }
}
