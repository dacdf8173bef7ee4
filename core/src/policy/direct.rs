//! Whom a trust names by itself: such a one needs no permission of its own to assume the role. Where the trust names its
//! account, its own policies decide.
//!
//! Source: STS API Reference, `AssumeRole`: attach a policy to the user, or add the user as a principal directly in the
//! role's trust policy; IAM User Guide, "AWS JSON policy elements: Principal" (`*` is everyone in the account, too).

use super::decide::Powers;
use super::glob::{Glob, Token, matches};
use super::holder::{Case, Kind, Stop, Subject, never_equal};
use super::release::{Decision, Question, Verdict};
use super::side::Side;
use super::statement::{Origin, Set, Statement};
use super::subject::{Asked, Query};
use super::who::{Who, held, perhaps};
use super::world::{Which, canonical};
use crate::expression::Expr;
use crate::facts::is_dynamic;

/// What a user or a role calls to assume a role.
/// Source: IAM User Guide, "Update a role trust policy"; STS API Reference, `AssumeRole` (session tags and a source identity
/// need their own permissions).
const CALLED: [&str; 3] = ["sts:assumerole", "sts:setsourceidentity", "sts:tagsession"];

/// How a principal element means someone.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Naming {
    /// Not, or by its account alone.
    No,
    /// By its ARN.
    Itself,
    /// With everyone.
    Everyone,
    /// One session of it.
    Session(Vec<Piece>),
    /// What is not known decides.
    Perhaps,
}

/// A character, or a value in a text.
type Piece = Result<char, Expr>;

fn pieces(expr: &Expr, list: &mut Vec<Piece>) {
    match expr {
        Expr::Text(text) => list.extend(text.chars().map(Ok)),
        Expr::Concat(parts) => parts.iter().for_each(|part| pieces(part, list)),
        other => list.push(Err(other.clone())),
    }
}

fn letters(text: &str) -> Vec<Piece> {
    text.chars().map(Ok).collect()
}

fn is_written(pieces: &[Piece]) -> bool {
    pieces.iter().all(Result::is_ok)
}

/// Whether two texts are the same: `None` where what is not known decides.
fn same(a: &[Piece], b: &[Piece]) -> Option<bool> {
    let expr = |pieces: &[Piece]| {
        Expr::concat(pieces.iter().map(|piece| match piece {
            Ok(c) => Expr::text(*c),
            Err(value) => value.clone(),
        }))
    };
    if a == b {
        return Some(true);
    }
    never_equal(&expr(a), &expr(b)).then_some(false)
}

/// How an item of a principal element, after its kind, means the owner of an ARN.
fn naming(item: &Expr, arn: &[Piece]) -> Naming {
    let mut text = Vec::new();
    pieces(item, &mut text);
    if text == letters("*") || text == letters("AWS *") {
        return Naming::Everyone;
    }
    let Some(text) = text.strip_prefix(letters("AWS ").as_slice()) else { return Naming::No };
    if is_dynamic(&text.iter().filter_map(|piece| piece.as_ref().ok()).collect::<String>()) {
        return Naming::Perhaps;
    }
    let parts: Vec<&[Piece]> = text.splitn(6, |piece| *piece == Ok(':')).collect();
    let own: Vec<&[Piece]> = arn.splitn(6, |piece| *piece == Ok(':')).collect();
    let [_, own_partition, _, _, own_account, own_name] = own.as_slice() else { return Naming::Perhaps };
    let [_, partition, service, _, account, name] = parts.as_slice() else {
        // The account's number, or a value that may be any of these.
        let is_account =
            matches!(text, [Err(Expr::Ref(name))] if name == "AWS::AccountId") || is_written(text);
        return if is_account { Naming::No } else { Naming::Perhaps };
    };
    let is_apart = |a: &[Piece], b: &[Piece]| is_written(a) && is_written(b) && a != b;
    if *name == letters("root").as_slice() || is_apart(partition, own_partition) {
        return Naming::No;
    }
    let named = if *service == letters("sts").as_slice() {
        let at = own_name.iter().rposition(|piece| *piece == Ok('/')).map_or(0, |at| at + 1);
        let own = own_name.get(at..).unwrap_or_default();
        let Some(session) = name.strip_prefix(letters("assumed-role/").as_slice()) else { return Naming::No };
        let mut parts = session.splitn(2, |piece| *piece == Ok('/'));
        let (role, session) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match same(role, own) {
            Some(true) => Naming::Session(session.to_vec()),
            Some(false) => Naming::No,
            None if is_made(own) && is_written(role) => Naming::No,
            None => Naming::Perhaps,
        }
    } else {
        match same(name, own_name) {
            Some(true) => Naming::Itself,
            Some(false) => Naming::No,
            None if is_made(own_name) && is_written(name) => Naming::No,
            None => Naming::Perhaps,
        }
    };
    match same(account, own_account) {
        Some(true) => named,
        Some(false) => Naming::No,
        None if named == Naming::No => Naming::No,
        None => Naming::Perhaps,
    }
}

