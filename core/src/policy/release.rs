//! Two releases of a template: for each principal, whether more is allowed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::catalogue::Catalogue;
use super::side::{Item, Side};
use super::subject::{self, Asked};
use super::world::{Both, OTHER, entries};
use crate::expression::Expr;
use crate::template::Template;
use crate::text::{LineIndex, Span};

/// Whether more is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every request that is allowed was allowed.
    #[default]
    NoMore,
    /// What is not in the templates decides.
    CannotTell,
    /// A request is allowed that was not.
    More,
}

/// What is decided of a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// What it may do.
    Permissions,
    /// Who may assume it.
    Trust,
    /// How long a session may last.
    Session,
    /// What other stacks take of it.
    Output,
    /// Anything else that is part of the template.
    Other,
}

/// Where something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The resource that holds it.
    pub resource: String,
    /// The policy and the statement there, in words.
    pub statement: String,
    /// The line, from 1; of the new template, or of the old one for what is gone.
    pub line: u32,
    /// The bytes.
    #[serde(skip)]
    pub span: Option<Span>,
    /// Whether the place is one of the old template.
    #[serde(skip)]
    pub old: bool,
}

/// A request that is allowed now and was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// Who asks: the principal; of a trust policy who may assume the role.
    pub principal: String,
    /// The action.
    pub action: String,
    /// The resource; of a trust policy the role.
    pub resource: String,
    /// What the context holds; a key that is not here is not in it.
    pub context: BTreeMap<String, Vec<String>>,
    /// Parameters, and the values with which it is so.
    pub parameters: BTreeMap<String, String>,
    /// Conditions of the template that are taken to hold, or not, in words.
    pub given: Vec<String>,
    /// The statement that allows it.
    pub statement: Option<Place>,
}

/// Why it cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The part that it is about.
    pub part: String,
    /// What is not known of it.
    pub why: String,
    /// Its line in the new template, or in the old one; 0 where it has none.
    pub line: u32,
}

/// What was decided of one principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// The logical id, or the name of one that the template only names.
    pub principal: String,
    /// `role`, `user`, `group`, `managed policy`, or what else it is.
    pub kind: String,
    /// What is decided.
    pub question: Question,
    /// What came of it.
    pub verdict: Verdict,
    /// With [`Verdict::More`] a request; with [`Verdict::CannotTell`] one that may be allowed, if one is known.
    pub witness: Option<Witness>,
    /// Why it cannot be told.
    pub reasons: Vec<Reason>,
    /// Where it is declared.
    pub line: u32,
}

/// What was decided of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The worst of the decisions.
    pub verdict: Verdict,
    /// Decisions other than [`Verdict::NoMore`], the worst first.
    pub decisions: Vec<Decision>,
    /// Principals that are allowed no more.
    pub no_more: usize,
}

/// Decides what the new template allows that the old one did not.
#[must_use]
pub fn release(old: &Template<'_, '_>, new: &Template<'_, '_>, catalogue: Option<&Catalogue>) -> Release {
    let both = both(Side::of(old), Side::of(new));
    let lines = [LineIndex::new(old.document.text()), LineIndex::new(new.document.text())];
    let asked = Asked { both: &both, lines: &lines, catalogue };
    let mut release = Release::default();
    let mut decisions = subject::decisions(&asked);
    rest(&asked, &mut decisions);
    release.no_more = decisions.iter().filter(|one| one.verdict == Verdict::NoMore).count();
    decisions.retain(|one| one.verdict != Verdict::NoMore);
    let secrets = secrets(&both);
    decisions.iter_mut().for_each(|one| one.hide(&secrets));
    decisions.sort_by_key(|one| std::cmp::Reverse(one.verdict));
    release.verdict = decisions.iter().map(|one| one.verdict).max().unwrap_or_default();
    release.decisions = decisions;
    release
}

