//! Which templates the IAM stack has had: kept in the bucket, so that one of them can be put back.
//!
//! A template is entered once the operation that brings it has ended well. What began and was not seen to its end
//! stands apart; the next run looks at the stack and knows what became of it.

use iam_split_core::deployment::gate::Live;
use iam_split_core::deployment::names::{Which, history_key, key_of_digest, old_history_key};
use iam_split_core::deployment::same::is_same;
use iam_split_core::diagnostic::Code;
use iam_split_core::text::digest;
use serde::{Deserialize, Serialize};

use super::{Deployment, now};
use crate::aws::bucket;
use crate::exit::{Exit, Failure};

/// Entries that are kept: more than anyone goes back.
const KEPT: usize = 100;

/// The version of the form.
const FORMAT_VERSION: u32 = 1;

/// What stands in the bucket.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Record {
    format_version: u32,
    /// The stack that it is about: one made anew begins anew.
    stack_id: String,
    /// Oldest first; the last one is the stack's.
    entries: Vec<Entry>,
    /// What was begun and not yet seen to its end.
    begun: Option<Entry>,
}

/// A template that the stack has, had, or was to have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Entry {
    /// The SHA-256 of the template.
    pub(crate) digest: String,
    /// Whether it is JSON, which its object's name tells.
    json: bool,
    /// When, RFC 3339.
    pub(crate) made: String,
    /// Whose credentials; empty where it was not iam-split.
    pub(crate) by: String,
    /// The run; empty where it was not iam-split.
    pub(crate) run: String,
    /// `deploy` or `rollback`; empty where it was not iam-split.
    pub(crate) command: String,
}

impl Entry {
    fn of(text: &str) -> Self {
        Self {
            digest: digest(text),
            json: super::remembered::is_json(text),
            made: String::new(),
            by: String::new(),
            run: String::new(),
            command: String::new(),
        }
    }

    fn key(&self, deployment: &Deployment) -> String {
        key_of_digest(&deployment.settings.prefix, Which::Iam, &self.digest, self.json)
    }

    /// For people: which one, since when, by whom.
    pub(crate) fn told(&self) -> String {
        let short = self.digest.get(..12).unwrap_or(&self.digest);
        let by = match (self.command.as_str(), self.by.as_str()) {
            (_, "") => "not by iam-split".to_owned(),
            ("rollback", by) => format!("put back by {by}, run {}", self.run),
            (_, by) => format!("by {by}, run {}", self.run),
        };
        format!("{short} ({}, {by})", self.made)
    }
}

/// The record, open.
#[derive(Debug)]
pub(crate) struct History {
    record: Record,
    changed: bool,
}

impl History {
    fn key(deployment: &Deployment) -> String {
        history_key(&deployment.settings.prefix, &deployment.settings.iam_stack_name)
    }

    /// The record as it stands; where there is none, the one under the key of before, which had no stack's name in it.
    async fn read(deployment: &Deployment) -> Result<Option<String>, Failure> {
        let (aws, settings) = (&deployment.aws, &deployment.settings);
        match bucket::find(aws, &settings.bucket, &Self::key(deployment)).await? {
            Some(text) => Ok(Some(text)),
            None => bucket::find(aws, &settings.bucket, &old_history_key(&settings.prefix)).await,
        }
    }

    /// Reads the record of a stack and takes up what an interrupted run left. `running` is the stack's template,
    /// `ours` the one that this run would give it.
    pub(crate) async fn open(
        deployment: &Deployment,
        live: &Live,
        running: &str,
        ours: Option<&str>,
    ) -> Result<Self, Failure> {
        let text = Self::read(deployment).await?;
        let known = text.and_then(|text| serde_json::from_str::<Record>(&text).ok());
        let known =
            known.filter(|record| record.stack_id == live.id && record.format_version == FORMAT_VERSION);
        let record = known.unwrap_or_else(|| Record {
            format_version: FORMAT_VERSION,
            stack_id: live.id.clone(),
            ..Record::default()
        });
        let mut history = Self { record, changed: false };
        if let Some(begun) = history.record.begun.take() {
            history.changed = true;
            if history.is(deployment, &begun, running).await? {
                history.record.entries.push(begun);
            }
        }
        let last = history.record.entries.last().cloned();
        let stands = match &last {
            Some(last) => history.is(deployment, last, running).await?,
            None => false,
        };
        if !stands {
            // CloudFormation gives a text back with `?` for what is not ASCII: our own is the better one.
            let text = ours.filter(|ours| is_same(ours, running)).unwrap_or(running);
            history.keep(deployment, text).await?;
            history.record.entries.push(Entry { made: live.changed.clone(), ..Entry::of(text) });
            history.changed = true;
        }
        Ok(history)
    }

