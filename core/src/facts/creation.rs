//! What services check of a role's permissions when they create a resource that uses it.
//!
//! CloudFormation creates such a resource only once the check passes. Where the permission comes later, the stack
//! rolls back. What is not listed is not known to be checked.

use crate::syntax::{Kind, Node};
use crate::template::call;

/// How a property of the created resource leads to the role whose permissions are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// It is the role: its ARN or its name.
    Role,
    /// It is a function; the function's `Role` is meant.
    Function,
    /// It is a task definition; its `ExecutionRoleArn` is meant.
    ExecutionRole,
    /// It is a task definition; its `TaskRoleArn` is meant.
    TaskRole,
    /// It is an instance profile; its roles are meant.
    Profile,
    /// It is a launch template or a launch configuration; the roles of its instance profile are meant.
    Launch,
    /// It is the function of CDK's provider framework; the functions of the user's that it invokes are meant.
    Provider,
    /// It is a function; what its environment names acts with it: roles, functions, state machines, builds, tasks.
    Environment,
    /// It is an infrastructure configuration of Image Builder; the roles of its instance profile are meant.
    Infrastructure,
    /// It is an endpoint configuration; the roles of its models are meant.
    Endpoint,
    /// It is a configuration profile; the role that it is read with is meant.
    Configuration,
    /// It is a database proxy; the role that it reads secrets with is meant.
    Proxy,
    /// It is a product; the role of its launch constraint is meant.
    Product,
    /// It is a user pool; the function that is asked before somebody signs up is meant.
    Pool,
}

impl Through {
    /// The path below `Properties` by which what the property names leads on to the role; empty if it is the role.
    #[must_use]
    pub fn onward(self) -> &'static [&'static str] {
        match self {
            Self::Role => &[],
            Self::Function => &["Role"],
            Self::ExecutionRole => &["ExecutionRoleArn"],
            Self::TaskRole => &["TaskRoleArn"],
            Self::Profile => &["Roles", "*"],
            Self::Launch => &["IamInstanceProfile"],
            Self::Provider | Self::Environment => &["Environment", "Variables", "*"],
            Self::Infrastructure => &["InstanceProfileName"],
            Self::Endpoint => &["ProductionVariants", "*", "ModelName"],
            Self::Configuration => &["RetrievalRoleArn"],
            Self::Proxy => &["RoleArn"],
            Self::Pool => &["LambdaConfig", "PreSignUp"],
            // What launches it is said beside it.
            Self::Product => &[],
        }
    }

    /// The paths below `Properties` by which a resource of a type leads on, and what each leads to. An alias or a version
    /// is of a function; what is published to a topic goes to its subscribers, a custom resource's request included.
    /// Source: CloudFormation User Guide, "Amazon SNS-backed custom resources".
    #[must_use]
    pub fn steps(self, kind: &str) -> Vec<(&'static [&'static str], Self)> {
        match (self, kind) {
            (Self::Function, "AWS::Lambda::Alias" | "AWS::Lambda::Version") => {
                vec![(&["FunctionName"], self)]
            }
            (Self::Launch, "AWS::EC2::LaunchTemplate") => {
                vec![(&["LaunchTemplateData", "IamInstanceProfile", "*"], Self::Profile)]
            }
            (Self::Product, _) => Vec::new(),
            (Self::Launch, _) => vec![(self.onward(), Self::Profile)],
            // Source: aws-cdk-lib, custom-resources, "Provider framework": `USER_ON_EVENT_FUNCTION_ARN` and its kin.
            (Self::Provider, _) => USER_FUNCTION.map(|path| (path, Self::Function)).to_vec(),
            (Self::Environment, _) => vec![(self.onward(), Self::Function), (self.onward(), Self::Role)],
            (Self::Pool, _) => vec![(self.onward(), Self::Function)],
            (Self::Function, "AWS::StepFunctions::StateMachine") => vec![(&["RoleArn"], Self::Role)],
            (Self::Function, "AWS::CodeBuild::Project") => vec![(&["ServiceRole"], Self::Role)],
            (Self::Function, "AWS::ECS::TaskDefinition") => {
                vec![(&["TaskRoleArn"], Self::Role), (&["ExecutionRoleArn"], Self::Role)]
            }
            (Self::Infrastructure, _) => vec![(self.onward(), Self::Profile)],
            (Self::Endpoint, "AWS::SageMaker::Model") => vec![(&["ExecutionRoleArn"], Self::Role)],
            (Self::Endpoint, _) => vec![(self.onward(), self)],
            (Self::Function, "AWS::SNS::Topic") => vec![(&["Subscription", "*", "Endpoint"], self)],
            // What it keeps is what `Fn::GetAtt` of it gives.
            (_, "AWS::SSM::Parameter") => vec![(&["Value"], self)],
            _ => vec![(self.onward(), Self::Role)],
        }
    }
}

/// The property with the explicit name of a resource that properties may call by its name on their way to a role; `None` for
/// types that lie on no such way.
///
/// Source: the API References of `CreateEventSourceMapping` (`FunctionName`), `RunInstances` (`IamInstanceProfile.Name`,
/// `LaunchTemplate.LaunchTemplateName`), `CreateAutoScalingGroup` (`LaunchConfigurationName`), `RunTask`, `CreateEndpoint`.
#[must_use]
pub fn called_by(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => "FunctionName",
        "AWS::ECS::TaskDefinition" => "Family",
        "AWS::IAM::InstanceProfile" => "InstanceProfileName",
        "AWS::EC2::LaunchTemplate" => "LaunchTemplateName",
        "AWS::AutoScaling::LaunchConfiguration" => "LaunchConfigurationName",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::RDS::DBProxy" => "DBProxyName",
        "AWS::ServiceCatalog::CloudFormationProduct" => "Name",
        "AWS::StepFunctions::StateMachine" | "AWS::Serverless::StateMachine" => "StateMachineName",
        "AWS::CodeBuild::Project" => "Name",
        "AWS::SageMaker::EndpointConfig" => "EndpointConfigName",
        "AWS::SageMaker::Model" => "ModelName",
        _ => return None,
    })
}

