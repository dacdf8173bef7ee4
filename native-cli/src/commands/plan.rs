//! `iam-split plan`

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use iam_split_core::api::IamDiff;
use iam_split_core::deployment::allows::{Allows, Beside, allows, release_of};
use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::events::Event;
use iam_split_core::deployment::gate::{self, Live};
use iam_split_core::deployment::kept::{FORMAT_VERSION, KeptPlan, KeptStack, With};
use iam_split_core::deployment::names::{Which, partition};
use iam_split_core::deployment::order::{Order, order, two_phase, used};
use iam_split_core::deployment::outputs;
use iam_split_core::deployment::parameters::Passed;
use iam_split_core::deployment::same::is_same;
use iam_split_core::deployment::scenario::{
    Action, Change, ParameterChange, Told, UNKNOWN, Update, parameter_changes, scenarios, unknown_arns,
};
use iam_split_core::deployment::settings::OnFailure;
use iam_split_core::deployment::state::{Situation, situation};
use iam_split_core::diagnostic::{Code, Diagnostic};
use iam_split_core::policy::Verdict;
use iam_split_core::text::digest;

use crate::Streams;
use crate::args::deployment::{FailOn, Format, PlanArgs};
use crate::aws::changeset::{self, Made};
use crate::aws::stack::{self, Spec};
use crate::commands::rules::asked;
use crate::deployment::apply::{
    self, blocked, imported, not_ours, not_over_monolith, refused, settled, spec, unmade, warned,
};
use crate::deployment::exact::Approved;
use crate::deployment::send::{Sent, sources};
use crate::deployment::{self, Deployment, Needs, PAUSE, gates, now};
use crate::exit::{Exit, Failure};
use crate::files::{Input, write_all};
use crate::progress::{Console, Undo, change_line, value_line};
use crate::render::Sources;

pub(crate) fn run(arguments: &PlanArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let json = arguments.format == Format::Json;
    let needs = Needs { app: true, values: true, ..Needs::default() };
    let rules = arguments.rules.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    deployment::run(&arguments.settings, json, needs, streams, async |deployment, console| {
        let stacks: &[Which] =
            if deployment.iam.is_some() { &[Which::Iam, Which::App] } else { &[Which::App] };
        let how = How { accept_interruption: arguments.accept_interruption, import: arguments.import };
        let plan = make(deployment, stacks, how, console).await?;
        plan.tell(deployment, console)?;
        if !arguments.out.is_empty() {
            keep(&plan.kept(deployment), &arguments.out, console)?;
        }
        let broken = match &rules {
            Some(rules) => breaks(deployment, rules, console)?,
            None => false,
        };
        console.result("nothing was changed")?;
        let verdicts = plan.stacks.iter().filter_map(|plan| plan.permissions.as_ref());
        let worst = verdicts.map(|diff| diff.release.verdict).max().unwrap_or_default();
        let more = match arguments.fail_on {
            Some(FailOn::More) => {
                worst > if arguments.allow_unknown { Verdict::CannotTell } else { Verdict::NoMore }
            }
            None => false,
        };
        Ok(if plan.refused.is_empty() && !more && !broken { Exit::Done } else { Exit::Refused })
    })
}

/// Asks the company's rules of the templates that would be deployed; whether one is broken.
fn breaks(deployment: &Deployment, rules: &Input, console: &mut Console<'_>) -> Result<bool, Failure> {
    let [iam, app] = deployment.texts();
    // In the inline pattern the application template has the IAM.
    let (first, second) = if iam.is_some() { (&iam, &app) } else { (&app, &None) };
    let Some(first) = first else { return Ok(false) };
    let answer = asked(rules, first, second.as_ref());
    let sources =
        Sources { iam: Some(first), app: second.as_ref(), rules: Some(rules), ..Sources::default() };
    console.findings(&answer.findings, &sources)?;
    console.step("rules", &answer.headline)?;
    Ok(answer.exit_code() != 0)
}

