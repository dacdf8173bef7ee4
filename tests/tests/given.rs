//! What the configuration gives to all that moves, on the example and on real templates: the pair is the monolith's but
//! for that, and nothing else.

use iam_split_core::api::{SplitAnswer, SplitRequest, ValidateRequest, split_proven, validate};
use iam_split_core::validate::Verdict;
use std::collections::BTreeMap;

use iam_split_tests::compare::generated_name;
use iam_split_tests::corpus::templates;
use iam_split_tests::evaluate::{World, evaluate, parse};
use iam_split_tests::{corpus, repository, run};
use serde_json::{Map, Value, json};

const CONFIG: &str = "resolution: {order: [exact, pattern, keep]}
iam:
  permissions_boundary: arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/Team
  path: /team/app/
  tags: {owner: team}
  max_session_duration: 3600
  own: replace
";

fn split(template: &str, config: &str) -> SplitAnswer {
    split_proven(&SplitRequest { template, config: Some(config), ..SplitRequest::default() })
}

/// Lines that one text has and the other has not, as often as it has them.
fn more(text: &str, than: &str) -> Vec<String> {
    let mut rest: Vec<&str> = than.lines().collect();
    let mut found = Vec::new();
    for line in text.lines() {
        match rest.iter().position(|other| *other == line) {
            Some(at) => drop(rest.swap_remove(at)),
            None => found.push(line.trim().to_owned()),
        }
    }
    found
}

#[test]
fn what_is_given_is_the_only_difference() {
    let text = std::fs::read_to_string(repository().join("examples/quilt/quilt.yaml")).unwrap();
    let plain = CONFIG.split("iam:").next().unwrap();
    let (SplitAnswer::Done(with), SplitAnswer::Done(without)) = (split(&text, CONFIG), split(&text, plain))
    else {
        panic!("the example is split");
    };
    assert!(with.headline.contains("but for what `iam:` gives"), "{}", with.headline);
    let added = more(&with.iam, &without.iam);
    assert!(added.len() > 50);
    let ours = [
        "Path: /team/app/",
        "PermissionsBoundary: ",
        "MaxSessionDuration: 3600",
        "Tags:",
        "- Key: owner",
        "Value: team",
    ];
    // What stands on one line is replaced with it.
    let is_ours = |line: &&String| !ours.iter().any(|one| line.contains(one));
    assert_eq!(added.iter().filter(is_ours).collect::<Vec<_>>(), Vec::<&String>::new());
    // The application takes names out of ARNs that have a longer path now.
    for line in more(&with.app, &without.app) {
        assert!(line.contains("!Split ['/'") || line.contains("/team/app/"), "{line}");
    }
    // Line numbers are those of the monolith as it is.
    let lines = |split: &iam_split_core::api::Split| {
        split.summary.moved.iter().map(|moved| (moved.name.clone(), moved.line)).collect::<Vec<_>>()
    };
    assert_eq!(lines(&with), lines(&without));
}

/// A role and something else.
const SMALL: &str = "Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
  Topic: {Type: AWS::SNS::Topic}
";

/// Names where CloudFormation makes them, and a boundary that is told when the stack is made.
const NAMES: &str = "resolution: {order: [exact, pattern, keep]}
iam:
  permissions_boundary: {parameter: TeamBoundaryArn, default: ''}
  name: t-{stack}-{region}-{logical_id}
";

#[test]
fn real_templates_are_proven_but_for_what_is_given() {
    each_is_proven_but_for(CONFIG, 5);
}

#[test]
fn real_templates_are_proven_but_for_names_and_a_parameter() {
    each_is_proven_but_for(NAMES, 2);
}

/// One of so many may be refused: texts that count on what is given otherwise, names that are too long.
fn each_is_proven_but_for(config: &str, share: usize) {
    let Some(folder) = corpus() else { return };
    let (mut proven, mut refused) = (0, 0);
    for path in templates(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let plain = config.split("iam:").next().unwrap();
        let SplitAnswer::Done(_) = split(&text, plain) else { continue };
        let done = match split(&text, config) {
            SplitAnswer::Done(done) => done,
            SplitAnswer::Refused { diagnostics } => {
                // Texts that count on a path are refused, and nothing else is.
                assert!(
                    diagnostics.iter().all(|one| one.code.as_str() == "CFG010"),
                    "{}: {diagnostics:#?}",
                    path.display()
                );
                refused += 1;
                continue;
            }
        };
        let request = ValidateRequest {
            iam: &done.iam,
            app: &done.app,
            monolith: Some(&text),
            config: Some(config),
            ..ValidateRequest::default()
        };
        assert_eq!(
            validate(&request).verdict(),
            Verdict::Proven,
            "{}: {:#?}",
            path.display(),
            validate(&request).diagnostics
        );
        if !done.summary.given.is_empty() {
            let bare = ValidateRequest { config: Some(plain), ..request };
            assert_eq!(validate(&bare).verdict(), Verdict::NotProven, "{}", path.display());
        }
        proven += 1;
    }
    println!("{proven} proven, {refused} refused");
    assert!(proven > 20 && refused < proven / share, "{proven} proven, {refused} refused");
}

