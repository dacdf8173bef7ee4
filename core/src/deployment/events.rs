//! A stack's events: which of a page are new, how far an operation is, and what a program is told.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::gate::Gate;
use super::names::Which;
use super::state::{Ending, ending};

/// An event of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackEvent {
    /// Its id, unique in the stack.
    pub id: String,
    /// When it happened, RFC 3339.
    pub time: String,
    /// The resource's logical id.
    pub logical_id: String,
    /// The resource's physical id, if it has one yet.
    pub physical_id: String,
    /// The resource's type.
    pub kind: String,
    /// The resource's status.
    pub status: String,
    /// Why, in AWS's words.
    pub reason: String,
    /// The operation that it belongs to, where CloudFormation says so.
    pub operation: String,
    /// More on the status: `CONFIGURATION_COMPLETE` (all is set, the resource is not ready yet),
    /// `VALIDATION_FAILED` (refused before anything was changed).
    pub detail: String,
}

impl StackEvent {
    /// Whether it is about the stack itself: a nested stack has another id.
    #[must_use]
    pub fn is_stack(&self, stack_id: &str) -> bool {
        self.kind == "AWS::CloudFormation::Stack" && self.physical_id == stack_id
    }

    /// Whether it is a stack's own summary of what failed in it.
    #[must_use]
    pub fn is_summary(&self) -> bool {
        self.reason.starts_with("The following resource(s) failed")
    }

    /// Whether it says that something failed for a reason of its own.
    #[must_use]
    pub fn is_cause(&self) -> bool {
        self.status.ends_with("_FAILED")
            && !self.reason.is_empty()
            && !self.reason.to_lowercase().contains("cancelled")
    }
}

/// Whether a stack's event begins an operation: everything older belongs to earlier ones. A creation that
/// fails can go on as a deletion, which is then a part of it.
fn begins(operation: &str, status: &str) -> bool {
    match operation {
        "create" => status == "CREATE_IN_PROGRESS",
        "delete" => status == "DELETE_IN_PROGRESS",
        _ => matches!(
            status,
            "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS" | "DELETE_IN_PROGRESS" | "IMPORT_IN_PROGRESS"
        ),
    }
}

/// Follows the events of one operation. Pages come newest first; each event is given out once.
#[derive(Clone, Debug)]
pub struct Follower {
    stack_id: String,
    operation: &'static str,
    /// Events given out or left out, by id.
    known: HashSet<String>,
    /// New events of this round, newest first.
    round: Vec<StackEvent>,
    /// Whether the beginning of the operation was seen in an earlier round.
    begun: bool,
    /// The operation that is followed, once one of its events was seen.
    id: Option<String>,
    /// The status that ended the operation.
    ended: Option<String>,
}

impl Follower {
    /// Follows an operation on a stack: `create`, `update`, `delete` or another. What `known` holds belongs to
    /// earlier ones.
    #[must_use]
    pub fn new(
        stack_id: impl Into<String>,
        operation: &'static str,
        known: impl IntoIterator<Item = String>,
    ) -> Self {
        let known: HashSet<String> = known.into_iter().collect();
        // All that comes after a known event is of this operation: one that goes on with a rollback begins
        // with a status that stands in the middle of others.
        let begun = !known.is_empty();
        Self { stack_id: stack_id.into(), operation, known, round: Vec::new(), begun, id: None, ended: None }
    }

    /// Takes a page of events, newest first. Says whether the next page may hold new ones: not past the
    /// first event that is known, nor past the one that began the operation.
    pub fn page(&mut self, events: impl IntoIterator<Item = StackEvent>) -> bool {
        for event in events {
            if self.known.contains(&event.id) {
                return false;
            }
            let first = event.is_stack(&self.stack_id) && begins(self.operation, &event.status);
            self.known.insert(event.id.clone());
            self.round.push(event);
            if first {
                return false;
            }
        }
        true
    }

