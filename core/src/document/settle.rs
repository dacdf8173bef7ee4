//! From the edits that were asked for to a sound set: what stands in removed text falls away, and an
//! alias whose anchor is removed becomes the anchor's text.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::edit::{Edit, EditSet, Overlap, Reason};
use crate::syntax::{Items, Kind, Node, NodeId, Style};
use crate::template::Template;
use crate::text::{Span, line_start, newline_of};

/// Makes the set of a document.
///
/// # Errors
/// Aliases that cannot be carried over (`ANC001`), or edits that overlap (`INT001`).
pub(super) fn settle(template: &Template<'_, '_>, edits: Vec<Edit>) -> Result<EditSet, Vec<Diagnostic>> {
    let is_removal = |edit: &Edit| {
        edit.text.is_empty()
            && !edit.span.is_empty()
            && matches!(edit.reason, Reason::BelongsToOther | Reason::Attached | Reason::DependsOn)
    };
    let (mut removals, others): (Vec<Edit>, Vec<Edit>) = edits.into_iter().partition(is_removal);
    removals.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let is_removed = |span: Span| {
        let at = removals.partition_point(|removal| removal.span.end <= span.start);
        // An insertion where a removal begins or ends stays.
        let inside = |removal: &Edit| {
            removal.span.contains(span) && (!span.is_empty() || removal.span.start < span.start)
        };
        removals.get(at).is_some_and(inside)
    };
    let (fallen, mut kept): (Vec<Edit>, Vec<Edit>) =
        others.into_iter().partition(|edit| is_removed(edit.span));
    let mut found = Vec::new();
    let mut written: HashSet<NodeId> = HashSet::new();
    let aliased = template.document.has_aliases();
    for node in template.document.nodes().take_while(|_| aliased) {
        let Some(target) = node.alias_target() else {
            continue;
        };
        if !is_removed(target.outer()) || is_removed(node.outer()) || !written.insert(target.id()) {
            continue;
        }
        match carried(node, target, &fallen) {
            Some(text) => kept.push(Edit { span: node.outer(), text, reason: Reason::Alias }),
            None => found.push(
                Diagnostic::new(Code::ANC001, "an alias and its anchor would stand in different templates")
                    .at(node.outer(), "this alias")
                    .at(head(target), "stands for this")
                    .help("write the value out where the alias stands"),
            ),
        }
    }
    if !found.is_empty() {
        return Err(found);
    }
    kept.extend(removals);
    EditSet::new(kept).map_err(|overlap| vec![overlapping(template, &overlap)])
}

/// One anchor that needs two different texts is the user's to write out; any other overlap is ours.
fn overlapping(template: &Template<'_, '_>, overlap: &Overlap) -> Diagnostic {
    let place = overlap.second.span;
    let aliased =
        template.document.nodes().filter_map(Node::alias_target).any(|target| target.outer().contains(place));
    if aliased {
        return Diagnostic::new(Code::ANC001, "an anchor would need different texts for its aliases")
            .at(place, "in this value")
            .help("write the value out where its alias stands");
    }
    Diagnostic::new(Code::INT001, overlap.to_string()).at(place, "here")
}

/// The first line of a node, to mark it.
fn head(node: Node<'_, '_>) -> Span {
    let outer = node.outer();
    let line = outer.slice(node.document().text()).find('\n').unwrap_or(outer.len());
    Span::new(outer.start(), outer.start() + line)
}

/// The text of an anchor for the place of an alias, with the edits that lie in it.
fn carried(alias: Node<'_, '_>, target: Node<'_, '_>, fallen: &[Edit]) -> Option<String> {
    let document = alias.document();
    let source = document.text();
    let outer = target.outer();
    // Anchors and aliases inside would need the same care again.
    let nested = document.nodes().any(|node| {
        node.id() != target.id()
            && outer.contains(node.outer())
            && (node.is_anchored() || node.kind() == Kind::Alias)
    });
    let in_flow = alias.parent().is_some_and(|parent| parent.style() == Style::Flow);
    let is_block = matches!(target.style(), Style::Block | Style::BlockScalar);
    if nested || (in_flow && is_block) {
        return None;
    }
    let mut inner: Vec<&Edit> = fallen.iter().filter(|edit| outer.contains(edit.span)).collect();
    inner.sort_by_key(|edit| (edit.span.start, edit.span.end));
    inner.dedup_by(|second, first| second == first && !first.span.is_empty());
    let mut text = String::new();
    let mut at = outer.start();
    for edit in inner {
        text.push_str(source.get(at..edit.span.start())?);
        text.push_str(&edit.text);
        at = edit.span.end();
    }
    text.push_str(source.get(at..outer.end())?);
    if !is_block {
        return Some(text);
    }
    Some(set_in(alias, target, &text))
}

/// A block's lines, moved below the key or dash of the alias.
fn set_in(alias: Node<'_, '_>, target: Node<'_, '_>, text: &str) -> String {
    let source = alias.document().text();
    let column = |offset: usize| offset - line_start(source, offset);
    let owner = match alias.key() {
        Some(key) => column(key.span().start()),
        None => {
            let line = line_start(source, alias.span().start());
            let before = source.get(line..alias.span().start()).unwrap_or_default();
            before.len() - before.trim_start().len()
        }
    };
    // The column of what the block's lines have in common.
    let from = if target.style() == Style::Block {
        Items::of_text(target, source).indent()
    } else {
        let first = text.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default();
        first.len() - first.trim_start().len()
    };
    let indent = " ".repeat(owner + 2);
    let mut result = String::new();
    for (number, line) in text.trim_end().split_inclusive('\n').enumerate() {
        if number == 0 {
            result.push_str(line);
            continue;
        }
        let blank = line.len() - line.trim_start_matches(' ').len();
        if !line.trim_end_matches(['\r', '\n']).is_empty() {
            result.push_str(&indent);
        }
        result.push_str(line.get(blank.min(from)..).unwrap_or_default());
    }
    // A block whose first key stood on the line of its anchor has no such line to begin with.
    if target.style() == Style::Block
        && !text.lines().next().is_some_and(|line| line.trim_start().starts_with(['&', '!']))
    {
        result.insert_str(0, &format!("{}{indent}", newline_of(source)));
    }
    result
}