#[test]
fn flags_give_what_the_configuration_gives() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.yaml"), SMALL).unwrap();
    std::fs::write(folder.path().join("config.yaml"), "iam: {path: /of-file/, tags: {a: b}}\n").unwrap();
    let boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let gives =
        ["--iam-path", "/team/", "--iam-name", "{stack}-{logical_id}", "--permissions-boundary", boundary];
    let split = [&["split", "t.yaml", "--config", "config.yaml"][..], &gives].concat();
    let done = run(folder.path(), &split, b"");
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert!(done.stderr.contains("CFG011"), "{}", done.stderr);
    let iam = std::fs::read_to_string(folder.path().join("t-iam.yaml")).unwrap();
    for line in ["Path: /team/", "RoleName: !Sub '${AppStackName}-Role'", "Key: a", boundary] {
        assert!(iam.contains(line), "{line}: {iam}");
    }
    // 64 characters, less the dash and `Role`.
    assert!(iam.contains("MaxLength: 59"), "{iam}");
    let pair = ["validate", "--iam", "t-iam.yaml", "--app", "t-app.yaml", "--monolith", "t.yaml"];
    let pair = [&pair[..], &["--config", "config.yaml"]].concat();
    assert_eq!(run(folder.path(), &pair, b"").status, 1);
    let with = run(folder.path(), &[pair, gives.to_vec()].concat(), b"");
    assert_eq!(with.status, 0, "{}{}", with.stdout, with.stderr);
    assert!(with.stdout.contains("proven, but for what `iam:` gives"), "{}", with.stdout);
    let wrong = run(folder.path(), &["split", "t.yaml", "--iam-path", "team"], b"");
    assert!(wrong.status != 0 && wrong.stderr.contains("IAM takes no path `team`"), "{}", wrong.stderr);
}

#[test]
fn the_configuration_names_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("of")).unwrap();
    std::fs::write(folder.path().join("t.yaml"), SMALL).unwrap();
    std::fs::write(folder.path().join("of/config.yaml"), "rules: company.yaml\n").unwrap();
    let split = ["split", "t.yaml", "--config", "of/config.yaml"];
    let none = run(folder.path(), &split, b"");
    assert!(none.status == 2 && none.stderr.contains("company.yaml"), "{}", none.stderr);
    let rules = "rules: [{check: path, allow: [/team/]}]\n";
    std::fs::write(folder.path().join("of/company.yaml"), rules).unwrap();
    let broken = run(folder.path(), &split, b"");
    assert!(broken.status == 1 && broken.stderr.contains("RUL001"), "{}", broken.stderr);
}

/// What a pair comes to in one world: the resources of both stacks, and the ARN of everything of IAM.
fn deployed(iam: &str, app: &str) -> (BTreeMap<String, Value>, BTreeMap<String, String>) {
    let physical = |logical: &str, kind: &str, _: Option<&str>| generated_name("prod", logical, kind);
    let mut template = parse(iam);
    let mut world = World { stack_name: "prod-iam".to_owned(), ..World::default() };
    world.parameters.insert("AppStackName".to_owned(), "prod".to_owned());
    let named: Vec<(String, &str)> = template["Resources"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, one)| {
            let attribute = match one["Type"].as_str()? {
                "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => "Arn",
                "AWS::IAM::ManagedPolicy" => "PolicyArn",
                _ => return None,
            };
            Some((name.clone(), attribute))
        })
        .collect();
    // A reference to what is absent is no value: only the rest has an ARN.
    let absent = evaluate(iam, &world, &physical).absent;
    let probe = named.iter().filter(|(name, _)| !absent.contains(name));
    let probe: Map<String, Value> =
        probe.map(|(name, attribute)| (name.clone(), json!({"Fn::GetAtt": [name, attribute]}))).collect();
    template["Resources"]["ProbeOfArns"] = json!({"Type": "Custom::Probe", "Properties": probe});
    let mut of_iam = evaluate(&template.to_string(), &world, &physical);
    let arns = of_iam.resources.remove("ProbeOfArns").unwrap();
    let arns = arns["Properties"].as_object().into_iter().flatten();
    let arns = arns.map(|(name, arn)| (name.clone(), arn.as_str().unwrap_or_default().to_owned())).collect();
    let parameters = &parse(app)["Parameters"];
    let mut of_app = World { stack_name: "prod".to_owned(), ..World::default() };
    for (output, one) in &of_iam.outputs {
        let name = output.strip_suffix("Arn").filter(|name| parameters.get(name).is_some()).unwrap_or(output);
        of_app.parameters.insert(name.to_owned(), one.value.as_str().unwrap_or_default().to_owned());
    }
    let mut all = of_iam.resources;
    all.extend(evaluate(app, &of_app, &physical).resources);
    (all, arns)
}

