//! `iam-split validate` on our own pairs, on pairs that were tampered with, and on one like the old script made.

use std::path::Path;

use iam_split_tests::{repository, run};

fn example() -> tempfile::TempDir {
    let work = tempfile::tempdir().unwrap();
    let folder = repository().join("examples/quilt");
    for name in ["quilt.yaml", "config.yaml"] {
        std::fs::copy(folder.join(name), work.path().join(name)).unwrap();
    }
    let ran = run(work.path(), &["split", "quilt.yaml", "--config", "config.yaml"], b"");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    work
}

const VALIDATE: [&str; 9] = [
    "validate",
    "--iam",
    "quilt-iam.yaml",
    "--app",
    "quilt-app.yaml",
    "--monolith",
    "quilt.yaml",
    "--config",
    "config.yaml",
];

fn edit(folder: &Path, name: &str, from: &str, to: &str) {
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{name} has no `{from}`");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn our_own_pair_is_clean_and_proven() {
    let work = example();
    let ran = run(work.path(), &VALIDATE, b"");
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("126 resources are proven"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nproven, with 87 wider scopes"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("broken"));
}

#[test]
fn every_tampering_is_found() {
    for (name, from, to, said) in [
        ("quilt-iam.yaml", "sqs:DeleteMessage", "sqs:*", "PRF001"),
        ("quilt-iam.yaml", "${AppStackName}-servicebucket-*", "*", "PRF002"),
        ("quilt-iam.yaml", "Effect: Allow", "Effect: Deny", "PRF001"),
        ("quilt-iam.yaml", "  ApiRoleArn:", "  ApiRoleARN:", "Output missing in IAM template: ApiRoleArn"),
        (
            "quilt-iam.yaml",
            "Value: !GetAtt ApiRole.Arn",
            "Value: !GetAtt PackagerRole.Arn",
            "is not the ARN of `ApiRole`",
        ),
        ("quilt-iam.yaml", "!Ref AppStackName", "!Ref AWS::StackName", "PRF001"),
        ("quilt-app.yaml", "Role: !Ref SearchHandlerRole", "Role: !Ref ApiRole", "PRF001"),
        ("quilt-app.yaml", "\n  ApiRole:\n", "\n  ApiRol:\n", "Parameter missing in app template: ApiRole"),
        ("quilt-app.yaml", "!Select [1, !Split ['/', !Ref PackagerRole]]", "!Ref PackagerRole", "PRF001"),
        ("quilt-app.yaml", "\n  IndexerQueue:\n", "\n  IndexerQueu:\n", "PRF003"),
        ("quilt-app.yaml", "VisibilityTimeout: ", "VisibilityTimeout: 1", "PRF001"),
        (
            "quilt-app.yaml",
            "\nParameters:\n",
            "\nParameters:\n  More: { Type: String }\n",
            "no parameter `More`",
        ),
        (
            "quilt-iam.yaml",
            "\nParameters:\n",
            "\nParameters:\n  More: { Type: String }\n",
            "no parameter `More`",
        ),
        ("quilt-iam.yaml", "\nParameters:\n", "\nParameters:\n  More: { Type: Strin }\n", "TPL009"),
        // Bounds without which a pattern would miss, what rewrites a template, and a role for whoever forgets one.
        (
            "quilt-iam.yaml",
            "    MinLength: 1\n    MaxLength: 25\n",
            "    MinLength: 1\n    MaxLength: 26\n",
            "`MaxLength` must be 25 at most",
        ),
        (
            "quilt-iam.yaml",
            "    AllowedPattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'\n    Constraint",
            "    Constraint",
            "must not admit",
        ),
        (
            "quilt-iam.yaml",
            "\nParameters:\n",
            "\nTransform: Evil\nParameters:\n",
            "the section `Transform` differs",
        ),
        (
            "quilt-app.yaml",
            "\nParameters:\n",
            "\nRules: { Never: { Assertions: [{ Assert: !Equals [a, b] }] } }\nParameters:\n",
            "the section `Rules` differs",
        ),
        (
            "quilt-app.yaml",
            "\n  ApiRole:\n",
            "\n  ApiRole:\n    Default: arn:aws:iam::123456789012:role/admin\n",
            "CTR008",
        ),
    ] {
        let work = example();
        edit(work.path(), name, from, to);
        let ran = run(work.path(), &VALIDATE, b"");
        assert_eq!(ran.status, 1, "{from}: {}", ran.stdout);
        assert!(ran.stderr.contains(said), "{from}: {}", ran.stderr);
    }
}

/// Tags on sequences lost (`!Equals` and the like turned into plain lists), five of 32 moved.
#[test]
fn a_pair_like_the_old_scripts_is_told_apart_at_once() {
    let work = example();
    let monolith = std::fs::read_to_string(work.path().join("quilt.yaml")).unwrap();
    let mut app = String::new();
    for line in monolith.lines() {
        let lost =
            ["!Equals", "!Join", "!Sub", "!If", "!Not", "!Or", "!And", "!Split", "!Select", "!FindInMap"]
                .into_iter()
                .fold(line.to_owned(), |line, tag| {
                    line.replace(&format!("{tag} ["), "[").replace(&format!("{tag}\r"), "")
                });
        let trimmed = lost.trim_end();
        let lost = ["!Equals", "!Join", "!Sub", "!If", "!Not", "!Or", "!And", "!Split"]
            .into_iter()
            .find_map(|tag| trimmed.strip_suffix(tag).map(str::to_owned))
            .unwrap_or(lost);
        app.push_str(&lost);
        app.push('\n');
    }
    std::fs::write(work.path().join("quilt-app.yaml"), app).unwrap();
    let iam = "Resources:\n".to_owned()
        + &[
            "S3HashLambdaRole",
            "S3CopyLambdaRole",
            "ApiRole",
            "TimestampResourceHandlerRole",
            "BucketReadPolicy",
        ]
        .map(|name| {
            format!("  {name}: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{}}}}}}\n")
        })
        .concat();
    std::fs::write(work.path().join("quilt-iam.yaml"), iam).unwrap();
    let ran = run(work.path(), &VALIDATE, b"");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    for code in ["CTR001", "CTR003", "CTR007", "TPL006", "PRF001"] {
        assert!(ran.stderr.contains(code), "{code}");
    }
    assert!(ran.stderr.contains("Output missing in IAM template: ApiRoleArn"));
}

#[test]
fn unreadable_input_is_exit_2() {
    let work = example();
    std::fs::write(work.path().join("quilt-iam.yaml"), "a: [").unwrap();
    assert_eq!(run(work.path(), &VALIDATE, b"").status, 2);
    std::fs::write(work.path().join("quilt-iam.yaml"), b"\xff").unwrap();
    assert_eq!(run(work.path(), &VALIDATE, b"").status, 2);
}

#[test]
fn codes_are_explained() {
    let work = tempfile::tempdir().unwrap();
    let ran = run(work.path(), &["explain", "cyc001"], b"");
    assert_eq!(ran.status, 0);
    assert!(
        ran.stdout.starts_with("CYC001: a circular dependency between the two stacks (error)\n"),
        "{}",
        ran.stdout
    );
    let ran = run(work.path(), &["explain", "CYC01"], b"");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("did you mean `CYC001`"), "{}", ran.stderr);
}

