//! What arrives at the parameters between the stacks: every value that the one stack may give, the other admits.

use std::collections::{HashMap, HashSet};

use super::Proof;
use super::side::Side;
use super::system::Unit;
use super::wiring::{Sides, Wiring};
use crate::condition::Cond;
use crate::diagnostic::{Code, Diagnostic, Severity, Source};
use crate::expression::Expr;
use crate::facts::{IamType, iam_type, is_list_attribute, limit};
use crate::plan::longest_stack;
use crate::value::Value;

/// Checks each parameter with what can arrive at it.
pub(super) fn arrival(wiring: &Wiring, sides: &Sides<'_>, proof: &mut Proof) {
    let (iam, app) = (&sides.iam, &sides.app);
    let mut partitions: Option<(Vec<&str>, crate::text::Span)> = None;
    let mut patterns = Patterns::default();
    for (parameter, output) in &wiring.wires {
        let (Some(unit), Some((cond, value))) =
            (app.system.parameters.get(parameter), sides.outputs.get(output))
        else {
            continue;
        };
        let mut wrong = |why: String| {
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF007,
                    format!("the application cannot be created: its parameter `{parameter}` {why}"),
                )
                .label(Source::App, unit.place, format!("the output `{output}` of the IAM stack fills it"))
                .help("let it admit every value that can arrive, or split the monolith again"),
            );
        };
        let mut given = Vec::new();
        for (_, value) in iam.form().alternatives(value, *cond) {
            match arriving(iam, &value) {
                Some(values) => given.extend(values),
                None => wrong("may get a value that is no text".to_owned()),
            }
        }
        if *cond != Cond::ALWAYS && unit.text("Default").is_none() {
            wrong("has no default for when the output is absent".to_owned());
        }
        match admits(unit, &given, &mut patterns) {
            Err(why) => wrong(why),
            Ok(refused) if !refused.is_empty() => {
                partitions = partitions.or(Some((refused, unit.place)));
            }
            Ok(_) => {}
        }
    }
    if let Some((refused, place)) = partitions {
        proof.faults.push(
            Diagnostic::new(
                Code::PRF007,
                format!("the application cannot be created in the partitions {}", refused.join(", ")),
            )
            .with_severity(Severity::Warning)
            .label(Source::App, place, "this pattern, or others too, admits no ARN of theirs")
            .help("write `arn:aws[a-z0-9-]*:` for the partition, unless the stack is deployed in the others alone"),
        );
    }
    // The application stack's name is bounded by what the patterns need; short names in lower case are always sound.
    let stacks = [
        (&wiring.stack_parameter, iam, ["a", "app", "prod-app", "x1"].as_slice(), "application"),
        (&wiring.iam_stack, app, ["a", "Prod-App-2-iam", "shop-iam", "X1"].as_slice(), "IAM"),
    ];
    for (parameter, side, names, which) in stacks {
        let most = if which == "application" { shortest_bound(iam, proof) } else { limit::STACK_NAME };
        let Some(unit) = parameter.as_ref().and_then(|name| side.system.parameters.get(name)) else {
            continue;
        };
        let names: Vec<&str> = names.iter().copied().filter(|name| name.len() <= most).collect();
        let longest = names.iter().map(|name| name.len()).max().unwrap_or(0);
        // No list has every name that the stack may have.
        let listed = unit.entry("AllowedValues").map(|_| "admits only the values that it lists".to_owned());
        let samples = names.iter().map(|name| (*name).to_owned()).collect();
        let given = [Range { samples, longest, is_arn: false, what: "stack's name" }];
        if let Some(why) = listed.or_else(|| admits(unit, &given, &mut patterns).err()) {
            let name = parameter.as_deref().unwrap_or_default();
            proof.faults.push(
                Diagnostic::new(
                    Code::PRF007,
                    format!("the stack cannot be created: its parameter `{name}` {why}"),
                )
                .label(side.system.source, unit.place, format!("it takes the name of the {which} stack"))
                .help("let it admit every name that the stack may have"),
            );
        }
    }
    for (parameter, output) in &wiring.two_phase {
        let Some(unit) = iam.system.parameters.get(parameter) else { continue };
        let mut wrong = |code: Code, world: &str, why: String| {
            proof.faults.push(
                Diagnostic::new(code, format!("{world}: the parameter `{parameter}` {why}"))
                    .label(
                        Source::Iam,
                        unit.place,
                        format!("the output `{output}` of the application fills it later"),
                    )
                    .help("give it an empty default and no other bounds, or split the monolith again"),
            );
        };
        if unit.text("Type") != Some("String") {
            wrong(Code::PRF006, "the IAM stack alone", "is no `String`".to_owned());
        }
        if unit.text("Default") != Some("") {
            wrong(Code::PRF006, "the IAM stack alone", "has no empty default for the time before".to_owned());
        }
        // What the application gives is any text: no bound is known to admit it.
        for key in ["AllowedPattern", "AllowedValues", "MaxLength", "MinLength"] {
            if unit.entry(key).is_some() {
                wrong(
                    Code::PRF006,
                    "once the application stands",
                    format!("has `{key}`, which is not known to admit the value"),
                );
            }
        }
        let list = app.system.outputs.get(output).and_then(|unit| unit.value()).is_some_and(|value| {
            matches!(value, Expr::GetAtt(name, attribute)
                if app.system.resources.get(name).is_some_and(|unit| is_list_attribute(unit.kind(), attribute)))
        });
        if list {
            wrong(
                Code::PRF007,
                "the application cannot be created",
                "takes a list, which no output gives".to_owned(),
            );
        }
    }
}

