//! A report: what `iam-split validate --report` writes, to be read here.

use std::rc::Rc;

use iam_split_core::contract::Standing;
use iam_split_core::report::{Finding, Format, Report};
use iam_split_core::text::counted;
use iam_split_core::validate::Verdict;
use web_sys::MouseEvent;
use yew::{Callback, Html, Properties, classes, function_component, html};

use super::host;
use super::permissions::{before_after, groups};
use super::words::{tone, words};

/// The formats of a report with the endings of their files.
const FORMATS: [(&str, &str, Format); 5] = [
    ("HTML", "html", Format::Html),
    ("JSON", "json", Format::Json),
    ("Markdown", "md", Format::Markdown),
    ("SARIF", "sarif", Format::Sarif),
    ("JUnit", "xml", Format::Junit),
];

#[derive(Properties)]
pub(crate) struct Props {
    pub(crate) report: Rc<Report>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.report, &other.report)
    }
}

fn finding(finding: &Finding) -> Html {
    html! {
        <div class={classes!("finding", finding.severity.name())}>
            <div>
                <span class={classes!("tag", finding.severity.name())}>{ finding.severity.name() }</span>
                { " " }<code>{ finding.code.as_str() }</code>{ " " }{ words(&finding.message) }
            </div>
            { for finding.places.iter().map(|place| html! {
                <div>
                    <span class="dim">{ format!("{} line {}: {}", place.file, place.start.line, place.text) }</span>
                    <pre>{ &place.line }</pre>
                </div>
            }) }
            { for finding.help.iter().map(|help| html! { <p>{ words(help) }</p> }) }
        </div>
    }
}

#[function_component]
pub(crate) fn ReportView(props: &Props) -> Html {
    let report = &props.report;
    let moved: Vec<&str> = report
        .resources
        .iter()
        .filter(|resource| resource.moved)
        .map(|resource| resource.name.as_str())
        .collect();
    let save = |(label, ending, format): (&'static str, &'static str, Format)| {
        let report = report.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            let kind = if format == Format::Html { "text/html" } else { "application/octet-stream" };
            host::get().download(&format!("report.{ending}"), kind, &report.render(format));
        });
        html! { <button type="button" class="small" {onclick}>{ label }</button> }
    };
    html! {
        <div class="page report" tabindex="0" role="region" aria-label="Report">
            <div class="head">
                <h2>
                    <span class={tone(report.verdict)}>{ &report.headline }</span>
                    <span class="dim">
                        { " " }{ &report.iam }{ " and " }{ &report.app }
                        if let Some(monolith) = &report.monolith { { ", compared with " }{ monolith } }
                    </span>
                </h2>
                <span>{ "Save as " }{ for FORMATS.into_iter().map(save) }</span>
            </div>
            <div class="figures">
                if report.verdict != Verdict::NotCompared {
                    <div><b>{ moved.len() }</b>{ "moved" }</div>
                    if let Some(proven) = report.proven { <div><b>{ proven }</b>{ "resources proven the same" }</div> }
                    <div><b>{ report.widened.len() }</b>{ "scopes wider" }</div>
                }
                <div><b>{ report.findings.len() }</b>{ "findings" }</div>
            </div>
            <h2>{ "Contracts" }</h2>
            <table>
                <thead><tr><th>{ "what is asked" }</th><th>{ "kept" }</th></tr></thead>
                <tbody>{ for report.contracts.iter().map(|contract| html! {
                    <tr>
                        <td>{ &*contract.name }</td>
                        <td class={match contract.standing() {
                            Standing::Kept => tone(report.verdict),
                            Standing::Broken => "bad",
                            Standing::Otherwise | Standing::NotAsked => "dim",
                        }}>{ contract.words() }</td>
                    </tr>
                }) }</tbody>
            </table>
            if !report.findings.is_empty() {
                <h2>{ "Findings" }</h2>
                { for report.findings.iter().map(finding) }
            }
            if !report.widened.is_empty() {
                <h2>{ "Permissions that are wider" }</h2>
                { for groups(&report.widened, |each| &each.resource).into_iter().map(|(name, changes)| html! {
                    <section key={name.to_owned()}>
                        <h3>{ name }{ ", " }{ counted(changes.len(), "scope") }</h3>
                        { for changes.into_iter().map(|each| html! {
                            <div class="bridge wider">
                                <div class="dim">{ &each.statement }{ ", " }{ &each.element }</div>
                                { before_after(&each.before, &each.after) }
                                if !each.reaches.is_empty() { <p class="dim">{ "Reaches also " }{ words(&each.reaches) }{ "." }</p> }
                            </div>
                        }) }
                    </section>
                }) }
            }
            if !report.attached.is_empty() {
                <h2>{ "Statements in the application template" }</h2>
                <table>
                    <thead><tr><th>{ "role" }</th><th>{ "policy" }</th></tr></thead>
                    <tbody>{ for report.attached.iter().map(|each| html! {
                        <tr><td><code>{ &each.role }</code></td><td><code>{ &each.policy }</code></td></tr>
                    }) }</tbody>
                </table>
            }
            <h2>{ "What the IAM template holds" }</h2>
            <p>{ moved.join(", ") }</p>
            <h2>{ "Wiring" }</h2>
            <table>
                <thead><tr><th>{ "output of the IAM stack" }</th><th>{ "parameter of the application stack" }</th></tr></thead>
                <tbody>{ for report.wiring.iter().map(|wire| html! {
                    <tr><td><code>{ &wire.output }</code></td><td><code>{ &wire.parameter }</code></td></tr>
                }) }</tbody>
            </table>
            <p class="dim">{ "iam-split " }{ &report.tool_version }</p>
        </div>
    }
}
