//! Which of the files that a user gives is what.

use std::collections::BTreeSet;

use iam_split_core::syntax::parse;
use iam_split_core::template::{Resource, read};

use super::work::{Part, TextFile, Work};

/// What a review file begins with.
pub(crate) const REVIEW: &str = "{\"iam_split_review\":1,";

/// What a file is by itself.
enum Kind {
    /// A template with nothing but IAM.
    Iam,
    /// Any other template.
    Template,
    Is(Part),
    Review(Box<Work>),
    Unknown,
}

fn kind(file: &TextFile) -> Kind {
    let text = file.text.trim_start();
    if let Some(rest) = text.strip_prefix(REVIEW) {
        #[derive(serde::Deserialize)]
        struct Saved {
            work: Work,
        }
        let saved = serde_json::from_str::<Saved>(&format!("{{{rest}"));
        return saved.map_or(Kind::Unknown, |saved| Kind::Review(Box::new(saved.work)));
    }
    // Most templates are told without parsing them.
    let ours = ["\"format_version\"", "iam-split"].iter().any(|mark| text.contains(mark));
    if ours
        && (text.starts_with('<')
            || text.starts_with('#') && file.name.ends_with(".md")
            || text.starts_with('{') && (text.contains("\"tool_version\"") || text.contains("\"$schema\"")))
    {
        return Kind::Is(Part::Report);
    }
    if file.text.contains("Resources") {
        return if only_iam(file) { Kind::Iam } else { Kind::Template };
    }
    let parsed = parse(&file.text);
    let root = parsed.document.root();
    let says = |keys: &[&str]| root.is_some_and(|root| keys.iter().any(|key| root.get(key).is_some()));
    if says(&["extraction", "resolution", "parameter_generation", "metadata", "app_stack_name"]) {
        Kind::Is(Part::Config)
    } else if says(&["app_template", "app_template_url", "iam_template", "iam_template_url", "stack_name"]) {
        Kind::Is(Part::Deployment)
    } else if file.name.starts_with("config") {
        Kind::Is(Part::Config)
    } else {
        Kind::Unknown
    }
}

/// Whether every resource of a template is IAM, as in the IAM template of a pair.
fn only_iam(file: &TextFile) -> bool {
    let parsed = parse(&file.text);
    let (template, _) = read(&parsed.document);
    template.is_some_and(|template| {
        !template.resources.is_empty() && template.resources.values().all(Resource::is_iam)
    })
}

/// The work with new files. What is not computed with stays in it all the same, with its name.
pub(crate) fn with_files(work: &Work, files: Vec<TextFile>) -> Work {
    let mut next = work.clone();
    let (mut iam, mut rest, mut given, mut unknown) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for file in files {
        match kind(&file) {
            Kind::Review(work) => next = *work,
            Kind::Iam => iam.push(file),
            Kind::Template => rest.push(file),
            Kind::Is(part) => given.push((part, file)),
            Kind::Unknown => unknown.push(file),
        }
    }
    if !iam.is_empty() || !rest.is_empty() {
        given.extend(templates(&next, iam, rest));
    }
    // A text that is nothing else is looked at as a template, which says what is wrong with it.
    let alone = next.is_empty() && given.is_empty() && unknown.len() == 1;
    let part = if alone { Part::Monolith } else { Part::Unused };
    given.extend(unknown.into_iter().map(|file| (part, file)));
    let parts: Vec<Part> = given.iter().map(|(part, _)| *part).collect();
    let names: BTreeSet<_> = given.iter().map(|(_, file)| file.name.clone()).collect();
    // What is new takes the place of what had its part; a file without a place is replaced by its name.
    let stays = |(part, file): &(Part, TextFile)| match part {
        Part::Deployment | Part::Report | Part::Unused => !names.contains(&file.name),
        Part::Config => !parts.contains(&Part::Config),
        _ => !parts.iter().any(|part| is_template(*part)),
    };
    let before = next.files().into_iter().filter(stays);
    given.extend(before);
    next.with(given)
}

fn is_template(part: Part) -> bool {
    matches!(part, Part::Monolith | Part::Iam | Part::App | Part::Old)
}

