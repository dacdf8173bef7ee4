//! A deployment as a run sees it: settings, templates and clients, read with all faults at once.

pub(crate) mod apply;
pub(crate) mod exact;
pub(crate) mod gates;
pub(crate) mod health;
pub(crate) mod record;
pub(crate) mod remembered;
pub(crate) mod runtime;
pub(crate) mod send;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use iam_split_core::deployment::arns;
use iam_split_core::deployment::contents::{Contents, check_pair, too_large};
use iam_split_core::deployment::events::Event;
use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::names::{self, Which, object_url};
use iam_split_core::deployment::parameters::{Known, Parameters, Templates, merge, misgiven};
use iam_split_core::deployment::pattern::{misuse, pattern};
use iam_split_core::deployment::raw::{Origin, struck_out};
use iam_split_core::deployment::settings::{Location, Pattern, Settings};
use iam_split_core::deployment::state::{Situation, situation};
use iam_split_core::deployment::value::Secrets;
use iam_split_core::diagnostic::{Code, Diagnostic, Source};

use crate::Streams;
use crate::args::deployment as arguments;
use crate::aws::bucket::Ready;
use crate::aws::stack::{Deletion, Spec, TemplateSource};
use crate::aws::{Aws, bucket, changeset, stack};
use crate::exit::{Exit, Failure};
use crate::files::{Input, reason};
use crate::progress::{Console, Undo};
use crate::render::Sources;

/// What a command needs to be there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    /// The IAM template, in the external pattern.
    pub(crate) iam: bool,
    /// The application template.
    pub(crate) app: bool,
    /// Whether values of parameters count.
    pub(crate) values: bool,
    /// Whether nothing is called: who the caller is does not count.
    pub(crate) offline: bool,
}

/// A deployment that is ready to run.
pub(crate) struct Deployment {
    pub(crate) settings: Settings,
    pub(crate) pattern: Pattern,
    pub(crate) iam: Option<Contents>,
    pub(crate) app: Option<Contents>,
    pub(crate) aws: Aws,
    /// What somebody made by hand, in the place of an IAM stack.
    pub(crate) arns: Option<Live>,
    /// Warnings and notes about the templates.
    pub(crate) found: Vec<Diagnostic>,
    /// The name of this run.
    pub(crate) run: String,
    /// Whether the bucket was looked at.
    ready: Cell<bool>,
}

impl Deployment {
    pub(crate) fn templates(&self) -> Templates<'_> {
        Templates { iam: self.iam.as_ref(), app: self.app.as_ref() }
    }

    pub(crate) fn contents(&self, which: Which) -> Option<&Contents> {
        self.templates().get(which)
    }

    /// A stack's name.
    pub(crate) fn stack(&self, which: Which) -> &str {
        match which {
            Which::Iam => &self.settings.iam_stack_name,
            Which::App => &self.settings.name,
        }
    }

    pub(crate) fn role(&self, which: Which) -> Option<&str> {
        match which {
            Which::Iam => self.settings.iam_role_arn.as_deref(),
            Which::App => self.settings.role_arn.as_deref(),
        }
    }

    /// What a stack is to become with a template.
    pub(crate) fn spec(
        &self,
        which: Which,
        template: TemplateSource,
        text: &str,
        capabilities: Vec<&'static str>,
        parameters: Parameters,
    ) -> Spec {
        let settings = &self.settings;
        Spec {
            which,
            name: self.stack(which).to_owned(),
            template,
            text: text.to_owned(),
            parameters,
            capabilities,
            tags: if which == Which::Iam { settings.all_iam_tags() } else { settings.tags.clone() },
            role_arn: self.role(which).map(str::to_owned),
            notification_arns: settings.notification_arns.clone(),
            on_failure: settings.on_failure,
            timeout: settings.timeouts.create,
            import: false,
        }
    }

    /// Sees to it that the bucket is there and as it ought to be, once a run.
    pub(crate) async fn bucket(&self, console: Option<&mut Console<'_>>) -> Result<(), Failure> {
        if self.ready.get() {
            return Ok(());
        }
        let settings = &self.settings;
        let name = settings.bucket.as_str();
        // The name that nobody chose is ours: what an interrupted run left of it is finished.
        let ours = name == names::bucket(&settings.prefix, &settings.name);
        let ready = bucket::ensure(&self.aws, name, ours).await?;
        self.ready.set(true);
        let said = match ready {
            Ready::Already => None,
            Ready::Made => Some(format!("made the bucket {name}: versioned, private, encrypted")),
            Ready::Completed(parts) => Some(format!("the bucket {name} got {}", parts.join(", "))),
        };
        match (console, said) {
            (Some(console), Some(said)) => console.step("upload", &said),
            _ => Ok(()),
        }
    }

    /// The address of an object in the deployment's bucket.
    pub(crate) fn address(&self, key: &str) -> String {
        object_url(self.aws.endpoint.as_deref(), &self.aws.region, &self.settings.bucket, key)
    }

    /// Findings with their places in the templates.
    pub(crate) fn tell(&self, found: &[Diagnostic], console: &mut Console<'_>) -> Result<(), Failure> {
        let [iam, app] = self.texts();
        let sources = Sources { iam: iam.as_ref(), app: app.as_ref(), ..Sources::default() };
        console.findings(found, &sources)
    }

    /// The templates with the names that people know them by.
    pub(crate) fn texts(&self) -> [Option<Input>; 2] {
        let name = |location: &Option<Location>| match location {
            Some(Location::Path(path)) => path.clone(),
            Some(Location::Url(url)) => url.clone(),
            None => "template".to_owned(),
        };
        let input = |location, contents: &Option<Contents>| {
            contents.as_ref().map(|contents| Input::of(name(location), &contents.text))
        };
        let iam = input(&self.settings.iam_template, &self.iam);
        let app = input(&self.settings.template, &self.app);
        [iam, app]
    }

    pub(crate) fn external(&self) -> bool {
        self.pattern == Pattern::External
    }

    /// Whether there is an IAM stack, or is to be one.
    pub(crate) fn has_iam_stack(&self) -> bool {
        self.external() && self.arns.is_none()
    }

    /// What gives the application its IAM: the IAM stack as it stands, or the ARNs of what somebody made.
    pub(crate) async fn source_of_iam(&self) -> Result<Option<Live>, Failure> {
        match &self.arns {
            Some(arns) => Ok(Some(arns.clone())),
            None => stack::describe(&self.aws, self.stack(Which::Iam)).await,
        }
    }
}

