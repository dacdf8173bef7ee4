//! A company's rules, one folder a case: the rules, the templates, and what is found.

use std::fmt::Write;

use iam_split_core::api::check_rules;
use iam_split_core::diagnostic::{Code, Diagnostic};

/// Noon of the last day of June 2026.
const NOW: f64 = 1_782_820_800.0;

/// `RUL001 rule resource`
fn line(finding: &Diagnostic) -> String {
    let mut quoted = finding.message.split('`').skip(1).step_by(2);
    let mut line = finding.code.as_str().to_owned();
    let many = match finding.code {
        Code::RUL001 | Code::RUL002 | Code::RUL007 => 2,
        Code::RUL003 | Code::RUL004 | Code::RUL005 => 1,
        _ => 0,
    };
    let of_nobody = finding.message.contains("whether rules are kept");
    for word in quoted.by_ref().take(if of_nobody { 1 } else { many }) {
        let _ = write!(line, " {word}");
    }
    line
}

fn sorted<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let mut lines: Vec<String> =
        lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    lines.sort();
    lines
}

#[test]
fn each_case_finds_what_is_expected() {
    let mut wrong = String::new();
    let mut count = 0;
    for entry in std::fs::read_dir(iam_split_tests::repository().join("tests/rules")).unwrap() {
        let path = entry.unwrap().path();
        let read = |file: &str| std::fs::read_to_string(path.join(file));
        let app = read("app.yaml").ok();
        let found =
            check_rules(&read("rules.yaml").unwrap(), &read("template.yaml").unwrap(), app.as_deref(), NOW);
        let lines: Vec<String> = found.iter().map(line).collect();
        let got = sorted(lines.iter().map(String::as_str));
        let wanted = sorted(read("expected").unwrap().lines());
        if got != wanted {
            let missing: Vec<_> = wanted.iter().filter(|line| !got.contains(line)).collect();
            let more: Vec<_> = got.iter().filter(|line| !wanted.contains(line)).collect();
            let _ = writeln!(
                wrong,
                "{}: missing {missing:#?}, more {more:#?}, {} of {}",
                path.display(),
                got.len(),
                wanted.len()
            );
            for one in &found {
                let _ = writeln!(wrong, "    {} {} {:?}", one.code.as_str(), one.message, one.help);
            }
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 12);
}
