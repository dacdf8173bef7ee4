//! Scripted answers of AWS's: runs that meet other runs, what is looked at before anything is touched, who calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use iam_split_tests::aws::{Door, Place, Reply, Request, SECRETS, answer, error, finished, simulator};
use iam_split_tests::ok;

const DEPLOY: [&str; 4] = ["deploy", "--yes", "--poll-interval", "0.02"];

const IAM: &str = "\
Metadata: {IamSplit: {FormatVersion: 1, AppStack: {Parameter: AppStackName}}}
Parameters: {AppStackName: {Type: String}}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}}
Outputs: {RoleArn: {Value: !GetAtt Role.Arn, Export: {Name: !Sub '${AWS::StackName}-RoleArn'}}}
";

const APP: &str = "\
Parameters:
  Role: {Type: String, Description: 'ARN of the IAM role Role: output RoleArn of the IAM stack', AllowedPattern: '^arn:aws:iam::.+$'}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Role}}
";

fn pair(port: u16, name: &str) -> Place {
    let settings = format!("name: {name}\nregion: us-east-1\niam_template: iam.yaml\ntemplate: app.yaml\n");
    Place::pair(port, &settings, IAM, APP)
}

fn stack(name: &str, status: &str, more: &str) -> Reply {
    answer(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackName>{name}</StackName><StackId>arn:{name}</StackId><StackStatus>{status}</StackStatus>{more}</member></Stacks>"
        ),
    )
}

fn absent(name: &str) -> Reply {
    error("ValidationError", &format!("Stack with id {name} does not exist"))
}

const NO_CHANGES: &str =
    "<Status>FAILED</Status><StatusReason>The submitted information didn't contain changes.</StatusReason>";

fn set(changes: &str) -> Reply {
    answer("DescribeChangeSet", &format!("<Status>CREATE_COMPLETE</Status><Changes>{changes}</Changes>"))
}

fn change(action: &str, name: &str, details: &str) -> String {
    format!(
        "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action><LogicalResourceId>{name}</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType><Replacement>False</Replacement>{details}</ResourceChange></member>"
    )
}

fn says(text: &str, all: &[&str]) {
    for said in all {
        assert!(text.contains(said), "{said}: {text}");
    }
}

/// An operation of a stack from its beginning to its end, the newest event first.
fn events(name: &str, operation: &str) -> Reply {
    let event = |number: u8, status: &str| {
        format!(
            "<member><EventId>{operation}{number}</EventId><StackName>{name}</StackName><StackId>arn:{name}</StackId><LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>arn:{name}</PhysicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><ResourceStatus>{operation}_{status}</ResourceStatus><Timestamp>2026-01-01T00:00:00Z</Timestamp></member>"
        )
    };
    let both = event(2, "COMPLETE") + &event(1, "IN_PROGRESS");
    answer("DescribeStackEvents", &format!("<StackEvents>{both}</StackEvents>"))
}

/// A template that only the bucket can give.
fn long(text: &str) -> String {
    format!("{text}# {}\n", "x".repeat(52_000))
}

fn in_bucket(request: &Request) -> Option<Reply> {
    match request.action.as_str() {
        action if action.starts_with("HEAD /") && action.matches('/').count() > 1 => {
            Some((404, String::new()))
        }
        action if action.starts_with("HEAD /") || action.starts_with("PUT /") => Some((200, String::new())),
        "ValidateTemplate" => Some(answer("ValidateTemplate", "")),
        "DeleteChangeSet" => Some(answer("DeleteChangeSet", "")),
        "ListStackResources" => Some(answer(
            "ListStackResources",
            "<StackResourceSummaries><member><LogicalResourceId>R0</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>",
        )),
        _ => None,
    }
}

