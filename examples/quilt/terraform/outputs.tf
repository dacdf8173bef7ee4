# Written by iam-split, digest 7bf626462be4eb10

output "iam_stack_id" {
  description = "The IAM stack's id"
  value       = one(aws_cloudformation_stack.iam[*].id)
}

output "iam_stack_name" {
  description = "The IAM stack's name"
  value       = one(aws_cloudformation_stack.iam[*].name)
}

output "application_stack_id" {
  description = "The application stack's id"
  value       = aws_cloudformation_stack.app.id
}

output "application_stack_name" {
  description = "The application stack's name"
  value       = aws_cloudformation_stack.app.name
}

output "role_arns" {
  description = "The ARNs of the roles, by their names in the IAM template"
  value = {
    for resource, output in {
      AccessCountsRole             = "AccessCountsRoleArn"
      AmazonECSTaskExecutionRole   = "AmazonECSTaskExecutionRoleArn"
      ApiRole                      = "ApiRoleArn"
      DuckDBSelectLambdaRole       = "DuckDBSelectLambdaRoleArn"
      EsIngestRole                 = "EsIngestRoleArn"
      IcebergLambdaRole            = "IcebergLambdaRoleArn"
      ManagedUserRole              = "ManagedUserRoleArn"
      ManifestIndexerRole          = "ManifestIndexerRoleArn"
      MigrationLambdaRole          = "MigrationLambdaRoleArn"
      PackagerRole                 = "PackagerRoleArn"
      PkgEventsRole                = "PkgEventsRoleArn"
      PkgPushRole                  = "PkgPushRoleArn"
      S3CopyLambdaRole             = "S3CopyLambdaRoleArn"
      S3HashLambdaRole             = "S3HashLambdaRoleArn"
      S3LambdaRole                 = "S3LambdaRoleArn"
      S3ProxyRole                  = "S3ProxyRoleArn"
      S3SNSToEventBridgeRole       = "S3SNSToEventBridgeRoleArn"
      SearchHandlerRole            = "SearchHandlerRoleArn"
      T4BucketReadRole             = "T4BucketReadRoleArn"
      T4BucketWriteRole            = "T4BucketWriteRoleArn"
      TabulatorOpenQueryRole       = "TabulatorOpenQueryRoleArn"
      TabulatorRole                = "TabulatorRoleArn"
      TimestampResourceHandlerRole = "TimestampResourceHandlerRoleArn"
      TrackingCronRole             = "TrackingCronRoleArn"
    } : resource => lookup(local.iam_outputs, output, null)
    if contains(keys(local.iam_outputs), output)
  }
}

output "policy_arns" {
  description = "The ARNs of the managed policies, by their names in the IAM template"
  value = {
    for resource, output in {
      BucketReadPolicy               = "BucketReadPolicyArn"
      BucketWritePolicy              = "BucketWritePolicyArn"
      ManagedUserRoleBasePolicy      = "ManagedUserRoleBasePolicyArn"
      RegistryAssumeRolePolicy       = "RegistryAssumeRolePolicyArn"
      T4DefaultBucketReadPolicy      = "T4DefaultBucketReadPolicyArn"
      TabulatorOpenQueryPolicy       = "TabulatorOpenQueryPolicyArn"
      UserAthenaManagedRolePolicy    = "UserAthenaManagedRolePolicyArn"
      UserAthenaNonManagedRolePolicy = "UserAthenaNonManagedRolePolicyArn"
    } : resource => lookup(local.iam_outputs, output, null)
    if contains(keys(local.iam_outputs), output)
  }
}

output "AccessCountsRoleArn" {
  description = "ARN of the IAM role AccessCountsRole"
  value       = lookup(local.iam_outputs, "AccessCountsRoleArn", null)
}

output "AmazonECSTaskExecutionRoleArn" {
  description = "ARN of the IAM role AmazonECSTaskExecutionRole"
  value       = lookup(local.iam_outputs, "AmazonECSTaskExecutionRoleArn", null)
}

