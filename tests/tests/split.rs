//! The main job end to end: the pair deploys what the monolith deploys.

use std::collections::BTreeSet;
use std::path::Path;

use iam_split_core::api::{Split, SplitAnswer, SplitRequest, split};
use iam_split_core::config::Resolution;
use iam_split_tests::compare::{compare, generated_name};
use iam_split_tests::evaluate::{Evaluated, World, evaluate};
use iam_split_tests::{corpus, repository};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn done(template: &str, config: Option<&str>) -> Split {
    let request = SplitRequest {
        template,
        config,
        resolve: Some(vec![Resolution::Exact, Resolution::Pattern]),
        allow_missing: true,
        ..SplitRequest::default()
    };
    match split(&request) {
        SplitAnswer::Done(split) => *split,
        SplitAnswer::Refused { diagnostics } => panic!("refused: {diagnostics:#?}"),
    }
}

/// Worlds in which every condition of the template holds at least once and fails at least once,
/// unless it cannot: for each condition that was not seen both ways a parameter's other values are tried.
fn worlds(template: &str) -> Vec<World> {
    let run = |world: &World| -> Evaluated {
        evaluate(template, world, &|logical, kind, _| generated_name(&world.stack_name, logical, kind))
    };
    let base = World { stack_name: "quilt-prod".to_owned(), ..World::default() };
    let first = run(&base);
    let mut worlds = vec![base.clone()];
    let mut seen: BTreeSet<(String, bool)> =
        first.conditions.iter().map(|(name, value)| (name.clone(), *value)).collect();
    let names: Vec<String> = iam_split_tests::evaluate::parse(template)["Parameters"]
        .as_object()
        .map(|parameters| parameters.keys().cloned().collect())
        .unwrap_or_default();
    let mut candidates = Vec::new();
    for name in names {
        for value in ["Enabled", "Disabled", "true", "false", "*", "0", "10", "", "x", "Yes", "prod"] {
            let mut world = base.clone();
            world.parameters.insert(name.clone(), value.to_owned());
            candidates.push(world);
        }
    }
    let mut gov = base.clone();
    gov.partition = "aws-us-gov".to_owned();
    gov.region = "us-gov-west-1".to_owned();
    candidates.push(gov);
    for world in candidates {
        let outcome = run(&world);
        let fresh: Vec<_> = outcome
            .conditions
            .iter()
            .map(|(n, v)| (n.clone(), *v))
            .filter(|pair| !seen.contains(pair))
            .collect();
        if !fresh.is_empty() {
            seen.extend(fresh);
            worlds.push(world);
        }
    }
    worlds
}

/// Evaluates both sides in every world: the same resources, but for patterns where the summary says so.
fn assert_same(monolith: &str, split: &Split) {
    let widened: BTreeSet<&str> = split
        .summary
        .bridges
        .iter()
        .filter(|bridge| bridge.reaches.is_some())
        .map(|bridge| bridge.resource.as_str())
        .collect();
    let worlds = worlds(monolith);
    assert!(worlds.len() > 1);
    for world in worlds {
        let parameter =
            split.summary.app_stack.as_ref().map_or("AppStackName", |stack| stack.parameter.as_str());
        let result = compare(monolith, &split.iam, &split.app, &world, parameter);
        assert!(result.dangling.is_empty(), "{:#?}", result.dangling);
        for difference in &result.differences {
            assert!(difference.pattern, "{difference} in {world:?}");
            assert!(widened.contains(difference.resource.as_str()), "not announced: {difference}");
        }
    }
}

#[test]
fn the_example_gives_32_of_32() {
    let folder = repository().join("examples/quilt");
    let monolith = read(&folder.join("quilt.yaml"));
    let split = done(&monolith, Some(&read(&folder.join("config.yaml"))));
    assert_eq!(split.summary.moved.len(), 32);
    assert!(split.summary.missing.is_empty());
    assert_same(&monolith, &split);
}

#[test]
fn the_real_template_gives_31_of_31() {
    let Some(corpus) = corpus() else { return };
    let monolith = read(&corpus.join("quilt/stable.yaml"));
    let split = done(&monolith, Some(&read(&corpus.join("quilt/config.yaml"))));
    assert_eq!(split.summary.moved.len(), 31);
    assert_eq!(split.summary.missing, ["S3LambdaRole"]);
    assert_same(&monolith, &split);
}