/// Defaults of parameters that are not to be shown.
fn secrets(both: &Both) -> Vec<String> {
    let mut secrets = Vec::new();
    for side in [&both.old, &both.new] {
        for name in side.parameters.keys() {
            let hidden = [&both.old, &both.new].iter().any(|side| {
                field(side, name, "NoEcho").is_some_and(|value| matches!(value, Expr::Text(text) | Expr::Plain(text) if text.eq_ignore_ascii_case("true")))
            });
            if let Some(Expr::Text(text) | Expr::Plain(text)) = field(side, name, "Default")
                && hidden
                && !text.is_empty()
            {
                secrets.push(text.clone());
            }
        }
    }
    secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
    secrets
}

/// Whether a text has a secret in it, or a part of one, in any case of its letters. A short one counts where it stands
/// alone: inside of words it says nothing.
fn tells(text: &str, secrets: &[String]) -> bool {
    const SHORT: usize = 4;
    let text = text.to_lowercase();
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let of_text = words(&text);
    let has = |part: &str| {
        if part.chars().count() < SHORT {
            of_text.iter().any(|word| word == part)
        } else {
            text.contains(part)
        }
    };
    secrets.iter().any(|secret| {
        let secret = secret.to_lowercase();
        has(&secret)
            || words(&secret).iter().filter(|word| word.chars().count() >= SHORT).any(|word| has(word))
    })
}

impl Decision {
    fn hide(&mut self, secrets: &[String]) {
        // The place is hidden, not a part of it: what is left around a mask would tell what is behind it.
        let hidden = |text: &mut String| {
            if tells(text, secrets) {
                "****".clone_into(text);
            }
        };
        self.reasons.iter_mut().for_each(|reason| hidden(&mut reason.why));
        if let Some(witness) = &mut self.witness {
            hidden(&mut witness.principal);
            hidden(&mut witness.action);
            hidden(&mut witness.resource);
            witness.context.values_mut().flatten().for_each(hidden);
            witness.parameters.values_mut().for_each(hidden);
            witness.given.iter_mut().for_each(hidden);
        }
    }
}

fn field<'s>(side: &'s Side, parameter: &str, key: &str) -> Option<&'s Expr> {
    let declaration = side.parameters.get(parameter);
    entries(declaration).iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Text(text) | Expr::Plain(text) => Some(text),
        _ => None,
    }
}

