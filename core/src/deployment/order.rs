//! In which order the two stacks change, and changes that no order carries out at once.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::Contents;
use super::gate::Live;
use super::pattern::some;
use super::scenario::{Action, Change};
use crate::diagnostic::{Code, Diagnostic};

/// Which stack changes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The IAM stack, as when it is new.
    IamFirst,
    /// The application: it lets go of roles before they are removed.
    AppFirst,
}

/// The IAM resources that the application stack has now: those whose outputs are among its parameters.
#[must_use]
pub fn used(iam: &Live, app: Option<&Live>) -> BTreeSet<String> {
    let Some(app) = app else { return BTreeSet::new() };
    let given: BTreeSet<&String> = app.parameters.values().collect();
    let used = iam.outputs.iter().filter(|(_, value)| given.contains(value));
    used.map(|(name, _)| name.strip_suffix("Arn").unwrap_or(name).to_owned()).collect()
}

/// The order of an update of the IAM stack. A role that goes is let go of by the application first; a
/// role that comes is there first. Both at once, or a role that another takes the place of, need the old
/// one until the application has switched: that is two deployments, or an interruption that is accepted.
/// What the application does not use can go at any time; `used` is `None` where nobody may ask.
///
/// # Errors
/// The finding that says so.
pub fn order(
    changes: &[Change],
    used: Option<&BTreeSet<String>>,
    accept_interruption: bool,
) -> Result<Order, Diagnostic> {
    let names = |wanted: &[Action]| -> Vec<&str> {
        let hit = changes.iter().filter(|change| {
            let counts = wanted == [Action::Add] || used.is_none_or(|used| used.contains(&change.logical_id));
            wanted.contains(&change.action) && is_used(&change.resource_type) && counts
        });
        hit.map(|change| change.logical_id.as_str()).collect()
    };
    let (removed, replaced, added) =
        (names(&[Action::Remove]), names(&[Action::Replace, Action::MayReplace]), names(&[Action::Add]));
    if !accept_interruption {
        if !replaced.is_empty() {
            return Err(Diagnostic::new(
                Code::DPL013,
                format!("the update replaces {}: the application would run on without it", some(&replaced)),
            )
            .help("in two deployments: add the new one under another logical id and let the application use it, then remove the old one")
            .help("or accept a short disruption: --accept-interruption"));
        }
        if !removed.is_empty() && !added.is_empty() {
            return Err(Diagnostic::new(
                Code::DPL013,
                format!(
                    "the update removes {} and adds {}: no order serves both",
                    some(&removed),
                    some(&added)
                ),
            )
            .help("in two deployments: first with the old ones still in the IAM template, then without them")
            .help("or accept a short disruption: --accept-interruption"));
        }
    }
    let app_first = !removed.is_empty() && added.is_empty() && replaced.is_empty();
    Ok(if app_first { Order::AppFirst } else { Order::IamFirst })
}

/// Whether the application can depend on a resource of a type: an inline policy is part of its role.
fn is_used(kind: &str) -> bool {
    crate::facts::iam_type(kind).is_none_or(|row| row.arn != crate::facts::ArnFrom::Nothing)
}

/// The values of two-phase parameters that the application stack's outputs give.
#[must_use]
pub fn two_phase(iam: &Contents, app: Option<&Live>) -> BTreeMap<String, String> {
    let Some(mark) = &iam.mark else { return BTreeMap::new() };
    let value = |(parameter, output): (&String, &String)| {
        Some((parameter.clone(), app?.outputs.get(output)?.clone()))
    };
    mark.two_phase.iter().filter_map(value).collect()
}

/// Whether the IAM stack must be updated once more: a two-phase value is not the one that it has.
#[must_use]
pub fn second_phase(iam: &Contents, live_iam: &Live, live_app: &Live) -> bool {
    two_phase(iam, Some(live_app)).iter().any(|(name, value)| live_iam.parameters.get(name) != Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(action: Action, kind: &str) -> Change {
        Change {
            action,
            logical_id: format!("{action:?}"),
            resource_type: kind.to_owned(),
            because: Vec::new(),
            values: Vec::new(),
        }
    }

    #[test]
    fn a_role_is_let_go_of_before_it_goes() {
        const ROLE: &str = "AWS::IAM::Role";
        let of = |actions: &[Action]| {
            let changes: Vec<Change> = actions.iter().map(|action| change(*action, ROLE)).collect();
            order(&changes, None, false)
        };
        assert_eq!(of(&[Action::Add, Action::Modify]), Ok(Order::IamFirst));
        assert_eq!(of(&[Action::Remove, Action::Modify]), Ok(Order::AppFirst));
        assert_eq!(of(&[Action::Remove, Action::Add]).unwrap_err().code, Code::DPL013);
        assert_eq!(of(&[Action::Replace]).unwrap_err().code, Code::DPL013);
        // What the application does not have may go at once.
        let both = [change(Action::Replace, ROLE), change(Action::Remove, ROLE), change(Action::Add, ROLE)];
        assert_eq!(order(&both, Some(&BTreeSet::new()), false), Ok(Order::IamFirst));
        assert_eq!(order(&[change(Action::Replace, ROLE)], None, true), Ok(Order::IamFirst));
        assert_eq!(
            order(&[change(Action::Remove, "AWS::IAM::RolePolicy")], None, false),
            Ok(Order::IamFirst)
        );
    }
}
