//! The text of `deployment.yaml` and the flags, laid over each other, with the places of all values.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Source, did_you_mean};
use crate::syntax::{Kind, Node, parse};
use crate::text::Span;

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    List,
    Tags,
    Values,
    Times,
}

/// The keys of `deployment.yaml`. Each is a flag too, with dashes.
const KEYS: [(&str, Shape); 23] = [
    ("name", Shape::Text),
    ("iam_stack_name", Shape::Text),
    ("pattern", Shape::Text),
    ("region", Shape::Text),
    ("bucket", Shape::Text),
    ("prefix", Shape::Text),
    ("template", Shape::Text),
    ("template_url", Shape::Text),
    ("iam_template", Shape::Text),
    ("iam_template_url", Shape::Text),
    ("arns", Shape::Text),
    ("template_owner", Shape::Text),
    ("parameters", Shape::Values),
    ("infrastructure_parameters", Shape::Values),
    ("iam_parameters", Shape::Values),
    ("notification_arns", Shape::List),
    ("on_failure", Shape::Text),
    ("timeouts", Shape::Times),
    ("tags", Shape::Tags),
    ("iam_tags", Shape::Tags),
    ("role_arn", Shape::Text),
    ("iam_role_arn", Shape::Text),
    // Taken by every AWS tool from the environment; here for those who keep several accounts.
    ("profile", Shape::Text),
];

/// Keys that say one thing in two ways.
const ALTERNATIVES: [(&str, &str); 2] = [("template", "template_url"), ("iam_template", "iam_template_url")];

/// The maps that a parameter's value can stand in.
const VALUES: [&str; 3] = ["parameters", "infrastructure_parameters", "iam_parameters"];

const TIMES: [&str; 3] = ["create", "update", "delete"];

/// A text and where it stands; without a place it is a flag's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Its place in the file.
    pub place: Option<Span>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is written out.
    Text(String),
    /// An environment variable has it.
    Env(String),
    /// A file has it, relative to the folder of `deployment.yaml`.
    File(String),
}

/// An entry of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the value comes from.
    pub origin: Origin,
    /// The place of its key in the file.
    pub place: Option<Span>,
}

