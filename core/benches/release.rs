//! What the decision about a release costs, beside a split of the same template in the same run.
//!
//! `cargo bench -p iam-split-core --bench release` prints, for the example and for the real template (if it is
//! there), the split, a release with one statement more, and their ratio; then a policy of 100 actions on 100
//! resources against one with each of them changed, and policies of more and more statements.
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
use std::path::PathBuf;
use std::time::{Duration, Instant};

use iam_split_core::api::{SplitAnswer, SplitRequest, diff_iam, split};
use iam_split_core::config::Resolution;

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..15)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn pair(name: &str, text: &str, config: Option<&str>) {
    let request = || SplitRequest {
        template: text,
        config,
        resolve: Some(vec![Resolution::Exact, Resolution::Pattern]),
        allow_missing: true,
        ..SplitRequest::default()
    };
    let SplitAnswer::Done(done) = split(&request()) else { panic!("{name} is refused") };
    // Every action of S3 that is read becomes all of them.
    let new = done.iam.replace("s3:GetObject", "s3:Get*");
    assert!(new != done.iam, "{name} has something to change");
    let of_split = median(|| drop(black_box(split(&request()))));
    let of_release = median(|| drop(black_box(diff_iam(&done.iam, &new))));
    println!(
        "{name:<16} split {:>8.3} ms  release {:>8.3} ms  ratio {:>5.2}",
        milliseconds(of_split),
        milliseconds(of_release),
        of_release.as_secs_f64() / of_split.as_secs_f64()
    );
}

fn template(statements: &str) -> String {
    format!(
        "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {{}}\n      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Version: '2012-10-17'\n            Statement:\n{statements}"
    )
}

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    pair(
        "example",
        &read("examples/quilt/quilt.yaml").unwrap(),
        read("examples/quilt/config.yaml").as_deref(),
    );
    match read("../shared/corpus/quilt/stable.yaml") {
        Some(real) => pair("real template", &real, read("../shared/corpus/quilt/config.yaml").as_deref()),
        None => println!("LEFT OUT: the real template in ../shared/corpus is not here"),
    }
    let list = |stem: &str| (0..100).map(|at| format!("'{stem}{at}'")).collect::<Vec<_>>().join(", ");
    let one = |actions: &str, resources: &str| {
        let (actions, resources) = (list(actions), list(resources));
        template(&format!(
            "              - {{Effect: Allow, Action: [{actions}], Resource: [{resources}]}}\n"
        ))
    };
    let (old, new) = (one("s3:Get", "arn:aws:s3:::bucket-"), one("s3:Put", "arn:aws:s3:::other-"));
    let time = median(|| drop(black_box(diff_iam(&old, &new))));
    println!("100 x 100, each changed     {:>8.3} ms", milliseconds(time));
    let mut before = None;
    for count in [100, 200, 400, 800] {
        let many = |stem: &str| {
            let statement = |at: usize| {
                format!(
                    "              - {{Effect: Allow, Action: 's3:Get{at}', Resource: 'arn:aws:s3:::{stem}-{at}/*'}}\n"
                )
            };
            template(&(0..count).map(statement).collect::<String>())
        };
        let (old, new) = (many("a"), many("b"));
        let time = median(|| drop(black_box(diff_iam(&old, &new))));
        let ratio = before.map_or(0.0, |before: Duration| time.as_secs_f64() / before.as_secs_f64());
        println!(
            "{count:>4} statements, each changed {:>8.3} ms  {ratio:.2} x the line before",
            milliseconds(time)
        );
        before = Some(time);
    }
}
