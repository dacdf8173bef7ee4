//! The operating system's answers.

use std::fs;
use std::io::{Error, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::NamedTempFile;

/// The bytes of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path)
}

/// Whether something is there.
pub(crate) fn exists(path: &Path) -> bool {
    path.exists()
}

/// The one name of a file that is there.
pub(crate) fn real(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

/// What a folder holds.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

/// The time, in seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// Writes all files or none: each goes to a temporary file beside its place first, and a rename that
/// fails puts back what the earlier ones replaced.
///
/// # Errors
/// The first file that cannot be written, and why.
pub(crate) fn write_all<'f>(files: &[(&'f PathBuf, &String)]) -> Result<(), (&'f Path, Error)> {
    let mut prepared = Vec::new();
    for (path, text) in files {
        prepared.push((*path, prepare(path, text).map_err(|error| (path.as_path(), error))?));
    }
    let mut replaced: Vec<(&PathBuf, Option<Vec<u8>>)> = Vec::new();
    for (path, file) in prepared {
        let before = fs::read(path).ok();
        if let Err(error) = file.persist(path) {
            for (path, before) in replaced {
                // Best effort: the failure that is reported is the first one.
                let _ = match before {
                    Some(bytes) => fs::write(path, bytes),
                    None => fs::remove_file(path),
                };
            }
            return Err((path, error.error));
        }
        replaced.push((path, before));
    }
    Ok(())
}

fn prepare(path: &Path, text: &str) -> Result<NamedTempFile, Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    readable(&file)?;
    Ok(file)
}

/// Temporary files are for their owner alone; a result is an ordinary file.
#[cfg(unix)]
fn readable(file: &NamedTempFile) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &NamedTempFile) -> Result<(), Error> {
    Ok(())
}
