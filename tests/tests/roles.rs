//! Who may do what, as a reviewer sees it first.

use iam_split_tests::{corpus, repository, run};
use serde_json::Value;

#[test]
fn the_example_is_shown_on_one_screen() {
    let work = tempfile::tempdir().unwrap();
    let path = repository().join("examples/quilt/quilt.yaml").display().to_string();
    let ran = run(work.path(), &["roles", &path], b"");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn everything_of_everyone_is_shown_where_that_is_asked_for() {
    let work = tempfile::tempdir().unwrap();
    let template = "
Conditions: {Prod: !Equals [!Ref AWS::Region, us-east-1]}
Resources:
  Ci:
    Type: AWS::IAM::Role
    Properties:
      RoleName: ci
      PermissionsBoundary: !Ref Bounds
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Federated: !Sub 'arn:aws:iam::${AWS::AccountId}:oidc-provider/token.actions.githubusercontent.com'}
            Action: sts:AssumeRoleWithWebIdentity
            Condition: {StringEquals: {'token.actions.githubusercontent.com:aud': sts.amazonaws.com}}
      Policies:
        - PolicyName: deploy
          PolicyDocument:
            Statement:
              - {Effect: Allow, Action: [cloudformation:*, iam:PassRole], Resource: !If [Prod, '*', !GetAtt Queue.Arn]}
              - !If [Prod, {Effect: Deny, Action: 'cloudformation:DeleteStack', Resource: '*'}, !Ref AWS::NoValue]
  Bounds:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: !Ref Document}
  Queue: {Type: AWS::SQS::Queue}
  Project: {Type: AWS::CodeBuild::Project, Properties: {ServiceRole: !GetAtt Ci.Arn}}
Parameters: {Document: {Type: String}}
";
    std::fs::write(work.path().join("t.yaml"), template).unwrap();
    let ran = run(work.path(), &["roles", "t.yaml", "--verbose"], b"");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ran.stdout);
    let ran = run(work.path(), &["roles", "t.yaml", "--format", "json"], b"");
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["cards"][0]["name"], "Ci");
    assert_eq!(answer["cards"][0]["used_by"][0], "Project");
    // What cannot be read is not passed over.
    assert_eq!(answer["cards"][1]["flags"][0]["weight"], "grave");
}

#[test]
fn what_is_no_template_is_exit_2() {
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("t.yaml"), "a: [").unwrap();
    let ran = run(work.path(), &["roles", "t.yaml"], b"");
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("t.yaml:"), "{}", ran.stderr);
}

#[test]
fn a_reviewer_of_the_real_template_sees_the_foreign_account_and_what_is_wide() {
    let Some(folder) = corpus() else { return };
    let work = tempfile::tempdir().unwrap();
    let path = folder.join("quilt/stable.yaml").display().to_string();
    let screen = run(work.path(), &["roles", &path], b"").stdout;
    let first: String = screen.lines().take(24).collect::<Vec<_>>().join("\n");
    for seen in ["another account", "5 principals of 712023778557", "allows `sqs:*`", "NotResource"] {
        assert!(first.contains(seen), "{seen} in\n{first}");
    }
    assert!(screen.contains("passes roles to any service"), "{screen}");

    // The pair's report has it in front of everything else, and fits a comment.
    let split = ["split", &path, "--resolve", "exact,pattern", "--name-prefix", "p"];
    assert_eq!(run(work.path(), &split, b"").status, 0);
    let validate = [
        "validate",
        "--iam",
        "p-iam.yaml",
        "--app",
        "p-app.yaml",
        "--monolith",
        &path,
        "--report",
        "r.md",
        "--report",
        "r.html",
    ];
    let ran = run(work.path(), &validate, b"");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.lines().count() < 60, "{}", ran.stdout);
    assert!(ran.stdout.contains("5 principals of 712023778557"), "{}", ran.stdout);
    let markdown = std::fs::read_to_string(work.path().join("r.md")).unwrap();
    assert!(markdown.len() < 65_536, "{}", markdown.len());
    let at = |text: &str, part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is missing"));
    assert!(at(&markdown, "# IAM split: proven") < at(&markdown, "## Roles"));
    assert!(at(&markdown, "712023778557") < at(&markdown, "## Scopes that are wider"));
    let html = std::fs::read_to_string(work.path().join("r.html")).unwrap();
    assert!(at(&html, "712023778557") < at(&html, "<h2>Permissions"));
    assert!(at(&html, "<h2>Permissions") < at(&html, "<h2>Contracts"));
    // It says which texts it speaks of, as other tools would.
    let sum = std::process::Command::new("sha256sum").arg(work.path().join("p-iam.yaml")).output().unwrap();
    let sum = String::from_utf8_lossy(&sum.stdout).split(' ').next().unwrap().to_owned();
    assert!(sum.len() == 64 && html.contains(&sum) && markdown.contains(&sum), "{sum}");
}

/// Nothing is pointed out only where everything was read: what is not is named, and no line is as long as a page.
#[test]
fn what_was_not_read_is_pointed_out() {
    let work = tempfile::tempdir().unwrap();
    let template = "Resources:
  Elsewhere: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AWSCodeDeployRole']}}
  Basic: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']}}
  LowerCase: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{effect: Allow, action: '*', resource: '*'}]}}}
  NoStatement: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}}
  Plural: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Actions: '*', Resource: '*'}]}}}
  Globs: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:?etObject', Resource: '?*'}]}}}
  Wide: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, NotAction: 'sqs:*', Resource: '*'}]}}}
  Slip: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}, Polices: []}}
  Roel: {Type: AWS::IAM::Roel, Properties: {}}
";
    std::fs::write(work.path().join("t.yaml"), template).unwrap();
    let ran = run(work.path(), &["roles", "t.yaml"], b"");
    for part in [
        "`AWSCodeDeployRole` is not seen here",
        "LowerCase (managed policy, line 4)\n  grave",
        "NoStatement (managed policy, line 5)\n  grave",
        "Plural (managed policy, line 6)\n  grave",
        "on everything (`?*`)",
        "`Slip` has the property `Polices`, which `AWS::IAM::Role` does not have: did you mean `Policies`",
        "`Roel` has the type `AWS::IAM::Roel`, which IAM does not have: did you mean `AWS::IAM::Role`",
        "2 with nothing to point out",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("0 actions"), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() < 400), "{}", ran.stdout);
    let ran = run(work.path(), &["can", "Slip", "s3:GetObject", "arn:aws:s3:::a/b", "--iam", "t.yaml"], b"");
    assert!(ran.stdout.starts_with("cannot tell") && ran.stdout.contains("Polices"), "{}", ran.stdout);
    std::fs::write(work.path().join("r.yaml"), "rules: [{check: boundary, allow: ['*'], of: [users]}]\n")
        .unwrap();
    let ran = run(work.path(), &["rules", "check", "t.yaml", "--rules", "r.yaml"], b"");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("Polices"), "{}", ran.stderr);
}
