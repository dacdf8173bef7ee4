//! Edits of a source text: sorted, disjoint, each with a name.
//!
//! A document that we write is the source with edits applied, so what no edit names is the same
//! bytes. Overlap is an error of ours, found when a set is made, never silently resolved.

use serde::Serialize;

use crate::text::Span;

/// Why a piece of text changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The piece belongs to the other document and stands there.
    BelongsToOther,
    /// A reference to a moved resource became one to its parameter.
    ReferenceToParameter,
    /// A role's name is taken out of its ARN.
    NameFromArn,
    /// A `DependsOn` that names a resource of the other template went.
    DependsOn,
    /// A reference to an application resource became its name or ARN.
    Bridge,
    /// A statement stands in a `RolePolicy` of the application template.
    Attached,
    /// A resource of the application waits for such a policy.
    WaitsFor,
    /// A resource of the application waits still for what it waited for through something that moved.
    WaitsStill,
    /// An output of the IAM stack is read in the place of a reference.
    ReferenceToOutput,
    /// A pattern over buckets is held to the account.
    Guard,
    /// The configuration gives it to all that moves: a boundary, a path, tags, the length of sessions.
    Given,
    /// An alias whose anchor is in the other template became its text.
    Alias,
    /// The stack's own name or id became the application stack's.
    StackName,
    /// New declarations: parameters, outputs, a parameter group, metadata.
    Added,
    /// The IAM template's own description.
    Description,
    /// Blank lines around removed text.
    Layout,
}

impl Reason {
    /// The name as written in reports and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BelongsToOther => "belongs-to-other",
            Self::ReferenceToParameter => "reference-to-parameter",
            Self::NameFromArn => "name-from-arn",
            Self::DependsOn => "depends-on",
            Self::Bridge => "bridge",
            Self::Attached => "attached",
            Self::WaitsFor => "waits-for",
            Self::WaitsStill => "waits-still",
            Self::ReferenceToOutput => "reference-to-output",
            Self::Guard => "guard",
            Self::Given => "given",
            Self::Alias => "alias",
            Self::StackName => "stack-name",
            Self::Added => "added",
            Self::Description => "description",
            Self::Layout => "layout",
        }
    }
}

/// A replacement of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty range inserts.
    pub span: Span,
    /// The new text.
    pub text: String,
    /// Why.
    pub reason: Reason,
}

/// Two edits that touch the same bytes: a fault of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The earlier one.
    pub first: Edit,
    /// The later one.
    pub second: Edit,
}

impl std::fmt::Display for Overlap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = |edit: &Edit| format!("{} at {}..{}", edit.reason.name(), edit.span.start, edit.span.end);
        write!(f, "the edits {} and {} overlap", place(&self.first), place(&self.second))
    }
}

impl std::error::Error for Overlap {}

/// Sorted, disjoint edits.
#[derive(Clone, Debug, Default)]
pub struct EditSet {
    edits: Vec<Edit>,
}

impl EditSet {
    /// Sorts the edits; insertions at one place keep their order.
    ///
    /// # Errors
    /// Where two edits touch the same bytes.
    pub fn new(mut edits: Vec<Edit>) -> Result<Self, Box<Overlap>> {
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        // One anchor, many aliases: the same replacement may be asked for once for each.
        edits.dedup_by(|second, first| second == first && !first.span.is_empty());
        for pair in edits.windows(2) {
            if let [first, second] = pair
                && second.span.start < first.span.end
            {
                return Err(Box::new(Overlap { first: first.clone(), second: second.clone() }));
            }
        }
        Ok(Self { edits })
    }

    /// The edits in the order of the text.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Where an offset of the text with the edits applied is in the text before; within what was put in, where that was.
    #[must_use]
    pub fn before(&self, offset: u32) -> u32 {
        let mut moved = 0_i64;
        for edit in &self.edits {
            let start = i64::from(edit.span.start) + moved;
            let length = i64::try_from(edit.text.len()).unwrap_or(i64::MAX);
            if i64::from(offset) < start {
                break;
            }
            if i64::from(offset) < start + length {
                return edit.span.start;
            }
            moved += length - i64::try_from(edit.span.len()).unwrap_or(0);
        }
        u32::try_from(i64::from(offset) - moved).unwrap_or(0)
    }

    /// Writes the line ends of what was added in another way.
    pub fn with_line_ends(&mut self, newline: &str) {
        for edit in &mut self.edits {
            edit.text = edit.text.replace('\n', newline);
        }
    }

    /// The source with the edits applied.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let added: usize = self.edits.iter().map(|edit| edit.text.len()).sum();
        let removed: usize = self.edits.iter().map(|edit| edit.span.len()).sum();
        let mut result = String::with_capacity((text.len() + added).saturating_sub(removed));
        let mut at = 0;
        for edit in &self.edits {
            result.push_str(text.get(at..edit.span.start()).unwrap_or_default());
            result.push_str(&edit.text);
            at = edit.span.end();
        }
        result.push_str(text.get(at..).unwrap_or_default());
        result
    }
}

/// The conservation rule: every byte of the source lands in one of the two documents or in an edit
/// that has a name. Gives the ranges that break it: removed from both as "belongs to the other".
#[must_use]
pub fn lost_bytes(left: &EditSet, right: &EditSet) -> Vec<Span> {
    let moved = |set: &EditSet| -> Vec<Span> {
        let edits = set.edits.iter();
        edits.filter(|edit| edit.reason == Reason::BelongsToOther).map(|edit| edit.span).collect()
    };
    let (left, right) = (moved(left), moved(right));
    let mut lost = Vec::new();
    let mut at = 0;
    for span in left {
        while right.get(at).is_some_and(|other| other.end <= span.start) {
            at += 1;
        }
        for other in right.iter().skip(at).take_while(|other| other.start < span.end) {
            lost.push(Span { start: span.start.max(other.start), end: span.end.min(other.end) });
        }
    }
    lost
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit { span: Span::new(start, end), text: text.to_owned(), reason: Reason::BelongsToOther }
    }

    #[test]
    fn edits_apply_in_the_order_of_the_text() {
        let set = EditSet::new(vec![edit(4, 6, "X"), edit(0, 1, ""), edit(6, 6, "a"), edit(6, 6, "b")]);
        assert_eq!(set.unwrap().apply("0123456789"), "123Xab6789");
    }

    #[test]
    fn overlap_is_an_error() {
        assert!(EditSet::new(vec![edit(0, 3, ""), edit(2, 4, "")]).is_err());
        assert!(EditSet::new(vec![edit(0, 3, ""), edit(3, 4, "")]).is_ok());
    }

    #[test]
    fn bytes_that_both_documents_leave_to_the_other_are_lost() {
        let left = EditSet::new(vec![edit(0, 4, ""), edit(8, 9, "")]).unwrap();
        let right = EditSet::new(vec![edit(3, 5, ""), edit(6, 8, "")]).unwrap();
        assert_eq!(lost_bytes(&left, &right), [Span::new(3, 4)]);
    }
}
