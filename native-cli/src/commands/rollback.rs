//! `iam-split rollback`

use std::collections::BTreeMap;

use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::gate::{self, Live};
use iam_split_core::deployment::names::{INLINE_BODY, Which};
use iam_split_core::deployment::order::used;
use iam_split_core::deployment::parameters::{Parameters, Passed};
use iam_split_core::diagnostic::Source;

use crate::Streams;
use crate::args::deployment::{Format, RollbackArgs, Target};
use crate::aws::stack::{self, TemplateSource};
use crate::aws::watch::{Outcome, Watched, newest, watch};
use crate::deployment::apply::{Applied, How, apply, ended, not_ours, refused, settled};
use crate::deployment::record::{Entry, History};
use crate::deployment::{self, Deployment, Needs, gates};
use crate::exit::{Exit, Failure};
use crate::progress::Console;

pub(crate) fn run(arguments: &RollbackArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    deployment::can_ask(arguments.operation, streams, "pass --yes")?;
    if arguments.target == Some(Target::App) && !arguments.go_on && !arguments.cancel {
        return Err(Failure::new("only the IAM stack's earlier templates are kept")
            .help("deploy the application template that the stack should have"));
    }
    let json = arguments.operation.format == Format::Json;
    deployment::run(&arguments.settings, json, Needs::default(), streams, async |deployment, console| {
        if arguments.cancel {
            cancel(deployment, arguments, console).await
        } else if arguments.go_on {
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
        let live = ended(deployment, *which, arguments.operation.poll_interval, console).await?;
        let Some(live) = live.filter(|live| live.status == "UPDATE_ROLLBACK_FAILED") else { continue };
        any = true;
        let question = format!("go on with the rollback of {}?", live.name);
        if !arguments.operation.yes && !console.ask(&question).await? {
            return Ok(Exit::Refused);
        }
        let newest = newest(&deployment.aws, &live.id).await?;
        stack::continue_rollback(&deployment.aws, &live.name, deployment.role(*which), &arguments.skip)
            .await?;
        let outcome = goes_back(deployment, arguments, &live, newest, console).await?;
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

/// Watches a stack on its way back.
async fn goes_back(
    deployment: &Deployment,
    arguments: &RollbackArgs,
    live: &Live,
    newest: Option<String>,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    console.begin(&live.name, "rollback", "started", None)?;
    let watched = Watched {
        stack: &live.name,
        id: &live.id,
        operation: "rollback",
        newest,
        limit: deployment.settings.timeouts.update,
        interval: arguments.operation.poll_interval,
    };
    watch(&deployment.aws, &watched, console).await
}

/// Takes back an update that is under way.
async fn cancel(
    deployment: &Deployment,
    arguments: &RollbackArgs,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    let aws = &deployment.aws;
    let stacks: &[Which] = match arguments.target {
        Some(Target::Iam) => &[Which::Iam],
        Some(Target::App) => &[Which::App],
        None => &[Which::Iam, Which::App],
    };
    let mut any = false;
    for which in stacks {
        let live = stack::describe(aws, deployment.stack(*which)).await?;
        let Some(live) = live.filter(|live| live.status == "UPDATE_IN_PROGRESS") else { continue };
        any = true;
        let question = format!("cancel the update of {} and go back to what it was before?", live.name);
        if !arguments.operation.yes && !console.ask(&question).await? {
            return Ok(Exit::Refused);
        }
        let newest = newest(aws, &live.id).await?;
        stack::cancel_update(aws, &live.name).await?;
        let outcome = goes_back(deployment, arguments, &live, newest, console).await?;
        match outcome.status.as_str() {
            "UPDATE_ROLLBACK_COMPLETE" => {
                console.result(&format!("the stack {} is as it was before its update", live.name))?;
            }
            "UPDATE_COMPLETE" => {
                return Err(Failure::new(format!(
                    "the update of `{}` had ended before it was cancelled",
                    live.name
                ))
                .exit(Exit::Refused)
                .help("`iam-split rollback` puts the IAM stack back to its earlier template"));
            }
            _ => {
                return Err(outcome
                    .failure(&live.name, "")
                    .help("put right what is named, then `iam-split rollback --continue`"));
            }
        }
    }
    if !any {
        console.result("no stack is being updated")?;
    }
    Ok(Exit::Done)
}

/// Puts the IAM stack back to an earlier template.
async fn back(
    deployment: &Deployment,
    arguments: &RollbackArgs,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    if deployment.arns.is_some() {
        return Err(Failure::new("there is no IAM stack: `arns` stands in its place")
            .help("deploy the application with the ARNs that it had before"));
    }
    let (aws, name) = (&deployment.aws, deployment.stack(Which::Iam));
    let interval = arguments.operation.poll_interval;
    let live = settled(deployment, Which::Iam, interval, console).await?;
    let Some(live) = live else {
        return Err(Failure::new(format!("Stack not found: {name}")).exit(Exit::Refused));
    };
    if let Some(failure) = refused(&not_ours(deployment, &live, false).await?) {
        return Err(failure);
    }
    let app = settled(deployment, Which::App, interval, console).await?;
    let running = stack::template(aws, &live.id).await?;
    let mut history = History::open(deployment, &live, &running, None).await?;
    history.write(deployment).await?;
    let (now, entry) = chosen(&history, &live, arguments.to.as_deref())?;
    console.say(&format!("the IAM stack {name} has {}", now.told()))?;
    if entry.digest == now.digest {
        console.result("the IAM stack has this template already: nothing was changed")?;
        return Ok(Exit::Done);
    }
    let text = history.text(deployment, &entry).await?;
    let unreadable = || {
        Failure::new(format!("the template {} cannot be read", entry.digest))
            .exit(Exit::Refused)
            .help("deploy the template that the stack should have: `iam-split deploy iam`")
    };
    let earlier = Contents::read(&text, Source::Iam).0.ok_or_else(unreadable)?;
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
    console.say(&format!("it gets    {}", entry.told()))?;
    if now.command == "rollback" {
        console.say("it was put back before: this goes forward again, or further back with --to")?;
    }
    super::plan::allowed(&running, &text, console)?;
    if !arguments.operation.yes && !console.ask("put it back?").await? {
        console.result("nothing was changed")?;
        return Ok(Exit::Refused);
    }
    let template = if text.len() <= INLINE_BODY {
        TemplateSource::Body(text.clone())
    } else {
        TemplateSource::Url(history.address(deployment, &entry))
    };
    let capabilities = earlier.capabilities.clone();
    let spec = deployment.spec(Which::Iam, template, &text, capabilities, parameters);
    // The application is not deployed with it: a role that another takes the place of would be taken from it.
    let how = How {
        interval,
        recorded: Some("rollback"),
        ordered: true,
        accept_interruption: arguments.accept_interruption,
        used: Some(used(&live, app.as_ref())),
        ..How::default()
    };
    let applied = apply(deployment, &spec, Some(&live), how, console).await?;
    let live = stack::describe(aws, name).await?.unwrap_or(live);
    let gate = gates::iam_stack(deployment, &live, Some(&earlier)).await?;
    console.gate(&gate)?;
    if let Some(failure) = gate::finding(&gate).and_then(|finding| refused(&[finding])) {
        return Err(failure);
    }
    let short = entry.digest.get(..12).unwrap_or(&entry.digest);
    console.result(&match applied {
        Applied::Unchanged => format!("nothing had to change: the IAM stack is as {short} says"),
        _ => format!("the IAM stack has the template {short} again"),
    })?;
    Ok(Exit::Done)
}

/// What the stack has, and what it is to have: the template before, or the one that was asked for.
fn chosen(history: &History, live: &Live, to: Option<&str>) -> Result<(Entry, Entry), Failure> {
    let entries = history.entries();
    let none = |why: String| {
        let known: Vec<String> = entries.iter().map(|entry| format!("\n    {}", entry.told())).collect();
        Failure::new(why)
            .exit(Exit::Refused)
            .help(format!("deploy the template that it should have: give it as `iam_template`, and run `iam-split deploy iam`; known are{}", known.concat()))
    };
    let Some(now) = entries.last() else {
        return Err(none(format!("no template of the stack `{}` is known", live.name)));
    };
    let Some(to) = to else {
        return match entries.iter().rev().find(|entry| entry.digest != now.digest) {
            Some(entry) => Ok((now.clone(), entry.clone())),
            None => Err(none(format!(
                "no earlier template of the stack `{}` is known: iam-split has not updated it yet",
                live.name
            ))),
        };
    };
    let mut hits: Vec<&Entry> = entries.iter().rev().filter(|entry| entry.digest.starts_with(to)).collect();
    hits.dedup_by(|a, b| a.digest == b.digest);
    hits.sort_by(|a, b| a.digest.cmp(&b.digest));
    hits.dedup_by(|a, b| a.digest == b.digest);
    match hits.as_slice() {
        [one] => Ok((now.clone(), (*one).clone())),
        [] => Err(none(format!("the stack `{}` never had a template `{to}`, as far as is known", live.name))),
        _ => Err(none(format!("`{to}` is the beginning of several digests: write more of it"))),
    }
}

/// Outputs that the application takes and the earlier template does not give.
fn lost(live: &Live, earlier: &Contents, app: Option<&Live>) -> Vec<String> {
    let Some(app) = app else { return Vec::new() };
    let gone = live.outputs.iter().filter(|(output, _)| !earlier.outputs.contains_key(*output));
    let taken = gone.filter(|(_, value)| app.parameters.values().any(|given| given == *value));
    taken.map(|(output, _)| format!("`{output}`")).collect()
}

/// The values that the stack has, for what the earlier template declares.
fn parameters(live: &Live, earlier: &Contents) -> Result<Parameters, Failure> {
    let mut parameters = BTreeMap::new();
    for (name, declared) in &earlier.parameters {
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