/// The two templates, and what of their declarations is not the same.
pub(super) fn both(old: Side, new: Side) -> Both {
    let mut both = Both {
        old,
        new,
        defaults: BTreeSet::new(),
        loosened: BTreeMap::new(),
        mappings: BTreeSet::new(),
        renamed: BTreeMap::new(),
        partition: None,
        perhaps_taken: BTreeSet::new(),
        left: BTreeMap::new(),
    };
    // A release goes from a stack that stands to one that stands.
    both.partition = partition(&both.new).or_else(|| partition(&both.old));
    for name in both.new.parameters.keys().filter(|name| both.old.parameters.contains_key(*name)) {
        let of = |key: &str| {
            (field(&both.old, name, key).and_then(text), field(&both.new, name, key).and_then(text))
        };
        if let (Some(a), Some(b)) = of("Default")
            && a != b
        {
            // Source: CloudFormation User Guide, "Specify existing resources at runtime with CloudFormation-supplied
            // parameter types": the default names an entry of the parameter store, whose value is the parameter's.
            if of("Type").1.is_some_and(|kind| kind.starts_with("AWS::SSM::Parameter::Value<")) {
                let why = "its default names another entry of the parameter store".to_owned();
                both.loosened.insert(name.clone(), why);
            } else {
                both.defaults.insert(name.clone());
            }
        }
        // A default that is read in more ways than one, as a number with zeros in front, is no text that is known.
        let defaults = (field(&both.old, name, "Default"), field(&both.new, name, "Default"));
        if let (Some(a), Some(b)) = defaults
            && a != b
            && (text(a).is_none() || text(b).is_none())
        {
            both.loosened.insert(name.clone(), "its default is written in another way".to_owned());
        }
        if let (None, Some(_)) = defaults {
            let why = "it has a default now: an update that gives no value takes that".to_owned();
            both.loosened.insert(name.clone(), why);
        }
        if let Some(why) = loosened(&both.old, &both.new, name) {
            both.loosened.insert(name.clone(), why);
        }
    }
    if let Some(of_old) = both.old.others.get("Rules") {
        let kept = both.new.others.get("Rules");
        for (rule, expr) in entries(Some(of_old)) {
            let now = entries(kept).iter().find(|(name, _)| name == rule).map(|(_, expr)| expr);
            if now == Some(expr) {
                continue;
            }
            let what = if now.is_none() { "is gone" } else { "is another" };
            let mut names = Vec::new();
            expr.walk(&mut |part| match part {
                Expr::Ref(name) => names.push(name.clone()),
                Expr::Call(function, parts) => names.extend(ruled(&both.old, function, parts)),
                Expr::Unary(function, part) => {
                    names.extend(ruled(&both.old, function, std::slice::from_ref(part.as_ref())));
                }
                _ => {}
            });
            for name in names {
                both.loosened.insert(name, format!("the rule `{rule}` that restricts it {what}"));
            }
        }
    }
    let mappings = both.old.mappings.keys().chain(both.new.mappings.keys());
    let differs = |name: &&String| both.old.mappings.get(*name) != both.new.mappings.get(*name);
    both.mappings = mappings.filter(differs).cloned().collect();
    for (name, item) in &both.old.resources {
        let Some(other) = both.new.resources.get(name) else { continue };
        let why = if item.kind != other.kind {
            Some("its type is another".to_owned())
        } else if item.kind.starts_with("AWS::IAM::") {
            let names =
                ["RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName", "Path"];
            names
                .iter()
                .find(|key| given(item, key) != given(other, key))
                .map(|key| format!("its `{key}` is another, so its ARN is"))
                .or_else(|| {
                    let reads =
                        |key: &&&str| item.property(key).is_some_and(|name| both.reaches_changes(name, None));
                    let key = names.iter().find(reads)?;
                    Some(format!("its `{key}` may be another, since what it reads is"))
                })
        } else {
            (item.whole != other.whole).then(|| "it is another, so what it is called may be".to_owned())
        };
        if let Some(why) = why {
            both.renamed.insert(name.clone(), why);
        }
    }
    // A name that was a resource's and is a parameter's now, or the other way round, is another value.
    for (resources, parameters) in
        [(&both.old.resources, &both.new.parameters), (&both.new.resources, &both.old.parameters)]
    {
        let names: Vec<String> =
            resources.keys().filter(|name| parameters.contains_key(*name)).cloned().collect();
        let why = || "it was a resource and is a parameter, or the other way round".to_owned();
        both.renamed.extend(names.into_iter().map(|name| (name, why())));
    }
    stands_still(&mut both);
    both.perhaps_taken = super::gift::perhaps_taken(&both);
    both
}

/// The properties of which a change makes a resource anew.
/// Source: CloudFormation Template Reference, "Update requires: Replacement" of each type of `AWS::IAM`.
fn replacing(kind: &str) -> &'static [&'static str] {
    match kind {
        "AWS::IAM::Role" => &["RoleName", "Path"],
        "AWS::IAM::User" => &["UserName"],
        "AWS::IAM::Group" => &["GroupName"],
        "AWS::IAM::ManagedPolicy" => &["ManagedPolicyName", "Path", "Description"],
        "AWS::IAM::InstanceProfile" => &["InstanceProfileName", "Path"],
        "AWS::IAM::RolePolicy" => &["PolicyName", "RoleName"],
        "AWS::IAM::UserPolicy" => &["PolicyName", "UserName"],
        "AWS::IAM::GroupPolicy" => &["PolicyName", "GroupName"],
        "AWS::IAM::Policy" => &["PolicyName"],
        _ => &[],
    }
}

