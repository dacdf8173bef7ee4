//! The decision for each principal, case by case.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Catalogue;
use super::condition::Held;
use super::decide::{Answer, Fixed, Powers, decide, first_doubt};
use super::glob::Token;
use super::guess::Guess;
use super::holder::{Case, Kind, Stop, Subject, has_holder, leaves, refers};
use super::release::{Decision, Place, Question, Reason, Verdict, Witness};
use super::side::{Item, Side};
use super::statement::{Meaning, Statement, Symbol, Symbols};
use super::value::{Taste, Values};
use super::who::{WHO, known};
use super::witness::Found;
use super::words;
use super::world::{Both, OTHER, Which, World, canonical, default};
use crate::expression::Expr;
use crate::text::LineIndex;

/// What is asked, and of what.
pub(super) struct Asked<'a> {
    pub(super) both: &'a Both,
    /// Of the old text and the new one.
    pub(super) lines: &'a [LineIndex; 2],
    pub(super) catalogue: Option<&'a Catalogue>,
}

/// More cases than this are not tried.
const MOST_WORLDS: usize = 600;

/// What someone may do, or who may assume a role.
type Ask<'f> = dyn Fn(&mut Case<'_>) -> Result<Option<Powers>, Stop> + 'f;

/// A question about one principal, and how to compute both sides.
pub(super) struct Query<'f> {
    pub(super) principal: String,
    pub(super) kind: String,
    pub(super) question: Question,
    pub(super) line: u32,
    /// Whether only these templates count: not what else a policy's holders may be allowed.
    pub(super) alone: bool,
    /// Whose requests are asked about, where that is one: the kind, and the name where the template declares it.
    pub(super) who: Option<(Kind, String)>,
    pub(super) of_old: Box<Ask<'f>>,
    pub(super) of_new: Box<Ask<'f>>,
}

impl Query<'_> {
    /// What is allowed, without conditions on who asks where that is known.
    fn powers(&self, case: &mut Case<'_>, ask: &Ask<'_>) -> Result<Option<Powers>, Stop> {
        let Some(powers) = ask(case)? else { return Ok(None) };
        let asks_for_who = |statement: &Statement| {
            statement.meaning.lines.iter().any(|line| WHO.contains(&line.key.as_str()))
        };
        let mut all = powers.statements.iter().chain(powers.boundary.iter().flatten());
        let (Some((kind @ (Kind::Role | Kind::User), name)), true) = (&self.who, all.any(asks_for_who))
        else {
            return Ok(Some(powers));
        };
        let who = case.who(*kind, name)?;
        Ok(Some(match who {
            Some(who) => who.of_powers(powers),
            None => powers,
        }))
    }
}

/// The kind of a resource in words.
pub(super) fn noun(kind: &str) -> &str {
    match (kind, Kind::of_type(kind)) {
        ("AWS::IAM::InstanceProfile", _) => "instance profile",
        (_, Some(kind)) => kind.noun(),
        (other, None) => other,
    }
}

