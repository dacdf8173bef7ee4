//! `docs/deployment.md` and `docs/tutorial.md` are run from top to bottom: each command's output is what stands there.
//! `INSTA_UPDATE=always cargo test -p iam-split-tests --test deployment` writes the outputs anew.

use std::process::Command;

use iam_split_tests::aws::{Place, deployable, example, finished, simulator};
use iam_split_tests::repository;

#[test]
fn the_workflow_is_as_the_document_shows() {
    let place = Place::example(simulator(), "quilt-prod");
    let settings = std::fs::read_to_string(place.path("deployment.yaml")).unwrap();
    let inline = settings.lines().filter(|line| !line.starts_with("iam_t")).collect::<Vec<_>>().join("\n");
    place.write("inline.yaml", &inline.replace("quilt-app.yaml", "quilt.yaml"));
    follow("deployment.md", &place, |command| {
        if command.contains(" split ") {
            // The local AWS does not know every type, and runs no functions.
            place.write("quilt.yaml", &deployable(&example()));
            let app = std::fs::read_to_string(place.path("quilt-app.yaml")).unwrap();
            place.write("quilt-app.yaml", &deployable(&app));
        }
    });
}

#[test]
fn the_tutorial_is_as_it_shows() {
    follow("tutorial.md", &Place::new(simulator()), |_| ());
}

/// Runs a document from top to bottom: what stands in a block with a file's name is written, what stands behind `$` is run.
fn follow(name: &str, place: &Place, after: impl Fn(&str)) {
    let path = repository().join("docs").join(name);
    let document = std::fs::read_to_string(&path).unwrap();
    let mut made = String::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        made += line;
        made += "\n";
        if let Some(edit) = line.strip_prefix("<!-- edit ").and_then(|rest| rest.strip_suffix(" -->")) {
            let (file, change) = edit.split_once(": ").unwrap();
            let (from, to) = change.split_once(" => ").unwrap();
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
        // What is shown a second time is shown by its last line.
        let only_last = wanted.ends_with(" last");
        let wanted: i32 = wanted.trim().parse().unwrap_or(0);
        let command = lines.next().unwrap();
        for line in lines.by_ref() {
            if line == "```" {
                break;
            }
        }
        let (status, output) = run(place, command.strip_prefix("$ iam-split ").unwrap());
        assert_eq!(status, wanted, "{command}\n{output}");
        after(command);
        let mut shown = shortened(&alike(&output));
        if only_last {
            shown = format!("...\n{}\n", shown.lines().last().unwrap_or_default());
        }
        made += &format!("{command}\n{shown}```\n");
    }
    if std::env::var("INSTA_UPDATE").is_ok_and(|wish| wish == "always") {
        std::fs::write(path, made).unwrap();
        return;
    }
    for (said, shown) in made.lines().zip(document.lines()) {
        assert_eq!(said, shown, "write docs/{name} anew");
    }
    assert_eq!(made.lines().count(), document.lines().count());
}

/// Both streams, as a terminal shows them.
fn run(place: &Place, arguments: &str) -> (i32, String) {
    let command = place.command(&[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(command.get_program()).args(arguments.split(' '));
    shell.current_dir(place.folder.path()).env_clear();
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    let run = finished(&mut shell);
    (run.status, run.stdout)
}

/// Times, ids and random parts of names made alike.
fn alike(text: &str) -> String {
    let mut result = String::new();
    for line in text.lines() {
        let mut words = Vec::new();
        for word in line.split(' ') {
            let time = word.len() == 8 && word.bytes().filter(|byte| *byte == b':').count() == 2;
            let date = word.len() > 19 && word.starts_with("20") && word.ends_with('Z');
            words.push(match word {
                word if word.contains(":stack/") => {
                    let (before, _) = word.rsplit_once('/').unwrap();
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

/// Long runs of lines of one kind, cut to three.
fn shortened(text: &str) -> String {
    let kind = |line: &str| {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let first = trimmed.split(' ').next().unwrap_or_default();
        match first {
            "12:00:00" => "event".to_owned(),
            "+" | "-" | "~" => format!("change {first}"),
            word if word.ends_with(':') && indent >= 4 => "parameter".to_owned(),
            word if word.ends_with("Arn") && trimmed.contains("  arn:") => "output".to_owned(),
            "Role" | "ManagedPolicy" => "moved".to_owned(),
            _ if indent >= 4 => "detail".to_owned(),
            _ => format!("line {line}"),
        }
    };
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
