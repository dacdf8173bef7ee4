//! `iam-split migrate`

mod checks;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::events::Event;
use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::migrate::{Migration, Stage, Step};
use iam_split_core::deployment::names::{INLINE_BODY, Which, content_key};
use iam_split_core::deployment::outputs;
use iam_split_core::deployment::parameters::{Parameters, Passed};
use iam_split_core::deployment::state::{Situation, situation};
use iam_split_core::deployment::value::Value;
use iam_split_core::diagnostic::{Code, Diagnostic, Source};

use crate::Streams;
use crate::args::deployment::{Format, MigrateArgs};
use crate::aws::bucket;
use crate::aws::refactor::{self, Definition};
use crate::aws::stack::{self, TemplateSource};
use crate::deployment::apply::{self, How, apply, remove, settled};
use crate::deployment::remembered::{is_json, remember, remembered};
use crate::deployment::{self, Deployment, Needs, PAUSE};
use crate::exit::{Exit, Failure};
use crate::files::Input;
use crate::progress::Console;
use crate::render::Sources;

pub(crate) fn run(arguments: &MigrateArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let kept = plan::given(arguments, streams)?;
    let looks = arguments.preview || arguments.export.is_some();
    if !looks {
        let help = "look at `iam-split migrate --preview`, then pass --yes";
        deployment::can_ask(arguments.operation, streams, help)?;
    }
    let needs = Needs { iam: true, app: true, ..Needs::default() };
    let json = arguments.operation.format == Format::Json;
    deployment::run(&arguments.settings, json, needs, streams, async |deployment, console| {
        let Some(begun) = begin(deployment, arguments, console).await? else { return Ok(Exit::Refused) };
        let Begun { migration, at, present, app, iam } = begun;
        let migrating = Migrating { deployment, arguments, migration: &migration, present: &present };
        if let Some(folder) = &arguments.export {
            return migrating.export(&at, folder, console);
        }
        migrating.run(at, (&app, iam.as_ref()), kept.as_ref(), console).await
    })
}

/// Where the stacks are: a stage, and after [`Stage::Shell`] what has moved already.
#[derive(Clone, Debug, PartialEq, Eq)]
struct At {
    stage: Stage,
    there: BTreeSet<String>,
}

impl At {
    fn words(&self) -> String {
        match self.there.len() {
            0 => self.stage.words().to_owned(),
            moved => format!("{moved} resources are in the IAM stack, the others are not yet"),
        }
    }
}

/// A migration that can go on.
struct Begun {
    migration: Migration,
    at: At,
    /// Which of the resources that move are there: the condition of another may be false.
    present: BTreeSet<String>,
    app: Live,
    iam: Option<Live>,
}

/// Reads how far the stacks are. `None`: it was said why they cannot be moved.
async fn begin(
    deployment: &Deployment,
    arguments: &MigrateArgs,
    console: &mut Console<'_>,
) -> Result<Option<Begun>, Failure> {
    let (aws, settings) = (&deployment.aws, &deployment.settings);
    let (Some(iam), Some(app)) = (&deployment.iam, &deployment.app) else {
        return Err(Failure::new("a migration needs both templates of the pair"));
    };
    let interval = arguments.operation.poll_interval;
    let Some(live) = settled(deployment, Which::App, interval, console).await? else {
        return Err(Failure::new(format!("Stack not found: {}", settings.name))
            .exit(Exit::Refused)
            .help("there is nothing to move: `iam-split deploy` makes both stacks"));
    };
    let of_iam = settled(deployment, Which::Iam, interval, console).await?;
    if let Some(failure) = apply::all_blocked(
        deployment,
        &[Which::Iam, Which::App],
        [(Which::Iam, of_iam.as_ref()), (Which::App, Some(&live))],
        |_| true,
    ) {
        return Err(failure);
    }
    // A refactoring or a change set that failed can leave a stack that holds nothing: it is made like a new one.
    let of_iam = of_iam.filter(|live| situation(Some(&live.status)) != Situation::Empty);
    let running = stack::template(aws, &live.id).await?;
    let iam_running = match &of_iam {
        Some(live) => Some(stack::template(aws, &live.id).await?),
        None => None,
    };
    // The monolith is gone from its stack once it is moved.
    let monolith = remembered(deployment, &live).await?.unwrap_or_else(|| running.clone());
    let planned =
        Migration::plan((&monolith, &iam.text, &app.text), (&settings.name, &settings.iam_stack_name));
    let migration = match planned {
        Ok(migration) => migration,
        Err(found) => {
            let takes = Contents::read(&running, Source::App).0;
            if takes.is_some_and(|contents| contents.iam_parameters().next().is_some()) {
                return Err(Failure::new(format!(
                    "there is nothing to migrate: the stack `{}` runs from a pair already",
                    settings.name
                ))
                .exit(Exit::Refused)
                .help("`iam-split deploy` updates both stacks; a migration begins at the monolith"));
            }
            refuse(deployment, &monolith, &found, console)?;
            return Ok(None);
        }
    };
    let known = migration.stage(&running, iam_running.as_deref());
    let halfway = || migration.halfway(&running, iam_running.as_deref());
    let at = match known {
        Some(stage) => At { stage, there: BTreeSet::new() },
        None => match halfway() {
            Some(there) => At { stage: Stage::Shell, there },
            None => {
                return Err(Failure::new("the stacks have other templates than any step of this migration")
                    .exit(Exit::Refused)
                    .help("split the template that runs, and give that pair; an IAM stack of the same name must not be there yet"));
            }
        },
    };
    let mut present = BTreeSet::new();
    for stack in [Some(&live), of_iam.as_ref()].into_iter().flatten() {
        let resources = stack::resources(aws, &stack.id).await?;
        let standing = resources.into_iter().filter(|one| one.status != "DELETE_COMPLETE");
        present.extend(standing.map(|one| one.logical_id).filter(|name| migration.moved.contains(name)));
    }
    Ok(Some(Begun { migration, at, present, app: live, iam: of_iam }))
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
    present: &'m BTreeSet<String>,
}

