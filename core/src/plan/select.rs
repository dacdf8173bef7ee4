//! What moves.

use crate::config::ConfigFile;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::facts::{Moves, iam_type, noun};
use crate::template::{Resource, Template};

/// The options of a run that decide what moves.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'c, 't> {
    /// The configuration, if there is one.
    pub config: Option<&'c ConfigFile<'t>>,
    /// Whether configured names may be absent.
    pub allow_missing: bool,
    /// Whether the IAM types that are neither roles nor managed policies move too.
    pub all_iam: bool,
}

/// The logical ids that the configuration and the options ask to move, in the order of the template.
#[must_use]
pub fn selected<'d>(template: &Template<'d, '_>, selection: &Selection<'_, '_>) -> Vec<&'d str> {
    select(template, selection).0
}

/// The logical ids that move, in the order of the template, and what is wrong with the choice.
#[must_use]
pub(super) fn select<'d>(
    template: &Template<'d, '_>,
    selection: &Selection<'_, '_>,
) -> (Vec<&'d str>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let excluded: Vec<&str> = match selection.config {
        Some(file) => {
            configured(template, file, selection, &mut names, &mut found);
            file.config.extraction.exclude_policies.iter().map(String::as_str).collect()
        }
        None => Vec::new(),
    };
    let by_type = |resource: &Resource<'_, '_>| match iam_type(resource.kind).map(|row| row.moves) {
        Some(Moves::ByDefault) => selection.all_iam || !selection.config.is_some_and(ConfigFile::selects),
        Some(Moves::WithAllIam) => selection.all_iam,
        _ => false,
    };
    let mut moved = Vec::new();
    for (name, resource) in &template.resources {
        let by_type = by_type(resource) && !excluded.contains(name) && secret_of(resource).is_none();
        let chosen = names.contains(name) || by_type;
        if chosen {
            moved.push(*name);
        }
        if selection.all_iam
            && let Some(secret) = secret_of(resource)
        {
            found.push(
                Diagnostic::new(Code::SEL003, format!("`{name}` stays with the application: {secret}"))
                    .at(resource.declaration.key.outer(), "this resource"),
            );
        }
    }
    if moved.is_empty() && !found.iter().any(Diagnostic::is_error) {
        found.push(
            Diagnostic::new(Code::SEL001, "there is nothing to move: no IAM resource is selected").help(
                if selection.all_iam {
                    "this template needs no split"
                } else {
                    "`--all-iam` also takes the IAM types that are neither roles nor managed policies"
                },
            ),
        );
    }
    let declared = template.section("Resources").map_or(0, |resources| resources.entries().count());
    if !moved.is_empty() && moved.len() == declared {
        found.push(
            Diagnostic::new(Code::SEL002, "every resource would move: nothing is left for the application")
                .help("deploy the template as it is; it is an IAM template already"),
        );
    }
    (moved, found)
}

/// Why a resource never moves; `None` if it may.
pub(super) fn secret_of(resource: &Resource<'_, '_>) -> Option<&'static str> {
    match resource.kind {
        "AWS::IAM::AccessKey" => Some("an access key gives out its secret as an attribute"),
        "AWS::IAM::ServerCertificate" => Some("a server certificate holds a private key"),
        "AWS::IAM::User" if resource.property(&["LoginProfile"]).is_some() => {
            Some("its login profile holds a password")
        }
        _ => None,
    }
}

fn configured<'c>(
    template: &Template<'_, '_>,
    file: &'c ConfigFile<'_>,
    selection: &Selection<'_, '_>,
    names: &mut Vec<&'c str>,
    found: &mut Vec<Diagnostic>,
) {
    let extraction = &file.config.extraction;
    let lists = [
        ("roles", &extraction.roles, "AWS::IAM::Role"),
        ("policies", &extraction.policies, "AWS::IAM::ManagedPolicy"),
    ];
    for (list, wanted, kind) in lists {
        for name in wanted {
            let place = file.place(list, name);
            if extraction.exclude_policies.contains(name) {
                found.push(
                    Diagnostic::new(
                        Code::CFG005,
                        format!("`{name}` stands under `{list}` and under `exclude_policies`"),
                    )
                    .in_config(place, "extracted here")
                    .in_config(file.place("exclude_policies", name), "excluded here")
                    .help("keep it in one of the two lists"),
                );
                continue;
            }
            match template.resources.get(name.as_str()) {
                None => missing(template, selection, name, kind, place, found),
                Some(resource) if resource.kind != kind => {
                    found.push(
                        Diagnostic::new(
                            Code::CFG004,
                            format!("`{name}` is no `{kind}` but `{}`", resource.kind),
                        )
                        .in_config(place, format!("listed under `{list}`"))
                        .at(resource.declaration.key.outer(), "declared here")
                        .help(match (resource.kind, list) {
                            ("AWS::IAM::Role", _) => "list it under `roles`",
                            ("AWS::IAM::ManagedPolicy", _) => "list it under `policies`",
                            (kind, _) if kind.starts_with("AWS::IAM::") => {
                                "`--all-iam` moves IAM of other types; remove the name here"
                            }
                            _ => "remove it: it is no IAM resource and stays with the application",
                        }),
                    );
                }
                Some(_) if names.contains(&name.as_str()) => {}
                Some(_) => names.push(name),
            }
        }
    }
    for name in &extraction.exclude_policies {
        if !template.resources.contains_key(name.as_str()) {
            found.push(
                Diagnostic::new(Code::CFG007, format!("the excluded `{name}` is not in the template"))
                    .in_config(file.place("exclude_policies", name), "excluded here"),
            );
        }
    }
    for name in file.config.resolution.resources.keys() {
        if !template.resources.contains_key(name.as_str()) {
            let help = did_you_mean(name, template.resources.keys().copied())
                .unwrap_or_else(|| "remove it".to_owned());
            found.push(
                Diagnostic::new(
                    Code::CFG003,
                    format!("`{name}` has a resolution, but is not in the template"),
                )
                .with_severity(crate::diagnostic::Severity::Warning)
                .in_config(file.value_place(&["resolution", "resources", name]), "its resolution")
                .help(help),
            );
        }
    }
}

fn missing(
    template: &Template<'_, '_>,
    selection: &Selection<'_, '_>,
    name: &str,
    kind: &str,
    place: crate::text::Span,
    found: &mut Vec<Diagnostic>,
) {
    let same_kind =
        template.resources.values().filter(|resource| resource.kind == kind).map(|resource| resource.name);
    let near = did_you_mean(name, same_kind);
    let mut diagnostic = Diagnostic::new(
        Code::CFG003,
        format!("the {} `{name}` is not in the template", noun(kind).to_lowercase()),
    )
    .in_config(place, "configured here");
    if let Some(near) = near {
        diagnostic = diagnostic.help(near);
    }
    found.push(if selection.allow_missing {
        diagnostic.with_severity(crate::diagnostic::Severity::Note)
    } else {
        diagnostic.help(
            "remove the name, or pass `--allow-missing` where one configuration serves several versions",
        )
    });
}
