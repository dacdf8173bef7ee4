//! A page in one file: no script, no font, no picture from elsewhere.

use maud::{Markup, html};

use super::page::page;
use super::picture::picture;
use super::{Finding, Report};
use crate::contract::{Standing, headline};
use crate::equivalence::Change;
use crate::roles::{Card, Weight};
use crate::text::counted;
use crate::validate::Bond;

/// How a report looks, on a screen and on paper.
pub(crate) const STYLE: &str = "
:root { color-scheme: light dark; --ink: light-dark(#1c2330, #e6e9ef); --dim: light-dark(#566072, #a4adbd);
  --paper: light-dark(#fff, #14181f); --line: light-dark(#d9dee7, #2f3745); --good: light-dark(#1a6d3c, #67c98f);
  --bad: light-dark(#a3221d, #ff8b85); --warn: light-dark(#7a5200, #e5b65c); --soft: light-dark(#f5f7fa, #1b212b);
  --uses: light-dark(#1f5fae, #7fb2f5); --names: light-dark(#a04a12, #f0a36b); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1rem 4rem; font: 15px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
.dim { color: var(--dim); } .good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
table { border-collapse: collapse; width: 100%; font-size: .93rem; } th, td { text-align: left; vertical-align: top;
  padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); } th { font-weight: 600; color: var(--dim); }
code, pre { font: .87rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--soft); margin: .35rem 0; padding: .5rem .75rem; border-radius: 4px; white-space: pre-wrap; }
.figures { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 1rem 0; }
.figures div { min-width: 6rem; } .figures b { display: block; font-size: 1.5rem; line-height: 1.2; }
article { border-left: 3px solid var(--line); padding: .1rem 0 .1rem .9rem; margin: 1rem 0; }
article.error { border-color: var(--bad); } article.warning { border-color: var(--warn); }
.number { text-align: right; } .scroll { overflow-x: auto; } .scope { margin: .5rem 0 .9rem; }
.picture text { font: 12px ui-monospace, monospace; fill: var(--ink); cursor: default; }
.picture path { fill: none; stroke-width: 1; opacity: .5; }
.picture .uses { stroke: var(--uses); } .picture .names { stroke: var(--names); stroke-dasharray: 4 3; }
span.uses { color: var(--uses); } span.names { color: var(--names); }
details { border-bottom: 1px solid var(--line); padding: .35rem 0; } summary { cursor: pointer; }
ul { margin: .3rem 0; padding-left: 1.1rem; } details th { width: 7rem; white-space: nowrap; }
@media print { body { max-width: none; padding: 0; font-size: 11px; } tr, article, .scope { break-inside: avoid; } .picture { max-width: 100%; height: auto; } }
";

pub(super) fn render(report: &Report) -> String {
    let broken = report.is_broken();
    let body = html! {
        (head(report))
        @if broken { (findings(report)) }
        (sign_off(report))
        (roles(report))
        (permissions(report))
        @if !broken { (findings(report)) }
        (contracts(report))
        (moved(report))
        (wiring(report))
        (dependencies(report))
        section {
            h2 { "What this speaks of" }
            table { tbody { @for each in &report.digests { tr { td { (each.file) } td { code { "SHA-256 " (each.sha256) } } } } } }
        }
        p.dim { "iam-split " (report.tool_version) }
    };
    page(&format!("IAM split: {}", report.headline), STYLE, &body)
}

fn head(report: &Report) -> Markup {
    html! {
        header {
            h1 { "IAM split: " span class=(report.tone()) { (report.headline) } }
            p.dim {
                code { (report.iam) } " and " code { (report.app) }
                @if let Some(monolith) = &report.monolith { ", compared with " code { (monolith) } }
            }
            div.figures {
                @if report.is_compared() {
                    div { b { (report.moved().count()) } "moved" }
                    @if let Some(proven) = report.proven { div { b { (proven) } "resources proven the same" } }
                    div { b { (report.widened.len()) } "scopes wider" }
                }
                div { b { (report.findings.len()) } "findings" }
            }
        }
    }
}

/// Who viewed what, where somebody did.
fn sign_off(report: &Report) -> Markup {
    html! {
        @if let Some(sign_off) = &report.sign_off {
            section {
                h2 { "Sign-off" }
                p { (sign_off.headline()) }
                @if !sign_off.note.is_empty() { p { (sign_off.note) } }
                @if !sign_off.open.is_empty() { p.dim { "Not viewed: " (sign_off.open.join("; ")) } }
            }
        }
    }
}

/// Who may do what. What is to be looked at is open, the rest a click away.
fn roles(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Roles" }
            p { (report.roles_headline) }
            @for text in &report.unseen { p.warn { "Not seen here: " (prose(text)) } }
            @for card in &report.roles { (role(card)) }
        }
    }
}

fn role(card: &Card) -> Markup {
    html! {
        details open[card.weight().is_some_and(|weight| weight > Weight::Wide)] {
            summary {
                b { code { (card.name) } } " " span.dim { (card.place()) }
                @if let Some(weight) = card.weight() { " " span class=(tone(weight)) { (weight.name()) } }
                @if card.wider > 0 { " " span.warn { (counted(card.wider, "scope")) " wider than the monolith's" } }
            }
            @if !card.flags.is_empty() {
                ul {
                    @for flag in &card.flags {
                        li {
                            span class=(tone(flag.weight)) { (flag.weight.name()) } " " (prose(&flag.text)) " "
                            span.dim { (flag.place()) }
                        }
                    }
                }
            }
            @if card.flags.is_empty() { (whole(card)) }
            @else {
                details {
                    summary.dim { "all of it: " (counted(card.trust.len() + card.grants.len(), "statement")) }
                    (whole(card))
                }
            }
        }
    }
}

/// Everything that is known of a card.
fn whole(card: &Card) -> Markup {
    html! {
        table {
            tbody {
                @if let Some(name) = &card.physical_name { tr { th { "is called" } td { code { (name) } } } }
                @for trust in &card.trust {
                    tr { th { "assumed by" } td { code { (trust.trusted()) } " " span.dim { (trust.part.line(trust.line)) } } }
                }
                @if let Some(boundary) = &card.boundary { tr { th { "bounded by" } td { code { (boundary) } } } }
                @for policy in &card.managed { tr { th { "has" } td { code { (policy.to_string()) } } } }
                @for grant in &card.grants {
                    tr { th { "may" } td { code { (grant.sentence()) } " " span.dim { (grant.place()) } } }
                }
                @if !card.attached_to.is_empty() { tr { th { "attached to" } td { (names(&card.attached_to)) } } }
                @if !card.used_by.is_empty() { tr { th { "used by" } td { (names(&card.used_by)) } } }
            }
        }
    }
}

fn tone(weight: Weight) -> &'static str {
    match weight {
        Weight::Grave => "bad",
        Weight::High => "warn",
        Weight::Wide => "dim",
    }
}

