//! Sound pairs are hurt one place at a time: each injury is found, is no change, or stands in a reviewed list.
//!
//! `INJURIES=5000 cargo test --release -p iam-split-tests --test injuries` hurts more of each pair.

use std::collections::{BTreeMap, BTreeSet};

use iam_split_core::api::{SplitAnswer, SplitRequest, ValidateRequest, split_proven, validate};
use iam_split_core::config::Resolution;
use iam_split_core::diagnostic::Code;
use iam_split_tests::injure::{Dice, Sound, changes, hurt};
use iam_split_tests::{corpus, repository};

/// Where a change of a pair changes nothing that is deployed, and why. Paths of the template that was hurt.
const REVIEWED: [(&str, &str, &str); 19] = [
    ("iam", "/Description", "for people"),
    ("app", "/Description", "for people"),
    ("iam", "/Parameters/*/Description", "for people; of a parameter that the monolith does not have"),
    ("app", "/Parameters/*/Description", "for people; of a parameter that the monolith does not have"),
    (
        "iam",
        "/Parameters/*/ConstraintDescription",
        "for people; of a parameter that the monolith does not have",
    ),
    ("iam", "/Outputs/*/Description", "for people"),
    ("app", "/Outputs/*/Description", "for people; of an output that the monolith does not have"),
    ("iam", "/Outputs/*/Export", "a convention of ours: nothing imports it"),
    ("iam", "/Metadata", "deploys nothing; what it claims is checked"),
    ("app", "/Metadata", "deploys nothing"),
    ("iam", "/AWSTemplateFormatVersion", "there is one version: none said means the same"),
    ("app", "/AWSTemplateFormatVersion", "there is one version: none said means the same"),
    ("iam", "/Transform", "where the IAM template uses the language extensions, the loss is found"),
    // What the patterns need of the stack's name is asked for.
    ("iam", "/Parameters/*/AllowedPattern", "no pattern of this pair needs the bound"),
    ("iam", "/Parameters/*/MaxLength", "no pattern of this pair needs the bound"),
    (
        "app",
        "/Parameters/*/AllowedPattern",
        "a convention of ours, told as a note: what arrives is the role's ARN",
    ),
    // An application parameter that has no lower bound still refuses what is no ARN.
    ("app", "/Parameters/*/MinLength", "the pattern asks for more; what arrives is longer"),
    ("app", "/Parameters/*/NoEcho", "what is shown of a parameter is no part of the system"),
    ("iam", "/Parameters/*/MinLength", "a shorter bound of the stack's name: its pattern asks for a letter"),
];

fn made(name: &str, text: &str, config: Option<&str>, resolve: &[Resolution]) -> Option<Sound> {
    let request = SplitRequest {
        template: text,
        config,
        resolve: Some(resolve.to_vec()),
        allow_missing: true,
        ..SplitRequest::default()
    };
    let SplitAnswer::Done(split) = split_proven(&request) else { return None };
    let ways: Vec<&str> = resolve.iter().map(|way| way.name()).collect();
    Some(Sound {
        name: format!("{name} ({})", ways.join(",")),
        monolith: text.to_owned(),
        iam: split.iam,
        app: split.app,
    })
}

/// The pairs that are hurt.
fn pairs() -> Vec<Sound> {
    use Resolution::{Attach, Exact, Keep, Pattern, TwoPhase};
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    let example = repository().join("examples/quilt");
    let (text, config) = (read(example.join("quilt.yaml")), read(example.join("config.yaml")));
    let mut pairs = Vec::new();
    for ways in [&[Exact, Pattern][..], &[Exact, Attach, Pattern], &[Exact, Keep]] {
        pairs.extend(made("example", &text, Some(&config), ways));
    }
    // Loops, conditions, JSON and CRLF, each resolution.
    let small = include_str!("injuries/small.yaml");
    for ways in [&[Exact, TwoPhase][..], &[Exact, Pattern], &[Exact, Attach]] {
        pairs.extend(made("small", small, None, ways));
    }
    pairs.extend(made("small crlf", &small.replace('\n', "\r\n"), None, &[Exact, Pattern]));
    pairs.extend(made("small json", include_str!("injuries/small.json"), None, &[Exact, TwoPhase]));
    if let Some(corpus) = corpus() {
        let quilt = corpus.join("quilt");
        pairs.extend(made(
            "real",
            &read(quilt.join("stable.yaml")),
            Some(&read(quilt.join("config.yaml"))),
            &[Exact, Pattern],
        ));
        let templates = iam_split_tests::corpus::templates(&corpus);
        let of_corpus = templates.iter().filter(|path| !path.starts_with(&quilt)).filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            made(&name, &std::fs::read_to_string(path).ok()?, None, &[Exact, Pattern, TwoPhase])
        });
        pairs.extend(of_corpus.step_by(4).take(5));
    } else {
        println!("no real templates beside the repository: they are left out");
    }
    pairs
}

