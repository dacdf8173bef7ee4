//! `iam-split permissions`

use std::path::Path;

use iam_split_core::deployment::permissions::{
    Handlers, LIMIT, Place, Request, Team, Tool, parts, policy, size,
};

use clap::ValueEnum as _;
use iam_split_core::terraform;

use crate::Streams;
use crate::args::deployment::{PermissionsArgs, PermissionsTarget};
use crate::deployment::{self, Needs};
use crate::exit::{Exit, Failure};
use crate::progress::Console;

/// What CloudFormation's handlers call, by type: made by `scripts/handlers`.
pub(super) const HANDLERS: &str = include_str!("../../../core/data/handlers.txt");

pub(crate) fn run(arguments: &PermissionsArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let account = arguments.account.as_deref().unwrap_or("*");
    if account != "*" && (account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(
            Failure::new(format!("`{account}` is no account's number")).help("write its twelve digits")
        );
    }
    let team = match arguments.target {
        PermissionsTarget::Iam => Team::Iam,
        PermissionsTarget::App => Team::App,
        PermissionsTarget::Both => Team::Both,
        PermissionsTarget::Migrate => Team::Migrate,
    };
    let needs = Needs { iam: team != Team::App, app: team != Team::Iam, values: false, offline: true };
    deployment::run(&arguments.settings, false, needs, streams, async |deployment, console| {
        if matches!(team, Team::Iam | Team::Migrate) && !deployment.has_iam_stack() {
            return Err(Failure::new("there is no IAM stack in the inline pattern")
                .help("give the IAM template of a pair as `iam_template`"));
        }
        let place = Place { region: &deployment.aws.region, account };
        let handlers = Handlers::read(HANDLERS);
        let request = Request {
            team,
            tool: if arguments.terraform { Tool::Terraform } else { Tool::IamSplit },
            settings: &deployment.settings,
            iam: deployment.iam.as_ref(),
            app: deployment.app.as_ref(),
            place: &place,
            handlers: &handlers,
        };
        let of_tool = if arguments.terraform { terraform::permissions::policy } else { policy };
        let (policy, notes) = of_tool(&request);
        for note in notes {
            console.say(&format!("note: {note}"))?;
        }
        if let Some(folder) = &arguments.out {
            write(folder, arguments.target, &policy, console)?;
            return Ok(Exit::Done);
        }
        let length = size(&policy);
        if length > LIMIT {
            console.say(&format!(
                "note: the policy has {length} characters, a managed policy {LIMIT} at most: `--out DIR` writes it in {} that can be attached; with a service role (`role_arn`, `iam_role_arn`) it is short",
                some(parts(&policy).len(), "policy", "policies")
            ))?;
        }
        console.result(&format!("{policy:#}"))?;
        Ok(Exit::Done)
    })
}

/// How many policies a role takes at first, and after its quota was raised.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas": "Managed policies attached to an IAM role".
const ATTACHED: (usize, usize) = (10, 25);

fn some(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Writes a policy in parts that can be attached. Compact: what is read as white space is not counted, but files are sent
/// as they are.
fn write(
    folder: &Path,
    target: PermissionsTarget,
    policy: &serde_json::Value,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("cannot make the folder `{}`: {error}", folder.display())))?;
    let name = target.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let parts = parts(policy);
    for (at, part) in parts.iter().enumerate() {
        let path = folder.join(format!("{name}-{}.json", at + 1));
        std::fs::write(&path, format!("{part}\n"))
            .map_err(|error| Failure::new(format!("cannot write `{}`: {error}", path.display())))?;
        console.result(&format!("{} ({} characters)", path.display(), size(part)))?;
    }
    let (at_first, raised) = ATTACHED;
    if parts.len() > at_first {
        console.say(&format!(
            "note: these are {} policies: {at_first} can be attached to a role, up to {raised} once its quota is raised; with a service role (`role_arn`, `iam_role_arn`) the policy is short",
            parts.len()
        ))?;
    }
    Ok(())
}
