//! Names: of stacks, of the bucket, of the objects in it.

use crate::diagnostic::Source;
use crate::text::digest;

/// What the names of bucket and objects begin with unless something else is asked for.
pub const PREFIX: &str = "quilt";

/// Bytes of a template that CloudFormation takes in a call; a longer one comes from S3.
///
/// Source: CloudFormation User Guide, "Understand CloudFormation quotas".
pub const INLINE_BODY: usize = 51_200;

/// Which of the two templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// The IAM template and its stack.
    Iam,
    /// The application template and its stack.
    App,
}

impl Which {
    /// For people.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Iam => "IAM",
            Self::App => "application",
        }
    }

    /// Which text its labels point into.
    #[must_use]
    pub fn source(self) -> Source {
        match self {
            Self::Iam => Source::Iam,
            Self::App => Source::App,
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::App => "app",
        }
    }
}

/// Whether a deployment can be called so: the specification's `^[a-z0-9-]+$`, 20 at most, and a
/// letter first, since a stack's name begins with one.
#[must_use]
pub fn is_name(text: &str) -> bool {
    (1..=20).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The IAM stack's name where none is given.
#[must_use]
pub fn iam_stack(name: &str) -> String {
    format!("{name}-iam")
}

/// The bucket's name where none is given: the specification's `quilt-templates-{name}`.
#[must_use]
pub fn bucket(prefix: &str, name: &str) -> String {
    format!("{prefix}-templates-{}", name.trim_end_matches('-'))
}

/// Whether a bucket can be called so. Source: Amazon S3 User Guide, "General purpose bucket naming rules".
#[must_use]
pub fn is_bucket(text: &str) -> bool {
    let admitted = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (3..=63).contains(&text.len())
        && text.bytes().all(|byte| admitted(byte) || byte == b'-' || byte == b'.')
        && text.bytes().next().is_some_and(admitted)
        && text.bytes().last().is_some_and(admitted)
        && !text.contains("..")
}

/// The stable name of a template in the bucket: always the newest content.
#[must_use]
pub fn stable_key(prefix: &str, which: Which, json: bool) -> String {
    format!("{prefix}-{}.{}", which.suffix(), ending(json))
}

/// The name of one content: what is deployed, since CloudFormation's clients do not see new content under
/// an old address.
#[must_use]
pub fn content_key(prefix: &str, which: Which, text: &str, json: bool) -> String {
    key_of_digest(prefix, which, &digest(text), json)
}

/// The same name, made of the content's SHA-256.
#[must_use]
pub fn key_of_digest(prefix: &str, which: Which, digest: &str, json: bool) -> String {
    format!("{prefix}-{}/{digest}.{}", which.suffix(), ending(json))
}

/// Where the templates that an IAM stack has had are written down. The stack's name is in it, since deployments share
/// buckets.
#[must_use]
pub fn history_key(prefix: &str, iam_stack: &str) -> String {
    format!("{prefix}-iam-{iam_stack}-history.json")
}

/// Where that was written down before the stack's name was in the key.
#[must_use]
pub fn old_history_key(prefix: &str) -> String {
    format!("{prefix}-iam-history.json")
}

/// Where the monolith of a migration is written down. The IAM team writes it: the way back decides what is allowed.
#[must_use]
pub fn migration_key(prefix: &str, app_stack: &str) -> String {
    format!("{prefix}-iam-{app_stack}-migration.json")
}

/// Where that was written down before the stack's name was in the key.
#[must_use]
pub fn old_migration_key(prefix: &str) -> String {
    format!("{prefix}-migration.json")
}

fn ending(json: bool) -> &'static str {
    if json { "json" } else { "yaml" }
}

/// The address of an object, in the way that every region and every local endpoint understands.
#[must_use]
pub fn object_url(endpoint: Option<&str>, region: &str, bucket: &str, key: &str) -> String {
    match endpoint {
        Some(endpoint) => format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/')),
        None => {
            let suffix = place(region).suffix;
            format!("https://{bucket}.s3.{region}.{suffix}/{key}")
        }
    }
}

/// Whether a text looks like the address of a template.
#[must_use]
pub fn is_template_url(text: &str) -> bool {
    object(text).is_some()
}

/// Bucket and key of an object's address: `https://bucket.s3.region.amazonaws.com/key`,
/// `https://s3.region.amazonaws.com/bucket/key`, or a local endpoint in the latter form.
///
/// Source: Amazon S3 User Guide, "Virtual hosting of general purpose buckets".
#[must_use]
pub fn object(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    let path = decoded(path.split('?').next().unwrap_or(path));
    let path = path.as_str();
    let is_of = |place: &Partition| host.strip_suffix(place.suffix).is_some_and(|host| host.ends_with('.'));
    let aws = PARTITIONS.iter().any(is_of);
    let virtual_host = host.find(".s3.").or_else(|| host.find(".s3-")).filter(|_| aws);
    let (bucket, key) = match virtual_host {
        Some(end) => (host.get(..end)?, path),
        None if aws && !host.starts_with("s3") => return None,
        None => path.split_once('/')?,
    };
    (is_bucket(bucket) && !key.is_empty()).then(|| (bucket.to_owned(), key.to_owned()))
}

