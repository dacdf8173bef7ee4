//! `iam:`: what all that moves is given.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::is_logical_id;
use crate::diagnostic::{Code, Diagnostic};

/// What becomes of a property that a resource has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Own {
    /// It stays.
    #[default]
    Keep,
    /// What the configuration gives takes its place.
    Replace,
    /// It is an error.
    Refuse,
}

/// A permissions boundary.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "a policy's ARN, or `parameter` with its name")]
pub enum Boundary {
    /// The ARN of a managed policy.
    Arn(String),
    /// A parameter that the IAM template gets.
    Parameter {
        /// Its name.
        parameter: String,
        /// Its default; where that is empty, no boundary is given unless the parameter has a value.
        #[serde(default)]
        default: Option<String>,
    },
}

/// What a resource is given. `${Name}` in a text is what the template's parameter has, as in `Fn::Sub`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Gifts {
    /// A permissions boundary, for roles and users.
    pub permissions_boundary: Option<Boundary>,
    /// The path.
    pub path: Option<String>,
    /// The name: `{stack}`, `{logical_id}`, `{region}` and `{account}` stand for what they say.
    pub name: Option<String>,
    /// What stands before `{stack}-{logical_id}`, where no `name` is given.
    pub name_prefix: Option<String>,
    /// Tags, for roles and users.
    pub tags: BTreeMap<String, String>,
    /// Seconds, for roles.
    pub max_session_duration: Option<u32>,
    /// What becomes of a property that a resource has already; tags of other keys stay in any case. `keep` if nothing is
    /// said.
    pub own: Option<Own>,
}

impl Gifts {
    /// Whether anything is given.
    #[must_use]
    pub fn gives(&self) -> bool {
        let Self { permissions_boundary, path, name, name_prefix, tags, max_session_duration, own: _ } = self;
        permissions_boundary.is_some()
            || path.is_some()
            || name.is_some()
            || name_prefix.is_some()
            || !tags.is_empty()
            || max_session_duration.is_some()
    }

    /// These, where given, else others.
    #[must_use]
    pub fn or(&self, others: &Self) -> Self {
        let mut tags = others.tags.clone();
        tags.extend(self.tags.clone());
        let is_named = self.name.is_some() || self.name_prefix.is_some();
        let of_names = if is_named { self } else { others };
        Self {
            permissions_boundary: self.permissions_boundary.clone().or(others.permissions_boundary.clone()),
            path: self.path.clone().or(others.path.clone()),
            name: of_names.name.clone(),
            name_prefix: of_names.name_prefix.clone(),
            tags,
            max_session_duration: self.max_session_duration.or(others.max_session_duration),
            own: self.own.or(others.own),
        }
    }

    /// The pattern of names, if any is given.
    #[must_use]
    pub fn name_pattern(&self) -> Option<String> {
        let prefix = || self.name_prefix.as_ref().map(|prefix| format!("{prefix}{{stack}}-{{logical_id}}"));
        self.name.clone().or_else(prefix)
    }
}

/// `iam:`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Iam {
    /// What all get.
    #[serde(flatten)]
    pub all: Gifts,
    /// Logical ids that get nothing.
    pub except: Vec<String>,
    /// What single resources get in the place of what all get.
    pub resources: BTreeMap<String, Gifts>,
}

/// The keys of what is given.
pub(super) const GIFTS: &[&str] =
    &["permissions_boundary", "path", "name", "name_prefix", "tags", "max_session_duration", "own"];

impl Iam {
    /// Whether anything is given.
    #[must_use]
    pub fn gives(&self) -> bool {
        self.all.gives() || self.resources.values().any(Gifts::gives)
    }

    /// What one resource is given.
    #[must_use]
    pub fn of(&self, resource: &str) -> Gifts {
        if self.except.iter().any(|name| name == resource) {
            return Gifts::default();
        }
        self.resources.get(resource).map_or_else(|| self.all.clone(), |own| own.or(&self.all))
    }