/// Refuses to begin what somebody must agree to, where nobody can be asked.
pub(crate) fn can_ask(
    operation: arguments::Operation,
    streams: &Streams,
    help: &'static str,
) -> Result<(), Failure> {
    if operation.yes || streams.asks {
        return Ok(());
    }
    Err(Failure::new("nobody can be asked: there is no terminal").help(help))
}

/// Runs a command that calls AWS: reads the deployment, runs the work until it ends or is interrupted, and
/// takes away what must not remain.
pub(crate) fn run<W>(
    given: &arguments::Settings,
    json: bool,
    needs: Needs,
    streams: &mut Streams,
    work: W,
) -> Result<Exit, Failure>
where
    W: AsyncFnOnce(&Deployment, &mut Console<'_>) -> Result<Exit, Failure>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("cannot run: {}", reason(&error))))?;
    let mut console = Console::new(streams, json);
    runtime.block_on(async {
        let result = interruptible(async {
            let deployment = match load(given, needs, &mut console).await? {
                Ok(deployment) => deployment,
                Err(exit) => return Ok(exit),
            };
            if !needs.offline {
                console.identity(&deployment.aws, deployment.settings.profile.as_deref())?;
            }
            work(&deployment, &mut console).await
        })
        .await;
        let result = match result {
            Some(result) => result,
            None => Err(interrupted(&console)),
        };
        let undone = undo(&mut console).await;
        let result = result.and_then(|exit| undone.map(|()| exit));
        let result = result.map_err(|failure| failure.masked(|text| console.secrets.borrow().masked(text)));
        let (exit, message) = match &result {
            Ok(exit) => (*exit, if *exit == Exit::Done { "done" } else { "not done" }.to_owned()),
            Err(failure) => (failure.parts().1, failure.parts().0.to_owned()),
        };
        // Where even this cannot be written, the exit code remains.
        let told = console.emit(&Event::Result { exit: exit.code(), message: &message });
        result.and_then(|exit| told.map(|()| exit))
    })
}

/// The work, unless Ctrl-C or an end is asked for first.
async fn interruptible<T>(work: impl Future<Output = T>) -> Option<T> {
    #[cfg(unix)]
    let asked = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut end) => {
                tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = end.recv() => {} }
            }
            Err(_) => {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    };
    #[cfg(not(unix))]
    let asked = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    tokio::select! {
        biased;
        () = asked => None,
        done = work => Some(done),
    }
}

