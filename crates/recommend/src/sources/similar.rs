//! What goes with the item on the page, or with items read before this visit.

use vocab::ReasonCode;

use super::{Pool, beside, related};
use crate::candidate::{About, Candidate};
use crate::context::{Context, Did};
use crate::pipeline::stage::Source;

/// Items of the history that are looked at.
const LOOKED_AT: usize = 10;

/// The source.
#[derive(Debug)]
pub struct Similar {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Similar {
    fn name(&self) -> &'static str {
        "similar"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        context.item.is_some() || context.did.iter().any(|did| !did.in_session)
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        if let Some(item) = context.item {
            // The page speaks for itself: nothing of the person is used.
            let mut pool = Pool::new(self.name(), ReasonCode::Similar, false);
            for (place, score) in related(context, item, self.limit) {
                pool.add(place, score, About::Item(item));
            }
            return pool.best(self.limit);
        }
        let mut pool = Pool::new(self.name(), ReasonCode::Similar, true);
        let before: Vec<Did> =
            context.did.iter().filter(|did| !did.in_session).take(LOOKED_AT).copied().collect();
        beside(context, &mut pool, &before, self.limit.div_ceil(before.len().max(1)).max(10));
        pool.best(self.limit)
    }
}
