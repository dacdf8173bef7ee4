//! The workflow for pull requests, the hook and the container file, as far as they run without a network: every step's
//! script in a repository with a base and a change.

use std::path::Path;
use std::process::Command;

use iam_split_tests::{command, repository};
use serde_yaml::Value;

const BASE: &str = "Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${AWS::StackName}-jobs'}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: jobs
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn}]
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Runtime: python3.12, Handler: a.b, Code: {ZipFile: x}, Role: !GetAtt Role.Arn}
";

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A repository whose `origin/main` has the template, and whose work tree has a change of it.
fn pull_request(template: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::create_dir(at.join("iam-split")).unwrap();
    std::fs::write(at.join("template.yaml"), BASE).unwrap();
    std::fs::write(at.join("iam-split/config.yaml"), "resolution: {order: [exact]}\n").unwrap();
    std::fs::write(at.join("iam-split/accepted.yaml"), "accepted: []\n").unwrap();
    git(at, &["init", "-q"]);
    git(at, &["add", "-A"]);
    git(at, &["commit", "-qm", "base"]);
    git(at, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    std::fs::write(at.join("template.yaml"), template).unwrap();
    git(at, &["commit", "-qam", "change", "--allow-empty"]);
    folder
}

/// Runs the workflow's scripts one by one, each with its status; `gh` writes down what it is given.
fn steps(folder: &Path) -> Vec<(String, i32, String)> {
    let text = std::fs::read_to_string(repository().join("examples/pipeline/iam.yaml")).unwrap();
    let workflow: Value = serde_yaml::from_str(&text).unwrap();
    let env = workflow["env"].as_mapping().unwrap();
    let tools = folder.join("tools");
    std::fs::create_dir(&tools).unwrap();
    std::os::unix::fs::symlink(command(), tools.join("iam-split")).unwrap();
    let gh = "#!/bin/sh\necho \"$@\" > gh-asked\n";
    std::fs::write(tools.join("gh"), gh).unwrap();
    std::fs::set_permissions(tools.join("gh"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut done = Vec::new();
    for step in workflow["jobs"]["iam"]["steps"].as_sequence().unwrap() {
        let (Some(name), Some(script)) = (step["name"].as_str(), step["run"].as_str()) else { continue };
        if name == "Install" {
            continue;
        }
        // As the runner does: `bash -e`, and a step that follows a failed one only where it says so.
        if done.iter().any(|(_, status, _)| *status != 0) && step.get("if").is_none() {
            continue;
        }
        let mut run = Command::new("bash");
        run.args(["-e", "-o", "pipefail", "-c", script])
            .current_dir(folder)
            .env("PATH", format!("{}:{}", tools.display(), std::env::var("PATH").unwrap()))
            .env("GITHUB_BASE_REF", "main")
            .env("NUMBER", "7");
        for (key, value) in env {
            run.env(key.as_str().unwrap(), value.as_str().unwrap());
        }
        let output = run.output().unwrap();
        let told =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        done.push((name.to_owned(), output.status.code().unwrap(), told));
    }
    done
}

fn statuses(done: &[(String, i32, String)]) -> Vec<(&str, i32)> {
    done.iter().map(|(name, status, _)| (name.as_str(), *status)).collect()
}

const STEPS: [&str; 4] =
    ["Split and prove", "Scopes that nobody accepted", "What the release allows", "Comment"];

#[test]
fn a_change_of_the_application_alone_passes() {
    let folder = pull_request(&BASE.replace("a.b", "a.c"));
    let done = steps(folder.path());
    assert_eq!(statuses(&done), STEPS.map(|name| (name, 0)), "{done:#?}");
    let comment = std::fs::read_to_string(folder.path().join("out/comment.md")).unwrap();
    assert!(comment.contains("othing more is allowed"), "{comment}");
    assert!(comment.contains("proven"), "{comment}");
    let asked = std::fs::read_to_string(folder.path().join("gh-asked")).unwrap();
    assert!(asked.starts_with("pr comment 7 --body-file out/comment.md"), "{asked}");
    for name in ["pair.sarif", "release.sarif"] {
        let text = std::fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        let sarif: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(sarif["version"], "2.1.0", "{name}");
    }
}

#[test]
fn a_release_that_allows_more_fails_its_step_and_is_told() {
    let folder = pull_request(&BASE.replace("'sqs:SendMessage'", "'sqs:*'"));
    let done = steps(folder.path());
    assert_eq!(
        statuses(&done).iter().map(|(_, status)| *status).collect::<Vec<_>>(),
        [0, 0, 1, 0],
        "{done:#?}"
    );
    let comment = std::fs::read_to_string(folder.path().join("out/comment.md")).unwrap();
    assert!(comment.contains("sqs:"), "{comment}");
    assert!(comment.contains("more"), "{comment}");
}

#[test]
fn a_scope_that_nobody_accepted_fails_its_step() {
    // The queue's name is CloudFormation's own: a pattern stands for it.
    let change = BASE.replace(
        "{Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${AWS::StackName}-jobs'}}",
        "{Type: AWS::SQS::Queue}",
    );
    let folder = pull_request(&change);
    std::fs::write(folder.path().join("iam-split/config.yaml"), "resolution: {order: [exact, pattern]}\n")
        .unwrap();
    let done = steps(folder.path());
    assert_eq!(done[1].1, 1, "{done:#?}");
    assert!(done[1].2.contains("WID001"), "{done:#?}");
}

#[test]
fn the_hook_is_a_command_of_ours() {
    let text = std::fs::read_to_string(repository().join(".pre-commit-hooks.yaml")).unwrap();
    let hooks: Value = serde_yaml::from_str(&text).unwrap();
    let hook = &hooks[0];
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("template.yaml"), BASE).unwrap();
    let split = iam_split_tests::run(folder.path(), &["split", "template.yaml"], b"");
    assert_eq!(split.status, 0, "{}", split.stderr);
    let entry = hook["entry"].as_str().unwrap().strip_prefix("iam-split ").unwrap();
    let files = ["--monolith", "template.yaml", "--iam", "template-iam.yaml", "--app", "template-app.yaml"];
    let arguments: Vec<&str> = entry.split(' ').chain(files).collect();
    let kept = iam_split_tests::run(folder.path(), &arguments, b"");
    assert_eq!(kept.status, 0, "{}{}", kept.stdout, kept.stderr);
    std::fs::write(folder.path().join("template.yaml"), BASE.replace("sqs:SendMessage", "sqs:*")).unwrap();
    let stale = iam_split_tests::run(folder.path(), &arguments, b"");
    assert_eq!(stale.status, 1, "{}", stale.stdout);
    assert_eq!(hook["pass_filenames"].as_bool(), Some(false));
}

#[test]
fn the_image_is_made_of_what_is_here_and_runs_as_nobody() {
    let text = std::fs::read_to_string(repository().join("Containerfile")).unwrap();
    let lines = || text.lines().map(str::trim);
    for line in lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--")) {
        let (sources, _) = line.rsplit_once(' ').unwrap();
        for source in sources.split(' ') {
            assert!(repository().join(source).exists(), "{source} is not here");
        }
    }
    // Each member of the workspace is copied: cargo reads them all.
    let manifest = std::fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let members = manifest.lines().find(|line| line.starts_with("members")).unwrap();
    for member in members.split('"').skip(1).step_by(2) {
        assert!(text.contains(&format!("COPY {member} {member}")), "{member}");
    }
    let user = lines().rfind(|line| line.starts_with("USER ")).unwrap();
    assert!(!user.contains("root") && !user.starts_with("USER 0"), "{user}");
    let last = lines().rfind(|line| line.starts_with("FROM ")).unwrap();
    assert!(last.contains("slim"), "{last}");
}
