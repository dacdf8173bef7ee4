//! The file of rules, read with all that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use super::fit::meet;
use super::{Check, Exception, Rule, Rules};
use crate::diagnostic::{Code, Diagnostic, Severity, Source, did_you_mean};
use crate::policy::{Ceiling, seconds};
use crate::syntax::{Kind, Node, parse};
use crate::text::Span;

const ROLE: &str = "AWS::IAM::Role";
const USER: &str = "AWS::IAM::User";
const GROUP: &str = "AWS::IAM::Group";
const POLICY: &str = "AWS::IAM::ManagedPolicy";

/// What a check is called, whom it asks unless told otherwise, and which keys it has.
const CHECKS: [(&str, &[&str], &[&str]); 12] = [
    ("boundary", &[ROLE, USER], &["allow"]),
    ("path", &[ROLE, USER, GROUP, POLICY], &["allow"]),
    ("name", &[ROLE, USER, GROUP, POLICY], &["allow"]),
    ("tags", &[ROLE, USER], &["require"]),
    ("session", &[ROLE], &["at_most"]),
    ("managed-policies", &[ROLE, USER, GROUP], &["allow", "refuse"]),
    ("trust", &[ROLE], &["accounts", "services", "federations"]),
    ("actions", &[ROLE, USER, GROUP, POLICY], &["never", "on"]),
    ("pass-role", &[ROLE, USER, GROUP, POLICY], &["services"]),
    ("permissions", &[ROLE, USER, GROUP, POLICY], &["at_most"]),
    ("wildcards", &[ROLE, USER, GROUP, POLICY], &["services"]),
    ("scope", &[ROLE, USER, GROUP, POLICY], &["widest", "services"]),
];
/// The one check without keys of its own.
const STAR: &str = "star-on-star";
/// Keys of every rule.
const KEYS: [&str; 5] = ["id", "check", "of", "severity", "message"];
/// Whom a rule may ask, and the type.
const KINDS: [(&str, &str); 4] = [("roles", ROLE), ("users", USER), ("groups", GROUP), ("policies", POLICY)];

/// Reads a file of rules: what it says, as far as that can be told, and all that is wrong with it.
#[must_use]
pub fn read(text: &str) -> (Rules, Vec<Diagnostic>) {
    let parsed = parse(text);
    let mut found: Vec<Diagnostic> = parsed.diagnostics.clone();
    for diagnostic in &mut found {
        diagnostic.labels.iter_mut().for_each(|label| label.source = Source::Rules);
    }
    let mut rules = Rules::default();
    let mut reader = Reader { found };
    match parsed.document.root().filter(|root| !root.is_null()) {
        Some(root) if root.kind() == Kind::Mapping => reader.whole(root, &mut rules),
        _ => reader.wrong(
            Span::at(0),
            "the file has no rules".to_owned(),
            "`iam-split rules init` writes one to start from",
        ),
    }
    (rules, reader.found)
}

struct Reader {
    found: Vec<Diagnostic>,
}

impl Reader {
    fn wrong(&mut self, place: Span, message: String, help: &str) {
        let finding = Diagnostic::new(Code::RUL006, message).label(Source::Rules, place, "here");
        self.found.push(if help.is_empty() { finding } else { finding.help(help) });
    }

    fn keys(&mut self, node: Node<'_, '_>, known: &[&str], what: &str) {
        for (key, _) in node.entries() {
            let name = key.as_str().unwrap_or_default();
            if !known.contains(&name) {
                let help = did_you_mean(name, known.iter().copied())
                    .unwrap_or_else(|| format!("known here are {}", known.join(", ")));
                let finding = Diagnostic::new(Code::RUL006, format!("{what} has no key `{name}`"));
                self.found.push(finding.label(Source::Rules, key.span(), "this key").help(help));
            }
        }
    }

