//! Events of the parser to the tree.

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, options};

use super::tree::{Document, Kind, NONE, Raw, Style};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::Span;

/// The tree of what could be read, and what was wrong with the text.
#[derive(Debug)]
pub struct Parsed<'t> {
    /// The tree; after a syntax error, of what stands before it.
    pub document: Document<'t>,
    /// Errors of syntax.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the text was read to its end.
    pub complete: bool,
}

/// An alias that stands for more nodes than this, all in all, is an attack or a mistake.
const ALIAS_LIMIT: usize = 200_000;

/// Reads a YAML or JSON text.
#[must_use]
pub fn parse(text: &str) -> Parsed<'_> {
    let mut builder = Builder::new(text);
    let options = options! {
        emit_anchor_events: true,
        emit_comments: false,
        emit_unresolved_aliases: true,
        // As the parsers of CloudFormation's world do: no line break is made up at the end of a file.
        block_scalar_eof_without_line_feed: true,
    };
    let mut complete = true;
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => {
                let tag = span.tag_span().map_or(Span::at(0), |tag| bytes(&tag, text));
                builder.event(event, bytes(&span, text), tag);
            }
            Err(error) => {
                complete = false;
                let offset = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                builder.diagnostics.push(syntax_error(text, offset, &error.info()));
                break;
            }
        }
    }
    builder.finish(complete)
}

fn bytes(span: &granit_parser::Span, text: &str) -> Span {
    let range = span.byte_range().unwrap_or(text.len()..text.len());
    Span::new(range.start.min(text.len()), range.end.min(text.len()))
}

fn syntax_error(text: &str, offset: usize, info: &str) -> Diagnostic {
    let start = crate::text::line_start(text, offset);
    let indentation = text.get(start..).unwrap_or_default();
    let blank = indentation.len() - indentation.trim_start_matches([' ', '\t']).len();
    let tab = indentation.get(..blank).and_then(|blank| blank.find('\t'));
    if info.contains("nesting") || info.contains("recursion") || info.contains("limit") {
        return Diagnostic::new(Code::SYN003, format!("the text is too deep: {info}"))
            .at(Span::new(offset, offset + 1), "here")
            .help("CloudFormation templates nest a few dozen levels at most; flatten this one");
    }
    if let Some(tab) = tab {
        return Diagnostic::new(Code::SYN001, "a tab cannot indent YAML")
            .at(Span::new(start + tab, start + tab + 1), "this is a tab")
            .help("indent with spaces");
    }
    let mut end = offset + 1;
    while end < text.len() && !text.is_char_boundary(end) {
        end += 1;
    }
    Diagnostic::new(Code::SYN001, format!("cannot be read as YAML or JSON: {info}"))
        .at(Span::new(offset, end.min(text.len())), "the parser stopped here")
        .help("correct the syntax here; what stands before it was checked, what follows was not")
}

struct Open {
    node: u32,
    last_child: u32,
}

