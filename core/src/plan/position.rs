//! Where in an IAM resource a reference stands, and what may stand there instead.

use crate::facts::must_exist;
use crate::syntax::{Kind, Node};
use crate::template::{Function, Resource, call};

/// What a place takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Whether the name or ARN of something that does not exist yet may stand here.
    pub exact: Result<(), String>,
    /// Whether a pattern may stand here.
    pub pattern: Result<(), String>,
    /// Whether a value may stand here that comes later, and until then one that matches nothing.
    pub later: Result<(), String>,
    /// The policy statement, by its `Sid` or its number, where there is one.
    pub statement: Option<String>,
    /// The element or property, for people.
    pub element: String,
}

/// Operators of a condition whose values match wildcards.
/// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
const WILDCARD_OPERATORS: [&str; 3] = ["StringLike", "ArnLike", "ArnEquals"];

/// Finds out where a node of a moved resource stands, or where the alias `via` puts it.
#[must_use]
pub fn position<'d, 't>(
    node: Node<'d, 't>,
    via: Option<Node<'d, 't>>,
    resource: &Resource<'d, 't>,
) -> Position {
    within(node, via, resource.declaration.value, resource.kind)
}

fn within<'d, 't>(
    node: Node<'d, 't>,
    via: Option<Node<'d, 't>>,
    resource: Node<'d, 't>,
    kind: &str,
) -> Position {
    let mut path: Vec<Step<'_, '_>> = Vec::new();
    let mut function = None;
    let target = via.and_then(Node::alias_target);
    let place = |node: Node<'d, 't>| {
        if Some(node) == target { via.unwrap_or(node) } else { node }
    };
    let mut at = place(node);
    while let Some(parent) = at.parent().filter(|_| at != resource) {
        if let Some(call) = call(parent)
            && call.argument != at
            && parent.kind() == Kind::Sequence
        {
            function = function.or(computes(call.name, at, parent));
        } else if let Some(call) = call(parent)
            && parent.kind() == Kind::Mapping
        {
            function = function.or(computes(call.name, at, call.argument));
        } else if parent.kind() == Kind::Mapping
            && !is_variable_map(parent)
            && let Some(key) = at.key()
            && let Some(name) = key.as_str()
        {
            path.push(Step { name, mapping: parent });
        }
        at = place(parent);
    }
    from_path(&path, function, kind)
}

/// Whether a mapping is the variables of a `Fn::Sub`, not a part of the policy.
fn is_variable_map(mapping: Node<'_, '_>) -> bool {
    let Some(list) = mapping.parent().filter(|list| list.kind() == Kind::Sequence) else {
        return false;
    };
    let is_sub = |node: Node<'_, '_>| call(node).is_some_and(|call| call.function == Function::Sub);
    is_sub(list) || list.parent().is_some_and(is_sub)
}

struct Step<'d, 't> {
    name: &'d str,
    mapping: Node<'d, 't>,
}

/// A function on the way that does more than join or choose texts; a pattern does not survive it.
fn computes<'d>(name: &'d str, at: Node<'_, '_>, argument: Node<'_, '_>) -> Option<&'d str> {
    match name {
        "Sub" | "Join" | "Split" | "ToJsonString" => None,
        // The first argument of `If` is a condition's name, never a reference.
        "If" if argument.items().next() != Some(at) => None,
        _ => Some(name),
    }
}

fn from_path(path: &[Step<'_, '_>], function: Option<&str>, kind: &str) -> Position {
    // Innermost first: the statement is the nearest mapping with an `Effect`.
    let statement_at = path.iter().position(|step| step.mapping.get("Effect").is_some());
    // The property, or the key of the resource where it is none (`Metadata`).
    let top: Vec<&str> = path.iter().rev().map(|step| step.name).take(2).collect();
    let property = match top.as_slice() {
        ["Properties", property, ..] => *property,
        [key, ..] => *key,
        [] => "",
    };
    let property = property.to_owned();
    let Some((statement, element)) = statement_at.and_then(|at| path.get(at).map(|step| (at, step))) else {
        let exact = if must_exist(kind, &property).is_some() {
            Err(format!("`{property}` takes only what exists when the resource is created"))
        } else {
            Ok(())
        };
        let pattern = Err(format!("`{property}` takes no pattern"));
        let later = Err(format!("`{property}` takes no value that comes later"));
        return Position { exact, pattern, later, statement: None, element: property };
    };
    let inner: Vec<&str> = path.iter().take(statement).map(|step| step.name).collect();
    let effect = element.mapping.get("Effect").and_then(Node::literal);
    let exact = match (element.name, inner.last()) {
        ("Principal" | "NotPrincipal", Some(&"AWS") | None) => {
            Err("an `AWS` principal must exist when the role is created".to_owned())
        }
        _ => Ok(()),
    };
    Position {
        exact,
        pattern: pattern_in(element.name, &inner, effect, function),
        later: later_in(element.name, &inner, effect, function).and_then(|()| assumed_later(element.mapping)),
        statement: Some(statement_name(element.mapping)),
        element: std::iter::once(element.name)
            .chain(inner.iter().rev().copied())
            .collect::<Vec<_>>()
            .join("."),
    }
}

