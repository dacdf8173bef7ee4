//! Types and properties of IAM that CloudFormation does not have: what stands there is not read, and it may be a slip.

use super::iam::{IAM_TYPES, iam_type};
use crate::diagnostic::{Code, Diagnostic, Source, did_you_mean};
use crate::syntax::Node;
use crate::template::{Template, sites};

/// The properties of IAM types, without those that are only read.
/// Source: CloudFormation Template Reference, "AWS Identity and Access Management"; cfn-lint 1.58.
const PROPERTIES: [(&str, &[&str]); 16] = [
    ("AWS::IAM::AccessKey", &["Serial", "Status", "UserName"]),
    ("AWS::IAM::Group", &["GroupName", "ManagedPolicyArns", "Path", "Policies"]),
    ("AWS::IAM::GroupPolicy", &["GroupName", "PolicyDocument", "PolicyName"]),
    ("AWS::IAM::InstanceProfile", &["InstanceProfileName", "Path", "Roles"]),
    (
        "AWS::IAM::ManagedPolicy",
        &["Description", "Groups", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Tags", "Users"],
    ),
    ("AWS::IAM::OIDCProvider", &["ClientIdList", "Tags", "ThumbprintList", "Url"]),
    ("AWS::IAM::Policy", &["Groups", "PolicyDocument", "PolicyName", "Roles", "Users"]),
    (
        "AWS::IAM::Role",
        &[
            "AssumeRolePolicyDocument",
            "Description",
            "ManagedPolicyArns",
            "MaxSessionDuration",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        ],
    ),
    ("AWS::IAM::RolePolicy", &["PolicyDocument", "PolicyName", "RoleName"]),
    (
        "AWS::IAM::SAMLProvider",
        &[
            "AddPrivateKey",
            "AssertionEncryptionMode",
            "Name",
            "PrivateKeyList",
            "RemovePrivateKey",
            "SamlMetadataDocument",
            "Tags",
        ],
    ),
    (
        "AWS::IAM::ServerCertificate",
        &["CertificateBody", "CertificateChain", "Path", "PrivateKey", "ServerCertificateName", "Tags"],
    ),
    ("AWS::IAM::ServiceLinkedRole", &["AWSServiceName", "CustomSuffix", "Description"]),
    (
        "AWS::IAM::User",
        &[
            "Groups",
            "LoginProfile",
            "ManagedPolicyArns",
            "Path",
            "PermissionsBoundary",
            "Policies",
            "Tags",
            "UserName",
        ],
    ),
    ("AWS::IAM::UserPolicy", &["PolicyDocument", "PolicyName", "UserName"]),
    ("AWS::IAM::UserToGroupAddition", &["GroupName", "Users"]),
    ("AWS::IAM::VirtualMFADevice", &["Path", "Tags", "Users", "VirtualMfaDeviceName"]),
];

/// Warnings for types of IAM, and for properties of IAM types, that are not known.
#[must_use]
pub fn strange(template: &Template<'_, '_>, source: Source) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for site in sites(template).iter().filter(|site| site.kind.starts_with("AWS::IAM::")) {
        let warn = |what: String, node: Node<'_, '_>, near: Option<String>| {
            let finding = Diagnostic::new(Code::TPL013, what).label(source, node.outer(), "not known");
            finding.help(
                near.unwrap_or_else(|| "check its spelling: nothing that stands there is read".to_owned()),
            )
        };
        let key = site.value.key().unwrap_or(site.value);
        if iam_type(site.kind).is_none() {
            let near = did_you_mean(site.kind, IAM_TYPES.iter().map(|row| row.name));
            let node = site.value.get("Type").unwrap_or(key);
            found.push(warn(
                format!("`{}` has the type `{}`, which IAM does not have", site.name, site.kind),
                node,
                near,
            ));
            continue;
        }
        let Some((_, known)) = PROPERTIES.iter().find(|(kind, _)| *kind == site.kind) else { continue };
        let properties = site.value.get("Properties").map(Node::resolved);
        for (key, _) in properties.into_iter().flat_map(Node::entries) {
            let Some(name) = key.as_str().filter(|name| !name.starts_with("Fn::") && !known.contains(name))
            else {
                continue;
            };
            let near = did_you_mean(name, known.iter().copied());
            found.push(warn(
                format!("`{}` has the property `{name}`, which `{}` does not have", site.name, site.kind),
                key,
                near,
            ));
        }
    }
    found
}
