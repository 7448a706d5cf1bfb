//! Items nobody has used yet: from what is written on them to who will want them.
//!
//! Protocol: no cold item is among the training items; every cold item is ranked for each user who has a training history
//! and at least one cold label; NDCG@20 and Recall@20 over those users, ties counted half. The ridge is chosen on items
//! held out of the training items; the cold labels are looked at once.

mod features;
mod items;
mod report;
mod ridge;
mod served;
mod task;

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::evaluate::Mean;
use crate::factors::{FactorParams, Fit, dense};
use crate::params::{in_range, positive};
use crate::{InsightError, Result};

pub use features::{FeatureParams, Features};
pub use items::{ItemFeatures, Uses};
pub use report::{ColdStartEntry, ColdStartReport};
pub use ridge::ContentMap;

use task::{Score, Task};

/// How to measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColdStartParams {
    /// Seed of the inner hold-out, the random ranking, the factors and the bootstrap.
    pub seed: u64,
    /// Length of the list.
    pub at: u32,
    /// Share of the training items the ridge is chosen on.
    pub inner_share: f32,
    /// Ridges to try.
    pub ridges: Vec<f64>,
    /// Bootstrap resamples.
    pub resamples: u32,
    /// How text becomes features.
    pub features: FeatureParams,
    /// The factors the content is mapped to, for comparison.
    pub factors: FactorParams,
}

impl Default for ColdStartParams {
    fn default() -> Self {
        Self {
            seed: 7,
            at: 20,
            inner_share: 0.15,
            ridges: vec![10.0, 30.0, 100.0, 300.0, 1_000.0],
            resamples: 1_000,
            features: FeatureParams::default(),
            factors: FactorParams { epochs: 8, unobserved: 0.05, ..FactorParams::default() },
        }
    }
}

/// Measures random order, popularity, a content prior, content neighbours, these features mapped to factors, plain words
/// mapped to factors as they are served ([`crate::content`]), and ours.
///
/// # Errors
/// A parameter out of range, items without features only, or nobody with both a history and a cold label.
pub fn evaluate(
    train: &Uses,
    cold: &Uses,
    items: &ItemFeatures,
    params: &ColdStartParams,
) -> Result<ColdStartReport> {
    positive("cold_start.at", params.at)?;
    positive("cold_start.resamples", params.resamples)?;
    in_range("cold_start.inner_share", params.inner_share, 0.01, 0.9)?;
    let warm_items = train.items();
    // An item with a use on the warm side is not cold.
    let cold_items: Vec<u32> =
        cold.items().into_iter().filter(|item| warm_items.binary_search(item).is_err()).collect();
    let task = Task::of(train, cold, items, &warm_items, &cold_items, params);
    if task.people.is_empty() {
        let detail = "nobody has both a history and a cold label".to_owned();
        return Err(InsightError::NothingToEvaluate(detail));
    }
    let (ridge, inner) = choose(train, items, &warm_items, params)?;
    let ours = task.map(ridge)?;
    let mut random = ChaCha8Rng::seed_from_u64(params.seed);
    let chance: Vec<f32> =
        (0..task.people.len() * cold_items.len()).map(|_| random.random()).collect();
    let counts = task.counts();
    let prior = ours.prior(&counts);
    let fit = Fit::run(&task.matrix, &params.factors, params.seed, &|_| {});
    let mapped = ours.factors(&fit.items, fit.dim);
    let served = served::vectors(&task.matrix, items, (&warm_items, &cold_items), &fit, params);
    let neighbours = task.features.cosines();
    let constant = vec![0_f32; cold_items.len()];
    let near = |vectors: &[f32], place: usize, scores: &mut [f32]| {
        let row = task.people[place].row;
        let person = &fit.visitors[row * fit.dim..(row + 1) * fit.dim];
        for (score, item) in scores.iter_mut().zip(vectors.chunks_exact(fit.dim)) {
            *score = dense::dot(person, item);
        }
    };
    let models: [(&str, Score<'_>); 7] = [
        ("random", &|place, scores| {
            let start = place * scores.len();
            scores.copy_from_slice(&chance[start..start + scores.len()]);
        }),
        ("popularity", &|_, scores| scores.copy_from_slice(&constant)),
        ("content-prior", &|_, scores| scores.copy_from_slice(&prior)),
        ("content-knn", &|place, scores| neighbours.score(task.history(place), scores)),
        ("factor-map", &|place, scores| near(&mapped, place, scores)),
        ("content-map", &|place, scores| near(&served, place, scores)),
        ("content-ridge", &|place, scores| ours.score(task.history(place), scores)),
    ];
    let measured: Vec<(&str, Vec<Mean>)> =
        models.iter().map(|(name, score)| (*name, task.measure(*score, params.at))).collect();
    Ok(ColdStartReport::of(&task, &measured, (ridge, inner), params))
}

/// The ridge that ranks best on items held out of the training items, and its NDCG there.
fn choose(
    train: &Uses,
    items: &ItemFeatures,
    warm_items: &[u32],
    params: &ColdStartParams,
) -> Result<(f64, f64)> {
    let mut order = warm_items.to_vec();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(params.seed));
    let held = (order.len() as f64 * f64::from(params.inner_share)).ceil() as usize;
    let mut inner_warm = order.split_off(held.min(order.len()));
    order.sort_unstable();
    inner_warm.sort_unstable();
    let task = Task::of(train, train, items, &inner_warm, &order, params);
    let mut best = (100.0, f64::NEG_INFINITY);
    for &ridge in &params.ridges {
        let map = task.map(ridge)?;
        let means =
            task.measure(&|place, scores| map.score(task.history(place), scores), params.at);
        let ndcg = means.iter().map(|mean| mean.ndcg).sum::<f64>() / means.len().max(1) as f64;
        if ndcg > best.1 {
            best = (ridge, ndcg);
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests;
