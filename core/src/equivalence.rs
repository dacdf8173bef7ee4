//! The proof that a pair deploys what its monolith deploys, for all values of the parameters.
//!
//! The wiring is put in the place of the parameters (an output's value for the application's parameter,
//! the stack's name for the IAM template's); then the normal forms of monolith and pair are the same,
//! resource by resource. Where they are not, the difference is a scope that widened, or a fault.

mod attachments;
mod declarations;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use attachments::{align, attachments, statements_alone, statements_of};
use declarations::declarations;

use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::{Expr, lower};
use crate::facts::iam_type;
use crate::normal::{Names, covers, normal};
use crate::plan::{NameNeed, Resolver, name_index, pattern_in, reaches};
use crate::syntax::Node;
use crate::template::{Resource, Template};
use crate::text::Span;

/// A monolith and the pair that is to be the same.
#[derive(Clone, Copy)]
pub struct Triple<'p> {
    /// The monolith.
    pub monolith: &'p Template<'p, 'p>,
    /// The IAM template.
    pub iam: &'p Template<'p, 'p>,
    /// The application template.
    pub app: &'p Template<'p, 'p>,
}

/// A scope that differs from the monolith's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// The moved resource.
    pub resource: String,
    /// The statement, by its `Sid` or number.
    pub statement: String,
    /// The element, with the operator and key of a condition.
    pub element: String,
    /// The value as the monolith says it.
    pub before: String,
    /// The value as the pair says it.
    pub after: String,
    /// Whether the new scope covers the old one.
    pub covers: bool,
    /// What it reaches beyond: other stacks, other accounts, objects.
    pub reaches: String,
}

/// What a proof found.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Resources whose normal forms are the same, or differ by widened scopes alone.
    pub proven: usize,
    /// Scopes that widened, all of them.
    pub widened: Vec<Change>,
    /// Statements that stand in a policy of the application template: role and policy.
    pub attached: Vec<(String, String)>,
    /// What is not the same.
    pub faults: Vec<Diagnostic>,
    /// What the patterns that were found ask of the application stack's name.
    needs: Vec<NameNeed>,
}

/// How the pair is wired, as the IAM template's own mark says, or as the names show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// The parameter that takes the application stack's name.
    pub stack_parameter: Option<String>,
    /// Parameters of the IAM template that outputs of the application fill.
    pub two_phase: BTreeMap<String, String>,
    /// Parameters of the application that outputs of the IAM template fill.
    pub wires: BTreeMap<String, String>,
}

impl Wiring {
    /// Reads the wiring of a pair.
    #[must_use]
    pub fn of(iam: &Template<'_, '_>, app: &Template<'_, '_>) -> Self {
        let named = iam.stack_parameter().map(str::to_owned);
        let usual = iam.parameters.contains_key(crate::plan::APP_STACK_PARAMETER);
        let usual = usual.then(|| crate::plan::APP_STACK_PARAMETER.to_owned());
        let text = |node: Node<'_, '_>| node.as_str().unwrap_or_default().to_owned();
        let two_phase = iam.two_phase().map(|(parameter, output)| (text(parameter), text(output))).collect();
        let mut wires = BTreeMap::new();
        for output in iam.outputs.keys() {
            let stem = output.strip_suffix("Arn").filter(|stem| app.parameters.contains_key(stem));
            let own = app.parameters.contains_key(output).then_some(*output);
            if let Some(parameter) = stem.or(own) {
                wires.insert(parameter.to_owned(), (*output).to_owned());
            }
        }
        Self { stack_parameter: named.or(usual), two_phase, wires }
    }
}

