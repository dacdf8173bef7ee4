//! Collects the edits of one document, in terms of items and entries rather than bytes.

use std::collections::HashSet;

use crate::edit::{Edit, Reason};
use crate::expression::Expr;
use crate::syntax::{Free, Items, Kind, Node, Style};
use crate::template::Template;
use crate::text::{Span, line_end, line_start, newline_of};
use crate::writer::Writer;

/// The edits of a document that is being written.
pub(super) struct Sheet<'p, 'd, 't> {
    pub(super) template: &'p Template<'d, 't>,
    pub(super) writer: Writer,
    text: &'t str,
    edits: Vec<Edit>,
    /// Names that mean something in this document: a variable of a `Fn::Sub` must not hide them.
    names: HashSet<String>,
}

impl<'p, 'd, 't> Sheet<'p, 'd, 't> {
    /// A sheet for a document that declares the template's names and some more.
    pub(super) fn new(template: &'p Template<'d, 't>, more: impl IntoIterator<Item = String>) -> Self {
        let text = template.document.text();
        let json = template.document.is_json();
        let step = template.section("Resources").map_or(2, |resources| step(template.root, resources));
        let writer = Writer { json, newline: newline_of(text), step };
        let names = template.parameters.keys().map(|name| (*name).to_owned()).chain(more).collect();
        Self { template, writer, text, edits: Vec::new(), names }
    }

    /// Whether a name means something in this document.
    pub(super) fn is_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(super) fn finish(self) -> Vec<Edit> {
        self.edits
    }

    pub(super) fn replace(&mut self, span: Span, text: impl Into<String>, reason: Reason) {
        self.edits.push(Edit { span, text: text.into(), reason });
    }

    /// Takes items out of a collection of which at least one stays.
    pub(super) fn remove(&mut self, collection: Node<'_, '_>, stays: &[bool], free: Free, reason: Reason) {
        for span in Items::of_text(collection, self.text).removals(stays, free) {
            self.edits.push(Edit { span, text: String::new(), reason });
        }
    }

    /// Takes one entry out of a mapping, and nothing else.
    pub(super) fn remove_entry(&mut self, mapping: Node<'_, '_>, name: &str, reason: Reason) {
        let stays: Vec<bool> = mapping.entries().map(|(key, _)| key.as_str() != Some(name)).collect();
        self.remove(mapping, &stays, Free::Stay, reason);
    }

    /// Puts a value in the place of another, on the line of its key.
    pub(super) fn replace_value(&mut self, node: Node<'_, '_>, value: &Expr, reason: Reason) {
        let text = self.writer.line(value);
        // A block list begins on a line of its own: its key's line ends with the colon. Where nothing
        // stands, the parser puts it where the next thing begins.
        let after_colon = node.style() == Style::Block || node.span().is_empty();
        let colon = node.key().filter(|_| after_colon).and_then(|key| {
            let rest = self.text.get(key.span().end()..)?;
            Some(key.span().end() + rest.find(':')? + 1)
        });
        match colon {
            Some(colon) if node.span().is_empty() => {
                self.replace(Span::at(colon), format!(" {text}"), reason);
            }
            Some(colon) => self.replace(Span::new(colon, node.span().end()), format!(" {text}"), reason),
            None => self.replace(node.outer(), text, reason),
        }
    }

    /// A node's text with the edits that lie in it, its lines set as if it began in the first column.
    /// Comments right above an item of a list come along.
    pub(super) fn edited(&self, node: Node<'_, '_>) -> String {
        let line = line_start(self.text, node.span().start());
        let column = node.outer().start() - line;
        let mut inner: Vec<&Edit> =
            self.edits.iter().filter(|edit| node.outer().contains(edit.span)).collect();
        inner.sort_by_key(|edit| (edit.span.start, edit.span.end));
        inner.dedup_by(|second, first| second == first && !first.span.is_empty());
        let mut text = String::new();
        let mut at = node.outer().start();
        for edit in inner {
            text.push_str(self.text.get(at..edit.span.start()).unwrap_or_default());
            text.push_str(&edit.text);
            at = edit.span.end();
        }
        text.push_str(self.text.get(at..node.outer().end()).unwrap_or_default());
        let mut lines = text.split_inclusive('\n');
        let mut result = self.comments_above(node);
        result.push_str(lines.next().unwrap_or_default());
        for line in lines {
            let blank = line.len() - line.trim_start_matches(' ').len();
            result.push_str(line.get(blank.min(column)..).unwrap_or_default());
        }
        result
    }

    fn comments_above(&self, node: Node<'_, '_>) -> String {
        let list = node.parent().filter(|list| list.kind() == Kind::Sequence && list.style() == Style::Block);
        let Some(list) = list else {
            return String::new();
        };
        let items = Items::of_text(list, self.text);
        let index = list.items().position(|item| item == node).unwrap_or(0);
        let start = items.extent(index).start();
        let line = line_start(self.text, node.outer().start()).max(start);
        let above = self.text.get(start..line).unwrap_or_default().lines();
        above.map(|line| format!("{}\n", line.trim())).filter(|line| line.starts_with('#')).collect()
    }

