//! Takes out what serves guarded or sensitive needs, for screens that strangers can see; orders stay.

use vocab::{ReasonCode, Sensitivity};

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// A need an item serves less surely says nothing about who looks at it.
const SURE: f32 = 0.3;

/// The filter.
#[derive(Debug)]
pub struct NotSensitive;

impl Filter for NotSensitive {
    fn name(&self) -> &'static str {
        "sensitivity"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let base = context.base();
        split(candidates, |candidate| {
            let mut needs = base.needs[candidate.item as usize].iter();
            candidate.reserved().is_some_and(|code| code <= ReasonCode::Mandated)
                || needs.all(|&(need, probability)| {
                    let leaf = base.taxonomy.needs.get(usize::from(need));
                    probability < SURE
                        || leaf.is_none_or(|leaf| leaf.sensitivity == Sensitivity::Normal)
                })
        })
    }
}
