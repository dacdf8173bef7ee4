//! A search in a text: only rows in sight are drawn, so the browser's own search would not find the rest.

use iam_split_core::diagnostic::Source;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, InputEvent, KeyboardEvent};
use yew::{Callback, Html, Properties, function_component, html, use_memo, use_state};

use super::context::use_page;
use super::lines::Lines;
use super::view::Look;

/// Shorter words are in nearly every line.
const SHORTEST: usize = 2;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) source: Source,
    pub(crate) lines: Lines,
}

/// The lines (from 1) that hold a text, whatever its case.
fn hits(lines: &Lines, wanted: &str) -> Vec<u32> {
    if wanted.chars().count() < SHORTEST {
        return Vec::new();
    }
    let wanted = wanted.to_lowercase();
    let holds = |line: &usize| lines.line(*line).to_lowercase().contains(&wanted);
    (0..lines.count()).filter(holds).filter_map(|line| u32::try_from(line + 1).ok()).collect()
}

#[function_component]
pub(crate) fn Find(props: &Props) -> Html {
    let page = use_page();
    let wanted = use_state(String::new);
    let found = use_memo((props.lines.clone(), (*wanted).clone()), |(lines, wanted)| hits(lines, wanted));
    let at = page.view.jump.filter(|jump| jump.source == props.source).map_or(0, |jump| jump.line);
    let go = {
        let (view, source) = (page.view.clone(), props.source);
        move |line: Option<u32>| {
            if let Some(line) = line {
                view.dispatch(Look::Line(source, line));
            }
        }
    };
    let oninput = {
        let (wanted, lines, go) = (wanted.clone(), props.lines.clone(), go.clone());
        Callback::from(move |event: InputEvent| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let value = input.map(|input| input.value()).unwrap_or_default();
            let found = hits(&lines, &value);
            go(found.iter().find(|line| **line >= at).or(found.first()).copied());
            wanted.set(value);
        })
    };
    let onkeydown = {
        let found = found.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() != "Enter" {
                return;
            }
            event.prevent_default();
            go(if event.shift_key() {
                found.iter().rev().find(|line| **line < at).or(found.last()).copied()
            } else {
                found.iter().find(|line| **line > at).or(found.first()).copied()
            });
        })
    };
    let place = found.iter().position(|line| *line == at);
    let told = match (wanted.chars().count() < SHORTEST, found.len(), place) {
        (true, ..) => String::new(),
        (_, 0, _) => "no line".to_owned(),
        (_, count, Some(place)) => format!("{} of {count} lines", place + 1),
        (_, 1, None) => "one line".to_owned(),
        (_, count, None) => format!("{count} lines"),
    };
    html! {
        <>
            <label>{ "find " }<input type="search" value={(*wanted).clone()} {oninput} {onkeydown} /></label>
            <span class="dim" aria-live="polite">{ told }</span>
        </>
    }
}
