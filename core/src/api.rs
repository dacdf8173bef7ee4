//! What the command line and the browser call: a request in, a tagged answer out.

use serde::Serialize;

use crate::config::{ConfigFile, Resolution};
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::document::{self, Documents, Look};
use crate::edit::EditSet;
use crate::facts::limit;
use crate::plan::{self, Action, Plan, Selection};
use crate::syntax::{Node, parse};
use crate::template::{self, Template};
use crate::text::{LineIndex, Position};
use crate::writer::Writer;

/// What to split and how.
#[derive(Clone, Debug, Default)]
pub struct SplitRequest<'r> {
    /// The template's text.
    pub template: &'r str,
    /// The configuration's text, if there is one.
    pub config: Option<&'r str>,
    /// The permitted resolutions, in order of preference, if given for this run.
    pub resolve: Option<Vec<Resolution>>,
    /// Whether configured names may be absent.
    pub allow_missing: bool,
    /// Whether IAM types other than roles and managed policies move too.
    pub all_iam: bool,
    /// The default of the parameter for the application stack's name.
    pub app_stack_name: Option<&'r str>,
}

/// The outcome of a split.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum SplitAnswer {
    /// Both templates, and what was done.
    Done(Box<Split>),
    /// No templates: the diagnostics say why.
    Refused {
        /// All that was found.
        diagnostics: Vec<Diagnostic>,
    },
}

impl SplitAnswer {
    /// All findings, of either outcome.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Done(split) => &split.diagnostics,
            Self::Refused { diagnostics } => diagnostics,
        }
    }

    /// 0 done, 1 refused, 2 unreadable input.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let errors = self.diagnostics().iter().filter(|found| found.is_error());
        errors.map(|found| found.code.exit_code()).max().unwrap_or(0)
    }
}

/// Two templates and the summary of how they came about.
#[derive(Clone, Debug, Serialize)]
pub struct Split {
    /// The IAM template's text.
    #[serde(skip)]
    pub iam: String,
    /// The application template's text.
    #[serde(skip)]
    pub app: String,
    /// Whether both are JSON.
    pub json: bool,
    /// What was done.
    pub summary: Summary,
    /// Notes and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// The edits that make both texts of the monolith's.
    #[serde(skip)]
    pub documents: Documents,
}

/// What a split did, in the terms of the template.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// What moved.
    pub moved: Vec<Moved>,
    /// Configured names that the template does not have.
    pub missing: Vec<String>,
    /// Declarations that the IAM template has too.
    pub travels: Travels,
    /// References of moved resources to the application, and what stands for each.
    pub bridges: Vec<Bridged>,
    /// References of the application that were rewritten.
    pub rewritten: usize,
    /// The parameter for the application stack's name, and its bounds.
    pub app_stack: Option<AppStack>,
    /// Capabilities that the IAM stack needs.
    pub iam_capabilities: Vec<Capability>,
    /// Capabilities that the application stack still needs.
    pub app_capabilities: Vec<Capability>,
    /// Resources that stay with the application.
    pub remaining: usize,
}

/// A moved resource.
#[derive(Clone, Debug, Serialize)]
pub struct Moved {
    /// Its logical id.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The line that declares it.
    pub line: u32,
    /// The outputs that carry its values, and the parameters that take them.
    pub wires: Vec<Wire>,
    /// How many references of the application mean it.
    pub used: usize,
}

/// An output and its parameter.
#[derive(Clone, Debug, Serialize)]
pub struct Wire {
    /// The IAM template's output.
    pub output: String,
    /// The application template's parameter.
    pub parameter: String,
}

/// Names that travel, in the order of the template.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Travels {
    /// Parameters.
    pub parameters: Vec<String>,
    /// Conditions.
    pub conditions: Vec<String>,
    /// Mappings.
    pub mappings: Vec<String>,
}

