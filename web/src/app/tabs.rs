//! The tabs of the middle: a list with one stop of the tab key, moved in by arrows.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::{Callback, Html, Properties, function_component, html};

use super::context::{Context, use_page};
use super::view::{Look, Tab};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) tabs: Vec<Tab>,
    pub(crate) current: Tab,
}

#[function_component]
pub(crate) fn Tabs(props: &Props) -> Html {
    let page = use_page();
    let tabs = props.tabs.clone();
    let onkeydown = {
        let view = page.view.clone();
        Callback::from(move |event: KeyboardEvent| {
            // The tab that has the focus, not the one that was drawn last: keys may be faster.
            let id = event.target().and_then(|target| Some(target.dyn_into::<HtmlElement>().ok()?.id()));
            let focused = |tab: &Tab| id.as_deref().and_then(|id| id.strip_prefix("tab-")) == Some(tab.id());
            let at = tabs.iter().position(focused).unwrap_or(0);
            let last = tabs.len().saturating_sub(1);
            let to = match event.key().as_str() {
                "ArrowRight" if at == last => 0,
                "ArrowRight" => at + 1,
                "ArrowLeft" if at == 0 => last,
                "ArrowLeft" => at - 1,
                "Home" => 0,
                "End" => last,
                _ => return,
            };
            event.prevent_default();
            let Some(tab) = tabs.get(to) else { return };
            view.dispatch(Look::At(*tab));
            let element = gloo::utils::document().get_element_by_id(&format!("tab-{}", tab.id()));
            if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
                // What cannot take the focus keeps it where it was.
                let _ = element.focus();
            }
        })
    };
    let tab = |tab: &Tab| {
        let (view, tab) = (page.view.clone(), *tab);
        let current = tab == props.current;
        let label = label(&page, tab);
        let onclick = Callback::from(move |_: web_sys::MouseEvent| view.dispatch(Look::At(tab)));
        html! {
            <button type="button" role="tab" id={format!("tab-{}", tab.id())} aria-selected={current.to_string()}
                aria-controls="panel" tabindex={if current { "0" } else { "-1" }} {onclick}>{ label }</button>
        }
    };
    html! {
        <div role="tablist" aria-label="Views" class="tabs" {onkeydown}>{ for props.tabs.iter().map(tab) }</div>
    }
}

/// Where there is no monolith, its place is that of the earlier release.
pub(crate) fn label(page: &Context, tab: Tab) -> &'static str {
    match tab {
        Tab::Monolith if page.work().monolith.is_none() => "Earlier release",
        tab => tab.label(),
    }
}
