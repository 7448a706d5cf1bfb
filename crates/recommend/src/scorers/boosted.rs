//! Multiplies the score by what editors set for an item, in every pipeline.

use vocab::ReasonCode;

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::Scorer;

/// The scorer; built in, no definition names it.
#[derive(Debug)]
pub struct Boosted;

impl Scorer for Boosted {
    fn name(&self) -> &'static str {
        "boosted"
    }

    fn score(&self, context: &Context<'_>, candidates: &mut [Candidate]) {
        let hand = &context.world.live.hand;
        for candidate in candidates {
            if candidate.reserved() != Some(ReasonCode::Emergency) {
                candidate.score *= hand.factor(context, candidate.item);
            }
        }
    }
}
