//! Random releases of IAM templates, and what the evaluator says of the decisions about them.

use std::collections::BTreeMap;

use iam_split_core::diff;
use iam_split_core::policy::{Decision, Question, Verdict};
use serde_json::{Map, Value, json};

use crate::evaluate::{World, evaluate};
use crate::iam::{Managed, Request, System};

/// Numbers that look random and are the same on every machine.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1) | 1)
    }

    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % most.max(1)
    }

    pub fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn pick<'l, T: ?Sized>(&mut self, list: &[&'l T]) -> &'l T {
        list[self.below(list.len())]
    }
}

/// How much a release makes use of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kind {
    /// `If`, parameters, `Sub`, policy variables.
    pub intrinsics: bool,
    /// Managed policies that only AWS knows.
    pub managed: bool,
}

const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "s3:GetBucketAcl",
    "s3:*",
    "s3:Get*",
    "S3:getobject",
    "s3:?etObject",
    "*",
    "sqs:SendMessage",
    "sqs:*",
    "iam:PassRole",
    "*:GetObject",
    "s3:Get*Acl",
    "s3:*Object",
];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::a",
    "arn:aws:s3:::b",
    "arn:aws:s3:::a*",
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::?",
    "arn:aws:s3:::a/*",
    "arn:*",
    "arn:aws:s3:::*x",
    "arn:aws:sqs:us-east-1:111122223333:q",
];
const WORLD_ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "s3:GetBucketAcl",
    "s3:ListBucket",
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "iam:PassRole",
    "ec2:GetObject",
];
const WORLD_RESOURCES: &[&str] = &[
    "arn:aws:s3:::a",
    "arn:aws:s3:::b",
    "arn:aws:s3:::c",
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::a/y",
    "arn:aws:s3:::ab",
    "arn:aws:s3:::cx",
    "arn:aws:sqs:us-east-1:111122223333:q",
    "*",
    "arn:aws:s3:::p1",
    "arn:aws:s3:::p1/x",
    "arn:aws:s3:::*",
];
const PRINCIPALS: &[(&str, &str)] = &[
    ("AWS", "arn:aws:iam::111122223333:root"),
    ("AWS", "arn:aws:iam::111122223333:role/x"),
    ("AWS", "arn:aws:iam::444455556666:root"),
    ("AWS", "444455556666"),
    ("AWS", "*"),
    ("Service", "lambda.amazonaws.com"),
    ("Service", "ec2.amazonaws.com"),
];
const WORLD_PRINCIPALS: &[&str] = &[
    "AWS arn:aws:iam::111122223333:role/x",
    "AWS arn:aws:iam::111122223333:user/y",
    "AWS arn:aws:iam::444455556666:role/x",
    "Service lambda.amazonaws.com",
    "Service ec2.amazonaws.com",
    "Service sqs.amazonaws.com",
];
/// Keys of contexts, and what they may hold.
const CONTEXT: &[(&str, &[&str])] = &[
    ("aws:securetransport", &["true", "false"]),
    ("aws:username", &["a", "b", "p1"]),
    ("s3:prefix", &["a", "ab", "b", "home/a"]),
    ("s3:max-keys", &["0", "5", "7", "10", "20"]),
    ("aws:sourceip", &["10.0.0.1", "10.1.2.3", "11.0.0.1", "192.168.0.1"]),
    ("aws:currenttime", &["2019-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
    ("aws:sourcearn", &["arn:aws:sns:us-east-1:111122223333:t", "arn:aws:sns:us-east-1:444455556666:t"]),
];
const TAGS: &[&str] = &["a", "b", "c"];

fn some_text(dice: &mut Dice, list: &[&str]) -> Value {
    json!(dice.pick(list))
}

fn texts(dice: &mut Dice, list: &[&str]) -> Value {
    let count = 1 + dice.below(3);
    let items: Vec<Value> = (0..count).map(|_| some_text(dice, list)).collect();
    if items.len() == 1 && dice.one_in(2) { items[0].clone() } else { json!(items) }
}

fn resource(dice: &mut Dice, kind: Kind) -> Value {
    if kind.intrinsics && dice.one_in(3) {
        return match dice.below(6) {
            0 => json!({"Fn::Sub": "arn:aws:s3:::${P}"}),
            1 => json!({"Fn::Sub": "arn:aws:s3:::${P}/*"}),
            2 => json!({"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": "Q"}]]}),
            3 => json!({"Fn::If": ["IsProd", "arn:aws:s3:::a", dice.pick(RESOURCES)]}),
            4 => json!({"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q"}),
            _ => json!("arn:aws:s3:::${aws:username}"),
        };
    }
    some_text(dice, RESOURCES)
}

