//! The gates with what AWS says.

use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::gate::{self, Gate, Live};
use iam_split_core::deployment::names::Which;

use super::Deployment;
use super::send::Sent;
use crate::aws::{stack, usage};
use crate::exit::Failure;

/// Gate 1: our own checks, and CloudFormation's of each template.
pub(crate) async fn templates(deployment: &Deployment, sent: &Sent) -> Result<Gate, Failure> {
    let aws = &deployment.aws;
    let check = async |which: Which| match sent.get(which) {
        Some(source) => stack::refusal(aws, source).await.map(|said| Some((which.noun().to_owned(), said))),
        None => Ok(None),
    };
    let (iam, app) = tokio::try_join!(check(Which::Iam), check(Which::App))?;
    Ok(gate::templates(&deployment.found, iam.into_iter().chain(app).collect()))
}

/// Gate 2: the IAM stack, and whether its tags arrived: without `iam:TagRole` they are dropped without a word.
pub(crate) async fn iam_stack(
    deployment: &Deployment,
    live: &Live,
    iam: Option<&Contents>,
) -> Result<Gate, Failure> {
    let resources = stack::resources(&deployment.aws, &live.id).await?;
    let (untagged, unseen) = match live.tags.is_empty() {
        true => (None, Vec::new()),
        false => {
            let (found, unseen) = usage::untagged(&deployment.aws, &resources, &live.tags).await?;
            (Some(found), unseen)
        }
    };
    Ok(gate::iam_stack(live, &resources, iam, untagged).without(unseen))
}

/// Gate 4: the application stack.
pub(crate) async fn app_stack(deployment: &Deployment, live: &Live) -> Result<Gate, Failure> {
    let resources = stack::resources(&deployment.aws, &live.id).await?;
    Ok(gate::app_stack(live, &resources, deployment.app.as_ref()))
}
