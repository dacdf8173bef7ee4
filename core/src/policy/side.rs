//! A template as values: its loops written out, its statements with their places.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::loops;
use crate::expression::{Expr, lower};
use crate::syntax::{Kind, Node};
use crate::template::{Template, is_understood};
use crate::text::Span;
use crate::value::{Value, plain};

/// The key that a statement carries to be found again in the text. No template has it.
pub(super) const MARK: &str = "\u{0}";

/// A resource.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its type.
    pub(super) kind: String,
    /// The condition on which it exists.
    pub(super) condition: Option<String>,
    /// Its properties, with statements marked.
    pub(super) properties: Vec<(String, Expr)>,
    /// The whole of it, as it is.
    pub(super) whole: Expr,
    /// Whether a macro that stands in it may make something else of it.
    pub(super) rewritten: bool,
}

impl Item {
    pub(super) fn property(&self, name: &str) -> Option<&Expr> {
        self.properties.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// One of the two templates.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) parameters: BTreeMap<String, Expr>,
    pub(super) mappings: BTreeMap<String, Expr>,
    pub(super) conditions: BTreeMap<String, Expr>,
    pub(super) resources: IndexMap<String, Item>,
    pub(super) outputs: BTreeMap<String, Expr>,
    /// Sections that say how the whole is read, and loops that cannot be written out.
    pub(super) others: BTreeMap<String, Expr>,
    /// Where sections begin that have a place worth saying.
    pub(super) places: BTreeMap<String, Span>,
    /// Statements by their mark.
    pub(super) statements: Vec<Span>,
    /// The whole template, which is what a macro reads.
    pub(super) whole: Option<Expr>,
}

impl Side {
    pub(super) fn of(template: &Template<'_, '_>) -> Self {
        let mut side = Self::default();
        let mut sections: Vec<_> = template.root.entries().collect();
        // Loops read mappings.
        sections.sort_by_key(|(key, _)| key.as_str() != Some("Mappings"));
        for (key, value) in sections {
            let Some(section) = key.as_str() else { continue };
            let value = value.resolved();
            match section {
                "Parameters" | "Mappings" | "Conditions" | "Resources" | "Outputs" => {
                    side.section(section, value);
                }
                "AWSTemplateFormatVersion" | "Description" | "Metadata" => {}
                _ => {
                    side.places.insert(section.to_owned(), key.outer());
                    side.others.insert(section.to_owned(), lower(value));
                }
            }
        }
        side.whole = (!side.macros().is_empty()).then(|| lower(template.root));
        side
    }

    fn section(&mut self, section: &str, value: Node<'_, '_>) {
        for (key, value) in value.entries() {
            let name = key_text(key);
            let plain = if section == "Mappings" { keyed(value) } else { read(&lower(value)) };
            let mut marked = plain.clone();
            if section == "Resources" {
                self.mark(value, &mut marked);
            }
            let written_out = |value: &Expr| loops::written_out(&name, value, &self.mappings);
            let Some(entries) = written_out(&plain).zip(written_out(&marked)) else {
                // A loop over what is not known: it is compared as a whole.
                let name = format!("{section}.{name}");
                self.places.insert(name.clone(), key.outer());
                self.others.insert(name, plain);
                continue;
            };
            for ((name, plain), (_, marked)) in entries.0.into_iter().zip(entries.1) {
                self.places.insert(format!("{section}.{name}"), key.outer());
                match section {
                    "Parameters" => drop(self.parameters.insert(name, plain)),
                    "Mappings" => drop(self.mappings.insert(name, plain)),
                    "Conditions" => drop(self.conditions.insert(name, plain)),
                    "Outputs" => drop(self.outputs.insert(name, plain)),
                    _ => drop(self.resources.insert(name, item(plain, marked))),
                }
            }
        }
    }

    /// Gives each statement a mark: the number of its place.
    fn mark(&mut self, node: Node<'_, '_>, expr: &mut Expr) {
        let mut places = Vec::new();
        statements_in(node, &mut places);
        let mut count = 0;
        count_statements(expr, &mut count);
        // Texts with a `Sub` around them hide statements: then none is placed rather than a wrong one.
        if count == places.len() {
            let mut next = self.statements.len();
            put_marks(expr, &mut next);
            self.statements.append(&mut places);
        }
    }

    /// Loops that cannot be written out, with the section that each makes entries of.
    pub(super) fn open_loops(&self) -> impl Iterator<Item = (&str, &Expr)> {
        self.others.iter().filter_map(|(name, expr)| Some((name.split_once('.')?.0, expr)))
    }

