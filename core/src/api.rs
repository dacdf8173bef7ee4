//! What the command line and the browser call: a request in, a tagged answer out.

use serde::Serialize;

use crate::config::{ConfigFile, Gifts, Guard, Iam, Means, Resolution};
use crate::contract;
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::document::{self, Documents, Look};
use crate::equivalence::Wiring;
use crate::facts::limit;
use crate::plan::{self, Selection};
use crate::policy_size;
use crate::roles::{Card, headline};
use crate::rules::Which;
use crate::summary::{self, Summary};
use crate::syntax::{Node, parse};
use crate::template::{self, Template};
use crate::text::{LineIndex, Span, lone_cr, without_cr};
use crate::validate::{cards, compare, read};

pub use crate::diagnostic::{Placed, Texts, place};
pub use crate::diff::{AppDiff, IamDiff, application as diff_application, iam as diff_iam};
pub use crate::init::init;
pub use crate::plan::Capability;
pub use crate::policy::{Access, CanAnswer, CanRequest};
pub use crate::reconfigure::reconfigure;
pub use crate::summary::Bridged;
pub use crate::survey::{Survey, survey};
pub use crate::template::redacted;
pub use crate::terraform::check::{Finding, Pair, Text, check as check_terraform};
pub use crate::terraform::explain::explain as explain_terraform;
pub use crate::terraform::module::write as write_terraform;
pub use crate::tickets::{Known, Tickets};
pub use crate::validate::{ValidateRequest, Validation, validate};

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
    /// How the application comes to what the IAM stack gives out, if given for this run.
    pub wiring: Option<Means>,
    /// What keeps patterns over buckets in the account, if given for this run.
    pub guard: Option<Guard>,
    /// What all that moves is given, before what the configuration says.
    pub iam: Option<&'r Gifts>,
    /// The company's rules, if there are any: they are asked of what moves (with the feature `rules`).
    pub rules: Option<&'r str>,
    /// The time, in seconds since 1970: exceptions from rules end.
    pub now: f64,
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
    /// What the proof says in a few words; empty where it was not asked.
    pub headline: String,
    /// Notes and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// The edits that make both texts of the monolith's, or of what it is with all that the configuration gives.
    #[serde(skip)]
    pub documents: Documents,
    /// The monolith with what the configuration gives to all that moves, where it gives anything.
    #[serde(skip)]
    pub source: Option<String>,
    /// Parameters and conditions that the configuration adds for the IAM template alone.
    #[serde(skip)]
    pub of_iam: Vec<String>,
}

impl Split {
    /// What the two files are called: the prefix, `-iam` or `-app`, and the ending of the form.
    #[must_use]
    pub fn file_names(&self, prefix: &str) -> [String; 2] {
        let ending = if self.json { "json" } else { "yaml" };
        ["iam", "app"].map(|which| format!("{prefix}-{which}.{ending}"))
    }
}

/// Splits a template.
#[must_use]
pub fn split(request: &SplitRequest<'_>) -> SplitAnswer {
    // Lines that end in CR alone: read with LF, which is as long, and written as they were.
    if let Some(template) = without_cr(request.template) {
        let mut answer = split(&SplitRequest { template: &template, ..request.clone() });
        if let SplitAnswer::Done(split) = &mut answer {
            (split.iam, split.app) = (split.iam.replace('\n', "\r"), split.app.replace('\n', "\r"));
            split.documents.iam.with_line_ends("\r");
            split.documents.app.with_line_ends("\r");
        }
        return answer;
    }
    let (config, _) = request.config.map_or((None, Vec::new()), ConfigFile::read);
    let iam = config.map(|file| file.config.iam).unwrap_or_default();
    match iam.with(request.iam) {
        Ok(iam) if iam.gives() => given(request, &iam),
        Ok(_) => plainly(request, &[], &[]),
        Err(diagnostics) => SplitAnswer::Refused { diagnostics },
    }
}

