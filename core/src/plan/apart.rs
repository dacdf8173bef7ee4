//! Names and ARNs taken apart: properties that take either, and the rules of event buses.

use super::{Resolved, Resolver};
use crate::expression::{Expr, from_sub_text};
use crate::facts::{NameOrArn, is_dynamic, name_or_arn};
use crate::syntax::Node;
use crate::template::{Resource, Template};

/// ARNs and parts of them that stand where a name may: a parameter that admits one may be either.
const SAMPLES: [&str; 4] = [
    "arn:aws:lambda:eu-west-1:123456789012:function:name",
    "arn:aws:events:eu-west-1:123456789012:event-bus/name",
    "arn:aws:ecs:eu-west-1:123456789012:cluster/name",
    "123456789012:function:name",
];

impl Resolver<'_, '_, '_> {
    /// The name that a property means which takes a name or an ARN.
    pub(super) fn bare_name(
        &self,
        value: &Expr,
        row: &NameOrArn,
        resource: &Resource<'_, '_>,
        open: &mut Vec<String>,
    ) -> Result<Resolved, String> {
        let exact = |expr| Ok(Resolved { expr, pattern: false });
        let unclear = || {
            Err(format!(
                "`{}` of `{}` may be a name or an ARN: write one of them, or give its parameter an `AllowedPattern` without `:`",
                row.path.join("."),
                resource.name
            ))
        };
        let mut dynamic = false;
        value.walk(&mut |part| dynamic |= matches!(part, Expr::Text(text) if is_dynamic(text)));
        if dynamic {
            return unclear();
        }
        match value {
            Expr::Text(text) => exact(Expr::text(row.name(text))),
            // `Ref` of a function, a bus or a cluster is its name.
            Expr::Ref(name) if self.template.resources.contains_key(name.as_str()) => self.expr(value, open),
            Expr::Ref(name) if name == "AWS::StackName" || holds_names(self.template, name) => {
                self.expr(value, open)
            }
            Expr::GetAtt(name, attribute) if attribute == "Arn" => self.expr(&Expr::reference(name), open),
            Expr::GetAtt(_, attribute) if attribute == "Name" => self.expr(value, open),
            Expr::Named(_, inner) => self.bare_name(inner, row, resource, open),
            Expr::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
                ("Join", [Expr::Text(delimiter), Expr::List(parts)]) => {
                    self.bare_name(&join(delimiter, parts), row, resource, open)
                }
                ("If", [condition, yes, no]) => {
                    let yes = self.bare_name(yes, row, resource, open)?;
                    let no = self.bare_name(no, row, resource, open)?;
                    let pattern = yes.pattern || no.pattern;
                    Ok(Resolved {
                        expr: Expr::call("If", vec![condition.clone(), yes.expr, no.expr]),
                        pattern,
                    })
                }
                _ => unclear(),
            },
            Expr::Concat(parts) => match behind(parts, row.before) {
                Some((_, name)) => {
                    let name = row.after.map_or(name.clone(), |end| until(&name, end));
                    self.expr(&Expr::concat(name), open)
                }
                // Parts of a name: a text with a colon is none.
                None if parts.iter().all(|part| !matches!(part, Expr::Text(text) if text.contains(':'))) => {
                    self.expr(value, open)
                }
                None => unclear(),
            },
            _ => unclear(),
        }
    }

    /// What a reference to an event rule comes to that names a bus. On the default bus a rule's ARN holds no bus, however
    /// it is written; the rules of a bus of another account are in that account.
    /// Source: EventBridge User Guide, "Resources and operations"; Service Authorization Reference, `rule-on-default-event-bus`.
    pub(super) fn rule(
        &self,
        rule: &Resource<'_, '_>,
        attribute: Option<&str>,
        bus: &Expr,
        open: &mut Vec<String>,
    ) -> Result<Resolved, String> {
        let name = self.name(rule, open)?;
        let bus = if let Expr::Call(call, arguments) = bus
            && let ("Join", [Expr::Text(delimiter), Expr::List(parts)]) =
                (call.as_str(), arguments.as_slice())
        {
            &join(delimiter, parts)
        } else {
            bus
        };
        let parts = if let Expr::Concat(parts) = bus { parts.clone() } else { vec![bus.clone()] };
        let (prefix, of_bus) = match behind(&parts, ":event-bus/") {
            Some((prefix, rest)) => (Some(self.expr(&Expr::concat(prefix), open)?), Expr::concat(rest)),
            None => (None, bus.clone()),
        };
        let given_as_arn = prefix.is_some();
        let row = name_or_arn("AWS::Events::Rule", &["EventBusName"]);
        let of_bus = match (&of_bus, row) {
            (Expr::Text(text), _) if text == "default" => None,
            (Expr::Text(text), _) if is_dynamic(text) => {
                return Err(format!("`EventBusName` of `{}` may be `default`, a name or an ARN", rule.name));
            }
            // What a parameter holds may be `default`.
            (Expr::Ref(name), _) if self.template.parameters.contains_key(name.as_str()) => {
                return Err(format!("`EventBusName` of `{}` may be `default`, a name or an ARN", rule.name));
            }
            (Expr::Ref(name), _) if name == "AWS::NoValue" => None,
            (of_bus, _) if given_as_arn => Some(self.expr(of_bus, open)?),
            (of_bus, Some(row)) => Some(self.bare_name(of_bus, row, rule, open)?),
            _ => return Err(format!("`EventBusName` of `{}` is not understood", rule.name)),
        };
        let pattern = name.pattern || of_bus.as_ref().is_some_and(|bus| bus.pattern);
        let parts = match attribute {
            Some("RuleName") => vec![name.expr],
            None => match of_bus {
                None => vec![name.expr],
                Some(bus) if !given_as_arn => vec![bus.expr, Expr::text("|"), name.expr],
                Some(_) => {
                    return Err(format!(
                        "what `Ref` of `{}` gives on a bus that is given as an ARN is not known",
                        rule.name
                    ));
                }
            },
            Some("Arn") => {
                let usual = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}";
                let prefix = prefix.map_or_else(|| from_sub_text(usual), |prefix| prefix.expr);
                let mut parts = vec![prefix, Expr::text(":rule/")];
                if let Some(bus) = of_bus {
                    parts.extend([bus.expr, Expr::text("/")]);
                }
                parts.push(name.expr);
                parts
            }
            Some(other) => return Err(format!("`{other}` of `AWS::Events::Rule` is not known")),
        };
        Ok(Resolved { expr: Expr::concat(parts), pattern })
    }
}

