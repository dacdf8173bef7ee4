//! The main job end to end: the pair deploys what the monolith deploys.

use std::path::Path;

use iam_split_core::api::{Split, SplitAnswer, SplitRequest, split};
use iam_split_core::config::Resolution;
use iam_split_tests::check::problems;
use iam_split_tests::{corpus, repository};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Splits and checks; gives the split.
fn done(template: &str, config: &str, resolve: Vec<Resolution>) -> Split {
    let request = SplitRequest {
        template,
        config: Some(config),
        resolve: Some(resolve),
        allow_missing: true,
        ..SplitRequest::default()
    };
    match split(&request) {
        SplitAnswer::Done(split) => {
            let found = problems(template, &request, &split);
            assert!(found.is_empty(), "{found:#?}");
            *split
        }
        SplitAnswer::Refused { diagnostics } => panic!("refused: {diagnostics:#?}"),
    }
}

const ORDERS: [&[Resolution]; 4] = [
    &[Resolution::Exact, Resolution::Pattern],
    // Event source mappings are refused without the permission, so that these values may not come later.
    &[Resolution::Exact, Resolution::TwoPhase, Resolution::Pattern],
    &[Resolution::Exact, Resolution::Attach, Resolution::Pattern],
    &[Resolution::Exact, Resolution::Keep],
];

#[test]
fn the_example_gives_32_of_32() {
    let folder = repository().join("examples/quilt");
    let (monolith, config) = (read(&folder.join("quilt.yaml")), read(&folder.join("config.yaml")));
    for order in ORDERS {
        let split = done(&monolith, &config, order.to_vec());
        assert!(split.summary.missing.is_empty());
        assert_eq!(split.summary.moved.len() + split.summary.kept.len(), 32);
        assert_eq!(split.summary.kept.is_empty(), !order.contains(&Resolution::Keep));
    }
}

#[test]
fn the_real_template_gives_31_of_31() {
    let Some(corpus) = corpus() else { return };
    let (monolith, config) =
        (read(&corpus.join("quilt/stable.yaml")), read(&corpus.join("quilt/config.yaml")));
    for order in ORDERS {
        let split = done(&monolith, &config, order.to_vec());
        assert_eq!(split.summary.missing, ["S3LambdaRole"]);
        assert_eq!(split.summary.moved.len() + split.summary.kept.len(), 31);
        assert_eq!(split.summary.kept.is_empty(), !order.contains(&Resolution::Keep));
    }
}

fn answer(template: &str, resolve: &[Resolution]) -> SplitAnswer {
    split(&SplitRequest {
        template,
        all_iam: true,
        resolve: Some(resolve.to_vec()),
        ..SplitRequest::default()
    })
}

fn refused_with(template: &str, resolve: &[Resolution], said: &str) {
    let SplitAnswer::Refused { diagnostics } = answer(template, resolve) else {
        panic!("a pair was made of\n{template}");
    };
    assert!(format!("{diagnostics:?}").contains(said), "{diagnostics:#?}");
}

const ATTACH: &[Resolution] = &[Resolution::Exact, Resolution::Attach];

/// A role with one inline policy of these statements, and a queue that it may need.
fn role(statements: &str) -> String {
    let mut text = "\
Conditions: {C: !Equals [!Ref AWS::Region, eu-west-1]}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Bucket: {Type: AWS::S3::Bucket}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
      - PolicyName: p
        PolicyDocument:
          Statement:
"
    .to_owned();
    for line in statements.lines() {
        text.push_str(&format!("          {line}\n"));
    }
    text
}

/// IAM refuses a policy without statements: neither half may be one where a condition does not hold.
#[test]
fn a_list_with_conditional_statements_is_not_taken_apart() {
    let needs = "{Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Queue.Arn}";
    let plain = "{Effect: Allow, Action: sqs:ListQueues, Resource: '*'}";
    for statements in [
        format!("- !If [C, {needs}, !Ref AWS::NoValue]\n- {plain}"),
        format!("- {needs}\n- !If [C, {plain}, !Ref AWS::NoValue]"),
        format!("- !If\n  - C\n  - {needs}\n  - !Ref AWS::NoValue"),
        format!("- Fn::If: [C, {needs}, {plain}]"),
    ] {
        refused_with(&role(&statements), ATTACH, "behind `Fn::If`");
    }
    assert!(matches!(answer(&role(&format!("- {needs}\n- {plain}")), ATTACH), SplitAnswer::Done(_)));
}

