//! Values as CloudFormation computes them, apart from how they are written.
//!
//! The plan reasons in expressions (a name, an ARN, a pattern) and the documents write them in the
//! form that the place needs. `Fn::Sub` is a concatenation, short and long forms are the same.

use crate::syntax::{Kind, Node, Style};
use crate::template::{
    Call, Form, Function, Piece, Template, call as call_of, in_turn, long_call, pieces, with_letters,
};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// Text.
    Text(String),
    /// A number, boolean or null, as written.
    Plain(String),
    /// `Ref` of a parameter, pseudo parameter or resource.
    Ref(String),
    /// `Fn::GetAtt`.
    GetAtt(String, String),
    /// The texts one after the other: what `Fn::Sub` gives.
    Concat(Vec<Expr>),
    /// Another function, by its name without `Fn::`, with its arguments.
    Call(String, Vec<Expr>),
    /// A function whose argument is no list (`Fn::Base64: text`).
    Unary(String, Box<Expr>),
    /// A list.
    List(Vec<Expr>),
    /// A mapping.
    Map(Vec<(String, Expr)>),
    /// Text of a document as it is: its lines, the first without indentation.
    Source(String),
    /// An expression with a name for the variable that a `Fn::Sub` would give it.
    Named(String, Box<Expr>),
}

impl Expr {
    /// Text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// `Ref`.
    #[must_use]
    pub fn reference(name: impl Into<String>) -> Self {
        Self::Ref(name.into())
    }

    /// A call with a list of arguments.
    #[must_use]
    pub fn call(name: &str, arguments: Vec<Self>) -> Self {
        Self::Call(name.to_owned(), arguments)
    }

    /// A mapping with text keys.
    #[must_use]
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A concatenation with nested ones spread out and neighbouring texts joined.
    #[must_use]
    pub fn concat(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat: Vec<Self> = Vec::new();
        for part in parts {
            match part {
                Self::Concat(inner) => inner.into_iter().for_each(|part| push_joined(&mut flat, part)),
                part => push_joined(&mut flat, part),
            }
        }
        match (flat.pop(), flat.is_empty()) {
            (None, _) => Self::text(""),
            // `${X}` alone is `X`: `Fn::Sub` takes texts only, so nothing is converted.
            (Some(only @ (Self::Text(_) | Self::Ref(_) | Self::GetAtt(..) | Self::Named(..))), true) => only,
            (Some(last), _) => {
                flat.push(last);
                Self::Concat(flat)
            }
        }
    }

    /// The same with other expressions in the place of some; what was put in is not looked into again.
    #[must_use]
    pub fn replaced(&self, by: &dyn Fn(&Self) -> Option<Self>) -> Self {
        if let Some(other) = by(self) {
            return other;
        }
        let all = |parts: &[Self]| parts.iter().map(|part| part.replaced(by)).collect();
        match self {
            Self::Concat(parts) => Self::Concat(all(parts)),
            Self::List(parts) => Self::List(all(parts)),
            Self::Call(name, parts) => Self::Call(name.clone(), all(parts)),
            Self::Unary(name, inner) => Self::Unary(name.clone(), Box::new(inner.replaced(by))),
            Self::Named(name, inner) => Self::Named(name.clone(), Box::new(inner.replaced(by))),
            Self::Map(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.clone(), value.replaced(by))).collect())
            }
            leaf => leaf.clone(),
        }
    }

    /// Whether `Fn::Sub` can hold it in its text, without a variable map.
    #[must_use]
    pub fn fits_sub_text(&self) -> bool {
        match self {
            Self::Text(_) | Self::Ref(_) | Self::GetAtt(..) => true,
            Self::Concat(parts) => parts.iter().all(Self::fits_sub_text),
            _ => false,
        }
    }

    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Calls `visit` on this expression and all in it.
    pub fn walk(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        match self {
            Self::Concat(parts) | Self::List(parts) | Self::Call(_, parts) => {
                parts.iter().for_each(|part| part.walk(visit));
            }
            Self::Unary(_, inner) | Self::Named(_, inner) => inner.walk(visit),
            Self::Map(entries) => entries.iter().for_each(|(_, value)| value.walk(visit)),
            Self::Text(_) | Self::Plain(_) | Self::Source(_) | Self::Ref(_) | Self::GetAtt(..) => {}
        }
    }
}

