//! The report of a validation: one data type, and a file a format.
//!
//! Nothing secret is in it: defaults of `NoEcho` parameters are struck out of quoted lines.

mod html;
pub(crate) mod junit;
pub(crate) mod markdown;
mod page;
mod picture;
pub(crate) mod sarif;

pub(crate) use html::{STYLE, prose};
pub(crate) use page::page;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::contract::Contract;
use crate::diagnostic::{Code, Diagnostic, Severity, Source, Texts};
use crate::equivalence::Change;
use crate::plan::extent;
use crate::roles::{Card, headline};
use crate::template::redacted;
use crate::text::{LineIndex, Position, digest, line_end, line_start};
use crate::validate::{Bond, Dependency, Node, Validation, Verdict};

/// A format of a report, by the ending of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A page that needs nothing else, not even a network.
    Html,
    /// The data itself.
    Json,
    /// For a pull request.
    Markdown,
    /// SARIF 2.1.0, for code-scanning tools.
    Sarif,
    /// JUnit XML, for CI servers: a contract is a test case.
    Junit,
}

impl Format {
    /// The format of a file's ending.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "html" | "htm" => Some(Self::Html),
            "json" => Some(Self::Json),
            "md" => Some(Self::Markdown),
            "sarif" => Some(Self::Sarif),
            "xml" => Some(Self::Junit),
            _ => None,
        }
    }
}

/// What the files are called in a report.
#[derive(Clone, Debug, Default)]
pub struct FileNames {
    /// The monolith.
    pub template: String,
    /// The configuration.
    pub config: String,
    /// The IAM template.
    pub iam: String,
    /// The application template.
    pub app: String,
    /// The rules.
    pub rules: String,
}

impl FileNames {
    fn get(&self, source: Source) -> &str {
        match source {
            Source::Template => &self.template,
            Source::Config => &self.config,
            Source::Iam => &self.iam,
            Source::App => &self.app,
            Source::Rules => &self.rules,
        }
    }
}

/// A report.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The version of this form.
    pub format_version: u32,
    /// The version of the tool.
    pub tool_version: String,
    /// The IAM template's file.
    pub iam: String,
    /// The application template's file.
    pub app: String,
    /// The monolith's file, if the pair was compared with it.
    pub monolith: Option<String>,
    /// The texts that it speaks of.
    pub digests: Vec<Digest>,
    /// What is known of the pair.
    pub verdict: Verdict,
    /// The verdict in words.
    pub headline: String,
    /// What the pair has that the monolith has not, because the configuration gives it.
    pub given: Vec<Given>,
    /// The same in words; empty where that is nothing.
    pub but: String,
    /// Who may do what, in a sentence.
    pub roles_headline: String,
    /// Who may do what: a card for each role, user, group and managed policy, the gravest first.
    pub roles: Vec<Card>,
    /// What the texts do not show of that: what transforms, modules and nested stacks make.
    pub unseen: Vec<String>,
    /// The contracts and how each is kept.
    pub contracts: Vec<Contract>,
    /// Resources that are proven to be the monolith's; `null` without a monolith.
    pub proven: Option<usize>,
    /// The resources of the IAM template, then those of the application that have to do with them.
    pub resources: Vec<Resource>,
    /// How these depend on each other.
    pub dependencies: Vec<Dependency>,
    /// The wiring: each output of the IAM template and the parameter that takes it.
    pub wiring: Vec<Wire>,
    /// Values that come later: outputs of the application that an update of the IAM stack takes once that stands.
    pub two_phase: Vec<Later>,
    /// Scopes that are wider than the monolith's.
    pub widened: Vec<Change>,
    /// Resources of the IAM template that hold a value which comes later.
    pub later: Vec<String>,
    /// Statements that stand in a policy of the application template.
    pub attached: Vec<Attached>,
    /// What a person has viewed, where the page's reviewer said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_off: Option<SignOff>,
    /// All findings.
    pub findings: Vec<Finding>,
}

/// A text by its content.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Digest {
    /// The file.
    pub file: String,
    /// The SHA-256 of its bytes, in hexadecimal digits: what `sha256sum` says of it.
    pub sha256: String,
}

/// A resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Resource {
    /// Its logical id.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the IAM template holds it.
    pub moved: bool,
    /// The line that declares it, in the template that holds it.
    pub line: u32,
}

