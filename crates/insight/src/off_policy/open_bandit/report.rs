//! The report: each campaign's truth, what its random log has to say, and how near every estimator came.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::off_policy::{Outcome, Overlap};

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
