//! Texts one after the other, with their alternatives outside of them.

use super::{Form, MOST_ALTERNATIVES, Value};
use crate::condition::Cond;
use crate::expression::Expr;

/// A text in the making, where its condition holds.
#[derive(Clone)]
struct Draft {
    cond: Cond,
    /// `None` once a part of it is a reference to what does not exist.
    parts: Option<Vec<Value>>,
}

impl Form<'_> {
    /// What `Fn::Sub` gives.
    pub(super) fn concat(&self, parts: &[Expr], care: Cond) -> Value {
        let values: Vec<(Value, bool)> = parts
            .iter()
            .map(|part| {
                let is_list = match part {
                    Expr::Ref(name) => self.names.is_list(name, None),
                    Expr::GetAtt(name, attribute) => self.names.is_list(name, Some(attribute)),
                    _ => false,
                };
                (self.value(part, care), is_list)
            })
            .collect();
        // A list is no text: `Fn::Sub` refuses it, and so is not what the list alone would be.
        if values.iter().any(|(_, is_list)| *is_list) {
            let parts = values.into_iter().map(|(value, _)| value).collect();
            return Value::Call("Sub".to_owned(), Box::new(Value::List(parts)));
        }
        self.joined(values.into_iter().map(|(value, _)| value), care)
    }

    /// `Fn::Join` of a list that is written out; `None` where an item is not known to be one text.
    pub(super) fn join(&self, delimiter: &str, items: &[Expr], care: Cond) -> Option<Value> {
        if !items.iter().all(|item| self.is_one_text(item)) {
            return None;
        }
        let items: Vec<Value> = items.iter().map(|item| self.value(item, care)).collect();
        let may_go = |item: &Value| {
            *item == Value::Absent
                || matches!(item, Value::Choice(all) if all.iter().any(|(_, value)| *value == Value::Absent))
        };
        // An item that is not there goes with its delimiter: which are there is decided first.
        let mut drafts = vec![(care, Vec::new())];
        for item in items {
            if !may_go(&item) {
                drafts.iter_mut().for_each(|(_, present)| present.push(item.clone()));
                continue;
            }
            let mut next: Vec<(Cond, Vec<Value>)> = Vec::new();
            for (cond, present) in &drafts {
                for (narrower, value) in self.alternatives(&item, *cond) {
                    let mut present = present.clone();
                    if value != Value::Absent {
                        present.push(value);
                    }
                    next.push((narrower, present));
                }
            }
            if next.len() > MOST_ALTERNATIVES {
                return None;
            }
            drafts = next;
        }
        let delimiter = Value::Text(delimiter.to_owned());
        let texts = drafts.into_iter().map(|(cond, present)| {
            let parts = present.into_iter().enumerate().flat_map(|(at, item)| {
                let before = (at > 0).then(|| delimiter.clone());
                before.into_iter().chain([item])
            });
            (cond, self.joined(parts, cond))
        });
        Some(self.choice(texts.collect()))
    }

    /// Whether an expression is one text, so that it is one item of a list.
    fn is_one_text(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Text(_) | Expr::Plain(_) | Expr::Concat(_) => true,
            Expr::Ref(name) => !self.names.is_list(name, None),
            Expr::GetAtt(name, attribute) => !self.names.is_list(name, Some(attribute)),
            Expr::Named(_, inner) => self.is_one_text(inner),
            Expr::Call(name, arguments) if name == "If" => {
                arguments.iter().skip(1).all(|branch| self.is_one_text(branch))
            }
            Expr::Call(name, _) => matches!(name.as_str(), "Join" | "Select" | "FindInMap"),
            Expr::Unary(name, _) => matches!(name.as_str(), "ImportValue" | "Base64" | "GetStackOutput"),
            Expr::List(_) | Expr::Map(_) | Expr::Source(_) => false,
        }
    }

    /// Parts as one text. Alternatives go outside as long as they are few.
    fn joined(&self, parts: impl IntoIterator<Item = Value>, care: Cond) -> Value {
        let mut drafts = vec![Draft { cond: care, parts: Some(Vec::new()) }];
        for part in parts {
            if let Value::Choice(alternatives) = &part {
                let possible = alternatives.iter().filter(|(_, value)| *value != Value::Impossible).count();
                let so_far = drafts.iter().filter(|draft| draft.parts.is_some()).count();
                if possible * so_far <= MOST_ALTERNATIVES {
                    drafts = self.crossed(drafts, alternatives);
                    continue;
                }
            }
            for draft in &mut drafts {
                match &mut draft.parts {
                    _ if part == Value::Impossible => draft.parts = None,
                    Some(parts) => push(parts, &part),
                    None => {}
                }
            }
        }
        let texts = drafts.into_iter().map(|draft| {
            let value = draft.parts.map_or(Value::Impossible, |parts| self.within(parts, draft.cond));
            (draft.cond, value)
        });
        self.choice(texts.collect())
    }

    /// The parts of a text where `care` holds: alternatives that were left inside may be decided there. So the same text
    /// has one form, in whatever pieces it was put together.
    fn within(&self, parts: Vec<Value>, care: Cond) -> Value {
        if !parts.iter().any(|part| matches!(part, Value::Choice(_))) {
            return only(parts);
        }
        let mut decided = Vec::with_capacity(parts.len());
        for part in parts {
            let Value::Choice(_) = &part else {
                push(&mut decided, &part);
                continue;
            };
            let alternatives = self.alternatives(&part, care).into_iter().map(|(cond, value)| match value {
                Value::Concat(parts) => (cond, self.within(parts, cond)),
                value => (cond, value),
            });
            match self.choice(alternatives.collect()) {
                Value::Impossible => return Value::Impossible,
                part => push(&mut decided, &part),
            }
        }
        only(decided)
    }

    /// Every draft with every alternative. Those that cannot be are one.
    fn crossed(&self, drafts: Vec<Draft>, alternatives: &[(Cond, Value)]) -> Vec<Draft> {
        let mut next: Vec<Draft> = Vec::with_capacity(drafts.len() + 1);
        let mut impossible = Cond::NEVER;
        for draft in drafts {
            let Some(parts) = draft.parts else {
                impossible = self.conditions.or(impossible, draft.cond);
                continue;
            };
            for (cond, value) in alternatives {
                let cond = self.conditions.and(draft.cond, *cond);
                if cond == Cond::NEVER {
                    continue;
                }
                if *value == Value::Impossible {
                    impossible = self.conditions.or(impossible, cond);
                    continue;
                }
                let mut parts = parts.clone();
                push(&mut parts, value);
                next.push(Draft { cond, parts: Some(parts) });
            }
        }
        if impossible != Cond::NEVER {
            next.push(Draft { cond: impossible, parts: None });
        }
        next
    }
}

