//! The core's functions for JavaScript: a typed call in, a tagged answer out, types derived.
//!
//! Lines and columns count from 1; columns in UTF-16 code units, as JavaScript counts.

use iam_split_core::api::{self, SplitAnswer, SplitRequest, Texts, ValidateRequest, Validation};
use iam_split_core::config::{Resolution, is_stack_name};
use iam_split_core::contract::Contract;
use iam_split_core::diagnostic::{Code, Diagnostic, Severity, Source, did_you_mean};
use iam_split_core::equivalence::Change;
use iam_split_core::report::{self, FileNames, Report};
use iam_split_core::summary::Summary;
use iam_split_core::validate::Verdict;
use serde::{Deserialize, Serialize};
use tsify::{Ts, Tsify};
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// What to split and how.
#[derive(Deserialize, Tsify)]
pub struct SplitCall {
    /// The template's text.
    pub template: String,
    /// The configuration's text.
    #[tsify(optional)]
    pub config: Option<String>,
    /// The permitted resolutions, in order of preference.
    #[tsify(optional)]
    pub resolve: Option<Vec<Resolution>>,
    /// Whether configured names may be absent.
    #[serde(default)]
    pub allow_missing: bool,
    /// Whether IAM types other than roles and managed policies move too.
    #[serde(default)]
    pub all_iam: bool,
    /// The default of the parameter for the application stack's name.
    #[tsify(optional)]
    pub app_stack_name: Option<String>,
}

/// Both templates, or why there are none.
#[derive(Serialize, Tsify)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum SplitResult {
    /// Both templates, proven, and what was done.
    Done {
        /// The IAM template's text.
        iam: String,
        /// The application template's text.
        app: String,
        /// Whether both are JSON.
        json: bool,
        /// What was done.
        summary: Box<Summary>,
        /// Notes and warnings.
        diagnostics: Vec<Finding>,
    },
    /// All that was found.
    Refused {
        /// Errors first.
        diagnostics: Vec<Finding>,
    },
}

/// A pair to validate.
#[derive(Deserialize, Tsify)]
pub struct ValidateCall {
    /// The IAM template's text.
    pub iam: String,
    /// The application template's text.
    pub app: String,
    /// The text of the template that the pair was made of, for the proof.
    #[tsify(optional)]
    pub monolith: Option<String>,
    /// The configuration's text.
    #[tsify(optional)]
    pub config: Option<String>,
}

/// What a validation found.
#[derive(Serialize, Tsify)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum ValidateResult {
    /// No error: the verdict says whether the pair is proven.
    Clean(Box<Validated>),
    /// Errors.
    Findings(Box<Validated>),
    /// A text that cannot be read.
    Unreadable {
        /// Errors first.
        diagnostics: Vec<Finding>,
    },
}

/// The facts of a validation.
#[derive(Serialize, Tsify)]
pub struct Validated {
    /// What is known of the pair.
    pub verdict: Verdict,
    /// The verdict in words.
    pub headline: String,
    /// The contracts and how each is kept.
    pub contracts: Vec<Contract>,
    /// Resources that are proven to be the monolith's; `null` without a monolith.
    #[tsify(type = "number | null")]
    pub proven: Option<usize>,
    /// Scopes that are wider than the monolith's.
    pub widened: Vec<Change>,
    /// Errors first.
    pub diagnostics: Vec<Finding>,
}

/// A report to write.
#[derive(Deserialize, Tsify)]
pub struct ReportCall {
    /// The pair.
    pub pair: ValidateCall,
    /// The form of the report.
    pub format: ReportFormat,
    /// What the files are called in it.
    pub names: ReportNames,
}

/// The form of a report.
#[derive(Clone, Copy, Deserialize, Tsify)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// A page in one file.
    Html,
    /// The data itself.
    Json,
    /// For a pull request.
    Markdown,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
}

/// What the files are called in a report.
#[derive(Deserialize, Tsify)]
pub struct ReportNames {
    /// The IAM template.
    pub iam: String,
    /// The application template.
    pub app: String,
    /// The monolith.
    #[tsify(optional)]
    pub monolith: Option<String>,
    /// The configuration.
    #[tsify(optional)]
    pub config: Option<String>,
}

/// A report's text.
#[derive(Serialize, Tsify)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum ReportResult {
    /// No error in it.
    Clean {
        /// The report.
        text: String,
    },
    /// It tells of errors.
    Findings {
        /// The report.
        text: String,
    },
}

/// What a code means.
#[derive(Serialize, Tsify)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum ExplainResult {
    /// The code is known.
    Known {
        /// In a few words.
        title: String,
        /// How bad its findings are unless said otherwise.
        severity: Severity,
        /// What causes it.
        cause: String,
        /// What to do.
        recovery: String,
    },
    /// There is no such code.
    Unknown {
        /// What might have been meant.
        #[tsify(type = "string | null")]
        hint: Option<String>,
    },
}

/// A finding.
#[derive(Serialize, Tsify)]
pub struct Finding {
    /// Its code.
    #[tsify(type = "string")]
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where, the main place first.
    pub places: Vec<Place>,
    /// The way out.
    pub help: Vec<String>,
}

/// A marked place.
#[derive(Serialize, Tsify)]
pub struct Place {
    /// The text that it is in.
    pub source: Source,
    /// Where it begins.
    pub start: TextPosition,
    /// Where it ends, exclusive.
    pub end: TextPosition,
    /// What is to be said there.
    pub text: String,
}

