//! An application template beside its monolith: what left, what was rewritten and why.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{read, shown};
use crate::diagnostic::{Diagnostic, Source};
use crate::edit::Reason;
use crate::expression::{Expr, lower};
use crate::facts::iam_type;
use crate::normal::{Names, normal};
use crate::plan::{Waits, arn_value, name_index};
use crate::syntax::{Kind, Node, parse};
use crate::template::{Section, Template, call, references};
use crate::text::LineIndex;

/// What differs. Lines count from one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AppDiff {
    /// IAM resources of the monolith that the application template does not have.
    pub left: Vec<Left>,
    /// Values that a split rewrote.
    pub rewritten: Vec<Rewritten>,
    /// Declarations that a split added.
    pub added: Vec<Added>,
    /// Differences that no split makes.
    pub unexplained: Vec<Rewritten>,
}

/// A resource that left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Its logical id.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its line in the monolith.
    pub line: u32,
    /// Always [`Reason::BelongsToOther`]: it stands in the IAM template.
    pub reason: Reason,
}

/// A value that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rewritten {
    /// Where: section, declaration and keys.
    pub path: String,
    /// Why; `null` where no edit of a split explains it.
    pub reason: Option<Reason>,
    /// The line in the monolith, if it has the value.
    pub line_before: Option<u32>,
    /// The line in the application template, if it has the value.
    pub line_after: Option<u32>,
    /// The value of the monolith.
    pub before: Option<String>,
    /// The value of the application template.
    pub after: Option<String>,
}

/// A declaration that the monolith does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Added {
    /// The section.
    pub section: &'static str,
    /// Its name.
    pub name: String,
    /// Its line in the application template.
    pub line: u32,
    /// Why.
    pub reason: Reason,
}

/// Tells an application template from its monolith.
///
/// # Errors
/// What makes one of the texts unreadable.
pub fn application(monolith: &str, app: &str) -> Result<AppDiff, Vec<Diagnostic>> {
    let (of_monolith, of_app) = (parse(monolith), parse(app));
    let mut found = Vec::new();
    let before = read(&of_monolith, Source::Template, &mut found);
    let after = read(&of_app, Source::App, &mut found);
    let (Some(before), Some(after)) = (before, after) else { return Err(found) };
    let left: BTreeSet<&str> =
        before.resources.keys().copied().filter(|name| !after.resources.contains_key(name)).collect();
    let mut walk = Walk {
        waits: Waits::new(&before, &references(&before), &|_| true),
        before: &before,
        after: &after,
        lines: [LineIndex::new(monolith), LineIndex::new(app)],
        left,
        diff: AppDiff::default(),
    };
    walk.resources();
    for (name, a, b) in [
        ("Parameters", &before.parameters, &after.parameters),
        ("Mappings", &before.mappings, &after.mappings),
        ("Conditions", &before.conditions, &after.conditions),
        ("Outputs", &before.outputs, &after.outputs),
    ] {
        walk.section(name, a, b);
    }
    walk.rest();
    Ok(walk.diff)
}

/// Whether an output of the application gives a value that the IAM stack waits for, by its own words.
fn is_for_iam_stack(output: Node<'_, '_>) -> bool {
    let said = output.get("Description").and_then(Node::as_str).unwrap_or_default();
    said.starts_with("For the parameter ") && said.ends_with(" of the IAM stack")
}

struct Walk<'w> {
    /// Who waited for whom.
    waits: Waits<'w, 'w>,
    before: &'w Template<'w, 'w>,
    after: &'w Template<'w, 'w>,
    lines: [LineIndex; 2],
    /// Resources that the application template does not have.
    left: BTreeSet<&'w str>,
    diff: AppDiff,
}

impl<'w> Walk<'w> {
    fn line(&self, side: usize, node: Node<'_, '_>) -> u32 {
        self.lines.get(side).map_or(0, |lines| lines.line(node.span().start))
    }

    fn resources(&mut self) {
        let (before, after) = (self.before, self.after);
        for (name, resource) in &before.resources {
            let key = resource.declaration.key;
            match after.resources.get(name) {
                Some(other) => {
                    let path = vec!["Resources".to_owned(), (*name).to_owned()];
                    self.compare(&path, resource.declaration.value, other.declaration.value);
                }
                None if resource.is_iam() => {
                    let line = self.line(0, key);
                    self.diff.left.push(Left {
                        name: (*name).to_owned(),
                        kind: resource.kind.to_owned(),
                        line,
                        reason: Reason::BelongsToOther,
                    });
                }
                None => self.differs(&["Resources".to_owned(), (*name).to_owned()], None, Some(key), None),
            }
        }
        for (name, resource) in
            after.resources.iter().filter(|(name, _)| !before.resources.contains_key(*name))
        {
            let role = resource.property(&["RoleName"]).map(|role| self.meant(&lower(role)));
            let attached = resource.kind == "AWS::IAM::RolePolicy"
                && matches!(role, Some(Expr::Ref(role)) if self.left.contains(role.as_str()));
            let key = resource.declaration.key;
            if attached {
                self.added("Resources", name, key, Reason::Attached);
            } else {
                self.differs(&["Resources".to_owned(), (*name).to_owned()], None, None, Some(key));
            }
        }
    }

