//! How the two templates hang together: what the pair claims, and what of it holds.

use std::collections::{BTreeMap, BTreeSet};

use super::Proof;
use super::side::{Common, Side};
use super::system::{System, Unit};
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::Node;
use crate::template::Template;
use crate::value::Value;

/// How the pair is wired, as the IAM template's own mark says, or as the names show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// The parameter that takes the application stack's name.
    pub stack_parameter: Option<String>,
    /// Parameters of the IAM template that outputs of the application fill.
    pub two_phase: BTreeMap<String, String>,
    /// Parameters of the application that outputs of the IAM template fill.
    pub wires: BTreeMap<String, String>,
    /// The application's parameter for the IAM stack's name, where it reads outputs itself.
    pub iam_stack: Option<String>,
    /// Parameters and conditions that the configuration adds for the IAM template alone.
    pub of_iam: BTreeSet<String>,
}

impl Wiring {
    /// Reads the wiring of a pair.
    #[must_use]
    pub fn of(iam: &Template<'_, '_>, app: &Template<'_, '_>) -> Self {
        let named = iam.stack_parameter().map(str::to_owned);
        // One that the application has too is the monolith's own.
        let usual = iam.parameters.contains_key(crate::plan::APP_STACK_PARAMETER)
            && !app.parameters.contains_key(crate::plan::APP_STACK_PARAMETER);
        let usual = usual.then(|| crate::plan::APP_STACK_PARAMETER.to_owned());
        let text = |node: Node<'_, '_>| node.as_str().unwrap_or_default().to_owned();
        let two_phase = iam.two_phase().map(|(parameter, output)| (text(parameter), text(output))).collect();
        let mut wires = BTreeMap::new();
        for output in iam.outputs.keys() {
            let stem = output.strip_suffix("Arn").filter(|stem| app.parameters.contains_key(stem));
            let own = app.parameters.contains_key(output).then_some(*output);
            if let Some(parameter) = stem.or(own) {
                wires.insert(parameter.to_owned(), (*output).to_owned());
            }
        }
        let iam_stack = iam.iam_stack_parameter().map(str::to_owned);
        Self { stack_parameter: named.or(usual), two_phase, wires, iam_stack, of_iam: BTreeSet::new() }
    }
}

/// The wiring without what the monolith contradicts: a parameter of its own is filled by whoever deploys, not by a stack.
pub(super) fn proven(claimed: &Wiring, [monolith, iam, app]: [&System<'_>; 3], proof: &mut Proof) -> Wiring {
    let mut wiring = claimed.clone();
    let marked = iam.template.mark();
    let mut wrong = |what: String, place: Option<&Unit>| {
        let at = marked.map_or(crate::text::Span::at(0), Node::outer);
        let place = place.map_or(at, |unit| unit.place);
        proof.faults.push(
            Diagnostic::new(Code::PRF001, what)
                .label(iam.source, place, "as the metadata has it")
                .help("split the monolith again, which writes what is true of the pair"),
        );
    };
    if let Some(name) = &claimed.stack_parameter {
        let is_marked = iam.template.stack_parameter() == Some(name.as_str());
        if monolith.parameters.contains_key(name) {
            wiring.stack_parameter = None;
            if is_marked {
                wrong(
                    format!(
                        "`{name}` is a parameter of the monolith's own, not the application stack's name"
                    ),
                    iam.parameters.get(name),
                );
            }
        } else if !iam.parameters.contains_key(name) {
            wiring.stack_parameter = None;
            wrong(
                format!("the IAM template has no parameter `{name}` for the application stack's name"),
                None,
            );
        }
    }
    wiring.two_phase.retain(|parameter, output| {
        let unit = iam.parameters.get(parameter);
        let reason = if monolith.parameters.contains_key(parameter) {
            format!("`{parameter}` is a parameter of the monolith's own, no value that comes later")
        } else if unit.is_none() {
            format!("the IAM template has no parameter `{parameter}` for a value that comes later")
        } else if !app.outputs.contains_key(output) {
            format!(
                "nothing gives the value of `{parameter}`: the application template has no output `{output}`"
            )
        } else {
            return true;
        };
        wrong(reason, unit);
        false
    });
    wiring.wires.retain(|parameter, _| !monolith.parameters.contains_key(parameter));
    if let Some(name) = &claimed.iam_stack
        && (monolith.parameters.contains_key(name) || !app.parameters.contains_key(name))
    {
        wiring.iam_stack = None;
        wrong(format!("`{name}` is no parameter of the application for the IAM stack's name"), None);
    }
    wiring
}

/// The pair's templates in the worlds that matter.
pub(super) struct Sides<'p> {
    /// The IAM template where both stacks stand.
    pub(super) iam: Side<'p>,
    /// The application template where both stacks stand.
    pub(super) app: Side<'p>,
    /// The IAM template while values of the application have yet to come, any of them; `None` where none do.
    pub(super) alone: Option<Side<'p>>,
    /// What each output of the IAM template gives, and when it exists.
    pub(super) outputs: BTreeMap<String, (Cond, Value)>,
}

