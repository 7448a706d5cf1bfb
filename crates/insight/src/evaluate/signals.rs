//! The models under measurement, each fitted on a task's past and scoring every item for a batch of people.

use crate::ease::{Ease, MAX_ITEMS};
use crate::factors::{Fit, dense};
use crate::graph_filter::{GraphFilter, ItemSpectrum};
use crate::matrix::LANES;
use crate::neighbours::{Alike, AlikeScratch, ItemGraph};
use crate::params::TrainParams;
use crate::popularity::Popularity;

use super::split::Task;

/// People scored at a time.
pub(super) const BATCH: usize = LANES;

/// What a blend is made of. All but the last two are models of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Signal {
    Popularity,
    ItemNeighbours,
    VisitorNeighbours,
    CoVisitation,
    Factors,
    Ease,
    GraphFilter,
    /// What is two steps away on the item graph: it is subtracted.
    TwoSteps,
}

impl Signal {
    pub(super) const ALL: [Self; 8] = [
        Self::Popularity,
        Self::ItemNeighbours,
        Self::VisitorNeighbours,
        Self::CoVisitation,
        Self::Factors,
        Self::Ease,
        Self::GraphFilter,
        Self::TwoSteps,
    ];

    /// The name in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Popularity => "popularity",
            Self::ItemNeighbours => "item-knn",
            Self::VisitorNeighbours => "user-knn",
            Self::CoVisitation => "co-visitation",
            Self::Factors => "als",
            Self::Ease => "ease",
            Self::GraphFilter => "graph-filter",
            Self::TwoSteps => "two-steps",
        }
    }

    /// Whether it is reported on its own.
    pub(super) fn is_model(self) -> bool {
        self != Self::TwoSteps
    }

    /// The settings in force, for the report.
    pub(super) fn settings(self, train: &TrainParams) -> String {
        let offline = &train.offline;
        match self {
            Self::Popularity => format!("half-life {} d", train.popularity.half_life_days),
            Self::ItemNeighbours => {
                let similar = &train.neighbours.similar;
                format!(
                    "a {} b {} s {}",
                    similar.visitor_exponent, similar.item_exponent, similar.sharpening
                )
            }
            Self::VisitorNeighbours => {
                let alike = &offline.alike;
                format!(
                    "a {} b {} s {} c {}",
                    alike.visitor_exponent,
                    alike.item_exponent,
                    alike.sharpening,
                    alike.popularity_exponent
                )
            }
            Self::CoVisitation => {
                let covisit = &train.neighbours.covisit;
                format!(
                    "half-life {} d backward {} popularity {}",
                    covisit.half_life_days, covisit.backward, covisit.popularity_exponent
                )
            }
            Self::Factors => {
                let factors = &train.factors;
                format!(
                    "d {} a0 {} λ {} ν {} epochs {}",
                    factors.dim,
                    factors.unobserved,
                    factors.regularisation,
                    factors.frequency_exponent,
                    factors.epochs
                )
            }
            Self::Ease => format!("λ {}", offline.ease.regularisation),
            Self::GraphFilter | Self::TwoSteps => {
                let filter = &offline.graph_filter;
                format!("k {} β {} h {}", filter.rank, filter.low_pass, filter.sharpening)
            }
        }
    }
}

/// One fitted model.
pub(super) enum Model<'a> {
    Popularity(Popularity),
    Items(ItemGraph),
    Visitors(Alike),
    Factors(Fit),
    Ease(Ease),
    Filter(GraphFilter<'a>),
}

/// Working memory of one thread.
#[derive(Default)]
pub(super) struct Scratch {
    alike: AlikeScratch,
}

impl<'a> Model<'a> {
    /// Fits the model of one signal; `None` where the data have no place for it: co-visitation without times, EASE on
    /// a large catalogue, and the graph filter, which shares its spectrum ([`Model::Filter`]).
    pub(super) fn fit(signal: Signal, task: &Task, train: &TrainParams, seed: u64) -> Option<Self> {
        Some(match signal {
            Signal::Popularity => {
                Self::Popularity(Popularity::count(&task.train, &train.popularity, task.as_of_ms))
            }
            Signal::ItemNeighbours => {
                Self::Items(ItemGraph::similar(&task.matrix, &train.neighbours.similar))
            }
            Signal::VisitorNeighbours => {
                Self::Visitors(Alike::fit(&task.matrix, &train.offline.alike))
            }
            Signal::CoVisitation if task.has_times => Self::Items(ItemGraph::covisit(
                &task.train,
                &train.neighbours.covisit,
                task.as_of_ms,
            )),
            Signal::Factors => Self::Factors(Fit::run(&task.matrix, &train.factors, seed, &|_| {})),
            Signal::Ease if task.matrix.columns() <= MAX_ITEMS => {
                Self::Ease(Ease::fit(&task.matrix, &train.offline.ease).ok()?)
            }
            Signal::CoVisitation | Signal::Ease | Signal::GraphFilter | Signal::TwoSteps => {
                return None;
            }
        })
    }

