//! The bucket of the templates. Every request names the account that must own the bucket: a name that someone else
//! has taken leads to a refusal, and to nobody's templates.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, ChecksumAlgorithm, CreateBucketConfiguration,
    ObjectOwnership, OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, VersioningConfiguration,
};
use iam_split_core::deployment::names::{self, Which};
use iam_split_core::diagnostic::Code;

use super::{Aws, failed, refused};
use crate::exit::{Exit, Failure};

/// Whether the bucket is there, belongs to the account, and is in the region.
pub(crate) async fn exists(aws: &Aws, bucket: &str) -> Result<bool, Failure> {
    let owner = &aws.identity.account;
    let call = aws.s3.head_bucket().bucket(bucket).expected_bucket_owner(owner);
    let elsewhere = |region: &str| {
        Failure::new(format!("the bucket `{bucket}` is in {region}, and this deployment in {}", aws.region))
            .exit(Exit::Refused)
            .code(Code::DPL020)
            .help("choose another with `bucket` or `prefix`: CloudFormation reads templates from its own region")
    };
    let error = match call.send().await {
        Ok(head) => {
            return match head.bucket_region().filter(|region| !region.is_empty() && *region != aws.region) {
                Some(region) => Err(elsewhere(region)),
                None => Ok(true),
            };
        }
        Err(error) => error,
    };
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(404) => Ok(false),
        Some(403) => Err(Failure::new(format!(
            "the bucket `{bucket}` is not of the account {owner}, or these credentials may not use it"
        ))
        .code(Code::AWS018)
        .exit(Exit::Aws)
        .help("choose another with `bucket` or `prefix`, or use other credentials")),
        Some(301) => Err(elsewhere("another region")),
        _ => Err(failed(&format!("cannot look at the bucket `{bucket}`"), &error)),
    }
}

/// How a bucket came to be usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    /// It was as it ought to be.
    Already,
    /// It was made.
    Made,
    /// It lacked these, which were set.
    Completed(Vec<&'static str>),
}

/// Makes the bucket if it is absent: versioned, private, encrypted, its objects owned by the account. One that is
/// there is looked at: what it lacks is set where the bucket is ours (it bears the name that we would give it, or
/// holds nothing, as one that an interrupted run left), and refused where it is somebody's.
pub(crate) async fn ensure(aws: &Aws, bucket: &str, ours: bool) -> Result<Ready, Failure> {
    if exists(aws, bucket).await? {
        let lacking = lacking(aws, bucket).await?;
        if lacking.is_empty() {
            return Ok(Ready::Already);
        }
        if !ours && !is_empty(aws, bucket).await? {
            let parts: Vec<&str> = lacking.iter().map(|part| part.noun()).collect();
            let commands: Vec<String> = lacking.iter().map(|part| part.command(bucket)).collect();
            return Err(Failure::new(format!("the bucket `{bucket}` lacks {}", parts.join(", ")))
                .code(Code::DPL020)
                .exit(Exit::Refused)
                .help(format!(
                    "it holds objects and was named by you, so that it is left as it is: choose another with `bucket`, or set it\n    {}",
                    commands.join("\n    ")
                )));
        }
        set(aws, bucket, &lacking).await?;
        return Ok(Ready::Completed(lacking.iter().map(|part| part.noun()).collect()));
    }
    let mut create =
        aws.s3.create_bucket().bucket(bucket).object_ownership(ObjectOwnership::BucketOwnerEnforced);
    // The oldest region is the one that may not be named.
    if aws.region != "us-east-1" {
        let place = BucketLocationConstraint::from(aws.region.as_str());
        create = create.create_bucket_configuration(
            CreateBucketConfiguration::builder().location_constraint(place).build(),
        );
    }
    match create.send().await {
        Ok(_) => {}
        // Another run was faster.
        Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => {}
        Err(error) => return Err(failed(&format!("cannot make the bucket `{bucket}`"), &error)),
    }
    set(aws, bucket, &Part::ALL).await?;
    Ok(Ready::Made)
}