/// A reference across the cut.
#[derive(Clone, Debug, Serialize)]
pub struct Bridged {
    /// The moved resource.
    pub resource: String,
    /// The application resource that it referenced.
    pub target: String,
    /// How it was resolved.
    pub resolution: Resolution,
    /// The line.
    pub line: u32,
    /// The policy statement, if it stands in one.
    pub statement: Option<String>,
    /// The element or property.
    pub element: String,
    /// The value as the monolith writes it.
    pub before: String,
    /// The value as the IAM template writes it.
    pub after: String,
    /// What a widened scope reaches beyond the one resource.
    pub reaches: Option<String>,
}

/// Bounds of the application stack's name.
#[derive(Clone, Debug, Serialize)]
pub struct AppStack {
    /// The IAM template's parameter.
    pub parameter: String,
    /// The longest name with which every pattern is sound.
    pub max_length: usize,
    /// What a name must match.
    pub allowed_pattern: String,
    /// The resource whose generated name bounds the length, if one does.
    pub bounded_by: Option<String>,
}

/// A capability and why it is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Capability {
    /// `CAPABILITY_IAM`, `CAPABILITY_NAMED_IAM` or `CAPABILITY_AUTO_EXPAND`.
    pub name: &'static str,
    /// The resources or transforms that need it.
    pub because: Vec<String>,
}

/// Splits a template.
#[must_use]
pub fn split(request: &SplitRequest<'_>) -> SplitAnswer {
    let mut found = Vec::new();
    let answer = run(request, &mut found);
    // Errors first, each kind in the order of the text.
    found.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    match answer {
        Some(mut split) if !found.iter().any(Diagnostic::is_error) => {
            split.diagnostics = found;
            SplitAnswer::Done(split)
        }
        _ => SplitAnswer::Refused { diagnostics: found },
    }
}

fn run(request: &SplitRequest<'_>, found: &mut Vec<Diagnostic>) -> Option<Box<Split>> {
    let config = match request.config.map(ConfigFile::read) {
        Some(Ok(config)) => Some(config),
        Some(Err(errors)) => {
            found.extend(errors);
            None
        }
        None => None,
    };
    let unreadable_config = request.config.is_some() && config.is_none();
    let parsed = parse(request.template);
    found.extend(parsed.diagnostics);
    let (template, trouble) = template::read(&parsed.document);
    // After a syntax error a missing section may only be unread.
    let unread = |diagnostic: &Diagnostic| !parsed.complete && matches!(diagnostic.code, Code::TPL001 | Code::TPL002);
    found.extend(trouble.into_iter().filter(|diagnostic| !unread(diagnostic)));
    let template = template?;
    let references = template::references(&template);
    if parsed.complete {
        found.extend(template::check(&template, &references));
    }
    if unreadable_config || template.resources.is_empty() || !parsed.complete {
        return None;
    }
    let options = plan::Options {
        selection: Selection { config: config.as_ref(), allow_missing: request.allow_missing, all_iam: request.all_iam },
        resolve: request.resolve.as_deref(),
        app_stack_name: request.app_stack_name,
    };
    let (plan, trouble) = plan::plan(&template, references, &options);
    found.extend(trouble);
    if let Some(config) = &config {
        found.extend(partition_warnings(&template, config));
    }
    let plan = plan?;
    if found.iter().any(Diagnostic::is_error) {
        return None;
    }
    let look = config.as_ref().map_or_else(Look::default, look);
    let (documents, notes) = match document::write(&template, &plan, &look) {
        Ok(written) => written,
        Err(errors) => {
            found.extend(errors);
            return None;
        }
    };
    found.extend(notes);
    let iam = documents.iam.apply(request.template);
    let app = documents.app.apply(request.template);
    for (text, which) in [(&iam, "IAM"), (&app, "application")] {
        if text.len() > limit::BODY {
            found.push(
                Diagnostic::new(
                    Code::LIM003,
                    format!("the {which} template has {} bytes: CloudFormation reads {} at most", text.len(), limit::BODY),
                )
                .help("remove text, or move more resources"),
            );
        }
    }
    found.extend(prefix_warnings(&template, &plan));
    let missing = found.iter().filter(|d| d.code == Code::CFG003 && d.severity == Severity::Note);
    let missing = missing.filter_map(|d| d.message.split('`').nth(1).map(str::to_owned)).collect();
    let summary = summary(&template, &plan, &documents.iam, missing);
    Some(Box::new(Split { iam, app, json: parsed.document.is_json(), summary, diagnostics: Vec::new(), documents }))
}

