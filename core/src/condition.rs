//! Conditions as functions of what they ask, in one shared canonical form.
//!
//! Each condition is a reduced ordered decision diagram; the same function has the same number, however it is
//! written, named or nested. What a condition asks and no rule decides (`Equals` of two parameters) is an atom by
//! its definition: it equals what is defined the same, and nothing else.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;

use biodivine_lib_bdd::{Bdd, BddVariable, BddVariableSet, op_function};

/// A condition of a [`Conditions`]. Two are the same exactly when their functions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cond(u32);

impl Cond {
    /// The condition that never holds.
    pub const NEVER: Self = Self(0);
    /// The condition that always holds.
    pub const ALWAYS: Self = Self(1);

    /// A name that no template gives, for where a condition is told by its name.
    #[must_use]
    pub fn name(self) -> String {
        format!("{NAME}{}", self.0)
    }

    /// The condition that such a name is of.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        name.strip_prefix(NAME)?.parse().ok().map(Self)
    }
}

const NAME: &str = "condition ";

/// A diagram of more nodes is not built: the operation that would give it becomes an atom by its definition.
const MOST_NODES: usize = 4_096;
/// Variables that the diagrams may have.
const MOST_ATOMS: u16 = 1_024;

/// More nodes of diagrams than these are not combined: some seconds' worth. Beyond, nothing is decided.
const MOST_WORK: usize = 3_000_000;

/// What a variable of the diagrams stands for.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Atom<A> {
    /// Something that is asked.
    Asked(A),
    /// Whether a subject has the value of this number, if it has none of those before.
    Value(A, usize),
    /// An operation whose diagram would be too large.
    Operation(Operation, Cond, Cond),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Operation {
    And,
    Or,
}

/// The values that a subject is compared with.
#[derive(Clone)]
struct Subject {
    values: Vec<String>,
    /// Whether it has one of these and no other.
    closed: bool,
    /// Whether it has each of the first of them, as far as that was asked.
    known: Vec<Cond>,
    /// Whether it has none of those.
    rest: Cond,
}

impl Subject {
    fn new(values: Vec<String>, closed: bool) -> Self {
        Self { values, closed, known: Vec::new(), rest: Cond::ALWAYS }
    }

    /// Whether it has a value, where that was asked before.
    fn value(&self, value: &str) -> Option<Cond> {
        let at = self.values.iter().position(|known| known == value)?;
        self.known.get(at).copied()
    }
}

struct Inner<A> {
    variables: BddVariableSet,
    diagrams: Vec<Bdd>,
    numbers: HashMap<Bdd, Cond>,
    atoms: HashMap<Atom<A>, Cond>,
    subjects: HashMap<A, Subject>,
    results: HashMap<(Operation, Cond, Cond), Cond>,
    opposites: HashMap<Cond, Cond>,
    exhausted: bool,
    /// How many nodes were combined.
    work: usize,
}

/// All conditions of a comparison, over atoms of the type `A`.
pub struct Conditions<A> {
    inner: RefCell<Inner<A>>,
}

impl<A: Clone + Eq + Hash> Default for Conditions<A> {
    fn default() -> Self {
        let variables = BddVariableSet::new_anonymous(MOST_ATOMS);
        let diagrams = vec![variables.mk_false(), variables.mk_true()];
        let numbers = diagrams.iter().cloned().zip([Cond::NEVER, Cond::ALWAYS]).collect();
        Self {
            inner: RefCell::new(Inner {
                variables,
                diagrams,
                numbers,
                atoms: HashMap::new(),
                subjects: HashMap::new(),
                results: HashMap::new(),
                opposites: HashMap::new(),
                exhausted: false,
                work: 0,
            }),
        }
    }
}

impl<A: Clone + Eq + Hash> Conditions<A> {
    /// Whether both hold.
    pub fn and(&self, a: Cond, b: Cond) -> Cond {
        match (a, b) {
            (Cond::NEVER, _) | (_, Cond::NEVER) => Cond::NEVER,
            (Cond::ALWAYS, other) | (other, Cond::ALWAYS) => other,
            _ if a == b => a,
            _ => self.inner.borrow_mut().combined(Operation::And, a, b),
        }
    }

