use super::*;
use crate::api::{SplitAnswer, SplitRequest, split};

const MONOLITH: &str = "\
Parameters:
  Stage: {Type: String}
Conditions:
  IsLive: !Equals [!Ref Stage, live]
Resources:
  Role: # who the worker is
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      ManagedPolicyArns: [!Ref Policy]
      Policies:
        - PolicyName: P
          PolicyDocument:
            Statement: {Effect: Allow, Action: 'sqs:*', Resource: !Sub 'arn:aws:sqs:*:*:${AWS::StackName}-x'}
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Condition: IsLive
    Properties: {PolicyDocument: {Statement: []}}
  Worker:
    Type: AWS::Lambda::Function
    DependsOn: [Role, Queue]
    Properties:
      Role: !GetAtt Role.Arn
      Description: !Sub 'runs as ${Role}, is ${Role.RoleId}'
  Queue: {Type: AWS::SQS::Queue}
Outputs:
  Who: {Value: !Ref Role}
";

fn pair(resolve: &str) -> (String, String) {
    let resolve = crate::config::Resolution::parse_list(resolve).ok();
    let answer = split(&SplitRequest { template: MONOLITH, resolve, ..SplitRequest::default() });
    let SplitAnswer::Done(split) = answer else { panic!("{:?}", answer.diagnostics()) };
    (split.iam, split.app)
}

fn plan() -> Migration {
    let (iam, app) = pair("exact");
    let planned = Migration::plan((MONOLITH, &iam, &app), ("shop", "shop-iam"));
    planned.unwrap_or_else(|found| panic!("{found:#?}"))
}

fn resources(text: &str) -> Vec<(String, Expr)> {
    let parsed = parse(text);
    entries(&template::read(&parsed.document).0.unwrap(), "Resources")
}

#[test]
fn what_moves_is_the_same_before_and_after_and_nothing_else_changes() {
    let migration = plan();
    let (prepared, filled) = (resources(&migration.prepared), resources(&migration.filled));
    for name in ["Role", "Policy"] {
        let of = |list: &[(String, Expr)]| list.iter().find(|(key, _)| key == name).cloned();
        assert_eq!(of(&prepared), of(&filled), "{name}");
    }
    let names = |text: &str| resources(text).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&migration.prepared), names(MONOLITH));
    assert_eq!(names(&migration.importing), ["Worker", "Queue"]);
    assert_eq!(names(&migration.filled), ["Role", "Policy", PLACEHOLDER]);
    assert_eq!(names(&migration.shell), [PLACEHOLDER]);
    // No parameter, condition or mapping comes or goes with the move.
    for (before, after) in
        [(&migration.prepared, &migration.importing), (&migration.shell, &migration.filled)]
    {
        let (a, b) = (parse(before), parse(after));
        let [a, b] = [&a, &b].map(|parsed| template::read(&parsed.document).0.unwrap());
        for section in ["Parameters", "Mappings", "Conditions", "Metadata"] {
            assert_eq!(a.section(section).map(lower), b.section(section).map(lower), "{section}");
        }
    }
}

