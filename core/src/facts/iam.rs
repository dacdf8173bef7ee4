//! The IAM types: what gives their ARN, and whether a split may move them.

/// Which attribute gives a resource's ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArnFrom {
    /// `Ref`
    Ref,
    /// `Fn::GetAtt` of this attribute.
    Attribute(&'static str),
    /// It has no ARN of its own.
    Nothing,
}

/// When a type moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Without a configuration.
    ByDefault,
    /// With `--all-iam`.
    WithAllIam,
    /// Never: its attributes are secrets.
    Never,
}

/// An IAM type.
#[derive(Clone, Copy, Debug)]
pub struct IamType {
    /// CloudFormation's name of the type.
    pub name: &'static str,
    /// What gives its ARN.
    pub arn: ArnFrom,
    /// Whether `Ref` gives the ARN as well.
    pub ref_is_arn: bool,
    /// The word before the path in the ARN: `role`.
    pub arn_noun: &'static str,
    /// When it moves.
    pub moves: Moves,
}

const fn row(
    name: &'static str,
    arn: ArnFrom,
    ref_is_arn: bool,
    arn_noun: &'static str,
    moves: Moves,
) -> IamType {
    IamType { name, arn, ref_is_arn, arn_noun, moves }
}

/// Source: AWS CloudFormation Template Reference, "Return values" of each type, and IAM User Guide,
/// "IAM identifiers" for the ARNs. `AWS::IAM::Policy` and its successors are inline: no ARN.
pub(super) const IAM_TYPES: [IamType; 16] = [
    row("AWS::IAM::AccessKey", ArnFrom::Nothing, false, "", Moves::Never),
    row("AWS::IAM::Group", ArnFrom::Attribute("Arn"), false, "group", Moves::WithAllIam),
    row("AWS::IAM::GroupPolicy", ArnFrom::Nothing, false, "", Moves::WithAllIam),
    row("AWS::IAM::InstanceProfile", ArnFrom::Attribute("Arn"), false, "instance-profile", Moves::WithAllIam),
    row("AWS::IAM::ManagedPolicy", ArnFrom::Ref, true, "policy", Moves::ByDefault),
    row("AWS::IAM::OIDCProvider", ArnFrom::Attribute("Arn"), true, "oidc-provider", Moves::WithAllIam),
    row("AWS::IAM::Policy", ArnFrom::Nothing, false, "", Moves::WithAllIam),
    row("AWS::IAM::Role", ArnFrom::Attribute("Arn"), false, "role", Moves::ByDefault),
    row("AWS::IAM::RolePolicy", ArnFrom::Nothing, false, "", Moves::WithAllIam),
    row("AWS::IAM::SAMLProvider", ArnFrom::Attribute("Arn"), true, "saml-provider", Moves::WithAllIam),
    row("AWS::IAM::ServerCertificate", ArnFrom::Attribute("Arn"), false, "server-certificate", Moves::Never),
    row("AWS::IAM::ServiceLinkedRole", ArnFrom::Nothing, false, "", Moves::WithAllIam),
    row("AWS::IAM::User", ArnFrom::Attribute("Arn"), false, "user", Moves::WithAllIam),
    row("AWS::IAM::UserPolicy", ArnFrom::Nothing, false, "", Moves::WithAllIam),
    row("AWS::IAM::UserToGroupAddition", ArnFrom::Nothing, false, "", Moves::WithAllIam),
    row("AWS::IAM::VirtualMFADevice", ArnFrom::Attribute("SerialNumber"), true, "mfa", Moves::WithAllIam),
];

/// Attributes that `Fn::GetAtt` of an IAM type gives. Source: read-only properties of the published resource schemas
/// (cfn-lint 1.58).
#[must_use]
pub fn iam_attributes(kind: &str) -> &'static [&'static str] {
    match kind {
        "AWS::IAM::Role" => &["Arn", "RoleId"],
        "AWS::IAM::ManagedPolicy" => &[
            "PolicyArn",
            "AttachmentCount",
            "CreateDate",
            "DefaultVersionId",
            "IsAttachable",
            "PermissionsBoundaryUsageCount",
            "PolicyId",
            "UpdateDate",
        ],
        "AWS::IAM::SAMLProvider" => &["Arn", "SamlProviderUUID"],
        "AWS::IAM::Group"
        | "AWS::IAM::InstanceProfile"
        | "AWS::IAM::OIDCProvider"
        | "AWS::IAM::ServerCertificate"
        | "AWS::IAM::User" => &["Arn"],
        "AWS::IAM::AccessKey" => &["SecretAccessKey", "Id"],
        "AWS::IAM::Policy" | "AWS::IAM::UserToGroupAddition" => &["Id"],
        "AWS::IAM::ServiceLinkedRole" => &["RoleName"],
        "AWS::IAM::VirtualMFADevice" => &["SerialNumber"],
        _ => &[],
    }
}

/// The row of an IAM type.
#[must_use]
pub fn iam_type(name: &str) -> Option<&'static IamType> {
    IAM_TYPES.iter().find(|row| row.name == name)
}

/// The longest name that IAM takes for a type. Source: IAM API Reference, `CreateRole`, `CreateUser`, `CreateGroup`,
/// `CreatePolicy`, `CreateInstanceProfile`.
#[must_use]
pub fn longest_name(kind: &str) -> Option<usize> {
    match kind {
        "AWS::IAM::Role" | "AWS::IAM::User" => Some(64),
        "AWS::IAM::Group" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::InstanceProfile" => Some(128),
        _ => None,
    }
}

impl IamType {
    /// Whether an attribute gives the ARN.
    #[must_use]
    pub fn is_arn(&self, attribute: &str) -> bool {
        matches!(self.arn, ArnFrom::Attribute(name) if name == attribute)
            || (self.name == "AWS::IAM::ManagedPolicy" && attribute == "PolicyArn")
    }

    /// The kind in words: "instance profile".
    #[must_use]
    pub fn words(&self) -> String {
        if self.arn_noun.is_empty() {
            return super::noun(self.name).to_lowercase();
        }
        self.arn_noun.replace('-', " ")
    }

    /// A pattern that admits the ARNs of this kind in every partition.
    #[must_use]
    pub fn arn_pattern(&self) -> String {
        // Role and user names are [\w+=,.@-], paths any visible ASCII (IAM API reference).
        format!("^arn:aws[a-z0-9-]*:iam::[0-9]{{12}}:{}/[!-~]+$", self.arn_noun)
    }

    /// An ARN of this kind without a path.
    #[must_use]
    pub fn plain_arn(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::123456789012:{}/Stack-Name-1A2b3C", self.arn_noun)
    }

    /// An ARN of this kind, to try a pattern on.
    #[must_use]
    pub fn sample_arn(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::123456789012:{}/path/Stack-Name-1A2b3C", self.arn_noun)
    }
}
