//! Names that the split makes: the parameter for the stack's name, and collisions of all of them.

use std::collections::{HashMap, HashSet};

use super::{AppStack, Bridge, Later, NameNeed, Options, Travels, Wire};
use crate::config::is_stack_name;
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Expr, lower, made_of};
use crate::facts::{limit, longest_name, resource_type};
use crate::template::{Resource, Template, is_blue_green, is_made};

/// The parameter that takes the application stack's name, where anything needs it.
pub(super) fn app_stack(
    template: &Template<'_, '_>,
    moved: &[&str],
    bridges: &[Bridge<'_, '_>],
    named: bool,
    parameter: &str,
    options: &Options<'_, '_>,
    found: &mut Vec<Diagnostic>,
) -> Option<AppStack> {
    let used = named || bridges.iter().any(|bridge| mentions(bridge, parameter));
    if !used {
        return None;
    }
    let mut needs: Vec<NameNeed> = Vec::new();
    for need in bridges.iter().flat_map(|bridge| &bridge.needs).filter(|need| need.bounded) {
        if !needs.contains(need) {
            needs.push(need.clone());
        }
    }
    let patterned = !needs.is_empty();
    needs.extend(moved.iter().filter_map(|name| {
        longest_stack(template.resources.get(name)?, options.named.iter().any(|named| named == name))
    }));
    needs.sort_by(|a, b| {
        let key = |need: &NameNeed| need.longest.unwrap_or(limit::STACK_NAME);
        key(a).cmp(&key(b)).then_with(|| a.resource.cmp(&b.resource))
    });
    let configured = options.selection.config.and_then(|file| file.config.app_stack_name.as_deref());
    let stack = AppStack {
        parameter: parameter.to_owned(),
        default: options.app_stack_name.or(configured).map(str::to_owned),
        max_length: needs
            .first()
            .and_then(|need| need.longest)
            .map_or(limit::STACK_NAME, |longest| longest.min(limit::STACK_NAME)),
        lower_case: needs.iter().any(|need| need.lower_case),
        patterned,
        needs,
    };
    if let Some(name) = &stack.default
        && !(is_stack_name(name) && stack.admits(name))
    {
        found.push(refused_default(name, &stack));
    }
    Some(stack)
}

/// How many characters a name has at least, with so many for the stack's and for the region's: an account has twelve digits,
/// and what else decides may be empty.
#[must_use]
pub fn least_length(name: &Expr, stack: usize, region: usize) -> usize {
    match name {
        Expr::Text(text) => text.chars().count(),
        Expr::Ref(name) => match name.as_str() {
            "AWS::Region" => region,
            "AWS::AccountId" => 12,
            "AWS::StackName" => stack,
            _ => 0,
        },
        Expr::Concat(parts) => parts.iter().map(|part| least_length(part, stack, region)).sum(),
        _ => 0,
    }
}

/// How many characters of a name are left for each time that it has the stack's; `None` where it has that nowhere.
#[must_use]
pub fn room(name: &Expr, most: usize, region: usize) -> Option<usize> {
    let fixed = least_length(name, 0, region);
    let times = least_length(name, 1, region) - fixed;
    most.saturating_sub(fixed).checked_div(times)
}

/// What the explicit name of a moved resource leaves of its length for the stack's name. A name of the template's own
/// may be meant for the regions with short names alone.
#[must_use]
pub fn longest_stack(resource: &Resource<'_, '_>, is_given: bool) -> Option<NameNeed> {
    let property = resource_type(resource.kind)?.name_property;
    let most = longest_name(resource.kind)?;
    let name = lower(resource.property(property)?);
    let region = if is_given { limit::LONGEST_REGION } else { limit::SHORTEST_REGION };
    let longest = room(&name, most, region).filter(|longest| *longest > 0)?;
    (longest < limit::STACK_NAME).then(|| NameNeed {
        resource: resource.name.to_owned(),
        longest: Some(longest),
        lower_case: false,
        bounded: true,
    })
}

fn refused_default(name: &str, stack: &AppStack) -> Diagnostic {
    let tightest =
        stack.needs.first().map_or(String::new(), |need| format!("; `{}` bounds it", need.resource));
    Diagnostic::new(Code::CFG006, format!("the application stack cannot be called `{name}`")).help(format!(
        "with the patterns of this split a name is at most {} characters and matches `{}`{tightest}",
        stack.max_length,
        stack.allowed_pattern()
    ))
}

fn mentions(bridge: &Bridge<'_, '_>, parameter: &str) -> bool {
    let mut found = false;
    bridge.expr.walk(&mut |expr| {
        found |= matches!(expr, Expr::Ref(name) if name == parameter);
    });
    found
}

/// The names that a split makes.
pub(super) struct Made<'p, 'd> {
    pub(super) wires: &'p [Wire<'d>],
    pub(super) stack: Option<&'p AppStack>,
    pub(super) laters: &'p [Later<'d>],
    /// How many policies are attached in the application template.
    pub(super) attached: usize,
}

/// What is counted of the application.
const OF_APPLICATION: &str = "parameters in the application template";

