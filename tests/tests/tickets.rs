//! Tickets: every document is what the template comes to, by an evaluator that knows nothing of the core.

use std::collections::BTreeMap;

use iam_split_core::api::{Known, SplitRequest, Tickets, tickets};
use iam_split_core::config::Resolution;
use iam_split_core::diagnostic::{Code, Diagnostic};
use iam_split_tests::compare::generated_name;
use iam_split_tests::corpus::templates;
use iam_split_tests::evaluate::{World, evaluate, parse};
use iam_split_tests::{corpus, ok, repository, run};
use serde_json::{Map, Value, json};

/// The file of an earlier run.
type Before<'b> = Option<&'b str>;

fn made(
    text: &str,
    values: &BTreeMap<String, String>,
    before: Before<'_>,
) -> Result<(String, Tickets), Vec<Diagnostic>> {
    let request = SplitRequest {
        template: text,
        resolve: Some(vec![Resolution::Exact, Resolution::Pattern]),
        ..SplitRequest::default()
    };
    let known = Known { values, defaults: true, arns: before, prefix: "t" };
    tickets(&request, &known).map(|(split, tickets)| (split.iam, tickets))
}

fn file<'t>(tickets: &'t Tickets, path: &str) -> Option<&'t str> {
    tickets.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
}

/// The properties of a resource, put together from the documents of its ticket.
fn properties(tickets: &Tickets, name: &str) -> Value {
    let document = |name: &str| serde_json::from_str::<Value>(name).unwrap();
    let get = |path: &str| file(tickets, &format!("{name}/{path}")).map(document);
    let mut all = match get("settings.json") {
        Some(Value::Object(settings)) => settings,
        _ => Map::new(),
    };
    for (path, key) in [
        ("trust.json", "AssumeRolePolicyDocument"),
        ("permissions.json", "PolicyDocument"),
        ("tags.json", "Tags"),
    ] {
        all.extend(get(path).map(|value| (key.to_owned(), value)));
    }
    all.extend(
        get("boundary.json")
            .map(|value| ("PermissionsBoundary".to_owned(), value["PermissionsBoundary"].clone())),
    );
    let inline = format!("{name}/permissions/");
    let policies = tickets.files.iter().filter(|file| file.path.starts_with(&inline));
    let mut policies: Vec<Value> = policies.map(|file| document(&file.text)).collect();
    policies.sort_by_key(Value::to_string);
    if !policies.is_empty() {
        all.insert("Policies".to_owned(), policies.into());
    }
    Value::Object(all)
}

/// The same of what the evaluator has: inline policies without their names, in an order of their own.
fn evaluated(resource: &Value) -> Value {
    let mut properties = resource["Properties"].clone();
    if let Some(policies) = properties.get_mut("Policies").and_then(Value::as_array_mut) {
        let mut documents: Vec<Value> =
            policies.iter().map(|policy| policy["PolicyDocument"].clone()).collect();
        documents.sort_by_key(Value::to_string);
        *policies = documents;
    }
    if properties["Policies"] == json!([]) {
        properties.as_object_mut().unwrap().remove("Policies");
    }
    if properties.is_null() { json!({}) } else { properties }
}

