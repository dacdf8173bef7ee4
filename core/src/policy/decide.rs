//! Whether every request that one set of statements allows is allowed by another: a proof, or a request.
//!
//! The actions fall into classes by the statements that they match, within each the resources do, and within
//! those what the context holds. In the end each statement applies, does not, or turns on what is not known;
//! the latter is tried both ways, with the little that is known of it (a glob within another one).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::assume::{
    ASSUMING, calls, chars, of_principal, of_principals, of_session, principals, session_of,
};
use super::condition::{Held, Line, Operator, Quantifier, all, any, holds, representatives};
use super::glob::{Class, Classes, Glob, Token, TooMany, has_symbol, matches, within};
use super::statement::{Meaning, Set, Statement};

/// What someone may do.
#[derive(Clone, Debug, Default)]
pub(super) struct Powers {
    /// Statements of the policies.
    pub(super) statements: Vec<Statement>,
    /// Statements of the boundary, where there is one.
    pub(super) boundary: Option<Vec<Statement>>,
    /// Whether they say who may assume a role: then the targets are principals.
    pub(super) trust: bool,
    /// Keys that the context has, whatever it holds there but these.
    pub(super) given: Given,
}

/// Keys that the context has, and values that it does not hold there.
pub(super) type Given = BTreeMap<String, BTreeSet<String>>;

/// A request that one side allows and the other does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) action: String,
    pub(super) target: String,
    /// Keys in lower case, and what they hold.
    pub(super) context: BTreeMap<String, Held>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Everything that is allowed was allowed.
    NoMore,
    /// This request is allowed and was not, whatever is not known.
    More(Request),
    /// This request may be; what is not known decides. With it the statements that do.
    Perhaps(Request, Vec<Meaning>),
    /// There is too much to look at.
    TooMuch(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Role {
    Allow,
    Deny,
    Bound,
}

/// A statement, and which sides have it.
struct Entry<'s> {
    meaning: &'s Meaning,
    role: Role,
    old: bool,
    new: bool,
}

/// What is tried both ways.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Atom {
    /// Whether a glob of an action, a target or a key matches.
    Glob(String, Glob),
    /// Whether a line of a condition holds.
    Line(Line),
    /// Whether a statement that is not understood applies.
    Statement(bool, String),
}

/// An atom, and whether it is to be true.
type Literal = (usize, bool);
/// All of these, each any of those.
type Clauses = Vec<Vec<Literal>>;

/// More combinations than this are not looked at, in one class of requests.
const MOST_CONTEXTS: usize = 6_000;
/// So few are tried one by one.
const FEW_CONTEXTS: usize = 500;
const MOST_STEPS: usize = 20_000;

/// What the variables of policies are: fixed values, which the context then holds, or nothing.
pub(super) type Fixed = BTreeMap<String, Option<String>>;

/// Decides whether `new` allows more than `old`.
pub(super) fn decide(old: &Powers, new: &Powers, fixed: &Fixed) -> Answer {
    search(old, new, fixed, false)
}

/// The same, ended by the first request that may be allowed: another may be allowed surely.
pub(super) fn first_doubt(old: &Powers, new: &Powers, fixed: &Fixed) -> Answer {
    search(old, new, fixed, true)
}

/// Whether anything may be denied by a policy that is not in the template: then nothing is allowed surely.
fn is_open(powers: &Powers) -> bool {
    powers.statements.iter().chain(powers.boundary.iter().flatten()).map(|one| &one.meaning).any(|meaning| {
        let is_all = |set: &Set| *set == Set::everything();
        let of_all = meaning.lines.is_empty() && is_all(&meaning.actions) && is_all(&meaning.targets);
        !meaning.allow && meaning.unknown.is_some() && of_all
    })
}

fn search(old: &Powers, new: &Powers, fixed: &Fixed, first: bool) -> Answer {
    let mut entries = entries(old, new);
    fold(&mut entries);
    let bounds = (old.boundary.is_some(), new.boundary.is_some());
    let first = first || is_open(new);
    let covered = BTreeSet::new();
    let trust = old.trust || new.trust;
    let given = &new.given;
    let mut search =
        Search { entries, bounds, trust, fixed, given, covered, first, perhaps: None, too_much: None };
    let everything: Vec<usize> = (0..search.entries.len()).collect();
    match search.actions(&everything) {
        Some(request) => Answer::More(request),
        None => match (search.perhaps, search.too_much) {
            (Some((request, meanings)), _) => Answer::Perhaps(request, meanings),
            (None, Some(what)) => Answer::TooMuch(what),
            (None, None) => Answer::NoMore,
        },
    }
}

