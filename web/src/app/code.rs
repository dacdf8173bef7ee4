//! Rows of text of which only those in sight are drawn: a template of 1 MB costs no more than a small one.

use std::rc::Rc;

use iam_split_core::diagnostic::Source;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, MouseEvent};
use yew::{
    Callback, Html, NodeRef, Properties, function_component, html, use_effect_with, use_node_ref, use_state,
};

use super::context::{number, of_place, replace_hash, use_page};
use super::lines::Lines;
use super::view::Look;

/// The height of a row, as in `style.css`.
const ROW: usize = 20;
/// Rows drawn above and below what is in sight.
const MARGIN: usize = 40;
/// Longer lines are cut for display.
const LONGEST: usize = 4000;

/// Something with rows.
pub(crate) trait Rows {
    fn count(&self) -> usize;
    fn row(&self, row: usize) -> Html;
}

/// Rows behind a pointer: the same pointer is the same rows.
#[derive(Clone)]
pub(crate) struct AnyRows(pub(crate) Rc<dyn Rows>);

impl PartialEq for AnyRows {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) rows: AnyRows,
    /// What the region is called.
    pub(crate) label: String,
    /// The row to scroll to, with a number that changes when it is asked for again.
    #[prop_or_default]
    pub(crate) focus: Option<(usize, u32)>,
}

#[function_component]
pub(crate) fn Code(props: &Props) -> Html {
    let node: NodeRef = use_node_ref();
    // The first row in sight, in steps so that not every pixel draws anew, and how many fit.
    let sight = use_state(|| (0usize, 60usize));
    let count = props.rows.0.count();
    {
        let (node, focus) = (node.clone(), props.focus);
        use_effect_with((focus, props.rows.clone()), move |(focus, _)| {
            if let (Some(element), Some((row, _))) = (node.cast::<HtmlElement>(), focus) {
                let top = row.saturating_sub(6) * ROW;
                element.set_scroll_top(i32::try_from(top).unwrap_or(i32::MAX));
            }
        });
    }
    let onscroll = {
        let (node, sight) = (node.clone(), sight.clone());
        Callback::from(move |_: web_sys::Event| {
            let Some(element) = node.cast::<HtmlElement>() else { return };
            let size = |pixels: i32| usize::try_from(pixels).unwrap_or(0) / ROW;
            let now = (size(element.scroll_top()) / 10 * 10, size(element.client_height()) + 10);
            if now != *sight {
                sight.set(now);
            }
        })
    };
    let page = use_page();
    let onclick = {
        let page = page.clone();
        Callback::from(move |event: MouseEvent| {
            let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let address = element.and_then(|element| element.get_attribute("data-line")).unwrap_or_default();
            if let Some((source, line)) = of_place(&address) {
                replace_hash(&address);
                page.view.dispatch(Look::Line(source, line));
            }
        })
    };
    let from = sight.0.saturating_sub(MARGIN).min(count);
    let to = (sight.0 + sight.1 + MARGIN).min(count);
    let space = |rows: usize| html! { <svg class="space" width="1" height={(rows * ROW).to_string()} aria-hidden="true"></svg> };
    html! {
        <div class="code" ref={node} {onscroll} {onclick} tabindex="0" role="region" aria-label={props.label.clone()}>
            <div class="rows">
                { space(from) }
                { for (from..to).map(|row| props.rows.0.row(row)) }
                { space(count.saturating_sub(to)) }
            </div>
        </div>
    }
}

/// A line's text with its comment, keys and tags told apart.
pub(crate) fn painted(line: &str) -> Html {
    let cut = line.char_indices().nth(LONGEST).map(|(at, _)| at);
    let shown = cut.and_then(|at| line.get(..at)).unwrap_or(line);
    let more = cut.map(|at| {
        let rest = line.get(at..).map_or(0, |rest| rest.chars().count());
        html! { <span class="dim">{ format!(" … {rest} more characters") }</span> }
    });
    let indent = shown.len() - shown.trim_start().len();
    let (space, body) = shown.split_at_checked(indent).unwrap_or(("", shown));
    if body.starts_with('#') {
        return html! { <span class="text"><i>{ shown }</i>{ more }</span> };
    }
    let (code, comment) = match body.find(" #") {
        Some(at) => body.split_at_checked(at).unwrap_or((body, "")),
        None => (body, ""),
    };
    let key_end = code.find(": ").map(|at| at + 1).or_else(|| code.ends_with(':').then_some(code.len()));
    let key_end = key_end.filter(|end| {
        let key = code.get(..*end).unwrap_or_default();
        key.len() < 80 && !key.starts_with('!') && !key.contains(' ')
            || key.starts_with("- ") && key.len() < 80
    });
    let (key, value) = code.split_at_checked(key_end.unwrap_or(0)).unwrap_or(("", code));
    html! {
        <span class="text">
            { space }<b>{ key }</b>{ tagged(value) }
            if !comment.is_empty() { <i>{ comment }</i> }
            { more }
        </span>
    }
}

/// A value with its tag told apart.
fn tagged(value: &str) -> Html {
    let Some(at) = value
        .find('!')
        .filter(|at| value.get(..*at).is_some_and(|before| before.trim_matches([' ', '-']).is_empty()))
    else {
        return html! { { value } };
    };
    let (before, rest) = value.split_at_checked(at).unwrap_or((value, ""));
    let end = rest.find([' ', ',']).unwrap_or(rest.len());
    let (tag, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    html! { <>{ before }<em>{ tag }</em>{ rest }</> }
}

/// A whole text, with a link at each line's number and marked lines.
pub(crate) struct Text {
    pub(crate) lines: Lines,
    pub(crate) source: Source,
    /// Lines (from 1) with a class each.
    pub(crate) marks: Vec<(u32, &'static str)>,
}

impl Rows for Text {
    fn count(&self) -> usize {
        self.lines.count()
    }

    fn row(&self, row: usize) -> Html {
        let line = u32::try_from(row + 1).unwrap_or(u32::MAX);
        let mark = self.marks.iter().find(|(marked, _)| *marked == line).map(|(_, class)| *class);
        html! {
            <div key={row} class={yew::classes!("row", mark)}>
                { number(self.source, line) }
                { painted(self.lines.line(row)) }
            </div>
        }
    }
}
