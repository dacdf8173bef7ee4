//! Gate 1 without a network agrees with others: no error of ours on a template that `cfn-lint` and the local AWS
//! accept, and no error in a pair that its monolith does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use iam_split_core::api::{SplitAnswer, SplitRequest, split};
use iam_split_core::config::Resolution;
use iam_split_core::deployment::contents::Contents;
use iam_split_core::diagnostic::{Diagnostic, Source};
use iam_split_tests::aws::{call, encoded, simulator, tool};
use iam_split_tests::corpus;
use iam_split_tests::corpus::templates;

/// The errors of `cfn-lint` by file.
fn lint(files: &[PathBuf]) -> BTreeMap<PathBuf, BTreeSet<String>> {
    let ran = Command::new(tool("cfn-lint")).args(["--format", "json"]).args(files).output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&ran.stderr)));
    let mut errors: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for one in found.as_array().unwrap().iter().filter(|one| one["Level"] == "Error") {
        let file = PathBuf::from(one["Filename"].as_str().unwrap());
        errors.entry(file).or_default().insert(one["Rule"]["Id"].as_str().unwrap().to_owned());
    }
    errors
}

/// Whether the local AWS accepts a template. It takes 51,200 bytes in a call.
fn accepted(text: &str) -> bool {
    let form = format!("Action=ValidateTemplate&Version=2010-05-15&TemplateBody={}", encoded(text));
    text.len() < 51_200 && call(simulator(), &form).contains("<ValidateTemplateResult")
}

#[test]
fn what_others_accept_has_no_error_of_ours() {
    let Some(folder) = corpus() else { return };
    let files = templates(&folder);
    let errors = lint(&files);
    let (mut linted, mut simulated, mut wrong) = (0, 0, Vec::new());
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let ours: Vec<String> = Contents::read(&text, Source::Template)
            .1
            .iter()
            .filter(|finding| finding.is_error())
            .map(|finding| format!("{} {}", finding.code, finding.message))
            .collect();
        let (clean, accepted) = (!errors.contains_key(file), accepted(&text));
        linted += usize::from(clean);
        simulated += usize::from(accepted);
        // The simulator refuses types that it does not know: what one of the two accepts is looked at as strictly.
        if !ours.is_empty() && (clean || accepted) {
            wrong.push(format!("{}: {ours:?}, cfn-lint {:?}", file.display(), errors.get(file)));
        }
    }
    println!("{} templates, cfn-lint accepts {linted} and the simulator {simulated}", files.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(linted > 40 && simulated > 0, "{linted} {simulated}");
}

#[test]
fn a_pair_has_no_error_that_its_monolith_does_not_have() {
    let Some(folder) = corpus() else { return };
    let work = tempfile::tempdir().unwrap();
    let mut pairs: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for (number, file) in templates(&folder).into_iter().enumerate() {
        let text = std::fs::read_to_string(&file).unwrap();
        let resolve = Some(vec![Resolution::Exact, Resolution::Pattern]);
        let answer = split(&SplitRequest { template: &text, resolve, ..SplitRequest::default() });
        let SplitAnswer::Done(pair) = answer else { continue };
        let own = errors_of(&text);
        for (which, text) in [("iam", &pair.iam), ("app", &pair.app)] {
            let path =
                work.path().join(format!("{number}-{which}.{}", if pair.json { "json" } else { "yaml" }));
            std::fs::write(&path, text).unwrap();
            let new: Vec<String> = errors_of(text).into_iter().filter(|error| !own.contains(error)).collect();
            assert_eq!(new, [""; 0], "{} {which}", file.display());
            pairs.insert(path, file.clone());
        }
    }
    let monoliths: Vec<PathBuf> = pairs.values().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let (before, after) = (lint(&monoliths), lint(&pairs.keys().cloned().collect::<Vec<_>>()));
    let none = BTreeSet::new();
    let new = |(file, found): (&PathBuf, &BTreeSet<String>)| {
        let known = before.get(&pairs[file]).unwrap_or(&none);
        let new: Vec<&String> = found.difference(known).collect();
        (!new.is_empty()).then(|| format!("{} from {}: {new:?}", name(file), pairs[file].display()))
    };
    let wrong: Vec<String> = after.iter().filter_map(new).collect();
    println!("{} pairs", pairs.len() / 2);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn errors_of(text: &str) -> Vec<String> {
    let (_, found) = Contents::read(text, Source::Template);
    found
        .iter()
        .filter(|finding| Diagnostic::is_error(finding))
        .map(|finding| finding.message.clone())
        .collect()
}

fn name(file: &Path) -> String {
    file.file_name().unwrap().to_string_lossy().into_owned()
}
