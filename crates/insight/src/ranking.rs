//! Total orders over scores and the bounded best-of list: non-finite scores sink, ties go to the smaller position.

use std::cmp::Ordering;

/// Best first: higher score, then smaller position; anything not finite is last.
pub fn best_first(a: (u32, f32), b: (u32, f32)) -> Ordering {
    let sink = |score: f32| if score.is_finite() { score } else { f32::NEG_INFINITY };
    sink(b.1).total_cmp(&sink(a.1)).then(a.0.cmp(&b.0))
}

/// Keeps the best `n` of whatever it is shown.
///
/// Candidates are collected and thinned out to `n` whenever there are twice as many: a selection for every `n`
/// candidates costs less than a place in a heap for each.
#[derive(Clone, Debug)]
pub struct Best {
    n: usize,
    /// [`key`]s: whole numbers are selected and sorted without a branch a comparison.
    kept: Vec<u64>,
    floor: f32,
}

/// Candidates collected beyond `n` before they are thinned out, at least.
const ROOM: usize = 32;
const SIGN: u32 = 1 << 31;

impl Best {
    /// For the best `n`.
    pub fn new(n: usize) -> Self {
        Self { n, kept: Vec::new(), floor: f32::NEG_INFINITY }
    }

    /// Whether a candidate with that score could still be kept.
    #[inline]
    pub fn admits(&self, score: f32) -> bool {
        self.n > 0 && (score >= self.floor || !self.floor.is_finite())
    }

    /// Shows one candidate.
    #[inline]
    pub fn push(&mut self, position: u32, score: f32) {
        if self.admits(score) {
            self.kept.push(key(position, score));
            if self.kept.len() >= self.n.saturating_add(self.n.max(ROOM)) {
                self.thin();
            }
        }
    }

    fn thin(&mut self) {
        if self.n > 0 && self.kept.len() > self.n {
            let (_, worst, _) = self.kept.select_nth_unstable(self.n - 1);
            self.floor = entry(*worst).1;
            self.kept.truncate(self.n);
        }
    }

    /// The kept ones, best first; a score that was not finite is negative infinity.
    pub fn into_sorted(mut self) -> Vec<(u32, f32)> {
        self.thin();
        self.kept.sort_unstable();
        self.kept.into_iter().map(entry).collect()
    }
}

/// A number that ascends in the order of [`best_first`].
#[inline]
fn key(position: u32, score: f32) -> u64 {
    let score = if score.is_finite() { score } else { f32::NEG_INFINITY };
    let bits = score.to_bits();
    // The bits of floats ascend as the floats do, those below zero the other way round.
    let ascending = if bits & SIGN == 0 { bits | SIGN } else { !bits };
    u64::from(!ascending) << 32 | u64::from(position)
}

fn entry(key: u64) -> (u32, f32) {
    let ascending = !((key >> 32) as u32);
    let bits = if ascending & SIGN == 0 { !ascending } else { ascending & !SIGN };
    (key as u32, f32::from_bits(bits))
}

#[cfg(test)]
mod tests;
