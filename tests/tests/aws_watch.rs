//! Watching stacks: long ones, interrupted ones, two at once, and what programs are told.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use iam_split_tests::aws::{
    Door, Place, Reply, Request, SECRETS, answer, call, command_at, error, finished, signal, simulator,
};
use iam_split_tests::ok;

const FAST: [&str; 2] = ["--poll-interval", "0.02"];

/// What every scripted deployment answers alike: a bucket with nothing in it, and templates that are right.
fn usual(request: &Request) -> Option<Reply> {
    match request.action.as_str() {
        action if action.starts_with("HEAD /") && action.matches('/').count() > 1 => {
            Some((404, String::new()))
        }
        action if action.starts_with("HEAD /") || action.starts_with("PUT /") => Some((200, String::new())),
        "ValidateTemplate" => Some(answer("ValidateTemplate", "")),
        "ListStackResources" => Some(answer(
            "ListStackResources",
            "<StackResourceSummaries><member><LogicalResourceId>R0</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>",
        )),
        _ => None,
    }
}

fn stack(name: &str, status: &str) -> Reply {
    answer(
        "DescribeStacks",
        &format!(
            "<Stacks><member><StackName>{name}</StackName><StackId>arn:{name}</StackId><StackStatus>{status}</StackStatus></member></Stacks>"
        ),
    )
}

fn absent(name: &str) -> Reply {
    error("ValidationError", &format!("Stack with id {name} does not exist"))
}

const EVENTS: usize = 10_000;
const PAGE: usize = 100;

/// Event `n` of a creation of 500 resources that are in work again and again; the last one ends it.
fn event(n: usize) -> String {
    let (kind, physical, status) = match n {
        0 => ("AWS::CloudFormation::Stack", "arn:long", "CREATE_IN_PROGRESS"),
        n if n == EVENTS - 1 => ("AWS::CloudFormation::Stack", "arn:long", "CREATE_COMPLETE"),
        _ => (
            "AWS::SNS::Topic",
            "",
            if n.is_multiple_of(2) { "CREATE_COMPLETE" } else { "CREATE_IN_PROGRESS" },
        ),
    };
    format!(
        "<member><EventId>e{n}</EventId><StackName>long</StackName><StackId>arn:long</StackId><LogicalResourceId>R{}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>{kind}</ResourceType><ResourceStatus>{status}</ResourceStatus><Timestamp>2026-01-01T00:00:00Z</Timestamp></member>",
        n / 2 % 500
    )
}

/// Peak memory of a process in kibibytes.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[test]
fn ten_thousand_events_come_once_each_and_no_known_page_is_fetched() {
    let (pid, memory) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU64::new(0)));
    // How many events there are grows between the polls, by uneven steps.
    let (there, wasted, polls) =
        (AtomicUsize::new(0), Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let seen = AtomicUsize::new(0);
    let (to_script, wasted_pages, counted) =
        ((Arc::clone(&pid), Arc::clone(&memory)), Arc::clone(&wasted), Arc::clone(&polls));
    let made = AtomicUsize::new(0);
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" if made.load(Ordering::SeqCst) == 0 => Some(absent("long")),
        "DescribeStacks" => {
            to_script.1.fetch_max(peak(to_script.0.load(Ordering::SeqCst)), Ordering::SeqCst);
            Some(stack("long", "CREATE_COMPLETE"))
        }
        "CreateStack" => {
            made.store(1, Ordering::SeqCst);
            Some(answer("CreateStack", "<StackId>arn:long</StackId>"))
        }
        "DescribeStackEvents" => {
            let newest = match request.field("NextToken") {
                Some(token) => token.parse().unwrap(),
                None => {
                    let poll = counted.fetch_add(1, Ordering::SeqCst);
                    seen.store(there.load(Ordering::SeqCst), Ordering::SeqCst);
                    // The first poll finds 3,000: a run that joins late.
                    let step = if poll == 0 { 3_000 } else { 37 + poll * 61 % 250 };
                    (there.fetch_add(step, Ordering::SeqCst) + step).min(EVENTS)
                }
            };
            there.fetch_min(EVENTS, Ordering::SeqCst);
            // A page that begins with what was given out before tells nothing new.
            if newest <= seen.load(Ordering::SeqCst) && newest < EVENTS {
                wasted_pages.lock().unwrap().push(newest);
            }
            let oldest = newest.saturating_sub(PAGE);
            let members: String = (oldest..newest).rev().map(event).collect();
            let token = if oldest == 0 { String::new() } else { format!("<NextToken>{oldest}</NextToken>") };
            Some(answer("DescribeStackEvents", &format!("<StackEvents>{members}</StackEvents>{token}")))
        }
        _ => usual(request),
    });
    let place = Place::new(door.port);
    let resources: String = (0..500).map(|n| format!("  R{n}: {{Type: AWS::SNS::Topic}}\n")).collect();
    place.write("t.yaml", &format!("Resources:\n{resources}"));
    place.write("deployment.yaml", "name: long\ntemplate: t.yaml\n");
    let child =
        place.command(&[&["deploy", "--yes", "--format", "json"][..], &FAST].concat()).spawn().unwrap();
    pid.store(child.id(), Ordering::SeqCst);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let resource = |line: &&str| line.contains(r#""type":"resource""#);
    assert_eq!(text.lines().filter(resource).count(), EVENTS);
    let last = text.lines().rfind(resource).unwrap();
    assert!(last.contains("CREATE_COMPLETE") && last.contains("AWS::CloudFormation::Stack"), "{last}");
    assert!(polls.load(Ordering::SeqCst) > 20);
    // A page of which nothing is new is fetched only where the page before was new to its last event.
    let wasted = wasted.lock().unwrap();
    assert!(wasted.is_empty(), "{wasted:?}");
    let memory = memory.load(Ordering::SeqCst);
    println!("peak memory while following {EVENTS} events: {memory} KiB");
    assert!(memory > 0 && memory < 64 * 1024, "{memory} KiB");
}

