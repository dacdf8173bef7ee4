//! Does the pair deploy what the monolith deploys? [`compare`] evaluates a monolith and the pair made of it, hands the IAM
//! stack's outputs to the application stack as a deployment would, and lists every difference.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value, json};

use super::evaluate::{Evaluated, Output, World, evaluate, parse, text};

/// One difference between the monolith and the pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The logical id, or `Outputs`.
    pub resource: String,
    /// Steps below the resource (`Properties/Policies/0/…`), or the output's name and `Value` or `Export`.
    pub path: String,
    /// The monolith's value and the pair's; null where there is none.
    pub before: Value,
    pub after: Value,
    /// `after` holds `*` and, as a wildcard pattern, matches `before`: the scope widened, which may be accepted.
    pub pattern: bool,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.pattern { " (pattern)" } else { "" };
        write!(f, "{}/{}{mark}: {} became {}", self.resource, self.path, self.before, self.after)
    }
}

#[derive(Debug, Default)]
pub struct Comparison {
    pub differences: Vec<Difference>,
    /// The faults of all three templates, marked `monolith:`, `iam:`, `application:`.
    pub dangling: Vec<String>,
    /// The logical ids that the IAM template declares.
    pub moved: Vec<String>,
}

/// A name as CloudFormation generates it, with a fixed suffix and without truncation.
pub fn generated_name(stack: &str, logical: &str, type_name: &str) -> String {
    const SUFFIX: &str = "x1y2z3x1y2z3";
    let cut = |text: &str, length: usize| text.chars().take(length).collect::<String>();
    match type_name {
        "AWS::S3::Bucket" | "AWS::RDS::DBCluster" => format!("{stack}-{logical}-{SUFFIX}").to_lowercase(),
        "AWS::Glue::Database" => format!("{}-{SUFFIX}", cut(&logical.to_lowercase(), 27)),
        "AWS::Glue::Job" => format!("{}-{SUFFIX}", cut(logical, 27)),
        "AWS::StepFunctions::StateMachine" => format!("{logical}-{SUFFIX}"),
        "AWS::SSM::Parameter" => format!("CFN-{logical}-{SUFFIX}"),
        "AWS::ECS::TaskDefinition" => format!("{}{logical}-{SUFFIX}", stack.replace('-', "")),
        "AWS::OpenSearchService::Domain" => format!("{}-{SUFFIX}", cut(logical, 15).to_lowercase()),
        "AWS::ApiGateway::ApiKey" => format!("{}-{}-{SUFFIX}", cut(stack, 6), cut(logical, 5)),
        _ => format!("{stack}-{logical}-{SUFFIX}"),
    }
}

/// Evaluates monolith and pair with the same values and lists every difference.
///
/// The application stack (and the monolith's) is named `world.stack_name`, the IAM stack the same with `-iam`; the IAM
/// template takes the former in `app_stack_parameter`. IAM outputs become application parameters: `XArn` the parameter
/// `X`, any other its own name. Two-phase parameters (of the IAM template only, filled by an application output of the
/// same name) are filled by a second evaluation; see [`compare_two_phase`] for other names.
pub fn compare(monolith: &str, iam: &str, app: &str, world: &World, app_stack_parameter: &str) -> Comparison {
    let [monolith_template, iam_template, app_template] = [monolith, iam, app].map(parse);
    let new = |name: &&String| {
        monolith_template["Parameters"].get(name.as_str()).is_none() && *name != app_stack_parameter
    };
    let parameters = iam_template["Parameters"].as_object().into_iter().flat_map(Map::keys).filter(new);
    let filled = parameters.filter(|name| app_template["Outputs"].get(name.as_str()).is_some());
    let two_phase: Vec<_> = filled.map(|name| (name.as_str(), name.as_str())).collect();
    compare_two_phase(monolith, iam, app, world, app_stack_parameter, &two_phase)
}

