//! The stacks, against a local AWS: deployed, updated, left alone, deleted.

use iam_split_tests::aws::{Door, Place, simulator};
use iam_split_tests::ok;

const DEPLOY: [&str; 4] = ["deploy", "--yes", "--poll-interval", "0.05"];

fn counted(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn the_examples_pair_is_deployed_left_alone_and_deleted() {
    let place = Place::example(simulator(), "first");
    let said = place.run(&DEPLOY);
    let text = ok(&said);
    assert!(text.contains("made the bucket quilt-templates-first"), "{text}");
    for gate in ["gate 1 (templates)", "gate 2 (IAM stack)", "gate 3 (outputs)", "gate 4 (application stack)"]
    {
        assert!(text.contains(&format!("{gate}: passed")), "{text}");
    }
    assert!(text.find("creating the stack first-iam") < text.find("creating the stack first\n"), "{text}");
    assert_eq!(said.stdout, "deployed first-iam and first\n");
    // Nothing to do: nothing is sent, nothing changes.
    let said = place.run(&DEPLOY);
    let text = ok(&said);
    assert_eq!(counted(text, "is up to date: nothing to do"), 2, "{text}");
    assert_eq!((counted(text, "  sent "), counted(text, "  unchanged ")), (0, 4), "{text}");

    let said = place.run(&["delete", "--yes", "--poll-interval", "0.05"]);
    let text = ok(&said);
    assert!(text.find("deleting the stack first\n") < text.find("deleting the stack first-iam"), "{text}");
    assert!(
        said.stdout.contains("deleted first\n") && said.stdout.contains("deleted first-iam\n"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("(its DeletionPolicy keeps it)"), "{}", said.stdout);
    let said = place.run(&["delete", "--yes"]);
    ok(&said);
    assert_eq!(said.stdout, "nothing to delete\n");
}

#[test]
fn nothing_is_called_while_there_are_faults() {
    let door = Door::open(None, |_| None);
    let place = Place::example(door.port, "faulty");
    place.edit("deployment.yaml", "AdminEmail", "AdminMail");
    place.edit("deployment.yaml", "QuiltWebHost: catalog.example.com", "QuiltWebHost: UPPER");
    place.edit("deployment.yaml", "tags:", "tgas: {}\non_failure: STOP\ntags:");
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 2);
    // What belongs to the settings themselves is said first; the rest needs them.
    assert!(said.stderr.contains("DPL002") && said.stderr.contains("DPL003"), "{}", said.stderr);
    place.edit("deployment.yaml", "tgas: {}\non_failure: STOP\n", "");
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 2);
    for text in
        ["DPL007", "did you mean `AdminEmail`", "DPL008", "`AdminEmail`", "DPL009", "refused: 3 errors"]
    {
        assert!(said.stderr.contains(text), "{text}: {}", said.stderr);
    }
    assert_eq!(door.actions(), [""; 0]);
}

/// A pair of a test's own: small, but with a role that the application takes.
const IAM: &str = "\
Metadata:
  IamSplit: {FormatVersion: 1, AppStack: {Parameter: AppStackName, MaxLength: 25, AllowedPattern: '^[a-z][a-z0-9-]*$'}, Moved: [WorkerRole]}
Parameters:
  AppStackName: {Type: String, MinLength: 1, MaxLength: 25, AllowedPattern: '^[a-z][a-z0-9-]*$'}
Resources:
  WorkerRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]}
      Policies:
        - PolicyName: p
          PolicyDocument: {Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: !Sub 'arn:aws:sqs:*:*:${AppStackName}-*'}]}
Outputs:
  WorkerRoleArn: {Value: !GetAtt WorkerRole.Arn, Export: {Name: !Sub '${AWS::StackName}-WorkerRoleArn'}}
";

const APP: &str = "\
Parameters:
  WorkerRole: {Type: String, MinLength: 1, AllowedPattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$', Description: 'ARN of the role WorkerRole: output WorkerRoleArn of the IAM stack'}
  Host: {Type: String, Default: one}
  Vpc: {Type: String, Default: v}
  Password: {Type: String, NoEcho: true, Default: ''}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Host}}
  Name: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub '${WorkerRole} ${Vpc}'}}
Outputs:
  TopicArn: {Value: !Ref Topic}
";

fn settings(name: &str) -> String {
    format!("name: {name}\niam_template: iam.yaml\ntemplate: app.yaml\n")
}

fn pair(name: &str) -> Place {
    Place::pair(simulator(), &settings(name), IAM, APP)
}