    /// Ends a round: the new events, oldest first.
    pub fn round(&mut self) -> Vec<StackEvent> {
        let mut events = std::mem::take(&mut self.round);
        events.reverse();
        // The first event of this operation names it; what names another one belongs to that.
        for event in events.iter().filter(|event| event.is_stack(&self.stack_id)) {
            let first = self.begun || begins(self.operation, &event.status);
            if self.id.is_none() && first && !event.operation.is_empty() {
                self.id = Some(event.operation.clone());
            }
        }
        if let Some(id) = &self.id {
            events.retain(|event| event.operation.is_empty() || event.operation == *id);
        }
        for event in events.iter().filter(|event| event.is_stack(&self.stack_id)) {
            self.begun |= begins(self.operation, &event.status);
            // What came before the operation began is not its end.
            if self.begun && ending(&event.status).is_some() {
                self.ended = Some(event.status.clone());
            }
        }
        events
    }

    /// The operation's id, where CloudFormation says it.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The status with which the operation ended, once it did.
    #[must_use]
    pub fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }
}

/// How far an operation is.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    status: BTreeMap<String, String>,
}

impl Tally {
    /// Counts an event of a resource.
    pub fn count(&mut self, event: &StackEvent) {
        self.status.insert(event.logical_id.clone(), event.status.clone());
    }

    /// Resources that are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.status
            .values()
            .filter(|status| status.ends_with("_COMPLETE") || *status == "DELETE_SKIPPED")
            .count()
    }

    /// All resources that were heard of.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.status.len()
    }

    /// Resources in work, by name.
    pub fn in_work(&self) -> impl Iterator<Item = &str> {
        self.status
            .iter()
            .filter(|(_, status)| status.ends_with("_IN_PROGRESS"))
            .map(|(name, _)| name.as_str())
    }
}

/// What `--format json` prints: one object a line, `type` first.
///
/// - `identity`: who calls, in which account and region: before anything is changed.
/// - `step`: something begins or was found: `step` is its name, `message` a sentence.
/// - `upload`: an object of the bucket: `sent` is false where it was there already.
/// - `change`: a resource that a change set touches.
/// - `plan`: what a plan says of a stack, after its changes.
/// - `scenario`: an update scenario of the specification with its impact.
/// - `status`: how a stack stands.
/// - `operation`: an operation on a stack begins (`status` is `started`), is joined (`resumed`), has nothing
///   to do (`unchanged`), or ended (`done`, `failed`), then with the stack's status.
/// - `resource`: an event of CloudFormation, once each.
/// - `gate`: a quality gate with its checks.
/// - `outputs`: what a stack gave out.
/// - `finding`: a diagnostic, as in the other commands.
/// - `result`: the last line: the exit code, and whether all was done.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event<'e> {
    /// Who calls.
    Identity {
        /// The account's number.
        account: &'e str,
        /// The region.
        region: &'e str,
        /// The caller's ARN.
        arn: &'e str,
        /// The profile, where one was asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        profile: Option<&'e str>,
    },
    /// A step of the command.
    Step {
        /// `settings`, `upload`, `wait`, `order`, `two-phase`, `retry`, `delete`.
        step: &'static str,
        /// For people.
        message: &'e str,
    },
    /// A template in the bucket.
    Upload {
        /// Which template.
        template: Which,
        /// The bucket.
        bucket: &'e str,
        /// The object's key.
        key: &'e str,
        /// Whether it was sent.
        sent: bool,
    },
    /// A resource that a change set touches.
    Change {
        /// The stack's name.
        stack: &'e str,
        /// The change.
        #[serde(flatten)]
        change: &'e super::scenario::Change,
    },
    /// What an update of the IAM stack changes of the permissions, against the template that runs.
    Permissions {
        /// The stack's name.
        stack: &'e str,
        /// Statement by statement, and the decisions.
        #[serde(flatten)]
        diff: &'e crate::diff::IamDiff,
    },
    /// What a plan says of a stack; its changes come before.
    Plan {
        /// The stack's name.
        stack: &'e str,
        /// `create`, `update` or `none`.
        operation: &'static str,
        /// Parameters that change.
        parameters: &'e [super::scenario::ParameterChange],
    },
    /// An update scenario of the specification.
    Scenario {
        /// `A` to `D`.
        scenario: super::scenario::Scenario,
        /// Its name.
        name: &'static str,
        /// What it means.
        impact: &'e str,
    },
    /// How a stack stands.
    Status {
        /// The stack.
        #[serde(flatten)]
        status: &'e super::status::StackStatus,
    },
    /// An operation on a stack.
    Operation {
        /// The stack's name.
        stack: &'e str,
        /// `create`, `update` or `delete`.
        operation: &'e str,
        /// `started`, `resumed`, `unchanged`, `done` or `failed`.
        status: &'static str,
        /// The stack's status, where it has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        stack_status: Option<&'e str>,
        /// Why it failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'e str>,
    },
    /// An event of CloudFormation.
    Resource {
        /// The stack's name.
        stack: &'e str,
        /// When, RFC 3339.
        time: &'e str,
        /// The resource's logical id.
        logical_id: &'e str,
        /// The resource's physical id.
        physical_id: &'e str,
        /// The resource's type.
        resource_type: &'e str,
        /// The resource's status.
        status: &'e str,
        /// Why.
        reason: &'e str,
        /// More on the status.
        #[serde(skip_serializing_if = "str::is_empty")]
        detail: &'e str,
    },
    /// A quality gate.
    Gate {
        /// The gate.
        #[serde(flatten)]
        gate: &'e Gate,
    },
    /// What a stack gave out.
    Outputs {
        /// The stack's name.
        stack: &'e str,
        /// Names and values.
        outputs: &'e BTreeMap<String, String>,
    },
    /// A finding with its place.
    Finding {
        /// The finding.
        #[serde(flatten)]
        finding: crate::diagnostic::Placed<'e>,
    },
    /// The last line.
    Result {
        /// The exit code.
        exit: u8,
        /// A sentence.
        message: &'e str,
    },
}

