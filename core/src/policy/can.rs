//! Whether someone may do something: one request, one template.

use std::collections::BTreeMap;

use serde::Serialize;

use super::condition::{Held, all, any, holds};
use super::decide::Fixed;
use super::glob::matches;
use super::holder::{Case, Kind, Stop, Subject};
use super::release::{Place, Reason, both};
use super::side::Side;
use super::statement::{Meaning, Set, Statement, Symbols};
use super::subject::Asked;
use super::witness::given;
use super::world::{Which, World};
use crate::diagnostic::did_you_mean;
use crate::template::Template;
use crate::text::LineIndex;

/// What comes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Some statement allows it, and none denies it.
    Allowed,
    /// A statement denies it, or none allows it.
    Denied,
    /// What is not in the template, or not in the context that was given, decides.
    CannotTell,
}

/// A request: what `can` asks.
#[derive(Clone, Debug, Default)]
pub struct CanRequest<'r> {
    /// The logical id of a role, user, group or managed policy.
    pub principal: &'r str,
    /// The action.
    pub action: &'r str,
    /// The resource.
    pub resource: &'r str,
    /// What the context holds, by key. What it does not hold is not known; an empty list says that there is nothing.
    pub context: BTreeMap<String, Vec<String>>,
}

/// More cases than this are not tried.
const MOST_CASES: usize = 200;

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CanAnswer {
    /// What comes of it.
    pub access: Access,
    /// The statements that allow it.
    pub allowed_by: Vec<Place>,
    /// The statements that deny it.
    pub denied_by: Vec<Place>,
    /// Why it cannot be told.
    pub reasons: Vec<Reason>,
}

/// Whether a principal of the template may do something.
///
/// # Errors
/// The template has no such role, user, group or managed policy: names that are near, as a sentence.
pub fn can(template: &Template<'_, '_>, request: &CanRequest<'_>) -> Result<CanAnswer, Option<String>> {
    let both = both(Side::default(), Side::of(template));
    let kind = both.new.resources.get(request.principal).and_then(|item| Kind::of_type(&item.kind));
    let Some(kind) = kind else {
        let known = both.new.resources.iter().filter(|(_, item)| Kind::of_type(&item.kind).is_some());
        return Err(did_you_mean(request.principal, known.map(|(name, _)| name.as_str())));
    };
    let lines = [LineIndex::new(""), LineIndex::new(template.document.text())];
    let asked = Asked { both: &both, lines: &lines, catalogue: None };
    let subject = Subject::Own(kind, request.principal.to_owned());
    let fixed: Fixed =
        request.context.iter().map(|(key, values)| (key.to_lowercase(), values.first().cloned())).collect();
    let context: BTreeMap<String, Held> = request
        .context
        .iter()
        .map(|(key, values)| {
            let held = if values.is_empty() { Held::Absent } else { Held::Values(values.clone()) };
            (key.to_lowercase(), held)
        })
        .collect();
    let mut unread: Vec<String> = both
        .new
        .macros()
        .iter()
        .map(|name| format!("the macro `{name}` may rewrite the whole template"))
        .collect();
    let mut open = vec![World::default()];
    let mut found: Vec<(World, CanAnswer)> = Vec::new();
    while let Some(world) = open.pop() {
        let mut symbols = Symbols::default();
        let mut case = Case {
            both: &both,
            which: Which::New,
            world: &world,
            symbols: &mut symbols,
            values: None,
            variables: &fixed,
            alone: true,
        };
        match case.powers(&subject) {
            Ok(Some(powers)) => {
                let one = Judged { asked: &asked, request, context: &context, symbols: &symbols };
                found.push((world, one.answer(&powers.statements, powers.boundary.as_deref())));
            }
            // It does not exist in this case: it may do nothing.
            Ok(None) => {}
            Err(Stop::Need(need)) => open.extend(world.with(&need)),
            Err(Stop::NoValue(why)) => unread.push(why),
        }
        if found.len() + open.len() > MOST_CASES {
            unread.push("its conditions have too many cases".to_owned());
            break;
        }
    }
    let mut answer = together(found, request.principal);
    for why in unread {
        answer.access = Access::CannotTell;
        answer.reasons.push(Reason { part: format!("`{}`", request.principal), why, line: 0 });
    }
    Ok(answer)
}