/// Writes a plan: as data that `deploy --plan` carries out, or as a page.
fn keep(plan: &KeptPlan, files: &[PathBuf], console: &mut Console<'_>) -> Result<(), Failure> {
    let text = |path: &PathBuf| {
        let is_page = path.extension().is_some_and(|ending| ending == "html");
        let text = if is_page {
            plan.html()
        } else {
            serde_json::to_string_pretty(plan).map_err(std::io::Error::from)? + "\n"
        };
        Ok::<String, Failure>(text)
    };
    let texts = files.iter().map(text).collect::<Result<Vec<_>, _>>()?;
    write_all(&files.iter().zip(&texts).collect::<Vec<_>>())?;
    for path in files {
        console.say(&format!("kept in {}", path.display()))?;
    }
    console.result(&format!("to be approved: {}", plan.digest))
}

/// What a stack's change set would do.
struct StackPlan {
    /// The id of the stack that stands, and when it was last changed.
    standing: Option<(String, String)>,
    which: Which,
    /// Whether the stack is new.
    new: bool,
    changes: Vec<Change>,
    parameters: Vec<ParameterChange>,
    /// Whether nothing would change.
    unchanged: bool,
    /// Whether the deployed template is another.
    template: bool,
    /// How it is carried out.
    with: With,
    /// What the update allows; for the IAM stack.
    allows: Option<Allows>,
    /// What the update changes of the permissions, statement by statement, and whether more is allowed.
    permissions: Option<IamDiff>,
}

const APP_FIRST: &str = "order: the application stack lets go of the removed roles first, then the IAM stack";
const TWO_PHASE: &str =
    "two-phase: once the application stack stands, the IAM stack is updated with its outputs";

/// What a deployment would do.
pub(crate) struct Plan {
    stacks: Vec<StackPlan>,
    /// Why `deploy` would refuse it.
    refused: Vec<Diagnostic>,
    /// Whether an interruption was accepted.
    accept_interruption: bool,
    order: Order,
    two_phase: bool,
}

/// As `deploy` would do it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct How {
    /// Whether an interruption of the application was accepted.
    pub(crate) accept_interruption: bool,
    /// Whether resources that exist under their explicit names are taken into the stacks.
    pub(crate) import: bool,
}

/// Makes change sets for the stacks, reads them, and takes them away again.
pub(crate) async fn make(
    deployment: &Deployment,
    stacks: &[Which],
    how: How,
    console: &mut Console<'_>,
) -> Result<Plan, Failure> {
    let How { accept_interruption, import } = how;
    let sent = sources(deployment, stacks, console).await?;
    let gate = gates::templates(deployment, &sent).await?;
    console.gate(&gate)?;
    if let Some(failure) = gate::finding(&gate).and_then(|finding| refused(&[finding])) {
        return Err(failure);
    }
    let iam =
        if deployment.has_iam_stack() { settled(deployment, Which::Iam, None, console).await? } else { None };
    let app = settled(deployment, Which::App, None, console).await?;
    let standing = [(Which::Iam, iam.as_ref()), (Which::App, app.as_ref())];
    if let Some(failure) = apply::all_blocked(deployment, stacks, standing, |_| true) {
        return Err(failure);
    }
    let over = not_over_monolith(deployment, app.as_ref()).await?.filter(|_| !accept_interruption);
    if let Some(finding) = &over {
        deployment.tell(std::slice::from_ref(finding), console)?;
    }
    let mut plan = Plan {
        stacks: Vec::new(),
        refused: over.into_iter().collect(),
        accept_interruption,
        order: Order::IamFirst,
        two_phase: false,
    };
    if let Some(live) = &iam {
        plan.refused.extend(not_ours(deployment, live, stacks.contains(&Which::Iam)).await?);
    }
    for which in stacks {
        let live = if *which == Which::Iam { iam.as_ref() } else { app.as_ref() };
        if let Some(live) = live {
            plan.refused.extend(imported(deployment, *which, live).await?);
        }
    }
    if stacks.contains(&Which::Iam) {
        let later =
            deployment.iam.as_ref().map(|contents| two_phase(contents, app.as_ref())).unwrap_or_default();
        plan.two_phase = deployment
            .iam
            .as_ref()
            .and_then(|contents| contents.mark.as_ref())
            .is_some_and(|mark| mark.two_phase.len() > later.len());
        let of_iam =
            look(deployment, Which::Iam, (&sent, import), iam.as_ref(), &later, &BTreeSet::new(), console)
                .await?;
        let used = iam.as_ref().map(|iam| used(iam, app.as_ref()));
        match order(&of_iam.changes, used.as_ref(), accept_interruption) {
            Ok(order) if !of_iam.new => plan.order = order,
            Ok(_) => {}
            Err(finding) => plan.refused.push(finding),
        }
        plan.stacks.push(of_iam);
    }
    if stacks.contains(&Which::App) {
        let (values, unknown) =
            from_iam(deployment, iam.as_ref().or(deployment.arns.as_ref()), plan.stacks.first());
        let of_app =
            look(deployment, Which::App, (&sent, import), app.as_ref(), &values, &unknown, console).await?;
        plan.stacks.push(of_app);
    }
    deployment::undo(console).await?;
    Ok(plan)
}

