//! Which of the permitted resolutions a crossing reference gets.

use super::attach::{Statement, inline_statement};
use super::bridge::Context;
use super::later::{Laters, is_beside_wildcard};
use super::{Bridge, NameNeed, Position, Resolved, known, position};
use crate::config::Resolution;
use crate::facts::{Strength, is_list};
use crate::template::{Reference, ReferenceKind, Resource, is_blue_green};

/// What becomes of a crossing reference.
pub(super) enum Choice<'d, 't> {
    /// Something stands for it in the IAM template.
    Bridge(Box<Bridge<'d, 't>>),
    /// Its statement goes to the application.
    Attach(Statement<'d, 't>),
    /// The whole resource stays with the application.
    Keep,
}

/// A reference that no permitted resolution fits.
#[derive(Debug)]
pub(super) struct Unresolved {
    /// Why not, in the order in which the resolutions were tried.
    pub(super) reason: String,
    /// Whether an explicit name of the application resource would do.
    pub(super) name_helps: bool,
    /// Resolutions that are not permitted, and would do.
    pub(super) permitting_helps: Vec<Resolution>,
}

/// What is known of a reference before a resolution is chosen.
struct Facts {
    position: Position,
    value: Result<Resolved, String>,
    needs: Vec<NameNeed>,
    /// Whether the value could be written if the resource had an explicit name.
    named: bool,
}

pub(super) fn choose<'d, 't>(
    context: &Context<'_, 'd, 't>,
    resource: &Resource<'d, 't>,
    reference: &Reference<'d, 't>,
    target: &'d str,
    order: &[Resolution],
    laters: &mut Laters<'_, 'd, 't>,
) -> Result<Choice<'d, 't>, Unresolved> {
    let resolver = context.resolver;
    let position = position(reference.node, reference.via, resource);
    let attribute = match reference.kind {
        ReferenceKind::GetAtt(attribute) => attribute,
        ReferenceKind::SubGetAtt(attribute) => Some(attribute),
        _ => None,
    };
    let computed = reference.kind == ReferenceKind::GetAtt(None);
    resolver.decide(known::decided(context.template, resource, reference, target));
    resolver.take_needs();
    let value = match target {
        _ if computed => Err("the attribute is computed".to_owned()),
        "AWS::StackId" => Ok(resolver.stack_id()),
        _ => resolver.reference(target, attribute),
    };
    let needs = resolver.take_needs();
    let named = position.exact.is_ok()
        && resolver
            .if_named(target, attribute)
            .is_some_and(|value| !value.pattern || position.pattern.is_ok());
    resolver.decide(Vec::new());
    let facts = Facts { position, value, needs, named };
    let later = || match &facts.position.later {
        Ok(()) => comes_in_time(context, resource, reference, target, attribute),
        Err(why) => Err(why.clone()),
    };
    let statement = || inline_statement(context.template, resource, reference);
    let fits = |resolution: Resolution| -> bool {
        match resolution {
            Resolution::Exact | Resolution::Pattern => fits_value(&facts, resolution).is_ok(),
            Resolution::TwoPhase => !computed && later().is_ok(),
            Resolution::Attach => statement().is_ok(),
            Resolution::Keep => true,
            Resolution::Refuse => false,
        }
    };
    let Some(chosen) = order.iter().copied().find(|resolution| fits(*resolution)) else {
        let permitting_helps =
            [Resolution::Pattern, Resolution::TwoPhase, Resolution::Attach, Resolution::Keep];
        let permitting_helps = permitting_helps.into_iter().filter(|resolution| fits(*resolution)).collect();
        return Err(unresolved(
            &facts,
            order,
            later().err().as_ref(),
            statement().err().as_ref(),
            permitting_helps,
        ));
    };
    let bridge = |expr| Bridge {
        reference: *reference,
        owner: resource.name,
        target,
        resolution: chosen,
        expr,
        position: facts.position.clone(),
        // An exact name asks, too, where the service stores it in lower case.
        needs: match chosen {
            Resolution::Pattern | Resolution::Exact => facts.needs.clone(),
            _ => Vec::new(),
        },
    };
    let attached = if chosen == Resolution::Attach { statement().ok() } else { None };
    match (chosen, &facts.value, attached) {
        (Resolution::Exact | Resolution::Pattern, Ok(value), _) => {
            Ok(Choice::Bridge(Box::new(bridge(value.expr.clone()))))
        }
        (Resolution::TwoPhase, _, _) => {
            let expr = laters.value(target, attribute, reference, &facts.position.element);
            Ok(Choice::Bridge(Box::new(bridge(expr))))
        }
        (Resolution::Attach, _, Some(statement)) => Ok(Choice::Attach(statement)),
        _ => Ok(Choice::Keep),
    }
}