/// The version that an object's address asks for.
///
/// Source: Amazon S3 API Reference, `GetObject`: `versionId`; CloudFormation API Reference, `TemplateURL`.
///
/// # Errors
/// What else stands in the address' query: it would be dropped, and with it what was meant.
pub fn object_version(url: &str) -> Result<Option<String>, String> {
    let Some((_, query)) = url.split_once('?') else { return Ok(None) };
    let query = query.split('#').next().unwrap_or(query);
    match query.strip_prefix("versionId=") {
        Some(version) if !version.is_empty() && !version.contains('&') => Ok(Some(decoded(version))),
        _ if query.is_empty() => Ok(None),
        _ => Err(query.to_owned()),
    }
}

/// A text with its `%20` as what they stand for; as it is where they stand for no text.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.bytes());
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    bytes.extend(rest.bytes());
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// A partition: how its regions begin, how its ARNs are written, how its addresses end.
struct Partition {
    begins: &'static str,
    name: &'static str,
    suffix: &'static str,
}

/// All partitions; the last one has all other regions.
///
/// Source: the partitions of AWS's SDKs (`aws-sdk-sts` 1.124, `endpoint_lib`, generated from AWS's `partitions.json`):
/// `regionRegex`, `id`, `dnsSuffix`.
const PARTITIONS: [Partition; 8] = [
    Partition { begins: "cn-", name: "aws-cn", suffix: "amazonaws.com.cn" },
    Partition { begins: "eusc-", name: "aws-eusc", suffix: "amazonaws.eu" },
    Partition { begins: "us-iso-", name: "aws-iso", suffix: "c2s.ic.gov" },
    Partition { begins: "us-isob-", name: "aws-iso-b", suffix: "sc2s.sgov.gov" },
    Partition { begins: "eu-isoe-", name: "aws-iso-e", suffix: "cloud.adc-e.uk" },
    Partition { begins: "us-isof-", name: "aws-iso-f", suffix: "csp.hci.ic.gov" },
    Partition { begins: "us-gov-", name: "aws-us-gov", suffix: "amazonaws.com" },
    Partition { begins: "", name: "aws", suffix: "amazonaws.com" },
];

fn place(region: &str) -> &'static Partition {
    let [.., rest] = &PARTITIONS;
    PARTITIONS.iter().find(|place| region.starts_with(place.begins)).unwrap_or(rest)
}

/// The partition of a region's ARNs. Source: AWS General Reference, "Amazon Resource Names".
#[must_use]
pub fn partition(region: &str) -> &'static str {
    place(region).name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_specification() {
        assert_eq!(bucket(PREFIX, "quilt-prod"), "quilt-templates-quilt-prod");
        assert_eq!(stable_key(PREFIX, Which::Iam, false), "quilt-iam.yaml");
        assert!(is_name("a") && is_name("quilt-prod") && is_name(&"a".repeat(20)));
        assert!(
            !is_name("") && !is_name("1a") && !is_name("A") && !is_name("a_b") && !is_name(&"a".repeat(21))
        );
        let key = content_key(PREFIX, Which::App, "x", true);
        assert_eq!(key, "quilt-app/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881.json");
    }

    #[test]
    fn addresses_are_read_in_both_styles() {
        let pair = |bucket: &str, key: &str| Some((bucket.to_owned(), key.to_owned()));
        assert_eq!(object("https://b-1.s3.eu-west-1.amazonaws.com/a/b.yaml"), pair("b-1", "a/b.yaml"));
        assert_eq!(object("https://b-1.s3.amazonaws.com/a.yaml"), pair("b-1", "a.yaml"));
        assert_eq!(object("https://s3.eu-west-1.amazonaws.com/b-1/a.yaml"), pair("b-1", "a.yaml"));
        assert_eq!(object("http://127.0.0.1:4567/b-1/a.yaml"), pair("b-1", "a.yaml"));
        for wrong in [
            "s3://b-1/a.yaml",
            "https://example.amazonaws.com/b-1/a",
            "https://x",
            "https://s3.amazonaws.com/b-1/",
        ] {
            assert_eq!(object(wrong), None, "{wrong}");
        }
        assert_eq!(
            object_url(None, "cn-north-1", "b-1", "k"),
            "https://b-1.s3.cn-north-1.amazonaws.com.cn/k"
        );
        assert_eq!(
            object_url(None, "eusc-de-east-1", "b-1", "k"),
            "https://b-1.s3.eusc-de-east-1.amazonaws.eu/k"
        );
        assert_eq!(object("https://b-1.s3.us-isof-south-1.csp.hci.ic.gov/a.yaml"), pair("b-1", "a.yaml"));
        assert_eq!(object("https://b-1.s3.amazonaws.com/a%20b.yaml?versionId=x"), pair("b-1", "a b.yaml"));
        for (region, name) in [
            ("eusc-de-east-1", "aws-eusc"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("us-isob-east-1", "aws-iso-b"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-north-1", "aws-cn"),
            ("eu-west-1", "aws"),
        ] {
            assert_eq!(partition(region), name, "{region}");
        }
        assert_eq!(object_version("https://b/k?versionId=a%2Bb"), Ok(Some("a+b".to_owned())));
        assert_eq!(object_version("https://b/k"), Ok(None));
        assert!(object_version("https://b/k?X-Amz-Signature=1").is_err());
        assert_eq!(object_url(Some("http://127.0.0.1:1/"), "x", "b-1", "k"), "http://127.0.0.1:1/b-1/k");
    }
}
