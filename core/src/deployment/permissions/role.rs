//! Roles and policies: making them, passing them on, looking at them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::super::contents::Contents;
use super::super::names::Which;
use super::resource::{known, known_text};
use super::{Request, Scope, grouped};
use crate::expression::lower;
use crate::facts::iam_type;
use crate::syntax::{Kind, Node, parse};
use crate::template::{self, Resource, Template};

/// The properties that name a resource of IAM.
const NAMES: [&str; 5] = ["RoleName", "ManagedPolicyName", "InstanceProfileName", "GroupName", "UserName"];

/// Actions that IAM admits only for a role with a certain boundary, where that is asked for.
///
/// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS IAM":
/// `iam:PermissionsBoundary`.
const BOUNDED: [&str; 6] = [
    "AttachRolePolicy",
    "CreateRole",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
];

/// What IAM's own service does not say in its schemas: tags are dropped silently without these.
///
/// Source: cloudformation-coverage-roadmap 1859; the boundary's removal is left out where one is asked for.
fn tags(kind: &str) -> &'static [&'static str] {
    match kind {
        "AWS::IAM::ManagedPolicy" => &["ListPolicyTags", "TagPolicy", "UntagPolicy"],
        "AWS::IAM::Role" => &["ListRoleTags", "TagRole", "UntagRole"],
        "AWS::IAM::User" => &["ListUserTags", "TagUser", "UntagUser"],
        "AWS::IAM::InstanceProfile" => {
            &["ListInstanceProfileTags", "TagInstanceProfile", "UntagInstanceProfile"]
        }
        _ => &[],
    }
}

/// With what the names begin that a stack makes: a longer stack name is cut, 25 characters are left of it at least.
pub(super) fn begin(stack: &str) -> String {
    stack.chars().take(25).collect()
}

/// With what the names of a stack's resources begin. What a migration moved into the IAM stack keeps the name that the
/// application stack gave it.
///
/// Source: CloudFormation User Guide, "Stack refactoring": physical ids stay as they are.
fn beginnings(request: &Request<'_>, stack: &str) -> BTreeSet<String> {
    let settings = request.settings;
    let moved = (request.external() && stack == settings.iam_stack_name).then_some(settings.name.as_str());
    moved.into_iter().chain([stack]).map(begin).collect()
}

/// The ARNs of a resource of IAM: an explicit name as it will be, a generated one by the stack's name, with which it
/// begins. None for what has no ARN of its own.
fn arns(
    resource: &Resource<'_, '_>,
    stack: &str,
    request: &Request<'_>,
    known: &dyn Fn(&str) -> Option<String>,
) -> Scope {
    let Some(noun) = iam_type(resource.kind).map(|row| row.arn_noun).filter(|noun| !noun.is_empty()) else {
        return Scope::new();
    };
    let text = |property: &str| {
        let text = resource.property(&[property]).map(|node| known_text(&lower(node), known));
        text.filter(|text| !text.is_empty())
    };
    let path = text("Path").unwrap_or_else(|| "/".to_owned());
    let names = match NAMES.iter().find_map(|property| text(property)) {
        Some(name) => BTreeSet::from([name]),
        None => beginnings(request, stack).into_iter().map(|begin| format!("{begin}-*")).collect(),
    };
    names.into_iter().map(|name| request.iam_arn(&format!("{noun}{path}{name}"))).collect()
}

fn which(request: &Request<'_>, contents: &Contents) -> Which {
    let of_iam = request.iam.is_some_and(|iam| std::ptr::eq(iam, contents));
    if of_iam { Which::Iam } else { Which::App }
}