/// Replaces texts within all texts of a value.
fn replaced(value: &mut Value, pairs: &[(String, String)]) {
    match value {
        Value::String(text) => {
            for (from, to) in pairs {
                *text = text.replace(from, to);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replaced(item, pairs)),
        Value::Object(entries) => entries.values_mut().for_each(|item| replaced(item, pairs)),
        _ => {}
    }
}

/// Takes what is given out of a resource, once it is what was asked for.
fn without(name: &str, resource: &mut Value, moved: bool) {
    let kind = resource["Type"].as_str().unwrap_or_default().to_owned();
    let takes: &[(&str, Value)] = &[
        ("PermissionsBoundary", json!("arn:aws:iam::123456789012:policy/Team")),
        ("Path", json!("/team/app/")),
        ("MaxSessionDuration", json!("3600")),
    ];
    let Some(properties) = resource["Properties"].as_object_mut() else { return };
    let has = |key: &str| match kind.as_str() {
        "AWS::IAM::Role" => true,
        "AWS::IAM::User" => key != "MaxSessionDuration",
        "AWS::IAM::Group" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::InstanceProfile" => key == "Path",
        _ => false,
    };
    for (key, value) in takes.iter().filter(|(key, _)| has(key)) {
        let own = properties.remove(*key);
        assert!(!moved || own.as_ref() == Some(value), "{name} {key}: {own:?}");
    }
    if matches!(kind.as_str(), "AWS::IAM::Role" | "AWS::IAM::User") {
        let tags = properties.remove("Tags").unwrap_or_else(|| json!([]));
        let mut tags = tags.as_array().cloned().unwrap_or_default();
        let before = tags.len();
        tags.retain(|tag| tag["Key"] != "owner");
        assert!(!moved || tags.len() + 1 == before, "{name}: {before} tags");
        properties.insert("Tags".to_owned(), tags.into());
    }
}

/// Whoever shares no code with the splitter finds what is given, and beside it only that ARNs have the path.
fn evaluator_finds_what_is_given(text: &str, what: &str) -> bool {
    let plain = CONFIG.split("iam:").next().unwrap();
    let (SplitAnswer::Done(with), SplitAnswer::Done(bare)) = (split(text, CONFIG), split(text, plain)) else {
        return false;
    };
    let ((mut given, new_arns), (mut before, old_arns)) =
        (deployed(&with.iam, &with.app), deployed(&bare.iam, &bare.app));
    let mut pairs: Vec<(String, String)> = new_arns
        .iter()
        .filter_map(|(name, arn)| Some((arn.clone(), old_arns.get(name)?.clone())))
        .filter(|(new, old)| !new.is_empty() && new != old)
        .collect();
    // One name may begin another.
    pairs.sort_by_key(|(new, _)| std::cmp::Reverse(new.len()));
    // What comes after the partition is in texts that are put together.
    let ends: Vec<(String, String)> = pairs
        .iter()
        .filter_map(|(new, old)| {
            let end = |arn: &str| arn.split_once("123456789012").map(|(_, end)| end.to_owned());
            Some((end(new)?, end(old)?))
        })
        .collect();
    assert_eq!(given.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{what}");
    for (name, resource) in &mut given {
        let of_iam = resource["Type"].as_str().is_some_and(|kind| kind.starts_with("AWS::IAM::"));
        let moved = of_iam && with.summary.moved.iter().any(|one| one.name == *name);
        let other = before.get_mut(name).unwrap();
        if moved {
            without(&format!("{what}: {name}"), resource, true);
            without(&format!("{what}: {name}"), other, false);
        }
        replaced(resource, &pairs);
        replaced(resource, &ends);
        assert_eq!(resource, other, "{what}: {name}");
    }
    true
}

#[test]
fn the_evaluator_finds_what_is_given_and_nothing_else() {
    let text = std::fs::read_to_string(repository().join("examples/quilt/quilt.yaml")).unwrap();
    assert!(evaluator_finds_what_is_given(&text, "the example"));
    let Some(folder) = corpus() else { return };
    let mut count = 0;
    for path in templates(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        count +=
            usize::from(evaluator_finds_what_is_given(&text, &path.file_name().unwrap().to_string_lossy()));
    }
    println!("{count} templates");
    assert!(count > 20, "{count}");
}
