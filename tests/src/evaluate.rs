//! An independent CloudFormation evaluator: the oracle that says what a template deploys.
//!
//! It shares no code with the splitter. [`evaluate`] computes every intrinsic of a template for one [`World`] (one
//! choice of parameter values, region, account …); `compare` builds on it.
//!
//! - Scalars are text: `1`, `true` and `"true"` become `1`, `true`, `true`, so quoting makes no difference.
//! - `dangling` holds all that CloudFormation would refuse: undefined names (looked for in untaken `Fn::If` branches
//!   and absent resources too, since CloudFormation looks there) and, in what is deployed, lookups that fail and
//!   references to resources whose condition is false.
//! - Values that only AWS knows are symbolic texts, equal on both sides: `attr(Fn.Version)`, `import(Name)`,
//!   `ssm(/key)`, `cidr(…)`. A [`symbolic`] text is never "out of range": selecting from one stays symbolic.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// What a deployment knows before it starts. Parameters that a template does not declare are ignored.
#[derive(Debug, Clone)]
pub struct World {
    pub parameters: BTreeMap<String, String>,
    pub stack_name: String,
    pub region: String,
    pub account: String,
    pub partition: String,
    pub url_suffix: String,
}

impl Default for World {
    fn default() -> Self {
        World {
            parameters: BTreeMap::new(),
            stack_name: "prod".to_owned(),
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            partition: "aws".to_owned(),
            url_suffix: "amazonaws.com".to_owned(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    pub value: Value,
    pub export: Option<String>,
}

/// Everything a template says, with all intrinsics evaluated.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// The resources that are created: `Type`, `Properties`, `Metadata`, policies … as evaluated, `DependsOn` as a
    /// sorted list without absent resources. `Condition` is not kept: it was true.
    pub resources: BTreeMap<String, Value>,
    /// Declared resources whose condition is false.
    pub absent: BTreeSet<String>,
    pub outputs: BTreeMap<String, Output>,
    /// Outcome of every condition: lets a caller check that its worlds cover both outcomes of each.
    pub conditions: BTreeMap<String, bool>,
    /// Declared parameters that had neither a value nor a default, and got an invented one.
    pub invented: BTreeSet<String>,
    /// What CloudFormation would refuse, as `place: what`. Empty for a good template.
    pub dangling: Vec<String>,
}

impl Evaluated {
    pub fn declares(&self, resource: &str) -> bool {
        self.resources.contains_key(resource) || self.absent.contains(resource)
    }
}

/// A resource type: its name property (dots descend), its ARN, what `Ref` gives, and its attributes.
///
/// In the texts, `{p}` `{r}` `{a}` `{u}` are partition, region, account and URL suffix, `{n}` the physical name, `{/n}`
/// the same with one leading slash, `{arn}` the ARN, `{bus/}` `{bus|}` a custom event bus and a separator, and
/// `{Property:default}` a property, `{Property/default}` what follows the last slash of one. Other types and attributes are symbolic.
type Kind = (&'static str, &'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    ("AWS::Athena::DataCatalog", "Name", "arn:{p}:athena:{r}:{a}:datacatalog/{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::Athena::WorkGroup", "Name", "arn:{p}:athena:{r}:{a}:workgroup/{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::CertificateManager::Certificate", "", "arn:{p}:acm:{r}:{a}:certificate/{n}", "{arn}", &[]),
    ("AWS::CloudWatch::Alarm", "AlarmName", "arn:{p}:cloudwatch:{r}:{a}:alarm:{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::DynamoDB::Table", "TableName", "arn:{p}:dynamodb:{r}:{a}:table/{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::EC2::SecurityGroup", "", "", "{n}", &[("GroupId", "{n}")]),
    ("AWS::ECR::Repository", "RepositoryName", "arn:{p}:ecr:{r}:{a}:repository/{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::ECS::Cluster", "ClusterName", "arn:{p}:ecs:{r}:{a}:cluster/{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::ECS::Service", "ServiceName", "arn:{p}:ecs:{r}:{a}:service/{Cluster/default}/{n}", "{arn}", &[("ServiceArn", "{arn}"), ("Name", "{n}")]),
    ("AWS::ECS::TaskDefinition", "Family", "arn:{p}:ecs:{r}:{a}:task-definition/{n}:1", "{arn}", &[("TaskDefinitionArn", "{arn}")]),
    ("AWS::EFS::FileSystem", "", "arn:{p}:elasticfilesystem:{r}:{a}:file-system/{n}", "{n}", &[("Arn", "{arn}"), ("FileSystemId", "{n}")]),
    ("AWS::ElasticLoadBalancingV2::Listener", "", "arn:{p}:elasticloadbalancing:{r}:{a}:listener/app/{n}", "{arn}", &[("ListenerArn", "{arn}")]),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "", "arn:{p}:elasticloadbalancing:{r}:{a}:listener-rule/app/{n}", "{arn}", &[("RuleArn", "{arn}")]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", "arn:{p}:elasticloadbalancing:{r}:{a}:loadbalancer/app/{n}/50dc6c495c0c9188", "{arn}", &[("LoadBalancerArn", "{arn}"), ("LoadBalancerName", "{n}"), ("LoadBalancerFullName", "app/{n}/50dc6c495c0c9188")]),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", "Name", "arn:{p}:elasticloadbalancing:{r}:{a}:targetgroup/{n}/73e2d6bc24d8a067", "{arn}", &[("TargetGroupArn", "{arn}"), ("TargetGroupName", "{n}"), ("TargetGroupFullName", "targetgroup/{n}/73e2d6bc24d8a067")]),
    ("AWS::Events::EventBus", "Name", "arn:{p}:events:{r}:{a}:event-bus/{n}", "{n}", &[("Arn", "{arn}"), ("Name", "{n}")]),
    // `Ref` of a rule on a custom bus is `BUS|RULE`: aws-cloudformation/cloudformation-coverage-roadmap#1131.
    ("AWS::Events::Rule", "Name", "arn:{p}:events:{r}:{a}:rule/{bus/}{n}", "{bus|}{n}", &[("Arn", "{arn}")]),
    ("AWS::Glue::Database", "DatabaseInput.Name", "arn:{p}:glue:{r}:{a}:database/{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::Glue::Table", "TableInput.Name", "arn:{p}:glue:{r}:{a}:table/{DatabaseName:default}/{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::IAM::Group", "GroupName", "arn:{p}:iam::{a}:group{Path:/}{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::IAM::InstanceProfile", "InstanceProfileName", "arn:{p}:iam::{a}:instance-profile{Path:/}{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", "arn:{p}:iam::{a}:policy{Path:/}{n}", "{arn}", &[("PolicyArn", "{arn}")]),
    ("AWS::IAM::OIDCProvider", "", "arn:{p}:iam::{a}:oidc-provider/{url}", "{arn}", &[("Arn", "{arn}")]),
    ("AWS::IAM::Role", "RoleName", "arn:{p}:iam::{a}:role{Path:/}{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::IAM::User", "UserName", "arn:{p}:iam::{a}:user{Path:/}{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::KMS::Key", "", "arn:{p}:kms:{r}:{a}:key/{n}", "{n}", &[("Arn", "{arn}"), ("KeyId", "{n}")]),
    ("AWS::Kinesis::Stream", "Name", "arn:{p}:kinesis:{r}:{a}:stream/{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName", "arn:{p}:firehose:{r}:{a}:deliverystream/{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::Lambda::Function", "FunctionName", "arn:{p}:lambda:{r}:{a}:function:{n}", "{n}", &[("Arn", "{arn}")]),
    ("AWS::Lambda::LayerVersion", "LayerName", "arn:{p}:lambda:{r}:{a}:layer:{n}:1", "{arn}", &[("LayerVersionArn", "{arn}")]),
    ("AWS::Logs::LogGroup", "LogGroupName", "arn:{p}:logs:{r}:{a}:log-group:{n}:*", "{n}", &[("Arn", "{arn}")]),
    ("AWS::Logs::LogStream", "LogStreamName", "", "{n}", &[]),
    ("AWS::S3::Bucket", "BucketName", "arn:{p}:s3:::{n}", "{n}", &[("Arn", "{arn}"), ("DomainName", "{n}.s3.{u}"), ("RegionalDomainName", "{n}.s3.{r}.{u}")]),
    ("AWS::SNS::Topic", "TopicName", "arn:{p}:sns:{r}:{a}:{n}", "{arn}", &[("TopicArn", "{arn}"), ("TopicName", "{n}")]),
    ("AWS::SQS::Queue", "QueueName", "arn:{p}:sqs:{r}:{a}:{n}", "https://sqs.{r}.{u}/{a}/{n}", &[("Arn", "{arn}"), ("QueueName", "{n}"), ("QueueUrl", "https://sqs.{r}.{u}/{a}/{n}")]),
    ("AWS::SSM::Parameter", "Name", "arn:{p}:ssm:{r}:{a}:parameter{/n}", "{n}", &[("Arn", "{arn}"), ("Value", "{Value:}")]),
    ("AWS::SecretsManager::Secret", "Name", "arn:{p}:secretsmanager:{r}:{a}:secret:{n}-x1y2z3", "{arn}", &[("Id", "{arn}")]),
    ("AWS::StepFunctions::StateMachine", "StateMachineName", "arn:{p}:states:{r}:{a}:stateMachine:{n}", "{arn}", &[("Arn", "{arn}"), ("Name", "{n}")]),
    ("AWS::Synthetics::Canary", "Name", "", "{n}", &[]),
];

/// The intrinsics that are computed. Any other `Fn::X` (`Fn::Transform` …) stays as a mapping with evaluated arguments.
#[rustfmt::skip]
const FUNCTIONS: &[&str] = &[
    "Ref", "Fn::GetAtt", "Fn::Sub", "Fn::If", "Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Fn::Join", "Fn::Split",
    "Fn::Select", "Fn::FindInMap", "Fn::Base64", "Fn::GetAZs", "Fn::Cidr", "Fn::ImportValue", "Fn::Length", "Fn::ToJsonString",
];

/// Reads a template, YAML or JSON, as one tree: short tags become long forms, all scalars but null become text.
///
/// # Panics
/// When the text is neither, or has a key twice.
pub fn parse(template_text: &str) -> Value {
    let text = template_text.trim_start_matches('\u{feff}');
    // JSON allows what YAML does not (tabs, `\/`, surrogate pairs); serde_yaml's mapping refuses duplicate keys.
    let json = text.trim_start().starts_with('{').then(|| serde_json::from_str::<serde_yaml::Value>(text));
    match json {
        Some(Ok(tree)) => long_form(tree),
        other => long_form(serde_yaml::from_str(text).unwrap_or_else(|yaml| match other {
            Some(Err(json)) => {
                panic!("the template is neither JSON ({json}) nor YAML ({yaml})")
            }
            _ => panic!("the template is not YAML: {yaml}"),
        })),
    }
}

fn long_form(tree: serde_yaml::Value) -> Value {
    use serde_yaml::Value as Yaml;
    match tree {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::String(value.to_string()),
        Yaml::Number(value) => Value::String(value.to_string()),
        Yaml::String(value) => Value::String(value),
        Yaml::Sequence(items) => items.into_iter().map(long_form).collect(),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let Value::String(key) = long_form(key) else {
                    panic!("a mapping key is not a scalar; its value: {value:?}")
                };
                assert!(
                    map.insert(key.clone(), long_form(value)).is_none(),
                    "the key `{key}` occurs twice in one mapping"
                );
            }
            Value::Object(map)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = tag.trim_start_matches('!');
            let prefix = if matches!(name, "Ref" | "Condition") || name.contains("::") { "" } else { "Fn::" };
            Value::Object(Map::from_iter([(format!("{prefix}{name}"), long_form(tagged.value))]))
        }
    }
}

