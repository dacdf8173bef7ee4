//! Exit codes, and failures of the host: what has no place in a template.

use std::process::ExitCode;

use iam_split_core::diagnostic::Code;

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
    /// 3: AWS refused or failed, or watching it was stopped.
    Aws,
}

impl Exit {
    /// The code itself.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Aws => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A failure outside the template: a file, an argument, a stream.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Where the catalogue knows it.
    code: Option<Code>,
    message: String,
    help: Option<String>,
    exit: Exit,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { code: None, message: message.into(), help: None, exit: Exit::Usage }
    }

    pub(crate) fn code(mut self, code: Code) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// The same failure with its texts changed: secrets are struck out.
    pub(crate) fn map(mut self, change: impl Fn(&str) -> String) -> Self {
        self.message = change(&self.message);
        self.help = self.help.map(|help| change(&help));
        self
    }

    /// The message and the exit code, for programs.
    pub(crate) fn parts(&self) -> (&str, Exit) {
        (&self.message, self.exit)
    }

    pub(crate) fn report(self, streams: &mut Streams) -> Exit {
        let help = self.help.map_or(String::new(), |help| format!("\n  help: {help}"));
        // Where even this cannot be written, the exit code remains.
        let code = self.code.map_or(String::new(), |code| format!("[{code}]"));
        let _ = writeln!(streams.err, "error{code}: {}{help}", self.message);
        self.exit
    }
}

/// A stream that cannot be written.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self {
            code: None,
            message: format!("cannot write the output: {error}"),
            help: None,
            exit: Exit::Usage,
        }
    }
}
