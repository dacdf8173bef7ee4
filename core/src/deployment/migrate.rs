//! Moving the IAM of a running monolith into a stack of its own without making it anew.
//!
//! CloudFormation's stack refactoring moves live resources, and changes nothing else in the same step: no
//! parameter, condition or mapping comes or goes, no resource changes (User Guide, "Stack refactoring"). So the
//! monolith is prepared by an update, the IAM stack is made with all but its resources, the move follows, and an
//! update of each stack brings both to the pair that was split. What is written in between is for CloudFormation
//! alone, and JSON.

mod kept;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::contents::Contents;
use super::names::Which;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::{Expr, lower};
use crate::facts::iam_type;
use crate::plan::{arn_value, name_from_arn, name_index};
use crate::syntax::parse;
use crate::template::{self, Owner, Target, Template};
use crate::validate::{ValidateRequest, validate};
use crate::writer::Writer;

pub use kept::KeptMigration;

/// A stack has a resource at all times: this one stands in the IAM stack until its own come.
pub const PLACEHOLDER: &str = "IamSplitPlaceholder";

/// The templates of a migration, in the order in which the stacks get them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The application stack's name.
    pub app_stack: String,
    /// The IAM stack's name.
    pub iam_stack: String,
    /// What moves, by logical id.
    pub moved: Vec<String>,
    /// The monolith as it runs.
    pub monolith: String,
    /// The monolith with the moved resources as the IAM template has them.
    pub prepared: String,
    /// The IAM stack before its resources come.
    pub shell: String,
    /// The application after the move: it imports what the IAM stack exports.
    pub importing: String,
    /// The IAM stack after the move.
    pub filled: String,
    /// The application template of the pair.
    pub app: String,
    /// The IAM template of the pair.
    pub iam: String,
}

/// How far a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The monolith runs, there is no IAM stack.
    Monolith,
    /// The monolith is prepared.
    Prepared,
    /// The IAM stack stands without its resources.
    Shell,
    /// The resources are in the IAM stack, the application imports them.
    Moved,
    /// The application takes them by parameters.
    Taken,
    /// Both stacks have the templates of the pair.
    Done,
}

/// What is done next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// A stack gets a template.
    Update {
        /// Which stack.
        stack: Which,
        /// Where that leads.
        to: Stage,
    },
    /// The IAM stack is made.
    Create,
    /// The IAM stack goes.
    Delete,
    /// The resources move, in one refactoring of both stacks.
    Refactor {
        /// Whether into the IAM stack, or back.
        into_iam: bool,
    },
}

impl Stage {
    /// All, in order.
    pub const ALL: [Self; 6] =
        [Self::Monolith, Self::Prepared, Self::Shell, Self::Moved, Self::Taken, Self::Done];

    /// The step to the next stage; `None` at the end.
    #[must_use]
    pub fn next(self) -> Option<Step> {
        Some(match self {
            Self::Monolith => Step::Update { stack: Which::App, to: Self::Prepared },
            Self::Prepared => Step::Create,
            Self::Shell => Step::Refactor { into_iam: true },
            // The exports are let go of before their stack changes.
            Self::Moved => Step::Update { stack: Which::App, to: Self::Taken },
            Self::Taken => Step::Update { stack: Which::Iam, to: Self::Done },
            Self::Done => return None,
        })
    }

    /// The step back to the stage before; `None` at the beginning.
    #[must_use]
    pub fn back(self) -> Option<Step> {
        Some(match self {
            Self::Monolith => return None,
            Self::Prepared => Step::Update { stack: Which::App, to: Self::Monolith },
            Self::Shell => Step::Delete,
            Self::Moved => Step::Refactor { into_iam: false },
            Self::Taken => Step::Update { stack: Which::App, to: Self::Moved },
            Self::Done => Step::Update { stack: Which::Iam, to: Self::Taken },
        })
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Monolith => "the monolith runs, there is no IAM stack",
            Self::Prepared => "the monolith is prepared: its IAM reads as in the IAM template",
            Self::Shell => "the IAM stack stands without its resources",
            Self::Moved => "the resources are in the IAM stack, the application imports their ARNs",
            Self::Taken => "the application takes the ARNs by parameters",
            Self::Done => "both stacks have the templates of the pair",
        }
    }
}