/// Two runs make a change set each on a stack that neither found. The other one executes its own first: this run
/// deletes nothing of it.
#[test]
fn the_loser_of_a_race_leaves_the_winners_stack() {
    let template = long("Resources: {R0: {Type: AWS::SNS::Topic}}\n");
    let text = template.clone();
    let (looks, sets) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" => Some(match looks.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => absent("race"),
            _ => stack("race", "CREATE_COMPLETE", ""),
        }),
        "CreateChangeSet" => {
            let number = sets.fetch_add(1, Ordering::SeqCst);
            Some(answer("CreateChangeSet", &format!("<Id>set{number}</Id><StackId>arn:race</StackId>")))
        }
        "DescribeChangeSet" if request.field("ChangeSetName").as_deref() == Some("set0") => {
            Some(set(&change("Add", "R0", "")))
        }
        "DescribeChangeSet" => Some(answer("DescribeChangeSet", NO_CHANGES)),
        "GetTemplate" => Some(answer("GetTemplate", &format!("<TemplateBody>{text}</TemplateBody>"))),
        "ExecuteChangeSet" => Some(error(
            "InvalidChangeSetStatus",
            "ChangeSet [set0] cannot be executed in its current execution status of [EXECUTE_COMPLETE]",
        )),
        "ListChangeSets" => Some(answer("ListChangeSets", "<Summaries/>")),
        _ => in_bucket(request),
    });
    let place = Place::new(door.port);
    place.write("t.yaml", &template);
    place.write("deployment.yaml", "name: race\ntemplate: t.yaml\n");
    let ran = place.run(&DEPLOY);
    says(ok(&ran), &["another run works on the stack race", "the stack race is up to date"]);
    let actions = door.actions();
    assert!(actions.iter().any(|action| action == "ExecuteChangeSet"), "{actions:?}");
    assert!(!actions.iter().any(|action| action == "DeleteStack"), "{actions:?}");
}

/// A plan makes the stack for its change set, and takes it away again where nobody else has one in it.
#[test]
fn an_empty_stack_goes_only_where_nobody_else_works_in_it() {
    for (others, status, goes) in [
        ("<Summaries/>", "REVIEW_IN_PROGRESS", true),
        (
            "<Summaries><member><ChangeSetId>other</ChangeSetId><Status>CREATE_COMPLETE</Status></member></Summaries>",
            "REVIEW_IN_PROGRESS",
            false,
        ),
        ("<Summaries/>", "CREATE_IN_PROGRESS", false),
    ] {
        let (made, gone) = (AtomicBool::new(false), AtomicBool::new(false));
        let door = Door::open(None, move |request| match request.action.as_str() {
            "DescribeStacks" if made.load(Ordering::SeqCst) && !gone.load(Ordering::SeqCst) => {
                Some(stack("empty", status, ""))
            }
            "DescribeStacks" => Some(absent("empty")),
            "CreateChangeSet" => {
                made.store(true, Ordering::SeqCst);
                Some(answer("CreateChangeSet", "<Id>own</Id><StackId>arn:empty</StackId>"))
            }
            "DescribeChangeSet" => Some(set(&change("Add", "R0", ""))),
            "ListChangeSets" => Some(answer("ListChangeSets", others)),
            "DeleteStack" => {
                gone.store(true, Ordering::SeqCst);
                Some(answer("DeleteStack", ""))
            }
            _ => in_bucket(request),
        });
        let place = Place::new(door.port);
        place.write("t.yaml", "Resources: {R0: {Type: AWS::SNS::Topic}}\n");
        place.write("deployment.yaml", "name: empty\ntemplate: t.yaml\n");
        ok(&place.run(&["plan"]));
        let deleted = door.actions().iter().any(|action| action == "DeleteStack");
        assert_eq!(deleted, goes, "{others} {status}");
    }
}

