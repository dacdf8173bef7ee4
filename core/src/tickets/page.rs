//! The files of the tickets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{ARNS, Asked, Document, File, Tickets, parameters};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::counted;

const TRUST: &str = "AssumeRolePolicyDocument";
const DOCUMENT: &str = "PolicyDocument";
const INLINE: &str = "Policies";
const BOUNDARY: &str = "PermissionsBoundary";
const TAGS: &str = "Tags";

/// The documents of a resource, and its page.
pub(super) fn files(one: &Document, asked: &Asked<'_, '_, '_>) -> Vec<File> {
    let documents = documents(one);
    let mut files: Vec<File> = documents
        .iter()
        .map(|document| File {
            path: format!("{}/{}", one.name, document.file),
            text: pretty(&document.json),
        })
        .collect();
    files.push(File { path: format!("{}.md", one.name), text: page(one, &documents, asked) });
    files
}

fn pretty(json: &Value) -> String {
    format!("{json:#}\n")
}

/// One document of a resource.
struct Part {
    file: String,
    title: String,
    /// The name of an inline policy.
    policy: Option<String>,
    json: Value,
}

fn documents(one: &Document) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = |file: &str, title: &str, json: Value| {
        parts.push(Part { file: file.to_owned(), title: title.to_owned(), policy: None, json });
    };
    if let Some(trust) = one.properties.get(TRUST) {
        part("trust.json", "Who may assume it", trust.clone());
    }
    if let Some(document) = one.properties.get(DOCUMENT) {
        part("permissions.json", "What it permits", document.clone());
    }
    if let Some(boundary) = one.properties.get(BOUNDARY) {
        part("boundary.json", "The permissions boundary", json!({ BOUNDARY: boundary }));
    }
    if let Some(tags) = one.properties.get(TAGS) {
        part("tags.json", "Tags", tags.clone());
    }
    let own = [TRUST, DOCUMENT, INLINE, BOUNDARY, TAGS];
    let rest: serde_json::Map<String, Value> = one
        .properties
        .iter()
        .filter(|(key, _)| !own.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !rest.is_empty() {
        part("settings.json", "Everything else", Value::Object(rest));
    }
    let mut taken = BTreeSet::new();
    for policy in one.properties.get(INLINE).and_then(Value::as_array).into_iter().flatten() {
        let name = policy.get("PolicyName").and_then(Value::as_str).unwrap_or("policy");
        let mut stem: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "+=,.@_-".contains(c) { c } else { '-' })
            .collect();
        while !taken.insert(stem.to_lowercase()) {
            stem.push('-');
        }
        parts.push(Part {
            file: format!("permissions/{stem}.json"),
            title: format!("What the policy `{}` permits", code(name)),
            policy: Some(name.to_owned()),
            json: policy.get(DOCUMENT).cloned().unwrap_or_default(),
        });
    }
    parts
}

fn page(one: &Document, documents: &[Part], asked: &Asked<'_, '_, '_>) -> String {
    let words = one.words();
    let mut out = format!("# Ticket: the {words} `{}`\n\n", one.name);
    let card = asked.cards.iter().find(|card| card.name == one.name);
    let used: Vec<String> =
        card.iter().flat_map(|card| &card.used_by).map(|name| format!("`{}`", code(name))).collect();
    if !used.is_empty() {
        out += &format!("Used by {}.\n", used.join(", "));
    }
    let parameters = parameters(&one.name, asked);
    match parameters.as_slice() {
        [] => out += "Nothing of the application takes its ARN: nothing is to be sent back.\n",
        names => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            out +=
                &format!("To be sent back: its ARN, which goes into `{ARNS}` as {}.\n", names.join(" and "));
        }
    }
    let flags = card.map(|card| card.flags.as_slice()).unwrap_or_default();
    if !flags.is_empty() {
        out += "\n## To look at before it is made\n\n";
        for flag in flags {
            out += &format!("- {}: {}\n", flag.weight.name(), prose(&flag.text));
        }
    }
    for document in documents {
        out += &format!(
            "\n## {}\n\n[`{}/{}`]({}/{})\n\n```json\n{:#}\n```\n",
            document.title,
            one.name,
            code(&document.file),
            one.name,
            document.file.replace(' ', "%20"),
            document.json
        );
    }
    let placeholders = placeholders(one);
    if !placeholders.is_empty() {
        out += &format!("\n## What is to be put in\n\n{}", table(&placeholders));
    }
    let commands = commands(one, documents);
    if !commands.is_empty() {
        out += &format!(
            "\n## With the command line of AWS\n\nFrom this folder, once the placeholders are filled in:\n\n```sh\n{}```\n",
            commands.concat()
        );
    }
    out
}