/// A resource that says of another where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Its type.
    pub kind: &'static str,
    /// The property that names the other.
    pub of: &'static str,
    /// The properties that lead on.
    pub paths: &'static [&'static [&'static str]],
    /// What they lead to; `None`: what was looked for.
    pub to: Option<Through>,
}

/// What says where a resource of a type leads on the way to a role.
///
/// Source: CloudFormation Template Reference, `AWS::SNS::Subscription`, `AWS::ServiceCatalog::LaunchRoleConstraint`.
#[must_use]
pub fn beside(kind: &str) -> Option<Beside> {
    match kind {
        "AWS::SNS::Topic" => {
            Some(Beside { kind: "AWS::SNS::Subscription", of: "TopicArn", paths: &[&["Endpoint"]], to: None })
        }
        "AWS::ServiceCatalog::CloudFormationProduct" => Some(Beside {
            kind: "AWS::ServiceCatalog::LaunchRoleConstraint",
            of: "ProductId",
            paths: &[&["RoleArn"], &["LocalRoleName"]],
            to: Some(Through::Role),
        }),
        _ => None,
    }
}

/// On what the actions must be permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// On what the property at this path names.
    Property(&'static [&'static str]),
    /// On something that the properties do not tell: any resource of a statement may be meant.
    Any,
}

/// How sure it is that the creation fails without the permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// The service refuses to create the resource, or runs the template's own code as a part of the creation.
    Refused,
    /// Code of the template's own runs as the role while CloudFormation waits for a signal or for health: it fails if that
    /// code needs the permission, which no template tells.
    MayFail,
}

/// One check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreationCheck {
    /// The type that is created; `Custom::` stands for every type that begins so.
    pub kind: &'static str,
    /// Path below `Properties` of what leads to the role; `*` is every item or key.
    pub role: &'static [&'static str],
    /// How it leads to the role.
    pub through: Through,
    /// The check is made only where something stands at this path below the resource; empty: always.
    pub when: &'static [&'static str],
    /// The actions; `*` in one is a wildcard, `*` alone is every action.
    pub actions: &'static [&'static str],
    /// What the actions must be permitted on.
    pub on: On,
    /// Whether creation is refused without them.
    pub strength: Strength,
    /// Where this is documented or was seen.
    pub source: &'static str,
}

/// What a resource refers to that signals a wait condition once its own code has run.
///
/// Source: CloudFormation User Guide, "Create wait conditions in a CloudFormation template".
pub const HANDLE: &str = "AWS::CloudFormation::WaitConditionHandle";

/// Types whose text says how a machine begins.
pub const LAUNCHES: [&str; 2] = ["AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration"];

impl CreationCheck {
    /// Whether the check is made because the resource is waited for by a signal: what signals a wait condition is, too.
    #[must_use]
    pub fn is_signalled(&self) -> bool {
        self.when == ["CreationPolicy"]
    }
}

/// The checks that are made when a resource of a type is created.
pub fn creation_checks(kind: &str) -> impl Iterator<Item = &'static CreationCheck> {
    CHECKS.iter().filter(move |check| {
        check.kind == kind || (check.kind.ends_with("::") && kind.starts_with(check.kind))
    })
}

impl CreationCheck {
    /// Whether a statement with this action grants some of what is checked. Both may hold wildcards; IAM ignores case.
    #[must_use]
    pub fn asks(&self, action: &str) -> bool {
        self.actions.iter().any(|wanted| grants(action, wanted))
    }

    /// The first of the actions that is checked of which a statement with these grants some.
    #[must_use]
    pub fn asked_of<S: AsRef<str>>(&self, given: &[S]) -> Option<&'static str> {
        let asked = |wanted: &&str| given.iter().any(|action| grants(action.as_ref(), wanted));
        self.actions.iter().copied().find(asked)
    }

    /// Whether the check is made of this resource (the node of its declaration).
    #[must_use]
    pub fn applies(&self, resource: Node<'_, '_>) -> bool {
        self.when.is_empty() || !values_at(resource, self.when).is_empty()
    }
}

/// Whether an action of a statement grants some of another.
fn grants(action: &str, wanted: &str) -> bool {
    let is_plain = |text: &str| !text.contains(['*', '?']);
    match (is_plain(action), is_plain(wanted)) {
        (true, true) => return action.eq_ignore_ascii_case(wanted),
        // Most name another service.
        (false, _) | (_, false) => {
            let fixed = |text: &'_ str| text.find(['*', '?']).unwrap_or(text.len());
            let alike = fixed(action).min(fixed(wanted));
            let begins =
                |text: &'_ str| text.as_bytes().get(..alike).unwrap_or_default().to_ascii_lowercase();
            if begins(action) != begins(wanted) {
                return false;
            }
        }
    }
    overlap(wanted.to_ascii_lowercase().as_bytes(), action.to_ascii_lowercase().as_bytes())
}

/// Whether two texts with `*` (any text) and `?` (one character) have a text in common.
#[must_use]
pub fn overlap(a: &[u8], b: &[u8]) -> bool {
    // Rows of reachability: what of `b` may be read when so much of `a` is.
    let mut reach = vec![false; b.len() + 1];
    if let Some(first) = reach.first_mut() {
        *first = true;
    }
    close(&mut reach, b);
    for &of_a in a {
        let mut next = vec![false; b.len() + 1];
        if of_a == b'*' {
            // It stands for nothing, or for anything more of `b`.
            let mut seen = false;
            for (to, from) in next.iter_mut().zip(&reach) {
                seen |= *from;
                *to = seen;
            }
        } else {
            for (at, &of_b) in b.iter().enumerate() {
                if !reach.get(at).copied().unwrap_or(false) {
                    continue;
                }
                // A `*` of `b` takes the character and stays.
                let step = if of_b == b'*' { at } else { at + 1 };
                if (of_b == b'*' || of_b == b'?' || of_a == b'?' || of_a == of_b)
                    && let Some(to) = next.get_mut(step)
                {
                    *to = true;
                }
            }
        }
        close(&mut next, b);
        reach = next;
    }
    reach.last().copied().unwrap_or(false)
}

