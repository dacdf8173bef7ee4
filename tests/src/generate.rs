//! Templates made of bytes: the same bytes give the same template, so that proptest shrinks them and a
//! fuzzer mutates them. What is made is sound by construction, and written in every style that there is.

use serde_json::{Map, Value, json};

/// A source of choices. When the bytes are used up every choice is the first.
pub struct Choices<'b> {
    bytes: &'b [u8],
}

impl<'b> Choices<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    /// A number below `count`.
    fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % count.max(1)
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    fn pick<'v, T: ?Sized>(&mut self, values: &[&'v T]) -> &'v T {
        values[self.below(values.len())]
    }
}

/// Types of the application, with the property of their name, whether `Arn` is an attribute, and
/// whether CloudFormation's generated name has a pattern.
const TYPES: [(&str, &str, bool); 11] = [
    ("AWS::SQS::Queue", "QueueName", true),
    ("AWS::S3::Bucket", "BucketName", true),
    ("AWS::SNS::Topic", "TopicName", false),
    ("AWS::DynamoDB::Table", "TableName", true),
    ("AWS::Lambda::Function", "FunctionName", true),
    ("AWS::KMS::Key", "", true),
    ("AWS::Events::EventBus", "Name", true),
    ("AWS::Events::Rule", "Name", true),
    ("AWS::Logs::LogGroup", "LogGroupName", true),
    ("AWS::ECS::Cluster", "ClusterName", true),
    ("AWS::EFS::FileSystem", "", true),
];

/// A generated template.
pub struct Generated {
    pub text: String,
    pub all_iam: bool,
}

/// Makes a template.
pub fn template(choices: &mut Choices<'_>) -> Generated {
    let app: Vec<(String, (&str, &str, bool))> =
        (0..2 + choices.below(4)).map(|at| (format!("App{at}"), TYPES[choices.below(TYPES.len())])).collect();
    let roles: Vec<String> = (0..1 + choices.below(3)).map(|at| format!("Role{at}")).collect();
    let policies: Vec<String> = (0..choices.below(3)).map(|at| format!("Policy{at}")).collect();
    let mut resources: Vec<(String, Value)> = Vec::new();
    for (name, kind) in &app {
        resources.push((name.clone(), application(choices, name, kind, &roles, &policies)));
    }
    for (at, name) in policies.iter().enumerate() {
        resources.push((name.clone(), managed_policy(choices, &app, at)));
    }
    for (at, name) in roles.iter().enumerate() {
        resources.push((name.clone(), role(choices, &app, &roles[..at], &policies)));
    }
    // Any order will do.
    for at in (1..resources.len()).rev() {
        let other = choices.below(at + 1);
        resources.swap(at, other);
    }
    let mut sections: Vec<(&str, Value)> = vec![
        (
            "Parameters",
            json!({"Env": {"Type": "String", "Default": "dev", "AllowedValues": ["dev", "prod"]}, "Name": {"Type": "String", "Default": "given"}, "RoleName": {"Type": "String", "Default": "/x/"}}),
        ),
        (
            "Conditions",
            json!({"IsProd": {"Fn::Equals": [{"Ref": "Env"}, "prod"]}, "IsDev": {"Fn::Not": [{"Condition": "IsProd"}]}, "Named": {"Fn::Equals": [{"Ref": "AWS::StackName"}, "quilt-prod"]}}),
        ),
        ("Mappings", json!({"Map": {"dev": {"k": "v"}, "prod": {"k": "w"}}})),
        ("Resources", Value::Object(resources.into_iter().collect::<Map<_, _>>())),
    ];
    if choices.one_in(2) {
        let output = reference_to_role(choices, &roles[0], "");
        sections.push(("Outputs", json!({"Out": {"Value": output}})));
    }
    if choices.one_in(3) {
        sections.insert(0, ("Description", json!("generated: it's a \"test\"")));
    }
    if choices.one_in(3) {
        sections.push(("Metadata", json!({"AWS::CloudFormation::Interface": {"ParameterGroups": [{"Label": {"default": "G"}, "Parameters": ["Env", "Name"]}]}})));
    }
    let all_iam = choices.one_in(2);
    let text = match choices.below(8) {
        0 => serde_json::to_string(&object(&sections)).expect("a value is JSON"),
        1 => serde_json::to_string_pretty(&object(&sections)).expect("a value is JSON"),
        _ => Printer::new(choices).template(&sections),
    };
    Generated { text, all_iam }
}

