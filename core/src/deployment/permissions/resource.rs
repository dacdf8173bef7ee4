//! What the resources of a template need: the actions of their handlers, each on what it acts on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::{Value as Json, json};

use super::super::contents::Contents;
use super::super::names::Which;
use super::super::pattern::some;
use super::form::{acted_on, name};
use super::{Request, grouped};
use crate::expression::{Expr, lower};
use crate::syntax::{Node, parse};
use crate::template::{self, Resource};

/// ARNs, or `*`.
pub(super) type Scope = BTreeSet<String>;

/// What the handlers of a template's resources call, without what makes IAM.
pub(super) fn made(request: &Request<'_>, app: &Contents, notes: &mut Vec<String>) -> Vec<Json> {
    let parsed = parse(&app.text);
    let (Some(template), _) = template::read(&parsed.document) else { return Vec::new() };
    let known = known(request, app, Which::App);
    let mut scopes: BTreeMap<Scope, BTreeSet<String>> = BTreeMap::new();
    let mut by_action: BTreeMap<String, Scope> = BTreeMap::new();
    let (mut unknown, mut nested, mut makers) = (Vec::new(), Vec::new(), BTreeSet::new());
    for resource in template.resources.values() {
        if resource.kind.starts_with("AWS::IAM::") {
            continue;
        }
        if resource.kind.starts_with("Custom::") || resource.kind == "AWS::CloudFormation::CustomResource" {
            let (action, scope) = behind(request, resource, &template.resources, &known);
            by_action.entry(action).or_default().extend(scope);
            continue;
        }
        if resource.kind == "AWS::CloudFormation::Stack" {
            nested.push(resource.name);
        }
        let Some(actions) = request.handlers.of(resource.kind) else {
            if !resource.kind.starts_with("AWS::CloudFormation::") {
                unknown.push(resource.kind);
            }
            continue;
        };
        for (service, action) in actions {
            let name = format!("{service}:{action}");
            if *service == "iam" && !is_harmless(action) {
                // Passing roles is a statement of its own; making IAM is nothing for a handler of another type.
                if *action != "PassRole" {
                    makers.insert(name);
                }
                continue;
            }
            by_action.entry(name).or_default().extend(acted_on(request, resource, service, action, &known));
        }
    }
    for (action, scope) in by_action {
        // One that has to be on anything has no narrower place beside it.
        let scope = if scope.contains("*") { Scope::from(["*".to_owned()]) } else { scope };
        scopes.entry(scope).or_default().insert(action);
    }
    unknown.sort_unstable();
    unknown.dedup();
    if !unknown.is_empty() {
        notes.push(format!(
            "what these types need is not known, and not in the policy: {}",
            unknown.join(", ")
        ));
    }
    if !nested.is_empty() {
        notes.push(format!(
            "what the nested stacks make is not known here ({}): print their templates' permissions too",
            some(&nested)
        ));
    }
    if !makers.is_empty() {
        notes.push(format!(
            "handlers name actions that make IAM, which are left out: {}; a resource that needs them has to be deployed by a service role (`role_arn`)",
            makers.into_iter().collect::<Vec<_>>().join(", ")
        ));
    }
    grouped(scopes, "Resources")
}

/// Actions of IAM that an application's resource may need and that make no permission.
fn is_harmless(action: &str) -> bool {
    action == "CreateServiceLinkedRole" || action.starts_with("Get") || action.starts_with("List")
}

/// A text with `*` for what is not known.
pub(super) fn known_text(expr: &Expr, known: &dyn Fn(&str) -> Option<String>) -> String {
    match expr {
        Expr::Text(text) | Expr::Plain(text) => text.clone(),
        Expr::Ref(name) => known(name).unwrap_or_else(|| "*".to_owned()),
        Expr::Concat(parts) => parts.iter().map(|part| known_text(part, known)).collect(),
        Expr::Named(_, inner) => known_text(inner, known),
        _ => "*".to_owned(),
    }
}

/// What is known of references: pseudo parameters, and the values that the deployment gives. A secret is not known.
pub(super) fn known<'k>(
    request: &'k Request<'_>,
    contents: &'k Contents,
    which: Which,
) -> impl Fn(&str) -> Option<String> + 'k {
    let settings = request.settings;
    move |name: &str| match name {
        "AWS::StackName" => Some(match which {
            Which::Iam => settings.iam_stack_name.clone(),
            Which::App => settings.name.clone(),
        }),
        "AWS::Region" => Some(request.place.region.to_owned()),
        "AWS::AccountId" => Some(request.place.account.to_owned()),
        "AWS::Partition" => Some(request.partition().to_owned()),
        name if which == Which::Iam && Some(name) == contents.stack_parameter() => {
            Some(settings.name.clone())
        }
        name => {
            let declared = contents.parameters.get(name)?;
            let maps = [&settings.parameters, &settings.iam_parameters, &settings.infrastructure_parameters];
            let given = maps.into_iter().find_map(|map| map.get(name)).map(|given| given.value.clone());
            let hidden =
                declared.no_echo || given.as_ref().is_some_and(super::super::value::Value::is_hidden);
            let value = given.map(|value| value.expose().to_owned()).or_else(|| declared.default.clone());
            // What SSM holds is not what the parameter is given.
            value.filter(|value| !hidden && !value.is_empty() && !declared.kind.starts_with("AWS::SSM::"))
        }
    }
}