fn interrupted(console: &Console<'_>) -> Failure {
    let failure = match &console.running {
        Some((stack, operation)) => Failure::new(format!(
            "stopped watching: the {operation} of the stack `{stack}` goes on in CloudFormation"
        ))
        .help("run the same command again to go on watching"),
        None => {
            Failure::new("interrupted").help("run the same command again: what is done is not done twice")
        }
    };
    failure.exit(Exit::Aws)
}

/// How often a stack that goes is looked at.
const LOOKS: usize = 60;

/// Takes away change sets and empty stacks that must not remain, whatever happened: all of them, also where one cannot be
/// taken away.
pub(crate) async fn undo(console: &mut Console<'_>) -> Result<(), Failure> {
    let mut first = Ok(());
    for undo in std::mem::take(&mut console.undo) {
        let done = match undo {
            Undo::ChangeSet(aws, id) => changeset::discard(&aws, &id).await,
            Undo::EmptyStack(aws, id) => empty(&aws, &id).await,
        };
        first = first.and(done);
    }
    first
}

/// Deletes a stack that this run's change set brought about, where it holds nothing still. Another run may have filled it,
/// or be about to: then it is that run's.
///
/// Source: CloudFormation API Reference, `CreateChangeSet`: a new stack is `REVIEW_IN_PROGRESS` until a change set runs.
async fn empty(aws: &Aws, id: &str) -> Result<(), Failure> {
    let is_empty = |status: &str| situation(Some(status)) == Situation::Empty;
    let Some(live) = stack::describe(aws, id).await?.filter(|live| is_empty(&live.status)) else {
        return Ok(());
    };
    if changeset::others(aws, &live.id).await {
        return Ok(());
    }
    stack::delete(aws, id, None, &Deletion::default()).await?;
    // A deployment that follows at once would meet what is going.
    for _ in 0..LOOKS {
        match stack::describe(aws, id).await? {
            Some(live) if live.status == "DELETE_IN_PROGRESS" || is_empty(&live.status) => {
                tokio::time::sleep(PAUSE).await;
            }
            _ => break,
        }
    }
    Ok(())
}

