//! What the page shows before there is a template.

use web_sys::{HtmlTextAreaElement, MouseEvent, SubmitEvent};
use yew::{Callback, Html, function_component, html, use_node_ref};

use super::context::use_page;
use super::files::Intake;
use super::header::Open;

#[function_component]
pub(crate) fn Welcome() -> Html {
    let page = use_page();
    let text = use_node_ref();
    let example = {
        let intake = Intake::of(&page);
        Callback::from(move |_: MouseEvent| intake.example())
    };
    let onsubmit = {
        let (intake, text) = (Intake::of(&page), text.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let value = text.cast::<HtmlTextAreaElement>().map(|area| area.value()).unwrap_or_default();
            if !value.trim().is_empty() {
                intake.text(&value);
            }
        })
    };
    html! {
        <main class="welcome">
            <h1>{ "Take the IAM out of a CloudFormation template" }</h1>
            <p>{ "Two templates come of it: roles and managed policies for those who may create IAM, the rest for those who run the application. The page proves that the pair deploys the same system, and shows where a permission changes." }</p>
            <p><strong>{ "Nothing leaves this browser." }</strong>{ " The page works without a network once it is loaded." }</p>
            <div class="drop">
                <p>{ "Drop a template here, with its " }<code>{ "config.yaml" }</code>{ " if there is one." }</p>
                { for page.work().files().iter().map(|(part, file)| html! {
                    <p role="note"><code>{ &*file.name }</code>{ format!(" is here ({}); now the template.", part.noun()) }</p>
                }) }
                <p>
                    <Open label="Open files…" />
                    <button type="button" onclick={example}>{ "Try the example" }</button>
                </p>
                <ul class="tasks">
                    <li><b>{ "Split" }</b>{ ": one template. Roles and managed policies come out as a template of their own." }</li>
                    <li><b>{ "Check a pair" }</b>{ ": both templates, and their monolith for the proof." }</li>
                    <li><b>{ "Compare releases" }</b>{ ": two IAM templates. What the new one allows that the old one did not, with a request that shows it." }</li>
                </ul>
            </div>
            <form {onsubmit}>
                <label for="paste">{ "Or paste a template" }</label>
                <textarea id="paste" ref={text} rows="6" spellcheck="false" />
                <button type="submit">{ "Split it" }</button>
            </form>
        </main>
    }
}
