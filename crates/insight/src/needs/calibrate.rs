//! From evidence to a probability: a logistic regression over the features of (text, need) pairs.
//!
//! With at most eight features Newton's method needs some ten rounds. `linfa-logistic` 0.8.1 (L-BFGS) never ends where a
//! family of evidence says nothing about any pair: its line search goes on with NaN.

use linfa_linalg::cholesky::SolveC;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use super::evidence::{FEATURES, Row};

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

/// Rounds of Newton's method, at most.
const ROUNDS: usize = 50;
/// Ridge on the weights, not on the intercept.
const RIDGE: f64 = 0.1;

impl Calibration {
    /// Fits one family: Newton's method on the log-loss with a small ridge, which has one minimum whatever the features
    /// are, and none of whose steps makes it worse.
    pub(super) fn fit(family: (&str, [bool; FEATURES]), pairs: &[Pair]) -> Self {
        let used: Vec<usize> = (0..FEATURES).filter(|&feature| family.1[feature]).collect();
        let size = used.len() + 1;
        let mut at = Array1::<f64>::zeros(size);
        let mut loss = penalised(pairs, &used, &at);
        for _ in 0..ROUNDS {
            let (gradient, mut curvature) = derivatives(pairs, &used, &at);
            // Where rounding leaves nothing to solve, what is reached is as good as it gets.
            let Ok(step) = curvature.solvec(&gradient.insert_axis(Axis(1))) else { break };
            let step = step.remove_axis(Axis(1));
            let mut share = 1.0;
            let better = loop {
                let next = &at - &(&step * share);
                let found = penalised(pairs, &used, &next);
                if found < loss {
                    break Some((next, found));
                }
                share /= 2.0;
                if share < 1e-6 {
                    break None;
                }
            };
            let Some((next, found)) = better else { break };
            let gained = loss - found;
            (at, loss) = (next, found);
            if gained <= 1e-10 * loss {
                break;
            }
        }
        let mut weights = [0_f32; FEATURES];
        for (&feature, &weight) in used.iter().zip(&at) {
            weights[feature] = weight as f32;
        }
        Self { name: family.0.to_owned(), weights, intercept: at[size - 1] as f32 }
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

/// The used features of a pair, and 1 for the intercept.
fn values<'a>(row: &'a Row, used: &'a [usize]) -> impl Iterator<Item = f64> + 'a {
    used.iter().map(|&feature| f64::from(row[feature])).chain([1.0])
}

/// Log-loss over all pairs and the ridge: what is minimised.
fn penalised(pairs: &[Pair], used: &[usize], at: &Array1<f64>) -> f64 {
    let weights = at.iter().take(used.len());
    let ridge = weights.map(|weight| weight * weight).sum::<f64>() * RIDGE / 2.0;
    let loss = |(row, has): &Pair| {
        let sum: f64 = values(row, used).zip(at).map(|(value, weight)| value * weight).sum();
        let against = if *has { -sum } else { sum };
        // ln(1 + eˣ) without overflow.
        against.max(0.0) + (-against.abs()).exp().ln_1p()
    };
    pairs.iter().map(loss).sum::<f64>() + ridge
}

/// Gradient and second derivatives of [`penalised`].
fn derivatives(pairs: &[Pair], used: &[usize], at: &Array1<f64>) -> (Array1<f64>, Array2<f64>) {
    let size = at.len();
    let (mut gradient, mut curvature) = (Array1::zeros(size), Array2::zeros((size, size)));
    let mut point = vec![0.0; size];
    for (row, has) in pairs {
        point.iter_mut().zip(values(row, used)).for_each(|(to, value)| *to = value);
        let sum: f64 = point.iter().zip(at).map(|(value, weight)| value * weight).sum();
        let p = 1.0 / (1.0 + (-sum).exp());
        let (off, spread) = (p - f64::from(u8::from(*has)), p * (1.0 - p));
        for (i, &value) in point.iter().enumerate() {
            gradient[i] += off * value;
            for (j, &other) in point.iter().enumerate().take(i + 1) {
                curvature[[i, j]] += spread * value * other;
            }
        }
    }
    for i in 0..size {
        // The intercept has almost none, so that the equations can always be solved.
        let ridge = if i + 1 < size { RIDGE } else { 1e-9 };
        gradient[i] += if i + 1 < size { RIDGE * at[i] } else { 0.0 };
        curvature[[i, i]] += ridge;
        for j in 0..i {
            curvature[[j, i]] = curvature[[i, j]];
        }
    }
    (gradient, curvature)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(first: f32, has: bool) -> Pair {
        let mut row = [0.0; FEATURES];
        row[0] = first;
        (row, has)
    }

    #[test]
    fn it_finds_the_minimum_of_a_known_problem() {
        // No information: the intercept is the logarithm of the odds, 1 to 3, and every weight is 0.
        let pairs: Vec<Pair> = (0..400).map(|n| pair(0.0, n % 4 == 0)).collect();
        for family in FAMILIES {
            let fitted = Calibration::fit(family, &pairs);
            assert!((fitted.probability(&pairs[0].0) - 0.25).abs() < 1e-5, "{fitted:?}");
        }
    }

    #[test]
    fn evidence_that_separates_everything_or_is_enormous_ends_too() {
        for scale in [1e-6, 1.0, 1e4] {
            let pairs: Vec<Pair> =
                (0..200).map(|n| pair((n as f32 - 100.0) * scale, n >= 100)).collect();
            let fitted = Calibration::fit(FAMILIES[0], &pairs);
            assert!(fitted.weights.iter().all(|weight| weight.is_finite()), "{fitted:?}");
            assert!(fitted.weights[0] >= 0.0, "{fitted:?}");
        }
        let all: Vec<Pair> = (0..50).map(|n| pair(n as f32, true)).collect();
        assert!(Calibration::fit(FAMILIES[4], &all).probability(&all[3].0) > 0.9);
        assert!(Calibration::fit(FAMILIES[4], &[]).intercept.is_finite());
    }
}
