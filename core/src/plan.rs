//! The plan: what moves, what travels with it, and how every reference across the cut is bridged.
//!
//! A plan is data. It says nothing of how the two documents are written: that is `document`.

mod apart;
mod attach;
mod bridge;
mod capability;
mod choice;
mod elsewhere;
mod existence;
mod first;
mod guard;
mod identity;
mod known;
mod later;
mod lookup;
mod names;
mod on_path;
mod order;
mod position;
mod possible;
mod prefix;
mod reach;
mod resolve;
mod rewrite;
mod says;
mod select;
mod travel;
mod warning;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use indexmap::IndexMap;

use crate::config::{Means, Resolution, is_logical_id};
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Expr, lower};
use crate::syntax::Node;
use crate::template::{Owner, Reference, Resource, Target, Template, generated_iam, is_understood};
use crate::text::Span;

pub use attach::Attached;
pub use capability::{Capability, capabilities};
pub use guard::Guarded;
pub(crate) use guard::is_of_account;
pub(crate) use known::Decided;
pub use later::Later;
pub use names::{least_length, longest_stack, room};
pub use on_path::on_path;
pub use order::{Wait, Waits};
pub use position::{Position, position};
pub(crate) use position::{may_wait, pattern_in, tries_nothing};
pub use possible::possible;
pub use prefix::prefixes;
pub use reach::{extent, reaches};
pub use resolve::{NameNeed, Resolved, Resolver};
pub use rewrite::{arn_value, name_from_arn, name_index, read_output};
pub use says::{same_name, says_policy};
pub use select::{Selection, selected};
pub use travel::named_by;
pub use warning::partitions;

/// The name of the IAM template's parameter for the application stack's name, unless configured.
pub const APP_STACK_PARAMETER: &str = "AppStackName";

/// What a plan is made for.
#[derive(Clone, Copy, Debug)]
pub struct Options<'c, 't> {
    /// What moves.
    pub selection: Selection<'c, 't>,
    /// `--resolve`: the permitted resolutions, if given.
    pub resolve: Option<&'c [Resolution]>,
    /// `--app-stack-name`: the default of the parameter, if given.
    pub app_stack_name: Option<&'c str>,
    /// How the application comes to what the IAM stack gives out.
    pub wiring: Means,
    /// Whether patterns over buckets are held to the account.
    pub guard: bool,
    /// Resources whose names the configuration gives.
    pub named: &'c [String],
}

impl Options<'_, '_> {
    /// The permitted resolutions for a moved resource: its own entry, else the command line's, else
    /// the file's order, else `exact`. What changes nothing is permitted unless `refuse` is said.
    #[must_use]
    pub fn order(&self, resource: &str) -> Vec<Resolution> {
        let file = self.selection.config.map(|file| &file.config.resolution);
        let own = file.and_then(|file| file.resources.get(resource)).map(Vec::as_slice);
        let of_file = file.map(|file| file.order.as_slice()).filter(|order| !order.is_empty());
        let mut order = own.or(self.resolve).or(of_file).unwrap_or(&[Resolution::Exact]).to_vec();
        if order.contains(&Resolution::Refuse) {
            return Vec::new();
        }
        if !order.contains(&Resolution::Exact) {
            order.insert(0, Resolution::Exact);
        }
        order
    }
}

/// An output of the IAM template and the parameter of the application template that it fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire<'d> {
    /// The moved resource.
    pub resource: &'d str,
    /// Its type.
    pub kind: &'d str,
    /// The name of the output.
    pub output: String,
    /// The name of the parameter.
    pub parameter: String,
    /// The value of the output.
    pub value: Expr,
    /// What the value is, for descriptions: "ARN", "name", or the attribute's name.
    pub what: String,
    /// The condition on which the resource exists.
    pub condition: Option<&'d str>,
    /// Whether the application reads the output itself, and has no parameter for it.
    pub read: bool,
}

impl Wire<'_> {
    /// The kind of the moved resource in words, for descriptions.
    #[must_use]
    pub fn words(&self) -> String {
        crate::facts::iam_type(self.kind).map_or_else(String::new, crate::facts::IamType::words)
    }
}