fn push_joined(parts: &mut Vec<Expr>, part: Expr) {
    match (parts.last_mut(), part) {
        (_, Expr::Text(text)) if text.is_empty() => {}
        (Some(Expr::Text(before)), Expr::Text(text)) => before.push_str(&text),
        (_, part) => parts.push(part),
    }
}

/// More entries than these are not counted.
pub const MOST_COUNTED: usize = 10_000;

/// How many entries a section of a template has once its loops are written out: a little more than [`MOST_COUNTED`] where
/// there are more.
#[must_use]
pub fn made_of(template: &Template<'_, '_>, section: &str) -> usize {
    template.section(section).map_or(0, |section| Lowering::exact().made(section, MOST_COUNTED))
}

/// The expression that a node writes.
#[must_use]
pub fn lower(node: Node<'_, '_>) -> Expr {
    Lowering::default().node(node)
}

/// How nodes become expressions where more counts than what they mean in a place: for comparisons.
#[derive(Clone, Debug, Default)]
pub struct Lowering {
    /// Whether plain keys that YAML reads as something else than text are told apart from quoted ones, and a
    /// `Fn::Sub` of one reference from the reference alone.
    pub exact: bool,
    /// The variables of the loops around, with their values in this turn.
    pub bound: Vec<(String, String)>,
    /// How often what is read now is written out, by all loops in properties around it.
    copies: usize,
}

/// Loops in properties that would be written out more often than this are not.
const MOST_COPIES: usize = 2_000;

/// What stands before a key that is no text (`NO: …`).
const TYPED_KEY: char = '\u{feff}';

/// Whether a scalar's type is read from its letters: not where quotes or a tag of YAML's own make it a text, and also in
/// quotes where such a tag makes it something else. Source: YAML 1.2, "Core Schema", tags.
fn is_plain(node: Node<'_, '_>) -> bool {
    match node.tag() {
        "!!str" | "tag:yaml.org,2002:str" | "!" => false,
        "!!int" | "!!float" | "!!bool" | "!!null" => true,
        tag if tag.starts_with("tag:yaml.org,2002:") => true,
        _ => node.style() == Style::Plain,
    }
}

impl Lowering {
    /// For comparisons.
    #[must_use]
    pub fn exact() -> Self {
        Self { exact: true, ..Self::default() }
    }

    /// The expression that a node writes.
    #[must_use]
    pub fn node(&self, node: Node<'_, '_>) -> Expr {
        let node = node.resolved();
        let is_loop = |(key, _): (Node<'_, '_>, Node<'_, '_>)| {
            key.as_str().is_some_and(|key| key.starts_with("Fn::ForEach"))
        };
        if self.exact && node.kind() == Kind::Mapping && node.entries().any(is_loop) {
            let mut entries = Vec::new();
            self.entries(node, &mut entries);
            return Expr::Map(entries);
        }
        match call_of(node) {
            Some(call) => self.call(&call),
            None => self.plain(node),
        }
    }

