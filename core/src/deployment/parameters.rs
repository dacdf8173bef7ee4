//! Which value each parameter of a stack gets.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{Contents, Declared};
use super::names::Which;
use super::settings::Settings;
use super::value::{Given, Value};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::text::Span;

/// What is passed for a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// A value.
    Value(Value),
    /// What the stack has already.
    Previous,
}

/// What is passed for the parameters of a stack; what is left out gets the template's default.
pub type Parameters = BTreeMap<String, Passed>;

/// What is known of a stack when its parameters are put together.
#[derive(Clone, Debug, Default)]
pub struct Known<'k> {
    /// The parameters that the stack has now; `None` while nobody asked, empty where there is no stack.
    pub previous: Option<&'k BTreeSet<String>>,
    /// Values that come from the other stack: the application's parameters from the IAM stack's outputs,
    /// the IAM stack's two-phase parameters from the application's. `None` while nobody asked.
    pub other: Option<&'k BTreeMap<String, String>>,
}

/// The templates of a deployment, as far as they are at hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Templates<'t> {
    /// The IAM template.
    pub iam: Option<&'t Contents>,
    /// The application template.
    pub app: Option<&'t Contents>,
}

impl<'t> Templates<'t> {
    /// One of them.
    #[must_use]
    pub fn get(&self, which: Which) -> Option<&'t Contents> {
        match which {
            Which::Iam => self.iam,
            Which::App => self.app,
        }
    }
}

/// The parameters of a stack: a user's values first, then what comes from the other stack, then the
/// infrastructure's. Only what the template declares is passed.
#[must_use]
pub fn merge(
    which: Which,
    settings: &Settings,
    templates: Templates<'_>,
    known: &Known<'_>,
) -> (Parameters, Vec<Diagnostic>) {
    let (mut parameters, mut found) = (Parameters::new(), Vec::new());
    let Some(contents) = templates.get(which) else { return (parameters, found) };
    for (name, declared) in &contents.parameters {
        let given = given(which, name, settings, templates);
        let other = known.other.and_then(|values| values.get(name)).map(Value::shown);
        let value = match (&given, other) {
            (Some((given, Rank::User)), _) => Some((given.value.clone(), given.place)),
            (_, Some(other)) => Some((other, None)),
            (Some((given, Rank::Infrastructure)), None) => Some((given.value.clone(), given.place)),
            (None, None) => None,
        };
        let stack_name = which == Which::Iam && contents.stack_parameter() == Some(name);
        let value = match value {
            Some((value, place)) if stack_name && value.expose() != settings.name => {
                let finding = Diagnostic::new(
                    Code::DPL010,
                    format!(
                        "`{name}` would be `{value}`, and the application stack is called `{}`",
                        settings.name
                    ),
                );
                found.push(
                    placed(finding, place)
                        .help("leave it out: it is filled with the deployment's name; with another name the policies would miss"),
                );
                continue;
            }
            None if stack_name => Some((Value::shown(&settings.name), None)),
            None if which == Which::App
                && templates.iam.and_then(Contents::iam_stack_parameter) == Some(name) =>
            {
                Some((Value::shown(&settings.iam_stack_name), None))
            }
            value => value,
        };
        let Some((value, place)) = value else {
            if settings.unfetched.contains(name) {
                continue;
            }
            let previous = known.previous.is_none_or(|names| names.contains(name));
            if declared.no_echo && previous {
                // Nobody asked yet, or the stack has it: a secret need not be given again.
                if known.previous.is_some() {
                    parameters.insert(name.clone(), Passed::Previous);
                }
                continue;
            }
            let comes =
                known.other.is_none() && which == Which::App && is_wired(name, declared, templates.iam);
            if declared.default.is_none() && !comes {
                found.push(without_value(which, name, declared));
            }
            continue;
        };
        let value = value.hide_if(declared.no_echo);
        found.extend(refused(name, &value, declared).map(|finding| placed(finding, place)));
        parameters.insert(name.clone(), Passed::Value(value));
    }
    (parameters, found)
}