/// Puts values in the place of placeholders.
fn filled(value: &mut Value, values: &BTreeMap<String, Value>) {
    match value {
        Value::String(text) => {
            if let Some(whole) = values.get(text.as_str()) {
                *value = whole.clone();
                return;
            }
            for (placeholder, value) in values {
                if let Value::String(value) = value {
                    *text = text.replace(placeholder.as_str(), value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| filled(item, values)),
        Value::Object(entries) => entries.values_mut().for_each(|value| filled(value, values)),
        _ => {}
    }
}

/// Parameters of a template, with a value each: the default, or the first that is allowed, or a made one.
fn world(template: &Value) -> World {
    let mut world = World { stack_name: "prod-iam".to_owned(), ..World::default() };
    for (name, declared) in template["Parameters"].as_object().into_iter().flatten() {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let value = text(&declared["Default"]).or_else(|| text(&declared["AllowedValues"][0]));
        world.parameters.insert(name.clone(), value.unwrap_or_else(|| format!("value-of-{name}")));
    }
    world.parameters.insert("AppStackName".to_owned(), "prod".to_owned());
    world
}

/// Compares all tickets of a template with the evaluator; how many there are.
fn compare(text: &str, what: &str) -> usize {
    let mut values: BTreeMap<String, String> =
        [("AWS::Region", "us-east-1"), ("AWS::AccountId", "123456789012"), ("AppStackName", "prod")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    let refused = |found: &[Diagnostic]| {
        let codes = found.iter().filter(|one| one.is_error()).map(|one| one.code.as_str());
        println!("{what}: no tickets, {}", codes.collect::<Vec<_>>().join(" "));
    };
    let (iam, mut done) = match made(text, &values, None) {
        Ok(done) => done,
        Err(found) if found.iter().any(|one| one.message.contains("AppStackName")) => {
            values.remove("AppStackName");
            match made(text, &values, None) {
                Ok(done) => done,
                Err(found) => {
                    refused(&found);
                    return 0;
                }
            }
        }
        Err(found) => {
            refused(&found);
            return 0;
        }
    };
    if let Err(found) = made(text, &BTreeMap::new(), None) {
        // What decides is asked for, and nothing else is wrong.
        assert!(
            found.iter().filter(|one| one.is_error()).all(|one| one.code == Code::TKT001),
            "{what}: {found:#?}"
        );
    }
    let mut template = parse(&iam);
    let world = world(&template);
    let mut probe = Map::new();
    for name in done.placeholders.keys() {
        let reference = match name.split_once('.') {
            _ if name.starts_with("resolve:") || name.starts_with("export ") => continue,
            Some((resource, attribute)) => json!({"Fn::GetAtt": [resource, attribute]}),
            None => json!({"Ref": name}),
        };
        probe.insert(format!("<{name}>"), reference);
    }
    template["Resources"]["ProbeOfTickets"] = json!({"Type": "Custom::Probe", "Properties": probe});
    let evaluation =
        evaluate(&template.to_string(), &world, &|logical, kind, _| generated_name("prod", logical, kind));
    let mut stand: BTreeMap<String, Value> = evaluation.resources["ProbeOfTickets"]["Properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for name in done.placeholders.keys() {
        if let Some(inner) = name.strip_prefix("resolve:") {
            stand.insert(format!("<{name}>"), json!(format!("{{{{resolve:{inner}}}}}")));
        } else if let Some(export) = name.strip_prefix("export ") {
            stand.insert(format!("<{name}>"), json!(format!("import({export})")));
        }
    }
    for (name, _) in &done.left_out {
        assert!(evaluation.absent.contains(name), "{what}: `{name}` is there");
    }
    for file in done.files.iter_mut().filter(|file| file.path.ends_with(".json")) {
        let mut value: Value = serde_json::from_str(&file.text).unwrap();
        filled(&mut value, &stand);
        file.text = value.to_string();
    }
    let mut names: Vec<&str> =
        evaluation.resources.keys().map(String::as_str).filter(|name| *name != "ProbeOfTickets").collect();
    let mut asked: Vec<&str> = done.tickets.iter().map(|ticket| ticket.name.as_str()).collect();
    names.sort_unstable();
    asked.sort_unstable();
    assert_eq!(asked, names, "{what}");
    for name in asked {
        assert_eq!(properties(&done, name), evaluated(&evaluation.resources[name]), "{what}: {name}");
    }
    done.tickets.len()
}

#[test]
fn documents_of_the_example_are_what_the_template_comes_to() {
    let text = std::fs::read_to_string(repository().join("examples/quilt/quilt.yaml")).unwrap();
    assert_eq!(compare(&text, "the example"), 32);
}

#[test]
fn documents_of_real_templates_are_what_they_come_to() {
    let Some(folder) = corpus() else { return };
    let (mut with, mut count) = (0, 0);
    for path in templates(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let tickets = compare(&text, &path.file_name().unwrap().to_string_lossy());
        with += usize::from(tickets > 0);
        count += tickets;
    }
    println!("{count} tickets of {with} templates");
    assert!(with >= 30, "{with}");
}

const SMALL: &str = "\
Parameters:
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Secret: {Type: String, NoEcho: true, Default: hunter2hunter2}
  Topics: {Type: CommaDelimitedList, Default: 'a, b'}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
Resources:
  Audit:
    Type: AWS::IAM::Role
    Condition: IsProd
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
  Worker:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      ManagedPolicyArns: [!Ref Policy]
      Policies:
        - PolicyName: send/all
          PolicyDocument:
            Statement:
              - {Effect: Allow, Action: 'sns:Publish', Resource: !Ref Topics}
              - {Effect: Deny, Action: 's3:*', Resource: 'arn:aws:s3:::${!aws:username}', Condition: {StringEquals: {'aws:PrincipalTag/x': !Ref Secret}}}
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: !Sub 'arn:aws:sqs:*:${AWS::AccountId}:x'}]}
  Function:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt Worker.Arn, Handler: i.h, Runtime: python3.13, Code: {ZipFile: x}}
";

