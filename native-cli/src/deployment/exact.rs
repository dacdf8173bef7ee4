//! What was shown and agreed to, and that nothing else runs.

use std::collections::BTreeSet;

use iam_split_core::deployment::same::is_same;
use iam_split_core::deployment::scenario::{Action, Change, others};
use iam_split_core::deployment::state::{Situation, situation};
use iam_split_core::diagnostic::Code;

use super::Deployment;
use crate::aws::changeset::{self, ChangeSet};
use crate::aws::stack::{self, Spec};
use crate::exit::{Exit, Failure};

/// What was shown and agreed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Approved {
    /// What the change set did.
    pub(crate) changes: Vec<Change>,
    /// The stack's id, and when it was last changed; `None` where there was none.
    pub(crate) standing: Option<(String, String)>,
}

/// Refuses to run a change set that is not what was read and approved, or whose stack is no longer what it was then.
pub(super) async fn exact(
    deployment: &Deployment,
    spec: &Spec,
    set: &ChangeSet,
    approved: Option<&Approved>,
) -> Result<(), Failure> {
    let live = changeset::template(&deployment.aws, set, &spec.name).await?;
    if !is_same(&spec.text, &live) {
        return Err(Failure::new(format!(
            "the stack `{}` would get another {} template than the one that was read here",
            spec.name,
            spec.which.noun()
        ))
        .code(Code::DPL021)
        .exit(Exit::Refused)
        .help("nothing was changed")
        .note(Code::DPL021.explanation().recovery));
    }
    let Some(approved) = approved else { return Ok(()) };
    let help = "nothing was changed in this stack; make a new plan, and have it approved";
    let stands = stack::describe(&deployment.aws, &spec.name).await?;
    let stands =
        stands.filter(|live| !matches!(situation(Some(&live.status)), Situation::Absent | Situation::Empty));
    if stands.map(|live| (live.id, live.changed)) != approved.standing {
        return Err(Failure::new(format!("the stack `{}` was changed since it was planned", spec.name))
            .code(Code::DPL018)
            .exit(Exit::Refused)
            .help(help));
    }
    let of = |changes: &[Change]| -> BTreeSet<(Action, String, String)> {
        let one = |change: &Change| (change.action, change.logical_id.clone(), change.resource_type.clone());
        changes.iter().map(one).collect()
    };
    let (wanted, would) = (of(&approved.changes), of(&set.changes));
    let mut odd: Vec<String> =
        wanted.symmetric_difference(&would).map(|(_, name, _)| format!("`{name}`")).collect();
    odd.extend(others(&approved.changes, &set.changes).into_iter().map(|name| format!("`{name}`")));
    odd.sort();
    odd.dedup();
    if odd.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "this is not what was planned: something else would happen to {}",
        odd.join(", ")
    ))
    .code(Code::DPL018)
    .exit(Exit::Refused)
    .help(help))
}
