//! Texts with wildcards as sets of texts: which of several sets hold a text at once, and a text that does.
//!
//! The sets are walked together, as one automaton: inclusion in a union, and what lies outside of all of
//! them, come out exactly. A value that is not known is one symbol. As a set of texts it *may* be any text;
//! between two globs it is the same only as itself ([`within`]).

use std::collections::{HashMap, HashSet};

/// A part of a glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Token {
    /// This character.
    Char(char),
    /// This character, in either case.
    Fold(char),
    /// Any one character: `?`.
    One,
    /// Any text: `*`.
    Any,
    /// Any one character but a colon: `?` in a part of an ARN.
    OneInPart,
    /// Any text without a colon: `*` in a part of an ARN.
    AnyInPart,
    /// A value that is not known.
    Symbol(u32),
    /// One letter or digit that is not known.
    Letter(u32),
}

/// A text with wildcards.
pub(super) type Glob = Vec<Token>;

/// What the walk reads next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Letter {
    Char(char),
    Symbol(u32),
    /// A symbol of one letter or digit.
    Single(u32),
}

/// Places in globs that are reached: glob and position, sorted.
type Places = Vec<(u32, u32)>;

/// The texts that the same sets hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    /// The sets that hold them, whatever the unknown values are.
    pub(super) sure: Vec<u32>,
    /// Globs that match them for some values, of sets that do not hold them surely.
    pub(super) maybe: Vec<u32>,
    /// The shortest of them.
    pub(super) word: String,
}

/// More states than this are given up, and more places looked at.
const MOST_STATES: usize = 40_000;
const MOST_WORK: usize = 3_000_000;
/// Characters for "any other", the one that reads best first.
const OTHERS: &str = "xyzabcdefghijklmnopqrstuvw0123456789-_XYZABCDEFGHIJKLMNOPQRSTUVW@~";

/// Whether a glob has a value in it that is not known.
pub(super) fn has_symbol(glob: &[Token]) -> bool {
    glob.iter().any(|token| matches!(token, Token::Symbol(_) | Token::Letter(_)))
}

/// How symbols are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// As any text.
    AnyText,
    /// As a letter of their own.
    Letters,
}

struct Walk<'g> {
    globs: Vec<&'g [Token]>,
    reading: Reading,
}

