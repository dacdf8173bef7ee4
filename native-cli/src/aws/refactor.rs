//! Stack refactoring: resources move between stacks and stay what they are.

use std::time::Duration;

use aws_sdk_cloudformation::types::{
    ResourceLocation, ResourceMapping, StackDefinition, StackRefactorActionEntity, StackRefactorActionType,
    StackRefactorExecutionStatus as Execution, StackRefactorStatus,
};

use iam_split_core::deployment::state::{Situation, situation};

use super::stack::{self, TemplateSource};
use super::{Aws, failed};
use crate::exit::{Exit, Failure};

/// A stack and the template that it is to have.
pub(crate) struct Definition<'d> {
    pub(crate) stack: &'d str,
    pub(crate) template: TemplateSource,
}

/// Tags that a move takes off and puts on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TagChange {
    /// The resource's logical id.
    pub(crate) name: String,
    /// Keys that come off.
    pub(crate) off: Vec<String>,
    /// Tags that come on.
    pub(crate) on: Vec<(String, String)>,
}

impl TagChange {
    /// Keys that come off and do not come back.
    pub(crate) fn lost(&self) -> impl Iterator<Item = &str> {
        // CloudFormation's own tags name the stack: they change with it.
        let own = |key: &&String| !key.starts_with("aws:");
        self.off
            .iter()
            .filter(own)
            .filter(|key| !self.on.iter().any(|(on, _)| on == *key))
            .map(String::as_str)
    }

    /// For people.
    pub(crate) fn told(&self) -> String {
        let off = self.off.iter().map(|key| format!("-{key}"));
        let on = self.on.iter().map(|(key, value)| format!("+{key}={value}"));
        format!("tags of {}: {}", self.name, off.chain(on).collect::<Vec<_>>().join(" "))
    }
}

/// A refactoring that CloudFormation has checked.
pub(crate) struct Refactor {
    id: String,
    /// What it does to tags.
    pub(crate) tags: Vec<TagChange>,
    /// What it would do, in words.
    pub(crate) actions: Vec<String>,
    /// The logical ids that would move.
    pub(crate) moves: Vec<String>,
    /// What it would do besides: nothing is expected.
    pub(crate) others: Vec<String>,
}

/// Whether these credentials can refactor at all: asked before the first step, since the others lead nowhere then.
pub(crate) async fn possible(aws: &Aws) -> Result<(), Failure> {
    let call = aws.cloudformation.list_stack_refactors().max_results(1);
    let answer = call.send().await;
    answer.map(|_| ()).map_err(|error| {
        failed("cannot refactor stacks in this account", &error)
            .note("nothing was changed; `iam-split permissions migrate` prints what a migration needs")
    })
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
    let definition = |one: &Definition<'_>| {
        StackDefinition::builder()
            .stack_name(one.stack)
            .set_template_body(one.template.body())
            .set_template_url(one.template.url())
            .build()
    };
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
                return Err(Failure::new(format!("{what}: {status}: {reason}")).exit(Exit::Aws).said().help(
                    "nothing was moved; put right what is named and run again, or go back: `iam-split migrate --back`",
                ));
            }
        }
    }
    let (mut refactor, mut token) = (
        Refactor {
            id: id.clone(),
            tags: Vec::new(),
            actions: Vec::new(),
            moves: Vec::new(),
            others: Vec::new(),
        },
        None,
    );
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
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            let tags = TagChange {
                name: name.clone(),
                off: action.untag_resources().to_vec(),
                on: action.tag_resources().iter().map(|tag| (text(tag.key()), text(tag.value()))).collect(),
            };
            if !tags.off.is_empty() || !tags.on.is_empty() {
                refactor.tags.push(tags);
            }
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

/// Carries a refactoring out and waits for its end, and until both stacks can be worked on again: they are updated
/// for some moments more.
///
/// Source: aws-cdk-cli 1804 and 1805.
pub(crate) async fn execute(
    aws: &Aws,
    refactor: &Refactor,
    stacks: [&str; 2],
    pause: Duration,
) -> Result<(), Failure> {
    let what = "cannot move the resources between the stacks";
    let call = aws.cloudformation.execute_stack_refactor().stack_refactor_id(&refactor.id);
    call.send().await.map_err(|error| failed(what, &error))?;
    loop {
        let state = aws.cloudformation.describe_stack_refactor().stack_refactor_id(&refactor.id);
        let state = state.send().await.map_err(|error| failed(what, &error))?;
        match state.execution_status() {
            Some(Execution::ExecuteComplete) => break,
            Some(Execution::ExecuteInProgress | Execution::RollbackInProgress | Execution::Available) => {
                tokio::time::sleep(pause).await;
            }
            other => {
                let status = other.map_or("unknown", Execution::as_str);
                let reason = state.execution_status_reason().unwrap_or_default();
                let back = match other {
                    Some(Execution::RollbackComplete) => {
                        "all resources are back where they were; put right what is named and run `iam-split migrate` again, in smaller batches (--batch) where it was too much at once"
                    }
                    Some(Execution::Obsolete) => {
                        "one of the stacks was changed meanwhile, and nothing was moved: run `iam-split migrate` again, which asks for a new one"
                    }
                    _ => "look at both stacks (`iam-split status`) before anything else is done",
                };
                return Err(Failure::new(format!("{what}: {status}: {reason}"))
                    .exit(Exit::Aws)
                    .said()
                    .help(back));
            }
        }
    }
    for name in stacks {
        while let Some(live) = stack::describe(aws, name).await? {
            if situation(Some(&live.status)) != Situation::Busy {
                break;
            }
            tokio::time::sleep(pause).await;
        }
    }
    Ok(())
}
