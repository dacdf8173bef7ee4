//! What `iam-split` itself calls, by what it is for. A test compares this with the calls that the commands make.

use serde_json::{Value as Json, json};

/// On the stack that a team deploys.
///
/// `CreateStack`, `ExecuteChangeSet` and `UpdateStack` set tags, which is a permission of its own.
pub(super) const ON_STACK: [&str; 16] = [
    "cloudformation:CancelUpdateStack",
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStack",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeEvents",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate",
    "cloudformation:ListChangeSets",
    "cloudformation:ListStackResources",
    "cloudformation:TagResource",
    "cloudformation:UntagResource",
];

/// What Terraform's `aws_cloudformation_stack` calls beside these. Source: terraform-provider-aws,
/// `internal/service/cloudformation/stack.go`.
pub(super) const OF_TERRAFORM: [&str; 1] = ["cloudformation:UpdateStack"];

/// To look at the other team's stack.
pub(super) const ON_OTHER: [&str; 3] =
    ["cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:ListStackResources"];

/// To look at the application stack: whether it runs from the monolith still.
pub(super) const OF_IAM_TEAM_ON_OTHER: [&str; 3] =
    ["cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks", "cloudformation:GetTemplate"];

/// What takes no resource.
pub(super) const ANYWHERE: [&str; 3] =
    ["cloudformation:ListImports", "cloudformation:ValidateTemplate", "sts:GetCallerIdentity"];

/// To move a monolith's resources, on both stacks.
pub(super) const ON_BOTH: [&str; 3] = [
    "cloudformation:DescribeStackResourceDrifts",
    "cloudformation:DetectStackDrift",
    "cloudformation:DetectStackResourceDrift",
];

/// To move a monolith's resources; CloudFormation names no resource for these.
///
/// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS CloudFormation".
pub(super) const OF_REFACTORING: [&str; 6] = [
    "cloudformation:CreateStackRefactor",
    "cloudformation:DescribeStackDriftDetectionStatus",
    "cloudformation:DescribeStackRefactor",
    "cloudformation:ExecuteStackRefactor",
    "cloudformation:ListStackRefactorActions",
    "cloudformation:ListStackRefactors",
];

/// On the bucket of the templates.
pub(super) const ON_BUCKET: [&str; 10] = [
    "s3:CreateBucket",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:ListBucket",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
];

/// Gate 5: what a running application says of itself. Scoped to the account: which functions and groups there are
/// is known once the stack stands.
pub(super) fn of_runtime(region: &str, account: &str, partition: &str) -> Vec<Json> {
    let arn = |service: &str, rest: &str| format!("arn:{partition}:{service}:{region}:{account}:{rest}");
    vec![
        json!({
            "Sid": "GateLogs", "Effect": "Allow", "Action": "logs:FilterLogEvents",
            "Resource": arn("logs", "log-group:*"),
        }),
        json!({
            "Sid": "GateFunctions", "Effect": "Allow", "Action": "lambda:GetFunctionConfiguration",
            "Resource": arn("lambda", "function:*"),
        }),
        json!({
            "Sid": "GateServices", "Effect": "Allow",
            "Action": ["ecs:DescribeServices", "ecs:DescribeTasks", "ecs:ListTasks"], "Resource": "*",
            "Condition": {"ArnLike": {"ecs:cluster": arn("ecs", "cluster/*")}},
        }),
    ]
}