fn look(config: &ConfigFile<'_>) -> Look {
    let metadata = &config.config.metadata;
    let patterns = &config.config.parameter_generation;
    let group = metadata.parameter_group_name.clone().unwrap_or_else(|| "IAM roles and policies".to_owned());
    Look {
        role_pattern: patterns.role_pattern.clone(),
        policy_pattern: patterns.policy_pattern.clone(),
        group: metadata.add_parameter_group.then_some(group),
        after: metadata.insert_after_group.clone(),
    }
}

/// Partitions beside `aws`. Source: AWS General Reference, "Amazon Resource Names", and IAM's list.
const OTHER_PARTITIONS: [&str; 2] = ["aws-us-gov", "aws-cn"];

/// Configured patterns that refuse ARNs of a partition in which the template can run.
fn partition_warnings(template: &Template<'_, '_>, config: &ConfigFile<'_>) -> Vec<Diagnostic> {
    let patterns = &config.config.parameter_generation;
    let configured = [
        ("role_pattern", "AWS::IAM::Role", &patterns.role_pattern),
        ("policy_pattern", "AWS::IAM::ManagedPolicy", &patterns.policy_pattern),
    ];
    if configured.iter().all(|(_, _, pattern)| pattern.is_none()) {
        return Vec::new();
    }
    let text = template.document.text();
    let named: Vec<&str> = OTHER_PARTITIONS.into_iter().filter(|partition| text.contains(partition)).collect();
    let general = text.contains("AWS::Partition");
    let supported = if named.is_empty() && general { OTHER_PARTITIONS.to_vec() } else { named };
    let mut found = Vec::new();
    for (key, kind, pattern) in configured {
        let Some(pattern) = pattern else { continue };
        let Some((row, regex)) = crate::facts::iam_type(kind).zip(regex_lite::Regex::new(pattern).ok()) else { continue };
        let refused: Vec<String> = std::iter::once(&"aws")
            .chain(&supported)
            .filter(|partition| !regex.is_match(&row.sample_arn(partition)))
            .map(|partition| format!("`{partition}`"))
            .collect();
        if !refused.is_empty() {
            found.push(
                Diagnostic::new(
                    Code::CFG008,
                    format!("`{key}` refuses ARNs of the partition {}, in which this template can run", refused.join(" and ")),
                )
                .in_config(config.value_place(&["parameter_generation", key]), "this pattern")
                .help(format!("a pattern for every partition: `{}`", row.arn_pattern())),
            );
        }
    }
    found
}

/// Text that counts on names of moved resources that CloudFormation generates.
fn prefix_warnings(template: &Template<'_, '_>, plan: &Plan<'_, '_>) -> Vec<Diagnostic> {
    let generated = |name: &&str, noun: &str| {
        let Some(resource) = template.resources.get(*name) else { return false };
        let row = crate::facts::iam_type(resource.kind);
        let named = crate::facts::resource_type(resource.kind).is_some_and(|row| {
            !row.name_property.is_empty() && resource.property(row.name_property).is_some()
        });
        row.is_some_and(|row| row.arn_noun == noun) && !named
    };
    let mut found = Vec::new();
    for node in template.document.nodes() {
        let Some(text) = node.as_str().filter(|text| text.contains("${AWS::StackName}")) else { continue };
        for noun in ["role", "policy", "instance-profile", "user", "group"] {
            let counts = text.contains(&format!(":{noun}/${{AWS::StackName}}-")) || text.contains(&format!(":{noun}/${{AWS::StackName}}*"));
            if counts && plan.moved.iter().any(|name| generated(name, noun)) {
                found.push(
                    Diagnostic::new(
                        Code::PRE001,
                        format!("this text counts on generated names of the kind `{noun}`, which now begin with the IAM stack's name"),
                    )
                    .at(node.span(), "it no longer matches what moved")
                    .help("name the moved resources explicitly, or write the IAM stack's name here"),
                );
            }
        }
    }
    found
}

