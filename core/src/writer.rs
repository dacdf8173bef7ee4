//! Expressions to text: YAML with short tags, or JSON with long forms.

use crate::expression::{Expr, is_typed};
use crate::text::free;

/// How new text is written.
#[derive(Clone, Debug)]
pub struct Writer {
    /// JSON, or YAML.
    pub json: bool,
    /// YAML's long forms inside flow collections need no writer of their own: tags stand everywhere.
    pub newline: &'static str,
    /// Spaces of one level of indentation.
    pub step: usize,
}

impl Writer {
    /// One line: YAML flow style, or compact JSON.
    #[must_use]
    pub fn line(&self, expr: &Expr) -> String {
        let mut out = String::new();
        self.flow(&mut out, expr);
        out
    }

    /// The call of a function in the long form by indentation: `Fn::Sub: '…'`, for a place where
    /// the mapping of a long form stands in block style.
    #[must_use]
    pub fn long_call(&self, expr: &Expr) -> Option<String> {
        let (name, argument) = call_of(expr)?;
        Some(format!("{}: {}", full_name(&name), self.line(&argument)))
    }

    /// A mapping's entries as lines of block YAML, or of indented JSON without its braces.
    #[must_use]
    pub fn entries(&self, entries: &[(String, Expr)], indent: usize) -> String {
        let mut out = String::new();
        for (at, (key, value)) in entries.iter().enumerate() {
            if self.json && at > 0 {
                out.push(',');
                out.push_str(self.newline);
            }
            self.entry(&mut out, key, value, indent);
        }
        out
    }

    /// One entry: in YAML whole lines with their line breaks, in JSON without the last.
    fn entry(&self, out: &mut String, key: &str, value: &Expr, indent: usize) {
        pad(out, indent);
        if self.json {
            quote_json(out, key);
            out.push_str(": ");
            self.json_block(out, value, indent);
            return;
        }
        out.push_str(&self.scalar(key));
        out.push(':');
        self.block_value(out, value, indent);
    }

    /// The value behind a key or dash, with the line break that ends it.
    fn block_value(&self, out: &mut String, value: &Expr, indent: usize) {
        match value {
            Expr::Map(entries) if !entries.is_empty() => {
                out.push_str(self.newline);
                for (key, value) in entries {
                    self.entry(out, key, value, indent + self.step);
                }
            }
            Expr::List(items) if !items.is_empty() => {
                out.push_str(self.newline);
                for item in items {
                    self.list_item(out, item, indent + self.step);
                }
            }
            value => {
                out.push(' ');
                out.push_str(&self.line(value));
                out.push_str(self.newline);
            }
        }
    }

    /// An item of a block list, its dash at a column, as whole lines.
    pub fn list_item(&self, out: &mut String, item: &Expr, dash: usize) {
        if let Expr::Source(text) = item {
            self.source_item(out, text, dash + 2);
            return;
        }
        pad(out, dash);
        out.push_str("- ");
        match item {
            Expr::Map(entries) if !entries.is_empty() => {
                let text = self.entries(entries, dash + 2);
                out.push_str(text.trim_start());
            }
            item => {
                out.push_str(&self.line(item));
                out.push_str(self.newline);
            }
        }
    }

    /// A list's item that is text of a document: comments first, then the dash, each line set in.
    fn source_item(&self, out: &mut String, text: &str, indent: usize) {
        let mut dashed = false;
        for line in text.trim_end().lines() {
            let line = line.trim_end_matches('\r');
            if dashed && line.trim().is_empty() {
                out.push_str(self.newline);
                continue;
            }
            let comment = !dashed && line.trim_start().starts_with('#');
            pad(out, if dashed { indent } else { indent - 2 });
            if !dashed && !comment {
                out.push_str("- ");
                dashed = true;
            }
            out.push_str(line);
            out.push_str(self.newline);
        }
    }