    /// The same, with what a run gives to all before what the file says.
    ///
    /// # Errors
    /// What the run gives is nothing that IAM takes.
    pub fn with(mut self, gifts: Option<&Gifts>) -> Result<Self, Vec<Diagnostic>> {
        let Some(gifts) = gifts else { return Ok(self) };
        let of_run = Self { all: gifts.clone(), ..Self::default() };
        let wrong = of_run.wrong().into_iter();
        let wrong: Vec<Diagnostic> =
            wrong.map(|(_, message, help)| Diagnostic::new(Code::CFG006, message).help(help)).collect();
        self.all = gifts.or(&self.all);
        if wrong.is_empty() { Ok(self) } else { Err(wrong) }
    }

    /// What is wrong: the path of the value, the message, the help.
    pub(super) fn wrong(&self) -> Vec<(Vec<String>, String, &'static str)> {
        let mut found = Vec::new();
        of_gifts(&self.all, &["iam".to_owned()], &mut found);
        for (name, gifts) in &self.resources {
            of_gifts(gifts, &["iam".to_owned(), "resources".to_owned(), name.clone()], &mut found);
            if self.except.contains(name) {
                found.push((
                    vec!["iam".to_owned(), "resources".to_owned(), name.clone()],
                    format!("`{name}` gets nothing by `except` and something here"),
                    "take it out of one of the two",
                ));
            }
        }
        found
    }
}

fn of_gifts(gifts: &Gifts, path: &[String], found: &mut Vec<(Vec<String>, String, &'static str)>) {
    let mut wrong = |keys: &[&str], message: String, help: &'static str| {
        let keys = keys.iter().map(|key| (*key).to_owned());
        found.push((path.iter().cloned().chain(keys).collect(), message, help));
    };
    let is_policy =
        |arn: &str| arn.starts_with("${") || (arn.starts_with("arn:") && arn.contains(":policy/"));
    const POLICY: &str =
        "write `arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/NAME`, or `${PARAMETER}`";
    match &gifts.permissions_boundary {
        Some(Boundary::Arn(arn)) if !is_policy(arn) => {
            wrong(&["permissions_boundary"], format!("`{arn}` is no managed policy's ARN"), POLICY);
        }
        Some(Boundary::Parameter { parameter, default }) => {
            if !is_logical_id(parameter) {
                wrong(
                    &["permissions_boundary", "parameter"],
                    format!("`{parameter}` cannot be the name of a parameter"),
                    "CloudFormation's names are letters and digits",
                );
            }
            // A parameter's default is a text as it is: nothing is put in.
            let is_plain = |arn: &&String| !arn.is_empty() && (!is_policy(arn) || arn.contains("${"));
            if let Some(arn) = default.as_ref().filter(is_plain) {
                wrong(
                    &["permissions_boundary", "default"],
                    format!("`{arn}` is no managed policy's ARN that is written out"),
                    "write the whole ARN, or `''` for no boundary unless one is given",
                );
            }
        }
        _ => {}
    }
    if let Some(path) = gifts.path.as_ref().filter(|path| !is_path(path)) {
        wrong(
            &["path"],
            format!("IAM takes no path `{path}`"),
            "a path begins and ends with a slash and has at most 512 characters: `/team/`",
        );
    }
    if gifts.name.is_some() && gifts.name_prefix.is_some() {
        wrong(&["name_prefix"], "`name` and `name_prefix` say the same twice".to_owned(), "keep one of them");
    }
    let key = if gifts.name.is_some() { "name" } else { "name_prefix" };
    if let Some(pattern) = gifts.name_pattern() {
        for message in name_faults(&pattern, path.len() == 1) {
            wrong(
                &[key],
                message,
                "a name is letters, digits and `+=,.@_-`, with `{stack}`, `{logical_id}`, `{region}`, `{account}` or `${PARAMETER}` in it",
            );
        }
    }
    if gifts.max_session_duration.is_some_and(|seconds| !(3_600..=43_200).contains(&seconds)) {
        wrong(
            &["max_session_duration"],
            "IAM takes no such duration of a session".to_owned(),
            "write seconds, from 3600 to 43200",
        );
    }
    for (key, value) in &gifts.tags {
        if let Some(help) = tag_fault(key, value) {
            wrong(&["tags", key], format!("IAM takes no tag `{key}` with this value"), help);
        }
        let twin = gifts.tags.keys().take_while(|other| *other != key);
        if let Some(twin) = twin.into_iter().find(|other| other.eq_ignore_ascii_case(key)) {
            wrong(
                &["tags", key],
                format!("`{twin}` and `{key}` are one key to IAM, which does not tell tags by their case"),
                "keep one of them",
            );
        }
    }
}

