//! `iam-split gates`

use iam_split_core::deployment::gate::{self, Check, Gate};
use iam_split_core::deployment::names::Which;

use crate::Streams;
use crate::args::deployment::{Format, GatesArgs};
use crate::aws::stack;
use crate::deployment::health::health;
use crate::deployment::runtime::runtime;
use crate::deployment::send::sources;
use crate::deployment::{self, Deployment, Needs, gates};
use crate::exit::{Exit, Failure};
use crate::progress::Console;

pub(crate) fn run(arguments: &GatesArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let wanted = |gate: u8| match gate {
        5 => arguments.runtime || arguments.gates.contains(&5),
        // Who only asks an address asks nothing else.
        _ => (arguments.gates.is_empty() && arguments.url.is_empty()) || arguments.gates.contains(&gate),
    };
    let needs = Needs { app: wanted(1) || wanted(3), iam: wanted(1) && !wanted(3), ..Needs::default() };
    let json = arguments.format == Format::Json;
    deployment::run(&arguments.settings, json, needs, streams, async |deployment, console| {
        let mut passed = true;
        for number in (1..=4).filter(|number| wanted(*number)) {
            let gate = check(deployment, number, console).await?;
            let Some(gate) = gate else {
                let why = if deployment.external() {
                    "where there is no IAM stack"
                } else {
                    "in the inline pattern"
                };
                console.result(&format!("gate {number}: has no meaning {why}"))?;
                continue;
            };
            passed &= gate.passed || arguments.allow_unchecked && gate.word() == "NOT CHECKED";
            tell(&gate, console)?;
        }
        if wanted(5) {
            passed &= running(deployment, arguments.allow_unchecked, console).await?;
        }
        for url in &arguments.url {
            let gate = Gate::of(5, vec![health(url).await]);
            passed &= gate.passed;
            tell(&gate, console)?;
        }
        Ok(if passed { Exit::Done } else { Exit::Refused })
    })
}

/// Gate 5, with the statement that each refusal leads to.
async fn running(
    deployment: &Deployment,
    allow_unchecked: bool,
    console: &mut Console<'_>,
) -> Result<bool, Failure> {
    let name = deployment.stack(Which::App);
    let Some(live) = stack::describe(&deployment.aws, name).await? else {
        tell(&absent(5, name), console)?;
        return Ok(false);
    };
    let runtime = runtime(deployment, &live).await?;
    tell(&runtime.gate, console)?;
    for what in &runtime.never_seen {
        console.result(&format!("  never seen: {what}"))?;
    }
    deployment.tell(&runtime.findings, console)?;
    let fine = runtime.gate.checks.iter().all(|check| check.passed);
    Ok(runtime.gate.passed || fine && allow_unchecked)
}

/// A gate with all its checks, the passed ones too.
fn tell(gate: &Gate, console: &mut Console<'_>) -> Result<(), Failure> {
    console.result(&format!("gate {} ({}): {}", gate.gate, gate.name, gate.word()))?;
    for check in &gate.checks {
        console.result(&format!("  {} {}", if check.passed { "yes" } else { "NO " }, check.name))?;
        for found in &check.found {
            console.result(&format!("      {found}"))?;
        }
    }
    for unseen in &gate.unseen {
        console.result(&format!("  not checked: {unseen}"))?;
    }
    console.emit(&iam_split_core::deployment::events::Event::Gate { gate })
}

/// Checks a gate; `None` where it has no meaning.
async fn check(
    deployment: &Deployment,
    number: u8,
    console: &mut Console<'_>,
) -> Result<Option<Gate>, Failure> {
    let live = async |which: Which| stack::describe(&deployment.aws, deployment.stack(which)).await;
    Ok(match number {
        1 => {
            let stacks: &[Which] =
                if deployment.iam.is_some() { &[Which::Iam, Which::App] } else { &[Which::App] };
            let sent = sources(deployment, stacks, console).await?;
            Some(gates::templates(deployment, &sent).await?)
        }
        2 if !deployment.has_iam_stack() => None,
        3 if !deployment.external() => None,
        2 => Some(match live(Which::Iam).await? {
            Some(live) => gates::iam_stack(deployment, &live, deployment.iam.as_ref()).await?,
            None => absent(2, deployment.stack(Which::Iam)),
        }),
        3 => match (deployment.source_of_iam().await?, &deployment.app) {
            (Some(live), Some(app)) => Some(gate::query(&live, deployment.iam.as_ref(), app)),
            _ => Some(absent(3, deployment.stack(Which::Iam))),
        },
        _ => Some(match live(Which::App).await? {
            Some(live) => gates::app_stack(deployment, &live).await?,
            None => absent(4, deployment.stack(Which::App)),
        }),
    })
}

fn absent(gate: u8, stack: &str) -> Gate {
    Gate::of(
        gate,
        vec![Check::of(format!("the stack `{stack}` stands"), vec![format!("Stack not found: {stack}")])],
    )
}
