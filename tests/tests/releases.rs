//! Random releases against the evaluator of requests.
//!
//! `RELEASES=10000 cargo test -p iam-split-tests --test releases` tries more; `FIRST=n` begins at another seed.

use iam_split_core::api::can;
use iam_split_core::policy::{Access, CanRequest, Verdict};
use iam_split_tests::releases::{Count, Kind, check};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn run(kind: Kind, share: f64) {
    let first = number("FIRST", 1);
    let mut count = Count::default();
    for seed in first..first + number("RELEASES", 1_000) {
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

/// One folder a case: two releases, and what is said of them.
#[test]
fn each_release_is_called_what_it_is() {
    let folder = iam_split_tests::repository().join("tests/releases");
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let read = |file: &str| {
            let named = ["yaml", "json"].map(|ending| path.join(format!("{file}.{ending}")));
            std::fs::read_to_string(named.iter().find(|path| path.exists()).unwrap()).unwrap()
        };
        let wanted = match std::fs::read_to_string(path.join("verdict")).unwrap().trim() {
            "no_more" => Verdict::NoMore,
            "cannot_tell" => Verdict::CannotTell,
            "more" => Verdict::More,
            other => panic!("{other}"),
        };
        let release = iam_split_core::diff::iam(&read("old"), &read("new")).unwrap().release;
        if release.verdict != wanted {
            wrong.push(format!("{}: {wanted:?}, {:#?}", path.display(), release.decisions));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

/// Two releases of a whole template that differ in the text between the brackets.
fn told(template: &str, old: &str, new: &str) -> Verdict {
    let of = |text: &str| template.replace("[[]]", text);
    iam_split_core::diff::iam(&of(old), &of(new)).unwrap().release.verdict
}

/// What a loop reads that cannot be written out, or is read from a mapping.
#[test]
fn a_loop_gives_what_its_collection_says() {
    let of_mapping = "
Transform: AWS::LanguageExtensions
Mappings: {M: {names: {all: [[]]}}}
Resources:
  Fn::ForEach::Roles:
    - Name
    - !FindInMap [M, names, all]
    - '${Name}':
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: 'sts:AssumeRole'}]}
";
    assert_eq!(told(of_mapping, "[A]", "[A, B]"), Verdict::More);
    assert_eq!(told(of_mapping, "[A, B]", "[B, A]"), Verdict::NoMore);
    let of_parameter = "
Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList, Default: [[]]}}
Resources:
  Fn::ForEach::Policies:
    - Name
    - !Ref Names
    - 'P${Name}':
        Type: AWS::IAM::Policy
        Properties:
          PolicyName: !Ref Name
          Roles: [!Ref Name]
          PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}
";
    assert_eq!(told(of_parameter, "a", "'a,b'"), Verdict::CannotTell);
    assert_eq!(told(of_parameter, "a", "'a'"), Verdict::NoMore);
}

/// Whom a policy is attached to may be a parameter's to say.
#[test]
fn a_name_that_is_given_may_be_anyones() {
    let attached = "
Parameters: {Name: {Type: String, Default: [[]]}}
Resources:
  P:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: p
      Roles: [!Ref Name]
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}
";
    assert_eq!(told(attached, "one", "other"), Verdict::More);
    assert_eq!(
        told(&attached.replace("Type: String", "Type: CommaDelimitedList"), "one", "'one,two'"),
        Verdict::More
    );
    assert_eq!(
        told(&attached.replace("Type: String", "Type: CommaDelimitedList"), "'one,two'", "one"),
        Verdict::NoMore
    );
    let loosened = attached.replace("Default: [[]]", "AllowedValues: [[]]");
    assert_eq!(told(&loosened, "[one]", "[one, two]"), Verdict::CannotTell);
    let named = "
Parameters: {Name: {Type: String, Default: [[]]}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref Name
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}
";
    assert_eq!(told(named, "one", "other"), Verdict::CannotTell);
    let tagged = "
Parameters: {Team: {Type: String, Default: [[]]}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}
      Tags: [{Key: team, Value: !Ref Team}]
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref R]
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {StringEquals: {'aws:PrincipalTag/team': a}}}]
";
    assert_eq!(told(tagged, "b", "a"), Verdict::CannotTell);
}

#[test]
fn what_is_named_elsewhere_is_not_known() {
    // The default of such a parameter is the name of an entry, not the value.
    let stored = "
Parameters: {Bucket: {Type: 'AWS::SSM::Parameter::Value<String>', Default: [[]]}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}
      Policies:
        - PolicyName: p
          PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: !Ref Bucket}]}
";
    assert_eq!(told(stored, "/a", "/b"), Verdict::CannotTell);
    // Of two inline policies of one name one stands: taking the denial away may do nothing, or allow all.
    let overwritten = "
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}
      Policies:
        - PolicyName: p
          PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}
  P:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: !Ref R
      PolicyName: [[]]
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'sqs:*', Resource: '*'}]}
";
    assert_eq!(told(overwritten, "p", "q"), Verdict::CannotTell);
    assert_eq!(told(overwritten, "q", "r"), Verdict::NoMore);
}

