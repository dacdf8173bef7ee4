//! A pair that the user gave: its contracts, and what its IAM template holds.

use iam_split_core::contract::Standing;
use iam_split_core::diagnostic::Source;
use web_sys::MouseEvent;
use yew::{Callback, Html, function_component, html};

use super::context::use_page;
use super::parts::Parts;

#[function_component]
pub(crate) fn Pair() -> Html {
    let page = use_page();
    let Some(validation) = &page.outcome.validation else {
        // An IAM template alone, or two releases of it.
        let cards = &page.outcome.roles().cards;
        return html! {
            <nav class="resources" aria-label="Template">
                <Parts />
                <div class="head"><h2>{ "The IAM template holds" }</h2></div>
                <ul class="pair">{ for cards.iter().map(|card| html! {
                    <li key={card.name.clone()}>
                        <span class="what">
                            { page.resource(&card.name) }
                            <span class="dim facts">{ card.kind.noun() }{ ", " }{ page.line(Source::Iam, card.line) }</span>
                        </span>
                    </li>
                }) }</ul>
            </nav>
        };
    };
    let split = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| page.change(|work| work.pair = None))
    };
    let moved = validation.resources.iter().filter(|node| node.moved);
    html! {
        <nav class="resources" aria-label="Pair">
            <Parts />
            <div class="head">
                <h2>{ "Contracts" }</h2>
                if page.work().monolith.is_some() && !page.read_only {
                    <button type="button" class="small" onclick={split}>{ "Split the monolith instead" }</button>
                }
            </div>
            <ul class="pair">
                { for validation.contracts.iter().map(|contract| html! {
                    <li>
                        <span class="what">{ &*contract.name }</span>
                        <span class={match contract.standing() {
                            Standing::Kept => "good",
                            Standing::Broken => "bad",
                            Standing::Otherwise | Standing::NotAsked => "dim",
                        }}>{ contract.words() }</span>
                    </li>
                }) }
            </ul>
            <div class="head"><h2>{ "The IAM template holds" }</h2></div>
            <ul class="pair">
                { for moved.map(|node| {
                    let line = page.outcome.iam.line_of(node.place.start()) + 1;
                    html! {
                        <li key={node.name.clone()}>
                            <span class="what">
                                { page.resource(&node.name) }
                                <span class="dim facts">
                                    { node.kind.strip_prefix("AWS::IAM::").unwrap_or(&node.kind) }{ ", " }
                                    { page.line(Source::Iam, u32::try_from(line).unwrap_or(u32::MAX)) }
                                </span>
                            </span>
                        </li>
                    }
                }) }
            </ul>
        </nav>
    }
}