/// What the application stack would get of the IAM stack: what is there, and stand-ins for what is not
/// known yet. The second set names the latter.
fn from_iam(
    deployment: &Deployment,
    live: Option<&Live>,
    plan: Option<&StackPlan>,
) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let Some(app) = deployment.app.as_ref().filter(|_| deployment.external()) else {
        return (BTreeMap::new(), BTreeSet::new());
    };
    let live =
        live.filter(|live| !matches!(situation(Some(&live.status)), Situation::Empty | Situation::Absent));
    let known = live.map(|live| live.outputs.clone()).unwrap_or_default();
    let mut values = outputs::taken(&known, deployment.iam.as_ref(), app).0;
    let mut unknown = BTreeSet::new();
    if let Some(iam) = &deployment.iam {
        let replaced = |output: &str| {
            let name = output.strip_suffix("Arn").unwrap_or(output);
            plan.is_some_and(|plan| {
                plan.changes
                    .iter()
                    .any(|change| change.action == Action::Replace && change.logical_id == name)
            })
        };
        let wanted = |output: &str| {
            let optional = iam.outputs.get(output).is_some_and(|declared| declared.conditional);
            replaced(output) || (!known.contains_key(output) && !optional)
        };
        let new = unknown_arns(iam, app, partition(&deployment.aws.region), wanted);
        unknown.extend(new.keys().cloned());
        values.extend(new);
    }
    (values, unknown)
}

