//! Two-phase: values that the IAM stack gets once the application stack stands.

use indexmap::IndexMap;

use super::identity::{CLOSE, OPEN, keys};
use crate::expression::{Expr, from_sub_text, lower};
use crate::facts::{Meaning, resource_type};
use crate::syntax::{Kind, Node};
use crate::template::{Reference, Template, call, is_made};
use crate::text::free;

/// A value that comes later: a parameter of the IAM template, and the application's output that fills it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later<'d> {
    /// The application resource, or `AWS::StackId`.
    pub target: &'d str,
    /// The attribute; `None` for `Ref`.
    pub attribute: Option<&'d str>,
    /// The IAM template's parameter, empty until the application stack stands.
    pub parameter: String,
    /// The IAM template's condition that the parameter is filled.
    pub condition: String,
    /// The application template's output.
    pub output: String,
    /// What the output gives: the original expression.
    pub value: Expr,
    /// Whether the application template has such an output already.
    pub output_exists: bool,
    /// The condition on which the application resource exists.
    pub target_condition: Option<&'d str>,
}

/// Names for later values, each given once.
pub(super) struct Laters<'p, 'd, 't> {
    list: IndexMap<(&'d str, Option<&'d str>), Later<'d>>,
    template: &'p Template<'d, 't>,
    stack_parameter: &'p str,
}

impl<'p, 'd, 't> Laters<'p, 'd, 't> {
    pub(super) fn new(template: &'p Template<'d, 't>, stack_parameter: &'p str) -> Self {
        Self { list: IndexMap::new(), template, stack_parameter }
    }

    /// Forgets what was given out, to begin anew.
    pub(super) fn clear(&mut self) {
        self.list.clear();
    }

    pub(super) fn into_list(self) -> Vec<Later<'d>> {
        let mut list: Vec<Later<'d>> = self.list.into_values().collect();
        list.sort_by(|a, b| a.parameter.cmp(&b.parameter));
        list
    }

    /// What stands for a reference: the parameter once it is filled, until then what matches nothing.
    pub(super) fn value(
        &mut self,
        target: &'d str,
        attribute: Option<&'d str>,
        reference: &Reference<'d, '_>,
        element: &str,
    ) -> Expr {
        // Where the value begins a text, the text begins as the placeholder does.
        let leads = leads(reference);
        let kind = self.template.resources.get(target).map_or("", |resource| resource.kind);
        let wants_arn = element == "Resource"
            || element
                .split('.')
                .nth(1)
                .is_some_and(|operator| operator.contains("Arn") && element.starts_with("Condition"));
        let is_arn = target == "AWS::StackId" || is_arn(kind, attribute) || (leads && wants_arn);
        let later = self.later(target, attribute, is_arn);
        let nothing = match (is_arn, kind) {
            (true, "AWS::IAM::OIDCProvider") => nothing_arn("oidc-provider"),
            (true, "AWS::IAM::SAMLProvider") => nothing_arn("saml-provider"),
            (true, _) => nothing_arn("role"),
            (false, _) => Expr::text(NOTHING),
        };
        let choice =
            Expr::call("If", vec![Expr::text(&later.condition), Expr::reference(&later.parameter), nothing]);
        Expr::Named(later.parameter.clone(), Box::new(choice))
    }

    fn later(&mut self, target: &'d str, attribute: Option<&'d str>, is_arn: bool) -> Later<'d> {
        if let Some(known) = self.list.get(&(target, attribute)) {
            return known.clone();
        }
        let stem = if target == "AWS::StackId" { "AppStackId" } else { target };
        let suffix = match attribute {
            Some(attribute) => attribute,
            None if target == "AWS::StackId" => "",
            None => {
                holds(resource_type(self.template.resources.get(target).map_or("", |of| of.kind)), is_arn)
            }
        };
        let wanted: String = format!("{stem}{suffix}").chars().filter(char::is_ascii_alphanumeric).collect();
        let value = match attribute {
            Some(attribute) => Expr::GetAtt(target.to_owned(), attribute.to_owned()),
            None => Expr::reference(target),
        };
        // Parameters and resources share one name space, outputs and conditions have one each.
        let template = self.template;
        let parameter = free(&wanted, |name| {
            name == self.stack_parameter
                || template.parameters.contains_key(name)
                || template.resources.contains_key(name)
                || is_made(template, "Resources", name)
                || self.list.values().any(|later| later.parameter == name)
        });
        // An output of that name which gives this value will do.
        let same = |name: &str| {
            let Some(output) = template.outputs.get(name) else { return false };
            // One that may be absent does not give it whenever the resource is there.
            let of = template.resources.get(target).and_then(|resource| resource.condition);
            let condition = output.value.get("Condition").and_then(Node::literal);
            output.value.get("Value").is_some_and(|known| lower(known) == value)
                && (condition.is_none() || condition == of)
        };
        let output = free(&parameter, |name| {
            (template.outputs.contains_key(name) && !same(name)) || is_made(template, "Outputs", name)
        });
        let condition = free(&format!("Has{parameter}"), |name| {
            template.conditions.contains_key(name) || is_made(template, "Conditions", name)
        });
        let later = Later {
            target,
            attribute,
            output_exists: same(&output),
            parameter,
            condition,
            output,
            value,
            target_condition: template.resources.get(target).and_then(|resource| resource.condition),
        };
        self.list.insert((target, attribute), later.clone());
        later
    }
}