    /// Adds entries at the end of a mapping; `stays` says which of its entries remain.
    pub(super) fn append(&mut self, mapping: Node<'_, '_>, stays: &[bool], entries: &[(String, Expr)]) {
        self.append_as(mapping, stays, entries, Reason::Added);
    }

    /// As [`Self::append`], for another reason.
    pub(super) fn append_as(
        &mut self,
        mapping: Node<'_, '_>,
        stays: &[bool],
        entries: &[(String, Expr)],
        reason: Reason,
    ) {
        if entries.is_empty() {
            return;
        }
        if mapping.kind() != Kind::Mapping {
            self.fill(mapping, entries, reason);
            return;
        }
        let items = Items::of_text(mapping, self.text);
        let any = stays.iter().any(|stays| *stays);
        if mapping.style() == Style::Flow {
            self.append_flow(mapping, &items, stays, entries, reason);
            return;
        }
        let at = items.append_at(stays);
        let mut text = String::new();
        self.end_removal(at);
        self.strip_last_line(at);
        let unended = self.is_unended(at);
        // Where the last line went, the one before it is ended; what was added here before is not.
        let open = unended && self.is_open(at);
        if open {
            text.push_str(self.writer.newline);
        }
        let blank = any && items.are_spaced();
        for entry in entries {
            if blank {
                text.push_str(self.writer.newline);
            }
            text.push_str(&self.writer.entries(std::slice::from_ref(entry), items.indent()));
        }
        if unended {
            text.truncate(text.trim_end().len());
        }
        self.replace(Span::at(at), text, reason);
    }

    /// Puts entries in the place of a null: `Parameters:` with nothing behind it, or `null`.
    fn fill(&mut self, null: Node<'_, '_>, entries: &[(String, Expr)], reason: Reason) {
        if null.parent().is_some_and(|parent| parent.style() == Style::Flow) {
            let text = self.writer.line(&Expr::Map(entries.to_vec()));
            let text = if null.span().is_empty() { format!(" {text}") } else { text };
            self.replace(null.outer(), text, reason);
            return;
        }
        let key = null.key().map_or(null.span(), Node::span);
        let indent = key.start() - line_start(self.text, key.start()) + self.writer.step;
        let rest = self.text.get(key.end()..).unwrap_or_default();
        let colon = rest.find(':').map_or(key.end(), |at| key.end() + at + 1);
        let end = if null.span().is_empty() { colon } else { null.outer().end() };
        // A comment behind the key stays on its line.
        let after = end + self.rest_of_line(end).trim_end().len();
        self.replace(Span::new(colon, end), "", reason);
        let text = format!("{}{}", self.writer.newline, self.writer.entries(entries, indent));
        let text = text.strip_suffix(self.writer.newline).unwrap_or(&text).to_owned();
        self.replace(Span::at(after), text, reason);
    }

    fn append_flow(
        &mut self,
        mapping: Node<'_, '_>,
        items: &Items<'_>,
        stays: &[bool],
        entries: &[(String, Expr)],
        reason: Reason,
    ) {
        let any = stays.iter().any(|stays| *stays);
        let newline = self.writer.newline;
        let text = if self.writer.json && (items.one_a_line() || items.is_empty()) {
            let indent = if items.is_empty() { self.indent_below(mapping) } else { items.indent() };
            let lines = self.writer.entries(entries, indent);
            if any {
                format!(",{newline}{lines}")
            } else {
                let close = " ".repeat(indent.saturating_sub(self.writer.step));
                format!("{newline}{lines}{newline}{close}")
            }
        } else {
            let each: Vec<String> = entries
                .iter()
                .map(|entry| {
                    let map = self.writer.line(&Expr::Map(vec![entry.clone()]));
                    map.get(1..map.len() - 1).unwrap_or_default().to_owned()
                })
                .collect();
            format!("{}{}", if any { ", " } else { "" }, each.join(", "))
        };
        self.replace(Span::at(items.append_at(stays)), text, reason);
    }

    /// What goes behind a block scalar takes the blank lines below it along, lest they become its text. With something
    /// added there they stay: it would go with them.
    fn end_removal(&mut self, at: usize) {
        let removal = self
            .edits
            .iter_mut()
            .find(|edit| edit.text.is_empty() && edit.span.start() < at && at < edit.span.end());
        let blank = |end: usize| self.text.get(at..end).is_some_and(|rest| rest.trim().is_empty());
        if let Some(edit) = removal.filter(|edit| blank(edit.span.end())) {
            edit.span = Span::new(edit.span.start(), at);
        }
    }

    /// Whether an offset is the end of a file without a line break at its end, which keeps ending so.
    fn is_unended(&self, at: usize) -> bool {
        at > 0 && !matches!(self.text.as_bytes().get(at - 1), Some(b'\n' | b'\r'))
    }

