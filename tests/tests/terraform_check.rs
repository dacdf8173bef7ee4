//! `iam-split terraform --check`: the module of the specification, and those that are written for the pair.

use iam_split_tests::aws::{Door, Place, simulator};
use iam_split_tests::{ok, repository};

/// Nobody answers: nothing is called.
fn closed() -> Door {
    Door::open(None, |_| None)
}

fn folder() -> String {
    repository().join("tests/terraform/specification").canonicalize().unwrap().display().to_string()
}

/// What of the module fails with a pair. It was written for a template with one role more, and before the pair was.
#[test]
fn the_module_of_the_specification_is_told_what_will_fail() {
    let door = closed();
    let place = Place::example(door.port, "quilt-prod");
    let folder = folder();
    let ran = place.run(&["terraform", "--check", &folder]);
    assert_eq!(ran.status, 1);
    let said = format!("{}{}", ran.stderr, ran.stdout).replace(&folder, "DIR");
    insta::assert_snapshot!(said);
    assert_eq!(door.actions(), [""; 0]);
}

#[test]
fn the_module_of_the_specification_and_the_real_pair() {
    let Some(place) = Place::real(simulator(), "quilt-real") else { return };
    let ran = place.run(&["terraform", "--check", &folder()]);
    let said = ran.stderr + &ran.stdout;
    assert_eq!(ran.status, 1, "{said}");
    for wanted in [
        "the IAM template has no output `RegistryTaskRoleArn`",
        "nobody passes `AppStackName`, which the IAM template needs",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    ok(&place.run(&["terraform"]));
    fits(&place, "terraform");
}

fn fits(place: &Place, folder: &str) {
    let ran = place.run(&["terraform", "--check", folder]);
    assert_eq!(ran.status, 0, "{}{}", ran.stderr, ran.stdout);
    assert!(ran.stdout.ends_with("they fit this pair\n"), "{}", ran.stdout);
}

#[test]
fn what_is_written_for_a_pair_fits_it() {
    let door = closed();
    let place = Place::example(door.port, "quilt-prod");
    for major in ["3", "4", "5"] {
        ok(&place.run(&["terraform", "--aws-provider", major]));
        fits(&place, "terraform");
    }
    assert_eq!(door.actions(), [""; 0]);
}

/// A change of what is there, the code that is due, and what else is said.
#[test]
fn each_fault_is_found_where_it_is() {
    let door = closed();
    let place = Place::example(door.port, "quilt-prod");
    ok(&place.run(&["terraform"]));
    for (file, from, to, code, wanted) in [
        (
            "main.tf",
            "    { AppStackName = var.name },\n",
            "",
            "TFM002",
            "nobody passes `AppStackName`, which the IAM template needs",
        ),
        (
            "main.tf",
            "capabilities       = [\"CAPABILITY_NAMED_IAM\"]",
            "capabilities       = [\"CAPABILITY_IAM\"]",
            "TFM009",
            "the IAM template needs CAPABILITY_NAMED_IAM",
        ),
        (
            "main.tf",
            "quilt-iam/${filesha256(var.iam_template_file)}.yaml",
            "quilt-iam.yaml",
            "TFM005",
            "new content of the template is not seen",
        ),
        (
            "main.tf",
            "ignore_changes = [on_failure, timeout_in_minutes]\n\n    precondition {\n      condition     = length(local.app_without",
            "ignore_changes = [parameters]\n\n    precondition {\n      condition     = length(local.app_without",
            "TFM012",
            "the next update would set AdminPassword and DBUrl to `****`",
        ),
        ("outputs.tf", "output \"role_arns\" {", "output \"role_arns\" {{", "TFM010", "is no HCL"),
    ] {
        let path = format!("terraform/{file}");
        let whole = std::fs::read_to_string(place.path(&path)).unwrap();
        place.edit(&path, from, to);
        let ran = place.run(&["terraform", "--check", "terraform"]);
        assert_eq!(ran.status, if code == "TFM010" { 2 } else { 1 }, "{code}: {}{}", ran.stderr, ran.stdout);
        assert!(ran.stderr.contains(code) && ran.stderr.contains(wanted), "{code}: {}", ran.stderr);
        place.write(&path, &whole);
    }
    fits(&place, "terraform");
}
