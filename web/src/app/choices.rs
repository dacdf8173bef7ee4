//! What a person ticks, as a configuration that says the same.

use iam_split_core::api::reconfigure;
use iam_split_core::config::{Config, Resolution};
use iam_split_core::survey::{Movable, Surveyed};

use super::context::Context;
use super::work::TextFile;

fn write(page: &Context, wanted: &Config, selects: bool) {
    let before = page.work().config.clone().unwrap_or_else(|| TextFile::new("config.yaml", ""));
    let text = reconfigure(&before.text, wanted, selects);
    page.change(|work| work.config = Some(TextFile { name: before.name, text: text.into() }));
}

/// Selects resources or leaves them with the application.
pub(crate) fn select(page: &Context, which: impl Fn(&Surveyed) -> bool, moves: bool) {
    let mut wanted = page.outcome.wanted.clone();
    let all = &page.outcome.survey.resources;
    let chosen = |resource: &&Surveyed| if which(resource) { moves } else { resource.selected };
    let names = |kind: &str| -> Vec<String> {
        let of_kind = all.iter().filter(|resource| resource.kind == kind).filter(chosen);
        of_kind.map(|resource| resource.name.clone()).collect()
    };
    // Names that this template does not have stay: the configuration may serve several.
    let known = |name: &String| all.iter().any(|resource| resource.name == *name);
    let extraction = &mut wanted.extraction;
    for (list, kind) in
        [(&mut extraction.roles, "AWS::IAM::Role"), (&mut extraction.policies, "AWS::IAM::ManagedPolicy")]
    {
        let kept = list.iter().filter(|name| !known(name)).cloned().collect::<Vec<_>>();
        *list = names(kind).into_iter().chain(kept).collect();
    }
    let listed = |name: &String| extraction.roles.contains(name) || extraction.policies.contains(name);
    extraction.exclude_policies.retain(|name| !listed(name));
    if page.work().all_iam {
        // All types move but what is excluded.
        let movable = all.iter().filter(|resource| resource.movable != Movable::Never);
        for resource in movable.filter(|resource| !chosen(resource)) {
            if !extraction.exclude_policies.contains(&resource.name) {
                extraction.exclude_policies.push(resource.name.clone());
            }
        }
        let moves = |name: &String| all.iter().any(|resource| resource.name == *name && chosen(&resource));
        extraction.exclude_policies.retain(|name| !moves(name));
    }
    write(page, &wanted, true);
}

/// Permits a resolution to one resource; `None` gives it the order that all have.
pub(crate) fn resolve(page: &Context, name: &str, resolution: Option<Resolution>) {
    let mut wanted = page.outcome.wanted.clone();
    match resolution {
        Some(resolution) => drop(wanted.resolution.resources.insert(name.to_owned(), vec![resolution])),
        None => drop(wanted.resolution.resources.remove(name)),
    }
    write(page, &wanted, false);
}

/// The order that all have once a resolution is permitted, or taken back.
pub(crate) fn permitted(page: &Context, resolution: Resolution, permitted: bool) -> Vec<Resolution> {
    let mut order = page.outcome.wanted.resolution.order.clone();
    order.retain(|each| *each != resolution && *each != Resolution::Refuse);
    if !order.contains(&Resolution::Exact) {
        order.insert(0, Resolution::Exact);
    }
    if permitted {
        order.push(resolution);
    }
    // From the one that changes least.
    order.sort();
    order
}

/// Permits a resolution to all, after those that are permitted, or takes it back.
pub(crate) fn permit(page: &Context, resolution: Resolution, is_permitted: bool) {
    let mut wanted = page.outcome.wanted.clone();
    wanted.resolution.order = permitted(page, resolution, is_permitted);
    write(page, &wanted, false);
}
