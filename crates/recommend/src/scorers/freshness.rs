//! A bonus for what is new, for the kinds of content that age.

use serde::Deserialize;
use vocab::ItemKind;

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::Scorer;

const DAY_MS: f32 = 86_400_000.0;

/// The scorer. Services, questions and answers do not age: they get no bonus and no malus.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freshness {
    /// What an item published this moment gets.
    pub weight: f32,
    /// Days after which the bonus is half.
    pub half_life_days: f32,
}

impl Scorer for Freshness {
    fn name(&self) -> &'static str {
        "freshness"
    }

    fn score(&self, context: &Context<'_>, candidates: &mut [Candidate]) {
        let catalogue = context.world.catalogue();
        for candidate in candidates {
            let entry = catalogue.at(candidate.item);
            if !matches!(entry.kind, ItemKind::Service | ItemKind::Qa) {
                let age = (context.now - entry.published).max(0) as f32 / DAY_MS;
                candidate.score += self.weight * (-age / self.half_life_days).exp2();
            }
        }
    }
}