/// Splits what the template is once the configuration has given what it gives to all that moves.
fn given(request: &SplitRequest<'_>, iam: &Iam) -> SplitAnswer {
    // What moves is known once it was tried; the rules are asked of what the pair will hold.
    let tried = match plainly(&SplitRequest { rules: None, ..request.clone() }, &[], &[]) {
        SplitAnswer::Done(split) => split,
        refused => return refused,
    };
    let parsed = parse(request.template);
    let Some(template) = template::read(&parsed.document).0 else { return SplitAnswer::Done(tried) };
    let moved: std::collections::BTreeSet<&str> =
        tried.summary.moved.iter().map(|moved| moved.name.as_str()).collect();
    let given = match document::given(&template, iam, &moved) {
        Ok(given) => given,
        Err(diagnostics) => return SplitAnswer::Refused { diagnostics },
    };
    let source = given.edits.apply(request.template);
    let place = |offset: u32| given.edits.before(offset);
    let circles = circles_of_gifts(&template, &source, &place);
    if !circles.is_empty() {
        return SplitAnswer::Refused { diagnostics: circles };
    }
    let mut answer =
        plainly(&SplitRequest { template: &source, ..request.clone() }, &given.of_iam, &given.named);
    match &mut answer {
        SplitAnswer::Done(split) => {
            split.diagnostics.iter_mut().for_each(|found| back(found, Source::Template, &place));
            split.diagnostics.extend(given.notes);
            split.of_iam = given.of_iam;
            let (of_source, of_text) = (LineIndex::new(&source), LineIndex::new(request.template));
            let line = |line: u32| of_text.line(place(of_source.start(line)));
            split.summary.with_lines(&line);
            split.summary.given = given.list;
            split.source = Some(source);
        }
        SplitAnswer::Refused { diagnostics } => {
            diagnostics.iter_mut().for_each(|found| back(found, Source::Template, &place));
        }
    }
    answer
}

/// Circles that the template has once it is given what the configuration gives, and had not before.
fn circles_of_gifts(
    template: &Template<'_, '_>,
    source: &str,
    place: &dyn Fn(u32) -> u32,
) -> Vec<Diagnostic> {
    let parsed = parse(source);
    let Some(with) = template::read(&parsed.document).0 else { return Vec::new() };
    let circles = |template: &Template<'_, '_>| -> Vec<Diagnostic> {
        let found = contract::of_one(template, Source::Template);
        found.into_iter().filter(|one| one.code == Code::TPL008).collect()
    };
    let before: Vec<String> = circles(template).into_iter().map(|one| one.message).collect();
    let mut found = circles(&with);
    found.retain(|one| !before.contains(&one.message));
    for one in &mut found {
        back(one, Source::Template, place);
        one.code = Code::CFG010;
        one.message = format!("with what `iam:` gives, {}", one.message);
        one.help = vec![
            "attach the policy to nobody that gets it as a boundary, or name one of them under `except`"
                .to_owned(),
        ];
    }
    found
}

/// Moves the labels of a text that was edited to where they are in the text as it was.
pub(crate) fn back(found: &mut Diagnostic, source: Source, place: &dyn Fn(u32) -> u32) {
    for label in found.labels.iter_mut().filter(|label| label.source == source) {
        let (start, end) = (place(label.span.start), place(label.span.end));
        label.span.start = start;
        label.span.end = end.max(start);
    }
}