/// An application that waits until it is signalled.
const HOLDS: &str = "\
Resources:
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Held: {Type: AWS::CloudFormation::WaitCondition, Properties: {Handle: !Ref Handle, Timeout: '120', Count: 1}}
Outputs: {Signal: {Value: !Ref Handle}}
";

fn holding(name: &str) -> Place {
    let place = Place::new(simulator());
    place.write("t.yaml", HOLDS);
    place.write("deployment.yaml", &format!("name: {name}\ntemplate: t.yaml\n"));
    place
}

/// Reads a stream until a text comes.
fn until(reader: &mut impl BufRead, text: &str) -> String {
    let mut all = String::new();
    while !all.contains(text) {
        assert!(reader.read_line(&mut all).unwrap() > 0, "the end came before `{text}`: {all}");
    }
    all
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn ctrl_c_stops_watching_and_the_next_run_goes_on() {
    let place = holding("held");
    let deploy = [&["deploy", "--yes"][..], &FAST].concat();
    let mut child = place.command(&deploy).spawn().unwrap();
    let mut reader = BufReader::new(child.stderr.take().unwrap());
    until(&mut reader, "Held");
    interrupt(&child);
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{rest}");
    assert!(
        rest.contains("stopped watching: the create of the stack `held` goes on in CloudFormation"),
        "{rest}"
    );
    assert!(rest.contains("run the same command again"), "{rest}");
    // A second run joins; a third beside it too. Nobody starts anything anew.
    let mut runs: Vec<Child> = (0..2).map(|_| place.command(&deploy).spawn().unwrap()).collect();
    let mut texts = Vec::new();
    for run in &mut runs {
        let mut reader = BufReader::new(run.stderr.take().unwrap());
        texts.push((until(&mut reader, "an operation on the stack held is under way"), reader));
    }
    signal(place.port, "held");
    for (mut run, (mut text, mut reader)) in runs.into_iter().zip(texts) {
        reader.read_to_string(&mut text).unwrap();
        assert!(run.wait().unwrap().success(), "{text}");
        assert!(
            text.contains("the stack held is CREATE_COMPLETE") && text.contains("is up to date"),
            "{text}"
        );
        assert!(!text.contains("creating the stack"), "{text}");
    }
}

#[test]
fn two_that_begin_at_once_do_not_begin_twice() {
    // Both find no stack; the second's creation meets the first's, which it then watches to its end.
    let looks = AtomicUsize::new(0);
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" => Some(match looks.fetch_add(1, Ordering::SeqCst) {
            0 => absent("race"),
            1 => stack("race", "CREATE_IN_PROGRESS"),
            _ => stack("race", "CREATE_COMPLETE"),
        }),
        "CreateStack" => Some(error("AlreadyExistsException", "Stack [race] already exists")),
        "DescribeStackEvents" => {
            let own = |id: u8, status: &str| {
                format!(
                    "<member><EventId>{id}</EventId><PhysicalResourceId>arn:race</PhysicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><ResourceStatus>{status}</ResourceStatus></member>"
                )
            };
            let events = own(2, "CREATE_COMPLETE") + &own(1, "CREATE_IN_PROGRESS");
            Some(answer("DescribeStackEvents", &format!("<StackEvents>{events}</StackEvents>")))
        }
        "CreateChangeSet" => Some(answer("CreateChangeSet", "<Id>c</Id><StackId>arn:race</StackId>")),
        "DescribeChangeSet" => Some(answer(
            "DescribeChangeSet",
            "<Status>FAILED</Status><StatusReason>The submitted information didn't contain changes.</StatusReason>",
        )),
        "DeleteChangeSet" => Some(answer("DeleteChangeSet", "")),
        _ => usual(request),
    });
    let place = Place::new(door.port);
    place.write("t.yaml", "Resources: {R0: {Type: AWS::SNS::Topic}}\n");
    place.write("deployment.yaml", "name: race\ntemplate: t.yaml\n");
    let said = place.run(&[&["deploy", "--yes"][..], &FAST].concat());
    ok(&said);
    assert!(said.stderr.contains("another run works on the stack race"), "{}", said.stderr);
    assert!(said.stderr.contains("under way: watching it to its end"), "{}", said.stderr);
    assert!(said.stderr.contains("is up to date"), "{}", said.stderr);
    assert_eq!(door.actions().iter().filter(|action| *action == "CreateStack").count(), 1);
}

