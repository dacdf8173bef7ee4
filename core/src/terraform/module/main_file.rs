//! `main.tf`: the bucket with the templates, the stacks, and what passes between them.

use super::super::decide::{Parameter, Provider, Root};
use super::super::hcl::{key, list, quoted};
use super::Writing;
use super::text::{filled, lines, object, optional};
use crate::deployment::contents::Contents;
use crate::deployment::names;

impl Writing<'_> {
    pub(super) fn main_file(&self) -> String {
        let mut text = self.heading();
        text.push_str(if self.reads_arns() { IDENTITY } else { "" });
        text.push_str(PARTITION);
        text.push_str(&self.locals());
        text.push_str(&self.bucket());
        if self.has_iam() {
            text.push_str(&self.iam_stack());
        }
        if self.reads_stack() {
            text.push_str(&self.data());
        }
        if self.root.has_app() {
            text.push_str(&self.app_stack());
        }
        if self.root == Root::Both && !self.decisions.later.is_empty() {
            text.push_str(&self.check());
        }
        text.truncate(text.trim_end().len());
        text + "\n"
    }

    /// Whether outputs are judged in this root.
    fn reads_arns(&self) -> bool {
        self.pair() && self.root.has_app()
    }

    /// Whether the outputs come by a data source and not from the resource: the stack is another root's, or the
    /// provider does not see that they change.
    fn reads_stack(&self) -> bool {
        self.pair()
            && (self.root == Root::App || self.root == Root::Both && self.request.provider < Provider::Five)
    }

    fn heading(&self) -> String {
        let what = match (self.pair(), self.root) {
            (false, _) => "# One stack with everything in it (the inline pattern).\n",
            (true, Root::Both) => HEADING_BOTH,
            (true, Root::Iam) => {
                "# The IAM stack. The application's root module reads its outputs, so this one is applied first.\n"
            }
            (true, Root::App) => {
                "# The application stack. It takes what the IAM stack gives out, which is applied first.\n"
            }
        };
        format!("{what}\n")
    }

    fn locals(&self) -> String {
        let mut text = "locals {\n".to_owned();
        if self.switches() {
            text.push_str("  external = var.iam_template_file != null\n");
        }
        if self.pair() {
            text.push_str("  iam_stack_name = coalesce(var.iam_stack_name, \"${var.name}-iam\")\n\n");
        }
        text.push_str(LOCAL_BUCKET);
        text.push_str(&self.given());
        if self.reads_arns() {
            text.push_str(&self.wired());
        }
        if self.root.has_app() {
            text.push_str(&self.app_values());
        }
        if self.has_iam() {
            text.push_str(&self.iam_values());
            text.push_str(&self.promised());
        }
        text.push_str(&self.faults());
        text + "}\n\n"
    }

    /// The parameters that have variables in this root.
    pub(super) fn own(&self) -> impl Iterator<Item = &Parameter> {
        let (iam, app) = (self.has_iam(), self.root.has_app());
        self.decisions.parameters.iter().filter(move |known| known.iam && iam || known.app && app)
    }

    fn given(&self) -> String {
        let value = |known: &Parameter| match known.list {
            true => format!("var.{0} == null ? null : join(\",\", var.{0})", known.variable),
            false => format!("var.{}", known.variable),
        };
        let shown: Vec<(String, String)> =
            self.own().filter(|known| !known.secret).map(|known| (key(&known.name), value(known))).collect();
        let mut parts = Vec::new();
        if !shown.is_empty() {
            let all = object(6, &shown);
            parts.push(format!(
                "    {{\n      for name, value in {all} : name => value if value != null\n    }},\n"
            ));
        }
        for known in self.own().filter(|known| known.secret) {
            parts.push(format!(
                "    nonsensitive(var.{} == null) ? {{}} : {{ {} = {} }},\n",
                known.variable,
                key(&known.name),
                value(known)
            ));
        }
        let merged =
            if parts.is_empty() { "{}".to_owned() } else { format!("merge(\n{}  )", parts.concat()) };
        format!(
            "  # Parameters with a variable of their own, one value for both stacks; null leaves the template's default.\n  given = {merged}\n\n"
        )
    }

    fn wired(&self) -> String {
        let wires = &self.decisions.wires;
        let from: Vec<(String, String)> = wires
            .iter()
            .map(|wire| {
                let absent = optional(wire.absent.as_deref());
                (
                    key(&wire.parameter),
                    format!("lookup(local.iam_outputs, {}, {absent})", quoted(&wire.output)),
                )
            })
            .collect();
        let arns: Vec<(String, String)> =
            wires.iter().filter_map(|wire| Some((key(&wire.output), quoted(wire.noun?)))).collect();
        let outputs = match (self.reads_stack(), self.root) {
            (true, Root::Both) => "local.external ? data.aws_cloudformation_stack.iam[0].outputs : {}",
            (true, _) => "data.aws_cloudformation_stack.iam.outputs",
            (false, _) => "local.external ? aws_cloudformation_stack.iam[0].outputs : {}",
        };
        let external = if self.switches() { "local.external ? " } else { "" };
        let inline = if self.switches() { " : {}" } else { "" };
        let none = if self.switches() { " : []" } else { "" };
        filled(
            WIRED,
            &[
                ("outputs", outputs),
                ("external", external),
                ("inline", inline),
                ("none", none),
                ("from", &object(2, &from)),
                ("needed", &self.needed()),
                ("arns", &object(2, &arns)),
            ],
        )
    }

    /// The outputs that must be there, as a list.
    fn needed(&self) -> String {
        let needed = self.decisions.wires.iter().filter(|wire| wire.absent.is_none());
        lines(2, needed.map(|wire| wire.output.as_str()))
    }

    /// What a plan can tell of the outputs while the stack's own are not known yet.
    fn promised(&self) -> String {
        let needed = match self.root {
            Root::Iam => format!("  # What the application takes.\n  needed_outputs = {}\n", self.needed()),
            _ => String::new(),
        };
        format!("{needed}{PROMISED}")
    }

    fn app_values(&self) -> String {
        let names = self.own().filter(|known| known.app).map(|known| known.name.as_str());
        let mut names = lines(2, names);
        let mut values = "    { for name, value in var.infrastructure_parameters : name => value if contains(local.app_parameter_names, name) },\n".to_owned();
        if self.pair() {
            names = format!("concat({names}, keys(local.from_iam))");
            values.push_str("    local.from_iam,\n");
        }
        values.push_str("    { for name, value in local.given : name => value if contains(local.app_parameter_names, name) },\n");
        values.push_str("    { for name, value in var.parameters : name => value if contains(local.app_parameter_names, name) },\n");
        filled(APP_VALUES, &[("names", &names), ("values", &values)])
    }

    fn iam_values(&self) -> String {
        let later = self.decisions.later.iter().map(|later| later.parameter.as_str());
        let names = self.own().filter(|known| known.iam).map(|known| known.name.as_str()).chain(later);
        let mut values = "    { for name, value in var.infrastructure_parameters : name => value if contains(local.iam_parameter_names, name) },\n".to_owned();
        if !self.decisions.later.is_empty() {
            values.push_str("    { for name, value in var.two_phase_values : name => value if contains(local.iam_parameter_names, name) },\n");
        }
        values.push_str("    { for name, value in local.given : name => value if contains(local.iam_parameter_names, name) },\n");
        values.push_str("    { for name, value in var.parameters : name => value if contains(local.iam_parameter_names, name) },\n");
        if let Some(parameter) = &self.decisions.stack_parameter {
            values.push_str(&format!("    {{ {} = var.name }},\n", key(parameter)));
        }
        filled(IAM_VALUES, &[("names", &lines(2, names)), ("values", &values)])
    }

    /// What is wrong with what was given, for the preconditions.
    fn faults(&self) -> String {
        let mut declared = Vec::new();
        let mut text =
            "  # What is missing or was given amiss; the preconditions of the stacks tell.\n".to_owned();
        for (which, there) in [("iam", self.has_iam()), ("app", self.root.has_app())] {
            if there {
                declared.push(format!("local.{which}_parameter_names"));
                let required = self
                    .own()
                    .filter(|known| known.required && if which == "iam" { known.iam } else { known.app });
                let required = lines(2, required.map(|known| known.name.as_str()));
                text.push_str(&format!(
                    "  {which}_without_value = setsubtract({required}, keys(local.{which}_parameters))\n"
                ));
            }
        }
        text.push_str(&format!(
            "  undeclared = setsubtract(keys(var.parameters), concat({}))\n",
            declared.join(", ")
        ));
        let secrets = self.own().filter(|known| known.secret).map(|known| known.name.as_str());
        text.push_str(&format!(
            "  open_secrets = setintersection({}, concat(keys(var.parameters), keys(var.infrastructure_parameters)))\n",
            list(secrets)
        ));
        text
    }

    fn bucket(&self) -> String {
        let settings = self.request.settings;
        let suffix = if self.root == Root::Iam {
            "-iam"
        } else if self.root == Root::App {
            "-app"
        } else {
            ""
        };
        let name = if settings.bucket == names::bucket(&settings.prefix, &settings.name) {
            format!("\"{}-templates-${{trim(var.name, \"-\")}}{suffix}\"", settings.prefix)
        } else {
            let room: String = settings.bucket.chars().take(63 - suffix.len()).collect();
            quoted(&format!("{room}{suffix}"))
        };
        // Such a provider would take away the encryption that S3 has given every bucket since 2023.
        let encrypted = if self.request.provider == Provider::Three { ENCRYPTED } else { "" };
        let mut text = filled(BUCKET, &[("name", &name), ("encrypted", encrypted)]);
        let mut object = |which: &str, variable: &str, contents: &Contents, count: &str| {
            let (ending, prefix) =
                (if contents.json { "json" } else { "yaml" }, quoted_inside(&settings.prefix));
            let key = format!("\"{prefix}-{which}/${{filesha256(var.{variable})}}.{ending}\"");
            text.push_str(&filled(
                OBJECT,
                &[
                    ("type", self.request.provider.object()),
                    ("which", which),
                    ("count", count),
                    ("key", &key),
                    ("file", variable),
                ],
            ));
        };
        if let Some(iam) = self.request.iam.filter(|_| self.has_iam()) {
            let count = if self.switches() { "  count = local.external ? 1 : 0\n\n" } else { "" };
            object("iam", "iam_template_file", iam, count);
        }
        if self.root.has_app() {
            object("app", "template_file", self.request.app, "");
        }
        text
    }

    fn iam_stack(&self) -> String {
        let capabilities =
            self.request.iam.map(|iam| list(iam.capabilities.iter().copied())).unwrap_or_default();
        let (count, index) =
            if self.switches() { ("  count = local.external ? 1 : 0\n\n", "[0]") } else { ("", "") };
        let mut conditions =
            WITHOUT_VALUE.replace("@which@", "iam").replace("@noun@", "IAM") + OUTPUTS_PROMISED;
        if self.root == Root::Iam {
            conditions.push_str(GIVEN_AMISS);
        }
        let object = format!("{}.iam{index}.key", self.request.provider.object());
        filled(
            STACK,
            &[
                ("which", "iam"),
                ("count", count),
                ("name", "local.iam_stack_name"),
                ("object", &object),
                ("capabilities", &capabilities),
                ("tags", "merge(var.tags, var.iam_tags)"),
                ("role", "var.iam_role_arn"),
                ("conditions", conditions.trim_end_matches('\n')),
            ],
        )
    }

    fn data(&self) -> String {
        if self.root == Root::App {
            return DATA_OF_OTHERS.to_owned();
        }
        DATA_AFTER.to_owned()
    }

    fn app_stack(&self) -> String {
        let app = self.request.app;
        let mut capabilities = list(app.capabilities.iter().copied());
        if self.switches() {
            // The monolith makes the IAM resources itself.
            let all = ["CAPABILITY_AUTO_EXPAND", "CAPABILITY_NAMED_IAM"].into_iter();
            let all = all.filter(|name| *name == "CAPABILITY_NAMED_IAM" || app.capabilities.contains(name));
            capabilities = format!("local.external ? {capabilities} : {}", list(all));
        }
        let mut conditions =
            WITHOUT_VALUE.replace("@which@", "app").replace("@noun@", "application") + GIVEN_AMISS;
        if self.reads_arns() {
            conditions.push_str(OUTPUTS_THERE);
        }
        if self.switches() && self.decisions.recognisable {
            conditions.push_str(PATTERN_FITS);
        }
        let object = format!("{}.app.key", self.request.provider.object());
        filled(
            STACK,
            &[
                ("which", "app"),
                ("count", ""),
                ("name", "var.name"),
                ("object", &object),
                ("capabilities", &capabilities),
                ("tags", "var.tags"),
                ("role", "var.role_arn"),
                ("conditions", conditions.trim_end_matches('\n')),
            ],
        )
    }

    fn check(&self) -> String {
        let later: Vec<(String, String)> =
            self.decisions.later.iter().map(|later| (key(&later.parameter), quoted(&later.output))).collect();
        filled(CHECK, &[("later", &object(6, &later))])
    }
}

