//! A configuration that says something else, with as much of its text as can stay.

use crate::config::{Config, ConfigFile, Resolution};
use crate::expression::Expr;
use crate::syntax::{Kind, Node, Style, parse};
use crate::text::{Span, line_end, line_start, newline_of};
use crate::writer::Writer;

/// Rewrites a configuration so that it reads as `wanted`. Comments, quotes and order of what does not
/// change stay; only where an edit would not read so is the whole file written anew.
///
/// With `selects` the lists of `extraction` are written even where they are empty, so that what they do
/// not name stays.
#[must_use]
pub fn reconfigure(text: &str, wanted: &Config, selects: bool) -> String {
    let fits = |text: &String| {
        let (file, found) = ConfigFile::read(text);
        file.is_some_and(|file| file.config == *wanted && (!selects || file.selects())) && found.is_empty()
    };
    edited(text, wanted, selects).filter(fits).unwrap_or_else(|| whole(wanted, selects))
}

/// The whole file.
fn whole(config: &Config, selects: bool) -> String {
    let writer = writer("\n");
    let texts = |names: &[String]| Expr::List(names.iter().map(|name| Expr::text(name.as_str())).collect());
    let orders =
        |order: &[Resolution]| Expr::List(order.iter().map(|each| Expr::text(each.name())).collect());
    let mut out = "# Configuration of iam-split: what leaves the template, and how.\n".to_owned();
    let mut section = |name: &str, entries: Vec<(&str, Option<Expr>)>| {
        let entries: Vec<String> = entries
            .into_iter()
            .filter_map(|(key, value)| value.map(|value| entry(&writer, "  ", key, &value)))
            .collect();
        if !entries.is_empty() {
            out.push_str(&format!("{name}:\n{}", entries.concat()));
        }
    };
    let list = |names: &[String], always: bool| (always || !names.is_empty()).then(|| texts(names));
    let text = |text: &Option<String>| text.as_deref().map(Expr::text);
    let extraction = &config.extraction;
    section(
        "extraction",
        vec![
            ("roles", list(&extraction.roles, selects)),
            ("policies", list(&extraction.policies, selects)),
            ("exclude_policies", list(&extraction.exclude_policies, false)),
        ],
    );
    let patterns = &config.parameter_generation;
    section(
        "parameter_generation",
        vec![
            ("role_pattern", text(&patterns.role_pattern)),
            ("policy_pattern", text(&patterns.policy_pattern)),
        ],
    );
    let metadata = &config.metadata;
    if metadata.add_parameter_group {
        out.push_str("metadata:\n  add_parameter_group: true\n");
        for (key, value) in [
            ("parameter_group_name", &metadata.parameter_group_name),
            ("insert_after_group", &metadata.insert_after_group),
        ] {
            if let Some(value) = value {
                out.push_str(&entry(&writer, "  ", key, &Expr::text(value.as_str())));
            }
        }
    }
    let resolution = &config.resolution;
    if !resolution.order.is_empty() || !resolution.resources.is_empty() {
        out.push_str("resolution:\n");
        if !resolution.order.is_empty() {
            out.push_str(&format!("  order: {}\n", writer.line(&orders(&resolution.order))));
        }
        if !resolution.resources.is_empty() {
            out.push_str("  resources:\n");
            for (name, order) in &resolution.resources {
                out.push_str(&format!(
                    "    {}: {}\n",
                    writer.line(&Expr::text(name.as_str())),
                    writer.line(&orders(order))
                ));
            }
        }
    }
    for (key, value) in
        [("app_stack_parameter", &config.app_stack_parameter), ("app_stack_name", &config.app_stack_name)]
    {
        if let Some(value) = value {
            out.push_str(&entry(&writer, "", key, &Expr::text(value.as_str())));
        }
    }
    out
}

fn writer(newline: &'static str) -> Writer {
    Writer { json: false, newline, step: 2 }
}

/// A key with a text on its line, or with a list below it.
fn entry(writer: &Writer, indent: &str, key: &str, value: &Expr) -> String {
    let newline = writer.newline;
    match value {
        Expr::List(items) if !items.is_empty() => {
            let items: String =
                items.iter().map(|item| format!("{indent}  - {}{newline}", writer.line(item))).collect();
            format!("{indent}{key}:{newline}{items}")
        }
        _ => format!("{indent}{key}: {}{newline}", writer.line(value)),
    }
}

