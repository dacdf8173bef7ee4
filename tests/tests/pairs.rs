//! Small pairs that are hurt by hand, a kind each: which finding tells it, in which world. What is sound stays so.

use iam_split_core::api::{ValidateRequest, Validation, validate};
use iam_split_core::validate::Verdict;

const MONOLITH: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Env: {Type: String, AllowedValues: [prod, dev]}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
Mappings:
  M: {'NO': {v: x}, prod: {v: '9.10'}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: active, Value: 'yes'}]}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
        - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}
        - {Effect: Allow, Principal: {AWS: '001234567012'}, Action: 'sts:AssumeRole'}
      Policies:
      - PolicyName: q
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
          - {Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn}
  ProdRole:
    Type: AWS::IAM::Role
    Condition: IsProd
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Handler: i.h
      Runtime: python3.13
      Timeout: 10
      Code: {ZipFile: x}
      Role: !GetAtt Role.Arn
      VpcConfig: {SubnetIds: !Ref Subnets, SecurityGroupIds: [sg-1]}
      Environment:
        Variables:
          ROLE: !If [IsProd, !Ref ProdRole, none]
          FLAG: 'yes'
          JOIN: !Join [',', [!If [IsProd, a, !Ref 'AWS::NoValue'], b]]
          WHERE: !FindInMap [M, !Ref Env, v]
          MODE: full
  Machine:
    Type: AWS::StepFunctions::StateMachine
    DependsOn: Worker
    Properties:
      RoleArn: !GetAtt Role.Arn
      Definition: {StartAt: W, States: {W: {Type: Wait, Seconds: 10, End: true}}}
";

const IAM: &str = "\
Metadata:
  IamSplit: {FormatVersion: 1, TwoPhase: {QueueArn: QueueArn}, Moved: [Role, ProdRole]}
Parameters:
  Env: {Type: String, AllowedValues: [prod, dev]}
  QueueArn: {Type: String, Default: ''}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  HasQueueArn: !Not [!Equals [!Ref QueueArn, '']]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
        - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}
        - {Effect: Allow, Principal: {AWS: '001234567012'}, Action: 'sts:AssumeRole'}
      Policies:
      - PolicyName: q
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
          - Effect: Allow
            Action: sqs:SendMessage
            Resource: !If [HasQueueArn, !Ref QueueArn, !Sub 'arn:${AWS::Partition}:iam::000000000000:role/NOT_DEPLOYED_YET']
  ProdRole:
    Type: AWS::IAM::Role
    Condition: IsProd
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
Outputs:
  RoleArn: {Value: !GetAtt Role.Arn, Export: {Name: !Sub '${AWS::StackName}-RoleArn'}}
  ProdRoleArn: {Condition: IsProd, Value: !GetAtt ProdRole.Arn, Export: {Name: !Sub '${AWS::StackName}-ProdRoleArn'}}
  ProdRoleName: {Condition: IsProd, Value: !Ref ProdRole, Export: {Name: !Sub '${AWS::StackName}-ProdRoleName'}}
";

const APP: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Env: {Type: String, AllowedValues: [prod, dev]}
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Role: {Type: String, MinLength: 1, AllowedPattern: '^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[!-~]+$'}
  ProdRole: {Type: String, Default: '', AllowedPattern: '^$|^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[!-~]+$'}
  ProdRoleName: {Type: String, Default: ''}
Mappings:
  M: {'NO': {v: x}, prod: {v: '9.10'}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: active, Value: 'yes'}]}}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Handler: i.h
      Runtime: python3.13
      Timeout: 10
      Code: {ZipFile: x}
      Role: !Ref Role
      VpcConfig: {SubnetIds: !Ref Subnets, SecurityGroupIds: [sg-1]}
      Environment:
        Variables:
          ROLE: !If [IsProd, !Ref ProdRoleName, none]
          FLAG: 'yes'
          JOIN: !Join [',', [!If [IsProd, a, !Ref 'AWS::NoValue'], b]]
          WHERE: !FindInMap [M, !Ref Env, v]
          MODE: full
  Machine:
    Type: AWS::StepFunctions::StateMachine
    DependsOn: Worker
    Properties:
      RoleArn: !Ref Role
      Definition: {StartAt: W, States: {W: {Type: Wait, Seconds: 10, End: true}}}
Outputs:
  QueueArn: {Value: !GetAtt Queue.Arn}
";

fn check(monolith: &str, iam: &str, app: &str) -> Validation {
    validate(&ValidateRequest { iam, app, monolith: Some(monolith), ..ValidateRequest::default() })
}

fn with(text: &str, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "no `{from}`");
        text.replacen(from, to, 1)
    })
}

