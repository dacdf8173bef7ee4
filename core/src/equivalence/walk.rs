//! Where a resource of the pair differs from the monolith's: the same, wider where that is permitted, or a fault.

use super::side::Side;
use super::{Change, Proof};
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::Expr;
use crate::facts::is_json_property;
use crate::normal::covers;
use crate::plan::{Decided, NameNeed, Resolver, is_of_account, pattern_in, reaches};
use crate::text::Span;
use crate::value::{MOST_ALTERNATIVES, Value};

/// The statement around a place.
#[derive(Clone, Debug, Default)]
pub(super) struct Statement {
    /// Its `Sid` or its number.
    pub(super) name: String,
    pub(super) effect: Option<String>,
    /// How many steps lead to it.
    pub(super) depth: usize,
    /// What it is about.
    pub(super) resource: Option<Value>,
}

impl Statement {
    /// The statement that a mapping is, if it has an effect.
    pub(super) fn of(value: &Value, path: &[String]) -> Option<Self> {
        let effect = value.get("Effect")?;
        let number = path.last().and_then(|step| step.parse::<usize>().ok()).map_or(1, |at| at + 1);
        let name = match value.get("Sid") {
            Some(Value::Text(sid)) if !sid.is_empty() => sid.clone(),
            _ => format!("statement {number}"),
        };
        let effect = if let Value::Text(effect) = effect { Some(effect.clone()) } else { None };
        Some(Self { name, effect, depth: path.len(), resource: value.get("Resource").cloned() })
    }

    /// The steps below the statement, list numbers aside.
    pub(super) fn element<'s>(&self, path: &'s [String]) -> Vec<&'s str> {
        path.iter()
            .skip(self.depth)
            .map(String::as_str)
            .filter(|step| step.parse::<usize>().is_err())
            .collect()
    }
}

/// The walk over one resource, monolith and pair side by side.
pub(super) struct Walk<'w, 'p> {
    pub(super) name: &'w str,
    /// Its type.
    pub(super) kind: &'w str,
    /// What references to the application come to, for a moved resource.
    pub(super) resolver: Option<&'w Resolver<'w, 'p, 'p>>,
    pub(super) whole: &'w Side<'p>,
    pub(super) place: Span,
    pub(super) source: Source,
    pub(super) statement: Option<Statement>,
    pub(super) proof: &'w mut Proof,
    pub(super) faults: usize,
    /// Whether this is what `Fn::ToJsonString` writes out, where a number is no text.
    pub(super) in_text: bool,
}

impl Walk<'_, '_> {
    /// Compares two values where `care` holds.
    pub(super) fn compare(&mut self, path: &mut Vec<String>, before: &Value, after: &Value, care: Cond) {
        if before == after || care == Cond::NEVER {
            return;
        }
        let outer = self.statement.clone();
        if let Some(statement) = Statement::of(before, path) {
            self.statement = Some(statement);
        }
        match (before, after) {
            (Value::Choice(_), _) | (_, Value::Choice(_)) => self.branches(path, before, after, care),
            // There the monolith cannot be deployed.
            (Value::Impossible, _) => {}
            (Value::Map(a), Value::Map(b)) => self.maps(path, a, b, care),
            (Value::List(a), Value::List(b)) if a.len() == b.len() => {
                for (at, (a, b)) in a.iter().zip(b).enumerate() {
                    self.step(path, &at.to_string(), a, b, care);
                }
            }
            // Source: IAM User Guide, "Grammar of the IAM JSON policy language": a single value stands with or without a list.
            (Value::List(one), other) if self.takes_one(path, other) && one.len() == 1 => {
                one.iter().for_each(|one| self.compare(path, one, other, care));
            }
            (other, Value::List(one)) if self.takes_one(path, other) && one.len() == 1 => {
                one.iter().for_each(|one| self.compare(path, other, one, care));
            }
            // A document as a text is a document.
            (Value::Call(a, x), Value::Call(b, y)) if a == b && a == "ToJsonString" => {
                let outer = std::mem::replace(&mut self.in_text, true);
                self.compare(path, x, y, care);
                self.in_text = outer;
            }
            _ => self.leaf(path, before, after, care),
        }
        self.statement = outer;
    }

