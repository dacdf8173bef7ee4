//! SARIF 2.1.0: each decision a result, at the statement that leads to it.

use serde_json::{Value, json};

use super::{ReleaseReport, line, reasons, request};
use crate::diagnostic::Code;
use crate::policy::{Decision, Verdict};
use crate::report::sarif::{document, result, rule, uri};

pub(super) fn render(report: &ReleaseReport<'_>) -> String {
    let decided = |decision: &Decision| {
        if decision.verdict == Verdict::More { Code::REL001 } else { Code::REL002 }
    };
    let mut codes: Vec<Code> = report.diff.release.decisions.iter().map(decided).collect();
    codes.extend(report.findings.iter().map(|finding| finding.code));
    codes.sort();
    codes.dedup();
    let of = |decision: &Decision| {
        let code = decided(decision);
        let mut lines = vec![decision.headline()];
        lines.extend(request(decision).into_iter().flat_map(|(_, lines)| lines));
        lines.extend(reasons(decision));
        // What is permitted fails nothing.
        let is_permitted = report.allows_unknown && decision.verdict != Verdict::More;
        let level = if is_permitted { "warning" } else { code.severity().name() };
        // What stands nowhere is a matter of the whole file.
        let location = json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(report.file(decision)) },
                "region": { "startLine": line(decision).max(1) },
            },
        });
        json!({
            "ruleId": code.as_str(),
            "ruleIndex": codes.iter().position(|one| *one == code),
            "level": level,
            "message": { "text": lines.join("\n") },
            "locations": [location],
        })
    };
    let decisions = report.diff.release.decisions.iter().map(of);
    let results: Vec<Value> =
        decisions.chain(report.findings.iter().map(|finding| result(finding, &codes))).collect();
    document(codes.iter().copied().map(rule).collect(), results, &report.headline)
}