/// Each format is written, says the same, loads nothing and keeps the secret default of a quoted line.
#[test]
fn reports_say_the_same_in_every_format() {
    let work = example();
    edit(work.path(), "quilt-iam.yaml", "sqs:DeleteMessage", "sqs:*");
    edit(
        work.path(),
        "quilt-app.yaml",
        "\n  ApiRole:\n",
        "\n  Secret: { Type: Strin, NoEcho: true, Default: hunter2-of-the-test }\n  ApiRol:\n",
    );
    let reports = ["r.html", "r.json", "r.md", "r.sarif", "r.xml"];
    let arguments = VALIDATE.into_iter().chain(reports.into_iter().flat_map(|name| ["--report", name]));
    let ran = run(work.path(), &arguments.collect::<Vec<_>>(), b"");
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let texts = reports.map(|name| std::fs::read_to_string(work.path().join(name)).unwrap());
    for (name, text) in reports.iter().zip(&texts) {
        for code in ["PRF001", "TPL009"] {
            assert!(text.contains(code), "{name} lacks {code}");
        }
        assert!(!text.contains("hunter2"), "{name} holds a secret");
    }
    assert!(!ran.stderr.contains("hunter2") && !ran.stdout.contains("hunter2"));
    let [html, json, markdown, sarif, junit] = &texts;
    for outside in ["<script", "http://", "https://", "@import", "url("] {
        assert!(!html.contains(outside), "the page holds `{outside}`");
    }
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    holds("docs/report.schema.json", &json);
    assert_eq!(json["verdict"], "not-proven");
    assert_eq!(json["monolith"], "quilt.yaml");
    let findings = json["findings"].as_array().unwrap();
    let told = ["error[", "warning[", "note["].map(|kind| ran.stderr.matches(kind).count());
    assert_eq!(told.iter().sum::<usize>(), findings.len());
    for widened in json["widened"].as_array().unwrap() {
        let after = widened["after"].as_str().unwrap();
        assert!(markdown.contains(after), "the pull request's text lacks `{after}`");
    }
    let sarif: serde_json::Value = serde_json::from_str(sarif).unwrap();
    // The schema is that of OASIS; the test holds what code-scanning tools check first.
    holds("tests/schemas/sarif-schema-2.1.0.json", &sarif);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    // Each wider scope is a note behind the findings.
    let wider = json["widened"].as_array().unwrap();
    assert_eq!(results.len(), findings.len() + wider.len());
    for (result, change) in results.iter().skip(findings.len()).zip(wider) {
        assert_eq!((&result["level"], &result["ruleId"]), (&"note".into(), &"WID001".into()));
        assert!(result["message"]["text"].as_str().unwrap().contains(change["after"].as_str().unwrap()));
    }
    for (result, finding) in results.iter().zip(findings) {
        assert_eq!(result["ruleId"], finding["code"]);
        let rule = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
        if let Some(place) = finding["places"].get(0) {
            let location = &result["locations"][0]["physicalLocation"];
            assert_eq!(location["artifactLocation"]["uri"], place["file"]);
            assert_eq!(location["region"]["startLine"], place["start"]["line"]);
        }
    }
    assert!(junit.contains("<testsuites") && junit.contains("<failure"), "{junit}");
}

