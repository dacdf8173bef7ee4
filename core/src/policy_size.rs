//! How long policies become, as far as the template tells.
//!
//! Source of the limits: IAM User Guide, "IAM and AWS STS quotas" ("IAM doesn't count white space").

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::expression::{Expr, lower};
use crate::facts::{Generated, noun, resource_type};
use crate::syntax::Node;
use crate::template::{Resource, Template};

/// The least and the most characters that a text can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Length {
    least: usize,
    most: usize,
}

/// A value of a parameter has at most 4,096 bytes.
const LONGEST_VALUE: usize = 4_096;
/// Names and ARNs of resources are rarely longer; none of the types we know has a longer ARN.
const LONGEST_ARN: usize = 256;

/// A template, and the parameters that are known to take names or ARNs.
struct Texts<'p, 'd, 't> {
    template: &'p Template<'d, 't>,
    laters: &'p [&'p str],
    /// Parameters that name resources, with the longest name that the types admit.
    names: BTreeMap<String, usize>,
}

/// The parameters of which names of resources are made: a bucket's name is not as long as a value may be.
fn names(monolith: &Template<'_, '_>) -> BTreeMap<String, usize> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for resource in monolith.resources.values() {
        let Some(row) = resource_type(resource.kind).filter(|row| !row.name_property.is_empty()) else {
            continue;
        };
        let longest = match row.generated {
            Generated::StackLogical { max, .. } => usize::from(max),
            _ => LONGEST_ARN,
        };
        if let Some(name) = resource.property(row.name_property) {
            lower(name).walk(&mut |part| {
                if let Expr::Ref(parameter) = part {
                    let known = names.entry(parameter.clone()).or_insert(longest);
                    *known = longest.min(*known);
                }
            });
        }
    }
    names
}

/// A limit on a part of a resource.
struct Limit {
    characters: usize,
    what: &'static str,
    /// Whether AWS raises it on request.
    adjustable: bool,
}

const MANAGED: Limit = Limit { characters: 6_144, what: "a managed policy", adjustable: false };
const ROLE: Limit = Limit { characters: 10_240, what: "the inline policies of a role", adjustable: false };
const USER: Limit = Limit { characters: 2_048, what: "the inline policies of a user", adjustable: false };
const GROUP: Limit = Limit { characters: 5_120, what: "the inline policies of a group", adjustable: false };
const TRUST: Limit = Limit { characters: 2_048, what: "a trust policy", adjustable: true };

/// What bridging makes too long: findings for resources of the IAM template that fitted in the monolith.
/// `laters` are the parameters of the IAM template that take names or ARNs of the application.
#[must_use]
pub(crate) fn grown(monolith: &Template<'_, '_>, iam: &Template<'_, '_>, laters: &[&str]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let before = Texts { template: monolith, laters: &[], names: names(monolith) };
    let after = Texts { template: iam, laters, names: names(monolith) };
    for (name, resource) in &iam.resources {
        let Some(original) = monolith.resources.get(name) else { continue };
        for ((limit, after), (_, before)) in sizes(&after, resource).into_iter().zip(sizes(&before, original))
        {
            let place = original.declaration.key.outer();
            let size = |length: Length| {
                if length.least == length.most {
                    format!("{}", length.most)
                } else {
                    format!("{} to {}", length.least, length.most)
                }
            };
            let message = |may: &str| {
                format!(
                    "{} `{name}` {may} too long: {} characters where {} may have {}",
                    noun(resource.kind).to_lowercase(),
                    size(after),
                    limit.what,
                    limit.characters
                )
            };
            let help = "split the policy, or give the application resources shorter explicit names";
            if after.least > limit.characters && before.least <= limit.characters {
                let severity = if limit.adjustable { Severity::Warning } else { Severity::Error };
                found.push(
                    Diagnostic::new(Code::LIM004, message("becomes"))
                        .with_severity(severity)
                        .at(place, "this resource")
                        .help(help),
                );
            } else if after.most > limit.characters && before.most <= limit.characters {
                found.push(
                    Diagnostic::new(Code::LIM004, message("may become"))
                        .with_severity(Severity::Warning)
                        .at(place, "this resource")
                        .help(help),
                );
            }
        }
    }
    found
}

fn sizes(template: &Texts<'_, '_, '_>, resource: &Resource<'_, '_>) -> Vec<(Limit, Length)> {
    let document = |path: &[&str]| {
        resource.property(path).map_or(Length::default(), |node| json(template, &lower(node)))
    };
    let inline = || {
        let policies = resource.property(&["Policies"]).into_iter().flat_map(Node::items).map(Node::resolved);
        policies.fold(Length::default(), |sum, policy| {
            let length = policy
                .get("PolicyDocument")
                .map_or_else(|| json(template, &lower(policy)), |document| json(template, &lower(document)));
            add(sum, length)
        })
    };
    match resource.kind {
        "AWS::IAM::ManagedPolicy" => vec![(MANAGED, document(&["PolicyDocument"]))],
        "AWS::IAM::Role" => vec![(ROLE, inline()), (TRUST, document(&["AssumeRolePolicyDocument"]))],
        "AWS::IAM::User" => vec![(USER, inline())],
        "AWS::IAM::Group" => vec![(GROUP, inline())],
        _ => Vec::new(),
    }
}

fn add(a: Length, b: Length) -> Length {
    Length { least: a.least + b.least, most: a.most.saturating_add(b.most) }
}

fn exactly(length: usize) -> Length {
    Length { least: length, most: length }
}

