//! What a plan of Terraform's means for the two stacks, in the words of the specification.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use super::decide::{Decisions, decide};
use crate::deployment::contents::Contents;
use crate::deployment::names::Which;
use crate::deployment::scenario::{Action, Change, ParameterChange, Told as Scenarios, Update, scenarios};
use crate::deployment::settings::Settings;
use crate::deployment::value::HIDDEN;
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Expr, lower};
use crate::syntax::parse;
use crate::template;

/// What Terraform does with a stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    /// The stack is not in the plan.
    #[default]
    Absent,
    /// Nothing.
    Nothing,
    /// It is made.
    Create,
    /// It is updated.
    Update,
    /// It is deleted, and made anew.
    Replace,
    /// It is deleted.
    Delete,
}

/// A stack in a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StackPlan {
    /// The stack's address in Terraform.
    pub address: String,
    /// What is done with it.
    pub does: Does,
    /// Whether it gets another template.
    pub template: bool,
    /// Its resources that change, as far as both templates tell: IAM's only.
    pub changes: Vec<Change>,
    /// Its parameters that change.
    pub parameters: Vec<ParameterChange>,
    /// Parameters whose values are known after the IAM stack's update only.
    pub later: Vec<String>,
}

/// A plan told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The IAM stack.
    pub iam: StackPlan,
    /// The application stack.
    pub app: StackPlan,
    /// The scenarios; none for a first deployment, a deletion, or no change.
    pub scenarios: Vec<Scenarios>,
    /// What has to be known besides.
    pub notes: Vec<String>,
}

/// Reads a plan as `terraform show -json` writes it.
///
/// Source: Terraform, "JSON output format": `resource_changes`, `change.actions`, `before`, `after`,
/// `after_unknown`, `before_sensitive`, `after_sensitive`.
///
/// # Errors
/// A finding where the text is no plan.
pub fn explain(
    text: &str,
    settings: &Settings,
    iam: Option<&Contents>,
    app: &Contents,
) -> Result<Told, Diagnostic> {
    let refused = |why: String| {
        Diagnostic::new(Code::TFM013, format!("the plan cannot be read: {why}")).help(
            "write it with `terraform plan -out=plan.bin` and `terraform show -json plan.bin > plan.json`",
        )
    };
    let plan: Json = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    let Some(changes) = plan.get("resource_changes").and_then(Json::as_array) else {
        return Err(refused("it has no `resource_changes`".to_owned()));
    };
    let decisions = decide(settings, iam, app);
    let mut told = Told::default();
    for change in changes.iter().filter(|change| text_of(change, "type") == "aws_cloudformation_stack") {
        if text_of(change, "mode") == "data" {
            continue;
        }
        let body = change.get("change").unwrap_or(&Json::Null);
        let name = ["after", "before"].iter().find_map(|side| body.get(side)?.get("name")?.as_str());
        let which = match name {
            Some(name) if name == settings.iam_stack_name && iam.is_some() => Which::Iam,
            Some(name) if name == settings.name => Which::App,
            name => {
                let name = name.unwrap_or("of a name that is not known yet");
                told.notes.push(format!("the stack {name} is none of the two; it is not told of"));
                continue;
            }
        };
        let contents = if which == Which::Iam { iam.unwrap_or(app) } else { app };
        let stack = stack(which, change, contents, &decisions);
        match which {
            Which::Iam => told.iam = stack,
            Which::App => told.app = stack,
        }
    }
    judge(&mut told, settings, &decisions);
    Ok(told)
}

fn text_of<'j>(value: &'j Json, key: &str) -> &'j str {
    value.get(key).and_then(Json::as_str).unwrap_or_default()
}

