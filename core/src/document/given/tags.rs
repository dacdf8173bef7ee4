//! Tags that a configuration gives, beside those that a resource has.
//!
//! Source: IAM User Guide, "Tags for IAM resources", rules: keys differ by more than their case, and one resource has 50
//! at most.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::expression::{Expr, lower};
use crate::syntax::{Kind, Node};
use crate::template::{Resource, Template};

use super::Own;

/// The most tags that IAM takes.
const MOST: usize = 50;

/// The tags of a resource with those that it is given; `None` where that is what it has.
///
/// # Errors
/// Its own are computed, one may not take another's place, or there are too many.
pub(super) fn with_tags(
    resource: &Resource<'_, '_>,
    own: Option<Node<'_, '_>>,
    wanted: &Expr,
    how: Own,
) -> Result<Option<Expr>, Box<Diagnostic>> {
    let wrong = |message: String, help: &str| {
        let place = own.map_or(resource.declaration.key.outer(), Node::outer);
        Box::new(Diagnostic::new(Code::CFG010, message).at(place, "these").help(help))
    };
    let Expr::List(wanted) = wanted else { return Ok(None) };
    let mut has = match own.map(lower) {
        None => Vec::new(),
        Some(Expr::List(has)) if has.iter().all(|tag| key(tag).is_some()) => has,
        Some(_) => {
            return Err(wrong(
                format!(
                    "the tags of `{}` are computed: whether they have what is given cannot be told",
                    resource.name
                ),
                "write them out, or name it under `except`",
            ));
        }
    };
    let before = has.clone();
    for tag in wanted {
        let Some(name) = key(tag) else { continue };
        let same = has.iter_mut().find(|own| key(own).is_some_and(|own| own.eq_ignore_ascii_case(name)));
        match (same, how) {
            (None, _) => has.push(tag.clone()),
            (Some(own), _) if *own == *tag => {}
            (Some(_), Own::Keep) => {}
            (Some(own), Own::Replace) => *own = tag.clone(),
            (Some(_), Own::Refuse) => {
                return Err(wrong(
                    format!("`{}` has a tag `{name}` of its own", resource.name),
                    "name it under `except`, or permit `own: keep` or `own: replace`",
                ));
            }
        }
    }
    if has.len() > MOST {
        return Err(wrong(
            format!("`{}` would have {} tags: IAM takes {MOST}", resource.name, has.len()),
            "give fewer",
        ));
    }
    Ok((has != before).then_some(Expr::List(has)))
}

/// The key of a tag, where it is written out.
fn key(tag: &Expr) -> Option<&str> {
    let Expr::Map(entries) = tag else { return None };
    match entries.iter().find(|(key, _)| key == "Key").map(|(_, value)| value) {
        Some(Expr::Text(key) | Expr::Plain(key)) => Some(key),
        _ => None,
    }
}

/// Conditions of the template that ask for tags that are given: who has them may do, or may no longer do, what they say.
pub(super) fn asked_for(template: &Template<'_, '_>, wanted: &[&String]) -> Vec<Diagnostic> {
    const ASKS: [&str; 4] = ["aws:principaltag/", "iam:resourcetag/", "aws:resourcetag/", "aws:requesttag/"];
    let mut found = Vec::new();
    for node in template.document.nodes().filter(|node| node.kind() == Kind::Scalar) {
        let Some(text) = node.as_str().map(str::to_ascii_lowercase) else { continue };
        let is_asked = |tag: &&&String| {
            let tag = tag.to_ascii_lowercase();
            ASKS.iter().any(|word| text.contains(&format!("{word}{tag}")))
        };
        if let Some(tag) = wanted.iter().find(is_asked) {
            found.push(
                Diagnostic::new(
                    Code::CFG010,
                    format!("this asks for the tag `{tag}`, which the configuration gives"),
                )
                .with_severity(Severity::Warning)
                .at(node.outer(), "what it allows or denies changes for those that get the tag")
                .help("give a tag that nothing asks for, unless that is what is meant"),
            );
        }
    }
    found
}
