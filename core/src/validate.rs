//! Validation of a pair, ours or another's: contracts, CloudFormation's own rules, and the proof.

mod accept;
mod dependency;

pub use dependency::{Bond, Dependency, Node};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::{Config, ConfigFile, Gifts, Iam};
use crate::contract::{self, Contract, Pair};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::equivalence::{Change, Triple, Wiring, prove};
use crate::policy::{Catalogue, moved, unknown_actions};
use crate::roles::{self, Card, Part};
use crate::rules::Which;
use crate::summary::but_for;
use crate::syntax::{Parsed, parse};
use crate::template::{self, Reference, Template};
use crate::text::without_cr;

/// What to validate.
#[derive(Clone, Copy, Debug, Default)]
pub struct ValidateRequest<'r> {
    /// The IAM template's text.
    pub iam: &'r str,
    /// The application template's text.
    pub app: &'r str,
    /// The monolith's text, if the pair is to be compared with it.
    pub monolith: Option<&'r str>,
    /// The configuration's text, if there is one.
    pub config: Option<&'r str>,
    /// The text of the file of accepted scopes, if there is one: a wider scope that it does not have is an error.
    pub accept: Option<&'r str>,
    /// How many scopes may be wider; one more is an error.
    pub max_wider: Option<usize>,
    /// What all that moves was given, before what the configuration says.
    pub iam_gives: Option<&'r Gifts>,
    /// The company's rules, if there are any (with the feature `rules`).
    pub rules: Option<&'r str>,
    /// The time, in seconds since 1970: exceptions from rules end.
    pub now: f64,
}

/// What is known of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It deploys what the monolith deploys, in every world that was named, but for the scopes that are listed as wider.
    Proven,
    /// It does not, or nobody knows.
    NotProven,
    /// Its contracts are kept; no monolith was given that it could be compared with.
    NotCompared,
}

/// What a validation found.
#[derive(Clone, Debug, Default)]
pub struct Validation {
    /// The contracts and how each is kept.
    pub contracts: Vec<Contract>,
    /// Resources that are proven to be the monolith's; `None` without a monolith.
    pub proven: Option<usize>,
    /// Scopes that widened.
    pub widened: Vec<Change>,
    /// Statements that stand in a policy of the application template: role and policy.
    pub attached: Vec<(String, String)>,
    /// How the pair is wired: parameter and output.
    pub wires: Vec<(String, String)>,
    /// Parameters of the IAM template that outputs of the application fill once it stands: parameter and output.
    pub two_phase: Vec<(String, String)>,
    /// Resources of the IAM template that hold such a value: what is allowed on it is allowed after a further update.
    pub later: Vec<String>,
    /// What moved, and the resources of the application that have to do with it.
    pub resources: Vec<Node>,
    /// How they depend on each other.
    pub dependencies: Vec<Dependency>,
    /// What the configuration gives to those that moved: each property, and who has it.
    pub given: Vec<(String, Vec<String>)>,
    /// Who may do what, the gravest first.
    pub roles: Vec<Card>,
    /// What the texts do not show of that: what transforms, modules and nested stacks make.
    pub unseen: Vec<String>,
    /// All findings.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether every text could be read.
    pub readable: bool,
    /// Whether a monolith was given to compare with.
    pub compared: bool,
}

