//! Values of parameters. What may be a secret shows itself to nobody who does not ask by name.

use std::collections::BTreeMap;
use std::fmt;

use crate::text::Span;

/// A value that prints as `(hidden)` where it may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    text: String,
    hidden: bool,
}

impl Value {
    /// A value that may be shown.
    #[must_use]
    pub fn shown(text: impl Into<String>) -> Self {
        Self { text: text.into(), hidden: false }
    }

    /// A value that is never shown.
    #[must_use]
    pub fn hidden(text: impl Into<String>) -> Self {
        Self { text: text.into(), hidden: true }
    }

    /// The value itself: for the call to AWS and for comparisons, never for output.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Whether it is never shown.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// The same value, hidden where `hide` holds.
    #[must_use]
    pub fn hide_if(mut self, hide: bool) -> Self {
        self.hidden |= hide;
        self
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.hidden { HIDDEN } else { &self.text })
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hidden { f.write_str(HIDDEN) } else { fmt::Debug::fmt(&self.text, f) }
    }
}

/// What stands for a hidden value.
pub const HIDDEN: &str = "(hidden)";

/// A value and where it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The value.
    pub value: Value,
    /// Its key in `deployment.yaml`; `None` for a flag.
    pub place: Option<Span>,
}

/// Values by the names of parameters.
pub type Values = BTreeMap<String, Given>;

/// Values that AWS may repeat in a message, and the names that such a message holds rightly.
///
/// What this command writes itself holds no secret to begin with, so that nothing is searched for there: a secret
/// that equals a part of a name would alter it. Only messages of AWS's are masked, and in them neither ARNs nor names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    values: Vec<Value>,
    names: Vec<String>,
}

/// From this length on a value is looked for inside of words too: a shorter one stands in words by chance.
const LONG: usize = 8;

impl Secrets {
    /// Remembers a value that must not be repeated.
    pub fn hide(&mut self, value: &str) {
        // An empty value is no secret, and would be found everywhere.
        if !value.is_empty() && !self.values.iter().any(|known| known.expose() == value) {
            self.values.push(Value::hidden(value));
            // The longest first: one secret may hold another.
            self.values.sort_by_key(|value| std::cmp::Reverse(value.expose().len()));
        }
    }

    /// Remembers a name: of a stack, a resource, a parameter, a bucket. It stays readable.
    pub fn name(&mut self, name: &str) {
        if !name.is_empty() && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// A message of AWS's with a mask of one length in the place of each secret. ARNs and known names stay.
    #[must_use]
    pub fn masked(&self, message: &str) -> String {
        let kept = self.kept(message);
        let mut struck: Vec<(usize, usize)> = Vec::new();
        for value in self.values.iter().map(Value::expose) {
            for (start, _) in message.match_indices(value) {
                let end = start + value.len();
                let inside = |(from, to): &(usize, usize)| *from <= start && end <= *to;
                let taken = struck.iter().any(|(from, to)| *from < end && start < *to);
                if !kept.iter().any(inside) && !taken && (value.len() >= LONG || is_word(message, start, end))
                {
                    struck.push((start, end));
                }
            }
        }
        struck.sort_unstable();
        let (mut text, mut at) = (String::new(), 0);
        for (start, end) in struck {
            text.push_str(message.get(at..start).unwrap_or_default());
            text.push_str(HIDDEN);
            at = end;
        }
        text.push_str(message.get(at..).unwrap_or_default());
        text
    }

    /// The places of ARNs and names.
    fn kept(&self, message: &str) -> Vec<(usize, usize)> {
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ')' | ']' | '}' | '<' | '>');
        // Every partition's name begins so; `warn:aws` is a word of its own.
        let begins = |start: usize| {
            let before = message.get(..start).and_then(|text| text.chars().next_back());
            !before.is_some_and(char::is_alphanumeric)
        };
        let arns = message.match_indices("arn:aws").filter(|(start, _)| begins(*start)).map(|(start, _)| {
            let length = message.get(start..).and_then(|rest| rest.find(ends));
            (start, length.map_or(message.len(), |length| start + length))
        });
        let names = self.names.iter().flat_map(|name| message.match_indices(name.as_str()));
        arns.chain(names.map(|(start, name)| (start, start + name.len()))).collect()
    }
}

/// Whether no letter, digit, dash or underscore touches a place.
fn is_word(message: &str, start: usize, end: usize) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let before = message.get(..start).and_then(|text| text.chars().next_back());
    let after = message.get(end..).and_then(|text| text.chars().next());
    !before.is_some_and(joins) && !after.is_some_and(joins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_value_prints_nowhere() {
        let value = Value::hidden("hunter2");
        assert_eq!(format!("{value} {value:?}"), "(hidden) (hidden)");
        assert_eq!(Value::shown("a").hide_if(true).to_string(), HIDDEN);
    }

    fn masked(values: &[&str], names: &[&str], message: &str) -> String {
        let mut secrets = Secrets::default();
        values.iter().for_each(|value| secrets.hide(value));
        names.iter().for_each(|name| secrets.name(name));
        secrets.masked(message)
    }

    #[test]
    fn a_secret_in_a_message_is_masked_by_one_length() {
        assert_eq!(
            masked(&["hunter2", "hunter22", "a"], &[], "bad `hunter22` hunter2"),
            "bad `(hidden)` (hidden)"
        );
        // A long one is one inside of a word too.
        assert_eq!(masked(&["correct-horse"], &[], "pw=xcorrect-horsex"), "pw=x(hidden)x");
        assert_eq!(masked(&[""], &[], "all as it was"), "all as it was");
    }

    #[test]
    fn a_word_that_ends_like_an_arn_begins_keeps_no_secret() {
        for message in ["warn:token=correct-horse", "warn:aws=correct-horse", "arn:correct-horse"] {
            assert!(!masked(&["correct-horse"], &[], message).contains("horse"), "{message}");
        }
    }

    #[test]
    fn a_secret_that_equals_a_part_of_a_name_alters_no_name() {
        let names = ["quilt-prod", "quilt-prod-iam", "SearchHandlerRole"];
        for (secret, message) in [
            ("prod", "Stack [quilt-prod] does not exist"),
            ("iam", "arn:aws:iam::123456789012:role/iam is refused"),
            ("quilt-prod", "Stack:arn:aws:cloudformation:eu-west-1:1:stack/quilt-prod/1 is in work"),
            ("SearchHandlerRole", "Resource SearchHandlerRole failed in quilt-prod-iam"),
            ("role", "the roles differ: role-a"),
        ] {
            assert_eq!(masked(&[secret], &names, message), message, "{secret}");
        }
        // The same word where it stands for itself.
        assert_eq!(masked(&["prod"], &names, "the value prod is too weak"), "the value (hidden) is too weak");
    }
}
