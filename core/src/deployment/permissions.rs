//! The AWS permissions that each team needs for its stack, as an IAM policy.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::contents::Contents;
use super::names::{self, Which};
use super::pattern;
use super::settings::{Pattern, Settings};
use crate::expression::{Expr, lower};
use crate::syntax::parse;
use crate::template;

/// Where the stacks are.
#[derive(Clone, Debug)]
pub struct Place<'p> {
    /// The region.
    pub region: &'p str,
    /// The account's number, or `*`.
    pub account: &'p str,
}

/// What IAM's resource handlers call for a type: to make, read, change and delete it.
///
/// Source: CloudFormation registry, `handlers.*.permissions` of the schema of each type.
const HANDLERS: &[(&str, &str, &[&str])] = &[
    (
        "AWS::IAM::Role",
        "role",
        &[
            "AttachRolePolicy",
            "CreateRole",
            "DeleteRole",
            "DeleteRolePermissionsBoundary",
            "DeleteRolePolicy",
            "DetachRolePolicy",
            "GetRole",
            "GetRolePolicy",
            "ListAttachedRolePolicies",
            "ListRolePolicies",
            "PutRolePermissionsBoundary",
            "PutRolePolicy",
            "TagRole",
            "UntagRole",
            "UpdateAssumeRolePolicy",
            "UpdateRole",
            "UpdateRoleDescription",
        ],
    ),
    (
        "AWS::IAM::ManagedPolicy",
        "policy",
        &[
            "CreatePolicy",
            "CreatePolicyVersion",
            "DeletePolicy",
            "DeletePolicyVersion",
            "GetPolicy",
            "GetPolicyVersion",
            "ListEntitiesForPolicy",
            "ListPolicyVersions",
            "SetDefaultPolicyVersion",
            "TagPolicy",
            "UntagPolicy",
        ],
    ),
    (
        "AWS::IAM::InstanceProfile",
        "instance-profile",
        &[
            "AddRoleToInstanceProfile",
            "CreateInstanceProfile",
            "DeleteInstanceProfile",
            "GetInstanceProfile",
            "RemoveRoleFromInstanceProfile",
        ],
    ),
    (
        "AWS::IAM::Group",
        "group",
        &[
            "AttachGroupPolicy",
            "CreateGroup",
            "DeleteGroup",
            "DeleteGroupPolicy",
            "DetachGroupPolicy",
            "GetGroup",
            "GetGroupPolicy",
            "ListAttachedGroupPolicies",
            "ListGroupPolicies",
            "PutGroupPolicy",
            "UpdateGroup",
        ],
    ),
    (
        "AWS::IAM::User",
        "user",
        &[
            "AddUserToGroup",
            "AttachUserPolicy",
            "CreateUser",
            "DeleteUser",
            "DeleteUserPolicy",
            "DetachUserPolicy",
            "GetUser",
            "GetUserPolicy",
            "ListAttachedUserPolicies",
            "ListGroupsForUser",
            "ListUserPolicies",
            "PutUserPolicy",
            "RemoveUserFromGroup",
            "TagUser",
            "UntagUser",
            "UpdateUser",
        ],
    ),
    (
        "AWS::IAM::OIDCProvider",
        "oidc-provider",
        &[
            "CreateOpenIDConnectProvider",
            "DeleteOpenIDConnectProvider",
            "GetOpenIDConnectProvider",
            "TagOpenIDConnectProvider",
            "UntagOpenIDConnectProvider",
            "UpdateOpenIDConnectProviderThumbprint",
        ],
    ),
    (
        "AWS::IAM::SAMLProvider",
        "saml-provider",
        &[
            "CreateSAMLProvider",
            "DeleteSAMLProvider",
            "GetSAMLProvider",
            "TagSAMLProvider",
            "UntagSAMLProvider",
            "UpdateSAMLProvider",
        ],
    ),
];

/// What iam-split itself calls on a stack, to plan, deploy, watch and delete it.
const ON_STACK: [&str; 12] = [
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStack",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate",
    "cloudformation:ListStackResources",
    "cloudformation:TagResource",
];

