//! Texts that count on the names of moved resources that CloudFormation generates: those now begin with the IAM stack's
//! name, not with the application's.

use super::existence::scalars;
use super::first::statement;
use super::identity::{filled, texts};
use crate::diagnostic::{Code, Diagnostic};
use crate::facts::{iam_type, overlap, resource_type};
use crate::syntax::{Kind, Node};
use crate::template::{Resource, Template, call};

/// Stands for the stack's name where names and patterns are compared: no name holds it.
const STACK: char = '\u{3}';

/// A moved resource whose name CloudFormation makes.
struct Generated<'d> {
    name: &'d str,
    noun: &'static str,
    /// What its name matches, its path before it.
    with_path: Vec<String>,
    /// What its name matches.
    alone: String,
}

/// Text of either side that counts on the old names of what moved, or on its stack.
#[must_use]
pub fn prefixes(template: &Template<'_, '_>, is_moved: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
    let mut found = super::lookup::lookups(template, is_moved);
    if !["AWS::StackName", "AWS::StackId"].iter().any(|name| template.document.text().contains(name)) {
        return found;
    }
    let moved = template.resources.values().filter(|resource| is_moved(resource.name));
    let generated: Vec<Generated<'_>> = moved.filter_map(|resource| generated(template, resource)).collect();
    if generated.is_empty() {
        return found;
    }
    for section in ["Resources", "Outputs"] {
        for (key, value) in template.section(section).into_iter().flat_map(Node::entries) {
            let mut texts = Vec::new();
            scalars(value, &mut texts);
            of_owner(key.as_str().unwrap_or_default(), &texts, &generated, &mut found);
        }
    }
    found
}

fn of_owner(
    owner: &str,
    texts: &[(Node<'_, '_>, String)],
    generated: &[Generated<'_>],
    found: &mut Vec<Diagnostic>,
) {
    let mut last = None;
    for (node, key) in texts.iter().filter(|(_, key)| key.contains("AWS::StackName")) {
        let pattern = filled(key, stand_in);
        let meant: Vec<&Generated<'_>> =
            generated.iter().filter(|generated| counts_on(&pattern, generated, *node)).collect();
        // The texts of one node are its alternatives.
        if meant.is_empty() || last == Some(node.id()) {
            continue;
        }
        last = Some(node.id());
        found.push(changed(owner, *node, &meant));
    }
}

/// What stands for a reference in a pattern: the same in texts and in paths, so that they can be told apart.
fn stand_in(name: &str) -> String {
    match name {
        "AWS::StackName" => STACK.to_string(),
        "AWS::Partition" | "AWS::Region" | "AWS::AccountId" => "-".to_owned(),
        _ => "*".to_owned(),
    }
}

fn generated<'d>(template: &Template<'d, '_>, resource: &Resource<'d, '_>) -> Option<Generated<'d>> {
    let row = iam_type(resource.kind).filter(|row| !row.arn_noun.is_empty())?;
    let of_type = resource_type(resource.kind).filter(|row| !row.name_property.is_empty())?;
    // A name that one branch gives and another leaves out is made in that one.
    let is_absent = |key: &String| key.contains("AWS::NoValue");
    if resource
        .property(of_type.name_property)
        .is_some_and(|name| !texts(template, name).iter().any(is_absent))
    {
        return None;
    }
    // Long names are cut: what stands behind the beginning may be anything.
    let kept: String = resource.name.chars().take(24).collect();
    let end = if kept.len() == resource.name.len() { "-*" } else { "*" };
    let alone = format!("{STACK}-{kept}{end}");
    let paths = resource.property(&["Path"]).map_or(vec!["/".to_owned()], |path| {
        texts(template, path).iter().map(|key| filled(key, stand_in)).collect()
    });
    let with_path = paths.iter().map(|path| format!("{path}{alone}")).collect();
    Some(Generated { name: resource.name, noun: row.arn_noun, with_path, alone })
}

fn counts_on(pattern: &str, generated: &Generated<'_>, node: Node<'_, '_>) -> bool {
    let meets = |a: &str, b: &str| overlap(a.as_bytes(), b.as_bytes());
    // The very beginning of the name, and nothing behind it: no other name is meant.
    let beginning = format!("{STACK}-{}-", generated.name);
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(['*', '"', '\'', ' ', '\n', ')', ',']);
    if pattern
        .match_indices(&beginning)
        .any(|(at, text)| ends(pattern.get(at + text.len()..).unwrap_or_default()))
    {
        return true;
    }
    // An ARN, also of a session: `assumed-role/NAME/SESSION`, without the path.
    if let Some((_, rest)) = pattern.split_once(":assumed-role/") {
        let name = rest.split('/').next().unwrap_or(rest);
        return generated.noun == "role" && name.contains(STACK) && meets(name, &generated.alone);
    }
    if let Some((_, rest)) = pattern.split_once(&format!(":{}/", generated.noun)) {
        let rest = format!("/{rest}");
        return generated.with_path.iter().any(|name| meets(&rest, name));
    }
    // A wildcard may stand for the word and the path.
    if let Some(arn) = pattern.find("arn:").and_then(|at| pattern.get(at..)) {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let resource = |name: &String| format!("{}{name}", generated.noun);
        return match parts.as_slice() {
            [_, _, service, _, _, rest] => {
                meets(service, "iam") && generated.with_path.iter().any(|name| meets(rest, &resource(name)))
            }
            // One stands for some of the parts before it, too.
            _ => {
                generated.with_path.iter().any(|name| meets(arn, &format!("arn:-:iam::-:{}", resource(name))))
            }
        };
    }
    if pattern.starts_with(':') {
        return false;
    }
    // `role/NAME` in pieces that something else puts together.
    if let Some(rest) = pattern.strip_prefix(&format!("{}/", generated.noun)) {
        return meets(&format!("/{rest}"), generated.with_path.first().map_or("", String::as_str));
    }
    let of_one = pattern.starts_with(&format!("{STACK}-{}", generated.name));
    of_one && pattern.contains('*')
        || (pattern.contains('*') && meets(pattern, &generated.alone) && condition_on_names(node))
}

/// Whether a text is compared with the name of a principal or of an IAM resource.
fn condition_on_names(node: Node<'_, '_>) -> bool {
    let Some(key) = condition(node).and_then(|(_, key)| key) else { return false };
    let key = key.to_ascii_lowercase();
    ["rolename", "username", "policyname", "userid", "principalarn", "policyarn", "groupname"]
        .iter()
        .any(|end| key.ends_with(end))
}

/// The operator and the key of the condition that a text stands in.
fn condition<'d>(node: Node<'d, '_>) -> Option<(&'d str, Option<&'d str>)> {
    let mut names = Vec::new();
    let mut at = node;
    while let Some(parent) = at.parent() {
        if parent.kind() == Kind::Mapping
            && call(parent).is_none()
            && let Some(key) = at.key().and_then(Node::as_str)
        {
            if key == "Condition" {
                let operator = names.last().copied()?;
                return Some((operator, names.len().checked_sub(2).and_then(|at| names.get(at)).copied()));
            }
            names.push(key);
            if parent.get("Effect").is_some() {
                return None;
            }
        }
        at = parent;
    }
    None
}

