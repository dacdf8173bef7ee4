//! The oracle's own tests: an evaluator that is wrong would prove nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use iam_split_tests::compare::{Comparison, compare, compare_two_phase, generated_name, matches};
use iam_split_tests::evaluate::{Evaluated, World, evaluate, parse};

fn world(parameters: &[(&str, &str)]) -> World {
    let parameters =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    World { parameters, ..World::default() }
}

fn run(template: &str, parameters: &[(&str, &str)]) -> Evaluated {
    evaluate(template, &world(parameters), &|logical, type_name, _| {
        generated_name("prod", logical, type_name)
    })
}

/// Evaluates one expression, written in YAML, as a property of a resource.
fn value(expression: &str) -> Value {
    let (value, dangling) = value_and_faults(expression);
    assert_eq!(dangling, [""; 0], "{expression}");
    value
}

fn value_and_faults(expression: &str) -> (Value, Vec<String>) {
    let template = format!(
            "Parameters: {{Env: {{Type: String, Default: dev}}, Zones: {{Type: CommaDelimitedList, Default: 'a, b'}},
  Ports: {{Type: List<Number>}}, Image: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /ami}}, Size: {{Type: Number, Default: 3}},
  Choice: {{Type: String, AllowedValues: [x, y]}}}}
Mappings: {{M: {{us-east-1: {{Key: mapped, List: [a, b]}}}}}}
Conditions:
  Dev: !Equals [!Ref Env, dev]
  Prod: !Not [!Condition Dev]
  Both: !And [!Condition Dev, !Condition Prod]
  Either: {{'Fn::Or': [{{Condition: Dev}}, {{Condition: Prod}}]}}
Resources:
  X: {{Type: 'Custom::X', Properties: {{Value: {expression}}}}}
  Bucket: {{Type: 'AWS::S3::Bucket'}}
  Named: {{Type: 'AWS::S3::Bucket', Properties: {{BucketName: !Sub 'data-${{AWS::StackName}}'}}}}
  MaybeNamed: {{Type: 'AWS::S3::Bucket', Properties: {{BucketName: !If [Prod, given, !Ref 'AWS::NoValue']}}}}
  Queue: {{Type: 'AWS::SQS::Queue'}}
  Topic: {{Type: 'AWS::SNS::Topic'}}
  Role: {{Type: 'AWS::IAM::Role', Properties: {{Path: !Sub '/${{AWS::StackName}}/', RoleName: r}}}}
  Policy: {{Type: 'AWS::IAM::ManagedPolicy'}}
  Bus: {{Type: 'AWS::Events::EventBus', Properties: {{Name: bus}}}}
  Rule: {{Type: 'AWS::Events::Rule', Properties: {{EventBusName: !GetAtt Bus.Arn}}}}
  PlainRule: {{Type: 'AWS::Events::Rule'}}
  Database: {{Type: 'AWS::Glue::Database', Properties: {{DatabaseInput: {{}}}}}}
  Table: {{Type: 'AWS::Glue::Table', Properties: {{DatabaseName: !Ref Database, TableInput: {{Name: t}}}}}}
  Stored: {{Type: 'AWS::SSM::Parameter', Properties: {{Name: /a/b, Value: !GetAtt Queue.Arn}}}}
  Task: {{Type: 'AWS::ECS::TaskDefinition', Properties: {{Family: fam}}}}
  Log: {{Type: 'AWS::Logs::LogGroup'}}
  Never: {{Type: 'AWS::SNS::Topic', Condition: Prod}}
"
        );
    let evaluated = run(&template, &[]);
    (evaluated.resources["X"]["Properties"]["Value"].clone(), evaluated.dangling)
}

