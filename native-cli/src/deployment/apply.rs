//! Bringing one stack to what its template and parameters say.

use std::collections::{BTreeMap, BTreeSet};

use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::failure;
use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::migrate::{PLACEHOLDER, over_monolith};
use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::order::{Order, order};
use iam_split_core::deployment::owner::{Expected, strange};
use iam_split_core::deployment::parameters::{Known, Parameters, Passed, merge};
use iam_split_core::deployment::pattern::some;
use iam_split_core::deployment::scenario::{Action, Change};
use iam_split_core::deployment::settings::OnFailure;
use iam_split_core::deployment::state::{Blocked, Situation, is_propagation, remains, situation};
use iam_split_core::deployment::validation;
use iam_split_core::diagnostic::{Code, Diagnostic, Source};

use super::exact::{Approved, exact};
use super::record::{self, History};
use super::send::Sent;
use super::{Deployment, PAUSE};
use crate::aws::changeset::{self, ChangeSet, Made, Refusal};
use crate::aws::report::{self, Of};
use crate::aws::stack::{self, Begun, Deletion, Spec, TemplateSource};
use crate::aws::usage;
use crate::aws::watch::{self, Outcome, Watched, watch};
use crate::exit::{Exit, Failure};
use crate::progress::{Console, Undo};

/// How a stack is worked on.
#[derive(Clone, Debug, Default)]
pub(crate) struct How {
    pub(crate) accept_interruption: bool,
    /// Whether nothing may be made anew or taken away: resources move, and stay what they are.
    pub(crate) steady: bool,
    pub(crate) interval: Option<f64>,
    /// Whether the order of the stacks is asked for before roles are removed or replaced.
    pub(crate) ordered: bool,
    /// Whether the application stack is deployed too, and can let go of roles before they are removed.
    pub(crate) with_app: bool,
    /// The IAM resources that the application stack has now; `None` where that may not be asked.
    pub(crate) used: Option<BTreeSet<String>>,
    /// Whether the IAM stack changed in this run: new roles may be refused for some seconds.
    pub(crate) fresh_iam: bool,
    /// What was approved: the change set must do exactly this.
    pub(crate) approved: Option<Approved>,
    /// The command that enters the IAM stack's templates into the record; `None` where they are no releases.
    pub(crate) recorded: Option<&'static str>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// It was created or updated.
    Changed,
    /// It was up to date.
    Unchanged,
    /// The application must let go of roles first: nothing was done.
    Later,
}

/// What is passed to a stack: with the values that come from the other one.
pub(crate) fn parameters(
    deployment: &Deployment,
    which: Which,
    live: Option<&Live>,
    other: &BTreeMap<String, String>,
) -> Result<Parameters, Failure> {
    let previous: BTreeSet<String> =
        live.map(|live| live.parameters.keys().cloned().collect()).unwrap_or_default();
    let known = Known { previous: Some(&previous), other: Some(other) };
    let (parameters, found) = merge(which, &deployment.settings, deployment.templates(), &known);
    // What a secret was before is one too, though the stack shows it where its parameter has no `NoEcho`.
    let mut secrets = deployment.aws.secrets.borrow_mut();
    for (name, passed) in &parameters {
        let former = live.and_then(|live| live.parameters.get(name));
        if let (Passed::Value(value), Some(former)) = (passed, former)
            && value.is_hidden()
            && former != "****"
        {
            secrets.hide(former);
        }
    }
    drop(secrets);
    match refused(&found) {
        Some(failure) => Err(failure),
        None => Ok(parameters),
    }
}

/// Findings that came up while running, as one failure.
pub(crate) fn refused(found: &[Diagnostic]) -> Option<Failure> {
    let errors: Vec<&Diagnostic> = found.iter().filter(|finding| finding.is_error()).collect();
    let code = errors.iter().map(|finding| finding.code.exit_code()).max()?;
    let text: Vec<String> =
        errors.iter().map(|finding| format!("{} ({})", finding.message, finding.code)).collect();
    let mut help: Vec<&str> = errors.iter().flat_map(|finding| &finding.help).map(String::as_str).collect();
    help.dedup();
    let exit = if code == 2 { Exit::Usage } else { Exit::Refused };
    Some(Failure::new(text.join("\n       ")).exit(exit).help(help.join("\n        ")))
}

