//! What an update changes, and which of the specification's scenarios that is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::contents::Contents;
use super::outputs;
use super::parameters::{Parameters, Passed};
use super::pattern::some;
use super::value::HIDDEN;

/// What a change set does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Add,
    /// It is changed in place.
    Modify,
    /// It may be replaced: CloudFormation cannot tell before it runs.
    MayReplace,
    /// A new one takes its place.
    Replace,
    /// It goes.
    Remove,
    /// It is taken over or given up without being touched.
    Other,
}

impl Action {
    /// The action of a resource change of CloudFormation.
    ///
    /// Source: CloudFormation API reference, data type `ResourceChange`.
    #[must_use]
    pub fn of(action: &str, replacement: &str) -> Self {
        match (action, replacement) {
            ("Add", _) => Self::Add,
            ("Remove", _) => Self::Remove,
            ("Modify", "True") => Self::Replace,
            ("Modify", "Conditional") => Self::MayReplace,
            ("Modify", _) => Self::Modify,
            _ => Self::Other,
        }
    }

    /// The sign and the word for people.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Add => ("+", "add"),
            Self::Modify => ("~", "modify"),
            Self::MayReplace => ("?", "may be replaced"),
            Self::Replace => ("!", "replace"),
            Self::Remove => ("-", "remove"),
            Self::Other => ("=", "other"),
        }
    }
}

/// A resource that a change set touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What happens.
    pub action: Action,
    /// The resource's logical id.
    pub logical_id: String,
    /// The resource's type.
    pub resource_type: String,
    /// The properties and attributes that change.
    pub because: Vec<String>,
    /// The values that change, where CloudFormation tells them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<PropertyValue>,
}

/// A value of a resource that changes. CloudFormation masks those of `NoEcho` parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyValue {
    /// Where: `/Properties/Policies/0/PolicyDocument`.
    pub path: String,
    /// As it is.
    pub before: Option<String>,
    /// As it is to be.
    pub after: Option<String>,
}

/// A parameter whose value changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterChange {
    /// Its name.
    pub name: String,
    /// The value before; `None` where it is new.
    pub before: Option<String>,
    /// The value after; `None` where it goes.
    pub after: Option<String>,
}

/// The parameters that change; secrets without their values. A secret that is passed anew counts as a
/// change, since nobody can read the old one.
#[must_use]
pub fn parameter_changes(
    before: &BTreeMap<String, String>,
    after: &Parameters,
    contents: &Contents,
) -> Vec<ParameterChange> {
    let mut changes = Vec::new();
    for (name, declared) in &contents.parameters {
        let old = before.get(name);
        let new = match after.get(name) {
            Some(Passed::Previous) => continue,
            Some(Passed::Value(value)) => value.expose(),
            None => declared.default.as_deref().unwrap_or_default(),
        };
        if old.is_some_and(|old| old == new) || (old.is_none() && !after.contains_key(name)) {
            continue;
        }
        let hidden =
            declared.no_echo || matches!(after.get(name), Some(Passed::Value(value)) if value.is_hidden());
        let shown = |text: &str| if hidden { HIDDEN.to_owned() } else { text.to_owned() };
        changes.push(ParameterChange {
            name: name.clone(),
            before: old.map(|old| shown(old)),
            after: Some(shown(new)),
        });
    }
    let gone = before.iter().filter(|(name, _)| !contents.parameters.contains_key(*name));
    changes.extend(gone.map(|(name, value)| ParameterChange {
        name: name.clone(),
        before: Some(value.clone()),
        after: None,
    }));
    changes
}

/// The update scenarios of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Scenario {
    /// IAM changes in place.
    A,
    /// IAM resources are replaced: their ARNs change.
    B,
    /// The application changes, IAM does not.
    C,
    /// Values of the infrastructure change.
    D,
}

impl Scenario {
    /// Its name in the specification.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "IAM stack update (policy changes)",
            Self::B => "IAM stack update (resource replacement)",
            Self::C => "application stack update (no IAM changes)",
            Self::D => "infrastructure update",
        }
    }
}

/// A scenario that an update is, with what it means for those who use the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Which.
    pub scenario: Scenario,
    /// What it means here: true of what is added, removed, replaced or hidden.
    pub impact: String,
}

/// What is to be known to name the scenarios of an update.
#[derive(Clone, Debug, Default)]
pub struct Update<'u> {
    /// Changes of the IAM stack.
    pub iam: &'u [Change],
    /// Whether nothing at all happens to the IAM stack: no resource, and neither parameters, outputs nor tags.
    pub iam_rests: bool,
    /// Whether the application's template differs from the one that is deployed.
    pub app_template: bool,
    /// Whether anything at all changes in the application stack.
    pub app: bool,
    /// The application's parameters that change.
    pub app_parameters: &'u [ParameterChange],
    /// Parameters that the IAM stack fills.
    pub from_iam: BTreeSet<&'u str>,
    /// Parameters that come from the infrastructure.
    pub infrastructure: BTreeSet<&'u str>,
}

