//! `iam-split gates`

use crate::Streams;
use crate::args::deployment::GatesArgs;
use crate::exit::{Exit, Failure};

pub(crate) fn run(_: &GatesArgs, _: &mut Streams) -> Result<Exit, Failure> {
    Err(Failure::new("not yet"))
}
