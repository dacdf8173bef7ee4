//! Change sets: what an update would do, and doing it.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Change as AwsChange, ChangeSetStatus, ChangeSetType, OnStackFailure, TemplateStage,
};
use iam_split_core::deployment::parameters::Passed;
use iam_split_core::deployment::scenario::{Action, Change, PropertyValue};
use iam_split_core::deployment::settings::OnFailure;
use iam_split_core::deployment::validation::Validation;
use iam_split_core::deployment::value::HIDDEN;

use super::report::{self, Of, Told};
use super::stack::{Begun, Spec, some};
use super::{Aws, failed, is};
use crate::exit::Failure;

/// A change set that was made.
#[derive(Clone, Debug)]
pub(crate) struct ChangeSet {
    pub(crate) id: String,
    pub(crate) stack_id: String,
    /// What it does to resources.
    pub(crate) changes: Vec<Change>,
    /// What CloudFormation warns of.
    pub(crate) warnings: Vec<Validation>,
    /// Why it is not known of what it warns, where that is so.
    pub(crate) unheard: Option<&'static str>,
    /// Whether it would do nothing at all.
    pub(crate) empty: bool,
}

/// A change set that CloudFormation is making.
pub(crate) struct Requested {
    pub(crate) id: String,
    pub(crate) stack_id: String,
    /// Parameters whose values are never shown: what they make of properties is not shown either.
    hidden: BTreeSet<String>,
}

/// Asks for a change set. `None`: the stack is in work by another run.
pub(crate) async fn request(aws: &Aws, spec: &Spec, new: bool) -> Result<Option<Requested>, Failure> {
    let name = change_set_name();
    let call = aws
        .cloudformation
        .create_change_set()
        .stack_name(&spec.name)
        .change_set_name(&name)
        .change_set_type(if new { ChangeSetType::Create } else { ChangeSetType::Update })
        .set_template_body(spec.template.body())
        .set_template_url(spec.template.url())
        .set_parameters(some(spec.parameters()))
        .set_capabilities(some(spec.capabilities()))
        // An empty list takes the tags of an earlier deployment away.
        .set_tags(Some(spec.tags()))
        .set_role_arn(spec.role_arn.clone())
        .set_notification_arns(spec.topics())
        .set_on_stack_failure(new.then_some(match spec.on_failure {
            OnFailure::Rollback => OnStackFailure::Rollback,
            OnFailure::Delete => OnStackFailure::Delete,
            OnFailure::DoNothing => OnStackFailure::DoNothing,
        }))
        .set_import_existing_resources(spec.import.then_some(true));
    match call.send().await {
        Ok(answer) => Ok(Some(Requested {
            id: answer.id().unwrap_or(&name).to_owned(),
            stack_id: answer.stack_id().unwrap_or(&spec.name).to_owned(),
            hidden: spec
                .parameters
                .iter()
                .filter(|(_, passed)| is_hidden(passed))
                .map(|(name, _)| name.clone())
                .collect(),
        })),
        Err(error) if is(&error, "ValidationError", "_IN_PROGRESS") => Ok(None),
        Err(error) => {
            Err(failed(&format!("cannot compare the stack `{}` with its template", spec.name), &error))
        }
    }
}

fn is_hidden(passed: &Passed) -> bool {
    matches!(passed, Passed::Value(value) if value.is_hidden())
}

/// What became of a request.
pub(crate) enum Made {
    /// It can be run.
    Ready(ChangeSet),
    /// CloudFormation refuses what it would do.
    Refused(Refusal),
}

/// Why a change set cannot be made.
pub(crate) struct Refusal {
    /// The status' reason, which since 2026 only names the validation.
    pub(crate) reason: String,
    /// What was found, with places.
    pub(crate) told: Told,
}