/// A name that matches nothing: no bucket can have it, since those have no capital letters; where a
/// bucket's name stands for its ARN, a stranger could have registered any other.
const NOTHING: &str = "NOT_DEPLOYED_YET";

/// An ARN of an account that does not exist: a valid form that matches nothing.
fn nothing_arn(noun: &str) -> Expr {
    from_sub_text(&format!("arn:${{AWS::Partition}}:iam::000000000000:{noun}/{NOTHING}"))
}

/// Whether a reference begins the text that it stands in, or is the whole of it.
fn leads(reference: &Reference<'_, '_>) -> bool {
    // A written beginning, such as `arn:`, is there whatever follows.
    keys(&lower(text_around(reference))).iter().all(|key| key.starts_with(OPEN))
}

/// The outermost text that a reference is a part of.
fn text_around<'d, 't>(reference: &Reference<'d, 't>) -> Node<'d, 't> {
    let mut at = reference.via.unwrap_or(reference.node);
    let mut text = at;
    while let Some(parent) = at.parent() {
        match call(parent) {
            // The outermost that puts texts together.
            Some(call) if matches!(call.name, "Sub" | "Join") => text = call.node,
            None if parent.kind() == Kind::Mapping && parent.get("Effect").is_some() => break,
            _ => {}
        }
        at = parent;
    }
    text
}

/// Whether a wildcard stands beside a reference, in the same segment of the text: with it what stands in the value's place
/// could match.
pub(super) fn is_beside_wildcard(reference: &Reference<'_, '_>, target: &str) -> bool {
    keys(&lower(text_around(reference))).iter().any(|key| {
        let pieces: Vec<&str> = key.split(OPEN).collect();
        pieces.iter().enumerate().skip(1).any(|(at, piece)| {
            let Some((name, after)) = piece.split_once(CLOSE) else { return false };
            let before =
                pieces.get(at - 1).and_then(|before| before.rsplit(CLOSE).next()).unwrap_or_default();
            let is_meant = name == target || name.split('.').next() == Some(target);
            let beside = [before.rsplit([':', '/']).next(), after.split([':', '/']).next()];
            is_meant && beside.into_iter().flatten().any(|text| text.contains(['*', '?']))
        })
    })
}

/// What `Ref` gives, in a word: the end of a parameter's name.
fn holds(row: Option<&crate::facts::ResourceType>, is_arn: bool) -> &'static str {
    match row.map(|row| row.reference) {
        _ if is_arn => "Arn",
        Some(Meaning::Text(text)) if text.starts_with("https://") => "Url",
        Some(Meaning::Name | Meaning::ByProperty { .. } | Meaning::Text(_)) => "Name",
        _ => "Id",
    }
}

fn is_arn(kind: &str, attribute: Option<&str>) -> bool {
    let row = resource_type(kind);
    let meaning = match attribute {
        Some(attribute) => {
            if attribute.ends_with("Arn") {
                return true;
            }
            row.and_then(|row| row.attributes.iter().find(|(name, _)| *name == attribute))
                .map(|(_, meaning)| *meaning)
        }
        None => row.map(|row| row.reference),
    };
    matches!(meaning, Some(Meaning::Text(text) | Meaning::ByProperty { given: text, .. }) if text.starts_with("arn:"))
}
