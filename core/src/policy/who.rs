//! What a request tells of the principal that asks, where that is one of the template.

use super::condition::{Held, Line, Operator, any, holds};
use super::decide::Fixed;
use super::glob::{Classes, Glob, Token, within};
use super::holder::Kind;
use super::statement::Statement;

/// What is known of whoever asks, whatever its name.
///
/// Source: IAM User Guide, "AWS global condition context keys": `aws:PrincipalType` (`AssumedRole`, `User`),
/// `aws:PrincipalIsAWSService` (in every signed request; `true` for service principals alone), `aws:username` (of users, not
/// of roles).
#[expect(dead_code)]
pub(super) fn known(kind: Kind) -> Fixed {
    let text = |key: &str, value: &str| (key.to_owned(), Some(value.to_owned()));
    let is_service = text("aws:principalisawsservice", "false");
    match kind {
        Kind::Role => {
            [is_service, text("aws:principaltype", "AssumedRole"), ("aws:username".to_owned(), None)].into()
        }
        Kind::User => [is_service, text("aws:principaltype", "User")].into(),
        // Whoever has it is a user or a role.
        Kind::Group | Kind::Policy => [is_service].into(),
    }
}

/// Whether no text is in both, for all values of what is not known.
fn disjoint(a: &Glob, b: &Glob) -> bool {
    Classes::of(&[a.clone(), b.clone()], &[vec![0], vec![1]], &[0, 1]).next().is_none()
}

/// Whether one of a list of globs matches whatever another one does.
pub(super) fn held<'g>(glob: &Glob, list: impl IntoIterator<Item = &'g Glob>) -> Option<bool> {
    any(list.into_iter().map(|other| match within(glob, other) {
        true => Some(true),
        false => disjoint(glob, other).then_some(false),
    }))
}

/// A principal by its ARN.
pub(super) struct Who {
    pub(super) arn: Glob,
}

impl Who {
    /// Whether a line about the ARN or the account of the principal holds; outer `None` for another line.
    /// Source: IAM User Guide, "AWS global condition context keys", `aws:PrincipalArn` (of a session the role's),
    /// `aws:PrincipalAccount`: both are in every signed request.
    fn told(&self, line: &Line) -> Option<Option<bool>> {
        let account;
        let value = match line.key.as_str() {
            "aws:principalarn" => &self.arn,
            "aws:principalaccount" => {
                let mut parts = self.arn.split(|token| *token == Token::Char(':'));
                account = parts.nth(4)?.to_vec();
                &account
            }
            _ => return None,
        };
        Some(match line.operator {
            _ if line.unknown.is_some() => None,
            Operator::Null => holds(line, &Held::Values(vec![String::new()])),
            Operator::Text => {
                held(value, line.wanted.iter().map(|wanted| &wanted.glob)).map(|held| held != line.negated)
            }
            _ => return None,
        })
    }

    /// A statement without lines that hold for the principal; `None` where one does not. What stays open stays, and is given
    /// back.
    pub(super) fn applied(&self, mut statement: Statement) -> Option<(Statement, Vec<Line>)> {
        let mut lines = Vec::new();
        let mut open = Vec::new();
        for line in std::mem::take(&mut statement.meaning.lines) {
            match self.told(&line) {
                Some(Some(true)) => {}
                Some(Some(false)) => return None,
                Some(None) => open.push(line),
                None => lines.push(line),
            }
        }
        statement.meaning.lines = lines;
        Some((statement, open))
    }
}
