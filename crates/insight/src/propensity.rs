//! How likely something that was shown is taken: an online logistic regression with calibration.
//!
//! FTRL-proximal (`McMahan` et al., *Ad Click Prediction: a View from the Trenches*, KDD 2013; linfa-ftrl), one step an
//! example. Its probabilities are calibrated by histogram binning (Zadrozny, Elkan, ICML 2001) on each example before it
//! is learnt, so that calibration never sees what the weights have seen.

use linfa::dataset::Pr;
use linfa::prelude::{Dataset, ParamGuard};
use linfa_ftrl::Ftrl;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::{InsightError, Result};

/// Bins of predicted log-odds, from −6 to 6.
const BINS: usize = 24;
const SPAN: f64 = 6.0;
/// A bin's own rate counts as much as the prediction after so many examples.
const PRIOR: f64 = 50.0;
/// Examples after which an old one counts 1/e in a bin.
const MEMORY: f64 = 50_000.0;

/// Examples of one bin.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Bin {
    count: f64,
    predicted: f64,
    taken: f64,
}

/// One model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Propensity {
    model: Ftrl<f64>,
    /// Weight of each feature, then the intercept.
    weights: Vec<f64>,
    bins: [Bin; BINS],
    examples: u64,
    taken: u64,
}

fn log_odds(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// Neither 0 nor 1, however large `x`.
fn sigmoid(x: f64) -> f64 {
    (1.0 / (1.0 + (-x).exp())).clamp(1e-6, 1.0 - 1e-6)
}

fn bin(p: f64) -> usize {
    let place = (log_odds(p) + SPAN) / (2.0 * SPAN) * BINS as f64;
    (place.max(0.0) as usize).min(BINS - 1)
}

impl Propensity {
    /// A model of `features` numbers, each about −1 to 1.
    ///
    /// # Errors
    /// Never with the parameters used here; what the library refuses.
    pub fn new(features: usize) -> Result<Self> {
        let params = Ftrl::params().alpha(0.3).beta(1.0).l1_ratio(0.0).l2_ratio(0.01);
        let params = params.check().map_err(|error| InsightError::Fit {
            model: "propensity",
            detail: error.to_string(),
        })?;
        let model = Ftrl::new(params, features + 1);
        let weights = model.get_weights().to_vec();
        Ok(Self { model, weights, bins: [Bin::default(); BINS], examples: 0, taken: 0 })
    }

    /// Whether it is of so many features, with numbers that can be reckoned with; run on everything read from outside.
    pub fn is_consistent(&self, features: usize) -> bool {
        let numbers = self
            .weights
            .iter()
            .chain(self.bins.iter().flat_map(|bin| [&bin.count, &bin.predicted, &bin.taken]));
        self.weights.len() == features + 1
            && self.model.get_weights().len() == features + 1
            && numbers.into_iter().all(|number| number.is_finite())
    }

    /// Examples learnt from, and how many of them were taken.
    pub fn examples(&self) -> (u64, u64) {
        (self.examples, self.taken)
    }

    /// The probability that something with these features is taken.
    pub fn probability(&self, row: &[f32]) -> f32 {
        let raw = self.raw(row);
        let bin = &self.bins[bin(raw)];
        // The bin moves the prediction by what it saw, not to one value: order within a bin stays.
        let shift = (bin.taken + PRIOR * raw) / (bin.predicted + PRIOR * raw);
        (raw * shift).clamp(0.0, 1.0) as f32
    }

    fn raw(&self, row: &[f32]) -> f64 {
        let (weights, intercept) = self.weights.split_at(self.weights.len() - 1);
        let sum: f64 = row.iter().zip(weights).map(|(x, w)| f64::from(*x) * w).sum();
        sigmoid(sum + intercept[0])
    }

    /// Learns one example.
    ///
    /// # Panics
    /// A row of another length than the model's.
    pub fn learn(&mut self, row: &[f32], taken: bool) {
        assert_eq!(row.len() + 1, self.weights.len(), "features of the model");
        let raw = self.raw(row);
        let seen = &mut self.bins[bin(raw)];
        let keep = 1.0 - 1.0 / MEMORY;
        *seen = Bin {
            count: seen.count * keep + 1.0,
            predicted: seen.predicted * keep + raw,
            taken: seen.taken * keep + f64::from(u8::from(taken)),
        };
        let mut record: Vec<f64> = row.iter().copied().map(f64::from).collect();
        record.push(1.0);
        let records = Array2::from_shape_vec((1, record.len()), record).unwrap_or_default();
        let dataset = Dataset::new(records, Array1::from_elem(1, taken));
        self.model.update(&dataset, Array1::from_elem(1, Pr::new(raw as f32)).view());
        self.weights.clear();
        self.weights.extend(self.model.get_weights());
        self.examples += 1;
        self.taken += u64::from(taken);
    }

    /// Weight of each feature.
    pub fn weights(&self) -> &[f64] {
        &self.weights[..self.weights.len() - 1]
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn example(random: &mut ChaCha8Rng) -> ([f32; 3], bool) {
        let row = [random.random(), random.random(), random.random()];
        let logit = -3.0 + 2.5 * f64::from(row[0]) - 1.5 * f64::from(row[1]);
        (row, random.random_bool(sigmoid(logit)))
    }

    fn taught(seed: u64) -> Propensity {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut model = Propensity::new(3).unwrap();
        for _ in 0..30_000 {
            let (row, taken) = example(&mut random);
            model.learn(&row, taken);
        }
        model
    }

    #[test]
    fn probabilities_are_those_of_what_it_has_not_seen() {
        let model = taught(3);
        let mut random = ChaCha8Rng::seed_from_u64(99);
        let mut bins = [(0.0, 0.0); 10];
        let count = 30_000;
        for _ in 0..count {
            let (row, taken) = example(&mut random);
            let p = f64::from(model.probability(&row));
            let bin = &mut bins[((p * 10.0) as usize).min(9)];
            bin.0 += p;
            bin.1 += f64::from(u8::from(taken));
        }
        let error: f64 =
            bins.iter().map(|(p, taken)| (p - taken).abs()).sum::<f64>() / f64::from(count);
        assert!(error < 0.02, "calibration error {error}");
        let weights = model.weights();
        assert!(weights[0] > 1.0 && weights[1] < -0.7 && weights[2].abs() < 0.5, "{weights:?}");
    }

    #[test]
    fn what_was_learnt_can_be_kept_and_goes_on() {
        let mut model = taught(3);
        let text = serde_json::to_string(&model).unwrap();
        let mut kept: Propensity = serde_json::from_str(&text).unwrap();
        assert!(kept.is_consistent(3) && !kept.is_consistent(4));
        let mut random = ChaCha8Rng::seed_from_u64(5);
        for _ in 0..100 {
            let (row, taken) = example(&mut random);
            assert!((model.probability(&row) - kept.probability(&row)).abs() < 1e-6);
            model.learn(&row, taken);
            kept.learn(&row, taken);
        }
        assert_eq!(model.examples(), kept.examples());
    }

    #[test]
    fn the_same_examples_give_the_same_model() {
        assert_eq!(taught(5).weights(), taught(5).weights());
    }

    #[test]
    fn whatever_comes_probabilities_stay_probabilities() {
        let mut model = Propensity::new(2).unwrap();
        for nth in 0..500 {
            model.learn(&[1e6, -1e6], nth % 2 == 0);
            let p = model.probability(&[1e6, -1e6]);
            assert!((0.0..=1.0).contains(&p), "{p}");
        }
    }
}
