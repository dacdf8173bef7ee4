//! Who may do what: a card each, the gravest first, and the answer for one request.

use std::rc::Rc;

use iam_split_core::api::{Access, CanAnswer, CanRequest, can};
use iam_split_core::diagnostic::Source;
use iam_split_core::policy::Place;
use iam_split_core::roles::{Card, Flag, Grant, Part, Weight};
use iam_split_core::text::counted;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement, InputEvent, SubmitEvent};
use yew::{Callback, Html, classes, function_component, html, use_node_ref, use_state};

use super::context::{Context, use_page};
use super::outcome::Outcome;
use super::review::{SignOff, of_card, tick};
use super::words::words;

#[function_component]
pub(crate) fn Roles() -> Html {
    let page = use_page();
    let wanted = use_state(String::new);
    let answer = page.outcome.roles();
    let oninput = {
        let wanted = wanted.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
            {
                wanted.set(field.value().to_lowercase());
            }
        })
    };
    let cards: Vec<&Card> = answer.cards.iter().filter(|card| matches(card, &wanted)).collect();
    let found = counted(cards.len(), "card");
    html! {
        <div class="page roles" tabindex="0" role="region" aria-label="Roles">
            <h2>{ &answer.headline }</h2>
            { for answer.unseen.iter().map(|text| html! { <p class="warn">{ "Not seen here: " }{ words(text) }</p> }) }
            if !answer.cards.is_empty() {
                <SignOff />
                <Ask />
                <p>
                    <label>{ "Find " }<input type="search" placeholder="role, action, resource, grave" {oninput} /></label>
                    if !wanted.is_empty() { <span class="dim" role="status">{ " " }{ found }</span> }
                </p>
            }
            { for cards.into_iter().map(|each| card(&page, each)) }
        </div>
    }
}

/// Whether a card holds what is looked for.
fn matches(card: &Card, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    wanted.is_empty()
        || has(&card.name)
        || has(card.kind.noun())
        || card.flags.iter().any(|flag| has(&flag.text) || has(flag.weight.name()))
        || card.managed.iter().any(|policy| has(&policy.text))
        || card.grants.iter().chain(&card.trust).any(|grant| has(&grant.sentence()))
}

fn card(page: &Context, card: &Card) -> Html {
    let iam = page.outcome.cards_of();
    let source = |part: Part| if part == Part::App { Source::App } else { iam };
    let line = |part: Part, line: u32| page.line(source(part), line);
    let of = |grant: &Grant| html! { <span class="dim">{ " " }{ &grant.policy }{ ", " }{ line(grant.part, grant.line) }</span> };
    let flag = |flag: &Flag| {
        html! {
            <li>
                <span class={classes!("tag", flag.weight.name())}>{ flag.weight.name() }</span>{ " " }{ words(&flag.text) }
                <span class="dim">
                    { " " }if !flag.policy.is_empty() { { &flag.policy }{ ", " } }{ line(flag.part, flag.line) }
                </span>
            </li>
        }
    };
    let row =
        |what: &'static str, text: Html| html! { <tr><th scope="row">{ what }</th><td>{ text }</td></tr> };
    let list = |names: &[String]| html! { { for names.iter().enumerate().map(|(at, name)| html! { <>if at > 0 { { ", " } }{ page.resource(name) }</> }) } };
    html! {
        <section key={card.name.clone()} class={classes!("card", card.weight().map(Weight::name))}>
            <h3>
                { page.resource(&card.name) }
                <span class="dim">
                    { " " }{ card.kind.noun() }{ ", " }{ line(card.part, card.line) }
                    if let Some(condition) = &card.condition { { ", only if " }<code>{ condition }</code> }
                </span>
                { tick(page, &of_card(card)) }
                if card.wider > 0 { { " " }<span class="tag pattern">{ counted(card.wider, "scope") }{ " wider" }</span> }
            </h3>
            if !card.flags.is_empty() { <ul class="plain">{ for card.flags.iter().map(flag) }</ul> }
            <details>
                <summary>{ "Everything: " }{ counted(card.trust.len() + card.grants.len(), "statement") }</summary>
                <table><tbody>
                    if let Some(name) = &card.physical_name { { row("is called", html! { <code>{ name }</code> }) } }
                    { for card.trust.iter().map(|trust| row("assumed by", html! { <><code>{ trust.trusted() }</code><span class="dim">{ " " }{ line(trust.part, trust.line) }</span></> })) }
                    if let Some(boundary) = &card.boundary { { row("bounded by", html! { <code>{ boundary }</code> }) } }
                    { for card.managed.iter().map(|policy| row("has", html! { <code>{ policy.to_string() }</code> })) }
                    { for card.grants.iter().map(|grant| row("may", html! { <><code>{ grant.sentence() }</code>{ of(grant) }</> })) }
                    if !card.attached_to.is_empty() { { row("attached to", list(&card.attached_to)) } }
                    if !card.used_by.is_empty() { { row("used by", list(&card.used_by)) } }
                </tbody></table>
            </details>
        </section>
    }
}

