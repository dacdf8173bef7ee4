//! The real template's pair and the monolith itself, deployed side by side: what the pair costs in calls.

use iam_split_tests::aws::{Door, Place, simulator};
use iam_split_tests::repository;

/// Calls of a run, without the looks at events: how many of those there are is a matter of time.
fn calls(door: &Door, place: &Place, arguments: &[&str]) -> usize {
    let before = door.actions().len();
    let said = place.run(&[&["deploy", "--yes"][..], arguments].concat());
    assert_eq!(said.status, 0, "{}{}", said.stdout, said.stderr);
    door.actions()[before..].iter().filter(|action| *action != "DescribeStackEvents").count()
}

#[test]
fn the_real_pair_is_deployed_with_as_many_calls_as_the_documents_say() {
    let door = Door::open(Some(simulator()), |_| None);
    let Some(place) = Place::real(door.port, "real") else { return };
    let inline = ["--file", "inline.yaml", "--name", "real-inline"];
    let first = [calls(&door, &place, &inline), calls(&door, &place, &[])];
    let again = [calls(&door, &place, &inline), calls(&door, &place, &[])];
    let said = place.run(&["gates"]);
    assert_eq!(said.status, 0, "{}{}", said.stdout, said.stderr);
    assert_eq!(said.stdout.matches(": passed").count(), 4, "{}", said.stdout);
    let said = place.run(&["outputs", "--format", "json"]);
    let outputs: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(outputs["outputs"].as_object().unwrap().len(), 31);
    let document = std::fs::read_to_string(repository().join("docs/deployment.md")).unwrap();
    for (what, [inline, pair]) in [("first deployment", first), ("nothing to do", again)] {
        let row = format!("| {what} | {inline} | {pair} |");
        assert!(document.contains(&row), "docs/deployment.md ought to have `{row}`");
    }
    for arguments in [&inline[..], &[]] {
        let said = place.run(&[&["delete", "--yes"][..], arguments].concat());
        assert_eq!(said.status, 0, "{}", said.stderr);
    }
}
