//! Buttons that give a text away: to the clipboard or as a file.

use std::rc::Rc;

use web_sys::MouseEvent;
use yew::platform::spawn_local;
use yew::{Callback, Html, html};

use super::context::Context;
use super::host;

/// Copies a text, and says so.
pub(crate) fn copy_button(page: &Context, label: &'static str, text: Rc<str>) -> Html {
    let say = page.say.clone();
    let onclick = Callback::from(move |_: MouseEvent| {
        let (say, promise) = (say.clone(), host::get().copy(&text));
        spawn_local(async move {
            let copied = wasm_bindgen_futures::JsFuture::from(promise).await.is_ok();
            say.emit(if copied { "copied" } else { "the browser does not let this page copy" }.to_owned());
        });
    });
    html! { <button type="button" class="small" {onclick}>{ label }</button> }
}

/// Gives a text as a file.
pub(crate) fn save_button(label: &'static str, name: &str, text: Rc<str>) -> Html {
    let name = name.to_owned();
    let onclick = Callback::from(move |_: MouseEvent| {
        let kind = if name.ends_with(".html") { "text/html" } else { "application/octet-stream" };
        host::get().download(&name, kind, &text);
    });
    html! { <button type="button" class="small" {onclick}>{ label }</button> }
}
