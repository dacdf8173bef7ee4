//! Which of the files that a user gives is what.

use iam_split_core::syntax::parse;
use iam_split_core::template::{Template, read};

use super::session::{TextFile, Work};

/// What a file is.
enum Kind {
    Config,
    /// A template in which every resource is IAM, as the IAM template of a pair.
    Iam,
    Template,
}

fn kind(file: &TextFile) -> Kind {
    let parsed = parse(&file.text);
    let (template, _) = read(&parsed.document);
    let Some(template) = template.filter(|template| !template.resources.is_empty()) else {
        // One of its keys tells: reading it as a configuration takes its time where collections nest deep.
        let says = parsed.document.root().is_some_and(|root| {
            ["extraction", "resolution", "parameter_generation", "metadata", "app_stack_name"]
                .iter()
                .any(|key| root.get(key).is_some())
        });
        return if says || file.name.starts_with("config") { Kind::Config } else { Kind::Template };
    };
    if only_iam(&template) { Kind::Iam } else { Kind::Template }
}

fn only_iam(template: &Template<'_, '_>) -> bool {
    template.resources.values().all(iam_split_core::template::Resource::is_iam)
}

/// The work with new files: a configuration beside the template, a template in the place of the one
/// before, or a pair to validate.
pub(crate) fn with_files(work: &Work, files: Vec<TextFile>) -> Work {
    let mut next = work.clone();
    let (mut iam, mut templates) = (Vec::new(), Vec::new());
    for file in files {
        match kind(&file) {
            Kind::Config => next.config = Some(file),
            Kind::Iam => iam.push(file),
            Kind::Template => templates.push(file),
        }
    }
    match (iam.pop(), templates.len()) {
        (None, 0) => {}
        (Some(iam), 1) => {
            next.pair = templates.pop().map(|app| (iam, app));
            next.monolith = None;
        }
        (Some(iam), 2) => {
            // The monolith is the one of the two that declares what the IAM template holds.
            let (first, second) = (templates.pop(), templates.pop());
            let (Some(mut first), Some(mut second)) = (first, second) else { return next };
            if declares(&first, &iam) > declares(&second, &iam) {
                std::mem::swap(&mut first, &mut second);
            }
            next.pair = Some((iam, first));
            next.monolith = Some(second);
        }
        (iam, _) => {
            next.pair = None;
            next.monolith = templates.into_iter().next().or(iam);
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