/// With `--recreate` too: it cures a creation that failed, and nothing else.
#[test]
fn what_recreating_cannot_cure_is_refused_before_the_iam_stack_is_touched() {
    let door = Door::open(None, |request| match request.action.as_str() {
        "DescribeStacks" if request.field("StackName").as_deref() == Some("stuck") => {
            Some(stack("stuck", "UPDATE_ROLLBACK_FAILED", ""))
        }
        "DescribeStacks" => Some(absent("stuck-iam")),
        "GetTemplate" => Some(answer("GetTemplate", "<TemplateBody>Resources: {}</TemplateBody>")),
        _ => in_bucket(request),
    });
    let place = pair(door.port, "stuck");
    let ran = place.run(&[&DEPLOY[..], &["--recreate"]].concat());
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(&ran.stderr, &["UPDATE_ROLLBACK_FAILED", "iam-split rollback app --continue"]);
    let touches = ["CreateStack", "CreateChangeSet", "DeleteStack"];
    assert!(!door.actions().iter().any(|action| touches.contains(&action.as_str())), "{:?}", door.actions());
}

/// `--yes` without `--recreate` asks nothing: the way out is said. With it the stack goes, and is made anew.
#[test]
fn a_stack_whose_creation_failed_goes_with_recreate_alone() {
    let gone = Arc::new(AtomicBool::new(false));
    let taken = Arc::clone(&gone);
    let made = AtomicBool::new(false);
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" if made.load(Ordering::SeqCst) => Some(stack("never", "CREATE_COMPLETE", "")),
        "DescribeStacks" if taken.load(Ordering::SeqCst) => Some(absent("never")),
        "DescribeStacks" => Some(stack("never", "ROLLBACK_COMPLETE", "")),
        "DeleteStack" => {
            taken.store(true, Ordering::SeqCst);
            Some(answer("DeleteStack", ""))
        }
        "CreateStack" => {
            made.store(true, Ordering::SeqCst);
            Some(answer("CreateStack", "<StackId>arn:never</StackId>"))
        }
        "DescribeStackEvents" => {
            if !taken.load(Ordering::SeqCst) {
                return Some(answer("DescribeStackEvents", "<StackEvents/>"));
            }
            Some(events("never", if made.load(Ordering::SeqCst) { "CREATE" } else { "DELETE" }))
        }
        _ => in_bucket(request),
    });
    let place = Place::new(door.port);
    place.write("t.yaml", "Resources: {R0: {Type: AWS::SNS::Topic}}\n");
    place.write("deployment.yaml", "name: never\ntemplate: t.yaml\n");
    let ran = place.run(&DEPLOY);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(&ran.stderr, &["ROLLBACK_COMPLETE", "--recreate"]);
    assert!(!ran.stderr.contains("create it again?"), "{}", ran.stderr);
    ok(&place.run(&[&DEPLOY[..], &["--recreate"]].concat()));
    assert!(gone.load(Ordering::SeqCst));
}

const ROLE: &str = "\
[profile base]
aws_access_key_id = BASEKEY
aws_secret_access_key = x
[profile role]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/deployer
source_profile = base
";