impl Validation {
    /// What is known of the pair.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        // What somebody does not permit is no fault of the pair's.
        let is_fault =
            |found: &Diagnostic| found.is_error() && found.code != Code::WID001 && !is_of_rules(found.code);
        if !self.readable || self.diagnostics.iter().any(is_fault) || (self.compared && self.proven.is_none())
        {
            return Verdict::NotProven;
        }
        if self.compared { Verdict::Proven } else { Verdict::NotCompared }
    }

    /// The verdict in the words that every report says.
    #[must_use]
    pub fn headline(&self) -> String {
        let broken = |found: &&Diagnostic| found.is_error() && is_of_rules(found.code);
        let rules = match self.diagnostics.iter().filter(broken).count() {
            0 => String::new(),
            1 => "; 1 finding against the rules".to_owned(),
            number => format!("; {number} findings against the rules"),
        };
        self.verdict_in_words() + &self.but_later() + &rules
    }

    /// What a pair that is proven does not have before a further update; empty where there is nothing.
    fn but_later(&self) -> String {
        match (self.two_phase.len(), self.verdict()) {
            (0, _) | (_, Verdict::NotProven) => String::new(),
            (1, _) => "; 1 value is empty until a further update of the IAM stack".to_owned(),
            (number, _) => format!("; {number} values are empty until a further update of the IAM stack"),
        }
    }

    fn verdict_in_words(&self) -> String {
        let counts =
            |found: &&Diagnostic| matches!(found.code, Code::PRE001 | Code::PRE003) && !found.is_error();
        let but = match self.diagnostics.iter().filter(counts).count() {
            0 => but_for(&self.given),
            1 => format!("{}, but for 1 text that counts on an old name", but_for(&self.given)),
            number => format!("{}, but for {number} texts that count on old names", but_for(&self.given)),
        };
        match (self.verdict(), self.widened.len()) {
            (Verdict::Proven, 0) => format!("proven{but}"),
            (Verdict::Proven, wider) => {
                let is_refused = |found: &Diagnostic| found.is_error() && !is_of_rules(found.code);
                let accepted =
                    if self.diagnostics.iter().any(is_refused) { "; not all are accepted" } else { "" };
                format!("proven, with {}{accepted}{but}", crate::text::counted(wider, "wider scope"))
            }
            (Verdict::NotProven, _) if !self.readable => {
                let errors = self.diagnostics.iter().filter(|found| found.is_error()).count();
                format!("not checked: something cannot be read ({})", crate::text::counted(errors, "error"))
            }
            (Verdict::NotProven, _) => {
                let errors =
                    self.diagnostics.iter().filter(|found| found.is_error() && !is_of_rules(found.code));
                let errors = errors.count();
                format!("not proven: {}", crate::text::counted(errors, "error"))
            }
            (Verdict::NotCompared, _) => "contracts kept, not compared".to_owned(),
        }
    }

    /// 0 no errors, 1 findings, 2 unreadable.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if !self.readable {
            return 2;
        }
        u8::from(self.diagnostics.iter().any(Diagnostic::is_error))
    }
}

/// Whether a finding is about a company's rules: they do not change what is known of the pair.
fn is_of_rules(code: Code) -> bool {
    matches!(code, Code::RUL001 | Code::RUL002)
}

/// Validates a pair.
#[must_use]
pub fn validate(request: &ValidateRequest<'_>) -> Validation {
    // What a configuration gives is written between lines.
    if let Some(monolith) = request.monolith.and_then(without_cr) {
        return validate(&ValidateRequest { monolith: Some(&monolith), ..*request });
    }
    let mut result =
        Validation { readable: true, compared: request.monolith.is_some(), ..Validation::default() };
    let (config, errors) = request.config.map_or((None, Vec::new()), ConfigFile::read);
    result.readable &= request.config.is_none() || config.is_some();
    result.diagnostics.extend(errors);
    let (iam, app) = (parse(request.iam), parse(request.app));
    let iam = read(&iam, Source::Iam, &mut result);
    let app = read(&app, Source::App, &mut result);
    // With a configuration that gives something, the pair is the monolith's but for that.
    let iam_of = config.as_ref().map(|file| file.config.iam.clone()).unwrap_or_default();
    let gives = match iam_of.with(request.iam_gives) {
        Ok(gives) => Some(gives).filter(Iam::gives),
        Err(wrong) => {
            result.diagnostics.extend(wrong);
            None
        }
    };
    let given =
        gives.as_ref().zip(request.monolith).zip(iam.as_ref()).and_then(|((gives, monolith), iam)| {
            let parsed = parse(monolith);
            let template = template::read(&parsed.document).0?;
            let moved = iam.template.resources.keys().copied().collect();
            match crate::document::given(&template, gives, &moved) {
                Ok(given) => Some((given.edits.apply(monolith), given)),
                Err(found) => {
                    result.diagnostics.extend(found);
                    None
                }
            }
        });
    let text = given.as_ref().map(|(text, _)| text.as_str()).or(request.monolith);
    let monolith = text.map(parse);
    let monolith = monolith.as_ref().and_then(|monolith| read(monolith, Source::Template, &mut result));
    if let (Some(iam), Some(app)) = (&iam, &app) {
        let config = config.as_ref().map(|file| &file.config);
        let whole = monolith.as_ref().map(|monolith| &monolith.template);
        let of_iam = given.as_ref().map_or(&[][..], |(_, given)| &given.of_iam);
        let wiring = compare(&iam.template, &app.template, whole, config, of_iam, &mut result);
        accept::check(request, &iam.template, &mut result);
        rules(request, &iam.template, &app.template, &mut result);
        (result.resources, result.dependencies) =
            dependency::dependencies(iam, app, monolith.as_ref(), &wiring);
        (result.roles, result.unseen) = cards(&iam.template, Some(&app.template), &wiring.wires);
        let has =
            |card: &Card, of: &str| card.name == of || card.grants.iter().any(|grant| grant.policy == of);
        for card in &mut result.roles {
            card.wider = result.widened.iter().filter(|change| has(card, &change.resource)).count();
        }
        let late = wiring.two_phase.keys();
        let late = late.flat_map(|parameter| users(&iam.template, parameter));
        result.later = late.collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    }
    hints(request, iam.as_ref(), app.as_ref(), &mut result);
    if let Some((_, given)) = given {
        let place = |offset: u32| given.edits.before(offset);
        for label in result.diagnostics.iter_mut().flat_map(|found| &mut found.labels) {
            if label.source == Source::Template {
                let (start, end) = (place(label.span.start), place(label.span.end));
                (label.span.start, label.span.end) = (start, end.max(start));
            }
        }
        result.given = given.list;
    }
    result
}

