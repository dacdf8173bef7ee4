//! `iam-split upload`

use iam_split_core::deployment::gate;
use iam_split_core::deployment::names::Which;

use crate::Streams;
use crate::args::deployment::{Format, UploadArgs};
use crate::deployment::{self, Needs, send};
use crate::exit::{Exit, Failure};

pub(crate) fn run(arguments: &UploadArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let json = arguments.format == Format::Json;
    let needs = Needs { app: true, ..Needs::default() };
    deployment::run(&arguments.settings, json, needs, streams, async |deployment, console| {
        console.gate(&gate::templates(&deployment.found, Vec::new()))?;
        let sent = send::upload(deployment, &[Which::Iam, Which::App], console).await?;
        send::stable(deployment, &sent, console).await?;
        for source in [Which::Iam, Which::App].into_iter().filter_map(|which| sent.get(which)) {
            console.result(&source.url().unwrap_or_default())?;
        }
        Ok(Exit::Done)
    })
}
