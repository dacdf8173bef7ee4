//! `iam-split delete`

use iam_split_core::deployment::gate::{Live, LiveResource};
use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::order::used;
use iam_split_core::diagnostic::{Code, Diagnostic};

use crate::Streams;
use crate::args::deployment::{DeleteArgs, Format, Target};
use crate::aws::stack::Deletion;
use crate::aws::{bucket, stack, usage};
use crate::deployment::apply::{ended, not_ours, refused, removed};
use crate::deployment::{self, Deployment, Needs};
use crate::exit::{Exit, Failure};
use crate::progress::Console;

pub(crate) fn run(arguments: &DeleteArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    deployment::can_ask(arguments.operation, streams, "pass --yes")?;
    let json = arguments.operation.format == Format::Json;
    deployment::run(&arguments.settings, json, Needs::default(), streams, async |deployment, console| {
        delete(deployment, arguments, console).await
    })
}

/// A stack that is to go, with what it holds.
struct Going {
    which: Which,
    live: Live,
    resources: Vec<LiveResource>,
}

async fn delete(
    deployment: &Deployment,
    arguments: &DeleteArgs,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let aws = &deployment.aws;
    let stacks: &[Which] = match arguments.target {
        Some(Target::Iam) => &[Which::Iam],
        Some(Target::App) => &[Which::App],
        None if deployment.has_iam_stack() || deployment.arns.is_none() && may_have_iam(deployment) => {
            &[Which::App, Which::Iam]
        }
        None => &[Which::App],
    };
    let mut going = Vec::new();
    for which in stacks {
        let name = deployment.stack(*which);
        let live = if arguments.now {
            stack::describe(aws, name).await?
        } else {
            creating(deployment, *which, console).await?;
            ended(deployment, *which, arguments.operation.poll_interval, console).await?
        };
        match live {
            Some(live) if live.status != "DELETE_COMPLETE" => {
                let mut resources = stack::resources(aws, &live.id).await?;
                resources.sort_by(|a, b| a.logical_id.cmp(&b.logical_id));
                going.push(Going { which: *which, live, resources });
            }
            _ => console.say(&format!("there is no stack {name}"))?,
        }
    }
    if !deployment.external() && arguments.target.is_none() {
        let app = going.iter().find(|stack| stack.which == Which::App).map(|stack| stack.live.clone());
        let unused = |stack: &Going| stack.which == Which::Iam && used(&stack.live, app.as_ref()).is_empty();
        if let Some(at) = going.iter().position(unused) {
            let other = going.remove(at);
            console.say(&format!(
                "the stack {} stays: nothing says that it is this deployment's; `iam-split delete iam` deletes it",
                other.live.name
            ))?;
        }
    }
    if going.is_empty() {
        console.result("nothing to delete")?;
        return Ok(Exit::Done);
    }
    if !arguments.retain.is_empty() || arguments.force {
        failed_before(&going)?;
    }
    let mut in_the_way = in_the_way(deployment, &going, console).await?;
    if let Some(iam) = going.iter().find(|stack| stack.which == Which::Iam) {
        in_the_way.extend(not_ours(deployment, &iam.live, false).await?);
    }
    if let Some(failure) = refused(&in_the_way) {
        return Err(failure);
    }
    for stack in &going {
        let name = &stack.live.name;
        console.say(&format!(
            "the {} stack {name} goes, with {} resources",
            stack.which.noun(),
            stack.resources.len()
        ))?;
        for resource in &stack.resources {
            console.say(&format!(
                "  - {:<38} {}  {}",
                resource.kind, resource.logical_id, resource.physical_id
            ))?;
        }
    }
    if !arguments.operation.yes && !console.ask("delete?").await? {
        console.result("nothing was deleted")?;
        return Ok(Exit::Refused);
    }
    for stack in &going {
        let deletion = Deletion { retain: arguments.retain.clone(), force: arguments.force };
        let interval = arguments.operation.poll_interval;
        let outcome = removed(deployment, stack.which, &stack.live.id, &deletion, interval, console).await?;
        if !outcome.done {
            let target = if stack.which == Which::Iam { "iam" } else { "app" };
            let kept: Vec<String> = outcome
                .causes
                .iter()
                .filter(|cause| !cause.is_stack(&stack.live.id))
                .map(|cause| format!(" --retain {}", cause.logical_id))
                .collect();
            return Err(outcome
                .failure(&stack.live.name, "remains: ")
                .help("put right what stands in the way, and delete again: what is gone already is not asked for")
                .note(format!("or leave them where they are: `iam-split delete {target}{}`", kept.concat()))
                .note(format!("or let the stack go whatever becomes of them: `iam-split delete {target} --force`")));
        }
        console.result(&format!("deleted {}", stack.live.name))?;
        for (resource, why) in &outcome.kept {
            console.result(&format!("  remains: {} {} ({why})", resource.kind, resource.physical_id))?;
        }
    }
    let bucket = &deployment.settings.bucket;
    match bucket::exists(aws, bucket).await {
        Ok(true) => console
            .result(&format!("  remains: the bucket {bucket} with the templates of earlier deployments"))?,
        Ok(false) => {}
        // What was to be deleted is deleted, whatever becomes of the look at what is left.
        Err(failure) => console.result(&format!(
            "  whether the bucket {bucket} remains cannot be seen: {}",
            failure.parts().0
        ))?,
    }
    Ok(Exit::Done)
}

