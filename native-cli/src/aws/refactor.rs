//! Stack refactoring: resources move between stacks and stay what they are.

use std::time::Duration;

use aws_sdk_cloudformation::types::{
    ResourceLocation, ResourceMapping, StackDefinition, StackRefactorActionEntity, StackRefactorActionType,
    StackRefactorExecutionStatus as Execution, StackRefactorStatus,
};

use super::{Aws, failed};
use crate::exit::{Exit, Failure};

/// A stack and the address of the template that it is to have.
pub(crate) struct Definition<'d> {
    pub(crate) stack: &'d str,
    pub(crate) url: &'d str,
}

/// A refactoring that CloudFormation has checked.
pub(crate) struct Refactor {
    id: String,
    /// What it would do, in words.
    pub(crate) actions: Vec<String>,
    /// The logical ids that would move.
    pub(crate) moves: Vec<String>,
    /// What it would do besides: nothing is expected.
    pub(crate) others: Vec<String>,
}

/// Asks for a refactoring that moves resources from one stack to another, and waits until it is checked.
pub(crate) async fn prepare(
    aws: &Aws,
    from: &Definition<'_>,
    to: &Definition<'_>,
    moved: &[String],
    pause: Duration,
) -> Result<Refactor, Failure> {
    let what = "cannot prepare the move between the stacks";
    let definition =
        |one: &Definition<'_>| StackDefinition::builder().stack_name(one.stack).template_url(one.url).build();
    let place = |stack: &str, name: &str| {
        ResourceLocation::builder().stack_name(stack).logical_resource_id(name).build()
    };
    let mapping = |name: &String| {
        let (source, target) = (place(from.stack, name), place(to.stack, name));
        ResourceMapping::builder().source(source).destination(target).build()
    };
    let mappings = moved.iter().map(mapping).collect();
    let call = aws
        .cloudformation
        .create_stack_refactor()
        .description("iam-split migrate")
        .set_stack_definitions(Some(vec![definition(from), definition(to)]))
        .set_resource_mappings(Some(mappings));
    let answer = call.send().await.map_err(|error| failed(what, &error))?;
    let id = answer.stack_refactor_id().unwrap_or_default().to_owned();
    loop {
        let state = aws.cloudformation.describe_stack_refactor().stack_refactor_id(&id);
        let state = state.send().await.map_err(|error| failed(what, &error))?;
        match state.status() {
            Some(StackRefactorStatus::CreateComplete) => break,
            Some(StackRefactorStatus::CreateInProgress) => tokio::time::sleep(pause).await,
            other => {
                let status = other.map_or("unknown", StackRefactorStatus::as_str);
                let reason = state.status_reason().unwrap_or_default();
                return Err(Failure::new(format!("{what}: {status}: {reason}")).exit(Exit::Aws).help(
                    "nothing was moved; put right what is named, or go back: `iam-split migrate --back`",
                ));
            }
        }
    }
    let (mut refactor, mut token) =
        (Refactor { id: id.clone(), actions: Vec::new(), moves: Vec::new(), others: Vec::new() }, None);
    loop {
        let call =
            aws.cloudformation.list_stack_refactor_actions().stack_refactor_id(&id).set_next_token(token);
        let page = call.send().await.map_err(|error| failed(what, &error))?;
        for action in page.stack_refactor_actions() {
            let name = action.resource_mapping().and_then(ResourceMapping::source);
            let name = name.and_then(ResourceLocation::logical_resource_id).unwrap_or("?").to_owned();
            let kind = action.action().map_or("?", StackRefactorActionType::as_str);
            let entity = action.entity().map_or("?", StackRefactorActionEntity::as_str);
            let said = action.description().unwrap_or_default();
            refactor
                .actions
                .push(format!("{kind} {name} {}", action.physical_resource_id().unwrap_or_default()));
            if kind == "MOVE" && entity == "RESOURCE" {
                refactor.moves.push(name);
            } else {
                refactor.others.push(format!("{kind} {entity} {name} {said}").trim_end().to_owned());
            }
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(refactor);
        }
    }
}

/// Carries a refactoring out and waits for its end.
pub(crate) async fn execute(aws: &Aws, refactor: &Refactor, pause: Duration) -> Result<(), Failure> {
    let what = "cannot move the resources between the stacks";
    let call = aws.cloudformation.execute_stack_refactor().stack_refactor_id(&refactor.id);
    call.send().await.map_err(|error| failed(what, &error))?;
    loop {
        let state = aws.cloudformation.describe_stack_refactor().stack_refactor_id(&refactor.id);
        let state = state.send().await.map_err(|error| failed(what, &error))?;
        match state.execution_status() {
            Some(Execution::ExecuteComplete) => return Ok(()),
            Some(Execution::ExecuteInProgress | Execution::RollbackInProgress | Execution::Available) => {
                tokio::time::sleep(pause).await;
            }
            other => {
                let status = other.map_or("unknown", Execution::as_str);
                let reason = state.execution_status_reason().unwrap_or_default();
                let back = if other == Some(&Execution::RollbackComplete) {
                    "all resources are back where they were; put right what is named and run `iam-split migrate` again"
                } else {
                    "look at both stacks (`iam-split status`) before anything else is done"
                };
                return Err(Failure::new(format!("{what}: {status}: {reason}")).exit(Exit::Aws).help(back));
            }
        }
    }
}