/// The scenarios of an update: several where it is several things at once, none where nothing changes, or outputs
/// and tags alone.
#[must_use]
pub fn scenarios(update: &Update<'_>) -> Vec<Told> {
    let named = |wanted: Action| -> Vec<&str> {
        let hit = update.iam.iter().filter(|change| change.action == wanted);
        hit.map(|change| change.logical_id.as_str()).collect()
    };
    let mut list = Vec::new();
    let mut tell = |scenario, parts: Vec<String>| list.push(Told { scenario, impact: parts.join("; ") });
    let (changed, added) = (named(Action::Modify), named(Action::Add));
    if !changed.is_empty() || !added.is_empty() {
        let mut parts = Vec::new();
        if !changed.is_empty() {
            parts.push("policies change in place and ARNs stay: no downtime of the application".to_owned());
        }
        if !added.is_empty() {
            parts.push(format!("{} is added, which disturbs nothing", some(&added)));
        }
        tell(Scenario::A, parts);
    }
    let (replaced, may_be, removed) =
        (named(Action::Replace), named(Action::MayReplace), named(Action::Remove));
    let from_iam = |change: &&ParameterChange| update.from_iam.contains(change.name.as_str());
    let new_arns = update.app_parameters.iter().filter(from_iam).any(|change| change.before.is_some());
    if !replaced.is_empty() || !may_be.is_empty() || !removed.is_empty() || new_arns {
        let mut parts = Vec::new();
        if !replaced.is_empty() || new_arns {
            parts.push("new ARNs go to the application stack, whose services restart with them: a short disruption is possible".to_owned());
        }
        if !may_be.is_empty() {
            parts.push(format!(
                "whether {} is replaced, and gets a new ARN, shows only when the update runs: a short disruption is possible",
                some(&may_be)
            ));
        }
        if !removed.is_empty() {
            parts.push(format!("{} goes: what still uses it is refused from then on", some(&removed)));
        }
        tell(Scenario::B, parts);
    }
    // Whether a secret that is passed anew is another one nobody can tell.
    let hidden = |change: &&ParameterChange| change.before.as_deref() == Some(HIDDEN);
    let infrastructure = |change: &&ParameterChange| update.infrastructure.contains(change.name.as_str());
    let told = |of: &dyn Fn(&&ParameterChange) -> bool| {
        update.app_parameters.iter().any(|change| of(&change) && !hidden(&change))
    };
    let unknown = |of: &dyn Fn(&&ParameterChange) -> bool| -> Option<String> {
        let names: Vec<&str> = update
            .app_parameters
            .iter()
            .filter(|change| of(change) && hidden(change))
            .map(|change| change.name.as_str())
            .collect();
        (update.app && !names.is_empty()).then(|| {
            format!("{} is passed again, hidden: whether its value is another cannot be told", some(&names))
        })
    };
    let other = |change: &&ParameterChange| !infrastructure(change) && !from_iam(change);
    if update.app_template || told(&other) || unknown(&other).is_some() {
        let mut parts = vec![if update.iam_rests {
            "depends on the changed resources; the IAM stack is not touched".to_owned()
        } else {
            "depends on the changed resources".to_owned()
        }];
        parts.extend(unknown(&other));
        tell(Scenario::C, parts);
    }
    if told(&infrastructure) || unknown(&infrastructure).is_some() {
        let mut parts = Vec::new();
        if told(&infrastructure) {
            parts.push(
                "new values go to the application stack: a significant downtime is possible".to_owned(),
            );
        }
        parts.extend(unknown(&infrastructure));
        tell(Scenario::D, parts);
    }
    list
}

/// The resources of which a value is to become another one than was planned, where both say it. What was not known yet in
/// the plan, and what CloudFormation or the plan hides, is not compared.
#[must_use]
pub fn others<'c>(planned: &'c [Change], would: &[Change]) -> BTreeSet<&'c str> {
    let open = |text: &str| text.contains(UNKNOWN) || text.contains(HIDDEN) || text.contains("****");
    let is_other = |one: &&Change| {
        let same =
            would.iter().find(|other| other.action == one.action && other.logical_id == one.logical_id);
        let values = same.map(|same| same.values.as_slice()).unwrap_or_default();
        one.values.iter().any(|value| {
            let (Some(now), Some(after)) =
                (values.iter().find(|now| now.path == value.path), value.after.as_deref())
            else {
                return false;
            };
            now.after.as_deref().is_some_and(|now| now != after && !open(now) && !open(after))
        })
    };
    planned.iter().filter(is_other).map(|one| one.logical_id.as_str()).collect()
}

