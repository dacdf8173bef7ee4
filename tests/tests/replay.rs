//! Replays the inputs that fuzzing kept, on the stable toolchain. `CONTRIBUTING.md` says how to fuzz.

use iam_split_tests::{fuzz, repository};

fn replay(target: &str, run: fn(&[u8])) {
    let folder = repository().join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        run(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 0, "no inputs are kept for {target}");
}

#[test]
fn texts() {
    replay("text", fuzz::text);
}

#[test]
fn generated_templates() {
    replay("generated", fuzz::generated);
}
