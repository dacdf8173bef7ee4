//! `iam-split init`

use crate::Streams;
use crate::args::InitArgs;
use crate::exit::{Exit, Failure};
use crate::files::{self, Input};
use crate::host::exists;
use crate::render::{Sources, diagnostics};

pub(crate) fn run(arguments: &InitArgs, streams: &mut Streams) -> Result<Exit, Failure> {
    let input = Input::read(&arguments.template, streams)?;
    let sources = Sources { template: Some(&input), ..Sources::default() };
    let text = match input.text() {
        Ok(text) => iam_split_core::api::init(text),
        Err(found) => Err(vec![found]),
    };
    let text = match text {
        Ok(text) => text,
        Err(found) => {
            diagnostics(&found, &sources, streams)?;
            return Ok(Exit::Usage);
        }
    };
    if arguments.output.as_os_str() == "-" {
        streams.out.write_all(text.as_bytes())?;
        streams.out.flush()?;
        return Ok(Exit::Done);
    }
    if exists(&arguments.output) {
        return Err(Failure::new(format!("`{}` is there already", arguments.output.display()))
            .help("give another file with --output, or remove this one"));
    }
    files::write_all(&[(&arguments.output, &text)])?;
    writeln!(streams.out, "wrote {}", arguments.output.display())?;
    Ok(Exit::Done)
}
