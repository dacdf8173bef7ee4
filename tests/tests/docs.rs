//! What `docs/` says is what the program does.

use iam_split_core::diagnostic::{Code, Example};
use iam_split_tests::{book, docs, reference, repository, run};

fn document(name: &str) -> String {
    std::fs::read_to_string(repository().join("docs").join(name)).unwrap()
}

#[test]
fn the_codes_and_the_schema_are_those_of_the_program() {
    assert!(document("cli.md") == reference::cli(), "make docs/cli.md anew");
    assert!(document("configuration.md") == reference::configuration(), "make docs/configuration.md anew");
    assert!(document("errors.md") == docs::errors(), "make docs/errors.md anew");
    assert!(document("troubleshooting.md") == docs::troubleshooting(), "make docs/troubleshooting.md anew");
    assert!(document("report.schema.json") == docs::schema(), "make docs/report.schema.json anew");
}

/// Each page says what it is for and leads to the next, as the table of contents has them; no page is left out of it.
#[test]
fn the_book_reads_from_start_to_end() {
    let pages = book::pages();
    for page in &pages {
        let text = document(&page.file);
        assert!(text == book::framed(&page.file, &text), "run `docs frame` for {}", page.file);
    }
    let mut listed: Vec<&str> = pages.iter().map(|page| &*page.file).chain(["README.md"]).collect();
    let files = std::fs::read_dir(repository().join("docs")).unwrap();
    let mut there: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    there.retain(|name| name.ends_with(".md"));
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
    let parts = ["Tutorial", "How-to", "Reference", "Explanation"];
    let order: Vec<&str> = pages.chunk_by(|a, b| a.part == b.part).map(|part| &*part[0].part).collect();
    assert_eq!(order, parts);
}

/// Links between the documents lead to files and headings that are there.
#[test]
fn links_lead_somewhere() {
    let anchor = |heading: &str| {
        let kept = heading
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .collect::<String>();
        kept.replace(' ', "-")
    };
    let mut looked = 0;
    let docs = std::fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["README.md", "CONTRIBUTING.md", "web/README.md"].map(|name| repository().join(name));
    for path in docs.chain(others).filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") || target.contains(char::is_whitespace) {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let leads = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(leads.exists(), "{}: {target}", path.display());
            if !heading.is_empty() {
                let there = std::fs::read_to_string(&leads).unwrap();
                let mut headings = there.lines().filter(|line| line.starts_with('#'));
                let found = headings.any(|line| anchor(line.trim_start_matches('#').trim()) == heading);
                assert!(found, "{}: {target}", path.display());
            }
            looked += 1;
        }
    }
    assert!(looked > 100, "{looked}");
}

/// What is released is of one version: the crates, the npm package and the list of changes.
#[test]
fn versions_are_in_step() {
    let read = |name: &str| std::fs::read_to_string(repository().join(name)).unwrap();
    let manifest: Vec<String> = read("Cargo.toml").lines().map(str::to_owned).collect();
    let after = |start: &str| {
        let line = manifest.iter().find(|line| line.starts_with(start)).unwrap();
        line.split("version").last().unwrap().split('"').nth(1).unwrap().to_owned()
    };
    let version = after("version = ");
    assert_eq!(after("iam-split-core = "), version);
    // wasm-pack takes the npm package's version from its crate.
    for crate_of in ["core", "native-cli", "web", "tests"] {
        assert!(read(&format!("{crate_of}/Cargo.toml")).contains("version.workspace = true"), "{crate_of}");
    }
    assert_eq!(run(&repository(), &["--version"], b"").stdout, format!("iam-split {version}\n"));
    let changes = read("CHANGELOG.md");
    let newest = changes.lines().find_map(|line| line.strip_prefix("## [")).unwrap();
    let date =
        newest.strip_prefix(&format!("{version}] - ")).unwrap_or_else(|| panic!("{version}, not {newest}"));
    assert!(date == "unreleased" || date.len() == "2026-01-01".len(), "{date}");
    // Whoever follows the documents installs what is there.
    assert!(read("docs/install.md").contains(&format!("iam-split-web-{version}.tgz")));
}

/// A fence that closes a block stands on a line of its own: else all that follows is code.
#[test]
fn fences_stand_alone() {
    let mut looked = 0;
    for entry in std::fs::read_dir(repository().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let fences: Vec<&str> = text.lines().filter(|line| line.contains("```")).collect();
        looked += fences.len();
        assert!(
            fences.iter().all(|line| line.trim_start().starts_with("```")),
            "{}: {fences:#?}",
            path.display()
        );
        assert_eq!(fences.len() % 2, 0, "{}", path.display());
    }
    assert!(looked > 200, "{looked}");
}

/// Each example of the catalogue leads to its code, with the exit code that the code has.
#[test]
fn every_example_leads_to_its_code() {
    // These take an input too large or too odd for a document.
    let said = ["SYN003", "SYN008", "LIM001", "LIM002", "LIM003", "LIM004", "LIM005", "LIM006", "INT001"];
    // And these a stack.
    let of_stacks = [
        "DPL011", "DPL012", "DPL013", "DPL014", "DPL015", "DPL016", "DPL017", "DPL018", "DPL019", "DPL020",
        "DPL021",
    ];
    let mut wrong = Vec::new();
    // What AWS answers is in `deployment::failure`, with a test of its own.
    for code in Code::ALL.iter().filter(|code| !code.as_str().starts_with("AWS")) {
        let Some(example) = Example::read(code.explanation().example) else {
            let told = said.contains(&code.as_str()) || of_stacks.contains(&code.as_str());
            assert!(told, "{code} has no example that runs");
            continue;
        };
        let work = tempfile::tempdir().unwrap();
        for (name, text) in &example.files {
            let path = work.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let ran = run(work.path(), &example.command.split(' ').collect::<Vec<_>>(), b"");
        let codes: Vec<&str> = ran.stderr.split('[').skip(1).filter_map(|part| part.get(..6)).collect();
        // A decision about a release has its code in the report alone.
        let report = std::fs::read_to_string(work.path().join("release.sarif")).unwrap_or_default();
        let reported = report.contains(&format!("\"ruleId\": \"{code}\""));
        if !(codes.contains(&code.as_str()) || reported) || (code.exit_code() > 0 && ran.status == 0) {
            wrong.push(format!("{code}: status {}, {codes:?}", ran.status));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The excerpts of `docs/split-output.md` are what the command writes, whole lines of it.
#[test]
fn the_output_is_as_explained() {
    let work = tempfile::tempdir().unwrap();
    for name in ["quilt.yaml", "config.yaml"] {
        std::fs::copy(repository().join("examples/quilt").join(name), work.path().join(name)).unwrap();
    }
    assert_eq!(run(work.path(), &["split", "quilt.yaml", "--config", "config.yaml"], b"").status, 0);
    let document = document("split-output.md");
    let mut excerpts = 0;
    for block in document.split("```yaml ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let (excerpt, _) = rest.split_once("```").unwrap();
        let written = std::fs::read_to_string(work.path().join(name)).unwrap();
        assert!(written.contains(&format!("\n{excerpt}")), "{name} does not have\n{excerpt}");
        excerpts += 1;
    }
    assert!(excerpts > 8);
}