/// Splits a template as it is. `of_iam` are parameters and conditions that were added for what moves,
/// `named` the resources that got names.
fn plainly(request: &SplitRequest<'_>, of_iam: &[String], named: &[String]) -> SplitAnswer {
    let mut found = Vec::new();
    let answer = run(request, of_iam, named, &mut found);
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

/// Splits a template and proves the result: one that does not stand up to a second reading is refused.
#[must_use]
pub fn split_proven(request: &SplitRequest<'_>) -> SplitAnswer {
    let mut done = match split(request) {
        SplitAnswer::Done(done) => done,
        refused => return refused,
    };
    let (mut diagnostics, mut headline) = checked(request.template, &done);
    headline.push_str(&summary::but_for(&done.summary.given));
    done.headline = headline;
    let refused = diagnostics.iter().any(Diagnostic::is_error);
    diagnostics.append(&mut done.diagnostics);
    if refused {
        return SplitAnswer::Refused { diagnostics };
    }
    done.diagnostics = diagnostics;
    SplitAnswer::Done(done)
}

/// Splits a template and says how many errors are left, without a proof of what is not asked for.
#[must_use]
pub fn errors_left(request: &SplitRequest<'_>) -> usize {
    let errors = |found: &[Diagnostic]| found.iter().filter(|one| one.is_error()).count();
    let split = match split(request) {
        SplitAnswer::Done(split) => split,
        SplitAnswer::Refused { diagnostics } => return errors(&diagnostics),
    };
    let (of_monolith, iam) = (parse(split.source.as_deref().unwrap_or(request.template)), parse(&split.iam));
    let templates = template::read(&of_monolith.document).0.zip(template::read(&iam.document).0);
    templates.map_or(0, |(monolith, iam)| errors(&policy_size::grown(&monolith, &iam, &laters(&split))))
}

/// The parameters for values that come later.
fn laters(split: &Split) -> Vec<&str> {
    split.summary.two_phase.iter().map(|later| later.parameter.as_str()).collect()
}

/// Reads both results again and checks them. An error is a fault of ours, or a limit that the result
/// passes: no reason to write the files. Warnings belong to the result.
#[must_use]
pub fn verify(monolith: &str, split: &Split) -> Vec<Diagnostic> {
    checked(monolith, split).0
}

/// The same, with what the proof says in a few words.
fn checked(monolith: &str, split: &Split) -> (Vec<Diagnostic>, String) {
    let monolith = split.source.as_deref().unwrap_or(monolith);
    let (of_monolith, iam, app) = (parse(monolith), parse(&split.iam), parse(&split.app));
    let mut validation = Validation { readable: true, compared: true, ..Validation::default() };
    let iam = read(&iam, Source::Iam, &mut validation);
    let app = read(&app, Source::App, &mut validation);
    let of_monolith = read(&of_monolith, Source::Template, &mut validation).map(|read| read.template);
    let (iam, app) = (iam.map(|read| read.template), app.map(|read| read.template));
    if let (Some(iam), Some(app)) = (&iam, &app) {
        compare(iam, app, of_monolith.as_ref(), None, &split.of_iam, &mut validation);
    }
    let mut found = Vec::new();
    // What is wrong with the monolith's own declarations is not the split's doing.
    let inherited = of_monolith.as_ref().map(contract::of_monolith).unwrap_or_default();
    let ours = |diagnostic: &&Diagnostic| diagnostic.is_error() && !inherited.contains(&diagnostic.code);
    // What no rule understands in the template itself is said of the template, and not again of what was made of it.
    let is_own = |diagnostic: &Diagnostic| {
        diagnostic.code == Code::PRF005
            && diagnostic.labels.first().is_some_and(|label| label.source == Source::Template)
    };
    let own: Vec<Diagnostic> = validation
        .diagnostics
        .iter()
        .filter(ours)
        .filter(|diagnostic| is_own(diagnostic))
        .cloned()
        .map(|diagnostic| Diagnostic { severity: Severity::Error, ..diagnostic })
        .collect();
    let follows = |diagnostic: &&Diagnostic| diagnostic.code == Code::PRF005 && !own.is_empty();
    for diagnostic in validation.diagnostics.iter().filter(ours).filter(|one| !follows(one)) {
        let label = diagnostic.labels.first();
        let place = label.map_or(String::new(), |label| {
            let text = match label.source {
                Source::App => &split.app,
                Source::Template => monolith,
                _ => &split.iam,
            };
            let which = match label.source {
                Source::App => "application template",
                Source::Template => "monolith",
                _ => "IAM template",
            };
            format!(", line {} of the {which}: {}", LineIndex::new(text).line(label.span.start), label.text)
        });
        found.push(
            Diagnostic::new(
                Code::INT001,
                format!(
                    "the pair that was made cannot be proven: {} ({}){place}",
                    diagnostic.message, diagnostic.code
                ),
            )
            .help("please report this with the template, or with a part of it that shows it"),
        );
    }
    found.extend(own);
    if let (Some(iam), Some(app)) = (&iam, &app) {
        found.extend(unplanned(split, iam, app));
    }
    if let (Some(monolith), Some(iam)) = (&of_monolith, &iam) {
        found.extend(policy_size::grown(monolith, iam, &laters(split)));
    }
    (found, validation.headline())
}

/// Whether the outputs and parameters that were planned are there, each where it belongs.
fn unplanned(split: &Split, iam: &Template<'_, '_>, app: &Template<'_, '_>) -> Vec<Diagnostic> {
    let wires = || split.summary.moved.iter().flat_map(|moved| &moved.wires);
    let mut missing: Vec<String> = wires()
        .filter(|wire| !iam.outputs.contains_key(wire.output.as_str()))
        .map(|wire| format!("output {} of the IAM template", wire.output))
        .collect();
    // What nothing of the application uses is given out all the same, and read by nobody.
    let reads = iam.mark().is_some_and(|mark| mark.get("IamStack").is_some());
    missing.extend(
        wires()
            .filter(|wire| !reads && !app.parameters.contains_key(wire.parameter.as_str()))
            .map(|wire| format!("parameter {} of the application template", wire.parameter)),
    );
    let both = split.summary.moved.iter().filter(|moved| {
        !iam.resources.contains_key(moved.name.as_str()) || app.resources.contains_key(moved.name.as_str())
    });
    missing.extend(both.map(|moved| format!("resource {} in the IAM template alone", moved.name)));
    if iam.outputs.len() != wires().count() {
        missing.push("an output of the IAM template that is none of another".to_owned());
    }
    let missing = missing.into_iter().map(|what| {
        Diagnostic::new(Code::INT001, format!("the result lacks the {what}"))
            .help("please report this with the template, or with a part of it that shows it")
    });
    missing.collect()
}

fn run(
    request: &SplitRequest<'_>,
    of_iam: &[String],
    named: &[String],
    found: &mut Vec<Diagnostic>,
) -> Option<Box<Split>> {
    let (config, errors) = request.config.map_or((None, Vec::new()), ConfigFile::read);
    let unreadable_config = request.config.is_some() && config.is_none();
    found.extend(errors);
    let parsed = parse(request.template);
    found.extend(parsed.diagnostics);
    if let Some(at) = lone_cr(request.template).filter(|_| !parsed.document.is_json()) {
        found.push(
            Diagnostic::new(Code::SYN001, "some lines end in CR alone, and others do not")
                .at(Span::at(at), "the first of them")
                .help("save the file with one kind of line ends"),
        );
        return None;
    }
    let (template, trouble) = template::read(&parsed.document);
    // After a syntax error a missing section may only be unread.
    let unread =
        |diagnostic: &Diagnostic| !parsed.complete && matches!(diagnostic.code, Code::TPL001 | Code::TPL002);
    found.extend(trouble.into_iter().filter(|diagnostic| !unread(diagnostic)));
    let template = template?;
    let references = template::references(&template);
    if parsed.complete {
        found.extend(crate::check::check(&template, &references));
    }
    if unreadable_config || !parsed.complete {
        return None;
    }
    if template.resources.is_empty() {
        if !found.iter().any(Diagnostic::is_error) {
            found.push(
                Diagnostic::new(Code::SEL001, "there is nothing to move: loops make every resource")
                    .help("write the roles and policies out that are to move; what a loop makes stays with the application"),
            );
        }
        return None;
    }
    let options = plan::Options {
        named,
        selection: Selection {
            config: config.as_ref(),
            allow_missing: request.allow_missing,
            all_iam: request.all_iam,
        },
        resolve: request.resolve.as_deref(),
        app_stack_name: request.app_stack_name,
        wiring: request.wiring.or_else(|| config.as_ref()?.config.wiring).unwrap_or_default(),
        guard: request.guard.or_else(|| config.as_ref()?.config.guard).is_some(),
    };
    let (plan, trouble) = plan::plan(&template, references, &options);
    found.extend(trouble);
    if let Some(config) = &config {
        found.extend(plan::partitions(&template, config));
    }
    let plan = plan?;
    if found.iter().any(Diagnostic::is_error) {
        return None;
    }
    let mut look = config.as_ref().map_or_else(Look::default, look);
    of_iam.clone_into(&mut look.of_iam);
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
                    format!(
                        "the {which} template has {} bytes: CloudFormation reads {} at most",
                        text.len(),
                        limit::BODY
                    ),
                )
                .help(if which == "IAM" {
                    "remove text, or move fewer resources"
                } else {
                    "remove text, or move more resources"
                }),
            );
        }
    }
    found.extend(crate::facts::strange(&template, Source::Template));
    // The pair is as sound as the template: what CloudFormation refuses of that is no fault of the split, and is told.
    let own = contract::of_one(&template, Source::Template).into_iter().filter(Diagnostic::is_error);
    let known: Vec<Code> = found.iter().map(|one| one.code).collect();
    found.extend(own.filter(|one| !known.contains(&one.code)).map(|one| {
        let help =
            one.help.iter().cloned().chain(["the template has this already, and so has the pair".to_owned()]);
        Diagnostic { severity: Severity::Warning, help: help.collect(), ..one }
    }));
    found.extend(plan::prefixes(&template, &|name| plan.moves(name)));
    if let Some(rules) = request.rules.filter(|_| cfg!(feature = "rules")) {
        let (rules, trouble) = crate::rules::read(rules);
        let is_read = !trouble.iter().any(|finding| finding.code.exit_code() == 2);
        found.extend(trouble);
        let only = template.resources.keys().map(|name| &**name).filter(|name| plan.moves(name)).collect();
        let asked = crate::rules::Asked {
            template: &template,
            source: Source::Template,
            only: Some(only),
            which: Which::ButScopes,
            places: None,
        };
        // Patterns are what the split makes of references: they stand in the result alone.
        let of_iam = rules.list.iter().any(|rule| Which::Scopes.asks(&rule.check)).then(|| parse(&iam));
        let result = of_iam.as_ref().and_then(|parsed| template::read(&parsed.document).0);
        let place = |one: &template::Resource<'_, '_>| one.declaration.value.key().map(Node::span);
        let places =
            template.resources.iter().filter_map(|(name, one)| Some((&**name, place(one)?))).collect();
        let scopes = result.as_ref().map(|template| crate::rules::Asked {
            template,
            source: Source::Template,
            only: None,
            which: Which::Scopes,
            places: Some(places),
        });
        if is_read {
            let asked: Vec<_> = [asked].into_iter().chain(scopes).collect();
            found.extend(crate::rules::check(&rules, &asked, request.now).findings);
        }
    }
    let missing = found.iter().filter(|d| d.code == Code::CFG003 && d.severity == Severity::Note);
    let missing = missing.filter_map(|d| d.message.split('`').nth(1).map(str::to_owned)).collect();
    let mut summary = summary::summary(&template, &plan, &documents.iam, missing);
    for names in [&mut summary.travels.parameters, &mut summary.travels.conditions] {
        names.retain(|name| !of_iam.contains(name));
    }
    Some(Box::new(Split {
        iam,
        app,
        json: parsed.document.is_json(),
        summary,
        headline: String::new(),
        diagnostics: Vec::new(),
        documents,
        source: None,
        of_iam: of_iam.to_vec(),
    }))
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
        of_iam: Vec::new(),
    }
}

