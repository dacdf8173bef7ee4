//! Inline policies of a role that stand in the application template: which statements the role has in all.

use std::collections::BTreeMap;

use super::Proof;
use super::creation::{Permission, called};
use super::side::Side;
use super::system::{System, Unit};
use super::walk::Walk;
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::text::Span;
use crate::value::Value;

/// A policy of the application template that only the pair has, for a moved role.
pub(super) struct Attachment {
    /// Its logical id.
    pub(super) name: String,
    pub(super) role: String,
    /// When it exists.
    pub(super) cond: Cond,
    policy_name: Value,
    pub(super) document: Value,
}

impl Attachment {
    /// What its statements permit.
    pub(super) fn permissions(&self) -> Vec<Permission> {
        Permission::all(&self.name, &self.document)
    }
}

/// A statement, when it counts, and what it says with its document's version.
type Guarded = (Cond, Value);

/// Inline policies of one role that only the application template has. What else only it has is a fault.
pub(super) fn attachments(
    monolith: &System<'_>,
    iam: &System<'_>,
    app: &Side<'_>,
    proof: &mut Proof,
) -> Vec<Attachment> {
    let mut found = Vec::new();
    for (name, unit) in &app.system.resources {
        if monolith.resources.contains_key(name) {
            continue;
        }
        let cond = app.exists(unit);
        let property = |name: &str| unit.property(name).map(|expr| app.form().value(expr, cond));
        // The same call makes either. Source: IAM API Reference, `PutRolePolicy`.
        let of = match (unit.kind(), property("Roles")) {
            ("AWS::IAM::RolePolicy", None) => property("RoleName"),
            ("AWS::IAM::Policy", Some(Value::List(mut roles))) if roles.len() == 1 => roles.pop(),
            _ => None,
        };
        match (of, property("PolicyName"), property("PolicyDocument")) {
            (Some(role), Some(policy_name), Some(document))
                if is_only_policy(unit)
                    && let Some(role) = only_role(app, &role, cond)
                    && iam.resources.contains_key(&role) =>
            {
                proof.attached.push((role.clone(), name.clone()));
                found.push(Attachment { name: name.clone(), role, cond, policy_name, document });
            }
            _ => proof.faults.push(
                Diagnostic::new(Code::PRF004, format!("the monolith has no resource `{name}`"))
                    .label(Source::App, unit.place, "only the application template has it")
                    .help("remove it, or compare with the monolith that the pair was made of"),
            ),
        }
    }
    found
}

