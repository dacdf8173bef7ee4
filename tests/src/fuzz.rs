//! What the fuzz targets and the properties assert, callable from both.

use iam_split_core::api::{SplitAnswer, SplitRequest, split, verify};
use iam_split_core::config::Resolution::{self, Attach, Exact, Keep, Pattern, TwoPhase};
use iam_split_core::syntax::{Kind, Node, parse};

use crate::check::problems;
use crate::generate::{Choices, template};

/// The orders of resolutions that are tried.
pub const ORDERS: [&[Resolution]; 6] = [
    &[Exact],
    &[Exact, Pattern],
    &[Exact, TwoPhase],
    &[Exact, Attach, TwoPhase],
    &[Exact, Pattern, Keep],
    &[Exact, Pattern, TwoPhase, Attach, Keep],
];

/// Any bytes: the first chooses how, the rest is the text.
pub fn text(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    assert_lossless(text);
    let request = SplitRequest {
        template: text,
        resolve: Some(ORDERS[usize::from(*first) % ORDERS.len()].to_vec()),
        all_iam: *first >= 128,
        ..SplitRequest::default()
    };
    if let SplitAnswer::Done(done) = split(&request) {
        let wrong = verify(text, &done);
        assert!(
            !wrong.iter().any(|fault| fault.is_error()),
            "{wrong:#?}\n--- iam\n{}\n--- app\n{}",
            done.iam,
            done.app
        );
    }
}

/// Bytes that make a sound template.
pub fn generated(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let made = template(&mut Choices::new(rest));
    let request = SplitRequest {
        template: &made.text,
        resolve: Some(ORDERS[usize::from(*first) % ORDERS.len()].to_vec()),
        all_iam: made.all_iam,
        ..SplitRequest::default()
    };
    match split(&request) {
        SplitAnswer::Done(done) => {
            let found = problems(&made.text, &request, &done);
            assert!(
                found.is_empty(),
                "{found:#?}\n--- monolith\n{}\n--- iam\n{}\n--- app\n{}",
                made.text,
                done.iam,
                done.app
            );
        }
        SplitAnswer::Refused { diagnostics } => {
            // What is generated is sound: only crossings that do not fit are refused.
            let mut codes =
                diagnostics.iter().filter(|found| found.is_error()).map(|found| found.code.as_str());
            assert!(
                codes.all(|code| ["CYC001", "CYC002", "SEL001"].contains(&code)),
                "{diagnostics:#?}\n{}",
                made.text
            );
        }
    }
}

/// Every node lies in its parent, after its elder siblings, and reads as what it is.
pub fn assert_lossless(text: &str) {
    let parsed = parse(text);
    for node in parsed.document.nodes() {
        let outer = node.outer();
        assert!(outer.end() <= text.len() && outer.start() <= outer.end());
        assert!(text.is_char_boundary(outer.start()) && text.is_char_boundary(outer.end()));
        if let Some(parent) = node.parent() {
            assert!(parent.outer().contains(outer), "{parent:?} does not hold {node:?}");
        }
        let children: Vec<Node<'_, '_>> = node.children().collect();
        for pair in children.windows(2) {
            assert!(pair[0].outer().end <= pair[1].outer().start, "{:?} {:?}", pair[0], pair[1]);
        }
        // A plain text may read otherwise where it stands alone.
        let alone = node.span().slice(text);
        if node.kind() == Kind::Scalar
            && parsed.complete
            && !alone.contains('\n')
            && alone.starts_with(['\'', '"'])
        {
            let again = parse(alone);
            assert_eq!(again.document.root().and_then(Node::as_str), node.as_str(), "{alone}");
        }
    }
}