/// [`compare`] after the second phase: each `(IAM parameter, application output)` is filled once the application stands.
/// These outputs are no differences. With no pairs it is the state after the first phase.
#[rustfmt::skip]
pub fn compare_two_phase(
    monolith: &str, iam: &str, app: &str, world: &World, app_stack_parameter: &str, two_phase: &[(&str, &str)],
) -> Comparison {
    let name = &world.stack_name;
    let physical = |logical: &str, type_name: &str, _: Option<&str>| generated_name(name, logical, type_name);
    let whole = evaluate(monolith, world, &physical);
    let app_parameters = &parse(app)["Parameters"];
    let mut iam_world = World { stack_name: format!("{name}-iam"), ..world.clone() };
    iam_world.parameters.insert(app_stack_parameter.to_owned(), name.clone());
    let deploy = |iam_world: &World| {
        let iam = evaluate(iam, iam_world, &physical);
        let mut app_world = world.clone();
        for (output, Output { value, .. }) in &iam.outputs {
            let stripped = output.strip_suffix("Arn").filter(|name| app_parameters.get(name).is_some());
            app_world.parameters.insert(stripped.unwrap_or(output).to_owned(), text(value).unwrap_or_else(|| value.to_string()));
        }
        (iam, evaluate(app, &app_world, &physical))
    };
    let (mut iam, mut app) = deploy(&iam_world);
    if !two_phase.is_empty() {
        for (parameter, output) in two_phase {
            let value = app.outputs.get(*output).map(|output| text(&output.value).unwrap_or_else(|| output.value.to_string()));
            iam_world.parameters.extend(value.map(|value| ((*parameter).to_owned(), value)));
        }
        (iam, app) = deploy(&iam_world);
    }

    let mut comparison = Comparison::default();
    for (side, evaluated) in [("monolith", &whole), ("iam", &iam), ("application", &app)] {
        comparison.dangling.extend(evaluated.dangling.iter().map(|fault| format!("{side}: {fault}")));
        let unfilled = evaluated.invented.difference(&whole.invented);
        comparison.dangling.extend(unfilled.map(|name| format!("{side}: nothing gives the parameter `{name}` a value")));
    }
    let moved: BTreeSet<String> = iam.resources.keys().chain(&iam.absent).cloned().collect();
    let both = moved.iter().filter(|id| app.declares(id)).map(|id| format!("iam and application: both declare `{id}`"));
    comparison.dangling.extend(both);
    comparison.moved = moved.iter().cloned().collect();

    let resources = parse(monolith)["Resources"].clone();
    let attached = attach(&whole, &mut iam, &mut app, name);
    let found = &mut comparison.differences;
    let ids: BTreeSet<&String> = whole.resources.keys().chain(iam.resources.keys()).chain(app.resources.keys()).collect();
    for id in ids {
        let said = names(&resources[id.as_str()]["DependsOn"]);
        let crosses = |other: &str| {
            moved.contains(other) != moved.contains(id)
                || attached.policies.contains(other)
                // What the monolith's own waits come to may be said.
                || (!said.contains(other) && waits_for(&resources, id).contains(other))
        };
        let show = |resource: &Value| {
            let mut resource = comparable(resource, &crosses);
            if attached.roles.contains(id.as_str()) {
                statements_only(&mut resource);
            }
            resource
        };
        let before = whole.resources.get(id).map_or(Value::Null, &show);
        let after = iam.resources.get(id).or_else(|| app.resources.get(id));
        diff(id, "", &before, &after.map_or(Value::Null, &show), found);
    }
    for id in whole.absent.iter().filter(|id| !iam.declares(id) && !app.declares(id)) {
        diff(id, "Condition", &json!("false"), &Value::Null, found);
    }
    let outputs: BTreeSet<&String> = whole.outputs.keys().chain(app.outputs.keys()).collect();
    for output in outputs.into_iter().filter(|name| !two_phase.iter().any(|(_, output)| output == name)) {
        let show = |side: &Evaluated| side.outputs.get(output).map_or(Value::Null, |it| json!({ "Value": it.value, "Export": it.export }));
        diff("Outputs", output, &show(&whole), &show(&app), found);
    }
    comparison
}

/// The texts of a value, by themselves and by the names in `${…}`, as far as they may be names of resources.
fn names(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => {
            let first = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
            let inside = text.split("${").skip(1).filter_map(|rest| rest.split('}').next()).map(first);
            inside.chain([first(text)]).collect()
        }
        Value::Array(items) => items.iter().flat_map(names).collect(),
        Value::Object(entries) => entries.values().flat_map(names).collect(),
        _ => BTreeSet::new(),
    }
}

