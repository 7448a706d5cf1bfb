//! From evidence to a probability: a logistic regression (linfa) over the features of (text, need) pairs.

use linfa::prelude::{Dataset, Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::evidence::{FEATURES, Row};
use crate::{InsightError, Result};

/// A fitted link between evidence and probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Calibration {
    /// Which family of evidence it uses.
    pub(super) name: String,
    /// Weight of each feature; 0 where the family does not use it.
    weights: [f32; FEATURES],
    intercept: f32,
}

/// A pair's features and whether the text has the need.
pub(super) type Pair = (Row, bool);

/// Families of evidence that compete on held-out items.
pub(super) const FAMILIES: [(&str, [bool; FEATURES]); 5] = [
    ("naive Bayes", [true, true, false, false, false, false, false, false]),
    ("centroids", [false, false, true, true, false, false, false, false]),
    ("taxonomy words", [false, false, false, false, true, true, false, false]),
    ("linear machines", [false, false, false, false, false, false, true, true]),
    ("all evidence", [true; FEATURES]),
];

impl Calibration {
    /// Fits one family.
    pub(super) fn fit(family: (&str, [bool; FEATURES]), pairs: &[Pair]) -> Result<Self> {
        let used: Vec<usize> = (0..FEATURES).filter(|&feature| family.1[feature]).collect();
        let mut records = Array2::<f64>::zeros((pairs.len(), used.len()));
        for (row, (features, _)) in pairs.iter().enumerate() {
            for (column, &feature) in used.iter().enumerate() {
                records[[row, column]] = f64::from(features[feature]);
            }
        }
        let targets: Array1<bool> = pairs.iter().map(|pair| pair.1).collect();
        let dataset = Dataset::new(records, targets);
        let fail = |error: linfa_logistic::error::Error| InsightError::Fit {
            model: "needs",
            detail: error.to_string(),
        };
        let fitted = LogisticRegression::<f64>::default()
            .alpha(0.1)
            .max_iterations(200)
            .gradient_tolerance(1e-6)
            .fit(&dataset)
            .map_err(fail)?;
        let mut weights = [0_f32; FEATURES];
        for (&feature, &weight) in used.iter().zip(fitted.params()) {
            weights[feature] = weight as f32;
        }
        let name = family.0.to_owned();
        let upright = Self { name, weights, intercept: fitted.intercept() as f32 };
        // The library decides by counting which class is the positive one; the data say it without doubt.
        let flipped = Self {
            name: upright.name.clone(),
            weights: weights.map(|weight| -weight),
            intercept: -upright.intercept,
        };
        Ok(if flipped.log_loss(pairs) < upright.log_loss(pairs) { flipped } else { upright })
    }

    /// Probability that a text with these features has the need.
    pub(super) fn probability(&self, features: &Row) -> f32 {
        let sum: f32 = features.iter().zip(&self.weights).map(|(x, w)| x * w).sum();
        1.0 / (1.0 + (-(sum + self.intercept)).exp())
    }

    /// Mean negative log-likelihood; lower is better, a proper score of calibration.
    pub(super) fn log_loss(&self, pairs: &[Pair]) -> f64 {
        let sum: f64 = pairs
            .iter()
            .map(|(features, has)| {
                let p = f64::from(self.probability(features)).clamp(1e-7, 1.0 - 1e-7);
                if *has { -p.ln() } else { -(1.0 - p).ln() }
            })
            .sum();
        sum / pairs.len().max(1) as f64
    }
}
