output "access_counts_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["AccessCountsRoleArn"]
}

output "amazon_ecstask_execution_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["AmazonECSTaskExecutionRoleArn"]
}

output "api_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["ApiRoleArn"]
}

output "bucket_read_policy_arn" {
  value = aws_cloudformation_stack.iam.outputs["BucketReadPolicyArn"]
}

output "bucket_write_policy_arn" {
  value = aws_cloudformation_stack.iam.outputs["BucketWritePolicyArn"]
}

output "duck_dbselect_lambda_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["DuckDBSelectLambdaRoleArn"]
}

output "es_ingest_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["EsIngestRoleArn"]
}

output "iceberg_lambda_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["IcebergLambdaRoleArn"]
}

output "managed_user_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["ManagedUserRoleArn"]
}

output "managed_user_role_base_policy_arn" {
  value = aws_cloudformation_stack.iam.outputs["ManagedUserRoleBasePolicyArn"]
}

output "manifest_indexer_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["ManifestIndexerRoleArn"]
}

output "migration_lambda_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["MigrationLambdaRoleArn"]
}

output "packager_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["PackagerRoleArn"]
}

output "pkg_events_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["PkgEventsRoleArn"]
}

output "pkg_push_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["PkgPushRoleArn"]
}

output "registry_assume_role_policy_arn" {
  value = aws_cloudformation_stack.iam.outputs["RegistryAssumeRolePolicyArn"]
}

output "registry_task_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["RegistryTaskRoleArn"]
}

output "s3_copy_lambda_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["S3CopyLambdaRoleArn"]
}

output "s3_hash_lambda_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["S3HashLambdaRoleArn"]
}

output "s3_lambda_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["S3LambdaRoleArn"]
}

output "s3_proxy_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["S3ProxyRoleArn"]
}

output "s3_snsto_event_bridge_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["S3SNSToEventBridgeRoleArn"]
}

output "search_handler_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["SearchHandlerRoleArn"]
}

output "t4_bucket_read_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["T4BucketReadRoleArn"]
}

output "t4_bucket_write_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["T4BucketWriteRoleArn"]
}

output "t4_default_bucket_read_policy_arn" {
  value = aws_cloudformation_stack.iam.outputs["T4DefaultBucketReadPolicyArn"]
}

output "tabulator_open_query_policy_arn" {
  value = aws_cloudformation_stack.iam.outputs["TabulatorOpenQueryPolicyArn"]
}

output "tabulator_open_query_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["TabulatorOpenQueryRoleArn"]
}

output "tabulator_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["TabulatorRoleArn"]
}

output "timestamp_resource_handler_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["TimestampResourceHandlerRoleArn"]
}

output "tracking_cron_role_arn" {
  value = aws_cloudformation_stack.iam.outputs["TrackingCronRoleArn"]
}

output "user_athena_managed_role_policy_arn" {
  value = aws_cloudformation_stack.iam.outputs["UserAthenaManagedRolePolicyArn"]
}

output "user_athena_non_managed_role_policy_arn" {
  value = aws_cloudformation_stack.iam.outputs["UserAthenaNonManagedRolePolicyArn"]
}
