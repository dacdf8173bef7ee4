//! The application template as the difference to its monolith: the edits, line by line.

use std::ops::Range;

use iam_split_core::edit::{EditSet, Reason};

use super::lines::Lines;

/// Lines of the monolith around a change that are shown with it.
const CONTEXT: usize = 3;
/// More removed lines than these are folded.
const FOLD: usize = 6;

/// Lines that change together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hunk {
    /// Lines (from 0) of the monolith that go.
    pub(crate) old: Range<usize>,
    /// Lines (from 0) of the application template that come.
    pub(crate) new: Range<usize>,
    /// Why.
    pub(crate) reasons: Vec<Reason>,
}

/// The hunks of an edit set, in the order of the text: what stands between whole lines that no edit touches.
pub(crate) fn hunks(monolith: &Lines, app: &Lines, edits: &EditSet) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    let mut reasons: Vec<Reason> = Vec::new();
    // The end of the last edit in bytes of each text, and of the last lines that are the same.
    let (mut old_at, mut new_at) = (0, 0);
    let (mut old_line, mut new_line) = (0, 0);
    let end = (monolith.text.len(), String::new(), None);
    let edits = edits.edits().iter();
    let edits =
        edits.map(|edit| (edit.span.start(), edit.text.clone(), Some((edit.span.end(), edit.reason))));
    for (start, text, edit) in edits.chain(std::iter::once(end)) {
        let length = start.saturating_sub(old_at);
        if let Some((old, new, count)) = same_lines(monolith, app, (old_at, new_at), length) {
            if old > old_line || new > new_line {
                let reasons = std::mem::take(&mut reasons);
                hunks.push(Hunk { old: old_line..old, new: new_line..new, reasons });
            }
            reasons.clear();
            (old_line, new_line) = (old + count, new + count);
        }
        if let Some((end, reason)) = edit {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
            (old_at, new_at) = (end, new_at + length + text.len());
        }
    }
    if old_line < monolith.count() || new_line < app.count() {
        hunks.push(Hunk { old: old_line..monolith.count(), new: new_line..app.count(), reasons });
    }
    hunks
}

/// The whole lines in a piece that both texts have: the first in each, and how many.
fn same_lines(
    monolith: &Lines,
    app: &Lines,
    (old, new): (usize, usize),
    length: usize,
) -> Option<(usize, usize, usize)> {
    let piece = monolith.text.get(old..old + length)?;
    let begins = |lines: &Lines, at: usize| lines.start(lines.line_of(at)) == at;
    let first = if begins(monolith, old) && begins(app, new) { 0 } else { piece.find('\n')? + 1 };
    let at_end = old + length == monolith.text.len() && new + length == app.text.len();
    let last = if at_end { length } else { piece.rfind('\n')? + 1 };
    if first >= last {
        return None;
    }
    let from = monolith.line_of(old + first);
    Some((from, app.line_of(new + first), monolith.line_of(old + last - 1) + 1 - from))
}

/// A row of the view.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Row {
    /// A line of both, by its number (from 0) in each.
    Same(usize, usize),
    /// A line of the monolith that went, and what a hunk's first line says.
    Gone(usize, Vec<Reason>),
    /// A line that came.
    Come(usize, Vec<Reason>),
    /// Lines that are not shown, by the number of the fold: how many, and whether they went.
    Fold(usize, usize, bool),
}