    /// Whether a place of a policy document may hold a value by itself, or in a list; and this is one by itself.
    fn takes_one(&self, path: &[String], value: &Value) -> bool {
        let is_statement = path.last().is_some_and(|step| step == "Statement");
        let is_element = self.statement.as_ref().is_some_and(|statement| {
            !matches!(statement.element(path).first(), None | Some(&"Sid" | &"Effect"))
        });
        let is_one = match value {
            Value::Map(_) => is_statement,
            Value::List(_) | Value::Absent | Value::Impossible | Value::Choice(_) => false,
            _ => is_element,
        };
        is_one && self.kind.starts_with("AWS::IAM::")
    }

    fn step(&mut self, path: &mut Vec<String>, step: &str, before: &Value, after: &Value, care: Cond) {
        path.push(step.to_owned());
        self.compare(path, before, after, care);
        path.pop();
    }

    fn branches(&mut self, path: &mut Vec<String>, before: &Value, after: &Value, care: Cond) {
        let pairs = self.whole.form().pairs(before, after, care);
        // One difference is told once, however many branches show it.
        let mut told: Vec<(Value, Value)> = Vec::new();
        for (cond, before, after) in pairs {
            let pair = (before, after);
            if !told.contains(&pair) {
                match &pair {
                    (before, after) if before == after => {}
                    (before, after) if is_open(before) || is_open(after) => {
                        // Where the other conditions are decided, some of those inside are spread out too.
                        let after = self.whole.form().value(&bare(after), cond);
                        let faults = self.faults;
                        self.leaf(path, before, &after, cond);
                        if self.faults > faults {
                            self.proof.faults.pop();
                            self.too_many(path);
                            return;
                        }
                    }
                    (before, after) => self.compare(path, before, after, cond),
                }
                told.push(pair);
            }
        }
    }

    fn maps(
        &mut self,
        path: &mut Vec<String>,
        before: &[(String, Value)],
        after: &[(String, Value)],
        care: Cond,
    ) {
        let find = |entries: &[(String, Value)], key: &str| {
            entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
        };
        for (key, value) in before {
            self.step(path, key, value, &find(after, key).unwrap_or(Value::Absent), care);
        }
        for (key, value) in after.iter().filter(|(key, _)| find(before, key).is_none()) {
            self.step(path, key, &Value::Absent, value, care);
        }
    }

    /// Two values that differ: the same once references to the application are resolved, a widened
    /// scope where that is permitted, or a fault.
    fn leaf(&mut self, path: &[String], before: &Value, after: &Value, care: Cond) {
        if before.as_text().is_some() && before.as_text() == after.as_text() && !self.is_json(path) {
            return;
        }
        let resolver = self.resolver;
        if let Some(resolver) = resolver {
            resolver.decide(self.decided(care));
        }
        self.resolved_leaf(path, before, after, care);
        if let Some(resolver) = resolver {
            resolver.decide(Vec::new());
        }
    }

    /// The conditions of the monolith that are decided where `care` holds.
    fn decided(&self, care: Cond) -> Decided {
        if care == Cond::ALWAYS {
            return Decided::new();
        }
        let all = &self.whole.common.conditions;
        let decided = self.whole.conditions.iter().filter_map(|(name, cond)| {
            let holds = all.implies(care, *cond);
            (holds || all.implies(care, all.not(*cond))).then(|| (name.clone(), holds))
        });
        decided.collect()
    }

    fn resolved_leaf(&mut self, path: &[String], before: &Value, after: &Value, care: Cond) {
        if *before == Value::Absent && self.is_guard(path, after) {
            return;
        }
        let Some((value, pattern)) = self.resolved(before, after, care) else {
            self.fault(path, before, after);
            return;
        };
        if value == *after && !pattern {
            return;
        }
        // An alternative on one side is compared branch by branch.
        let pairs = self.whole.form().pairs(&value, after, care);
        let covered = pairs.iter().all(|(_, value, after)| {
            value == after || *value == Value::Impossible || covers(&bare(after), &bare(value))
        });
        if !covered || !self.may_widen(path) {
            self.fault(path, before, after);
            return;
        }
        if pattern {
            self.widened(path, before, after);
        }
        for (_, value, after) in pairs {
            if value != after && value != Value::Impossible {
                self.too_wide(path, &value, &after);
            }
        }
    }