fn summary(template: &Template<'_, '_>, plan: &Plan<'_, '_>, iam: &EditSet, missing: Vec<String>) -> Summary {
    let text = template.document.text();
    let lines = LineIndex::new(text);
    let moved = plan.moved.iter().filter_map(|name| template.resources.get(*name));
    let moved = moved
        .map(|resource| Moved {
            name: resource.name.to_owned(),
            kind: resource.kind.to_owned(),
            line: lines.line(resource.declaration.key.span().start),
            wires: plan
                .wires
                .iter()
                .filter(|wire| wire.resource == resource.name)
                .map(|wire| Wire { output: wire.output.clone(), parameter: wire.parameter.clone() })
                .collect(),
            used: plan.rewrites.iter().filter(|rewrite| rewrite.target == resource.name).count(),
        })
        .collect();
    let bridges = plan.bridges.iter().map(|bridge| {
        let whole = bridge.reference.node.outer();
        Bridged {
            resource: bridge.owner.to_owned(),
            target: bridge.target.to_owned(),
            resolution: bridge.resolution,
            line: lines.line(bridge.reference.place.start),
            statement: bridge.position.statement.clone(),
            element: bridge.position.element.clone(),
            before: one_line(whole.slice(text)),
            after: one_line(&after(iam, whole, text)),
            reaches: (bridge.resolution == Resolution::Pattern).then(|| reaches(bridge, template)),
        }
    });
    Summary {
        moved,
        missing,
        travels: Travels {
            parameters: in_order(&template.parameters, |name| plan.travels.parameters.contains(name)),
            conditions: in_order(&template.conditions, |name| plan.travels.conditions.contains(name)),
            mappings: in_order(&template.mappings, |name| plan.travels.mappings.contains(name)),
        },
        bridges: bridges.collect(),
        rewritten: plan.rewrites.iter().filter(|rewrite| rewrite.action != Action::Keep).count(),
        app_stack: plan.app_stack.as_ref().map(|stack| AppStack {
            parameter: stack.parameter.clone(),
            max_length: stack.max_length,
            allowed_pattern: stack.allowed_pattern().to_owned(),
            bounded_by: stack.needs.first().filter(|need| need.longest.is_some()).map(|need| need.resource.clone()),
        }),
        iam_capabilities: capabilities(template, |name| plan.moves(name)),
        app_capabilities: capabilities(template, |name| !plan.moves(name)),
        remaining: template.resources.len().saturating_sub(plan.moved.len()),
    }
}

fn in_order(section: &template::Section<'_, '_>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    section.keys().filter(|name| wanted(name)).map(|name| (*name).to_owned()).collect()
}

