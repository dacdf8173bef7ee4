//! What a Terraform run of the module needs, as an IAM policy.

use serde_json::{Value as Json, json};

use crate::deployment::names::{self, Which};
use crate::deployment::pattern::pattern;
use crate::deployment::permissions::{Request, Team, merged, policy as of_the_command};
use crate::deployment::settings::Pattern;

/// What the provider calls on a stack.
///
/// Source: terraform-provider-aws, resource and data source `aws_cloudformation_stack`. Tags at creation need
/// `TagResource`, tags that go at an update `UntagResource`.
const ON_STACK: [&str; 8] = [
    "cloudformation:CreateStack",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:TagResource",
    "cloudformation:UntagResource",
    "cloudformation:UpdateStack",
];

/// What the provider calls on a bucket: it reads every setting, whether it is in the files or not.
///
/// Source: terraform-provider-aws, resources `aws_s3_bucket` and `aws_s3_bucket_public_access_block`.
const ON_BUCKET: [&str; 22] = [
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:GetAccelerateConfiguration",
    "s3:GetBucketAcl",
    "s3:GetBucketCORS",
    "s3:GetBucketLocation",
    "s3:GetBucketLogging",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketRequestPayment",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetBucketWebsite",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutEncryptionConfiguration",
];

/// What the provider calls on an object.
const ON_OBJECT: [&str; 6] = [
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectTagging",
    "s3:PutObject",
];

/// The least policy for whoever runs Terraform on a stack, and what has to be said with it. A root module with
/// both stacks needs the one for both.
#[must_use]
pub fn policy(request: &Request<'_>) -> (Json, Vec<String>) {
    if request.team != Team::Both {
        return of_one(request);
    }
    let (mut statements, mut notes) = (Vec::new(), Vec::new());
    for team in [Team::Iam, Team::App] {
        let inline = pattern(request.settings, request.app) == Pattern::Inline;
        if team == Team::Iam && inline {
            continue;
        }
        let (policy, said) = of_one(&Request { team, ..*request });
        let all = policy.get("Statement").and_then(Json::as_array).cloned().unwrap_or_default();
        // What one team may not do the other does: a denial would beat what allows it.
        statements
            .extend(all.into_iter().filter(|one| one.get("Effect").and_then(Json::as_str) == Some("Allow")));
        notes.extend(said.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
    }
    (json!({"Version": "2012-10-17", "Statement": merged(statements)}), notes)
}

fn of_one(request: &Request<'_>) -> (Json, Vec<String>) {
    let (base, mut notes) = of_the_command(request);
    let Request { settings, place, .. } = request;
    let which = if request.team == Team::App { Which::App } else { Which::Iam };
    let partition = names::partition(place.region);
    let stack = match which {
        Which::Iam => &settings.iam_stack_name,
        Which::App => &settings.name,
    };
    let stack_arn = |name: &str| {
        format!("arn:{partition}:cloudformation:{}:{}:stack/{name}/*", place.region, place.account)
    };
    let suffix = if which == Which::Iam { "iam" } else { "app" };
    // The bucket of one root for both stacks, and that of a root of one's own.
    let buckets = [settings.bucket.clone(), format!("{}-{suffix}", settings.bucket)]
        .map(|bucket| format!("arn:{partition}:s3:::{bucket}"));
    let objects: Vec<String> =
        buckets.iter().map(|bucket| format!("{bucket}/{}-{suffix}/*", settings.prefix)).collect();
    let mut statements = vec![
        json!({"Sid": "Stack", "Effect": "Allow", "Action": ON_STACK, "Resource": stack_arn(stack)}),
        json!({"Sid": "Look", "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}),
        json!({"Sid": "Bucket", "Effect": "Allow", "Action": ON_BUCKET, "Resource": buckets}),
        json!({"Sid": "Template", "Effect": "Allow", "Action": ON_OBJECT, "Resource": objects}),
    ];
    let kept = base.get("Statement").and_then(Json::as_array).cloned().unwrap_or_default();
    for mut statement in kept {
        match statement.get("Sid").and_then(Json::as_str) {
            Some("Stack" | "Look" | "Bucket" | "Template") => continue,
            // A data source reads the stack and its template.
            Some("Outputs") => {
                if let Some(statement) = statement.as_object_mut() {
                    let actions = json!(["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]);
                    statement.insert("Action".to_owned(), actions);
                }
            }
            _ => {}
        }
        statements.push(statement);
    }
    notes.push("the state that Terraform keeps elsewhere (S3, HCP) needs permissions of its own".to_owned());
    (json!({"Version": "2012-10-17", "Statement": statements}), notes)
}
