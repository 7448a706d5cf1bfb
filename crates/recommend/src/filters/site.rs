//! Takes out what other sites publish; items of no site belong to all.

use vocab::SiteId;

use crate::candidate::Candidate;
use crate::catalogue::Entry;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter.
#[derive(Debug)]
pub struct Site;

/// Whether an item may stand on the site that asks.
pub(crate) fn suits(context: &Context<'_>, entry: &Entry) -> bool {
    let asked = context.request().site;
    asked == SiteId(0) || entry.site == SiteId(0) || entry.site == asked
}

impl Filter for Site {
    fn name(&self) -> &'static str {
        "site"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let catalogue = context.world.catalogue();
        split(candidates, |candidate| suits(context, catalogue.at(candidate.item)))
    }
}