    /// A text with the values of loop variables in their places: `${Name}`, and `&{Name}` for its letters and digits.
    ///
    /// Source: CloudFormation Template Reference, "Fn::ForEach" ("All instances of ${Identifier} or &{Identifier} in
    /// the OutputKey and OutputValue parameters are replaced").
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.bound.iter().rev().fold(text.to_owned(), |text, (name, value)| in_turn(&text, name, value))
    }

    /// The value of a loop variable.
    fn bound(&self, name: &str) -> Option<&str> {
        self.bound.iter().rev().find(|(bound, _)| bound == name).map(|(_, value)| value.as_str())
    }

    /// The variable, the values and the body of a loop whose values are all in the text.
    #[must_use]
    pub fn turns<'d, 't>(&self, argument: Node<'d, 't>) -> Option<(String, Vec<String>, Node<'d, 't>)> {
        let mut items = argument.resolved().items().map(Node::resolved);
        let (variable, collection, body) = (items.next()?, items.next()?, items.next()?);
        if items.next().is_some() || body.kind() != Kind::Mapping {
            return None;
        }
        let Expr::List(values) = self.node(collection) else { return None };
        let values = values.into_iter().map(|value| match value {
            Expr::Text(text) | Expr::Plain(text) => Some(text),
            _ => None,
        });
        Some((variable.literal()?.to_owned(), values.collect::<Option<Vec<String>>>()?, body))
    }

    /// How many entries a section has once its loops are written out, those over what the text does not tell aside; no more
    /// than `most` are counted.
    ///
    /// Source: CloudFormation User Guide, "CloudFormation quotas": what a transform makes counts.
    #[must_use]
    pub fn made(&self, section: Node<'_, '_>, most: usize) -> usize {
        let is_loop = |key: Node<'_, '_>| key.as_str().is_some_and(|key| key.starts_with("Fn::ForEach"));
        let mut count = 0;
        for (key, value) in section.entries() {
            if count > most {
                break;
            }
            if !is_loop(key) {
                count += 1;
                continue;
            }
            let Some((variable, values, body)) = self.turns(value) else { continue };
            if !body.entries().any(|(key, _)| is_loop(key)) {
                count += values.len().saturating_mul(body.entries().count());
                continue;
            }
            for turn in values {
                if count > most {
                    break;
                }
                let mut inner = self.clone();
                inner.bound.push((variable.clone(), turn));
                count += inner.made(body, most - count.min(most));
            }
        }
        count
    }

    /// The entries of a mapping; for comparisons with its loops written out, where the text has their values.
    fn entries(&self, node: Node<'_, '_>, found: &mut Vec<(String, Expr)>) {
        for (key, value) in node.entries() {
            let is_loop = self.exact && key.as_str().is_some_and(|key| key.starts_with("Fn::ForEach"));
            let turns = is_loop.then(|| self.turns(value)).flatten();
            // More are compared as they are written.
            let copies = |values: &[String]| self.copies.max(1) * values.len();
            match turns.filter(|(_, values, _)| copies(values) <= MOST_COPIES) {
                Some((variable, values, body)) => {
                    let copies = copies(&values);
                    for turn in values {
                        let mut inner = Self { copies, ..self.clone() };
                        inner.bound.push((variable.clone(), turn));
                        inner.entries(body, found);
                    }
                }
                None if is_loop => found.push((self.key(key), self.loop_as_written(value))),
                None => found.push((self.key(key), self.node(value))),
            }
        }
    }

    /// A loop over what the text does not tell: what its variable is called makes no difference.
    #[must_use]
    pub fn loop_as_written(&self, argument: Node<'_, '_>) -> Expr {
        let items: Vec<Node<'_, '_>> = argument.resolved().items().map(Node::resolved).collect();
        let [variable, collection, body] = items.as_slice() else { return self.node(argument) };
        let Some(name) = variable.literal() else { return self.node(argument) };
        let mark = format!("${{{}}}", self.bound.len() + 1);
        let mut inner = self.clone();
        inner.bound.push((name.to_owned(), mark.clone()));
        Expr::List(vec![Expr::text(mark), self.node(*collection), inner.node(*body)])
    }

    fn key(&self, key: Node<'_, '_>) -> String {
        let text = key.as_str().unwrap_or_default();
        // A number that reads back as it is written is the same key in quotes.
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit())
            && (text.len() == 1 || !text.starts_with('0'))
            && !text.is_empty();
        if self.exact && key.style() == Style::Plain && is_typed(text) && !is_number {
            return format!("{TYPED_KEY}{text}");
        }
        self.text(text)
    }

    /// The expression of a node's content, its tag aside.
    fn plain(&self, node: Node<'_, '_>) -> Expr {
        if let Some(inner) = long_call(node) {
            return self.call(&inner);
        }
        match node.kind() {
            Kind::Sequence => Expr::List(node.items().map(|item| self.node(item)).collect()),
            Kind::Mapping => {
                let mut entries = Vec::new();
                self.entries(node, &mut entries);
                Expr::Map(entries)
            }
            _ => {
                let text = node.as_str().unwrap_or_default();
                if is_plain(node) && is_typed(text) {
                    Expr::Plain(text.to_owned())
                } else {
                    Expr::Text(self.text(text))
                }
            }
        }
    }

    fn call(&self, call: &Call<'_, '_>) -> Expr {
        let argument = call.argument;
        let all = |node: Node<'_, '_>| node.items().map(|item| self.node(item)).collect::<Vec<_>>();
        match call.function {
            Function::Ref => match call.text() {
                Some(name) => self.reference(name),
                None => {
                    let name =
                        if call.form == Form::Long { self.node(argument) } else { self.plain(argument) };
                    match spelled(&name).filter(|_| self.exact) {
                        Some(name) => Expr::Ref(name),
                        None => Expr::Unary(call.name.to_owned(), Box::new(name)),
                    }
                }
            },
            Function::GetAtt => match call.get_att() {
                Some((name, Some(attribute))) => Expr::GetAtt(self.text(name), self.text(attribute)),
                _ => {
                    // What a loop computes is known once its variables are.
                    let arguments = all(argument);
                    let names: Option<Vec<String>> = arguments.iter().map(spelled).collect();
                    match names.as_deref() {
                        Some([name, attribute]) if self.exact || arguments.iter().all(Expr::is_text) => {
                            Expr::GetAtt(name.clone(), attribute.clone())
                        }
                        _ => Expr::Call(call.name.to_owned(), arguments),
                    }
                }
            },
            Function::Sub => self.sub(argument),
            // A tag before the argument of a long form is another call's.
            _ if argument.kind() == Kind::Sequence
                && (call.form == Form::Short || call_of(argument).is_none()) =>
            {
                Expr::Call(self.text(call.name), all(argument))
            }
            _ if call.form == Form::Short => {
                Expr::Unary(call.name.to_owned(), Box::new(self.plain(argument)))
            }
            _ => Expr::Unary(self.text(call.name), Box::new(self.node(argument))),
        }
    }

    fn reference(&self, name: &str) -> Expr {
        match self.bound(name) {
            Some(value) => Expr::text(value),
            None => Expr::Ref(self.text(name)),
        }
    }

    fn sub(&self, argument: Node<'_, '_>) -> Expr {
        let (text, variables) = if argument.kind() == Kind::Sequence {
            let mut items = argument.items();
            (items.next(), items.next().map(Node::resolved))
        } else {
            (Some(argument), None)
        };
        let text = text.and_then(Node::as_str).unwrap_or_default();
        let ampersands;
        // `&{Name}` is no variable of `Fn::Sub`: a loop alone knows it.
        let text = if self.bound.is_empty() || !text.contains("&{") {
            text
        } else {
            ampersands = self.ampersands(text);
            ampersands.as_str()
        };
        let parts = pieces(text).map(|piece| match piece {
            Piece::Text(text) => Expr::text(text),
            Piece::Literal(literal) => Expr::text(format!("${{{literal}}}")),
            Piece::Variable(name, _) => match variables.and_then(|map| map.get(name)) {
                Some(value) => match self.node(value) {
                    text @ (Expr::Text(_) | Expr::Ref(_) | Expr::GetAtt(..) | Expr::Concat(_)) => text,
                    value => Expr::Named(name.to_owned(), Box::new(value)),
                },
                None => match (self.bound(name), variable(name)) {
                    (Some(value), _) => Expr::text(value),
                    (None, Expr::GetAtt(name, attribute)) => Expr::GetAtt(self.text(&name), attribute),
                    (None, other) => other,
                },
            },
        });
        match Expr::concat(parts) {
            only @ (Expr::Ref(_) | Expr::GetAtt(..)) if self.exact => Expr::Concat(vec![only]),
            concat => concat,
        }
    }

    fn ampersands(&self, text: &str) -> String {
        self.bound.iter().rev().fold(text.to_owned(), |text, (name, value)| with_letters(&text, name, value))
    }
}