/// What each resource says that it waits for, whatever the order and however often.
fn waits(template: &str) -> BTreeMap<String, BTreeSet<String>> {
    let template = iam_split_tests::evaluate::parse(template);
    let resources = template["Resources"].as_object().into_iter().flatten();
    let of = |value: &serde_json::Value| match value {
        serde_json::Value::Array(items) => items.iter().map(ToString::to_string).collect(),
        serde_json::Value::Null => BTreeSet::new(),
        one => BTreeSet::from([one.to_string()]),
    };
    resources.map(|(name, resource)| (name.clone(), of(&resource["DependsOn"]))).collect()
}

fn is_reviewed(which: &str, path: &str, own: &[(&str, Vec<String>)]) -> bool {
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let of_section = own.iter().filter(|(section, _)| steps.first() == Some(section));
    let monolith: Vec<&String> = of_section.flat_map(|(_, names)| names).collect();
    REVIEWED.iter().any(|(template, pattern, _)| {
        let wanted: Vec<&str> = pattern.split('/').skip(1).collect();
        *template == which
            && wanted.len() <= steps.len()
            && wanted.iter().zip(&steps).all(|(wanted, step)| {
                wanted == step || (*wanted == "*" && !monolith.iter().any(|name| *name == step))
            })
    })
}

#[test]
fn every_injury_is_found_or_harmless_for_a_reason() {
    let count: usize = std::env::var("INJURIES").ok().and_then(|count| count.parse().ok()).unwrap_or(25);
    let pairs = pairs();
    assert!(pairs.len() >= 8, "{}", pairs.len());
    let (mut hurts, mut found, mut equal, mut reviewed) = (0, 0, 0, 0);
    let mut survivors = Vec::new();
    for (number, sound) in pairs.iter().enumerate() {
        let checked = |iam: &str, app: &str| {
            validate(&ValidateRequest { iam, app, monolith: Some(&sound.monolith), ..Default::default() })
        };
        let clean = checked(&sound.iam, &sound.app);
        assert_eq!(clean.exit_code(), 0, "{} is not sound: {:?}", sound.name, clean.diagnostics);
        let template = iam_split_tests::evaluate::parse(&sound.monolith);
        let names = |section: &str| -> Vec<String> {
            template[section].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
        };
        let own = [("Parameters", names("Parameters")), ("Outputs", names("Outputs"))];
        let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(13);
        let mut dice = Dice(seed + number as u64 * 7919);
        let mut done = 0;
        while done < count {
            let Some(hurt) = hurt(sound, &mut dice) else { continue };
            done += 1;
            hurts += 1;
            let validation = checked(&hurt.iam, &hurt.app);
            if validation.exit_code() != 0 {
                found += 1;
                continue;
            }
            let of_iam = changes(&sound.iam, &hurt.iam);
            let of_app = changes(&sound.app, &hurt.app);
            if of_iam.is_empty() && of_app.is_empty() {
                equal += 1;
                continue;
            }
            // A wait that came about because a role names a resource on which nothing acts is told.
            let told = validation.diagnostics.iter().any(|found| found.code == Code::PRF008);
            let is_same = told || waits(&sound.app) == waits(&hurt.app);
            let of_app: Vec<String> =
                of_app.into_iter().filter(|path| !(is_same && path.contains("/DependsOn"))).collect();
            // A section without entries says nothing.
            let is_empty = |path: &str| {
                path == "/Outputs" && template["Outputs"].as_object().is_none_or(|all| all.is_empty())
            };
            let of_app: Vec<String> = of_app.into_iter().filter(|path| !is_empty(path)).collect();
            let harmless = of_iam.iter().all(|path| is_reviewed("iam", path, &own))
                && of_app.iter().all(|path| is_reviewed("app", path, &own));
            if harmless {
                reviewed += 1;
            } else {
                survivors.push(format!("{}: {of_iam:?} {of_app:?}", hurt.what));
            }
        }
    }
    println!(
        "{} pairs, {hurts} injuries: {found} found, {equal} change nothing, {reviewed} reviewed",
        pairs.len()
    );
    assert!(found * 2 > hurts, "the injuries are too mild to say anything");
    assert!(survivors.is_empty(), "{} survive:\n{}", survivors.len(), survivors.join("\n"));
}
