//! Who assumes a role: what principals look like, what a request tells of them, and what they call.

use super::condition::Held;
use super::glob::{Glob, Token};

/// What the context holds under a key that tells of the principal, where a trust policy's target is one: a user or a role.
/// Of a session it is the role, whose path its ARN does not tell.
/// Source: IAM User Guide, "AWS global condition context keys", `aws:PrincipalArn`, `aws:PrincipalAccount`.
pub(super) fn of_principal(key: &str, target: &str) -> Option<String> {
    let arn = target.strip_prefix("AWS:")?;
    let mut parts = arn.split(':');
    let (sign, service, account) = (parts.next()?, parts.nth(1)?, parts.nth(1)?);
    let is_account = account.chars().count() == 12;
    let is_federated =
        service == "sts" && parts.next().is_some_and(|rest| rest.starts_with("federated-user/"));
    match key {
        "aws:principalarn" if sign == "arn" && is_federated => Some(arn.to_owned()),
        "aws:principalarn" if sign == "arn" && service == "iam" => Some(arn.to_owned()),
        "aws:principalaccount" if sign == "arn" && is_account => Some(account.to_owned()),
        _ => None,
    }
}

/// Where a trust policy's target is a session and the key tells of its role by the ARN: partition, account and the role's name, where
/// the session tells it.
pub(super) fn session_of<'t>(key: &str, target: &'t str) -> Option<(&'t str, &'t str, Option<&'t str>)> {
    let arn = target.strip_prefix("AWS:").filter(|_| key == "aws:principalarn")?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "sts", _, account, name] = parts.as_slice() else { return None };
    let role = name.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
    Some((partition, account, role))
}

/// Of values of `aws:PrincipalArn` those that a session can have: of its account and of its role, in whatever path.
pub(super) fn of_session(
    held: &[Held],
    (partition, account, role): &(&str, &str, Option<&str>),
) -> Vec<Held> {
    let usual = format!("arn:{partition}:iam::{account}:role/{}", role.unwrap_or("x"));
    let as_its_own = |value: &String| {
        let parts: Vec<&str> = value.splitn(6, ':').collect();
        let ["arn", _, "iam", _, of, name] = parts.as_slice() else { return None };
        let (path, _) = name.strip_prefix("role/").filter(|_| of == account).and(name.rsplit_once('/'))?;
        Some(match role {
            Some(role) => format!("arn:{partition}:iam::{account}:{path}/{role}"),
            None => value.clone(),
        })
    };
    let values = held.iter().filter_map(|held| match held {
        Held::Values(values) => values.first().and_then(as_its_own),
        Held::Absent => None,
    });
    let mut values: Vec<String> = values.chain([usual]).collect();
    values.sort();
    values.dedup();
    values.into_iter().map(|value| Held::Values(vec![value])).collect()
}

/// What is called to assume a role.
pub(super) const ASSUMING: [&str; 6] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
];

/// Whether a principal may call an action that a trust policy is asked about: identities of providers assume by their own
/// ones, all others by `AssumeRole`.
///
/// Source: STS API Reference, `AssumeRole`, `AssumeRoleWithSAML`, `AssumeRoleWithWebIdentity`; IAM User Guide, "Roles terms and
/// concepts": a trust policy is about assuming the role.
pub(super) fn calls(principal: &str, action: &str) -> bool {
    let is_federated = principal.starts_with("Federated:");
    let is_saml = principal.contains(":saml-provider/");
    match action.to_lowercase().as_str() {
        "sts:assumerole" => !is_federated,
        "sts:assumerolewithsaml" => is_federated && (is_saml || !principal.contains(":oidc-provider/")),
        "sts:assumerolewithwebidentity" => is_federated && !is_saml,
        // Others have no role as their resource, or are nobody's.
        other => ASSUMING.contains(&other),
    }
}

/// The principals of which such a key has a value.
pub(super) fn principals(key: &str, value: &Glob) -> Vec<Glob> {
    match key {
        "aws:principalarn" => vec![[chars("AWS:"), value.clone()].concat()],
        "aws:principalaccount" => {
            // An account is one part of an ARN.
            let part = |token: &Token| match token {
                Token::Any => Token::AnyInPart,
                Token::One => Token::OneInPart,
                other => *other,
            };
            let account: Glob = value.iter().map(part).collect();
            [":iam::", ":sts::"].map(|service| of_account(service, &account)).to_vec()
        }
        _ => Vec::new(),
    }
}

pub(super) fn chars(text: &str) -> Glob {
    text.chars().map(Token::Char).collect()
}

/// Users, roles or sessions of an account.
fn of_account(service: &str, account: &[Token]) -> Glob {
    let end = [Token::Char(':'), Token::One, Token::Any];
    let start = [chars("AWS:arn:"), vec![Token::OneInPart, Token::AnyInPart], chars(service)].concat();
    [start.as_slice(), account, &end].concat()
}

/// What principals look like: users, roles and their sessions, services, identities of providers.
/// Source: IAM User Guide, "AWS JSON policy elements: Principal".
pub(super) fn of_principals() -> Vec<Glob> {
    let account = [Token::OneInPart; 12];
    let mut list = [":iam::", ":sts::"].map(|service| of_account(service, &account)).to_vec();
    let kinds = ["Service:", "Federated:", "CanonicalUser:"];
    list.extend(kinds.map(|kind| [chars(kind), vec![Token::One, Token::Any]].concat()));
    list
}
