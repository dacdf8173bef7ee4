//! Random releases against the evaluator of requests.
//!
//! `RELEASES=10000 cargo test -p iam-split-tests --test releases` tries more; `FIRST=n` begins at another seed.

use iam_split_tests::releases::{Count, Kind, check};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn run(kind: Kind, share: f64) {
    let first = number("FIRST", 1);
    let mut count = Count::default();
    for seed in first..first + number("RELEASES", 1_000) {
        check(seed, kind, &mut count);
    }
    let Count { releases, no_more, more, cannot_tell, .. } = count;
    println!("{kind:?}: {releases} releases, {no_more} no more, {more} more, {cannot_tell} cannot tell");
    assert!(
        count.wrong.is_empty(),
        "{} wrong:\n{}",
        count.wrong.len(),
        count.wrong[..count.wrong.len().min(5)].join("\n")
    );
    assert!(no_more > releases / 20 && more > releases / 20, "the releases are of one kind");
    assert!((cannot_tell as f64) < releases as f64 * share, "{cannot_tell} of {releases} are not told");
}

#[test]
fn without_intrinsics_all_is_told() {
    run(Kind::default(), 0.02);
}

#[test]
fn with_intrinsics_nearly_all_is_told() {
    run(Kind { intrinsics: true, ..Kind::default() }, 0.1);
}

#[test]
fn what_only_aws_knows_is_never_taken_for_granted() {
    run(Kind { managed: true, ..Kind::default() }, 1.0);
}