    /// Whether a template is that of an entry.
    async fn is(&self, deployment: &Deployment, entry: &Entry, running: &str) -> Result<bool, Failure> {
        if entry.digest == digest(running) {
            return Ok(true);
        }
        let (aws, bucket) = (&deployment.aws, &deployment.settings.bucket);
        let kept = bucket::find(aws, bucket, &entry.key(deployment)).await?;
        Ok(kept.is_some_and(|kept| digest(&kept) == entry.digest && is_same(&kept, running)))
    }

    /// The templates that the stack has had, oldest first; the last one is the stack's.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.record.entries
    }

    /// The address of an entry's template.
    pub(crate) fn address(&self, deployment: &Deployment, entry: &Entry) -> String {
        deployment.address(&entry.key(deployment))
    }

    /// The template of an entry.
    pub(crate) async fn text(&self, deployment: &Deployment, entry: &Entry) -> Result<String, Failure> {
        let (aws, bucket) = (&deployment.aws, &deployment.settings.bucket);
        let key = entry.key(deployment);
        let text = bucket::find(aws, bucket, &key).await?.ok_or_else(|| {
            Failure::new(format!("the template {} is no longer in the bucket `{bucket}`", entry.digest))
                .exit(Exit::Refused)
                .help("deploy the template that the stack should have: `iam-split deploy iam`")
        })?;
        if digest(&text) != entry.digest {
            return Err(Failure::new(format!(
                "`{key}` of the bucket `{bucket}` was written anew: it is not the template that the stack had"
            ))
            .code(Code::DPL021)
            .exit(Exit::Refused)
            .help(Code::DPL021.explanation().recovery));
        }
        Ok(text)
    }

    /// Enters that an operation begins.
    pub(crate) async fn begin(
        &mut self,
        deployment: &Deployment,
        text: &str,
        command: &str,
    ) -> Result<(), Failure> {
        self.keep(deployment, text).await?;
        self.record.begun = Some(entered(deployment, text, command));
        self.changed = true;
        self.write(deployment).await
    }

    /// Enters how it ended.
    pub(crate) async fn end(&mut self, deployment: &Deployment, done: bool) -> Result<(), Failure> {
        if let Some(begun) = self.record.begun.take() {
            self.changed = true;
            if done {
                self.record.entries.push(begun);
            }
        }
        self.write(deployment).await
    }

    /// Writes the record if it says something else than before.
    pub(crate) async fn write(&mut self, deployment: &Deployment) -> Result<(), Failure> {
        if !self.changed {
            return Ok(());
        }
        let surplus = self.record.entries.len().saturating_sub(KEPT);
        self.record.entries.drain(..surplus);
        let text = serde_json::to_string_pretty(&self.record).map_err(std::io::Error::from)? + "\n";
        deployment.bucket(None).await?;
        bucket::put(&deployment.aws, &deployment.settings.bucket, &Self::key(deployment), &text).await?;
        self.changed = false;
        Ok(())
    }

    async fn keep(&self, deployment: &Deployment, text: &str) -> Result<(), Failure> {
        deployment.bucket(None).await?;
        let key = Entry::of(text).key(deployment);
        bucket::put(&deployment.aws, &deployment.settings.bucket, &key, text).await?;
        Ok(())
    }
}

/// Enters a stack that was made.
pub(crate) async fn created(deployment: &Deployment, stack_id: &str, text: &str) -> Result<(), Failure> {
    let record = Record {
        format_version: FORMAT_VERSION,
        stack_id: stack_id.to_owned(),
        entries: vec![entered(deployment, text, "deploy")],
        begun: None,
    };
    let mut history = History { record, changed: true };
    history.keep(deployment, text).await?;
    history.write(deployment).await
}

fn entered(deployment: &Deployment, text: &str, command: &str) -> Entry {
    Entry {
        made: now(),
        by: deployment.aws.identity.arn.clone(),
        run: deployment.run.clone(),
        command: command.to_owned(),
        ..Entry::of(text)
    }
}
