//! JUnit XML: a contract is a test case, the proof another.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::{Finding, Report};
use crate::contract::Standing;
use crate::diagnostic::Severity;
use crate::text::counted;
use crate::validate::Verdict;

pub(super) fn render(report: &Report) -> String {
    let mut suite = TestSuite::new("contracts");
    for contract in &report.contracts {
        let status = match contract.standing() {
            Standing::Kept => TestCaseStatus::success(),
            Standing::Broken => failure(&counted(contract.findings, "finding")),
            // Neither passed nor failed: the verdict does not hang on it.
            Standing::Otherwise | Standing::NotAsked => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(contract.words());
                status
            }
        };
        suite.add_test_case(TestCase::new(contract.name.as_ref(), status));
    }
    let mut findings = TestSuite::new("findings");
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    findings.add_test_cases(errors.map(failed));
    let proof = match report.verdict {
        Verdict::Proven => TestCaseStatus::success(),
        Verdict::NotProven => failure(&report.headline),
        Verdict::NotCompared => TestCaseStatus::skipped(),
    };
    findings.add_test_case(TestCase::new(format!("proof: {}", report.headline), proof));
    let mut junit = Junit::new("iam-split");
    junit.add_test_suites([suite, findings]);
    // Only a name with a NUL could fail, and none has.
    junit.to_string().unwrap_or_default()
}

/// A finding as a failed test case, with its places and what helps.
pub(crate) fn failed(finding: &Finding) -> TestCase {
    let mut status = failure(&finding.message);
    let places = finding
        .places
        .iter()
        .map(|place| format!("{}:{}:{}: {}", place.file, place.start.line, place.start.column, place.text));
    let lines: Vec<String> = places.chain(finding.help.iter().cloned()).collect();
    status.set_description(lines.join("\n"));
    TestCase::new(format!("{} {} {}", finding.severity.name(), finding.code, finding.message), status)
}

/// A failed test case.
pub(crate) fn failure(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message);
    status
}