/// A creation that fails goes on as the deletion of its stack where that was asked for.
#[test]
fn a_creation_that_ends_in_a_deletion_is_watched_to_its_end() {
    let looks = AtomicUsize::new(0);
    let polls = AtomicUsize::new(0);
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" => Some(match looks.fetch_add(1, Ordering::SeqCst) {
            0 => absent("gone"),
            1 => stack("gone", "DELETE_IN_PROGRESS"),
            _ => absent("gone"),
        }),
        "CreateStack" => Some(answer("CreateStack", "<StackId>arn:gone</StackId>")),
        "DescribeStackEvents" => {
            let member = |id: u8, kind: &str, physical: &str, status: &str, reason: &str| {
                format!(
                    "<member><EventId>{id}</EventId><LogicalResourceId>R0</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>{kind}</ResourceType><ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason></member>"
                )
            };
            let own = |id, status| member(id, "AWS::CloudFormation::Stack", "arn:gone", status, "");
            let mut events = vec![
                own(1, "CREATE_IN_PROGRESS"),
                member(2, "AWS::SNS::Topic", "", "CREATE_FAILED", "no such topic"),
                own(3, "CREATE_FAILED"),
                own(4, "DELETE_IN_PROGRESS"),
                own(5, "DELETE_COMPLETE"),
            ];
            // The first look finds nothing but the beginning, the second the rest, at once.
            if polls.fetch_add(1, Ordering::SeqCst) == 0 {
                events.truncate(1);
            }
            events.reverse();
            Some(answer("DescribeStackEvents", &format!("<StackEvents>{}</StackEvents>", events.concat())))
        }
        _ => usual(request),
    });
    let place = Place::new(door.port);
    place.write("t.yaml", "Resources: {R0: {Type: AWS::SNS::Topic}}\n");
    place.write("deployment.yaml", "name: gone\ntemplate: t.yaml\non_failure: DELETE\n");
    let said = place.run(&[&["deploy", "--yes"][..], &FAST].concat());
    assert_eq!(said.status, 3, "{}", said.stderr);
    assert!(said.stderr.contains("no such topic"), "{}", said.stderr);
    assert!(said.stderr.contains("is gone again, and so is the stack"), "{}", said.stderr);
}

