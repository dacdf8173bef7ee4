//! Facts of CloudFormation as data: what `Ref` and `GetAtt` of a type mean, how names are made.

mod creation;
mod existence;
mod iam;
mod name;
mod name_or_arn;
mod pattern;
mod schema;
mod stored_case;
mod strange;
mod table;

pub use creation::{
    Beside, CreationCheck, HANDLE, LAUNCHES, On, Strength, Through, beside, called_by, creation_checks,
    overlap, values_at,
};
pub use existence::{
    DYNAMIC, DynamicReference, MustExist, NamedBy, PRINCIPALS, TRUST, dynamic_references, is_dynamic,
    makes_elsewhere, must_exist,
};
pub use iam::{ArnFrom, IamType, Moves, iam_attributes, iam_type, longest_name};
pub use name::{GeneratedPattern, fair_split, generated_pattern};
pub use name_or_arn::{NameOrArn, name_or_arn};
pub use pattern::whole_pattern;
pub use schema::{is_json_property, is_list_attribute};
pub use stored_case::{StoredCase, stored_case};
pub use strange::strange;

/// How CloudFormation composes a physical name when the template gives none.
///
/// Source of the stack-and-logical-id rule: `IdentifierUtils.java` of
/// aws-cloudformation/cloudformation-cli-java-plugin; of the others: the row's own source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generated {
    /// `stack-logical-random`, cut to `max` characters; `lower`: lower-cased.
    StackLogical {
        /// Longest name of the type, in characters.
        max: u16,
        /// Whether the service lower-cases the name.
        lower: bool,
    },
    /// `logical-random`, without the stack's name: the logical id is cut to `keep` characters.
    Logical {
        /// Characters of the logical id that remain.
        keep: u16,
        /// Whether the service lower-cases the name.
        lower: bool,
    },
    /// `CFN-logical-random`, at most 40 characters.
    CfnLogical,
    /// An id, or nothing known: no pattern is sound.
    None,
}

/// What a reference to a resource gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The physical name.
    Name,
    /// A text in `Fn::Sub` syntax: `${Name}` is the physical name, `${.Property}` the value of a
    /// property of the same resource, `${*}` a part that AWS chooses.
    Text(&'static str),
    /// As `Text`, by whether a property is given.
    ByProperty {
        /// The property that decides.
        property: &'static str,
        /// The text where it is given.
        given: &'static str,
        /// The text where it is absent.
        absent: &'static str,
    },
    /// Not known before the resource exists.
    Opaque,
}

/// What is known of a resource type.
#[derive(Clone, Copy, Debug)]
pub struct ResourceType {
    /// CloudFormation's name of the type.
    pub name: &'static str,
    /// Path below `Properties` of the property that sets the physical name; empty if there is none.
    pub name_property: &'static [&'static str],
    /// How the physical name is made when the template gives none.
    pub generated: Generated,
    /// What `Ref` gives.
    pub reference: Meaning,
    /// What `Fn::GetAtt` gives, by attribute; what is not listed is not known.
    pub attributes: &'static [(&'static str, Meaning)],
    /// The noun for messages: "Queue".
    pub noun: &'static str,
    /// Where the row comes from.
    pub source: &'static str,
}

/// The row of a type.
#[must_use]
pub fn resource_type(name: &str) -> Option<&'static ResourceType> {
    let index = table::RESOURCE_TYPES.binary_search_by(|row| row.name.cmp(name)).ok()?;
    table::RESOURCE_TYPES.get(index)
}

/// The property with a type's explicit name, where it is one of the resource's own.
#[must_use]
pub fn name_property(kind: &str) -> Option<&'static str> {
    match resource_type(kind)?.name_property {
        [property] => Some(property),
        _ => None,
    }
}

/// The noun of a type for messages: that of its row, else its last segment.
#[must_use]
pub fn noun(kind: &str) -> &str {
    resource_type(kind).map_or_else(|| kind.rsplit("::").next().unwrap_or(kind), |row| row.noun)
}

/// Properties other than the row's that set or shape the physical name: with one of them neither the
/// row's name nor its pattern holds. Source: CloudFormation Template Reference of the types.
const NAME_SHAPERS: [(&str, &[&str]); 3] = [
    ("AWS::Glue::Database", &["DatabaseName"]),
    ("AWS::Glue::Table", &["Name"]),
    ("AWS::S3::Bucket", &["BucketNamePrefix", "BucketNamespace"]),
];