/// The role that a name is of, wherever the policy exists.
fn only_role(app: &Side<'_>, role: &Value, cond: Cond) -> Option<String> {
    let mut names = app.form().alternatives(role, cond).into_iter().filter_map(|(_, value)| match value {
        Value::Impossible => None,
        Value::Ref(name) => Some(Some(name)),
        _ => Some(None),
    });
    let first = names.next()??;
    names.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

/// Whether it has no attribute and no property that says more than what the policy is.
fn is_only_policy(unit: &Unit) -> bool {
    let crate::expression::Expr::Map(entries) = &unit.expr else { return false };
    entries.iter().all(|(key, value)| match (key.as_str(), value) {
        ("Properties", crate::expression::Expr::Map(properties)) => properties
            .iter()
            .all(|(name, _)| matches!(name.as_str(), "RoleName" | "Roles" | "PolicyName" | "PolicyDocument")),
        (key, _) => matches!(key, "Type" | "Condition" | "DependsOn" | "Metadata"),
    })
}

/// Compares the statements of a role with those of its inline policies and of what is attached.
pub(super) fn compare(
    walk: &mut Walk<'_, '_>,
    before: &mut Value,
    after: &mut Value,
    attached: &[&Attachment],
    app: &Side<'_>,
    care: Cond,
) {
    let form = walk.whole.form();
    let wanted = policies(before).map(|policies| flatten(walk.whole, &policies, care));
    let given = policies(after).map(|policies| flatten(walk.whole, &policies, care));
    let (Some(Some(wanted)), Some(Some(mut given))) = (wanted, given) else {
        walk.fault(&["Properties".to_owned(), "Policies".to_owned()], &Value::Absent, &Value::Absent);
        return;
    };
    for attachment in attached {
        for (cond, statement) in document(app, &attachment.document, attachment.cond)
            .unwrap_or_else(|| vec![(attachment.cond, attachment.document.clone())])
        {
            let effects = form.alternatives(statement.get("Effect").unwrap_or(&Value::Absent), cond);
            if effects.iter().any(|(_, effect)| *effect != Value::Text("Allow".to_owned())) {
                walk.faults += 1;
                walk.proof.faults.push(
                    Diagnostic::new(
                        Code::PRF006,
                        format!(
                            "the IAM stack alone: `{}` lacks a statement that denies, or may deny",
                            attachment.role
                        ),
                    )
                    .label(
                        Source::App,
                        app.system.resources.get(&attachment.name).map_or(walk.place, |unit| unit.place),
                        "until this policy stands, nothing is denied",
                    )
                    .help("leave a `Deny` with its role"),
                );
            }
            given.push((cond, statement));
        }
    }
    // What is the same is taken away; what is left differs, one by one.
    let mut rest = Vec::new();
    for (cond, statement) in wanted {
        match given.iter().position(|other| *other == (cond, statement.clone())) {
            Some(at) => {
                given.remove(at);
            }
            None => rest.push((cond, statement)),
        }
    }
    let mut path = vec!["Properties".to_owned(), "Policies".to_owned(), String::new()];
    for (number, (cond, statement)) in rest.iter().enumerate() {
        *path.last_mut().unwrap_or(&mut String::new()) = number.to_string();
        match given.iter().position(|(other, _)| other == cond) {
            Some(at) => {
                let (_, other) = given.remove(at);
                walk.compare(&mut path.clone(), statement, &other, *cond);
            }
            None => walk.fault(&path, statement, &Value::Absent),
        }
    }
    for (_, statement) in given {
        walk.fault(&path, &Value::Absent, &statement);
    }
    take_policies(before);
    take_policies(after);
}

fn policies(role: &Value) -> Option<Value> {
    let properties = role.get("Properties")?;
    Some(properties.get("Policies").cloned().unwrap_or(Value::List(Vec::new())))
}

fn take_policies(role: &mut Value) {
    if let Value::Map(entries) = role
        && let Some((_, Value::Map(properties))) = entries.iter_mut().find(|(key, _)| key == "Properties")
    {
        properties.retain(|(key, _)| key != "Policies");
    }
}

/// The statements of a list of policies; `None` where it is not understood.
fn flatten(side: &Side<'_>, policies: &Value, care: Cond) -> Option<Vec<Guarded>> {
    let mut found = Vec::new();
    for (cond, policy) in items(side, policies, care)? {
        match policy.get("PolicyDocument") {
            Some(written) => found.extend(document(side, written, cond)?),
            // Nothing that IAM takes: it stands for itself.
            None => found.push((cond, policy)),
        }
    }
    Some(found)
}

/// The statements of a document, each with its version.
fn document(side: &Side<'_>, document: &Value, care: Cond) -> Option<Vec<Guarded>> {
    let mut found = Vec::new();
    for (cond, document) in side.form().alternatives(document, care) {
        if document == Value::Impossible {
            continue;
        }
        let version = document.get("Version").cloned().unwrap_or(Value::Text("2008-10-17".to_owned()));
        let statements = document.get("Statement").cloned().unwrap_or(Value::Absent);
        let mut listed = Vec::new();
        // One statement may stand without a list.
        for (cond, statements) in side.form().alternatives(&statements, cond) {
            match statements {
                Value::Map(_) => listed.push((cond, statements)),
                other => listed.extend(items(side, &other, cond)?),
            }
        }
        for (cond, statement) in listed {
            let Value::Map(mut entries) = statement else { return None };
            entries.push(("Version".to_owned(), version.clone()));
            entries.sort();
            found.push((cond, Value::Map(entries)));
        }
    }
    Some(found)
}

/// The items of a list, with the conditions on which they are there.
pub(super) fn items(side: &Side<'_>, list: &Value, care: Cond) -> Option<Vec<Guarded>> {
    let mut found = Vec::new();
    for (cond, list) in side.form().alternatives(list, care) {
        match list {
            Value::Absent | Value::Impossible => {}
            Value::List(items) => {
                for item in items {
                    let present = side.form().alternatives(&item, cond).into_iter();
                    found.extend(
                        present.filter(|(_, item)| !matches!(item, Value::Absent | Value::Impossible)),
                    );
                }
            }
            _ => return None,
        }
    }
    Some(found)
}

/// Names of inline policies on one role: two of a name are one policy, the later one.
pub(super) fn names(attached: &[Attachment], [whole, of_iam, of_app]: [&Side<'_>; 3], proof: &mut Proof) {
    let mut roles: BTreeMap<&str, Vec<&Attachment>> = BTreeMap::new();
    attached.iter().for_each(|attachment| roles.entry(&attachment.role).or_default().push(attachment));
    for (role, attachments) in roles {
        let mut known: Vec<(Cond, Value, String)> = Vec::new();
        let unit = of_iam.system.resources.get(role);
        let care = unit.map_or(Cond::ALWAYS, |unit| of_iam.exists(unit));
        let inline = unit.and_then(|unit| unit.property("Policies"));
        let inline = inline.map(|expr| of_iam.form().value(expr, care));
        for (cond, policy) in inline.and_then(|list| items(of_iam, &list, care)).unwrap_or_default() {
            if let Some(name) = policy.get("PolicyName") {
                known.push((cond, name.clone(), format!("an inline policy of `{role}`")));
            }
        }
        // What the monolith attaches by a resource of its own stays attached.
        for (name, unit) in &whole.system.resources {
            if !matches!(unit.kind(), "AWS::IAM::RolePolicy" | "AWS::IAM::Policy") {
                continue;
            }
            let cond = whole.exists(unit);
            let of = unit.property("RoleName").or_else(|| unit.property("Roles"));
            let of = of.map(|expr| whole.form().value(expr, cond));
            let mut names_role = false;
            if let Some(of) = &of {
                of.walk(&mut |part| names_role |= *part == Value::Ref(role.to_owned()));
                let items = match of {
                    Value::List(items) => items.as_slice(),
                    one => std::slice::from_ref(one),
                };
                names_role |= items.iter().any(|item| {
                    called(item, of_iam, &|kind| kind == "AWS::IAM::Role").iter().any(|name| name == role)
                });
            }
            if let Some(policy) = unit.property("PolicyName").filter(|_| names_role) {
                known.push((cond, whole.form().value(policy, cond), format!("the policy `{name}`")));
            }
        }
        let of_monolith = whole.system.resources.get(role).and_then(|unit| unit.property("Policies"));
        let of_monolith = of_monolith.map(|expr| whole.form().value(expr, care));
        let of_monolith = of_monolith.and_then(|list| items(whole, &list, care)).unwrap_or_default();
        for attachment in attachments {
            let form = of_app.form();
            // A policy that went as a whole has its name as in the monolith, and clashes or not as there.
            let name = &attachment.policy_name;
            let is_monoliths = of_monolith.iter().any(|(_, policy)| policy.get("PolicyName") == Some(name))
                && !known.iter().any(|(_, other, _)| other == name);
            let clash = known.iter().find(|(cond, name, _)| {
                let both = form.conditions.and(*cond, attachment.cond);
                form.conditions.and(both, form.equal(name, &attachment.policy_name)) != Cond::NEVER
            });
            let clash = clash.map(|(_, _, what)| what.clone());
            if let Some(what) = clash.filter(|_| !is_monoliths) {
                let place = of_app.system.resources.get(&attachment.name);
                proof.faults.push(
                    Diagnostic::new(
                        Code::PRF001,
                        format!(
                            "`{}` has, or may have, the name of {what}: one overwrites the other",
                            attachment.name
                        ),
                    )
                    .label(Source::App, place.map_or(Span::at(0), |unit| unit.place), "this policy")
                    .help("give it a `PolicyName` that no other inline policy of the role has"),
                );
            }
            if let Some(why) = no_name(whole, attachment) {
                let place = of_app.system.resources.get(&attachment.name);
                proof.faults.push(
                    Diagnostic::new(
                        Code::PRF007,
                        format!("the application cannot be created: the name of `{}` {why}", attachment.name),
                    )
                    .label(Source::App, place.map_or(Span::at(0), |unit| unit.place), "this policy")
                    .help("give it a `PolicyName` of letters, digits and `+=,.@_-`, 128 at most"),
                );
            }
            known.push((attachment.cond, attachment.policy_name.clone(), format!("`{}`", attachment.name)));
        }
    }
}

/// Why IAM does not take the name of an attached policy. A name that the role's own policy had is the monolith's.
///
/// Source: IAM API Reference, `PutRolePolicy`, parameter `PolicyName`: `[\w+=,.@-]+`, 1 to 128 characters.
fn no_name(whole: &Side<'_>, attachment: &Attachment) -> Option<String> {
    let name = &attachment.policy_name;
    let role = whole.system.resources.get(&attachment.role);
    let own = role.and_then(|unit| unit.property("Policies"));
    let mut is_own = false;
    if let Some(own) = own {
        whole
            .form()
            .value(own, Cond::ALWAYS)
            .walk(&mut |part| is_own |= part.get("PolicyName") == Some(name));
    }
    if is_own {
        return None;
    }
    let parts = match name {
        Value::Concat(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let texts: Vec<String> = parts.iter().filter_map(Value::as_text).collect();
    let is_odd = |letter: char| !(letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter));
    if texts.iter().any(|text| text.chars().any(is_odd)) {
        return Some("has characters that IAM does not take".to_owned());
    }
    let length: usize = texts.iter().map(String::len).sum();
    if length > 128 {
        return Some(format!("has {length} characters"));
    }
    (length == 0).then(|| "may be empty".to_owned())
}