fn entries<'s>(old: &'s Powers, new: &'s Powers) -> Vec<Entry<'s>> {
    let mut list: Vec<Entry<'s>> = Vec::new();
    let mut known: HashMap<(&Meaning, Role), usize> = HashMap::new();
    for (powers, is_new) in [(old, false), (new, true)] {
        let of_boundary = powers.boundary.iter().flatten().map(|statement| (statement, true));
        for (statement, bound) in powers.statements.iter().map(|one| (one, false)).chain(of_boundary) {
            let meaning = &statement.meaning;
            let role = match (meaning.allow, bound) {
                (true, false) => Role::Allow,
                (true, true) => Role::Bound,
                (false, _) => Role::Deny,
            };
            let at = *known.entry((meaning, role)).or_insert_with(|| {
                list.push(Entry { meaning, role, old: false, new: false });
                list.len() - 1
            });
            if let Some(entry) = list.get_mut(at) {
                if is_new {
                    entry.new = true;
                } else {
                    entry.old = true;
                }
            }
        }
    }
    list
}

/// More pairs of statements than this are left to the classes.
const MOST_PAIRS: usize = 400_000;

/// What lies within one statement of the other side changes nothing there: an `Allow` within an old one counts as
/// old, a `Deny` within a new one as new.
fn fold(entries: &mut [Entry<'_>]) {
    let alone = |entry: &Entry<'_>| match entry.role {
        Role::Allow | Role::Bound => entry.new && !entry.old,
        Role::Deny => entry.old && !entry.new,
    };
    if entries.iter().filter(|entry| alone(entry)).count().saturating_mul(entries.len()) > MOST_PAIRS {
        return;
    }
    let mut found = Vec::new();
    for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| alone(entry)) {
        let covers = |other: &Entry<'_>| {
            let other_side = if entry.role == Role::Deny { other.new } else { other.old };
            other_side && other.role == entry.role && is_within(entry.meaning, other.meaning)
        };
        if entries.iter().any(covers) {
            found.push(at);
        }
    }
    for at in found {
        if let Some(entry) = entries.get_mut(at) {
            (entry.old, entry.new) = (true, true);
        }
    }
}

/// Whether one statement surely applies wherever another does.
fn is_within(inner: &Meaning, outer: &Meaning) -> bool {
    inner.unknown.is_none()
        && outer.unknown.is_none()
        && lines_within(&inner.lines, &outer.lines)
        && set_within(&inner.actions, &outer.actions)
        && set_within(&inner.targets, &outer.targets)
}

/// Whether all of some lines hold wherever all of others do.
fn lines_within(inner: &[Line], outer: &[Line]) -> bool {
    outer.iter().all(|outer| inner.contains(outer) || inner.iter().any(|inner| line_within(inner, outer)))
}

/// Whether a line surely holds wherever another one of its kind does: it asks for more values, or excepts fewer.
fn line_within(inner: &Line, outer: &Line) -> bool {
    let kind = |line: &Line| (line.quantifier, line.operator, line.negated);
    if kind(inner) != kind(outer)
        || inner.key != outer.key
        || inner.unknown.is_some()
        || outer.unknown.is_some()
    {
        return false;
    }
    // Where the key is absent the one that is to exist holds nowhere that the other does not.
    if inner.if_exists && !outer.if_exists {
        return false;
    }
    let (few, many) = if inner.negated { (outer, inner) } else { (inner, outer) };
    // Lists as long as these are decided together.
    few.wanted.len() * many.wanted.len() <= 400
        && few.wanted.iter().all(|one| {
            many.wanted.contains(one)
                || inner.operator == Operator::Text
                    && many.wanted.iter().any(|other| glob_within(&one.glob, &other.glob))
        })
}

fn set_within(inner: &Set, outer: &Set) -> bool {
    let all = |inner: &[Glob], outer: &[Glob]| {
        // Lists as long as these are decided together.
        inner.len() * outer.len() <= 400
            && inner.iter().all(|one| outer.iter().any(|other| glob_within(one, other)))
    };
    match (inner.negated, outer.negated) {
        (false, false) => inner == outer || all(&inner.globs, &outer.globs),
        (true, true) => inner == outer || all(&outer.globs, &inner.globs),
        (false, true) => outer.globs.is_empty(),
        (true, false) => false,
    }
}