/// What was typed beside the file.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// Keys with their texts.
    pub texts: Vec<(&'static str, String)>,
    /// Keys with lists, which replace the file's.
    pub lists: Vec<(&'static str, Vec<String>)>,
    /// Entries of maps: key of the file, name, value.
    pub entries: Vec<(&'static str, String, String)>,
}

/// File and flags.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    /// Keys that take a text.
    pub texts: BTreeMap<&'static str, Text>,
    /// Keys that take a list.
    pub lists: BTreeMap<&'static str, Vec<Text>>,
    /// Keys that take a map.
    pub maps: BTreeMap<&'static str, BTreeMap<String, Entry>>,
    /// `timeouts:`
    pub timeouts: BTreeMap<String, Text>,
}

impl Raw {
    /// Reads the file and lays the flags over it.
    #[must_use]
    pub fn read(text: &str, flags: &Flags, found: &mut Vec<Diagnostic>) -> Self {
        let mut raw = Self::default();
        let parsed = parse(text);
        for mut finding in parsed.diagnostics {
            finding.labels.iter_mut().for_each(|label| label.source = Source::Config);
            found.push(finding);
        }
        if let Some(root) = parsed.document.root().filter(|root| !root.is_null()) {
            raw.file(root, found);
        }
        for (key, text) in &flags.texts {
            // A flag wins over the file, also where the file says the same by the other key.
            if let Some(other) = ALTERNATIVES.iter().find_map(|(a, b)| match *key {
                key if key == *a => Some(b),
                key if key == *b => Some(a),
                _ => None,
            }) && raw.texts.get(other).is_some_and(|text| text.place.is_some())
            {
                raw.texts.remove(other);
            }
            raw.texts.insert(key, Text { text: text.clone(), place: None });
        }
        for (key, list) in &flags.lists {
            let list = list.iter().map(|text| Text { text: text.clone(), place: None });
            raw.lists.insert(key, list.collect());
        }
        for (key, name, value) in &flags.entries {
            if *key == "timeouts" {
                raw.timeouts.insert(name.clone(), Text { text: value.clone(), place: None });
                continue;
            }
            if VALUES.contains(key) {
                for other in VALUES.iter().filter(|other| *other != key) {
                    if let Some(map) = raw.maps.get_mut(other) {
                        map.retain(|known, entry| known != name || entry.place.is_none());
                    }
                }
            }
            let entry = Entry { origin: Origin::Text(value.clone()), place: None };
            raw.maps.entry(key).or_default().insert(name.clone(), entry);
        }
        raw
    }

    fn file(&mut self, root: Node<'_, '_>, found: &mut Vec<Diagnostic>) {
        if root.kind() != Kind::Mapping {
            found.push(shape(root, "the deployment file is not a mapping", "begin with `name: quilt-prod`"));
            return;
        }
        for (key, value) in root.entries() {
            let name = key.as_str().unwrap_or_default();
            let value = value.resolved();
            let Some((name, kind)) = KEYS.into_iter().find(|(known, _)| *known == name) else {
                found.push(unknown("the deployment has no key", key, KEYS.iter().map(|(known, _)| *known)));
                continue;
            };
            if value.is_null() {
                found.push(invalid(key, format!("`{name}` has no value"), "give it one, or remove the key"));
                continue;
            }
            match kind {
                Shape::Text => match value.literal() {
                    Some(text) => {
                        let text = Text { text: text.to_owned(), place: Some(value.span()) };
                        self.texts.insert(name, text);
                    }
                    None => found.push(shape(value, &format!("`{name}` is not a text"), "write one value")),
                },
                Shape::List => self.list(name, value, found),
                Shape::Times => self.times(value, found),
                Shape::Tags | Shape::Values => {
                    let map = self.maps.entry(name).or_default();
                    entries(name, value, kind == Shape::Values, map, found);
                }
            }
        }
    }

    fn list(&mut self, name: &'static str, value: Node<'_, '_>, found: &mut Vec<Diagnostic>) {
        if value.kind() != Kind::Sequence {
            found.push(shape(value, &format!("`{name}` is not a list"), "write a list: `[a, b]`"));
            return;
        }
        let list = self.lists.entry(name).or_default();
        for item in value.items() {
            match item.literal() {
                Some(text) => list.push(Text { text: text.to_owned(), place: Some(item.resolved().span()) }),
                None => {
                    found.push(shape(item, &format!("an item of `{name}` is not a text"), "write one value"));
                }
            }
        }
    }

    fn times(&mut self, value: Node<'_, '_>, found: &mut Vec<Diagnostic>) {
        if value.kind() != Kind::Mapping {
            found.push(shape(value, "`timeouts` is not a mapping", "write `timeouts: {create: 30m}`"));
        }
        for (key, value) in value.entries() {
            let name = key.as_str().unwrap_or_default();
            if !TIMES.contains(&name) {
                found.push(unknown("`timeouts` has no key", key, TIMES));
            } else if let Some(text) = value.literal() {
                let text = Text { text: text.to_owned(), place: Some(value.span()) };
                self.timeouts.insert(name.to_owned(), text);
            } else {
                found.push(shape(value, &format!("`{name}` is not a time"), "write `30m`"));
            }
        }
    }
}

fn entries(
    map: &str,
    value: Node<'_, '_>,
    may_be_fetched: bool,
    entries: &mut BTreeMap<String, Entry>,
    found: &mut Vec<Diagnostic>,
) {
    if value.kind() != Kind::Mapping {
        found.push(shape(value, &format!("`{map}` is not a mapping"), "write names and values below it"));
        return;
    }
    for (key, value) in value.entries() {
        let name = key.as_str().unwrap_or_default();
        let value = value.resolved();
        let origin = match value.kind() {
            _ if value.is_null() => Err(invalid(
                key,
                format!("`{name}` has no value"),
                "give it one (`''` is the empty text), or remove it",
            )),
            Kind::Scalar => match value.literal() {
                Some(text) => Ok(Origin::Text(text.to_owned())),
                None => Err(shape(
                    value,
                    &format!("`{name}` is a function"),
                    "write its value: functions belong in templates",
                )),
            },
            Kind::Sequence if may_be_fetched => {
                let items: Option<Vec<&str>> = value.items().map(Node::literal).collect();
                items.map(|items| Origin::Text(items.join(","))).ok_or_else(|| {
                    shape(value, &format!("`{name}` is a list of more than texts"), "write a list of texts")
                })
            }
            Kind::Mapping if may_be_fetched => fetched(name, key, value),
            _ => Err(shape(value, &format!("`{name}` is not a text"), "write one value")),
        };
        match origin {
            Ok(origin) => {
                entries.insert(name.to_owned(), Entry { origin, place: Some(key.span()) });
            }
            Err(finding) => found.push(finding),
        }
    }
}

/// `{env: NAME}` or `{file: PATH}`
fn fetched(name: &str, key: Node<'_, '_>, value: Node<'_, '_>) -> Result<Origin, Diagnostic> {
    let Some((source, value)) = value.only_entry() else {
        let message = format!("`{name}` has no single source");
        return Err(invalid(key, message, "write `{env: NAME}` or `{file: PATH}`"));
    };
    let text = value.literal().filter(|text| !text.is_empty()).map(str::to_owned);
    match (source.as_str().unwrap_or_default(), text) {
        ("env", Some(text)) => Ok(Origin::Env(text)),
        ("file", Some(text)) => Ok(Origin::File(text)),
        ("env" | "file", None) => {
            Err(invalid(source, format!("the source of `{name}` is empty"), "name the variable or the file"))
        }
        _ => Err(unknown("a value has no source", source, ["env", "file"])),
    }
}

fn unknown<'n>(
    what: &str,
    key: Node<'_, '_>,
    known: impl IntoIterator<Item = &'n str> + Clone,
) -> Diagnostic {
    let name = key.as_str().unwrap_or_default();
    let help = did_you_mean(name, known.clone())
        .unwrap_or_else(|| format!("known here are {}", known.into_iter().collect::<Vec<_>>().join(", ")));
    Diagnostic::new(Code::DPL002, format!("{what} `{name}`")).in_config(key.span(), "this key").help(help)
}

