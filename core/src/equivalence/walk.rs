//! Where a resource of the pair differs from the monolith's: the same, wider where that is permitted, or a fault.

use super::side::Side;
use super::{Change, Proof};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::Expr;
use crate::normal::covers;
use crate::plan::{NameNeed, Resolver, pattern_in, reaches};
use crate::text::Span;

/// The walk over one resource, monolith and pair side by side.
pub(super) struct Walk<'w, 'p> {
    pub(super) name: &'w str,
    /// What references to the application come to, for a moved resource.
    pub(super) resolver: Option<&'w Resolver<'w, 'p, 'p>>,
    pub(super) whole: &'w Side<'p>,
    pub(super) place: Span,
    pub(super) source: Source,
    /// The statement around the walk: its name, its effect, and how deep it stands.
    pub(super) statement: Option<(String, Option<String>, usize)>,
    pub(super) proof: &'w mut Proof,
    pub(super) faults: usize,
}

impl Walk<'_, '_> {
    pub(super) fn compare(&mut self, path: &mut Vec<String>, before: &Expr, after: &Expr) {
        if before == after {
            return;
        }
        let outer = self.statement.clone();
        if let Expr::Map(entries) = before
            && let Some((_, effect)) = entries.iter().find(|(key, _)| key == "Effect")
        {
            let sid = entries.iter().find(|(key, _)| key == "Sid").map(|(_, sid)| sid);
            let number = path.last().and_then(|step| step.parse::<usize>().ok()).map_or(1, |at| at + 1);
            let name = match sid {
                Some(Expr::Text(sid)) if !sid.is_empty() => sid.clone(),
                _ => format!("statement {number}"),
            };
            let effect = if let Expr::Text(effect) = effect { Some(effect.clone()) } else { None };
            self.statement = Some((name, effect, path.len()));
        }
        match (before, after) {
            (Expr::Map(a), Expr::Map(b)) => self.maps(path, a, b),
            (Expr::List(a), Expr::List(b)) if a.len() == b.len() => {
                for (at, (a, b)) in a.iter().zip(b).enumerate() {
                    self.step(path, &at.to_string(), a, b);
                }
            }
            (Expr::Call(a, x), Expr::Call(b, y))
                if a == "If" && b == "If" && x.first() == y.first() && x.len() == y.len() =>
            {
                for (a, b) in x.iter().zip(y).skip(1) {
                    self.compare(path, a, b);
                }
            }
            (Expr::Unary(a, x), Expr::Unary(b, y)) if a == b && a == "ToJsonString" => {
                self.compare(path, x, y);
            }
            _ => self.leaf(path, before, after),
        }
        self.statement = outer;
    }

    fn step(&mut self, path: &mut Vec<String>, step: &str, before: &Expr, after: &Expr) {
        path.push(step.to_owned());
        self.compare(path, before, after);
        path.pop();
    }

    fn maps(&mut self, path: &mut Vec<String>, before: &[(String, Expr)], after: &[(String, Expr)]) {
        let find = |entries: &[(String, Expr)], key: &str| {
            entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
        };
        for (key, value) in before {
            match find(after, key) {
                Some(other) => self.step(path, key, value, &other),
                None => self.fault(path, key, Some(value), None),
            }
        }
        for (key, value) in after.iter().filter(|(key, _)| find(before, key).is_none()) {
            if self.is_guard(path, key, value) {
                continue;
            }
            self.fault(path, key, None, Some(value));
        }
    }

    /// Whether an addition holds an `Allow` to the account of the stack, which is narrower.
    fn is_guard(&self, path: &[String], key: &str, value: &Expr) -> bool {
        let allows = self.statement.as_ref().is_some_and(|(_, effect, _)| effect.as_deref() == Some("Allow"));
        let account = |value: &Expr| matches!(value, Expr::Ref(name) if name == "AWS::AccountId");
        let one = |value: &Expr, key: &str, inner: &dyn Fn(&Expr) -> bool| matches!(value, Expr::Map(entries) if matches!(entries.as_slice(), [(name, value)] if name == key && inner(value)));
        let equals = |value: &Expr| one(value, "aws:ResourceAccount", &account);
        let element = self.element(path);
        allows
            && self.source == Source::Iam
            && match (element.as_slice(), key) {
                ([], "Condition") => one(value, "StringEquals", &equals),
                (["Condition"], "StringEquals") => equals(value),
                (["Condition", "StringEquals"], "aws:ResourceAccount") => account(value),
                _ => false,
            }
    }

