//! The AWS permissions that each team needs for its stack, as an IAM policy: enough, and no more than can be told.
//!
//! What CloudFormation's handlers call comes from the registry's schemas ([`Handlers`]), what the command calls from
//! a list that a test holds against its calls.

mod calls;
mod form;
mod handlers;
mod resource;
mod role;
mod transform;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::contents::Contents;
use super::names::{self, Which};
use super::pattern;
use super::settings::{Location, Pattern, Settings};

pub use handlers::Handlers;
use resource::Scope;
pub(crate) use whole::merged;
pub use whole::{LIMIT, parts, size};

/// Where the stacks are.
#[derive(Clone, Debug)]
pub struct Place<'p> {
    /// The region.
    pub region: &'p str,
    /// The account's number, or `*`.
    pub account: &'p str,
}

/// For whom a policy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Team {
    /// Those who deploy the IAM stack.
    Iam,
    /// Those who deploy the application stack.
    App,
    /// Those who deploy both stacks: what either team may, and nothing denied.
    Both,
    /// Those who move a running monolith's IAM: beside what those who deploy both stacks may.
    Migrate,
}

/// With what the stacks are deployed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tool {
    /// This command.
    #[default]
    IamSplit,
    /// Terraform, by `aws_cloudformation_stack`.
    Terraform,
}

/// What a policy is made of.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// For whom.
    pub team: Team,
    /// With what they deploy.
    pub tool: Tool,
    /// The deployment.
    pub settings: &'r Settings,
    /// The IAM template, where it is at hand.
    pub iam: Option<&'r Contents>,
    /// The application template, where it is at hand.
    pub app: Option<&'r Contents>,
    /// Where the stacks are.
    pub place: &'r Place<'r>,
    /// What the handlers call.
    pub handlers: &'r Handlers<'r>,
}

impl Request<'_> {
    fn partition(&self) -> &'static str {
        names::partition(self.place.region)
    }

    fn external(&self) -> bool {
        pattern::pattern(self.settings, self.app) == Pattern::External
    }

    fn stack_arn(&self, name: &str) -> String {
        let Place { region, account } = self.place;
        format!("arn:{}:cloudformation:{region}:{account}:stack/{name}/*", self.partition())
    }

    fn iam_arn(&self, path: &str) -> String {
        format!("arn:{}:iam::{}:{path}", self.partition(), self.place.account)
    }
}

/// The policy for a team, and what has to be said with it.
#[must_use]
pub fn policy(request: &Request<'_>) -> (Json, Vec<String>) {
    let mut notes = Vec::new();
    let statements = match request.team {
        Team::Iam => of_iam_team(request, &mut notes),
        Team::App => of_app_team(request, &mut notes),
        Team::Both => {
            let mut statements =
                if request.external() { of_iam_team(request, &mut notes) } else { Vec::new() };
            statements.extend(of_app_team(request, &mut notes));
            merged(statements)
        }
        Team::Migrate => of_migration(request, &mut notes),
    };
    let mut said = BTreeSet::new();
    notes.retain(|note| said.insert(note.clone()));
    (json!({"Version": "2012-10-17", "Statement": statements}), notes)
}

/// What has to be said of roles that a migration moved: they keep their names.
fn moved(request: &Request<'_>, notes: &mut Vec<String>) {
    notes.push(format!(
        "roles and policies that `iam-split migrate` moved keep names that begin with `{}-`, so that the policy allows these too; take them out where nothing was migrated",
        role::begin(&request.settings.name)
    ));
}

fn of_iam_team(request: &Request<'_>, notes: &mut Vec<String>) -> Vec<Json> {
    let settings = request.settings;
    let mut statements = of_stack(request, &settings.iam_stack_name);
    statements.extend(request.iam.into_iter().flat_map(|iam| transform::asked(request, iam, notes)));
    statements.push(json!({
        "Sid": "Other", "Effect": "Allow", "Action": calls::OF_IAM_TEAM_ON_OTHER,
        "Resource": request.stack_arn(&settings.name),
    }));
    statements.extend(of_bucket(request, Which::Iam));
    if let Some(iam) = request.iam {
        // Gate 2 looks at tags, a deletion at what is attached from outside.
        statements.extend(role::looked_at(request, iam));
        moved(request, notes);
    }
    match (&settings.iam_role_arn, request.iam) {
        (Some(role), _) => statements.push(service_role(role, notes)),
        (None, Some(iam)) => {
            statements.extend(role::made(request, iam, &settings.iam_stack_name));
            statements.extend(resource::parameters(request, iam, Which::Iam));
        }
        (None, None) => {}
    }
    statements
}