fn stack(which: Which, change: &Json, contents: &Contents, decisions: &Decisions) -> StackPlan {
    let body = change.get("change").unwrap_or(&Json::Null);
    let side = |name: &str| body.get(name).unwrap_or(&Json::Null);
    let (before, after, unknown) = (side("before"), side("after"), side("after_unknown"));
    let actions: Vec<&str> =
        body.get("actions").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    let does = match actions.as_slice() {
        ["create"] => Does::Create,
        ["update"] => Does::Update,
        ["delete"] => Does::Delete,
        ["no-op"] | ["read"] | [] => Does::Nothing,
        _ => Does::Replace,
    };
    let mut stack =
        StackPlan { address: text_of(change, "address").to_owned(), does, ..StackPlan::default() };
    if does != Does::Update {
        return stack;
    }
    let known = |key: &str| unknown.get(key).and_then(Json::as_bool) != Some(true);
    stack.template = ["template_url", "template_body"].iter().any(|key| {
        !known(key) && before.get(key).is_some_and(|old| !old.is_null())
            || known(key) && before.get(key) != after.get(key)
    });
    if stack.template && which == Which::Iam {
        stack.changes = differences(text_of(before, "template_body"), &contents.text);
    }
    let map = |side: &Json| -> BTreeMap<String, Option<String>> {
        let entries = side.get("parameters").and_then(Json::as_object).into_iter().flatten();
        entries.map(|(name, value)| (name.clone(), value.as_str().map(str::to_owned))).collect()
    };
    let (old, new) = (map(before), map(after));
    let unknown = unknown.get("parameters");
    let all = unknown.and_then(Json::as_bool) == Some(true);
    let is_later = |name: &str| {
        all && decisions.wires.iter().any(|wire| wire.parameter == name)
            || unknown.and_then(|map| map.get(name)).and_then(Json::as_bool) == Some(true)
    };
    // What Terraform calls sensitive: the whole of a side, all parameters of it, or one.
    let sensitive = |name: &str| {
        ["before_sensitive", "after_sensitive"].into_iter().any(|key| {
            let marks = [body.get(key), body.get(key).and_then(|all| all.get("parameters"))];
            let one = marks[1].and_then(|all| all.get(name));
            marks.into_iter().chain([one]).any(|mark| mark.and_then(Json::as_bool) == Some(true))
        })
    };
    let hidden = |name: &str| {
        sensitive(name)
            || contents.parameters.get(name).is_some_and(|declared| declared.no_echo)
            || decisions.parameters.iter().any(|known| known.name == name && known.secret)
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).chain(contents.parameters.keys()).collect();
    for name in names {
        if is_later(name) {
            stack.later.push(name.clone());
            continue;
        }
        let (old, new) = (old.get(name).cloned().flatten(), new.get(name).cloned().flatten());
        if old == new || all && new.is_none() {
            continue;
        }
        let shown =
            |text: Option<String>| text.map(|text| if hidden(name) { HIDDEN.to_owned() } else { text });
        stack.parameters.push(ParameterChange { name: name.clone(), before: shown(old), after: shown(new) });
    }
    stack
}

fn judge(told: &mut Told, settings: &Settings, decisions: &Decisions) {
    let stacks = [("IAM", &told.iam), ("application", &told.app)];
    for (noun, stack) in stacks {
        if stack.does == Does::Replace {
            told.notes.push(format!(
                "the {noun} stack would be deleted and made anew: look at the plan for what forces that, and do not apply it"
            ));
        }
    }
    if told.iam.does == Does::Delete && told.app.does != Does::Delete && told.app.does != Does::Absent {
        told.notes
            .push("the IAM stack would go while the application stays: its roles would be gone".to_owned());
    }
    let masked =
        |stack: &StackPlan| stack.parameters.iter().any(|change| change.before.as_deref() == Some(HIDDEN));
    if masked(&told.iam) || masked(&told.app) {
        told.notes.push(
            "secrets are in every plan: CloudFormation gives them back as `****`, and does nothing where they are the same".to_owned(),
        );
    }
    if told.iam.does != Does::Update && told.app.does != Does::Update {
        return;
    }
    let update = Update {
        iam: &told.iam.changes,
        iam_rests: matches!(told.iam.does, Does::Absent | Does::Nothing),
        app: told.app.does == Does::Update,
        app_template: told.app.template,
        app_parameters: &told.app.parameters,
        from_iam: decisions.wires.iter().map(|wire| wire.parameter.as_str()).collect(),
        infrastructure: settings.infrastructure_parameters.keys().map(String::as_str).collect(),
    };
    told.scenarios = scenarios(&update);
}