    fn section(&mut self, section: &'static str, before: &Section<'w, 'w>, after: &Section<'w, 'w>) {
        let path = |name: &str| vec![section.to_owned(), name.to_owned()];
        for (name, declaration) in before {
            match after.get(name) {
                Some(other) => self.compare(&path(name), declaration.value, other.value),
                None => self.differs(&path(name), None, Some(declaration.key), None),
            }
        }
        for (name, declaration) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
            // The values of what left come in by parameters; a value that the IAM stack waits for goes out.
            let ours = match section {
                "Parameters" => self.stands_for(name).is_some(),
                _ => section == "Outputs" && is_for_iam_stack(declaration.value),
            };
            if ours {
                self.added(section, name, declaration.key, Reason::Added);
            } else {
                self.differs(&path(name), None, None, Some(declaration.key));
            }
        }
    }

    /// The other sections: the interface's parameter groups may get one more.
    fn rest(&mut self) {
        let names = |template: &Template<'w, 'w>| -> Vec<&'w str> {
            template.root.entries().filter_map(|(key, _)| key.as_str()).collect()
        };
        let sections = ["Parameters", "Mappings", "Conditions", "Outputs", "Resources"];
        let all: BTreeSet<&str> = names(self.before).into_iter().chain(names(self.after)).collect();
        for name in all.into_iter().filter(|name| !sections.contains(name)) {
            let path = [name.to_owned()];
            let both = (self.before.section(name), self.after.section(name));
            let interface = name == "Metadata";
            match both {
                (Some(a), Some(b)) if lower(a) == lower(b) => {}
                (Some(a), Some(b)) if interface => self.metadata(a, b),
                (None, Some(b)) if interface => {
                    self.added("Metadata", "AWS::CloudFormation::Interface", b, Reason::Added);
                }
                (a, b) => self.differs(&path, None, a, b),
            }
        }
    }

    fn metadata(&mut self, before: Node<'w, 'w>, after: Node<'w, 'w>) {
        let key = "AWS::CloudFormation::Interface";
        let without = |node: Node<'_, '_>| match lower(node) {
            Expr::Map(entries) => Expr::Map(entries.into_iter().filter(|(name, _)| name != key).collect()),
            other => other,
        };
        if without(before) == without(after) {
            let place = after.entry(key).map_or(after, |(key, _)| key);
            self.added("Metadata", key, place, Reason::Added);
        } else {
            self.differs(&["Metadata".to_owned()], None, Some(before), Some(after));
        }
    }

    fn compare(&mut self, path: &[String], before: Node<'w, 'w>, after: Node<'w, 'w>) {
        let (a, b) = (before.resolved(), after.resolved());
        let (x, y) = (lower(a), lower(b));
        if x == y {
            return;
        }
        if path.last().is_some_and(|step| step == "DependsOn") {
            self.depends_on(path, (a, &x), (b, &y));
            return;
        }
        let plain = |node: Node<'_, '_>| call(node).is_none();
        let step = |name: &str| path.iter().cloned().chain([name.to_owned()]).collect::<Vec<String>>();
        if a.kind() == Kind::Mapping && b.kind() == Kind::Mapping && plain(a) && plain(b) {
            for (key, value) in a.entries() {
                let Some(name) = key.as_str() else { continue };
                match b.get(name) {
                    Some(other) => self.compare(&step(name), value, other),
                    None if name == "DependsOn" => {
                        self.depends_on(&step(name), (value, &lower(value)), (b, &Expr::List(Vec::new())));
                    }
                    None => self.differs(&step(name), None, Some(value), None),
                }
            }
            for (key, value) in b.entries() {
                let Some(name) = key.as_str().filter(|name| a.get(name).is_none()) else { continue };
                if name == "DependsOn" {
                    self.depends_on(&step(name), (a, &Expr::List(Vec::new())), (value, &lower(value)));
                } else {
                    self.differs(&step(name), None, None, Some(value));
                }
            }
            return;
        }
        let lists = a.kind() == Kind::Sequence && b.kind() == Kind::Sequence;
        let same_call = match (call(a), call(b)) {
            (None, None) => true,
            (Some(a), Some(b)) => a.name == b.name && a.name == "If",
            _ => false,
        };
        if lists && same_call && a.items().count() == b.items().count() {
            for (at, (a, b)) in a.items().zip(b.items()).enumerate() {
                self.compare(&step(&at.to_string()), a, b);
            }
            return;
        }
        let reason = self.reference(&x, &y);
        self.differs(path, reason, Some(a), Some(b));
    }

    /// A wait for what left goes; a wait for an attached policy comes.
    fn depends_on(&mut self, path: &[String], before: (Node<'w, 'w>, &Expr), after: (Node<'w, 'w>, &Expr)) {
        let names = |expr: &Expr| -> BTreeSet<String> {
            let mut names = BTreeSet::new();
            expr.walk(&mut |part| {
                if let Expr::Text(name) = part {
                    names.insert(name.clone());
                }
            });
            names
        };
        let (a, b) = (names(before.1), names(after.1));
        let gone = a.difference(&b).all(|name| self.left.contains(name.as_str()));
        let owner = path.get(path.len().saturating_sub(2)).map_or("", String::as_str);
        let still = b.difference(&a).all(|name| self.waits.waits(owner, name));
        let come = b.difference(&a).all(|name| self.is_attached(name));
        let reason = match (gone, come) {
            (true, true) if b.is_subset(&a) => Some(Reason::DependsOn),
            (true, true) => Some(Reason::WaitsFor),
            (true, false) if still => Some(Reason::WaitsStill),
            (true, false)
                if b.difference(&a).all(|name| self.waits.waits(owner, name) || self.is_attached(name)) =>
            {
                Some(Reason::WaitsFor)
            }
            _ => None,
        };
        self.differs(path, reason, (!a.is_empty()).then_some(before.0), (!b.is_empty()).then_some(after.0));
    }

    /// Whether a resource is a policy that the split attached.
    fn is_attached(&self, name: &str) -> bool {
        let policy = self.after.resources.get(name);
        policy.is_some_and(|policy| policy.kind == "AWS::IAM::RolePolicy")
            && !self.before.resources.contains_key(name)
    }

    /// What a parameter of the application stands for: the ARN, or an attribute, of what left.
    fn stands_for(&self, parameter: &str) -> Option<Expr> {
        if let Some(name) = self.left.get(parameter) {
            let kind = self.before.resources.get(*name)?.kind;
            return arn_value(iam_type(kind)?, name);
        }
        // The longest name counts: `ApiRoleId` is of `ApiRole` before it is of `Api`.
        let owners = self.left.iter().filter(|name| parameter.starts_with(**name));
        let owner = owners.max_by_key(|name| name.len())?;
        let attribute = parameter.strip_prefix(owner)?;
        Some(if attribute == "Name" {
            Expr::reference(*owner)
        } else {
            Expr::GetAtt((*owner).to_owned(), attribute.to_owned())
        })
    }

    /// What a value of the application template comes to once its parameters are filled, in normal form.
    fn meant(&self, expr: &Expr) -> Expr {
        self.normal(expr, &|part| match part {
            Expr::Ref(name) if !self.before.parameters.contains_key(name.as_str()) => self.stands_for(name),
            other => self.arn(other),
        })
    }

    fn normal(&self, expr: &Expr, substitute: &dyn Fn(&Expr) -> Option<Expr>) -> Expr {
        let index = |name: &str| {
            let resource = self.before.resources.get(name)?;
            name_index(iam_type(resource.kind)?, resource)
        };
        normal(expr, &Names { substitute, condition: &|_| None, name_index: &index })
    }

    /// One way of saying a resource's ARN: a managed policy's `PolicyArn` is its `Ref`.
    fn arn(&self, expr: &Expr) -> Option<Expr> {
        let Expr::GetAtt(name, attribute) = expr else { return None };
        let row = iam_type(self.before.resources.get(name.as_str())?.kind)?;
        row.is_arn(attribute).then(|| arn_value(row, name)).flatten()
    }

    /// Why a value that references what left became another, if the other is the same in the end.
    fn reference(&self, before: &Expr, after: &Expr) -> Option<Reason> {
        if self.normal(before, &|part| self.arn(part)) != self.meant(after) {
            return None;
        }
        let mut split = false;
        after.walk(&mut |part| split |= matches!(part, Expr::Call(name, _) if name == "Select"));
        before.walk(&mut |part| split &= !matches!(part, Expr::Call(name, _) if name == "Select"));
        Some(if split { Reason::NameFromArn } else { Reason::ReferenceToParameter })
    }

    /// Whether a path leads to the default of a `NoEcho` parameter, or to the whole of it.
    fn is_secret(&self, path: &[String]) -> bool {
        let [section, name, rest @ ..] = path else { return false };
        let of = |template: &Template<'_, '_>| {
            template.parameters.get(name.as_str()).is_some_and(|one| one.value.get("NoEcho").is_some())
        };
        let holds_default = rest.first().is_none_or(|key| key == "Default");
        section == "Parameters" && holds_default && (of(self.before) || of(self.after))
    }

    fn added(&mut self, section: &'static str, name: &str, place: Node<'_, '_>, reason: Reason) {
        let line = self.line(1, place);
        self.diff.added.push(Added { section, name: name.to_owned(), line, reason });
    }

    fn differs(
        &mut self,
        path: &[String],
        reason: Option<Reason>,
        before: Option<Node<'_, '_>>,
        after: Option<Node<'_, '_>>,
    ) {
        let is_secret = self.is_secret(path);
        let text = |node: Node<'_, '_>| if is_secret { "a secret".to_owned() } else { shown(&lower(node)) };
        let rewritten = Rewritten {
            path: path.join("."),
            reason,
            line_before: before.map(|node| self.line(0, node)),
            line_after: after.map(|node| self.line(1, node)),
            before: before.map(text),
            after: after.map(text),
        };
        let list = if reason.is_some() { &mut self.diff.rewritten } else { &mut self.diff.unexplained };
        list.push(rewritten);
    }
}