    /// Whether an addition holds an `Allow` to the account of the stack, in which all is that the statement is about:
    /// it keeps out buckets of strangers, which only a pattern reaches.
    fn is_guard(&self, path: &[String], added: &Value) -> bool {
        let Some(statement) = &self.statement else { return false };
        let account = |value: &Value| *value == Value::Ref("AWS::AccountId".to_owned());
        let one = |value: &Value, key: &str, inner: &dyn Fn(&Value) -> bool| {
            matches!(value, Value::Map(entries)
                if matches!(entries.as_slice(), [(name, value)] if name == key && inner(value)))
        };
        let equals = |value: &Value| one(value, "aws:ResourceAccount", &account);
        let is_guard = match statement.element(path).as_slice() {
            ["Condition"] => one(added, "StringEquals", &equals),
            ["Condition", "StringEquals"] => equals(added),
            ["Condition", "StringEquals", "aws:ResourceAccount"] => account(added),
            _ => false,
        };
        is_guard
            && self.source == Source::Iam
            && statement.effect.as_deref() == Some("Allow")
            && statement
                .resource
                .as_ref()
                .is_some_and(|resource| self.has_pattern(resource) && self.is_of_account(resource))
    }

    /// Whether all that a resource element names is of the stack's account.
    fn is_of_account(&self, resource: &Value) -> bool {
        match resource {
            Value::List(items) => !items.is_empty() && items.iter().all(|item| self.is_of_account(item)),
            Value::Choice(all) => all.iter().all(|(_, value)| self.is_of_account(value)),
            Value::Absent | Value::Impossible => true,
            one => is_of_account(self.whole.system.template, &bare(one)),
        }
    }

    /// Whether something in a value is known by a pattern alone.
    fn has_pattern(&self, value: &Value) -> bool {
        let Some(resolver) = self.resolver else { return false };
        let mut found = false;
        value.walk(&mut |part| {
            let (name, attribute) = match part {
                Value::Ref(name) => (name, None),
                Value::GetAtt(name, attribute) => (name, Some(attribute.as_str())),
                _ => return,
            };
            resolver.take_needs();
            found |= resolver.reference(name, attribute).is_ok_and(|resolved| resolved.pattern);
        });
        resolver.take_needs();
        found
    }

    /// What a value of the monolith comes to without the application's resources, and whether that is a pattern.
    fn resolved(&mut self, before: &Value, after: &Value, care: Cond) -> Option<(Value, bool)> {
        // What the pair still references is the same there: only the rest is resolved.
        let mut kept = Vec::new();
        after.walk(&mut |part| {
            if let Value::Ref(name) | Value::GetAtt(name, _) = part
                && self.whole.system.resources.contains_key(name.as_str())
            {
                kept.push(bare(part));
            }
        });
        let unresolved = set_aside(&bare(before), &kept);
        let resolver = self.resolver?;
        resolver.take_needs();
        let resolved = resolver.expr(&unresolved, &mut Vec::new()).ok()?;
        // What a pattern asks is told with what it reaches.
        if !resolved.pattern {
            self.proof.needs.extend(resolver.take_needs());
        }
        let value = self.whole.form().value(&take_back(&resolved.expr, &kept), care);
        Some((value, resolved.pattern))
    }

    /// Whether a number and the same number in quotes are two values here.
    fn is_json(&self, path: &[String]) -> bool {
        if self.in_text {
            return true;
        }
        let steps: Vec<&str> =
            path.iter().map(String::as_str).filter(|step| step.parse::<usize>().is_err()).collect();
        match steps.as_slice() {
            ["Properties", property @ ..] => is_json_property(self.kind, property),
            _ => true,
        }
    }

    /// A scope that covers the monolith's, but more than the narrowest pattern that is known to.
    fn too_wide(&mut self, path: &[String], narrowest: &Value, after: &Value) {
        self.faults += 1;
        self.proof.faults.push(
            Diagnostic::new(
                Code::PRF002,
                format!("`{}` is wider than it must be in `{}`", self.name, path.join(".")),
            )
            .label(
                self.source,
                self.place,
                format!("`{}` would do, the pair has `{}`", self.shown(narrowest), self.shown(after)),
            )
            .help("write the narrower pattern, or split the monolith again"),
        );
    }

    /// A text of more alternatives than are spread out, in which the two are not seen to be the same.
    fn too_many(&mut self, path: &[String]) {
        let place = self.whole.system.declaration(self.name).map_or(self.place, |(_, unit)| unit.place);
        self.proof.faults.push(
            Diagnostic::new(
                Code::PRF005,
                format!("a text in `{}` of `{}` depends on too many conditions to be compared", path.join("."), self.name),
            )
            .label(Source::Template, place, "this resource, or a name that it references")
            .help(format!(
                "let texts and names depend on fewer conditions: up to {MOST_ALTERNATIVES} different texts are compared one by one"
            )),
        );
    }

