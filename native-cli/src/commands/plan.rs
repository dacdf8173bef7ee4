//! `iam-split plan`

use crate::Streams;
use crate::args::deployment::PlanArgs;
use crate::exit::{Exit, Failure};

pub(crate) fn run(_: &PlanArgs, _: &mut Streams) -> Result<Exit, Failure> {
    Err(Failure::new("not yet"))
}
