//! What CloudFormation says of a change set or an operation that failed: since 2026 the status alone does not.

use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::{
    EventFilter, EventType, HookFailureMode, OperationEvent, ValidationStatus,
};
use iam_split_core::deployment::validation::Validation;

use super::Aws;

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of<'o> {
    /// A change set, by its id.
    ChangeSet(&'o str),
    /// An operation, by its id.
    Operation(&'o str),
}

/// What was told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) events: Vec<Validation>,
    /// Why nothing could be heard, where that is so: what is known without it stays.
    pub(crate) unheard: Option<&'static str>,
}

/// Asks for faults and warnings. Where the call is absent or denied, that is told and the run goes on: it is about
/// reasons, and the status stands without them.
pub(crate) async fn told(aws: &Aws, of: Of<'_>) -> Told {
    if aws.mute.get() {
        return Told::default();
    }
    let mut told = Told::default();
    let mut token = None;
    loop {
        let call = aws.cloudformation.describe_events().set_next_token(token);
        let call = match of {
            // Warnings are no failed events, and come with change sets alone.
            Of::ChangeSet(id) => call.change_set_name(id),
            Of::Operation(id) => {
                call.operation_id(id).filters(EventFilter::builder().failed_events(true).build())
            }
        };
        match call.send().await {
            Ok(page) => {
                told.events.extend(page.operation_events().iter().filter_map(|event| read(aws, event)));
                token = page.next_token().map(str::to_owned);
                if token.is_none() {
                    return told;
                }
            }
            Err(error) => {
                told.unheard = Some(match error.code() {
                    Some("AccessDenied" | "AccessDeniedException") => {
                        "these credentials may not call `cloudformation:DescribeEvents`, which has the reason"
                    }
                    Some("InvalidAction" | "UnknownOperationException" | "Unscripted") => {
                        // Once is enough: it will not come while this runs.
                        aws.mute.set(true);
                        return Told::default();
                    }
                    _ => "`DescribeEvents`, which has the reason, did not answer",
                });
                return told;
            }
        }
    }
}

fn read(aws: &Aws, event: &OperationEvent) -> Option<Validation> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let kind = event.event_type()?;
    let (name, reason, warns) = match kind {
        EventType::ValidationError => (
            text(event.validation_name()),
            event.validation_status_reason(),
            event.validation_failure_mode() == Some(&HookFailureMode::Warn),
        ),
        EventType::HookInvocationError => (
            text(event.hook_type()),
            event.hook_status_reason(),
            event.hook_failure_mode() == Some(&HookFailureMode::Warn),
        ),
        EventType::ProvisioningError => (kind.as_str().to_owned(), event.resource_status_reason(), false),
        _ => return None,
    };
    if event.validation_status() == Some(&ValidationStatus::Skipped) {
        return None;
    }
    Some(Validation {
        name,
        reason: aws.said(reason.unwrap_or("AWS gives no reason")),
        path: text(event.validation_path()),
        logical_id: text(event.logical_resource_id()),
        kind: text(event.resource_type()),
        warning: warns,
    })
}