/// What a custom resource calls.
fn behind(
    request: &Request<'_>,
    resource: &Resource<'_, '_>,
    resources: &indexmap::IndexMap<&str, Resource<'_, '_>>,
    known: &dyn Fn(&str) -> Option<String>,
) -> (String, Scope) {
    let crate::deployment::permissions::Place { region, account } = request.place;
    let arn = |service: &str, rest: &str| {
        format!("arn:{}:{service}:{region}:{account}:{rest}", request.partition())
    };
    let token = resource.property(&["ServiceToken"]).map(lower);
    let owner = match &token {
        Some(Expr::GetAtt(name, _) | Expr::Ref(name)) => resources.get(name.as_str()),
        _ => None,
    };
    match owner {
        Some(owner) if owner.kind == "AWS::SNS::Topic" => {
            ("sns:Publish".to_owned(), Scope::from([arn("sns", &name(owner, request, known))]))
        }
        Some(owner) => (
            "lambda:InvokeFunction".to_owned(),
            Scope::from([arn("lambda", &format!("function:{}", name(owner, request, known)))]),
        ),
        None => {
            let text = token.map_or_else(|| "*".to_owned(), |token| known_text(&token, known));
            let topic = text.contains(":sns:");
            let action = if topic { "sns:Publish" } else { "lambda:InvokeFunction" };
            let scope = if text.starts_with("arn:") { text } else { arn("lambda", "function:*") };
            (action.to_owned(), Scope::from([scope]))
        }
    }
}

/// `{{resolve:ssm:NAME}}`, `{{resolve:secretsmanager:NAME:…}}`
///
/// Source: CloudFormation User Guide, "Get values stored in other services using dynamic references".
static DYNAMIC: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\{\{resolve:(?<service>ssm|ssm-secure|secretsmanager):(?<name>arn:[^}]+?|[^:}]+)(?::[^}]*)?\}\}",
    )
    .ok()
});

/// What CloudFormation reads for parameters of SSM's types and for dynamic references: with the caller's permissions.
pub(super) fn parameters(request: &Request<'_>, contents: &Contents, which: Which) -> Vec<Json> {
    let super::Place { region, account } = request.place;
    let settings = request.settings;
    let arn = |service: &str, rest: &str| {
        format!("arn:{}:{service}:{region}:{account}:{rest}", request.partition())
    };
    let (mut ssm, mut secrets) = (Scope::new(), Scope::new());
    let parameter = |name: &str| {
        if name.starts_with("arn:") {
            return name.to_owned();
        }
        // A name can be given with its version.
        let name = name.split(':').next().unwrap_or(name);
        arn("ssm", &format!("parameter/{}", name.trim_start_matches('/')))
    };
    for (name, declared) in &contents.parameters {
        if !declared.kind.starts_with("AWS::SSM::Parameter::") {
            continue;
        }
        let maps = [&settings.parameters, &settings.iam_parameters, &settings.infrastructure_parameters];
        let given = maps.into_iter().find_map(|map| map.get(name)).filter(|given| !given.value.is_hidden());
        let value = given.map(|given| given.value.expose().to_owned()).or_else(|| declared.default.clone());
        ssm.insert(
            value.filter(|value| !value.is_empty()).map_or_else(|| parameter("*"), |value| parameter(&value)),
        );
    }
    let known = known(request, contents, which);
    let parsed = parse(&contents.text);
    let texts: Vec<&str> =
        parsed.document.nodes().filter_map(Node::as_str).filter(|text| text.contains("{{resolve:")).collect();
    for captures in
        DYNAMIC.iter().flat_map(|regex| texts.iter().flat_map(move |text| regex.captures_iter(text)))
    {
        let group = |name: &str| captures.name(name).map_or("", |found| found.as_str());
        let name = substituted(group("name"), &known);
        match group("service") {
            "secretsmanager" if name.starts_with("arn:") => secrets.insert(name),
            // A secret's ARN ends in six characters that nobody chose.
            "secretsmanager" => secrets.insert(arn("secretsmanager", &format!("secret:{name}-??????"))),
            _ => ssm.insert(parameter(&name)),
        };
    }
    let statement = |sid: &str, action: &[&str], scope: Scope| {
        (!scope.is_empty())
            .then(|| json!({"Sid": sid, "Effect": "Allow", "Action": action, "Resource": scope}))
    };
    [
        statement("SsmValues", &["ssm:GetParameter", "ssm:GetParameters"], ssm),
        statement("Secrets", &["secretsmanager:GetSecretValue"], secrets),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A text of a `Sub` with what is known of its variables, `*` for the rest.
fn substituted(text: &str, known: &dyn Fn(&str) -> Option<String>) -> String {
    let (mut result, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        result.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        result.push_str(&known(name).unwrap_or_else(|| "*".to_owned()));
        rest = after;
    }
    result + rest
}
