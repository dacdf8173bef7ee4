//! Attach: inline statements of a role that need the application go there, as a `RolePolicy`.

use std::collections::{HashMap, HashSet};

use super::Index;
use crate::expression::{Expr, lower};
use crate::syntax::{Kind, Node};
use crate::template::{Owner, Reference, Resource, Target, Template, call};
use crate::text::free;

/// An inline statement of a role.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement<'d, 't> {
    pub(super) role: &'d str,
    /// The entry of `Policies` that it stands in.
    pub(super) policy: Node<'d, 't>,
    /// The item of `Statement`, or the single statement.
    pub(super) item: Node<'d, 't>,
}

/// Statements of one inline policy that go to the application, and the resource that holds them there.
#[derive(Clone, Debug)]
pub struct Attached<'d, 't> {
    /// The role, which moves.
    pub role: &'d str,
    /// The entry of the role's `Policies`.
    pub policy: Node<'d, 't>,
    /// The statements that go, in their order.
    pub items: Vec<Node<'d, 't>>,
    /// Whether no statement of the policy remains with the role.
    pub whole: bool,
    /// The logical id of the `AWS::IAM::RolePolicy` in the application template.
    pub name: String,
    /// The condition on which the role exists.
    pub condition: Option<&'d str>,
    /// The role's name, as the application template comes to it.
    pub role_name: Expr,
    /// Application resources that must wait for the policy, as they did when the role had it.
    pub consumers: Vec<&'d str>,
}

impl Attached<'_, '_> {
    /// Whether a reference of the role stands in what goes to the application.
    fn contains(&self, reference: &Reference<'_, '_>) -> bool {
        let place = reference.node.outer();
        (self.whole && self.policy.outer().contains(place))
            || self.items.iter().any(|item| item.outer().contains(place))
    }
}

/// The inline statement that a reference stands in, where it can be taken out as a whole.
pub(super) fn inline_statement<'d, 't>(
    resource: &Resource<'d, 't>,
    reference: &Reference<'d, 't>,
) -> Option<Statement<'d, 't>> {
    if resource.kind != "AWS::IAM::Role" || reference.via.is_some() {
        return None;
    }
    let policies = plain(resource.declaration.value.get("Properties")?.get("Policies")?, Kind::Sequence)?;
    let holds = |node: &Node<'_, '_>| node.outer().contains(reference.node.outer());
    let policy = policies.items().find(holds)?;
    let document = plain(plain(policy, Kind::Mapping)?.get("PolicyDocument")?, Kind::Mapping)?;
    let statement = document.get("Statement").filter(holds)?;
    // IAM refuses a policy without statements, which either half of a list with conditional ones could be.
    let item = match plain(statement, Kind::Sequence) {
        Some(list) if list.items().all(|item| plain(item, Kind::Mapping).is_some()) => {
            list.items().find(holds)?
        }
        Some(_) => return None,
        None => plain(statement, Kind::Mapping)?,
    };
    // What an alias elsewhere stands for would go with the statement.
    let tree = item.document();
    if tree.has_aliases()
        && tree.nodes().any(|node| node.is_anchored() && item.outer().contains(node.outer()))
    {
        return None;
    }
    // Both policies bear the name, or one made of it, so it must mean the same in both templates.
    let mut is_portable = true;
    lower(policy.get("PolicyName")?).walk(&mut |expr| match expr {
        Expr::Text(_) | Expr::Plain(_) | Expr::Concat(_) => {}
        Expr::Ref(name) => is_portable &= name.starts_with("AWS::"),
        _ => is_portable = false,
    });
    is_portable.then_some(Statement { role: resource.name, policy, item })
}

/// A collection that is written here, not computed and not an alias.
fn plain<'d, 't>(node: Node<'d, 't>, kind: Kind) -> Option<Node<'d, 't>> {
    (node.kind() == kind && call(node).is_none()).then_some(node)
}

