//! Who may assume a role: what of that is wide.

use super::{Flag, Grant, Weight};
use crate::roles::flag::names_some;
use crate::roles::told::listed;

/// The flags of a statement of a trust policy.
pub(super) fn flags(grant: &Grant) -> Vec<Flag> {
    if grant.effect == "Deny" {
        return Vec::new();
    }
    let flag = |weight, text: String| Flag {
        weight,
        text,
        policy: String::new(),
        part: grant.part,
        line: grant.line,
    };
    let mut found = Vec::new();
    let bare = grant.conditions.is_empty();
    let held = if bare { "" } else { ", where its conditions hold" };
    if grant.not_targets {
        let text = format!("everyone but {} may assume it{held} (`NotPrincipal`)", listed(&grant.targets));
        return vec![flag(Weight::Grave, text)];
    }
    let mut accounts: Vec<(String, &str)> = Vec::new();
    for target in &grant.targets {
        let target = target.text.as_str();
        let (kind, who) = target.split_once(' ').unwrap_or(("", target));
        match kind {
            _ if target == "*" || (kind == "AWS" && who == "*") => {
                let weight = if bare { Weight::Grave } else { Weight::High };
                found.push(flag(weight, format!("anyone may assume it{held}")));
            }
            "Federated" => found.extend(federated(who, grant).map(|(weight, text)| flag(weight, text))),
            "AWS" | "" => match account(who) {
                Whose::Written(number) => accounts.push((number, who)),
                Whose::Unknown => {
                    found.push(flag(
                        Weight::High,
                        format!("`{who}` may assume it: who that is, a value decides"),
                    ));
                }
                Whose::Own => {}
            },
            _ => {}
        }
    }
    let mut numbers: Vec<&String> = accounts.iter().map(|(number, _)| number).collect();
    numbers.sort();
    numbers.dedup();
    for number in numbers {
        let of_it: Vec<&str> =
            accounts.iter().filter(|(other, _)| other == number).map(|(_, who)| *who).collect();
        let whole = of_it.iter().any(|who| who.ends_with(":root") || *who == number);
        let who = match of_it.as_slice() {
            _ if whole => format!("all of {number}"),
            [one] => format!("`{one}`"),
            many => format!("{} of {number}", crate::text::counted(many.len(), "principal")),
        };
        let external =
            grant.conditions.iter().any(|line| line.to_ascii_lowercase().contains("sts:externalid"));
        let id = if external || !bare { "" } else { "; nothing else is asked of them (`sts:ExternalId`)" };
        found.push(flag(
            Weight::Grave,
            format!("another account, unless the stack is in it: {who} may assume it{held}{id}"),
        ));
    }
    found
}

/// A web identity without a condition on who it is stands for all that its provider signs in.
/// Source: IAM User Guide, "Creating a role for OpenID Connect federation".
fn federated(who: &str, grant: &Grant) -> Option<(Weight, String)> {
    let has = |ending: &str| grant.conditions.iter().any(|line| names_some(line, ending));
    let saml = who.to_ascii_lowercase().contains("saml");
    let cognito = who == "cognito-identity.amazonaws.com";
    let guests =
        grant.conditions.iter().any(|line| line.contains(":amr") && line.contains("unauthenticated"));
    if cognito && guests {
        return Some((
            Weight::High,
            format!("federated: guests of `{who}` may assume it, who sign in nowhere"),
        ));
    }
    let known =
        has(":sub") || has(":amr") || has(":aud") && (saml || cognito) || saml && has(":namequalifier");
    if grant.conditions.is_empty() {
        return Some((Weight::Grave, format!("federated: all that `{who}` signs in may assume it")));
    }
    (!known).then(|| {
        (Weight::High, format!("federated: `{who}` signs them in, and no condition says which (`:sub`)"))
    })
}

/// Whose a principal is.
enum Whose {
    /// Of the account that the stack is in.
    Own,
    /// Of an account that is written out.
    Written(String),
    /// A value decides.
    Unknown,
}

fn account(who: &str) -> Whose {
    let is_number = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    // What stands where the account of an ARN does; or the whole.
    let plain = who.strip_prefix("!Sub ").map_or(who, |text| text.trim_matches('\''));
    let part = plain.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3));
    // The variables of a `Sub` have colons of their own: they are not taken apart.
    let folded = plain.replace("AWS::", "AWS.");
    let part =
        part.and(folded.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3))).unwrap_or(&folded);
    match part {
        "${AWS.AccountId}" | "!Ref AWS.AccountId" | "AWS.AccountId" => Whose::Own,
        number if is_number(number) => Whose::Written(number.to_owned()),
        _ if who.strip_prefix("!GetAtt ").is_some_and(|rest| rest.ends_with(".Arn")) => Whose::Own,
        _ => Whose::Unknown,
    }
}
