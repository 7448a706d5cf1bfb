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

struct ByScore;

impl Preference for ByScore {
    fn gain(&self, _candidate: usize) -> f32 {
        0.0
    }

    fn take(&mut self, _candidate: usize) {}

    fn is_by_score(&self) -> bool {
        true
    }
}

impl Selector for TopK {
    fn name(&self) -> &'static str {
        "top_k"
    }

    fn select(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Selected {
        select(&self.rules, context, candidates, |_| ByScore)
    }
}