impl Walk<'_> {
    fn token(&self, (glob, at): (u32, u32)) -> Option<Token> {
        self.globs.get(glob as usize)?.get(at as usize).copied()
    }

    fn is_any(&self, token: Option<Token>) -> bool {
        match token {
            Some(Token::Any) => true,
            Some(Token::Symbol(_)) => self.reading == Reading::AnyText,
            _ => false,
        }
    }

    /// Adds a place, and those that the empty text leads to.
    fn reach(&self, places: &mut Places, (glob, mut at): (u32, u32)) {
        loop {
            places.push((glob, at));
            let token = self.token((glob, at));
            if self.is_any(token) || token == Some(Token::AnyInPart) {
                at += 1;
            } else {
                return;
            }
        }
    }

    /// Sorted, without what a later `*` of the same glob makes needless: whatever leads on from before it
    /// leads on from it.
    fn tidy(&self, places: &mut Places) {
        places.sort_unstable();
        places.dedup();
        // From the last place of each glob to its first: behind a `*` all is kept, before it nothing.
        let mut past: Option<u32> = None;
        let mut at = places.len();
        while let Some(place) = at.checked_sub(1).and_then(|last| places.get(last).copied()) {
            at -= 1;
            if past == Some(place.0) {
                places.remove(at);
            } else if self.is_any(self.token(place)) {
                past = Some(place.0);
            }
        }
    }

    fn start(&self) -> Places {
        let mut places = Vec::new();
        (0..u32::try_from(self.globs.len()).unwrap_or(0)).for_each(|glob| self.reach(&mut places, (glob, 0)));
        self.tidy(&mut places);
        places
    }

    fn step(&self, places: &Places, letter: Letter) -> Places {
        let mut next = Vec::new();
        for place @ (glob, at) in places.iter().copied() {
            let Some(token) = self.token(place) else { continue };
            let (stays, goes) = match (token, letter) {
                (token, _) if self.is_any(Some(token)) => (true, false),
                (Token::AnyInPart, Letter::Char(c)) => (c != ':', false),
                (Token::AnyInPart, Letter::Single(_)) => (true, false),
                (Token::OneInPart, Letter::Char(c)) => (false, c != ':'),
                (Token::One, Letter::Char(_)) => (false, true),
                (Token::One | Token::OneInPart, Letter::Single(_)) => (false, true),
                (Token::Letter(_), Letter::Char(c)) => {
                    (false, self.reading == Reading::AnyText && c.is_ascii_alphanumeric())
                }
                (Token::Letter(wanted), Letter::Single(symbol)) => (false, wanted == symbol),
                (Token::Char(wanted), Letter::Char(c)) => (false, wanted == c),
                (Token::Fold(wanted), Letter::Char(c)) => (false, wanted.eq_ignore_ascii_case(&c)),
                (Token::Symbol(wanted), Letter::Symbol(symbol)) => (false, wanted == symbol),
                _ => (false, false),
            };
            if stays {
                self.reach(&mut next, place);
            } else if goes {
                self.reach(&mut next, (glob, at + 1));
            }
        }
        self.tidy(&mut next);
        next
    }

    /// The letters that lead to different places, one for all others among them.
    fn letters(&self, places: &[(u32, u32)]) -> Vec<Letter> {
        let mut letters = Vec::new();
        let mut parts = false;
        for place in places {
            match self.token(*place) {
                Some(Token::Char(c)) => letters.push(Letter::Char(c)),
                Some(Token::Fold(c)) => {
                    letters.push(Letter::Char(c.to_ascii_lowercase()));
                    letters.push(Letter::Char(c.to_ascii_uppercase()));
                }
                Some(Token::OneInPart | Token::AnyInPart) => parts = true,
                Some(Token::Symbol(symbol)) if self.reading == Reading::Letters => {
                    letters.push(Letter::Symbol(symbol));
                }
                Some(Token::Letter(symbol)) if self.reading == Reading::Letters => {
                    letters.push(Letter::Single(symbol));
                }
                _ => {}
            }
        }
        if parts {
            letters.push(Letter::Char(':'));
        }
        letters.sort_unstable();
        letters.dedup();
        let other =
            OTHERS.chars().chain('\u{100}'..).find(|c| letters.binary_search(&Letter::Char(*c)).is_err());
        let other = other.filter(|other| *other != ':').map(Letter::Char);
        // The other first: the shortest word that comes out then reads better.
        other.into_iter().chain(letters).collect()
    }

    fn accepted(&self, places: &Places) -> Vec<u32> {
        let at_end = |(glob, at): &&(u32, u32)| {
            self.globs.get(*glob as usize).is_some_and(|all| all.len() == *at as usize)
        };
        places.iter().filter(at_end).map(|(glob, _)| *glob).collect()
    }
}

/// The globs of a set that a text has to be in, by their numbers in the walk, sorted.
struct Required {
    set: u32,
    locals: Vec<u32>,
}

impl Required {
    fn holds(&self, glob: u32) -> bool {
        self.locals.binary_search(&glob).is_ok()
    }

    /// Whether a text from here on can still be in the set.
    fn may_hold(&self, places: &Places) -> bool {
        places.iter().any(|(glob, _)| self.holds(*glob))
    }

    /// The letters that its globs read next, if they read no others.
    fn letters(&self, walk: &Walk<'_>, places: &Places) -> Option<Vec<Letter>> {
        let own: Places = places.iter().copied().filter(|(glob, _)| self.holds(*glob)).collect();
        let is_literal =
            |place: &(u32, u32)| matches!(walk.token(*place), Some(Token::Char(_) | Token::Fold(_)) | None);
        own.iter().all(is_literal).then(|| {
            let literal = |letter: &Letter| !walk.step(&own, *letter).is_empty();
            walk.letters(&own).into_iter().filter(literal).collect()
        })
    }
}

/// All combinations of sets that some text is in, each with its shortest text, as they are found.
///
/// Ends with a [`TooMany`] where there are too many.
pub(super) struct Classes<'g> {
    globs: &'g [Glob],
    used: Vec<u32>,
    walk: Walk<'g>,
    sets_of: HashMap<u32, Vec<u32>>,
    required: Vec<Required>,
    seen: HashSet<Places>,
    /// Every state with the one before it and the letter between.
    states: Vec<(Places, usize, Option<char>)>,
    found: HashSet<(Vec<u32>, Vec<u32>)>,
    at: usize,
    work: usize,
}

