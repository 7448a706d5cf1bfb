//! What people with similar behaviour use: the items nearest to the person's vector.

use std::sync::Arc;

use vocab::ReasonCode;

use super::Pool;
use crate::candidate::{About, Candidate};
use crate::context::Context;
use crate::pipeline::stage::Source;
use crate::world::Scored;
use crate::world::recall::digest;

/// Items of the history a vector is folded in from.
const LOOKED_AT: usize = 50;
/// Cells of item vectors that are scanned: about 2,500 of 100,000 items.
const CELLS: usize = 16;

/// The source.
#[derive(Debug)]
pub struct Factors {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Factors {
    fn name(&self) -> &'static str {
        "factors"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        context.visitor().is_some() && context.world.models().is_some()
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut pool = Pool::new(self.name(), ReasonCode::Factors, true);
        for &(place, score) in self.near(context).iter() {
            pool.add(place, score, About::Nothing);
        }
        pool.best(self.limit)
    }
}

impl Factors {
    fn near(&self, context: &Context<'_>) -> Arc<[Scored]> {
        let base = context.base();
        let (Some(visitor), Some(models)) = (context.visitor(), &base.models) else {
            return Arc::from([]);
        };
        let history: Vec<(u32, f32)> = context
            .did
            .iter()
            .take(LOOKED_AT)
            .map(|did| (base.to_model[did.item as usize], did.weight))
            .filter(|(position, _)| *position != u32::MAX)
            .collect();
        // A stored vector is a profile: in a session, and for newcomers, only the visit speaks.
        let stored = (context.mode() == vocab::PrivacyMode::Profile && history.is_empty())
            .then(|| models.factors.visitor(visitor))
            .flatten();
        if stored.is_none() && history.is_empty() {
            return Arc::from([]);
        }
        context.world.recall.near.get_with((visitor, digest(&history)), || {
            let folded;
            let vector = match stored {
                Some(vector) => vector,
                None => {
                    folded = models.factors.fold_in(&history);
                    folded.as_slice()
                }
            };
            let nearest = models.factors.top_near(vector, self.limit * 2, CELLS, &|_| false);
            let here = |(position, score): (u32, f32)| {
                let place = *base.from_model.get(position as usize)?;
                (place != u32::MAX && score > 0.0).then_some((place, score.min(1.0)))
            };
            nearest.into_iter().filter_map(here).collect()
        })
    }
}
