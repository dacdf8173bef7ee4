//! Who uses a stack: importers of its exports, and what is attached to its roles and policies from outside.

use std::collections::{BTreeMap, BTreeSet};

use iam_split_core::deployment::gate::{Live, LiveResource};
use iam_split_core::deployment::usage::{attaches, strangers};
use tokio::task::JoinSet;

use super::{Aws, failed, is};
use crate::exit::Failure;

/// Calls at the same time: as many as CloudFormation and IAM bear from one account.
const AT_ONCE: usize = 8;

/// The stacks that import each export of a stack.
pub(crate) async fn importers(aws: &Aws, live: &Live) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let exports: Vec<String> = live.exports.values().cloned().collect();
    let mut importers = BTreeMap::new();
    for some in exports.chunks(AT_ONCE) {
        let mut calls = JoinSet::new();
        for export in some.iter().cloned() {
            let client = aws.cloudformation.clone();
            calls.spawn(async move {
                let mut pages = client.list_imports().export_name(&export).into_paginator().send();
                let mut stacks = Vec::new();
                while let Some(page) = pages.next().await {
                    match page {
                        Ok(page) => stacks.extend(page.imports().iter().cloned()),
                        // An export that nobody imports is an error for CloudFormation.
                        Err(error) if is(&error, "ValidationError", "not imported") => break,
                        Err(error) => {
                            return Err(failed(&format!("cannot ask who imports `{export}`"), &error));
                        }
                    }
                }
                Ok((export, stacks))
            });
        }
        for answer in calls.join_all().await {
            let (export, stacks) = answer?;
            if !stacks.is_empty() {
                importers.insert(export, stacks);
            }
        }
    }
    Ok(importers)
}

/// What is attached to roles and policies of a stack from outside, a sentence each.
pub(crate) async fn attachments(
    aws: &Aws,
    resources: &[LiveResource],
    others: &[LiveResource],
    template: &str,
) -> Result<Vec<String>, Failure> {
    let own: BTreeSet<String> =
        resources.iter().chain(others).map(|resource| resource.physical_id.clone()).collect();
    let mut found = Vec::new();
    for some in resources.chunks(AT_ONCE) {
        let mut calls = JoinSet::new();
        for resource in some.iter().filter(|resource| !resource.physical_id.is_empty()).cloned() {
            let client = aws.iam.clone();
            match resource.kind.as_str() {
                "AWS::IAM::Role" => {
                    calls.spawn(async move { policies_of(&client, resource).await });
                }
                "AWS::IAM::ManagedPolicy" => {
                    calls.spawn(async move { holders_of(&client, resource).await });
                }
                _ => {}
            }
        }
        for answer in calls.join_all().await {
            let (resource, attached) = answer?;
            if resource.kind == "AWS::IAM::Role" {
                let strangers = strangers(&attached, &own, &attaches(template, &resource.logical_id));
                found.extend(strangers.into_iter().map(|policy| {
                    format!(
                        "`{policy}` is attached to the role `{}` ({})",
                        resource.physical_id, resource.logical_id
                    )
                }));
            } else {
                // Entities are given as `role NAME`: their names are what the stacks know them by.
                let strangers = attached.into_iter().filter(|holder| {
                    !own.contains(holder.split_once(' ').map_or(holder.as_str(), |(_, name)| name))
                });
                found.extend(strangers.map(|holder| {
                    format!(
                        "the policy `{}` ({}) is attached to the {holder}",
                        resource.physical_id, resource.logical_id
                    )
                }));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Roles of a stack that lack tags of it, a sentence each, and those that may not be looked at.
pub(crate) async fn untagged(
    aws: &Aws,
    resources: &[LiveResource],
    tags: &BTreeMap<String, String>,
) -> Result<(Vec<String>, Vec<String>), Failure> {
    let roles: Vec<&LiveResource> =
        resources.iter().filter(|one| one.kind == "AWS::IAM::Role" && !one.physical_id.is_empty()).collect();
    let (mut found, mut unseen) = (Vec::new(), Vec::new());
    for some in roles.chunks(AT_ONCE) {
        let mut calls = JoinSet::new();
        for role in some.iter().copied().cloned() {
            let (client, tags) = (aws.iam.clone(), tags.clone());
            calls.spawn(async move {
                let mut has = BTreeMap::new();
                let mut pages = client.list_role_tags().role_name(&role.physical_id).into_paginator().send();
                while let Some(page) = pages.next().await {
                    match page {
                        Ok(page) => has.extend(
                            page.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())),
                        ),
                        Err(error) if is(&error, "NoSuchEntity", "") => return Ok(None),
                        Err(error) if is(&error, "AccessDenied", "") => {
                            return Ok(Some(Err(format!(
                                "the tags of `{}`: `iam:ListRoleTags` is not allowed",
                                role.logical_id
                            ))));
                        }
                        Err(error) => {
                            return Err(failed(
                                &format!("cannot list the tags of the role `{}`", role.physical_id),
                                &error,
                            ));
                        }
                    }
                }
                let missing: Vec<String> = tags
                    .iter()
                    .filter(|(key, value)| has.get(*key) != Some(*value))
                    .map(|(key, _)| format!("`{key}`"))
                    .collect();
                Ok((!missing.is_empty()).then(|| {
                    Ok(format!(
                        "`{}` has no tag {}: CloudFormation drops tags without a word where `iam:TagRole` is not allowed",
                        role.logical_id,
                        missing.join(", ")
                    ))
                }))
            });
        }
        for answer in calls.join_all().await {
            match answer? {
                Some(Ok(said)) => found.push(said),
                Some(Err(why)) => unseen.push(why),
                None => {}
            }
        }
    }
    found.sort();
    unseen.sort();
    Ok((found, unseen))
}

async fn policies_of(
    client: &aws_sdk_iam::Client,
    role: LiveResource,
) -> Result<(LiveResource, Vec<String>), Failure> {
    let mut pages = client.list_attached_role_policies().role_name(&role.physical_id).into_paginator().send();
    let mut arns = Vec::new();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => {
                let policies = page.attached_policies().iter();
                arns.extend(policies.filter_map(|policy| policy.policy_arn()).map(str::to_owned));
            }
            // A role that is gone already stands in nobody's way.
            Err(error) if is(&error, "NoSuchEntity", "") => break,
            Err(error) => {
                return Err(failed(
                    &format!("cannot list the policies of the role `{}`", role.physical_id),
                    &error,
                ));
            }
        }
    }
    Ok((role, arns))
}

async fn holders_of(
    client: &aws_sdk_iam::Client,
    policy: LiveResource,
) -> Result<(LiveResource, Vec<String>), Failure> {
    let mut pages = client.list_entities_for_policy().policy_arn(&policy.physical_id).into_paginator().send();
    let mut holders = Vec::new();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => {
                let roles = page.policy_roles().iter().filter_map(|role| role.role_name());
                holders.extend(roles.map(|name| format!("role {name}")));
                let users = page.policy_users().iter().filter_map(|user| user.user_name());
                holders.extend(users.map(|name| format!("user {name}")));
                let groups = page.policy_groups().iter().filter_map(|group| group.group_name());
                holders.extend(groups.map(|name| format!("group {name}")));
            }
            Err(error) if is(&error, "NoSuchEntity", "") => break,
            Err(error) => {
                return Err(failed(
                    &format!("cannot ask who has the policy `{}`", policy.physical_id),
                    &error,
                ));
            }
        }
    }
    Ok((policy, holders))
}
