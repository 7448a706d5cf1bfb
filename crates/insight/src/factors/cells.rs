//! Cells over the item vectors, so that a request looks at a few thousand items and not at all of them.
//!
//! k-means on directions (inverted lists); a query scans the cells whose centre agrees most with it. The result is
//! exact inside the scanned cells.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::dense;
use crate::ranking::{Best, best_first};

const ROUNDS: usize = 6;
/// Below this many items a full scan is as fast.
const MIN_ITEMS: usize = 4_096;

/// Inverted lists: centre vectors and the items of each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cells {
    #[serde(with = "crate::models::packed")]
    centres: Vec<f32>,
    offsets: Vec<u32>,
    items: Vec<u32>,
    /// The items' vectors in the order of the cells, so that a cell is read from one place; made on loading.
    #[serde(skip)]
    vectors: Vec<f32>,
}

impl Cells {
    /// About 2√n cells over row-major vectors; none where a full scan is as fast.
    pub(crate) fn build(vectors: &[f32], dim: usize, seed: u64) -> Self {
        let items = vectors.len() / dim.max(1);
        if items < MIN_ITEMS {
            return Self::default();
        }
        let cells = (2.0 * (items as f64).sqrt()) as usize;
        // Start centres: items at even steps from a seeded offset.
        let offset = (seed % items as u64) as usize;
        let mut centres = Vec::with_capacity(cells * dim);
        for cell in 0..cells {
            let item = (offset + cell * items / cells) % items;
            centres.extend(unit(&vectors[item * dim..(item + 1) * dim]));
        }
        let mut homes = vec![0_u32; items];
        for _ in 0..ROUNDS {
            assign(vectors, dim, &centres, &mut homes);
            centres = means(vectors, dim, &homes, &centres);
        }
        assign(vectors, dim, &centres, &mut homes);
        let mut order: Vec<u32> = (0..items as u32).collect();
        order.sort_by_key(|&item| (homes[item as usize], item));
        let mut offsets = vec![0_u32; cells + 1];
        for &home in &homes {
            offsets[home as usize + 1] += 1;
        }
        for cell in 0..cells {
            offsets[cell + 1] += offsets[cell];
        }
        let mut cells = Self { centres, offsets, items: order, vectors: Vec::new() };
        cells.arrange(vectors, dim);
        cells
    }

    /// Copies the items' vectors into the order of the cells.
    pub(crate) fn arrange(&mut self, vectors: &[f32], dim: usize) {
        self.vectors.clear();
        self.vectors.reserve(self.items.len() * dim);
        for &item in &self.items {
            let start = item as usize * dim;
            self.vectors.extend_from_slice(&vectors[start..start + dim]);
        }
    }

    /// Whether there are any.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Shows every item of the `cells` cells nearest to `query` with its score.
    pub(crate) fn scan(&self, query: &[f32], cells: usize, show: impl FnMut(u32, f32)) {
        pulp::Arch::new().dispatch(Scan { cells: self, query, count: cells, show });
    }

    pub(crate) fn bytes(&self) -> usize {
        4 * (self.centres.len() + self.offsets.len() + self.items.len() + self.vectors.len())
    }

    pub(crate) fn is_consistent(&self, items: usize, dim: usize) -> bool {
        let cells = self.offsets.len().saturating_sub(1);
        self.is_empty() && self.centres.is_empty()
            || self.centres.len() == cells * dim
                && self.items.len() == items
                && self.offsets.is_sorted()
                && self.offsets.last().is_some_and(|&end| end as usize == items)
                && self.items.iter().all(|&item| (item as usize) < items)
    }
}

/// One query. A type of its own, because only then is all of it compiled for the machine it runs on.
struct Scan<'a, F> {
    cells: &'a Cells,
    query: &'a [f32],
    count: usize,
    show: F,
}

impl<F: FnMut(u32, f32)> pulp::WithSimd for Scan<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) {
        let (cells, dim) = (self.cells, self.query.len());
        let mut near = Best::new(self.count);
        for (cell, centre) in cells.centres.chunks_exact(dim).enumerate() {
            near.push(cell as u32, dense::dot(self.query, centre));
        }
        for (cell, _) in near.into_sorted() {
            let cell = cell as usize;
            let range = cells.offsets[cell] as usize..cells.offsets[cell + 1] as usize;
            let vectors = cells.vectors[range.start * dim..range.end * dim].chunks_exact(dim);
            for (&item, vector) in cells.items[range].iter().zip(vectors) {
                (self.show)(item, dense::dot(self.query, vector));
            }
        }
    }
}

fn unit(vector: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let length = dense::dot(vector, vector).sqrt().max(1e-12);
    vector.iter().map(move |value| value / length)
}

fn assign(vectors: &[f32], dim: usize, centres: &[f32], homes: &mut [u32]) {
    homes.par_iter_mut().zip(vectors.par_chunks_exact(dim)).for_each(|(home, vector)| {
        let mut best = (0_u32, f32::NEG_INFINITY);
        for (cell, centre) in centres.chunks_exact(dim).enumerate() {
            let candidate = (cell as u32, dense::dot(vector, centre));
            if best_first(candidate, best).is_lt() {
                best = candidate;
            }
        }
        *home = best.0;
    });
}

fn means(vectors: &[f32], dim: usize, homes: &[u32], old: &[f32]) -> Vec<f32> {
    let mut sums = vec![0_f32; old.len()];
    for (vector, &home) in vectors.chunks_exact(dim).zip(homes) {
        let sum = &mut sums[home as usize * dim..(home as usize + 1) * dim];
        for (cell, value) in sum.iter_mut().zip(unit(vector)) {
            *cell += value;
        }
    }
    let mut centres = Vec::with_capacity(old.len());
    for (sum, before) in sums.chunks_exact(dim).zip(old.chunks_exact(dim)) {
        if dense::dot(sum, sum) > 0.0 {
            centres.extend(unit(sum));
        } else {
            centres.extend_from_slice(before);
        }
    }
    centres
}
