//! Recall@k and NDCG@k with ties counted half, and bootstrap intervals over people.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::EvalParams;

/// One person's figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mean {
    pub(crate) recall: f64,
    pub(crate) ndcg: f64,
}

/// A mean over people with its 95 % bootstrap interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// 2.5 % quantile of the resampled means.
    pub low: f64,
    /// 97.5 % quantile of the resampled means.
    pub high: f64,
}

impl Estimate {
    pub(super) fn bootstrap(
        people: &[Mean],
        value: impl Fn(&Mean) -> f64,
        params: &EvalParams,
    ) -> Self {
        if people.is_empty() {
            return Self::default();
        }
        let values: Vec<f64> = people.iter().map(value).collect();
        let count = values.len();
        let mut random = ChaCha8Rng::seed_from_u64(params.seed);
        let means: Vec<f64> = (0..params.resamples)
            .map(|_| {
                let sum: f64 = (0..count).map(|_| values[random.random_range(0..count)]).sum();
                sum / count as f64
            })
            .collect();
        Self::of(values.iter().sum::<f64>() / count as f64, means)
    }

    /// A figure and the middle 95 % of its resampled selves; without any, the figure alone.
    pub(crate) fn of(mean: f64, mut resampled: Vec<f64>) -> Self {
        resampled.sort_by(f64::total_cmp);
        let last = resampled.len().saturating_sub(1) as f64;
        let quantile = |q: f64| resampled.get((last * q).round() as usize).copied().unwrap_or(mean);
        Self { mean, low: quantile(0.025), high: quantile(0.975) }
    }
}

/// Recall@k = labels in the first k over labels; NDCG@k against the best list possible. A label's place is one more
/// than the items scored higher plus half of those scored the same, so a constant score earns nothing. Items at minus
/// infinity are no candidates; labels among them are misses.
pub(crate) fn mean_of(scores: &[f32], labels: &[u32], at: u32) -> Mean {
    let k = at as usize;
    let floor = kth_best(scores, k);
    let found = labels.iter().map(|&label| scores[label as usize]);
    let found = found.filter(|score| *score >= floor && *score > f32::NEG_INFINITY);
    let places = found.map(|score| {
        let (mut higher, mut same) = (0_usize, 0_usize);
        for &other in scores {
            higher += usize::from(other > score);
            // Ties must be exact here: they are what constant scorers produce.
            same += usize::from(other.total_cmp(&score).is_eq());
        }
        1.0 + higher as f64 + (same - 1) as f64 / 2.0
    });
    mean_of_places(places, labels.len(), at)
}

/// Both figures from the places (from 1) of the labels that were ranked at all, out of `wanted` labels.
pub(super) fn mean_of_places(places: impl Iterator<Item = f64>, wanted: usize, at: u32) -> Mean {
    let k = at as usize;
    let (mut hits, mut gain) = (0_u32, 0_f64);
    for place in places.filter(|place| *place <= k as f64) {
        hits += 1;
        gain += 1.0 / (1.0 + place).log2();
    }
    let best: f64 = (1..=wanted.min(k)).map(|place| 1.0 / (1.0 + place as f64).log2()).sum();
    Mean { recall: f64::from(hits) / wanted as f64, ndcg: (gain / best).min(1.0) }
}

/// The k-th highest score: a label below it cannot be in the list.
fn kth_best(scores: &[f32], k: usize) -> f32 {
    if scores.len() <= k {
        return f32::NEG_INFINITY;
    }
    let mut best = crate::ranking::Best::new(k);
    for (position, &score) in scores.iter().enumerate() {
        if best.admits(score) {
            best.push(position as u32, score);
        }
    }
    best.into_sorted().last().map_or(f32::NEG_INFINITY, |worst| worst.1)
}
