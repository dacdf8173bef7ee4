//! What must hold for every template, tried on generated ones.
//!
//! `PROPTEST_CASES=100000 cargo test -p iam-split-tests --test properties` tries more. A find becomes a
//! case in `tests/cases` or a unit test; proptest keeps its seed in `tests/proptest-regressions.txt`.

use iam_split_core::api::{SplitAnswer, SplitRequest, split};
use iam_split_core::diagnostic::Code;
use iam_split_core::edit::{Edit, EditSet, Reason};
use iam_split_core::text::Span;
use iam_split_tests::fuzz::{self, ORDERS, assert_lossless};
use iam_split_tests::generate::{Choices, Generated, template};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn made(bytes: &[u8]) -> Generated {
    template(&mut Choices::new(bytes))
}

fn request<'t>(generated: &'t Generated, order: usize) -> SplitRequest<'t> {
    SplitRequest {
        template: &generated.text,
        resolve: Some(ORDERS[order % ORDERS.len()].to_vec()),
        all_iam: generated.all_iam,
        ..SplitRequest::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        max_shrink_iters: 4096,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("proptest-regressions.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn parsing_is_lossless(bytes in prop::collection::vec(any::<u8>(), 300..4000)) {
        assert_lossless(&made(&bytes).text);
    }

    #[test]
    fn a_pair_that_is_handed_over_passes_every_check(bytes in prop::collection::vec(any::<u8>(), 300..4000)) {
        fuzz::generated(&bytes);
    }

    #[test]
    fn an_unrelated_change_leaves_the_iam_template_alone(
        bytes in prop::collection::vec(any::<u8>(), 300..4000),
        order in 0..ORDERS.len(),
    ) {
        let generated = made(&bytes);
        if generated.text.starts_with('{') || generated.text.contains("Resources: {") {
            return Ok(());
        }
        let at = generated.text.find("Resources:").unwrap();
        let end = at + generated.text[at..].find('\n').map_or(generated.text.len() - at, |end| end + 1);
        let first = &generated.text[end..];
        let key = first.lines().find(|line| !line.trim().is_empty() && !line.trim().starts_with('#')).unwrap_or_default();
        let indent = key.len() - key.trim_start().len();
        let other = format!("{}Unrelated: {{Type: 'AWS::SNS::Topic'}}\n", " ".repeat(indent));
        let changed = Generated { text: format!("{}{other}{}", &generated.text[..end], first), all_iam: generated.all_iam };
        let (before, after) = (split(&request(&generated, order)), split(&request(&changed, order)));
        match (before, after) {
            (SplitAnswer::Done(before), SplitAnswer::Done(after)) => prop_assert_eq!(before.iam, after.iam),
            (SplitAnswer::Refused { .. }, SplitAnswer::Refused { .. }) => {}
            (before, after) => prop_assert!(false, "{before:?} {after:?}"),
        }
    }

    #[test]
    fn a_broken_text_is_never_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..3000),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 1..6),
        order in 0..ORDERS.len(),
    ) {
        let mut generated = made(&bytes);
        for (index, with) in cuts {
            let at = index.index(generated.text.len().max(1));
            if generated.text.is_char_boundary(at) && generated.text.is_char_boundary(at + 1) {
                let with = if with.is_ascii() { with.to_string() } else { "{[:-#&*!|>'\"%@`,]}".chars().nth(with as usize % 18).unwrap().to_string() };
                generated.text.replace_range(at..at + 1, &with);
            }
        }
        assert_lossless(&generated.text);
        let request = request(&generated, order);
        if let SplitAnswer::Done(done) = split(&request) {
            // What is not understood in the broken text itself may be told; that the pair is wrong may not.
            let wrong = iam_split_core::api::verify(&generated.text, &done);
            prop_assert!(!wrong.iter().any(|fault| fault.code == Code::INT001), "{wrong:#?}\n{}\n--- iam\n{}\n--- app\n{}", generated.text, done.iam, done.app);
        }
    }

    #[test]
    fn edits_conserve_every_byte_that_they_do_not_name(
        text in "[a-zé\n]{0,80}",
        places in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, "[X-Z]{0,3}"), 0..8),
    ) {
        let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let edits: Vec<Edit> = places
            .iter()
            .map(|(index, length, with)| {
                let start = boundary(index.index(text.len() + 1));
                let end = boundary(start + length).max(start);
                Edit { span: Span::new(start, end), text: with.clone(), reason: Reason::Added }
            })
            .collect();
        if let Ok(set) = EditSet::new(edits) {
            let kept: usize = text.len() - set.edits().iter().map(|edit| edit.span.len()).sum::<usize>();
            let added: usize = set.edits().iter().map(|edit| edit.text.len()).sum();
            let result = set.apply(&text);
            prop_assert_eq!(result.len(), kept + added);
            // Without what was added the rest stands in its order.
            let rest: String = result.chars().filter(|c| !matches!(c, 'X'..='Z')).collect();
            let mut wanted = text.clone();
            for edit in set.edits().iter().rev() {
                wanted.replace_range(edit.span.start()..edit.span.end(), "");
            }
            prop_assert_eq!(rest, wanted);
        }
    }
}
