//! `iam-split explain`

use iam_split_core::diagnostic::{Code, Example, did_you_mean};

use crate::Streams;
use crate::args::ExplainArgs;
use crate::exit::{Exit, Failure};

pub(crate) fn run(arguments: &ExplainArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let Some(name) = &arguments.code else {
        for code in Code::ALL {
            writeln!(streams.out, "{code}  {:<8} {}", code.severity().name(), code.explanation().title)?;
        }
        streams.out.flush()?;
        return Ok(Exit::Done);
    };
    let Some(code) = Code::parse(name) else {
        let known = Code::ALL.iter().map(|code| code.as_str());
        let help =
            did_you_mean(name, known).unwrap_or_else(|| "`iam-split explain` lists all codes".to_owned());
        return Err(Failure::new(format!("there is no code `{name}`")).help(help));
    };
    let explanation = code.explanation();
    writeln!(streams.out, "{code}: {} ({})\n", explanation.title, code.severity().name())?;
    writeln!(streams.out, "cause\n  {}\n", explanation.cause)?;
    writeln!(streams.out, "what to do\n  {}\n", explanation.recovery)?;
    writeln!(streams.out, "example")?;
    match Example::read(explanation.example) {
        Some(Example { files, command }) => {
            for (name, text) in files {
                writeln!(streams.out, "  {name}")?;
                text.lines().try_for_each(|line| writeln!(streams.out, "    {line}"))?;
            }
            writeln!(streams.out, "  $ iam-split {command}")?;
        }
        None => writeln!(streams.out, "  {}", explanation.example.trim_end())?,
    }
    streams.out.flush()?;
    Ok(Exit::Done)
}