/// The services of CloudFormation's namespaces whose IAM prefix is not the namespace in lower case.
///
/// Source: Service Authorization Reference, "service prefix" of each service.
const PREFIXES: &[(&str, &str)] = &[
    ("ApiGatewayV2", "apigateway"),
    ("ApplicationAutoScaling", "application-autoscaling"),
    ("CertificateManager", "acm"),
    ("Cognito", "cognito-idp"),
    ("EFS", "elasticfilesystem"),
    ("ElasticLoadBalancing", "elasticloadbalancing"),
    ("ElasticLoadBalancingV2", "elasticloadbalancing"),
    ("Elasticsearch", "es"),
    ("KinesisFirehose", "firehose"),
    ("OpenSearchService", "es"),
    ("StepFunctions", "states"),
    ("WAFRegional", "waf-regional"),
];

/// The least policy for a team, and what has to be said with it.
///
/// For the application's resources the services are given whole: which of their actions a type needs is
/// in CloudFormation's registry, not here. A service role (`role_arn`) makes that part needless. What the
/// application's policy never holds is an action that makes or changes IAM.
#[must_use]
pub fn policy(
    which: Which,
    settings: &Settings,
    (iam, app): (Option<&Contents>, Option<&Contents>),
    place: &Place<'_>,
) -> (Json, Vec<String>) {
    let partition = names::partition(place.region);
    let stack = match which {
        Which::Iam => &settings.iam_stack_name,
        Which::App => &settings.name,
    };
    let stack_arn = |name: &str| {
        format!("arn:{partition}:cloudformation:{}:{}:stack/{name}/*", place.region, place.account)
    };
    let iam_arn = |path: &str| format!("arn:{partition}:iam::{}:{path}", place.account);
    let mut statements = vec![
        json!({"Sid": "Stack", "Effect": "Allow", "Action": ON_STACK, "Resource": stack_arn(stack)}),
        json!({
            "Sid": "Look", "Effect": "Allow", "Resource": "*",
            "Action": [
                "cloudformation:ListImports",
                "cloudformation:ValidateTemplate",
                "sts:GetCallerIdentity",
            ],
        }),
    ];
    statements.extend(bucket(which, settings, partition));
    let mut notes = Vec::new();
    let service_role = match which {
        Which::Iam => &settings.iam_role_arn,
        Which::App => &settings.role_arn,
    };
    if let Some(role) = service_role {
        statements.push(json!({
            "Sid": "ServiceRole", "Effect": "Allow", "Action": "iam:PassRole", "Resource": role,
            "Condition": {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
        }));
        notes.push(format!(
            "CloudFormation works as `{role}`: that role needs the permissions for the resources"
        ));
    }
    match (which, iam, app) {
        (Which::Iam, Some(iam), _) if service_role.is_none() => {
            statements.extend(of_iam(iam, settings, &iam_arn));
        }
        (Which::App, iam, app) => {
            let external = pattern::pattern(settings, app) == Pattern::External;
            // The stack whose roles are passed on.
            let owner = if external { &settings.iam_stack_name } else { &settings.name };
            if external {
                statements.push(json!({
                    "Sid": "Outputs", "Effect": "Allow",
                    "Action": ["cloudformation:DescribeStacks", "cloudformation:ListStackResources"],
                    "Resource": stack_arn(&settings.iam_stack_name),
                }));
            }
            if service_role.is_none() {
                statements.push(json!({
                    "Sid": "PassRoles", "Effect": "Allow", "Action": ["iam:GetRole", "iam:PassRole"],
                    "Resource": iam.map_or_else(
                        || vec![iam_arn(&format!("role/{owner}-*"))],
                        |iam| resources(iam, settings, "AWS::IAM::Role", "role", &iam_arn),
                    ),
                }));
                if let Some(app) = app {
                    let (services, made) = services(app);
                    if !services.is_empty() {
                        statements.push(json!({
                            "Sid": "Resources", "Effect": "Allow", "Action": services, "Resource": "*",
                        }));
                    }
                    notes.push("the services of the application's resources are given whole: a service role (`role_arn`) can be narrower".to_owned());
                    if !made.is_empty() {
                        notes.push(format!(
                            "the application template makes IAM itself ({}): that is left out here, so its deployment needs a service role",
                            made.join(", ")
                        ));
                    }
                }
            }
        }
        _ => {}
    }
    (json!({"Version": "2012-10-17", "Statement": statements}), notes)
}

/// The bucket: the team that comes first makes it, each writes its own template.
fn bucket(which: Which, settings: &Settings, partition: &str) -> Vec<Json> {
    let location = match which {
        Which::Iam => &settings.iam_template,
        Which::App => &settings.template,
    };
    let bucket = format!("arn:{partition}:s3:::{}", settings.bucket);
    let suffix = if which == Which::Iam { "iam" } else { "app" };
    // An address is read by CloudFormation with the caller's permissions.
    if let Some(super::settings::Location::Url(url)) = location
        && let Some((name, key)) = names::object(url)
    {
        return vec![json!({
            "Sid": "Template", "Effect": "Allow", "Action": "s3:GetObject",
            "Resource": format!("arn:{partition}:s3:::{name}/{key}"),
        })];
    }
    vec![
        json!({
            "Sid": "Bucket", "Effect": "Allow", "Resource": bucket,
            "Action": [
                "s3:CreateBucket",
                "s3:GetBucketLocation",
                "s3:ListBucket",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketVersioning",
                "s3:PutEncryptionConfiguration",
            ],
        }),
        json!({
            "Sid": "Template", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": format!("{bucket}/{}-{suffix}*", settings.prefix),
        }),
    ]
}

fn of_iam(iam: &Contents, settings: &Settings, arn: &dyn Fn(&str) -> String) -> Vec<Json> {
    let mut statements = Vec::new();
    for (kind, noun, actions) in HANDLERS {
        let names = resources(iam, settings, kind, noun, arn);
        if names.is_empty() {
            continue;
        }
        let actions: Vec<String> = actions.iter().map(|action| format!("iam:{action}")).collect();
        let sid: String = kind.rsplit("::").next().unwrap_or(kind).to_owned();
        statements.push(json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": names}));
    }
    // A profile passes its role on to EC2.
    if iam.resources.values().any(|kind| kind == "AWS::IAM::InstanceProfile") {
        statements.push(json!({
            "Sid": "ProfileRoles", "Effect": "Allow", "Action": "iam:PassRole",
            "Resource": resources(iam, settings, "AWS::IAM::Role", "role", arn),
        }));
    }
    statements
}

/// The ARNs of a template's resources of a type: explicit names as they will be, generated ones by the
/// stack's name, with which they begin.
fn resources(
    iam: &Contents,
    settings: &Settings,
    kind: &str,
    noun: &str,
    arn: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let parsed = parse(&iam.text);
    let (Some(template), _) = template::read(&parsed.document) else { return Vec::new() };
    let stack_parameter = iam.stack_parameter();
    let known = |name: &str| match name {
        "AWS::StackName" => Some(settings.iam_stack_name.clone()),
        "AWS::Region" => settings.region.clone(),
        name if Some(name) == stack_parameter => Some(settings.name.clone()),
        _ => None,
    };
    let mut list = BTreeSet::new();
    for resource in template.resources.values().filter(|resource| resource.kind == kind) {
        let text =
            |property: &str| resource.property(&[property]).map(|node| known_text(&lower(node), &known));
        let path = text("Path").unwrap_or_else(|| "/".to_owned());
        let name = ["RoleName", "ManagedPolicyName", "InstanceProfileName", "GroupName", "UserName"]
            .iter()
            .find_map(|property| text(property));
        // A longer stack name is cut: 25 characters are left of it at least.
        let stack: String = settings.iam_stack_name.chars().take(25).collect();
        let name = name.unwrap_or_else(|| format!("{stack}-*"));
        list.insert(arn(&format!("{noun}{path}{name}")));
    }
    list.into_iter().collect()
}

/// A text with `*` for what is not known.
fn known_text(expr: &Expr, known: &dyn Fn(&str) -> Option<String>) -> String {
    match expr {
        Expr::Text(text) | Expr::Plain(text) => text.clone(),
        Expr::Ref(name) => known(name).unwrap_or_else(|| "*".to_owned()),
        Expr::Concat(parts) => parts.iter().map(|part| known_text(part, known)).collect(),
        Expr::Named(_, inner) => known_text(inner, known),
        _ => "*".to_owned(),
    }
}

/// The services of the application's resources, and the IAM resources that it makes itself.
fn services(app: &Contents) -> (Vec<String>, Vec<String>) {
    let prefixes: BTreeMap<&str, &str> = PREFIXES.iter().copied().collect();
    let mut services = BTreeSet::new();
    let mut made = Vec::new();
    for (name, kind) in &app.resources {
        let mut parts = kind.split("::");
        let (Some("AWS"), Some(namespace)) = (parts.next(), parts.next()) else { continue };
        match namespace {
            "IAM" => made.push(name.clone()),
            "CloudFormation" => {}
            _ => {
                let prefix =
                    prefixes.get(namespace).map_or_else(|| namespace.to_lowercase(), |p| (*p).to_owned());
                services.insert(format!("{prefix}:*"));
            }
        }
    }
    (services.into_iter().collect(), made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    const IAM: &str = "\
Parameters:
  AppStackName: {Type: String}
Resources:
  Free: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
  Named: {Type: AWS::IAM::Role, Properties: {Path: /x/, RoleName: !Sub '${AppStackName}-${AWS::Region}-api', AssumeRolePolicyDocument: {}}}
  Unknown: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: !Ref Name, PolicyDocument: {}}}
";
    const APP: &str = "\
Resources:
  F: {Type: AWS::Lambda::Function}
  L: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer}
  P: {Type: AWS::IAM::RolePolicy}
";

    fn policies(more: &str) -> [(Json, Vec<String>); 2] {
        let text =
            format!("name: shop\nregion: eu-west-1\ntemplate: app.yaml\niam_template: iam.yaml\n{more}");
        let (settings, found) = Settings::read(&text, &Default::default(), &|_| Ok(String::new()));
        let settings = settings.unwrap_or_else(|| panic!("{found:?}"));
        let read = |text, source| Contents::read(text, source).0;
        let (iam, app) = (read(IAM, Source::Iam), read(APP, Source::App));
        let place = Place { region: "eu-west-1", account: "123456789012" };
        [Which::Iam, Which::App].map(|which| policy(which, &settings, (iam.as_ref(), app.as_ref()), &place))
    }

    fn actions(policy: &Json) -> Vec<String> {
        let statements = policy["Statement"].as_array().unwrap();
        let of = |statement: &Json| match &statement["Action"] {
            Json::String(one) => vec![one.clone()],
            many => many.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        };
        statements.iter().flat_map(of).collect()
    }

    #[test]
    fn the_applications_team_makes_no_iam_and_the_other_only_its_own() {
        let [(iam, _), (app, notes)] = policies("");
        let of_app: Vec<String> =
            actions(&app).into_iter().filter(|action| action.starts_with("iam:")).collect();
        assert_eq!(of_app, ["iam:GetRole", "iam:PassRole"]);
        assert!(
            actions(&app).contains(&"elasticloadbalancing:*".to_owned())
                && !actions(&app).contains(&"iam:*".to_owned())
        );
        assert!(notes.iter().any(|note| note.contains("makes IAM itself (P)")), "{notes:?}");
        assert!(actions(&iam).contains(&"iam:CreateRole".to_owned()));
        let text = iam.to_string();
        for arn in ["role/shop-iam-*", "role/x/shop-eu-west-1-api", "policy/*"] {
            assert!(text.contains(&format!("arn:aws:iam::123456789012:{arn}\"")), "{text}");
        }
        assert!(text.contains("arn:aws:s3:::quilt-templates-shop/quilt-iam*"), "{text}");
    }

    #[test]
    fn a_service_role_takes_the_resources_over() {
        let role = "arn:aws:iam::123456789012:role/deployer";
        let [(iam, _), (app, _)] = policies(&format!("role_arn: {role}\niam_role_arn: {role}\n"));
        for policy in [iam, app] {
            let of: Vec<String> =
                actions(&policy).into_iter().filter(|action| action.starts_with("iam:")).collect();
            assert_eq!(of, ["iam:PassRole"], "{policy}");
            assert!(!actions(&policy).iter().any(|action| action.ends_with(":*")));
        }
    }
}
