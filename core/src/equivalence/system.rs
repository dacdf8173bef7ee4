//! A template as a comparison reads it: every loop whose turns are written in the text is written out.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::{Expr, Lowering};
use crate::syntax::Node;
use crate::template::Template;
use crate::text::Span;

/// An entry of a section, or a loop that cannot be written out.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// What it declares.
    pub(super) expr: Expr,
    /// Where its name is written.
    pub(super) place: Span,
    /// Whether it is a loop over what the text does not tell.
    pub(super) is_loop: bool,
}

impl Unit {
    /// What stands under a key.
    pub(super) fn entry(&self, key: &str) -> Option<&Expr> {
        match &self.expr {
            Expr::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The scalar under a key, as it is written.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.entry(key)? {
            Expr::Text(text) | Expr::Plain(text) => Some(text),
            _ => None,
        }
    }

    /// The type of a resource, empty if it has none.
    pub(super) fn kind(&self) -> &str {
        match self.entry("Type") {
            Some(Expr::Text(kind)) => kind,
            _ => "",
        }
    }

    /// The condition on which a resource or an output exists.
    pub(super) fn condition(&self) -> Option<&Expr> {
        self.entry("Condition")
    }

    /// A property of a resource.
    pub(super) fn property(&self, name: &str) -> Option<&Expr> {
        match self.entry("Properties") {
            Some(Expr::Map(entries)) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What an output gives.
    pub(super) fn value(&self) -> Option<&Expr> {
        self.entry("Value")
    }

    /// Under which name an output is exported.
    pub(super) fn export(&self) -> Option<&Expr> {
        match self.entry("Export") {
            Some(Expr::Map(entries)) => entries.iter().find(|(key, _)| key == "Name").map(|(_, value)| value),
            _ => None,
        }
    }

    /// The names in `DependsOn`.
    pub(super) fn waits_for(&self) -> Vec<&str> {
        fn name(expr: &Expr) -> Option<&str> {
            if let Expr::Text(name) = expr { Some(name) } else { None }
        }
        match self.entry("DependsOn") {
            Some(Expr::List(names)) => names.iter().filter_map(name).collect(),
            Some(one) => name(one).into_iter().collect(),
            None => Vec::new(),
        }
    }
}

/// The entries of a section.
pub(super) type Units = IndexMap<String, Unit>;

/// A template with its loops written out.
pub(super) struct System<'p> {
    pub(super) template: &'p Template<'p, 'p>,
    pub(super) source: Source,
    pub(super) resources: Units,
    pub(super) conditions: Units,
    pub(super) outputs: Units,
    pub(super) parameters: Units,
    pub(super) mappings: Units,
    /// What could not be written out.
    pub(super) faults: Vec<Diagnostic>,
}

/// More entries than this are not written out of loops: a stack has 500 resources and 200 outputs at most.
const MOST_UNITS: usize = 2_000;

impl<'p> System<'p> {
    pub(super) fn of(template: &'p Template<'p, 'p>, source: Source) -> Self {
        let mut faults = Vec::new();
        let mut section = |name: &str| {
            let mut units = Units::new();
            if let Some(node) = template.section(name) {
                let lowering = Lowering::exact();
                write_out(node.resolved(), &lowering, None, source, &mut units, &mut faults);
            }
            units
        };
        let (resources, conditions) = (section("Resources"), section("Conditions"));
        let (outputs, parameters) = (section("Outputs"), section("Parameters"));
        let mappings = section("Mappings");
        loop_names(template, source, &mut faults);
        Self { template, source, resources, conditions, outputs, parameters, mappings, faults }
    }
}

/// Loops of one section that have one name, or a resource's.
///
/// Source: CloudFormation Template Reference, "Fn::ForEach": the name must be unique within the template, and can't
/// conflict with any logical id in its section `Resources`.
fn loop_names(template: &Template<'_, '_>, source: Source, faults: &mut Vec<Diagnostic>) {
    for (section, value) in template.root.entries() {
        let mut known = BTreeSet::new();
        let mut open = vec![value.resolved()];
        while let Some(node) = open.pop() {
            for (key, _) in node.entries() {
                let name = key.as_str().and_then(|key| key.strip_prefix("Fn::ForEach::"));
                let Some(name) = name else { continue };
                let is_resource =
                    section.as_str() == Some("Resources") && template.resources.contains_key(name);
                if known.insert(name.to_owned()) && !is_resource {
                    continue;
                }
                let what =
                    if is_resource { "a resource has the name of a loop" } else { "two loops have one name" };
                faults.push(
                    Diagnostic::new(
                        Code::PRF005,
                        format!("{what}, `{name}`: the transform refuses the template"),
                    )
                    .label(source, key.outer(), "this loop")
                    .help("give the loop a name of its own"),
                );
            }
            open.extend(node.children());
        }
    }
}

/// Adds the entries of a mapping, those that loops make too. `outer` is the key of the loop that the entries are made
/// by: what is said of them is said there.
fn write_out(
    entries: Node<'_, '_>,
    lowering: &Lowering,
    outer: Option<Span>,
    source: Source,
    units: &mut Units,
    faults: &mut Vec<Diagnostic>,
) {
    for (key, value) in entries.entries() {
        let place = outer.unwrap_or_else(|| key.outer());
        let name = lowering.text(key.as_str().unwrap_or_default());
        if name.starts_with("Fn::ForEach")
            && let Some((variable, values, body)) = lowering.turns(value)
        {
            for turn in values {
                if units.len() > MOST_UNITS {
                    faults.push(
                        Diagnostic::new(
                            Code::PRF005,
                            format!("the loops make more than {MOST_UNITS} entries: they are not compared"),
                        )
                        .label(source, place, "this loop")
                        .help("write fewer turns; a stack has 500 resources and 200 outputs at most"),
                    );
                    return;
                }
                let mut inner = lowering.clone();
                inner.bound.push((variable.clone(), turn));
                write_out(body, &inner, Some(place), source, units, faults);
            }
            continue;
        }
        let is_loop = name.starts_with("Fn::");
        let unit = Unit { expr: lowering.node(value), place, is_loop };
        if units.insert(name.clone(), unit).is_some() {
            faults.push(
                Diagnostic::new(Code::PRF005, format!("`{name}` is made more than once"))
                    .label(source, place, "one of them")
                    .help("give what each turn makes a name of its own"),
            );
        }
    }
}