fn deploy(place: &Place) -> String {
    ok(&place.run(&DEPLOY)).to_owned()
}

fn plan(place: &Place) -> String {
    let said = place.run(&["plan"]);
    let refused = said.stdout.contains("deploy would refuse this");
    assert_eq!(said.status, i32::from(refused), "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.ends_with("nothing was changed\n"), "{}", said.stdout);
    said.stdout
}

#[test]
fn each_update_touches_what_changed_and_bears_its_scenario() {
    let place = pair("scenarios");
    let first = plan(&place);
    assert!(first.contains("IAM stack scenarios-iam: new, 1 to add"), "{first}");
    assert!(first.contains("WorkerRole: (not known yet)") && first.contains("first deployment"), "{first}");
    deploy(&place);
    assert!(plan(&place).contains("no changes"));
    // A: a policy changes in place.
    place.edit("iam.yaml", "sqs:SendMessage", "sqs:ReceiveMessage");
    let said = plan(&place);
    assert!(
        said.contains("scenario A: ") && said.contains("no downtime") && !said.contains("scenario C"),
        "{said}"
    );
    assert!(
        said.contains("~ modify") && said.contains("application stack scenarios: nothing to do"),
        "{said}"
    );
    let said = deploy(&place);
    assert!(said.contains("updating the stack scenarios-iam"), "{said}");
    assert!(said.contains("the stack scenarios is up to date"), "{said}");
    // C: the application changes.
    place.edit("app.yaml", "DisplayName: !Ref Host", "DisplayName: !Sub 'x-${Host}'");
    let said = plan(&place);
    assert!(said.contains("scenario C: ") && !said.contains("scenario A"), "{said}");
    let said = deploy(&place);
    assert!(said.contains("the stack scenarios-iam is up to date"), "{said}");
    assert!(said.contains("updating the stack scenarios\n"), "{said}");
    // D: a value of the infrastructure.
    place.write(
        "deployment.yaml",
        &format!("{}infrastructure_parameters: {{Vpc: w}}\n", settings("scenarios")),
    );
    let said = plan(&place);
    assert!(said.contains("scenario D: ") && said.contains("Vpc: v -> w"), "{said}");
    deploy(&place);
    // Both at once.
    place.edit("iam.yaml", "sqs:ReceiveMessage", "sqs:*");
    place.edit("app.yaml", "x-${Host}", "y-${Host}");
    let said = deploy(&place);
    assert_eq!(counted(&said, "updating the stack "), 2, "{said}");
}

/// A pipeline's gate: more, nothing more, and what cannot be told.
#[test]
fn a_plan_fails_where_more_is_allowed() {
    let place = pair("gated");
    let gate = |more: &[&str]| {
        let ran = place.run(&[&["plan", "--fail-on", "more"], more].concat());
        (ran.status, ran.stdout)
    };
    // Of a first deployment all is new.
    let (status, said) = gate(&[]);
    assert!(status == 1 && said.contains("all that the template allows is new"), "{said}");
    deploy(&place);
    assert_eq!(gate(&[]).0, 0);
    place.edit("iam.yaml", "sqs:SendMessage", "sqs:*");
    let (status, said) = gate(&[]);
    assert!(status == 1 && said.contains("more is allowed than before"), "{said}");
    assert_eq!(place.run(&["plan"]).status, 0, "without the flag a plan tells and does not judge");
    place.edit("iam.yaml", "'sqs:*'", "'sqs:SendMessage'");
    // An application's own IAM counts too.
    place.edit("app.yaml", "Resources:\n", "Resources:\n  Own: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]}}}\n");
    let (status, said) = gate(&[]);
    assert!(status == 1 && said.contains("managed policy `Own`"), "{said}");
    place.edit("app.yaml", "  Own:", "  # none\n  # Own:");
    assert_eq!(gate(&[]).0, 0);
    // A parameter with another value cannot be told.
    place.edit("iam.yaml", "Parameters:\n", "Parameters:\n  Queue: {Type: String, Default: a}\n");
    place.edit(
        "iam.yaml",
        "'arn:aws:sqs:*:*:${AppStackName}-*'",
        "'arn:aws:sqs:*:*:${AppStackName}-${Queue}-*'",
    );
    deploy(&place);
    place.write("deployment.yaml", &format!("{}iam_parameters: {{Queue: b}}\n", settings("gated")));
    let (status, said) = gate(&[]);
    assert!(status == 1 && said.contains("parameter `Queue`"), "{said}");
    assert_eq!(gate(&["--allow-unknown"]).0, 0);
}

#[test]
fn a_replaced_role_needs_consent_and_its_new_arn_reaches_the_application() {
    let place = pair("replaced");
    deploy(&place);
    place.edit("iam.yaml", "    Properties:\n", "    Properties:\n      RoleName: replaced-worker\n");
    let said = plan(&place);
    for text in [
        "scenario B: ",
        "! replace",
        "-> (not known yet)",
        "deploy would refuse this",
        "--accept-interruption",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 1, "{}", said.stderr);
    assert!(said.stderr.contains("DPL013") && said.stderr.contains("in two deployments"), "{}", said.stderr);
    assert!(plan(&place).contains("scenario B"), "the refusal changed something");
    let arguments = [&DEPLOY[..], &["--accept-interruption"]].concat();
    let said = place.run(&arguments);
    assert_eq!(counted(ok(&said), "updating the stack "), 2, "{}", said.stderr);
    let said = place.run(&["status"]);
    ok(&said);
    assert!(said.stdout.contains("its IAM parameters are the IAM stack's newest outputs"), "{}", said.stdout);
}

#[test]
fn a_role_that_goes_is_let_go_of_first() {
    let place = pair("removed");
    let role = "  OldRole:\n    Type: AWS::IAM::Role\n    Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]}}\n";
    let output =
        "  OldRoleArn: {Value: !GetAtt OldRole.Arn, Export: {Name: !Sub '${AWS::StackName}-OldRoleArn'}}\n";
    let parameter = "  OldRole: {Type: String, AllowedPattern: '^arn:.*:iam::.*$', Description: 'ARN of the role OldRole: output OldRoleArn of the IAM stack'}\n";
    place.edit("iam.yaml", "Resources:\n", &format!("Resources:\n{role}"));
    place.edit("iam.yaml", "Outputs:\n", &format!("Outputs:\n{output}"));
    place.edit("app.yaml", "Parameters:\n", &format!("Parameters:\n{parameter}"));
    place.edit("app.yaml", "${WorkerRole}", "${WorkerRole} ${OldRole}");
    deploy(&place);
    for (file, text) in
        [("iam.yaml", role), ("iam.yaml", output), ("app.yaml", parameter), ("app.yaml", " ${OldRole}")]
    {
        place.edit(file, text, "");
    }
    assert!(plan(&place).contains("the application stack lets go of the removed roles first"));
    let said = deploy(&place);
    let (app, iam) = (said.find("updating the stack removed\n"), said.find("updating the stack removed-iam"));
    assert!(app.is_some() && iam.is_some() && app < iam, "{said}");
    // One comes while another goes: no order serves both.
    let renamed = std::fs::read_to_string(place.path("iam.yaml")).unwrap().replace("WorkerRole", "OtherRole");
    place.write("iam.yaml", &renamed);
    let renamed = std::fs::read_to_string(place.path("app.yaml")).unwrap().replace("WorkerRole", "OtherRole");
    place.write("app.yaml", &renamed);
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 1, "{}", said.stderr);
    assert!(said.stderr.contains("removes `WorkerRole` and adds `OtherRole`"), "{}", said.stderr);
}

