//! Files: read as they are, written all or none.

use std::io::Read;
use std::path::{Path, PathBuf};

use iam_split_core::config::ConfigFile;
use iam_split_core::diagnostic::{Code, Diagnostic};
use iam_split_core::report::Format;

use crate::Streams;
use crate::exit::Failure;
use crate::host;

/// A text to read, with the name that people know it by.
pub(crate) struct Input {
    pub(crate) name: String,
    /// `None` for standard input.
    pub(crate) path: Option<PathBuf>,
    bytes: Vec<u8>,
}

impl Input {
    pub(crate) fn read(path: &Path, streams: &mut Streams) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            let read = streams.input.read_to_end(&mut bytes);
            read.map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
            return Ok(Self { name: "<stdin>".to_owned(), path: None, bytes });
        }
        let bytes = host::read(path)
            .map_err(|error| Failure::new(format!("cannot read `{}`: {}", path.display(), reason(&error))))?;
        Ok(Self { name: path.display().to_string(), path: Some(path.to_owned()), bytes })
    }

    /// A text that was read elsewhere.
    pub(crate) fn of(name: impl Into<String>, text: &str) -> Self {
        Self { name: name.into(), path: None, bytes: text.as_bytes().to_vec() }
    }

    /// The text, or the finding that it is none.
    pub(crate) fn text(&self) -> Result<&str, Diagnostic> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            let line = self.bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
            Diagnostic::new(
                Code::SYN008,
                format!("`{}` is not UTF-8 text: line {line} holds other bytes", self.name),
            )
            .help("save the file as UTF-8")
        })
    }

    /// As much of the text as can be shown.
    pub(crate) fn shown(&self) -> &str {
        self.text().unwrap_or_default()
    }
}

/// The file of the company's rules: the one that is named, else the one that the configuration names, from its own folder.
pub(crate) fn rules(
    named: Option<&Path>,
    config: Option<&Input>,
    streams: &mut Streams,
) -> Result<Option<Input>, Failure> {
    if let Some(path) = named {
        return Input::read(path, streams).map(Some);
    }
    let said = config.and_then(|config| ConfigFile::read(config.shown()).0?.config.rules.clone());
    let Some(said) = said else { return Ok(None) };
    let folder = config.and_then(|config| config.path.as_deref()).and_then(Path::parent);
    let path = folder.unwrap_or(Path::new("")).join(said);
    Input::read(&path, streams)
        .map(Some)
        .map_err(|failure| failure.help("the configuration names it as `rules`"))
}

/// The operating system's reason in our style: lower case, without its number.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}

/// Whether two paths lead to one file that exists.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    match (host::real(a), host::real(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// The formats that the reports' endings ask for.
pub(crate) fn report_formats(reports: &[PathBuf]) -> Result<Vec<Format>, Failure> {
    let format = |path: &PathBuf| {
        path.extension().and_then(|ending| Format::of_ending(ending.to_str()?)).ok_or_else(|| {
            Failure::new(format!("`{}` has an ending that no report has", path.display()))
                .help("end it with .html, .json, .md, .sarif or .xml (JUnit)")
        })
    };
    reports.iter().map(format).collect()
}

/// Refuses to write a report over what is read.
pub(crate) fn not_an_input(reports: &[PathBuf], inputs: &[&Input]) -> Result<(), Failure> {
    let is_input = |report: &&PathBuf| {
        inputs.iter().filter_map(|input| input.path.as_deref()).any(|input| same_file(report, input))
    };
    match reports.iter().find(is_input) {
        Some(report) => Err(Failure::new(format!("`{}` is an input of this run", report.display()))
            .help("give the report another name")),
        None => Ok(()),
    }
}

/// Writes all files or none.
pub(crate) fn write_all(files: &[(&PathBuf, &String)]) -> Result<(), Failure> {
    host::write_all(files).map_err(|(path, error)| {
        Failure::new(format!("cannot write `{}`: {}", path.display(), reason(&error)))
    })
}
