//! Policies as a whole: several in one, and one that is too long in several.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

/// Characters of a managed policy, without white space.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas", "IAM and STS character limits".
pub const LIMIT: usize = 6_144;

/// The characters of a policy as IAM counts them: white space is not counted.
#[must_use]
pub fn size(policy: &Json) -> usize {
    policy.to_string().chars().filter(|one| !one.is_whitespace()).count()
}

/// A policy in several, each of which can be attached: what they allow together is what it allows.
#[must_use]
pub fn parts(policy: &Json) -> Vec<Json> {
    let whole = |statements: &[Json]| json!({"Version": "2012-10-17", "Statement": statements});
    if size(policy) <= LIMIT {
        return vec![policy.clone()];
    }
    let mut rest: Vec<Json> = policy.get("Statement").and_then(Json::as_array).cloned().unwrap_or_default();
    rest.reverse();
    let (mut parts, mut part) = (Vec::new(), Vec::new());
    while let Some(statement) = rest.pop() {
        if size(&whole(std::slice::from_ref(&statement))) > LIMIT
            && let Some((first, second)) = halves(&statement)
        {
            rest.extend([second, first]);
            continue;
        }
        part.push(statement);
        if size(&whole(&part)) > LIMIT
            && part.len() > 1
            && let Some(last) = part.pop()
        {
            parts.push(whole(&part));
            part = vec![last];
        }
    }
    parts.push(whole(&part));
    parts
}

/// A statement as two: half of its resources each, or half of its actions.
fn halves(statement: &Json) -> Option<(Json, Json)> {
    let key = ["Resource", "Action"].into_iter().find(|key| list(statement, key).len() > 1)?;
    let all = list(statement, key);
    let (first, second) = all.split_at(all.len() / 2);
    let with = |some: &[String], more: &str| {
        let mut one = statement.clone();
        if let Some(fields) = one.as_object_mut() {
            fields.insert(key.to_owned(), json!(some));
            let sid = fields.get("Sid").and_then(Json::as_str).unwrap_or_default();
            fields.insert("Sid".to_owned(), json!(format!("{sid}{more}")));
        }
        one
    };
    Some((with(first, "a"), with(second, "b")))
}

/// A field's texts, whether it is one or a list.
fn list(statement: &Json, key: &str) -> Vec<String> {
    match statement.get(key) {
        Some(Json::String(one)) => vec![one.clone()],
        Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Statements that differ in nothing but their resources, or in nothing but their actions, as one each; no two with one
/// name.
pub(crate) fn merged(statements: Vec<Json>) -> Vec<Json> {
    let mut all = by(by(statements, "Resource"), "Action");
    let mut names = BTreeSet::new();
    for statement in &mut all {
        let sid = statement.get("Sid").and_then(Json::as_str).unwrap_or_default().to_owned();
        let mut name = sid.clone();
        let mut at = 2;
        while !names.insert(name.clone()) {
            name = format!(
                "{sid}{}{at}",
                if sid.ends_with(|last: char| last.is_ascii_digit()) { "x" } else { "" }
            );
            at += 1;
        }
        if let Some(fields) = statement.as_object_mut() {
            fields.insert("Sid".to_owned(), json!(name));
        }
    }
    all
}

/// Statements that are the same but for one field, as one with what stands in the field of each.
fn by(statements: Vec<Json>, key: &str) -> Vec<Json> {
    let rest = |statement: &Json| {
        let other = if key == "Action" { "Resource" } else { "Action" };
        let condition = statement.get("Condition").map(Json::to_string);
        let effect = statement.get("Effect").map(Json::to_string);
        (effect, condition, list(statement, other).into_iter().collect::<BTreeSet<_>>())
    };
    let mut result: Vec<Json> = Vec::new();
    for statement in statements {
        let same = rest(&statement);
        match result.iter_mut().find(|one| rest(one) == same) {
            Some(one) => {
                let united: BTreeSet<String> =
                    list(one, key).into_iter().chain(list(&statement, key)).collect();
                if let Some(fields) = one.as_object_mut() {
                    fields.insert(key.to_owned(), json!(united));
                }
            }
            None => result.push(statement),
        }
    }
    result
}