/// A text inside a quoted template.
fn quoted_inside(text: &str) -> String {
    quoted(text).trim_matches('"').to_owned()
}

const HEADING_BOTH: &str = "\
# Two stacks: the IAM stack first, and the application stack, which takes its outputs as parameters.
# With `iam_template_file = null` there is one stack, made of the monolith (the inline pattern).
";

const IDENTITY: &str = "data \"aws_caller_identity\" \"current\" {}\n\n";
const PARTITION: &str = "data \"aws_partition\" \"current\" {}\n\n";

const LOCAL_BUCKET: &str = r#"  # The address in path style, which every region and every local endpoint understands.
  bucket  = var.template_bucket == null ? aws_s3_bucket.templates[0].id : var.template_bucket
  address = "https://s3.${var.region}.${data.aws_partition.current.dns_suffix}/${local.bucket}"

"#;

const WIRED: &str = r#"  # What the IAM stack gives out, by the parameter that takes it.
  iam_outputs = @outputs@
  from_iam = @external@@from@@inline@

  # Outputs that must be there, and those that are ARNs of IAM.
  needed_outputs = @external@@needed@@none@
  arn_outputs = @arns@
  missing_outputs = [for name in local.needed_outputs : name if !contains(keys(local.iam_outputs), name)]
  malformed_outputs = [
    for name, kind in local.arn_outputs : name
    if !can(regex("^arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:${kind}/", lookup(local.iam_outputs, name, "")))
    && contains(keys(local.iam_outputs), name)
  ]