    /// Whether one of them holds.
    pub fn or(&self, a: Cond, b: Cond) -> Cond {
        match (a, b) {
            (Cond::ALWAYS, _) | (_, Cond::ALWAYS) => Cond::ALWAYS,
            (Cond::NEVER, other) | (other, Cond::NEVER) => other,
            _ if a == b => a,
            _ => self.inner.borrow_mut().combined(Operation::Or, a, b),
        }
    }

    /// Whether it does not hold.
    pub fn not(&self, a: Cond) -> Cond {
        let mut inner = self.inner.borrow_mut();
        if let Some(known) = inner.opposites.get(&a) {
            return *known;
        }
        let diagram = inner.diagram(a).not();
        let opposite = inner.number(diagram);
        inner.opposites.insert(a, opposite);
        inner.opposites.insert(opposite, a);
        opposite
    }

    /// Whether `b` holds wherever `a` does.
    pub fn implies(&self, a: Cond, b: Cond) -> bool {
        a == b || self.and(a, self.not(b)) == Cond::NEVER
    }

    /// What is asked and not decided by any rule.
    pub fn asked(&self, what: A) -> Cond {
        self.inner.borrow_mut().atom(Atom::Asked(what))
    }

    /// Says that a subject has one of these values and no other.
    pub fn declare(&self, subject: A, values: Vec<String>) {
        let mut unique: Vec<String> = Vec::with_capacity(values.len());
        values.into_iter().for_each(|value| {
            if !unique.contains(&value) {
                unique.push(value);
            }
        });
        self.inner.borrow_mut().subjects.insert(subject, Subject::new(unique, true));
    }

    /// Whether a subject has a value. It has one value at a time: those of one subject exclude each other.
    pub fn has_value(&self, subject: &A, value: &str) -> Cond {
        let mut known = match self.inner.borrow().subjects.get(subject) {
            Some(known) => match known.value(value) {
                Some(cond) => return cond,
                None => known.clone(),
            },
            None => Subject::new(Vec::new(), false),
        };
        let at = match known.values.iter().position(|known| known == value) {
            Some(at) => at,
            None if known.closed => return Cond::NEVER,
            None => {
                known.values.push(value.to_owned());
                known.values.len() - 1
            }
        };
        // The first that holds is the value: so each valuation means one value, and each value is one function.
        for number in known.known.len()..=at {
            let is_last = known.closed && number + 1 == known.values.len();
            let first = if is_last {
                Cond::ALWAYS
            } else {
                self.inner.borrow_mut().atom(Atom::Value(subject.clone(), number))
            };
            known.known.push(self.and(known.rest, first));
            known.rest = self.and(known.rest, self.not(first));
        }
        let result = known.known.get(at).copied().unwrap_or(Cond::NEVER);
        self.inner.borrow_mut().subjects.insert(subject.clone(), known);
        result
    }

    /// Whether more was asked than fits: then nothing that was decided may be believed.
    pub fn is_exhausted(&self) -> bool {
        self.inner.borrow().exhausted
    }
}

impl<A: Clone + Eq + Hash> Inner<A> {
    fn diagram(&self, cond: Cond) -> Bdd {
        self.diagrams.get(cond.0 as usize).cloned().unwrap_or_else(|| self.variables.mk_false())
    }

    fn number(&mut self, diagram: Bdd) -> Cond {
        if let Some(known) = self.numbers.get(&diagram) {
            return *known;
        }
        let Ok(number) = u32::try_from(self.diagrams.len()) else {
            self.exhausted = true;
            return Cond::NEVER;
        };
        self.diagrams.push(diagram.clone());
        self.numbers.insert(diagram, Cond(number));
        Cond(number)
    }

