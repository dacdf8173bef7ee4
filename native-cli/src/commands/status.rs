//! `iam-split status`

use std::collections::BTreeMap;

use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::events::Event;
use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::state::is_good;
use iam_split_core::deployment::status::{StackStatus, Stale, stale, stale_two_phase};

use crate::Streams;
use crate::args::deployment::{Format, StatusArgs};
use crate::aws::{stack, usage};
use crate::deployment::{self, Deployment, Needs};
use crate::exit::{Exit, Failure};
use crate::progress::Console;

pub(crate) fn run(arguments: &StatusArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let json = arguments.format == Format::Json;
    deployment::run(&arguments.settings, json, Needs::default(), streams, async |deployment, console| {
        let iam = match deployment.external() {
            true => deployment.source_of_iam().await?,
            false => None,
        };
        let app = stack::describe(&deployment.aws, deployment.stack(Which::App)).await?;
        let (mut of_iam, mut of_app) = (Vec::new(), Vec::new());
        if let (Some(iam), Some(app)) = (&iam, &app) {
            of_app = stale(iam, app, deployment.app.as_ref());
            of_iam = deployment
                .iam
                .as_ref()
                .map(|contents| stale_two_phase(iam, app, contents))
                .unwrap_or_default();
        }
        let mut good = true;
        if deployment.has_iam_stack() {
            good &= tell(deployment, Which::Iam, iam.as_ref(), of_iam, console).await?;
        }
        good &= tell(deployment, Which::App, app.as_ref(), of_app, console).await?;
        Ok(if good { Exit::Done } else { Exit::Refused })
    })
}

async fn tell(
    deployment: &Deployment,
    which: Which,
    live: Option<&Live>,
    stale: Vec<Stale>,
    console: &mut Console<'_>,
) -> Result<bool, Failure> {
    let name = deployment.stack(which);
    let Some(live) = live else {
        console.result(&format!("{} stack {name}: not deployed", which.noun()))?;
        let status = StackStatus {
            stack: name.to_owned(),
            status: None,
            reason: String::new(),
            changed: String::new(),
            exports: BTreeMap::new(),
            stale,
        };
        console.emit(&Event::Status { status: &status })?;
        return Ok(false);
    };
    // How the stack stands does not hang on who imports what of it.
    let (importers, unseen) = match usage::importers(&deployment.aws, live).await {
        Ok(importers) => (importers, None),
        Err(failure) => (BTreeMap::new(), Some(deployment.aws.said(failure.parts().0))),
    };
    let detail = if live.detail.is_empty() { String::new() } else { format!(" ({})", live.detail) };
    let reason = if live.reason.is_empty() { String::new() } else { format!(": {}", live.reason) };
    console.result(&format!(
        "{} stack {name}: {}{detail}{reason}, last changed {}",
        which.noun(),
        live.status,
        live.changed
    ))?;
    // Where the running template takes none, there is nothing to be stale.
    let mut takes = deployment.app.iter().flat_map(Contents::iam_parameters).map(|(name, _)| name);
    let takes = deployment.app.is_none() || takes.any(|name| live.parameters.contains_key(name));
    if which == Which::App && deployment.external() && takes && stale.is_empty() {
        let those = match &deployment.arns {
            Some(arns) => format!("those of `{}`", arns.name),
            None => "the IAM stack's newest outputs".to_owned(),
        };
        console.result(&format!("  its IAM parameters are {those}"))?;
    }
    for stale in &stale {
        console.result(&format!(
            "  stale: {} is {}, and {} gives {}",
            stale.parameter, stale.has, stale.output, stale.newest
        ))?;
    }
    if !stale.is_empty() {
        console.result("  help: `iam-split deploy` brings it up to date")?;
    }
    if let Some(unseen) = &unseen {
        console.result(&format!(
            "  who imports its exports is not known: {}",
            unseen.lines().last().unwrap_or_default().trim()
        ))?;
    } else if !live.exports.is_empty() {
        console.result(&format!("  {} exports, {} of them imported", live.exports.len(), importers.len()))?;
    }
    for (export, stacks) in &importers {
        console.result(&format!("    {export} by {}", stacks.join(", ")))?;
    }
    let good = is_good(&live.status) && stale.is_empty();
    let exports = live
        .exports
        .values()
        .map(|export| (export.clone(), importers.get(export).cloned().unwrap_or_default()));
    let status = StackStatus {
        stack: name.to_owned(),
        status: Some(live.status.clone()),
        reason: live.reason.clone(),
        changed: live.changed.clone(),
        exports: exports.collect(),
        stale,
    };
    console.emit(&Event::Status { status: &status })?;
    Ok(good)
}
