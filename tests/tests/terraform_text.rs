//! Texts in the modules of Terraform are what they are: no template, no end of a value. Read back by `hcl-edit` for any
//! text, and by Terraform itself for a sample.

use std::collections::BTreeMap;

use hcl_edit::expr::{Expression, Object};
use hcl_edit::structure::{Block, Body};
use hcl_edit::template::Element;
use iam_split_core::deployment::contents::Contents;
use iam_split_core::deployment::raw::Flags;
use iam_split_core::deployment::settings::Settings;
use iam_split_core::diagnostic::Source;
use iam_split_core::terraform::decide::Provider;
use iam_split_core::terraform::hcl::{key, quoted};
use iam_split_core::terraform::module::{Layout, Request, Standing, write};
use iam_split_tests::aws::Place;
use iam_split_tests::ok;
use iam_split_tests::terraform::{Terraform, beside};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::json;

/// What HCL, Terraform, YAML or our own pieces may take for something else.
const HARD: [&str; 28] = [
    "${",
    "%{",
    "$${",
    "%%{",
    "$$${",
    "$%{",
    "$",
    "%",
    "{",
    "}",
    "\"",
    "\\",
    "\\\"",
    "\\n",
    "\n",
    "\r\n",
    "\t",
    "ü",
    "𝕏",
    "'",
    "@which@",
    "@",
    "${var.name}",
    "%{ if true }",
    "#",
    "<<EOT\n",
    "\u{2028}",
    " ",
];

fn text() -> impl Strategy<Value = String> {
    let hard =
        proptest::collection::vec(proptest::sample::select(&HARD[..]), 0..8).prop_map(|parts| parts.concat());
    prop_oneof![3 => hard, 1 => any::<String>(), 1 => ("[ -~]{0,6}", any::<char>()).prop_map(|(a, b)| format!("{a}{b}"))]
}

