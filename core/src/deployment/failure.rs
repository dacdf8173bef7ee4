//! What AWS answers when something goes wrong, recognised: the code, the specification's words, and the first
//! cause among a stack's events.
//!
//! `docs/troubleshooting.md` is made of the same table and the catalogue.

mod table;

pub use table::{ROWS, Row};

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

use super::events::StackEvent;
use crate::diagnostic::{Code, Diagnostic, Source, did_you_mean};
use crate::syntax::parse;
use crate::template;

/// An answer that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The code.
    pub code: Code,
    /// Our words for it, the specification's where it has some.
    pub message: String,
}

/// Recognises what AWS says.
#[must_use]
pub fn recognise(said: &str) -> Option<Recognised> {
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    PATTERNS.iter().find_map(|(row, pattern)| {
        let captures = pattern.captures(&line)?;
        Some(Recognised { code: row.code, message: filled(row.message, &captures) })
    })
}

/// The rows' patterns in their order, compiled once: whole logs are read with them.
static PATTERNS: LazyLock<Vec<(&Row, Regex)>> = LazyLock::new(|| {
    let compiled = |said: &&str| Regex::new(&format!("(?i){said}")).ok();
    ROWS.iter()
        .flat_map(|row| row.said.iter().filter_map(compiled).map(move |pattern| (row, pattern)))
        .collect()
});

/// The message with its groups; a group that is not there takes the words before it with it.
fn filled(message: &str, captures: &Captures<'_>) -> String {
    let mut text = message.to_owned();
    for name in ["what", "stack", "pattern", "resource"] {
        let value = captures.name(name).map(|found| found.as_str().trim_end_matches(['.', ',', ')']));
        match value {
            Some(value) => text = text.replace(&format!("{{{name}}}"), value),
            None => text = text.replace(&format!(" on {{{name}}}"), ""),
        }
    }
    text
}

/// The first cause of a failed operation: not what was cancelled after it, and not the stack's own summary
/// where a resource says more. Events stand oldest first.
#[must_use]
pub fn first_cause<'e>(events: &'e [StackEvent], stack_id: &str) -> Option<&'e StackEvent> {
    let causes = || events.iter().filter(|event| event.is_cause());
    causes()
        .find(|event| !event.is_stack(stack_id) && !event.is_summary())
        .or_else(|| causes().find(|event| !event.is_summary()))
        .or_else(|| causes().next())
}

