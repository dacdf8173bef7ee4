//! `iam-split diff`: the reader's diff of an application, and the security team's of a release.

use iam_split_tests::{Run, repository, run};
use serde_json::{Value, json};

fn compare(arguments: &[&str], before: &str, after: &str) -> Run {
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("a.yaml"), before).unwrap();
    std::fs::write(work.path().join("b.yaml"), after).unwrap();
    run(work.path(), &[&["diff", "a.yaml", "b.yaml"], arguments].concat(), b"")
}

#[test]
fn the_example_is_explained_edit_by_edit_and_a_tampered_one_is_not() {
    let work = tempfile::tempdir().unwrap();
    for name in ["quilt.yaml", "config.yaml"] {
        std::fs::copy(repository().join("examples/quilt").join(name), work.path().join(name)).unwrap();
    }
    assert_eq!(run(work.path(), &["split", "quilt.yaml", "--config", "config.yaml"], b"").status, 0);
    let ran = run(work.path(), &["diff", "quilt.yaml", "quilt-app.yaml"], b"");
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    for said in [
        "32 resources left",
        "0 without an explanation",
        "rewritten: reference-to-parameter",
        "rewritten: name-from-arn",
        "    - !GetAtt SearchHandlerRole.Arn\n    + !Ref SearchHandlerRole\n",
    ] {
        assert!(ran.stdout.contains(said), "no `{said}` in {}", ran.stdout);
    }
    let path = work.path().join("quilt-app.yaml");
    let app = std::fs::read_to_string(&path).unwrap();
    let app = app.replacen("Role: !Ref SearchHandlerRole", "Role: !Ref ApiRole", 1);
    std::fs::write(path, app.replacen("VisibilityTimeout: ", "VisibilityTimeout: 1", 1)).unwrap();
    let ran = run(work.path(), &["diff", "quilt.yaml", "quilt-app.yaml", "--format", "json"], b"");
    assert_eq!(ran.status, 1);
    let diff: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(diff["unexplained"].as_array().unwrap().len(), 2, "{}", diff["unexplained"]);
    assert_eq!(diff["unexplained"][0]["reason"], Value::Null);
}

