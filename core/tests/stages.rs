//! The data flows one way: a stage imports only stages before it.

#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test fails loudly")]

use std::path::{Path, PathBuf};

/// The order of the stages, as in the table of `lib.rs`.
const STAGES: &[&str] = &[
    "text",
    "closure",
    "diagnostic",
    "syntax",
    "template",
    "expression",
    "condition",
    "value",
    "normal",
    "facts",
    "check",
    "policy_size",
    "config",
    "plan",
    "writer",
    "policy",
    "roles",
    "rules",
    "equivalence",
    "contract",
    "edit",
    "document",
    "summary",
    "validate",
    "survey",
    "init",
    "reconfigure",
    "report",
    "diff",
    "deployment",
    "terraform",
    "tickets",
    "api",
    "lib",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// Stages that a line names after `crate::`, the nested ones of a `use crate::{…}` too.
fn named(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices("crate::")
        .map(|(at, word)| {
            let rest = &code[at + word.len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

#[test]
fn a_stage_uses_only_stages_before_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 20);
    let rank = |stage: &str| STAGES.iter().position(|known| *known == stage);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let stage = relative.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        let own = rank(&stage).unwrap_or_else(|| panic!("`{stage}` has no place in the order"));
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines() {
            for used in named(line) {
                if rank(used).is_some_and(|used| used > own) {
                    wrong.push(format!("{}: {line}", relative.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
