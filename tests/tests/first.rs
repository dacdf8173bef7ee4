//! The first command of the README, as a newcomer types it.

use std::path::Path;
use std::process::{Command, Output};

use iam_split_tests::repository;

fn shell(command: &str) -> Output {
    Command::new("sh").args(["-c", command]).current_dir(repository()).output().unwrap()
}

#[test]
fn the_first_command_shows_a_result_and_needs_no_aws() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let command = readme.split("```sh\n").nth(1).and_then(|rest| rest.split("\n```").next()).unwrap();
    let place = tempfile::tempdir().unwrap();
    let out = place.path().display().to_string();
    assert!(command.ends_with("--out-dir out"), "{command}");
    let split = shell(&command.replace("--out-dir out", &format!("--out-dir {out}")));
    let said = String::from_utf8_lossy(&split.stdout);
    assert!(split.status.success(), "{said}{}", String::from_utf8_lossy(&split.stderr));
    assert!(said.contains("the pair deploys what the template does: proven"), "{said}");
    for file in ["quilt-iam.yaml", "quilt-app.yaml"] {
        assert!(Path::new(&out).join(file).is_file(), "{file}");
    }

    // What that build lacks is said in one line, with the way to have it.
    let (cargo, _) = command.split_once(" -- ").unwrap();
    let deploy = shell(&format!("{cargo} --quiet -- deploy"));
    assert_eq!(deploy.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8_lossy(&deploy.stderr), @r"
    error: this build of iam-split has no clients of AWS, which this command needs
      help: the full command has them: `cargo install --path native-cli` in the source of iam-split installs it
    ");
}
