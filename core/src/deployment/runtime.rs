//! Permission errors of a running application: who was refused what, and which statement would have to change.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex_lite::Regex;
use serde::Serialize;

use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::{Expr, lower};
use crate::normal::covers;
use crate::syntax::{Kind, Node, parse};
use crate::template::{self, Resource};

/// A refusal as a log or an event tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Denial {
    /// The name of the role that was refused.
    pub role: String,
    /// What it wanted to do.
    pub action: String,
    /// On what, where it is said.
    pub resource: Option<String>,
    /// What kind of policy refused, in AWS's words, where it is said.
    pub because: Option<String>,
}

/// A refusal: of a session of a role, or of the role itself.
///
/// Source of the wording: IAM User Guide, "Troubleshoot access denied error messages".
static REFUSAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        "(?i)arn:[a-z-]+:(?:sts::\\d*:assumed-role/(?<session>[^\\s/]+)/\\S+|iam::\\d*:role/(?:[^\\s/]+/)*(?<role>[^\\s/]+)) is not authorized to perform: (?<action>[a-z0-9-]+:[a-z0-9*]+)(?: on (?:the )?resource: (?<resource>[^\\s\"]+))?(?:[^\\n]*?(?<because>because [^.\\n\"]+|with an explicit deny[^.\\n\"]*))?",
    )
    .ok()
});

