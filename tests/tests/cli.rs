//! The command's manners: streams, files, exit codes.

use std::path::Path;

use iam_split_tests::{command, repository, run};
use serde_json::Value;

const TEMPLATE: &str = "Resources:\n  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\n  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}\n";

fn folder(template: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.yaml"), template).unwrap();
    folder
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn standard_input_and_a_prefix() {
    let work = tempfile::tempdir().unwrap();
    let ran = run(work.path(), &["split", "-", "--name-prefix", "p"], TEMPLATE.as_bytes());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(files(work.path()), ["p-app.yaml", "p-iam.yaml"]);
    let ran = run(work.path(), &["split", "-", "--name-prefix", "../p"], TEMPLATE.as_bytes());
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("without slashes"), "{}", ran.stderr);
}

#[test]
fn json_is_one_document_with_findings_in_it() {
    let work = folder(TEMPLATE);
    let ran = run(work.path(), &["split", "t.yaml", "--format", "json"], b"");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert_eq!(report["status"], "done");
    assert_eq!(report["summary"]["moved"][0]["name"], "Role");
    assert_eq!(report["summary"]["moved"][0]["wires"][0]["output"], "RoleArn");

    std::fs::write(work.path().join("t.yaml"), "Resources:\n  é: {Type: !Ref X}\n").unwrap();
    let ran = run(work.path(), &["split", "t.yaml", "--format", "json"], b"");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, report["status"].as_str()), (1, Some("refused")));
    let codes: Vec<&str> =
        report["diagnostics"].as_array().unwrap().iter().filter_map(|d| d["code"].as_str()).collect();
    assert!(codes.contains(&"TPL005") && codes.contains(&"SEL001"), "{codes:?}");
    let undeclared =
        report["diagnostics"].as_array().unwrap().iter().find(|d| d["code"] == "TPL005").unwrap();
    assert_eq!(
        undeclared["labels"][0]["start"],
        serde_json::json!({"line": 2, "column": 13, "column_utf16": 13})
    );
}

#[test]
fn earlier_outputs_are_overwritten_and_nothing_else() {
    let work = folder(TEMPLATE);
    assert_eq!(run(work.path(), &["split", "t.yaml"], b"").status, 0);
    let app = std::fs::read_to_string(work.path().join("t-app.yaml")).unwrap();
    assert_eq!(run(work.path(), &["split", "t.yaml"], b"").status, 0);
    assert_eq!(std::fs::read_to_string(work.path().join("t-app.yaml")).unwrap(), app);

    std::fs::write(work.path().join("t-app.yaml"), "Resources: {mine: {Type: x}}\n").unwrap();
    std::fs::remove_file(work.path().join("t-iam.yaml")).unwrap();
    let ran = run(work.path(), &["split", "t.yaml"], b"");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("`./t-app.yaml` is no earlier output of iam-split"), "{}", ran.stderr);
    assert_eq!(files(work.path()), ["t-app.yaml", "t.yaml"]);

    std::fs::rename(work.path().join("t.yaml"), work.path().join("t-app.yaml")).unwrap();
    let ran = run(work.path(), &["split", "t-app.yaml", "--name-prefix", "t"], b"");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("is an input of this run"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(work.path().join("t-app.yaml")).unwrap(), TEMPLATE);
}

#[test]
fn a_folder_in_the_way_leaves_no_half_result() {
    let work = folder(TEMPLATE);
    std::fs::create_dir(work.path().join("t-app.yaml")).unwrap();
    let ran = run(work.path(), &["split", "t.yaml"], b"");
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert_eq!(files(work.path()), ["t-app.yaml", "t.yaml"]);
}

#[test]
fn unreadable_input_is_exit_2() {
    let work = folder("");
    for (text, code) in [
        (&b""[..], "TPL001"),
        (b"# nothing\n", "TPL001"),
        (b"- a\n", "TPL001"),
        (b"text", "TPL001"),
        (b"Parameters: {}\n", "TPL002"),
        (b"Resources: {}\n", "TPL002"),
        (b"\xff\xfe", "SYN008"),
        (b"a: [", "SYN001"),
    ] {
        std::fs::write(work.path().join("t.yaml"), text).unwrap();
        let ran = run(work.path(), &["split", "t.yaml"], b"");
        assert_eq!(ran.status, 2, "{text:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(code), "{text:?}: {}", ran.stderr);
        assert_eq!(files(work.path()), ["t.yaml"]);
    }
    let ran = run(work.path(), &["split", "nowhere.yaml"], b"");
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (2, "error: cannot read `nowhere.yaml`: no such file or directory\n")
    );
}

