//! Takes out what earlier pages of the same list gave, orders included: nothing comes twice.

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter; built in, no definition names it.
#[derive(Debug)]
pub struct Given;

impl Filter for Given {
    fn name(&self) -> &'static str {
        "given"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        if context.request().exclude.is_empty() {
            return Filtered { kept: candidates, removed: Vec::new() };
        }
        split(candidates, |candidate| !context.is_given(candidate.item))
    }
}