/// There are too many classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl<'g> Classes<'g> {
    /// A set is the numbers of its globs. Texts that are surely outside of one of the sets `required` are left out.
    pub(super) fn of(globs: &'g [Glob], sets: &[Vec<u32>], required: &[u32]) -> Self {
        let mut used: Vec<u32> = sets.iter().flatten().copied().collect();
        used.sort_unstable();
        used.dedup();
        let of_used = |glob: &u32| globs.get(*glob as usize).map_or(&[][..], Vec::as_slice);
        let walk = Walk { globs: used.iter().map(of_used).collect(), reading: Reading::AnyText };
        let mut sets_of: HashMap<u32, Vec<u32>> = HashMap::new();
        for (set, members) in (0..).zip(sets) {
            members.iter().for_each(|glob| sets_of.entry(*glob).or_default().push(set));
        }
        let local = |glob: &u32| used.binary_search(glob).ok().and_then(|at| u32::try_from(at).ok());
        let required = required
            .iter()
            .map(|set| {
                let members = sets.get(*set as usize).into_iter().flatten();
                let mut locals: Vec<u32> = members.filter_map(local).collect();
                locals.sort_unstable();
                Required { set: *set, locals }
            })
            .collect();
        let states = vec![(walk.start(), usize::MAX, None)];
        let (seen, found) = (HashSet::new(), HashSet::new());
        Classes { globs, used, walk, sets_of, required, seen, states, found, at: 0, work: 0 }
    }

    /// The sets that hold the text of a state surely, and the globs that may.
    fn holding(&self, places: &Places) -> (Vec<u32>, Vec<u32>) {
        let (mut sure, mut maybe) = (Vec::new(), Vec::new());
        for local in self.walk.accepted(places) {
            let Some(glob) = self.used.get(local as usize).copied() else { continue };
            if self.globs.get(glob as usize).is_some_and(|glob| has_symbol(glob)) {
                maybe.push(glob);
            } else {
                sure.extend(self.sets_of.get(&glob).into_iter().flatten().copied());
            }
        }
        sure.sort_unstable();
        sure.dedup();
        let sets_of = |glob: &u32| self.sets_of.get(glob).into_iter().flatten();
        maybe.retain(|glob| sets_of(glob).any(|set| sure.binary_search(set).is_err()));
        maybe.sort_unstable();
        (sure, maybe)
    }

    /// Adds the states that one leads to.
    fn go_on(&mut self, places: &Places) {
        let only = self.required.iter().find_map(|one| one.letters(&self.walk, places));
        for letter in only.unwrap_or_else(|| self.walk.letters(places)) {
            let Letter::Char(c) = letter else { continue };
            self.work += places.len();
            let next = self.walk.step(places, letter);
            if self.required.iter().all(|one| one.may_hold(&next)) && self.seen.insert(next.clone()) {
                self.states.push((next, self.at, Some(c)));
            }
        }
    }
}

impl Iterator for Classes<'_> {
    type Item = Result<Class, TooMany>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let places = self.states.get(self.at)?.0.clone();
            if self.states.len() > MOST_STATES || self.work > MOST_WORK {
                self.at = usize::MAX;
                return Some(Err(TooMany));
            }
            self.go_on(&places);
            let at = self.at;
            self.at += 1;
            let (sure, maybe) = self.holding(&places);
            let of_set =
                |set: u32, glob: &u32| self.sets_of.get(glob).is_some_and(|sets| sets.contains(&set));
            let may_be_in = |one: &Required| {
                sure.binary_search(&one.set).is_ok() || maybe.iter().any(|glob| of_set(one.set, glob))
            };
            if self.required.iter().all(may_be_in) && self.found.insert((sure.clone(), maybe.clone())) {
                return Some(Ok(Class { sure, maybe, word: word(&self.states, at) }));
            }
        }
    }
}

fn word(states: &[(Places, usize, Option<char>)], mut at: usize) -> String {
    let mut letters = Vec::new();
    while let Some((_, before, Some(letter))) = states.get(at) {
        letters.push(*letter);
        at = *before;
    }
    letters.iter().rev().collect()
}

