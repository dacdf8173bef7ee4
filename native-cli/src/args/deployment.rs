//! Arguments of the commands that run the stacks.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use iam_split_core::deployment::raw::Flags;

/// Settings of the deployment: deployment.yaml, and flags that beat it.
#[derive(Args, Clone, Debug, Default)]
pub struct Settings {
    /// The deployment file [default: deployment.yaml of the current folder]. Its paths are relative to it.
    #[arg(long, short, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The application stack's name; what the IAM stack's `AppStackName` gets.
    #[arg(long, help_heading = "Settings (each beats its key in deployment.yaml)")]
    pub name: Option<String>,
    /// The IAM stack's name [default: NAME-iam].
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    pub iam_stack_name: Option<String>,
    /// What is meant: `external` or `inline` [default: found from templates and names].
    #[arg(long, help_heading = HEADING)]
    pub pattern: Option<String>,
    /// The region [default: that of the profile or the environment].
    #[arg(long, help_heading = HEADING)]
    pub region: Option<String>,
    /// The profile of the credentials.
    #[arg(long, help_heading = HEADING)]
    pub profile: Option<String>,
    /// The bucket of the templates [default: PREFIX-templates-NAME].
    #[arg(long, help_heading = HEADING)]
    pub bucket: Option<String>,
    /// What the objects' names, and the bucket's unless it is given, begin with [default: quilt].
    #[arg(long, help_heading = HEADING)]
    pub prefix: Option<String>,
    /// The application template.
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub template: Option<String>,
    /// The application template's address in S3.
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    pub template_url: Option<String>,
    /// The IAM template.
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub iam_template: Option<String>,
    /// The IAM template's address in S3.
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    pub iam_template_url: Option<String>,
    /// A file with the ARNs of roles that somebody made by hand, in the place of an IAM stack (`iam-split tickets`).
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub arns: Option<String>,
    /// The account that owns the buckets of these addresses [default: that of the credentials].
    #[arg(long, value_name = "NUMBER", help_heading = HEADING)]
    pub template_owner: Option<String>,
    /// A parameter's value, with the highest priority. Repeatable.
    #[arg(long, alias = "parameters", value_name = "NAME=VALUE", value_parser = pair, help_heading = HEADING)]
    pub parameter: Vec<(String, String)>,
    /// A parameter's value, with the lowest priority. Repeatable.
    #[arg(long, alias = "infrastructure-parameters", value_name = "NAME=VALUE", value_parser = pair, help_heading = HEADING)]
    pub infrastructure_parameter: Vec<(String, String)>,
    /// The value of a parameter of the IAM template. Repeatable.
    #[arg(long, alias = "iam-parameters", value_name = "NAME=VALUE", value_parser = pair, help_heading = HEADING)]
    pub iam_parameter: Vec<(String, String)>,
    /// A topic that gets the stacks' events. Repeatable.
    #[arg(long, alias = "notification-arns", value_name = "ARN", help_heading = HEADING)]
    pub notification_arn: Vec<String>,
    /// What becomes of a stack whose creation fails: ROLLBACK, DELETE or DO_NOTHING [default: ROLLBACK].
    #[arg(long, value_name = "WHAT", help_heading = HEADING)]
    pub on_failure: Option<String>,
    /// How long an operation may take: `create=30m`, `update=1h`, `delete=20m`. Repeatable.
    #[arg(long, alias = "timeouts", value_name = "WHAT=TIME", value_parser = pair, help_heading = HEADING)]
    pub timeout: Vec<(String, String)>,
    /// A tag of both stacks. Repeatable.
    #[arg(long, alias = "tags", value_name = "KEY=VALUE", value_parser = pair, help_heading = HEADING)]
    pub tag: Vec<(String, String)>,
    /// A tag of the IAM stack alone. Repeatable.
    #[arg(long, alias = "iam-tags", value_name = "KEY=VALUE", value_parser = pair, help_heading = HEADING)]
    pub iam_tag: Vec<(String, String)>,
    /// The role with which CloudFormation works on the application stack.
    #[arg(long, value_name = "ARN", help_heading = HEADING)]
    pub role_arn: Option<String>,
    /// The role with which CloudFormation works on the IAM stack.
    #[arg(long, value_name = "ARN", help_heading = HEADING)]
    pub iam_role_arn: Option<String>,
}

const HEADING: &str = "Settings (each beats its key in deployment.yaml)";

