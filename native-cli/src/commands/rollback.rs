//! `iam-split rollback`

use std::collections::BTreeMap;

use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::gate::{self, Live};
use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::parameters::{Parameters, Passed};
use iam_split_core::diagnostic::Source;

use crate::Streams;
use crate::args::deployment::{Format, RollbackArgs, Target};
use crate::aws::stack::{self, TemplateSource};
use crate::aws::watch::{Watched, newest, watch};
use crate::deployment::apply::{Applied, How, apply, refused, settled};
use crate::deployment::remembered::{Keepsake, remembered};
use crate::deployment::{self, Deployment, Needs};
use crate::exit::{Exit, Failure};
use crate::progress::Console;

pub(crate) fn run(arguments: &RollbackArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    deployment::can_ask(arguments.operation, streams, "pass --yes")?;
    if arguments.target == Some(Target::App) && !arguments.go_on {
        return Err(Failure::new("only the IAM stack's earlier templates are kept")
            .help("deploy the application template that the stack should have"));
    }
    let json = arguments.operation.format == Format::Json;
    deployment::run(&arguments.settings, json, Needs::default(), streams, async |deployment, console| {
        if arguments.go_on {
            go_on(deployment, arguments, console).await
        } else {
            back(deployment, arguments, console).await
        }
    })
}

/// Goes on with rollbacks of CloudFormation's own that failed.
async fn go_on(
    deployment: &Deployment,
    arguments: &RollbackArgs,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let stacks: &[Which] = match arguments.target {
        Some(Target::Iam) => &[Which::Iam],
        Some(Target::App) => &[Which::App],
        None => &[Which::Iam, Which::App],
    };
    let mut any = false;
    for which in stacks {
        let live = settled(deployment, *which, arguments.operation.poll_interval, console).await?;
        let Some(live) = live.filter(|live| live.status == "UPDATE_ROLLBACK_FAILED") else { continue };
        any = true;
        let question = format!("go on with the rollback of {}?", live.name);
        if !arguments.operation.yes && !console.ask(&question)? {
            return Ok(Exit::Refused);
        }
        let newest = newest(&deployment.aws, &live.id).await?;
        stack::continue_rollback(&deployment.aws, &live.name, deployment.role(*which), &arguments.skip)
            .await?;
        console.begin(&live.name, "rollback", "started", None)?;
        let watched = Watched {
            stack: &live.name,
            id: &live.id,
            operation: "rollback",
            newest,
            limit: deployment.settings.timeouts.update,
            interval: arguments.operation.poll_interval,
        };
        let outcome = watch(&deployment.aws, &watched, console).await?;
        if outcome.status != "UPDATE_ROLLBACK_COMPLETE" {
            return Err(outcome.failure(&live.name, "").help(
                "put right what is named, or leave it as it is with --skip LOGICAL_ID, and go on again",
            ));
        }
        console.result(&format!("the stack {} is as it was before its update", live.name))?;
    }
    if !any {
        console.result("no stack has a rollback that failed")?;
    }
    Ok(Exit::Done)
}

/// Puts the IAM stack back to its earlier template.
async fn back(
    deployment: &Deployment,
    arguments: &RollbackArgs,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let name = deployment.stack(Which::Iam);
    let live = settled(deployment, Which::Iam, arguments.operation.poll_interval, console).await?;
    let Some(live) = live else {
        return Err(Failure::new(format!("Stack not found: {name}")).exit(Exit::Refused));
    };
    let app = settled(deployment, Which::App, arguments.operation.poll_interval, console).await?;
    let earlier = earlier(deployment, &live).await?;
    let in_use = lost(&live, &earlier, app.as_ref());
    if !in_use.is_empty() {
        return Err(Failure::new(format!(
            "the application stack uses {}, which the earlier IAM template does not have",
            in_use.join(", ")
        ))
        .exit(Exit::Refused)
        .help("put the application back first: deploy its earlier template"));
    }
    let parameters = parameters(&live, &earlier)?;
    console.say(&format!("the stack {name} gets the template {}", earlier.url))?;
    if !arguments.operation.yes && !console.ask("put it back?")? {
        console.result("nothing was changed")?;
        return Ok(Exit::Refused);
    }
    let template = TemplateSource::Url(earlier.url.clone());
    let spec = deployment.spec(Which::Iam, template, earlier.contents.capabilities.clone(), parameters);
    let how = How { interval: arguments.operation.poll_interval, ..How::default() };
    let applied = apply(deployment, &spec, Some(&live), how, console).await?;
    let live = stack::describe(&deployment.aws, name).await?.unwrap_or(live);
    let resources = stack::resources(&deployment.aws, &live.id).await?;
    let gate = gate::iam_stack(&live, &resources, Some(&earlier.contents));
    console.gate(&gate)?;
    if let Some(failure) = gate::finding(&gate).and_then(|finding| refused(&[finding])) {
        return Err(failure);
    }
    console.result(match applied {
        Applied::Unchanged => "the IAM stack has the earlier template already",
        _ => "the IAM stack is as it was before its last update",
    })?;
    Ok(Exit::Done)
}

/// The template that the IAM stack had before its last update.
struct Earlier {
    contents: Contents,
    url: String,
}

async fn earlier(deployment: &Deployment, live: &Live) -> Result<Earlier, Failure> {
    let none = |why: &str| {
        Failure::new(format!("no earlier template of the stack `{}` is known: {why}", live.name))
            .exit(Exit::Refused)
            .help("deploy the template that it should have: give it as `iam_template`, and run `iam-split deploy iam`")
    };
    let kept = remembered(deployment, Keepsake::Previous, live).await?.map_err(none)?;
    let contents = Contents::read(&kept.text, Source::Iam).0.ok_or_else(|| none("it cannot be read"))?;
    Ok(Earlier { contents, url: kept.url })
}

/// Outputs that the application takes and the earlier template does not give.
fn lost(live: &Live, earlier: &Earlier, app: Option<&Live>) -> Vec<String> {
    let Some(app) = app else { return Vec::new() };
    let gone = live.outputs.iter().filter(|(output, _)| !earlier.contents.outputs.contains_key(*output));
    let taken = gone.filter(|(_, value)| app.parameters.values().any(|given| given == *value));
    taken.map(|(output, _)| format!("`{output}`")).collect()
}

/// The values that the stack has, for what the earlier template declares.
fn parameters(live: &Live, earlier: &Earlier) -> Result<Parameters, Failure> {
    let mut parameters = BTreeMap::new();
    for (name, declared) in &earlier.contents.parameters {
        if live.parameters.contains_key(name) {
            parameters.insert(name.clone(), Passed::Previous);
        } else if declared.default.is_none() {
            return Err(Failure::new(format!(
                "the earlier template needs a value for `{name}`, which the stack no longer has"
            ))
            .exit(Exit::Refused)
            .help("deploy the earlier template with its value: `iam-split deploy iam`"));
        }
    }
    Ok(parameters)
}
