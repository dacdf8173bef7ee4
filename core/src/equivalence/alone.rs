//! The IAM stack alone: what must exist exists, and until a value comes nothing more is allowed and nothing less denied.

use super::Proof;
use super::creation::Permission;
use super::existence::existence;
use super::side::Side;
use super::system::Unit;
use super::walk::{Statement, shown};
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::facts::TRUST;
use crate::plan::{Resolver, may_wait, tries_nothing};
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
    // Source: IAM's answer "The policy failed legacy parsing", "Resource … must be in ARN format or \"*\"": an ARN has six
    // parts, and a service is letters, digits and dashes.
    let is_formed = |text: &str| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        parts.len() == 6
            && parts.get(2).is_some_and(|service| {
                !service.is_empty()
                    && service
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-\u{1}".contains(c))
            })
    };
    let is_formed =
        !text.starts_with("arn:") || is_formed(&text) || !is_formed(&marked(then)) && !must_be_arn;
    // What is no ARN in the monolith either is the monolith's.
    let begins_alike =
        text.chars().next().is_some_and(|first| first != '\u{1}' && marked(then).starts_with(first));
    (whole_segment || no_account)
        && has_partition
        && is_formed
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