/// Puts the wiring in the place of the parameters.
pub(super) fn sides<'p>(
    wiring: &Wiring,
    common: &'p Common<'p>,
    iam: &'p System<'p>,
    app: &'p System<'p>,
    proof: &mut Proof,
) -> Sides<'p> {
    let all = &common.conditions;
    let mut own: BTreeMap<String, Value> = BTreeMap::new();
    // The IAM stack's own name, id and topics are not the application's.
    for name in ["AWS::StackName", "AWS::StackId", "AWS::NotificationARNs"] {
        own.insert(name.to_owned(), Value::Ref(format!("Iam{name}")));
    }
    if let Some(name) = &wiring.stack_parameter {
        own.insert(name.clone(), Value::Ref("AWS::StackName".to_owned()));
    }
    let raw = Side::new(common, iam, own.clone(), Vec::new());
    let mut outputs = BTreeMap::new();
    let mut exports = Vec::new();
    for (name, unit) in &iam.outputs {
        let Some(value) = unit.value() else { continue };
        let cond = raw.exists(unit);
        let value = raw.form().value(value, cond);
        let form = raw.form();
        if form.alternatives(&value, cond).iter().any(|(_, value)| *value == Value::Impossible) {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF006,
                    format!("the IAM stack cannot be created: its output `{name}` is of a resource that may be absent"),
                )
                .label(iam.source, unit.place, "it needs the resource's condition")
                .help("give the output the `Condition` of its resource"),
            );
        }
        // What reads an output that is not there cannot be deployed.
        let given = form.choice(vec![(cond, value.clone()), (all.not(cond), Value::Impossible)]);
        if let Some(export) = unit.export() {
            exports.push(("ImportValue", form.value(export, Cond::ALWAYS), given.clone()));
        }
        if wiring.iam_stack.is_some() {
            let argument = vec![
                ("OutputName".to_owned(), Value::Text(name.clone())),
                ("StackName".to_owned(), Value::Ref("IamAWS::StackName".to_owned())),
            ];
            exports.push(("GetStackOutput", Value::Map(argument), given));
        }
        outputs.insert(name.clone(), (cond, value));
    }
    let mut stands = BTreeMap::new();
    for (parameter, output) in &wiring.wires {
        let Some((cond, value)) = outputs.get(output) else { continue };
        let absent = first(app.parameters.get(parameter));
        let form = raw.form();
        stands.insert(parameter.clone(), form.choice(vec![(*cond, value.clone()), (all.not(*cond), absent)]));
    }
    if let Some(name) = &wiring.iam_stack {
        stands.insert(name.clone(), Value::Ref("IamAWS::StackName".to_owned()));
    }
    let of_app = Side::new(common, app, stands, exports);
    let (mut filled, mut coming) = (own.clone(), own);
    for (parameter, output) in &wiring.two_phase {
        let before = first(iam.parameters.get(parameter));
        let Some(unit) = app.outputs.get(output) else { continue };
        let Some(value) = unit.value() else { continue };
        let cond = of_app.exists(unit);
        let form = of_app.form();
        let value = form.value(value, cond);
        // Values come one by one: that of a resource with a condition comes with an update of its own.
        let came = all.and(cond, all.asked(Value::Ref(format!("{parameter}, which came"))));
        coming.insert(
            parameter.clone(),
            form.choice(vec![(came, value.clone()), (all.not(came), before.clone())]),
        );
        filled.insert(parameter.clone(), form.choice(vec![(cond, value), (all.not(cond), before)]));
    }
    let alone = (!wiring.two_phase.is_empty()).then(|| Side::new(common, iam, coming, Vec::new()));
    let of_iam = if wiring.two_phase.is_empty() { raw } else { Side::new(common, iam, filled, Vec::new()) };
    Sides { iam: of_iam, app: of_app, alone, outputs }
}

/// The value of a parameter to which nothing is passed.
fn first(parameter: Option<&Unit>) -> Value {
    parameter
        .and_then(|unit| unit.text("Default"))
        .map_or(Value::Impossible, |text| Value::Text(text.to_owned()))
}