#[test]
fn what_is_the_same_is_proven() {
    let arn = "^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[!-~]+$";
    for (which, from, to) in [
        ("", "", ""),
        ("app", "Timeout: 10", "Timeout: '10'"),
        ("app", "MODE: full", "MODE: !Sub ['${V}ll', {V: fu}]"),
        ("app", "MODE: full", "MODE: !If [IsProd, full, !Join ['', [fu, ll]]]"),
        ("app", "!If [IsProd, !Ref ProdRoleName, none]", "!If [IsDev, none, !Ref ProdRoleName]"),
        ("app", arn, "^arn:[a-z-]+:iam::\\\\d{12}:role/.+$"),
        ("app", "MinLength: 1, ", "NoEcho: true, "),
        ("iam", "QueueArn: {Type: String, Default: ''}", "QueueArn: {Type: String, Default: \"\"}"),
        ("iam", "Version: '2012-10-17'", "Version: 2012-10-17"),
        ("app", "DependsOn: Worker", "DependsOn: [Worker, Queue]"),
    ] {
        let (mut iam, mut app) = (IAM.to_owned(), APP.to_owned());
        match which {
            "iam" => iam = with(&iam, &[(from, to)]),
            "app" => app = with(&app, &[(from, &to.replace("\\\\", "\\"))]),
            _ => {}
        }
        if app.contains("IsDev") {
            app = with(&app, &[("Conditions:\n", "Conditions:\n  IsDev: !Not [!Condition IsProd]\n")]);
        }
        let found = check(MONOLITH, &iam, &app);
        assert_eq!(found.verdict(), Verdict::Proven, "{to}: {:#?}", found.diagnostics);
        assert!(found.headline().starts_with("proven"), "{}", found.headline());
    }
}

#[test]
fn what_differs_is_told_with_its_world() {
    for (which, from, to, said) in [
        // Values as YAML has them.
        ("iam", "AWS: '001234567012'", "AWS: 001234567012", "PRF001"),
        ("app", "FLAG: 'yes'", "FLAG: yes", "PRF001"),
        ("app", "'NO': {v: x}", "NO: {v: x}", "the mapping `M` differs"),
        ("app", "v: '9.10'", "v: 9.10", "the mapping `M` differs"),
        ("app", "Seconds: 10", "Seconds: '10'", "PRF001"),
        (
            "app",
            "!Join [',', [!If [IsProd, a, !Ref 'AWS::NoValue'], b]]",
            "!Join ['', [!If [IsProd, a, ''], ',b']]",
            "PRF001",
        ),
        ("app", "SubnetIds: !Ref Subnets", "SubnetIds: !Sub '${Subnets}'", "PRF001"),
        ("app", "MODE: full", "MODE: !If [IsProd, full, none]", "PRF001"),
        // The IAM stack alone.
        (
            "iam",
            "!Sub 'arn:${AWS::Partition}:iam::000000000000:role/NOT_DEPLOYED_YET'",
            "'*'",
            "the IAM stack alone",
        ),
        (
            "iam",
            "!Sub 'arn:${AWS::Partition}:iam::000000000000:role/NOT_DEPLOYED_YET'",
            "NOT_DEPLOYED_YET",
            "the IAM stack alone",
        ),
        ("iam", "ProdRoleName: {Condition: IsProd, ", "ProdRoleName: {", "may be absent"),
        (
            "iam",
            "QueueArn: {Type: String, Default: ''}",
            "QueueArn: {Type: String, Default: '*'}",
            "the IAM stack alone",
        ),
        // The application being created.
        (
            "app",
            "Role: {Type: String, MinLength: 1, ",
            "Role: {Type: String, MaxLength: 40, ",
            "the application cannot be created",
        ),
        (
            "app",
            "'^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[!-~]+$'",
            "'^arn:aws:iam::'",
            "the whole value must match",
        ),
        (
            "app",
            "'^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[!-~]+$'",
            "'^arn:aws:iam::[0-9]{12}:role/service/.+$'",
            "refuses an ARN",
        ),
        ("app", "ProdRole: {Type: String, Default: '', ", "ProdRole: {Type: String, ", "no default"),
        ("app", "DependsOn: Worker", "DependsOn: Queue", "no longer waits for `Worker`"),
        // Both stand.
        (
            "app",
            "QueueArn: {Value: !GetAtt Queue.Arn}",
            "QueueArn: {Condition: IsProd, Value: !GetAtt Queue.Arn}",
            "PRF001",
        ),
        (
            "iam",
            "TwoPhase: {QueueArn: QueueArn}",
            "TwoPhase: {Env: QueueArn}",
            "a parameter of the monolith's own",
        ),
        (
            "iam",
            "FormatVersion: 1, ",
            "FormatVersion: 1, AppStack: {Parameter: Env}, ",
            "not the application stack's name",
        ),
        ("iam", "IsProd: !Equals [!Ref Env, prod]", "IsProd: !Equals [!Ref Env, dev]", "PRF001"),
        // What no rule knows.
        ("app", "AWSTemplateFormatVersion: '2010-09-09'", "Transform: Company::Macro", "PRF005"),
        ("app", "QueueArn: {Value: ", "QueueArn: {Descriptio: x, Value: ", "no rule of the proof knows"),
        ("app", "DependsOn: Worker", "DependsOn: [Worker, Nobody]", "`Nobody`"),
    ] {
        let (iam, app) = match which {
            "iam" => (with(IAM, &[(from, to)]), APP.to_owned()),
            _ => (IAM.to_owned(), with(APP, &[(from, to)])),
        };
        let found = check(MONOLITH, &iam, &app);
        assert_eq!(found.verdict(), Verdict::NotProven, "{to}");
        assert_eq!(found.exit_code(), 1, "{to}");
        let told = found.diagnostics.iter().filter(|found| found.is_error());
        let told: Vec<String> =
            told.map(|found| format!("{} {} {:?}", found.code, found.message, found.labels)).collect();
        assert!(told.iter().any(|told| told.contains(said)), "{to}: {told:#?}");
    }
}

