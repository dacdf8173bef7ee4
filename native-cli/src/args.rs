//! What was typed. The doc comments are the help texts.

pub mod deployment;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use iam_split_core::config::{Boundary, Gifts, Guard, Means, Resolution};

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
    Can(CanArgs),
    Roles(RolesArgs),
    Rules(RulesArgs),
    Tickets(TicketsArgs),
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
    Terraform(deployment::TerraformArgs),
    Explain(ExplainArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
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
    #[arg(long, alias = "out", value_name = "DIR", default_value = ".")]
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
    /// What all that moves is given.
    #[command(flatten)]
    pub gives: GivesArgs,
    /// The company's rules, asked of what moves: one that is an error and broken refuses the split.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// List everything, also where that is more than a screen.
    #[arg(long, short)]
    pub verbose: bool,
    /// How the summary is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What all that moves is given, before what `iam:` in the configuration says.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What all that moves is given")]
pub struct GivesArgs {
    /// The permissions boundary of roles and users; ${NAME} is what the template's parameter has.
    #[arg(long, value_name = "ARN")]
    pub permissions_boundary: Option<String>,
    /// The path.
    #[arg(long, value_name = "PATH")]
    pub iam_path: Option<String>,
    /// The name: {stack}, {logical_id}, {region} and {account} stand for what they say.
    #[arg(long, value_name = "PATTERN")]
    pub iam_name: Option<String>,
    /// A tag of roles and users. Repeatable.
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub iam_tag: Vec<(String, String)>,
    /// How long sessions of roles may last, in seconds.
    #[arg(long, value_name = "SECONDS")]
    pub max_session_duration: Option<u32>,
}

impl GivesArgs {
    /// What is given, if anything is.
    #[must_use]
    pub fn gifts(&self) -> Option<Gifts> {
        let gifts = Gifts {
            permissions_boundary: self.permissions_boundary.clone().map(Boundary::Arn),
            path: self.iam_path.clone(),
            name: self.iam_name.clone(),
            tags: self.iam_tag.iter().cloned().collect(),
            max_session_duration: self.max_session_duration,
            ..Gifts::default()
        };
        gifts.gives().then_some(gifts)
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

impl Command {
    /// Whether a run of the stacks tells programs what it does, one object a line.
    #[must_use]
    pub fn speaks_json(&self) -> bool {
        let format = match self {
            Self::Plan(arguments) => arguments.format,
            Self::Deploy(arguments) => arguments.operation.format,
            Self::Upload(arguments) => arguments.format,
            Self::Status(arguments) => arguments.format,
            Self::Gates(arguments) => arguments.format,
            Self::Delete(arguments) => arguments.operation.format,
            Self::Rollback(arguments) => arguments.operation.format,
            Self::Migrate(arguments) => arguments.operation.format,
            _ => return false,
        };
        format == deployment::Format::Json
    }
}

/// Whether a run of the stacks that cannot be read asks for one object a line.
#[must_use]
pub fn asks_for_json(arguments: &[OsString]) -> bool {
    const SPEAK: [&str; 8] = ["plan", "deploy", "upload", "status", "gates", "delete", "rollback", "migrate"];
    let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let speaks = texts.get(1).is_some_and(|command| SPEAK.contains(command));
    let pairs = texts.iter().zip(texts.iter().skip(1));
    speaks
        && (texts.contains(&"--format=json")
            || pairs.into_iter().any(|(flag, value)| (*flag, *value) == ("--format", "json")))
}

/// Write tickets for roles that somebody else makes by hand, where not even a stack may create IAM.
///
/// For each role and policy: its documents as JSON, a page for whoever makes it, and an entry in parameters.json for the
/// ARN that comes back; with `iam-split deploy app --arns parameters.json` the application is deployed with those. What
/// only the deployment knows is a placeholder, as <AWS::AccountId>. What decides whether something is there must be given.
///
/// Exit codes: 0 done, 1 refused, 2 wrong usage or unreadable input.
#[derive(Args, Debug)]
pub struct TicketsArgs {
    /// The template; `-` reads standard input.
    pub template: PathBuf,
    /// The folder that they are written to: an empty one, or that of an earlier run, whose ARNs are kept.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The value of a parameter, or of a pseudo parameter as AWS::AccountId. Repeatable.
    #[arg(long, value_name = "NAME=VALUE", value_parser = tag)]
    pub value: Vec<(String, String)>,
    /// What has no value gets the template's default.
    #[arg(long)]
    pub defaults: bool,
    /// What to move and how; without it every role and managed policy moves.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Permitted resolutions of crossing references, in order of preference, as `split` has them.
    #[arg(long, value_name = "MODES", value_parser = resolutions)]
    pub resolve: Option<Resolutions>,
    /// Accept names in the configuration that the template does not have.
    #[arg(long)]
    pub allow_missing: bool,
    /// Also ask for instance profiles, groups, users, identity providers and inline policies.
    #[arg(long)]
    pub all_iam: bool,
    /// What all that moves is given.
    #[command(flatten)]
    pub gives: GivesArgs,
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
    /// Fail where more scopes than this are wider than the monolith's.
    #[arg(long, value_name = "N", requires = "monolith")]
    pub max_wider: Option<usize>,
    /// Wider scopes that were accepted (YAML); one that is not in it fails.
    #[arg(long, value_name = "FILE", requires = "monolith")]
    pub accept: Option<PathBuf>,
    /// What all that moves is given.
    #[command(flatten)]
    pub gives: GivesArgs,
    /// The company's rules, asked of both templates (`iam-split rules init` writes a file to start from).
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// List everything, also where that is more than a screen.
    #[arg(long, short)]
    pub verbose: bool,
}

/// Show what a split changed in the application, or what a release changes in the IAM template.
///
/// `diff MONOLITH APP` lists what left, what was rewritten and why, and what no split explains.
/// `diff --iam OLD NEW` lists the statements that differ, role by role, and decides for each principal
/// whether every request that the new release allows was allowed by the old one: no more, more (with such
/// a request), or cannot tell (with the part that decides).
///
/// Exit codes: 0 nothing to object to; 1 a difference that no split makes or, with --iam, more that is
/// allowed than before, or that cannot be told; 2 wrong usage or unreadable input.
#[derive(Args, Debug)]
pub struct DiffArgs {
    /// The monolith; with --iam the IAM template of the former release.
    pub before: PathBuf,
    /// The application template; with --iam the IAM template of the new release.
    pub after: PathBuf,
    /// Compare two IAM templates, role by role.
    #[arg(long)]
    pub iam: bool,
    /// With --iam: exit 0 where it cannot be told whether more is allowed.
    #[arg(long, requires = "iam")]
    pub allow_unknown: bool,
    /// With --iam: the company's rules, asked of the new release.
    #[arg(long, value_name = "FILE", requires = "iam")]
    pub rules: Option<PathBuf>,
    /// With --iam: write a report; its ending chooses the format: .html, .json, .md, .sarif, .xml (JUnit). Repeatable.
    #[arg(long, value_name = "FILE", requires = "iam")]
    pub report: Vec<PathBuf>,
    /// How the differences are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Show who may do what: each role, user, group and managed policy, and what of it is wide.
///
/// Each is shown as it is written, the gravest first: who may assume it, what it may do with the policies that are
/// attached to it, who uses it, and what is to be looked at, with the reason. No value is computed, and what cannot
/// be read is said. `iam-split can` answers for one request.
///
/// Exit codes: 0 done; 2 wrong usage or unreadable input.
#[derive(Args, Debug)]
pub struct RolesArgs {
    /// The IAM template, or a monolith; `-` reads standard input.
    pub template: PathBuf,
    /// The application template of the pair: who uses what, and policies that stand there.
    #[arg(long, value_name = "FILE")]
    pub app: Option<PathBuf>,
    /// Show everything of everyone, not only what is to be looked at.
    #[arg(long, short)]
    pub verbose: bool,
    /// How they are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Check a company's own rules: what every role must have, and what none may.
#[derive(Args, Debug)]
pub struct RulesArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What is done with rules.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "the arguments of each command are its documentation")]
pub enum RulesCommand {
    Init(RulesInitArgs),
    Check(RulesCheckArgs),
    Test(RulesTestArgs),
}

/// Write a commented file of rules to start from.
#[derive(Args, Debug)]
pub struct RulesInitArgs {
    /// The file to write; `-` writes standard output.
    #[arg(long, short, value_name = "FILE", default_value = "rules.yaml")]
    pub output: PathBuf,
}

/// Ask the rules of a template, or of an IAM template and its application.
///
/// A rule is kept, broken, or it cannot be told: what a template computes or takes from elsewhere is named.
///
/// Exit codes: 0 all kept; 1 a rule that is an error is broken or cannot be told; 2 wrong usage or unreadable input.
#[derive(Args, Debug)]
pub struct RulesCheckArgs {
    /// The IAM template, or a monolith; `-` reads standard input.
    pub template: PathBuf,
    /// The rules.
    #[arg(long, value_name = "FILE")]
    pub rules: PathBuf,
    /// The application template of the pair.
    #[arg(long, value_name = "FILE")]
    pub app: Option<PathBuf>,
    /// How the findings are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Try the rules on examples: each template of a folder, and beside it a file of what is expected.
///
/// Beside `NAME.yaml` stands `NAME.expected`: a line `RULE RESOURCE` for each finding that is an error, or nothing.
///
/// Exit codes: 0 all as expected; 1 something else; 2 wrong usage or unreadable input.
#[derive(Args, Debug)]
pub struct RulesTestArgs {
    /// The folder of examples.
    pub folder: PathBuf,
    /// The rules.
    #[arg(long, value_name = "FILE")]
    pub rules: PathBuf,
}

/// Tell whether a role may do something, and by which statement.
///
/// The answer is `allowed`, `denied`, or `cannot tell` with the reason: a value or a policy that is not in
/// the template, or a key of the context that no --context gives. With --before the answer of the former
/// release comes first.
///
/// Exit codes: 0 allowed; 1 denied or cannot tell; 2 wrong usage or unreadable input.
#[derive(Args, Debug)]
pub struct CanArgs {
    /// The logical id of a role, user, group or managed policy.
    pub role: String,
    /// The action, such as `s3:GetObject`.
    pub action: String,
    /// The resource's ARN; `*` for an action that has no resource, such as `iam:ListUsers`.
    pub resource: String,
    /// The template; `-` reads standard input.
    #[arg(long, visible_alias = "template", value_name = "FILE")]
    pub iam: PathBuf,
    /// The application template that belongs to it: policies that stand there count too.
    #[arg(long, value_name = "FILE")]
    pub app: Option<PathBuf>,
    /// The template of the former release.
    #[arg(long, value_name = "FILE")]
    pub before: Option<PathBuf>,
    /// The value of a parameter, or of `AWS::AccountId`, `AWS::Partition`, `AWS::Region` or `AWS::StackName`. Repeatable.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub parameter: Vec<(String, String)>,
    /// What the context of the request holds; `KEY=` says that it does not hold the key. Repeatable.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub context: Vec<(String, String)>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "write KEY=VALUE".to_owned())
}

/// Explain a code.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// A code such as CYC001; without one all codes are listed.
    pub code: Option<String>,
}

/// Write what a shell completes, for its completions folder.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Write the manual: one page a command.
#[derive(Args, Debug)]
pub struct ManArgs {
    /// Where the pages go; they are named `iam-split.1`, `iam-split-split.1` and so on.
    #[arg(long, alias = "out", value_name = "DIR", default_value = ".")]
    pub out_dir: PathBuf,
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
