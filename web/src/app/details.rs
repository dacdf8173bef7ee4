//! What is selected: a resource, who uses it and what it reaches.

use iam_split_core::diagnostic::Source;
use iam_split_core::survey::Movable;
use yew::{Html, function_component, html, use_memo};

use iam_split_core::validate::{Bond, Node, Validation};

use super::context::{Context, use_page};
use super::declared::declared;
use super::permissions::bridge;
use super::resources::choice;

#[function_component]
pub(crate) fn Details() -> Html {
    let page = use_page();
    let outcome = &page.outcome;
    let name = page.view.selected.as_deref();
    let places = use_memo(page.outcome.clone(), |outcome| (declared(&outcome.iam), declared(&outcome.app)));
    let resource = name.and_then(|name| outcome.survey.resources.iter().find(|each| each.name == name));
    // Of a pair that the user gave, the pair tells, not its monolith.
    if let Some(validation) = &outcome.validation
        && let Some(node) = validation.resources.iter().find(|node| Some(node.name.as_str()) == name)
    {
        return of_pair(&page, node, validation);
    }
    let Some(resource) = resource else {
        return html! {
            <aside class="details" aria-label="Selection">
                <h2>{ "Nothing is selected" }</h2>
                <p class="dim">{ "Select a resource in the list, a table or the picture: who uses it, what it references and how that is resolved appears here." }</p>
            </aside>
        };
    };
    let name = resource.name.as_str();
    let linked = |source: Source, line: Option<u32>, text: &str| match line {
        Some(line) => page.line_as(source, line, html! { <code>{ text }</code> }),
        None => html! { <code>{ text }</code> },
    };
    let uses: Vec<_> = outcome.survey.references.iter().filter(|each| each.target == name).collect();
    let reaches: Vec<_> =
        outcome.survey.references.iter().filter(|each| each.owner == name && !each.of_output).collect();
    let summary = outcome.split.as_ref().map(|split| &split.summary);
    let bridges: Vec<_> =
        summary.iter().flat_map(|summary| &summary.bridges).filter(|each| each.resource == name).collect();
    let moved = summary.and_then(|summary| summary.moved.iter().find(|each| each.name == name));
    let kept = summary.and_then(|summary| summary.kept.iter().find(|each| each.name == name));
    html! {
        <aside class="details" aria-label="Selection">
            <h2>{ name }</h2>
            <dl>
                <dt>{ "type" }</dt><dd><code>{ &resource.kind }</code></dd>
                <dt>{ "declared" }</dt>
                <dd>{ page.line_as(Source::Template, resource.line, html! { { format!("lines {} to {}", resource.line, resource.last_line) } }) }</dd>
                if let Some(condition) = &resource.condition {
                    <dt>{ "condition" }</dt><dd><code>{ condition }</code></dd>
                }
                <dt>{ "place" }</dt>
                <dd>
                    { match (moved, kept) {
                        (Some(_), _) => html! { <>{ "IAM template" }{ for places.0.get("Resources", name).map(|line| html! { <>{ ", " }{ page.line(Source::Iam, line) }</> }) }</> },
                        (None, Some(kept)) => html! { <>{ "stays, because of " }{ page.resource(&kept.because) }</> },
                        _ if resource.selected => html! { { "is to move" } },
                        _ => html! { <>{ "application template" }{ for places.1.get("Resources", name).map(|line| html! { <>{ ", " }{ page.line(Source::App, line) }</> }) }</> },
                    } }
                </dd>
                if let Some(moved) = moved {
                    <dt>{ "given out as" }</dt>
                    <dd>
                        if moved.wires.is_empty() { { "nothing: the application does not use it" } }
                        { for moved.wires.iter().map(|wire| html! { <div>
                                { linked(Source::Iam, places.0.get("Outputs", &wire.output), &wire.output) }{ " → " }
                                { linked(Source::App, places.1.get("Parameters", &wire.parameter), &wire.parameter) }
                            </div> }) }
                    </dd>
                }
                if resource.movable != Movable::Never && resource.selected {
                    <dt>{ "resolution" }</dt>
                    <dd>
                        { choice(&page, name) }{ " " }
                        <span class="dim">
                            { match resource.order.as_slice() {
                                [] => "none is permitted".to_owned(),
                                order => order.iter().map(|each| each.name()).collect::<Vec<_>>().join(", "),
                            } }
                        </span>
                    </dd>
                }
            </dl>
            <h3>{ format!("Used {}", times(uses.len())) }</h3>
            <ul class="plain">
                { for uses.iter().map(|each| html! {
                    <li>
                        if each.of_output { { "output " }<code>{ &each.owner }</code> } else { { page.resource(&each.owner) } }
                        <span class="dim">{ " " }{ &each.how }{ ", " }{ page.line(Source::Template, each.line) }</span>
                    </li>
                }) }
            </ul>
            <h3>{ format!("References {}", match reaches.len() { 0 => "no resource".to_owned(), 1 => "one resource".to_owned(), _ => format!("resources {} times", reaches.len()) }) }</h3>
            <ul class="plain">
                { for reaches.iter().map(|each| html! {
                    <li>
                        { page.resource(&each.target) }
                        <span class="dim">{ " " }{ &each.how }{ ", " }{ page.line(Source::Template, each.line) }</span>
                    </li>
                }) }
            </ul>
            if !bridges.is_empty() {
                <h3>{ "Resolved" }</h3>
                { for bridges.into_iter().map(|each| bridge(&page, each)) }
            }
        </aside>
    }
}

/// A resource of a pair that the user gave without its monolith.
fn of_pair(page: &Context, node: &Node, validation: &Validation) -> Html {
    let (source, place) =
        if node.moved { (Source::Iam, "IAM template") } else { (Source::App, "application template") };
    let line = page.outcome.lines(source).line_of(node.place.start()) + 1;
    let bonds = validation.dependencies.iter().filter(|each| each.from == node.name || each.to == node.name);
    let bonds: Vec<Html> = bonds
        .map(|each| {
            let words = match each.bond {
                Bond::Uses => "uses",
                Bond::Names => "names",
                Bond::Inside => "references",
            };
            html! { <li>{ page.resource(&each.from) }<span class="dim">{ format!(" {words} ") }</span>{ page.resource(&each.to) }</li> }
        })
        .collect();
    html! {
        <aside class="details" aria-label="Selection">
            <h2>{ &node.name }</h2>
            <dl>
                <dt>{ "type" }</dt><dd><code>{ &node.kind }</code></dd>
                <dt>{ "place" }</dt><dd>{ place }{ ", " }{ page.line(source, u32::try_from(line).unwrap_or(u32::MAX)) }</dd>
            </dl>
            <h3>{ "Depends" }</h3>
            <ul class="plain">{ for bonds }</ul>
        </aside>
    }
}

fn times(count: usize) -> String {
    match count {
        0 => "nowhere".to_owned(),
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}
