# Written by iam-split, digest 9bec32471b919f92

variable "name" {
  description = "The application stack's name, which the IAM stack gets as AppStackName"
  type        = string
  default     = "quilt-prod"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][0-9a-z-]{0,19}$", var.name))
    error_message = "A lower-case letter, then lower-case letters, digits and dashes; 20 characters at most."
  }

  validation {
    condition     = length(var.name) >= 1
    error_message = "AppStackName: a letter, then lower-case letters, digits and single dashes, at most 25 characters: longer or other names would not match the generated names in the policies"
  }

  validation {
    condition     = length(var.name) <= 25
    error_message = "AppStackName: a letter, then lower-case letters, digits and single dashes, at most 25 characters: longer or other names would not match the generated names in the policies"
  }

  validation {
    condition     = can(regex("^(?:^[a-z][a-z0-9]*(-[a-z0-9]+)*$)$", var.name))
    error_message = "AppStackName: a letter, then lower-case letters, digits and single dashes, at most 25 characters: longer or other names would not match the generated names in the policies"
  }
}

variable "region" {
  description = "The region of the stacks"
  type        = string
  default     = "us-east-1"
  nullable    = false
}

variable "iam_template_file" {
  description = "The IAM template, as a path from this folder; null is the inline pattern, with the monolith as template_file"
  type        = string
  default     = "../quilt-iam.yaml"
}

variable "template_file" {
  description = "The application template, as a path from this folder"
  type        = string
  default     = "../quilt-app.yaml"
  nullable    = false
}

variable "template_bucket" {
  description = "The bucket that the templates go to; null makes one"
  type        = string
  default     = null
}

variable "iam_stack_name" {
  description = "The IAM stack's name; null is NAME-iam"
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of both stacks and of the bucket"
  type        = map(string)
  default = {
    team = "data"
  }
  nullable = false
}

variable "iam_tags" {
  description = "Further tags of the IAM stack"
  type        = map(string)
  default = {
    owner = "security"
  }
  nullable = false
}

variable "iam_role_arn" {
  description = "The role with which CloudFormation works on the IAM stack; null is the caller's own permissions"
  type        = string
  default     = null
}

variable "role_arn" {
  description = "The role with which CloudFormation works on the application stack; null is the caller's own permissions"
  type        = string
  default     = null
}

variable "notification_arns" {
  description = "Topics that get the events of the stacks"
  type        = list(string)
  default     = []
  nullable    = false
}

variable "on_failure" {
  description = "What becomes of a stack whose creation fails: ROLLBACK, DELETE or DO_NOTHING"
  type        = string
  default     = "ROLLBACK"
  nullable    = false

  validation {
    condition     = contains(["ROLLBACK", "DELETE", "DO_NOTHING"], var.on_failure)
    error_message = "ROLLBACK, DELETE or DO_NOTHING."
  }
}

variable "timeout_in_minutes" {
  description = "After how many minutes CloudFormation gives a creation up; null is never"
  type        = number
  default     = null
}

variable "create_timeout" {
  description = "How long Terraform watches a creation"
  type        = string
  default     = "60m"
  nullable    = false
}

variable "update_timeout" {
  description = "How long Terraform watches an update"
  type        = string
  default     = "60m"
  nullable    = false
}

variable "delete_timeout" {
  description = "How long Terraform watches a deletion"
  type        = string
  default     = "60m"
  nullable    = false
}

variable "parameters" {
  description = "Values with the highest priority, by the parameter's name: they beat the variables below and what the IAM stack gives out"
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "infrastructure_parameters" {
  description = "Values with the lowest priority: network, database and the like. What no template declares is left out"
  type        = map(string)
  default = {
    CloudTrailBucket                   = "trail-bucket"
    DBAccessorSecurityGroup            = "sg-1"
    PublicSubnets                      = "subnet-3,subnet-4"
    SearchClusterAccessorSecurityGroup = "sg-3"
    SearchDomainArn                    = "arn:aws:es:us-east-1:000000000000:domain/search"
    SearchDomainEndpoint               = "search.example.com"
    Subnets                            = "subnet-1,subnet-2"
    UserSecurityGroup                  = "sg-2"
    VPC                                = "vpc-1"
  }
  nullable = false
}

# Parameters of the templates.

variable "AdminEmail" {
  description = "Address with which the first administrator signs in."
  type        = string
  default     = "admin@example.com"

  validation {
    condition     = var.AdminEmail == null ? true : can(regex("^(?:[^@\\s]+@[^@\\s]+)$", var.AdminEmail))
    error_message = "AdminEmail must match [^@\\s]+@[^@\\s]+"
  }
}

variable "AdminPassword" {
  description = "Password of the first administrator.. A secret: export it as TF_VAR_AdminPassword"
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = var.AdminPassword == null ? true : length(var.AdminPassword) >= 12
    error_message = "AdminPassword has at least 12 characters."
  }
}

variable "QuiltWebHost" {
  description = "Host name under which browsers reach the catalog."
  type        = string
  default     = "catalog.example.com"

  validation {
    condition     = var.QuiltWebHost == null ? true : can(regex("^(?:^[a-z0-9][a-z0-9.-]*\\.[a-z]{2,}$)$", var.QuiltWebHost))
    error_message = "QuiltWebHost must match ^[a-z0-9][a-z0-9.-]*\\.[a-z]{2,}$"
  }
}

variable "CertificateArnELB" {
  description = "ARN of the certificate, in the same region."
  type        = string
  default     = "arn:aws:acm:us-east-1:000000000000:certificate/1"

  validation {
    condition     = var.CertificateArnELB == null ? true : can(regex("^(?:^arn:aws[a-z-]*:acm:.+$)$", var.CertificateArnELB))
    error_message = "CertificateArnELB must match ^arn:aws[a-z-]*:acm:.+$"
  }
}