/// What a stack is to become with the template of the deployment.
pub(crate) fn spec(
    deployment: &Deployment,
    which: Which,
    sent: &Sent,
    parameters: Parameters,
) -> Result<Spec, Failure> {
    let (Some(contents), Some(template)) = (deployment.contents(which), sent.get(which)) else {
        return Err(Failure::new(format!("the {} template is not at hand", which.noun())));
    };
    Ok(deployment.spec(which, template.clone(), &contents.text, contents.capabilities.clone(), parameters))
}

/// Refuses to run over a stack that was deployed from the monolith: its roles would be other ones.
pub(crate) async fn not_over_monolith(
    deployment: &Deployment,
    app: Option<&Live>,
) -> Result<Option<Diagnostic>, Failure> {
    let (Some(iam), Some(contents), Some(live)) = (&deployment.iam, &deployment.app, app) else {
        return Ok(None);
    };
    let stands = !matches!(situation(Some(&live.status)), Situation::Absent | Situation::Empty);
    // The application template of a pair takes the roles by parameters.
    let takes = contents.iam_parameters().any(|(name, _)| live.parameters.contains_key(name));
    if !deployment.external() || !stands || takes {
        return Ok(None);
    }
    let running = stack::template(&deployment.aws, &live.id).await?;
    Ok(over_monolith(&live.name, &running, iam, contents))
}

/// What says that the IAM stack that stands is another deployment's. Its template is read where that is allowed.
pub(crate) async fn not_ours(
    deployment: &Deployment,
    live: &Live,
    deploys: bool,
) -> Result<Vec<Diagnostic>, Failure> {
    if matches!(situation(Some(&live.status)), Situation::Absent | Situation::Empty) {
        return Ok(Vec::new());
    }
    let running = if deploys {
        Some(stack::template(&deployment.aws, &live.id).await?)
    } else {
        stack::template(&deployment.aws, &live.id).await.ok()
    };
    let running = running.and_then(|text| Contents::read(&text, Source::Iam).0);
    let expected = Expected {
        name: &deployment.settings.name,
        account: &deployment.aws.identity.account,
        iam: deployment.iam.as_ref().filter(|_| deploys),
    };
    Ok(strange(live, running.as_ref(), &expected))
}

/// What has to be known of policies that the application attaches to the IAM stack's roles.
///
/// Source: CloudFormation User Guide, "Using drift-aware change sets".
pub(crate) fn attached(deployment: &Deployment) -> Option<String> {
    let app = deployment.app.as_ref().filter(|_| deployment.has_iam_stack())?;
    let names: Vec<&str> = app
        .resources
        .iter()
        .filter(|(_, kind)| {
            matches!(kind.as_str(), "AWS::IAM::RolePolicy" | "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy")
        })
        .map(|(name, _)| name.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "the application attaches {} to roles of the IAM stack: an update of that stack with `DeploymentMode=REVERT_DRIFT` may take them off again; iam-split never asks for it",
            some(&names)
        )
    })
}

/// Exports that the new template no longer has while other stacks import them: the update would fail half way.
pub(crate) async fn imported(
    deployment: &Deployment,
    which: Which,
    live: &Live,
) -> Result<Vec<Diagnostic>, Failure> {
    let Some(contents) = deployment.contents(which) else { return Ok(Vec::new()) };
    let gone = live
        .exports
        .iter()
        .filter(|(output, _)| contents.outputs.get(*output).is_none_or(|declared| !declared.exported));
    let going = Live { exports: gone.map(|(k, v)| (k.clone(), v.clone())).collect(), ..live.clone() };
    let mut found = Vec::new();
    for (export, importers) in usage::importers(&deployment.aws, &going).await? {
        for importer in importers {
            found.push(
                Diagnostic::new(
                    Code::DPL014,
                    format!("the update removes the export {export}, which the stack {importer} imports"),
                )
                .help(format!(
                    "take the import out of `{importer}` first, or keep the export in the template"
                )),
            );
        }
    }
    Ok(found)
}

