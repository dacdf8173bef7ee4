//! The IAM stack alone: what must exist exists, and until a value comes nothing more is allowed and nothing less denied.

use std::collections::BTreeMap;

use super::Proof;
use super::creation::Permission;
use super::side::Side;
use super::system::Unit;
use super::walk::{Statement, bare, shown};
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::expression::Expr;
use crate::facts::{NamedBy, TRUST, dynamic_references, makes_elsewhere, must_exist};
use crate::plan::{Resolver, may_wait, tries_nothing};
use crate::text::Span;
use crate::value::Value;

/// Checks the IAM stack before the application stands. Returns the permissions that come later.
pub(super) fn alone(
    whole: &Side<'_>,
    both: &Side<'_>,
    alone: Option<&Side<'_>>,
    resolver: &Resolver<'_, '_, '_>,
    proof: &mut Proof,
) -> Vec<Permission> {
    existence(whole, both, resolver, proof);
    let mut later = Vec::new();
    let Some(alone) = alone else { return later };
    for (name, unit) in &both.system.resources {
        let (then, now) = (both.exists(unit), alone.exists(unit));
        let mut walk =
            Walk { name, unit, whole, statement: None, statement_value: None, later: &mut later, proof };
        if then != now {
            walk.fault(&[], "it exists on another condition until the value comes");
        }
        let (after, before) = (both.resource(unit, then), alone.resource(unit, now));
        walk.compare(&mut Vec::new(), &after, &before, then);
    }
    later
}

/// Two forms of one resource of the IAM template: once the values are there, and before.
struct Walk<'w, 'p> {
    name: &'w str,
    unit: &'w Unit,
    whole: &'w Side<'p>,
    statement: Option<Statement>,
    statement_value: Option<Value>,
    later: &'w mut Vec<Permission>,
    proof: &'w mut Proof,
}

impl Walk<'_, '_> {
    fn compare(&mut self, path: &mut Vec<String>, then: &Value, now: &Value, care: Cond) {
        if then == now || care == Cond::NEVER {
            return;
        }
        let outer = (self.statement.clone(), self.statement_value.clone());
        if let Some(statement) = Statement::of(then, path) {
            self.statement = Some(statement);
            self.statement_value = Some(then.clone());
        }
        match (then, now) {
            (Value::Choice(_), _) | (_, Value::Choice(_)) => {
                for (cond, then, now) in self.whole.form().pairs(then, now, care) {
                    self.compare(path, &then, &now, cond);
                }
            }
            (Value::Impossible, _) => {}
            (Value::Map(a), Value::Map(b)) => {
                let keys: std::collections::BTreeSet<&String> =
                    a.iter().chain(b).map(|(key, _)| key).collect();
                for key in keys {
                    let value = |map: &Value| map.get(key).cloned().unwrap_or(Value::Absent);
                    path.push(key.clone());
                    self.compare(path, &value(then), &value(now), care);
                    path.pop();
                }
            }
            (Value::List(a), Value::List(b)) => self.lists(path, a, b, care),
            _ => self.leaf(path, then, now),
        }
        (self.statement, self.statement_value) = outer;
    }

    fn lists(&mut self, path: &mut Vec<String>, then: &[Value], now: &[Value], care: Cond) {
        if then.len() == now.len() {
            for (at, (then, now)) in then.iter().zip(now).enumerate() {
                path.push(at.to_string());
                self.compare(path, then, now, care);
                path.pop();
            }
            return;
        }
        // Statements that wait as wholes: what is there now is there then, and what is missing allows.
        let missing: Vec<&Value> = then.iter().filter(|item| !now.contains(item)).collect();
        let is_subset = now.iter().all(|item| then.contains(item)) && !now.is_empty();
        let allows = |item: &&Value| item.get("Effect") == Some(&Value::Text("Allow".to_owned()));
        if is_subset && missing.iter().all(allows) && !path.iter().any(|step| step == TRUST) {
            for item in missing {
                let target = item.get("Resource").cloned().unwrap_or(Value::Absent);
                self.comes_later(item, target);
            }
        } else {
            self.fault(path, "until the value comes, the list is another");
        }
    }