/// Waits for a change set and reads all of it.
pub(crate) async fn read(
    aws: &Aws,
    requested: Requested,
    stack: &str,
    pause: Duration,
) -> Result<Made, Failure> {
    let what = format!("cannot compare the stack `{stack}` with its template");
    let (mut changes, mut token) = (Vec::new(), None);
    loop {
        let call = aws
            .cloudformation
            .describe_change_set()
            .change_set_name(&requested.id)
            .include_property_values(true)
            .set_next_token(token.clone());
        let page = call.send().await.map_err(|error| failed(&what, &error))?;
        match page.status() {
            Some(ChangeSetStatus::CreateComplete) => {}
            Some(ChangeSetStatus::Failed) => return Ok(ended(aws, &page, requested).await),
            _ => {
                tokio::time::sleep(pause).await;
                continue;
            }
        }
        changes.extend(page.changes().iter().filter_map(|one| change(aws, one, &requested.hidden)));
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    let told = report::told(aws, Of::ChangeSet(&requested.id)).await;
    let (mut warnings, unheard) = (told.events, told.unheard);
    warnings.retain(|event| event.warning);
    Ok(Made::Ready(ChangeSet {
        id: requested.id,
        stack_id: requested.stack_id,
        changes,
        warnings,
        unheard,
        empty: false,
    }))
}

/// A change set that failed does nothing, or cannot be made.
async fn ended(aws: &Aws, page: &DescribeChangeSetOutput, requested: Requested) -> Made {
    let reason = page.status_reason().unwrap_or_default();
    // Source: the two texts of CloudFormation for a change set without changes.
    let nothing =
        reason.contains("didn't contain changes") || reason.contains("No updates are to be performed");
    if nothing {
        return Made::Ready(ChangeSet {
            id: requested.id,
            stack_id: requested.stack_id,
            changes: Vec::new(),
            warnings: Vec::new(),
            unheard: None,
            empty: true,
        });
    }
    let told = report::told(aws, Of::ChangeSet(&requested.id)).await;
    Made::Refused(Refusal { reason: aws.said(reason), told })
}

/// The template that a change set has, as it was given.
pub(crate) async fn template(aws: &Aws, set: &ChangeSet, stack: &str) -> Result<String, Failure> {
    let call = aws
        .cloudformation
        .get_template()
        .stack_name(stack)
        .change_set_name(&set.id)
        .template_stage(TemplateStage::Original);
    let answer = call.send().await.map_err(|error| {
        failed(&format!("cannot read back the template that the stack `{stack}` would get"), &error)
    })?;
    Ok(answer.template_body().unwrap_or_default().to_owned())
}

/// Runs a change set.
pub(crate) async fn execute(aws: &Aws, set: &ChangeSet, stack: &str) -> Result<Begun, Failure> {
    let call = aws.cloudformation.execute_change_set().change_set_name(&set.id);
    match call.send().await {
        Ok(_) => Ok(Begun::Running(set.stack_id.clone())),
        // Another run changed the stack since.
        Err(error)
            if error.code() == Some("InvalidChangeSetStatus")
                || is(&error, "ValidationError", "_IN_PROGRESS") =>
        {
            Ok(Begun::Taken)
        }
        Err(error) => Err(failed(&format!("cannot update the stack `{stack}`"), &error)),
    }
}

/// Takes a change set away.
pub(crate) async fn discard(aws: &Aws, id: &str) -> Result<(), Failure> {
    let call = aws.cloudformation.delete_change_set().change_set_name(id);
    match call.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some("ChangeSetNotFound") => Ok(()),
        Err(error) => Err(failed("cannot take the change set away", &error)),
    }
}

/// Whether a stack has change sets still: of other runs, once this one's are gone. Where that may not be asked, nobody's.
pub(crate) async fn others(aws: &Aws, stack: &str) -> bool {
    let answer = aws.cloudformation.list_change_sets().stack_name(stack).send().await;
    answer.is_ok_and(|answer| {
        answer.summaries().iter().any(|set| {
            !matches!(
                set.status(),
                Some(
                    ChangeSetStatus::Failed
                        | ChangeSetStatus::DeleteComplete
                        | ChangeSetStatus::DeletePending
                )
            )
        })
    })
}

fn change(aws: &Aws, change: &AwsChange, hidden: &BTreeSet<String>) -> Option<Change> {
    let change = change.resource_change()?;
    let action = change.action().map_or("", |action| action.as_str());
    let replacement = change.replacement().map_or("", |replacement| replacement.as_str());
    let targets = || change.details().iter().filter_map(|detail| detail.target());
    let because = targets().filter_map(|target| {
        let name = target.name().filter(|name| !name.is_empty()).map(str::to_owned);
        name.or_else(|| target.attribute().map(|attribute| attribute.as_str().to_owned()))
    });
    let mut because: Vec<String> = because.collect();
    because.sort();
    because.dedup();
    // What a hidden parameter brings about: neither what the property was nor what it is to be is shown.
    let secret: BTreeSet<&str> = change
        .details()
        .iter()
        .filter(|detail| {
            let cause = detail.causing_entity().unwrap_or_default();
            hidden.contains(cause.split('.').next().unwrap_or(cause))
        })
        .filter_map(|detail| detail.target()?.path())
        .collect();
    let value = |text: Option<&str>| text.map(|text| aws.said(text));
    let mut values: Vec<PropertyValue> = targets()
        .filter_map(|target| {
            let path = target.path()?;
            let mut value = PropertyValue {
                path: path.to_owned(),
                before: value(target.before_value()),
                after: value(target.after_value()),
            };
            if value.before == value.after {
                return None;
            }
            if secret.contains(path) {
                value.before = value.before.map(|_| HIDDEN.to_owned());
                value.after = value.after.map(|_| HIDDEN.to_owned());
            }
            Some(value)
        })
        .collect();
    values.sort_by(|a, b| a.path.cmp(&b.path));
    values.dedup();
    Some(Change {
        action: Action::of(action, replacement),
        logical_id: change.logical_resource_id().unwrap_or_default().to_owned(),
        resource_type: change.resource_type().unwrap_or_default().to_owned(),
        because,
        values,
    })
}

/// A name that no other run gives: the time and the process.
fn change_set_name() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("iam-split-{}-{}", now.as_millis(), std::process::id())
}
