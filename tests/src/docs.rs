//! Documents that are made by a program: the tests hold `docs/` to them.

use std::fmt::Write;
use std::path::Path;

use iam_split_core::deployment::failure::ROWS;
use iam_split_core::diagnostic::{Code, Example};
use iam_split_core::report::Report;

use crate::book::framed;
use crate::corpus::{MODES, Outcome, heading, outcome, templates};

/// `docs/corpus.md`: every real template, split in every way.
///
/// # Panics
/// If a split that was handed over fails a check.
pub fn corpus(folder: &Path) -> String {
    let mut text = heading() + "\n";
    let mut free = vec![(0, 0); MODES.len()];
    for path in templates(folder) {
        let template = std::fs::read_to_string(&path).unwrap_or_default();
        let name = path.strip_prefix(folder).unwrap_or(&path).display();
        let cells: Vec<String> = MODES
            .iter()
            .zip(&mut free)
            .map(|(mode, (free, split))| {
                let outcome = outcome(&template, mode);
                if let Outcome::Split { free: is_free, .. } = outcome {
                    *split += 1;
                    *free += usize::from(is_free);
                }
                if let Outcome::Broken(problems) = &outcome {
                    panic!("{name} {}: {problems:#?}", mode.name);
                }
                outcome.to_string()
            })
            .collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    let counts: Vec<String> = free.iter().map(|(free, split)| format!("{free} of {split}")).collect();
    let _ = writeln!(text, "| *the application needs no capability* | {} |", counts.join(" | "));
    framed("corpus.md", &text)
}

/// `docs/errors.md`: every code of the catalogue.
pub fn errors() -> String {
    let mut text = "# Codes\n\n\
        Every finding of `iam-split` has a code. `iam-split explain CODE` says what stands here; both come from one\n\
        catalogue, and a test runs each example. Made by `cargo run -p iam-split-tests --bin docs -- errors > docs/errors.md`.\n\n\
        | code | what | |\n|---|---|---|\n"
        .to_owned();
    for code in Code::ALL {
        let _ = writeln!(
            text,
            "| [{code}](#{}) | {} | {} |",
            code.as_str().to_lowercase(),
            code.explanation().title,
            code.severity().name()
        );
    }
    for code in Code::ALL {
        let explanation = code.explanation();
        let _ = write!(
            text,
            "\n## {code}\n\n**{}** ({})\n\n{}\n\n*What to do.* {}\n\n*Example.* ",
            explanation.title,
            code.severity().name(),
            explanation.cause,
            explanation.recovery
        );
        match Example::read(explanation.example) {
            None => text.push_str(explanation.example),
            Some(Example { files, command }) => {
                for (name, file) in files {
                    let _ = write!(text, "`{name}`\n\n```yaml\n{}\n```\n\n", file.trim_end_matches('\n'));
                }
                let _ = write!(text, "```sh\niam-split {command}\n```\n");
            }
        }
    }
    framed("errors.md", &text)
}

/// `docs/troubleshooting.md`: what AWS answers, by the categories of the specification.
pub fn troubleshooting() -> String {
    let mut text = include_str!("docs/troubleshooting.md").to_owned();
    let categories = [
        (2, "The IAM stack, or any stack, is not deployed"),
        (3, "The IAM stack's outputs cannot be read"),
        (4, "The application stack refuses its parameters"),
        (5, "While it runs, and while it is updated"),
        (6, "A stack cannot be deleted"),
    ];
    for (category, title) in categories {
        let _ =
            write!(text, "\n## {title}\n\n| code | what it says | why | what to do |\n|---|---|---|---|\n");
        for row in ROWS.iter().filter(|row| row.category == category) {
            let explanation = row.code.explanation();
            let words = row.message.replace(['{', '}'], "*");
            let cell = |text: &str| text.replace('|', "\\|");
            let _ = writeln!(
                text,
                "| [{0}](errors.md#{1}) | {2} | {3} | {4} |",
                row.code,
                row.code.as_str().to_lowercase(),
                cell(&words),
                cell(explanation.cause),
                cell(explanation.recovery)
            );
        }
    }
    framed("troubleshooting.md", &text)
}

/// `docs/report.schema.json`: the JSON form of a report.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Report);
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// Follows a page: writes each file that it shows (`yaml`, its name in the first line), runs each command (`sh`), and looks for each
/// line of output (`text`) in what the command before it said. How many of each there were.
///
/// # Panics
/// If a line is not in the output.
pub fn follow(page: &str, folder: &Path) -> (usize, usize, usize) {
    let (mut files, mut commands, mut lines) = (0, 0, 0);
    let mut output = String::new();
    for block in page.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').unwrap_or_default();
        match kind {
            "yaml" => {
                let name = text.lines().next().unwrap_or_default().trim_start_matches("# ");
                std::fs::write(folder.join(name), text).expect("the file is written");
                files += 1;
            }
            "sh" => {
                let words: Vec<&str> = text.split_whitespace().skip(1).collect();
                let ran = crate::run(folder, &words, b"");
                output = format!("{}\n{}", ran.stderr, ran.stdout);
                commands += 1;
            }
            _ => {
                for line in text.lines() {
                    assert!(output.lines().any(|other| other == line), "`{line}` is not in\n{output}");
                    lines += 1;
                }
            }
        }
    }
    (files, commands, lines)
}
