//! JUnit XML: each decision other than "no more" is a failed test case, each rule that is broken another, and the release
//! is one. What cannot be told is skipped where that is permitted: the command does not fail either.

use quick_junit::{Report as Junit, TestCase, TestCaseStatus, TestSuite};

use super::{ReleaseReport, reasons, request};
use crate::diagnostic::Severity;
use crate::policy::Verdict;
use crate::report::junit::{failed, failure};

pub(super) fn render(report: &ReleaseReport<'_>) -> String {
    let release = &report.diff.release;
    let mut suite = TestSuite::new("release");
    let of = |verdict: Verdict, message: &str| match verdict {
        Verdict::NoMore => TestCaseStatus::success(),
        Verdict::CannotTell if report.allows_unknown => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(message);
            status
        }
        Verdict::CannotTell | Verdict::More => failure(message),
    };
    for decision in &release.decisions {
        let mut status = of(decision.verdict, &decision.headline());
        let mut lines = request(decision).map(|(_, lines)| lines).unwrap_or_default();
        lines.extend(reasons(decision));
        status.set_description(lines.join("\n"));
        suite.add_test_case(TestCase::new(decision.headline(), status));
    }
    let whole = of(release.verdict, &release.headline());
    suite.add_test_case(TestCase::new(format!("release: {}", release.headline()), whole));
    let mut junit = Junit::new("iam-split");
    junit.add_test_suite(suite);
    if let Some(rules) = &report.diff.rules {
        let mut suite = TestSuite::new("rules");
        let broken = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
        suite.add_test_cases(broken.map(failed));
        let whole = match (report.diff.breaks_rules(), rules.asked.iter().any(|one| one.resources > 0)) {
            (true, _) => failure(&rules.headline),
            (false, true) => TestCaseStatus::success(),
            (false, false) => TestCaseStatus::skipped(),
        };
        suite.add_test_case(TestCase::new(rules.headline.clone(), whole));
        junit.add_test_suite(suite);
    }
    // Only a name with a NUL could fail, and none has.
    junit.to_string().unwrap_or_default()
}
