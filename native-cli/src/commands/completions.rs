//! `iam-split completions`

use clap::CommandFactory;

use crate::Streams;
use crate::args::{Cli, CompletionsArgs};
use crate::exit::{Exit, Failure};

pub(crate) fn run(arguments: &CompletionsArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    // Into memory first: the generator takes a stream that fails for a fault of its own.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "iam-split", &mut script);
    streams.out.write_all(&script)?;
    streams.out.flush()?;
    Ok(Exit::Done)
}
