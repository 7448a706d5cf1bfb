//! A bounded item-to-item graph: for every item its best neighbours, best first.

use serde::{Deserialize, Serialize};

/// The best neighbours of every item, by position.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ItemGraph {
    offsets: Vec<u32>,
    items: Vec<u32>,
    #[serde(with = "crate::models::packed")]
    scores: Vec<f32>,
}

impl ItemGraph {
    pub(super) fn from_rows(rows: Vec<Vec<(u32, f32)>>) -> Self {
        let edges = rows.iter().map(Vec::len).sum();
        let mut graph = Self {
            offsets: Vec::with_capacity(rows.len() + 1),
            items: Vec::with_capacity(edges),
            scores: Vec::with_capacity(edges),
        };
        graph.offsets.push(0);
        for row in rows {
            for (item, score) in row {
                graph.items.push(item);
                graph.scores.push(score);
            }
            graph.offsets.push(graph.items.len() as u32);
        }
        graph
    }

    /// Neighbours of an item with their scores, best first; none for an unknown item.
    pub fn of(&self, item: u32) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = match self.offsets.get(item as usize..item as usize + 2) {
            Some(&[start, end]) => start as usize..end as usize,
            _ => 0..0,
        };
        self.items[range.clone()].iter().copied().zip(self.scores[range].iter().copied())
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Number of edges kept.
    pub fn edges(&self) -> usize {
        self.items.len()
    }

    /// Adds `weight × score` of the neighbours of every item of a history to `scores`, by position.
    pub fn score_history(&self, history: &[(u32, f32)], scores: &mut [f32]) {
        for &(item, weight) in history {
            for (other, score) in self.of(item) {
                scores[other as usize] += weight * score;
            }
        }
    }

    pub(super) fn is_consistent(&self, items: usize) -> bool {
        self.offsets.len() == items + 1
            && self.offsets.is_sorted()
            && self.offsets.first() == Some(&0)
            && self.offsets.last().is_some_and(|&end| end as usize == self.items.len())
            && self.items.len() == self.scores.len()
            && self.items.iter().all(|&item| (item as usize) < items)
    }
}
