//! Documents that are run: each command's output is what stands there.

use crate::aws::Place;
use crate::repository;

/// Runs every command of a document, from top to bottom, and compares what it says with what is shown.
///
/// A block that begins with ```` ```console ```` has a command behind `$`, and its output; a number after `console` is the
/// exit code, and `last` behind it shows only the last line of the output. `<!-- edit FILE: TEXT => TEXT -->` changes a file before,
/// and a block that begins with ```` ```yaml FILE ```` is written as that file. `INSTA_UPDATE=always` writes the outputs anew.
pub fn held(document: &str, place: &Place, mut run: impl FnMut(&str) -> (i32, String)) {
    let path = repository().join(document);
    let text = std::fs::read_to_string(&path).expect("the document");
    let mut made = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        made += line;
        made += "\n";
        if let Some(edit) = line.strip_prefix("<!-- edit ").and_then(|rest| rest.strip_suffix(" -->")) {
            let (file, change) = edit.split_once(": ").expect("a file");
            let (from, to) = change.split_once(" => ").expect("two texts");
            place.edit(file, from, to);
        }
        if let Some(file) = line.strip_prefix("```yaml ") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let text = block.join("\n") + "\n";
            place.write(file, &text);
            made += &format!("{text}```\n");
            continue;
        }
        let Some(wanted) = line.strip_prefix("```console") else { continue };
        let (wanted, only_last) =
            wanted.strip_suffix(" last").map_or((wanted, false), |wanted| (wanted, true));
        let wanted: i32 = wanted.trim().parse().unwrap_or(0);
        let command = lines.next().expect("a command");
        for line in lines.by_ref() {
            if line == "```" {
                break;
            }
        }
        let (status, output) = run(command.strip_prefix("$ ").expect("a command"));
        assert_eq!(status, wanted, "{command}\n{output}");
        let output = match output.lines().last().filter(|_| only_last) {
            Some(last) => format!("...\n{last}\n"),
            None => output,
        };
        made += &format!("{command}\n{output}```\n");
    }
    if std::env::var("INSTA_UPDATE").is_ok_and(|wish| wish == "always") {
        std::fs::write(path, made).expect("the document is written");
        return;
    }
    for (said, shown) in made.lines().zip(text.lines()) {
        assert_eq!(said, shown, "write {document} anew");
    }
    assert_eq!(made.lines().count(), text.lines().count());
}

/// Times, ids and random parts of names made alike.
pub fn alike(text: &str) -> String {
    let mut result = String::new();
    for line in text.lines() {
        let mut words = Vec::new();
        for word in line.split(' ') {
            let time = word.len() == 8 && word.bytes().filter(|byte| *byte == b':').count() == 2;
            let date = word.len() > 19 && word.starts_with("20") && word.ends_with('Z');
            words.push(match word {
                word if word.contains(":stack/") => {
                    let (before, _) = word.rsplit_once('/').expect("a stack's id");
                    format!("{before}/00000000-0000-0000-0000-000000000000")
                }
                // The port of the local AWS.
                word if word.starts_with("http://localhost:") => {
                    let path = word.splitn(4, '/').nth(3).unwrap_or_default();
                    format!("http://localhost:4566/{path}")
                }
                _ if time => "12:00:00".to_owned(),
                _ if date => "2026-01-01T12:00:00Z".to_owned(),
                word => {
                    let parts = word.split_inclusive(['-', '/', ':', '.']);
                    parts
                        .map(|part| if is_random(part) { digits_alike(part) } else { part.to_owned() })
                        .collect()
                }
            });
        }
        result += &words.join(" ");
        result += "\n";
    }
    result
}

/// What the local AWS made up: digits and letters a to f, with a digit among them, eight at least.
fn is_random(part: &str) -> bool {
    let core = part.trim_end_matches(['-', '/', ':', '.', ')', ',']);
    (core.len() >= 8 && core.len() < 64 || core.len() == 4)
        && core.bytes().all(|byte| byte.is_ascii_hexdigit())
        && core.bytes().any(|byte| byte.is_ascii_digit())
        && core != "000000000000"
        && core != "2010"
}

fn digits_alike(part: &str) -> String {
    part.chars().map(|c| if c.is_ascii_hexdigit() { '0' } else { c }).collect()
}

/// Runs of lines of one kind, long ones cut to three.
pub fn shortened(text: &str, kind: impl Fn(&str) -> String) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut result = String::new();
    for run in lines.chunk_by(|a, b| kind(a) == kind(b)) {
        let cut = run.len() > 4;
        for line in run.iter().take(if cut { 3 } else { run.len() }) {
            result += line.trim_end();
            result += "\n";
        }
        if cut {
            result += "  ...\n";
        }
    }
    result
}