/// Whether YAML 1.1 reads a plain scalar as something else than text.
#[must_use]
pub fn is_typed(text: &str) -> bool {
    let lower = text.to_lowercase();
    let digits = lower.trim_start_matches(['-', '+']);
    let is_based = |prefix: &str, radix: u32| {
        digits.strip_prefix(prefix).is_some_and(|rest| {
            rest.chars().all(|digit| digit == '_' || digit.is_digit(radix)) && !rest.is_empty()
        })
    };
    matches!(lower.as_str(), "" | "~" | "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n")
        || matches!(digits, ".inf" | ".nan")
        || is_based("0x", 16)
        || is_based("0b", 2)
        || is_based("0o", 8)
        || text
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.'))
            && text.bytes().all(|byte| {
                byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'_' | b':' | b'e' | b'E')
            })
}

/// A computed name as a loop writes it: `Function${Name}`, whether `Fn::Sub` says it or not.
#[must_use]
pub fn spelled(name: &Expr) -> Option<String> {
    match name {
        Expr::Text(text) => Some(text.clone()),
        Expr::Ref(variable) => Some(format!("${{{variable}}}")),
        Expr::Concat(parts) => parts.iter().map(spelled).collect(),
        _ => None,
    }
}

/// What `${name}` stands for in a `Sub` text without a map.
#[must_use]
pub fn variable(name: &str) -> Expr {
    match name.split_once('.') {
        Some((resource, attribute)) => Expr::GetAtt(resource.to_owned(), attribute.to_owned()),
        None => Expr::reference(name),
    }
}