/// Groups statements by their policy and names the resources that will hold them.
pub(super) fn group<'d, 't>(
    template: &Template<'d, 't>,
    statements: &[Statement<'d, 't>],
) -> Vec<Attached<'d, 't>> {
    let mut groups: Vec<Attached<'d, 't>> = Vec::new();
    let mut names: HashSet<String> = template.names().map(str::to_owned).collect();
    for statement in statements {
        let known = groups.iter_mut().find(|group| group.policy == statement.policy);
        if let Some(group) = known {
            if !group.items.contains(&statement.item) {
                group.items.push(statement.item);
            }
            continue;
        }
        let wanted = format!("{}AppPolicy", statement.role);
        let name = free(&wanted, |name| names.contains(name));
        names.insert(name.clone());
        groups.push(Attached {
            role: statement.role,
            policy: statement.policy,
            items: vec![statement.item],
            name,
            condition: template.resources.get(statement.role).and_then(|role| role.condition),
            whole: false,
            role_name: Expr::reference(statement.role),
            consumers: Vec::new(),
        });
    }
    for group in &mut groups {
        group.items.sort_by_key(|item| item.span().start);
        let statement = group.policy.get("PolicyDocument").and_then(|document| document.get("Statement"));
        group.whole =
            statement.is_some_and(|statement| statement.items().all(|item| group.items.contains(&item)));
    }
    groups
}

/// Whether a reference of a moved role goes to the application with its statement.
pub(super) fn holds(attached: &[Attached<'_, '_>], reference: &Reference<'_, '_>) -> bool {
    attached.iter().any(|group| reference.owner == Owner::Resource(group.role) && group.contains(reference))
}

/// Finds who must wait for each policy. A service may check a role's permissions when a resource that
/// uses it is created (a Lambda event source mapping does); the role had them by then in the monolith.
pub(super) fn consumers<'d>(
    template: &Template<'d, '_>,
    index: &Index<'d, '_>,
    is_moved: &dyn Fn(&str) -> bool,
    attached: &mut [Attached<'d, '_>],
) {
    let depends = dependencies(template, index, is_moved);
    let users = |of: &str| -> Vec<&'d str> {
        let uses = |name: &&'d str| depends.get(name).is_some_and(|targets| targets.contains(of));
        template.resources.keys().copied().filter(|name| !is_moved(name)).filter(|name| uses(name)).collect()
    };
    for group in attached {
        let needed = reach(&group_targets(index, group), &depends);
        // A profile carries the role's permissions to the instances that use it.
        let profiles = template.resources.values().filter(|resource| {
            resource.kind == "AWS::IAM::InstanceProfile"
                && is_moved(resource.name)
                && index
                    .of(Owner::Resource(resource.name))
                    .any(|reference| reference.target == Target::Name(group.role))
        });
        let mut direct = users(group.role);
        direct.extend(profiles.flat_map(|profile| users(profile.name)));
        let mut waiting: Vec<&'d str> = Vec::new();
        for consumer in direct {
            if !needed.contains(consumer) {
                waiting.push(consumer);
                continue;
            }
            // The policy needs this one itself; what maps events to it can still wait.
            let later = users(consumer).into_iter().filter(|name| !needed.contains(name));
            waiting.extend(later.filter(|name| {
                template
                    .resources
                    .get(*name)
                    .is_some_and(|resource| resource.kind == "AWS::Lambda::EventSourceMapping")
            }));
        }
        let mut seen = HashSet::new();
        waiting.retain(|name| seen.insert(*name));
        group.consumers = waiting;
    }
}

type Dependencies<'d> = HashMap<&'d str, HashSet<&'d str>>;

fn dependencies<'d>(
    template: &Template<'d, '_>,
    index: &Index<'d, '_>,
    is_moved: &dyn Fn(&str) -> bool,
) -> Dependencies<'d> {
    let mut depends: Dependencies<'d> = HashMap::new();
    for name in template.resources.keys().copied().filter(|name| !is_moved(name)) {
        let targets = index.of(Owner::Resource(name)).filter_map(|reference| match reference.target {
            Target::Name(target) if template.resources.contains_key(target) => Some(target),
            _ => None,
        });
        depends.entry(name).or_default().extend(targets);
    }
    depends
}

fn group_targets<'d>(index: &Index<'d, '_>, group: &Attached<'d, '_>) -> Vec<&'d str> {
    index
        .of(Owner::Resource(group.role))
        .filter(|reference| group.contains(reference))
        .filter_map(|reference| match reference.target {
            Target::Name(target) => Some(target),
            _ => None,
        })
        .collect()
}

fn reach<'d>(from: &[&'d str], depends: &Dependencies<'d>) -> HashSet<&'d str> {
    let mut open = from.to_vec();
    let mut seen = HashSet::new();
    while let Some(name) = open.pop() {
        if seen.insert(name) {
            open.extend(depends.get(name).into_iter().flatten().copied());
        }
    }
    seen
}
