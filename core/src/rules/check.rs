//! The rules, asked of a template.

mod decided;
mod properties;
mod statements;

use std::collections::{BTreeMap, BTreeSet};

use super::fit::{Fit, fit};
use super::{Answer, AskedOf, Check, Exception, Rule, Rules};
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::expression::{Expr, lower};
use crate::policy::{Judge, written};
use crate::roles::{PROCESSED, Unseen, unseen_parts};
use crate::syntax::{Kind, Node};
use crate::template::Template;
use crate::text::Span;

/// What the rules are asked of.
pub struct Asked<'a, 'd, 't> {
    /// The template.
    pub template: &'a Template<'d, 't>,
    /// Which text it is.
    pub source: Source,
    /// The resources that count, where not all do.
    pub only: Option<BTreeSet<&'a str>>,
    /// The rules that are asked.
    pub which: Which,
    /// Where findings about a resource are shown instead, by its name: in the text that the other was made of.
    pub places: Option<BTreeMap<&'a str, Span>>,
}

/// Which rules are asked of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// All but those about the scopes of patterns: a split makes patterns of what is exact.
    ButScopes,
    /// Those about the scopes of patterns.
    Scopes,
}

impl Which {
    pub(crate) fn asks(self, check: &Check) -> bool {
        match self {
            Self::All => true,
            Self::ButScopes => !matches!(check, Check::Scope { .. }),
            Self::Scopes => matches!(check, Check::Scope { .. }),
        }
    }
}

/// Asks the rules of templates that belong together. `now` is in seconds since 1970: exceptions end.
#[must_use]
pub fn check(rules: &Rules, templates: &[Asked<'_, '_, '_>], now: f64) -> Answer {
    let mut found = Vec::new();
    let mut counts = vec![0; rules.list.len()];
    for asked in templates {
        let reviewed = |arn: &str| fit(&crate::expression::from_sub_text(arn), &rules.reviewed) == Fit::Yes;
        let judge = Judge::of(asked.template, &reviewed);
        let before = found.len();
        let mut one = One { asked, judge: &judge, found: &mut found, of: 0 };
        let asks = |(rule, _): &(&Rule, _)| asked.which.asks(&rule.check);
        for (rule, count) in rules.list.iter().zip(&mut counts).filter(asks) {
            one.of = 0;
            one.rule(rule);
            *count += one.of;
        }
        if asked.which != Which::Scopes {
            one.unseen();
        }
        if let Some(places) = &asked.places {
            for one in found.iter_mut().skip(before) {
                one.place = places.get(one.resource.as_str()).copied();
            }
        }
    }
    let asked = rules.list.iter().zip(counts);
    let asked = asked.map(|(rule, resources)| AskedOf { rule: rule.id.clone(), resources }).collect();
    Answer::new(excepted(rules, found, now), asked)
}

/// Something that a rule found.
struct Found<'r> {
    /// `None` where no rule can be asked.
    rule: Option<&'r Rule>,
    resource: String,
    /// Whether the rule is broken; else it cannot be told.
    broken: bool,
    what: String,
    source: Source,
    place: Option<Span>,
    help: Vec<String>,
}

impl Found<'_> {
    fn told(&self, severity: Severity) -> Diagnostic {
        let code = if self.broken { Code::RUL001 } else { Code::RUL002 };
        let (message, label) = match self.rule {
            Some(rule) => (format!("`{}`: {}", rule.id, self.what), "asked of this"),
            None => (format!("cannot tell whether rules are kept: {}", self.what), "not seen here"),
        };
        let mut finding = Diagnostic::new(code, message).with_severity(severity).label(
            self.source,
            self.place.unwrap_or(Span::at(0)),
            label,
        );
        for help in self.help.iter().chain(self.rule.and_then(|rule| rule.message.as_ref())) {
            finding = finding.help(help.clone());
        }
        finding
    }
}

