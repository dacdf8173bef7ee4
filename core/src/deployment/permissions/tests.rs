//! Policies of both teams, of every pattern.

use super::*;
use crate::diagnostic::Source;

const DATA: &str = include_str!("../../../data/handlers.txt");

const IAM: &str = "\
Metadata: {IamSplit: {FormatVersion: 1, AppStack: {Parameter: AppStackName}}}
Parameters:
  AppStackName: {Type: String}
  Boundary: {Type: String}
Resources:
  Free:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: [lambda.amazonaws.com, ecs-tasks.amazonaws.com]}, Action: 'sts:AssumeRole'}]}
  Named:
    Type: AWS::IAM::Role
    Properties:
      Path: /x/
      RoleName: !Sub '${AppStackName}-${AWS::Region}-api'
      PermissionsBoundary: !Ref Boundary
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {AWS: '123456789012'}, Action: 'sts:AssumeRole'}}
  Unknown: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: !Ref Name, PolicyDocument: {}}}
";

const APP: &str = "\
Parameters:
  Image: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/image}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Fn: {Type: AWS::Lambda::Function, Properties: {Environment: {Variables: {P: '{{resolve:secretsmanager:shop/db:SecretString:password}}'}}}}
  Custom: {Type: Custom::Thing, Properties: {ServiceToken: !GetAtt Fn.Arn}}
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}
  Nested: {Type: AWS::CloudFormation::Stack}
  Odd: {Type: 'Acme::Thing::Here'}
";

struct Made {
    policy: Json,
    notes: Vec<String>,
}

impl Made {
    fn statements(&self) -> impl Iterator<Item = &Json> {
        self.policy["Statement"].as_array().unwrap().iter()
    }

    fn actions(&self) -> Vec<String> {
        let list = |value: &Json| match value {
            Json::String(one) => vec![one.clone()],
            many => many.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        };
        self.statements()
            .filter(|one| one["Effect"] == "Allow")
            .flat_map(|one| list(&one["Action"]))
            .collect()
    }

    /// The statement that allows an action.
    fn of(&self, action: &str) -> &Json {
        let holds = |one: &&Json| {
            one["Action"] == action
                || one["Action"].as_array().is_some_and(|all| all.iter().any(|one| one == action))
        };
        self.statements().find(holds).unwrap_or_else(|| panic!("{action}: {:#}", self.policy))
    }
}

fn made(team: Team, app: &str, more: &str) -> Made {
    let external = if more.contains("inline") { "" } else { "iam_template: iam.yaml\n" };
    let text = format!(
        "name: shop\nregion: eu-west-1\ntemplate: app.yaml\n{external}parameters: {{Boundary: 'arn:aws:iam::123456789012:policy/edge'}}\n{more}"
    );
    let (settings, found) = Settings::read(&text, &Default::default(), &|_| Ok(String::new()));
    let settings = settings.unwrap_or_else(|| panic!("{found:?}"));
    let read = |text, source| Contents::read(text, source).0;
    let (iam, app) = (read(IAM, Source::Iam), read(app, Source::App));
    let place = Place { region: "eu-west-1", account: "123456789012" };
    let handlers = Handlers::read(DATA);
    let request = Request {
        team,
        tool: Tool::IamSplit,
        settings: &settings,
        iam: iam.as_ref().filter(|_| !external.is_empty()),
        app: app.as_ref(),
        place: &place,
        handlers: &handlers,
    };
    let (policy, notes) = policy(&request);
    Made { policy, notes }
}

#[test]
fn no_service_is_given_whole_and_names_bound_what_they_can() {
    for made in [made(Team::Iam, APP, ""), made(Team::App, APP, ""), made(Team::Migrate, APP, "")] {
        assert!(made.actions().iter().all(|action| !action.contains('*')), "{:#}", made.policy);
    }
    let app = made(Team::App, APP, "");
    assert_eq!(app.of("sqs:CreateQueue")["Resource"], "arn:aws:sqs:eu-west-1:123456789012:shop-Queue-*");
    assert_eq!(
        app.of("lambda:InvokeFunction")["Resource"],
        "arn:aws:lambda:eu-west-1:123456789012:function:shop-Fn-*"
    );
    assert_eq!(app.of("ec2:DescribeSubnets")["Resource"], "*");
    assert_eq!(
        app.of("ssm:GetParameters")["Resource"],
        json!(["arn:aws:ssm:eu-west-1:123456789012:parameter/shop/image"])
    );
    assert_eq!(
        app.of("secretsmanager:GetSecretValue")["Resource"],
        json!(["arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-??????"])
    );
    for said in ["Acme::Thing::Here", "nested stacks make is not known here (`Nested`)"] {
        assert!(app.notes.iter().any(|note| note.contains(said)), "{said}: {:?}", app.notes);
    }
}