/// Evaluates a template in a world. `physical(logical id, type, None)` names the resources that have no explicit name:
/// an explicit name is used as it is, so the third argument is always `None` today. `compare::generated_name` fits.
///
/// # Panics
/// When the text cannot be parsed; see [`parse`]. Faults of a readable template go to [`Evaluated::dangling`].
pub fn evaluate(
    template_text: &str,
    world: &World,
    physical: &dyn Fn(&str, &str, Option<&str>) -> String,
) -> Evaluated {
    let raw = parse(template_text);
    let mut loops = Evaluator::new(&raw, world, physical);
    let template = loops.expand(&raw);
    let mut evaluator = Evaluator::new(&template, world, physical);
    evaluator.result.dangling = std::mem::take(&mut loops.result.dangling);
    evaluator.run()
}

struct Evaluator<'a> {
    template: &'a Value,
    world: &'a World,
    physical: &'a dyn Fn(&str, &str, Option<&str>) -> String,
    /// Physical names and condition outcomes found so far; `None` while one is being computed.
    names: BTreeMap<String, Option<String>>,
    outcomes: BTreeMap<String, Option<bool>>,
    /// Where the evaluation is, and whether what it computes is deployed (not an untaken branch, not an absent resource).
    path: Vec<String>,
    live: bool,
    result: Evaluated,
}