/// A `*` of the second text may stand for nothing.
fn close(reach: &mut [bool], b: &[u8]) {
    let mut before = false;
    for (at, to) in reach.iter_mut().enumerate() {
        if before && at > 0 && b.get(at - 1) == Some(&b'*') {
            *to = true;
        }
        before = *to;
    }
}

/// The nodes at a path below a node: `*` is every item or key, and both branches of a `Fn::If` are looked into.
#[must_use]
pub fn values_at<'d, 't>(node: Node<'d, 't>, path: &[&str]) -> Vec<Node<'d, 't>> {
    let mut found = Vec::new();
    collect(node, path, &mut found);
    found
}

fn collect<'d, 't>(node: Node<'d, 't>, path: &[&str], found: &mut Vec<Node<'d, 't>>) {
    let node = node.resolved();
    if let Some(call) = call(node) {
        if call.name == "If" {
            for branch in call.argument.items().skip(1) {
                collect(branch, path, found);
            }
        } else if matches!(path, [] | ["*"]) {
            found.push(node);
        }
        return;
    }
    let Some((name, rest)) = path.split_first() else {
        found.push(node);
        return;
    };
    match (*name, node.kind()) {
        ("*", Kind::Sequence) => node.items().for_each(|item| collect(item, rest, found)),
        ("*", Kind::Mapping) => node.entries().for_each(|(_, value)| collect(value, rest, found)),
        // One value where a list is meant.
        ("*", _) => collect(node, rest, found),
        (name, Kind::Mapping) => {
            if let Some(value) = node.get(name) {
                collect(value, rest, found);
            }
        }
        _ => {}
    }
}

/// What Lambda does as the function's role in a VPC: `CreateNetworkInterface` and its companions.
const NETWORK: &[&str] =
    &["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"];
const QUEUE: &[&str] = &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
const TABLE_STREAM: &[&str] =
    &["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"];
const STREAM: &[&str] = &[
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:ListShards",
    "kinesis:ListStreams",
    "kinesis:SubscribeToShard",
];
const BROKER: &[&str] = &[
    "kafka:DescribeCluster",
    "kafka:DescribeClusterV2",
    "kafka:GetBootstrapBrokers",
    "mq:DescribeBroker",
    "rds:DescribeDBClusters",
    "rds:DescribeDBClusterParameters",
    "rds:DescribeDBSubnetGroups",
];
const BROKER_HELP: &[&str] = &[
    "secretsmanager:GetSecretValue",
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeVpcs",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
];
/// Source: Lambda Developer Guide, "Capturing records of asynchronous invocations" and "Retaining discarded records".
const SEND: &[&str] = &[
    "sqs:SendMessage",
    "sns:Publish",
    "lambda:InvokeFunction",
    "events:PutEvents",
    "s3:PutObject",
    "s3:ListBucket",
];
const PULL: &[&str] = &[
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
];
/// What an execution role does before a task's containers start.
const START_TASK: &[&str] = &[
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameters",
    "kms:Decrypt",
    "s3:GetObject",
    "s3:GetBucketLocation",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];
/// What the agent of a container instance does, without which no task is placed on it.
const ECS_AGENT: &[&str] = &[
    "ecs:RegisterContainerInstance",
    "ecs:DiscoverPollEndpoint",
    "ecs:Poll",
    "ecs:StartTelemetrySession",
    "ecs:SubmitContainerStateChange",
    "ecs:SubmitTaskStateChange",
];
const AGENT: &str = "ECS Developer Guide, \"Amazon ECS container instance IAM role\": services of a cluster wait for tasks on its instances";
/// The service has two names. Source: Developer Tools console User Guide, "Connections rename".
const CONNECTION: &[&str] = &[
    "codestar-connections:UseConnection",
    "codestar-connections:GetConnection",
    "codestar-connections:GetConnectionToken",
    "codeconnections:UseConnection",
    "codeconnections:GetConnection",
    "codeconnections:GetConnectionToken",
];
const LOG_DELIVERY: &[&str] = &[
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
];
const MANAGED_RULE: &[&str] = &["events:PutRule", "events:PutTargets", "events:DescribeRule"];
const ANYTHING: &[&str] = &["*"];

/// Where CDK's provider framework has the functions that it invokes.
const USER_FUNCTION: [&[&str]; 2] = [
    &["Environment", "Variables", "USER_ON_EVENT_FUNCTION_ARN"],
    &["Environment", "Variables", "USER_IS_COMPLETE_FUNCTION_ARN"],
];

const PROVIDER: &str =
    "aws-cdk-lib, custom-resources, \"Provider Framework\": it invokes the user's function and waits";
const INVOKES: &str =
    "CloudFormation User Guide, \"Custom resources\": CloudFormation waits for what the function does";
const HANDED: &str =
    "CloudFormation User Guide, \"Custom resources\": the properties are handed to the function";
const NESTED: &str =
    "CloudFormation User Guide, \"Embed stacks within other stacks\": the parent waits for the nested stack";
const LAUNCHED: &str = "Service Catalog Administrator Guide, \"Launch Constraints\": the role that is assumed when a product is launched";
const INITIALIZES: &str = "aws-cdk 6016, serverless 7250; Lambda Developer Guide, SnapStart: initialization code runs when a version is published";
const LAMBDA: &str = "Lambda Developer Guide, \"Event source mappings\", execution role permissions";

macro_rules! checks {
    ($(
        $kind:literal [$($role:literal)*] $through:ident $(when [$($when:literal)*])? asks $actions:expr,
        $strength:ident $(on [$($on:literal)*])? by $source:expr;
    )*) => {
        const CHECKS: &[CreationCheck] = &[$(CreationCheck {
            kind: $kind,
            role: &[$($role),*],
            through: Through::$through,
            when: &[$($($when),*)?],
            actions: $actions,
            on: checks!(@on $([$($on)*])?),
            strength: Strength::$strength,
            source: $source,
        }),*];
    };
    (@on) => { On::Any };
    (@on [$($on:literal)*]) => { On::Property(&[$($on),*]) };
}