/// Takes out what is permitted all the same, and says so.
fn excepted(rules: &Rules, found: Vec<Found<'_>>, now: f64) -> Vec<Diagnostic> {
    let mut needed = vec![0_usize; rules.exceptions.len()];
    let mut list = Vec::new();
    for one in found {
        // What is not seen may break any rule: it is permitted where it is excepted from all of them.
        let of = rules.list.iter().filter(|rule| one.rule.is_none_or(|asked| asked.id == rule.id));
        let mut left: Option<Severity> = None;
        for rule in of {
            let covers = |exception: &Exception| {
                exception.rule == rule.id
                    && fit(&Expr::text(&*one.resource), std::slice::from_ref(&exception.resource)) == Fit::Yes
            };
            let mut is_excepted = false;
            for (count, exception) in needed.iter_mut().zip(&rules.exceptions).filter(|(_, one)| covers(one))
            {
                *count += 1;
                is_excepted |= now < exception.ends;
            }
            if !is_excepted {
                left = left.max(Some(rule.severity));
            }
        }
        list.extend(left.map(|severity| one.told(severity)));
    }
    for (count, exception) in needed.into_iter().zip(&rules.exceptions) {
        let Exception { rule, resource, reason, until, .. } = exception;
        let (code, message) = match (count, now < exception.ends) {
            (0, _) => (Code::RUL004, format!("nothing needs the exception of `{resource}` from `{rule}`")),
            (_, false) => {
                (Code::RUL005, format!("the exception of `{resource}` from `{rule}` ended after {until}"))
            }
            (_, true) => {
                (Code::RUL003, format!("`{resource}` is excepted from `{rule}` until {until}: {reason}"))
            }
        };
        list.push(Diagnostic::new(code, message).label(Source::Rules, exception.place, "this exception"));
    }
    list
}

struct One<'a, 'r, 'x, 'd, 't> {
    asked: &'a Asked<'x, 'd, 't>,
    judge: &'a Judge,
    found: &'a mut Vec<Found<'r>>,
    /// Of how many the rule was asked.
    of: usize,
}

/// The values that an `If` chooses from: `None` for none at all.
fn each(value: &Expr) -> Vec<Option<&Expr>> {
    match value {
        Expr::Call(name, parts) if name == "If" => parts.iter().skip(1).flat_map(each).collect(),
        Expr::Ref(name) if name == "AWS::NoValue" => vec![None],
        one => vec![Some(one)],
    }
}

fn shown(patterns: &[String]) -> String {
    patterns.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" or ")
}

fn name_property(kind: &str) -> &'static str {
    match kind {
        "AWS::IAM::Role" => "RoleName",
        "AWS::IAM::User" => "UserName",
        "AWS::IAM::Group" => "GroupName",
        _ => "ManagedPolicyName",
    }
}

impl<'r> One<'_, 'r, '_, '_, '_> {
    fn counts(&self, name: &str) -> bool {
        self.asked.only.as_ref().is_none_or(|only| only.contains(name))
    }

    /// The place of a property, or of its resource.
    fn place(&self, name: &str, key: &str) -> Option<Span> {
        let resource = self.asked.template.resources.get(name);
        let properties =
            resource.and_then(|resource| resource.declaration.value.get("Properties")).map(Node::resolved);
        let property = properties.and_then(|all| all.get(key)).map(Node::outer);
        property.or_else(|| self.judge.place(name))
    }

    fn push(&mut self, rule: &'r Rule, name: &str, key: &str, broken: bool, what: String, help: &str) {
        let help = if help.is_empty() { Vec::new() } else { vec![help.to_owned()] };
        self.found_at(rule, name, self.place(name, key), broken, what, help);
    }

    /// The same, at a place of its own.
    fn found_at(
        &mut self,
        rule: &'r Rule,
        name: &str,
        place: Option<Span>,
        broken: bool,
        what: String,
        help: Vec<String>,
    ) {
        let (source, resource) = (self.asked.source, name.to_owned());
        self.found.push(Found { rule: Some(rule), resource, broken, what, source, place, help });
    }