fn is_wired(name: &str, declared: &Declared, iam: Option<&Contents>) -> bool {
    let given =
        |iam: &Contents| iam.outputs.contains_key(name) || iam.outputs.contains_key(&format!("{name}Arn"));
    // Without the template the live outputs decide.
    declared.output.is_some() || iam.is_none_or(given)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    User,
    Infrastructure,
}

/// What the settings say of a parameter. One that both templates declare gets one value, whichever map
/// has it.
fn given<'s>(
    which: Which,
    name: &str,
    settings: &'s Settings,
    templates: Templates<'_>,
) -> Option<(&'s Given, Rank)> {
    let shared = templates.get(match which {
        Which::Iam => Which::App,
        Which::App => Which::Iam,
    });
    let shared = shared.is_some_and(|other| other.parameters.contains_key(name));
    let own = settings.iam_parameters.get(name).filter(|_| which == Which::Iam || shared);
    let user = own.or_else(|| settings.parameters.get(name)).map(|given| (given, Rank::User));
    user.or_else(|| Some((settings.infrastructure_parameters.get(name)?, Rank::Infrastructure)))
}

/// Names that no template declares, and parameters with two values: found before anything is called.
#[must_use]
pub fn misgiven(settings: &Settings, templates: Templates<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let names = |contents: Option<&Contents>| -> Vec<String> {
        contents.map(|contents| contents.parameters.keys().cloned().collect()).unwrap_or_default()
    };
    let (iam, app) = (names(templates.iam), names(templates.app));
    let both: Vec<String> = app.iter().chain(&iam).cloned().collect();
    let mut unknown =
        |values: &super::value::Values, declared: &[String], what: &str, other: Option<(&[String], &str)>| {
            for (name, given) in values.iter().filter(|(name, _)| !declared.contains(name)) {
                let help = match other {
                    Some((others, map)) if others.contains(name) => {
                        format!("the application template has it: write it under `{map}`")
                    }
                    _ => did_you_mean(name, declared.iter().map(String::as_str))
                        .unwrap_or_else(|| "remove it, or declare it in the template".to_owned()),
                };
                let finding = Diagnostic::new(
                    Code::DPL007,
                    format!(
                        "{what} declares {} parameter `{name}`",
                        if what == "no template" { "a" } else { "no" }
                    ),
                );
                found.push(placed(finding, given.place).help(help));
            }
        };
    if templates.app.is_some() {
        let what = if templates.iam.is_some() { "no template" } else { "the application template" };
        unknown(&settings.parameters, &both, what, None);
    }
    if templates.iam.is_some() {
        unknown(&settings.iam_parameters, &iam, "the IAM template", Some((&app, "parameters")));
    }
    for (name, own) in &settings.iam_parameters {
        let others = [&settings.parameters, &settings.infrastructure_parameters];
        let other = others.into_iter().find_map(|values| values.get(name));
        let shared = app.contains(name) && iam.contains(name);
        if let Some(other) = other.filter(|other| shared && other.value != own.value) {
            let finding = Diagnostic::new(
                Code::DPL010,
                format!("`{name}` is declared in both templates and has two values"),
            );
            let finding = placed(finding, own.place);
            let finding = match other.place {
                Some(span) => finding.in_config(span, "the other value"),
                None => finding,
            };
            found.push(finding.help("give it once, under `parameters`: both stacks get it"));
        }
    }
    if let (Some(iam), Some(app)) = (templates.iam, templates.app) {
        for (name, declared) in &iam.parameters {
            let Some(other) = app.parameters.get(name) else { continue };
            if given(Which::App, name, settings, templates).is_none()
                && declared.default.is_some()
                && other.default.is_some()
                && declared.default != other.default
            {
                found.push(
                    Diagnostic::new(
                        Code::DPL010,
                        format!("the templates have different defaults for `{name}`"),
                    )
                    .help("give its value under `parameters`, or split again"),
                );
            }
        }
    }
    found
}

fn placed(finding: Diagnostic, place: Option<Span>) -> Diagnostic {
    match place {
        Some(span) => finding.in_config(span, "given here"),
        None => finding,
    }
}