impl<'a> Evaluator<'a> {
    fn new(
        template: &'a Value,
        world: &'a World,
        physical: &'a dyn Fn(&str, &str, Option<&str>) -> String,
    ) -> Self {
        let (names, outcomes) = (BTreeMap::new(), BTreeMap::new());
        Evaluator {
            template,
            world,
            physical,
            names,
            outcomes,
            path: Vec::new(),
            live: true,
            result: Evaluated::default(),
        }
    }

    fn run(mut self) -> Evaluated {
        for name in self.ids("Parameters") {
            self.parameter(&name);
        }
        for name in self.ids("Conditions") {
            self.condition(&name);
        }
        for id in self.ids("Resources") {
            let resource = self.entry("Resources", &id).unwrap_or(&Value::Null);
            self.live = self.present(resource, &["Resources", &id]);
            self.path = vec!["Resources".to_owned(), id.clone()];
            let mut attributes = Map::new();
            for (key, value) in
                resource.as_object().into_iter().flatten().filter(|(key, _)| *key != "Condition")
            {
                let value = if key == "DependsOn" {
                    self.depends_on(value)
                } else {
                    self.at(key, |this| this.eval(value))
                };
                attributes.extend(value.map(|value| (key.clone(), value)));
            }
            if self.live {
                self.result.resources.insert(id, Value::Object(attributes));
            } else {
                self.result.absent.insert(id);
            }
        }
        for name in self.ids("Outputs") {
            let output = self.entry("Outputs", &name).unwrap_or(&Value::Null);
            self.live = self.present(output, &["Outputs", &name]);
            self.path = vec!["Outputs".to_owned(), name.clone()];
            let value = self.at("Value", |this| this.eval(&output["Value"])).unwrap_or(Value::Null);
            let export =
                self.at("Export", |this| this.eval(&output["Export"]["Name"])).filter(|name| !name.is_null());
            let export = export.map(|name| text(&name).unwrap_or_else(|| name.to_string()));
            if self.live {
                self.result.outputs.insert(name, Output { value, export });
            }
        }
        self.result.conditions =
            self.outcomes.iter().map(|(name, outcome)| (name.clone(), *outcome == Some(true))).collect();
        self.result
    }

