//! How long a split with its proof takes natively, to compare the browser with.
//!
//! `cargo bench -p iam-split-core --bench proven -- TEMPLATE CONFIG MODES` prints the median of 15 runs in
//! milliseconds; without arguments it measures the example.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark: it reads files and clocks, and prints"
)]

use std::hint::black_box;
use std::time::Instant;

use iam_split_core::api::{SplitAnswer, SplitRequest, split_proven};
use iam_split_core::config::Resolution;

fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/quilt");
    let (template, config) = match given.as_slice() {
        [template, config, ..] => (template.clone(), config.clone()),
        _ => (format!("{example}/quilt.yaml"), format!("{example}/config.yaml")),
    };
    let resolve = given.get(2).map(|modes| Resolution::parse_list(modes).unwrap());
    let template = std::fs::read_to_string(template).unwrap();
    let config = std::fs::read_to_string(config).unwrap();
    let request = SplitRequest {
        template: &template,
        config: Some(&config),
        resolve,
        allow_missing: true,
        ..SplitRequest::default()
    };
    let mut times: Vec<f64> = (0..15)
        .map(|_| {
            let start = Instant::now();
            let answer = black_box(split_proven(black_box(&request)));
            let time = start.elapsed().as_secs_f64() * 1000.0;
            assert!(matches!(answer, SplitAnswer::Done(_)), "it is split");
            time
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{:.2}", times[times.len() / 2]);
}