/// Values of a kind that a parameter may get: samples that show its whole range, and the longest.
struct Range {
    samples: Vec<String>,
    longest: usize,
    /// Whether the samples begin with a partition, of which a parameter may admit some.
    is_arn: bool,
    /// What it is, in words; empty where only its being a text is known.
    what: &'static str,
}

/// What an output may give; `None` where that is no text.
fn arriving(iam: &Side<'_>, value: &Value) -> Option<Vec<Range>> {
    let (name, attribute) = match value {
        Value::Ref(name) => (name, None),
        Value::GetAtt(name, attribute) => (name, Some(attribute.as_str())),
        Value::List(_) | Value::Map(_) | Value::Absent => return None,
        Value::Impossible => return Some(Vec::new()),
        Value::Text(text) => {
            return Some(vec![Range {
                samples: vec![text.clone()],
                longest: text.chars().count(),
                is_arn: false,
                what: "text",
            }]);
        }
        _ => return Some(vec![Range { samples: Vec::new(), longest: usize::MAX, is_arn: false, what: "" }]),
    };
    let unit = iam.system.resources.get(name)?;
    let Some(row) = iam_type(unit.kind()) else {
        return Some(vec![Range { samples: Vec::new(), longest: usize::MAX, is_arn: false, what: "" }]);
    };
    let is_arn =
        attribute.is_some_and(|attribute| row.is_arn(attribute)) || (attribute.is_none() && row.ref_is_arn);
    if attribute.is_some_and(|attribute| is_list_attribute(unit.kind(), attribute)) {
        return None;
    }
    if is_arn {
        return Some(vec![arns(row, unit)]);
    }
    if attribute.is_none() {
        let (samples, longest) = names(row, unit);
        return Some(vec![Range { samples, longest, is_arn: false, what: "name" }]);
    }
    Some(vec![Range { samples: Vec::new(), longest: usize::MAX, is_arn: false, what: "" }])
}

/// Names that a resource may have. Source of the lengths: IAM User Guide, "IAM and AWS STS quotas".
fn names(row: &IamType, unit: &Unit) -> (Vec<String>, usize) {
    let longest = if matches!(row.arn_noun, "role" | "user") { 64 } else { 128 };
    let property = ["RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName"]
        .iter()
        .find_map(|name| unit.property(name));
    if let Some(Expr::Text(name)) = property.filter(|name| !is_dynamic_text(name)) {
        return (vec![name.clone()], name.chars().count());
    }
    let mut samples = vec![
        "a".repeat(longest),
        "app-Role-0123456789Ab".to_owned(),
        "prod-JobRole-ZYXWVUTSRQPO".to_owned(),
        "my-App-2-X-aB3dE5gH7jK9".to_owned(),
    ];
    if property.is_some() {
        samples.extend(["A_b+c=d,e.f@g-h", "x", "0", "Z"].map(str::to_owned));
    }
    (samples, longest)
}

fn is_dynamic_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Text(text) if crate::facts::is_dynamic(text))
}

/// Source: AWS General Reference, "Amazon Resource Names (ARNs)"; the partitions of the SDKs.
const PARTITIONS: [&str; 6] = ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"];

/// ARNs that a resource may have, in every partition.
fn arns(row: &IamType, unit: &Unit) -> Range {
    let (names, longest_name) = names(row, unit);
    let (paths, longest_path): (Vec<String>, usize) = match unit.property("Path") {
        None => (vec!["/".to_owned()], 1),
        Some(Expr::Text(path)) if !crate::facts::is_dynamic(path) => {
            (vec![path.clone()], path.chars().count())
        }
        // A path has at most 512 characters.
        Some(_) => (
            ["/", "/a/", "/team/app-1/x_y/", "/Team/", "/A.b+c=d,e@f-g/", "/0/", "/aB9/Z/"]
                .map(str::to_owned)
                .to_vec(),
            512,
        ),
    };
    let mut samples = Vec::new();
    let first = |list: &[String]| list.first().cloned().unwrap_or_default();
    for partition in PARTITIONS {
        let mut add = |account: &str, path: &str, name: &str| {
            samples.push(format!("arn:{partition}:iam::{account}:{}{path}{name}", row.arn_noun));
        };
        names.iter().for_each(|name| add("123456789012", &first(&paths), name));
        // Each digit comes first in some account.
        (0..10).for_each(|digit| {
            add(&format!("{digit}{:011}", 98_765_432_101_u64), &first(&paths), &first(&names));
        });
        for path in &paths {
            names.iter().take(2).for_each(|name| add("987654321098", path, name));
        }
    }
    let longest =
        "arn:aws-us-gov:iam::123456789012:".len() + row.arn_noun.len() + longest_path + longest_name;
    Range { samples, longest, is_arn: true, what: "ARN" }
}