    /// The graph filter over a spectrum.
    pub(super) fn filter(graph: &'a ItemSpectrum, train: &TrainParams) -> Self {
        Self::Filter(GraphFilter::new(graph, &train.offline.graph_filter))
    }

    /// Scores all items for at most [`BATCH`] people (rows of the task's matrix): a row of scores a person, and for the
    /// graph filter the two-step signal beside it.
    pub(super) fn score(
        &self,
        task: &Task,
        people: &[u32],
        scratch: &mut Scratch,
    ) -> [Vec<f32>; 2] {
        let items = task.matrix.columns();
        let mut scores = vec![0_f32; people.len() * items];
        let rows = || people.iter().map(|&person| task.matrix.row(person as usize));
        match self {
            Self::Popularity(popularity) => {
                for row in scores.chunks_exact_mut(items) {
                    row.copy_from_slice(popularity.scores());
                }
            }
            Self::Items(graph) => {
                for (row, (columns, weights)) in scores.chunks_exact_mut(items).zip(rows()) {
                    for (&column, &weight) in columns.iter().zip(weights) {
                        graph.score_history(&[(column, weight)], row);
                    }
                }
            }
            Self::Visitors(alike) => {
                for (row, &person) in scores.chunks_exact_mut(items).zip(people) {
                    alike.score(person, row, &mut scratch.alike);
                }
            }
            Self::Factors(fit) => {
                let dim = fit.dim;
                let vectors: Vec<f32> = people
                    .iter()
                    .flat_map(|&person| &fit.visitors[person as usize * dim..][..dim])
                    .copied()
                    .collect();
                dense::products(&vectors, &fit.items, dim, &mut scores);
            }
            Self::Ease(ease) => {
                for (row, (columns, weights)) in scores.chunks_exact_mut(items).zip(rows()) {
                    for (&column, &weight) in columns.iter().zip(weights) {
                        ease.score_history(&[(column, weight)], row);
                    }
                }
            }
            Self::Filter(filter) => {
                let people: Vec<_> = rows().collect();
                let found = filter.score(&people);
                return [found.filtered, found.two_steps];
            }
        }
        [scores, Vec::new()]
    }
}

/// Everything that could be fitted on one task, with the signals it gives.
pub(super) struct Fitted<'a> {
    pub(super) models: Vec<(Signal, Model<'a>)>,
}

impl<'a> Fitted<'a> {
    pub(super) fn fit(
        task: &Task,
        graph: &'a ItemSpectrum,
        train: &TrainParams,
        seed: u64,
        progress: &dyn Fn(f32),
    ) -> Self {
        let mut models = Vec::new();
        for (nth, signal) in Signal::ALL.into_iter().enumerate() {
            models.extend(Model::fit(signal, task, train, seed).map(|model| (signal, model)));
            progress((nth + 1) as f32 / Signal::ALL.len() as f32);
        }
        models.push((Signal::GraphFilter, Model::filter(graph, train)));
        Self { models }
    }

    /// The signals, in the order [`Fitted::score`] gives them.
    pub(super) fn signals(&self) -> Vec<Signal> {
        let mut signals: Vec<Signal> = self.models.iter().map(|model| model.0).collect();
        if signals.contains(&Signal::GraphFilter) {
            signals.push(Signal::TwoSteps);
        }
        signals
    }

    /// All signals for a batch of people.
    pub(super) fn score(
        &self,
        task: &Task,
        people: &[u32],
        scratch: &mut Scratch,
    ) -> Vec<Vec<f32>> {
        let mut all = Vec::with_capacity(self.models.len() + 1);
        let mut beside = Vec::new();
        for (signal, model) in &self.models {
            let [scores, second] = model.score(task, people, scratch);
            all.push(scores);
            if *signal == Signal::GraphFilter {
                beside.push(second);
            }
        }
        all.extend(beside);
        all
    }
}