async fn look(
    deployment: &Deployment,
    which: Which,
    (sent, import): (&Sent, bool),
    live: Option<&Live>,
    other: &BTreeMap<String, String>,
    unknown: &BTreeSet<String>,
    console: &mut Console<'_>,
) -> Result<StackPlan, Failure> {
    let aws = &deployment.aws;
    let name = deployment.stack(which);
    let situation = situation(live.map(|live| live.status.as_str()));
    if let Situation::Blocked(why) = situation {
        return Err(blocked(why, which, name, live));
    }
    let new = matches!(situation, Situation::Absent | Situation::Empty);
    let live = live.filter(|_| !new);
    let parameters = apply::parameters(deployment, which, live, other)?;
    let before = live.map(|live| live.parameters.clone()).unwrap_or_default();
    let mut changed = match deployment.contents(which) {
        Some(contents) => parameter_changes(&before, &parameters, contents),
        None => Vec::new(),
    };
    for change in changed.iter_mut().filter(|change| unknown.contains(&change.name)) {
        change.after = Some("(not known yet)".to_owned());
    }
    let mut spec = spec(deployment, which, sent, parameters)?;
    spec.import = import;
    let Some(requested) = changeset::request(aws, &spec, new).await? else {
        return Err(Failure::new(format!("another run works on the stack `{name}`"))
            .exit(Exit::Aws)
            .help("run again when it has ended"));
    };
    console.undo.push(Undo::ChangeSet(aws.clone(), requested.id.clone()));
    if situation == Situation::Absent {
        console.undo.push(Undo::EmptyStack(aws.clone(), requested.stack_id.clone()));
    }
    let set = match changeset::read(aws, requested, name, PAUSE).await? {
        Made::Ready(set) => set,
        Made::Refused(refusal) => return Err(unmade(deployment, &spec, &refusal, console)?),
    };
    warned(deployment, which, &set, console)?;
    let running = match live {
        Some(live) if !set.empty || which == Which::Iam => Some(stack::template(aws, &live.id).await?),
        _ => None,
    };
    let template = match &running {
        Some(running) => !set.empty && !is_same(&spec.text, running),
        None => new,
    };
    let parameters = if set.empty { Vec::new() } else { changed };
    let tags = live.map(|live| (&live.tags, &spec.tags));
    let beside = Beside { parameters: &parameters, tags };
    // What a change set leaves alone is compared where the plan shows it: of the IAM stack.
    let compared = which == Which::Iam || !set.empty;
    let permissions = compared.then(|| release_of(which, running.as_deref(), &spec.text, &beside)).flatten();
    let allows = permissions.as_ref().map(allows);
    let permissions = permissions.filter(|_| !set.empty);
    let standing = live.map(|live| (live.id.clone(), live.changed.clone()));
    Ok(StackPlan {
        standing,
        which,
        new,
        changes: set.changes,
        parameters,
        unchanged: set.empty,
        template,
        with: with(&spec, unknown),
        allows,
        permissions,
    })
}

/// What the calls take beside the template, without what is secret or comes later.
fn with(spec: &Spec, unknown: &BTreeSet<String>) -> With {
    let value = |(name, passed): (&String, &Passed)| {
        let value = match passed {
            _ if unknown.contains(name) => "(not known yet)".to_owned(),
            Passed::Value(value) => value.to_string(),
            Passed::Previous => "(as before)".to_owned(),
        };
        (name.clone(), value)
    };
    With {
        parameters: spec.parameters.iter().map(value).collect(),
        role_arn: spec.role_arn.clone(),
        notification_arns: spec.notification_arns.clone(),
        tags: spec.tags.clone(),
        on_failure: match spec.on_failure {
            OnFailure::Rollback => "ROLLBACK",
            OnFailure::Delete => "DELETE",
            OnFailure::DoNothing => "DO_NOTHING",
        }
        .to_owned(),
        capabilities: spec.capabilities.iter().map(|name| (*name).to_owned()).collect(),
        timeout: spec.timeout,
        import: spec.import,
    }
}

impl Plan {
    /// Says what would happen.
    pub(crate) fn tell(&self, deployment: &Deployment, console: &mut Console<'_>) -> Result<(), Failure> {
        for plan in &self.stacks {
            plan.tell(deployment.stack(plan.which), console)?;
        }
        let first = self.stacks.iter().all(|plan| plan.new);
        let monolith = self.refused.iter().any(|finding| finding.code == Code::DPL016);
        if first {
            console.result("first deployment: nothing runs yet that could be disturbed")?;
        } else if monolith {
            console.result("no scenario of an update applies: the monolith runs under this name")?;
        } else {
            self.scenarios(deployment, console)?;
        }
        if let Some(said) = apply::attached(deployment) {
            console.result(&format!("note: {said}"))?;
        }
        if self.order == Order::AppFirst {
            console.result(APP_FIRST)?;
        }
        if self.two_phase {
            console.result(TWO_PHASE)?;
        }
        for finding in &self.refused {
            if finding.code == Code::DPL016 {
                // It was told with its places.
                console.result(&format!("deploy would refuse this ({})", finding.code))?;
                continue;
            }
            console.result(&format!("deploy would refuse this: {} ({})", finding.message, finding.code))?;
            for help in &finding.help {
                console.result(&format!("  help: {help}"))?;
            }
            if console.is_json() {
                deployment.tell(std::slice::from_ref(finding), console)?;
            }
        }
        Ok(())
    }

