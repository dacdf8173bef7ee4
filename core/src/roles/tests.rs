#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use super::{Card, Weight};
use crate::api::roles;

fn cards(text: &str) -> Vec<Card> {
    roles(text, None).unwrap().cards
}

/// The flags of a role whose trust or whose one statement is given.
fn flags_of(part: &str, text: &str) -> Vec<(Weight, String)> {
    let trust = if part == "trust" {
        text
    } else {
        "{Effect: Allow, Principal: {Service: x.amazonaws.com}, Action: sts:AssumeRole}"
    };
    let grant = if part == "grant" {
        text
    } else {
        "{Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Q.Arn}"
    };
    let template = format!(
        "Parameters: {{Who: {{Type: String}}}}\nConditions: {{Prod: !Equals [!Ref Who, prod]}}\nResources:\n  Q: {{Type: AWS::SQS::Queue}}\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Statement: [{trust}]\n      Policies:\n        - PolicyName: p\n          PolicyDocument: {{Statement: [{grant}]}}\n"
    );
    let cards = cards(&template);
    cards
        .into_iter()
        .find(|card| card.name == "R")
        .unwrap()
        .flags
        .into_iter()
        .map(|flag| (flag.weight, flag.text))
        .collect()
}

#[test]
fn who_is_trusted_is_told() {
    let flag = |principal: &str, condition: &str| {
        flags_of(
            "trust",
            &format!("{{Effect: Allow, Principal: {principal}, Action: sts:AssumeRole{condition}}}"),
        )
    };
    assert_eq!(flag("{Service: lambda.amazonaws.com}", ""), []);
    assert_eq!(flag("{AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}", ""), []);
    assert_eq!(flag("'*'", ""), [(Weight::Grave, "anyone may assume it".to_owned())]);
    assert_eq!(
        flag("{AWS: '*'}", ", Condition: {StringEquals: {aws:PrincipalOrgID: o-1}}"),
        [(Weight::High, "anyone may assume it, where its conditions hold".to_owned())]
    );
    let one = flag("{AWS: 'arn:aws:iam::210987654321:user/a'}", "");
    assert_eq!(one.len(), 1);
    assert!(one.iter().all(|(weight, text)| *weight == Weight::Grave
        && text.contains("user/a")
        && text.contains("sts:ExternalId")));
    let whole = flag("{AWS: '210987654321'}", ", Condition: {StringEquals: {sts:ExternalId: x}}");
    assert!(
        whole.iter().all(|(_, text)| text.contains("all of 210987654321") && !text.contains("nothing else")),
        "{whole:?}"
    );
    // A value decides, also behind an `If`.
    assert_eq!(flag("{AWS: !Ref Who}", "").first().unwrap().0, Weight::High);
    let chosen = flag("{AWS: !If [Prod, '*', !Ref AWS::AccountId]}", "");
    assert!(chosen.iter().any(|(_, text)| text.contains("anyone")), "{chosen:?}");
    assert_eq!(
        flag("{Federated: token.actions.githubusercontent.com}", "").first().unwrap().0,
        Weight::Grave
    );
    let aud = ", Condition: {StringEquals: {'token.actions.githubusercontent.com:aud': sts.amazonaws.com}}";
    assert!(flag("{Federated: !Ref Q}", aud).first().unwrap().1.contains(":sub"));
    let of_sub = |condition: &str| {
        flag(
            "{Federated: !Ref Q}",
            &format!(", Condition: {{{condition}}}")
                .replace("SUB", "'token.actions.githubusercontent.com:sub'"),
        )
    };
    for condition in [
        "StringLike: {SUB: 'repo:a/b:*'}",
        "StringEquals: {SUB: x}",
        "'ForAnyValue:StringLike': {SUB: ['repo:a/*', x]}",
    ] {
        assert_eq!(of_sub(condition), [], "{condition}");
    }
    // Conditions that everyone meets say nothing.
    for condition in [
        "StringLike: {SUB: '*'}",
        "StringLike: {SUB: 'repo:*/*:ref:refs/heads/main'}",
        "StringLike: {SUB: ['repo:a/b:*', 'repo:*']}",
        "StringNotEquals: {SUB: x}",
        "StringEqualsIfExists: {SUB: x}",
        "'ForAllValues:StringLike': {SUB: x}",
        "'Null': {SUB: 'false'}",
    ] {
        assert!(of_sub(condition).iter().any(|(_, text)| text.contains(":sub")), "{condition}");
    }
    // An account is what stands where an ARN has it.
    assert_eq!(
        flag("{AWS: !Sub 'arn:aws:iam::${P}:role/${AWS::AccountId}-x'}", "").first().unwrap().0,
        Weight::High
    );
    assert_eq!(flag("{AWS: !GetAtt Nested.Outputs.RoleArn}", "").first().unwrap().0, Weight::High);
    let guests =
        ", Condition: {'ForAnyValue:StringLike': {'cognito-identity.amazonaws.com:amr': unauthenticated}}";
    assert!(
        flag("{Federated: cognito-identity.amazonaws.com}", guests).first().unwrap().1.contains("guests")
    );
}

