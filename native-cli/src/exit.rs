//! Exit codes, and failures of the host: what has no place in a template.

use std::io::ErrorKind;
use std::process::ExitCode;

use crate::Streams;

/// What the process says when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done.
    Done,
    /// 1: refused; the findings say why.
    Refused,
    /// 2: wrong usage, or input that cannot be read.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
        })
    }
}

/// A failure outside the template: a file, an argument, a stream.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    help: Option<String>,
    /// The reader of our output went away: nothing is wrong with us.
    broken_pipe: bool,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, broken_pipe: false }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn report(self, streams: &mut Streams) -> Exit {
        if self.broken_pipe {
            return Exit::Done;
        }
        let help = self.help.map_or(String::new(), |help| format!("\n  help: {help}"));
        // Where even this cannot be written, the exit code remains.
        let _ = writeln!(streams.err, "error: {}{help}", self.message);
        Exit::Usage
    }
}

/// A stream that cannot be written.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self {
            message: format!("cannot write the output: {error}"),
            help: None,
            broken_pipe: error.kind() == ErrorKind::BrokenPipe,
        }
    }
}
