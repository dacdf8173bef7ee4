//! `iam-split terraform`

use std::path::{Component, Path, PathBuf};

use iam_split_core::deployment::scenario::Scenario;
use iam_split_core::deployment::settings::Location;
use iam_split_core::diagnostic::{Diagnostic, Severity};
use iam_split_core::terraform::check::{Pair, Text, check};
use iam_split_core::terraform::decide::Provider;
use iam_split_core::terraform::explain::{Does, StackPlan, explain};
use iam_split_core::terraform::module::{File, Layout, Request, Standing, is_ours, write};

use crate::Streams;
use crate::args::deployment::TerraformArgs;
use crate::aws::{Aws, bucket, stack};
use crate::deployment::{self, Deployment, Needs};
use crate::exit::{Exit, Failure};
use crate::files::{Input, reason, write_all};
use crate::progress::{Console, change_line};
use crate::render::Sources;

pub(crate) fn run(arguments: &TerraformArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let needs = Needs { iam: true, app: true, values: false, offline: !arguments.import };
    deployment::run(&arguments.settings, false, needs, streams, async |deployment, console| {
        match (&arguments.check, &arguments.explain) {
            (Some(folder), _) => judged(folder, deployment, console),
            (_, Some(plan)) => told(plan, deployment, console),
            _ => module(arguments, deployment, console).await,
        }
    })
}

/// `--check`
fn judged(folder: &Path, deployment: &Deployment, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let (Some(iam), Some(app)) = (&deployment.iam, &deployment.app) else {
        return Err(Failure::new(
            "there is nothing to check in the inline pattern: one stack has everything",
        )
        .help("give a split pair as `template` and `iam_template`"));
    };
    let mut files = Vec::new();
    collect(folder, "", &mut files)?;
    if files.is_empty() {
        return Err(Failure::new(format!("`{}` holds no files of Terraform", folder.display()))
            .help("give the folder of the root module"));
    }
    let found = check(&files, Pair { iam, app });
    let names: Vec<String> = files.iter().map(|file| folder.join(&file.path).display().to_string()).collect();
    for finding in &found {
        let place = finding.file.and_then(|number| Some((names.get(number)?, files.get(number)?)));
        let input = place.map(|(name, file)| Input::of(name, &file.text));
        let sources = Sources { config: input.as_ref(), ..Sources::default() };
        console.findings(std::slice::from_ref(&finding.diagnostic), &sources)?;
    }
    let count = |severity| found.iter().filter(|found| found.diagnostic.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let noun = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let files = noun(files.len(), "file");
    if errors + warnings == 0 {
        console.result(&format!("{files} looked at: they fit this pair"))?;
        return Ok(Exit::Done);
    }
    let (errors, warnings) = (noun(errors, "error"), noun(warnings, "warning"));
    console.result(&format!("{files} looked at: {errors}, {warnings}"))?;
    let unreadable =
        found.iter().any(|found| found.diagnostic.is_error() && found.diagnostic.code.exit_code() == 2);
    Ok(if unreadable { Exit::Usage } else { Exit::Refused })
}

/// The files of a folder and of those below it; hidden ones are Terraform's own.
fn collect(folder: &Path, below: &str, files: &mut Vec<Text>) -> Result<(), Failure> {
    let failure = |path: &Path, error: &std::io::Error| {
        Failure::new(format!("cannot read `{}`: {}", path.display(), reason(error)))
    };
    let place = folder.join(below);
    let mut entries = std::fs::read_dir(&place)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failure(&place, &error))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let kind = entry.file_type().map_err(|error| failure(&entry.path(), &error))?;
        if name.starts_with('.') || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            collect(folder, &path, files)?;
        } else if [".tf", ".tf.json", ".tfvars"].iter().any(|ending| name.ends_with(ending)) {
            let text = std::fs::read(entry.path()).map_err(|error| failure(&entry.path(), &error))?;
            let text = String::from_utf8(text)
                .map_err(|_| Failure::new(format!("`{}` is not UTF-8 text", entry.path().display())))?;
            files.push(Text { path, text });
        }
    }
    Ok(())
}