/// An output and its parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Wire {
    /// The IAM template's output.
    pub output: String,
    /// The application template's parameter.
    pub parameter: String,
}

/// A property that the configuration gives.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Given {
    /// The property.
    pub property: String,
    /// The resources that have it of the configuration.
    pub resources: Vec<String>,
}

/// An output of the application and the IAM template's parameter for it, which is empty at first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Later {
    /// The application template's output.
    pub output: String,
    /// The IAM template's parameter.
    pub parameter: String,
}

/// A policy of the application template with statements of a role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attached {
    /// The role.
    pub role: String,
    /// The policy.
    pub policy: String,
}

/// What a person says of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignOff {
    /// Who.
    pub by: String,
    /// What they add.
    pub note: String,
    /// Roles, scopes and references that were viewed as they are.
    pub viewed: Vec<String>,
    /// Those that were not.
    pub open: Vec<String>,
}

impl SignOff {
    /// Who viewed how much.
    fn headline(&self) -> String {
        let by = if self.by.is_empty() { "somebody without a name" } else { &self.by };
        format!("{} of {} viewed by {by}", self.viewed.len(), self.viewed.len() + self.open.len())
    }
}

/// A finding with its places.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// Its code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where, the main place first.
    pub places: Vec<Place>,
    /// The way out.
    pub help: Vec<String>,
}

/// A marked place.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    /// The file.
    pub file: String,
    /// Where it begins.
    pub start: Position,
    /// Where it ends, exclusive.
    pub end: Position,
    /// What is to be said there.
    pub text: String,
    /// The line, without secrets.
    pub line: String,
}

/// Findings with their places, each with its line; without secrets.
pub(crate) fn placed(found: &[Diagnostic], texts: &Texts<'_>, names: &FileNames) -> Vec<Finding> {
    let all = Source::ALL.map(|source| {
        let text = texts.get(source);
        let shown =
            if matches!(source, Source::Config | Source::Rules) { text.to_owned() } else { redacted(text) };
        (source, LineIndex::new(text), shown)
    });
    let finding = |diagnostic: &Diagnostic| Finding {
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: diagnostic.message.clone(),
        places: diagnostic
            .labels
            .iter()
            .filter_map(|label| {
                let (_, index, shown) = all.iter().find(|(source, ..)| *source == label.source)?;
                let at = label.span.start().min(shown.len());
                let line = shown.get(line_start(shown, at)..line_end(shown, at)).unwrap_or_default();
                Some(Place {
                    file: names.get(label.source).to_owned(),
                    start: index.position(shown, label.span.start),
                    end: index.position(shown, label.span.end),
                    text: label.text.clone(),
                    line: line.trim_end().to_owned(),
                })
            })
            .collect(),
        help: diagnostic.help.clone(),
    };
    found.iter().map(finding).collect()
}

impl Report {
    /// Makes the report of a validation.
    #[must_use]
    pub fn new(validation: &Validation, texts: &Texts<'_>, names: &FileNames) -> Self {
        let all = Source::ALL.map(|source| (source, LineIndex::new(texts.get(source))));
        let wire = |(parameter, output): &(String, String)| Wire {
            output: output.clone(),
            parameter: parameter.clone(),
        };
        let line = |node: &Node| {
            let source = if node.moved { Source::Iam } else { Source::App };
            let index = all.iter().find(|(other, _)| *other == source);
            index.map_or(0, |(_, index)| index.line(node.place.start))
        };
        let resource = |node: &Node| Resource {
            name: node.name.clone(),
            kind: node.kind.clone(),
            moved: node.moved,
            line: line(node),
        };
        let attached =
            |(role, policy): &(String, String)| Attached { role: role.clone(), policy: policy.clone() };
        Self {
            format_version: 1,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            iam: names.iam.clone(),
            app: names.app.clone(),
            monolith: (!names.template.is_empty()).then(|| names.template.clone()),
            digests: Source::ALL
                .into_iter()
                .filter(|source| !names.get(*source).is_empty())
                .map(|source| Digest {
                    file: names.get(source).to_owned(),
                    sha256: digest(texts.get(source)),
                })
                .collect(),
            verdict: validation.verdict(),
            headline: validation.headline(),
            given: validation
                .given
                .iter()
                .map(|(property, names)| Given { property: property.clone(), resources: names.clone() })
                .collect(),
            but: crate::summary::but_for(&validation.given),
            roles_headline: headline(&validation.roles),
            roles: validation.roles.clone(),
            unseen: validation.unseen.clone(),
            contracts: validation.contracts.clone(),
            proven: validation.proven,
            resources: validation.resources.iter().map(resource).collect(),
            dependencies: validation.dependencies.clone(),
            wiring: validation.wires.iter().map(wire).collect(),
            two_phase: validation
                .two_phase
                .iter()
                .map(|(parameter, output)| Later { output: output.clone(), parameter: parameter.clone() })
                .collect(),
            later: validation.later.clone(),
            widened: validation.widened.clone(),
            attached: validation.attached.iter().map(attached).collect(),
            sign_off: None,
            findings: placed(&validation.diagnostics, texts, names),
        }
    }

