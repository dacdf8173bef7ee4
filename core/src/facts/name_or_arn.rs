//! Properties that take a name or an ARN: where one is written, the other may be meant.

/// How a property's value relates to the name that it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameOrArn {
    /// The resource type that has the property.
    pub kind: &'static str,
    /// Path of the property below `Properties`.
    pub path: &'static [&'static str],
    /// What stands before the name in an ARN of it, the last time that it occurs: `function:`.
    pub before: &'static str,
    /// What ends the name in an ARN, where more may follow (a function's version).
    pub after: Option<char>,
    /// Where this is documented.
    pub source: &'static str,
}

macro_rules! rows {
    ($($kind:literal [$($path:literal)*] $before:literal $(until $after:literal)?, $source:expr;)*) => {
        const ROWS: &[NameOrArn] = &[$(NameOrArn {
            kind: $kind,
            path: &[$($path),*],
            before: $before,
            after: rows!(@after $($after)?),
            source: $source,
        }),*];
    };
    (@after) => { None };
    (@after $after:literal) => { Some($after) };
}

const FUNCTION: &str =
    "Lambda API Reference, FunctionName: a name, a partial ARN (123456789012:function:NAME) or an ARN";
const CLUSTER: &str = "ECS API Reference, cluster: \"the short name or full Amazon Resource Name (ARN)\"";
const BUS: &str = "EventBridge API Reference, EventBusName: \"the name or ARN of the event bus\"";

rows! {
    "AWS::Lambda::Function" ["FunctionName"] "function:" until ':', FUNCTION;
    "AWS::Serverless::Function" ["FunctionName"] "function:" until ':', FUNCTION;
    "AWS::Lambda::Alias" ["FunctionName"] "function:" until ':', FUNCTION;
    "AWS::Lambda::Version" ["FunctionName"] "function:" until ':', FUNCTION;
    "AWS::Lambda::Permission" ["FunctionName"] "function:" until ':', FUNCTION;
    "AWS::Lambda::EventSourceMapping" ["FunctionName"] "function:" until ':', FUNCTION;
    "AWS::Lambda::EventInvokeConfig" ["FunctionName"] "function:" until ':', FUNCTION;
    "AWS::Lambda::Url" ["TargetFunctionArn"] "function:" until ':', FUNCTION;
    "AWS::ECS::Service" ["Cluster"] "cluster/", CLUSTER;
    "AWS::ECS::TaskSet" ["Cluster"] "cluster/", CLUSTER;
    "AWS::ECS::Service" ["TaskDefinition"] "task-definition/" until ':',
        "ECS API Reference, taskDefinition: \"the family and revision (family:revision) or full ARN\"";
    "AWS::Events::Rule" ["EventBusName"] "event-bus/", BUS;
    "AWS::Events::EventBusPolicy" ["EventBusName"] "event-bus/", BUS;
    "AWS::DynamoDB::Table" ["TableName"] "table/",
        "DynamoDB API Reference, CreateTable, TableName: \"you can also provide the ARN of the table\"";
    "AWS::DynamoDB::GlobalTable" ["TableName"] "table/",
        "DynamoDB API Reference, CreateTable, TableName: \"you can also provide the ARN of the table\"";
    "AWS::KMS::Alias" ["TargetKeyId"] "key/", "KMS API Reference, TargetKeyId: \"the key ID or key ARN\"";
    "AWS::SecretsManager::RotationSchedule" ["SecretId"] "secret:",
        "Secrets Manager API Reference, SecretId: \"the ARN or name of the secret\"";
    "AWS::SecretsManager::ResourcePolicy" ["SecretId"] "secret:",
        "Secrets Manager API Reference, SecretId: \"the ARN or name of the secret\"";
}

/// What is known of a property that takes a name or an ARN.
#[must_use]
pub fn name_or_arn(kind: &str, path: &[&str]) -> Option<&'static NameOrArn> {
    ROWS.iter().find(|row| row.kind == kind && row.path == path)
}

impl NameOrArn {
    /// The name in a text that is a name or an ARN, whole or in part.
    #[must_use]
    pub fn name<'t>(&self, text: &'t str) -> &'t str {
        let Some((_, name)) = text.rsplit_once(self.before).filter(|_| text.contains(':')) else {
            return text;
        };
        match self.after {
            Some(end) => name.split(end).next().unwrap_or(name),
            None => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_out_of_arns() {
        let function = name_or_arn("AWS::Lambda::Function", &["FunctionName"]).unwrap();
        for (text, name) in [
            ("arn:aws:lambda:eu-west-1:123456789012:function:worker", "worker"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:worker:live", "worker"),
            ("123456789012:function:worker", "worker"),
            ("worker", "worker"),
        ] {
            assert_eq!(function.name(text), name);
        }
        let bus = name_or_arn("AWS::Events::Rule", &["EventBusName"]).unwrap();
        assert_eq!(bus.name("arn:aws:events:eu-west-1:123456789012:event-bus/orders"), "orders");
        assert_eq!(bus.name("aws.partner/example.com/123"), "aws.partner/example.com/123");
        assert!(name_or_arn("AWS::SQS::Queue", &["QueueName"]).is_none());
    }
}