/// Names that are taken, and how many there may be.
pub(super) fn check(
    template: &Template<'_, '_>,
    made: &Made<'_, '_>,
    moved: &HashSet<&str>,
    travels: &Travels<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let wires = made.wires;
    let mut outputs: HashMap<&str, &str> = HashMap::new();
    for wire in wires {
        if let Some(taken) = template.parameters.get(wire.parameter.as_str()).filter(|_| !wire.read) {
            found.push(
                Diagnostic::new(
                    Code::NAM001,
                    format!("the template has a parameter `{}` already", wire.parameter),
                )
                .at(taken.key.outer(), format!("`{}` needs this name", wire.resource))
                .help("rename the parameter of the template"),
            );
        }
        if wire.output.len() > limit::OUTPUT_NAME {
            found.push(
                Diagnostic::new(
                    Code::LIM006,
                    format!(
                        "the output of `{}` would have a name of {} characters: CloudFormation admits {}",
                        wire.resource,
                        wire.output.len(),
                        limit::OUTPUT_NAME
                    ),
                )
                .help("give the resource a shorter name"),
            );
        }
        // A parameter and a resource share one name space.
        let taken = template.resources.get(wire.parameter.as_str());
        if let Some(taken) = taken.filter(|taken| taken.name != wire.resource) {
            found.push(
                Diagnostic::new(
                    Code::NAM001,
                    format!("`{}` is the name of a resource already", wire.parameter),
                )
                .at(
                    taken.declaration.key.outer(),
                    format!("a parameter for `{}` needs this name", wire.resource),
                )
                .help("rename one of the two resources"),
            );
        }
        if is_made(template, "Resources", &wire.parameter) && !wire.read {
            found.push(
                Diagnostic::new(
                    Code::NAM001,
                    format!("a loop takes the name `{}`, or may make a resource of it", wire.parameter),
                )
                .help(format!(
                    "rename the loop, its variable or what it makes: a parameter for `{}` needs the name",
                    wire.resource
                )),
            );
        }
        if is_made(template, "Outputs", &wire.output) {
            found.push(
                Diagnostic::new(
                    Code::NAM002,
                    format!("a loop takes the output `{}`, or may make it", wire.output),
                )
                .help(format!(
                    "rename what the loop makes: the output of `{}` needs the name",
                    wire.resource
                )),
            );
        }
        if let Some(other) = outputs.insert(&wire.output, wire.resource) {
            found.push(
                Diagnostic::new(
                    Code::NAM002,
                    format!("`{other}` and `{}` would both have the output `{}`", wire.resource, wire.output),
                )
                .help("rename one of the two resources"),
            );
        }
        // An output of the monolith with this name is fine where it gives the same value.
        if let Some(output) = template.outputs.get(wire.output.as_str())
            && output.value.get("Value").map(lower) != Some(wire.value.clone())
        {
            found.push(
                Diagnostic::new(
                    Code::NAM002,
                    format!("the template has an output `{}` already, with another value", wire.output),
                )
                .at(output.key.outer(), format!("the output of `{}` needs this name", wire.resource))
                .help("rename the output of the template"),
            );
        }
    }
    if let Some(stack) = made.stack {
        let parameter = template.parameters.get(stack.parameter.as_str()).map(|taken| taken.key);
        let resource = template.resources.get(stack.parameter.as_str()).map(|taken| taken.declaration.key);
        let resource = resource.filter(|_| moved.contains(stack.parameter.as_str()));
        if let Some(key) = parameter.or(resource) {
            found.push(
                Diagnostic::new(
                    Code::NAM001,
                    format!("the name `{}` is taken in the template", stack.parameter),
                )
                .at(key.outer(), "the IAM template needs this name for the application stack's")
                .help("choose another with `app_stack_parameter` in the configuration"),
            );
        }
    }
    let stays = made_of(template, "Resources");
    let resources = stays.saturating_sub(moved.len()) + made.attached;
    if resources > limit::RESOURCES {
        let help = if made.attached > 0 {
            "permit another resolution than `attach`, or move more resources"
        } else {
            "move more resources"
        };
        found.push(
            Diagnostic::new(
                Code::LIM005,
                format!(
                    "{resources} resources in the application template: CloudFormation admits {}",
                    limit::RESOURCES
                ),
            )
            .help(help),
        );
    }
    let new_outputs = made.laters.iter().filter(|later| !later.output_exists).count();
    let iam_parameters = travels.parameters.len() + made.laters.len() + usize::from(made.stack.is_some());
    let counts = [
        (
            Code::LIM001,
            template.parameters.len() + wires.iter().filter(|wire| !wire.read).count(),
            OF_APPLICATION,
            limit::PARAMETERS,
        ),
        (Code::LIM001, iam_parameters, "parameters in the IAM template", limit::PARAMETERS),
        (Code::LIM002, wires.len(), "outputs in the IAM template", limit::OUTPUTS),
        (
            Code::LIM002,
            made_of(template, "Outputs") + new_outputs,
            "outputs in the application template",
            limit::OUTPUTS,
        ),
    ];
    // Imports need one parameter in all, for the name of the IAM stack; templates for blue/green deployments take none.
    let imports_do = wires.iter().any(|wire| !wire.read)
        && template.parameters.len() < limit::PARAMETERS
        && !is_blue_green(template);
    found.extend(counts.into_iter().filter(|(_, count, _, limit)| count > limit).map(
        |(code, count, what, limit)| {
            let finding = Diagnostic::new(code, format!("{count} {what}: CloudFormation admits {limit}"));
            if imports_do && what == OF_APPLICATION {
                finding.help("let the application import what the IAM stack gives out (`--wiring imports`), move fewer resources, or remove what is not used")
            } else {
                finding.help("move fewer resources, or remove what is not used")
            }
        },
    ));
}
