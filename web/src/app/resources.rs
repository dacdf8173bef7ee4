//! The IAM resources: which move, who uses them, what they cross for, and how that is resolved.

use std::collections::{BTreeMap, HashSet};

use iam_split_core::config::Resolution;
use iam_split_core::diagnostic::{Severity, Source};
use iam_split_core::survey::{Movable, Surveyed};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, MouseEvent};
use yew::{Callback, Html, classes, function_component, html};

use super::choices;
use super::context::{Context, use_page};
use super::outcome::Outcome;
use super::parts::Parts;
use super::view::Look;

/// What the list says of a resource.
struct Facts<'o> {
    resource: &'o Surveyed,
    uses: usize,
    /// References to the application, by how they are resolved.
    crossings: BTreeMap<&'static str, usize>,
    errors: usize,
    stays: bool,
}

fn facts<'o>(outcome: &'o Outcome, resource: &'o Surveyed, moving: &HashSet<&str>) -> Facts<'o> {
    let survey = &outcome.survey;
    let moves = |name: &str| moving.contains(name);
    let uses =
        survey.references.iter().filter(|each| each.target == resource.name && !moves(&each.owner)).count();
    let mut crossings = BTreeMap::new();
    match outcome.split.as_ref().filter(|_| !outcome.stale) {
        Some(split) => {
            for bridge in split.summary.bridges.iter().filter(|bridge| bridge.resource == resource.name) {
                *crossings.entry(bridge.resolution.name()).or_insert(0) += 1;
            }
        }
        None => {
            let crossing = survey.references.iter().filter(|each| {
                each.owner == resource.name
                    && !each.of_output
                    && each.how != "DependsOn"
                    && !moves(&each.target)
            });
            let crossing = crossing.count();
            if crossing > 0 && resource.selected {
                crossings.insert("references", crossing);
            }
        }
    }
    let inside = |line: u32| (resource.line..=resource.last_line).contains(&line);
    let errors = outcome.findings.iter().filter(|finding| {
        finding.severity == Severity::Error
            && finding
                .places
                .first()
                .is_some_and(|place| place.source == Source::Template && inside(place.line))
    });
    let stays = outcome
        .split
        .as_ref()
        .is_some_and(|split| split.summary.kept.iter().any(|kept| kept.name == resource.name));
    Facts { resource, uses, crossings, errors: errors.count(), stays }
}

/// The choice of a resolution for one resource.
pub(crate) fn choice(page: &Context, name: &str) -> Html {
    let own = page.outcome.wanted.resolution.resources.get(name);
    let single = own.and_then(|order| if let [one] = order.as_slice() { Some(*one) } else { None });
    let onchange = {
        let (page, name) = (page.clone(), name.to_owned());
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
            let Some(value) = select.map(|select| select.value()) else { return };
            if value == "own" {
                return;
            }
            choices::resolve(&page, &name, Resolution::ALL.into_iter().find(|each| each.name() == value));
        })
    };
    let several = own
        .filter(|order| order.len() != 1)
        .map(|order| order.iter().map(|each| each.name()).collect::<Vec<_>>().join(", "));
    html! {
        <select aria-label={format!("Resolution for {name}")} disabled={page.read_only} {onchange}>
            <option value="" selected={own.is_none()}>{ "default" }</option>
            if let Some(several) = several { <option value="own" selected=true>{ several }</option> }
            { for Resolution::ALL.into_iter().map(|each| html! {
                <option value={each.name()} selected={single == Some(each)}>{ each.name() }</option>
            }) }
        </select>
    }
}