/// The usual shape of a profile in a company: a role, taken on with another profile's keys.
#[test]
fn a_profile_that_takes_a_role_on_works() {
    let door = Door::open(None, |request| match request.action.as_str() {
        "AssumeRole" => Some(answer(
            "AssumeRole",
            "<AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/deployer/y</Arn></AssumedRoleUser><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2036-01-01T00:00:00Z</Expiration></Credentials>",
        )),
        "DescribeStacks" => Some(absent("who")),
        _ => None,
    });
    let place = Place::new(door.port);
    place.write("deployment.yaml", "name: who\npattern: inline\n");
    place.write("config", ROLE);
    let run = |place: &Place, arguments: &[&str]| {
        finished(
            place
                .command(arguments)
                .env_remove("AWS_REGION")
                .env("AWS_CONFIG_FILE", place.path("config"))
                .env("AWS_SHARED_CREDENTIALS_FILE", place.path("none")),
        )
    };
    let ran = run(&place, &["status", "--profile", "role"]);
    says(&ran.stderr, &["region eu-west-1", "by the profile role"]);
    let heads: Vec<String> = door.requests().into_iter().map(|request| request.head).collect();
    says(&heads[0], &["Credential=BASEKEY/", "/eu-west-1/sts/"]);
    says(heads.last().unwrap(), &["Credential=ASIAROLE/", "/eu-west-1/"]);
    // Where there is no file of profiles at all, the profile is as unknown as in one that does not have it.
    let bare = Place::new(door.port);
    bare.write("deployment.yaml", "name: who\npattern: inline\nregion: eu-west-1\n");
    let before = door.actions().len();
    let ran = run(&bare, &["status", "--profile", "role"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    says(&ran.stderr, &["error[DPL003]", "no credentials under the profile `role`"]);
    assert_eq!(door.actions().len(), before);
}

/// Commands that call nothing ask nobody for credentials.
#[test]
fn what_is_printed_without_a_call_needs_no_credentials() {
    let door = Door::open(None, |_| None);
    let place = pair(door.port, "dry");
    place.edit("deployment.yaml", "region:", "profile: role\nregion:");
    place.write("config", ROLE);
    for arguments in [&["permissions", "app"][..], &["permissions", "both"], &["terraform"]] {
        let ran = finished(
            place
                .command(arguments)
                .env("AWS_CONFIG_FILE", place.path("config"))
                .env("AWS_SHARED_CREDENTIALS_FILE", place.path("none")),
        );
        ok(&ran);
    }
    assert_eq!(door.actions(), [""; 0]);
}

/// What a hidden parameter makes of a property is shown on neither side: the former secret is one too.
#[test]
fn the_former_value_of_a_secret_is_hidden_too() {
    let details = |before: &str, after: &str| {
        format!(
            "<Details><member><CausingEntity>Key</CausingEntity><ChangeSource>ParameterReference</ChangeSource><Target><Attribute>Properties</Attribute><Name>DisplayName</Name><Path>/Properties/DisplayName</Path><BeforeValue>{before}</BeforeValue><AfterValue>{after}</AfterValue></Target></member></Details>"
        )
    };
    // The former one stands inside of a word, and is short: no search for it would find it.
    let changes = change("Modify", "Topic", &details("xold1x", &format!("x{}x", SECRETS[0])));
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" => Some(stack(
            "turn",
            "CREATE_COMPLETE",
            "<Parameters><member><ParameterKey>Key</ParameterKey><ParameterValue>old1</ParameterValue></member></Parameters>",
        )),
        "GetTemplate" => Some(answer("GetTemplate", "<TemplateBody>Resources: {}</TemplateBody>")),
        "CreateChangeSet" => Some(answer("CreateChangeSet", "<Id>set</Id><StackId>arn:turn</StackId>")),
        "DescribeChangeSet" => Some(set(&changes)),
        _ => in_bucket(request),
    });
    let place = Place::new(door.port);
    place.write(
        "t.yaml",
        "Parameters: {Key: {Type: String}}\nResources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub 'x${Key}x'}}}\n",
    );
    place
        .write("deployment.yaml", "name: turn\ntemplate: t.yaml\nparameters: {Key: {env: ADMIN_PASSWORD}}\n");
    let ran = place.run(&["plan", "--out", "plan.json", "--out", "plan.html"]);
    ok(&ran);
    says(&ran.stdout, &["/Properties/DisplayName", "(hidden)"]);
    for text in [
        ran.stdout,
        place.run(&["plan", "--format", "json"]).stdout,
        std::fs::read_to_string(place.path("plan.json")).unwrap(),
        std::fs::read_to_string(place.path("plan.html")).unwrap(),
    ] {
        assert!(!text.contains("old1") && !text.contains(SECRETS[0]), "{text}");
    }
}

