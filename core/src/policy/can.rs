//! Whether someone may do something: one request, one template.

use std::collections::BTreeMap;

use serde::Serialize;

use super::catalogue::Catalogue;
use super::condition::{Held, Line, all, any, holds, misfit};
use super::decide::Fixed;
use super::glob::matches;
use super::holder::{Case, Kind, Stop, Subject};
use super::release::{Place, Reason, both};
use super::side::{MARK, Side};
use super::statement::{Meaning, Set, Statement, Symbols};
use super::subject::Asked;
use super::unknown::unknown;
use super::witness::given;
use super::world::{Which, World};
use crate::diagnostic::{Source, did_you_mean};
use crate::expression::Expr;
use crate::facts::strange;
use crate::template::Template;
use crate::text::{LineIndex, Span};

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
    /// Values of parameters and pseudo parameters of the template, by name.
    pub parameters: BTreeMap<String, String>,
    /// The text of the application template that belongs to the template, if it is to be looked at.
    pub app: Option<&'r str>,
}

/// The application template, and what its parameters hold: resources of the IAM template.
pub(crate) struct Application<'a, 'd, 't> {
    pub(crate) template: &'a Template<'d, 't>,
    pub(crate) wires: &'a BTreeMap<String, String>,
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
    can_with(template, None, request)
}

/// The same, with the policies that stand in the application template.
pub(crate) fn can_with(
    template: &Template<'_, '_>,
    app: Option<&Application<'_, '_, '_>>,
    request: &CanRequest<'_>,
) -> Result<CanAnswer, Option<String>> {
    let mut side = Side::of(template);
    let mut text = template.document.text().to_owned() + "\n";
    let of_iam = text.len();
    if let Some(app) = app {
        add(&mut side, app, of_iam);
        text.push_str(app.template.document.text());
    }
    give(&mut side, &request.parameters);
    let both = both(Side::default(), side);
    let kind = both.new.resources.get(request.principal).and_then(|item| Kind::of_type(&item.kind));
    let Some(kind) = kind else {
        let known = both.new.resources.iter().filter(|(_, item)| Kind::of_type(&item.kind).is_some());
        return Err(did_you_mean(request.principal, known.map(|(name, _)| name.as_str())));
    };
    let lines = [LineIndex::new(""), LineIndex::new(&text)];
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
    let first_of_app = lines.last().map_or(0, |lines| lines.line(u32::try_from(of_iam).unwrap_or(u32::MAX)));
    answer.told_apart(first_of_app);
    for why in unread {
        answer.access = Access::CannotTell;
        answer.reasons.push(Reason { part: format!("`{}`", request.principal), why, line: 0 });
    }
    answer.reasons.extend(of_request(request));
    let is_arn = request.resource == "*" || request.resource.split(':').count() >= 6;
    if !(is_arn && request.resource.starts_with(['*', 'a'])) {
        answer.access = Access::CannotTell;
        let why =
            "no request has such a resource: give an ARN, or `*` for an action that has none".to_owned();
        answer.reasons.push(Reason { part: format!("`{}`", request.resource), why, line: 0 });
    }
    for finding in strange(template, Source::Template) {
        // A slip may be what allows it.
        if answer.access == Access::Denied && answer.denied_by.is_empty() {
            answer.access = Access::CannotTell;
        }
        let place = finding.labels.first().map_or(0, |label| label.span.start);
        let line = lines.last().map_or(0, |lines| lines.line(place));
        let why = finding.help.first().map_or(String::new(), |help| format!("; {help}"));
        answer.reasons.push(Reason {
            part: "not read".to_owned(),
            why: format!("{}{why}", finding.message),
            line,
        });
    }
    // Policies of the application template are attached to roles of the IAM template, and to groups.
    if app.is_none() && kind != Kind::Policy && template.mark().is_some() {
        if answer.access == Access::Denied && answer.denied_by.is_empty() {
            answer.access = Access::CannotTell;
        }
        let why = "a policy that stands in the application template counts too, and that was not looked at: give it \
                   with --app";
        answer.reasons.push(Reason {
            part: format!("`{}`", request.principal),
            why: why.to_owned(),
            line: 0,
        });
    }
    Ok(answer)
}

/// What is to be known of the request itself.
fn of_request(request: &CanRequest<'_>) -> Vec<Reason> {
    let action = Catalogue::built_in().and_then(|catalogue| unknown(request.action, catalogue));
    let told = action.map(|(why, help)| {
        let why = help.map_or_else(|| why.clone(), |help| format!("{why}; {help}"));
        Reason { part: format!("`{}`", request.action), why, line: 0 }
    });
    told.into_iter().collect()
}