fn of_app_team(request: &Request<'_>, notes: &mut Vec<String>) -> Vec<Json> {
    let settings = request.settings;
    let mut statements = of_stack(request, &settings.name);
    statements.extend(request.app.into_iter().flat_map(|app| transform::asked(request, app, notes)));
    if request.external() {
        statements.push(json!({
            "Sid": "Outputs", "Effect": "Allow", "Action": calls::ON_OTHER,
            "Resource": request.stack_arn(&settings.iam_stack_name),
        }));
    }
    statements.extend(of_bucket(request, Which::App));
    if request.external() && request.team == Team::App {
        // Whoever writes the IAM template decides what the application may do.
        statements.push(json!({
            "Sid": "NotTheIamTemplate", "Effect": "Deny",
            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"],
            "Resource": of_iam_template(request),
        }));
    }
    if request.tool == Tool::IamSplit {
        let Place { region, account } = request.place;
        statements.extend(calls::of_runtime(region, account, request.partition()));
    }
    if let Some(role) = &settings.role_arn {
        statements.push(service_role(role, notes));
        return statements;
    }
    let Some(app) = request.app else {
        notes.push("without the application template what its resources need is not known".to_owned());
        return statements;
    };
    if request.external() {
        moved(request, notes);
    }
    // The stack whose roles are passed on: its own in the inline pattern.
    let owner = if request.external() { request.iam } else { Some(app) };
    statements.extend(role::passed(request, owner, app));
    statements.extend(resource::made(request, app, notes));
    statements.extend(resource::parameters(request, app, Which::App));
    let makes = app.resources.values().any(|kind| kind.starts_with("AWS::IAM::"));
    if makes {
        statements.extend(role::made(request, app, &settings.name));
        if request.external() {
            let attached: Vec<&str> = app
                .resources
                .iter()
                .filter(|(_, kind)| kind.starts_with("AWS::IAM::"))
                .map(|(name, _)| name.as_str())
                .collect();
            notes.push(format!(
                "the application template makes IAM itself ({}): the policy holds what that needs, and no more",
                pattern::some(&attached)
            ));
        }
    }
    statements
}

fn of_migration(request: &Request<'_>, notes: &mut Vec<String>) -> Vec<Json> {
    let settings = request.settings;
    let stacks = [request.stack_arn(&settings.name), request.stack_arn(&settings.iam_stack_name)];
    let mut statements = vec![
        json!({"Sid": "Stacks", "Effect": "Allow", "Action": calls::ON_BOTH, "Resource": stacks}),
        json!({"Sid": "Refactor", "Effect": "Allow", "Action": calls::OF_REFACTORING, "Resource": "*"}),
    ];
    if let Some(iam) = request.iam {
        statements.extend(role::moved(request, iam));
    }
    // The monolith, and what says where it is: written under the stack's name, read under an older one too.
    let object = |key: &str| format!("arn:{}:s3:::{}/{key}", request.partition(), settings.bucket);
    let key = names::migration_key(&settings.prefix, &settings.name);
    let monolith = object(&format!("{}-app/*", settings.prefix));
    statements.extend([
        json!({
            "Sid": "WayBack", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": [object(&key), monolith],
        }),
        json!({
            "Sid": "WayBackOfBefore", "Effect": "Allow", "Action": "s3:GetObject",
            "Resource": object(&names::old_migration_key(&settings.prefix)),
        }),
        json!({
            "Sid": "Bucket", "Effect": "Allow", "Action": calls::ON_BUCKET,
            "Resource": format!("arn:{}:s3:::{}", request.partition(), settings.bucket),
        }),
    ]);
    notes.push("beside what `permissions both` prints: a migration deploys both stacks".to_owned());
    statements
}