/// What CloudFormation warns of cannot be seen: that is said, and the plan goes on.
#[test]
fn warnings_that_cannot_be_seen_are_said_to_be_unseen() {
    let door = Door::open(None, |request| match request.action.as_str() {
        "DescribeStacks" => Some(stack("deaf", "CREATE_COMPLETE", "")),
        "GetTemplate" => Some(answer("GetTemplate", "<TemplateBody>Resources: {}</TemplateBody>")),
        "CreateChangeSet" => Some(answer("CreateChangeSet", "<Id>set</Id><StackId>arn:deaf</StackId>")),
        "DescribeChangeSet" => Some(set(&change("Add", "R0", ""))),
        "DescribeEvents" => Some(error("AccessDenied", "not for you")),
        _ => in_bucket(request),
    });
    let place = Place::new(door.port);
    place.write("t.yaml", "Resources: {R0: {Type: AWS::SNS::Topic}}\n");
    place.write("deployment.yaml", "name: deaf\ntemplate: t.yaml\n");
    let ran = place.run(&["plan"]);
    says(ok(&ran), &["whether CloudFormation warns of anything", "cloudformation:DescribeEvents"]);
}

/// The bucket of the record cannot be had: nothing is begun.
#[test]
fn the_bucket_of_the_record_is_looked_at_before_the_first_operation() {
    let door = Door::open(None, |request| match request.action.as_str() {
        "DescribeStacks" => Some(absent("poor")),
        "CreateStack" => Some(answer("CreateStack", "<StackId>arn:poor</StackId>")),
        action if action.starts_with("HEAD /") => Some((403, String::new())),
        _ => in_bucket(request),
    });
    let place = pair(door.port, "poor");
    let ran = place.run(&DEPLOY);
    assert_ne!(ran.status, 0, "{}", ran.stderr);
    says(&ran.stderr, &["quilt-templates-poor"]);
    assert!(!door.actions().iter().any(|action| action == "CreateStack"), "{:?}", door.actions());
}

/// A plan that nobody carried out leaves the stable names alone, and so does a deployment that was refused.
#[test]
fn only_what_is_deployed_or_uploaded_gets_the_stable_name() {
    let door = Door::open(None, |request| match request.action.as_str() {
        "DescribeStacks" => Some(stack("keep", "CREATE_COMPLETE", "")),
        "GetTemplate" => Some(answer("GetTemplate", "<TemplateBody>Resources: {}</TemplateBody>")),
        "CreateChangeSet" => Some(answer("CreateChangeSet", "<Id>set</Id><StackId>arn:keep</StackId>")),
        "DescribeChangeSet" => Some(set(&change("Add", "R0", ""))),
        _ => in_bucket(request),
    });
    let place = Place::new(door.port);
    place.write("t.yaml", &long("Resources: {R0: {Type: AWS::SNS::Topic}}\n"));
    place.write("deployment.yaml", "name: keep\ntemplate: t.yaml\n");
    let stable = || door.actions().iter().any(|action| action.ends_with("/quilt-app.yaml"));
    for arguments in [&["plan"][..], &["gates", "1"], &DEPLOY] {
        place.run(arguments);
        assert!(!stable(), "{arguments:?}: {:?}", door.actions());
    }
    assert!(door.actions().iter().any(|action| action.contains("/quilt-app/")));
    ok(&place.run(&["upload"]));
    assert!(stable());
}

