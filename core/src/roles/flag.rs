//! What is wide on a card, and why that is to be looked at.

use super::escalation::METHODS;
use super::{Card, Flag, Grant, Item, Weight, trust};
use crate::policy::action_matches;
use crate::text::counted;

/// AWS's policies that hand out much, by their whole names.
/// Source: AWS Managed Policy Reference Guide.
const BROAD: [(&str, Weight, &str); 14] = [
    ("AdministratorAccess", Weight::Grave, "everything on everything"),
    ("IAMFullAccess", Weight::Grave, "all of IAM, and so everything"),
    ("PowerUserAccess", Weight::Grave, "everything but IAM"),
    ("AdministratorAccess-Amplify", Weight::High, "much of many services, and to pass roles"),
    ("AdministratorAccess-AWSElasticBeanstalk", Weight::High, "much of many services, and to pass roles"),
    ("AWSSSOMasterAccountAdministrator", Weight::Grave, "permission sets of every account"),
    ("AWSSSOMemberAccountAdministrator", Weight::High, "much of IAM Identity Center"),
    ("ReadOnlyAccess", Weight::High, "to read everything, data as well"),
    ("SystemAdministrator", Weight::High, "much of many services, and to pass roles"),
    ("DatabaseAdministrator", Weight::High, "much of many services, and to pass roles"),
    ("DataScientist", Weight::High, "much of many services, and to pass roles"),
    ("NetworkAdministrator", Weight::High, "much of the network, and to pass roles"),
    ("AmazonEC2RoleforSSM", Weight::High, "to read and write every object of S3"),
    ("SecretsManagerReadWrite", Weight::High, "to read every secret"),
];

/// AWS's policies that allow what every function, task or trace needs, and no more.
/// Source: AWS Managed Policy Reference Guide.
const NARROW: [&str; 6] = [
    "AWSDenyAll",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AmazonECSTaskExecutionRolePolicy",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
];