#[test]
fn what_is_wide_in_other_words_is_told() {
    let text = |statement: &str| {
        flags_of("grant", statement).into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n")
    };
    for target in ["'**'", "'arn:*'", "'arn:aws:*'", "'arn:*:*:*:*:*'"] {
        let told = text(&format!("{{Effect: Allow, Action: s3:GetObject, Resource: {target}}}"));
        assert!(told.contains("on everything"), "{target}: {told}");
    }
    assert!(
        text("{Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::*'}")
            .contains("all that a service has")
    );
    assert_eq!(text("{Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::b/*'}"), "");
    assert!(text("{Effect: Allow, Action: '*:*', Resource: '*'}").contains("every action on everything"));
    assert!(text("{Effect: Allow, Action: 's3:?*', Resource: 'arn:aws:s3:::b'}").contains("allows `s3:?*`"));
    assert!(
        text("{Effect: Allow, Action: sts:AssumeRole, Resource: 'arn:aws:iam::*:role/*'}")
            .contains("becomes any role")
    );
    assert_eq!(
        text("{Effect: Allow, Action: sts:AssumeRole, Resource: 'arn:aws:iam::111122223333:role/x'}"),
        ""
    );
    let passes = |condition: &str| {
        text(&format!("{{Effect: Allow, Action: iam:PassRole, Resource: x, Condition: {{{condition}}}}}"))
    };
    assert_eq!(passes("StringEquals: {iam:PassedToService: lambda.amazonaws.com}"), "");
    for condition in [
        "StringLike: {iam:PassedToService: '*'}",
        "StringNotEquals: {iam:PassedToService: x}",
        "StringEqualsIfExists: {iam:PassedToService: x}",
    ] {
        assert!(passes(condition).contains("to any service"), "{condition}");
    }
}

#[test]
fn whoever_is_in_a_group_has_what_it_has() {
    let text = "
Resources:
  U: {Type: AWS::IAM::User, Properties: {Groups: [!Ref G]}}
  V: {Type: AWS::IAM::User}
  W: {Type: AWS::IAM::User, Properties: {Groups: [Administrators]}}
  In: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref G, Users: [!Ref V]}}
  G:
    Type: AWS::IAM::Group
    Properties:
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess', !Ref Own]
      Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: a:Inline, Resource: x}}}]
  Own: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: a:Own, Resource: x}}}}
";
    let cards = cards(text);
    let of = |name: &str| cards.iter().find(|card| card.name == name).unwrap();
    for user in ["U", "V"] {
        assert_eq!((of(user).weight(), of(user).grants.len()), (Some(Weight::Grave), 2), "{user}");
    }
    assert!(of("W").flags.iter().any(|flag| flag.text.contains("`Administrators`, which is not declared")));
    assert_eq!(of("G").attached_to, ["U", "V"]);
}

#[test]
fn a_managed_policy_that_a_value_decides_is_told() {
    let of = |list: &str| {
        let text = format!(
            "Resources:\n  R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Statement: []}}, ManagedPolicyArns: {list}}}}}\n  Own: {{Type: AWS::IAM::ManagedPolicy, Properties: {{ManagedPolicyName: own, PolicyDocument: {{Statement: {{Effect: Allow, Action: '*', Resource: '*'}}}}}}}}\n"
        );
        cards(&text).into_iter().find(|card| card.name == "R").unwrap().weight()
    };
    assert_eq!(of("!Ref P"), Some(Weight::High));
    assert_eq!(of("[!FindInMap [M, a, b]]"), Some(Weight::High));
    assert_eq!(of("['arn:aws:iam::111122223333:policy/other']"), Some(Weight::Wide));
    assert_eq!(of("[!Sub 'arn:aws:iam::${AWS::AccountId}:policy/own']"), Some(Weight::Grave));
    assert_eq!(of("['arn:aws:iam::aws:policy/AdministratorAccess-Amplify']"), Some(Weight::High));
    assert_eq!(of("['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']"), None);
}