/// Whether the value itself, or its pattern, may stand at the place.
fn fits_value(facts: &Facts, resolution: Resolution) -> Result<(), String> {
    // A name of something to come cannot stand where the thing must exist, a pattern even less.
    facts.position.exact.clone()?;
    let value = facts.value.as_ref().map_err(Clone::clone)?;
    match (resolution, value.pattern) {
        (Resolution::Exact, false) => Ok(()),
        (Resolution::Pattern, true) => facts.position.pattern.clone(),
        (Resolution::Exact, true) if facts.needs.is_empty() => Err("only a pattern fits here".to_owned()),
        (Resolution::Exact, true) => {
            let names: Vec<String> = facts.needs.iter().map(|need| format!("`{}`", need.resource)).collect();
            Err(format!("CloudFormation generates the name of {}", names.join(" and ")))
        }
        _ => Err("the value is exact".to_owned()),
    }
}

fn unresolved(
    facts: &Facts,
    order: &[Resolution],
    not_later: Option<&String>,
    not_attached: Option<&String>,
    permitting_helps: Vec<Resolution>,
) -> Unresolved {
    let mut reasons: Vec<String> = Vec::new();
    for resolution in order {
        let reason = match resolution {
            Resolution::Exact | Resolution::Pattern => fits_value(facts, *resolution).err(),
            Resolution::TwoPhase => not_later.cloned(),
            Resolution::Attach => not_attached.cloned(),
            Resolution::Keep | Resolution::Refuse => None,
        };
        // A value that is exact but cannot stand here is told by `exact` already.
        reasons.extend(reason.filter(|reason| reason != "the value is exact" && !reasons.contains(reason)));
    }
    if order.is_empty() {
        reasons.push("no resolution is permitted".to_owned());
    }
    Unresolved { reason: reasons.join("; "), name_helps: facts.named, permitting_helps }
}

/// Whether a value that comes later comes in time, and as a text.
fn comes_in_time<'d, 't>(
    context: &Context<'_, 'd, 't>,
    resource: &Resource<'d, 't>,
    reference: &Reference<'d, 't>,
    target: &'d str,
    attribute: Option<&str>,
) -> Result<(), String> {
    let kind = context.template.resources.get(target).map_or("", |target| target.kind);
    if attribute.is_some_and(|attribute| is_list(kind, attribute)) {
        return Err(format!(
            "`{}` of `{target}` is a list, and an output is a text",
            attribute.unwrap_or_default()
        ));
    }
    // Such a value may be empty, and a condition tells an empty one from none that has come.
    if kind.starts_with("AWS::CloudFormation::") && attribute.is_some()
        || !kind.is_empty() && !kind.starts_with("AWS::")
    {
        return Err(format!(
            "what `{target}` gives may be empty, as the value is before it comes (`two-phase`)"
        ));
    }
    if is_beside_wildcard(reference, target) {
        return Err(format!(
            "beside a wildcard what stands in the place of `{target}` until the value comes could match (`two-phase`)"
        ));
    }
    if is_blue_green(context.template) {
        return Err("a template for blue/green deployments has no outputs (`two-phase`)".to_owned());
    }
    let asks = context.first.asks(resource, reference, target, context.is_moved);
    match asks.iter().find(|asks| asks.strength == Strength::Refused) {
        None => Ok(()),
        Some(asks) => {
            let may = if asks.action == "*" {
                format!("runs as `{}`", asks.role)
            } else {
                format!("is refused unless `{}` may `{}`", asks.role, asks.action)
            };
            Err(format!(
                "when `{}` (`{}`) is created it {may}, and the value comes only after that (`two-phase`)",
                asks.resource, asks.kind
            ))
        }
    }
}