fn resources(dice: &mut Dice, kind: Kind) -> Value {
    let items: Vec<Value> = (0..=dice.below(3)).map(|_| resource(dice, kind)).collect();
    if items.len() == 1 && dice.one_in(2) { items[0].clone() } else { json!(items) }
}

fn conditions(dice: &mut Dice, kind: Kind) -> Value {
    let mut map = Map::new();
    for _ in 0..=dice.below(2) {
        let (operator, key, value) = match dice.below(13) {
            0 => ("Bool", "aws:SecureTransport", some_text(dice, &["true", "false"])),
            1 => ("BoolIfExists", "aws:SecureTransport", some_text(dice, &["true", "false"])),
            2 => ("StringEquals", "s3:prefix", texts(dice, &["a", "b", "ab"])),
            3 => ("StringLike", "s3:prefix", texts(dice, &["a*", "b", "home/*", "*"])),
            4 => ("StringNotLike", "s3:prefix", texts(dice, &["a*", "b"])),
            5 => ("StringNotEqualsIfExists", "s3:prefix", texts(dice, &["a", "AB"])),
            6 => ("NumericLessThan", "s3:max-keys", some_text(dice, &["5", "10"])),
            7 => ("NumericGreaterThanEquals", "s3:max-keys", some_text(dice, &["5", "10"])),
            8 => ("IpAddress", "aws:SourceIp", texts(dice, &["10.0.0.0/8", "10.0.0.0/16", "192.168.0.0/16"])),
            9 => ("NotIpAddress", "aws:SourceIp", texts(dice, &["10.0.0.0/8", "10.0.0.0/16"])),
            10 => (
                "DateLessThan",
                "aws:CurrentTime",
                some_text(dice, &["2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z"]),
            ),
            11 => (
                "ArnLike",
                "aws:SourceArn",
                texts(
                    dice,
                    &[
                        "arn:aws:sns:*:*:t",
                        "arn:aws:sns:*:111122223333:*",
                        "arn:aws:sns:us-east-1:444455556666:t",
                    ],
                ),
            ),
            _ => match dice.below(6) {
                0 => ("ForAllValues:StringEquals", "aws:TagKeys", texts(dice, TAGS)),
                1 => ("ForAnyValue:StringEquals", "aws:TagKeys", texts(dice, TAGS)),
                2 => ("Null", "aws:TagKeys", some_text(dice, &["true", "false"])),
                3 => ("Null", "s3:prefix", some_text(dice, &["true", "false"])),
                4 if kind.intrinsics => ("StringEquals", "aws:username", json!({"Ref": "P"})),
                _ => ("StringEqualsIgnoreCase", "s3:prefix", texts(dice, &["A", "Ab"])),
            },
        };
        let entry = map.entry(operator.to_owned()).or_insert_with(|| json!({}));
        entry[key] = value;
    }
    Value::Object(map)
}

fn statement(dice: &mut Dice, kind: Kind) -> Value {
    let mut map = Map::new();
    let deny = dice.one_in(3);
    let effect = if kind.intrinsics && dice.one_in(12) {
        json!({"Fn::If": ["IsProd", "Allow", "Deny"]})
    } else {
        json!(if deny { "Deny" } else { "Allow" })
    };
    map.insert("Effect".to_owned(), effect);
    let key = if dice.one_in(6) { "NotAction" } else { "Action" };
    map.insert(key.to_owned(), texts(dice, ACTIONS));
    let key = if dice.one_in(6) { "NotResource" } else { "Resource" };
    map.insert(key.to_owned(), resources(dice, kind));
    if dice.one_in(3) {
        map.insert("Condition".to_owned(), conditions(dice, kind));
    }
    let statement = Value::Object(map);
    if kind.intrinsics && dice.one_in(8) {
        return json!({"Fn::If": ["IsBig", statement, {"Ref": "AWS::NoValue"}]});
    }
    statement
}