    fn text(&mut self, node: Node<'_, '_>, key: &str) -> Option<String> {
        let value = node.get(key)?.resolved();
        match value.as_str().filter(|text| value.kind() == Kind::Scalar && !text.is_empty()) {
            Some(text) => Some(text.to_owned()),
            None => {
                self.wrong(value.outer(), format!("`{key}` is a text"), "");
                None
            }
        }
    }

    /// A list of texts, or one.
    fn list(&mut self, node: Node<'_, '_>, key: &str) -> Option<Vec<String>> {
        let value = node.get(key)?.resolved();
        let items: Vec<Node<'_, '_>> = match value.kind() {
            Kind::Sequence => value.items().map(Node::resolved).collect(),
            Kind::Scalar => vec![value],
            Kind::Mapping | Kind::Alias => {
                self.wrong(value.outer(), format!("`{key}` is a list of texts"), "");
                return None;
            }
        };
        let mut texts = Vec::new();
        for item in items {
            match item.as_str().filter(|text| item.kind() == Kind::Scalar && !text.is_empty()) {
                Some(text) => texts.push(text.to_owned()),
                None => self.wrong(item.outer(), format!("`{key}` has something that is no text"), ""),
            }
        }
        Some(texts)
    }

    fn needed(&mut self, node: Node<'_, '_>, key: &str, what: &str) -> Vec<String> {
        let before = self.found.len();
        let list = self.list(node, key).unwrap_or_default();
        if list.is_empty() && self.found.len() == before {
            self.wrong(
                node.outer(),
                format!("{what} needs `{key}`: with none of them it would ask nothing"),
                "",
            );
        }
        list
    }

    fn whole(&mut self, root: Node<'_, '_>, rules: &mut Rules) {
        self.keys(root, &["rules", "exceptions", "reviewed_policies"], "the file");
        rules.reviewed = self.list(root, "reviewed_policies").unwrap_or_default();
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for node in
            root.get("rules").map(Node::resolved).into_iter().flat_map(Node::items).map(Node::resolved)
        {
            if node.kind() != Kind::Mapping {
                self.wrong(
                    node.outer(),
                    "a rule is a mapping".to_owned(),
                    "write `check: boundary` and what it asks",
                );
                continue;
            }
            let Some(rule) = self.rule(node) else { continue };
            if !ids.insert(rule.id.clone()) {
                self.wrong(
                    node.outer(),
                    format!("two rules are called `{}`", rule.id),
                    "give one of them an `id` of its own",
                );
            }
            rules.list.push(rule);
        }
        match root.get("rules").map(Node::resolved) {
            Some(list) if list.kind() == Kind::Sequence && list.items().next().is_some() => {}
            Some(list) => self.wrong(list.outer(), "`rules` is a list with at least one rule".to_owned(), ""),
            None => self.wrong(
                root.outer(),
                "the file has no `rules`".to_owned(),
                "`iam-split rules init` writes a file to start from",
            ),
        }
        for node in
            root.get("exceptions").map(Node::resolved).into_iter().flat_map(Node::items).map(Node::resolved)
        {
            self.exception(node, &ids, rules);
        }
        self.contradictions(rules);
    }

