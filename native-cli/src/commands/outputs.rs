//! `iam-split outputs`

use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::outputs::{self, Format, StackNames};
use iam_split_core::deployment::state::{Situation, situation};

use crate::Streams;
use crate::args::deployment::{OutputsArgs, OutputsFormat, Target};
use crate::aws::stack;
use crate::deployment::apply::{blocked, refused};
use crate::deployment::{self, Needs};
use crate::exit::{Exit, Failure};

pub(crate) fn run(arguments: &OutputsArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    deployment::run(&arguments.settings, false, Needs::default(), streams, async |deployment, console| {
        let which = match arguments.target {
            Some(Target::Iam) => Which::Iam,
            Some(Target::App) => Which::App,
            None if deployment.has_iam_stack() => Which::Iam,
            None => Which::App,
        };
        let name = deployment.stack(which);
        let Some(live) = stack::describe(&deployment.aws, name).await? else {
            return Err(Failure::new(format!("Stack not found: {name}"))
                .exit(Exit::Refused)
                .help("deploy it first, or correct its name"));
        };
        match situation(Some(&live.status)) {
            Situation::Blocked(why) => return Err(blocked(why, which, name, Some(&live))),
            Situation::Busy | Situation::Empty => {
                return Err(Failure::new(format!(
                    "the stack `{name}` is {}: its outputs are not settled",
                    live.status
                ))
                .exit(Exit::Refused)
                .help("wait until the operation has ended: `iam-split status`"));
            }
            Situation::Absent | Situation::Ready => {}
        }
        let format = match arguments.format {
            OutputsFormat::Table => Format::Table,
            OutputsFormat::Json => Format::Json,
            OutputsFormat::Env => Format::Env,
            OutputsFormat::Tfvars => Format::Tfvars,
        };
        let names = StackNames { id: &live.id, name: &live.name };
        let written = outputs::written(&live.outputs, names, format);
        console.result(written.trim_end())?;
        if which == Which::Iam {
            let mut found = outputs::missing(&live.outputs, deployment.iam.as_ref(), deployment.app.as_ref());
            found.extend(outputs::malformed(&live.outputs, deployment.iam.as_ref()));
            if let Some(failure) = refused(&found) {
                return Err(failure);
            }
        }
        Ok(Exit::Done)
    })
}