/// A failure as a finding: the cause in AWS's words, its place in the template, and the way out.
#[must_use]
pub fn finding(event: &StackEvent, text: &str, source: Source) -> Diagnostic {
    let known = recognise(&event.reason);
    let code = known.as_ref().map_or(Code::AWS000, |known| known.code);
    let what = known.map_or_else(|| event.reason.clone(), |known| known.message);
    let mut finding = Diagnostic::new(code, format!("`{}` failed: {what}", event.logical_id));
    let parsed = parse(text);
    if let (Some(template), _) = template::read(&parsed.document) {
        match template.resources.get(event.logical_id.as_str()) {
            Some(resource) => {
                let said = format!("{}: {}", event.status, event.reason);
                finding = finding.label(source, resource.declaration.key.outer(), said);
            }
            None => {
                let near = did_you_mean(&event.logical_id, template.resources.keys().copied());
                let none = format!("the template has no resource `{}`", event.logical_id);
                let is_stack = event.kind == "AWS::CloudFormation::Stack";
                finding = if is_stack { finding } else { finding.help(near.unwrap_or(none)) };
            }
        }
    }
    if finding.labels.is_empty() {
        finding = finding.help(format!("AWS says: {}", event.reason));
    }
    finding.help(code.explanation().recovery)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as AWS and the simulator give them, and the specification's words for each.
    #[test]
    fn answers_are_recognised() {
        for (said, code, message) in [
            (
                "S3 error: The specified key does not exist.\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
                Code::AWS001,
                "Template URL does not exist: The specified key does not exist",
            ),
            (
                "S3 error: Access Denied For more information check http",
                Code::AWS001,
                "Template URL does not exist: Access Denied",
            ),
            (
                "Role with name shop-ApiRole already exists. (Service: Iam, Status Code: 409, Request ID: 1)",
                Code::AWS002,
                "Role name already in use: shop-ApiRole",
            ),
            (
                "shop-ApiRole already exists in stack arn:aws:cloudformation:eu-west-1:1:stack/a/b",
                Code::AWS002,
                "Role name already in use: shop-ApiRole",
            ),
            ("Encountered unsupported property RoleNam", Code::AWS003, "Invalid template property: RoleNam"),
            (
                "Properties validation failed for resource R with message: [#: extraneous key [Foo] is not permitted]",
                Code::AWS003,
                "Invalid template property: Foo",
            ),
            (
                "Template format error: Unresolved resource dependencies [X] in the Resources block",
                Code::AWS003,
                "Invalid template property: Unresolved resource dependencies [X] in the Resources block",
            ),
            (
                "Requires capabilities : [CAPABILITY_NAMED_IAM]",
                Code::AWS004,
                "capabilities are missing: CAPABILITY_NAMED_IAM",
            ),
            ("Stack with id shop-iam does not exist", Code::AWS005, "Stack not found: shop-iam"),
            (
                "Stack:arn:aws:cloudformation:eu-west-1:1:stack/s/u is in ROLLBACK_COMPLETE state and can not be updated.",
                Code::AWS006,
                "Stack in failed state: ROLLBACK_COMPLETE",
            ),
            (
                "Stack:arn:a is in UPDATE_IN_PROGRESS state and can not be updated.",
                Code::AWS016,
                "an operation is under way: UPDATE_IN_PROGRESS",
            ),
            (
                "Parameters: [SearchHandlerRole] must have values",
                Code::AWS007,
                "Parameter 'SearchHandlerRole' is required but not provided",
            ),
            (
                "Parameter 'SearchHandlerRole' must match pattern ^arn:aws:iam::.+$",
                Code::AWS008,
                "Parameter 'SearchHandlerRole' does not match pattern ^arn:aws:iam::.+$",
            ),
            (
                "Parameter ApiRole failed to satisfy constraint: must be an ARN",
                Code::AWS008,
                "Parameter 'ApiRole' does not match constraint: must be an ARN",
            ),
            (
                "Resource handler returned message: 'Role arn:aws:iam::123456789012:role/x does not exist'",
                Code::AWS009,
                "Role arn:aws:iam::123456789012:role/x does not exist",
            ),
            (
                "Resource handler returned message: \"The role defined for the function cannot be assumed by Lambda. (Service: Lambda, Status Code: 400)\"",
                Code::AWS010,
                "Role cannot be assumed yet, or not at all: The role defined for the function cannot be assumed by Lambda",
            ),
            (
                "ECS was unable to assume the role 'arn:aws:iam::1:role/task' that was provided for this task.",
                Code::AWS010,
                "Role cannot be assumed yet, or not at all: arn:aws:iam::1:role/task",
            ),
            (
                "Export shop-iam-ApiRoleArn cannot be deleted as it is in use by shop",
                Code::AWS013,
                "Export shop-iam-ApiRoleArn is still imported by stack shop",
            ),
            (
                "Export shop-iam-ApiRoleArn is imported by stack shop",
                Code::AWS013,
                "Export shop-iam-ApiRoleArn is still imported by stack shop",
            ),
            (
                "Cannot delete entity, must detach all policies first. (Service: Iam, Status Code: 409)",
                Code::AWS014,
                "Cannot delete stack while resources are in use: Cannot delete entity, must detach all policies first",
            ),
            (
                "Stack [shop] cannot be deleted while TerminationProtection is enabled",
                Code::AWS015,
                "stack `shop` is protected against deletion",
            ),
            (
                "Resource of type 'AWS::IAM::Role' with identifier 'shop-A' was not found.",
                Code::AWS017,
                "a resource was changed or deleted by hand: shop-A",
            ),
            (
                "User: arn:aws:sts::1:assumed-role/dev/me is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/x because no identity-based policy allows it",
                Code::AWS018,
                "not allowed: iam:CreateRole on arn:aws:iam::1:role/x",
            ),
            (
                "API: iam:CreateRole User: arn is not authorized to perform: iam:CreateRole",
                Code::AWS018,
                "not allowed: iam:CreateRole",
            ),
            (
                "The security token included in the request is expired",
                Code::AWS019,
                "the credentials are missing or no longer valid: The security token included in the request is expired",
            ),
            (
                "Throttling: Rate exceeded",
                Code::AWS020,
                "AWS answers too slowly or too seldom: Rate exceeded",
            ),
            (
                "Cannot exceed quota for RolesPerAccount: 1000",
                Code::AWS021,
                "a quota is reached: RolesPerAccount: 1000",
            ),
            (
                "Invalid principal in policy: \"AWS\":\"arn:x\"",
                Code::AWS022,
                "a policy is refused: Invalid principal in policy: \"AWS\":\"arn:x\"",
            ),
            (
                "Parameters: [Old] do not exist in the template",
                Code::AWS023,
                "Parameter 'Old' is not in the template",
            ),
        ] {
            let found = recognise(said).unwrap_or_else(|| panic!("`{said}` is not recognised"));
            assert_eq!((found.code, found.message.as_str()), (code, message), "{said}");
        }
        assert_eq!(recognise("something else"), None);
    }

    #[test]
    fn every_pattern_compiles() {
        for said in ROWS.iter().flat_map(|row| row.said) {
            assert!(Regex::new(said).is_ok(), "{said}");
        }
    }

    fn event(name: &str, status: &str, reason: &str) -> StackEvent {
        StackEvent {
            id: format!("{name}{status}"),
            logical_id: name.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            ..StackEvent::default()
        }
    }

    #[test]
    fn the_first_cause_is_neither_the_last_nor_what_was_cancelled() {
        let events = [
            event("B", "CREATE_FAILED", "Resource creation cancelled"),
            event("Role", "CREATE_FAILED", "Role with name x already exists"),
            event("C", "CREATE_FAILED", "Resource creation Cancelled"),
            event("Stack", "CREATE_FAILED", "The following resource(s) failed to create: [B, Role, C]."),
        ];
        let cause = first_cause(&events, "arn:stack").unwrap();
        assert_eq!(cause.logical_id, "Role");
        let text = "Resources:\n  A: {Type: T}\n  Role: {Type: AWS::IAM::Role}\n";
        let finding = finding(cause, text, Source::Iam);
        assert_eq!(finding.code, Code::AWS002);
        assert_eq!(finding.labels[0].span.slice(text), "Role");
        assert_eq!(first_cause(&events[..1], "arn:stack"), None);
    }
}
