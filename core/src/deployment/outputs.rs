//! Flow 3: from the IAM stack's outputs to the application stack's parameters.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::contents::Contents;
use crate::diagnostic::{Code, Diagnostic};
use crate::facts::iam_type;

/// The kind of thing that an IAM ARN names (`role`, `policy` …); `None` for what is no ARN of IAM.
///
/// Source: IAM User Guide, "IAM identifiers"; AWS General Reference, "Amazon Resource Names".
#[must_use]
pub fn iam_arn(text: &str) -> Option<&str> {
    let mut parts = text.splitn(6, ':');
    let (arn, partition, service, region, account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (noun, name) = resource.split_once('/')?;
    let fits = arn == "arn"
        && (partition == "aws" || partition.starts_with("aws-"))
        && service == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && !name.is_empty()
        && !name.contains(|c: char| c.is_whitespace() || c == '*');
    fits.then_some(noun)
}

/// The parameter that an output fills: its name without `Arn`, else its own name.
#[must_use]
pub fn parameter_of<'o>(output: &'o str, app: &Contents) -> Option<&'o str> {
    let stem = output.strip_suffix("Arn").filter(|stem| app.parameters.contains_key(*stem));
    stem.or_else(|| app.parameters.contains_key(output).then_some(output))
}

/// What the application stack takes of the outputs, and what is wrong with them.
#[must_use]
pub fn taken(
    outputs: &BTreeMap<String, String>,
    iam: Option<&Contents>,
    app: &Contents,
) -> (BTreeMap<String, String>, Vec<Diagnostic>) {
    let mut values = BTreeMap::new();
    for (output, value) in outputs {
        if let Some(parameter) = parameter_of(output, app) {
            values.insert(parameter.to_owned(), value.clone());
        }
    }
    let mut found = missing(outputs, iam, Some(app));
    found.extend(malformed(outputs, iam));
    (values, found)
}

/// Outputs that must be there and are not: those that the IAM template declares without a condition, and
/// those without which a parameter of the application has no value.
#[must_use]
pub fn missing(
    outputs: &BTreeMap<String, String>,
    iam: Option<&Contents>,
    app: Option<&Contents>,
) -> Vec<Diagnostic> {
    let mut names: Vec<&str> = Vec::new();
    if let Some(iam) = iam {
        names.extend(
            iam.outputs.iter().filter(|(_, output)| !output.conditional).map(|(name, _)| name.as_str()),
        );
    }
    if let Some(app) = app {
        let needed = app
            .iam_parameters()
            .filter(|(name, _)| app.parameters.get(*name).is_some_and(|declared| declared.default.is_none()));
        names.extend(needed.map(|(_, output)| output));
    }
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| !outputs.contains_key(*name))
        .map(|name| {
            Diagnostic::new(Code::DPL011, format!("Stack output missing: {name}"))
                .help("deploy the IAM template of this pair first: `iam-split deploy iam`")
        })
        .collect()
}

/// Outputs that ought to be ARNs and are not.
#[must_use]
pub fn malformed(outputs: &BTreeMap<String, String>, iam: Option<&Contents>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, value) in outputs {
        let declared = iam.and_then(|iam| iam.outputs.get(name)).and_then(|output| output.arn_of.as_deref());
        let wanted = declared.and_then(iam_type).map(|row| row.arn_noun);
        // Without the template an output's name says whether it is an ARN.
        if wanted.is_none() && (iam.is_some() || !name.ends_with("Arn")) {
            continue;
        }
        let given = iam_arn(value);
        if given.is_none() || wanted.is_some_and(|wanted| given != Some(wanted)) {
            let noun = wanted.map_or("of IAM".to_owned(), |noun| format!("of a {noun}"));
            found.push(
                Diagnostic::new(
                    Code::DPL011,
                    format!("the output `{name}` is `{value}`, which is no ARN {noun}"),
                )
                .help("correct the output in the IAM template, and deploy it again"),
            );
        }
    }
    found
}

