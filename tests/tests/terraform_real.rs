//! The root modules that `iam-split terraform` writes, read by a real Terraform: `fmt -check` and `validate`.
//! `terraform_life.rs` applies them.

use iam_split_tests::aws::{Door, Place};

use iam_split_tests::terraform::{SHOP, Terraform};
use iam_split_tests::{ok, repository};

/// Writes the modules of a folder and lets Terraform read each root.
fn reads(place: &Place, arguments: &[&str]) {
    ok(&place.run(&[&["terraform"][..], arguments].concat()));
    let mut roots = 0;
    for root in ["terraform", "terraform/iam", "terraform/app"] {
        if !place.path(root).join("main.tf").exists() {
            continue;
        }
        roots += 1;
        let Some(terraform) = Terraform::at(place, root) else { return };
        terraform.adapt();
        let fmt =
            terraform.run(&["fmt", "-check", "-diff", &format!("../{}", root.rsplit('/').next().unwrap())]);
        assert_eq!((fmt.status, fmt.stdout.as_str()), (0, ""), "{root}: {}", fmt.stderr);
        terraform.init();
        let ran = terraform.run(&["validate"]);
        assert_eq!(ran.status, 0, "{root}: {}{}", ran.stdout, ran.stderr);
    }
    assert!(roots > 0, "no module was written");
}

/// Nobody answers: nothing is called.
fn closed() -> Door {
    Door::open(None, |_| None)
}

/// `INSTA_UPDATE=always` writes the example's module anew.
#[test]
fn the_module_of_the_example_is_what_is_written() {
    let place = Place::example(closed().port, "quilt-prod");
    ok(&place.run(&["terraform"]));
    for file in ["main.tf", "outputs.tf", "variables.tf", "versions.tf"] {
        let made = std::fs::read_to_string(place.path("terraform").join(file)).unwrap();
        let path = repository().join("examples/quilt/terraform").join(file);
        if std::env::var("INSTA_UPDATE").is_ok_and(|wish| wish == "always") {
            std::fs::write(path, made).unwrap();
        } else {
            assert_eq!(made, std::fs::read_to_string(path).unwrap(), "write the example's {file} anew");
        }
    }
}

#[test]
fn the_example_in_one_root_and_in_two() {
    let door = closed();
    reads(&Place::example(door.port, "tf-example"), &[]);
    reads(&Place::example(door.port, "tf-roots"), &["--split-roots"]);
    reads(&Place::example(door.port, "tf-old"), &["--aws-provider", "3"]);
    assert_eq!(door.actions(), [""; 0]);
}

#[test]
fn a_pair_with_conditional_roles_two_phases_secrets_and_lists() {
    let door = closed();
    for arguments in [&[][..], &["--split-roots"]] {
        let place = Place::new(door.port);
        place.write("shop.yaml", SHOP);
        ok(&place.run(&["split", "shop.yaml", "--resolve", "exact,two-phase"]));
        place.write(
            "deployment.yaml",
            "name: tf-shop\nregion: us-east-1\ntemplate: shop-app.yaml\niam_template: shop-iam.yaml\ntags: {team: 'a \"b\" ${c}'}\nparameters: {Subnets: [a, 'b ${c}'], AdminPassword: {env: ADMIN_PASSWORD}}\n",
        );
        reads(&place, arguments);
    }
    assert_eq!(door.actions(), [""; 0]);
}

#[test]
fn the_inline_pattern() {
    let door = closed();
    let place = Place::new(door.port);
    place.write("shop.yaml", SHOP);
    place.write(
        "deployment.yaml",
        "name: tf-inline\nregion: us-east-1\npattern: inline\ntemplate: shop.yaml\nparameters: {Subnets: [a, b], AdminPassword: {env: ADMIN_PASSWORD}}\n",
    );
    reads(&place, &[]);
}