struct Builder<'t> {
    document: Document<'t>,
    diagnostics: Vec<Diagnostic>,
    open: Vec<Open>,
    /// Node of each anchor, by the parser's id.
    anchors: Vec<(usize, u32)>,
    /// Where the last token ended: a block scalar's header is looked for from here.
    last_end: usize,
    documents: usize,
    all_json: bool,
    finished: bool,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        let document = Document {
            text,
            // Real templates have a node for some 18 bytes; growing the list would copy it.
            nodes: Vec::with_capacity(text.len() / 16),
            decoded: Vec::new(),
            json: false,
            aliased: false,
        };
        Self {
            document,
            diagnostics: Vec::new(),
            open: Vec::new(),
            anchors: Vec::new(),
            last_end: 0,
            documents: 0,
            all_json: true,
            finished: false,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span, tag: Span) {
        if self.finished {
            return;
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents == 2 {
                    self.finished = true;
                    self.diagnostics.push(
                        Diagnostic::new(Code::SYN006, "the text holds more than one YAML document")
                            .at(span, "a second document begins here")
                            .help("a template is one document: split the file at `---`"),
                    );
                }
            }
            Event::Scalar(value, style, _, _) => self.scalar(&value, style, span, tag),
            Event::SequenceStart(style, ..) => self.start(Kind::Sequence, style, span, tag),
            Event::MappingStart(style, ..) => self.start(Kind::Mapping, style, span, tag),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(id) => {
                let target = self.anchors.iter().rev().find(|(anchor, _)| *anchor == id);
                let target = target.map_or(NONE, |(_, node)| *node);
                if self.open.iter().any(|open| open.node == target) {
                    self.diagnostics.push(
                        Diagnostic::new(Code::SYN004, "an alias stands inside its own anchor")
                            .at(span, "this alias")
                            .help("write the value out where the alias stands"),
                    );
                    self.push(Kind::Alias, Style::Plain, span, tag, NONE);
                } else {
                    self.push(Kind::Alias, Style::Plain, span, tag, target);
                }
            }
            Event::UnresolvedAlias(name) => {
                self.diagnostics.push(
                    Diagnostic::new(Code::SYN004, format!("no anchor `{name}` stands before this alias"))
                        .at(span, "this alias")
                        .help("define the anchor with `&` first, or quote the text if no alias is meant"),
                );
                self.push(Kind::Alias, Style::Plain, span, tag, NONE);
            }
            Event::Anchor(id, _) => {
                let node = u32::try_from(self.document.nodes.len()).unwrap_or(NONE).wrapping_sub(1);
                self.anchors.push((id, node));
                self.all_json = false;
                if let Some(raw) = self.document.nodes.last_mut() {
                    raw.anchored = true;
                    raw.outer_start = raw.outer_start.min(span.start);
                }
            }
            _ => {}
        }
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, span: Span, tag: Span) {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            _ => Style::BlockScalar,
        };
        let span = if style == Style::BlockScalar { self.block_scalar(span, tag) } else { span };
        self.all_json &= match style {
            Style::Double => true,
            Style::Plain => is_json_literal(value) && !span.is_empty(),
            _ => false,
        };
        let written = match style {
            Style::Single | Style::Double => Span::new(span.start() + 1, span.end().saturating_sub(1)),
            _ => span,
        };
        // The parser gives `~` for a value that is not there.
        let same = written.slice(self.document.text) == value || (span.is_empty() && value == "~");
        let decoded = if same {
            NONE
        } else {
            self.document.decoded.push(value.to_owned());
            u32::try_from(self.document.decoded.len() - 1).unwrap_or(NONE)
        };
        self.push(Kind::Scalar, style, span, tag, decoded);
    }

    /// The parser's span of a block scalar begins with its first text and ends where the next token
    /// begins; ours begins with its header and ends with its last line.
    fn block_scalar(&self, span: Span, tag: Span) -> Span {
        let text = self.document.text.as_bytes();
        let last = crate::text::line_start(self.document.text, span.end());
        let indentation = self.document.text.get(last..span.end()).unwrap_or_default();
        let span = if indentation.trim_matches(' ').is_empty() {
            Span::new(span.start().min(last), last)
        } else {
            span
        };
        let mut at = if tag.is_empty() { self.last_end } else { tag.end() };
        while at < span.start() {
            match text.get(at) {
                Some(b'|' | b'>') => return Span::new(at, span.end()),
                Some(b'#') if at > 0 && text.get(at - 1).is_some_and(u8::is_ascii_whitespace) => {
                    at = crate::text::line_end(self.document.text, at);
                }
                _ => at += 1,
            }
        }
        span
    }

    fn start(&mut self, kind: Kind, style: StructureStyle, span: Span, tag: Span) {
        let style = if style == StructureStyle::Flow { Style::Flow } else { Style::Block };
        self.all_json &= style == Style::Flow;
        let node = self.push(kind, style, span, tag, NONE);
        self.open.push(Open { node, last_child: NONE });
    }

    fn end(&mut self, span: Span) {
        let Some(open) = self.open.pop() else { return };
        let last = self.document.nodes.get(open.last_child as usize).map(|raw| raw.span.end);
        let Some(raw) = self.document.nodes.get_mut(open.node as usize) else {
            return;
        };
        // A block collection ends with its last value, not where the next token begins.
        raw.span.end = match (raw.style, last) {
            (Style::Flow, _) => span.end,
            (_, Some(last)) => last.max(raw.span.start),
            (_, None) => raw.span.end,
        };
        self.last_end = raw.span.end();
        if raw.kind == Kind::Mapping {
            self.check_keys(open.node);
        }
    }

    fn push(&mut self, kind: Kind, style: Style, span: Span, tag: Span, value: u32) -> u32 {
        self.all_json &= tag.is_empty() && kind != Kind::Alias;
        let id = u32::try_from(self.document.nodes.len()).unwrap_or(NONE);
        let parent = self.open.last().map_or(NONE, |open| open.node);
        self.document.nodes.push(Raw {
            outer_start: if tag.is_empty() { span.start } else { tag.start.min(span.start) },
            span,
            tag,
            kind,
            style,
            value,
            anchored: false,
            parent,
            first_child: NONE,
            next: NONE,
        });
        self.last_end = span.end();
        self.document.aliased |= kind == Kind::Alias;
        if let Some(open) = self.open.last_mut() {
            let before = std::mem::replace(&mut open.last_child, id);
            let link = match before {
                NONE => self.document.nodes.get_mut(open.node as usize).map(|raw| &mut raw.first_child),
                before => self.document.nodes.get_mut(before as usize).map(|raw| &mut raw.next),
            };
            if let Some(link) = link {
                *link = id;
            }
        }
        id
    }

    /// Keys must be text, each only once, and no merges: CloudFormation rejects all three.
    fn check_keys(&mut self, mapping: u32) {
        let Some(node) = self.document.node(super::NodeId(mapping)) else {
            return;
        };
        let mut found = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut many: std::collections::HashSet<&str> = std::collections::HashSet::new();
        for (key, _) in node.entries() {
            let Some(name) = key.as_str() else {
                found.push(
                    Diagnostic::new(Code::SYN007, "a key of a mapping is not a text")
                        .at(key.outer(), "this key")
                        .help("CloudFormation's keys are names: write one"),
                );
                continue;
            };
            let before =
                self.document.text.get(..key.outer().start()).unwrap_or_default().trim_end_matches(' ');
            if before.ends_with('?') && before.len() < key.outer().start() {
                found.push(
                    Diagnostic::new(Code::SYN007, format!("the key `{name}` is written with `?`"))
                        .at(key.outer(), "this key")
                        .help("write `key: value`: an explicit key cannot be edited safely"),
                );
            }
            if name == "<<" && key.style() == Style::Plain {
                found.push(
                    Diagnostic::new(Code::SYN005, "CloudFormation does not read YAML merges (`<<`)")
                        .at(key.outer(), "this merge")
                        .help("write the merged keys out"),
                );
                continue;
            }
            let repeated = if seen.len() < 12 { seen.contains(&name) } else { many.contains(name) };
            if repeated {
                found.push(
                    Diagnostic::new(Code::SYN002, format!("the key `{name}` stands twice in one mapping"))
                        .at(key.outer(), "the second time")
                        .help("keep one of the two: which of them counts is not defined"),
                );
            }
            if seen.len() == 11 {
                many.extend(seen.iter().copied());
            }
            seen.push(name);
            if seen.len() >= 12 {
                many.insert(name);
            }
        }
        self.diagnostics.extend(found);
    }

    fn finish(mut self, complete: bool) -> Parsed<'t> {
        while !self.open.is_empty() {
            self.end(Span::at(self.last_end));
        }
        let flow = self.document.root().is_some_and(|root| root.style() == Style::Flow);
        self.document.json = flow && self.all_json;
        if complete {
            self.check_aliases();
        }
        let complete = complete && !self.diagnostics.iter().any(Diagnostic::is_error);
        Parsed { document: self.document, diagnostics: self.diagnostics, complete }
    }

    /// What all aliases stand for together, counted without expanding them.
    fn check_aliases(&mut self) {
        if self.anchors.is_empty() {
            return;
        }
        let mut sizes = vec![1_usize; self.document.nodes.len()];
        for index in (0..self.document.nodes.len()).rev() {
            let Some(raw) = self.document.nodes.get(index) else {
                continue;
            };
            let (parent, alias) = (raw.parent, raw.kind == Kind::Alias);
            if alias {
                continue;
            }
            let own = sizes.get(index).copied().unwrap_or(1);
            if let Some(above) = sizes.get_mut(parent as usize) {
                *above = above.saturating_add(own);
            }
        }
        // An alias comes after its anchor, so one pass in order sees every target finished.
        let mut expanded = sizes.clone();
        let mut total = 0_usize;
        let mut first = None;
        for (index, raw) in self.document.nodes.iter().enumerate() {
            if raw.kind != Kind::Alias {
                continue;
            }
            let size = expanded.get(raw.value as usize).copied().unwrap_or(1);
            total = total.saturating_add(size);
            if total > ALIAS_LIMIT {
                first = Some(raw.span);
                break;
            }
            let mut above = index;
            while let Some(parent) = self.document.nodes.get(above).map(|raw| raw.parent as usize) {
                let Some(sum) = expanded.get_mut(parent) else {
                    break;
                };
                *sum = sum.saturating_add(size);
                above = parent;
            }
        }
        if let Some(span) = first {
            self.diagnostics.push(
                Diagnostic::new(Code::SYN003, "aliases stand for more than 200,000 values")
                    .at(span, "the limit is passed here")
                    .help("write the values out; CloudFormation's own limit is 1 MB of text"),
            );
            // Whoever walked the tree would walk all that they stand for.
            self.document.nodes.clear();
        }
    }
}

