//! The bar at the top: what is open, how it stands, and what can be done with the whole.

use js_sys::Array;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, MouseEvent};
use yew::platform::spawn_local;
use yew::{Callback, Html, Properties, classes, function_component, html, use_node_ref};

use super::context::{Context, use_page};
use super::files::Intake;
use super::host;
use super::session::Change;
use super::share::Share;
use super::words::tone;

#[derive(Properties, PartialEq)]
pub(crate) struct OpenProps {
    pub(crate) label: &'static str,
}

/// A button that opens files.
#[function_component]
pub(crate) fn Open(props: &OpenProps) -> Html {
    let page = use_page();
    let input = use_node_ref();
    let onchange = {
        let intake = Intake::of(&page);
        Callback::from(move |event: Event| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(input) = input {
                if let Some(files) = input.files() {
                    intake.files(&files);
                }
                // The same file can be opened again.
                input.set_value("");
            }
        })
    };
    let onclick = {
        let input = input.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.click();
            }
        })
    };
    html! {
        <>
            <input type="file" multiple=true hidden=true ref={input} {onchange} aria-label="Files to open" accept=".yaml,.yml,.json,.template,.txt" />
            <button type="button" {onclick}>{ props.label }</button>
        </>
    }
}

/// Both templates and the configuration as one archive.
fn archive(page: &Context) {
    let outcome = &page.outcome;
    let files = Array::new();
    let add = |name: &str, text: &str| {
        files.push(&Array::of2(&name.into(), &text.into()));
    };
    add(&outcome.names.iam, &outcome.iam.text);
    add(&outcome.names.app, &outcome.app.text);
    if let Some(config) = &page.work().config {
        add(&config.name, &config.text);
    }
    let stem = page.work().monolith.as_ref().map_or("pair", |file| file.stem()).to_owned();
    let promise = host::get().zip(&format!("{stem}-split.zip"), &files);
    let say = page.say.clone();
    spawn_local(async move {
        if wasm_bindgen_futures::JsFuture::from(promise).await.is_err() {
            say.emit("the archive could not be made".to_owned());
        }
    });
}

/// How the work stands, in a few words.
fn verdict(page: &Context) -> Html {
    let outcome = &page.outcome;
    let errors = outcome.errors();
    let plural = if errors == 1 { "" } else { "s" };
    if let Some(validation) = &outcome.validation {
        let tone = tone(validation.verdict());
        return html! { <span class={classes!("verdict", tone)} aria-live="polite">{ validation.headline() }</span> };
    }
    if page.work().iam.is_some() {
        let (tone, words) = match &outcome.release {
            _ if errors > 0 => ("bad", format!("unreadable: {errors} error{plural}")),
            Some(diff) => (super::release::tone(diff.release.verdict), diff.headline()),
            None => ("dim", outcome.roles().headline.clone()),
        };
        return html! { <span class={classes!("verdict", tone)} aria-live="polite">{ words }</span> };
    }
    match &outcome.split {
        Some(_) if outcome.stale => {
            html! { <span class="verdict bad" aria-live="polite">{ format!("refused: {errors} error{plural}; what is shown is the last good result") }</span> }
        }
        Some(split) => {
            let summary = &split.summary;
            // Wider scopes are for someone to look at.
            let tone = if split.headline == "proven" { "good" } else { "warn" };
            html! {
                <span class={classes!("verdict", tone)} aria-live="polite">
                    { format!("{} moved, {} stay; {}", summary.moved.len(), summary.remaining, split.headline) }
                </span>
            }
        }
        None => {
            html! { <span class="verdict bad" aria-live="polite">{ format!("refused: {errors} error{plural}") }</span> }
        }
    }
}

#[function_component]
pub(crate) fn Header() -> Html {
    let page = use_page();
    let button = |label: &'static str, enabled: bool, onclick: Callback<MouseEvent>| {
        html! { <button type="button" disabled={!enabled} {onclick}>{ label }</button> }
    };
    let dispatch = |change: fn() -> Change| {
        let session = page.session.clone();
        Callback::from(move |_: MouseEvent| session.dispatch(change()))
    };
    let with_page = |act: fn(&Context)| {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| act(&page))
    };
    let names: Vec<&str> = match &page.work().pair {
        Some((iam, app)) => vec![&iam.name, &app.name],
        None => {
            let work = page.work();
            let alone = work.old.iter().chain(&work.iam).filter(|_| work.iam.is_some());
            work.monolith.iter().chain(alone).map(|file| &*file.name).collect()
        }
    };
    let empty = page.work().is_empty();
    html! {
        <header class="bar">
            if empty { <strong class="brand">{ "iam-split" }</strong> }
            else {
                <h1 class="brand">{ "iam-split" }</h1>
                <span class="names">{ names.join(" and ") }</span>
                { verdict(&page) }
            }
            <span class="actions">
                if page.read_only {
                    { button("Save both", page.outcome.has_result(), with_page(archive)) }
                } else if !empty {
                    <Open label="Open…" />
                    { button("Undo", page.session.can_undo(), dispatch(|| Change::Undo)) }
                    { button("Redo", page.session.can_redo(), dispatch(|| Change::Redo)) }
                    { button("Save both", page.outcome.has_result(), with_page(archive)) }
                    <Share />
                    { button("Clear", true, dispatch(|| Change::To(Box::default()))) }
                } else if page.session.can_undo() {
                    { button("Undo", true, dispatch(|| Change::Undo)) }
                }
            </span>
        </header>
    }
}
