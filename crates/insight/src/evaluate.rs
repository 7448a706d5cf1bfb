//! An honest account: train on the past, choose on the next window, measure once on the last, over all live items.
//!
//! Protocol: one global cut in time (never per person, which would leak the future); every item live at the cut is
//! ranked, no sampled negatives; a label outside the live items is a miss; ties count half; two variants, `new` (items
//! the person had used are taken out of list and labels) and `all` (service pages are rightly used again);
//! hyper-parameters are chosen on the tuning window alone; intervals are 95 % bootstrap over people.

mod blend;
mod held_out;
mod metrics;
pub mod prequential;
mod report;
mod signals;
mod split;
mod tune;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use vocab::{ItemId, VisitorId};

use crate::graph_filter::ItemSpectrum;
use crate::interactions::Interactions;
use crate::params::{TrainParams, in_range, positive};
use crate::{InsightError, Result};

use blend::Weights;
pub(crate) use metrics::{Mean, mean_of};
use signals::{BATCH, Fitted, Scratch, Signal};
use split::{Given, Phase, Task};

pub use held_out::{HeldOut, MIN_PEOPLE, Ndcg};
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

/// Measures every model that has a place in one data set, and their blend.
///
/// # Errors
/// Interactions that contradict themselves, or too few to have people with a past and a future.
pub fn evaluate(
    interactions: &Interactions,
    params: &ValidEvalParams,
    hooks: Hooks<'_>,
) -> Result<Report> {
    evaluate_split(interactions, None, params, hooks)
}

/// The same where the test pairs are given, as published tables do: everything else is for training and tuning, every
/// person with a test pair is measured, known or not, and the mean is over all of them.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_given(
    interactions: &Interactions,
    test: &[(VisitorId, ItemId)],
    params: &ValidEvalParams,
    hooks: Hooks<'_>,
) -> Result<Report> {
    evaluate_split(interactions, Some(test), params, hooks)
}

fn evaluate_split(
    interactions: &Interactions,
    test: Option<&[(VisitorId, ItemId)]>,
    params: &ValidEvalParams,
    hooks: Hooks<'_>,
) -> Result<Report> {
    let params = &params.0;
    interactions.check()?;
    (hooks.progress)("prepare", 0.0);
    let weighting = &params.train.weighting;
    let (human, robots, robot_uses) = interactions.without_robots(weighting.robot_uses_per_day);
    let table = human.canonical();
    let given: Given = test.map(|pairs| {
        let position = |(visitor, item): &(VisitorId, ItemId)| {
            let visitor = table.visitors.binary_search(visitor).ok()?;
            Some((visitor as u32, table.items.binary_search(item).ok()? as u32))
        };
        pairs.iter().filter_map(position).collect()
    });
    let split = Split::of(&table, &given, params)?;

    let started = (hooks.seconds)();
    let tuning = split.task(&table, &given, Phase::Tune, params);
    let tuned =
        (params.tune && !tuning.people.is_empty()).then(|| tune::search(&tuning, params, hooks));
    let train = tuned.as_ref().map_or(&params.train, |tuned| &tuned.train);
    let searched = (hooks.seconds)();

    (hooks.progress)("fit", 0.0);
    let task = split.task(&table, &given, Phase::Test, params);
    if task.people.is_empty() {
        let detail = "nobody has uses both before and after the cut".to_owned();
        return Err(InsightError::NothingToEvaluate(detail));
    }
    let filter = &train.offline.graph_filter;
    let graph = ItemSpectrum::fit(&task.matrix, filter.rank, filter.rounds, params.seed);
    let fitted = Fitted::fit(&task, &graph, train, params.seed, &|share| {
        (hooks.progress)("fit", share);
    });
    let signals = fitted.signals();
    let weights = match &tuned {
        Some(tuned) => tuned.weights.clone(),
        None => Weights::start(&signals),
    };
    (hooks.progress)("measure", 0.0);
    let found = measure_all(&task, &fitted, &weights, params.at, &|share| {
        (hooks.progress)("measure", share);
    });
    let entries = entries(&signals, train, &weights, &found, params);
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
        tuned: tuned.is_some(),
        chosen: tuned.as_ref().map(|tuned| tuned.train.clone()),
        tuning_people: tuning.people.len(),
        returning: task.returning,
        newcomers: task.newcomers,
        labels: task.labels(),
        dead_labels: task.dead_labels(),
        entries,
        seconds: vec![
            ("tune".to_owned(), searched - started),
            ("fit and measure".to_owned(), measured - searched),
        ],
    })
}