fn object(sections: &[(&str, Value)]) -> Value {
    Value::Object(sections.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn application(
    choices: &mut Choices<'_>,
    name: &str,
    (kind, name_property, _): &(&str, &str, bool),
    roles: &[String],
    policies: &[String],
) -> Value {
    let mut properties = Map::new();
    let required = *kind == "AWS::Events::EventBus";
    if !name_property.is_empty() && (required || choices.one_in(2)) {
        let value = match choices.below(6) {
            0 => json!(format!("{}-explicit", name.to_lowercase())),
            1 => json!({"Fn::Sub": format!("${{AWS::StackName}}-{}", name.to_lowercase())}),
            2 => json!({"Fn::Join": ["-", [{"Ref": "AWS::StackName"}, "joined", {"Ref": "Name"}]]}),
            3 if !required => json!({"Fn::If": ["IsProd", {"Ref": "Name"}, {"Ref": "AWS::NoValue"}]}),
            4 => json!({"Fn::FindInMap": ["Map", {"Ref": "Env"}, "k"]}),
            _ => json!({"Ref": "Name"}),
        };
        properties.insert((*name_property).to_owned(), value);
    }
    for at in 0..choices.below(4) {
        let value = if policies.is_empty() || choices.one_in(2) {
            let role = &roles[choices.below(roles.len())];
            reference_to_role(choices, role, " and text")
        } else {
            json!({"Ref": policies[choices.below(policies.len())]})
        };
        properties.insert(format!("Value{at}"), value);
    }
    let mut resource = Map::new();
    resource.insert("Type".to_owned(), json!(kind));
    match choices.below(5) {
        1 => drop(resource.insert("DependsOn".to_owned(), json!(roles[0]))),
        2 => drop(resource.insert("DependsOn".to_owned(), json!(roles))),
        3 => drop(resource.insert("Metadata".to_owned(), json!({"By": {"Fn::GetAtt": [roles[0], "Arn"]}}))),
        _ => {}
    }
    if !properties.is_empty() {
        resource.insert("Properties".to_owned(), Value::Object(properties));
    }
    Value::Object(resource)
}

fn reference_to_role(choices: &mut Choices<'_>, role: &str, text: &str) -> Value {
    match choices.below(9) {
        0 => json!({"Fn::GetAtt": [role, "Arn"]}),
        1 => json!({"Ref": role}),
        2 => json!({"Fn::Sub": format!("${{{role}.Arn}}{text}")}),
        3 => json!({"Fn::Sub": format!("it's ${{{role}}}{text} ${{!{role}}} ${{Name}}")}),
        4 => {
            json!({"Fn::Sub": [format!("${{X}} ${{{role}}} ${{RoleName}}"), {"X": {"Fn::GetAtt": [role, "Arn"]}}]})
        }
        5 => json!({"Fn::If": ["IsDev", {"Fn::GetAtt": [role, "Arn"]}, {"Ref": role}]}),
        6 => json!({"Fn::Join": [":", ["a", {"Ref": role}, {"Fn::GetAtt": [role, "RoleId"]}]]}),
        7 => json!({"Fn::Base64": {"Fn::Sub": format!("line ${{{role}}}\n  \"more\" ${{{role}.Arn}}\n")}}),
        _ => json!(role),
    }
}

/// A reference to the application, as an ARN where that can be.
fn reference_to_app(choices: &mut Choices<'_>, name: &str, kind: &(&str, &str, bool)) -> Value {
    if !kind.2 {
        return json!({"Ref": name});
    }
    match choices.below(6) {
        0 => json!({"Fn::GetAtt": [name, "Arn"]}),
        1 => json!({"Fn::Sub": format!("${{{name}.Arn}}/*")}),
        2 => json!({"Fn::Sub": ["${A}/x", {"A": {"Fn::GetAtt": [name, "Arn"]}}]}),
        3 => json!({"Fn::Join": ["", [{"Fn::GetAtt": [name, "Arn"]}, "/*"]]}),
        4 => json!({"Fn::If": ["IsProd", {"Fn::GetAtt": [name, "Arn"]}, "*"]}),
        _ => {
            json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:x:${{AWS::Region}}:${{AWS::AccountId}}:${{{name}}}")})
        }
    }
}

fn statement(choices: &mut Choices<'_>, app: &[(String, (&str, &str, bool))]) -> Value {
    let mut statement = Map::new();
    if choices.one_in(3) {
        statement.insert("Sid".to_owned(), json!("Named"));
    }
    statement.insert("Effect".to_owned(), json!(if choices.one_in(6) { "Deny" } else { "Allow" }));
    statement.insert("Action".to_owned(), if choices.one_in(2) { json!(["a:B", "c:*"]) } else { json!("*") });
    let resource = |choices: &mut Choices<'_>| {
        let (name, kind) = &app[choices.below(app.len())];
        match choices.below(5) {
            0 => json!("*"),
            1 if choices.one_in(2) => json!({"Ref": "AWS::StackId"}),
            _ => reference_to_app(choices, name, kind),
        }
    };
    let element = if choices.one_in(8) { "NotResource" } else { "Resource" };
    let value =
        if choices.one_in(2) { json!([resource(choices), resource(choices)]) } else { resource(choices) };
    statement.insert(element.to_owned(), value);
    if choices.one_in(4) {
        let operator = choices.pick(&["ArnLike", "StringEquals", "ArnNotLike", "ForAnyValue:StringLike"]);
        statement.insert("Condition".to_owned(), json!({operator: {"aws:SourceArn": resource(choices)}}));
    }
    let statement = Value::Object(statement);
    if choices.one_in(8) {
        json!({"Fn::If": ["IsDev", statement, {"Ref": "AWS::NoValue"}]})
    } else {
        statement
    }
}

fn document(choices: &mut Choices<'_>, app: &[(String, (&str, &str, bool))]) -> Value {
    let statements = if choices.one_in(5) {
        statement(choices, app)
    } else {
        Value::Array((0..1 + choices.below(3)).map(|_| statement(choices, app)).collect())
    };
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn managed_policy(choices: &mut Choices<'_>, app: &[(String, (&str, &str, bool))], at: usize) -> Value {
    let mut properties = json!({"PolicyDocument": document(choices, app)});
    if at == 0 && choices.one_in(4) {
        properties["Description"] = json!({"Fn::Sub": "of ${AWS::StackName}"});
    }
    json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": properties})
}

fn role(
    choices: &mut Choices<'_>,
    app: &[(String, (&str, &str, bool))],
    before: &[String],
    policies: &[String],
) -> Value {
    let principal = match before.first().filter(|_| choices.one_in(3)) {
        Some(other) => json!({"AWS": {"Fn::GetAtt": [other, "Arn"]}}),
        None => json!({"Service": "lambda.amazonaws.com"}),
    };
    let mut properties = Map::new();
    properties.insert(
        "AssumeRolePolicyDocument".to_owned(),
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}),
    );
    match choices.below(5) {
        1 => drop(properties.insert("Path".to_owned(), json!("/a/b/"))),
        2 => drop(
            properties.insert("Path".to_owned(), json!({"Fn::Sub": "/${AWS::StackName}/${AWS::Region}/"})),
        ),
        3 => drop(properties.insert("Path".to_owned(), json!({"Ref": "RoleName"}))),
        _ => {}
    }
    if !policies.is_empty() && choices.one_in(2) {
        properties.insert("ManagedPolicyArns".to_owned(), json!([{"Ref": policies[0]}]));
    }
    let inline: Vec<Value> = (0..choices.below(3))
        .map(|at| json!({"PolicyName": format!("inline{at}"), "PolicyDocument": document(choices, app)}))
        .collect();
    if !inline.is_empty() {
        properties.insert("Policies".to_owned(), Value::Array(inline));
    }
    let mut resource = Map::new();
    resource.insert("Type".to_owned(), json!("AWS::IAM::Role"));
    if let Some(other) = before.last().filter(|_| choices.one_in(4)) {
        resource.insert("DependsOn".to_owned(), json!(other));
    }
    resource.insert("Properties".to_owned(), Value::Object(properties));
    Value::Object(resource)
}