    fn rule(&mut self, node: Node<'_, '_>) -> Option<Rule> {
        let Some(check) = self.text(node, "check") else {
            self.wrong(
                node.outer(),
                "a rule says with `check` what it asks".to_owned(),
                "for example `check: boundary`",
            );
            return None;
        };
        let id = self.text(node, "id").unwrap_or_else(|| check.clone());
        let row = CHECKS.iter().find(|(name, ..)| *name == check);
        let own = match row {
            Some((_, _, keys)) => *keys,
            None if check == STAR => &[],
            None => {
                let names = || CHECKS.iter().map(|(name, ..)| *name).chain([STAR]);
                let help = did_you_mean(&check, names())
                    .unwrap_or_else(|| format!("known are {}", names().collect::<Vec<_>>().join(", ")));
                let place = node.get("check").map_or(node.outer(), Node::outer);
                self.wrong(place, format!("no check is called `{check}`"), &help);
                return None;
            }
        };
        let known: Vec<&str> = KEYS.iter().chain(own).copied().collect();
        self.keys(node, &known, &format!("the check `{check}`"));
        let severity = match self.text(node, "severity").as_deref() {
            None | Some("error") => Severity::Error,
            Some("warning") => Severity::Warning,
            Some("note") => Severity::Note,
            Some(other) => {
                let place = node.get("severity").map_or(node.outer(), Node::outer);
                self.wrong(place, format!("`{other}` is no severity"), "known are error, warning, note");
                Severity::Error
            }
        };
        let asked = row.map_or(&[ROLE, USER, GROUP, POLICY][..], |(_, of, _)| *of);
        let mut of = Vec::new();
        for name in self.list(node, "of").unwrap_or_default() {
            match KINDS.iter().find(|(known, _)| *known == name) {
                Some((_, kind)) if asked.contains(kind) => of.push(*kind),
                Some(_) => {
                    self.wrong(
                        node.outer(),
                        format!("`{check}` asks nothing of {name}"),
                        "take them out of `of`",
                    );
                }
                None => {
                    let place = node.get("of").map_or(node.outer(), Node::outer);
                    self.wrong(
                        place,
                        format!("`{name}` are nobody"),
                        "known are roles, users, groups, policies",
                    );
                }
            }
        }
        if of.is_empty() {
            of = asked.to_vec();
        }
        let message = self.text(node, "message");
        let check = self.check(node, &check)?;
        Some(Rule { id, check, severity, message, of, place: node.outer() })
    }

