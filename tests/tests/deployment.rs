//! `docs/deployment.md` and `docs/tutorial.md` are run from top to bottom: each command's output is what stands there.
//! `INSTA_UPDATE=always cargo test -p iam-split-tests --test deployment` writes the outputs anew.

use std::process::Command;

use iam_split_tests::aws::{Place, deployable, example, finished, simulator};
use iam_split_tests::shown::{alike, held};

#[test]
fn the_workflow_is_as_the_document_shows() {
    let place = Place::example(simulator(), "quilt-prod");
    let settings = std::fs::read_to_string(place.path("deployment.yaml")).unwrap();
    let inline = settings.lines().filter(|line| !line.starts_with("iam_t")).collect::<Vec<_>>().join("\n");
    place.write("inline.yaml", &inline.replace("quilt-app.yaml", "quilt.yaml"));
    held("docs/deployment.md", &place, |command| {
        let (status, output) = run(&place, command.strip_prefix("iam-split ").unwrap());
        if command.contains(" split ") {
            // The local AWS does not know every type, and runs no functions.
            place.write("quilt.yaml", &deployable(&example()));
            let app = std::fs::read_to_string(place.path("quilt-app.yaml")).unwrap();
            place.write("quilt-app.yaml", &deployable(&app));
        }
        (status, shortened(&alike(&output)))
    });
}

#[test]
fn the_tutorial_is_as_it_shows() {
    let place = Place::new(simulator());
    held("docs/tutorial.md", &place, |command| {
        let (status, output) = run(&place, command.strip_prefix("iam-split ").unwrap());
        (status, shortened(&alike(&output)))
    });
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
    iam_split_tests::shown::shortened(text, kind)
}