/// Faults of the pair fail gate 1; how the command was typed is told to programs too.
#[test]
fn how_a_run_ends_is_told_by_its_exit_code_and_to_programs() {
    let door = Door::open(None, |_| None);
    let place = pair(door.port, "ends");
    place.write("iam.yaml", &IAM.replace("RoleArn: {", "Other: {"));
    let ran = place.run(&["plan"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    says(&ran.stderr, &["gate 1 (templates): FAILED"]);
    let ran = place.run(&["deploy", "--yse", "--format", "json"]);
    assert_eq!(ran.status, 2);
    let last: serde_json::Value = serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((last["type"].as_str(), last["exit"].as_i64()), (Some("result"), Some(2)), "{last}");
    assert!(last["message"].as_str().unwrap().contains("--yse"), "{last}");
    assert_eq!(door.actions(), [""; 0]);
}

/// After a deletion nothing that is looked at makes it a failure.
#[test]
fn a_bucket_that_cannot_be_seen_makes_no_failure_of_a_deletion() {
    let gone = AtomicBool::new(false);
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" if gone.load(Ordering::SeqCst) => Some(absent("over")),
        "DescribeStacks" => Some(stack("over", "CREATE_COMPLETE", "")),
        "DeleteStack" => {
            gone.store(true, Ordering::SeqCst);
            Some(answer("DeleteStack", ""))
        }
        "DescribeStackEvents" if !gone.load(Ordering::SeqCst) => {
            Some(answer("DescribeStackEvents", "<StackEvents/>"))
        }
        "DescribeStackEvents" => Some(events("over", "DELETE")),
        action if action.starts_with("HEAD /") => Some((403, String::new())),
        _ => in_bucket(request),
    });
    let place = Place::new(door.port);
    place.write("deployment.yaml", "name: over\npattern: inline\n");
    let ran = place.run(&["delete", "--yes", "--poll-interval", "0.02"]);
    ok(&ran);
    says(&ran.stdout, &["deleted over", "whether the bucket quilt-templates-over remains cannot be seen"]);
}

/// A template's address with a version is read in that version; what else is asked for is refused.
#[test]
fn the_version_of_an_address_is_the_one_that_is_read() {
    let door = Door::open(None, |request| match request.action.as_str() {
        action if action.starts_with("GET /b-1/") => {
            Some((200, "Resources: {R0: {Type: AWS::SNS::Topic}}\n".to_owned()))
        }
        _ => None,
    });
    let place = Place::new(door.port);
    let address = |query: &str| format!("http://127.0.0.1:{}/b-1/a%20b.yaml{query}", door.port);
    let file = |query: &str| {
        place.write("deployment.yaml", &format!("name: v\ntemplate_url: {}\n", address(query)));
        place.run(&["plan"])
    };
    file("?versionId=v1");
    let heads: Vec<String> = door.requests().into_iter().map(|request| request.head).collect();
    assert!(
        heads.iter().any(|head| head.contains("/b-1/a%20b.yaml?") && head.contains("versionId=v1")),
        "{heads:?}"
    );
    let ran = file("?X-Amz-Signature=1");
    assert_ne!(ran.status, 0);
    says(&ran.stderr, &["it asks for more than an object", "versionId"]);
}

