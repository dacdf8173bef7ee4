//! What a stack was before its last update: kept in the bucket, to be put back.

use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::names::{Which, content_key, object_url};
use iam_split_core::diagnostic::Source;
use serde::{Deserialize, Serialize};

use super::Deployment;
use crate::aws::{bucket, stack};
use crate::exit::{Exit, Failure};

/// What stands in the bucket under `PREFIX-iam-previous.json`.
#[derive(Debug, Deserialize, Serialize)]
struct Pointer {
    /// The stack that it is about.
    stack_id: String,
    /// The object with the template.
    template: String,
}

/// An earlier template.
pub(crate) struct Previous {
    pub(crate) contents: Contents,
    pub(crate) url: String,
}

fn pointer_key(deployment: &Deployment) -> String {
    format!("{}-iam-previous.json", deployment.settings.prefix)
}

/// Keeps the template that the IAM stack has now, before it gets another.
pub(crate) async fn remember(deployment: &Deployment, live: &Live) -> Result<(), Failure> {
    let (aws, settings) = (&deployment.aws, &deployment.settings);
    let text = stack::template(aws, &live.id).await?;
    let json = text.trim_start().starts_with('{');
    let template = content_key(&settings.prefix, Which::Iam, &text, json);
    bucket::ensure(aws, &settings.bucket).await?;
    bucket::put(aws, &settings.bucket, &template, &text).await?;
    let pointer = Pointer { stack_id: live.id.clone(), template };
    let pointer = serde_json::to_string(&pointer).map_err(std::io::Error::from)?;
    bucket::put(aws, &settings.bucket, &pointer_key(deployment), &pointer).await?;
    Ok(())
}

/// The template that the IAM stack had before its last update.
pub(crate) async fn previous(deployment: &Deployment, live: &Live) -> Result<Previous, Failure> {
    let (aws, settings) = (&deployment.aws, &deployment.settings);
    let none = |why: &str| {
        Failure::new(format!("no earlier template of the stack `{}` is known: {why}", live.name))
            .exit(Exit::Refused)
            .help("deploy the template that it should have: give it as `iam_template`, and run `iam-split deploy iam`")
    };
    let address = |key: &str| object_url(aws.endpoint.as_deref(), &aws.region, &settings.bucket, key);
    let Some(pointer) = bucket::find(aws, &address(&pointer_key(deployment))).await? else {
        return Err(none("iam-split has not updated it yet"));
    };
    let pointer: Pointer =
        serde_json::from_str(&pointer).map_err(|_| none("what the bucket says of it cannot be read"))?;
    if pointer.stack_id != live.id {
        return Err(none("the stack was made anew since"));
    }
    let url = address(&pointer.template);
    let text = bucket::fetch(aws, &url).await?;
    let contents = Contents::read(&text, Source::Iam).0.ok_or_else(|| none("it cannot be read"))?;
    Ok(Previous { contents, url })
}
