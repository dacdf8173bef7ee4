locals {
  iam_parameters = var.iam_template_url == null ? {} : {
    AccessCountsRole               = data.aws_cloudformation_stack.iam[0].outputs["AccessCountsRoleArn"]
    AmazonECSTaskExecutionRole     = data.aws_cloudformation_stack.iam[0].outputs["AmazonECSTaskExecutionRoleArn"]
    ApiRoleArn                     = data.aws_cloudformation_stack.iam[0].outputs["ApiRoleArn"]
    BucketReadPolicy               = data.aws_cloudformation_stack.iam[0].outputs["BucketReadPolicyArn"]
    BucketWritePolicy              = data.aws_cloudformation_stack.iam[0].outputs["BucketWritePolicyArn"]
    DuckDBSelectLambdaRole         = data.aws_cloudformation_stack.iam[0].outputs["DuckDBSelectLambdaRoleArn"]
    EsIngestRole                   = data.aws_cloudformation_stack.iam[0].outputs["EsIngestRoleArn"]
    IcebergLambdaRole              = data.aws_cloudformation_stack.iam[0].outputs["IcebergLambdaRoleArn"]
    ManagedUserRole                = data.aws_cloudformation_stack.iam[0].outputs["ManagedUserRoleArn"]
    ManagedUserRoleBasePolicy      = data.aws_cloudformation_stack.iam[0].outputs["ManagedUserRoleBasePolicyArn"]
    ManifestIndexerRole            = data.aws_cloudformation_stack.iam[0].outputs["ManifestIndexerRoleArn"]
    MigrationLambdaRole            = data.aws_cloudformation_stack.iam[0].outputs["MigrationLambdaRoleArn"]
    PackagerRole                   = data.aws_cloudformation_stack.iam[0].outputs["PackagerRoleArn"]
    PkgEventsRole                  = data.aws_cloudformation_stack.iam[0].outputs["PkgEventsRoleArn"]
    PkgPushRole                    = data.aws_cloudformation_stack.iam[0].outputs["PkgPushRoleArn"]
    RegistryAssumeRolePolicy       = data.aws_cloudformation_stack.iam[0].outputs["RegistryAssumeRolePolicyArn"]
    S3CopyLambdaRole               = data.aws_cloudformation_stack.iam[0].outputs["S3CopyLambdaRoleArn"]
    S3HashLambdaRole               = data.aws_cloudformation_stack.iam[0].outputs["S3HashLambdaRoleArn"]
    S3LambdaRole                   = data.aws_cloudformation_stack.iam[0].outputs["S3LambdaRoleArn"]
    S3ProxyRole                    = data.aws_cloudformation_stack.iam[0].outputs["S3ProxyRoleArn"]
    S3SNSToEventBridgeRole         = data.aws_cloudformation_stack.iam[0].outputs["S3SNSToEventBridgeRoleArn"]
    SearchHandlerRole              = data.aws_cloudformation_stack.iam[0].outputs["SearchHandlerRoleArn"]
    T4BucketReadRole               = data.aws_cloudformation_stack.iam[0].outputs["T4BucketReadRoleArn"]
    T4BucketWriteRole              = data.aws_cloudformation_stack.iam[0].outputs["T4BucketWriteRoleArn"]
    T4DefaultBucketReadPolicy      = data.aws_cloudformation_stack.iam[0].outputs["T4DefaultBucketReadPolicyArn"]
    TabulatorOpenQueryPolicy       = data.aws_cloudformation_stack.iam[0].outputs["TabulatorOpenQueryPolicyArn"]
    TabulatorOpenQueryRole         = data.aws_cloudformation_stack.iam[0].outputs["TabulatorOpenQueryRoleArn"]
    TabulatorRole                  = data.aws_cloudformation_stack.iam[0].outputs["TabulatorRoleArn"]
    TimestampResourceHandlerRole   = data.aws_cloudformation_stack.iam[0].outputs["TimestampResourceHandlerRoleArn"]
    TrackingCronRole               = data.aws_cloudformation_stack.iam[0].outputs["TrackingCronRoleArn"]
    UserAthenaManagedRolePolicy    = data.aws_cloudformation_stack.iam[0].outputs["UserAthenaManagedRolePolicyArn"]
    UserAthenaNonManagedRolePolicy = data.aws_cloudformation_stack.iam[0].outputs["UserAthenaNonManagedRolePolicyArn"]
  }
}

module "iam" {
  count  = var.iam_template_url != null ? 1 : 0
  source = "../iam"

  name         = "${var.name}-iam"
  template_url = var.iam_template_url
  parameters   = var.iam_parameters
}

data "aws_cloudformation_stack" "iam" {
  count = var.iam_template_url != null ? 1 : 0

  name = "${var.name}-iam"
}

resource "aws_cloudformation_stack" "stack" {
  name         = var.name
  template_url = var.template_url
  parameters = merge(
    var.parameters,
    local.iam_parameters,
    {
      VPC     = "vpc-1"
      Subnets = "subnet-1,subnet-2"
      DBUrl   = "postgresql://h/db"
    },
  )

  lifecycle {
    ignore_changes = [parameters]
  }
}