    fn check(&mut self, node: Node<'_, '_>, check: &str) -> Option<Check> {
        let what = format!("the check `{check}`");
        Some(match check {
            "boundary" => {
                let allow = self.needed(node, "allow", &what);
                for arn in allow.iter().filter(|arn| !arn.starts_with("${")) {
                    let is_policy = arn.starts_with("arn:") && arn.contains(":policy/");
                    if !is_policy && arn != "*" {
                        let help = "write `arn:*:iam::*:policy/NAME`, `*` for any, or `${PARAMETER}` for what a parameter gives";
                        self.wrong(node.outer(), format!("`{arn}` is no managed policy's ARN"), help);
                    }
                }
                Check::Boundary(allow)
            }
            "path" => {
                let allow = self.needed(node, "allow", &what);
                for path in &allow {
                    // Source: IAM API Reference, `CreateRole`, `Path`: it begins and ends with a slash.
                    let ends = |c: Option<char>| matches!(c, Some('/' | '*' | '}'));
                    if !(matches!(path.chars().next(), Some('/' | '*' | '$')) && ends(path.chars().last())) {
                        let help = "a path begins and ends with a slash: `/team/`, `/team/*`";
                        self.wrong(node.outer(), format!("IAM takes no path like `{path}`"), help);
                    }
                }
                Check::Path(allow)
            }
            "name" => Check::Name(self.needed(node, "allow", &what)),
            "tags" => Check::Tags(self.tags(node)?),
            "session" => {
                let seconds = self.text(node, "at_most").and_then(|text| text.parse::<u32>().ok());
                let Some(seconds) = seconds.filter(|seconds| (3_600..=43_200).contains(seconds)) else {
                    let help = "write seconds, from 3600 to 43200";
                    let message = match node.get("at_most").map(Node::resolved) {
                        Some(given) => {
                            let given = crate::policy::written(&crate::expression::lower(given));
                            format!(
                                "{what}: `at_most: {given}` is no number of seconds that a session may last"
                            )
                        }
                        None => format!("{what} needs `at_most`"),
                    };
                    self.wrong(node.outer(), message, help);
                    return None;
                };
                Check::Session(seconds)
            }
            "managed-policies" => {
                let (allow, refuse) = (self.list(node, "allow"), self.list(node, "refuse"));
                if allow.is_none() && refuse.is_none() {
                    self.wrong(node.outer(), format!("{what} needs `allow` or `refuse`"), "");
                }
                Check::ManagedPolicies { allow, refuse: refuse.unwrap_or_default() }
            }
            "trust" => {
                let (accounts, services, federations) = (
                    self.list(node, "accounts"),
                    self.list(node, "services"),
                    self.list(node, "federations"),
                );
                if accounts.is_none() && services.is_none() && federations.is_none() {
                    self.wrong(
                        node.outer(),
                        format!("{what} needs `accounts`, `services` or `federations`"),
                        "",
                    );
                }
                let is_account = |text: &String| {
                    text == "self" || (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()))
                };
                for account in accounts.iter().flatten().filter(|text| !is_account(text)) {
                    let help =
                        "write the twelve digits in quotes, or `self` for the account that the stack is in";
                    self.wrong(node.outer(), format!("`{account}` is no account"), help);
                }
                Check::Within(Ceiling::Trust { accounts, services, federations })
            }
            "actions" => {
                let never = self.needed(node, "never", &what);
                for action in never.iter().filter(|action| !action.contains(':') && *action != "*") {
                    self.wrong(
                        node.outer(),
                        format!("`{action}` is no action"),
                        "write `service:Action`, as `iam:CreateUser`",
                    );
                }
                let mut statements =
                    vec![serde_json::json!({"Effect": "Allow", "NotAction": never, "Resource": "*"})];
                if let Some(on) = self.list(node, "on") {
                    statements.push(serde_json::json!({"Effect": "Allow", "Action": "*", "NotResource": on}));
                }
                Check::Within(Ceiling::Permissions(document(&serde_json::json!(statements))))
            }
            "pass-role" => {
                let service = match self.list(node, "services") {
                    Some(services) => serde_json::json!({"StringLike": {"iam:PassedToService": services}}),
                    None => serde_json::json!({"Null": {"iam:PassedToService": "false"}}),
                };
                Check::Within(Ceiling::Permissions(document(&serde_json::json!([
                    {"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"},
                    {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": service},
                ]))))
            }
            "permissions" => {
                let Some(text) = node.get("at_most").map(Node::resolved) else {
                    self.wrong(node.outer(), format!("{what} needs `at_most`: a policy document"), "");
                    return None;
                };
                let json = json(text);
                let has_statements =
                    json.get("Statement").is_some_and(|list| list.is_array() || list.is_object());
                if !has_statements {
                    self.wrong(
                        text.outer(),
                        "`at_most` is a policy document with a `Statement`".to_owned(),
                        "",
                    );
                    return None;
                }
                Check::Within(Ceiling::Permissions(json))
            }
            "wildcards" => Check::Wildcards(self.needed(node, "services", &what)),
            "scope" => {
                let widest = self.needed(node, "widest", &what);
                for pattern in
                    widest.iter().filter(|one| !one.starts_with("arn:") && !one.starts_with(['*', '$']))
                {
                    let help =
                        "write it like `arn:*:sqs:*:*:team-*`, or `${PARAMETER}` for what a parameter gives";
                    self.wrong(node.outer(), format!("`{pattern}` is no pattern of ARNs"), help);
                }
                Check::Scope { widest, services: self.list(node, "services") }
            }
            _ => Check::Star,
        })
    }

    fn tags(&mut self, node: Node<'_, '_>) -> Option<BTreeMap<String, String>> {
        let require = node.get("require").map(Node::resolved);
        let Some(require) = require.filter(|require| require.kind() != Kind::Scalar && !require.is_null())
        else {
            let help = "write `require: {owner: '*'}`: each key, and what its value is like";
            self.wrong(node.outer(), "the check `tags` needs `require`".to_owned(), help);
            return None;
        };
        let mut tags = BTreeMap::new();
        if require.kind() == Kind::Sequence {
            let keys = self.list(node, "require").unwrap_or_default();
            tags.extend(keys.into_iter().map(|key| (key, "*".to_owned())));
        }
        for (key, value) in require.entries() {
            match (key.as_str(), value.resolved().as_str()) {
                (Some(key), Some(value)) => drop(tags.insert(key.to_owned(), value.to_owned())),
                _ => self.wrong(value.outer(), "what a tag's value is like is a text".to_owned(), ""),
            }
        }
        Some(tags)
    }