/// `--explain`
fn told(plan: &Path, deployment: &Deployment, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let Some(app) = &deployment.app else { return Ok(Exit::Usage) };
    let text = std::fs::read_to_string(plan)
        .map_err(|error| Failure::new(format!("cannot read `{}`: {}", plan.display(), reason(&error))))?;
    let iam = deployment.iam.as_ref().filter(|_| deployment.external());
    let told = match explain(&text, &deployment.settings, iam, app) {
        Ok(told) => told,
        Err(found) => {
            deployment.tell(&[found], console)?;
            return Ok(Exit::Usage);
        }
    };
    let settings = &deployment.settings;
    for (noun, name, stack) in
        [("IAM", &settings.iam_stack_name, &told.iam), ("application", &settings.name, &told.app)]
    {
        if noun == "IAM" && iam.is_none() {
            continue;
        }
        console.result(&format!("{noun} stack {name}: {}", said(stack)))?;
        for change in &stack.changes {
            console.result(&change_line(change))?;
        }
        for change in &stack.parameters {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
            console.result(&format!(
                "    {}: {} -> {}",
                change.name,
                value(&change.before),
                value(&change.after)
            ))?;
        }
        if !stack.later.is_empty() {
            let count = stack.later.len();
            let noun = if count == 1 { "parameter" } else { "parameters" };
            console.result(&format!(
                "    {count} {noun} known after the IAM stack: {}",
                shortened(&stack.later)
            ))?;
        }
    }
    for each in &told.scenarios {
        let letter = match each.scenario {
            Scenario::A => "A",
            Scenario::B => "B",
            Scenario::C => "C",
            Scenario::D => "D",
        };
        console.result(&format!("scenario {letter}: {}\n  {}", each.scenario.name(), each.impact))?;
    }
    for note in &told.notes {
        console.say(&format!("note: {note}"))?;
    }
    Ok(Exit::Done)
}

fn said(stack: &StackPlan) -> &'static str {
    match stack.does {
        Does::Absent => "not in the plan",
        Does::Nothing => "nothing to do",
        Does::Create => "new",
        Does::Update if stack.template => "update, with another template",
        Does::Update => "update",
        Does::Replace => "DELETED AND MADE ANEW",
        Does::Delete => "deleted",
    }
}

/// `A, B, C and 29 more`
fn shortened(names: &[String]) -> String {
    let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

async fn module(
    arguments: &TerraformArgs,
    deployment: &Deployment,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    deployment.tell(&deployment.found, console)?;
    let Some(app) = &deployment.app else { return Ok(Exit::Usage) };
    let folder = arguments.settings.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let settings = &deployment.settings;
    let iam = deployment.iam.as_ref().filter(|_| deployment.external());
    let iam_path = match iam {
        Some(_) => path_to(settings.iam_template.as_ref(), folder, &arguments.out)?,
        None => String::new(),
    };
    let app_path = path_to(settings.template.as_ref(), folder, &arguments.out)?;
    let ids = if arguments.import { standing(&deployment.aws, deployment).await? } else { Ids::default() };
    let standing = Standing { iam: ids.iam.as_deref(), app: ids.app.as_deref(), bucket: ids.bucket };
    let request = Request {
        settings,
        iam,
        app,
        paths: (&iam_path, &app_path),
        layout: if arguments.split_roots { Layout::Split } else { Layout::One },
        provider: match arguments.aws_provider {
            3 => Provider::Three,
            4 => Provider::Four,
            _ => Provider::Five,
        },
        region: Some(&deployment.aws.region),
        standing,
    };
    let files = match write(&request) {
        Ok(files) => files,
        Err(found) => {
            deployment.tell(&found, console)?;
            let exit = found.iter().map(|found: &Diagnostic| found.code.exit_code()).max();
            return Ok(if exit == Some(1) { Exit::Refused } else { Exit::Usage });
        }
    };
    keep(&arguments.out, &files)?;
    tell(arguments, &files, standing, console)
}

/// Writes all files or none, over nothing that is not as we left it.
fn keep(folder: &Path, files: &[File]) -> Result<(), Failure> {
    let files: Vec<(PathBuf, &String)> =
        files.iter().map(|file| (folder.join(&file.path), &file.text)).collect();
    let mut others = Vec::new();
    for (path, _) in &files {
        match std::fs::read(path) {
            Ok(bytes) if std::str::from_utf8(&bytes).is_ok_and(is_ours) => {}
            Ok(_) => others.push(format!("`{}`", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Failure::new(format!("cannot read `{}`: {}", path.display(), reason(&error))));
            }
        }
    }
    if !others.is_empty() {
        let (is, was) = if others.len() == 1 { ("is", "was") } else { ("are", "were") };
        return Err(Failure::new(format!(
            "{} {is} there and {was} written or edited by somebody else",
            others.join(", ")
        ))
        .help("give another folder with --out; changes of your own fit into a file beside ours, such as override.tf"));
    }
    let files: Vec<(&PathBuf, &String)> = files.iter().map(|(path, text)| (path, *text)).collect();
    write_all(&files)
}

fn tell(
    arguments: &TerraformArgs,
    files: &[File],
    standing: Standing<'_>,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    for file in files {
        console.result(&format!("wrote {}", arguments.out.join(&file.path).display()))?;
    }
    if arguments.import {
        for (stands, what) in [(standing.iam, "IAM stack"), (standing.app, "application stack")] {
            let said =
                if stands.is_some() { "stands and is taken over" } else { "does not stand and will be made" };
            console.say(&format!("the {what} {said}"))?;
        }
    }
    let out = arguments.out.display();
    let roots: &[&str] = if arguments.split_roots { &["/iam", "/app"] } else { &[""] };
    let steps: Vec<String> = roots
        .iter()
        .flat_map(|root| ["init", "apply"].map(|step| format!("terraform -chdir={out}{root} {step}")))
        .collect();
    console.say(&format!("next: {}", steps.join(", ")))?;
    Ok(Exit::Done)
}

