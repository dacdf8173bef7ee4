//! The first deployment: what cannot be created before a permission is there that comes later.

use std::cell::OnceCell;
use std::collections::HashSet;

use super::identity::{OPEN, filled, named, of_kind, references, texts};
use crate::expression::{Expr, lower};
use crate::facts::{
    CreationCheck, HANDLE, LAUNCHES, On, Strength, Through, beside, called_by, creation_checks, values_at,
};
use crate::syntax::{Kind, Node};
use crate::template::{Reference, Resource, Site, Template, call, may_mean, sites};

/// A resource of the application that asks for a permission when it is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asks<'d> {
    /// The resource; in a loop with the loop's variables.
    pub(super) resource: &'d str,
    /// Its type.
    pub(super) kind: &'d str,
    /// The role that must have the permission.
    pub(super) role: &'d str,
    /// One of the actions; `*` where the template does not tell.
    pub(super) action: &'static str,
    /// Whether its creation is refused otherwise.
    pub(super) strength: Strength,
}

/// What a text comes to that nothing is known of.
const UNKNOWN: &str = "\u{1}\u{2}";

/// Who checks what, over one template.
pub(super) struct First<'p, 'd, 't> {
    template: &'p Template<'d, 't>,
    sites: Vec<Site<'d, 't>>,
    /// Found when it is first asked for: most templates need no value that comes later.
    checks: OnceCell<Vec<Made<'d>>>,
}

/// A check that is made of a resource.
struct Made<'d> {
    site: usize,
    check: &'static CreationCheck,
    /// The roles whose permissions are checked.
    roles: HashSet<&'d str>,
    /// The resources that it is made on; `None` for any.
    on: Option<HashSet<&'d str>>,
}

impl<'p, 'd, 't> First<'p, 'd, 't> {
    pub(super) fn new(template: &'p Template<'d, 't>) -> Self {
        Self { template, sites: sites(template), checks: OnceCell::new() }
    }

    fn checks(&self) -> &[Made<'d>] {
        self.checks.get_or_init(|| {
            let mut made = Vec::new();
            for (at, site) in self.sites.iter().enumerate() {
                for check in creation_checks(site.kind) {
                    let properties: Vec<Node<'d, 't>> =
                        site.value.get("Properties").into_iter().chain(self.globals(site.kind)).collect();
                    let applies = |properties: &Node<'d, 't>| match check.when {
                        ["Properties", path @ ..] => !values_at(*properties, path).is_empty(),
                        _ => check.applies(site.value),
                    };
                    let signals = check.is_signalled() && self.signals(site, 0);
                    if !check.when.is_empty() && !properties.iter().any(applies) && !signals {
                        continue;
                    }
                    let mut roles = HashSet::new();
                    for node in properties.iter().flat_map(|properties| values_at(*properties, check.role)) {
                        self.roles_of(node, check.through, site.entry, &mut roles, 0);
                    }
                    if check.role == ["Role"] && self.has_made_role(site) {
                        roles.insert(site.name);
                    }
                    if !roles.is_empty() {
                        made.push(Made { site: at, check, roles, on: self.on(check, &properties) });
                    }
                }
            }
            made
        })
    }

