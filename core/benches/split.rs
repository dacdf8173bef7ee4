//! What a split costs, as ratios within one run: machines differ from day to day.
//!
//! `cargo bench -p iam-split-core` prints, for the example, for the real template (if it is there)
//! and for templates that grow to 500 resources: the bare event parse, the split, their ratio, and the peak
//! heap of a split as a multiple of the input; then the validation with its proof, and its ratio to
//! the split.
#![allow(
    unsafe_code,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    missing_docs,
    reason = "a benchmark: it reads files and clocks, counts allocations and prints"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use granit_parser::{Parser, options};
use iam_split_core::api::{SplitAnswer, SplitRequest, ValidateRequest, check_rules, split, validate};
use iam_split_core::config::Resolution;

struct Counting;

/// Whether allocations are counted: not while times are taken.
static ON: AtomicBool = AtomicBool::new(false);
static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged; only sizes are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ON.load(Ordering::Relaxed) {
            let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
            PEAK.fetch_max(now, Ordering::Relaxed);
        }
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if ON.load(Ordering::Relaxed) {
            NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        }
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs both by turns and gives the medians: what slows one slows the other.
fn paired(mut first: impl FnMut(), mut second: impl FnMut()) -> (Duration, Duration) {
    let (mut of_first, mut of_second) = (Vec::new(), Vec::new());
    for _ in 0..60 {
        let start = Instant::now();
        first();
        of_first.push(start.elapsed());
        let start = Instant::now();
        second();
        of_second.push(start.elapsed());
    }
    of_first.sort();
    of_second.sort();
    (of_first[30], of_second[30])
}

fn parse(text: &str) {
    for event in Parser::new_from_str_with_options(text, options! { emit_comments: false }) {
        black_box(event.unwrap());
    }
}

fn answer<'t>(text: &'t str, config: Option<&'t str>) -> SplitAnswer {
    let resolve = Some(vec![Resolution::Exact, Resolution::Pattern]);
    split(&SplitRequest { template: text, config, resolve, allow_missing: true, ..SplitRequest::default() })
}

fn measure(name: &str, text: &str, config: Option<&str>) {
    let SplitAnswer::Done(pair) = answer(text, config) else { panic!("{name} is refused") };
    let proof = ValidateRequest {
        iam: &pair.iam,
        app: &pair.app,
        monolith: Some(text),
        config,
        ..ValidateRequest::default()
    };
    assert!(validate(&proof).proven.is_some_and(|proven| proven > 0), "{name} is not proven");
    let (bare, whole) = paired(|| parse(text), || drop(black_box(answer(text, config))));
    NOW.store(0, Ordering::Relaxed);
    PEAK.store(0, Ordering::Relaxed);
    ON.store(true, Ordering::Relaxed);
    drop(black_box(answer(text, config)));
    ON.store(false, Ordering::Relaxed);
    let peak = PEAK.load(Ordering::Relaxed);
    println!(
        "{name:<24} {:>8} bytes  parse {:>8.3} ms  split {:>8.3} ms  ratio {:>5.2}  heap {:>5.2} x input",
        text.len(),
        bare.as_secs_f64() * 1e3,
        whole.as_secs_f64() * 1e3,
        whole.as_secs_f64() / bare.as_secs_f64(),
        peak as f64 / text.len() as f64,
    );
    let (split, validation) =
        paired(|| drop(black_box(answer(text, config))), || drop(black_box(validate(&proof))));
    beside("validation with proof", split, validation);
    let rules = iam_split_core::rules::TEMPLATE;
    let asked = || check_rules(rules, &pair.iam, Some(&pair.app), 0.0);
    assert!(asked().asked.iter().all(|one| one.resources > 0), "{name}: a rule is asked of nothing");
    let (split, asked) = paired(|| drop(black_box(answer(text, config))), || drop(black_box(asked())));
    beside("seven rules", split, asked);
}

/// What something costs beside a split of the same run.
fn beside(what: &str, split: Duration, other: Duration) {
    let (split, other) = (split.as_secs_f64() * 1e3, other.as_secs_f64() * 1e3);
    println!(
        "{:<24} {:>14}  split {split:>8.3} ms  {what} {other:>8.3} ms  ratio {:>5.2}",
        "",
        "",
        other / split
    );
}

/// The example with its resources repeated under other names, up to a size.
fn grown(text: &str, bytes: usize) -> String {
    let at = text.find("\nResources:").unwrap() + 1;
    let (head, rest) = text.split_at(at);
    let end = rest.find("\nOutputs:").map_or(rest.len(), |end| end + 1);
    let (resources, tail) = rest.split_at(end);
    let body = resources.strip_prefix("Resources:\n").unwrap();
    let mut grown = format!("{head}Resources:\n{body}");
    let mut copy = 2;
    while grown.len() + tail.len() + body.len() < bytes {
        for line in body.split_inclusive('\n') {
            let name =
                line.strip_prefix("  ").filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric()));
            match name.and_then(|line| line.split_once(':')) {
                Some((name, rest)) => grown.push_str(&format!("  {name}Copy{copy}:{rest}")),
                None => grown.push_str(line),
            }
        }
        copy += 1;
    }
    grown + tail
}

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    let example = read("examples/quilt/quilt.yaml").unwrap();
    let config = read("examples/quilt/config.yaml");
    measure("example", &example, config.as_deref());
    match read("../shared/corpus/quilt/stable.yaml") {
        Some(real) => measure("real template", &real, read("../shared/corpus/quilt/config.yaml").as_deref()),
        None => println!("LEFT OUT: the real template in ../shared/corpus is not here"),
    }
    // CloudFormation admits 500 resources, which is about as far as the example grows.
    for size in [170_000, 340_000] {
        let text = grown(&example, size);
        measure(&format!("example grown to {} KB", size / 1000), &text, config.as_deref());
    }
}
