//! Stacks: what they are now, creating and deleting them.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::primitives::DateTimeFormat;
use aws_sdk_cloudformation::types::{
    Capability, DeletionMode, DeploymentConfigMode, OnFailure as OnFailureCode, Parameter, Stack, Tag,
    TemplateStage,
};
use iam_split_core::deployment::gate::{Live, LiveResource};
use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::parameters::{Parameters, Passed};
use iam_split_core::deployment::settings::OnFailure;

use super::{Aws, failed, is};
use crate::exit::Failure;

/// Where CloudFormation reads a template.
#[derive(Clone, Debug)]
pub(crate) enum TemplateSource {
    /// From the call itself.
    Body(String),
    /// From the bucket.
    Url(String),
}

impl TemplateSource {
    pub(crate) fn body(&self) -> Option<String> {
        match self {
            Self::Body(text) => Some(text.clone()),
            Self::Url(_) => None,
        }
    }

    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Url(url) => Some(url.clone()),
            Self::Body(_) => None,
        }
    }
}

/// What a stack is to become.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) which: Which,
    pub(crate) name: String,
    pub(crate) template: TemplateSource,
    /// The template's text as this command read it: what CloudFormation has is compared with it.
    pub(crate) text: String,
    pub(crate) parameters: Parameters,
    pub(crate) capabilities: Vec<&'static str>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) role_arn: Option<String>,
    pub(crate) notification_arns: Vec<String>,
    pub(crate) on_failure: OnFailure,
    /// Minutes after which CloudFormation gives a creation up.
    pub(crate) timeout: Option<u32>,
    /// Whether resources that exist under their explicit names are taken into the stack.
    pub(crate) import: bool,
}

impl Spec {
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let parameter = |(name, passed): (&String, &Passed)| {
            let parameter = Parameter::builder().parameter_key(name);
            match passed {
                Passed::Value(value) => parameter.parameter_value(value.expose()).build(),
                Passed::Previous => parameter.use_previous_value(true).build(),
            }
        };
        self.parameters.iter().map(parameter).collect()
    }

    pub(crate) fn capabilities(&self) -> Vec<Capability> {
        self.capabilities.iter().map(|name| Capability::from(*name)).collect()
    }

    pub(crate) fn tags(&self) -> Vec<Tag> {
        self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
    }

    /// An empty list takes those of an earlier deployment away.
    pub(crate) fn topics(&self) -> Option<Vec<String>> {
        Some(self.notification_arns.clone())
    }
}

/// An empty list is not passed.
pub(crate) fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// A stack as it is now; `None` where there is none.
pub(crate) async fn describe(aws: &Aws, name: &str) -> Result<Option<Live>, Failure> {
    let answer = aws.cloudformation.describe_stacks().stack_name(name).send().await;
    match answer {
        Ok(answer) => Ok(answer.stacks().first().map(|stack| live(aws, stack))),
        Err(error) if is(&error, "ValidationError", "does not exist") => Ok(None),
        Err(error) => Err(failed(&format!("cannot look at the stack `{name}`"), &error)),
    }
}

fn live(aws: &Aws, stack: &Stack) -> Live {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let parameters = stack.parameters().iter().map(|parameter| {
        // What SSM resolved is not what was passed: the value is the reference.
        (text(parameter.parameter_key()), text(parameter.parameter_value()))
    });
    let outputs = stack.outputs();
    let exports = outputs.iter().filter_map(|output| {
        Some((
            output.output_key()?.to_owned(),
            output.export_name().filter(|name| !name.is_empty())?.to_owned(),
        ))
    });
    let changed = stack.last_updated_time().or(stack.creation_time());
    Live {
        id: text(stack.stack_id()),
        name: text(stack.stack_name()),
        status: stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: aws.said(stack.stack_status_reason().unwrap_or_default()),
        detail: stack.detailed_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
        express: stack
            .deployment_config()
            .is_some_and(|config| config.mode() == Some(&DeploymentConfigMode::Express)),
        tags: stack.tags().iter().map(|tag| (text(tag.key()), text(tag.value()))).collect(),
        parameters: parameters.collect(),
        outputs: outputs
            .iter()
            .map(|output| (text(output.output_key()), text(output.output_value())))
            .collect(),
        exports: exports.collect(),
        changed: changed.and_then(|time| time.fmt(DateTimeFormat::DateTime).ok()).unwrap_or_default(),
        protected: stack.enable_termination_protection().unwrap_or_default(),
    }
}

/// All resources of a stack.
pub(crate) async fn resources(aws: &Aws, name: &str) -> Result<Vec<LiveResource>, Failure> {
    let mut pages = aws.cloudformation.list_stack_resources().stack_name(name).into_paginator().send();
    let mut resources = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page
            .map_err(|error| failed(&format!("cannot list the resources of the stack `{name}`"), &error))?;
        for resource in page.stack_resource_summaries() {
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            resources.push(LiveResource {
                logical_id: text(resource.logical_resource_id()),
                physical_id: text(resource.physical_resource_id()),
                kind: text(resource.resource_type()),
                status: resource
                    .resource_status()
                    .map(|status| status.as_str().to_owned())
                    .unwrap_or_default(),
            });
        }
    }
    Ok(resources)
}

