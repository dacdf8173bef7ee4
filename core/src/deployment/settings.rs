//! `deployment.yaml`: what is deployed, where, and with which values.
//!
//! The file is read from our own tree and not by serde, which stops at the first fault.

use std::collections::{BTreeMap, BTreeSet};

use super::names;
use super::raw::{self, Origin, Raw, Text};
use super::value::{Given, Value, Values};
use crate::config::is_stack_name;
use crate::diagnostic::{Code, Diagnostic};

/// How the IAM is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// A stack of its own, whose outputs the application stack takes as parameters.
    External,
    /// One stack with everything in it.
    Inline,
}

/// Where a template is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file, relative to the folder of `deployment.yaml`.
    Path(String),
    /// An object in S3.
    Url(String),
}

/// What becomes of a stack whose creation fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// What was created goes again; the stack remains as `ROLLBACK_COMPLETE`.
    #[default]
    Rollback,
    /// The stack goes too.
    Delete,
    /// All stays as it is, to be looked at.
    DoNothing,
}

/// How long operations may take, in minutes; `None` for as long as it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// CloudFormation itself ends a creation after this time.
    pub create: Option<u32>,
    /// How long an update is watched: CloudFormation has no limit there.
    pub update: Option<u32>,
    /// How long a deletion is watched.
    pub delete: Option<u32>,
}

/// The settings of a deployment, file and flags together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The application stack's name, which the IAM stack gets as `AppStackName`.
    pub name: String,
    /// The IAM stack's name.
    pub iam_stack_name: String,
    /// Whether that name was given.
    pub iam_stack_named: bool,
    /// The pattern that is meant, if it was said.
    pub pattern: Option<Pattern>,
    /// The region, if it was said.
    pub region: Option<String>,
    /// The profile of the credentials, if it was said.
    pub profile: Option<String>,
    /// The bucket of the templates.
    pub bucket: String,
    /// What the names of the objects, and of the bucket unless it was given, begin with.
    pub prefix: String,
    /// The application template.
    pub template: Option<Location>,
    /// The IAM template.
    pub iam_template: Option<Location>,
    /// A file with the ARNs of roles and policies that somebody made, in the place of an IAM stack; relative to the folder
    /// of `deployment.yaml`.
    pub arns: Option<String>,
    /// The account whose buckets the templates' addresses lead to; `None` for the caller's.
    pub template_owner: Option<String>,
    /// Values with the highest priority.
    pub parameters: Values,
    /// Values with the lowest priority: network, database and the like.
    pub infrastructure_parameters: Values,
    /// Values for the IAM template alone.
    pub iam_parameters: Values,
    /// Topics that get the stacks' events.
    pub notification_arns: Vec<String>,
    /// What becomes of a stack whose creation fails.
    pub on_failure: OnFailure,
    /// How long operations may take.
    pub timeouts: Timeouts,
    /// Tags of both stacks.
    pub tags: BTreeMap<String, String>,
    /// Further tags of the IAM stack.
    pub iam_tags: BTreeMap<String, String>,
    /// The role with which CloudFormation works on the application stack.
    pub role_arn: Option<String>,
    /// The role with which CloudFormation works on the IAM stack.
    pub iam_role_arn: Option<String>,
    /// Parameters whose values could not be fetched, which was said.
    pub unfetched: BTreeSet<String>,
}

impl Settings {
    /// All hidden values, to strike them out of texts that come from elsewhere.
    pub fn hidden(&self) -> impl Iterator<Item = &str> {
        [&self.parameters, &self.infrastructure_parameters, &self.iam_parameters]
            .into_iter()
            .flat_map(BTreeMap::values)
            .filter(|given| given.value.is_hidden())
            .map(|given| given.value.expose())
    }

    /// The tags of the IAM stack: the common ones and its own, which win.
    #[must_use]
    pub fn all_iam_tags(&self) -> BTreeMap<String, String> {
        let mut tags = self.tags.clone();
        tags.extend(self.iam_tags.clone());
        tags
    }

    /// Reads the file, lays the flags over it, and fetches values from where they are: all faults at once. `None`
    /// without a name; else the settings as far as they go, for what else can be checked with them.
    #[must_use]
    pub fn read(
        text: &str,
        flags: &raw::Flags,
        fetch: &dyn Fn(&Origin) -> Result<String, String>,
    ) -> (Option<Self>, Vec<Diagnostic>) {
        let mut found = Vec::new();
        let raw = Raw::read(text, flags, &mut found);
        let settings = Reading { raw: &raw, found: &mut found }.settings(fetch);
        (settings, found)
    }
}

