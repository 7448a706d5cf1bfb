//! What a request asks of the factors: a person's vector, scores, the best items.

use vocab::VisitorId;

use super::als::{Ridge, solve_row};
use super::{Factors, dense};
use crate::ranking::Best;

impl Factors {
    /// Prepares for requests what is not stored; called on loading.
    pub(crate) fn arrange(&mut self) {
        self.cells.arrange(&self.item_vectors, self.dim);
    }

    /// The stored vector of a visitor; `None` for one unknown at training time (fold the history in instead).
    pub fn visitor(&self, visitor: VisitorId) -> Option<&[f32]> {
        let row = self.visitors.binary_search(&visitor).ok()?;
        Some(&self.visitor_vectors[row * self.dim..(row + 1) * self.dim])
    }

    /// The vector of an item; `None` for a position out of range.
    pub fn item(&self, item: u32) -> Option<&[f32]> {
        let start = item as usize * self.dim;
        self.item_vectors.get(start..start + self.dim)
    }

    /// The vector a visitor with this history (item position, weight) would have been given: one linear system of
    /// `dim` unknowns, microseconds. Positions out of range and weights not finite and above 0 are left out; an empty
    /// history gives zeros.
    pub fn fold_in(&self, history: &[(u32, f32)]) -> Vec<f32> {
        let items = self.items();
        let known = |entry: &&(u32, f32)| {
            (entry.0 as usize) < items && entry.1.is_finite() && entry.1 > 0.0
        };
        let count = history.iter().filter(known).count();
        let ridge = Ridge {
            regularisation: self.regularisation,
            exponent: self.frequency_exponent,
            unobserved: self.unobserved,
            others: items,
        };
        let mut scratch = vec![0_f32; self.dim * self.dim];
        let mut vector = vec![0_f32; self.dim];
        let observed = history.iter().filter(known).copied();
        pulp::Arch::new().dispatch(FoldIn {
            factors: self,
            observed,
            count,
            ridge,
            scratch: &mut scratch,
            vector: &mut vector,
        });
        vector
    }

    /// The score of one item for a person's vector; 1 is "as if used", 0 is "no sign". Out of range is 0.
    pub fn score(&self, person: &[f32], item: u32) -> f32 {
        self.item(item).map_or(0.0, |vector| dense::dot(person, vector))
    }

    /// Scores of all items, in order of position, into `scores` (resized).
    pub fn score_all(&self, person: &[f32], scores: &mut Vec<f32>) {
        scores.clear();
        scores
            .extend(self.item_vectors.chunks_exact(self.dim).map(|item| dense::dot(person, item)));
    }

    /// The best `n` over all items, best first; `skip` leaves items out. Exact: looks at every item.
    pub fn top(&self, person: &[f32], n: usize, skip: &dyn Fn(u32) -> bool) -> Vec<(u32, f32)> {
        let mut best = Best::new(n);
        for item in 0..self.items() as u32 {
            let score = self.score(person, item);
            if best.admits(score) && !skip(item) {
                best.push(item, score);
            }
        }
        best.into_sorted()
    }

    /// The best `n` among the `cells` nearest cells, best first: for the hot path over large catalogues. With fewer
    /// than 4,096 items it is [`Factors::top`]. 16 cells of 632 hold 2,500 of 100 k items.
    pub fn top_near(
        &self,
        person: &[f32],
        n: usize,
        cells: usize,
        skip: &dyn Fn(u32) -> bool,
    ) -> Vec<(u32, f32)> {
        if self.cells.is_empty() {
            return self.top(person, n, skip);
        }
        let mut best = Best::new(n);
        self.cells.scan(person, cells, |item, score| {
            if best.admits(score) && !skip(item) {
                best.push(item, score);
            }
        });
        best.into_sorted()
    }
}

/// One person's equations. A type of its own, because only then is all of it compiled for the machine it runs on.
struct FoldIn<'a, I> {
    factors: &'a Factors,
    observed: I,
    count: usize,
    ridge: Ridge,
    scratch: &'a mut [f32],
    vector: &'a mut [f32],
}

impl<I: Iterator<Item = (u32, f32)>> pulp::WithSimd for FoldIn<'_, I> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Factors { item_vectors, gram, .. } = self.factors;
        solve_row(
            self.observed,
            self.count,
            item_vectors,
            gram,
            self.ridge,
            self.scratch,
            self.vector,
        );
    }
}
