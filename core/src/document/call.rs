//! Calls of intrinsic functions, rewritten in the form in which they are written.

use super::sheet::Sheet;
use crate::edit::Reason;
use crate::expression::Expr;
use crate::syntax::{Kind, Node, Style};
use crate::template::{Call, Form, Piece, pieces};
use crate::text::{Span, free, line_start};
use crate::writer::{Writer, sub_text};

impl<'d> Sheet<'_, 'd, '_> {
    /// `GetAtt X.Arn` becomes `Ref P`: tag or key and argument change, quotes stay.
    pub(super) fn write_ref(&mut self, call: &Call<'d, '_>, parameter: &str, reason: Reason) {
        let argument = call.argument;
        if argument.kind() == Kind::Scalar {
            if call.name != "Ref" {
                let name = if call.form == Form::Short { "!Ref" } else { "Ref" };
                let span = if call.form == Form::Short { call.name_span() } else { key_text(call) };
                self.replace(span, name, reason);
            }
            self.replace(argument.written(), parameter, reason);
            return;
        }
        let (start, name) = match call.form {
            Form::Short => (call.name_span().start(), "!Ref ".to_owned()),
            Form::Long if self.writer.json => (call.name_span().start(), "\"Ref\": ".to_owned()),
            Form::Long => (call.name_span().start(), "Ref: ".to_owned()),
        };
        let value = if self.writer.json { format!("\"{parameter}\"") } else { parameter.to_owned() };
        self.replace(Span::new(start, argument.span().end()), format!("{name}{value}"), reason);
    }

    /// The whole call becomes another expression.
    pub(super) fn write_expr(&mut self, call: &Call<'d, '_>, expr: &Expr, reason: Reason) {
        let text = if call.is_block() { self.writer.long_call(expr) } else { None };
        let mut text = text.unwrap_or_else(|| self.writer.line(expr));
        // `!Base64 {Ref: X}`: the tag of the call around it stands before it, and takes no other.
        if call.form == Form::Long && !call.node.tag().is_empty() && text.starts_with('!') {
            text = Writer { json: true, ..self.writer }.line(expr);
        }
        let anchor = anchor_of(call.node, self.source());
        self.replace(call.whole(), format!("{anchor}{text}"), reason);
    }

    /// `${…}` in a `Sub` text becomes an expression: in the text where it fits, else as a variable,
    /// called `wanted` if that name is free. Gives the variable that the call then needs.
    pub(super) fn in_sub(
        &mut self,
        call: &Call<'d, '_>,
        place: Span,
        expr: &Expr,
        wanted: &str,
        reason: Reason,
    ) -> Option<(String, Expr)> {
        if expr.fits_sub_text() && !is_captured(call, expr) {
            let scalar = sub_scalar(call);
            let end = scalar.map_or(place.end(), |scalar| scalar.span().end());
            let behind = self.source().get(place.end()..end).unwrap_or_default();
            let (text, _) = sub_text(&flat(expr), behind.contains('}'));
            let text = escaped(scalar.map(Node::style), &text);
            self.replace(place, text, reason);
            return None;
        }
        let written = place.slice(self.source());
        let inside = written.trim_start_matches("${").trim_end_matches('}').trim();
        let name = self.free_variable(call, wanted, inside);
        if name != inside {
            self.replace(place, format!("${{{name}}}"), reason);
        }
        Some((name, expr.clone()))
    }

    /// A name for a new variable that hides nothing which the text means, or may come to mean; `own` is
    /// what stands at its place.
    fn free_variable(&self, call: &Call<'_, '_>, wanted: &str, own: &str) -> String {
        let text = sub_scalar(call).and_then(Node::as_str).unwrap_or_default();
        let used: Vec<&str> = pieces(text)
            .filter_map(|piece| match piece {
                Piece::Variable(name, _) if name != own => Some(name),
                _ => None,
            })
            .collect();
        let map = sub_map(call);
        let taken = |name: &str| {
            used.contains(&name) || self.is_name(name) || map.is_some_and(|map| map.get(name).is_some())
        };
        free(wanted, taken)
    }