/// Whether a status ends an operation well.
#[must_use]
pub fn is_done(status: &str) -> bool {
    ending(status) == Some(Ending::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(id: usize, status: &str) -> StackEvent {
        StackEvent {
            id: id.to_string(),
            physical_id: "arn:s".to_owned(),
            kind: "AWS::CloudFormation::Stack".to_owned(),
            status: status.to_owned(),
            ..StackEvent::default()
        }
    }

    fn resource(id: usize) -> StackEvent {
        StackEvent {
            id: id.to_string(),
            logical_id: format!("R{id}"),
            status: "CREATE_COMPLETE".to_owned(),
            ..StackEvent::default()
        }
    }

    #[test]
    fn no_event_comes_twice_and_no_page_past_the_first_known() {
        let mut all = vec![stack(0, "UPDATE_COMPLETE"), stack(1, "UPDATE_IN_PROGRESS")];
        let mut follower = Follower::new("arn:s", "update", []);
        let mut given = Vec::new();
        for round in 0..100 {
            all.extend((0..100).map(|n| resource(2 + round * 100 + n)));
            if round == 99 {
                all.push(stack(99_999, "UPDATE_COMPLETE"));
            }
            let mut pages = 0;
            for page in all.rchunks(30) {
                pages += 1;
                if !follower.page(page.iter().rev().cloned()) {
                    break;
                }
            }
            assert!(pages <= 5, "{pages} pages in round {round}");
            given.extend(follower.round().into_iter().map(|event| event.id));
        }
        // All but the end of the operation before, in their order.
        let wanted: Vec<String> = all.iter().skip(1).map(|event| event.id.clone()).collect();
        assert_eq!(given, wanted);
        assert_eq!(follower.ended(), Some("UPDATE_COMPLETE"));
    }

    #[test]
    fn the_end_of_an_earlier_operation_is_no_end() {
        let mut follower = Follower::new("arn:s", "update", []);
        assert!(follower.page([stack(1, "CREATE_COMPLETE")]));
        follower.round();
        assert_eq!(follower.ended(), None);
    }
}