fn glob_within(inner: &[Token], outer: &[Token]) -> bool {
    // What comes before the first wildcard has to be the same.
    let fixed = outer.iter().take_while(|token| matches!(token, Token::Char(_)));
    inner.len() >= fixed.clone().count() && fixed.zip(inner).all(|(a, b)| a == b) && within(inner, outer)
}

struct Search<'s> {
    entries: Vec<Entry<'s>>,
    /// Whether the old and the new side have a boundary.
    bounds: (bool, bool),
    /// Whether the targets are principals.
    trust: bool,
    fixed: &'s Fixed,
    given: &'s Given,
    /// Causes that change nothing for the actions that are looked at.
    covered: BTreeSet<usize>,
    /// Whether the first request that may be allowed ends the search.
    first: bool,
    perhaps: Option<(Request, Vec<Meaning>)>,
    too_much: Option<&'static str>,
}

/// What tells requests apart in one dimension: globs, sets of them, and the set of each entry.
struct Parts {
    dimension: &'static str,
    globs: Vec<Glob>,
    sets: Vec<Vec<u32>>,
    required: Vec<u32>,
    /// The entry, its set, and whether that is negated.
    of_entry: Vec<(usize, u32, bool)>,
}

impl Parts {
    fn glob(&mut self, glob: Glob) -> u32 {
        self.globs.push(glob);
        u32::try_from(self.globs.len() - 1).unwrap_or(u32::MAX)
    }

    fn set(&mut self, members: Vec<u32>) -> u32 {
        self.sets.push(members);
        u32::try_from(self.sets.len() - 1).unwrap_or(u32::MAX)
    }

    /// The classes: which entries may match and what each turns on, and a text.
    fn classes(&self) -> impl Iterator<Item = Result<(Vec<Open>, String), TooMany>> {
        Classes::of(&self.globs, &self.sets, &self.required)
            .map(|class| class.map(|class| (self.alive(&class), class.word)))
    }

    fn alive(&self, Class { sure, maybe, .. }: &Class) -> Vec<Open> {
        let mut alive = Vec::new();
        for (at, set, negated) in &self.of_entry {
            if sure.binary_search(set).is_ok() {
                if !negated {
                    alive.push((*at, Vec::new()));
                }
                continue;
            }
            let members = self.sets.get(*set as usize).map_or(&[][..], Vec::as_slice);
            let open: Vec<(Atom, bool)> = maybe
                .iter()
                .filter(|glob| members.binary_search(glob).is_ok())
                .filter_map(|glob| self.globs.get(*glob as usize))
                .map(|glob| (Atom::Glob(self.dimension.to_owned(), glob.clone()), !negated))
                .collect();
            if *negated || !open.is_empty() {
                alive.push((*at, open));
            }
        }
        alive
    }
}

/// An entry in a class of requests, with what is left to be decided.
type Alive = (usize, Clauses);
/// The same before its atoms have numbers: of one dimension, and of several.
type Open = (usize, Vec<(Atom, bool)>);
type OpenCell = (usize, Vec<Vec<(Atom, bool)>>);

/// What is left to be tried in a cell.
struct Contexts<'c> {
    cell: &'c [OpenCell],
    /// Keys, and what they may hold.
    choices: &'c [(&'c str, Vec<Held>)],
    action: &'c str,
    target: &'c str,
    is_long: bool,
}