/// What making, changing and deleting a template's resources of IAM needs, on their ARNs alone.
pub(super) fn made(request: &Request<'_>, contents: &Contents, stack: &str) -> Vec<Json> {
    let parsed = parse(&contents.text);
    let (Some(template), _) = template::read(&parsed.document) else { return Vec::new() };
    let known = known(request, contents, which(request, contents));
    let mut scopes: BTreeMap<(Option<String>, &str, Scope), BTreeSet<String>> = BTreeMap::new();
    let mut by_kind: BTreeMap<(&str, Option<String>), Scope> = BTreeMap::new();
    for resource in template.resources.values().filter(|resource| resource.kind.starts_with("AWS::IAM::")) {
        let boundary =
            resource.property(&["PermissionsBoundary"]).map(|node| known_text(&lower(node), &known));
        let own = arns(resource, stack, request, &known);
        let scope = if own.is_empty() { holders(request, resource, &template, stack, &known) } else { own };
        by_kind.entry((resource.kind, boundary)).or_default().extend(scope);
    }
    for ((kind, boundary), scope) in by_kind {
        let handled = request.handlers.of(kind).unwrap_or_default().iter();
        let actions = handled.filter(|(service, _)| *service == "iam").map(|(_, action)| *action);
        for action in actions.chain(tags(kind).iter().copied()) {
            let bound = boundary.is_some() && BOUNDED.contains(&action);
            // Who may take a boundary away has none.
            if action == "PassRole" || boundary.is_some() && action == "DeleteRolePermissionsBoundary" {
                continue;
            }
            // A managed policy's handler attaches it to roles, users and groups that its template names.
            let attaches = action.starts_with("Attach") || action.starts_with("Detach");
            let scope = if attaches && kind == "AWS::IAM::ManagedPolicy" {
                let noun = ["Role", "User", "Group"].into_iter().find(|noun| action.contains(noun));
                let listed = noun.and_then(|noun| listed(&template, &format!("{noun}s")).then_some(noun));
                match listed {
                    Some(noun) => Scope::from([request.iam_arn(&format!("{}/*", noun.to_lowercase()))]),
                    None => continue,
                }
            } else {
                scope.clone()
            };
            let key = (boundary.clone().filter(|_| bound), kind, scope);
            scopes.entry(key).or_default().insert(format!("iam:{action}"));
        }
    }
    let mut statements = Vec::new();
    for (at, ((boundary, kind, scope), actions)) in scopes.into_iter().enumerate() {
        let noun = kind.rsplit("::").next().unwrap_or(kind);
        let mut statement = json!({"Sid": format!("{noun}{}", at + 1), "Effect": "Allow", "Action": actions, "Resource": scope});
        if let (Some(boundary), Some(fields)) = (boundary, statement.as_object_mut()) {
            let operator = if boundary.contains('*') { "StringLike" } else { "StringEquals" };
            fields.insert("Condition".to_owned(), json!({operator: {"iam:PermissionsBoundary": boundary}}));
        }
        statements.push(statement);
    }
    // A profile passes its role on to EC2.
    if template.resources.values().any(|resource| resource.kind == "AWS::IAM::InstanceProfile") {
        let roles = of_kind(request, &template, "AWS::IAM::Role", stack, &known);
        statements.push(pass("ProfileRoles", &roles, &BTreeSet::from(["ec2.amazonaws.com".to_owned()])));
    }
    statements
}

/// Whether a managed policy of the template names whom it is attached to.
fn listed(template: &Template<'_, '_>, property: &str) -> bool {
    template.resources.values().any(|resource| {
        resource.kind == "AWS::IAM::ManagedPolicy" && resource.property(&[property]).is_some()
    })
}

/// Whom a policy without an ARN of its own is part of: the roles, users or groups that it names.
fn holders(
    request: &Request<'_>,
    resource: &Resource<'_, '_>,
    template: &Template<'_, '_>,
    stack: &str,
    known: &dyn Fn(&str) -> Option<String>,
) -> Scope {
    let mut scope = Scope::new();
    for (single, list, noun) in
        [("RoleName", "Roles", "role"), ("UserName", "Users", "user"), ("GroupName", "Groups", "group")]
    {
        let one = resource.property(&[single]);
        let many = resource.property(&[list]).into_iter().flat_map(Node::items);
        for node in one.into_iter().chain(many) {
            let expr = lower(node);
            let own = match &expr {
                crate::expression::Expr::Ref(name) => template.resources.get(name.as_str()),
                _ => None,
            };
            let own = own.map(|own| arns(own, stack, request, known)).unwrap_or_default();
            if !own.is_empty() {
                scope.extend(own);
                continue;
            }
            let name = known_text(&expr, known);
            // The role's name comes from the IAM stack, with whose name it begins.
            let names = if name == "*" && request.external() {
                let stack = &request.settings.iam_stack_name;
                beginnings(request, stack).into_iter().map(|begin| format!("{begin}-*")).collect()
            } else {
                vec![name]
            };
            scope.extend(names.into_iter().map(|name| request.iam_arn(&format!("{noun}/{name}"))));
        }
    }
    if scope.is_empty() {
        scope.insert(request.iam_arn("role/*"));
    }
    scope
}

fn of_kind(
    request: &Request<'_>,
    template: &Template<'_, '_>,
    kind: &str,
    stack: &str,
    known: &dyn Fn(&str) -> Option<String>,
) -> Scope {
    let ours = template.resources.values().filter(|resource| resource.kind == kind);
    ours.flat_map(|resource| arns(resource, stack, request, known)).collect()
}

fn pass(sid: &str, roles: &Scope, services: &BTreeSet<String>) -> Json {
    let condition = if services.contains("*") {
        json!({"StringLike": {"iam:PassedToService": "*.amazonaws.com"}})
    } else {
        json!({"StringEquals": {"iam:PassedToService": services}})
    };
    json!({"Sid": sid, "Effect": "Allow", "Action": "iam:PassRole", "Resource": roles, "Condition": condition})
}

