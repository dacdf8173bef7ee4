//! The small language of `Fn::Sub`: text with `${Name}`, `${Name.Attribute}` and `${!Literal}`.

use std::ops::Range;

/// A piece of a `Sub` text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Text as it is.
    Text(&'t str),
    /// `${!Literal}`: comes out as `${Literal}`.
    Literal(&'t str),
    /// A variable: what stands in the braces, and the bytes from `$` to `}`.
    Variable(&'t str, Range<usize>),
}

/// Takes a `Sub` text apart. A `${` that is never closed is text.
pub fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let open = rest.find("${").filter(|open| rest.get(*open..).is_some_and(|r| r.contains('}')));
        match open {
            Some(0) => {
                let close = rest.find('}')?;
                let inside = rest.get(2..close)?;
                let range = at..at + close + 1;
                at = range.end;
                Some(match inside.strip_prefix('!') {
                    Some(literal) => Piece::Literal(literal),
                    None => Piece::Variable(inside.trim(), range),
                })
            }
            Some(open) => {
                at += open;
                rest.get(..open).map(Piece::Text)
            }
            None => {
                at = text.len();
                Some(Piece::Text(rest))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_apart() {
        let all: Vec<_> = pieces("a-${B}${!c}-${D.E}$ {${").collect();
        assert_eq!(
            all,
            [
                Piece::Text("a-"),
                Piece::Variable("B", 2..6),
                Piece::Literal("c"),
                Piece::Text("-"),
                Piece::Variable("D.E", 12..18),
                Piece::Text("$ {${"),
            ]
        );
    }
}
