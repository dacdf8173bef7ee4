//! `iam-split migrate`, with scripted answers: no simulator has CloudFormation's stack refactoring.

use iam_split_tests::aws::{Door, Place};
use iam_split_tests::fake::Fake;
use iam_split_tests::{Run, repository, run};

/// The example runs from the monolith as `shop`; the folder has its pair.
fn running() -> (Fake, Door, Place) {
    let monolith = std::fs::read_to_string(repository().join("examples/quilt/quilt.yaml")).unwrap();
    let values = [("CertificateArnELB", "arn:aws:acm:x"), ("AdminPassword", "****"), ("Qurator", "Enabled")];
    let fake = Fake::default().with("shop", &monolith, &values);
    let answers = fake.clone();
    let door = Door::open(None, move |request| answers.answer(request));
    let place = Place::new(door.port);
    place.write("quilt.yaml", &monolith);
    for name in ["config.yaml", "deployment.yaml"] {
        let text = std::fs::read_to_string(repository().join("examples/quilt").join(name)).unwrap();
        place.write(name, &text.replace("name: quilt-prod", "name: shop"));
    }
    place.write("db-url", "postgresql://h/db\n");
    let ran = run(place.folder.path(), &["split", "quilt.yaml", "--config", "config.yaml"], b"");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    (fake, door, place)
}

#[track_caller]
fn ok(run: &Run) -> &str {
    iam_split_tests::ok(run);
    &run.stdout
}

const ON: [&str; 4] = ["migrate", "--yes", "--poll-interval", "0.01"];

/// All in one batch.
const AT_ONCE: [&str; 2] = ["--batch", "40"];

/// The physical ids of both stacks.
fn ids(fake: &Fake) -> Vec<String> {
    let state = fake.0.lock().unwrap();
    let standing = ["shop", "shop-iam"].into_iter().filter_map(|name| state.stacks.get(name));
    let mut ids: Vec<String> = standing.flat_map(|stack| stack.resources.values().cloned()).collect();
    ids.sort();
    ids
}

