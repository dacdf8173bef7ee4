//! A template as a comparison reads it: every loop whose turns are written in the text is written out.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::{Expr, Lowering};
use crate::syntax::Node;
use crate::template::{Template, may_mean};
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
    /// The name as it is written: in such a loop with its variables.
    pub(super) shown: String,
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
    /// What loops declare that cannot be written out, by its name with the loops' variables counted from outside
    /// (`Function${1}`), so that what they are called makes no difference.
    pub(super) made: Units,
    pub(super) conditions: Units,
    pub(super) outputs: Units,
    pub(super) parameters: Units,
    pub(super) mappings: Units,
    /// What could not be written out.
    pub(super) faults: Vec<Diagnostic>,
    /// Whether its loops make more than can be compared.
    pub(super) is_too_large: bool,
}

/// More entries than this are not written out of loops: a stack has 500 resources and 200 outputs at most.
const MOST_UNITS: usize = 2_000;

impl<'p> System<'p> {
    pub(super) fn of(template: &'p Template<'p, 'p>, source: Source) -> Self {
        let mut faults = Vec::new();
        let mut made = Units::new();
        let mut is_too_large = false;
        let mut section = |name: &str| {
            let mut units = Units::new();
            if let Some(node) = template.section(name) {
                let lowering = Lowering::exact();
                if lowering.made(node, MOST_UNITS) > MOST_UNITS {
                    let key = template.root.entry(name).map_or(node.span(), |(key, _)| key.outer());
                    faults.push(too_many(source, key));
                    is_too_large = true;
                    return units;
                }
                let made = (name == "Resources").then_some(&mut made);
                write_out(
                    node.resolved(),
                    &lowering,
                    None,
                    source,
                    &mut Found { units: &mut units, made },
                    &mut faults,
                );
            }
            units
        };
        let (resources, conditions) = (section("Resources"), section("Conditions"));
        let (outputs, parameters) = (section("Outputs"), section("Parameters"));
        let mappings = section("Mappings");
        loop_names(template, source, &mut faults);
        Self {
            template,
            source,
            resources,
            made,
            conditions,
            outputs,
            parameters,
            mappings,
            faults,
            is_too_large,
        }
    }

    /// The declarations of resources: what stands in loops that cannot be written out, each by itself.
    pub(super) fn declarations(&self) -> impl Iterator<Item = (&str, &Unit)> {
        let plain = self.resources.iter().filter(|(_, unit)| !unit.is_loop);
        plain.chain(&self.made).map(|(name, unit)| (name.as_str(), unit))
    }

    /// A declaration of a resource, by its name; one that a loop alone may make.
    pub(super) fn declaration(&self, name: &str) -> Option<(&str, &Unit)> {
        let plain = self.resources.get_key_value(name).filter(|(_, unit)| !unit.is_loop);
        let found = plain.or_else(|| self.made.get_key_value(name)).or_else(|| {
            let mut may = self.made.iter().filter(|(made, _)| may_mean(made, name));
            may.next().filter(|_| may.next().is_none())
        });
        found.map(|(name, unit)| (name.as_str(), unit))
    }
}

/// What `write_out` finds.
struct Found<'f> {
    units: &'f mut Units,
    made: Option<&'f mut Units>,
}

/// Adds what the body of a loop declares whose turns are not in the text.
fn enter(argument: Node<'_, '_>, lowering: &Lowering, depth: usize, place: Span, made: &mut Units) {
    let mut items = argument.resolved().items().map(Node::resolved);
    let (Some(variable), Some(_), Some(body)) = (items.next(), items.next(), items.next()) else { return };
    let Some(variable) = variable.literal() else { return };
    let mut inner = lowering.clone();
    inner.bound.push((variable.to_owned(), format!("${{{depth}}}")));
    for (key, value) in body.entries() {
        let written = key.as_str().unwrap_or_default();
        if written.starts_with("Fn::ForEach") {
            enter(value, &inner, depth + 1, place, made);
            continue;
        }
        let unit = Unit { expr: inner.node(value), place, is_loop: false, shown: written.to_owned() };
        made.insert(inner.text(written), unit);
    }
}

fn too_many(source: Source, place: Span) -> Diagnostic {
    Diagnostic::new(
        Code::PRF005,
        format!("the loops make more than {MOST_UNITS} entries: they are not compared"),
    )
    .label(source, place, "this section")
    .help("write fewer turns; a stack has 500 resources and 200 outputs at most")
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
    found: &mut Found<'_>,
    faults: &mut Vec<Diagnostic>,
) {
    for (key, value) in entries.entries() {
        let place = outer.unwrap_or_else(|| key.outer());
        let name = lowering.text(key.as_str().unwrap_or_default());
        if name.starts_with("Fn::ForEach")
            && let Some((variable, values, body)) = lowering.turns(value)
        {
            for turn in values {
                let mut inner = lowering.clone();
                inner.bound.push((variable.clone(), turn));
                write_out(body, &inner, Some(place), source, found, faults);
            }
            continue;
        }
        let is_loop = name.starts_with("Fn::");
        if let Some(made) = found.made.as_deref_mut().filter(|_| name.starts_with("Fn::ForEach")) {
            enter(value, lowering, 1, place, made);
        }
        let expr = if name.starts_with("Fn::ForEach") {
            lowering.loop_as_written(value)
        } else {
            lowering.node(value)
        };
        let unit = Unit { expr, place, is_loop, shown: name.clone() };
        if found.units.insert(name.clone(), unit).is_some() {
            faults.push(
                Diagnostic::new(Code::PRF005, format!("`{name}` is made more than once"))
                    .label(source, place, "one of them")
                    .help("give what each turn makes a name of its own"),
            );
        }
    }
}
