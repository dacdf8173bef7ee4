//! `iam-split permissions`

use iam_split_core::deployment::permissions::{Handlers, Place, Request, Team, Tool, policy};

use iam_split_core::terraform;

use crate::Streams;
use crate::args::deployment::{PermissionsArgs, PermissionsTarget};
use crate::deployment::{self, Needs};
use crate::exit::{Exit, Failure};

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
        PermissionsTarget::Migrate => Team::Migrate,
    };
    let needs = Needs { iam: team != Team::App, app: team != Team::Iam, values: false, offline: true };
    deployment::run(&arguments.settings, false, needs, streams, async |deployment, console| {
        if team != Team::App && !deployment.external() {
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
        console.result(&format!("{policy:#}"))?;
        Ok(Exit::Done)
    })
}