/// Whether CloudFormation makes the name: letters and digits of its own are in it, which no template writes out.
fn is_made(name: &[Piece]) -> bool {
    matches!(name.last(), Some(Err(Expr::Ref(_))))
}

/// Someone whom the trust of a role may name.
#[derive(Clone)]
struct Named {
    role: String,
    name: String,
    kind: Kind,
    /// Whether one session of it is asked about.
    session: bool,
}

/// What a trust grants someone by itself, and what it denies them.
#[derive(Default)]
struct Direct {
    allows: Vec<Statement>,
    /// Those of them that no boundary bounds, or perhaps none.
    unbounded: Vec<Statement>,
    denies: Vec<Statement>,
    /// The sessions that are named.
    sessions: Vec<Vec<Piece>>,
}

impl Named {
    /// What a template's trust of the role says of it; `covers`: sessions that a statement has to name to count.
    fn direct(&self, case: &mut Case<'_>, covers: Option<&[Vec<Piece>]>) -> Result<Direct, Stop> {
        let mut found = Direct::default();
        let Some(trust) = case.trust(&self.role)? else { return Ok(found) };
        let arn = Expr::GetAtt(self.name.clone(), "Arn".to_owned());
        let mut own = Vec::new();
        pieces(&case.resolved(&arn)?, &mut own);
        let Some(who) = case.who(self.kind, &self.name)?.map(|who| Who { alone: true, ..who }) else {
            return Ok(found);
        };
        let glob = &["AWS:".chars().map(Token::Char).collect(), who.arn.clone()].concat();
        let whole = |statement: Expr| Expr::map([("Statement", statement)]);
        let target = Expr::map([
            ("Effect", Expr::text("Allow")),
            ("Action", Expr::text("*")),
            ("Resource", Expr::GetAtt(self.role.clone(), "Arn".to_owned())),
        ]);
        let of_role = case.document(&whole(target), &Origin::default(), false)?;
        let Some(of_role) = of_role.into_iter().next() else { return Ok(found) };
        for statement in trust.statements {
            let names = self.names(&statement, &own, glob, covers, &mut found.sessions);
            let Some((statement, open)) = who.applied(statement).filter(|_| names != Naming::No) else {
                continue;
            };
            let Some((actions, is_sure)) = called(&statement.meaning.actions) else { continue };
            let mut statement = statement;
            statement.meaning.actions = actions;
            statement.meaning.targets = of_role.meaning.targets.clone();
            statement.written.targets = of_role.written.targets.clone();
            if names == Naming::Perhaps {
                let what = format!("{:?} names {}", statement.written.targets, self.name);
                statement = perhaps(statement, &what);
            }
            if !open.is_empty() {
                statement = perhaps(statement, &format!("{open:?} of {}", self.name));
            }
            if !is_sure {
                statement = perhaps(statement, "action");
            }
            if !statement.meaning.allow {
                found.denies.push(statement);
                continue;
            }
            // Source: IAM User Guide, "Permissions boundaries for IAM entities": resource-based policies that name a user or
            // a session are not limited by it, those that name a role are.
            if self.kind == Kind::User || self.session {
                found.unbounded.push(statement.clone());
            } else if names == Naming::Everyone {
                found.unbounded.push(perhaps(statement.clone(), "whether a boundary bounds it"));
            }
            found.allows.push(statement);
        }
        Ok(found)
    }