#[test]
fn references_become_imports() {
    let importing = plan().importing;
    for text in [
        r#""Role":{"Fn::ImportValue":"shop-iam-RoleArn"}"#,
        r#"{"Fn::ImportValue":"shop-iam-RoleRoleId"}"#,
        r#""DependsOn":["Queue"]"#,
        r#"{"Fn::Select":[1,{"Fn::Split":["/",{"Fn::ImportValue":"shop-iam-RoleArn"}]}]}"#,
    ] {
        assert!(importing.replace(' ', "").contains(text), "no {text} in\n{importing}");
    }
    let parsed = parse(&importing);
    let template = template::read(&parsed.document).0.unwrap();
    let found = crate::check::check(&template, &template::references(&template));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_stage_is_known_by_the_templates_that_run_and_leads_on_and_back() {
    let migration = plan();
    for stage in Stage::ALL {
        let app = migration.template(Which::App, stage).unwrap();
        let iam = migration.template(Which::Iam, stage);
        assert_eq!(migration.stage(app, iam), Some(stage));
        // As CloudFormation gives it back: the same content, written otherwise.
        assert_eq!(migration.stage(&format!("# live\n{app}\n"), iam), Some(stage));
    }
    assert_eq!(migration.stage("Resources: {}", None), None);
    assert_eq!(Stage::Shell.next(), Some(Step::Refactor { into_iam: true }));
    assert_eq!(Stage::Moved.back(), Some(Step::Refactor { into_iam: false }));
    assert_eq!((Stage::Monolith.back(), Stage::Done.next()), (None, None));
}

#[test]
fn what_a_refactoring_cannot_do_is_refused() {
    let (iam, app) = pair("exact");
    let code = |monolith: &str, iam: &str, app: &str| {
        let found = Migration::plan((monolith, iam, app), ("shop", "shop-iam")).unwrap_err();
        found.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let other = MONOLITH.replace("Queue: {", "Queue: {DeletionPolicy: Retain, ");
    assert_eq!(code(&other, &iam, &app), [Code::PRF001]);
    assert!(code("a: [", &iam, &app).contains(&Code::SYN001));
    let queue = MONOLITH.replace("!Sub 'arn:aws:sqs:*:*:${AWS::StackName}-x'", "!GetAtt Queue.Arn");
    for (resolve, refused) in [("exact,two-phase", "Queue"), ("exact,attach", "RoleAppPolicy")] {
        let resolve = crate::config::Resolution::parse_list(resolve).ok();
        let answer = split(&SplitRequest { template: &queue, resolve, ..SplitRequest::default() });
        let SplitAnswer::Done(split) = answer else { panic!("{:?}", answer.diagnostics()) };
        let found = Migration::plan((&queue, &split.iam, &split.app), ("shop", "shop-iam")).unwrap_err();
        assert!(found.iter().all(|finding| finding.code == Code::DPL017), "{found:?}");
        assert!(found[0].message.contains(refused), "{}", found[0].message);
    }
}

#[test]
fn a_deployment_over_the_monolith_is_told_with_what_it_would_break() {
    let monolith = MONOLITH
        .replace("AssumeRolePolicyDocument: {}", "RoleName: worker\n      AssumeRolePolicyDocument: {}")
        .replace("  Queue: {", "  Trust:\n    Type: AWS::SQS::QueuePolicy\n    Properties: {PolicyDocument: {Statement: [{Principal: {AWS: !GetAtt Role.Arn}}]}, Queues: []}\n  Queue: {");
    let answer = split(&SplitRequest { template: &monolith, ..SplitRequest::default() });
    let SplitAnswer::Done(pair) = answer else { panic!("{:?}", answer.diagnostics()) };
    let contents = |text: &str, source| Contents::read(text, source).0.unwrap();
    let (iam, app) = (contents(&pair.iam, Source::Iam), contents(&pair.app, Source::App));
    let finding = over_monolith("shop", &monolith, &iam, &app).unwrap();
    let labels: Vec<(Source, &str)> = finding
        .labels
        .iter()
        .map(|label| (label.source, label.text.split('`').nth(1).unwrap_or("")))
        .collect();
    assert_eq!(finding.code, Code::DPL016);
    assert_eq!(labels, [(Source::Iam, ""), (Source::App, "Trust")]);
    assert!(over_monolith("shop", &pair.app, &iam, &app).is_none());
}

#[test]
fn families_move_together_and_half_of_the_way_is_known() {
    let migration = plan();
    let all: BTreeSet<String> = migration.moved.iter().cloned().collect();
    // The role references the policy: one batch, whatever its size.
    assert_eq!(migration.batches(&all, 1), std::slice::from_ref(&all));
    let apart = MONOLITH.replace("      ManagedPolicyArns: [!Ref Policy]\n", "");
    let answer = split(&SplitRequest { template: &apart, ..SplitRequest::default() });
    let SplitAnswer::Done(pair) = answer else { panic!("{:?}", answer.diagnostics()) };
    let migration = Migration::plan((&apart, &pair.iam, &pair.app), ("shop", "shop-iam")).unwrap();
    let batches = migration.batches(&all, 1);
    assert_eq!(batches.len(), 2);
    assert_eq!(migration.batches(&all, 20).len(), 1);
    let (app, iam) = migration.partial(&batches[0]);
    assert_eq!(migration.halfway(&app, Some(&iam)), Some(batches[0].clone()));
    assert_eq!(migration.stage(&app, Some(&iam)), None);
    assert_eq!(migration.halfway(&migration.importing, Some(&migration.filled)), None);
    let names = |text: &str| resources(text).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!((names(&app).len(), names(&iam).len()), (3, 2));
    // All of the way is the end of it.
    assert_eq!(migration.partial(&all), (migration.importing.clone(), migration.filled.clone()));
    assert!(!migration.filled.contains("AWS::StackName") && migration.filled.contains("shop-iam-RoleArn"));
    let files = migration.files(&batches);
    assert_eq!(files.len(), 3 + 4 + 2, "{:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn what_cannot_move_is_said_before_anything_is_changed() {
    let text = MONOLITH.replace(
        "  Queue: {",
        "  Inline: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [!Ref Role], PolicyDocument: {Statement: []}}}\n  CDKMetadata: {Type: AWS::CDK::Metadata}\n  Queue: {",
    );
    let answer = split(&SplitRequest { template: &text, ..SplitRequest::default() });
    let SplitAnswer::Done(pair) = answer else { panic!("{:?}", answer.diagnostics()) };
    let found = Migration::plan((&text, &pair.iam, &pair.app), ("shop", "shop-iam")).unwrap_err();
    let said: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert!(said.iter().any(|said| said.contains("`CDKMetadata` is an AWS::CDK::Metadata")), "{said:?}");
}
