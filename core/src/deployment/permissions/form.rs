//! The ARNs on which an action of a resource's handler acts: the forms of the data, bounded by the resource's own name.

use super::Request;
use super::resource::{Scope, known_text};
use crate::expression::{Expr, lower};
use crate::facts::{Generated, Meaning, generated_pattern, resource_type};
use crate::template::Resource;

/// What is known of references.
type Known<'k> = dyn Fn(&str) -> Option<String> + 'k;

/// What stands around the name in ARNs whose forms in the data end at their first variable, where the type's row has no
/// ARN: service, kind, what goes before the name, what follows it.
///
/// Source: Service Authorization Reference, "Resource types defined by" Amazon EventBridge, AWS CodeDeploy, AWS Glue,
/// Amazon CloudWatch Logs.
const AROUND: [(&str, &str, &str, &str); 5] = [
    ("codedeploy", "deploymentgroup", "*/", ""),
    ("events", "api-destination", "", "/*"),
    ("events", "connection", "", "/*"),
    ("glue", "table", "*/", ""),
    ("logs", "log-stream", "*:log-stream:", ""),
];

/// The ARNs that an action of a resource's handler acts on: bounded by the resource's name where the form is that of
/// the resource's own kind.
pub(super) fn acted_on(
    request: &Request<'_>,
    resource: &Resource<'_, '_>,
    service: &str,
    action: &str,
    known: &Known<'_>,
) -> Scope {
    if (service, action) == ("iam", "CreateServiceLinkedRole") {
        return Scope::from([request.iam_arn("role/aws-service-role/*")]);
    }
    let mut scope = Scope::new();
    let own_kind = plain(resource.kind.rsplit("::").next().unwrap_or_default());
    let forms = request.handlers.forms(service, action).chain(unlisted(service, action));
    for (kind, form) in forms {
        let mut parts = form.splitn(6, ':');
        let head: Vec<String> = parts.by_ref().take(5).map(|part| place(request, part)).collect();
        let rest = parts.next().unwrap_or("*");
        let head = head.join(":");
        if !plain(kind).starts_with(&own_kind) {
            scope.insert(format!("{head}:{rest}"));
            continue;
        }
        let constant = rest.split('*').next().unwrap_or_default();
        let stem = format!("{head}:{constant}");
        let of_row: Vec<String> =
            own(request, resource, known).into_iter().filter(|arn| arn.starts_with(&stem)).collect();
        if !of_row.is_empty() {
            // Tags of log groups are on the ARN without its end, all else is on the one with it.
            // Source: Service Authorization Reference, "Amazon CloudWatch Logs", resource type `log-group`.
            scope.extend(of_row.iter().filter_map(|arn| arn.strip_suffix(":*")).map(str::to_owned));
            scope.extend(of_row);
            continue;
        }
        let name = name(resource, request, known);
        let name = name.strip_prefix(constant).unwrap_or(&name).trim_start_matches('/');
        let around = AROUND.iter().find(|(of, noun, ..)| (*of, *noun) == (service, kind));
        let (before, after) = around.map_or(("", ""), |(_, _, before, after)| (*before, *after));
        // Where nothing says what stands before and behind a name, it may stand anywhere.
        let rest = if constant.is_empty() && service != "s3" {
            rest.to_owned()
        } else {
            rest.replacen('*', &format!("{before}{name}{after}"), 1)
        };
        scope.insert(format!("{head}:{rest}"));
    }
    if scope.is_empty() {
        scope.insert("*".to_owned());
    }
    scope
}

/// What the data does not have: cfn-lint lists no resources for the actions of Secrets Manager.
///
/// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Secrets Manager".
fn unlisted(service: &str, action: &str) -> Option<(&'static str, &'static str)> {
    let takes = !matches!(action, "BatchGetSecretValue" | "GetRandomPassword" | "ListSecrets");
    (service == "secretsmanager" && takes).then_some(("Secret", "arn:P:secretsmanager:R:A:secret:*"))
}

/// A part of a form before the resource: partition, region, account, or as it is.
fn place(request: &Request<'_>, part: &str) -> String {
    match part {
        "P" => request.partition().to_owned(),
        "R" => request.place.region.to_owned(),
        "A" | "${AccountId}" => request.place.account.to_owned(),
        // Another's account.
        other if other.contains("${") => "*".to_owned(),
        other => other.to_owned(),
    }
}

fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

/// The resource's ARNs, as its type's row composes them.
fn own(request: &Request<'_>, resource: &Resource<'_, '_>, known: &Known<'_>) -> Vec<String> {
    let Some(row) = resource_type(resource.kind) else { return Vec::new() };
    let mut texts = Vec::new();
    for meaning in row.attributes.iter().map(|(_, meaning)| meaning).chain([&row.reference]) {
        match meaning {
            Meaning::Text(text) => texts.push(*text),
            Meaning::ByProperty { property, given, absent } => {
                let value = resource.property(&[property]).map(|node| known_text(&lower(node), known));
                // What is computed may be absent too.
                let is_open = value.as_ref().is_some_and(|value| value.contains('*'));
                texts.extend(value.is_some().then_some(*given));
                texts.extend((value.is_none() || is_open).then_some(*absent));
            }
            Meaning::Name | Meaning::Opaque => {}
        }
    }
    let arns = texts.into_iter().filter(|text| text.starts_with("arn:"));
    arns.map(|text| filled(text, request, resource, known)).collect()
}

/// A row's text with what is known of its variables, `*` for the rest.
fn filled(text: &str, request: &Request<'_>, resource: &Resource<'_, '_>, known: &Known<'_>) -> String {
    let (mut result, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        result.push_str(before);
        let Some((variable, after)) = after.split_once('}') else { break };
        rest = after;
        match variable {
            "Name" => result.push_str(&name(resource, request, known)),
            "*" | "??????" => result.push_str(variable),
            of => match of.strip_prefix('.') {
                Some(property) => {
                    let value = resource.property(&[property]).map(|node| known_text(&lower(node), known));
                    let value = value.unwrap_or_else(|| "*".to_owned());
                    // Templates also give an ARN where the name behind its first slash is meant.
                    let behind = value.split_once('/').filter(|_| value.starts_with("arn:"));
                    result.push_str(behind.map_or(value.as_str(), |(_, name)| name));
                }
                None => result.push_str(&known(of).unwrap_or_else(|| "*".to_owned())),
            },
        }
    }
    result + rest
}

/// The physical name that a resource will have, with `*` for what is not known.
pub(super) fn name(resource: &Resource<'_, '_>, request: &Request<'_>, known: &Known<'_>) -> String {
    let any = || "*".to_owned();
    let Some(row) = resource_type(resource.kind) else { return any() };
    let explicit = (!row.name_property.is_empty()).then(|| resource.property(row.name_property)).flatten();
    let name = if let Some(node) = explicit {
        Some(known_text(&lower(node), known))
    } else if matches!(row.generated, Generated::None) {
        None
    } else {
        let stack = Expr::text(&request.settings.name);
        generated_pattern(row.generated, resource.name, &stack)
            .map(|pattern| known_text(&pattern.pattern, known))
    };
    name.filter(|name| !name.is_empty()).unwrap_or_else(any)
}
