//! Total orders over scores and the bounded best-of list: non-finite scores sink, ties go to the smaller position.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Best first: higher score, then smaller position; anything not finite is last.
pub fn best_first(a: (u32, f32), b: (u32, f32)) -> Ordering {
    let sink = |score: f32| if score.is_finite() { score } else { f32::NEG_INFINITY };
    sink(b.1).total_cmp(&sink(a.1)).then(a.0.cmp(&b.0))
}

#[derive(Clone, Copy, Debug)]
struct Entry(u32, f32);

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    /// The heap's top is the worst kept entry.
    fn cmp(&self, other: &Self) -> Ordering {
        best_first((self.0, self.1), (other.0, other.1))
    }
}

/// Keeps the best `n` of whatever it is shown.
#[derive(Clone, Debug)]
pub struct Best {
    n: usize,
    heap: BinaryHeap<Entry>,
    floor: f32,
}

impl Best {
    /// For the best `n`.
    pub fn new(n: usize) -> Self {
        Self { n, heap: BinaryHeap::with_capacity(n + 1), floor: f32::NEG_INFINITY }
    }

    /// Whether a candidate with that score could still be kept.
    pub fn admits(&self, score: f32) -> bool {
        self.n > 0 && (score >= self.floor || !self.floor.is_finite())
    }

    /// Shows one candidate.
    pub fn push(&mut self, position: u32, score: f32) {
        if self.heap.len() < self.n {
            self.heap.push(Entry(position, score));
        } else if !self.admits(score) {
            return;
        } else if let Some(mut worst) = self.heap.peek_mut() {
            let candidate = Entry(position, score);
            if candidate < *worst {
                *worst = candidate;
            }
        }
        if self.heap.len() == self.n {
            self.floor = self.heap.peek().map_or(f32::NEG_INFINITY, |worst| worst.1);
        }
    }

    /// The kept ones, best first.
    pub fn into_sorted(self) -> Vec<(u32, f32)> {
        self.heap.into_sorted_vec().into_iter().map(|entry| (entry.0, entry.1)).collect()
    }
}

#[cfg(test)]
mod tests;
