resource "aws_cloudformation_stack" "iam" {
  name         = var.name
  template_url = var.template_url
  parameters   = var.parameters
  capabilities = ["CAPABILITY_IAM"]
}
