//! The best items of everybody at once: a matrix product in pieces, over items from the longest vector to the shortest.
//!
//! No score of an item exceeds the product of both lengths (Cauchy-Schwarz), so a person is done as soon as the longest
//! vector left cannot reach the last kept score: exact, and most of the short vectors are never looked at.

use rayon::prelude::*;

use super::dense;
use crate::matrix::Csr;
use crate::ranking::Best;

/// People of one task.
const PEOPLE: usize = 64;
/// Items of one piece: with the people's scores it fits into the second cache.
const ITEMS: usize = 1_024;

/// The best `n` items of each person, best first, without those in the person's row of `seen`. People and items are
/// row-major vectors of `dim` numbers.
pub fn top_for_all(
    people: &[f32],
    items: &[f32],
    dim: usize,
    seen: &Csr,
    n: usize,
) -> Vec<Vec<(u32, f32)>> {
    let length = |vector: &[f32]| dense::dot(vector, vector).sqrt();
    let mut order: Vec<(u32, f32)> = (0_u32..).zip(items.chunks_exact(dim).map(length)).collect();
    order.par_sort_by(|&a, &b| crate::ranking::best_first(a, b));
    let sorted: Vec<f32> = order
        .iter()
        .flat_map(|&(item, _)| &items[item as usize * dim..(item as usize + 1) * dim])
        .copied()
        .collect();
    let mut place = vec![0_u32; order.len()];
    for (at, &(item, _)) in (0_u32..).zip(&order) {
        place[item as usize] = at;
    }
    let lists: Vec<Vec<Vec<(u32, f32)>>> = people
        .par_chunks(PEOPLE * dim)
        .enumerate()
        .map(|(task, people)| {
            let first = task * PEOPLE;
            let mut group = Group::new(people, dim, n, |row| {
                let mut seen: Vec<u32> =
                    seen.row(first + row).0.iter().map(|&item| place[item as usize]).collect();
                seen.sort_unstable();
                seen
            });
            for (piece, vectors) in sorted.chunks(ITEMS * dim).enumerate() {
                let start = piece * ITEMS;
                if !group.look_at(vectors, &order[start..start + vectors.len() / dim], start) {
                    break;
                }
            }
            group.into_lists()
        })
        .collect();
    lists.into_iter().flatten().collect()
}

struct Group<'a> {
    people: &'a [f32],
    dim: usize,
    lengths: Vec<f32>,
    best: Vec<Best>,
    /// Places of seen items, ascending, and how far they were passed.
    seen: Vec<(Vec<u32>, usize)>,
    scores: Vec<f32>,
}

impl<'a> Group<'a> {
    fn new(people: &'a [f32], dim: usize, n: usize, seen: impl Fn(usize) -> Vec<u32>) -> Self {
        let count = people.len() / dim;
        Self {
            people,
            dim,
            lengths: people.chunks_exact(dim).map(|p| dense::dot(p, p).sqrt()).collect(),
            best: (0..count).map(|_| Best::new(n)).collect(),
            seen: (0..count).map(|row| (seen(row), 0)).collect(),
            scores: vec![0.0; count * ITEMS],
        }
    }

    /// Looks at one piece; false when nobody can gain any more.
    fn look_at(&mut self, vectors: &[f32], order: &[(u32, f32)], start: usize) -> bool {
        let longest = order.first().map_or(0.0, |entry| entry.1);
        let open: Vec<bool> = self
            .best
            .iter()
            .zip(&self.lengths)
            // A hair above, because sums are rounded.
            .map(|(best, length)| best.admits(length * longest * 1.000_01))
            .collect();
        if open.iter().all(|open| !open) {
            return false;
        }
        let width = order.len();
        let scores = &mut self.scores[..self.best.len() * width];
        dense::products(self.people, vectors, self.dim, scores);
        let rows = scores.chunks_exact_mut(width).zip(&mut self.best).zip(&mut self.seen);
        for (((scores, best), (seen, passed)), open) in rows.zip(open) {
            if !open {
                continue;
            }
            while let Some(&place) = seen.get(*passed)
                && (place as usize) < start + width
            {
                scores[place as usize - start] = f32::NEG_INFINITY;
                *passed += 1;
            }
            for (chunk, offset) in scores.chunks(16).zip((0..).step_by(16)) {
                // Most of sixteen are below the floor together.
                let most = chunk.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                if best.admits(most) {
                    for (&score, &(item, _)) in chunk.iter().zip(&order[offset..]) {
                        if score > f32::NEG_INFINITY && best.admits(score) {
                            best.push(item, score);
                        }
                    }
                }
            }
        }
        true
    }

    fn into_lists(self) -> Vec<Vec<(u32, f32)>> {
        self.best.into_iter().map(Best::into_sorted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sorted_scores_whatever_the_lengths() {
        let (dim, people_count, item_count) = (7, 150, 3_000);
        let people = dense::normal(1, people_count * dim, 1.0);
        let mut items = dense::normal(2, item_count * dim, 1.0);
        for (item, vector) in items.chunks_exact_mut(dim).enumerate() {
            let longer = 1.0 / (1.0 + (item * 7_919 % item_count) as f32 / 50.0);
            vector.iter_mut().for_each(|value| *value *= longer);
        }
        let cells = (0..people_count as u32)
            .flat_map(|row| (0..40).map(move |n| (row, (row * 31 + n * 97) % 3_000, 1.0)));
        let seen = Csr::from_triplets(people_count, item_count, cells.collect());
        let found = top_for_all(&people, &items, dim, &seen, 20);
        for (row, list) in found.iter().enumerate() {
            let person = &people[row * dim..(row + 1) * dim];
            let mut all: Vec<(u32, f32)> = (0_u32..)
                .zip(items.chunks_exact(dim).map(|item| dense::dot(person, item)))
                .filter(|entry| !seen.row(row).0.contains(&entry.0))
                .collect();
            all.sort_by(|&a, &b| crate::ranking::best_first(a, b));
            assert_eq!(list.len(), 20);
            for (found, expected) in list.iter().zip(&all) {
                assert!((found.1 - expected.1).abs() < 1e-4, "{row}: {found:?} {expected:?}");
            }
        }
    }
}
