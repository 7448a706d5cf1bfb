//! Items nobody has used yet: from what is written on them to who will want them.
//!
//! Protocol: cold items share no user with the training items; every cold item is ranked for each user who has a
//! training history and at least one cold label; NDCG@20 and Recall@20 over those users, ties counted half. The ridge is chosen on
//! items held out of the training items; the cold labels are looked at once.

mod features;
mod items;
mod report;
mod ridge;
mod served;

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::evaluate::{Mean, mean_of};
use crate::factors::{FactorParams, Fit, dense};
use crate::matrix::Csr;
use crate::params::{in_range, positive};
use crate::{InsightError, Result};

pub use features::{FeatureParams, Features};
pub use items::{ItemFeatures, Uses};
pub use report::{ColdStartEntry, ColdStartReport};
pub use ridge::ContentMap;

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

/// Scores of all cold items for one person.
type Score<'a> = &'a (dyn Fn(usize, &mut [f32]) + Sync);

/// A person measured: the row in the training matrix and the labels among the cold items.
#[derive(Clone, Debug, PartialEq)]
struct Person {
    row: usize,
    labels: Vec<u32>,
}

/// Warm items, cold items, the people between them.
#[derive(Clone, Debug)]
struct Task {
    matrix: Csr,
    features: Features,
    people: Vec<Person>,
}

impl Task {
    fn of(
        train: &Uses,
        cold: &Uses,
        items: &ItemFeatures,
        warm_items: &[u32],
        cold_items: &[u32],
        params: &ColdStartParams,
    ) -> Self {
        let users = train.users();
        let place = |list: &[u32], id: u32| list.binary_search(&id).ok().map(|place| place as u32);
        let cells = |uses: &Uses, items: &[u32]| -> Vec<(u32, u32, f32)> {
            uses.pairs
                .iter()
                .filter_map(|&(user, item)| Some((place(&users, user)?, place(items, item)?, 1.0)))
                .collect()
        };
        let matrix = |uses: &Uses, items: &[u32]| {
            Csr::from_triplets(users.len(), items.len(), cells(uses, items)).map(|_, _, _| 1.0)
        };
        let (warm, labels) = (matrix(train, warm_items), matrix(cold, cold_items));
        let people = (0..users.len())
            .filter(|&row| labels.row_len(row) > 0 && warm.row_len(row) > 0)
            .map(|row| Person { row, labels: labels.row(row).0.to_vec() })
            .collect();
        let features = Features::of(items, warm_items, cold_items, &params.features);
        Self { matrix: warm, features, people }
    }

    fn history(&self, place: usize) -> &[u32] {
        self.matrix.row(self.people[place].row).0
    }

    /// Users of each warm item.
    fn counts(&self) -> Vec<f32> {
        self.matrix.transpose().row_sums()
    }

    fn map(&self, ridge: f64) -> Result<ContentMap> {
        ContentMap::fit(&self.features, ridge)
    }

    fn measure(&self, score: Score<'_>, at: u32) -> Vec<Mean> {
        (0..self.people.len())
            .into_par_iter()
            .map(|place| {
                let mut scores = vec![0_f32; self.features.cold().rows()];
                score(place, &mut scores);
                mean_of(&scores, &self.people[place].labels, at)
            })
            .collect()
    }
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
