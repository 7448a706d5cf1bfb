//! Ours: a listwise linear ranker over the evidence, fitted on moves held out inside the training moves.

use serde::{Deserialize, Serialize};

use super::{Evidence, FEATURES, Graph, Held, hits};

/// Settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlendParams {
    /// Probability that the walk goes on; `tries` are tried.
    pub go_on: f32,
    /// Probabilities to try on the inner hold-out.
    pub tries: Vec<f32>,
    /// Steps of the walk.
    pub steps: u32,
    /// What an editor's link counts, in log-moves.
    pub link_weight: f32,
    /// Pages looked at for a source.
    pub candidates: u32,
    /// Rounds of gradient ascent.
    pub rounds: u32,
    /// Share of the training moves the weights are fitted on.
    pub inner_share: f32,
}

impl Default for BlendParams {
    fn default() -> Self {
        Self {
            go_on: 0.7,
            tries: vec![0.5, 0.7, 0.85],
            steps: 6,
            link_weight: 2.0,
            candidates: 200,
            rounds: 300,
            inner_share: 0.2,
        }
    }
}

/// A source's candidates, and which of them are labels.
type List = Vec<([f32; FEATURES], bool)>;

/// Fitted weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Blend {
    weights: [f32; FEATURES],
    settings: BlendParams,
    inner: f64,
}

impl Blend {
    /// Fits on an inner hold-out for every setting tried, keeps the best by hit rate there.
    pub fn fit(train: &Graph, params: &BlendParams, at: u32, seed: u64) -> Self {
        let Held { train: inner, held } = train.hold_out(params.inner_share, seed ^ 0xB1E4D);
        let tries = if params.tries.is_empty() { vec![params.go_on] } else { params.tries.clone() };
        let mut best: Option<Self> = None;
        for go_on in tries {
            let settings = BlendParams { go_on, ..params.clone() };
            let evidence = Evidence::of(&inner, &settings);
            let weights = ascend(&lists(&inner, &held, &evidence), params.rounds);
            let mut tried = Self { weights, settings, inner: 0.0 };
            let score = |source: u32, scores: &mut [f32]| tried.score(&evidence, source, scores);
            let found: u32 = hits(&inner, &held, &score, at).iter().map(|hits| hits.found).sum();
            tried.inner = f64::from(found) / held.len().max(1) as f64;
            if best.as_ref().is_none_or(|best| tried.inner > best.inner) {
                best = Some(tried);
            }
        }
        best.unwrap_or_else(|| Self {
            weights: [0.0; FEATURES],
            settings: params.clone(),
            inner: 0.0,
        })
    }

    /// The settings that won.
    pub fn settings(&self) -> &BlendParams {
        &self.settings
    }

    /// Hit rate on the inner hold-out.
    pub fn inner(&self) -> f64 {
        self.inner
    }

    /// Scores of a source's candidates.
    pub fn score(&self, evidence: &Evidence, source: u32, scores: &mut [f32]) {
        for (page, features) in evidence.candidates(source) {
            scores[page as usize] = dot(&self.weights, &features);
        }
    }
}

fn dot(weights: &[f32; FEATURES], features: &[f32; FEATURES]) -> f32 {
    weights.iter().zip(features).map(|(a, b)| a * b).sum()
}

/// Candidates of every source with a label among them; pages it leads to already are none.
fn lists(train: &Graph, held: &[(u32, u32)], evidence: &Evidence) -> Vec<List> {
    let known = train.matrix();
    held.chunk_by(|a, b| a.0 == b.0)
        .map(|group| {
            let source = group[0].0;
            evidence
                .candidates(source)
                .into_iter()
                .filter(|(page, _)| known.row(source as usize).0.binary_search(page).is_err())
                .map(|(page, features)| (features, group.binary_search(&(source, page)).is_ok()))
                .collect()
        })
        .filter(|list: &List| list.iter().any(|candidate| candidate.1))
        .collect()
}

/// Maximises the likelihood of the labels under a softmax over their list (Cao et al., *`ListNet`*, ICML 2007), by
/// gradient ascent with momentum on standardised features.
fn ascend(lists: &[List], rounds: u32) -> [f32; FEATURES] {
    let (mut sum, mut square, mut count) = ([0_f64; FEATURES], [0_f64; FEATURES], 0_f64);
    for (features, _) in lists.iter().flatten() {
        count += 1.0;
        for feature in 0..FEATURES {
            sum[feature] += f64::from(features[feature]);
            square[feature] += f64::from(features[feature]).powi(2);
        }
    }
    let spread: [f32; FEATURES] = std::array::from_fn(|feature| {
        let mean = sum[feature] / count.max(1.0);
        ((square[feature] / count.max(1.0) - mean * mean).max(0.0).sqrt() as f32).max(1e-3)
    });
    let (mut weights, mut speed) = ([0_f32; FEATURES], [0_f32; FEATURES]);
    for _ in 0..rounds {
        let mut slope = [0_f64; FEATURES];
        let mut labels = 0_f64;
        for list in lists {
            let scores: Vec<f32> = list.iter().map(|entry| dot(&weights, &entry.0)).collect();
            let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let masses: Vec<f32> = scores.iter().map(|score| (score - top).exp()).collect();
            let all: f32 = masses.iter().sum();
            let own = list.iter().filter(|entry| entry.1).count() as f32;
            labels += f64::from(own);
            for ((features, label), mass) in list.iter().zip(masses) {
                let error = f32::from(u8::from(*label)) - own * mass / all;
                for (slope, feature) in slope.iter_mut().zip(features) {
                    *slope += f64::from(error * feature);
                }
            }
        }
        // In standardised units: both the slope and the step are scaled by the spread.
        for feature in 0..FEATURES {
            let scaled = (slope[feature] / labels.max(1.0)) as f32 / spread[feature];
            speed[feature] = 0.9 * speed[feature] + scaled;
            weights[feature] += 0.1 * speed[feature] / spread[feature];
        }
    }
    weights
}
