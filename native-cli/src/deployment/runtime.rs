//! Gate 5: permission errors of the running application since it was deployed.

use std::collections::{BTreeMap, BTreeSet};

use iam_split_core::deployment::failure::recognise;
use iam_split_core::deployment::gate::{Check, Gate, Live};
use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::runtime::{advise, denials};
use iam_split_core::diagnostic::{Code, Diagnostic};

use super::Deployment;
use crate::aws::runtime::{Heard, functions, logs, millis, of_kind, services};
use crate::aws::stack;
use crate::exit::Failure;

/// What nobody can see from outside: said, so that a passed gate is not taken for more than it is.
const NEVER_SEEN: [&str; 3] = [
    "whether requests to the API succeed: `iam-split gates --url` asks an address",
    "what the application did not try since it was deployed",
    "logs that the application sends elsewhere than to its own log groups",
];

/// The gate, what it found, and what it could not look at.
pub(crate) struct Runtime {
    pub(crate) gate: Gate,
    pub(crate) findings: Vec<Diagnostic>,
    /// What nobody can see from outside, and what there is nothing to be seen of.
    pub(crate) never_seen: Vec<String>,
}

/// Reads log groups, functions and services of the application stack.
pub(crate) async fn runtime(deployment: &Deployment, app: &Live) -> Result<Runtime, Failure> {
    let aws = &deployment.aws;
    let resources = stack::resources(aws, &app.id).await?;
    let since = millis(&app.changed);
    let names = of_kind(&resources, "AWS::Lambda::Function");
    let mut groups: BTreeSet<String> = of_kind(&resources, "AWS::Logs::LogGroup").into_iter().collect();
    // Source: Lambda Developer Guide, "Working with Lambda function logs": the group of a function.
    groups.extend(names.iter().map(|name| format!("/aws/lambda/{name}")));
    let groups: Vec<String> = groups.into_iter().collect();
    let mut heard = Heard::default();
    logs(aws, &groups, since, &mut heard).await?;
    functions(aws, &names, &mut heard).await?;
    services(aws, &of_kind(&resources, "AWS::ECS::Service"), since, &mut heard).await?;

    let (physical, iam) = of_iam(deployment).await?;
    let mut denied = BTreeMap::new();
    let mut others = BTreeSet::new();
    for (place, text) in &heard.texts {
        let found = denials(text);
        if found.is_empty()
            && let Some(known) =
                recognise(text).filter(|known| matches!(known.code, Code::AWS010 | Code::AWS012))
        {
            others.insert(format!("{place}: {}", known.message));
        }
        for denial in found {
            denied.entry(denial).or_insert_with(|| place.clone());
        }
    }
    let findings: Vec<Diagnostic> = denied
        .iter()
        .map(|(denial, place)| advise(denial, &iam, &physical).help(format!("seen in the {place}")))
        .collect();
    let refused = findings.iter().map(|finding| finding.message.clone()).chain(others).collect();
    let checks = vec![
        Check::of("no permission was refused since the deployment", refused),
        Check::of("functions and services can run", heard.troubles.clone()),
    ];
    let mut unseen = heard.unseen;
    if heard.seen.is_empty() && unseen.is_empty() {
        unseen.push(
            "the application has no log group that was written to, no function and no service of ECS"
                .to_owned(),
        );
    }
    let mut never_seen = heard.silent;
    never_seen.extend(NEVER_SEEN.map(str::to_owned));
    Ok(Runtime { gate: Gate::of(5, checks).without(unseen), findings, never_seen })
}

/// The logical ids of the IAM stack's roles by their names, and its template.
async fn of_iam(deployment: &Deployment) -> Result<(BTreeMap<String, String>, String), Failure> {
    let which = if deployment.has_iam_stack() { Which::Iam } else { Which::App };
    let Some(live) = stack::describe(&deployment.aws, deployment.stack(which)).await? else {
        return Ok((BTreeMap::new(), String::new()));
    };
    let resources = stack::resources(&deployment.aws, &live.id).await?;
    let roles = resources.into_iter().filter(|one| one.kind == "AWS::IAM::Role");
    let physical = roles.map(|one| (one.physical_id, one.logical_id)).collect();
    // The lines that are shown are those of the template at hand, where there is one.
    let text = match deployment.contents(which) {
        Some(contents) => contents.text.clone(),
        None => stack::template(&deployment.aws, &live.id).await?,
    };
    Ok((physical, text))
}