/// The figures of every model and of the blend, in both variants.
fn entries(
    signals: &[Signal],
    train: &TrainParams,
    weights: &Weights,
    found: &[Found],
    params: &EvalParams,
) -> Vec<Entry> {
    let models =
        signals.iter().map(|signal| (signal.name(), signal.settings(train), signal.is_model()));
    let models = models.chain([("blend", weights.describe(), true)]);
    let mut entries = Vec::new();
    for (nth, (name, settings, _)) in models.enumerate().filter(|(_, model)| model.2) {
        for (which, variant) in [Variant::New, Variant::All].into_iter().enumerate() {
            let of = |person: &Found| person[which].as_ref().map(|all| all[nth]);
            let people: Vec<Mean> = found.iter().filter_map(of).collect();
            entries.push(Entry {
                model: name.to_owned(),
                variant,
                people: people.len(),
                settings: settings.clone(),
                recall: Estimate::bootstrap(&people, |p| p.recall, params),
                ndcg: Estimate::bootstrap(&people, |p| p.ndcg, params),
            });
        }
    }
    entries
}

/// One person's figures in the variants `new` and `all`: a figure a signal, then the blend's; `None` without labels.
type Found = [Option<Vec<Mean>>; 2];

fn measure_all(
    task: &Task,
    fitted: &Fitted<'_>,
    weights: &Weights,
    at: u32,
    progress: &dyn Fn(f32),
) -> Vec<Found> {
    /// People between two reports of progress.
    const STRIDE: usize = 64 * BATCH;
    let mut all = Vec::with_capacity(task.people.len());
    for people in task.people.chunks(STRIDE) {
        let found: Vec<Vec<Found>> = people
            .par_chunks(BATCH)
            .map_init(Scratch::default, |scratch, batch| {
                let rows: Vec<u32> = batch.iter().map(|person| person.visitor).collect();
                let items = task.matrix.columns();
                let mut signals = fitted.score(task, &rows, scratch);
                signals.push(blend::mix(&signals, items, weights));
                let mut buffer = Vec::new();
                let mut figures = |row: usize, person: &split::Person, variant: Variant| {
                    (!person.labels(variant).is_empty()).then(|| {
                        let of = |scores: &Vec<f32>| {
                            buffer.clear();
                            buffer.extend_from_slice(&scores[row * items..(row + 1) * items]);
                            place(task, person, variant, &mut buffer, at)
                        };
                        signals.iter().map(of).collect::<Vec<Mean>>()
                    })
                };
                let both = |(row, person): (usize, &split::Person)| {
                    let new = figures(row, person, Variant::New);
                    // Without times nothing is used twice: both variants are one.
                    let all = if task.has_times {
                        figures(row, person, Variant::All)
                    } else {
                        new.clone()
                    };
                    [new, all]
                };
                batch.iter().enumerate().map(both).collect()
            })
            .collect();
        all.extend(found.into_iter().flatten());
        progress(all.len() as f32 / task.people.len() as f32);
    }
    all
}

/// Takes out what is no candidate and ranks.
fn place(
    task: &Task,
    person: &split::Person,
    variant: Variant,
    scores: &mut [f32],
    at: u32,
) -> Mean {
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
    mean_of(scores, person.labels(variant), at)
}

/// Figures of one model for every person with at least one label in the variant, in order of people. `score` gives a
/// row of scores a person of a batch.
fn measure(
    task: &Task,
    score: &(dyn Fn(&[u32], &mut Scratch) -> Vec<f32> + Sync),
    variant: Variant,
    at: u32,
) -> Vec<Mean> {
    let items = task.matrix.columns();
    task.people
        .par_chunks(BATCH)
        .map_init(Scratch::default, |scratch, batch| {
            let rows: Vec<u32> = batch.iter().map(|person| person.visitor).collect();
            let mut scores = score(&rows, scratch);
            let people = batch.iter().zip(scores.chunks_exact_mut(items));
            people
                .filter(|(person, _)| !person.labels(variant).is_empty())
                .map(|(person, scores)| place(task, person, variant, scores, at))
                .collect::<Vec<Mean>>()
        })
        .flatten_iter()
        .collect()
}

#[cfg(test)]
mod tests;
