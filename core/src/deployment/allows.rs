//! What an update of the IAM stack allows, statement by statement, for the one who approves a plan.
//!
//! The comparison is [`crate::diff::iam`]'s; here it becomes lines that a plan keeps and shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::migrate::PLACEHOLDER;
use super::names::Which;
use super::scenario::ParameterChange;
use crate::diff::{self, IamDiff, State};
use crate::policy::{Change, Decision, PermissionChange, Question, Reason, Verdict};

/// What an update of the IAM template allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allows {
    /// Whether anything may be allowed that was not: what cannot be told from the texts counts, and so does a text
    /// that cannot be read.
    pub may_allow_more: bool,
    /// What changes, resource by resource.
    pub changes: Vec<Allowed>,
}

/// A permission, a trust or another property that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The resource's logical id, or the section and name of a declaration.
    pub subject: String,
    /// Its type; empty for a declaration.
    pub kind: String,
    /// `added`, `removed`, `widened`, `narrowed`, `changed`.
    pub change: String,
    /// `Allow`, `Deny`, `assume` or the property.
    pub what: String,
    /// Actions; empty for a property.
    pub actions: Vec<String>,
    /// As it was.
    pub before: Option<String>,
    /// As it is to be.
    pub after: Option<String>,
    /// The condition under which it holds.
    pub condition: Option<String>,
}

/// A stack's tags.
type Tags = BTreeMap<String, String>;

/// What an update changes beside the template.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// Parameters whose values change.
    pub parameters: &'a [ParameterChange],
    /// The stack's tags, which its roles and users get too, as they are and as they are to be.
    pub tags: Option<(&'a Tags, &'a Tags)>,
}

/// Compares the template that runs, if any, with the one that is to run; `None` where neither says anything of IAM.
///
/// What is not the template's alone cannot be told: a parameter with another value, a tag that a policy asks for. Of
/// the application's template only what is of IAM is decided.
#[must_use]
pub fn release_of(which: Which, running: Option<&str>, next: &str, beside: &Beside<'_>) -> Option<IamDiff> {
    if which == Which::App && ![running, Some(next)].iter().flatten().any(|text| text.contains("AWS::IAM::"))
    {
        return None;
    }
    // A template has a resource: where nothing runs, one that allows nothing stands for it.
    let nothing =
        format!("Resources: {{{PLACEHOLDER}: {{Type: 'AWS::CloudFormation::WaitConditionHandle'}}}}\n");
    let mut diff = diff::iam(running.unwrap_or(&nothing), next).unwrap_or_else(|_| {
        let mut unread = IamDiff::default();
        unread.release.decisions.push(unknown(
            "template",
            "the stack",
            "one of the templates cannot be read",
        ));
        unread
    });
    if running.is_none() {
        diff.resources.retain(|one| one.name != PLACEHOLDER);
    }
    let of_iam = |one: &Decision| {
        let is_other = one.kind.contains("::") && !one.kind.starts_with("AWS::IAM::");
        one.principal != PLACEHOLDER && !(which == Which::App && is_other)
    };
    diff.release.decisions.retain(of_iam);
    for one in beside.parameters.iter().filter(|_| running.is_some()) {
        let why = "it has another value: what the policies make of it is not in the templates";
        diff.release.decisions.push(unknown("parameter", &one.name, why));
    }
    if let Some((before, after)) = beside.tags
        && before != after
        && [running, Some(next)].iter().flatten().any(|text| text.to_lowercase().contains("tag/"))
    {
        let why = "they differ, and a policy asks for tags: roles and users have those of their stack";
        diff.release.decisions.push(unknown("tags", "the stack", why));
    }
    diff.release.verdict = diff.release.decisions.iter().map(|one| one.verdict).max().unwrap_or_default();
    diff.may_allow_more = diff.release.verdict != Verdict::NoMore;
    Some(diff)
}

fn unknown(kind: &str, name: &str, why: &str) -> Decision {
    Decision {
        principal: name.to_owned(),
        kind: kind.to_owned(),
        question: Question::Other,
        verdict: Verdict::CannotTell,
        witness: None,
        reasons: vec![Reason { part: format!("`{name}`"), why: why.to_owned(), line: 0 }],
        line: 0,
    }
}

/// The lines that a plan keeps of it.
#[must_use]
pub fn allows(diff: &IamDiff) -> Allows {
    let mut changes = Vec::new();
    for resource in &diff.resources {
        let permission = |one: &PermissionChange, what: &str| Allowed {
            subject: resource.name.clone(),
            kind: resource.kind.clone(),
            change: one.change.word().to_owned(),
            what: what.to_owned(),
            actions: one.actions.clone(),
            before: before(one),
            after: (one.change != Change::Removed).then(|| one.resources.join(", ")),
            condition: one.condition.clone(),
        };
        changes.extend(resource.permissions.iter().map(|one| permission(one, &one.effect)));
        changes.extend(resource.trust.iter().map(|one| permission(one, "assume")));
        changes.extend(resource.properties.iter().map(|one| {
            Allowed {
                subject: resource.name.clone(),
                kind: resource.kind.clone(),
                change: match resource.state {
                    State::Added => "added",
                    State::Removed => "removed",
                    State::Changed => "changed",
                }
                .to_owned(),
                what: one.property.clone(),
                actions: Vec::new(),
                before: one.before.clone(),
                after: one.after.clone(),
                condition: None,
            }
        }));
    }
    changes.extend(diff.declarations.iter().map(|one| {
        Allowed {
            subject: one.property.clone(),
            kind: String::new(),
            change: match (&one.before, &one.after) {
                (None, _) => "added",
                (_, None) => "removed",
                _ => "changed",
            }
            .to_owned(),
            what: "declaration".to_owned(),
            actions: Vec::new(),
            before: one.before.clone(),
            after: one.after.clone(),
            condition: None,
        }
    }));
    Allows { may_allow_more: diff.may_allow_more, changes }
}

