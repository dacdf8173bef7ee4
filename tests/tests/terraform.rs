//! The root module that `iam-split terraform` writes, with a real Terraform against the local AWS.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use iam_split_tests::aws::{Door, Place, SECRETS, call, encoded, finished, simulator};
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
  Size: {Type: Number, Default: '007', MinValue: 1}
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
    // The provider here is older than the one that this module is for: it does not see that outputs change, and
    // Terraform refuses the application's part of the first run.
    ground.run("terraform", &["apply", "-auto-approve"]);
    assert!(
        ground.describe("tf-shop-iam").contains("arn:aws:sns:us-east-1:000000000000:"),
        "{}",
        ground.describe("tf-shop-iam")
    );
    // It sees a changed output in the next run.
    let said = ground.apply("terraform");
    assert!(!said.contains("the application's two-phase values"), "{said}");
    assert!(ground.output("terraform", "Said").as_str().unwrap().contains("AuditRole"));

    refuses(
        &ground,
        "Audited = \"maybe\"\nSize = \"many\"\nSubnets = [\"a,b\"]\nname = \"Shop\"",
        &[
            "Audited is one of yes, no.",
            "Size is a number.",
            "An item of Subnets cannot hold a comma.",
            "A lower-case letter, then lower-case letters, digits and dashes",
        ],
    );
    refuses(
        &ground,
        "parameters = { Sise = \"1\", AdminPassword = \"12345678\" }",
        &[
            "No template declares these entries of var.parameters: Sise.",
            "Secrets have variables of their own, which Terraform does not show: AdminPassword.",
        ],
    );
    refuses(
        &ground,
        "template_file = \"../shop.yaml\"",
        &["template_file is a monolith, and iam_template_file is given"],
    );
    refuses(
        &ground,
        "iam_template_file = null",
        &["template_file is split from its IAM, and iam_template_file is null"],
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

fn refuses(ground: &Ground, variables: &str, messages: &[&str]) {
    let file = ground.place.path("terraform/wrong.auto.tfvars");
    std::fs::write(&file, format!("{variables}\n")).unwrap();
    let ran = ground.run("terraform", &["plan", "-refresh=false"]);
    std::fs::remove_file(file).unwrap();
    assert_ne!(ran.status, 0, "{variables}: {}", ran.stdout);
    for message in messages {
        assert!(flat(&ran.stderr).contains(message), "{variables}: {}", ran.stderr);
    }
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

/// The module of the specification: 32 outputs by name through a data source, user parameters first, constant
/// addresses, nothing for the IAM template.
fn module_of_the_specification(place: &Place, names: &[&str]) {
    let takes: Vec<String> = names
        .iter()
        .map(|name| {
            format!("    {name} = try(data.aws_cloudformation_stack.iam[0].outputs[\"{name}Arn\"], null)\n")
        })
        .collect();
    let gives: Vec<String> = names
        .iter()
        .map(|name| {
            format!(
                "output \"{name}Arn\" {{\n  value = aws_cloudformation_stack.iam.outputs[\"{name}Arn\"]\n}}\n"
            )
        })
        .collect();
    for folder in ["theirs", "theirs/modules", "theirs/modules/iam", "theirs/modules/quilt"] {
        std::fs::create_dir(place.path(folder)).unwrap();
    }
    place.write("theirs/main.tf", "module \"quilt\" {\n  source = \"./modules/quilt\"\n  name = \"prod\"\n  iam_template_url = \"https://b.s3.us-east-1.amazonaws.com/quilt-iam.yaml\"\n  parameters = { AdminEmail = \"a@example.com\" }\n}\n");
    place.write("theirs/modules/iam/main.tf", "resource \"aws_cloudformation_stack\" \"iam\" {\n  name = \"${var.name}-iam\"\n  template_url = var.template_url\n  parameters = var.parameters\n  capabilities = var.capabilities\n}\nvariable \"name\" {}\nvariable \"template_url\" {}\nvariable \"parameters\" {\n  default = {}\n}\nvariable \"capabilities\" {\n  default = [\"CAPABILITY_NAMED_IAM\"]\n}\n");
    place.write("theirs/modules/iam/outputs.tf", &gives.concat());
    place.write("theirs/modules/quilt/main.tf", &format!("locals {{\n  from_iam = var.iam_template_url != null ? {{\n{}  }} : {{}}\n  key = \"quilt.yaml\"\n}}\n\ndata \"aws_cloudformation_stack\" \"iam\" {{\n  count = 1\n  name = \"${{var.name}}-iam\"\n}}\n\nmodule \"iam\" {{\n  source = \"../iam\"\n  name = var.name\n  template_url = var.iam_template_url\n  parameters = var.iam_parameters\n}}\n\nresource \"aws_cloudformation_stack\" \"stack\" {{\n  name = var.name\n  template_url = \"https://b.s3.us-east-1.amazonaws.com/${{local.key}}\"\n  parameters = merge(var.parameters, local.from_iam, {{ VPC = \"vpc-1\", Subnets = null }})\n  depends_on = [module.iam]\n}}\n\nvariable \"name\" {{}}\nvariable \"iam_template_url\" {{}}\nvariable \"iam_parameters\" {{\n  default = {{}}\n}}\nvariable \"parameters\" {{}}\n", takes.concat()));
}

/// The names of `config.yaml`, 24 roles and 8 policies.
fn configured(config: &str) -> Vec<&str> {
    config
        .lines()
        .filter_map(|line| line.strip_prefix("    - "))
        .map(|name| name.split(' ').next().unwrap())
        .collect()
}

/// What they have is judged: each fault with its code, its line and the way out.
#[test]
fn the_module_of_the_specification_is_judged() {
    let place = Place::example(0, "prod");
    let config = std::fs::read_to_string(place.path("config.yaml")).unwrap();
    let mut names = configured(&config);
    assert!(names.len() >= 32, "{names:?}");
    names.push("ForgottenRole");
    module_of_the_specification(&place, &names);
    let ran = place.run(&["terraform", "--check", "theirs"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    for said in [
        "error[TFM001]: the IAM template has no output `ForgottenRoleArn`\n   --> theirs/modules/iam/outputs.tf:131:11",
        "error[TFM002]: nobody passes `AppStackName`, which the IAM template needs\n",
        "add `AppStackName = var.name`",
        "error[TFM002]: nobody passes `CertificateArnELB`, `SearchDomainArn`, `CloudTrailBucket`, which the IAM template needs\n",
        "error[TFM004]: the application template has no parameter `ForgottenRole`",
        "warning[TFM005]",
        "modules/iam/main.tf:3:3",
        "warning[TFM006]: `try` hides that an output is missing: `SearchHandlerRoleArn`",
        "error[TFM007]: `data.aws_cloudformation_stack.iam` is read before the stack that these files make\n",
        "warning[TFM008]: `var.parameters` loses to what is merged after it\n",
    ] {
        assert!(ran.stderr.contains(said), "{said}\n{}", ran.stderr);
    }
    // Ours fit, in every form.
    for (out, more) in [("a", &[][..]), ("b", &["--aws-provider", "3"]), ("c", &["--split-roots"])] {
        ok(&place.run(&[&["terraform", "--out", out][..], more].concat()));
        let ran = place.run(&["terraform", "--check", out]);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    }
}

/// A plan of Terraform's is told, and what a run calls is in the policy.
#[test]
fn a_run_is_told_and_permitted() {
    let door = Door::open(Some(simulator()), |_| None);
    let Some(mut ground) = Ground::pair(
        "tf-told",
        SHOP,
        "parameters: {Subnets: [a, b], AdminPassword: {env: ADMIN_PASSWORD}}\n",
    ) else {
        return;
    };
    ground.place.port = door.port;
    ground.written(&["--aws-provider", "3"]);
    ground.apply("terraform");
    ground.place.edit("shop-iam.yaml", "sqs:SendMessage", "sqs:ReceiveMessage");
    let told = |ground: &Ground| {
        ok_out(ground.run("terraform", &["plan", "-out=plan.bin"]));
        // The file holds what Terraform hides elsewhere; nothing of it may be told.
        let json = ground.command("terraform", &["show", "-json", "plan.bin"]).output().unwrap().stdout;
        std::fs::write(ground.place.path("plan.json"), json).unwrap();
        let ran = ground.place.run(&["terraform", "--explain", "plan.json"]);
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
        ran.stdout
    };
    let said = told(&ground);
    assert!(
        said.contains("WorkerRole  (Policies)")
            && said.contains("scenario A: IAM stack update (policy changes)"),
        "{said}"
    );
    ground.place.edit(
        "shop-iam.yaml",
        "  WorkerRole:\n    Type: AWS::IAM::Role\n    Properties:\n",
        "  WorkerRole:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: tf-told-worker\n",
    );
    let said = told(&ground);
    assert!(said.contains("scenario B: IAM stack update (resource replacement)"), "{said}");
    ground.apply("terraform");
    ok_out(ground.run("terraform", &["destroy", "-auto-approve"]));

    let mut permitted = Vec::new();
    for target in ["iam", "app"] {
        let ran = ground.place.run(&["permissions", target, "--terraform"]);
        let policy: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        for statement in policy["Statement"].as_array().unwrap() {
            match &statement["Action"] {
                serde_json::Value::String(one) => permitted.push(one.clone()),
                many => permitted
                    .extend(many.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned())),
            }
        }
    }
    // Such a provider asks IAM for the account first, and does without where it may not.
    let asked = |action: &&String| !matches!(action.as_str(), "GetUser" | "ListRoles");
    let called: std::collections::BTreeSet<String> =
        door.actions().iter().filter(asked).map(|action| permission(action)).collect();
    let missing: Vec<&String> = called.iter().filter(|action| !permitted.contains(action)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(called.contains("cloudformation:UpdateStack") && called.contains("s3:PutObject"), "{called:?}");
}

/// The permission that a call needs.
fn permission(action: &str) -> String {
    let Some((method, path)) = action.split_once(' ') else {
        return match action {
            "GetCallerIdentity" => format!("sts:{action}"),
            _ => format!("cloudformation:{action}"),
        };
    };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let object = path.trim_matches('/').contains('/');
    let what = query.split(['=', '&']).next().unwrap_or_default();
    let name = match (method, object, what) {
        ("PUT", true, _) => "PutObject",
        ("DELETE", true, _) => "DeleteObject",
        ("GET", true, "tagging") => "GetObjectTagging",
        ("GET", true, "acl") => "GetObjectAcl",
        ("GET" | "HEAD", true, _) => "GetObject",
        ("PUT", false, "") => "CreateBucket",
        ("PUT" | "DELETE", false, "publicAccessBlock") => "PutBucketPublicAccessBlock",
        ("PUT" | "DELETE", false, "tagging") => "PutBucketTagging",
        ("PUT" | "DELETE", false, "encryption") => "PutEncryptionConfiguration",
        ("DELETE", false, "") => "DeleteBucket",
        ("HEAD", false, _) => "ListBucket",
        ("GET", false, "accelerate") => "GetAccelerateConfiguration",
        ("GET", false, "acl") => "GetBucketAcl",
        ("GET", false, "cors") => "GetBucketCORS",
        ("GET", false, "encryption") => "GetEncryptionConfiguration",
        ("GET", false, "lifecycle") => "GetLifecycleConfiguration",
        ("GET", false, "location") => "GetBucketLocation",
        ("GET", false, "logging") => "GetBucketLogging",
        ("GET", false, "object-lock") => "GetBucketObjectLockConfiguration",
        ("GET", false, "policy") => "GetBucketPolicy",
        ("GET", false, "publicAccessBlock") => "GetBucketPublicAccessBlock",
        ("GET", false, "replication") => "GetReplicationConfiguration",
        ("GET", false, "requestPayment") => "GetBucketRequestPayment",
        ("GET", false, "tagging") => "GetBucketTagging",
        ("GET", false, "versioning") => "GetBucketVersioning",
        ("GET", false, "versions") => "ListBucketVersions",
        ("GET", false, "website") => "GetBucketWebsite",
        ("GET", false, _) => "ListBucket",
        _ => action,
    };
    format!("s3:{name}")
}

/// The real template's pair, as far as a plan: what is written is sound, and nothing is missing.
#[test]
fn the_real_pair_is_planned() {
    let Some(place) = Place::real(simulator(), "tf-real") else { return };
    let Some(ground) = Ground::new(place) else { return };
    ground.written(&[]);
    let ran = ground.plan("terraform");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("Plan: 6 to add, 0 to change, 0 to destroy."), "{}", ran.stdout);
    // The module of the specification, with the real pair: one of its 32 outputs is not there.
    let config = std::fs::read_to_string(ground.place.path("config.yaml")).unwrap();
    module_of_the_specification(&ground.place, &configured(&config));
    let ran = ground.place.run(&["terraform", "--check", "theirs"]);
    assert!(ran.stderr.contains("the IAM template has no output `S3LambdaRoleArn`"), "{}", ran.stderr);
}

/// The module in `examples/quilt/terraform` is the one that the command writes.
#[test]
fn the_module_of_the_example_is_up_to_date() {
    let place = Place::example(0, "quilt-prod");
    ok(&place.run(&["terraform"]));
    for name in ["main.tf", "variables.tf", "outputs.tf", "versions.tf"] {
        let made = std::fs::read_to_string(place.path("terraform").join(name)).unwrap();
        let kept = repository().join("examples/quilt/terraform").join(name);
        if std::env::var("INSTA_UPDATE").is_ok_and(|wish| wish == "always") {
            std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
            std::fs::write(kept, made).unwrap();
            continue;
        }
        assert!(std::fs::read_to_string(kept).unwrap() == made, "write examples/quilt/terraform/{name} anew");
    }
}
