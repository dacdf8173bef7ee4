//! Serverless templates: what the transform makes of the monolith is what it makes of the pair. AWS's own translator says so.

use std::io::Write;
use std::process::{Command, Stdio};

use iam_split_core::api::{SplitAnswer, SplitRequest, split_proven};
use iam_split_core::config::Resolution;
use iam_split_tests::aws::tool;
use serde_json::{Map, Value, json};

fn translated(text: &str) -> Map<String, Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sam.py");
    let mut python = Command::new(tool("python3"))
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "the translator refuses:\n{text}");
    let mut template: Value = serde_json::from_slice(&output.stdout).unwrap();
    template["Resources"].as_object_mut().unwrap().clone()
}

/// What moved, as the application comes to it: `GetAtt X.Arn` is `Ref X`; the order has tests of its own.
fn rewired(value: &mut Value, moved: &[String]) {
    match value {
        Value::Object(entries) => {
            entries.remove("DependsOn");
            if let Some([Value::String(name), Value::String(attribute)]) =
                entries.get("Fn::GetAtt").and_then(Value::as_array).map(Vec::as_slice)
                && moved.contains(name)
                && attribute == "Arn"
            {
                *value = json!({"Ref": name});
                return;
            }
            entries.values_mut().for_each(|value| rewired(value, moved));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rewired(item, moved)),
        _ => {}
    }
}

#[test]
fn the_pair_becomes_what_the_monolith_becomes() {
    let monolith = include_str!("../cases/serverless/template.yaml");
    let resolve = Some(vec![Resolution::Pattern, Resolution::TwoPhase]);
    let answer = split_proven(&SplitRequest { template: monolith, resolve, ..SplitRequest::default() });
    let SplitAnswer::Done(split) = answer else { panic!("refused: {:?}", answer.diagnostics()) };
    let moved: Vec<String> = split.summary.moved.iter().map(|moved| moved.name.clone()).collect();
    assert!(!moved.is_empty());
    let (before, after) = (translated(monolith), translated(&split.app));
    let names = |resources: &Map<String, Value>| resources.keys().cloned().collect::<Vec<_>>();
    let stays: Vec<String> = names(&before).into_iter().filter(|name| !moved.contains(name)).collect();
    assert_eq!(stays.len(), names(&after).len());
    for name in &stays {
        let (mut one, mut other) = (before[name].clone(), after[name].clone());
        rewired(&mut one, &moved);
        rewired(&mut other, &moved);
        assert_eq!(one, other, "{name}");
    }
    // What the transform would make of the IAM template is what it is.
    assert!(!split.iam.contains("AWS::Serverless"));
    let made: Vec<&str> = split
        .summary
        .app_capabilities
        .iter()
        .flat_map(|capability| capability.because.iter().map(String::as_str))
        .collect();
    assert!(made.contains(&"HelperRole"), "{made:?}");
}
