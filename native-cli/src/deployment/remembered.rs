//! Templates of stacks that will have others: kept in the bucket, to be put back.

use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::names::{Which, content_key};
use serde::{Deserialize, Serialize};

use super::Deployment;
use crate::aws::bucket;
use crate::exit::Failure;

/// What a template is kept for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keepsake {
    /// The IAM stack's, before its last update.
    Previous,
    /// The monolith's, before it is moved.
    Monolith,
}

/// What stands in the bucket under the keepsake's name.
#[derive(Debug, Deserialize, Serialize)]
struct Pointer {
    /// The stack that it is about.
    stack_id: String,
    /// The object with the template.
    template: String,
}

/// A template that was kept.
pub(crate) struct Remembered {
    pub(crate) text: String,
    pub(crate) url: String,
}

impl Keepsake {
    fn which(self) -> Which {
        match self {
            Self::Previous => Which::Iam,
            Self::Monolith => Which::App,
        }
    }

    fn key(self, deployment: &Deployment) -> String {
        let prefix = &deployment.settings.prefix;
        match self {
            Self::Previous => format!("{prefix}-iam-previous.json"),
            Self::Monolith => format!("{prefix}-migration.json"),
        }
    }
}

/// Keeps a template that a stack has now.
pub(crate) async fn remember(
    deployment: &Deployment,
    keepsake: Keepsake,
    live: &Live,
    text: &str,
) -> Result<(), Failure> {
    let (aws, settings) = (&deployment.aws, &deployment.settings);
    bucket::ensure(aws, &settings.bucket).await?;
    let template = content_key(&settings.prefix, keepsake.which(), text, is_json(text));
    bucket::put(aws, &settings.bucket, &template, text).await?;
    let pointer = Pointer { stack_id: live.id.clone(), template };
    let pointer = serde_json::to_string(&pointer).map_err(std::io::Error::from)?;
    bucket::put(aws, &settings.bucket, &keepsake.key(deployment), &pointer).await?;
    Ok(())
}

/// The template that was kept of a stack, or why there is none.
pub(crate) async fn remembered(
    deployment: &Deployment,
    keepsake: Keepsake,
    live: &Live,
) -> Result<Result<Remembered, &'static str>, Failure> {
    let aws = &deployment.aws;
    let Some(pointer) = bucket::find(aws, &deployment.address(&keepsake.key(deployment))).await? else {
        return Ok(Err("iam-split has not updated it yet"));
    };
    let Ok(pointer) = serde_json::from_str::<Pointer>(&pointer) else {
        return Ok(Err("what the bucket says of it cannot be read"));
    };
    if pointer.stack_id != live.id {
        return Ok(Err("the stack was made anew since"));
    }
    let url = deployment.address(&pointer.template);
    let text = bucket::fetch(aws, &url).await?;
    Ok(Ok(Remembered { text, url }))
}

/// Whether a template that CloudFormation or a migration wrote is JSON.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}