    fn entry(&self, section: &str, name: &str) -> Option<&'a Value> {
        self.template.get(section)?.get(name)
    }

    fn ids(&self, section: &str) -> Vec<String> {
        self.template[section].as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
    }

    fn at<T>(&mut self, step: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step.to_owned());
        let result = work(self);
        self.path.pop();
        result
    }

    /// Reports what CloudFormation refuses wherever it stands, and gives the text that stands for it.
    fn dangle(&mut self, what: &str, name: &str) -> Value {
        let report = format!("{}: {what}", self.path.join("/"));
        if !self.result.dangling.contains(&report) {
            self.result.dangling.push(report);
        }
        Value::String(format!("undefined({name})"))
    }

    /// The same for what fails only when it is deployed.
    fn fault(&mut self, what: &str, name: &str) -> Value {
        if self.live { self.dangle(what, name) } else { Value::String(format!("undefined({name})")) }
    }

    /// The value with all intrinsics evaluated; `None` for `AWS::NoValue`.
    fn eval(&mut self, value: &Value) -> Option<Value> {
        if let Some((function, arguments)) = single(value)
            && FUNCTIONS.contains(&function)
        {
            return self.at(function, |this| this.call(function, arguments));
        }
        Some(match value {
            Value::Array(items) => {
                let items = items.iter().enumerate();
                Value::Array(
                    items
                        .filter_map(|(index, item)| self.at(&index.to_string(), |this| this.eval(item)))
                        .collect(),
                )
            }
            Value::Object(map) => {
                let entries = map.iter();
                let evaluated = entries
                    .filter_map(|(key, value)| Some((key.clone(), self.at(key, |this| this.eval(value))?)));
                Value::Object(evaluated.collect())
            }
            scalar => scalar.clone(),
        })
    }

    fn call(&mut self, function: &str, arguments: &Value) -> Option<Value> {
        match function {
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                let call = json!({ function: arguments });
                return Some(Value::String(self.truth(&call).to_string()));
            }
            "Fn::If" => return self.choose(arguments),
            _ => {}
        }
        let arguments = self.eval(arguments).unwrap_or(Value::Null);
        let list = arguments.as_array().map_or(std::slice::from_ref(&arguments), Vec::as_slice);
        Some(match (function, list) {
            ("Ref", [Value::String(name)]) => return self.reference(name),
            ("Fn::GetAtt", [Value::String(whole)]) => match whole.split_once('.') {
                Some((id, attribute)) => self.of_resource(id, Some(attribute)),
                None => self.dangle(&format!("GetAtt `{whole}` names no attribute"), whole),
            },
            ("Fn::GetAtt", [Value::String(id), rest @ ..]) => {
                let attribute: Vec<_> = rest.iter().filter_map(text).collect();
                self.of_resource(id, Some(&attribute.join(".")))
            }
            ("Fn::Sub", [Value::String(template)]) => self.substitute(template, &Map::new()),
            ("Fn::Sub", [Value::String(template), Value::Object(variables)]) => {
                self.substitute(template, variables)
            }
            ("Fn::Join", [Value::String(delimiter), Value::Array(items)]) => {
                match items.iter().map(text).collect::<Option<Vec<_>>>() {
                    Some(items) => Value::String(items.join(delimiter)),
                    None => {
                        self.fault(&format!("an item of the joined list is not text: {arguments}"), function)
                    }
                }
            }
            ("Fn::Split", [Value::String(delimiter), Value::String(whole)]) => {
                whole.split(delimiter.as_str()).collect()
            }
            ("Fn::Select", [Value::String(index), Value::Array(items)]) => {
                match index.parse::<usize>().ok().and_then(|index| items.get(index)) {
                    Some(item) => item.clone(),
                    None if symbolic(&arguments) => {
                        Value::String(format!("select({index}, {})", Value::from(items.clone())))
                    }
                    None => self.fault(&format!("Select `{index}` of {} items", items.len()), function),
                }
            }
            (
                "Fn::FindInMap",
                [Value::String(map), Value::String(first), Value::String(second), rest @ ..],
            ) => {
                let default = rest.first().and_then(|options| options.get("DefaultValue")).cloned();
                let mapping = self.entry("Mappings", map);
                match (mapping.and_then(|mapping| mapping.get(first)?.get(second)), default) {
                    (Some(value), _) => self.eval(value)?,
                    (None, Some(default)) => default,
                    (None, None) if symbolic(&arguments) => {
                        Value::String(format!("map({map}, {first}, {second})"))
                    }
                    (None, None) if mapping.is_none() => {
                        self.dangle(&format!("the mapping `{map}` is not defined"), map)
                    }
                    (None, None) => {
                        self.fault(&format!("the mapping `{map}` has no `{first}`/`{second}`"), map)
                    }
                }
            }
            ("Fn::Base64", [value]) => json!({ "Base64": value }),
            ("Fn::GetAZs", [region]) => {
                let region = text(region)
                    .filter(|region| !region.is_empty())
                    .unwrap_or_else(|| self.world.region.clone());
                ["a", "b", "c"].iter().map(|zone| format!("{region}{zone}")).collect()
            }
            ("Fn::Cidr", [_, count, ..]) => {
                let count = text(count).and_then(|count| count.parse().ok()).unwrap_or(1_usize);
                (0..count).map(|index| format!("cidr({arguments})[{index}]")).collect()
            }
            ("Fn::ImportValue", [Value::String(name)]) => Value::String(format!("import({name})")),
            ("Fn::Length", items) if arguments.is_array() => Value::String(items.len().to_string()),
            ("Fn::ToJsonString", _) => Value::String(arguments.to_string()),
            _ => self.fault(&format!("the arguments do not fit: {arguments}"), function),
        })
    }

    /// `Fn::If`. The branch not taken is evaluated too, for the names in it that are not defined.
    fn choose(&mut self, arguments: &Value) -> Option<Value> {
        let Some([Value::String(name), yes, no]) = arguments.as_array().map(Vec::as_slice) else {
            return Some(self.dangle(&format!("the arguments do not fit: {arguments}"), "Fn::If"));
        };
        let (live, outcome) = (self.live, self.condition(name));
        let mut branch = |step: &str, value: &Value, taken: bool| {
            self.live = live && outcome == Some(taken);
            self.at(step, |this| this.eval(value))
        };
        let (yes, no) = (branch("1", yes, true), branch("2", no, false));
        self.live = live;
        outcome.map_or(
            Some(Value::String(format!("undefined({name})"))),
            |outcome| if outcome { yes } else { no },
        )
    }

    fn reference(&mut self, name: &str) -> Option<Value> {
        let world = self.world;
        let pseudo = match name {
            "AWS::NoValue" => return None,
            "AWS::StackName" => &world.stack_name,
            "AWS::Region" => &world.region,
            "AWS::AccountId" => &world.account,
            "AWS::Partition" => &world.partition,
            "AWS::URLSuffix" => &world.url_suffix,
            "AWS::NotificationARNs" => return Some(json!([])),
            "AWS::StackId" => &format!(
                "arn:{}:cloudformation:{}:{}:stack/{}/11111111-2222-3333-4444-555555555555",
                world.partition, world.region, world.account, world.stack_name
            ),
            _ if self.entry("Parameters", name).is_some() => return Some(self.parameter(name)),
            _ => return Some(self.of_resource(name, None)),
        };
        Some(Value::String(pseudo.clone()))
    }

    /// What `Ref` (no attribute) or `GetAtt` gives of a resource.
    fn of_resource(&mut self, id: &str, attribute: Option<&str>) -> Value {
        let what =
            attribute.map_or_else(|| format!("Ref `{id}`"), |attribute| format!("GetAtt `{id}.{attribute}`"));
        let Some(resource) = self.entry("Resources", id) else {
            let why =
                if self.entry("Parameters", id).is_some() { "is a parameter" } else { "is not defined" };
            return self.dangle(&format!("{what}: `{id}` {why}"), id);
        };
        if self.live && !self.present(resource, &["Resources", id]) {
            return self.fault(&format!("{what}: the condition of `{id}` is false"), id);
        }
        let format = match (kind(resource), attribute) {
            (Some((_, _, _, reference, _)), None) => reference,
            (None, None) => "{n}",
            (kind, Some(attribute)) => {
                let known = kind.and_then(|(_, _, _, _, attributes)| {
                    attributes.iter().find(|(name, _)| *name == attribute)
                });
                let Some((_, format)) = known else {
                    return Value::String(format!("attr({id}.{attribute})"));
                };
                format
            }
        };
        Value::String(self.fill(format, id, resource))
    }

    /// Fills the placeholders of a text of [`KINDS`].
    fn fill(&mut self, format: &str, id: &str, resource: &Value) -> String {
        let (mut filled, mut rest) = (String::new(), format);
        while let Some((before, key, after)) = placeholder(rest, "{") {
            filled += before;
            filled += &match key {
                "p" => self.world.partition.clone(),
                "r" => self.world.region.clone(),
                "a" => self.world.account.clone(),
                "u" => self.world.url_suffix.clone(),
                "url" => {
                    let url = self.property(resource, "Url").unwrap_or_default();
                    url.trim_start_matches("https://").to_owned()
                }
                "n" => self.name(id, resource),
                "/n" => format!("/{}", self.name(id, resource).trim_start_matches('/')),
                "arn" => {
                    kind(resource).map_or_else(String::new, |(_, _, arn, _, _)| self.fill(arn, id, resource))
                }
                "bus/" | "bus|" => match self.property(resource, "EventBusName").as_deref() {
                    None | Some("default") => String::new(),
                    Some(bus) => {
                        format!("{}{}", bus.rsplit('/').next().unwrap_or(bus), key.trim_start_matches("bus"))
                    }
                },
                _ => match key.split_once(':') {
                    Some((property, default)) => {
                        self.property(resource, property).unwrap_or_else(|| default.to_owned())
                    }
                    None => {
                        let (property, default) = key.split_once('/').unwrap_or((key, ""));
                        let value = self.property(resource, property).unwrap_or_else(|| default.to_owned());
                        value.rsplit('/').next().unwrap_or_default().to_owned()
                    }
                },
            };
            rest = after;
        }
        filled + rest
    }

    /// A property of a resource as text; dots in its name descend. `None` when it is not there or `AWS::NoValue`.
    fn property(&mut self, resource: &Value, name: &str) -> Option<String> {
        let properties = resource.get("Properties")?;
        let value = name.split('.').try_fold(properties, |value, step| value.get(step))?;
        text(&self.eval(value)?)
    }

    fn name(&mut self, id: &str, resource: &Value) -> String {
        match self.names.get(id) {
            Some(Some(name)) => return name.clone(),
            Some(None) => {
                return text(&self.dangle(&format!("the name of `{id}` depends on itself"), id))
                    .unwrap_or_default();
            }
            None => self.names.insert(id.to_owned(), None),
        };
        let explicit = kind(resource).and_then(|(_, property, ..)| self.property(resource, property));
        let type_name = resource["Type"].as_str().unwrap_or_default();
        let name = explicit.unwrap_or_else(|| (self.physical)(id, type_name, None));
        self.names.insert(id.to_owned(), Some(name.clone()));
        name
    }

    fn substitute(&mut self, template: &str, variables: &Map<String, Value>) -> Value {
        let (mut filled, mut rest) = (String::new(), template);
        while let Some((before, name, after)) = placeholder(rest, "${") {
            filled += before;
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                filled += &format!("${{{literal}}}");
                continue;
            }
            let value = match (variables.get(name), name.split_once('.')) {
                (Some(value), _) => Some(value.clone()),
                (None, Some((id, attribute))) => Some(self.of_resource(id, Some(attribute))),
                (None, None) => self.reference(name),
            };
            filled += &match value.map(|value| text(&value).ok_or(value)) {
                None => String::new(),
                Some(Ok(value)) => value,
                Some(Err(value)) => text(&self.fault(&format!("`${{{name}}}` is not text: {value}"), name))
                    .unwrap_or_default(),
            };
        }
        Value::String(filled + rest)
    }

    /// The value of a declared parameter: given, default, or invented; a list for the list types.
    fn parameter(&mut self, name: &str) -> Value {
        let declaration = self.entry("Parameters", name).unwrap_or(&Value::Null);
        let declared = declaration["Type"].as_str().unwrap_or("String");
        let stored = declared.strip_prefix("AWS::SSM::Parameter::Value<");
        let is_list =
            ["List<", "CommaDelimitedList"].iter().any(|list| stored.unwrap_or(declared).starts_with(list));
        let given =
            self.world.parameters.get(name).cloned().or_else(|| declaration.get("Default").and_then(text));
        let value = given.unwrap_or_else(|| {
            self.result.invented.insert(name.to_owned());
            match declaration["AllowedValues"].get(0).and_then(text) {
                Some(first) => first,
                None if is_list => format!("param-{name}-1,param-{name}-2"),
                None => format!("param-{name}"),
            }
        });
        match (stored, is_list) {
            (Some(_), true) => (1..=2).map(|item| format!("ssm({value})[{item}]")).collect(),
            (Some(_), false) => Value::String(format!("ssm({value})")),
            (None, true) => value.split(',').map(str::trim).collect(),
            (None, false) => Value::String(value),
        }
    }

    /// The outcome of a named condition; `None`, and reported, when it is not defined.
    fn condition(&mut self, name: &str) -> Option<bool> {
        let Some(condition) = self.entry("Conditions", name) else {
            self.dangle(&format!("the condition `{name}` is not defined"), name);
            return None;
        };
        match self.outcomes.get(name) {
            Some(None) => {
                self.dangle(&format!("the condition `{name}` depends on itself"), name);
                Some(false)
            }
            Some(outcome) => *outcome,
            None => {
                self.outcomes.insert(name.to_owned(), None);
                let path = std::mem::replace(&mut self.path, vec!["Conditions".to_owned(), name.to_owned()]);
                let live = std::mem::replace(&mut self.live, true);
                let outcome = self.truth(condition);
                (self.path, self.live) = (path, live);
                self.outcomes.insert(name.to_owned(), Some(outcome));
                Some(outcome)
            }
        }
    }

    fn truth(&mut self, value: &Value) -> bool {
        let Some((function, arguments)) = single(value) else {
            self.dangle(&format!("not a condition: {value}"), "condition");
            return false;
        };
        match (function, arguments.as_array().map(Vec::as_slice)) {
            ("Condition", _) => arguments.as_str().and_then(|name| self.condition(name)) == Some(true),
            ("Fn::Equals", Some([left, right])) => self.eval(left) == self.eval(right),
            ("Fn::Not", Some([inner])) => !self.truth(inner),
            // Every part is evaluated, for the undefined names in it.
            ("Fn::And" | "Fn::Or", Some(parts)) => {
                let parts: Vec<bool> = parts.iter().map(|part| self.truth(part)).collect();
                if function == "Fn::And" { !parts.contains(&false) } else { parts.contains(&true) }
            }
            ("Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals", _) => {
                self.dangle(&format!("the arguments do not fit: {arguments}"), function);
                false
            }
            _ => self.eval(value).is_some_and(|value| value == "true"),
        }
    }

    /// Whether a resource or output is created: it has no condition, or one that is true (or undefined: reported).
    fn present(&mut self, declaration: &Value, place: &[&str]) -> bool {
        let Some(name) = declaration.get("Condition").and_then(Value::as_str) else {
            return true;
        };
        let path = std::mem::replace(&mut self.path, place.iter().map(|step| (*step).to_owned()).collect());
        let outcome = self.condition(name);
        self.path = path;
        outcome.unwrap_or(true)
    }

    /// `DependsOn` as a sorted list; an absent resource does not count, an undefined one is reported.
    fn depends_on(&mut self, value: &Value) -> Option<Value> {
        let mut created = BTreeSet::new();
        for id in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter().filter_map(text)
        {
            match self.entry("Resources", &id) {
                Some(resource) if self.present(resource, &["Resources", &id]) => {
                    let _ = created.insert(id);
                }
                Some(_) => {}
                None => drop(self.at("DependsOn", |this| {
                    this.dangle(&format!("the resource `{id}` is not defined"), &id)
                })),
            }
        }
        (!created.is_empty()).then(|| created.into_iter().collect())
    }

    /// Writes out `Fn::ForEach::Loop: [variable, collection, body]`, everywhere.
    fn expand(&mut self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.expand(item)).collect(),
            Value::Object(map) => {
                let mut expanded = Map::new();
                for (key, value) in map {
                    let arguments =
                        value.as_array().filter(|_| key.starts_with("Fn::ForEach::")).map(Vec::as_slice);
                    let Some([Value::String(variable), collection, body]) = arguments else {
                        expanded.insert(key.clone(), self.at(key, |this| this.expand(value)));
                        continue;
                    };
                    let Some(Value::Array(items)) = self.at(key, |this| this.eval(collection)) else {
                        self.at(key, |this| this.dangle("the collection is not a list", variable));
                        continue;
                    };
                    for item in items.iter().filter_map(text) {
                        let body = self.at(key, |this| this.expand(&bind(body, variable, &item)));
                        expanded.extend(body.as_object().cloned().unwrap_or_default());
                    }
                }
                Value::Object(expanded)
            }
            scalar => scalar.clone(),
        }
    }
}

