//! What to move and how: `config.yaml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod iam;

pub use iam::{Boundary, Gifts, Iam, NamePiece, Own, name_pieces};

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::syntax::{Document, Node, parse};
use crate::text::{Span, line_start};

/// How a reference from a moved resource to an application resource may be resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// The application resource's explicit name is written out. Changes nothing.
    Exact,
    /// The generated name becomes a pattern. Widens an `Allow`.
    Pattern,
    /// The value comes by a parameter once the application stack stands.
    TwoPhase,
    /// The statements go to a `RolePolicy` in the application template.
    Attach,
    /// The resource stays with the application.
    Keep,
    /// No resolution: the reference is an error.
    Refuse,
}

impl Resolution {
    /// All of them, from the one that changes nothing to the one that gives up.
    pub const ALL: [Self; 6] =
        [Self::Exact, Self::Pattern, Self::TwoPhase, Self::Attach, Self::Keep, Self::Refuse];

    /// The name as written on the command line and in `config.yaml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Pattern => "pattern",
            Self::TwoPhase => "two-phase",
            Self::Attach => "attach",
            Self::Keep => "keep",
            Self::Refuse => "refuse",
        }
    }

    /// Reads a list as on the command line: `exact,pattern`.
    ///
    /// # Errors
    /// A sentence that names the word which is no resolution.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let mut list = Vec::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let known = Self::ALL.into_iter().find(|resolution| resolution.name() == word);
            let Some(resolution) = known else {
                let names = Self::ALL.map(Self::name);
                let hint =
                    did_you_mean(word, names).unwrap_or_else(|| format!("known are {}", names.join(", ")));
                return Err(format!("`{word}` is no resolution; {hint}"));
            };
            list.push(resolution);
        }
        if list.is_empty() {
            return Err("no resolution is given; `refuse` permits none".to_owned());
        }
        check_order(&list)?;
        Ok(list)
    }
}

/// What an order may not be, on the command line and in the file.
fn check_order(list: &[Resolution]) -> Result<(), String> {
    if list.contains(&Resolution::Refuse) && list.len() > 1 {
        return Err("`refuse` permits no resolution and stands alone".to_owned());
    }
    Ok(())
}

/// How the application comes to what the IAM stack gives out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// A parameter for each value.
    #[default]
    Parameters,
    /// `Fn::ImportValue` of the exports; the IAM stack's name is the one parameter.
    Imports,
    /// `Fn::GetStackOutput`; the IAM stack's name is the one parameter.
    StackOutput,
}

impl Means {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Parameters, Self::Imports, Self::StackOutput];

    /// The name as written on the command line and in `config.yaml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parameters => "parameters",
            Self::Imports => "imports",
            Self::StackOutput => "stack-output",
        }
    }
}

/// What keeps a pattern from reaching what it is not meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// A pattern over buckets is held to the account by the condition `aws:ResourceAccount`.
    ResourceAccount,
}

/// The configuration as written, with defaults for what is left out. Unknown keys are found in the
/// tree ([`KEYS`]), all of them at once and with their places, not by serde, which stops at the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Config {
    /// What to take out.
    pub extraction: Extraction,
    /// How the application template's parameters look.
    pub parameter_generation: ParameterGeneration,
    /// The parameter group.
    pub metadata: Metadata,
    /// How crossing references may be resolved.
    pub resolution: Resolutions,
    /// The IAM template's parameter for the application stack's name; `AppStackName` if left out.
    pub app_stack_parameter: Option<String>,
    /// The default of the parameter for the application stack's name.
    pub app_stack_name: Option<String>,
    /// How the application comes to what the IAM stack gives out; parameters if left out.
    pub wiring: Option<Means>,
    /// What keeps patterns over buckets in the account.
    pub guard: Option<Guard>,
    /// What all that moves is given.
    pub iam: Iam,
    /// The file of the company's rules, from the configuration's own folder.
    pub rules: Option<String>,
}

/// `extraction:`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Extraction {
    /// Logical ids of `AWS::IAM::Role`s that move.
    pub roles: Vec<String>,
    /// Logical ids of `AWS::IAM::ManagedPolicy`s that move.
    pub policies: Vec<String>,
    /// Logical ids that stay.
    pub exclude_policies: Vec<String>,
}

/// `parameter_generation:`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ParameterGeneration {
    /// `AllowedPattern` of the parameters that take a role's ARN.
    pub role_pattern: Option<String>,
    /// `AllowedPattern` of the parameters that take a managed policy's ARN.
    pub policy_pattern: Option<String>,
}

