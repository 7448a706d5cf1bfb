//! What is used much where the list is shown; beyond that, what is important and new: this source always has something.

use vocab::ReasonCode;

use super::{OfCrowd, Pool};
use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::Source;

/// The source.
#[derive(Debug)]
pub struct Popular(pub OfCrowd);

impl Source for Popular {
    fn name(&self) -> &'static str {
        "popular"
    }

    fn is_needed(&self) -> bool {
        true
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut pool = Pool::new(self.name(), ReasonCode::Popular, false);
        let crowd = context.crowd().map(|(part, lists)| (part, lists.popular.as_slice()));
        self.0.fill(context, &mut pool, crowd, &context.world.live.popular);
        pool.best(self.0.limit)
    }
}