/// A piece of the source as the edits leave it.
fn after(edits: &EditSet, span: crate::text::Span, text: &str) -> String {
    let mut result = String::new();
    let mut at = span.start();
    let from = edits.edits().partition_point(|edit| edit.span.end < span.start);
    for edit in edits.edits().iter().skip(from).take_while(|edit| edit.span.start <= span.end) {
        if !span.contains(edit.span) {
            continue;
        }
        result.push_str(text.get(at..edit.span.start()).unwrap_or_default());
        result.push_str(&edit.text);
        at = edit.span.end();
    }
    result.push_str(text.get(at..span.end()).unwrap_or_default());
    result
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a pattern matches beside the one resource.
fn reaches(bridge: &plan::Bridge<'_, '_>, template: &Template<'_, '_>) -> String {
    if bridge.target == "AWS::StackId" {
        return "former stacks of the same name".to_owned();
    }
    let unbounded: Vec<String> =
        bridge.needs.iter().filter(|need| !need.bounded).map(|need| format!("`{}`", need.resource)).collect();
    let mut said = Vec::new();
    if bridge.needs.is_empty() {
        said.push("every revision or id under the same name".to_owned());
    } else if unbounded.is_empty() {
        said.push("other resources whose names begin alike, also in stacks whose names begin with this one's and a dash".to_owned());
    } else {
        said.push(format!("resources of every stack: the generated name of {} does not hold the stack's name", unbounded.join(" and ")));
    }
    let bucket = |name: &str| template.resources.get(name).is_some_and(|resource| resource.kind == "AWS::S3::Bucket");
    if bucket(bridge.target) {
        said.push("buckets of other accounts, whose ARNs hold no account: a condition on `aws:ResourceAccount` would rule them out".to_owned());
    }
    said.join("; ")
}

/// The capabilities that a stack with some of the resources needs.
/// Source: CloudFormation API reference, `CreateStack`, parameter `Capabilities`.
fn capabilities(template: &Template<'_, '_>, holds: impl Fn(&str) -> bool) -> Vec<Capability> {
    const NAMES: [&str; 6] = ["RoleName", "ManagedPolicyName", "UserName", "GroupName", "InstanceProfileName", "PolicyName"];
    const ACKNOWLEDGED: [&str; 9] = [
        "AWS::IAM::AccessKey",
        "AWS::IAM::Group",
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::User",
        "AWS::IAM::UserToGroupAddition",
    ];
    let (mut iam, mut named) = (Vec::new(), Vec::new());
    for resource in template.resources.values().filter(|resource| holds(resource.name)) {
        if !ACKNOWLEDGED.contains(&resource.kind) {
            continue;
        }
        iam.push(resource.name.to_owned());
        // The name of an inline policy is no name of an IAM entity.
        let inline = matches!(resource.kind, "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" | "AWS::IAM::UserToGroupAddition");
        if !inline && NAMES.iter().any(|name| resource.property(&[name]).is_some()) {
            named.push(resource.name.to_owned());
        }
    }
    let mut list = Vec::new();
    if !named.is_empty() {
        list.push(Capability { name: "CAPABILITY_NAMED_IAM", because: named });
    } else if !iam.is_empty() {
        list.push(Capability { name: "CAPABILITY_IAM", because: iam });
    }
    let transforms: Vec<String> = template.transforms().iter().map(|(name, _)| (*name).to_owned()).collect();
    if !transforms.is_empty() {
        list.push(Capability { name: "CAPABILITY_AUTO_EXPAND", because: transforms });
    }
    list
}

/// A commented configuration for a template: what `iam-split init` writes.
///
/// # Errors
/// What keeps the template from being read.
pub fn init(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(text);
    let (template, mut found) = template::read(&parsed.document);
    found.extend(parsed.diagnostics);
    let Some(template) = template.filter(|_| !found.iter().any(Diagnostic::is_error)) else { return Err(found) };
    let names = |kind: &str| -> Vec<&str> {
        template.resources.values().filter(|resource| resource.kind == kind).map(|resource| resource.name).collect()
    };
    let stays: Vec<&str> = template
        .resources
        .values()
        .filter(|resource| !resource.is_iam() && resource.kind.ends_with("Policy") && resource.property(&["PolicyDocument"]).is_some())
        .map(|resource| resource.name)
        .collect();
    let writer = Writer { json: false, newline: "\n", step: 2 };
    let list = |names: Vec<&str>| {
        if names.is_empty() {
            return " []\n".to_owned();
        }
        let lines = names.iter().map(|name| format!("    - {}\n", writer.line(&crate::expression::Expr::text(*name))));
        format!("\n{}", lines.collect::<String>())
    };
    let last_group = template
        .section("Metadata")
        .and_then(|node| node.get("AWS::CloudFormation::Interface")?.get("ParameterGroups"))
        .and_then(|groups| groups.items().last())
        .and_then(|group| group.get("Label")?.get("default").and_then(Node::as_str));
    let after = last_group.map_or_else(
        || "  # insert_after_group: Network\n".to_owned(),
        |label| format!("  insert_after_group: {}\n", writer.line(&crate::expression::Expr::text(label))),
    );
    let pattern = |kind: &str| crate::facts::iam_type(kind).map_or(String::new(), crate::facts::IamType::arn_pattern);
    Ok(format!(
        "# Configuration of iam-split: what leaves the template, and how.\n\
         extraction:\n\
         \x20 # Logical ids of AWS::IAM::Role that move to the IAM template.\n\
         \x20 roles:{}\
         \x20 # Logical ids of AWS::IAM::ManagedPolicy that move.\n\
         \x20 policies:{}\
         \x20 # Policies of single resources: they stay with the application.\n\
         \x20 exclude_policies:{}\n\
         # AllowedPattern of the application's parameters. These admit every AWS partition.\n\
         parameter_generation:\n\
         \x20 role_pattern: '{}'\n\
         \x20 policy_pattern: '{}'\n\n\
         # The parameters as a group in the console.\n\
         metadata:\n\
         \x20 add_parameter_group: true\n\
         \x20 parameter_group_name: IAM roles and policies\n\
         {after}\n\
         # How a moved resource may reach an application resource, the best first: exact (by its explicit\n\
         # name), pattern (by its generated name, which widens the scope); refuse permits neither.\n\
         resolution:\n\
         \x20 order: [exact]\n\
         \x20 # resources:\n\
         \x20 #   SomeRole: [exact, pattern]\n\n\
         # The IAM template's parameter for the application stack's name, and its default.\n\
         # app_stack_parameter: AppStackName\n\
         # app_stack_name: prod\n",
        list(names("AWS::IAM::Role")),
        list(names("AWS::IAM::ManagedPolicy")),
        list(stays),
        pattern("AWS::IAM::Role"),
        pattern("AWS::IAM::ManagedPolicy"),
    ))
}

/// A finding with lines and columns instead of bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Placed<'d> {
    /// Its code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: &'d str,
    /// Where.
    pub labels: Vec<PlacedLabel<'d>>,
    /// The way out.
    pub help: &'d [String],
}