/// What a bucket of templates has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Privacy,
    Ownership,
    Encryption,
    Versioning,
}

impl Part {
    const ALL: [Self; 4] = [Self::Privacy, Self::Ownership, Self::Encryption, Self::Versioning];

    fn noun(self) -> &'static str {
        match self {
            Self::Privacy => "a block of public access",
            Self::Ownership => "ownership of all objects by the account",
            Self::Encryption => "encryption",
            Self::Versioning => "versioning",
        }
    }

    /// The command that sets it, for those who own the bucket.
    fn command(self, bucket: &str) -> String {
        let (call, option) = match self {
            Self::Privacy => (
                "put-public-access-block",
                "--public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
            ),
            Self::Ownership => (
                "put-bucket-ownership-controls",
                "--ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'",
            ),
            Self::Encryption => (
                "put-bucket-encryption",
                "--server-side-encryption-configuration 'Rules=[{ApplyServerSideEncryptionByDefault={SSEAlgorithm=AES256}}]'",
            ),
            Self::Versioning => ("put-bucket-versioning", "--versioning-configuration Status=Enabled"),
        };
        format!("aws s3api {call} --bucket {bucket} {option}")
    }
}

/// What a bucket that stands does not have.
async fn lacking(aws: &Aws, bucket: &str) -> Result<Vec<Part>, Failure> {
    let owner = &aws.identity.account;
    let mut lacking = Vec::new();
    for part in Part::ALL {
        let what = format!("cannot look at {} of the bucket `{bucket}`", part.noun());
        // What was never set is an error for S3, whose code names it.
        let has = match part {
            Part::Privacy => {
                let call = aws.s3.get_public_access_block().bucket(bucket).expected_bucket_owner(owner);
                match call.send().await {
                    Ok(answer) => answer.public_access_block_configuration().is_some_and(|block| {
                        [
                            block.block_public_acls(),
                            block.ignore_public_acls(),
                            block.block_public_policy(),
                            block.restrict_public_buckets(),
                        ]
                        .into_iter()
                        .all(|one| one == Some(true))
                    }),
                    Err(error) if error.code() == Some("NoSuchPublicAccessBlockConfiguration") => false,
                    Err(error) => return Err(failed(&what, &error)),
                }
            }
            Part::Ownership => {
                let call = aws.s3.get_bucket_ownership_controls().bucket(bucket).expected_bucket_owner(owner);
                match call.send().await {
                    Ok(answer) => answer.ownership_controls().is_some_and(|controls| {
                        let enforced = ObjectOwnership::BucketOwnerEnforced;
                        controls.rules().iter().any(|rule| *rule.object_ownership() == enforced)
                    }),
                    Err(error) if error.code() == Some("OwnershipControlsNotFoundError") => false,
                    Err(error) => return Err(failed(&what, &error)),
                }
            }
            Part::Encryption => {
                let call = aws.s3.get_bucket_encryption().bucket(bucket).expected_bucket_owner(owner);
                match call.send().await {
                    Ok(answer) => answer
                        .server_side_encryption_configuration()
                        .is_some_and(|encryption| !encryption.rules().is_empty()),
                    Err(error) if error.code() == Some("ServerSideEncryptionConfigurationNotFoundError") => {
                        false
                    }
                    Err(error) => return Err(failed(&what, &error)),
                }
            }
            Part::Versioning => {
                let call = aws.s3.get_bucket_versioning().bucket(bucket).expected_bucket_owner(owner);
                let answer = call.send().await.map_err(|error| failed(&what, &error))?;
                answer.status() == Some(&BucketVersioningStatus::Enabled)
            }
        };
        if !has {
            lacking.push(part);
        }
    }
    Ok(lacking)
}

async fn is_empty(aws: &Aws, bucket: &str) -> Result<bool, Failure> {
    let owner = &aws.identity.account;
    let call = aws.s3.list_objects_v2().bucket(bucket).max_keys(1).expected_bucket_owner(owner);
    let answer = call.send().await;
    let answer =
        answer.map_err(|error| failed(&format!("cannot look into the bucket `{bucket}`"), &error))?;
    Ok(answer.contents().is_empty())
}

