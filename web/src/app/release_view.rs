//! Two releases of an IAM template: whether the new one allows more, with a request that shows it.

use std::rc::Rc;

use iam_split_core::diagnostic::Source;
use iam_split_core::diff::{IamDiff, ReleaseReport};
use iam_split_core::policy::{Change, Decision, PermissionChange, Verdict, Witness};
use iam_split_core::report::Format;
use web_sys::MouseEvent;
use yew::{Callback, Html, classes, function_component, html};

use super::context::{Context, use_page};
use super::permissions::before_after;
use super::save::save_button;
use super::words::words;

/// How what was decided looks: green only where nothing more is allowed.
pub(crate) fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NoMore => "good",
        Verdict::More => "bad",
        Verdict::CannotTell => "warn",
    }
}

fn witness(page: &Context, witness: &Witness) -> Html {
    let lines = witness.lines().join("\n  ");
    let place = witness.statement.as_ref().filter(|place| place.line > 0);
    html! {
        <>
            <pre>{ lines }</pre>
            if let Some(place) = place {
                <p class="dim">
                    { "allowed by the statement in " }
                    { page.line(if place.old { Source::Template } else { Source::Iam }, place.line) }
                    if place.old { { " of the earlier release" } }
                </p>
            }
        </>
    }
}

fn decision(page: &Context, decision: &Decision) -> Html {
    html! {
        <section class={classes!("card", if decision.verdict == Verdict::More { "grave" } else { "high" })}>
            <h3>{ words(&decision.headline()) }</h3>
            if let Some(found) = &decision.witness {
                if decision.verdict != Verdict::More { <p>{ "It may be that:" }</p> }
                { witness(page, found) }
            }
            { for decision.reasons.iter().map(|reason| html! {
                <p>
                    { words(&reason.part) }{ ": " }{ words(&reason.why) }
                    if reason.line > 0 { <span class="dim">{ format!(" line {}", reason.line) }</span> }
                </p>
            }) }
        </section>
    }
}

fn permission(page: &Context, change: &PermissionChange) -> Html {
    let word = match change.change {
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Widened => "widened",
        Change::Narrowed => "narrowed",
        Change::Changed => "changed",
    };
    let said = |actions: &[String], resources: &[String], condition: Option<&String>| {
        let condition = condition.map_or(String::new(), |text| format!(" if {text}"));
        format!("{} {} on {}{condition}", change.effect, actions.join(", "), resources.join(", "))
    };
    let after = said(&change.actions, &change.resources, change.condition.as_ref());
    let before = said(
        change.actions_before.as_ref().unwrap_or(&change.actions),
        change.resources_before.as_ref().unwrap_or(&change.resources),
        change.condition_before.as_ref().or(change.condition.as_ref()),
    );
    html! {
        <div class="bridge">
            <div class="dim">
                { word }
                if change.line > 0 { { ", " }{ page.line(Source::Iam, change.line) } }
            </div>
            { match change.change {
                Change::Added => before_after("", &after),
                Change::Removed => before_after(&after, ""),
                _ => before_after(&before, &after),
            } }
        </div>
    }
}

fn changes(page: &Context, diff: &IamDiff) -> Html {
    html! {
        <>
        { for diff.resources.iter().map(|one| html! {
            <section>
                <h3>{ &one.name }{ ", " }{ &one.kind }{ ": " }{ one.state.word() }if one.replaced { { ", made anew: its ARN and id change" } }</h3>
                { for one.permissions.iter().map(|change| permission(page, change)) }
                if !one.trust.is_empty() {
                    <p class="dim">{ "Who may assume it" }</p>
                    { for one.trust.iter().map(|change| permission(page, change)) }
                }
                { for one.told_properties().iter().map(|change| html! {
                    <div class="bridge">
                        <div class="dim">{ &change.property }</div>
                        { before_after(change.before.as_deref().unwrap_or_default(), change.after.as_deref().unwrap_or_default()) }
                    </div>
                }) }
            </section>
        }) }
        if !diff.declarations.is_empty() {
            <section>
                <h3>{ "Declarations" }</h3>
                { for diff.declarations.iter().map(|change| html! {
                    <div class="bridge">
                        <div class="dim">{ &change.property }</div>
                        { before_after(change.before.as_deref().unwrap_or_default(), change.after.as_deref().unwrap_or_default()) }
                    </div>
                }) }
            </section>
        }
        </>
    }
}

#[function_component]
pub(crate) fn ReleaseView() -> Html {
    let page = use_page();
    let Some(diff) = &page.outcome.release else {
        return html! { <div class="page" tabindex="0" role="region" aria-label="Release"><h2>{ "Not compared" }</h2><p>{ "A template cannot be read; the findings say why." }</p></div> };
    };
    let swap = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            page.change(|work| work.release = work.release.take().map(|(before, after)| (after, before)));
        })
    };
    let report = ReleaseReport::new(diff, &page.outcome.texts(), &page.outcome.names, false);
    let save = |label: &'static str, name: &str, format: Format| {
        save_button(label, name, Rc::from(report.render(format)))
    };
    html! {
        <div class="page roles" tabindex="0" role="region" aria-label="Release">
            <div class="head">
                <h2><span class={tone(diff.release.verdict)}>{ diff.release.headline() }</span></h2>
                <span>
                    if !page.read_only { <button type="button" class="small" onclick={swap}>{ "Swap old and new" }</button> }
                    { save("Save as HTML", "release.html", Format::Html) }
                    { save("Markdown", "release.md", Format::Markdown) }
                    { save("JSON", "release.json", Format::Json) }
                </span>
            </div>
            <p>
                { "Before: " }<code>{ &page.outcome.names.template }</code>{ ", now: " }<code>{ &page.outcome.names.iam }</code>
                { format!("; {} allowed no more", diff.release.no_more) }
            </p>
            { for diff.release.decisions.iter().map(|each| decision(&page, each)) }
            <h2>{ "What differs" }</h2>
            if diff.resources.is_empty() && diff.declarations.is_empty() { <p>{ "Nothing." }</p> }
            { changes(&page, diff) }
        </div>
    }
}

/// What stands at the side: the resources that differ.
#[function_component]
pub(crate) fn ReleaseSide() -> Html {
    let page = use_page();
    let Some(diff) = &page.outcome.release else {
        return html! { <nav class="resources" aria-label="Release" /> };
    };
    html! {
        <nav class="resources" aria-label="Release">
            <div class="head"><h2>{ "What differs" }</h2></div>
            <ul class="pair">
                { for diff.resources.iter().map(|one| {
                    let source = if one.state == iam_split_core::diff::State::Removed { Source::Template } else { Source::Iam };
                    html! {
                        <li>
                            <span class="what">{ &one.name }<span class="dim facts">{ page.line(source, one.line) }</span></span>
                            <span class="dim">{ one.state.word() }</span>
                        </li>
                    }
                }) }
            </ul>
            <p class="dim facts pad">{ format!("{} the same", diff.unchanged) }</p>
        </nav>
    }
}
