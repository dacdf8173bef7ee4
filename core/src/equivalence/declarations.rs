//! Parameters, mappings, conditions and outputs: none is lost, none differs, none is more.

use super::{Proof, Side, Triple, Wiring};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::lower;
use crate::syntax::Node;
use crate::template::{SERVERLESS, Template};
use crate::text::Span;

/// Outputs, parameters, conditions and mappings of the monolith, and what the pair declares beyond them.
pub(super) fn declarations(
    triple: &Triple<'_>,
    wiring: &Wiring,
    [whole, of_iam, of_app]: &[Side<'_>; 3],
    proof: &mut Proof,
) {
    let Triple { monolith, iam, app } = *triple;
    let lost = |what: &str, name: &str, place: Span| {
        Diagnostic::new(
            Code::PRF003,
            format!("the {what} `{name}` of the monolith is not in the application template"),
        )
        .at(place, "the monolith declares it")
        .help("split the monolith again")
    };
    let differs = |what: &str, name: &str, source: Source, place: Span| {
        Diagnostic::new(Code::PRF001, format!("the {what} `{name}` differs from the monolith's"))
            .label(source, place, "here")
            .help("split the monolith again; do not edit the pair by hand")
    };
    for (name, output) in &monolith.outputs {
        match app.outputs.get(name) {
            None => proof.faults.push(lost("output", name, output.key.outer())),
            Some(other) => {
                let same = ["Value", "Export", "Condition"].iter().all(|key| {
                    let value = |side: &Side<'_>, node: Node<'_, '_>| {
                        node.get(key).map(|node| side.normal(&lower(node)))
                    };
                    value(whole, output.value) == value(of_app, other.value)
                });
                if !same {
                    proof.faults.push(differs("output", name, Source::App, other.key.outer()));
                }
            }
        }
    }
    let two_phase = |name: &str| wiring.two_phase.values().any(|output| output == name);
    for (name, output) in app.outputs.iter().filter(|(name, _)| !monolith.outputs.contains_key(*name)) {
        if !two_phase(name) {
            proof.faults.push(
                Diagnostic::new(Code::PRF004, format!("the monolith has no output `{name}`")).label(
                    Source::App,
                    output.key.outer(),
                    "only the application template has it",
                ),
            );
        }
    }
    for (what, section, of_app, of_iam) in [
        ("parameter", &monolith.parameters, &app.parameters, &iam.parameters),
        ("mapping", &monolith.mappings, &app.mappings, &iam.mappings),
    ] {
        for (name, declaration) in section {
            let before = lower(declaration.value);
            match of_app.get(name) {
                None => proof.faults.push(lost(what, name, declaration.key.outer())),
                Some(other) if lower(other.value) != before => {
                    proof.faults.push(differs(what, name, Source::App, other.key.outer()));
                }
                Some(_) => {}
            }
            if let Some(other) = of_iam.get(name).filter(|other| lower(other.value) != before) {
                proof.faults.push(differs(what, name, Source::Iam, other.key.outer()));
            }
        }
    }
    for (name, declaration) in &monolith.conditions {
        let before = whole.conditions.get(name);
        match app.conditions.get(name) {
            None => proof.faults.push(lost("condition", name, declaration.key.outer())),
            Some(other) if of_app.conditions.get(name) != before => {
                proof.faults.push(differs("condition", name, Source::App, other.key.outer()));
            }
            Some(_) => {}
        }
        if let Some(other) = iam.conditions.get(name)
            && of_iam.conditions.get(name) != before
        {
            proof.faults.push(differs("condition", name, Source::Iam, other.key.outer()));
        }
    }
    let of_wiring = |source: Source, name: &str| match source {
        // A parameter that a moved resource's output should fill has its own finding.
        Source::App => {
            wiring.wires.contains_key(name)
                || wiring.iam_stack.as_deref() == Some(name)
                || iam.resources.contains_key(name)
        }
        _ => wiring.stack_parameter.as_deref() == Some(name) || wiring.two_phase.contains_key(name),
    };
    for (source, template) in [(Source::App, app), (Source::Iam, iam)] {
        for (name, parameter) in &template.parameters {
            if !monolith.parameters.contains_key(name) && !of_wiring(source, name) {
                proof.faults.push(
                    Diagnostic::new(Code::PRF004, format!("the monolith has no parameter `{name}`"))
                        .label(source, parameter.key.outer(), "nothing of the other template fills it")
                        .help("remove it, or give the other template the output that fills it"),
                );
            }
        }
    }
    whole_sections(triple, proof);
    for (name, resource) in &iam.resources {
        if !monolith.resources.contains_key(name) {
            proof.faults.push(
                Diagnostic::new(Code::PRF004, format!("the monolith has no resource `{name}`"))
                    .label(Source::Iam, resource.declaration.key.outer(), "only the IAM template has it")
                    .help("remove it, or compare with the monolith that the pair was made of"),
            );
        }
    }
}

/// Whether the IAM template has the monolith's transforms but that of serverless resources, which stay.
fn without_serverless(monolith: &Template<'_, '_>, iam: &Template<'_, '_>) -> bool {
    let names = |template: &Template<'_, '_>| -> Vec<String> {
        let names = template.transforms().into_iter().map(|(name, _)| name.to_owned());
        names.filter(|name| name != SERVERLESS).collect()
    };
    names(monolith) == names(iam) && iam.transforms().len() == names(iam).len()
}

/// Sections that say how the whole template is read or refused: those of the monolith, and no others.
fn whole_sections(triple: &Triple<'_>, proof: &mut Proof) {
    let Triple { monolith, iam, app } = *triple;
    for name in ["Transform", "Rules", "Globals", "Hooks"] {
        let wanted = monolith.section(name).map(lower);
        for (source, template) in [(Source::App, app), (Source::Iam, iam)] {
            let given = template.section(name);
            // The IAM template may do without what is about the application.
            let fits = given.map(lower) == wanted
                || (source == Source::Iam
                    && (given.is_none() || (name == "Transform" && without_serverless(monolith, iam))));
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
