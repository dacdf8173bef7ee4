//! Watching an operation to its end by the stack's events.

use std::time::Duration;

use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::primitives::DateTimeFormat;
use aws_sdk_cloudformation::types::StackEvent as AwsEvent;
use iam_split_core::deployment::events::{Follower, StackEvent, is_done};
use iam_split_core::deployment::failure::first_cause;
use iam_split_core::deployment::state::ending;
use tokio::time::Instant;

use super::{Aws, failed, stack};
use crate::exit::{Exit, Failure};
use crate::progress::Console;

/// What is watched.
pub(crate) struct Watched<'w> {
    pub(crate) stack: &'w str,
    /// The stack's id: a deleted stack has no name any more.
    pub(crate) id: &'w str,
    pub(crate) operation: &'static str,
    /// The newest event before the operation began, where it is known: what is older is not read.
    pub(crate) newest: Option<String>,
    /// Minutes after which watching ends.
    pub(crate) limit: Option<u32>,
    /// Seconds between two looks.
    pub(crate) interval: Option<f64>,
}

/// How an operation ended.
pub(crate) struct Outcome {
    /// The stack's id.
    id: String,
    pub(crate) status: String,
    pub(crate) done: bool,
    /// What failed for a reason of its own, first to last.
    pub(crate) causes: Vec<StackEvent>,
    /// The operation's id, where CloudFormation says it: its faults can be asked for.
    pub(crate) operation: Option<String>,
    /// What a deletion left standing, with the reason.
    pub(crate) kept: Vec<(StackEvent, String)>,
}

impl Outcome {
    /// What failed first, for a reason of its own.
    pub(crate) fn cause(&self) -> Option<&StackEvent> {
        first_cause(&self.causes, &self.id)
    }

    /// The failure of an operation that did not end well, each cause in a line that begins with `lead`.
    pub(crate) fn failure(&self, stack: &str, lead: &str) -> Failure {
        let causes: Vec<String> = self
            .causes
            .iter()
            .map(|cause| format!("\n  {lead}{} ({}): {}", cause.logical_id, cause.kind, cause.reason))
            .collect();
        Failure::new(format!("the stack `{stack}` is {}{}", self.status, causes.concat()))
            .exit(Exit::Aws)
            .said()
    }
}

/// The time between two looks: short operations are not waited for longer than they take, long ones do not
/// use up the account's calls.
fn pause(since: Duration, interval: Option<f64>) -> Duration {
    let seconds = interval.unwrap_or(match since.as_secs() {
        0..2 => 0.25,
        2..10 => 0.5,
        10..60 => 1.0,
        60..300 => 2.0,
        _ => 5.0,
    });
    Duration::from_secs_f64(seconds)
}

/// How long nothing may be heard before the stack itself is asked.
const SILENCE: Duration = Duration::from_secs(10);

/// Watches until the operation ends.
pub(crate) async fn watch(
    aws: &Aws,
    watched: &Watched<'_>,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    let mut follower = Follower::new(watched.id, watched.operation, watched.newest.clone());
    let begun = Instant::now();
    let (mut causes, mut kept) = (Vec::new(), Vec::new());
    let mut heard = begun;
    loop {
        let mut token = None;
        loop {
            let call =
                aws.cloudformation.describe_stack_events().stack_name(watched.id).set_next_token(token);
            let page = call.send().await.map_err(|error| {
                failed(&format!("cannot watch the stack `{}`", watched.stack), &error)
                    .help("the operation goes on: run the same command again to go on watching")
            })?;
            let more = follower.page(page.stack_events().iter().map(|one| event(aws, one)));
            token = page.next_token().map(str::to_owned).filter(|_| more);
            if token.is_none() {
                break;
            }
        }
        for event in follower.round() {
            heard = Instant::now();
            console.event(watched.stack, &event, event.is_stack(watched.id))?;
            if event.is_cause() {
                causes.push(event);
            } else if event.status == "DELETE_SKIPPED" {
                kept.push((event, "its DeletionPolicy keeps it".to_owned()));
            }
        }
        let mut ended = follower.ended().map(str::to_owned);
        if ended.is_none() && heard.elapsed() > SILENCE {
            heard = Instant::now();
            // An answer that was cut may have swallowed the event that ends it.
            let live = stack::describe(aws, watched.id).await?;
            let gone =
                (live.is_none() && watched.operation == "delete").then(|| "DELETE_COMPLETE".to_owned());
            ended = live.map(|live| live.status).filter(|status| ending(status).is_some()).or(gone);
        }
        if let Some(status) = ended {
            let done = is_done(&status);
            // A creation that ended in the deletion of its stack did not create.
            let done = done && (watched.operation == "delete") == (status == "DELETE_COMPLETE");
            let outcome = Outcome {
                id: watched.id.to_owned(),
                status,
                done,
                causes,
                operation: follower.id().map(str::to_owned),
                kept,
            };
            let reason = outcome.cause().filter(|_| !done).map(|event| event.reason.as_str());
            console.end(watched.stack, watched.operation, &outcome.status, reason, done)?;
            return Ok(outcome);
        }
        let since = begun.elapsed();
        if let Some(limit) = watched.limit
            && since > Duration::from_secs(u64::from(limit) * 60)
        {
            return Err(Failure::new(format!("the stack `{}` is still in work after {limit} minutes", watched.stack))
                .exit(Exit::Aws)
                .help("the operation goes on: run the same command again to go on watching, or allow more time under `timeouts`"));
        }
        console.tick();
        tokio::time::sleep(pause(since, watched.interval)).await;
    }
}

/// The id of a stack's newest event.
pub(crate) async fn newest(aws: &Aws, id: &str) -> Result<Option<String>, Failure> {
    let answer = aws.cloudformation.describe_stack_events().stack_name(id).send().await;
    match answer {
        Ok(page) => Ok(page.stack_events().first().and_then(|event| event.event_id()).map(str::to_owned)),
        Err(error) if error.code() == Some("ValidationError") => Ok(None),
        Err(error) => Err(failed("cannot look at the stack's events", &error)),
    }
}

fn event(aws: &Aws, event: &AwsEvent) -> StackEvent {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    StackEvent {
        id: text(event.event_id()),
        time: event.timestamp().and_then(|time| time.fmt(DateTimeFormat::DateTime).ok()).unwrap_or_default(),
        logical_id: text(event.logical_resource_id()),
        physical_id: text(event.physical_resource_id()),
        kind: text(event.resource_type()),
        status: event.resource_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: aws.said(event.resource_status_reason().unwrap_or_default()),
        operation: text(event.operation_id()),
        detail: event.detailed_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
    }
}