#[test]
fn a_ticket_says_what_decides_and_shows_no_secret() {
    let values = BTreeMap::from([("Topics".to_owned(), "t1,t2".to_owned())]);
    let (_, done) = made(SMALL, &values, None).unwrap();
    let names: Vec<&str> = done.tickets.iter().map(|ticket| ticket.name.as_str()).collect();
    // What is attached comes first.
    assert_eq!(names, ["Policy", "Worker"]);
    assert_eq!(done.left_out, [("Audit".to_owned(), "IsProd".to_owned())]);
    let document = file(&done, "Worker/permissions/send-all.json").unwrap();
    assert!(
        document.contains("\"t1\",")
            && document.contains("<Secret>")
            && document.contains("${!aws:username}"),
        "{document}"
    );
    for file in &done.files {
        assert!(!file.text.contains("hunter2"), "{}: {}", file.path, file.text);
    }
    let page = file(&done, "Worker.md").unwrap();
    assert!(page.contains("Used by `Function`") && page.contains("as `Worker`"), "{page}");
    // A secret is not taken, and a name that nobody has is said.
    let wrong = BTreeMap::from(
        [("Secret", "x"), ("Enw", "dev"), ("Env", "test")].map(|(k, v)| (k.to_owned(), v.to_owned())),
    );
    let found = made(SMALL, &wrong, None).unwrap_err();
    let said: Vec<String> = found.iter().map(|one| format!("{} {}", one.code, one.message)).collect();
    assert!(said.iter().any(|one| one.starts_with("TKT002 `Secret` is a secret")), "{said:?}");
    assert!(said.iter().any(|one| one.starts_with("TPL005") && one.contains("`Enw`")), "{said:?}");
    assert!(said.iter().any(|one| one.starts_with("DPL009")), "{said:?}");
}

#[test]
fn arns_that_came_back_are_kept() {
    let before = r#"[{"ParameterKey": "Worker", "ParameterValue": "arn:aws:iam::123456789012:role/w"},
        {"ParameterKey": "Gone", "ParameterValue": "arn:aws:iam::123456789012:role/gone"}]"#;
    let (_, done) = made(SMALL, &BTreeMap::new(), Some(before)).unwrap();
    let arns: Value = serde_json::from_str(file(&done, "parameters.json").unwrap()).unwrap();
    assert_eq!(
        arns,
        json!([
            {"ParameterKey": "Policy", "ParameterValue": ""},
            {"ParameterKey": "Worker", "ParameterValue": "arn:aws:iam::123456789012:role/w"}
        ])
    );
    let said: Vec<&str> =
        done.diagnostics.iter().filter(|one| one.code == Code::TKT004).map(|one| &*one.message).collect();
    assert!(said.len() == 1 && said[0].contains("`Gone`"), "{said:?}");
    // What cannot be read is not written over.
    let found = made(SMALL, &BTreeMap::new(), Some("[{ParameterKey: Worker")).unwrap_err();
    assert!(found.iter().any(|one| one.code == Code::DPL022), "{found:?}");
}

#[test]
fn the_command_writes_over_nothing_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("t.yaml"), SMALL).unwrap();
    let args = ["tickets", "t.yaml", "--out", "out", "--value", "Env=dev"];
    let said = run(folder.path(), &args, b"");
    // `Topics` decides nothing: a placeholder stands for it.
    ok(&said);
    assert!(said.stdout.starts_with("2 tickets in `out`, in this order\n  Policy"), "{}", said.stdout);
    assert!(said.stdout.contains("Audit   not asked for: `IsProd` does not hold"), "{}", said.stdout);
    assert!(path("out/t-app.yaml").is_file() && path("out/Worker/trust.json").is_file());
    // Again, without the value that decides: refused, and nothing is changed.
    let before = std::fs::read_to_string(path("out/README.md")).unwrap();
    let said = run(folder.path(), &["tickets", "t.yaml", "--out", "out"], b"");
    assert_eq!(said.status, 1);
    assert!(said.stderr.contains("TKT001") && said.stderr.contains("--value Env=dev"), "{}", said.stderr);
    assert_eq!(std::fs::read_to_string(path("out/README.md")).unwrap(), before);
    // Another's folder is left alone.
    std::fs::create_dir(path("other")).unwrap();
    std::fs::write(path("other/README.md"), "mine").unwrap();
    let said = run(folder.path(), &["tickets", "t.yaml", "--out", "other", "--value", "Env=dev"], b"");
    assert_eq!(said.status, 2);
    assert!(said.stderr.contains("which is no ticket"), "{}", said.stderr);
    assert_eq!(std::fs::read_dir(path("other")).unwrap().count(), 1);
    // A page that nobody asks for any more is named.
    std::fs::write(
        path("t.yaml"),
        SMALL
            .replace("Policy:\n    Type: AWS::IAM::M", "Other:\n    Type: AWS::IAM::M")
            .replace("!Ref Policy", "!Ref Other"),
    )
    .unwrap();
    let said = run(folder.path(), &args, b"");
    ok(&said);
    assert!(said.stdout.contains("`Policy.md` is of an earlier run"), "{}", said.stdout);
}

#[test]
fn the_page_says_what_the_command_writes() {
    let page = std::fs::read_to_string(repository().join("docs/tickets.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(iam_split_tests::docs::follow(&page, folder.path()), (2, 2, 8));
    let folder = folder.path().join("tickets");
    for file in
        ["README.md", "Worker.md", "Worker/trust.json", "Worker/permissions/orders.json", "shop-app.yaml"]
    {
        assert!(folder.join(file).is_file(), "{file}");
    }
}
