//! `iam-split status`

use crate::Streams;
use crate::args::deployment::StatusArgs;
use crate::exit::{Exit, Failure};

pub(crate) fn run(_: &StatusArgs, _: &mut Streams) -> Result<Exit, Failure> {
    Err(Failure::new("not yet"))
}
