//! Item to item: what goes with an item (same people) and what comes after it (same visit).

mod covisit;
mod graph;
mod similar;
mod visitors;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::interactions::Interactions;
use crate::matrix::Csr;
use crate::params::{in_range, positive};

pub use covisit::CovisitParams;
pub use graph::ItemGraph;
pub use similar::SimilarParams;
pub use visitors::{Alike, AlikeParams, AlikeScratch};

/// How both kinds of lists are built.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeighbourParams {
    /// Same people.
    pub similar: SimilarParams,
    /// Same visit.
    pub covisit: CovisitParams,
}

impl NeighbourParams {
    pub(crate) fn check(&self) -> Result<()> {
        let similar = &self.similar;
        in_range("neighbours.similar.visitor_exponent", similar.visitor_exponent, 0.0, 2.0)?;
        in_range("neighbours.similar.item_exponent", similar.item_exponent, 0.0, 2.0)?;
        in_range("neighbours.similar.sharpening", similar.sharpening, 0.05, 5.0)?;
        positive("neighbours.similar.keep", similar.keep)?;
        positive("neighbours.similar.min_support", similar.min_support)?;
        let covisit = &self.covisit;
        in_range("neighbours.covisit.half_life_days", covisit.half_life_days, 0.001, 36_500.0)?;
        in_range("neighbours.covisit.backward", covisit.backward, 0.0, 1.0)?;
        in_range("neighbours.covisit.popularity_exponent", covisit.popularity_exponent, 0.0, 1.0)?;
        positive("neighbours.covisit.keep", covisit.keep)?;
        positive("neighbours.covisit.min_support", covisit.min_support)?;
        in_range("neighbours.covisit.reach", covisit.reach as f32, 1.0, 50.0)?;
        in_range("neighbours.covisit.visit_length", covisit.visit_length as f32, 2.0, 1_000.0)
    }
}

/// Both kinds of lists, by item position.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Neighbours {
    /// Used by the same people.
    pub similar: ItemGraph,
    /// Looked at in the same visit, mostly afterwards.
    pub covisit: ItemGraph,
}

impl Neighbours {
    /// Builds both. `matrix` is visitors × items of the same table.
    pub fn build(
        matrix: &Csr,
        table: &Interactions,
        params: &NeighbourParams,
        as_of_ms: i64,
    ) -> Self {
        Self {
            similar: ItemGraph::similar(matrix, &params.similar),
            covisit: ItemGraph::covisit(table, &params.covisit, as_of_ms),
        }
    }

    /// The best `n` that go with an item: both lists, each scaled to its own best, added. Best first.
    pub fn related(&self, item: u32, n: usize) -> Vec<(u32, f32)> {
        let mut sums: Vec<(u32, f32)> = Vec::new();
        for graph in [&self.similar, &self.covisit] {
            let top = graph.of(item).map(|entry| entry.1).fold(0.0, f32::max);
            if top > 0.0 {
                sums.extend(graph.of(item).map(|(other, score)| (other, score / top)));
            }
        }
        sums.sort_by_key(|entry| entry.0);
        sums.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        sums.sort_by(|&a, &b| crate::ranking::best_first(a, b));
        sums.truncate(n);
        sums
    }

    pub(crate) fn is_consistent(&self, items: usize) -> bool {
        self.similar.is_consistent(items) && self.covisit.is_consistent(items)
    }
}

#[cfg(test)]
mod tests;
