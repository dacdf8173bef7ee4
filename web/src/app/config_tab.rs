//! The configuration, to be written by hand as well, and the command that does the same.

use gloo::timers::callback::Timeout;
use iam_split_core::diagnostic::Source;
use wasm_bindgen::JsCast;
use web_sys::{HtmlTextAreaElement, InputEvent, MouseEvent};
use yew::{Callback, Html, function_component, html, use_effect_with, use_mut_ref, use_node_ref, use_state};

use super::command::command;
use super::context::use_page;
use super::save::{copy_button, save_button};
use super::work::TextFile;

/// Typing goes on undisturbed: the work is done after a pause of so many milliseconds.
const PAUSE: u32 = 350;

#[function_component]
pub(crate) fn ConfigTab() -> Html {
    let page = use_page();
    let area = use_node_ref();
    let given = page.work().config.as_ref().map_or("", |file| &*file.text).to_owned();
    let draft = use_state(|| given.clone());
    let waiting = use_mut_ref(|| None::<Timeout>);
    {
        let draft = draft.clone();
        use_effect_with(given.clone(), move |given| draft.set(given.clone()));
    }
    {
        let (area, jump) = (area.clone(), page.view.jump.filter(|jump| jump.source == Source::Config));
        use_effect_with(jump, move |jump| {
            let (Some(area), Some(jump)) = (area.cast::<HtmlTextAreaElement>(), jump) else { return };
            let lines = super::lines::Lines::new(area.value().into());
            let at = (jump.line as usize).saturating_sub(1);
            let units =
                |offset: usize| lines.text.get(..offset).map_or(0, |text| text.encode_utf16().count());
            let start = u32::try_from(units(lines.start(at))).unwrap_or(0);
            let end = u32::try_from(units(lines.start(at) + lines.line(at).len())).unwrap_or(start);
            // A field that cannot be focused has no selection to show.
            let _ = area.focus();
            let _ = area.set_selection_range(start, end);
        });
    }
    let oninput = {
        let (page, draft, waiting) = (page.clone(), draft.clone(), waiting.clone());
        Callback::from(move |event: InputEvent| {
            let area = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
            let Some(text) = area.map(|area| area.value()) else { return };
            draft.set(text.clone());
            let page = page.clone();
            *waiting.borrow_mut() = Some(Timeout::new(PAUSE, move || {
                page.change(|work| {
                    let name = work.config.as_ref().map_or("config.yaml", |file| &*file.name).to_owned();
                    work.config = (!text.is_empty()).then(|| TextFile::new(&name, &text));
                });
            }));
        })
    };
    let start = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            let text = page.work().monolith.as_ref().map(|file| iam_split_core::api::init(&file.text));
            if let Some(Ok(text)) = text {
                page.change(|work| work.config = Some(TextFile::new("config.yaml", &text)));
            }
        })
    };
    let line = command(page.work());
    let name = page.work().config.as_ref().map_or("config.yaml", |file| &*file.name).to_owned();
    html! {
        <div class="page" tabindex="0" role="region" aria-label="Configuration">
            <h2>{ "The command that does the same" }</h2>
            <div class="command"><code>{ &line }</code>{ copy_button(&page, "Copy command", line.as_str().into()) }</div>
            <div class="head">
                <h2><label for="config">{ &name }</label></h2>
                <span>
                    if given.is_empty() && !page.read_only && page.work().pair.is_none() { <button type="button" onclick={start}>{ "Begin with all that can move" }</button> }
                    { copy_button(&page, "Copy", given.as_str().into()) }
                    { save_button("Save", &name, given.as_str().into()) }
                </span>
            </div>
            <p class="dim">{ "Ticks and choices write it; what you write counts the same. Without it every role and managed policy moves." }</p>
            <textarea id="config" ref={area} class="editor" spellcheck="false" rows="24" readonly={page.read_only} value={(*draft).clone()} {oninput} />
        </div>
    }
}