#[test]
fn the_inline_pattern_is_one_stack() {
    let place = Place::new(simulator());
    let monolith = format!(
        "{}  WorkerRole:\n    Type: AWS::IAM::Role\n    Properties: {{AssumeRolePolicyDocument: {{Statement: []}}}}\n",
        "Parameters: {Host: {Type: String}}\nResources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Host}}\n"
    );
    place.write("monolith.yaml", &monolith);
    place.write("deployment.yaml", "name: inline\ntemplate: monolith.yaml\n");
    assert_eq!(place.run(&DEPLOY).status, 2);
    let with = [&DEPLOY[..], &["--parameter", "Host=a"]].concat();
    let said = place.run(&with);
    let text = ok(&said);
    assert!(text.contains("creating the stack inline\n") && !text.contains("inline-iam"), "{text}");
    assert_eq!(said.stdout, "deployed inline\n");
    assert!(ok(&place.run(&with)).contains("the stack inline is up to date"));
    let said = place.run(&[&with[..], &["--parameter", "Host=b"]].concat());
    assert!(ok(&said).contains("updating the stack inline"), "{}", said.stderr);
    let said = place.run(&["gates"]);
    ok(&said);
    assert!(said.stdout.contains("gate 2: has no meaning in the inline pattern"), "{}", said.stdout);
    ok(&place.run(&["delete", "--yes"]));
    let said = place.run(&["deploy", "iam", "--yes"]);
    assert_eq!(said.status, 2);
}

