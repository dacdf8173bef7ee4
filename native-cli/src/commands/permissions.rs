//! `iam-split permissions`

use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::permissions::{Place, policy};
use iam_split_core::terraform;

use crate::Streams;
use crate::args::deployment::{PermissionsArgs, Target};
use crate::deployment::{self, Needs};
use crate::exit::{Exit, Failure};

pub(crate) fn run(arguments: &PermissionsArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let which = match arguments.target {
        Target::Iam => Which::Iam,
        Target::App => Which::App,
    };
    let account = arguments.account.as_deref().unwrap_or("*");
    if account != "*" && (account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(
            Failure::new(format!("`{account}` is no account's number")).help("write its twelve digits")
        );
    }
    let needs = Needs { iam: which == Which::Iam, app: which == Which::App, values: false };
    deployment::run(&arguments.settings, false, needs, streams, async |deployment, console| {
        if which == Which::Iam && !deployment.external() {
            return Err(Failure::new("there is no IAM stack in the inline pattern")
                .help("give the IAM template of a pair as `iam_template`"));
        }
        let place = Place { region: &deployment.aws.region, account };
        let templates = (deployment.iam.as_ref(), deployment.app.as_ref());
        let of_team = if arguments.terraform { terraform::permissions::policy } else { policy };
        let (policy, notes) = of_team(which, &deployment.settings, templates, &place);
        for note in notes {
            console.say(&format!("note: {note}"))?;
        }
        console.result(&format!("{policy:#}"))?;
        Ok(Exit::Done)
    })
}
