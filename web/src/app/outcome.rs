//! What comes of the work: computed anew whenever it changes.

use std::rc::Rc;

use iam_split_core::api::{
    Split, SplitAnswer, SplitRequest, Survey, Texts, ValidateRequest, Validation, place, split_proven,
    survey, validate,
};
use iam_split_core::config::{Config, ConfigFile};
use iam_split_core::diagnostic::{Code, Diagnostic, Severity, Source};
use iam_split_core::report::{FileNames, Report};

use super::lines::Lines;
use super::session::Work;

/// What comes of the work.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The configuration as it is read.
    pub(crate) wanted: Config,
    /// The resources to choose from.
    pub(crate) survey: Survey,
    /// The result, unless it is refused.
    pub(crate) split: Option<Box<Split>>,
    /// What was found in a pair that the user gave.
    pub(crate) validation: Option<Validation>,
    /// All findings, errors first.
    pub(crate) findings: Vec<Finding>,
    /// The monolith.
    pub(crate) monolith: Lines,
    /// The configuration.
    pub(crate) config: Lines,
    /// The IAM template.
    pub(crate) iam: Lines,
    /// The application template.
    pub(crate) app: Lines,
    /// The files' names.
    pub(crate) names: FileNames,
}

impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// A finding with its places.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) places: Vec<Place>,
    pub(crate) help: Vec<String>,
}

/// A marked place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) source: Source,
    pub(crate) line: u32,
    pub(crate) text: String,
}

impl Outcome {
    pub(crate) fn of(work: &Work) -> Self {
        let config = work.config.as_ref().map(|file| &*file.text);
        let mut outcome = Self::default();
        let lines = |text: &str| Lines::new(Rc::from(text));
        outcome.config = lines(config.unwrap_or_default());
        outcome.wanted =
            config.and_then(|text| ConfigFile::read(text).0).map(|file| file.config).unwrap_or_default();
        outcome.names.config = work.config.as_ref().map_or(String::new(), |file| file.name.to_string());
        if let Some(monolith) = &work.monolith {
            outcome.monolith = Lines::new(monolith.text.clone());
            outcome.names.template = monolith.name.to_string();
            outcome.survey = survey(&monolith.text, config, work.all_iam);
        }
        if let Some((iam, app)) = &work.pair {
            (outcome.iam, outcome.app) = (Lines::new(iam.text.clone()), Lines::new(app.text.clone()));
            (outcome.names.iam, outcome.names.app) = (iam.name.to_string(), app.name.to_string());
            let validation = outcome.validate(work);
            outcome.findings = outcome.placed(&validation.diagnostics);
            outcome.validation = Some(validation);
        } else if let Some(monolith) = &work.monolith {
            let answer = split_proven(&SplitRequest {
                template: &monolith.text,
                config,
                allow_missing: work.allow_missing,
                all_iam: work.all_iam,
                ..SplitRequest::default()
            });
            outcome.findings = outcome.placed(answer.diagnostics());
            if let SplitAnswer::Done(split) = answer {
                (outcome.iam, outcome.app) = (lines(&split.iam), lines(&split.app));
                [outcome.names.iam, outcome.names.app] = split.file_names(monolith.stem());
                outcome.split = Some(split);
            }
        }
        outcome
    }

    /// Whether there are two templates to look at.
    pub(crate) fn has_pair(&self) -> bool {
        self.split.is_some() || self.validation.is_some()
    }

    /// Checks the pair as `iam-split validate` does.
    pub(crate) fn validate(&self, work: &Work) -> Validation {
        validate(&ValidateRequest {
            iam: &self.iam.text,
            app: &self.app.text,
            monolith: work.monolith.as_ref().map(|file| &*file.text),
            config: work.config.as_ref().map(|file| &*file.text),
            ..ValidateRequest::default()
        })
    }

    /// The report of the pair: what `iam-split validate --report` writes.
    pub(crate) fn report(&self, work: &Work) -> Report {
        Report::new(&self.validate(work), &self.texts(), &self.names)
    }

    pub(crate) fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error).count()
    }

    /// A text by its source.
    pub(crate) fn lines(&self, source: Source) -> &Lines {
        match source {
            Source::Template => &self.monolith,
            Source::Config | Source::Rules => &self.config,
            Source::Iam => &self.iam,
            Source::App => &self.app,
        }
    }

    fn texts(&self) -> Texts<'_> {
        Texts {
            template: &self.monolith.text,
            config: &self.config.text,
            iam: &self.iam.text,
            app: &self.app.text,
            ..Texts::default()
        }
    }

    fn placed(&self, found: &[Diagnostic]) -> Vec<Finding> {
        let placed = place(found, &self.texts());
        let finding = |placed: iam_split_core::api::Placed<'_>| Finding {
            code: placed.code,
            severity: placed.severity,
            message: placed.message.to_owned(),
            places: placed
                .labels
                .iter()
                .map(|label| Place {
                    source: label.source,
                    line: label.start.line,
                    text: label.text.to_owned(),
                })
                .collect(),
            help: placed.help.to_vec(),
        };
        placed.into_iter().map(finding).collect()
    }
}
