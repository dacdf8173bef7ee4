//! A network that is against us: each call of a deployment, an update and a deletion fails once, in turn, in each
//! way. The run ends well, or with a clear error and is finished by running it again; nothing is made twice.

use iam_split_tests::aws::{Place, command_at, faults, finished, fired, set_faults, simulator};
use iam_split_tests::ok;
use serde_json::{Value, json};

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
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: '*'}]}
Outputs:
  RoleArn:
    Value: !GetAtt Role.Arn
    Export: {Name: !Sub '${AWS::StackName}-RoleArn'}
  PolicyArn:
    Value: !Ref Policy
    Export: {Name: !Sub '${AWS::StackName}-PolicyArn'}
";

const APP: &str = "\
Parameters:
  Role: {Type: String, Description: 'ARN of the IAM role Role: output RoleArn of the IAM stack', AllowedPattern: '^arn:aws:iam::[0-9]{12}:role/.+$'}
  Policy: {Type: String, Description: 'ARN of the IAM policy Policy: output PolicyArn of the IAM stack', AllowedPattern: '^arn:aws:iam::[0-9]{12}:policy/.+$'}
Resources:
  Queue: {Type: AWS::SQS::Queue, Metadata: {RunsAs: !Ref Role}}
";

/// What is called to create, by service.
const CREATE: [(&str, &str); 14] = [
    ("sts", "GetCallerIdentity"),
    ("s3", "HeadBucket"),
    ("s3", "CreateBucket"),
    ("s3", "PutPublicAccessBlock"),
    ("s3", "PutBucketOwnershipControls"),
    ("s3", "PutBucketEncryption"),
    ("s3", "PutBucketVersioning"),
    ("s3", "HeadObject"),
    ("s3", "PutObject"),
    ("cloudformation", "ValidateTemplate"),
    ("cloudformation", "DescribeStacks"),
    ("cloudformation", "CreateStack"),
    ("cloudformation", "DescribeStackEvents"),
    ("cloudformation", "ListStackResources"),
];

/// To update, beside these.
const UPDATE: [(&str, &str); 7] = [
    ("cloudformation", "DescribeEvents"),
    ("s3", "GetObject"),
    ("cloudformation", "CreateChangeSet"),
    ("cloudformation", "DescribeChangeSet"),
    ("cloudformation", "GetTemplate"),
    ("cloudformation", "ExecuteChangeSet"),
    ("cloudformation", "DeleteChangeSet"),
];

/// To delete.
const DELETE: [(&str, &str); 8] = [
    ("cloudformation", "DescribeStacks"),
    ("cloudformation", "ListStackResources"),
    ("cloudformation", "ListImports"),
    ("cloudformation", "GetTemplate"),
    ("iam", "ListAttachedRolePolicies"),
    ("iam", "ListEntitiesForPolicy"),
    ("cloudformation", "DeleteStack"),
    ("cloudformation", "DescribeStackEvents"),
];

/// The ways in which a call fails.
fn ways() -> [(&'static str, Value); 7] {
    [
        ("throttled", json!({"error": {"code": "Throttling", "message": "Rate exceeded"}})),
        (
            "500",
            json!({"error": {"code": "InternalFailure", "message": "We encountered an internal error", "status": 500}}),
        ),
        ("reset", json!({"reset": true})),
        ("cut", json!({"response": {"truncate_frac": 0.5}})),
        ("slow", json!({"latency": 1500})),
        (
            "expired",
            json!({"error": {"code": "ExpiredToken", "message": "The security token included in the request is expired"}}),
        ),
        (
            "denied",
            json!({"error": {"code": "AccessDenied", "message": "User: arn:aws:iam::1:user/dev is not authorized to perform: this"}}),
        ),
    ]
}

fn rule((service, operation): (&str, &str), way: &Value) -> Value {
    let mut rule = way.clone();
    rule["service"] = json!(service);
    rule["operation"] = json!(operation);
    rule["times"] = json!(1);
    json!([rule])
}

/// Runs a command with one call failing, and again if it did not end well. The second run ends well.
fn runs(place: &Place, arguments: &[&str], call: (&str, &str), way: &(&str, Value)) {
    let proxy = faults();
    set_faults(proxy, &rule(call, &way.1));
    let run = |port| finished(&mut command_at(place.folder.path(), port, arguments));
    let first = run(proxy);
    let said = format!("{arguments:?} with {call:?} {}", way.0);
    assert_eq!(fired(proxy), 1, "{said}: the call is not made\n{}", first.stderr);
    set_faults(proxy, &json!([]));
    if first.status == 0 {
        return;
    }
    // A clear error, and no half word of it.
    assert_eq!(first.status, 3, "{said}: {}{}", first.stdout, first.stderr);
    assert!(first.stderr.contains("error") && first.stderr.contains("help: "), "{said}: {}", first.stderr);
    let second = run(simulator());
    assert_eq!(second.status, 0, "{said}, again: {}{}", second.stdout, second.stderr);
}

const DEPLOY: [&str; 4] = ["deploy", "--yes", "--poll-interval", "0.02"];

/// One way, through creations, updates and deletions.
fn all(way: &(&str, Value)) {
    let place = |number: usize| {
        let settings = format!(
            "name: h{number}-{}\nregion: us-east-1\ntemplate: app.yaml\niam_template: iam.yaml\n",
            way.0
        );
        Place::pair(simulator(), &settings, IAM, APP)
    };
    let mut places = Vec::new();
    for (number, call) in CREATE.into_iter().enumerate() {
        let place = place(number);
        runs(&place, &DEPLOY, call, way);
        // Both stand, once, as the templates say: there is nothing left to do.
        let again = place.run(&DEPLOY);
        ok(&again);
        assert_eq!(
            again.stderr.matches("is up to date: nothing to do").count(),
            2,
            "{call:?} {}: {}",
            way.0,
            again.stderr
        );
        places.push(place);
    }
    let updated = &places[0];
    for (number, call) in UPDATE.into_iter().enumerate() {
        let actions = ["sqs:SendMessage", "sqs:ReceiveMessage"];
        // What takes a change set away again is called where nothing changes.
        if call.1 != "DeleteChangeSet" {
            updated.edit("iam.yaml", actions[number % 2], actions[(number + 1) % 2]);
        }
        runs(updated, &DEPLOY, call, way);
        let again = updated.run(&DEPLOY);
        assert_eq!(
            again.stderr.matches("is up to date: nothing to do").count(),
            2,
            "{call:?} {}: {}",
            way.0,
            again.stderr
        );
    }
    for (place, call) in places.iter().zip(DELETE) {
        runs(place, &["delete", "--yes", "--poll-interval", "0.02"], call, way);
        let again = place.run(&["delete", "--yes"]);
        ok(&again);
        assert_eq!(again.stdout, "nothing to delete\n", "{call:?} {}", way.0);
    }
}

#[test]
fn every_call_may_fail_once_in_every_way() {
    for way in ways() {
        all(&way);
    }
}