/// Passing on the very roles that the application uses, each to the services that its trust policy names.
pub(super) fn passed(request: &Request<'_>, owner: Option<&Contents>, app: &Contents) -> Vec<Json> {
    let stack = if request.external() { &request.settings.iam_stack_name } else { &request.settings.name };
    let mut by_services: BTreeMap<BTreeSet<String>, Scope> = BTreeMap::new();
    let any = BTreeSet::from(["*".to_owned()]);
    match owner {
        Some(contents) => {
            let parsed = parse(&contents.text);
            if let (Some(template), _) = template::read(&parsed.document) {
                let known = known(request, contents, which(request, contents));
                for role in template.resources.values().filter(|one| one.kind == "AWS::IAM::Role") {
                    let services = trusted(role).unwrap_or_else(|| any.clone());
                    let arns = arns(role, stack, request, &known);
                    if !services.is_empty() && !arns.is_empty() {
                        by_services.entry(services).or_default().extend(arns);
                    }
                }
            }
        }
        // Without the IAM template the stack's name says with what the roles' names begin.
        None if app.iam_parameters().next().is_some() => {
            let begins = beginnings(request, stack).into_iter();
            let arns = begins.map(|begin| request.iam_arn(&format!("role/{begin}-*")));
            by_services.entry(any).or_default().extend(arns);
        }
        None => {}
    }
    let roles: Scope = by_services.values().flatten().cloned().collect();
    let mut statements: Vec<Json> = by_services
        .into_iter()
        .enumerate()
        .map(|(at, (services, roles))| pass(&format!("PassRoles{}", at + 1), &roles, &services))
        .collect();
    if !roles.is_empty() {
        statements
            .push(json!({"Sid": "SeeRoles", "Effect": "Allow", "Action": ["iam:GetRole", "iam:ListRoleTags"], "Resource": roles}));
    }
    statements
}

/// The services that a role's trust policy names; `None` where that cannot be told.
fn trusted(role: &Resource<'_, '_>) -> Option<BTreeSet<String>> {
    let document = role.property(&["AssumeRolePolicyDocument"])?;
    let statement = document.resolved().get("Statement")?.resolved();
    let one = (statement.kind() == Kind::Mapping).then_some(statement);
    let mut services = BTreeSet::new();
    for statement in one.into_iter().chain(statement.items().map(Node::resolved)) {
        // Whom it trusts beside services assumes the role by itself: nobody passes it on.
        let Some(principal) = statement.get("Principal").map(Node::resolved) else { continue };
        if principal.kind() != Kind::Mapping {
            continue;
        }
        if !principal.tag().is_empty() {
            return None;
        }
        let Some(service) = principal.get("Service").map(Node::resolved) else { continue };
        let one = (service.kind() != Kind::Sequence).then_some(service);
        for name in one.into_iter().chain(service.items().map(Node::resolved)) {
            let name = name.literal()?;
            services.extend(everywhere(name));
            services.insert(name.to_owned());
        }
    }
    Some(services)
}

/// A service's name in a region, as trust policies may say it, without the region: it is passed on under that name.
///
/// Source: IAM User Guide, "AWS JSON policy elements: Principal", "AWS service principals": `SERVICE.REGION.amazonaws.com`;
/// condition key `iam:PassedToService`.
fn everywhere(service: &str) -> Option<String> {
    let (name, rest) = service.split_once('.')?;
    let (region, suffix) = rest.split_once('.')?;
    let is_region =
        region.bytes().last().is_some_and(|byte| byte.is_ascii_digit()) && region.matches('-').count() >= 2;
    (is_region && suffix.starts_with("amazonaws.")).then(|| format!("{name}.{suffix}"))
}

/// What gates and a deletion look at.
pub(super) fn looked_at(request: &Request<'_>, iam: &Contents) -> Vec<Json> {
    let parsed = parse(&iam.text);
    let (Some(template), _) = template::read(&parsed.document) else { return Vec::new() };
    let known = known(request, iam, Which::Iam);
    let stack = &request.settings.iam_stack_name;
    let mut scopes: BTreeMap<Scope, BTreeSet<String>> = BTreeMap::new();
    for (kind, actions) in [
        ("AWS::IAM::Role", &["iam:ListAttachedRolePolicies", "iam:ListRoleTags"][..]),
        ("AWS::IAM::ManagedPolicy", &["iam:ListEntitiesForPolicy"]),
    ] {
        let scope = of_kind(request, &template, kind, stack, &known);
        if !scope.is_empty() {
            scopes.entry(scope).or_default().extend(actions.iter().map(|action| (*action).to_owned()));
        }
    }
    grouped(scopes, "SeeIam")
}

/// What the move of a template's resources does to them: tags come off and on.
pub(super) fn moved(request: &Request<'_>, iam: &Contents) -> Vec<Json> {
    let parsed = parse(&iam.text);
    let (Some(template), _) = template::read(&parsed.document) else { return Vec::new() };
    let known = known(request, iam, Which::Iam);
    let mut scopes: BTreeMap<Scope, BTreeSet<String>> = BTreeMap::new();
    for (kind, actions) in [
        ("AWS::IAM::Role", &["iam:GetRole", "iam:ListRoleTags", "iam:TagRole", "iam:UntagRole"][..]),
        (
            "AWS::IAM::ManagedPolicy",
            &["iam:GetPolicy", "iam:ListPolicyTags", "iam:TagPolicy", "iam:UntagPolicy"],
        ),
    ] {
        // Their names begin with the name of the stack in which they were made.
        let scope = of_kind(request, &template, kind, &request.settings.name, &known);
        if !scope.is_empty() {
            scopes.entry(scope).or_default().extend(actions.iter().map(|action| (*action).to_owned()));
        }
    }
    grouped(scopes, "Move")
}