fn without_value(which: Which, name: &str, declared: &Declared) -> Diagnostic {
    let noun = which.noun();
    let finding =
        Diagnostic::new(Code::DPL008, format!("the parameter `{name}` of the {noun} template has no value"));
    if let Some(output) = &declared.output {
        return finding.help(format!("the IAM stack gives no output `{output}`: deploy its template first"));
    }
    if declared.no_echo {
        return finding.help(format!(
            "it is a secret: write `{name}: {{env: VARIABLE}}` or `{{file: PATH}}` under `parameters`"
        ));
    }
    finding.help(format!("write `{name}: …` under `parameters`, or pass --parameter {name}=…"))
}

/// Whether a parameter's own declaration refuses a value. A hidden value is not quoted.
///
/// Source: CloudFormation User Guide, "Parameters": the properties of a declaration.
#[must_use]
pub fn refused(name: &str, value: &Value, declared: &Declared) -> Option<Diagnostic> {
    let text = value.expose();
    let why = refusal(text, declared)?;
    let said = declared.constraint.as_ref().map_or(String::new(), |said| format!(": {said}"));
    Some(Diagnostic::new(Code::DPL009, format!("`{value}` is not possible for `{name}`{said}")).help(why))
}

fn refusal(text: &str, declared: &Declared) -> Option<String> {
    let length = text.chars().count();
    if text.len() > 4_096 {
        return Some("a parameter's value has 4096 bytes at most".to_owned());
    }
    if !declared.allowed_values.is_empty() {
        let list = declared.kind == "CommaDelimitedList" || declared.kind.starts_with("List<");
        let items: Vec<&str> = if list { text.split(',').map(str::trim).collect() } else { vec![text] };
        if items.iter().any(|item| !declared.allowed_values.iter().any(|allowed| allowed == item)) {
            return Some(format!("its allowed values are {}", declared.allowed_values.join(", ")));
        }
    }
    match declared.kind.as_str() {
        "Number" => {
            let Ok(number) = text.parse::<f64>() else { return Some("it is a number".to_owned()) };
            let bound = |bound: &Option<String>| bound.as_ref().and_then(|text| text.parse::<f64>().ok());
            if bound(&declared.range.0).is_some_and(|least| number < least) {
                return Some(format!(
                    "its least value is {}",
                    declared.range.0.as_deref().unwrap_or_default()
                ));
            }
            if bound(&declared.range.1).is_some_and(|most| number > most) {
                return Some(format!(
                    "its greatest value is {}",
                    declared.range.1.as_deref().unwrap_or_default()
                ));
            }
        }
        "String" => {
            if let (Some(least), _) = declared.length
                && length < least
            {
                return Some(format!("it has at least {least} characters"));
            }
            if let (_, Some(most)) = declared.length
                && length > most
            {
                return Some(format!("it has at most {most} characters"));
            }
            // A pattern in Java's dialect that we cannot read is left to CloudFormation.
            if let Some(pattern) = &declared.allowed_pattern
                && let Ok(regex) = regex_lite::Regex::new(&format!("^(?:{pattern})$"))
                && !regex.is_match(text)
            {
                return Some(format!("it must match `{pattern}`"));
            }
        }
        _ => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::raw::{Flags, Origin};
    use super::*;
    use crate::diagnostic::Source;

    const APP: &str = "\
Parameters:
  WorkerRole: {Type: String, Description: 'ARN of WorkerRole: output WorkerRoleArn of the IAM stack', AllowedPattern: '^arn:.*$'}
  Host: {Type: String, MaxLength: 5}
  Password: {Type: String, NoEcho: true, MinLength: 8}
  Cutoff: {Type: Number, Default: 1, MinValue: 1}
Resources: {T: {Type: AWS::SNS::Topic}}
";
    const IAM: &str = "\
Metadata: {IamSplit: {FormatVersion: 1, AppStack: {Parameter: AppStackName}, TwoPhase: {TArn: TArn}}}
Parameters:
  AppStackName: {Type: String}
  Host: {Type: String, MaxLength: 5}
  TArn: {Type: String, Default: ''}
Resources: {WorkerRole: {Type: AWS::IAM::Role}}
Outputs: {WorkerRoleArn: {Value: !GetAtt WorkerRole.Arn}}
";

    fn settings(text: &str) -> Settings {
        let fetch = |origin: &Origin| match origin {
            Origin::Env(_) => Ok("hunter2".to_owned()),
            _ => Err(String::new()),
        };
        let (settings, found) = Settings::read(&format!("name: q\n{text}"), &Flags::default(), &fetch);
        assert_eq!(found, []);
        settings.unwrap()
    }

    fn contents(text: &str, source: Source) -> Contents {
        Contents::read(text, source).0.unwrap()
    }

    fn run(which: Which, text: &str, known: &Known<'_>) -> (Vec<String>, Vec<String>) {
        let (iam, app) = (contents(IAM, Source::Iam), contents(APP, Source::App));
        let templates = Templates { iam: Some(&iam), app: Some(&app) };
        let settings = settings(text);
        let (parameters, mut found) = merge(which, &settings, templates, known);
        found.extend(misgiven(&settings, templates));
        let parameters = parameters.into_iter().map(|(name, passed)| match passed {
            Passed::Value(value) => format!("{name}={value}"),
            Passed::Previous => format!("{name} as before"),
        });
        (
            parameters.collect(),
            found.iter().map(|found| format!("{} {}", found.code, found.message)).collect(),
        )
    }

    #[test]
    fn a_users_value_beats_an_output_and_that_the_infrastructures() {
        let outputs = BTreeMap::from([("WorkerRole".to_owned(), "arn:x".to_owned())]);
        let none = BTreeSet::new();
        let known = Known { previous: Some(&none), other: Some(&outputs) };
        let all = "parameters: {Host: a, Password: 'longenough'}\ninfrastructure_parameters: {Host: b, WorkerRole: no, Cutoff: 3, Other: x}\n";
        let (passed, found) = run(Which::App, all, &known);
        assert_eq!(passed, ["Cutoff=3", "Host=a", "Password=(hidden)", "WorkerRole=arn:x"]);
        assert_eq!(found, [""; 0]);
        let (passed, _) =
            run(Which::App, "parameters: {Host: a, Password: {env: X}, WorkerRole: arn:mine}\n", &known);
        assert!(passed.contains(&"WorkerRole=arn:mine".to_owned()), "{passed:?}");
    }

    #[test]
    fn both_stacks_get_one_value_and_the_iam_stack_the_applications_name() {
        let known = Known::default();
        for text in [
            "parameters: {Host: a}\n",
            "iam_parameters: {Host: a}\n",
            "infrastructure_parameters: {Host: a}\n",
        ] {
            assert_eq!(run(Which::Iam, text, &known).0, ["AppStackName=q", "Host=a"], "{text}");
            assert_eq!(run(Which::App, text, &known).0, ["Host=a"], "{text}");
        }
        let (_, found) = run(
            Which::Iam,
            "parameters: {Host: a}\niam_parameters: {Host: b, AppStackName: other}\n",
            &known,
        );
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|found| found.starts_with("DPL010")), "{found:?}");
    }

    #[test]
    fn a_secret_keeps_its_value_and_anything_else_its_default() {
        let previous = BTreeSet::from(["Password".to_owned(), "Cutoff".to_owned()]);
        let known = Known { previous: Some(&previous), other: None };
        assert_eq!(run(Which::App, "parameters: {Host: a}\n", &known).0, ["Host=a", "Password as before"]);
        let none = BTreeSet::new();
        let known = Known { previous: Some(&none), other: Some(&BTreeMap::new()) };
        let (_, found) = run(Which::App, "parameters: {}\n", &known);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|found| found.starts_with("DPL008")), "{found:?}");
    }

    #[test]
    fn what_a_declaration_refuses_is_said_without_the_secret() {
        let text = "parameters: {Host: toolong, Cutoff: 0, Password: {env: X}, Hast: a}\niam_parameters: {Cutoff: 1}\n";
        let (_, found) = run(Which::App, text, &Known::default());
        let codes: Vec<&str> = found.iter().map(|found| found.split(" ").next().unwrap()).collect();
        assert_eq!(codes, ["DPL009", "DPL009", "DPL009", "DPL007", "DPL007"], "{found:?}");
        assert!(!found.concat().contains("hunter2"));
    }
}