impl<'s> Search<'s> {
    fn entry(&self, at: usize) -> Option<&Entry<'s>> {
        self.entries.get(at)
    }

    fn is_over(&self) -> bool {
        self.first && self.perhaps.is_some()
    }

    /// Whether nothing more can come of these: what newly allows allowed before, and what denied still does.
    fn settled(&self, alive: &[usize]) -> bool {
        let is_cause = |at: &&usize| self.entry(**at).is_some_and(|entry| self.is_cause(entry));
        alive.iter().filter(is_cause).all(|at| self.covered.contains(at))
    }

    /// Whether more may come of an entry: something newly allowed, no longer denied, or newly within the boundary.
    fn is_cause(&self, entry: &Entry<'_>) -> bool {
        match entry.role {
            // A boundary that is gone bounds none of them any more.
            Role::Allow => entry.new && (!entry.old || self.bounds.0 && !self.bounds.1),
            Role::Deny => entry.old && !entry.new,
            Role::Bound => self.bounds.0 && entry.new && !entry.old,
        }
    }

    fn actions(&mut self, alive: &[usize]) -> Option<Request> {
        if self.settled(alive) {
            return None;
        }
        let shape = if self.trust {
            [chars("sts:"), vec![Token::One, Token::Any]].concat()
        } else {
            vec![Token::One, Token::Any, Token::Char(':'), Token::One, Token::Any]
        };
        let mut parts = self.parts(alive, "action", vec![shape], |meaning| &meaning.actions);
        // Which of them a principal calls is not the same for all.
        for action in ASSUMING.iter().filter(|_| self.trust) {
            let number = parts.glob(chars(action));
            parts.set(vec![number]);
        }
        for found in parts.classes() {
            let Ok((alive, word)) = found else {
                self.too_much = Some("the actions fall into too many classes");
                return None;
            };
            self.covered = self.covered(&alive);
            let plain: Vec<usize> = alive.iter().map(|(at, _)| *at).collect();
            if self.settled(&plain) {
                continue;
            }
            if let Some(request) = self.targets(&alive, &word) {
                return Some(request);
            }
            if self.is_over() {
                return None;
            }
        }
        None
    }

    fn targets(&mut self, alive: &[Open], action: &str) -> Option<Request> {
        let plain: Vec<usize> = alive.iter().map(|(at, _)| *at).collect();
        let shapes = if self.trust { of_principals() } else { vec![vec![Token::One, Token::Any]] };
        let kinds = shapes.len();
        let mut parts = self.parts(&plain, "target", shapes, |meaning| &meaning.targets);
        if self.trust {
            // Those of an account, and each other kind by itself: what one calls another may not.
            parts.set(vec![0, 1]);
            for kind in (2..).take(kinds.saturating_sub(2)) {
                parts.set(vec![kind]);
            }
        }
        let of_action: BTreeMap<usize, &Vec<(Atom, bool)>> =
            alive.iter().map(|(at, open)| (*at, open)).collect();
        for found in parts.classes() {
            let Ok((targets, word)) = found else {
                self.too_much = Some("the resources fall into too many classes");
                return None;
            };
            let plain: Vec<usize> = targets.iter().map(|(at, _)| *at).collect();
            if self.settled(&plain) || self.trust && !calls(&word, action) {
                continue;
            }
            let cell: Vec<OpenCell> = targets
                .into_iter()
                .map(|(at, open)| {
                    let of_action = of_action.get(&at).map(|open| (*open).clone()).unwrap_or_default();
                    (at, [clauses_of(of_action), clauses_of(open)].concat())
                })
                .collect();
            if let Some(request) = self.cell(&cell, action, &word) {
                return Some(request);
            }
            if self.is_over() {
                return None;
            }
        }
        None
    }

    /// Causes that change nothing for these actions: each of their targets is within one of a statement of the other
    /// side that surely applies wherever they do.
    fn covered(&self, alive: &[Open]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for (at, _) in alive {
            let Some(entry) = self.entry(*at).filter(|entry| self.is_cause(entry)) else { continue };
            let by = |other: &&Entry<'s>| {
                let other_side = if entry.role == Role::Deny { other.new } else { other.old };
                other_side
                    && other.role == entry.role
                    && other.meaning.unknown.is_none()
                    && lines_within(&entry.meaning.lines, &other.meaning.lines)
            };
            let others: Vec<&Set> = alive
                .iter()
                .filter(|(_, open)| open.is_empty())
                .filter_map(|(at, _)| self.entry(*at))
                .filter(by)
                .map(|other| &other.meaning.targets)
                .collect();
            let targets = &entry.meaning.targets;
            let size: usize = others.iter().map(|set| set.globs.len()).sum();
            // A boundary that is gone is no question of targets.
            let is_bounded = entry.role == Role::Allow && self.bounds.0 && !self.bounds.1;
            let is_all = |set: &&Set| match set.negated {
                true => set.globs.is_empty(),
                false => set.globs.iter().any(|glob| *glob == [Token::Any]),
            };
            if !is_bounded && others.iter().any(is_all) {
                found.insert(*at);
                continue;
            }
            // Lists as long as these are decided together.
            if targets.negated || targets.globs.len() * size > 400 {
                continue;
            }
            let is_held = |glob: &Glob| {
                others.iter().any(|set| {
                    if set.negated {
                        set.globs.is_empty()
                    } else {
                        set.globs.iter().any(|other| glob_within(glob, other))
                    }
                })
            };
            if !is_bounded && targets.globs.iter().all(is_held) {
                found.insert(*at);
            }
        }
        found
    }

    /// What tells requests apart in one dimension.
    fn parts(
        &self,
        alive: &[usize],
        dimension: &'static str,
        shapes: Vec<Glob>,
        set_of: impl Fn(&'s Meaning) -> &'s Set,
    ) -> Parts {
        let all = (0..).zip(&shapes).map(|(number, _)| number).collect();
        let mut parts =
            Parts { dimension, globs: shapes, sets: vec![all], required: vec![0], of_entry: Vec::new() };
        let mut numbers: HashMap<&Glob, u32> = HashMap::new();
        // What a condition says of the principal tells principals apart.
        let lines = alive.iter().filter_map(|at| self.entry(*at)).flat_map(|entry| &entry.meaning.lines);
        for line in lines.filter(|_| dimension == "target") {
            for glob in line.wanted.iter().flat_map(|wanted| principals(&line.key, &wanted.glob)) {
                let number = parts.glob(glob);
                parts.sets.push(vec![number]);
            }
        }
        let mut set_numbers: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut causes = Vec::new();
        let mut is_list = true;
        for at in alive {
            let Some(entry) = self.entry(*at) else { continue };
            let set = set_of(entry.meaning);
            let number = |glob| *numbers.entry(glob).or_insert_with(|| parts.glob(glob.clone()));
            let mut members: Vec<u32> = set.globs.iter().map(number).collect();
            members.sort_unstable();
            if self.is_cause(entry) && !self.covered.contains(at) {
                causes.extend(members.iter().copied());
                is_list &= !set.negated;
            }
            let number = *set_numbers.entry(members).or_insert_with_key(|members| parts.set(members.clone()));
            parts.of_entry.push((*at, number, set.negated));
        }
        // Elsewhere all is settled. What a negated set holds is no list of globs.
        if is_list {
            causes.sort_unstable();
            causes.dedup();
            let union = parts.set(causes);
            parts.required.push(union);
        }
        parts
    }

    /// One action and one target: what the context makes of it.
    fn cell(&mut self, cell: &[OpenCell], action: &str, target: &str) -> Option<Request> {
        let mut atoms = Atoms::default();
        // First each line of a condition as something that holds or does not, whatever it says.
        let plain: Vec<Alive> = cell
            .iter()
            .filter_map(|(at, open)| {
                let meaning = self.entry(*at)?.meaning;
                let lines = meaning.lines.iter().map(|line| vec![(Atom::Line(line.clone()), true)]);
                Some((*at, atoms.clauses(open.iter().cloned().chain(unknown(meaning)).chain(lines))))
            })
            .collect();
        atoms.relate();
        match self.differs(&plain, &atoms) {
            Some(false) => return None,
            Some(true) => {}
            None => self.too_much = Some("too many statements turn on what is not known"),
        }
        let mut keys: BTreeMap<&'s str, Vec<&'s Line>> = BTreeMap::new();
        for meaning in cell.iter().filter_map(|(at, _)| self.entry(*at)).map(|entry| entry.meaning) {
            meaning.lines.iter().for_each(|line| keys.entry(&line.key).or_default().push(line));
        }
        let mut choices: Vec<(&str, Vec<Held>)> = Vec::new();
        let mut product = 1_usize;
        for (key, lines) in keys {
            let of_target = of_principal(key, target).filter(|_| self.trust);
            let mut held = match self.fixed.get(key) {
                _ if of_target.is_some() => {
                    vec![Held::Values(of_target.clone().into_iter().collect())]
                }
                Some(None) => vec![Held::Absent],
                Some(Some(value)) => representatives(&lines, Some(value)).unwrap_or_default(),
                None => match representatives(&lines, None) {
                    Some(held) => held,
                    None => {
                        self.too_much = Some(
                            "a condition has too many values, or compares one key in more ways than one",
                        );
                        return None;
                    }
                },
            };
            if let Some(role) = session_of(key, target).filter(|_| self.trust) {
                held = of_session(&held, &role);
            }
            if let Some(others) = self.given.get(key) {
                held.retain(|held| match held {
                    Held::Values(values) => !values.iter().any(|value| others.contains(value)),
                    Held::Absent => false,
                });
            }
            tell_apart(&lines, &mut held);
            product = product.saturating_mul(held.len().max(1));
            choices.push((key, held));
        }
        let mut left = if product > MOST_CONTEXTS { MOST_CONTEXTS } else { usize::MAX };
        let is_long = product > FEW_CONTEXTS;
        let open = Contexts { cell, choices: &choices, action, target, is_long };
        let found = self.contexts(&open, &mut BTreeMap::new(), &mut left);
        if left == 0 {
            self.too_much = Some("the conditions have too many combinations");
        }
        found
    }

    /// The contexts, one key after the other. Where there are many those are left out early in which nothing can differ,
    /// whatever the other keys hold.
    fn contexts(
        &mut self,
        open: &Contexts<'_>,
        context: &mut BTreeMap<String, Held>,
        left: &mut usize,
    ) -> Option<Request> {
        if *left == 0 {
            return None;
        }
        *left -= 1;
        let next = open.choices.get(context.len());
        if next.is_none() || open.is_long {
            let (alive, atoms) = self.in_context(open.cell, context);
            match self.differs(&alive, &atoms) {
                Some(false) => return None,
                Some(true) if next.is_none() => {
                    let request = Request {
                        action: open.action.to_owned(),
                        target: open.target.to_owned(),
                        context: context.clone(),
                    };
                    if self.surely(&alive) {
                        return Some(request);
                    }
                    if self.perhaps.is_none() {
                        self.perhaps = Some((request, self.turning(&alive)));
                    }
                }
                None if next.is_none() => {
                    self.too_much = Some("too many statements turn on what is not known");
                }
                _ => {}
            }
        }
        let (key, all) = next?;
        for held in all {
            context.insert((*key).to_owned(), held.clone());
            let found = self.contexts(open, context, left);
            context.remove(*key);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// What is left of the entries of a cell where some keys are told; of the others a line holds or does not.
    fn in_context(&self, cell: &[OpenCell], context: &BTreeMap<String, Held>) -> (Vec<Alive>, Atoms) {
        let mut atoms = Atoms::default();
        let mut alive = Vec::new();
        'entries: for (at, open) in cell {
            let Some(meaning) = self.entry(*at).map(|entry| entry.meaning) else { continue };
            let mut clauses: Vec<Vec<(Atom, bool)>> = open.iter().cloned().chain(unknown(meaning)).collect();
            for line in &meaning.lines {
                let Some(held) = context.get(&line.key) else {
                    clauses.push(vec![(Atom::Line(line.clone()), true)]);
                    continue;
                };
                match holds(line, held) {
                    Some(true) => {}
                    Some(false) => continue 'entries,
                    None => clauses.extend(open_line(line, held)),
                }
            }
            alive.push((*at, atoms.clauses(clauses)));
        }
        atoms.relate();
        (alive, atoms)
    }

    /// The statements that turn on what is not known.
    fn turning(&self, alive: &[Alive]) -> Vec<Meaning> {
        let open = alive.iter().filter(|(_, clauses)| !clauses.is_empty());
        let mut list: Vec<Meaning> =
            open.filter_map(|(at, _)| self.entry(*at)).map(|entry| entry.meaning.clone()).collect();
        list.sort();
        list.dedup();
        list
    }

    /// Whether the request is allowed now and was not, whatever is not known.
    fn surely(&self, alive: &[Alive]) -> bool {
        let sure = |role: Role, new: bool| {
            alive.iter().any(|(at, clauses)| clauses.is_empty() && self.has(*at, role, new))
        };
        let possible = |role: Role, new: bool| alive.iter().any(|(at, _)| self.has(*at, role, new));
        let (bound_old, bound_new) = self.bounds;
        let now =
            sure(Role::Allow, true) && !possible(Role::Deny, true) && (!bound_new || sure(Role::Bound, true));
        let not_before = !possible(Role::Allow, false)
            || sure(Role::Deny, false)
            || (bound_old && !possible(Role::Bound, false));
        now && not_before
    }

    fn has(&self, at: usize, role: Role, new: bool) -> bool {
        self.entry(at).is_some_and(|entry| entry.role == role && if new { entry.new } else { entry.old })
    }

    /// Whether what is not known can be such that more is allowed; `None` where that takes too long.
    fn differs(&self, alive: &[Alive], atoms: &Atoms) -> Option<bool> {
        let mut steps = 0;
        self.try_all(alive, atoms, &vec![None; atoms.list.len()], &mut steps)
    }

    fn try_all(
        &self,
        alive: &[Alive],
        atoms: &Atoms,
        values: &[Option<bool>],
        steps: &mut usize,
    ) -> Option<bool> {
        *steps += 1;
        if *steps > MOST_STEPS {
            return None;
        }
        let applies = |clauses: &Clauses| {
            all(clauses.iter().map(|clause| {
                any(clause
                    .iter()
                    .map(|(atom, wanted)| values.get(*atom).copied().flatten().map(|value| value == *wanted)))
            }))
        };
        let states: Vec<(usize, Option<bool>)> = alive
            .iter()
            .map(|(at, clauses)| (*at, applies(clauses)))
            .filter(|(_, state)| *state != Some(false))
            .collect();
        let plain: Vec<usize> = states.iter().map(|(at, _)| *at).collect();
        let of = |role: Role, new: bool| {
            any(states.iter().filter(|(at, _)| self.has(*at, role, new)).map(|(_, state)| *state))
        };
        let allowed = |new: bool| {
            let bounded = if new { self.bounds.1 } else { self.bounds.0 };
            let bound = if bounded { of(Role::Bound, new) } else { Some(true) };
            all([of(Role::Allow, new), of(Role::Deny, new).map(|denied| !denied), bound].into_iter())
        };
        match (allowed(true), allowed(false)) {
            (Some(false), _) | (_, Some(true)) => return Some(false),
            (Some(true), Some(false)) => return Some(true),
            _ => {}
        }
        if self.settled(&plain) {
            return Some(false);
        }
        // What differs between the sides is tried first.
        let differs = |at: usize| self.entry(at).is_some_and(|entry| entry.old != entry.new);
        let open = |only_differing: bool| {
            alive
                .iter()
                .filter(|(at, _)| plain.contains(at) && (!only_differing || differs(*at)))
                .flat_map(|(_, clauses)| clauses.iter().flatten())
                .map(|(atom, _)| *atom)
                .find(|atom| values.get(*atom).is_some_and(Option::is_none))
        };
        let Some(atom) = open(true).or_else(|| open(false)) else { return Some(false) };
        for value in [true, false] {
            let mut with = values.to_vec();
            if atoms.set(&mut with, atom, value) && self.try_all(alive, atoms, &with, steps)? {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// Keeps one value of each that the lines treat alike.
fn tell_apart(lines: &[&Line], held: &mut Vec<Held>) {
    let mut seen = Vec::new();
    held.retain(|held| {
        // Two values on which a line is open are alike only where the same globs of it may match.
        let of_line = |line: &&Line| {
            let told = holds(line, held);
            (told, if told.is_none() { open_line(line, held) } else { Vec::new() })
        };
        let result: (bool, Vec<_>) = (*held == Held::Absent, lines.iter().map(of_line).collect());
        let is_new = !seen.contains(&result);
        if is_new {
            seen.push(result);
        }
        is_new
    });
}

/// The clauses of globs that may match: any of them, or none of them.
fn clauses_of(open: Vec<(Atom, bool)>) -> Vec<Vec<(Atom, bool)>> {
    match open.first() {
        None => Vec::new(),
        Some((_, true)) => vec![open],
        Some((_, false)) => open.into_iter().map(|one| vec![one]).collect(),
    }
}

fn unknown(meaning: &Meaning) -> Option<Vec<(Atom, bool)>> {
    meaning.unknown.as_ref().map(|unknown| vec![(Atom::Statement(meaning.allow, unknown.what.clone()), true)])
}

/// What a line with values that are not known turns on.
fn open_line(line: &Line, held: &Held) -> Vec<Vec<(Atom, bool)>> {
    let value = match held {
        Held::Values(values) => values.as_slice(),
        Held::Absent => &[],
    };
    let simple =
        line.operator == Operator::Text && line.quantifier == Quantifier::Single && line.unknown.is_none();
    let [value] = value else { return vec![vec![(Atom::Line(line.clone()), true)]] };
    if !simple {
        return vec![vec![(Atom::Line(line.clone()), true)]];
    }
    let open: Vec<(Atom, bool)> = line
        .wanted
        .iter()
        .filter(|wanted| has_symbol(&wanted.glob) && matches(&wanted.glob, value).is_none())
        .map(|wanted| (Atom::Glob(line.key.clone(), wanted.glob.clone()), !line.negated))
        .collect();
    clauses_of(open)
}

#[derive(Default)]
struct Atoms {
    list: Vec<Atom>,
    numbers: HashMap<Atom, usize>,
    /// What follows from one that is true.
    follows: Vec<Vec<usize>>,
    /// What one follows from.
    needs: Vec<Vec<usize>>,
}

impl Atoms {
    fn clauses(&mut self, open: impl IntoIterator<Item = Vec<(Atom, bool)>>) -> Clauses {
        let literal = |(atom, wanted): (Atom, bool)| (self.number(atom), wanted);
        let mut literal = literal;
        open.into_iter().map(|clause| clause.into_iter().map(&mut literal).collect()).collect()
    }

    fn number(&mut self, atom: Atom) -> usize {
        if let Some(number) = self.numbers.get(&atom) {
            return *number;
        }
        self.list.push(atom.clone());
        self.numbers.insert(atom, self.list.len() - 1);
        self.list.len() - 1
    }

    /// Finds which globs are within others.
    fn relate(&mut self) {
        self.follows = vec![Vec::new(); self.list.len()];
        self.needs = vec![Vec::new(); self.list.len()];
        // With so many the search ends before they matter.
        if self.list.len() > 60 {
            return;
        }
        for (a, inner) in self.list.iter().enumerate() {
            for (b, outer) in self.list.iter().enumerate() {
                let follows = match (inner, outer) {
                    (Atom::Glob(one, inner), Atom::Glob(other, outer)) => {
                        a != b && one == other && within(inner, outer)
                    }
                    _ => false,
                };
                if follows {
                    if let Some(list) = self.follows.get_mut(a) {
                        list.push(b);
                    }
                    if let Some(list) = self.needs.get_mut(b) {
                        list.push(a);
                    }
                }
            }
        }
    }

    /// Sets an atom and what follows; whether that contradicts nothing.
    fn set(&self, values: &mut [Option<bool>], atom: usize, value: bool) -> bool {
        let list = if value { &self.follows } else { &self.needs };
        let others = list.get(atom).map_or(&[][..], Vec::as_slice);
        for at in std::iter::once(atom).chain(others.iter().copied()) {
            match values.get_mut(at) {
                Some(slot) if slot.is_none_or(|known| known == value) => *slot = Some(value),
                _ => return false,
            }
        }
        true
    }
}

/// Whether a request is allowed: `None` where what is not known decides.
pub(super) fn allowed(powers: &Powers, request: &Request) -> Option<bool> {
    let state = |statement: &Statement| applies(&statement.meaning, request);
    let of = |allow: bool, list: &[Statement]| {
        any(list.iter().filter(|statement| statement.meaning.allow == allow).map(state))
    };
    let bounded = powers.boundary.as_deref();
    let denied =
        any([of(false, &powers.statements), bounded.map_or(Some(false), |list| of(false, list))].into_iter());
    let bound = bounded.map_or(Some(true), |list| of(true, list));
    all([of(true, &powers.statements), denied.map(|denied| !denied), bound].into_iter())
}

/// Whether a statement applies to a request.
pub(super) fn applies(meaning: &Meaning, request: &Request) -> Option<bool> {
    let known = if meaning.unknown.is_some() { None } else { Some(true) };
    let holds_text = |set: &Set, text: &str| {
        any(set.globs.iter().map(|glob| matches(glob, text))).map(|any| any != set.negated)
    };
    let lines =
        meaning.lines.iter().map(|line| holds(line, request.context.get(&line.key).unwrap_or(&Held::Absent)));
    let action = request.action.to_lowercase();
    all([holds_text(&meaning.actions, &action), holds_text(&meaning.targets, &request.target)]
        .into_iter()
        .chain([known])
        .chain(lines))
}