/// A stack as it is once no other run works on it. An operation that is joined and fails is told with its first
/// cause, and nothing is begun after it.
pub(crate) async fn settled(
    deployment: &Deployment,
    which: Which,
    interval: Option<f64>,
    console: &mut Console<'_>,
) -> Result<Option<Live>, Failure> {
    joined(deployment, which, interval, true, console).await
}

/// The same for those to whom it does not matter how it ends: who deletes a stack, or saw it fail already.
pub(crate) async fn ended(
    deployment: &Deployment,
    which: Which,
    interval: Option<f64>,
    console: &mut Console<'_>,
) -> Result<Option<Live>, Failure> {
    joined(deployment, which, interval, false, console).await
}

async fn joined(
    deployment: &Deployment,
    which: Which,
    interval: Option<f64>,
    must_be_good: bool,
    console: &mut Console<'_>,
) -> Result<Option<Live>, Failure> {
    let name = deployment.stack(which);
    let mut live = stack::describe(&deployment.aws, name).await?;
    while let Some(busy) = live.as_ref().filter(|live| situation(Some(&live.status)) == Situation::Busy) {
        let operation = match busy.status.as_str() {
            status if status.starts_with("DELETE") => "delete",
            status if status.starts_with("CREATE") || status == "ROLLBACK_IN_PROGRESS" => "create",
            _ => "update",
        };
        console.begin(
            name,
            operation,
            "resumed",
            deployment.contents(which).map(|contents| contents.resources.len()),
        )?;
        let watched = Watched { stack: name, id: &busy.id, operation, newest: None, limit: None, interval };
        let outcome = watch(&deployment.aws, &watched, console).await?;
        if must_be_good && !outcome.done {
            let failure = unsuccessful(deployment, which, name, &outcome, console).await?;
            return Err(failure.note("it was begun by another run, and is not begun again by this one"));
        }
        live = stack::describe(&deployment.aws, name).await?;
    }
    Ok(live)
}

/// Brings a stack to its template: created, updated, or left as it is. Where another run is faster, its
/// operation is watched to the end, and what is left to do is done then.
pub(crate) async fn apply(
    deployment: &Deployment,
    spec: &Spec,
    live: Option<&Live>,
    how: How,
    console: &mut Console<'_>,
) -> Result<Applied, Failure> {
    let mut now = live.cloned();
    for _ in 0..TRIES {
        if let Some(applied) = attempt(deployment, spec, now.as_ref(), &how, console).await? {
            return Ok(applied);
        }
        console.step("wait", &format!("another run works on the stack {}", spec.name))?;
        now = settled(deployment, spec.which, how.interval, console).await?;
    }
    Err(taken(spec))
}

/// One attempt. `None`: another run works on the stack.
async fn attempt(
    deployment: &Deployment,
    spec: &Spec,
    live: Option<&Live>,
    how: &How,
    console: &mut Console<'_>,
) -> Result<Option<Applied>, Failure> {
    match situation(live.map(|live| live.status.as_str())) {
        Situation::Absent => begin(deployment, spec, how, console).await,
        Situation::Ready => update(deployment, spec, false, live, how, console).await,
        Situation::Empty => update(deployment, spec, true, live, how, console).await,
        Situation::Busy => Ok(None),
        Situation::Blocked(why) => Err(blocked(why, spec.which, &spec.name, live)),
    }
}

/// Why a stack must be put right first, if it must.
pub(crate) fn why_blocked(live: Option<&Live>) -> Option<Blocked> {
    match situation(live.map(|live| live.status.as_str())) {
        Situation::Blocked(why) => Some(why),
        _ => None,
    }
}

