//! Takes out what is for others: a citizen's page shows nothing that only businesses can use. Emergencies stay.

use vocab::{Audience as Whom, ReasonCode};

use crate::candidate::Candidate;
use crate::catalogue::Entry;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter.
#[derive(Debug)]
pub struct Audience;

/// Whether an item is for those the page is for.
pub(crate) fn suits(context: &Context<'_>, entry: &Entry) -> bool {
    let asked = context.request().audience;
    asked == Whom::All || entry.audience == Whom::All || entry.audience == asked
}

impl Filter for Audience {
    fn name(&self) -> &'static str {
        "audience"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let catalogue = context.world.catalogue();
        split(candidates, |candidate| {
            candidate.reserved() == Some(ReasonCode::Emergency)
                || suits(context, catalogue.at(candidate.item))
        })
    }
}