const ROLE: &str = "\
Parameters:
  Key: {Type: String, NoEcho: true, Default: first-secret}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']
      Policies:
        - PolicyName: P
          PolicyDocument:
            Statement:
              - {Effect: Allow, Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::files/in/*'}
              - {Effect: Deny, Action: 's3:DeleteObject', Resource: '*'}
  Same:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {}}
";

/// Each change of a release: what the JSON says of the statement, and of the principal.
#[test]
fn a_release_is_told_apart_role_by_role() {
    for (from, to, status, list, change, verdict) in [
        ("'s3:PutObject'", "'s3:PutObject', 's3:GetObjectAcl'", 1, "permissions", "widened", "more"),
        ("files/in/*", "files/*", 1, "permissions", "widened", "more"),
        ("files/in/*", "files/in/a/*", 0, "permissions", "narrowed", "no_more"),
        (", 's3:PutObject'", "", 0, "permissions", "narrowed", "no_more"),
        // A denial that goes allows more only where something is allowed beneath it: the managed policy may.
        (
            "              - {Effect: Deny, Action: 's3:DeleteObject', Resource: '*'}\n",
            "",
            1,
            "permissions",
            "removed",
            "cannot_tell",
        ),
        (
            "aws:policy/ReadOnlyAccess",
            "aws:policy/AdministratorAccess",
            1,
            "permissions",
            "changed",
            "cannot_tell",
        ),
        (
            "Service: lambda.amazonaws.com",
            "Service: lambda.amazonaws.com, AWS: '*'",
            1,
            "trust",
            "widened",
            "more",
        ),
    ] {
        // Of the policy that AWS manages nothing is known: without it the verdict is certain.
        let old = if verdict == "cannot_tell" { ROLE.to_owned() } else { without_managed(ROLE) };
        let ran = compare(&["--iam", "--format", "json"], &old, &old.replacen(from, to, 1));
        let diff: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(ran.status, status, "{to}: {}", ran.stdout);
        assert_eq!(diff["release"]["verdict"], verdict, "{to}: {}", ran.stdout);
        assert_eq!((&diff["unchanged"], diff["resources"].as_array().unwrap().len()), (&json!(1), 1), "{to}");
        let role = &diff["resources"][0];
        assert_eq!((&role["name"], &role["line"]), (&json!("Role"), &json!(4)));
        let changes = role[list].as_array().unwrap();
        assert_eq!((changes.len(), &changes[0]["change"]), (1, &json!(change)), "{to}: {changes:#?}");
        let allowed = compare(&["--iam", "--allow-unknown"], &old, &old.replacen(from, to, 1));
        assert_eq!(allowed.status, i32::from(verdict == "more"), "{to}: {}", allowed.stdout);
    }
    let ran = compare(
        &["--iam", "--format", "json"],
        ROLE,
        &ROLE.replacen("RoleName: worker", "RoleName: worker2", 1),
    );
    let diff: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &diff["release"]["verdict"]), (1, &json!("cannot_tell")), "{}", ran.stdout);
    assert_eq!(diff["resources"][0]["replaced"], true);
    assert_eq!(
        diff["resources"][0]["properties"],
        json!([{"property": "RoleName", "before": "worker", "after": "worker2"}])
    );
}

fn without_managed(text: &str) -> String {
    text.replace("      ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']\n", "")
}

#[test]
fn new_and_former_roles_are_said_and_secrets_are_not() {
    let more = ROLE.replace("  Same:", "  Other:").replace("first-secret", "second-secret");
    let ran = compare(&["--iam"], ROLE, &more);
    // Nobody may assume the new role, and nothing takes the parameter.
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("Other (AWS::IAM::Role, line 17): added"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Same (AWS::IAM::Role, line 17): removed"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("secret"), "{}", ran.stdout);
    let ran = compare(&[], ROLE, &more);
    assert!(ran.stdout.contains("a secret") && !ran.stdout.contains("-secret"), "{}", ran.stdout);
}

#[test]
fn the_order_and_the_writing_of_statements_are_no_difference() {
    let other = ROLE
        .replace("['s3:GetObject', 's3:PutObject']", "['S3:PutObject', 's3:GetObject']")
        .replace("'arn:aws:s3:::files/in/*'", "!Join ['', ['arn:aws:s3:::', 'files/in/*']]");
    let ran = compare(&["--iam"], ROLE, &other);
    assert_eq!((ran.status, ran.stdout.contains("2 the same")), (0, true), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_read_is_exit_2_with_every_place() {
    let ran = compare(&[], "a: [", "Resources: {A: {Type: T}, A: {Type: T}}");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("SYN001") && ran.stderr.contains("SYN002"), "{}", ran.stderr);
    assert!(ran.stderr.contains("a.yaml") && ran.stderr.contains("b.yaml"), "{}", ran.stderr);
}

/// A declaration that changes is followed to where it is used: it allows more only there.
#[test]
fn a_declaration_counts_where_it_is_used() {
    let base =
        "Conditions: {Live: !Equals [!Ref AWS::Region, a]}\nMappings: {M: {a: {x: 'arn:aws:s3:::b/*'}}}\n"
            .to_owned()
            + &ROLE.replace(
                "    Type: AWS::IAM::Role\n    Properties:\n      RoleName",
                "    Type: AWS::IAM::Role\n    Condition: Live\n    Properties:\n      RoleName",
            )
            + "  Policy: {Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [!Ref Role], PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: !FindInMap [M, a, x]}]}}}\n";
    for (from, to, status) in [
        ("    Condition: Live\n", "", 1),
        ("!Ref AWS::Region, a]", "a, a]", 1),
        ("arn:aws:s3:::b/*", "*", 1),
        ("Roles: [!Ref Role]", "Roles: [!Ref Role, admin]", 1),
        // The statement has no variables, and its role has the same policy inline.
        ("2012-10-17", "2008-10-17", 0),
        ("Type: AWS::IAM::ManagedPolicy", "Type: AWS::IAM::Policy", 0),
        // Nothing takes the parameter.
        ("Type: String, NoEcho: true", "Type: String, AllowedPattern: x", 0),
    ] {
        assert!(base.contains(from), "{from}");
        let ran = compare(&["--iam"], &base, &base.replacen(from, to, 1));
        assert_eq!(ran.status, status, "{from}: {}", ran.stdout);
    }
    let ran =
        compare(&["--iam", "--format", "json"], &base, &base.replace("'s3:GetObject'", "'S3:getobject'"));
    let diff: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &diff["may_allow_more"]), (0, &Value::Bool(false)), "{}", ran.stdout);
}

/// An output that no IAM stack waits for is none that a split adds.
#[test]
fn an_added_output_is_not_explained() {
    let before = "Parameters: {P: {Type: String, NoEcho: true}}\nResources: {A: {Type: AWS::SNS::Topic}}\n";
    let ran = compare(&[], before, &format!("{before}Outputs: {{Open: {{Value: !Ref P}}}}\n"));
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("no split makes these differences") && ran.stdout.contains("Outputs.Open"),
        "{}",
        ran.stdout
    );
}
