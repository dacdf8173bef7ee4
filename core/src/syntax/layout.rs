//! Where an item of a collection begins and ends, comments and all, and how one is taken out.

use super::tree::{Kind, Node, Style};
use crate::text::{Span, line_end, line_start};

/// One item of a sequence, or one entry of a mapping.
#[derive(Clone, Copy, Debug)]
struct Item {
    /// From its first token (a dash, a key) to the end of its value.
    core: Span,
    /// With the comments that belong to it; whole lines where it has its lines to itself.
    extent: Span,
    /// Whether something else stands before it on its first line (`- Key: value`).
    inline: bool,
}

/// The items of a collection with their extents.
#[derive(Clone, Debug)]
pub struct Items<'t> {
    text: &'t str,
    style: Style,
    collection: Span,
    /// Where the lines of a block collection begin: after the line of its key, comments included.
    lead: usize,
    items: Vec<Item>,
}

/// What happens to comments that stand free between items, where an item beside them goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Free {
    /// They stay: this document is the original with something taken out.
    Stay,
    /// They go with the item that they precede.
    Go,
}

impl<'t> Items<'t> {
    /// Reads the layout of a mapping or sequence of a text.
    #[must_use]
    pub fn of_text(collection: Node<'_, '_>, text: &'t str) -> Self {
        let mut cores = Vec::new();
        if collection.kind() == Kind::Mapping {
            cores.extend(collection.entries().map(|(key, value)| {
                let end = value.span().end().max(key.span().end());
                Span::new(key.outer().start(), end)
            }));
        } else {
            cores.extend(collection.items().map(|item| {
                let start = item.outer().start();
                let dash = if collection.style() == Style::Block { dash_before(text, start) } else { start };
                Span::new(dash, item.span().end())
            }));
        }
        let mut items: Vec<Item> = Vec::with_capacity(cores.len());
        let first_line = line_start(text, collection.span().start());
        // What stands above the first section is the file's own heading, not the section's.
        let is_root = collection.parent().is_none();
        let lead = if is_root { first_line } else { comments_and_blank_above(text, first_line) };
        let mut before = lead;
        for core in cores {
            let item = if collection.style() == Style::Block {
                block_item(text, core, before, items.is_empty())
            } else {
                Item { core, extent: core, inline: true }
            };
            before = item.extent.end();
            items.push(item);
        }
        Self { text, style: collection.style(), collection: collection.span(), lead, items }
    }

    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The bytes of an item, with its comments.
    #[must_use]
    pub fn extent(&self, index: usize) -> Span {
        self.items.get(index).map_or(Span::at(self.collection.end()), |item| item.extent)
    }

    /// The column at which items begin.
    #[must_use]
    pub fn indent(&self) -> usize {
        self.items.first().map_or(0, |item| column(self.text, item.core.start()))
    }

    /// Whether each item of a flow collection stands on a line of its own.
    #[must_use]
    pub fn one_a_line(&self) -> bool {
        self.items.first().is_some_and(|item| {
            self.text.get(self.collection.start()..item.core.start()).is_some_and(|gap| gap.contains('\n'))
        })
    }

    /// Whether blank lines stand between the items of a block collection.
    #[must_use]
    pub fn are_spaced(&self) -> bool {
        let [first, second, ..] = self.items.as_slice() else {
            return false;
        };
        let gap = self.text.get(first.extent.end()..second.extent.start()).unwrap_or_default();
        self.style == Style::Block && !gap.is_empty() && gap.trim().is_empty()
    }

    /// Where a new last item goes: an offset, given which items stay.
    #[must_use]
    pub fn append_at(&self, stays: &[bool]) -> usize {
        if self.style == Style::Block {
            return self.items.last().map_or(self.collection.end(), |item| item.extent.end());
        }
        let kept = self.items.iter().zip(stays).rev().find(|(_, stays)| **stays);
        kept.map_or(self.collection.start() + 1, |(item, _)| item.core.end())
    }

    /// The ranges to remove so that only the items that stay remain. At least one must stay, or
    /// the collection must be replaced or removed as a whole: an empty block collection is null.
    #[must_use]
    pub fn removals(&self, stays: &[bool], free: Free) -> Vec<Span> {
        let mut ranges = Vec::new();
        let mut index = 0;
        while index < self.items.len() {
            if stays.get(index).copied().unwrap_or(true) {
                index += 1;
                continue;
            }
            let first = index;
            while index < self.items.len() && !stays.get(index).copied().unwrap_or(true) {
                index += 1;
            }
            if self.style == Style::Flow {
                ranges.extend(self.flow_run(first, index));
            } else {
                ranges.push(self.block_run(first, index, free));
            }
        }
        ranges
    }

