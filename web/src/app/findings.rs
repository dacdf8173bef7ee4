//! All that was found, errors first, each with its places.

use iam_split_core::diagnostic::{Code, Severity, Source};
use web_sys::MouseEvent;
use yew::{Callback, Html, classes, function_component, html};

use super::context::{Context, use_page};
use super::crossing::Crossing;
use super::outcome::{Finding, Fix};
use super::words::words;

/// More than these are not drawn at once.
const SHOWN: usize = 200;

/// A word that was meant in the place of the one that is written.
fn fix(page: &Context, fix: &Fix) -> Html {
    let onclick = {
        let (page, fix) = (page.clone(), fix.clone());
        Callback::from(move |_: MouseEvent| {
            page.change(|work| {
                let file = match fix.source {
                    Source::Config => &mut work.config,
                    _ => &mut work.monolith,
                };
                let Some(file) = file else { return };
                let (before, after) = (file.text.get(..fix.at.start), file.text.get(fix.at.end..));
                if let (Some(before), Some(after)) = (before, after) {
                    file.text = [before, &*fix.word, after].concat().into();
                }
            });
        })
    };
    html! { <button type="button" class="small" {onclick}>{ "Write " }<code>{ &*fix.word }</code></button> }
}

fn finding(page: &Context, at: usize, finding: &Finding) -> Html {
    let file = |source: Source| match source {
        Source::Template => "monolith",
        Source::Config => "configuration",
        Source::Rules => "rules",
        Source::Iam => "IAM template",
        Source::App => "application template",
    };
    let explanation = finding.code.explanation();
    html! {
        <li key={at} class={finding.severity.name()}>
            <div>
                <span class={classes!("tag", finding.severity.name())}>{ finding.severity.name() }</span>
                { " " }<code>{ finding.code.as_str() }</code>{ " " }<span class="message">{ words(&finding.message) }</span>
            </div>
            <ul class="plain">
                { for finding.places.iter().map(|place| html! {
                    <li>{ page.line_as(place.source, place.line, html! { { format!("{} line {}", file(place.source), place.line) } }) }<span class="dim">{ ": " }{ words(&place.text) }</span></li>
                }) }
            </ul>
            if !page.read_only { { for finding.fixes.iter().map(|each| fix(page, each)) } }
            <details>
                <summary>{ match finding.help.len() { 0 | 1 => "what to do".to_owned(), ways => format!("what to do, {ways} ways") } }</summary>
                { for finding.help.iter().map(|help| html! { <p>{ words(help) }</p> }) }
                <p class="dim">{ words(explanation.title) }{ ": " }{ words(explanation.cause) }{ " " }{ words(explanation.recovery) }</p>
            </details>
        </li>
    }
}

#[function_component]
pub(crate) fn Findings() -> Html {
    let page = use_page();
    let found = &page.outcome.findings;
    let count = |severity: Severity| found.iter().filter(|each| each.severity == severity).count();
    let figures: Vec<String> =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
            .into_iter()
            .map(|(severity, noun)| (count(severity), noun))
            .filter(|(count, _)| *count > 0)
            .map(|(count, noun)| format!("{count} {noun}{}", if count == 1 { "" } else { "s" }))
            .collect();
    // Many of one kind are one matter.
    let crossing = page.outcome.crossings().count();
    let rest: Vec<&Finding> = found.iter().filter(|each| crossing < 2 || each.code != Code::CYC001).collect();
    let figures = if figures.is_empty() { "none".to_owned() } else { figures.join(", ") };
    html! {
        <section class="findings" aria-label="Findings" tabindex="0">
            <h2>{ "Findings: " }{ figures }</h2>
            if crossing > 0 { <Crossing /> }
            if crossing > 1 {
                <details>
                    <summary>{ "each crossing" }</summary>
                    <ul>{ for page.outcome.crossings().take(SHOWN).enumerate().map(|(at, each)| finding(&page, at, each)) }</ul>
                </details>
            }
            <ul>{ for rest.iter().take(SHOWN).enumerate().map(|(at, each)| finding(&page, at, each)) }</ul>
            if rest.len() > SHOWN { <p class="dim">{ format!("{} more", rest.len() - SHOWN) }</p> }
        </section>
    }
}