/// A release's report: the verdict, the request and the statement in every format.
#[test]
fn a_release_is_reported_in_every_format() {
    let work = tempfile::tempdir().unwrap();
    let template = |secret: &str, resource: &str| {
        format!(
            "Parameters:\n  Key: {{Type: String, NoEcho: true, Default: {secret}}}\nResources:\n  Reader:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            Action: s3:GetObject\n            Resource: [{resource}]\n"
        )
    };
    let write = |name: &str, text: &str| std::fs::write(work.path().join(name), text).unwrap();
    write("old.yaml", &template("hunter2-then", "'arn:aws:s3:::reports/*'"));
    write("new.yaml", &template("hunter2-now", "'arn:aws:s3:::*', 'arn:aws:s3:::|<b>'"));
    let reports = ["r.html", "r.json", "r.md", "r.sarif", "r.xml"];
    let with = |old: &'static str, new: &'static str| {
        let arguments = ["diff", "--iam", old, new].into_iter();
        let arguments = arguments.chain(reports.into_iter().flat_map(|name| ["--report", name]));
        let ran = run(work.path(), &arguments.collect::<Vec<_>>(), b"");
        (ran.status, reports.map(|name| std::fs::read_to_string(work.path().join(name)).unwrap()))
    };
    let (status, texts) = with("old.yaml", "new.yaml");
    assert_eq!(status, 1);
    for (name, text) in reports.iter().zip(&texts) {
        for part in ["more is allowed than before (1)", "s3:GetObject", "Reader"] {
            assert!(text.contains(part), "{name} lacks `{part}`: {text}");
        }
        assert!(!text.contains("hunter2"), "{name} holds a secret");
    }
    let [html, json, markdown, sarif, junit] = &texts;
    assert!(!html.contains("<b>\"") && !html.contains("<script") && !html.contains("http:"), "{html}");
    assert!(!markdown.contains(":|<b>` |"), "a bar ends a cell: {markdown}");
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!((&json["release"]["verdict"], &json["new"]), (&"more".into(), &"new.yaml".into()));
    let sarif: serde_json::Value = serde_json::from_str(sarif).unwrap();
    holds("tests/schemas/sarif-schema-2.1.0.json", &sarif);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "REL001");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(
        (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
        (&"new.yaml".into(), &10.into())
    );
    assert!(junit.contains("failures=\"2\""), "{junit}");
    // The other way round nothing more is allowed: all green.
    let (status, [html, _, _, sarif, junit]) = with("new.yaml", "old.yaml");
    assert_eq!(status, 0);
    assert!(html.contains("class=\"good\">nothing more is allowed"), "{html}");
    assert!(sarif.contains("\"results\": []") && junit.contains("failures=\"0\""), "{sarif} {junit}");
    // A report over what is read is refused before anything is written.
    let before = std::fs::read_to_string(work.path().join("old.yaml")).unwrap();
    let ran = run(work.path(), &["diff", "--iam", "old.yaml", "new.yaml", "--report", "old.yaml"], b"");
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(work.path().join("old.yaml")).unwrap(), before);
}

