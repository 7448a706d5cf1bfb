//! What was learnt of lists: an item is worth what is likely to come of it.

use serde::Deserialize;

use crate::candidate::Candidate;
use crate::context::Context;
use crate::objectives::{Weights, describe};
use crate::pipeline::stage::Scorer;

/// The scorer. It adds nothing until enough was opened from lists.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objectives {
    /// What the value of an item counts in its score.
    pub weight: f32,
    /// What each objective counts in the value.
    pub objectives: Weights,
}

impl Scorer for Objectives {
    fn name(&self) -> &'static str {
        "objectives"
    }

    fn score(&self, context: &Context<'_>, candidates: &mut [Candidate]) {
        let Some(outcomes) = context.world.outcomes() else { return };
        let models = outcomes.models();
        if models.is_ready() {
            for candidate in candidates {
                let row = describe(context, candidate);
                candidate.score += self.weight * models.value(&row, self.objectives);
            }
        }
    }
}
