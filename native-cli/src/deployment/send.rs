//! Where CloudFormation reads the templates, and bringing them there.

use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::names::{INLINE_BODY, Which};
use iam_split_core::deployment::settings::Location;

use super::Deployment;
use crate::aws::bucket;
use crate::aws::stack::TemplateSource;
use crate::exit::Failure;
use crate::progress::Console;

/// The templates' sources, as far as they are needed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent {
    pub(crate) iam: Option<TemplateSource>,
    pub(crate) app: Option<TemplateSource>,
}

impl Sent {
    pub(crate) fn get(&self, which: Which) -> Option<&TemplateSource> {
        match which {
            Which::Iam => self.iam.as_ref(),
            Which::App => self.app.as_ref(),
        }
    }

    fn put(&mut self, which: Which, source: TemplateSource) {
        match which {
            Which::Iam => self.iam = Some(source),
            Which::App => self.app = Some(source),
        }
    }
}

/// A template that was given by its address is there already.
fn given(deployment: &Deployment, which: Which) -> Option<&str> {
    let location = match which {
        Which::Iam => deployment.settings.iam_template.as_ref(),
        Which::App => deployment.settings.template.as_ref(),
    };
    match location? {
        Location::Url(url) => Some(url),
        Location::Path(_) => None,
    }
}

/// Sends templates to the bucket, whatever their size; those that were given by their address are there already.
pub(crate) async fn upload(
    deployment: &Deployment,
    stacks: &[Which],
    console: &mut Console<'_>,
) -> Result<Sent, Failure> {
    let mut sent = Sent::default();
    let mut files: Vec<(Which, &Contents)> = Vec::new();
    for which in stacks {
        match (given(deployment, *which), deployment.contents(*which)) {
            (Some(url), _) => sent.put(*which, TemplateSource::Url(url.to_owned())),
            (None, Some(contents)) => files.push((*which, contents)),
            (None, None) => {}
        }
    }
    if files.is_empty() {
        return Ok(sent);
    }
    let (aws, settings) = (&deployment.aws, &deployment.settings);
    let name = settings.bucket.as_str();
    deployment.bucket(Some(console)).await?;
    console.step("upload", &format!("templates in the bucket {name}"))?;
    for (which, contents) in files {
        let content = bucket::send(aws, name, &settings.prefix, which, &contents.text, contents.json).await?;
        console.upload(which, name, &content.key, content.sent)?;
        let url = deployment.address(&content.key);
        sent.put(which, TemplateSource::Url(url));
    }
    Ok(sent)
}

/// Writes the templates that `sent` has in the bucket under their stable names too: once they were uploaded on purpose, or
/// their stacks have them.
pub(crate) async fn stable(
    deployment: &Deployment,
    sent: &Sent,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let (aws, settings) = (&deployment.aws, &deployment.settings);
    for which in [Which::Iam, Which::App] {
        let Some(contents) = deployment.contents(which) else { continue };
        let is_there = matches!(sent.get(which), Some(TemplateSource::Url(_)));
        if !is_there || given(deployment, which).is_some() {
            continue;
        }
        let (bucket, prefix) = (&settings.bucket, &settings.prefix);
        let object = bucket::send_stable(aws, bucket, prefix, which, &contents.text, contents.json).await?;
        console.upload(which, bucket, &object.key, object.sent)?;
    }
    Ok(())
}

/// Where CloudFormation gets the templates: from the call itself what fits into it, wherever it was read; the rest
/// from the bucket.
pub(crate) async fn sources(
    deployment: &Deployment,
    stacks: &[Which],
    console: &mut Console<'_>,
) -> Result<Sent, Failure> {
    let mut sent = Sent::default();
    let mut large = Vec::new();
    for which in stacks {
        let Some(contents) = deployment.contents(*which) else { continue };
        if contents.text.len() <= INLINE_BODY {
            sent.put(*which, TemplateSource::Body(contents.text.clone()));
        } else if let Some(url) = given(deployment, *which) {
            sent.put(*which, TemplateSource::Url(url.to_owned()));
        } else {
            large.push(*which);
        }
    }
    if !large.is_empty() {
        console
            .say("a template has more than 51,200 bytes: CloudFormation reads it from the bucket alone")?;
        let more = upload(deployment, &large, console).await?;
        for which in large {
            if let Some(source) = more.get(which) {
                sent.put(which, source.clone());
            }
        }
    }
    Ok(sent)
}
