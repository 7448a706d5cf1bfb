//! How well each estimator does on the Open Bandit Dataset, where the truth is known: two policies ran side by side.

mod report;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::intervals::resampled;
use super::{
    Bias, Estimator, Family, Logged, OpenBandit, Overlap, Policy, RewardModel, Round, estimate,
    tune,
};
use crate::params::positive;
use crate::{InsightError, Result};

use report::Row;
pub use report::{Campaign, OpenBanditReport};

/// How to measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpenBanditParams {
    /// Seed of resamples and folds.
    pub seed: u64,
    /// Logs drawn for the relative errors (obp's examples use 30).
    pub runs: u32,
    /// Logs drawn for the intervals.
    pub resamples: u32,
    /// Folds of the reward model.
    pub folds: u8,
    /// How many rows' worth an action's mean is drawn to the overall mean.
    pub strength: f64,
    /// Bounds tried for `DRos`, Switch-DR and clipped IPS.
    pub bounds: Vec<f64>,
    /// How the bias is estimated when a bound is chosen.
    pub bias: Bias,
}

impl Default for OpenBanditParams {
    fn default() -> Self {
        Self {
            seed: 7,
            runs: 30,
            resamples: 1_000,
            folds: 3,
            strength: 1_000.0,
            bounds: vec![1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1e3, 5e3, 1e4, 1e5],
            bias: Bias::StandardErrors { count: 1.0 },
        }
    }
}

/// Estimates, from each campaign's uniformly random log, the value of the policy that made its other log, known there
/// by action frequencies a position (`(name, random log, policy's log)`).
///
/// # Errors
/// A parameter out of range, or an empty log.
pub fn open_bandit(
    campaigns: &[(&str, &OpenBandit, &OpenBandit)],
    params: &OpenBanditParams,
) -> Result<OpenBanditReport> {
    positive("off_policy.runs", params.runs)?;
    let mut measured = Vec::new();
    for &(name, random, other) in campaigns {
        if random.log.is_empty() || other.on_policy() <= 0.0 {
            let detail = format!("{name} has no rows, or no rewards to compare with");
            return Err(InsightError::NothingToEvaluate(detail));
        }
        measured.push(campaign(name, random, other, params));
    }
    Ok(OpenBanditReport { seed: params.seed, runs: params.runs, campaigns: measured })
}

fn campaign(
    name: &str,
    random: &OpenBandit,
    other: &OpenBandit,
    params: &OpenBanditParams,
) -> Campaign {
    let shape = (random.positions.max(other.positions), random.actions.max(other.actions));
    let policy = Policy::empirical(&other.log, shape.0, shape.1);
    let truth = other.on_policy();
    let rounds = |log: &[Logged]| -> Vec<Round> {
        let model =
            RewardModel::cross_fitted(log, shape, params.strength, params.folds, params.seed);
        policy.rounds(log, &model)
    };
    let whole = rounds(&random.log);
    let runs: Vec<Vec<Option<f64>>> = (0..params.runs)
        .into_par_iter()
        .map(|run| {
            let rows = resampled(random.log.len(), params.seed, run);
            let drawn = rounds(&rows.map(|row| random.log[row]).collect::<Vec<_>>());
            let sound = Overlap::check(&drawn).is_ok();
            let value = |estimator: Estimator| sound.then(|| estimator.value(&drawn));
            estimators(&drawn, params).into_iter().map(value).collect()
        })
        .collect();
    let rows = estimators(&whole, params)
        .into_iter()
        .enumerate()
        .map(|(position, estimator)| {
            let errors: Vec<f64> = runs
                .iter()
                .filter_map(|run| run[position])
                .map(|value| (value - truth).abs() / truth)
                .collect();
            let count = errors.len().max(1) as f64;
            let mean = errors.iter().sum::<f64>() / count;
            let square = errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / count;
            Row {
                estimator: estimator.as_str().to_owned(),
                outcome: estimate(estimator, &whole, params.resamples, params.seed),
                relative_error: mean,
                spread: square.sqrt(),
                refused: params.runs - errors.len() as u32,
            }
        })
        .collect();
    Campaign {
        name: name.to_owned(),
        on_policy: truth,
        logging: random.on_policy(),
        overlap: Overlap::of(&whole),
        rows,
    }
}

/// All that can be asked of a policy that draws, bounds chosen on the rounds at hand.
fn estimators(rounds: &[Round], params: &OpenBanditParams) -> Vec<Estimator> {
    let chosen = |family| tune(family, &params.bounds, rounds, params.bias).estimator;
    vec![
        Estimator::Direct,
        Estimator::Ips { clip: f64::INFINITY },
        Estimator::SelfNormalisedIps,
        Estimator::DoublyRobust { clip: f64::INFINITY },
        Estimator::SelfNormalisedDoublyRobust,
        chosen(Family::Switch),
        chosen(Family::Shrunk),
    ]
}
