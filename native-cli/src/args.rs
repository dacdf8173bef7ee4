//! What was typed. The doc comments are the help texts.

pub mod deployment;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use iam_split_core::config::{Guard, Means, Resolution};

/// Takes the IAM out of a CloudFormation template into a stack of its own.
#[derive(Debug, Parser)]
#[command(name = "iam-split", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands. Their arguments have the help texts: one here would take the place of the longer one.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "the arguments of each command are its documentation")]
pub enum Command {
    Split(SplitArgs),
    Init(InitArgs),
    Validate(ValidateArgs),
    Diff(DiffArgs),
    Plan(deployment::PlanArgs),
    Deploy(deployment::DeployArgs),
    Upload(deployment::UploadArgs),
    Outputs(deployment::OutputsArgs),
    Status(deployment::StatusArgs),
    Gates(deployment::GatesArgs),
    Rollback(deployment::RollbackArgs),
    Delete(deployment::DeleteArgs),
    Migrate(deployment::MigrateArgs),
    Permissions(deployment::PermissionsArgs),
    Explain(ExplainArgs),
}

/// Split a template into an IAM template and an application template.
///
/// Writes P-iam.yaml and P-app.yaml (.json for a JSON template), both or neither, and says what
/// moved, what travels with it, how each crossing reference was resolved and which scopes widened.
///
/// Exit codes: 0 done, 1 refused, 2 wrong usage or unreadable input.
#[derive(Args, Clone, Debug)]
pub struct SplitArgs {
    /// The template; `-` reads standard input.
    pub template: PathBuf,
    /// What to move and how; without it every role and managed policy moves.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where both templates go.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out_dir: PathBuf,
    /// The files are P-iam.yaml and P-app.yaml [default: the template's name without its ending].
    #[arg(long, value_name = "P")]
    pub name_prefix: Option<String>,
    /// Permitted resolutions of crossing references, in order of preference: exact, pattern, two-phase,
    /// attach, keep; refuse permits none [default: exact].
    #[arg(long, value_name = "MODES", value_parser = resolutions)]
    pub resolve: Option<Resolutions>,
    /// Accept names in the configuration that the template does not have.
    #[arg(long)]
    pub allow_missing: bool,
    /// Also move instance profiles, groups, users, identity providers and inline policies.
    #[arg(long)]
    pub all_iam: bool,
    /// The default of the IAM template's parameter for the application stack's name.
    #[arg(long, value_name = "NAME")]
    pub app_stack_name: Option<String>,
    /// How the application comes to what the IAM stack gives out: parameters, imports or stack-output
    /// [default: parameters].
    #[arg(long, value_name = "MEANS", value_parser = means)]
    pub wiring: Option<Means>,
    /// What keeps patterns over buckets in the account: resource-account adds the condition aws:ResourceAccount.
    #[arg(long, value_name = "GUARD", value_parser = guard)]
    pub guard: Option<Guard>,
    /// How the summary is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Write a commented config.yaml for a template.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// The template; `-` reads standard input.
    pub template: PathBuf,
    /// The file to write; `-` writes standard output.
    #[arg(long, short, value_name = "FILE", default_value = "config.yaml")]
    pub output: PathBuf,
}

/// Check a pair, ours or another's: contracts, CloudFormation's own rules, and the proof against the monolith.
///
/// Exit codes: 0 clean, 1 findings, 2 wrong usage or unreadable input.
#[derive(Args, Debug)]
pub struct ValidateArgs {
    /// The IAM template.
    #[arg(long, value_name = "FILE")]
    pub iam: PathBuf,
    /// The application template.
    #[arg(long, value_name = "FILE")]
    pub app: PathBuf,
    /// The template that the pair was made of: with it the pair is proven to deploy the same.
    #[arg(long, value_name = "FILE")]
    pub monolith: Option<PathBuf>,
    /// What had to move.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write a report; its ending chooses the format: .html, .json, .md, .sarif, .xml (JUnit). Repeatable.
    #[arg(long, value_name = "FILE")]
    pub report: Vec<PathBuf>,
}

/// Show what a split changed in the application, or what a release changes in the IAM template.
///
/// `diff MONOLITH APP` lists what left, what was rewritten and why, and what no split explains.
/// `diff --iam OLD NEW` lists for each role the permissions that were added, removed, widened or
/// narrowed, and who may assume it.
///
/// Exit codes: 0 nothing to object to; 1 a difference that no split makes or, with --iam, more that may
/// be allowed than before, where the texts cannot tell too; 2 wrong usage or unreadable input.
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// The monolith; with --iam the IAM template of the former release.
    pub before: PathBuf,
    /// The application template; with --iam the IAM template of the new release.
    pub after: PathBuf,
    /// Compare two IAM templates, role by role.
    #[arg(long)]
    pub iam: bool,
    /// How the differences are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Explain a code.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// A code such as CYC001; without one all codes are listed.
    pub code: Option<String>,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs: one JSON document on standard output, findings included.
    Json,
}

/// A list of resolutions as one argument.
#[derive(Clone, Debug)]
pub struct Resolutions(pub Vec<Resolution>);

fn means(text: &str) -> Result<Means, String> {
    let known = Means::ALL.into_iter().find(|means| means.name() == text);
    known.ok_or_else(|| format!("known are {}", Means::ALL.map(Means::name).join(", ")))
}

fn guard(text: &str) -> Result<Guard, String> {
    (text == "resource-account")
        .then_some(Guard::ResourceAccount)
        .ok_or_else(|| "known is resource-account".to_owned())
}

fn resolutions(text: &str) -> Result<Resolutions, String> {
    Resolution::parse_list(text).map(Resolutions)
}
