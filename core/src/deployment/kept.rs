//! A plan that is kept: read by someone with other rights, and carried out as it was read or not at all.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::allows::Allows;
use super::names::Which;
use super::scenario::{Change, ParameterChange};
use crate::report::page;
use crate::text::digest;

/// The version of the form.
pub const FORMAT_VERSION: u32 = 2;

/// A plan: all that its execution takes, and all that it would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptPlan {
    /// The version of this form.
    pub format_version: u32,
    /// The version of the tool.
    pub tool_version: String,
    /// When it was made, RFC 3339.
    pub made: String,
    /// The account's number.
    pub account: String,
    /// The region.
    pub region: String,
    /// Whether an interruption of the application was accepted.
    pub accept_interruption: bool,
    /// The stacks in the order in which they change.
    pub stacks: Vec<KeptStack>,
    /// The scenarios of the specification, each with its impact.
    pub scenarios: Vec<String>,
    /// What has to be known of the order, and of what comes later.
    pub notes: Vec<String>,
    /// Why `deploy` would refuse it.
    pub refused: Option<String>,
    /// What the update of the IAM stack allows; `None` where that stack is not deployed.
    pub allows: Option<Allows>,
    /// The SHA-256 of all of the above: what was approved is known by it.
    pub digest: String,
}

/// What a stack's change set would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptStack {
    /// Which of the two.
    pub which: Which,
    /// Its name.
    pub name: String,
    /// `create`, `update` or `none`.
    pub operation: String,
    /// The id of the stack that stands, and when it was last changed.
    pub standing: Option<(String, String)>,
    /// The SHA-256 of the template.
    pub template: String,
    /// What happens to resources.
    pub changes: Vec<Change>,
    /// Parameters that change; secrets without their values.
    pub parameters: Vec<ParameterChange>,
    /// How it is carried out.
    pub with: With,
}

/// What the calls take beside template and parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Each parameter that is passed; a secret as `(hidden)`, one that stays as `(as before)`.
    pub parameters: BTreeMap<String, String>,
    /// The role with which CloudFormation works.
    pub role_arn: Option<String>,
    /// Topics that get the stack's events.
    pub notification_arns: Vec<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// `ROLLBACK`, `DELETE` or `DO_NOTHING`.
    pub on_failure: String,
    /// Capabilities that are acknowledged.
    pub capabilities: Vec<String>,
    /// Minutes after which a creation is given up.
    pub timeout: Option<u32>,
    /// Whether resources that exist under their explicit names are taken in.
    #[serde(default)]
    pub import: bool,
}

impl With {
    /// What differs, a noun each.
    fn differences(&self, now: &Self) -> Vec<&'static str> {
        let pairs = [
            (self.parameters == now.parameters, "values of parameters"),
            (self.role_arn == now.role_arn, "service role"),
            (self.notification_arns == now.notification_arns, "notification topics"),
            (self.tags == now.tags, "tags"),
            (self.on_failure == now.on_failure, "`on_failure`"),
            (self.capabilities == now.capabilities, "capabilities"),
            (self.timeout == now.timeout, "time of a creation"),
            (self.import == now.import, "whether resources that exist are taken in"),
        ];
        pairs.into_iter().filter(|(same, _)| !same).map(|(_, noun)| noun).collect()
    }
}

