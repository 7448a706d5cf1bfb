//! What is used much; beyond that, what is important and new: this source always has something.

use vocab::ReasonCode;

use super::Pool;
use crate::candidate::{About, Candidate};
use crate::context::Context;
use crate::pipeline::stage::Source;

/// The source.
#[derive(Debug)]
pub struct Popular {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Popular {
    fn name(&self) -> &'static str {
        "popular"
    }

    fn is_needed(&self) -> bool {
        true
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut pool = Pool::new(self.name(), ReasonCode::Popular, false);
        let fits = |place| super::fits(context, place);
        let used = context.world.live.popular.iter().filter(|(place, _)| fits(*place));
        for &(place, score) in used.take(self.limit) {
            pool.add(place, score, About::Nothing);
        }
        pool.best(self.limit)
    }
}
