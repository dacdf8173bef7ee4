//! `iam-split deploy`

use std::cell::RefCell;
use std::collections::BTreeMap;

use iam_split_core::deployment::gate::{self, Gate, Live};
use iam_split_core::deployment::kept::KeptPlan;
use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::order::{second_phase, two_phase, used};
use iam_split_core::deployment::outputs;
use iam_split_core::deployment::state::Blocked;
use iam_split_core::diagnostic::Code;

use crate::Streams;
use crate::args::deployment::{DeployArgs, Format, Target};
use crate::aws::stack;
use crate::deployment::apply::{
    self, Applied, How, apply, imported, not_ours, not_over_monolith, refused, settled, spec,
};
use crate::deployment::exact::Approved;
use crate::deployment::send::{Sent, sources, stable};
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
    if let (Some(kept), Some(approved)) = (&kept, &arguments.approved)
        && kept.digest != *approved
    {
        return Err(Failure::new(format!("the plan is {}, and {approved} was approved", kept.digest))
            .code(Code::DPL018)
            .exit(Exit::Refused)
            .help("carry out the plan that was approved, or have this one approved"));
    }
    let json = arguments.operation.format == Format::Json;
    deployment::run(&arguments.settings, json, needs, streams, async |deployment, console| {
        Deploying { deployment, arguments, kept: kept.as_ref(), approved: RefCell::default() }
            .run(console)
            .await
    })
}

struct Deploying<'d> {
    deployment: &'d Deployment,
    arguments: &'d DeployArgs,
    /// The plan that is carried out, if one was given.
    kept: Option<&'d KeptPlan>,
    /// What was planned or agreed to, until it is carried out.
    approved: RefCell<BTreeMap<Which, Approved>>,
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
        self.cleared(&stacks, console).await?;
        if !self.agreed(&stacks, console).await? {
            console.result("nothing was changed")?;
            return Ok(Exit::Refused);
        }
        if let Some(said) = apply::attached(deployment) {
            console.step("attach", &format!("note: {said}"))?;
        }
        let sent = sources(deployment, &stacks, console).await?;
        self.passes(&gates::templates(deployment, &sent).await?, console)?;
        let iam = if deployment.has_iam_stack() { self.settled(Which::Iam, console).await? } else { None };
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
        // All that can be known is looked at before the first stack is touched.
        let standing = [(Which::Iam, iam.as_ref()), (Which::App, app.as_ref())];
        if let Some(failure) = apply::all_blocked(deployment, &stacks, standing, |_| true) {
            return Err(failure);
        }
        let mut found = Vec::new();
        if let Some(live) = &iam {
            found.extend(not_ours(deployment, live, with_iam).await?);
        }
        for which in &stacks {
            let live = if *which == Which::Iam { iam.as_ref() } else { app.as_ref() };
            if let Some(live) = live {
                found.extend(imported(deployment, *which, live).await?);
            }
        }
        if let Some(failure) = refused(&found) {
            return Err(failure);
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
        if let Err(failure) = stable(deployment, &sent, console).await {
            // What was asked for is done.
            console.say(&format!(
                "note: the stable name of a template could not be written: {}; `iam-split upload` writes it",
                failure.parts().0
            ))?;
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

    /// Takes stacks away whose creation failed, where that is wanted, once nothing else is in the way: they can neither be
    /// planned nor updated.
    async fn cleared(&self, stacks: &[Which], console: &mut Console<'_>) -> Result<(), Failure> {
        let deployment = self.deployment;
        let asks = !self.arguments.operation.yes && console.streams.asks;
        if !self.arguments.recreate && !asks {
            return Ok(());
        }
        let mut standing = [(Which::Iam, None), (Which::App, None)];
        for (which, live) in standing.iter_mut().filter(|(which, _)| stacks.contains(which)) {
            *live = stack::describe(&deployment.aws, deployment.stack(*which)).await?;
        }
        let [(_, iam), (_, app)] = &standing;
        let stood = [(Which::Iam, iam.as_ref()), (Which::App, app.as_ref())];
        let counts = |why| why != Blocked::NeverCreated;
        if let Some(failure) = apply::all_blocked(deployment, stacks, stood, counts) {
            return Err(failure);
        }
        for (which, live) in stood {
            let Some(live) = live.filter(|live| apply::why_blocked(Some(live)).is_some()) else { continue };
            let question =
                format!("the stack {} is {}: delete it and create it again?", live.name, live.status);
            if !self.arguments.recreate && !console.ask(&question).await? {
                return Err(apply::blocked(Blocked::NeverCreated, which, &live.name, Some(live)));
            }
            apply::clear(deployment, which, live, self.arguments.operation.poll_interval, console).await?;
        }
        Ok(())
    }

    /// Whether this is what was planned, if it was, and what those who are asked want.
    async fn agreed(&self, stacks: &[Which], console: &mut Console<'_>) -> Result<bool, Failure> {
        let deployment = self.deployment;
        let asks = !self.arguments.operation.yes;
        if self.kept.is_none() && !asks {
            return Ok(true);
        }
        let accept = self.arguments.accept_interruption;
        let how = super::plan::How { accept_interruption: accept, import: self.arguments.import };
        let plan = super::plan::make(deployment, stacks, how, console).await?;
        for which in stacks {
            if let Some(approved) = plan.approved(*which) {
                self.approved.borrow_mut().insert(*which, approved);
            }
        }
        if let Some(kept) = &self.kept {
            let moved = kept.differences(&plan.kept(deployment));
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
        console.ask("deploy?").await
    }

    fn how(&self) -> How {
        How {
            accept_interruption: self.arguments.accept_interruption,
            recorded: Some("deploy"),
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
        let mut spec = spec(deployment, Which::Iam, sent, parameters)?;
        spec.import = self.arguments.import;
        let used = live.filter(|_| may_ask).map(|live| used(live, app));
        // What comes after the first time was noted in the plan, and is not in its changes.
        let approved = self.approved.borrow_mut().remove(&Which::Iam);
        let how = How { ordered: true, with_app, used, approved: approved.clone(), ..self.how() };
        let applied = apply(deployment, &spec, live, how, console).await?;
        if let Some(approved) = approved.filter(|_| applied == Applied::Later) {
            self.approved.borrow_mut().insert(Which::Iam, approved);
        }
        if applied != Applied::Later {
            let live = self.standing_after(Which::Iam, applied).await?;
            self.passes(&gates::iam_stack(deployment, &live, deployment.iam.as_ref()).await?, console)?;
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
            let iam = match &deployment.arns {
                Some(arns) => arns.clone(),
                None => self.standing(Which::Iam).await?,
            };
            self.passes(&gate::query(&iam, deployment.iam.as_ref(), app), console)?;
            console.outputs(&iam.name, &iam.outputs)?;
            values = outputs::taken(&iam.outputs, deployment.iam.as_ref(), app).0;
        }
        let parameters = apply::parameters(deployment, Which::App, live, &values)?;
        let mut spec = spec(deployment, Which::App, sent, parameters)?;
        spec.import = self.arguments.import;
        let approved = self.approved.borrow_mut().remove(&Which::App);
        let how = How { fresh_iam, approved, ..self.how() };
        let applied = apply(deployment, &spec, live, how, console).await?;
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
