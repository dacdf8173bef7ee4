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
    // What a migration moved keeps its name.
    let both = json!(["arn:aws:iam::123456789012:role/shop-*", "arn:aws:iam::123456789012:role/shop-iam-*"]);
    assert_eq!(pass["Resource"], both);
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
    assert_eq!(deny["Resource"], json!(["arn:aws:s3:::quilt-templates-shop/quilt-iam*"]));
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
    assert_eq!(
        app.of("iam:PutRolePolicy")["Resource"],
        json!(["arn:aws:iam::123456789012:role/shop-*", "arn:aws:iam::123456789012:role/shop-iam-*"])
    );
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

/// Every ARN of a policy, with the one who allows or denies.
fn arns(policy: &Json) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap();
    let texts = |value: &Json| match value {
        Json::String(one) => vec![one.clone()],
        many => many.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
    };
    statements.iter().flat_map(|one| texts(&one["Resource"])).filter(|arn| arn != "*").collect()
}

/// Whether an ARN has all its parts: a partition, a service, an account's number or `*` where the service has one.
fn is_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts.as_slice() else { return false };
    let whole =
        |text: &str| !text.is_empty() && !text.contains("//") && !text.ends_with('/') && !text.contains("${");
    let of_account = match *service {
        "s3" if region.is_empty() && !resource.contains("accesspoint") => account.is_empty(),
        // Images and snapshots are those of whoever shared them.
        "ec2" if resource.starts_with("image/") || resource.starts_with("snapshot/") => account.is_empty(),
        _ => {
            *account == "*"
                || *account == "aws"
                || account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
        }
    };
    *arn == "arn"
        && *partition == "aws"
        && !service.is_empty()
        && (region.is_empty() || *region == "*" || region.matches('-').count() >= 2)
        && of_account
        && whole(resource)
}

#[test]
fn every_arn_of_the_example_has_its_parts() {
    let source = include_str!("../../../../examples/quilt/quilt.yaml");
    let config = include_str!("../../../../examples/quilt/config.yaml");
    let request = crate::api::SplitRequest { template: source, config: Some(config), ..Default::default() };
    let crate::api::SplitAnswer::Done(pair) = crate::api::split(&request) else { panic!("not split") };
    let read = |text: &str, source| Contents::read(text, source).0;
    let (iam, app) = (read(&pair.iam, Source::Iam), read(&pair.app, Source::App));
    let (settings, _) = Settings::read(
        "name: quilt-prod\nregion: us-east-1\ntemplate: a\niam_template: i\n",
        &Default::default(),
        &|_| Ok(String::new()),
    );
    let settings = settings.unwrap();
    let handlers = Handlers::read(DATA);
    let mut count = 0;
    for account in ["*", "123456789012"] {
        let place = Place { region: "us-east-1", account };
        for tool in [Tool::IamSplit, Tool::Terraform] {
            for team in [Team::Iam, Team::App, Team::Both, Team::Migrate] {
                let request = Request {
                    team,
                    tool,
                    settings: &settings,
                    iam: iam.as_ref(),
                    app: app.as_ref(),
                    place: &place,
                    handlers: &handlers,
                };
                let (whole, _) = match tool {
                    Tool::IamSplit => policy(&request),
                    Tool::Terraform => crate::terraform::permissions::policy(&request),
                };
                let all = arns(&whole);
                count += all.len();
                let odd: Vec<&String> = all.iter().filter(|arn| !is_arn(arn)).collect();
                assert_eq!(odd, [""; 0], "{team:?} {tool:?}");
                for part in parts(&whole) {
                    assert!(size(&part) <= LIMIT, "{team:?} {tool:?}: {}", size(&part));
                }
                let names: Vec<&Json> =
                    whole["Statement"].as_array().unwrap().iter().map(|one| &one["Sid"]).collect();
                let distinct: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
                assert_eq!(names.len(), distinct.len(), "{team:?}: {names:?}");
                if team == Team::App && tool == Tool::IamSplit {
                    for arn in [
                        format!("arn:aws:ecs:us-east-1:{account}:task-definition/quilt-prod-migration:*"),
                        format!(
                            "arn:aws:ssm:us-east-1:{account}:parameter/quilt/quilt-prod/indexing/buckets"
                        ),
                        format!("arn:aws:lambda:us-east-1:{account}:function:quilt-prod-pkg-create"),
                    ] {
                        assert!(all.contains(&arn), "{arn}: {all:#?}");
                    }
                }
            }
        }
    }
    assert!(count > 1_000, "{count}");
}

const FORMED: &str = "\
Resources:
  Service: {Type: AWS::ECS::Service, Properties: {ServiceName: web, Cluster: !Ref Cluster}}
  Cluster: {Type: AWS::ECS::Cluster}
  Rule: {Type: AWS::Events::Rule, Properties: {Name: r, EventBusName: bus}}
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /a/b}}
  Target: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {Name: t}}
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {Name: s}}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/k}}
  Acl: {Type: AWS::WAFv2::WebACL, Properties: {Name: w, Scope: REGIONAL}}
";