/// Deletes a stack whose creation failed: it holds nothing that anybody uses.
pub(crate) async fn clear(
    deployment: &Deployment,
    which: Which,
    live: &Live,
    interval: Option<f64>,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    console.step("recreate", &format!("the stack {} was never created: it goes first", live.name))?;
    let gone = remove(deployment, which, &live.id, interval, console).await?;
    if gone.done {
        return Ok(());
    }
    Err(unsuccessful(deployment, which, &live.name, &gone, console).await?)
}

/// All stacks that must be put right first, in one refusal: before any of them is touched.
pub(crate) fn all_blocked(
    deployment: &Deployment,
    stacks: &[Which],
    standing: [(Which, Option<&Live>); 2],
    counts: impl Fn(Blocked) -> bool,
) -> Option<Failure> {
    let mut failures =
        standing.into_iter().filter(|(which, _)| stacks.contains(which)).filter_map(|(which, live)| {
            let why = why_blocked(live).filter(|why| counts(*why))?;
            Some(blocked(why, which, deployment.stack(which), live))
        });
    let first = failures.next()?;
    Some(failures.fold(first, Failure::and))
}

/// A stack that must be put right first.
pub(crate) fn blocked(why: Blocked, which: Which, name: &str, live: Option<&Live>) -> Failure {
    let (status, reason) = live.map_or(("", ""), |live| (live.status.as_str(), live.reason.as_str()));
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    Failure::new(format!("Stack in failed state: {status}{reason} ({name}, {})", Code::DPL015))
        .exit(Exit::Refused)
        .help(why.help(which, name))
}

fn taken(spec: &Spec) -> Failure {
    Failure::new(format!("another run works on the stack `{}`", spec.name))
        .exit(Exit::Aws)
        .help("run again when it has ended: what is done is not done twice")
}

/// Makes a stack that is not there. A template in the bucket can be written anew at any time: it goes by a change
/// set, which is looked at before it runs. So does what takes in resources that exist.
async fn begin(
    deployment: &Deployment,
    spec: &Spec,
    how: &How,
    console: &mut Console<'_>,
) -> Result<Option<Applied>, Failure> {
    match spec.template {
        TemplateSource::Body(_) if !spec.import => create(deployment, spec, how, console).await,
        _ => update(deployment, spec, true, None, how, console).await,
    }
}

async fn create(
    deployment: &Deployment,
    spec: &Spec,
    how: &How,
    console: &mut Console<'_>,
) -> Result<Option<Applied>, Failure> {
    let aws = &deployment.aws;
    let mut tries = 0;
    if how.recorded.is_some() && spec.which == Which::Iam {
        // Before the first operation: what it brings could not be written down.
        deployment.bucket(Some(console)).await?;
    }
    loop {
        let Begun::Running(id) = stack::create(aws, spec).await? else {
            return Ok(None);
        };
        let total = deployment.contents(spec.which).map(|contents| contents.resources.len());
        console.begin(&spec.name, "create", "started", total)?;
        let watched = Watched {
            stack: &spec.name,
            id: &id,
            operation: "create",
            newest: None,
            limit: None,
            interval: how.interval,
        };
        let outcome = watch(aws, &watched, console).await?;
        if outcome.done {
            if how.recorded.is_some() && spec.which == Which::Iam {
                record::created(deployment, &id, &spec.text).await?;
            }
            return Ok(Some(Applied::Changed));
        }
        if outcome.status == "CREATE_FAILED" && spec.on_failure == OnFailure::Delete {
            // The stack goes by itself now.
            ended(deployment, spec.which, how.interval, console).await?;
        }
        tries += 1;
        if !(tries < TRIES && how.is_early(&outcome, "ROLLBACK_COMPLETE")) {
            return Err(unsuccessful(deployment, spec.which, &spec.name, &outcome, console).await?);
        }
        console.step("retry", RETRY)?;
        // What this run made and CloudFormation took back holds nothing any more.
        remove(deployment, spec.which, &id, how.interval, console).await?;
        tokio::time::sleep(how.delay()).await;
    }
}

