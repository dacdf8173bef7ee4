//! What the IAM template must hold.

use super::Pair;
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::expression::{Expr, lower};
use crate::facts::{ArnFrom, iam_type, noun};
use crate::syntax::Node;

/// Every configured role and managed policy is in it. One that is in neither template may be missing
/// from the monolith already; one in the application template was not taken out.
pub(super) fn configured(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let Some(config) = pair.config else { return Vec::new() };
    let extraction = &config.extraction;
    let names = extraction.roles.iter().chain(&extraction.policies);
    let mut found = Vec::new();
    for name in names.filter(|name| !pair.iam.resources.contains_key(name.as_str())) {
        let kept = pair.iam.mark().and_then(|mark| mark.get("Kept"));
        if kept.is_some_and(|kept| kept.items().any(|item| item.as_str() == Some(name))) {
            continue;
        }
        let mut finding =
            Diagnostic::new(Code::CTR003, format!("the IAM template does not have the configured `{name}`"));
        if let Some(resource) = pair.app.resources.get(name.as_str()) {
            finding = finding.label(
                Source::App,
                resource.declaration.key.outer(),
                "it stands in the application template",
            );
        } else {
            finding = finding.with_severity(crate::diagnostic::Severity::Warning);
        }
        found.push(
            finding.help("make sure that the configuration names all required resources, and split again"),
        );
    }
    found
}

/// Bucket and queue policies, functions and queues belong to the application.
pub(super) fn only_iam(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let strangers =
        pair.iam.resources.values().filter(|resource| !resource.is_iam() && !resource.kind.is_empty());
    strangers
        .map(|resource| {
            Diagnostic::new(
                Code::CTR004,
                format!(
                    "the IAM template holds the {} `{}`",
                    noun(resource.kind).to_lowercase(),
                    resource.name
                ),
            )
            .label(Source::Iam, resource.declaration.key.outer(), "this resource")
            .help("move it to the application template")
        })
        .collect()
}

/// An output with the ARN for every role and managed policy.
pub(super) fn outputs(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for resource in pair.iam.resources.values() {
        let Some(row) = iam_type(resource.kind).filter(|row| row.arn != ArnFrom::Nothing) else { continue };
        let wanted = format!("{}Arn", resource.name);
        let value = match row.arn {
            ArnFrom::Attribute(attribute) => Expr::GetAtt(resource.name.to_owned(), attribute.to_owned()),
            _ => Expr::reference(resource.name),
        };
        match pair.iam.outputs.get(wanted.as_str()) {
            None => found.push(
                Diagnostic::new(Code::CTR001, format!("Output missing in IAM template: {wanted}"))
                    .label(Source::Iam, resource.declaration.key.outer(), "for this resource")
                    .help("make sure that the configuration names all required resources, and split again"),
            ),
            Some(output) => {
                let given = output.value.get("Value").map(lower);
                let same = given.as_ref() == Some(&value)
                    || (row.ref_is_arn && given == Some(Expr::reference(resource.name)));
                if !same {
                    found.push(
                        Diagnostic::new(
                            Code::CTR001,
                            format!("the output `{wanted}` is not the ARN of `{}`", resource.name),
                        )
                        .label(Source::Iam, output.key.outer(), "this output")
                        .help("give it the value that its name says"),
                    );
                }
                if output.value.get("Condition").and_then(Node::as_str) != resource.condition {
                    found.push(
                        Diagnostic::new(
                            Code::CTR001,
                            format!("the output `{wanted}` has another condition than `{}`", resource.name),
                        )
                        .label(Source::Iam, output.key.outer(), "this output")
                        .help("an output exists exactly when its resource does"),
                    );
                }
            }
        }
    }
    // The application asks for what nobody gives.
    for (name, parameter) in &pair.app.parameters {
        let description = parameter.value.get("Description").and_then(Node::as_str).unwrap_or_default();
        let Some(output) = description.split(": output ").nth(1).and_then(|rest| rest.split(' ').next())
        else {
            continue;
        };
        if !pair.iam.outputs.contains_key(output)
            && description.ends_with("of the IAM stack")
            && !pair.iam.resources.contains_key(name)
        {
            found.push(
                Diagnostic::new(Code::CTR001, format!("Output missing in IAM template: {output}"))
                    .label(Source::App, parameter.key.outer(), "this parameter takes it")
                    .help("split again, so that both templates are of one run"),
            );
        }
    }
    found
}

/// Every output is exported as `${AWS::StackName}-` and its name.
pub(super) fn exports(pair: &Pair<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, output) in &pair.iam.outputs {
        let wanted = Expr::concat([Expr::reference("AWS::StackName"), Expr::text(format!("-{name}"))]);
        let export = output.value.get("Export").and_then(|export| export.get("Name"));
        let given = export.map(|export| {
            let names =
                crate::normal::Names { substitute: &|_| None, condition: &|_| None, name_index: &|_| None };
            crate::normal::normal(&lower(export), &names)
        });
        if given != Some(wanted) {
            let what = if export.is_none() { "is not exported" } else { "is exported under another name" };
            found.push(
                Diagnostic::new(Code::CTR005, format!("the output `{name}` {what}"))
                    .label(Source::Iam, output.key.outer(), "this output")
                    .help(format!("export it as `${{AWS::StackName}}-{name}`")),
            );
        }
    }
    found
}
