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

/// Strikes hidden values out of a text that comes from elsewhere: a message of AWS can quote them.
#[must_use]
pub fn masked<'v>(text: &str, hidden: impl IntoIterator<Item = &'v str>) -> String {
    let mut hidden: Vec<&str> = hidden.into_iter().filter(|value| value.len() >= 3).collect();
    // The longest first: one secret may hold another.
    hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
    hidden.into_iter().fold(text.to_owned(), |text, value| text.replace(value, HIDDEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_value_prints_nowhere() {
        let value = Value::hidden("hunter2");
        assert_eq!(format!("{value} {value:?}"), "(hidden) (hidden)");
        assert_eq!(Value::shown("a").hide_if(true).to_string(), HIDDEN);
        assert_eq!(masked("bad `hunter22` hunter2", ["hunter2", "hunter22", "a"]), "bad `(hidden)` (hidden)");
    }
}
