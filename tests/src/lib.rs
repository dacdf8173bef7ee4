//! What the end-to-end tests share: an evaluator of templates that knows nothing of the core, and
//! where the templates are.

pub mod aws;
pub mod book;
pub mod check;
pub mod compare;
pub mod corpus;
pub mod docs;
pub mod evaluate;
pub mod fake;
pub mod fuzz;
pub mod generate;
pub mod iam;
pub mod injure;
pub mod reference;
pub mod releases;
pub mod shown;
pub mod terraform;

use std::path::PathBuf;

/// The folder of the repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of real templates beside the repository, if it is there. Says aloud when it is not.
pub fn corpus() -> Option<PathBuf> {
    let folder = repository().join("../shared/corpus");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("LEFT OUT: the real templates in ../shared/corpus are not here");
    None
}

/// A run of the command in an empty environment.
pub struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// What a run said on its way. It ended well.
#[track_caller]
pub fn ok(run: &Run) -> &str {
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    &run.stderr
}

/// The built command. The build is cargo's, so that it is never an old one.
pub fn command() -> &'static std::path::Path {
    static BUILT: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    BUILT.get_or_init(|| {
        let status = std::process::Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "iam-split"])
            .current_dir(repository())
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the command does not build");
        // A test runs from `target/debug/deps`, a program from the folder above.
        let program = std::env::current_exe().expect("a test has a path");
        let folder = program.parent().expect("a target folder");
        let folder =
            if folder.ends_with("deps") { folder.parent().expect("a target folder") } else { folder };
        folder.join("iam-split")
    })
}

/// Runs the command in a folder with nothing but arguments and standard input.
pub fn run(folder: &std::path::Path, arguments: &[&str], input: &[u8]) -> Run {
    use std::io::Write;
    let mut child = std::process::Command::new(command())
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "100")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the command starts");
    // The command may end without reading all of its input.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("the command ends");
    Run {
        status: output.status.code().expect("the command ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
    }
}