impl KeptPlan {
    /// Reads a kept plan.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let none = |error: serde_json::Error| format!("it is no plan: {error}");
        // Another version has other fields: its number is read first.
        let version: Version = serde_json::from_str(text).map_err(none)?;
        if version.format_version != FORMAT_VERSION {
            return Err(format!(
                "its form is of version {}, this command knows {FORMAT_VERSION}",
                version.format_version
            ));
        }
        let plan: Self = serde_json::from_str(text).map_err(none)?;
        if plan.digest == plan.sealed().digest {
            Ok(plan)
        } else {
            Err("it was changed after it was made".to_owned())
        }
    }

    /// The same plan with its digest.
    #[must_use]
    pub fn sealed(&self) -> Self {
        let bare = Self { digest: String::new(), ..self.clone() };
        // A plan is texts, numbers and lists of them: writing it cannot fail.
        let text = serde_json::to_string(&bare).unwrap_or_default();
        Self { digest: digest(&text), ..bare }
    }

    /// What is not as this plan says; empty where it can be carried out.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let place = |plan: &Self| format!("account {}, region {}", plan.account, plan.region);
        if place(self) != place(now) {
            found.push(format!("this is {}, the plan is for {}", place(now), place(self)));
        }
        if self.accept_interruption != now.accept_interruption {
            let said = if self.accept_interruption { "with" } else { "without" };
            found.push(format!("the plan was made {said} --accept-interruption"));
        }
        let names = |plan: &Self| plan.stacks.iter().map(|stack| stack.name.clone()).collect::<Vec<_>>();
        if names(self) != names(now) {
            found.push(format!(
                "the stacks are {}, the plan's {}",
                names(now).join(", "),
                names(self).join(", ")
            ));
            return found;
        }
        for (then, now) in self.stacks.iter().zip(&now.stacks) {
            let name = &then.name;
            if then.template != now.template {
                found.push(format!("the template of `{name}` is another"));
            }
            if then.standing != now.standing {
                found.push(format!("the stack `{name}` was changed since, or made, or deleted"));
            }
            if then.operation != now.operation || then.changes != now.changes {
                found.push(format!("other resources of `{name}` would change"));
            }
            if then.parameters != now.parameters {
                found.push(format!("other parameters of `{name}` would change"));
            }
            let with = then.with.differences(&now.with);
            if !with.is_empty() {
                found.push(format!("`{name}` would be deployed with other {}", with.join(", ")));
            }
        }
        if self.allows != now.allows {
            found.push("the IAM stack would allow something else".to_owned());
        }
        if self.notes != now.notes || self.refused != now.refused {
            found.push("the order, or what would be refused, is another".to_owned());
        }
        found
    }

    /// The plan as a page in one file, which needs neither script nor network.
    #[must_use]
    pub fn html(&self) -> String {
        let title = format!("Plan for {}", self.stacks.last().map_or("", |stack| &stack.name));
        let body = html! {
            h1 { (title) }
            p.dim { "made " (self.made) ", for account " (self.account) ", region " (self.region) }
            p { "to be approved: " code { (self.digest) } }
            @if let Some(refused) = &self.refused { p.bad { "deploy would refuse this: " (refused) } }
            @for scenario in &self.scenarios { p { (scenario) } }
            @for note in &self.notes { p { (note) } }
            @if let Some(allows) = &self.allows { (allowed(allows)) }
            @for stack in &self.stacks { (stack.section()) }
            p.dim { "Carried out by " code { "iam-split deploy --plan FILE --approved " (self.digest) } ", which refuses where anything is no longer as it is here. iam-split " (self.tool_version) }
        };
        page(&title, STYLE, &body)
    }
}