    fn exception(&mut self, node: Node<'_, '_>, ids: &BTreeSet<String>, rules: &mut Rules) {
        self.keys(node, &["rule", "resource", "reason", "until"], "an exception");
        let mut text = |key: &str| {
            let text = self.text(node, key);
            if node.get(key).is_none() {
                self.wrong(node.outer(), format!("an exception needs `{key}`"), "");
            }
            text
        };
        let (rule, resource, reason, until) = (text("rule"), text("resource"), text("reason"), text("until"));
        let (Some(rule), Some(resource), Some(reason), Some(until)) = (rule, resource, reason, until) else {
            return;
        };
        if !ids.contains(&rule) {
            let help = did_you_mean(&rule, ids.iter().map(String::as_str)).unwrap_or_default();
            self.wrong(node.outer(), format!("no rule is called `{rule}`"), &help);
            return;
        }
        let day = seconds(&until).filter(|_| until.len() == "2027-01-31".len() && is_a_day(&until));
        let Some(day) = day else {
            self.wrong(node.outer(), format!("`{until}` is no day"), "write it as 2027-01-31");
            return;
        };
        rules.exceptions.push(Exception {
            rule,
            resource,
            reason,
            until,
            ends: day + 86_400.0,
            place: node.outer(),
        });
    }

    /// Rules of which nothing can keep both.
    fn contradictions(&mut self, rules: &Rules) {
        let patterns = |rule: &Rule| match &rule.check {
            Check::Boundary(list) => Some(("boundary", list.clone())),
            Check::Path(list) => Some(("path", list.clone())),
            Check::Name(list) => Some(("name", list.clone())),
            _ => None,
        };
        for (at, one) in rules.list.iter().enumerate() {
            for other in rules.list.iter().skip(at + 1) {
                let (Some((a, one_list)), Some((b, other_list))) = (patterns(one), patterns(other)) else {
                    continue;
                };
                let alike = a == b && one.of.iter().any(|kind| other.of.contains(kind));
                let meets = one_list.iter().any(|one| other_list.iter().any(|other| meet(one, other)));
                if alike && !meets && !one_list.is_empty() && !other_list.is_empty() {
                    self.found.push(
                        Diagnostic::new(
                            Code::RUL007,
                            format!("nothing can keep `{}` and `{}`", one.id, other.id),
                        )
                        .label(Source::Rules, other.place, "this rule")
                        .label(Source::Rules, one.place, "and this one")
                        .help("write them as one rule, or say with `of` whom each asks"),
                    );
                }
            }
        }
        for rule in &rules.list {
            let Check::ManagedPolicies { allow: Some(allow), refuse } = &rule.check else { continue };
            let is_refused = |one: &String| refuse.contains(one);
            if !allow.is_empty() && allow.iter().all(is_refused) {
                self.found.push(
                    Diagnostic::new(Code::RUL007, format!("`{}` allows only what it refuses", rule.id))
                        .label(Source::Rules, rule.place, "this rule")
                        .help("take out of one list what stands in the other"),
                );
            }
        }
    }
}

/// Whether a month has such a day: `2027-02-30` is none.
fn is_a_day(text: &str) -> bool {
    let mut parts = text.split('-').map(|part| part.parse::<u32>().ok());
    let (Some(Some(year)), Some(Some(month)), Some(Some(day)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn document(statements: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({"Version": "2012-10-17", "Statement": statements})
}

/// A value as JSON; scalars are texts.
fn json(node: Node<'_, '_>) -> serde_json::Value {
    let node = node.resolved();
    match node.kind() {
        Kind::Mapping => node
            .entries()
            .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Kind::Sequence => node.items().map(json).collect::<Vec<_>>().into(),
        Kind::Scalar | Kind::Alias => node.as_str().unwrap_or_default().into(),
    }
}
