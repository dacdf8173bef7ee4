//! Values in one form for all ways of writing them, in all worlds at once.
//!
//! A value that depends on conditions is a list of alternatives, each with the condition on which it is the value;
//! the conditions exclude each other and together are the care of the value: where it matters. Two values with the
//! same form are the same for all values of the parameters. What is not computed is kept as a call with its arguments.

mod join;
mod scalar;

use crate::condition::{Cond, Conditions};
use crate::expression::Expr;

pub use scalar::plain;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// `AWS::NoValue`: the property or item is not there.
    Absent,
    /// A reference to what does not exist: a template with it cannot be deployed.
    Impossible,
    /// Null.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number in its shortest form.
    Number(String),
    /// A plain scalar that YAML 1.1 reads as something else than what is written (`yes`, `0123`, `9.10`).
    Odd(String),
    /// Text.
    Text(String),
    /// `Ref` of a parameter, a pseudo parameter or a resource.
    Ref(String),
    /// `Fn::GetAtt`.
    GetAtt(String, String),
    /// Another function with its argument, which may be a list.
    Call(String, Box<Value>),
    /// Texts one after the other.
    Concat(Vec<Value>),
    /// A list.
    List(Vec<Value>),
    /// A mapping, sorted by its keys.
    Map(Vec<(String, Value)>),
    /// Alternatives, sorted.
    Choice(Vec<(Cond, Value)>),
}

/// More alternatives than this of one text are left inside of it.
pub(crate) const MOST_ALTERNATIVES: usize = 32;

/// What the names of a template stand for.
pub trait Names {
    /// What a `Ref` (no attribute) or `GetAtt` is replaced by, under a care.
    fn reference(&self, name: &str, attribute: Option<&str>, care: Cond) -> Option<Value>;
    /// A condition of the template.
    fn condition(&self, name: &str) -> Option<Cond>;
    /// Whether a reference gives a list.
    fn is_list(&self, name: &str, attribute: Option<&str>) -> bool;
    /// Whether a reference never gives an empty text: the name, ARN or id of something that exists.
    fn is_never_empty(&self, name: &str, attribute: Option<&str>) -> bool;
    /// For an IAM resource whose ARN is split at slashes: the index of its name.
    fn name_index(&self, name: &str) -> Option<usize>;
    /// What a mapping has under two keys.
    fn in_mapping(&self, _mapping: &str, _first: &str, _second: &str) -> Option<Expr> {
        None
    }
    /// What a function that reads from elsewhere is replaced by: `ImportValue`, `GetStackOutput`.
    fn outside(&self, _function: &str, _argument: &Value, _care: Cond) -> Option<Value> {
        None
    }
}

/// Brings expressions of one template into the form.
pub struct Form<'f> {
    /// The conditions of the comparison.
    pub conditions: &'f Conditions<Value>,
    /// What the template's names stand for.
    pub names: &'f dyn Names,
}