/// What was given may not be what was meant: two templates in each other's place, and no configuration.
fn hints(
    request: &ValidateRequest<'_>,
    iam: Option<&Read<'_>>,
    app: Option<&Read<'_>>,
    result: &mut Validation,
) {
    let is_marked = |read: Option<&Read<'_>>| read.is_some_and(|read| read.template.mark().is_some());
    let is_swapped = is_marked(app) && !is_marked(iam);
    let mut errors = result.diagnostics.iter_mut().filter(|found| found.is_error());
    if is_swapped && let Some(first) = errors.next() {
        first.help.push(
            "the application template has the mark of an IAM template: the two may stand in each other's place".to_owned(),
        );
    } else if request.config.is_none()
        && request.iam_gives.is_none()
        && let Some(first) = errors.find(|found| found.code == Code::PRF001)
    {
        first.help.push("a pair that was split with an `iam:` in its configuration is compared with that: give it with --config".to_owned());
    }
}

/// The resources that hold the value of a parameter.
fn users(iam: &Template<'_, '_>, parameter: &str) -> Vec<String> {
    let names = |expr: &crate::expression::Expr, name: &str| {
        let mut found = false;
        expr.walk(&mut |part| {
            found |= matches!(part, crate::expression::Expr::Ref(other) if other == name);
        });
        found
    };
    let holds = |(name, resource): (&&str, &template::Resource<'_, '_>)| {
        let whole = crate::expression::lower(resource.declaration.value);
        names(&whole, parameter).then(|| (*name).to_owned())
    };
    iam.resources.iter().filter_map(holds).collect()
}

/// Asks the company's rules of both templates.
fn rules(
    request: &ValidateRequest<'_>,
    iam: &Template<'_, '_>,
    app: &Template<'_, '_>,
    result: &mut Validation,
) {
    let Some(text) = request.rules.filter(|_| cfg!(feature = "rules")) else { return };
    let (rules, trouble) = crate::rules::read(text);
    result.readable &= !trouble.iter().any(|finding| finding.code.exit_code() == 2);
    result.diagnostics.extend(trouble);
    if result.readable {
        let asked = [(iam, Source::Iam), (app, Source::App)].map(|(template, source)| crate::rules::Asked {
            template,
            source,
            only: None,
            which: Which::All,
            places: None,
        });
        result.diagnostics.extend(crate::rules::check(&rules, &asked, request.now).findings);
    }
    result.diagnostics.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
}