"#;

const APP_VALUES: &str = r#"  # The application stack's values, what comes later wins: infrastructure, IAM, user.
  app_parameter_names = @names@
  app_parameters = merge(
@values@  )

"#;

const IAM_VALUES: &str = r#"  # The IAM stack's values.
  iam_parameter_names = @names@
  iam_parameters = merge(
@values@  )

"#;

const PROMISED: &str = r#"  # What the template's text has no such key for.
  unnamed_outputs = [for name in local.needed_outputs : name if !can(regex("(?:^|[\\s{,\"'])${name}[\"']?\\s*:", file(var.iam_template_file)))]

"#;

const BUCKET: &str = r#"resource "aws_s3_bucket" "templates" {
  count = var.template_bucket == null ? 1 : 0

  bucket = @name@
  tags = var.tags
@encrypted@}

resource "aws_s3_bucket_public_access_block" "templates" {
  count = var.template_bucket == null ? 1 : 0

  bucket = aws_s3_bucket.templates[0].id
  block_public_acls = true
  block_public_policy = true
  ignore_public_acls = true
  restrict_public_buckets = true
}

"#;

const ENCRYPTED: &str = r#"
  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm = "AES256"
      }
    }
  }
"#;

const OBJECT: &str = r#"# Under the content's hash: new content is a new address, and so an update of the stack.
resource "@type@" "@which@" {
@count@  bucket = local.bucket
  key = @key@
  source = var.@file@

  lifecycle {
    create_before_destroy = true
  }
}

