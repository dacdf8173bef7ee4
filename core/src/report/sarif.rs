//! SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format").

use serde_json::{Value, json};

use super::{Finding, Place, Report};
use crate::diagnostic::Code;
use crate::equivalence::Change;

pub(super) fn render(report: &Report) -> String {
    let mut codes: Vec<Code> = report.findings.iter().map(|finding| finding.code).collect();
    // Each wider scope is a note, whether or not somebody has to accept it.
    if !report.widened.is_empty() {
        codes.push(Code::WID001);
    }
    codes.sort();
    codes.dedup();
    let result = |finding: &Finding| result(finding, &codes);
    let wider = |change: &Change| {
        let line =
            report.moved().find(|resource| resource.name == change.resource).map(|resource| resource.line);
        let mut text = format!(
            "`{}` ({}, {}) reaches `{}`; before `{}`",
            change.resource, change.statement, change.element, change.after, change.before
        );
        if !change.reaches.is_empty() {
            text.push_str(&format!(": {}", change.reaches));
        }
        let location = line.filter(|line| *line > 0).map(|line| {
            json!({
                "physicalLocation": {
                    "artifactLocation": { "uri": uri(&report.iam) },
                    "region": { "startLine": line },
                },
            })
        });
        json!({
            "ruleId": Code::WID001.as_str(),
            "ruleIndex": codes.iter().position(|code| *code == Code::WID001),
            "level": "note",
            "message": { "text": text },
            "locations": location.into_iter().collect::<Vec<_>>(),
        })
    };
    let results: Vec<Value> =
        report.findings.iter().map(result).chain(report.widened.iter().map(wider)).collect();
    document(codes.into_iter().map(rule).collect(), results, &report.headline)
}

/// A finding as a result.
pub(crate) fn result(finding: &Finding, codes: &[Code]) -> Value {
    let index = codes.iter().position(|code| *code == finding.code);
    let mut locations = finding.places.iter().map(location);
    let mut text = finding.message.clone();
    finding.help.iter().for_each(|help| text.push_str(&format!("\n{help}")));
    let mut value = json!({
        "ruleId": finding.code.as_str(),
        "ruleIndex": index,
        "level": finding.severity.name(),
        "message": { "text": text },
    });
    if let Some(fields) = value.as_object_mut() {
        // A finding without a place is one of the whole.
        fields.insert("locations".to_owned(), locations.next().into_iter().collect());
        fields.insert("relatedLocations".to_owned(), locations.collect());
    }
    value
}

/// A code as a rule.
pub(crate) fn rule(code: Code) -> Value {
    let explanation = code.explanation();
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": explanation.title },
        "fullDescription": { "text": explanation.cause },
        "help": { "text": explanation.recovery },
        "defaultConfiguration": { "level": code.severity().name() },
    })
}

/// The whole of a run.
#[expect(clippy::needless_pass_by_value, reason = "they become part of it")]
pub(crate) fn document(rules: Vec<Value>, results: Vec<Value>, headline: &str) -> String {
    let sarif = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "iam-split", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "utf16CodeUnits",
            "results": results,
            "properties": { "verdict": headline },
        }],
    });
    serde_json::to_string_pretty(&sarif).unwrap_or_default() + "\n"
}

fn location(place: &Place) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.file) },
            "region": {
                "startLine": place.start.line,
                "startColumn": place.start.column_utf16,
                "endLine": place.end.line,
                "endColumn": place.end.column_utf16,
            },
        },
        "message": { "text": place.text },
    })
}

/// A path as a URI reference: what a URI cannot hold is escaped.
pub(crate) fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/' | b'@' | b'+') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