#[test]
fn templates_that_do_not_fit_the_pattern_are_refused_before_any_call() {
    let door = Door::open(None, |_| None);
    let monolith = "Resources:\n  R: {Type: AWS::IAM::Role}\n  T: {Type: AWS::SNS::Topic}\n";
    for (settings, app, said) in [
        ("name: x\ntemplate: app.yaml\npattern: inline\n", APP, "a split template in the inline pattern"),
        (
            "name: x\ntemplate: app.yaml\niam_template: iam.yaml\n",
            monolith,
            "a monolith in the external pattern",
        ),
        ("name: x\ntemplate: app.yaml\niam_stack_name: y\n", monolith, "a monolith in the external pattern"),
        ("name: x\ntemplate: app.yaml\n", IAM, "the application template is an IAM template"),
        (
            "name: x\ntemplate: app.yaml\npattern: inline\niam_tags: {a: b}\n",
            monolith,
            "`iam_tags` has no meaning",
        ),
        (
            "name: x\ntemplate: iam.yaml\niam_template: app.yaml\n",
            monolith,
            "the application template is an IAM template",
        ),
    ] {
        let place = Place::pair(door.port, settings, IAM, app);
        for command in [&DEPLOY[..], &["plan"], &["upload"]] {
            let ran = place.run(command);
            assert_eq!(ran.status, 2, "{}", ran.stderr);
            assert!(ran.stderr.contains("DPL006") && ran.stderr.contains(said), "{said}: {}", ran.stderr);
        }
    }
    assert_eq!(door.actions(), [""; 0]);
}

#[test]
fn a_failing_iam_stack_leaves_the_application_alone() {
    let place = pair("badiam");
    place.edit(
        "iam.yaml",
        "Resources:\n",
        "Resources:\n  Bad:\n    Type: AWS::IAM::Policy\n    Properties: {Roles: [nobody-has-this], PolicyName: p, PolicyDocument: {Statement: []}}\n",
    );
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 3, "{}{}", said.stdout, said.stderr);
    assert!(said.stderr.contains("the application stack was not touched"), "{}", said.stderr);
    assert!(!said.stderr.contains("creating the stack badiam\n"), "{}", said.stderr);
    // It stands in the way until it is deleted, and the command says so.
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 1, "{}", said.stderr);
    assert!(said.stderr.contains("Stack in failed state: ROLLBACK_COMPLETE"), "{}", said.stderr);
    assert!(said.stderr.contains("`iam-split delete iam`"), "{}", said.stderr);
    ok(&place.run(&["delete", "iam", "--yes"]));
}

#[test]
fn two_phase_values_are_carried_through() {
    let place = Place::new(simulator());
    let monolith = "\
Resources:
  Queue: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: []}}}
  Name: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Role.Arn}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]}
      Policies:
        - PolicyName: p
          PolicyDocument: {Statement: [{Effect: Allow, Action: 'kms:Decrypt', Resource: !GetAtt Queue.Arn}]}
";
    place.write("t.yaml", monolith);
    let split = place.run(&["split", "t.yaml", "--resolve", "two-phase"]);
    ok(&split);
    place.write("deployment.yaml", "name: later\niam_template: t-iam.yaml\ntemplate: t-app.yaml\n");
    assert!(plan(&place).contains("two-phase: once the application stack stands"));
    let said = deploy(&place);
    let order =
        ["creating the stack later-iam", "creating the stack later\n", "updating the stack later-iam"];
    let places: Vec<_> = order.iter().map(|text| said.find(text)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{said}");
    assert_eq!(counted(&deploy(&place), "is up to date"), 2);
    let said = place.run(&["status"]);
    ok(&said);
    // A later deployment passes the live value at once: one update, not two.
    place.edit("t-iam.yaml", "kms:Decrypt", "kms:Encrypt");
    let said = deploy(&place);
    assert_eq!(counted(&said, "updating the stack later-iam"), 1, "{said}");
}

