//! One folder a case: `template.yaml` or `.json`, perhaps `config.yaml`, perhaps `args`. The snapshot
//! beside them holds status, standard output, standard error and both templates; a person has read it.

use std::fmt::Write;
use std::path::Path;

use iam_split_tests::run;

fn show(folder: &Path) -> String {
    let work = tempfile::tempdir().unwrap();
    let mut arguments = vec!["split".to_owned()];
    let ending = if folder.join("template.json").exists() { "json" } else { "yaml" };
    let template = format!("template.{ending}");
    for name in [template.as_str(), "config.yaml"] {
        if folder.join(name).exists() {
            std::fs::copy(folder.join(name), work.path().join(name)).unwrap();
        }
    }
    arguments.push(template);
    if folder.join("config.yaml").exists() {
        arguments.extend(["--config".to_owned(), "config.yaml".to_owned()]);
    }
    let more = std::fs::read_to_string(folder.join("args")).unwrap_or_default();
    arguments.extend(more.split_whitespace().map(str::to_owned));
    arguments.extend(["--out-dir".to_owned(), "out".to_owned()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let run = run(work.path(), &arguments, b"");
    let mut text = String::new();
    writeln!(text, "$ iam-split {}\nstatus {}", arguments.join(" "), run.status).unwrap();
    writeln!(text, "\n--- stdout\n{}\n--- stderr\n{}", run.stdout, run.stderr).unwrap();
    for which in ["iam", "app"] {
        let file = work.path().join(format!("out/template-{which}.{ending}"));
        match std::fs::read_to_string(file) {
            Ok(written) => writeln!(text, "--- {which}\n{written}").unwrap(),
            Err(_) => assert_ne!(run.status, 0, "{which} is missing"),
        }
    }
    let written = std::fs::read_dir(work.path().join("out")).map_or(0, Iterator::count);
    assert_eq!(written, if run.status == 0 { 2 } else { 0 }, "both files or none");
    text
}

#[test]
fn every_case_reads_as_it_did() {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../cases" }, {
        insta::glob!("../cases", "*/template.*", |path| {
            let folder = path.parent().unwrap();
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            insta::with_settings!({ snapshot_path => folder, snapshot_suffix => "" }, {
                insta::assert_snapshot!(name, show(folder));
            });
        });
    });
}
