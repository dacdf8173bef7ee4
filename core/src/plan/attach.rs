//! Attach: inline statements of a role that need the application go there, as a `RolePolicy`.

use std::collections::HashSet;

use super::identity::{keys, never_same, texts};
use crate::expression::{Expr, lower};
use crate::facts::values_at;
use crate::syntax::{Kind, Node};
use crate::template::{Owner, Reference, Resource, Template, call, is_made};
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
    /// The name of the policy: free among the role's, and no longer than IAM admits.
    pub policy_name: Expr,
    /// The role's name, as the application template comes to it.
    pub role_name: Expr,
    /// Application resources that must wait for the policy, as they did when the role had it.
    pub consumers: Vec<&'d str>,
}

impl Attached<'_, '_> {
    /// Whether a reference of the role stands in what goes to the application.
    pub(super) fn contains(&self, reference: &Reference<'_, '_>) -> bool {
        let place = reference.node.outer();
        (self.whole && self.policy.outer().contains(place))
            || self.items.iter().any(|item| item.outer().contains(place))
    }
}

/// The inline statement that a reference stands in, where it can be taken out as a whole; otherwise why not.
pub(super) fn inline_statement<'d, 't>(
    template: &Template<'d, 't>,
    resource: &Resource<'d, 't>,
    reference: &Reference<'d, 't>,
) -> Result<Statement<'d, 't>, String> {
    let statement = statement_of(template, resource, reference).ok_or(
        "only inline statements of a role that allow can be attached, where neither policy nor statement is behind `Fn::If`, an anchor or an alias, and a statement remains on every condition",
    )?;
    // Which of the policy's statements go is not known yet: whichever, a name has to be free.
    let name = free(&logical_id(resource.name), |name| {
        template.names().any(|known| known == name) || is_made(template, "Resources", name)
    });
    let policy = statement.policy;
    if policy_name(template, (resource.name, policy), is_single(policy), &name, &[]).is_none() {
        return Err(format!(
            "no name is surely free for a policy of `{}`: another one's is computed",
            resource.name
        ));
    }
    Ok(statement)
}

/// Whether a policy has one statement, so that it goes as a whole or not at all.
fn is_single(policy: Node<'_, '_>) -> bool {
    let statement = policy.get("PolicyDocument").and_then(|document| document.get("Statement"));
    statement.is_some_and(|statement| statement.kind() != Kind::Sequence || statement.items().count() == 1)
}

fn statement_of<'d, 't>(
    template: &Template<'d, 't>,
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
        Some(list) => {
            let is_plain = |item: &Node<'d, 't>| plain(*item, Kind::Mapping).is_some();
            let stays = |item: Node<'d, 't>| is_plain(&item) && !refers(template, item);
            if !list.items().all(|item| is_plain(&item)) && !list.items().any(stays) {
                return None;
            }
            list.items().find(holds).filter(is_plain)?
        }
        None => plain(statement, Kind::Mapping)?,
    };
    // What an alias elsewhere stands for would go with the statement.
    let tree = item.document();
    if tree.has_aliases()
        && tree.nodes().any(|node| node.is_anchored() && item.outer().contains(node.outer()))
    {
        return None;
    }
    // While a `Deny` is under way nothing would be denied.
    let allows = item.get("Effect").and_then(Node::literal) == Some("Allow");
    allows.then_some(Statement { role: resource.name, policy, item })
}

/// Whether something refers to a resource of the template: it may go with what it refers to.
fn refers(template: &Template<'_, '_>, node: Node<'_, '_>) -> bool {
    let mut refers = false;
    lower(node).walk(&mut |part| {
        if let Expr::Ref(name) | Expr::GetAtt(name, _) = part {
            refers |= template.resources.contains_key(name.as_str());
        }
    });
    refers
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
        let wanted = logical_id(statement.role);
        let name = free(&wanted, |name| names.contains(name) || is_made(template, "Resources", name));
        names.insert(name.clone());
        groups.push(Attached {
            role: statement.role,
            policy: statement.policy,
            items: vec![statement.item],
            name,
            condition: template.resources.get(statement.role).and_then(|role| role.condition),
            whole: false,
            policy_name: Expr::text(""),
            role_name: Expr::reference(statement.role),
            consumers: Vec::new(),
        });
    }
    for group in &mut groups {
        group.items.sort_by_key(|item| item.span().start);
        let statement = group.policy.get("PolicyDocument").and_then(|document| document.get("Statement"));
        group.whole = statement.is_some_and(|statement| {
            statement.kind() != Kind::Sequence || statement.items().all(|item| group.items.contains(&item))
        });
    }
    let mut given: Vec<(&str, String)> = Vec::new();
    for group in &mut groups {
        let of = (group.role, group.policy);
        let name = policy_name(template, of, group.whole, &group.name, &given);
        group.policy_name = name.unwrap_or_else(|| Expr::text(&group.name));
        given.extend(keys(&group.policy_name).into_iter().map(|key| (group.role, key)));
    }
    groups
}

