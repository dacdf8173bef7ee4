//! References of moved resources that cannot stay: the IAM stack is deployed first.

use indexmap::IndexMap;

use super::{Bridge, Index, Options, Resolved, Resolver, position};
use crate::config::Resolution;
use crate::diagnostic::{Code, Diagnostic};
use crate::facts::noun;
use crate::template::{Owner, Reference, ReferenceKind, Resource, Target, Template};
use crate::text::Span;

/// What the walk over the moved resources found.
pub(super) struct Crossing<'d, 't> {
    pub(super) bridges: Vec<Bridge<'d, 't>>,
    pub(super) stack_names: Vec<Reference<'d, 't>>,
    pub(super) dropped: Vec<Reference<'d, 't>>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A reference that no permitted resolution fits.
struct Unresolved {
    place: Span,
    reason: String,
    /// Whether an explicit name of the application resource would do.
    name_helps: bool,
    /// Whether permitting `pattern` would do.
    pattern_helps: bool,
}

impl Unresolved {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            place: Span::at(0),
            reason: reason.into(),
            name_helps: false,
            pattern_helps: false,
        }
    }
}

/// Whether a reference is to the stack's name.
pub(super) fn is_stack_name(reference: &Reference<'_, '_>) -> bool {
    reference.target == Target::Name("AWS::StackName")
}