fn changed(owner: &str, node: Node<'_, '_>, meant: &[&Generated<'_>]) -> Diagnostic {
    let names: Vec<String> = meant.iter().map(|generated| format!("`{}`", generated.name)).collect();
    let help = match meant {
        // A resource cannot reference itself.
        [only] if only.name == owner => format!("give `{owner}` an explicit name, and write that here"),
        [only] => {
            let reference = if only.noun == "policy" {
                format!("!Ref {}", only.name)
            } else {
                format!("!GetAtt {}.Arn", only.name)
            };
            format!("write `{reference}`, which the split rewires, or give `{}` an explicit name", only.name)
        }
        _ => format!(
            "give {} explicit names, or write their ARNs one by one: the split rewires them",
            names.join(", ")
        ),
    };
    let why = lost(node);
    let code = if why.is_some() { Code::PRE002 } else { Code::PRE001 };
    let message = format!(
        "this text counts on the generated name of {}, which now begins with the IAM stack's name",
        names.join(", ")
    );
    Diagnostic::new(code, message)
        .at(node.span(), why.unwrap_or("it no longer matches what moved"))
        .help(help)
}

/// What would be permitted because the text matches no longer.
fn lost(node: Node<'_, '_>) -> Option<&'static str> {
    let of = statement(node)?;
    let effect = of.get("Effect").and_then(Node::literal)?;
    let within = |name: &str| of.get(name).is_some_and(|part| part.outer().contains(node.outer()));
    let negated = condition(node).map(|(operator, _)| operator.contains("Not"));
    match (effect, negated) {
        ("Deny", Some(false)) => Some("this `Deny` would lose its object"),
        ("Deny", None) if within("Resource") => Some("this `Deny` would lose its object"),
        ("Allow", Some(true)) => Some("this `Allow` would lose its exception"),
        ("Allow", None) if within("NotResource") => Some("this `Allow` would lose its exception"),
        _ => None,
    }
}