fn document(dice: &mut Dice, kind: Kind) -> Value {
    let statements: Vec<Value> = (0..=dice.below(4)).map(|_| statement(dice, kind)).collect();
    let version = if dice.one_in(8) { "2008-10-17" } else { "2012-10-17" };
    json!({"Version": version, "Statement": statements})
}

fn trust(dice: &mut Dice) -> Value {
    let one = |dice: &mut Dice| {
        let (kind, name) = PRINCIPALS[dice.below(PRINCIPALS.len())];
        let mut statement =
            json!({"Effect": if dice.one_in(4) { "Deny" } else { "Allow" }, "Action": "sts:AssumeRole"});
        // IAM takes `NotPrincipal` with `Deny` alone.
        let is_denied = statement["Effect"] == "Deny";
        let key = if is_denied && dice.one_in(3) && name != "*" { "NotPrincipal" } else { "Principal" };
        statement[key] = if dice.one_in(8) && key == "Principal" { json!("*") } else { json!({kind: name}) };
        if dice.one_in(4) {
            statement["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
        }
        statement
    };
    let statements: Vec<Value> = (0..=dice.below(2)).map(|_| one(dice)).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn managed_arns(dice: &mut Dice, kind: Kind) -> Value {
    let mut arns = Vec::new();
    if dice.one_in(2) {
        arns.push(json!({"Ref": "M"}));
    }
    if kind.managed && dice.one_in(2) {
        let name = dice.pick(&["SomeAccess", "OtherAccess"]);
        arns.push(json!(format!("arn:aws:iam::aws:policy/{name}")));
    }
    json!(arns)
}

/// A template; every name that it may refer to is in it.
pub fn template(dice: &mut Dice, kind: Kind) -> Value {
    let mut resources = json!({
        "M": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document(dice, kind)}},
        "B": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document(dice, kind)}},
        "R": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": trust(dice),
            "ManagedPolicyArns": managed_arns(dice, kind),
            "Policies": [{"PolicyName": "in", "PolicyDocument": document(dice, kind)}],
        }},
        "U": {"Type": "AWS::IAM::User", "Properties": {"ManagedPolicyArns": managed_arns(dice, kind)}},
        "G": {"Type": "AWS::IAM::Group", "Properties": {
            "Policies": [{"PolicyName": "in", "PolicyDocument": document(dice, kind)}],
        }},
        "A": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "PolicyDocument": document(dice, kind)}},
    });
    if dice.one_in(3) {
        resources["R"]["Properties"]["PermissionsBoundary"] = json!({"Ref": "B"});
    }
    if dice.one_in(2) {
        resources["U"]["Properties"]["Groups"] = json!([{"Ref": "G"}]);
    }
    if dice.one_in(3) {
        resources["D"] = json!({"Type": "AWS::IAM::UserToGroupAddition", "Properties": {"GroupName": {"Ref": "G"}, "Users": [{"Ref": "U"}]}});
    }
    match dice.below(3) {
        0 => resources["A"]["Properties"]["Roles"] = json!([{"Ref": "R"}]),
        1 => resources["A"]["Properties"]["Users"] = json!([{"Ref": "U"}]),
        _ => resources["A"]["Properties"]["Groups"] = json!([{"Ref": "G"}]),
    }
    if dice.one_in(2) {
        resources["M"]["Properties"]["Roles"] = json!([{"Ref": "R"}]);
    }
    if kind.intrinsics && dice.one_in(3) {
        resources["A"]["Condition"] = json!("IsProd");
    }
    json!({
        "Parameters": {
            "Env": {"Type": "String", "AllowedValues": ["prod", "dev", "test"], "Default": "dev"},
            "Size": {"Type": "String", "Default": "small"},
            "P": {"Type": "String", "Default": "p1"},
            "Q": {"Type": "String"},
        },
        "Conditions": {
            "IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
            "IsBig": {"Fn::And": [{"Fn::Equals": [{"Ref": "Size"}, "big"]}, {"Fn::Not": [{"Condition": "IsProd"}]}]},
        },
        "Resources": resources,
    })
}

