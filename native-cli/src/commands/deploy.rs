//! `iam-split deploy`

use std::collections::BTreeMap;

use iam_split_core::deployment::gate::{self, Gate, Live};
use iam_split_core::deployment::kept::KeptPlan;
use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::order::{second_phase, two_phase, used};
use iam_split_core::deployment::outputs;
use iam_split_core::diagnostic::Code;

use crate::Streams;
use crate::args::deployment::{DeployArgs, Format, Target};
use crate::aws::{account, stack};
use crate::deployment::apply::{self, Applied, How, apply, not_over_monolith, refused, settled, spec};
use crate::deployment::send::{Sent, upload};
use crate::deployment::{self, Deployment, Needs, gates};
use crate::exit::{Exit, Failure};
use crate::files::Input;
use crate::progress::Console;

pub(crate) fn run(arguments: &DeployArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    deployment::can_ask(arguments.operation, streams, "look at `iam-split plan`, then pass --yes")?;
    let needs = match arguments.target {
        None => Needs { app: true, values: true, ..Needs::default() },
        Some(Target::App) => Needs { app: true, values: true, ..Needs::default() },
        Some(Target::Iam) => Needs { iam: true, values: true, ..Needs::default() },
    };
    let kept = arguments.plan.as_ref().map(|path| {
        let input = Input::read(path, streams)?;
        let plan = KeptPlan::read(input.shown());
        plan.map_err(|why| Failure::new(format!("cannot carry out `{}`: {why}", input.name)))
    });
    let kept = kept.transpose()?;
    let json = arguments.operation.format == Format::Json;
    deployment::run(&arguments.settings, json, needs, streams, async |deployment, console| {
        Deploying { deployment, arguments, kept: kept.as_ref() }.run(console).await
    })
}

struct Deploying<'d> {
    deployment: &'d Deployment,
    arguments: &'d DeployArgs,
    /// The plan that is carried out, if one was given.
    kept: Option<&'d KeptPlan>,
}

