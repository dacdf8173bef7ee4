//! The rules, asked of a template.

use std::collections::{BTreeMap, BTreeSet};

use super::fit::{Fit, fit, meet, within};
use super::{Answer, AskedOf, Check, Exception, Rule, Rules};
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::expression::{Expr, lower};
use crate::policy::{Ceiling, Decision, Judge, Question, Verdict, managed, written};
use crate::roles::{PROCESSED, Unseen, is_every_action, is_everything, unseen_parts};
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
    fn asks(self, check: &Check) -> bool {
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
        if let Some(places) = &self.asked.places {
            return places.get(name).copied();
        }
        let resource = self.asked.template.resources.get(name);
        let properties =
            resource.and_then(|resource| resource.declaration.value.get("Properties")).map(Node::resolved);
        let property = properties.and_then(|all| all.get(key)).map(Node::outer);
        property.or_else(|| self.judge.place(name))
    }

    fn push(&mut self, rule: &'r Rule, name: &str, key: &str, broken: bool, what: String, help: &str) {
        let help = if help.is_empty() { Vec::new() } else { vec![help.to_owned()] };
        let (source, place) = (self.asked.source, self.place(name, key));
        self.found.push(Found {
            rule: Some(rule),
            resource: name.to_owned(),
            broken,
            what,
            source,
            place,
            help,
        });
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
        if self.asked.places.is_some() {
            return None;
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

    fn boundary(&mut self, rule: &'r Rule, name: &str, allow: &[String]) {
        let key = "PermissionsBoundary";
        let like = if allow.iter().any(|one| one.contains(['*', '?'])) { "one like " } else { "" };
        let help = format!("add `{key}`: {like}{}", shown(allow));
        let Some(value) = self.judge.boundary(name) else {
            self.push(rule, name, "", true, format!("`{name}` has no permissions boundary"), &help);
            return;
        };
        if each(&value).iter().any(Option::is_none) {
            let never = each(&value).iter().all(Option::is_none);
            let on =
                if never { "no permissions boundary" } else { "a permissions boundary on a condition only" };
            self.push(rule, name, key, never, format!("`{name}` has {on}"), &help);
        }
        self.one_of(rule, name, key, &value, "", allow);
    }

    /// A value, each that an `If` may choose, is one of those that a rule names. `absent` stands for none at all.
    fn one_of(
        &mut self,
        rule: &'r Rule,
        name: &str,
        key: &str,
        value: &Expr,
        absent: &str,
        allow: &[String],
    ) {
        let absent = Expr::text(absent);
        for value in each(value) {
            let is_absent = value.is_none();
            let value = value.unwrap_or(&absent);
            if is_absent && key == "PermissionsBoundary" {
                continue;
            }
            let text = written(value);
            match fit(value, allow) {
                Fit::Yes => {}
                Fit::No => {
                    let what = format!("`{name}` has the `{key}` `{text}`, and not {}", shown(allow));
                    self.push(rule, name, key, true, what, "");
                }
                Fit::Unknown => {
                    let what = format!(
                        "`{name}` has the `{key}` `{text}`: a value decides whether that is {}",
                        shown(allow)
                    );
                    self.push(
                        rule,
                        name,
                        key,
                        false,
                        what,
                        "write it out, or name the value in the rule as `${NAME}`",
                    );
                }
            }
        }
    }

    fn tags(&mut self, rule: &'r Rule, name: &str, require: &BTreeMap<String, String>) {
        let value = self.judge.property(name, "Tags").cloned().unwrap_or_else(|| Expr::List(Vec::new()));
        let entry = |tag: &Expr, key: &str| crate::policy::entry(tag, key).cloned();
        let is_sure = |tag: &&Expr| matches!(tag, Expr::Map(_));
        let Expr::List(items) = &value else {
            let what = format!("`{name}` has the tags `{}`: a value decides", written(&value));
            self.push(rule, name, "Tags", false, what, "write the tags out");
            return;
        };
        for (key, like) in require {
            let is_it = |tag: &&Expr| entry(tag, "Key") == Some(Expr::text(&**key));
            let all: Vec<&Expr> = items.iter().flat_map(each).flatten().collect();
            let sure = items.iter().filter(is_sure).find(is_it);
            let perhaps = all
                .iter()
                .copied()
                .any(|tag| is_it(&tag) || !matches!(entry(tag, "Key"), Some(Expr::Text(_))));
            match sure.map(|tag| entry(tag, "Value").unwrap_or_else(|| Expr::text(""))) {
                Some(value) => self.one_of(rule, name, "Tags", &value, "", std::slice::from_ref(like)),
                None if perhaps => {
                    let what = format!("`{name}` has the tag `{key}` where a value or a condition says so");
                    self.push(rule, name, "Tags", false, what, "write the tag out");
                }
                None => {
                    let what = format!("`{name}` has no tag `{key}`");
                    self.push(
                        rule,
                        name,
                        "Tags",
                        true,
                        what,
                        &format!("add the tag: its value is like `{like}`"),
                    );
                }
            }
        }
    }

    fn session(&mut self, rule: &'r Rule, name: &str, most: u32) {
        let key = "MaxSessionDuration";
        let Some(value) = self.judge.property(name, key) else { return };
        for value in each(value).into_iter().flatten() {
            let seconds = match value {
                Expr::Text(text) | Expr::Plain(text) => text.parse::<u32>().ok(),
                _ => None,
            };
            match seconds {
                Some(seconds) if seconds <= most => {}
                Some(seconds) => {
                    let what = format!("`{name}` has sessions of {seconds} s, and {most} s are permitted");
                    self.push(rule, name, key, true, what, "");
                }
                None => {
                    let what = format!("`{name}` has sessions as long as a value says: `{}`", written(value));
                    self.push(rule, name, key, false, what, "write the seconds out");
                }
            }
        }
    }

    fn managed(&mut self, rule: &'r Rule, name: &str, allow: Option<&[String]>, refuse: &[String]) {
        let key = "ManagedPolicyArns";
        for item in &self.elsewhere(name) {
            let text = written(item);
            let refused = fit(item, refuse);
            let allowed = allow.map_or(Fit::Yes, |allow| fit(item, allow));
            let (broken, what) = match (refused, allowed) {
                (Fit::No, Fit::Yes) => continue,
                (Fit::Yes, _) => {
                    (true, format!("`{name}` has the managed policy `{text}`, which is refused"))
                }
                (_, Fit::No) => (
                    true,
                    format!(
                        "`{name}` has the managed policy `{text}`, which is none of those that are allowed"
                    ),
                ),
                _ => (
                    false,
                    format!("`{name}` has the managed policy `{text}`: a value decides which that is"),
                ),
            };
            let place = self.item_place(name, key, item).or_else(|| self.place(name, key));
            let (source, resource) = (self.asked.source, name.to_owned());
            self.found.push(Found {
                rule: Some(rule),
                resource,
                broken,
                what,
                source,
                place,
                help: Vec::new(),
            });
        }
    }

    /// What managed policies from elsewhere say counts as what is written out: one of them allows everything, and of the
    /// others nobody knows here.
    fn attached(&mut self, rule: &'r Rule, name: &str) {
        let key = "ManagedPolicyArns";
        for item in &self.elsewhere(name) {
            let policy = managed(item);
            let (broken, what) = match policy.as_str() {
                "AWSDenyAll" => continue,
                "AdministratorAccess" => {
                    (true, format!("`{name}` has `{policy}`, which allows everything on everything"))
                }
                _ => (
                    false,
                    format!(
                        "`{name}` has the managed policy `{policy}`: what it says is not in the template"
                    ),
                ),
            };
            let place = self.item_place(name, key, item).or_else(|| self.place(name, key));
            let help = if broken {
                Vec::new()
            } else {
                vec!["a managed policy that somebody has read may stand under `reviewed_policies`".to_owned()]
            };
            let (source, resource) = (self.asked.source, name.to_owned());
            self.found.push(Found { rule: Some(rule), resource, broken, what, source, place, help });
        }
    }

    fn statements(&mut self, rule: &'r Rule, name: &str) {
        let (judge, template) = (self.judge, self.asked.template);
        let statements = match judge.statements(name) {
            Ok(statements) => statements,
            Err(what) => {
                let what = format!("`{name}` has a policy that is not written out: `{}`", shortened(&what));
                self.push(rule, name, "", false, what, "write the statements out");
                return;
            }
        };
        for statement in statements.iter().filter(|one| one.allows != Some(false)) {
            let text = |expr: &&Expr| match expr {
                Expr::Text(text) => Some(text.clone()),
                _ => None,
            };
            let (actions, but) = &statement.actions;
            let (resources, but_resources) = &statement.resources;
            let mut tell = |broken: bool, what: String| {
                let own = statement.place.filter(|_| self.asked.places.is_none());
                let place = own.or_else(|| self.place(name, ""));
                let (source, resource) = (self.asked.source, name.to_owned());
                let broken = broken && statement.allows == Some(true);
                let rule = Some(rule);
                self.found.push(Found { rule, resource, broken, what, source, place, help: Vec::new() });
            };
            match &rule.check {
                Check::Star => {
                    let every = |list: &[&Expr], is: &dyn Fn(&str) -> bool| {
                        list.iter().any(|item| text(item).is_some_and(|text| is(&text)))
                    };
                    let (of_actions, of_resources) = (
                        every(actions, &is_every_action),
                        resources.iter().any(|one| is_everything(&written(one))),
                    );
                    let unknown = |list: &[&Expr]| list.iter().any(|item| text(item).is_none());
                    let all_actions = *but != of_actions;
                    let all_resources = *but_resources != of_resources;
                    if all_actions && all_resources {
                        tell(true, format!("`{name}` allows everything on everything"));
                    } else if (all_actions || unknown(actions)) && (all_resources || whole_value(resources)) {
                        tell(
                            false,
                            format!("`{name}` allows everything on everything where a value says so"),
                        );
                    }
                }
                Check::Scope { widest, services } => {
                    let of_services = services.iter().flatten().any(|service| {
                        let is_of =
                            |action: &&Expr| text(action).is_none_or(|action| may_be_of(&action, service));
                        *but || actions.iter().any(is_of)
                    });
                    if services.is_some() && !of_services {
                        continue;
                    }
                    if *but_resources {
                        if !widest.iter().any(|one| one == "*") {
                            tell(true, format!("`{name}` allows on all resources but some (`NotResource`)"));
                        }
                        continue;
                    }
                    for resource in resources.iter().flat_map(|one| each(one)).flatten() {
                        let is_pattern = is_pattern(template, resource);
                        match is_pattern.then(|| within(resource, widest)) {
                            None | Some(Fit::Yes) => {}
                            Some(Fit::No) => tell(
                                true,
                                format!(
                                    "`{name}` allows on `{}`, which is wider than {}",
                                    written(resource),
                                    shown(widest)
                                ),
                            ),
                            Some(Fit::Unknown) => tell(
                                false,
                                format!(
                                    "`{name}` allows on `{}`: a value decides whether that is within {}",
                                    written(resource),
                                    shown(widest)
                                ),
                            ),
                        }
                    }
                }
                Check::Wildcards(services) => {
                    for service in services {
                        let (mut wild, mut unknown) = (Vec::new(), false);
                        for action in actions {
                            match text(action) {
                                Some(action) if is_wild(&action, service) => wild.push(action),
                                Some(_) => {}
                                None => unknown = true,
                            }
                        }
                        // All but some actions of a service is a wildcard over the rest of them.
                        let all_of_it = format!("{service}:*");
                        let excepts = |action: &&Expr| {
                            text(action)
                                .is_some_and(|text| text == "*" || text.eq_ignore_ascii_case(&all_of_it))
                        };
                        if *but && !actions.iter().any(excepts) {
                            tell(true, format!("`{name}` allows actions of `{service}` by `NotAction`"));
                        } else if !*but && !wild.is_empty() {
                            tell(
                                true,
                                format!(
                                    "`{name}` allows {}, a wildcard over actions of `{service}`",
                                    shown(&wild)
                                ),
                            );
                        } else if unknown {
                            tell(false, format!("`{name}` allows actions that a value decides"));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn within(&mut self, rule: &'r Rule, ceiling: &Ceiling) {
        let trust = matches!(ceiling, Ceiling::Trust { .. });
        let judge = self.judge;
        for principal in judge.principals() {
            let kind = judge.resources().find(|(name, _)| *name == principal.name).map(|(_, kind)| kind);
            let is_asked = match kind.filter(|_| principal.declared) {
                Some(kind) => rule.of.contains(&kind) && self.counts(&principal.name),
                // Whoever is named and not declared is given what stands here all the same.
                None => !trust,
            };
            if is_asked {
                self.of += 1;
                let decision = judge.decide(&principal, ceiling);
                self.decided(rule, &principal.name, &decision);
            }
        }
    }

    /// Whether a statement of a role's trust has the principal `*`.
    fn is_open(&self, name: &str, statement: Span) -> bool {
        let resource = self.asked.template.resources.get(name);
        let properties = resource.and_then(|resource| resource.declaration.value.get("Properties"));
        let trust = properties.and_then(|all| all.resolved().get("AssumeRolePolicyDocument"));
        let Some(list) = trust.and_then(|trust| trust.resolved().get("Statement")).map(Node::resolved) else {
            return false;
        };
        let all: Vec<Node<'_, '_>> = if list.kind() == Kind::Sequence {
            list.items().map(Node::resolved).collect()
        } else {
            vec![list]
        };
        let is_it = |node: &&Node<'_, '_>| node.span().contains(statement) || statement.contains(node.span());
        let principal = all.iter().find(is_it).and_then(|one| one.get("Principal")).map(Node::resolved);
        let is_star = |node: Node<'_, '_>| {
            let node = node.resolved();
            node.as_str() == Some("*") || node.items().any(|item| item.resolved().as_str() == Some("*"))
        };
        principal.is_some_and(|node| is_star(node) || node.get("AWS").is_some_and(is_star))
    }

    fn decided(&mut self, rule: &'r Rule, name: &str, decision: &Decision) {
        let trust = decision.question == Question::Trust;
        let (source, resource) = (self.asked.source, name.to_owned());
        match (decision.verdict, &decision.witness) {
            (Verdict::NoMore, _) => {}
            (Verdict::More, Some(witness)) => {
                let statement = witness.statement.as_ref().and_then(|place| place.span);
                let what = if trust && statement.is_some_and(|span| self.is_open(name, span)) {
                    format!("`{name}` may be assumed by anyone: its trust has the principal `*`")
                } else if trust {
                    format!("`{name}` may be assumed by `{}`", witness.principal)
                } else {
                    format!("`{name}` may `{}` on `{}`", witness.action, witness.resource)
                };
                let place =
                    witness.statement.as_ref().and_then(|place| place.span).or_else(|| self.place(name, ""));
                let given: Vec<String> = witness
                    .lines()
                    .into_iter()
                    .filter(|line| line.starts_with("with") || line.starts_with("where"))
                    .collect();
                let help = if given.is_empty() {
                    Vec::new()
                } else {
                    vec![format!("that is so {}", given.join(", "))]
                };
                let rule = Some(rule);
                self.found.push(Found { rule, resource, broken: true, what, source, place, help });
            }
            _ => {
                // What the rule itself says is no reason.
                let reasons = decision.reasons.iter().filter(|reason| !reason.part.starts_with("``"));
                let mut help: Vec<String> =
                    reasons.map(|reason| format!("{}: {}", reason.part, reason.why)).collect();
                if decision.reasons.iter().any(|reason| reason.part.contains("managed policy")) {
                    let reviewed =
                        "a managed policy that somebody has read may stand under `reviewed_policies`";
                    help.push(reviewed.to_owned());
                }
                let what = format!("`{name}` cannot be told to keep it");
                let place = self.place(name, if trust { "AssumeRolePolicyDocument" } else { "" });
                let rule = Some(rule);
                self.found.push(Found { rule, resource, broken: false, what, source, place, help });
            }
        }
    }
}

/// Whether a resource of a statement has a wildcard, or a value of a parameter's, which may have one.
fn is_pattern(template: &Template<'_, '_>, resource: &Expr) -> bool {
    let mut may = false;
    resource.walk(&mut |part| {
        may |= match part {
            Expr::Text(text) => text.contains(['*', '?']),
            // The application stack's name is bounded: it has letters, digits and dashes.
            Expr::Ref(name) => {
                template.parameters.contains_key(name.as_str()) && template.stack_parameter() != Some(name)
            }
            Expr::Call(..) | Expr::Unary(..) => true,
            _ => false,
        };
    });
    may
}

/// Whether one of them is a value as a whole, which may be `*`.
fn whole_value(list: &[&Expr]) -> bool {
    list.iter().any(|item| matches!(item, Expr::Ref(name) if !name.starts_with("AWS::")))
        || list.iter().any(|item| matches!(item, Expr::Call(..) | Expr::Unary(..)))
}

/// Whether an action is, or may be, one of a service.
fn may_be_of(action: &str, service: &str) -> bool {
    meet(&action.to_ascii_lowercase(), &format!("{}:*", service.to_ascii_lowercase()))
}

/// Whether an action has a wildcard and may be one of a service.
fn is_wild(action: &str, service: &str) -> bool {
    action.contains(['*', '?']) && may_be_of(action, service)
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