/// The text with what differs edited; `None` where it has a form that is not edited.
fn edited(text: &str, wanted: &Config, selects: bool) -> Option<String> {
    let (file, _) = ConfigFile::read(text);
    let now = file?.config;
    let mut text = text.to_owned();
    let (old, new) = (&now.extraction, &wanted.extraction);
    for (key, old, new, always) in [
        ("roles", &old.roles, &new.roles, selects),
        ("policies", &old.policies, &new.policies, selects),
        ("exclude_policies", &old.exclude_policies, &new.exclude_policies, false),
    ] {
        let absent =
            || parse(&text).document.root().and_then(|root| root.get("extraction")?.get(key)).is_none();
        if old != new || (always && absent()) {
            text = set(&text, &["extraction", key], new, false)?;
        }
    }
    let words = |order: &[Resolution]| order.iter().map(|each| each.name().to_owned()).collect::<Vec<_>>();
    let (old, new) = (&now.resolution, &wanted.resolution);
    if old.order != new.order {
        text = match new.order.as_slice() {
            [] => unset(&text, &["resolution", "order"])?,
            order => set(&text, &["resolution", "order"], &words(order), true)?,
        };
    }
    for name in old.resources.keys().filter(|name| !new.resources.contains_key(*name)) {
        text = unset(&text, &["resolution", "resources", name])?;
    }
    for (name, order) in new.resources.iter().filter(|(name, order)| old.resources.get(*name) != Some(order))
    {
        text = set(&text, &["resolution", "resources", name], &words(order), true)?;
    }
    Some(text)
}

/// The end of what a node holds, without the line break and the comments that may follow it.
fn end_of(node: Node<'_, '_>) -> usize {
    match node.children().last() {
        Some(last) if node.style() == Style::Block => end_of(last),
        _ => node.outer().end(),
    }
}

/// Puts a list at a path: item by item where it stands in lines of its own, else on one line.
fn set(text: &str, path: &[&str], names: &[String], on_one_line: bool) -> Option<String> {
    let parsed = parse(text);
    let writer = writer(newline_of(text));
    let list = Expr::List(names.iter().map(|name| Expr::text(name.as_str())).collect());
    let Some(root) = parsed.document.root().filter(|root| !root.is_null()) else {
        return Some(text.to_owned() + &nested(&writer, "", path, &list, on_one_line));
    };
    let mut node = root;
    for (depth, key) in path.iter().enumerate() {
        if node.kind() != Kind::Mapping || node.style() != Style::Block {
            return None;
        }
        let Some((_, value)) = node.entry(key) else {
            let first = node.entries().next()?.0.outer().start();
            let indent = text.get(line_start(text, first)..first)?;
            let at = line_end(text, end_of(node));
            let (before, after) = text.split_at_checked(at)?;
            let gap = if before.ends_with('\n') { "" } else { writer.newline };
            let blank = if depth == 0 { writer.newline } else { "" };
            let new = nested(&writer, indent, path.get(depth..)?, &list, on_one_line);
            return Some(format!("{before}{gap}{blank}{new}{after}"));
        };
        node = value;
    }
    let in_lines = node.kind() == Kind::Sequence && node.style() == Style::Block && !node.is_anchored();
    if !in_lines || names.is_empty() {
        let key_end = node.key()?.outer().end();
        let colon = key_end + text.get(key_end..)?.find(':')? + 1;
        let (before, after) = (text.get(..colon)?, text.get(end_of(node).max(colon)..)?);
        return Some(format!("{before} {}{after}", writer.line(&list)));
    }
    let mut edits: Vec<(Span, String)> = Vec::new();
    let (mut prefix, mut end) = (String::new(), 0);
    for item in node.items() {
        let start = line_start(text, item.outer().start());
        prefix = text.get(start..item.outer().start())?.to_owned();
        end = line_end(text, item.outer().end());
        if !item.as_str().is_some_and(|name| names.iter().any(|wanted| wanted == name)) {
            edits.push((Span::new(start, end), String::new()));
        }
    }
    let added = names.iter().filter(|name| !node.items().any(|item| item.as_str() == Some(name)));
    let added: String = added
        .map(|name| format!("{prefix}{}{}", writer.line(&Expr::text(name.as_str())), writer.newline))
        .collect();
    let gap = if added.is_empty() || text.get(..end)?.ends_with('\n') { "" } else { writer.newline };
    edits.push((Span::at(end), format!("{gap}{added}")));
    let mut result = String::new();
    let mut at = 0;
    for (span, new) in edits {
        result.push_str(text.get(at..span.start())?);
        result.push_str(&new);
        at = span.end();
    }
    result.push_str(text.get(at..)?);
    Some(result)
}

