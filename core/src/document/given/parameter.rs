//! Parameters that the IAM template gets for what is given: a boundary that is told when the stack is made.

use crate::diagnostic::{Code, Diagnostic};
use crate::document::sheet::Sheet;
use crate::expression::Expr;
use crate::template::Template;

/// A managed policy's ARN. Source: IAM User Guide, "IAM identifiers": AWS's own have `aws` for an account.
const POLICY: &str = "arn:aws[a-z0-9-]*:iam::([0-9]{12}|aws):policy/[!-~]+";

/// A parameter that is added.
#[derive(Debug)]
struct Added {
    name: String,
    default: Option<String>,
    /// The condition that it has a value, where it may have none.
    condition: Option<String>,
    /// Whether anybody gets what it has.
    used: bool,
}

/// The parameters that are added.
#[derive(Debug)]
pub(super) struct Parameters<'p, 'd, 't> {
    template: &'p Template<'d, 't>,
    list: Vec<Added>,
}

impl<'p, 'd, 't> Parameters<'p, 'd, 't> {
    pub(super) fn new(template: &'p Template<'d, 't>) -> Self {
        Self { template, list: Vec::new() }
    }

    /// What a parameter gives: nothing where its default is empty and nobody gives it a value.
    pub(super) fn value(&mut self, name: &str, default: Option<&str>, found: &mut Vec<Diagnostic>) -> Expr {
        let known = self.list.iter().find(|added| added.name == name);
        if let Some(known) = known.filter(|known| known.default.as_deref() != default) {
            let message = format!("`iam:` gives the parameter `{}` two defaults", known.name);
            if !found.iter().any(|other| other.message == message) {
                found.push(Diagnostic::new(Code::CFG010, message).help("give it one, or use two parameters"));
            }
        }
        if known.is_none() {
            let template = self.template;
            let taken = template.parameters.get(name).map(|parameter| parameter.key);
            let taken =
                taken.or_else(|| template.resources.get(name).map(|resource| resource.declaration.key));
            if let Some(key) = taken {
                found.push(
                    Diagnostic::new(Code::CFG010, format!("the template has `{name}` already"))
                        .at(key.outer(), "the configuration adds a parameter of this name")
                        .help(format!(
                            "write `permissions_boundary: ${{{name}}}` for this one, or take another name"
                        )),
                );
            }
            let condition = (default == Some("")).then(|| {
                let mut condition = format!("Has{name}");
                while template.conditions.contains_key(condition.as_str()) {
                    condition.push('X');
                }
                condition
            });
            self.list.push(Added {
                name: name.to_owned(),
                default: default.map(str::to_owned),
                condition,
                used: false,
            });
        }
        let condition =
            self.list.iter().find(|added| added.name == name).and_then(|added| added.condition.clone());
        match condition {
            Some(condition) => Expr::call(
                "If",
                vec![Expr::text(condition), Expr::reference(name), Expr::reference("AWS::NoValue")],
            ),
            None => Expr::reference(name),
        }
    }

    /// Says that somebody gets what a parameter has.
    pub(super) fn used(&mut self, name: &str) {
        self.list.iter_mut().filter(|added| added.name == name).for_each(|added| added.used = true);
    }

    /// Adds them to the text, and says what was added.
    pub(super) fn add(self, sheet: &mut Sheet<'_, '_, '_>) -> Vec<String> {
        let mut names = Vec::new();
        let (mut parameters, mut conditions) = (Vec::new(), Vec::new());
        for Added { name, default, condition, .. } in self.list.into_iter().filter(|added| added.used) {
            let pattern = match &condition {
                Some(_) => format!("^({POLICY})?$"),
                None => format!("^{POLICY}$"),
            };
            let mut entries = vec![
                ("Type", Expr::text("String")),
                ("Description", Expr::text("ARN of the permissions boundary of the IAM resources")),
            ];
            entries.extend(default.map(|default| ("Default", Expr::text(default))));
            entries.push(("AllowedPattern", Expr::text(pattern)));
            names.push(name.clone());
            names.extend(condition.clone());
            conditions.extend(condition.map(|condition| {
                let is_empty = Expr::call("Equals", vec![Expr::reference(&name), Expr::text("")]);
                (condition, Expr::call("Not", vec![is_empty]))
            }));
            parameters.push((name, Expr::map(entries)));
        }
        for (section, entries) in [("Parameters", parameters), ("Conditions", conditions)] {
            if entries.is_empty() {
                continue;
            }
            match self.template.section(section) {
                Some(node) => {
                    let stays = vec![true; node.entries().count()];
                    sheet.append(node, &stays, &entries);
                }
                None => sheet.add_section(section, entries, Some("Resources"), &[]),
            }
        }
        names
    }
}