/// Proves a pair.
#[must_use]
pub fn prove(triple: &Triple<'_>, wiring: &Wiring) -> Proof {
    let Triple { monolith, iam, app } = *triple;
    let mut proof = Proof::default();
    let value = |template: &Template<'_, '_>, output: &str| {
        template.outputs.get(output).and_then(|output| output.value.get("Value")).map(lower)
    };
    let plain = |expr: &Expr| policy_arn(monolith, expr);
    let of_app = |expr: &Expr| match expr {
        Expr::Ref(name) => match wiring.wires.get(name) {
            Some(output) => value(iam, output).map(|value| plain(&value).unwrap_or(value)),
            None => plain(expr),
        },
        _ => plain(expr),
    };
    let of_iam = |expr: &Expr| match expr {
        Expr::Ref(name) if Some(name) == wiring.stack_parameter.as_ref() => {
            Some(Expr::reference("AWS::StackName"))
        }
        // The IAM stack's own name and id are not the application's.
        Expr::Ref(name) if matches!(name.as_str(), "AWS::StackName" | "AWS::StackId") => {
            Some(Expr::reference(format!("Iam{name}")))
        }
        Expr::Ref(name) => match wiring.two_phase.get(name) {
            Some(output) => value(app, output),
            None => plain(expr),
        },
        _ => plain(expr),
    };
    let filled = |expr: &Expr| {
        matches!(expr, Expr::Call(not, inner) if not == "Not"
            && matches!(inner.as_slice(), [Expr::Call(equals, sides)] if equals == "Equals"
                && matches!(sides.as_slice(), [Expr::Ref(name), Expr::Text(empty)]
                    if empty.is_empty() && wiring.two_phase.contains_key(name))))
    };
    let sides = [
        Side::new(monolith, &plain, &|_| false, monolith),
        Side::new(iam, &of_iam, &filled, monolith),
        Side::new(app, &of_app, &|_| false, monolith),
    ];
    let [whole, of_iam_side, of_app_side] = &sides;
    let is_moved = |name: &str| iam.resources.contains_key(name);
    let resolver = Resolver::new(monolith, &is_moved, "AWS::StackName");
    let attached = attachments(triple, whole, of_app_side, &mut proof);
    for (name, resource) in &monolith.resources {
        let (side, source, other) = match (iam.resources.get(name), app.resources.get(name)) {
            (Some(moved), None) => (of_iam_side, Source::Iam, moved),
            (None, Some(kept)) => (of_app_side, Source::App, kept),
            (Some(_), Some(_)) => continue,
            (None, None) => {
                proof.faults.push(
                    Diagnostic::new(Code::PRF003, format!("the resource `{name}` is in neither template"))
                        .at(resource.declaration.key.outer(), "the monolith declares it")
                        .help("split the monolith again"),
                );
                continue;
            }
        };
        let mut before = whole.resource(resource, &is_moved);
        let mut after = side.resource(other, &is_moved);
        if let Some(added) = attached.get(*name) {
            let wanted = statements_of(&before, &[]);
            let given = align(&wanted, statements_of(&after, added));
            statements_alone(&mut before, wanted);
            statements_alone(&mut after, given);
        }
        let mut walk = Walk {
            name,
            resolver: (source == Source::Iam).then_some(&resolver),
            whole,
            place: other.declaration.key.outer(),
            source,
            statement: None,
            proof: &mut proof,
            faults: 0,
        };
        walk.compare(&mut Vec::new(), &before, &after);
        if walk.faults == 0 {
            proof.proven += 1;
        }
    }
    declarations(triple, wiring, &sides, &mut proof);
    bounds(iam, wiring, &mut proof);
    proof
}

/// The bounds of the application stack's name: with a longer or another one the patterns would miss.
fn bounds(iam: &Template<'_, '_>, wiring: &Wiring, proof: &mut Proof) {
    let longest = proof.needs.iter().filter(|need| need.bounded).filter_map(|need| need.longest).min();
    let lower_case = proof.needs.iter().any(|need| need.bounded && need.lower_case);
    let Some(parameter) = wiring.stack_parameter.as_ref().and_then(|name| iam.parameters.get(name.as_str()))
    else {
        return;
    };
    let text = |key: &str| parameter.value.get(key).and_then(Node::as_str);
    let mut wrong = Vec::new();
    if let Some(longest) = longest
        && text("MaxLength").and_then(|most| most.parse().ok()).is_none_or(|most: usize| most > longest)
    {
        wrong.push(format!("`MaxLength` must be {longest} at most"));
    }
    let admits = |name: &str| match text("AllowedPattern") {
        None => true,
        Some(pattern) => {
            regex_lite::Regex::new(&format!("^(?:{pattern})$")).map_or(true, |regex| regex.is_match(name))
        }
    };
    let odd = if lower_case { ["Ab", "a--b", "a-"].as_slice() } else { ["a--b"].as_slice() };
    let admitted: Vec<String> =
        odd.iter().filter(|name| longest.is_some() && admits(name)).map(|name| format!("`{name}`")).collect();
    if !admitted.is_empty() {
        wrong.push(format!("`AllowedPattern` must not admit {}", admitted.join(", ")));
    }
    if !wrong.is_empty() {
        proof.faults.push(
            Diagnostic::new(
                Code::PRF001,
                "with some names of the application stack the patterns would miss what they stand for",
            )
            .label(Source::Iam, parameter.key.outer(), wrong.join("; "))
            .help("split the monolith again, which writes the bounds that the patterns need"),
        );
    }
}

