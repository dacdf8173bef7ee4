//! Bad days: stacks that fail, ways back, and what is said of them. Against a local AWS, and with scripted
//! answers where it cannot go.

use iam_split_tests::aws::{Door, Place, answer, error, simulator};
use iam_split_tests::ok;

const DEPLOY: [&str; 4] = ["deploy", "--yes", "--poll-interval", "0.05"];

const IAM: &str = "\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: P
          PolicyDocument: {Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}]}
Outputs:
  RoleArn:
    Value: !GetAtt Role.Arn
    Export: {Name: !Sub '${AWS::StackName}-RoleArn'}
";

const APP: &str = "\
Parameters:
  Role:
    Type: String
    Description: 'ARN of the IAM role Role: output RoleArn of the IAM stack'
    AllowedPattern: '^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/.+$'
Resources:
  Queue: {Type: AWS::SQS::Queue, Metadata: {RunsAs: !Ref Role}}
";

/// A resource that fails: nobody signals it in time.
const NEVER: &str = "  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Never:
    Type: AWS::CloudFormation::WaitCondition
    Properties: {Handle: !Ref Handle, Timeout: '1', Count: 1}
";

fn place(port: u16, name: &str) -> Place {
    let settings = format!("name: {name}\nregion: us-east-1\ntemplate: app.yaml\niam_template: iam.yaml\n");
    Place::pair(port, &settings, IAM, APP)
}

/// After a good IAM update and a failed application update, IAM goes back, and forward again.
#[test]
fn the_iam_stack_is_put_back_to_what_was_deployed_before() {
    let place = place(simulator(), "back");
    ok(&place.run(&DEPLOY));
    let ran = place.run(&["rollback", "--yes"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("iam-split has not updated it yet"), "{}", ran.stderr);

    place.edit("iam.yaml", "sqs:SendMessage", "sqs:ReceiveMessage");
    place.write("app.yaml", &format!("{APP}{NEVER}"));
    let ran = place.run(&DEPLOY);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    for said in ["`Never` failed", "app.yaml", "  Never:", "UPDATE_ROLLBACK_COMPLETE", "iam-split rollback"] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    let ran = place.run(&["rollback", "--yes", "--poll-interval", "0.05"]);
    ok(&ran);
    assert!(
        ran.stdout.starts_with("  permissions, against the template that runs\n")
            && ran.stdout.contains("\nthe IAM stack has the template ")
            && ran.stdout.ends_with(" again\n"),
        "{}",
        ran.stdout
    );
    for said in ["the IAM stack back-iam has ", "it gets    ", "by arn:aws:iam::000000000000:"] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert!(ran.stderr.contains("gate 2 (IAM stack): passed"), "{}", ran.stderr);
    // The earlier template is the one that stands: deploying it changes nothing.
    place.write("iam.yaml", IAM);
    let ran = place.run(&["deploy", "iam", "--yes", "--poll-interval", "0.05"]);
    assert!(ok(&ran).contains("back-iam is up to date"), "{}", ran.stderr);
    // Back once more is forward: the template that was put back from is the earlier one now.
    let ran = place.run(&["rollback", "--yes", "--poll-interval", "0.05"]);
    assert!(ok(&ran).contains("it was put back before: this goes forward again"), "{}", ran.stderr);
    place.edit("iam.yaml", "sqs:SendMessage", "sqs:ReceiveMessage");
    let ran = place.run(&["deploy", "iam", "--yes", "--poll-interval", "0.05"]);
    assert!(ok(&ran).contains("back-iam is up to date"), "{}", ran.stderr);
}

#[test]
fn a_stack_that_was_never_created_is_created_again_only_where_that_is_asked_for() {
    let place = place(simulator(), "again");
    place.write("app.yaml", &format!("{APP}{NEVER}"));
    let ran = place.run(&DEPLOY);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("ROLLBACK_COMPLETE") && ran.stderr.contains("--recreate"), "{}", ran.stderr);
    place.write("app.yaml", APP);
    let ran = place.run(&DEPLOY);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("Stack in failed state: ROLLBACK_COMPLETE"), "{}", ran.stderr);
    let ran = place.run(&["deploy", "--yes", "--recreate", "--poll-interval", "0.05"]);
    let text = ok(&ran);
    assert!(text.find("deleting the stack again\n") < text.rfind("creating the stack again\n"), "{text}");
}

