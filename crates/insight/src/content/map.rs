//! The ridge regression from content vectors to factors, its strength chosen and judged by cross-validation over items.

use linfa_linalg::cholesky::SolveCInplace;
use ndarray::{Array1, Array2, s};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Ridges that are tried, in trust: an item used once weighs 0.7, one used a thousand times 6.9.
const RIDGES: [f64; 7] = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];
/// Parts the items are cut into; each is predicted from the others.
const FOLDS: usize = 5;
/// Pairs of one parallel task; fixed, so the order of additions is.
const BLOCK: usize = 1_024;

/// An item with both.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) vector: &'a [f32],
    pub(super) target: &'a [f32],
    /// How much it counts, ≥ 0.
    pub(super) trust: f32,
}

/// Weights (content + 1) × factors, row-major; the last row is the mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FactorMap {
    dim: usize,
    #[serde(with = "crate::models::packed")]
    weights: Vec<f32>,
    /// Items it was learnt from.
    pub(super) items: u32,
    /// Mean cosine between what it says of items it had not seen and what they are, both without the mean of all: 0 is
    /// chance, 1 is their very direction.
    pub(super) agreement: f64,
}

/// `XᵀWX` and `XᵀWY` of some pairs, with a column of ones.
#[derive(Clone)]
struct Moments {
    inputs: Array2<f64>,
    targets: Array2<f64>,
}

impl Moments {
    fn of(pairs: &[Pair<'_>], width: usize, dim: usize) -> Self {
        let parts: Vec<Self> = pairs
            .par_chunks(BLOCK)
            .map(|block| {
                let mut inputs = Array2::<f64>::ones((block.len(), width + 1));
                let mut weighted = Array2::<f64>::zeros((block.len(), width + 1));
                let mut targets = Array2::<f64>::zeros((block.len(), dim));
                for (row, pair) in block.iter().enumerate() {
                    let trust = f64::from(pair.trust);
                    for (column, &value) in pair.vector.iter().enumerate() {
                        inputs[[row, column]] = f64::from(value);
                    }
                    for column in 0..=width {
                        weighted[[row, column]] = trust * inputs[[row, column]];
                    }
                    for (column, &value) in pair.target.iter().enumerate() {
                        targets[[row, column]] = f64::from(value);
                    }
                }
                let weighted = weighted.reversed_axes();
                Self { inputs: weighted.dot(&inputs), targets: weighted.dot(&targets) }
            })
            .collect();
        let zeros = |columns| Array2::<f64>::zeros((width + 1, columns));
        let mut sum = Self { inputs: zeros(width + 1), targets: zeros(dim) };
        for part in &parts {
            sum.inputs += &part.inputs;
            sum.targets += &part.targets;
        }
        sum
    }

    fn without(&self, other: &Self) -> Self {
        Self { inputs: &self.inputs - &other.inputs, targets: &self.targets - &other.targets }
    }

    /// The weights; the mean is not held back. `None` where the equations have no solution.
    fn solve(&self, ridge: f64) -> Option<Array2<f64>> {
        let mut inputs = self.inputs.clone();
        let width = inputs.nrows() - 1;
        for at in 0..width {
            inputs[[at, at]] += ridge;
        }
        let mut weights = self.targets.clone();
        inputs.solvec_inplace(&mut weights).ok()?;
        weights.iter().all(|value| value.is_finite()).then_some(weights)
    }
}

impl FactorMap {
    /// `None` where what it says of items held out agrees with them no more than by chance.
    pub(super) fn fit(pairs: &[Pair<'_>]) -> Option<Self> {
        let first = pairs.first()?;
        let (width, dim) = (first.vector.len(), first.target.len());
        let folds: Vec<Vec<Pair<'_>>> = (0..FOLDS)
            .map(|fold| pairs.iter().skip(fold).step_by(FOLDS).copied().collect())
            .collect();
        let moments: Vec<Moments> =
            folds.iter().map(|fold| Moments::of(fold, width, dim)).collect();
        let all = Moments::of(pairs, width, dim);
        let mut best = (f64::INFINITY, 0.0, Judged::default());
        for ridge in RIDGES {
            let mut judged = Judged::default();
            for (fold, own) in folds.iter().zip(&moments) {
                let others = all.without(own);
                let Some(weights) = others.solve(ridge) else {
                    // Judged on fewer items it would look better than it is.
                    judged.missed = f64::INFINITY;
                    continue;
                };
                let mean = &others.targets.slice(s![width, ..]) / others.inputs[[width, width]];
                fold.iter().for_each(|pair| judged.add(pair, &weights, &mean));
            }
            if judged.missed < best.0 {
                best = (judged.missed, ridge, judged);
            }
        }
        let (_, ridge, judged) = best;
        if !judged.is_no_chance() {
            return None;
        }
        let weights = all.solve(ridge)?.iter().map(|&value| value as f32).collect();
        Some(Self { dim, weights, items: pairs.len() as u32, agreement: judged.mean() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// Length of the factors.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    pub(super) fn factors(&self, vector: &[f32]) -> Vec<f32> {
        let rows = self.weights.chunks_exact(self.dim.max(1));
        let mut factors = vec![0_f32; self.dim];
        for (row, value) in rows.zip(vector.iter().copied().chain([1.0])) {
            for (sum, weight) in factors.iter_mut().zip(row) {
                *sum += value * weight;
            }
        }
        factors
    }

    pub(super) fn is_consistent(&self, content: usize, factors: usize) -> bool {
        self.dim == factors && self.weights.len() == (content + 1) * factors
    }
}

/// How well items held out were told.
#[derive(Clone, Copy, Debug, Default)]
struct Judged {
    /// Squared distance of what was said, weighted by trust.
    missed: f64,
    /// Sum and sum of squares of the cosines.
    cosines: [f64; 2],
    items: f64,
}

impl Judged {
    fn add(&mut self, pair: &Pair<'_>, weights: &Array2<f64>, mean: &Array1<f64>) {
        let width = pair.vector.len();
        let (mut missed, mut together, mut lengths) = (0.0, 0.0, [0.0, 0.0]);
        for (column, &target) in pair.target.iter().enumerate() {
            let parts = pair.vector.iter().enumerate();
            let said = parts.map(|(row, &value)| f64::from(value) * weights[[row, column]]);
            let said = said.sum::<f64>() + weights[[width, column]];
            missed += (f64::from(target) - said).powi(2);
            let (is, said) = (f64::from(target) - mean[column], said - mean[column]);
            together += is * said;
            lengths[0] += is * is;
            lengths[1] += said * said;
        }
        let cosine = together / (lengths[0] * lengths[1]).sqrt().max(f64::MIN_POSITIVE);
        self.missed += missed * f64::from(pair.trust);
        self.cosines[0] += cosine;
        self.cosines[1] += cosine * cosine;
        self.items += 1.0;
    }

    fn mean(&self) -> f64 {
        self.cosines[0] / self.items.max(1.0)
    }

    /// Whether the mean is three standard errors above chance.
    fn is_no_chance(&self) -> bool {
        let (mean, items) = (self.mean(), self.items.max(1.0));
        let error = ((self.cosines[1] / items - mean * mean).max(0.0) / items).sqrt();
        mean > 3.0 * error
    }
}
