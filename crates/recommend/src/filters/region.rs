//! Takes out what is for another division than the one asked for; what is for a division above it stays.

use crate::candidate::Candidate;
use crate::catalogue::Entry;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter.
#[derive(Debug)]
pub struct Region;

/// Whether an item is for the division of the request, for one above it, or for everywhere.
pub(crate) fn suits(context: &Context<'_>, entry: &Entry) -> bool {
    let (asked, of) = (context.region(), entry.region.as_str());
    if asked.is_empty() || of.is_empty() {
        return true;
    }
    // 440000 is a province, 440300 its city, 440305 a district of it (GB/T 2260).
    let mut significant = of.trim_end_matches('0').len();
    significant += significant % 2;
    of.get(..significant).is_some_and(|above| asked.starts_with(above))
}

impl Filter for Region {
    fn name(&self) -> &'static str {
        "region"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let catalogue = context.world.catalogue();
        split(candidates, |candidate| suits(context, catalogue.at(candidate.item)))
    }
}