/// Sets parts of a bucket that is ours.
async fn set(aws: &Aws, bucket: &str, parts: &[Part]) -> Result<(), Failure> {
    let owner = &aws.identity.account;
    for part in parts {
        let what = format!("cannot set {} of the bucket `{bucket}`", part.noun());
        let built = |error: &dyn std::fmt::Display| Failure::new(format!("{what}: {error}"));
        match part {
            Part::Privacy => {
                let private = PublicAccessBlockConfiguration::builder()
                    .block_public_acls(true)
                    .ignore_public_acls(true)
                    .block_public_policy(true)
                    .restrict_public_buckets(true)
                    .build();
                let call = aws.s3.put_public_access_block().bucket(bucket).expected_bucket_owner(owner);
                let call = call.public_access_block_configuration(private);
                call.send().await.map_err(|error| failed(&what, &error))?;
            }
            Part::Ownership => {
                let rule = OwnershipControlsRule::builder()
                    .object_ownership(ObjectOwnership::BucketOwnerEnforced)
                    .build()
                    .map_err(|error| built(&error))?;
                let owned =
                    OwnershipControls::builder().rules(rule).build().map_err(|error| built(&error))?;
                let call = aws.s3.put_bucket_ownership_controls().bucket(bucket).expected_bucket_owner(owner);
                let call = call.ownership_controls(owned);
                call.send().await.map_err(|error| failed(&what, &error))?;
            }
            Part::Encryption => {
                let by_default = ServerSideEncryptionByDefault::builder()
                    .sse_algorithm(ServerSideEncryption::Aes256)
                    .build()
                    .map_err(|error| built(&error))?;
                let rule = ServerSideEncryptionRule::builder()
                    .apply_server_side_encryption_by_default(by_default)
                    .build();
                let encrypted = ServerSideEncryptionConfiguration::builder()
                    .rules(rule)
                    .build()
                    .map_err(|error| built(&error))?;
                let call = aws.s3.put_bucket_encryption().bucket(bucket).expected_bucket_owner(owner);
                let call = call.server_side_encryption_configuration(encrypted);
                call.send().await.map_err(|error| failed(&what, &error))?;
            }
            Part::Versioning => {
                let versioned =
                    VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
                let call = aws.s3.put_bucket_versioning().bucket(bucket).expected_bucket_owner(owner);
                let call = call.versioning_configuration(versioned);
                call.send().await.map_err(|error| failed(&what, &error))?;
            }
        }
    }
    Ok(())
}

/// An object that is in the bucket now.
pub(crate) struct Sent {
    pub(crate) key: String,
    /// Whether it had to be sent.
    pub(crate) sent: bool,
}

/// Sends a template under its content's name: what a plan, a gate or a deployment reads.
pub(crate) async fn send(
    aws: &Aws,
    bucket: &str,
    prefix: &str,
    which: Which,
    text: &str,
    json: bool,
) -> Result<Sent, Failure> {
    put(aws, bucket, &names::content_key(prefix, which, text, json), text).await
}

/// Sends a template under its stable name, where others look for the newest one: only what is deployed or uploaded.
pub(crate) async fn send_stable(
    aws: &Aws,
    bucket: &str,
    prefix: &str,
    which: Which,
    text: &str,
    json: bool,
) -> Result<Sent, Failure> {
    put(aws, bucket, &names::stable_key(prefix, which, json), text).await
}

