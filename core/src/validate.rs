//! Validation of a pair, ours or another's: contracts, CloudFormation's own rules, and the proof.

mod dependency;

pub use dependency::{Bond, Dependency, Node};

use crate::config::{Config, ConfigFile};
use crate::contract::{self, Contract, Pair};
use crate::diagnostic::{Diagnostic, Source};
use crate::equivalence::{Change, Proof, Triple, Wiring, prove};
use crate::syntax::{Parsed, parse};
use crate::template::{self, Reference, Template};

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
    /// What moved, and the resources of the application that have to do with it.
    pub resources: Vec<Node>,
    /// How they depend on each other.
    pub dependencies: Vec<Dependency>,
    /// All findings.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether every text could be read.
    pub readable: bool,
}

impl Validation {
    /// 0 clean, 1 findings, 2 unreadable.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if !self.readable {
            return 2;
        }
        u8::from(self.diagnostics.iter().any(Diagnostic::is_error))
    }
}

/// Validates a pair.
#[must_use]
pub fn validate(request: &ValidateRequest<'_>) -> Validation {
    let mut result = Validation { readable: true, ..Validation::default() };
    let (config, errors) = request.config.map_or((None, Vec::new()), ConfigFile::read);
    result.readable &= request.config.is_none() || config.is_some();
    result.diagnostics.extend(errors);
    let (iam, app, monolith) = (parse(request.iam), parse(request.app), request.monolith.map(parse));
    let iam = read(&iam, Source::Iam, &mut result);
    let app = read(&app, Source::App, &mut result);
    let monolith = monolith.as_ref().and_then(|monolith| read(monolith, Source::Template, &mut result));
    if let (Some(iam), Some(app)) = (&iam, &app) {
        let config = config.as_ref().map(|file| &file.config);
        let whole = monolith.as_ref().map(|monolith| &monolith.template);
        let wiring = compare(&iam.template, &app.template, whole, config, &mut result);
        (result.resources, result.dependencies) =
            dependency::dependencies(iam, app, monolith.as_ref(), &wiring);
    }
    result
}

/// Contracts and proof of a pair that is read.
pub(crate) fn compare(
    iam: &Template<'_, '_>,
    app: &Template<'_, '_>,
    monolith: Option<&Template<'_, '_>>,
    config: Option<&Config>,
    result: &mut Validation,
) -> Wiring {
    let wiring = Wiring::of(iam, app);
    let (contracts, found) = contract::check(&Pair { iam, app, config, wiring: &wiring });
    result.contracts = contracts;
    result.diagnostics.extend(found);
    result.wires =
        wiring.wires.iter().map(|(parameter, output)| (parameter.clone(), output.clone())).collect();
    if let Some(monolith) = monolith {
        let Proof { proven, widened, attached, faults, .. } = prove(&Triple { monolith, iam, app }, &wiring);
        result.proven = Some(proven);
        result.widened = widened;
        result.attached = attached;
        result.diagnostics.extend(faults);
        result.diagnostics.extend(crate::plan::prefixes(monolith, &|name| iam.resources.contains_key(name)));
    }
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
        found.extend(template::check(&read.template, &read.references));
    }
    for finding in &mut found {
        finding.labels.iter_mut().for_each(|label| label.source = source);
    }
    result.diagnostics.append(&mut found);
    read
}