/// A stack as the scripted answers describe it.
fn stack(name: &str, status: &str) -> String {
    format!(
        "<Stacks><member><StackName>{name}</StackName><StackId>arn:aws:cloudformation:us-east-1:1:stack/{name}/1</StackId><StackStatus>{status}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime></member></Stacks>"
    )
}

fn event(id: u32, name: &str, status: &str) -> String {
    format!(
        "<member><EventId>{id}</EventId><StackId>arn:aws:cloudformation:us-east-1:1:stack/{name}/1</StackId><StackName>{name}</StackName><PhysicalResourceId>arn:aws:cloudformation:us-east-1:1:stack/{name}/1</PhysicalResourceId><LogicalResourceId>{name}</LogicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><ResourceStatus>{status}</ResourceStatus><Timestamp>2026-01-01T00:00:0{id}Z</Timestamp></member>"
    )
}

#[test]
fn a_rollback_that_failed_goes_on() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let continued = AtomicBool::new(false);
    let door = Door::open(None, move |request| {
        let name = request.field("StackName").unwrap_or_default();
        let is_app = !name.contains("half-iam");
        let done = continued.load(Ordering::SeqCst);
        Some(match request.action.as_str() {
            "DescribeStacks" if is_app && !done => {
                answer("DescribeStacks", &stack("half", "UPDATE_ROLLBACK_FAILED"))
            }
            "DescribeStacks" if is_app => {
                answer("DescribeStacks", &stack("half", "UPDATE_ROLLBACK_COMPLETE"))
            }
            "DescribeStacks" => answer("DescribeStacks", &stack("half-iam", "CREATE_COMPLETE")),
            "ContinueUpdateRollback" => {
                continued.store(true, Ordering::SeqCst);
                answer("ContinueUpdateRollback", "")
            }
            "DescribeStackEvents" => {
                let mut events = event(1, "half", "UPDATE_ROLLBACK_FAILED");
                if done {
                    let more = event(3, "half", "UPDATE_ROLLBACK_COMPLETE")
                        + &event(2, "half", "UPDATE_ROLLBACK_IN_PROGRESS");
                    events = more + &events;
                }
                answer("DescribeStackEvents", &format!("<StackEvents>{events}</StackEvents>"))
            }
            _ => return None,
        })
    });
    let place = place(door.port, "half");
    let ran = place.run(&["rollback", "--continue", "--yes", "--skip", "Queue", "--poll-interval", "0.05"]);
    ok(&ran);
    assert_eq!(ran.stdout, "the stack half is as it was before its update\n");
    let request =
        door.requests().into_iter().find(|request| request.action == "ContinueUpdateRollback").unwrap();
    assert_eq!(request.field("ResourcesToSkip.member.1").as_deref(), Some("Queue"));
}

