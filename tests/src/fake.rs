//! Scripted answers of CloudFormation and S3 for calls that no simulator has: stacks are templates and physical
//! ids, every operation ends at once. The shapes are those of AWS's API model (CloudFormation 2010-05-15).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use iam_split_core::deployment::contents::Contents;
use iam_split_core::diagnostic::Source;

use crate::aws::{Reply, Request, answer, error, identity};
use crate::evaluate::parse;

/// A stack.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    pub template: String,
    pub parameters: BTreeMap<String, String>,
    /// Physical ids by logical id.
    pub resources: BTreeMap<String, String>,
    events: Vec<String>,
}

/// What stands.
#[derive(Debug, Default)]
pub struct State {
    pub stacks: BTreeMap<String, Stack>,
    gone: BTreeMap<String, Stack>,
    objects: BTreeMap<String, String>,
    change_sets: BTreeMap<String, Request>,
    refactor: Option<Request>,
    in_work: usize,
    moved: bool,
    made: usize,
    /// What CloudFormation is to say of a refactoring instead of checking it.
    pub refusal: Option<String>,
    /// Whether the execution of a refactoring is to fail and be taken back.
    pub fails: bool,
    /// The status of such an execution, where it is not the rollback's.
    pub fails_as: Option<&'static str>,
    /// Resources that were changed by hand.
    pub drifted: Vec<String>,
    /// What a refactoring does to the tags of each resource, as the API writes it.
    pub tags: String,
    /// How often a stack is said to be in work after a refactoring has ended.
    pub busy: usize,
    /// How many resources each refactoring has moved.
    pub batches: Vec<usize>,
    /// The tags of all stacks, as the API writes them.
    pub stack_tags: String,
}

/// A fake AWS, shared with the test that looks into it.
#[derive(Clone, Default)]
pub struct Fake(pub Arc<Mutex<State>>);