impl Deploying<'_> {
    async fn run(&self, console: &mut Console<'_>) -> Result<Exit, Failure> {
        let deployment = self.deployment;
        let with_iam =
            deployment.external() && deployment.iam.is_some() && self.arguments.target != Some(Target::App);
        let with_app = self.arguments.target != Some(Target::Iam);
        if self.arguments.target == Some(Target::Iam) && !deployment.external() {
            return Err(Failure::new("there is no IAM stack in the inline pattern")
                .help("give the IAM template of a pair as `iam_template`"));
        }
        let mut stacks = Vec::new();
        if with_iam {
            stacks.push(Which::Iam);
        }
        if with_app {
            stacks.push(Which::App);
        }
        if !self.agreed(&stacks, console).await? {
            console.result("nothing was changed")?;
            return Ok(Exit::Refused);
        }
        let sent = upload(deployment, &stacks, console).await?;
        self.passes(&gates::templates(deployment, &sent).await?, console)?;
        let iam = if deployment.external() { self.settled(Which::Iam, console).await? } else { None };
        let app = if with_app || self.is_two_phase() {
            Some(self.settled(Which::App, console).await?)
        } else {
            // Those who own the IAM stack need not be permitted to look at the other one.
            stack::describe(&deployment.aws, deployment.stack(Which::App)).await.ok()
        };
        let may_ask = app.is_some();
        let app = app.flatten();
        if !self.arguments.accept_interruption
            && let Some(finding) = not_over_monolith(deployment, app.as_ref()).await?
        {
            deployment.tell(&[finding], console)?;
            return Ok(Exit::Refused);
        }
        if with_iam {
            let first = self.iam(&sent, iam.as_ref(), app.as_ref(), (with_app, may_ask), console).await?;
            let fresh = first == Applied::Changed;
            if first == Applied::Later {
                console.step("order", "roles go: the application stack lets go of them first")?;
            }
            if with_app {
                self.app(&sent, app.as_ref(), fresh, console).await?;
            }
            if first == Applied::Later {
                let app = stack::describe(&deployment.aws, deployment.stack(Which::App)).await?;
                let iam = self.settled(Which::Iam, console).await?;
                self.iam(&sent, iam.as_ref(), app.as_ref(), (false, true), console).await?;
            }
            self.second_phase(&sent, with_app, console).await?;
        } else {
            self.app(&sent, app.as_ref(), false, console).await?;
            if deployment.external() && self.is_two_phase() {
                console.say(
                    "the IAM stack may need what this stack gives out: `iam-split deploy iam` passes it on",
                )?;
            }
        }
        let what = match self.arguments.target {
            Some(Target::Iam) => format!("deployed {}", deployment.stack(Which::Iam)),
            _ if with_iam => {
                format!("deployed {} and {}", deployment.stack(Which::Iam), deployment.stack(Which::App))
            }
            _ => format!("deployed {}", deployment.stack(Which::App)),
        };
        console.result(&what)?;
        Ok(Exit::Done)
    }

    /// Whether this is what was planned, if it was, and what those who are asked want.
    async fn agreed(&self, stacks: &[Which], console: &mut Console<'_>) -> Result<bool, Failure> {
        let deployment = self.deployment;
        let asks = !self.arguments.operation.yes;
        if self.kept.is_none() && !asks {
            return Ok(true);
        }
        let plan = super::plan::make(deployment, stacks, console).await?;
        if let Some(kept) = &self.kept {
            let moved = kept.differences(&plan.kept(deployment, account(&deployment.aws).await?));
            if !moved.is_empty() {
                return Err(Failure::new(format!("this is not what was planned\n  {}", moved.join("\n  ")))
                    .code(Code::DPL018)
                    .exit(Exit::Refused)
                    .help("make a new plan, and have it approved: `iam-split plan --out FILE`"));
            }
            console.step("plan", "all is as it was planned")?;
        }
        if !asks {
            return Ok(true);
        }
        plan.tell(deployment, console)?;
        console.ask("deploy?")
    }

    fn how(&self) -> How {
        How {
            accept_interruption: self.arguments.accept_interruption,
            recreate: self.arguments.recreate,
            interval: self.arguments.operation.poll_interval,
            ..How::default()
        }
    }

    fn is_two_phase(&self) -> bool {
        let mark = self.deployment.iam.as_ref().and_then(|iam| iam.mark.as_ref());
        mark.is_some_and(|mark| !mark.two_phase.is_empty())
    }

    async fn settled(&self, which: Which, console: &mut Console<'_>) -> Result<Option<Live>, Failure> {
        settled(self.deployment, which, self.arguments.operation.poll_interval, console).await
    }

    fn passes(&self, gate: &Gate, console: &mut Console<'_>) -> Result<(), Failure> {
        console.gate(gate)?;
        match gate::finding(gate).and_then(|finding| refused(&[finding])) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// The IAM stack, then gate 2.
    async fn iam(
        &self,
        sent: &Sent,
        live: Option<&Live>,
        app: Option<&Live>,
        (with_app, may_ask): (bool, bool),
        console: &mut Console<'_>,
    ) -> Result<Applied, Failure> {
        let deployment = self.deployment;
        let later = deployment.iam.as_ref().map(|iam| two_phase(iam, app)).unwrap_or_default();
        let parameters = apply::parameters(deployment, Which::Iam, live, &later)?;
        let spec = spec(deployment, Which::Iam, sent, parameters)?;
        let used = live.filter(|_| may_ask).map(|live| used(live, app));
        let how = How { ordered: true, with_app, used, ..self.how() };
        let applied = apply(deployment, &spec, live, how, console).await?;
        if applied != Applied::Later {
            let live = self.standing_after(Which::Iam, applied).await?;
            self.passes(&gates::iam_stack(deployment, &live).await?, console)?;
        }
        Ok(applied)
    }

    /// Outputs and gate 3, the application stack, gate 4.
    async fn app(
        &self,
        sent: &Sent,
        live: Option<&Live>,
        fresh_iam: bool,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let deployment = self.deployment;
        let mut values = BTreeMap::new();
        if let (true, Some(app)) = (deployment.external(), &deployment.app) {
            let iam = self.standing(Which::Iam).await?;
            self.passes(&gate::query(&iam, deployment.iam.as_ref(), app), console)?;
            console.outputs(&iam.name, &iam.outputs)?;
            values = outputs::taken(&iam.outputs, deployment.iam.as_ref(), app).0;
        }
        let parameters = apply::parameters(deployment, Which::App, live, &values)?;
        let spec = spec(deployment, Which::App, sent, parameters)?;
        let applied = apply(deployment, &spec, live, How { fresh_iam, ..self.how() }, console).await?;
        let live = self.standing_after(Which::App, applied).await?;
        self.passes(&gates::app_stack(deployment, &live).await?, console)
    }

    /// The IAM stack once more, with what the application stack gives out now.
    async fn second_phase(
        &self,
        sent: &Sent,
        with_app: bool,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let deployment = self.deployment;
        if !with_app || !self.is_two_phase() {
            return Ok(());
        }
        let (iam, app) = (self.standing(Which::Iam).await?, self.standing(Which::App).await?);
        if deployment.iam.as_ref().is_some_and(|contents| second_phase(contents, &iam, &app)) {
            console.step("two-phase", "the IAM stack gets what the application stack gives out")?;
            self.iam(sent, Some(&iam), Some(&app), (false, true), console).await?;
        }
        Ok(())
    }

    /// A stack after its step. Where an update was taken back and the template is again the one that stands,
    /// there is nothing to do, and the stack is as it ought to be.
    async fn standing_after(&self, which: Which, applied: Applied) -> Result<Live, Failure> {
        let mut live = self.standing(which).await?;
        if applied == Applied::Unchanged && live.status == "UPDATE_ROLLBACK_COMPLETE" {
            live.status = "UPDATE_COMPLETE".to_owned();
        }
        Ok(live)
    }

    async fn standing(&self, which: Which) -> Result<Live, Failure> {
        let name = self.deployment.stack(which);
        stack::describe(&self.deployment.aws, name).await?.ok_or_else(|| {
            let failure = Failure::new(format!("Stack not found: {name}")).exit(Exit::Refused);
            match which {
                Which::Iam => {
                    failure.help("deploy it first: `iam-split deploy iam`, or correct `iam_stack_name`")
                }
                Which::App => failure,
            }
        })
    }
}