    fn json_block(&self, out: &mut String, value: &Expr, indent: usize) {
        match value {
            Expr::Map(entries) if !entries.is_empty() => {
                out.push('{');
                out.push_str(self.newline);
                out.push_str(&self.entries(entries, indent + self.step));
                out.push_str(self.newline);
                pad(out, indent);
                out.push('}');
            }
            Expr::List(items) if !items.is_empty() => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    out.push_str(self.newline);
                    pad(out, indent + self.step);
                    self.json_block(out, item, indent + self.step);
                }
                out.push_str(self.newline);
                pad(out, indent);
                out.push(']');
            }
            value => self.flow(out, value),
        }
    }

    fn flow(&self, out: &mut String, expr: &Expr) {
        match expr {
            Expr::Text(text) if self.json => quote_json(out, text),
            Expr::Text(text) => out.push_str(&self.scalar(text)),
            Expr::Source(text) => out.push_str(text.trim()),
            Expr::Plain(text) => out.push_str(if text.is_empty() { "null" } else { text }),
            Expr::List(items) => {
                out.push('[');
                self.separated(out, items, |out, item| self.flow(out, item));
                out.push(']');
            }
            Expr::Map(entries) => {
                out.push('{');
                self.separated(out, entries, |out, (key, value)| {
                    if self.json {
                        quote_json(out, key);
                    } else {
                        out.push_str(&self.scalar(key));
                    }
                    out.push_str(": ");
                    self.flow(out, value);
                });
                out.push('}');
            }
            Expr::Named(_, inner) => self.flow(out, inner),
            call => {
                if let Some((name, argument)) = call_of(call) {
                    if self.json {
                        // The text with a dot is a form of YAML's.
                        let argument = match call {
                            Expr::GetAtt(name, attribute) => {
                                Expr::List(vec![Expr::text(name), Expr::text(attribute)])
                            }
                            _ => argument,
                        };
                        out.push('{');
                        quote_json(out, &full_name(&name));
                        out.push_str(": ");
                        self.flow(out, &argument);
                        out.push('}');
                    } else if needs_long_form(&argument) {
                        out.push_str(&format!("{{{}: ", full_name(&name)));
                        self.flow(out, &argument);
                        out.push('}');
                    } else {
                        out.push_str(&format!("!{name} "));
                        self.flow(out, &argument);
                    }
                }
            }
        }
    }

    fn separated<T>(&self, out: &mut String, items: &[T], mut write: impl FnMut(&mut String, &T)) {
        for (at, item) in items.iter().enumerate() {
            out.push_str(if at == 0 { "" } else { ", " });
            write(out, item);
        }
    }

    /// A scalar: plain where that is safe everywhere, else in single quotes, or in double quotes
    /// where it holds what only escapes can write.
    fn scalar(&self, text: &str) -> String {
        if is_plain(text) {
            return text.to_owned();
        }
        if text.chars().any(|c| {
            c.is_control() || c == '\u{feff}' || c == '\u{85}' || matches!(c, '\u{2028}' | '\u{2029}')
        }) {
            let mut quoted = String::new();
            quote_json(&mut quoted, text);
            return quoted;
        }
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Function name and argument of an expression that is a call.
fn call_of(expr: &Expr) -> Option<(String, Expr)> {
    Some(match expr {
        Expr::Ref(name) => ("Ref".to_owned(), Expr::text(name)),
        Expr::GetAtt(name, attribute) => ("GetAtt".to_owned(), Expr::text(format!("{name}.{attribute}"))),
        Expr::Call(name, arguments) => (name.clone(), Expr::List(arguments.clone())),
        Expr::Unary(name, inner) => (name.clone(), (**inner).clone()),
        Expr::Concat(parts) => {
            let (text, variables) = sub_text(parts, false);
            let text = Expr::Text(text);
            let argument =
                if variables.is_empty() { text } else { Expr::List(vec![text, Expr::Map(variables)]) };
            ("Sub".to_owned(), argument)
        }
        Expr::Named(_, inner) => return call_of(inner),
        Expr::Text(_) | Expr::Plain(_) | Expr::Source(_) | Expr::List(_) | Expr::Map(_) => {
            return None;
        }
    })
}

/// The text of a `Fn::Sub` and the variables that it needs. `closed` says whether a `}` follows behind
/// the text, where it goes into a longer one.
#[must_use]
pub fn sub_text(parts: &[Expr], closed: bool) -> (String, Vec<(String, Expr)>) {
    let mut text = String::new();
    let mut variables: Vec<(String, Expr)> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        match part {
            Expr::Text(part) => {
                let mut later = parts.iter().skip(at + 1);
                let closed =
                    closed || later.any(|part| !matches!(part, Expr::Text(text) if !text.contains('}')));
                escape(&mut text, part, closed);
            }
            Expr::Ref(name) => text.push_str(&format!("${{{name}}}")),
            Expr::GetAtt(name, attribute) => text.push_str(&format!("${{{name}.{attribute}}}")),
            other => {
                let (wanted, value) = match other {
                    Expr::Named(name, value) => (name.clone(), (**value).clone()),
                    value => ("Value".to_owned(), value.clone()),
                };
                let name = free_name(&wanted, &value, &variables, parts);
                text.push_str(&format!("${{{name}}}"));
                if !variables.iter().any(|(known, _)| *known == name) {
                    variables.push((name, value));
                }
            }
        }
    }
    (text, variables)
}

