//! A value with its 95 % bootstrap interval, or the reason there is none.

use std::fmt;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Estimator, Overlap, Refusal, Round};

/// A value and where it may lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// The estimate.
    pub mean: f64,
    /// 2.5 % quantile over resampled logs.
    pub low: f64,
    /// 97.5 % quantile.
    pub high: f64,
    /// What the log has to say.
    pub overlap: Overlap,
}

/// What came of an estimation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A value.
    Estimated(Value),
    /// None, and why.
    Refused(Refusal),
}

impl Outcome {
    /// The value, if there is one.
    pub fn value(&self) -> Option<Value> {
        match self {
            Self::Estimated(value) => Some(*value),
            Self::Refused(_) => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Estimated(Value { mean, low, high, .. }) => {
                write!(f, "{mean:.5} [{low:.5}, {high:.5}]")
            }
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

/// Estimates the policy's value: `resamples` logs of the same length are drawn with replacement and estimated anew,
/// normalisers included.
pub fn estimate(estimator: Estimator, rounds: &[Round], resamples: u32, seed: u64) -> Outcome {
    let overlap = match Overlap::check(rounds) {
        Ok(overlap) => overlap,
        Err(refusal) => return Outcome::Refused(refusal),
    };
    if estimator.needs_choice() && rounds.iter().all(|round| !round.followed) {
        return Outcome::Refused(Refusal::NoChoice);
    }
    let mut values: Vec<f64> = (0..resamples)
        .into_par_iter()
        .map(|resample| {
            let drawn: Vec<Round> =
                resampled(rounds.len(), seed, resample).map(|row| rounds[row]).collect();
            estimator.value(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let mean = estimator.value(rounds);
    let quantile = |q: f64| {
        let last = values.len().saturating_sub(1) as f64;
        values.get((last * q).round() as usize).copied().unwrap_or(mean)
    };
    Outcome::Estimated(Value { mean, low: quantile(0.025), high: quantile(0.975), overlap })
}

/// Rows drawn with replacement; a resample has its own stream, so threads change nothing.
pub(super) fn resampled(rows: usize, seed: u64, resample: u32) -> impl Iterator<Item = usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(u64::from(resample) + 1);
    (0..rows).map(move |_| random.random_range(0..rows))
}
