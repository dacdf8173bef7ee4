//! Splits every real template in every way and writes the table of results as Markdown.
//!
//! `cargo run --release -p iam-split-tests --bin corpus > docs/corpus.md`
//!
//! Exits with 1 if a split that was handed over fails a check.

use std::path::Path;
use std::process::ExitCode;

use iam_split_tests::corpus::{MODES, Outcome, outcome, templates};

fn main() -> ExitCode {
    let Some(folder) = iam_split_tests::corpus() else { return ExitCode::from(2) };
    let mut failed = false;
    println!("{}", iam_split_tests::corpus::heading());
    for path in templates(&folder) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let cells: Vec<String> = MODES
            .iter()
            .map(|mode| {
                let outcome = outcome(&text, mode);
                if let Outcome::Broken(problems) = &outcome {
                    failed = true;
                    eprintln!("{} {}: {problems:#?}", name(&folder, &path), mode.name);
                }
                outcome.to_string()
            })
            .collect();
        println!("| {} | {} |", name(&folder, &path), cells.join(" | "));
    }
    ExitCode::from(u8::from(failed))
}

fn name(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}