pub(super) fn bridges<'d, 't>(
    template: &Template<'d, 't>,
    index: &Index<'d, 't>,
    moved: &[&'d str],
    is_moved: &dyn Fn(&str) -> bool,
    resolver: &Resolver<'_, 'd, 't>,
    options: &Options<'_, '_>,
) -> Crossing<'d, 't> {
    let mut crossing = Crossing {
        bridges: Vec::new(),
        stack_names: Vec::new(),
        dropped: Vec::new(),
        diagnostics: Vec::new(),
    };
    let mut unresolved: IndexMap<(&str, &str), Vec<Unresolved>> = IndexMap::new();
    for owner in moved {
        let Some(resource) = template.resources.get(owner) else {
            continue;
        };
        let order = options.order(owner);
        for reference in index.of(Owner::Resource(owner)) {
            let Target::Name(target) = reference.target else {
                continue;
            };
            match target {
                "AWS::StackName" if reference.hidden => {
                    crossing.diagnostics.push(hidden(reference));
                }
                "AWS::StackName" => crossing.stack_names.push(*reference),
                "AWS::StackId" => {}
                "AWS::NotificationARNs" => {
                    crossing.diagnostics.push(
                        Diagnostic::new(
                            Code::CYC003,
                            format!(
                                "`AWS::NotificationARNs` in `{owner}` would be the IAM stack's"
                            ),
                        )
                        .at(reference.place, "this reference")
                        .help("pass the topics as a parameter"),
                    );
                    continue;
                }
                _ if is_moved(target) => continue,
                _ if template.resources.contains_key(target) => {}
                _ if template.parameters.contains_key(target) || target.starts_with("AWS::") => {
                    continue;
                }
                _ => {
                    crossing
                        .diagnostics
                        .push(undeclared(owner, target, reference));
                    continue;
                }
            }
            if target == "AWS::StackName" {
                continue;
            }
            if reference.kind == ReferenceKind::DependsOn {
                crossing.diagnostics.push(dropped(owner, target, reference));
                crossing.dropped.push(*reference);
                continue;
            }
            if reference.hidden {
                crossing.diagnostics.push(hidden(reference));
                continue;
            }
            match resolve(resource, reference, target, resolver, &order) {
                Ok(bridge) => crossing.bridges.push(bridge),
                Err(why) => {
                    let of_pair = unresolved.entry((owner, target)).or_default();
                    of_pair.push(Unresolved {
                        place: reference.place,
                        ..why
                    });
                }
            }
        }
    }
    for ((owner, target), places) in unresolved {
        crossing
            .diagnostics
            .push(circular(template, owner, target, &places));
    }
    crossing
}

fn resolve<'d, 't>(
    resource: &Resource<'d, 't>,
    reference: &Reference<'d, 't>,
    target: &'d str,
    resolver: &Resolver<'_, 'd, 't>,
    order: &[Resolution],
) -> Result<Bridge<'d, 't>, Unresolved> {
    let position = position(reference.node, resource.kind);
    let attribute = match reference.kind {
        ReferenceKind::GetAtt(Some(attribute)) | ReferenceKind::SubGetAtt(attribute) => {
            Some(attribute)
        }
        ReferenceKind::GetAtt(None) => return Err(Unresolved::new("the attribute is computed")),
        _ => None,
    };
    // A name of something to come cannot stand where the thing must exist, a pattern even less.
    position.exact.clone().map_err(Unresolved::new)?;
    let nothing_permitted = order.is_empty();
    resolver.take_needs();
    let value = if target == "AWS::StackId" {
        Ok(resolver.stack_id())
    } else {
        resolver.reference(target, attribute)
    };
    let needs = resolver.take_needs();
    let Resolved { expr, pattern } = value.map_err(Unresolved::new)?;
    let resolution = if pattern {
        Resolution::Pattern
    } else {
        Resolution::Exact
    };
    let name_helps = !needs.is_empty();
    if pattern {
        let refused = |reason| Unresolved {
            name_helps,
            ..Unresolved::new(reason)
        };
        position.pattern.clone().map_err(refused)?;
    }
    if !order.contains(&resolution) {
        let names: Vec<String> = needs
            .iter()
            .map(|need| format!("`{}`", need.resource))
            .collect();
        let reason = if nothing_permitted {
            "no resolution is permitted".to_owned()
        } else if names.is_empty() {
            "only a pattern fits here".to_owned()
        } else {
            format!(
                "CloudFormation generates the name of {}",
                names.join(" and ")
            )
        };
        return Err(Unresolved {
            name_helps,
            pattern_helps: pattern,
            ..Unresolved::new(reason)
        });
    }
    Ok(Bridge {
        reference: *reference,
        owner: resource.name,
        target,
        resolution,
        expr,
        position,
        needs,
    })
}

/// The specification's message, one diagnostic a pair, with every place and the way out.
fn circular(
    template: &Template<'_, '_>,
    owner: &str,
    target: &str,
    places: &[Unresolved],
) -> Diagnostic {
    let resource = template.resources.get(target);
    let kind = |name: &str| {
        template
            .resources
            .get(name)
            .map_or("", |resource| resource.kind)
    };
    let mut diagnostic = if target == "AWS::StackId" {
        Diagnostic::new(
            Code::CYC002,
            format!("`AWS::StackId` in `{owner}` would be the IAM stack's"),
        )
    } else {
        Diagnostic::new(
            Code::CYC001,
            format!(
                "Circular dependency detected: {} {owner} references {} {target}",
                noun(kind(owner)),
                noun(kind(target))
            ),
        )
    };
    for unresolved in places {
        diagnostic = diagnostic.at(unresolved.place, unresolved.reason.clone());
    }
    let mut ways = Vec::new();
    if resource.is_some_and(Resource::is_iam) {
        ways.push(format!(
            "let `{target}` move too, by naming it in the configuration"
        ));
    }
    if places.iter().all(|place| place.name_helps) {
        ways.push(format!(
            "give `{target}` an explicit name (resolution `exact`)"
        ));
    }
    if places.iter().all(|place| place.pattern_helps) {
        ways.push(format!(
            "permit `pattern` where a wider scope is acceptable: `--resolve exact,pattern`, or for \
             `{owner}` alone under `resolution.resources` in the configuration"
        ));
    }
    if target == "AWS::StackId" {
        ways.push("write the stack's ARN with `*` for its id".to_owned());
    }
    ways.push(format!(
        "leave `{owner}` with the application by naming in a configuration only what moves"
    ));
    ways.into_iter().fold(diagnostic, Diagnostic::help)
}

fn dropped(owner: &str, target: &str, reference: &Reference<'_, '_>) -> Diagnostic {
    Diagnostic::new(
        Code::DEP001,
        format!("`{owner}` no longer waits for `{target}`: the IAM stack is deployed first"),
    )
    .at(reference.place, "this dependency goes")
}

pub(super) fn hidden(reference: &Reference<'_, '_>) -> Diagnostic {
    Diagnostic::new(
        Code::REF001,
        "an escape hides a reference that has to change",
    )
    .at(reference.place, "in this text")
    .help("write the text without escapes, in single quotes or as a block")
}

fn undeclared(owner: &str, target: &str, reference: &Reference<'_, '_>) -> Diagnostic {
    Diagnostic::new(
        Code::TRF002,
        format!("`{owner}` references `{target}`, which the text does not declare"),
    )
    .at(reference.place, "made by a loop or macro")
    .help("write the resource out, or leave the role with the application")
}
