//! Hits and reciprocal ranks of one model, kept by visit so that intervals can be drawn.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::Estimate;

/// What one prediction earned.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Earned {
    pub(super) hit_10: f32,
    pub(super) hit_20: f32,
    pub(super) reciprocal_10: f32,
}

impl Earned {
    /// From the place (from 1, halves for ties); `None` where the label was not ranked.
    pub(super) fn at(place: Option<f32>) -> Self {
        let Some(place) = place else { return Self::default() };
        let within = |most: f32| if place <= most { 1.0 } else { 0.0 };
        Self { hit_10: within(10.0), hit_20: within(20.0), reciprocal_10: within(10.0) / place }
    }

    fn figures(self) -> [f64; 3] {
        [self.hit_10, self.hit_20, self.reciprocal_10].map(f64::from)
    }
}

/// One more than those higher, plus half of those the same.
pub(super) fn place(own: f32, others: impl Iterator<Item = f32>) -> f32 {
    let (mut higher, mut same) = (0_u32, 0_u32);
    for other in others {
        higher += u32::from(other > own);
        same += u32::from(other.total_cmp(&own).is_eq());
    }
    1.0 + higher as f32 + same as f32 / 2.0
}

/// Means of HR@10, HR@20 and MRR@10 with 95 % intervals; visits are drawn, not clicks, because the clicks of one visit
/// belong together.
pub(super) fn means(earned: &[Earned], visits: &[u64], resamples: u32, seed: u64) -> [Estimate; 3] {
    let mut by_visit: Vec<([f64; 3], f64)> = Vec::new();
    let mut order: Vec<usize> = (0..earned.len()).collect();
    order.sort_by_key(|&at| (visits[at], at));
    for group in order.chunk_by(|&a, &b| visits[a] == visits[b]) {
        let mut sum = [0.0; 3];
        for &at in group {
            sum.iter_mut().zip(earned[at].figures()).for_each(|(sum, value)| *sum += value);
        }
        by_visit.push((sum, group.len() as f64));
    }
    if by_visit.is_empty() {
        return [Estimate::default(); 3];
    }
    let mean = |drawn: &mut dyn Iterator<Item = usize>| -> [f64; 3] {
        let (mut sum, mut count) = ([0.0; 3], 0.0);
        for at in drawn {
            let (values, clicks) = by_visit[at];
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            count += clicks;
        }
        sum.map(|sum| sum / count)
    };
    let all = mean(&mut (0..by_visit.len()));
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let drawn: Vec<[f64; 3]> = (0..resamples)
        .map(|_| mean(&mut (0..by_visit.len()).map(|_| random.random_range(0..by_visit.len()))))
        .collect();
    std::array::from_fn(|figure| {
        let mut values: Vec<f64> = drawn.iter().map(|means| means[figure]).collect();
        values.sort_by(f64::total_cmp);
        let quantile = |q: f64| {
            let position = (values.len().saturating_sub(1) as f64 * q).round() as usize;
            values.get(position).copied().unwrap_or(all[figure])
        };
        Estimate { mean: all[figure], low: quantile(0.025), high: quantile(0.975) }
    })
}
