//! What goes with the items of this visit.

use vocab::ReasonCode;

use super::{Pool, beside};
use crate::candidate::Candidate;
use crate::context::{Context, Did};
use crate::pipeline::stage::Source;

/// Items of the visit that are looked at.
const LOOKED_AT: usize = 5;

/// The source.
#[derive(Debug)]
pub struct Session {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Session {
    fn name(&self) -> &'static str {
        "session"
    }

    fn enable(&self, context: &Context<'_>) -> bool {
        context.did.iter().any(|did| did.in_session)
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        let mut pool = Pool::new(self.name(), ReasonCode::Session, true);
        let visit: Vec<Did> =
            context.did.iter().filter(|did| did.in_session).take(LOOKED_AT).copied().collect();
        beside(context, &mut pool, &visit, self.limit);
        pool.best(self.limit)
    }
}
