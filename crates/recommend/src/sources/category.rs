//! What stands in the column, or is about the topic, of the page: what is used most and what is newest of it.

use std::sync::Arc;

use vocab::ReasonCode;

use super::Pool;
use crate::candidate::{About, Candidate};
use crate::context::Context;
use crate::pipeline::stage::Source;

/// What use is worth against being new.
const USED: f32 = 0.7;

/// The source.
#[derive(Debug)]
pub struct Category {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Category {
    fn name(&self) -> &'static str {
        "category"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        !context.request().column.is_empty()
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let column = context.request().column.as_str();
        let about = About::Words(Arc::from(column));
        let mut pool = Pool::new(self.name(), ReasonCode::Similar, false);
        let newest = context.base().by_column.get(column).into_iter().flatten();
        for (nth, &place) in newest.filter(|place| super::fits(context, **place)).enumerate() {
            let used = context.world.live.counts(place).popularity;
            let new = 1.0 / (1.0 + nth as f32 * 0.1);
            pool.add(place, USED * used + (1.0 - USED) * new, about.clone());
        }
        pool.best(self.limit)
    }
}