/// All decisions about principals.
pub(super) fn decisions(asked: &Asked<'_>) -> Vec<Decision> {
    let both = asked.both;
    let mut list = Vec::new();
    let mut names: Vec<(&String, Kind)> = Vec::new();
    for side in [&both.new, &both.old] {
        for (name, item) in &side.resources {
            if let Some(kind) = Kind::of_type(&item.kind)
                && !names.contains(&(name, kind))
            {
                names.push((name, kind));
            }
        }
    }
    let dirty = asked.dirty();
    for (name, kind) in names {
        let line = asked.line_of(&format!("Resources.{name}"));
        let clean = |question: Question| Decision {
            principal: name.clone(),
            kind: kind.noun().to_owned(),
            question,
            verdict: Verdict::NoMore,
            witness: None,
            reasons: Vec::new(),
            line,
        };
        let subject = Subject::Own(kind, name.clone());
        let query = |question: Question, of_old: Box<Ask<'static>>, of_new: Box<Ask<'static>>| Query {
            principal: name.clone(),
            kind: kind.noun().to_owned(),
            question,
            line,
            alone: false,
            who: subject.who().filter(|_| question == Question::Permissions),
            of_old,
            of_new,
        };
        // A managed policy that is new is nobody's but those whom the template gives it to: they are asked.
        let is_theirs =
            kind == Kind::Policy && !both.old.resources.contains_key(name) && has_holder(&both.new, name);
        list.push(if dirty.contains(name.as_str()) && !is_theirs {
            let (a, b) = (subject.clone(), subject.clone());
            asked.decide(&query(
                Question::Permissions,
                Box::new(move |case| case.powers(&a)),
                Box::new(move |case| case.powers(&b)),
            ))
        } else {
            clean(Question::Permissions)
        });
        if kind != Kind::Role {
            continue;
        }
        list.push(if asked.is_dirty(name) {
            let (a, b) = (name.clone(), name.clone());
            asked.decide(&query(
                Question::Trust,
                Box::new(move |case| case.trust(&a)),
                Box::new(move |case| case.trust(&b)),
            ))
        } else {
            clean(Question::Trust)
        });
        let of_trust = list.last().map(|trust| trust.verdict);
        if of_trust.is_some_and(|verdict| verdict != Verdict::More) && asked.is_dirty(name) {
            list.extend(asked.named_themselves(name, line, of_trust == Some(Verdict::NoMore)));
        }
        list.extend(asked.session(name, line));
    }
    for (kind, expr) in outside(both) {
        let shown = words::value(&expr);
        let subject = Subject::Outside(kind, expr);
        let (a, b) = (subject.clone(), subject);
        list.push(asked.decide(&Query {
            principal: shown,
            kind: format!("{} outside of the template", kind.noun()),
            question: Question::Permissions,
            line: 0,
            alone: false,
            who: Some((kind, String::new())),
            of_old: Box::new(move |case| case.powers(&a)),
            of_new: Box::new(move |case| case.powers(&b)),
        }));
    }
    list.extend(asked.instance_profiles());
    list.extend(asked.outputs());
    list
}

/// Lists of which the order says nothing.
const SETS: [&str; 16] = [
    "Statement",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "AWS",
    "Service",
    "Federated",
    "CanonicalUser",
    "Policies",
    "ManagedPolicyArns",
    "Roles",
    "Users",
    "Groups",
    "Tags",
    "DependsOn",
];

/// A resource with such lists in one order.
fn unordered(expr: &Expr) -> Expr {
    let Expr::Map(entries) = expr else {
        return match expr {
            Expr::List(items) => Expr::List(items.iter().map(unordered).collect()),
            other => other.clone(),
        };
    };
    let entry = |(key, value): &(String, Expr)| {
        let value = match unordered(value) {
            // Of two inline policies of one name one stands, and the order may say which.
            Expr::List(items) if key == "Policies" && has_a_name_twice(&items) => Expr::List(items),
            Expr::List(mut items) if SETS.contains(&key.as_str()) => {
                items.sort_by_cached_key(canonical);
                Expr::List(items)
            }
            other => other,
        };
        (key.clone(), value)
    };
    Expr::Map(entries.iter().map(entry).collect())
}

/// Whether two of a list of inline policies have one name.
fn has_a_name_twice(policies: &[Expr]) -> bool {
    let names: Vec<String> =
        policies.iter().filter_map(|one| super::statement::entry(one, "PolicyName")).map(canonical).collect();
    names.iter().enumerate().any(|(at, name)| names.iter().take(at).any(|other| other == name))
}

/// The properties in which a type names principals, and of which kind.
pub(super) fn naming(kind: &str) -> &'static [(&'static str, Kind)] {
    match kind {
        "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => {
            &[("Roles", Kind::Role), ("Users", Kind::User), ("Groups", Kind::Group)]
        }
        "AWS::IAM::RolePolicy" => &[("RoleName", Kind::Role)],
        "AWS::IAM::UserPolicy" => &[("UserName", Kind::User)],
        "AWS::IAM::GroupPolicy" => &[("GroupName", Kind::Group)],
        "AWS::IAM::UserToGroupAddition" => &[("Users", Kind::User), ("GroupName", Kind::Group)],
        _ => &[],
    }
}

