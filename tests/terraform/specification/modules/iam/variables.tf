variable "name" {
  type = string
}

variable "template_url" {
  type = string
}

variable "parameters" {
  type    = map(string)
  default = {}
}
