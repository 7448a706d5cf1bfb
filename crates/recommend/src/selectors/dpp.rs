//! Greedy most likely set of a determinantal point process: good items that span much (Chen, Zhang & Zhou, 2018). O(k² n) by keeping a Cholesky row for every candidate.

use serde::Deserialize;

use super::rules::{Preference, Rules, select};
use super::similarity::{Features, qualities};
use crate::candidate::Candidate;
use crate::context::Context;
use crate::pipeline::stage::{Selected, Selector};

/// What keeps the kernel definite where two items are wholly alike.
const JITTER: f32 = 1e-3;

/// The selector. Its kernel is `exp(θ qᵢ) sᵢⱼ exp(θ qⱼ)` with quality `q` and likeness `s`.
#[derive(Debug)]
pub struct Dpp {
    /// What it keeps to.
    pub rules: Rules,
    /// How it weighs.
    pub parameters: Parameters,
}

/// What is its own.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// How much quality counts against variety; 0 looks at variety only.
    pub theta: f32,
}

struct Greedy<'a> {
    theta: f32,
    features: Features<'a>,
    quality: Vec<f32>,
    /// Cholesky rows of the likeness of all candidates with those taken.
    rows: Vec<Vec<f32>>,
    /// What of each candidate those taken do not span, 0 to 1.
    left: Vec<f32>,
    valid: Vec<bool>,
}

impl Preference for Greedy<'_> {
    /// The logarithm of what the determinant would be multiplied by.
    fn gain(&self, one: usize) -> f32 {
        if !self.valid[one] {
            return f32::NEG_INFINITY;
        }
        2.0 * self.theta * self.quality[one] + self.left[one].max(JITTER * JITTER).ln()
    }

    /// Quality is a factor of whole rows and columns, so the update is one of the likeness alone.
    fn take(&mut self, taken: usize) {
        let root = self.left[taken].max(JITTER).sqrt();
        let of_taken = std::mem::take(&mut self.rows[taken]);
        for one in (0..self.left.len()).filter(|one| *one != taken) {
            let spanned: f32 = of_taken.iter().zip(&self.rows[one]).map(|(a, b)| a * b).sum();
            let entry = (self.features.of(one, taken) - spanned) / root;
            self.rows[one].push(entry);
            self.left[one] = (self.left[one] - entry * entry).max(0.0);
        }
        self.left[taken] = 0.0;
    }
}

impl Selector for Dpp {
    fn name(&self) -> &'static str {
        "dpp"
    }

    fn select(&self, context: &Context<'_>, candidates: Vec<Candidate>) -> Selected {
        select(&self.rules, context, candidates, |all| Greedy {
            theta: self.parameters.theta,
            features: Features::new(context, all),
            quality: qualities(all),
            rows: vec![Vec::new(); all.len()],
            left: vec![1.0 + JITTER; all.len()],
            valid: all.iter().map(|one| one.score.is_finite()).collect(),
        })
    }
}