async fn update(
    deployment: &Deployment,
    spec: &Spec,
    new: bool,
    live: Option<&Live>,
    how: &How,
    console: &mut Console<'_>,
) -> Result<Option<Applied>, Failure> {
    let aws = &deployment.aws;
    let mut tries = 0;
    loop {
        let Some(requested) = changeset::request(aws, spec, new).await? else { return Ok(None) };
        // Whatever happens before it runs, it goes again, and with it a stack that holds nothing else.
        let before = console.undo.len();
        console.undo.push(Undo::ChangeSet(aws.clone(), requested.id.clone()));
        if new && live.is_none() {
            console.undo.push(Undo::EmptyStack(aws.clone(), requested.stack_id.clone()));
        }
        let set = match changeset::read(aws, requested, &spec.name, PAUSE.min(how.interval())).await? {
            Made::Ready(set) => set,
            Made::Refused(refusal) => return Err(unmade(deployment, spec, &refusal, console)?),
        };
        warned(deployment, spec.which, &set, console)?;
        let discard = async |console: &mut Console<'_>| {
            console.undo.truncate(before);
            changeset::discard(aws, &set.id).await
        };
        let is_recorded = how.recorded.is_some() && spec.which == Which::Iam;
        if set.empty {
            discard(console).await?;
            if let Some(live) = live.filter(|_| is_recorded) {
                // What an interrupted run began may have ended meanwhile.
                let running = stack::template(aws, &live.id).await?;
                History::open(deployment, live, &running, Some(&spec.text)).await?.write(deployment).await?;
            }
            console.begin(&spec.name, "update", "unchanged", None)?;
            return Ok(Some(Applied::Unchanged));
        }
        if how.steady {
            let odd = set.changes.iter().filter(|change| {
                change.logical_id != PLACEHOLDER
                    && !matches!(change.action, Action::Modify | Action::MayReplace)
            });
            let odd: Vec<String> = odd.map(|change| format!("`{}`", change.logical_id)).collect();
            if !odd.is_empty() {
                let said = format!("the update would make anew or take away {}", odd.join(", "));
                return Err(Failure::new(said).code(Code::DPL017).exit(Exit::Refused).help(
                    "nothing was changed: what runs differs from what the template says, or a change made by hand would be undone",
                ));
            }
        }
        if how.ordered && spec.which == Which::Iam && !new {
            match order(&set.changes, how.used.as_ref(), how.accept_interruption) {
                Ok(Order::AppFirst) if how.with_app => {
                    discard(console).await?;
                    return Ok(Some(Applied::Later));
                }
                Ok(Order::AppFirst) if !how.accept_interruption => return Err(still_used(&set.changes, how)),
                Ok(_) => {}
                Err(finding) => return Err(refused(&[finding]).unwrap_or_else(|| taken(spec))),
            }
        }
        let agreed = how.approved.as_ref().filter(|_| tries == 0);
        exact(deployment, spec, &set, agreed).await?;
        if new && is_recorded {
            deployment.bucket(Some(console)).await?;
        }
        let mut history = match live.filter(|_| is_recorded && !new) {
            Some(live) => {
                let running = stack::template(aws, &live.id).await?;
                let mut history = History::open(deployment, live, &running, None).await?;
                history.begin(deployment, &spec.text, how.recorded.unwrap_or_default()).await?;
                Some(history)
            }
            None => None,
        };
        let newest = match live {
            Some(live) => watch::newest(aws, &live.id).await?,
            None => None,
        };
        let Begun::Running(id) = changeset::execute(aws, &set, &spec.name).await? else {
            return Ok(None);
        };
        console.undo.truncate(before);
        let operation = if new { "create" } else { "update" };
        console.begin(&spec.name, operation, "started", Some(set.changes.len()))?;
        console.changes(&spec.name, &set.changes)?;
        let timeouts = deployment.settings.timeouts;
        let limit = if new { timeouts.create } else { timeouts.update };
        let watched =
            Watched { stack: &spec.name, id: &id, operation, newest, limit, interval: how.interval };
        let outcome = watch(aws, &watched, console).await?;
        if let Some(history) = &mut history {
            history.end(deployment, outcome.done).await?;
        }
        if outcome.done {
            if new && is_recorded {
                record::created(deployment, &id, &spec.text).await?;
            }
            return Ok(Some(Applied::Changed));
        }
        if new && outcome.status == "CREATE_FAILED" && spec.on_failure == OnFailure::Delete {
            ended(deployment, spec.which, how.interval, console).await?;
        }
        tries += 1;
        let taken_back = if new { "ROLLBACK_COMPLETE" } else { "UPDATE_ROLLBACK_COMPLETE" };
        if !(tries < TRIES && how.is_early(&outcome, taken_back)) {
            return Err(unsuccessful(deployment, spec.which, &spec.name, &outcome, console).await?);
        }
        console.step("retry", RETRY)?;
        if new {
            // What this run made and CloudFormation took back holds nothing any more.
            remove(deployment, spec.which, &id, how.interval, console).await?;
        }
        tokio::time::sleep(how.delay()).await;
    }
}

