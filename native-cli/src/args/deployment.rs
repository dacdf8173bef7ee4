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
/// Of an IAM stack that runs it says, statement by statement, what the update changes of the permissions,
/// and whether more is allowed than the template that runs allows, with a request that shows it.
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
    /// Exit 1 where the update of the IAM stack allows more than what runs, or where that cannot be told.
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
    /// With --fail-on: what cannot be told does not count.
    #[arg(long, requires = "fail_on")]
    pub allow_unknown: bool,
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
    /// Gate 5 too: it reads logs, which may take a while.
    #[arg(long)]
    pub runtime: bool,
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
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub operation: Operation,
}

/// Put a stack back to what it was before its last update.
///
/// The IAM stack gets the template that it had before its last update by iam-split, with the values that
/// its parameters have now. With --continue, a rollback of CloudFormation's own that failed goes on.
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
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub operation: Operation,
}

/// Print the AWS permissions that a team needs, as an IAM policy.
///
/// Read from deployment.yaml and the templates; nothing is called.
#[derive(Args, Debug)]
pub struct PermissionsArgs {
    /// Whose stack.
    #[arg(value_enum)]
    pub target: Target,
    #[command(flatten)]
    #[allow(missing_docs, reason = "its fields have the help texts")]
    pub settings: Settings,
    /// The account's number [default: `*`, any].
    #[arg(long, value_name = "NUMBER")]
    pub account: Option<String>,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds".to_owned())?;
    if (0.01..=60.0).contains(&seconds) { Ok(seconds) } else { Err("from 0.01 to 60 seconds".to_owned()) }
}
