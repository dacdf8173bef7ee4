//! JUnit XML: a contract is a test case, the proof another.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::Report;
use crate::diagnostic::Severity;
use crate::validate::Verdict;

pub(super) fn render(report: &Report) -> String {
    let mut suite = TestSuite::new("contracts");
    for contract in &report.contracts {
        let status = if contract.findings == 0 {
            TestCaseStatus::success()
        } else {
            let plural = if contract.findings == 1 { "" } else { "s" };
            failure(&format!("{} finding{plural}", contract.findings))
        };
        suite.add_test_case(TestCase::new(contract.name.as_ref(), status));
    }
    let mut findings = TestSuite::new("findings");
    for finding in report.findings.iter().filter(|finding| finding.severity == Severity::Error) {
        let mut status = failure(&finding.message);
        let places: Vec<String> = finding
            .places
            .iter()
            .map(|place| {
                format!("{}:{}:{}: {}", place.file, place.start.line, place.start.column, place.text)
            })
            .chain(finding.help.iter().cloned())
            .collect();
        status.set_description(places.join("\n"));
        let name = format!("{} {} {}", finding.severity.name(), finding.code, finding.message);
        findings.add_test_case(TestCase::new(name, status));
    }
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

/// A failed test case.
pub(crate) fn failure(message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message);
    status
}