/// Whether a principal of a template may do something.
///
/// # Errors
/// What makes the text unreadable, or a template without such a principal.
pub fn can(text: &str, request: &CanRequest<'_>) -> Result<CanAnswer, Vec<Diagnostic>> {
    let parsed = parse(text);
    let (template, found) = template::read(&parsed.document);
    let fatal: Vec<Diagnostic> = parsed
        .diagnostics
        .iter()
        .cloned()
        .chain(found)
        .filter(|finding| finding.code.exit_code() == 2)
        .collect();
    let Some(template) = template.filter(|_| fatal.is_empty()) else { return Err(fatal) };
    let is_action = request.action.split_once(':').is_some_and(|(service, name)| {
        let is_word =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        is_word(service) && is_word(name)
    });
    if !is_action {
        let finding = Diagnostic::new(Code::POL002, format!("`{}` is not one action", request.action));
        return Err(vec![
            finding.help("write a service and an action of it, as `s3:GetObject`, without wildcards"),
        ]);
    }
    let known = |name: &&String| name.starts_with("AWS::") || template.parameters.contains_key(name.as_str());
    if let Some(name) = request.parameters.keys().find(|name| !known(name)) {
        let finding = Diagnostic::new(Code::TPL005, format!("the template has no parameter `{name}`"));
        let near = crate::diagnostic::did_you_mean(name, template.parameters.keys().copied());
        return Err(vec![finding.help(near.unwrap_or_else(|| "give the name of one".to_owned()))]);
    }
    let of_app = request.app.map(parse);
    let app = of_app.as_ref().and_then(|parsed| template::read(&parsed.document).0);
    let wires = app.as_ref().map(|app| {
        let wiring = Wiring::of(&template, app);
        crate::roles::wires(&template, wiring.wires.iter())
    });
    let app = app.as_ref().zip(wires.as_ref());
    let app = app.map(|(template, wires)| crate::policy::Application { template, wires });
    if request.app.is_some() && app.is_none() {
        let finding = Diagnostic::new(Code::TPL001, "the application template cannot be read".to_owned());
        return Err(vec![finding.help("`iam-split roles` with --app says what is wrong with it")]);
    }
    crate::policy::can_with(&template, app.as_ref(), request).map_err(|near| {
        let name = request.principal;
        let finding = Diagnostic::new(
            Code::TPL005,
            format!("the template has no role, user, group or managed policy `{name}`"),
        );
        vec![finding.help(near.unwrap_or_else(|| "give the logical id of one".to_owned()))]
    })
}

