//! What is wide on a card, and why that is to be looked at.

use super::escalation::METHODS;
use super::{Card, Flag, Grant, Item, Weight, trust};
use crate::policy::action_matches;
use crate::text::counted;

/// AWS's policies that hand out nearly everything.
/// Source: AWS Managed Policy Reference Guide.
const BROAD: [(&str, Weight, &str); 3] = [
    ("AdministratorAccess", Weight::Grave, "everything on everything"),
    ("IAMFullAccess", Weight::Grave, "all of IAM, and so everything"),
    ("PowerUserAccess", Weight::Grave, "everything but IAM"),
];

/// Puts the flags on a card, the gravest first.
pub(super) fn flags(card: &mut Card) {
    let mut found = std::mem::take(&mut card.flags);
    for grant in &card.trust {
        found.extend(trust::flags(grant));
    }
    for policy in &card.managed {
        let broad = BROAD.iter().find(|(name, ..)| policy.text.contains(name));
        let full =
            policy.text.contains("FullAccess").then_some(&("", Weight::High, "everything of a service"));
        if let Some((_, weight, why)) = broad.or(full) {
            let text = format!("`{policy}` allows {why}");
            found.push(Flag {
                weight: *weight,
                text,
                policy: String::new(),
                part: card.part,
                line: card.line,
            });
        }
    }
    let allowed: Vec<&Grant> = card.grants.iter().filter(|grant| grant.effect != "Deny").collect();
    for grant in &allowed {
        found.extend(of_grant(grant));
    }
    if !allowed.iter().any(|grant| is_all(grant)) {
        let bounded = card.boundary.is_some();
        found.extend(ways(&allowed, bounded));
    }
    let mut unique: Vec<Flag> = Vec::with_capacity(found.len());
    for flag in found {
        if !unique.contains(&flag) {
            unique.push(flag);
        }
    }
    unique.sort_by_key(|flag| (std::cmp::Reverse(flag.weight), flag.part, flag.line));
    card.flags = unique;
}

fn flag(weight: Weight, text: String, grant: &Grant) -> Flag {
    Flag { weight, text, policy: grant.policy.clone(), part: grant.part, line: grant.line }
}

/// The known ways to more, together for each statement.
fn ways(allowed: &[&Grant], bounded: bool) -> Vec<Flag> {
    let mut by_grant: Vec<(&Grant, Weight, Vec<String>)> = Vec::new();
    for method in &METHODS {
        // Of the statements that allow an action the one that reaches furthest counts.
        let by = |action: &&str| {
            let mut grants = allowed.iter().filter(|grant| allows(grant, action)).copied();
            let first = grants.clone().next();
            grants.find(|grant| is_wide(grant)).or(first)
        };
        let grants: Option<Vec<&Grant>> = method.actions.iter().map(by).collect();
        let Some(grants) = grants else { continue };
        let Some(last) = grants.last().copied() else { continue };
        let weight = if grants.iter().all(|grant| is_wide(grant)) { Weight::Grave } else { Weight::High };
        let actions: Vec<String> = method.actions.iter().map(|action| format!("`{action}`")).collect();
        let way = format!("{} {}", actions.join(" and "), method.gives);
        match by_grant.iter_mut().find(|(grant, other, _)| std::ptr::eq(*grant, last) && *other == weight) {
            Some((.., ways)) => ways.push(way),
            None => by_grant.push((last, weight, vec![way])),
        }
    }
    let told = |(grant, weight, ways): (&Grant, Weight, Vec<String>)| {
        let noun = if ways.len() == 1 { "a way to more" } else { "ways to more" };
        let within = if is_wide(grant) { String::new() } else { format!(", on {}", listed(&grant.targets)) };
        let bounded = if bounded { ", within the boundary" } else { "" };
        flag(weight, format!("{noun}: {}{within}{bounded}", ways.join("; ")), grant)
    };
    by_grant.into_iter().map(told).collect()
}

/// Whether a statement reaches what nobody named.
fn is_wide(grant: &Grant) -> bool {
    grant.not_targets
        || grant.targets.iter().any(|target| target.text == "*" || target.text.ends_with([':', '/', '*']))
}

fn of_grant(grant: &Grant) -> Vec<Flag> {
    let flag = |weight, text: String| flag(weight, text, grant);
    let mut found = Vec::new();
    if grant.not_targets && grant.targets.iter().any(|target| target.text == "*") {
        let text = format!(
            "allows {} on nothing (`NotResource: '*'`): what replaces it decides",
            listed(&grant.actions)
        );
        return vec![flag(Weight::Wide, text)];
    }
    let everywhere = !grant.not_targets && grant.targets.iter().any(|target| target.text == "*");
    let on = if everywhere { " on everything" } else { "" };
    if grant.effect != "Allow" {
        found
            .push(flag(Weight::High, format!("whether it allows or denies is computed: `{}`", grant.effect)));
    }
    let computed: Vec<Item> =
        grant.actions.iter().filter(|action| action.text.starts_with('!')).cloned().collect();
    if !computed.is_empty() {
        found.push(flag(
            Weight::High,
            format!("which actions it allows, a value decides: {}", listed(&computed)),
        ));
    }
    if grant.not_actions {
        let but = listed(&grant.actions);
        found.push(flag(Weight::Grave, format!("allows every action{on} but {but} (`NotAction`)")));
    } else if grant.actions.iter().any(|action| action.text == "*") {
        let weight = if everywhere || grant.not_targets { Weight::Grave } else { Weight::High };
        found.push(flag(weight, format!("allows every action{on}")));
    } else {
        let services: Vec<Item> =
            grant.actions.iter().filter(|action| action.text.ends_with(":*")).cloned().collect();
        if !services.is_empty() {
            found.push(flag(Weight::High, format!("allows {}{on}", listed(&services))));
        }
        let passes = grant.actions.iter().any(|action| action_matches(&action.text, "iam:PassRole"));
        let limited =
            grant.conditions.iter().any(|line| line.to_ascii_lowercase().contains("iam:passedtoservice"));
        if passes && !limited {
            let text = format!("passes roles{on} to any service: no condition on `iam:PassedToService`");
            found.push(flag(if everywhere { Weight::Grave } else { Weight::High }, text));
        }
        if everywhere {
            let some = counted(grant.actions.len(), "action");
            found.push(flag(
                Weight::Wide,
                format!("allows {some} on everything (`Resource: '*'`): {}", listed(&grant.actions)),
            ));
        }
    }
    if grant.not_targets {
        found.push(flag(
            Weight::High,
            format!("reaches every resource but {} (`NotResource`)", listed(&grant.targets)),
        ));
    }
    found
}

/// Whether a statement allows everything on everything, whatever else stands.
fn is_all(grant: &Grant) -> bool {
    let has = |list: &[Item]| list.iter().any(|item| item.text == "*");
    has(&grant.actions) && has(&grant.targets) && !grant.not_actions && !grant.not_targets
}

fn allows(grant: &Grant, action: &str) -> bool {
    grant.actions.iter().any(|pattern| action_matches(&pattern.text, action)) != grant.not_actions
}

/// `a`, `b` and 3 more
fn listed(items: &[Item]) -> String {
    const MOST: usize = 3;
    let shown: Vec<String> = items.iter().take(MOST).map(|item| format!("`{item}`")).collect();
    match items.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
