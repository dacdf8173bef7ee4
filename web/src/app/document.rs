//! A text of the work: with its lines, and with what can be done with it.

use std::rc::Rc;

use iam_split_core::diagnostic::{Severity, Source};
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, MouseEvent};
use yew::{Callback, Html, Properties, function_component, html, use_memo};

use super::code::{AnyRows, Code, Text};
use super::context::{place, replace_hash, use_page};
use super::diff_view::DiffView;
use super::find::Find;
use super::save::{copy_button, save_button};
use super::tabs::label;
use super::view::{Look, Tab};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) source: Source,
}

#[function_component]
pub(crate) fn Document(props: &Props) -> Html {
    let page = use_page();
    let source = props.source;
    let (lines, name, label) = match source {
        Source::Template => {
            (&page.outcome.monolith, &page.outcome.names.template, label(&page, Tab::Monolith))
        }
        Source::Iam => (&page.outcome.iam, &page.outcome.names.iam, "IAM template"),
        Source::App => (&page.outcome.app, &page.outcome.names.app, "Application template"),
        // The page asks no rules: nothing of it points into a file of them.
        Source::Config | Source::Rules => (&page.outcome.config, &page.outcome.names.config, "Configuration"),
    };
    let can_diff = source == Source::App && page.outcome.split.is_some();
    let as_diff = can_diff && page.view.as_diff;
    let jump = page.view.jump.filter(|jump| jump.source == source);
    let rows = use_memo((page.outcome.clone(), source, jump), |(outcome, source, jump)| {
        let mut marks: Vec<(u32, &'static str)> = jump.iter().map(|jump| (jump.line, "here")).collect();
        for finding in &outcome.findings {
            let class = match finding.severity {
                Severity::Error => "has-error",
                Severity::Warning => "has-warning",
                Severity::Note => continue,
            };
            marks.extend(
                finding
                    .places
                    .iter()
                    .filter(|place| place.source == *source)
                    .map(|place| (place.line, class)),
            );
        }
        AnyRows(Rc::new(Text { lines: outcome.lines(*source).clone(), source: *source, marks }))
    });
    let goto = {
        let view = page.view.clone();
        Callback::from(move |event: Event| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            if let Some(line) = input.and_then(|input| input.value().parse::<u32>().ok()) {
                replace_hash(&place(source, line.max(1)));
                view.dispatch(Look::Line(source, line.max(1)));
            }
        })
    };
    let toggle = |label: &'static str, to: bool| {
        let view = page.view.clone();
        let onclick = Callback::from(move |_: MouseEvent| view.dispatch(Look::AsDiff(to)));
        html! { <button type="button" class="small" aria-pressed={(as_diff == to).to_string()} {onclick}>{ label }</button> }
    };
    html! {
        <div class="document">
            <div class="head">
                <span><code>{ name }</code><span class="dim">{ format!(" {} lines, {} bytes", lines.count(), lines.text.len()) }</span></span>
                <span class="tools">
                    if can_diff { <span class="toggle">{ toggle("Difference", true) }{ toggle("Text", false) }</span> }
                    <Find {source} lines={lines.clone()} />
                    if !as_diff {
                        <label>{ "line " }<input type="number" min="1" max={lines.count().to_string()} onchange={goto} /></label>
                    }
                    { copy_button(&page, "Copy", lines.text.clone()) }
                    { save_button("Save", name, lines.text.clone()) }
                </span>
            </div>
            if as_diff {
                <DiffView />
            } else {
                <Code rows={(*rows).clone()} {label} focus={jump.map(|jump| ((jump.line as usize).saturating_sub(1), jump.number))} />
            }
        </div>
    }
}
