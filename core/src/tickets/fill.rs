//! The values of a template as JSON: what is known in the place of parameters, and a placeholder for what is not.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::deployment::contents::{Contents, Declared};
use crate::expression::Expr;
use crate::policy::scalars;

/// What keeps a value from being written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// These parameters decide, and have no value.
    Needs(String),
    /// Nobody outside of CloudFormation can compute this.
    Cannot(String),
}

/// Writes values.
pub(super) struct Filler<'f> {
    pub(super) given: &'f BTreeMap<String, String>,
    /// Whether a parameter without a value has its default.
    pub(super) defaults: bool,
    pub(super) contents: &'f Contents,
    pub(super) conditions: BTreeMap<String, Expr>,
    pub(super) mappings: BTreeMap<String, Expr>,
    /// The placeholders that were written, by what stands between their brackets.
    pub(super) used: RefCell<BTreeMap<String, String>>,
    pub(super) faults: RefCell<BTreeSet<Fault>>,
}

impl Filler<'_> {
    /// The value; `None` for none at all.
    pub(super) fn value(&self, expr: &Expr) -> Option<Value> {
        Some(match expr {
            Expr::Ref(name) if name == "AWS::NoValue" => return None,
            Expr::Text(text) => self.text(text).into(),
            Expr::Plain(_) => match scalars(expr) {
                Expr::Text(text) => text.into(),
                other => self.cannot(&crate::policy::written(&other)),
            },
            Expr::Source(text) => text.clone().into(),
            Expr::Ref(name) => self.reference(name),
            Expr::GetAtt(name, attribute) => self.placeholder(&format!("{name}.{attribute}")),
            Expr::Named(_, inner) => return self.value(inner),
            Expr::Concat(parts) => {
                let parts = parts.iter().map(|part| match self.value(part) {
                    Some(Value::String(text)) => text,
                    Some(Value::Array(_) | Value::Object(_)) => {
                        self.cannot("a text with a list in it");
                        String::new()
                    }
                    // What keeps it from being written was noted.
                    _ => String::new(),
                });
                parts.collect::<String>().into()
            }
            Expr::List(items) => items.iter().filter_map(|item| self.value(item)).collect::<Vec<_>>().into(),
            Expr::Map(entries) => {
                let plain = |key: &str| key.trim_start_matches('\u{feff}').to_owned();
                let entries =
                    entries.iter().filter_map(|(key, value)| Some((plain(key), self.value(value)?)));
                Value::Object(entries.collect())
            }
            Expr::Unary(name, inner) => return self.unary(name, inner),
            Expr::Call(name, arguments) => return self.call(name, arguments),
        })
    }

    fn unary(&self, name: &str, inner: &Expr) -> Option<Value> {
        Some(match name {
            "ImportValue" => {
                let export =
                    self.value(inner).as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
                self.placeholder(&format!("export {export}"))
            }
            "ToJsonString" => self.value(inner)?.to_string().into(),
            "Length" => match self.known(inner)? {
                Value::Array(items) => items.len().to_string().into(),
                _ => self.cannot("`Fn::Length` of what is no list"),
            },
            _ => self.cannot(&format!("`Fn::{name}`")),
        })
    }

    fn call(&self, name: &str, arguments: &[Expr]) -> Option<Value> {
        Some(match (name, arguments) {
            ("If", [condition, yes, no]) => {
                let condition = match condition {
                    Expr::Text(name) => self.named(name),
                    other => self.holds(other),
                };
                return match condition {
                    Some(true) => self.value(yes),
                    Some(false) => self.value(no),
                    None => None,
                };
            }
            ("Join", [delimiter, list]) => {
                let delimiter = self.known(delimiter)?;
                // How many there are must be known.
                let Value::Array(items) = self.value(list)? else {
                    return self.known(list).map(|_| self.cannot("`Fn::Join` of what is no list"));
                };
                let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                texts.join(delimiter.as_str().unwrap_or_default()).into()
            }
            ("Select", [index, list]) => {
                let index = self.known(index)?;
                let index = index.as_str().and_then(|text| text.parse::<usize>().ok());
                match (index, self.value(list)?) {
                    (Some(index), Value::Array(items)) => match items.get(index) {
                        Some(item) => item.clone(),
                        None => self.cannot("`Fn::Select` beyond the end of its list"),
                    },
                    _ => return self.known(list).map(|_| self.cannot("`Fn::Select` of what is no list")),
                }
            }
            ("Split", [delimiter, text]) => {
                let delimiter = self.known(delimiter)?;
                let (Some(delimiter), Value::String(joined)) = (delimiter.as_str(), self.value(text)?) else {
                    return Some(self.cannot("`Fn::Split` of what is no text"));
                };
                match self.split(delimiter, &joined) {
                    Some(parts) => parts.into_iter().map(Value::from).collect::<Vec<_>>().into(),
                    None => {
                        self.known(text);
                        return None;
                    }
                }
            }
            ("FindInMap", [map, first, second, rest @ ..]) => {
                let keys = [self.known(map)?, self.known(first)?, self.known(second)?];
                let keys = keys.each_ref().map(|key| key.as_str().unwrap_or_default());
                let found = self.mappings.get(keys[0]).and_then(|map| entry(map, keys[1]));
                let default = rest.first().and_then(|rest| entry(rest, "DefaultValue"));
                match found.and_then(|row| entry(row, keys[2])).or(default) {
                    Some(value) => return self.value(value),
                    None => self.cannot(&format!(
                        "`{}.{}` of the mapping `{}`, which it has not",
                        keys[1], keys[2], keys[0]
                    )),
                }
            }
            _ => self.cannot(&format!("`Fn::{name}`")),
        })
    }

    /// The parts of a text with placeholders in it; `None` where one of them may have the delimiter in it.
    fn split(&self, delimiter: &str, text: &str) -> Option<Vec<String>> {
        let first = delimiter.chars().next()?;
        let (mut parts, mut part, mut rest) = (Vec::new(), String::new(), text);
        while let Some(c) = rest.chars().next() {
            let inner = rest.strip_prefix('<').and_then(|inner| inner.split_once('>'));
            let name = inner.map(|(name, _)| name).filter(|name| self.used.borrow().contains_key(*name));
            if let Some(name) = name {
                if !self.is_one(name, delimiter) {
                    return None;
                }
                let (whole, after) = rest.split_at(name.len() + "<>".len());
                part += whole;
                rest = after;
            } else if let Some(after) = rest.strip_prefix(delimiter).filter(|_| c == first) {
                parts.push(std::mem::take(&mut part));
                rest = after;
            } else {
                part.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
        parts.push(part);
        Some(parts)
    }

    /// Whether what stands for a placeholder never has a delimiter in it, nor a part of one.
    fn is_one(&self, name: &str, delimiter: &str) -> bool {
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let plain = ["AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::URLSuffix", "AWS::StackName"];
        if plain.contains(&name) || self.contents.stack_parameter() == Some(name) {
            return !delimiter.contains(letters);
        }
        // A name with a comma in it would be taken apart in CloudFormation too: the template counts on none.
        let resource = name.split_once('.').map_or(name, |(resource, _)| resource);
        delimiter == "," && self.contents.resources.contains_key(resource)
    }

    /// A text as it is. What CloudFormation resolves in it is not known here.
    fn text(&self, text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("{{resolve:") {
            out += before;
            let (inner, after) = after.split_once("}}").unwrap_or((after, ""));
            let name = format!("resolve:{inner}");
            out += &format!("<{name}>");
            self.note(&name);
            rest = after;
        }
        out + rest
    }

    fn reference(&self, name: &str) -> Value {
        let declared = self.contents.parameters.get(name);
        match self.given_value(name, declared) {
            Some(text) if is_list(name, declared) => {
                text.split(',').map(|item| Value::from(item.trim())).collect::<Vec<_>>().into()
            }
            Some(text) => text.into(),
            None => self.placeholder(name),
        }
    }

    /// The value that is known of a parameter. A secret is nobody's to know.
    fn given_value(&self, name: &str, declared: Option<&Declared>) -> Option<String> {
        if declared.is_some_and(|declared| declared.no_echo) {
            return None;
        }
        if let Some(given) = self.given.get(name) {
            return Some(given.clone());
        }
        let region = || self.given.get("AWS::Region").map(String::as_str);
        match name {
            "AWS::Partition" => region().map(|region| crate::deployment::names::partition(region).to_owned()),
            // Source: CloudFormation Template Reference, "Pseudo parameters": `amazonaws.com`, in China `amazonaws.com.cn`.
            "AWS::URLSuffix" => region().map(|region| {
                if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }.to_owned()
            }),
            _ => declared
                .filter(|declared| self.defaults && !by_store(declared))
                .and_then(|one| one.default.clone()),
        }
    }

    /// A value without placeholders; what would have to be given for it is noted.
    fn known(&self, expr: &Expr) -> Option<Value> {
        let outer = self.used.take();
        let value = self.value(expr);
        let names = self.used.replace(outer);
        for name in names.keys() {
            let is_parameter = name.starts_with("AWS::") || self.contents.parameters.contains_key(name);
            let is_secret = self.contents.parameters.get(name).is_some_and(|declared| declared.no_echo);
            self.faults.borrow_mut().insert(match is_parameter && !is_secret {
                true => Fault::Needs(name.clone()),
                false => Fault::Cannot(format!("what depends on `<{name}>`")),
            });
        }
        value.filter(|_| names.is_empty())
    }

    /// Whether a condition of the template holds; what would have to be given is noted where that cannot be told.
    pub(super) fn named(&self, name: &str) -> Option<bool> {
        match self.conditions.get(name) {
            Some(expr) => self.holds(expr),
            None => {
                self.cannot(&format!("the condition `{name}`"));
                None
            }
        }
    }

    fn holds(&self, expr: &Expr) -> Option<bool> {
        let before = self.faults.borrow().clone();
        let all = |list: &[Expr], end: bool| {
            let each: Vec<Option<bool>> = list.iter().map(|one| self.holds(one)).collect();
            if each.contains(&Some(end)) {
                Some(end)
            } else {
                each.iter().all(Option::is_some).then_some(!end)
            }
        };
        let holds = match expr {
            Expr::Unary(name, inner) if name == "Condition" => match &**inner {
                Expr::Text(name) => self.named(name),
                _ => None,
            },
            Expr::Unary(name, inner) if name == "Not" => self.holds(inner).map(|holds| !holds),
            Expr::Call(name, list) if name == "And" => all(list, false),
            Expr::Call(name, list) if name == "Or" => all(list, true),
            Expr::Call(name, list) if name == "Not" => {
                list.first().and_then(|one| self.holds(one)).map(|holds| !holds)
            }
            Expr::Call(name, list) if name == "Equals" => match list.as_slice() {
                [one, other] => match (self.known(one), self.known(other)) {
                    (Some(one), Some(other)) => Some(one == other),
                    _ => None,
                },
                _ => None,
            },
            _ => {
                self.cannot("a condition that is none of CloudFormation's");
                None
            }
        };
        // What one part leaves open matters only where the others do not decide.
        if holds.is_some() {
            self.faults.replace(before);
        }
        holds
    }

    fn cannot(&self, what: &str) -> Value {
        self.faults.borrow_mut().insert(Fault::Cannot(what.to_owned()));
        Value::Null
    }

    fn placeholder(&self, name: &str) -> Value {
        self.note(name);
        format!("<{name}>").into()
    }

    fn note(&self, name: &str) {
        let words = self.explained(name);
        self.used.borrow_mut().insert(name.to_owned(), words);
    }

    /// What stands for a placeholder, in words.
    fn explained(&self, name: &str) -> String {
        if let Some(inner) = name.strip_prefix("resolve:") {
            return format!("what the dynamic reference `{inner}` gives");
        }
        if let Some(export) = name.strip_prefix("export ") {
            return format!("what another stack gives out as the export `{export}`");
        }
        if let Some((resource, attribute)) = name.split_once('.') {
            let noun = self.noun(resource);
            return match attribute {
                "Arn" | "PolicyArn" => {
                    format!("the ARN of the {noun} `{resource}`, which its own ticket brings")
                }
                "Name" => format!("a name that is free: nothing counts on what the {noun} is called"),
                _ => format!("the `{attribute}` of the {noun} `{resource}`, which its own ticket brings"),
            };
        }
        if self.contents.resources.contains_key(name) {
            let noun = self.noun(name);
            let kind = self.contents.resources.get(name).map_or("", String::as_str);
            let is_arn = crate::facts::iam_type(kind).is_some_and(|row| row.ref_is_arn);
            let what = if is_arn { "ARN" } else { "name" };
            return format!("the {what} of the {noun} `{name}`, which its own ticket brings");
        }
        if self.contents.stack_parameter() == Some(name) {
            return "the name that the application's stack has or will have".to_owned();
        }
        if let Some(declared) = self.contents.parameters.get(name) {
            return parameter(declared);
        }
        match name {
            "AWS::AccountId" => "the twelve digits of the account",
            "AWS::Partition" => "the partition of AWS: `aws`, in China `aws-cn`, in GovCloud `aws-us-gov`",
            "AWS::Region" => "the region that the application's stack is in",
            "AWS::URLSuffix" => "`amazonaws.com`, in China `amazonaws.com.cn`",
            _ => "a value that CloudFormation knows",
        }
        .to_owned()
    }

    fn noun(&self, resource: &str) -> String {
        let kind = self.contents.resources.get(resource).map_or("", String::as_str);
        crate::facts::iam_type(kind).map_or_else(|| "resource".to_owned(), crate::facts::IamType::words)
    }
}