/// A function that acts while it is created waits for what it acts on.
#[test]
fn what_acts_while_it_is_created_waits() {
    let custom = "  Init: {Type: 'Custom::Init', Properties: {ServiceToken: !GetAtt Worker.Arn}}\n";
    let [monolith, app] =
        [MONOLITH, APP].map(|text| with(text, &[("  Machine:\n", &format!("{custom}  Machine:\n"))]));
    let pattern = "!If [HasQueueArn, !Ref QueueArn, !Sub 'arn:${AWS::Partition}:iam::000000000000:role/NOT_DEPLOYED_YET']";
    // The permission comes only after the application stands, and the function runs before.
    let found = check(&monolith, IAM, &app);
    let told: Vec<&str> = found.diagnostics.iter().map(|found| found.message.as_str()).collect();
    assert!(
        told.iter()
            .any(|told| told.contains("the application cannot be created: `Init` needs `sqs:SendMessage`")),
        "{told:#?}"
    );
    // By a name the permission is there, but the queue need not be.
    let [monolith, app] = [monolith, app].map(|text| {
        with(
            &text,
            &[(
                "Queue: {Type: AWS::SQS::Queue, Properties: {",
                "Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, ",
            )],
        )
    });
    let iam = with(
        IAM,
        &[
            (pattern, "!Sub 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:jobs'"),
            ("TwoPhase: {QueueArn: QueueArn}, ", ""),
            ("  QueueArn: {Type: String, Default: ''}\n", ""),
            ("  HasQueueArn: !Not [!Equals [!Ref QueueArn, '']]\n", ""),
        ],
    );
    let app = with(&app, &[("Outputs:\n  QueueArn: {Value: !GetAtt Queue.Arn}\n", "")]);
    let found = check(&monolith, &iam, &app);
    let told: Vec<&str> = found
        .diagnostics
        .iter()
        .filter(|found| found.is_error())
        .map(|found| found.message.as_str())
        .collect();
    assert_eq!(told, ["in the application `Init` no longer waits for `Queue`"]);
    let app = with(
        &app,
        &[(
            "  Worker:\n    Type: AWS::Lambda::Function\n",
            "  Worker:\n    Type: AWS::Lambda::Function\n    DependsOn: Queue\n",
        )],
    );
    assert_eq!(check(&monolith, &iam, &app).headline(), "proven");
}

/// Loops are a part of the system, in whatever section, also in each other.
#[test]
fn loops_are_written_out() {
    let loops = "  Fn::ForEach::A:\n  - A\n  - [X, Y]\n  - Fn::ForEach::B:\n    - B\n    - [P, Q]\n    - 'T${A}${B}': {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub '${A}-${Role.Arn}'}}\n";
    let written = |role: &str| -> String {
        let one = |(a, b): (&str, &str)| {
            format!("  T{a}{b}: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !Sub '{a}-{role}'}}}}\n")
        };
        [("X", "P"), ("X", "Q"), ("Y", "P"), ("Y", "Q")].map(one).concat()
    };
    let extend = |text: &str, more: &str| {
        format!(
            "Transform: AWS::LanguageExtensions\n{}",
            with(text, &[("Resources:\n", &format!("Resources:\n{more}"))])
        )
    };
    let monolith = extend(MONOLITH, loops);
    let of_app = loops.replace("${Role.Arn}", "${Role}");
    for (app, proven) in [
        (extend(APP, &of_app), true),
        (extend(APP, &written("${Role}")), true),
        (extend(APP, &of_app.replace("[P, Q]", "[P]")), false),
        (extend(APP, &of_app.replace("'${A}-", "'${B}-")), false),
        (extend(APP, ""), false),
    ] {
        let found = check(&monolith, IAM, &app);
        assert_eq!(found.verdict() == Verdict::Proven, proven, "{app}\n{:#?}", found.diagnostics);
    }
    let admin = "  Fn::ForEach::R:\n  - R\n  - [X]\n  - 'Admin${R}': {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\n";
    assert_eq!(check(&monolith, &extend(IAM, admin), &extend(APP, &of_app)).verdict(), Verdict::NotProven);
}