    /// Before something is added behind a block scalar that ends the file without a line break: the
    /// break that it gets then must not become part of its text.
    pub(super) fn strip_last_line(&mut self, at: usize) {
        if !self.is_unended(at) || at < self.text.len() {
            return;
        }
        let last = self.template.document.nodes().filter(|node| node.style() == Style::BlockScalar).last();
        let Some(block) = last.filter(|block| block.span().end() == at) else { return };
        let start = block.span().start();
        let header = self.rest_of_line(start);
        let marks = header.find(|c: char| !matches!(c, '|' | '>' | '+' | '-') && !c.is_ascii_digit());
        let marks = header.get(..marks.unwrap_or(header.len())).unwrap_or_default();
        let written = format!("{}-", marks.replace(['+', '-'], ""));
        if written != marks {
            self.replace(Span::new(start, start + marks.len()), written, Reason::Layout);
        }
    }

    /// Whether the line before such an end, as it will be, is still to be ended.
    fn is_open(&self, at: usize) -> bool {
        let added = self.edits.iter().any(|edit| edit.span == Span::at(at));
        added || !self.edits.iter().any(|edit| edit.span.end() == at && edit.text.is_empty())
    }

    /// The indentation of entries in a collection that has none yet.
    fn indent_below(&self, node: Node<'_, '_>) -> usize {
        let start = line_start(self.text, node.span().start());
        let line = self.text.get(start..node.span().start()).unwrap_or_default();
        line.len() - line.trim_start().len() + self.writer.step
    }

    /// Adds a section to the template: before another one, or at the end.
    pub(super) fn add_section(
        &mut self,
        name: &str,
        entries: Vec<(String, Expr)>,
        before: Option<&str>,
        stays: &[bool],
    ) {
        let section = [(name.to_owned(), Expr::Map(entries))];
        let root = self.template.root;
        let at = before.and_then(|before| root.entries().position(|(key, _)| key.as_str() == Some(before)));
        let Some(at) = at else {
            self.append(root, stays, &section);
            return;
        };
        let items = Items::of_text(root, self.text);
        let newline = self.writer.newline;
        if root.style() == Style::Block {
            let blank = if items.are_spaced() { newline } else { "" };
            let text = format!("{}{blank}", self.writer.entries(&section, items.indent()));
            self.replace(Span::at(items.extent(at).start()), text, Reason::Added);
            return;
        }
        let lines = if self.writer.json && items.one_a_line() {
            format!(
                "{},{newline}{}",
                self.writer.entries(&section, items.indent()).trim_start(),
                " ".repeat(items.indent())
            )
        } else {
            let [(_, value)] = &section;
            format!("{}: {}, ", self.writer.line(&Expr::text(name)), self.writer.line(value))
        };
        self.replace(Span::at(items.extent(at).start()), lines, Reason::Added);
    }

    /// Adds an item to a sequence, after the item at `index`, or first in an empty one.
    pub(super) fn insert_item(&mut self, sequence: Node<'_, '_>, index: usize, item: &Expr) {
        let items = Items::of_text(sequence, self.text);
        let newline = self.writer.newline;
        let at = items.extent(index).end();
        self.end_removal(at);
        self.strip_last_line(at);
        let text = if sequence.style() == Style::Block {
            let mut lines = String::new();
            self.writer.list_item(&mut lines, item, items.indent());
            match (self.is_unended(at), self.is_open(at)) {
                (true, true) => format!("{newline}{}", lines.trim_end()),
                (true, false) => lines.trim_end().to_owned(),
                _ => lines,
            }
        } else if self.writer.json && items.one_a_line() {
            let wrapped = self.writer.entries(&[("k".to_owned(), item.clone())], items.indent());
            let value = wrapped.split_once(": ").map_or(String::new(), |(_, value)| value.to_owned());
            format!(",{newline}{}{value}", " ".repeat(items.indent()))
        } else if items.is_empty() {
            self.replace(Span::at(sequence.span().start() + 1), self.writer.line(item), Reason::Added);
            return;
        } else {
            format!(", {}", self.writer.line(item))
        };
        self.replace(Span::at(at), text, Reason::Added);
    }

    /// The rest of a line from an offset, its line break included.
    pub(super) fn rest_of_line(&self, offset: usize) -> &'t str {
        self.text.get(offset..line_end(self.text, offset)).unwrap_or_default()
    }

    pub(super) fn source(&self) -> &'t str {
        self.text
    }
}

/// Spaces of one level: the distance between sections and what they hold, where that shows.
fn step(root: Node<'_, '_>, resources: Node<'_, '_>) -> usize {
    let text = root.document().text();
    let outer = Items::of_text(root, text);
    let inner = Items::of_text(resources, text);
    let shows = resources.style() == Style::Block || (outer.one_a_line() && inner.one_a_line());
    match inner.indent().saturating_sub(outer.indent()) {
        step @ 1..=8 if shows => step,
        _ => 2,
    }
}