/// One answer for all cases.
fn together(found: Vec<(World, CanAnswer)>, principal: &str) -> CanAnswer {
    let mut list = found.into_iter();
    let Some((world, mut answer)) = list.next() else {
        return CanAnswer {
            access: Access::Denied,
            allowed_by: Vec::new(),
            denied_by: Vec::new(),
            reasons: Vec::new(),
        };
    };
    for (other, one) in list {
        if one.access != answer.access && answer.access != Access::CannotTell {
            let case = |world: &World, access: Access| {
                let word = match access {
                    Access::Allowed => "allowed",
                    Access::Denied => "denied",
                    Access::CannotTell => "not told",
                };
                format!("{word} where {}", super::words::list(&given(world, true)))
            };
            let why = format!("{}; {}", case(&world, answer.access), case(&other, one.access));
            answer.access = Access::CannotTell;
            answer.reasons.push(Reason { part: format!("`{principal}`"), why, line: 0 });
        }
        let add = |to: &mut Vec<Place>, from: Vec<Place>| {
            for place in from {
                if !to.contains(&place) {
                    to.push(place);
                }
            }
        };
        add(&mut answer.allowed_by, one.allowed_by);
        add(&mut answer.denied_by, one.denied_by);
        for reason in one.reasons {
            if !answer.reasons.contains(&reason) {
                answer.reasons.push(reason);
            }
        }
    }
    answer
}

struct Judged<'j> {
    asked: &'j Asked<'j>,
    request: &'j CanRequest<'j>,
    context: &'j BTreeMap<String, Held>,
    symbols: &'j Symbols,
}

impl Judged<'_> {
    fn answer(&self, identity: &[Statement], boundary: Option<&[Statement]>) -> CanAnswer {
        let state = |statement: &&Statement| self.applies(&statement.meaning);
        let of = |allow: bool, list: &'_ [Statement]| {
            any(list.iter().filter(|one| one.meaning.allow == allow).map(|one| state(&one)))
        };
        let bound = boundary.unwrap_or_default();
        let denied = any([of(false, identity), of(false, bound)].into_iter());
        let within = if boundary.is_some() { of(true, bound) } else { Some(true) };
        let allowed = all([of(true, identity), denied.map(|denied| !denied), within].into_iter());
        let every = || identity.iter().chain(bound);
        let places = |allow: bool| {
            let list = every().filter(|one| one.meaning.allow == allow && state(one) == Some(true));
            list.map(|one| self.asked.place(one, Which::New)).collect::<Vec<_>>()
        };
        let access = match allowed {
            Some(true) => Access::Allowed,
            Some(false) => Access::Denied,
            None => Access::CannotTell,
        };
        let (allowed_by, denied_by) = (places(true), places(false));
        let mut reasons: Vec<Reason> = Vec::new();
        if access == Access::CannotTell {
            for one in every().filter(|one| state(one).is_none()) {
                let place = self.asked.place(one, Which::New);
                let part = if place.statement.is_empty() {
                    format!("`{}`", place.resource)
                } else {
                    format!("`{}`, {}", place.resource, place.statement)
                };
                let missing: Vec<String> = one
                    .meaning
                    .lines
                    .iter()
                    .filter(|line| !self.context.contains_key(&line.key))
                    .map(|line| format!("`{}`", line.key))
                    .collect();
                let why = if missing.is_empty() {
                    self.asked.why(&one.meaning, self.symbols)
                } else {
                    format!("it asks for {}, which no --context gives", super::words::list(&missing))
                };
                let reason = Reason { part, why, line: place.line };
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
        CanAnswer { access, allowed_by, denied_by, reasons }
    }

    fn applies(&self, meaning: &Meaning) -> Option<bool> {
        let known = if meaning.unknown.is_some() { None } else { Some(true) };
        let has = |set: &Set, text: &str| {
            any(set.globs.iter().map(|glob| matches(glob, text))).map(|any| any != set.negated)
        };
        let lines = meaning.lines.iter().map(|line| holds(line, self.context.get(&line.key)?));
        let action = self.request.action.to_lowercase();
        all([has(&meaning.actions, &action), has(&meaning.targets, self.request.resource)]
            .into_iter()
            .chain([known])
            .chain(lines))
    }
}
