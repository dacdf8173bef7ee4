//! Findings in a terminal: the source line, a caret, the reason and the way out.

use std::io::Write;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use iam_split_core::api::{Texts, redacted};
use iam_split_core::diagnostic::{Diagnostic, Severity, Source};
use iam_split_core::text::{LineIndex, one_line};

use crate::Streams;
use crate::exit::Failure;
use crate::files::Input;

/// The texts that labels point into.
#[derive(Default)]
pub(crate) struct Sources<'i> {
    pub(crate) template: Option<&'i Input>,
    pub(crate) config: Option<&'i Input>,
    pub(crate) iam: Option<&'i Input>,
    pub(crate) app: Option<&'i Input>,
    pub(crate) rules: Option<&'i Input>,
}

impl Sources<'_> {
    fn get(&self, source: Source) -> Option<&Input> {
        match source {
            Source::Template => self.template,
            Source::Config => self.config,
            Source::Iam => self.iam,
            Source::App => self.app,
            Source::Rules => self.rules,
        }
    }

    /// The texts themselves, for lines and columns.
    pub(crate) fn texts(&self) -> Texts<'_> {
        let text = |source| self.get(source).map_or("", Input::shown);
        Texts {
            template: text(Source::Template),
            config: text(Source::Config),
            iam: text(Source::Iam),
            app: text(Source::App),
            rules: text(Source::Rules),
        }
    }
}

/// Writes findings to standard error.
pub(crate) fn diagnostics(
    found: &[Diagnostic],
    sources: &Sources<'_>,
    streams: &mut Streams,
) -> Result<(), Failure> {
    let renderer = if streams.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    // Secret defaults do not appear, not even in a quoted line.
    let texts = Source::ALL.map(|source| {
        let text = sources.get(source).map_or("", Input::shown);
        let text =
            if matches!(source, Source::Config | Source::Rules) { text.to_owned() } else { redacted(text) };
        let lines = LineIndex::new(&text);
        (source, text, lines)
    });
    for diagnostic in found {
        let text = render(diagnostic, sources, &texts, &renderer);
        streams.err.coloured(&format!("{text}\n\n"))?;
    }
    Ok(())
}

fn render(
    diagnostic: &Diagnostic,
    sources: &Sources<'_>,
    texts: &[(Source, String, LineIndex)],
    renderer: &Renderer,
) -> String {
    // What the renderer gets has no control characters: those that it writes are its own.
    let line = |text: &str| one_line(text).into_owned();
    let message = line(&diagnostic.message);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(message).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    let mut placed = false;
    for (source, text, lines) in texts {
        let Some(input) = sources.get(*source) else { continue };
        let mut labels = diagnostic.labels.iter().filter(|label| label.source == *source).peekable();
        if labels.peek().is_none() || text.is_empty() {
            continue;
        }
        let main = diagnostic.labels.first();
        // The renderer reads all the text that it gets: it gets the lines that are marked, and what lies between.
        let spans =
            || diagnostic.labels.iter().filter(|label| label.source == *source).map(|label| label.span);
        let first = lines.line(spans().map(|span| span.start).min().unwrap_or(0));
        let last = lines.line(spans().map(|span| span.end).max().unwrap_or(0));
        let from = lines.start(first) as usize;
        let behind = lines.start(last.saturating_add(1)) as usize;
        let to = if behind > from { behind } else { text.len() };
        let (part, from, first) =
            text.get(from..to).map_or((text.as_str(), 0, 1), |part| (part, from, first as usize));
        let annotations = labels.map(|label| {
            let kind = if Some(label) == main { AnnotationKind::Primary } else { AnnotationKind::Context };
            let (start, end) = shown(text, label.span.start(), label.span.end());
            kind.span(start.saturating_sub(from)..end.saturating_sub(from)).label(line(&label.text))
        });
        placed = true;
        group = group.element(
            Snippet::source(part).line_start(first).path(line(&input.name)).annotations(annotations),
        );
    }
    if !placed {
        // Without a source line the frame would be an empty one.
        let mut text = renderer.render(&[group]);
        diagnostic.help.iter().for_each(|help| text.push_str(&format!("\n = help: {}", line(help))));
        return text;
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(line(help)));
    }
    renderer.render(&[group])
}

/// The part of a span that is shown: its first line, on character boundaries.
fn shown(text: &str, start: usize, end: usize) -> (usize, usize) {
    let start = (0..=start.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let end = (start..=end.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(start);
    let line = text.get(start..end).and_then(|part| part.find('\n')).map_or(end, |at| start + at);
    (start, line)
}

/// What is said of more lines than this is shortened to what matters, where nobody asks for all of it.
const SCREEN: usize = 40;

/// Tells everything where that fits on a screen or is asked for, and else what matters: `tell` is given which.
pub(crate) fn on_one_screen(
    verbose: bool,
    streams: &mut Streams,
    tell: impl Fn(bool, &mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut text: Vec<u8> = Vec::new();
    tell(true, &mut text)?;
    let lines = text.iter().filter(|byte| **byte == b'\n').count();
    if !verbose && lines > SCREEN {
        text.clear();
        tell(false, &mut text)?;
    }
    streams.out.write_all(&text)?;
    streams.out.flush()?;
    Ok(())
}