#[test]
fn the_running_iam_moves_and_stays_what_it_is() {
    let (fake, door, place) = running();
    let before = ids(&fake);
    let said = place.run(&["migrate", "--preview"]);
    let text = ok(&said);
    for line in [
        "now: the monolith runs, there is no IAM stack",
        "1. update shop: the monolith is prepared",
        "2. create shop-iam without its resources",
        "3. move 32 resources from shop to shop-iam, in 2 batches",
        "4. update shop: the application takes the ARNs by parameters",
        "5. update shop-iam: both stacks have the templates of the pair",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let document = std::fs::read_to_string(repository().join("docs/migration.md")).unwrap();
    assert!(document.contains(&format!("```\n{text}```\n")), "docs/migration.md does not show\n{text}");
    assert!(door.actions().iter().all(|action| !action.contains("Create") && !action.starts_with("PUT")));

    let said = place.run(&ON);
    assert_eq!(
        ok(&said).lines().last(),
        Some("both stacks have the templates of the pair"),
        "{}",
        said.stderr
    );
    assert_eq!(said.stderr.matches("every resource is the same one").count(), 5, "{}", said.stderr);
    // All that was there is there, and nothing else.
    assert_eq!(ids(&fake), before);
    let state = fake.0.lock().unwrap();
    let (app, iam) = (&state.stacks["shop"], &state.stacks["shop-iam"]);
    assert_eq!(app.template, std::fs::read_to_string(place.path("quilt-app.yaml")).unwrap());
    assert_eq!(iam.template, std::fs::read_to_string(place.path("quilt-iam.yaml")).unwrap());
    assert_eq!(iam.resources.len(), 32);
    assert_eq!(iam.parameters["AppStackName"], "shop");
    // A value of the running stack beats the settings', a secret is kept.
    assert_eq!(
        (iam.parameters["Qurator"].as_str(), app.parameters["AdminPassword"].as_str()),
        ("Enabled", "****")
    );
    assert!(app.parameters["ApiRole"].starts_with("arn:aws:iam::123456789012:role/shop-ApiRole"));
    drop(state);
    // Run again, there is nothing to do.
    assert_eq!(ok(&place.run(&ON)).lines().next(), Some("now: both stacks have the templates of the pair"));
}

#[test]
fn each_step_can_be_taken_alone_and_taken_back() {
    let (fake, _door, place) = running();
    let before = ids(&fake);
    let monolith = std::fs::read_to_string(place.path("quilt.yaml")).unwrap();
    for steps in 1..=5 {
        for _ in 0..steps {
            ok(&place.run(&[&ON[..], &AT_ONCE, &["--step"]].concat()));
        }
        let said = place.run(&[&ON[..], &AT_ONCE, &["--back"]].concat());
        assert_eq!(ok(&said).lines().last(), Some("the monolith runs, there is no IAM stack"), "{steps}");
        assert_eq!(said.stderr.matches("checked: ").count(), steps, "{}", said.stderr);
        let state = fake.0.lock().unwrap();
        assert_eq!(state.stacks["shop"].template, monolith);
        assert!(!state.stacks.contains_key("shop-iam"));
        drop(state);
        assert_eq!(ids(&fake), before, "{steps}");
    }
}

#[test]
fn what_cloudformation_refuses_or_takes_back_is_said_and_leads_on() {
    let (fake, _door, place) = running();
    let before = ids(&fake);
    fake.0.lock().unwrap().refusal = Some("Resource ApiRole has a tag that cannot be updated".to_owned());
    let said = place.run(&ON);
    assert_eq!(said.status, 3, "{}", said.stderr);
    assert!(
        said.stderr.contains("CREATE_FAILED: Resource ApiRole has a tag") && said.stderr.contains("--back"),
        "{}",
        said.stderr
    );
    fake.0.lock().unwrap().refusal = None;
    fake.0.lock().unwrap().fails = true;
    let said = place.run(&ON);
    assert_eq!(said.status, 3, "{}", said.stderr);
    assert!(said.stderr.contains("ROLLBACK_COMPLETE: a tag could not be set"), "{}", said.stderr);
    fake.0.lock().unwrap().fails = false;
    // It goes on where it stopped.
    let said = place.run(&ON);
    assert!(ok(&said).starts_with("now: the IAM stack stands without its resources\n"), "{}", said.stdout);
    assert_eq!(ids(&fake), before);
}

#[test]
fn what_moves_goes_in_batches_and_each_is_waited_for() {
    let (fake, door, place) = running();
    // Both stacks are in work for some moments after the refactoring has ended.
    fake.0.lock().unwrap().busy = 3;
    let before = ids(&fake);
    let said = place.run(&[&ON[..], &["--batch", "8"]].concat());
    ok(&said);
    let batches = fake.0.lock().unwrap().batches.clone();
    // A family is not torn apart, whatever the size.
    assert_eq!(batches, [20, 8, 4]);
    assert!(said.stderr.contains("batch 1 of "), "{}", said.stderr);
    assert_eq!(ids(&fake), before);
    // Templates that fit go with the call; no pseudo parameter stands in an export that comes with a move.
    for request in door.requests().iter().filter(|request| request.action == "CreateStackRefactor") {
        assert!(request.field("StackDefinitions.member.1.StackName").is_some());
    }
    // Half of the way can be taken, seen and taken back.
    let (fake, _door, place) = running();
    let before = ids(&fake);
    for _ in 0..3 {
        ok(&place.run(&[&ON[..], &["--batch", "8", "--step"]].concat()));
    }
    let said = place.run(&["migrate", "--preview"]);
    let text = ok(&said);
    assert!(text.contains(" resources are in the IAM stack, the others are not yet"), "{text}");
    // Another size of the batches does not matter.
    let said = place.run(&[&ON[..], &["--batch", "5", "--back"]].concat());
    assert_eq!(ok(&said).lines().last(), Some("the monolith runs, there is no IAM stack"));
    assert_eq!(ids(&fake), before);
}

#[test]
fn what_would_go_wrong_half_way_is_found_before() {
    let (fake, door, place) = running();
    fake.0.lock().unwrap().drifted.push("ApiRole".to_owned());
    fake.0.lock().unwrap().stack_tags =
        "<member><Key>cost</Key><Value>1</Value></member><member><Key>team</Key><Value>data</Value></member>"
            .to_owned();
    for arguments in [&ON[..], &["migrate", "--preview"]] {
        let said = place.run(arguments);
        assert_eq!(said.status, 1, "{}", said.stderr);
        for text in [
            "`ApiRole` is not what its stack believes: /Description",
            "the tag `cost` would come off the resources that move",
            "--allow-lost-tags",
        ] {
            assert!(said.stderr.contains(text), "{text}: {}", said.stderr);
        }
        assert!(said.stdout.contains("-cost +owner=security"), "{}", said.stdout);
    }
    assert!(door.actions().iter().all(|action| !action.contains("Create") && !action.starts_with("PUT")));
    fake.0.lock().unwrap().drifted.clear();
    // What CloudFormation itself would do to tags is read before it is done.
    fake.0.lock().unwrap().tags = "<TagResources><member><Key>owner</Key><Value>security</Value></member></TagResources><UntagResources><member>cost</member></UntagResources>".to_owned();
    let said = place.run(&[&ON[..], &["--allow-lost-tags"]].concat());
    assert!(ok(&said).ends_with("both stacks have the templates of the pair\n"));
    assert!(said.stderr.contains("tags of ApiRole: -cost +owner=security"), "{}", said.stderr);
    // Not told to, it stops there, with nothing moved.
    let (fake, _door, place) = running();
    fake.0.lock().unwrap().tags = "<UntagResources><member>cost</member></UntagResources>".to_owned();
    let said = place.run(&ON);
    assert_eq!(said.status, 1, "{}", said.stderr);
    assert!(said.stderr.contains("the move takes tags away: `cost` of "), "{}", said.stderr);
    assert!(fake.0.lock().unwrap().batches.is_empty());
    // Who may not refactor is told so before the first step.
    let answers = fake.clone();
    let door = Door::open(None, move |request| match request.action.as_str() {
        "ListStackRefactors" => Some(iam_split_tests::aws::error(
            "AccessDenied",
            "User: x is not authorized to perform: cloudformation:ListStackRefactors",
        )),
        _ => answers.answer(request),
    });
    let (_, _, fresh) = running();
    let place = Place { port: door.port, ..fresh };
    let said = place.run(&ON);
    assert_eq!(said.status, 3, "{}", said.stderr);
    assert!(said.stderr.contains("iam-split permissions migrate"), "{}", said.stderr);
}

#[test]
fn a_refactoring_that_became_obsolete_is_made_anew() {
    let (fake, _door, place) = running();
    fake.0.lock().unwrap().fails = true;
    fake.0.lock().unwrap().fails_as = Some("OBSOLETE");
    let said = place.run(&ON);
    assert_eq!(said.status, 3, "{}", said.stderr);
    assert!(
        said.stderr.contains("run `iam-split migrate` again, which asks for a new one"),
        "{}",
        said.stderr
    );
    fake.0.lock().unwrap().fails = false;
    ok(&place.run(&ON));
}

#[test]
fn a_migration_can_be_exported_kept_approved_and_carried_out() {
    let (fake, _door, place) = running();
    let said = place.run(&["migrate", "--export", "way", "--batch", "40"]);
    let text = ok(&said);
    for name in [
        "0-monolith-app.yaml",
        "1-prepared-app.json",
        "2-shell-iam.json",
        "3-moved-1-iam.json",
        "5-done-iam.yaml",
    ] {
        assert!(text.contains(name), "{name}: {text}");
        assert!(
            std::fs::read_to_string(place.path("way").join(name)).unwrap().contains("Resources"),
            "{name}"
        );
    }
    let said = place.run(&["migrate", "--preview", "--out", "move.json", "--out", "move.html"]);
    let digest = ok(&said).lines().find_map(|line| line.strip_prefix("to be approved: ")).unwrap().to_owned();
    assert!(std::fs::read_to_string(place.path("move.html")).unwrap().contains(&digest));
    let carry = [&ON[..], &["--plan", "move.json"]].concat();
    let said = place.run(&[&carry[..], &["--approved", "x"]].concat());
    assert_eq!(said.status, 1, "{}", said.stderr);
    // Another pair is another migration.
    place.edit("quilt-iam.yaml", "Description:", "# changed\nDescription:");
    let said = place.run(&carry);
    assert_eq!(said.status, 1, "{}", said.stderr);
    assert!(
        said.stderr.contains("DPL018") && said.stderr.contains("a template of the way is another"),
        "{}",
        said.stderr
    );
    place.edit("quilt-iam.yaml", "# changed\n", "");
    let said = place.run(&[&carry[..], &["--approved", &digest]].concat());
    ok(&said);
    assert!(said.stderr.contains("all is as it was planned"), "{}", said.stderr);
    assert_eq!(fake.0.lock().unwrap().stacks["shop-iam"].resources.len(), 32);
    // A pair that stands, of another release.
    place.edit("quilt-iam.yaml", "sqs:DeleteMessage", "sqs:PurgeQueue");
    place.edit("quilt-app.yaml", "Description:", "# newer\nDescription:");
    std::fs::remove_file(place.path("quilt.yaml")).unwrap();
    let said = place.run(&ON);
    assert_eq!(said.status, 1, "{}", said.stderr);
}

#[test]
fn a_condition_that_is_false_leaves_nothing_to_move() {
    let (fake, _door, place) = running();
    fake.0.lock().unwrap().stacks.get_mut("shop").unwrap().resources.remove("ApiRole");
    let said = place.run(&["migrate", "--preview"]);
    let text = ok(&said);
    assert!(
        text.contains("move 31 resources")
            && text.contains("note: ApiRole is not there, since a condition is false"),
        "{text}"
    );
}

#[test]
fn what_nobody_saw_is_said_first() {
    let said = Place::new(9).run(&["help", "migrate"]);
    let first: String = said.stdout.lines().take(8).collect::<Vec<_>>().join(" ");
    assert!(first.contains("Nobody has seen this on AWS yet"), "{first}");
}

#[test]
fn another_monolith_is_refused() {
    let (fake, door, place) = running();
    fake.0.lock().unwrap().stacks.get_mut("shop").unwrap().template =
        std::fs::read_to_string(place.path("quilt.yaml"))
            .unwrap()
            .replace("VisibilityTimeout: ", "VisibilityTimeout: 1");
    let said = place.run(&ON);
    assert_eq!(said.status, 1, "{}", said.stderr);
    assert!(
        said.stderr.contains("error[PRF001]") && said.stderr.contains("split from the template that runs"),
        "{}",
        said.stderr
    );
    assert!(door.actions().iter().all(|action| !action.contains("Create")), "{:?}", door.actions());
}

/// The real template: what moves is the same before and after, and nothing it references is lost.
#[test]
fn the_real_template_can_be_moved() {
    use iam_split_core::api::{SplitAnswer, SplitRequest, split};
    use iam_split_core::config::Resolution;
    use iam_split_core::deployment::migrate::Migration;
    use iam_split_tests::compare::generated_name;
    use iam_split_tests::evaluate::{World, evaluate};
    let Some(folder) = iam_split_tests::corpus() else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join("quilt").join(name)).unwrap();
    let (template, config) = (read("stable.yaml"), read("config.yaml"));
    let answer = split(&SplitRequest {
        template: &template,
        config: Some(&config),
        resolve: Some(vec![Resolution::Exact, Resolution::Pattern]),
        allow_missing: true,
        ..SplitRequest::default()
    });
    let SplitAnswer::Done(pair) = answer else { panic!("{:?}", answer.diagnostics()) };
    let planned = Migration::plan((&template, &pair.iam, &pair.app), ("prod", "prod-iam"));
    let migration = planned.unwrap_or_else(|found| panic!("{found:#?}"));
    let [prepared, importing, filled] = [&migration.prepared, &migration.importing, &migration.filled]
        .map(|text| iam_split_tests::evaluate::parse(text));
    assert_eq!(migration.moved.len(), 31);
    // The first step leaves all else as it runs, in the worlds that the template's conditions tell apart.
    for world in iam_split_tests::check::worlds(&template) {
        let world = World { stack_name: "prod".to_owned(), ..world };
        let of = |text: &str| {
            evaluate(text, &world, &|name, kind, _| generated_name("prod", name, kind)).resources
        };
        let (running, prepared) = (of(&template), of(&migration.prepared));
        assert_eq!(running.keys().collect::<Vec<_>>(), prepared.keys().collect::<Vec<_>>());
        for (name, resource) in running.iter().filter(|(name, _)| !migration.moved.contains(name)) {
            assert_eq!(prepared[name], *resource, "{name}");
        }
    }
    for name in &migration.moved {
        assert_eq!(prepared["Resources"][name], filled["Resources"][name], "{name}");
        assert!(importing["Resources"].get(name).is_none());
        let reference = serde_json::json!({"Ref": name}).to_string();
        assert!(!importing.to_string().contains(&reference), "{name} is referenced where it is not any more");
        assert!(!importing.to_string().contains(&format!("{{\"Fn::GetAtt\":[\"{name}\"")), "{name}");
    }
}
