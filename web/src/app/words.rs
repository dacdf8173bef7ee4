//! Sentences of the core: what stands in backticks is the user's text.

use yew::{Html, html};

/// A sentence with the user's text set apart.
pub(crate) fn words(sentence: &str) -> Html {
    let quoted = sentence.matches('`').count().is_multiple_of(2);
    let pieces = sentence.split('`').enumerate();
    if !quoted {
        return html! { { sentence } };
    }
    html! { <>{ for pieces.map(|(at, piece)| if !at.is_multiple_of(2) { html! { <code>{ piece }</code> } } else { html! { { piece } } }) }</> }
}

/// How a verdict looks: green only where something is proven.
pub(crate) fn tone(verdict: iam_split_core::validate::Verdict) -> &'static str {
    use iam_split_core::validate::Verdict;
    match verdict {
        Verdict::Proven => "good",
        Verdict::NotProven => "bad",
        Verdict::NotCompared => "dim",
    }
}
