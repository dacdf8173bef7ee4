//! The root modules that `iam-split terraform` writes, read by a real Terraform: `fmt -check` and `validate`. Nothing is
//! planned or applied.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use iam_split_tests::aws::{Door, Place, finished};
use iam_split_tests::{ok, repository};

/// Terraform's command, or a loud word that it cannot be had.
fn terraform() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let made = Command::new(repository().join("scripts/terraform")).output().ok()?;
        made.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&made.stdout).trim()))
    });
    if program.is_none() {
        eprintln!("LEFT OUT: Terraform and its provider could not be installed (scripts/terraform)");
    }
    program.as_deref()
}

/// Writes the modules of a folder and lets Terraform read each root.
fn reads(place: &Place, arguments: &[&str]) {
    let Some(program) = terraform() else { return };
    ok(&place.run(&[&["terraform"][..], arguments].concat()));
    let mut roots = 0;
    for root in ["terraform", "terraform/iam", "terraform/app"] {
        if !place.path(root).join("main.tf").exists() {
            continue;
        }
        roots += 1;
        let run = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command
                .arg(format!("-chdir={root}"))
                .args(arguments)
                .arg("-no-color")
                .current_dir(place.folder.path())
                .env_clear()
                .env("HOME", place.folder.path())
                .env("PATH", std::env::var_os("PATH").unwrap_or_default())
                .env("CHECKPOINT_DISABLE", "1")
                .env("TF_IN_AUTOMATION", "1")
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            finished(&mut command)
        };
        let fmt = run(&["fmt", "-check", "-diff"]);
        assert_eq!((fmt.status, fmt.stdout.as_str()), (0, ""), "{root}: {}", fmt.stderr);
        // What is newer than the provider that can be had here: names of a type and of versions.
        for file in ["main.tf", "versions.tf"] {
            let path = place.path(root).join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.replace("aws_s3_object", "aws_s3_bucket_object");
            std::fs::write(&path, text.replace(">= 5.20, < 7.0", "~> 3.39")).unwrap();
        }
        let plugins = program.parent().unwrap().with_file_name("plugins");
        for arguments in [&["init", &format!("-plugin-dir={}", plugins.display())][..], &["validate"]] {
            let ran = run(arguments);
            assert_eq!(ran.status, 0, "{root} {arguments:?}: {}{}", ran.stdout, ran.stderr);
        }
    }
    assert!(roots > 0, "no module was written");
}

/// Nobody answers: nothing is called.
fn closed() -> Door {
    Door::open(None, |_| None)
}

#[test]
fn the_example_in_one_root_and_in_two() {
    let door = closed();
    reads(&Place::example(door.port, "tf-example"), &[]);
    reads(&Place::example(door.port, "tf-roots"), &["--split-roots"]);
    reads(&Place::example(door.port, "tf-old"), &["--aws-provider", "3"]);
    assert_eq!(door.actions(), [""; 0]);
}

/// A pair with a conditional role, a two-phase value, a secret, lists, names that Terraform has for itself, and texts that
/// are hard to quote.
const SHOP: &str = r#"
Parameters:
  Audited: {Type: String, Default: 'no', AllowedValues: ['yes', 'no']}
  AdminPassword: {Type: String, NoEcho: true, MinLength: 8, MaxLength: 64, AllowedPattern: '[!-~"\\]+'}
  Subnets: {Type: CommaDelimitedList, Description: "Where it runs: ${not} %{a} $${b} \"template\" ü\n"}
  Ports: {Type: List<Number>, Default: '1,2'}
  Size: {Type: Number, Default: '007', MinValue: 1}
  name: {Type: String, Default: shop}
  count: {Type: String, Default: "${x} %{y}"}
  version: {Type: String, Default: '1'}
Conditions:
  Audit: !Equals [!Ref Audited, 'yes']
Resources:
  Key: {Type: AWS::SNS::Topic}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${AWS::StackName}-work'}}
  WorkerRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: work
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - {Effect: Allow, Action: 'sns:Publish', Resource: !Ref Key}
              - {Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn}
  AuditRole:
    Type: AWS::IAM::Role
    Condition: Audit
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
  Settings:
    Type: AWS::SSM::Parameter
    Properties:
      Type: String
      Value: !Join ['|', [!GetAtt WorkerRole.Arn, !If [Audit, !GetAtt AuditRole.Arn, none], !Select [1, !Ref Subnets], !Select [0, !Ref Ports], !Ref Size, !Ref name, !Ref count, !Ref version]]
Outputs:
  Said: {Value: !GetAtt Settings.Value}
"#;

#[test]
fn a_pair_with_conditional_roles_two_phases_secrets_and_lists() {
    let door = closed();
    for arguments in [&[][..], &["--split-roots"]] {
        let place = Place::new(door.port);
        place.write("shop.yaml", SHOP);
        ok(&place.run(&["split", "shop.yaml", "--resolve", "exact,two-phase"]));
        place.write(
            "deployment.yaml",
            "name: tf-shop\nregion: us-east-1\ntemplate: shop-app.yaml\niam_template: shop-iam.yaml\ntags: {team: 'a \"b\" ${c}'}\nparameters: {Subnets: [a, 'b ${c}'], AdminPassword: {env: ADMIN_PASSWORD}}\n",
        );
        reads(&place, arguments);
    }
    assert_eq!(door.actions(), [""; 0]);
}

#[test]
fn the_inline_pattern() {
    let door = closed();
    let place = Place::new(door.port);
    place.write("shop.yaml", SHOP);
    place.write(
        "deployment.yaml",
        "name: tf-inline\nregion: us-east-1\npattern: inline\ntemplate: shop.yaml\nparameters: {Subnets: [a, b], AdminPassword: {env: ADMIN_PASSWORD}}\n",
    );
    reads(&place, &[]);
}
