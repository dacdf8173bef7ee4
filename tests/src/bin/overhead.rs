//! What the external pattern adds to a deployment: the same application, held in progress by itself, deployed
//! inline and as a pair, by turns. `cargo run -p iam-split-tests --bin overhead`

use std::time::{Duration, Instant};

use iam_split_tests::aws::{Place, call, signal, simulator};

/// How long CloudFormation is in work on the application.
const HELD: Duration = Duration::from_secs(10);

const HOLDS: &str = "  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Held: {Type: AWS::CloudFormation::WaitCondition, Properties: {Handle: !Ref Handle, Timeout: '120', Count: 1}}
";

const ROLE: &str = "  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]}}
";

fn main() {
    let port = simulator();
    let mut sums = [0.0, 0.0];
    println!("| run | inline, s | pair, s | added |\n|---|---|---|---|");
    for run in 1..=3 {
        let seconds =
            ["inline", "pair"].map(|pattern| deployed(port, &format!("{pattern}-{run}"), pattern == "pair"));
        println!("| {run} | {:.2} | {:.2} | {:.1} % |", seconds[0], seconds[1], added(seconds));
        sums[0] += seconds[0];
        sums[1] += seconds[1];
    }
    println!("| all | {:.2} | {:.2} | {:.1} % |", sums[0], sums[1], added(sums));
}

fn added([inline, pair]: [f64; 2]) -> f64 {
    (pair / inline - 1.0) * 100.0
}

/// Seconds from the command's start to its end.
fn deployed(port: u16, name: &str, pair: bool) -> f64 {
    let place = Place::new(port);
    let use_it = "  Uses: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt Role.Arn}}\n";
    place.write("t.yaml", &format!("Resources:\n{ROLE}{use_it}{HOLDS}"));
    let mut settings = format!("name: {name}\ntemplate: t.yaml\n");
    if pair {
        let split = place.run(&["split", "t.yaml"]);
        assert_eq!(split.status, 0, "{}", split.stderr);
        settings = format!("name: {name}\ntemplate: t-app.yaml\niam_template: t-iam.yaml\n");
    }
    place.write("deployment.yaml", &settings);
    let begun = Instant::now();
    let mut child = place.command(&["deploy", "--yes"]).spawn().expect("the command starts");
    let asked =
        format!("Action=DescribeStackResource&Version=2010-05-15&StackName={name}&LogicalResourceId=Handle");
    while !call(port, &asked).contains("<PhysicalResourceId>") {
        if child.try_wait().expect("a child").is_some() {
            let output = child.wait_with_output().expect("the command ends");
            panic!("{}", String::from_utf8_lossy(&output.stderr));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(HELD);
    signal(port, name);
    let output = child.wait_with_output().expect("the command ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    begun.elapsed().as_secs_f64()
}
