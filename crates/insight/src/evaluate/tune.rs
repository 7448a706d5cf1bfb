//! The search for settings, one at a time, on the tuning window alone.

use super::scorers::{Fitted, Scorer, Weights};
use super::split::Task;
use super::{EvalParams, Hooks, measure, measure_some};
use crate::factors::Factors;
use crate::neighbours::ItemGraph;
use crate::params::TrainParams;
use crate::popularity::Popularity;

/// Weights of the blend where nothing is tuned.
pub(super) const START_WEIGHTS: Weights = [1.0, 0.5, 0.5, 0.05];

/// Mean NDCG of a scorer on the tuning window.
fn quality(task: &Task, scorer: &Scorer<'_>, params: &EvalParams) -> f64 {
    let people = measure(task, scorer, params.objective, params.at);
    people.iter().map(|person| person.ndcg).sum::<f64>() / people.len().max(1) as f64
}

/// Tries settings in order and keeps a later one only where it is better, so equals go to the first.
struct Search<'a> {
    task: &'a Task,
    params: &'a EvalParams,
    best: TrainParams,
}

impl Search<'_> {
    fn over<const N: usize>(
        &mut self,
        values: [f32; N],
        set: impl Fn(&mut TrainParams, f32),
        judge: impl Fn(&Task, &EvalParams, &TrainParams) -> f64,
    ) {
        let mut kept = f64::NEG_INFINITY;
        let start = self.best.clone();
        for value in values {
            let mut candidate = start.clone();
            set(&mut candidate, value);
            let found = judge(self.task, self.params, &candidate);
            if found > kept {
                kept = found;
                self.best = candidate;
            }
        }
    }
}

fn popularity(task: &Task, params: &EvalParams, train: &TrainParams) -> f64 {
    let fitted = Popularity::count(&task.train, &train.popularity, task.as_of_ms);
    quality(task, &Scorer::Popularity(&fitted), params)
}

fn similar(task: &Task, params: &EvalParams, train: &TrainParams) -> f64 {
    let fitted = ItemGraph::similar(&task.matrix, &train.neighbours.similar);
    quality(task, &Scorer::Similar(&fitted), params)
}

fn covisit(task: &Task, params: &EvalParams, train: &TrainParams) -> f64 {
    let fitted = ItemGraph::covisit(&task.train, &train.neighbours.covisit, task.as_of_ms);
    quality(task, &Scorer::Covisit(&fitted), params)
}

fn factors(task: &Task, params: &EvalParams, train: &TrainParams) -> f64 {
    let visitors = &task.train.visitors;
    let fitted = Factors::fit(&task.matrix, visitors, &train.factors, params.seed, &|_| {});
    quality(task, &Scorer::Factors(&fitted), params)
}

/// Settings of every model, then the blend's weights.
pub(super) fn search(task: &Task, params: &EvalParams, hooks: Hooks<'_>) -> (TrainParams, Weights) {
    let mut search = Search { task, params, best: params.train.clone() };
    let step = |done: f32| (hooks.progress)("tune", done);
    search.over(
        [7.0, 0.1, 0.3, 1.0, 3.0, 30.0, 365.0],
        |t, v| t.popularity.half_life_days = v,
        popularity,
    );
    step(0.05);
    search.over([0.4, 0.2, 0.3, 0.5, 0.7], |t, v| t.neighbours.similar.item_exponent = v, similar);
    search.over([0.5, 0.25, 0.75], |t, v| t.neighbours.similar.visitor_exponent = v, similar);
    search.over([0.8, 0.6, 1.0], |t, v| t.neighbours.similar.sharpening = v, similar);
    step(0.25);
    search.over([0.3, 0.0, 0.6], |t, v| t.neighbours.covisit.popularity_exponent = v, covisit);
    search.over([0.4, 0.1, 0.8], |t, v| t.neighbours.covisit.backward = v, covisit);
    search.over([14.0, 1.0, 4.0, 60.0], |t, v| t.neighbours.covisit.half_life_days = v, covisit);
    step(0.4);
    search.over([0.1, 0.01, 0.03, 0.3, 1.0], |t, v| t.factors.unobserved = v, factors);
    step(0.6);
    search.over([0.01, 0.003, 0.03, 0.1, 0.3], |t, v| t.factors.regularisation = v, factors);
    step(0.8);
    let weights = blend(task, params, &search.best, hooks);
    step(1.0);
    (search.best, weights)
}

/// People the blend is searched on, at most: it is tried more often than anything else.
const BLEND_PEOPLE: usize = 500;

/// Coordinate search of the weights, twice round, from the best of the parts alone and the usual mixture: on the
/// tuning window the blend is never worse than its best part.
fn blend(task: &Task, params: &EvalParams, train: &TrainParams, hooks: Hooks<'_>) -> Weights {
    let fitted = Fitted::fit(task, train, params.seed, Hooks { progress: &|_, _| {}, ..hooks });
    let step = task.people.len().div_ceil(BLEND_PEOPLE).max(1);
    let judge = |weights: Weights| {
        let scorer = Scorer::Blend(&fitted, weights);
        let people = measure_some(task, &scorer, params.objective, params.at, step);
        people.iter().map(|person| person.ndcg).sum::<f64>() / people.len().max(1) as f64
    };
    let mut weights = START_WEIGHTS;
    let mut kept = judge(weights);
    let mut try_weights = |candidate: Weights, weights: &mut Weights| {
        let found = judge(candidate);
        if found > kept {
            kept = found;
            *weights = candidate;
        }
    };
    for part in 0..4 {
        let mut alone = [0.0; 4];
        alone[part] = 1.0;
        try_weights(alone, &mut weights);
    }
    for _ in 0..2 {
        for part in [1, 2, 3, 0] {
            for value in [0.0, 0.05, 0.2, 0.5, 1.0, 2.0] {
                let mut candidate = weights;
                candidate[part] = value;
                try_weights(candidate, &mut weights);
            }
        }
    }
    weights
}
