//! A file with the ARNs of roles and policies that somebody made, in the place of an IAM stack.

use std::collections::BTreeMap;

use super::contents::Contents;
use super::gate::Live;
use super::outputs::iam_arn;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::{Kind, Node, parse};

/// Reads the file: what it says for each parameter, empty where it says nothing yet. It is a list of `ParameterKey` and
/// `ParameterValue`, as the command line of CloudFormation takes it, or names with values.
#[must_use]
pub fn read(text: &str) -> (BTreeMap<String, String>, Vec<Diagnostic>) {
    let parsed = parse(text);
    let wrong = |what: String| {
        Diagnostic::new(Code::DPL022, what)
            .help("write a list of `ParameterKey` and `ParameterValue`, or names with values; `iam-split tickets` writes one")
    };
    let mut found = Vec::new();
    if let Some(fault) = parsed.diagnostics.iter().find(|one| one.is_error()) {
        return (BTreeMap::new(), vec![wrong(format!("the file of ARNs cannot be read: {}", fault.message))]);
    }
    let mut values = BTreeMap::new();
    let mut put = |name: Option<&str>, value: Option<Node<'_, '_>>| {
        let text = value.map(Node::resolved).filter(|value| value.kind() == Kind::Scalar);
        let text = text.map(|value| if value.is_null() { "" } else { value.as_str().unwrap_or_default() });
        match (name, text) {
            (Some(name), Some(text)) if !name.is_empty() => {
                if values.insert(name.to_owned(), text.trim().to_owned()).is_some() {
                    found.push(wrong(format!("the file of ARNs has `{name}` twice")));
                }
            }
            (Some(name), _) => found.push(wrong(format!("`{name}` has no text in the file of ARNs"))),
            (None, _) => found.push(wrong("an entry of the file of ARNs has no `ParameterKey`".to_owned())),
        }
    };
    match parsed.document.root().map(Node::resolved) {
        Some(root) if root.kind() == Kind::Sequence => {
            for item in root.items().map(Node::resolved) {
                let name = item.get("ParameterKey").map(Node::resolved).and_then(Node::as_str);
                put(name, item.get("ParameterValue"));
            }
        }
        Some(root) if root.kind() == Kind::Mapping => {
            root.entries().for_each(|(key, value)| put(key.as_str(), Some(value)));
        }
        _ => found.push(wrong("the file of ARNs is empty".to_owned())),
    }
    (values, found)
}

/// The ARNs as a stack would give them out, and what is wrong with them: `account` is that of the credentials, where it is
/// known.
#[must_use]
pub fn standing(
    text: &str,
    file: &str,
    app: Option<&Contents>,
    account: Option<&str>,
) -> (Live, Vec<Diagnostic>) {
    let (values, mut found) = read(text);
    let named: std::collections::BTreeSet<String> = values.keys().cloned().collect();
    let mut live = Live { name: file.to_owned(), status: "CREATE_COMPLETE".to_owned(), ..Live::default() };
    for (name, value) in values {
        let declared = app.and_then(|app| app.parameters.get(&name));
        let output = declared.and_then(|declared| declared.output.clone());
        if app.is_some() && output.is_none() {
            let what = if declared.is_some() {
                format!("`{name}` of `{file}` is no parameter that takes IAM")
            } else {
                format!("the application template has no parameter `{name}`, which `{file}` fills")
            };
            found.push(
                Diagnostic::new(Code::DPL022, what)
                    .help("make the file anew: `iam-split tickets` keeps what is filled in"),
            );
            continue;
        }
        if value.is_empty() {
            found.push(
                Diagnostic::new(Code::DPL022, format!("`{name}` has no ARN yet in `{file}`"))
                    .help("write the ARN of what was made for its ticket"),
            );
            continue;
        }
        match iam_arn(&value).and_then(|_| value.split(':').nth(4)).zip(account) {
            None if iam_arn(&value).is_none() => found.push(
                Diagnostic::new(
                    Code::DPL022,
                    format!("`{name}` of `{file}` is `{value}`, which is no ARN of IAM"),
                )
                .help("write it as `arn:aws:iam::123456789012:role/NAME`"),
            ),
            Some((of, account)) if of != account => found.push(
                Diagnostic::new(
                    Code::DPL019,
                    format!(
                        "`{name}` of `{file}` is of the account {of}, and these credentials are of {account}"
                    ),
                )
                .help(
                    "use the credentials of the account that the role is in (--profile), or correct the ARN",
                ),
            ),
            _ => {}
        }
        live.outputs.insert(output.unwrap_or(name), value);
    }
    for (name, output) in app.into_iter().flat_map(Contents::iam_parameters) {
        let needs =
            app.and_then(|app| app.parameters.get(name)).is_some_and(|declared| declared.default.is_none());
        if needs && !live.outputs.contains_key(output) && !named.contains(name) {
            found.push(Diagnostic::new(Code::DPL022, format!("`{file}` has no entry for `{name}`")).help(
                "write its ARN there; `iam-split tickets` makes the file anew and keeps what is filled in",
            ));
        }
    }
    (live, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    const APP: &str = "\
Parameters:
  Role: {Type: String, Description: 'ARN of the role `Role`: output RoleArn of the IAM stack'}
  Other: {Type: String}
Resources: {T: {Type: AWS::SNS::Topic}}
";

    fn said(text: &str) -> (BTreeMap<String, String>, Vec<String>) {
        let app = Contents::read(APP, Source::App).0;
        let (live, found) = standing(text, "arns.json", app.as_ref(), Some("123456789012"));
        (live.outputs, found.into_iter().map(|one| one.message).collect())
    }

    #[test]
    fn arns_of_both_forms_are_what_a_stack_would_give_out() {
        let arn = "arn:aws:iam::123456789012:role/x";
        let wanted = BTreeMap::from([("RoleArn".to_owned(), arn.to_owned())]);
        let list = format!(r#"[{{"ParameterKey": "Role", "ParameterValue": "{arn}"}}]"#);
        assert_eq!(said(&list), (wanted.clone(), Vec::new()));
        assert_eq!(said(&format!("Role: {arn}\n")), (wanted, Vec::new()));
    }

    #[test]
    fn what_is_not_filled_in_or_wrong_is_said_all_at_once() {
        let one = |text: &str| said(text).1.join("\n");
        assert_eq!(one("Role: ''\n"), "`Role` has no ARN yet in `arns.json`");
        assert_eq!(one("Role:\n"), "`Role` has no ARN yet in `arns.json`");
        assert!(one("Role: x\n").contains("which is no ARN of IAM"));
        assert!(one("Role: 'arn:aws:iam::999999999999:role/x'\n").contains("is of the account 999999999999"));
        // Two that nobody takes, and one that is not there.
        assert_eq!(one("Other: 'arn:aws:iam::123456789012:role/x'\nNone: x\n").lines().count(), 3);
        assert!(one("").contains("is empty"));
        assert!(one("[{ParameterValue: x}]\n").contains("has no `ParameterKey`"));
        assert!(one("Role: {a: b}\n").contains("has no text"));
    }
}