impl Settings {
    /// What was typed, by the keys of deployment.yaml.
    #[must_use]
    pub fn flags(&self) -> Flags {
        let texts = [
            ("name", &self.name),
            ("iam_stack_name", &self.iam_stack_name),
            ("pattern", &self.pattern),
            ("region", &self.region),
            ("profile", &self.profile),
            ("bucket", &self.bucket),
            ("prefix", &self.prefix),
            ("template", &self.template),
            ("template_url", &self.template_url),
            ("iam_template", &self.iam_template),
            ("iam_template_url", &self.iam_template_url),
            ("arns", &self.arns),
            ("template_owner", &self.template_owner),
            ("on_failure", &self.on_failure),
            ("role_arn", &self.role_arn),
            ("iam_role_arn", &self.iam_role_arn),
        ];
        let entries = [
            ("parameters", &self.parameter),
            ("infrastructure_parameters", &self.infrastructure_parameter),
            ("iam_parameters", &self.iam_parameter),
            ("timeouts", &self.timeout),
            ("tags", &self.tag),
            ("iam_tags", &self.iam_tag),
        ];
        let entries = entries.into_iter().flat_map(|(key, pairs)| {
            pairs.iter().map(move |(name, value)| (key, name.clone(), value.clone()))
        });
        let topics = (!self.notification_arn.is_empty()).then(|| self.notification_arn.clone());
        Flags {
            texts: texts.into_iter().filter_map(|(key, text)| Some((key, text.clone()?))).collect(),
            lists: topics.into_iter().map(|topics| ("notification_arns", topics)).collect(),
            entries: entries.collect(),
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if name.is_empty() {
        Err("the name is empty".to_owned())
    } else {
        Ok((name.to_owned(), value.to_owned()))
    }
}

/// One of the two stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// The IAM stack.
    Iam,
    /// The application stack.
    App,
}

/// How progress and results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs: one JSON object a line on standard output.
    Json,
}

/// How a command that changes stacks goes about it.
#[derive(Args, Clone, Copy, Debug)]
pub struct Operation {
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
    /// Seconds between two looks at a stack's events [default: 0.25, growing to 5].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub poll_interval: Option<f64>,
    /// How progress is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Send the templates to the bucket.
///
/// The bucket is made if it is absent: versioned, private, encrypted, its objects owned by the account.
/// Each template goes under a stable name, PREFIX-iam.yaml or PREFIX-app.yaml, and under a name with its
/// content's hash, which is the one that stacks are made of. What is there already is not sent again.
///
/// Exit codes: 0 done, 1 findings, 2 wrong usage or input, 3 AWS.
#[derive(Args, Debug)]
pub struct UploadArgs {
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Show what a deployment would change.
///
/// Change sets are made for both stacks and taken away again; nothing is changed. Templates of more than
/// 51,200 bytes must be in the bucket for that: they are sent as by `upload`.
///
/// Of a stack that runs it says, statement by statement, what the update changes of the permissions, and
/// whether more is allowed than the template that runs allows, with a request that shows it. Of the
/// application stack it says so where its template holds IAM. A parameter with another value cannot be told.
///
/// Exit codes: 0 done, 1 gate 1 failed, `deploy` would refuse this, or what --fail-on names, 2 wrong usage
/// or input, 3 AWS.
#[derive(Args, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// Keep the plan: .html as a page, any other ending as data that `deploy --plan` carries out. Repeatable.
    #[arg(long, value_name = "FILE")]
    pub out: Vec<PathBuf>,
    /// Plan with an interruption of the application, as `deploy` takes it.
    #[arg(long)]
    pub accept_interruption: bool,
    /// Plan to take in resources that exist under their explicit names, as `deploy` takes it.
    #[arg(long)]
    pub import: bool,
    /// Exit 1 where more is allowed than what runs allows, or where that cannot be told; all that a new stack
    /// allows is more.
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
    /// With --fail-on: what cannot be told does not count.
    #[arg(long, requires = "fail_on")]
    pub allow_unknown: bool,
    /// The company's rules, asked of the templates that would be deployed: one that is an error and broken gives exit 1.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What a plan fails on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// More is allowed than before, or that cannot be told.
    More,
}

/// Deploy the IAM stack, then the application stack.
///
/// Gate 1 → upload → IAM stack → gate 2 → outputs, gate 3 → application stack → gate 4. Safe to run
/// again: what is done is not done twice, and an operation under way is watched to its end.
///
/// Exit codes: 0 done, 1 findings or a gate failed, 2 wrong usage or input, 3 AWS, also where a stack
/// failed or watching was stopped before its end.
#[derive(Args, Debug)]
pub struct DeployArgs {
    /// Only this stack.
    #[arg(value_enum)]
    pub target: Option<Target>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// Replace roles, or remove and add some at once, though the application is without them for a while.
    #[arg(long)]
    pub accept_interruption: bool,
    /// Carry out this plan, which `plan --out` kept, or refuse where anything is no longer as it says.
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// With --plan: the digest that was approved; another plan is refused.
    #[arg(long, value_name = "DIGEST", requires = "plan")]
    pub approved: Option<String>,
    /// Take resources that exist under their explicit names into the stacks instead of failing on them.
    #[arg(long)]
    pub import: bool,
    /// Delete a stack whose creation failed before, and create it again.
    #[arg(long)]
    pub recreate: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub operation: Operation,
}

/// Show what the IAM stack gives out.
///
/// Exit codes: 0 done, 1 an output is missing or no ARN, 2 wrong usage or input, 3 AWS.
#[derive(Args, Debug)]
pub struct OutputsArgs {
    /// The stack [default: the IAM stack; in the inline pattern the only one].
    #[arg(value_enum)]
    pub target: Option<Target>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// How they are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputsFormat,
}

/// How outputs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputsFormat {
    /// Columns for people.
    #[default]
    Table,
    /// One JSON object.
    Json,
    /// Lines for a shell or a `.env` file.
    Env,
    /// Lines for a `.tfvars` file of Terraform.
    Tfvars,
}