variable "DBUrl" {
  description = "Connection string of the registry's database.. A secret: export it as TF_VAR_DBUrl"
  type        = string
  default     = null
  sensitive   = true
}

variable "DBAccessorSecurityGroup" {
  description = "Security group whose members may connect to the database."
  type        = string
  default     = null
}

variable "VPC" {
  description = "Network of the catalog."
  type        = string
  default     = null
}

variable "Subnets" {
  description = "Two or more private subnets."
  type        = list(string)
  default     = null

  validation {
    condition     = var.Subnets == null ? true : !anytrue([for item in var.Subnets : strcontains(item, ",")])
    error_message = "An item of Subnets cannot hold a comma."
  }
}

variable "PublicSubnets" {
  description = "Two or more subnets for the load balancer."
  type        = list(string)
  default     = null

  validation {
    condition     = var.PublicSubnets == null ? true : !anytrue([for item in var.PublicSubnets : strcontains(item, ",")])
    error_message = "An item of PublicSubnets cannot hold a comma."
  }
}

variable "UserSecurityGroup" {
  description = "Decides who reaches the load balancer."
  type        = string
  default     = null
}

variable "SearchDomainArn" {
  description = "ARN of the OpenSearch domain."
  type        = string
  default     = null

  validation {
    condition     = var.SearchDomainArn == null ? true : can(regex("^(?:^arn:aws[a-z-]*:es:.+:domain/.+$)$", var.SearchDomainArn))
    error_message = "SearchDomainArn must match ^arn:aws[a-z-]*:es:.+:domain/.+$"
  }
}

variable "SearchDomainEndpoint" {
  description = "Host name of the OpenSearch domain."
  type        = string
  default     = null
}

variable "SearchClusterAccessorSecurityGroup" {
  description = "Security group whose members may query the OpenSearch domain."
  type        = string
  default     = null
}

variable "CloudTrailBucket" {
  description = "Bucket in which a trail records the object-level events."
  type        = string
  default     = null

  validation {
    condition     = var.CloudTrailBucket == null ? true : length(var.CloudTrailBucket) >= 3
    error_message = "CloudTrailBucket has at least 3 characters."
  }
}

variable "CloudTrailBucketManaged" {
  description = "Set to Yes only if nothing else sets a policy on the trail's bucket. (the template's default: No)"
  type        = string
  default     = null

  validation {
    condition     = var.CloudTrailBucketManaged == null ? true : contains(["Yes", "No"], var.CloudTrailBucketManaged)
    error_message = "CloudTrailBucketManaged is one of Yes, No."
  }
}

variable "UserAthenaBytesScannedCutoff" {
  description = "Most bytes that one query may scan; 0 stands for no limit. (the template's default: 0)"
  type        = string
  default     = null

  validation {
    condition     = var.UserAthenaBytesScannedCutoff == null ? true : can(tonumber(var.UserAthenaBytesScannedCutoff))
    error_message = "UserAthenaBytesScannedCutoff is a number."
  }

  validation {
    condition     = var.UserAthenaBytesScannedCutoff == null ? true : try(tonumber(var.UserAthenaBytesScannedCutoff) >= tonumber("0"), false)
    error_message = "UserAthenaBytesScannedCutoff is at least 0."
  }
}

variable "ManagedUserRoleExtraPolicies" {
  description = "Up to five more policy ARNs for managed users, separated by commas, no blanks."
  type        = string
  default     = null

  validation {
    condition     = var.ManagedUserRoleExtraPolicies == null ? true : can(regex("^(?:^$|^[^,\\s]+(,[^,\\s]+){0,4}$)$", var.ManagedUserRoleExtraPolicies))
    error_message = "ManagedUserRoleExtraPolicies must match ^$|^[^,\\s]+(,[^,\\s]+){0,4}$"
  }
}

variable "S3BucketPolicyExcludeArnsFromDeny" {
  description = "Principals that the closed buckets do not shut out."
  type        = list(string)
  default     = null

  validation {
    condition     = var.S3BucketPolicyExcludeArnsFromDeny == null ? true : !anytrue([for item in var.S3BucketPolicyExcludeArnsFromDeny : strcontains(item, ",")])
    error_message = "An item of S3BucketPolicyExcludeArnsFromDeny cannot hold a comma."
  }
}

variable "ChunkedChecksums" {
  description = "Compute checksums of large objects part by part. (the template's default: Disabled)"
  type        = string
  default     = null

  validation {
    condition     = var.ChunkedChecksums == null ? true : contains(["Enabled", "Disabled"], var.ChunkedChecksums)
    error_message = "ChunkedChecksums is one of Enabled, Disabled."
  }
}

variable "Qurator" {
  description = "Offer the assistant. (the template's default: Disabled)"
  type        = string
  default     = null

  validation {
    condition     = var.Qurator == null ? true : contains(["Enabled", "Disabled"], var.Qurator)
    error_message = "Qurator is one of Enabled, Disabled."
  }
}

variable "LogRetentionInDays" {
  description = "How long log events are kept. (the template's default: 90)"
  type        = string
  default     = null

  validation {
    condition     = var.LogRetentionInDays == null ? true : contains(["30", "90", "365"], var.LogRetentionInDays)
    error_message = "LogRetentionInDays is one of 30, 90, 365."
  }

  validation {
    condition     = var.LogRetentionInDays == null ? true : can(tonumber(var.LogRetentionInDays))
    error_message = "LogRetentionInDays is a number."
  }
}