pub(crate) fn pattern_in(
    element: &str,
    inner: &[&str],
    effect: Option<&str>,
    function: Option<&str>,
) -> Result<(), String> {
    if let Some(function) = function {
        return Err(format!("`Fn::{function}` of a pattern is not a pattern of the result"));
    }
    match effect {
        Some("Allow") => {}
        Some("Deny") => return Err("a wider `Deny` would forbid what was allowed".to_owned()),
        _ => return Err("the `Effect` of the statement is not known".to_owned()),
    }
    match element {
        "Resource" => Ok(()),
        "NotResource" => Err("a wider `NotResource` would take permissions away".to_owned()),
        "Condition" => {
            let operator = inner.last().copied().unwrap_or_default();
            let bare = operator.rsplit(':').next().unwrap_or(operator);
            let bare = bare.strip_suffix("IfExists").unwrap_or(bare);
            if WILDCARD_OPERATORS.contains(&bare) {
                Ok(())
            } else if bare.contains("Not") {
                Err(format!("a wider `{operator}` would take permissions away"))
            } else {
                Err(format!("`{operator}` does not match wildcards"))
            }
        }
        other => Err(format!("`{other}` takes no pattern")),
    }
}

/// A value that comes later: until then one stands here that matches nothing. That must never allow
/// more than the value itself will.
fn later_in(
    element: &str,
    inner: &[&str],
    effect: Option<&str>,
    function: Option<&str>,
) -> Result<(), String> {
    if let Some(function) = function {
        return Err(format!("`Fn::{function}` cannot compute with a value that comes later"));
    }
    match effect {
        Some("Allow") => {}
        Some("Deny") => return Err("until the value comes, the `Deny` would forbid nothing".to_owned()),
        _ => return Err("the `Effect` of the statement is not known".to_owned()),
    }
    match (element, inner.last().copied()) {
        ("Resource", _) => Ok(()),
        // A domain or a provider's ARN: nothing that allows nobody has either form.
        ("Principal", Some("Federated")) => {
            Err("until the value comes, nothing that fits `Federated` trusts nobody".to_owned())
        }
        ("NotResource", _) => Err("until the value comes, `NotResource` would mean everything".to_owned()),
        ("Condition", Some(operator)) => {
            if may_wait(operator) {
                Ok(())
            } else if operator.contains("Not") {
                Err(format!("until the value comes, `{operator}` would hold for everything"))
            } else {
                Err(format!("`{operator}` takes no value that comes later"))
            }
        }
        (other, _) => Err(format!("`{other}` takes no value that comes later")),
    }
}

/// Whether nobody has to assume a role before its trust lets them: a service that is told of a role tries at once.
/// Source: Lambda API Reference, `CreateFunction`: "The role defined for the function cannot be assumed by Lambda".
fn assumed_later(statement: Node<'_, '_>) -> Result<(), String> {
    if statement.get("NotPrincipal").is_some() {
        return Err("`NotPrincipal` takes no value that comes later in its statement".to_owned());
    }
    let Some(principal) = statement.get("Principal").map(Node::resolved) else { return Ok(()) };
    let is_people = |(key, _): (Node<'_, '_>, Node<'_, '_>)| key.as_str().is_some_and(tries_nothing);
    if principal.kind() == Kind::Mapping && call(principal).is_none() && principal.entries().all(is_people) {
        return Ok(());
    }
    Err("until the value comes, nobody could assume the role, and a service does when it is told of it"
        .to_owned())
}

/// Whether principals of a kind assume a role when they want to: a service tries when it is told of the role.
pub(crate) fn tries_nothing(kind: &str) -> bool {
    matches!(kind, "AWS" | "Federated")
}

/// Whether an operator of a condition holds for nothing while its value is one that nothing has: it compares texts, and
/// does not hold where the key is absent.
pub(crate) fn may_wait(operator: &str) -> bool {
    let bare = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
    WILDCARD_OPERATORS.contains(&bare) || matches!(bare, "StringEquals" | "StringEqualsIgnoreCase")
}