#[test]
fn what_is_wide_is_told() {
    let flag = |statement: &str| flags_of("grant", statement);
    let first = |statement: &str| flag(statement).first().cloned().unwrap();
    assert_eq!(flag("{Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Q.Arn}"), []);
    assert_eq!(flag("{Effect: Deny, Action: '*', Resource: '*'}"), []);
    assert_eq!(
        first("{Effect: Allow, Action: '*', Resource: '*'}"),
        (Weight::Grave, "allows every action on everything".to_owned())
    );
    assert_eq!(first("{Effect: Allow, NotAction: iam:*, Resource: '*'}").0, Weight::Grave);
    assert!(first("{Effect: Allow, Action: s3:*, NotResource: !GetAtt Q.Arn}").1.contains("s3:*"));
    assert_eq!(
        first("{Effect: Allow, Action: [s3:GetObject, sqs:SendMessage], Resource: '*'}").0,
        Weight::Wide
    );
    assert!(first("{Effect: Allow, Action: s3:*, NotResource: '*'}").1.contains("on nothing"));
    // Passing a role: to whom counts.
    assert_eq!(first("{Effect: Allow, Action: iam:PassRole, Resource: '*'}").0, Weight::Grave);
    let limited = "{Effect: Allow, Action: iam:passrole, Resource: !GetAtt Q.Arn, Condition: {StringEquals: {iam:PassedToService: ecs.amazonaws.com}}}";
    assert_eq!(flag(limited), []);
    // Ways to more, on anything and on what is named.
    assert_eq!(first("{Effect: Allow, Action: iam:Put*, Resource: '*'}").0, Weight::Grave);
    assert_eq!(first("{Effect: Allow, Action: iam:PutRolePolicy, Resource: !GetAtt Q.Arn}").0, Weight::High);
    assert!(first("{Effect: !Ref Who, Action: s3:GetObject, Resource: x}").1.contains("computed"));
    assert!(first("!Ref Who").1.contains("cannot be read"));
}

#[test]
fn policies_are_folded_in_whichever_way_they_are_attached() {
    let text = "
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Ref ByList, !Sub 'arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess', !If [C, !Ref Never, !Ref AWS::NoValue]]
      AssumeRolePolicyDocument: {Statement: []}
  ByList: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: a:List, Resource: x}}}}
  ByRoles: {Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [!Ref R], PolicyDocument: {Statement: {Effect: Allow, Action: a:Roles, Resource: x}}}}
  Apart: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [!Ref R], PolicyDocument: {Statement: {Effect: Allow, Action: a:Apart, Resource: x}}}}
  Own: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: q, RoleName: !Ref R, PolicyDocument: {Statement: {Effect: Deny, Action: a:Own, Resource: x}}}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref R]}}
  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt R.Arn}}
";
    let cards = cards(text);
    let role = cards.iter().find(|card| card.name == "R").unwrap();
    let mut actions: Vec<String> =
        role.grants.iter().flat_map(|grant| &grant.actions).map(ToString::to_string).collect();
    actions.sort();
    assert_eq!(actions, ["a:Apart", "a:List", "a:Own", "a:Roles"]);
    let managed: Vec<String> = role.managed.iter().map(ToString::to_string).collect();
    assert_eq!(managed, ["ReadOnlyAccess", "!Ref Never (only if C)"]);
    assert_eq!(role.used_by, ["Profile", "F"]);
    let policy = cards.iter().find(|card| card.name == "ByRoles").unwrap();
    assert_eq!(
        (policy.attached_to.as_slice(), policy.used_by.as_slice()),
        (["R".to_owned()].as_slice(), [].as_slice())
    );
    assert_eq!(
        role.grants.iter().find(|grant| grant.effect == "Deny").unwrap().sentence(),
        "Deny a:Own on x"
    );
}

#[test]
fn a_pair_is_one_system() {
    let iam = "
Resources:
  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}
Outputs:
  RArn: {Value: !GetAtt R.Arn}
";
    let app = "
Parameters: {R: {Type: String}}
Resources:
  P: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: p, RoleName: !Select [1, !Split [/, !Ref R]], PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}}
  F: {Type: AWS::Lambda::Function, Properties: {Role: !Ref R}}
  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: x}}
";
    let answer = roles(iam, Some(app)).unwrap();
    let card = answer.cards.first().unwrap();
    assert_eq!((card.name.as_str(), card.weight()), ("R", Some(Weight::Grave)));
    assert_eq!(card.used_by, ["F"]);
    assert_eq!(answer.headline, "1 role: 1 grave");
    assert_eq!(answer.unseen, ["`Nested` is a stack of its own"]);
}

#[test]
fn whoever_is_named_by_name_has_the_policy() {
    let text = "
Parameters: {Name: {Type: String}}
Resources:
  R: {Type: AWS::IAM::Role, Properties: {RoleName: !Ref Name, AssumeRolePolicyDocument: {Statement: []}}}
  ByName: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [!Ref Name, legacy], PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}}
  Again: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: q, RoleName: legacy, PolicyDocument: {Statement: {Effect: Allow, Action: a:B, Resource: x}}}}
";
    let cards = cards(text);
    let of = |name: &str| cards.iter().find(|card| card.name == name).unwrap();
    assert_eq!(of("R").weight(), Some(Weight::Grave));
    let legacy = of("legacy, not in the template");
    assert_eq!((cards.len(), legacy.grants.len()), (2, 2));
    assert!(legacy.flags.iter().any(|flag| flag.text.contains("named and not declared")));
}