impl Migration {
    /// Plans a migration of a running monolith to a pair.
    ///
    /// # Errors
    /// Why it cannot be moved so: all reasons.
    pub fn plan(
        (monolith, iam, app): (&str, &str, &str),
        (app_stack, iam_stack): (&str, &str),
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut found = not_of(monolith, iam, app);
        let parsed = [monolith, iam, app].map(parse);
        let [whole, of_iam, of_app] = parsed.each_ref().map(|parsed| template::read(&parsed.document).0);
        let (Some(whole), Some(of_iam), Some(of_app)) = (whole, of_iam, of_app) else { return Err(found) };
        found.extend(refusals(&whole, &of_iam, &of_app));
        if found.iter().any(Diagnostic::is_error) {
            return Err(found);
        }
        let texts = Texts { whole: &whole, iam: &of_iam, iam_stack };
        let json = |expr: &Expr| Writer { json: true, newline: "\n", step: 2 }.line(expr) + "\n";
        let prepared = texts.prepared(app_stack);
        let all: BTreeSet<String> = of_iam.resources.keys().map(|name| (*name).to_owned()).collect();
        let importing = texts.importing(&prepared, &all);
        Ok(Self {
            app_stack: app_stack.to_owned(),
            iam_stack: iam_stack.to_owned(),
            moved: of_iam.resources.keys().map(|name| (*name).to_owned()).collect(),
            monolith: monolith.to_owned(),
            prepared: json(&prepared),
            shell: json(&texts.shell()),
            importing: json(&importing),
            filled: json(&texts.filled(&all)),
            app: app.to_owned(),
            iam: iam.to_owned(),
        })
    }

    /// The template of a stack at a stage; `None` where there is no such stack.
    #[must_use]
    pub fn template(&self, which: Which, stage: Stage) -> Option<&str> {
        Some(match (which, stage) {
            (Which::App, Stage::Monolith) => &self.monolith,
            (Which::App, Stage::Prepared | Stage::Shell) => &self.prepared,
            (Which::App, Stage::Moved) => &self.importing,
            (Which::App, Stage::Taken | Stage::Done) => &self.app,
            (Which::Iam, Stage::Monolith | Stage::Prepared) => return None,
            (Which::Iam, Stage::Shell) => &self.shell,
            (Which::Iam, Stage::Moved | Stage::Taken) => &self.filled,
            (Which::Iam, Stage::Done) => &self.iam,
        })
    }

    /// The templates of the application and of the IAM stack while some of the resources have moved: the way from
    /// [`Stage::Shell`] to [`Stage::Moved`], batch by batch.
    #[must_use]
    pub fn partial(&self, there: &BTreeSet<String>) -> (String, String) {
        if there.is_empty() {
            return (self.prepared.clone(), self.shell.clone());
        }
        let parsed = [&self.monolith, &self.iam].map(|text| parse(text));
        let [Some(whole), Some(iam)] = parsed.each_ref().map(|parsed| template::read(&parsed.document).0)
        else {
            return (self.importing.clone(), self.filled.clone());
        };
        let texts = Texts { whole: &whole, iam: &iam, iam_stack: &self.iam_stack };
        let json = |expr: &Expr| Writer { json: true, newline: "\n", step: 2 }.line(expr) + "\n";
        let prepared = texts.prepared(&self.app_stack);
        (json(&texts.importing(&prepared, there)), json(&texts.filled(there)))
    }

    /// What moves together: resources that reference each other stay in one stack at all times, so that the text of
    /// none changes with its move. A batch has `size` resources at most, but for such a family that is larger.
    #[must_use]
    pub fn batches(&self, of: &BTreeSet<String>, size: usize) -> Vec<BTreeSet<String>> {
        let parsed = parse(&self.iam);
        let mut family: BTreeMap<String, usize> =
            self.moved.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
        if let (Some(iam), _) = template::read(&parsed.document) {
            for reference in template::references(&iam) {
                let (Owner::Resource(owner), Target::Name(name)) = (reference.owner, reference.target) else {
                    continue;
                };
                let (Some(a), Some(b)) = (family.get(owner).copied(), family.get(name).copied()) else {
                    continue;
                };
                family.values_mut().filter(|one| **one == a || **one == b).for_each(|one| *one = a.min(b));
            }
        }
        let mut families: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for name in self.moved.iter().filter(|name| of.contains(*name)) {
            let number = family.get(name).copied().unwrap_or_default();
            families.entry(number).or_default().insert(name.clone());
        }
        let mut batches: Vec<BTreeSet<String>> = Vec::new();
        for family in families.into_values() {
            match batches.last_mut().filter(|batch| batch.len() + family.len() <= size) {
                Some(batch) => batch.extend(family),
                None => batches.push(family),
            }
        }
        batches
    }