/// Writes a text so that a `Sub` gives it back: `${…}` escaped as far as its brace, a `${` that nothing
/// closes as it is. `closed` says whether a brace follows behind the text.
fn escape(out: &mut String, text: &str, closed: bool) {
    let mut rest = text;
    while let Some((before, opened)) = rest.split_once("${") {
        out.push_str(before);
        out.push_str("${");
        let inside = opened.split_inclusive('}').next().filter(|inside| inside.ends_with('}'));
        if inside.is_some() || closed {
            out.push('!');
        }
        let inside = inside.unwrap_or(opened);
        out.push_str(inside);
        rest = opened.get(inside.len()..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// A name for a variable that no other has, and that hides nothing which the text means.
fn free_name(wanted: &str, value: &Expr, variables: &[(String, Expr)], parts: &[Expr]) -> String {
    let means = |name: &str| parts.iter().any(|part| matches!(part, Expr::Ref(other) if other == name));
    let taken =
        |name: &str| means(name) || variables.iter().any(|(known, other)| known == name && other != value);
    free(wanted, taken)
}

/// `Ref` and `Condition` stand alone, all others are `Fn::…`.
fn full_name(name: &str) -> String {
    if matches!(name, "Ref" | "Condition") { name.to_owned() } else { format!("Fn::{name}") }
}

/// A tag cannot stand before another tag: `!Base64 !Sub x` is no YAML.
fn needs_long_form(argument: &Expr) -> bool {
    !matches!(argument, Expr::Text(_) | Expr::Plain(_) | Expr::List(_) | Expr::Map(_))
}

fn is_plain(text: &str) -> bool {
    let first = text
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || (first == b'/' && text.len() > 1));
    let rest = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b' '));
    let colons = text.contains("::")
        && text.split("::").all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    first && (rest || colons) && !text.ends_with(' ') && !is_typed(text)
}

fn quote_json(out: &mut String, text: &str) {
    // Serializing a string cannot fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::lower;
    use crate::syntax::parse;

    const YAML: Writer = Writer { json: false, newline: "\n", step: 2 };
    const JSON: Writer = Writer { json: true, newline: "\n", step: 2 };

    fn expr(text: &str) -> Expr {
        lower(parse(text).document.root().unwrap())
    }

    #[test]
    fn what_is_written_reads_back_as_the_same() {
        for text in [
            "!Sub 'arn:${AWS::Partition}:s3:::${A}-x-*'",
            "!Sub ['x ${!y} ${V}', {V: !Join ['_', !Split ['-', !Ref B]]}]",
            "!If [C, !GetAtt A.Arn, !Ref AWS::NoValue]",
            "Fn::Base64: !Sub 'it''s ${X}'",
            "!Sub '${A}-${!b${c}-${!d}'",
            "!Sub '${A}-${unclosed'",
            "{a: [1, 'on', '012'], b: \"tab\\t\"}",
        ] {
            let wanted = expr(text);
            assert_eq!(expr(&YAML.line(&wanted)), wanted, "{}", YAML.line(&wanted));
            assert_eq!(expr(&JSON.line(&wanted)), wanted, "{}", JSON.line(&wanted));
        }
    }

    #[test]
    fn entries_are_laid_out() {
        let entries = [("Role".to_owned(), expr("{Type: String, MinLength: 1, L: [a, {b: c, d: e}]}"))];
        assert_eq!(
            YAML.entries(&entries, 2),
            "  Role:\n    Type: String\n    MinLength: 1\n    L:\n      - a\n      - b: c\n        d: e\n"
        );
        assert_eq!(
            JSON.entries(&entries, 2),
            "  \"Role\": {\n    \"Type\": \"String\",\n    \"MinLength\": 1,\n    \"L\": [\n      \"a\",\n      {\n        \"b\": \"c\",\n        \"d\": \"e\"\n      }\n    ]\n  }"
        );
    }
}
