//! The models under measurement, each a function from a history to a score for every item.

use super::Hooks;
use super::split::Task;
use crate::factors::Factors;
use crate::neighbours::ItemGraph;
use crate::params::TrainParams;
use crate::popularity::Popularity;

/// Weights of item-kNN, ALS, co-visitation and popularity in the blend.
pub(super) type Weights = [f32; 4];

/// Everything fitted once on one task's past.
pub(super) struct Fitted {
    pub(super) popularity: Popularity,
    pub(super) similar: ItemGraph,
    pub(super) covisit: ItemGraph,
    pub(super) factors: Factors,
}

impl Fitted {
    pub(super) fn fit(task: &Task, train: &TrainParams, seed: u64, hooks: Hooks<'_>) -> Self {
        Self {
            popularity: Popularity::count(&task.train, &train.popularity, task.as_of_ms),
            similar: ItemGraph::similar(&task.matrix, &train.neighbours.similar),
            covisit: ItemGraph::covisit(&task.train, &train.neighbours.covisit, task.as_of_ms),
            factors: Factors::fit(
                &task.matrix,
                &task.train.visitors,
                &train.factors,
                seed,
                &|share| (hooks.progress)("fit", share),
            ),
        }
    }

    pub(super) fn scorers(&self, weights: Weights) -> [Scorer<'_>; 5] {
        [
            Scorer::Popularity(&self.popularity),
            Scorer::Similar(&self.similar),
            Scorer::Factors(&self.factors),
            Scorer::Covisit(&self.covisit),
            Scorer::Blend(self, weights),
        ]
    }
}

/// One model.
pub(super) enum Scorer<'a> {
    Popularity(&'a Popularity),
    Similar(&'a ItemGraph),
    Factors(&'a Factors),
    Covisit(&'a ItemGraph),
    Blend(&'a Fitted, Weights),
}

impl Scorer<'_> {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Popularity(_) => "popularity",
            Self::Similar(_) => "item-knn",
            Self::Factors(_) => "als",
            Self::Covisit(_) => "co-visitation",
            Self::Blend(..) => "blend",
        }
    }

    /// The settings that won, for the report.
    pub(super) fn settings(&self, train: &TrainParams) -> String {
        let (similar, covisit) = (&train.neighbours.similar, &train.neighbours.covisit);
        match self {
            Self::Popularity(_) => format!("half-life {} d", train.popularity.half_life_days),
            Self::Similar(_) => format!(
                "a {} b {} s {}",
                similar.visitor_exponent, similar.item_exponent, similar.sharpening
            ),
            Self::Factors(_) => format!(
                "d {} a0 {} λ {} ν {} epochs {}",
                train.factors.dim,
                train.factors.unobserved,
                train.factors.regularisation,
                train.factors.frequency_exponent,
                train.factors.epochs
            ),
            Self::Covisit(_) => format!(
                "half-life {} d backward {} popularity {}",
                covisit.half_life_days, covisit.backward, covisit.popularity_exponent
            ),
            Self::Blend(_, [knn, als, next, popular]) => {
                format!("knn {knn} als {als} covisit {next} popularity {popular}")
            }
        }
    }

    /// Scores every item for a history; `buffer` is working memory.
    pub(super) fn score(
        &self,
        history: impl Iterator<Item = (u32, f32)>,
        scores: &mut [f32],
        buffer: &mut Vec<f32>,
    ) {
        let history: Vec<(u32, f32)> = history.collect();
        self.score_list(&history, scores, buffer);
    }

    fn score_list(&self, history: &[(u32, f32)], scores: &mut [f32], buffer: &mut Vec<f32>) {
        scores.fill(0.0);
        match self {
            Self::Popularity(popularity) => scores.copy_from_slice(popularity.scores()),
            Self::Similar(graph) | Self::Covisit(graph) => graph.score_history(history, scores),
            Self::Factors(factors) => {
                factors.score_all(&factors.fold_in(history), buffer);
                scores.copy_from_slice(buffer);
            }
            Self::Blend(fitted, weights) => {
                let parts = [
                    Scorer::Similar(&fitted.similar),
                    Scorer::Factors(&fitted.factors),
                    Scorer::Covisit(&fitted.covisit),
                    Scorer::Popularity(&fitted.popularity),
                ];
                let mut sum = vec![0_f32; scores.len()];
                for (part, &weight) in parts.iter().zip(weights) {
                    if weight > 0.0 {
                        part.score_list(history, scores, buffer);
                        add_normed(&mut sum, scores, weight);
                    }
                }
                scores.copy_from_slice(&sum);
            }
        }
    }
}

/// Adds `weight × scores / |scores|`: the parts of a blend speak on one scale.
fn add_normed(sum: &mut [f32], scores: &[f32], weight: f32) {
    let square: f64 = scores.iter().map(|&score| f64::from(score) * f64::from(score)).sum();
    if square > 0.0 {
        let scale = weight / square.sqrt() as f32;
        for (total, score) in sum.iter_mut().zip(scores) {
            *total += scale * score;
        }
    }
}