/// A reference from a moved resource to the application, and what stands for it.
#[derive(Clone, Debug)]
pub struct Bridge<'d, 't> {
    /// The reference.
    pub reference: Reference<'d, 't>,
    /// The moved resource.
    pub owner: &'d str,
    /// The application resource, or `AWS::StackId`.
    pub target: &'d str,
    /// How it was resolved.
    pub resolution: Resolution,
    /// What stands for it.
    pub expr: Expr,
    /// Where it stands.
    pub position: Position,
    /// What its pattern asks of the application stack's name.
    pub needs: Vec<NameNeed>,
}

/// What becomes of a reference in the application template to something that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It becomes `Ref` of a parameter.
    Parameter(String),
    /// It becomes what this output of the IAM stack gives, read by a function.
    Output(String),
    /// It becomes the name taken out of the parameter's ARN: the segment at this index between slashes.
    NameFromArn(usize),
    /// It goes.
    Remove,
    /// It reads the same and now means the parameter: a managed policy's `Ref` is its ARN.
    Keep,
}

/// A reference in the application template to something that moved.
#[derive(Clone, Debug)]
pub struct Rewrite<'d, 't> {
    /// The reference.
    pub reference: Reference<'d, 't>,
    /// The moved resource.
    pub target: &'d str,
    /// What becomes of it.
    pub action: Action,
}

/// The IAM template's parameter that takes the application stack's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppStack {
    /// Its name.
    pub parameter: String,
    /// Its default, if one was given.
    pub default: Option<String>,
    /// The longest stack name with which every pattern is sound.
    pub max_length: usize,
    /// Whether a bucket's or another lower-cased name depends on it.
    pub lower_case: bool,
    /// Whether any generated name depends on it.
    pub patterned: bool,
    /// The resources whose patterns bound it, the tightest first.
    pub needs: Vec<NameNeed>,
}

impl AppStack {
    /// The `AllowedPattern`: CloudFormation strips and collapses dashes in generated names, so a
    /// name with such dashes would miss every pattern.
    #[must_use]
    pub fn allowed_pattern(&self) -> &'static str {
        match (self.patterned, self.lower_case) {
            (_, true) => "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
            (true, false) => "^[a-zA-Z][a-zA-Z0-9]*(-[a-zA-Z0-9]+)*$",
            (false, false) => "^[a-zA-Z][-a-zA-Z0-9]*$",
        }
    }

    /// Whether a stack of this name keeps every pattern sound.
    #[must_use]
    pub fn admits(&self, name: &str) -> bool {
        name.len() <= self.max_length
            && regex_lite::Regex::new(self.allowed_pattern()).is_ok_and(|pattern| pattern.is_match(name))
    }
}

/// Names of a section of the monolith that the IAM template needs too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Travels<'d> {
    /// Parameters.
    pub parameters: HashSet<&'d str>,
    /// Conditions.
    pub conditions: HashSet<&'d str>,
    /// Mappings.
    pub mappings: HashSet<&'d str>,
    /// Rules.
    pub rules: HashSet<&'d str>,
}

/// A finished plan.
#[derive(Debug)]
pub struct Plan<'d, 't> {
    /// What moves, in the order of the template.
    pub moved: Vec<&'d str>,
    /// What travels with it.
    pub travels: Travels<'d>,
    /// Outputs and parameters, by the parameter's name.
    pub wires: Vec<Wire<'d>>,
    /// References of moved resources to the application.
    pub bridges: Vec<Bridge<'d, 't>>,
    /// References to the stack's name in what the IAM template holds.
    pub stack_names: Vec<Reference<'d, 't>>,
    /// `DependsOn` of moved resources that name application resources.
    pub dropped: Vec<Reference<'d, 't>>,
    /// References of the application to what moved.
    pub rewrites: Vec<Rewrite<'d, 't>>,
    /// The parameter for the application stack's name, if the IAM template needs one.
    pub app_stack: Option<AppStack>,
    /// How the application comes to the outputs, and its parameter for the IAM stack's name where it reads them.
    pub wiring: Means,
    /// The application's parameter for the IAM stack's name, where it reads outputs itself.
    pub iam_stack: Option<String>,
    /// Statements that get the condition on the account.
    pub guarded: Vec<Guarded<'d, 't>>,
    /// Values that come later, by the parameter's name.
    pub laters: Vec<Later<'d>>,
    /// Statements that go to the application.
    pub attached: Vec<Attached<'d, 't>>,
    /// What waited through something that moved, and is made to wait still.
    pub waits: Vec<Wait<'d, 't>>,
    /// What was selected and stays, each with the application resource that it references.
    pub kept: Vec<(&'d str, &'d str)>,
}