/// What of a type has a new one made when it changes.
///
/// Source: CloudFormation Template Reference, "Update requires: Replacement" of each property.
const REPLACES: [(&str, &[&str]); 5] = [
    ("AWS::IAM::Role", &["Path", "RoleName"]),
    ("AWS::IAM::ManagedPolicy", &["Description", "ManagedPolicyName", "Path"]),
    ("AWS::IAM::InstanceProfile", &["InstanceProfileName", "Path"]),
    ("AWS::IAM::User", &["UserName"]),
    ("AWS::IAM::Group", &["GroupName"]),
];

/// The resources that two IAM templates differ in. Empty where the former one is not known.
fn differences(before: &str, after: &str) -> Vec<Change> {
    if before.is_empty() {
        return Vec::new();
    }
    let (before, after) = (resources(before), resources(after));
    let mut changes = Vec::new();
    for (name, (kind, properties)) in &after {
        let change = |action, because| Change {
            action,
            logical_id: name.clone(),
            resource_type: kind.clone(),
            because,
            values: Vec::new(),
        };
        let Some((old_kind, old)) = before.get(name) else {
            changes.push(change(Action::Add, Vec::new()));
            continue;
        };
        let names: BTreeSet<&String> = properties.keys().chain(old.keys()).collect();
        let differ: Vec<String> =
            names.into_iter().filter(|name| properties.get(*name) != old.get(*name)).cloned().collect();
        let replaces = REPLACES.iter().find(|(known, _)| known == kind).map_or(&[][..], |(_, names)| *names);
        if old_kind != kind || differ.iter().any(|name| replaces.contains(&name.as_str())) {
            changes.push(change(Action::Replace, differ));
        } else if !differ.is_empty() {
            changes.push(change(Action::Modify, differ));
        }
    }
    for (name, (kind, _)) in before.iter().filter(|(name, _)| !after.contains_key(*name)) {
        changes.push(Change {
            action: Action::Remove,
            logical_id: name.clone(),
            resource_type: kind.clone(),
            because: Vec::new(),
            values: Vec::new(),
        });
    }
    changes
}

