//! The main job end to end: the pair deploys what the monolith deploys.

use std::path::Path;

use iam_split_core::api::{Split, SplitAnswer, SplitRequest, split};
use iam_split_core::config::Resolution;
use iam_split_tests::check::problems;
use iam_split_tests::{corpus, repository};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Splits and checks; gives the split.
fn done(template: &str, config: &str, resolve: Vec<Resolution>) -> Split {
    let request = SplitRequest {
        template,
        config: Some(config),
        resolve: Some(resolve),
        allow_missing: true,
        ..SplitRequest::default()
    };
    match split(&request) {
        SplitAnswer::Done(split) => {
            let found = problems(template, &request, &split);
            assert!(found.is_empty(), "{found:#?}");
            *split
        }
        SplitAnswer::Refused { diagnostics } => panic!("refused: {diagnostics:#?}"),
    }
}

const ORDERS: [&[Resolution]; 4] = [
    &[Resolution::Exact, Resolution::Pattern],
    &[Resolution::Exact, Resolution::TwoPhase],
    &[Resolution::Exact, Resolution::Attach, Resolution::Pattern],
    &[Resolution::Exact, Resolution::Keep],
];

#[test]
fn the_example_gives_32_of_32() {
    let folder = repository().join("examples/quilt");
    let (monolith, config) = (read(&folder.join("quilt.yaml")), read(&folder.join("config.yaml")));
    for order in ORDERS {
        let split = done(&monolith, &config, order.to_vec());
        assert!(split.summary.missing.is_empty());
        assert_eq!(split.summary.moved.len() + split.summary.kept.len(), 32);
        assert_eq!(split.summary.kept.is_empty(), !order.contains(&Resolution::Keep));
    }
}

#[test]
fn the_real_template_gives_31_of_31() {
    let Some(corpus) = corpus() else { return };
    let (monolith, config) =
        (read(&corpus.join("quilt/stable.yaml")), read(&corpus.join("quilt/config.yaml")));
    for order in ORDERS {
        let split = done(&monolith, &config, order.to_vec());
        assert_eq!(split.summary.missing, ["S3LambdaRole"]);
        assert_eq!(split.summary.moved.len() + split.summary.kept.len(), 31);
        assert_eq!(split.summary.kept.is_empty(), !order.contains(&Resolution::Keep));
    }
}
