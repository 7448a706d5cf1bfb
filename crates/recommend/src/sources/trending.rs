//! What is read more than usual right now where the list is shown.

use vocab::ReasonCode;

use super::{OfCrowd, Pool};
use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::Source;

/// The source.
#[derive(Debug)]
pub struct Trending(pub OfCrowd);

impl Source for Trending {
    fn name(&self) -> &'static str {
        "trending"
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut pool = Pool::new(self.name(), ReasonCode::Trending, false);
        let crowd = context.crowd().map(|(part, lists)| (part, lists.trending.as_slice()));
        self.0.fill(context, &mut pool, crowd, &context.world.live.trending);
        pool.best(self.0.limit)
    }
}