    /// Items `first..end` of a flow collection, with the commas that fall away. A comment behind a
    /// comma belongs to the item before it.
    fn flow_run(&self, first: usize, end: usize) -> Vec<Span> {
        let start = self.items.get(first).map_or(0, |item| item.core.start());
        if let Some(next) = self.items.get(end) {
            return vec![Span::new(start, next.core.start())];
        }
        let last = self.items.get(end.saturating_sub(1)).map_or(start, |item| item.core.end());
        let Some(before) = first.checked_sub(1).and_then(|before| self.items.get(before)) else {
            return vec![Span::new(self.collection.start() + 1, self.collection.end().saturating_sub(1))];
        };
        let gap = self.text.get(before.core.end()..start).unwrap_or_default();
        match gap.find(',').filter(|_| gap.contains('#')) {
            Some(comma) => {
                let comma = before.core.end() + comma;
                vec![Span::new(comma, comma + 1), Span::new(start, last)]
            }
            None => vec![Span::new(before.core.end(), last)],
        }
    }

    fn block_run(&self, first: usize, end: usize, free: Free) -> Span {
        let (Some(head), Some(tail)) = (self.items.get(first), self.items.get(end.saturating_sub(1))) else {
            return Span::at(self.collection.end());
        };
        let next = self.items.get(end);
        if head.inline {
            // `- A: 1` with more keys below: what follows takes the first one's place.
            let end = next.map_or(tail.extent.end(), |next| next.core.start());
            return Span::new(head.core.start(), end);
        }
        let before = first.checked_sub(1).and_then(|before| self.items.get(before));
        let before = before.map_or(self.lead, |item| item.extent.end());
        // Blank lines behind a block scalar may be its text: those that stood apart go as well.
        let after_block = before > 0
            && first.checked_sub(1).and_then(|before| self.items.get(before)).is_some_and(|item| {
                item.core.end() > 0 && self.text.as_bytes().get(item.core.end() - 1) == Some(&b'\n')
            });
        let limit = next.map_or(self.text.len(), |next| next.extent.start());
        let blank_end = blank_lines_end(self.text, tail.extent.end(), limit);
        match (next, free) {
            (Some(_), Free::Stay) => Span::new(head.extent.start(), blank_end),
            (Some(_), Free::Go) if first == 0 || after_block => Span::new(before, blank_end),
            (Some(_) | None, Free::Go) if !after_block => Span::new(before, tail.extent.end()),
            (_, Free::Go) => Span::new(before, blank_end),
            (None, Free::Stay) if after_block => Span::new(head.extent.start(), blank_end),
            (None, Free::Stay) => {
                Span::new(blank_lines_start(self.text, before, head.extent.start()), tail.extent.end())
            }
        }
    }
}

/// The start of the comment and blank lines right above a line.
fn comments_and_blank_above(text: &str, line: usize) -> usize {
    let mut start = line;
    while start > 0 {
        let above = line_start(text, start - 1);
        let content = text.get(above..start).unwrap_or_default().trim();
        if !content.is_empty() && !content.starts_with('#') {
            break;
        }
        start = above;
    }
    start
}

/// The column of an offset, in bytes; a byte order mark does not count.
fn column(text: &str, offset: usize) -> usize {
    let before = text.get(line_start(text, offset)..offset).unwrap_or_default();
    before.trim_start_matches('\u{feff}').len()
}

/// The dash that introduces a sequence's item: on its line, or on a line before, comments aside.
fn dash_before(text: &str, item: usize) -> usize {
    let mut end = item;
    loop {
        let start = line_start(text, end);
        let line = text.get(start..end).unwrap_or_default();
        let code = match line.trim_start() {
            comment if comment.starts_with('#') => "",
            _ => line.split(" #").next().unwrap_or_default(),
        };
        if code.trim_end().ends_with('-') {
            return start + code.trim_end().len() - 1;
        }
        if start == 0 || !code.trim().is_empty() {
            return item;
        }
        end = start - 1;
    }
}

fn block_item(text: &str, core: Span, before: usize, is_first: bool) -> Item {
    let line = line_start(text, core.start());
    let indent = column(text, core.start());
    let inline =
        text.get(line..core.start()).is_some_and(|prefix| !prefix.trim_matches([' ', '\u{feff}']).is_empty());
    let start = if inline { core.start() } else { comments_above(text, line, before, indent, is_first) };
    let end = if core.end() > 0 && text.as_bytes().get(core.end() - 1) == Some(&b'\n') {
        core.end()
    } else {
        line_end(text, core.end())
    };
    // Byte order marks belong to the file, not to its first section; editors have been seen to write two.
    let mark = if start == 0 { text.len() - text.trim_start_matches('\u{feff}').len() } else { 0 };
    Item { core, extent: Span::new(start + mark, comments_below(text, end, indent)), inline }
}

/// The start of the comment lines right above a line, not above `limit`.
fn comments_above(text: &str, line: usize, limit: usize, indent: usize, is_first: bool) -> usize {
    let mut start = line;
    while start > limit {
        let above = line_start(text, start - 1);
        if above < limit {
            break;
        }
        let written = text.get(above..start).unwrap_or_default();
        let content = written.trim_start_matches([' ', '\u{feff}']);
        // A comment that is set deeper than the key belongs to the item before.
        if !content.starts_with('#') || (!is_first && written.len() - content.len() > indent) {
            break;
        }
        start = above;
    }
    start
}

