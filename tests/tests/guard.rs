//! Deployments that cannot be turned against their team: what was approved is what runs, in the account that was
//! meant, in the stack that is ours, and nothing that is shown is altered or gives a secret away.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use iam_split_tests::aws::{
    Door, Place, Reply, Request, SECRETS, answer, by_hand, error, finished, identity, simulator,
};
use iam_split_tests::ok;

const DEPLOY: [&str; 4] = ["deploy", "--yes", "--poll-interval", "0.02"];

const IAM: &str = "\
Metadata:
  IamSplit: {FormatVersion: 1, AppStack: {Parameter: AppStackName}, Moved: [Role]}
Parameters:
  AppStackName: {Type: String}
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
  RoleArn: {Value: !GetAtt Role.Arn, Export: {Name: !Sub '${AWS::StackName}-RoleArn'}}
";

const APP: &str = "\
Parameters:
  Role: {Type: String, Description: 'ARN of the IAM role Role: output RoleArn of the IAM stack', AllowedPattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$'}
Resources:
  Queue: {Type: AWS::SQS::Queue, Metadata: {RunsAs: !Ref Role}}
";

fn settings(name: &str) -> String {
    format!("name: {name}\ntemplate: app.yaml\niam_template: iam.yaml\n")
}

fn pair(port: u16, name: &str) -> Place {
    Place::pair(port, &settings(name), IAM, APP)
}

/// A template that is too long for a call.
fn long(text: &str) -> String {
    text.to_owned() + &"# a line that only makes it longer, and that CloudFormation keeps\n".repeat(800)
}

#[track_caller]
fn says(text: &str, all: &[&str]) {
    for said in all {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn another_template_than_the_one_that_was_read_does_not_run() {
    // What CloudFormation would deploy is not what was read here: somebody wrote to the bucket meanwhile.
    let other = long(&IAM.replace("sqs:SendMessage", "iam:*"));
    let door = Door::open(Some(simulator()), move |request| {
        let is_set = request.action == "GetTemplate" && request.field("ChangeSetName").is_some();
        is_set.then(|| {
            answer("GetTemplate", &format!("<TemplateBody>{}</TemplateBody>", other.replace('<', "&lt;")))
        })
    });
    let place = pair(door.port, "swapped");
    place.write("iam.yaml", &long(IAM));
    let ran = place.run(&DEPLOY);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(
        &ran.stderr,
        &[
            "error[DPL021]",
            "would get another IAM template than the one that was read here",
            "nothing was changed",
        ],
    );
    let actions = door.actions();
    assert!(
        !actions.iter().any(|action| action == "ExecuteChangeSet" || action == "CreateStack"),
        "{actions:?}"
    );
    // Nothing of it remains.
    let ran = Place { port: simulator(), ..place }.run(&["status"]);
    says(&ran.stdout, &["IAM stack swapped-iam: not deployed"]);
}

#[test]
fn an_object_is_unchanged_only_where_its_bytes_are() {
    let place = pair(simulator(), "bytes");
    place.write("iam.yaml", &long(IAM));
    ok(&place.run(&["upload"]));
    let ran = place.run(&["upload", "--format", "json"]);
    let key = ran.stdout.split("quilt-iam/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let path = format!("/quilt-templates-bytes/quilt-iam/{key}");
    // As long as the right one, and with whatever beside it.
    let forged = long(IAM).replace("sqs:SendMessage", "sqs:PurgeQueues");
    let (status, _) = by_hand(place.port, "PUT", &path, &forged).unwrap();
    assert!(status.contains(" 200 "), "{status}");
    let ran = place.run(&["upload"]);
    says(ok(&ran), &[&format!("sent      s3:/{path}")]);
    ok(&place.run(&DEPLOY));
    let (_, text) = by_hand(place.port, "GET", &path, "").unwrap();
    assert_eq!(text, long(IAM));
}

#[test]
fn every_request_to_the_bucket_names_its_owner() {
    let door = Door::open(Some(simulator()), |_| None);
    let place = pair(door.port, "owner");
    place.write("app.yaml", &long(APP));
    ok(&place.run(&DEPLOY));
    ok(&place.run(&["upload"]));
    let of_s3: Vec<Request> = door
        .requests()
        .into_iter()
        .filter(|request| request.action.contains(" /quilt-templates-owner"))
        .collect();
    assert!(of_s3.len() > 8);
    for request in of_s3 {
        // Only the call that makes the bucket has no bucket yet.
        let makes = request.action.trim_end_matches(['/', '?']) == "PUT /quilt-templates-owner";
        let named = request.head.to_lowercase().contains("x-amz-expected-bucket-owner: 000000000000");
        assert!(named || makes, "{}", request.head);
    }
}

#[test]
fn a_half_made_bucket_is_finished_and_a_strangers_is_left_alone() {
    let place = pair(simulator(), "half");
    by_hand(place.port, "PUT", "/quilt-templates-half", "").unwrap();
    let ran = place.run(&["upload"]);
    says(ok(&ran), &["the bucket quilt-templates-half got ", "versioning"]);
    let ran = place.run(&["upload"]);
    assert!(!ok(&ran).contains(" got "), "{}", ran.stderr);
    // One that holds objects and was named by the user is not set otherwise.
    by_hand(place.port, "PUT", "/our-website-of-guard", "").unwrap();
    by_hand(place.port, "PUT", "/our-website-of-guard/index.html", "x").unwrap();
    place.write("deployment.yaml", &(settings("half") + "bucket: our-website-of-guard\n"));
    let ran = place.run(&["upload"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(
        &ran.stderr,
        &[
            "error[DPL020]",
            "lacks",
            "versioning",
            "aws s3api put-bucket-versioning --bucket our-website-of-guard",
        ],
    );
    // Another account's.
    let door = Door::open(None, |request| request.action.starts_with("HEAD /").then(|| (403, String::new())));
    let place = pair(door.port, "half");
    let ran = place.run(&["upload"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    says(&ran.stderr, &["the bucket `quilt-templates-half` is not of the account 000000000000"]);
    let sent = door.actions().into_iter().any(|action| action.starts_with("PUT"));
    assert!(!sent, "{:?}", door.actions());
}

#[test]
fn a_plan_holds_what_its_execution_takes() {
    let place = pair(simulator(), "sealed");
    let more = "tags: {team: data}\nrole_arn: arn:aws:iam::000000000000:role/deployer\nnotification_arns: ['arn:aws:sns:us-east-1:000000000000:events']\non_failure: DELETE\n";
    place.write("deployment.yaml", &(settings("sealed") + more));
    let ran = place.run(&["plan", "--out", "plan.json", "--out", "plan.html"]);
    ok(&ran);
    let digest =
        ran.stdout.lines().find_map(|line| line.strip_prefix("to be approved: ")).unwrap().to_owned();
    let page = std::fs::read_to_string(place.path("plan.html")).unwrap();
    says(
        &page,
        &[
            &digest,
            "role/deployer",
            "team=data",
            "arn:aws:sns",
            "DELETE",
            "What is allowed",
            "sqs:SendMessage",
        ],
    );
    let carry_out = [&DEPLOY[..], &["--plan", "plan.json"]].concat();
    // Whatever the calls take is compared.
    for (from, to, said) in [
        ("role/deployer", "role/admin", "other service role"),
        ("team: data", "team: other", "other tags"),
        (":events", ":others", "other notification topics"),
        ("on_failure: DELETE", "on_failure: ROLLBACK", "other `on_failure`"),
    ] {
        place.edit("deployment.yaml", from, to);
        let ran = place.run(&carry_out);
        assert_eq!(ran.status, 1, "{said}: {}", ran.stderr);
        says(&ran.stderr, &["error[DPL018]", said]);
        place.edit("deployment.yaml", to, from);
    }
    // A plan that was changed, and one that was not the approved one.
    let text = std::fs::read_to_string(place.path("plan.json")).unwrap();
    place.write("forged.json", &text.replace("role/deployer", "role/admin"));
    let ran = place.run(&[&DEPLOY[..], &["--plan", "forged.json"]].concat());
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    says(&ran.stderr, &["it was changed after it was made"]);
    let ran = place.run(&[&carry_out[..], &["--approved", "abc"]].concat());
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(&ran.stderr, &["and abc was approved"]);
    let ran = place.run(&[&carry_out[..], &["--approved", &digest]].concat());
    says(ok(&ran), &["all is as it was planned"]);
}

#[test]
fn a_profile_that_is_asked_for_beats_the_environment() {
    let door = Door::open(None, |request| match request.action.as_str() {
        "DescribeStacks" => Some(error("ValidationError", "Stack with id who does not exist")),
        _ => None,
    });
    let place = Place::new(door.port);
    place.write("deployment.yaml", "name: who\npattern: inline\n");
    place.write(
        "config",
        "[profile house]\nregion = eu-west-1\naws_access_key_id = HOUSEKEY\naws_secret_access_key = x\n",
    );
    let run = |arguments: &[&str]| {
        finished(
            place
                .command(arguments)
                .env("AWS_CONFIG_FILE", place.path("config"))
                .env("AWS_SHARED_CREDENTIALS_FILE", place.path("none")),
        )
    };
    let used = || door.requests().last().unwrap().head.clone();
    let ran = run(&["status", "--profile", "house"]);
    says(
        &ran.stderr,
        &["account 000000000000, region eu-west-1, as arn:aws:iam::000000000000:root, by the profile house"],
    );
    says(&used(), &["Credential=HOUSEKEY/", "/eu-west-1/"]);
    // As a key of the file too; a region that is given wins over the profile's.
    place.write("deployment.yaml", "name: who\npattern: inline\nprofile: house\nregion: eu-north-1\n");
    run(&["status"]);
    says(&used(), &["Credential=HOUSEKEY/", "/eu-north-1/"]);
    let before = door.actions().len();
    for command in ["status", "delete"] {
        let ran = run(&[
            command,
            "--profile",
            "hose",
            if command == "delete" { "--yes" } else { "--format=human" },
        ]);
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        says(&ran.stderr, &["error[DPL003]", "no credentials under the profile `hose`"]);
    }
    assert_eq!(door.actions().len(), before, "something was called without the profile");
    // Without one the environment's keys are used, as every AWS tool does.
    place.write("deployment.yaml", "name: who\npattern: inline\n");
    run(&["status"]);
    says(&used(), &["Credential=test/", "/us-east-1/"]);
}

#[test]
fn a_secret_that_equals_a_part_of_names_alters_none_of_them() {
    let place = pair(simulator(), "hidden-shop");
    place.write(
        "app.yaml",
        &APP.replace(
            "Resources:",
            "  Password: {Type: String, NoEcho: true}\n  Token: {Type: String, Default: ''}\nResources:",
        ),
    );
    place.write(
        "deployment.yaml",
        &(settings("hidden-shop") + "parameters: {Password: {env: PART}, Token: {env: OTHER}}\n"),
    );
    let run =
        |arguments: &[&str]| finished(place.command(arguments).env("PART", "shop").env("OTHER", "Role"));
    let plan = run(&["plan", "--out", "plan.json"]);
    ok(&plan);
    says(
        &plan.stdout,
        &["IAM stack hidden-shop-iam: new", "AWS::IAM::Role", "Password: (hidden)", "Token: (hidden)"],
    );
    let kept = std::fs::read_to_string(place.path("plan.json")).unwrap();
    says(&kept, &["\"hidden-shop-iam\"", "\"AWS::IAM::Role\"", "\"Password\": \"(hidden)\""]);
    ok(&run(&[&DEPLOY[..], &["--plan", "plan.json"]].concat()));
    let outputs = run(&["outputs", "--format", "env"]);
    says(
        &outputs.stdout,
        &["STACK_NAME='hidden-shop-iam'", "ROLE_ARN='arn:aws:iam::000000000000:role/hidden-shop-iam-Role-"],
    );
    let policy = run(&["permissions", "iam"]);
    says(&policy.stdout, &["role/hidden-shop-iam-*", "iam:CreateRole"]);
    for (arguments, said) in [
        (&["status", "--format", "json"][..], "\"stack\":\"hidden-shop-iam\""),
        (&["gates", "--format", "json"], "the stack `hidden-shop-iam` stands"),
        (&["permissions", "app"], "quilt-templates-hidden-shop"),
    ] {
        let ran = run(arguments);
        assert!(!ran.stdout.contains("(hidden)") && ran.stdout.contains(said), "{}", ran.stdout);
    }
    // Where AWS repeats it, that message alone is masked, and no name in it.
    let door = Door::open(None, |request| match request.action.as_str() {
        "DescribeStacks" => Some(error(
            "ValidationError",
            "the value shop of hidden-shop is no stack that arn:aws:iam::1:role/shop has",
        )),
        _ => None,
    });
    let place = Place { port: door.port, ..place };
    let ran = finished(place.command(&["status"]).env("PART", "shop").env("OTHER", "Role"));
    says(&ran.stderr, &["the value (hidden) of hidden-shop is no stack that arn:aws:iam::1:role/shop has"]);
}

#[test]
fn the_iam_stack_of_another_deployment_is_refused() {
    let one = pair(simulator(), "first-one");
    ok(&one.run(&DEPLOY));
    let two = pair(simulator(), "second-one");
    two.write("deployment.yaml", &(settings("second-one") + "iam_stack_name: first-one-iam\n"));
    let door = Door::open(Some(simulator()), |_| None);
    let two = Place { port: door.port, ..two };
    for arguments in
        [&DEPLOY[..], &["deploy", "app", "--yes"], &["deploy", "iam", "--yes"], &["rollback", "--yes"]]
    {
        let ran = two.run(arguments);
        assert_eq!(ran.status, 1, "{arguments:?} {}", ran.stderr);
        says(
            &ran.stderr,
            &["DPL019", "`first-one-iam` is the IAM stack of `first-one`, not of `second-one`"],
        );
    }
    let ran = two.run(&["plan"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(
        &ran.stdout,
        &["deploy would refuse this: the stack `first-one-iam` is the IAM stack of `first-one`"],
    );
    let actions = door.actions();
    assert!(
        !actions.iter().any(|action| action == "CreateStack" || action == "ExecuteChangeSet"),
        "{actions:?}"
    );
    // Credentials of another account than the roles'.
    let door = Door::open(Some(simulator()), |request| {
        (request.action == "GetCallerIdentity").then(|| identity("999999999999"))
    });
    let one = Place { port: door.port, ..one };
    let ran = one.run(&["deploy", "app", "--yes"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(&ran.stderr, &["is of the account 000000000000, and these credentials are of 999999999999"]);
}

fn stack(name: &str, status: &str, more: &str) -> Reply {
    answer(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackName>{name}</StackName><StackId>arn:aws:cloudformation:us-east-1:000000000000:stack/{name}/1</StackId><StackStatus>{status}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>{more}</member></Stacks>"
        ),
    )
}

const HOOK: &str = "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.";

/// A stack `early` whose change set is refused, or warned of.
fn early(events: &'static str, status: &'static str) -> Door {
    Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" => Some(stack("early", "CREATE_COMPLETE", "")),
        "ValidateTemplate" => Some(answer("ValidateTemplate", "")),
        "GetTemplate" => Some(answer("GetTemplate", "<TemplateBody>Resources: {}</TemplateBody>")),
        "CreateChangeSet" => Some(answer("CreateChangeSet", "<Id>arn:set</Id><StackId>arn:early</StackId>")),
        "DescribeChangeSet" if status == "FAILED" => Some(answer(
            "DescribeChangeSet",
            &format!("<Status>FAILED</Status><StatusReason>{HOOK}</StatusReason>"),
        )),
        "DescribeChangeSet" => {
            assert_eq!(request.field("IncludePropertyValues").as_deref(), Some("true"));
            Some(answer(
                "DescribeChangeSet",
                "<Status>CREATE_COMPLETE</Status><Changes><member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>Topic</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType><Replacement>False</Replacement><Details><member><Target><Attribute>Properties</Attribute><Name>DisplayName</Name><Path>/Properties/DisplayName</Path><BeforeValue>old</BeforeValue><AfterValue>correct-horse-battery</AfterValue></Target></member></Details></ResourceChange></member></Changes>",
            ))
        }
        "DescribeEvents" if events == "denied" => Some(error("AccessDenied", "not for you")),
        "DescribeEvents" => {
            assert_eq!(request.field("ChangeSetName").as_deref(), Some("arn:set"));
            Some(answer("DescribeEvents", &format!("<OperationEvents>{events}</OperationEvents>")))
        }
        "DeleteChangeSet" => Some(answer("DeleteChangeSet", "")),
        _ => None,
    })
}

#[test]
fn failed_validation_leads_to_the_line_and_warnings_are_shown() {
    const WRONG: &str = "<member><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Topic</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType><ValidationFailureMode>FAIL</ValidationFailureMode><ValidationName>PROPERTY_VALIDATION</ValidationName><ValidationStatus>FAILED</ValidationStatus><ValidationStatusReason>Unsupported property [DisplyName]</ValidationStatusReason><ValidationPath>/Resources/Topic/Properties/DisplyName</ValidationPath></member>";
    const WARNING: &str = "<member><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Topic</LogicalResourceId><ValidationFailureMode>WARN</ValidationFailureMode><ValidationName>QUOTA_VALIDATION</ValidationName><ValidationStatus>FAILED</ValidationStatus><ValidationStatusReason>the quota of topics is nearly reached</ValidationStatusReason></member>";
    let text = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplyName: x\n";
    let place = |door: &Door| {
        let place = Place::new(door.port);
        place.write("t.yaml", text);
        place.write("deployment.yaml", "name: early\ntemplate: t.yaml\nparameters: {}\n");
        place
    };
    for arguments in [&["plan"][..], &DEPLOY] {
        let door = early(WRONG, "FAILED");
        let ran = place(&door).run(arguments);
        assert_eq!(ran.status, 3, "{}", ran.stderr);
        says(&ran.stderr, &["t.yaml:5:7", "Unsupported property [DisplyName]", "AWS024"]);
        // Nothing of it is left, and nothing ran.
        assert!(door.actions().iter().any(|action| action == "DeleteChangeSet"));
    }
    // Denied: what is known stays, and why no more is.
    let door = early("denied", "FAILED");
    let ran = place(&door).run(&["plan"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    says(
        &ran.stderr,
        &[
            "AWS::EarlyValidation::PropertyValidation",
            "these credentials may not call `cloudformation:DescribeEvents`",
        ],
    );
    // A warning stops nothing; the values that change are shown, and none that is secret.
    let door = early(WARNING, "CREATE_COMPLETE");
    let at = place(&door);
    at.write(
        "t.yaml",
        &text.replace("Resources:", "Parameters: {P: {Type: String, NoEcho: true}}\nResources:"),
    );
    at.write("deployment.yaml", "name: early\ntemplate: t.yaml\nparameters: {P: {env: ADMIN_PASSWORD}}\n");
    let ran = at.run(&["plan"]);
    ok(&ran);
    says(&ran.stderr, &["warning[AWS024]", "the quota of topics is nearly reached", "t.yaml:3:3"]);
    says(&ran.stdout, &["/Properties/DisplayName: old -> (hidden)"]);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(SECRETS[0]));
}

fn event(id: &str, kind: &str, status: &str, more: &str) -> String {
    let own = kind == "AWS::CloudFormation::Stack";
    let name = if own { "joined" } else { "Topic" };
    let physical = if own { "arn:aws:cloudformation:us-east-1:000000000000:stack/joined/1" } else { "" };
    format!(
        "<member><EventId>{id}</EventId><LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>{kind}</ResourceType><ResourceStatus>{status}</ResourceStatus><Timestamp>2026-01-01T00:00:00Z</Timestamp>{more}</member>"
    )
}

const OWN: &str = "AWS::CloudFormation::Stack";

#[test]
fn an_operation_that_is_joined_and_fails_is_told_and_not_begun_again() {
    let looks = AtomicUsize::new(0);
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" => Some(match looks.fetch_add(1, Ordering::SeqCst) {
            0 => stack("joined", "UPDATE_IN_PROGRESS", ""),
            _ => stack("joined", "UPDATE_ROLLBACK_COMPLETE", ""),
        }),
        "ValidateTemplate" => Some(answer("ValidateTemplate", "")),
        "DescribeStackEvents" => {
            // An older operation's end stands before, under another id.
            let of = |id: &str| format!("<OperationId>{id}</OperationId>");
            let events = [
                event("4", OWN, "UPDATE_ROLLBACK_COMPLETE", &of("new")),
                event(
                    "3",
                    "AWS::SNS::Topic",
                    "UPDATE_FAILED",
                    &(of("new")
                        + "<ResourceStatusReason>no such topic</ResourceStatusReason><DetailedStatus>VALIDATION_FAILED</DetailedStatus>"),
                ),
                event("2", OWN, "UPDATE_IN_PROGRESS", &of("new")),
                event("1", OWN, "UPDATE_COMPLETE", &of("old")),
            ];
            Some(answer("DescribeStackEvents", &format!("<StackEvents>{}</StackEvents>", events.concat())))
        }
        "DescribeEvents" => {
            assert_eq!(request.field("OperationId").as_deref(), Some("new"));
            assert_eq!(request.field("Filters.FailedEvents").as_deref(), Some("true"));
            Some(answer("DescribeEvents", "<OperationEvents></OperationEvents>"))
        }
        _ => None,
    });
    let place = Place::new(door.port);
    place.write("t.yaml", "Resources:\n  Topic: {Type: AWS::SNS::Topic}\n");
    place.write("deployment.yaml", "name: joined\ntemplate: t.yaml\n");
    let ran = place.run(&DEPLOY);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    says(
        &ran.stderr,
        &[
            "under way: watching it to its end",
            "`Topic` failed: no such topic",
            "t.yaml:2:3",
            "(VALIDATION_FAILED)",
            "is not begun again by this one",
        ],
    );
    assert!(!door.actions().iter().any(|action| action == "CreateChangeSet"), "{:?}", door.actions());
}

#[test]
fn an_update_is_cancelled_only_where_that_is_asked_for() {
    let cancelled = AtomicBool::new(false);
    let door = Door::open(None, move |request| {
        let done = cancelled.load(Ordering::SeqCst);
        match request.action.as_str() {
            "DescribeStacks" if request.field("StackName").as_deref() == Some("joined-iam") => {
                Some(error("ValidationError", "Stack with id joined-iam does not exist"))
            }
            "DescribeStacks" => Some(stack(
                "joined",
                if done { "UPDATE_ROLLBACK_COMPLETE" } else { "UPDATE_IN_PROGRESS" },
                "",
            )),
            "CancelUpdateStack" => {
                cancelled.store(true, Ordering::SeqCst);
                Some(answer("CancelUpdateStack", ""))
            }
            "DescribeStackEvents" => {
                let mut events = event("1", OWN, "UPDATE_IN_PROGRESS", "");
                if done {
                    events = event("3", OWN, "UPDATE_ROLLBACK_COMPLETE", "")
                        + &event("2", OWN, "UPDATE_ROLLBACK_IN_PROGRESS", "")
                        + &events;
                }
                Some(answer("DescribeStackEvents", &format!("<StackEvents>{events}</StackEvents>")))
            }
            _ => None,
        }
    });
    let place = Place::new(door.port);
    place.write("deployment.yaml", "name: joined\n");
    let ran = place.run(&["rollback", "--cancel", "--yes", "--poll-interval", "0.02"]);
    ok(&ran);
    assert_eq!(ran.stdout, "the stack joined is as it was before its update\n");
    let ran = place.run(&["rollback", "--cancel", "--yes"]);
    assert_eq!(ok(&ran).lines().count(), 1, "{}", ran.stderr);
    assert_eq!(ran.stdout, "no stack is being updated\n");
}

#[test]
fn a_deletion_that_failed_has_two_ways_out_and_takes_none_by_itself() {
    let deletions = AtomicUsize::new(0);
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" => Some(match deletions.load(Ordering::SeqCst) {
            0 => stack("joined", "CREATE_COMPLETE", ""),
            1 => stack("joined", "DELETE_FAILED", ""),
            _ => error("ValidationError", "Stack with id joined does not exist"),
        }),
        "ListStackResources" => {
            Some(answer("ListStackResources", "<StackResourceSummaries></StackResourceSummaries>"))
        }
        "DeleteStack" => {
            deletions.fetch_add(1, Ordering::SeqCst);
            Some(answer("DeleteStack", ""))
        }
        "DescribeStackEvents" => {
            let mut events = event("1", OWN, "DELETE_IN_PROGRESS", "");
            match deletions.load(Ordering::SeqCst) {
                0 => events = String::new(),
                1 => {
                    events = event(
                        "3",
                        OWN,
                        "DELETE_FAILED",
                        "<ResourceStatusReason>The following resource(s) failed to delete: [Topic].</ResourceStatusReason>",
                    ) + &event(
                        "2",
                        "AWS::SNS::Topic",
                        "DELETE_FAILED",
                        "<ResourceStatusReason>it is in use</ResourceStatusReason>",
                    ) + &events
                }
                _ => {
                    events = event("9", OWN, "DELETE_COMPLETE", "")
                        + &event("8", OWN, "DELETE_IN_PROGRESS", "")
                        + &events
                }
            }
            Some(answer("DescribeStackEvents", &format!("<StackEvents>{events}</StackEvents>")))
        }
        action if action.starts_with("HEAD /") => Some((404, String::new())),
        _ => None,
    });
    let place = Place::new(door.port);
    place.write("deployment.yaml", "name: joined\npattern: inline\n");
    let force = ["delete", "app", "--force", "--yes", "--poll-interval", "0.02"];
    // Not before a deletion has failed.
    let ran = place.run(&force);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(&ran.stderr, &["for one whose deletion failed (DELETE_FAILED)"]);
    let ran = place.run(&["delete", "--yes", "--poll-interval", "0.02"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    says(
        &ran.stderr,
        &[
            "remains: Topic (AWS::SNS::Topic): it is in use",
            "iam-split delete app --retain Topic",
            "iam-split delete app --force",
        ],
    );
    ok(&place.run(&force));
    let last = door.requests().into_iter().rfind(|request| request.action == "DeleteStack").unwrap();
    assert_eq!(last.field("DeletionMode").as_deref(), Some("FORCE_DELETE_STACK"));
}

#[test]
fn a_failed_update_is_no_release_and_an_interrupted_one_is_taken_up() {
    let place = pair(simulator(), "recorded");
    ok(&place.run(&DEPLOY));
    // One that fails.
    place.edit("iam.yaml", "Outputs:", "  Bad: {Type: AWS::IAM::Policy, Properties: {Roles: [nobody-has-this], PolicyName: p, PolicyDocument: {Statement: []}}}\nOutputs:");
    let ran = place.run(&["deploy", "iam", "--yes", "--poll-interval", "0.02"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    for _ in 0..2 {
        let ran = place.run(&["rollback", "--yes"]);
        assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
        says(&ran.stderr, &["no earlier template of the stack `recorded-iam` is known"]);
    }
    // One that is not seen to its end.
    place.write("iam.yaml", &IAM.replace("sqs:SendMessage", "sqs:ReceiveMessage"));
    let door = Door::open(Some(simulator()), {
        let begun = AtomicBool::new(false);
        move |request| match request.action.as_str() {
            "ExecuteChangeSet" => {
                begun.store(true, Ordering::SeqCst);
                None
            }
            "DescribeStackEvents" if begun.load(Ordering::SeqCst) => {
                Some(error("ExpiredToken", "The security token included in the request is expired"))
            }
            _ => None,
        }
    });
    let cut = Place { port: door.port, folder: place.folder };
    let ran = cut.run(&["deploy", "iam", "--yes", "--poll-interval", "0.02"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    let place = Place { port: simulator(), folder: cut.folder };
    let ran = place.run(&["rollback", "--yes", "--poll-interval", "0.02"]);
    says(ok(&ran), &["the IAM stack recorded-iam has ", "it gets    ", ", run 20"]);
    // Back to any that it had, by the beginning of its digest; the record is told where there is none such.
    let ran = place.run(&["rollback", "--to", "00000000", "--yes"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(&ran.stderr, &["never had a template `00000000`", "known are\n"]);
    let known: Vec<&str> = ran.stderr.lines().filter(|line| line.contains(", run ")).collect();
    assert!(known.len() >= 3, "{known:?}");
    let second = known[1].split_whitespace().next().unwrap();
    let ran = place.run(&["rollback", "--to", second, "--yes", "--poll-interval", "0.02"]);
    ok(&ran);
    let ran = place.run(&["deploy", "iam", "--yes", "--poll-interval", "0.02"]);
    says(ok(&ran), &["the stack recorded-iam is up to date"]);
    let ran = place.run(&["rollback", "--to", second, "--yes"]);
    ok(&ran);
    says(&ran.stdout, &["has this template already: nothing was changed"]);
}

#[test]
fn an_export_that_is_imported_is_not_taken_away() {
    let place = pair(simulator(), "exporter");
    let output = "Outputs:\n  Url: {Value: !Ref Queue, Export: {Name: !Sub '${AWS::StackName}-Url'}}\n";
    place.write("app.yaml", &format!("{APP}{output}"));
    ok(&place.run(&DEPLOY));
    let other = Place::new(simulator());
    other.write("t.yaml", "Resources: {N: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !ImportValue exporter-Url}}}\n");
    other.write("deployment.yaml", "name: other-importer\ntemplate: t.yaml\n");
    ok(&other.run(&DEPLOY));
    place.write("app.yaml", APP);
    let ran = place.run(&["plan"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    says(
        &ran.stdout,
        &["the update removes the export exporter-Url, which the stack other-importer imports"],
    );
    let ran = place.run(&DEPLOY);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(&ran.stderr, &["DPL014", "take the import out of `other-importer` first"]);
}

#[test]
fn the_applications_state_is_looked_at_before_the_iam_stack_is_touched() {
    let door = Door::open(None, |request| match request.action.as_str() {
        "DescribeStacks" if request.field("StackName").as_deref() == Some("stuck") => {
            Some(stack("stuck", "UPDATE_ROLLBACK_FAILED", ""))
        }
        "DescribeStacks" => Some(error("ValidationError", "Stack with id stuck-iam does not exist")),
        "ValidateTemplate" => Some(answer("ValidateTemplate", "")),
        "GetTemplate" => Some(answer("GetTemplate", "<TemplateBody>Resources: {}</TemplateBody>")),
        _ => None,
    });
    let place = pair(door.port, "stuck");
    for arguments in [&DEPLOY[..], &["plan"]] {
        let ran = place.run(arguments);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        says(&ran.stderr, &["UPDATE_ROLLBACK_FAILED", "iam-split rollback app --continue"]);
    }
    assert!(!door.actions().iter().any(|action| action == "CreateStack" || action == "CreateChangeSet"));
}

#[test]
fn what_an_auxiliary_call_does_not_tell_takes_nothing_else_away() {
    let place = pair(simulator(), "alone");
    ok(&place.run(&DEPLOY));
    let door = Door::open(Some(simulator()), |request| {
        (request.action == "ListImports").then(|| {
            error("AccessDenied", "User: x is not authorized to perform: cloudformation:ListImports")
        })
    });
    let place = Place { port: door.port, ..place };
    let ran = place.run(&["status"]);
    ok(&ran);
    says(
        &ran.stdout,
        &[
            "IAM stack alone-iam: CREATE_COMPLETE",
            "who imports its exports is not known",
            "its IAM parameters are the IAM stack's newest outputs",
        ],
    );
}

#[test]
fn what_is_missing_is_said_once_and_programs_are_told_the_end() {
    let place = Place::new(9);
    let ran = place.run(&["status"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    says(&ran.stderr, &["there is no `deployment.yaml` here"]);
    assert_eq!(ran.stderr.matches("error[").count(), 1, "{}", ran.stderr);
    // Each fault once, and those of the settings with those of the templates.
    place.write("deployment.yaml", "name: faults\ntemplate: app.yaml\niam_template: iam.yaml\non_failure: STOP\nparameters: {Secret: {env: NOT_SET_HERE}}\n");
    place.write("iam.yaml", IAM);
    place.write(
        "app.yaml",
        &APP.replace("Resources:", "  Secret: {Type: String}\n  Host: {Type: String}\nResources:"),
    );
    let ran = place.run(&["plan"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    for (code, times) in [("DPL003", 1), ("DPL005", 1), ("DPL008", 1)] {
        assert_eq!(ran.stderr.matches(code).count(), times, "{code}: {}", ran.stderr);
    }
    says(&ran.stderr, &["`Host`", "refused: 3 errors"]);
    for arguments in [
        &["deploy", "--format", "json"][..],
        &["plan", "--format", "json"],
        &["deploy", "--yes", "--plan", "none.json", "--format", "json"],
    ] {
        let ran = place.run(arguments);
        let last = ran.stdout.lines().last().unwrap_or_default();
        let object: serde_json::Value =
            serde_json::from_str(last).unwrap_or_else(|_| panic!("{arguments:?}: {last}"));
        assert_eq!(
            (object["type"].as_str(), object["exit"].as_i64()),
            (Some("result"), Some(i64::from(ran.status))),
            "{last}"
        );
        assert_eq!(ran.stdout.matches("\"type\":\"result\"").count(), 1, "{}", ran.stdout);
    }
}

#[test]
fn answers_that_are_not_awss_and_hosts_that_are_not_found_have_codes() {
    let place = Place::new(9);
    place.write("deployment.yaml", "name: net\npattern: inline\n");
    let ran = finished(place.command(&["status"]).env("AWS_ENDPOINT_URL", "http://no-such-host.invalid"));
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    says(&ran.stderr, &["error[AWS026]"]);
    let door = Door::open(None, |_| Some((502, "<html>a proxy</html>".to_owned())));
    let ran = finished(
        place.command(&["status"]).env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", door.port)),
    );
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    says(&ran.stderr, &["error[AWS025]", "HTTP status 502"]);
}

#[test]
fn an_address_is_asked_as_a_health_check_does() {
    let other = Door::open(None, |_| Some((200, "fine".to_owned())));
    let there = format!("http://localhost:{}/", other.port);
    let door = Door::open(None, move |request| match request.action.as_str() {
        "GET /health" => Some((200, "fine".to_owned())),
        "GET /broken" => Some((503, String::new())),
        _ => None,
    });
    // A redirect needs a header, which a scripted answer has not: a listener of its own gives it.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::{BufRead, BufReader, Write};
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            let _ = reader.read_line(&mut line);
            let mut rest = String::new();
            while reader.read_line(&mut rest).is_ok_and(|read| read > 2) {
                rest.clear();
            }
            let mut stream = stream;
            let head = match line.split(' ').nth(1).unwrap_or_default() {
                "/old" => "HTTP/1.1 301 X\r\nLocation: /new\r\n".to_owned(),
                "/away" => format!("HTTP/1.1 302 X\r\nLocation: {there}\r\n"),
                "/round" => "HTTP/1.1 302 X\r\nLocation: /round\r\n".to_owned(),
                _ => "HTTP/1.1 204 X\r\n".to_owned(),
            };
            let _ = write!(stream, "{head}Content-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let place = Place::new(door.port);
    place.write("deployment.yaml", "name: up\npattern: inline\n");
    let ask = |url: String| place.run(&["gates", "--url", &url]);
    let ran = ask(format!("http://127.0.0.1:{}/health", door.port));
    ok(&ran);
    says(&ran.stdout, &["gate 5 (runtime): passed", "/health answers 200 in "]);
    assert_eq!(ran.stdout.matches("gate ").count(), 1, "{}", ran.stdout);
    let ran = ask(format!("http://127.0.0.1:{port}/old"));
    ok(&ran);
    says(&ran.stdout, &["answers 204 in ", " after a redirect"]);
    for (url, said) in [
        (format!("http://127.0.0.1:{}/broken", door.port), "it answers 503"),
        (format!("http://127.0.0.1:{port}/away"), "it redirects to another host, localhost"),
        (format!("http://127.0.0.1:{port}/round"), "it redirects more than 5 times"),
        ("ftp://x/".to_owned(), "it is no address of HTTP"),
        ("http://127.0.0.1:9/".to_owned(), "refused"),
    ] {
        let ran = ask(url);
        assert_eq!(ran.status, 1, "{}", ran.stdout);
        says(&ran.stdout.to_lowercase(), &["failed", &said.to_lowercase()]);
    }
    assert!(other.actions().is_empty(), "another host was asked");
}

#[test]
fn a_gate_that_could_not_read_all_did_not_pass() {
    let app = "Resources:\n  Log: {Type: AWS::Logs::LogGroup}\n";
    let fake = iam_split_tests::fake::Fake::default().with("unread", app, &[]);
    let door = Door::open(None, move |request| match request.action.as_str() {
        "FilterLogEvents" => Some((400, r#"{"__type":"AccessDeniedException","message":"no"}"#.to_owned())),
        _ => fake.answer(request),
    });
    let place = Place::new(door.port);
    place.write("deployment.yaml", "name: unread\npattern: inline\n");
    let ran = place.run(&["gates", "5"]);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    says(
        &ran.stdout,
        &["gate 5 (runtime): NOT CHECKED", "not checked: the log group", "these credentials may not read it"],
    );
    ok(&place.run(&["gates", "5", "--allow-unchecked"]));
}

#[test]
fn tags_that_did_not_arrive_and_resources_that_were_not_waited_for_fail_their_gates() {
    let place = pair(simulator(), "tagged");
    place.write("deployment.yaml", &(settings("tagged") + "tags: {team: data}\n"));
    ok(&place.run(&DEPLOY));
    let door = Door::open(Some(simulator()), |request| match request.action.as_str() {
        "ListRoleTags" => Some(answer("ListRoleTags", "<Tags></Tags><IsTruncated>false</IsTruncated>")),
        _ => None,
    });
    let place = Place { port: door.port, ..place };
    let ran = place.run(&["gates", "2"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    says(&ran.stdout, &["gate 2 (IAM stack): FAILED", "`Role` has no tag `team`", "iam:TagRole"]);
    let express = "<DeploymentConfig><Mode>EXPRESS</Mode></DeploymentConfig><DetailedStatus>CONFIGURATION_COMPLETE</DetailedStatus>";
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" => Some(stack("fast", "CREATE_COMPLETE", express)),
        "ListStackResources" => Some(answer(
            "ListStackResources",
            "<StackResourceSummaries><member><LogicalResourceId>R</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>",
        )),
        _ => None,
    });
    let place = Place::new(door.port);
    place.write("deployment.yaml", "name: fast\npattern: inline\n");
    let ran = place.run(&["gates", "4"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    says(&ran.stdout, &["gate 4 (application stack): FAILED", "EXPRESS"]);
    let ran = place.run(&["status"]);
    says(&ran.stdout, &["CREATE_COMPLETE (CONFIGURATION_COMPLETE)"]);
}

#[test]
fn policies_that_the_application_attaches_are_told_with_their_hazard() {
    let place = pair(simulator(), "attaches");
    place.edit("app.yaml", "Resources:", "Resources:\n  Extra: {Type: AWS::IAM::Policy, Properties: {Roles: [x], PolicyName: p, PolicyDocument: {Statement: []}}}");
    let ran = place.run(&["plan"]);
    says(
        &format!("{}{}", ran.stdout, ran.stderr),
        &["the application attaches `Extra` to roles of the IAM stack", "REVERT_DRIFT"],
    );
}
