//! `iam-split terraform`

use std::path::{Component, Path, PathBuf};

use iam_split_core::deployment::settings::Location;
use iam_split_core::diagnostic::Diagnostic;
use iam_split_core::terraform::decide::Provider;
use iam_split_core::terraform::module::{File, Layout, Request, Standing, is_ours, write};

use crate::Streams;
use crate::args::deployment::TerraformArgs;
use crate::aws::{Aws, bucket, stack};
use crate::deployment::{self, Deployment, Needs};
use crate::exit::{Exit, Failure};
use crate::files::{reason, write_all};
use crate::progress::Console;

pub(crate) fn run(arguments: &TerraformArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let needs = Needs { iam: true, app: true, values: false };
    deployment::run(&arguments.settings, false, needs, streams, async |deployment, console| {
        module(arguments, deployment, console).await
    })
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
    let standing =
        if arguments.import { standing(&deployment.aws, deployment).await? } else { Standing::default() };
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
    let files: Vec<(PathBuf, &String)> = files.iter().map(|file| (folder.join(&file.path), &file.text)).collect();
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
    standing: Standing,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    for file in files {
        console.result(&format!("wrote {}", arguments.out.join(&file.path).display()))?;
    }
    if arguments.import {
        for (stands, what) in [(standing.iam, "IAM stack"), (standing.app, "application stack")] {
            let said = if stands { "stands and is taken over" } else { "does not stand and will be made" };
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

/// What stands already.
async fn standing(aws: &Aws, deployment: &Deployment) -> Result<Standing, Failure> {
    let settings = &deployment.settings;
    let stands = async |name: &str| -> Result<bool, Failure> {
        let live = stack::describe(aws, name).await?;
        Ok(live.is_some_and(|live| live.status != "DELETE_COMPLETE" && live.status != "REVIEW_IN_PROGRESS"))
    };
    Ok(Standing {
        iam: deployment.external() && stands(&settings.iam_stack_name).await?,
        app: stands(&settings.name).await?,
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
    let failure = |error: std::io::Error| {
        Failure::new(format!("cannot find `{}`: {}", path.display(), reason(&error)))
    };
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