impl Form<'_> {
    /// The form of an expression where `care` holds.
    #[must_use]
    pub fn value(&self, expr: &Expr, care: Cond) -> Value {
        match expr {
            Expr::Text(text) | Expr::Source(text) => Value::Text(text.clone()),
            Expr::Plain(text) => plain(text),
            Expr::Named(_, inner) => self.value(inner, care),
            Expr::Ref(name) if name == "AWS::NoValue" => Value::Absent,
            Expr::Ref(name) => self.reference(name, None, care),
            Expr::GetAtt(name, attribute) => self.reference(name, Some(attribute), care),
            Expr::Concat(parts) => self.concat(parts, care),
            Expr::List(items) => self.list(items, care),
            Expr::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.clone(), self.value(value, care)));
                let mut entries: Vec<(String, Value)> =
                    entries.filter(|(_, value)| *value != Value::Absent).collect();
                entries.sort();
                Value::Map(entries)
            }
            Expr::Unary(name, inner) => self.unary(name, inner, care),
            Expr::Call(name, arguments) => self.call(name, arguments, care),
        }
    }

    /// The condition that an expression of the section `Conditions` writes.
    #[must_use]
    pub fn condition(&self, expr: &Expr) -> Cond {
        let all = |arguments: &[Expr], start: Cond, join: &dyn Fn(Cond, Cond) -> Cond| {
            arguments.iter().fold(start, |before, argument| join(before, self.condition(argument)))
        };
        match expr {
            Expr::Unary(name, inner) if name == "Condition" => self.named(inner),
            Expr::Call(name, arguments) if name == "And" => {
                all(arguments, Cond::ALWAYS, &|a, b| self.conditions.and(a, b))
            }
            Expr::Call(name, arguments) if name == "Or" => {
                all(arguments, Cond::NEVER, &|a, b| self.conditions.or(a, b))
            }
            Expr::Call(name, arguments) if name == "Not" && arguments.len() == 1 => {
                self.conditions.not(all(arguments, Cond::ALWAYS, &|_, b| b))
            }
            Expr::Call(name, arguments) if name == "Equals" => match arguments.as_slice() {
                [a, b] => self.equal(&self.value(a, Cond::ALWAYS), &self.value(b, Cond::ALWAYS)),
                _ => self.conditions.asked(self.opaque(expr)),
            },
            _ => self.conditions.asked(self.opaque(expr)),
        }
    }

    /// What is not understood, told apart from what it would be as a value.
    fn opaque(&self, expr: &Expr) -> Value {
        Value::Call("condition".to_owned(), Box::new(self.value(expr, Cond::ALWAYS)))
    }

    fn named(&self, name: &Expr) -> Cond {
        let known = if let Expr::Text(name) = name { self.names.condition(name) } else { None };
        known.unwrap_or_else(|| self.conditions.asked(self.opaque(name)))
    }

    /// Alternatives as one value: nested ones spread out, equal ones joined, those that never are dropped.
    #[must_use]
    pub fn choice(&self, alternatives: Vec<(Cond, Value)>) -> Value {
        let mut flat: Vec<(Value, Cond)> = Vec::with_capacity(alternatives.len());
        let mut add = |cond: Cond, value: Value| {
            if cond != Cond::NEVER {
                match flat.iter_mut().find(|(known, _)| *known == value) {
                    Some((_, known)) => *known = self.conditions.or(*known, cond),
                    None => flat.push((value, cond)),
                }
            }
        };
        for (cond, value) in alternatives {
            match value {
                Value::Choice(inner) => inner
                    .into_iter()
                    .for_each(|(narrower, value)| add(self.conditions.and(cond, narrower), value)),
                value => add(cond, value),
            }
        }
        if flat.len() == 1
            && let Some((only, _)) = flat.pop()
        {
            return only;
        }
        flat.sort();
        Value::Choice(flat.into_iter().map(|(value, cond)| (cond, value)).collect())
    }

    /// The alternatives of a value where `care` holds.
    #[must_use]
    pub fn alternatives(&self, value: &Value, care: Cond) -> Vec<(Cond, Value)> {
        match value {
            Value::Choice(alternatives) => alternatives
                .iter()
                .map(|(cond, value)| (self.conditions.and(*cond, care), value.clone()))
                .filter(|(cond, _)| *cond != Cond::NEVER)
                .collect(),
            value => vec![(care, value.clone())],
        }
    }

    /// The alternatives of two values where `care` holds, each of one with each of the other that may stand beside it.
    #[must_use]
    pub fn pairs(&self, a: &Value, b: &Value, care: Cond) -> Vec<(Cond, Value, Value)> {
        let mut pairs = Vec::new();
        for (cond, a) in self.alternatives(a, care) {
            let beside = self.alternatives(b, cond).into_iter();
            pairs.extend(beside.map(|(cond, b)| (cond, a.clone(), b)));
        }
        pairs
    }

    /// When two values are the same text.
    #[must_use]
    pub fn equal(&self, a: &Value, b: &Value) -> Cond {
        self.pairs(a, b, Cond::ALWAYS).iter().fold(Cond::NEVER, |result, (both, a, b)| {
            self.conditions.or(result, self.conditions.and(*both, self.same(a, b)))
        })
    }

    fn same(&self, a: &Value, b: &Value) -> Cond {
        if a == b {
            return Cond::ALWAYS;
        }
        match (a.as_text(), b.as_text()) {
            (Some(a), Some(b)) => {
                if a == b {
                    Cond::ALWAYS
                } else {
                    Cond::NEVER
                }
            }
            (Some(text), None) => self.has_text(b, &text),
            (None, Some(text)) => self.has_text(a, &text),
            (None, None) if join::never_same(a, b) => Cond::NEVER,
            (None, None) => {
                let (a, b) = if a < b { (a, b) } else { (b, a) };
                let pair = Value::List(vec![a.clone(), b.clone()]);
                self.conditions.asked(Value::Call("Equals".to_owned(), Box::new(pair)))
            }
        }
    }

    fn has_text(&self, value: &Value, text: &str) -> Cond {
        let never = match value {
            Value::GetAtt(name, attribute) => {
                text.is_empty() && self.names.is_never_empty(name, Some(attribute))
            }
            Value::Ref(name) if text.is_empty() && self.names.is_never_empty(name, None) => true,
            Value::Concat(parts) => {
                let first = parts.first().and_then(Value::as_text);
                let last = parts.last().and_then(Value::as_text);
                first.is_some_and(|first| !text.starts_with(&first))
                    || last.is_some_and(|last| !text.ends_with(&last))
            }
            Value::List(_) | Value::Map(_) | Value::Absent | Value::Impossible => true,
            _ => false,
        };
        if never { Cond::NEVER } else { self.conditions.has_value(value, text) }
    }

    fn reference(&self, name: &str, attribute: Option<&str>, care: Cond) -> Value {
        self.names.reference(name, attribute, care).unwrap_or_else(|| match attribute {
            None => Value::Ref(name.to_owned()),
            Some(attribute) => Value::GetAtt(name.to_owned(), attribute.to_owned()),
        })
    }

    fn list(&self, items: &[Expr], care: Cond) -> Value {
        let items = items.iter().map(|item| self.value(item, care));
        Value::List(items.filter(|item| *item != Value::Absent).collect())
    }

    fn unary(&self, name: &str, inner: &Expr, care: Cond) -> Value {
        let argument = self.value(inner, care);
        if matches!(name, "ImportValue" | "GetStackOutput")
            && let Some(known) = self.names.outside(name, &argument, care)
        {
            return known;
        }
        Value::Call(name.to_owned(), Box::new(argument))
    }

    fn call(&self, name: &str, arguments: &[Expr], care: Cond) -> Value {
        match (name, arguments) {
            ("If", [condition @ Expr::Text(_), yes, no]) => {
                let cond = self.named(condition);
                let (holds, fails) =
                    (self.conditions.and(care, cond), self.conditions.and(care, self.conditions.not(cond)));
                let branch = |cond, expr| (cond != Cond::NEVER).then(|| (cond, self.value(expr, cond)));
                return self.choice(branch(holds, yes).into_iter().chain(branch(fails, no)).collect());
            }
            ("Join", [Expr::Text(delimiter), Expr::List(items)]) => {
                if let Some(joined) = self.join(delimiter, items, care) {
                    return joined;
                }
            }
            ("If" | "And" | "Or" | "Not" | "Equals" | "Condition", _) if name != "If" => {
                return Value::Call(name.to_owned(), Box::new(self.list(arguments, care)));
            }
            _ => {}
        }
        // An item that is not there is not dropped where a function counts its arguments.
        let mut arguments: Vec<Value> = arguments.iter().map(|argument| self.value(argument, care)).collect();
        match (name, arguments.as_slice()) {
            ("Split", [Value::Text(delimiter), Value::Text(text)]) if !delimiter.is_empty() => {
                return Value::List(
                    text.split(delimiter.as_str()).map(|part| Value::Text(part.to_owned())).collect(),
                );
            }
            ("FindInMap", [Value::Text(mapping), Value::Text(first), Value::Text(second)]) => {
                if let Some(found) = self.names.in_mapping(mapping, first, second) {
                    return self.value(&found, care);
                }
            }
            ("Select", [index, Value::List(items)]) if items.iter().all(|item| self.is_there(item)) => {
                let index = index.as_text().and_then(|index| index.parse::<usize>().ok());
                if let Some(item) = index.and_then(|index| items.get(index)) {
                    return item.clone();
                }
            }
            ("Select", [index, Value::Call(split, of)]) if split == "Split" => {
                if let Some(name) = self.name_of(index, of, care) {
                    return name;
                }
            }
            _ => {}
        }
        // The index of `Select` is a number however it is written.
        if name == "Select"
            && let Some(index) = arguments.first_mut()
            && let Value::Number(number) = index
        {
            *index = Value::Text(number.clone());
        }
        Value::Call(name.to_owned(), Box::new(Value::List(arguments)))
    }

    /// Whether an item of a list is one item, whatever the conditions are.
    fn is_there(&self, item: &Value) -> bool {
        match item {
            Value::Absent => false,
            Value::Choice(all) => all
                .iter()
                .all(|(_, value)| !matches!(value, Value::Absent | Value::List(_) | Value::Call(..))),
            _ => true,
        }
    }

    /// The name of an IAM resource, taken out of its ARN.
    fn name_of(&self, index: &Value, split: &Value, care: Cond) -> Option<Value> {
        let Value::List(arguments) = split else { return None };
        let [Value::Text(slash), of] = arguments.as_slice() else { return None };
        if slash != "/" {
            return None;
        }
        let index = index.as_text()?;
        let mut names = Vec::new();
        for (cond, value) in self.alternatives(of, care) {
            match value {
                Value::GetAtt(resource, attribute)
                    if attribute == "Arn"
                        && self.names.name_index(&resource).map(|at| at.to_string()).as_ref()
                            == Some(&index) =>
                {
                    names.push((cond, Value::Ref(resource)));
                }
                Value::Impossible => names.push((cond, Value::Impossible)),
                // An empty text has no second segment: the template cannot be deployed.
                Value::Text(text) if text.is_empty() && index != "0" => names.push((cond, Value::Impossible)),
                _ => return None,
            }
        }
        Some(self.choice(names))
    }
}