#[test]
fn functions() {
    for (expression, expected) in [
        ("!Ref Env", json!("dev")),
        ("!Ref Zones", json!(["a", "b"])),
        ("!Ref Ports", json!(["param-Ports-1", "param-Ports-2"])),
        ("!Ref Image", json!("ssm(/ami)")),
        ("!Ref Size", json!("3")),
        ("!Ref Choice", json!("x")),
        (
            "!Ref AWS::StackId",
            json!(
                "arn:aws:cloudformation:us-east-1:123456789012:stack/prod/11111111-2222-3333-4444-555555555555"
            ),
        ),
        ("[1, !Ref 'AWS::NoValue', {a: !Ref 'AWS::NoValue', b: true}]", json!(["1", {"b": "true"}])),
        ("!If [Dev, yes, !Ref Env]", json!("yes")),
        ("{'Fn::If': [Both, 1, !If [Either, 2, 3]]}", json!("2")),
        ("!Join ['-', [a, !Ref Env, !If [Prod, x, !Ref 'AWS::NoValue']]]", json!("a-dev")),
        ("!Join [',', !Ref Zones]", json!("a,b")),
        ("!Select [1, !Split ['.', a.b.c]]", json!("b")),
        ("!Select ['2', !GetAZs '']", json!("us-east-1c")),
        ("!FindInMap [M, !Ref 'AWS::Region', Key]", json!("mapped")),
        ("!FindInMap [M, us-east-1, List]", json!(["a", "b"])),
        ("!FindInMap [Gone, x, y, {DefaultValue: d}]", json!("d")),
        (
            "!Sub '${Env} ${!Env} ${Bucket.Arn} $Env ${'",
            json!("dev ${Env} arn:aws:s3:::prod-bucket-x1y2z3x1y2z3 $Env ${"),
        ),
        ("!Sub ['${Env}-${Role}', {Role: !Select [0, !Ref Zones]}]", json!("dev-a")),
        ("!Base64 {'Fn::Sub': '${Env}'}", json!({"Base64": "dev"})),
        ("!Select [1, !Cidr [10.0.0.0/16, 2, 8]]", json!(r#"cidr(["10.0.0.0/16","2","8"])[1]"#)),
        ("!ImportValue {'Fn::Sub': '${Env}-x'}", json!("import(dev-x)")),
        ("{'Fn::Length': !Ref Zones}", json!("2")),
        ("{'Fn::ToJsonString': {a: !Ref Env}}", json!(r#"{"a":"dev"}"#)),
        (
            "!Transform {Name: 'AWS::Include', Parameters: {L: !Ref Env}}",
            json!({"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"L": "dev"}}}),
        ),
        ("!GetAtt X.Outputs.Y", json!("attr(X.Outputs.Y)")),
        ("!Select [3, !Split ['/', !GetAtt X.Path]]", json!(r#"select(3, ["attr(X.Path)"])"#)),
        // The condition of a statement is no intrinsic, nor is a mapping with another key beside.
        ("{Condition: Dev}", json!({"Condition": "Dev"})),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn references_to_resources() {
    for (expression, expected) in [
        ("!Ref Bucket", "prod-bucket-x1y2z3x1y2z3"),
        ("!GetAtt Named.Arn", "arn:aws:s3:::data-prod"),
        ("!Ref MaybeNamed", "prod-maybenamed-x1y2z3x1y2z3"),
        ("!GetAtt [Bucket, RegionalDomainName]", "prod-bucket-x1y2z3x1y2z3.s3.us-east-1.amazonaws.com"),
        ("!Ref Queue", "https://sqs.us-east-1.amazonaws.com/123456789012/prod-Queue-x1y2z3x1y2z3"),
        ("{'Fn::GetAtt': Queue.QueueName}", "prod-Queue-x1y2z3x1y2z3"),
        ("{'Fn::GetAtt': [Queue, Arn]}", "arn:aws:sqs:us-east-1:123456789012:prod-Queue-x1y2z3x1y2z3"),
        ("!Ref Topic", "arn:aws:sns:us-east-1:123456789012:prod-Topic-x1y2z3x1y2z3"),
        ("!Ref Role", "r"),
        ("!GetAtt Role.Arn", "arn:aws:iam::123456789012:role/prod/r"),
        ("!Sub '${Role.RoleId}'", "attr(Role.RoleId)"),
        ("!Ref Policy", "arn:aws:iam::123456789012:policy/prod-Policy-x1y2z3x1y2z3"),
        ("!GetAtt Rule.Arn", "arn:aws:events:us-east-1:123456789012:rule/bus/prod-Rule-x1y2z3x1y2z3"),
        ("!Ref Rule", "bus|prod-Rule-x1y2z3x1y2z3"),
        ("!Ref PlainRule", "prod-PlainRule-x1y2z3x1y2z3"),
        ("!GetAtt PlainRule.Arn", "arn:aws:events:us-east-1:123456789012:rule/prod-PlainRule-x1y2z3x1y2z3"),
        ("!Ref Database", "database-x1y2z3x1y2z3"),
        ("!GetAtt Table.Arn", "arn:aws:glue:us-east-1:123456789012:table/database-x1y2z3x1y2z3/t"),
        ("!GetAtt Stored.Value", "arn:aws:sqs:us-east-1:123456789012:prod-Queue-x1y2z3x1y2z3"),
        ("!GetAtt Stored.Arn", "arn:aws:ssm:us-east-1:123456789012:parameter/a/b"),
        ("!Ref Task", "arn:aws:ecs:us-east-1:123456789012:task-definition/fam:1"),
        ("!GetAtt Log.Arn", "arn:aws:logs:us-east-1:123456789012:log-group:prod-Log-x1y2z3x1y2z3:*"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn faults() {
    for (expression, expected) in [
        ("!Ref Gone", "Resources/X/Properties/Value/Ref: Ref `Gone`: `Gone` is not defined"),
        (
            "!Sub 'a${Gone.Arn}'",
            "Resources/X/Properties/Value/Fn::Sub: GetAtt `Gone.Arn`: `Gone` is not defined",
        ),
        (
            "!GetAtt Env.Arn",
            "Resources/X/Properties/Value/Fn::GetAtt: GetAtt `Env.Arn`: `Env` is a parameter",
        ),
        ("!Ref Never", "Resources/X/Properties/Value/Ref: Ref `Never`: the condition of `Never` is false"),
        ("!If [Gone, 1, 2]", "Resources/X/Properties/Value/Fn::If: the condition `Gone` is not defined"),
        (
            "!If [Dev, 1, !Ref Gone]",
            "Resources/X/Properties/Value/Fn::If/2/Ref: Ref `Gone`: `Gone` is not defined",
        ),
        (
            "!FindInMap [Gone, a, b]",
            "Resources/X/Properties/Value/Fn::FindInMap: the mapping `Gone` is not defined",
        ),
        (
            "!FindInMap [M, a, b]",
            "Resources/X/Properties/Value/Fn::FindInMap: the mapping `M` has no `a`/`b`",
        ),
        ("!Select [2, !Ref Zones]", "Resources/X/Properties/Value/Fn::Select: Select `2` of 2 items"),
        ("!Sub '${Zones}'", "Resources/X/Properties/Value/Fn::Sub: `${Zones}` is not text: [\"a\",\"b\"]"),
    ] {
        assert_eq!(value_and_faults(expression).1, [expected], "{expression}");
    }
    // In a branch that is not taken only what CloudFormation reads before it deploys is a fault.
    assert_eq!(value("!If [Dev, !Select [0, [a]], !Select [2, [a, !Ref Never]]]"), "a");
    let broken = "Conditions: {A: !Not [!Condition A], B: [!Ref X, y]}\nResources: {R: {Type: T, Condition: C, DependsOn: [R2]}}";
    let expected = [
        "Conditions/A: the condition `A` depends on itself",
        "Conditions/B: not a condition: [{\"Ref\":\"X\"},\"y\"]",
        "Resources/R: the condition `C` is not defined",
        "Resources/R/DependsOn: the resource `R2` is not defined",
    ];
    assert_eq!(run(broken, &[]).dangling, expected);
}

#[test]
fn scalars_as_cloudformation_reads_them() {
    let yaml = "a: 2012-10-17\nb: '012345678'\nc: 012345678901\nd: 123456789012\ne: True\n123456789012: {f: 1.5}\n\"h\": ~\ni: !Ref 1\n";
    let expected = json!({"a": "2012-10-17", "b": "012345678", "c": "012345678901", "d": "123456789012", "e": "true",
            "123456789012": {"f": "1.5"}, "h": null, "i": {"Ref": "1"}});
    assert_eq!(parse(yaml), expected);
    assert_eq!(
        parse("\u{feff}{\t\"a\": [1, true, \"\\/\\ud83d\\ude00\"]}"),
        json!({"a": ["1", "true", "/\u{1f600}"]})
    );
    assert_eq!(parse("{a: !Ref b}"), json!({"a": {"Ref": "b"}}));
    for twice in ["a: 1\na: 2", "{\"a\": 1, \"a\": 2}", "1: a\n'1': b"] {
        assert!(std::panic::catch_unwind(|| parse(twice)).is_err(), "{twice}");
    }
}

#[test]
fn loops() {
    let template = "
Parameters: {Names: {Type: CommaDelimitedList, Default: 'a-1,b'}}
Resources:
  Fn::ForEach::Topics:
    - Name
    - !Ref Names
    - Topic&{Name}: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Sub '${Name}-${AWS::Region}', Tags: [!Ref Name]}}
";
    let evaluated = run(template, &[]);
    assert_eq!(evaluated.dangling, [""; 0]);
    assert_eq!(evaluated.resources.keys().collect::<Vec<_>>(), ["Topica1", "Topicb"]);
    assert_eq!(
        evaluated.resources["Topica1"]["Properties"],
        json!({"TopicName": "a-1-us-east-1", "Tags": ["a-1"]})
    );
}

#[test]
fn wildcards() {
    for (pattern, text, expected) in [
        ("a*c", "abc", true),
        ("a*c", "ac", true),
        ("a*c", "abd", false),
        ("*", "", true),
        ("a", "a", true),
        ("a*b*c", "axxbyyc", true),
        ("a*bc", "abcbc", true),
        ("ab*ba", "aba", false),
        ("a**", "a", true),
        ("b*", "ab", false),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}

// ---- compare --------------------------------------------------------------------------------------------------

const MONOLITH: &str = "
Parameters:
  Env: {Type: String, Default: dev}
Conditions:
  Dev: !Equals [!Ref Env, dev]
Resources:
  Queue: {Type: 'AWS::SQS::Queue'}
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub '${AWS::StackName}-data'}
  Role:
    Type: AWS::IAM::Role
    DependsOn: [Bucket, Policy]
    Metadata: {Note: x}
    Properties:
      Description: !Sub 'for ${AWS::StackName}'
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              - {Effect: Allow, Action: 'sqs:*', Resource: !GetAtt Queue.Arn}
              - {Effect: Allow, Action: 's3:*', Resource: [!GetAtt Bucket.Arn, !Sub '${Bucket.Arn}/*']}
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Condition: Dev
    Properties: {PolicyDocument: {Statement: []}}
  Function:
    Type: AWS::Lambda::Function
    DependsOn: Role
    Properties:
      Role: !GetAtt Role.Arn
      Environment: {Variables: {NAME: !Ref Role, POLICY: !If [Dev, !Ref Policy, none], TEXT: !Join ['-', [a, !Ref Env]]}}
Outputs:
  RoleArn: {Value: !GetAtt Role.Arn, Export: {Name: !Sub '${AWS::StackName}-role'}}
  FunctionName: {Value: !Ref Function}
";

const IAM: &str = "
Metadata: {IamSplit: {Version: 1}}
Parameters:
  Env: {Type: String, Default: dev}
  AppStackName: {Type: String}
Conditions:
  Dev: !Equals [!Ref Env, dev]
Resources:
  Role:
    Type: AWS::IAM::Role
    DependsOn: Policy
    Metadata: {Note: x}
    Properties:
      Description: !Sub 'for ${AppStackName}'
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: 2012-10-17
            Statement:
              - {Effect: Allow, Action: 'sqs:*', Resource: !Sub 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${AppStackName}-Queue-*'}
              - {Effect: Allow, Action: 's3:*', Resource: [!Sub 'arn:${AWS::Partition}:s3:::${AppStackName}-data', !Sub 'arn:${AWS::Partition}:s3:::${AppStackName}-data/*']}
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Condition: Dev
    Properties: {PolicyDocument: {Statement: []}}
Outputs:
  RoleArn: {Value: !GetAtt Role.Arn}
  PolicyArn: {Value: !Ref Policy, Condition: Dev}
";

const APP: &str = "
Parameters:
  Env: {Type: String, Default: dev}
  Role: {Type: String, MinLength: 1}
  Policy: {Type: String, Default: ''}
Conditions:
  Dev: !Equals [!Ref Env, dev]
Resources:
  Queue: {Type: 'AWS::SQS::Queue'}
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub '${AWS::StackName}-data'}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Role: !Ref Role
      Environment: {Variables: {NAME: !Select [1, !Split [/, !Ref Role]], POLICY: !If [Dev, !Ref Policy, none], TEXT: !Join ['-', [a, !Ref Env]]}}
Outputs:
  RoleArn: {Value: !Ref Role, Export: {Name: !Sub '${AWS::StackName}-role'}}
  FunctionName: {Value: !Ref Function}
";

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:prod-Queue-x1y2z3x1y2z3";

fn compared(iam: &str, app: &str, env: &str) -> Comparison {
    compare(MONOLITH, iam, app, &world(&[("Env", env)]), "AppStackName")
}

/// What is found in the right pair after one replacement in one of its files, accepted patterns apart.
fn broken(file: &str, from: &str, to: &str) -> Vec<String> {
    assert_eq!(file.matches(from).count(), 1, "`{from}` must occur once");
    let replaced = file.replace(from, to);
    let (iam, app) = if file == IAM { (replaced.as_str(), APP) } else { (IAM, replaced.as_str()) };
    let comparison = compared(iam, app, "dev");
    let differences = comparison.differences.iter().filter(|difference| !difference.pattern);
    differences.map(ToString::to_string).chain(comparison.dangling).collect()
}

#[test]
fn a_right_pair_differs_only_by_its_pattern() {
    for env in ["dev", "prod"] {
        let comparison = compared(IAM, APP, env);
        assert_eq!(comparison.dangling, [""; 0]);
        assert_eq!(comparison.moved, ["Policy", "Role"]);
        let [difference] = comparison.differences.as_slice() else {
            panic!("one difference expected: {comparison:#?}")
        };
        assert!(difference.pattern);
        assert_eq!((difference.resource.as_str(), &difference.before), ("Role", &json!(QUEUE)));
        assert_eq!(difference.path, "Properties/Policies/0/PolicyDocument/Statement/0/Resource");
        assert_eq!(difference.after, "arn:aws:sqs:us-east-1:123456789012:prod-Queue-*");
    }
}

#[test]
fn a_monolith_moved_without_crossings_does_not_differ() {
    let iam = "Resources: {R: {Type: 'AWS::IAM::Role'}}\nOutputs: {RArn: {Value: !GetAtt R.Arn}, RName: {Value: !Ref R}}";
    let app = "Parameters: {R: {Type: String}, RName: {Type: String}}\nResources: {F: {Type: 'AWS::Lambda::Function', Properties: {Role: !Ref R, X: !Ref RName}}}";
    let monolith = "Resources: {R: {Type: 'AWS::IAM::Role'}, F: {Type: 'AWS::Lambda::Function', DependsOn: R, Properties: {Role: !GetAtt R.Arn, X: !Ref R}}}";
    let comparison = compare(monolith, iam, app, &World::default(), "AppStackName");
    assert!(comparison.differences.is_empty() && comparison.dangling.is_empty(), "{comparison:#?}");
}

#[test]
fn faults_of_a_pair_are_found() {
    let arn = "arn:aws:iam::123456789012:role/prod-Role-x1y2z3x1y2z3";
    let name = "prod-Role-x1y2z3x1y2z3";
    let cases: [(&str, &str, &str, &[&str]); 14] = [
        // Tags lost.
        (
            APP,
            "!Join ['-', [a, !Ref Env]]",
            "['-', [a, Env]]",
            &[r#"Function/Properties/Environment/Variables/TEXT: "a-dev" became ["-",["a","Env"]]"#],
        ),
        (
            APP,
            "!Equals [!Ref Env, dev]",
            "[!Ref Env, dev]",
            &[
                "Function/Properties/Environment/Variables/POLICY: \"arn:aws:iam::123456789012:policy/prod-Policy-x1y2z3x1y2z3\" became \"none\"",
                r#"application: Conditions/Dev: not a condition: [{"Ref":"Env"},"dev"]"#,
            ],
        ),
        // A reference left as it was.
        (
            APP,
            "Role: !Ref Role\n",
            "Role: !GetAtt Role.Arn\n",
            &[
                &format!(r#"Function/Properties/Role: "{arn}" became "undefined(Role)""#),
                "application: Resources/Function/Properties/Role/Fn::GetAtt: GetAtt `Role.Arn`: `Role` is a parameter",
            ],
        ),
        (
            APP,
            "Function:\n",
            "Function:\n    DependsOn: Role\n",
            &["application: Resources/Function/DependsOn: the resource `Role` is not defined"],
        ),
        // A name became an ARN.
        (
            APP,
            "NAME: !Select [1, !Split [/, !Ref Role]]",
            "NAME: !Ref Role",
            &[&format!(r#"Function/Properties/Environment/Variables/NAME: "{name}" became "{arn}""#)],
        ),
        // The IAM stack's own name.
        (
            IAM,
            "for ${AppStackName}",
            "for ${AWS::StackName}",
            &[r#"Role/Properties/Description: "for prod" became "for prod-iam""#],
        ),
        // A pattern that misses.
        (
            IAM,
            "${AppStackName}-Queue-*",
            "${AppStackName}-queue-*",
            &[&format!(
                r#"Role/Properties/Policies/0/PolicyDocument/Statement/0/Resource: "{QUEUE}" became "arn:aws:sqs:us-east-1:123456789012:prod-queue-*""#
            )],
        ),
        // Things lost: an attribute, an output, a parameter, a resource, a condition's definition, an entry of a list.
        (IAM, "    Metadata: {Note: x}\n", "", &[r#"Role/Metadata: {"Note":"x"} became null"#]),
        (IAM, "    DependsOn: Policy\n", "", &[r#"Role/DependsOn: ["Policy"] became null"#]),
        (
            IAM,
            "  RoleArn: {Value: !GetAtt Role.Arn}\n",
            "",
            &[
                &format!(
                    r#"Function/Properties/Environment/Variables/NAME: "{name}" became "select(1, [\"param-Role\"])""#
                ),
                &format!(r#"Function/Properties/Role: "{arn}" became "param-Role""#),
                &format!(r#"Outputs/RoleArn/Value: "{arn}" became "param-Role""#),
                "application: nothing gives the parameter `Role` a value",
            ],
        ),
        (
            APP,
            "  Queue: {Type: 'AWS::SQS::Queue'}\n",
            "",
            &[r#"Queue/: {"Type":"AWS::SQS::Queue"} became null"#],
        ),
        (
            IAM,
            "  Dev: !Equals [!Ref Env, dev]\n",
            "  Other: !Equals [!Ref Env, dev]\n",
            &[
                "iam: Resources/Policy: the condition `Dev` is not defined",
                "iam: Outputs/PolicyArn: the condition `Dev` is not defined",
            ],
        ),
        // Added where nothing was.
        (
            APP,
            "  FunctionName:",
            "  More: {Value: x}\n  FunctionName:",
            &[r#"Outputs/More: null became {"Export":null,"Value":"x"}"#],
        ),
        (
            APP,
            "  Queue:",
            "  Policy2: {Type: x}\n  Role: {Type: 'AWS::IAM::Role'}\n  Queue:",
            &["Policy2/: null became {\"Type\":\"x\"}", "iam and application: both declare `Role`"],
        ),
    ];
    for (file, from, to, expected) in cases {
        let found = broken(file, from, to);
        let expected: BTreeSet<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        let found: BTreeSet<String> = found.into_iter().collect();
        assert_eq!(found, expected, "{from} -> {to}");
    }
}

#[test]
fn a_lost_condition_shows_where_the_condition_is_false() {
    let iam = IAM.replace("    Condition: Dev\n", "").replace(", Condition: Dev", "");
    let comparison = compared(&iam, APP, "prod");
    assert!(
        comparison
            .differences
            .iter()
            .any(|difference| difference.resource == "Policy" && difference.before.is_null())
    );
    let lost = IAM.replace("  Policy:\n    Type: AWS::IAM::ManagedPolicy\n    Condition: Dev\n    Properties: {PolicyDocument: {Statement: []}}\n", "").replace("  PolicyArn: {Value: !Ref Policy, Condition: Dev}\n", "").replace("    DependsOn: Policy\n", "");
    let comparison = compared(&lost, APP, "prod");
    assert!(
        comparison
            .differences
            .iter()
            .any(|difference| difference.resource == "Policy" && difference.path == "Condition")
    );
}

#[test]
fn two_phase_parameters_take_the_applications_outputs() {
    let iam = |parameter: &str| {
        IAM.replace(
                "  AppStackName: {Type: String}\n",
                &format!("  AppStackName: {{Type: String}}\n  {parameter}: {{Type: String, Default: ''}}\n"),
            )
            .replace(
                "Resource: !Sub 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${AppStackName}-Queue-*'",
                &format!("Resource: !Ref {parameter}"),
            )
    };
    let app = APP.replace("  FunctionName:", "  QueueArn: {Value: !GetAtt Queue.Arn}\n  FunctionName:");
    let world = World::default();
    let same = compare(MONOLITH, &iam("QueueArn"), &app, &world, "AppStackName");
    assert!(same.differences.is_empty() && same.dangling.is_empty(), "{same:#?}");
    let other = compare_two_phase(
        MONOLITH,
        &iam("QueueValue"),
        &app,
        &world,
        "AppStackName",
        &[("QueueValue", "QueueArn")],
    );
    assert!(other.differences.is_empty() && other.dangling.is_empty(), "{other:#?}");
    let first = compare_two_phase(MONOLITH, &iam("QueueValue"), &app, &world, "AppStackName", &[]);
    assert_eq!(
        first.differences.iter().map(|difference| difference.resource.as_str()).collect::<Vec<_>>(),
        ["Role", "Outputs"]
    );
}

// ---- the corpus -----------------------------------------------------------------------------------------------

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn templates(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a readable folder").path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if path.is_dir() {
            templates(&path, found);
        } else if matches!(extension, "yaml" | "yml" | "json")
            && path.file_name().is_some_and(|name| name != "config.yaml")
        {
            found.push(path);
        }
    }
}

#[test]
fn the_real_template_has_nothing_dangling() {
    let Some(corpus) = iam_split_tests::corpus() else {
        return;
    };
    let text = read(&corpus.join("quilt/stable.yaml"));
    for (auth, list) in [("Enabled", ""), ("Disabled", "arn:aws:iam::123456789012:role/a")] {
        let mut world = world(&[
            ("QuiltWebHost", "quilt.example.com"),
            ("WAFGeofenceCountries", "US,DE"),
            ("UserAthenaBytesScannedCutoff", "0"),
        ]);
        for parameter in [
            "PasswordAuth",
            "GoogleAuth",
            "OktaAuth",
            "OneLoginAuth",
            "AzureAuth",
            "ChunkedChecksums",
            "Qurator",
        ] {
            world.parameters.insert(parameter.to_owned(), auth.to_owned());
        }
        for parameter in ["S3BucketPolicyExcludeArnsFromDeny", "ManagedUserRoleExtraPolicies"] {
            world.parameters.insert(parameter.to_owned(), list.to_owned());
        }
        let evaluated =
            evaluate(&text, &world, &|logical, type_name, _| generated_name("prod", logical, type_name));
        assert_eq!(evaluated.dangling, [""; 0]);
        let declared = parse(&text)["Resources"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(evaluated.resources.len() + evaluated.absent.len(), declared);
        assert_eq!(evaluated.conditions["QuratorEnabled"], auth == "Enabled");
        let rule = &evaluated.outputs["EventBusArn"];
        assert_eq!(
            (rule.value.as_str(), rule.export.as_deref()),
            (Some("arn:aws:events:us-east-1:123456789012:event-bus/quilt-prod"), Some("prod-EventBusArn"))
        );
        // The monolith against itself as the application of an empty IAM stack.
        let same = compare(&text, "Resources: {}", &text, &world, "AppStackName");
        assert!(
            same.differences.is_empty() && same.dangling.is_empty() && same.moved.is_empty(),
            "{same:#?}"
        );
    }
}

/// Every template is read and evaluated; those without Rain modules or macros have nothing undefined in them.
#[test]
fn the_corpus_is_evaluated() {
    let mut found = Vec::new();
    let Some(corpus) = iam_split_tests::corpus() else {
        return;
    };
    templates(&corpus, &mut found);
    assert!(found.len() > 50, "{} templates", found.len());
    for path in found {
        let evaluated = run(&read(&path), &[]);
        assert!(
            !evaluated.resources.is_empty() || !evaluated.absent.is_empty(),
            "{}: no resources",
            path.display()
        );
        println!(
            "{} {:3} resources, {:2} absent",
            path.display(),
            evaluated.resources.len(),
            evaluated.absent.len()
        );
        evaluated.dangling.iter().for_each(|fault| println!("    {fault}"));
        assert!(
            evaluated.dangling.is_empty() || read(&path).contains("Rain::"),
            "{}: {:#?}",
            path.display(),
            evaluated.dangling
        );
    }
}

/// Twins in YAML and JSON say the same.
#[test]
fn yaml_and_json_twins_agree() {
    let mut found = Vec::new();
    let Some(corpus) = iam_split_tests::corpus() else {
        return;
    };
    templates(&corpus, &mut found);
    for json in found.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let yaml = json.with_extension("yaml");
        if yaml.exists() {
            let same = compare(&read(&yaml), "Resources: {}", &read(json), &World::default(), "AppStackName");
            // The published twins of these two do differ: one has a launch template, the other a launch configuration.
            let differ = ["EC2LaunchType/clusters/public-vpc.json", "AutoScalingRollingUpdates.json"]
                .iter()
                .any(|name| json.ends_with(name));
            assert_eq!(same.differences.is_empty(), !differ, "{}: {:#?}", json.display(), same.differences);
        }
    }
}