impl Plan<'_, '_> {
    /// Whether a resource moves.
    #[must_use]
    pub fn moves(&self, name: &str) -> bool {
        self.moved.contains(&name)
    }
}

/// References by the declaration that they stand in.
pub(crate) struct Index<'d, 't> {
    references: Vec<Reference<'d, 't>>,
    ranges: HashMap<Owner<'d>, Vec<Range<usize>>>,
}

impl<'d, 't> Index<'d, 't> {
    fn new(references: Vec<Reference<'d, 't>>) -> Self {
        let mut ranges: HashMap<Owner<'d>, Vec<Range<usize>>> = HashMap::new();
        // Those of one declaration stand together.
        let mut start = 0;
        for run in references.chunk_by(|a, b| a.owner == b.owner) {
            let end = start + run.len();
            if let Some(first) = run.first() {
                ranges.entry(first.owner).or_default().push(start..end);
            }
            start = end;
        }
        Self { references, ranges }
    }

    fn of(&self, owner: Owner<'d>) -> impl Iterator<Item = &Reference<'d, 't>> {
        let ranges = self.ranges.get(&owner).map_or(&[][..], Vec::as_slice);
        ranges.iter().flat_map(|range| self.references.get(range.clone()).unwrap_or_default())
    }
}

/// Makes a plan. With an error among the diagnostics there is none to carry out.
pub fn plan<'d, 't>(
    template: &Template<'d, 't>,
    references: Vec<Reference<'d, 't>>,
    options: &Options<'_, '_>,
) -> (Option<Plan<'d, 't>>, Vec<Diagnostic>) {
    let (selected, mut found) = select::select(template, &options.selection);
    transforms(template, options, &selected, &mut found);
    if selected.is_empty() {
        return (None, found);
    }
    let index = Index::new(references);
    let parameter = stack_parameter(template, options);
    let mut kept: IndexMap<&'d str, &'d str> = IndexMap::new();
    // What stays may take more along, which then references what stays, and so on.
    let (moved, mut crossing, laters) = loop {
        let stays: HashSet<&str> = kept.keys().copied().collect();
        let moved: Vec<&str> = selected.iter().copied().filter(|name| !stays.contains(name)).collect();
        let set: HashSet<&str> = moved.iter().copied().collect();
        let is_moved = |name: &str| set.contains(name);
        let resolver = Resolver::new(template, &is_moved, &parameter);
        let first = first::First::new(template);
        let mut laters = later::Laters::new(template, &parameter);
        let context = bridge::Context {
            template,
            index: &index,
            moved: &moved,
            is_moved: &is_moved,
            kept: &stays,
            resolver: &resolver,
            first: &first,
            options,
        };
        let crossing = bridge::bridges(&context, &mut laters);
        if crossing.keep.is_empty() {
            break (moved, crossing, laters.into_list());
        }
        for (owner, target) in crossing.keep {
            kept.entry(owner).or_insert(target);
        }
    };
    found.append(&mut crossing.diagnostics);
    found.extend(kept.iter().map(|(owner, target)| {
        stays(template, owner, target, kept.contains_key(target) || never(template, target))
    }));
    if moved.is_empty() {
        found.push(
            Diagnostic::new(
                Code::SEL001,
                "there is nothing to move: all that is selected stays with the application",
            )
            .help("permit another resolution before `keep`"),
        );
        return (None, found);
    }
    let set: HashSet<&str> = moved.iter().copied().collect();
    let is_moved = |name: &str| set.contains(name);
    let waits = order::waits(template, &index, &is_moved, &mut crossing.attached);
    let travels = travel::travels(template, &index, &moved, &crossing);
    found.extend(travel::rules_that_stay(template, &travels));
    let rewriting =
        rewrite::rewrites(template, &index, &moved, &is_moved, options.wiring, &mut crossing.attached);
    found.extend(rewriting.diagnostics);
    let mut stack_names = crossing.stack_names;
    for reference in travels.conditions.iter().flat_map(|name| index.of(Owner::Condition(name))) {
        match reference.target {
            _ if bridge::is_stack_name(reference) && reference.hidden => {
                found.push(bridge::hidden(reference));
            }
            _ if bridge::is_stack_name(reference) => stack_names.push(*reference),
            Target::Name("AWS::StackId" | "AWS::NotificationARNs") => {
                found.push(bridge::differing_condition(reference));
            }
            _ => {}
        }
    }
    stack_names.sort_by_key(|reference| reference.place.start);
    let app_stack = names::app_stack(
        template,
        &moved,
        &crossing.bridges,
        !stack_names.is_empty(),
        &parameter,
        options,
        &mut found,
    );
    let made = names::Made {
        wires: &rewriting.wires,
        stack: app_stack.as_ref(),
        laters: &laters,
        attached: crossing.attached.len(),
    };
    names::check(template, &made, &set, &travels, &mut found);
    let (guarded, notes) = guard::guarded(template, &crossing.bridges, options.guard);
    found.extend(notes);
    let plan = Plan {
        wiring: options.wiring,
        iam_stack: rewriting.iam_stack,
        guarded,
        moved,
        travels,
        wires: rewriting.wires,
        bridges: crossing.bridges,
        stack_names,
        dropped: crossing.dropped,
        rewrites: rewriting.rewrites,
        app_stack,
        laters,
        attached: crossing.attached,
        waits,
        kept: kept.into_iter().collect(),
    };
    (Some(plan), found)
}