struct Reading<'r> {
    raw: &'r Raw,
    found: &'r mut Vec<Diagnostic>,
}

impl Reading<'_> {
    fn settings(&mut self, fetch: &dyn Fn(&Origin) -> Result<String, String>) -> Option<Settings> {
        let name = self.name();
        let prefix = self.checked(
            "prefix",
            is_prefix,
            "begin it with a letter or digit; lower-case letters, digits and single dashes, 20 at most",
        );
        let prefix = prefix.unwrap_or_else(|| names::PREFIX.to_owned());
        let iam_stack = self.checked(
            "iam_stack_name",
            is_stack_name,
            "a stack's name is a letter, then letters, digits and dashes, 128 at most",
        );
        if let (Some(iam), Some(name)) = (&iam_stack, &name)
            && iam == name
        {
            self.wrong(
                "iam_stack_name",
                format!("both stacks would be called `{name}`"),
                "give the IAM stack another name",
            );
        }
        let region = self.checked("region", is_region, "write it like `eu-west-1`");
        let bucket = self.checked(
            "bucket",
            names::is_bucket,
            "3 to 63 lower-case letters, digits, dashes and dots, a letter or digit at both ends",
        );
        let template_owner = self.checked(
            "template_owner",
            |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()),
            "the twelve digits of an account",
        );
        let template = self.location("template", "template_url");
        let iam_template = self.location("iam_template", "iam_template_url");
        let pattern = self.choice("pattern", &[("external", Pattern::External), ("inline", Pattern::Inline)]);
        let on_failure = self.choice(
            "on_failure",
            &[
                ("ROLLBACK", OnFailure::Rollback),
                ("DELETE", OnFailure::Delete),
                ("DO_NOTHING", OnFailure::DoNothing),
            ],
        );
        let role = "an ARN such as `arn:aws:iam::123456789012:role/deployer`";
        let role_arn = self.checked("role_arn", is_role, role);
        let iam_role_arn = self.checked("iam_role_arn", is_role, role);
        let notification_arns = self.topics();
        let timeouts = Timeouts {
            create: self.minutes("create"),
            update: self.minutes("update"),
            delete: self.minutes("delete"),
        };
        let (tags, iam_tags) = (self.tags("tags"), self.tags("iam_tags"));
        let mut unfetched = BTreeSet::new();
        let mut values = |map| self.values(map, fetch, &mut unfetched);
        let (parameters, infrastructure_parameters, iam_parameters) =
            (values("parameters"), values("infrastructure_parameters"), values("iam_parameters"));
        let name = name?;
        Some(Settings {
            iam_stack_named: iam_stack.is_some(),
            iam_stack_name: iam_stack.unwrap_or_else(|| names::iam_stack(&name)),
            pattern,
            region,
            profile: self.text("profile").map(|text| text.text.clone()),
            bucket: bucket.unwrap_or_else(|| names::bucket(&prefix, &name)),
            prefix,
            template,
            iam_template,
            arns: self.text("arns").map(|text| text.text.clone()),
            template_owner,
            parameters,
            infrastructure_parameters,
            iam_parameters,
            notification_arns,
            on_failure: on_failure.unwrap_or_default(),
            timeouts,
            tags,
            iam_tags,
            role_arn,
            iam_role_arn,
            unfetched,
            name,
        })
    }

    fn name(&mut self) -> Option<String> {
        if !self.raw.texts.contains_key("name") {
            self.found.push(
                Diagnostic::new(Code::DPL004, "the deployment has no name")
                    .help("add `name: quilt-prod` to deployment.yaml, or pass --name: the application stack will be called so"),
            );
            return None;
        }
        self.checked(
            "name",
            names::is_name,
            "a lower-case letter, then lower-case letters, digits and dashes, 20 at most",
        )
    }

    fn text(&self, key: &str) -> Option<&Text> {
        self.raw.texts.get(key)
    }

    fn wrong(&mut self, key: &str, message: String, help: &str) {
        let text = self.text(key).cloned();
        self.fault(text.as_ref(), key, message, help);
    }

    fn fault(&mut self, text: Option<&Text>, key: &str, message: String, help: &str) {
        let mut finding = Diagnostic::new(Code::DPL003, message);
        finding = match text.and_then(|text| text.place) {
            Some(span) => finding.in_config(span, "this value"),
            None => finding.help(format!("it was given by --{}", key.replace('_', "-"))),
        };
        self.found.push(finding.help(help));
    }

    fn checked(&mut self, key: &str, admits: impl Fn(&str) -> bool, help: &str) -> Option<String> {
        let text = self.text(key)?.text.clone();
        if admits(&text) {
            return Some(text);
        }
        self.wrong(key, format!("`{text}` is not possible for `{key}`"), help);
        None
    }

    fn choice<T: Copy>(&mut self, key: &str, known: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?.text.clone();
        let chosen = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if chosen.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let help = crate::diagnostic::did_you_mean(&text, names.iter().copied())
                .unwrap_or_else(|| format!("known are {}", names.join(", ")));
            self.wrong(key, format!("`{text}` is not possible for `{key}`"), &help);
        }
        chosen
    }

    fn location(&mut self, path: &str, url: &str) -> Option<Location> {
        let file = self.text(path).map(|text| text.text.clone());
        let address = self.checked(url, names::is_template_url, "the address of an object in S3, such as `https://bucket.s3.eu-west-1.amazonaws.com/quilt-iam.yaml`");
        if file.is_some() && self.text(url).is_some() {
            self.wrong(url, format!("`{path}` and `{url}` are both given"), "keep one of the two");
        }
        if let Some("") = file.as_deref() {
            self.wrong(path, format!("`{path}` is empty"), "give the path of the file");
        }
        file.map(Location::Path).or(address.map(Location::Url))
    }

    fn topics(&mut self) -> Vec<String> {
        let topics = self.raw.lists.get("notification_arns").cloned().unwrap_or_default();
        for topic in &topics {
            let parts: Vec<&str> = topic.text.split(':').collect();
            if !matches!(parts.as_slice(), ["arn", partition, "sns", _, account, name]
                if partition.starts_with("aws") && account.len() == 12 && !name.is_empty())
            {
                let message = format!("`{}` is no topic", topic.text);
                self.fault(
                    Some(topic),
                    "notification_arns",
                    message,
                    "an ARN such as `arn:aws:sns:eu-west-1:123456789012:deployments`",
                );
            }
        }
        if let Some(sixth) = topics.get(5) {
            self.fault(
                Some(sixth),
                "notification_arns",
                "a stack has five topics at most".to_owned(),
                "remove some",
            );
        }
        topics.into_iter().map(|topic| topic.text).collect()
    }

    /// `30`, `30m`, `2h`, `1h30m`: minutes.
    fn minutes(&mut self, operation: &str) -> Option<u32> {
        let text = self.raw.timeouts.get(operation)?.clone();
        let minutes = minutes(&text.text);
        if minutes.is_none() {
            let message = format!("`{}` is no time", text.text);
            self.fault(Some(&text), "timeouts", message, "write minutes or hours: `30m`, `2h`, `1h30m`");
        }
        minutes
    }

    /// Source: CloudFormation API reference, data type `Tag`, and "Resource tags": 50 at most.
    fn tags(&mut self, map: &'static str) -> BTreeMap<String, String> {
        let mut tags = BTreeMap::new();
        let entries = self.raw.maps.get(map).cloned().unwrap_or_default();
        if entries.len() > 50 {
            self.fault(
                None,
                map,
                format!("`{map}` has {} tags", entries.len()),
                "a stack has 50 tags at most",
            );
        }
        for (key, entry) in entries {
            let place = Text { text: key.clone(), place: entry.place };
            let Origin::Text(value) = entry.origin else {
                self.fault(
                    Some(&place),
                    map,
                    format!("the tag `{key}` is no text"),
                    "write the value of the tag",
                );
                continue;
            };
            if key.is_empty()
                || key.chars().count() > 128
                || value.chars().count() > 256
                || key.to_lowercase().starts_with("aws:")
            {
                self.fault(
                    Some(&place),
                    map,
                    format!("`{key}` cannot be a tag"),
                    "a key has 1 to 128 characters and does not begin with `aws:`, a value 256 at most",
                );
            }
            tags.insert(key, value);
        }
        tags
    }

    fn values(
        &mut self,
        map: &'static str,
        fetch: &dyn Fn(&Origin) -> Result<String, String>,
        unfetched: &mut BTreeSet<String>,
    ) -> Values {
        let mut values = Values::new();
        for (name, entry) in self.raw.maps.get(map).cloned().unwrap_or_default() {
            let value = match &entry.origin {
                Origin::Text(text) => Value::shown(text),
                origin => match fetch(origin) {
                    Ok(text) => Value::hidden(text),
                    Err(message) => {
                        let finding =
                            Diagnostic::new(Code::DPL005, format!("`{name}` has no value: {message}"));
                        let finding = match entry.place {
                            Some(span) => finding.in_config(span, "this parameter"),
                            None => finding,
                        };
                        let help = match origin {
                            Origin::Env(variable) => {
                                format!("set `{variable}`, or write the value another way")
                            }
                            _ => "check the path: it is relative to the folder of deployment.yaml".to_owned(),
                        };
                        self.found.push(finding.help(help));
                        unfetched.insert(name);
                        continue;
                    }
                },
            };
            values.insert(name, Given { value, place: entry.place });
        }
        values
    }
}