    fn leaf(&mut self, path: &[String], then: &Value, now: &Value) {
        let trusts = path.iter().any(|step| step == TRUST);
        let Some(statement) = self.statement.clone().filter(|_| !trusts || self.is_of_people()) else {
            self.fault(path, "nothing that comes later can stand here");
            return;
        };
        let mut steps = statement.element(path);
        let element = if steps.is_empty() { "" } else { steps.remove(0) };
        steps.reverse();
        match statement.effect.as_deref() {
            Some("Allow") => {}
            _ => {
                self.fault(path, "until the value comes, less is denied");
                return;
            }
        }
        let is_bounded = match element {
            "Resource" => !trusts,
            "Condition" => steps.last().is_some_and(|operator| may_wait(operator)),
            _ => false,
        };
        if !is_bounded || !is_nothing(now, then, element == "Resource") {
            let why = format!("until the value comes, `{}` stands here", shown(now, self.whole));
            self.fault(path, &why);
            return;
        }
        // Who may assume a role is no permission that a service checks of it.
        if let Some(statement) = self.statement_value.clone().filter(|_| !trusts) {
            self.comes_later(&statement, then.clone());
        }
    }

    /// Whether a statement of a trust policy lets in nobody who tries when a resource is created: no service.
    fn is_of_people(&self) -> bool {
        let principal = self.statement_value.as_ref().and_then(|statement| statement.get("Principal"));
        matches!(principal, Some(Value::Map(kinds)) if kinds.iter().all(|(kind, _)| tries_nothing(kind)))
    }

    fn comes_later(&mut self, statement: &Value, target: Value) {
        self.later.push(Permission::of(self.name, statement, target));
    }

    fn fault(&mut self, path: &[String], why: &str) {
        let place = if path.is_empty() { String::new() } else { format!(" in `{}`", path.join(".")) };
        self.proof.faults.push(
            Diagnostic::new(
                Code::PRF006,
                format!(
                    "the IAM stack alone: `{}` is not safe{place} while a two-phase value is empty",
                    self.name
                ),
            )
            .label(Source::Iam, self.unit.place, why)
            .help("resolve this reference by `exact`, `pattern` or `attach`, or let the resource stay"),
        );
    }
}

/// A text that matches nothing: an ARN of an account that does not exist, or a name that nothing bears.
fn is_nothing(value: &Value, then: &Value, must_be_arn: bool) -> bool {
    let text = marked(value);
    // A segment with the name that nothing bears, and no wildcard beside it.
    let whole_segment = text
        .split([':', '/'])
        .any(|segment| segment.contains("NOT_DEPLOYED_YET") && !segment.contains(['*', '?']));
    let no_account = text.split(':').nth(4) == Some("000000000000") && !text.contains(['*', '?']);
    // IAM refuses an ARN of another partition, so that one which is written out stands in no other, but where the
    // monolith writes it out itself.
    let partition =
        |text: &str| text.strip_prefix("arn:").and_then(|rest| Some(rest.split_once(':')?.0.to_owned()));
    let has_partition = partition(&text)
        .is_none_or(|found| found == "\u{1}" || partition(&marked(then)).as_ref() == Some(&found));
    // What is no ARN in the monolith either is the monolith's.
    let begins_alike =
        text.chars().next().is_some_and(|first| first != '\u{1}' && marked(then).starts_with(first));
    (whole_segment || no_account)
        && has_partition
        && (!must_be_arn || text.starts_with("arn:") || begins_alike)
}

/// A text with a mark in the place of each value, so that its segments stay apart.
fn marked(value: &Value) -> String {
    match value {
        Value::Concat(parts) => parts.iter().map(marked).collect(),
        Value::Text(text) => text.clone(),
        _ => '\u{1}'.to_string(),
    }
}