/// The objects of the IAM template: those under its names, in the bucket of a Terraform root of its own too, and the one
/// that was given by its address.
fn of_iam_template(request: &Request<'_>) -> Scope {
    let settings = request.settings;
    let bucket = |name: &str, key: &str| format!("arn:{}:s3:::{name}/{key}", request.partition());
    let mut objects = Scope::from([bucket(&settings.bucket, &format!("{}-iam*", settings.prefix))]);
    if request.tool == Tool::Terraform {
        objects.insert(bucket(&format!("{}-iam", settings.bucket), "*"));
    }
    if let Some(Location::Url(url)) = &settings.iam_template
        && let Some((name, key)) = names::object(url)
    {
        objects.insert(bucket(&name, &key));
    }
    objects
}

/// What the tool calls on the team's own stack.
fn of_stack(request: &Request<'_>, name: &str) -> Vec<Json> {
    let mut actions: Vec<&str> = calls::ON_STACK.to_vec();
    if request.tool == Tool::Terraform {
        actions.extend(calls::OF_TERRAFORM);
        actions.sort_unstable();
    }
    // The events of a change set and of an operation are asked for by their own ids.
    let stack = request.stack_arn(name);
    let Place { region, account } = request.place;
    let sets =
        format!("arn:{}:cloudformation:{region}:{account}:changeSet/iam-split-*/*", request.partition());
    let resources = if request.tool == Tool::Terraform { json!(stack) } else { json!([stack, sets]) };
    vec![
        json!({"Sid": "Stack", "Effect": "Allow", "Action": actions, "Resource": resources}),
        json!({"Sid": "Look", "Effect": "Allow", "Resource": "*", "Action": calls::ANYWHERE}),
    ]
}

fn service_role(role: &str, notes: &mut Vec<String>) -> Json {
    notes
        .push(format!("CloudFormation works as `{role}`: that role needs the permissions for the resources"));
    json!({
        "Sid": "ServiceRole", "Effect": "Allow", "Action": "iam:PassRole", "Resource": role,
        "Condition": {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
    })
}

/// The bucket: the team that comes first makes it, each writes its own template.
fn of_bucket(request: &Request<'_>, which: Which) -> Vec<Json> {
    let (settings, partition) = (request.settings, request.partition());
    let location = match which {
        Which::Iam => &settings.iam_template,
        Which::App => &settings.template,
    };
    let mut statements = Vec::new();
    // An address is read by CloudFormation with the caller's permissions.
    if let Some(Location::Url(url)) = location
        && let Some((name, key)) = names::object(url)
    {
        let of_version = matches!(names::object_version(url), Ok(Some(_)));
        statements.push(json!({
            "Sid": "Given", "Effect": "Allow",
            "Action": if of_version { "s3:GetObjectVersion" } else { "s3:GetObject" },
            "Resource": format!("arn:{partition}:s3:::{name}/{key}"),
        }));
    }
    let bucket = format!("arn:{partition}:s3:::{}", settings.bucket);
    let suffix = if which == Which::Iam { "iam" } else { "app" };
    statements.extend([
        json!({"Sid": "Bucket", "Effect": "Allow", "Resource": bucket, "Action": calls::ON_BUCKET}),
        json!({
            "Sid": "Template", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": [
                format!("{bucket}/{}-{suffix}/*", settings.prefix),
                format!("{bucket}/{}-{suffix}.*", settings.prefix),
                format!("{bucket}/{}-{suffix}-*", settings.prefix),
            ],
        }),
    ]);
    statements
}

/// Statements of actions that act on the same resources, in one each.
fn grouped(scopes: BTreeMap<Scope, BTreeSet<String>>, sid: &str) -> Vec<Json> {
    let many = scopes.len() > 1;
    scopes
        .into_iter()
        .enumerate()
        .map(|(at, (scope, actions))| {
            let name = if many { format!("{sid}{}", at + 1) } else { sid.to_owned() };
            let resources: Vec<String> = scope.into_iter().collect();
            let resources = match resources.as_slice() {
                [one] => json!(one),
                _ => json!(resources),
            };
            json!({"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources})
        })
        .collect()
}

#[cfg(test)]
mod tests;
