//! Items nobody used, with the factors their texts suggest, ready to be searched by a person's vector.

use serde::{Deserialize, Serialize};
use vocab::ItemId;

use crate::factors::{Cells, dense};
use crate::ranking::Best;

/// The items, ascending, and their vectors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColdItems {
    items: Vec<ItemId>,
    dim: usize,
    #[serde(with = "crate::models::packed")]
    vectors: Vec<f32>,
    cells: Cells,
}

impl ColdItems {
    /// From items in ascending order.
    pub(super) fn new(found: Vec<(ItemId, Vec<f32>)>, dim: usize, seed: u64) -> Self {
        let vectors: Vec<f32> = found.iter().flat_map(|entry| entry.1.iter().copied()).collect();
        let cells = Cells::build(&vectors, dim, seed);
        Self { items: found.into_iter().map(|entry| entry.0).collect(), dim, vectors, cells }
    }

    /// The items, ascending.
    pub fn items(&self) -> &[ItemId] {
        &self.items
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The vector of an item; `None` for one that is not here.
    pub fn vector(&self, item: &ItemId) -> Option<&[f32]> {
        let at = self.items.binary_search(item).ok()?;
        self.vectors.get(at * self.dim..(at + 1) * self.dim)
    }

    /// The best `n` for a person's vector by position in [`ColdItems::items`], best first; where there are many, among
    /// the `cells` nearest cells, as [`crate::Factors::top_near`].
    pub fn top_near(&self, person: &[f32], n: usize, cells: usize) -> Vec<(u32, f32)> {
        let mut best = Best::new(n);
        if person.len() != self.dim || self.dim == 0 {
            return Vec::new();
        }
        if self.cells.is_empty() {
            for (item, vector) in (0_u32..).zip(self.vectors.chunks_exact(self.dim)) {
                best.push(item, dense::dot(person, vector));
            }
        } else {
            self.cells.scan(person, cells, |item, score| best.push(item, score));
        }
        best.into_sorted()
    }

    pub(super) fn arrange(&mut self) {
        self.cells.arrange(&self.vectors, self.dim);
    }

    pub(super) fn is_consistent(&self, dim: usize) -> bool {
        self.items.is_sorted()
            && self.vectors.len() == self.items.len() * self.dim
            && (self.is_empty() || self.dim == dim)
            && self.cells.is_consistent(self.items.len(), self.dim)
    }
}