/// Resources with their types and properties. Terraform normalises the text that it keeps, so values are
/// compared and not texts.
fn resources(text: &str) -> BTreeMap<String, (String, BTreeMap<String, Expr>)> {
    let parsed = parse(text);
    let (Some(template), _) = template::read(&parsed.document) else { return BTreeMap::new() };
    let properties = |resource: &template::Resource<'_, '_>| {
        let properties = resource.declaration.value.get("Properties").map(crate::syntax::Node::resolved);
        let entries = properties.into_iter().flat_map(crate::syntax::Node::entries);
        entries.map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), lower(value))).collect()
    };
    template
        .resources
        .values()
        .map(|resource| (resource.name.to_owned(), (resource.kind.to_owned(), properties(resource))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::raw::Flags;
    use crate::deployment::scenario::Scenario;
    use crate::diagnostic::Source;

    const IAM: &str = "\
Parameters:
  AppStackName: {Type: String}
Resources:
  WorkerRole:
    Type: AWS::IAM::Role
    Properties: {RoleName: !Sub '${AppStackName}-new', AssumeRolePolicyDocument: {Statement: []}}
Outputs: {WorkerRoleArn: {Value: !GetAtt WorkerRole.Arn}}
";
    const APP: &str = "\
Parameters:
  WorkerRole: {Type: String, Description: 'ARN of WorkerRole: output WorkerRoleArn of the IAM stack'}
  Password: {Type: String, NoEcho: true}
  Vpc: {Type: String}
Resources: {T: {Type: AWS::SNS::Topic}}
";

    fn told(changes: &Json) -> Told {
        let text = "name: q\ninfrastructure_parameters: {Vpc: a}\n";
        let settings = Settings::read(text, &Flags::default(), &|_| Ok(String::new())).0.unwrap();
        let (iam, app) = (Contents::read(IAM, Source::Iam).0, Contents::read(APP, Source::App).0);
        let plan = serde_json::json!({"resource_changes": changes});
        explain(&plan.to_string(), &settings, iam.as_ref(), &app.unwrap()).unwrap()
    }

    #[allow(clippy::needless_pass_by_value, reason = "the macro's values read better so")]
    fn change(name: &str, actions: &[&str], before: Json, after: Json, unknown: Json) -> Json {
        let (mut before, mut after) = (before, after);
        before["name"] = name.into();
        after["name"] = name.into();
        serde_json::json!({"type": "aws_cloudformation_stack", "mode": "managed", "address": name,
            "change": {"actions": actions, "before": before, "after": after, "after_unknown": unknown}})
    }

    #[test]
    fn what_terraform_calls_sensitive_is_hidden() {
        let side = |vpc: &str| serde_json::json!({"parameters": {"Vpc": vpc}});
        for mark in [
            serde_json::json!(true),
            serde_json::json!({"parameters": true}),
            serde_json::json!({"parameters": {"Vpc": true}}),
        ] {
            for key in ["before_sensitive", "after_sensitive"] {
                let mut one =
                    change("q", &["update"], side("hunter21"), side("hunter22"), serde_json::json!({}));
                one["change"][key] = mark.clone();
                let told = told(&serde_json::json!([one]));
                assert!(!format!("{told:?}").contains("hunter2"), "{key} {mark}: {told:?}");
                assert_eq!(told.app.parameters[0].name, "Vpc");
            }
        }
        let mut open = change("q", &["update"], side("a"), side("b"), serde_json::json!({}));
        open["change"]["after_sensitive"] = serde_json::json!({"parameters": {"Password": true}});
        assert_eq!(told(&serde_json::json!([open])).app.parameters[0].after.as_deref(), Some("b"));
    }

    fn names(told: &Told) -> Vec<Scenario> {
        told.scenarios.iter().map(|told| told.scenario).collect()
    }

    #[test]
    fn the_scenarios_are_told() {
        let body = |text: &str| serde_json::json!({"template_url": "old", "template_body": text});
        let new = serde_json::json!({"template_url": "new"});
        let unknown = serde_json::json!({"template_body": true});
        let same = IAM.replace("Statement: []", "Statement: [{Effect: Allow}]");
        let iam = |old: &str| change("q-iam", &["update"], body(old), new.clone(), unknown.clone());
        assert_eq!(names(&told(&serde_json::json!([iam(&same)]))), [Scenario::A]);
        let renamed = IAM.replace("-new", "-old");
        let both = told(&serde_json::json!([
            iam(&renamed),
            change(
                "q",
                &["update"],
                serde_json::json!({"parameters": {"WorkerRole": "x", "Password": "****"}}),
                serde_json::json!({"parameters": {"Password": "hunter22"}}),
                serde_json::json!({"parameters": {"WorkerRole": true}})
            ),
        ]));
        assert_eq!(names(&both)[..1], [Scenario::B]);
        assert_eq!(both.app.later, ["WorkerRole"]);
        assert!(!format!("{both:?}").contains("hunter22"));
        let parameters = |vpc: &str| serde_json::json!({"parameters": {"Vpc": vpc}});
        let infrastructure =
            change("q", &["update"], parameters("a"), parameters("b"), serde_json::json!({}));
        assert_eq!(names(&told(&serde_json::json!([infrastructure]))), [Scenario::D]);
        let template = change("q", &["update"], body("x"), new.clone(), unknown.clone());
        assert_eq!(names(&told(&serde_json::json!([template]))), [Scenario::C]);
        let replaced =
            told(&serde_json::json!([change("q", &["delete", "create"], body("x"), new, unknown)]));
        assert!(replaced.scenarios.is_empty() && replaced.notes[0].contains("deleted and made anew"));
    }
}
