//! How a run is told: plain lines, bars on a terminal, or one JSON object an event. What is told is written as it
//! is: messages of AWS's come masked from [`crate::aws`], and nothing else holds a secret.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use iam_split_core::api::place;
use iam_split_core::deployment::events::{Event, StackEvent, Tally};
use iam_split_core::deployment::gate::Gate;
use iam_split_core::deployment::names::Which;
use iam_split_core::deployment::scenario::{Change, PropertyValue};
use iam_split_core::deployment::value::Secrets;
use iam_split_core::diagnostic::Diagnostic;
use iam_split_core::text::one_line;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Streams;
use crate::aws::Aws;
use crate::exit::Failure;
use crate::render::{Sources, diagnostics};

/// The teller.
pub(crate) struct Console<'s> {
    pub(crate) streams: &'s mut Streams,
    json: bool,
    /// Values that AWS may repeat in its messages; shared with the clients.
    pub(crate) secrets: Rc<RefCell<Secrets>>,
    bar: Option<Bar>,
    /// The operation that goes on if we stop watching: the stack and what is done with it.
    pub(crate) running: Option<(String, &'static str)>,
    /// What must not remain when the run ends.
    pub(crate) undo: Vec<Undo>,
}

/// What must be taken away again whatever happens.
pub(crate) enum Undo {
    /// A change set.
    ChangeSet(Aws, String),
    /// A stack that holds nothing but a change set.
    EmptyStack(Aws, String),
}

struct Bar {
    bar: ProgressBar,
    tally: Tally,
    total: Option<usize>,
}

impl<'s> Console<'s> {
    pub(crate) fn new(streams: &'s mut Streams, json: bool) -> Self {
        Self { streams, json, secrets: Rc::default(), bar: None, running: None, undo: Vec::new() }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A line for people; nothing for programs.
    pub(crate) fn say(&mut self, line: &str) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        match &self.bar {
            Some(bar) => {
                let Streams { err, .. } = &mut *self.streams;
                bar.bar.suspend(|| writeln!(err, "{line}"))?;
            }
            None => writeln!(self.streams.err, "{line}")?,
        }
        Ok(())
    }

    /// A result: a line on standard output for people.
    pub(crate) fn result(&mut self, line: &str) -> Result<(), Failure> {
        if !self.json {
            writeln!(self.streams.out, "{line}")?;
        }
        Ok(())
    }

    /// An object for programs; nothing for people.
    pub(crate) fn emit(&mut self, event: &Event<'_>) -> Result<(), Failure> {
        if self.json {
            let mut object = serde_json::to_value(event).map_err(std::io::Error::from)?;
            // What kind it is comes first: lines are read by people and `grep` too.
            let kind = object.as_object_mut().and_then(|entries| entries.remove("type")).unwrap_or_default();
            let rest = object.to_string();
            writeln!(self.streams.out, "{{\"type\":{kind},{}", rest.strip_prefix('{').unwrap_or(&rest))?;
            self.streams.out.flush()?;
            self.streams.ended |= matches!(event, Event::Result { .. });
        }
        Ok(())
    }

    /// Who calls, before anything is changed.
    pub(crate) fn identity(&mut self, aws: &Aws, profile: Option<&str>) -> Result<(), Failure> {
        let (account, arn) = (&aws.identity.account, &aws.identity.arn);
        let by = profile.map_or(String::new(), |profile| format!(", by the profile {profile}"));
        self.say(&format!("account {account}, region {}, as {arn}{by}", aws.region))?;
        self.emit(&Event::Identity { account, region: &aws.region, arn, profile })
    }

    /// A step, for both.
    pub(crate) fn step(&mut self, step: &'static str, message: &str) -> Result<(), Failure> {
        self.say(message)?;
        self.emit(&Event::Step { step, message })
    }

    /// An object in the bucket.
    pub(crate) fn upload(
        &mut self,
        template: Which,
        bucket: &str,
        key: &str,
        sent: bool,
    ) -> Result<(), Failure> {
        let what = if sent { "sent     " } else { "unchanged" };
        self.say(&format!("  {what} s3://{bucket}/{key}"))?;
        self.emit(&Event::Upload { template, bucket, key, sent })
    }

    /// The resources that a change set touches.
    pub(crate) fn changes(&mut self, stack: &str, changes: &[Change]) -> Result<(), Failure> {
        for change in changes {
            self.say(&change_line(change))?;
            self.emit(&Event::Change { stack, change })?;
        }
        Ok(())
    }

    /// A gate.
    pub(crate) fn gate(&mut self, gate: &Gate) -> Result<(), Failure> {
        self.say(&format!("gate {} ({}): {}", gate.gate, gate.name, gate.word()))?;
        for check in gate.checks.iter().filter(|check| !check.passed) {
            self.say(&format!("  not so: {}", check.name))?;
            for found in &check.found {
                self.say(&format!("    {found}"))?;
            }
        }
        for unseen in &gate.unseen {
            self.say(&format!("  not checked: {unseen}"))?;
        }
        self.emit(&Event::Gate { gate })
    }