    /// How a statement of a trust names it.
    fn names(
        &self,
        statement: &Statement,
        own: &[Piece],
        glob: &Glob,
        covers: Option<&[Vec<Piece>]>,
        sessions: &mut Vec<Vec<Piece>>,
    ) -> Naming {
        let targets = &statement.meaning.targets;
        if !statement.meaning.allow || statement.written.targets.1.is_empty() {
            // A session is denied by its own ARN as well: that is left open.
            let is_named = held(glob, &targets.globs).map(|held| held != targets.negated);
            return match is_named {
                Some(true) => Naming::Itself,
                Some(false) if !self.session => Naming::No,
                _ => Naming::Perhaps,
            };
        }
        let mut all: Vec<Naming> = statement.written.targets.1.iter().map(|item| naming(item, own)).collect();
        // Of everyone the role itself is the one that gains nothing: whoever is it has what it may do.
        all.retain(|one| self.name != self.role || *one != Naming::Everyone);
        let of_session: Vec<Vec<Piece>> = all
            .iter()
            .filter_map(|one| match one {
                Naming::Session(session) => Some(session.clone()),
                _ => None,
            })
            .collect();
        let has = |naming: Naming| all.contains(&naming).then_some(naming);
        let found = match covers {
            // What names all of it, or all of these sessions.
            Some(covers) if covers.iter().all(|one| of_session.contains(one)) && !covers.is_empty() => {
                Some(Naming::Itself)
            }
            None if self.session && !of_session.is_empty() => Some(Naming::Itself),
            None if self.session => return Naming::No,
            _ => has(Naming::Itself).or_else(|| has(Naming::Everyone)).or_else(|| has(Naming::Perhaps)),
        };
        sessions.extend(of_session);
        found.unwrap_or(Naming::No)
    }

    /// What it may do: by its own policies, and as the old trust names it.
    fn before(&self, case: &mut Case<'_>) -> Result<Option<Powers>, Stop> {
        let sessions = if self.session {
            let mut of_new = Case {
                both: case.both,
                which: Which::New,
                world: case.world,
                symbols: case.symbols,
                values: case.values.as_deref_mut(),
                variables: case.variables,
                alone: case.alone,
            };
            self.direct(&mut of_new, None)?.sessions
        } else {
            Vec::new()
        };
        let direct = self.direct(case, Some(&sessions))?;
        let Some(mut powers) = case.powers(&Subject::Own(self.kind, self.name.clone()))? else {
            return Ok(None);
        };
        powers.statements.extend(direct.allows);
        if let Some(boundary) = &mut powers.boundary {
            boundary.extend(direct.unbounded);
        }
        Ok(Some(powers))
    }

    /// What the new trust grants it by itself.
    fn now(&self, case: &mut Case<'_>) -> Result<Option<Powers>, Stop> {
        let direct = self.direct(case, None)?;
        if direct.allows.is_empty() {
            return Ok(None);
        }
        let Some(own) = case.powers(&Subject::Own(self.kind, self.name.clone()))? else { return Ok(None) };
        let mut statements = direct.allows;
        statements.extend(own.statements.into_iter().filter(|one| !one.meaning.allow));
        statements.extend(direct.denies);
        let boundary = own.boundary.map(|mut boundary| {
            boundary.extend(direct.unbounded);
            boundary
        });
        Ok(Some(Powers { statements, boundary, ..Powers::default() }))
    }
}