/// The template of a stack, as it was given.
pub(crate) async fn template(aws: &Aws, name: &str) -> Result<String, Failure> {
    // Without a stage it is the processed template, which nobody wrote.
    let call = aws.cloudformation.get_template().stack_name(name).template_stage(TemplateStage::Original);
    let answer = call
        .send()
        .await
        .map_err(|error| failed(&format!("cannot read the template of the stack `{name}`"), &error))?;
    Ok(answer.template_body().unwrap_or_default().to_owned())
}

/// What CloudFormation says against a template; `None` where it accepts it.
pub(crate) async fn refusal(aws: &Aws, template: &TemplateSource) -> Result<Option<String>, Failure> {
    let call = aws
        .cloudformation
        .validate_template()
        .set_template_body(template.body())
        .set_template_url(template.url());
    match call.send().await {
        Ok(_) => Ok(None),
        Err(error) if is(&error, "ValidationError", "") => {
            use aws_sdk_cloudformation::error::ProvideErrorMetadata;
            Ok(Some(aws.said(error.message().unwrap_or_default())))
        }
        Err(error) => Err(failed("cannot validate the template", &error)),
    }
}

/// How a call to begin an operation came out.
pub(crate) enum Begun {
    /// It runs; the stack's id.
    Running(String),
    /// Another run was faster: the stack is in work or was made already.
    Taken,
}

/// Begins a creation.
pub(crate) async fn create(aws: &Aws, spec: &Spec) -> Result<Begun, Failure> {
    let on_failure = match spec.on_failure {
        OnFailure::Rollback => OnFailureCode::Rollback,
        OnFailure::Delete => OnFailureCode::Delete,
        OnFailure::DoNothing => OnFailureCode::DoNothing,
    };
    let call = aws
        .cloudformation
        .create_stack()
        .stack_name(&spec.name)
        .set_template_body(spec.template.body())
        .set_template_url(spec.template.url())
        .set_parameters(some(spec.parameters()))
        .set_capabilities(some(spec.capabilities()))
        .set_tags(some(spec.tags()))
        .set_role_arn(spec.role_arn.clone())
        .set_notification_arns(some(spec.notification_arns.clone()))
        .set_timeout_in_minutes(spec.timeout.and_then(|minutes| i32::try_from(minutes).ok()))
        .on_failure(on_failure);
    match call.send().await {
        Ok(answer) => Ok(Begun::Running(answer.stack_id().unwrap_or(&spec.name).to_owned())),
        Err(error) if is(&error, "AlreadyExistsException", "") => Ok(Begun::Taken),
        Err(error) => Err(failed(&format!("cannot create the stack `{}`", spec.name), &error)),
    }
}

/// How a stack is deleted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deletion {
    /// Resources that stay, of a stack whose deletion failed.
    pub(crate) retain: Vec<String>,
    /// Whether the stack goes though some of its resources do not; of a stack whose deletion failed.
    pub(crate) force: bool,
}

/// Takes back an update that is under way.
pub(crate) async fn cancel_update(aws: &Aws, name: &str) -> Result<(), Failure> {
    let call = aws.cloudformation.cancel_update_stack().stack_name(name);
    call.send()
        .await
        .map_err(|error| failed(&format!("cannot cancel the update of the stack `{name}`"), &error))?;
    Ok(())
}

/// Begins a deletion.
pub(crate) async fn delete(
    aws: &Aws,
    name: &str,
    role_arn: Option<&str>,
    deletion: &Deletion,
) -> Result<(), Failure> {
    let call = aws
        .cloudformation
        .delete_stack()
        .stack_name(name)
        .set_role_arn(role_arn.map(str::to_owned))
        .set_retain_resources(some(deletion.retain.clone()))
        .set_deletion_mode(deletion.force.then_some(DeletionMode::ForceDeleteStack));
    call.send().await.map_err(|error| failed(&format!("cannot delete the stack `{name}`"), &error))?;
    Ok(())
}

/// Goes on with a rollback that failed, leaving some resources as they are.
pub(crate) async fn continue_rollback(
    aws: &Aws,
    name: &str,
    role_arn: Option<&str>,
    skip: &[String],
) -> Result<(), Failure> {
    let call = aws
        .cloudformation
        .continue_update_rollback()
        .stack_name(name)
        .set_role_arn(role_arn.map(str::to_owned))
        .set_resources_to_skip((!skip.is_empty()).then(|| skip.to_vec()));
    let what = format!("cannot go on with the rollback of the stack `{name}`");
    call.send().await.map_err(|error| failed(&what, &error))?;
    Ok(())
}