/// The end of the comment lines below an item that are set deeper than it, so belong to it.
fn comments_below(text: &str, end: usize, indent: usize) -> usize {
    let mut last = end;
    let mut at = end;
    while at < text.len() {
        let next = line_end(text, at);
        let written = text.get(at..next).unwrap_or_default();
        let content = written.trim_start_matches(' ');
        if content.starts_with('#') && written.len() - content.len() > indent {
            last = next;
        } else if !content.trim().is_empty() {
            break;
        }
        at = next;
    }
    last
}

/// The end of the blank lines at `at`, at most `limit`.
fn blank_lines_end(text: &str, mut at: usize, limit: usize) -> usize {
    while at < limit {
        let next = line_end(text, at).min(limit);
        if text.get(at..next).is_some_and(|line| !line.trim().is_empty()) {
            break;
        }
        at = next;
    }
    at
}

/// The start of the blank lines that end at `at`, at least `limit`.
fn blank_lines_start(text: &str, limit: usize, mut at: usize) -> usize {
    while at > limit {
        let above = line_start(text, at - 1).max(limit);
        if text.get(above..at).is_some_and(|line| !line.trim().is_empty()) {
            break;
        }
        at = above;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    fn without(text: &str, removed: &[&str], free: Free) -> String {
        let parsed = parse(text);
        let root = parsed.document.root().unwrap();
        let node = root.get("R").unwrap_or(root);
        let stays: Vec<bool> = if node.kind() == Kind::Mapping {
            node.entries().map(|(key, _)| !removed.contains(&key.as_str().unwrap())).collect()
        } else {
            node.items().map(|item| !removed.contains(&item.as_str().unwrap_or("?"))).collect()
        };
        let mut result = text.to_owned();
        for range in Items::of_text(node, text).removals(&stays, free).iter().rev() {
            result.replace_range(range.start()..range.end(), "");
        }
        result
    }

    const BLOCK: &str = "R:\n  # about a\n  a: 1 # one\n\n  # free\n\n  # about b\n  b:\n    c: |\n      # text\n\n    # end of b\n  d: 4\n\n  e: 5\nZ: 1\n";

    #[test]
    fn comments_go_with_what_they_describe() {
        assert_eq!(
            without(BLOCK, &["b"], Free::Stay),
            "R:\n  # about a\n  a: 1 # one\n\n  # free\n\n  d: 4\n\n  e: 5\nZ: 1\n"
        );
        assert_eq!(
            without(BLOCK, &["a", "d", "e"], Free::Stay),
            "R:\n  # free\n\n  # about b\n  b:\n    c: |\n      # text\n\n    # end of b\nZ: 1\n"
        );
        assert_eq!(
            without(BLOCK, &["a", "d", "e"], Free::Go),
            "R:\n  # free\n\n  # about b\n  b:\n    c: |\n      # text\n\n    # end of b\nZ: 1\n"
        );
        assert_eq!(
            without(BLOCK, &["b"], Free::Go),
            "R:\n  # about a\n  a: 1 # one\n  d: 4\n\n  e: 5\nZ: 1\n"
        );
        assert_eq!(without(BLOCK, &["e"], Free::Stay), BLOCK.replace("\n  e: 5\n", ""));
    }

    #[test]
    fn flow_items_take_their_commas() {
        let text = "{\"R\": {\"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}}";
        assert_eq!(without(text, &["a"], Free::Stay), "{\"R\": {\"b\": 2,\n  \"c\": 3\n}}");
        assert_eq!(without(text, &["b"], Free::Stay), "{\"R\": {\"a\": 1,\n  \"c\": 3\n}}");
        assert_eq!(without(text, &["b", "c"], Free::Stay), "{\"R\": {\"a\": 1\n}}");
        assert_eq!(without(text, &["a", "b", "c"], Free::Stay), "{\"R\": {}}");
        assert_eq!(without("R: [a, b]\n", &["b"], Free::Stay), "R: [a]\n");
    }

    #[test]
    fn sequences_lose_whole_lines() {
        assert_eq!(without("R:\n- a\n- b # two\n- c\n", &["b"], Free::Stay), "R:\n- a\n- c\n");
        assert_eq!(without("R:\n  - a\n  -\n    b\n", &["b"], Free::Stay), "R:\n  - a\n");
    }

    #[test]
    fn the_first_key_behind_a_dash_leaves_its_place_to_the_next() {
        let text = "- a: 1\n  b: 2\n";
        let parsed = parse(text);
        let item = parsed.document.root().unwrap().items().next().unwrap();
        let ranges = Items::of_text(item, text).removals(&[false, true], Free::Stay);
        assert_eq!(ranges, [Span::new(2, 9)]);
    }
}
