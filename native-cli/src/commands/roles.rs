//! `iam-split roles`

use std::borrow::Cow;
use std::io::Write;

use iam_split_core::api::{RolesAnswer, roles};
use iam_split_core::roles::Card;
use iam_split_core::text::counted;

use crate::Streams;
use crate::args::{Format, RolesArgs};
use crate::exit::{Exit, Failure};
use crate::files::Input;
use crate::render::{Sources, diagnostics};

/// Without `--verbose`, a card shows this many flags, and the run this many cards.
const FLAGS: usize = 3;
const CARDS: usize = 12;

pub(crate) fn run(arguments: &RolesArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let iam = Input::read(&arguments.template, streams)?;
    let app = arguments.app.as_deref().map(|path| Input::read(path, streams)).transpose()?;
    let sources = Sources { iam: Some(&iam), app: app.as_ref(), ..Sources::default() };
    let texts: Result<Vec<&str>, _> =
        [Some(&iam), app.as_ref()].into_iter().flatten().map(Input::text).collect();
    let answer = texts.map_err(|found| vec![found]).and_then(|texts| {
        let mut texts = texts.into_iter();
        roles(texts.next().unwrap_or_default(), texts.next())
    });
    let answer = match answer {
        Ok(answer) => answer,
        Err(found) => {
            diagnostics(&found, &sources, streams)?;
            return Ok(Exit::Usage);
        }
    };
    let out = &mut streams.out;
    match arguments.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &answer).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Human => tell(&answer, arguments.verbose, &mut *out)?,
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn tell(answer: &RolesAnswer, all: bool, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}", answer.headline)?;
    for text in &answer.unseen {
        writeln!(out, "not seen here: {text}")?;
    }
    let shown = answer.cards.iter().filter(|card| all || !card.flags.is_empty());
    let most = if all { usize::MAX } else { CARDS };
    for card in shown.clone().take(most) {
        writeln!(out, "\n{} ({})", card.name, card.place())?;
        let most = if all { usize::MAX } else { FLAGS };
        for flag in card.flags.iter().take(most) {
            let text = if all { flag.text.as_str().into() } else { cut(&flag.text) };
            writeln!(out, "  {:<6} {text} ({})", flag.weight.name(), flag.place())?;
        }
        let more = card.flags.len().saturating_sub(most);
        if more > 0 {
            writeln!(out, "         and {more} more")?;
        }
        if all {
            whole(card, out)?;
        }
    }
    let more = shown.count().saturating_sub(most);
    if more > 0 {
        writeln!(out, "\n{more} more with something to look at")?;
    }
    if !all && !answer.cards.is_empty() {
        writeln!(out, "\n`--verbose` shows everything of everyone; `iam-split can` answers for one request")?;
    }
    Ok(())
}

/// The beginning of a text that is longer than a few lines of a screen.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    const MOST: usize = 300;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => Cow::Owned(format!("{}…", text.get(..at).unwrap_or(text))),
        None => Cow::Borrowed(text),
    }
}

fn whole(card: &Card, out: &mut dyn Write) -> std::io::Result<()> {
    let mut row = |what: &str, text: &str| writeln!(out, "  {what:<12} {text}");
    if let Some(name) = &card.physical_name {
        row("is called", name)?;
    }
    for trust in &card.trust {
        row("assumed by", &format!("{} ({})", trust.trusted(), trust.part.line(trust.line)))?;
    }
    if let Some(boundary) = &card.boundary {
        row("bounded by", boundary)?;
    }
    for policy in &card.managed {
        row("has", &policy.to_string())?;
    }
    for grant in &card.grants {
        row("may", &format!("{} ({})", grant.sentence(), grant.place()))?;
    }
    if !card.attached_to.is_empty() {
        row(
            "attached to",
            &format!("{}: {}", counted(card.attached_to.len(), "holder"), card.attached_to.join(", ")),
        )?;
    }
    if !card.used_by.is_empty() {
        row("used by", &card.used_by.join(", "))?;
    }
    Ok(())
}