#[test]
fn usage_errors_are_exit_2_and_say_what_is_known() {
    let work = folder(TEMPLATE);
    for (arguments, said) in [
        (&["split", "t.yaml", "--resolve", "patern"][..], "did you mean `pattern`"),
        (&["split", "t.yaml", "--resolve", ""], "no resolution is given"),
        (&["split", "t.yaml", "--app-stack-name", "1x"], "cannot be the name of a stack"),
        (&["splt"], "similar subcommand"),
        (&[], "Usage"),
    ] {
        let ran = run(work.path(), arguments, b"");
        assert_eq!(ran.status, 2, "{arguments:?}");
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(run(work.path(), &["--help"], b"").status, 0);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let example = repository().join("examples/quilt");
    let work = tempfile::tempdir().unwrap();
    let script = format!(
        "{} split {example}/quilt.yaml --config {example}/config.yaml --out-dir out | true; echo ${{PIPESTATUS[0]}}",
        command().display(),
        example = example.display()
    );
    let output =
        std::process::Command::new("bash").args(["-c", &script]).current_dir(work.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_secret_default_does_not_appear_in_a_quoted_line() {
    let work = folder(
        "Parameters: {P: {Type: String, NoEcho: true, Default: hunter2}, Role-Arn: {Type: String}}\nResources:\n  Role: {Type: AWS::IAM::Role}\n  B: {Type: AWS::S3::Bucket}\n",
    );
    let ran = run(work.path(), &["split", "t.yaml"], b"");
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("Default: *******}"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hunter2"));
}

#[test]
fn init_writes_a_configuration_that_split_reads() {
    let example = repository().join("examples/quilt/quilt.yaml");
    let work = tempfile::tempdir().unwrap();
    std::fs::copy(example, work.path().join("quilt.yaml")).unwrap();
    let ran = run(work.path(), &["init", "quilt.yaml"], b"");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "wrote config.yaml\n"), "{}", ran.stderr);
    let ran = run(
        work.path(),
        &["split", "quilt.yaml", "--config", "config.yaml", "--resolve", "exact,pattern"],
        b"",
    );
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stdout
            .starts_with("moved 32 resources to ./quilt-iam.yaml, kept 94 resources in ./quilt-app.yaml\n"),
        "{}",
        ran.stdout
    );
    let ran = run(work.path(), &["init", "quilt.yaml"], b"");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("`config.yaml` is there already"), "{}", ran.stderr);
}

#[test]
fn limits_are_checked_before_anything_is_written() {
    let many: String = (0..201).map(|n| format!("  R{n}: {{Type: AWS::IAM::Role}}\n")).collect();
    let work = folder(&format!("Resources:\n{many}  B: {{Type: AWS::S3::Bucket}}\n"));
    let ran = run(work.path(), &["split", "t.yaml"], b"");
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("LIM001") && ran.stderr.contains("LIM002"), "{}", ran.stderr);
    let big = "x".repeat(1_100_000);
    std::fs::write(work.path().join("t.yaml"), format!("{TEMPLATE}Metadata: {{Big: {big}}}\n")).unwrap();
    let ran = run(work.path(), &["split", "t.yaml"], b"");
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("LIM003"), "{}", ran.stderr);
    assert_eq!(files(work.path()), ["t.yaml"]);
}

/// A reader that goes away takes neither the work nor the exit code with it.
#[test]
fn a_closed_pipe_changes_no_exit_code() {
    let work = folder("Resources:\n  B: {Type: AWS::S3::Bucket}\n");
    let shell = |line: &str| {
        let ran = std::process::Command::new("bash")
            .args(["-c", &format!("({line}; echo $? >status) 2>&1 | true"), "sh"])
            .env("IAM_SPLIT", command())
            .current_dir(work.path())
            .output()
            .unwrap();
        assert!(ran.status.success());
        std::fs::read_to_string(work.path().join("status")).unwrap()
    };
    for (arguments, status) in [("split t.yaml", "1\n"), ("explain", "0\n"), ("split none.yaml", "2\n")] {
        assert_eq!(shell(&format!("sleep 0.2; \"$IAM_SPLIT\" {arguments}")), status, "{arguments}");
    }
}