/// Stand-ins for ARNs that are not known before the IAM stack was deployed, by output.
#[must_use]
pub fn unknown_arns(
    iam: &Contents,
    app: &Contents,
    partition: &str,
    only: impl Fn(&str) -> bool,
) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for (output, declared) in iam.outputs.iter().filter(|(name, _)| only(name)) {
        let Some(parameter) = outputs::parameter_of(output, app) else { continue };
        let noun = declared.arn_of.as_deref().and_then(crate::facts::iam_type).map(|row| row.arn_noun);
        let value = match noun {
            Some(noun) => format!("arn:{partition}:iam::000000000000:{noun}/{UNKNOWN}"),
            None => UNKNOWN.to_owned(),
        };
        values.insert(parameter.to_owned(), value);
    }
    values
}

/// What stands for a name that is not known yet.
pub const UNKNOWN: &str = "not-known-yet";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_iam_stack_is_said_to_rest_only_where_nothing_happens_to_it() {
        for (iam_rests, said) in [(true, true), (false, false)] {
            let update = Update { app: true, app_template: true, iam_rests, ..Update::default() };
            let told = scenarios(&update);
            assert_eq!(told[0].impact.contains("the IAM stack is not touched"), said, "{told:?}");
        }
    }

    #[test]
    fn a_value_that_becomes_another_one_than_was_planned_is_found() {
        let with = |after: &str| {
            let mut change = change(Action::Modify);
            change[0].values =
                vec![PropertyValue { path: "/P".to_owned(), before: None, after: Some(after.to_owned()) }];
            change
        };
        assert_eq!(others(&with("a"), &with("b")), BTreeSet::from(["R"]));
        assert!(others(&with("a"), &with("a")).is_empty());
        // Not known in the plan, or hidden.
        assert!(others(&with("arn:aws:iam::000000000000:role/not-known-yet"), &with("b")).is_empty());
        assert!(others(&with("****"), &with("b")).is_empty());
        assert!(others(&with("a"), &change(Action::Modify)).is_empty());
    }

    fn change(action: Action) -> Vec<Change> {
        vec![Change {
            action,
            logical_id: "R".to_owned(),
            resource_type: String::new(),
            because: Vec::new(),
            values: Vec::new(),
        }]
    }

    fn parameter(name: &str) -> ParameterChange {
        ParameterChange { name: name.to_owned(), before: Some("a".to_owned()), after: Some("b".to_owned()) }
    }

    fn names(update: &Update<'_>) -> Vec<Scenario> {
        scenarios(update).into_iter().map(|told| told.scenario).collect()
    }

    #[test]
    fn scenarios_have_the_names_of_the_specification() {
        let update = Update { app: true, ..Update::default() };
        assert_eq!(names(&update), []);
        assert_eq!(names(&Update { iam: &change(Action::Modify), ..update.clone() }), [Scenario::A]);
        assert_eq!(names(&Update { iam: &change(Action::Replace), ..update.clone() }), [Scenario::B]);
        assert_eq!(names(&Update { app_template: true, ..update.clone() }), [Scenario::C]);
        let parameters = [parameter("Vpc"), parameter("Role")];
        let (from_iam, infrastructure) = (BTreeSet::from(["Role"]), BTreeSet::from(["Vpc"]));
        let update = Update { app_parameters: &parameters, from_iam, infrastructure, ..update };
        assert_eq!(names(&update), [Scenario::B, Scenario::D]);
    }

    #[test]
    fn what_is_said_is_true_of_what_comes_and_goes() {
        let both = [change(Action::Add), change(Action::Remove)].concat();
        let said = scenarios(&Update { iam: &both, app_template: true, ..Update::default() });
        let impact =
            |scenario| said.iter().find(|told| told.scenario == scenario).map(|told| told.impact.as_str());
        assert_eq!(impact(Scenario::A), Some("`R` is added, which disturbs nothing"));
        assert_eq!(impact(Scenario::B), Some("`R` goes: what still uses it is refused from then on"));
        assert_eq!(impact(Scenario::C), Some("depends on the changed resources"));
        // A secret that is passed again is a change for CloudFormation alone.
        let hidden = [ParameterChange { before: Some(HIDDEN.to_owned()), ..parameter("Password") }];
        let update = Update { app_parameters: &hidden, ..Update::default() };
        assert_eq!(scenarios(&update), []);
        let said = scenarios(&Update { app: true, ..update });
        assert!(
            said[0].scenario == Scenario::C && said[0].impact.contains("`Password` is passed again, hidden")
        );
    }
}