fn holds(schema: &str, document: &serde_json::Value) {
    let text = std::fs::read_to_string(repository().join(schema)).unwrap();
    // A slip in the published text: a bracket that nothing opens is no regular expression.
    let schema = serde_json::from_str(&text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(!validator.is_valid(&serde_json::json!({"version": 1})), "the schema admits anything");
}

/// What moved, who uses it, what its policy names, and how far a pattern reaches.
#[test]
fn a_report_shows_how_the_stacks_hang_together() {
    let work = example();
    let arguments = ["--report", "r.json", "--report", "r.html", "--report", "r.md"];
    let arguments: Vec<&str> = VALIDATE.into_iter().chain(arguments).collect();
    assert_eq!(run(work.path(), &arguments, b"").status, 0);
    let read = |name: &str| std::fs::read_to_string(work.path().join(name)).unwrap();
    let (json, html, markdown) = (read("r.json"), read("r.html"), read("r.md"));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let edge = |from: &str, to: &str, bond: &str| serde_json::json!({"from": from, "to": to, "bond": bond});
    let edges = json["dependencies"].as_array().unwrap();
    assert!(edges.contains(&edge("SearchHandler", "SearchHandlerRole", "uses")), "{edges:#?}");
    assert!(edges.contains(&edge("SearchHandlerRole", "IndexerQueue", "names")), "{edges:#?}");
    let role =
        json["resources"].as_array().unwrap().iter().find(|one| one["name"] == "SearchHandlerRole").unwrap();
    let line = role["line"].as_u64().unwrap() as usize;
    assert_eq!(read("quilt-iam.yaml").lines().nth(line - 1), Some("  SearchHandlerRole:"));
    let crossing = edges.iter().filter(|edge| edge["bond"] != "inside").count();
    assert_eq!(html.matches("<path ").count(), crossing);
    for change in json["widened"].as_array().unwrap() {
        assert_eq!(change["covers"], true);
        let reaches = change["reaches"].as_str().unwrap();
        assert!(!reaches.is_empty() && markdown.contains(reaches), "{change}");
    }
}

#[test]
fn a_report_is_clean_where_the_pair_is() {
    let work = example();
    let arguments = VALIDATE.into_iter().chain(["--report", "out/r.json", "--report", "out/r.xml"]);
    assert_eq!(run(work.path(), &arguments.collect::<Vec<_>>(), b"").status, 0);
    let json = std::fs::read_to_string(work.path().join("out/r.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["verdict"], &json["proven"]), (&"proven".into(), &126.into()));
    assert_eq!(json["headline"], "proven, with 87 wider scopes");
    assert!(json["contracts"].as_array().unwrap().iter().all(|contract| contract["findings"] == 0));
    assert!(!std::fs::read_to_string(work.path().join("out/r.xml")).unwrap().contains("<failure"));
}

#[test]
fn a_report_that_cannot_be_is_wrong_usage_and_writes_nothing() {
    let work = example();
    let before = std::fs::read(work.path().join("quilt-iam.yaml")).unwrap();
    for (report, said) in [("r.pdf", "ending that no report has"), ("r", "ending that no report has")] {
        let arguments = VALIDATE.into_iter().chain(["--report", "good.html", "--report", report]);
        let ran = run(work.path(), &arguments.collect::<Vec<_>>(), b"");
        assert_eq!(ran.status, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert!(!work.path().join("good.html").exists());
    }
    std::fs::rename(work.path().join("quilt-iam.yaml"), work.path().join("iam.json")).unwrap();
    let ran = run(
        work.path(),
        &["validate", "--iam", "iam.json", "--app", "quilt-app.yaml", "--report", "iam.json"],
        b"",
    );
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("is an input of this run"), "{}", ran.stderr);
    assert_eq!(std::fs::read(work.path().join("iam.json")).unwrap(), before);
}

const LATER: &str = "Resources:
  Queue: {Type: AWS::SQS::Queue}
  Bucket: {Type: AWS::S3::Bucket}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}
      ManagedPolicyArns: [!Ref Policy]
      Policies:
        - PolicyName: a
          PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'sqs:*', Resource: '*'}]}
  Other: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}}}
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: !GetAtt Bucket.Arn}]}
  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}
";