/// A policy's name without its path.
fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Puts the flags on a card, the gravest first.
pub(super) fn flags(card: &mut Card) {
    let mut found = std::mem::take(&mut card.flags);
    for grant in &card.trust {
        found.extend(trust::flags(grant));
    }
    for policy in &card.managed {
        let mut tell = |weight: Weight, text: String| {
            found.push(Flag { weight, text, policy: String::new(), part: card.part, line: card.line });
        };
        let broad = BROAD.iter().find(|(name, ..)| policy.text == *name);
        let full =
            policy.text.ends_with("FullAccess").then_some(&("", Weight::High, "everything of a service"));
        if let Some((_, weight, why)) = broad.or(full) {
            tell(*weight, format!("`{policy}` allows {why}"));
        } else if policy.text.starts_with('!') {
            tell(Weight::High, format!("which managed policy it has, a value decides: `{policy}`"));
        } else if policy.text.contains(':') {
            tell(Weight::Wide, format!("`{policy}` is not in the template: what it allows is not known"));
        } else if !NARROW.contains(&last_part(&policy.text)) {
            tell(
                Weight::Wide,
                format!("`{policy}` is not seen here: what this policy of AWS's allows is not known"),
            );
        }
    }
    let allowed: Vec<&Grant> = card.grants.iter().filter(|grant| grant.effect != "Deny").collect();
    for grant in &allowed {
        found.extend(of_grant(grant));
    }
    if !allowed.iter().any(|grant| is_all(grant)) {
        let bounded = card.boundary.is_some();
        let reaching: Vec<&Grant> = allowed.iter().copied().filter(|grant| !reaches_nothing(grant)).collect();
        found.extend(ways(&reaching, bounded));
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
    for method in METHODS {
        // Of the statements that allow an action the one that reaches furthest counts.
        let by = |action: &&str| {
            let mut grants = allowed.iter().filter(|grant| allows(grant, action)).copied();
            let first = grants.clone().next();
            grants.find(|grant| is_wide(grant)).or(first)
        };
        let grants: Option<Vec<&Grant>> = method.actions.iter().map(by).collect();
        let Some(grants) = grants else { continue };
        let Some(last) = grants.last().copied() else { continue };
        let is_wide = grants.iter().all(|grant| is_wide(grant));
        if method.wide_only && !is_wide {
            continue;
        }
        let weight = if is_wide { Weight::Grave } else { Weight::High };
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

/// `NotResource: '*'`
fn reaches_nothing(grant: &Grant) -> bool {
    grant.not_targets
        && grant.targets.iter().any(|target| is_everything(&target.text) && target.only_if.is_empty())
}

fn of_grant(grant: &Grant) -> Vec<Flag> {
    let flag = |weight, text: String| flag(weight, text, grant);
    let mut found = Vec::new();
    // What it allows is not read, and that is said where it was read.
    if grant.actions.is_empty() {
        return found;
    }
    if reaches_nothing(grant) {
        let text = format!(
            "allows {} on nothing (`NotResource: '*'`): what replaces it decides",
            listed(&grant.actions)
        );
        return vec![flag(Weight::Wide, text)];
    }
    let everywhere = !grant.not_targets && grant.targets.iter().any(|target| is_everything(&target.text));
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
    } else if grant.actions.iter().any(|action| is_every_action(&action.text)) {
        let weight = if everywhere || grant.not_targets { Weight::Grave } else { Weight::High };
        found.push(flag(weight, format!("allows every action{on}")));
    } else {
        let services: Vec<Item> =
            grant.actions.iter().filter(|action| is_service(&action.text)).cloned().collect();
        if !services.is_empty() {
            found.push(flag(Weight::High, format!("allows {}{on}", listed(&services))));
        }
        let passes = grant.actions.iter().any(|action| action_matches(&action.text, "iam:PassRole"));
        let limited = grant.conditions.iter().any(|line| names_some(line, "iam:passedtoservice"));
        if passes && !limited {
            let text = format!("passes roles{on} to any service: no condition on `iam:PassedToService`");
            found.push(flag(if everywhere { Weight::Grave } else { Weight::High }, text));
        }
        let some = counted(grant.actions.len(), "action");
        let every: Vec<Item> =
            grant.targets.iter().filter(|target| is_of_service(&target.text)).cloned().collect();
        if everywhere {
            let written: Vec<Item> =
                grant.targets.iter().filter(|target| is_everything(&target.text)).cloned().collect();
            let written = match written.as_slice() {
                [one] if one.text == "*" && one.only_if.is_empty() => "`Resource: '*'`".to_owned(),
                several => listed(several),
            };
            found.push(flag(
                Weight::Wide,
                format!("allows {some} on everything ({written}): {}", listed(&grant.actions)),
            ));
        } else if !every.is_empty() && !grant.not_targets {
            found.push(flag(
                Weight::Wide,
                format!(
                    "allows {some} on all that a service has ({}): {}",
                    listed(&every),
                    listed(&grant.actions)
                ),
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
    let actions = grant.actions.iter().any(|action| is_every_action(&action.text));
    let targets = grant.targets.iter().any(|target| is_everything(&target.text));
    actions && targets && !grant.not_actions && !grant.not_targets
}

/// `*`, `**`, `?*`, `*:*`: what stands for every action. Actions that have nothing in common but that they are actions
/// tell: whoever matches all of them names none.
pub(crate) fn is_every_action(text: &str) -> bool {
    const SOME: [&str; 6] = ["q:chat", "s3:getobject", "iam:createuser", "ec2:x", "kms:decrypt", "a4b:zoo"];
    text.contains('*') && SOME.iter().all(|action| action_matches(text, action))
}

/// `s3:*`, `s3:?*`: every action of a service.
fn is_service(text: &str) -> bool {
    let Some((service, name)) = text.split_once(':') else { return false };
    !service.contains(['*', '?']) && name.contains('*') && name.chars().all(|c| matches!(c, '*' | '?'))
}

/// `*`, `**`, `?*`, `arn:*`, `arn:aws:*`, `arn:*:*:*`, `arn:${AWS::Partition}:*`: what stands for every resource. ARNs that
/// have nothing in common but that they are ARNs tell.
pub(crate) fn is_everything(text: &str) -> bool {
    const SOME: [&str; 6] = [
        "arn:aws:s3:::b",
        "arn:aws:ec2:eu-west-1:123456789012:instance/i-0",
        "arn:aws:kms:us-east-1:000000000000:key/z",
        "arn:aws:iam::123456789012:role/q",
        "arn:aws:sqs:ap-south-1:987654321098:w",
        "arn:aws:sns:ca-west-1:555555555555:y:u",
    ];
    let text = text.strip_prefix("!Sub ").map_or(text, |sub| sub.trim_matches(['\'', '"']));
    let text = text.replace("${AWS::Partition}", "aws");
    text.contains('*') && SOME.iter().all(|arn| action_matches(&text, arn))
}

/// `arn:aws:s3:::*`: every resource of a service.
fn is_of_service(text: &str) -> bool {
    let mut parts = text.splitn(4, ':');
    let (sign, service, rest) = (parts.next(), parts.nth(1), parts.next());
    let is_open = |rest: &str| rest.contains('*') && rest.chars().all(|c| matches!(c, '*' | ':' | '/' | '-'));
    sign == Some("arn") && service.is_some_and(|name| !name.contains('*')) && rest.is_some_and(is_open)
}

/// Whether a condition, as it is written, asks for some values of a key: not for others than some, not for any, and not
/// only where the key is there. Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
pub(super) fn names_some(line: &str, key: &str) -> bool {
    let Some((head, values)) = line.split_once(" = ") else { return false };
    let Some((operator, of)) = head.split_once(' ') else { return false };
    let bare = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
    let asks =
        ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"].contains(&bare);
    let of = of.to_ascii_lowercase();
    if !asks || !(of == key || key.starts_with(':') && of.ends_with(key)) {
        return false;
    }
    let is_pattern = bare.ends_with("Like") || bare == "ArnEquals";
    !is_pattern || values.split(" or ").all(names_one)
}

/// Whether a pattern says something before its first wildcard, apart from what every such value begins with.
/// Source: GitHub Docs, "OpenID Connect reference"; GitLab Docs, "OpenID Connect in AWS"; EKS User Guide, "IAM roles for
/// service accounts".
fn names_one(value: &str) -> bool {
    let begins = ["repo:", "project_path:", "organization:", "org:", "system:serviceaccount:", "workspace:"];
    let rest = begins.iter().find_map(|begin| value.strip_prefix(begin)).unwrap_or(value);
    !rest.starts_with(['*', '?', '/', ':'])
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
