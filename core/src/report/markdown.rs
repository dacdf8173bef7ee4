//! Markdown for a pull request.

use super::Report;
use crate::contract::{Standing, headline};
use crate::roles::{Card, Weight};
use crate::text::visible;
use crate::validate::Bond;

/// A comment of GitHub's takes 65,536 characters; what comes around ours takes some of them.
/// Source: GitHub REST API, "Issue comments": `body is too long (maximum is 65536 characters)`.
const MOST: usize = 60_000;

pub(super) fn render(report: &Report) -> String {
    let mut page = Page { out: String::new(), left_out: 0 };
    let broken = report.is_broken();
    page.whole(&head(report));
    let digests =
        report.digests.iter().map(|each| format!("- `{}`: SHA-256 `{}`\n", code(&each.file), each.sha256));
    page.list("What this speaks of", &digests.collect::<Vec<_>>());
    if broken {
        page.list("Findings", &findings(report));
    }
    if let Some(sign_off) = &report.sign_off {
        page.whole(&format!("\n## Sign-off\n\n{}\n", text(&sign_off.headline())));
        if !sign_off.note.is_empty() {
            page.whole(&format!("\n{}\n", text(&sign_off.note)));
        }
        let open: Vec<String> =
            sign_off.open.iter().map(|name| format!("- not viewed: {}\n", text(name))).collect();
        page.items(&open);
    }
    page.whole(&format!("\n## Roles\n\n{}\n", text(&report.roles_headline)));
    let unseen: Vec<String> =
        report.unseen.iter().map(|what| format!("- not seen here: {}\n", text(what))).collect();
    page.items(&unseen);
    page.items(&report.roles.iter().filter(|card| !card.flags.is_empty()).map(role).collect::<Vec<_>>());
    if !broken {
        page.list("Findings", &findings(report));
    }
    if !report.widened.is_empty() {
        page.list(&format!("Scopes that are wider ({})", report.widened.len()), &widened(report));
    }
    page.items(&attached(report));
    page.list(&format!("What the IAM template holds ({})", report.moved().count()), &[held(report)]);
    let wires = report
        .wiring
        .iter()
        .map(|wire| format!("| `{}` | `{}` |\n", code(&wire.output), code(&wire.parameter)));
    let mut wires = format!("| output | parameter |\n|---|---|\n{}", wires.collect::<String>());
    for later in &report.two_phase {
        wires += &format!(
            "| `{}` of the application | `{}` of the IAM template, empty until a further update |\n",
            code(&later.output),
            code(&later.parameter)
        );
    }
    page.list(&format!("Wiring ({})", report.wiring.len() + report.two_phase.len()), &[wires]);
    page.whole(&format!("\niam-split {}\n", report.tool_version));
    page.end()
}

/// A page that takes only whole parts, and so many that it fits.
struct Page {
    out: String,
    left_out: usize,
}

impl Page {
    fn whole(&mut self, part: &str) {
        if self.out.len() + part.len() > MOST {
            self.left_out += 1;
        } else {
            self.out += part;
        }
    }

    fn items(&mut self, parts: &[String]) {
        for part in parts {
            self.whole(part);
        }
    }

    fn list(&mut self, title: &str, parts: &[String]) {
        if !parts.is_empty() {
            self.whole(&format!("\n## {title}\n\n"));
            self.items(parts);
        }
    }

    fn end(mut self) -> String {
        if self.left_out > 0 {
            let parts = crate::text::counted(self.left_out, "part");
            self.out += &format!(
                "\n{parts} more would not fit in a comment: the report as HTML or JSON has everything.\n"
            );
        }
        self.out
    }
}

fn head(report: &Report) -> String {
    let mut out = format!("# IAM split: {}\n\n", report.headline);
    out += &format!("`{}` and `{}`\n", code(&report.iam), code(&report.app));
    if let (Some(monolith), Some(proven)) = (&report.monolith, &report.proven) {
        out += &format!(
            "\n{} proven to be those of `{}`{}, for all values of the parameters.\n",
            are(*proven),
            code(monolith),
            text(&report.but)
        );
    }
    let said = headline(&report.contracts);
    let others = report.contracts.iter().filter(|contract| contract.standing() != Standing::Kept);
    let others: Vec<String> = others
        .map(|contract| format!("- {}: {}\n", text(contract.name.as_ref()), text(&contract.words())))
        .collect();
    if !said.is_empty() {
        out += &format!("\nContracts: {said}{}\n", if others.is_empty() { "." } else { ":\n" });
    }
    out += &others.concat();
    out
}

