//! Multiplies the score by a number the definition works out for each item.

use crate::candidate::Candidate;
use crate::context::Context;
use crate::expression::{Number, Subject};
use crate::pipeline::stage::Scorer;

/// A factor past this says no more than this.
const MOST: f64 = 1_000.0;

/// The scorer. A factor that is negative or not finite has no effect.
#[derive(Debug)]
pub struct Boost {
    /// The factor.
    pub by: Number,
}

impl Scorer for Boost {
    fn name(&self) -> &'static str {
        "boost"
    }

    fn score(&self, context: &Context<'_>, candidates: &mut [Candidate]) {
        for candidate in candidates {
            let factor = self.by.of(&Subject::new(context, candidate));
            if factor.is_finite() && factor >= 0.0 {
                candidate.score *= factor.min(MOST) as f32;
            }
        }
    }
}
