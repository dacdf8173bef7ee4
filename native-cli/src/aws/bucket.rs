//! The bucket of the templates.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, ObjectOwnership,
    OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    VersioningConfiguration,
};
use iam_split_core::deployment::names::{self, Which};

use super::{Aws, failed, refused};
use crate::exit::{Exit, Failure};

/// The name of an object's metadata that holds the hash of its content.
const DIGEST: &str = "iam-split-sha256";

/// Whether the bucket is there and may be used.
pub(crate) async fn exists(aws: &Aws, bucket: &str) -> Result<bool, Failure> {
    let Err(error) = aws.s3.head_bucket().bucket(bucket).send().await else { return Ok(true) };
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(404) => Ok(false),
        Some(403) => Err(Failure::new(format!(
            "the bucket `{bucket}` is another's, or these credentials may not use it"
        ))
        .exit(Exit::Aws)
        .help("choose another with `bucket` or `prefix`, or use other credentials")),
        Some(301) => Err(Failure::new(format!(
            "the bucket `{bucket}` is in another region than {}",
            aws.region
        ))
        .exit(Exit::Aws)
        .help(
            "choose another with `bucket` or `prefix`: CloudFormation reads templates from its own region",
        )),
        _ => Err(failed(&format!("cannot look at the bucket `{bucket}`"), &error)),
    }
}

/// Makes the bucket if it is absent: versioned, private, encrypted, its objects owned by the account.
/// Says whether it was made.
pub(crate) async fn ensure(aws: &Aws, bucket: &str) -> Result<bool, Failure> {
    if exists(aws, bucket).await? {
        return Ok(false);
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
    secure(aws, bucket).await?;
    Ok(true)
}

async fn secure(aws: &Aws, bucket: &str) -> Result<(), Failure> {
    let what = |part: &str| format!("cannot set the {part} of the bucket `{bucket}`");
    let built = |part: &str, error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", what(part)));
    let private = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build();
    let call = aws.s3.put_public_access_block().bucket(bucket).public_access_block_configuration(private);
    call.send().await.map_err(|error| failed(&what("privacy"), &error))?;
    let rule =
        OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced).build();
    let rule = rule.map_err(|error| built("ownership", &error))?;
    let owned =
        OwnershipControls::builder().rules(rule).build().map_err(|error| built("ownership", &error))?;
    let call = aws.s3.put_bucket_ownership_controls().bucket(bucket).ownership_controls(owned);
    call.send().await.map_err(|error| failed(&what("ownership"), &error))?;
    let by_default =
        ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build();
    let by_default = by_default.map_err(|error| built("encryption", &error))?;
    let rule =
        ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by_default).build();
    let encrypted = ServerSideEncryptionConfiguration::builder().rules(rule).build();
    let encrypted = encrypted.map_err(|error| built("encryption", &error))?;
    let call = aws.s3.put_bucket_encryption().bucket(bucket).server_side_encryption_configuration(encrypted);
    call.send().await.map_err(|error| failed(&what("encryption"), &error))?;
    let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let call = aws.s3.put_bucket_versioning().bucket(bucket).versioning_configuration(versioned);
    call.send().await.map_err(|error| failed(&what("versioning"), &error))?;
    Ok(())
}

/// An object that is in the bucket now.
pub(crate) struct Sent {
    pub(crate) key: String,
    /// Whether it had to be sent.
    pub(crate) sent: bool,
}

/// Sends a template under its content's name and its stable name. Gives both, the content's first.
pub(crate) async fn send(
    aws: &Aws,
    bucket: &str,
    prefix: &str,
    which: Which,
    text: &str,
    json: bool,
) -> Result<[Sent; 2], Failure> {
    let keys = [names::content_key(prefix, which, text, json), names::stable_key(prefix, which, json)];
    let [content, stable] = &keys;
    let (content, stable) =
        tokio::try_join!(put(aws, bucket, content, text), put(aws, bucket, stable, text))?;
    Ok([content, stable])
}

/// Sends an object unless it is there with this content.
pub(crate) async fn put(aws: &Aws, bucket: &str, key: &str, text: &str) -> Result<Sent, Failure> {
    let digest = names::digest(text);
    let what = format!("cannot send `{key}` to the bucket `{bucket}`");
    match aws.s3.head_object().bucket(bucket).key(key).send().await {
        Ok(head) => {
            let known = head.metadata().and_then(|metadata| metadata.get(DIGEST));
            if known == Some(&digest) {
                return Ok(Sent { key: key.to_owned(), sent: false });
            }
        }
        Err(error) if error.raw_response().is_some_and(|response| response.status().as_u16() == 404) => {}
        Err(error) => return Err(failed(&what, &error)),
    }
    let json = key.ends_with(".json");
    let kind = if json { "application/json" } else { "application/yaml" };
    let call = aws.s3.put_object().bucket(bucket).key(key).content_type(kind).metadata(DIGEST, digest);
    let body = ByteStream::from(text.as_bytes().to_vec());
    call.body(body).send().await.map_err(|error| failed(&what, &error))?;
    Ok(Sent { key: key.to_owned(), sent: true })
}

/// Reads an object that may not be there.
pub(crate) async fn find(aws: &Aws, url: &str) -> Result<Option<String>, Failure> {
    let Some((bucket, key)) = names::object(url) else { return Ok(None) };
    match aws.s3.get_object().bucket(bucket).key(key).send().await {
        Ok(object) => {
            let bytes = object.body.collect().await;
            let bytes = bytes
                .map_err(|error| Failure::new(format!("cannot read `{url}`: {error}")).exit(Exit::Aws))?;
            Ok(Some(String::from_utf8_lossy(&bytes.to_vec()).into_owned()))
        }
        Err(error) if matches!(error.code(), Some("NoSuchKey" | "NoSuchBucket")) => Ok(None),
        Err(error) => Err(failed(&format!("cannot read `{url}`"), &error)),
    }
}

/// Reads a template from its address.
pub(crate) async fn fetch(aws: &Aws, url: &str) -> Result<String, Failure> {
    let what = format!("cannot read `{url}`");
    let Some((bucket, key)) = names::object(url) else {
        return Err(Failure::new(format!("{what}: it is no address of an object in S3")));
    };
    let object = aws.s3.get_object().bucket(bucket).key(key).send().await;
    let object = object.map_err(|error| {
        let absent = matches!(error.code(), Some("NoSuchKey" | "NoSuchBucket"));
        if absent {
            refused(&what, "NoSuchKey: The specified key does not exist")
        } else {
            failed(&what, &error)
        }
    })?;
    let bytes = object.body.collect().await;
    let bytes = bytes.map_err(|error| Failure::new(format!("{what}: {error}")).exit(Exit::Aws))?;
    String::from_utf8(bytes.to_vec()).map_err(|_| Failure::new(format!("{what}: it is not UTF-8 text")))
}
