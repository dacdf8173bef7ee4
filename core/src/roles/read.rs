//! Reading documents as they are written.

use super::{Flag, Grant, Item, Part, Weight};
use crate::expression::lower;
use crate::policy::written;
use crate::syntax::{Kind, Node};
use crate::template::{Function, call};
use crate::text::LineIndex;

/// Where what is read stands.
pub(super) struct Reader<'r> {
    pub(super) part: Part,
    pub(super) lines: &'r LineIndex,
}

/// A value on one line, as it is written.
pub(super) fn words(node: Node<'_, '_>) -> String {
    written(&lower(node))
}

/// The values that an `If` chooses between, each with the conditions on which it is taken; none for `AWS::NoValue`.
fn choices<'d, 't>(node: Node<'d, 't>, under: &[String]) -> Vec<(Vec<String>, Node<'d, 't>)> {
    let node = node.resolved();
    let Some(call) = call(node) else { return vec![(under.to_vec(), node)] };
    match (call.function, call.arguments().as_slice()) {
        (Function::If, [condition, yes, no]) if condition.literal().is_some() => {
            let name = condition.literal().unwrap_or_default();
            let with = |text: String| under.iter().cloned().chain([text]).collect::<Vec<_>>();
            let mut found = choices(*yes, &with(name.to_owned()));
            found.extend(choices(*no, &with(format!("not {name}"))));
            found
        }
        (Function::Ref, _) if call.text() == Some("AWS::NoValue") => Vec::new(),
        _ => vec![(under.to_vec(), node)],
    }
}

/// The items of a list or of one value, each with the conditions on which it is there.
pub(super) fn items<'d, 't>(node: Node<'d, 't>, under: &[String]) -> Vec<(Vec<String>, Node<'d, 't>)> {
    let mut found = Vec::new();
    for (under, node) in choices(node, under) {
        if node.kind() == Kind::Sequence && call(node).is_none() {
            found.extend(node.items().flat_map(|item| items(item, &under)));
        } else {
            found.push((under, node));
        }
    }
    found
}

/// The items of a list, as they are written.
fn texts(node: Option<Node<'_, '_>>) -> Vec<Item> {
    let found = node.into_iter().flat_map(|node| items(node, &[]));
    found.map(|(only_if, item)| Item { text: words(item), only_if }).collect()
}

impl Reader<'_> {
    pub(super) fn line(&self, node: Node<'_, '_>) -> u32 {
        self.lines.line(node.span().start)
    }

    /// What cannot be read may say anything.
    pub(super) fn unread(&self, node: Node<'_, '_>, what: &str, flags: &mut Vec<Flag>) {
        flags.push(Flag {
            weight: Weight::Grave,
            text: format!("{what} cannot be read here: `{}`", shortened(&words(node))),
            policy: String::new(),
            part: self.part,
            line: self.line(node),
        });
    }

    /// The statements of a document.
    pub(super) fn document(
        &self,
        document: Node<'_, '_>,
        policy: &str,
        only_if: &[String],
        grants: &mut Vec<Grant>,
        flags: &mut Vec<Flag>,
    ) {
        for (under, document) in choices(document, only_if) {
            let inner = call(document).filter(|call| call.name == "ToJsonString").map(|call| call.argument);
            let document = inner.unwrap_or(document);
            if document.kind() != Kind::Mapping || (inner.is_none() && call(document).is_some()) {
                self.unread(document, &format!("`{policy}`"), flags);
                continue;
            }
            // A key that IAM does not have is a slip: what stands there is not known.
            let strange = strange(document, &["Version", "Id", "Statement"]);
            let Some(list) = document.get("Statement") else {
                self.unread(document, &format!("`{policy}` has no `Statement`, and"), flags);
                continue;
            };
            if let Some(key) = strange {
                self.unread(document, &format!("the key `{key}` of `{policy}`"), flags);
            }
            for (under, statement) in items(list, &under) {
                if statement.kind() != Kind::Mapping || call(statement).is_some() {
                    self.unread(statement, &format!("a statement of `{policy}`"), flags);
                    continue;
                }
                if let Some(key) = strange_in(statement) {
                    let what =
                        format!("a statement of `{policy}`, with the key `{key}` that IAM does not have,");
                    self.unread(statement, &what, flags);
                } else if statement.get("Effect").is_none() {
                    self.unread(statement, &format!("a statement of `{policy}` without `Effect`"), flags);
                }
                self.statement(statement, policy, &under, grants);
            }
        }
    }

    fn statement(&self, statement: Node<'_, '_>, policy: &str, only_if: &[String], grants: &mut Vec<Grant>) {
        let get = |name: &str| statement.get(name).map(Node::resolved);
        let targets = match (get("Principal"), get("NotPrincipal")) {
            (None, None) => texts(get("Resource").or(get("NotResource"))),
            (yes, no) => principals(yes.or(no)),
        };
        let effects = get("Effect").map_or_else(Vec::new, |effect| choices(effect, only_if));
        for (under, effect) in effects {
            grants.push(Grant {
                effect: words(effect),
                actions: texts(get("Action").or(get("NotAction"))),
                not_actions: get("NotAction").is_some(),
                targets: targets.clone(),
                not_targets: get("NotResource").is_some() || get("NotPrincipal").is_some(),
                conditions: conditions(get("Condition")),
                only_if: under,
                policy: policy.to_owned(),
                part: self.part,
                line: self.line(statement),
            });
        }
    }
}