output "ApiRoleArn" {
  description = "ARN of the IAM role ApiRole"
  value       = lookup(local.iam_outputs, "ApiRoleArn", null)
}

output "BucketReadPolicyArn" {
  description = "ARN of the IAM policy BucketReadPolicy"
  value       = lookup(local.iam_outputs, "BucketReadPolicyArn", null)
}

output "BucketWritePolicyArn" {
  description = "ARN of the IAM policy BucketWritePolicy"
  value       = lookup(local.iam_outputs, "BucketWritePolicyArn", null)
}

output "DuckDBSelectLambdaRoleArn" {
  description = "ARN of the IAM role DuckDBSelectLambdaRole"
  value       = lookup(local.iam_outputs, "DuckDBSelectLambdaRoleArn", null)
}

output "EsIngestRoleArn" {
  description = "ARN of the IAM role EsIngestRole"
  value       = lookup(local.iam_outputs, "EsIngestRoleArn", null)
}

output "IcebergLambdaRoleArn" {
  description = "ARN of the IAM role IcebergLambdaRole"
  value       = lookup(local.iam_outputs, "IcebergLambdaRoleArn", null)
}

output "ManagedUserRoleArn" {
  description = "ARN of the IAM role ManagedUserRole"
  value       = lookup(local.iam_outputs, "ManagedUserRoleArn", null)
}

output "ManagedUserRoleBasePolicyArn" {
  description = "ARN of the IAM policy ManagedUserRoleBasePolicy"
  value       = lookup(local.iam_outputs, "ManagedUserRoleBasePolicyArn", null)
}

output "ManifestIndexerRoleArn" {
  description = "ARN of the IAM role ManifestIndexerRole"
  value       = lookup(local.iam_outputs, "ManifestIndexerRoleArn", null)
}

output "MigrationLambdaRoleArn" {
  description = "ARN of the IAM role MigrationLambdaRole"
  value       = lookup(local.iam_outputs, "MigrationLambdaRoleArn", null)
}

output "PackagerRoleArn" {
  description = "ARN of the IAM role PackagerRole"
  value       = lookup(local.iam_outputs, "PackagerRoleArn", null)
}

output "PkgEventsRoleArn" {
  description = "ARN of the IAM role PkgEventsRole"
  value       = lookup(local.iam_outputs, "PkgEventsRoleArn", null)
}

output "PkgPushRoleArn" {
  description = "ARN of the IAM role PkgPushRole"
  value       = lookup(local.iam_outputs, "PkgPushRoleArn", null)
}

output "RegistryAssumeRolePolicyArn" {
  description = "ARN of the IAM policy RegistryAssumeRolePolicy"
  value       = lookup(local.iam_outputs, "RegistryAssumeRolePolicyArn", null)
}

output "S3CopyLambdaRoleArn" {
  description = "ARN of the IAM role S3CopyLambdaRole"
  value       = lookup(local.iam_outputs, "S3CopyLambdaRoleArn", null)
}

output "S3HashLambdaRoleArn" {
  description = "ARN of the IAM role S3HashLambdaRole"
  value       = lookup(local.iam_outputs, "S3HashLambdaRoleArn", null)
}

output "S3LambdaRoleArn" {
  description = "ARN of the IAM role S3LambdaRole"
  value       = lookup(local.iam_outputs, "S3LambdaRoleArn", null)
}

output "S3ProxyRoleArn" {
  description = "ARN of the IAM role S3ProxyRole"
  value       = lookup(local.iam_outputs, "S3ProxyRoleArn", null)
}

output "S3SNSToEventBridgeRoleArn" {
  description = "ARN of the IAM role S3SNSToEventBridgeRole"
  value       = lookup(local.iam_outputs, "S3SNSToEventBridgeRoleArn", null)
}

