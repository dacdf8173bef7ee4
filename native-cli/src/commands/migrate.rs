//! `iam-split migrate`

use std::collections::BTreeMap;
use std::time::Duration;

use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::events::Event;
use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::migrate::{Migration, Stage, Step};
use iam_split_core::deployment::names::{Which, content_key};
use iam_split_core::deployment::outputs;
use iam_split_core::deployment::parameters::{Parameters, Passed};
use iam_split_core::deployment::value::Value;
use iam_split_core::diagnostic::Diagnostic;

use crate::Streams;
use crate::args::deployment::{Format, MigrateArgs};
use crate::aws::bucket;
use crate::aws::refactor::{self, Definition};
use crate::aws::stack::{self, TemplateSource};
use crate::deployment::apply::{self, How, apply, remove, settled};
use crate::deployment::remembered::{Keepsake, is_json, remember, remembered};
use crate::deployment::{self, Deployment, Needs, PAUSE};
use crate::exit::{Exit, Failure};
use crate::files::Input;
use crate::progress::Console;
use crate::render::Sources;

pub(crate) fn run(arguments: &MigrateArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    if !arguments.preview {
        let help = "look at `iam-split migrate --preview`, then pass --yes";
        deployment::can_ask(arguments.operation, streams, help)?;
    }
    let needs = Needs { iam: true, app: true, values: false };
    let json = arguments.operation.format == Format::Json;
    deployment::run(&arguments.settings, json, needs, streams, async |deployment, console| {
        let Some((migration, stage)) = begin(deployment, arguments, console).await? else {
            return Ok(Exit::Refused);
        };
        Migrating { deployment, arguments, migration: &migration }.run(stage, console).await
    })
}

/// Reads how far the stacks are. `None`: it was said why they cannot be moved.
async fn begin(
    deployment: &Deployment,
    arguments: &MigrateArgs,
    console: &mut Console<'_>,
) -> Result<Option<(Migration, Stage)>, Failure> {
    let (aws, settings) = (&deployment.aws, &deployment.settings);
    let (Some(iam), Some(app)) = (&deployment.iam, &deployment.app) else {
        return Err(Failure::new("a migration needs both templates of the pair"));
    };
    let Some(live) = settled(deployment, Which::App, arguments.operation.poll_interval, console).await?
    else {
        return Err(Failure::new(format!("Stack not found: {}", settings.name))
            .exit(Exit::Refused)
            .help("there is nothing to move: `iam-split deploy` makes both stacks"));
    };
    let of_iam = settled(deployment, Which::Iam, arguments.operation.poll_interval, console).await?;
    let running = stack::template(aws, &live.id).await?;
    let iam_running = match &of_iam {
        Some(live) => Some(stack::template(aws, &live.id).await?),
        None => None,
    };
    // The monolith is gone from its stack once it is moved.
    let kept = remembered(deployment, Keepsake::Monolith, &live).await?;
    let monolith = kept.map_or_else(|_| running.clone(), |kept| kept.text);
    let planned =
        Migration::plan((&monolith, &iam.text, &app.text), (&settings.name, &settings.iam_stack_name));
    let migration = match planned {
        Ok(migration) => migration,
        Err(found) => {
            refuse(deployment, &monolith, &found, console)?;
            return Ok(None);
        }
    };
    let Some(stage) = migration.stage(&running, iam_running.as_deref()) else {
        return Err(Failure::new("the stacks have other templates than any step of this migration")
            .exit(Exit::Refused)
            .help("split the template that runs, and give that pair; an IAM stack of the same name must not be there yet"));
    };
    if stage == Stage::Monolith && !arguments.preview {
        remember(deployment, Keepsake::Monolith, &live, &monolith).await?;
    }
    Ok(Some((migration, stage)))
}

fn refuse(
    deployment: &Deployment,
    monolith: &str,
    found: &[Diagnostic],
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let running = Input::of(format!("the template of {}", deployment.settings.name), monolith);
    let text = |contents: &Option<Contents>| contents.as_ref().map_or(String::new(), |one| one.text.clone());
    let (iam, app) = (
        Input::of("iam template", &text(&deployment.iam)),
        Input::of("app template", &text(&deployment.app)),
    );
    let sources =
        Sources { template: Some(&running), iam: Some(&iam), app: Some(&app), ..Sources::default() };
    console.findings(found, &sources)
}

struct Migrating<'m> {
    deployment: &'m Deployment,
    arguments: &'m MigrateArgs,
    migration: &'m Migration,
}

/// Where each moved resource is: its physical id.
type Places = BTreeMap<String, String>;