/// Those whom policies and memberships name and the template does not declare.
pub(super) fn outside(both: &Both) -> Vec<(Kind, Expr)> {
    let mut found: BTreeMap<(Kind, String), Expr> = BTreeMap::new();
    for side in [&both.old, &both.new] {
        for item in side.resources.values() {
            for (property, kind) in naming(&item.kind) {
                // What a group gets here are members, not permissions.
                if item.kind == "AWS::IAM::UserToGroupAddition" && *kind == Kind::Group {
                    continue;
                }
                let Some(list) = item.property(property) else { continue };
                for name in branches(list) {
                    let own = |side: &Side| {
                        side.resources.iter().any(|(id, item)| {
                            // One on a condition leaves its name to others where it is not there.
                            Kind::of_type(&item.kind) == Some(*kind)
                                && (refers(name, id)
                                    || item.condition.is_none()
                                        && item.property(match kind {
                                            Kind::Role => "RoleName",
                                            Kind::User => "UserName",
                                            _ => "GroupName",
                                        }) == Some(name))
                        })
                    };
                    if !own(&both.old) || !own(&both.new) {
                        // One that is ours in the new template only is another one in the old. One that was ours
                        // may stand still, under its explicit name.
                        let ours = own(&both.old) || own(&both.new);
                        let is_its = |id: &String| refers(name, id);
                        let left = own(&both.old) && !both.old.resources.keys().any(is_its);
                        if !ours || left {
                            found.insert((*kind, canonical(name)), name.clone());
                        }
                        // A parameter may also be left out.
                        let defaults = match name {
                            Expr::Ref(parameter) if both.defaults.contains(parameter) => {
                                [default(&both.old, parameter), default(&both.new, parameter)]
                            }
                            _ => [None, None],
                        };
                        for name in defaults.iter().flatten().flat_map(leaves) {
                            found.insert((*kind, canonical(name)), name.clone());
                        }
                    }
                }
            }
        }
    }
    found.into_iter().map(|((kind, _), expr)| (kind, expr)).collect()
}

/// A text that is joined, as parts one after the other.
fn spread(expr: &Expr) -> Expr {
    let names = crate::normal::Names { substitute: &|_| None, condition: &|_| None, name_index: &|_| None };
    crate::normal::normal(expr, &names)
}

/// Whether the secret access key of a user of the template's stands in a value.
pub(super) fn has_secret_key(side: &Side, value: &Expr) -> bool {
    let is_key =
        |name: &String| side.resources.get(name).is_some_and(|item| item.kind == "AWS::IAM::AccessKey");
    let mut found = false;
    value.walk(&mut |part| {
        found |= matches!(part, Expr::GetAtt(name, attribute) if attribute == "SecretAccessKey" && is_key(name));
    });
    found
}

/// The properties that give a principal or a managed policy its name.
const NAMES: [&str; 4] = ["RoleName", "UserName", "GroupName", "ManagedPolicyName"];

/// The items of a list, whatever its `If`s choose.
pub(super) fn branches(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::List(items) => items.iter().flat_map(branches).collect(),
        Expr::Call(name, parts) if name == "If" => parts.iter().skip(1).flat_map(branches).collect(),
        Expr::Ref(name) if name == "AWS::NoValue" => Vec::new(),
        one => vec![one],
    }
}

