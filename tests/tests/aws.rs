//! The stacks, against a local AWS: deployed, updated, left alone, deleted.

use iam_split_tests::Run;
use iam_split_tests::aws::{Door, Place, simulator};

const DEPLOY: [&str; 4] = ["deploy", "--yes", "--poll-interval", "0.05"];

#[track_caller]
fn ok(run: &Run) -> &str {
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    &run.stderr
}

fn counted(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn the_examples_pair_is_deployed_left_alone_and_deleted() {
    let place = Place::example(simulator(), "first");
    let said = place.run(&DEPLOY);
    let text = ok(&said);
    assert!(text.contains("made the bucket quilt-templates-first"), "{text}");
    for gate in ["gate 1 (templates)", "gate 2 (IAM stack)", "gate 3 (outputs)", "gate 4 (application stack)"]
    {
        assert!(text.contains(&format!("{gate}: passed")), "{text}");
    }
    assert!(text.find("creating the stack first-iam") < text.find("creating the stack first\n"), "{text}");
    assert_eq!(said.stdout, "deployed first-iam and first\n");
    // Nothing to do: nothing is sent, nothing changes.
    let said = place.run(&DEPLOY);
    let text = ok(&said);
    assert_eq!(counted(text, "is up to date: nothing to do"), 2, "{text}");
    assert_eq!((counted(text, "  sent "), counted(text, "  unchanged ")), (0, 4), "{text}");

    let said = place.run(&["delete", "--yes", "--poll-interval", "0.05"]);
    let text = ok(&said);
    assert!(text.find("deleting the stack first\n") < text.find("deleting the stack first-iam"), "{text}");
    assert!(
        said.stdout.contains("deleted first\n") && said.stdout.contains("deleted first-iam\n"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("(its DeletionPolicy keeps it)"), "{}", said.stdout);
    let said = place.run(&["delete", "--yes"]);
    ok(&said);
    assert_eq!(said.stdout, "nothing to delete\n");
}

#[test]
fn nothing_is_called_while_there_are_faults() {
    let door = Door::open(None, |_| None);
    let place = Place::example(door.port, "faulty");
    place.edit("deployment.yaml", "AdminEmail", "AdminMail");
    place.edit("deployment.yaml", "QuiltWebHost: catalog.example.com", "QuiltWebHost: UPPER");
    place.edit("deployment.yaml", "tags:", "tgas: {}\non_failure: STOP\ntags:");
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 2);
    // What belongs to the settings themselves is said first; the rest needs them.
    assert!(said.stderr.contains("DPL002") && said.stderr.contains("DPL003"), "{}", said.stderr);
    place.edit("deployment.yaml", "tgas: {}\non_failure: STOP\n", "");
    let said = place.run(&DEPLOY);
    assert_eq!(said.status, 2);
    for text in
        ["DPL007", "did you mean `AdminEmail`", "DPL008", "`AdminEmail`", "DPL009", "refused: 3 errors"]
    {
        assert!(said.stderr.contains(text), "{text}: {}", said.stderr);
    }
    assert_eq!(door.actions(), [""; 0]);
}
