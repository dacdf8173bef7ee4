//! Byte ranges of the source text, and lines and columns for people and editors.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A half-open range of bytes in a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` to `end`; an inverted pair gives the empty range at `start`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX).max(start);
        Self { start, end }
    }

    /// The empty range at an offset.
    #[must_use]
    pub fn at(offset: usize) -> Self {
        Self::new(offset, offset)
    }

    /// First byte, as an index.
    #[must_use]
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// One past the last byte, as an index.
    #[must_use]
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.end().saturating_sub(self.start())
    }

    /// Whether the range holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether `other` lies inside this range.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The bytes of `text` in this range; empty where the range does not fit the text.
    #[must_use]
    pub fn slice(self, text: &str) -> &str {
        text.get(self.start()..self.end()).unwrap_or_default()
    }
}

/// `1 error`, `2 errors`
#[must_use]
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The text with control characters made visible: a terminal obeys them, and what a template says could erase a verdict
/// or write one. Newlines and tabs stay; the others are as JSON escapes them, which is the same text to a program.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_control(character) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// The same in one line: what a template calls something begins no line of ours.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains(['\n', '\r']) { Cow::Owned(visible(text).replace('\n', "\\n")) } else { visible(text) }
}

/// Whether a terminal does something at a character other than to show it: C0 and C1 without newline and tab, and
/// what turns the direction of a line or breaks it.
/// Source: Unicode 16, chapter 23.1 "Control Codes" and 23.2 "Layout Controls".
fn is_control(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A place for a person: line and column count from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode characters, from 1.
    pub column: u32,
    /// Column in UTF-16 code units, from 1: what JavaScript and the language server protocol count.
    pub column_utf16: u32,
}

/// Where each line of a text begins.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Reads the text once.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let breaks =
            text.match_indices('\n').map(|(offset, _)| u32::try_from(offset + 1).unwrap_or(u32::MAX));
        let starts = std::iter::once(0).chain(breaks).collect();
        Self { starts }
    }

    /// The line (from 1) that holds a byte offset.
    #[must_use]
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    /// The byte offset at which a line (from 1) begins.
    #[must_use]
    pub fn start(&self, line: u32) -> u32 {
        self.starts.get((line as usize).saturating_sub(1)).copied().unwrap_or(0)
    }

    /// The place of a byte offset in `text`, which must be the text that this index was made of.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.starts.get((line as usize).saturating_sub(1)).copied().unwrap_or(0);
        let before = text.get(start as usize..offset as usize).unwrap_or_default();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
        Position {
            line,
            column: count(before.chars().count()),
            column_utf16: count(before.encode_utf16().count()),
        }
    }
}

/// A text whose lines end in CR alone, with LF instead, which is as long; `None` for others.
pub(crate) fn without_cr(text: &str) -> Option<String> {
    (text.contains('\r') && !text.contains('\n')).then(|| text.replace('\r', "\n"))
}

/// The first CR that ends a line by itself.
pub(crate) fn lone_cr(text: &str) -> Option<usize> {
    text.match_indices('\r').map(|(at, _)| at).find(|at| text.as_bytes().get(at + 1) != Some(&b'\n'))
}

/// The offset at which the line that holds `offset` begins.
#[must_use]
pub(crate) fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// The offset just past the line break that ends the line which holds `offset`.
#[must_use]
pub(crate) fn line_end(text: &str, offset: usize) -> usize {
    text.get(offset..).and_then(|after| after.find('\n')).map_or(text.len(), |newline| offset + newline + 1)
}

/// The line break that a text uses: that of its first line.
#[must_use]
pub(crate) fn newline_of(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if at > 0 && text.as_bytes().get(at - 1) == Some(&b'\r') => "\r\n",
        _ => "\n",
    }
}

/// A name that is not taken: the wanted one, or that with the first number from 2 that is free.
pub(crate) fn free(wanted: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..MOST_NUMBERS).map(|number| format!("{wanted}{number}"));
    let otherwise = ["Split", "X"].map(|start| format!("{start}{wanted}"));
    let mut names = std::iter::once(wanted.to_owned()).chain(numbered).chain(otherwise);
    // Where everything is taken the checks of names say so.
    names.find(|name| !taken(name)).unwrap_or_else(|| wanted.to_owned())
}

/// How many numbers are tried behind a name.
const MOST_NUMBERS: usize = 1_000;

/// The SHA-256 of a text in hexadecimal.
#[must_use]
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_made_visible() {
        assert_eq!(visible("a\tb\né 你"), "a\tb\né 你");
        assert_eq!(visible("\u{1b}[1A\r\u{7f}\u{9b}2K\u{202e}"), "\\u001b[1A\\u000d\\u007f\\u009b2K\\u202e");
        assert_eq!(one_line("a\n\nall is well"), "a\\n\\nall is well");
    }

    #[test]
    fn positions_count_characters_and_utf16_units() {
        let text = "a: b\r\nkey: \u{1f600}é: x\n";
        let index = LineIndex::new(text);
        let offset = u32::try_from(text.find(": x").unwrap()).unwrap();
        let place = index.position(text, offset);
        assert_eq!((place.line, place.column, place.column_utf16), (2, 8, 9));
        assert_eq!(index.line(0), 1);
        assert_eq!(newline_of(text), "\r\n");
    }
}
