//! What is passed to AWS, and answers that a simulator does not give.

use std::collections::BTreeMap;
use std::sync::Mutex;

use iam_split_tests::aws::{Door, Place, Request, SECRETS, answer, error, simulator};

const DEPLOY: [&str; 4] = ["deploy", "--yes", "--poll-interval", "0.02"];

const IAM: &str = "\
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}
Outputs:
  RoleArn: {Value: !GetAtt Role.Arn, Export: {Name: !Sub '${AWS::StackName}-RoleArn'}}
";

const APP: &str = "\
Parameters:
  Role: {Type: String, MinLength: 1, AllowedPattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$', Description: 'ARN of the role Role: output RoleArn of the IAM stack'}
  Secret: {Type: String, NoEcho: true}
Resources:
  Name: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Role}}
";

fn fields(request: &Request) -> BTreeMap<String, String> {
    let names = [
        "StackName",
        "RoleARN",
        "OnFailure",
        "TimeoutInMinutes",
        "NotificationARNs.member.1",
        "Capabilities.member.1",
        "Tags.member.1.Key",
        "Tags.member.1.Value",
        "Tags.member.2.Key",
        "Parameters.member.1.ParameterKey",
        "Parameters.member.2.ParameterKey",
        "Parameters.member.2.ParameterValue",
        "Parameters.member.2.UsePreviousValue",
    ];
    names.into_iter().filter_map(|name| Some((name.to_owned(), request.field(name)?))).collect()
}

#[test]
fn the_settings_reach_the_stacks() {
    let door = Door::open(Some(simulator()), |_| None);
    let settings = "\
name: settings
iam_template: iam.yaml
template: app.yaml
prefix: house
role_arn: arn:aws:iam::000000000000:role/app-deployer
iam_role_arn: arn:aws:iam::000000000000:role/iam-deployer
notification_arns: [arn:aws:sns:us-east-1:000000000000:events]
on_failure: DO_NOTHING
timeouts: {create: 1h30m}
tags: {team: data}
iam_tags: {owner: security}
parameters: {Secret: {env: ADMIN_PASSWORD}}
";
    let place = Place::pair(door.port, settings, IAM, APP);
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 0, "{}", said.stderr);
    let created: Vec<_> =
        door.requests().iter().filter(|request| request.action == "CreateStack").map(fields).collect();
    let [iam, app] = created.as_slice() else { panic!("{created:?}") };
    for (fields, role) in [(iam, "iam-deployer"), (app, "app-deployer")] {
        assert!(fields["RoleARN"].ends_with(role), "{fields:?}");
        assert_eq!((fields["OnFailure"].as_str(), fields["TimeoutInMinutes"].as_str()), ("DO_NOTHING", "90"));
        assert!(fields["NotificationARNs.member.1"].ends_with(":events"));
    }
    assert_eq!((iam["Tags.member.1.Key"].as_str(), iam["Tags.member.2.Key"].as_str()), ("owner", "team"));
    assert_eq!((app["Tags.member.1.Key"].as_str(), app.get("Tags.member.2.Key")), ("team", None));
    assert_eq!(
        (iam["Capabilities.member.1"].as_str(), app.get("Capabilities.member.1")),
        ("CAPABILITY_IAM", None)
    );
    assert_eq!(app["Parameters.member.2.ParameterValue"], SECRETS[0]);
    // Templates that fit into a call do not go by the bucket.
    let sent = door.requests().into_iter().filter(|request| request.action == "CreateStack");
    assert!(sent.into_iter().all(|request| request.field("TemplateBody").is_some()));
    let said = place.run(&["upload"]);
    assert_eq!(said.status, 0, "{}", said.stderr);
    // The bucket is made as a bucket for templates ought to be.
    let actions = door.actions();
    for part in ["publicAccessBlock", "ownershipControls", "encryption", "versioning"] {
        let made = format!("PUT /house-templates-settings?{part}");
        assert!(actions.iter().any(|action| action.replace("/?", "?") == made), "{made}: {actions:?}");
    }
    assert!(
        actions.iter().any(|action| action == "PUT /house-templates-settings/house-iam.yaml"),
        "{actions:?}"
    );
    // A secret that is left out keeps its value.
    place.edit("deployment.yaml", "parameters: {Secret: {env: ADMIN_PASSWORD}}\n", "");
    place.edit("app.yaml", "Type: String, Value", "Type: String, Description: d, Value");
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 0, "{}", said.stderr);
    let requests = door.requests();
    let last = requests.iter().rfind(|request| request.action == "CreateChangeSet").map(fields).unwrap();
    assert_eq!(last["Parameters.member.2.ParameterKey"], "Secret");
    assert_eq!(last["Parameters.member.2.UsePreviousValue"], "true");
}