/// The first key that is none of those.
fn strange<'d>(node: Node<'d, '_>, known: &[&str]) -> Option<&'d str> {
    node.entries().filter_map(|(key, _)| key.as_str()).find(|key| !known.contains(key))
}

/// The first key of a statement that IAM does not have.
/// Source: IAM User Guide, "IAM JSON policy elements reference".
fn strange_in<'d>(statement: Node<'d, '_>) -> Option<&'d str> {
    const KEYS: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    strange(statement, &KEYS)
}

/// `Service lambda.amazonaws.com`, `AWS *`.
fn principals(node: Option<Node<'_, '_>>) -> Vec<Item> {
    let mut found = Vec::new();
    for (under, node) in node.into_iter().flat_map(|node| choices(node, &[])) {
        if node.kind() != Kind::Mapping || call(node).is_some() {
            found.push(Item { text: words(node), only_if: under });
            continue;
        }
        for (key, value) in node.entries() {
            let kind = key.as_str().unwrap_or_default();
            let values = items(value, &under).into_iter();
            found.extend(
                values.map(|(only_if, item)| Item { text: format!("{kind} {}", words(item)), only_if }),
            );
        }
    }
    found
}

/// `StringEquals aws:SourceAccount = !Ref AWS::AccountId`, one a key.
fn conditions(node: Option<Node<'_, '_>>) -> Vec<String> {
    let mut found = Vec::new();
    for (under, node) in node.into_iter().flat_map(|node| choices(node, &[])) {
        if node.kind() != Kind::Mapping || call(node).is_some() {
            found.push(Item { text: words(node), only_if: under }.to_string());
            continue;
        }
        for (operator, keys) in node.entries() {
            let operator = operator.as_str().unwrap_or_default();
            for (under, keys) in choices(keys, &under) {
                if keys.kind() != Kind::Mapping || call(keys).is_some() {
                    let text = format!("{operator} {}", words(keys));
                    found.push(Item { text, only_if: under }.to_string());
                    continue;
                }
                for (key, value) in keys.entries() {
                    let key = key.as_str().unwrap_or_default();
                    let values: Vec<String> = texts(Some(value)).iter().map(Item::to_string).collect();
                    let text = format!("{operator} {key} = {}", values.join(" or "));
                    found.push(Item { text, only_if: under.clone() }.to_string());
                }
            }
        }
    }
    found
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
