//! The search for settings, one at a time, on the tuning window alone.

use super::blend::{self, Weights};
use super::signals::{Fitted, Model, Signal};
use super::split::Task;
use super::{EvalParams, Hooks, measure};
use crate::graph_filter::ItemSpectrum;
use crate::params::TrainParams;

/// Rounds over the factors while settings are tried; the winner is fitted with all of its own.
const SEARCH_EPOCHS: u32 = 8;

/// What tuning chose, and what it fitted on the way.
pub(super) struct Tuned {
    pub(super) train: TrainParams,
    pub(super) weights: Weights,
}

/// Tries settings in order and keeps a later one only where it is better, so equals go to the first.
struct Search<'a> {
    task: &'a Task,
    graph: &'a ItemSpectrum,
    params: &'a EvalParams,
    best: TrainParams,
}

impl Search<'_> {
    /// Mean NDCG of one signal under some settings; nothing where the data have no place for it.
    fn quality(&self, signal: Signal, train: &TrainParams) -> f64 {
        let mut train = train.clone();
        train.factors.epochs = train.factors.epochs.min(SEARCH_EPOCHS);
        let model = match signal {
            Signal::GraphFilter => Some(Model::filter(self.graph, &train)),
            _ => Model::fit(signal, self.task, &train, self.params.seed),
        };
        let Some(model) = model else { return f64::NEG_INFINITY };
        let scores = |people: &[u32], scratch: &mut _| {
            let [scores, _] = model.score(self.task, people, scratch);
            scores
        };
        let people = measure(self.task, &scores, self.params.objective, self.params.at);
        people.iter().map(|person| person.ndcg).sum::<f64>() / people.len().max(1) as f64
    }

    fn over<const N: usize>(
        &mut self,
        signal: Signal,
        values: [f32; N],
        set: impl Fn(&mut TrainParams, f32),
    ) {
        let mut kept = f64::NEG_INFINITY;
        let start = self.best.clone();
        for value in values {
            let mut candidate = start.clone();
            set(&mut candidate, value);
            let found = self.quality(signal, &candidate);
            if found > kept {
                kept = found;
                self.best = candidate;
            }
        }
    }

    /// Searches over the settings of one signal.
    fn settings(&mut self, signal: Signal) {
        match signal {
            Signal::Popularity if self.task.has_times => {
                self.over(signal, [7.0, 1.0, 30.0, 365.0], |t, v| t.popularity.half_life_days = v);
            }
            Signal::ItemNeighbours => {
                self.over(signal, [0.4, 0.3, 0.5, 0.7, 1.0], |t, v| {
                    t.neighbours.similar.item_exponent = v;
                });
                self.over(signal, [0.5, 0.25, 0.75], |t, v| {
                    t.neighbours.similar.visitor_exponent = v;
                });
                self.over(signal, [0.8, 0.6, 1.0], |t, v| t.neighbours.similar.sharpening = v);
            }
            Signal::VisitorNeighbours => {
                self.over(signal, [0.3, 0.1, 0.5], |t, v| t.offline.alike.item_exponent = v);
                self.over(signal, [1.6, 1.2, 2.2], |t, v| t.offline.alike.sharpening = v);
                self.over(signal, [0.3, 0.15, 0.45], |t, v| {
                    t.offline.alike.popularity_exponent = v;
                });
                self.over(signal, [0.5, 0.3], |t, v| t.offline.alike.visitor_exponent = v);
            }
            Signal::CoVisitation if self.task.has_times => {
                self.over(signal, [0.3, 0.0, 0.6], |t, v| {
                    t.neighbours.covisit.popularity_exponent = v;
                });
                self.over(signal, [0.4, 0.1, 0.8], |t, v| t.neighbours.covisit.backward = v);
                self.over(signal, [14.0, 1.0, 4.0, 60.0], |t, v| {
                    t.neighbours.covisit.half_life_days = v;
                });
            }
            Signal::Factors => {
                self.over(signal, [0.1, 0.01, 0.03, 0.3, 1.0], |t, v| t.factors.unobserved = v);
                self.over(signal, [0.01, 0.003, 0.03, 0.1, 0.3], |t, v| {
                    t.factors.regularisation = v;
                });
                self.over(signal, [0.5, 1.0], |t, v| t.factors.frequency_exponent = v);
                self.over(signal, [64.0, 32.0, 128.0, 192.0], |t, v| t.factors.dim = v as u32);
            }
            Signal::Ease => {
                self.over(signal, [250.0, 50.0, 100.0, 500.0, 1_000.0], |t, v| {
                    t.offline.ease.regularisation = v;
                });
            }
            Signal::GraphFilter => {
                self.over(signal, [2.5, 0.0, 1.5], |t, v| t.offline.graph_filter.sharpening = v);
                self.over(signal, [0.2, 0.1, 0.4], |t, v| t.offline.graph_filter.low_pass = v);
            }
            Signal::Popularity | Signal::CoVisitation | Signal::TwoSteps => {}
        }
    }
}

/// Settings of every model, then the blend's weights.
pub(super) fn search(task: &Task, params: &EvalParams, hooks: Hooks<'_>) -> Tuned {
    let filter = &params.train.offline.graph_filter;
    let graph = ItemSpectrum::fit(&task.matrix, filter.rank, filter.rounds, params.seed);
    let mut search = Search { task, graph: &graph, params, best: params.train.clone() };
    let stages = Signal::ALL.len() as f32 + 1.0;
    for (nth, signal) in Signal::ALL.into_iter().enumerate() {
        (hooks.progress)("tune", nth as f32 / stages);
        search.settings(signal);
    }
    let fitted = Fitted::fit(task, &graph, &search.best, params.seed, &|_| {});
    let weights = blend::search(task, &fitted, params);
    (hooks.progress)("tune", 1.0);
    Tuned { train: search.best, weights }
}
