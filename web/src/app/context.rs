//! What every part of the page is given.

use std::rc::Rc;

use iam_split_core::diagnostic::Source;
use wasm_bindgen::JsCast;
use web_sys::MouseEvent;
use yew::{Callback, Html, UseReducerHandle, hook, html, use_context};

use super::outcome::Outcome;
use super::session::{Change, Session};
use super::view::{Look, View};
use super::work::Work;

/// The work, what came of it, and what is looked at.
#[derive(Clone, PartialEq)]
pub(crate) struct Context {
    pub(crate) session: UseReducerHandle<Session>,
    pub(crate) view: UseReducerHandle<View>,
    pub(crate) outcome: Rc<Outcome>,
    /// Whether the work is another's, opened by a link.
    pub(crate) read_only: bool,
    /// Tells the user something in passing.
    pub(crate) say: Callback<String>,
}

/// The context of the page.
#[hook]
pub(crate) fn use_page() -> Context {
    // Every part stands below `Root`, which provides it.
    #[allow(clippy::expect_used, reason = "a part outside of the page is a fault of the program")]
    use_context::<Context>().expect("a part of the page stands in the page")
}

impl Context {
    pub(crate) fn work(&self) -> &Work {
        &self.session.work
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Work)) {
        let mut work = self.work().clone();
        change(&mut work);
        self.session.dispatch(Change::To(Box::new(work)));
    }

    /// A link to a line of a text.
    pub(crate) fn line(&self, source: Source, line: u32) -> Html {
        self.line_as(source, line, html! { <>{ "line " }{ line }</> })
    }

    /// A link to a line of a text, with other words.
    pub(crate) fn line_as(&self, source: Source, line: u32, words: Html) -> Html {
        let view = self.view.clone();
        let onclick = Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            let href = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let href = href.and_then(|element| element.closest("a").ok().flatten());
            if let Some(hash) = href.and_then(|link| link.get_attribute("href")) {
                replace_hash(&hash);
            }
            view.dispatch(Look::Line(source, line));
        });
        html! { <a class="line" href={place(source, line)} {onclick}>{ words }</a> }
    }

    /// A button that selects a resource.
    pub(crate) fn resource(&self, name: &str) -> Html {
        let (view, wanted): (_, Rc<str>) = (self.view.clone(), name.into());
        let onclick = Callback::from(move |_: MouseEvent| view.dispatch(Look::Select(wanted.clone())));
        html! { <button type="button" class="name" {onclick}>{ name }</button> }
    }
}

/// The number of a line, which goes to it when it is clicked: [`super::code`] listens. Not a link, which
/// would be too small a target; the field beside the text does the same.
pub(crate) fn number(source: Source, line: u32) -> Html {
    html! { <span class="line" data-line={place(source, line)}>{ line }</span> }
}

/// The address of a line within the page.
pub(crate) fn place(source: Source, line: u32) -> String {
    format!("#{}:{line}", super::view::Tab::of(source).id())
}

/// The line that an address means.
pub(crate) fn of_place(hash: &str) -> Option<(Source, u32)> {
    let (tab, line) = hash.strip_prefix('#')?.split_once(':')?;
    let sources = [Source::Template, Source::Config, Source::Iam, Source::App];
    let source = sources.into_iter().find(|source| super::view::Tab::of(*source).id() == tab)?;
    Some((source, line.parse().ok()?))
}

/// Shows an address without another entry in the history. That of a shared report stays: a reload would lose it.
pub(crate) fn replace_hash(hash: &str) {
    let now = gloo::utils::window().location().hash().unwrap_or_default();
    if now.starts_with(super::share::MARK) {
        return;
    }
    if let Ok(history) = gloo::utils::window().history() {
        // A page that may not change its address works the same.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(hash));
    }
}