/// Reads the refusals of a text, each once.
#[must_use]
pub fn denials(text: &str) -> Vec<Denial> {
    let Some(regex) = REFUSAL.as_ref() else { return Vec::new() };
    let mut found: Vec<Denial> = regex
        .captures_iter(text)
        .filter_map(|captures| {
            let group = |name: &str| {
                captures.name(name).map(|found| found.as_str().trim_end_matches(['.', ',', ')']).to_owned())
            };
            Some(Denial {
                role: group("session").or_else(|| group("role"))?,
                action: group("action")?,
                resource: group("resource"),
                because: group("because"),
            })
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// What a refusal asks of the IAM template. `physical` gives the logical id of a role's name.
#[must_use]
pub fn advise(denial: &Denial, iam: &str, physical: &BTreeMap<String, String>) -> Diagnostic {
    let on = denial.resource.as_ref().map_or(String::new(), |resource| format!(" on `{resource}`"));
    let message = format!("`{}` may not `{}`{on}", denial.role, denial.action);
    let finding = Diagnostic::new(Code::AWS011, message);
    let Some(logical) = physical.get(&denial.role) else {
        return finding.help("the role is not of the IAM stack: its policy is somewhere else");
    };
    let because = denial.because.as_deref().unwrap_or_default().to_lowercase();
    for (words, other) in [
        (
            "resource-based policy",
            "a policy of the resource refuses it, not the role's: look at the policy of what is named",
        ),
        ("permissions boundary", "the role's permissions boundary refuses it: it must allow the action too"),
        ("service control policy", "a service control policy of the organization refuses it"),
        ("session policy", "the policy of the session refuses it, not the role's"),
    ] {
        if because.contains(words) {
            return finding.help(other);
        }
    }
    let parsed = parse(iam);
    let (Some(template), _) = template::read(&parsed.document) else { return finding };
    let Some(role) = template.resources.get(logical.as_str()) else {
        return finding
            .help(format!("the IAM template has no `{logical}`: it was deployed from another one"));
    };
    let attached = role.property(&["ManagedPolicyArns"]);
    let policies = attached.into_iter().flat_map(Node::items).filter_map(|arn| match lower(arn) {
        Expr::Ref(name) => template.resources.get(name.as_str()),
        _ => None,
    });
    let all: Vec<&Resource<'_, '_>> = std::iter::once(role).chain(policies).collect();
    let explicit = because.contains("explicit deny");
    let mut candidates =
        all.iter().flat_map(|resource| statements(resource).map(move |one| (*resource, one)));
    let hit = candidates.find(|(_, statement)| {
        let effect = statement.get("Effect").and_then(Node::as_str);
        (effect == Some("Deny")) == explicit && allows(*statement, &denial.action)
    });
    match hit {
        Some((owner, statement)) => {
            let name = sid(statement);
            let what = if explicit {
                "denies it".to_owned()
            } else {
                let target = denial.resource.as_deref().unwrap_or("what was asked for");
                format!(
                    "allows the action, but not on `{target}`, or only under a condition that did not hold"
                )
            };
            finding
                .label(Source::Iam, first_line(statement, iam), format!("{name} of `{}` {what}", owner.name))
                .help(if explicit {
                    "narrow this statement, if the application may do it"
                } else {
                    "widen `Resource` or `Condition` of this statement, if the application may do it"
                })
        }
        None => finding
            .label(
                Source::Iam,
                role.declaration.key.outer(),
                format!("no statement of `{logical}` allows it"),
            )
            .help(format!(
                "add `{}` to a statement of `{logical}`, if the application may do it",
                denial.action
            )),
    }
}

/// The statements of a role's inline policies, or of a managed policy.
fn statements<'d, 't>(resource: &Resource<'d, 't>) -> impl Iterator<Item = Node<'d, 't>> {
    let inline = resource.property(&["Policies"]).into_iter().flat_map(Node::items).map(Node::resolved);
    let documents = inline.filter_map(|policy| policy.get("PolicyDocument"));
    let own = resource.property(&["PolicyDocument"]);
    documents.chain(own).filter_map(|document| document.resolved().get("Statement")).flat_map(|statement| {
        let statement = statement.resolved();
        let one = (statement.kind() == Kind::Mapping).then_some(statement);
        one.into_iter().chain(statement.items().map(Node::resolved))
    })
}

fn allows(statement: Node<'_, '_>, action: &str) -> bool {
    let Some(actions) = statement.get("Action").map(Node::resolved) else { return false };
    let wanted = Expr::text(action.to_lowercase());
    let one = actions.as_str().into_iter();
    let mut all = one.chain(actions.items().filter_map(|action| action.resolved().as_str()));
    all.any(|pattern| covers(&Expr::text(pattern.to_lowercase()), &wanted))
}

fn sid(statement: Node<'_, '_>) -> String {
    let sid = statement.get("Sid").and_then(Node::as_str).filter(|sid| !sid.is_empty());
    sid.map_or("this statement".to_owned(), |sid| format!("statement `{sid}`"))
}

fn first_line(node: Node<'_, '_>, text: &str) -> crate::text::Span {
    let span = node.outer();
    let line = span.slice(text).find('\n').unwrap_or(span.len());
    crate::text::Span::new(span.start(), span.start() + line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const IAM: &str = "\
Resources:
  ApiRole:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Ref Shared]
      Policies:
        - PolicyDocument:
            Statement:
              - Sid: Files
                Effect: Allow
                Action: ['s3:Get*', 's3:PutObject']
                Resource: arn:aws:s3:::files/in/*
              - {Effect: Deny, Action: 's3:DeleteObject', Resource: '*'}
  Shared:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement: {Sid: Send, Effect: Allow, Action: 'sqs:SendMessage', Resource: 'arn:aws:sqs:*:*:a'}
";

    fn said(text: &str) -> (Denial, Diagnostic) {
        let found = denials(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        let physical = BTreeMap::from([("shop-iam-ApiRole-1ABC".to_owned(), "ApiRole".to_owned())]);
        (found[0].clone(), advise(&found[0], IAM, &physical))
    }

    #[test]
    fn a_refusal_leads_to_the_statement() {
        let prefix = "ERROR: User: arn:aws:sts::123456789012:assumed-role/shop-iam-ApiRole-1ABC/api is not authorized to perform: ";
        for (rest, label, marked) in [
            (
                "s3:GetObject on resource: \"arn:aws:s3:::files/out/a\" because no identity-based policy allows the s3:GetObject action",
                "",
                "Sid: Files",
            ),
            (
                "s3:GetObject on resource: arn:aws:s3:::files/out/a because no identity-based policy allows the s3:GetObject action",
                "allows the action, but not on `arn:aws:s3:::files/out/a`",
                "Sid: Files",
            ),
            (
                "s3:DeleteObject on resource: arn:aws:s3:::files/a with an explicit deny in an identity-based policy",
                "denies it",
                "{Effect: Deny, Action: 's3:DeleteObject', Resource: '*'}",
            ),
            (
                "sqs:SendMessage on resource: arn:aws:sqs:eu-west-1:1:b because no identity-based policy allows it",
                "statement `Send` of `Shared`",
                "{Sid: Send, Effect: Allow, Action: 'sqs:SendMessage', Resource: 'arn:aws:sqs:*:*:a'}",
            ),
            (
                "kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/x",
                "no statement of `ApiRole` allows it",
                "ApiRole",
            ),
        ] {
            let (denial, finding) = said(&format!("{prefix}{rest}"));
            assert_eq!(denial.role, "shop-iam-ApiRole-1ABC");
            let at = &finding.labels[0];
            assert!(at.text.contains(label), "{rest}: {}", at.text);
            assert_eq!(at.span.slice(IAM), marked, "{rest}");
        }
        let (_, finding) = said(&format!(
            "{prefix}s3:GetObject on resource: arn:aws:s3:::x/y because no resource-based policy allows the s3:GetObject action"
        ));
        assert!(finding.labels.is_empty() && finding.help[0].contains("policy of the resource"));
    }

    #[test]
    fn a_strangers_role_is_said_to_be_one() {
        let found = denials(
            "arn:aws:iam::1:role/service/Other is not authorized to perform: sns:Publish on resource: t",
        );
        assert_eq!(found[0].role, "Other");
        assert!(advise(&found[0], IAM, &BTreeMap::new()).help[0].contains("not of the IAM stack"));
    }
}
