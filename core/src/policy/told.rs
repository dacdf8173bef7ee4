//! Decisions in words: one wording for the terminal, the reports and the page.

use super::change::{Change, PermissionChange};
use super::release::{Decision, Place, Question, Release, Verdict, Witness};
use crate::text::one_line;

impl Change {
    /// In a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Changed => "changed",
        }
    }
}

impl PermissionChange {
    /// What the statement says, and what it said where that is another.
    #[must_use]
    pub fn told(&self) -> (String, Option<String>) {
        let say = |actions: &[String], resources: &[String], condition: Option<&str>| {
            let condition = condition.map(|condition| format!(" if {condition}")).unwrap_or_default();
            format!("{} {} on {}{condition}", self.effect, actions.join(", "), resources.join(", "))
        };
        let now = say(&self.actions, &self.resources, self.condition.as_deref());
        let differs = self.actions_before.is_some()
            || self.resources_before.is_some()
            || self.condition_before.is_some();
        let before = differs.then(|| {
            say(
                self.actions_before.as_ref().unwrap_or(&self.actions),
                self.resources_before.as_ref().unwrap_or(&self.resources),
                self.condition_before.as_deref().or(self.condition.as_deref()),
            )
        });
        (now, before)
    }
}

impl Verdict {
    /// What was decided of a release, in a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoMore => "nothing more is allowed",
            Self::CannotTell => "cannot tell whether more is allowed: read the reasons above",
            Self::More => "more is allowed than before",
        }
    }
}

impl Release {
    /// What was decided, and of how many.
    #[must_use]
    pub fn headline(&self) -> String {
        let of = |verdict| self.decisions.iter().filter(|one| one.verdict == verdict).count();
        match (of(Verdict::More), of(Verdict::CannotTell)) {
            (0, 0) => "nothing more is allowed".to_owned(),
            (0, unknown) => format!("cannot tell whether more is allowed ({unknown} to look at)"),
            (more, 0) => format!("more is allowed than before ({more})"),
            (more, unknown) => {
                format!("more is allowed than before ({more}), and {unknown} cannot be told")
            }
        }
    }
}

impl Decision {
    /// What was decided, in a line.
    #[must_use]
    pub fn headline(&self) -> String {
        let Self { principal, kind, question, verdict, .. } = self;
        let more = *verdict == Verdict::More;
        match question {
            Question::Permissions if more => {
                format!("more: {kind} `{principal}` may do what it could not do before")
            }
            Question::Permissions => format!("cannot tell: what {kind} `{principal}` may do"),
            Question::Trust if more => format!("more: `{principal}` may be assumed by others than before"),
            Question::Trust => format!("cannot tell: who may assume `{principal}`"),
            Question::Session if more => format!("more: sessions of `{principal}` may last longer"),
            Question::Session => format!("cannot tell: how long sessions of `{principal}` may last"),
            Question::Output if more => format!("more: whoever takes the output `{principal}` may do more"),
            Question::Output => format!("cannot tell: what the output `{principal}` gives to other stacks"),
            Question::Other => format!("cannot tell: {kind} `{principal}`"),
        }
    }
}

impl Witness {
    /// The request, a part a line: who, what, on what, and with which context, parameters and conditions.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.principal.clone(), self.action.clone(), format!("on {}", self.resource)];
        lines.extend(self.context.iter().map(|(key, values)| match values.as_slice() {
            [] => format!("with an empty {key}"),
            values => format!("with {key} = {}", values.join(", ")),
        }));
        lines.extend(self.parameters.iter().map(|(name, value)| format!("where {name} is {value}")));
        lines.extend(self.given.iter().map(|given| format!("where {given}")));
        lines.extend(self.statement.iter().map(Place::allowed_by));
        lines.iter().map(|line| one_line(line).into_owned()).collect()
    }
}

impl Place {
    fn allowed_by(&self) -> String {
        match self.statement.as_str() {
            "" => format!("allowed by {}, line {}", self.resource, self.line),
            statement => format!("allowed by {}, {statement}, line {}", self.resource, self.line),
        }
    }
}
