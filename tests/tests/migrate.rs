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
