//! A text and where its lines begin.

use std::rc::Rc;

/// A text to show line by line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    pub(crate) text: Rc<str>,
    starts: Rc<[u32]>,
}

impl PartialEq for Lines {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.text, &other.text)
    }
}

impl Lines {
    pub(crate) fn new(text: Rc<str>) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < text.len());
        let starts =
            std::iter::once(0).chain(breaks).map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect();
        Self { text, starts }
    }

    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The offset at which a line (from 0) begins; past the last line the end of the text.
    pub(crate) fn start(&self, line: usize) -> usize {
        self.starts.get(line).map_or(self.text.len(), |start| *start as usize)
    }

    /// A line (from 0) without its line break.
    pub(crate) fn line(&self, line: usize) -> &str {
        self.text
            .get(self.start(line)..self.start(line + 1))
            .unwrap_or_default()
            .trim_end_matches(['\n', '\r'])
    }

    /// The line (from 0) that holds an offset.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start as usize <= offset).saturating_sub(1)
    }
}