#[test]
fn shells_complete_and_the_manual_has_a_page_a_command() {
    let work = tempfile::tempdir().unwrap();
    for (shell, says) in [("bash", "--wiring"), ("fish", "-l wiring"), ("zsh", "--wiring=")] {
        let ran = run(work.path(), &["completions", shell], b"");
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains(says), "{shell}");
    }
    let ran = run(work.path(), &["man", "--out-dir", "man1"], b"");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let pages = files(&work.path().join("man1"));
    let help = run(work.path(), &["--help"], b"").stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let commands: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        assert!(pages.contains(&format!("iam-split-{command}.1")), "{command}: {pages:?}");
    }
    let page = std::fs::read_to_string(work.path().join("man1/iam-split-validate.1")).unwrap();
    assert!(page.contains(".SH SYNOPSIS") && page.contains("\\-\\-max\\-wider"), "{page}");
}

/// What a template says cannot move the cursor, erase lines or begin a line of its own, whichever command tells it.
#[test]
fn control_characters_of_a_template_are_made_visible() {
    let evil = "a\\n\\n\\e[1A\\e[2K\\r\\x9b2K\\u202enothing more is allowed\\n";
    let role = |action: &str| {
        format!(
            "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {{}}\n      \
             Policies:\n        - PolicyName: \"{evil}\"\n          PolicyDocument: {{Statement: [{{Sid: \"{evil}\", Effect: \
             Allow, Action: {action}, Resource: [\"*\", \"{evil}\"]}}]}}\n      Undeclared: !Ref \"{evil}\"\n"
        )
    };
    let work = folder(&role("[s3:GetObject, 's3:Gettt']"));
    let sound = |text: &str| text.replace(&format!("      Undeclared: !Ref \"{evil}\"\n"), "");
    let (old, new) = (sound(&role("'s3:GetObject'")), sound(&role(&format!("['*', \"{evil}\"]"))));
    std::fs::write(work.path().join("old.yaml"), old).unwrap();
    std::fs::write(work.path().join("new.yaml"), new).unwrap();
    let runs: [&[&str]; 7] = [
        &["split", "t.yaml"],
        &["validate", "--iam", "new.yaml", "--app", "old.yaml", "--report", "v.md"],
        &["roles", "new.yaml", "--verbose"],
        &["roles", "t.yaml", "--verbose", "--format", "json"],
        &["can", "R", "s3:GetObject", "arn:aws:s3:::a/b", "--iam", "new.yaml"],
        &["diff", "--iam", "old.yaml", "new.yaml", "--report", "d.md"],
        &["init", "new.yaml", "-o", "-"],
    ];
    for arguments in runs {
        let ran = run(work.path(), arguments, b"");
        let texts = [ran.stdout, ran.stderr];
        let reports = ["v.md", "d.md"].map(|name| std::fs::read_to_string(work.path().join(name)));
        for text in texts.into_iter().chain(reports.into_iter().flatten()) {
            let obeyed = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{202e}';
            assert!(!text.contains(obeyed), "{arguments:?}: {text:?}");
            assert!(
                !text.lines().any(|line| line.trim_start().starts_with("nothing more is allowed")
                    || line.trim_start().starts_with("\\u001b")),
                "{arguments:?}: {text}"
            );
        }
    }
    let ran = run(work.path(), &["roles", "new.yaml", "--verbose"], b"");
    assert!(ran.stdout.contains("\\u001b[1A\\u001b[2K"), "{}", ran.stdout);
}

/// What the answer of `can` does not know it says: another template, a resource that is none, an action that is none.
#[test]
fn a_request_is_denied_only_where_all_was_looked_at() {
    let work = folder(
        "Resources:
  Queue: {Type: AWS::SQS::Queue}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}
      Policies:
        - PolicyName: a
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - {Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn}
              - {Effect: Deny, Action: 'sqs:DeleteQueue', Resource: '*'}
              - {Effect: Allow, Action: 's3:GetObject', Resource: !Sub 'arn:${AWS::Partition}:s3:::b-${AWS::AccountId}/*'}
              - {Effect: Allow, Action: 's3:PutObject', Resource: '*', Condition: {IpAddress: {'aws:SourceIp': 10.0.0.0/8}}}
  Admin:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']
  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}
