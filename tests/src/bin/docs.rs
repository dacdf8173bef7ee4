//! Writes the documents of `docs/` that are made by a program, to standard output; `frame` writes the place in the
//! book into every page.
//!
//! `cargo run --release -p iam-split-tests --bin docs -- corpus > docs/corpus.md`, and so on.

use std::process::ExitCode;

use iam_split_tests::{book, docs, reference};

fn main() -> ExitCode {
    let text = match std::env::args().nth(1).as_deref() {
        Some("corpus") => match iam_split_tests::corpus() {
            Some(folder) => docs::corpus(&folder),
            None => return ExitCode::from(2),
        },
        Some("cli") => reference::cli(),
        Some("configuration") => reference::configuration(),
        Some("errors") => docs::errors(),
        Some("schema") => docs::schema(),
        Some("troubleshooting") => docs::troubleshooting(),
        Some("frame") => {
            book::frame_all();
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("one of: cli, configuration, corpus, errors, frame, schema, troubleshooting");
            return ExitCode::from(2);
        }
    };
    print!("{text}");
    ExitCode::SUCCESS
}
