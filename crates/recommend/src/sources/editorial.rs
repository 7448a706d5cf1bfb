//! What editors chose for this pipeline and site.

use vocab::ReasonCode;

use super::mandated::orders;
use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::Source;

/// The source.
#[derive(Debug)]
pub struct Editorial {
    /// Most candidates.
    pub limit: usize,
}

impl Source for Editorial {
    fn name(&self) -> &'static str {
        "editorial"
    }

    fn is_needed(&self) -> bool {
        true
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        orders(context, self.name(), &[ReasonCode::Curated], self.limit)
    }
}
