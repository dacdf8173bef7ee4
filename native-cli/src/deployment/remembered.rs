//! The monolith of a migration: kept in the bucket, so that the way back is there after the move.

use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::names::{Which, content_key, migration_key, old_migration_key};
use iam_split_core::diagnostic::Code;
use iam_split_core::text::digest;
use serde::{Deserialize, Serialize};

use super::Deployment;
use crate::aws::bucket;
use crate::exit::{Exit, Failure};

/// What stands in the bucket.
#[derive(Debug, Deserialize, Serialize)]
struct Pointer {
    /// The stack that it is about.
    stack_id: String,
    /// The object with the template.
    template: String,
    /// The SHA-256 of the template.
    digest: String,
}

fn key(deployment: &Deployment) -> String {
    migration_key(&deployment.settings.prefix, &deployment.settings.name)
}

/// Keeps the monolith that a stack has now.
pub(crate) async fn remember(deployment: &Deployment, live: &Live, text: &str) -> Result<(), Failure> {
    let (aws, settings) = (&deployment.aws, &deployment.settings);
    deployment.bucket(None).await?;
    let template = content_key(&settings.prefix, Which::App, text, is_json(text));
    bucket::put(aws, &settings.bucket, &template, text).await?;
    let pointer = Pointer { stack_id: live.id.clone(), template, digest: digest(text) };
    let pointer = serde_json::to_string(&pointer).map_err(std::io::Error::from)?;
    bucket::put(aws, &settings.bucket, &key(deployment), &pointer).await?;
    Ok(())
}

/// The monolith that was kept of a stack, if one was.
pub(crate) async fn remembered(deployment: &Deployment, live: &Live) -> Result<Option<String>, Failure> {
    let (aws, bucket) = (&deployment.aws, &deployment.settings.bucket);
    let pointer = match bucket::find(aws, bucket, &key(deployment)).await? {
        Some(text) => Some(text),
        // Before, the key had no stack's name in it.
        None => bucket::find(aws, bucket, &old_migration_key(&deployment.settings.prefix)).await?,
    };
    let pointer = pointer.and_then(|text| serde_json::from_str::<Pointer>(&text).ok());
    let Some(pointer) = pointer.filter(|pointer| pointer.stack_id == live.id) else { return Ok(None) };
    let text = bucket::find(aws, bucket, &pointer.template).await?.unwrap_or_default();
    if digest(&text) == pointer.digest {
        return Ok(Some(text));
    }
    Err(Failure::new(format!(
        "`{}` of the bucket `{bucket}` is not the monolith that was kept there",
        pointer.template
    ))
    .code(Code::DPL021)
    .exit(Exit::Refused)
    .help(Code::DPL021.explanation().recovery))
}

/// Whether a template that CloudFormation or a migration wrote is JSON.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}
