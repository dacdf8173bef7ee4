//! What comes of the work: computed anew whenever it changes.

use std::cell::OnceCell;
use std::rc::Rc;

use iam_split_core::api::{
    IamDiff, RolesAnswer, Split, SplitAnswer, SplitRequest, Survey, Texts, ValidateRequest, Validation,
    diff_iam, place, roles, split_proven, survey, validate,
};
use iam_split_core::config::{Config, ConfigFile, Resolution};
use iam_split_core::diagnostic::{Code, Diagnostic, Severity, Source};
use iam_split_core::report::{FileNames, Report};

use super::lines::Lines;
use super::work::Work;

/// What comes of the work.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The configuration as it is read.
    pub(crate) wanted: Config,
    /// The resources to choose from.
    pub(crate) survey: Survey,
    /// The result; where it is refused the last good one.
    pub(crate) split: Option<Rc<Split>>,
    /// Whether the result is that of the work before.
    pub(crate) stale: bool,
    /// What the IAM template allows that its earlier release did not.
    pub(crate) release: Option<IamDiff>,
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
    roles: OnceCell<RolesAnswer>,
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
    /// What a click does about it.
    pub(crate) fixes: Vec<Fix>,
}

/// A word of the user's in the place of another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fix {
    pub(crate) source: Source,
    pub(crate) at: std::ops::Range<usize>,
    pub(crate) word: Rc<str>,
}

impl Fix {
    /// What a finding offers: `did you mean` with names, and a text that has another in its place.
    fn of(found: &Diagnostic, texts: &Texts<'_>) -> Vec<Self> {
        let mut fixes = Vec::new();
        let quoted =
            |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
        let Some(label) =
            found.labels.first().filter(|label| matches!(label.source, Source::Template | Source::Config))
        else {
            return fixes;
        };
        let text = texts.get(label.source).get(label.span.start()..label.span.end()).unwrap_or_default();
        let wrong = quoted(&found.message).into_iter().find_map(|word| {
            let at = label.span.start() + text.find(&word)?;
            (!word.is_empty()).then(|| at..at + word.len())
        });
        let Some(at) = wrong else { return fixes };
        for help in found.help.iter().filter(|help| help.starts_with("did you mean")) {
            for word in quoted(help) {
                fixes.push(Self { source: label.source, at: at.clone(), word: word.into() });
            }
        }
        fixes
    }
}

/// A marked place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) source: Source,
    pub(crate) line: u32,
    pub(crate) text: String,
}

impl Outcome {
    /// What comes of the work; `last` is the last good result before.
    pub(crate) fn of(work: &Work, last: Option<&Self>) -> Self {
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
                outcome.split = Some(Rc::from(split));
            } else if let Some(last) = last.filter(|last| last.names.template == *monolith.name) {
                (outcome.iam, outcome.app) = (last.iam.clone(), last.app.clone());
                (outcome.names.iam, outcome.names.app) = (last.names.iam.clone(), last.names.app.clone());
                (outcome.split, outcome.stale) = (last.split.clone(), true);
            }
        } else if let Some(iam) = &work.iam {
            outcome.iam = Lines::new(iam.text.clone());
            outcome.names.iam = iam.name.to_string();
            if let Err(found) = roles(&iam.text, None) {
                outcome.findings = outcome.placed(&found);
            }
        }
        if let Some(old) = &work.old {
            if work.monolith.is_none() {
                // Its lines can be shown where the monolith's would be.
                outcome.monolith = Lines::new(old.text.clone());
                outcome.names.template = old.name.to_string();
            }
            if !outcome.iam.text.is_empty() && !outcome.stale {
                match diff_iam(&old.text, &outcome.iam.text) {
                    Ok(diff) => outcome.release = Some(diff),
                    // What is wrong with the other texts is told already.
                    Err(found) if work.monolith.is_none() => {
                        outcome.findings = outcome.placed(&found);
                    }
                    Err(_) => {}
                }
            }
        }
        outcome
    }

    /// Whether there are two templates to look at.
    pub(crate) fn has_pair(&self) -> bool {
        self.split.is_some() || self.validation.is_some()
    }

    /// Whether what is shown is the result of the work as it is.
    pub(crate) fn has_result(&self) -> bool {
        self.has_pair() && !self.stale
    }

    /// The text that the cards of roles are read from.
    pub(crate) fn cards_of(&self) -> Source {
        if self.iam.text.is_empty() { Source::Template } else { Source::Iam }
    }

    /// The cards of the pair, or of the template where there is none.
    pub(crate) fn roles(&self) -> &RolesAnswer {
        self.roles.get_or_init(|| {
            let app = self.has_pair().then_some(&*self.app.text);
            let none = || RolesAnswer { headline: String::new(), cards: Vec::new(), unseen: Vec::new() };
            let mut answer = roles(&self.lines(self.cards_of()).text, app).unwrap_or_else(|_| none());
            for card in &mut answer.cards {
                card.wider = match (&self.split, &self.validation) {
                    (Some(split), _) => {
                        let of = split.summary.bridges.iter().filter(|bridge| bridge.resource == card.name);
                        of.filter(|bridge| bridge.resolution == Resolution::Pattern).count()
                    }
                    (None, Some(validation)) => {
                        validation.widened.iter().filter(|change| change.resource == card.name).count()
                    }
                    (None, None) => 0,
                };
            }
            answer
        })
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

    /// References that cross and are not resolved; none where the user gave a pair.
    pub(crate) fn crossings(&self) -> impl Iterator<Item = &Finding> {
        let split = self.validation.is_none();
        self.findings
            .iter()
            .filter(move |each| split && each.code == Code::CYC001 && each.severity == Severity::Error)
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

    pub(crate) fn texts(&self) -> Texts<'_> {
        Texts {
            template: &self.monolith.text,
            config: &self.config.text,
            iam: &self.iam.text,
            app: &self.app.text,
            ..Texts::default()
        }
    }

    fn placed(&self, found: &[Diagnostic]) -> Vec<Finding> {
        let texts = self.texts();
        let placed = place(found, &texts);
        let finding = |(found, placed): (&Diagnostic, iam_split_core::api::Placed<'_>)| Finding {
            fixes: Fix::of(found, &texts),
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
        found.iter().zip(placed).map(finding).collect()
    }
}