impl Asked<'_> {
    /// The line of something by its name: of the new template, or else of the old one.
    pub(super) fn line_of(&self, name: &str) -> u32 {
        let [of_old, of_new] = self.lines;
        let place = |side: &Side| side.places.get(name).map(|span| span.start);
        match (place(&self.both.new), place(&self.both.old)) {
            (Some(start), _) => of_new.line(start),
            (None, Some(start)) => of_old.line(start),
            (None, None) => 0,
        }
    }

    /// Whether a resource differs, or is made of declarations that do.
    pub(super) fn is_dirty(&self, name: &str) -> bool {
        let both = self.both;
        let (Some(a), Some(b)) = (both.old.resources.get(name), both.new.resources.get(name)) else {
            return true;
        };
        unordered(&a.whole) != unordered(&b.whole)
            || self.both.reaches_changes(&a.whole, a.condition.as_deref())
    }

    /// Resources that have to do with one that is not the same: through policies, groups and boundaries.
    fn dirty(&self) -> BTreeSet<&str> {
        let both = self.both;
        let mut linked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut dirty: BTreeSet<&str> = BTreeSet::new();
        for side in [&both.old, &both.new] {
            for (name, item) in side.resources.iter().filter(|(_, item)| item.kind.starts_with("AWS::IAM::"))
            {
                if self.is_dirty(name) {
                    dirty.insert(name);
                }
                let properties = [
                    "Roles",
                    "Users",
                    "Groups",
                    "RoleName",
                    "UserName",
                    "GroupName",
                    "ManagedPolicyArns",
                    "PermissionsBoundary",
                ];
                for value in properties.iter().filter_map(|property| item.property(property)) {
                    let mut link = |other: &str| {
                        if let Some((other, _)) = side.resources.get_key_value(other) {
                            linked.entry(name).or_default().insert(other);
                            linked.entry(other).or_default().insert(name);
                        }
                    };
                    value.walk(&mut |part| {
                        if let Expr::Ref(other) | Expr::GetAtt(other, _) = part {
                            link(other);
                        }
                    });
                    // A name or an ARN that is no reference may be that of one of ours, however either is computed.
                    let is_ours = |item: &&Expr| side.resources.keys().any(|id| refers(item, id));
                    for named in branches(value).into_iter().filter(|item| !is_ours(item)) {
                        for (other, item) in &side.resources {
                            let explicit = NAMES.iter().filter_map(|name| item.property(name));
                            let mut explicit = explicit.filter(|explicit| match (named, explicit) {
                                (Expr::Text(named), Expr::Text(explicit)) => {
                                    named.ends_with(explicit.as_str())
                                        || crate::facts::is_dynamic(named)
                                        || crate::facts::is_dynamic(explicit)
                                }
                                _ => true,
                            });
                            if other != name && explicit.next().is_some() {
                                link(other);
                            }
                        }
                    }
                }
            }
        }
        let mut open: Vec<&str> = dirty.iter().copied().collect();
        while let Some(name) = open.pop() {
            for other in linked.get(name).into_iter().flatten() {
                if dirty.insert(other) {
                    open.push(other);
                }
            }
        }
        dirty
    }

    /// Decides a question in all cases.
    pub(super) fn decide(&self, query: &Query<'_>) -> Decision {
        let mut decision = Decision {
            principal: query.principal.clone(),
            kind: query.kind.clone(),
            question: query.question,
            verdict: Verdict::NoMore,
            witness: None,
            reasons: Vec::new(),
            line: query.line,
        };
        let known = query.who.as_ref().map(|(kind, _)| known(*kind)).unwrap_or_default();
        let mut open = vec![Guess { fixed: known.clone(), ..Guess::default() }];
        let mut count = 0;
        while let Some(guess) = open.pop() {
            let Guess { world, fixed, given } = &guess;
            if !self.both.is_possible(world) {
                continue;
            }
            count += 1;
            if count > MOST_WORLDS {
                self.cannot_tell(&mut decision, query, "its conditions have too many cases".to_owned());
                return decision;
            }
            let mut symbols = Symbols::given(given.keys());
            let mut ask = |which: Which, ask: &Ask<'_>| {
                let mut case = Case {
                    both: self.both,
                    which,
                    world,
                    symbols: &mut symbols,
                    values: None,
                    variables: fixed,
                    alone: query.alone,
                };
                query.powers(&mut case, ask)
            };
            let sides =
                ask(Which::New, &query.of_new).and_then(|new| Ok((new, ask(Which::Old, &query.of_old)?)));
            let (mut new, old) = match sides {
                Ok((Some(new), old)) => (new, old.unwrap_or_default()),
                Ok((None, _)) => continue,
                Err(Stop::Need(need)) => {
                    open.extend(guess.with(&need));
                    continue;
                }
                Err(Stop::NoValue(why)) => {
                    self.cannot_tell(&mut decision, query, why);
                    continue;
                }
            };
            new.given.clone_from(given);
            let mut answer = first_doubt(&old, &new, fixed);
            if answer == Answer::NoMore {
                continue;
            }
            let surely = |answer: &Answer| {
                let Answer::More(request) = answer else { return None };
                let mut request = request.clone();
                for (key, value) in fixed.iter().filter(|(key, _)| !known.contains_key(*key)) {
                    let value = value.as_ref().map(|value| Held::Values(vec![value.clone()]));
                    request.context.insert(key.clone(), value.unwrap_or(Held::Absent));
                }
                let found = Found { old: &old, new: &new, world, request: &request, fixed, sure: true };
                self.witness(query, &found, &mut Values::new(Taste::Apart, "aws", world))
            };
            // What may be allowed is with some values, mostly: to try them takes less than to look at all.
            // A principal without a name is none that anyone knows.
            let is_named = |witness: &Witness| !witness.principal.ends_with(' ');
            let mut witness = match surely(&answer) {
                Some(witness) if is_named(&witness) => Some(witness),
                other => self.tried(query, world, &symbols).or(other),
            };
            if witness.is_none() && matches!(answer, Answer::Perhaps(..)) {
                answer = decide(&old, &new, fixed);
                witness = surely(&answer);
            }
            if witness.is_some() {
                decision.verdict = Verdict::More;
                decision.witness = witness;
                decision.reasons.clear();
                return decision;
            }
            // What cannot be told of any value of a parameter can be told of each that it may have.
            let listed = symbols.references().find_map(|name| self.both.by_value(name, world));
            let listed = listed.or_else(|| symbols.values().find_map(|value| self.both.by_row(value, world)));
            if let Some(need) = listed.filter(|_| count < MOST_WORLDS / 6) {
                open.extend(guess.with(&need));
                continue;
            }
            let told = symbols.variables().find_map(|key| guess.by_variable(key, &old, &new));
            if let Some(guesses) = told.filter(|_| count < MOST_WORLDS / 6) {
                open.extend(guesses);
                continue;
            }
            self.reasons(&mut decision, query, world, &answer, &old, &new, &symbols);
        }
        decision
    }

    fn cannot_tell(&self, decision: &mut Decision, query: &Query<'_>, why: String) {
        decision.verdict = Verdict::CannotTell;
        let reason = Reason { part: query.principal.clone(), why, line: query.line };
        if !decision.reasons.contains(&reason) {
            decision.reasons.push(reason);
        }
    }

    /// Names of the stack with which the names that are made of its roles are those that patterns of theirs ask for.
    fn stacks(&self) -> BTreeSet<String> {
        const MOST: usize = 4;
        let mut found = BTreeSet::new();
        for item in self.both.new.resources.values().chain(self.both.old.resources.values()) {
            item.whole.walk(&mut |part| {
                let Expr::Text(text) = part else { return };
                let Some((_, name)) = text.split_once(":role/") else { return };
                let Some((stem, _)) = name.split_once('*') else { return };
                let stem = stem.trim_end_matches('-');
                let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
                if stem.starts_with(|c: char| c.is_ascii_alphabetic()) && stem.chars().all(fits) {
                    found.insert(stem.to_owned());
                }
            });
        }
        found.into_iter().take(MOST).collect()
    }

    /// A request that is allowed with values for all that is not known.
    fn tried(&self, query: &Query<'_>, world: &World, symbols: &Symbols) -> Option<Witness> {
        let variables: Vec<String> = symbols
            .iter()
            .filter_map(|symbol| match symbol {
                Symbol::Variable(key, _) => Some(key.clone()),
                Symbol::Value(_) => None,
            })
            .collect();
        let known = query.who.as_ref().map(|(kind, _)| known(*kind)).unwrap_or_default();
        let with_known = |mut fixed: Fixed| {
            fixed.extend(known.clone());
            fixed
        };
        let given = variables.iter().enumerate();
        let given = given.map(|(at, key)| (key.clone(), Some(format!("value{}", at + 1)))).collect();
        let given = with_known(given);
        let absent = with_known(variables.iter().map(|key| (key.clone(), None)).collect());
        let mut ways = vec![given];
        if !variables.is_empty() {
            ways.push(absent);
        }
        let tastes = [
            (Taste::Apart, "aws"),
            (Taste::Defaults, "aws"),
            (Taste::Alike, "aws"),
            (Taste::Apart, "aws-cn"),
        ];
        let usual = tastes.iter().map(|(taste, partition)| Values::new(*taste, partition, world));
        let stacks = self.stacks();
        let named = stacks.iter().map(|stack| Values::new(Taste::Apart, "aws", world).of_stack(stack));
        for tried in usual.chain(named) {
            for fixed in &ways {
                let mut values = tried.clone();
                let mut symbols = Symbols::default();
                let mut ask = |which: Which, ask: &Ask<'_>| {
                    let mut case = Case {
                        both: self.both,
                        which,
                        world,
                        symbols: &mut symbols,
                        values: Some(&mut values),
                        variables: fixed,
                        alone: true,
                    };
                    query.powers(&mut case, ask)
                };
                let Ok(Some(new)) = ask(Which::New, &query.of_new) else { continue };
                let Ok(old) = ask(Which::Old, &query.of_old) else { continue };
                let old = old.unwrap_or_default();
                if let Answer::More(mut request) = decide(&old, &new, fixed) {
                    for (key, value) in fixed.iter().filter(|(key, _)| variables.contains(key)) {
                        let value = value.as_ref().map(|value| Held::Values(vec![value.clone()]));
                        request.context.insert(key.clone(), value.unwrap_or(Held::Absent));
                    }
                    let found = Found { old: &old, new: &new, world, request: &request, fixed, sure: true };
                    if let Some(witness) = self.witness(query, &found, &mut values) {
                        return Some(witness);
                    }
                }
            }
        }
        None
    }

    pub(super) fn place(&self, statement: &Statement, which: Which) -> Place {
        let origin = &statement.origin;
        let [of_old, of_new] = self.lines;
        let lines = if which == Which::New { of_new } else { of_old };
        let line = match origin.place {
            Some(span) => lines.line(span.start),
            None => self.line_of(&format!("Resources.{}", origin.resource)),
        };
        let words: Vec<&str> = [origin.policy.as_str(), origin.name.as_str()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        Place {
            resource: origin.resource.clone(),
            statement: crate::text::one_line(&words.join(", ")).into_owned(),
            line,
            span: origin.place,
            old: which == Which::Old,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what was compared, and what came of it")]
    fn reasons(
        &self,
        decision: &mut Decision,
        query: &Query<'_>,
        world: &World,
        answer: &Answer,
        old: &Powers,
        new: &Powers,
        symbols: &Symbols,
    ) {
        let (request, meanings) = match answer {
            Answer::TooMuch(why) => return self.cannot_tell(decision, query, (*why).to_owned()),
            Answer::Perhaps(request, meanings) => (request, meanings.as_slice()),
            Answer::More(request) => (request, &[][..]),
            Answer::NoMore => return,
        };
        decision.verdict = Verdict::CannotTell;
        let all = |powers: &'_ Powers, which: Which| {
            let of_boundary = powers.boundary.iter().flatten();
            powers.statements.iter().chain(of_boundary).map(|one| (one.clone(), which)).collect::<Vec<_>>()
        };
        let statements: Vec<(Statement, Which)> =
            all(new, Which::New).into_iter().chain(all(old, Which::Old)).collect();
        for meaning in meanings {
            let Some((statement, which)) = statements.iter().find(|(one, _)| one.meaning == *meaning) else {
                continue;
            };
            let place = self.place(statement, *which);
            let part = if place.statement.is_empty() {
                format!("`{}`", place.resource)
            } else {
                format!("`{}`, {}", place.resource, place.statement)
            };
            let why = self.why(meaning, symbols);
            let reason = Reason { part, why, line: place.line };
            let known =
                decision.reasons.iter().any(|known| (&known.part, &known.why) == (&reason.part, &reason.why));
            if !known {
                decision.reasons.push(reason);
            }
        }
        if decision.reasons.is_empty() {
            self.cannot_tell(decision, query, "no request was found, and none was excluded".to_owned());
        }
        if decision.witness.is_none() {
            let mut values = Values::new(Taste::Apart, "aws", world);
            let found = Found { old, new, world, request, fixed: &Fixed::new(), sure: false };
            decision.witness = self.witness(query, &found, &mut values);
        }
    }

    /// Why a statement may apply or not.
    pub(super) fn why(&self, meaning: &Meaning, symbols: &Symbols) -> String {
        if let Some(unknown) = &meaning.unknown {
            return unknown.why.to_owned();
        }
        let mut names: BTreeSet<String> = BTreeSet::new();
        let globs = meaning.actions.globs.iter().chain(&meaning.targets.globs);
        let of_lines = meaning.lines.iter().flat_map(|line| &line.wanted).map(|wanted| &wanted.glob);
        for token in globs.chain(of_lines).flatten() {
            let Token::Symbol(number) = token else { continue };
            match symbols.get(*number) {
                Some(Symbol::Variable(key, _)) => drop(names.insert(format!("the context's `{key}`"))),
                Some(Symbol::Value(expr)) => {
                    let reason = match words::as_it_is(expr) {
                        Expr::Ref(name) | Expr::GetAtt(name, _) => {
                            let plain = name.trim_end_matches(OTHER);
                            self.both.loosened.get(plain).or_else(|| self.both.renamed.get(plain))
                        }
                        _ => None,
                    };
                    let shown = format!("`{}`", words::value(expr));
                    names.insert(match reason {
                        Some(reason) => format!("{shown} ({reason})"),
                        None => shown,
                    });
                }
                None => {}
            }
        }
        if names.is_empty() {
            return "it turns on what is not known".to_owned();
        }
        format!("it turns on {}", words::list(&names.into_iter().collect::<Vec<_>>()))
    }

    /// Whoever has an instance profile is its role.
    fn instance_profiles(&self) -> Vec<Decision> {
        let mut list = Vec::new();
        for (name, item) in &self.both.new.resources {
            if item.kind != "AWS::IAM::InstanceProfile" {
                continue;
            }
            // One of its name was there before it, whatever the template called it.
            let of_name = |old: &&Item| {
                let explicit = old.property("InstanceProfileName");
                explicit.is_some() && explicit == item.property("InstanceProfileName")
            };
            let all = &self.both.old.resources;
            let before = all.get(name).or_else(|| all.values().find(of_name));
            let before = before.filter(|old| old.kind == item.kind);
            // A new one is nobody's yet.
            let Some(before) = before else { continue };
            let (a, b) = (before.property("Roles"), item.property("Roles"));
            // Which of those that share a name is there may turn on what differs.
            let shares = |other: &&Item| of_name(other) && other.kind == item.kind;
            let several = self.both.new.resources.values().filter(shares).count() > 1;
            if several && self.both.reaches_changes(&Expr::text(""), item.condition.as_deref()) {
                let why = "another instance profile has its name, and which of them is there may be another";
                let mut told = self.not_told(name, "instance profile", why);
                told.line = self.line_of(&format!("Resources.{name}"));
                list.push(told);
                continue;
            }
            if a == b && !self.is_dirty(name) {
                continue;
            }
            let line = self.line_of(&format!("Resources.{name}"));
            list.push(self.handed_out(name, "instance profile", Question::Permissions, line, a, b));
        }
        list
    }

    /// Who takes an output gets what it names.
    fn outputs(&self) -> Vec<Decision> {
        let mut list = Vec::new();
        for (name, output) in &self.both.new.outputs {
            let get = |output: &Expr, key: &str| super::statement::entry(output, key).cloned();
            let export = get(output, "Export");
            if let Some(why) = self.secret_in(output) {
                let before = self.both.old.outputs.get(name);
                if before != Some(output) {
                    list.push(self.not_told(name, "output", why));
                }
            }
            // Which output has an export's name may turn on what differs.
            let condition = get(output, "Condition");
            let condition = condition.as_ref().and_then(|name| match name {
                Expr::Text(name) => Some(name.as_str()),
                _ => None,
            });
            let is_shared = |export: &Expr| {
                let same = |other: &&Expr| get(other, "Export").as_ref() == Some(export);
                self.both.new.outputs.values().filter(same).count() > 1
            };
            let may_be_another = export.as_ref().is_some_and(|export| {
                self.both.reaches_changes(export, None)
                    || (is_shared(export) && self.both.reaches_changes(&Expr::text(""), condition))
            });
            if may_be_another && !self.hands_out(output).is_empty() {
                let why =
                    "what gives its export this name differs: who imports it may get another role or policy";
                list.push(self.not_told(name, "output", why));
                continue;
            }
            let before = self.both.old.outputs.get(name).or_else(|| {
                let same = |other: &&Expr| export.is_some() && get(other, "Export") == export;
                self.both.old.outputs.values().find(same)
            });
            let renamed = export.is_some() && before.is_some_and(|before| get(before, "Export") != export);
            let by_export = self
                .both
                .old
                .outputs
                .values()
                .find(|other| export.is_some() && get(other, "Export") == export);
            // Another output may have had the name, written in another way.
            let name_of = |output: &Expr| {
                get(output, "Export").as_ref().and_then(|one| super::statement::entry(one, "Name").cloned())
            };
            let is_new = before.is_none_or(|before| get(before, "Export") != export);
            if let Some(of_new) = name_of(output).filter(|_| is_new && by_export.is_none())
                && !self.hands_out(output).is_empty()
            {
                let may_be = |other: &Expr| {
                    name_of(other)
                        .is_some_and(|of_old| !super::holder::never_equal(&spread(&of_old), &spread(&of_new)))
                };
                let gives = |other: &Expr| get(other, "Value");
                let differs = |other: &&Expr| may_be(other) && gives(other) != get(output, "Value");
                if self.both.old.outputs.values().find(differs).is_some() {
                    let why = "an output of the former template may have exported this name: who imports it may get another role or policy";
                    list.push(self.not_told(name, "output", why));
                    continue;
                }
            }
            for before in [before, by_export.filter(|_| renamed)].into_iter().flatten() {
                let (a, b) = (get(before, "Value"), get(output, "Value"));
                let condition = |output: &Expr| match get(output, "Condition") {
                    Some(Expr::Text(name)) => Some(name),
                    _ => None,
                };
                let follows = b
                    .as_ref()
                    .is_some_and(|value| self.both.reaches_changes(value, condition(output).as_deref()));
                if a == b && condition(before) == condition(output) && !follows {
                    continue;
                }
                let line = self.line_of(&format!("Outputs.{name}"));
                list.push(self.handed_out(name, "output", Question::Output, line, a.as_ref(), b.as_ref()));
            }
        }
        list
    }

    /// The resources of IAM that an output names.
    fn hands_out(&self, output: &Expr) -> Vec<String> {
        let mut names = Vec::new();
        let is_iam = |side: &Side, name: &str| {
            side.resources.get(name).is_some_and(|item| item.kind.starts_with("AWS::IAM::"))
        };
        output.walk(&mut |part| {
            if let Expr::Ref(name) | Expr::GetAtt(name, _) = part
                && is_iam(&self.both.new, name)
            {
                names.push(name.clone());
            }
        });
        names
    }

    /// Why an output is worth a principal's permissions by itself.
    fn secret_in(&self, output: &Expr) -> Option<&'static str> {
        has_secret_key(&self.both.new, output)
            .then_some("whoever reads it is the user: it gives a secret access key")
    }

    fn not_told(&self, name: &str, kind: &str, why: &str) -> Decision {
        let line = self.line_of(&format!("Outputs.{name}"));
        Decision {
            principal: name.to_owned(),
            kind: kind.to_owned(),
            question: Question::Output,
            verdict: Verdict::CannotTell,
            witness: None,
            reasons: vec![Reason { part: format!("`{name}`"), why: why.to_owned(), line }],
            line,
        }
    }

    /// Who had one role, user or policy in hand and now has another.
    fn handed_out(
        &self,
        name: &str,
        kind: &str,
        question: Question,
        line: u32,
        before: Option<&Expr>,
        now: Option<&Expr>,
    ) -> Decision {
        let unknown = |why: &str| Decision {
            principal: name.to_owned(),
            kind: kind.to_owned(),
            question,
            verdict: Verdict::CannotTell,
            witness: None,
            reasons: vec![Reason { part: format!("`{name}`"), why: why.to_owned(), line }],
            line,
        };
        let what = |side: &Side, expr: Option<&Expr>| -> Option<Subject> {
            let list = expr.map(leaves)?;
            let [one] = list.as_slice() else { return None };
            let named = |item: &Item| item.property("RoleName") == Some(one);
            let name = match one {
                Expr::Ref(name) | Expr::GetAtt(name, _) => name,
                // By its explicit name.
                Expr::Text(_) => side.resources.iter().find(|(_, item)| named(item))?.0,
                _ => return None,
            };
            let item = side.resources.get(name)?;
            if let ("AWS::IAM::InstanceProfile", Some(roles)) = (item.kind.as_str(), item.property("Roles")) {
                let roles = leaves(roles);
                let [Expr::Ref(role)] = roles.as_slice() else { return None };
                return Some(Subject::Own(Kind::Role, role.clone()));
            }
            Some(Subject::Own(Kind::of_type(&item.kind)?, name.clone()))
        };
        let (Some(a), Some(b)) = (what(&self.both.old, before), what(&self.both.new, now)) else {
            return unknown("what it hands out differs, and is not one role, user or policy in both");
        };
        if a == b {
            return Decision { verdict: Verdict::NoMore, reasons: Vec::new(), ..unknown("") };
        }
        let of_new = b.clone();
        let mut decision = self.decide(&Query {
            principal: name.to_owned(),
            kind: kind.to_owned(),
            question,
            line,
            alone: false,
            // Of two of one kind both ARNs count: whichever it is stays open.
            who: b.who().map(|(kind, _)| (kind, String::new())),
            of_old: Box::new(move |case| case.powers(&a)),
            of_new: Box::new(move |case| case.powers(&of_new)),
        });
        if let (Some(witness), Subject::Own(_, role)) = (&mut decision.witness, &b) {
            witness.principal = format!("whoever takes `{name}`, as `{role}`");
        }
        decision
    }
}