/// Puts into the new template what leaves the old one and stands still: what is retained when it is removed or replaced.
/// It stays as the old template made it: where what it reads differs now, or whether it leaves a value decides, that it may
/// stand still is told.
///
/// Source: CloudFormation Template Reference, "DeletionPolicy attribute" ("also applies to stack update operations that
/// lead to resources being deleted", a condition that no longer holds among them) and "UpdateReplacePolicy attribute".
fn stands_still(both: &mut Both) {
    // A value decides: it may be so.
    let retains = |item: &Item, key: &str| {
        let policy = super::statement::entry(&item.whole, key);
        policy.is_some_and(|policy| text(policy).is_none_or(|policy| policy.starts_with("Retain")))
    };
    let is_sure = |item: &Item, key: &str| {
        super::statement::entry(&item.whole, key).is_some_and(|policy| text(policy).is_some())
    };
    let mut stays: Vec<(String, Item)> = Vec::new();
    let mut left: BTreeMap<String, String> = BTreeMap::new();
    for (name, item) in both.old.resources.iter().filter(|(_, item)| item.kind.starts_with("AWS::IAM::")) {
        let reads = |expr: &Expr, condition: Option<&str>| both.reaches_changes(expr, condition);
        let of_condition = |name: &str| reads(&Expr::text(""), Some(name));
        let is_as_it_was = !reads(&item.whole, item.condition.as_deref());
        match both.new.resources.get(name) {
            None if retains(item, "DeletionPolicy") => {
                if is_as_it_was && is_sure(item, "DeletionPolicy") {
                    stays.push((name.clone(), item.clone()));
                } else {
                    let why = "it leaves and may be retained, as the old template made it";
                    left.insert(name.clone(), why.to_owned());
                }
            }
            Some(now) => {
                let leaves = item.condition != now.condition && now.condition.is_some()
                    || item.condition.as_deref().is_some_and(of_condition);
                if leaves && retains(item, "DeletionPolicy") {
                    let why = "its condition is another: where it no longer holds, it is retained as it was";
                    left.insert(name.clone(), why.to_owned());
                }
                let all = replacing(&item.kind).iter();
                let differs =
                    now.kind != item.kind || all.clone().any(|key| item.property(key) != now.property(key));
                let may_differ =
                    all.clone().any(|key| item.property(key).is_some_and(|value| reads(value, None)));
                if (differs || may_differ) && retains(now, "UpdateReplacePolicy") {
                    if differs && is_as_it_was && is_sure(now, "UpdateReplacePolicy") {
                        stays.push((format!("{name}, as it was"), item.clone()));
                    } else {
                        let why = "it may be made anew, and what it was is retained";
                        left.insert(name.clone(), why.to_owned());
                    }
                }
            }
            None => {}
        }
    }
    both.new.resources.extend(stays);
    both.left = left;
}

/// The parameters that a function of rules reads: by name, or all of a type.
/// Source: CloudFormation Template Reference, "Rule functions": `Fn::RefAll`, `Fn::ValueOf`, `Fn::ValueOfAll`.
fn ruled(side: &Side, function: &str, parts: &[Expr]) -> Vec<String> {
    let Some(Expr::Text(first) | Expr::Plain(first)) = parts.first() else { return Vec::new() };
    match function {
        "ValueOf" => vec![first.clone()],
        "RefAll" | "ValueOfAll" => {
            let names = side.parameters.keys();
            let of_type = |name: &&String| field(side, name, "Type").and_then(text) == Some(first);
            names.filter(of_type).cloned().collect()
        }
        _ => Vec::new(),
    }
}

