//! The figure a training is judged by before it may serve: the newest tenth of the uses predicted from the others.
//!
//! Its cost is bounded however large the data are: at most about 50,000 visitors are learnt from and 2,000 people
//! measured, both seeded samples, and only what is served is fitted (factors, both neighbour lists, popularity), with
//! the settings as they are. The weights of the blend are found on a third of the people, at most 1,000, and the figures
//! are of the others. It is a check, not the full account of [`super::evaluate`].

use serde::{Deserialize, Serialize};

use super::blend::{mix, search};
use super::signals::{Fitted, Model, Scratch, Signal};
use super::split::{Person, Phase, Split, Task};
use super::{EvalParams, Mean, Variant, measure};
use crate::interactions::Interactions;
use crate::models::Meta;
use crate::params::TrainParams;

/// Share of the uses, by time, that is held out.
const SHARE: f32 = 0.1;
/// Length of the lists measured.
const AT: u32 = 20;
/// People at most: every third is for the weights, the others are measured.
const MAX_PEOPLE: u32 = 3_000;
/// Of so many people one is for the weights.
const FOR_WEIGHTS: usize = 3;
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
    /// People measured: who used something new to them in it, had used something before, and are not for the weights.
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
        let mut task = split.task(&table, &None, Phase::Test, &params);
        let all = std::mem::take(&mut task.people).into_iter();
        let with_labels = all.filter(|person| !person.labels(Variant::New).is_empty());
        let (mut for_weights, mut measured) = (Vec::new(), Vec::new());
        for (nth, person) in with_labels.enumerate() {
            let side = if nth % FOR_WEIGHTS == 0 { &mut for_weights } else { &mut measured };
            side.push(person);
        }
        let people = measured.len();
        let ndcg = (people >= MIN_PEOPLE).then(|| ndcg(task, [for_weights, measured], &params));
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

/// The figures of the people measured, with weights found on the others.
fn ndcg(mut task: Task, [for_weights, measured]: [Vec<Person>; 2], params: &EvalParams) -> Ndcg {
    let fit = |signal| {
        let model = Model::fit(signal, &task, &params.train, params.seed)?;
        Some((signal, model))
    };
    let fitted = Fitted { models: SERVED.into_iter().filter_map(fit).collect() };
    task.people = for_weights;
    let weights = search(&task, &fitted, params);
    task.people = measured;
    let (task, items) = (&task, task.matrix.columns());
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
