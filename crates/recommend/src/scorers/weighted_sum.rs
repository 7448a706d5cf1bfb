//! The sum of what the sources say, each with its weight.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::Scorer;

/// The scorer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedSum {
    /// Weight of each source by name; a source without one counts nothing.
    pub weights: BTreeMap<String, f32>,
    /// What a step of importance (0 to 3) adds.
    #[serde(default)]
    pub importance: f32,
}

impl Scorer for WeightedSum {
    fn name(&self) -> &'static str {
        "weighted_sum"
    }

    fn score(&self, context: &Context<'_>, candidates: &mut [Candidate]) {
        let catalogue = context.world.catalogue();
        for candidate in candidates {
            let mut score = self.importance * f32::from(catalogue.at(candidate.item).importance);
            for signal in &mut candidate.signals {
                signal.share =
                    signal.score * self.weights.get(signal.source).copied().unwrap_or(0.0);
                score += signal.share;
            }
            candidate.score += score;
        }
    }
}