/// The cards of an IAM template and its application, and what the texts do not show.
pub(crate) fn cards<'w>(
    iam: &Template<'_, '_>,
    app: Option<&Template<'_, '_>>,
    wires: impl IntoIterator<Item = (&'w String, &'w String)>,
) -> (Vec<Card>, Vec<String>) {
    let (none, wires) = (BTreeMap::new(), roles::wires(iam, wires));
    let mut unseen = roles::unseen(iam);
    unseen.extend(app.map(roles::unseen).unwrap_or_default());
    let iam = roles::Side { part: Part::Iam, template: iam, wires: &none };
    let app = app.map(|template| roles::Side { part: Part::App, template, wires: &wires });
    (roles::roles(&[iam].into_iter().chain(app).collect::<Vec<_>>()), unseen)
}

/// Contracts and proof of a pair that is read. `of_iam` are parameters and conditions that the configuration adds for the
/// IAM template alone.
pub(crate) fn compare(
    iam: &Template<'_, '_>,
    app: &Template<'_, '_>,
    monolith: Option<&Template<'_, '_>>,
    config: Option<&Config>,
    of_iam: &[String],
    result: &mut Validation,
) -> Wiring {
    let mut wiring = Wiring::of(iam, app);
    wiring.of_iam.extend(of_iam.iter().cloned());
    let mut proven = false;
    let mut faults = Vec::new();
    if let Some(monolith) = monolith {
        let proof = prove(&Triple { monolith, iam, app }, &wiring);
        proven = !proof.faults.iter().any(Diagnostic::is_error);
        result.proven = Some(proof.proven);
        result.widened = proof.widened;
        result.attached = proof.attached;
        faults = proof.faults;
    }
    let inherited = monolith.map(contract::of_monolith).unwrap_or_default();
    let (contracts, found) =
        contract::check(&Pair { iam, app, config, wiring: &wiring, proven, inherited: &inherited });
    result.contracts = contracts;
    result.diagnostics.extend(found);
    result.wires =
        wiring.wires.iter().map(|(parameter, output)| (parameter.clone(), output.clone())).collect();
    result.two_phase =
        wiring.two_phase.iter().map(|(parameter, output)| (parameter.clone(), output.clone())).collect();
    result.diagnostics.extend(faults);
    if let Some(monolith) = monolith {
        let moved: Vec<&str> = iam.resources.keys().copied().collect();
        result.diagnostics.extend(crate::plan::connected(monolith, &moved));
        result.diagnostics.extend(crate::plan::prefixes(monolith, &|name| iam.resources.contains_key(name)));
    }
    for (template, source) in [(iam, Source::Iam), (app, Source::App)] {
        result.diagnostics.extend(crate::facts::strange(template, source));
    }
    if let Some(catalogue) = Catalogue::built_in() {
        result.diagnostics.extend(unknown_actions(iam, Source::Iam, catalogue));
    }
    // What somebody may do now comes before everything else. What is proven changes nothing of it.
    let permissions =
        monolith.filter(|_| !proven).map(|monolith| moved(monolith, iam, app)).unwrap_or_default();
    result.diagnostics.splice(0..0, permissions);
    result.diagnostics.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    wiring
}

/// A template with its references.
pub(crate) struct Read<'d> {
    pub(crate) template: Template<'d, 'd>,
    pub(crate) references: Vec<Reference<'d, 'd>>,
}

/// Reads one text; what is wrong with it goes to the findings.
pub(crate) fn read<'d>(parsed: &'d Parsed<'d>, source: Source, result: &mut Validation) -> Option<Read<'d>> {
    let (template, found) = template::read(&parsed.document);
    let mut found: Vec<Diagnostic> = parsed.diagnostics.iter().cloned().chain(found).collect();
    result.readable &= !found.iter().any(|finding| finding.code.exit_code() == 2);
    let read = template.map(|template| Read { references: template::references(&template), template });
    if let Some(read) = read.as_ref().filter(|_| parsed.complete) {
        found.extend(crate::check::check(&read.template, &read.references));
    }
    for finding in &mut found {
        // What has no place says which text it is about.
        if finding.labels.is_empty() {
            let which = match source {
                Source::Iam => "IAM template",
                Source::App => "application template",
                _ => "template",
            };
            finding.message = format!("the {which}: {}", finding.message);
        }
        finding.labels.iter_mut().for_each(|label| label.source = source);
    }
    result.diagnostics.append(&mut found);
    read
}