/// The statement's `Sid`, or its number.
fn statement_name(statement: Node<'_, '_>) -> String {
    if let Some(sid) = statement.get("Sid").and_then(Node::as_str).filter(|sid| !sid.is_empty()) {
        return sid.to_owned();
    }
    let mut at = statement;
    while let Some(parent) = at.parent() {
        if parent.kind() == Kind::Sequence && call(parent).is_none_or(|call| call.function == Function::Other)
        {
            let number = parent.items().position(|item| item == at).unwrap_or(0) + 1;
            return format!("statement {number}");
        }
        if parent.kind() == Kind::Mapping && call(parent).is_none() {
            break;
        }
        at = parent;
    }
    "statement 1".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    /// The position of the node with the value `HERE`.
    fn here(text: &str) -> Position {
        let text =
            format!("Properties:\n  Policies:\n  - PolicyDocument:\n      Statement:\n      - {text}\n");
        let parsed = parse(&text);
        assert!(parsed.complete, "{:?}", parsed.diagnostics);
        let node =
            parsed.document.nodes().find(|node| node.as_str().is_some_and(|text| text.contains("HERE")));
        within(node.unwrap(), None, parsed.document.root().unwrap(), "AWS::IAM::Role")
    }

    #[test]
    fn a_pattern_stands_where_wider_means_more_of_an_allow() {
        for text in [
            "{Effect: Allow, Resource: !Ref HERE}",
            "{Effect: Allow, Resource: [a, !Sub 'HERE/*']}",
            "{Effect: Allow, Resource: !If [C, !Ref HERE, b]}",
            "{Effect: Allow, Resource: !Join ['_', !Split ['-', !Ref HERE]]}",
            "{Effect: Allow, Resource: {Fn::Sub: ['${A}/*', {A: !Ref HERE}]}}",
            "{Effect: Allow, Condition: {ArnEquals: {ecs:cluster: !Ref HERE}}}",
            "{Effect: Allow, Condition: {'ForAnyValue:StringLike': {k: [!Ref HERE]}}}",
            "{Effect: Allow, Condition: {ArnLikeIfExists: {k: !Ref HERE}}}",
        ] {
            assert_eq!(here(text).pattern, Ok(()), "{text}");
        }
    }

    #[test]
    fn a_pattern_stands_nowhere_else() {
        for text in [
            "{Effect: Deny, Resource: !Ref HERE}",
            "{Effect: Allow, NotResource: !Ref HERE}",
            "{Effect: !Ref E, Resource: !Ref HERE}",
            "{Effect: Allow, Resource: !Select [0, !Split ['-', !Ref HERE]]}",
            "{Effect: Allow, Condition: {StringEquals: {k: !Ref HERE}}}",
            "{Effect: Allow, Condition: {StringNotLike: {k: !Ref HERE}}}",
            "{Effect: Allow, Condition: {ArnNotEquals: {k: !Ref HERE}}}",
            "{Effect: Allow, Principal: {AWS: !Ref HERE}}",
            "{Effect: Allow, Action: !Ref HERE}",
        ] {
            assert!(here(text).pattern.is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_may_wait_where_nothing_is_allowed_until_it_comes() {
        for (operator, may) in [
            ("StringEquals", true),
            ("ForAnyValue:ArnLike", true),
            ("StringNotEquals", false),
            ("ArnLikeIfExists", false),
            ("ForAllValues:StringLike", false),
            ("Bool", false),
            ("StringStartsWith", false),
        ] {
            let text = format!("{{Effect: Allow, Condition: {{'{operator}': {{k: !Ref HERE}}}}}}");
            assert_eq!(here(&text).later.is_ok(), may, "{operator}");
        }
    }

    #[test]
    fn what_must_exist_first_cannot_be_a_name_of_something_to_come() {
        assert!(here("{Effect: Allow, Principal: {AWS: [!Ref HERE]}}").exact.is_err());
        assert!(here("{Effect: Allow, Principal: {Federated: !Ref HERE}}").exact.is_ok());
        assert!(here("{Effect: Allow, Resource: !Ref HERE}").exact.is_ok());
        let parsed = parse("Properties: {ManagedPolicyArns: [!Ref HERE]}");
        let node = parsed.document.nodes().find(|node| node.as_str() == Some("HERE")).unwrap();
        assert!(within(node, None, parsed.document.root().unwrap(), "AWS::IAM::Role").exact.is_err());
    }

    #[test]
    fn statements_have_names() {
        assert_eq!(
            here("{Sid: Mine, Effect: Allow, Resource: !Ref HERE}").statement.as_deref(),
            Some("Mine")
        );
        assert_eq!(here("{Effect: Allow, Resource: !Ref HERE}").statement.as_deref(), Some("statement 1"));
        assert_eq!(here("{Effect: Allow, Condition: {ArnLike: {k: HERE}}}").element, "Condition.ArnLike.k");
    }
}
