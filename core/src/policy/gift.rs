//! What is given in more ways than one: a managed policy to its holder, a group to its member.
//!
//! What goes last in an update, in its clean-up, takes away what is given in another way by then.
//! Source: IAM API Reference, `DetachRolePolicy`, `RemoveUserFromGroup` (they know nothing of who attached or added);
//! CloudFormation User Guide, "Update behaviors of stack resources".

use std::collections::{BTreeMap, BTreeSet};

use super::holder::tail;
use super::side::Side;
use super::subject::branches;
use super::world::{Both, canonical};
use crate::expression::Expr;

/// A holder, and what it is given, as the template calls them.
type Gift = (String, String);

/// What was given in more ways than are left, and is given still.
pub(super) fn perhaps_taken(both: &Both) -> BTreeSet<Gift> {
    let before = ways(both, &both.old);
    let now = ways(both, &both.new);
    let is_perhaps_taken =
        |(gift, ways): &(&Gift, &BTreeSet<String>)| now.get(*gift).is_some_and(|left| !ways.is_subset(left));
    before.iter().filter(is_perhaps_taken).map(|(gift, _)| gift.clone()).collect()
}

/// What a holder, a group or a managed policy is called: by its logical id, where the template declares it.
pub(super) fn called(side: &Side, expr: &Expr) -> String {
    if let Expr::Ref(name) | Expr::GetAtt(name, _) = expr {
        return name.clone();
    }
    let tail = tail(expr);
    let is_its = |item: &super::side::Item| {
        ["RoleName", "UserName", "GroupName"].iter().any(|key| item.property(key) == Some(expr))
            || matches!(item.property("ManagedPolicyName"), Some(Expr::Text(name)) if tail.ends_with(&format!("/{name}")))
    };
    let own = side.resources.iter().find(|(_, item)| is_its(item));
    own.map_or_else(|| super::words::value(expr), |(name, _)| name.clone())
}

/// The ways in which each gift is given: by which resource, and on which conditions.
fn ways(both: &Both, side: &Side) -> BTreeMap<Gift, BTreeSet<String>> {
    let mut found: BTreeMap<Gift, BTreeSet<String>> = BTreeMap::new();
    for (name, item) in &side.resources {
        let condition = item.condition.as_deref();
        // Each item of a list, and the way in which it is given.
        let list = |key: &str| -> Vec<(String, String)> {
            let Some(list) = item.property(key) else { return Vec::new() };
            let mut turns = String::new();
            list.walk(&mut |part| {
                if matches!(part, Expr::Call(function, _) if function == "If") {
                    turns.push_str(&canonical(part));
                }
            });
            // What turns on something that differs is given in another way.
            if both.reaches_changes(list, condition) {
                let which = if std::ptr::eq(side, &raw const both.new) { "new" } else { "old" };
                turns.push_str(which);
            }
            let way = format!("{name} {} {turns}", condition.unwrap_or_default());
            branches(list).into_iter().map(|item| (called(side, item), way.clone())).collect()
        };
        let mut give = |holder: String, gift: String, way: String| {
            found.entry((holder, gift)).or_default().insert(way);
        };
        match item.kind.as_str() {
            "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => {
                for (gift, way) in ["ManagedPolicyArns", "Groups"].into_iter().flat_map(list) {
                    give(name.clone(), gift, way);
                }
            }
            "AWS::IAM::ManagedPolicy" => {
                for (holder, way) in ["Roles", "Users", "Groups"].into_iter().flat_map(list) {
                    give(holder, name.clone(), way);
                }
            }
            "AWS::IAM::UserToGroupAddition" => {
                for (gift, way) in list("GroupName") {
                    for (holder, other) in list("Users") {
                        give(holder, gift.clone(), format!("{way} {other}"));
                    }
                }
            }
            _ => {}
        }
    }
    found
}
