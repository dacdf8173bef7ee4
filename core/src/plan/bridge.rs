//! References of moved resources that cannot stay: the IAM stack is deployed first.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::attach::{self, Attached, Statement};
use super::choice::{Choice, Unresolved, choose};
use super::first::{Asks, First};
use super::later::Laters;
use super::select::secret_of;
use super::{Bridge, Index, Options, Resolver};
use super::{elsewhere, existence};
use crate::config::Resolution;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::facts::{Strength, makes_elsewhere, noun};
use crate::template::{
    Owner, PSEUDO_PARAMETERS, Reference, ReferenceKind, Resource, Target, Template, condition_entry,
};
use crate::text::Span;

/// What the walk over the moved resources found.
#[derive(Default)]
pub(super) struct Crossing<'d, 't> {
    pub(super) bridges: Vec<Bridge<'d, 't>>,
    pub(super) attached: Vec<Attached<'d, 't>>,
    pub(super) stack_names: Vec<Reference<'d, 't>>,
    pub(super) dropped: Vec<Reference<'d, 't>>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Resources that are to stay, each with the application resource that it references.
    pub(super) keep: Vec<(&'d str, &'d str)>,
}

/// What is the same for all references of a plan.
pub(super) struct Context<'p, 'd, 't> {
    pub(super) template: &'p Template<'d, 't>,
    pub(super) index: &'p Index<'d, 't>,
    pub(super) moved: &'p [&'d str],
    pub(super) is_moved: &'p dyn Fn(&str) -> bool,
    /// Resources that were to move and stay.
    pub(super) kept: &'p HashSet<&'d str>,
    pub(super) resolver: &'p Resolver<'p, 'd, 't>,
    pub(super) first: &'p First<'p, 'd, 't>,
    pub(super) options: &'p Options<'p, 'p>,
}

/// Whether a reference is to the stack's name.
pub(super) fn is_stack_name(reference: &Reference<'_, '_>) -> bool {
    reference.target == Target::Name("AWS::StackName")
}

type Failures<'d> = IndexMap<(&'d str, &'d str), Vec<(Unresolved, Span)>>;

pub(super) fn bridges<'l, 'd, 't>(
    context: &Context<'_, 'd, 't>,
    laters: &mut Laters<'l, 'd, 't>,
) -> Crossing<'d, 't> {
    let mut statements: Vec<Statement<'d, 't>> = Vec::new();
    // Where a statement goes to the application, so do all its references, whatever fits them: the walk
    // begins anew with what it found.
    let (mut crossing, failures) = loop {
        laters.clear();
        let mut walk = Walk {
            context,
            laters,
            crossing: Crossing {
                attached: attach::group(context.template, &statements),
                ..Crossing::default()
            },
            failures: IndexMap::new(),
            statements: Vec::new(),
        };
        for owner in context.moved {
            if let Some(resource) = context.template.resources.get(owner) {
                walk.resource(resource);
            }
        }
        if walk.statements.is_empty() {
            break (walk.crossing, walk.failures);
        }
        statements.append(&mut walk.statements);
    };
    for ((owner, target), places) in failures {
        // What stays takes along what cannot do without it.
        let never = context.template.resources.get(target).is_some_and(|target| secret_of(target).is_some());
        if context.kept.contains(target) || (never && context.options.selection.all_iam) {
            crossing.keep.push((owner, target));
        } else {
            crossing.diagnostics.push(circular(context, owner, target, &places));
        }
    }
    crossing
}

struct Walk<'w, 'p, 'l, 'd, 't> {
    context: &'w Context<'p, 'd, 't>,
    laters: &'w mut Laters<'l, 'd, 't>,
    crossing: Crossing<'d, 't>,
    failures: Failures<'d>,
    /// Statements that are to go to the application.
    statements: Vec<Statement<'d, 't>>,
}