/// Attributes that are lists, by their type; such an attribute is no text.
/// Source: CloudFormation Template Reference, "Return values" of the types; published resource schemas (`cfn-lint` 1.58).
const LISTS: [(&str, &str); 24] = [
    ("AWS::AmazonMQ::Broker", "AmqpEndpoints"),
    ("AWS::AmazonMQ::Broker", "IpAddresses"),
    ("AWS::AmazonMQ::Broker", "MqttEndpoints"),
    ("AWS::AmazonMQ::Broker", "OpenWireEndpoints"),
    ("AWS::AmazonMQ::Broker", "StompEndpoints"),
    ("AWS::AmazonMQ::Broker", "WssEndpoints"),
    ("AWS::DirectoryService::MicrosoftAD", "DnsIpAddresses"),
    ("AWS::DirectoryService::SimpleAD", "DnsIpAddresses"),
    ("AWS::EC2::NetworkInterface", "SecondaryPrivateIpAddresses"),
    ("AWS::EC2::TransitGatewayMulticastDomain", "Groups"),
    ("AWS::EC2::VPC", "CidrBlockAssociations"),
    ("AWS::EC2::VPC", "Ipv6CidrBlocks"),
    ("AWS::EC2::Subnet", "Ipv6CidrBlocks"),
    ("AWS::EC2::VPCEndpoint", "DnsEntries"),
    ("AWS::EC2::VPCEndpoint", "NetworkInterfaceIds"),
    ("AWS::ElastiCache::CacheCluster", "CacheNodes"),
    ("AWS::ElastiCache::ReplicationGroup", "ReadEndPoint.Addresses.List"),
    ("AWS::ElastiCache::ReplicationGroup", "ReadEndPoint.Ports.List"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "SecurityGroups"),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "LoadBalancerArns"),
    ("AWS::MSK::Cluster", "BootstrapBrokers"),
    ("AWS::Route53::HostedZone", "NameServers"),
    ("AWS::Route53Resolver::ResolverEndpoint", "IpAddresses"),
    ("AWS::Transfer::Server", "As2ServiceManagedEgressIpAddresses"),
];

/// Whether an attribute of a type is a list.
#[must_use]
pub fn is_list(kind: &str, attribute: &str) -> bool {
    LISTS.contains(&(kind, attribute))
}

/// The properties that shape the name of a type beside its name property.
#[must_use]
pub fn name_shapers(kind: &str) -> &'static [&'static str] {
    NAME_SHAPERS.iter().find(|(name, _)| *name == kind).map_or(&[], |(_, properties)| properties)
}

/// Limits of a template. Source: CloudFormation User Guide, "Understand CloudFormation quotas".
pub mod limit {
    /// Parameters of a template.
    pub const PARAMETERS: usize = 200;
    /// Resources of a template.
    pub const RESOURCES: usize = 500;
    /// Characters of an output's name.
    pub const OUTPUT_NAME: usize = 255;
    /// Outputs of a template.
    pub const OUTPUTS: usize = 200;
    /// Bytes of a template that is read from S3.
    pub const BODY: usize = 1_048_576;
    /// Characters of a stack's name.
    pub const STACK_NAME: usize = 128;
    /// Characters of the shortest name of a region: `us-east-1`. Source: botocore, `endpoints.json`.
    pub const SHORTEST_REGION: usize = 9;
    /// Characters of the longest name of a region: `us-isof-south-1`. Source: botocore, `endpoints.json`.
    pub const LONGEST_REGION: usize = 15;
    /// Bytes of a template's or an output's description.
    pub const DESCRIPTION: usize = 1_024;
    /// Characters of a parameter's description. Source: CloudFormation User Guide, "Parameters", `Description`.
    pub const PARAMETER_DESCRIPTION: usize = 4_000;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_row_has_a_source() {
        let names: Vec<&str> = table::RESOURCE_TYPES.iter().map(|row| row.name).collect();
        assert!(names.is_sorted());
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(table::RESOURCE_TYPES.iter().all(|row| !row.source.is_empty() && !row.noun.is_empty()));
    }

    #[test]
    fn only_types_with_a_name_property_or_rule_have_names_in_their_texts() {
        for row in table::RESOURCE_TYPES {
            let texts = row.attributes.iter().map(|(_, meaning)| meaning).chain([&row.reference]);
            for meaning in texts {
                if let Meaning::Name = meaning {
                    assert!(
                        !row.name_property.is_empty() || row.generated != Generated::None,
                        "{}",
                        row.name
                    );
                }
            }
        }
    }
}
