//! How well each estimator does on the Open Bandit Dataset, where the truth is known: two policies ran side by side.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::intervals::resampled;
use super::{
    Bias, Estimator, Family, Logged, OpenBandit, Outcome, Overlap, Policy, RewardModel, Round,
    estimate, tune,
};
use crate::params::positive;
use crate::{InsightError, Result};

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

/// One estimator's figures on a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its short name.
    pub estimator: String,
    /// The estimate from the whole log.
    pub outcome: Outcome,
    /// Mean of `|estimate − truth| / truth` over the runs; refused runs are left out.
    pub relative_error: f64,
    /// Standard deviation of the same.
    pub spread: f64,
    /// Runs that were refused.
    pub refused: u32,
}

/// One campaign: two logs and what the estimators make of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// For example `men`.
    pub name: String,
    /// Mean reward of the policy's own log: the truth.
    pub on_policy: f64,
    /// Mean reward of the log the estimators saw.
    pub logging: f64,
    /// What that log has to say about the policy.
    pub overlap: Overlap,
    /// The estimators.
    pub rows: Vec<Row>,
}

impl Campaign {
    /// The row of an estimator by its short name.
    pub fn row(&self, estimator: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.estimator == estimator)
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenBanditReport {
    /// The seed.
    pub seed: u64,
    /// Logs drawn for the relative errors.
    pub runs: u32,
    /// The campaigns.
    pub campaigns: Vec<Campaign>,
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

impl fmt::Display for OpenBanditReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "protocol  {} resampled logs, seed {}", self.runs, self.seed)?;
        for campaign in &self.campaigns {
            let Campaign { name, on_policy, logging, overlap, rows } = campaign;
            writeln!(
                f,
                "\n{name}: truth {on_policy:.5}, logging policy {logging:.5}; {} rows, {:.0} effective",
                overlap.rows, overlap.effective
            )?;
            writeln!(f, "{:<10} {:>14} {:>9}  estimate", "estimator", "relative error", "±")?;
            for row in rows {
                let Row { estimator, relative_error, spread, outcome, .. } = row;
                writeln!(f, "{estimator:<10} {relative_error:>14.4} {spread:>9.4}  {outcome}")?;
            }
        }
        Ok(())
    }
}
