//! What a reviewer has looked at: ticks that fall when their text changes, a name, a note, and the file of it.

use std::collections::BTreeMap;

use iam_split_core::equivalence::Change;
use iam_split_core::report::{Report, SignOff as ReportSignOff};
use iam_split_core::roles::{Card, Grant};
use iam_split_core::summary::Bridged;
use iam_split_core::text::digest;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, HtmlTextAreaElement, MouseEvent};
use yew::{Callback, Html, function_component, html};

use super::classify::REVIEW;
use super::context::{Context, use_page};
use super::host;
use super::outcome::Outcome;
use super::work::{Work, without_secrets};

/// Something to look at: what it is called, and its text without the lines where it stands.
pub(crate) type Item = (String, String);

pub(crate) fn of_card(card: &Card) -> Item {
    let mut text =
        vec![card.boundary.clone().unwrap_or_default(), card.condition.clone().unwrap_or_default()];
    text.extend(card.flags.iter().map(|flag| flag.text.clone()));
    text.extend(card.trust.iter().map(Grant::trusted));
    text.extend(card.managed.iter().map(ToString::to_string));
    text.extend(card.grants.iter().map(|grant| format!("{} {}", grant.policy, grant.sentence())));
    (format!("{} {}", card.kind.noun(), card.name), text.join("\n"))
}

pub(crate) fn of_bridge(bridge: &Bridged) -> Item {
    let statement = bridge.statement.as_deref().unwrap_or_default();
    let name = format!("{} {statement} {} {}", bridge.resource, bridge.element, bridge.before);
    (format!("reference {name}"), format!("{} {:?}", bridge.after, bridge.reaches))
}

pub(crate) fn of_change(change: &Change) -> Item {
    let name = format!("{} {} {} {}", change.resource, change.statement, change.element, change.before);
    (format!("scope {name}"), format!("{} {}", change.after, change.reaches))
}

/// All that is there to look at, each with the digest of its text.
fn items(outcome: &Outcome) -> BTreeMap<String, String> {
    let mut items: Vec<Item> = outcome.roles().cards.iter().map(of_card).collect();
    if let Some(split) = outcome.split.as_ref().filter(|_| !outcome.stale) {
        items.extend(split.summary.bridges.iter().map(of_bridge));
    }
    items.extend(outcome.validation.iter().flat_map(|validation| &validation.widened).map(of_change));
    items.into_iter().map(|(name, text)| (name, short(&text))).collect()
}

/// Enough of a digest to tell two texts of one thing apart.
fn short(text: &str) -> String {
    let mut digest = digest(text);
    digest.truncate(20);
    digest
}

/// The box that says that something was viewed.
pub(crate) fn tick(page: &Context, (name, text): &Item) -> Html {
    let now = short(text);
    let seen = page.work().review.seen.get(name);
    let checked = seen == Some(&now);
    let fell = !checked && seen.is_some();
    let onchange = {
        let (page, name) = (page.clone(), name.clone());
        Callback::from(move |event: Event| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let Some(input) = input else { return };
            page.change(|work| {
                let seen = &mut work.review.seen;
                if input.checked() {
                    seen.insert(name.clone(), now.clone());
                } else {
                    seen.remove(&name);
                }
            });
        })
    };
    html! {
        <label class="tick">
            <input type="checkbox" {checked} disabled={page.read_only} aria-label={format!("Viewed: {name}")} {onchange} />
            if fell { <span class="warn">{ "changed since it was viewed" }</span> } else { { "viewed" } }
        </label>
    }
}

/// The review as a file that opens again: the work without secrets, and the digests of what it was.
fn file(outcome: &Outcome, work: &Work) -> String {
    let mut work = work.clone();
    let texts = outcome.texts();
    let given = [texts.template, texts.iam, texts.app].into_iter().filter(|text| !text.is_empty());
    work.review.digests = given.map(digest).collect();
    // The work is plain data: serializing it cannot fail.
    let work = serde_json::to_string(&without_secrets(&work)).unwrap_or_default();
    format!("{REVIEW}\"work\":{work}}}\n")
}

/// How far the review is, and what is said of it.
#[function_component]
pub(crate) fn SignOff() -> Html {
    let page = use_page();
    let all = items(&page.outcome);
    let review = &page.work().review;
    let viewed = all.iter().filter(|(name, now)| review.seen.get(*name) == Some(*now)).count();
    let fell =
        review.seen.iter().filter(|(name, then)| all.get(*name).is_some_and(|now| now != *then)).count();
    let by = {
        let page = page.clone();
        Callback::from(move |event: Event| {
            if let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
            {
                page.change(|work| work.review.by = field.value().into());
            }
        })
    };
    let note = {
        let page = page.clone();
        Callback::from(move |event: Event| {
            let field = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
            if let Some(field) = field {
                page.change(|work| work.review.note = field.value().into());
            }
        })
    };
    let save = {
        let page = page.clone();
        Callback::from(move |_: MouseEvent| {
            let text = file(&page.outcome, page.work());
            host::get().download("review.json", "application/json", &text);
        })
    };
    html! {
        <details class="ask">
            <summary>
                { format!("Sign off: {viewed} of {} viewed", all.len()) }
                if fell > 0 { <span class="warn">{ format!(", {fell} changed since") }</span> }
            </summary>
            <p class="dim">{ "Tick roles here and references under Permissions as you read them; a tick falls when its text changes. The file holds ticks, name, note and templates, without the defaults of " }<code>{ "NoEcho" }</code>{ " parameters: drop it here to go on." }</p>
            <label class="wide">{ "Name " }<input type="text" value={review.by.to_string()} disabled={page.read_only} onchange={by} /></label>
            <label class="wide">{ "Note " }<textarea rows="3" value={review.note.to_string()} disabled={page.read_only} onchange={note} /></label>
            <button type="button" class="small" onclick={save}>{ "Save review" }</button>
        </details>
    }
}

/// The report with what was viewed.
pub(crate) fn report(page: &Context) -> Report {
    let mut report = page.outcome.report(page.work());
    report.sign_off = sign_off(&page.outcome, page.work());
    report
}

fn sign_off(outcome: &Outcome, work: &Work) -> Option<ReportSignOff> {
    let review = &work.review;
    if review.seen.is_empty() && review.by.is_empty() && review.note.is_empty() {
        return None;
    }
    let all = items(outcome);
    let (viewed, open): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(name, now)| review.seen.get(name) == Some(now));
    Some(ReportSignOff {
        by: review.by.to_string(),
        note: review.note.to_string(),
        viewed: viewed.into_iter().map(|(name, _)| name).collect(),
        open: open.into_iter().map(|(name, _)| name).collect(),
    })
}