/// Between the plan and its execution another run updates the stack: the change set is another one then.
#[test]
fn a_stack_that_moved_since_it_was_planned_is_left_alone() {
    for (moves, differs, refused) in [(false, false, false), (true, false, true), (false, true, true)] {
        let sets = AtomicUsize::new(0);
        let seen = AtomicUsize::new(0);
        let done = AtomicBool::new(false);
        let door = Door::open(None, move |request| match request.action.as_str() {
            "DescribeStacks" => {
                let third = sets.load(Ordering::SeqCst) > 2;
                let moved = done.load(Ordering::SeqCst) || third && moves;
                let day = if moved { "02" } else { "01" };
                let status = if done.load(Ordering::SeqCst) { "UPDATE_COMPLETE" } else { "CREATE_COMPLETE" };
                Some(stack(
                    "moved",
                    status,
                    &format!("<LastUpdatedTime>2026-01-{day}T00:00:00Z</LastUpdatedTime>"),
                ))
            }
            "CreateChangeSet" => {
                let number = sets.fetch_add(1, Ordering::SeqCst);
                Some(answer("CreateChangeSet", &format!("<Id>set{number}</Id><StackId>arn:moved</StackId>")))
            }
            "DescribeChangeSet" => {
                let after = if differs && seen.fetch_add(1, Ordering::SeqCst) > 1 { "c" } else { "b" };
                let details = format!(
                    "<Details><member><Target><Attribute>Properties</Attribute><Name>DisplayName</Name><Path>/Properties/DisplayName</Path><BeforeValue>a</BeforeValue><AfterValue>{after}</AfterValue></Target></member></Details>"
                );
                Some(set(&change("Modify", "R0", &details)))
            }
            "GetTemplate" => Some(answer(
                "GetTemplate",
                "<TemplateBody>Resources: {R0: {Type: AWS::SNS::Topic}}\n</TemplateBody>",
            )),
            "ExecuteChangeSet" => {
                done.store(true, Ordering::SeqCst);
                Some(answer("ExecuteChangeSet", ""))
            }
            "DescribeStackEvents" => {
                let events = if done.load(Ordering::SeqCst) {
                    "<member><EventId>1</EventId><StackName>moved</StackName><StackId>arn:moved</StackId><LogicalResourceId>moved</LogicalResourceId><PhysicalResourceId>arn:moved</PhysicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><ResourceStatus>UPDATE_COMPLETE</ResourceStatus><Timestamp>2026-01-02T00:00:00Z</Timestamp></member>"
                } else {
                    ""
                };
                Some(answer("DescribeStackEvents", &format!("<StackEvents>{events}</StackEvents>")))
            }
            _ => in_bucket(request),
        });
        let place = Place::new(door.port);
        place.write("t.yaml", "Resources: {R0: {Type: AWS::SNS::Topic}}\n");
        place.write("deployment.yaml", "name: moved\ntemplate: t.yaml\n");
        ok(&place.run(&["plan", "--out", "plan.json"]));
        let ran = place.run(&[&DEPLOY[..], &["--plan", "plan.json"]].concat());
        let runs = door.actions().iter().any(|action| action == "ExecuteChangeSet");
        if refused {
            assert_eq!(ran.status, 1, "{}", ran.stderr);
            let why = if moves {
                "was changed since it was planned"
            } else {
                "something else would happen to `R0`"
            };
            says(&ran.stderr, &["error[DPL018]", why]);
        } else {
            ok(&ran);
        }
        assert_eq!(runs, !refused, "{}", ran.stderr);
    }
}

/// Two deployments share a bucket: each goes back to its own template.
#[test]
fn deployments_that_share_a_bucket_keep_their_records_apart() {
    let places = ["shared-a", "shared-b"].map(|name| {
        let place = pair(simulator(), name);
        place.edit("deployment.yaml", "region:", "bucket: shared-templates-of-two\nregion:");
        ok(&place.run(&DEPLOY));
        place
    });
    for place in &places {
        place.edit("iam.yaml", "Properties: {", "Properties: {Description: second, ");
        ok(&place.run(&DEPLOY));
    }
    for place in &places {
        let ran = place.run(&["rollback", "--yes", "--poll-interval", "0.02"]);
        ok(&ran);
        says(&ran.stdout, &["again", "permissions, against the template that runs"]);
    }
}

/// An earlier template that has another role in the place of one that runs is put back only where that is wanted.
#[test]
fn a_rollback_that_replaces_a_role_is_refused_as_a_deployment_is() {
    let place = pair(simulator(), "goes-back");
    place.edit("iam.yaml", "Properties: {", "Properties: {RoleName: goes-back-one, ");
    ok(&place.run(&DEPLOY));
    place.edit("iam.yaml", "goes-back-one", "goes-back-two");
    ok(&place.run(&[&DEPLOY[..], &["--accept-interruption"]].concat()));
    let back = ["rollback", "--yes", "--poll-interval", "0.02"];
    let ran = place.run(&back);
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    says(&ran.stderr, &["DPL013", "Role"]);
    ok(&place.run(&[&back[..], &["--accept-interruption"]].concat()));
}
