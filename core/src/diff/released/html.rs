//! A page in one file: the verdict, the requests that are newly allowed, then all that differs.

use maud::{Markup, html};

use super::{ReleaseReport, reasons, request};
use crate::diff::{PropertyChange, ResourceDiff};
use crate::policy::{Decision, PermissionChange, Verdict};
use crate::report::{STYLE, page, prose};

pub(super) fn render(report: &ReleaseReport<'_>) -> String {
    let diff = report.diff;
    let body = html! {
        header {
            h1 { "IAM release: " span class=(report.tone()) { (report.headline) } }
            p.dim { code { (report.old) } " and " code { (report.new) } ": " (report.counts()) }
        }
        @for decision in &diff.release.decisions { (decided(decision)) }
        @for found in &report.findings {
            article class=(found.severity.name()) {
                b { (found.severity.name()) " " (found.code) } " " (prose(&found.message))
                @for place in &found.places {
                    div { code { (place.file) } " line " (place.start.line) ": " (place.text) }
                }
                @for help in &found.help { div { "What to do: " (prose(help)) } }
            }
        }
        @if !diff.resources.is_empty() {
            section {
                h2 { "What differs" }
                @for one in &diff.resources { (resource(one)) }
            }
        }
        @if !diff.declarations.is_empty() {
            section {
                h2 { "Declarations" }
                @for one in &diff.declarations { (property(one)) }
            }
        }
        p.dim { "iam-split " (report.tool_version) }
    };
    page(&format!("IAM release: {}", report.headline), STYLE, &body)
}

fn decided(decision: &Decision) -> Markup {
    let kind = if decision.verdict == Verdict::More { "error" } else { "warning" };
    html! {
        article class=(kind) {
            div { b { (prose(&decision.headline())) } }
            @if let Some((title, lines)) = request(decision) {
                div.dim { (title) }
                pre { (lines.join("\n")) }
            }
            @for reason in reasons(decision) { div { (prose(&reason)) } }
        }
    }
}

fn resource(one: &ResourceDiff) -> Markup {
    let anew = if one.replaced { ", made anew: its ARN and id change" } else { "" };
    html! {
        details open {
            summary {
                b { (one.name) } " "
                span.dim { (one.kind) ", line " (one.line) ": " (one.state.word()) (anew) }
            }
            @for statement in &one.permissions { (changed("", statement)) }
            @for statement in &one.trust { (changed("trust ", statement)) }
            @for one in one.told_properties() { (property(one)) }
        }
    }
}

fn changed(of: &str, statement: &PermissionChange) -> Markup {
    let (word, (now, before)) = (statement.change.word(), statement.told());
    html! {
        div.scope {
            div.dim { (of) (word) @if statement.line > 0 { ", line " (statement.line) } }
            pre {
                @if let Some(before) = &before { span.dim { "before " } (before) "\n" span.dim { "after  " } }
                (now)
            }
        }
    }
}

fn property(one: &PropertyChange) -> Markup {
    html! {
        div.scope {
            div.dim { (one.property) }
            pre {
                span.dim { "before " } (one.before.as_deref().unwrap_or("(none)")) "\n"
                span.dim { "after  " } (one.after.as_deref().unwrap_or("(none)"))
            }
        }
    }
}