#[test]
fn names_stand_where_the_service_puts_them() {
    let app = made(Team::App, FORMED, "");
    let all = arns(&app.policy);
    for rest in [
        "ecs:eu-west-1:123456789012:service/*/web",
        "events:eu-west-1:123456789012:rule/bus/r",
        "logs:eu-west-1:123456789012:log-group:/a/b",
        "logs:eu-west-1:123456789012:log-group:/a/b:*",
        "elasticloadbalancing:eu-west-1:123456789012:targetgroup/t/*",
        "secretsmanager:eu-west-1:123456789012:secret:s-??????",
        "kms:eu-west-1:123456789012:alias/k",
        "wafv2:eu-west-1:123456789012:*",
    ] {
        assert!(all.contains(&format!("arn:aws:{rest}")), "{rest}: {all:#?}");
    }
    assert!(all.iter().all(|arn| is_arn(arn)), "{all:#?}");
}

#[test]
fn who_deploys_both_stacks_is_denied_nothing_and_may_what_either_team_may() {
    let both = made(Team::Both, APP, "");
    assert!(both.statements().all(|one| one["Effect"] == "Allow"), "{:#}", both.policy);
    let has: BTreeSet<String> = both.actions().into_iter().collect();
    for team in [Team::Iam, Team::App] {
        for action in made(team, APP, "").actions() {
            assert!(has.contains(&action), "{action}");
        }
    }
    let all = arns(&both.policy);
    for key in ["quilt-iam-*", "quilt-app-*"] {
        assert!(all.contains(&format!("arn:aws:s3:::quilt-templates-shop/{key}")), "{all:?}");
    }
    // Inline there is one stack.
    let inline = made(Team::Both, APP, "pattern: inline\n");
    assert!(!inline.policy.to_string().contains("shop-iam"), "{:#}", inline.policy);
}

#[test]
fn a_migration_has_what_its_way_back_needs() {
    let migrate = made(Team::Migrate, APP, "");
    let all = arns(&migrate.policy);
    for key in ["quilt-iam-shop-migration.json", "quilt-migration.json", "quilt-app/*"] {
        assert!(all.contains(&format!("arn:aws:s3:::quilt-templates-shop/{key}")), "{key}: {all:?}");
    }
    let iam = made(Team::Iam, APP, "");
    let others: Vec<&Json> = iam.statements().filter(|one| one["Sid"] == "Other").collect();
    assert!(others[0]["Action"].to_string().contains("cloudformation:GetTemplate"));
    assert!(iam.notes.iter().any(|note| note.contains("begin with `shop-`")), "{:?}", iam.notes);
}

#[test]
fn transforms_and_macros_are_asked_for_by_their_names() {
    let text = "Transform: [AWS::Serverless-2016-10-31, Mine]\nResources:\n  Q: {Type: AWS::SQS::Queue, Properties: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://snippets/q.yaml'}}}}\n";
    let app = made(Team::App, text, "");
    let asked = app.statements().find(|one| one["Sid"] == "Transforms").unwrap();
    assert_eq!(
        asked["Resource"],
        json!([
            "arn:aws:cloudformation:eu-west-1:123456789012:transform/Mine",
            "arn:aws:cloudformation:eu-west-1:aws:transform/Include",
            "arn:aws:cloudformation:eu-west-1:aws:transform/Serverless-2016-10-31"
        ])
    );
    assert!(arns(&app.policy).contains(&"arn:aws:s3:::snippets/q.yaml".to_owned()), "{:#}", app.policy);
    assert!(
        app.notes.iter().any(|note| note.contains("the macro `Mine` runs a function")),
        "{:?}",
        app.notes
    );
}

#[test]
fn services_are_passed_roles_under_their_names_without_a_region() {
    let iam = IAM.replace("lambda.amazonaws.com", "states.eu-west-1.amazonaws.com");
    let (iam, app) = (Contents::read(&iam, Source::Iam).0, Contents::read(APP, Source::App).0);
    let (settings, _) = Settings::read(
        "name: shop\nregion: eu-west-1\ntemplate: a\niam_template: i\n",
        &Default::default(),
        &|_| Ok(String::new()),
    );
    let place = Place { region: "eu-west-1", account: "*" };
    let handlers = Handlers::read(DATA);
    let request = Request {
        team: Team::App,
        tool: Tool::Terraform,
        settings: settings.as_ref().unwrap(),
        iam: iam.as_ref(),
        app: app.as_ref(),
        place: &place,
        handlers: &handlers,
    };
    let (made, _) = crate::terraform::permissions::policy(&request);
    let text = made.to_string();
    assert!(
        text.contains("\"states.amazonaws.com\"") && text.contains("\"states.eu-west-1.amazonaws.com\""),
        "{text}"
    );
    // Tags that go need a permission, and the IAM team's bucket is nobody else's.
    assert!(text.contains("cloudformation:UntagResource"), "{text}");
    assert!(text.contains("arn:aws:s3:::quilt-templates-shop-iam/*"), "{text}");
}

#[test]
fn a_long_policy_comes_in_parts_that_hold_all_of_it() {
    let all: Vec<String> = (0..400).map(|at| format!("arn:aws:sqs:eu-west-1:*:queue-{at}")).collect();
    let long = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "A", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": all},
        {"Sid": "B", "Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"},
    ]});
    let some = parts(&long);
    assert!(some.len() > 1 && some.iter().all(|part| size(part) <= LIMIT), "{}", some.len());
    let together: BTreeSet<String> = some.iter().flat_map(arns).collect();
    assert_eq!(together.len(), 401);
}
