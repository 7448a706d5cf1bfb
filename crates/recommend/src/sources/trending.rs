//! What is read more than usual right now.

use vocab::ReasonCode;

use super::Pool;
use crate::candidate::{About, Candidate};
use crate::context::Context;
use crate::pipeline::stage::Source;

/// The source.
#[derive(Debug)]
pub struct Trending {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Trending {
    fn name(&self) -> &'static str {
        "trending"
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut pool = Pool::new(self.name(), ReasonCode::Trending, false);
        let fits = |place| super::fits(context, place);
        let rising = context.world.live.trending.iter().filter(|(place, _)| fits(*place));
        for &(place, score) in rising.take(self.limit) {
            pool.add(place, score, About::Nothing);
        }
        pool.best(self.limit)
    }
}
