//! The states of a stack: what may be done in each, and how an operation ended.

use super::names::Which;

/// What may be done with a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// It does not exist: it is created.
    Absent,
    /// It holds nothing but a change set that was never run: it is created through a change set.
    Empty,
    /// It stands: it is updated.
    Ready,
    /// An operation is under way: it is waited for.
    Busy,
    /// It must be put right first.
    Blocked(Blocked),
}

/// Why nothing can be done with a stack but what its help says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Its creation failed: it can only be deleted.
    NeverCreated,
    /// Its update failed, and going back failed too.
    HalfWay,
    /// Its deletion failed.
    HalfDeleted,
}

/// The situation of a stack by its status; `None` where there is no stack.
///
/// Source: CloudFormation User Guide, "Stack status codes".
#[must_use]
pub fn situation(status: Option<&str>) -> Situation {
    match status {
        None | Some("DELETE_COMPLETE") => Situation::Absent,
        Some("REVIEW_IN_PROGRESS") => Situation::Empty,
        Some(status) if status.ends_with("_IN_PROGRESS") => Situation::Busy,
        Some("ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED") => {
            Situation::Blocked(Blocked::NeverCreated)
        }
        Some("UPDATE_ROLLBACK_FAILED" | "IMPORT_ROLLBACK_FAILED") => Situation::Blocked(Blocked::HalfWay),
        Some("DELETE_FAILED") => Situation::Blocked(Blocked::HalfDeleted),
        Some(_) => Situation::Ready,
    }
}

impl Blocked {
    /// The way out.
    #[must_use]
    pub fn help(self, which: Which, stack: &str) -> String {
        let target = match which {
            Which::Iam => "iam",
            Which::App => "app",
        };
        match self {
            Self::NeverCreated => format!(
                "a stack whose creation failed can only be deleted: `iam-split deploy --recreate` deletes it and creates it again, `iam-split delete {target}` deletes it"
            ),
            Self::HalfWay => format!(
                "put right what the events of `{stack}` name, then `iam-split rollback {target} --continue`"
            ),
            Self::HalfDeleted => {
                format!("put right what the events name, then `iam-split delete {target}`, and deploy again")
            }
        }
    }
}

/// How an operation on a stack ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It did what was asked.
    Done,
    /// It failed: the status says what remains.
    Failed,
}

/// The end that a status tells; `None` while the operation goes on.
#[must_use]
pub fn ending(status: &str) -> Option<Ending> {
    match status {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "DELETE_COMPLETE" | "IMPORT_COMPLETE" => Some(Ending::Done),
        status if status.ends_with("_IN_PROGRESS") => None,
        _ => Some(Ending::Failed),
    }
}

/// What a failed operation leaves behind.
#[must_use]
pub fn remains(status: &str) -> &'static str {
    match status {
        "ROLLBACK_COMPLETE" => "what was created is gone again; the empty stack remains",
        "UPDATE_ROLLBACK_COMPLETE" => "the update did not happen: the stack is as it was before",
        "CREATE_FAILED" => "what was created remains, to be looked at",
        "DELETE_COMPLETE" => "what was created is gone again, and so is the stack",
        "DELETE_FAILED" => "some resources could not be deleted and remain",
        "UPDATE_FAILED" => "the update stopped half way",
        _ => "the stack must be put right by hand",
    }
}

/// Whether a stack stands in a state that the quality gates admit.
#[must_use]
pub fn is_good(status: &str) -> bool {
    matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE")
}

/// Whether a failure comes from IAM's delay: a role exists before it can be assumed, and for some
/// seconds services refuse it. The same call succeeds later.
///
/// Source: IAM User Guide, "Troubleshoot IAM": changes are not always immediately visible; the texts are
/// those of Lambda, ECS, Firehose, Step Functions and S3.
#[must_use]
pub fn is_propagation(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    [
        "cannot be assumed",
        "unable to assume role",
        "unable to assume the role",
        "unable to assume the provided role",
        "is not authorized to assume",
        "invalid principal in policy",
    ]
    .iter()
    .any(|text| reason.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_situation() {
        for (status, wanted) in [
            ("CREATE_COMPLETE", Situation::Ready),
            ("UPDATE_ROLLBACK_COMPLETE", Situation::Ready),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Situation::Busy),
            ("REVIEW_IN_PROGRESS", Situation::Empty),
            ("ROLLBACK_COMPLETE", Situation::Blocked(Blocked::NeverCreated)),
            ("UPDATE_ROLLBACK_FAILED", Situation::Blocked(Blocked::HalfWay)),
            ("DELETE_FAILED", Situation::Blocked(Blocked::HalfDeleted)),
        ] {
            assert_eq!(situation(Some(status)), wanted, "{status}");
        }
        assert_eq!(situation(None), Situation::Absent);
    }

    #[test]
    fn a_rollback_is_a_failure() {
        assert_eq!(ending("ROLLBACK_COMPLETE"), Some(Ending::Failed));
        assert_eq!(ending("UPDATE_ROLLBACK_COMPLETE"), Some(Ending::Failed));
        assert_eq!(ending("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), None);
        assert_eq!(ending("DELETE_COMPLETE"), Some(Ending::Done));
    }
}
