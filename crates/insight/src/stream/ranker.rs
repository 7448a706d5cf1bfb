//! An online listwise ranker: a generalised additive model trained by softmax on every observed choice.
//!
//! Each feature is a piecewise linear curve over fixed knots, so that weights stay readable and a feature may help in the
//! middle of its range. Weight sets add up: one shared, and one for each value of what the caller says matters (place in
//! the visit, device, where the visit came from). Loss: `ListNet`'s top-one cross-entropy (Cao et al., ICML 2007); steps
//! by `AdaGrad` (Duchi, Hazan, Singer, JMLR 2011).

use super::features::{FEATURES, NAMES};
use super::state::View;

/// Knots of a curve.
const KNOTS: usize = 8;
/// Numbers of one weight set.
const WIDTH: usize = FEATURES * KNOTS;

/// Places in the visit that have a weight set: second item, third, later.
const PLACES: usize = 3;
/// Values of a context that have one.
const VALUES: usize = 32;
/// Weight sets: shared, place in the visit, device, where the visit came from.
const SETS: usize = 1 + PLACES + 2 * VALUES;

/// What is believed before anything is learnt: the score a feature adds at 1, growing evenly from 0.
const PRIOR: [(&str, f32); 6] = [
    ("after_last_12h", 3.0),
    ("after_pair", 1.0),
    ("nearest_aware", 3.0),
    ("beside_visit", 2.0),
    ("next_share_1h", 2.0),
    ("share_1d", 1.0),
];

/// How it learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankerParams {
    /// Learning rate.
    pub rate: f32,
    /// Weight decay a step.
    pub decay: f32,
}

impl Default for RankerParams {
    fn default() -> Self {
        Self { rate: 0.08, decay: 1e-6 }
    }
}

/// The weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranker {
    params: RankerParams,
    weights: Vec<f32>,
    squares: Vec<f32>,
    steps: u64,
    scores: Vec<f32>,
    gradient: Vec<f32>,
}

impl Ranker {
    /// For what comes next in a visit: the sets of [`Ranker::sets_of`], a prior in the shared one.
    pub fn of_next_items(params: RankerParams) -> Self {
        let mut ranker = Self::new(params, SETS);
        for (name, most) in PRIOR {
            let Some(feature) = NAMES.iter().position(|known| *known == name) else { continue };
            for knot in 0..KNOTS {
                let share = knot as f32 / (KNOTS - 1) as f32;
                ranker.weights[feature * KNOTS + knot] = share * most;
            }
        }
        ranker
    }

    /// The weight sets of a moment: shared, place in the visit, device, where the visit came from.
    pub fn sets_of(view: &View) -> [usize; 4] {
        let value = |context: usize| usize::from(view.contexts[context]) % VALUES;
        let place = view.items.len().clamp(1, PLACES);
        [0, place, 1 + PLACES + value(0), 1 + PLACES + VALUES + value(3)]
    }

    /// With `sets` weight sets, all zero.
    pub fn new(params: RankerParams, sets: usize) -> Self {
        Self {
            params,
            weights: vec![0.0; sets * WIDTH],
            squares: vec![1e-4; sets * WIDTH],
            steps: 0,
            scores: Vec::new(),
            gradient: vec![0.0; WIDTH],
        }
    }

    /// Choices learnt from.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Scores candidates (rows of features, each 0 to 1) under some weight sets.
    pub fn score(&self, sets: &[usize], features: &[f32], scores: &mut Vec<f32>) {
        let mut sum = [0_f32; WIDTH];
        for &set in sets {
            for (sum, weight) in sum.iter_mut().zip(&self.weights[set * WIDTH..][..WIDTH]) {
                *sum += weight;
            }
        }
        scores.clear();
        scores.extend(features.chunks_exact(FEATURES).map(|row| {
            let mut score = 0.0;
            for (feature, &value) in row.iter().enumerate() {
                let (knot, part) = place(value);
                let curve = &sum[feature * KNOTS..(feature + 1) * KNOTS];
                score += curve[knot] + part * (curve[knot + 1] - curve[knot]);
            }
            score
        }));
    }

    /// Learns that candidate `chosen` was taken out of these.
    pub fn learn(&mut self, sets: &[usize], features: &[f32], chosen: usize) {
        let mut scores = std::mem::take(&mut self.scores);
        self.score(sets, features, &mut scores);
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for score in &mut scores {
            *score = (*score - most).exp();
            sum += *score;
        }
        self.gradient.fill(0.0);
        for (candidate, (row, score)) in features.chunks_exact(FEATURES).zip(&scores).enumerate() {
            let is_chosen = f32::from(u8::from(candidate == chosen));
            let error = score / sum - is_chosen;
            if error.abs() < 1e-5 {
                continue;
            }
            for (feature, &value) in row.iter().enumerate() {
                let (knot, part) = place(value);
                self.gradient[feature * KNOTS + knot] += error * (1.0 - part);
                self.gradient[feature * KNOTS + knot + 1] += error * part;
            }
        }
        for &set in sets {
            let weights = &mut self.weights[set * WIDTH..][..WIDTH];
            let squares = &mut self.squares[set * WIDTH..][..WIDTH];
            for ((weight, square), &gradient) in weights.iter_mut().zip(squares).zip(&self.gradient)
            {
                if gradient.abs() > 0.0 {
                    let gradient = gradient + self.params.decay * *weight;
                    *square += gradient * gradient;
                    *weight -= self.params.rate * gradient / square.sqrt();
                }
            }
        }
        self.steps += 1;
        self.scores = scores;
    }

    /// What each feature of a row adds to its score, largest first.
    pub fn explain(&self, sets: &[usize], row: &[f32]) -> Vec<(&'static str, f32)> {
        let mut parts: Vec<(&'static str, f32)> = row
            .iter()
            .enumerate()
            .map(|(feature, &value)| {
                let (knot, part) = place(value);
                let at = feature * KNOTS + knot;
                let sum = |offset: usize| -> f32 {
                    sets.iter().map(|set| self.weights[set * WIDTH + at + offset]).sum()
                };
                (NAMES[feature], sum(0) + part * (sum(1) - sum(0)))
            })
            .collect();
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        parts
    }
}

/// The knot below a value and how far it is to the next.
#[inline(always)]
fn place(value: f32) -> (usize, f32) {
    let at = value.clamp(0.0, 1.0) * (KNOTS - 1) as f32;
    let knot = (at as usize).min(KNOTS - 2);
    (knot, at - knot as f32)
}
