//! What the user works on, with undo, kept over a reload.

use std::rc::Rc;

use gloo::storage::{LocalStorage, Storage};
use yew::Reducible;

use super::classify::with_files;
use super::work::{TextFile, Work};

const KEY: &str = "iam-split/work";
const PAST: usize = 100;

/// The work, what it was before, and what was undone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Session {
    pub(crate) work: Work,
    past: Vec<Work>,
    future: Vec<Work>,
}

/// What can happen to it.
pub(crate) enum Change {
    /// Something new.
    To(Box<Work>),
    /// Files that the user gave.
    Files(Vec<TextFile>),
    Undo,
    Redo,
}

impl Session {
    /// As the last visit left it.
    pub(crate) fn restored() -> Self {
        Self { work: LocalStorage::get(KEY).unwrap_or_default(), ..Self::default() }
    }

    /// Another's work.
    pub(crate) fn of(work: Work) -> Self {
        Self { work, ..Self::default() }
    }

    pub(crate) fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    pub(crate) fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

impl Reducible for Session {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut next = (*self).clone();
        let change = match change {
            Change::Files(files) => Change::To(Box::new(with_files(&self.work, files))),
            change => change,
        };
        match change {
            Change::To(work) if *work == next.work => return self,
            Change::To(work) => {
                next.future.clear();
                next.past.push(std::mem::replace(&mut next.work, *work));
                if next.past.len() > PAST {
                    next.past.remove(0);
                }
            }
            Change::Files(_) => return self,
            Change::Undo => {
                let Some(before) = next.past.pop() else { return self };
                next.future.push(std::mem::replace(&mut next.work, before));
            }
            Change::Redo => {
                let Some(after) = next.future.pop() else { return self };
                next.past.push(std::mem::replace(&mut next.work, after));
            }
        }
        Rc::new(next)
    }
}

/// Keeps the work for the next visit. A browser gives some 5 MB: what does not fit is not kept.
pub(crate) fn save(work: &Work) -> bool {
    if *work == Work::default() {
        LocalStorage::delete(KEY);
        return true;
    }
    let kept = LocalStorage::set(KEY, work).is_ok();
    if !kept {
        LocalStorage::delete(KEY);
    }
    kept
}
