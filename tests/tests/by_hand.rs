//! An application whose roles somebody made by hand: a file of ARNs stands in the place of an IAM stack.

use iam_split_tests::aws::{Door, Place, simulator};
use iam_split_tests::ok;

const DEPLOY: [&str; 5] = ["deploy", "app", "--yes", "--poll-interval", "0.05"];

const APP: &str = "\
Parameters:
  WorkerRole: {Type: String, MinLength: 1, AllowedPattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$', Description: 'ARN of the role WorkerRole: output WorkerRoleArn of the IAM stack'}
Resources:
  Name: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Sub '${WorkerRole} x'}}
Outputs:
  Held: {Value: !GetAtt Name.Value}
";

fn settings(name: &str) -> String {
    format!("name: {name}\ntemplate: app.yaml\narns: parameters.json\n")
}

fn arns(account: &str, name: &str) -> String {
    format!(r#"[{{"ParameterKey": "WorkerRole", "ParameterValue": "arn:aws:iam::{account}:role/{name}"}}]"#)
}

#[test]
fn the_application_is_deployed_with_what_came_back() {
    let place = Place::pair(simulator(), &settings("byhand"), "", APP);
    place.write("parameters.json", &arns("000000000000", "first"));
    let plan = place.run(&["plan"]);
    ok(&plan);
    assert!(plan.stdout.contains("arn:aws:iam::000000000000:role/first"), "{}", plan.stdout);
    assert!(!plan.stdout.contains("IAM stack"), "{}", plan.stdout);
    let said = place.run(&DEPLOY);
    let text = ok(&said);
    assert!(
        text.contains("gate 3 (outputs): passed") && text.contains("gate 4 (application stack): passed"),
        "{text}"
    );
    assert!(!text.contains("byhand-iam"), "{text}");
    let held = place.run(&["outputs"]);
    ok(&held);
    assert!(held.stdout.contains("role/first x"), "{}", held.stdout);
    // Another role of the same name: the application gets it.
    place.write("parameters.json", "WorkerRole: arn:aws:iam::000000000000:role/second\n");
    let stale = place.run(&["status"]);
    assert!(stale.status == 1 && stale.stdout.contains("role/second"), "{}", stale.stdout);
    // Without a target there is the application alone, too.
    ok(&place.run(&["deploy", "--yes", "--poll-interval", "0.05"]));
    let status = place.run(&["status"]);
    ok(&status);
    assert!(status.stdout.contains("its IAM parameters are those of `parameters.json`"), "{}", status.stdout);
    let gates = place.run(&["gates"]);
    ok(&gates);
    assert!(gates.stdout.contains("gate 2: has no meaning where there is no IAM stack"), "{}", gates.stdout);
    assert!(gates.stdout.contains("gate 3 (outputs): passed"), "{}", gates.stdout);
    let back = place.run(&["rollback", "--yes"]);
    assert_eq!(back.status, 2, "{}", back.stderr);
    assert!(back.stderr.contains("`arns` stands in its place"), "{}", back.stderr);
    let gone = place.run(&["delete", "--yes", "--poll-interval", "0.05"]);
    ok(&gone);
    assert!(
        gone.stdout.contains("deleted byhand\n") && !gone.stdout.contains("byhand-iam"),
        "{}",
        gone.stdout
    );
}

#[test]
fn what_is_not_filled_in_is_refused_before_any_call() {
    let door = Door::open(None, |_| None);
    let place = Place::pair(door.port, &settings("empty"), "", APP);
    for (file, said) in [
        (
            r#"[{"ParameterKey": "WorkerRole", "ParameterValue": ""}]"#,
            "`WorkerRole` has no ARN yet in `parameters.json`",
        ),
        ("[]", "`parameters.json` has no entry for `WorkerRole`"),
        ("WorkerRole: x\nOther: y\n", "no parameter `Other`"),
        ("a: [\n", "the file of ARNs cannot be read"),
    ] {
        place.write("parameters.json", file);
        let run = place.run(&DEPLOY);
        assert_eq!(run.status, 2, "{}", run.stderr);
        assert!(run.stderr.contains("DPL022") && run.stderr.contains(said), "{}", run.stderr);
    }
    place.write("parameters.json", &arns("000000000000", "x"));
    let run = place.run(&["deploy", "iam", "--yes"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("`arns` stands in its place"), "{}", run.stderr);
    let run = place.run(&["deploy", "app", "--yes", "--iam-stack-name", "other"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("`iam_stack_name` has no meaning beside `arns`"), "{}", run.stderr);
    assert_eq!(door.actions(), [""; 0]);
}

#[test]
fn a_role_of_another_account_is_refused() {
    let place = Place::pair(simulator(), &settings("foreign"), "", APP);
    place.write("parameters.json", &arns("999999999999", "x"));
    let run = place.run(&DEPLOY);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("DPL019") && run.stderr.contains("is of the account 999999999999"),
        "{}",
        run.stderr
    );
}
