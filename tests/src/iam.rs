//! An evaluator of requests: what IAM answers, for templates that are evaluated already.
//!
//! It shares no code with the core. Source: IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements:
//! Condition operators", "Multivalued context keys", "Policy variables".

use std::collections::BTreeMap;

use serde_json::Value;

/// A request by a principal. Keys of the context are in lower case.
#[derive(Clone, Debug)]
pub struct Request {
    pub action: String,
    /// The resource; of a trust policy the principal, as `AWS arn:…`.
    pub target: String,
    pub context: BTreeMap<String, Vec<String>>,
}

/// What policies that AWS manages say: documents by the policy's name.
pub type Managed = BTreeMap<String, Value>;

/// The resources of a template, evaluated.
pub struct System<'s> {
    pub resources: &'s BTreeMap<String, Value>,
    pub managed: &'s Managed,
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a text matches a pattern with `*` and `?`.
pub fn glob(pattern: &[char], value: &[char]) -> bool {
    match pattern.split_first() {
        None => value.is_empty(),
        Some(('*', rest)) => (0..=value.len()).any(|at| glob(rest, &value[at..])),
        Some(('?', rest)) => !value.is_empty() && glob(rest, &value[1..]),
        Some((c, rest)) => value.first() == Some(c) && glob(rest, &value[1..]),
    }
}

/// A wildcard that is meant literally, so that `glob` does not see it.
const STAR: char = '\u{e000}';
const MARK: char = '\u{e001}';

/// The pattern with its variables put in; `None` where the context lacks one.
fn with_variables(pattern: &str, variables: bool, request: &Request) -> Option<Vec<char>> {
    let mut out = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find("${").filter(|_| variables) {
        out.extend(rest[..at].chars());
        let end = rest[at..].find('}')? + at;
        match &rest[at + 2..end] {
            "*" => out.push(STAR),
            "?" => out.push(MARK),
            "$" => out.push('$'),
            key => match request.context.get(&key.to_lowercase()).map(Vec::as_slice) {
                Some([value]) => out.extend(value.chars().map(|c| match c {
                    '*' => STAR,
                    '?' => MARK,
                    c => c,
                })),
                _ => return None,
            },
        }
        rest = &rest[end + 1..];
    }
    out.extend(rest.chars());
    Some(out)
}

fn like(pattern: &str, variables: bool, value: &str, request: &Request) -> bool {
    let Some(pattern) = with_variables(pattern, variables, request) else { return false };
    let value: Vec<char> = value
        .chars()
        .map(|c| match c {
            '*' if pattern.contains(&STAR) => STAR,
            '?' if pattern.contains(&MARK) => MARK,
            c => c,
        })
        .collect();
    glob(&pattern, &value)
}

fn condition(operator: &str, key: &str, wanted: &Value, variables: bool, request: &Request) -> bool {
    let held = request.context.get(&key.to_lowercase());
    let wanted: Vec<String> = list(wanted).into_iter().map(text).collect();
    if operator == "Null" {
        return wanted.iter().any(|wanted| (wanted == "true") == held.is_none());
    }
    let (quantifier, rest) = operator.split_once(':').map_or(("", operator), |(a, b)| (a, b));
    let (name, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |name| (name, true));
    let negated = name.contains("Not");
    let base = name.replace("Not", "");
    let Some(held) = held.filter(|held| !held.is_empty()) else {
        return if_exists
            || match quantifier {
                "ForAllValues" => true,
                "ForAnyValue" => false,
                _ => negated,
            };
    };
    let fits = |value: &String| {
        wanted.iter().any(|wanted| match base.as_str() {
            "StringEquals" => {
                let plain: Option<String> =
                    with_variables(wanted, variables, request).map(|text| text.into_iter().collect());
                plain.is_some_and(|plain| plain.replace(STAR, "*").replace(MARK, "?") == *value)
            }
            "StringEqualsIgnoreCase" => wanted.eq_ignore_ascii_case(value),
            "StringLike" => like(wanted, variables, value, request),
            "ArnLike" | "ArnEquals" => {
                let (a, b): (Vec<&str>, Vec<&str>) =
                    (wanted.splitn(6, ':').collect(), value.splitn(6, ':').collect());
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| like(a, variables, b, request))
            }
            "Bool" => wanted.eq_ignore_ascii_case(value),
            "NumericEquals" => number(value) == number(wanted),
            "NumericLessThan" => number(value) < number(wanted),
            "NumericLessThanEquals" => number(value) <= number(wanted),
            "NumericGreaterThan" => number(value) > number(wanted),
            "NumericGreaterThanEquals" => number(value) >= number(wanted),
            "DateLessThan" => day(value) < day(wanted),
            "DateGreaterThan" => day(value) > day(wanted),
            "IpAddress" => within(value, wanted),
            other => panic!("the evaluator does not know `{other}`"),
        })
    };
    match quantifier {
        "ForAllValues" => held.iter().all(|value| fits(value) != negated),
        "ForAnyValue" => held.iter().any(|value| fits(value) != negated),
        _ => held.iter().any(fits) != negated,
    }
}

