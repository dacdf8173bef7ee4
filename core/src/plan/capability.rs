//! The capabilities that creating a stack asks its caller to acknowledge.

use serde::Serialize;

use super::Attached;
use crate::template::{
    BLUE_GREEN, ROTATION, SERVERLESS, Template, generated_iam, is_hosted_rotation, is_module,
};

/// A capability and why it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Capability {
    /// `CAPABILITY_IAM`, `CAPABILITY_NAMED_IAM` or `CAPABILITY_AUTO_EXPAND`.
    pub name: &'static str,
    /// The resources or transforms that need it.
    pub because: Vec<String>,
}

/// The capabilities that a stack with some of the resources needs.
/// Source: CloudFormation API reference, `CreateStack`, parameter `Capabilities`.
#[must_use]
pub fn capabilities(
    template: &Template<'_, '_>,
    holds: impl Fn(&str) -> bool,
    attached: &[Attached<'_, '_>],
) -> Vec<Capability> {
    const NAMES: [&str; 6] =
        ["RoleName", "ManagedPolicyName", "UserName", "GroupName", "InstanceProfileName", "PolicyName"];
    const ACKNOWLEDGED: [&str; 9] = [
        "AWS::IAM::AccessKey",
        "AWS::IAM::Group",
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::User",
        "AWS::IAM::UserToGroupAddition",
    ];
    let mut iam: Vec<String> = attached.iter().map(|group| group.name.clone()).collect();
    let generated = generated_iam(template).into_iter().filter(|made| holds(made.site.name));
    iam.extend(generated.map(|made| made.name));
    let mut named = Vec::new();
    for resource in template.resources.values().filter(|resource| holds(resource.name)) {
        if !ACKNOWLEDGED.contains(&resource.kind) {
            continue;
        }
        iam.push(resource.name.to_owned());
        // The name of an inline policy is no name of an IAM entity.
        let inline = matches!(
            resource.kind,
            "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" | "AWS::IAM::UserToGroupAddition"
        );
        if !inline && NAMES.iter().any(|name| resource.property(&[name]).is_some()) {
            named.push(resource.name.to_owned());
        }
    }
    let rotates = template.transforms().iter().any(|(name, _)| ROTATION.contains(name));
    // What a nested stack's template asks for, the stack around it has to acknowledge.
    let nested = template.resources.values().filter(|resource| holds(resource.name)).filter_map(|resource| {
        let name = resource.name;
        match resource.kind {
            "AWS::CloudFormation::Stack" | "AWS::Serverless::Application" => {
                Some(format!("{name} (a nested stack: as its template says)"))
            }
            _ if rotates && is_hosted_rotation(resource) => {
                Some(format!("{name} (a nested stack for its rotation: as its template says)"))
            }
            kind if is_module(kind) => Some(format!("{name} (a module: as its template says)")),
            _ => None,
        }
    });
    let nested: Vec<String> = nested.collect();
    if named.is_empty() && !nested.is_empty() {
        named.append(&mut iam);
    }
    named.extend(nested);
    let mut list = Vec::new();
    if !named.is_empty() {
        list.push(Capability { name: "CAPABILITY_NAMED_IAM", because: named });
    } else if !iam.is_empty() {
        list.push(Capability { name: "CAPABILITY_IAM", because: iam });
    }
    // The transforms of the application stay with what they are about.
    let has = |service: &str| {
        let mut held = template.resources.values().filter(|resource| holds(resource.name));
        held.any(|resource| resource.kind.starts_with(service))
    };
    let transforms = template.transforms().into_iter().map(|(name, _)| name);
    let transforms: Vec<String> = transforms
        .filter(|name| match *name {
            SERVERLESS => has("AWS::Serverless::"),
            BLUE_GREEN => has("AWS::ECS::"),
            name if ROTATION.contains(&name) => has("AWS::SecretsManager::RotationSchedule"),
            _ => true,
        })
        .map(str::to_owned)
        .collect();
    if !transforms.is_empty() {
        list.push(Capability { name: "CAPABILITY_AUTO_EXPAND", because: transforms });
    }
    list
}
