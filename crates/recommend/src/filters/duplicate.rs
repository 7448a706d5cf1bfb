//! Takes out all but one of the items with the same title: the one under order, else the one proposed first.

use rustc_hash::FxHashMap;

use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Filter, Filtered, split};

/// The filter.
#[derive(Debug)]
pub struct Duplicate;

impl Filter for Duplicate {
    fn name(&self) -> &'static str {
        "duplicate"
    }

    fn filter(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Filtered {
        let catalogue = context.world.catalogue();
        let mut chosen = FxHashMap::default();
        for candidate in &candidates {
            let kept = chosen.entry(catalogue.at(candidate.item).same).or_insert(candidate.item);
            if candidate.reserved().is_some() && !is_reserved(&candidates, *kept) {
                *kept = candidate.item;
            }
        }
        split(candidates, |candidate| {
            chosen.get(&catalogue.at(candidate.item).same) == Some(&candidate.item)
        })
    }
}

fn is_reserved(candidates: &[Candidate], item: u32) -> bool {
    candidates.iter().any(|candidate| candidate.item == item && candidate.reserved().is_some())
}
