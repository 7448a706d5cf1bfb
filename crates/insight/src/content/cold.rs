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
    /// From items in any order; of two with one id the later counts.
    pub(super) fn new(mut found: Vec<(ItemId, Vec<f32>)>, dim: usize, seed: u64) -> Self {
        found.reverse();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found.dedup_by(|next, kept| next.0 == kept.0);
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

    /// How near an item is to a person's vector; `None` for one that is not here.
    pub fn score(&self, person: &[f32], item: &ItemId) -> Option<f32> {
        let vector = self.vector(item).filter(|vector| vector.len() == person.len())?;
        Some(dense::dot(person, vector))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_items_are_searched_by_cells_also_after_loading() {
        let (count, dim) = (5_000, 8);
        let vectors = dense::normal(3, count * dim, 1.0);
        let item = |at: usize| ItemId::from(format!("item-{at:05}").as_str());
        let found = vectors.chunks_exact(dim).enumerate();
        let found = found.map(|(at, vector)| (item(at), vector.to_vec())).collect();
        let cold = ColdItems::new(found, dim, 3);
        let person = dense::normal(4, dim, 1.0);
        let mut all: Vec<(u32, f32)> =
            (0..count).map(|at| (at as u32, cold.score(&person, &item(at)).unwrap())).collect();
        all.sort_by(|&a, &b| crate::ranking::best_first(a, b));
        assert_eq!(cold.top_near(&person, 20, usize::MAX), all[..20], "all cells are everything");
        let near = cold.top_near(&person, 20, 16);
        let met = near.iter().filter(|entry| all[..20].contains(entry)).count();
        assert!(met >= 10, "a few cells hold most of the best: {met}");
        let bytes = postcard::to_stdvec(&cold).unwrap();
        let mut again: ColdItems = postcard::from_bytes(&bytes).unwrap();
        again.arrange();
        assert!(again.is_consistent(dim));
        assert_eq!(again.top_near(&person, 20, 16), near);
    }

    #[test]
    fn of_two_items_with_one_id_the_later_counts() {
        let found = vec![("b".into(), vec![1.0]), ("a".into(), vec![2.0]), ("b".into(), vec![3.0])];
        let cold = ColdItems::new(found, 1, 0);
        assert_eq!((cold.len(), cold.vector(&"b".into())), (2, Some(&[3.0_f32][..])));
    }
}
