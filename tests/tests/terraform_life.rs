//! The root modules that `iam-split terraform` writes, taken through their life by a real Terraform before the local AWS.
//!
//! The provider that can be had here is an old one: `--aws-provider 3` writes what fits it. What is written for a newer
//! one is applied too, with the names of types and versions changed.

use iam_split_tests::aws::{Door, Place, call, simulator};
use iam_split_tests::ok;
use iam_split_tests::terraform::{SHOP, Terraform};

/// A door before the simulator that lets everything through.
fn open() -> Door {
    Door::open(Some(simulator()), |_| None)
}

/// A folder with a pair made of a monolith, its deployment file, and its module, ready for Terraform.
fn place(door: &Door, monolith: &str, split: &[&str], settings: &str, arguments: &[&str]) -> Place {
    let place = Place::new(door.port);
    place.write("m.yaml", monolith);
    ok(&place.run(&[&["split", "m.yaml"][..], split].concat()));
    place.write(
        "deployment.yaml",
        &format!("region: us-east-1\ntemplate: m-app.yaml\niam_template: m-iam.yaml\n{settings}"),
    );
    ok(&place.run(&[&["terraform"][..], arguments].concat()));
    place
}

/// Terraform in a root that was just written.
fn ready<'p>(place: &'p Place, root: &'p str) -> Option<Terraform<'p>> {
    let terraform = Terraform::at(place, root)?;
    terraform.adapt();
    terraform.init();
    Some(terraform)
}

/// What the simulator says of a stack.
fn described(stack: &str) -> String {
    call(simulator(), &format!("Action=DescribeStacks&Version=2010-05-15&StackName={stack}"))
}

/// A parameter of a stack, or an output.
fn value(stack: &str, kind: &str, name: &str) -> Option<String> {
    let said = described(stack);
    let after = said.split(&format!("<{kind}Key>{name}</{kind}Key>")).nth(1)?;
    let value = after.split(&format!("<{kind}Value>")).nth(1)?.split('<').next()?;
    Some(value.replace("&quot;", "\"").replace("&#x27;", "'").replace("&amp;", "&"))
}

/// The stacks that a kind of call named, in order, since a request.
fn stacks(door: &Door, action: &str, since: usize) -> Vec<String> {
    let named = door.requests().split_off(since).into_iter().filter(|request| request.action == action);
    let names = named.filter_map(|request| request.field("StackName"));
    // An id has the name in its middle.
    names.map(|name| name.split('/').nth(1).map_or(name.clone(), str::to_owned)).collect()
}

fn plans(iam: &str, app: &str) -> Vec<(String, Vec<String>)> {
    [("app", app), ("iam[0]", iam)]
        .map(|(name, action)| (format!("aws_cloudformation_stack.{name}"), vec![action.to_owned()]))
        .to_vec()
}

/// Takes all away, the application first, and nothing is left.
fn taken_away(terraform: &Terraform<'_>, door: &Door, name: &str) {
    let before = door.requests().len();
    ok(&terraform.run(&["destroy", "-auto-approve"]));
    assert_eq!(stacks(door, "DeleteStack", before), [name.to_owned(), format!("{name}-iam")]);
    for stack in [name.to_owned(), format!("{name}-iam")] {
        assert!(described(&stack).contains("does not exist"), "{stack}");
    }
}

/// Two roles, and no secret.
const PLAIN: &str = r"
Parameters:
  Stage: {Type: String, Default: test}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${AWS::StackName}-work'}}
  WorkerRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub '${AWS::StackName}-worker'
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: work
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn}]
  ReaderRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
  Settings:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Join ['|', [!GetAtt WorkerRole.Arn, !GetAtt ReaderRole.Arn, !Ref Stage]]}
Outputs:
  Said: {Value: !GetAtt Settings.Value}
";