    /// Two values that differ: the same once references to the application are resolved, a widened
    /// scope where that is permitted, or a fault.
    fn leaf(&mut self, path: &[String], before: &Expr, after: &Expr) {
        // What the pair still references is the same there: only the rest is resolved.
        let mut kept = Vec::new();
        after.walk(&mut |part| {
            if let Expr::Ref(name) | Expr::GetAtt(name, _) = part
                && self.whole.template.resources.contains_key(name.as_str())
            {
                kept.push(part.clone());
            }
        });
        let unresolved = set_aside(before, &kept);
        let resolved = self.resolver.and_then(|resolver| resolver.expr(&unresolved, &mut Vec::new()).ok());
        let Some(resolved) = resolved else {
            self.fault(path, "", Some(before), Some(after));
            return;
        };
        let value = self.whole.normal(&take_back(&resolved.expr, &kept));
        if value == *after && !resolved.pattern {
            return;
        }
        // An alternative on one side is compared branch by branch.
        if let (Expr::Call(a, x), Expr::Call(b, y)) = (&value, after)
            && a == "If"
            && b == "If"
            && let ([c, yes, no], [d, other_yes, other_no]) = (x.as_slice(), y.as_slice())
            && c == d
        {
            let pairs = [(yes, other_yes), (no, other_no)];
            if pairs.iter().all(|(a, b)| a == b || covers(b, a)) && self.may_widen(path) {
                self.widened(path, before, after);
                if !pairs.iter().all(|(a, b)| a == b) {
                    self.too_wide(path, &value, after);
                }
                return;
            }
        }
        if (value == *after || covers(after, &value)) && self.may_widen(path) {
            self.widened(path, before, after);
            if value != *after {
                self.too_wide(path, &value, after);
            }
        } else {
            self.fault(path, "", Some(before), Some(after));
        }
    }

    /// A scope that covers the monolith's, but more than the narrowest pattern that is known to.
    fn too_wide(&mut self, path: &[String], narrowest: &Expr, after: &Expr) {
        self.faults += 1;
        self.proof.faults.push(
            Diagnostic::new(
                Code::PRF002,
                format!("`{}` is wider than it must be in `{}`", self.name, path.join(".")),
            )
            .label(
                self.source,
                self.place,
                format!("`{}` would do, the pair has `{}`", shown(narrowest), shown(after)),
            )
            .help("write the narrower pattern, or split the monolith again"),
        );
    }

    /// The steps below the statement, list numbers aside.
    fn element<'s>(&self, path: &'s [String]) -> Vec<&'s str> {
        let depth = self.statement.as_ref().map_or(0, |(_, _, depth)| *depth);
        path.iter().skip(depth).map(String::as_str).filter(|step| step.parse::<usize>().is_err()).collect()
    }

    fn may_widen(&self, path: &[String]) -> bool {
        let Some((_, effect, _)) = &self.statement else { return false };
        let mut steps = self.element(path);
        if steps.is_empty() {
            return false;
        }
        let element = steps.remove(0);
        steps.reverse();
        pattern_in(element, &steps, effect.as_deref(), None).is_ok()
    }

    fn widened(&mut self, path: &[String], before: &Expr, after: &Expr) {
        let (statement, _, _) = self.statement.clone().unwrap_or_default();
        let reaches = self.reaches(before);
        self.proof.widened.push(Change {
            resource: self.name.to_owned(),
            statement,
            element: self.element(path).join("."),
            before: shown(before),
            after: shown(after),
            covers: true,
            reaches,
        });
    }

    /// What the patterns that stand for the references of a value reach beyond.
    fn reaches(&mut self, before: &Expr) -> String {
        let Some(resolver) = self.resolver else { return String::new() };
        let (mut said, mut asked): (Vec<String>, Vec<NameNeed>) = (Vec::new(), Vec::new());
        before.walk(&mut |part| {
            let (name, attribute) = match part {
                Expr::Ref(name) => (name.as_str(), None),
                Expr::GetAtt(name, attribute) => (name.as_str(), Some(attribute.as_str())),
                _ => return,
            };
            resolver.take_needs();
            let is_pattern = name == "AWS::StackId"
                || resolver.reference(name, attribute).is_ok_and(|resolved| resolved.pattern);
            if is_pattern {
                let needs = resolver.take_needs();
                let reach = reaches(self.whole.template, name, &needs, false);
                asked.extend(needs);
                if !said.contains(&reach) {
                    said.push(reach);
                }
            }
        });
        self.proof.needs.extend(asked);
        said.join("; ")
    }

    fn fault(&mut self, path: &[String], key: &str, before: Option<&Expr>, after: Option<&Expr>) {
        self.faults += 1;
        let place = path
            .iter()
            .map(String::as_str)
            .chain((!key.is_empty()).then_some(key))
            .collect::<Vec<_>>()
            .join(".");
        let show =
            |value: Option<&Expr>| value.map_or("nothing".to_owned(), |value| format!("`{}`", shown(value)));
        self.proof.faults.push(
            Diagnostic::new(
                Code::PRF001,
                format!("`{}` differs from the monolith's in `{place}`", self.name),
            )
            .label(
                self.source,
                self.place,
                format!("the monolith has {}, the pair {}", show(before), show(after)),
            )
            .help("split the monolith again; do not edit the pair by hand"),
        );
    }
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
fn shown(expr: &Expr) -> String {
    let writer = crate::writer::Writer { json: false, newline: "\n", step: 2 };
    let line = writer.line(expr);
    match line.char_indices().nth(240) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}