    /// The report's text in a format.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Html => html::render(self),
            // A report is plain data: serializing it cannot fail.
            Format::Json => serde_json::to_string_pretty(self).unwrap_or_default() + "\n",
            Format::Markdown => markdown::render(self),
            Format::Sarif => sarif::render(self),
            Format::Junit => junit::render(self),
        }
    }

    /// Whether the pair was compared with a monolith: else nothing is said of what moved, is wider or the same.
    fn is_compared(&self) -> bool {
        self.monolith.is_some() && self.verdict != Verdict::NotCompared
    }

    /// Whether something is wrong: that comes before everything else.
    fn is_broken(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// How the verdict looks: green only where something is proven.
    fn tone(&self) -> &'static str {
        match self.verdict {
            Verdict::Proven => "good",
            Verdict::NotProven => "bad",
            Verdict::NotCompared => "dim",
        }
    }

    /// The resources of the IAM template.
    fn moved(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter().filter(|resource| resource.moved)
    }

    /// Who depends on a resource in a way.
    fn dependents<'r>(&'r self, name: &'r str, bond: Bond) -> impl Iterator<Item = &'r str> {
        let to = self.dependencies.iter().filter(move |edge| edge.to == name && edge.bond == bond);
        to.map(|edge| edge.from.as_str())
    }

    /// Moved resources whose permissions are the monolith's, word for word, from the first: those of the policies that are
    /// attached to them count, and those of the groups that they are in.
    fn unchanged(&self) -> impl Iterator<Item = &str> {
        let mut changed: BTreeSet<&str> =
            self.widened.iter().map(|change| change.resource.as_str()).collect();
        changed.extend(self.attached.iter().map(|attached| attached.role.as_str()));
        changed.extend(self.later.iter().map(String::as_str));
        // A boundary that is given takes permissions away.
        let bounds = self.given.iter().filter(|one| one.property == "PermissionsBoundary");
        changed.extend(bounds.flat_map(|one| one.resources.iter().map(String::as_str)));
        loop {
            let has = |card: &&Card| card.grants.iter().any(|grant| changed.contains(grant.policy.as_str()));
            let holders = self.roles.iter().filter(has).map(|card| card.name.as_str());
            // A profile has what its role has.
            let profiles = self.moved().filter(|one| one.kind == "AWS::IAM::InstanceProfile");
            let profiles = profiles.filter(|one| {
                self.dependencies
                    .iter()
                    .any(|edge| edge.from == one.name && changed.contains(edge.to.as_str()))
            });
            let more: Vec<&str> = holders
                .chain(profiles.map(|one| one.name.as_str()))
                .filter(|name| !changed.contains(name))
                .collect();
            if more.is_empty() {
                break;
            }
            changed.extend(more);
        }
        self.moved().map(|resource| resource.name.as_str()).filter(move |name| !changed.contains(name))
    }

    /// Widened scopes by resource, the widest first.
    fn widened_by_resource(&self) -> Vec<(&str, Vec<&Change>)> {
        let mut groups: Vec<(&str, Vec<&Change>)> = Vec::new();
        let far = |change: &&Change| std::cmp::Reverse(extent(&change.reaches));
        for change in &self.widened {
            match groups.iter_mut().find(|(name, _)| *name == change.resource) {
                Some((_, changes)) => changes.push(change),
                None => groups.push((&change.resource, vec![change])),
            }
        }
        groups.iter_mut().for_each(|(_, changes)| changes.sort_by_key(far));
        groups.sort_by_key(|(_, changes)| changes.first().map(far));
        groups
    }
}