impl Fake {
    /// A stack that stands already.
    pub fn with(self, name: &str, template: &str, parameters: &[(&str, &str)]) -> Self {
        let mut state = self.0.lock().expect("no panic before");
        let parameters = parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        state.put(name, template, parameters, "CREATE");
        drop(state);
        self
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Option<Reply> {
        self.0.lock().expect("no panic before").answer(request)
    }
}

fn resources(template: &str) -> BTreeMap<String, serde_json::Value> {
    let parsed = parse(template);
    let all = parsed["Resources"].as_object().cloned().unwrap_or_default();
    all.into_iter().collect()
}

fn arn(name: &str) -> String {
    format!("arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/1")
}

/// The stack's name in a name or id.
fn short(name: &str) -> String {
    name.split("stack/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(name).to_owned()
}

fn list(request: &Request, prefix: &str, field: &str) -> Vec<String> {
    (1..).map_while(|at| request.field(&format!("{prefix}.member.{at}.{field}"))).collect()
}

impl State {
    fn put(&mut self, name: &str, template: &str, parameters: BTreeMap<String, String>, verb: &str) {
        let mut stack = self.stacks.get(name).cloned().unwrap_or_default();
        let before = std::mem::take(&mut stack.resources);
        for logical in resources(template).into_keys() {
            let known = before.get(&logical).cloned();
            self.made += usize::from(known.is_none());
            let physical = known.unwrap_or_else(|| format!("{name}-{logical}-{}", self.made));
            stack.resources.insert(logical, physical);
        }
        stack.template = template.to_owned();
        stack.parameters = parameters;
        self.stacks.insert(name.to_owned(), stack);
        self.event(name, &format!("{verb}_IN_PROGRESS"));
        self.event(name, &format!("{verb}_COMPLETE"));
    }

    fn event(&mut self, name: &str, status: &str) {
        let Some(stack) = self.stacks.get_mut(name) else { return };
        let id = arn(name);
        let number = stack.events.len();
        stack.events.push(format!(
            "<member><EventId>{name}{number}</EventId><StackId>{id}</StackId><StackName>{name}</StackName><PhysicalResourceId>{id}</PhysicalResourceId><LogicalResourceId>{name}</LogicalResourceId><ResourceType>AWS::CloudFormation::Stack</ResourceType><ResourceStatus>{status}</ResourceStatus><Timestamp>2026-01-01T00:00:00Z</Timestamp></member>"
        ));
    }

    fn text(&self, request: &Request, field: &str) -> String {
        if let Some(body) = request.field(&field.replace("URL", "Body")) {
            return body;
        }
        let url = request.field(field).unwrap_or_default();
        let path = url.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
        self.objects.get(&path).cloned().unwrap_or_else(|| panic!("nothing was sent to {url}"))
    }

    fn given(&self, request: &Request, name: &str) -> BTreeMap<String, String> {
        let keys = list(request, "Parameters", "ParameterKey");
        let before = self.stacks.get(name).map(|stack| stack.parameters.clone()).unwrap_or_default();
        let value = |at: usize, key: &str| {
            let field = |what: &str| request.field(&format!("Parameters.member.{}.{what}", at + 1));
            field("ParameterValue").or_else(|| before.get(key).cloned()).unwrap_or_default()
        };
        keys.iter().enumerate().map(|(at, key)| (key.clone(), value(at, key))).collect()
    }

    fn answer(&mut self, request: &Request) -> Option<Reply> {
        if let Some((method, path)) = request.action.split_once(" /") {
            if method == "GET" && path.contains('?') && !path.ends_with('?') {
                return None;
            }
            return Some(self.object(method, path.trim_end_matches('?'), &request.body));
        }
        let name = short(&request.field("StackName").unwrap_or_default());
        let action = request.action.as_str();
        Some(match action {
            "GetCallerIdentity" => identity("123456789012"),
            "DescribeStacks" => match self.stacks.get(&name) {
                Some(stack) => {
                    let said = described(&name, stack, &self.stack_tags);
                    let busy = self.in_work > 0;
                    self.in_work = self.in_work.saturating_sub(1);
                    let said =
                        if busy { said.replace("UPDATE_COMPLETE", "UPDATE_IN_PROGRESS") } else { said };
                    answer(action, &said)
                }
                None => error("ValidationError", &format!("Stack with id {name} does not exist")),
            },
            "GetTemplate" => {
                assert!(self.in_work == 0, "a template is read while the stack is in work");
                let text = match request.field("ChangeSetName") {
                    Some(set) => self.text(&self.change_sets.get(&set)?.clone(), "TemplateURL"),
                    None => self.stacks.get(&name)?.template.clone(),
                };
                let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                answer(action, &format!("<TemplateBody>{text}</TemplateBody>"))
            }
            "ValidateTemplate" => answer(action, ""),
            "ListStackResources" => {
                let stack = self.stacks.get(&name)?;
                let kinds = resources(&stack.template);
                let one = |(logical, physical): (&String, &String)| {
                    let kind =
                        kinds.get(logical).and_then(|one| one["Type"].as_str()).unwrap_or("?").to_owned();
                    format!(
                        "<member><LogicalResourceId>{logical}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId><ResourceType>{kind}</ResourceType><ResourceStatus>UPDATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp></member>"
                    )
                };
                let all: String = stack.resources.iter().map(one).collect();
                answer(action, &format!("<StackResourceSummaries>{all}</StackResourceSummaries>"))
            }
            "DescribeStackEvents" => {
                // Those of a stack that is gone can still be read, by its id.
                let stack = self.stacks.get(&name).or(self.gone.get(&name));
                let events = stack.into_iter().flat_map(|stack| stack.events.iter().rev().cloned());
                answer(action, &format!("<StackEvents>{}</StackEvents>", events.collect::<String>()))
            }
            "CreateStack" => {
                let (text, parameters) = (self.text(request, "TemplateURL"), self.given(request, &name));
                self.put(&name, &text, parameters, "CREATE");
                answer(action, &format!("<StackId>{}</StackId>", arn(&name)))
            }
            "DeleteStack" => {
                self.event(&name, "DELETE_IN_PROGRESS");
                self.event(&name, "DELETE_COMPLETE");
                let gone = self.stacks.remove(&name)?;
                self.gone.insert(name, gone);
                answer(action, "")
            }
            "CreateChangeSet" => {
                let id = format!("set-{}", self.change_sets.len());
                self.change_sets.insert(id.clone(), request.clone());
                answer(action, &format!("<Id>{id}</Id><StackId>{}</StackId>", arn(&name)))
            }
            "DescribeChangeSet" => {
                let set = self.change_sets.get(&request.field("ChangeSetName")?)?.clone();
                let changes = self.changes(&set);
                answer(action, &format!("<Status>CREATE_COMPLETE</Status><Changes>{changes}</Changes>"))
            }
            "ExecuteChangeSet" => {
                let set = self.change_sets.remove(&request.field("ChangeSetName")?)?;
                let name = short(&set.field("StackName").unwrap_or_default());
                let (text, parameters) = (self.text(&set, "TemplateURL"), self.given(&set, &name));
                self.put(&name, &text, parameters, "UPDATE");
                answer(action, "")
            }
            "DeleteChangeSet" => answer(action, ""),
            "ListStackRefactors" => answer(action, "<StackRefactorSummaries></StackRefactorSummaries>"),
            "DetectStackResourceDrift" => {
                let logical = request.field("LogicalResourceId")?;
                let status = if self.drifted.contains(&logical) {
                    "<StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus><PropertyDifferences><member><PropertyPath>/Description</PropertyPath><ExpectedValue>a</ExpectedValue><ActualValue>b</ActualValue><DifferenceType>NOT_EQUAL</DifferenceType></member></PropertyDifferences>"
                } else {
                    "<StackResourceDriftStatus>IN_SYNC</StackResourceDriftStatus>"
                };
                answer(
                    action,
                    &format!(
                        "<StackResourceDrift><StackId>{}</StackId><LogicalResourceId>{logical}</LogicalResourceId><ResourceType>AWS::IAM::Role</ResourceType>{status}<Timestamp>2026-01-01T00:00:00Z</Timestamp></StackResourceDrift>",
                        arn(&name)
                    ),
                )
            }
            "CreateStackRefactor" => {
                self.refactor = Some(request.clone());
                self.moved = false;
                answer(action, "<StackRefactorId>refactor-1</StackRefactorId>")
            }
            "DescribeStackRefactor" => {
                let status = match &self.refusal {
                    Some(why) => format!("<Status>CREATE_FAILED</Status><StatusReason>{why}</StatusReason>"),
                    None => "<Status>CREATE_COMPLETE</Status>".to_owned(),
                };
                let execution = match (self.moved, self.fails) {
                    (true, true) => format!(
                        "<ExecutionStatus>{}</ExecutionStatus><ExecutionStatusReason>a tag could not be set</ExecutionStatusReason>",
                        self.fails_as.unwrap_or("ROLLBACK_COMPLETE")
                    ),
                    (true, false) => "<ExecutionStatus>EXECUTE_COMPLETE</ExecutionStatus>".to_owned(),
                    _ => "<ExecutionStatus>AVAILABLE</ExecutionStatus>".to_owned(),
                };
                answer(action, &format!("<StackRefactorId>refactor-1</StackRefactorId>{status}{execution}"))
            }
            "ListStackRefactorActions" => {
                let refactor = self.refactor.clone()?;
                let mut all = String::new();
                for (name, from, to) in mappings(&refactor) {
                    let physical = self.stacks.get(&from)?.resources.get(&name)?;
                    let place = |stack: &str| {
                        format!("<StackName>{stack}</StackName><LogicalResourceId>{name}</LogicalResourceId>")
                    };
                    let _ = write!(
                        all,
                        "<member><Action>MOVE</Action><Entity>RESOURCE</Entity><PhysicalResourceId>{physical}</PhysicalResourceId><Detection>MANUAL</Detection>{}<ResourceMapping><Source>{}</Source><Destination>{}</Destination></ResourceMapping></member>",
                        self.tags,
                        place(&from),
                        place(&to)
                    );
                }
                answer(action, &format!("<StackRefactorActions>{all}</StackRefactorActions>"))
            }
            "ExecuteStackRefactor" => {
                self.moved = true;
                if !self.fails {
                    self.refactored();
                    // Both stacks are in work for some moments more.
                    self.in_work = self.busy;
                }
                answer(action, "")
            }
            _ => return None,
        })
    }

    /// Moves the resources, as long as nothing else changes with them.
    fn refactored(&mut self) {
        let Some(refactor) = self.refactor.clone() else { return };
        let names = list(&refactor, "StackDefinitions", "StackName");
        let texts: Vec<String> = (1..=names.len())
            .map(|at| self.text(&refactor, &format!("StackDefinitions.member.{at}.TemplateURL")))
            .collect();
        for (name, text) in names.iter().zip(&texts) {
            let (old, new) = (parse(&self.stacks[name].template), parse(text));
            for section in ["Parameters", "Mappings", "Conditions", "Metadata", "Transform"] {
                assert_eq!(old[section], new[section], "{section} of {name} changes with the move");
            }
        }
        let before: BTreeMap<String, serde_json::Value> =
            names.iter().flat_map(|name| resources(&self.stacks[name].template)).collect();
        let after: BTreeMap<String, serde_json::Value> =
            texts.iter().flat_map(|text| resources(text)).collect();
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "only a move");
        for (name, from, to) in mappings(&refactor) {
            assert_eq!(before[&name], after[&name], "{name} changes with the move");
            let physical = self.stacks.get_mut(&from).and_then(|stack| stack.resources.remove(&name));
            let stack = self.stacks.get_mut(&to).expect("a stack that stands");
            stack.resources.insert(name.clone(), physical.expect("it was there"));
        }
        self.batches.push(mappings(&refactor).len());
        for (name, text) in names.iter().zip(texts) {
            self.stacks.get_mut(name).expect("a stack that stands").template = text;
        }
    }

    fn changes(&self, set: &Request) -> String {
        let name = short(&set.field("StackName").unwrap_or_default());
        let (old, new) = (resources(&self.stacks[&name].template), resources(&self.text(set, "TemplateURL")));
        let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let change = |logical: &String| {
            let (action, of) = match (old.get(logical), new.get(logical)) {
                (None, Some(new)) => ("Add", new),
                (Some(old), None) => ("Remove", old),
                (Some(old), Some(new)) if old != new => ("Modify", new),
                _ => return String::new(),
            };
            let kind = of["Type"].as_str().unwrap_or("?");
            format!(
                "<member><Type>Resource</Type><ResourceChange><Action>{action}</Action><LogicalResourceId>{logical}</LogicalResourceId><ResourceType>{kind}</ResourceType><Replacement>False</Replacement></ResourceChange></member>"
            )
        };
        all.into_iter().map(change).collect()
    }

    fn object(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let none = |code: &str| {
            (
                404,
                format!(
                    "<Error><Code>{code}</Code><Message>The specified key does not exist.</Message></Error>"
                ),
            )
        };
        match method {
            "PUT" => {
                self.objects.insert(path.to_owned(), unchunked(body));
                (200, String::new())
            }
            "HEAD" if !path.contains('/') => (200, String::new()),
            "HEAD" => none(""),
            _ => self.objects.get(path).map_or_else(|| none("NoSuchKey"), |text| (200, text.clone())),
        }
    }
}

/// Logical id, source and destination stack of each mapping.
fn mappings(refactor: &Request) -> Vec<(String, String, String)> {
    let field = |at: usize, what: &str| refactor.field(&format!("ResourceMappings.member.{at}.{what}"));
    (1..)
        .map_while(|at| {
            let name = field(at, "Source.LogicalResourceId")?;
            Some((name, field(at, "Source.StackName")?, field(at, "Destination.StackName")?))
        })
        .collect()
}

fn described(name: &str, stack: &Stack, tags: &str) -> String {
    let pairs = |entries: &[(String, String)], key: &str, value: &str| -> String {
        entries
            .iter()
            .map(|(k, v)| format!("<member><{key}>{k}</{key}><{value}>{v}</{value}></member>"))
            .collect()
    };
    let parameters: Vec<(String, String)> =
        stack.parameters.iter().map(|(k, v)| (k.clone(), v.replace('&', "&amp;"))).collect();
    let contents = Contents::read(&stack.template, Source::Iam).0;
    let outputs: Vec<(String, String)> = contents
        .iter()
        .flat_map(|contents| &contents.outputs)
        .map(|(output, declared)| {
            let noun = if declared.arn_of.as_deref() == Some("AWS::IAM::Role") { "role" } else { "policy" };
            let physical = output.strip_suffix("Arn").and_then(|name| stack.resources.get(name));
            let value = physical
                .map_or_else(|| "x".to_owned(), |id| format!("arn:aws:iam::123456789012:{noun}/{id}"));
            (output.clone(), value)
        })
        .collect();
    format!(
        "<Stacks><member><StackName>{name}</StackName><StackId>{}</StackId><StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><Parameters>{}</Parameters><Outputs>{}</Outputs><Tags>{tags}</Tags></member></Stacks>",
        arn(name),
        pairs(&parameters, "ParameterKey", "ParameterValue"),
        pairs(&outputs, "OutputKey", "OutputValue"),
    )
}

/// The body of an upload that comes in chunks with a checksum behind them.
fn unchunked(body: &str) -> String {
    let Some((size, rest)) = body.split_once("\r\n") else { return body.to_owned() };
    match usize::from_str_radix(size.split(';').next().unwrap_or(size), 16) {
        Ok(size) if rest.len() >= size => rest.get(..size).unwrap_or(rest).to_owned(),
        _ => body.to_owned(),
    }
}
