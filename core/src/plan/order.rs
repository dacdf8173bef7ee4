//! Who waits for whom: what waited through something that moved waits still.
//!
//! CloudFormation makes a resource once all that it references, or names in `DependsOn`, is there. Where A references a
//! role and the role a bucket, A waits for the bucket; the role gone, nothing says so any more.

use std::collections::{HashMap, HashSet};

use super::{Attached, Index};
use crate::closure::Closure;
use crate::syntax::Node;
use crate::template::{Call, Owner, Reference, ReferenceKind, Site, Target, Template, call, may_mean, sites};

/// What a resource of the application is made to wait for.
#[derive(Clone, Debug)]
pub struct Wait<'d, 't> {
    /// The resource, or the body of a loop that makes such resources.
    pub site: Site<'d, 't>,
    /// The resource that it waits for: of the application, or a policy that was attached.
    pub on: String,
    /// What moved and was waited for in between.
    pub through: &'d str,
    /// Whether `on` is a policy of the split's own.
    pub attached: bool,
}

/// The waits of a template.
pub struct Waits<'d, 't> {
    sites: Vec<Site<'d, 't>>,
    edges: Vec<Vec<Edge>>,
    closure: Closure,
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    to: usize,
    /// Whether it is there whenever its beginning is.
    solid: bool,
}

impl<'d, 't> Waits<'d, 't> {
    /// The waits of a template, what loops make included. `counts` says which references count.
    #[must_use]
    pub fn new(
        template: &Template<'d, 't>,
        references: &[Reference<'d, 't>],
        counts: &dyn Fn(&Reference<'d, 't>) -> bool,
    ) -> Self {
        let sites = sites(template);
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        let mut by_entry: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, site) in sites.iter().enumerate() {
            if !site.looped {
                by_name.insert(site.name, at);
            }
            by_entry.entry(site.entry).or_default().push(at);
        }
        let mut edges: Vec<Vec<Edge>> = vec![Vec::new(); sites.len()];
        for reference in references.iter().filter(|reference| counts(reference)) {
            // What stands in `Globals` is of every serverless resource of the kind.
            if let (Owner::Section("Globals"), Target::Name(name)) = (reference.owner, reference.target) {
                let Some(to) = by_name.get(name).copied() else { continue };
                let place = reference.via.unwrap_or(reference.node).outer();
                let mut kinds = template.section("Globals").into_iter().flat_map(Node::entries);
                let kind =
                    kinds.find(|(_, value)| value.outer().contains(place)).and_then(|(key, _)| key.as_str());
                for (at, site) in sites.iter().enumerate() {
                    if kind.is_some_and(|kind| site.kind.strip_prefix("AWS::Serverless::") == Some(kind))
                        && let Some(list) = edges.get_mut(at)
                    {
                        list.push(Edge { to, solid: false });
                    }
                }
                continue;
            }
            let Owner::Resource(entry) = reference.owner else { continue };
            let among = by_entry.get(entry).map_or(&[][..], Vec::as_slice);
            let place = reference.via.unwrap_or(reference.node).outer();
            let from = match among {
                [only] => Some(*only),
                many => many
                    .iter()
                    .copied()
                    .find(|at| sites.get(*at).is_some_and(|site| site.value.outer().contains(place))),
            };
            let to = match reference.target {
                Target::Name(name) => by_name.get(name).copied().or_else(|| made(&sites, name)),
                // In one loop the same text is the same name.
                Target::Computed(name) => {
                    among.iter().copied().find(|at| sites.get(*at).is_some_and(|site| site.name == name))
                }
                _ => None,
            };
            if let (Some(from), Some(to)) = (from, to)
                && from != to
                && let (Some(source), Some(target), Some(list)) =
                    (sites.get(from), sites.get(to), edges.get_mut(from))
            {
                let may_be_absent = reference.kind == ReferenceKind::DependsOn
                    && target.condition.is_some()
                    && target.condition != source.condition;
                list.push(Edge { to, solid: !may_be_absent && !is_alternative(reference, source) });
            }
        }
        let closure = closure(&edges, false);
        Self { sites, edges, closure }
    }

    fn targets(&self, of: usize) -> impl Iterator<Item = Edge> + '_ {
        self.edges.get(of).into_iter().flatten().copied()
    }

    /// Whether a resource waits for another, both by their logical ids (in a loop, with its variables).
    #[must_use]
    pub fn waits(&self, name: &str, on: &str) -> bool {
        let at = |name: &str| self.sites.iter().position(|site| site.name == name);
        at(name).zip(at(on)).is_some_and(|(from, to)| self.closure.leads(from, to))
    }
}

/// What leads where; `solid`: in every world in which the beginning exists.
fn closure(edges: &[Vec<Edge>], solid: bool) -> Closure {
    let kept =
        |list: &Vec<Edge>| list.iter().filter(|edge| edge.solid || !solid).map(|edge| edge.to).collect();
    Closure::of(&edges.iter().map(kept).collect::<Vec<_>>())
}

/// The one declaration in a loop that makes a name.
fn made(sites: &[Site<'_, '_>], name: &str) -> Option<usize> {
    let mut all = sites.iter().enumerate().filter(|(_, site)| site.looped && may_mean(site.name, name));
    all.next().map(|(at, _)| at).filter(|_| all.next().is_none())
}

