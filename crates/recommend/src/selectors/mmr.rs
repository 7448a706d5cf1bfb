//! Maximal marginal relevance: each item as good as possible and as unlike the list so far as possible
//! (Carbonell & Goldstein, SIGIR 1998).

use serde::Deserialize;

use super::rules::{Preference, Rules, select};
use super::similarity::{Features, qualities};
use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Selected, Selector};

/// The selector.
#[derive(Debug)]
pub struct Mmr {
    /// What it keeps to.
    pub rules: Rules,
    /// How it weighs.
    pub parameters: Parameters,
}

/// What is its own.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// 1 looks at the score only, 0 at the variety only.
    pub lambda: f32,
}

struct Marginal<'a> {
    lambda: f32,
    features: Features<'a>,
    quality: Vec<f32>,
    /// Likeness to the most alike item of the list.
    nearest: Vec<f32>,
    valid: Vec<bool>,
}

impl Preference for Marginal<'_> {
    fn gain(&self, one: usize) -> f32 {
        if !self.valid[one] {
            return f32::NEG_INFINITY;
        }
        self.lambda * self.quality[one] - (1.0 - self.lambda) * self.nearest[one]
    }

    fn take(&mut self, taken: usize) {
        for one in 0..self.nearest.len() {
            self.nearest[one] = self.nearest[one].max(self.features.of(one, taken));
        }
    }
}

impl Selector for Mmr {
    fn name(&self) -> &'static str {
        "mmr"
    }

    fn select(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Selected {
        select(&self.rules, context, candidates, |all| Marginal {
            lambda: self.parameters.lambda,
            features: Features::new(context, all),
            quality: qualities(all),
            nearest: vec![0.0; all.len()],
            valid: all.iter().map(|one| one.score.is_finite()).collect(),
        })
    }
}
