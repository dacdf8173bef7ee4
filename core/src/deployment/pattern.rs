//! External or inline: which pattern a deployment follows, and templates that do not fit it.

use super::contents::Contents;
use super::settings::{Pattern, Settings};
use crate::diagnostic::{Code, Diagnostic};

/// The pattern of a deployment. External: an IAM template or the IAM stack's name is given, or the
/// application template declares parameters for IAM. Else inline: one stack.
#[must_use]
pub fn pattern(settings: &Settings, app: Option<&Contents>) -> Pattern {
    settings.pattern.unwrap_or_else(|| {
        let declares = app.is_some_and(|app| app.iam_parameters().next().is_some());
        if settings.iam_template.is_some() || settings.iam_stack_named || settings.arns.is_some() || declares
        {
            Pattern::External
        } else {
            Pattern::Inline
        }
    })
}

/// Templates that do not fit the pattern: found before anything is called.
#[must_use]
pub fn misuse(settings: &Settings, app: Option<&Contents>, iam: Option<&Contents>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut wrong =
        |message: String, help: &str| found.push(Diagnostic::new(Code::DPL006, message).help(help));
    if let Some(app) = app
        && app.mark.is_some()
    {
        wrong(
            "the application template is an IAM template".to_owned(),
            "give the application template as `template`, and this one as `iam_template`",
        );
        return found;
    }
    let of_iam_stack = [
        (settings.iam_template.is_some(), "iam_template"),
        (settings.iam_stack_named, "iam_stack_name"),
        (!settings.iam_parameters.is_empty(), "iam_parameters"),
        (!settings.iam_tags.is_empty(), "iam_tags"),
        (settings.iam_role_arn.is_some(), "iam_role_arn"),
    ];
    if settings.arns.is_some() {
        for (_, key) in of_iam_stack.iter().filter(|(given, _)| *given) {
            wrong(
                format!("`{key}` has no meaning beside `arns`: the file stands in the place of an IAM stack"),
                "remove one of the two",
            );
        }
    }
    match pattern(settings, app) {
        Pattern::Inline => {
            if let Some(app) = app {
                let names: Vec<&str> = app.iam_parameters().map(|(name, _)| name).collect();
                if !names.is_empty() {
                    wrong(
                        format!("a split template in the inline pattern: nothing fills {}", some(&names)),
                        "give its IAM template as `iam_template` or the IAM stack as `iam_stack_name`, or deploy the monolith",
                    );
                }
            }
            for (given, key) in of_iam_stack.into_iter().chain([(settings.arns.is_some(), "arns")]) {
                if given {
                    wrong(
                        format!("`{key}` has no meaning in the inline pattern: there is one stack"),
                        "remove it, or give a split pair as `template` and `iam_template`",
                    );
                }
            }
        }
        Pattern::External => {
            let Some(app) = app else { return found };
            let takes = |name: &str, declared: &super::contents::Declared| {
                declared.output.is_some()
                    || declared.allowed_pattern.as_deref().is_some_and(|pattern| pattern.contains(":iam::"))
                    || iam.is_some_and(|iam| {
                        iam.outputs.contains_key(name) || iam.outputs.contains_key(&format!("{name}Arn"))
                    })
            };
            let fits = app.parameters.iter().any(|(name, declared)| takes(name, declared));
            if !fits {
                let roles: Vec<&str> = app.roles_and_policies().collect();
                let what = if roles.is_empty() {
                    "it declares no parameter for IAM".to_owned()
                } else {
                    format!("it creates {} itself and declares no parameter for IAM", some(&roles))
                };
                wrong(
                    format!("a monolith in the external pattern: {what}"),
                    "give the application template of the pair (`iam-split split` makes it), or leave out `iam_template` and `iam_stack_name`",
                );
            }
            if let Some(iam) = iam
                && let Some((name, kind)) =
                    iam.resources.iter().find(|(_, kind)| !kind.starts_with("AWS::IAM::"))
            {
                wrong(
                    format!("the IAM template creates `{name}`, a {kind}: it is no IAM template"),
                    "give the IAM template of the pair as `iam_template`",
                );
            }
        }
    }
    found
}

/// `A`, `B`, `C` and 29 more.
#[must_use]
pub fn some(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(3) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