/// Show how both stacks stand.
///
/// Their status, the application's parameters against the IAM stack's newest outputs, and the exports
/// with those who import them.
///
/// Exit codes: 0 in order, 1 findings, 2 wrong usage or input, 3 AWS.
#[derive(Args, Debug)]
pub struct StatusArgs {
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// How it is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Check the quality gates.
///
/// 1 templates, 2 IAM stack, 3 outputs, 4 application stack, 5 runtime: permission errors in the
/// application's logs, functions and services since it was deployed, with the statement that would have to
/// change.
///
/// Exit codes: 0 all passed, 1 one failed, 2 wrong usage or input, 3 AWS.
#[derive(Args, Debug)]
pub struct GatesArgs {
    /// The gates [default: 1 to 4].
    #[arg(value_parser = clap::value_parser!(u8).range(1..=5))]
    pub gates: Vec<u8>,
    /// Gate 5 too: it reads logs, which may take a while. What it could not read makes it NOT CHECKED, exit 1.
    #[arg(long)]
    pub runtime: bool,
    /// Take a gate that could not look at all (2 and 5) for one that passed, where nothing failed.
    #[arg(long)]
    pub allow_unchecked: bool,
    /// Ask this address, as a health check does: it has to answer with 2xx, redirects within its host are
    /// followed. Alone, nothing else is checked. Repeatable.
    #[arg(long, value_name = "URL")]
    pub url: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// How it is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Delete the application stack, then the IAM stack.
///
/// Refuses, before anything is deleted, while another stack imports an export or something outside the
/// stacks is attached to a role or policy.
///
/// Exit codes: 0 done, 1 refused, 2 wrong usage or input, 3 AWS, also where a deletion failed.
#[derive(Args, Debug)]
pub struct DeleteArgs {
    /// Only this stack.
    #[arg(value_enum)]
    pub target: Option<Target>,
    /// Do not wait for a creation that is under way: delete the stack now.
    #[arg(long)]
    pub now: bool,
    /// After a deletion that failed: leave this resource where it is, outside of any stack. Repeatable.
    #[arg(long, value_name = "LOGICAL_ID", requires = "target", conflicts_with = "force")]
    pub retain: Vec<String>,
    /// After a deletion that failed: delete the stack though some of its resources cannot be deleted.
    #[arg(long, requires = "target")]
    pub force: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub operation: Operation,
}

/// Put a stack back to what it was before its last update.
///
/// The IAM stack gets the template that it had before, or with --to an older one, with the values that its
/// parameters have now. What it has, what it gets, since when and by whom is said before anything is changed;
/// run again, it goes forward again. With --cancel an update that is under way is taken back, with --continue a
/// rollback of CloudFormation's own that failed goes on.
///
/// Exit codes: 0 done, 1 refused, 2 wrong usage or input, 3 AWS.
#[derive(Args, Debug)]
pub struct RollbackArgs {
    /// The stack [default: the IAM stack; with --continue whichever needs it].
    #[arg(value_enum)]
    pub target: Option<Target>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// The template to put back, by its digest or the beginning of it [default: the one before].
    #[arg(long, value_name = "DIGEST", conflicts_with_all = ["go_on", "cancel"])]
    pub to: Option<String>,
    /// Replace roles, or remove and add some at once, though the application is without them for a while.
    #[arg(long, conflicts_with_all = ["go_on", "cancel"])]
    pub accept_interruption: bool,
    /// Take back an update that is under way (UPDATE_IN_PROGRESS).
    #[arg(long, conflicts_with = "go_on")]
    pub cancel: bool,
    /// Go on with a rollback that failed (UPDATE_ROLLBACK_FAILED).
    #[arg(long = "continue")]
    pub go_on: bool,
    /// With --continue: leave this resource as it is. Repeatable.
    #[arg(long, value_name = "LOGICAL_ID", requires = "go_on")]
    pub skip: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub operation: Operation,
}

/// Move the IAM of a running monolith into a stack of its own, without making it anew.
///
/// Nobody has seen this on AWS yet: no simulator has CloudFormation's stack refactoring, and nobody has reported a
/// managed policy that was moved by it. The answers that the tests give are those of AWS's API model. Try it on a
/// copy of your stack first.
///
/// The application stack runs from the monolith, deployment.yaml names the pair that was split from it.
/// The monolith is prepared by an update, the IAM stack is made, CloudFormation's stack refactoring moves
/// the resources, and both stacks get the templates of the pair. Each step is checked; run again, it goes
/// on where it stopped; with --back it goes back.
///
/// Exit codes: 0 done, 1 refused, 2 wrong usage or input, 3 AWS.
#[derive(Args, Debug)]
pub struct MigrateArgs {
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// Show how far it is and the steps that remain; change nothing.
    #[arg(long)]
    pub preview: bool,
    /// Carry out one step only.
    #[arg(long = "step")]
    pub one: bool,
    /// Go back instead of on.
    #[arg(long)]
    pub back: bool,
    /// Resources that move at once: 25 were seen to move, 58 to be rolled back. What references each other moves
    /// together, also where it is more.
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    pub batch: u16,
    /// Go on though tags are lost: the resources, or the stack, have tags now that deployment.yaml does not give.
    #[arg(long)]
    pub allow_lost_tags: bool,
    /// Write every template of the way into a folder, to be read or carried out by hand.
    #[arg(long, value_name = "DIR")]
    pub export: Option<PathBuf>,
    /// Keep the plan: .html as a page, any other ending as data that `migrate --plan` carries out. Repeatable.
    #[arg(long, value_name = "FILE", requires = "preview")]
    pub out: Vec<PathBuf>,
    /// Carry out this plan, or refuse where anything is no longer as it says.
    #[arg(long, value_name = "FILE", conflicts_with = "preview")]
    pub plan: Option<PathBuf>,
    /// With --plan: the digest that was approved; another plan is refused.
    #[arg(long, value_name = "DIGEST", requires = "plan")]
    pub approved: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub operation: Operation,
}

/// For whom permissions are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PermissionsTarget {
    /// Those who deploy the IAM stack.
    Iam,
    /// Those who deploy the application stack.
    App,
    /// Those who deploy both stacks: one person, or one Terraform root.
    Both,
    /// What `migrate` needs beside `both`.
    Migrate,
}

/// Print the AWS permissions that a team needs, as an IAM policy.
///
/// Read from deployment.yaml, the templates, and what CloudFormation's handlers call for each resource type;
/// nothing is called. Notes say what cannot be known.
///
/// A managed policy holds 6,144 characters. --out writes a longer one in several files, each of which can be
/// attached: all of them together are the policy.
///
/// Exit codes: 0 done, 2 wrong usage or input.
#[derive(Args, Debug)]
pub struct PermissionsArgs {
    /// For whom.
    #[arg(value_enum)]
    pub target: PermissionsTarget,
    /// For runs of Terraform instead of this command.
    #[arg(long)]
    pub terraform: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// The account's number [default: `*`, any].
    #[arg(long, value_name = "NUMBER")]
    pub account: Option<String>,
    /// Write policies of 6,144 characters at most into this folder, instead of one to standard output: FOR-1.json
    /// and so on. Files of these names are written over.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Write a Terraform root module for the pair, or judge the one that is there.
///
/// Without --check or --explain: writes main.tf, variables.tf, outputs.tf and versions.tf, over nothing
/// that somebody else wrote or edited. The module puts both templates into a bucket under their content's
/// hash, deploys the IAM stack, and passes its outputs to the application stack. Secrets are not written.
///
/// Exit codes: 0 done, 1 findings, 2 wrong usage or input, 3 AWS (with --import).
#[derive(Args, Debug)]
pub struct TerraformArgs {
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// Where the files go.
    #[arg(long, value_name = "DIR", default_value = "terraform")]
    pub out: PathBuf,
    /// Two root modules, DIR/iam and DIR/app, for two teams.
    #[arg(long)]
    pub split_roots: bool,
    /// The AWS provider that is used: 3, 4, or 5 and later.
    #[arg(long, value_name = "MAJOR", default_value_t = 5, value_parser = clap::value_parser!(u8).range(3..))]
    pub aws_provider: u8,
    /// Look which stacks stand, and take them over by import blocks: after `migrate` or `deploy`.
    #[arg(long)]
    pub import: bool,
    /// Write nothing; say what of the .tf files in DIR, and below it, will fail with this pair.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["split_roots", "import", "explain"])]
    pub check: Option<PathBuf>,
    /// Write nothing; tell a plan, as `terraform show -json` writes it, in the specification's scenarios.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["split_roots", "import"])]
    pub explain: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds".to_owned())?;
    if (0.01..=60.0).contains(&seconds) { Ok(seconds) } else { Err("from 0.01 to 60 seconds".to_owned()) }
}