/// `metadata:`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Metadata {
    /// Whether the parameters form a group in `AWS::CloudFormation::Interface`.
    pub add_parameter_group: bool,
    /// The label of the parameter group.
    pub parameter_group_name: Option<String>,
    /// The label of the group that the parameter group follows.
    pub insert_after_group: Option<String>,
}

/// `resolution:`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Resolutions {
    /// Permitted resolutions in order of preference.
    pub order: Vec<Resolution>,
    /// Permitted resolutions of single moved resources.
    pub resources: BTreeMap<String, Vec<Resolution>>,
}

/// The keys that have a meaning, by their path; `*` stands for any name.
const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "extraction",
            "parameter_generation",
            "metadata",
            "resolution",
            "app_stack_parameter",
            "app_stack_name",
            "wiring",
            "guard",
            "iam",
            "rules",
        ],
    ),
    ("extraction", &["roles", "policies", "exclude_policies"]),
    ("parameter_generation", &["role_pattern", "policy_pattern"]),
    ("metadata", &["add_parameter_group", "parameter_group_name", "insert_after_group"]),
    ("resolution", &["order", "resources"]),
];

/// A configuration and the places of its values.
#[derive(Debug)]
pub struct ConfigFile<'t> {
    /// What it says.
    pub config: Config,
    document: Document<'t>,
}

impl<'t> ConfigFile<'t> {
    /// Reads a configuration: what it says, as far as that can be told, and all that is wrong with it.
    #[must_use]
    pub fn read(text: &'t str) -> (Option<Self>, Vec<Diagnostic>) {
        let parsed = parse(text);
        let mut found: Vec<Diagnostic> = parsed.diagnostics.iter().map(in_config).collect();
        if let Some(root) = parsed.document.root().filter(|root| !root.is_null()) {
            for (path, keys) in KEYS {
                let node = if path.is_empty() { Some(root) } else { root.get(path) };
                node.into_iter().for_each(|node| unknown_keys(node, keys, &mut found));
            }
            if let Some(iam) = root.get("iam") {
                let more = ["except", "resources"];
                unknown_keys(iam, &[iam::GIFTS, &more].concat(), &mut found);
                let each = iam.get("resources").into_iter().flat_map(Node::entries);
                each.for_each(|(_, gifts)| unknown_keys(gifts, iam::GIFTS, &mut found));
            }
        }
        let config = match serde_yaml::from_str::<Option<Config>>(text) {
            Ok(config) => Some(config.unwrap_or_default()),
            Err(error) => {
                if parsed.diagnostics.is_empty() {
                    let offset = error.location().map_or(0, |place| place.index()).min(text.len());
                    let end = text
                        .get(offset..)
                        .and_then(|rest| rest.find('\n'))
                        .map_or(text.len(), |at| offset + at);
                    let start = if offset == text.len() {
                        line_start(text, offset.saturating_sub(1))
                    } else {
                        offset
                    };
                    let said = error.to_string();
                    let said = said.split(" at line").next().unwrap_or_default().to_owned();
                    found.push(
                        Diagnostic::new(Code::CFG001, format!("the configuration cannot be read: {said}"))
                            .in_config(Span::new(start, end), "here")
                            .help("`iam-split init TEMPLATE` writes a configuration to start from"),
                    );
                }
                None
            }
        };
        let file = config.map(|config| Self { config, document: parsed.document });
        if let Some(file) = &file {
            file.check(&mut found);
        }
        (file, found)
    }

    /// Whether it names what moves. One that only sets other things selects like no configuration.
    #[must_use]
    pub fn selects(&self) -> bool {
        ["roles", "policies"].iter().any(|list| self.node(&["extraction", list]).is_some())
    }

    /// The place of a name in one of the lists of `extraction`.
    #[must_use]
    pub fn place(&self, list: &str, name: &str) -> Span {
        let node = self.node(&["extraction", list]);
        let item = node.and_then(|node| node.items().find(|item| item.as_str() == Some(name)));
        item.map_or(Span::at(0), Node::span)
    }

    /// The place of a value by its path.
    #[must_use]
    pub fn value_place(&self, path: &[&str]) -> Span {
        self.node(path).map_or(Span::at(0), Node::span)
    }

    fn node(&self, path: &[&str]) -> Option<Node<'_, 't>> {
        let mut node = self.document.root()?;
        for name in path {
            node = node.get(name)?.resolved();
        }
        Some(node)
    }

