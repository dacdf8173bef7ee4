variable "name" {
  type = string
}

variable "template_url" {
  type = string
}

variable "iam_template_url" {
  type    = string
  default = null
}

variable "iam_parameters" {
  type    = map(string)
  default = {}
}

variable "parameters" {
  type    = map(string)
  default = {}
}
