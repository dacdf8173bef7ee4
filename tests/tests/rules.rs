//! A company's rules, one folder a case: the rules, the templates, and what is found.

use std::fmt::Write;

use iam_split_core::api::check_rules;
use iam_split_core::diagnostic::{Code, Diagnostic};

/// Noon of the last day of June 2026.
const NOW: f64 = 1_782_820_800.0;

/// `RUL001 rule resource`
fn line(finding: &Diagnostic) -> String {
    let mut quoted = finding.message.split('`').skip(1).step_by(2);
    let mut line = finding.code.as_str().to_owned();
    let many = match finding.code {
        Code::RUL001 | Code::RUL002 | Code::RUL007 => 2,
        Code::RUL003 | Code::RUL004 | Code::RUL005 => 1,
        _ => 0,
    };
    let of_nobody = finding.message.contains("whether rules are kept");
    for word in quoted.by_ref().take(if of_nobody { 1 } else { many }) {
        let _ = write!(line, " {word}");
    }
    line
}

fn sorted<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let mut lines: Vec<String> =
        lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    lines.sort();
    lines
}

#[test]
fn each_case_finds_what_is_expected() {
    let mut wrong = String::new();
    let mut count = 0;
    for entry in std::fs::read_dir(iam_split_tests::repository().join("tests/rules")).unwrap() {
        let path = entry.unwrap().path();
        let read = |file: &str| std::fs::read_to_string(path.join(file));
        let app = read("app.yaml").ok();
        let found =
            check_rules(&read("rules.yaml").unwrap(), &read("template.yaml").unwrap(), app.as_deref(), NOW)
                .findings;
        let lines: Vec<String> = found.iter().map(line).collect();
        let got = sorted(lines.iter().map(String::as_str));
        let wanted = sorted(read("expected").unwrap().lines());
        if got != wanted {
            let missing: Vec<_> = wanted.iter().filter(|line| !got.contains(line)).collect();
            let more: Vec<_> = got.iter().filter(|line| !wanted.contains(line)).collect();
            let _ = writeln!(
                wrong,
                "{}: missing {missing:#?}, more {more:#?}, {} of {}",
                path.display(),
                got.len(),
                wanted.len()
            );
            for one in &found {
                let _ = writeln!(wrong, "    {} {} {:?}", one.code.as_str(), one.message, one.help);
            }
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 12);
}

/// The page for security teams: its files, its commands, and the lines that they write.
#[test]
fn the_page_says_what_the_command_writes() {
    let page = std::fs::read_to_string(iam_split_tests::repository().join("docs/rules.md")).unwrap();
    let work = tempfile::tempdir().unwrap();
    assert_eq!(iam_split_tests::docs::follow(&page, work.path()), (4, 2, 5));
    // What the last file gives is given.
    let ran = iam_split_tests::run(
        work.path(),
        &["split", "template.yaml", "--config", "config.yaml", "--rules", "with-exception.yaml"],
        b"",
    );
    assert!(ran.stderr.contains("nothing is left for the application"), "{}", ran.stderr);
}

/// The file that `rules init` writes is read, and every check of it is one that is known.
#[test]
fn the_file_to_start_from_is_read() {
    let text = iam_split_core::rules::TEMPLATE;
    let (rules, found) = iam_split_core::rules::read(text);
    assert_eq!((rules.list.len(), found.len()), (7, 0), "{found:#?}");
    // What is commented out is right, too.
    let whole: String = text
        .lines()
        .map(|line| {
            format!(
                "{}\n",
                line.strip_prefix("  # ").map_or(line.to_owned(), |rest| match rest.as_bytes().first() {
                    Some(b'-' | b' ') => format!("  {rest}"),
                    _ => String::new(),
                })
            )
        })
        .collect();
    let (rules, found) = iam_split_core::rules::read(&whole);
    assert_eq!((rules.list.len(), found.len()), (13, 0), "{found:#?}\n{whole}");
}

/// Rules that are broken refuse a split and are no part of the verdict on a pair.
#[test]
fn rules_stand_beside_the_proof() {
    let work = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(work.path().join(name), text).unwrap();
    write("rules.yaml", "rules: [{check: boundary, allow: ['arn:*:iam::*:policy/Team']}]\n");
    write(
        "t.yaml",
        "Resources:\n  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt R.Arn}}\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Statement: []}\n",
    );
    let run = |words: &str| iam_split_tests::run(work.path(), &words.split(' ').collect::<Vec<_>>(), b"");
    let refused = run("split t.yaml --rules rules.yaml --out-dir out");
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("RUL001") && refused.stderr.contains("t.yaml:3:3"), "{}", refused.stderr);
    assert!(!work.path().join("out").exists());
    assert_eq!(run("split t.yaml --out-dir out").status, 0);
    let pair = "validate --iam out/t-iam.yaml --app out/t-app.yaml --monolith t.yaml";
    assert_eq!(run(pair).status, 0);
    let with = run(&format!("{pair} --rules rules.yaml --report r.sarif"));
    assert_eq!(with.status, 1);
    assert!(with.stdout.contains("proven; 1 finding against the rules"), "{}", with.stdout);
    assert!(std::fs::read_to_string(work.path().join("r.sarif")).unwrap().contains("RUL001"));
    let release = run("diff --iam out/t-iam.yaml out/t-iam.yaml --rules rules.yaml");
    assert_eq!(release.status, 1);
    assert!(release.stdout.contains("nothing more is allowed") && release.stderr.contains("RUL001"));
    write("rules.yaml", "rules: [{check: boundary}]\n");
    for words in [
        format!("{pair} --rules rules.yaml"),
        "split t.yaml --rules rules.yaml".to_owned(),
        "diff --iam t.yaml t.yaml --rules rules.yaml".to_owned(),
    ] {
        assert_eq!(run(&words).status, 2, "{words}");
    }
}

