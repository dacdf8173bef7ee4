//! Where a template declares its outputs, parameters and resources.

use std::collections::HashMap;

use iam_split_core::syntax::{Node, parse};

use super::lines::Lines;

/// The lines (from 1) of the entries of a template's sections, by section and name.
#[derive(PartialEq)]
pub(crate) struct Declared(HashMap<(&'static str, String), u32>);

impl Declared {
    pub(crate) fn get(&self, section: &'static str, name: &str) -> Option<u32> {
        self.0.get(&(section, name.to_owned())).copied()
    }
}

/// Finds the entries of a text.
pub(crate) fn declared(lines: &Lines) -> Declared {
    let parsed = parse(&lines.text);
    let mut found = HashMap::new();
    for section in ["Outputs", "Parameters", "Resources"] {
        let entries = parsed.document.root().and_then(|root| root.get(section));
        for (key, _) in entries.into_iter().flat_map(Node::entries) {
            let line = u32::try_from(lines.line_of(key.span().start()) + 1).unwrap_or(u32::MAX);
            found.insert((section, key.as_str().unwrap_or_default().to_owned()), line);
        }
    }
    Declared(found)
}