fn invalid(node: Node<'_, '_>, message: String, help: &str) -> Diagnostic {
    Diagnostic::new(Code::DPL003, message).in_config(node.span(), "here").help(help)
}

fn shape(node: Node<'_, '_>, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(Code::DPL001, message).in_config(node.span(), "here").help(help)
}

/// The file with the values of parameters struck out, to be quoted beside a finding: what is a
/// secret is known to the template alone. Of a file that cannot be read only keys remain.
#[must_use]
pub fn struck_out(text: &str) -> String {
    let parsed = parse(text);
    if !parsed.complete {
        let line = |line: &str| match line.split_once(':') {
            Some((key, value)) => format!("{key}:{}", stars(value)),
            None => stars(line),
        };
        return text.split('\n').map(line).collect::<Vec<_>>().join("\n");
    }
    let mut result = text.to_owned();
    let Some(root) = parsed.document.root() else { return result };
    let maps = KEYS.iter().filter(|(_, shape)| *shape == Shape::Values);
    for (_, value) in maps.filter_map(|(name, _)| root.get(name)).flat_map(|map| map.resolved().entries()) {
        if value.resolved().kind() != Kind::Mapping {
            let span = value.resolved().span();
            result.replace_range(span.start()..span.end(), &stars(span.slice(text)));
        }
    }
    result
}

fn stars(text: &str) -> String {
    text.bytes()
        .map(|byte| if matches!(byte, b'\n' | b' ' | b'\r') { char::from(byte) } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_parameters_are_not_quoted() {
        let text = "name: a\nparameters:\n  P: hunter2\n  Q: {env: PW}\n";
        assert_eq!(struck_out(text), "name: a\nparameters:\n  P: *******\n  Q: {env: PW}\n");
        assert!(!struck_out("name: a\nparameters:\n  P: hunter2: x\n   hunter2\n").contains("hunter2"));
    }
}
