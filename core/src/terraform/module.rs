//! A root module for one pair, in HCL.

mod main_file;
mod outputs;
mod text;
mod variables;

use super::decide::{Decisions, Provider, Root, decide};
use super::hcl::{formatted, quoted};
use crate::deployment::contents::Contents;
use crate::deployment::settings::Settings;
use crate::diagnostic::{Code, Diagnostic};
use crate::text::digest;
use text::filled;

/// How many roots are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// One, with both stacks.
    #[default]
    One,
    /// One for each team, in `iam` and `app`.
    Split,
}

/// What stands already and is taken over by `import` blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing<'s> {
    /// The IAM stack's id.
    pub iam: Option<&'s str>,
    /// The application stack's id.
    pub app: Option<&'s str>,
    /// The bucket of the templates, which is then used and not made.
    pub bucket: bool,
}

/// What is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The deployment.
    pub settings: &'r Settings,
    /// The IAM template; `None` in the inline pattern.
    pub iam: Option<&'r Contents>,
    /// The application template, or the monolith.
    pub app: &'r Contents,
    /// The paths of both templates, relative to the folder that the files are written to.
    pub paths: (&'r str, &'r str),
    /// How many roots.
    pub layout: Layout,
    /// The provider's version.
    pub provider: Provider,
    /// The region, if it is known.
    pub region: Option<&'r str>,
    /// What stands already.
    pub standing: Standing<'r>,
}

/// A file of the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path in the folder, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The files of the module.
///
/// # Errors
/// Findings: two roots are asked for where there is one stack, or a file would be no HCL.
pub fn write(request: &Request<'_>) -> Result<Vec<File>, Vec<Diagnostic>> {
    let decisions = decide(request.settings, request.iam, request.app);
    let roots: &[(Root, &str)] = match (request.layout, request.iam) {
        (Layout::One, _) => &[(Root::Both, "")],
        (Layout::Split, Some(_)) => &[(Root::Iam, "iam/"), (Root::App, "app/")],
        (Layout::Split, None) => {
            return Err(vec![
                Diagnostic::new(Code::DPL006, "there is one stack in the inline pattern, and no second root")
                    .help("leave out --split-roots, or give a split pair as `template` and `iam_template`"),
            ]);
        }
    };
    let (mut files, mut found) = (Vec::new(), Vec::new());
    for (root, folder) in roots {
        let writing = Writing {
            request,
            decisions: &decisions,
            root: *root,
            up: if folder.is_empty() { "" } else { "../" },
        };
        for (name, text) in writing.files() {
            match formatted(&text) {
                Ok(text) => files.push(File { path: format!("{folder}{name}"), text: marked(&text) }),
                Err(error) => found.push(
                    Diagnostic::new(Code::INT001, format!("`{name}` would be no HCL: {error}"))
                        .help("please report this with the template, or with a part of it that shows it"),
                ),
            }
        }
    }
    if found.is_empty() { Ok(files) } else { Err(found) }
}

/// How the first line of our files begins; the digest of what follows comes after it.
const MARK: &str = "# Written by iam-split, digest ";

fn marked(text: &str) -> String {
    format!("{MARK}{}\n\n{text}", short(text))
}

fn short(text: &str) -> String {
    digest(text).chars().take(16).collect()
}

/// Whether a file was written by us and is as we wrote it: only then may it be written anew.
#[must_use]
pub fn is_ours(text: &str) -> bool {
    let rest = text.strip_prefix(MARK).and_then(|rest| rest.split_once("\n\n"));
    rest.is_some_and(|(said, body)| said == short(body))
}

/// One root being written.
#[derive(Clone, Copy)]
struct Writing<'w> {
    request: &'w Request<'w>,
    decisions: &'w Decisions,
    root: Root,
    /// From the root to the folder that the templates' paths are relative to.
    up: &'static str,
}

impl Writing<'_> {
    fn files(&self) -> Vec<(&'static str, String)> {
        let mut files = vec![
            ("main.tf", self.main_file()),
            ("variables.tf", self.variables()),
            ("outputs.tf", self.outputs()),
            ("versions.tf", self.versions()),
        ];
        let imports = self.imports();
        if !imports.is_empty() {
            files.push(("imports.tf", imports));
        }
        files
    }

    /// Whether there is an IAM stack at all.
    fn pair(&self) -> bool {
        self.request.iam.is_some()
    }

    /// Whether this root makes the IAM stack.
    fn has_iam(&self) -> bool {
        self.pair() && self.root.has_iam()
    }

    /// Whether a switch says which pattern is followed.
    fn switches(&self) -> bool {
        self.pair() && self.root == Root::Both
    }

    fn versions(&self) -> String {
        let profile = if self.request.settings.profile.is_some() { "  profile = var.profile\n" } else { "" };
        filled(VERSIONS, &[("versions", &quoted(self.request.provider.versions())), ("profile", profile)])
    }

    /// By the stacks' ids: a stack that was imported by its name cannot be deleted by the provider, which asks for it by
    /// that name once it is gone and takes the answer for an error (seen with 3.39).
    ///
    /// Source: Terraform language, "Import": an `import` block's `id` was a literal before 1.6.
    fn imports(&self) -> String {
        let standing = self.request.standing;
        let iam = if self.switches() { "iam[0]" } else { "iam" };
        let mut text = String::new();
        for (wanted, address, id) in
            [(self.has_iam(), iam, standing.iam), (self.root.has_app(), "app", standing.app)]
        {
            if let Some(id) = id.filter(|_| wanted) {
                text.push_str(&filled(IMPORT, &[("address", address), ("id", &quoted(id))]));
            }
        }
        text
    }
}

const VERSIONS: &str = r#"terraform {
  # import and check blocks are known since 1.5.
  required_version = ">= 1.5.0"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      version = @versions@
    }
  }
}

provider "aws" {
  region = var.region
@profile@}
"#;

const IMPORT: &str = r#"import {
  to = aws_cloudformation_stack.@address@
  id = @id@
}
"#;