/// Of how many each rule was asked is said; where there was nothing to ask, nothing is kept.
#[test]
fn what_was_not_asked_is_not_kept() {
    let rules = "rules: [{check: boundary, allow: ['*']}, {check: session, at_most: 3600, of: [roles]}]\n";
    let headline = |template: &str| check_rules(rules, template, None, NOW).headline;
    let none = headline("Resources: {Q: {Type: AWS::SQS::Queue}}\n");
    assert_eq!(none, "no rule is kept or broken: the template has nothing that they are asked of");
    let user = "Resources: {U: {Type: AWS::IAM::User, Properties: {PermissionsBoundary: x}}}\n";
    assert_eq!(headline(user), "rules are kept: `boundary` by 1 resource; asked of nothing: `session`");
}

/// A release that allows nothing more and breaks a rule is no green run, in no form of the answer.
#[test]
fn a_release_is_not_sound_where_a_rule_is_broken() {
    let work = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(work.path().join(name), text).unwrap();
    write(
        "r.yaml",
        "rules: [{check: trust, accounts: [self]}, {check: managed-policies, refuse: ['*Admin*']}]\n",
    );
    write(
        "t.yaml",
        "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns:\n        - arn:aws:iam::aws:policy/A\n        - arn:aws:iam::aws:policy/Admin\n      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: '*', Action: 'sts:AssumeRole'}}\n",
    );
    let reports = ["d.json", "d.md", "d.sarif", "d.xml", "d.html"];
    let mut arguments = vec!["diff", "--iam", "t.yaml", "t.yaml", "--rules", "r.yaml"];
    reports.iter().for_each(|name| arguments.extend(["--report", name]));
    let ran = iam_split_tests::run(work.path(), &arguments, b"");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stdout.ends_with("nothing more is allowed; rules: 2 broken\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("may be assumed by anyone"), "{}", ran.stderr);
    // The entry that is refused is underlined, not the list.
    assert!(ran.stderr.contains("--> t.yaml:7:11"), "{}", ran.stderr);
    let read = |name: &str| std::fs::read_to_string(work.path().join(name)).unwrap();
    for name in reports {
        assert!(read(name).contains("rules: 2 broken"), "{name}");
    }
    assert!(read("d.md").contains("`t.yaml` line 7"), "{}", read("d.md"));
    assert!(read("d.xml").contains("failures=\"3\""), "{}", read("d.xml"));
    let json: serde_json::Value = serde_json::from_str(&read("d.json")).unwrap();
    assert_eq!(json["findings"][0]["places"][0]["file"], "t.yaml");
    let sarif: serde_json::Value = serde_json::from_str(&read("d.sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64() > Some(1));
    }
}

/// What the configuration gives is what rules are asked of: the pair holds it.
#[test]
fn what_is_given_keeps_rules() {
    let work = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(work.path().join(name), text).unwrap();
    write("r.yaml", "rules: [{check: path, allow: [/team/]}]\n");
    write("c.yaml", "iam: {path: /team/}\n");
    write(
        "t.yaml",
        "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\n  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt R.Arn}}\n",
    );
    let split = ["split", "t.yaml", "--rules", "r.yaml"];
    assert_eq!(iam_split_tests::run(work.path(), &split, b"").status, 1);
    let ran = iam_split_tests::run(work.path(), &[&split[..], &["--config", "c.yaml"]].concat(), b"");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
}

/// A queue's exact ARN becomes a pattern: the rule on scopes is asked of that, and shown in the monolith's lines.
#[test]
fn a_split_asks_of_the_patterns_that_it_makes() {
    use iam_split_core::api::{SplitAnswer, SplitRequest, split_proven};
    use iam_split_core::config::Resolution;
    let template = "\
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Queue.Arn}]
  Function:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt Role.Arn, Handler: i.h, Runtime: python3.13, Code: {ZipFile: x}, Environment: {Variables: {Q: !Ref Queue}}}
";
    let answer = |widest: &str| {
        let rules = format!("rules: [{{check: scope, widest: ['{widest}']}}]");
        split_proven(&SplitRequest {
            template,
            resolve: Some(vec![Resolution::Exact, Resolution::Pattern]),
            rules: Some(&rules),
            now: NOW,
            ..SplitRequest::default()
        })
    };
    let SplitAnswer::Done(split) = answer("arn:*:sqs:*:*:${AppStackName}-*") else { panic!("it is within") };
    assert!(
        split.diagnostics.iter().all(|one| !one.code.as_str().starts_with("RUL")),
        "{:?}",
        split.diagnostics
    );
    let SplitAnswer::Refused { diagnostics } = answer("arn:*:sqs:*:*:team-*") else { panic!("it is wider") };
    let found = diagnostics.iter().find(|one| one.code == Code::RUL002 || one.code == Code::RUL001).unwrap();
    assert!(
        found.message.contains("`Role` allows on") && found.message.contains("Queue"),
        "{}",
        found.message
    );
    let span = found.labels[0].span;
    assert_eq!(template.get(span.start()..span.end()), Some("Role"));
}
