//! Two releases of an IAM template: what the new one allows that the old one did not.

use iam_split_core::diagnostic::Source;
use iam_split_core::diff::{PropertyChange, ReleaseReport, ResourceDiff, State};
use iam_split_core::policy::{Decision, PermissionChange, Verdict};
use iam_split_core::report::{FileNames, Format};
use web_sys::MouseEvent;
use yew::{Callback, Html, classes, function_component, html};

use super::context::{Context, use_page};
use super::host;
use super::permissions::before_after;
use super::words::words;
use super::work::Part;

/// The class of a decision.
pub(crate) fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NoMore => "good",
        Verdict::CannotTell => "warn",
        Verdict::More => "bad",
    }
}

#[function_component]
pub(crate) fn Release() -> Html {
    let page = use_page();
    let (Some(diff), Some(old)) = (&page.outcome.release, &page.work().old) else { return Html::default() };
    let swap = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            let at = page.work().files().iter().position(|(part, _)| *part == Part::Old);
            page.change(|work| *work = at.map_or_else(|| work.clone(), |at| work.moved(at, Part::Iam)));
        })
    };
    let save = |label: &'static str, ending: &'static str, format: Format| {
        let page = page.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            let (Some(diff), Some(old)) = (&page.outcome.release, &page.work().old) else { return };
            let names = FileNames { template: old.name.to_string(), ..page.outcome.names.clone() };
            let texts = iam_split_core::api::Texts { template: &old.text, ..page.outcome.texts() };
            let text = ReleaseReport::new(diff, &texts, &names, false).render(format);
            let kind = if format == Format::Html { "text/html" } else { "application/octet-stream" };
            host::get().download(&format!("release.{ending}"), kind, &text);
        });
        html! { <button type="button" class="small" {onclick}>{ label }</button> }
    };
    let can_swap = page.work().pair.is_some() || page.work().iam.is_some();
    let of = |state| diff.resources.iter().filter(|one| one.state == state).count();
    html! {
        <div class="page roles" tabindex="0" role="region" aria-label="Release">
            <div class="head">
                <h2><span class={tone(diff.release.verdict)}>{ diff.headline() }</span></h2>
                <span>
                    if can_swap { <button type="button" class="small" onclick={swap}>{ "Swap old and new" }</button> }
                    { " Save as " }{ save("HTML", "html", Format::Html) }{ save("Markdown", "md", Format::Markdown) }{ save("JSON", "json", Format::Json) }
                </span>
            </div>
            <p class="dim">{ "From " }<code>{ &*old.name }</code>{ " to " }<code>{ &page.outcome.names.iam }</code>{ format!(
                ": {} added, {} removed, {} changed, {} the same",
                of(State::Added), of(State::Removed), of(State::Changed), diff.unchanged
            ) }</p>
            { for diff.release.decisions.iter().map(|one| decision(&page, one)) }
            { for diff.warnings.iter().map(|one| html! { <p class="warn">{ words(&one.message) }</p> }) }
            if !diff.resources.is_empty() || !diff.declarations.is_empty() { <h2>{ "What differs" }</h2> }
            { for diff.resources.iter().map(|one| resource(&page, one)) }
            { for diff.declarations.iter().map(property) }
        </div>
    }
}

fn line(page: &Context, old: bool, at: u32) -> Html {
    match (old, page.work().monolith.is_some()) {
        _ if at == 0 => Html::default(),
        (false, _) => page.line(Source::Iam, at),
        (true, false) => page.line(Source::Template, at),
        // The earlier release has no tab where the monolith has it.
        (true, true) => html! { { format!("line {at} of the earlier one") } },
    }
}

fn decision(page: &Context, one: &Decision) -> Html {
    let weight = if one.verdict == Verdict::More { "grave" } else { "high" };
    let stands = one.witness.as_ref().and_then(|witness| witness.statement.as_ref());
    let (old, at) = stands.map_or((false, one.line), |place| (place.old, place.line));
    html! {
        <section class={classes!("card", weight)}>
            <h3>{ words(&one.headline()) }<span class="dim">{ " " }{ line(page, old, at) }</span></h3>
            if let Some(witness) = &one.witness {
                if one.verdict != Verdict::More { <p class="dim">{ "It may be that" }</p> }
                <pre>{ witness.lines().join("\n  ") }</pre>
            }
            <ul class="plain">{ for one.reasons.iter().map(|reason| html! {
                <li>{ words(&reason.part) }{ ": " }{ words(&reason.why) }</li>
            }) }</ul>
        </section>
    }
}

fn resource(page: &Context, one: &ResourceDiff) -> Html {
    let gone = one.state == State::Removed;
    html! {
        <section class="card">
            <h3>
                { &one.name }
                <span class="dim">{ " " }{ &one.kind }{ ", " }{ one.state.word() }{ ", " }{ line(page, gone, one.line) }
                    if one.replaced { { ", made anew: its ARN and id change" } }
                </span>
            </h3>
            { for one.permissions.iter().map(statement) }
            if !one.trust.is_empty() { <p class="dim">{ "Who may assume it" }</p> }
            { for one.trust.iter().map(statement) }
            { for one.told_properties().iter().map(property) }
        </section>
    }
}

fn statement(one: &PermissionChange) -> Html {
    let (now, before) = one.told();
    html! {
        <div>
            <span class="tag">{ one.change.word() }</span>
            if let Some(before) = before { { before_after(&before, &now) } } else { { " " }<code>{ now }</code> }
        </div>
    }
}

fn property(one: &PropertyChange) -> Html {
    html! {
        <div>
            <code>{ &one.property }</code>
            { before_after(one.before.as_deref().unwrap_or("nothing"), one.after.as_deref().unwrap_or("nothing")) }
        </div>
    }
}
