//! The files of the work, each with what it is taken for, which can be changed.

use iam_split_core::text::digest;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlSelectElement, MouseEvent};
use yew::{Callback, Html, function_component, html, use_memo};

use super::context::{Context, use_page};
use super::work::{Part, TextFile, Work};

/// Whether a report, or the review that was opened, speaks of exactly this text; `None` where none is there.
fn spoken_of(work: &Work, file: &TextFile) -> Option<(String, bool)> {
    let mut reports = work.others.iter().filter(|(part, _)| *part == Part::Report).peekable();
    if reports.peek().is_none() && work.review.digests.is_empty() {
        return None;
    }
    let digest = digest(&file.text);
    let own = work.review.digests.contains(&digest).then(|| "the review".to_owned());
    let found = reports.find(|(_, report)| report.text.contains(&digest));
    let name = own.or_else(|| found.map(|(_, report)| report.name.to_string()));
    Some(name.map_or_else(
        || ("no report here speaks of this text".to_owned(), false),
        |name| (format!("the one that {name} speaks of"), true),
    ))
}

fn row(page: &Context, at: usize, part: Part, file: &TextFile, spoken: &Option<(String, bool)>) -> Html {
    let onchange = {
        let page = page.clone();
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
            let part = select.and_then(|select| usize::try_from(select.selected_index()).ok());
            if let Some(part) = part.and_then(|part| Part::ALL.get(part)) {
                page.change(|work| *work = work.moved(at, *part));
            }
        })
    };
    let remove = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            let mut files = page.work().files();
            files.remove(at);
            page.change(|work| *work = work.with(files));
        })
    };
    let waits = page.work().others.iter().any(|(other, it)| *other == part && it == file)
        && matches!(part, Part::Iam | Part::App);
    html! {
        <li key={format!("{at}{}", file.name)}>
            <span class="what"><code>{ &*file.name }</code></span>
            <span>
                <select aria-label={format!("What {} is", file.name)} disabled={page.read_only} {onchange}>
                    { for Part::ALL.into_iter().map(|each| html! { <option selected={each == part}>{ each.noun() }</option> }) }
                </select>
                <button type="button" class="small" aria-label={format!("Take {} away", file.name)} disabled={page.read_only} onclick={remove}>{ "×" }</button>
            </span>
            if part == Part::Unused { <span class="warn facts">{ "not recognised, or one too many: say what it is" }</span> }
            if waits { <span class="warn facts">{ "waits for the other template of its pair" }</span> }
            if let Some((text, good)) = spoken { <span class={if *good { "good facts" } else { "warn facts" }}>{ text }</span> }
        </li>
    }
}

/// All files, open where one of them asks for a decision.
#[function_component]
pub(crate) fn Parts() -> Html {
    let page = use_page();
    let files = use_memo((page.work().files(), page.work().review.digests.clone()), |(files, _)| {
        let told = files.iter().map(|(part, file)| {
            let is_template = matches!(part, Part::Monolith | Part::Iam | Part::App | Part::Old);
            (*part, file.clone(), is_template.then(|| spoken_of(page.work(), file)).flatten())
        });
        told.collect::<Vec<_>>()
    });
    let open = !page.work().others.is_empty();
    html! {
        <details class="files" open={open}>
            <summary>{ iam_split_core::text::counted(files.len(), "file") }{ ", and what each is" }</summary>
            <ul>{ for files.iter().enumerate().map(|(at, (part, file, spoken))| row(&page, at, *part, file, spoken)) }</ul>
        </details>
    }
}
