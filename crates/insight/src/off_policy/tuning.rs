//! The bound of an estimator chosen by its estimated mean squared error, from the same log.
//!
//! Su, Dimakopoulou, Krishnamurthy, Dudík, *Doubly Robust Off-Policy Evaluation with Shrinkage* (ICML 2020), section 5
//! and page 17: sample variance plus the square of the bias, the bias direct or with its upper confidence bound.

use serde::{Deserialize, Serialize};

use super::{Estimator, Round};

/// Estimators with a bound to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Clipped IPS.
    Ips,
    /// Clipped doubly robust.
    DoublyRobust,
    /// Switch-DR.
    Switch,
    /// `DRos`.
    Shrunk,
}

impl Family {
    /// The member with that bound.
    pub fn with(self, bound: f64) -> Estimator {
        match self {
            Self::Ips => Estimator::Ips { clip: bound },
            Self::DoublyRobust => Estimator::DoublyRobust { clip: bound },
            Self::Switch => Estimator::SwitchDoublyRobust { threshold: bound },
            Self::Shrunk => Estimator::ShrunkDoublyRobust { lambda: bound },
        }
    }
}

/// How the bias is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bias {
    /// The mean of what the bound takes away.
    Direct,
    /// That plus so many of its standard errors: an asymptotic upper bound. Under a fraction of a per cent of clicks
    /// the direct estimate is mostly noise and the Bernstein bound says nothing; this stays informative.
    StandardErrors {
        /// How many.
        count: f64,
    },
    /// That plus its Bernstein bound, for rewards of 0 to 1: cautious, prefers large bounds.
    UpperBound {
        /// Probability that the bound does not hold.
        delta: f64,
    },
}

/// The chosen estimator and the scores of all that were tried, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned {
    /// The one with the lowest score; of equals the one that restrains least.
    pub estimator: Estimator,
    /// Estimated mean squared errors.
    pub scores: Vec<f64>,
}

/// Tries all `bounds`; with none, the unbounded member.
pub fn tune(family: Family, bounds: &[f64], rounds: &[Round], bias: Bias) -> Tuned {
    let scores: Vec<f64> =
        bounds.iter().map(|&bound| squared_error(family.with(bound), rounds, bias)).collect();
    let best = (0..bounds.len())
        .min_by(|&a, &b| scores[a].total_cmp(&scores[b]).then(bounds[b].total_cmp(&bounds[a])));
    let bound = best.map_or(f64::INFINITY, |best| bounds[best]);
    Tuned { estimator: family.with(bound), scores }
}

fn squared_error(estimator: Estimator, rounds: &[Round], bias: Bias) -> f64 {
    let count = rounds.len().max(1) as f64;
    let contributions = estimator.contributions(rounds);
    let mean = contributions.iter().sum::<f64>() / count;
    let variance = mean_square(&contributions, mean);
    let with_model = !matches!(estimator, Estimator::Ips { .. });
    let taken: Vec<f64> = rounds
        .iter()
        .map(|round| {
            let guess = if with_model { round.guess } else { 0.0 };
            (round.weight - estimator.restrained(round.weight)) * (round.reward - guess)
        })
        .collect();
    let bias_mean = taken.iter().sum::<f64>() / count;
    let margin = match bias {
        Bias::Direct => 0.0,
        Bias::StandardErrors { count: errors } => {
            errors * (mean_square(&taken, bias_mean) / count).sqrt()
        }
        Bias::UpperBound { delta } => {
            let logarithm = (2.0 / delta).ln();
            let square = rounds.iter().map(|round| round.weight.powi(2)).sum::<f64>() / count;
            let highest = rounds.iter().map(|round| round.weight).fold(0.0, f64::max);
            (2.0 * square * logarithm / count).sqrt() + 2.0 * highest * logarithm / (3.0 * count)
        }
    };
    variance / count + (bias_mean.abs() + margin).powi(2)
}

/// Mean square of the distances from `mean`.
fn mean_square(values: &[f64], mean: f64) -> f64 {
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len().max(1) as f64
}