/// The parts of all templates once new ones come.
fn templates(work: &Work, mut iam: Vec<TextFile>, mut rest: Vec<TextFile>) -> Vec<(Part, TextFile)> {
    let mut given: Vec<(Part, TextFile)> = Vec::new();
    let spare = iam.split_off(iam.len().min(2)).into_iter().chain(rest.split_off(rest.len().min(2)));
    let spare: Vec<_> = spare.map(|file| (Part::Unused, file)).collect();
    let mut add = |part: Part, file: &Option<TextFile>| given.extend(file.clone().map(|file| (part, file)));
    // Two releases: as they are given, unless a name says otherwise.
    let is_old = |file: &TextFile| {
        ["old", "before", "prev", "former"].iter().any(|word| file.name.to_lowercase().contains(word))
    };
    if let [first, second] = iam.as_mut_slice()
        && is_old(second)
        && !is_old(first)
    {
        std::mem::swap(first, second);
    }
    let (new, old) = (iam.pop(), iam.pop());
    let of_pair = work.pair.as_ref().map(|(iam, app)| (Some(iam.clone()), Some(app.clone())));
    let (had, app) = of_pair.unwrap_or((work.iam.clone(), None));
    let declares =
        |file: &TextFile, iam: &Option<TextFile>| iam.as_ref().map_or(0, |iam| declares(file, iam));
    match (new, rest.pop(), rest.pop()) {
        (Some(new), Some(one), Some(other)) => {
            // The monolith is the one of the two that declares what the IAM template holds.
            let new = Some(new);
            let (app, monolith) =
                if declares(&one, &new) > declares(&other, &new) { (other, one) } else { (one, other) };
            add(Part::Monolith, &Some(monolith));
            add(Part::Iam, &new);
            add(Part::App, &Some(app));
            add(Part::Old, &old);
        }
        (Some(new), Some(one), None) => {
            let new = Some(new);
            if declares(&one, &new) > 0 {
                // A monolith, and what it gave before.
                add(Part::Monolith, &Some(one));
                add(Part::Old, &new);
                add(Part::Unused, &old);
            } else {
                add(Part::Iam, &new);
                add(Part::App, &Some(one));
                add(Part::Old, &old);
            }
        }
        (Some(new), None, _) if had.is_some() && old.is_none() => {
            // Another release of what is here.
            add(Part::Iam, &Some(new));
            add(Part::Old, &had);
            add(Part::App, &app);
            add(Part::Monolith, &work.monolith);
        }
        (Some(new), None, _) if work.monolith.is_some() && old.is_none() => {
            add(Part::Monolith, &work.monolith);
            add(Part::Old, &Some(new));
        }
        (Some(new), None, _) => {
            add(Part::Iam, &Some(new));
            add(Part::Old, &old);
        }
        (None, Some(one), other) => {
            match (declares(&one, &had) > 0, app) {
                // The monolith of the pair that is here.
                (true, Some(app)) => {
                    add(Part::Monolith, &Some(one));
                    add(Part::Iam, &had);
                    add(Part::App, &Some(app));
                    add(Part::Old, &work.old);
                }
                (true, None) => {
                    add(Part::Monolith, &Some(one));
                    add(Part::Old, &had);
                }
                (false, None) if had.is_some() => {
                    add(Part::Iam, &had);
                    add(Part::App, &Some(one));
                    add(Part::Old, &work.old);
                }
                (false, _) => {
                    add(Part::Monolith, &Some(one));
                    if work.monolith.is_some() && work.pair.is_none() {
                        add(Part::Old, &work.old);
                    }
                }
            }
            add(Part::Unused, &other);
        }
        (None, None, _) => {}
    }
    given.extend(spare);
    given
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

    fn given(work: &Work, files: &[&TextFile]) -> Work {
        with_files(work, files.iter().map(|file| (*file).clone()).collect())
    }

    #[test]
    fn files_are_told_apart() {
        let iam = TextFile::new("x.yaml", "Resources: {R: {Type: AWS::IAM::Role}}");
        let app = TextFile::new("y.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}");
        let both =
            TextFile::new("z.yaml", "Resources: {R: {Type: AWS::IAM::Role}, Q: {Type: AWS::SQS::Queue}}");
        let config = TextFile::new("c.yaml", "resolution: {order: [keep]}");
        let none = Work::default();
        let pair = Some((iam.clone(), app.clone()));
        assert_eq!(given(&none, &[&config, &both]).config, Some(config.clone()));
        assert_eq!(given(&none, &[&both]).monolith, Some(both.clone()));
        assert_eq!(given(&none, &[&iam]).iam, Some(iam.clone()));
        assert_eq!(given(&none, &[&app, &iam]).pair, pair);
        for files in [[&app, &iam, &both], [&both, &app, &iam], [&iam, &both, &app]] {
            let work = given(&none, &files);
            assert_eq!((work.pair, work.monolith), (pair.clone(), Some(both.clone())));
        }
        let next = given(&given(&none, &[&app, &iam]), &[&config]);
        assert_eq!((&next.pair, &next.config), (&pair, &Some(config)));
        assert_eq!(given(&next, &[&both]).monolith, Some(both.clone()));
        assert_eq!(given(&next, &[&both]).pair, pair);
    }

    #[test]
    fn two_releases_are_compared_and_nothing_is_lost() {
        let old = TextFile::new("roles.yaml", "Resources: {R: {Type: AWS::IAM::Role}}");
        let new = TextFile::new("roles-2.yaml", "Resources: {R: {Type: AWS::IAM::Role, Condition: C}}");
        let app = TextFile::new("y.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}");
        let both = Some((Some(old.clone()), Some(new.clone())));
        let told = |work: Work| Some((work.old, work.iam));
        assert_eq!(told(given(&Work::default(), &[&old, &new])), both);
        let first = given(&Work::default(), &[&old]);
        assert_eq!(told(given(&first, &[&new])), both);
        // Beside a pair the new one takes the place of its IAM template.
        let pair = given(&given(&Work::default(), &[&old, &app]), &[&new]);
        assert_eq!((pair.pair, pair.old), (Some((new.clone(), app)), Some(old.clone())));
        // Exchanged, and an unknown file that stays.
        let work = given(&given(&first, &[&new]), &[&TextFile::new("notes.txt", "hello")]);
        let at = work.files().iter().position(|(part, _)| *part == Part::Old).unwrap_or_default();
        let turned = work.moved(at, Part::Iam);
        assert_eq!((turned.old, turned.iam), (Some(new), Some(old)));
        assert_eq!(turned.others, [(Part::Unused, TextFile::new("notes.txt", "hello"))]);
        let names: Vec<_> = [
            ("d.yaml", "name: x\napp_template: a.yaml\n", Part::Deployment),
            ("r.json", "{\"format_version\": 1, \"tool_version\": \"0\", \"resources\": []}", Part::Report),
            ("r.html", "<!DOCTYPE html><p>iam-split</p>", Part::Report),
        ]
        .into_iter()
        .filter(|(name, text, part)| {
            given(&work, &[&TextFile::new(name, text)]).others.iter().all(|(other, _)| other != part)
        })
        .collect();
        assert!(names.is_empty(), "{names:?}");
    }
}