/// The partition of ARNs that are written out, where nothing turns on a condition: IAM refuses others there.
/// Source: IAM's answer `MalformedPolicyDocument`, "Partition \"aws\" is not valid for resource" (aws-cdk 4494).
fn partition(side: &Side) -> Option<String> {
    let mut found = None;
    let iam = side.resources.values().filter(|item| item.kind.starts_with("AWS::IAM::"));
    for item in iam.filter(|item| item.condition.is_none()) {
        let documents =
            item.properties.iter().filter(|(key, _)| key.contains("Polic")).map(|(_, value)| value);
        documents.for_each(|value| written_partition(value, &mut found));
    }
    found
}

fn written_partition(value: &Expr, found: &mut Option<String>) {
    match value {
        Expr::Text(text) => {
            let partition = text.strip_prefix("arn:").and_then(|rest| rest.split_once(':'));
            let partition = partition.map(|(partition, _)| partition).filter(|text| text.starts_with("aws"));
            *found = found.take().or_else(|| {
                let known = ["aws", "aws-cn", "aws-us-gov"];
                partition.filter(|text| known.contains(text)).map(str::to_owned)
            });
        }
        Expr::Concat(parts) => parts.iter().take(1).for_each(|part| written_partition(part, found)),
        Expr::List(items) => items.iter().for_each(|item| written_partition(item, found)),
        // What conditions compare with is not checked.
        Expr::Map(entries) => {
            let checked = entries.iter().filter(|(key, _)| key != "Condition");
            checked.for_each(|(_, value)| written_partition(value, found));
        }
        _ => {}
    }
}

/// A property that sets a name, without what says nothing.
/// Source: CloudFormation Template Reference, `AWS::IAM::Role`, `Path`: a slash by default.
fn given<'i>(item: &'i Item, key: &str) -> Option<&'i Expr> {
    item.property(key).filter(|value| match value {
        Expr::Ref(name) => name != "AWS::NoValue",
        Expr::Text(text) => key != "Path" || text != "/",
        _ => true,
    })
}

/// Why a parameter may have a value that it could not have before, if so.
fn loosened(old: &Side, new: &Side, name: &str) -> Option<String> {
    let of = |key: &str| (field(old, name, key), field(new, name, key));
    let (a, b) = of("Type");
    if a != b {
        return Some("its type is another".to_owned());
    }
    match of("AllowedValues") {
        (Some(Expr::List(_)), None) => return Some("its list of allowed values is gone".to_owned()),
        (Some(Expr::List(a)), Some(Expr::List(b)))
            if !b.iter().all(|one| {
                a.iter().any(|other| one == other || text(one).is_some_and(|one| Some(one) == text(other)))
            }) =>
        {
            return Some("its list of allowed values is longer".to_owned());
        }
        _ => {}
    }
    match of("AllowedPattern") {
        (Some(_), None) => return Some("its pattern is gone".to_owned()),
        (Some(a), Some(b)) if a != b => return Some("its pattern is another".to_owned()),
        _ => {}
    }
    for (key, least) in [("MinLength", true), ("MinValue", true), ("MaxLength", false), ("MaxValue", false)] {
        let (a, b) = of(key);
        let number = |expr: Option<&Expr>| expr.and_then(text).and_then(|text| text.parse::<f64>().ok());
        let wider = match (number(a), number(b)) {
            (Some(_), None) => true,
            (Some(a), Some(b)) if least => b < a,
            (Some(a), Some(b)) => b > a,
            (None, _) => false,
        };
        if wider {
            return Some(format!("its `{key}` lets more pass"));
        }
    }
    None
}

/// Attributes of a resource that give nobody anything.
const HARMLESS: [&str; 9] = [
    "Type",
    "Condition",
    "DeletionPolicy",
    "DependsOn",
    "Description",
    "Metadata",
    "Properties",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];

