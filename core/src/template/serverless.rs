//! `AWS::Serverless`: what its transform makes of a template beside what is written.
//!
//! Source: AWS SAM specification, "Generated CloudFormation resources"; `aws-sam-translator` 1.115.

use super::{Resource, Site, Template, sites};
use crate::syntax::Node;

/// The transform's name.
pub const SERVERLESS: &str = "AWS::Serverless-2016-10-31";

/// The transform of blue/green deployments: it writes nothing, and makes the section `Hooks` work.
/// Source: CloudFormation User Guide, "Perform ECS blue/green deployments through CodeDeploy using CloudFormation".
pub const BLUE_GREEN: &str = "AWS::CodeDeployBlueGreen";

/// Whether the template is for blue/green deployments, which take neither outputs nor `Fn::ImportValue`.
/// Source: CloudFormation User Guide, "Considerations when managing ECS blue/green deployments using CloudFormation".
#[must_use]
pub fn is_blue_green(template: &Template<'_, '_>) -> bool {
    template.transforms().iter().any(|(name, _)| *name == BLUE_GREEN)
}

/// The transforms of secrets: for each `HostedRotationLambda` of a rotation schedule they make a nested stack with the
/// function. Source: CloudFormation Template Reference, "`AWS::SecretsManager` transform".
pub const ROTATION: [&str; 2] = ["AWS::SecretsManager-2020-07-23", "AWS::SecretsManager-2024-09-16"];

/// Whether a transform of secrets makes a nested stack for a resource.
#[must_use]
pub fn is_hosted_rotation(resource: &Resource<'_, '_>) -> bool {
    resource.kind == "AWS::SecretsManager::RotationSchedule"
        && resource.property(&["HostedRotationLambda"]).is_some()
}

/// Transforms that are about the application alone: what moves is plain CloudFormation.
pub const OF_APPLICATION: [&str; 4] = {
    let [first, second] = ROTATION;
    [SERVERLESS, BLUE_GREEN, first, second]
};

/// The transform of loops and of functions that CloudFormation has beside its own.
/// Source: CloudFormation Template Reference, "`AWS::LanguageExtensions` transform".
pub const LANGUAGE_EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Whether it is known what a transform does: the language extensions compute what we compute; the one of serverless
/// resources makes of each what its own properties and `Globals` say, whatever else stands in the template; the one of
/// blue/green deployments writes nothing; those of secrets make nested stacks of what rotation schedules say.
#[must_use]
pub fn is_understood(transform: &str) -> bool {
    transform == LANGUAGE_EXTENSIONS || OF_APPLICATION.contains(&transform)
}

/// IAM that the transform makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedIam<'d, 't> {
    /// The resource that it is made for.
    pub site: Site<'d, 't>,
    /// The logical id of what is made.
    pub name: String,
    /// Its type.
    pub kind: &'static str,
    /// What to write so that it is not made.
    pub instead: &'static str,
}

impl PartialEq for Site<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Site<'_, '_> {}

/// Whether the template is written for `AWS::Serverless`.
#[must_use]
pub fn is_serverless(template: &Template<'_, '_>) -> bool {
    template.transforms().iter().any(|(name, _)| *name == SERVERLESS)
}

/// Whether a value may be `AWS::NoValue`, as one that an `If` chooses.
fn may_be_absent(node: Node<'_, '_>) -> bool {
    let Some(call) = super::call(node.resolved()) else { return false };
    match call.function {
        super::Function::If => call.arguments().into_iter().skip(1).any(may_be_absent),
        super::Function::Ref => call.text() == Some("AWS::NoValue"),
        _ => false,
    }
}