    /// What has moved already, where the stacks are between [`Stage::Shell`] and [`Stage::Moved`].
    #[must_use]
    pub fn halfway(&self, app: &str, iam: Option<&str>) -> Option<BTreeSet<String>> {
        let iam = iam?;
        let parsed = parse(iam);
        let running = template::read(&parsed.document).0?;
        let there: BTreeSet<String> =
            self.moved.iter().filter(|name| running.resources.contains_key(name.as_str())).cloned().collect();
        if there.is_empty() || there.len() == self.moved.len() {
            return None;
        }
        let (of_app, of_iam) = self.partial(&there);
        let same = |a: &str, b: &str| a == b || content(a) == content(b);
        (same(&of_app, app) && same(&of_iam, iam)).then_some(there)
    }

    /// Every template of the way, with a name for its file.
    #[must_use]
    pub fn files(&self, batches: &[BTreeSet<String>]) -> Vec<(String, String)> {
        let ending = |text: &str| if text.trim_start().starts_with('{') { "json" } else { "yaml" };
        let mut files = Vec::new();
        let mut put =
            |name: String, text: &str| files.push((format!("{name}.{}", ending(text)), text.to_owned()));
        put("0-monolith-app".to_owned(), &self.monolith);
        put("1-prepared-app".to_owned(), &self.prepared);
        put("2-shell-iam".to_owned(), &self.shell);
        let mut there = BTreeSet::new();
        for (at, batch) in batches.iter().enumerate() {
            there.extend(batch.iter().cloned());
            let last = at + 1 == batches.len();
            let (app, iam) =
                if last { (self.importing.clone(), self.filled.clone()) } else { self.partial(&there) };
            put(format!("3-moved-{}-app", at + 1), &app);
            put(format!("3-moved-{}-iam", at + 1), &iam);
        }
        put("4-taken-app".to_owned(), &self.app);
        put("5-done-iam".to_owned(), &self.iam);
        files
    }

    /// The stage at which two running stacks are; `None` where they are at none of this migration.
    #[must_use]
    pub fn stage(&self, app: &str, iam: Option<&str>) -> Option<Stage> {
        let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => a == b || content(a) == content(b),
            _ => false,
        };
        // A pair that stands already is at the end, not before it.
        Stage::ALL.into_iter().rev().find(|stage| {
            same(self.template(Which::App, *stage), Some(app)) && same(self.template(Which::Iam, *stage), iam)
        })
    }
}

/// Types whose policies may name a role by its ARN or id.
const RESOURCE_POLICIES: [&str; 8] = [
    "AWS::ECR::Repository",
    "AWS::KMS::Key",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::IoT::Policy",
];

/// What a deployment of a pair would do to a stack that runs from the monolith; `None` where it does not.
#[must_use]
pub fn over_monolith(stack: &str, running: &str, iam: &Contents, app: &Contents) -> Option<Diagnostic> {
    let parsed = parse(running);
    let (Some(monolith), _) = template::read(&parsed.document) else { return None };
    let moved: Vec<&str> = iam
        .resources
        .keys()
        .map(String::as_str)
        .filter(|name| monolith.resources.contains_key(*name))
        .collect();
    if moved.is_empty() {
        return None;
    }
    let count = moved.len();
    let mut finding = Diagnostic::new(
        Code::DPL016,
        format!(
            "`{stack}` runs from the monolith: {count} of its IAM resources would be deleted and made anew under other names and ids"
        ),
    );
    let of_iam = parse(&iam.text);
    let named = ["RoleName", "ManagedPolicyName", "InstanceProfileName", "GroupName", "UserName"];
    if let (Some(template), _) = template::read(&of_iam.document) {
        for resource in moved.iter().filter_map(|name| template.resources.get(*name)) {
            if named.iter().any(|property| resource.property(&[property]).is_some()) {
                finding = finding.label(
                    Source::Iam,
                    resource.declaration.key.outer(),
                    "its explicit name is taken as long as the monolith has it",
                );
            }
        }
    }
    let of_app = parse(&app.text);
    if let (Some(template), _) = template::read(&of_app.document) {
        for reference in template::references(&template) {
            let (Owner::Resource(owner), Target::Name(name)) = (reference.owner, reference.target) else {
                continue;
            };
            let kind = template.resources.get(owner).map_or("", |resource| resource.kind);
            if moved.contains(&name) && RESOURCE_POLICIES.contains(&kind) {
                finding = finding.label(
                    Source::App,
                    reference.place,
                    format!("`{owner}` trusts `{name}`, which would be another role"),
                );
            }
        }
    }
    Some(
        finding
            .help("move them instead, and they stay what they are: `iam-split migrate --preview` shows the steps")
            .help("other accounts, bucket policies and keys that trust these roles by ARN or id lose them; that cannot be seen from here")
            .help("or make them anew all the same: --accept-interruption"),
    )
}