#[test]
fn roles_are_passed_to_the_services_that_they_trust_and_nobody_makes_iam_by_the_way() {
    let app = made(Team::App, APP, "");
    let pass = app.of("iam:PassRole");
    assert_eq!(pass["Resource"], json!(["arn:aws:iam::123456789012:role/shop-iam-*"]));
    assert_eq!(
        pass["Condition"],
        json!({"StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]}})
    );
    let of_iam: Vec<String> = app.actions().into_iter().filter(|action| action.starts_with("iam:")).collect();
    assert!(
        of_iam.iter().all(|action| ["iam:Get", "iam:List", "iam:PassRole", "iam:CreateServiceLinkedRole"]
            .iter()
            .any(|fine| action.starts_with(fine))),
        "{of_iam:?}"
    );
    let deny = app.statements().find(|one| one["Effect"] == "Deny").unwrap();
    assert_eq!(deny["Resource"], "arn:aws:s3:::quilt-templates-shop/quilt-iam*");
}

#[test]
fn the_iam_team_makes_its_own_roles_with_their_boundary() {
    let iam = made(Team::Iam, APP, "");
    let text = iam.policy.to_string();
    for arn in ["role/shop-iam-*", "role/x/shop-eu-west-1-api", "policy/*"] {
        assert!(text.contains(&format!("arn:aws:iam::123456789012:{arn}\"")), "{arn}: {:#}", iam.policy);
    }
    let bounded: Vec<&Json> = iam.statements().filter(|one| one.get("Condition").is_some()).collect();
    let [bounded] = bounded.as_slice() else { panic!("{:#}", iam.policy) };
    assert_eq!(
        bounded["Condition"],
        json!({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/edge"}})
    );
    assert!(bounded["Action"].to_string().contains("iam:CreateRole"));
    assert_eq!(bounded["Resource"], json!(["arn:aws:iam::123456789012:role/x/shop-eu-west-1-api"]));
    assert!(iam.actions().contains(&"iam:TagRole".to_owned()), "{text}");
    // Nothing is attached by a managed policy that names nobody.
    assert!(!text.contains("iam:AttachUserPolicy"), "{text}");
}

#[test]
fn what_the_application_makes_of_iam_itself_is_allowed_on_that_alone() {
    let attach = "Parameters: {Worker: {Type: String, Description: 'ARN of the role Worker: output WorkerArn of the IAM stack'}}\nResources: {P: {Type: AWS::IAM::RolePolicy, Properties: {RoleName: !Ref Worker, PolicyName: p}}}\n";
    let app = made(Team::App, attach, "");
    assert_eq!(app.of("iam:PutRolePolicy")["Resource"], json!(["arn:aws:iam::123456789012:role/shop-iam-*"]));
    assert!(!app.actions().contains(&"iam:CreateRole".to_owned()));
    // Inline, the one team makes the roles of its one stack.
    let inline =
        format!("{APP}  Own: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{}}}}}}\n");
    let app = made(Team::App, &inline, "pattern: inline\n");
    assert_eq!(app.of("iam:CreateRole")["Resource"], json!(["arn:aws:iam::123456789012:role/shop-*"]));
}

#[test]
fn a_service_role_takes_the_resources_over() {
    let role = "arn:aws:iam::123456789012:role/deployer";
    let more = format!("role_arn: {role}\niam_role_arn: {role}\n");
    for made in [made(Team::Iam, APP, &more), made(Team::App, APP, &more)] {
        let makes = made.actions().into_iter().any(|action| {
            action.contains(":Create") && !action.starts_with("cloudformation:") && !action.starts_with("s3:")
        });
        assert!(!makes, "{:#}", made.policy);
        assert_eq!(made.of("iam:PassRole")["Resource"], role);
    }
}