/// All that a resource waits for, by however many steps.
fn waits_for(resources: &Value, id: &str) -> BTreeSet<String> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![id.to_owned()]);
    while let Some(name) = open.pop() {
        for other in names(&resources[name.as_str()]) {
            if resources.get(&other).is_some() && seen.insert(other.clone()) {
                open.push(other);
            }
        }
    }
    seen
}

/// Roles some of whose statements the application attaches, and the policies that do it.
#[derive(Default)]
struct Attached {
    roles: BTreeSet<String>,
    policies: BTreeSet<String>,
}

/// Puts the statements of every `RolePolicy` that only the pair has back into its role.
fn attach(whole: &Evaluated, iam: &mut Evaluated, app: &mut Evaluated, stack: &str) -> Attached {
    let mut attached = Attached::default();
    let added = |(id, resource): (&String, &Value)| {
        (resource["Type"] == "AWS::IAM::RolePolicy" && !whole.declares(id)).then(|| id.clone())
    };
    attached.policies = app.resources.iter().filter_map(added).collect();
    for id in &attached.policies {
        let Some(policy) = app.resources.remove(id) else { continue };
        let properties = &policy["Properties"];
        let named = |(id, role): (&String, &mut Value)| {
            let explicit = role["Properties"]["RoleName"].as_str().map(str::to_owned);
            let name = explicit.unwrap_or_else(|| generated_name(stack, id, "AWS::IAM::Role"));
            (role["Type"] == "AWS::IAM::Role" && properties["RoleName"] == name.as_str()).then(|| id.clone())
        };
        let Some(role) = iam.resources.iter_mut().find_map(named) else { continue };
        let policies = &mut iam.resources.get_mut(&role).expect("just found")["Properties"]["Policies"];
        if !policies.is_array() {
            *policies = json!([]);
        }
        policies.as_array_mut().expect("just made").push(properties.clone());
        attached.roles.insert(role);
    }
    attached
}

/// A role's inline policies as the list of their statements: which policy holds which is no matter.
fn statements_only(role: &mut Value) {
    let policies = role["Properties"]["Policies"].take();
    let mut statements: Vec<Value> = Vec::new();
    for policy in policies.as_array().into_iter().flatten() {
        let version = &policy["PolicyDocument"]["Version"];
        match &policy["PolicyDocument"]["Statement"] {
            Value::Array(list) => statements.extend(list.iter().map(|statement| json!([version, statement]))),
            single => statements.push(json!([version, single])),
        }
    }
    statements.sort_by_key(Value::to_string);
    role["Properties"]["Policies"] = Value::Array(statements);
}

/// A resource without what a split may change: `DependsOn` entries that cross the stacks, `IamSplit` metadata.
fn comparable(resource: &Value, crosses: &dyn Fn(&str) -> bool) -> Value {
    let mut resource = resource.clone();
    if let Some(Value::Array(ids)) = resource.get_mut("DependsOn") {
        ids.retain(|id| id.as_str().is_none_or(|id| !crosses(id)));
    }
    if let Some(Value::Object(metadata)) = resource.get_mut("Metadata") {
        metadata.remove("IamSplit");
    }
    if let Value::Object(map) = &mut resource {
        map.retain(|key, value| match key.as_str() {
            "DependsOn" => *value != json!([]),
            "Metadata" => *value != json!({}),
            _ => true,
        });
    }
    resource
}

/// Lists the differing leaves: mappings key by key, lists of one length element by element, all else as a whole.
fn diff(resource: &str, path: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    let below = |step: &str| {
        if path.is_empty() { step.to_owned() } else { format!("{path}/{step}") }
    };
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                diff(resource, &below(key), &before[key], &after[key], found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (before, after)) in old.iter().zip(new).enumerate() {
                diff(resource, &below(&index.to_string()), before, after, found);
            }
        }
        _ => {
            let pair = before.as_str().zip(after.as_str());
            let pattern = pair.is_some_and(|(old, new)| new.contains('*') && matches(new, old));
            let (resource, path, before, after) =
                (resource.to_owned(), path.to_owned(), before.clone(), after.clone());
            found.push(Difference { resource, path, before, after, pattern });
        }
    }
}

/// Whether a pattern, in which `*` stands for any text, matches the whole text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some((_, after)) = text.split_once(part) else {
            return false;
        };
        text = after;
    }
    text.ends_with(end)
}
