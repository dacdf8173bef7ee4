//! `iam-split man`

use std::path::PathBuf;

use clap::CommandFactory;

use crate::Streams;
use crate::args::{Cli, ManArgs};
use crate::exit::{Exit, Failure};
use crate::files::write_all;

pub(crate) fn run(arguments: &ManArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let mut root = Cli::command();
    root.build();
    let mut pages = vec![page(&root)?];
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        pages.push(page(command)?);
    }
    let pages: Vec<(PathBuf, String)> =
        pages.into_iter().map(|(name, text)| (arguments.out_dir.join(name), text)).collect();
    write_all(&pages.iter().map(|(path, text)| (path, text)).collect::<Vec<_>>())?;
    writeln!(streams.out, "{} pages in {}", pages.len(), arguments.out_dir.display())?;
    streams.out.flush()?;
    Ok(Exit::Done)
}

/// `iam-split-split.1` and its text.
fn page(command: &clap::Command) -> Result<(String, String), Failure> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).title(&name).render(&mut text)?;
    Ok((format!("{name}.1"), String::from_utf8_lossy(&text).into_owned()))
}
