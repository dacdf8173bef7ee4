module "quilt" {
  source = "./modules/quilt"

  name             = "quilt-prod"
  template_url     = "https://quilt-templates.s3.us-east-1.amazonaws.com/quilt-app.yaml"
  iam_template_url = "https://quilt-templates.s3.us-east-1.amazonaws.com/quilt-iam.yaml"

  parameters = {
    AdminEmail        = "admin@example.com"
    QuiltWebHost      = "catalog.example.com"
    CertificateArnELB = "arn:aws:acm:us-east-1:000000000000:certificate/1"
  }
}
