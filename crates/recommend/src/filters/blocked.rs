//! Takes out what editors blocked, in every pipeline; emergencies stay.

use vocab::ReasonCode;

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter; built in, no definition names it.
#[derive(Debug)]
pub struct Blocked;

impl Filter for Blocked {
    fn name(&self) -> &'static str {
        "blocked"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let hand = &context.world.live.hand;
        if !hand.has_blocks() {
            return Filtered { kept: candidates, removed: Vec::new() };
        }
        split(candidates, |candidate| {
            candidate.reserved() == Some(ReasonCode::Emergency)
                || !hand.is_blocked(context, candidate.item)
        })
    }
}
