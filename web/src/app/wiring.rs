//! Outputs of the IAM stack and the parameters that take them.

use iam_split_core::diagnostic::Source;
use iam_split_core::summary::TwoPhase;
use yew::{Html, function_component, html};

use super::context::use_page;
use super::declared::declared;

#[function_component]
pub(crate) fn Wiring() -> Html {
    let page = use_page();
    let outcome = &page.outcome;
    let places = yew::use_memo(page.outcome.clone(), |outcome| {
        let wires: Vec<(String, String, Option<String>)> = match (&outcome.split, &outcome.validation) {
            (Some(split), _) => split
                .summary
                .moved
                .iter()
                .flat_map(|moved| {
                    moved
                        .wires
                        .iter()
                        .map(|wire| (wire.output.clone(), wire.parameter.clone(), Some(moved.name.clone())))
                })
                .collect(),
            (None, Some(validation)) => validation
                .wires
                .iter()
                .map(|(parameter, output)| (output.clone(), parameter.clone(), None))
                .collect(),
            (None, None) => Vec::new(),
        };
        let (iam, app) = (declared(&outcome.iam), declared(&outcome.app));
        wires
            .into_iter()
            .map(|(output, parameter, resource)| {
                let lines = (iam.get("Outputs", &output), app.get("Parameters", &parameter));
                (output, parameter, resource, lines)
            })
            .collect::<Vec<_>>()
    });
    let back = yew::use_memo(page.outcome.clone(), |outcome| {
        let (iam, app) = (declared(&outcome.iam), declared(&outcome.app));
        let later = outcome.split.iter().flat_map(|split| &split.summary.two_phase);
        let lines =
            |later: &TwoPhase| (app.get("Outputs", &later.output), iam.get("Parameters", &later.parameter));
        later.map(|later| (later.clone(), lines(later))).collect::<Vec<_>>()
    });
    let stack = outcome.split.as_ref().and_then(|split| split.summary.app_stack.as_ref());
    let linked = |source: Source, name: &str, line: Option<u32>| match line {
        Some(line) => page.line_as(source, line, html! { <code>{ name }</code> }),
        None => html! { <code>{ name }</code> },
    };
    html! {
        <div class="page" tabindex="0" role="region" aria-label="Wiring">
            <h2>{ "IAM stack to application stack" }</h2>
            <p class="dim">{ "The IAM stack is deployed first. Each of its outputs is the value of a parameter of the application stack." }</p>
            <table>
                <thead><tr><th>{ "resource" }</th><th>{ "output of the IAM stack" }</th><th>{ "parameter of the application stack" }</th></tr></thead>
                <tbody>
                    { for places.iter().map(|(output, parameter, resource, (of_output, of_parameter))| html! {
                        <tr>
                            <td>{ resource.as_ref().map(|name| page.resource(name)) }</td>
                            <td>{ linked(Source::Iam, output, *of_output) }</td>
                            <td>{ linked(Source::App, parameter, *of_parameter) }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
            if let Some(stack) = stack {
                <h2>{ "The application stack's name" }</h2>
                <p>
                    { "The IAM stack takes it as " }<code>{ &stack.parameter }</code>
                    { format!(": at most {} characters", stack.max_length) }
                    if let Some(name) = &stack.bounded_by { { ", bounded by " }{ page.resource(name) } }
                    { ", matching " }<code>{ &stack.allowed_pattern }</code>{ "." }
                </p>
            }
            if !back.is_empty() {
                <h2>{ "Application stack back to IAM stack" }</h2>
                <p class="dim">{ "Once the application stands, these outputs are read and the IAM stack is updated with them." }</p>
                <table>
                    <thead><tr><th>{ "resource" }</th><th>{ "output of the application stack" }</th><th>{ "parameter of the IAM stack" }</th></tr></thead>
                    <tbody>
                        { for back.iter().map(|(later, (of_output, of_parameter))| html! {
                            <tr>
                                <td>{ page.resource(&later.target) }</td>
                                <td>{ linked(Source::App, &later.output, *of_output) }</td>
                                <td>{ linked(Source::Iam, &later.parameter, *of_parameter) }</td>
                            </tr>
                        }) }
                    </tbody>
                </table>
            }
        </div>
    }
}
