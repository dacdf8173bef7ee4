//! Cards in words, the same wherever they are shown.

use super::{Card, Flag, Grant, Item, Kind, Part, Weight};
use crate::text::counted;

impl Grant {
    /// `Allow sqs:SendMessage on !GetAtt Queue.Arn`, with nothing left out.
    #[must_use]
    pub fn sentence(&self) -> String {
        let actions = if self.not_actions {
            format!("every action but {}", listed(&self.actions))
        } else {
            listed(&self.actions)
        };
        let targets = match (self.not_targets, self.targets.is_empty()) {
            (true, _) => format!("everything but {}", listed(&self.targets)),
            (false, true) => "nothing".to_owned(),
            (false, false) => listed(&self.targets),
        };
        format!("{} {actions} on {targets}{}", self.effect, self.limits())
    }

    /// `lambda.amazonaws.com (Service)`: who a statement of a trust policy lets in.
    #[must_use]
    pub fn trusted(&self) -> String {
        let who = if self.not_targets {
            format!("everyone but {}", listed(&self.targets))
        } else {
            listed(&self.targets)
        };
        let denied = if self.effect == "Deny" { "never " } else { "" };
        format!("{denied}{who}{}", self.limits())
    }

    fn limits(&self) -> String {
        let mut text = String::new();
        if !self.conditions.is_empty() {
            text = format!(" where {}", self.conditions.join(" and "));
        }
        if !self.only_if.is_empty() {
            text += &format!(" (only if {})", self.only_if.join(" and "));
        }
        text
    }
}

impl Part {
    /// `line 12 of the application template`
    #[must_use]
    pub fn line(self, line: u32) -> String {
        let app = if self == Self::App { " of the application template" } else { "" };
        format!("line {line}{app}")
    }

    fn place(self, policy: &str, line: u32) -> String {
        let policy = if policy.is_empty() { String::new() } else { format!("{policy}, ") };
        format!("{policy}{}", self.line(line))
    }
}

impl Grant {
    /// `inline, line 12`: the policy that has it, and where.
    #[must_use]
    pub fn place(&self) -> String {
        self.part.place(&self.policy, self.line)
    }
}

impl Flag {
    /// `inline, line 12`: what has it, and where.
    #[must_use]
    pub fn place(&self) -> String {
        self.part.place(&self.policy, self.line)
    }
}

/// `a, b`
pub(super) fn listed(items: &[Item]) -> String {
    items.iter().map(Item::to_string).collect::<Vec<_>>().join(", ")
}

impl Card {
    /// The gravest that is to be looked at.
    #[must_use]
    pub fn weight(&self) -> Option<Weight> {
        self.flags.first().map(|flag| flag.weight)
    }

    /// `role, line 12`
    #[must_use]
    pub fn place(&self) -> String {
        let condition = self.condition.as_ref().map_or(String::new(), |name| format!(", only if {name}"));
        format!("{}, {}{condition}", self.kind.noun(), self.part.line(self.line))
    }
}

/// `24 roles and 8 managed policies: 2 grave, 5 high, 4 wide, 21 with nothing to point out`
#[must_use]
pub fn headline(cards: &[Card]) -> String {
    let kinds = [Kind::Role, Kind::User, Kind::Group, Kind::ManagedPolicy];
    let mut parts = Vec::new();
    for kind in kinds {
        let number = cards.iter().filter(|card| card.kind == kind).count();
        match (number, kind) {
            (0, _) => {}
            (1, _) => parts.push(format!("1 {}", kind.noun())),
            (_, Kind::ManagedPolicy) => parts.push(format!("{number} managed policies")),
            _ => parts.push(counted(number, kind.noun())),
        }
    }
    let list = match parts.as_slice() {
        [] => return "no roles, users, groups or managed policies".to_owned(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    };
    let weights = [Some(Weight::Grave), Some(Weight::High), Some(Weight::Wide), None];
    let counts = weights.into_iter().filter_map(|weight| {
        let number = cards.iter().filter(|card| card.weight() == weight).count();
        let word = weight.map_or("with nothing to point out", Weight::name);
        (number > 0).then(|| format!("{number} {word}"))
    });
    format!("{list}: {}", counts.collect::<Vec<_>>().join(", "))
}