",
    );
    let ran = run(work.path(), &["split", "t.yaml", "--resolve", "attach"], b"");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let can = |arguments: &[&str]| {
        let ran = run(work.path(), &[&["can"], arguments].concat(), b"");
        (ran.status, ran.stdout + &ran.stderr)
    };
    let queue = "arn:aws:sqs:eu-west-1:111122223333:q";
    let (status, text) = can(&["Role", "sqs:SendMessage", queue, "--iam", "t-iam.yaml"]);
    assert!(status == 1 && text.starts_with("cannot tell") && text.contains("--app"), "{text}");
    let (status, text) = can(&["Role", "sqs:DeleteQueue", queue, "--iam", "t-iam.yaml"]);
    assert!(status == 1 && text.starts_with("denied"), "{text}");
    // The queue's ARN is a value of the application's: it may be this one.
    let (_, text) = can(&["Role", "sqs:SendMessage", queue, "--iam", "t-iam.yaml", "--app", "t-app.yaml"]);
    assert!(text.starts_with("cannot tell") && text.contains("Queue"), "{text}");
    let (status, text) = can(&["Role", "sns:Publish", queue, "--iam", "t-iam.yaml", "--app", "t-app.yaml"]);
    assert!(status == 1 && text.starts_with("denied: no statement allows it"), "{text}");
    let app = std::fs::read_to_string(work.path().join("t-app.yaml")).unwrap();
    std::fs::write(work.path().join("t-app.yaml"), app.replace("!GetAtt Queue.Arn", "'*'")).unwrap();
    let (status, text) =
        can(&["Role", "sqs:SendMessage", queue, "--iam", "t-iam.yaml", "--app", "t-app.yaml"]);
    assert!(status == 0 && text.contains("of the application template"), "{text}");

    let object = "arn:aws:s3:::b-111122223333/k";
    let (_, text) = can(&["Role", "s3:GetObject", object, "--iam", "t.yaml"]);
    assert!(text.starts_with("cannot tell"), "{text}");
    let given = ["--parameter", "AWS::AccountId=111122223333", "--parameter", "AWS::Partition=aws"];
    let (status, text) = can(&[&["Role", "s3:GetObject", object, "--iam", "t.yaml"], &given[..]].concat());
    assert!(status == 0 && text.starts_with("allowed"), "{text}");
    let (status, text) = can(&["Role", "s3:GetObject", object, "--iam", "t.yaml", "--parameter", "Nmae=x"]);
    assert!(status == 2 && text.contains("no parameter `Nmae`"), "{text}");

    let (_, text) = can(&["Role", "s3:GetObject", "*", "--iam", "t.yaml"]);
    assert!(text.starts_with("cannot tell") && text.contains("`*` names none"), "{text}");
    let (_, text) = can(&["Role", "s3:GetObject", "mybucket", "--iam", "t.yaml"]);
    assert!(text.starts_with("cannot tell") && text.contains("give an ARN"), "{text}");
    let (_, text) = can(&["Role", "s3:GetObjct", object, "--iam", "t.yaml"]);
    assert!(text.contains("s3:GetObjct` is no action") || text.contains("has no action"), "{text}");
    let (_, text) =
        can(&["Role", "s3:PutObject", object, "--iam", "t.yaml", "--context", "aws:SourceIp=foo"]);
    assert!(text.starts_with("cannot tell") && text.contains("`foo` is not an address"), "{text}");
    let (status, text) = can(&["Admin", "iam:CreateUser", "*", "--iam", "t.yaml"]);
    assert!(status == 0 && text.contains("AdministratorAccess"), "{text}");

    std::fs::write(work.path().join("old.yaml"), "Resources: {Q: {Type: AWS::SQS::Queue}}\n").unwrap();
    let (status, text) = can(&["Admin", "iam:CreateUser", "*", "--iam", "t.yaml", "--before", "old.yaml"]);
    assert!(status == 0 && text.contains("it is not in this template"), "{text}");
    assert_eq!(can(&["Nobody", "iam:CreateUser", "*", "--iam", "t.yaml", "--before", "old.yaml"]).0, 2);
}
