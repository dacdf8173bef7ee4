//! What CloudFormation makes of a resource: its physical name, its `Ref`, its `Fn::GetAtt`.
//!
//! `Ref`, attributes and ARN formats are those of AWS's *CloudFormation Template Reference* ("Return
//! values") and *Service Authorization Reference*, compared with their machine-readable form
//! (`@aws-cdk/aws-service-spec` 0.1.216) and the published resource schemas (`cfn-lint` 1.58). Where a name is
//! composed, the row says who says so: the handlers that AWS published, names measured on real stacks, or real names.
//!
//! How to read a text:
//! - `${.Prop}` stands for the *name* of what the property means. Templates also give such a property as
//!   an ARN (`EventBusName: !GetAtt Bus.Arn`, `Cluster: !GetAtt Cluster.Arn`): the part behind the first
//!   `/` of that ARN is meant then. `EventBusName: default` means what an absent property means.
//! - `${*}` stands for at least one character, `${??????}` for six.
//!
//! What is not here has a reason: an attribute that is left out is unknown, not impossible.

use super::{Generated, Meaning, ResourceType};

const NAME: Meaning = Meaning::Name;
const OPAQUE: Meaning = Meaning::Opaque;
const NONE: Generated = Generated::None;

const fn stack(max: u16) -> Generated {
    Generated::StackLogical { max, lower: false }
}

const fn stack_lower(max: u16) -> Generated {
    Generated::StackLogical { max, lower: true }
}

/// Handlers that pass no stack name keep `max - 13` characters of the logical id (`IdentifierUtils`).
const fn logical(keep: u16) -> Generated {
    Generated::Logical { keep, lower: false }
}

const fn logical_lower(keep: u16) -> Generated {
    Generated::Logical { keep, lower: true }
}

macro_rules! arn_text {
    ($service:literal, $resource:literal) => {
        concat!("arn:${AWS::Partition}:", $service, ":${AWS::Region}:${AWS::AccountId}:", $resource)
    };
}

macro_rules! arn {
    ($service:literal, $resource:literal) => {
        Meaning::Text(arn_text!($service, $resource))
    };
}

macro_rules! iam {
    ($kind:literal) => {
        Meaning::ByProperty {
            property: "Path",
            given: concat!("arn:${AWS::Partition}:iam::${AWS::AccountId}:", $kind, "${.Path}${Name}"),
            absent: concat!("arn:${AWS::Partition}:iam::${AWS::AccountId}:", $kind, "/${Name}"),
        }
    };
}

const EVENT_RULE_ARN: Meaning = Meaning::ByProperty {
    property: "EventBusName",
    given: arn_text!("events", "rule/${.EventBusName}/${Name}"),
    absent: arn_text!("events", "rule/${Name}"),
};

/// The long format; a service from before 2021 may still have `service/NAME`.
const ECS_SERVICE_ARN: Meaning = Meaning::ByProperty {
    property: "Cluster",
    given: arn_text!("ecs", "service/${.Cluster}/${Name}"),
    absent: arn_text!("ecs", "service/default/${Name}"),
};

/// A given `Type` may be `application`, `network` or `gateway`: `app`, `net` or `gwy` in the ARN.
const LOAD_BALANCER_ARN: Meaning = Meaning::ByProperty {
    property: "Type",
    given: arn_text!("elasticloadbalancing", "loadbalancer/${*}/${Name}/${*}"),
    absent: arn_text!("elasticloadbalancing", "loadbalancer/app/${Name}/${*}"),
};

const SCHEDULE_ARN: Meaning = Meaning::ByProperty {
    property: "GroupName",
    given: arn_text!("scheduler", "schedule/${.GroupName}/${Name}"),
    absent: arn_text!("scheduler", "schedule/default/${Name}"),
};

/// Source of the pattern: Secrets Manager User Guide, "Permissions policy examples": a wildcard of six characters.
const SECRET_ARN: Meaning = arn!("secretsmanager", "secret:${Name}-${??????}");

const QUEUE_URL: Meaning =
    Meaning::Text("https://sqs.${AWS::Region}.${AWS::URLSuffix}/${AWS::AccountId}/${Name}");

