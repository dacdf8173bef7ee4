//! What the configuration gives to all that moves, on the example and on real templates: the pair is the monolith's but
//! for that, and nothing else.

use iam_split_core::api::{SplitAnswer, SplitRequest, ValidateRequest, split_proven, validate};
use iam_split_core::validate::Verdict;
use iam_split_tests::corpus::templates;
use iam_split_tests::{corpus, repository};

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

#[test]
fn real_templates_are_proven_but_for_what_is_given() {
    let Some(folder) = corpus() else { return };
    let (mut proven, mut refused) = (0, 0);
    for path in templates(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let plain = CONFIG.split("iam:").next().unwrap();
        let SplitAnswer::Done(_) = split(&text, plain) else { continue };
        let done = match split(&text, CONFIG) {
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
            config: Some(CONFIG),
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
    assert!(proven > 20 && refused < proven / 5, "{proven} proven, {refused} refused");
}