    fn check(&self, found: &mut Vec<Diagnostic>) {
        let invalid = |path: &[&str], message: String, help: &str| {
            Diagnostic::new(Code::CFG006, message).in_config(self.value_place(path), "this value").help(help)
        };
        let patterns = &self.config.parameter_generation;
        for (key, pattern) in
            [("role_pattern", &patterns.role_pattern), ("policy_pattern", &patterns.policy_pattern)]
        {
            let Some(pattern) = pattern else { continue };
            // What Java knows and our engine does not cannot be checked here.
            let java =
                ["(?=", "(?!", "(?<", "(?>", "++", "*+", "?+"].iter().any(|form| pattern.contains(form));
            if let Err(error) = regex_lite::Regex::new(pattern)
                && !java
            {
                let message = format!("`{key}` is no regular expression: {error}");
                found.push(invalid(
                    &["parameter_generation", key],
                    message,
                    "CloudFormation reads it in Java's dialect",
                ));
            }
        }
        let orders = std::iter::once((vec!["resolution", "order"], &self.config.resolution.order));
        let each = self.config.resolution.resources.iter();
        for (path, order) in
            orders.chain(each.map(|(name, order)| (vec!["resolution", "resources", name], order)))
        {
            if let Err(message) = check_order(order) {
                found.push(invalid(
                    &path,
                    message,
                    "list the resolutions that are permitted, the best first",
                ));
            }
        }
        for (path, message, help) in self.config.iam.wrong() {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            found.push(invalid(&path, message, help));
        }
        if let Some(name) = &self.config.app_stack_parameter
            && !is_logical_id(name)
        {
            found.push(invalid(
                &["app_stack_parameter"],
                format!("`{name}` cannot be the name of a parameter"),
                "CloudFormation's names are letters and digits",
            ));
        }
        if let Some(name) = &self.config.app_stack_name
            && !is_stack_name(name)
        {
            found.push(invalid(
                &["app_stack_name"],
                format!("`{name}` cannot be the name of a stack"),
                "a stack's name is a letter, then letters, digits and dashes, 128 at most",
            ));
        }
    }
}

fn in_config(diagnostic: &Diagnostic) -> Diagnostic {
    let mut moved = diagnostic.clone();
    for label in &mut moved.labels {
        label.source = crate::diagnostic::Source::Config;
    }
    moved
}

fn unknown_keys(node: Node<'_, '_>, known: &[&str], found: &mut Vec<Diagnostic>) {
    for (key, _) in node.entries() {
        let Some(name) = key.as_str() else { continue };
        if !known.contains(&name) {
            let help = did_you_mean(name, known.iter().copied())
                .unwrap_or_else(|| format!("known here are {}", known.join(", ")));
            found.push(
                Diagnostic::new(Code::CFG002, format!("the configuration has no key `{name}`"))
                    .in_config(key.span(), "this key")
                    .help(help),
            );
        }
    }
}

/// Whether CloudFormation takes a text as a logical id: letters and digits.
#[must_use]
pub fn is_logical_id(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether CloudFormation takes a text as the name of a stack.
#[must_use]
pub fn is_stack_name(name: &str) -> bool {
    name.len() <= crate::facts::limit::STACK_NAME
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<Code> {
        ConfigFile::read(text).1.iter().map(|found| found.code).collect()
    }

    #[test]
    fn every_problem_is_said_at_once() {
        assert_eq!(
            codes("extraction:\n  rols: [A]\nmetadat: {}\nparameter_generation: {role_pattern: '('}\n"),
            [Code::CFG002, Code::CFG002, Code::CFG006]
        );
        assert_eq!(codes("extraction:\n  roles: A\n"), [Code::CFG001]);
        assert_eq!(codes("resolution: {order: [keep, refuse]}\n"), [Code::CFG006]);
        assert_eq!(codes("a: [\n"), [Code::SYN001, Code::CFG002]);
        assert_eq!(codes("app_stack_name: -x\napp_stack_parameter: a-b\n"), [Code::CFG006, Code::CFG006]);
        assert_eq!(codes("# nothing\n"), []);
    }

    #[test]
    fn lists_of_resolutions_are_read() {
        assert_eq!(
            Resolution::parse_list("exact, pattern"),
            Ok(vec![Resolution::Exact, Resolution::Pattern])
        );
        assert!(Resolution::parse_list("exact,patern").unwrap_err().contains("did you mean `pattern`"));
        assert!(Resolution::parse_list("refuse,exact").is_err());
    }
}
