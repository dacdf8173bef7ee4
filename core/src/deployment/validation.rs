//! What CloudFormation finds before it deploys: the events of a change set or an operation that say what failed.

use serde::Serialize;

use super::failure::recognise;
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::syntax::{Kind, Node, parse};

/// An event of `DescribeEvents` that names a fault or a warning.
///
/// Source: CloudFormation API reference, data type `OperationEvent`; the path's form is in aws-cdk-cli 1463
/// (`/Resources/BadPolicy/Properties`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Validation {
    /// The validation, hook or kind of event: `NAME_CONFLICT_VALIDATION`, `PROVISIONING_ERROR`.
    pub name: String,
    /// Why, in AWS's words.
    pub reason: String,
    /// Where in the template: `/Resources/Topic/Properties/TopicName`.
    pub path: String,
    /// The resource's logical id.
    pub logical_id: String,
    /// The resource's type.
    pub kind: String,
    /// Whether it stops nothing.
    pub warning: bool,
}

/// A finding with the place in the template that the path leads to, as far as it goes.
#[must_use]
pub fn finding(event: &Validation, text: &str, source: Source) -> Diagnostic {
    let known = recognise(&event.reason);
    let code = known.as_ref().filter(|_| !event.warning).map_or(Code::AWS024, |known| known.code);
    let what = if event.logical_id.is_empty() { "the template" } else { &event.logical_id };
    let mut finding = Diagnostic::new(code, format!("`{what}`: {}", event.reason));
    if event.warning {
        finding.severity = Severity::Warning;
    }
    let parsed = parse(text);
    let path = if event.path.is_empty() && !event.logical_id.is_empty() {
        format!("/Resources/{}", event.logical_id)
    } else {
        event.path.clone()
    };
    if let Some(root) = parsed.document.root()
        && let Some(place) = follow(root, &path)
    {
        let end = place.span().slice(text).find('\n');
        let (start, length) = (place.span().start(), end.unwrap_or(place.span().len()));
        finding = finding.label(source, crate::text::Span::new(start, start + length), event.name.clone());
    }
    if !event.path.is_empty() {
        finding = finding.help(format!("{} at {}", event.name, event.path));
    }
    finding.help(code.explanation().recovery)
}

/// The key, or the item of a list, that a path ends at; the last one that is there. `None` where the first is not.
fn follow<'d, 't>(root: Node<'d, 't>, path: &str) -> Option<Node<'d, 't>> {
    let (mut at, mut place) = (root, None);
    for step in path.split('/').filter(|step| !step.is_empty()) {
        // Source: RFC 6901.
        let step = step.replace("~1", "/").replace("~0", "~");
        let node = at.resolved();
        let next = match node.kind() {
            Kind::Mapping => node.entry(&step),
            Kind::Sequence => {
                let item = step.parse().ok().and_then(|index| node.items().nth(index));
                item.map(|item| (item, item))
            }
            Kind::Scalar | Kind::Alias => None,
        };
        let Some((key, value)) = next else { break };
        (at, place) = (value, Some(key));
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n      Tags: [{Key: a}, {Key: b}]\n";

    fn marked(path: &str, logical_id: &str) -> Option<String> {
        let event = Validation {
            name: "PROPERTY_VALIDATION".to_owned(),
            reason: "Required property [X] not found".to_owned(),
            path: path.to_owned(),
            logical_id: logical_id.to_owned(),
            ..Validation::default()
        };
        let found = finding(&event, TEXT, Source::App);
        found.labels.first().map(|label| label.span.slice(TEXT).to_owned())
    }

    #[test]
    fn a_path_leads_to_its_line() {
        for (path, name, wanted) in [
            ("/Resources/Topic/Properties", "Topic", Some("Properties")),
            ("/Resources/Topic/Properties/Tags/1", "Topic", Some("{Key: b}")),
            // What is missing is said where it is missing.
            ("/Resources/Topic/Properties/TopicName", "Topic", Some("Properties")),
            ("", "Topic", Some("Topic")),
            ("", "Other", Some("Resources")),
            ("/Nowhere", "Topic", None),
        ] {
            assert_eq!(marked(path, name).as_deref(), wanted, "{path} {name}");
        }
    }

    #[test]
    fn a_warning_stops_nothing() {
        let event = Validation { reason: "r".to_owned(), warning: true, ..Validation::default() };
        assert!(!finding(&event, TEXT, Source::App).is_error());
    }
}
