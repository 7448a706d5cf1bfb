//! Emergencies, all of them, on every channel and for every audience.

use vocab::ReasonCode;

use super::mandated::orders;
use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::Source;

/// The source.
#[derive(Debug)]
pub struct Emergency {
    /// Most candidates; emergencies are never cut.
    pub limit: usize,
}

impl Source for Emergency {
    fn name(&self) -> &'static str {
        "emergency"
    }

    fn is_needed(&self) -> bool {
        true
    }

    fn candidates(&self, context: &Context<'_>) -> Vec<Candidate> {
        orders(context, self.name(), &[ReasonCode::Emergency], self.limit)
    }
}
