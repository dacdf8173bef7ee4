//! The real templates, and what becomes of each in every way of splitting it.

use std::fmt;
use std::path::{Path, PathBuf};

use iam_split_core::api::{SplitAnswer, SplitRequest, split};
use iam_split_core::config::Resolution::{self, Attach, Exact, Keep, Pattern, TwoPhase};

use crate::check::problems;

/// A way of splitting.
pub struct Mode {
    pub name: &'static str,
    pub all_iam: bool,
    pub order: &'static [Resolution],
}

/// Every resolution with `--all-iam`, and the first two without.
pub const MODES: [Mode; 8] = [
    Mode { name: "exact", all_iam: false, order: &[Exact] },
    Mode { name: "pattern", all_iam: false, order: &[Exact, Pattern] },
    Mode { name: "all, exact", all_iam: true, order: &[Exact] },
    Mode { name: "all, pattern", all_iam: true, order: &[Exact, Pattern] },
    Mode { name: "all, two-phase", all_iam: true, order: &[Exact, TwoPhase] },
    Mode { name: "all, attach", all_iam: true, order: &[Exact, Attach] },
    Mode { name: "all, keep", all_iam: true, order: &[Exact, Keep] },
    Mode { name: "all, each in turn", all_iam: true, order: &[Exact, Pattern, TwoPhase, Attach, Keep] },
];

/// What became of a template.
pub enum Outcome {
    /// A pair that passes every check: resources moved, kept, references widened, later, attached.
    Split {
        moved: usize,
        kept: usize,
        widened: usize,
        later: usize,
        attached: usize,
        /// Whether the application stack needs no capability.
        free: bool,
    },
    /// Refused with these codes.
    Refused(Vec<String>),
    /// A pair that fails a check.
    Broken(Vec<String>),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Split { moved, kept, widened, later, attached, .. } => {
                write!(f, "{moved}")?;
                let parts = [("kept", kept), ("widened", widened), ("later", later), ("attached", attached)];
                for (what, count) in parts.into_iter().filter(|(_, count)| **count > 0) {
                    write!(f, ", {count} {what}")?;
                }
                Ok(())
            }
            Self::Refused(codes) => write!(f, "{}", codes.join(" ")),
            Self::Broken(_) => write!(f, "**broken**"),
        }
    }
}

/// Splits a template in one way and checks the result.
pub fn outcome(text: &str, mode: &Mode) -> Outcome {
    let request = SplitRequest {
        template: text,
        resolve: Some(mode.order.to_vec()),
        all_iam: mode.all_iam,
        ..SplitRequest::default()
    };
    match split(&request) {
        SplitAnswer::Done(done) => {
            let found = problems(text, &request, &done);
            if !found.is_empty() {
                return Outcome::Broken(found);
            }
            let summary = &done.summary;
            Outcome::Split {
                moved: summary.moved.len(),
                kept: summary.kept.len(),
                widened: summary.bridges.iter().filter(|bridge| bridge.reaches.is_some()).count(),
                later: summary.two_phase.len(),
                attached: summary.attached.len(),
                free: summary.app_capabilities.is_empty(),
            }
        }
        SplitAnswer::Refused { diagnostics } => {
            let errors = diagnostics.iter().filter(|found| found.is_error());
            let mut codes: Vec<String> = errors.map(|found| found.code.to_string()).collect();
            codes.sort();
            codes.dedup();
            Outcome::Refused(codes)
        }
    }
}

/// The templates of a folder, by path.
pub fn templates(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(folder, &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of templates").flatten() {
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if path.is_dir() {
            collect(&path, found);
        } else if matches!(ending, "yaml" | "yml" | "json")
            && path.file_name().is_some_and(|name| name != "config.yaml")
        {
            found.push(path);
        }
    }
}

/// The head of the table.
pub fn heading() -> String {
    let names: Vec<&str> = MODES.iter().map(|mode| mode.name).collect();
    format!(
        "# Real templates\n\n\
         What becomes of each template of the corpus, without a configuration, in each way of splitting it. Written by\n\
         `cargo run --release -p iam-split-tests --bin docs -- corpus > docs/corpus.md`; a test holds it.\n\n\
         A number is a split: so many resources moved. Its pair was read again, evaluated beside the monolith with concrete\n\
         values in worlds that take every condition both ways, split a second time (the same bytes), and its application\n\
         template split again (nothing moves). *Kept* resources stay with the application; *widened* references became\n\
         patterns; *later* values come from the application stack; *attached* policies stand in the application template.\n\n\
         Codes are refusals. `CYC001`: a crossing that the permitted resolutions do not fit. `CYC002`: the stack's id. `SEL001`:\n\
         nothing to move. `SEL002`: nothing would be left. `SEL003`: secrets. `TRF001`: a macro writes the template. `TPL003`\n\
         to `TPL006`: no template of CloudFormation's (modules of other tools, shells with resources that have no type).\n\
         `NAM002`: an output with that name means something else.\n\n\
         The last row counts the templates whose application needs no capability at all.\n\n\
         `all` is `--all-iam`; the other words are the resolutions that `--resolve` permits beside `exact`.\n\n\
         | template | {} |\n|---|{}",
        names.join(" | "),
        "---|".repeat(MODES.len())
    )
}