/// What the update allows, a statement a row.
fn allowed(allows: &Allows) -> Markup {
    let verdict = match (allows.changes.is_empty(), allows.may_allow_more) {
        (true, true) => "the templates cannot be compared: what is allowed is not known",
        (true, false) => "nothing that is allowed changes",
        (false, true) => "more may be allowed than before",
        (false, false) => "nothing more is allowed than before",
    };
    html! {
        section {
            h2 { "What is allowed" }
            p.bad[allows.may_allow_more] { (verdict) }
            @if !allows.changes.is_empty() {
                table {
                    thead { tr { th { "resource" } th { "change" } th { "what" } th { "before" } th { "after" } } }
                    tbody {
                        @for one in &allows.changes {
                            tr {
                                td { code { (one.subject) } br; span.dim { (one.kind) } }
                                td { (one.change) }
                                td {
                                    (one.what) " " code { (one.actions.join(", ")) }
                                    @if let Some(condition) = &one.condition { br; "if " code { (condition) } }
                                }
                                td { code { (one.before.as_deref().unwrap_or("")) } }
                                td { code { (one.after.as_deref().unwrap_or("")) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl With {
    fn section(&self) -> Markup {
        let pairs = |map: &BTreeMap<String, String>| {
            map.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
        };
        let rows = [
            (
                "service role",
                self.role_arn.clone().unwrap_or_else(|| "none: the caller's own permissions".to_owned()),
            ),
            ("topics", self.notification_arns.join(", ")),
            ("tags", pairs(&self.tags)),
            ("on failure", self.on_failure.clone()),
            ("capabilities", self.capabilities.join(", ")),
            ("parameters", pairs(&self.parameters)),
        ];
        html! {
            table {
                tbody {
                    @for (noun, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
                        tr { th { (noun) } td { code { (value) } } }
                    }
                }
            }
        }
    }
}

impl KeptStack {
    fn section(&self) -> Markup {
        let row = |change: &Change| {
            let (sign, word) = change.action.words();
            html! {
                tr {
                    td { code { (sign) } " " (word) }
                    td { code { (change.logical_id) } }
                    td { (change.resource_type) }
                    td {
                        (change.because.join(", "))
                        @for value in &change.values {
                            br;
                            code { (value.path) ": " (value.before.as_deref().unwrap_or("(none)")) " → " (value.after.as_deref().unwrap_or("(none)")) }
                        }
                    }
                }
            }
        };
        html! {
            section {
                h2 { (self.which.noun()) " stack " code { (self.name) } ": " (self.operation) }
                p.dim { "template " code { (self.template) } }
                (self.with.section())
                @if !self.changes.is_empty() {
                    table {
                        thead { tr { th { "change" } th { "resource" } th { "type" } th { "because of" } } }
                        tbody { @for change in &self.changes { (row(change)) } }
                    }
                }
                @if !self.parameters.is_empty() {
                    table {
                        thead { tr { th { "parameter" } th { "before" } th { "after" } } }
                        tbody {
                            @for one in &self.parameters {
                                tr {
                                    td { code { (one.name) } }
                                    td { (one.before.as_deref().unwrap_or("")) }
                                    td { (one.after.as_deref().unwrap_or("(gone)")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

const STYLE: &str = "
:root { color-scheme: light dark; } body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 4rem;
  font: 15px/1.5 system-ui, sans-serif; color: light-dark(#1c2330, #e6e9ef); background: light-dark(#fff, #14181f); }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; }
.dim { color: light-dark(#566072, #a4adbd); } .bad { color: light-dark(#a3221d, #ff8b85); }
table { border-collapse: collapse; width: 100%; font-size: .93rem; margin: .5rem 0 1rem; } th, td { text-align: left;
  vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid light-dark(#d9dee7, #2f3745); }
code { font: .87rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { body { max-width: none; padding: 0; font-size: 11px; } tr { break-inside: avoid; } }
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::scenario::Action;

    fn plan() -> KeptPlan {
        KeptPlan {
            format_version: FORMAT_VERSION,
            tool_version: "0".to_owned(),
            made: "2026-01-01T00:00:00Z".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            accept_interruption: false,
            stacks: vec![KeptStack {
                which: Which::App,
                name: "shop".to_owned(),
                operation: "update".to_owned(),
                standing: Some(("arn".to_owned(), "then".to_owned())),
                template: "abc".to_owned(),
                changes: vec![Change {
                    action: Action::Modify,
                    logical_id: "<b>Worker".to_owned(),
                    resource_type: "AWS::Lambda::Function".to_owned(),
                    because: vec!["Role".to_owned()],
                    values: Vec::new(),
                }],
                parameters: Vec::new(),
                with: With::default(),
            }],
            scenarios: Vec::new(),
            notes: Vec::new(),
            refused: None,
            allows: None,
            digest: String::new(),
        }
        .sealed()
    }

    #[test]
    fn a_plan_is_read_back_and_knows_what_has_moved() {
        let kept = plan();
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(KeptPlan::read(&text).as_ref(), Ok(&kept));
        assert!(KeptPlan::read("{}").is_err());
        let newer = text.replace("\"format_version\":2", "\"format_version\":3,\"new\":1");
        assert!(KeptPlan::read(&newer).unwrap_err().contains("version 3"));
        // Whoever changes a plan makes another one of it.
        let changed = text.replace("eu-west-1", "us-east-1");
        assert!(KeptPlan::read(&changed).unwrap_err().contains("it was changed"));
        let mut now = KeptPlan { made: "later".to_owned(), ..kept.clone() };
        assert_eq!(kept.differences(&now), [""; 0]);
        now.stacks[0].template = "def".to_owned();
        now.stacks[0].standing = None;
        now.stacks[0].changes.clear();
        now.region = "us-east-1".to_owned();
        assert_eq!(kept.differences(&now).len(), 4);
        let with = With {
            role_arn: Some("r".to_owned()),
            tags: [("a".to_owned(), "b".to_owned())].into(),
            ..With::default()
        };
        let mut now = kept.clone();
        now.stacks[0].with = with;
        assert_eq!(kept.differences(&now), ["`shop` would be deployed with other service role, tags"]);
        assert!(kept.html().contains("&lt;b&gt;Worker") && !kept.html().contains("<script"));
    }
}