#[test]
fn a_policy_leaves_the_application_alone_and_a_role_reaches_it() {
    let door = open();
    let place = place(&door, PLAIN, &[], "name: tf-plain\n", &["--aws-provider", "3"]);
    let Some(terraform) = ready(&place, "terraform") else { return };
    assert_eq!(terraform.plan(&[]), plans("create", "create"));
    terraform.apply(&["plan.bin"]);
    let (worker, reader) = (
        "arn:aws:iam::000000000000:role/tf-plain-worker",
        value("tf-plain", "Parameter", "ReaderRole").unwrap(),
    );
    assert_eq!(value("tf-plain", "Output", "Said").unwrap(), format!("{worker}|{reader}|test"));
    assert_eq!(
        terraform.output("role_arns"),
        serde_json::json!({"ReaderRole": reader, "WorkerRole": worker})
    );
    assert_eq!(terraform.plan(&[]), plans("no-op", "no-op"));

    // A: the IAM template alone.
    place.edit("m-iam.yaml", "'sqs:SendMessage'", "['sqs:SendMessage', 'sqs:ReceiveMessage']");
    terraform.plan(&[]);
    let told = place.run(&["terraform", "--explain", "plan.json"]);
    assert!(told.stdout.contains("scenario A") && !told.stdout.contains("scenario B"), "{}", told.stdout);
    let before = door.requests().len();
    terraform.apply(&["plan.bin"]);
    assert_eq!(stacks(&door, "UpdateStack", before), ["tf-plain-iam"]);

    // B: a role with another name has another ARN.
    place.edit("m-iam.yaml", "${AppStackName}-worker", "${AppStackName}-worker2");
    terraform.plan(&[]);
    let told = place.run(&["terraform", "--explain", "plan.json"]);
    assert!(told.stdout.contains("scenario B"), "{}", told.stdout);
    let before = door.requests().len();
    terraform.apply(&["plan.bin"]);
    assert_eq!(stacks(&door, "UpdateStack", before), ["tf-plain-iam", "tf-plain"]);
    assert_eq!(value("tf-plain", "Output", "Said").unwrap(), format!("{worker}2|{reader}|test"));

    // C: the application alone.
    let before = door.requests().len();
    terraform.apply(&["-var", "Stage=prod"]);
    assert_eq!(stacks(&door, "UpdateStack", before), ["tf-plain"]);
    taken_away(&terraform, &door, "tf-plain");
    permitted(&place, &door);
}

/// Every call of a whole life is in the policy for whoever runs it, and in nothing but the bucket and the two stacks.
fn permitted(place: &Place, door: &Door) {
    let ran = place.run(&["permissions", "both", "--terraform", "--account", "000000000000"]);
    ok(&ran);
    let policy: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| match &statement["Action"] {
        serde_json::Value::Array(list) => list.iter().filter_map(|one| one.as_str()).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    });
    let permitted: std::collections::BTreeSet<&str> = actions.collect();
    let called: std::collections::BTreeSet<String> =
        door.actions().iter().map(|action| action_of(action)).collect();
    for action in &called {
        assert!(permitted.contains(action.as_str()), "{action} was called, and is not permitted");
    }
    assert!(called.len() > 20, "{called:?}");
}

/// The action of IAM that permits a call.
///
/// Source: Amazon S3 User Guide, "Required permissions for Amazon S3 API operations".
fn action_of(call: &str) -> String {
    let Some((method, path)) = call.split_once(" /") else {
        let service = if call == "GetCallerIdentity" { "sts" } else { "cloudformation" };
        return format!("{service}:{call}");
    };
    let (path, part) = path.split_once('?').unwrap_or((path, ""));
    let of_object = path.trim_end_matches('/').contains('/');
    let part = part.split(['=', '&']).next().unwrap_or_default();
    let name = match (method, part, of_object) {
        ("HEAD" | "GET", "", true) => "GetObject",
        ("HEAD", "", false) => "ListBucket",
        ("GET", "list-type" | "prefix" | "max-keys", false) => "ListBucket",
        ("GET", "versions", false) => "ListBucketVersions",
        ("PUT", "", true) => "PutObject",
        ("PUT", "", false) => "CreateBucket",
        ("DELETE", "", true) => "DeleteObject",
        ("DELETE", "versionId", true) => "DeleteObjectVersion",
        ("DELETE", "", false) => "DeleteBucket",
        ("DELETE", "publicAccessBlock", false) => "PutBucketPublicAccessBlock",
        (_, "acl", true) => "GetObjectAcl",
        (_, "tagging", true) => "GetObjectTagging",
        ("GET", "accelerate", _) => "GetAccelerateConfiguration",
        ("GET", "acl", _) => "GetBucketAcl",
        ("GET", "cors", _) => "GetBucketCORS",
        ("GET", "encryption", _) => "GetEncryptionConfiguration",
        ("GET", "lifecycle", _) => "GetLifecycleConfiguration",
        ("GET", "location", _) => "GetBucketLocation",
        ("GET", "logging", _) => "GetBucketLogging",
        ("GET", "object-lock", _) => "GetBucketObjectLockConfiguration",
        ("GET", "policy", _) => "GetBucketPolicy",
        ("GET", "publicAccessBlock", _) => "GetBucketPublicAccessBlock",
        ("GET", "replication", _) => "GetReplicationConfiguration",
        ("GET", "requestPayment", _) => "GetBucketRequestPayment",
        ("GET", "tagging", _) => "GetBucketTagging",
        ("GET", "versioning", _) => "GetBucketVersioning",
        ("GET", "website", _) => "GetBucketWebsite",
        ("PUT", "encryption", _) => "PutEncryptionConfiguration",
        ("PUT", "publicAccessBlock", _) => "PutBucketPublicAccessBlock",
        ("PUT", "tagging", _) => "PutBucketTagging",
        _ => panic!("what permits `{call}` is not known here"),
    };
    format!("s3:{name}")
}