/// The roles of a GraphQL API: for its logs, and for each source of data that names none.
/// Source: `aws-sam-translator` 1.115, `model/sam_resources.py`, `SamGraphQLApi`.
fn graphql(
    site: Site<'_, '_>,
    properties: Option<Node<'_, '_>>,
    add: &mut impl FnMut(String, &'static str, &'static str),
) {
    let role = "AWS::IAM::Role";
    let get = |key: &str| properties.and_then(|all| all.get(key)).map(Node::resolved);
    if get("Logging").is_some_and(|logging| logging.get("CloudWatchLogsRoleArn").is_none()) {
        add(
            format!("{}CloudWatchRole", site.name),
            role,
            "a role of your own under `CloudWatchLogsRoleArn` of `Logging`",
        );
    }
    for (kind, sources) in get("DataSources").into_iter().flat_map(Node::entries) {
        let kind = kind.as_str().unwrap_or_default();
        for (name, source) in sources.resolved().entries() {
            if matches!(kind, "DynamoDb" | "Lambda") && source.resolved().get("ServiceRoleArn").is_none() {
                let kind = if kind == "Lambda" { kind } else { "DynamoDB" };
                let name = format!("{}{}{kind}DataSourceRole", site.name, name.as_str().unwrap_or_default());
                add(name, role, "a role of your own under `ServiceRoleArn` of the source");
            }
        }
    }
}

/// The roles and policies that the transform makes, in the order of the text.
#[must_use]
pub fn generated_iam<'d, 't>(template: &Template<'d, 't>) -> Vec<GeneratedIam<'d, 't>> {
    if !is_serverless(template) {
        return Vec::new();
    }
    let globals = template.section("Globals").map(Node::resolved);
    let global = |kind: &str, property: &str| globals.and_then(|all| all.get(kind)?.resolved().get(property));
    let mut found = Vec::new();
    for site in sites(template) {
        let properties = site.value.get("Properties").map(Node::resolved);
        let has = |property: &str| properties.is_some_and(|all| all.get(property).is_some());
        let mut add = |name: String, kind: &'static str, instead: &'static str| {
            found.push(GeneratedIam { site, name, kind, instead });
        };
        let role = "AWS::IAM::Role";
        let written = "a role of your own, and `Role: !GetAtt ROLE.Arn` here";
        match site.kind {
            "AWS::Serverless::Function" => {
                let own = properties.and_then(|all| all.get("Role")).or_else(|| global("Function", "Role"));
                if own.is_none_or(may_be_absent) {
                    add(format!("{}Role", site.name), role, written);
                }
                let preference = properties
                    .and_then(|all| all.get("DeploymentPreference"))
                    .or_else(|| global("Function", "DeploymentPreference"));
                if preference.is_some_and(|preference| preference.resolved().get("Role").is_none()) {
                    add(
                        "CodeDeployServiceRole".to_owned(),
                        role,
                        "a role of your own under `DeploymentPreference: {Role: …}`",
                    );
                }
            }
            "AWS::Serverless::StateMachine" => {
                let own =
                    properties.and_then(|all| all.get("Role")).or_else(|| global("StateMachine", "Role"));
                if own.is_none_or(may_be_absent) {
                    add(format!("{}Role", site.name), role, written);
                }
            }
            "AWS::Serverless::CapacityProvider" if !has("OperatorRole") => {
                add(format!("{}OperatorRole", site.name), role, "a role of your own under `OperatorRole`");
            }
            "AWS::Serverless::GraphQLApi" => graphql(site, properties, &mut add),
            "AWS::Serverless::Connector" => {
                add(
                    format!("{}Policy", site.name),
                    "AWS::IAM::ManagedPolicy",
                    "the statements as a policy of your own",
                );
            }
            _ => {}
        }
        if site.value.get("Connectors").is_some() {
            add(
                format!("{}Policy", site.name),
                "AWS::IAM::ManagedPolicy",
                "the statements as a policy of your own",
            );
        }
        let machine = site.kind == "AWS::Serverless::StateMachine";
        for (key, event) in properties
            .and_then(|all| all.get("Events"))
            .map(Node::resolved)
            .into_iter()
            .flat_map(Node::entries)
        {
            let event = event.resolved();
            let kind = event.get("Type").and_then(Node::as_str).unwrap_or_default();
            let own = event.get("Properties").is_some_and(|all| all.resolved().get("RoleArn").is_some());
            let makes = kind == "ScheduleV2"
                || (machine && matches!(kind, "Schedule" | "EventBridgeRule" | "CloudWatchEvent" | "Api"));
            if makes && !own {
                add(
                    format!("{}{}Role", site.name, key.as_str().unwrap_or_default()),
                    role,
                    "a role of your own under `RoleArn` of the event, where it takes one",
                );
            }
        }
    }
    found.dedup_by(|a, b| a.name == b.name);
    found
}