#[test]
fn programs_get_one_object_a_line_and_no_secret() {
    let place = Place::example(simulator(), "objects");
    let said = place.run(&[&["deploy", "--yes", "--format", "json"][..], &FAST].concat());
    ok(&said);
    assert_eq!(said.stderr, "");
    let objects: Vec<serde_json::Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: HashSet<&str> = objects.iter().map(|object| object["type"].as_str().unwrap()).collect();
    for kind in ["step", "upload", "gate", "operation", "resource", "outputs", "result"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    assert_eq!(objects.last().unwrap()["exit"], 0);
    for (command, kind) in [
        (&["plan"][..], "plan"),
        (&["status"], "status"),
        (&["gates"], "gate"),
        (&["delete", "--yes"], "result"),
    ] {
        let said = place.run(&[command, &["--format", "json"]].concat());
        ok(&said);
        let kinds: Vec<String> = said
            .stdout
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].as_str().unwrap().to_owned()
            })
            .collect();
        assert!(kinds.iter().any(|known| known == kind), "{kind}: {kinds:?}");
    }
    // A refusal is an object too.
    place.edit("deployment.yaml", "region:", "regoin:");
    let said = place.run(&["plan", "--format", "json"]);
    assert_eq!(said.status, 2);
    let first: serde_json::Value = serde_json::from_str(said.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(
        (first["type"].as_str(), first["code"].as_str()),
        (Some("finding"), Some("DPL002")),
        "{first}"
    );
}

#[test]
fn a_secret_stays_hidden_even_where_aws_repeats_it() {
    let door = Door::open(None, |request| match request.action.as_str() {
        "DescribeStacks" => Some(absent("hush")),
        "CreateStack" => Some(error("ValidationError", &format!("the value {} is too weak", SECRETS[0]))),
        _ => usual(request),
    });
    let place = Place::new(door.port);
    place.write(
        "t.yaml",
        "Parameters: {P: {Type: String, NoEcho: true}}\nResources: {R0: {Type: AWS::SNS::Topic}}\n",
    );
    for (value, format) in [("{env: ADMIN_PASSWORD}", "human"), (SECRETS[0], "human"), (SECRETS[0], "json")] {
        place.write("deployment.yaml", &format!("name: hush\ntemplate: t.yaml\nparameters:\n  P: {value}\n"));
        // The place looks for the secret itself.
        let said = place.run(&["deploy", "--yes", "--format", format]);
        assert_eq!(said.status, 3);
        assert!(
            format!("{}{}", said.stderr, said.stdout).contains("the value (hidden) is too weak"),
            "{}",
            said.stderr
        );
    }
    assert!(
        door.requests().iter().any(|request| request.body.contains(SECRETS[0])),
        "the secret was not passed"
    );
    // Nor is it quoted beside a fault, in a file that cannot be read either.
    for text in [
        "name: hush\ntemplate: t.yaml\nparameters:\n  P: correct-horse-battery\n  Q: x\n",
        "parameters:\n  P: correct-horse-battery: x\n",
    ] {
        place.write("deployment.yaml", text);
        assert_eq!(place.run(&["deploy", "--yes"]).status, 2);
    }
}

#[test]
fn what_aws_refuses_is_said_in_its_words_with_the_way_out() {
    for (code, message, said) in [
        ("ExpiredToken", "The security token included in the request is expired", "AWS019"),
        ("AccessDenied", "User: x is not authorized to perform: cloudformation:DescribeStacks", "AWS018"),
    ] {
        let door = Door::open(None, move |request| match request.action.as_str() {
            "DescribeStacks" => Some(error(code, message)),
            _ => usual(request),
        });
        let place = Place::new(door.port);
        place.write("t.yaml", "Resources: {R0: {Type: AWS::SNS::Topic}}\n");
        place.write("deployment.yaml", "name: no\ntemplate: t.yaml\n");
        for command in [&["deploy", "--yes"][..], &["plan"], &["status"], &["outputs"], &["delete", "--yes"]]
        {
            let ran = place.run(command);
            assert_eq!(ran.status, 3, "{command:?} {}", ran.stderr);
            assert!(ran.stderr.contains(said) && ran.stderr.contains("help:"), "{command:?} {}", ran.stderr);
        }
    }
    // Nobody's credentials, and nobody at the other end.
    let place = Place::new(9);
    place.write("deployment.yaml", "name: no\npattern: inline\n");
    let said = finished(place.command(&["status"]).env_remove("AWS_ACCESS_KEY_ID"));
    assert_eq!(said.status, 3);
    assert!(
        said.stderr.contains("AWS019") && said.stderr.contains("no credentials found"),
        "{}",
        said.stderr
    );
    let said = place.run(&["status"]);
    assert_eq!(said.status, 3);
    assert!(
        said.stderr.contains("AWS020") && said.stderr.to_lowercase().contains("connection refused"),
        "{}",
        said.stderr
    );
    // What passes is tried again.
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    let door = Door::open(None, move |request| match request.action.as_str() {
        "DescribeStacks" if count.fetch_add(1, Ordering::SeqCst) < 2 => {
            Some(error("Throttling", "Rate exceeded"))
        }
        "DescribeStacks" => Some(stack("slow", "CREATE_COMPLETE")),
        _ => usual(request),
    });
    let place = Place::new(door.port);
    place.write("deployment.yaml", "name: slow\npattern: inline\n");
    ok(&place.run(&["status"]));
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}