fn push(parts: &mut Vec<Value>, part: &Value) {
    match part {
        Value::Concat(inner) => inner.iter().for_each(|part| push(parts, part)),
        part => match (parts.last_mut(), part.as_text()) {
            (_, Some(text)) if text.is_empty() => {}
            (Some(Value::Text(before)), Some(text)) => before.push_str(&text),
            (_, Some(text)) => parts.push(Value::Text(text)),
            (_, None) => parts.push(part.clone()),
        },
    }
}

fn only(mut parts: Vec<Value>) -> Value {
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Value::Text(String::new()),
        (Some(last), true) => last,
        (Some(last), false) => {
            parts.push(last);
            Value::Concat(parts)
        }
    }
}

/// Whether two texts differ whatever their values are: they begin alike, and then one ends where the other goes on with
/// text, or both go on with other text.
pub(super) fn never_same(a: &Value, b: &Value) -> bool {
    let parts = |value: &Value| match value {
        Value::Concat(parts) => parts.clone(),
        one => vec![one.clone()],
    };
    let (mut a, mut b) = (parts(a), parts(b));
    a.reverse();
    b.reverse();
    loop {
        match (a.pop(), b.pop()) {
            (Some(Value::Text(one)), Some(Value::Text(other))) => {
                let alike =
                    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8());
                let alike: usize = alike.sum();
                let (one, other) = (one.get(alike..).unwrap_or(""), other.get(alike..).unwrap_or(""));
                match (one.is_empty(), other.is_empty()) {
                    (true, true) => {}
                    (false, false) => return true,
                    (false, true) => a.push(Value::Text(one.to_owned())),
                    (true, false) => b.push(Value::Text(other.to_owned())),
                }
            }
            (Some(one), Some(other)) if one == other => {}
            (None, Some(one)) => {
                return one.as_text().is_some() || b.iter().any(|part| part.as_text().is_some());
            }
            (Some(one), None) => {
                return one.as_text().is_some() || a.iter().any(|part| part.as_text().is_some());
            }
            _ => return false,
        }
    }
}
