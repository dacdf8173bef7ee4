//! What a split did, in the terms of the template.

use std::collections::HashMap;

use serde::Serialize;

use crate::config::Resolution;
use crate::edit::EditSet;
use crate::plan::{self, Action, Capability, Plan, capabilities};
use crate::template::{self, Template};
use crate::text::{LineIndex, Span};

/// What a split did, in the terms of the template.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Summary {
    /// What moved.
    pub moved: Vec<Moved>,
    /// Configured names that the template does not have.
    pub missing: Vec<String>,
    /// Declarations that the IAM template has too.
    pub travels: Travels,
    /// References of moved resources to the application, and what stands for each.
    pub bridges: Vec<Bridged>,
    /// Values that the IAM stack gets once the application stack stands.
    pub two_phase: Vec<TwoPhase>,
    /// Statements of moved roles that stand in the application template.
    pub attached: Vec<Attached>,
    /// What was selected and stays.
    pub kept: Vec<Kept>,
    /// What waits itself for what it waited for through something that moved.
    pub waits: Vec<Wait>,
    /// What the configuration gives to those that move: each property, and who gets it.
    pub given: Vec<(String, Vec<String>)>,
    /// Statements with patterns over buckets that are held to the account: the resource, and the statement's line.
    pub guarded: Vec<(String, u32)>,
    /// References of the application that were rewritten.
    pub rewritten: usize,
    /// The parameter for the application stack's name, and its bounds.
    pub app_stack: Option<AppStack>,
    /// Capabilities that the IAM stack needs.
    pub iam_capabilities: Vec<Capability>,
    /// Capabilities that the application stack still needs.
    pub app_capabilities: Vec<Capability>,
    /// Resources that stay with the application.
    pub remaining: usize,
}

/// A moved resource.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Moved {
    /// Its logical id.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The line that declares it.
    pub line: u32,
    /// The outputs that carry its values, and the parameters that take them.
    pub wires: Vec<Wire>,
    /// How many references of the application mean it.
    pub used: usize,
}

/// An output and its parameter.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Wire {
    /// The IAM template's output.
    pub output: String,
    /// The application template's parameter; of an output that the application reads itself that for the IAM stack's name,
    /// empty where it reads none.
    pub parameter: String,
    /// Whether the application reads the output itself.
    pub read: bool,
}

/// Names that travel, in the order of the template.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Travels {
    /// Parameters.
    pub parameters: Vec<String>,
    /// Conditions.
    pub conditions: Vec<String>,
    /// Mappings.
    pub mappings: Vec<String>,
}

/// A reference across the cut.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Bridged {
    /// The moved resource.
    pub resource: String,
    /// The application resource that it referenced.
    pub target: String,
    /// How it was resolved.
    pub resolution: Resolution,
    /// The line.
    pub line: u32,
    /// The policy statement, if it stands in one.
    pub statement: Option<String>,
    /// The element or property.
    pub element: String,
    /// The value as the monolith writes it.
    pub before: String,
    /// The value as the IAM template writes it.
    pub after: String,
    /// What a widened scope reaches beyond the one resource.
    pub reaches: Option<String>,
}

/// A parameter of the IAM template that an output of the application stack fills later.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct TwoPhase {
    /// The IAM template's parameter.
    pub parameter: String,
    /// The application template's output.
    pub output: String,
    /// The application resource.
    pub target: String,
}

/// A policy of the application template with statements of a moved role.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Attached {
    /// The `AWS::IAM::RolePolicy`.
    pub name: String,
    /// The role.
    pub role: String,
    /// How many statements it holds.
    pub statements: usize,
    /// What waits for it.
    pub consumers: Vec<String>,
}

/// A wait that something moved stood for.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Wait {
    /// The resource that waits; in a loop with the loop's variables.
    pub resource: String,
    /// What it waits for.
    pub on: String,
    /// What moved.
    pub through: String,
}

/// A selected resource that stays.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct Kept {
    /// Its logical id.
    pub name: String,
    /// The application resource that it references.
    pub because: String,
}

/// Bounds of the application stack's name.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct AppStack {
    /// The IAM template's parameter.
    pub parameter: String,
    /// The longest name with which every pattern is sound.
    pub max_length: usize,
    /// What a name must match.
    pub allowed_pattern: String,
    /// The resource whose generated name bounds the length, if one does.
    pub bounded_by: Option<String>,
}

