//! What each reference to the application was, and what stands for it: permissions before and after.

use iam_split_core::api::Bridged;
use iam_split_core::config::Resolution;
use iam_split_core::diagnostic::Source;
use iam_split_core::equivalence::Change;
use iam_split_core::text::counted;
use yew::{Html, classes, function_component, html};

use super::context::{Context, use_page};
use super::reach::Reach;
use super::review::{of_bridge, of_change, tick};
use super::words::words;

/// A resolved reference.
pub(crate) fn bridge(page: &Context, bridge: &Bridged) -> Html {
    let wider = bridge.resolution == Resolution::Pattern;
    html! {
        <div class={classes!("bridge", wider.then_some("wider"))}>
            <div>
                <span class={classes!("tag", bridge.resolution.name())}>{ bridge.resolution.name() }</span>
                { " " }{ page.resource(&bridge.target) }
                <span class="dim">
                    { " " }{ bridge.statement.as_ref().map(|statement| format!("{statement}, ")) }{ &bridge.element }{ ", " }
                    { page.line(Source::Template, bridge.line) }
                </span>
            </div>
            { before_after(&bridge.before, &bridge.after) }
            if !page.outcome.stale { { tick(page, &of_bridge(bridge)) } }
            if let Some(reaches) = &bridge.reaches {
                <details><summary>{ "what else the pattern reaches" }</summary><p>{ words(reaches) }{ "." }</p></details>
            }
        </div>
    }
}

pub(crate) fn before_after(before: &str, after: &str) -> Html {
    html! {
        <div class="change">
            <div class="gone"><span class="sign">{ "−" }</span><code>{ before }</code></div>
            <div class="come"><span class="sign">{ "+" }</span><code>{ after }</code></div>
        </div>
    }
}

/// Groups in the order of their first.
pub(crate) fn groups<T>(items: &[T], name: impl Fn(&T) -> &str) -> Vec<(&str, Vec<&T>)> {
    let mut groups: Vec<(&str, Vec<&T>)> = Vec::new();
    for item in items {
        match groups.iter_mut().find(|(known, _)| *known == name(item)) {
            Some((_, group)) => group.push(item),
            None => groups.push((name(item), vec![item])),
        }
    }
    groups
}

#[function_component]
pub(crate) fn Permissions() -> Html {
    let page = use_page();
    if let Some(validation) = &page.outcome.validation {
        return html! {
            <div class="page" tabindex="0" role="region" aria-label="Permissions">
                <Reach scopes={validation.widened.iter().map(|each| (each.resource.clone(), each.after.clone())).collect::<Vec<_>>()} />
                { widened(&page, &validation.widened, validation.proven.is_some()) }
            </div>
        };
    }
    let Some(split) = &page.outcome.split else { return Html::default() };
    let summary = &split.summary;
    let by =
        |resolution: Resolution| summary.bridges.iter().filter(|each| each.resolution == resolution).count();
    let figure = |resolution: Resolution, what: &str| {
        let count = by(resolution);
        html! { if count > 0 { <div><b>{ count }</b>{ what }</div> } }
    };
    let statements: usize = summary.attached.iter().map(|each| each.statements).sum();
    html! {
        <div class="page" tabindex="0" role="region" aria-label="Permissions">
            <div class="figures">
                <div><b>{ summary.moved.len() }</b>{ "resources move" }</div>
                { figure(Resolution::Exact, "references by explicit name, no scope changes") }
                { figure(Resolution::TwoPhase, "by values that come later, no scope changes") }
                { figure(Resolution::Pattern, "by patterns, scopes widen") }
                if statements > 0 { <div><b>{ statements }</b>{ "statements attached in the application" }</div> }
            </div>
            <Reach scopes={summary.bridges.iter().filter(|each| each.resolution == Resolution::Pattern).map(|each| (each.resource.clone(), each.after.clone())).collect::<Vec<_>>()} />
            if summary.bridges.is_empty() && summary.attached.is_empty() {
                <p>{ "No moved resource references the application: every permission stays as it is." }</p>
            }
            if !summary.attached.is_empty() {
                <h2>{ "Statements in the application template" }</h2>
                <table>
                    <thead><tr><th>{ "role" }</th><th>{ "policy of the application" }</th><th>{ "statements" }</th></tr></thead>
                    <tbody>{ for summary.attached.iter().map(|each| html! {
                        <tr><td>{ page.resource(&each.role) }</td><td><code>{ &each.name }</code></td><td>{ each.statements }</td></tr>
                    }) }</tbody>
                </table>
            }
            { for groups(&summary.bridges, |each| &each.resource).into_iter().map(|(name, bridges)| html! {
                <section key={name.to_owned()}>
                    <h2>{ page.resource(name) }<span class="dim">{ " " }{ counted(bridges.len(), "reference") }</span></h2>
                    { for bridges.into_iter().map(|each| bridge(&page, each)) }
                </section>
            }) }
            <h2>{ "Capabilities" }</h2>
            <table>
                <thead><tr><th>{ "stack" }</th><th>{ "capability" }</th><th>{ "because of" }</th></tr></thead>
                <tbody>
                    { for [("IAM", &summary.iam_capabilities), ("application", &summary.app_capabilities)].into_iter().flat_map(|(stack, list)| {
                        list.iter().map(move |each| (stack, each))
                    }).map(|(stack, each)| html! {
                        <tr><td>{ stack }</td><td><code>{ each.name }</code></td><td>{ each.because.join(", ") }</td></tr>
                    }) }
                    if summary.app_capabilities.is_empty() { <tr><td>{ "application" }</td><td>{ "none" }</td><td></td></tr> }
                </tbody>
            </table>
        </div>
    }
}

/// Scopes that a pair has wider than its monolith.
fn widened(page: &Context, changes: &[Change], compared: bool) -> Html {
    if !compared {
        return html! { <p>{ "Drop the template that the pair was made of as well: with it the page proves that the pair deploys the same, and shows what is wider." }</p> };
    }
    if changes.is_empty() {
        return html! { <p>{ "No scope is wider than the monolith's." }</p> };
    }
    html! {
        { for groups(changes, |each| &each.resource).into_iter().map(|(name, changes)| html! {
            <section key={name.to_owned()}>
                <h2>{ name }<span class="dim">{ " " }{ counted(changes.len(), "scope") }{ " wider" }</span></h2>
                { for changes.into_iter().map(|each| html! {
                    <div class="bridge wider">
                        <div class="dim">{ &each.statement }{ ", " }{ &each.element }</div>
                        { before_after(&each.before, &each.after) }
                        { tick(page, &of_change(each)) }
                        if !each.reaches.is_empty() {
                            <details><summary>{ "what else the pattern reaches" }</summary><p>{ words(&each.reaches) }{ "." }</p></details>
                        }
                    </div>
                }) }
            </section>
        }) }
    }
}