output "SearchHandlerRoleArn" {
  description = "ARN of the IAM role SearchHandlerRole"
  value       = lookup(local.iam_outputs, "SearchHandlerRoleArn", null)
}

output "T4BucketReadRoleArn" {
  description = "ARN of the IAM role T4BucketReadRole"
  value       = lookup(local.iam_outputs, "T4BucketReadRoleArn", null)
}

output "T4BucketWriteRoleArn" {
  description = "ARN of the IAM role T4BucketWriteRole"
  value       = lookup(local.iam_outputs, "T4BucketWriteRoleArn", null)
}

output "T4DefaultBucketReadPolicyArn" {
  description = "ARN of the IAM policy T4DefaultBucketReadPolicy"
  value       = lookup(local.iam_outputs, "T4DefaultBucketReadPolicyArn", null)
}

output "TabulatorOpenQueryPolicyArn" {
  description = "ARN of the IAM policy TabulatorOpenQueryPolicy"
  value       = lookup(local.iam_outputs, "TabulatorOpenQueryPolicyArn", null)
}

output "TabulatorOpenQueryRoleArn" {
  description = "ARN of the IAM role TabulatorOpenQueryRole"
  value       = lookup(local.iam_outputs, "TabulatorOpenQueryRoleArn", null)
}

output "TabulatorRoleArn" {
  description = "ARN of the IAM role TabulatorRole"
  value       = lookup(local.iam_outputs, "TabulatorRoleArn", null)
}

output "TimestampResourceHandlerRoleArn" {
  description = "ARN of the IAM role TimestampResourceHandlerRole"
  value       = lookup(local.iam_outputs, "TimestampResourceHandlerRoleArn", null)
}

output "TrackingCronRoleArn" {
  description = "ARN of the IAM role TrackingCronRole"
  value       = lookup(local.iam_outputs, "TrackingCronRoleArn", null)
}

output "UserAthenaManagedRolePolicyArn" {
  description = "ARN of the IAM policy UserAthenaManagedRolePolicy"
  value       = lookup(local.iam_outputs, "UserAthenaManagedRolePolicyArn", null)
}

output "UserAthenaNonManagedRolePolicyArn" {
  description = "ARN of the IAM policy UserAthenaNonManagedRolePolicy"
  value       = lookup(local.iam_outputs, "UserAthenaNonManagedRolePolicyArn", null)
}

output "CatalogHost" {
  description = "Create a CNAME record for it that points to LoadBalancerDNSName."
  value       = lookup(aws_cloudformation_stack.app.outputs, "CatalogHost", null)
}

output "LoadBalancerDNSName" {
  description = "Where the CNAME records point to"
  value       = lookup(aws_cloudformation_stack.app.outputs, "LoadBalancerDNSName", null)
}

output "EventBusArn" {
  description = "Bus with the catalog's events"
  value       = lookup(aws_cloudformation_stack.app.outputs, "EventBusArn", null)
}

output "PackagerQueueUrl" {
  description = "The output PackagerQueueUrl of the application stack"
  value       = lookup(aws_cloudformation_stack.app.outputs, "PackagerQueueUrl", null)
}

output "RegistryRoleARN" {
  description = "Identity of the registry, for trust in other accounts"
  value       = lookup(aws_cloudformation_stack.app.outputs, "RegistryRoleARN", null)
}

output "ManagedUserRoleName" {
  description = "Name of the role of managed users, as the IAM console shows it"
  value       = lookup(aws_cloudformation_stack.app.outputs, "ManagedUserRoleName", null)
}

output "application_TabulatorOpenQueryPolicyArn" {
  description = "Attach it to whoever may run open queries"
  value       = lookup(aws_cloudformation_stack.app.outputs, "TabulatorOpenQueryPolicyArn", null)
}

output "TabulatorOpenQueryHowTo" {
  description = "What to type into the query editor"
  value       = lookup(aws_cloudformation_stack.app.outputs, "TabulatorOpenQueryHowTo", null)
}
