//! Writes the documents of `docs/` that are made by a program, to standard output.
//!
//! `cargo run --release -p iam-split-tests --bin docs -- corpus > docs/corpus.md`, and so on.

use std::process::ExitCode;

use iam_split_tests::docs;

fn main() -> ExitCode {
    let text = match std::env::args().nth(1).as_deref() {
        Some("corpus") => match iam_split_tests::corpus() {
            Some(folder) => docs::corpus(&folder),
            None => return ExitCode::from(2),
        },
        Some("errors") => docs::errors(),
        Some("schema") => docs::schema(),
        Some("troubleshooting") => docs::troubleshooting(),
        _ => {
            eprintln!("one of: corpus, errors, schema, troubleshooting");
            return ExitCode::from(2);
        }
    };
    print!("{text}");
    ExitCode::SUCCESS
}