/// The placeholders of a ticket, and a free name where it has none.
fn placeholders(one: &Document) -> BTreeMap<String, String> {
    let mut list = one.placeholders.clone();
    if named(one).is_none()
        && matches!(
            one.kind.as_str(),
            "AWS::IAM::Role" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::User" | "AWS::IAM::Group"
        )
    {
        let words = format!("a name that is free: the template gives the {} none", one.words());
        list.insert(format!("{}.Name", one.name), words);
    }
    list
}

fn table(rows: &BTreeMap<String, String>) -> String {
    let rows = rows
        .iter()
        .map(|(name, words)| format!("| `<{}>` | {} |\n", code(name), prose(words).replace('|', "\\|")));
    format!("| placeholder | what it is |\n|---|---|\n{}", rows.collect::<String>())
}

fn named(one: &Document) -> Option<&str> {
    ["RoleName", "ManagedPolicyName", "UserName", "GroupName", "PolicyName"]
        .iter()
        .find_map(|key| one.text(key))
}

/// The calls that make it. Source: AWS CLI Command Reference, `iam`.
fn commands(one: &Document, documents: &[Part]) -> Vec<String> {
    let name = named(one).map_or_else(|| format!("<{}.Name>", one.name), str::to_owned);
    let file = |file: &str| format!("file://{}/{file}", one.name);
    let has = |file: &str| documents.iter().any(|document| document.file == file);
    let mut lines = Vec::new();
    let text = |key: &str, flag: &str| one.text(key).map(|value| format!(" {flag} {}", quoted(value)));
    let number = |key: &str, flag: &str| {
        one.properties.get(key).map(|value| {
            format!(" {flag} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
    };
    match one.kind.as_str() {
        "AWS::IAM::Role" => {
            let mut line = format!("aws iam create-role --role-name {}", quoted(&name));
            line += &format!(" --assume-role-policy-document {}", quoted(&file("trust.json")));
            line.extend(text("Path", "--path"));
            line.extend(text("Description", "--description"));
            line.extend(number("MaxSessionDuration", "--max-session-duration"));
            line.extend(text(BOUNDARY, "--permissions-boundary"));
            if has("tags.json") {
                line += &format!(" --tags {}", quoted(&file("tags.json")));
            }
            lines.push(format!("{line}\n"));
            for document in documents {
                let Some(policy) = &document.policy else { continue };
                lines.push(format!(
                    "aws iam put-role-policy --role-name {} --policy-name {} --policy-document {}\n",
                    quoted(&name),
                    quoted(policy),
                    quoted(&file(&document.file))
                ));
            }
            for arn in one.properties.get("ManagedPolicyArns").and_then(Value::as_array).into_iter().flatten()
            {
                lines.push(format!(
                    "aws iam attach-role-policy --role-name {} --policy-arn {}\n",
                    quoted(&name),
                    quoted(arn.as_str().unwrap_or_default())
                ));
            }
        }
        "AWS::IAM::ManagedPolicy" => {
            let mut line = format!("aws iam create-policy --policy-name {}", quoted(&name));
            line += &format!(" --policy-document {}", quoted(&file("permissions.json")));
            line.extend(text("Path", "--path"));
            line.extend(text("Description", "--description"));
            if has("tags.json") {
                line += &format!(" --tags {}", quoted(&file("tags.json")));
            }
            lines.push(format!("{line}\n"));
            for (key, noun) in [("Roles", "role"), ("Users", "user"), ("Groups", "group")] {
                for holder in one.properties.get(key).and_then(Value::as_array).into_iter().flatten() {
                    lines.push(format!(
                        "aws iam attach-{noun}-policy --{noun}-name {} --policy-arn {}\n",
                        quoted(holder.as_str().unwrap_or_default()),
                        quoted(&format!("<{}.Arn>", one.name))
                    ));
                }
            }
        }
        _ => {}
    }
    lines
}

/// In single quotes, in which a shell takes every character as it is.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A text within backticks.
fn code(text: &str) -> String {
    text.replace('`', "'")
}

/// A text of others' in a line of Markdown.
fn prose(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "&lt;")
}

/// The page that leads to all others.
pub(super) fn index(tickets: &Tickets, asked: &Asked<'_, '_, '_>) -> String {
    let mut out = format!(
        "# Roles and policies to be made\n\nThe application template `{}` creates {}; {} to be made by hand.\n",
        asked.app_file,
        if tickets.diagnostics.iter().any(|one| one.code == Code::TKT003) {
            "a part of its IAM itself"
        } else {
            "no IAM"
        },
        match tickets.tickets.len() {
            1 => "1 ticket asks for what is".to_owned(),
            count => format!("{} ask for what is", counted(count, "ticket")),
        }
    );
    out += "\n## In this order\n\n| | ticket | what | its ARN goes to |\n|---|---|---|---|\n";
    for (at, ticket) in tickets.tickets.iter().enumerate() {
        let takes: Vec<String> = ticket.parameters.iter().map(|name| format!("`{name}`")).collect();
        let takes = if takes.is_empty() { "nobody".to_owned() } else { takes.join(", ") };
        out +=
            &format!("| {} | [{}]({}.md) | {} | {takes} |\n", at + 1, ticket.name, ticket.name, ticket.kind);
    }
    if !tickets.left_out.is_empty() {
        out += "\n## Not asked for\n\n";
        for (name, condition) in &tickets.left_out {
            out += &format!("- `{name}`: its condition `{condition}` does not hold with the given values\n");
        }
    }
    if !tickets.placeholders.is_empty() {
        out += &format!("\n## Placeholders\n\n{}", table(&tickets.placeholders));
    }
    out += &format!(
        "\n## When they are made\n\n1. Write each ARN into `{ARNS}`, which is in the form that CloudFormation's own command line takes too.\n2. Deploy the application with it: `iam-split deploy app --template {} --arns {ARNS} --name …`.\n",
        quoted(asked.app_file)
    );
    out
}

/// The file for the ARNs, with what an earlier one has, and what that one had for nobody.
pub(super) fn arns(asked: &Asked<'_, '_, '_>, pages: &[Document]) -> (String, Vec<Diagnostic>) {
    let (before, mut found) = match asked.known.arns {
        Some(text) => crate::deployment::arns::read(text),
        None => (BTreeMap::new(), Vec::new()),
    };
    let mut wanted: Vec<String> = Vec::new();
    for name in pages.iter().flat_map(|one| parameters(&one.name, asked)) {
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    let entries: Vec<Value> = wanted
        .iter()
        .map(|name| json!({"ParameterKey": name, "ParameterValue": before.get(name).cloned().unwrap_or_default()}))
        .collect();
    for (name, value) in before.iter().filter(|(name, value)| !value.is_empty() && !wanted.contains(name)) {
        found.push(
            Diagnostic::new(
                Code::TKT004,
                format!("`{name}` had the ARN `{value}` in `{ARNS}`, and nothing takes it any more"),
            )
            .help("what it names may be deleted once the application is deployed without it"),
        );
    }
    (pretty(&Value::Array(entries)), found)
}
