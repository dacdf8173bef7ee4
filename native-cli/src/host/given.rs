//! The answers of whoever runs the command in wasm, which has neither files nor a clock.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{Error, Read, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::{Shown, Streams, Visible};

/// What runs the command: files, the streams and the time. A refusal is the operating system's reason.
pub trait Host {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
    /// Whether something is there.
    fn exists(&self, path: &str) -> bool;
    /// The one name of a file that is there.
    fn real(&self, path: &str) -> Option<String>;
    /// The names of what a folder holds.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn list(&self, folder: &str) -> Result<Vec<String>, String>;
    /// Writes all files or none.
    ///
    /// # Errors
    /// The place of the first that cannot be written, and why.
    fn write_all(&self, files: &[(String, &str)]) -> Result<(), (usize, String)>;
    /// All of standard input.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn input(&self) -> Result<Vec<u8>, String>;
    /// Writes to standard output, or to standard error.
    fn show(&self, to_error: bool, bytes: &[u8]);
    /// The time, in seconds since 1970.
    fn now(&self) -> f64;
}

thread_local! {
    /// Who runs the command now. There is one thread in wasm, and one run at a time.
    static HOST: RefCell<Option<Rc<dyn Host>>> = const { RefCell::new(None) };
}

/// Runs the command on a host, and gives its exit code.
pub fn run_on(host: Rc<dyn Host>, arguments: impl IntoIterator<Item = OsString>, colour: bool) -> u8 {
    HOST.set(Some(host));
    let shown = |to_error| Box::new(Visible(Stream { to_error })) as Box<dyn Shown>;
    let mut streams = Streams {
        input: Box::new(Input(None)),
        out: shown(false),
        err: shown(true),
        colour,
        terminal: false,
        asks: false,
        ended: false,
    };
    let exit = crate::run(arguments, &mut streams);
    HOST.set(None);
    exit
}

fn ask<T>(question: impl FnOnce(&dyn Host) -> Result<T, String>) -> Result<T, Error> {
    let host = HOST.with_borrow(Clone::clone).ok_or_else(|| Error::other("there is nobody to ask"))?;
    question(&*host).map_err(Error::other)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    ask(|host| host.read(&text(path)))
}

pub(crate) fn exists(path: &Path) -> bool {
    ask(|host| Ok(host.exists(&text(path)))).unwrap_or(false)
}

pub(crate) fn real(path: &Path) -> Option<PathBuf> {
    ask(|host| Ok(host.real(&text(path)))).ok()?.map(PathBuf::from)
}

pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let names = ask(|host| host.list(&text(folder)))?;
    Ok(names.iter().map(|name| folder.join(name)).collect())
}

pub(crate) fn now() -> f64 {
    ask(|host| Ok(host.now())).unwrap_or(0.0)
}

pub(crate) fn write_all<'f>(files: &[(&'f PathBuf, &String)]) -> Result<(), (&'f Path, Error)> {
    let named: Vec<(String, &str)> = files.iter().map(|(path, content)| (text(path), &***content)).collect();
    let Some(host) = HOST.with_borrow(Clone::clone) else { return Ok(()) };
    host.write_all(&named).map_err(|(at, reason)| {
        let path = files.get(at).map_or(Path::new(""), |(path, _)| path.as_path());
        (path, Error::other(reason))
    })
}

/// Standard input, read at once when somebody asks.
struct Input(Option<std::io::Cursor<Vec<u8>>>);

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = match self.0.take() {
            Some(read) => read,
            None => std::io::Cursor::new(ask(|host| host.input())?),
        };
        self.0.insert(read).read(buffer)
    }
}

struct Stream {
    to_error: bool,
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        ask(|host| {
            host.show(self.to_error, bytes);
            Ok(bytes.len())
        })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
