//! The root module that `iam-split terraform` writes, with a real Terraform against the local AWS.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use iam_split_tests::aws::{Place, SECRETS, call, encoded, finished, simulator};
use iam_split_tests::{Run, ok, repository};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

/// Terraform's command, or a loud word that it cannot be had.
fn terraform() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let made = Command::new(repository().join("scripts/terraform")).output().ok()?;
        made.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&made.stdout).trim()))
    });
    if program.is_none() {
        println!("LEFT OUT: Terraform and its provider could not be installed (scripts/terraform)");
    }
    program.as_deref()
}

/// A folder with a deployment, and what Terraform makes of it.
struct Ground {
    place: Place,
    program: &'static Path,
}

impl Ground {
    fn new(place: Place) -> Option<Self> {
        Some(Self { place, program: terraform()? })
    }

    fn pair(name: &str, monolith: &str, settings: &str) -> Option<Self> {
        let place = Place::new(simulator());
        place.write("shop.yaml", monolith);
        ok(&place.run(&["split", "shop.yaml", "--resolve", "exact,two-phase"]));
        let text = format!("name: {name}\ntemplate: shop-app.yaml\niam_template: shop-iam.yaml\n{settings}");
        place.write("deployment.yaml", &text);
        Self::new(place)
    }

    /// Writes the module, and what leads it to the local AWS; `init` in each root.
    fn written(&self, arguments: &[&str]) {
        ok(&self.place.run(&[&["terraform"][..], arguments].concat()));
        for root in ["terraform", "terraform/iam", "terraform/app"] {
            if !self.place.path(root).join("main.tf").exists() {
                continue;
            }
            // What is newer than the provider that can be had here: names of a type and of versions.
            for file in ["main.tf", "versions.tf"] {
                let text = std::fs::read_to_string(self.place.path(root).join(file)).unwrap();
                let text = text.replace("aws_s3_object", "aws_s3_bucket_object");
                let text = text.replace(">= 5.20, < 7.0", "~> 3.39");
                std::fs::write(self.place.path(root).join(file), text).unwrap();
            }
            let local = LOCAL.replace("PORT", &self.place.port.to_string());
            std::fs::write(self.place.path(root).join("override.tf"), local).unwrap();
            let plugins = self.program.parent().unwrap().with_file_name("plugins");
            ok(&self.run(root, &["init", &format!("-plugin-dir={}", plugins.display())]));
            ok(&self.run(root, &["validate"]));
            let fmt = self.run(root, &["fmt", "-check", "-diff"]);
            assert_eq!((fmt.status, fmt.stdout.as_str()), (0, ""), "{root}");
        }
    }

    fn command(&self, root: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command
            .arg(format!("-chdir={root}"))
            .args(arguments)
            .arg("-no-color")
            .current_dir(self.place.folder.path())
            .env_clear()
            .env("HOME", self.place.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_VAR_AdminPassword", SECRETS[0])
            .env("TF_VAR_DBUrl", SECRETS[1])
            .stdin(Stdio::null());
        command
    }

    /// Runs Terraform to its end. No secret may be seen.
    fn run(&self, root: &str, arguments: &[&str]) -> Run {
        finished(&mut self.command(root, arguments))
    }

    fn apply(&self, root: &str) -> String {
        let ran = self.run(root, &["apply", "-auto-approve"]);
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    fn plan(&self, root: &str) -> Run {
        self.run(root, &["plan"])
    }

    fn output(&self, root: &str, name: &str) -> serde_json::Value {
        let ran = self.run(root, &["output", "-json", name]);
        serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr))
    }

    fn describe(&self, stack: &str) -> String {
        call(self.place.port, &format!("Action=DescribeStacks&Version=2010-05-15&StackName={stack}"))
    }
}

const LOCAL: &str = r#"provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_get_ec2_platforms      = true
  skip_metadata_api_check     = true
  s3_force_path_style         = true

  endpoints {
    cloudformation = "http://127.0.0.1:PORT"
    iam            = "http://127.0.0.1:PORT"
    s3             = "http://127.0.0.1:PORT"
    sts            = "http://127.0.0.1:PORT"
  }
}
"#;

/// A pair with a conditional role, a two-phase value, a secret, lists, and texts that are hard to quote.
const SHOP: &str = r#"
Parameters:
  Audited: {Type: String, Default: 'no', AllowedValues: ['yes', 'no']}
  AdminPassword: {Type: String, NoEcho: true, MinLength: 8}
  Subnets: {Type: CommaDelimitedList, Description: "Where it runs: ${not} %{a} \"template\""}
  Size: {Type: Number, Default: 007, MinValue: 1}
  name: {Type: String, Default: shop}
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
      Value: !Join ['|', [!GetAtt WorkerRole.Arn, !If [Audit, !GetAtt AuditRole.Arn, none], !Select [1, !Ref Subnets], !Ref Size]]
