//! Whether a resource is what its stack believes.

use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::types::StackResourceDriftStatus;
use tokio::task::JoinSet;

use super::{Aws, failed};
use crate::exit::Failure;

/// Calls at the same time.
const AT_ONCE: usize = 4;

/// What was found of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Drift {
    /// It differs: the paths that do, or that it is gone.
    Differs(String, Vec<String>),
    /// It cannot be told.
    Unknown(String, String),
}

/// Looks at resources of a stack, some at a time. Those that are as they should be are not given.
pub(crate) async fn drift(aws: &Aws, stack: &str, names: &[String]) -> Result<Vec<Drift>, Failure> {
    let mut found = Vec::new();
    for some in names.chunks(AT_ONCE) {
        let mut calls = JoinSet::new();
        for name in some.iter().cloned() {
            let (client, stack) = (aws.cloudformation.clone(), stack.to_owned());
            calls.spawn(async move {
                let call = client
                    .detect_stack_resource_drift()
                    .stack_name(&stack)
                    .logical_resource_id(&name)
                    .send()
                    .await;
                let answer = match call {
                    Ok(answer) => answer,
                    // Not every type can be looked at so.
                    Err(error) if error.code() == Some("ValidationError") => {
                        let why = error.message().unwrap_or("AWS gives no reason").to_owned();
                        return Ok(Some(Drift::Unknown(name, why)));
                    }
                    Err(error) => {
                        return Err(failed(
                            &format!("cannot tell whether `{name}` was changed by hand"),
                            &error,
                        ));
                    }
                };
                let Some(drift) = answer.stack_resource_drift() else { return Ok(None) };
                Ok(match drift.stack_resource_drift_status() {
                    Some(StackResourceDriftStatus::InSync) => None,
                    Some(StackResourceDriftStatus::Deleted) => {
                        Some(Drift::Differs(name, vec!["it was deleted".to_owned()]))
                    }
                    Some(StackResourceDriftStatus::Modified) => {
                        let paths = drift.property_differences().iter().filter_map(|one| one.property_path());
                        Some(Drift::Differs(name, paths.map(str::to_owned).collect()))
                    }
                    other => {
                        let status = other.map_or("no status", |status| status.as_str()).to_owned();
                        Some(Drift::Unknown(name, status))
                    }
                })
            });
        }
        for answer in calls.join_all().await {
            found.extend(answer?);
        }
    }
    found.sort_by(|a, b| name(a).cmp(name(b)));
    Ok(found)
}

fn name(drift: &Drift) -> &str {
    match drift {
        Drift::Differs(name, _) | Drift::Unknown(name, _) => name,
    }
}