/// Takes away an entry, and the mapping that it was alone in.
fn unset(text: &str, path: &[&str]) -> Option<String> {
    let parsed = parse(text);
    let mut node = parsed.document.root()?;
    let mut goes = None;
    for key in path {
        if node.kind() != Kind::Mapping || node.style() != Style::Block {
            return None;
        }
        let alone = node.entries().count() == 1;
        let (key, value) = node.entry(key)?;
        if !alone || goes.is_none() {
            goes = Some((key, value));
        }
        node = value;
    }
    let (key, value) = goes?;
    let (from, to) = (line_start(text, key.outer().start()), line_end(text, end_of(value)));
    Some(format!("{}{}", text.get(..from)?, text.get(to..)?))
}

/// A list below keys that are new.
fn nested(writer: &Writer, indent: &str, path: &[&str], list: &Expr, on_one_line: bool) -> String {
    let (Some((key, rest)), newline) = (path.split_first(), writer.newline) else { return String::new() };
    let key = writer.line(&Expr::text(*key));
    if rest.is_empty() {
        return if on_one_line {
            format!("{indent}{key}: {}{newline}", writer.line(list))
        } else {
            entry(writer, indent, &key, list)
        };
    }
    format!("{indent}{key}:{newline}{}", nested(writer, &format!("{indent}  "), rest, list, on_one_line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        ConfigFile::read(text).0.map(|file| file.config).unwrap_or_default()
    }

    fn check(text: &str, selects: bool, change: impl FnOnce(&mut Config), expect: &str) {
        let mut wanted = config(text);
        change(&mut wanted);
        let result = reconfigure(text, &wanted, selects);
        assert_eq!(result, expect);
        assert_eq!(config(&result), wanted);
    }

    #[test]
    fn what_does_not_change_keeps_its_text() {
        let text = "\
# ours
extraction:
  roles:
    # queues
    - 'A' # first
    - B
  policies: [P]
resolution:
  order: [exact] # strict
";
        check(
            text,
            true,
            |config| {
                config.extraction.roles = vec!["A".to_owned(), "C".to_owned()];
                config.extraction.policies.clear();
                config.resolution.order.push(Resolution::Pattern);
                config.resolution.resources.insert("A".to_owned(), vec![Resolution::TwoPhase]);
            },
            "\
# ours
extraction:
  roles:
    # queues
    - 'A' # first
    - C
  policies: []
resolution:
  order: [exact, pattern] # strict
  resources:
    A: [two-phase]
",
        );
    }

    #[test]
    fn an_entry_that_goes_takes_what_it_was_alone_in() {
        let text = "resolution:\n  resources:\n    A: [keep]\napp_stack_name: prod\n";
        check(text, false, |config| config.resolution.resources.clear(), "app_stack_name: prod\n");
        let text = "resolution:\n  order: [exact]\n  resources:\n    A: [keep]\n    B: [attach]\n";
        check(
            text,
            false,
            |config| drop(config.resolution.resources.remove("A")),
            "resolution:\n  order: [exact]\n  resources:\n    B: [attach]\n",
        );
    }

    #[test]
    fn an_empty_text_gets_sections() {
        let roles = |config: &mut Config| config.extraction.roles = vec!["A".to_owned()];
        check("", true, roles, "extraction:\n  roles:\n    - A\n  policies: []\n");
        check("# mine\n", false, roles, "# mine\nextraction:\n  roles:\n    - A\n");
    }

    #[test]
    fn a_form_that_is_not_edited_is_written_anew() {
        check(
            "{extraction: {roles: [A]}, metadata: {add_parameter_group: true, parameter_group_name: 'a: b'}}",
            true,
            |config| config.extraction.roles.push("yes".to_owned()),
            "\
# Configuration of iam-split: what leaves the template, and how.
extraction:
  roles:
    - A
    - 'yes'
  policies: []
metadata:
  add_parameter_group: true
  parameter_group_name: 'a: b'
",
        );
    }
}
