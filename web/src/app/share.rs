//! A link that holds the report in its fragment, which no server ever sees.

use std::rc::Rc;

use iam_split_core::report::{Format, Report};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, HtmlDialogElement, HtmlInputElement, MouseEvent};
use yew::platform::spawn_local;
use yew::{Callback, Html, function_component, html, use_effect_with, use_node_ref, use_state};

use super::context::use_page;
use super::host;
use super::review::report;
use super::save::copy_button;
use super::work::{Work, without_secrets};

/// What a fragment begins with.
pub(crate) const MARK: &str = "#report=";
/// Chats and mail programs cut longer links.
const LONG: usize = 32 * 1024;

/// What a link holds.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Shared {
    /// The version of this form.
    pub(crate) version: u32,
    /// The report.
    pub(crate) report: Report,
    /// The texts, where the one who shares wants them seen.
    pub(crate) work: Option<Work>,
}

/// Reads what a fragment holds; `None` where it is no link of ours.
pub(crate) async fn read(fragment: &str) -> Option<Result<Shared, String>> {
    let packed = fragment.strip_prefix(MARK)?;
    let text = JsFuture::from(host::get().unpack(packed)).await;
    let text = text.ok().and_then(|text| text.as_string());
    let shared = text.and_then(|text| serde_json::from_str::<Shared>(&text).ok());
    Some(shared.filter(|shared| shared.version == 1).ok_or_else(|| {
        "The link cannot be read: it was cut on its way, or a newer iam-split made it. Ask for the report as a file."
            .to_owned()
    }))
}

async fn link(shared: &Shared) -> Option<String> {
    let text = serde_json::to_string(shared).ok()?;
    let packed = JsFuture::from(host::get().pack(&text)).await.ok()?.as_string()?;
    let href = gloo::utils::window().location().href().ok()?;
    let page = href.split('#').next().unwrap_or_default();
    Some(format!("{page}{MARK}{packed}"))
}

/// The button, and the dialog that it opens.
#[function_component]
pub(crate) fn Share() -> Html {
    let page = use_page();
    let dialog = use_node_ref();
    let open = use_state(|| false);
    let with_texts = use_state(|| false);
    let made = use_state(|| None::<Rc<str>>);
    {
        let (made, page) = (made.clone(), page.clone());
        use_effect_with((*open, *with_texts, page.work().clone()), move |(open, with_texts, _)| {
            made.set(None);
            if *open {
                let shared = Shared {
                    version: 1,
                    report: report(&page),
                    work: with_texts.then(|| without_secrets(page.work())),
                };
                spawn_local(async move {
                    made.set(link(&shared).await.map(Rc::from));
                });
            }
        });
    }
    let onclick = {
        let (dialog, open) = (dialog.clone(), open.clone());
        Callback::from(move |_: MouseEvent| {
            open.set(true);
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                // One that is open already stays so.
                let _ = dialog.show_modal();
            }
        })
    };
    let onclose = {
        let open = open.clone();
        Callback::from(move |_: Event| open.set(false))
    };
    let close = {
        let dialog = dialog.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        })
    };
    let onchange = {
        let with_texts = with_texts.clone();
        Callback::from(move |event: Event| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(input) = input {
                with_texts.set(input.checked());
            }
        })
    };
    let file = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            let text = report(&page).render(Format::Html);
            host::get().download("report.html", "text/html", &text);
        })
    };
    let size = made.as_ref().map_or(0, |link| link.len());
    html! {
        <>
            <button type="button" disabled={!page.outcome.has_result()} {onclick}>{ "Share…" }</button>
            <dialog ref={dialog} {onclose} aria-labelledby="share-title">
                <h2 id="share-title">{ "Share the report" }</h2>
                <p>{ "The link holds the report itself, compressed, behind its " }<code>{ "#" }</code>{ ": a browser sends that part to no server. Whoever has the link reads the report." }</p>
                <label><input type="checkbox" checked={*with_texts} {onchange} />{ "with the text of the template and the configuration" }</label>
                if *with_texts { <p class="dim">{ "Defaults of " }<code>{ "NoEcho" }</code>{ " parameters are struck out of it." }</p> }
                if let Some(link) = &*made {
                    <p>
                        <label class="wide" for="share-link">{ format!("Link, {}.{} KB", size / 1024, size % 1024 * 10 / 1024) }</label>
                        <input id="share-link" type="text" readonly=true value={link.to_string()} />
                    </p>
                    if size > LONG {
                        <p class="warn">{ "Longer than 32 KB: chats and mail programs may cut it. Send the file instead." }</p>
                    }
                    { copy_button(&page, "Copy link", link.clone()) }
                } else {
                    <p class="dim">{ "…" }</p>
                }
                { " " }<button type="button" class="small" onclick={file}>{ "Save as a file (.html)" }</button>
                { " " }<button type="button" class="small" onclick={close}>{ "Close" }</button>
            </dialog>
        </>
    }
}
