//! A migration that is kept: read by someone else, and carried out as it was read or not at all.

use maud::html;
use serde::{Deserialize, Serialize};

use crate::report::page;
use crate::text::digest;

/// The version of the form.
const FORMAT_VERSION: u32 = 1;

/// A migration as it was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptMigration {
    /// The version of this form.
    pub format_version: u32,
    /// When it was made, RFC 3339.
    pub made: String,
    /// The account's number.
    pub account: String,
    /// The region.
    pub region: String,
    /// Both stacks: name, id and when it was last changed; without the latter two where there is none.
    pub stacks: Vec<(String, Option<(String, String)>)>,
    /// Where the stacks are.
    pub now: String,
    /// The steps that remain, in words.
    pub steps: Vec<String>,
    /// Each template of the way by the name of its file, with its SHA-256.
    pub templates: Vec<(String, String)>,
    /// What is told beside: tags that are lost, resources that are not there.
    pub notes: Vec<String>,
    /// The SHA-256 of all of the above.
    pub digest: String,
}

impl KeptMigration {
    /// A plan of these parts.
    #[must_use]
    pub fn new(made: String, account: String, region: String) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            made,
            account,
            region,
            stacks: Vec::new(),
            now: String::new(),
            steps: Vec::new(),
            templates: Vec::new(),
            notes: Vec::new(),
            digest: String::new(),
        }
    }

    /// The same with its digest.
    #[must_use]
    pub fn sealed(&self) -> Self {
        let bare = Self { digest: String::new(), ..self.clone() };
        // Texts, numbers and lists of them: writing them cannot fail.
        let text = serde_json::to_string(&bare).unwrap_or_default();
        Self { digest: digest(&text), ..bare }
    }

    /// Reads a kept migration.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        let plan: Self =
            serde_json::from_str(text).map_err(|error| format!("it is no migration: {error}"))?;
        if plan.format_version != FORMAT_VERSION {
            return Err(format!(
                "its form is of version {}, this command knows {FORMAT_VERSION}",
                plan.format_version
            ));
        }
        if plan.digest == plan.sealed().digest {
            Ok(plan)
        } else {
            Err("it was changed after it was made".to_owned())
        }
    }

    /// What is not as this plan says; empty where it can be carried out.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let pairs = [
            (self.account == now.account && self.region == now.region, "this is another account or region"),
            (self.stacks == now.stacks, "a stack was changed since, or made, or deleted"),
            (self.now == now.now && self.steps == now.steps, "other steps remain"),
            (self.templates == now.templates, "a template of the way is another"),
            (self.notes == now.notes, "what is to be known beside has changed"),
        ];
        pairs.into_iter().filter(|(same, _)| !same).map(|(_, said)| said.to_owned()).collect()
    }

    /// The plan as a page in one file.
    #[must_use]
    pub fn html(&self) -> String {
        let title = format!("Migration of {}", self.stacks.first().map_or("", |(name, _)| name));
        let body = html! {
            h1 { (title) }
            p { "made " (self.made) ", for account " (self.account) ", region " (self.region) }
            p { "to be approved: " code { (self.digest) } }
            p { "now: " (self.now) }
            ol { @for step in &self.steps { li { (step) } } }
            @if !self.notes.is_empty() { h2 { "To be known" } ul { @for note in &self.notes { li { (note) } } } }
            h2 { "Templates" }
            table {
                thead { tr { th { "file" } th { "SHA-256" } } }
                tbody { @for (name, digest) in &self.templates { tr { td { code { (name) } } td { code { (digest) } } } } }
            }
            p { "Carried out by " code { "iam-split migrate --plan FILE --approved " (self.digest) } "." }
        };
        page(
            &title,
            "body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem; font: 15px/1.5 system-ui, sans-serif; } code { overflow-wrap: anywhere; } td, th { text-align: left; padding-right: 1rem; } :root { color-scheme: light dark; }",
            &body,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_is_read_back_and_knows_what_has_moved() {
        let mut plan = KeptMigration::new("then".to_owned(), "1".to_owned(), "r".to_owned());
        plan.steps.push("a <step>".to_owned());
        let plan = plan.sealed();
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(KeptMigration::read(&text).as_ref(), Ok(&plan));
        assert!(KeptMigration::read(&text.replace("a <step>", "b")).unwrap_err().contains("was changed"));
        let now = KeptMigration { steps: Vec::new(), account: "2".to_owned(), ..plan.clone() };
        assert_eq!(plan.differences(&now).len(), 2);
        assert!(plan.html().contains("a &lt;step&gt;"));
    }
}