"#;

const STACK: &str = r#"resource "aws_cloudformation_stack" "@which@" {
@count@  name = @name@
  template_url = "${local.address}/${@object@}"
  parameters = local.@which@_parameters
  capabilities = @capabilities@
  tags = @tags@
  iam_role_arn = @role@
  notification_arns = var.notification_arns
  on_failure = var.on_failure
  timeout_in_minutes = var.timeout_in_minutes

  timeouts {
    create = var.create_timeout
    update = var.update_timeout
    delete = var.delete_timeout
  }

  lifecycle {
    # They matter at creation alone; changed later, they would have the stack deleted and made anew.
    ignore_changes = [on_failure, timeout_in_minutes]

@conditions@
  }
}

"#;

const WITHOUT_VALUE: &str = r#"    precondition {
      condition = length(local.@which@_without_value) == 0
      error_message = "Parameters of the @noun@ template have no value: ${join(", ", local.@which@_without_value)}."
    }

"#;

const GIVEN_AMISS: &str = r#"    precondition {
      condition = length(local.undeclared) == 0
      error_message = "No template declares these entries of var.parameters: ${join(", ", local.undeclared)}."
    }

    precondition {
      condition = length(local.open_secrets) == 0
      error_message = "Secrets have variables of their own, which Terraform does not show: ${join(", ", local.open_secrets)}."
    }