#[test]
fn a_stack_that_is_in_use_is_not_deleted() {
    let place = pair("used");
    deploy(&place);
    let other = Place::new(place.port);
    other.write(
        "t.yaml",
        "Resources: {N: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !ImportValue used-iam-WorkerRoleArn}}}\n",
    );
    other.write("deployment.yaml", "name: importer\ntemplate: t.yaml\n");
    deploy(&other);
    for command in [&["delete", "--yes"][..], &["delete", "iam", "--yes"]] {
        let said = place.run(command);
        assert_eq!(said.status, 1, "{}", said.stderr);
        let text = "Export used-iam-WorkerRoleArn is still imported by stack importer";
        assert!(said.stderr.contains(text) && said.stderr.contains("DPL014"), "{}", said.stderr);
    }
    let said = place.run(&["status"]);
    ok(&said);
    assert!(said.stdout.contains("used-iam-WorkerRoleArn by importer"), "{}", said.stdout);
    ok(&other.run(&["delete", "--yes"]));
    // The application still has the role.
    let said = place.run(&["delete", "iam", "--yes"]);
    assert_eq!(said.status, 1);
    assert!(said.stderr.contains("the application stack `used` uses roles of `used-iam`"), "{}", said.stderr);
    // What is to go needs neither sound templates nor values.
    place.write(
        "deployment.yaml",
        &format!("{}parameters: {{Password: {{env: NOT_SET}}}}\n", settings("used")),
    );
    std::fs::remove_file(place.path("app.yaml")).unwrap();
    place.write("iam.yaml", "Resources: [\n");
    ok(&place.run(&["status"]));
    ok(&place.run(&["outputs"]));
    let said = place.run(&["delete", "--yes"]);
    ok(&said);
    assert!(
        said.stdout.contains("deleted used\n") && said.stdout.contains("deleted used-iam\n"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_stack_that_nothing_ties_to_the_deployment_stays() {
    let place = Place::new(simulator());
    place.write("t.yaml", "Resources: {T: {Type: AWS::SNS::Topic}}\n");
    for name in ["tied", "tied-iam"] {
        place.write("deployment.yaml", &format!("name: {name}\ntemplate: t.yaml\n"));
        deploy(&place);
    }
    place.write("deployment.yaml", "name: tied\n");
    let said = place.run(&["delete", "--yes"]);
    assert!(ok(&said).contains("the stack tied-iam stays"), "{}", said.stderr);
    assert!(said.stdout.contains("deleted tied\n") && !said.stdout.contains("tied-iam"), "{}", said.stdout);
}

#[test]
fn two_teams_deploy_their_own_stacks() {
    let place = pair("teams");
    let said = place.run(&["deploy", "app", "--yes"]);
    assert_eq!(said.status, 1, "{}", said.stderr);
    assert!(said.stderr.contains("Stack not found: teams-iam"), "{}", said.stderr);
    let said = place.run(&["deploy", "iam", "--yes"]);
    ok(&said);
    assert_eq!(said.stdout, "deployed teams-iam\n");
    // The application's team has only its own template.
    std::fs::remove_file(place.path("iam.yaml")).unwrap();
    place.write("deployment.yaml", "name: teams\ntemplate: app.yaml\n");
    let said = place.run(&["deploy", "app", "--yes"]);
    ok(&said);
    assert_eq!(said.stdout, "deployed teams\n");
    let said = place.run(&["outputs", "--format", "tfvars"]);
    ok(&said);
    assert!(
        said.stdout.contains("stack_name = \"teams-iam\"\nWorkerRoleArn = \"arn:aws:iam::"),
        "{}",
        said.stdout
    );
    let said = place.run(&["outputs", "app", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(json["outputs"]["TopicArn"].as_str().unwrap().starts_with("arn:aws:sns:"), "{json}");
}

#[test]
fn a_role_that_the_application_has_is_not_taken_from_it() {
    let place = pair("taken");
    deploy(&place);
    place.edit("iam.yaml", "WorkerRole:\n", "OtherRole:\n");
    place.edit(
        "iam.yaml",
        "  WorkerRoleArn: {Value: !GetAtt WorkerRole.Arn, Export: {Name: !Sub '${AWS::StackName}-WorkerRoleArn'}}",
        "  OtherRoleArn: {Value: !GetAtt OtherRole.Arn, Export: {Name: !Sub '${AWS::StackName}-OtherRoleArn'}}",
    );
    // Without the application's template the pair is not compared, and the live stacks decide.
    let alone = "name: taken\niam_template: iam.yaml\n";
    place.write("deployment.yaml", alone);
    let said = place.run(&["deploy", "iam", "--yes"]);
    assert_eq!(said.status, 1, "{}", said.stderr);
    assert!(said.stderr.contains("removes `WorkerRole` and adds `OtherRole`"), "{}", said.stderr);
    place.write("iam.yaml", &IAM.replace("  WorkerRole:\n", "  Spare:\n").replace("WorkerRole", "Spare"));
    place.edit("iam.yaml", "  Spare:\n", "  Spare:\n    Metadata: {k: v}\n");
    let said = place.run(&["deploy", "iam", "--yes"]);
    assert_eq!(said.status, 1, "{}", said.stderr);
    // One that nobody has may go at once.
    place.write("iam.yaml", IAM);
    place.edit("iam.yaml", "Resources:\n", "Resources:\n  Idle: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}\n");
    place.edit(
        "iam.yaml",
        "Outputs:\n",
        "Outputs:\n  IdleArn: {Value: !GetAtt Idle.Arn, Export: {Name: !Sub '${AWS::StackName}-IdleArn'}}\n",
    );
    ok(&place.run(&["deploy", "iam", "--yes"]));
    place.write("iam.yaml", IAM);
    ok(&place.run(&["deploy", "iam", "--yes"]));
}

#[test]
fn a_name_with_which_policies_would_miss_is_refused_before_any_call() {
    let door = Door::open(None, |_| None);
    let place = Place::pair(door.port, &settings("a-long-name-of-26-chars"), IAM, APP);
    place.edit(
        "iam.yaml",
        "MaxLength: 25, AllowedPattern: '^[a-z][a-z0-9-]*$'}\nResources",
        "MaxLength: 10, AllowedPattern: '^[a-z][a-z0-9-]*$'}\nResources",
    );
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 2, "{}", said.stderr);
    assert!(said.stderr.contains("DPL003") && said.stderr.contains("20 at most"), "{}", said.stderr);
    place.write("deployment.yaml", &settings("eleven-char"));
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 2, "{}", said.stderr);
    assert!(
        said.stderr.contains("DPL009") && said.stderr.contains("it has at most 10 characters"),
        "{}",
        said.stderr
    );
    assert_eq!(door.actions(), [""; 0]);
}

#[test]
fn a_policy_from_outside_stops_a_deletion_before_it_begins() {
    let place = pair("outside");
    deploy(&place);
    let said = place.run(&["outputs", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let role = json["outputs"]["WorkerRoleArn"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let attach = |action: &str| {
        iam_split_tests::aws::call_iam(
            place.port,
            &format!(
                "Action={action}&Version=2010-05-08&RoleName={role}&PolicyArn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess"
            ),
        );
    };
    attach("AttachRolePolicy");
    let said = place.run(&["delete", "--yes"]);
    assert_eq!(said.status, 1, "{}{}", said.stdout, said.stderr);
    assert!(said.stderr.contains("policy/ReadOnlyAccess` is attached to the role"), "{}", said.stderr);
    ok(&place.run(&["status"]));
    attach("DetachRolePolicy");
    ok(&place.run(&["delete", "--yes"]));
}

#[test]
fn a_template_in_the_bucket_is_deployed_from_its_address() {
    let place = pair("address");
    let said = place.run(&["upload"]);
    ok(&said);
    let urls: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(urls.len(), 2, "{}", said.stdout);
    place.write(
        "deployment.yaml",
        &format!("name: address\niam_template_url: {}\ntemplate_url: {}\n", urls[0], urls[1]),
    );
    let said = place.run(&DEPLOY);
    assert!(!ok(&said).contains("sent"), "{}", said.stderr);
    place.edit("deployment.yaml", "quilt-app/", "quilt-nothing/");
    let said = place.run(&["plan"]);
    assert_eq!(said.status, 3, "{}", said.stderr);
    assert!(said.stderr.contains("Template URL does not exist"), "{}", said.stderr);
}

#[test]
fn a_failing_application_is_told_with_its_place_and_tried_again_after_the_correction() {
    let place = pair("badapp");
    deploy(&place);
    place.edit("app.yaml", "Outputs:", "  Bad: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Topic.Nothing}}\nOutputs:");
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 3, "{}{}", said.stdout, said.stderr);
    assert!(said.stderr.contains("is UPDATE_ROLLBACK_COMPLETE"), "{}", said.stderr);
    assert!(said.stderr.contains("`Bad` failed") && said.stderr.contains("app.yaml:9:3"), "{}", said.stderr);
    let said = place.run(&["status"]);
    assert_eq!(said.status, 1, "{}", said.stdout);
    // The template that stands again has nothing to do, and its stack is as it ought to be.
    place.write("app.yaml", APP);
    let said = place.run(&DEPLOY);
    assert!(ok(&said).contains("the stack badapp is up to date"), "{}", said.stderr);
}