/// The text that an expression is, where nothing in it is computed.
fn said(expression: &Expression) -> Option<String> {
    match expression {
        Expression::String(text) => Some(text.value().clone()),
        Expression::StringTemplate(template) => template
            .iter()
            .map(|element| match element {
                Element::Literal(text) => Some(text.value().clone()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

fn block<'b>(body: &'b Body, label: &str) -> &'b Block {
    let mut blocks = body.blocks().filter(|block| block.labels.iter().any(|name| name.as_str() == label));
    blocks.next().unwrap_or_else(|| panic!("no block `{label}`"))
}

fn attribute<'b>(block: &'b Block, name: &str) -> &'b Expression {
    &block.body.get_attribute(name).unwrap_or_else(|| panic!("no attribute `{name}`")).value
}

fn entries(object: &Object) -> BTreeMap<String, String> {
    let entries = object.iter().map(|(key, value)| {
        let key = match key {
            hcl_edit::expr::ObjectKey::Ident(ident) => ident.as_str().to_owned(),
            hcl_edit::expr::ObjectKey::Expression(key) => said(key).expect("a key"),
        };
        (key, said(value.expr()).expect("a text"))
    });
    entries.collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("proptest-regressions.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_quoted_text_is_read_as_itself(text in text()) {
        let expression: Expression = quoted(&text).parse().unwrap();
        prop_assert_eq!(said(&expression), Some(text));
    }

    #[test]
    fn a_key_is_read_as_itself(name in text(), value in text()) {
        let written = format!("{{ {} = {} }}", key(&name), quoted(&value));
        let expression: Expression = written.parse().unwrap();
        let entries = entries(expression.as_object().expect("an object"));
        prop_assert_eq!(entries, BTreeMap::from([(name, value)]));
    }

    /// Every text that comes from the deployment file or from a template stands in the files as it was.
    #[test]
    fn a_module_says_what_it_was_given(value in text(), item in text(), tag in text(), words in text(), path in text()) {
        // An item of a list holds no comma: CloudFormation has no way to write one. Nor are blanks around it kept.
        let item = item.replace(',', "").trim().to_owned();
        let role = json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}});
        let shared = json!({
            "Type": "String", "Description": words, "ConstraintDescription": words, "AllowedValues": [value, "x"],
        });
        let iam = json!({
            "Parameters": {"Text": shared},
            "Resources": {"R": role},
            "Outputs": {"RArn": {"Description": words, "Value": {"Fn::GetAtt": ["R", "Arn"]}}},
        });
        let app = json!({
            "Parameters": {"R": {"Type": "String"}, "Items": {"Type": "CommaDelimitedList", "Description": words}, "Text": shared},
            "Resources": {"T": {"Type": "AWS::SNS::Topic"}},
        });
        let file = json!({"name": "q", "tags": {"k": tag}, "parameters": {"Text": value, "Items": [item, "z"], "R": value}});
        let (settings, found) = Settings::read(&file.to_string(), &Flags::default(), &|_| Ok(String::new()));
        // What no tag and no value can be is refused before.
        let Some(settings) = settings.filter(|_| !found.iter().any(|found| found.is_error())) else { return Ok(()) };
        let (iam, app) = (Contents::read(&iam.to_string(), Source::Iam).0, Contents::read(&app.to_string(), Source::App).0);
        let (Some(iam), Some(app)) = (iam, app) else { return Ok(()) };
        for layout in [Layout::One, Layout::Split] {
            let files = write(&Request {
                settings: &settings,
                iam: Some(&iam),
                app: &app,
                paths: (&path, &path),
                layout,
                provider: Provider::Five,
                region: Some("us-east-1"),
                standing: Standing { iam: Some("a"), app: Some("b"), bucket: true },
            });
            let files = files.map_err(|found| TestCaseError::fail(format!("{found:?}")))?;
            for file in &files {
                let body: Body = file.text.parse().unwrap();
                if file.path.ends_with("variables.tf") {
                    let up = if file.path.contains('/') { "../" } else { "" };
                    let wants_app = !file.path.starts_with("iam/");
                    let own = block(&body, "Text");
                    prop_assert_eq!(said(attribute(own, "default")), Some(value.clone()));
                    if wants_app {
                        let list = attribute(block(&body, "Items"), "default").as_array().expect("a list");
                        let list: Vec<Option<String>> = list.iter().map(said).collect();
                        prop_assert_eq!(list, [Some(item.clone()), Some("z".to_owned())]);
                        prop_assert_eq!(said(attribute(block(&body, "template_file"), "default")), Some(format!("{up}{path}")));
                        let given = attribute(block(&body, "parameters"), "default").as_object().expect("a map");
                        prop_assert_eq!(entries(given), BTreeMap::from([("R".to_owned(), value.clone())]));
                        let told = said(attribute(block(&body, "Items"), "description")).expect("a text");
                        prop_assert!(told.starts_with(&words), "{told:?}");
                    } else {
                        let told = said(attribute(own, "description")).expect("a text");
                        prop_assert!(told.starts_with(&words), "{told:?}");
                    }
                    let tags = attribute(block(&body, "tags"), "default").as_object().expect("a map");
                    prop_assert_eq!(entries(tags), BTreeMap::from([("k".to_owned(), tag.clone())]));
                    let rule = own.body.blocks().find(|block| block.ident.as_str() == "validation").expect("a rule");
                    prop_assert_eq!(said(attribute(rule, "error_message")), Some(format!("Text: {words}")));
                }
                if file.path.ends_with("outputs.tf") && !file.path.starts_with("app/") {
                    prop_assert_eq!(said(attribute(block(&body, "RArn"), "description")), Some(words.clone()));
                }
            }
        }
    }
}

#[test]
fn terraform_reads_a_sample_as_it_is() {
    let mut sample: Vec<String> = HARD.map(str::to_owned).to_vec();
    sample.extend(HARD.iter().flat_map(|a| HARD.map(|b| format!("{a}{b}a}}"))));
    let place = Place::new(9);
    let list: String = sample.iter().map(|text| format!("    {},\n", quoted(text))).collect();
    let Some(terraform) = Terraform::at(&place, "values") else { return };
    std::fs::create_dir(place.path(&beside("values"))).unwrap();
    terraform.write("main.tf", &format!("output \"all\" {{\n  value = [\n{list}  ]\n}}\n"));
    ok(&terraform.run(&["init"]));
    terraform.apply(&[]);
    let read: Vec<String> = serde_json::from_value(terraform.output("all")).unwrap();
    for (read, wanted) in read.iter().zip(&sample) {
        assert_eq!(read, wanted);
    }
    assert_eq!(read.len(), sample.len());
}
