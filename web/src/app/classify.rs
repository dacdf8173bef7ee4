//! Which of the files that a user gives is what.

use iam_split_core::syntax::parse;
use iam_split_core::template::{Resource, read};

use super::session::{TextFile, Work};

/// Whether a file is a configuration: it has one of its keys, and no resources.
fn is_config(file: &TextFile) -> bool {
    // Most templates are told without parsing them.
    if file.text.contains("Resources") {
        return false;
    }
    let parsed = parse(&file.text);
    let keys = ["extraction", "resolution", "parameter_generation", "metadata", "app_stack_name"];
    let says = parsed.document.root().is_some_and(|root| keys.iter().any(|key| root.get(key).is_some()));
    says || file.name.starts_with("config")
}

/// Whether every resource of a template is IAM, as in the IAM template of a pair.
fn only_iam(file: &TextFile) -> bool {
    let parsed = parse(&file.text);
    let (template, _) = read(&parsed.document);
    template.is_some_and(|template| {
        !template.resources.is_empty() && template.resources.values().all(Resource::is_iam)
    })
}

/// The work with new files: a configuration beside the template, a template in the place of the one
/// before, or a pair to validate.
pub(crate) fn with_files(work: &Work, files: Vec<TextFile>) -> Work {
    let mut next = work.clone();
    let (mut configs, mut templates): (Vec<_>, Vec<_>) = files.into_iter().partition(is_config);
    if let Some(config) = configs.pop() {
        next.config = Some(config);
    }
    if let [_] = templates.as_slice() {
        next.pair = None;
        next.monolith = templates.pop();
        return next;
    }
    let (mut iam, mut others): (Vec<_>, Vec<_>) = templates.into_iter().partition(only_iam);
    match (iam.pop(), others.pop(), others.pop()) {
        (Some(iam), Some(app), None) => {
            next.pair = Some((iam, app));
            next.monolith = None;
        }
        (Some(iam), Some(mut app), Some(mut monolith)) => {
            // The monolith is the one of the two that declares what the IAM template holds.
            if declares(&app, &iam) > declares(&monolith, &iam) {
                std::mem::swap(&mut app, &mut monolith);
            }
            next.pair = Some((iam, app));
            next.monolith = Some(monolith);
        }
        (one, other, _) => {
            if let Some(template) = other.or(one) {
                next.pair = None;
                next.monolith = Some(template);
            }
        }
    }
    next
}

/// How many resources of the IAM template a template declares.
fn declares(file: &TextFile, iam: &TextFile) -> usize {
    let (file, iam) = (parse(&file.text), parse(&iam.text));
    let ((Some(file), _), (Some(iam), _)) = (read(&file.document), read(&iam.document)) else { return 0 };
    iam.resources.keys().filter(|name| file.resources.contains_key(*name)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart() {
        let iam = TextFile::new("x.yaml", "Resources: {R: {Type: AWS::IAM::Role}}");
        let app = TextFile::new("y.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}");
        let both =
            TextFile::new("z.yaml", "Resources: {R: {Type: AWS::IAM::Role}, Q: {Type: AWS::SQS::Queue}}");
        let config = TextFile::new("c.yaml", "resolution: {order: [keep]}");
        let given = |files: &[&TextFile]| {
            with_files(&Work::default(), files.iter().map(|file| (*file).clone()).collect())
        };
        let pair = Some((iam.clone(), app.clone()));
        assert_eq!(given(&[&config, &both]).config, Some(config.clone()));
        assert_eq!(given(&[&both]).monolith, Some(both.clone()));
        assert_eq!(given(&[&iam]).monolith, Some(iam.clone()));
        assert_eq!(given(&[&app, &iam]).pair, pair);
        for files in [[&app, &iam, &both], [&both, &app, &iam], [&iam, &both, &app]] {
            let work = given(&files);
            assert_eq!((work.pair, work.monolith), (pair.clone(), Some(both.clone())));
        }
        let next = with_files(&given(&[&app, &iam]), vec![config.clone()]);
        assert_eq!((next.pair, next.config), (pair, Some(config)));
    }
}