fn is_json_literal(value: &str) -> bool {
    matches!(value, "true" | "false" | "null")
        || value.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'-')
            && value
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<Code> {
        parse(text).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
    }

    #[test]
    fn nodes_know_their_bytes_tags_and_styles() {
        let text = "A: !Sub 'x ''y'''\nB: |\n  # text\n  more\n\nC: &q !If [a, *q2]\nD: [1]\n";
        let parsed = parse(text);
        let root = parsed.document.root().unwrap();
        let a = root.get("A").unwrap();
        assert_eq!((a.tag(), a.as_str()), ("!Sub", Some("x 'y'")));
        assert_eq!(a.outer().slice(text), "!Sub 'x ''y'''");
        let b = root.get("B").unwrap();
        assert_eq!(b.style(), Style::BlockScalar);
        assert!(b.span().slice(text).starts_with("|\n  # text"));
        assert_eq!(b.as_str(), Some("# text\nmore\n"));
        let nested = "A:\n  B: >-\n    x\n    y\n  C: 1\n";
        let parsed_nested = parse(nested);
        let block = parsed_nested.document.root().unwrap().get("A").unwrap().get("B").unwrap();
        assert_eq!(block.span().slice(nested), ">-\n    x\n    y\n");
        let c = root.get("C").unwrap();
        assert_eq!(c.outer().slice(text), "&q !If [a, *q2]");
        assert!(c.is_anchored());
        assert_eq!(parsed.diagnostics.len(), 1, "{:?}", parsed.diagnostics);
    }

    #[test]
    fn json_is_told_from_flow_yaml() {
        assert!(parse("{\"a\": [1, true, -2.5e3, \"x\\u00e9\\/\\ud83d\\ude00\"]}").document.is_json());
        assert!(parse("{\n\t\"a\":\t{}\n}").document.is_json());
        assert!(!parse("{a: 1}").document.is_json());
        assert!(!parse("a: 1").document.is_json());
    }

    #[test]
    fn what_cloudformation_does_not_read_is_said() {
        assert_eq!(codes("a: 1\na: 2\n"), [Code::SYN002]);
        assert_eq!(codes("a:\n\tb: 1\n"), [Code::SYN001]);
        assert_eq!(codes("a: 1\n---\nb: 2\n"), [Code::SYN006]);
        assert_eq!(codes("x: &x {a: 1}\ny:\n  <<: *x\n"), [Code::SYN005]);
        assert_eq!(codes("a: *nowhere\n"), [Code::SYN004]);
        assert_eq!(codes("? [a]\n: 1\n"), [Code::SYN007]);
        assert_eq!(codes(&"[".repeat(2000)), [Code::SYN003]);
    }

    #[test]
    fn an_alias_bomb_is_refused_without_being_expanded() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let before = format!("*a{}, ", level - 1).repeat(10);
            text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
        }
        assert_eq!(codes(&text), [Code::SYN003]);
    }

    #[test]
    fn after_an_error_the_tree_of_what_was_read_remains() {
        let parsed = parse("a: 1\nb:\n  c: [1, 2\nd: }\n");
        assert!(!parsed.complete);
        assert_eq!(parsed.document.root().unwrap().get("a").unwrap().as_str(), Some("1"));
    }
}