fn entry<'e>(expr: &'e Expr, key: &str) -> Option<&'e Expr> {
    let Expr::Map(entries) = expr else { return None };
    entries.iter().find(|(name, _)| name.trim_start_matches('\u{feff}') == key).map(|(_, value)| value)
}

/// Whether a value of a parameter is the name of an entry of the parameter store.
fn by_store(declared: &Declared) -> bool {
    declared.kind.starts_with("AWS::SSM::Parameter::Value")
}

fn is_list(name: &str, declared: Option<&Declared>) -> bool {
    name == "AWS::NotificationARNs"
        || declared.is_some_and(|declared| {
            let kind = declared.kind.trim_start_matches("AWS::SSM::Parameter::Value<");
            kind.starts_with("List<") || kind.starts_with("CommaDelimitedList")
        })
}

fn parameter(declared: &Declared) -> String {
    let mut words = vec![match declared.no_echo {
        true => "a parameter of the template, which is a secret".to_owned(),
        false if by_store(declared) => match &declared.default {
            Some(entry) => format!("what the parameter store has under `{entry}`"),
            None => "what the parameter store has".to_owned(),
        },
        false => "a parameter of the template".to_owned(),
    }];
    if is_list("", Some(declared)) {
        words.push("a list".to_owned());
    }
    if let Some(description) = &declared.description {
        words.push(format!("“{description}”"));
    }
    if let Some(default) = declared.default.as_ref().filter(|_| !declared.no_echo && !by_store(declared)) {
        words.push(format!("by default `{default}`"));
    }
    words.join(", ")
}