    /// What is agreed to with a stack's part of the plan.
    pub(crate) fn approved(&self, which: Which) -> Option<Approved> {
        let plan = self.stacks.iter().find(|plan| plan.which == which)?;
        Some(Approved { changes: plan.changes.clone(), standing: plan.standing.clone() })
    }

    /// The plan as it is kept.
    pub(crate) fn kept(&self, deployment: &Deployment) -> KeptPlan {
        let stack = |plan: &StackPlan| KeptStack {
            which: plan.which,
            name: deployment.stack(plan.which).to_owned(),
            operation: plan.operation().to_owned(),
            standing: plan.standing.clone(),
            template: deployment
                .contents(plan.which)
                .map_or(String::new(), |contents| digest(&contents.text)),
            changes: plan.changes.clone(),
            parameters: plan.parameters.clone(),
            with: plan.with.clone(),
        };
        let mut notes: Vec<String> = apply::attached(deployment).into_iter().collect();
        if self.order == Order::AppFirst {
            notes.push(APP_FIRST.to_owned());
        }
        if self.two_phase {
            notes.push(TWO_PHASE.to_owned());
        }
        let scenarios =
            if self.stacks.iter().all(|plan| plan.new) { Vec::new() } else { self.found(deployment) };
        KeptPlan {
            format_version: FORMAT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            made: now(),
            account: deployment.aws.identity.account.clone(),
            region: deployment.aws.region.clone(),
            accept_interruption: self.accept_interruption,
            stacks: self.stacks.iter().map(stack).collect(),
            scenarios: scenarios
                .iter()
                .map(|one| format!("scenario {:?}: {}. {}", one.scenario, one.scenario.name(), one.impact))
                .collect(),
            notes,
            refused: (!self.refused.is_empty()).then(|| {
                let one = |finding: &Diagnostic| format!("{} ({})", finding.message, finding.code);
                self.refused.iter().map(one).collect::<Vec<_>>().join("; ")
            }),
            allows: self.stacks.iter().find_map(|plan| plan.allows.clone()),
            digest: String::new(),
        }
        .sealed()
    }

    fn scenarios(&self, deployment: &Deployment, console: &mut Console<'_>) -> Result<(), Failure> {
        let found = self.found(deployment);
        if found.is_empty() {
            let unchanged = self.stacks.iter().all(|plan| plan.unchanged);
            console.result(if unchanged {
                "no changes"
            } else {
                "no scenario of an update applies: outputs, tags or settings change alone"
            })?;
        }
        for Told { scenario, impact } in found {
            console.result(&format!("scenario {scenario:?}: {}\n  {impact}", scenario.name()))?;
            console.emit(&Event::Scenario { scenario, name: scenario.name(), impact: &impact })?;
        }
        Ok(())
    }

