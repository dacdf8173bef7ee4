//! What an update of the IAM stack allows, statement by statement, for the one who approves a plan.
//!
//! The comparison is [`crate::diff::iam`]'s; here it becomes lines that a plan keeps and shows.

use serde::{Deserialize, Serialize};

use super::migrate::PLACEHOLDER;
use crate::diff::{self, State};
use crate::policy::{Change, PermissionChange};

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

/// Compares the template that runs, if any, with the one that is to run.
#[must_use]
pub fn allows(running: Option<&str>, next: &str) -> Allows {
    // A template has a resource: where nothing runs, one that allows nothing stands for it.
    let nothing =
        format!("Resources: {{{PLACEHOLDER}: {{Type: 'AWS::CloudFormation::WaitConditionHandle'}}}}\n");
    let Ok(diff) = diff::iam(running.unwrap_or(&nothing), next) else {
        return Allows { may_allow_more: true, changes: Vec::new() };
    };
    let mut changes = Vec::new();
    for resource in diff.resources.iter().filter(|one| running.is_some() || one.name != PLACEHOLDER) {
        let permission = |one: &PermissionChange, what: &str| Allowed {
            subject: resource.name.clone(),
            kind: resource.kind.clone(),
            change: match one.change {
                Change::Added => "added",
                Change::Removed => "removed",
                Change::Widened => "widened",
                Change::Narrowed => "narrowed",
                Change::Changed => "changed",
            }
            .to_owned(),
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
        let allows = allows(Some(&old), &new);
        assert!(allows.may_allow_more);
        assert!(
            allows
                .changes
                .iter()
                .any(|one| one.subject == "R" && one.actions == ["s3:GetObject"] && one.what == "Allow"),
            "{allows:?}"
        );
        assert_eq!(super::allows(Some(&old), &old), Allows { may_allow_more: false, changes: Vec::new() });
        // Where nothing runs, all that comes is told, and nothing else.
        let first = super::allows(None, &new);
        assert!(
            first.may_allow_more
                && first.changes.iter().all(|one| one.subject == "R" && one.change == "added"),
            "{first:?}"
        );
        // What cannot be read is not known to be harmless.
        assert!(super::allows(Some("]"), &new).may_allow_more);
    }
}