/// Who may do what in a template or a pair, as a reviewer reads it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
pub struct RolesAnswer {
    /// How many there are, and how many of them are to be looked at.
    pub headline: String,
    /// A card each, the gravest first.
    pub cards: Vec<Card>,
    /// What the text does not show, in words.
    pub unseen: Vec<String>,
}

/// The cards of a template, or of an IAM template with its application.
///
/// # Errors
/// What makes a text unreadable.
pub fn roles(iam: &str, app: Option<&str>) -> Result<RolesAnswer, Vec<Diagnostic>> {
    let (iam_parsed, app_parsed) = (parse(iam), app.map(parse));
    let mut result = Validation { readable: true, ..Validation::default() };
    let iam = read(&iam_parsed, Source::Iam, &mut result);
    let app = app_parsed.as_ref().and_then(|parsed| read(parsed, Source::App, &mut result));
    let Some(iam) = iam.filter(|_| result.readable) else { return Err(result.diagnostics) };
    let wiring = app.as_ref().map(|app| Wiring::of(&iam.template, &app.template));
    let list = wiring.iter().flat_map(|wiring| &wiring.wires);
    let (cards, unseen) = cards(&iam.template, app.as_ref().map(|app| &app.template), list);
    Ok(RolesAnswer { headline: headline(&cards), cards, unseen })
}