Outputs:
  Said: {Value: !GetAtt Settings.Value}
"#;

/// The example, as somebody with an old provider would have it: an update of the IAM template alone leaves the
/// application as it is, a new ARN reaches it, and all goes in order.
#[test]
fn the_example_lives_and_goes() {
    let Some(ground) = Ground::new(Place::example(simulator(), "tf-example")) else { return };
    ground.written(&["--aws-provider", "3"]);
    let mut nothing = ground.command("terraform", &["plan"]);
    let ran = finished(nothing.env_remove("TF_VAR_AdminPassword").env_remove("TF_VAR_DBUrl"));
    assert_ne!(ran.status, 0);
    assert!(
        flat(&ran.stderr)
            .contains("Parameters of the application template have no value: AdminPassword, DBUrl."),
        "{}",
        ran.stderr
    );
    let said = ground.apply("terraform");
    assert!(said.contains("Resources: 6 added"), "{said}");
    let before = ground.describe("tf-example");
    let arn = ground.output("terraform", "role_arns")["SearchHandlerRole"].clone();
    assert!(before.contains(arn.as_str().unwrap()), "{before}");

    ground.place.edit("quilt-iam.yaml", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility");
    let said = ground.apply("terraform");
    assert!(said.contains("aws_cloudformation_stack.iam[0]: Modifications complete"), "{said}");
    assert!(ground.describe("tf-example-iam").contains("UPDATE_COMPLETE"));
    assert_eq!(of_stack(&ground.describe("tf-example")), of_stack(&before), "the application was updated");

    ground.place.edit("quilt-iam.yaml", "  SearchHandlerRole:\n    Type: AWS::IAM::Role\n    Properties:\n", "  SearchHandlerRole:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: tf-example-renamed\n");
    ground.apply("terraform");
    assert!(ground.describe("tf-example").contains("role/tf-example-renamed"));

    let said = ok_out(ground.run("terraform", &["destroy", "-auto-approve"]));
    let at = |what: &str| said.find(what).unwrap_or_else(|| panic!("{what}: {said}"));
    assert!(
        at("aws_cloudformation_stack.app: Destruction complete")
            < at("aws_cloudformation_stack.iam[0]: Destroying...")
    );
    assert!(said.contains("Destroy complete! Resources: 6 destroyed."), "{said}");
    assert!(!ground.describe("tf-example").contains("<StackStatus>CREATE"));
}

/// The status and the times of a stack.
fn of_stack(text: &str) -> Vec<String> {
    ["StackStatus", "LastUpdatedTime", "StackId"]
        .map(|key| {
            text.split(&format!("<{key}>"))
                .nth(1)
                .and_then(|rest| rest.split('<').next())
                .unwrap_or_default()
                .to_owned()
        })
        .to_vec()
}

fn ok_out(run: Run) -> String {
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    run.stdout
}

/// A message without Terraform's line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

/// Conditional roles, two-phase values, secrets and lists; the outputs come straight from the resource.
#[test]
fn a_pair_with_everything() {
    let settings = "parameters: {Subnets: [a, 'b ${c}'], AdminPassword: {env: ADMIN_PASSWORD}}\n";
    let Some(ground) = Ground::pair("tf-shop", SHOP, settings) else { return };
    ground.written(&[]);
    let main = std::fs::read_to_string(ground.place.path("terraform/main.tf")).unwrap();
    assert!(
        main.contains("WorkerRole = lookup(local.iam_outputs, \"WorkerRoleArn\", null)")
            && !main.contains("data \"aws_cloudformation_stack\""),
        "{main}"
    );
    assert!(!main.contains(SECRETS[0]));

    let said = ground.apply("terraform");
    assert!(said.contains("the application's two-phase values"), "{said}");
    let said = ground.output("terraform", "Said");
    let role = ground.output("terraform", "role_arns")["WorkerRole"].clone();
    assert_eq!(said, format!("{}|none|b ${{c}}|007", role.as_str().unwrap()));
    assert!(!ground.describe("tf-shop-iam").contains("sns"));
    let values = ok_out(ground.run("terraform", &["output", "-raw", "two_phase_tfvars"]));
    std::fs::write(ground.place.path("terraform/two-phase.auto.tfvars.json"), values).unwrap();

    // The second apply fills the value, and a condition that comes true brings a role.
    std::fs::write(ground.place.path("terraform/own.auto.tfvars"), "Audited = \"yes\"\n").unwrap();
    ground.apply("terraform");
    assert!(
        ground.describe("tf-shop-iam").contains("arn:aws:sns:us-east-1:000000000000:"),
        "{}",
        ground.describe("tf-shop-iam")
    );
    // Such a provider sees a changed output in the next run.
    let said = ground.apply("terraform");
    assert!(!said.contains("the application's two-phase values"), "{said}");
    assert!(ground.output("terraform", "Said").as_str().unwrap().contains("AuditRole"));

    refuses(&ground, "Audited = \"maybe\"", "Audited is one of yes, no.");
    refuses(&ground, "Size = \"many\"", "Size is a number.");
    refuses(&ground, "Subnets = [\"a,b\"]", "An item of Subnets cannot hold a comma.");
    refuses(&ground, "name = \"Shop\"", "A lower-case letter, then lower-case letters, digits and dashes");
    refuses(
        &ground,
        "parameters = { Sise = \"1\" }",
        "No template declares these entries of var.parameters: Sise.",
    );
    refuses(
        &ground,
        "parameters = { AdminPassword = \"12345678\" }",
        "Secrets have variables of their own, which Terraform does not show: AdminPassword.",
    );
    refuses(
        &ground,
        "template_file = \"../shop.yaml\"",
        "template_file is a monolith, and iam_template_file is given",
    );
    refuses(
        &ground,
        "iam_template_file = null",
        "template_file is split from its IAM, and iam_template_file is null",
    );

    // Somebody takes an output away, and puts a stranger's ARN in the place of another.
    let iam = std::fs::read_to_string(ground.place.path("shop-iam.yaml")).unwrap();
    let start = iam.find("  WorkerRoleArn:").unwrap();
    let end = iam[start + 2..].find("\n  A").map_or(iam.len(), |at| start + 2 + at);
    let without = format!("{}  Other: {{Value: x}}{}", &iam[..start], &iam[end..]);
    ground.place.write("without.yaml", &without);
    update(&ground, "tf-shop-iam", &without);
    let ran = ground.plan("terraform");
    assert_ne!(ran.status, 0, "{}", ran.stdout);
    assert!(
        flat(&ran.stderr).contains(
            "The stack tf-shop-iam lacks outputs: WorkerRoleArn. Deploy the IAM template of this pair."
        ),
        "{}",
        ran.stderr
    );
    let stranger = iam.replace("!GetAtt WorkerRole.Arn", "arn:aws:iam::123456789012:role/theirs");
    update(&ground, "tf-shop-iam", &stranger);
    let ran = ground.plan("terraform");
    assert!(
        flat(&ran.stderr).contains(
            "Outputs of the stack tf-shop-iam are no ARNs of this account and partition: WorkerRoleArn."
        ),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    update(&ground, "tf-shop-iam", &iam);
    ok_out(ground.run("terraform", &["destroy", "-auto-approve"]));
}

fn refuses(ground: &Ground, variable: &str, message: &str) {
    let file = ground.place.path("terraform/wrong.auto.tfvars");
    std::fs::write(&file, format!("{variable}\n")).unwrap();
    let ran = ground.run("terraform", &["plan", "-refresh=false"]);
    std::fs::remove_file(file).unwrap();
    assert_ne!(ran.status, 0, "{variable}: {}", ran.stdout);
    assert!(flat(&ran.stderr).contains(message), "{variable}: {}", ran.stderr);
}

/// Updates a stack behind Terraform's back.
fn update(ground: &Ground, stack: &str, template: &str) {
    let form = format!(
        "Action=UpdateStack&Version=2010-05-15&StackName={stack}&TemplateBody={}&Parameters.member.1.ParameterKey=AppStackName&Parameters.member.1.ParameterValue=tf-shop&Parameters.member.2.ParameterKey=Audited&Parameters.member.2.ParameterValue=yes",
        encoded(template)
    );
    let said = call(ground.place.port, &form);
    assert!(said.contains("<StackId>"), "{said}");
    while ground.describe(stack).contains("IN_PROGRESS") {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// One switch: without an IAM template there is one stack, of the monolith.
#[test]
fn inline_by_one_switch() {
    let settings = "parameters: {Subnets: [a, b], AdminPassword: {env: ADMIN_PASSWORD}}\n";
    let Some(ground) = Ground::pair("tf-inline", SHOP, settings) else { return };
    ground.written(&[]);
    let own = "iam_template_file = null\ntemplate_file = \"../shop.yaml\"\n";
    std::fs::write(ground.place.path("terraform/own.auto.tfvars"), own).unwrap();
    let said = ground.apply("terraform");
    assert!(said.contains("Resources: 4 added"), "{said}");
    assert!(ground.output("terraform", "Said").as_str().unwrap().ends_with("|none|b|007"));
    assert!(ground.describe("tf-inline-iam").contains("does not exist"));
    ok_out(ground.run("terraform", &["destroy", "-auto-approve"]));

    // A deployment that is inline from the start has no word of the other pattern.
    ground.place.write("deployment.yaml", &format!("name: tf-inline\ntemplate: shop.yaml\n{settings}"));
    std::fs::remove_dir_all(ground.place.path("terraform")).unwrap();
    ground.written(&[]);
    let main = std::fs::read_to_string(ground.place.path("terraform/main.tf")).unwrap();
    assert!(!main.contains("external") && main.contains("CAPABILITY_IAM"), "{main}");
    assert_eq!(ground.plan("terraform").status, 0);
}

/// Two teams: each has a root, and the application's reads the IAM stack.
#[test]
fn two_roots() {
    let settings = "parameters: {Subnets: [a, b], AdminPassword: {env: ADMIN_PASSWORD}}\n";
    let Some(ground) = Ground::pair("tf-teams", SHOP, settings) else { return };
    ground.written(&["--split-roots"]);
    let ran = ground.plan("terraform/app");
    assert!(ran.stderr.contains("tf-teams-iam"), "{}", ran.stderr);
    ground.apply("terraform/iam");
    ground.apply("terraform/app");
    let role = ground.output("terraform/iam", "WorkerRoleArn");
    assert!(ground.output("terraform/app", "Said").as_str().unwrap().starts_with(role.as_str().unwrap()));
    let values = ok_out(ground.run("terraform/app", &["output", "-raw", "two_phase_tfvars"]));
    std::fs::write(ground.place.path("terraform/iam/two-phase.auto.tfvars.json"), values).unwrap();
    ground.apply("terraform/iam");
    assert!(ground.describe("tf-teams-iam").contains("arn:aws:sns:"));
}

/// What stands already is taken over: nothing is made, nothing goes.
#[test]
fn stacks_that_stand_are_taken_over() {
    let settings = "parameters: {Subnets: [a, b], AdminPassword: {env: ADMIN_PASSWORD}}\n";
    let Some(ground) = Ground::pair("tf-taken", SHOP, settings) else { return };
    ok(&ground.place.run(&["deploy", "--yes"]));
    ok(&ground.place.run(&["upload"]));
    ground.written(&["--import"]);
    let stood = of_stack(&ground.describe("tf-taken"))[2].clone();
    let said = ground.apply("terraform");
    assert!(said.contains("2 imported, 2 added, 2 changed, 0 destroyed"), "{said}");
    assert_eq!(of_stack(&ground.describe("tf-taken"))[2], stood);
}

/// Any text is the same text after Terraform has read it.
#[test]
fn texts_are_quoted_as_terraform_reads_them() {
    let Some(program) = terraform() else { return };
    let place = Place::new(0);
    let mut runner = TestRunner::deterministic();
    let piece = proptest::sample::select(vec![
        "$", "{", "${", "%{", "$${", "%%{", "}", "\"", "\\", "\n", "\r", "\t", "~}", "a", " ", "é", "漢",
        "😀", "#", "//", "<<EOT", "\u{7f}", "'", "%", "\\u0041", "\u{1}",
    ]);
    let text = proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat());
    let texts: Vec<String> = (0..600).map(|_| text.new_tree(&mut runner).unwrap().current()).collect();
    let values: Vec<String> =
        texts.iter().map(|text| format!("    {},\n", iam_split_core::terraform::hcl::quoted(text))).collect();
    let file = format!("output \"texts\" {{\n  value = [\n{}  ]\n}}\n", values.concat());
    assert_eq!(iam_split_core::terraform::hcl::formatted(&file).unwrap(), file);
    std::fs::create_dir(place.path("terraform")).unwrap();
    place.write("terraform/main.tf", &file);
    let ground = Ground { place, program };
    ok(&ground.run("terraform", &["init"]));
    ok(&ground.run("terraform", &["fmt", "-check"]));
    ground.apply("terraform");
    let read = ground.output("terraform", "texts");
    let read: Vec<&str> = read.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    for (read, text) in read.iter().zip(&texts) {
        assert_eq!(read, text);
    }
    assert_eq!(read.len(), texts.len());
}

/// Files of others stay as they are, and one of ours that was edited is theirs.
#[test]
fn nothing_is_written_over_files_of_others() {
    let place = Place::new(simulator());
    place.write("shop.yaml", SHOP);
    ok(&place.run(&["split", "shop.yaml", "--resolve", "exact,two-phase"]));
    place.write("deployment.yaml", "name: tf-files\ntemplate: shop-app.yaml\niam_template: shop-iam.yaml\n");
    ok(&place.run(&["terraform"]));
    ok(&place.run(&["terraform", "--split-roots", "--out", "two"]));
    ok(&place.run(&["terraform"]));
    place.edit("terraform/main.tf", "locals", "# mine\nlocals");
    std::fs::remove_file(place.path("terraform/outputs.tf")).unwrap();
    let ran = place.run(&["terraform"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("`terraform/main.tf` is there and was written or edited by somebody else"),
        "{}",
        ran.stderr
    );
    assert!(!place.path("terraform/outputs.tf").exists());
}
