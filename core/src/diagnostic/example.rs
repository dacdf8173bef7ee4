//! Examples of the catalogue: small inputs that lead to a code.

use std::borrow::Cow;

/// Files and the command that leads to a code with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example<'e> {
    /// Names and texts.
    pub files: Vec<(&'e str, &'e str)>,
    /// The command's arguments, in one line.
    pub command: Cow<'e, str>,
}

impl<'e> Example<'e> {
    /// Reads an example; `None` where it is a sentence.
    #[must_use]
    pub fn read(text: &'e str) -> Option<Self> {
        let (mut files, mut command) = (Vec::new(), None);
        for part in text.strip_prefix("--- ")?.split("\n--- ") {
            let (name, rest) = part.split_once('\n')?;
            let (body, line) = match rest.split_once("$ iam-split ") {
                Some((body, line)) => (body, Some(line.trim_end())),
                None => (rest, None),
            };
            command = command.or(line);
            files.push((name, body));
        }
        let command = command.map_or_else(|| Cow::Owned(usual(&files)), Cow::Borrowed);
        Some(Self { files, command })
    }
}

/// A pair is validated, a template split, with what else is there.
fn usual(files: &[(&str, &str)]) -> String {
    let has = |name: &str| files.iter().any(|(file, _)| *file == name);
    let mut command = match has("iam.yaml") {
        true => "validate --iam iam.yaml --app app.yaml",
        false => "split template.yaml",
    }
    .to_owned();
    if has("iam.yaml") && has("template.yaml") {
        command.push_str(" --monolith template.yaml");
    }
    if has("config.yaml") {
        command.push_str(" --config config.yaml");
    }
    command
}
