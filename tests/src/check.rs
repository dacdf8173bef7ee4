//! Everything that a finished split must satisfy, for the example, the real templates and generated ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use iam_split_core::api::{Split, SplitAnswer, SplitRequest, diff_application, diff_iam, split, verify};
use iam_split_core::config::Resolution;

use crate::compare::{compare_two_phase, generated_name};
use crate::evaluate::{Evaluated, World, evaluate, parse};

/// Worlds in which every condition of the template holds at least once and fails at least once, as far
/// as single parameters decide it: beside the first world one for each outcome that was not seen yet.
///
/// Finding them evaluates the template some hundred times, so they are kept for the next way of splitting it.
pub fn worlds(template: &str) -> Vec<World> {
    static KNOWN: Mutex<BTreeMap<String, Vec<World>>> = Mutex::new(BTreeMap::new());
    if let Some(worlds) = KNOWN.lock().expect("no panic while held").get(template) {
        return worlds.clone();
    }
    let worlds = find_worlds(template);
    KNOWN.lock().expect("no panic while held").insert(template.to_owned(), worlds.clone());
    worlds
}

fn find_worlds(template: &str) -> Vec<World> {
    let run = |world: &World| -> Evaluated {
        evaluate(template, world, &|logical, kind, _| generated_name(&world.stack_name, logical, kind))
    };
    let base = World { stack_name: "quilt-prod".to_owned(), ..World::default() };
    let first = run(&base);
    let mut worlds = vec![base.clone()];
    let mut seen: BTreeSet<(String, bool)> =
        first.conditions.iter().map(|(name, value)| (name.clone(), *value)).collect();
    if seen.is_empty() {
        return worlds;
    }
    let parsed = parse(template);
    let names = parsed["Parameters"].as_object().into_iter().flat_map(serde_json::Map::keys);
    let mut candidates = Vec::new();
    for name in names {
        let parameter = &parsed["Parameters"][name];
        let allowed =
            parameter["AllowedValues"].as_array().into_iter().flatten().filter_map(crate::evaluate::text);
        let mut values: Vec<String> = allowed.collect();
        if values.is_empty() {
            values =
                ["Enabled", "true", "false", "*", "0", "10", "", "x", "prod"].map(str::to_owned).to_vec();
        }
        for value in values {
            let mut world = base.clone();
            world.parameters.insert(name.clone(), value);
            candidates.push(world);
        }
    }
    for (partition, region) in [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")] {
        candidates.push(World { partition: partition.to_owned(), region: region.to_owned(), ..base.clone() });
    }
    let all = first.conditions.len() * 2;
    for world in candidates {
        if seen.len() == all {
            break;
        }
        let outcome = run(&world);
        let outcomes = outcome.conditions.iter().map(|(name, value)| (name.clone(), *value));
        let fresh: Vec<_> = outcomes.filter(|pair| !seen.contains(pair)).collect();
        if !fresh.is_empty() {
            seen.extend(fresh);
            worlds.push(world);
        }
    }
    worlds
}

/// Evaluates both sides in every world: what is not the same, unless the summary announced it.
pub fn differences(monolith: &str, split: &Split) -> Vec<String> {
    let summary = &split.summary;
    let widened: BTreeSet<&str> = summary
        .bridges
        .iter()
        .filter(|bridge| bridge.resolution == Resolution::Pattern)
        .map(|bridge| bridge.resource.as_str())
        .collect();
    let parameter = summary.app_stack.as_ref().map_or("AppStackName", |stack| stack.parameter.as_str());
    let later: Vec<(&str, &str)> =
        summary.two_phase.iter().map(|later| (later.parameter.as_str(), later.output.as_str())).collect();
    let mut found = Vec::new();
    for world in worlds(monolith) {
        let result = compare_two_phase(monolith, &split.iam, &split.app, &world, parameter, &later);
        // What a packaging tool brings in is in neither text, and must be missed alike in both.
        let packaged = monolith.contains("Rain::");
        let of_monolith: BTreeSet<&str> =
            result.dangling.iter().filter_map(|fault| fault.strip_prefix("monolith: ")).collect();
        let own = result.dangling.iter().filter(|fault| {
            let (side, rest) = fault.split_once(": ").unwrap_or_default();
            !packaged || !(side == "monolith" || of_monolith.contains(rest))
        });
        found.extend(own.map(|fault| format!("dangling: {fault}")));
        let unannounced = result
            .differences
            .iter()
            .filter(|difference| !(difference.pattern && widened.contains(difference.resource.as_str())));
        found.extend(unannounced.map(|difference| format!("differs: {difference}")));
    }
    found
}

/// Every check of a finished split.
pub fn problems(monolith: &str, request: &SplitRequest<'_>, split_of: &Split) -> Vec<String> {
    let mut found: Vec<String> = verify(monolith, split_of)
        .iter()
        .filter(|fault| fault.is_error())
        .map(|fault| fault.message.clone())
        .collect();
    found.extend(differences(monolith, split_of));
    match split(request) {
        SplitAnswer::Done(again) if again.iam == split_of.iam && again.app == split_of.app => {}
        _ => found.push("a second run gives other bytes".to_owned()),
    }
    found.extend(moves_again(request, split_of));
    match diff_application(monolith, &split_of.app) {
        Ok(diff) => {
            let odd = diff.unexplained.iter().map(|one| format!("the diff cannot explain `{}`", one.path));
            found.extend(odd);
            if diff.left.len() != split_of.summary.moved.len() {
                found.push("the diff knows other moved resources".to_owned());
            }
        }
        Err(trouble) => found.extend(trouble.into_iter().map(|fault| fault.message)),
    }
    match diff_iam(&split_of.iam, &split_of.iam) {
        Ok(diff) if diff.resources.is_empty() && diff.declarations.is_empty() => {}
        _ => found.push("the IAM template differs from itself".to_owned()),
    }
    found
}

/// Splitting the application template again moves nothing, but for what the split itself attached.
fn moves_again(request: &SplitRequest<'_>, split_of: &Split) -> Option<String> {
    let again = split(&SplitRequest { template: &split_of.app, config: None, ..request.clone() });
    let SplitAnswer::Done(again) = again else { return None };
    let attached = &split_of.summary.attached;
    let configured = request.config.is_some();
    let fresh = again
        .summary
        .moved
        .iter()
        .find(|moved| !configured && !attached.iter().any(|policy| policy.name == moved.name));
    fresh.map(|moved| format!("a second split moves `{}`", moved.name))
}