/// A managed policy's `PolicyArn` is its `Ref`.
fn policy_arn(monolith: &Template<'_, '_>, expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::GetAtt(name, attribute) if attribute == "PolicyArn" => {
            let resource = monolith.resources.get(name.as_str())?;
            (resource.kind == "AWS::IAM::ManagedPolicy").then(|| Expr::reference(name))
        }
        _ => None,
    }
}

/// One template with what its names stand for.
struct Side<'p> {
    template: &'p Template<'p, 'p>,
    substitute: &'p dyn Fn(&Expr) -> Option<Expr>,
    conditions: BTreeMap<&'p str, Expr>,
    indices: BTreeMap<&'p str, usize>,
}

impl<'p> Side<'p> {
    fn new(
        template: &'p Template<'p, 'p>,
        substitute: &'p dyn Fn(&Expr) -> Option<Expr>,
        filled: &dyn Fn(&Expr) -> bool,
        monolith: &'p Template<'p, 'p>,
    ) -> Self {
        let index =
            |resource: &Resource<'_, '_>| iam_type(resource.kind).and_then(|row| name_index(row, resource));
        let indices = monolith
            .resources
            .values()
            .filter_map(|resource| Some((resource.name, index(resource)?)))
            .collect();
        let mut side = Self { template, substitute, conditions: BTreeMap::new(), indices };
        // Conditions name each other in any order; they cannot do so in a circle.
        for _ in 0..template.conditions.len().min(64) {
            let before = side.conditions.len();
            for (name, declaration) in &template.conditions {
                if side.conditions.contains_key(name) {
                    continue;
                }
                let expr = lower(declaration.value);
                let mut known = true;
                expr.walk(&mut |part| {
                    if let Expr::Unary(call, inner) = part
                        && call == "Condition"
                        && let Expr::Text(other) = inner.as_ref()
                    {
                        known &= side.conditions.contains_key(other.as_str());
                    }
                });
                if known {
                    let value = if filled(&expr) { Expr::text("true") } else { side.normal(&expr) };
                    side.conditions.insert(name, value);
                }
            }
            if side.conditions.len() == before {
                break;
            }
        }
        side
    }

    fn normal(&self, expr: &Expr) -> Expr {
        let names = Names {
            substitute: self.substitute,
            condition: &|name| self.conditions.get(name).cloned(),
            name_index: &|name| self.indices.get(name).copied(),
        };
        normal(expr, &names)
    }

    /// A resource as one value.
    fn resource(&self, resource: &Resource<'_, '_>, is_moved: &dyn Fn(&str) -> bool) -> Expr {
        let moved = is_moved(resource.name);
        let Expr::Map(entries) = lower(resource.declaration.value) else { return Expr::Map(Vec::new()) };
        let mut result = Vec::new();
        for (key, value) in entries {
            let value = match key.as_str() {
                "Condition" => match &value {
                    Expr::Text(name) => self.conditions.get(name.as_str()).cloned().unwrap_or(value),
                    _ => value,
                },
                // The order of the stacks stands for what crosses.
                "DependsOn" => {
                    let names = match value {
                        Expr::List(names) => names,
                        name => vec![name],
                    };
                    let stays = |name: &Expr| matches!(name, Expr::Text(name) if is_moved(name) == moved && !self.is_attachment(name));
                    let names: BTreeSet<String> = names
                        .iter()
                        .filter(|name| stays(name))
                        .filter_map(
                            |name| if let Expr::Text(name) = name { Some(name.clone()) } else { None },
                        )
                        .collect();
                    if names.is_empty() {
                        continue;
                    }
                    Expr::List(names.into_iter().map(Expr::Text).collect())
                }
                _ => self.normal(&value),
            };
            result.push((key, value));
        }
        result.sort_by(|a, b| a.0.cmp(&b.0));
        Expr::Map(result)
    }

    fn is_attachment(&self, name: &str) -> bool {
        self.template.resources.get(name).is_some_and(|resource| resource.kind == "AWS::IAM::RolePolicy")
    }
}

/// The walk over one resource, monolith and pair side by side.
struct Walk<'w, 'p> {
    name: &'w str,
    /// What references to the application come to, for a moved resource.
    resolver: Option<&'w Resolver<'w, 'p, 'p>>,
    whole: &'w Side<'p>,
    place: Span,
    source: Source,
    /// The statement around the walk: its name, its effect, and how deep it stands.
    statement: Option<(String, Option<String>, usize)>,
    proof: &'w mut Proof,
    faults: usize,
}

impl Walk<'_, '_> {
    fn compare(&mut self, path: &mut Vec<String>, before: &Expr, after: &Expr) {
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
            self.fault(path, key, None, Some(value));
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
                let reach = reaches(self.whole.template, name, &needs);
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