/// Patterns that were read, each with the texts that it was tried on: many parameters have the same.
#[derive(Default)]
struct Patterns(HashMap<String, Option<Pattern>>);

struct Pattern {
    read: regex_lite::Regex,
    tried: HashMap<String, bool>,
}

impl Patterns {
    /// Whether the whole of a text matches; `None` where the pattern is not understood.
    fn admits(&mut self, pattern: &str, text: &str) -> Option<bool> {
        if !self.0.contains_key(pattern) {
            let read = crate::facts::whole_pattern(pattern);
            self.0.insert(pattern.to_owned(), read.map(|read| Pattern { read, tried: HashMap::new() }));
        }
        let known = self.0.get_mut(pattern)?.as_mut()?;
        if let Some(result) = known.tried.get(text) {
            return Some(*result);
        }
        let result = known.read.is_match(text);
        known.tried.insert(text.to_owned(), result);
        Some(result)
    }
}

/// How long the application stack's name may be with the patterns, and with the names that what moved has itself.
fn shortest_bound(iam: &Side<'_>, proof: &Proof) -> usize {
    let moved = iam
        .common
        .monolith
        .resources
        .values()
        .filter(|resource| iam.system.resources.contains_key(resource.name));
    let own = moved.filter_map(|resource| longest_stack(resource, true)?.longest);
    own.chain(proof.needs.iter().filter_map(|need| need.longest)).min().unwrap_or(limit::STACK_NAME)
}

/// Whether a parameter admits all that can arrive; the partitions of which it admits nothing, where it admits all of
/// another.
fn admits(unit: &Unit, given: &[Range], patterns: &mut Patterns) -> Result<Vec<&'static str>, String> {
    if unit.text("Type") != Some("String") {
        return Err("is no `String`".to_owned());
    }
    let is_unknown = given.iter().any(|range| range.what.is_empty());
    if let Some(values) = unit.entry("AllowedValues") {
        let Expr::List(values) = values else {
            return Err("has `AllowedValues` that are no list".to_owned());
        };
        let admitted = |sample: &String| values.contains(&Expr::Text(sample.clone()));
        if is_unknown || !given.iter().flat_map(|range| &range.samples).all(admitted) {
            return Err("admits only the values that it lists".to_owned());
        }
    }
    let number = |key: &str| unit.text(key).and_then(|number| number.parse::<usize>().ok());
    if let Some(most) = number("MaxLength") {
        let longest = given.iter().map(|range| range.longest).max().unwrap_or(0);
        if longest > most {
            let length = if longest == usize::MAX { "any".to_owned() } else { longest.to_string() };
            return Err(format!("admits {most} characters, and {length} can arrive"));
        }
    }
    let least = number("MinLength").unwrap_or(0);
    let shortest = given.iter().flat_map(|range| &range.samples).map(|sample| sample.chars().count()).min();
    if least > 1 && (is_unknown || shortest.is_some_and(|shortest| shortest < least)) {
        return Err(format!("asks for {least} characters, and fewer can arrive"));
    }
    let Some(pattern) = unit.text("AllowedPattern") else { return Ok(Vec::new()) };
    let Some(admits_any) = patterns.admits(pattern, "any text that an attribute may be: /x?y=z") else {
        return Err("has an `AllowedPattern` that is not understood".to_owned());
    };
    if is_unknown && !admits_any {
        return Err("has an `AllowedPattern` that is not known to admit what arrives".to_owned());
    }
    let refused: HashSet<&String> = given
        .iter()
        .flat_map(|range| &range.samples)
        .filter(|sample| patterns.admits(pattern, sample) != Some(true))
        .collect();
    let is_match = |sample: &String| !refused.contains(sample);
    let of = |partition: &str, sample: &str| sample.starts_with(&format!("arn:{partition}:"));
    let arns = || given.iter().filter(|range| range.is_arn).flat_map(|range| &range.samples);
    let admitted_whole = |partition: &&str| arns().filter(|sample| of(partition, sample)).all(is_match);
    let refused_whole =
        |partition: &&str| arns().filter(|sample| of(partition, sample)).all(|sample| !is_match(sample));
    let without: Vec<&str> = if arns().next().is_some() && PARTITIONS.iter().any(admitted_whole) {
        PARTITIONS.into_iter().filter(refused_whole).collect()
    } else {
        Vec::new()
    };
    for range in given {
        let is_other = |sample: &str| range.is_arn && without.iter().any(|partition| of(partition, sample));
        if let Some(refused) = range.samples.iter().find(|sample| !is_match(sample) && !is_other(sample)) {
            return Err(format!(
                "has an `AllowedPattern` that refuses an {} such as `{refused}`: the whole value must match",
                range.what
            ));
        }
    }
    Ok(without)
}
