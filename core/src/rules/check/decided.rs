//! Rules on what is permitted and who is trusted, which the policy stage decides.

use super::One;
use crate::policy::{Ceiling, Decision, Question, Verdict};
use crate::rules::Rule;
use crate::syntax::{Kind, Node};
use crate::text::Span;

impl<'r> One<'_, 'r, '_, '_, '_> {
    pub(super) fn within(&mut self, rule: &'r Rule, ceiling: &Ceiling) {
        let trust = matches!(ceiling, Ceiling::Trust { .. });
        let judge = self.judge;
        for principal in judge.principals() {
            let kind = judge.resources().find(|(name, _)| *name == principal.name).map(|(_, kind)| kind);
            let is_asked = match kind.filter(|_| principal.declared) {
                Some(kind) => rule.of.contains(&kind) && self.counts(&principal.name),
                // Whoever is named and not declared is given what stands here all the same.
                None => !trust,
            };
            if is_asked {
                self.of += 1;
                let decision = judge.decide(&principal, ceiling);
                self.decided(rule, &principal.name, &decision);
            }
        }
    }

    /// Whether a statement of a role's trust has the principal `*`.
    fn is_open(&self, name: &str, statement: Span) -> bool {
        let resource = self.asked.template.resources.get(name);
        let properties = resource.and_then(|resource| resource.declaration.value.get("Properties"));
        let trust = properties.and_then(|all| all.resolved().get("AssumeRolePolicyDocument"));
        let Some(list) = trust.and_then(|trust| trust.resolved().get("Statement")).map(Node::resolved) else {
            return false;
        };
        let all: Vec<Node<'_, '_>> = if list.kind() == Kind::Sequence {
            list.items().map(Node::resolved).collect()
        } else {
            vec![list]
        };
        let is_it = |node: &&Node<'_, '_>| node.span().contains(statement) || statement.contains(node.span());
        let principal = all.iter().find(is_it).and_then(|one| one.get("Principal")).map(Node::resolved);
        let is_star = |node: Node<'_, '_>| {
            let node = node.resolved();
            node.as_str() == Some("*") || node.items().any(|item| item.resolved().as_str() == Some("*"))
        };
        principal.is_some_and(|node| is_star(node) || node.get("AWS").is_some_and(is_star))
    }

    pub(super) fn decided(&mut self, rule: &'r Rule, name: &str, decision: &Decision) {
        let trust = decision.question == Question::Trust;
        match (decision.verdict, &decision.witness) {
            (Verdict::NoMore, _) => {}
            (Verdict::More, Some(witness)) => {
                let statement = witness.statement.as_ref().and_then(|place| place.span);
                let what = if trust && statement.is_some_and(|span| self.is_open(name, span)) {
                    format!("`{name}` may be assumed by anyone: its trust has the principal `*`")
                } else if trust {
                    format!("`{name}` may be assumed by `{}`", witness.principal)
                } else {
                    format!("`{name}` may `{}` on `{}`", witness.action, witness.resource)
                };
                let place =
                    witness.statement.as_ref().and_then(|place| place.span).or_else(|| self.place(name, ""));
                let given: Vec<String> = witness
                    .lines()
                    .into_iter()
                    .filter(|line| line.starts_with("with") || line.starts_with("where"))
                    .collect();
                let help = if given.is_empty() {
                    Vec::new()
                } else {
                    vec![format!("that is so {}", given.join(", "))]
                };
                self.found_at(rule, name, place, true, what, help);
            }
            _ => {
                // What the rule itself says is no reason.
                let reasons = decision.reasons.iter().filter(|reason| !reason.part.starts_with("``"));
                let mut help: Vec<String> =
                    reasons.map(|reason| format!("{}: {}", reason.part, reason.why)).collect();
                if decision.reasons.iter().any(|reason| reason.part.contains("managed policy")) {
                    let reviewed =
                        "a managed policy that somebody has read may stand under `reviewed_policies`";
                    help.push(reviewed.to_owned());
                }
                let what = format!("`{name}` cannot be told to keep it");
                let place = self.place(name, if trust { "AssumeRolePolicyDocument" } else { "" });
                self.found_at(rule, name, place, false, what, help);
            }
        }
    }
}