    /// An operation begins, is joined, or has nothing to do.
    pub(crate) fn begin(
        &mut self,
        stack: &str,
        operation: &'static str,
        status: &'static str,
        total: Option<usize>,
    ) -> Result<(), Failure> {
        let what = match (operation, status) {
            ("create", "started") => format!("creating the stack {stack}"),
            ("update", "started") => format!("updating the stack {stack}"),
            ("delete", "started") => format!("deleting the stack {stack}"),
            (_, "unchanged") => format!("the stack {stack} is up to date: nothing to do"),
            _ => format!("an operation on the stack {stack} is under way: watching it to its end"),
        };
        self.say(&what)?;
        self.emit(&Event::Operation { stack, operation, status, stack_status: None, reason: None })?;
        if status != "unchanged" {
            self.running = Some((stack.to_owned(), operation));
            if self.streams.terminal && !self.json {
                self.bar = Some(Bar::new(stack, total));
            }
        }
        Ok(())
    }

    /// A new event of the stack.
    pub(crate) fn event(&mut self, stack: &str, event: &StackEvent, own: bool) -> Result<(), Failure> {
        if let Some(bar) = &mut self.bar
            && !own
        {
            bar.count(event);
        }
        let reason = &event.reason;
        let said = if reason.is_empty() { String::new() } else { format!("  {reason}") };
        let detail = if event.detail.is_empty() { String::new() } else { format!("  ({})", event.detail) };
        let time = event.time.get(11..19).unwrap_or(&event.time);
        self.say(&format!(
            "  {time}  {:<28} {:<38} {}{detail}{said}",
            event.status, event.kind, event.logical_id
        ))?;
        self.emit(&Event::Resource {
            stack,
            time: &event.time,
            logical_id: &event.logical_id,
            physical_id: &event.physical_id,
            resource_type: &event.kind,
            status: &event.status,
            reason,
            detail: &event.detail,
        })
    }

    /// The operation ended.
    pub(crate) fn end(
        &mut self,
        stack: &str,
        operation: &str,
        status: &str,
        reason: Option<&str>,
        done: bool,
    ) -> Result<(), Failure> {
        if let Some(bar) = self.bar.take() {
            bar.bar.finish_and_clear();
        }
        self.running = None;
        self.say(&format!("the stack {stack} is {status}"))?;
        let how = if done { "done" } else { "failed" };
        self.emit(&Event::Operation { stack, operation, status: how, stack_status: Some(status), reason })
    }

    /// Time goes on though nothing happens.
    pub(crate) fn tick(&self) {
        if let Some(bar) = &self.bar {
            bar.bar.tick();
        }
    }

    /// Outputs.
    pub(crate) fn outputs(&mut self, stack: &str, outputs: &BTreeMap<String, String>) -> Result<(), Failure> {
        self.emit(&Event::Outputs { stack, outputs })
    }

    /// Findings with their places.
    pub(crate) fn findings(&mut self, found: &[Diagnostic], sources: &Sources<'_>) -> Result<(), Failure> {
        if self.json {
            for finding in place(found, &sources.texts()) {
                self.emit(&Event::Finding { finding })?;
            }
            return Ok(());
        }
        diagnostics(found, sources, self.streams)
    }

    /// Asks a question with the answer no by default. Who is waited for can be interrupted: the answer is read beside.
    pub(crate) async fn ask(&mut self, question: &str) -> Result<bool, Failure> {
        write!(self.streams.err, "{question} [y/N] ")?;
        self.streams.err.flush()?;
        let mut input = std::mem::replace(&mut self.streams.input, Box::new(std::io::empty()));
        let (tell, told) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut answer = Vec::new();
            let mut byte = [0];
            let read = loop {
                match input.read(&mut byte) {
                    Ok(1) if byte != *b"\n" => answer.extend(byte),
                    Ok(_) => break Ok(answer),
                    Err(error) => break Err(error),
                }
            };
            // Nobody waits any more where the run was interrupted.
            let _ = tell.send((read, input));
        });
        let Ok((answer, input)) = told.await else { return Ok(false) };
        self.streams.input = input;
        let answer = answer?;
        Ok(matches!(String::from_utf8_lossy(&answer).trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

/// A change in a line.
pub(crate) fn change_line(change: &Change) -> String {
    let (sign, word) = change.action.words();
    let because =
        if change.because.is_empty() { String::new() } else { format!("  ({})", change.because.join(", ")) };
    format!("  {sign} {word:<15} {:<38} {}{because}", change.resource_type, change.logical_id)
}

/// A value that changes in a line, cut where it is long.
pub(crate) fn value_line(value: &PropertyValue) -> String {
    let cut = |text: Option<&str>| -> String {
        let Some(text) = text else { return "(none)".to_owned() };
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(WIDE) {
            Some((at, _)) => format!("{}…", line.get(..at).unwrap_or(&line)),
            None => line,
        }
    };
    format!("      {}: {} -> {}", value.path, cut(value.before.as_deref()), cut(value.after.as_deref()))
}

/// Characters of a value that are shown in a line.
const WIDE: usize = 160;

impl Bar {
    fn new(stack: &str, total: Option<usize>) -> Self {
        let bar =
            ProgressBar::with_draw_target(total.map(|total| total as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{prefix} [{bar:24}] {pos}/{len} {elapsed} {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        bar.set_prefix(one_line(stack).into_owned());
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar, tally: Tally::default(), total }
    }

    fn count(&mut self, event: &StackEvent) {
        self.tally.count(event);
        self.bar.set_length(self.total.unwrap_or(0).max(self.tally.seen()) as u64);
        self.bar.set_position(self.tally.done() as u64);
        let mut work = self.tally.in_work();
        let first = work.next().unwrap_or_default().to_owned();
        let more = work.count();
        let message = if more > 0 { format!("{first} and {more} more") } else { first };
        // The bar writes to the terminal by itself.
        self.bar.set_message(one_line(&message).into_owned());
    }
}