/// Reads the deployment. Where it has faults they were all said: how the run ends.
async fn load(
    given: &arguments::Settings,
    needs: Needs,
    console: &mut Console<'_>,
) -> Result<Result<Deployment, Exit>, Failure> {
    let file = given.file.clone().unwrap_or_else(|| PathBuf::from("deployment.yaml"));
    let mut absent = false;
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        // Everything may be given by flags.
        Err(error) if given.file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            absent = true;
            String::new()
        }
        Err(error) => {
            return Err(Failure::new(format!("cannot read `{}`: {}", file.display(), reason(&error)))
                .help("give the deployment file with --file; `iam-split help deploy` shows what it holds"));
        }
    };
    let folder = file.parent().map(Path::to_path_buf).unwrap_or_default();
    let fetch = |origin: &Origin| match origin {
        Origin::Env(name) => std::env::var(name).map_err(|error| match error {
            std::env::VarError::NotPresent => format!("the environment variable `{name}` is not set"),
            std::env::VarError::NotUnicode(_) => format!("the environment variable `{name}` is not UTF-8"),
        }),
        Origin::File(path) => std::fs::read_to_string(folder.join(path))
            .map(|text| {
                text.strip_suffix('\n').map_or(text.as_str(), |text| text.trim_end_matches('\r')).to_owned()
            })
            .map_err(|error| format!("cannot read `{path}`: {}", reason(&error))),
        Origin::Text(text) => Ok(text.clone()),
    };
    // Who only looks needs no values: a variable that is not set is no fault then.
    let fetch = |origin: &Origin| {
        fetch(origin).or_else(|said| if needs.values { Err(said) } else { Ok(String::new()) })
    };
    let (settings, mut found) = Settings::read(&text, &given.flags(), &fetch);
    let mut loading = Loading {
        config: Input::of(file.display().to_string(), &struck_out(&text)),
        iam: None,
        app: None,
        folder,
    };
    let Some(settings) = settings else {
        if absent {
            found.insert(
                0,
                Diagnostic::new(Code::DPL004, "there is no `deployment.yaml` here")
                    .help("go to its folder, give it with --file, or give all settings as flags; `iam-split help deploy` shows what it holds"),
            );
            // That it holds no name is the same fault.
            found.retain(|finding| finding.message != "the deployment has no name");
        }
        loading.tell(&found, console)?;
        return Ok(Err(refusal(&found)));
    };
    remember(&settings, &console.secrets);
    // Files first: their faults cost no call. Who only looks, or deletes, needs no sound templates.
    let needed = needs.app || needs.iam;
    let mut faults = Vec::new();
    let mut iam = loading.file(settings.iam_template.as_ref(), Source::Iam, &mut faults);
    let mut app = loading.file(settings.template.as_ref(), Source::App, &mut faults);
    if needed {
        found.append(&mut faults);
    }
    let by_address = |location: &Option<Location>| matches!(location, Some(Location::Url(_)));
    let local = !by_address(&settings.iam_template) && !by_address(&settings.template);
    if !local && found.iter().any(Diagnostic::is_error) {
        loading.tell(&found, console)?;
        return Ok(Err(refusal(&found)));
    }
    let mut aws = None;
    if !local {
        let clients = clients(&settings, needs, console).await?;
        let owner = settings.template_owner.as_ref().unwrap_or(&clients.identity.account).clone();
        if let Some(Location::Url(url)) = &settings.iam_template {
            let text = bucket::fetch(&clients, url, &owner).await?;
            iam = loading.text(url, &text, Source::Iam, &mut faults);
        }
        if let Some(Location::Url(url)) = &settings.template {
            let text = bucket::fetch(&clients, url, &owner).await?;
            app = loading.text(url, &text, Source::App, &mut faults);
        }
        aws = Some(clients);
        if needed {
            found.append(&mut faults);
        }
    }
    let pattern = pattern(&settings, app.as_ref());
    let unread = [(&settings.iam_template, &iam), (&settings.template, &app)]
        .iter()
        .any(|(given, read)| given.is_some() && read.is_none());
    let external = pattern == Pattern::External;
    if needs.app && settings.template.is_none() {
        found.push(missing("the application template", "template"));
    }
    if needs.iam && settings.arns.is_some() {
        found.push(Diagnostic::new(Code::DPL006, "there is no IAM stack: `arns` stands in its place").help(
            "ask for the application alone, or remove `arns` and give the IAM template as `iam_template`",
        ));
    } else if needs.iam && external && settings.iam_template.is_none() {
        found.push(missing("the IAM template", "iam_template"));
    }
    let arns = loading.arns(&settings, &mut found);
    let standing = |account: Option<&str>| {
        let (file, text) = arns.as_ref()?;
        Some(arns::standing(text, file, app.as_ref(), account))
    };
    if let Some((_, faults)) = standing(None).filter(|_| needed && !unread) {
        found.extend(faults);
    }
    if needed {
        found.extend(misuse(&settings, app.as_ref(), iam.as_ref()));
    }
    if needs.values && !unread {
        let templates = Templates { iam: iam.as_ref(), app: app.as_ref() };
        found.extend(misgiven(&settings, templates));
        for which in [Which::Iam, Which::App] {
            let needed = match which {
                Which::Iam => needs.iam || needs.app,
                Which::App => needs.app,
            };
            if needed {
                found.extend(merge(which, &settings, templates, &Known::default()).1);
            }
        }
    }
    if found.iter().any(Diagnostic::is_error) {
        loading.tell(&found, console)?;
        return Ok(Err(refusal(&found)));
    }
    // What the templates hold that is secret by declaration, given in the open.
    for contents in [&iam, &app].into_iter().flatten() {
        let mut secrets = console.secrets.borrow_mut();
        for name in contents.resources.keys().chain(contents.parameters.keys()).chain(contents.outputs.keys())
        {
            secrets.name(name);
        }
        let secret = contents.parameters.iter().filter(|(_, declared)| declared.no_echo);
        for (name, declared) in secret {
            let maps = [&settings.parameters, &settings.infrastructure_parameters, &settings.iam_parameters];
            let given = maps.into_iter().filter_map(|map| map.get(name)).map(|given| given.value.expose());
            given.chain(declared.default.as_deref()).for_each(|value| secrets.hide(value));
        }
    }
    let mut pair = match (&iam, &app) {
        (Some(iam), Some(app)) if external && needed => check_pair(iam, app),
        _ => Vec::new(),
    };
    pair.retain(|finding| !found.contains(finding));
    found.extend(pair);
    found.extend(
        [(&iam, Source::Iam), (&app, Source::App)]
            .into_iter()
            .filter_map(|(contents, source)| too_large(contents.as_ref().filter(|_| needed)?, source)),
    );
    if found.iter().any(Diagnostic::is_error) {
        loading.tell(&found, console)?;
        let gate = iam_split_core::deployment::gate::templates(&found, Vec::new());
        console.gate(&gate)?;
        return Ok(Err(refusal(&found)));
    }
    let aws = match aws {
        Some(aws) => aws,
        None => clients(&settings, needs, console).await?,
    };
    let run = format!("{}-{}", now(), std::process::id());
    let account = (!needs.offline).then(|| aws.identity.account.clone());
    let (arns, faults) =
        standing(account.as_deref()).map_or((None, Vec::new()), |(live, faults)| (Some(live), faults));
    if needed && faults.iter().any(Diagnostic::is_error) {
        loading.tell(&faults, console)?;
        return Ok(Err(refusal(&faults)));
    }
    Ok(Ok(Deployment { settings, pattern, iam, app, aws, arns, found, run, ready: Cell::new(false) }))
}