/// Sends an object unless it is there with this content: its bytes are compared, not what was written beside them.
pub(crate) async fn put(aws: &Aws, bucket: &str, key: &str, text: &str) -> Result<Sent, Failure> {
    let owner = &aws.identity.account;
    let what = format!("cannot send `{key}` to the bucket `{bucket}`");
    let head = aws.s3.head_object().bucket(bucket).key(key).expected_bucket_owner(owner);
    let same = match head.send().await {
        Ok(head) => {
            let length = usize::try_from(head.content_length().unwrap_or(-1)).ok();
            length == Some(text.len()) && read(aws, bucket, key, owner, &what).await? == text.as_bytes()
        }
        Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 404) => false,
        Err(error) => return Err(failed(&what, &error)),
    };
    if same {
        return Ok(Sent { key: key.to_owned(), sent: false });
    }
    let json = key.ends_with(".json");
    let kind = if json { "application/json" } else { "application/yaml" };
    let call = aws.s3.put_object().bucket(bucket).key(key).expected_bucket_owner(owner).content_type(kind);
    let body = ByteStream::from(text.as_bytes().to_vec());
    // S3 itself refuses what arrives otherwise than it was sent.
    let call = call.checksum_algorithm(ChecksumAlgorithm::Sha256).body(body);
    call.send().await.map_err(|error| failed(&what, &error))?;
    Ok(Sent { key: key.to_owned(), sent: true })
}

/// An answer that ended before it was whole.
fn cut_off(what: &str) -> Failure {
    Failure::new(format!("{what}: the answer was cut off"))
        .exit(Exit::Aws)
        .help("run the command again: what is done already is not done twice")
}

async fn read(aws: &Aws, bucket: &str, key: &str, owner: &str, what: &str) -> Result<Vec<u8>, Failure> {
    let call = aws.s3.get_object().bucket(bucket).key(key).expected_bucket_owner(owner);
    let object = call.send().await.map_err(|error| failed(what, &error))?;
    let bytes = object.body.collect().await;
    let bytes = bytes.map_err(|_| cut_off(what))?;
    Ok(bytes.to_vec())
}

/// Reads an object of the deployment's own bucket that may not be there.
pub(crate) async fn find(aws: &Aws, bucket: &str, key: &str) -> Result<Option<String>, Failure> {
    let what = format!("cannot read `{key}` of the bucket `{bucket}`");
    let owner = &aws.identity.account;
    match aws.s3.get_object().bucket(bucket).key(key).expected_bucket_owner(owner).send().await {
        Ok(object) => {
            let bytes = object.body.collect().await;
            let bytes = bytes.map_err(|_| cut_off(&what))?;
            Ok(Some(String::from_utf8_lossy(&bytes.to_vec()).into_owned()))
        }
        Err(error) if matches!(error.code(), Some("NoSuchKey" | "NoSuchBucket")) => Ok(None),
        Err(error) => Err(failed(&what, &error)),
    }
}

/// Reads a template from the address that was given for it. `owner` is the account whose bucket it is in.
pub(crate) async fn fetch(aws: &Aws, url: &str, owner: &str) -> Result<String, Failure> {
    let what = format!("cannot read `{url}`");
    let Some((bucket, key)) = names::object(url) else {
        return Err(Failure::new(format!("{what}: it is no address of an object in S3")));
    };
    let version = names::object_version(url).map_err(|query| {
        Failure::new(format!("{what}: it asks for more than an object: `?{query}`")).help(
            "leave out what follows the `?`, or name a version alone: `?versionId=ID`; the object is read with your credentials",
        )
    })?;
    let call = aws.s3.get_object().bucket(bucket).key(key).set_version_id(version);
    let object = call.expected_bucket_owner(owner).send().await;
    let object = object.map_err(|error| match error.code() {
        Some("NoSuchVersion") => failed(&what, &error).help("give the id of a version that the object has"),
        Some("NoSuchKey" | "NoSuchBucket") => refused(&what, "NoSuchKey: The specified key does not exist"),
        Some("AccessDenied") => failed(&what, &error).help(format!(
            "use credentials that may read it; where the bucket is not of the account {owner}, write its owner as `template_owner`"
        )),
        _ => failed(&what, &error),
    })?;
    let bytes = object.body.collect().await;
    let bytes = bytes.map_err(|_| cut_off(&what))?;
    String::from_utf8(bytes.to_vec()).map_err(|_| Failure::new(format!("{what}: it is not UTF-8 text")))
}