    fn atom(&mut self, atom: Atom<A>) -> Cond {
        if let Some(known) = self.atoms.get(&atom) {
            return *known;
        }
        if self.atoms.len() >= usize::from(MOST_ATOMS) {
            self.exhausted = true;
            return Cond::NEVER;
        }
        let diagram = self.variables.mk_var(BddVariable::from_index(self.atoms.len()));
        let cond = self.number(diagram);
        self.atoms.insert(atom, cond);
        cond
    }

    fn combined(&mut self, operation: Operation, a: Cond, b: Cond) -> Cond {
        let (a, b) = (a.min(b), a.max(b));
        if let Some(known) = self.results.get(&(operation, a, b)) {
            return *known;
        }
        let (left, right) = (self.diagram(a), self.diagram(b));
        self.work += left.size() + right.size();
        if self.work > MOST_WORK {
            self.exhausted = true;
            return Cond::NEVER;
        }
        let diagram = match operation {
            Operation::And => Bdd::binary_op_with_limit(MOST_NODES, &left, &right, op_function::and),
            Operation::Or => Bdd::binary_op_with_limit(MOST_NODES, &left, &right, op_function::or),
        };
        let cond = match diagram {
            Some(diagram) => self.number(diagram),
            None => self.atom(Atom::Operation(operation, a, b)),
        };
        self.results.insert((operation, a, b), cond);
        cond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_function_is_the_same_condition() {
        let all = Conditions::<&str>::default();
        let (a, b) = (all.asked("a"), all.asked("b"));
        assert_eq!(all.not(all.and(a, b)), all.or(all.not(b), all.not(a)));
        assert_eq!(all.and(a, all.or(a, b)), a);
        assert_eq!(all.or(a, all.not(a)), Cond::ALWAYS);
        assert_ne!(a, b);
        assert!(all.implies(all.and(a, b), a));
        assert!(!all.implies(a, all.and(a, b)));
    }

    #[test]
    fn a_subject_has_one_value_at_a_time() {
        let all = Conditions::<&str>::default();
        let (x, y) = (all.has_value(&"P", "x"), all.has_value(&"P", "y"));
        assert_eq!(all.and(x, y), Cond::NEVER);
        assert_ne!(all.or(x, y), Cond::ALWAYS);
        all.declare("Q", vec!["x".to_owned(), "y".to_owned(), "z".to_owned()]);
        let values = ["x", "y", "z"].map(|value| all.has_value(&"Q", value));
        assert_eq!(all.or(all.or(values[0], values[1]), values[2]), Cond::ALWAYS);
        assert_eq!(all.not(values[1]), all.or(values[0], values[2]));
        assert_eq!(all.has_value(&"Q", "w"), Cond::NEVER);
    }

    #[test]
    fn a_chain_of_any_depth_is_read() {
        let all = Conditions::<usize>::default();
        let up = (0..300).fold(Cond::ALWAYS, |before, at| all.and(before, all.asked(at)));
        let down = (0..300).rev().fold(Cond::ALWAYS, |before, at| all.and(before, all.asked(at)));
        assert_eq!(up, down);
        assert!(!all.is_exhausted());
    }

    #[test]
    fn what_would_be_too_large_is_equal_by_its_definition_alone() {
        let all = Conditions::<(u8, u8)>::default();
        // Pairs whose halves stand far apart: the classic bad order.
        let firsts: Vec<Cond> = (0..14).map(|at| all.asked((0, at))).collect();
        let seconds: Vec<Cond> = (0..14).map(|at| all.asked((1, at))).collect();
        let make = |except: usize| {
            firsts
                .iter()
                .zip(&seconds)
                .enumerate()
                .filter(|(at, _)| *at != except)
                .fold(Cond::NEVER, |before, (_, (a, b))| all.or(before, all.and(*a, *b)))
        };
        assert_eq!(make(99), make(99));
        assert_ne!(make(99), make(13));
        assert_ne!(make(13), make(12));
    }

    #[test]
    fn more_atoms_than_fit_are_said() {
        let all = Conditions::<usize>::default();
        for at in 0..=usize::from(MOST_ATOMS) {
            all.asked(at);
        }
        assert!(all.is_exhausted());
    }
}