/// The expression of a `Sub` text of ours, such as a row of the resource table.
#[must_use]
pub fn from_sub_text(text: &str) -> Expr {
    Expr::concat(pieces(text).map(|piece| match piece {
        Piece::Text(text) => Expr::text(text),
        Piece::Literal(literal) => Expr::text(format!("${{{literal}}}")),
        Piece::Variable(name, _) => variable(name),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    fn expr(text: &str) -> Expr {
        lower(parse(text).document.root().unwrap())
    }

    #[test]
    fn short_and_long_forms_are_one() {
        assert_eq!(expr("!GetAtt A.Arn"), expr("Fn::GetAtt: [A, Arn]"));
        assert_eq!(
            expr("!Sub '${A.Arn}/*'"),
            expr("{\"Fn::Sub\": [\"${X}/*\", {\"X\": {\"Fn::GetAtt\": \"A.Arn\"}}]}")
        );
        assert_eq!(
            expr("{Fn::Base64: !Sub ['${X}', {X: a}]}"),
            expr("Fn::Base64:\n  Fn::Sub: ['${X}', {X: a}]\n")
        );
        assert_eq!(expr("!Join ['-', [a, !Ref B]]"), expr("Fn::Join:\n- '-'\n- - a\n  - Ref: B\n"));
    }

    #[test]
    fn literals_of_sub_come_out_as_text() {
        assert_eq!(expr("!Sub 'a${!b}c'"), Expr::text("a${b}c"));
    }
}