    /// What is not written in the text keeps no rule.
    fn unseen(&mut self) {
        let text = self.asked.template.document.text();
        let first = |words: &str| text.find(words).map(|at| Span::new(at, at + words.len()));
        let mut list: Vec<Unseen> = Vec::new();
        for what in self.judge.unseen() {
            // The part that is named, or what makes it.
            let named = what.split('`').nth(1).unwrap_or_default().to_owned();
            let place = self.judge.place(&named).or_else(|| first(&named)).or_else(|| first("Fn::ForEach"));
            let name = if self.judge.place(&named).is_some() { named } else { String::new() };
            list.push(Unseen { name, what, place, help: PROCESSED });
        }
        list.extend(unseen_parts(self.asked.template));
        let source = self.asked.source;
        self.found.extend(list.into_iter().map(|part| Found {
            rule: None,
            resource: part.name,
            broken: false,
            what: part.what,
            source,
            place: part.place,
            help: vec![part.help.to_owned()],
        }));
    }

    /// Managed policies that are not in the template, each with the text that it has there.
    fn elsewhere(&self, name: &str) -> Vec<Expr> {
        let Some(list) = self.judge.property(name, "ManagedPolicyArns") else { return Vec::new() };
        let items: Vec<&Expr> = match list {
            Expr::List(items) => items.iter().flat_map(each).flatten().collect(),
            other => each(other).into_iter().flatten().collect(),
        };
        // Those of the template are policies of their own, which rules are asked of.
        let is_own = |item: &&&Expr| match item {
            Expr::Ref(policy) | Expr::GetAtt(policy, _) => {
                self.judge.resources().any(|(other, _)| other == policy)
            }
            _ => false,
        };
        items.iter().filter(|item| !is_own(item)).map(|item| (*item).clone()).collect()
    }

    /// The place of an item of a list, whatever chooses it.
    fn item_place(&self, name: &str, key: &str, item: &Expr) -> Option<Span> {
        fn find(node: Node<'_, '_>, text: &str) -> Option<Span> {
            let plain = node.resolved();
            if written(&lower(plain)) == text {
                return Some(node.outer());
            }
            let inner: Vec<Node<'_, '_>> = match (plain.kind(), crate::template::call(plain)) {
                (_, Some(call)) => call.arguments(),
                (Kind::Sequence, None) => plain.items().collect(),
                _ => Vec::new(),
            };
            inner.into_iter().find_map(|node| find(node, text))
        }
        let resource = self.asked.template.resources.get(name)?;
        let properties = resource.declaration.value.get("Properties").map(Node::resolved)?;
        find(properties.get(key)?, &written(item))
    }

    fn rule(&mut self, rule: &'r Rule) {
        if let Check::Within(ceiling) = &rule.check {
            self.within(rule, ceiling);
            return;
        }
        let of_documents = matches!(rule.check, Check::Star | Check::Wildcards(_) | Check::Scope { .. });
        let inline =
            ["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy"];
        let is_asked = |kind: &str| rule.of.contains(&kind) || (of_documents && inline.contains(&kind));
        let judge = self.judge;
        for (name, kind) in judge.resources().filter(|(_, kind)| is_asked(kind)) {
            if !self.counts(name) {
                continue;
            }
            self.of += 1;
            if judge.is_computed(name) {
                let what = format!("`{name}` has properties that are computed as a whole");
                self.push(rule, name, "Properties", false, what, "write the properties out");
                continue;
            }
            match &rule.check {
                Check::Boundary(allow) => self.boundary(rule, name, allow),
                Check::Path(allow) => {
                    let path = judge.property(name, "Path").cloned().unwrap_or_else(|| Expr::text("/"));
                    self.one_of(rule, name, "Path", &path, "/", allow);
                }
                Check::Name(allow) => {
                    let key = name_property(kind);
                    match judge.property(name, key) {
                        Some(value) => self.one_of(rule, name, key, value, "", allow),
                        None => {
                            let what = format!("`{name}` has no name of its own: CloudFormation makes one");
                            self.push(
                                rule,
                                name,
                                "",
                                true,
                                what,
                                &format!("add `{key}`: one like {}", shown(allow)),
                            );
                        }
                    }
                }
                Check::Tags(require) => self.tags(rule, name, require),
                Check::Session(most) => self.session(rule, name, *most),
                Check::ManagedPolicies { allow, refuse } => {
                    self.managed(rule, name, allow.as_deref(), refuse);
                }
                Check::Star | Check::Wildcards(_) | Check::Scope { .. } => {
                    self.statements(rule, name);
                    self.attached(rule, name);
                }
                Check::Within(_) => {}
            }
        }
    }
}
