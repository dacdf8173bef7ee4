//! Roles that somebody else makes by hand: each role and policy of the IAM template as documents that are ready to be
//! used, with a page for whoever makes it, and a file for the ARNs that come back.
//!
//! For companies in which not even a stack may create IAM. What only the deployment knows is a placeholder, as
//! `<AWS::AccountId>`, and is explained; what decides whether a part is there at all must be known.

mod fill;
mod page;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::deployment::contents::Contents;
use crate::diagnostic::{Code, Diagnostic, Source, did_you_mean};
use crate::expression::{Expr, Lowering};
use crate::facts::iam_type;
use crate::roles::Card;
use crate::summary::Summary;
use crate::syntax::Node;
use crate::template::Template;
use crate::text::Span;
use fill::{Fault, Filler};

/// What tickets are made of.
pub struct Asked<'a, 'd, 't> {
    /// What is split: where findings are shown.
    pub monolith: &'a Template<'d, 't>,
    /// The IAM template.
    pub template: &'a Template<'d, 't>,
    /// The same, as a deployment sees it.
    pub iam: &'a Contents,
    /// The application template, as a deployment sees it.
    pub app: &'a Contents,
    /// How they came about.
    pub summary: &'a Summary,
    /// Who may do what.
    pub cards: &'a [Card],
    /// What is known.
    pub known: &'a Known<'a>,
    /// What the application template is called.
    pub app_file: &'a str,
}

/// What is known beside the template.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// Values of parameters and pseudo parameters.
    pub values: &'k BTreeMap<String, String>,
    /// Whether a parameter without a value has its default.
    pub defaults: bool,
    /// The file of ARNs as an earlier run and whoever filled it left it.
    pub arns: Option<&'k str>,
    /// What the names of files begin with, as for a split.
    pub prefix: &'k str,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the folder of the tickets.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// A role, policy or the like that is asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Ticket {
    /// The logical id.
    pub name: String,
    /// What it is, in words.
    pub kind: String,
    /// The parameters of the application that take its ARN.
    pub parameters: Vec<String>,
}

/// The tickets.
#[derive(Clone, Debug, Serialize)]
pub struct Tickets {
    /// What is asked for, in the order in which it can be made.
    pub tickets: Vec<Ticket>,
    /// What the template has and is not asked for, with the condition that does not hold.
    pub left_out: Vec<(String, String)>,
    /// What is to be put in for each placeholder.
    pub placeholders: BTreeMap<String, String>,
    /// The files, in the order of their names.
    #[serde(skip)]
    pub files: Vec<File>,
    /// Warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
}

/// The file of ARNs.
pub const ARNS: &str = "parameters.json";

/// Makes the tickets.
///
/// # Errors
/// All values that are missing, and all parts that only CloudFormation can compute.
pub fn make(asked: &Asked<'_, '_, '_>) -> Result<Tickets, Vec<Diagnostic>> {
    let section = |name: &str| {
        let lowered = asked.template.section(name).map(|section| Lowering::exact().node(section));
        match lowered {
            Some(Expr::Map(entries)) => entries,
            _ => Vec::new(),
        }
    };
    let known = asked.known;
    let filler = Filler {
        given: known.values,
        defaults: known.defaults,
        contents: asked.iam,
        conditions: section("Conditions").into_iter().collect(),
        mappings: section("Mappings").into_iter().collect(),
        used: RefCell::default(),
        faults: RefCell::default(),
    };
    let mut found = unknown_values(asked);
    found.extend(later(asked.iam));
    let mut faults = Faults::default();
    let mut pages = Vec::new();
    let mut left_out = Vec::new();
    for (name, whole) in ordered(section("Resources")) {
        let place = asked
            .monolith
            .resources
            .get(name.as_str())
            .and_then(|one| one.declaration.value.key())
            .map(Node::span);
        let place = place.unwrap_or(Span::at(0));
        match resource(&filler, &name, &whole) {
            Some(Made::Ticket(document)) => pages.push(document),
            Some(Made::LeftOut(condition)) => left_out.push((name.clone(), condition)),
            None => {}
        }
        faults.take(&filler, &name, place);
    }
    found.extend(faults.told(asked.iam));
    let (arns, gone) = page::arns(asked, &pages);
    found.extend(gone);
    // What came back is never lost to a file that cannot be read.
    if found.iter().any(Diagnostic::is_error) {
        return Err(found);
    }
    found.extend(still_creates(asked.app));
    let placeholders: BTreeMap<String, String> =
        pages.iter().flat_map(|one| one.placeholders.clone()).collect();
    let mut files: Vec<File> = pages.iter().flat_map(|one| page::files(one, asked)).collect();
    let tickets: Vec<Ticket> = pages.iter().map(|one| one.ticket(asked)).collect();
    let mut tickets = Tickets { tickets, left_out, placeholders, files: Vec::new(), diagnostics: found };
    files.push(File { path: "README.md".to_owned(), text: page::index(&tickets, asked) });
    files.push(File { path: ARNS.to_owned(), text: arns });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    tickets.files = files;
    Ok(tickets)
}