/// How a run ends with findings: a deployment that is not right is wrong input, a pair that is not right a failed gate.
fn refusal(found: &[Diagnostic]) -> Exit {
    let errors = found.iter().filter(|finding| finding.is_error());
    match errors.map(|finding| finding.code.exit_code()).max() {
        Some(1) => Exit::Refused,
        _ => Exit::Usage,
    }
}

/// The clients, and who calls.
async fn clients(settings: &Settings, needs: Needs, console: &Console<'_>) -> Result<Aws, Failure> {
    let mut aws = Aws::new(settings, needs.offline, &console.secrets).await?;
    if !needs.offline {
        aws.identify().await?;
    }
    Ok(aws)
}

/// What AWS may repeat and must not be read, and the names that stay readable.
fn remember(settings: &Settings, secrets: &Rc<RefCell<Secrets>>) {
    let mut secrets = secrets.borrow_mut();
    settings.hidden().for_each(|value| secrets.hide(value));
    for name in [&settings.name, &settings.iam_stack_name, &settings.bucket, &settings.prefix] {
        secrets.name(name);
    }
}

/// Now, RFC 3339.
pub(crate) fn now() -> String {
    use aws_sdk_cloudformation::primitives::{DateTime, DateTimeFormat};
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(now.as_secs()).unwrap_or_default();
    DateTime::from_secs(seconds).fmt(DateTimeFormat::DateTime).unwrap_or_default()
}

fn missing(what: &str, key: &str) -> Diagnostic {
    Diagnostic::new(Code::DPL004, format!("{what} is not given"))
        .help(format!("write `{key}: path` in deployment.yaml, or pass --{}", key.replace('_', "-")))
}

/// What was read so far, to quote it beside findings.
struct Loading {
    config: Input,
    iam: Option<Input>,
    app: Option<Input>,
    folder: PathBuf,
}

impl Loading {
    /// The file of ARNs: how it is called, and its text.
    fn arns(&self, settings: &Settings, found: &mut Vec<Diagnostic>) -> Option<(String, String)> {
        let path = settings.arns.as_ref()?;
        match std::fs::read_to_string(self.folder.join(path)) {
            Ok(text) => Some((path.clone(), text)),
            Err(error) => {
                found.push(
                    Diagnostic::new(Code::DPL005, format!("cannot read `{path}`: {}", reason(&error)))
                        .help("check the path of `arns`: it is relative to the folder of deployment.yaml"),
                );
                None
            }
        }
    }

    fn file(
        &mut self,
        location: Option<&Location>,
        source: Source,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Contents> {
        let Some(Location::Path(path)) = location else { return None };
        let path = self.folder.join(path);
        let text = std::fs::read(&path).map_err(|error| reason(&error));
        let text =
            text.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned()));
        match text {
            Ok(text) => self.text(&path.display().to_string(), &text, source, found),
            Err(said) => {
                found.push(
                    Diagnostic::new(Code::DPL005, format!("cannot read `{}`: {said}", path.display()))
                        .help("check the path: it is relative to the folder of deployment.yaml"),
                );
                None
            }
        }
    }

    fn text(
        &mut self,
        name: &str,
        text: &str,
        source: Source,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Contents> {
        let input = Input::of(name, text);
        let (contents, faults) = Contents::read(text, source);
        found.extend(faults);
        match source {
            Source::Iam => self.iam = Some(input),
            _ => self.app = Some(input),
        }
        contents
    }

    fn tell(&self, found: &[Diagnostic], console: &mut Console<'_>) -> Result<(), Failure> {
        let sources = Sources {
            config: Some(&self.config),
            iam: self.iam.as_ref(),
            app: self.app.as_ref(),
            ..Sources::default()
        };
        console.findings(found, &sources)?;
        if console.is_json() {
            return Ok(());
        }
        let errors = found.iter().filter(|finding| finding.is_error()).count();
        let noun = if errors == 1 { "error" } else { "errors" };
        writeln!(console.streams.err, "refused: {errors} {noun}; nothing was changed")?;
        Ok(())
    }
}

/// Seconds between two looks at a change set.
pub(crate) const PAUSE: Duration = Duration::from_millis(500);