/// What must exist when the IAM stack is created, and is the application's.
fn existence(whole: &Side<'_>, iam: &Side<'_>, resolver: &Resolver<'_, '_, '_>, proof: &mut Proof) {
    let known = Known::of(whole, iam, resolver);
    for (name, unit) in &iam.system.resources {
        let Some(original) = whole.system.resources.get(name) else { continue };
        let care = whole.exists(original);
        let (before, after) = (whole.resource(original, care), iam.resource(unit, care));
        let mut found: BTreeMap<(String, String), Span> = BTreeMap::new();
        // IAM of the stack's own account that the monolith does not declare: something else makes it.
        let mut is_foreign = false;
        for value in [&before, &after] {
            places(value, unit.kind(), &mut Vec::new(), &mut |what, value| {
                let target = known.named(value, what);
                let text = as_sub(&bare(value)).filter(|_| target.is_none() && !matches!(what, Place::Text));
                is_foreign |=
                    text.is_some_and(|text| text.starts_with("arn:") && text.contains(":${AWS::AccountId}:"));
                if let Some(target) = target {
                    found.insert((what.describe(), target), unit.place);
                }
            });
        }
        for ((what, target), place) in found {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF006,
                    format!("the IAM stack cannot be created: {what} of `{name}` names `{target}`, which exists only once the application stands"),
                )
                .label(Source::Iam, place, "this resource")
                .help(format!("let `{target}` move too, or leave `{name}` with the application")),
            );
        }
        for target in original.waits_for() {
            let stays = !iam.system.resources.contains_key(target);
            let kind = whole.system.resources.get(target).map_or("", Unit::kind);
            if stays && (kind.starts_with("AWS::IAM::") || (is_foreign && makes_elsewhere(kind))) {
                proof.faults.push(
                    Diagnostic::new(
                        Code::PRF006,
                        format!("the IAM stack alone: `{name}` waits for `{target}`, which exists only once the application stands"),
                    )
                    .with_severity(Severity::Warning)
                    .label(Source::Iam, unit.place, "what it waits for is, or makes, IAM that it may need")
                    .help(format!("let `{target}` move too, or leave `{name}` with the application")),
                );
            }
        }
    }
}

/// A place whose value must exist.
enum Place {
    /// A property of IAM.
    Property(&'static crate::facts::MustExist),
    /// An `AWS` principal of a trust policy.
    Principal,
    /// A text, which may hold a dynamic reference.
    Text,
}

impl Place {
    fn describe(&self) -> String {
        match self {
            Self::Property(row) => format!("`{}`", row.property),
            Self::Principal => "an `AWS` principal".to_owned(),
            Self::Text => "a dynamic reference".to_owned(),
        }
    }
}

/// Calls `visit` on every scalar with the place that it has.
fn places(value: &Value, kind: &str, path: &mut Vec<String>, visit: &mut dyn FnMut(&Place, &Value)) {
    match value {
        Value::Map(entries) => {
            for (key, value) in entries {
                path.push(key.clone());
                places(value, kind, path, visit);
                path.pop();
            }
        }
        Value::List(items) => items.iter().for_each(|item| places(item, kind, path, visit)),
        Value::Choice(all) => all.iter().for_each(|(_, value)| places(value, kind, path, visit)),
        // A document as text.
        Value::Call(name, inner) if name == "ToJsonString" => places(inner, kind, path, visit),
        Value::Call(name, inner) if name == "Split" => {
            if let Value::List(parts) = inner.as_ref()
                && let [Value::Text(delimiter), text] = parts.as_slice()
                && let Some(text) = as_sub(&bare(text)).filter(|_| !delimiter.is_empty())
            {
                let items = text.split(delimiter.as_str()).map(|item| Value::Text(item.to_owned()));
                items.for_each(|item| places(&item, kind, path, visit));
            }
            visit(&Place::Text, value);
        }
        scalar => {
            let steps: Vec<&str> = path.iter().map(String::as_str).collect();
            match steps.as_slice() {
                ["Properties", property] if let Some(row) = must_exist(kind, property) => {
                    visit(&Place::Property(row), scalar);
                }
                ["Properties", property, .., "Principal", "AWS"] if *property == TRUST => {
                    visit(&Place::Principal, scalar);
                }
                // A policy that is one text: each of its quoted pieces may be a principal.
                ["Properties", property] if *property == TRUST => {
                    let text = as_sub(&bare(scalar)).unwrap_or_default();
                    let pieces = text.split('"').filter(|piece| piece.starts_with("arn:"));
                    pieces.for_each(|piece| visit(&Place::Principal, &Value::Text(piece.to_owned())));
                }
                _ => {}
            }
            visit(&Place::Text, scalar);
        }
    }
}

/// What the application creates and IAM may name: names and ARNs, as far as they are known.
struct Known {
    /// Logical id, the word of its ARN or empty, name, ARN.
    list: Vec<(String, String, Option<Expr>, Option<Expr>)>,
    /// All that stays.
    stays: Vec<String>,
}

impl Known {
    fn of(whole: &Side<'_>, iam: &Side<'_>, resolver: &Resolver<'_, '_, '_>) -> Self {
        let mut list = Vec::new();
        let mut stays = Vec::new();
        for (name, unit) in &whole.system.resources {
            if iam.system.resources.contains_key(name) {
                continue;
            }
            stays.push(name.clone());
            let noun = crate::facts::iam_type(unit.kind()).map_or("", |row| row.arn_noun);
            let is_store = matches!(unit.kind(), "AWS::SSM::Parameter" | "AWS::SecretsManager::Secret");
            if noun.is_empty() && !is_store {
                continue;
            }
            let value = |attribute: Option<&str>| {
                let resolved =
                    resolver.reference(name, attribute).ok().filter(|resolved| !resolved.pattern)?;
                Some(bare(&whole.form().value(&resolved.expr, Cond::ALWAYS)))
            };
            let explicit =
                ["RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName", "Name"]
                    .iter()
                    .find_map(|property| unit.property(property))
                    .map(|expr| bare(&whole.form().value(expr, Cond::ALWAYS)));
            let is_policy = unit.kind() == "AWS::IAM::ManagedPolicy";
            let by_ref = if is_policy { None } else { value(None) };
            let arn = if is_policy { value(None) } else { value(Some("Arn")) };
            list.push((name.clone(), noun.to_owned(), by_ref.or(explicit), arn));
        }
        resolver.take_needs();
        Self { list, stays }
    }