/// Where each moved resource is: its physical id.
type Places = BTreeMap<String, String>;

impl Migrating<'_> {
    async fn run(
        &self,
        mut at: At,
        stacks: (&Live, Option<&Live>),
        kept: Option<&iam_split_core::deployment::migrate::KeptMigration>,
        console: &mut Console<'_>,
    ) -> Result<Exit, Failure> {
        let (steps, notes) = (self.steps(&at), self.notes(stacks.0));
        self.preview(&at, &steps, &notes, console)?;
        let found = self.checked(&at, stacks.0).await?;
        self.deployment.tell(&found, console)?;
        let is_refused = found.iter().any(Diagnostic::is_error);
        if self.arguments.preview {
            let plan = self.plan(&at, stacks, &steps, &notes);
            plan::keep(&plan, &self.arguments.out, console)?;
            return Ok(if is_refused { Exit::Refused } else { Exit::Done });
        }
        if let Some(kept) = kept {
            plan::compare(kept, &self.plan(&at, stacks, &steps, &notes))?;
            console.step("plan", "all is as it was planned")?;
        }
        if is_refused {
            return Ok(Exit::Refused);
        }
        if steps.is_empty() {
            console.result(&at.words())?;
            return Ok(Exit::Done);
        }
        let question = if self.arguments.one { "carry out the next step?" } else { "carry out these steps?" };
        if !self.arguments.operation.yes && !console.ask(question).await? {
            console.result("nothing was changed")?;
            return Ok(Exit::Refused);
        }
        if at.stage == Stage::Monolith {
            remember(self.deployment, stacks.0, &self.migration.monolith).await?;
        }
        let before = self.places().await?;
        while let Some(step) = self.step_of(&at) {
            at = self.step(&step, &at, console).await?;
            self.check(&at, &before, console).await?;
            if self.arguments.one {
                break;
            }
        }
        console.result(&at.words())?;
        Ok(Exit::Done)
    }

    /// The next step. Between the shell and the move the way back is the move back of what has moved.
    fn step_of(&self, at: &At) -> Option<Step> {
        match (self.arguments.back, at.there.is_empty()) {
            (true, false) => Some(Step::Refactor { into_iam: false }),
            (true, true) => at.stage.back(),
            (false, _) => at.stage.next(),
        }
    }

    /// What is left to move, in batches.
    fn batches(&self, at: &At, into_iam: bool) -> Vec<BTreeSet<String>> {
        let all: BTreeSet<String> = self.migration.moved.iter().cloned().collect();
        let left: BTreeSet<String> = match (into_iam, at.stage) {
            (true, _) => all.difference(&at.there).cloned().collect(),
            (false, Stage::Moved) => all,
            (false, _) => at.there.clone(),
        };
        self.migration.batches(&left, usize::from(self.arguments.batch))
    }

    /// The steps that remain, in words.
    fn steps(&self, at: &At) -> Vec<String> {
        let (mut at, mut steps) = (at.clone(), Vec::new());
        while let Some(step) = self.step_of(&at) {
            steps.push(self.words(&step, &at));
            let next = match step {
                Step::Refactor { into_iam: true } => Some(Stage::Moved),
                Step::Refactor { into_iam: false } => Some(Stage::Shell),
                _ => {
                    let number = Stage::ALL.iter().position(|one| *one == at.stage).unwrap_or(0);
                    let next = if self.arguments.back { number.checked_sub(1) } else { Some(number + 1) };
                    next.and_then(|next| Stage::ALL.get(next)).copied()
                }
            };
            let Some(stage) = next else { break };
            at = At { stage, there: BTreeSet::new() };
        }
        steps
    }

    fn preview(
        &self,
        at: &At,
        steps: &[String],
        notes: &[String],
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let mut tell = |line: &str| {
            console.result(line)?;
            console.emit(&Event::Step { step: "migrate", message: line.trim() })
        };
        tell(&format!("now: {}", at.words()))?;
        for (number, step) in steps.iter().enumerate() {
            tell(&format!("  {}. {step}", number + 1))?;
        }
        for note in notes {
            tell(&format!("note: {note}"))?;
        }
        if !steps.is_empty() && !self.arguments.back {
            tell("no resource is made anew; from each step `iam-split migrate --back` leads back")?;
        }
        Ok(())
    }

    fn words(&self, step: &Step, at: &At) -> String {
        let migration = self.migration;
        let moved = |into_iam: bool| {
            let batches = self.batches(at, into_iam);
            let ours = batches.iter().flatten().filter(|name| self.present.contains(*name)).count();
            let by =
                if batches.len() > 1 { format!(", in {} batches", batches.len()) } else { String::new() };
            (ours, by)
        };
        match step {
            Step::Update { stack, to } => {
                let name = if *stack == Which::Iam { &migration.iam_stack } else { &migration.app_stack };
                format!("update {name}: {}", to.words())
            }
            Step::Create => format!("create {} without its resources", migration.iam_stack),
            Step::Delete => format!("delete {}, which holds no resource of ours", migration.iam_stack),
            Step::Refactor { into_iam: true } => {
                let (count, by) = moved(true);
                format!("move {count} resources from {} to {}{by}", migration.app_stack, migration.iam_stack)
            }
            Step::Refactor { into_iam: false } => {
                let (count, by) = moved(false);
                format!(
                    "move {count} resources back from {} to {}{by}",
                    migration.iam_stack, migration.app_stack
                )
            }
        }
    }

    /// Carries a step out; gives where it leads to. With --step a move is one batch.
    async fn step(&self, step: &Step, at: &At, console: &mut Console<'_>) -> Result<At, Failure> {
        console.step("migrate", &self.words(step, at))?;
        let to = |stage: Stage| At { stage, there: BTreeSet::new() };
        match step {
            Step::Update { stack, to: stage } => {
                self.update(*stack, *stage, console).await?;
                Ok(to(*stage))
            }
            Step::Create => {
                let parameters = self.of_shell().await?;
                // It holds no IAM yet, and needs no capability for it.
                let shell = &self.migration.shell;
                let template = self.source(Which::Iam, shell).await?;
                let spec = self.deployment.spec(Which::Iam, template, shell, Vec::new(), parameters);
                apply(self.deployment, &spec, None, self.how(), console).await?;
                Ok(to(Stage::Shell))
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
                Ok(to(Stage::Prepared))
            }
            Step::Refactor { into_iam } => self.refactor(*into_iam, at, console).await,
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
        let template = self.source(which, text).await?;
        let spec = self.deployment.spec(which, template, text, contents.capabilities, parameters);
        apply(self.deployment, &spec, Some(&live), self.how(), console).await?;
        Ok(())
    }

    /// The IAM stack's values: those that the running monolith has, the settings' for the rest.
    async fn of_shell(&self) -> Result<Parameters, Failure> {
        let app = self.live(Which::App).await?;
        let mut parameters = apply::parameters(self.deployment, Which::Iam, None, &BTreeMap::new())?;
        let declared = self.deployment.iam.iter().flat_map(|iam| &iam.parameters);
        for (name, declared) in declared {
            if declared.no_echo {
                // Nobody can read what the monolith has: the value has to be given, and an empty one was not.
                if matches!(parameters.get(name), Some(Passed::Value(value)) if value.expose().is_empty()) {
                    return Err(Failure::new(format!(
                        "the IAM stack needs the value of `{name}`, which is secret and cannot be read from the stack `{}`",
                        app.name
                    ))
                    .exit(Exit::Refused)
                    .help("set the variable or the file that `deployment.yaml` names for it, and run again"));
                }
                continue;
            }
            if let Some(value) = app.parameters.get(name) {
                parameters.insert(name.clone(), Passed::Value(Value::shown(value)));
            }
        }
        Ok(parameters)
    }

    /// Moves batch after batch; gives where that leads to.
    async fn refactor(&self, into_iam: bool, at: &At, console: &mut Console<'_>) -> Result<At, Failure> {
        let all: BTreeSet<String> = self.migration.moved.iter().cloned().collect();
        let mut there = match (into_iam, at.stage) {
            (false, Stage::Moved) => all.clone(),
            _ => at.there.clone(),
        };
        let batches = self.batches(at, into_iam);
        let count = batches.len();
        for (number, batch) in batches.into_iter().enumerate() {
            if count > 1 {
                console.step(
                    "migrate",
                    &format!("batch {} of {count}: {} resources", number + 1, batch.len()),
                )?;
            }
            let mut next = there.clone();
            if into_iam {
                next.extend(batch.iter().cloned());
            } else {
                next.retain(|name| !batch.contains(name));
            }
            self.moved(into_iam, &batch, &next, console).await?;
            there = next;
            if self.arguments.one {
                break;
            }
        }
        Ok(match there.len() {
            0 => At { stage: Stage::Shell, there },
            moved if moved == all.len() => At { stage: Stage::Moved, there: BTreeSet::new() },
            _ => At { stage: Stage::Shell, there },
        })
    }

    /// One refactoring: a batch moves, and `next` is in the IAM stack afterwards.
    async fn moved(
        &self,
        into_iam: bool,
        batch: &BTreeSet<String>,
        next: &BTreeSet<String>,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let aws = &self.deployment.aws;
        let migration = self.migration;
        let (of_app, of_iam) = migration.partial(next);
        let app =
            Definition { stack: &migration.app_stack, template: self.source(Which::App, &of_app).await? };
        let iam =
            Definition { stack: &migration.iam_stack, template: self.source(Which::Iam, &of_iam).await? };
        let (from, target) = if into_iam { (&app, &iam) } else { (&iam, &app) };
        let pause = self.arguments.operation.poll_interval.map_or(PAUSE, Duration::from_secs_f64);
        // What is not there, since its condition is false, moves with the template alone.
        let mapped: Vec<String> = batch.iter().filter(|name| self.present.contains(*name)).cloned().collect();
        let refactor = refactor::prepare(aws, from, target, &mapped, pause).await?;
        for action in &refactor.actions {
            console.say(&format!("  {action}"))?;
        }
        for tags in &refactor.tags {
            console.say(&format!("  {}", tags.told()))?;
        }
        let strangers: Vec<String> = refactor
            .moves
            .iter()
            .filter(|name| !mapped.contains(name))
            .chain(&refactor.others)
            .cloned()
            .collect();
        let missing = mapped.iter().filter(|name| !refactor.moves.contains(name)).count();
        if !strangers.is_empty() || missing > 0 {
            return Err(Failure::new(format!(
                "CloudFormation would do something else than move the {} resources: {missing} would stay; {}",
                mapped.len(),
                strangers.join(", ")
            ))
            .exit(Exit::Refused)
            .help("nothing was moved; go back with `iam-split migrate --back`"));
        }
        let lost: Vec<String> = refactor
            .tags
            .iter()
            .flat_map(|tags| tags.lost().map(move |key| format!("`{key}` of `{}`", tags.name)))
            .collect();
        if !lost.is_empty() && !self.arguments.allow_lost_tags {
            return Err(Failure::new(format!("the move takes tags away: {}", lost.join(", ")))
                .code(Code::DPL017)
                .exit(Exit::Refused)
                .help("nothing was moved; give them under `tags` or `iam_tags` in deployment.yaml, or let them go: --allow-lost-tags"));
        }
        refactor::execute(aws, &refactor, [from.stack, target.stack], pause).await
    }

    /// After each step: the stacks are where they should be, and no resource is another one.
    async fn check(&self, at: &At, before: &Places, console: &mut Console<'_>) -> Result<(), Failure> {
        let aws = &self.deployment.aws;
        let app = stack::template(aws, &self.live(Which::App).await?.id).await?;
        let iam = match stack::describe(aws, &self.migration.iam_stack).await? {
            Some(live) => Some(stack::template(aws, &live.id).await?),
            None => None,
        };
        let found = self.migration.stage(&app, iam.as_deref());
        let is_there = if at.there.is_empty() {
            found == Some(at.stage)
        } else {
            self.migration.halfway(&app, iam.as_deref()).as_ref() == Some(&at.there)
        };
        let after = self.places().await?;
        let lost: Vec<&str> = before
            .iter()
            .filter(|(name, id)| after.get(*name) != Some(*id))
            .map(|(name, _)| name.as_str())
            .collect();
        if !is_there || !lost.is_empty() {
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
        console.step("migrate", &format!("checked: {}; every resource is the same one", at.words()))
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

    /// Where CloudFormation gets a template of the migration: from the call where it fits into it.
    async fn source(&self, which: Which, text: &str) -> Result<TemplateSource, Failure> {
        if text.len() <= INLINE_BODY {
            return Ok(TemplateSource::Body(text.to_owned()));
        }
        let settings = &self.deployment.settings;
        self.deployment.bucket(None).await?;
        let key = content_key(&settings.prefix, which, text, is_json(text));
        bucket::put(&self.deployment.aws, &settings.bucket, &key, text).await?;
        Ok(TemplateSource::Url(self.deployment.address(&key)))
    }
}