"#;

const OUTPUTS_PROMISED: &str = r#"    # Before anything is touched: an output that the template's text does not even have a name for.
    precondition {
      condition = length(local.unnamed_outputs) == 0
      error_message = "The IAM template lacks outputs that the application takes: ${join(", ", local.unnamed_outputs)}. Give the IAM template of this pair."
    }

"#;

const OUTPUTS_THERE: &str = r#"    precondition {
      condition = length(local.missing_outputs) == 0
      error_message = "The stack ${local.iam_stack_name} lacks outputs: ${join(", ", local.missing_outputs)}. Deploy the IAM template of this pair."
    }

    precondition {
      condition = length(local.malformed_outputs) == 0
      error_message = "Outputs of the stack ${local.iam_stack_name} are no ARNs of this account and partition: ${join(", ", local.malformed_outputs)}."
    }

"#;

const PATTERN_FITS: &str = r#"    # The application template of a pair names the outputs that it takes; the monolith does not.
    precondition {
      condition = local.external == can(regex(": output [0-9A-Za-z]+ of the IAM stack", file(var.template_file)))
      error_message = local.external ? "template_file is a monolith, and iam_template_file is given: give the application template of the pair, or set iam_template_file = null." : "template_file is split from its IAM, and iam_template_file is null: give the IAM template, or the monolith as template_file."
    }

"#;

const DATA_AFTER: &str = r#"# Providers before 5.14 do not tell that a stack's outputs change with it: they are read once it stands.
data "aws_cloudformation_stack" "iam" {
  count = local.external ? 1 : 0

  name = local.iam_stack_name

  depends_on = [aws_cloudformation_stack.iam]
}

"#;

const DATA_OF_OTHERS: &str = r#"data "aws_cloudformation_stack" "iam" {
  name = local.iam_stack_name
}

"#;

const CHECK: &str = r#"# Two-phase values: known once the application stack stands, and passed to the IAM stack by a second apply.
check "two_phase_values" {
  assert {
    condition = alltrue([
      for parameter, output in @later@ : lookup(var.two_phase_values, parameter, "") == lookup(aws_cloudformation_stack.app.outputs, output, "")
    ])
    error_message = "The IAM stack does not have the application's two-phase values: run `terraform output -raw two_phase_tfvars > two-phase.auto.tfvars.json`, then `terraform apply`."
  }
}
"#;