/// Whether a resource never moves.
fn never(template: &Template<'_, '_>, name: &str) -> bool {
    template.resources.get(name).is_some_and(|resource| select::secret_of(resource).is_some())
}

/// Why a selected resource stays.
fn stays(template: &Template<'_, '_>, owner: &str, target: &str, forced: bool) -> Diagnostic {
    let why = if forced {
        format!("it cannot do without `{target}`, which stays")
    } else {
        format!("it references `{target}`, and no resolution before `keep` fits")
    };
    let diagnostic = Diagnostic::new(Code::KEP001, format!("`{owner}` stays with the application: {why}"));
    match template.resources.get(owner) {
        Some(resource) => diagnostic.at(resource.declaration.key.outer(), "this resource"),
        None => diagnostic,
    }
}

/// The configured name of the parameter for the stack's name, or one that the template leaves free.
fn stack_parameter(template: &Template<'_, '_>, options: &Options<'_, '_>) -> String {
    let configured = options.selection.config.and_then(|file| file.config.app_stack_parameter.clone());
    configured.filter(|name| is_logical_id(name)).unwrap_or_else(|| {
        crate::text::free(APP_STACK_PARAMETER, |name| {
            template.parameters.contains_key(name) || template.resources.contains_key(name)
        })
    })
}

/// Connectors of serverless resources whose role moves: SAM names that role by the logical id that the resource's `Role` has.
///
/// Source: samtranslator/model/connector/connector.py, `_get_resource_role_name`.
#[must_use]
pub fn connected(template: &Template<'_, '_>, moved: &[&str]) -> Vec<Diagnostic> {
    let is_connector = |resource: &Resource<'_, '_>| {
        resource.kind == "AWS::Serverless::Connector"
            || resource.declaration.value.get("Connectors").is_some()
    };
    if !template.resources.values().any(is_connector) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for resource in
        template.resources.values().filter(|resource| resource.kind.starts_with("AWS::Serverless::"))
    {
        let Some(node) = resource.property(&["Role"]) else { continue };
        let mut role = None;
        lower(node).walk(&mut |part| {
            if let Expr::Ref(name) | Expr::GetAtt(name, _) = part
                && moved.contains(&name.as_str())
            {
                role = Some(name.clone());
            }
        });
        let Some(role) = role else { continue };
        found.push(
            Diagnostic::new(
                Code::SAM002,
                format!(
                    "a connector may attach permissions to `{role}` by the `Role` of `{}`",
                    resource.name
                ),
            )
            .at(node.outer(), "here its logical id would be a parameter's")
            .help(format!("exclude `{role}`, or write out in its policies what the connectors permit")),
        );
    }
    found
}

