//! What a template holds and who refers to whom, whether or not it can be split: what a person
//! chooses from.

use serde::Serialize;

use crate::config::{ConfigFile, Resolution};
use crate::facts::{Moves, iam_type};
use crate::plan::{Options, Selection, selected};
use crate::syntax::parse;
use crate::template::{self, Owner, ReferenceKind, Target};
use crate::text::LineIndex;

/// The resources of a template and the references between them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Survey {
    /// All resources, in the order of the template.
    pub resources: Vec<Surveyed>,
    /// References to resources, in the order of the text.
    pub references: Vec<Reference>,
}

/// A resource.
#[derive(Clone, Debug, Serialize)]
pub struct Surveyed {
    /// Its logical id.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The line that declares it.
    pub line: u32,
    /// The last line of its declaration.
    pub last_line: u32,
    /// The condition on which it is created.
    pub condition: Option<String>,
    /// Whether and when it may move.
    pub movable: Movable,
    /// Whether the configuration selects it.
    pub selected: bool,
    /// The resolutions that are permitted to it, in order of preference.
    pub order: Vec<Resolution>,
}

/// Whether and when a resource may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Movable {
    /// A role or a managed policy.
    ByDefault,
    /// Another IAM type: with `--all-iam`.
    WithAllIam,
    /// It belongs to the application.
    Never,
}

/// A reference to a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// The resource, or the output, in which it stands.
    pub owner: String,
    /// Whether the owner is an output.
    pub of_output: bool,
    /// The resource that it names.
    pub target: String,
    /// How it is written: `Ref`, `GetAtt Arn`, `DependsOn`.
    pub how: String,
    /// The line.
    pub line: u32,
}

/// Surveys a template under a configuration; empty where the text is no template.
#[must_use]
pub fn survey(text: &str, config: Option<&str>, all_iam: bool) -> Survey {
    let parsed = parse(text);
    let (Some(template), _) = template::read(&parsed.document) else {
        return Survey::default();
    };
    let config = config.and_then(|config| ConfigFile::read(config).0);
    let selection = Selection { config: config.as_ref(), allow_missing: true, all_iam };
    let options = Options {
        named: &[],
        selection,
        resolve: None,
        app_stack_name: None,
        wiring: crate::config::Means::default(),
        guard: false,
    };
    let chosen = selected(&template, &selection);
    let lines = LineIndex::new(text);
    let resources = template.resources.values().map(|resource| {
        let entry = resource.declaration;
        let last = entry.value.outer().slice(text).trim_end().len();
        let end =
            entry.value.outer().start.saturating_add(u32::try_from(last.saturating_sub(1)).unwrap_or(0));
        Surveyed {
            name: resource.name.to_owned(),
            kind: resource.kind.to_owned(),
            line: lines.line(entry.key.span().start),
            last_line: lines.line(end.max(entry.key.span().start)),
            condition: resource.condition.map(str::to_owned),
            movable: match iam_type(resource.kind).map(|row| row.moves) {
                Some(Moves::ByDefault) => Movable::ByDefault,
                Some(Moves::WithAllIam) => Movable::WithAllIam,
                _ => Movable::Never,
            },
            selected: chosen.contains(&resource.name),
            order: options.order(resource.name),
        }
    });
    let references = template::references(&template).into_iter().filter_map(|reference| {
        let Target::Name(target) = reference.target else { return None };
        let (owner, of_output) = match reference.owner {
            Owner::Resource(name) => (name, false),
            Owner::Output(name) => (name, true),
            _ => return None,
        };
        template.resources.contains_key(target).then(|| Reference {
            owner: owner.to_owned(),
            of_output,
            target: target.to_owned(),
            how: match reference.kind {
                ReferenceKind::Ref | ReferenceKind::SubRef => "Ref".to_owned(),
                ReferenceKind::GetAtt(attribute) => format!("GetAtt {}", attribute.unwrap_or("?")),
                ReferenceKind::SubGetAtt(attribute) => format!("GetAtt {attribute}"),
                ReferenceKind::DependsOn => "DependsOn".to_owned(),
                ReferenceKind::Condition => "Condition".to_owned(),
                ReferenceKind::FindInMap => "FindInMap".to_owned(),
            },
            line: lines.line(reference.place.start),
        })
    });
    Survey { resources: resources.collect(), references: references.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_needs_no_split() {
        let text = "\
Resources:
  Queue:
    Type: AWS::SQS::Queue
  Role:
    Type: AWS::IAM::Role
    Condition: Wanted
    Properties:
      Description: !GetAtt Queue.Arn

  Group:
    Type: AWS::IAM::Group
Outputs:
  Name:
    Value: !Sub '${Role}'
";
        let config = "resolution: {order: [pattern], resources: {Role: [keep]}}\n";
        let survey = survey(text, Some(config), false);
        let told: Vec<_> = survey
            .resources
            .iter()
            .map(|each| (each.name.as_str(), each.line, each.last_line, each.movable, each.selected))
            .collect();
        assert_eq!(
            told,
            [
                ("Queue", 2, 3, Movable::Never, false),
                ("Role", 4, 8, Movable::ByDefault, true),
                ("Group", 10, 11, Movable::WithAllIam, false),
            ]
        );
        let role = survey.resources.get(1).map(|role| (role.condition.as_deref(), role.order.as_slice()));
        assert_eq!(role, Some((Some("Wanted"), [Resolution::Exact, Resolution::Keep].as_slice())));
        let references: Vec<_> = survey
            .references
            .iter()
            .map(|each| format!("{} {} {} {}", each.owner, each.how, each.target, each.line))
            .collect();
        assert_eq!(references, ["Role GetAtt Arn Queue 8", "Name Ref Role 14"]);
        assert!(super::survey("[", None, true).resources.is_empty());
    }
}
