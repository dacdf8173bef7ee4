//! Exit codes, and failures of the host: what has no place in a template.

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

/// A failure outside the template: a file, an argument, a stream.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Where the catalogue knows it.
    code: Option<Code>,
    message: String,
    help: Option<String>,
    exit: Exit,
    /// Whether the message holds words of AWS's, which can repeat a secret.
    said: bool,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { code: None, message: message.into(), help: None, exit: Exit::Usage, said: false }
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

    /// A further way out, after the first.
    pub(crate) fn note(mut self, note: impl AsRef<str>) -> Self {
        let note = note.as_ref();
        self.help = Some(self.help.map_or_else(|| note.to_owned(), |help| format!("{help}\n        {note}")));
        self
    }

    /// Two failures of one cause, said together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.message = format!("{}\n       {}", self.message, other.message);
        self.said |= other.said;
        match other.help {
            Some(help) => self.note(help),
            None => self,
        }
    }

    /// The message holds words of AWS's.
    pub(crate) fn said(mut self) -> Self {
        self.said = true;
        self
    }

    /// The same failure with secrets struck out of AWS's words.
    pub(crate) fn masked(mut self, mask: impl Fn(&str) -> String) -> Self {
        if self.said {
            self.message = mask(&self.message);
        }
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
            said: false,
        }
    }
}
