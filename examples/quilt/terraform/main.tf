# Written by iam-split, digest 840986b1383e0cb9

# Two stacks: the IAM stack first, and the application stack, which takes its outputs as parameters.
# With `iam_template_file = null` there is one stack, made of the monolith (the inline pattern).

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  external       = var.iam_template_file != null
  iam_stack_name = coalesce(var.iam_stack_name, "${var.name}-iam")

  # The address in path style, which every region and every local endpoint understands.
  bucket  = var.template_bucket == null ? aws_s3_bucket.templates[0].id : var.template_bucket
  address = "https://s3.${var.region}.${data.aws_partition.current.dns_suffix}/${local.bucket}"

  # Parameters with a variable of their own, one value for both stacks; null leaves the template's default.
  given = merge(
    {
      for name, value in {
        AdminEmail                         = var.AdminEmail
        QuiltWebHost                       = var.QuiltWebHost
        CertificateArnELB                  = var.CertificateArnELB
        DBAccessorSecurityGroup            = var.DBAccessorSecurityGroup
        VPC                                = var.VPC
        Subnets                            = var.Subnets == null ? null : join(",", var.Subnets)
        PublicSubnets                      = var.PublicSubnets == null ? null : join(",", var.PublicSubnets)
        UserSecurityGroup                  = var.UserSecurityGroup
        SearchDomainArn                    = var.SearchDomainArn
        SearchDomainEndpoint               = var.SearchDomainEndpoint
        SearchClusterAccessorSecurityGroup = var.SearchClusterAccessorSecurityGroup
        CloudTrailBucket                   = var.CloudTrailBucket
        CloudTrailBucketManaged            = var.CloudTrailBucketManaged
        UserAthenaBytesScannedCutoff       = var.UserAthenaBytesScannedCutoff
        ManagedUserRoleExtraPolicies       = var.ManagedUserRoleExtraPolicies
        S3BucketPolicyExcludeArnsFromDeny  = var.S3BucketPolicyExcludeArnsFromDeny == null ? null : join(",", var.S3BucketPolicyExcludeArnsFromDeny)
        ChunkedChecksums                   = var.ChunkedChecksums
        Qurator                            = var.Qurator
        LogRetentionInDays                 = var.LogRetentionInDays
      } : name => value if value != null
    },
    nonsensitive(var.AdminPassword == null) ? {} : { AdminPassword = var.AdminPassword },
    nonsensitive(var.DBUrl == null) ? {} : { DBUrl = var.DBUrl },
  )

  # What the IAM stack gives out, by the parameter that takes it.
  iam_outputs = local.external ? aws_cloudformation_stack.iam[0].outputs : {}
  from_iam = local.external ? {
    AccessCountsRole               = lookup(local.iam_outputs, "AccessCountsRoleArn", null)
    AmazonECSTaskExecutionRole     = lookup(local.iam_outputs, "AmazonECSTaskExecutionRoleArn", null)
    ApiRole                        = lookup(local.iam_outputs, "ApiRoleArn", null)
    BucketReadPolicy               = lookup(local.iam_outputs, "BucketReadPolicyArn", null)
    BucketWritePolicy              = lookup(local.iam_outputs, "BucketWritePolicyArn", null)
    DuckDBSelectLambdaRole         = lookup(local.iam_outputs, "DuckDBSelectLambdaRoleArn", null)
    EsIngestRole                   = lookup(local.iam_outputs, "EsIngestRoleArn", null)
    IcebergLambdaRole              = lookup(local.iam_outputs, "IcebergLambdaRoleArn", null)
    ManagedUserRole                = lookup(local.iam_outputs, "ManagedUserRoleArn", null)
    ManagedUserRoleBasePolicy      = lookup(local.iam_outputs, "ManagedUserRoleBasePolicyArn", null)
    ManifestIndexerRole            = lookup(local.iam_outputs, "ManifestIndexerRoleArn", null)
    MigrationLambdaRole            = lookup(local.iam_outputs, "MigrationLambdaRoleArn", null)
    PackagerRole                   = lookup(local.iam_outputs, "PackagerRoleArn", null)
    PkgEventsRole                  = lookup(local.iam_outputs, "PkgEventsRoleArn", null)
    PkgPushRole                    = lookup(local.iam_outputs, "PkgPushRoleArn", null)
    RegistryAssumeRolePolicy       = lookup(local.iam_outputs, "RegistryAssumeRolePolicyArn", null)
    S3CopyLambdaRole               = lookup(local.iam_outputs, "S3CopyLambdaRoleArn", null)
    S3HashLambdaRole               = lookup(local.iam_outputs, "S3HashLambdaRoleArn", null)
    S3LambdaRole                   = lookup(local.iam_outputs, "S3LambdaRoleArn", null)
    S3ProxyRole                    = lookup(local.iam_outputs, "S3ProxyRoleArn", null)
    S3SNSToEventBridgeRole         = lookup(local.iam_outputs, "S3SNSToEventBridgeRoleArn", null)
    SearchHandlerRole              = lookup(local.iam_outputs, "SearchHandlerRoleArn", null)
    T4BucketReadRole               = lookup(local.iam_outputs, "T4BucketReadRoleArn", null)
    T4BucketWriteRole              = lookup(local.iam_outputs, "T4BucketWriteRoleArn", null)
    T4DefaultBucketReadPolicy      = lookup(local.iam_outputs, "T4DefaultBucketReadPolicyArn", null)
    TabulatorOpenQueryPolicy       = lookup(local.iam_outputs, "TabulatorOpenQueryPolicyArn", null)
    TabulatorOpenQueryRole         = lookup(local.iam_outputs, "TabulatorOpenQueryRoleArn", null)
    TabulatorRole                  = lookup(local.iam_outputs, "TabulatorRoleArn", null)
    TimestampResourceHandlerRole   = lookup(local.iam_outputs, "TimestampResourceHandlerRoleArn", null)
    TrackingCronRole               = lookup(local.iam_outputs, "TrackingCronRoleArn", null)
    UserAthenaManagedRolePolicy    = lookup(local.iam_outputs, "UserAthenaManagedRolePolicyArn", null)
    UserAthenaNonManagedRolePolicy = lookup(local.iam_outputs, "UserAthenaNonManagedRolePolicyArn", null)
  } : {}

  # Outputs that must be there, and those that are ARNs of IAM.
  needed_outputs = local.external ? [
    "AccessCountsRoleArn",
    "AmazonECSTaskExecutionRoleArn",
    "ApiRoleArn",
    "BucketReadPolicyArn",
    "BucketWritePolicyArn",
    "DuckDBSelectLambdaRoleArn",
    "EsIngestRoleArn",
    "IcebergLambdaRoleArn",
    "ManagedUserRoleArn",
    "ManagedUserRoleBasePolicyArn",
    "ManifestIndexerRoleArn",
    "MigrationLambdaRoleArn",
    "PackagerRoleArn",
    "PkgEventsRoleArn",
    "PkgPushRoleArn",
    "RegistryAssumeRolePolicyArn",
    "S3CopyLambdaRoleArn",
    "S3HashLambdaRoleArn",
    "S3LambdaRoleArn",
    "S3ProxyRoleArn",
    "S3SNSToEventBridgeRoleArn",
    "SearchHandlerRoleArn",
    "T4BucketReadRoleArn",
    "T4BucketWriteRoleArn",
    "T4DefaultBucketReadPolicyArn",
    "TabulatorOpenQueryPolicyArn",
    "TabulatorOpenQueryRoleArn",
    "TabulatorRoleArn",
    "TimestampResourceHandlerRoleArn",
    "TrackingCronRoleArn",
    "UserAthenaManagedRolePolicyArn",
    "UserAthenaNonManagedRolePolicyArn",
  ] : []
  arn_outputs = {
    AccessCountsRoleArn               = "role"
    AmazonECSTaskExecutionRoleArn     = "role"
    ApiRoleArn                        = "role"
    BucketReadPolicyArn               = "policy"
    BucketWritePolicyArn              = "policy"
    DuckDBSelectLambdaRoleArn         = "role"
    EsIngestRoleArn                   = "role"
    IcebergLambdaRoleArn              = "role"
    ManagedUserRoleArn                = "role"
    ManagedUserRoleBasePolicyArn      = "policy"
    ManifestIndexerRoleArn            = "role"
    MigrationLambdaRoleArn            = "role"
    PackagerRoleArn                   = "role"
    PkgEventsRoleArn                  = "role"
    PkgPushRoleArn                    = "role"
    RegistryAssumeRolePolicyArn       = "policy"
    S3CopyLambdaRoleArn               = "role"
    S3HashLambdaRoleArn               = "role"
    S3LambdaRoleArn                   = "role"
    S3ProxyRoleArn                    = "role"
    S3SNSToEventBridgeRoleArn         = "role"
    SearchHandlerRoleArn              = "role"
    T4BucketReadRoleArn               = "role"
    T4BucketWriteRoleArn              = "role"
    T4DefaultBucketReadPolicyArn      = "policy"
    TabulatorOpenQueryPolicyArn       = "policy"
    TabulatorOpenQueryRoleArn         = "role"
    TabulatorRoleArn                  = "role"
    TimestampResourceHandlerRoleArn   = "role"
    TrackingCronRoleArn               = "role"
    UserAthenaManagedRolePolicyArn    = "policy"
    UserAthenaNonManagedRolePolicyArn = "policy"
  }
  missing_outputs = [for name in local.needed_outputs : name if !contains(keys(local.iam_outputs), name)]
  malformed_outputs = [
    for name, kind in local.arn_outputs : name
    if !can(regex("^arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:${kind}/", lookup(local.iam_outputs, name, "")))
    && contains(keys(local.iam_outputs), name)
  ]

  # The application stack's values, what comes later wins: infrastructure, IAM, user.
  app_parameter_names = concat([
    "AdminEmail",
    "AdminPassword",
    "QuiltWebHost",
    "CertificateArnELB",
    "DBUrl",
    "DBAccessorSecurityGroup",
    "VPC",
    "Subnets",
    "PublicSubnets",
    "UserSecurityGroup",
    "SearchDomainArn",
    "SearchDomainEndpoint",
    "SearchClusterAccessorSecurityGroup",
    "CloudTrailBucket",
    "CloudTrailBucketManaged",
    "UserAthenaBytesScannedCutoff",
    "ManagedUserRoleExtraPolicies",
    "S3BucketPolicyExcludeArnsFromDeny",
    "ChunkedChecksums",
    "Qurator",
    "LogRetentionInDays",
  ], keys(local.from_iam))
  app_parameters = merge(
    { for name, value in var.infrastructure_parameters : name => value if contains(local.app_parameter_names, name) },
    local.from_iam,
    { for name, value in local.given : name => value if contains(local.app_parameter_names, name) },
    { for name, value in var.parameters : name => value if contains(local.app_parameter_names, name) },
  )

  # The IAM stack's values.
  iam_parameter_names = [
    "CertificateArnELB",
    "SearchDomainArn",
    "CloudTrailBucket",
    "ManagedUserRoleExtraPolicies",
    "Qurator",
  ]
  iam_parameters = merge(
    { for name, value in var.infrastructure_parameters : name => value if contains(local.iam_parameter_names, name) },
    { for name, value in local.given : name => value if contains(local.iam_parameter_names, name) },
    { for name, value in var.parameters : name => value if contains(local.iam_parameter_names, name) },
    { AppStackName = var.name },
  )

  # What the template's text has no such key for.
  unnamed_outputs = [for name in local.needed_outputs : name if !can(regex("(?:^|[\\s{,\"'])${name}[\"']?\\s*:", file(var.iam_template_file)))]

  # What is missing or was given amiss; the preconditions of the stacks tell.
  iam_without_value = setsubtract([
    "CertificateArnELB",
    "SearchDomainArn",
    "CloudTrailBucket",
  ], keys(local.iam_parameters))
  app_without_value = setsubtract([
    "AdminEmail",
    "AdminPassword",
    "QuiltWebHost",
    "CertificateArnELB",
    "DBUrl",
    "DBAccessorSecurityGroup",
    "VPC",
    "Subnets",
    "PublicSubnets",
    "UserSecurityGroup",
    "SearchDomainArn",
    "SearchDomainEndpoint",
    "SearchClusterAccessorSecurityGroup",
    "CloudTrailBucket",
  ], keys(local.app_parameters))
  undeclared   = setsubtract(keys(var.parameters), concat(local.iam_parameter_names, local.app_parameter_names))
  open_secrets = setintersection(["AdminPassword", "DBUrl"], concat(keys(var.parameters), keys(var.infrastructure_parameters)))
}

