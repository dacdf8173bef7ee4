//! Parameters, mappings, conditions and outputs: none is lost, none differs, none is more.

use super::side::Side;
use super::system::{Unit, Units};
use super::{Proof, Triple, Wiring};
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::expression::{Expr, Lowering};
use crate::plan::named_by;
use crate::syntax::Node;
use crate::template::{OF_APPLICATION, Template, is_made};
use crate::text::Span;
use crate::value::Value;

fn lost(what: &str, name: &str, place: Span) -> Diagnostic {
    Diagnostic::new(
        Code::PRF003,
        format!("the {what} `{name}` of the monolith is not in the application template"),
    )
    .at(place, "the monolith declares it")
    .help("split the monolith again")
}

/// What the monolith declares and the application does not: where nothing of it is left that names it, nothing is lost but
/// the name.
fn left_out(
    what: &str,
    name: &str,
    place: Span,
    [of_iam, of_app]: [&Side<'_>; 2],
    wiring: &Wiring,
) -> Option<Diagnostic> {
    if wiring.of_iam.contains(name) {
        return None;
    }
    let finding = lost(what, name, place);
    // A macro or a loop may name what the text does not.
    let template = of_app.system.template;
    let may_be_named =
        !template.transforms().is_empty() || template.document.nodes().any(|node| has_word(node, name));
    if may_be_named || what == "output" {
        return Some(finding);
    }
    let declares = |units: &Units| units.contains_key(name);
    let elsewhere = declares(&of_iam.system.parameters) || declares(&of_iam.system.conditions);
    let why = if elsewhere {
        "the IAM template has it, and nothing of the application uses it"
    } else {
        "nothing of the application uses it"
    };
    let mut note =
        Diagnostic::new(Code::PRF003, format!("the application template does without the {what} `{name}`"))
            .with_severity(Severity::Note)
            .at(place, why);
    if what == "parameter" {
        note = note.help("who deploys the application no longer passes it");
    }
    Some(note)
}

/// Whether a text has a name in it as a word.
fn has_word(node: Node<'_, '_>, name: &str) -> bool {
    let Some(text) = node.as_str() else { return false };
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + name.len()..).unwrap_or_default();
        !before.ends_with(|c: char| c.is_ascii_alphanumeric())
            && !after.starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}

fn differs(what: &str, name: &str, source: Source, place: Span) -> Diagnostic {
    Diagnostic::new(Code::PRF001, format!("the {what} `{name}` differs from the monolith's"))
        .label(source, place, "here")
        .help("split the monolith again; do not edit the pair by hand")
}

fn more(what: &str, name: &str, source: Source, place: Span, why: &str) -> Diagnostic {
    Diagnostic::new(Code::PRF004, format!("the monolith has no {what} `{name}`")).label(
        source,
        place,
        why.to_owned(),
    )
}