/// Lists of the template that a change may touch: statements, or what stands in one.
fn change(dice: &mut Dice, value: &mut Value, kind: Kind, path: &str) -> bool {
    match value {
        Value::Object(map) => {
            let is_statement = map.contains_key("Effect") && !path.ends_with("Assume");
            if is_statement && dice.one_in(4) {
                match dice.below(8) {
                    0 => drop(map.remove("Condition")),
                    1 => drop(map.insert("Condition".to_owned(), conditions(dice, kind))),
                    2 | 3 => {
                        let key = if map.contains_key("Action") { "Action" } else { "NotAction" };
                        map.insert(key.to_owned(), texts(dice, ACTIONS));
                    }
                    4 | 5 => {
                        let key = if map.contains_key("Resource") { "Resource" } else { "NotResource" };
                        map.insert(key.to_owned(), resources(dice, kind));
                    }
                    6 => drop(
                        map.insert("Effect".to_owned(), json!(if dice.one_in(2) { "Allow" } else { "Deny" })),
                    ),
                    _ => {
                        if let Some(old) = map.remove("Resource") {
                            map.insert("Resource".to_owned(), json!([old, resource(dice, kind)]));
                        }
                    }
                }
                if let Some(Value::Array(items)) = map.get_mut("Resource") {
                    let flat: Vec<Value> = items
                        .drain(..)
                        .flat_map(|item| match item {
                            Value::Array(inner) => inner,
                            one => vec![one],
                        })
                        .collect();
                    *items = flat;
                }
                return true;
            }
            let keys: Vec<String> = map.keys().cloned().collect();
            let start = dice.below(keys.len());
            (0..keys.len()).any(|offset| {
                let key = &keys[(start + offset) % keys.len()];
                let path = match key.as_str() {
                    "AssumeRolePolicyDocument" => "Assume",
                    "Fn::If" => "If",
                    _ => path,
                };
                map.get_mut(key).is_some_and(|value| dice.one_in(2) && change(dice, value, kind, path))
            })
        }
        Value::Array(items) => {
            let statements = items.iter().any(|item| {
                item.get("Effect").is_some()
                    || item.get("Fn::If").is_some_and(|parts| parts[1].get("Effect").is_some())
            });
            // The parts of an `If` are no list.
            if statements && path != "Assume" && path != "If" && dice.one_in(3) {
                match dice.below(3) {
                    0 if items.len() > 1 => drop(items.remove(dice.below(items.len()))),
                    1 => items.reverse(),
                    _ => items.push(statement(dice, kind)),
                }
                return true;
            }
            let start = dice.below(items.len());
            let count = items.len();
            (0..count).any(|offset| change(dice, &mut items[(start + offset) % count], kind, path))
        }
        _ => false,
    }
}

