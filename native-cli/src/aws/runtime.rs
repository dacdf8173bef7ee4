//! What a running application tells of itself: its logs, its functions, its services.

use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata;
use iam_split_core::deployment::gate::LiveResource;

use super::{Aws, failed};
use crate::exit::Failure;

/// Texts in which a refusal may stand, and what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Where, and what was said there.
    pub(crate) texts: Vec<(String, String)>,
    /// What is not well, by itself.
    pub(crate) troubles: Vec<String>,
    /// What was looked at.
    pub(crate) seen: Vec<String>,
    /// What could not be looked at, and why.
    pub(crate) unseen: Vec<String>,
    /// What has said nothing yet.
    pub(crate) silent: Vec<String>,
}

/// Pages of a log group that are read at most: a log that is full of refusals says the same again.
const PAGES: usize = 20;

/// Log groups, of their own and of functions, since a time in milliseconds.
pub(crate) async fn logs(aws: &Aws, groups: &[String], since: i64, heard: &mut Heard) -> Result<(), Failure> {
    for group in groups {
        let (mut token, mut pages) = (None, 0);
        loop {
            let call = aws
                .logs
                .filter_log_events()
                .log_group_name(group)
                .start_time(since)
                .filter_pattern("?\"not authorized to perform\" ?AccessDenied ?\"cannot be assumed\" ?\"unable to assume\"")
                .set_next_token(token);
            let page = match call.send().await {
                Ok(page) => page,
                // A function that never ran has no log group yet.
                Err(error) if error.code() == Some("ResourceNotFoundException") => {
                    heard
                        .silent
                        .push(format!("the log group {group}: it is not there, nothing has written to it"));
                    break;
                }
                Err(error) if matches!(error.code(), Some("AccessDeniedException")) => {
                    heard.unseen.push(format!("the log group {group}: these credentials may not read it"));
                    break;
                }
                Err(error) => return Err(failed(&format!("cannot read the log group `{group}`"), &error)),
            };
            let messages = page.events().iter().filter_map(|event| event.message());
            heard.texts.extend(messages.map(|text| (format!("log group {group}"), aws.said(text))));
            token = page.next_token().map(str::to_owned);
            pages += 1;
            if token.is_none() || pages == PAGES {
                if token.is_some() {
                    heard
                        .unseen
                        .push(format!("the log group {group}: only its first {PAGES} pages were read"));
                }
                heard.seen.push(format!("the log group {group}"));
                break;
            }
        }
    }
    Ok(())
}

/// Functions: whether they can run.
pub(crate) async fn functions(aws: &Aws, names: &[String], heard: &mut Heard) -> Result<(), Failure> {
    for name in names {
        let answer = aws.lambda.get_function_configuration().function_name(name).send().await;
        let function = match answer {
            Ok(function) => function,
            Err(error)
                if matches!(error.code(), Some("AccessDeniedException" | "ResourceNotFoundException")) =>
            {
                let why = error.code().unwrap_or_default().to_owned();
                heard.unseen.push(format!("the function {name}: {why}"));
                continue;
            }
            Err(error) => return Err(failed(&format!("cannot look at the function `{name}`"), &error)),
        };
        heard.seen.push(format!("the function {name}"));
        let state = function.state().map_or("", |state| state.as_str());
        let update = function.last_update_status().map_or("", |status| status.as_str());
        for (is_bad, what, reason) in [
            (state == "Failed" || state == "Inactive", state, function.state_reason()),
            (update == "Failed", "not updated", function.last_update_status_reason()),
        ] {
            if is_bad {
                let reason = aws.said(reason.unwrap_or_default());
                heard.troubles.push(format!("the function {name} is {what}: {reason}"));
                heard.texts.push((format!("function {name}"), reason));
            }
        }
    }
    Ok(())
}

/// Services of ECS: what they say since a time, and why tasks stopped.
pub(crate) async fn services(
    aws: &Aws,
    arns: &[String],
    since: i64,
    heard: &mut Heard,
) -> Result<(), Failure> {
    for arn in arns {
        // `arn:…:service/CLUSTER/NAME`
        let Some(cluster) = arn.split('/').nth(1).filter(|_| arn.matches('/').count() > 1) else {
            heard.unseen.push(format!("the service {arn}: its ARN has no cluster in it"));
            continue;
        };
        let what = format!("cannot look at the service `{arn}`");
        let answer = aws.ecs.describe_services().cluster(cluster).services(arn).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("AccessDeniedException") => {
                heard.unseen.push(format!("the service {arn}: these credentials may not look at it"));
                continue;
            }
            Err(error) => return Err(failed(&what, &error)),
        };
        for failure in answer.failures() {
            heard
                .unseen
                .push(format!("the service {arn}: {}", failure.reason().unwrap_or("AWS gives no reason")));
        }
        for service in answer.services() {
            let name = service.service_name().unwrap_or(arn);
            heard.seen.push(format!("the service {name}"));
            if service.running_count() < service.desired_count() {
                heard.troubles.push(format!(
                    "the service {name} runs {} of {} tasks",
                    service.running_count(),
                    service.desired_count()
                ));
            }
            let fresh = service.events().iter().filter(|event| {
                event.created_at().is_none_or(|time| time.to_millis().is_ok_and(|time| time >= since))
            });
            let texts = fresh.filter_map(|event| event.message());
            heard.texts.extend(texts.map(|text| (format!("service {name}"), aws.said(text))));
        }
        let stopped = aws
            .ecs
            .list_tasks()
            .cluster(cluster)
            .service_name(arn)
            .desired_status(aws_sdk_ecs::types::DesiredStatus::Stopped);
        let stopped = match stopped.send().await {
            Ok(stopped) => stopped,
            Err(error) if error.code() == Some("AccessDeniedException") => {
                heard.unseen.push(format!("stopped tasks of {arn}: these credentials may not list them"));
                continue;
            }
            Err(error) => return Err(failed(&what, &error)),
        };
        if stopped.task_arns().is_empty() {
            continue;
        }
        let tasks = aws.ecs.describe_tasks().cluster(cluster).set_tasks(Some(stopped.task_arns().to_vec()));
        let tasks = match tasks.send().await {
            Ok(tasks) => tasks,
            Err(error) if error.code() == Some("AccessDeniedException") => {
                heard.unseen.push(format!("stopped tasks of {arn}: these credentials may not look at them"));
                continue;
            }
            Err(error) => return Err(failed(&what, &error)),
        };
        for task in tasks.tasks() {
            let containers = task.containers().iter().filter_map(|container| container.reason());
            for reason in task.stopped_reason().into_iter().chain(containers) {
                heard.texts.push((format!("a stopped task of {arn}"), aws.said(reason)));
            }
        }
    }
    Ok(())
}

/// The physical ids of resources of a type.
pub(crate) fn of_kind(resources: &[LiveResource], kind: &str) -> Vec<String> {
    let ours = resources.iter().filter(|one| one.kind == kind && !one.physical_id.is_empty());
    ours.map(|one| one.physical_id.clone()).collect()
}

/// Milliseconds of an RFC 3339 time.
pub(crate) fn millis(time: &str) -> i64 {
    use aws_sdk_cloudformation::primitives::{DateTime, DateTimeFormat};
    let parsed = DateTime::from_str(time, DateTimeFormat::DateTime).ok();
    parsed.and_then(|time| time.to_millis().ok()).unwrap_or(0)
}