impl<'d, 't> Walk<'_, '_, '_, 'd, 't> {
    fn resource(&mut self, resource: &Resource<'d, 't>) {
        let context = self.context;
        let owner = resource.name;
        let order = context.options.order(owner);
        let found = &mut self.crossing.diagnostics;
        let mut crossing = Vec::new();
        for reference in context.index.of(Owner::Resource(owner)) {
            let target = match reference.target {
                Target::Name(target) => target,
                Target::Computed(name) => {
                    found.push(computed(owner, name, reference));
                    continue;
                }
                Target::Condition(name) if condition_entry(context.template, name).is_none() => {
                    if order.contains(&Resolution::Keep) {
                        self.crossing.keep.push((owner, name));
                    } else {
                        found.push(undeclared(owner, name, reference));
                    }
                    continue;
                }
                _ => continue,
            };
            if attach::holds(&self.crossing.attached, reference) {
                continue;
            }
            match target {
                "AWS::StackName" if reference.hidden => found.push(hidden(reference)),
                "AWS::StackName" => self.crossing.stack_names.push(*reference),
                "AWS::NotificationARNs" => found.push(notification_arns(owner, reference)),
                "AWS::StackId" => crossing.push((reference, target)),
                _ if (context.is_moved)(target) || is_known(context.template, target) => {}
                _ if !context.template.resources.contains_key(target) => {
                    if order.contains(&Resolution::Keep) {
                        self.crossing.keep.push((owner, target));
                    } else {
                        found.push(undeclared(owner, target, reference));
                    }
                }
                _ if reference.kind == ReferenceKind::DependsOn => {
                    found.push(dropped(context.template, owner, target, reference));
                    self.crossing.dropped.push(*reference);
                }
                _ => crossing.push((reference, target)),
            }
        }
        for (reference, target) in crossing {
            self.cross(resource, reference, target, &order);
        }
        let elsewhere = elsewhere::conflict(context.template, context.index, resource);
        let conflicts = existence::conflicts(context.template, resource, context.is_moved);
        for conflict in conflicts.into_iter().chain(elsewhere) {
            if order.contains(&Resolution::Keep) || context.kept.contains(conflict.target) && order.is_empty()
            {
                self.crossing.keep.push((owner, conflict.target));
                continue;
            }
            let why = Unresolved {
                reason: conflict.reason,
                name_helps: false,
                permitting_helps: vec![Resolution::Keep],
            };
            self.failures.entry((owner, conflict.target)).or_default().push((why, conflict.place));
        }
    }

    fn cross(
        &mut self,
        resource: &Resource<'d, 't>,
        reference: &Reference<'d, 't>,
        target: &'d str,
        order: &[Resolution],
    ) {
        if reference.hidden {
            self.crossing.diagnostics.push(hidden(reference));
            return;
        }
        match choose(self.context, resource, reference, target, order, self.laters) {
            Ok(Choice::Bridge(bridge)) => {
                if bridge.resolution == Resolution::TwoPhase {
                    let asks = self.context.first.asks(resource, reference, target, self.context.is_moved);
                    let asks = asks.into_iter().filter(|asks| asks.strength == Strength::MayFail);
                    self.crossing.diagnostics.extend(asks.map(|asks| may_fail(&asks, target, reference)));
                }
                self.crossing.bridges.push(*bridge);
            }
            Ok(Choice::Attach(statement)) => self.statements.push(statement),
            Ok(Choice::Keep) => self.crossing.keep.push((resource.name, target)),
            Err(why) => {
                self.failures.entry((resource.name, target)).or_default().push((why, reference.place));
            }
        }
    }
}

/// What the application's own code may need while its resource is created.
fn may_fail(asks: &Asks<'_>, target: &str, reference: &Reference<'_, '_>) -> Diagnostic {
    Diagnostic::new(
        Code::TIM001,
        format!(
            "`{}` runs as `{}` while it is created, and the permission on `{target}` comes only afterwards",
            asks.resource, asks.role
        ),
    )
    .at(reference.place, "the value comes later (`two-phase`)")
    .help("check that it starts without the permission, or permit `pattern` or `attach` before `two-phase`")
}

/// Whether a name means a parameter or pseudo parameter, which both templates have.
fn is_known(template: &Template<'_, '_>, name: &str) -> bool {
    template.parameters.contains_key(name) || PSEUDO_PARAMETERS.contains(&name)
}

