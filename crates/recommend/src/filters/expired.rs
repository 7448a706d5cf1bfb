//! Takes out what may not be recommended: not yet published, expired, repealed, archived.

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter.
#[derive(Debug)]
pub struct Expired;

impl Filter for Expired {
    fn name(&self) -> &'static str {
        "expired"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let catalogue = context.world.catalogue();
        split(candidates, |candidate| catalogue.at(candidate.item).is_recommendable(context.now))
    }
}
