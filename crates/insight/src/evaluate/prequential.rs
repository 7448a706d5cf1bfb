//! Prequential replay of visits: for each next click predict, score, then learn, in the order things happened.
//!
//! Two ways of counting. *Full*: all items used in the last 24 hours are ranked, a label outside is a miss. *Sampled*:
//! the label against 50 others drawn by popularity from the clicks of the last hour (at most the newest 20,000), as in
//! the tables of CHAMELEON (de Souza Pereira Moreira et al., 2018); sampling re-orders models, so it is only there to be
//! compared with those tables. Ties count half. What models know may lag behind; what the visit itself did never does.

mod figures;
mod replay;
mod report;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Hooks;
use crate::formats::Visits;
use crate::params::{in_range, positive};
use crate::{InsightError, Result};

pub use report::{LagReport, Row, Stratum, StreamReport};

/// How far models lag behind the clicks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lag {
    /// A click is known this many milliseconds later.
    Ms(i64),
    /// The clicks of an hour are known when it ends.
    Hourly,
}

impl Lag {
    /// In words.
    pub fn describe(self) -> String {
        match self {
            Self::Ms(0) => "streaming".to_owned(),
            Self::Ms(ms) if ms % 60_000 == 0 => format!("{} min late", ms / 60_000),
            Self::Ms(ms) => format!("{} s late", ms / 1_000),
            Self::Hourly => "hour-batched".to_owned(),
        }
    }
}

/// How to replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StreamParams {
    /// Seed of the negatives and the bootstrap.
    pub seed: u64,
    /// One replay each.
    pub lags: Vec<Lag>,
    /// Hours before the first prediction counts; shorter where the data are.
    pub warm_up_hours: u32,
    /// Next clicks measured, about, evenly spread.
    pub measured: u32,
    /// Next clicks the ranker learns from, about, evenly spread.
    pub learnt: u32,
    /// Others the label is sampled against.
    pub negatives: u32,
    /// Clicks of a visit looked at.
    pub visit_length: u32,
    /// Bootstrap resamples, by visit.
    pub resamples: u32,
    /// Learning rate of the ranker.
    pub rate: f32,
}

impl Default for StreamParams {
    fn default() -> Self {
        Self {
            seed: 7,
            lags: vec![Lag::Ms(0), Lag::Hourly],
            warm_up_hours: 24,
            measured: 30_000,
            learnt: 300_000,
            negatives: 50,
            visit_length: 20,
            resamples: 1_000,
            rate: 0.08,
        }
    }
}

impl StreamParams {
    /// Checks every range.
    ///
    /// # Errors
    /// The first parameter outside its range.
    pub fn check(self) -> Result<Self> {
        positive("stream.measured", self.measured)?;
        positive("stream.learnt", self.learnt)?;
        positive("stream.negatives", self.negatives)?;
        positive("stream.resamples", self.resamples)?;
        in_range("stream.rate", self.rate, 1e-5, 10.0)?;
        in_range("stream.visit_length", self.visit_length as f32, 2.0, 1_000.0)?;
        Ok(self)
    }
}

/// Replays visits once a lag.
///
/// # Errors
/// Visits in which nobody went on to a second item.
pub fn replay(visits: &Visits, params: &StreamParams, hooks: Hooks<'_>) -> Result<StreamReport> {
    let order = replay::order(visits);
    let nexts = replay::next_clicks(visits, &order, params);
    if nexts == 0 {
        let detail = "no visit goes on to a second item".to_owned();
        return Err(InsightError::NothingToEvaluate(detail));
    }
    let started = (hooks.seconds)();
    (hooks.progress)("replay", 0.0);
    let lags: Vec<LagReport> = if params.lags.len() > 1 {
        let run = |lag: &Lag| replay::run(visits, &order, nexts, *lag, params, &|_| {});
        params.lags.par_iter().map(run).collect()
    } else {
        let progress = |share| (hooks.progress)("replay", share);
        params
            .lags
            .iter()
            .map(|lag| replay::run(visits, &order, nexts, *lag, params, &progress))
            .collect()
    };
    let seconds = (hooks.seconds)() - started;
    Ok(StreamReport::new(visits, params, nexts, lags, seconds))
}

#[cfg(test)]
mod tests;