/// What CloudFormation takes after a failed deletion alone.
///
/// Source: CloudFormation API reference, `DeleteStack`: `RetainResources`, `DeletionMode`.
fn failed_before(going: &[Going]) -> Result<(), Failure> {
    match going.iter().find(|stack| stack.live.status != "DELETE_FAILED") {
        Some(stack) => Err(Failure::new(format!(
            "the stack `{}` is {}: --retain and --force are for one whose deletion failed (DELETE_FAILED)",
            stack.live.name, stack.live.status
        ))
        .exit(Exit::Refused)
        .help("delete it without them first")),
        None => Ok(()),
    }
}

/// Who waits for a creation only to delete what it makes is told of the shorter way.
async fn creating(deployment: &Deployment, which: Which, console: &mut Console<'_>) -> Result<(), Failure> {
    let live = stack::describe(&deployment.aws, deployment.stack(which)).await?;
    match live.filter(|live| live.status == "CREATE_IN_PROGRESS") {
        Some(live) => console.say(&format!(
            "the stack {} is being created: it is waited for; `iam-split delete --now` deletes it at once",
            live.name
        )),
        None => Ok(()),
    }
}

/// Without an application template it cannot be told whether the pair has an IAM stack: one of the usual name
/// is looked for.
fn may_have_iam(deployment: &Deployment) -> bool {
    deployment.settings.pattern.is_none() && deployment.app.is_none()
}

/// What would make a deletion fail half way: found before anything is deleted.
async fn in_the_way(
    deployment: &Deployment,
    going: &[Going],
    console: &mut Console<'_>,
) -> Result<Vec<Diagnostic>, Failure> {
    let aws = &deployment.aws;
    let mut found = Vec::new();
    let goes = |name: &str| going.iter().any(|stack| stack.live.name == name);
    for stack in going {
        let name = &stack.live.name;
        if stack.live.protected {
            found.push(
                Diagnostic::new(Code::DPL014, format!("the stack `{name}` is protected against deletion"))
                    .help(format!("`aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {name}`")),
            );
        }
        for (export, importers) in usage::importers(aws, &stack.live).await? {
            for importer in importers.into_iter().filter(|importer| !goes(importer)) {
                found.push(
                    Diagnostic::new(
                        Code::DPL014,
                        format!("Export {export} is still imported by stack {importer}"),
                    )
                    .help(format!("delete `{importer}` first, or take the import out of it")),
                );
            }
        }
        if stack.which == Which::Iam && stack.live.status != "REVIEW_IN_PROGRESS" {
            let template = stack::template(aws, &stack.live.id).await?;
            let others: Vec<LiveResource> = going
                .iter()
                .filter(|other| other.which != stack.which)
                .flat_map(|other| other.resources.clone())
                .collect();
            for said in usage::attachments(aws, &stack.resources, &others, &template).await? {
                found.push(
                    Diagnostic::new(Code::DPL014, said)
                        .help("detach it first: the deletion of the stack would fail half way"),
                );
            }
        }
    }
    // The IAM stack alone, while the application stands on it.
    if let [only] = going
        && only.which == Which::Iam
        && let Some(app) = stack::describe(aws, deployment.stack(Which::App)).await?
    {
        let arns: Vec<&String> = only.live.outputs.values().collect();
        if app.parameters.values().any(|value| arns.contains(&value)) {
            found.push(
                Diagnostic::new(
                    Code::DPL014,
                    format!("the application stack `{}` uses roles of `{}`", app.name, only.live.name),
                )
                .help("delete the application stack first: `iam-split delete` takes both in order"),
            );
        }
    }
    if found.is_empty() {
        console.say("nothing outside the stacks uses them")?;
    }
    Ok(found)
}