/// What a statement was about, with its actions where they were others.
fn before(one: &PermissionChange) -> Option<String> {
    if one.change == Change::Added {
        return None;
    }
    let resources = one.resources_before.as_ref().unwrap_or(&one.resources).join(", ");
    let actions = one.actions_before.as_ref().map(|actions| format!("{} on ", actions.join(", ")));
    let condition = one.condition_before.as_ref().map(|condition| format!(", if {condition}"));
    Some(format!("{}{resources}{}", actions.unwrap_or_default(), condition.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_widened_statement_is_told() {
        let text = |resource: &str| {
            format!(
                "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies: [{{PolicyName: p, PolicyDocument: {{Statement: [{{Effect: Allow, Action: 's3:GetObject', Resource: '{resource}'}}]}}}}]\n"
            )
        };
        let (old, new) = (text("arn:aws:s3:::a/x"), text("arn:aws:s3:::a/*"));
        let of = |running: Option<&str>, next: &str| {
            allows(&release_of(Which::Iam, running, next, &Beside::default()).unwrap())
        };
        let allows = of(Some(&old), &new);
        assert!(allows.may_allow_more);
        assert!(
            allows
                .changes
                .iter()
                .any(|one| one.subject == "R" && one.actions == ["s3:GetObject"] && one.what == "Allow"),
            "{allows:?}"
        );
        assert_eq!(of(Some(&old), &old), Allows { may_allow_more: false, changes: Vec::new() });
        // Where nothing runs, all that comes is told, and nothing else.
        let first = of(None, &new);
        assert!(
            first.may_allow_more
                && first.changes.iter().all(|one| one.subject == "R" && one.change == "added"),
            "{first:?}"
        );
        // What cannot be read is not known to be harmless.
        assert!(of(Some("]"), &new).may_allow_more);
    }
    /// What the templates do not say is not known to be harmless.
    #[test]
    fn parameters_tags_and_the_applications_own_iam_count() {
        let verdict = |which: Which, running: Option<&str>, next: &str, beside: &Beside<'_>| {
            release_of(which, running, next, beside).map(|diff| diff.release.verdict)
        };
        let role = "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: '*'}, Action: 'sts:AssumeRole'}]}}}\n";
        let none = Beside::default();
        assert_eq!(verdict(Which::Iam, Some(role), role, &none), Some(Verdict::NoMore));
        let parameters = [ParameterChange {
            name: "Who".to_owned(),
            before: Some("a".to_owned()),
            after: Some("b".to_owned()),
        }];
        let changed = Beside { parameters: &parameters, ..none };
        assert_eq!(verdict(Which::Iam, Some(role), role, &changed), Some(Verdict::CannotTell));
        let (old, new) = (BTreeMap::new(), BTreeMap::from([("team".to_owned(), "data".to_owned())]));
        let tagged = Beside { tags: Some((&old, &new)), ..none };
        assert_eq!(verdict(Which::Iam, Some(role), role, &tagged), Some(Verdict::NoMore));
        let asks = role.replace(
            "Action: 'sts:AssumeRole'",
            "Action: 'sts:AssumeRole', Condition: {StringEquals: {'aws:PrincipalTag/team': data}}",
        );
        assert_eq!(verdict(Which::Iam, Some(&asks), &asks, &tagged), Some(Verdict::CannotTell));
        // A first deployment allows what it allows.
        assert_eq!(verdict(Which::Iam, None, role, &none), Some(Verdict::More));
        assert_eq!(verdict(Which::Iam, Some("]"), role, &none), Some(Verdict::CannotTell));
        // Of an application's template its own IAM counts, and nothing else.
        let queue =
            |delay: u32| format!("  Q: {{Type: AWS::SQS::Queue, Properties: {{DelaySeconds: {delay}}}}}\n");
        let (old, new) = (format!("Resources:\n{}", queue(1)), format!("Resources:\n{}", queue(2)));
        assert_eq!(verdict(Which::App, Some(&old), &new, &none), None);
        let (old, same) = (format!("{role}{}", queue(1)), format!("{role}{}", queue(2)));
        assert_eq!(verdict(Which::App, Some(&old), &same, &none), Some(Verdict::NoMore));
        assert_eq!(verdict(Which::App, Some(&new), &old, &none), Some(Verdict::More));
    }
}