/// Properties that the decisions look at, by type; with those that give nobody anything.
fn looked_at(kind: &str) -> &'static [&'static str] {
    match kind {
        "AWS::IAM::Role" => &[
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        ],
        "AWS::IAM::User" => {
            &["Groups", "ManagedPolicyArns", "Path", "PermissionsBoundary", "Policies", "UserName", "Tags"]
        }
        "AWS::IAM::Group" => &["GroupName", "ManagedPolicyArns", "Path", "Policies"],
        "AWS::IAM::ManagedPolicy" => {
            &["Description", "Groups", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Users"]
        }
        "AWS::IAM::Policy" => &["Groups", "PolicyDocument", "PolicyName", "Roles", "Users"],
        "AWS::IAM::RolePolicy" => &["PolicyDocument", "PolicyName", "RoleName"],
        "AWS::IAM::UserPolicy" => &["PolicyDocument", "PolicyName", "UserName"],
        "AWS::IAM::GroupPolicy" => &["GroupName", "PolicyDocument", "PolicyName"],
        "AWS::IAM::UserToGroupAddition" => &["GroupName", "Users"],
        "AWS::IAM::InstanceProfile" => &["InstanceProfileName", "Path", "Roles"],
        _ => &[],
    }
}

/// Types whose permissions are decided.
pub(super) fn is_decided(kind: &str) -> bool {
    !looked_at(kind).is_empty()
}

/// All that the decisions of principals have not looked at: what differs there cannot be told.
fn rest(asked: &Asked<'_>, decisions: &mut Vec<Decision>) {
    let both = asked.both;
    let mut tell = |principal: &str, kind: &str, question: Question, why: String, line: u32| {
        decisions.push(Decision {
            principal: principal.to_owned(),
            kind: kind.to_owned(),
            question,
            verdict: Verdict::CannotTell,
            witness: None,
            reasons: vec![Reason { part: principal.to_owned(), why, line }],
            line,
        });
    };
    let line = |name: &str| asked.line_of(name);
    let texts = std::cell::OnceCell::new();
    for name in both.old.others.keys().chain(both.new.others.keys()).collect::<BTreeSet<_>>() {
        let (a, b) = (both.old.others.get(name), both.new.others.get(name));
        let gives_nothing = ["AWSTemplateFormatVersion", "Description", "Rules", "Metadata"];
        if a == b
            && !gives_nothing.contains(&name.as_str())
            && a.is_some_and(|expr| asked.both.reaches_changes(expr, None))
        {
            let why = if name.contains('.') {
                "it is a loop over values that are not written in the template, and what it reads differs"
            } else {
                "what it reads differs, and what it does to permissions is not known"
            };
            tell(name, "section", Question::Other, why.to_owned(), line(name));
        }
        if a == b || name == "Rules" {
            continue;
        }
        let why = match name.as_str() {
            "Transform" if both.old.macros().is_empty() && both.new.macros().is_empty() => continue,
            "Transform" | "Fn::Transform" => "a macro may rewrite the whole template".to_owned(),
            _ if name.contains('.') => {
                "it is a loop over values that are not written in the template".to_owned()
            }
            _ => "it differs, and what it does to permissions is not known".to_owned(),
        };
        tell(name, "section", Question::Other, why, line(name));
    }
    let transforms = both.new.macros();
    let differs = both.old.whole != both.new.whole;
    if let Some(name) = transforms
        .first()
        .filter(|_| differs && both.old.others.get("Transform") == both.new.others.get("Transform"))
    {
        tell(
            "Transform",
            "section",
            Question::Other,
            format!("the macro `{name}` reads what differs and may make anything of it"),
            line("Transform"),
        );
    }
    for name in both.old.resources.keys().chain(both.new.resources.keys()).collect::<indexmap::IndexSet<_>>()
    {
        let (a, b) = (both.old.resources.get(name), both.new.resources.get(name));
        let Some(item) = b.or(a) else { continue };
        let place = line(&format!("Resources.{name}"));
        if let Some(why) = both.left.get(name) {
            tell(name, subject::noun(&item.kind), Question::Other, why.clone(), place);
        }
        if let Some(b) = b.filter(|b| a.is_none_or(|a| a.whole != b.whole))
            && subject::has_secret_key(&both.new, &b.whole)
        {
            let why = "a secret access key stands in it: whoever reads it is the user".to_owned();
            tell(name, subject::noun(&item.kind), Question::Other, why, place);
        }
        if a.is_some_and(|a| b.is_some_and(|b| a.whole == b.whole)) && !asked.is_dirty(name) {
            continue;
        }
        if !is_decided(&item.kind) {
            if item.kind == "AWS::IAM::AccessKey" && a.zip(b).is_some_and(|(a, b)| is_switched_off(a, b)) {
                continue;
            }
            if let Some(why) = undecided(&item.kind, a.is_some(), b.is_some()) {
                tell(name, &item.kind, Question::Other, why, place);
            }
            continue;
        }
        for (property, _) in subject::naming(&item.kind) {
            let names = b.and_then(|b| b.property(property)).map(subject::branches).unwrap_or_default();
            let may_differ = |name: &&Expr| match name {
                Expr::Ref(name) => both.loosened.contains_key(name),
                name => asked.both.reaches_changes(name, None),
            };
            if let Some(found) = names.into_iter().find(may_differ) {
                let shown = super::words::value(found);
                let why = format!("whom it is attached to may be another: `{shown}` is not what it was");
                tell(name, subject::noun(&item.kind), Question::Other, why, place);
            }
        }
        let (Some(a), Some(b)) = (a, b) else { continue };
        for key in keys(&a.whole, &b.whole) {
            let of = |item: &Item| super::statement::entry(&item.whole, &key).cloned();
            if !HARMLESS.contains(&key.as_str()) && of(a) != of(b) {
                tell(name, &item.kind, Question::Other, format!("its attribute `{key}` differs"), place);
            }
        }
        for (key, _) in a.properties.iter().chain(&b.properties) {
            // A way in that goes is none.
            if key == "LoginProfile" && b.property(key).is_none() {
                continue;
            }
            if !looked_at(&item.kind).contains(&key.as_str())
                && key != "Properties"
                && (a.property(key) != b.property(key)
                    || b.property(key).is_some_and(|value| both.reaches_changes(value, None)))
            {
                tell(name, &item.kind, Question::Other, format!("its property `{key}` differs"), place);
            }
        }
        if let Some(why) = both.renamed.get(name).filter(|_| item.kind != "AWS::IAM::Policy") {
            tell(
                name,
                subject::noun(&item.kind),
                Question::Other,
                format!(
                    "{why}: policies elsewhere that name it may allow or deny the new one something else"
                ),
                place,
            );
        }
        if let Some(key) = asked_for(asked, &texts, a.property("Tags"), b.property("Tags")) {
            tell(
                name,
                subject::noun(&item.kind),
                Question::Other,
                format!("its tag `{key}` differs, and a policy of the template asks for it"),
                place,
            );
        }
    }
}

/// Whether a key is switched off, and nothing else of it differs. Source: CloudFormation Template Reference,
/// `AWS::IAM::AccessKey`, `Status`: updated in place.
fn is_switched_off(a: &Item, b: &Item) -> bool {
    let without = |item: &Item| -> Vec<(String, Expr)> {
        item.properties.iter().filter(|(key, _)| key != "Status").cloned().collect()
    };
    matches!(b.property("Status"), Some(Expr::Text(status)) if status == "Inactive")
        && a.kind == b.kind
        && a.condition == b.condition
        && without(a) == without(b)
}

fn keys(a: &Expr, b: &Expr) -> BTreeSet<String> {
    entries(Some(a)).iter().chain(entries(Some(b))).map(|(key, _)| key.clone()).collect()
}

fn undecided(kind: &str, before: bool, now: bool) -> Option<String> {
    match (kind, before, now) {
        // Figures about how a template was made. Source: AWS CDK Developer Guide, "Version reporting".
        ("AWS::CDK::Metadata", ..) => None,
        ("AWS::IAM::AccessKey", true, false) => None,
        ("AWS::IAM::AccessKey", true, true) => {
            Some("a key that differs may be a new one, or one that is switched on".to_owned())
        }
        ("AWS::IAM::AccessKey", ..) => Some("a key that is new lets whoever gets it be the user".to_owned()),
        ("AWS::IAM::OIDCProvider" | "AWS::IAM::SAMLProvider", true, false) => None,
        ("AWS::IAM::OIDCProvider" | "AWS::IAM::SAMLProvider", ..) => {
            Some("whom the provider lets in is not in the template".to_owned())
        }
        _ => {
            let what = match (before, now) {
                (true, true) => "differs",
                (true, false) => "is gone",
                _ => "is new",
            };
            Some(format!("it {what}, and what a `{kind}` allows is not decided"))
        }
    }
}

/// A tag that differs and that some text of the templates asks for.
fn asked_for(
    asked: &Asked<'_>,
    texts: &std::cell::OnceCell<String>,
    a: Option<&Expr>,
    b: Option<&Expr>,
) -> Option<String> {
    // A value that reads what differs is another one.
    let tags = |list: Option<&Expr>, side: &str| -> BTreeMap<String, String> {
        let mut tags = BTreeMap::new();
        let value = |expr: &Expr| {
            let mark = if asked.both.reaches_changes(expr, None) { side } else { "" };
            format!("{}{mark}", super::words::value(expr))
        };
        if let Some(Expr::List(list)) = list {
            for tag in list {
                let of = |key: &str| super::statement::entry(tag, key);
                match (of("Key"), of("Value")) {
                    (Some(key), Some(text)) => tags.insert(value(key), value(text)),
                    _ => tags.insert(String::new(), value(tag)),
                };
            }
        } else if let Some(other) = list {
            tags.insert(String::new(), value(other));
        }
        tags
    };
    let (a, b) = (tags(a, "\u{2}"), tags(b, "\u{3}"));
    let differing =
        a.keys().chain(b.keys()).filter(|key| a.get(*key) != b.get(*key)).cloned().collect::<BTreeSet<_>>();
    if differing.is_empty() {
        return None;
    }
    let texts = texts.get_or_init(|| written(asked));
    differing.into_iter().find(|key| asks(texts, key))
}

/// Whether a text asks for a tag by its key: `aws:PrincipalTag/key` and its kin, or in a way of which nobody knows the key.
fn asks(texts: &str, key: &str) -> bool {
    let is_plain = !key.is_empty() && !key.contains(['$', '!', '\u{2}', '\u{3}']);
    let key = key.to_lowercase();
    ["principaltag", "resourcetag", "requesttag"].iter().any(|kind| {
        texts.split(kind).skip(1).any(|rest| {
            let Some(name) = rest.strip_prefix('/') else { return true };
            // A key may hold spaces; before a default stands a comma. Source: IAM User Guide, "Rules for tagging".
            let end = name.find(['"', '}', '\\', ','].as_slice()).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            // A value goes on within the name, or is one.
            let is_open = name.contains(['$', OTHER]) || (after.starts_with('"') && key.starts_with(name));
            !is_plain || is_open || name == key
        })
    })
}

/// All that either template has, in lower case.
fn written(asked: &Asked<'_>) -> String {
    let mut texts = String::new();
    for side in [&asked.both.old, &asked.both.new] {
        let others = [&side.parameters, &side.mappings, &side.conditions, &side.others];
        let others = others.into_iter().flat_map(|section| section.values());
        for value in side.resources.values().map(|item| &item.whole).chain(others) {
            texts.push_str(&format!("{value:?}").to_lowercase());
        }
    }
    // As JSON writes a slash in a text of a text.
    texts.replace("\\\\/", "/").replace("\\/", "/").replace("\\\\u002f", "/").replace("\\u002f", "/")
}
