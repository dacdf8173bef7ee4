//! Random releases against the evaluator of requests, by hand: `releases [HOW MANY] [FIRST SEED]`.

use iam_split_tests::releases::{Count, Kind, check};

fn main() {
    let given: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let (many, first) = (given.first().copied().unwrap_or(10_000), given.get(1).copied().unwrap_or(1));
    let mut wrong = 0;
    for kind in [
        Kind::default(),
        Kind { intrinsics: true, ..Kind::default() },
        Kind { managed: true, ..Kind::default() },
        Kind { managed: true, intrinsics: true },
    ] {
        let mut count = Count::default();
        for seed in first..first + many {
            check(seed, kind, &mut count);
        }
        let Count { releases, no_more, more, cannot_tell, .. } = count;
        println!(
            "{kind:?}: {releases} releases, {no_more} no more, {more} more, {cannot_tell} cannot tell, {} wrong",
            count.wrong.len()
        );
        count.wrong.iter().take(4).for_each(|one| println!("  {one}"));
        wrong += count.wrong.len();
    }
    std::process::exit(i32::from(wrong > 0));
}