resource "aws_s3_bucket" "templates" {
  count = var.template_bucket == null ? 1 : 0

  bucket = "quilt-templates-${trim(var.name, "-")}"
  tags   = var.tags
}

resource "aws_s3_bucket_public_access_block" "templates" {
  count = var.template_bucket == null ? 1 : 0

  bucket                  = aws_s3_bucket.templates[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Under the content's hash: new content is a new address, and so an update of the stack.
resource "aws_s3_object" "iam" {
  count = local.external ? 1 : 0

  bucket = local.bucket
  key    = "quilt-iam/${filesha256(var.iam_template_file)}.yaml"
  source = var.iam_template_file

  lifecycle {
    create_before_destroy = true
  }
}

# Under the content's hash: new content is a new address, and so an update of the stack.
resource "aws_s3_object" "app" {
  bucket = local.bucket
  key    = "quilt-app/${filesha256(var.template_file)}.yaml"
  source = var.template_file

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudformation_stack" "iam" {
  count = local.external ? 1 : 0

  name               = local.iam_stack_name
  template_url       = "${local.address}/${aws_s3_object.iam[0].key}"
  parameters         = local.iam_parameters
  capabilities       = ["CAPABILITY_NAMED_IAM"]
  tags               = merge(var.tags, var.iam_tags)
  iam_role_arn       = var.iam_role_arn
  notification_arns  = var.notification_arns
  on_failure         = var.on_failure
  timeout_in_minutes = var.timeout_in_minutes

  timeouts {
    create = var.create_timeout
    update = var.update_timeout
    delete = var.delete_timeout
  }

  lifecycle {
    # They matter at creation alone; changed later, they would have the stack deleted and made anew.
    ignore_changes = [on_failure, timeout_in_minutes]

    precondition {
      condition     = length(local.iam_without_value) == 0
      error_message = "Parameters of the IAM template have no value: ${join(", ", local.iam_without_value)}."
    }

    # Before anything is touched: an output that the template's text does not even have a name for.
    precondition {
      condition     = length(local.unnamed_outputs) == 0
      error_message = "The IAM template lacks outputs that the application takes: ${join(", ", local.unnamed_outputs)}. Give the IAM template of this pair."
    }
  }
}

resource "aws_cloudformation_stack" "app" {
  name               = var.name
  template_url       = "${local.address}/${aws_s3_object.app.key}"
  parameters         = local.app_parameters
  capabilities       = local.external ? [] : ["CAPABILITY_NAMED_IAM"]
  tags               = var.tags
  iam_role_arn       = var.role_arn
  notification_arns  = var.notification_arns
  on_failure         = var.on_failure
  timeout_in_minutes = var.timeout_in_minutes

  timeouts {
    create = var.create_timeout
    update = var.update_timeout
    delete = var.delete_timeout
  }

  lifecycle {
    # They matter at creation alone; changed later, they would have the stack deleted and made anew.
    ignore_changes = [on_failure, timeout_in_minutes]

    precondition {
      condition     = length(local.app_without_value) == 0
      error_message = "Parameters of the application template have no value: ${join(", ", local.app_without_value)}."
    }

    precondition {
      condition     = length(local.undeclared) == 0
      error_message = "No template declares these entries of var.parameters: ${join(", ", local.undeclared)}."
    }

    precondition {
      condition     = length(local.open_secrets) == 0
      error_message = "Secrets have variables of their own, which Terraform does not show: ${join(", ", local.open_secrets)}."
    }

    precondition {
      condition     = length(local.missing_outputs) == 0
      error_message = "The stack ${local.iam_stack_name} lacks outputs: ${join(", ", local.missing_outputs)}. Deploy the IAM template of this pair."
    }

    precondition {
      condition     = length(local.malformed_outputs) == 0
      error_message = "Outputs of the stack ${local.iam_stack_name} are no ARNs of this account and partition: ${join(", ", local.malformed_outputs)}."
    }

    # The application template of a pair names the outputs that it takes; the monolith does not.
    precondition {
      condition     = local.external == can(regex(": output [0-9A-Za-z]+ of the IAM stack", file(var.template_file)))
      error_message = local.external ? "template_file is a monolith, and iam_template_file is given: give the application template of the pair, or set iam_template_file = null." : "template_file is split from its IAM, and iam_template_file is null: give the IAM template, or the monolith as template_file."
    }
  }
}
