//! A real Terraform before the local AWS.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value as Json;

use crate::aws::{Place, SECRETS, finished};
use crate::{Run, ok, repository};

/// Terraform's command, or a loud word that it cannot be had.
pub fn program() -> Option<&'static Path> {
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

/// Terraform in one root module of a place. It runs in a copy beside the module, which is left as it was written.
pub struct Terraform<'p> {
    place: &'p Place,
    root: &'p str,
    program: &'static Path,
}

/// Where Terraform runs instead of in a root.
pub fn beside(root: &str) -> String {
    format!("{root}-run")
}

impl<'p> Terraform<'p> {
    /// Terraform in a folder of the place; `None` where Terraform cannot be had.
    pub fn at(place: &'p Place, root: &'p str) -> Option<Self> {
        Some(Self { place, root, program: program()? })
    }

    /// Any command, run from the place's folder.
    pub fn run(&self, arguments: &[&str]) -> Run {
        finished(&mut self.command(arguments))
    }

    /// Writes a file beside the module's own.
    pub fn write(&self, name: &str, text: &str) {
        self.place.write(&format!("{}/{name}", beside(self.root)), text);
    }

    /// A command, ready to start.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command
            .arg(format!("-chdir={}", beside(self.root)))
            .args(arguments)
            .current_dir(self.place.folder.path())
            .env_clear()
            .envs(environment(self.place))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Copies the module for the provider that can be had here, and leads it to the local AWS.
    pub fn adapt(&self) {
        std::fs::create_dir_all(self.place.path(&beside(self.root))).expect("a folder");
        for entry in std::fs::read_dir(self.place.path(self.root)).expect("the module") {
            let path = entry.expect("a file").path();
            if path.extension().is_none_or(|ending| ending != "tf") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a file of the module");
            let text =
                text.replace("aws_s3_object", "aws_s3_bucket_object").replace(">= 5.20, < 7.0", "~> 3.39");
            self.write(&path.file_name().expect("a name").to_string_lossy(), &text);
        }
        let url = format!("http://127.0.0.1:{}", self.place.port);
        let services: String =
            ["cloudformation", "s3", "sts"].map(|name| format!("    {name} = \"{url}\"\n")).concat();
        self.write(
            "override.tf",
            &format!(
                "provider \"aws\" {{\n  s3_force_path_style = true\n  skip_get_ec2_platforms = true\n  skip_metadata_api_check = true\n  endpoints {{\n{services}  }}\n}}\n"
            ),
        );
    }

    /// `init`, without the network.
    pub fn init(&self) {
        let plugins = self.program.parent().expect("a folder").with_file_name("plugins");
        ok(&self.run(&["init", &format!("-plugin-dir={}", plugins.display())]));
    }

    /// `apply`, which ends well; what it said.
    #[track_caller]
    pub fn apply(&self, arguments: &[&str]) -> String {
        let ran = self.run(&[&["apply", "-auto-approve"][..], arguments].concat());
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
        ran.stdout + &ran.stderr
    }

    /// Plans into `plan.bin`, writes `plan.json` into the place, and gives what is done with each stack.
    #[track_caller]
    pub fn plan(&self, arguments: &[&str]) -> Vec<(String, Vec<String>)> {
        ok(&self.run(&[&["plan", "-out=plan.bin"][..], arguments].concat()));
        let output = self.command(&["show", "-json", "plan.bin"]).output().expect("Terraform runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        self.place.write("plan.json", &text);
        let plan: Json = serde_json::from_str(&text).expect("JSON");
        let changes = plan["resource_changes"].as_array().cloned().unwrap_or_default();
        let words = |json: &Json| {
            json.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
        };
        changes
            .iter()
            .filter(|change| change["type"] == "aws_cloudformation_stack" && change["mode"] == "managed")
            .map(|change| {
                (
                    change["address"].as_str().unwrap_or_default().to_owned(),
                    words(&change["change"]["actions"]),
                )
            })
            .collect()
    }

    /// An output's value.
    #[track_caller]
    pub fn output(&self, name: &str) -> Json {
        serde_json::from_str(&{
            let ran = self.run(&["output", "-json", name]);
            ok(&ran);
            ran.stdout
        })
        .expect("JSON")
    }
}

/// What Terraform finds in its environment.
pub fn environment(place: &Place) -> Vec<(&'static str, String)> {
    let text = |text: &str| text.to_owned();
    vec![
        ("HOME", place.folder.path().display().to_string()),
        ("PATH", std::env::var("PATH").unwrap_or_default()),
        ("CHECKPOINT_DISABLE", text("1")),
        ("TF_IN_AUTOMATION", text("1")),
        ("TF_CLI_ARGS", text("-no-color")),
        ("AWS_ACCESS_KEY_ID", text("test")),
        ("AWS_SECRET_ACCESS_KEY", text("test")),
        ("AWS_EC2_METADATA_DISABLED", text("true")),
        ("TF_VAR_AdminPassword", text(SECRETS[0])),
        ("TF_VAR_DBUrl", format!("postgresql://u:{}@h/db", SECRETS[1])),
    ]
}

/// A pair with a conditional role, a two-phase value, a secret, lists, names that Terraform has for itself, and texts that
/// are hard to quote.
pub const SHOP: &str = r#"
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