/// One row: type, noun; path of the name, composed name; `Ref`; attributes; who says how the name is composed.
macro_rules! resource_types {
    ($(
        $name:literal $noun:literal
        [$($property:literal)*] $generated:expr, $reference:expr, {$($attribute:literal: $meaning:expr),*}
        $(by $by:literal)?;
    )*) => {
        /// Sorted by name.
        pub(super) static RESOURCE_TYPES: &[ResourceType] = &[$(ResourceType {
            name: $name,
            name_property: &[$($property),*],
            generated: $generated,
            reference: $reference,
            attributes: &[$(($attribute, $meaning)),*],
            noun: $noun,
            source: concat!("CloudFormation Template Reference, ", $name, ", Return values"
                $(, "; composed name: ", $by)?),
        }),*];
    };
}

resource_types! {
    "AWS::AmazonMQ::Broker" "Broker"
        ["BrokerName"] NONE, OPAQUE, {"Arn": arn!("mq", "broker:${Name}:${*}")};
    // The composed name holds the first six characters of the stack's name, which a template cannot compute.
    "AWS::ApiGateway::ApiKey" "ApiKey"
        ["Name"] NONE, OPAQUE, {"APIKeyId": OPAQUE};
    "AWS::ApiGateway::RestApi" "RestApi"
        [] NONE, OPAQUE, {"RestApiId": OPAQUE, "RootResourceId": OPAQUE};
    "AWS::ApiGateway::Stage" "Stage"
        ["StageName"] NONE, NAME, {};
    "AWS::ApiGatewayV2::Api" "Api"
        [] NONE, OPAQUE, {"ApiEndpoint": OPAQUE, "ApiId": OPAQUE};
    "AWS::AppConfig::Application" "Application"
        [] NONE, OPAQUE, {"ApplicationId": OPAQUE};
    "AWS::AppRunner::Service" "Service"
        ["ServiceName"] NONE, arn!("apprunner", "service/${Name}/${*}"),
        {"ServiceArn": arn!("apprunner", "service/${Name}/${*}"), "ServiceId": OPAQUE, "ServiceUrl": OPAQUE};
    "AWS::AppSync::GraphQLApi" "GraphQLApi"
        [] NONE, OPAQUE, {"ApiId": OPAQUE, "Arn": OPAQUE, "GraphQLUrl": OPAQUE};
    "AWS::Athena::DataCatalog" "DataCatalog"
        ["Name"] NONE, NAME, {};
    "AWS::Athena::NamedQuery" "NamedQuery"
        [] NONE, OPAQUE, {"NamedQueryId": OPAQUE};
    "AWS::Athena::WorkGroup" "WorkGroup"
        ["Name"] NONE, NAME, {};
    "AWS::AutoScaling::AutoScalingGroup" "AutoScalingGroup"
        ["AutoScalingGroupName"] stack(255), NAME,
        {"AutoScalingGroupARN": arn!("autoscaling", "autoScalingGroup:${*}:autoScalingGroupName/${Name}")}
        by "CloudFormation User Guide, \"Ref\", resource return examples (mystack-myasgroup-NT5EUXTNTXXD)";
    "AWS::AutoScaling::LaunchConfiguration" "LaunchConfiguration"
        ["LaunchConfigurationName"] NONE, NAME, {};
    "AWS::Backup::BackupVault" "BackupVault"
        ["BackupVaultName"] NONE, NAME,
        {"BackupVaultArn": arn!("backup", "backup-vault:${Name}"), "BackupVaultName": NAME};
    "AWS::Batch::ComputeEnvironment" "ComputeEnvironment"
        ["ComputeEnvironmentName"] NONE, arn!("batch", "compute-environment/${Name}"),
        {"ComputeEnvironmentArn": arn!("batch", "compute-environment/${Name}")};
    "AWS::Batch::JobDefinition" "JobDefinition"
        ["JobDefinitionName"] NONE, arn!("batch", "job-definition/${Name}:${*}"),
        {"JobDefinitionArn": arn!("batch", "job-definition/${Name}:${*}")};
    "AWS::Batch::JobQueue" "JobQueue"
        ["JobQueueName"] NONE, arn!("batch", "job-queue/${Name}"),
        {"JobQueueArn": arn!("batch", "job-queue/${Name}")};
    "AWS::Bedrock::Agent" "Agent"
        [] NONE, OPAQUE, {"AgentArn": OPAQUE, "AgentId": OPAQUE};
    "AWS::CertificateManager::Certificate" "Certificate"
        [] NONE, OPAQUE, {};
    "AWS::CloudFormation::Stack" "Stack"
        [] NONE, OPAQUE, {};
    "AWS::CloudFront::CachePolicy" "CachePolicy"
        [] NONE, OPAQUE, {"Id": OPAQUE};
    "AWS::CloudFront::Distribution" "Distribution"
        [] NONE, OPAQUE, {"DomainName": OPAQUE, "Id": OPAQUE};
    // No `Arn`: an organization's trail is in another account's name.
    "AWS::CloudTrail::Trail" "Trail"
        ["TrailName"] NONE, NAME, {};
    "AWS::CloudWatch::Alarm" "Alarm"
        ["AlarmName"] stack(255), NAME, {"Arn": arn!("cloudwatch", "alarm:${Name}")}
        by "names measured on real stacks";
    // No `Arn`: AWS's two references write it with different separators.
    "AWS::CloudWatch::CompositeAlarm" "CompositeAlarm"
        ["AlarmName"] NONE, NAME, {};
    "AWS::CloudWatch::Dashboard" "Dashboard"
        ["DashboardName"] NONE, NAME, {};
    "AWS::CodeBuild::Project" "Project"
        ["Name"] NONE, NAME, {"Arn": arn!("codebuild", "project/${Name}")};
    "AWS::CodeCommit::Repository" "Repository"
        ["RepositoryName"] NONE, OPAQUE, {"Arn": arn!("codecommit", "${Name}"), "Name": NAME, "RepositoryId": OPAQUE};
    "AWS::CodeDeploy::Application" "Application"
        ["ApplicationName"] NONE, NAME, {};
    "AWS::CodeDeploy::DeploymentGroup" "DeploymentGroup"
        ["DeploymentGroupName"] NONE, NAME, {};
    "AWS::CodePipeline::Pipeline" "Pipeline"
        ["Name"] NONE, NAME, {"Arn": arn!("codepipeline", "${Name}")};
    "AWS::CodeStarConnections::Connection" "Connection"
        [] NONE, OPAQUE, {"ConnectionArn": OPAQUE};
    "AWS::Cognito::IdentityPool" "IdentityPool"
        [] NONE, OPAQUE, {};
    "AWS::Cognito::UserPool" "UserPool"
        [] NONE, OPAQUE, {"Arn": OPAQUE, "ProviderName": OPAQUE, "ProviderURL": OPAQUE, "UserPoolId": OPAQUE};
    "AWS::Cognito::UserPoolClient" "UserPoolClient"
        [] NONE, OPAQUE, {"ClientId": OPAQUE};
    "AWS::Config::ConfigRule" "ConfigRule"
        ["ConfigRuleName"] NONE, NAME, {"Arn": OPAQUE, "ConfigRuleId": OPAQUE};
    // Identifiers of DocumentDB are stored in lower case.
    "AWS::DocDB::DBCluster" "DBCluster"
        ["DBClusterIdentifier"] NONE, NAME, {"ClusterResourceId": OPAQUE, "Endpoint": OPAQUE};
    "AWS::DynamoDB::GlobalTable" "GlobalTable"
        ["TableName"] NONE, NAME,
        {"Arn": arn!("dynamodb", "table/${Name}"), "StreamArn": arn!("dynamodb", "table/${Name}/stream/${*}"), "TableId": OPAQUE};
    "AWS::DynamoDB::Table" "Table"
        ["TableName"] stack(255), NAME, {"Arn": arn!("dynamodb", "table/${Name}"), "StreamArn": arn!("dynamodb", "table/${Name}/stream/${*}")}
        by "names measured on real stacks";
    "AWS::EC2::DHCPOptions" "DHCPOptions"
        [] NONE, OPAQUE, {"DhcpOptionsId": OPAQUE};
    "AWS::EC2::EIP" "EIP"
        [] NONE, OPAQUE, {"AllocationId": OPAQUE, "PublicIp": OPAQUE};
    "AWS::EC2::FlowLog" "FlowLog"
        [] NONE, OPAQUE, {"Id": OPAQUE};
    "AWS::EC2::Instance" "Instance"
        [] NONE, OPAQUE, {"InstanceId": OPAQUE, "PrivateIp": OPAQUE, "PublicIp": OPAQUE};
    "AWS::EC2::InternetGateway" "InternetGateway"
        [] NONE, OPAQUE, {"InternetGatewayId": OPAQUE};
    "AWS::EC2::KeyPair" "KeyPair"
        ["KeyName"] NONE, NAME, {"KeyPairId": OPAQUE};
    "AWS::EC2::LaunchTemplate" "LaunchTemplate"
        [] NONE, OPAQUE,
        {"DefaultVersionNumber": OPAQUE, "LatestVersionNumber": OPAQUE, "LaunchTemplateId": OPAQUE};
    "AWS::EC2::NatGateway" "NatGateway"
        [] NONE, OPAQUE, {"NatGatewayId": OPAQUE};
    "AWS::EC2::NetworkAcl" "NetworkAcl"
        [] NONE, OPAQUE, {"Id": OPAQUE};
    "AWS::EC2::NetworkInterface" "NetworkInterface"
        [] NONE, OPAQUE, {"Id": OPAQUE};
    "AWS::EC2::RouteTable" "RouteTable"
        [] NONE, OPAQUE, {"RouteTableId": OPAQUE};
    "AWS::EC2::SecurityGroup" "SecurityGroup"
        [] NONE, OPAQUE, {"GroupId": OPAQUE, "Id": OPAQUE};
    "AWS::EC2::Subnet" "Subnet"
        [] NONE, OPAQUE, {"SubnetId": OPAQUE};
    "AWS::EC2::TransitGateway" "TransitGateway"
        [] NONE, OPAQUE, {"Id": OPAQUE};
    "AWS::EC2::VPC" "VPC"
        [] NONE, OPAQUE, {"DefaultSecurityGroup": OPAQUE, "VpcId": OPAQUE};
    "AWS::EC2::VPCEndpoint" "VPCEndpoint"
        [] NONE, OPAQUE, {"Id": OPAQUE};
    "AWS::EC2::VPCEndpointService" "VPCEndpointService"
        [] NONE, OPAQUE, {"ServiceId": OPAQUE};
    "AWS::EC2::Volume" "Volume"
        [] NONE, OPAQUE, {"VolumeId": OPAQUE};
    // Lower-cased. From November 2020 to February 2021 the stack's name was not part of it.
    "AWS::ECR::Repository" "Repository"
        ["RepositoryName"] stack_lower(256), NAME,
        {"Arn": arn!("ecr", "repository/${Name}"),
         "RepositoryUri": Meaning::Text("${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/${Name}")}
        by "aws-cloudformation-resource-providers-ecr, CreateHandler.java and pull request 30";
    "AWS::ECS::Cluster" "Cluster"
        ["ClusterName"] stack(255), NAME, {"Arn": arn!("ecs", "cluster/${Name}")}
        by "CloudFormation User Guide, \"Ref\", resource return examples (MyStack-MyECSCluster-NT5EUXTNTXXD)";
    "AWS::ECS::Service" "Service"
        ["ServiceName"] NONE, ECS_SERVICE_ARN, {"Name": NAME, "ServiceArn": ECS_SERVICE_ARN};
    // The stack's name keeps its dashes, in old names and in new ones; without them it is CDK's own `Family`.
    // How a family is composed is reported both with the stack name's dashes
    // (sam-fargate-ECSServiceTaskDefinition-4GQwUVLiNHKW) and without: no pattern.
    "AWS::ECS::TaskDefinition" "TaskDefinition"
        ["Family"] NONE, arn!("ecs", "task-definition/${Name}:${*}"),
        {"TaskDefinitionArn": arn!("ecs", "task-definition/${Name}:${*}")};
    "AWS::EFS::AccessPoint" "AccessPoint"
        [] NONE, OPAQUE, {"AccessPointId": OPAQUE, "Arn": OPAQUE};
    "AWS::EFS::FileSystem" "FileSystem"
        [] NONE, OPAQUE, {"Arn": OPAQUE, "FileSystemId": OPAQUE};
    "AWS::EKS::Cluster" "Cluster"
        ["Name"] NONE, NAME,
        {"Arn": arn!("eks", "cluster/${Name}"), "Endpoint": OPAQUE, "OpenIdConnectIssuerUrl": OPAQUE};
    "AWS::EMR::Cluster" "Cluster"
        [] NONE, OPAQUE, {"Id": OPAQUE, "MasterPublicDNS": OPAQUE};
    "AWS::EMRServerless::Application" "Application"
        [] NONE, OPAQUE, {"ApplicationId": OPAQUE, "Arn": OPAQUE};
    // Names in ElastiCache are stored in lower case.
    "AWS::ElastiCache::CacheCluster" "CacheCluster"
        ["ClusterName"] NONE, NAME, {};
    "AWS::ElastiCache::ReplicationGroup" "ReplicationGroup"
        ["ReplicationGroupId"] NONE, NAME, {};
    "AWS::ElastiCache::ServerlessCache" "ServerlessCache"
        ["ServerlessCacheName"] NONE, NAME, {"ARN": arn!("elasticache", "serverlesscache:${Name}")};
    "AWS::ElasticLoadBalancing::LoadBalancer" "LoadBalancer"
        ["LoadBalancerName"] NONE, NAME, {"DNSName": OPAQUE};
    "AWS::ElasticLoadBalancingV2::Listener" "Listener"
        [] NONE, OPAQUE, {"ListenerArn": OPAQUE};
    // No pattern: real names keep 5 + 5 characters (EC2Co-EcsEl-1TKLTMITMM0EO, demo-LoadBa-1V9BXV1VRS6IP),
    // newer ones 6 + 5 (CdkSta-MyFar-qVJemk7PHa1u, awseb--AWSEB-owJoODAeDBkg), never the 9 + 9 of a maximum of 32.
    "AWS::ElasticLoadBalancingV2::LoadBalancer" "LoadBalancer"
        ["Name"] NONE, LOAD_BALANCER_ARN,
        {"DNSName": OPAQUE, "LoadBalancerArn": LOAD_BALANCER_ARN, "LoadBalancerName": NAME};
    "AWS::ElasticLoadBalancingV2::TargetGroup" "TargetGroup"
        ["Name"] NONE, arn!("elasticloadbalancing", "targetgroup/${Name}/${*}"),
        {"TargetGroupArn": arn!("elasticloadbalancing", "targetgroup/${Name}/${*}"),
         "TargetGroupFullName": Meaning::Text("targetgroup/${Name}/${*}"), "TargetGroupName": NAME};
    // No pattern: unlike OpenSearch's, its names are seen with the stack's name (mystack-elasti-1ab2cdefghij).
    "AWS::Elasticsearch::Domain" "Domain"
        ["DomainName"] NONE, NAME,
        {"Arn": arn!("es", "domain/${Name}"), "DomainArn": arn!("es", "domain/${Name}"), "DomainEndpoint": OPAQUE};
    "AWS::Events::ApiDestination" "ApiDestination"
        ["Name"] NONE, NAME,
        {"Arn": arn!("events", "api-destination/${Name}/${*}"),
         "ArnForPolicy": arn!("events", "api-destination/${Name}")};
    "AWS::Events::Archive" "Archive"
        ["ArchiveName"] NONE, NAME, {"Arn": arn!("events", "archive/${Name}")};
    "AWS::Events::Connection" "Connection"
        ["Name"] NONE, NAME,
        {"Arn": arn!("events", "connection/${Name}/${*}"), "ArnForPolicy": arn!("events", "connection/${Name}"),
         "SecretArn": OPAQUE};
    "AWS::Events::EventBus" "EventBus"
        ["Name"] NONE, NAME, {"Arn": arn!("events", "event-bus/${Name}"), "Name": NAME};
    // `Ref` as the handler's CompositePID.java computes it.
    "AWS::Events::Rule" "Rule"
        ["Name"] stack(64),
        Meaning::ByProperty { property: "EventBusName", given: "${.EventBusName}|${Name}", absent: "${Name}" },
        {"Arn": EVENT_RULE_ARN, "RuleName": NAME}
        by "aws-cloudformation-resource-providers-events, rule/CreateHandler.java";
    // Glue stores the names of databases and tables in lower case, explicit ones too.
    "AWS::Glue::Crawler" "Crawler"
        ["Name"] NONE, NAME, {};
    // A property `DatabaseName` beside `DatabaseInput` names the database as well.
    "AWS::Glue::Database" "Database"
        ["DatabaseInput" "Name"] logical_lower(27), NAME, {}
        by "names measured on real stacks";
    "AWS::Glue::Job" "Job"
        ["Name"] logical(27), NAME, {}
        by "names measured on real stacks, cloudformation-coverage-roadmap 1093";
    // A property `Name` beside `TableInput` names the table as well.
    "AWS::Glue::Table" "Table"
        ["TableInput" "Name"] NONE, NAME, {};
    "AWS::Glue::Trigger" "Trigger"
        ["Name"] NONE, NAME, {};
    "AWS::Glue::Workflow" "Workflow"
        ["Name"] NONE, NAME, {};
    "AWS::Greengrass::Group" "Group"
        [] NONE, OPAQUE, {"Arn": OPAQUE, "Id": OPAQUE, "LatestVersionArn": OPAQUE};
    "AWS::IAM::Group" "Group"
        ["GroupName"] NONE, NAME, {"Arn": iam!("group")};
    "AWS::IAM::InstanceProfile" "InstanceProfile"
        ["InstanceProfileName"] stack(128), NAME, {"Arn": iam!("instance-profile")}
        by "names measured on real stacks";
    "AWS::IAM::ManagedPolicy" "Policy"
        ["ManagedPolicyName"] stack(128), iam!("policy"), {"PolicyArn": iam!("policy"), "PolicyId": OPAQUE}
        by "names measured on real stacks";
    // Its ARN ends in `Url` without `https://`, which no text can cut off.
    "AWS::IAM::OIDCProvider" "OIDCProvider"
        [] NONE, OPAQUE, {"Arn": OPAQUE};
    "AWS::IAM::Role" "Role"
        ["RoleName"] stack(64), NAME, {"Arn": iam!("role"), "RoleId": OPAQUE}
        by "names measured on real stacks";
    "AWS::IAM::SAMLProvider" "SAMLProvider"
        ["Name"] NONE, Meaning::Text("arn:${AWS::Partition}:iam::${AWS::AccountId}:saml-provider/${Name}"),
        {"Arn": Meaning::Text("arn:${AWS::Partition}:iam::${AWS::AccountId}:saml-provider/${Name}")};
    "AWS::IAM::User" "User"
        ["UserName"] NONE, NAME, {"Arn": iam!("user")};
    "AWS::IoT::Policy" "Policy"
        ["PolicyName"] NONE, NAME, {"Arn": arn!("iot", "policy/${Name}")};
    "AWS::IoT::Thing" "Thing"
        ["ThingName"] NONE, NAME, {"Arn": arn!("iot", "thing/${Name}")};
    "AWS::IoT::TopicRule" "TopicRule"
        ["RuleName"] NONE, NAME, {"Arn": arn!("iot", "rule/${Name}")};
    // The name begins with `alias/`.
    "AWS::KMS::Alias" "Alias"
        ["AliasName"] NONE, NAME, {};
    "AWS::KMS::Key" "Key"
        [] NONE, OPAQUE, {"Arn": OPAQUE, "KeyId": OPAQUE};
    "AWS::Kinesis::Stream" "Stream"
        ["Name"] stack(128), NAME, {"Arn": arn!("kinesis", "stream/${Name}")}
        by "CloudFormation User Guide, \"Ref\", resource return examples (mystack-mystream-1NAOH4L1RIQ7I)";
    "AWS::KinesisAnalyticsV2::Application" "Application"
        ["ApplicationName"] NONE, NAME, {};
    // The handler cuts `stack-logical` as a whole at 51 characters, not each part by its share.
    "AWS::KinesisFirehose::DeliveryStream" "DeliveryStream"
        ["DeliveryStreamName"] stack(64), NAME, {"Arn": arn!("firehose", "deliverystream/${Name}")}
        by "aws-cloudformation-resource-providers-kinesisfirehose, CreateHandler.java";
    // `FunctionName` may be a name or an ARN, whole or in part.
    "AWS::Lambda::Alias" "Alias"
        ["Name"] NONE, arn!("lambda", "function:${.FunctionName}:${Name}"),
        {"AliasArn": arn!("lambda", "function:${.FunctionName}:${Name}")};
    "AWS::Lambda::EventSourceMapping" "EventSourceMapping"
        [] NONE, OPAQUE, {"EventSourceMappingArn": OPAQUE, "Id": OPAQUE};
    "AWS::Lambda::Function" "Function"
        ["FunctionName"] stack(64), NAME, {"Arn": arn!("lambda", "function:${Name}")}
        by "names measured on real stacks";
    "AWS::Lambda::LayerVersion" "LayerVersion"
        ["LayerName"] NONE, OPAQUE, {"LayerVersionArn": OPAQUE};
    "AWS::Lambda::Version" "Version"
        [] NONE, arn!("lambda", "function:${.FunctionName}:${*}"),
        {"FunctionArn": arn!("lambda", "function:${.FunctionName}:${*}"), "Version": OPAQUE};
    // The final `*` is part of the value. Repeated dashes of the stack's name stay; nothing is ever cut.
    "AWS::Logs::LogGroup" "LogGroup"
        ["LogGroupName"] stack(512), NAME, {"Arn": arn!("logs", "log-group:${Name}:*")}
        by "aws-cloudformation-resource-providers-logs, loggroup/CreateHandler.java";
    "AWS::Logs::LogStream" "LogStream"
        ["LogStreamName"] NONE, NAME, {};
    "AWS::MSK::Cluster" "Cluster"
        ["ClusterName"] NONE, arn!("kafka", "cluster/${Name}/${*}"), {"Arn": arn!("kafka", "cluster/${Name}/${*}")};
    "AWS::MSK::ServerlessCluster" "ServerlessCluster"
        ["ClusterName"] NONE, arn!("kafka", "cluster/${Name}/${*}"), {"Arn": arn!("kafka", "cluster/${Name}/${*}")};
    "AWS::MWAA::Environment" "Environment"
        ["Name"] NONE, NAME, {"Arn": arn!("airflow", "environment/${Name}"), "WebserverUrl": OPAQUE};
    // Identifiers of Neptune are stored in lower case.
    "AWS::Neptune::DBCluster" "DBCluster"
        ["DBClusterIdentifier"] NONE, NAME, {"ClusterResourceId": OPAQUE, "Endpoint": OPAQUE};
    "AWS::Neptune::DBInstance" "DBInstance"
        ["DBInstanceIdentifier"] NONE, NAME, {"Endpoint": OPAQUE};
    "AWS::OpenSearchServerless::Collection" "Collection"
        [] NONE, OPAQUE, {"Arn": OPAQUE, "CollectionEndpoint": OPAQUE, "Id": OPAQUE};
    "AWS::OpenSearchService::Domain" "Domain"
        ["DomainName"] logical_lower(15), NAME,
        {"Arn": arn!("es", "domain/${Name}"), "DomainArn": arn!("es", "domain/${Name}"), "DomainEndpoint": OPAQUE}
        by "names measured on real stacks; a real one: domain66ac69e0-nuobbrzskfpy of Domain66AC69E0 in HelloCdkStack";
    "AWS::Pipes::Pipe" "Pipe"
        ["Name"] NONE, NAME, {"Arn": arn!("pipes", "pipe/${Name}")};
    // Identifiers of RDS are stored in lower case, explicit ones too, and so they are in the ARN.
    "AWS::RDS::DBCluster" "DBCluster"
        ["DBClusterIdentifier"] stack_lower(63), NAME,
        {"DBClusterArn": arn!("rds", "cluster:${Name}"), "DBClusterResourceId": OPAQUE, "Endpoint.Address": OPAQUE,
         "MasterUserSecret.SecretArn": OPAQUE}
        by "aws-cloudformation-resource-providers-rds, dbcluster/CreateHandler.java and IdentifierFactory.java";
    // No pattern: today's handler composes the name as a cluster's, names given before it are not known to follow.
    "AWS::RDS::DBInstance" "DBInstance"
        ["DBInstanceIdentifier"] NONE, NAME,
        {"DBInstanceArn": arn!("rds", "db:${Name}"), "DbiResourceId": OPAQUE, "Endpoint.Address": OPAQUE,
         "MasterUserSecret.SecretArn": OPAQUE};
    "AWS::RDS::DBProxy" "DBProxy"
        ["DBProxyName"] NONE, NAME, {"DBProxyArn": OPAQUE, "Endpoint": OPAQUE};
    "AWS::Redshift::Cluster" "Cluster"
        ["ClusterIdentifier"] NONE, NAME, {"ClusterNamespaceArn": OPAQUE, "Endpoint.Address": OPAQUE};
    "AWS::Route53::HostedZone" "HostedZone"
        [] NONE, OPAQUE, {"Id": OPAQUE};
    "AWS::S3::AccessPoint" "AccessPoint"
        ["Name"] NONE, NAME, {"Alias": OPAQUE, "Arn": arn!("s3", "accesspoint/${Name}"), "Name": NAME};
    // Lower-cased. With `BucketNamePrefix` or `BucketNamespace` the name is composed in another way.
    "AWS::S3::Bucket" "Bucket"
        ["BucketName"] stack_lower(63), NAME, {"Arn": Meaning::Text("arn:${AWS::Partition}:s3:::${Name}")}
        by "names measured on real stacks";
    "AWS::SES::ConfigurationSet" "ConfigurationSet"
        ["Name"] NONE, NAME, {};
    "AWS::SES::EmailIdentity" "EmailIdentity"
        ["EmailIdentity"] NONE, NAME, {};
    // A FIFO topic's composed name ends in `.fifo` and is cut to 251 before that.
    "AWS::SNS::Topic" "Topic"
        ["TopicName"] stack(256), arn!("sns", "${Name}"), {"TopicArn": arn!("sns", "${Name}"), "TopicName": NAME}
        by "aws-cloudformation-resource-providers-sns, topic/CreateHandler.java";
    // A FIFO queue's composed name ends in `.fifo`.
    "AWS::SQS::Queue" "Queue"
        ["QueueName"] stack(80), QUEUE_URL,
        {"Arn": arn!("sqs", "${Name}"), "QueueName": NAME, "QueueUrl": QUEUE_URL}
        by "names measured on real stacks; a real one: quilt-staging-PackagerQueue-d5NmglefXjDn";
    "AWS::SSM::Document" "Document"
        ["Name"] NONE, NAME, {};
    // `CFN-logical` is cut to 27 characters: 23 of the logical id remain.
    // No `Arn`: it is `parameter/NAME` or, of a name that begins with `/`, `parameterNAME`.
    "AWS::SSM::Parameter" "Parameter"
        ["Name"] Generated::CfnLogical, NAME, {"Type": Meaning::Text("${.Type}"), "Value": Meaning::Text("${.Value}")}
        by "aws-cloudformation-resource-providers-ssm, parameter/CreateHandler.java";
    "AWS::Scheduler::Schedule" "Schedule"
        ["Name"] NONE, NAME, {"Arn": SCHEDULE_ARN};
    "AWS::Scheduler::ScheduleGroup" "ScheduleGroup"
        ["Name"] NONE, NAME, {"Arn": arn!("scheduler", "schedule-group/${Name}")};
    // The ARN ends in a dash and six characters that AWS chooses.
    "AWS::SecretsManager::Secret" "Secret"
        ["Name"] NONE, SECRET_ARN, {"Id": SECRET_ARN};
    // What the transform makes of it bears the same logical id.
    "AWS::Serverless::Function" "Function"
        ["FunctionName"] stack(64), NAME, {"Arn": arn!("lambda", "function:${Name}")}
        by "AWS SAM specification: an AWS::Lambda::Function of the same logical id";
    "AWS::Serverless::SimpleTable" "Table"
        ["TableName"] stack(255), NAME, {"Arn": arn!("dynamodb", "table/${Name}")}
        by "AWS SAM specification: an AWS::DynamoDB::Table of the same logical id";
    "AWS::Serverless::StateMachine" "StateMachine"
        ["Name"] logical(27), arn!("states", "stateMachine:${Name}"),
        {"Arn": arn!("states", "stateMachine:${Name}"), "Name": NAME}
        by "AWS SAM specification: an AWS::StepFunctions::StateMachine of the same logical id";
    "AWS::ServiceDiscovery::PrivateDnsNamespace" "PrivateDnsNamespace"
        [] NONE, OPAQUE, {"Arn": OPAQUE, "HostedZoneId": OPAQUE, "Id": OPAQUE};
    "AWS::ServiceDiscovery::Service" "Service"
        [] NONE, OPAQUE, {"Arn": OPAQUE, "Id": OPAQUE};
    "AWS::StepFunctions::Activity" "Activity"
        ["Name"] NONE, arn!("states", "activity:${Name}"), {"Arn": arn!("states", "activity:${Name}"), "Name": NAME};
    // The handler once had a maximum of 40: an old machine keeps 27 characters of its logical id.
    // The handler of today keeps 67 characters of the logical id, an older one 27: the shorter prefix holds for both.
    "AWS::StepFunctions::StateMachine" "StateMachine"
        ["StateMachineName"] logical(27), arn!("states", "stateMachine:${Name}"),
        {"Arn": arn!("states", "stateMachine:${Name}"), "Name": NAME, "StateMachineRevisionId": OPAQUE}
        by "aws-cloudformation-resource-providers-stepfunctions, CreateHandler.java and Constants.java";
    "AWS::Synthetics::Canary" "Canary"
        ["Name"] NONE, NAME, {"Id": OPAQUE};
    "AWS::Timestream::Database" "Database"
        ["DatabaseName"] NONE, NAME, {"Arn": arn!("timestream", "database/${Name}")};
    "AWS::Transfer::Server" "Server"
        [] NONE, OPAQUE, {"Arn": OPAQUE, "ServerId": OPAQUE};
    "AWS::WAFv2::WebACL" "WebACL"
        [] NONE, OPAQUE, {"Arn": OPAQUE, "Id": OPAQUE};
}