    /// Who asks at creation for what a statement of a moved resource grants on an application resource.
    pub(super) fn asks(
        &self,
        owner: &Resource<'d, 't>,
        reference: &Reference<'d, 't>,
        target: &str,
        is_moved: &dyn Fn(&str) -> bool,
    ) -> Vec<Asks<'d>> {
        let roles = self.roles_with(owner);
        if roles.is_empty() {
            return Vec::new();
        }
        let actions = statement(reference.via.unwrap_or(reference.node)).and_then(actions);
        let mut found: Vec<Asks<'d>> = Vec::new();
        for made in self.checks() {
            let Some(site) = self.sites.get(made.site).filter(|site| site.looped || !is_moved(site.name))
            else {
                continue;
            };
            let Some(role) = roles.iter().copied().filter(|role| made.roles.contains(role)).min() else {
                continue;
            };
            if made.on.as_ref().is_some_and(|on| !on.contains(target)) {
                continue;
            }
            let action = match &actions {
                Some(given) => made.check.asked_of(given),
                None => made.check.actions.first().copied(),
            };
            let Some(action) = action else { continue };
            let strength = made.check.strength;
            let is_known =
                found.iter().any(|known| known.resource == site.name && known.strength == strength);
            if !is_known {
                found.push(Asks { resource: site.name, kind: site.kind, role, action, strength });
            }
        }
        found
    }

    /// The roles that have the statements of a resource.
    fn roles_with(&self, owner: &Resource<'d, 't>) -> HashSet<&'d str> {
        let mut roles = HashSet::new();
        let is_role = |name: &&'d str| {
            self.template.resources.get(*name).is_some_and(|resource| resource.kind == "AWS::IAM::Role")
        };
        if owner.kind == "AWS::IAM::Role" {
            roles.insert(owner.name);
            return roles;
        }
        let named_in =
            |property: &str| owner.property(&[property]).map_or(Vec::new(), |node| values_at(node, &["*"]));
        for node in named_in("Roles").into_iter().chain(named_in("RoleName")) {
            for text in texts(self.template, node) {
                let referenced = references(&text);
                roles.extend(
                    self.template
                        .resources
                        .keys()
                        .copied()
                        .filter(|name| referenced.contains(name))
                        .filter(is_role),
                );
                roles.extend(named(self.template, &text, "role"));
            }
        }
        // A managed policy is attached by the roles that name it, too. A boundary bounds what is permitted.
        for site in &self.sites {
            let properties: &[&str] = match site.kind {
                "AWS::IAM::Role" => &["ManagedPolicyArns", "PermissionsBoundary"],
                _ if self.has_made_role(site) => &["Policies", "PermissionsBoundary"],
                _ => continue,
            };
            let own = site.value.get("Properties").into_iter().chain(self.globals(site.kind));
            let attaches = own
                .flat_map(|all| properties.iter().filter_map(move |property| all.resolved().get(property)))
                .flat_map(|list| values_at(list, &["*"]))
                .flat_map(|node| texts(self.template, node))
                .any(|text| {
                    references(&text).contains(&owner.name)
                        || named(self.template, &text, "policy").contains(&owner.name)
                });
            if attaches {
                roles.insert(site.name);
            }
        }
        roles
    }

    /// Whether the transform makes the role of a serverless resource.
    ///
    /// Source: AWS SAM Developer Guide, `AWS::Serverless::Function`, `Role`: without it, one is created.
    fn has_made_role(&self, site: &Site<'d, 't>) -> bool {
        let has = |node: Node<'d, 't>| node.resolved().get("Role").is_some();
        site.kind.starts_with("AWS::Serverless::")
            && !site.value.get("Properties").into_iter().chain(self.globals(site.kind)).any(has)
    }

    /// Whether a resource is told the handle of a wait condition, or starts by what is told it.
    fn signals(&self, site: &Site<'d, 't>, depth: usize) -> bool {
        let mut named = HashSet::new();
        lower(site.value).walk(&mut |part| {
            if let Expr::Ref(name) | Expr::GetAtt(name, _) = part {
                named.insert(name.clone());
            }
        });
        self.sites.iter().filter(|other| named.contains(other.name)).any(|other| {
            other.kind == HANDLE
                || (depth == 0 && LAUNCHES.contains(&other.kind) && self.signals(other, depth + 1))
        })
    }

    /// What SAM's section `Globals` says of every resource of a type.
    fn globals(&self, kind: &str) -> Option<Node<'d, 't>> {
        let kind = kind.strip_prefix("AWS::Serverless::")?;
        Some(self.template.section("Globals")?.get(kind)?.resolved())
    }

    /// The resources that a check is made on.
    fn on(&self, check: &CreationCheck, properties: &[Node<'d, 't>]) -> Option<HashSet<&'d str>> {
        let On::Property(path) = check.on else { return None };
        let mut on = HashSet::new();
        for text in properties
            .iter()
            .flat_map(|properties| values_at(*properties, path))
            .flat_map(|node| texts(self.template, node))
        {
            on.extend(references(&text).into_iter().filter_map(|name| self.resource(name)));
            on.extend(of_kind(
                self.template,
                |_| true,
                |name| text.ends_with(&format!(":{name}")) || text.ends_with(&format!("/{name}")),
            ));
        }
        Some(on)
    }

    /// The logical id of a resource, by its text.
    fn resource(&self, name: &str) -> Option<&'d str> {
        self.template.resources.get_key_value(name).map(|(name, _)| *name)
    }

    /// Adds the roles that a property leads to.
    fn roles_of(
        &self,
        node: Node<'d, 't>,
        through: Through,
        entry: &str,
        roles: &mut HashSet<&'d str>,
        depth: usize,
    ) {
        for text in &texts(self.template, node) {
            let referenced = references(text);
            if through == Through::Role {
                roles.extend(referenced.into_iter().filter_map(|name| self.resource(name)));
                roles.extend(named(self.template, text, "role"));
                continue;
            }
            let called: Vec<&str> = self
                .sites
                .iter()
                .filter(|site| is_called(self.template, site, text))
                .map(|site| site.name)
                .collect();
            let meant = self.sites.iter().filter(|site| {
                let is_referenced = referenced.contains(&site.name) && (!site.looped || site.entry == entry);
                // From outside of the loop what it makes has names that are written out.
                let is_made = site.looped
                    && site.entry != entry
                    && referenced.iter().any(|name| !name.contains('{') && may_mean(site.name, name));
                // An alias or a version that the transform makes of a serverless function.
                let is_of_sam = site.kind == "AWS::Serverless::Function"
                    && referenced
                        .iter()
                        .filter_map(|name| name.strip_prefix(site.name))
                        .any(|rest| rest.starts_with("Alias") || rest.starts_with("Version"));
                is_referenced || is_made || is_of_sam || called.contains(&site.name)
            });
            for site in meant.filter(|_| depth < 6) {
                if self.has_made_role(site) {
                    roles.insert(site.name);
                }
                let mut follow = |site: &Site<'d, 't>, path: &[&str], through| {
                    let properties = site.value.get("Properties");
                    for node in properties.into_iter().flat_map(|properties| values_at(properties, path)) {
                        self.roles_of(node, through, site.entry, roles, depth + 1);
                    }
                };
                for (path, through) in through.steps(site.kind) {
                    follow(site, path, through);
                }
                if let Some(beside) = beside(site.kind) {
                    let is_of = |other: &&Site<'d, 't>| {
                        let named = other.value.get("Properties").map(|node| values_at(node, &[beside.of]));
                        other.kind == beside.kind
                            && named.into_iter().flatten().any(|node| {
                                texts(self.template, node)
                                    .iter()
                                    .any(|key| references(key).contains(&site.name))
                            })
                    };
                    for other in self.sites.iter().filter(is_of) {
                        beside
                            .paths
                            .iter()
                            .for_each(|path| follow(other, path, beside.to.unwrap_or(through)));
                    }
                }
            }
        }
    }
}

