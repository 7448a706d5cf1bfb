//! Takes out what does not meet a condition of the definition; emergencies and mandated items stay.

use vocab::ReasonCode;

use crate::candidate::Candidate;
use crate::context::Context;
use crate::expression::{Condition, Subject};
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter, `where` in definitions.
#[derive(Debug)]
pub struct Where {
    /// What stays.
    pub keep: Condition,
}

impl Filter for Where {
    fn name(&self) -> &'static str {
        "where"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        split(candidates, |candidate| {
            candidate.reserved().is_some_and(|code| code <= ReasonCode::Mandated)
                || self.keep.holds(&Subject::new(context, candidate))
        })
    }
}