    /// Macros that may rewrite the whole template.
    /// Source: CloudFormation User Guide, "AWS-managed transforms": what each of these reads.
    pub(super) fn macros(&self) -> Vec<String> {
        let list = match self.others.get("Transform") {
            Some(Expr::List(list)) => list.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        let name = |expr: &Expr| match expr {
            Expr::Text(name) => name.clone(),
            other => super::words::value(other),
        };
        let mut names: Vec<String> = list.iter().map(name).filter(|name| !is_understood(name)).collect();
        if self.others.contains_key("Fn::Transform") || self.resources.contains_key("Fn::Transform") {
            names.push("Fn::Transform".to_owned());
        }
        names
    }

    pub(super) fn place_of_mark(&self, mark: &Expr) -> Option<Span> {
        let Expr::Text(mark) = mark else { return None };
        self.statements.get(mark.parse::<usize>().ok()?).copied()
    }
}

/// A key as CloudFormation reads it: `Yes` is `true`, `1.10` is `1.1`, but in quotes.
fn key_text(key: Node<'_, '_>) -> String {
    let text = key.as_str().unwrap_or_default();
    match read(&lower(key)) {
        Expr::Text(text) => text,
        // Read in more ways than one: as it is written, which no value comes to that is read.
        _ => text.to_owned(),
    }
}

/// A value with its keys as CloudFormation reads them.
fn keyed(node: Node<'_, '_>) -> Expr {
    let node = node.resolved();
    if node.kind() != Kind::Mapping || crate::template::call(node).is_some() {
        return read(&lower(node));
    }
    Expr::Map(node.entries().map(|(key, value)| (key_text(key), keyed(value))).collect())
}

/// The value with its scalars as CloudFormation reads them: `yes` is `true`, `1.10` is `1.1`. What is read in more ways
/// than one, as a number with zeros in front, is no text that is known.
pub(crate) fn read(expr: &Expr) -> Expr {
    expr.replaced(&|part| {
        let Expr::Plain(text) = part else { return None };
        Some(match plain(text) {
            Value::Bool(is_true) => Expr::text(is_true.to_string()),
            Value::Number(text) | Value::Text(text) => Expr::text(text),
            Value::Null => return None,
            _ => match text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "true" => Expr::text("true"),
                "no" | "off" | "false" => Expr::text("false"),
                // YAML 1.1 has them; the reader that CloudFormation uses has not.
                "y" | "n" => Expr::text(text),
                _ => short_number(text)
                    .map_or_else(|| Expr::Unary("Scalar".to_owned(), Box::new(Expr::text(text))), Expr::text),
            },
        })
    })
}

/// A decimal number without the zeros at its end.
fn short_number(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.')?;
    let short = format!("{whole}.{}", fraction.trim_end_matches('0'));
    let short = short.trim_end_matches('.').to_owned();
    matches!(plain(&short), Value::Number(_)).then_some(short)
}

fn item(whole: Expr, marked: Expr) -> Item {
    let get = |name: &str| match &whole {
        Expr::Map(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| value),
        _ => None,
    };
    let text = |expr: Option<&Expr>| match expr {
        Some(Expr::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let (kind, condition) = (text(get("Type")).unwrap_or_default(), text(get("Condition")));
    let properties = match marked {
        Expr::Map(entries) => match entries.into_iter().find(|(key, _)| key == "Properties") {
            Some((_, Expr::Map(properties))) => properties,
            // Computed as a whole.
            Some((_, other)) => vec![("Properties".to_owned(), other)],
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let mut rewritten = false;
    whole.walk(&mut |part| {
        rewritten |= match part {
            Expr::Map(entries) => entries.iter().any(|(key, _)| key == "Fn::Transform"),
            Expr::Call(name, _) | Expr::Unary(name, _) => name == "Transform",
            _ => false,
        };
    });
    Item { kind, condition, properties, whole, rewritten }
}

fn statements_in(node: Node<'_, '_>, places: &mut Vec<Span>) {
    let node = node.resolved();
    if node.kind() == Kind::Mapping && node.get("Effect").is_some() {
        places.push(node.outer());
    }
    node.children().for_each(|child| statements_in(child, places));
}

fn is_statement(entries: &[(String, Expr)]) -> bool {
    entries.iter().any(|(key, _)| key == "Effect")
}

fn count_statements(expr: &Expr, count: &mut usize) {
    expr.walk(&mut |part| {
        if let Expr::Map(entries) = part
            && is_statement(entries)
        {
            *count += 1;
        }
    });
}

fn put_marks(expr: &mut Expr, next: &mut usize) {
    match expr {
        Expr::Map(entries) => {
            let mark = is_statement(entries).then(|| {
                let mark = *next;
                *next += 1;
                mark
            });
            entries.iter_mut().for_each(|(_, value)| put_marks(value, next));
            if let Some(mark) = mark {
                entries.push((MARK.to_owned(), Expr::text(mark.to_string())));
            }
        }
        Expr::Concat(parts) | Expr::List(parts) | Expr::Call(_, parts) => {
            parts.iter_mut().for_each(|part| put_marks(part, next));
        }
        Expr::Unary(_, inner) | Expr::Named(_, inner) => put_marks(inner, next),
        Expr::Text(_) | Expr::Plain(_) | Expr::Source(_) | Expr::Ref(_) | Expr::GetAtt(..) => {}
    }
}
