//! The figure a training is judged by before it may serve: the newest tenth of the uses predicted from the others.
//!
//! Its cost is bounded however large the data are: at most 50,000 visitors are learnt from and at most 2,000 people
//! measured, both seeded samples, and only what is served is fitted (factors, both neighbour lists, popularity), with
//! the usual weights and no search. It is a check, not the full account of [`super::evaluate`].

use serde::{Deserialize, Serialize};

use super::blend::{Weights, mix};
use super::signals::{Fitted, Model, Scratch, Signal};
use super::split::{Phase, Split, Task};
use super::{EvalParams, Mean, Variant, measure};
use crate::interactions::Interactions;
use crate::models::Meta;
use crate::params::TrainParams;

/// Share of the uses, by time, that is held out.
const SHARE: f32 = 0.1;
/// Length of the lists measured.
const AT: u32 = 20;
/// People measured at most.
const MAX_PEOPLE: u32 = 2_000;
/// Visitors learnt from, about, at most.
const MAX_VISITORS: usize = 50_000;
/// With fewer people the figures are mostly noise and nothing is judged.
pub const MIN_PEOPLE: usize = 200;
/// What is served.
const SERVED: [Signal; 4] =
    [Signal::Popularity, Signal::ItemNeighbours, Signal::CoVisitation, Signal::Factors];

/// What the newest tenth of the uses says of a training of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// People who used something new to them in it, and had used something before; those measured, where it is judged.
    pub people: usize,
    /// The figures; `None` with fewer than [`MIN_PEOPLE`] people, or where uses have no times.
    pub ndcg: Option<Ndcg>,
}

/// NDCG@20 over items new to the person, mean over people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ndcg {
    /// Of the blend of everything that is served.
    pub blend: f64,
    /// Of popularity alone.
    pub popularity: f64,
}

impl HeldOut {
    /// Measures on a canonical table without robots.
    pub(crate) fn measure(table: &Interactions, train: &TrainParams) -> Self {
        let params = EvalParams {
            seed: train.seed,
            at: AT,
            test_share: SHARE,
            max_people: MAX_PEOPLE,
            tune: false,
            train: train.clone(),
            ..EvalParams::default()
        };
        let table = sample(table, train.seed, MAX_VISITORS);
        let Ok(split @ Split::Time { .. }) = Split::of(&table, &None, &params) else {
            return Self::default();
        };
        let task = split.task(&table, &None, Phase::Test, &params);
        let with_labels = |person: &&super::split::Person| !person.labels(Variant::New).is_empty();
        let people = task.people.iter().filter(with_labels).count();
        let ndcg = (people >= MIN_PEOPLE).then(|| ndcg(&task, train));
        Self { people, ndcg }
    }

    /// As it is kept in [`Meta::metrics`].
    pub(crate) fn metrics(&self) -> Vec<(String, f64)> {
        let mut metrics = vec![("held_out.people".to_owned(), self.people as f64)];
        if let Some(ndcg) = self.ndcg {
            metrics.push(("held_out.ndcg.blend".to_owned(), ndcg.blend));
            metrics.push(("held_out.ndcg.popularity".to_owned(), ndcg.popularity));
        }
        metrics
    }

    /// What a training found; `None` of one before trainings measured it.
    pub fn of(meta: &Meta) -> Option<Self> {
        let people = meta.metric("held_out.people")? as usize;
        let found = (meta.metric("held_out.ndcg.blend"), meta.metric("held_out.ndcg.popularity"));
        let ndcg = match found {
            (Some(blend), Some(popularity)) => Some(Ndcg { blend, popularity }),
            _ => None,
        };
        Some(Self { people, ndcg })
    }
}

impl std::fmt::Display for HeldOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let people = self.people;
        match self.ndcg {
            Some(Ndcg { blend, popularity }) => write!(
                f,
                "newest tenth of the uses, {people} people: NDCG@{AT} {blend:.4}, of popularity {popularity:.4}"
            ),
            None => write!(
                f,
                "not judged: {people} people came back to something new in the newest tenth of the uses, \
                 at least {MIN_PEOPLE} needed"
            ),
        }
    }
}

fn ndcg(task: &Task, train: &TrainParams) -> Ndcg {
    let fit = |signal| Model::fit(signal, task, train, train.seed).map(|model| (signal, model));
    let fitted = Fitted { models: SERVED.into_iter().filter_map(fit).collect() };
    let signals: Vec<Signal> = fitted.models.iter().map(|model| model.0).collect();
    let (weights, items) = (Weights::start(&signals), task.matrix.columns());
    let blend = |people: &[u32], scratch: &mut Scratch| {
        mix(&fitted.score(task, people, scratch), items, &weights)
    };
    let popularity = |people: &[u32], scratch: &mut Scratch| {
        let first = fitted.models.first();
        first.map_or_else(Vec::new, |(_, model)| {
            let [scores, _] = model.score(task, people, scratch);
            scores
        })
    };
    let mean = |score: &(dyn Fn(&[u32], &mut Scratch) -> Vec<f32> + Sync)| {
        let found: Vec<Mean> = measure(task, score, Variant::New, AT);
        found.iter().map(|person| person.ndcg).sum::<f64>() / found.len().max(1) as f64
    };
    Ndcg { blend: mean(&blend), popularity: mean(&popularity) }
}

/// About `most` visitors with all they used; which ones depends on their ids and the seed alone.
fn sample(table: &Interactions, seed: u64, most: usize) -> Interactions {
    if table.visitors.len() <= most {
        return table.clone();
    }
    let share = most as f32 / table.visitors.len() as f32;
    let stays: Vec<bool> = table
        .visitors
        .iter()
        .map(|visitor| super::split::share_of(visitor.0, 0, seed) < share)
        .collect();
    let rows = table.rows.iter().filter(|row| stays[row.visitor as usize]).copied().collect();
    let (items, visitors) = (table.items.clone(), table.visitors.clone());
    Interactions { items, visitors, rows }.canonical()
}

#[cfg(test)]
mod tests;