/// What a resource comes to.
enum Made {
    Ticket(Document),
    /// The condition that does not hold.
    LeftOut(String),
}

/// A resource with its values.
struct Document {
    name: String,
    kind: String,
    properties: serde_json::Map<String, Value>,
    placeholders: BTreeMap<String, String>,
}

impl Document {
    fn words(&self) -> String {
        iam_type(&self.kind).map_or_else(|| self.kind.clone(), crate::facts::IamType::words)
    }

    fn ticket(&self, asked: &Asked<'_, '_, '_>) -> Ticket {
        Ticket { name: self.name.clone(), kind: self.words(), parameters: parameters(&self.name, asked) }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.properties.get(key).and_then(Value::as_str)
    }
}

/// The parameters of the application that take something of a resource.
fn parameters(name: &str, asked: &Asked<'_, '_, '_>) -> Vec<String> {
    let moved = asked.summary.moved.iter().filter(|moved| moved.name == name);
    let by_summary: Vec<String> =
        moved.flat_map(|moved| &moved.wires).map(|wire| wire.parameter.clone()).collect();
    if !by_summary.is_empty() {
        return by_summary;
    }
    // What a loop makes has outputs that the loop makes.
    let arn = format!("{name}Arn");
    let takes = asked.app.iam_parameters().filter(|(_, output)| *output == name || *output == arn);
    takes.map(|(parameter, _)| parameter.to_owned()).collect()
}

fn resource(filler: &Filler<'_>, name: &str, whole: &Expr) -> Option<Made> {
    let Expr::Map(entries) = whole else {
        filler
            .faults
            .borrow_mut()
            .insert(Fault::Cannot("a loop over values that are not in the text".to_owned()));
        return None;
    };
    let get = |key: &str| entries.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    if let Some(Expr::Text(condition)) = get("Condition")
        && !filler.named(condition)?
    {
        return Some(Made::LeftOut(condition.clone()));
    }
    let kind = match get("Type") {
        Some(Expr::Text(kind)) => kind.clone(),
        _ => String::new(),
    };
    filler.used.take();
    let properties = match get("Properties").map(|properties| filler.value(properties)) {
        Some(Some(Value::Object(properties))) => properties,
        Some(_) => return None,
        None => serde_json::Map::new(),
    };
    let placeholders = filler.used.take();
    Some(Made::Ticket(Document { name: name.to_owned(), kind, properties, placeholders }))
}

/// Resources so that each comes after those that it refers to.
fn ordered(mut rest: Vec<(String, Expr)>) -> Vec<(String, Expr)> {
    let mut done: Vec<(String, Expr)> = Vec::new();
    while !rest.is_empty() {
        let names: BTreeSet<String> = rest.iter().map(|(name, _)| name.clone()).collect();
        let waits = |(name, whole): &(String, Expr)| {
            let mut waits = false;
            whole.walk(&mut |part| {
                if let Expr::Ref(other) | Expr::GetAtt(other, _) = part {
                    waits |= other != name && names.contains(other);
                }
            });
            waits
        };
        let (ready, waiting): (Vec<_>, Vec<_>) = rest.into_iter().partition(|one| !waits(one));
        if ready.is_empty() {
            // A circle: it was said of the template.
            done.extend(waiting);
            break;
        }
        done.extend(ready);
        rest = waiting;
    }
    done
}

/// What keeps resources from being written.
#[derive(Default)]
struct Faults {
    /// For each parameter whose value decides, the resources.
    needs: BTreeMap<String, Vec<(String, Span)>>,
    found: Vec<Diagnostic>,
}

impl Faults {
    /// Takes what was noted of a resource.
    fn take(&mut self, filler: &Filler<'_>, name: &str, place: Span) {
        for fault in filler.faults.take() {
            match fault {
                Fault::Needs(parameter) => {
                    self.needs.entry(parameter).or_default().push((name.to_owned(), place));
                }
                Fault::Cannot(what) => self.found.push(
                    Diagnostic::new(
                        Code::TKT002,
                        format!("`{name}` has {what}, which only CloudFormation can compute"),
                    )
                    .label(Source::Template, place, "this one")
                    .help("write the value out in the template, or leave the resource with the application (`keep`)"),
                ),
            }
        }
    }

