//! What is new.

use serde::Deserialize;
use vocab::ReasonCode;

use super::Pool;
use crate::candidate::{About, Candidate};
use crate::context::Context;
use crate::pipeline::stage::Source;

const DAY_MS: f32 = 86_400_000.0;

/// The source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    /// Most candidates.
    pub limit: usize,
    /// Days after which an item counts half.
    pub half_life_days: f32,
}

impl Source for Fresh {
    fn name(&self) -> &'static str {
        "fresh"
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut pool = Pool::new(self.name(), ReasonCode::Fresh, false);
        let base = context.base();
        for &place in
            base.fresh.iter().filter(|place| super::fits(context, **place)).take(self.limit)
        {
            let age = (context.now - base.catalogue.at(place).published).max(0) as f32 / DAY_MS;
            pool.add(place, (-age / self.half_life_days).exp2(), About::Nothing);
        }
        pool.best(self.limit)
    }
}
