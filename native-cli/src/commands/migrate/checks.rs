//! What is looked at before the first step: what CloudFormation would refuse, or do besides, in the middle.

use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::migrate::Stage;
use iam_split_core::deployment::permissions::Handlers;
use iam_split_core::diagnostic::{Code, Diagnostic};

use super::{At, Migrating};
use crate::aws::drift::{Drift, drift};
use crate::aws::refactor;
use crate::commands::permissions::HANDLERS;
use crate::exit::Failure;

impl Migrating<'_> {
    /// What has to be known beside the steps.
    pub(super) fn notes(&self, app: &Live) -> Vec<String> {
        let mut notes = Vec::new();
        let absent: Vec<&str> = self
            .migration
            .moved
            .iter()
            .filter(|name| !self.present.contains(*name))
            .map(String::as_str)
            .collect();
        if !absent.is_empty() {
            notes.push(format!(
                "{} {} not there, since a condition is false: only the text moves",
                absent.join(", "),
                if absent.len() == 1 { "is" } else { "are" }
            ));
        }
        let (off, on) = self.tags(app);
        if !off.is_empty() || !on.is_empty() {
            let off = off.iter().map(|key| format!("-{key}"));
            let on = on.iter().map(|(key, value)| format!("+{key}={value}"));
            notes.push(format!(
                "tags of the resources that move change with their stack: {}",
                off.chain(on).collect::<Vec<_>>().join(" ")
            ));
        }
        notes
    }

    /// The stack's tags that what moves has now and will not have, and those that it will have besides.
    fn tags(&self, app: &Live) -> (Vec<String>, Vec<(String, String)>) {
        let next = self.deployment.settings.all_iam_tags();
        let off = app.tags.keys().filter(|key| !next.contains_key(*key)).cloned().collect();
        let on = next.into_iter().filter(|(key, value)| app.tags.get(key) != Some(value)).collect();
        (off, on)
    }

    /// All that stands in the way, before anything is changed.
    pub(super) async fn checked(&self, at: &At, app: &Live) -> Result<Vec<Diagnostic>, Failure> {
        let mut found = Vec::new();
        if self.arguments.back || at.stage >= Stage::Moved {
            return Ok(found);
        }
        refactor::possible(&self.deployment.aws).await?;
        let handlers = Handlers::read(HANDLERS);
        if let Some(iam) = &self.deployment.iam {
            for (name, kind) in iam.resources.iter().filter(|(_, kind)| handlers.of(kind).is_none()) {
                found.push(
                    Diagnostic::new(
                        Code::DPL017,
                        format!("`{name}` is an {kind}, for which CloudFormation's registry has no handlers"),
                    )
                    .help("a refactoring moves provisionable types alone: keep it in the application template (`resources: {NAME: keep}`)"),
                );
            }
        }
        let (lost, _) = self.tags(app);
        let settings = &self.deployment.settings;
        let of_stack: Vec<&String> =
            app.tags.keys().filter(|key| !settings.tags.contains_key(*key)).collect();
        if !self.arguments.allow_lost_tags && at.stage == Stage::Monolith {
            for key in &lost {
                found.push(
                    Diagnostic::new(
                        Code::DPL017,
                        format!("the tag `{key}` would come off the resources that move"),
                    )
                    .help("give it under `tags`, or under `iam_tags`; or let it go: --allow-lost-tags"),
                );
            }
            for key in of_stack.into_iter().filter(|key| !lost.contains(*key)) {
                found.push(
                    Diagnostic::new(
                        Code::DPL017,
                        format!("the tag `{key}` would come off the application stack"),
                    )
                    .help("give it under `tags`; or let it go: --allow-lost-tags"),
                );
            }
        }
        if at.stage == Stage::Monolith {
            let names: Vec<String> = self.present.iter().cloned().collect();
            for one in drift(&self.deployment.aws, &app.id, &names).await? {
                found.push(match one {
                    Drift::Differs(name, paths) => Diagnostic::new(
                        Code::DPL017,
                        format!("`{name}` is not what its stack believes: {}", paths.join(", ")),
                    )
                    .help("put it back as the template says, or take the change into the monolith first: what moves must be what the template says"),
                    Drift::Unknown(name, why) => Diagnostic::new(
                        Code::DPL017,
                        format!("whether `{name}` was changed by hand is not known: {}", self.deployment.aws.said(&why)),
                    )
                    .with_severity(iam_split_core::diagnostic::Severity::Warning)
                    .help("look at it before it moves"),
                });
            }
        }
        Ok(found)
    }
}
