//! The `iam-split` command: a thin shell around the library, which the tests call too.

use std::process::ExitCode;

fn main() -> ExitCode {
    iam_split::run(std::env::args_os(), &mut iam_split::Streams::standard()).into()
}