/// The specification's message, one diagnostic a pair, with every place and the way out.
fn circular(
    context: &Context<'_, '_, '_>,
    owner: &str,
    target: &str,
    places: &[(Unresolved, Span)],
) -> Diagnostic {
    let template = context.template;
    let resource = template.resources.get(target);
    let kind = |name: &str| template.resources.get(name).map_or("", |resource| resource.kind);
    let mut diagnostic = if target == "AWS::StackId" {
        Diagnostic::new(Code::CYC002, format!("`AWS::StackId` in `{owner}` would be the IAM stack's"))
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
    for (unresolved, place) in places {
        diagnostic = diagnostic.at(*place, unresolved.reason.clone());
    }
    let mut ways = Vec::new();
    if resource.is_some_and(Resource::is_iam) {
        let by_name = matches!(kind(target), "AWS::IAM::Role" | "AWS::IAM::ManagedPolicy");
        let how = if by_name { "by naming it in the configuration" } else { "with `--all-iam`" };
        ways.push(format!("let `{target}` move too, {how}"));
    }
    if makes_elsewhere(kind(target))
        && places.iter().all(|(place, _)| place.permitting_helps == [Resolution::Keep])
    {
        ways.push(format!(
            "if what is named here stands before the stack does, let `{owner}` wait for `{target}` no longer"
        ));
    }
    if places.iter().all(|(place, _)| place.name_helps) {
        ways.push(format!("give `{target}` an explicit name (resolution `exact`)"));
    }
    let all_helped =
        |resolution: &Resolution| places.iter().all(|(place, _)| place.permitting_helps.contains(resolution));
    let permitted: Vec<String> =
        Resolution::ALL.iter().filter(|resolution| all_helped(resolution)).map(|way| effect(*way)).collect();
    if !permitted.is_empty() {
        // An entry of the resource's own wins over the command line.
        let file = context.options.selection.config;
        let own = file.is_some_and(|file| file.config.resolution.resources.contains_key(owner));
        let place =
            if own { format!(", in its entry `{owner}` of `resolution.resources`") } else { String::new() };
        ways.push(format!("permit {}{place}", permitted.join(", or ")));
    }
    if target == "AWS::StackId" {
        ways.push("write the stack's ARN with `*` for its id".to_owned());
    }
    if ways.is_empty() {
        ways.push(format!(
            "leave `{owner}` with the application by naming in a configuration only what moves"
        ));
    }
    ways.into_iter().fold(diagnostic, Diagnostic::help)
}

/// A resolution with what it changes.
fn effect(resolution: Resolution) -> String {
    let effect = match resolution {
        Resolution::Pattern => "a wider scope",
        Resolution::TwoPhase => "the value comes later, by one more update",
        Resolution::Attach => "the application stack then creates IAM",
        _ => "it stays with the application",
    };
    format!("`{}` ({effect})", resolution.name())
}

/// A name that is computed may mean a resource of either template.
pub(super) fn computed(owner: &str, name: &str, reference: &Reference<'_, '_>) -> Diagnostic {
    Diagnostic::new(Code::TRF002, format!("`{owner}` references `{name}`, a name that is computed"))
        .at(reference.place, "it may mean something of the other template")
        .help("write the reference out, or leave what it may mean with the application")
}

fn notification_arns(owner: &str, reference: &Reference<'_, '_>) -> Diagnostic {
    Diagnostic::new(Code::CYC003, format!("`AWS::NotificationARNs` in `{owner}` would be the IAM stack's"))
        .at(reference.place, "this reference")
        .help("pass the topics as a parameter")
}

fn dropped(
    template: &Template<'_, '_>,
    owner: &str,
    target: &str,
    reference: &Reference<'_, '_>,
) -> Diagnostic {
    if template.resources.get(target).is_some_and(Resource::is_iam) {
        return Diagnostic::new(
            Code::DEP001,
            format!("`{owner}` no longer waits for `{target}`, which is IAM and stays: who waits for IAM often needs it"),
        )
        .with_severity(Severity::Warning)
        .at(reference.place, "this dependency goes")
        .help(format!("let `{target}` move too, or leave `{owner}` with the application"));
    }
    Diagnostic::new(
        Code::DEP001,
        format!("`{owner}` no longer waits for `{target}`: the IAM stack is deployed first"),
    )
    .at(reference.place, "this dependency goes")
}

pub(super) fn hidden(reference: &Reference<'_, '_>) -> Diagnostic {
    Diagnostic::new(Code::REF001, "an escape or an alias hides a reference that has to change")
        .at(reference.place, "in this text")
        .help("write the text where it is used, without escapes: in single quotes or as a block")
}

fn undeclared(owner: &str, target: &str, reference: &Reference<'_, '_>) -> Diagnostic {
    Diagnostic::new(Code::TRF002, format!("`{owner}` references `{target}`, which the text does not declare"))
        .at(reference.place, "made by a loop, macro or module")
        .help(format!("write `{target}` out, or permit `keep`: `{owner}` then stays with the application"))
}

/// A condition that travels and asks for what differs between the stacks.
pub(super) fn differing_condition(reference: &Reference<'_, '_>) -> Diagnostic {
    Diagnostic::new(
        Code::CYC003,
        "a condition that moved resources need depends on what differs between the stacks",
    )
    .at(reference.place, "this reference")
    .help("let the condition depend on a parameter")
}
