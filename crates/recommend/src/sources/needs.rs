//! What serves the needs the person declared or the engine inferred.

use vocab::ReasonCode;

use super::Pool;
use crate::candidate::{About, Candidate};
use crate::context::Context;
use crate::pipeline::stage::Source;

/// The source.
#[derive(Debug)]
pub struct Needs {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Needs {
    fn name(&self) -> &'static str {
        "needs"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        !context.needs.is_empty()
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut pool = Pool::new(self.name(), ReasonCode::Need, true);
        let each = self.limit.div_ceil(context.needs.len().max(1)).max(10);
        for active in &context.needs {
            let list = context.base().by_need.get(usize::from(active.need)).into_iter().flatten();
            for (nth, &(place, probability)) in list.take(each).enumerate() {
                // The list is ordered by use as well as by probability: keep its order.
                let place_in_list = 1.0 / (1.0 + 0.05 * nth as f32);
                pool.add(
                    place,
                    active.score * probability * place_in_list,
                    About::Need(active.need),
                );
            }
        }
        pool.best(self.limit)
    }
}