/// A template's content apart from how it is written.
fn content(text: &str) -> Option<Expr> {
    parse(text).document.root().map(lower)
}

/// A pair that is not one of the running monolith.
fn not_of(monolith: &str, iam: &str, app: &str) -> Vec<Diagnostic> {
    let request = ValidateRequest { iam, app, monolith: Some(monolith), ..Default::default() };
    let found = validate(&request).diagnostics.into_iter().filter(Diagnostic::is_error);
    found
        .map(|finding| finding.help("the pair must be split from the template that runs: `aws cloudformation get-template` gives it"))
        .collect()
}

/// Types that a refactoring refuses: the type, whether already where it stands in the stack, and the way out.
///
/// Source: cdkd 315 for `AWS::IAM::Policy`; aws-cdk-cli, `cdk refactor`, for the metadata.
const IMMOVABLE: [(&str, bool, &str); 2] = [
    (
        "AWS::IAM::Policy",
        false,
        "write it as `AWS::IAM::RolePolicy` in the monolith first, or keep it there (`resources: {NAME: keep}`)",
    ),
    (
        "AWS::CDK::Metadata",
        true,
        "deploy the monolith without it first: `cdk deploy --no-version-reporting`, or take it out of the template",
    ),
];

fn refusals(whole: &Template<'_, '_>, iam: &Template<'_, '_>, app: &Template<'_, '_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, resource) in app.resources.iter().filter(|(name, _)| !whole.resources.contains_key(*name)) {
        found.push(
            Diagnostic::new(Code::DPL017, format!("`{name}` is attached in the application template"))
                .label(Source::App, resource.declaration.key.outer(), "the monolith has no such resource")
                .help("a refactoring moves what runs and makes nothing new: split without the resolution `attach`"),
        );
    }
    for (source, template) in [(Source::Template, whole), (Source::Iam, iam)] {
        for (name, node) in template.transforms() {
            found.push(
                Diagnostic::new(Code::DPL017, format!("the transform `{name}` changes the template when it is read"))
                    .label(source, node.outer(), "here")
                    .help("migrate from the processed template: `aws cloudformation get-template --template-stage Processed`"),
            );
        }
    }
    for (parameter, _) in iam.two_phase() {
        let name = parameter.as_str().unwrap_or_default();
        found.push(
            Diagnostic::new(Code::DPL017, format!("`{name}` comes from the application stack later"))
                .label(Source::Iam, parameter.outer(), "the monolith has no output with its value")
                .help("while it is empty a running role would lose permissions: split without the resolution `two-phase`"),
        );
    }
    for (source, template, names) in [
        (Source::Iam, iam, iam.resources.keys().collect::<Vec<_>>()),
        (Source::Template, whole, whole.resources.keys().collect()),
    ] {
        for resource in names.into_iter().filter_map(|name| template.resources.get(*name)) {
            // What moves must be movable; CDK's metadata may not even stand beside it.
            let row = IMMOVABLE
                .iter()
                .find(|(kind, beside, _)| *kind == resource.kind && (source == Source::Iam || *beside));
            if let Some((kind, _, help)) = row {
                found.push(
                    Diagnostic::new(
                        Code::DPL017,
                        format!("`{}` is an {kind}, which a refactoring refuses", resource.name),
                    )
                    .label(source, resource.declaration.key.outer(), "this resource")
                    .help(*help),
                );
            }
        }
    }
    if iam.resources.contains_key(PLACEHOLDER) {
        found.push(Diagnostic::new(
            Code::DPL017,
            format!("`{PLACEHOLDER}` is the name of a resource already"),
        ));
    }
    found
}

