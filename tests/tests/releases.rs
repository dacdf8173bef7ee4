//! Random releases against the evaluator of requests.
//!
//! `RELEASES=10000 cargo test -p iam-split-tests --test releases` tries more; `FIRST=n` begins at another seed.

use iam_split_core::policy::Verdict;
use iam_split_tests::releases::{Count, Kind, check};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn run(kind: Kind, share: f64) {
    let first = number("FIRST", 1);
    let mut count = Count::default();
    for seed in first..first + number("RELEASES", 100) {
        check(seed, kind, &mut count);
    }
    let Count { releases, no_more, more, cannot_tell, .. } = count;
    println!("{kind:?}: {releases} releases, {no_more} no more, {more} more, {cannot_tell} cannot tell");
    assert!(
        count.wrong.is_empty(),
        "{} wrong:\n{}",
        count.wrong.len(),
        count.wrong[..count.wrong.len().min(5)].join("\n")
    );
    assert!(no_more > releases / 20 && more > releases / 20, "the releases are of one kind");
    assert!((cannot_tell as f64) < releases as f64 * share, "{cannot_tell} of {releases} are not told");
}

#[test]
fn without_intrinsics_all_is_told() {
    run(Kind::default(), 0.02);
}

#[test]
fn with_intrinsics_nearly_all_is_told() {
    run(Kind { intrinsics: true, ..Kind::default() }, 0.1);
}

#[test]
fn what_only_aws_knows_is_never_taken_for_granted() {
    run(Kind { managed: true, ..Kind::default() }, 1.0);
}

/// The cases beside the repository: what each release allows.
#[test]
fn the_cases_are_decided() {
    let folder = iam_split_tests::repository().join("../shared/cases/releases");
    if !folder.is_dir() {
        println!("LEFT OUT: the cases in ../shared/cases are not here");
        return;
    }
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let read = |file: &str| std::fs::read_to_string(path.join(file)).unwrap();
        let release = iam_split_core::diff::iam(&read("old.yaml"), &read("new.yaml")).unwrap().release;
        let wanted = match name.as_str() {
            "array-scalar" | "case-only" => Verdict::NoMore,
            // Which accounts the parameter may have is no longer said.
            "rules-removed" => Verdict::CannotTell,
            _ => Verdict::More,
        };
        assert_eq!(release.verdict, wanted, "{name}: {release:#?}");
    }
}

/// A role with one statement, and the same with another one.
fn verdict(old: &str, new: &str) -> Verdict {
    let template = |statements: &str| {
        format!(
            "Parameters: {{P: {{Type: String}}, Q: {{Type: String}}}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: []}}
      Policies:
        - PolicyName: p
          PolicyDocument: {{Version: '2012-10-17', Statement: [{statements}]}}
"
        )
    };
    iam_split_core::diff::iam(&template(old), &template(new)).unwrap().release.verdict
}

#[test]
fn what_is_the_same_in_other_words_is_no_more() {
    for (old, new) in [
        (
            "{Effect: Allow, Action: 's3:Get?bject', Resource: '*'}",
            "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}",
        ),
        (
            "{Effect: Allow, Action: ['s3:a*', 's3:b*'], Resource: '*'}",
            "{Effect: Allow, Action: 's3:a*', Resource: '*'}, {Effect: Allow, Action: 's3:bx', Resource: '*'}",
        ),
        (
            "{Effect: Allow, Action: 's3:*', NotResource: 'arn:aws:s3:::a'}",
            "{Effect: Allow, Action: 's3:*', Resource: 'arn:aws:s3:::b'}",
        ),
        (
            "{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {NumericLessThan: {'s3:max-keys': '10'}}}",
            "{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {NumericLessThanEquals: {'s3:max-keys': '9'}}}",
        ),
        (
            "{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {IpAddress: {'aws:SourceIp': '10.0.0.0/8'}}}",
            "{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {IpAddress: {'aws:SourceIp': ['10.1.0.0/16', '10.2.3.4']}}}",
        ),
        (
            "{Effect: Allow, Action: 's3:*', Resource: !Sub 'arn:aws:s3:::${P}/*'}",
            "{Effect: Allow, Action: 's3:GetObject', Resource: !Join ['', ['arn:aws:s3:::', !Ref P, '/in/*']]}",
        ),
        // A denial of what was never allowed.
        (
            "{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 'iam:*', Resource: '*'}",
            "{Effect: Allow, Action: 's3:*', Resource: '*'}",
        ),
    ] {
        assert_eq!(verdict(old, new), Verdict::NoMore, "{old} -> {new}");
        assert_ne!(old, new);
    }
}

#[test]
fn more_is_more() {
    for (old, new) in [
        (
            "{Effect: Allow, Action: 's3:GetObject', Resource: '*'}",
            "{Effect: Allow, Action: 's3:Get?bject', Resource: '*'}",
        ),
        (
            "{Effect: Allow, Action: 's3:*', Resource: !Sub 'arn:aws:s3:::${P}/*'}",
            "{Effect: Allow, Action: 's3:*', Resource: !Sub 'arn:aws:s3:::${Q}/*'}",
        ),
        (
            "{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 's3:*', Resource: !Sub 'arn:aws:s3:::${P}/*'}",
            "{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 's3:*', Resource: !Sub 'arn:aws:s3:::${P}/x*'}",
        ),
        (
            "{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:username': !Ref P}}}",
            "{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {StringEqualsIfExists: {'aws:username': !Ref P}}}",
        ),
    ] {
        assert_eq!(verdict(old, new), Verdict::More, "{old} -> {new}");
    }
}

/// A hundred actions on a hundred resources, each of them another one: it is decided, and with a witness.
#[test]
fn a_large_policy_is_decided() {
    let list = |stem: &str| (0..100).map(|at| format!("'{stem}{at}'")).collect::<Vec<_>>().join(", ");
    let statement = |actions: &str, resources: &str| {
        format!("{{Effect: Allow, Action: [{}], Resource: [{}]}}", list(actions), list(resources))
    };
    let old = statement("s3:Get", "arn:aws:s3:::bucket-");
    assert_eq!(verdict(&old, &statement("s3:Put", "arn:aws:s3:::other-")), Verdict::More);
    assert_eq!(
        verdict("{Effect: Allow, Action: 's3:G*', Resource: 'arn:aws:s3:::b*'}", &old),
        Verdict::NoMore
    );
}
