//! Takes out what the person said not to want; orders from above stay.

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter.
#[derive(Debug)]
pub struct Unwanted;

impl Filter for Unwanted {
    fn name(&self) -> &'static str {
        "unwanted"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        split(candidates, |candidate| {
            candidate.reserved().is_some() || !context.is_unwanted(candidate.item)
        })
    }
}