#[test]
fn the_help_of_each_command_has_its_exit_codes() {
    for command in ["plan", "deploy", "upload", "outputs", "status", "gates", "delete", "split", "validate"] {
        let said = Place::new(9).run(&["help", command]);
        assert!(said.stdout.contains("Exit codes: 0"), "{}", said.stdout);
    }
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let door = Door::open(None, |_| None);
    let place = Place::new(door.port);
    place.write("deployment.yaml", "name: x\n");
    for command in ["deploy", "delete"] {
        let said = finished(&mut command_at(place.folder.path(), door.port, &[command]));
        assert_eq!(said.status, 2);
        assert!(said.stderr.contains("--yes"), "{}", said.stderr);
    }
    assert_eq!(door.actions(), [""; 0]);
}

#[test]
fn a_plan_leaves_no_trace() {
    let door = Door::open(Some(simulator()), |_| None);
    let place = Place::example(door.port, "traceless");
    ok(&place.run(&["plan"]));
    let actions = door.actions();
    let count = |name: &str| actions.iter().filter(|action| *action == name).count();
    assert_eq!(
        (count("CreateChangeSet"), count("DeleteChangeSet"), count("DeleteStack")),
        (2, 2, 2),
        "{actions:?}"
    );
    assert_eq!(count("ExecuteChangeSet") + count("CreateStack"), 0);
    let there = call(simulator(), "Action=DescribeStacks&Version=2010-05-15");
    assert!(!there.contains("<StackName>traceless"), "{there}");
    // Nor does a plan that fails on its second stack.
    let door = Door::open(Some(simulator()), |request| {
        let app =
            request.action == "CreateChangeSet" && request.field("StackName").as_deref() == Some("halfway");
        app.then(|| error("ValidationError", "no"))
    });
    let place = Place::example(door.port, "halfway");
    assert_eq!(place.run(&["plan"]).status, 3);
    let there = call(simulator(), "Action=DescribeStacks&Version=2010-05-15");
    assert!(!there.contains("<StackName>halfway"), "{there}");
}

#[test]
fn in_a_terminal_the_plan_comes_first_and_a_bar_with_the_events() {
    let place = Place::new(simulator());
    place.write("t.yaml", "Resources: {R0: {Type: AWS::SNS::Topic}}\n");
    place.write("deployment.yaml", "name: terminal\ntemplate: t.yaml\n");
    let run = |answer: &str| {
        let program = place.command(&[]);
        let mut shell = Command::new("script");
        let typed = format!("{} deploy --poll-interval 0.02", program.get_program().to_string_lossy());
        shell
            .args(["--quiet", "--return", "--command", &typed, "/dev/null"])
            .current_dir(place.folder.path())
            .env_clear();
        shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("TERM", "xterm");
        shell.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = shell.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let (mut text, mut byte) = (Vec::new(), [0]);
        while !text.ends_with(b"[y/N] ") {
            assert_eq!(reader.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&text));
            text.extend(byte);
        }
        writeln!(stdin, "{answer}").unwrap();
        reader.read_to_end(&mut text).unwrap();
        (child.wait().unwrap().code(), String::from_utf8(text).unwrap())
    };
    let (status, text) = run("n");
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("application stack terminal: new, 1 to add") && text.contains("nothing was changed"),
        "{text}"
    );
    assert!(!text.contains("creating the stack"), "{text}");
    let (status, text) = run("y");
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("terminal [") && text.contains("CREATE_COMPLETE"), "{text}");
}
