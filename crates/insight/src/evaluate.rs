//! An honest account: train on the past, choose on the next window, measure once on the last, over all live items.
//!
//! Protocol: one global cut in time (never per person, which would leak the future); every item live at the cut is
//! ranked, no sampled negatives; a label outside the live items is a miss; ties count half; two variants, `new` (items
//! the person had used are taken out of list and labels) and `all` (service pages are rightly used again);
//! hyper-parameters are chosen on the tuning window alone; intervals are 95 % bootstrap over people.

mod metrics;
mod report;
mod scorers;
mod split;
mod tune;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::interactions::Interactions;
use crate::params::{TrainParams, in_range, positive};
use crate::{InsightError, Result};

pub(crate) use metrics::{Mean, mean_of};
use scorers::{Fitted, Scorer};
use split::{Phase, Task};

pub use metrics::Estimate;
pub use report::{Entry, Report};
pub use split::Split;

/// How to measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvalParams {
    /// Seed of the hold-out (where there are no times), the sample of people, the bootstrap and the factors.
    pub seed: u64,
    /// Length of the list.
    pub at: u32,
    /// Share of the uses, by time, that is the test window.
    pub test_share: f32,
    /// Share of the uses before it that is the tuning window.
    pub tune_share: f32,
    /// People measured at most, a seeded sample.
    pub max_people: u32,
    /// People measured at most for each setting tried while tuning.
    pub max_tuning_people: u32,
    /// Bootstrap resamples.
    pub resamples: u32,
    /// Whether to search settings on the tuning window; otherwise `train` is used as it is.
    pub tune: bool,
    /// Which variant tuning looks at.
    pub objective: Variant,
    /// Where training starts from.
    pub train: TrainParams,
}

impl Default for EvalParams {
    fn default() -> Self {
        Self {
            seed: 7,
            at: 20,
            test_share: 0.2,
            tune_share: 0.15,
            max_people: 20_000,
            max_tuning_people: 2_000,
            resamples: 1_000,
            tune: true,
            objective: Variant::New,
            train: TrainParams::default(),
        }
    }
}

impl EvalParams {
    /// Checks every range.
    ///
    /// # Errors
    /// The first parameter outside its range.
    pub fn check(self) -> Result<ValidEvalParams> {
        in_range("evaluate.at", self.at as f32, 1.0, 1_000.0)?;
        in_range("evaluate.test_share", self.test_share, 0.01, 0.9)?;
        in_range("evaluate.tune_share", self.tune_share, 0.01, 0.9)?;
        positive("evaluate.max_people", self.max_people)?;
        positive("evaluate.max_tuning_people", self.max_tuning_people)?;
        positive("evaluate.resamples", self.resamples)?;
        self.train.clone().check()?;
        Ok(ValidEvalParams(self))
    }
}

/// Parameters that passed [`EvalParams::check`].
#[derive(Clone, Debug, PartialEq)]
pub struct ValidEvalParams(EvalParams);

/// Whether what a person had used before may be in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// Only items new to the person.
    #[default]
    New,
    /// All items.
    All,
}

impl Variant {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::All => "all",
        }
    }
}

/// What the caller lends: a progress bar and a stopwatch. The stopwatch only fills [`Report::seconds`].
#[derive(Clone, Copy)]
pub struct Hooks<'a> {
    /// What is being done, and the share of it done, 0 to 1.
    pub progress: &'a dyn Fn(&str, f32),
    /// Seconds (CPU or wall, the caller decides) since any fixed moment.
    pub seconds: &'a dyn Fn() -> f64,
}

impl Default for Hooks<'_> {
    fn default() -> Self {
        Self { progress: &|_, _| {}, seconds: &|| 0.0 }
    }
}

impl std::fmt::Debug for Hooks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hooks")
    }
}

/// Measures popularity, item-kNN, ALS, co-visitation and their blend on one data set.
///
/// # Errors
/// Interactions that contradict themselves, or too few to have people with a past and a future.
pub fn evaluate(
    interactions: &Interactions,
    params: &ValidEvalParams,
    hooks: Hooks<'_>,
) -> Result<Report> {
    let params = &params.0;
    interactions.check()?;
    (hooks.progress)("prepare", 0.0);
    let weighting = &params.train.weighting;
    let (human, robots, robot_uses) = interactions.without_robots(weighting.robot_uses_per_day);
    let table = human.canonical();
    let split = Split::of(&table, params)?;

    let started = (hooks.seconds)();
    let tuning = split.task(&table, Phase::Tune, params);
    let (train, weights) = if params.tune && !tuning.people.is_empty() {
        tune::search(&tuning, params, hooks)
    } else {
        (params.train.clone(), tune::START_WEIGHTS)
    };
    let tuned = (hooks.seconds)();

    (hooks.progress)("fit", 0.0);
    let task = split.task(&table, Phase::Test, params);
    if task.people.is_empty() {
        let detail = "nobody has uses both before and after the cut".to_owned();
        return Err(InsightError::NothingToEvaluate(detail));
    }
    let fitted = Fitted::fit(&task, &train, params.seed, hooks);
    (hooks.progress)("measure", 0.0);
    let mut entries = Vec::new();
    for (position, scorer) in fitted.scorers(weights).iter().enumerate() {
        for variant in [Variant::New, Variant::All] {
            let people = measure(&task, scorer, variant, params.at);
            entries.push(Entry {
                model: scorer.name().to_owned(),
                variant,
                people: people.len(),
                settings: scorer.settings(&train),
                recall: Estimate::bootstrap(&people, |p| p.recall, params),
                ndcg: Estimate::bootstrap(&people, |p| p.ndcg, params),
            });
        }
        (hooks.progress)("measure", (position + 1) as f32 / 5.0);
    }
    let measured = (hooks.seconds)();
    Ok(Report {
        at: params.at,
        seed: params.seed,
        split: split.describe(),
        items: table.items.len(),
        visitors: table.visitors.len(),
        uses: table.rows.len(),
        robots,
        robot_uses,
        train_uses: task.train.rows.len(),
        live_items: task.live.iter().filter(|&&live| live).count(),
        tuned: params.tune && !tuning.people.is_empty(),
        tuning_people: tuning.people.len(),
        returning: task.returning,
        newcomers: task.newcomers,
        labels: task.labels(),
        dead_labels: task.dead_labels(),
        entries,
        seconds: vec![
            ("tune".to_owned(), tuned - started),
            ("fit and measure".to_owned(), measured - tuned),
        ],
    })
}

/// Metrics of every person with at least one label in the variant, in order of people.
fn measure(task: &Task, scorer: &Scorer<'_>, variant: Variant, at: u32) -> Vec<Mean> {
    measure_some(task, scorer, variant, at, 1)
}

/// The same for every `step`-th person.
fn measure_some(
    task: &Task,
    scorer: &Scorer<'_>,
    variant: Variant,
    at: u32,
    step: usize,
) -> Vec<Mean> {
    task.people
        .par_iter()
        .step_by(step)
        .map_init(
            || (vec![0_f32; task.train.items.len()], Vec::new()),
            |(scores, buffer), person| {
                let labels = person.labels(variant);
                if labels.is_empty() {
                    return None;
                }
                scorer.score(task.history(person.visitor), scores, buffer);
                for (score, &live) in scores.iter_mut().zip(&task.live) {
                    if !live {
                        *score = f32::NEG_INFINITY;
                    }
                }
                if variant == Variant::New {
                    for &item in &person.seen {
                        scores[item as usize] = f32::NEG_INFINITY;
                    }
                }
                Some(mean_of(scores, labels, at))
            },
        )
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests;
