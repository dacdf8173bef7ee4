//! What must exist when an IAM resource is created: IAM looks it up, CloudFormation resolves it.

/// How a property names what must exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// By its name.
    Name,
    /// By its ARN.
    Arn,
}

/// A property of IAM types whose values must exist when the resource is created or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MustExist {
    /// The property.
    pub property: &'static str,
    /// The type that gives itself this name by the property of the same name, so that nothing must exist there.
    pub but_in: &'static str,
    /// The word of the ARN for what is named: `role`.
    pub noun: &'static str,
    /// How it is named.
    pub by: NamedBy,
    /// Where this is documented.
    pub source: &'static str,
}

const fn row(property: &'static str, but_in: &'static str, noun: &'static str, by: NamedBy) -> MustExist {
    MustExist {
        property,
        but_in,
        noun,
        by,
        source: "IAM API Reference, AttachRolePolicy, PutRolePolicy, AddRoleToInstanceProfile, AddUserToGroup, CreateRole: NoSuchEntity (404)",
    }
}

const MUST_EXIST: [MustExist; 9] = [
    row("ManagedPolicyArns", "", "policy", NamedBy::Arn),
    row("PermissionsBoundary", "", "policy", NamedBy::Arn),
    row("Roles", "", "role", NamedBy::Name),
    row("Users", "", "user", NamedBy::Name),
    // Of a user, and of a policy.
    row("Groups", "", "group", NamedBy::Name),
    row("RoleName", "AWS::IAM::Role", "role", NamedBy::Name),
    row("UserName", "AWS::IAM::User", "user", NamedBy::Name),
    row("GroupName", "AWS::IAM::Group", "group", NamedBy::Name),
    row("InstanceProfileName", "AWS::IAM::InstanceProfile", "instance-profile", NamedBy::Name),
];

/// What must exist for a property of an IAM type: the row; `None` where nothing has to.
#[must_use]
pub fn must_exist(kind: &str, property: &str) -> Option<&'static MustExist> {
    MUST_EXIST.iter().find(|row| {
        row.property == property
            && row.but_in != kind
            // A service certificate's and a provider's properties of such names do not exist.
            && kind.starts_with("AWS::IAM::")
    })
}

/// The properties of IAM types that hold a trust policy: its `AWS` principals in the form of ARNs are looked up.
/// `Service` and `Federated` principals are not, nor is an account.
/// Source: IAM User Guide, "AWS JSON policy elements: Principal" (`MalformedPolicyDocument`: "Invalid principal in policy").
pub const TRUST: &str = "AssumeRolePolicyDocument";

/// Words of IAM ARNs that an `AWS` principal must exist for. A federated user or an assumed role stands for its role.
pub const PRINCIPALS: [&str; 2] = ["role", "user"];

/// A dynamic reference: CloudFormation resolves it when it creates or changes the resource.
/// Source: CloudFormation User Guide, "Get values stored in other services using dynamic references".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicReference<'t> {
    /// `ssm`, `ssm-secure` or `secretsmanager`.
    pub service: &'t str,
    /// What follows the service up to the closing braces: a parameter's name and version, a secret's id and key.
    pub rest: &'t str,
}

impl<'t> DynamicReference<'t> {
    /// The name of the parameter, or the name or ARN of the secret.
    #[must_use]
    pub fn name(&self) -> &'t str {
        if self.service == "secretsmanager" && self.rest.starts_with("arn:") {
            // arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME
            return before_colon(self.rest, 6);
        }
        before_colon(self.rest, 0)
    }
}

/// What stands before a colon, counted from 0; those inside of what is put in (`${AWS::StackName}`, or between marks) are none.
fn before_colon(text: &str, which: usize) -> &str {
    let (mut depth, mut seen) = (0_usize, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '{' | '\u{1}' => depth += 1,
            '}' | '\u{2}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                if seen == which {
                    return text.get(..at).unwrap_or(text);
                }
                seen += 1;
            }
            _ => {}
        }
    }
    text
}

/// Whether a resource makes others that its template does not declare: IAM too, as far as anybody knows.
///
/// Source: CloudFormation Template Reference, `AWS::CloudFormation::Stack`, `AWS::CloudFormation::StackSet`,
/// `AWS::CloudFormation::CustomResource`, `AWS::ServiceCatalog::CloudFormationProvisionedProduct`; User Guide, "Modules";
/// AWS SAM Developer Guide, `AWS::Serverless::Application`.
#[must_use]
pub fn makes_elsewhere(kind: &str) -> bool {
    matches!(
        kind,
        "AWS::CloudFormation::Stack"
            | "AWS::CloudFormation::StackSet"
            | "AWS::CloudFormation::CustomResource"
            | "AWS::ServiceCatalog::CloudFormationProvisionedProduct"
            | "AWS::Serverless::Application"
    ) || kind.starts_with("Custom::")
        || crate::template::is_module(kind)
}

/// The services of dynamic references.
pub const DYNAMIC: [&str; 3] = ["ssm", "ssm-secure", "secretsmanager"];

/// Whether a text has a value in it that CloudFormation reads elsewhere: nobody knows it here, and its own letters say
/// nothing of it. Source: CloudFormation User Guide, "Get values stored in other services using dynamic references".
#[must_use]
pub fn is_dynamic(text: &str) -> bool {
    text.contains("{{resolve:")
}

/// The dynamic references in a text. What `Fn::Sub` puts in may be in it still: `${Name}` is text here.
#[must_use]
pub fn dynamic_references(text: &str) -> Vec<DynamicReference<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{resolve:") {
        let Some((inside, behind)) = closed(after) else { break };
        if let Some((service, name)) = inside.split_once(':')
            && DYNAMIC.contains(&service)
        {
            found.push(DynamicReference { service, rest: name });
        }
        rest = behind;
    }
    found
}

/// What stands before the braces that close a reference, those of `${Name}` aside.
fn closed(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'$', Some(b'{')) => {
                open += 1;
                at += 1;
            }
            (b'}', _) if open > 0 => open -= 1,
            (b'}', Some(b'}')) => return Some((text.get(..at)?, text.get(at + 2..)?)),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_that_name_what_must_exist() {
        assert!(must_exist("AWS::IAM::Role", "ManagedPolicyArns").is_some());
        assert!(must_exist("AWS::IAM::Role", "RoleName").is_none());
        assert!(must_exist("AWS::IAM::RolePolicy", "RoleName").is_some());
        assert!(must_exist("AWS::IAM::Role", "Path").is_none());
        assert!(must_exist("AWS::Batch::JobDefinition", "Users").is_none());
    }

    #[test]
    fn dynamic_references_are_found_in_texts() {
        let names = |text| dynamic_references(text).iter().map(DynamicReference::name).collect::<Vec<_>>();
        assert_eq!(names("a{{resolve:ssm:/x/y:3}}b{{resolve:ssm-secure:z}}"), ["/x/y", "z"]);
        assert_eq!(names("{{resolve:ssm:${Name}}}"), ["${Name}"]);
        assert_eq!(names("{{resolve:ssm:/${AWS::StackName}/x:1}}"), ["/${AWS::StackName}/x"]);
        assert_eq!(names("{{resolve:secretsmanager:${S}:SecretString:id}}"), ["${S}"]);
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";
        let text = format!("{{{{resolve:secretsmanager:{arn}:SecretString:id}}}}");
        assert_eq!(dynamic_references(&text).first().map(DynamicReference::name), Some(arn));
        assert_eq!(names("{{resolve:other:x}} {{resolve:ssm:open"), [""; 0]);
    }
}