/// What a trust policy excepts, and what a variable is that the context lacks.
#[test]
fn exceptions_and_defaults_are_read() {
    let trust = "
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - {Effect: Allow, Principal: {AWS: '111111111111'}, Action: 'sts:AssumeRole'}
[[]]
";
    let excepted = |names: &str| {
        format!("          - {{Effect: Deny, NotPrincipal: {{AWS: [{names}]}}, Action: 'sts:AssumeRole'}}")
    };
    let bob = excepted("'arn:aws:iam::111111111111:user/Bob', 'arn:aws:iam::111111111111:root'");
    assert_eq!(told(trust, &bob, ""), Verdict::More);
    assert_eq!(told(trust, "", &bob), Verdict::NoMore);
    // Whether Bob is excepted whose account is not turns on more than the text.
    assert_eq!(told(trust, &excepted("'arn:aws:iam::111111111111:user/Bob'"), ""), Verdict::CannotTell);
    let on = |resource: &str| format!("{{Effect: Allow, Action: 's3:*', Resource: '{resource}'}}");
    let both = |variable: &str| on(&format!("arn:aws:s3:::{variable}/*"));
    assert_eq!(verdict(&both("${aws:PrincipalTag/t}"), &both("${aws:PrincipalTag/t, ''x''}")), Verdict::More);
    assert_ne!(verdict(&both("${aws:PrincipalTag/t, ''x''}"), &both("${aws:PrincipalTag/t}")), Verdict::More);
}

/// What `can` answers of the role `R` of a template.
fn may(template: &str, context: &[(&str, &[&str])]) -> Access {
    let context = context
        .iter()
        .map(|(key, values)| ((*key).to_owned(), values.iter().map(|value| (*value).to_owned()).collect()));
    let request = CanRequest {
        principal: "R",
        action: "s3:GetObject",
        resource: "arn:aws:s3:::x/key",
        context: context.collect(),
        ..CanRequest::default()
    };
    can(template, &request).unwrap().access
}

#[test]
fn a_request_is_answered_as_far_as_the_template_tells() {
    let role = |statement: &str, rest: &str| {
        format!(
            "{rest}
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{Version: '2012-10-17', Statement: []}}
      Policies:
        - PolicyName: p
          PolicyDocument: {{Version: '2012-10-17', Statement: [{statement}]}}
"
        )
    };
    let allow = "{Effect: Allow, Action: 's3:Get*', Resource: 'arn:aws:s3:::x/*'}";
    let none = "{Effect: Allow, Action: 'sqs:*', Resource: '*'}";
    assert_eq!(may(&role(allow, "Resources:"), &[]), Access::Allowed);
    assert_eq!(may(&role(none, "Resources:"), &[]), Access::Denied);
    // A macro may make anything of it.
    assert_eq!(may(&role(allow, "Transform: Company\nResources:"), &[]), Access::CannotTell);
    assert_eq!(may(&role(none, "Transform: 'AWS::LanguageExtensions'\nResources:"), &[]), Access::Denied);
    // Another policy may be attached to it: by a name that is given, or by a loop over such names.
    let policy = "
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: other
      Roles: [!Ref Name]
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}";
    let given = format!("Parameters: {{Name: {{Type: String}}}}\nResources:\n  P:{policy}");
    assert_eq!(may(&role(none, &given), &[]), Access::CannotTell);
    let indented = policy.replace('\n', "\n    ");
    let looped = format!(
        "Transform: 'AWS::LanguageExtensions'\nParameters: {{Names: {{Type: CommaDelimitedList}}}}
Resources:\n  Fn::ForEach::All:\n    - Name\n    - !Ref Names\n    - 'P${{Name}}':{indented}"
    );
    assert_eq!(may(&role(none, &looped), &[]), Access::CannotTell);
    // A policy of the same name may stand in the place of this one.
    let replaced = "Resources:\n  P:".to_owned()
        + &policy.replace("PolicyName: other", "PolicyName: p").replace("!Ref Name", "!Ref R");
    assert_eq!(may(&role(allow, &replaced.replace("'s3:*'", "'sqs:*'")), &[]), Access::CannotTell);
    // A variable is what the context holds, or else its default.
    let variable = "{Effect: Allow, Action: 's3:*', Resource: \"arn:aws:s3:::${aws:PrincipalTag/t, 'x'}/*\"}";
    let variable = role(variable, "Resources:");
    assert_eq!(may(&variable, &[("aws:PrincipalTag/t", &[])]), Access::Allowed);
    assert_eq!(may(&variable, &[("aws:PrincipalTag/t", &["y"])]), Access::Denied);
    assert_eq!(may(&variable, &[]), Access::CannotTell);
}

/// A witness is a request with values, and none of them is a secret or tells of one.
#[test]
fn no_part_of_a_secret_is_shown() {
    let template = "
Parameters: {S: {Type: CommaDelimitedList, NoEcho: true, Default: 'arn:aws:s3:::hunter2b,arn:aws:s3:::hunter3b'}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}
      Policies:
        - PolicyName: p
          PolicyDocument: {Version: '2012-10-17', Statement: [[[]]]}
";
    let of = |text: &str| template.replace("[[]]", text);
    let granted = [
        "{Effect: Allow, Action: 's3:*', Resource: !Ref S}",
        "{Effect: Allow, Action: 's3:*', Resource: !Select [1, !Ref S]}",
        "{Effect: Allow, Action: 's3:*', Resource: '*', Condition: {StringEqualsIgnoreCase: {'s3:prefix': !Select [0, !Ref S]}}}",
    ];
    for statement in granted {
        let release = iam_split_core::diff::iam(&of(""), &of(statement)).unwrap().release;
        assert_ne!(release.verdict, Verdict::NoMore, "{statement}");
        let told = format!("{:?}", release.decisions).to_lowercase();
        assert!(!told.contains("hunter"), "{told}");
    }
}