/// A change set that CloudFormation refuses: what it found, with its places.
pub(crate) fn unmade(
    deployment: &Deployment,
    spec: &Spec,
    refusal: &Refusal,
    console: &mut Console<'_>,
) -> Result<Failure, Failure> {
    let found: Vec<Diagnostic> = refusal
        .told
        .events
        .iter()
        .map(|event| validation::finding(event, &spec.text, spec.which.source()))
        .collect();
    deployment.tell(&found, console)?;
    let what = format!("cannot compare the stack `{}` with its template", spec.name);
    let failure = crate::aws::refused(&what, &refusal.reason);
    Ok(match refusal.told.unheard {
        Some(why) => failure.help(format!("{why}; look at the change set's events in the console")),
        None => failure,
    })
}

/// What CloudFormation warns of.
pub(crate) fn warned(
    deployment: &Deployment,
    which: Which,
    set: &ChangeSet,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let text = deployment.contents(which).map_or("", |contents| contents.text.as_str());
    let found: Vec<Diagnostic> =
        set.warnings.iter().map(|event| validation::finding(event, text, which.source())).collect();
    deployment.tell(&found, console)?;
    match set.unheard {
        Some(why) => console.say(&format!(
            "note: whether CloudFormation warns of anything in the {} stack is not known: {why}",
            which.noun()
        )),
        None => Ok(()),
    }
}

/// A role that would go while the application, which is not deployed in this run, still has it.
fn still_used(changes: &[Change], how: &How) -> Failure {
    let removed = changes.iter().filter(|change| change.action == Action::Remove);
    let used =
        removed.filter(|change| how.used.as_ref().is_none_or(|used| used.contains(&change.logical_id)));
    let names: Vec<String> = used.map(|change| format!("`{}`", change.logical_id)).collect();
    let said = format!("the application stack still uses {} ({})", names.join(", "), Code::DPL013);
    Failure::new(said).exit(Exit::Refused).help(
        "let it go first: `iam-split deploy app` with the new application template, or both by `iam-split deploy`",
    )
}

/// How often a stack is tried whose new roles are not to be assumed yet, and the time between.
const TRIES: u32 = 3;
const DELAY: std::time::Duration = std::time::Duration::from_secs(10);

const RETRY: &str = "a new role was not to be assumed yet: trying again";

impl How {
    /// Whether an operation failed, and came to this status, because a new role was not to be assumed yet.
    fn is_early(&self, outcome: &Outcome, taken_back: &str) -> bool {
        let late = || outcome.causes.iter().any(|cause| is_propagation(&cause.reason));
        self.fresh_iam && outcome.status == taken_back && late()
    }