/// Writes a tree as YAML, each value in a style of its own.
struct Printer<'c, 'b> {
    choices: &'c mut Choices<'b>,
    newline: &'static str,
    step: usize,
    out: String,
}

impl<'c, 'b> Printer<'c, 'b> {
    fn new(choices: &'c mut Choices<'b>) -> Self {
        let newline = if choices.one_in(4) { "\r\n" } else { "\n" };
        let step = *choices.pick(&[&2, &4, &1, &3]);
        Self { choices, newline, step, out: String::new() }
    }

    fn template(mut self, sections: &[(&str, Value)]) -> String {
        match self.choices.below(5) {
            1 => self.out.push('\u{feff}'),
            2 => self.line("# heading"),
            3 => self.line("---"),
            _ => {}
        }
        for (name, value) in sections {
            self.between(0);
            self.out.push_str(name);
            self.out.push(':');
            self.value(value, 0);
        }
        if self.choices.one_in(4) {
            let length = self.out.trim_end().len();
            self.out.truncate(length);
        }
        self.out
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push_str(self.newline);
    }

    /// Comments and blank lines before an entry.
    fn between(&mut self, indent: usize) {
        match self.choices.below(9) {
            6 => self.line(""),
            7 => self.line(&format!("{}# a comment: {{of}} 'sorts' é\t!", " ".repeat(indent))),
            8 => {
                self.line("");
                let deeper = indent + self.choices.below(3);
                self.line(&format!("{}# deeper", " ".repeat(deeper)));
            }
            _ => {}
        }
    }