#[test]
fn what_uses_a_role_through_its_instance_profile_waits_for_the_attached_policy() {
    let template = role("- {Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Queue.Arn}")
        + "  Profile:
    Type: AWS::IAM::InstanceProfile
    Properties: {Roles: [!Ref Role]}
  Machine:
    Type: AWS::EC2::Instance
    Properties: {ImageId: ami-1, IamInstanceProfile: !Ref Profile}
";
    let SplitAnswer::Done(split) = answer(&template, ATTACH) else { panic!("refused") };
    let machine = &split.app[split.app.find("  Machine:").unwrap()..];
    let end = machine[2..].find("\n  Role").map_or(machine.len(), |end| end + 2);
    assert!(machine[..end].contains("DependsOn: RoleAppPolicy"), "{}", split.app);
}

/// Until the value comes the role would be allowed what the monolith denies.
#[test]
fn a_denial_does_not_come_later() {
    let template = role("- {Effect: Deny, Action: 'sqs:*', Resource: !GetAtt Queue.Arn}");
    refused_with(&template, &[Resolution::TwoPhase], "the `Deny` would forbid nothing");
}

/// A bucket of any lower-case name could be a stranger's.
#[test]
fn what_stands_for_a_bucket_to_come_is_no_bucket() {
    let template = role("- {Effect: Allow, Action: 's3:*', Resource: !Sub 'arn:aws:s3:::${Bucket}/*'}");
    let SplitAnswer::Done(split) = answer(&template, &[Resolution::TwoPhase]) else { panic!("refused") };
    assert!(
        split.iam.contains("NOT_DEPLOYED_YET") && !split.iam.contains("not-deployed-yet"),
        "{}",
        split.iam
    );
}

#[test]
fn a_pattern_for_a_bucket_says_that_it_matches_objects() {
    let template =
        role("- {Effect: Allow, Action: ['s3:ListBucket', 's3:GetObject'], Resource: !GetAtt Bucket.Arn}");
    let SplitAnswer::Done(split) = answer(&template, &[Resolution::Exact, Resolution::Pattern]) else {
        panic!("refused")
    };
    assert!(serde_json::to_string(&split.summary).unwrap().contains("`*` matches `/` too"));
}

#[test]
fn a_text_that_counts_on_generated_names_is_found_however_it_is_written() {
    for text in [
        "!Sub 'arn:aws:iam::${AWS::AccountId}:role/${AWS::StackName}-Role-*'",
        "!Join ['', ['arn:aws:iam::', !Ref AWS::AccountId, ':role/', !Ref AWS::StackName, '-Role-*']]",
    ] {
        let template = role(&format!("- {{Effect: Allow, Action: iam:PassRole, Resource: {text}}}"));
        let SplitAnswer::Done(split) = answer(&template, ATTACH) else { panic!("refused") };
        assert!(split.diagnostics.iter().any(|found| found.code.as_str() == "PRE001"), "{text}");
    }
}

#[test]
fn a_configuration_that_names_nothing_to_move_selects_like_none() {
    let template = role("- {Effect: Allow, Action: sqs:ListQueues, Resource: '*'}");
    let with = |config| {
        split(&SplitRequest { template: &template, config: Some(config), ..SplitRequest::default() })
    };
    let SplitAnswer::Done(split) = with("resolution: {order: [exact]}\n") else { panic!("refused") };
    assert_eq!(split.summary.moved.len(), 1);
    assert!(matches!(with("extraction: {exclude_policies: [Role]}\n"), SplitAnswer::Refused { .. }));
    assert!(matches!(with("extraction: {roles: []}\n"), SplitAnswer::Refused { .. }));
}

/// What is inside an unknown function cannot be read: found as such, not by the proof.
#[test]
fn an_unknown_function_is_refused_by_name() {
    for call in ["!S#b ['${A}/x', {A: !GetAtt Queue.Arn}]", "{Fn::Sbu: ['${A}/x', {A: !GetAtt Queue.Arn}]}"] {
        let template = role(&format!("- {{Effect: Allow, Action: '*', Resource: {call}}}"));
        refused_with(&template, &[Resolution::Exact, Resolution::Pattern], "is no intrinsic function");
    }
}

/// What an alias elsewhere stands for would go with the statement: it is refused by its reason, not by the proof.
#[test]
fn a_statement_with_an_anchor_is_not_attached() {
    let template = read(&repository().join("tests/cases/aliases/template.yaml"));
    let resolve = [Resolution::Exact, Resolution::Attach];
    refused_with(&template, &resolve, "Circular dependency detected: Role Role references Queue Queue");
}
