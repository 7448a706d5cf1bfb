//! Takes out the item whose page the list stands on.

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter.
#[derive(Debug)]
pub struct CurrentItem;

impl Filter for CurrentItem {
    fn name(&self) -> &'static str {
        "current_item"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        split(candidates, |candidate| Some(candidate.item) != context.item)
    }
}