/// What is wrong with a tag, as help. Source: IAM API Reference, `Tag`; IAM User Guide, "Tags for IAM resources".
fn tag_fault(key: &str, value: &str) -> Option<&'static str> {
    let is_taken = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    // What `${Name}` stands for is not known here.
    let mut written = value.split("${");
    let first = written.next().unwrap_or_default();
    let behind = written.map(|piece| piece.split_once('}').map_or(piece, |(_, after)| after));
    let written: String = std::iter::once(first).chain(behind).collect();
    if key.is_empty() || key.chars().count() > 128 || written.chars().count() > 256 {
        return Some("a key has 1 to 128 characters, a value has at most 256");
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Some("keys that begin with `aws:` are for AWS itself");
    }
    (!key.chars().chain(written.chars()).all(is_taken))
        .then_some("keys and values are letters, digits, spaces and `_ . : / = + - @`")
}

/// Whether IAM takes a path. Source: IAM API Reference, `CreateRole`, `Path`: 1 to 512 characters, between slashes.
fn is_path(path: &str) -> bool {
    path.len() <= 512
        && path.starts_with('/')
        && path.ends_with('/')
        && !path.contains("//")
        && path.chars().all(|c| ('!'..='~').contains(&c))
}

/// A piece of a name's pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamePiece<'p> {
    /// Text.
    Text(&'p str),
    /// `{stack}` and its like.
    Placeholder(&'p str),
    /// `${PARAMETER}`
    Parameter(&'p str),
}

/// The pieces of a name's pattern.
#[must_use]
pub fn name_pieces(pattern: &str) -> Vec<NamePiece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inner, behind)) = after.split_once('}') else { break };
        let text = before.strip_suffix('$');
        let (text, piece) = match text {
            Some(text) => (text, NamePiece::Parameter(inner)),
            None => (before, NamePiece::Placeholder(inner)),
        };
        if !text.is_empty() {
            pieces.push(NamePiece::Text(text));
        }
        pieces.push(piece);
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(NamePiece::Text(rest));
    }
    pieces
}

/// Source: IAM API Reference, `CreateRole`, `RoleName`: letters, digits and `+=,.@-_`, the same for its kin.
fn name_faults(pattern: &str, for_all: bool) -> Vec<String> {
    let mut found = Vec::new();
    let pieces = name_pieces(pattern);
    for piece in &pieces {
        match piece {
            NamePiece::Text(text) => {
                if !text.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c)) {
                    found.push(format!("IAM takes no name with `{text}`"));
                }
            }
            NamePiece::Placeholder(name) => {
                if !["stack", "logical_id", "region", "account"].contains(name) {
                    found.push(format!("nothing is known to stand for `{{{name}}}`"));
                }
            }
            NamePiece::Parameter(_) => {}
        }
    }
    if for_all && !pieces.contains(&NamePiece::Placeholder("logical_id")) {
        found.push("without `{logical_id}` all of one type would have one name".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_names_come_apart() {
        use NamePiece::{Parameter, Placeholder, Text};
        assert_eq!(
            name_pieces("team-{stack}${X}-{logical_id}"),
            [Text("team-"), Placeholder("stack"), Parameter("X"), Text("-"), Placeholder("logical_id")]
        );
        assert_eq!(name_pieces("a{b"), [Text("a{b")]);
        assert_eq!(name_faults("team-{stack}-{logical_id}", true), [""; 0]);
        assert_eq!(name_faults("team {stack}", true).len(), 2);
        assert_eq!(name_faults("{what}", false).len(), 1);
    }

    #[test]
    fn what_one_gets_goes_before_what_all_get() {
        let iam: Iam = serde_yaml::from_str(
            "{path: /a/, tags: {x: y}, resources: {R: {path: /b/, tags: {z: w}}}, except: [N]}",
        )
        .unwrap();
        let of = iam.of("R");
        assert_eq!((of.path.as_deref(), of.tags.len()), (Some("/b/"), 2));
        assert_eq!(iam.of("Other").path.as_deref(), Some("/a/"));
        assert!(!iam.of("N").gives());
    }
}