/// Asks a company's rules of an IAM template, or of one and its application. `now` is in seconds since 1970.
///
/// All findings, those about the file of rules and the texts themselves included.
#[must_use]
pub fn check_rules(rules: &str, iam: &str, app: Option<&str>, now: f64) -> crate::rules::Answer {
    let (rules, mut found) = crate::rules::read(rules);
    let mut asked_of = Vec::new();
    let (iam_parsed, app_parsed) = (parse(iam), app.map(parse));
    let mut result = Validation { readable: true, ..Validation::default() };
    let iam = read(&iam_parsed, Source::Iam, &mut result);
    let app = app_parsed.as_ref().and_then(|parsed| read(parsed, Source::App, &mut result));
    found.extend(result.diagnostics);
    if result.readable && !found.iter().any(|finding| finding.code.exit_code() == 2) {
        let templates = [(&iam, Source::Iam), (&app, Source::App)];
        let asked = templates.into_iter().filter_map(|(read, source)| {
            let template = &read.as_ref()?.template;
            Some(crate::rules::Asked { template, source, only: None, which: Which::All, places: None })
        });
        let answer = crate::rules::check(&rules, &asked.collect::<Vec<_>>(), now);
        found.extend(answer.findings);
        asked_of = answer.asked;
    }
    crate::rules::Answer::new(found, asked_of)
}

