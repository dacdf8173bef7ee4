//! Two releases of an IAM template, role by role: what the security team has to approve.

use serde::Serialize;

use super::{read, shown};
use crate::diagnostic::{Diagnostic, Source};
use crate::expression::{Expr, lower};
use crate::normal::{Names, normal};
use crate::policy::{
    Catalogue, PermissionChange, Release, ResourceChange, Verdict, changes, release, unknown_actions,
};
use crate::syntax::parse;
use crate::template::{Resource, Template};
use crate::text::LineIndex;

/// What a release changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct IamDiff {
    /// Resources that differ, those of the new template first, in its order.
    pub resources: Vec<ResourceDiff>,
    /// Resources that are the same.
    pub unchanged: usize,
    /// Whether anything may be allowed that was not: what cannot be told from the texts counts.
    pub may_allow_more: bool,
    /// Whether more is allowed, principal by principal.
    pub release: Release,
    /// Actions of the new template that no service has.
    pub warnings: Vec<Diagnostic>,
    /// What the company's rules say of the new template, where they were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<crate::rules::Answer>,
    /// Parameters, mappings, conditions and outputs that differ.
    pub declarations: Vec<PropertyChange>,
}

/// Whether a resource is in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Only the new template has it.
    Added,
    /// Only the old template has it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

impl State {
    /// The state in a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// A resource that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceDiff {
    /// Its logical id.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is in both.
    pub state: State,
    /// Its line: of the new template, or of the old one where it is removed.
    pub line: u32,
    /// Permissions: statements of its policies, and managed policies by their ARN.
    pub permissions: Vec<PermissionChange>,
    /// Who may assume it.
    pub trust: Vec<PermissionChange>,
    /// Anything else.
    pub properties: Vec<PropertyChange>,
    /// Whether CloudFormation makes it anew, so that its ARN or id changes.
    pub replaced: bool,
}

impl ResourceDiff {
    /// The properties to tell of: of a new resource, or one that is gone, its statements say what matters.
    #[must_use]
    pub fn told_properties(&self) -> &[PropertyChange] {
        if self.state == State::Changed { &self.properties } else { &[] }
    }
}

/// A value that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PropertyChange {
    /// The property, or the section and the name.
    pub property: String,
    /// As it was.
    pub before: Option<String>,
    /// As it is.
    pub after: Option<String>,
}

impl IamDiff {
    /// What was decided of the release, and what the rules say of it where they were asked.
    #[must_use]
    pub fn headline(&self) -> String {
        self.with_rules(self.release.headline())
    }

    /// The same as the last line of all that is told.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.with_rules(self.release.verdict.sentence().to_owned())
    }

    fn with_rules(&self, said: String) -> String {
        match &self.rules {
            Some(rules) => format!("{said}; {}", rules.headline),
            None => said,
        }
    }

    /// Whether a rule is broken, or cannot be told to be kept.
    #[must_use]
    pub fn breaks_rules(&self) -> bool {
        self.rules.as_ref().is_some_and(|rules| rules.exit_code() > 0)
    }
}

/// Tells two releases of an IAM template apart.
///
/// # Errors
/// What makes one of the texts unreadable.
pub fn iam(old: &str, new: &str) -> Result<IamDiff, Vec<Diagnostic>> {
    let (of_old, of_new) = (parse(old), parse(new));
    let mut found = Vec::new();
    let before = read(&of_old, Source::Template, &mut found);
    let after = read(&of_new, Source::Iam, &mut found);
    let (Some(before), Some(after)) = (before, after) else { return Err(found) };
    let (old_lines, new_lines) = (LineIndex::new(old), LineIndex::new(new));
    let statements = changes(&before, &after);
    let none = ResourceChange::default();
    let of = |name: &str| statements.get(name).unwrap_or(&none);
    let mut diff = IamDiff { declarations: declarations(&before, &after), ..IamDiff::default() };
    for (name, resource) in &after.resources {
        let other = before.resources.get(name);
        let line = new_lines.line(resource.declaration.key.span().start);
        match resource_diff(other, Some(resource), of(name), line) {
            Some(one) => diff.resources.push(one),
            None => diff.unchanged += 1,
        }
    }
    for (name, resource) in before.resources.iter().filter(|(name, _)| !after.resources.contains_key(*name)) {
        let line = old_lines.line(resource.declaration.key.span().start);
        diff.resources.extend(resource_diff(Some(resource), None, of(name), line));
    }
    diff.release = release(&before, &after, Catalogue::built_in());
    if let Some(catalogue) = Catalogue::built_in() {
        diff.warnings = unknown_actions(&after, Source::Iam, catalogue);
    }
    diff.warnings.extend(crate::facts::strange(&after, Source::Iam));
    diff.may_allow_more = diff.release.verdict != Verdict::NoMore;
    Ok(diff)
}