/// Outputs, parameters, conditions and mappings of the monolith, and what the pair declares beyond them.
pub(super) fn declarations(
    triple: &Triple<'_>,
    wiring: &Wiring,
    [whole, of_iam, of_app]: [&Side<'_>; 3],
    proof: &mut Proof,
) {
    outputs(wiring, [whole, of_iam, of_app], proof);
    plain([whole, of_iam, of_app], wiring, proof);
    conditions([whole, of_iam, of_app], wiring, proof);
    let of_wiring = |source: Source, name: &str| match source {
        // A parameter that a moved resource's output should fill has its own finding.
        Source::App => {
            wiring.wires.contains_key(name)
                || wiring.iam_stack.as_deref() == Some(name)
                || of_iam.system.resources.contains_key(name)
        }
        _ => wiring.stack_parameter.as_deref() == Some(name) || wiring.two_phase.contains_key(name),
    };
    for side in [of_app, of_iam] {
        for (name, unit) in &side.system.parameters {
            // Source: CloudFormation Template Reference, "Parameters section": the logical name must be unique among all
            // logical names within the template.
            let is_loops = is_made(side.system.template, "Resources", name);
            if is_loops && !whole.system.parameters.contains_key(name) {
                proof.faults.push(
                    Diagnostic::new(
                        Code::PRF005,
                        format!("the parameter `{name}` has, or may have, the name of a resource that a loop makes"),
                    )
                    .label(side.system.source, unit.place, "this parameter")
                    .help("give it a name that no loop makes, or split the monolith again"),
                );
            }
            if !whole.system.parameters.contains_key(name) && !of_wiring(side.system.source, name) {
                proof.faults.push(
                    more(
                        "parameter",
                        name,
                        side.system.source,
                        unit.place,
                        "nothing of the other template fills it",
                    )
                    .help("remove it, or give the other template the output that fills it"),
                );
            }
        }
    }
    for (name, unit) in &of_iam.system.resources {
        if !whole.system.resources.contains_key(name) {
            proof.faults.push(
                more("resource", name, Source::Iam, unit.place, "only the IAM template has it")
                    .help("remove it, or compare with the monolith that the pair was made of"),
            );
        }
    }
    whole_sections(triple, [whole, of_app], proof);
    unasked(triple, proof);
    metadata(triple, [whole, of_app], wiring, proof);
}

fn outputs(wiring: &Wiring, [whole, of_iam, of_app]: [&Side<'_>; 3], proof: &mut Proof) {
    for (name, unit) in &whole.system.outputs {
        let Some(other) = of_app.system.outputs.get(name) else {
            proof.faults.push(lost("output", name, unit.place));
            continue;
        };
        let form = |side: &Side<'_>, unit: &Unit| {
            let cond = if unit.is_loop { Cond::ALWAYS } else { side.exists(unit) };
            (cond, side.resource(unit, cond))
        };
        let ((cond, before), (other_cond, after)) = (form(whole, unit), form(of_app, other));
        if cond != other_cond || !same(whole, &before, &after, cond) {
            proof.faults.push(differs("output", name, Source::App, other.place));
        }
    }
    for (name, unit) in
        of_app.system.outputs.iter().filter(|(name, _)| !whole.system.outputs.contains_key(*name))
    {
        if !wiring.two_phase.values().any(|output| output == name) {
            proof.faults.push(more(
                "output",
                name,
                Source::App,
                unit.place,
                "only the application template has it",
            ));
            continue;
        }
        if unit.entry("Export").is_some() {
            proof.faults.push(more(
                "export",
                name,
                Source::App,
                unit.place,
                "the monolith exports nothing of this name",
            ));
        }
        // An output is read whenever it is there.
        let exists = of_app.exists(unit);
        let value = unit.value().map(|expr| of_app.form().value(expr, exists));
        let alternatives = value.map(|value| of_app.form().alternatives(&value, exists)).unwrap_or_default();
        let mut is_absent = false;
        for (_, value) in &alternatives {
            value.walk(&mut |part| is_absent |= *part == Value::Impossible);
        }
        if is_absent {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF007,
                    format!(
                        "the application cannot be created: its output `{name}` names what may not exist"
                    ),
                )
                .label(Source::App, unit.place, "this output")
                .help("give it the `Condition` of what it names, or split the monolith again"),
            );
        }
    }
    // What the IAM stack gives out is of what moved, and nothing else.
    for (name, unit) in &of_iam.system.outputs {
        let exists = if unit.is_loop { Cond::ALWAYS } else { of_iam.exists(unit) };
        if exists == Cond::NEVER {
            continue;
        }
        let value = unit.value().map(|expr| of_iam.form().value(expr, exists));
        let alternatives =
            value.map(|value| of_iam.form().alternatives(&value, Cond::ALWAYS)).unwrap_or_default();
        let is_of_moved = |value: &Value| match value {
            Value::Ref(name) | Value::GetAtt(name, _) => of_iam.system.resources.contains_key(name),
            Value::Impossible => true,
            _ => false,
        };
        if unit.is_loop
            || alternatives.is_empty()
            || !alternatives.iter().all(|(_, value)| is_of_moved(value))
        {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF005,
                    format!("the output `{name}` of the IAM template is not understood: it gives out no name, ARN or attribute of what moved"),
                )
                .label(Source::Iam, unit.place, "this output")
                .help("remove it, or let it give out a name, an ARN or an attribute"),
            );
        }
    }
}

/// Whether two forms are the same where `cond` holds and the monolith can be deployed.
fn same(whole: &Side<'_>, before: &Value, after: &Value, cond: Cond) -> bool {
    if before == after || cond == Cond::NEVER {
        return true;
    }
    match (before, after) {
        (Value::Choice(_), _) | (_, Value::Choice(_)) => {
            let pairs = whole.form().pairs(before, after, cond);
            pairs.iter().all(|(cond, before, after)| same(whole, before, after, *cond))
        }
        (Value::Impossible, _) => true,
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|((key, a), (other, b))| key == other && same(whole, a, b, cond))
        }
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(whole, a, b, cond))
        }
        // An output and a parameter are texts: `1` and `'1'` are one value.
        _ => before.as_text().is_some() && before.as_text() == after.as_text(),
    }
}