    /// The application's resource that a value names.
    fn named(&self, value: &Value, place: &Place) -> Option<String> {
        let mut direct = None;
        value.walk(&mut |part| {
            if let Value::Ref(name) | Value::GetAtt(name, _) = part
                && self.stays.contains(name)
            {
                direct = Some(name.clone());
            }
            // A piece of a text, as `Fn::Sub` writes it.
            if let Value::Text(text) = part
                && text.contains("${")
            {
                let named = |name: &&String| {
                    text.contains(&format!("${{{name}}}")) || text.contains(&format!("${{{name}."))
                };
                direct = self.stays.iter().find(named).cloned().or(direct.take());
            }
        });
        let expr = bare(value);
        match place {
            Place::Text => {
                let text = as_sub(&expr)?;
                let references = dynamic_references(&text);
                if references.is_empty() {
                    return None;
                }
                references.iter().find_map(|reference| {
                    let same = |known: &Option<Expr>| {
                        known.as_ref().and_then(as_sub).is_some_and(|known| known == reference.name())
                    };
                    let by_name = self.list.iter().find(|(_, _, name, arn)| same(name) || same(arn));
                    // A reference to the application inside of the braces.
                    by_name.map(|(known, ..)| known.clone()).or_else(|| {
                        direct.clone().filter(|direct| reference.name().contains(&format!("${{{direct}")))
                    })
                })
            }
            Place::Property(row) => direct.or_else(|| {
                let same = |(_, noun, name, arn): &&(String, String, Option<Expr>, Option<Expr>)| {
                    *noun == row.noun
                        && match row.by {
                            NamedBy::Name => name.as_ref() == Some(&expr),
                            NamedBy::Arn => arn.as_ref().is_some_and(|arn| same_arn(arn, &expr)),
                        }
                };
                self.list.iter().find(same).map(|(known, ..)| known.clone())
            }),
            Place::Principal => direct.or_else(|| {
                let same = |(_, _, _, arn): &&(String, String, Option<Expr>, Option<Expr>)| {
                    arn.as_ref().is_some_and(|arn| same_arn(arn, &expr))
                };
                self.list.iter().find(same).map(|(known, ..)| known.clone())
            }),
        }
    }
}

/// Whether two ARNs are the same, where one may have the partition written out.
fn same_arn(a: &Expr, b: &Expr) -> bool {
    let (Some(a), Some(b)) = (as_sub(a), as_sub(b)) else { return false };
    let resource = |text: &str| text.split_once(":iam::").map(|(_, rest)| rest.to_owned());
    a == b
        || resource(&a).zip(resource(&b)).is_some_and(|(a, b)| {
            let name = |text: &str| text.split_once(':').map(|(_, name)| name.to_owned());
            name(&a).is_some() && name(&a) == name(&b)
        })
}

/// A text with references as `Fn::Sub` writes them.
fn as_sub(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Text(text) => Some(text.clone()),
        Expr::Ref(name) => Some(format!("${{{name}}}")),
        Expr::GetAtt(name, attribute) => Some(format!("${{{name}.{attribute}}}")),
        Expr::Concat(parts) => {
            parts.iter().map(as_sub).collect::<Option<Vec<_>>>().map(|parts| parts.concat())
        }
        _ => None,
    }
}