checks! {
    // A deployment begins with reading the configuration.
    "AWS::AppConfig::Deployment" ["ConfigurationProfileId"] Configuration
        asks &["s3:GetObject*", "ssm:GetParameter*", "ssm:GetDocument", "secretsmanager:GetSecretValue", "codepipeline:*"],
        Refused by "AppConfig User Guide, \"Permissions for a configuration stored in Amazon S3\"";
    // "InvalidS3Configuration": what is delivered there is tried when the rule is made.
    "AWS::SES::ReceiptRule" ["Rule" "Actions" "*" "S3Action" "IamRoleArn"] Role
        asks &["s3:PutObject", "kms:GenerateDataKey*", "kms:Encrypt", "sns:Publish"],
        Refused by "SES API Reference, CreateReceiptRule, InvalidS3Configuration; S3Action, IamRoleArn";
    // "Lambda was unable to ... ensure the role can perform": amplify-cli 4759, aws-cdk 6770, serverless 3997.
    "AWS::Lambda::EventSourceMapping" ["FunctionName"] Function asks QUEUE, Refused on ["EventSourceArn"]
        by LAMBDA;
    "AWS::Lambda::EventSourceMapping" ["FunctionName"] Function asks TABLE_STREAM, Refused on ["EventSourceArn"]
        by "serverless 3997; Lambda Developer Guide, DynamoDB streams as an event source";
    "AWS::Lambda::EventSourceMapping" ["FunctionName"] Function asks STREAM, Refused on ["EventSourceArn"]
        by LAMBDA;
    "AWS::Lambda::EventSourceMapping" ["FunctionName"] Function asks BROKER, Refused on ["EventSourceArn"]
        by "Lambda Developer Guide, Amazon MSK, Amazon MQ and DocumentDB as event sources";
    "AWS::Lambda::EventSourceMapping" ["FunctionName"] Function when ["Properties" "SourceAccessConfigurations"]
        asks BROKER_HELP, Refused by "Lambda Developer Guide, Amazon MQ and self-managed Apache Kafka as event sources";
    "AWS::Lambda::EventSourceMapping" ["FunctionName"] Function asks SEND,
        Refused on ["DestinationConfig" "OnFailure" "Destination"] by LAMBDA;
    "AWS::Lambda::EventInvokeConfig" ["FunctionName"] Function asks SEND,
        Refused on ["DestinationConfig" "*" "Destination"]
        by "Lambda Developer Guide, asynchronous invocation destinations: the execution role needs permission when the destination is added";
    // "The provided execution role does not have permissions to call SendMessage on SQS": elastic/beats 13963.
    "AWS::Lambda::Function" ["Role"] Role asks SEND, Refused on ["DeadLetterConfig" "TargetArn"]
        by "elastic/beats 13963, aws-samples/aws-serverless-ecommerce-platform 41";
    // "... does not have permissions to call CreateNetworkInterface on EC2".
    "AWS::Lambda::Function" ["Role"] Role when ["Properties" "VpcConfig"] asks NETWORK, Refused
        by "byu-oit/handel 359, aws-sam-cli 617";
    // The same in SAM's words.
    "AWS::Serverless::Function" ["Role"] Role asks QUEUE, Refused on ["Events" "*" "Properties" "Queue"] by LAMBDA;
    "AWS::Serverless::Function" ["Role"] Role asks TABLE_STREAM, Refused on ["Events" "*" "Properties" "Stream"]
        by LAMBDA;
    "AWS::Serverless::Function" ["Role"] Role asks STREAM, Refused on ["Events" "*" "Properties" "Stream"] by LAMBDA;
    "AWS::Serverless::Function" ["Role"] Role asks BROKER, Refused on ["Events" "*" "Properties" "Broker"] by LAMBDA;
    "AWS::Serverless::Function" ["Role"] Role asks BROKER, Refused on ["Events" "*" "Properties" "Stream"] by LAMBDA;
    "AWS::Serverless::Function" ["Role"] Role asks BROKER, Refused on ["Events" "*" "Properties" "Cluster"] by LAMBDA;
    "AWS::Serverless::Function" ["Role"] Role when ["Properties" "Events" "*" "Properties" "SourceAccessConfigurations"]
        asks BROKER_HELP, Refused by "Lambda Developer Guide, Amazon MQ and self-managed Apache Kafka as event sources";
    "AWS::Serverless::Function" ["Role"] Role asks SEND,
        Refused on ["Events" "*" "Properties" "DestinationConfig" "OnFailure" "Destination"] by LAMBDA;
    "AWS::Serverless::Function" ["Role"] Role asks SEND, Refused on ["DeadLetterQueue" "TargetArn"] by LAMBDA;
    "AWS::Serverless::Function" ["Role"] Role asks SEND,
        Refused on ["EventInvokeConfig" "DestinationConfig" "*" "Destination"] by LAMBDA;
    "AWS::Serverless::Function" ["Role"] Role when ["Properties" "VpcConfig"] asks NETWORK, Refused
        by "aws-sam-cli 617";
    "AWS::Serverless::StateMachine" ["Role"] Role when ["Properties" "Logging"] asks LOG_DELIVERY, Refused
        by "aws-cdk 26432";
    // The function runs, and what it calls no template tells.
    "Custom::" ["ServiceToken"] Function asks ANYTHING, Refused
        by "CloudFormation User Guide, \"Custom resources\"; aws-solutions/instance-scheduler-on-aws 657";
    "AWS::CloudFormation::CustomResource" ["ServiceToken"] Function asks ANYTHING, Refused
        by "CloudFormation User Guide, \"Custom resources\"";
    // The framework invokes the user's function and waits for it.
    "Custom::" ["ServiceToken"] Provider asks ANYTHING, Refused by PROVIDER;
    "AWS::CloudFormation::CustomResource" ["ServiceToken"] Provider asks ANYTHING, Refused by PROVIDER;
    // What a function invokes, starts or hands a role to acts while CloudFormation waits for the function.
    "Custom::" ["ServiceToken"] Environment asks ANYTHING, MayFail by INVOKES;
    "AWS::CloudFormation::CustomResource" ["ServiceToken"] Environment asks ANYTHING, MayFail by INVOKES;
    "Custom::" ["*"] Role asks ANYTHING, MayFail by HANDED;
    "AWS::CloudFormation::CustomResource" ["*"] Role asks ANYTHING, MayFail by HANDED;
    "Custom::" ["*"] Function asks ANYTHING, MayFail by HANDED;
    "AWS::CloudFormation::CustomResource" ["*"] Function asks ANYTHING, MayFail by HANDED;
    // What a stack of its own makes of a role is not in the text.
    "AWS::CloudFormation::Stack" ["Parameters" "*"] Role asks ANYTHING, MayFail by NESTED;
    // "Account … should have '…' role with trust relationship to Role '…'": its instances are made with it.
    "AWS::CloudFormation::StackSet" ["AdministrationRoleARN"] Role when ["Properties" "StackInstancesGroup"]
        asks &["sts:AssumeRole"], Refused by "CloudFormation User Guide, \"Grant self-managed permissions\"";
    "AWS::Serverless::Application" ["Parameters" "*"] Role asks ANYTHING, MayFail by NESTED;
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct" ["ProvisioningParameters" "*" "Value"] Role
        asks ANYTHING, MayFail by NESTED;
    // It is launched, and created, as the role of its product's launch constraint.
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct" ["ProductId"] Product asks ANYTHING, MayFail by LAUNCHED;
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct" ["ProductName"] Product asks ANYTHING, MayFail by LAUNCHED;
    // Initialization code runs as the role when a version is published or concurrency is provisioned.
    "AWS::Lambda::Function" ["Role"] Role when ["Properties" "SnapStart"] asks ANYTHING, MayFail by INITIALIZES;
    "AWS::Lambda::Version" ["FunctionName"] Function when ["Properties" "ProvisionedConcurrencyConfig"]
        asks ANYTHING, MayFail by INITIALIZES;
    "AWS::Lambda::Alias" ["FunctionName"] Function when ["Properties" "ProvisionedConcurrencyConfig"]
        asks ANYTHING, MayFail by INITIALIZES;
    "AWS::Serverless::Function" ["Role"] Role when ["Properties" "SnapStart"] asks ANYTHING, MayFail by INITIALIZES;
    "AWS::Serverless::Function" ["Role"] Role when ["Properties" "ProvisionedConcurrencyConfig"]
        asks ANYTHING, MayFail by INITIALIZES;
    // "is not authorized to perform: kinesis:DescribeStream".
    "AWS::KinesisFirehose::DeliveryStream" ["KinesisStreamSourceConfiguration" "RoleARN"] Role asks STREAM,
        Refused on ["KinesisStreamSourceConfiguration" "KinesisStreamARN"] by "aws-cdk 5221, 7236";
    "AWS::KinesisFirehose::DeliveryStream" ["MSKSourceConfiguration" "AuthenticationConfiguration" "RoleARN"] Role
        asks &["kafka:*", "kafka-cluster:*"], Refused on ["MSKSourceConfiguration" "MSKClusterARN"]
        by "Amazon Data Firehose Developer Guide, \"Grant Firehose access to a private MSK cluster\"";
    // The schema is read when the stream is created.
    "AWS::KinesisFirehose::DeliveryStream"
        ["ExtendedS3DestinationConfiguration" "DataFormatConversionConfiguration" "SchemaConfiguration" "RoleARN"] Role
        asks &["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"], Refused
        by "Amazon Data Firehose Developer Guide, \"Grant Firehose access to AWS Glue for data format conversion\"";
    "AWS::KinesisFirehose::DeliveryStream" ["AmazonopensearchserviceDestinationConfiguration" "RoleARN"] Role
        asks &["es:DescribeDomain", "es:DescribeDomains", "es:DescribeDomainConfig", "es:ESHttp*"],
        Refused on ["AmazonopensearchserviceDestinationConfiguration" "DomainARN"]
        by "Amazon Data Firehose Developer Guide, \"Grant Firehose access to a public OpenSearch Service destination\"";
    "AWS::KinesisFirehose::DeliveryStream" ["ElasticsearchDestinationConfiguration" "RoleARN"] Role
        asks &["es:DescribeElasticsearchDomain", "es:DescribeElasticsearchDomains", "es:DescribeElasticsearchDomainConfig", "es:ESHttp*"],
        Refused on ["ElasticsearchDestinationConfiguration" "DomainARN"]
        by "Amazon Data Firehose Developer Guide, \"Grant Firehose access to a public OpenSearch Service destination\"";
    "AWS::KinesisFirehose::DeliveryStream" ["*" "VpcConfiguration" "RoleARN"] Role
        asks &["ec2:*"], Refused
        by "Amazon Data Firehose Developer Guide, \"Grant Firehose access to an OpenSearch Service destination in a VPC\"";
    "AWS::KinesisFirehose::DeliveryStream" ["S3DestinationConfiguration" "RoleARN"] Role asks &["s3:*"],
        MayFail on ["S3DestinationConfiguration" "BucketARN"]
        by "Amazon Data Firehose Developer Guide, \"Grant Firehose access to an Amazon S3 destination\"";
    "AWS::KinesisFirehose::DeliveryStream" ["ExtendedS3DestinationConfiguration" "RoleARN"] Role asks &["s3:*"],
        MayFail on ["ExtendedS3DestinationConfiguration" "BucketARN"]
        by "Amazon Data Firehose Developer Guide, \"Grant Firehose access to an Amazon S3 destination\"";
    // Tasks that cannot start keep the service from becoming stable: copilot-cli 3104.
    "AWS::ECS::Service" ["TaskDefinition"] ExecutionRole asks START_TASK, Refused
        by "copilot-cli 3104; ECS Developer Guide, \"Amazon ECS task execution IAM role\"";
    "AWS::ECS::TaskSet" ["TaskDefinition"] ExecutionRole asks START_TASK, Refused
        by "ECS Developer Guide, \"Amazon ECS task execution IAM role\"";
    "AWS::ECS::Service" ["TaskDefinition"] TaskRole asks ANYTHING, MayFail
        by "ECS Developer Guide: a service waits for a steady state, its containers run as the task role";
    "AWS::ECS::Service" ["Role"] Role asks &["elasticloadbalancing:*", "ec2:*"], Refused
        by "CloudFormation Template Reference, AWS::IAM::Policy: add DependsOn on the policy to an ECS service";
    // An instance signals once its own code has run.
    "AWS::AutoScaling::AutoScalingGroup" ["LaunchTemplate" "*"] Launch when ["CreationPolicy"]
        asks ANYTHING, MayFail by "CloudFormation Template Reference, \"CreationPolicy attribute\"";
    "AWS::AutoScaling::AutoScalingGroup" ["LaunchConfigurationName"] Launch when ["CreationPolicy"]
        asks ANYTHING, MayFail by "CloudFormation Template Reference, \"CreationPolicy attribute\"";
    "AWS::AutoScaling::AutoScalingGroup"
        ["MixedInstancesPolicy" "LaunchTemplate" "LaunchTemplateSpecification" "*"]
        Launch when ["CreationPolicy"] asks ANYTHING, MayFail
        by "CloudFormation Template Reference, \"CreationPolicy attribute\"";
    // A service of ECS is stable once its tasks run on instances that have joined its cluster.
    "AWS::AutoScaling::AutoScalingGroup" ["LaunchTemplate" "*"] Launch asks ECS_AGENT, MayFail by AGENT;
    "AWS::AutoScaling::AutoScalingGroup" ["LaunchConfigurationName"] Launch asks ECS_AGENT, MayFail by AGENT;
    "AWS::AutoScaling::AutoScalingGroup"
        ["MixedInstancesPolicy" "LaunchTemplate" "LaunchTemplateSpecification" "*"]
        Launch asks ECS_AGENT, MayFail by AGENT;
    "AWS::EC2::Instance" ["LaunchTemplate" "*"] Launch asks ECS_AGENT, MayFail by AGENT;
    "AWS::EC2::Instance" ["IamInstanceProfile"] Profile asks ECS_AGENT, MayFail by AGENT;
    "AWS::EC2::Instance" ["LaunchTemplate" "*"] Launch when ["CreationPolicy"] asks ANYTHING, MayFail
        by "CloudFormation Template Reference, \"CreationPolicy attribute\"";
    "AWS::EC2::Instance" ["IamInstanceProfile"] Profile when ["CreationPolicy"] asks ANYTHING, MayFail
        by "CloudFormation Template Reference, \"CreationPolicy attribute\"";
    // "The state machine IAM Role is not authorized to access the Log Destination".
    "AWS::StepFunctions::StateMachine" ["RoleArn"] Role when ["Properties" "LoggingConfiguration"] asks LOG_DELIVERY,
        Refused by "aws-cdk 26432";
    // "is not authorized to create managed-rule".
    "AWS::StepFunctions::StateMachine" ["RoleArn"] Role asks MANAGED_RULE, Refused
        by "Step Functions Developer Guide, \"Run a job (.sync)\": the rule is made with the state machine's role when it is created";
    "AWS::ApiGateway::Account" ["CloudWatchRoleArn"] Role asks &["logs:*"], Refused
        by "aws-cdk 2194, tmobile/jazz-installer 597";
    // "does not have permissions to call ReceiveMessage on SQS".
    "AWS::Pipes::Pipe" ["RoleArn"] Role asks QUEUE, Refused on ["Source"]
        by "terraform-aws-modules/terraform-aws-eventbridge 133, aws-cdk 37114";
    "AWS::Pipes::Pipe" ["RoleArn"] Role asks STREAM, Refused on ["Source"]
        by "terraform-aws-modules/terraform-aws-eventbridge 133";
    "AWS::Pipes::Pipe" ["RoleArn"] Role asks TABLE_STREAM, Refused on ["Source"]
        by "terraform-aws-modules/terraform-aws-eventbridge 133";
    "AWS::Pipes::Pipe" ["RoleArn"] Role asks BROKER, Refused on ["Source"]
        by "terraform-aws-modules/terraform-aws-eventbridge 133";
    "AWS::Pipes::Pipe" ["RoleArn"] Role asks ANYTHING, Refused on ["Target"]
        by "terraform-aws-modules/terraform-aws-eventbridge 133: source and target actions";
    // "Could not deliver test message to specified destination."
    "AWS::Logs::SubscriptionFilter" ["RoleArn"] Role asks &["kinesis:PutRecord", "kinesis:PutRecords", "firehose:PutRecord", "firehose:PutRecordBatch"],
        Refused on ["DestinationArn"] by "aws-cdk 21827";
    "AWS::Logs::Destination" ["RoleArn"] Role asks &["kinesis:PutRecord", "kinesis:PutRecords", "firehose:PutRecord", "firehose:PutRecordBatch"],
        Refused on ["TargetArn"] by "aws-cdk 2452";
    // "Access denied. Check the permissions for your role."
    "AWS::CloudTrail::Trail" ["CloudWatchLogsRoleArn"] Role asks &["logs:CreateLogStream", "logs:PutLogEvents"],
        Refused on ["CloudWatchLogsLogGroupArn"] by "aws-cli 5098";
    // "does not have BatchGetImage permission for the image".
    "AWS::SageMaker::Model" ["ExecutionRoleArn"] Role
        asks &["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:GetAuthorizationToken", "s3:GetObject", "s3:ListBucket"],
        Refused by "aws-samples/generative-ai-sagemaker-cdk-demo 2";
    "AWS::EKS::Nodegroup" ["NodeRole"] Role asks &["eks:*", "ec2:*", "ecr:*"], Refused
        by "terraform-aws-eks 2425; EKS User Guide, \"Amazon EKS node IAM role\"";
    // "Insufficient delivery policy to s3 bucket": the channel is tested with the recorder's role.
    "AWS::Config::ConfigurationRecorder" ["RoleARN"] Role
        asks &["s3:PutObject", "s3:GetBucketAcl", "sns:Publish", "config:*"], Refused by "aws-cdk 3577";
    // "Not authorized to perform DescribeSecurityGroups".
    "AWS::CodeBuild::Project" ["ServiceRole"] Role when ["Properties" "VpcConfig"]
        asks &["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"], Refused
        by "terraform-provider-aws, aws_codebuild_project: retried on this error";
    // "OAuthProviderException": the connection is used when the project is created.
    "AWS::CodeBuild::Project" ["ServiceRole"] Role when ["Properties" "Source" "Auth"]
        asks CONNECTION, Refused on ["Source" "Auth" "Resource"] by "aws-cdk 38504";
    // "Unable to publish test message to notification target".
    "AWS::AutoScaling::LifecycleHook" ["RoleARN"] Role asks &["sqs:SendMessage", "sqs:GetQueueUrl", "sns:Publish"],
        Refused on ["NotificationTargetARN"]
        by "terraform-provider-aws, aws_autoscaling_lifecycle_hook: retried on this error";
    "AWS::AutoScaling::AutoScalingGroup" ["LifecycleHookSpecificationList" "*" "RoleARN"] Role
        asks &["sqs:SendMessage", "sqs:GetQueueUrl", "sns:Publish"],
        Refused on ["LifecycleHookSpecificationList" "*" "NotificationTargetARN"]
        by "terraform-provider-aws, aws_autoscaling_group: retried on this error";
    // A user is created by `AdminCreateUser`, which asks the pool's function first.
    "AWS::Cognito::UserPoolUser" ["UserPoolId"] Pool asks ANYTHING, MayFail
        by "CloudFormation Template Reference, AWS::Cognito::UserPoolUser, ClientMetadata; Cognito Developer Guide, \"Pre sign-up Lambda trigger\"";
    // The files are fetched when the build or script is made.
    "AWS::GameLift::Build" ["StorageLocation" "RoleArn"] Role asks &["s3:GetObject", "s3:GetObjectVersion"], Refused
        by "GameLift Servers Developer Guide, \"Create a build with files in Amazon S3\"";
    "AWS::GameLift::Script" ["StorageLocation" "RoleArn"] Role asks &["s3:GetObject", "s3:GetObjectVersion"], Refused
        by "GameLift Servers Developer Guide, \"Upload script files in Amazon S3\"";
    // "Role does not have permission to publish with SNS".
    "AWS::Cognito::UserPool" ["SmsConfiguration" "SnsCallerArn"] Role asks &["sns:Publish"], Refused
        by "terraform-provider-aws, aws_cognito_user_pool: retried on this error";
    // "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING".
    "AWS::RDS::DBInstance" ["MonitoringRoleArn"] Role asks &["logs:*"], Refused
        by "error text of RDS, CreateDBInstance";
    "AWS::RDS::DBCluster" ["MonitoringRoleArn"] Role asks &["logs:*"], Refused
        by "error text of RDS, CreateDBCluster";
    // "Timed out waiting for target group to become available": the proxy connects with what the secret holds.
    "AWS::RDS::DBProxyTargetGroup" ["DBProxyName"] Proxy
        asks &["secretsmanager:GetSecretValue", "kms:Decrypt", "rds-db:connect"], Refused
        by "aws-cdk 8919, 8885; RDS User Guide, \"Setting up AWS Identity and Access Management (IAM) policies for RDS Proxy\"";
    // "DataSync location access test failed".
    "AWS::DataSync::LocationS3" ["S3Config" "BucketAccessRoleArn"] Role asks &["s3:*"], Refused on ["S3BucketArn"]
        by "terraform-provider-aws, aws_datasync_location_s3: retried on this error";
    // Code is read from S3, and inputs are looked at.
    "AWS::KinesisAnalyticsV2::Application" ["ServiceExecutionRole"] Role
        asks &["s3:GetObject", "kinesis:DescribeStream", "firehose:DescribeDeliveryStream"], Refused
        by "terraform-provider-aws 7032";
    "AWS::MWAA::Environment" ["ExecutionRoleArn"] Role
        asks &["s3:GetBucketPublicAccessBlock", "s3:GetAccountPublicAccessBlock", "s3:GetObject*", "s3:GetBucket*", "s3:List*", "airflow:*"],
        Refused by "Amazon MWAA User Guide, \"Amazon MWAA execution role\"";
    "AWS::Synthetics::Canary" ["ExecutionRoleArn"] Role when ["Properties" "VPCConfig"] asks NETWORK, Refused
        by "CloudWatch User Guide, \"Required roles and permissions for canaries\": a canary is a Lambda function";
    "AWS::AppRunner::Service" ["SourceConfiguration" "AuthenticationConfiguration" "AccessRoleArn"] Role asks PULL,
        Refused by "App Runner Developer Guide, \"Access role\": the image is pulled when the service is created";
    "AWS::AppRunner::Service" ["InstanceConfiguration" "InstanceRoleArn"] Role asks ANYTHING, MayFail
        by "App Runner Developer Guide, \"Instance role\": the service is created once its health check passes";
    "AWS::Bedrock::KnowledgeBase" ["RoleArn"] Role
        asks &["bedrock:*", "aoss:APIAccessAll", "secretsmanager:GetSecretValue", "rds:DescribeDBClusters", "rds-data:*"],
        Refused by "Bedrock User Guide, \"Create a service role for Knowledge Bases\": the storage is tested at creation";
    "AWS::EMR::Cluster" ["ServiceRole"] Role asks &["ec2:*"], Refused
        by "EMR Management Guide, \"Service role for Amazon EMR\": it launches the instances that creation waits for";
    // Bootstrap actions are fetched and run before the cluster is ready; one that fails ends it.
    "AWS::EMR::Cluster" ["JobFlowRole"] Profile when ["Properties" "BootstrapActions"] asks ANYTHING, Refused
        by "EMR Management Guide, \"Create bootstrap actions to install additional software\"";
    // "Access denied while validating ECR URI".
    "AWS::BedrockAgentCore::Runtime" ["RoleArn"] Role asks PULL, Refused by "awslabs/agentcore-samples 154";
    // It is created once it runs, and it runs as this role.
    "AWS::KafkaConnect::Connector" ["ServiceExecutionRoleArn"] Role asks &["kafka-cluster:*"], Refused
        by "MSK Developer Guide, \"Understand service execution role\"";
    "AWS::KafkaConnect::Connector" ["ServiceExecutionRoleArn"] Role asks ANYTHING, MayFail
        by "MSK Developer Guide, \"Understand service execution role\"";
    "AWS::ImageBuilder::Image" ["InfrastructureConfigurationArn"] Infrastructure asks ANYTHING, MayFail
        by "Image Builder User Guide, \"Troubleshoot Image Builder issues\": the image is built as the instance profile";
    "AWS::SageMaker::NotebookInstance" ["RoleArn"] Role when ["Properties" "LifecycleConfigName"]
        asks ANYTHING, MayFail by "SageMaker Developer Guide, \"Customization of a SageMaker notebook instance using an LCC script\"";
    "AWS::SageMaker::Endpoint" ["EndpointConfigName"] Endpoint asks ANYTHING, MayFail
        by "SageMaker API Reference, CreateEndpoint: the endpoint waits until its containers are in service";
    "AWS::ElasticBeanstalk::Environment" ["OptionSettings" "*" "Value"] Profile asks ANYTHING, MayFail
        by "Elastic Beanstalk Developer Guide, \"Managing Elastic Beanstalk instance profiles\": the environment waits for health";
    "AWS::ECS::ExpressGatewayService" ["ExecutionRoleArn"] Role asks START_TASK, Refused
        by "ECS Developer Guide, \"Amazon ECS task execution IAM role\"";
    "AWS::ECS::ExpressGatewayService" ["TaskRoleArn"] Role asks ANYTHING, MayFail
        by "ECS Developer Guide: a service waits for a steady state, its containers run as the task role";
    "AWS::DMS::Endpoint" ["*" "SecretsManagerAccessRoleArn"] Role
        asks &["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], MayFail
        by "DMS User Guide, \"Using secrets to access Database Migration Service endpoints\"";
    "AWS::OSIS::Pipeline" ["PipelineRoleArn"] Role asks ANYTHING, MayFail
        by "OpenSearch Service Developer Guide, \"Setting up roles and users in Amazon OpenSearch Ingestion\"";
    "AWS::OSIS::Pipeline" ["PipelineConfigurationBody"] Role asks ANYTHING, MayFail
        by "OpenSearch Service Developer Guide, \"Setting up roles and users in Amazon OpenSearch Ingestion\"";
    // A test message is sent, as for a subscription filter.
    "AWS::Logs::AccountPolicy" ["PolicyDocument"] Role
        asks &["kinesis:PutRecord", "kinesis:PutRecords", "firehose:PutRecord", "firehose:PutRecordBatch"], Refused
        by "CloudWatch Logs API Reference, PutAccountPolicy";
    // "does not give you permission to perform operations in the following AWS service: AmazonAutoScaling".
    "AWS::CodeDeploy::DeploymentGroup" ["ServiceRoleArn"] Role when ["Properties" "AutoScalingGroups"]
        asks &["autoscaling:*"], Refused by "CodeDeploy User Guide, \"General troubleshooting issues\"";
    "AWS::SSM::Association" ["Parameters" "AutomationAssumeRole" "*"] Role
        when ["Properties" "WaitForSuccessTimeoutSeconds"] asks ANYTHING, MayFail
        by "CloudFormation Template Reference, AWS::SSM::Association, WaitForSuccessTimeoutSeconds";
    "AWS::GuardDuty::MalwareProtectionPlan" ["Role"] Role asks &["s3:*", "events:*", "kms:*"], MayFail
        by "GuardDuty User Guide, \"Create or update IAM role policy\" of Malware Protection for S3";
    "AWS::Batch::ComputeEnvironment" ["ServiceRole"] Role asks &["ec2:*", "ecs:*", "autoscaling:*", "iam:*"], Refused
        by "Batch User Guide, \"INVALID compute environment\": incorrect role";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    #[test]
    fn actions_meet_with_wildcards_on_both_sides() {
        for (a, b, meet) in [
            ("sqs:receivemessage", "sqs:*", true),
            ("s3:*", "s3:get*", true),
            ("*", "ec2:describevpcs", true),
            ("a*c", "*b*", true),
            ("ab?", "a?c", true),
            ("", "*", true),
            ("sqs:receivemessage", "sqs:send*", false),
            ("a", "", false),
            ("a*b", "b*a", false),
        ] {
            assert_eq!(overlap(a.as_bytes(), b.as_bytes()), meet, "{a} {b}");
            assert_eq!(overlap(b.as_bytes(), a.as_bytes()), meet, "{b} {a}");
        }
    }

    #[test]
    fn every_check_has_a_source_and_types_are_found() {
        assert!(CHECKS.iter().all(|check| !check.source.is_empty() && !check.actions.is_empty()));
        assert_eq!(creation_checks("Custom::Init").count(), 5);
        assert!(creation_checks("AWS::Lambda::EventSourceMapping").any(|check| check.asks("SQS:*")));
        assert_eq!(creation_checks("AWS::SNS::Topic").count(), 0);
    }

    #[test]
    fn paths_go_through_lists_mappings_and_conditions() {
        let parsed = parse("A: [{B: !If [C, x, !Ref Y]}, {B: z}]\nD: {e: {B: 1}, f: {B: 2}}\n");
        let root = parsed.document.root().unwrap();
        assert_eq!(values_at(root, &["A", "*", "B"]).len(), 3);
        assert_eq!(values_at(root, &["D", "*", "B"]).len(), 2);
        assert_eq!(values_at(root, &["D", "B"]).len(), 0);
    }
}