struct Texts<'t> {
    whole: &'t Template<'t, 't>,
    iam: &'t Template<'t, 't>,
    iam_stack: &'t str,
}

impl Texts<'_> {
    fn moves(&self, name: &str) -> bool {
        self.iam.resources.contains_key(name)
    }

    /// The monolith, with the moved resources and what they need as the IAM template has them.
    fn prepared(&self, app_stack: &str) -> Expr {
        let Expr::Map(sections) = lower(self.whole.root) else { return Expr::Map(Vec::new()) };
        let mut sections: Vec<(String, Expr)> = sections;
        for name in ["Parameters", "Mappings", "Conditions"] {
            let more = entries(self.iam, name);
            let own = section(&mut sections, name, !more.is_empty());
            let Some(own) = own else { continue };
            for (key, value) in more {
                if !own.iter().any(|(known, _)| *known == key) {
                    own.push((key, value));
                }
            }
        }
        // Only the IAM stack is told the name; here it has its value without being asked for.
        if let Some(parameter) = self.iam.stack_parameter()
            && let Some(parameters) = section(&mut sections, "Parameters", false)
            && let Some((_, Expr::Map(declared))) = parameters.iter_mut().find(|(key, _)| *key == parameter)
            && !declared.iter().any(|(key, _)| key == "Default")
        {
            declared.push(("Default".to_owned(), Expr::text(app_stack)));
        }
        let moved = entries(self.iam, "Resources");
        if let Some(resources) = section(&mut sections, "Resources", false) {
            for (name, value) in resources {
                if let Some((_, other)) = moved.iter().find(|(key, _)| key == name) {
                    // What the monolith waited for is kept: an update does not reorder what stands.
                    *value = other.clone();
                }
            }
        }
        Expr::Map(sections)
    }

    /// The IAM template without its resources, outputs and metadata.
    fn shell(&self) -> Expr {
        let mut sections = self.bare();
        sections.retain(|(name, _)| name != "Resources" && name != "Outputs");
        sections.push(("Resources".to_owned(), Expr::map([placeholder()])));
        Expr::Map(sections)
    }

    /// The IAM template with the placeholder, without metadata: as much of it as has moved. Its exports have literal
    /// names: pseudo parameters cannot stand in what a refactoring brings.
    fn filled(&self, there: &BTreeSet<String>) -> Expr {
        let mut sections = self.bare();
        if let Some(resources) = section(&mut sections, "Resources", false) {
            resources.retain(|(name, _)| there.contains(name));
            resources.push(placeholder());
        }
        if let Some(outputs) = section(&mut sections, "Outputs", false) {
            outputs.retain(|(_, output)| !self.names_absent(output, there));
            for (name, output) in outputs.iter_mut() {
                let Expr::Map(fields) = output else { continue };
                if let Some((_, export)) = fields.iter_mut().find(|(key, _)| key == "Export") {
                    *export = Expr::map([("Name", Expr::text(format!("{}-{name}", self.iam_stack)))]);
                }
            }
        }
        sections
            .retain(|(name, value)| name != "Outputs" || !matches!(value, Expr::Map(all) if all.is_empty()));
        Expr::Map(sections)
    }

    /// Whether a value names a resource that has not moved yet.
    fn names_absent(&self, value: &Expr, there: &BTreeSet<String>) -> bool {
        let absent = std::cell::Cell::new(false);
        let _ = value.replaced(&|part| {
            if let Expr::Ref(name) | Expr::GetAtt(name, _) = part
                && self.moves(name)
                && !there.contains(name)
            {
                absent.set(true);
            }
            None
        });
        absent.get()
    }

    fn bare(&self) -> Vec<(String, Expr)> {
        let Expr::Map(mut sections) = lower(self.iam.root) else { return Vec::new() };
        sections.retain(|(name, _)| name != "Metadata");
        sections
    }

    /// The prepared monolith without what moves, which it imports.
    fn importing(&self, prepared: &Expr, there: &BTreeSet<String>) -> Expr {
        let Expr::Map(sections) = prepared else { return prepared.clone() };
        let change = |(name, value): &(String, Expr)| {
            let value = match (name.as_str(), value) {
                ("Resources", Expr::Map(resources)) => Expr::Map(
                    resources
                        .iter()
                        .filter(|(name, _)| !there.contains(name))
                        .map(|(name, value)| {
                            (name.clone(), self.imported(&self.unbound(value, there), there))
                        })
                        .collect(),
                ),
                ("Outputs", value) => self.imported(value, there),
                (_, value) => value.clone(),
            };
            (name.clone(), value)
        };
        Expr::Map(sections.iter().map(change).collect())
    }

    /// A resource without `DependsOn` on what moves.
    fn unbound(&self, resource: &Expr, there: &BTreeSet<String>) -> Expr {
        let Expr::Map(attributes) = resource else { return resource.clone() };
        let keep = |(key, value): &(String, Expr)| {
            if key != "DependsOn" {
                return Some((key.clone(), value.clone()));
            }
            let stays = |name: &Expr| !matches!(name, Expr::Text(name) if there.contains(name));
            match value {
                Expr::List(names) => {
                    let names: Vec<Expr> = names.iter().filter(|name| stays(name)).cloned().collect();
                    (!names.is_empty()).then(|| (key.clone(), Expr::List(names)))
                }
                name => stays(name).then(|| (key.clone(), value.clone())),
            }
        };
        Expr::Map(attributes.iter().filter_map(keep).collect())
    }

    /// References to what moves become imports.
    fn imported(&self, value: &Expr, there: &BTreeSet<String>) -> Expr {
        value.replaced(&|part| {
            let (name, attribute) = match part {
                Expr::Ref(name) => (name, None),
                Expr::GetAtt(name, attribute) => (name, Some(attribute.as_str())),
                _ => return None,
            };
            let resource = self.iam.resources.get(name.as_str()).filter(|_| there.contains(name))?;
            let row = iam_type(resource.kind);
            let arn = row.and_then(|row| arn_value(row, name));
            let is_arn = match attribute {
                Some(attribute) => row.is_some_and(|row| row.is_arn(attribute)),
                None => row.is_some_and(|row| row.ref_is_arn),
            };
            let wanted = if is_arn { arn.clone() } else { Some(part.clone()) };
            self.import(&wanted?).or_else(|| {
                // A role's name is in its ARN.
                let index = row.filter(|_| attribute.is_none()).and_then(|row| name_index(row, resource))?;
                let import = self.import(&arn?)?;
                Some(
                    name_from_arn("", index)
                        .replaced(&|part| matches!(part, Expr::Ref(_)).then(|| import.clone())),
                )
            })
        })
    }

    /// The import of an output with a value.
    fn import(&self, value: &Expr) -> Option<Expr> {
        let output = self
            .iam
            .outputs
            .iter()
            .find(|(_, output)| output.value.get("Value").map(lower).as_ref() == Some(value))?;
        let name = Expr::text(format!("{}-{}", self.iam_stack, output.0));
        Some(Expr::Unary("ImportValue".to_owned(), Box::new(name)))
    }
}

fn placeholder() -> (String, Expr) {
    let handle = Expr::map([("Type", Expr::text("AWS::CloudFormation::WaitConditionHandle"))]);
    (PLACEHOLDER.to_owned(), handle)
}

/// The entries of a section.
fn entries(template: &Template<'_, '_>, name: &str) -> Vec<(String, Expr)> {
    match template.section(name).map(lower) {
        Some(Expr::Map(entries)) => entries,
        _ => Vec::new(),
    }
}

/// A section's entries, made if it is wanted and not there.
fn section<'s>(
    sections: &'s mut Vec<(String, Expr)>,
    name: &str,
    wanted: bool,
) -> Option<&'s mut Vec<(String, Expr)>> {
    if wanted && !sections.iter().any(|(key, _)| key == name) {
        sections.push((name.to_owned(), Expr::Map(Vec::new())));
    }
    match sections.iter_mut().find(|(key, _)| key == name) {
        Some((_, Expr::Map(entries))) => Some(entries),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
