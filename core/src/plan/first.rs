//! The first deployment: what cannot be created before a permission is there that comes later.

use std::collections::HashSet;

use super::Index;
use super::identity::{keys, named, of_kind, references};
use crate::expression::{Expr, lower};
use crate::facts::{CreationCheck, On, Strength, Through, creation_checks, values_at};
use crate::syntax::{Kind, Node};
use crate::template::{Owner, Reference, Resource, Site, Target, Template, call, sites};

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

/// Who checks what, over one template.
pub(super) struct First<'p, 'd, 't> {
    template: &'p Template<'d, 't>,
    index: &'p Index<'d, 't>,
    sites: Vec<Site<'d, 't>>,
}

impl<'p, 'd, 't> First<'p, 'd, 't> {
    pub(super) fn new(template: &'p Template<'d, 't>, index: &'p Index<'d, 't>) -> Self {
        Self { template, index, sites: sites(template) }
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
        let mut found = Vec::new();
        for site in self.sites.iter().filter(|site| site.looped || !is_moved(site.name)) {
            for check in creation_checks(site.kind).filter(|check| check.applies(site.value)) {
                let asked = match &actions {
                    Some(actions) => actions.iter().any(|action| check.asks(action)),
                    None => true,
                };
                let Some(properties) = site.value.get("Properties").filter(|_| asked) else { continue };
                if !self.is_on(check, properties, target) {
                    continue;
                }
                let role = values_at(properties, check.role)
                    .into_iter()
                    .find_map(|node| self.role_of(node, check.through, site.entry, &roles, 0));
                if let Some(role) = role {
                    let action = match &actions {
                        Some(given) => check.asked_of(given),
                        None => check.actions.first().copied(),
                    };
                    let asks = Asks {
                        resource: site.name,
                        kind: site.kind,
                        role,
                        action: action.unwrap_or("*"),
                        strength: check.strength,
                    };
                    if !found.iter().any(|known: &Asks<'_>| {
                        known.resource == asks.resource && known.strength == asks.strength
                    }) {
                        found.push(asks);
                    }
                }
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
            for text in keys(&lower(node)) {
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
        // A managed policy is attached by the roles that name it, too.
        for resource in self.template.resources.values().filter(|resource| resource.kind == "AWS::IAM::Role")
        {
            let attaches = resource.property(&["ManagedPolicyArns"]).is_some_and(|list| {
                let mut refers = self.index.of(Owner::Resource(resource.name));
                refers.any(|reference| {
                    reference.target == Target::Name(owner.name)
                        && list.outer().contains(reference.via.unwrap_or(reference.node).outer())
                })
            });
            if attaches {
                roles.insert(resource.name);
            }
        }
        roles
    }

    /// Whether a check is made on what a statement is about.
    fn is_on(&self, check: &CreationCheck, properties: Node<'d, 't>, target: &str) -> bool {
        let On::Property(path) = check.on else { return true };
        values_at(properties, path).into_iter().any(|node| {
            keys(&lower(node)).iter().any(|text| {
                references(text).contains(&target)
                    || of_kind(
                        self.template,
                        |_| true,
                        |name| text.ends_with(&format!(":{name}")) || text.ends_with(&format!("/{name}")),
                    )
                    .contains(&target)
            })
        })
    }

    /// The role that a property leads to, if it is one of some.
    fn role_of(
        &self,
        node: Node<'d, 't>,
        through: Through,
        entry: &str,
        roles: &HashSet<&'d str>,
        depth: usize,
    ) -> Option<&'d str> {
        let texts = keys(&lower(node));
        for text in &texts {
            let referenced = references(text);
            if through == Through::Role {
                let by_name = named(self.template, text, "role");
                let mut meant = roles.iter().copied();
                if let Some(role) = meant.find(|role| referenced.contains(role) || by_name.contains(role)) {
                    return Some(role);
                }
                continue;
            }
            let functions = of_kind(
                self.template,
                |kind| {
                    matches!(
                        kind,
                        "AWS::Lambda::Function" | "AWS::Serverless::Function" | "AWS::ECS::TaskDefinition"
                    )
                },
                |name| {
                    text == name || text.ends_with(&format!(":{name}")) || text.ends_with(&format!("/{name}"))
                },
            );
            let meant = self.sites.iter().filter(|site| {
                (referenced.contains(&site.name) && (!site.looped || site.entry == entry))
                    || (!site.looped && functions.contains(&site.name))
            });
            for site in meant {
                // An alias or a version is of a function.
                let on = matches!(site.kind, "AWS::Lambda::Alias" | "AWS::Lambda::Version");
                let (path, through): (&[&str], _) =
                    if on { (&["FunctionName"], through) } else { (through.onward(), Through::Role) };
                let Some(properties) = site.value.get("Properties").filter(|_| depth < 4) else { continue };
                let found = values_at(properties, path)
                    .into_iter()
                    .find_map(|node| self.role_of(node, through, site.entry, roles, depth + 1));
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }
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