    /// The time before it is tried again: who looks at stacks more often than usual waits less too.
    fn delay(&self) -> std::time::Duration {
        self.interval.map_or(DELAY, |interval| DELAY.min(std::time::Duration::from_secs_f64(interval * 10.0)))
    }

    fn interval(&self) -> std::time::Duration {
        self.interval.map_or(PAUSE, std::time::Duration::from_secs_f64)
    }
}

/// An operation that failed: its first cause with the place in the template, and what remains.
pub(crate) async fn unsuccessful(
    deployment: &Deployment,
    which: Which,
    name: &str,
    outcome: &Outcome,
    console: &mut Console<'_>,
) -> Result<Failure, Failure> {
    let text = deployment.contents(which).map_or("", |contents| contents.text.as_str());
    let first = outcome.cause();
    let mut found: Vec<Diagnostic> =
        first.map(|cause| failure::finding(cause, text, which.source())).into_iter().collect();
    let mut unheard = None;
    if let Some(operation) = &outcome.operation {
        let told = report::told(&deployment.aws, Of::Operation(operation)).await;
        // What the stack's own events say already is not said again.
        let new = told.events.iter().filter(|event| {
            event.name != "PROVISIONING_ERROR"
                && !outcome
                    .causes
                    .iter()
                    .any(|cause| cause.logical_id == event.logical_id && cause.reason.contains(&event.reason))
        });
        found.extend(new.map(|event| validation::finding(event, text, which.source())));
        unheard = told
            .unheard
            .filter(|_| first.is_none_or(iam_split_core::deployment::events::StackEvent::is_summary));
    }
    deployment.tell(&found, console)?;
    let others: Vec<String> = outcome
        .causes
        .iter()
        .filter(|cause| Some(*cause) != first && !cause.is_summary())
        .take(4)
        .map(|cause| format!("\n  also {} ({}): {}", cause.logical_id, cause.kind, cause.reason))
        .collect();
    let kept = match which {
        Which::Iam => "; the application stack was not touched",
        Which::App => "",
    };
    let help = match situation(Some(&outcome.status)) {
        Situation::Blocked(why) => why.help(which, name),
        _ if which == Which::App && deployment.has_iam_stack() => {
            "correct what is named, and deploy again; `iam-split rollback` puts the IAM stack back to what it was before".to_owned()
        }
        _ => "correct the template or its parameters, and deploy again".to_owned(),
    };
    let taken = first.is_some_and(|cause| {
        failure::recognise(&cause.reason).is_some_and(|known| known.code == Code::AWS002)
    });
    let failure = Failure::new(format!(
        "the stack `{name}` is {}: {}{kept}{}",
        outcome.status,
        remains(&outcome.status),
        others.concat()
    ))
    .exit(Exit::Aws)
    .said()
    .help(help);
    let failure = match unheard {
        Some(why) => failure.note(why),
        None => failure,
    };
    Ok(if taken {
        failure.note("where the resource of this name is a leftover of yours, `iam-split deploy --import` takes it into the stack as it is")
    } else {
        failure
    })
}

/// Deletes a stack and watches it go.
pub(crate) async fn remove(
    deployment: &Deployment,
    which: Which,
    id: &str,
    interval: Option<f64>,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    removed(deployment, which, id, &Deletion::default(), interval, console).await
}

/// The same, with resources that stay or a deletion that is forced.
pub(crate) async fn removed(
    deployment: &Deployment,
    which: Which,
    id: &str,
    deletion: &Deletion,
    interval: Option<f64>,
    console: &mut Console<'_>,
) -> Result<Outcome, Failure> {
    let (aws, name) = (&deployment.aws, deployment.stack(which));
    let newest = watch::newest(aws, id).await?;
    stack::delete(aws, id, deployment.role(which), deletion).await?;
    console.begin(name, "delete", "started", None)?;
    let limit = deployment.settings.timeouts.delete;
    let watched = Watched { stack: name, id, operation: "delete", newest, limit, interval };
    watch(aws, &watched, console).await
}
