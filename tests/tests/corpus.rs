//! The real templates: every way of splitting each gives what `docs/corpus.md` says.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use iam_split_core::api::{SplitAnswer, SplitRequest, split};
use iam_split_core::config::Resolution;
use iam_split_core::diagnostic::Diagnostic;
use iam_split_core::facts::resource_type;
use iam_split_tests::corpus::{MODES, Outcome, outcome, templates};
use iam_split_tests::{corpus, repository};

#[test]
fn the_table_of_results_holds() {
    let Some(folder) = corpus() else { return };
    let table = std::fs::read_to_string(repository().join("docs/corpus.md")).unwrap();
    let paths = templates(&folder);
    let texts: Vec<String> = paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    // One template is as large as all others together: the work is shared out cell by cell.
    let cells = Mutex::new(vec![vec![String::new(); MODES.len()]; paths.len()]);
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (row, column) = (at / MODES.len(), at % MODES.len());
            let (Some(text), mode) = (texts.get(row), &MODES[column]) else { return };
            let outcome = outcome(text, mode);
            if let Outcome::Broken(problems) = &outcome {
                panic!("{} {}: {problems:#?}", paths[row].display(), mode.name);
            }
            cells.lock().unwrap()[row][column] = outcome.to_string();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    for (path, cells) in paths.iter().zip(cells.into_inner().unwrap()) {
        let row = format!("| {} | {} |", path.strip_prefix(&folder).unwrap().display(), cells.join(" | "));
        assert!(table.contains(&row), "docs/corpus.md does not have\n{row}");
    }
}

/// What a user has typed so far.
struct Tried {
    text: String,
    resolve: Vec<Resolution>,
    all_iam: bool,
}

impl Tried {
    /// Does what a help says, if a person without the template's history can.
    fn follow(&mut self, help: &str) -> bool {
        let quoted = |after: &str| help.split_once(after)?.1.split('`').nth(1);
        if help.starts_with("give `") {
            return quoted("give ").is_some_and(|name| self.name(name));
        }
        if help.ends_with("with `--all-iam`") {
            self.all_iam = true;
            return true;
        }
        let Some(mode) = quoted("permit ").and_then(|mode| Resolution::parse_list(mode).ok()) else {
            return false;
        };
        self.resolve.extend(mode);
        true
    }

    /// Gives a resource an explicit name, in the line after `Properties`.
    fn name(&mut self, resource: &str) -> bool {
        let lines: Vec<&str> = self.text.lines().collect();
        let depth = |line: &str| line.len() - line.trim_start().len();
        let is_key = |line: &str, key: &str| {
            let line = line.trim_start().trim_start_matches('"');
            line.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches('"').starts_with(':'))
        };
        let resources = lines.iter().position(|line| is_key(line, "Resources")).unwrap();
        let at = resources + lines[resources..].iter().position(|line| is_key(line, resource)).unwrap();
        let ends = |line: &&&str| !line.trim().is_empty() && depth(line) <= depth(lines[at]);
        let end = lines[at + 1..].iter().position(|line| ends(&line)).map_or(lines.len(), |end| at + 1 + end);
        let kind = lines[at..end].iter().find(|line| is_key(line, "Type")).unwrap();
        let kind = kind.split_once(':').unwrap().1.trim().trim_matches(['"', '\'', ',']).trim_matches('"');
        let Some([above @ .., property]) = resource_type(kind).map(|row| row.name_property) else {
            return false;
        };
        let value = format!("{}-named", resource.to_lowercase());
        let mut text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        // Below the deepest part of the path that is there.
        let mut parent = at;
        for key in ["Properties"].iter().chain(above) {
            let Some(found) = lines[parent..end].iter().position(|line| is_key(line, key)) else {
                let indent = " ".repeat(depth(lines[at + 1]));
                text.insert(at + 1, format!("{indent}Properties:\n{indent}  {property}: {value}"));
                self.text = text.join("\n") + "\n";
                return *key == "Properties" && above.is_empty() && !self.text.starts_with('{');
            };
            parent += found;
        }
        let empty = text[parent].ends_with("{}");
        if empty {
            text[parent] = text[parent].replace("{}", "");
        }
        let indent = " ".repeat(if empty { depth(lines[parent]) + 2 } else { depth(lines[parent + 1]) });
        let json = format!("{indent}\"{property}\": \"{value}\",");
        let yaml = format!("{indent}{property}: {value}");
        text.insert(parent + 1, if self.text.starts_with('{') { json } else { yaml });
        self.text = text.join("\n") + "\n";
        true
    }
}

/// Codes of what no option of ours mends: the file is not what CloudFormation reads.
const BY_HAND: [&str; 8] = ["TRF001", "SEL002", "TPL002", "TPL003", "TPL004", "TPL005", "TPL006", "TPL007"];

#[test]
fn the_first_help_of_each_refusal_leads_to_a_pair() {
    let Some(folder) = corpus() else { return };
    let mut refused = 0;
    for path in templates(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut tried = Tried { text, resolve: vec![Resolution::Exact], all_iam: false };
        // Each round may uncover what the one before hid; none goes on for ever.
        for round in 0.. {
            let request = SplitRequest {
                template: &tried.text,
                resolve: Some(tried.resolve.clone()),
                all_iam: tried.all_iam,
                ..SplitRequest::default()
            };
            let SplitAnswer::Refused { diagnostics } = split(&request) else { break };
            refused += usize::from(round == 0);
            let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|found| found.is_error()).collect();
            if errors.iter().all(|found| BY_HAND.contains(&found.code.as_str())) {
                break;
            }
            let said = |found: &&Diagnostic| format!("{}: {}", found.code, found.message);
            let said: Vec<String> = errors.iter().map(said).collect();
            let told = || format!("{} after {round}: {said:#?}", path.display());
            let mut helps: Vec<&String> = errors.iter().filter_map(|found| found.help.first()).collect();
            assert_eq!(helps.len(), errors.len(), "{}", told());
            helps.sort();
            helps.dedup();
            assert!(round < 8, "{}", told());
            let before = (tried.text.len(), tried.resolve.len(), tried.all_iam);
            for help in helps {
                assert!(tried.follow(help), "`{help}` of {}", told());
            }
            assert_ne!(before, (tried.text.len(), tried.resolve.len(), tried.all_iam));
        }
    }
    assert!(refused > 10, "{refused} were refused");
}