/// What of a set of actions a user or role calls to assume a role, and whether that is sure.
fn called(actions: &Set) -> Option<(Set, bool)> {
    let mut is_sure = true;
    let mut globs: Vec<Glob> = Vec::new();
    for action in CALLED {
        let held = super::condition::any(actions.globs.iter().map(|glob| matches(glob, action)));
        match held.map(|held| held != actions.negated) {
            Some(false) => continue,
            Some(true) => {}
            None => is_sure = false,
        }
        globs.push(action.chars().map(Token::Char).collect());
    }
    (!globs.is_empty()).then_some((Set { negated: false, globs }, is_sure))
}

/// Those of a template whom a trust may name by themselves.
fn candidates(trust: &Expr, side: &Side) -> Vec<(String, Kind)> {
    let mut names: Vec<String> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut is_open = false;
    trust.walk(&mut |part| match part {
        Expr::Ref(name) | Expr::GetAtt(name, _) if side.resources.contains_key(name) => {
            names.push(name.clone());
        }
        Expr::Ref(name) if name.starts_with("AWS::") => {}
        Expr::Ref(_) | Expr::GetAtt(..) => is_open = true,
        Expr::Call(name, _) => is_open |= name != "If",
        Expr::Text(text) => texts.push(text.clone()),
        _ => {}
    });
    is_open |= texts.iter().any(|text| text == "*" || text.contains("\"*\"") || is_dynamic(text));
    let by_arn =
        texts.iter().any(|text| [":role/", ":user/", "assumed-role/"].iter().any(|noun| text.contains(noun)));
    let of = |(name, item): (&String, &super::side::Item)| {
        let kind = Kind::of_type(&item.kind).filter(|kind| matches!(kind, Kind::Role | Kind::User))?;
        let explicit = item.property(if kind == Kind::Role { "RoleName" } else { "UserName" });
        let is_written = match explicit {
            Some(Expr::Text(explicit)) => texts.iter().any(|text| text.contains(explicit.as_str())),
            Some(_) => by_arn,
            None => false,
        };
        (is_open || is_written || names.contains(name)).then(|| (name.clone(), kind))
    };
    side.resources.iter().filter_map(of).collect()
}

impl Asked<'_> {
    /// Roles and users of the template that a role's trust names themselves now; `is_no_more`: whether its trust allows
    /// nobody more. Else only what is more counts, as old policies may have been of no use.
    pub(super) fn named_themselves(&self, role: &str, line: u32, is_no_more: bool) -> Vec<Decision> {
        let both = self.both;
        let trust = both.new.resources.get(role).and_then(|item| item.property("AssumeRolePolicyDocument"));
        let Some(trust) = trust else { return Vec::new() };
        let mut list: Vec<Decision> = Vec::new();
        let has_session = canonical(trust).contains("assumed-role");
        for (name, kind) in candidates(trust, &both.new) {
            // One that is new is nobody's yet.
            if both.old.resources.get(&name).is_none_or(|old| Kind::of_type(&old.kind) != Some(kind)) {
                continue;
            }
            for session in [false, true] {
                if session && (kind != Kind::Role || !has_session) {
                    continue;
                }
                let named = Named { role: role.to_owned(), name: name.clone(), kind, session };
                let before = named.clone();
                let decision = self.decide(&Query {
                    principal: name.clone(),
                    kind: kind.noun().to_owned(),
                    question: Question::Permissions,
                    line,
                    alone: true,
                    who: Some((kind, name.clone())),
                    of_old: Box::new(move |case| before.before(case)),
                    of_new: Box::new(move |case| named.now(case)),
                });
                if is_no_more || decision.verdict == Verdict::More {
                    list.push(decision);
                }
            }
        }
        list
    }
}