/// What stands before the last occurrence of a text among parts, and what behind it.
fn behind(parts: &[Expr], text: &str) -> Option<(Vec<Expr>, Vec<Expr>)> {
    let holds = |part: &Expr| matches!(part, Expr::Text(piece) if piece.contains(text));
    let at = parts.iter().rposition(holds)?;
    let Some(Expr::Text(piece)) = parts.get(at) else { return None };
    let (before, after) = piece.rsplit_once(text)?;
    let mut first: Vec<Expr> = parts.iter().take(at).cloned().collect();
    first.push(Expr::text(before));
    let rest = parts.iter().skip(at + 1).cloned();
    Some((first, std::iter::once(Expr::text(after)).chain(rest).collect()))
}

/// The parts up to a character that ends the name.
fn until(parts: &[Expr], end: char) -> Vec<Expr> {
    let mut kept = Vec::new();
    for part in parts {
        if let Expr::Text(text) = part
            && let Some((before, _)) = text.split_once(end)
        {
            kept.push(Expr::text(before));
            return kept;
        }
        kept.push(part.clone());
    }
    kept
}

fn join(delimiter: &str, parts: &[Expr]) -> Expr {
    let between = |at: usize| Expr::text(if at > 0 { delimiter } else { "" });
    Expr::concat(parts.iter().enumerate().flat_map(|(at, part)| [between(at), part.clone()]))
}

/// Whether a parameter's own declaration admits names and no ARN.
fn holds_names(template: &Template<'_, '_>, name: &str) -> bool {
    let Some(parameter) = template.parameters.get(name) else { return false };
    let text = |key: &str| parameter.value.get(key).and_then(Node::as_str);
    // What such a parameter is given names an entry of the parameter store: its bounds say nothing of the value there.
    if text("Type").is_some_and(|kind| kind.starts_with("AWS::SSM::")) {
        return false;
    }
    let allowed: Vec<&str> = parameter
        .value
        .get("AllowedValues")
        .into_iter()
        .flat_map(Node::items)
        .filter_map(Node::as_str)
        .collect();
    if !allowed.is_empty() {
        return allowed.iter().all(|value| !value.contains(':'));
    }
    if text("MaxLength").and_then(|most| most.parse::<usize>().ok()).is_some_and(|most| most < 23) {
        return true;
    }
    text("AllowedPattern").is_some_and(|pattern| {
        crate::facts::whole_pattern(pattern)
            .is_some_and(|regex| SAMPLES.iter().all(|sample| !regex.is_match(sample)))
    })
}