/// The length of a value written as JSON without white space.
fn json(template: &Texts<'_, '_, '_>, expr: &Expr) -> Length {
    let listed = |lengths: Vec<Length>| {
        let commas = lengths.len().saturating_sub(1);
        lengths.into_iter().fold(exactly(2 + commas), add)
    };
    match expr {
        Expr::List(items) => listed(items.iter().map(|item| json(template, item)).collect()),
        Expr::Map(entries) => listed(
            entries
                .iter()
                .map(|(key, value)| add(exactly(visible(key) + 3), json(template, value)))
                .collect(),
        ),
        Expr::Call(name, arguments) if name == "If" => {
            let branch =
                |at: usize| arguments.get(at).map_or(Length::default(), |branch| json(template, branch));
            let (yes, no) = (branch(1), branch(2));
            Length { least: yes.least.min(no.least), most: yes.most.max(no.most) }
        }
        Expr::Ref(name) if name == "AWS::NoValue" => Length::default(),
        Expr::Plain(text) => exactly(text.len() + 2),
        text => add(exactly(2), characters(template, text)),
    }
}

/// The length of a text.
fn characters(template: &Texts<'_, '_, '_>, expr: &Expr) -> Length {
    match expr {
        Expr::Text(text) | Expr::Plain(text) => exactly(visible(text)),
        Expr::Concat(parts) => {
            parts.iter().map(|part| characters(template, part)).fold(Length::default(), add)
        }
        Expr::Named(_, inner) => characters(template, inner),
        Expr::Ref(name) => reference(template, name),
        Expr::GetAtt(..) => Length { least: 1, most: LONGEST_ARN },
        Expr::Call(name, arguments) => match (name.as_str(), arguments.as_slice()) {
            ("If", [_, yes, no]) => {
                let (yes, no) = (characters(template, yes), characters(template, no));
                Length { least: yes.least.min(no.least), most: yes.most.max(no.most) }
            }
            ("Join", [delimiter, Expr::List(items)]) => {
                let delimiter = characters(template, delimiter);
                let between = items.len().saturating_sub(1);
                let delimiters =
                    Length { least: delimiter.least * between, most: delimiter.most.saturating_mul(between) };
                items.iter().map(|item| characters(template, item)).fold(delimiters, add)
            }
            // `Join '_' (Split '-' text)` is as long as the text.
            ("Join", [_, Expr::Call(split, inner)]) if split == "Split" => {
                inner.get(1).map_or(Length::default(), |text| characters(template, text))
            }
            _ => Length { least: 0, most: LONGEST_ARN },
        },
        _ => Length { least: 0, most: LONGEST_ARN },
    }
}

fn reference(template: &Texts<'_, '_, '_>, name: &str) -> Length {
    // Regions are `us-east-1` to `ap-southeast-10`, partitions `aws` to `aws-us-gov`.
    match name {
        "AWS::AccountId" => return exactly(12),
        "AWS::Partition" => return Length { least: 3, most: 10 },
        "AWS::Region" => return Length { least: 9, most: 16 },
        "AWS::URLSuffix" => return Length { least: 13, most: 20 },
        "AWS::StackName" => return Length { least: 1, most: 128 },
        _ => {}
    }
    let parameter = template.template.parameters.get(name).filter(|_| !template.laters.contains(&name));
    let Some(parameter) = parameter else {
        return Length { least: 1, most: LONGEST_ARN };
    };
    let number = |key: &str| parameter.value.get(key).and_then(Node::as_str)?.parse::<usize>().ok();
    let allowed =
        parameter.value.get("AllowedValues").into_iter().flat_map(Node::items).filter_map(Node::as_str);
    let lengths: Vec<usize> = allowed.map(str::len).collect();
    match (lengths.iter().min(), lengths.iter().max()) {
        (Some(least), Some(most)) => Length { least: *least, most: *most },
        _ => Length {
            least: number("MinLength").unwrap_or(0),
            most: number("MaxLength")
                .unwrap_or(LONGEST_VALUE)
                .min(template.names.get(name).copied().unwrap_or(LONGEST_VALUE)),
        },
    }
}

fn visible(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    fn found(policy: &str, after: &str) -> Vec<(Severity, String)> {
        let text = |resource: &str| {
            format!(
                "Parameters: {{Name: {{Type: String, MaxLength: 25}}}}\nResources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties: {{PolicyDocument: {{Statement: [{policy}], Resource: {resource}}}}}\n"
            )
        };
        let (before, after) = (text("!GetAtt B.Arn"), text(after));
        let (before, after) = (parse(&before), parse(&after));
        let (before, _) = crate::template::read(&before.document);
        let (after, _) = crate::template::read(&after.document);
        grown(&before.unwrap(), &after.unwrap(), &[])
            .into_iter()
            .map(|found| (found.severity, found.message))
            .collect()
    }

    #[test]
    fn a_policy_that_bridging_makes_too_long_is_named() {
        let fits = "x".repeat(6_144 - 300);
        assert_eq!(found(&fits, "!Sub '${Name}-*'"), []);
        let long = "y".repeat(400);
        let said = found(&fits, &format!("!Sub '{long}${{Name}}'"));
        assert_eq!(said.len(), 1);
        assert_eq!(said[0].0, Severity::Error);
        assert!(said[0].1.contains("policy `P` becomes too long: 6276 to 6301 characters"), "{}", said[0].1);
    }

    #[test]
    fn what_only_the_longest_values_make_too_long_is_a_warning() {
        let tight = "x".repeat(6_144 - 300);
        let some = "y".repeat(250);
        let said = found(&tight, &format!("!Sub '{some}${{Name}}'"));
        assert_eq!(said.first().map(|said| said.0), Some(Severity::Warning), "{said:?}");
    }
}