fn number(text: &str) -> f64 {
    text.parse().expect("a number")
}

/// A date as a number: parts of different weight keep the order. Months have 31 days here, and that keeps it too.
fn day(text: &str) -> f64 {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let parts = date.split('-').chain(time.trim_end_matches('Z').split(':')).map(number);
    parts
        .zip([372.0, 31.0, 1.0, 1.0 / 24.0, 1.0 / 1440.0, 1.0 / 86_400.0])
        .map(|(part, weight)| part * weight)
        .sum()
}

fn within(address: &str, range: &str) -> bool {
    let (base, bits) = range.split_once('/').unwrap_or((range, "32"));
    let of = |text: &str| {
        u64::from(u32::from(text.parse::<std::net::Ipv4Addr>().unwrap_or(std::net::Ipv4Addr::UNSPECIFIED)))
    };
    let size = 1_u64 << (32 - bits.parse::<u32>().expect("bits"));
    address.parse::<std::net::Ipv4Addr>().is_ok() && of(address) / size == of(base) / size
}

/// Whether a principal names who asks. `excepted`: in `NotPrincipal`, where an account excepts nobody else in it (IAM User
/// Guide, "AWS JSON policy elements: NotPrincipal": the account is named beside the one that is excepted).
fn principal_fits(principal: &Value, target: &str, excepted: bool) -> bool {
    if principal == "*" {
        return true;
    }
    let (kind, name) = target.split_once(' ').expect("a kind and a name");
    let Some(names) = principal.get(kind) else { return false };
    list(names).into_iter().map(text).any(|wanted| {
        let account = |text: &str| text.split(':').nth(4).map(str::to_owned);
        wanted == name
            || (kind == "AWS"
                && !excepted
                && (wanted == "*"
                    || (wanted.ends_with(":root") && account(&wanted) == account(name))
                    || (wanted.len() == 12 && Some(wanted.clone()) == account(name))))
    })
}

fn applies(statement: &Value, variables: bool, trust: bool, request: &Request) -> bool {
    let any = |key: &str, fits: &dyn Fn(&str) -> bool| {
        statement.get(key).map(|value| list(value).into_iter().any(|one| fits(&text(one))))
    };
    let action =
        |pattern: &str| like(&pattern.to_lowercase(), false, &request.action.to_lowercase(), request);
    let actions = any("Action", &action).or_else(|| any("NotAction", &action).map(|any| !any));
    let targets = if trust {
        let fits = |key: &str, excepted: bool| {
            statement.get(key).map(|principal| principal_fits(principal, &request.target, excepted))
        };
        fits("Principal", false).or_else(|| fits("NotPrincipal", true).map(|fits| !fits))
    } else {
        let resource = |pattern: &str| like(pattern, variables, &request.target, request);
        any("Resource", &resource).or_else(|| any("NotResource", &resource).map(|any| !any))
    };
    let conditions = statement.get("Condition").and_then(Value::as_object);
    let holds = conditions.into_iter().flatten().all(|(operator, keys)| {
        keys.as_object()
            .into_iter()
            .flatten()
            .all(|(key, wanted)| condition(operator, key, wanted, variables, request))
    });
    actions == Some(true) && targets == Some(true) && holds
}

/// Whether a document allows and denies a request.
fn of_document(document: &Value, trust: bool, request: &Request) -> (bool, bool) {
    let variables = document.get("Version").is_some_and(|version| version == "2012-10-17");
    let mut result = (false, false);
    for statement in document.get("Statement").map(list).unwrap_or_default() {
        if applies(statement, variables, trust, request) {
            match statement["Effect"].as_str() {
                Some("Allow") => result.0 = true,
                _ => result.1 = true,
            }
        }
    }
    result
}

