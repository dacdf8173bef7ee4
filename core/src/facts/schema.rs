//! What the published resource schemas say of properties and attributes.

/// One line a fact: the type and the path of a property or attribute. `scripts/schema-facts` makes both.
const LIST_ATTRIBUTES: &str = include_str!("../../data/list-attributes.txt");
const JSON_PROPERTIES: &str = include_str!("../../data/json-properties.txt");

fn rows(data: &'static str, kind: &str) -> impl Iterator<Item = &'static str> {
    data.lines().filter_map(move |line| line.strip_prefix(kind)?.strip_prefix(' '))
}

/// Whether `Fn::GetAtt` of an attribute gives a list, which no text and no output can hold.
#[must_use]
pub fn is_list_attribute(kind: &str, attribute: &str) -> bool {
    rows(LIST_ATTRIBUTES, kind).any(|path| path == attribute)
}

/// Properties of serverless resources that hold JSON. Source: AWS SAM Developer Guide, "SAM resources and properties".
const OF_SERVERLESS: [&str; 6] =
    ["Definition", "DefinitionBody", "FilterPolicy", "InputTransformer", "Models", "Pattern"];

/// Whether what stands at a path below `Properties` is JSON, where `10` and `'10'` are two values. Elsewhere
/// CloudFormation gives the type's handler what its schema asks for. Of a type that the table of types does not have
/// nothing is known, so it counts as JSON; items of lists have no step in the path.
///
/// Source: CloudFormation User Guide, "Template format: value types"; cloudformation-coverage-roadmap 745.
#[must_use]
pub fn is_json_property(kind: &str, path: &[&str]) -> bool {
    if super::resource_type(kind).is_none() && super::iam_type(kind).is_none() {
        return true;
    }
    if kind.starts_with("AWS::IAM::") && path.iter().any(|step| step.ends_with("PolicyDocument")) {
        return true;
    }
    // The transform copies these into properties of other types that are JSON.
    if kind.starts_with("AWS::Serverless::") && path.iter().any(|step| OF_SERVERLESS.contains(step)) {
        return true;
    }
    rows(JSON_PROPERTIES, kind).any(|json| {
        let mut steps = path.iter();
        json.split('.').all(|step| steps.next().is_some_and(|other| step == "*" || step == *other))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_json_and_texts_are_not() {
        assert!(is_json_property(
            "AWS::StepFunctions::StateMachine",
            &["Definition", "States", "W", "Seconds"]
        ));
        assert!(is_json_property("AWS::IAM::Role", &["Policies", "PolicyDocument", "Statement"]));
        assert!(!is_json_property("AWS::Lambda::Function", &["Timeout"]));
        assert!(is_json_property("Custom::Thing", &["Timeout"]));
        assert!(is_list_attribute("AWS::EC2::VPCEndpoint", "DnsEntries"));
        assert!(!is_list_attribute("AWS::SQS::Queue", "Arn"));
    }
}