    fn told(self, iam: &Contents) -> Vec<Diagnostic> {
        let mut found = self.found;
        for (parameter, of) in self.needs {
            let names: Vec<&str> = of.iter().map(|(name, _)| name.as_str()).collect();
            let default = iam.parameters.get(&parameter).and_then(|declared| declared.default.as_deref());
            let value = match (parameter.as_str(), default) {
                ("AWS::Partition", _) => "aws",
                ("AWS::Region", _) => "eu-west-1",
                ("AWS::AccountId", _) => "123456789012",
                (_, Some(value)) if !value.is_empty() && !value.contains(' ') => value,
                _ => "…",
            };
            let are = if names.len() == 1 { "is" } else { "are" };
            let message = format!(
                "`{parameter}` decides what {} {are} to be",
                crate::deployment::pattern::some(&names)
            );
            let place = of.first().map_or(Span::at(0), |(_, place)| *place);
            let mut finding = Diagnostic::new(Code::TKT001, message)
                .label(Source::Template, place, "this one")
                .help(format!("give its value: `--value {parameter}={value}`"));
            if default.is_some() {
                finding = finding
                    .help("or pass `--defaults`, where the template's defaults are what will be deployed");
            }
            found.push(finding);
        }
        found
    }
}

/// Values for what the template does not declare.
fn unknown_values(asked: &Asked<'_, '_, '_>) -> Vec<Diagnostic> {
    let known = |name: &str| {
        [
            "AWS::AccountId",
            "AWS::Partition",
            "AWS::Region",
            "AWS::URLSuffix",
            "AWS::StackName",
            "AWS::StackId",
        ]
        .contains(&name)
            || asked.iam.parameters.contains_key(name)
            || asked.app.parameters.contains_key(name)
    };
    let mut found = Vec::new();
    for name in asked.known.values.keys().filter(|name| !known(name)) {
        let near = did_you_mean(name, asked.iam.parameters.keys().map(String::as_str));
        let finding = Diagnostic::new(Code::TPL005, format!("the template has no parameter `{name}`"));
        found.push(finding.help(near.unwrap_or_else(|| "give the name of one".to_owned())));
    }
    for (name, declared) in &asked.iam.parameters {
        if declared.no_echo && asked.known.values.contains_key(name) {
            found.push(
                Diagnostic::new(Code::TKT002, format!("`{name}` is a secret, which no ticket may hold"))
                    .help("leave it out: a placeholder stands for it"),
            );
        } else if let Some(value) = asked.known.values.get(name) {
            let value = crate::deployment::value::Value::shown(value);
            found.extend(crate::deployment::parameters::refused(name, &value, declared));
        }
    }
    found
}

/// What a role gets only once the application stands is no part of a ticket.
fn later(iam: &Contents) -> Vec<Diagnostic> {
    let later = iam.mark.iter().flat_map(|mark| mark.two_phase.keys());
    let each = later.map(|parameter| {
        Diagnostic::new(
            Code::TKT002,
            format!(
                "`{parameter}` is known only once the application stands, and the tickets come before it"
            ),
        )
        .help("resolve it another way: `--resolve exact,pattern`, or an explicit name in the template")
    });
    each.collect()
}

/// IAM that the application would still create.
fn still_creates(app: &Contents) -> Option<Diagnostic> {
    let own: Vec<&str> = app
        .resources
        .iter()
        .filter(|(_, kind)| kind.starts_with("AWS::IAM::"))
        .map(|(name, _)| name.as_str())
        .collect();
    let transform = own.is_empty() && app.capabilities.iter().any(|name| name.ends_with("IAM"));
    if own.is_empty() && !transform {
        return None;
    }
    let what = match transform {
        true => "a transform or a nested stack may create IAM".to_owned(),
        false => format!("the application still creates {}", crate::deployment::pattern::some(&own)),
    };
    Some(
        Diagnostic::new(Code::TKT003, format!("{what}: its stack needs {}", app.capabilities.join(", ")))
            .help("`--all-iam` makes tickets of every type of IAM, `--resolve exact,pattern` attaches nothing")
            .help("what a transform or a nested stack makes is not in the text: write it out, or let its owner make it"),
    )
}