/// Tickets for what the IAM template would hold, and the split that they are made of.
///
/// # Errors
/// What keeps the template from being split, or a ticket from being written.
pub fn tickets(
    request: &SplitRequest<'_>,
    known: &Known<'_>,
) -> Result<(Box<Split>, Tickets), Vec<Diagnostic>> {
    let request = SplitRequest { wiring: Some(Means::Parameters), ..request.clone() };
    let split = match split_proven(&request) {
        SplitAnswer::Done(split) => split,
        SplitAnswer::Refused { diagnostics } => return Err(diagnostics),
    };
    let (of_monolith, parsed) = (parse(request.template), parse(&split.iam));
    let (monolith, template) = (template::read(&of_monolith.document).0, template::read(&parsed.document).0);
    let contents = |text: &str, source| crate::deployment::contents::Contents::read(text, source).0;
    let (iam, app) = (contents(&split.iam, Source::Iam), contents(&split.app, Source::App));
    let ((Some(monolith), Some(template)), (Some(iam), Some(app))) = ((monolith, template), (iam, app))
    else {
        return Err(vec![Diagnostic::new(
            Code::INT001,
            "a template that was just written cannot be read".to_owned(),
        )]);
    };
    let cards = roles(&split.iam, Some(&split.app))?.cards;
    let asked = crate::tickets::Asked {
        monolith: &monolith,
        template: &template,
        iam: &iam,
        app: &app,
        summary: &split.summary,
        cards: &cards,
        known,
        app_file: &split.file_names(known.prefix)[1],
    };
    let tickets = crate::tickets::make(&asked)?;
    Ok((split, tickets))
}

/// Whether a text is an earlier output of ours: the IAM template has its mark, the application
/// template parameters with our description.
#[must_use]
pub fn is_output(text: &str) -> bool {
    let parsed = parse(text);
    let (Some(template), _) = template::read(&parsed.document) else {
        return false;
    };
    let described = |parameter: &template::Declaration<'_, '_>| {
        let description = parameter.value.get("Description").and_then(Node::as_str);
        description.is_some_and(|text| {
            text == document::IAM_STACK || (text.contains(": output ") && text.ends_with(" of the IAM stack"))
        })
    };
    template.mark().is_some() || template.parameters.values().any(described)
}
