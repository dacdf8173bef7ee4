# Written by iam-split, digest faa0cf2b4a412ad0

terraform {
  # import and check blocks are known since 1.5.
  required_version = ">= 1.5.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.20, < 7.0"
    }
  }
}

provider "aws" {
  region = var.region
}
