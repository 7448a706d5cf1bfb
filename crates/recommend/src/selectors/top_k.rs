//! The best, as the rules let them through.

use super::rules::{Preference, Rules, select};
use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Selected, Selector};

/// The selector.
#[derive(Debug)]
pub struct TopK {
    /// What it keeps to.
    pub rules: Rules,
}

struct ByScore(Vec<f32>);

impl Preference for ByScore {
    fn gain(&self, candidate: usize) -> f32 {
        self.0[candidate]
    }

    fn take(&mut self, _candidate: usize) {}
}

impl Selector for TopK {
    fn name(&self) -> &'static str {
        "top_k"
    }

    fn select(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Selected {
        select(&self.rules, context, candidates, |all| {
            ByScore(all.iter().map(|candidate| candidate.score).collect())
        })
    }
}