/// Without a monolith nothing is proven, and nothing says so.
#[test]
fn what_was_not_compared_is_not_called_proven() {
    let found = validate(&ValidateRequest { iam: IAM, app: APP, ..ValidateRequest::default() });
    assert_eq!((found.verdict(), found.exit_code(), found.proven), (Verdict::NotCompared, 0, None));
    assert!(found.headline().starts_with("contracts kept, not compared"), "{}", found.headline());
}

/// What would grow with the number of worlds grows with the text.
#[test]
fn texts_that_are_nested_or_long_are_read_in_their_own_length() {
    let head = |conditions: &str, resources: &str| {
        format!(
            "Parameters:\n  P: {{Type: String}}\nConditions:\n{conditions}Resources:\n  Role: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{}}}}}}\n{resources}"
        )
    };
    // Each condition names the one before it twice.
    let mut conditions = "  C0: !Equals [!Ref P, a]\n".to_owned();
    (1..200).for_each(|at| {
        let before = at - 1;
        conditions += &format!("  C{at}: !Or [!And [!Condition C{before}, !Equals [!Ref P, 'v{at}']], !Not [!Condition C{before}]]\n");
    });
    let topic = "  T: {Type: AWS::SNS::Topic, Condition: C199}\n";
    // A join of forty alternatives, each of another condition.
    let many: String = (0..40).map(|at| format!("  D{at}: !Equals [!Ref P, 'w{at}']\n")).collect();
    let items: Vec<String> = (0..40).map(|at| format!("!If [D{at}, a{at}, b{at}]")).collect();
    let joined = format!(
        "  T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !Join ['', [{}]]}}}}\n",
        items.join(", ")
    );
    // Twenty thousand references in one text.
    let long = format!(
        "  T: {{Type: AWS::SNS::Topic, Properties: {{DisplayName: !Sub '{}'}}}}\n",
        "${P}-".repeat(20_000)
    );
    // Each of 480 waits for all before it.
    let mut waits = String::new();
    (0..480).for_each(|at| {
        let before: Vec<String> = (0..at).map(|at| format!("T{at}")).collect();
        waits += &format!("  T{at}: {{Type: AWS::SNS::Topic, DependsOn: [{}]}}\n", before.join(", "));
    });
    for (conditions, resources) in [
        (conditions.as_str(), topic),
        (&many, &joined),
        ("  C: !Equals [!Ref P, a]\n", &long),
        ("  C: !Equals [!Ref P, a]\n", &waits),
    ] {
        let monolith = head(conditions, resources);
        let iam = "Resources:\n  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\nOutputs:\n  RoleArn: {Value: !GetAtt Role.Arn, Export: {Name: !Sub '${AWS::StackName}-RoleArn'}}\n";
        let role = "  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\n";
        let app = with(
            &monolith,
            &[
                (role, ""),
                (
                    "Parameters:\n",
                    "Parameters:\n  Role: {Type: String, MinLength: 1, AllowedPattern: '^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[!-~]+$'}\n",
                ),
            ],
        );
        let found = check(&monolith, iam, &app);
        assert_eq!(
            found.headline(),
            "proven",
            "{:#?}",
            found.diagnostics.iter().map(|d| &d.message).collect::<Vec<_>>()
        );
    }
}

/// One folder a case: a monolith and a pair that is not the same, and the code that says so first.
#[test]
fn what_is_not_the_same_is_not_proven() {
    let folder = iam_split_tests::repository().join("tests/pairs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let read = |file: &str| std::fs::read_to_string(path.join(file)).unwrap();
        let (monolith, iam, app) = (read("mono.yaml"), read("iam.yaml"), read("app.yaml"));
        let wanted = read("code");
        let request =
            ValidateRequest { iam: &iam, app: &app, monolith: Some(&monolith), ..Default::default() };
        let validation = validate(&request);
        if wanted.trim() == "none" {
            assert_eq!(validation.verdict(), Verdict::Proven, "{}", path.display());
            continue;
        }
        assert_eq!(validation.verdict(), Verdict::NotProven, "{}", path.display());
        let codes: Vec<&str> = validation
            .diagnostics
            .iter()
            .filter(|found| found.is_error())
            .map(|found| found.code.as_str())
            .collect();
        assert!(codes.contains(&wanted.trim()), "{}: {codes:?}", path.display());
    }
}