/// Whether a reference stands in a branch of `Fn::If`.
fn is_alternative(reference: &Reference<'_, '_>, site: &Site<'_, '_>) -> bool {
    let mut at = reference.via.unwrap_or(reference.node);
    while let Some(parent) = at.parent().filter(|_| at != site.value) {
        let is_if = |call: Call<'_, '_>| call.name == "If";
        if call(parent).is_some_and(is_if) {
            return true;
        }
        at = parent;
    }
    false
}

/// Finds what must be said to wait: for the application resources that something moved waited for, and for the policies
/// whose statements went to the application. Nothing is said where a path remains.
pub(super) fn waits<'d, 't>(
    template: &Template<'d, 't>,
    index: &Index<'d, 't>,
    is_moved: &dyn Fn(&str) -> bool,
    attached: &mut [Attached<'d, 't>],
) -> Vec<Wait<'d, 't>> {
    // What goes with its statement is the policy's, not the role's.
    let held: Vec<Vec<&Reference<'d, 't>>> = attached
        .iter()
        .map(|group| {
            index.of(Owner::Resource(group.role)).filter(|reference| group.contains(reference)).collect()
        })
        .collect();
    let stays = |reference: &Reference<'d, 't>| {
        !held.iter().flatten().any(|other| other.node == reference.node && other.place == reference.place)
    };
    let whole = Waits::new(template, &index.references, &stays);
    let count = whole.sites.len();
    let name_of = |at: usize| whole.sites.get(at).map_or("", |site| site.name);
    let moved: Vec<bool> = whole.sites.iter().map(|site| !site.looped && is_moved(site.name)).collect();
    let has_moved = |at: usize| moved.get(at).copied().unwrap_or(false);
    // The application's own waits, and after its resources the policies.
    let mut app: Vec<Vec<Edge>> = vec![Vec::new(); count + attached.len()];
    for at in (0..count).filter(|at| !has_moved(*at)) {
        if let Some(list) = app.get_mut(at) {
            list.extend(whole.targets(at).filter(|edge| !has_moved(edge.to)));
        }
    }
    let site_of = |name: &str| whole.sites.iter().position(|site| !site.looped && site.name == name);
    for (at, references) in held.iter().enumerate() {
        for reference in references {
            if let Target::Name(name) = reference.target
                && let Some(to) = site_of(name).filter(|to| !has_moved(*to))
                && let Some(list) = app.get_mut(count + at)
            {
                list.push(Edge { to, solid: true });
            }
        }
    }
    let leads = closure(&app, false);
    let mut needs: Vec<(usize, usize, &'d str)> = Vec::new();
    let mut is_known = HashSet::new();
    for at in (0..count).filter(|at| !has_moved(*at)) {
        let mut seen = vec![false; count];
        let mut open: Vec<usize> =
            whole.targets(at).map(|edge| edge.to).filter(|to| has_moved(*to)).collect();
        while let Some(through) = open.pop() {
            if std::mem::replace(seen.get_mut(through).unwrap_or(&mut true), true) {
                continue;
            }
            let policies = attached.iter().enumerate().filter(|(_, group)| group.role == name_of(through));
            let policies = policies.map(|(policy, _)| count + policy);
            let kept = whole.targets(through).map(|edge| edge.to).filter(|to| !has_moved(*to) && *to != at);
            for on in kept.chain(policies) {
                // In a circle, which the split opens, nothing came first.
                let is_circle = on < count && whole.closure.leads(on, at);
                if !is_circle
                    && is_known.insert((at, on))
                    && let Some(site) = whole.sites.get(through)
                {
                    needs.push((at, on, site.name));
                }
            }
            open.extend(whole.targets(through).map(|edge| edge.to).filter(|to| has_moved(*to)));
        }
    }
    // What a policy or a resource needs itself cannot wait for it: such a monolith has a circle, which the split opens.
    // What maps events to a function can still wait for the policy.
    let (needs, circles): (Vec<_>, Vec<_>) =
        needs.into_iter().partition(|(from, on, _)| !leads.leads(*on, *from));
    let mut needs = needs;
    for (from, on, through) in circles.into_iter().filter(|(_, on, _)| *on >= count) {
        for (at, site) in whole.sites.iter().enumerate() {
            let waits = site.kind == "AWS::Lambda::EventSourceMapping"
                && app.get(at).into_iter().flatten().any(|edge| edge.to == from)
                && !leads.leads(on, at);
            if waits && is_known.insert((at, on)) {
                needs.push((at, on, through));
            }
        }
    }
    // With all of them in place, one is not needed where another way leads.
    for (from, on, _) in &needs {
        if let Some(list) = app.get_mut(*from) {
            list.push(Edge { to: *on, solid: true });
        }
    }
    let leads = closure(&app, true);
    let mut result = Vec::new();
    for (from, on, through) in needs {
        let mut others = app.get(from).into_iter().flatten().filter(|edge| edge.solid && edge.to != on);
        let direct = whole.targets(from).any(|edge| edge.solid && edge.to == on);
        if direct || others.any(|edge| leads.leads(edge.to, on)) {
            continue;
        }
        let Some(site) = whole.sites.get(from) else { continue };
        let policy = on.checked_sub(count).and_then(|policy| attached.get_mut(policy));
        let is_policy = policy.is_some();
        let name = match policy {
            Some(group) => {
                group.consumers.push(site.name);
                group.name.clone()
            }
            None => name_of(on).to_owned(),
        };
        result.push(Wait { site: *site, on: name, through, attached: is_policy });
    }
    result
}