/// Parameters and mappings, which hold no functions.
fn plain([whole, of_iam, of_app]: [&Side<'_>; 3], wiring: &Wiring, proof: &mut Proof) {
    type Units<'s> = fn(&'s Side<'s>) -> &'s super::system::Units;
    let sections: [(&str, Units<'_>); 2] =
        [("parameter", |side| &side.system.parameters), ("mapping", |side| &side.system.mappings)];
    for (what, units) in sections {
        for (name, unit) in units(whole) {
            let before = whole.form().value(&unit.expr, Cond::ALWAYS);
            let is_same = |side: &Side<'_>, other: &Unit| {
                same(whole, &before, &side.form().value(&other.expr, Cond::ALWAYS), Cond::ALWAYS)
            };
            match units(of_app).get(name) {
                None => proof.faults.extend(left_out(what, name, unit.place, [of_iam, of_app], wiring)),
                Some(other) if !is_same(of_app, other) => {
                    proof.faults.push(differs(what, name, Source::App, other.place));
                }
                Some(_) => {}
            }
            if let Some(other) = units(of_iam).get(name).filter(|other| !is_same(of_iam, other)) {
                proof.faults.push(differs(what, name, Source::Iam, other.place));
            }
        }
    }
    for side in [of_iam, of_app] {
        for (name, unit) in &side.system.mappings {
            if !whole.system.mappings.contains_key(name) {
                proof.faults.push(more(
                    "mapping",
                    name,
                    side.system.source,
                    unit.place,
                    "only the pair has it",
                ));
            }
        }
    }
}

fn conditions([whole, of_iam, of_app]: [&Side<'_>; 3], wiring: &Wiring, proof: &mut Proof) {
    for (name, unit) in &whole.system.conditions {
        let before = whole.conditions.get(name);
        match of_app.system.conditions.get(name) {
            None => {
                proof.faults.extend(left_out("condition", name, unit.place, [of_iam, of_app], wiring));
            }
            Some(other) if of_app.conditions.get(name) != before => {
                proof.faults.push(differs("condition", name, Source::App, other.place));
            }
            Some(_) => {}
        }
        if let Some(other) = of_iam.system.conditions.get(name)
            && of_iam.conditions.get(name) != before
        {
            proof.faults.push(differs("condition", name, Source::Iam, other.place));
        }
    }
}

/// Sections that say how the whole template is read or refused: those of the monolith, and no others.
fn whole_sections(triple: &Triple<'_>, [whole, of_app]: [&Side<'_>; 2], proof: &mut Proof) {
    let Triple { monolith, iam, app } = *triple;
    let lowering = Lowering::exact();
    for name in ["AWSTemplateFormatVersion", "Transform", "Rules", "Globals", "Hooks"] {
        let wanted = monolith.section(name).map(|node| lowering.node(node));
        for (source, template) in [(Source::App, app), (Source::Iam, iam)] {
            let node = template.section(name);
            let given = node.map(|node| lowering.node(node));
            // Source: CloudFormation User Guide, "Transform section": one transform stands with or without a list.
            let alone = |expr: &Expr| match expr {
                Expr::List(items) if name == "Transform" && items.len() == 1 => items.first().cloned(),
                other => Some(other.clone()),
            };
            let (wanted, given) = (wanted.as_ref().and_then(alone), given.as_ref().and_then(alone));
            // There is one version; that nothing is said means the same.
            let is_version =
                |expr: &Expr| matches!(expr, Expr::Text(text) | Expr::Plain(text) if text == "2010-09-09");
            let fits = match name {
                "AWSTemplateFormatVersion" => given.as_ref().is_none_or(is_version),
                "Transform" if source == Source::Iam && node.is_some() => {
                    without_the_applications(monolith, iam) || given == wanted
                }
                // What serverless resources have in common, and the role of a deployment, may name what moved.
                "Globals" | "Hooks" if source == Source::App => match (&wanted, &given) {
                    (Some(wanted), Some(given)) => {
                        let before = whole.form().value(wanted, Cond::ALWAYS);
                        same(whole, &before, &of_app.form().value(given, Cond::ALWAYS), Cond::ALWAYS)
                    }
                    (wanted, given) => wanted == given,
                },
                // Some of the rules, each as it was.
                "Rules" if source == Source::Iam => match (&wanted, &given) {
                    (Some(Expr::Map(all)), Some(Expr::Map(some))) => {
                        some.iter().all(|rule| all.contains(rule))
                    }
                    (_, given) => given.is_none(),
                },
                // The IAM template may do without what is about the application; the account asks for what it uses.
                _ => given == wanted || (source == Source::Iam && node.is_none()),
            };
            if !fits {
                let place = template.root.entry(name).map_or(template.root.span(), |(key, _)| key.outer());
                let place = Span { start: place.start, end: place.end.min(place.start + 40) };
                proof.faults.push(
                    Diagnostic::new(
                        Code::PRF001,
                        format!("the section `{name}` differs from the monolith's"),
                    )
                    .label(source, place, "here")
                    .help("split the monolith again; do not edit the pair by hand"),
                );
            }
        }
    }
}

/// Rules of which the IAM template has every parameter, and not the rule: the stack takes what the monolith refuses.
///
/// Source: CloudFormation User Guide, "Rules section": CloudFormation validates the values before it creates or updates.
fn unasked(triple: &Triple<'_>, proof: &mut Proof) {
    let Triple { monolith, iam, .. } = *triple;
    let has = |name: &str| iam.section("Rules").is_some_and(|rules| rules.get(name).is_some());
    for (key, value) in monolith.section("Rules").into_iter().flat_map(Node::entries) {
        let Some(name) = key.as_str().filter(|name| !has(name)) else { continue };
        let Some(named) = named_by(value) else { continue };
        let is_there =
            |name: &String| name.starts_with("AWS::") || iam.parameters.contains_key(name.as_str());
        if !named.iter().all(is_there) {
            continue;
        }
        proof.faults.push(
            Diagnostic::new(
                Code::PRF003,
                format!(
                    "the rule `{name}` of the monolith is not in the IAM template, which takes all that it names"
                ),
            )
            .at(key.outer(), "the monolith refuses by it before anything is created")
            .help("declare it there too, or split the monolith again"),
        );
    }
}

/// Whether the IAM template has the monolith's transforms but those that are about the application alone.
fn without_the_applications(monolith: &Template<'_, '_>, iam: &Template<'_, '_>) -> bool {
    let names = |template: &Template<'_, '_>| -> Vec<String> {
        let names = template.transforms().into_iter().map(|(name, _)| name.to_owned());
        names.filter(|name| !OF_APPLICATION.contains(&name.as_str())).collect()
    };
    names(monolith) == names(iam) && iam.transforms().len() == names(iam).len()
}

const INTERFACE: &str = "AWS::CloudFormation::Interface";

/// The metadata of the whole template, which deploys nothing. What differs is told; new parameters have a group.
fn metadata(triple: &Triple<'_>, [whole, of_app]: [&Side<'_>; 2], wiring: &Wiring, proof: &mut Proof) {
    let lowering = Lowering::exact();
    let entries = |side: &Side<'_>, node: Option<Node<'_, '_>>| match node
        .map(|node| side.form().value(&lowering.node(node), Cond::ALWAYS))
    {
        Some(Value::Map(entries)) => entries,
        _ => Vec::new(),
    };
    let before = entries(whole, triple.monolith.section("Metadata"));
    let after = entries(of_app, triple.app.section("Metadata"));
    let find = |entries: &[(String, Value)], key: &str| {
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    let keys: std::collections::BTreeSet<&String> = before.iter().chain(&after).map(|(key, _)| key).collect();
    for key in keys {
        let (was, is) = (find(&before, key), find(&after, key));
        let is_same = if key == INTERFACE {
            let without = |value: Option<Value>| value.map(|value| without_wires(value, wiring));
            without(was.clone()).unwrap_or(Value::Absent) == without(is.clone()).unwrap_or(Value::Absent)
                || was.is_none() && is.is_some()
        } else {
            was == is
        };
        if !is_same {
            let place = triple.app.root.entry("Metadata").map_or(Span::at(0), |(key, _)| key.outer());
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF001,
                    format!("the metadata `{key}` of the template differs from the monolith's"),
                )
                .with_severity(Severity::Note)
                .label(Source::App, place, "CloudFormation deploys nothing of it"),
            );
        }
    }
}

/// An interface without the parameters that the other stack fills, and without groups that then are empty.
fn without_wires(value: Value, wiring: &Wiring) -> Value {
    let Value::Map(mut entries) = value else { return value };
    for (key, value) in &mut entries {
        match (key.as_str(), value) {
            ("ParameterGroups", Value::List(groups)) => {
                for group in groups.iter_mut() {
                    if let Value::Map(parts) = group
                        && let Some((_, Value::List(names))) =
                            parts.iter_mut().find(|(key, _)| key == "Parameters")
                    {
                        names.retain(
                            |name| !matches!(name, Value::Text(name) if wiring.wires.contains_key(name)),
                        );
                    }
                }
                groups.retain(
                    |group| !matches!(group.get("Parameters"), Some(Value::List(names)) if names.is_empty()),
                );
            }
            ("ParameterLabels", Value::Map(labels)) => {
                labels.retain(|(name, _)| !wiring.wires.contains_key(name));
            }
            _ => {}
        }
    }
    Value::Map(entries)
}
