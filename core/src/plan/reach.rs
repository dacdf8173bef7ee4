//! What a pattern matches beside the one resource that it stands for.

use super::NameNeed;
use crate::template::Template;

const EVERY_STACK: &str = "resources of every stack";
const STRANGERS: &str = "buckets of other accounts";

/// How far a scope reaches, by what [`reaches`] says of it: into every stack, to strangers, or to names alike. The
/// widest is the greatest.
#[must_use]
pub fn extent(reaches: &str) -> u8 {
    match reaches {
        "" => 0,
        _ if reaches.contains(EVERY_STACK) => 3,
        _ if reaches.contains(STRANGERS) => 2,
        _ => 1,
    }
}

/// What a pattern for a reference to `target` reaches beyond it: other stacks, other accounts, objects. `guarded`: the
/// statement is held to the account.
#[must_use]
pub fn reaches(template: &Template<'_, '_>, target: &str, needs: &[NameNeed], guarded: bool) -> String {
    if target == "AWS::StackId" {
        return "former stacks of the same name".to_owned();
    }
    let unbounded: Vec<String> =
        needs.iter().filter(|need| !need.bounded).map(|need| format!("`{}`", need.resource)).collect();
    let mut said = Vec::new();
    if needs.is_empty() {
        said.push("every revision or id under the same name".to_owned());
    } else if unbounded.is_empty() {
        said.push("other resources whose names begin alike, also in stacks whose names begin with this one's and a dash".to_owned());
    } else {
        said.push(format!(
            "{EVERY_STACK}: the generated name of {} does not hold the stack's name",
            unbounded.join(" and ")
        ));
    }
    let bucket =
        |name: &str| template.resources.get(name).is_some_and(|resource| resource.kind == "AWS::S3::Bucket");
    if bucket(target) {
        if !guarded {
            said.push(format!("{STRANGERS}, whose ARNs hold no account: a condition on `aws:ResourceAccount` would rule them out"));
        }
        said.push("objects: `*` matches `/` too, so where the statement allows actions on objects, those of the bucket whose keys the pattern matches".to_owned());
    }
    said.join("; ")
}