/// A role has the permissions that it had only where every policy that is attached to it has, and from the first.
#[test]
fn who_is_told_to_be_unchanged_is_unchanged() {
    for (resolution, sign) in [("pattern", "wider"), ("two-phase", "empty until a further update")] {
        let work = tempfile::tempdir().unwrap();
        std::fs::write(work.path().join("t.yaml"), LATER).unwrap();
        let ran = run(work.path(), &["split", "t.yaml", "--resolve", resolution], b"");
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let pair = ["validate", "--iam", "t-iam.yaml", "--app", "t-app.yaml", "--monolith", "t.yaml"];
        let ran = run(work.path(), &[&pair[..], &["--report", "r.md", "--report", "r.xml"]].concat(), b"");
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains(sign), "{}", ran.stdout);
        let [page, junit] =
            ["r.md", "r.xml"].map(|name| std::fs::read_to_string(work.path().join(name)).unwrap());
        assert!(page.contains("\n1 resource has the permissions that it had: `Other`.\n"), "{page}");
        assert!(page.contains(sign), "{page}");
        // Nobody gave a configuration: what only that asks was not asked.
        assert!(ran.stdout.contains("not asked: no configuration was given"), "{}", ran.stdout);
        assert!(
            junit.contains("failures=\"0\"") && junit.contains("<skipped message=\"not asked"),
            "{junit}"
        );
    }
}

/// What stands against a contract and decides nothing is neither kept nor a failure, in every form of the answer.
#[test]
fn what_is_not_kept_and_no_error_is_neither_passed_nor_failed() {
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("t.yaml"), LATER.replace("!GetAtt Bucket.Arn", "'*'")).unwrap();
    assert_eq!(run(work.path(), &["split", "t.yaml"], b"").status, 0);
    let iam = std::fs::read_to_string(work.path().join("t-iam.yaml")).unwrap();
    let without: String = iam
        .split_inclusive('\n')
        .filter(|line| !line.contains("Export") && !line.contains("Name: !Sub ${AWS::StackName}"))
        .filter(|line| !line.contains("Name: !Sub '${AWS::StackName}"))
        .collect();
    std::fs::write(work.path().join("t-iam.yaml"), without).unwrap();
    let pair = ["validate", "--iam", "t-iam.yaml", "--app", "t-app.yaml", "--monolith", "t.yaml"];
    let ran = run(work.path(), &[&pair[..], &["--report", "r.xml"]].concat(), b"");
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("note[CTR005]"), "{}", ran.stderr);
    assert!(ran.stdout.contains("not kept, which is no error"), "{}", ran.stdout);
    let junit = std::fs::read_to_string(work.path().join("r.xml")).unwrap();
    assert!(junit.contains("failures=\"0\"") && junit.contains("not kept, which is no error"), "{junit}");
}

/// What was given and not meant is said: files that are not there in one go, empty ones by name, two in each other's place.
#[test]
fn what_was_given_by_mistake_is_named() {
    let work = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(work.path().join(name), text).unwrap();
    write("t.yaml", &LATER.replace("!GetAtt Bucket.Arn", "'*'"));
    write("c.yaml", "iam: {path: /team/}\n");
    write("empty.yaml", "");
    assert_eq!(run(work.path(), &["split", "t.yaml", "--config", "c.yaml"], b"").status, 0);
    let validate = |iam: &str, app: &str, more: &[&str]| {
        let ran = run(work.path(), &[&["validate", "--iam", iam, "--app", app], more].concat(), b"");
        (ran.status, ran.stdout + &ran.stderr)
    };
    let (status, text) = validate("none.yaml", "nothing.yaml", &["--monolith", "t.yaml"]);
    assert!(status == 2 && text.contains("none.yaml") && text.contains("nothing.yaml"), "{text}");
    let (status, text) = validate("t-iam.yaml", "empty.yaml", &[]);
    assert!(status == 2 && text.contains("the application template: the text is empty"), "{text}");
    assert!(text.contains("not checked"), "{text}");
    let (status, text) = validate("t-app.yaml", "t-iam.yaml", &["--monolith", "t.yaml"]);
    assert!(status == 1 && text.contains("in each other's place"), "{text}");
    let (status, text) = validate("t-iam.yaml", "t-app.yaml", &["--monolith", "t.yaml"]);
    assert!(status == 1 && text.contains("give it with --config"), "{text}");
    assert_eq!(validate("t-iam.yaml", "t-app.yaml", &["--monolith", "t.yaml", "--config", "c.yaml"]).0, 0);
}
