//! What must exist when the IAM stack is created: names and ARNs that are written out or computed, and dynamic references.

use std::collections::BTreeMap;

use super::Proof;
use super::side::Side;
use super::system::Unit;
use super::walk::bare;
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::expression::Expr;
use crate::facts::{NamedBy, TRUST, dynamic_references, makes_elsewhere, must_exist};
use crate::plan::{Resolver, possible};
use crate::template::Template;
use crate::text::Span;
use crate::value::Value;

/// What must exist when the IAM stack is created, and is the application's.
pub(super) fn existence(
    whole: &Side<'_>,
    iam: &Side<'_>,
    resolver: &Resolver<'_, '_, '_>,
    proof: &mut Proof,
) {
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
            let known = computed(scalar).map(Value::Text);
            let scalar = known.as_ref().unwrap_or(scalar);
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
struct Known<'p> {
    template: &'p Template<'p, 'p>,
    /// Logical id, the word of its ARN or empty, name, ARN.
    list: Vec<(String, String, Option<Expr>, Option<Expr>)>,
    /// All that stays.
    stays: Vec<String>,
}

impl<'p> Known<'p> {
    fn of(whole: &Side<'p>, iam: &Side<'_>, resolver: &Resolver<'_, '_, '_>) -> Self {
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
        Self { template: whole.system.template, list, stays }
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
                    let names = self.in_some(reference.name());
                    let same = |known: &Option<Expr>| {
                        let known = known.as_ref().and_then(as_sub);
                        known.is_some_and(|known| self.in_some(&known).iter().any(|one| names.contains(one)))
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
                            NamedBy::Name => {
                                name.as_ref().is_some_and(|name| self.same(name, &expr, &|a, b| a == b))
                            }
                            NamedBy::Arn => arn.as_ref().is_some_and(|arn| self.same(arn, &expr, &same_arn)),
                        }
                };
                self.list.iter().find(same).map(|(known, ..)| known.clone())
            }),
            Place::Principal => direct.or_else(|| {
                let same = |(_, _, _, arn): &&(String, String, Option<Expr>, Option<Expr>)| {
                    arn.as_ref().is_some_and(|arn| self.same(arn, &expr, &same_arn))
                };
                self.list.iter().find(same).map(|(known, ..)| known.clone())
            }),
        }
    }

    /// A text as it is, and with the values that parameters are known to have.
    fn in_some(&self, text: &str) -> Vec<String> {
        possible(self.template, text, ["${", "}"])
    }

    /// Whether two texts are the same in some stack.
    fn same(&self, a: &Expr, b: &Expr, same: &dyn Fn(&str, &str) -> bool) -> bool {
        let (Some(a), Some(b)) = (as_sub(a), as_sub(b)) else { return false };
        let b = self.in_some(&b);
        self.in_some(&a).iter().any(|a| b.iter().any(|b| same(a, b)))
    }
}

/// A text that a `Select` or a `Join` makes of a `Split`, as `Fn::Sub` writes it.
fn computed(value: &Value) -> Option<String> {
    let Value::Call(name, inner) = value else { return None };
    let Value::List(parts) = inner.as_ref() else { return None };
    let split = |value: &Value| -> Option<Vec<String>> {
        let Value::Call(name, inner) = value else { return None };
        let Value::List(parts) = inner.as_ref() else { return None };
        let [Value::Text(delimiter), text] = parts.as_slice() else { return None };
        if name != "Split" || delimiter.is_empty() {
            return None;
        }
        Some(as_sub(&bare(text))?.split(delimiter.as_str()).map(str::to_owned).collect())
    };
    match (name.as_str(), parts.as_slice()) {
        ("Select", [index, list]) => split(list)?.into_iter().nth(index.as_text()?.parse::<usize>().ok()?),
        ("Join", [Value::Text(delimiter), list]) => Some(split(list)?.join(delimiter)),
        _ => None,
    }
}

/// Whether two ARNs are the same, where one may have the partition written out.
fn same_arn(a: &str, b: &str) -> bool {
    let resource = |text: &str| text.split_once(":iam::").map(|(_, rest)| rest.to_owned());
    a == b
        || resource(a).zip(resource(b)).is_some_and(|(a, b)| {
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
