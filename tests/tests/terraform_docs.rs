//! `docs/terraform.md` is run from top to bottom by a real Terraform before the local AWS.
//! `INSTA_UPDATE=always cargo test -p iam-split-tests --test terraform_docs` writes the outputs anew.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use iam_split_tests::aws::{Place, deployable, finished, simulator};
use iam_split_tests::shown::{alike, held};
use iam_split_tests::terraform::{Terraform, environment, program};

#[test]
fn the_workflow_is_as_the_document_shows() {
    let Some(program) = program() else { return };
    let place = Place::example(simulator(), "quilt-prod");
    // `terraform` of the document runs in the copy that fits the provider here.
    std::fs::create_dir(place.path("bin")).unwrap();
    place.write(
        "bin/terraform",
        &format!("#!/bin/sh\nroot=$1\nshift\nexec '{}' \"$root-run\" \"$@\"\n", program.display()),
    );
    std::fs::set_permissions(place.path("bin/terraform"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(
        iam_split_tests::command().canonicalize().unwrap(),
        place.path("bin/iam-split"),
    )
    .unwrap();
    held("docs/terraform.md", &place, |command| {
        let (status, output) = run(&place, command);
        if command.contains(" split ") {
            // The local AWS does not know every type, and runs no functions.
            let app = std::fs::read_to_string(place.path("quilt-app.yaml")).unwrap();
            place.write("quilt-app.yaml", &deployable(&app));
        }
        if command == "iam-split terraform" {
            let terraform = Terraform::at(&place, "terraform").unwrap();
            terraform.adapt();
            terraform.init();
        }
        let terraform = command.starts_with("terraform ");
        (status, shortened(&alike(&if terraform { sums(&output) } else { output })))
    });
}

/// Both streams, as a terminal shows them.
fn run(place: &Place, command: &str) -> (i32, String) {
    let mut shell = Command::new("sh");
    // A shell of its own, so that a command's file does not take what it says beside it.
    shell.args(["-c", &format!("( {command} ) 2>&1")]);
    shell.current_dir(place.folder.path()).env_clear().envs(environment(place));
    for (name, value) in place.command(&[]).get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    let path = std::env::var("PATH").unwrap_or_default();
    shell.env("PATH", format!("{}:{path}", place.path("bin").display()));
    shell.stdin(Stdio::null());
    let run = finished(&mut shell);
    (run.status, run.stdout)
}

/// Of what Terraform says: the stacks, the sums, its warnings and errors.
fn sums(text: &str) -> String {
    let (mut result, mut plan, mut outputs) = (String::new(), false, false);
    for line in text.lines() {
        let progress = line.starts_with("aws_") || line.starts_with("data.");
        plan = line.starts_with("Terraform will perform")
            || line.starts_with("Terraform planned the following")
            || plan && !line.starts_with("Plan:");
        outputs = outputs && !progress && !line.starts_with("Error");
        let kept = if plan {
            line.starts_with("  # aws_cloudformation_stack.")
        } else if progress {
            let still = line.contains("Refreshing") || line.contains("Still ");
            line.starts_with("aws_cloudformation_stack.") && !still
        } else {
            !outputs
        };
        if kept && !(line.is_empty() && result.ends_with("\n\n")) {
            result += &if progress { alike_progress(line) } else { line.to_owned() };
            result += "\n";
        }
        if line == "Changes to Outputs:" || line == "Outputs:" {
            outputs = true;
            result += "  ...\n";
        }
    }
    result.trim_matches('\n').to_owned() + "\n"
}

/// Without the id, and what took any time took a second.
fn alike_progress(line: &str) -> String {
    let line = line.split(" [id=").next().unwrap_or_default();
    match line.split_once(" after ") {
        Some((before, _)) => format!("{before} after 1s"),
        None => line.to_owned(),
    }
}

/// Long runs of lines of one kind, cut to three.
fn shortened(text: &str) -> String {
    let kind = |line: &str| {
        let trimmed = line.trim_start();
        match trimmed.split(' ').next().unwrap_or_default() {
            "Role" | "ManagedPolicy" => "moved".to_owned(),
            _ if trimmed.contains(" = ") => format!("value {}", line.len() - trimmed.len()),
            _ => format!("line {line}"),
        }
    };
    iam_split_tests::shown::shortened(text, kind)
}