/// Sums a plan up.
#[must_use]
pub fn summary(
    template: &Template<'_, '_>,
    plan: &Plan<'_, '_>,
    iam: &EditSet,
    missing: Vec<String>,
) -> Summary {
    let text = template.document.text();
    let lines = LineIndex::new(text);
    let moved = plan.moved.iter().filter_map(|name| template.resources.get(*name));
    let moved = moved
        .map(|resource| Moved {
            name: resource.name.to_owned(),
            kind: resource.kind.to_owned(),
            line: lines.line(resource.declaration.key.span().start),
            wires: plan
                .wires
                .iter()
                .filter(|wire| wire.resource == resource.name)
                .map(|wire| Wire {
                    output: wire.output.clone(),
                    // What the application reads itself comes by way of the stack's name.
                    parameter: if wire.read {
                        plan.iam_stack.clone().unwrap_or_default()
                    } else {
                        wire.parameter.clone()
                    },
                    read: wire.read,
                })
                .collect(),
            used: plan.rewrites.iter().filter(|rewrite| rewrite.target == resource.name).count(),
        })
        .collect();
    // Many references may stand in one text.
    let mut shown: HashMap<(u32, u32, bool), String> = HashMap::new();
    let bridges = plan.bridges.iter().map(|bridge| {
        let node = bridge.reference.node;
        // Behind an alias the text of the anchor may stay while the alias changes.
        let whole = bridge.reference.via.unwrap_or(node).outer();
        Bridged {
            resource: bridge.owner.to_owned(),
            target: bridge.target.to_owned(),
            resolution: bridge.resolution,
            line: lines.line(bridge.reference.place.start),
            statement: bridge.position.statement.clone(),
            element: bridge.position.element.clone(),
            before: {
                let span = node.outer();
                shown
                    .entry((span.start, span.end, false))
                    .or_insert_with(|| one_line(span.slice(text)))
                    .clone()
            },
            after: shown
                .entry((whole.start, whole.end, true))
                .or_insert_with(|| one_line(&after(iam, whole, text)))
                .clone(),
            reaches: (bridge.resolution == Resolution::Pattern).then(|| {
                let guarded =
                    plan.guarded.iter().any(|guarded| guarded.statement.outer().contains(node.outer()));
                plan::reaches(template, bridge.target, &bridge.needs, guarded)
            }),
        }
    });
    Summary {
        moved,
        missing,
        travels: Travels {
            parameters: in_order(&template.parameters, |name| plan.travels.parameters.contains(name)),
            conditions: in_order(&template.conditions, |name| plan.travels.conditions.contains(name)),
            mappings: in_order(&template.mappings, |name| plan.travels.mappings.contains(name)),
        },
        bridges: bridges.collect(),
        two_phase: plan
            .laters
            .iter()
            .map(|later| TwoPhase {
                parameter: later.parameter.clone(),
                output: later.output.clone(),
                target: later.target.to_owned(),
            })
            .collect(),
        attached: plan
            .attached
            .iter()
            .map(|group| Attached {
                name: group.name.clone(),
                role: group.role.to_owned(),
                statements: group.items.len(),
                consumers: group.consumers.iter().map(|name| (*name).to_owned()).collect(),
            })
            .collect(),
        kept: plan
            .kept
            .iter()
            .map(|(name, because)| Kept { name: (*name).to_owned(), because: (*because).to_owned() })
            .collect(),
        waits: plan
            .waits
            .iter()
            .filter(|wait| !wait.attached)
            .map(|wait| Wait {
                resource: wait.site.name.to_owned(),
                on: wait.on.clone(),
                through: wait.through.to_owned(),
            })
            .collect(),
        given: Vec::new(),
        guarded: plan
            .guarded
            .iter()
            .map(|guarded| (guarded.owner.to_owned(), lines.line(guarded.statement.span().start)))
            .collect(),
        rewritten: plan.rewrites.iter().filter(|rewrite| rewrite.action != Action::Keep).count(),
        app_stack: plan.app_stack.as_ref().map(|stack| AppStack {
            parameter: stack.parameter.clone(),
            max_length: stack.max_length,
            allowed_pattern: stack.allowed_pattern().to_owned(),
            bounded_by: stack
                .needs
                .first()
                .filter(|need| need.longest.is_some())
                .map(|need| need.resource.clone()),
        }),
        iam_capabilities: capabilities(template, |name| plan.moves(name), &[]),
        app_capabilities: capabilities(template, |name| !plan.moves(name), &plan.attached),
        remaining: template
            .section("Resources")
            .map_or(0, |resources| resources.entries().count())
            .saturating_sub(plan.moved.len()),
    }
}

fn in_order(section: &template::Section<'_, '_>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    section.keys().filter(|name| wanted(name)).map(|name| (*name).to_owned()).collect()
}

/// A piece of the source as the edits leave it.
fn after(edits: &EditSet, span: Span, text: &str) -> String {
    let mut result = String::new();
    let mut at = span.start();
    let from = edits.edits().partition_point(|edit| edit.span.end < span.start);
    for edit in edits.edits().iter().skip(from).take_while(|edit| edit.span.start <= span.end) {
        if !span.contains(edit.span) {
            continue;
        }
        result.push_str(text.get(at..edit.span.start()).unwrap_or_default());
        result.push_str(&edit.text);
        at = edit.span.end();
    }
    result.push_str(text.get(at..span.end()).unwrap_or_default());
    result
}

impl Summary {
    /// The same with other lines: those of the text before it was edited.
    pub(crate) fn with_lines(&mut self, line: &dyn Fn(u32) -> u32) {
        self.moved.iter_mut().for_each(|moved| moved.line = line(moved.line));
        self.bridges.iter_mut().for_each(|bridge| bridge.line = line(bridge.line));
        self.guarded.iter_mut().for_each(|(_, at)| *at = line(*at));
    }
}

/// `; but for Path on 3 resources`: what a pair has that the monolith has not; empty where nothing is given.
pub(crate) fn but_for(given: &[(String, Vec<String>)]) -> String {
    if given.is_empty() {
        return String::new();
    }
    let each = |(property, names): &(String, Vec<String>)| {
        format!("`{property}` on {}", crate::text::counted(names.len(), "resource"))
    };
    format!(", but for what `iam:` gives ({})", given.iter().map(each).collect::<Vec<_>>().join(", "))
}

/// Characters of a text that are shown: no scope that IAM takes in a role's own policies is longer.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas": 2,048 characters for a user's inline policies, 10,240 for a role's.
const LONGEST: usize = 2_048;

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
