//! What the user works on: the files, each in its part, and what is asked for beside them.

use std::collections::BTreeMap;
use std::rc::Rc;

use iam_split_core::api::redacted;
use serde::{Deserialize, Serialize};

/// A text with the name of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TextFile {
    pub(crate) name: Rc<str>,
    pub(crate) text: Rc<str>,
}

impl TextFile {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The name without its ending: what the results are called after.
    pub(crate) fn stem(&self) -> &str {
        self.name.rsplit_once('.').map_or(&*self.name, |(stem, _)| stem)
    }
}

/// What a file is in the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    Monolith,
    Iam,
    App,
    /// The release of the IAM template before.
    Old,
    Config,
    /// Three parts from which nothing is computed.
    Deployment,
    Report,
    Unused,
}

impl Part {
    pub(crate) const ALL: [Self; 8] = [
        Self::Monolith,
        Self::Iam,
        Self::App,
        Self::Old,
        Self::Config,
        Self::Deployment,
        Self::Report,
        Self::Unused,
    ];

    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Monolith => "monolith",
            Self::Iam => "IAM template",
            Self::App => "application template",
            Self::Old => "earlier IAM template",
            Self::Config => "configuration",
            Self::Deployment => "deployment file",
            Self::Report => "report",
            Self::Unused => "not used",
        }
    }
}

/// What a reviewer has looked at, and says of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Review {
    /// What was viewed, with the digest of its text: another text was not viewed.
    pub(crate) seen: BTreeMap<String, String>,
    pub(crate) by: Rc<str>,
    pub(crate) note: Rc<str>,
    /// The templates that it speaks of: a review file has them without secrets, so that they differ from these.
    pub(crate) digests: Vec<String>,
}

/// All that the user gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Work {
    /// The template that is split, or that a pair was made of.
    pub(crate) monolith: Option<TextFile>,
    /// The configuration.
    pub(crate) config: Option<TextFile>,
    /// A pair to validate: IAM and application template.
    pub(crate) pair: Option<(TextFile, TextFile)>,
    /// An IAM template alone.
    #[serde(default)]
    pub(crate) iam: Option<TextFile>,
    /// The release of the IAM template before.
    #[serde(default)]
    pub(crate) old: Option<TextFile>,
    /// Files from which nothing is computed.
    #[serde(default)]
    pub(crate) others: Vec<(Part, TextFile)>,
    /// `--allow-missing`
    pub(crate) allow_missing: bool,
    /// `--all-iam`
    pub(crate) all_iam: bool,
    #[serde(default)]
    pub(crate) review: Review,
}

impl Work {
    /// Whether there is nothing to look at.
    pub(crate) fn is_empty(&self) -> bool {
        self.monolith.is_none() && self.pair.is_none() && self.iam.is_none()
    }

    /// The files with their parts.
    pub(crate) fn files(&self) -> Vec<(Part, TextFile)> {
        let (iam, app) = match &self.pair {
            Some((iam, app)) => (Some(iam), Some(app)),
            None => (self.iam.as_ref(), None),
        };
        let parts = [
            (Part::Monolith, self.monolith.as_ref()),
            (Part::Iam, iam),
            (Part::App, app),
            (Part::Old, self.old.as_ref()),
            (Part::Config, self.config.as_ref()),
        ];
        let parts = parts.into_iter().filter_map(|(part, file)| Some((part, file?.clone())));
        parts.chain(self.others.iter().cloned()).collect()
    }

    /// The same work with these files. Of two with one part the first has it; what is not used stays, by its name.
    pub(crate) fn with(&self, files: Vec<(Part, TextFile)>) -> Self {
        let mut next = Self {
            allow_missing: self.allow_missing,
            all_iam: self.all_iam,
            review: self.review.clone(),
            ..Self::default()
        };
        let (mut iam, mut app) = (None, None);
        for (part, file) in files {
            let place = match part {
                Part::Monolith => &mut next.monolith,
                Part::Iam => &mut iam,
                Part::App => &mut app,
                Part::Old => &mut next.old,
                Part::Config => &mut next.config,
                Part::Deployment | Part::Report | Part::Unused => {
                    next.others.push((part, file));
                    continue;
                }
            };
            match place {
                None => *place = Some(file),
                Some(_) => next.others.push((Part::Unused, file)),
            }
        }
        match (iam, app) {
            (Some(iam), Some(app)) => next.pair = Some((iam, app)),
            // An IAM template beside the monolith that would make another one: it waits for its application.
            (Some(iam), None) if next.monolith.is_some() => next.others.push((Part::Iam, iam)),
            (iam, app) => {
                next.iam = iam;
                next.others.extend(app.map(|app| (Part::App, app)));
            }
        }
        next
    }

    /// The file at a place of [`Self::files`] in another part; who had that part takes its former one.
    pub(crate) fn moved(&self, at: usize, to: Part) -> Self {
        let mut files = self.files();
        let Some(from) = files.get(at).map(|(part, _)| *part) else { return self.clone() };
        let single = !matches!(to, Part::Deployment | Part::Report | Part::Unused);
        for (place, (part, _)) in files.iter_mut().enumerate() {
            if place == at {
                *part = to;
            } else if single && *part == to {
                *part = from;
            }
        }
        self.with(files)
    }
}

/// The work without its secrets: defaults of `NoEcho` parameters are no one's who gets a link. Each
/// character is replaced by one of its kind, so that the text reads as a template as before.
pub(crate) fn without_secrets(work: &Work) -> Work {
    let clean = |file: &TextFile| {
        let shown = redacted(&file.text);
        let bytes = file.text.bytes().zip(shown.bytes()).map(|(byte, shown)| match byte {
            _ if byte == shown => byte,
            b'0'..=b'9' => b'0',
            _ => b'x',
        });
        // Whole characters are struck out, so what is left is UTF-8.
        let text = String::from_utf8(bytes.collect()).unwrap_or(shown);
        TextFile { name: file.name.clone(), text: text.into() }
    };
    Work {
        monolith: work.monolith.as_ref().map(clean),
        pair: work.pair.as_ref().map(|(iam, app)| (clean(iam), clean(app))),
        iam: work.iam.as_ref().map(clean),
        old: work.old.as_ref().map(clean),
        others: work.others.iter().map(|(part, file)| (*part, clean(file))).collect(),
        ..work.clone()
    }
}
