//! The pages of the reference that are made of what the program reads by: its arguments, and its configuration.

use std::fmt::Write;

use clap::{Arg, CommandFactory};
use iam_split_core::config::Config;
use serde_json::Value;

/// `docs/cli.md`: every command with its arguments.
pub fn cli() -> String {
    let mut root = iam_split::args::Cli::command();
    root.build();
    let mut text = "# The command line\n\n\
        What `iam-split help COMMAND` says, in one place. Made by `cargo run -p iam-split-tests --bin docs -- cli > docs/cli.md`.\n\n\
        | command | |\n|---|---|\n"
        .to_owned();
    let commands = || root.get_subcommands().filter(|command| command.get_name() != "help");
    for command in commands() {
        let name = command.get_name();
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "| [{name}](#iam-split-{name}) | {} |", about.trim_end_matches('.'));
    }
    for command in commands() {
        section(command, "", &mut text);
    }
    crate::book::framed("cli.md", &text)
}

fn section(command: &clap::Command, before: &str, text: &mut String) {
    let name = format!("{before} {}", command.get_name());
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let _ = write!(text, "\n## iam-split{name}\n\n{}\n", about.trim_end());
    let arguments: Vec<&Arg> = command.get_arguments().filter(|argument| !is_common(argument)).collect();
    if !arguments.is_empty() {
        text.push_str("\n| argument | meaning |\n|---|---|\n");
    }
    for argument in arguments {
        let _ = writeln!(text, "| {} | {} |", names(argument), meaning(argument));
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        section(below, &name, text);
    }
}

/// What every command has.
fn is_common(argument: &Arg) -> bool {
    ["help", "version"].contains(&argument.get_id().as_str())
}

fn names(argument: &Arg) -> String {
    let value = argument.get_value_names().unwrap_or_default().join(" ");
    if argument.is_positional() {
        let value = format!("`{value}`");
        return if argument.is_required_set() { value } else { format!("{value}, optional") };
    }
    let value = if argument.get_action().takes_values() { format!(" {value}") } else { String::new() };
    let short = argument.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
    let required = if argument.is_required_set() { ", required" } else { "" };
    format!("{short}`--{}{value}`{required}", argument.get_long().unwrap_or_default())
}

fn meaning(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = help.replace('\n', " ").replace('|', "\\|");
    if !text.is_empty() && !text.ends_with(['.', ']']) {
        text.push('.');
    }
    let is_flag = !argument.get_action().takes_values();
    let values = argument.get_possible_values();
    if !is_flag && !values.is_empty() {
        let each = values.iter().map(|value| match value.get_help() {
            Some(help) => format!("`{}` ({})", value.get_name(), help.to_string().trim_end_matches('.')),
            None => format!("`{}`", value.get_name()),
        });
        let _ = write!(text, " One of {}.", each.collect::<Vec<_>>().join(", "));
    }
    let defaults: Vec<_> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !is_flag && !defaults.is_empty() {
        let _ = write!(text, " Default: `{}`.", defaults.join(" "));
    }
    if let Some(aliases) = argument.get_visible_aliases().filter(|aliases| !aliases.is_empty()) {
        let _ = write!(text, " Also `--{}`.", aliases.join("`, `--"));
    }
    text
}

/// `docs/configuration.md`: every key of `config.yaml`.
pub fn configuration() -> String {
    let schema = serde_json::to_value(schemars::schema_for!(Config)).unwrap_or_default();
    let mut text = "# The configuration\n\n\
        `config.yaml` says what leaves the template, and how; `iam-split init` writes one for a template, with comments. All keys are\n\
        optional, unknown ones are errors, and flags of a run come before it. Made of what reads it:\n\
        `cargo run -p iam-split-tests --bin docs -- configuration > docs/configuration.md`.\n\n\
        | key | what it is | value |\n|---|---|---|\n"
        .to_owned();
    rows(&schema, &schema, "", &mut text);
    text.push_str(
        "\nWhat `iam` gives is told in [A company's own rules](rules.md), which has the keys of the file of rules too. The keys of\n\
         `deployment.yaml` are in [Running the stacks](deployment.md#the-deployment-file).\n",
    );
    crate::book::framed("configuration.md", &text)
}

/// A row for each key of an object, and below each the rows of what it holds.
fn rows(schema: &Value, of: &Value, path: &str, text: &mut String) {
    for (name, value) in of["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let target = resolved(schema, value);
        let said = value["description"].as_str().or(target["description"].as_str()).unwrap_or_default();
        let said = said.replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(text, "| `{path}` | {said} | {} |", kind(schema, value));
        if target["properties"].is_object() {
            rows(schema, target, &path, text);
        }
    }
}

/// What a schema refers to, or that it may be left out.
fn resolved<'s>(schema: &'s Value, value: &'s Value) -> &'s Value {
    let one = value["anyOf"].as_array().and_then(|any| any.iter().find(|one| one["type"] != "null"));
    let value = one.unwrap_or(value);
    match value["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")) {
        Some(name) => &schema["$defs"][name],
        None => value,
    }
}

/// What may stand behind a key, in words.
fn kind(schema: &Value, value: &Value) -> String {
    let target = resolved(schema, value);
    let name = target["type"]
        .as_str()
        .or_else(|| target["type"].as_array()?.iter().filter_map(Value::as_str).find(|name| *name != "null"));
    let choices = |key: &str| target[key].as_array().into_iter().flatten();
    let named = choices("oneOf").filter_map(|one| Some(format!("`{}`", one["const"].as_str()?)));
    let named: Vec<String> =
        named.chain(choices("enum").filter_map(|one| Some(format!("`{}`", one.as_str()?)))).collect();
    if !named.is_empty() {
        return named.join(", ");
    }
    if target["anyOf"].is_array() {
        let each = choices("anyOf").map(|one| match one["properties"].as_object() {
            Some(keys) => keys.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" and "),
            None => kind(schema, one),
        });
        return each.collect::<Vec<_>>().join(", or ");
    }
    match name {
        Some("array") => format!("a list of: {}", kind(schema, &target["items"])),
        Some("object") if target["additionalProperties"].is_object() => {
            let held = resolved(schema, &target["additionalProperties"]);
            let what = if held["properties"].is_object() {
                "the keys of what all get".to_owned()
            } else {
                kind(schema, &target["additionalProperties"])
            };
            format!("by name: {what}")
        }
        Some("object") => "the keys below".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => "a whole number".to_owned(),
        _ => "text".to_owned(),
    }
}