/// A line and a column, both from 1; the column in UTF-16 code units.
#[derive(Serialize, Tsify)]
pub struct TextPosition {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

fn placed(found: &[Diagnostic], texts: &Texts<'_>) -> Vec<Finding> {
    let position =
        |at: iam_split_core::text::Position| TextPosition { line: at.line, column: at.column_utf16 };
    let finding = |placed: api::Placed<'_>| Finding {
        code: placed.code,
        severity: placed.severity,
        message: placed.message.to_owned(),
        places: placed
            .labels
            .iter()
            .map(|label| Place {
                source: label.source,
                start: position(label.start),
                end: position(label.end),
                text: label.text.to_owned(),
            })
            .collect(),
        help: placed.help.to_vec(),
    };
    api::place(found, texts).into_iter().map(finding).collect()
}

fn split_call(call: &SplitCall) -> Result<SplitResult, JsError> {
    if call.app_stack_name.as_deref().is_some_and(|name| !is_stack_name(name)) {
        return Err(JsError::new("`app_stack_name` cannot be the name of a stack"));
    }
    let answer = api::split_proven(&SplitRequest {
        template: &call.template,
        config: call.config.as_deref(),
        resolve: call.resolve.clone(),
        allow_missing: call.allow_missing,
        all_iam: call.all_iam,
        app_stack_name: call.app_stack_name.as_deref(),
        ..SplitRequest::default()
    });
    let config = call.config.as_deref().unwrap_or_default();
    let texts = Texts { template: &call.template, config, ..Texts::default() };
    let diagnostics = placed(answer.diagnostics(), &texts);
    Ok(match answer {
        SplitAnswer::Done(split) => SplitResult::Done {
            iam: split.iam,
            app: split.app,
            json: split.json,
            summary: Box::new(split.summary),
            diagnostics,
        },
        SplitAnswer::Refused { .. } => SplitResult::Refused { diagnostics },
    })
}

impl ValidateCall {
    fn texts(&self) -> Texts<'_> {
        Texts {
            template: self.monolith.as_deref().unwrap_or_default(),
            config: self.config.as_deref().unwrap_or_default(),
            iam: &self.iam,
            app: &self.app,
            ..Texts::default()
        }
    }

    fn run(&self) -> Validation {
        api::validate(&ValidateRequest {
            iam: &self.iam,
            app: &self.app,
            monolith: self.monolith.as_deref(),
            config: self.config.as_deref(),
            ..ValidateRequest::default()
        })
    }
}

fn validate_call(call: &ValidateCall) -> ValidateResult {
    let validation = call.run();
    let exit_code = validation.exit_code();
    let diagnostics = placed(&validation.diagnostics, &call.texts());
    if exit_code == 2 {
        return ValidateResult::Unreadable { diagnostics };
    }
    let facts = Box::new(Validated {
        verdict: validation.verdict(),
        headline: validation.headline(),
        contracts: validation.contracts,
        proven: validation.proven,
        widened: validation.widened,
        diagnostics,
    });
    if exit_code == 0 { ValidateResult::Clean(facts) } else { ValidateResult::Findings(facts) }
}

fn report_call(call: ReportCall) -> ReportResult {
    let ReportCall { pair, format, names } = call;
    let names = FileNames {
        iam: names.iam,
        app: names.app,
        template: names.monolith.unwrap_or_default(),
        config: names.config.unwrap_or_default(),
        ..FileNames::default()
    };
    let report = Report::new(&pair.run(), &pair.texts(), &names);
    let text = report.render(match format {
        ReportFormat::Html => report::Format::Html,
        ReportFormat::Json => report::Format::Json,
        ReportFormat::Markdown => report::Format::Markdown,
        ReportFormat::Sarif => report::Format::Sarif,
        ReportFormat::Junit => report::Format::Junit,
    });
    if report.verdict != Verdict::NotProven {
        ReportResult::Clean { text }
    } else {
        ReportResult::Findings { text }
    }
}

fn explained(code: &str) -> ExplainResult {
    match Code::parse(code) {
        Some(code) => {
            let explanation = code.explanation();
            ExplainResult::Known {
                title: explanation.title.to_owned(),
                severity: code.severity(),
                cause: explanation.cause.to_owned(),
                recovery: explanation.recovery.to_owned(),
            }
        }
        None => {
            ExplainResult::Unknown { hint: did_you_mean(code, Code::ALL.iter().map(|known| known.as_str())) }
        }
    }
}

/// Splits a template and proves the result: what `iam-split split` writes.
///
/// # Errors
/// Where the call is not of its type.
#[wasm_bindgen]
#[allow(clippy::needless_pass_by_value, reason = "JavaScript gives a value")]
pub fn split(call: Ts<SplitCall>) -> Result<Ts<SplitResult>, JsError> {
    Ok(split_call(&call.to_rust()?)?.into_ts()?)
}

/// Validates a pair: what `iam-split validate` says.
///
/// # Errors
/// Where the call is not of its type.
#[wasm_bindgen]
#[allow(clippy::needless_pass_by_value, reason = "JavaScript gives a value")]
pub fn validate(call: Ts<ValidateCall>) -> Result<Ts<ValidateResult>, JsError> {
    Ok(validate_call(&call.to_rust()?).into_ts()?)
}

/// Writes the report of a pair: what `iam-split validate --report` writes.
///
/// # Errors
/// Where the call is not of its type.
#[wasm_bindgen]
#[allow(clippy::needless_pass_by_value, reason = "JavaScript gives a value")]
pub fn report(call: Ts<ReportCall>) -> Result<Ts<ReportResult>, JsError> {
    Ok(report_call(call.to_rust()?).into_ts()?)
}

/// Explains a code such as `CYC001`: what `iam-split explain` says.
///
/// # Errors
/// None that a caller can cause.
#[wasm_bindgen]
pub fn explain(code: &str) -> Result<Ts<ExplainResult>, JsError> {
    Ok(explained(code).into_ts()?)
}