#[test]
fn an_iam_stack_that_lacks_an_output_does_not_pass_its_gate() {
    let place = Place::pair(simulator(), "name: lacking\niam_template: iam.yaml\n", IAM, APP);
    place.edit("iam.yaml", "RoleArn:", "OtherArn:");
    let said = place.run(&["deploy", "iam", "--yes"]);
    assert_eq!(said.status, 0, "{}", said.stderr);
    place.write("deployment.yaml", "name: lacking\ntemplate: app.yaml\nparameters: {Secret: x}\n");
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 1, "{}", said.stderr);
    assert!(said.stderr.contains("gate 3 (outputs): FAILED"), "{}", said.stderr);
    assert!(said.stderr.contains("Stack output missing: RoleArn"), "{}", said.stderr);
    let said = place.run(&["gates", "3"]);
    assert_eq!((said.status, said.stdout.matches("gate ").count()), (1, 1), "{}", said.stdout);
    let said = place.run(&["outputs"]);
    assert_eq!(said.status, 1, "{}", said.stderr);
}

/// A role that is new is refused by a service for some seconds; the stack is tried again.
#[test]
fn a_role_that_iam_has_not_spread_yet_is_waited_for() {
    #[derive(Default)]
    struct State {
        stacks: BTreeMap<String, &'static str>,
        events: Vec<(String, String)>,
        tries: usize,
    }
    let state = Mutex::new(State::default());
    let event = |n: usize, stack: &str, kind: &str, status: &str, reason: &str| {
        let physical = if kind.ends_with("Stack") { format!("arn:{stack}") } else { String::new() };
        let xml = format!(
            "<member><EventId>{n}</EventId><LogicalResourceId>Name</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>{kind}</ResourceType><ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason></member>"
        );
        (stack.to_owned(), xml)
    };
    let door = Door::open(None, move |request| {
        let mut state = state.lock().unwrap();
        let name = request.field("StackName").unwrap_or_default().replace("arn:", "");
        let own = "AWS::CloudFormation::Stack";
        Some(match request.action.as_str() {
            action if action.starts_with("HEAD /") && action.matches('/').count() > 1 => (404, String::new()),
            action if action.starts_with("HEAD /") || action.starts_with("PUT /") => (200, String::new()),
            "ValidateTemplate" => answer("ValidateTemplate", ""),
            "ListStackResources" => {
                let resource = if name == "late" { "Name" } else { "Role" };
                answer(
                    "ListStackResources",
                    &format!(
                        "<StackResourceSummaries><member><LogicalResourceId>{resource}</LogicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>"
                    ),
                )
            }
            "DescribeStacks" => match state.stacks.get(&name) {
                None => error("ValidationError", &format!("Stack with id {name} does not exist")),
                Some(status) => answer(
                    "DescribeStacks",
                    &format!(
                        "<Stacks><member><StackName>{name}</StackName><StackId>arn:{name}</StackId><StackStatus>{status}</StackStatus><Outputs><member><OutputKey>RoleArn</OutputKey><OutputValue>arn:aws:iam::000000000000:role/R</OutputValue></member></Outputs></member></Stacks>"
                    ),
                ),
            },
            "CreateStack" | "DeleteStack" => {
                let n = state.events.len();
                let steps: &[(&str, &str, &str)] = match (request.action.as_str(), name.as_str()) {
                    ("DeleteStack", _) => &[(own, "DELETE_IN_PROGRESS", ""), (own, "DELETE_COMPLETE", "")],
                    (_, "late") if state.tries == 0 => &[
                        (own, "CREATE_IN_PROGRESS", ""),
                        (
                            "AWS::Lambda::Function",
                            "CREATE_FAILED",
                            "The role defined for the function cannot be assumed by Lambda.",
                        ),
                        (own, "ROLLBACK_COMPLETE", ""),
                    ],
                    _ => &[(own, "CREATE_IN_PROGRESS", ""), (own, "CREATE_COMPLETE", "")],
                };
                if request.action == "CreateStack" && name == "late" {
                    state.tries += 1;
                }
                let last = steps.last().unwrap().1;
                if last == "DELETE_COMPLETE" {
                    state.stacks.remove(&name)
                } else {
                    state.stacks.insert(name.clone(), last)
                };
                for (step, (kind, status, reason)) in steps.iter().enumerate() {
                    state.events.push(event(n + step, &name, kind, status, reason));
                }
                answer(&request.action, &format!("<StackId>arn:{name}</StackId>"))
            }
            "DescribeStackEvents" => {
                let events: String = state
                    .events
                    .iter()
                    .rev()
                    .filter(|(of, _)| *of == name)
                    .map(|(_, xml)| xml.as_str())
                    .collect();
                answer("DescribeStackEvents", &format!("<StackEvents>{events}</StackEvents>"))
            }
            _ => return None,
        })
    });
    let settings = "name: late\niam_template: iam.yaml\ntemplate: app.yaml\nparameters: {Secret: x}\n";
    let place = Place::pair(door.port, settings, IAM, APP);
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 0, "{}", said.stderr);
    assert!(said.stderr.contains("a new role was not to be assumed yet: trying again"), "{}", said.stderr);
    let creations = door.requests().iter().filter(|request| request.action == "CreateStack").count();
    assert_eq!(creations, 3, "{}", said.stderr);
}