fn are(number: usize) -> String {
    if number == 1 { "1 resource is".to_owned() } else { format!("{number} resources are") }
}

/// What is to be looked at, and below a fold everything else.
fn role(card: &Card) -> String {
    let mut out = format!("- **`{}`** ({})", code(&card.name), text(&card.place()));
    if card.wider > 0 {
        out += &format!(", {} wider than the monolith's", crate::text::counted(card.wider, "scope"));
    }
    out += "\n";
    for flag in &card.flags {
        let weight = if flag.weight == Weight::Grave { "**grave**" } else { flag.weight.name() };
        out += &format!("  - {weight}: {} ({})\n", text(&flag.text), text(&flag.place()));
    }
    out
}

fn findings(report: &Report) -> Vec<String> {
    let of = |finding: &super::Finding| {
        let mut out =
            format!("- **{} {}** {}\n", finding.severity.name(), finding.code, text(&finding.message));
        for place in &finding.places {
            out += &format!("  - `{}` line {}: {}\n", code(&place.file), place.start.line, text(&place.text));
        }
        for help in &finding.help {
            out += &format!("  - what to do: {}\n", text(help));
        }
        out
    };
    report.findings.iter().map(of).collect()
}

fn widened(report: &Report) -> Vec<String> {
    let mut parts = Vec::new();
    for (resource, changes) in report.widened_by_resource() {
        let mut out = format!("<details><summary>{} ({})</summary>\n\n", html(resource), changes.len());
        out += "| statement | element | before | after | reaches |\n|---|---|---|---|---|\n";
        for change in changes {
            out += &format!(
                "| {} | {} | `{}` | `{}` | {} |\n",
                cell(&text(&change.statement)),
                cell(&text(&change.element)),
                cell(&code(&change.before)),
                cell(&code(&change.after)),
                cell(&text(&change.reaches))
            );
        }
        parts.push(out + "\n</details>\n\n");
    }
    parts
}

fn attached(report: &Report) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for attached in &report.attached {
        parts.push(format!(
            "\nStatements of `{}` stand in `{}` of the application template.\n",
            code(&attached.role),
            code(&attached.policy)
        ));
    }
    let unchanged: Vec<&str> = report.unchanged().collect();
    if report.is_compared() && !unchanged.is_empty() {
        let names = list(unchanged.iter().copied());
        let said = match unchanged.len() {
            1 => "1 resource has the permissions that it had".to_owned(),
            number => format!("{number} resources have the permissions that they had"),
        };
        parts.push(format!("\n{said}: {names}.\n"));
    }
    if !report.later.is_empty() {
        let names = list(report.later.iter().map(String::as_str));
        parts.push(format!(
            "\nWhat these allow on a value that comes later, they allow after a further update of the IAM stack: {names}.\n"
        ));
    }
    parts
}

fn held(report: &Report) -> String {
    let mut out = "| resource | type | line | used by |\n|---|---|---|---|\n".to_owned();
    for resource in report.moved() {
        let used = list(report.dependents(&resource.name, Bond::Uses));
        out += &format!(
            "| `{}` | {} | {} | {used} |\n",
            code(&resource.name),
            cell(&text(&resource.kind)),
            resource.line
        );
    }
    out
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("`{}`", code(name))).collect::<Vec<_>>().join(", ")
}

/// Text inside backticks cannot hold one.
pub(crate) fn code(text: &str) -> String {
    visible(text).replace('`', "'").replace('\n', " ")
}

/// A cell of a table cannot hold a bar.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn html(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;")
}

/// Our own wording keeps its backticks; what looks like markup does not become any.
pub(crate) fn text(text: &str) -> String {
    html(&visible(text)).replace('\n', " ")
}