/// What AWS says is recognised, whatever call it answers.
#[test]
fn answers_have_codes_and_ways_out() {
    for (code, message, known, status) in [
        ("ExpiredToken", "The security token included in the request is expired", "AWS019", 3),
        (
            "AccessDenied",
            "User: arn:aws:iam::1:user/dev is not authorized to perform: cloudformation:DescribeStacks",
            "AWS018",
            3,
        ),
        (
            "ValidationError",
            "Stack:arn:aws:cloudformation:x is in UPDATE_ROLLBACK_FAILED state and can not be updated.",
            "AWS006",
            3,
        ),
    ] {
        let door = Door::open(None, move |_| Some(error(code, message)));
        let place = place(door.port, "codes");
        let ran = place.run(&["outputs"]);
        assert_eq!(ran.status, status, "{}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("error[{known}]")) && ran.stderr.contains("help: "),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    }
}

#[test]
fn permissions_are_printed_without_a_call() {
    let door = Door::open(None, |_| None);
    let place = place(door.port, "least");
    let ran = place.run(&["permissions", "app", "--account", "123456789012"]);
    ok(&ran);
    let policy: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = policy.to_string();
    assert!(
        text.contains("iam:PassRole") && !text.contains("iam:Create") && !text.contains("iam:Put"),
        "{text}"
    );
    let ran = place.run(&["permissions", "iam"]);
    let notes = ok(&ran);
    assert!(notes.starts_with("note: ") && notes.contains("begin with `least-`"), "{notes}");
    assert!(ran.stdout.contains("iam:CreateRole"), "{}", ran.stdout);
    assert_eq!(place.run(&["permissions", "iam", "--account", "me"]).status, 2);
    // In parts that can be attached, each by itself; one person gets what both teams may.
    let ran = place.run(&["permissions", "both", "--out", "parts"]);
    ok(&ran);
    assert!(ran.stdout.contains("parts/both-1.json ("), "{}", ran.stdout);
    for file in std::fs::read_dir(place.path("parts")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(text.len() <= 6_200 && text.contains("2012-10-17") && !text.contains("Deny"), "{text}");
    }
    assert_eq!(door.actions(), [""; 0]);
}

/// What the commands call is in the policies that `permissions` prints, and nothing is in them that no command calls.
#[test]
fn permissions_are_those_that_the_commands_use() {
    let door = Door::open(Some(simulator()), |_| None);
    let place = place(door.port, "used");
    ok(&place.run(&DEPLOY));
    place.edit("iam.yaml", "sqs:SendMessage", "sqs:ReceiveMessage");
    for arguments in [
        &["plan"][..],
        &DEPLOY,
        &["status"],
        &["outputs"],
        &["gates"],
        &["rollback", "--yes"],
        &["delete", "--yes"],
    ] {
        ok(&place.run(arguments));
    }
    let policies: String = ["iam", "app"].map(|team| place.run(&["permissions", team]).stdout).concat();
    let mut used: Vec<String> = door.actions().into_iter().filter(|action| !action.contains(' ')).collect();
    used.sort();
    used.dedup();
    for action in &used {
        assert!(policies.contains(&format!(":{action}\"")), "{action} is not allowed");
    }
    // Called where a rollback failed, an update is cancelled, a creation has no bucket for its template, a stack that a plan
    // made is taken away again, or an export is deleted; tags are set and taken by the calls that create and update.
    let rarely = [
        "CancelUpdateStack",
        "ContinueUpdateRollback",
        "ListChangeSets",
        "ListImports",
        "TagResource",
        "UntagResource",
    ];
    for allowed in policies.split("\"cloudformation:").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(
            used.iter().any(|action| action == allowed) || rarely.contains(&allowed),
            "{allowed} is allowed and not used"
        );
    }
}

/// A stack that runs from the monolith is not run over: what would break is said, and `migrate` offered.
#[test]
fn a_running_monolith_is_recognised() {
    let place = place(simulator(), "whole");
    let monolith = IAM
        .split("Outputs")
        .next()
        .unwrap()
        .replace("      AssumeRole", "      RoleName: whole-worker\n      AssumeRole")
        + "  Queue: {Type: AWS::SQS::Queue, Metadata: {RunsAs: !GetAtt Role.Arn}}\n";
    place.write("monolith.yaml", &monolith);
    place.write("inline.yaml", "name: whole\nregion: us-east-1\ntemplate: monolith.yaml\n");
    ok(&place.run(&["deploy", "--yes", "--poll-interval", "0.05", "--file", "inline.yaml"]));
    place.edit("iam.yaml", "      AssumeRole", "      RoleName: whole-worker\n      AssumeRole");
    for arguments in [&DEPLOY[..], &["deploy", "app", "--yes"]] {
        let ran = place.run(arguments);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        for said in [
            "error[DPL016]",
            "`whole` runs from the monolith",
            "explicit name is taken",
            "iam-split migrate --preview",
        ] {
            assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
        }
    }
    let ran = place.run(&["plan"]);
    assert!(
        ran.stdout.contains("deploy would refuse this") && ran.stdout.contains("DPL016"),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
}

const RUNNING: &str = "\
Parameters:
  Role: {Type: String, Description: 'ARN of the IAM role Role: output RoleArn of the IAM stack', AllowedPattern: '^arn:aws:iam::.+$'}
Resources:
  Log: {Type: AWS::Logs::LogGroup}
  Worker: {Type: AWS::Lambda::Function, Metadata: {RunsAs: !Ref Role}}
  Web: {Type: AWS::ECS::Service}
";

/// Gate 5 reads logs, functions and services, and names the statement that would have to change.
#[test]
fn a_refusal_in_a_log_leads_to_its_statement() {
    use iam_split_tests::fake::Fake;
    let fake = Fake::default().with("live", RUNNING, &[("Role", "arn:aws:iam::123456789012:role/x")]).with(
        "live-iam",
        IAM,
        &[],
    );
    let web = "arn:aws:ecs:us-east-1:123456789012:service/main/web";
    let role = {
        let mut state = fake.0.lock().unwrap();
        state.stacks.get_mut("live").unwrap().resources.insert("Web".to_owned(), web.to_owned());
        state.stacks["live-iam"].resources["Role"].clone()
    };
    let denied = format!(
        "User: arn:aws:sts::123456789012:assumed-role/{role}/f is not authorized to perform: sqs:ReceiveMessage on resource: arn:aws:sqs:us-east-1:1:q because no identity-based policy allows it"
    );
    let answers = fake.clone();
    let door = Door::open(None, move |request| {
        let json = |value: serde_json::Value| Some((200, value.to_string()));
        match request.action.as_str() {
            "FilterLogEvents" if request.body.contains("/aws/lambda/") => json(
                serde_json::json!({"events": [{"message": denied, "timestamp": 1_800_000_000_000_u64}, {"message": denied}]}),
            ),
            "FilterLogEvents" => {
                Some((400, r#"{"__type":"ResourceNotFoundException","message":"no group"}"#.to_owned()))
            }
            "DescribeServices" => json(
                serde_json::json!({"services": [{"serviceName": "web", "desiredCount": 2, "runningCount": 1, "events": [
                {"message": "(service web) failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::1:role/t' that was provided for this task.)"}]}]}),
            ),
            "ListTasks" => json(serde_json::json!({"taskArns": []})),
            action if action.starts_with("GET /2015-03-31/functions/") => {
                json(serde_json::json!({"State": "Active", "LastUpdateStatus": "Successful"}))
            }
            _ => answers.answer(request),
        }
    });
    let place = place(door.port, "live");
    place.write("app.yaml", RUNNING);
    let ran = place.run(&["gates", "5"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    for said in [
        "gate 5 (runtime): FAILED",
        "may not `sqs:ReceiveMessage` on `arn:aws:sqs:us-east-1:1:q`",
        "the service web runs 1 of 2 tasks",
        "Role cannot be assumed yet, or not at all: arn:aws:iam::1:role/t",
        "never seen: the log group",
        "never seen: whether requests to the API succeed",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    for said in [
        "error[AWS011]",
        "iam.yaml:2:3",
        "no statement of `Role` allows it",
        "seen in the log group /aws/lambda/",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert_eq!(ran.stderr.matches("error[AWS011]").count(), 1);
}

/// A kept plan is carried out as it was read, or not at all.
#[test]
fn a_kept_plan_is_carried_out_or_refused() {
    let place = place(simulator(), "kept");
    let ran = place.run(&["plan", "--out", "plan.json", "--out", "plan.html"]);
    ok(&ran);
    let page = std::fs::read_to_string(place.path("plan.html")).unwrap();
    for said in ["Plan for kept", "AWS::IAM::Role", "(not known yet)", "deploy --plan"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let carry_out = ["deploy", "--yes", "--plan", "plan.json", "--poll-interval", "0.05"];
    let ran = place.run(&carry_out);
    assert!(ok(&ran).contains("all is as it was planned"), "{}", ran.stderr);
    // The same plan again: the stacks stand now.
    let ran = place.run(&carry_out);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("error[DPL018]") && ran.stderr.contains("the stack `kept-iam` was changed since"),
        "{}",
        ran.stderr
    );
    // A plan of one template does not deploy another.
    place.edit("iam.yaml", "sqs:SendMessage", "sqs:ReceiveMessage");
    ok(&place.run(&["plan", "--out", "plan.json"]));
    place.edit("iam.yaml", "sqs:ReceiveMessage", "sqs:*");
    let ran = place.run(&carry_out);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("the template of `kept-iam` is another"), "{}", ran.stderr);
    place.edit("iam.yaml", "sqs:*", "sqs:ReceiveMessage");
    ok(&place.run(&carry_out));
    place.write("plan.json", "{}");
    assert_eq!(place.run(&carry_out).status, 2);
}