/// Whether one glob matches whatever the other does, for all values of what is not known.
pub(super) fn within(inner: &[Token], outer: &[Token]) -> bool {
    if inner == outer {
        return true;
    }
    let walk = Walk { globs: vec![inner, outer], reading: Reading::Letters };
    let mut seen: HashMap<Places, ()> = HashMap::new();
    let mut open = vec![walk.start()];
    while let Some(places) = open.pop() {
        let accepted = walk.accepted(&places);
        if accepted.contains(&0) && !accepted.contains(&1) {
            return false;
        }
        // Nothing of the inner one is left.
        if !places.iter().any(|(glob, _)| *glob == 0) {
            continue;
        }
        for letter in walk.letters(&places) {
            let next = walk.step(&places, letter);
            if seen.insert(next.clone(), ()).is_none() {
                open.push(next);
            }
        }
        if seen.len() > MOST_STATES {
            return false;
        }
    }
    true
}

/// Whether the pattern of an action matches an action, whatever their case.
pub(crate) fn action_matches(pattern: &str, action: &str) -> bool {
    let token = |c: char| match c {
        '*' => Token::Any,
        '?' => Token::One,
        c => Token::Fold(c.to_ascii_lowercase()),
    };
    matches(&pattern.chars().map(token).collect::<Glob>(), action) == Some(true)
}

/// Whether a glob matches a text: surely, for some values of what is not known, or not.
pub(super) fn matches(glob: &[Token], text: &str) -> Option<bool> {
    let differs = |(token, c): (&Token, char)| match token {
        Token::Char(wanted) => *wanted != c,
        Token::Fold(wanted) => !wanted.eq_ignore_ascii_case(&c),
        _ => false,
    };
    let literal = glob.iter().take_while(|token| matches!(token, Token::Char(_) | Token::Fold(_)));
    if literal.zip(text.chars()).any(differs) {
        return Some(false);
    }
    let walk = Walk { globs: vec![glob], reading: Reading::AnyText };
    let places = text.chars().fold(walk.start(), |places, c| walk.step(&places, Letter::Char(c)));
    match (walk.accepted(&places).is_empty(), has_symbol(glob)) {
        (true, _) => Some(false),
        (false, false) => Some(true),
        (false, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(text: &str) -> Glob {
        text.chars()
            .map(|c| match c {
                '*' => Token::Any,
                '?' => Token::One,
                'A'..='Y' => Token::Symbol(u32::from(c)),
                'Z' => Token::Letter(0),
                c => Token::Char(c),
            })
            .collect()
    }

    #[test]
    fn a_union_covers_what_no_single_glob_does() {
        let globs: Vec<Glob> = ["a?", "ab", "ac*", "a*"].map(glob).to_vec();
        // `a?` in `ab` or `a*`; and never in `ab` or `ac*` alone.
        let covered = |union: Vec<u32>| {
            Classes::of(&globs, &[vec![0], union], &[])
                .map(Result::unwrap)
                .all(|class| !class.sure.contains(&0) || class.sure.contains(&1))
        };
        assert!(covered(vec![1, 3]));
        assert!(!covered(vec![1, 2]));
    }

    #[test]
    fn only_what_is_required_is_walked() {
        let globs: Vec<Glob> = ["s3:get*", "s3:put", "*", "X"].map(glob).to_vec();
        let sets = [vec![0], vec![1], vec![2], vec![3]];
        let words = |required: &[u32]| -> Vec<String> {
            Classes::of(&globs, &sets, required).map(|class| class.unwrap().word).collect()
        };
        assert_eq!(words(&[1]), ["s3:put"]);
        assert_eq!(words(&[0]), ["s3:get"]);
        assert_eq!(words(&[0, 1]), [""; 0]);
        // What may be any text may be in each.
        assert_eq!(words(&[3]).len(), 3);
    }

    #[test]
    fn symbols_are_themselves_between_globs_and_anything_among_texts() {
        assert!(within(&glob("a/X/b*"), &glob("a/X/*")));
        assert!(within(&glob("a/X/b"), &glob("a/*")));
        assert!(!within(&glob("a/X/b"), &glob("a/Y/b")));
        assert!(!within(&glob("aX"), &glob("a?")));
        assert!(within(&glob("aZZ"), &glob("a??")) && !within(&glob("aZZ"), &glob("a?")));
        assert!(within(&glob("aZ"), &glob("aZ*")) && !within(&glob("aZ"), &glob("ab")));
        assert_eq!(matches(&glob("aZ"), "ab"), None);
        assert_eq!(matches(&glob("aZ"), "a-"), Some(false));
        assert_eq!(matches(&glob("a/X/b"), "a/q/b"), None);
        assert_eq!(matches(&glob("a/X/b"), "a/q/c"), Some(false));
        assert_eq!(matches(&glob("a*c"), "abbc"), Some(true));
    }
}