/// What writes or repeats parts of the template after its text is read.
fn transforms(
    template: &Template<'_, '_>,
    options: &Options<'_, '_>,
    moved: &[&str],
    found: &mut Vec<Diagnostic>,
) {
    for made in generated_iam(template) {
        found.push(
            Diagnostic::new(
                Code::SAM001,
                format!(
                    "the transform makes the {} `{}` for `{}`: the application stack needs `CAPABILITY_IAM`",
                    crate::facts::noun(made.kind).to_lowercase(),
                    made.name,
                    made.site.name
                ),
            )
            .at(made.site.value.key().map_or(made.site.value.span(), Node::outer), "this resource")
            .help(format!("to have it in the IAM stack, write out {}", made.instead)),
        );
    }
    found.extend(connected(template, moved));
    for (name, node) in template.transforms() {
        if is_understood(name) {
            continue;
        }
        found.push(
            Diagnostic::new(Code::TRF001, format!("the transform `{name}` writes part of this template"))
                .at(node.outer(), "what it makes is not in the text")
                .help("split the processed template instead: `aws cloudformation get-template --template-stage Processed`"),
        );
    }
    // Few templates hold any of these: a look at the text spares the walk.
    let text = template.document.text();
    let brings_text = ["Transform", "Include", "Rain::"].iter().any(|word| text.contains(word));
    for node in template.document.nodes().take_while(|_| brings_text) {
        let Some(call) = crate::template::call(node) else { continue };
        // What Rain is to fill in elsewhere than in IAM is carried as it is.
        let stays = call.is_directive() && stands_in_application(template, node, moved);
        if !stays && (call.function == crate::template::Function::Transform || call.is_directive()) {
            let name = if call.form == crate::template::Form::Short { "!" } else { "Fn::" };
            found.push(
                Diagnostic::new(Code::TRF001, format!("`{name}{}` brings in text that is not here", call.name))
                    .at(call.name_span(), "this call")
                    .help("split the packaged or processed template instead: `aws cloudformation get-template --template-stage Processed` gives that of a stack"),
            );
        }
    }
    let by_type = options.selection.config.is_none() || options.selection.all_iam;
    let loops = template.section("Resources").into_iter().flat_map(Node::entries);
    for (key, value) in
        loops.filter(|(key, _)| key.as_str().is_some_and(|key| key.starts_with("Fn::ForEach")))
    {
        if by_type && let Some(place) = iam_in_loop(value) {
            found.push(
                Diagnostic::new(Code::TRF002, "this loop makes IAM resources under computed names")
                    .at(key.outer(), "the loop")
                    .at(place, "what it makes")
                    .help("write the resources out, or name what moves in a configuration: the loop then stays with the application"),
            );
        }
    }
}

/// Whether a node stands in a resource that does not move.
fn stands_in_application(template: &Template<'_, '_>, node: Node<'_, '_>, moved: &[&str]) -> bool {
    let place = node.outer();
    let holds = |resource: &&Resource<'_, '_>| resource.declaration.value.outer().contains(place);
    template.resources.values().find(holds).is_some_and(|resource| !moved.contains(&resource.name))
        || template.section("Outputs").is_some_and(|outputs| outputs.outer().contains(place))
}

/// The type of an IAM resource in the body of a loop.
fn iam_in_loop(body: Node<'_, '_>) -> Option<Span> {
    let kind =
        body.get("Type").filter(|kind| kind.as_str().is_some_and(|kind| kind.starts_with("AWS::IAM::")));
    if let Some(kind) = kind {
        return Some(kind.span());
    }
    let values = body.entries().map(|(_, value)| value);
    values.chain(body.items()).map(Node::resolved).find_map(iam_in_loop)
}