    /// Gives a `Sub` more variables: its map grows, or its text becomes a list of text and map.
    pub(super) fn add_variables(
        &mut self,
        call: &Call<'d, '_>,
        variables: &[(String, Expr)],
        reason: Reason,
    ) {
        if variables.is_empty() {
            return;
        }
        let argument = call.argument;
        if argument.kind() == Kind::Sequence {
            if let Some(map) = argument.items().nth(1) {
                let map = map.resolved();
                if self.source().as_bytes().get(map.span().start()) == Some(&b'{')
                    || map.style() == Style::Block
                {
                    let stays = vec![true; map.entries().count()];
                    self.append_as(map, &stays, variables, reason);
                } else {
                    // `[text, V: x]`: a mapping of one pair needs no braces, of more it does.
                    let more = self.writer.line(&Expr::Map(variables.to_vec()));
                    self.replace(Span::at(map.span().start()), "{", reason);
                    self.replace(
                        Span::at(map.span().end()),
                        format!(", {}", more.trim_start_matches('{')),
                        reason,
                    );
                }
            }
            return;
        }
        let map = Expr::Map(variables.to_vec());
        if argument.style() == Style::BlockScalar {
            self.wrap_block(call, &map, reason);
            return;
        }
        let (open, close) = if argument.style() == Style::Plain {
            // A comma or bracket of plain text would end it inside a list.
            let written = argument.span();
            for (at, _) in written.slice(self.source()).match_indices('\'') {
                self.replace(Span::at(written.start() + at), "'", reason);
            }
            ("['", "'")
        } else {
            ("[", "")
        };
        self.replace(Span::at(argument.span().start()), open, reason);
        let end = format!("{close}, {}]", self.writer.line(&map));
        self.replace(Span::at(argument.span().end()), end, reason);
    }

    /// `!Sub |` with its lines becomes a list of that block, set deeper, and the map.
    fn wrap_block(&mut self, call: &Call<'d, '_>, map: &Expr, reason: Reason) {
        let text = self.source();
        let argument = call.argument.span();
        let head = call.name_span();
        // The key, or the dash of a list, that the block belongs to.
        let line = line_start(text, head.start());
        let owner = match (call.form, call.node.key()) {
            (Form::Long, _) => head.start() - line,
            (Form::Short, Some(key)) => key.span().start() - line_start(text, key.span().start()),
            _ => {
                let before = text.get(line..head.start()).unwrap_or_default();
                before.len() - before.trim_start().len()
            }
        };
        self.strip_last_line(argument.end());
        let newline = self.writer.newline;
        let indent = " ".repeat(owner + self.writer.step);
        let after = if call.form == Form::Long {
            text.get(head.end()..argument.start())
                .and_then(|between| between.find(':'))
                .map_or(head.end(), |at| head.end() + at + 1)
        } else {
            head.end()
        };
        self.replace(Span::new(after, argument.start()), format!("{newline}{indent}- "), reason);
        let deeper = " ".repeat(self.writer.step);
        let mut at = argument.start() + self.rest_of_line(argument.start()).len();
        while at < argument.end() {
            let rest = self.rest_of_line(at);
            // Blanks beyond the indentation are text of the block.
            if !rest.trim_end_matches(['\r', '\n']).is_empty() {
                self.replace(Span::at(at), deeper.clone(), reason);
            }
            at += rest.len();
        }
        let open = if text.get(..argument.end()).is_some_and(|before| before.ends_with('\n')) {
            ""
        } else {
            newline
        };
        let item = format!(
            "{open}{indent}- {}{}",
            self.writer.line(map),
            if open.is_empty() { newline } else { "" }
        );
        self.replace(Span::at(argument.end()), item, reason);
    }
}

/// A text as a scalar of a style has to write it.
fn escaped(style: Option<Style>, text: &str) -> String {
    match style {
        Some(Style::Single) => text.replace('\'', "''"),
        Some(Style::Double) => text.replace('\\', "\\\\").replace('"', "\\\""),
        _ => text.to_owned(),
    }
}

/// The text of a `Sub`.
fn sub_scalar<'d, 't>(call: &Call<'d, 't>) -> Option<Node<'d, 't>> {
    if call.argument.kind() == Kind::Scalar { Some(call.argument) } else { call.argument.items().next() }
}

/// The variables that a `Sub` defines.
fn sub_map<'d, 't>(call: &Call<'d, 't>) -> Option<Node<'d, 't>> {
    call.argument.items().nth(1).map(Node::resolved)
}

/// Whether a variable of the `Sub` would hide a name that the expression means.
fn is_captured(call: &Call<'_, '_>, expr: &Expr) -> bool {
    let Some(map) = sub_map(call) else {
        return false;
    };
    let mut captured = false;
    expr.walk(&mut |part| match part {
        Expr::Ref(name) => captured |= map.get(name).is_some(),
        Expr::GetAtt(name, attribute) => {
            captured |= map.get(&format!("{name}.{attribute}")).is_some();
        }
        _ => {}
    });
    captured
}

fn flat(expr: &Expr) -> Vec<Expr> {
    match expr {
        Expr::Concat(parts) => parts.clone(),
        other => vec![other.clone()],
    }
}

/// The bytes of a long form's key between its quotes.
fn key_text(call: &Call<'_, '_>) -> Span {
    call.node.only_entry().map_or(call.node.span(), |(key, _)| key.written())
}

/// `&name ` of a node that defines an anchor, so that a replacement keeps it.
fn anchor_of(node: Node<'_, '_>, text: &str) -> String {
    if !node.is_anchored() {
        return String::new();
    }
    let before = Span { start: node.outer().start, end: node.span().start };
    let word = before.slice(text).split_whitespace().find(|word| word.starts_with('&'));
    word.map_or(String::new(), |word| format!("{word} "))
}