    /// The scenarios of the specification that it is.
    fn found(&self, deployment: &Deployment) -> Vec<Told> {
        let of = |which: Which| self.stacks.iter().find(|plan| plan.which == which);
        let app = of(Which::App);
        let contents = deployment.app.as_ref();
        let from_iam = deployment.iam.iter().flat_map(|iam| iam.outputs.keys());
        let from_iam = from_iam.filter_map(|output| outputs::parameter_of(output, contents?));
        let named = contents.into_iter().flat_map(Contents::iam_parameters).map(|(name, _)| name);
        let update = Update {
            iam: of(Which::Iam).map_or(&[], |plan| &plan.changes),
            iam_rests: of(Which::Iam).is_none_or(|plan| plan.unchanged),
            app: app.is_some_and(|plan| !plan.unchanged),
            app_template: app.is_some_and(|plan| plan.template && !plan.unchanged),
            app_parameters: app.map_or(&[], |plan| &plan.parameters),
            from_iam: from_iam.chain(named).collect(),
            infrastructure: deployment
                .settings
                .infrastructure_parameters
                .keys()
                .map(String::as_str)
                .collect(),
        };
        scenarios(&update)
    }
}

impl StackPlan {
    fn operation(&self) -> &'static str {
        match (self.unchanged, self.new) {
            (true, _) => "none",
            (_, true) => "create",
            _ => "update",
        }
    }

    fn tell(&self, stack: &str, console: &mut Console<'_>) -> Result<(), Failure> {
        let noun = self.which.noun();
        let operation = self.operation();
        let what = match operation {
            "none" => "nothing to do".to_owned(),
            "create" => format!("new, {}", count(&self.changes)),
            _ if self.changes.is_empty() => "outputs or tags change, no resource".to_owned(),
            _ => count(&self.changes),
        };
        console.result(&format!("{noun} stack {stack}: {what}"))?;
        for change in &self.changes {
            console.result(&change_line(change))?;
            for value in &change.values {
                console.result(&value_line(value))?;
            }
            console.emit(&Event::Change { stack, change })?;
        }
        if !self.parameters.is_empty() {
            console.result(if self.new { "  parameters" } else { "  parameters that change" })?;
        }
        for change in &self.parameters {
            let after = change
                .after
                .as_deref()
                .map_or("(gone)", |text| if text == UNKNOWN { "(not known yet)" } else { text });
            let line = match &change.before {
                Some(before) => format!("    {}: {before} -> {after}", change.name),
                None => format!("    {}: {after}", change.name),
            };
            console.result(&line)?;
        }
        if let Some(diff) = &self.permissions {
            if self.new {
                console.result("  permissions: all that the template allows is new")?;
            } else {
                tell_permissions(diff, console)?;
            }
            console.emit(&Event::Permissions { stack, diff })?;
        }
        console.emit(&Event::Plan { stack, operation, parameters: &self.parameters })
    }
}

fn tell_permissions(diff: &IamDiff, console: &mut Console<'_>) -> Result<(), Failure> {
    console.result("  permissions, against the template that runs")?;
    let mut text = Vec::new();
    super::diff::permissions(&mut text, diff)?;
    for line in String::from_utf8_lossy(&text).lines() {
        console.result(&if line.is_empty() { String::new() } else { format!("    {line}") })?;
    }
    Ok(())
}

/// What another template of the IAM stack changes of the permissions, statement by statement.
pub(crate) fn allowed(running: &str, next: &str, console: &mut Console<'_>) -> Result<(), Failure> {
    let beside = Beside { parameters: &[], tags: None };
    match release_of(Which::Iam, Some(running), next, &beside) {
        Some(diff) => tell_permissions(&diff, console),
        None => Ok(()),
    }
}

/// `2 to add, 1 to modify`
fn count(changes: &[Change]) -> String {
    let words = [
        (Action::Add, "to add"),
        (Action::Modify, "to modify"),
        (Action::MayReplace, "that may be replaced"),
        (Action::Replace, "to replace"),
        (Action::Remove, "to remove"),
        (Action::Other, "otherwise"),
    ];
    let number = |wanted: Action| changes.iter().filter(|change| change.action == wanted).count();
    let parts =
        words.into_iter().map(|(action, word)| (number(action), word)).filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, word)| format!("{number} {word}")).collect();
    if parts.is_empty() { "no resource".to_owned() } else { parts.join(", ") }
}