/// The rows of a view in which some folds are open.
pub(crate) fn rows(hunks: &[Hunk], old_count: usize, open: &[usize]) -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut old, mut new, mut fold) = (0, 0, 0);
    let mut same = |rows: &mut Vec<Row>, from: (usize, usize), until: usize, last: bool| {
        let (mut old, mut new) = from;
        let head = if old == 0 { 0 } else { CONTEXT };
        let tail = if last { 0 } else { CONTEXT };
        let hidden = (until - old).saturating_sub(head + tail);
        let (number, shown_until) = (fold, old + head);
        if hidden > 2 {
            fold += 1;
        }
        while old < until {
            if hidden > 2 && old == shown_until && !open.contains(&number) {
                rows.push(Row::Fold(number, hidden, false));
                old += hidden;
                new += hidden;
                continue;
            }
            rows.push(Row::Same(old, new));
            old += 1;
            new += 1;
        }
    };
    // Folds of removed lines are numbered after all others.
    for (at, hunk) in hunks.iter().enumerate() {
        same(&mut rows, (old, new), hunk.old.start, false);
        let mut reasons = hunk.reasons.clone();
        let number = usize::MAX - at;
        let hidden = if open.contains(&number) { 0 } else { hunk.old.len().saturating_sub(FOLD) };
        let hidden = if hidden > 2 { hidden } else { 0 };
        for line in hunk.old.clone() {
            let into = line - hunk.old.start;
            if hidden > 0 && into == 3 {
                rows.push(Row::Fold(number, hidden, true));
            }
            if hidden > 0 && (3..3 + hidden).contains(&into) {
                continue;
            }
            rows.push(Row::Gone(line, std::mem::take(&mut reasons)));
        }
        for line in hunk.new.clone() {
            rows.push(Row::Come(line, std::mem::take(&mut reasons)));
        }
        (old, new) = (hunk.old.end, hunk.new.end);
    }
    same(&mut rows, (old, new), old_count.max(old), true);
    rows
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test fails loudly")]

    use iam_split_core::api::{SplitAnswer, SplitRequest, split};

    use super::*;

    /// The rows without folds tell both texts: what is the same is the same, and nothing is left out.
    fn check(template: &str, config: Option<&str>) {
        let answer = split(&SplitRequest { template, config, ..SplitRequest::default() });
        let SplitAnswer::Done(split) = answer else { panic!("it can be split: {answer:?}") };
        let (monolith, app) = (Lines::new(template.into()), Lines::new(split.app.as_str().into()));
        let hunks = hunks(&monolith, &app, &split.documents.app);
        let all: Vec<usize> = (0..10_000).chain((0..hunks.len()).map(|at| usize::MAX - at)).collect();
        let (mut old, mut new) = (0, 0);
        for row in rows(&hunks, monolith.count(), &all) {
            match row {
                Row::Same(in_old, in_new) => {
                    assert_eq!((in_old, in_new), (old, new));
                    assert_eq!(monolith.line(old), app.line(new));
                    (old, new) = (old + 1, new + 1);
                }
                Row::Gone(line, _) => {
                    assert_eq!(line, old);
                    old += 1;
                }
                Row::Come(line, _) => {
                    assert_eq!(line, new);
                    new += 1;
                }
                Row::Fold(..) => panic!("all folds are open"),
            }
        }
        assert_eq!((old, new), (monolith.count(), app.count()));
        let folded = rows(&hunks, monolith.count(), &[]);
        assert!(folded.len() <= old + new);
    }

    #[test]
    fn a_difference_tells_both_texts() {
        let example = include_str!("../../../examples/quilt/quilt.yaml");
        check(example, Some(include_str!("../../../examples/quilt/config.yaml")));
        let small = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties: {}\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Role: !GetAtt R.Arn}";
        check(small, None);
        check(&small.replace('\n', "\r\n"), None);
        check(
            r#"{"Resources": {"R": {"Type": "AWS::IAM::Role"}, "F": {"Type": "T", "DependsOn": "R", "Properties": {"X": {"Ref": "R"}}}}}"#,
            None,
        );
        check(
            "{\n \"Resources\": {\n  \"F\": {\"Type\": \"AWS::Lambda::Function\",\n   \"Properties\": {\"Role\": {\"Fn::GetAtt\": [\"R\", \"Arn\"]}}},\n  \"R\": {\"Type\": \"AWS::IAM::Role\"}\n }\n}\n",
            None,
        );
    }
}
