//! The real templates: every way of splitting each gives what `docs/corpus.md` says.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

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