/// The logical id that an attached policy gets if it is free.
fn logical_id(role: &str) -> String {
    format!("{role}AppPolicy")
}

/// Longest name of a policy. Source: IAM API Reference, `PutRolePolicy`, `PolicyName`.
const LONGEST_NAME: usize = 128;

/// How many numbers are tried behind a name.
const MOST_NUMBERS: usize = 200;

/// The name of the policy in the application: that of the role's policy where all of it goes, otherwise one that surely no
/// other policy of the role has; `None` where the names of others are computed and may be any.
fn policy_name(
    template: &Template<'_, '_>,
    (role, policy): (&str, Node<'_, '_>),
    whole: bool,
    name: &str,
    given: &[(&str, String)],
) -> Option<Expr> {
    let written = policy.get("PolicyName").map(lower);
    let mut is_portable = true;
    written.iter().for_each(|name| {
        name.walk(&mut |expr| match expr {
            Expr::Text(_) | Expr::Plain(_) | Expr::Concat(_) | Expr::List(_) | Expr::Named(..) => {}
            Expr::Ref(name) => {
                is_portable &= name.starts_with("AWS::") || template.parameters.contains_key(name.as_str());
            }
            Expr::Call(name, _) => is_portable &= name == "Join",
            _ => is_portable = false,
        });
    });
    let written = written.filter(|_| is_portable);
    if let Some(name) = written.clone().filter(|_| whole) {
        return Some(name);
    }
    let taken = taken(template, role, policy, whole, given);
    let is_free =
        |name: &Expr| keys(name).iter().all(|name| taken.iter().all(|other| never_same(name, other)));
    let base = match &written {
        Some(Expr::Text(name)) => format!("{name}-app"),
        _ => name.to_owned(),
    };
    let cut = |end: &str| {
        let most = LONGEST_NAME - end.len();
        let kept: String = base.chars().take(most).collect();
        Expr::text(format!("{kept}{end}"))
    };
    let literal = std::iter::once(cut("")).chain((2..MOST_NUMBERS).map(|at| cut(&at.to_string())));
    // Behind a computed name it differs from that one at least.
    let ends = std::iter::once("-app".to_owned()).chain((2..MOST_NUMBERS).map(|at| format!("-app{at}")));
    let computed = ends.filter_map(|end| Some(Expr::concat([written.clone()?, Expr::text(end)])));
    literal.chain(computed).find(is_free)
}

/// The names of the policies that a role has or may have: inline ones, and those of resources of their own.
fn taken(
    template: &Template<'_, '_>,
    role: &str,
    policy: Node<'_, '_>,
    whole: bool,
    given: &[(&str, String)],
) -> HashSet<String> {
    let mut taken: HashSet<String> =
        given.iter().filter(|(other, _)| *other == role).map(|(_, name)| name.clone()).collect();
    let mut add = |node: Option<Node<'_, '_>>| {
        taken.extend(node.into_iter().flat_map(|node| texts(template, node)));
    };
    if let Some(resource) = template.resources.get(role) {
        for other in values_at(resource.declaration.value, &["Properties", "Policies", "*"]) {
            // A policy that goes as a whole leaves its name free.
            if !(whole && other == policy) {
                add(other.get("PolicyName"));
            }
        }
    }
    for resource in template.resources.values() {
        let roles: &[&str] = match resource.kind {
            "AWS::IAM::RolePolicy" => &["Properties", "RoleName"],
            "AWS::IAM::Policy" => &["Properties", "Roles", "*"],
            _ => continue,
        };
        // A reference to another resource names that one alone; anything else may name the role.
        let may_name = |node: &Node<'_, '_>| match lower(*node) {
            Expr::Ref(name) => name == role || !template.resources.contains_key(name.as_str()),
            _ => true,
        };
        if values_at(resource.declaration.value, roles).iter().any(may_name) {
            add(resource.property(&["PolicyName"]));
        }
    }
    taken
}

/// Whether a reference of a moved role goes to the application with its statement.
pub(super) fn holds(attached: &[Attached<'_, '_>], reference: &Reference<'_, '_>) -> bool {
    attached.iter().any(|group| reference.owner == Owner::Resource(group.role) && group.contains(reference))
}