/// How outputs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Columns for people.
    #[default]
    Table,
    /// One JSON object.
    Json,
    /// `NAME="value"` lines for a shell.
    Env,
    /// `name = "value"` lines for Terraform.
    Tfvars,
}

/// What is written beside the outputs: the stack's own id and name.
#[derive(Clone, Copy, Debug)]
pub struct StackNames<'s> {
    /// The stack's id.
    pub id: &'s str,
    /// The stack's name.
    pub name: &'s str,
}

/// Writes outputs, the stack's id and name among them.
#[must_use]
pub fn written(outputs: &BTreeMap<String, String>, stack: StackNames<'_>, format: Format) -> String {
    let mut text = String::new();
    let own = [("stack_id", stack.id), ("stack_name", stack.name)];
    let rows = || own.into_iter().chain(outputs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    // Writing to a string cannot fail.
    match format {
        Format::Table => {
            let width = rows().map(|(name, _)| name.len()).max().unwrap_or(0);
            for (name, value) in rows() {
                let _ = writeln!(text, "{name:width$}  {value}");
            }
        }
        Format::Json => {
            let document =
                serde_json::json!({"stack_id": stack.id, "stack_name": stack.name, "outputs": outputs});
            let _ = writeln!(text, "{document:#}");
        }
        Format::Env => {
            for (name, value) in rows() {
                let _ = writeln!(text, "{}={}", env_name(name), env_quoted(value));
            }
        }
        Format::Tfvars => {
            for (name, value) in rows() {
                let _ = writeln!(text, "{name} = {}", hcl_quoted(value));
            }
        }
    }
    text
}

/// `SearchHandlerRoleArn` as `SEARCH_HANDLER_ROLE_ARN`: what shells and `.env` files are used to.
fn env_name(name: &str) -> String {
    let mut text = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        let begins = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit() && after.is_some_and(char::is_ascii_lowercase)
                    || before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase)
            });
        if begins {
            text.push('_');
        }
        text.push(if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    }
    text
}

/// In single quotes, in which a shell and `.env` readers take every character as it is.
fn env_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Source: Terraform language, "Strings and templates": escapes, and `${` and `%{` doubled.
fn hcl_quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\r', "\\r")
        .replace('\t', "\\t")
        .replace("${", "$${")
        .replace("%{", "%%{");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_iam_are_known() {
        assert_eq!(iam_arn("arn:aws:iam::123456789012:role/path/A"), Some("role"));
        assert_eq!(iam_arn("arn:aws-us-gov:iam::123456789012:policy/A"), Some("policy"));
        for wrong in [
            "",
            "A",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::12345678901:role/A",
            "arn:aws:s3:::b/k",
            "arn:aws:iam::123456789012:role/a b",
            "arn:awsx:iam::123456789012:role/A",
            "arn:aws:iam::123456789012:role",
        ] {
            assert_eq!(iam_arn(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn outputs_are_written_for_shells_and_terraform() {
        let outputs = BTreeMap::from([("S3HashRoleArn".to_owned(), "it's ${x}".to_owned())]);
        let stack = StackNames { id: "arn:1", name: "a-iam" };
        assert_eq!(
            written(&outputs, stack, Format::Env),
            "STACK_ID='arn:1'\nSTACK_NAME='a-iam'\nS3_HASH_ROLE_ARN='it'\\''s ${x}'\n"
        );
        assert!(written(&outputs, stack, Format::Tfvars).ends_with("S3HashRoleArn = \"it's $${x}\"\n"));
        assert!(written(&outputs, stack, Format::Table).starts_with("stack_id       arn:1\n"));
        let json: serde_json::Value = serde_json::from_str(&written(&outputs, stack, Format::Json)).unwrap();
        assert_eq!(json["outputs"]["S3HashRoleArn"], "it's ${x}");
    }
}