impl Value {
    /// The text that a scalar is, as CloudFormation writes it in a text.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(text.clone()),
            Self::Bool(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// Calls `visit` on this value and all in it.
    pub fn walk(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        match self {
            Self::Concat(parts) | Self::List(parts) => parts.iter().for_each(|part| part.walk(visit)),
            Self::Call(_, inner) => inner.walk(visit),
            Self::Map(entries) => entries.iter().for_each(|(_, value)| value.walk(visit)),
            Self::Choice(alternatives) => alternatives.iter().for_each(|(_, value)| value.walk(visit)),
            _ => {}
        }
    }

    /// The value of a key of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => {
                let at = entries.binary_search_by(|(name, _)| name.as_str().cmp(key)).ok()?;
                entries.get(at).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The value as an expression; `name` gives conditions their names.
    #[must_use]
    pub fn to_expr(&self, name: &dyn Fn(Cond) -> String) -> Expr {
        let all = |parts: &[Self]| parts.iter().map(|part| part.to_expr(name)).collect::<Vec<_>>();
        match self {
            Self::Absent => Expr::reference("AWS::NoValue"),
            Self::Impossible => Expr::reference("AWS::Missing"),
            Self::Null => Expr::Plain("null".to_owned()),
            Self::Bool(value) => Expr::Plain(value.to_string()),
            Self::Number(text) | Self::Odd(text) => Expr::Plain(text.clone()),
            Self::Text(text) => Expr::text(text),
            Self::Ref(name) => Expr::reference(name),
            Self::GetAtt(name, attribute) => Expr::GetAtt(name.clone(), attribute.clone()),
            Self::Call(function, argument) => match argument.as_ref() {
                Self::List(arguments) => Expr::Call(function.clone(), all(arguments)),
                argument => Expr::Unary(function.clone(), Box::new(argument.to_expr(name))),
            },
            Self::Concat(parts) => Expr::Concat(all(parts)),
            Self::List(items) => Expr::List(all(items)),
            Self::Map(entries) => {
                Expr::Map(entries.iter().map(|(key, value)| (key.clone(), value.to_expr(name))).collect())
            }
            Self::Choice(alternatives) => {
                let mut rest = alternatives.iter().rev();
                let last =
                    rest.next().map_or(Expr::reference("AWS::NoValue"), |(_, value)| value.to_expr(name));
                rest.fold(last, |no, (cond, value)| {
                    Expr::call("If", vec![Expr::text(name(*cond)), value.to_expr(name), no])
                })
            }
        }
    }
}
