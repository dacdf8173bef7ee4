//! Cases of what the context holds: a policy variable has one of the texts that its key is compared with, another one, or none.

use std::collections::BTreeSet;

use super::condition::Operator;
use super::decide::{Fixed, Given, Powers};
use super::glob::{Token, has_symbol};
use super::world::{Need, World};

/// A case, and what of the context is taken for known in it.
#[derive(Clone, Default)]
pub(super) struct Guess {
    pub(super) world: World,
    pub(super) fixed: Fixed,
    pub(super) given: Given,
}

impl Guess {
    pub(super) fn with(&self, need: &Need) -> Vec<Self> {
        self.world.with(need).into_iter().map(|world| Self { world, ..self.clone() }).collect()
    }

    /// The cases of a policy variable: each text that its key is compared with, another one, none.
    pub(super) fn by_variable(&self, key: &String, old: &Powers, new: &Powers) -> Option<Vec<Self>> {
        const MOST: usize = 6;
        if self.fixed.contains_key(key) || self.given.contains_key(key) {
            return None;
        }
        let statements = [old, new].into_iter().flat_map(|powers| {
            powers.statements.iter().chain(powers.boundary.iter().flatten()).map(|one| &one.meaning)
        });
        let mut texts: BTreeSet<String> = BTreeSet::new();
        for line in statements.flat_map(|meaning| &meaning.lines).filter(|line| line.key == *key) {
            for wanted in line.wanted.iter().filter(|_| line.operator == Operator::Text) {
                let is_written = wanted.glob.iter().all(|token| matches!(token, Token::Char(_)));
                match &wanted.text {
                    Some(text) if is_written => drop(texts.insert(text.clone())),
                    // Itself, or what is another set of texts.
                    _ if wanted.glob.len() == 1 && has_symbol(&wanted.glob) => {}
                    _ => return None,
                }
            }
            if !matches!(line.operator, Operator::Text | Operator::Null) {
                return None;
            }
        }
        if texts.len() > MOST {
            return None;
        }
        let fixed = |value: Option<String>| {
            let mut guess = self.clone();
            guess.fixed.insert(key.clone(), value);
            guess
        };
        let mut list: Vec<Self> = texts.iter().map(|text| fixed(Some(text.clone()))).collect();
        list.push(fixed(None));
        let mut other = self.clone();
        other.given.insert(key.clone(), texts);
        list.push(other);
        Some(list)
    }
}
