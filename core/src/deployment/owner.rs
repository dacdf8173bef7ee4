//! Whether the IAM stack that stands is this deployment's: two deployments in one account have names that are easily
//! mistaken for each other.

use super::contents::Contents;
use super::gate::Live;
use super::migrate::PLACEHOLDER;
use super::outputs::iam_arn;
use super::pattern::some;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::APP_STACK_PARAMETER;

/// What the IAM stack is expected to be.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'e> {
    /// The application stack's name.
    pub name: &'e str,
    /// The account of the credentials.
    pub account: &'e str,
    /// The IAM template that is to be deployed, where this run deploys it.
    pub iam: Option<&'e Contents>,
}

/// What says that an IAM stack is not this deployment's. `running` is its template, where it may be read.
#[must_use]
pub fn strange(live: &Live, running: Option<&Contents>, expected: &Expected<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let stack = &live.name;
    let parameter = running.and_then(Contents::stack_parameter).unwrap_or(APP_STACK_PARAMETER);
    if let Some(value) = live.parameters.get(parameter).filter(|value| *value != expected.name) {
        found.push(
            Diagnostic::new(
                Code::DPL019,
                format!("the stack `{stack}` is the IAM stack of `{value}`, not of `{}`", expected.name),
            )
            .help(format!(
                "its parameter `{parameter}` says so: its policies fit the resources of `{value}` alone"
            ))
            .help("correct `name` or `iam_stack_name`"),
        );
    }
    let foreign =
        live.outputs.iter().filter(|(_, value)| iam_arn(value).is_some()).find_map(|(name, value)| {
            let account = value.split(':').nth(4)?;
            (account != expected.account).then_some((name, account))
        });
    if let Some((output, account)) = foreign {
        found.push(
            Diagnostic::new(
                Code::DPL019,
                format!(
                    "the output `{output}` of the stack `{stack}` is of the account {account}, and these credentials are of {}",
                    expected.account
                ),
            )
            .help("use the credentials of the account that the stacks are in (--profile)"),
        );
    }
    if let (Some(running), Some(iam)) = (running, expected.iam) {
        let own = |kind: &str| kind.starts_with("AWS::IAM::") || kind == "AWS::CDK::Metadata";
        let others: Vec<&str> = running
            .resources
            .iter()
            .filter(|(name, kind)| name.as_str() != PLACEHOLDER && !own(kind))
            .map(|(name, _)| name.as_str())
            .collect();
        let shared = running.resources.keys().any(|name| iam.resources.contains_key(name));
        if !others.is_empty() {
            found.push(
                Diagnostic::new(
                    Code::DPL019,
                    format!("the stack `{stack}` is no IAM stack: it has {}", some(&others)),
                )
                .help("correct `iam_stack_name`: the update would delete them"),
            );
        } else if running.mark.is_none() && !shared && !running.resources.is_empty() {
            found.push(
                Diagnostic::new(
                    Code::DPL019,
                    format!(
                        "nothing of the stack `{stack}` is in the IAM template: it was made of another one"
                    ),
                )
                .help("correct `iam_stack_name`: the update would delete all that the stack has"),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    const IAM: &str = "\
Metadata: {IamSplit: {FormatVersion: 1, AppStack: {Parameter: App}}}
Parameters: {App: {Type: String}}
Resources: {R: {Type: AWS::IAM::Role}}
";

    fn said(running: &str, parameters: &[(&str, &str)], arn: &str) -> Vec<String> {
        let (running, iam) = (Contents::read(running, Source::Iam).0, Contents::read(IAM, Source::Iam).0);
        let live = Live {
            name: "shop-iam".to_owned(),
            parameters: parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            outputs: [("RArn".to_owned(), arn.to_owned())].into(),
            ..Live::default()
        };
        let expected = Expected { name: "shop", account: "123456789012", iam: iam.as_ref() };
        strange(&live, running.as_ref(), &expected).into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn a_stack_of_another_deployment_is_known_by_what_it_says_of_itself() {
        let arn = "arn:aws:iam::123456789012:role/x";
        assert_eq!(said(IAM, &[("App", "shop")], arn), [""; 0]);
        assert!(said(IAM, &[("App", "prod")], arn)[0].contains("is the IAM stack of `prod`, not of `shop`"));
        let other = "arn:aws:iam::999999999999:role/x";
        assert!(said(IAM, &[("App", "shop")], other)[0].contains("of the account 999999999999"));
        let bucket = "Resources: {R: {Type: AWS::IAM::Role}, B: {Type: AWS::S3::Bucket}}\n";
        assert!(said(bucket, &[], arn)[0].contains("is no IAM stack: it has `B`"));
        assert!(
            said("Resources: {X: {Type: AWS::IAM::Role}}\n", &[], arn)[0].contains("nothing of the stack")
        );
        // What was made by hand with the same names may be taken over.
        assert_eq!(said("Resources: {R: {Type: AWS::IAM::Role}}\n", &[], arn), [""; 0]);
        // A marked one may have all of its resources changed.
        assert_eq!(said(&IAM.replace("{R:", "{X:"), &[("App", "shop")], arn), [""; 0]);
    }
}
