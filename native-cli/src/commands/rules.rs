//! `iam-split rules`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use iam_split_core::api::{check_rules, place};
use iam_split_core::diagnostic::{Code, Diagnostic, Severity, Source};
use iam_split_core::rules::{Answer, AskedOf, TEMPLATE};
use iam_split_core::text::counted;
use serde::Serialize;

use crate::Streams;
use crate::args::{Format, RulesArgs, RulesCheckArgs, RulesCommand, RulesInitArgs, RulesTestArgs};
use crate::exit::{Exit, Failure};
use crate::files::{Input, reason, write_all};
use crate::host;
use crate::render::{Sources, diagnostics};

pub(crate) fn run(arguments: &RulesArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    match &arguments.command {
        RulesCommand::Init(arguments) => init(arguments, streams),
        RulesCommand::Check(arguments) => check(arguments, streams),
        RulesCommand::Test(arguments) => test(arguments, streams),
    }
}

fn init(arguments: &RulesInitArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    if arguments.output.as_os_str() == "-" {
        streams.out.write_all(TEMPLATE.as_bytes())?;
        streams.out.flush()?;
        return Ok(Exit::Done);
    }
    if host::exists(&arguments.output) {
        return Err(Failure::new(format!("`{}` is there already", arguments.output.display()))
            .help("give another file with --output, or remove this one"));
    }
    write_all(&[(&arguments.output, &TEMPLATE.to_owned())])?;
    writeln!(streams.out, "wrote {}", arguments.output.display())?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Told<'a> {
    headline: &'a str,
    asked: &'a [AskedOf],
    findings: Vec<iam_split_core::api::Placed<'a>>,
}

fn check(arguments: &RulesCheckArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let rules = Input::read(&arguments.rules, streams)?;
    let iam = Input::read(&arguments.template, streams)?;
    let app = arguments.app.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    if app.as_ref().is_some_and(|app| app.shown() == iam.shown()) {
        return Err(Failure::new("both templates are the same text: rules would be asked of it twice")
            .help("give the application template with --app, or leave --app out"));
    }
    let sources = Sources { iam: Some(&iam), app: app.as_ref(), rules: Some(&rules), ..Sources::default() };
    let answer = asked(&rules, &iam, app.as_ref());
    match arguments.format {
        Format::Json => {
            let findings = place(&answer.findings, &sources.texts());
            let told = Told { headline: &answer.headline, asked: &answer.asked, findings };
            let text = serde_json::to_string_pretty(&told).map_err(std::io::Error::from)?;
            writeln!(streams.out, "{text}")?;
        }
        Format::Human => {
            diagnostics(&answer.findings, &sources, streams)?;
            writeln!(streams.out, "{}", answer.headline)?;
        }
    }
    streams.out.flush()?;
    Ok(match answer.exit_code() {
        0 => Exit::Done,
        1 => Exit::Refused,
        _ => Exit::Usage,
    })
}

pub(crate) fn asked(rules: &Input, iam: &Input, app: Option<&Input>) -> Answer {
    let texts: Vec<Result<&str, Diagnostic>> =
        [Some(rules), Some(iam), app].into_iter().flatten().map(Input::text).collect();
    let unreadable: Vec<Diagnostic> = texts.iter().filter_map(|text| text.clone().err()).collect();
    if unreadable.is_empty() {
        check_rules(rules.shown(), iam.shown(), app.map(Input::shown), host::now())
    } else {
        Answer::new(unreadable, Vec::new())
    }
}

fn test(arguments: &RulesTestArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let rules = Input::read(&arguments.rules, streams)?;
    let (mut passed, mut failed) = (0, 0);
    for path in examples(&arguments.folder)? {
        let template = Input::read(&path, streams)?;
        let expected = path.with_extension("expected");
        let expected = Input::read(&expected, streams)?;
        let answer = asked(&rules, &template, None);
        let found = &answer.findings;
        if answer.exit_code() == 2 {
            let sources = Sources { iam: Some(&template), rules: Some(&rules), ..Sources::default() };
            diagnostics(found, &sources, streams)?;
            return Ok(Exit::Usage);
        }
        let wanted = lines(expected.shown().lines().map(str::to_owned));
        let got = lines(
            found.iter().filter(|one| one.severity == Severity::Error).map(|one| told(one, template.shown())),
        );
        if wanted == got {
            passed += 1;
            continue;
        }
        failed += 1;
        writeln!(streams.out, "{}", path.display())?;
        for (line, number) in &wanted {
            if got.get(line).unwrap_or(&0) < number {
                writeln!(streams.out, "  expected and not found: {line}")?;
            }
        }
        for (line, number) in &got {
            if wanted.get(line).unwrap_or(&0) < number {
                writeln!(streams.out, "  found and not expected: {line}")?;
            }
        }
    }
    writeln!(streams.out, "{}, {failed} not as expected", counted(passed + failed, "example"))?;
    streams.out.flush()?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Refused })
}

/// Lines, and how often each is there; empty ones and comments are none.
fn lines(list: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in list {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.is_empty() && !line.starts_with('#') {
            *counts.entry(line).or_insert(0) += 1;
        }
    }
    counts
}

/// `RULE RESOURCE`, or the code where a finding is about no rule.
fn told(finding: &Diagnostic, template: &str) -> String {
    let mut quoted = finding.message.split('`').skip(1).step_by(2);
    match (finding.code, quoted.next()) {
        (Code::RUL001 | Code::RUL002, Some(rule)) if finding.message.starts_with('`') => {
            let resource = quoted.next().unwrap_or_default();
            let unsure = if finding.code == Code::RUL002 { " ?" } else { "" };
            format!("{rule} {resource}{unsure}")
        }
        _ => {
            let at = finding
                .labels
                .iter()
                .find(|label| label.source == Source::Iam)
                .map(|label| label.span.start());
            let line = at.map_or(0, |at| template.get(..at).unwrap_or_default().lines().count());
            format!("{} line {line}", finding.code.as_str())
        }
    }
}

/// The templates of a folder.
fn examples(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(format!("cannot read `{}`: {}", folder.display(), reason(&error)))
    };
    let mut found = Vec::new();
    for path in host::list(folder).map_err(unreadable)? {
        if path.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known))
        {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Failure::new(format!("`{}` has no templates", folder.display()))
            .help("an example is `NAME.yaml`, and `NAME.expected` beside it"));
    }
    Ok(found)
}