fn contracts(report: &Report) -> Markup {
    if report.contracts.iter().all(|contract| contract.standing() == Standing::Kept) {
        return html! { section { h2 { "Contracts" } p class=(report.tone()) { (headline(&report.contracts)) } } };
    }
    html! {
        section {
            h2 { "Contracts" }
            p { (headline(&report.contracts)) }
            table {
                thead { tr { th { "what is asked" } th { "kept" } } }
                tbody {
                    @for contract in &report.contracts {
                        tr {
                            td { (contract.name) }
                            @match contract.standing() {
                                Standing::Kept => { td class=(report.tone()) { "kept" } }
                                Standing::Broken => { td.bad { (contract.words()) } }
                                Standing::Otherwise | Standing::NotAsked => { td.dim { (contract.words()) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn findings(report: &Report) -> Markup {
    html! {
        @if !report.findings.is_empty() {
            section {
                h2 { "Findings" }
                @for finding in &report.findings { (article(finding)) }
            }
        }
    }
}

fn article(finding: &Finding) -> Markup {
    let kind = finding.severity.name();
    html! {
        article class=(kind) {
            div { b { (kind) " " (finding.code) } " " (prose(&finding.message)) }
            @for place in &finding.places {
                div.dim { (place.file) " line " (place.start.line) ": " (prose(&place.text)) }
                pre { (place.line) }
            }
            @for help in &finding.help { div { "What to do: " (prose(help)) } }
        }
    }
}

fn permissions(report: &Report) -> Markup {
    let unchanged: Vec<&str> = report.unchanged().collect();
    html! {
        @if report.monolith.is_some() {
            section {
                h2 { "Permissions, before and after" }
                @for (resource, changes) in report.widened_by_resource() {
                    details open {
                        summary { b { (resource) } " " span.warn { (counted(changes.len(), "scope")) " wider" } }
                        @for alike in changes.chunk_by(|a, b| a.reaches == b.reaches) { (scopes(alike)) }
                    }
                }
                @for attached in &report.attached {
                    p {
                        b { (attached.role) } ": statements stand in the policy " code { (attached.policy) }
                        " of the application template, unchanged."
                    }
                }
                @if !report.later.is_empty() {
                    p {
                        span.warn { "After a further update of the IAM stack (" (report.later.len()) "): " }
                        (names(&report.later.iter().map(String::as_str).collect::<Vec<_>>()))
                        ": what they allow on a value that comes later"
                    }
                }
                @if !unchanged.is_empty() {
                    p { span.good { "The same as in the monolith (" (unchanged.len()) "): " } (names(&unchanged)) }
                }
            }
        }
    }
}

/// Scopes that reach alike: said once.
fn scopes(changes: &[&Change]) -> Markup {
    html! {
        div.scope {
            @for change in changes {
                div.dim { (change.statement) ", " (change.element) }
                pre { span.dim { "before " } (change.before) "\n" span.dim { "after  " } (change.after) }
            }
            @if let Some(reaches) = changes.first().map(|change| &change.reaches).filter(|text| !text.is_empty()) {
                div { span.warn { (if changes.len() == 1 { "reaches" } else { "each reaches" }) } " " (prose(reaches)) }
            }
        }
    }
}

/// Our own wording: what stands between backticks is code.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn moved(report: &Report) -> Markup {
    html! {
        section {
            h2 { "What the IAM template holds" }
            table {
                thead { tr { th { "resource" } th { "type" } th.number { "line" } th { "used by" } } }
                tbody {
                    @for resource in report.moved() {
                        tr {
                            td { code { (resource.name) } }
                            td { (resource.kind) }
                            td.number { (resource.line) }
                            td { (names(&report.dependents(&resource.name, Bond::Uses).collect::<Vec<_>>())) }
                        }
                    }
                }
            }
        }
    }
}

fn names<T: AsRef<str>>(names: &[T]) -> Markup {
    html! { @for (at, name) in names.iter().enumerate() { @if at > 0 { ", " } code { (name.as_ref()) } } }
}

fn wiring(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Wiring" }
            table {
                thead { tr { th { "output of the IAM stack" } th { "parameter of the application stack" } } }
                tbody { @for wire in &report.wiring { tr { td { code { (wire.output) } } td { code { (wire.parameter) } } } } }
            }
            @for later in &report.two_phase {
                p {
                    code { (later.parameter) } " of the IAM template is empty at first: an update of the IAM stack takes it from \
                    the output " code { (later.output) } " of the application stack."
                }
            }
        }
    }
}

fn dependencies(report: &Report) -> Markup {
    html! {
        @if !report.dependencies.is_empty() {
            section.wide {
                h2 { "Dependencies" }
                (picture(report))
            }
        }
    }
}
