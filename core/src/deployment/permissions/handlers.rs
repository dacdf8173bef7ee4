//! What CloudFormation's handlers call for each type, and what each action acts on.
//!
//! The data is `core/data/handlers.txt`, which `scripts/handlers` makes. A host that prints permissions has it; the
//! page has not, and does not load it.

use std::collections::BTreeMap;

/// The data, read.
#[derive(Clone, Debug, Default)]
pub struct Handlers<'t> {
    types: BTreeMap<&'t str, Vec<(&'t str, &'t str)>>,
    /// The kinds that an action acts on, by service and action.
    acted: BTreeMap<(&'t str, &'t str), &'t str>,
    /// ARN forms by service and kind.
    forms: BTreeMap<(&'t str, &'t str), &'t str>,
}

impl<'t> Handlers<'t> {
    /// Reads the data's three parts; what is not in their form is left out.
    #[must_use]
    pub fn read(text: &'t str) -> Self {
        let mut handlers = Self::default();
        let mut part = "";
        for line in text.lines() {
            if line.starts_with('[') {
                part = line;
                continue;
            }
            let Some((name, rest)) = line.split_once('\t') else { continue };
            match part {
                "[types]" => {
                    let groups = rest.split(' ').filter_map(|group| group.split_once(':'));
                    let actions =
                        groups.flat_map(|(service, verbs)| verbs.split(',').map(move |verb| (service, verb)));
                    handlers.types.insert(name, actions.collect());
                }
                "[actions]" => {
                    let Some((service, kinds)) = name.split_once(' ') else { continue };
                    handlers.acted.extend(rest.split(',').map(|verb| ((service, verb), kinds)));
                }
                "[forms]" => {
                    let Some(name) = name.split_once(' ') else { continue };
                    handlers.forms.insert(name, rest);
                }
                _ => {}
            }
        }
        handlers
    }

    /// What the handlers of a type call to create, read, update and delete it: service and action. `None` for a type
    /// that is not known.
    #[must_use]
    pub fn of(&self, kind: &str) -> Option<&[(&'t str, &'t str)]> {
        self.types.get(kind).map(Vec::as_slice)
    }

    /// The forms of what an action acts on, each with its kind; empty where it takes no resource.
    pub fn forms(&self, service: &str, action: &str) -> impl Iterator<Item = (&'t str, &'t str)> {
        let kinds = self.acted.get(&(service, action)).copied().unwrap_or_default();
        let of = |kind: &'t str| {
            self.forms
                .get(&(service, kind))
                .copied()
                .unwrap_or_default()
                .split(' ')
                .filter(|form| !form.is_empty())
                .map(move |form| (kind, form))
        };
        kinds.split('|').filter(|kind| !kind.is_empty()).flat_map(of).collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = include_str!("../../../data/handlers.txt");

    #[test]
    fn the_data_has_what_well_known_types_need() {
        let handlers = Handlers::read(DATA);
        let queue = handlers.of("AWS::SQS::Queue").unwrap();
        assert!(queue.contains(&("sqs", "CreateQueue")) && queue.contains(&("sqs", "DeleteQueue")));
        assert_eq!(handlers.forms("sqs", "CreateQueue").collect::<Vec<_>>(), [("queue", "arn:P:sqs:R:A:*")]);
        assert_eq!(handlers.forms("ec2", "DescribeSubnets").count(), 0);
        assert!(handlers.of("AWS::IAM::Role").unwrap().contains(&("iam", "CreateRole")));
        assert_eq!(handlers.of("Custom::Thing"), None);
    }
}