impl System<'_> {
    fn of_type(&self, kind: &str) -> impl Iterator<Item = (&String, &Value)> {
        let kind = kind.to_owned();
        self.resources.iter().filter(move |(_, resource)| resource["Type"] == kind.as_str())
    }

    fn documents_of_arn(&self, arn: &Value) -> Vec<Value> {
        let arn = text(arn);
        if let Some((name, _)) =
            self.of_type("AWS::IAM::ManagedPolicy").find(|(name, _)| arn.ends_with(&format!("ref({name})")))
        {
            return vec![self.resources[name]["Properties"]["PolicyDocument"].clone()];
        }
        let name = arn.rsplit('/').next().unwrap_or_default();
        vec![self.managed.get(name).unwrap_or_else(|| panic!("no policy {arn}")).clone()]
    }

    fn names(&self, value: &Value, name: &str) -> bool {
        list(value).into_iter().any(|item| text(item) == format!("ref({name})"))
    }

    fn documents(&self, name: &str, property: &str) -> Vec<Value> {
        let Some(resource) = self.resources.get(name) else { return Vec::new() };
        let properties = &resource["Properties"];
        let mut found: Vec<Value> =
            list(&properties["Policies"]).iter().map(|policy| policy["PolicyDocument"].clone()).collect();
        for arn in list(&properties["ManagedPolicyArns"]) {
            found.extend(self.documents_of_arn(arn));
        }
        for kind in ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"] {
            for (_, policy) in self.of_type(kind) {
                if self.names(&policy["Properties"][property], name) {
                    found.push(policy["Properties"]["PolicyDocument"].clone());
                }
            }
        }
        if property == "Users" {
            let mut groups: Vec<String> = list(&properties["Groups"]).into_iter().map(text).collect();
            for (_, addition) in self.of_type("AWS::IAM::UserToGroupAddition") {
                if self.names(&addition["Properties"]["Users"], name) {
                    groups.push(text(&addition["Properties"]["GroupName"]));
                }
            }
            groups.sort();
            groups.dedup();
            for group in groups {
                let group = group.trim_start_matches("ref(").trim_end_matches(')');
                found.extend(self.documents(group, "Groups"));
            }
        }
        found
    }

    /// Whether a role or user may do it.
    pub fn allows(&self, name: &str, request: &Request) -> bool {
        let (allowed, denied) = self.decided(name, request);
        allowed && !denied
    }

    /// Whether a user may assume a role of its account: by its own policies, or by the role's trust alone where that names
    /// everybody. Source: IAM User Guide, "Policy evaluation logic", resource-based policies within an account.
    pub fn assumes(&self, name: &str, role: &str, request: &Request) -> bool {
        let (allowed, denied) = self.decided(name, request);
        let asked =
            Request { target: format!("AWS arn:aws:iam::111122223333:user/{name}"), ..request.clone() };
        !denied && (allowed || self.trusts(role, &asked))
    }

    /// What its policies allow within its boundary, and whether something denies it.
    fn decided(&self, name: &str, request: &Request) -> (bool, bool) {
        let Some(resource) = self.resources.get(name) else { return (false, true) };
        let property = if resource["Type"] == "AWS::IAM::Role" { "Roles" } else { "Users" };
        let fold = |documents: Vec<Value>| {
            documents
                .iter()
                .map(|document| of_document(document, false, request))
                .fold((false, false), |a, b| (a.0 || b.0, a.1 || b.1))
        };
        let (allowed, denied) = fold(self.documents(name, property));
        let (bounded, denied_by_bound) = match &resource["Properties"]["PermissionsBoundary"] {
            Value::Null => (true, false),
            arn => fold(self.documents_of_arn(arn)),
        };
        (allowed && bounded, denied || denied_by_bound)
    }

    /// Whether someone may assume a role.
    pub fn trusts(&self, role: &str, request: &Request) -> bool {
        let Some(resource) = self.resources.get(role) else { return false };
        let (allowed, denied) =
            of_document(&resource["Properties"]["AssumeRolePolicyDocument"], true, request);
        allowed && !denied
    }
}