/// The message of Terraform's box, its lines joined.
fn message(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim_start_matches(['│', '╷', '╵', ' ']).trim());
    lines.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_missing_output_stops_before_the_application_is_touched() {
    let door = open();
    for arguments in [&[][..], &["--aws-provider", "3"]] {
        let name = format!("tf-lacks{}", arguments.len());
        let place = place(&door, PLAIN, &[], &format!("name: {name}\n"), arguments);
        let Some(terraform) = ready(&place, "terraform") else { return };
        terraform.apply(&[]);
        let whole = std::fs::read_to_string(place.path("m-iam.yaml")).unwrap();

        // The template does not even name it: nothing is touched.
        place.write("m-iam.yaml", &whole.replacen("WorkerRoleArn", "WorkerArn", 1));
        let before = door.requests().len();
        let ran = terraform.run(&["plan"]);
        assert_eq!(ran.status, 1, "{}", ran.stdout);
        let wanted = "The IAM template lacks outputs that the application takes: WorkerRoleArn. Give the IAM template of this pair.";
        assert!(message(&ran.stderr).contains(wanted), "{}", ran.stderr);
        assert_eq!(stacks(&door, "UpdateStack", before), [""; 0]);
    }
}

#[test]
fn what_the_stack_gives_out_is_judged_before_it_is_passed_on() {
    let door = open();
    let place = place(&door, PLAIN, &[], "name: tf-judged\n", &["--aws-provider", "3"]);
    let Some(terraform) = ready(&place, "terraform") else { return };
    terraform.apply(&[]);
    let whole = std::fs::read_to_string(place.path("m-iam.yaml")).unwrap();
    for (text, wanted) in [
        (
            whole.replacen("WorkerRoleArn", "WorkerArn", 1) + "# WorkerRoleArn:\n",
            "The stack tf-judged-iam lacks outputs: WorkerRoleArn. Deploy the IAM template of this pair.",
        ),
        (
            whole.replace("!GetAtt WorkerRole.Arn", "!Ref WorkerRole"),
            "Outputs of the stack tf-judged-iam are no ARNs of this account and partition: WorkerRoleArn.",
        ),
    ] {
        assert_ne!(text, whole);
        place.write("m-iam.yaml", &text);
        let before = door.requests().len();
        let ran = terraform.run(&["apply", "-auto-approve"]);
        assert_eq!(ran.status, 1, "{}", ran.stdout);
        assert!(message(&ran.stderr).contains(wanted), "{}", ran.stderr);
        assert_eq!(stacks(&door, "UpdateStack", before), ["tf-judged-iam"]);
    }
}