    fn may_widen(&self, path: &[String]) -> bool {
        let Some(statement) = &self.statement else { return false };
        let mut steps = statement.element(path);
        if steps.is_empty() {
            return false;
        }
        let element = steps.remove(0);
        steps.reverse();
        pattern_in(element, &steps, statement.effect.as_deref(), None).is_ok()
    }

    fn widened(&mut self, path: &[String], before: &Value, after: &Value) {
        let statement = self.statement.clone().unwrap_or_default();
        let reaches = self.reaches(before);
        self.proof.widened.push(Change {
            resource: self.name.to_owned(),
            statement: statement.name.clone(),
            element: statement.element(path).join("."),
            before: in_full(before, self.whole),
            after: in_full(after, self.whole),
            covers: true,
            reaches,
        });
    }

    /// What the patterns that stand for the references of a value reach beyond.
    fn reaches(&mut self, before: &Value) -> String {
        let Some(resolver) = self.resolver else { return String::new() };
        let (mut said, mut asked): (Vec<String>, Vec<NameNeed>) = (Vec::new(), Vec::new());
        before.walk(&mut |part| {
            let (name, attribute) = match part {
                Value::Ref(name) => (name.as_str(), None),
                Value::GetAtt(name, attribute) => (name.as_str(), Some(attribute.as_str())),
                _ => return,
            };
            resolver.take_needs();
            let is_pattern = name == "AWS::StackId"
                || resolver.reference(name, attribute).is_ok_and(|resolved| resolved.pattern);
            if is_pattern {
                let needs = resolver.take_needs();
                let reach = reaches(self.whole.system.template, name, &needs, false);
                asked.extend(needs);
                if !said.contains(&reach) {
                    said.push(reach);
                }
            }
        });
        self.proof.needs.extend(asked);
        said.join("; ")
    }

    pub(super) fn fault(&mut self, path: &[String], before: &Value, after: &Value) {
        self.faults += 1;
        let (before, after) = (self.side_of(before), self.side_of(after));
        self.proof.faults.push(
            Diagnostic::new(
                Code::PRF001,
                format!("`{}` differs from the monolith's in `{}`", self.name, path.join(".")),
            )
            .label(self.source, self.place, format!("the monolith has {before}, the pair {after}"))
            .help("split the monolith again; do not edit the pair by hand"),
        );
    }

    fn side_of(&self, value: &Value) -> String {
        match value {
            Value::Absent => "nothing".to_owned(),
            Value::Impossible => "a reference to what does not exist".to_owned(),
            value => format!("`{}`", self.shown(value)),
        }
    }

    fn shown(&self, value: &Value) -> String {
        shown(value, self.whole)
    }
}

/// Whether a text has alternatives inside, because it has more of them than are spread out.
fn is_open(value: &Value) -> bool {
    matches!(value, Value::Concat(parts) if parts.iter().any(|part| matches!(part, Value::Choice(_))))
}

/// A value as an expression in which conditions have names that no template gives.
pub(super) fn bare(value: &Value) -> Expr {
    value.to_expr(&Cond::name)
}

/// A value with some references replaced by names that mean nothing.
fn set_aside(expr: &Expr, kept: &[Expr]) -> Expr {
    expr.replaced(&|part| {
        let at = kept.iter().position(|kept| kept == part)?;
        Some(Expr::reference(format!("Kept::{at}")))
    })
}

/// The references that [`set_aside`] replaced.
fn take_back(expr: &Expr, kept: &[Expr]) -> Expr {
    expr.replaced(&|part| match part {
        Expr::Ref(name) => kept.get(name.strip_prefix("Kept::")?.parse::<usize>().ok()?).cloned(),
        _ => None,
    })
}

/// A value on one line, cut where it is long.
pub(super) fn shown(value: &Value, whole: &Side<'_>) -> String {
    let line = in_full(value, whole);
    match line.char_indices().nth(240) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// A value on one line, with its conditions by their names.
fn in_full(value: &Value, whole: &Side<'_>) -> String {
    let name = |cond: Cond| {
        let all = &whole.common.conditions;
        let named =
            |wanted: Cond| whole.conditions.iter().find(|(_, cond)| **cond == wanted).map(|(name, _)| name);
        match (named(cond), named(all.not(cond))) {
            (Some(name), _) => name.clone(),
            (None, Some(name)) => format!("not {name}"),
            (None, None) => "some values of the parameters".to_owned(),
        }
    };
    crate::writer::Writer { json: false, newline: "\n", step: 2 }.line(&value.to_expr(&name))
}