fn minutes(text: &str) -> Option<u32> {
    if let Ok(minutes) = text.parse::<u32>() {
        return (minutes > 0).then_some(minutes);
    }
    let (hours, rest) = match text.split_once('h') {
        Some((hours, rest)) => (hours.parse::<u32>().ok()?, rest),
        None => (0, text),
    };
    let minutes = if rest.is_empty() { 0 } else { rest.strip_suffix('m')?.parse::<u32>().ok()? };
    hours.checked_mul(60)?.checked_add(minutes).filter(|minutes| *minutes > 0)
}

fn is_prefix(text: &str) -> bool {
    text.len() <= 20
        && !text.contains("--")
        && names::is_bucket(&format!("{text}-templates"))
        && !text.contains('.')
}

fn is_region(text: &str) -> bool {
    let mut parts = text.split('-').rev();
    let number =
        parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let words: Vec<&str> = parts.collect();
    number
        && words.len() >= 2
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
}

fn is_role(text: &str) -> bool {
    super::outputs::iam_arn(text).is_some_and(|noun| noun == "role")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Settings>, Vec<Diagnostic>) {
        let flags = raw::Flags::default();
        Settings::read(text, &flags, &|origin| match origin {
            Origin::Env(name) if name == "PW" => Ok("hunter2".to_owned()),
            _ => Err("it is not set".to_owned()),
        })
    }

    #[test]
    fn defaults_follow_from_the_name() {
        let (settings, found) = read(
            "name: quilt-prod\ntimeouts: {create: 1h30m}\nparameters: {A: [x, y], N: 012, P: {env: PW}}\n",
        );
        assert_eq!(found, []);
        let settings = settings.unwrap();
        assert_eq!(settings.iam_stack_name, "quilt-prod-iam");
        assert_eq!(settings.bucket, "quilt-templates-quilt-prod");
        assert_eq!(settings.timeouts.create, Some(90));
        assert_eq!(settings.parameters["A"].value.expose(), "x,y");
        assert_eq!(settings.parameters["N"].value.expose(), "012");
        assert_eq!(settings.hidden().collect::<Vec<_>>(), ["hunter2"]);
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn every_fault_is_said_at_once() {
        let (settings, found) = read(
            "nmae: x\nname: Quilt\nbucket: A\nregion: mars\non_failure: rollback\ntemplate: a\ntemplate_url: https://x/y\n\
             timeouts: {create: soon, crate: 1}\nnotification_arns: [x]\nrole_arn: x\ntags: {'aws:x': y}\n\
             parameters: {P: {env: NO}, Q: {enw: PW}, R: }\niam_parameters: 3\n",
        );
        // Without a name that can be one there is nothing to go on with.
        assert!(settings.is_none());
        let codes: Vec<&str> = found.iter().map(|found| found.code.as_str()).collect();
        let count = |code: &str| codes.iter().filter(|known| **known == code).count();
        assert_eq!((count("DPL002"), count("DPL005")), (3, 1), "{found:#?}");
        // name, bucket, region, on_failure, template_url twice, the time, the topic, the role, the tag, R, iam_parameters
        assert_eq!(count("DPL003") + count("DPL001"), 12, "{found:#?}");
        assert!(found.iter().all(|found| !found.help.is_empty() && !found.labels.is_empty()), "{found:#?}");
        assert!(found.iter().any(|found| found.help.iter().any(|help| help == "did you mean `name`?")));
    }

    #[test]
    fn a_flag_beats_the_file() {
        let flags = raw::Flags {
            texts: vec![("name", "b".to_owned()), ("template", "t.yaml".to_owned())],
            lists: Vec::new(),
            entries: vec![("parameters", "A".to_owned(), "2".to_owned())],
        };
        let (settings, found) = Settings::read(
            "name: a\ntemplate_url: https://b-1.s3.amazonaws.com/t.yaml\nparameters: {A: 1, B: 1}\niam_parameters: {A: 3}\n",
            &flags,
            &|_| Err(String::new()),
        );
        assert_eq!(found, []);
        let settings = settings.unwrap();
        // Also over the other key of its kind.
        assert_eq!(settings.template, Some(Location::Path("t.yaml".to_owned())));
        assert!(settings.iam_parameters.is_empty());
        assert_eq!(settings.name, "b");
        let values: Vec<&str> = settings.parameters.values().map(|given| given.value.expose()).collect();
        assert_eq!(values, ["2", "1"]);
    }
}
