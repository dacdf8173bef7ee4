//! The command line of iam-split.
//!
//! Low-level arguments are in [`args`], one command a file in [`commands`]. Results go to standard
//! output, findings and progress to standard error. Exit codes are in [`exit`].

pub mod args;
#[cfg(feature = "aws")]
mod aws;
mod commands;
#[cfg(feature = "aws")]
mod deployment;
#[cfg_attr(
    not(feature = "aws"),
    allow(dead_code, reason = "what only the commands that run the stacks need")
)]
mod exit;
#[cfg_attr(
    not(feature = "aws"),
    allow(dead_code, reason = "what only the commands that run the stacks need")
)]
mod files;
pub mod host;
#[cfg(feature = "aws")]
mod progress;
mod render;

use std::ffi::OsString;
use std::io::{IsTerminal, Read, Write};

use clap::Parser;
use iam_split_core::text::visible;

use crate::args::{Cli, Command};
use crate::exit::{Exit, Failure};

/// The streams that a run reads and writes.
pub struct Streams {
    /// Standard input.
    pub input: Box<dyn Read + Send>,
    /// Results.
    pub out: Box<dyn Shown>,
    /// Findings and progress.
    pub err: Box<dyn Shown>,
    /// Whether `err` shows colours.
    pub colour: bool,
    /// Whether `err` is a terminal, which shows bars.
    pub terminal: bool,
    /// Whether `input` is a terminal, which answers questions.
    pub asks: bool,
    /// Whether programs were told how the run ended.
    pub ended: bool,
}

impl Streams {
    /// Those of the process.
    #[must_use]
    pub fn standard() -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            input: Box::new(std::io::stdin()),
            out: Box::new(Visible(Heard(std::io::stdout()))),
            err: Box::new(Visible(Heard(std::io::stderr()))),
            colour: std::io::stderr().is_terminal() && !no_colour,
            terminal: std::io::stderr().is_terminal(),
            asks: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
            ended: false,
        }
    }
}

/// What begins a colour.
const ESCAPE: &str = "\u{1b}";

/// A stream that is written for people: control characters are made visible, whosever text they stand in.
pub trait Shown: Write {
    /// Writes a text with colours of our own, which was made of texts without escapes.
    ///
    /// # Errors
    /// Those of the stream.
    fn coloured(&mut self, text: &str) -> std::io::Result<()>;
}

/// The one way to the streams of the process.
struct Visible<W>(W);

impl<W: Write> Shown for Visible<W> {
    fn coloured(&mut self, text: &str) -> std::io::Result<()> {
        let parts: Vec<_> = text.split(ESCAPE).map(visible).collect();
        self.0.write_all(parts.join(ESCAPE).as_bytes())
    }
}

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // What is no UTF-8 is no text of ours; a part that ends within a character is written when the rest has come.
        let whole = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) if error.valid_up_to() > 0 => {
                let (text, _) = bytes.split_at(error.valid_up_to());
                std::str::from_utf8(text).unwrap_or_default()
            }
            Err(_) => {
                self.0.write_all(String::from_utf8_lossy(bytes).as_bytes())?;
                return Ok(bytes.len());
            }
        };
        self.0.write_all(visible(whole).as_bytes())?;
        Ok(whole.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// A stream whose reader may go away: what it no longer hears is lost, and the command goes on to its own end
/// and exit code.
struct Heard<W>(W);

impl<W: Write> Write for Heard<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// Runs the command, and gives its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>, streams: &mut Streams) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let json = args::asks_for_json(&arguments);
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, json, streams),
    };
    let result = carry_out(&cli.command, streams);
    // Programs are told how a run ended also where it ended before it began.
    if let Err(failure) = &result
        && !streams.ended
        && cli.command.speaks_json()
    {
        let (message, exit) = failure.parts();
        ended(exit, message, streams);
    }
    let exit = result.unwrap_or_else(|failure| failure.report(streams));
    exit.code()
}

fn carry_out(command: &Command, streams: &mut Streams) -> Result<Exit, Failure> {
    match command {
        Command::Split(arguments) => commands::split::run(arguments, streams),
        Command::Init(arguments) => commands::init::run(arguments, streams),
        Command::Validate(arguments) => commands::validate::run(arguments, streams),
        Command::Can(arguments) => commands::can::run(arguments, streams),
        Command::Roles(arguments) => commands::roles::run(arguments, streams),
        Command::Rules(arguments) => commands::rules::run(arguments, streams),
        Command::Tickets(arguments) => commands::tickets::run(arguments, streams),
        Command::Diff(arguments) => commands::diff::run(arguments, streams),
        Command::Explain(arguments) => commands::explain::run(arguments, streams),
        Command::Completions(arguments) => commands::completions::run(arguments, streams),
        Command::Man(arguments) => commands::man::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Plan(arguments) => commands::plan::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Deploy(arguments) => commands::deploy::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Upload(arguments) => commands::upload::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Outputs(arguments) => commands::outputs::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Status(arguments) => commands::status::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Gates(arguments) => commands::gates::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Rollback(arguments) => commands::rollback::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Delete(arguments) => commands::delete::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Migrate(arguments) => commands::migrate::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Permissions(arguments) => commands::permissions::run(arguments, streams),
        #[cfg(feature = "aws")]
        Command::Terraform(arguments) => commands::terraform::run(arguments, streams),
        #[cfg(not(feature = "aws"))]
        _ => Err(Failure::new("this build of iam-split has no clients of AWS, which this command needs")
            .help("the full command has them: `cargo install --path native-cli` in the source of iam-split installs it")),
    }
}

/// Tells programs how a run ended.
fn ended(exit: Exit, message: &str, streams: &mut Streams) {
    let object = serde_json::json!({"exit": exit.code(), "message": message}).to_string();
    // Where even this cannot be written, the exit code remains.
    let _ = writeln!(streams.out, "{{\"type\":\"result\",{}", object.trim_start_matches('{'));
}

/// Help and version are results; anything else of the kind is a usage error.
fn usage(error: &clap::Error, json: bool, streams: &mut Streams) -> u8 {
    let text = error.render();
    if json && error.use_stderr() {
        let text = text.to_string();
        let message = text.lines().next().unwrap_or_default();
        ended(Exit::Usage, message.strip_prefix("error: ").unwrap_or(message), streams);
    }
    let written = if error.use_stderr() {
        write!(streams.err, "{text}")
    } else {
        write!(streams.out, "{text}").and_then(|()| streams.out.flush())
    };
    match written {
        Ok(()) if error.use_stderr() => Exit::Usage.code(),
        _ => Exit::Done.code(),
    }
}