fn resource_diff(
    before: Option<&Resource<'_, '_>>,
    after: Option<&Resource<'_, '_>>,
    statements: &ResourceChange,
    line: u32,
) -> Option<ResourceDiff> {
    let one = after.or(before)?;
    let (a, b) = (before.map(rest_of).unwrap_or_default(), after.map(rest_of).unwrap_or_default());
    let state = match (before, after) {
        (None, _) => State::Added,
        (_, None) => State::Removed,
        _ => State::Changed,
    };
    let ResourceChange { permissions, trust } = statements.clone();
    let properties = properties(&a, &b);
    let retyped = before.zip(after).is_some_and(|(a, b)| a.kind != b.kind);
    let replaced = state == State::Changed
        && (retyped || properties.iter().any(|change| replaces(one.kind, &change.property)));
    let same = permissions.is_empty() && trust.is_empty() && properties.is_empty() && !retyped;
    (state != State::Changed || !same).then(|| ResourceDiff {
        name: one.name.to_owned(),
        kind: one.kind.to_owned(),
        state,
        line,
        permissions,
        trust,
        properties,
        replaced,
    })
}

/// A resource without its statements.
fn rest_of(resource: &Resource<'_, '_>) -> Vec<(String, Expr)> {
    let names = Names { substitute: &|_| None, condition: &|_| None, name_index: &|_| None };
    let Expr::Map(entries) = normal(&lower(resource.declaration.value), &names) else { return Vec::new() };
    let mut rest = Vec::new();
    for (key, value) in entries {
        match (key.as_str(), value) {
            ("Properties", Expr::Map(properties)) => {
                for (key, value) in properties {
                    match key.as_str() {
                        "PolicyDocument" | "Policies" => rest.push(version(&value)),
                        "AssumeRolePolicyDocument" | "ManagedPolicyArns" => {}
                        _ => rest.push((key, value)),
                    }
                }
            }
            (_, value) => rest.push((key, value)),
        }
    }
    rest
}

/// The versions of policy documents: variables in them mean something from 2012 on.
fn version(documents: &Expr) -> (String, Expr) {
    let mut versions = Vec::new();
    documents.walk(&mut |part| {
        if let Expr::Map(entries) = part
            && entries.iter().any(|(key, _)| key == "Statement")
        {
            let version =
                entries.iter().find(|(key, _)| key == "Version").map(|(_, version)| version.clone());
            versions.push(version.unwrap_or_else(|| Expr::text("2008-10-17")));
        }
    });
    versions.dedup();
    ("policy version".to_owned(), Expr::List(versions))
}

fn properties(before: &[(String, Expr)], after: &[(String, Expr)]) -> Vec<PropertyChange> {
    let find = |list: &[(String, Expr)], key: &str| {
        list.iter().find(|(name, _)| name == key).map(|(_, value)| shown(value))
    };
    let mut keys: Vec<&str> = before.iter().chain(after).map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    let change = |key: &str| PropertyChange {
        property: key.to_owned(),
        before: find(before, key),
        after: find(after, key),
    };
    keys.into_iter().map(change).filter(|change| change.before != change.after).collect()
}

/// Properties whose change makes the resource anew.
///
/// Source: CloudFormation Template Reference, "Update requires: Replacement" of each IAM type.
fn replaces(kind: &str, property: &str) -> bool {
    match kind {
        "AWS::IAM::Role" => matches!(property, "RoleName" | "Path"),
        "AWS::IAM::ManagedPolicy" => matches!(property, "ManagedPolicyName" | "Path" | "Description"),
        "AWS::IAM::InstanceProfile" => matches!(property, "InstanceProfileName" | "Path"),
        "AWS::IAM::RolePolicy" => matches!(property, "PolicyName" | "RoleName"),
        "AWS::IAM::User" => property == "UserName",
        "AWS::IAM::Group" => property == "GroupName",
        _ => false,
    }
}

fn declarations(before: &Template<'_, '_>, after: &Template<'_, '_>) -> Vec<PropertyChange> {
    let sections = [
        ("Parameters", &before.parameters, &after.parameters),
        ("Mappings", &before.mappings, &after.mappings),
        ("Conditions", &before.conditions, &after.conditions),
        ("Outputs", &before.outputs, &after.outputs),
    ];
    let mut list = Vec::new();
    for (section, a, b) in sections {
        // A secret default is nobody's business, not even where it changes.
        let value = |declaration: &crate::template::Declaration<'_, '_>| match lower(declaration.value) {
            Expr::Map(entries) if declaration.value.get("NoEcho").is_some() => {
                Expr::Map(entries.into_iter().filter(|(key, _)| key != "Default").collect())
            }
            other => other,
        };
        let all = |section: &crate::template::Section<'_, '_>| -> Vec<(String, Expr)> {
            section.iter().map(|(name, declaration)| ((*name).to_owned(), value(declaration))).collect()
        };
        list.extend(
            properties(&all(a), &all(b)).into_iter().map(|change| PropertyChange {
                property: format!("{section}.{}", change.property),
                ..change
            }),
        );
    }
    let whole =
        |template: &Template<'_, '_>, name: &str| template.section(name).map(|node| shown(&lower(node)));
    for section in ["Rules", "Transform"] {
        let (a, b) = (whole(before, section), whole(after, section));
        if a != b {
            list.push(PropertyChange { property: section.to_owned(), before: a, after: b });
        }
    }
    list
}
