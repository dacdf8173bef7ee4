//! Keeping a migration, comparing it, and writing its templates.

use std::path::{Path, PathBuf};

use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::migrate::KeptMigration;
use iam_split_core::diagnostic::Code;
use iam_split_core::text::digest;

use super::{At, Migrating};
use crate::Streams;
use crate::args::deployment::MigrateArgs;
use crate::deployment::now;
use crate::exit::{Exit, Failure};
use crate::files::{Input, write_all};
use crate::progress::Console;

/// The kept migration that was given.
pub(super) fn given(
    arguments: &MigrateArgs,
    streams: &mut Streams,
) -> Result<Option<KeptMigration>, Failure> {
    let Some(path) = &arguments.plan else { return Ok(None) };
    let input = Input::read(path, streams)?;
    let plan = KeptMigration::read(input.shown())
        .map_err(|why| Failure::new(format!("cannot carry out `{}`: {why}", input.name)))?;
    match &arguments.approved {
        Some(approved) if *approved != plan.digest => {
            Err(Failure::new(format!("the plan is {}, and {approved} was approved", plan.digest))
                .code(Code::DPL018)
                .exit(Exit::Refused)
                .help("carry out the plan that was approved, or have this one approved"))
        }
        _ => Ok(Some(plan)),
    }
}

/// Refuses what is not as it was planned.
pub(super) fn compare(kept: &KeptMigration, now: &KeptMigration) -> Result<(), Failure> {
    let moved = kept.differences(now);
    if moved.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("this is not what was planned\n  {}", moved.join("\n  ")))
        .code(Code::DPL018)
        .exit(Exit::Refused)
        .help("make a new plan, and have it approved: `iam-split migrate --preview --out FILE`"))
}

/// Writes a plan: as data that `migrate --plan` carries out, or as a page.
pub(super) fn keep(
    plan: &KeptMigration,
    files: &[PathBuf],
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(());
    }
    let text = |path: &PathBuf| -> Result<String, Failure> {
        if path.extension().is_some_and(|ending| ending == "html") {
            return Ok(plan.html());
        }
        Ok(serde_json::to_string_pretty(plan).map_err(std::io::Error::from)? + "\n")
    };
    let texts = files.iter().map(text).collect::<Result<Vec<_>, _>>()?;
    write_all(&files.iter().zip(&texts).collect::<Vec<_>>())?;
    for path in files {
        console.say(&format!("kept in {}", path.display()))?;
    }
    console.result(&format!("to be approved: {}", plan.digest))
}

impl Migrating<'_> {
    /// The migration as it is kept.
    pub(super) fn plan(
        &self,
        at: &At,
        (app, iam): (&Live, Option<&Live>),
        steps: &[String],
        notes: &[String],
    ) -> KeptMigration {
        let (aws, settings) = (&self.deployment.aws, &self.deployment.settings);
        let standing = |live: &Live| (live.id.clone(), live.changed.clone());
        let mut plan = KeptMigration::new(now(), aws.identity.account.clone(), aws.region.clone());
        plan.stacks = vec![
            (settings.name.clone(), Some(standing(app))),
            (settings.iam_stack_name.clone(), iam.map(standing)),
        ];
        plan.now = at.words();
        plan.steps = steps.to_vec();
        plan.notes = notes.to_vec();
        let files = self.migration.files(&self.batches(at, !self.arguments.back));
        plan.templates = files.into_iter().map(|(name, text)| (name, digest(&text))).collect();
        plan.sealed()
    }

    /// Writes every template of the way into a folder.
    pub(super) fn export(&self, at: &At, folder: &Path, console: &mut Console<'_>) -> Result<Exit, Failure> {
        let files = self.migration.files(&self.batches(at, true));
        let files: Vec<(PathBuf, String)> =
            files.into_iter().map(|(name, text)| (folder.join(name), text)).collect();
        write_all(&files.iter().map(|(path, text)| (path, text)).collect::<Vec<_>>())?;
        console.result(&format!("now: {}", at.words()))?;
        for (path, _) in &files {
            console.result(&path.display().to_string())?;
        }
        Ok(Exit::Done)
    }
}
