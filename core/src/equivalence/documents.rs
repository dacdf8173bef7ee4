//! Documents of a role whose statements are compared as one list: what else they say is looked at here.
//!
//! Source: IAM User Guide, "Grammar of the IAM JSON policy language" (a document has `Version`, `Id` and `Statement`), and
//! "IAM JSON policy elements: Sid" (unique within a policy).

use super::Proof;
use super::attachments::{Attachment, items};
use super::side::Side;
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::text::Span;
use crate::value::Value;

/// A policy, when it is there, and where it is told.
struct Written {
    cond: Cond,
    what: String,
    name: Option<Value>,
    policy: Value,
    place: (Source, Span),
}

/// Names what IAM does not take of policies that were divided, and was not so in the monolith.
pub(super) fn documents(attached: &[Attachment], [whole, of_iam, of_app]: [&Side<'_>; 3], proof: &mut Proof) {
    let mut roles: Vec<&str> = attached.iter().map(|attachment| attachment.role.as_str()).collect();
    roles.sort_unstable();
    roles.dedup();
    for role in roles {
        let before: Vec<Value> = inline(whole, role).into_iter().map(|(_, policy)| policy).collect();
        let place = of_iam.system.resources.get(role).map_or(Span::at(0), |unit| unit.place);
        let mut written: Vec<Written> = inline(of_iam, role)
            .into_iter()
            .map(|(cond, policy)| Written {
                cond,
                what: format!("an inline policy of `{role}`"),
                name: policy.get("PolicyName").cloned(),
                policy,
                place: (Source::Iam, place),
            })
            .collect();
        for (at, one) in written.iter().enumerate() {
            let twin = written.iter().skip(at + 1).find(|other| {
                let form = of_iam.form();
                let (Some(a), Some(b)) = (&one.name, &other.name) else { return false };
                form.conditions.and(form.conditions.and(one.cond, other.cond), form.equal(a, b))
                    != Cond::NEVER
            });
            // What may be one name in the monolith, too, is its own matter.
            let has = |name: &Option<Value>| {
                before.iter().filter(|own| own.get("PolicyName") == name.as_ref()).count()
            };
            let was_so = twin.is_some_and(|twin| {
                if twin.name == one.name {
                    has(&one.name) > 1
                } else {
                    has(&one.name) > 0 && has(&twin.name) > 0
                }
            });
            if twin.is_some() && !was_so {
                proof.faults.push(fault(
                    one,
                    &format!("two inline policies of `{role}` have, or may have, one name: one overwrites the other"),
                    "give each a name of its own",
                ));
            }
        }
        written.extend(attached.iter().filter(|attachment| attachment.role == role).map(|attachment| {
            Written {
                cond: attachment.cond,
                what: format!("`{}`", attachment.name),
                name: None,
                policy: Value::Map(vec![("PolicyDocument".to_owned(), attachment.document.clone())]),
                place: (
                    Source::App,
                    of_app.system.resources.get(&attachment.name).map_or(Span::at(0), |unit| unit.place),
                ),
            }
        }));
        for one in &written {
            if let Some(why) =
                refused(one, &before, [whole, if one.place.0 == Source::App { of_app } else { of_iam }])
            {
                let message = format!("IAM does not take {}: {why}", one.what);
                proof.faults.push(fault(one, &message, "write it as the monolith has it"));
            }
        }
    }
}

fn fault(one: &Written, message: &str, help: &str) -> Diagnostic {
    let (source, place) = one.place;
    Diagnostic::new(Code::PRF007, message).label(source, place, "this policy").help(help)
}

/// The inline policies of a role, with the conditions on which they are there.
fn inline(side: &Side<'_>, role: &str) -> Vec<(Cond, Value)> {
    let Some(unit) = side.system.resources.get(role) else { return Vec::new() };
    let care = side.exists(unit);
    let list = unit.property("Policies").map(|expr| side.form().value(expr, care));
    list.and_then(|list| items(side, &list, care)).unwrap_or_default()
}

/// Why IAM does not take a policy that the monolith does not have so.
fn refused(one: &Written, before: &[Value], [whole, side]: [&Side<'_>; 2]) -> Option<String> {
    let written = one.policy.get("PolicyDocument")?;
    let is_own = |own: &Value| own.get("PolicyDocument") == Some(written);
    if before.iter().any(is_own) {
        return None;
    }
    let had = |key: &str| {
        let mut found = false;
        let mut look = |part: &Value| found |= part.get(key).is_some();
        before.iter().for_each(|own| {
            look(own);
            own.get("PolicyDocument").into_iter().for_each(|document| {
                whole.form().alternatives(document, Cond::ALWAYS).iter().for_each(|(_, own)| look(own));
            });
        });
        found
    };
    let strange = |value: &Value, known: &[&str]| match value {
        Value::Map(entries) => {
            let mut keys = entries.iter().map(|(key, _)| key.clone());
            keys.find(|key| !known.contains(&key.as_str()) && !had(key))
        }
        _ => None,
    };
    if let Some(key) = strange(&one.policy, &["PolicyName", "PolicyDocument"]) {
        return Some(format!("a policy has no `{key}`"));
    }
    for (cond, document) in side.form().alternatives(written, one.cond) {
        if let Some(key) = strange(&document, &["Version", "Id", "Statement"]) {
            return Some(format!("a policy document has no `{key}`"));
        }
        for sid in twice(side, &document, cond) {
            // What stands twice in a document of the monolith is its own matter.
            let was_so = before.iter().filter_map(|own| own.get("PolicyDocument")).any(|own| {
                whole
                    .form()
                    .alternatives(own, Cond::ALWAYS)
                    .iter()
                    .any(|(cond, own)| twice(whole, own, *cond).contains(&sid))
            });
            if !was_so {
                let shown = sid.as_text().unwrap_or_default();
                return Some(format!("two of its statements have the `Sid` `{shown}`"));
            }
        }
    }
    None
}

/// The `Sid`s that two statements of a document have.
fn twice(side: &Side<'_>, document: &Value, care: Cond) -> Vec<Value> {
    let listed = document.get("Statement").and_then(|list| items(side, list, care)).unwrap_or_default();
    let sids: Vec<(Cond, Value)> = listed
        .into_iter()
        .filter_map(|(cond, statement)| statement.get("Sid").map(|sid| (cond, sid.clone())))
        .filter(|(_, sid)| *sid != Value::Text(String::new()))
        .collect();
    let is_again = |(at, (cond, sid)): &(usize, &(Cond, Value))| {
        sids.iter()
            .skip(at + 1)
            .any(|(other, again)| again == sid && side.form().conditions.and(*cond, *other) != Cond::NEVER)
    };
    sids.iter().enumerate().filter(is_again).map(|(_, (_, sid))| sid.clone()).collect()
}
