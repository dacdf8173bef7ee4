//! What `docs/` says is what the program does.

use iam_split_core::diagnostic::{Code, Example};
use iam_split_tests::{docs, repository, run};

fn document(name: &str) -> String {
    std::fs::read_to_string(repository().join("docs").join(name)).unwrap()
}

#[test]
fn the_codes_and_the_schema_are_those_of_the_program() {
    assert!(document("errors.md") == docs::errors(), "make docs/errors.md anew");
    assert!(document("report.schema.json") == docs::schema(), "make docs/report.schema.json anew");
}

/// Each example of the catalogue leads to its code, with the exit code that the code has.
#[test]
fn every_example_leads_to_its_code() {
    // These take an input too large or too odd for a document.
    let said = ["SYN003", "SYN008", "LIM001", "LIM002", "LIM003", "LIM004", "INT001"];
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let Some(example) = Example::read(code.explanation().example) else {
            assert!(said.contains(&code.as_str()), "{code} has no example that runs");
            continue;
        };
        let work = tempfile::tempdir().unwrap();
        for (name, text) in &example.files {
            std::fs::write(work.path().join(name), text).unwrap();
        }
        let ran = run(work.path(), &example.command.split(' ').collect::<Vec<_>>(), b"");
        let codes: Vec<&str> = ran.stderr.split('[').skip(1).filter_map(|part| part.get(..6)).collect();
        if !codes.contains(&code.as_str()) || (code.exit_code() > 0 && ran.status == 0) {
            wrong.push(format!("{code}: status {}, {codes:?}", ran.status));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