#[test]
fn two_teams_have_a_root_each() {
    let door = open();
    let place = place(&door, PLAIN, &[], "name: tf-two\n", &["--split-roots"]);
    let (Some(iam), Some(app)) = (ready(&place, "terraform/iam"), ready(&place, "terraform/app")) else {
        return;
    };
    iam.apply(&[]);
    app.apply(&[]);
    let said = value("tf-two", "Output", "Said").unwrap();
    assert!(said.starts_with("arn:aws:iam::000000000000:role/tf-two-worker|arn:"), "{said}");
    // The IAM team takes an output away: its own plan says so, and so does the application's plan.
    let whole = std::fs::read_to_string(place.path("m-iam.yaml")).unwrap();
    place.write("m-iam.yaml", &whole.replacen("WorkerRoleArn", "WorkerArn", 1));
    let ran = iam.run(&["plan"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(
        message(&ran.stderr)
            .contains("The IAM template lacks outputs that the application takes: WorkerRoleArn.")
    );
    place.write("m-iam.yaml", &(whole.replacen("WorkerRoleArn", "WorkerArn", 1) + "# WorkerRoleArn:\n"));
    iam.apply(&[]);
    let ran = app.run(&["plan"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(
        message(&ran.stderr).contains("The stack tf-two-iam lacks outputs: WorkerRoleArn."),
        "{}",
        ran.stderr
    );
    ok(&app.run(&["destroy", "-auto-approve", "-refresh=false"]));
    ok(&iam.run(&["destroy", "-auto-approve"]));
}

#[test]
fn stacks_that_stand_are_taken_over() {
    let door = open();
    let place = place(&door, PLAIN, &[], "name: tf-import\n", &[]);
    ok(&place.run(&["deploy", "--yes", "--poll-interval", "0.01"]));
    ok(&place.run(&["terraform", "--import"]));
    let Some(terraform) = ready(&place, "terraform") else { return };
    let before = door.requests().len();
    let said = terraform.apply(&[]);
    assert!(said.contains("2 imported"), "{said}");
    assert_eq!(stacks(&door, "CreateStack", before), [""; 0]);
    assert_eq!(terraform.plan(&[]), plans("no-op", "no-op"));
    taken_away(&terraform, &door, "tf-import");
}

/// Values that are hard to quote, as CloudFormation gets them.
const HARD: &str = "${x} %{y} $${z} \"q\" \\n ü'";

#[test]
fn conditional_roles_two_phases_secrets_and_lists() {
    let door = open();
    let quoted = HARD.replace('\'', "''");
    let settings = format!(
        "name: tf-life\ntags: {{team: 'a \"b\" ${{c}}'}}\nparameters: {{Subnets: [a, 'b ${{c}}'], AdminPassword: {{env: ADMIN_PASSWORD}}, count: '{quoted}'}}\n"
    );
    let place = place(&door, SHOP, &["--resolve", "exact,two-phase"], &settings, &["--aws-provider", "3"]);
    let Some(terraform) = ready(&place, "terraform") else { return };
    let worker = |stack| value(stack, "Output", "WorkerRoleArn").unwrap();
    let reminder = "The IAM stack does not have the application's two-phase values";

    let said = terraform.apply(&[]);
    assert!(message(&said).contains(reminder), "{said}");
    let role = worker("tf-life-iam");
    assert_eq!(
        value("tf-life", "Output", "Said").unwrap(),
        format!("{role}|none|b ${{c}}|1|007|shop|{HARD}|1")
    );
    assert_eq!(value("tf-life", "Parameter", "AdminPassword").unwrap(), "****");

    // The second phase: what the application gives reaches the policy.
    let ran = terraform.run(&["output", "-raw", "two_phase_tfvars"]);
    ok(&ran);
    terraform.write("two-phase.auto.tfvars.json", &ran.stdout);
    let said = terraform.apply(&[]);
    assert!(!message(&said).contains(reminder), "{said}");
    let given: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let given = given["two_phase_values"].as_object().unwrap();
    assert_eq!(given.len(), 1, "{given:?}");
    for (name, topic) in given {
        assert!(topic.as_str().unwrap().starts_with("arn:aws:sns:us-east-1:000000000000:"), "{topic}");
        assert_eq!(value("tf-life-iam", "Parameter", name).as_deref(), topic.as_str());
    }

    // A role that is there under a condition.
    terraform.apply(&["-var", "Audited=yes"]);
    let audit = value("tf-life-iam", "Output", "AuditRoleArn").unwrap();
    let said = value("tf-life", "Output", "Said").unwrap();
    assert_eq!(said, format!("{role}|{audit}|b ${{c}}|1|007|shop|{HARD}|1"));
    terraform.apply(&[]);
    assert!(value("tf-life", "Output", "Said").unwrap().starts_with(&format!("{role}|none|")));
    taken_away(&terraform, &door, "tf-life");
}

#[test]
fn one_stack_by_the_switch() {
    let door = open();
    let place = place(&door, PLAIN, &[], "name: tf-switch\n", &[]);
    let Some(terraform) = ready(&place, "terraform") else { return };
    terraform.write("inline.auto.tfvars", "iam_template_file = null\n");
    let ran = terraform.run(&["plan"]);
    assert!(
        message(&ran.stderr).contains("template_file is split from its IAM, and iam_template_file is null")
    );
    terraform.write("inline.auto.tfvars", "iam_template_file = null\ntemplate_file = \"../m.yaml\"\n");
    let before = door.requests().len();
    terraform.apply(&[]);
    assert_eq!(stacks(&door, "CreateStack", before), ["tf-switch"]);
    ok(&terraform.run(&["destroy", "-auto-approve"]));
}
