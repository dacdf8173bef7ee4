//! What a request tells of the principal that asks, where that is one of the template.

use super::condition::{Held, Line, Operator, any, holds};
use super::decide::{Fixed, Powers};
use super::glob::{Classes, Glob, Token, within};
use super::holder::{Case, Kind, Stop};
use super::statement::{Origin, Statement, Unknown};
use crate::expression::Expr;

/// Keys that tell of the principal by its ARN.
pub(super) const WHO: [&str; 3] = ["aws:principalaccount", "aws:principalarn", "aws:userid"];

/// What is known of whoever asks, whatever its name.
///
/// Source: IAM User Guide, "AWS global condition context keys": `aws:PrincipalType` (`AssumedRole`, `User`),
/// `aws:PrincipalIsAWSService` (in every signed request; `true` for service principals alone), `aws:username` (of users, not
/// of roles).
pub(super) fn known(kind: Kind) -> Fixed {
    let is_service = ("aws:principalisawsservice".to_owned(), Some("false".to_owned()));
    if kind != Kind::Role {
        return [is_service].into();
    }
    let assumed = ("aws:principaltype".to_owned(), Some("AssumedRole".to_owned()));
    [is_service, assumed, ("aws:username".to_owned(), None)].into()
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
    /// Whether CloudFormation makes its name: letters and digits of its own are in it, which no template writes out.
    pub(super) made: bool,
    /// Whether each request of it has that ARN. A user's permissions are also those of its federated sessions.
    pub(super) alone: bool,
}

impl Who {
    /// Whether a line about the principal holds; outer `None` for another line.
    /// Source: IAM User Guide, "AWS global condition context keys", `aws:PrincipalArn` (of a session the role's),
    /// `aws:PrincipalAccount`: both are in every signed request; `aws:userid` ("Principal key values": of a role its unique
    /// id and the session's name).
    fn told(&self, line: &Line) -> Option<Option<bool>> {
        let (value, made) = match line.key.as_str() {
            "aws:principalarn" if self.alone => (self.arn.clone(), self.made),
            "aws:principalaccount" => {
                let mut parts = self.arn.split(|token| *token == Token::Char(':'));
                (parts.nth(4)?.to_vec(), false)
            }
            "aws:userid" if self.is_role() => {
                let id = [Token::OneInPart, Token::AnyInPart, Token::Char(':'), Token::Any];
                (["AROA".chars().map(Token::Char).collect::<Glob>(), id.to_vec()].concat(), false)
            }
            _ => return None,
        };
        let is_written =
            |glob: &Glob| glob.iter().all(|token| matches!(token, Token::Char(_) | Token::Fold(_)));
        let wanted = line.wanted.iter().map(|wanted| &wanted.glob);
        let told = match line.operator {
            _ if line.unknown.is_some() => None,
            Operator::Null => holds(line, &Held::Values(vec![String::new()])),
            Operator::Text => held(&value, wanted.filter(|glob| !(made && is_written(glob))))
                .map(|held| held != line.negated),
            _ => return None,
        };
        // Which of its sessions asks, the context says.
        (told.is_some() || line.key != "aws:userid").then_some(told)
    }

    fn is_role(&self) -> bool {
        let role: Glob = ":role/".chars().map(Token::Char).collect();
        self.arn.windows(role.len()).any(|window| window == role.as_slice())
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

    /// What someone may do, without conditions on who asks.
    pub(super) fn of_powers(&self, mut powers: Powers) -> Powers {
        let applied = |statement: Statement| {
            let (statement, open) = self.applied(statement)?;
            Some(if open.is_empty() { statement } else { perhaps(statement, &format!("{open:?}")) })
        };
        powers.statements = powers.statements.into_iter().filter_map(applied).collect();
        powers.boundary = powers.boundary.map(|list| list.into_iter().filter_map(applied).collect());
        powers
    }
}

/// A statement that may apply or not, besides what it is already.
pub(super) fn perhaps(mut statement: Statement, what: &str) -> Statement {
    let known = statement.meaning.unknown.take();
    statement.meaning.unknown = Some(match known {
        Some(known) => Unknown { what: format!("{}; {what}", known.what), ..known },
        None => Unknown {
            what: what.to_owned(),
            why: "whether it is about this principal turns on what is not known",
        },
    });
    statement
}

impl Case<'_> {
    /// The ARN of a role or user of the template as one of its principals.
    pub(super) fn who(&mut self, kind: Kind, name: &str) -> Result<Option<Who>, Stop> {
        let Some(item) = self.both.side(self.which).resources.get(name) else { return Ok(None) };
        let made = item.property(kind.name_property()).is_none();
        let principal = Expr::map([
            ("Effect", Expr::text("Allow")),
            ("Action", Expr::text("*")),
            ("Principal", Expr::map([("AWS", Expr::GetAtt(name.to_owned(), "Arn".to_owned()))])),
        ]);
        let document = Expr::map([("Statement", principal)]);
        let statements = self.document(&document, &Origin::default(), true)?;
        let globs = statements.first().map_or(&[][..], |one| one.meaning.targets.globs.as_slice());
        // The other is that of its sessions.
        let own = globs.iter().find(|glob| !glob.contains(&Token::Any));
        Ok(own.map(|glob| Who {
            arn: glob.iter().skip("AWS:".len()).copied().collect(),
            made: made && self.values.is_none(),
            alone: kind == Kind::Role,
        }))
    }
}