/// Adds the policies of the application template to those of the IAM template. Its text follows the other's.
fn add(side: &mut Side, app: &Application<'_, '_, '_>, of_iam: usize) {
    let other = Side::of(app.template);
    let marks = side.statements.len();
    let later = |span: Span| Span::new(span.start() + of_iam, span.end() + of_iam);
    side.statements.extend(other.statements.iter().copied().map(later));
    let wired = |name: &str| app.wires.get(name).filter(|_| !side.parameters.contains_key(name));
    let mut added = Vec::new();
    for (name, mut item) in other.resources {
        if !item.kind.starts_with("AWS::IAM::") || side.resources.contains_key(&name) {
            continue;
        }
        for (key, value) in &mut item.properties {
            remark(value, marks);
            let is_holder =
                ["Roles", "RoleName", "Users", "UserName", "Groups", "GroupName"].contains(&&**key);
            if is_holder {
                match &mut *value {
                    Expr::List(list) => list.iter_mut().for_each(|one| held(one, &wired)),
                    one => held(one, &wired),
                }
                continue;
            }
            *value = value.replaced(&|part| match part {
                Expr::Ref(name) => wired(name).map(|name| Expr::GetAtt(name.clone(), "Arn".to_owned())),
                _ => None,
            });
        }
        added.push((name, item));
    }
    for (name, item) in added {
        if let Some(place) = other.places.get(&format!("Resources.{name}")) {
            side.places.insert(format!("Resources.{name}"), later(*place));
        }
        side.resources.insert(name, item);
    }
    for (to, from) in [
        (&mut side.parameters, other.parameters),
        (&mut side.mappings, other.mappings),
        (&mut side.conditions, other.conditions),
        (&mut side.others, other.others),
    ] {
        for (name, value) in from {
            to.entry(name).or_insert(value);
        }
    }
    side.whole = side.whole.take().or(other.whole);
}

/// Whom a policy is attached to, where its name is taken from an ARN that a parameter holds.
fn held<'w>(holder: &mut Expr, wired: &dyn Fn(&str) -> Option<&'w String>) {
    let mut found = None;
    holder.walk(&mut |part| {
        if let Expr::Ref(name) = part {
            found = found.or_else(|| wired(name));
        }
    });
    if let Some(name) = found {
        *holder = Expr::reference(name);
    }
}

/// Marks of statements are numbers in a list, which goes on behind another.
fn remark(value: &mut Expr, by: usize) {
    match value {
        Expr::Map(entries) => {
            for (key, value) in entries {
                match value {
                    Expr::Text(mark) if key == MARK => {
                        *mark = mark
                            .parse::<usize>()
                            .map_or_else(|_| mark.clone(), |mark| (mark + by).to_string());
                    }
                    other => remark(other, by),
                }
            }
        }
        Expr::List(items) | Expr::Call(_, items) | Expr::Concat(items) => {
            items.iter_mut().for_each(|item| remark(item, by));
        }
        Expr::Unary(_, inner) | Expr::Named(_, inner) => remark(inner, by),
        _ => {}
    }
}

/// Puts values in the place of parameters.
fn give(side: &mut Side, parameters: &BTreeMap<String, String>) {
    if parameters.is_empty() {
        return;
    }
    let given = |part: &Expr| match part {
        Expr::Ref(name) => parameters.get(name).map(|value| Expr::text(&**value)),
        _ => None,
    };
    let properties = side.resources.values_mut().flat_map(|item| &mut item.properties);
    for value in properties.map(|(_, value)| value).chain(side.conditions.values_mut()) {
        *value = value.replaced(&given);
    }
}

impl CanAnswer {
    /// Says of places in the application template that they are there, by its own lines.
    fn told_apart(&mut self, first_of_app: u32) {
        const APP: &str = "of the application template";
        for place in self.allowed_by.iter_mut().chain(&mut self.denied_by) {
            if place.line >= first_of_app {
                place.line = place.line.saturating_sub(first_of_app).saturating_add(1);
                place.span = None;
                place.statement = if place.statement.is_empty() {
                    APP.to_owned()
                } else {
                    format!("{} {APP}", place.statement)
                };
            }
        }
        for reason in &mut self.reasons {
            if reason.line >= first_of_app {
                reason.line = reason.line.saturating_sub(first_of_app).saturating_add(1);
                reason.part = format!("{} {APP}", reason.part);
            }
        }
    }
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
                let misfit = one.meaning.lines.iter().find_map(|line| self.misfit(line));
                let why = if let Some(why) = misfit {
                    why
                } else if missing.is_empty() && self.request.resource == "*" && one.meaning.unknown.is_none()
                {
                    "it is about some resources, and `*` names none: give the ARN of one".to_owned()
                } else if missing.is_empty() {
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

    /// What a value of the context is to be, where it is not.
    fn misfit(&self, line: &Line) -> Option<String> {
        let Held::Values(values) = self.context.get(&line.key)? else { return None };
        let (value, what) = values.iter().find_map(|value| Some((value, misfit(line.operator, value)?)))?;
        Some(format!("`{value}` is not {what}, which its condition on `{}` asks for", line.key))
    }

    fn applies(&self, meaning: &Meaning) -> Option<bool> {
        let known = if meaning.unknown.is_some() { None } else { Some(true) };
        let has = |set: &Set, text: &str| {
            any(set.globs.iter().map(|glob| matches(glob, text))).map(|any| any != set.negated)
        };
        // A value that is none of the operator's kind decides nothing.
        let lines = meaning.lines.iter().map(|line| match self.misfit(line) {
            Some(_) => None,
            None => holds(line, self.context.get(&line.key)?),
        });
        let action = self.request.action.to_lowercase();
        // `*` is the resource of actions that have none. Whoever asks about it of another asks about any.
        let targets = match has(&meaning.targets, self.request.resource) {
            Some(false) if self.request.resource == "*" && !meaning.targets.globs.is_empty() => None,
            told => told,
        };
        all([has(&meaning.actions, &action), targets].into_iter().chain([known]).chain(lines))
    }
}