/// The loop body with the loop variable replaced: `${V}` and `{Ref: V}` by the item, `&{V}` by its letters and digits.
fn bind(body: &Value, variable: &str, item: &str) -> Value {
    let plain: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
    let fill = |text: &str| {
        text.replace(&format!("${{{variable}}}"), item).replace(&format!("&{{{variable}}}"), &plain)
    };
    match body {
        Value::Object(_) if single(body).is_some_and(|(key, name)| key == "Ref" && name == variable) => {
            item.into()
        }
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (fill(key), bind(value, variable, item))).collect())
        }
        Value::Array(items) => items.iter().map(|value| bind(value, variable, item)).collect(),
        Value::String(text) => Value::String(fill(text)),
        scalar => scalar.clone(),
    }
}

fn kind(resource: &Value) -> Option<Kind> {
    let type_name = resource.get("Type")?.as_str()?;
    KINDS.iter().find(|kind| kind.0 == type_name).copied()
}

/// The text before the first placeholder, its name, and the text after it.
fn placeholder<'t>(text: &'t str, open: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let (before, tail) = text.split_once(open)?;
    let (name, after) = tail.split_once('}')?;
    Some((before, name, after))
}

/// The key and value of a mapping that has one.
fn single(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.iter().next().map(|(key, value)| (key.as_str(), value))
}

/// A value that can stand inside a text, as that text.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(_) => {
            single(value).filter(|(key, _)| *key == "Base64").map(|(_, inner)| format!("Base64({inner})"))
        }
        _ => None,
    }
}

/// Whether a value holds a text that stands for one that only AWS, or the caller of [`evaluate`], knows.
pub fn symbolic(value: &Value) -> bool {
    let whole = value.to_string();
    ["attr(", "import(", "ssm(", "cidr(", "param-", "undefined(", "select(", "map("]
        .iter()
        .any(|mark| whole.contains(mark))
}