/// A marked place with lines and columns.
#[derive(Clone, Debug, Serialize)]
pub struct PlacedLabel<'d> {
    /// The text it points into.
    pub source: Source,
    /// Where it begins.
    pub start: Position,
    /// Where it ends, exclusive.
    pub end: Position,
    /// What is to be said there.
    pub text: &'d str,
}

/// Gives findings lines and columns.
#[must_use]
pub fn place<'d>(found: &'d [Diagnostic], template: &str, config: Option<&str>) -> Vec<Placed<'d>> {
    let config = config.unwrap_or_default();
    let (of_template, of_config) = (LineIndex::new(template), LineIndex::new(config));
    let label = |label: &'d crate::diagnostic::Label| {
        let (index, text) = match label.source {
            Source::Template => (&of_template, template),
            Source::Config => (&of_config, config),
        };
        PlacedLabel {
            source: label.source,
            start: index.position(text, label.span.start),
            end: index.position(text, label.span.end),
            text: &label.text,
        }
    };
    found
        .iter()
        .map(|diagnostic| Placed {
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            labels: diagnostic.labels.iter().map(label).collect(),
            help: &diagnostic.help,
        })
        .collect()
}

/// A template's text with the defaults of its `NoEcho` parameters struck out, byte for byte as long.
#[must_use]
pub fn redacted(text: &str) -> String {
    let parsed = parse(text);
    let (Some(template), _) = template::read(&parsed.document) else { return text.to_owned() };
    let mut result = text.to_owned();
    for parameter in template.parameters.values() {
        let secret = parameter.value.get("NoEcho").and_then(Node::as_str).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let Some(default) = parameter.value.get("Default").filter(|_| secret) else { continue };
        let span = default.resolved().written();
        let stars: String = span.slice(text).bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }).collect();
        result.replace_range(span.start()..span.end(), &stars);
    }
    result
}

/// Whether a text is an earlier output of ours: the IAM template has its mark, the application
/// template parameters with our description.
#[must_use]
pub fn is_output(text: &str) -> bool {
    let parsed = parse(text);
    let (Some(template), _) = template::read(&parsed.document) else { return false };
    let marked = template.section("Metadata").is_some_and(|metadata| metadata.get("IamSplit").is_some());
    let described = |parameter: &template::Declaration<'_, '_>| {
        let description = parameter.value.get("Description").and_then(Node::as_str);
        description.is_some_and(|text| text.contains(": output ") && text.ends_with(" of the IAM stack"))
    };
    marked || template.parameters.values().any(described)
}