    /// The value behind a key, with the line break that ends it.
    fn value(&mut self, value: &Value, indent: usize) {
        if let Some((name, argument)) = call(value)
            && self.choices.below(4) != 0
            && (name != "Fn::Base64")
        {
            let short = format!(" !{}", name.trim_start_matches("Fn::"));
            if name == "Fn::GetAtt" && self.choices.one_in(2) {
                let parts: Vec<&str> =
                    argument.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let text = Value::String(parts.join("."));
                self.out.push_str(&short);
                return self.scalar_line(&text);
            }
            self.out.push_str(&short);
            return match argument {
                Value::String(_) => self.scalar_line(argument),
                _ => self.value(argument, indent),
            };
        }
        match value {
            Value::Object(map) if !map.is_empty() && self.choices.below(5) != 0 => {
                self.end_of_line();
                for (key, value) in map {
                    self.between(indent + self.step);
                    self.out.push_str(&" ".repeat(indent + self.step));
                    self.key(key);
                    self.out.push(':');
                    self.value(value, indent + self.step);
                }
            }
            Value::Array(items) if !items.is_empty() && self.choices.below(3) != 0 => {
                self.end_of_line();
                let dash = indent + if self.choices.one_in(2) { 0 } else { self.step };
                // A list at the column of its key is no list inside a tagged list's item.
                for item in items {
                    self.out.push_str(&" ".repeat(dash.max(indent)));
                    self.out.push('-');
                    match item {
                        Value::Object(_) | Value::Array(_) => self.item(item),
                        scalar => self.scalar_line(scalar),
                    }
                }
            }
            Value::Object(_) | Value::Array(_) => {
                self.out.push(' ');
                self.flow(value);
                self.end_of_line();
            }
            scalar => self.scalar_line_at(scalar, indent),
        }
    }

    /// A collection behind a dash, in flow style: block ones inside lists are tried through keys.
    fn item(&mut self, item: &Value) {
        self.out.push(' ');
        self.flow(item);
        self.end_of_line();
    }

    fn end_of_line(&mut self) {
        if self.choices.one_in(8) {
            self.out.push_str(" # trailing");
        }
        self.out.push_str(self.newline);
    }

    fn key(&mut self, key: &str) {
        let quoted = key.contains(':') || self.choices.one_in(8);
        self.out.push_str(&if quoted { format!("'{key}'") } else { key.to_owned() });
    }

    fn scalar_line(&mut self, value: &Value) {
        self.out.push(' ');
        self.flow(value);
        self.end_of_line();
    }

    fn scalar_line_at(&mut self, value: &Value, indent: usize) {
        let text = value.as_str().unwrap_or_default();
        if text.ends_with('\n') && self.choices.one_in(2) {
            self.out.push_str(" |");
            self.out.push_str(self.newline);
            for line in text.lines() {
                self.out.push_str(&" ".repeat(indent + self.step));
                self.line(line);
            }
            return;
        }
        self.scalar_line(value);
    }

    fn flow(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                if let Some((name, argument)) = call(value)
                    && self.choices.below(3) != 0
                    && !matches!(argument, Value::Object(_))
                {
                    self.out.push_str(&format!("!{} ", name.trim_start_matches("Fn::")));
                    return self.flow(argument);
                }
                self.out.push('{');
                for (at, (key, value)) in map.iter().enumerate() {
                    self.out.push_str(if at == 0 { "" } else { ", " });
                    self.key(key);
                    self.out.push_str(": ");
                    self.flow(value);
                }
                self.out.push('}');
            }
            Value::Array(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.out.push_str(if at == 0 { "" } else { ", " });
                    self.flow(item);
                }
                self.out.push(']');
            }
            scalar => {
                let text = scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned);
                let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
                    && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.'));
                let written = match self.choices.below(3) {
                    0 if plain => text,
                    1 => serde_json::to_string(&text).expect("a text is JSON"),
                    _ if text.contains('\n') => serde_json::to_string(&text).expect("a text is JSON"),
                    _ => format!("'{}'", text.replace('\'', "''")),
                };
                self.out.push_str(&written);
            }
        }
    }
}

/// Name and argument of an intrinsic function.
fn call(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (name, argument) = map.iter().next()?;
    (name == "Ref" || name == "Condition" || name.starts_with("Fn::")).then_some((name, argument))
}
