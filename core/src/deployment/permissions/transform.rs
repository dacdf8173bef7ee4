//! Transforms and macros: a change set of a template with one is a change set on the transform too.

use serde_json::{Value as Json, json};

use super::super::contents::Contents;
use super::resource::Scope;
use super::{Place, Request};
use crate::syntax::{Node, parse};
use crate::template;

/// What a template's transforms and macros need of whoever makes its change set.
///
/// Source: CloudFormation User Guide, "Control CloudFormation access with IAM", "Allow users to create change sets with
/// AWS-provided transforms": `cloudformation:CreateChangeSet` on `arn:aws:cloudformation:REGION:aws:transform/NAME`; "Perform
/// custom processing on CloudFormation templates with template macros": the caller invokes the macro's function.
pub(super) fn asked(request: &Request<'_>, contents: &Contents, notes: &mut Vec<String>) -> Vec<Json> {
    let parsed = parse(&contents.text);
    let (Some(template), _) = template::read(&parsed.document) else { return Vec::new() };
    let (mut names, mut included) = (Scope::new(), Scope::new());
    let mut locations = Vec::new();
    let called = parsed.document.nodes().filter_map(|node| match node.tag() {
        "!Transform" => Some(node),
        _ => node.get("Fn::Transform"),
    });
    let section = template.transforms();
    names.extend(section.iter().map(|(name, _)| (*name).to_owned()));
    for node in called.chain(section.iter().map(|(_, node)| *node)).map(Node::resolved) {
        let Some(name) = node.get("Name").and_then(Node::as_str) else { continue };
        names.insert(name.to_owned());
        if name == "AWS::Include" {
            let parameters = node.get("Parameters").map(Node::resolved);
            locations.push(
                parameters.and_then(|all| all.get("Location")).and_then(|one| one.resolved().literal()),
            );
        }
    }
    for location in locations {
        match location.and_then(|location| location.strip_prefix("s3://")) {
            Some(object) => {
                included.insert(format!("arn:{}:s3:::{object}", request.partition()));
            }
            None => notes.push(
                "whoever deploys reads what `AWS::Include` brings in: `s3:GetObject` on its object is not in the policy"
                    .to_owned(),
            ),
        }
    }
    let Place { region, account } = request.place;
    let partition = request.partition();
    let mut transforms = Scope::new();
    for name in names.iter().filter(|name| *name != "?") {
        if let Some(own) = name.strip_prefix("AWS::") {
            transforms.insert(format!("arn:{partition}:cloudformation:{region}:aws:transform/{own}"));
        } else {
            transforms.insert(format!("arn:{partition}:cloudformation:{region}:{account}:transform/{name}"));
            notes.push(format!(
                "the macro `{name}` runs a function: whoever deploys needs `lambda:InvokeFunction` on it, which is not in the policy"
            ));
        }
    }
    let statement = |sid: &str, action: &str, scope: Scope| {
        (!scope.is_empty())
            .then(|| json!({"Sid": sid, "Effect": "Allow", "Action": action, "Resource": scope}))
    };
    [
        statement("Transforms", "cloudformation:CreateChangeSet", transforms),
        statement("Included", "s3:GetObject", included),
    ]
    .into_iter()
    .flatten()
    .collect()
}
