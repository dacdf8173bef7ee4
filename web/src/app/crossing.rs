//! What crosses from the resources that move to the application, as one card: how many, whose, and what
//! each resolution would leave.

use gloo::timers::callback::Timeout;
use iam_split_core::api::{SplitRequest, errors_left};
use iam_split_core::config::Resolution;
use iam_split_core::text::counted;
use web_sys::MouseEvent;
use yew::{Callback, Html, function_component, html, use_effect_with, use_state};

use super::choices::{permit, permitted};
use super::context::use_page;
use super::permissions::groups;
use super::resources::choice;

/// What can be offered to all, from the one that changes least.
const OFFERED: [Resolution; 4] =
    [Resolution::Pattern, Resolution::TwoPhase, Resolution::Attach, Resolution::Keep];
/// The answer comes first: after so many milliseconds the other ways are tried.
const PAUSE: u32 = 60;

#[function_component]
pub(crate) fn Crossing() -> Html {
    let page = use_page();
    let left = use_state(Vec::<(Resolution, usize)>::new);
    {
        let (page, left) = (page.clone(), left.setter());
        use_effect_with(page.outcome.clone(), move |_| {
            left.set(Vec::new());
            let waiting = Timeout::new(PAUSE, move || {
                let work = page.work();
                let Some(monolith) = &work.monolith else { return };
                let order = &page.outcome.wanted.resolution.order;
                let others = OFFERED.into_iter().filter(|each| !order.contains(each));
                let tried = others.map(|each| {
                    let errors = errors_left(&SplitRequest {
                        template: &monolith.text,
                        config: work.config.as_ref().map(|file| &*file.text),
                        resolve: Some(permitted(&page, each, true)),
                        allow_missing: work.allow_missing,
                        all_iam: work.all_iam,
                        ..SplitRequest::default()
                    });
                    (each, errors)
                });
                left.set(tried.collect());
            });
            move || drop(waiting)
        });
    }
    let survey = &page.outcome.survey;
    let owner = |line: u32| {
        let mut all = survey.resources.iter();
        all.find(|each| (each.line..=each.last_line).contains(&line)).map_or("", |each| each.name.as_str())
    };
    let crossing: Vec<(&str, u32, &str)> = page
        .outcome
        .crossings()
        .filter_map(|finding| finding.places.first())
        .map(|place| (owner(place.line), place.line, place.text.as_str()))
        .collect();
    let all = groups(&crossing, |each| each.0);
    let errors = page.outcome.errors();
    let button = |(resolution, left): &(Resolution, usize)| {
        let (page, resolution) = (page.clone(), *resolution);
        let read_only = page.read_only;
        let words = match left {
            0 => "leaves none".to_owned(),
            left => format!("leaves {left}"),
        };
        let onclick = Callback::from(move |_: MouseEvent| permit(&page, resolution, true));
        html! { <button type="button" disabled={read_only} {onclick}>{ resolution.name() }{ " " }{ words }</button> }
    };
    html! {
        <section class="crossing" aria-label="Crossings">
            <p><strong>{ format!(
                "{} to the application cross from {} that move",
                counted(crossing.len(), "reference"), counted(all.len(), "resource")
            ) }</strong>{ ": the stacks would wait for each other. Let every one become:" }</p>
            <p class="ways">
                { for left.iter().map(button) }
                if left.is_empty() { <span class="dim">{ "…" }</span> }
                <span class="dim">{ format!(" of {}", counted(errors, "error")) }</span>
            </p>
            <details>
                <summary>{ "or one by one" }</summary>
                <ul class="plain">{ for all.iter().map(|(name, each)| html! {
                    <li key={(*name).to_owned()}>
                        { page.resource(name) }{ " " }{ choice(&page, name) }
                        <span class="dim">{ format!(" {}", counted(each.len(), "reference")) }</span>
                    </li>
                }) }</ul>
            </details>
        </section>
    }
}