/// Whether a text calls a resource by its name: the name or an ARN that ends in it, perhaps with a version or an alias
/// behind it. Source: Lambda API Reference, `CreateEventSourceMapping`, `FunctionName`.
fn is_called(template: &Template<'_, '_>, site: &Site<'_, '_>, text: &str) -> bool {
    let Some(property) = called_by(site.kind) else { return false };
    let own = site.value.get("Properties").and_then(|properties| properties.resolved().get(property));
    let names = own.map_or(Vec::new(), |own| texts(template, own));
    names.iter().filter(|name| !name.is_empty() && **name != UNKNOWN).any(|name| {
        let ends = |text: &str| {
            text == name || text.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with([':', '/']))
        };
        // What a loop makes has a name with its variable in it.
        let may_be = || {
            let pattern = filled(name, |inner| format!("${{{inner}}}"));
            let segments: Vec<&str> = text.rsplit([':', '/']).take(2).collect();
            site.looped
                && name.contains(OPEN)
                && std::iter::once(text)
                    .chain(segments)
                    .any(|part| !part.is_empty() && may_mean(&pattern, part))
        };
        ends(text) || text.rsplit_once(':').is_some_and(|(before, _)| ends(before)) || may_be()
    })
}

/// The statement that a node stands in.
pub(super) fn statement<'d, 't>(node: Node<'d, 't>) -> Option<Node<'d, 't>> {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if parent.kind() == Kind::Mapping && call(parent).is_none() && parent.get("Effect").is_some() {
            return Some(parent);
        }
        at = parent;
    }
    None
}

/// The actions of a statement; `None` where they are not all written out.
fn actions(statement: Node<'_, '_>) -> Option<Vec<String>> {
    let node = statement.get("Action")?;
    let values = values_at(node, &["*"]);
    let text = |node: &Node<'_, '_>| match lower(*node) {
        Expr::Text(text) | Expr::Plain(text) => Some(text),
        _ => None,
    };
    values.iter().map(text).collect()
}