/// A release: the template before and after.
pub fn release(seed: u64, kind: Kind) -> (String, String) {
    let mut dice = Dice::new(seed);
    let old = template(&mut dice, kind);
    let mut new = old.clone();
    for _ in 0..=dice.below(2) {
        match dice.below(10) {
            0 => {
                let boundary = dice.one_in(2).then(|| json!({"Ref": "B"}));
                let properties = new["Resources"]["R"]["Properties"].as_object_mut().expect("properties");
                properties.remove("PermissionsBoundary");
                properties.extend(boundary.map(|boundary| ("PermissionsBoundary".to_owned(), boundary)));
            }
            1 => new["Resources"]["R"]["Properties"]["ManagedPolicyArns"] = managed_arns(&mut dice, kind),
            2 => new["Resources"]["R"]["Properties"]["AssumeRolePolicyDocument"] = trust(&mut dice),
            3 => {
                new["Resources"]["U"]["Properties"]["Groups"] =
                    if dice.one_in(2) { json!([]) } else { json!([{"Ref": "G"}]) }
            }
            4 if kind.intrinsics => match dice.below(3) {
                0 => new["Parameters"]["P"]["Default"] = json!("a"),
                1 => new["Conditions"]["IsProd"] = json!({"Fn::Equals": [{"Ref": "Env"}, "test"]}),
                _ => new["Parameters"]["Size"]["Default"] = json!("big"),
            },
            _ => {
                let mut resources = new["Resources"].take();
                for _ in 0..20 {
                    if change(&mut dice, &mut resources, kind, "") {
                        break;
                    }
                }
                new["Resources"] = resources;
            }
        }
    }
    let text = |value: &Value| serde_json::to_string_pretty(value).expect("JSON");
    (text(&old), text(&new))
}

/// What a run over random releases found.
#[derive(Debug, Default)]
pub struct Count {
    pub releases: usize,
    pub no_more: usize,
    pub more: usize,
    pub cannot_tell: usize,
    /// Releases that are said to allow no more, or of which nothing is told, in which the evaluator found a request.
    pub requests: usize,
    /// What is wrong: the seed, and what it is.
    pub wrong: Vec<String>,
}

/// Keys that every request has.
/// Source: IAM User Guide, "AWS global condition context keys" ("This key is always included in the request context").
const ALWAYS: [&str; 2] = ["aws:securetransport", "aws:currenttime"];

fn contexts(dice: &mut Dice, count: usize) -> Vec<BTreeMap<String, Vec<String>>> {
    let always = CONTEXT.iter().filter(|(key, _)| ALWAYS.contains(key));
    let bare = always.map(|(key, values)| ((*key).to_owned(), vec![dice.pick(values).to_owned()])).collect();
    let mut list = vec![bare];
    for _ in 0..count {
        let mut context = BTreeMap::new();
        for (key, values) in CONTEXT {
            if ALWAYS.contains(key) || !dice.one_in(3) {
                context.insert((*key).to_owned(), vec![dice.pick(values).to_owned()]);
            }
        }
        if dice.one_in(2) {
            let tags: Vec<String> =
                TAGS.iter().filter(|_| dice.one_in(2)).map(|tag| (*tag).to_owned()).collect();
            if !tags.is_empty() {
                context.insert("aws:tagkeys".to_owned(), tags);
            }
        }
        list.push(context);
    }
    list
}

fn world(parameters: &[(&str, &str)]) -> World {
    let pseudo = |name: &str, otherwise: &str| {
        let given = parameters.iter().find(|(known, _)| *known == name);
        given.map_or(otherwise, |(_, value)| value).to_owned()
    };
    World {
        region: pseudo("AWS::Region", "us-east-1"),
        partition: pseudo("AWS::Partition", "aws"),
        parameters: parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        stack_name: "stack".to_owned(),
        account: "111122223333".to_owned(),
        ..World::default()
    }
}

fn named(id: &str, _: &str, _: Option<&str>) -> String {
    format!("ref({id})")
}

fn managed(dice: &mut Dice) -> Managed {
    ["SomeAccess", "OtherAccess"].map(|name| (name.to_owned(), document(dice, Kind::default()))).into()
}

