//! SARIF 2.1.0: each decision a result, at the statement that leads to it.

use serde_json::{Value, json};

use super::{ReleaseReport, line, reasons, request};
use crate::diagnostic::{Code, Diagnostic};
use crate::policy::{Decision, Verdict};
use crate::report::sarif::{document, rule, uri};

const CODES: [Code; 3] = [Code::REL001, Code::REL002, Code::POL001];

pub(super) fn render(report: &ReleaseReport<'_>) -> String {
    let decided = |decision: &Decision| {
        let code = if decision.verdict == Verdict::More { Code::REL001 } else { Code::REL002 };
        let mut lines = vec![decision.headline()];
        lines.extend(request(decision).into_iter().flat_map(|(_, lines)| lines));
        lines.extend(reasons(decision));
        result(code, &lines.join("\n"), report.file(decision), line(decision))
    };
    let warned = |warning: &Diagnostic| result(warning.code, &warning.message, &report.new, 0);
    let decisions = report.diff.release.decisions.iter().map(decided);
    let results = decisions.chain(report.diff.warnings.iter().map(warned)).collect();
    document(CODES.map(rule).to_vec(), results, &report.headline)
}

fn result(code: Code, text: &str, file: &str, line: u32) -> Value {
    let location = (line > 0).then(|| {
        let file = json!({ "uri": uri(file) });
        json!({ "physicalLocation": { "artifactLocation": file, "region": { "startLine": line } } })
    });
    json!({
        "ruleId": code.as_str(),
        "ruleIndex": CODES.iter().position(|one| *one == code),
        "level": code.severity().name(),
        "message": { "text": text },
        "locations": location.into_iter().collect::<Vec<_>>(),
    })
}
