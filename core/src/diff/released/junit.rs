//! JUnit XML: each decision other than "no more" is a failed test case, and the release is one.

use quick_junit::{Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::{ReleaseReport, reasons, request};
use crate::policy::Verdict;
use crate::report::junit::failure;

pub(super) fn render(report: &ReleaseReport<'_>) -> String {
    let release = &report.diff.release;
    let mut suite = TestSuite::new("release");
    for decision in &release.decisions {
        let mut status = failure(&decision.headline());
        let mut lines = request(decision).map(|(_, lines)| lines).unwrap_or_default();
        lines.extend(reasons(decision));
        status.set_description(lines.join("\n"));
        suite.add_test_case(TestCase::new(decision.headline(), status));
    }
    let whole = match release.verdict {
        Verdict::NoMore => TestCaseStatus::success(),
        Verdict::CannotTell | Verdict::More => failure(&report.headline),
    };
    suite.add_test_case(TestCase::new(format!("release: {}", report.headline), whole));
    let mut junit = Junit::new("iam-split");
    junit.add_test_suite(suite);
    // Only a name with a NUL could fail, and none has.
    junit.to_string().unwrap_or_default()
}