/// Compares the decisions about one release with the evaluator.
pub fn check(seed: u64, kind: Kind, count: &mut Count) {
    let (old, new) = release(seed, kind);
    let diff = diff::iam(&old, &new).expect("the templates are read");
    count.releases += 1;
    match diff.release.verdict {
        Verdict::NoMore => count.no_more += 1,
        Verdict::More => count.more += 1,
        Verdict::CannotTell => count.cannot_tell += 1,
    }
    let decision = |name: &str, question: Question| {
        diff.release.decisions.iter().find(|one| one.principal == name && one.question == question)
    };
    let mut dice = Dice::new(seed ^ 0xabcd);
    let worlds: Vec<World> = if kind.intrinsics {
        let mut list = Vec::new();
        for env in ["prod", "dev", "test"] {
            for size in ["big", "small"] {
                list.push(world(&[
                    ("Env", env),
                    ("Size", size),
                    ("P", dice.pick(&["a", "b", "p1", "q"])),
                    ("Q", dice.pick(&["a", "b", "q"])),
                ]));
            }
        }
        list.push(world(&[("Q", "b")]));
        list
    } else {
        vec![world(&[("Q", "b")])]
    };
    for world in &worlds {
        let (a, b) = (evaluate(&old, world, &named), evaluate(&new, world, &named));
        let policies = managed(&mut dice);
        let (before, after) = (
            System { resources: &a.resources, managed: &policies },
            System { resources: &b.resources, managed: &policies },
        );
        for context in contexts(&mut dice, 12) {
            for action in WORLD_ACTIONS {
                for target in WORLD_RESOURCES {
                    let request = Request {
                        action: (*action).to_owned(),
                        target: (*target).to_owned(),
                        context: context.clone(),
                    };
                    for name in ["R", "U"] {
                        // A role has no user's name. Source: IAM User Guide, "Policy variables", "Principal key values".
                        let mut request = request.clone();
                        if name == "R" {
                            request.context.remove("aws:username");
                        }
                        if decision(name, Question::Permissions).is_none()
                            && after.allows(name, &request)
                            && !before.allows(name, &request)
                        {
                            count.requests += 1;
                            count.wrong.push(format!(
                                "seed {seed}: {name} is said to be allowed no more, and {request:?} in {:?}",
                                world.parameters
                            ));
                        }
                    }
                }
            }
            for target in WORLD_PRINCIPALS {
                let request = Request {
                    action: "sts:AssumeRole".to_owned(),
                    target: (*target).to_owned(),
                    context: context.clone(),
                };
                if decision("R", Question::Trust).is_none()
                    && after.trusts("R", &request)
                    && !before.trusts("R", &request)
                {
                    count.requests += 1;
                    count
                        .wrong
                        .push(format!("seed {seed}: no one more is said to assume R, and {request:?}"));
                }
            }
        }
    }
    for one in &diff.release.decisions {
        if one.verdict == Verdict::More && ["R", "U"].contains(&one.principal.as_str()) {
            witness_holds(seed, one, &old, &new, kind, count);
        }
    }
}

fn witness_holds(seed: u64, decision: &Decision, old: &str, new: &str, kind: Kind, count: &mut Count) {
    let Some(witness) = &decision.witness else {
        count.wrong.push(format!("seed {seed}: {} may do more, and no request says so", decision.principal));
        return;
    };
    let mut parameters: Vec<(&str, &str)> =
        witness.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    if !witness.parameters.contains_key("Q") {
        parameters.push(("Q", "anything"));
    }
    let world = world(&parameters);
    let (a, b) = (evaluate(old, &world, &named), evaluate(new, &world, &named));
    let policies = managed(&mut Dice::new(seed));
    let (before, after) = (
        System { resources: &a.resources, managed: &policies },
        System { resources: &b.resources, managed: &policies },
    );
    let trust = decision.question == Question::Trust;
    let request = Request {
        action: witness.action.clone(),
        target: if trust { witness.principal.clone() } else { witness.resource.clone() },
        context: witness.context.iter().map(|(key, values)| (key.to_lowercase(), values.clone())).collect(),
    };
    let name = decision.principal.as_str();
    let is_role = request.target.contains(":role/") && request.action.eq_ignore_ascii_case("sts:AssumeRole");
    let (before, after) = if trust {
        (before.trusts(name, &request), after.trusts(name, &request))
    } else if is_role {
        (before.assumes(name, "R", &request), after.assumes(name, "R", &request))
    } else {
        (before.allows(name, &request), after.allows(name, &request))
    };
    if before || !after {
        count.wrong.push(format!(
            "seed {seed} ({kind:?}): the witness does not hold: {request:?} of {name} in {:?}, before {before}, after {after}",
            witness.parameters
        ));
    }
}