fn row(page: &Context, facts: &Facts<'_>) -> Html {
    let resource = facts.resource;
    let name = resource.name.clone();
    let can_move = resource.movable == Movable::ByDefault
        || (resource.movable == Movable::WithAllIam && page.work().all_iam);
    let onchange = {
        let (page, name) = (page.clone(), name.clone());
        Callback::from(move |event: Event| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(input) = input {
                choices::select(&page, |resource| resource.name == name, input.checked());
            }
        })
    };
    let onclick = {
        let (view, name) = (page.view.clone(), std::rc::Rc::from(name.as_str()));
        Callback::from(move |_: MouseEvent| view.dispatch(Look::Select(std::rc::Rc::clone(&name))))
    };
    let selected = page.view.selected.as_deref() == Some(&*name);
    let kind = resource.kind.strip_prefix("AWS::IAM::").unwrap_or(&resource.kind);
    // What was chosen stays to be chosen again.
    let own = page.outcome.wanted.resolution.resources.contains_key(&name);
    let crossings: Vec<String> =
        facts.crossings.iter().map(|(how, count)| format!("{count} {how}")).collect();
    html! {
        <li key={name.clone()} class={classes!(selected.then_some("selected"))}>
            <input type="checkbox" aria-label={format!("Move {name}")} checked={resource.selected} disabled={!can_move || page.read_only} {onchange} />
            <button type="button" class="name" aria-pressed={selected.to_string()} {onclick}>{ &name }</button>
            if resource.selected && (own || !crossings.is_empty() || facts.errors > 0 || facts.stays) { { choice(page, &name) } }
            <span class="dim facts">
                { kind }{ ", " }
                { page.line(Source::Template, resource.line) }
                { match facts.uses { 0 => ", not used".to_owned(), uses => format!(", used {uses}×") } }
                if !crossings.is_empty() { { ", crosses: " }{ crossings.join(", ") } }
                if facts.stays { <span class="warn">{ ", stays" }</span> }
                if facts.errors > 0 { <span class="bad">{ format!(", {} unresolved", facts.errors) }</span> }
            </span>
        </li>
    }
}

/// Which resolutions all resources may use.
fn permitted(page: &Context) -> Html {
    let order = &page.outcome.wanted.resolution.order;
    let refused = order.contains(&Resolution::Refuse);
    let chip = |resolution: Resolution, what: &'static str| {
        let checked = order.contains(&resolution) || (resolution == Resolution::Exact && !refused);
        let onchange = {
            let page = page.clone();
            Callback::from(move |event: Event| {
                let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
                if let Some(input) = input {
                    choices::permit(&page, resolution, input.checked());
                }
            })
        };
        html! {
            <label title={what}>
                <input type="checkbox" {checked} disabled={resolution == Resolution::Exact || page.read_only} {onchange} />
                { resolution.name() }
            </label>
        }
    };
    html! {
        <fieldset class="permitted">
            <legend>{ "A reference to the application may become" }</legend>
            { chip(Resolution::Exact, "its explicit name: nothing changes") }
            { chip(Resolution::Pattern, "a pattern of its generated name: the scope widens") }
            { chip(Resolution::TwoPhase, "a value that comes once the application stands") }
            { chip(Resolution::Attach, "a statement in the application template") }
            { chip(Resolution::Keep, "a reason for the resource to stay") }
        </fieldset>
    }
}

#[function_component]
pub(crate) fn Resources() -> Html {
    let page = use_page();
    let survey = &page.outcome.survey;
    let chosen: HashSet<&str> =
        survey.resources.iter().filter(|each| each.selected).map(|each| each.name.as_str()).collect();
    let shown: Vec<Facts<'_>> = survey
        .resources
        .iter()
        .filter(|resource| resource.movable != Movable::Never)
        .map(|resource| facts(&page.outcome, resource, &chosen))
        .collect();
    let option = |label: &'static str, checked: bool, set: fn(&mut super::work::Work, bool)| {
        let onchange = {
            let page = page.clone();
            Callback::from(move |event: Event| {
                let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
                if let Some(input) = input {
                    page.change(|work| set(work, input.checked()));
                }
            })
        };
        html! { <label><input type="checkbox" {checked} disabled={page.read_only} {onchange} />{ label }</label> }
    };
    let read_only = page.read_only;
    let all = |label: &'static str, moves: bool| {
        let page = page.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            let all_iam = page.work().all_iam;
            choices::select(
                &page,
                |resource| {
                    resource.movable == Movable::ByDefault
                        || (all_iam && resource.movable == Movable::WithAllIam)
                },
                moves,
            );
        });
        html! { <button type="button" class="small" disabled={read_only} {onclick}>{ label }</button> }
    };
    let moving = shown.iter().filter(|facts| facts.resource.selected).count();
    html! {
        <nav class="resources" aria-label="Resources">
            <Parts />
            <div class="head">
                <h2>{ format!("IAM resources, {moving} of {} move", shown.len()) }</h2>
                <span>{ all("All", true) }{ all("None", false) }</span>
            </div>
            { permitted(&page) }
            <div class="options">
                { option("all IAM types", page.work().all_iam, |work, on| work.all_iam = on) }
                { option("allow missing names", page.work().allow_missing, |work, on| work.allow_missing = on) }
            </div>
            <ul>{ for shown.iter().map(|facts| row(&page, facts)) }</ul>
        </nav>
    }
}