impl Migrating<'_> {
    async fn run(&self, mut stage: Stage, console: &mut Console<'_>) -> Result<Exit, Failure> {
        self.preview(stage, console)?;
        if self.arguments.preview {
            return Ok(Exit::Done);
        }
        let step_of = |stage: Stage| if self.arguments.back { stage.back() } else { stage.next() };
        if step_of(stage).is_none() {
            console.result(stage.words())?;
            return Ok(Exit::Done);
        }
        let question = if self.arguments.one { "carry out the next step?" } else { "carry out these steps?" };
        if !self.arguments.operation.yes && !console.ask(question)? {
            console.result("nothing was changed")?;
            return Ok(Exit::Refused);
        }
        let before = self.places().await?;
        while let Some(step) = step_of(stage) {
            stage = self.step(&step, console).await?;
            self.check(stage, &before, console).await?;
            if self.arguments.one {
                break;
            }
        }
        console.result(stage.words())?;
        Ok(Exit::Done)
    }

    fn preview(&self, stage: Stage, console: &mut Console<'_>) -> Result<(), Failure> {
        let mut tell = |line: &str| {
            console.result(line)?;
            console.emit(&Event::Step { step: "migrate", message: line.trim() })
        };
        tell(&format!("now: {}", stage.words()))?;
        let mut at = stage;
        let mut number = 0;
        while let Some(step) = if self.arguments.back { at.back() } else { at.next() } {
            number += 1;
            tell(&format!("  {number}. {}", self.words(&step)))?;
            let all = Stage::ALL.iter().position(|one| *one == at).unwrap_or(0);
            let next = if self.arguments.back { all.checked_sub(1) } else { Some(all + 1) };
            let Some(next) = next.and_then(|next| Stage::ALL.get(next)) else { break };
            at = *next;
        }
        if number > 0 && !self.arguments.back {
            tell("no resource is made anew; from each step `iam-split migrate --back` leads back")?;
        }
        Ok(())
    }

    fn words(&self, step: &Step) -> String {
        let migration = self.migration;
        let moved = migration.moved.len();
        match step {
            Step::Update { stack, to } => {
                let name = if *stack == Which::Iam { &migration.iam_stack } else { &migration.app_stack };
                format!("update {name}: {}", to.words())
            }
            Step::Create => format!("create {} without its resources", migration.iam_stack),
            Step::Delete => format!("delete {}, which holds no resource of ours", migration.iam_stack),
            Step::Refactor { into_iam: true } => {
                format!("move {moved} resources from {} to {}", migration.app_stack, migration.iam_stack)
            }
            Step::Refactor { into_iam: false } => {
                format!("move {moved} resources back from {} to {}", migration.iam_stack, migration.app_stack)
            }
        }
    }

    /// Carries a step out; gives the stage that it leads to.
    async fn step(&self, step: &Step, console: &mut Console<'_>) -> Result<Stage, Failure> {
        console.step("migrate", &self.words(step))?;
        match step {
            Step::Update { stack, to } => {
                self.update(*stack, *to, console).await?;
                Ok(*to)
            }
            Step::Create => {
                let parameters = self.of_shell().await?;
                // It holds no IAM yet, and needs no capability for it.
                let template = TemplateSource::Url(self.send(Which::Iam, &self.migration.shell).await?);
                let spec = self.deployment.spec(Which::Iam, template, Vec::new(), parameters);
                apply(self.deployment, &spec, None, self.how(), console).await?;
                Ok(Stage::Shell)
            }
            Step::Delete => {
                let live = self.live(Which::Iam).await?;
                let interval = self.arguments.operation.poll_interval;
                let gone = remove(self.deployment, Which::Iam, &live.id, interval, console).await?;
                if !gone.done {
                    return Err(
                        Failure::new(format!("the stack `{}` is {}", live.name, gone.status)).exit(Exit::Aws)
                    );
                }
                Ok(Stage::Prepared)
            }
            Step::Refactor { into_iam } => {
                let to = if *into_iam { Stage::Moved } else { Stage::Shell };
                self.refactor(*into_iam, to, console).await?;
                Ok(to)
            }
        }
    }

    fn how(&self) -> How {
        // Nothing of this may make a resource anew, or take one away.
        How { steady: true, interval: self.arguments.operation.poll_interval, ..How::default() }
    }

    async fn update(&self, which: Which, to: Stage, console: &mut Console<'_>) -> Result<(), Failure> {
        let live = self.live(which).await?;
        let Some(text) = self.migration.template(which, to) else { return Ok(()) };
        let Some(contents) = Contents::read(text, which.source()).0 else { return Ok(()) };
        let declared = contents.parameters.keys();
        let mut parameters: Parameters = declared
            .filter(|name| live.parameters.contains_key(*name))
            .map(|name| (name.clone(), Passed::Previous))
            .collect();
        if (which, to) == (Which::App, Stage::Taken)
            && let Some(app) = &self.deployment.app
        {
            let iam = self.live(Which::Iam).await?;
            let taken = outputs::taken(&iam.outputs, self.deployment.iam.as_ref(), app).0;
            parameters
                .extend(taken.into_iter().map(|(name, value)| (name, Passed::Value(Value::shown(&value)))));
        }
        let template = TemplateSource::Url(self.send(which, text).await?);
        let spec = self.deployment.spec(which, template, contents.capabilities, parameters);
        apply(self.deployment, &spec, Some(&live), self.how(), console).await?;
        Ok(())
    }

    /// The IAM stack's values: those that the running monolith has, the settings' for the rest.
    async fn of_shell(&self) -> Result<Parameters, Failure> {
        let app = self.live(Which::App).await?;
        let mut parameters = apply::parameters(self.deployment, Which::Iam, None, &BTreeMap::new())?;
        let declared = self.deployment.iam.iter().flat_map(|iam| &iam.parameters);
        for (name, _) in declared.filter(|(_, declared)| !declared.no_echo) {
            if let Some(value) = app.parameters.get(name) {
                parameters.insert(name.clone(), Passed::Value(Value::shown(value)));
            }
        }
        Ok(parameters)
    }

    async fn refactor(&self, into_iam: bool, to: Stage, console: &mut Console<'_>) -> Result<(), Failure> {
        let aws = &self.deployment.aws;
        let migration = self.migration;
        let url = async |which| self.send(which, migration.template(which, to).unwrap_or_default()).await;
        let (app_url, iam_url) = (url(Which::App).await?, url(Which::Iam).await?);
        let app = Definition { stack: &migration.app_stack, url: &app_url };
        let iam = Definition { stack: &migration.iam_stack, url: &iam_url };
        let (from, target) = if into_iam { (&app, &iam) } else { (&iam, &app) };
        let pause = self.arguments.operation.poll_interval.map_or(PAUSE, Duration::from_secs_f64);
        let refactor = refactor::prepare(aws, from, target, &migration.moved, pause).await?;
        for action in &refactor.actions {
            console.say(&format!("  {action}"))?;
        }
        let strangers: Vec<String> = refactor
            .moves
            .iter()
            .filter(|name| !migration.moved.contains(name))
            .chain(&refactor.others)
            .cloned()
            .collect();
        let missing = migration.moved.iter().filter(|name| !refactor.moves.contains(name)).count();
        if !strangers.is_empty() || missing > 0 {
            return Err(Failure::new(format!(
                "CloudFormation would do something else than move the {} resources: {missing} would stay; {}",
                migration.moved.len(),
                strangers.join(", ")
            ))
            .exit(Exit::Refused)
            .help("nothing was moved; go back with `iam-split migrate --back`"));
        }
        refactor::execute(aws, &refactor, pause).await
    }

    /// After each step: the stacks are where they should be, and no resource is another one.
    async fn check(&self, stage: Stage, before: &Places, console: &mut Console<'_>) -> Result<(), Failure> {
        let aws = &self.deployment.aws;
        let app = stack::template(aws, &self.live(Which::App).await?.id).await?;
        let iam = match stack::describe(aws, &self.migration.iam_stack).await? {
            Some(live) => Some(stack::template(aws, &live.id).await?),
            None => None,
        };
        let found = self.migration.stage(&app, iam.as_deref());
        let after = self.places().await?;
        let lost: Vec<&str> = before
            .iter()
            .filter(|(name, id)| after.get(*name) != Some(*id))
            .map(|(name, _)| name.as_str())
            .collect();
        if found != Some(stage) || !lost.is_empty() {
            let what = if lost.is_empty() {
                "the stacks have other templates than this step gives them".to_owned()
            } else {
                format!(
                    "{} {} another resource now",
                    lost.join(", "),
                    if lost.len() == 1 { "is" } else { "are" }
                )
            };
            return Err(Failure::new(what)
                .exit(Exit::Refused)
                .help("look at both stacks; `iam-split migrate --back` leads back from here"));
        }
        console.step("migrate", &format!("checked: {}; every resource is the same one", stage.words()))
    }

    /// The physical ids of what moves, in whichever stack it is.
    async fn places(&self) -> Result<Places, Failure> {
        let mut places = Places::new();
        for name in [&self.migration.app_stack, &self.migration.iam_stack] {
            let Some(live) = stack::describe(&self.deployment.aws, name).await? else { continue };
            let resources = stack::resources(&self.deployment.aws, &live.id).await?;
            let ours = resources.into_iter().filter(|one| self.migration.moved.contains(&one.logical_id));
            places.extend(ours.map(|one| (one.logical_id, one.physical_id)));
        }
        Ok(places)
    }

    async fn live(&self, which: Which) -> Result<Live, Failure> {
        let name = self.deployment.stack(which);
        let live = stack::describe(&self.deployment.aws, name).await?;
        live.ok_or_else(|| Failure::new(format!("Stack not found: {name}")).exit(Exit::Refused))
    }

    /// Brings a template of the migration to the bucket; gives its address.
    async fn send(&self, which: Which, text: &str) -> Result<String, Failure> {
        let settings = &self.deployment.settings;
        let key = content_key(&settings.prefix, which, text, is_json(text));
        bucket::put(&self.deployment.aws, &settings.bucket, &key, text).await?;
        Ok(self.deployment.address(&key))
    }
}