/// The ids of the stacks that stand, and whether the bucket does.
#[derive(Default)]
struct Ids {
    iam: Option<String>,
    app: Option<String>,
    bucket: bool,
}

async fn standing(aws: &Aws, deployment: &Deployment) -> Result<Ids, Failure> {
    let settings = &deployment.settings;
    let id = async |name: &str| -> Result<Option<String>, Failure> {
        let live = stack::describe(aws, name).await?;
        let live =
            live.filter(|live| live.status != "DELETE_COMPLETE" && live.status != "REVIEW_IN_PROGRESS");
        Ok(live.map(|live| live.id))
    };
    Ok(Ids {
        iam: if deployment.external() { id(&settings.iam_stack_name).await? } else { None },
        app: id(&settings.name).await?,
        bucket: bucket::exists(aws, &settings.bucket).await?,
    })
}

/// The path of a template from the folder that the files go to.
fn path_to(location: Option<&Location>, folder: &Path, out: &Path) -> Result<String, Failure> {
    let path = match location {
        Some(Location::Path(path)) => folder.join(path),
        Some(Location::Url(url)) => {
            return Err(Failure::new(format!("`{url}` is no file: the module sends files to the bucket"))
                .help("save the template beside deployment.yaml and give it by its path"));
        }
        None => return Ok(String::new()),
    };
    let (path, out) = (whole(&path)?, whole(out)?);
    let (mut to, mut from) = (path.components().peekable(), out.components().peekable());
    while to.peek().is_some() && to.peek() == from.peek() {
        to.next();
        from.next();
    }
    let up = from.map(|_| "..".to_owned());
    let down = to.map(|part| part.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// A path from the root, through no links; its end need not be there yet.
fn whole(path: &Path) -> Result<PathBuf, Failure> {
    let failure =
        |error: std::io::Error| Failure::new(format!("cannot find `{}`: {}", path.display(), reason(&error)));
    let path = std::path::absolute(path).map_err(failure)?;
    let there = path.ancestors().find_map(|part| Some((part, part.canonicalize().ok()?)));
    let Some((part, real)) = there else { return Ok(path) };
    let rest = path.strip_prefix(part).unwrap_or(Path::new(""));
    // What is not there yet goes through no links: `..` takes the part before it away.
    Ok(rest.components().fold(real, |mut path, part| {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
        path
    }))
}