/// "May this role do that?", as `iam-split can` answers it.
#[function_component]
fn Ask() -> Html {
    let page = use_page();
    let (who, action, resource) = (use_node_ref(), use_node_ref(), use_node_ref());
    let answered = use_state(|| None::<Rc<Answered>>);
    let onsubmit = {
        let (who, action, resource) = (who.clone(), action.clone(), resource.clone());
        let (answered, page, iam) = (answered.setter(), page.clone(), page.outcome.cards_of());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let text = |field: &yew::NodeRef| {
                field
                    .cast::<HtmlInputElement>()
                    .map_or(String::new(), |field| field.value().trim().to_owned())
            };
            let principal = who.cast::<HtmlSelectElement>().map_or(String::new(), |field| field.value());
            let (action, resource) = (text(&action), text(&resource));
            let request = CanRequest {
                principal: &principal,
                action: &action,
                resource: &resource,
                ..CanRequest::default()
            };
            let answer = can(&page.outcome.lines(iam).text, &request).map_err(|found| {
                found
                    .iter()
                    .flat_map(|found| [found.message.clone()].into_iter().chain(found.help.iter().cloned()))
                    .collect::<Vec<_>>()
                    .join(": ")
            });
            let beside = beside(&page.outcome, &principal);
            let question = format!("{principal}, {action} on {resource}");
            answered.set(Some(Rc::new(Answered { question, answer, beside })));
        })
    };
    html! {
        <details class="ask"><summary>{ "Ask: may a role do something?" }</summary><form {onsubmit}>
            <label>{ "May " }<select ref={who}>{ for page.outcome.roles().cards.iter().enumerate().map(|(at, card)| html! { <option value={card.name.clone()} selected={at == 0}>{ &card.name }</option> }) }</select></label>
            <label>{ " do " }<input ref={action} required=true placeholder="s3:GetObject" size="24" /></label>
            <label>{ " on " }<input ref={resource} required=true placeholder="arn:aws:s3:::bucket/key" size="34" /></label>
            { " " }<button type="submit" class="small">{ "Ask" }</button>
            <div role="status">{ for answered.iter().map(|answered| told(answered)) }</div>
        </form></details>
    }
}

struct Answered {
    question: String,
    answer: Result<CanAnswer, String>,
    /// Whether statements of the principal stand in the other template, which is not asked.
    beside: bool,
}

fn beside(outcome: &Outcome, principal: &str) -> bool {
    let mut cards = outcome.roles().cards.iter();
    let card = cards.find(|card| card.name == principal);
    card.is_some_and(|card| card.grants.iter().any(|grant| grant.part == Part::App))
}

fn told(answered: &Answered) -> Html {
    let answer = match &answered.answer {
        Ok(answer) => answer,
        Err(why) => return html! { <p class="bad">{ words(why) }</p> },
    };
    let (word, tone) = match answer.access {
        Access::Allowed => ("allowed", "warn"),
        Access::Denied if answered.beside && answer.denied_by.is_empty() => ("cannot tell", "warn"),
        Access::Denied => ("denied", "dim"),
        Access::CannotTell => ("cannot tell", "warn"),
    };
    html! {
        <>
            <p>{ &answered.question }{ ": " }<b class={tone}>{ word }</b></p>
            <ul class="plain">
                if answered.beside { <li>{ "Statements of it stand in the application template: they are not asked here." }</li> }
                { for answer.allowed_by.iter().map(|each| html! { <li>{ "allowed by " }{ place(each) }</li> }) }
                { for answer.denied_by.iter().map(|each| html! { <li>{ "denied by " }{ place(each) }</li> }) }
                { for answer.reasons.iter().map(|reason| html! { <li>{ words(&reason.part) }{ ": " }{ words(&reason.why) }</li> }) }
            </ul>
        </>
    }
}

fn place(place: &Place) -> Html {
    let statement = if place.statement.is_empty() { String::new() } else { format!(", {}", place.statement) };
    html! { <><code>{ &place.resource }</code>{ words(&statement) }{ ", line " }{ place.line }</> }
}
