//! Three text models side by side, plus the lexicon, as features: naive Bayes and centroids over hashed tokens, and a
//! linear machine a need.

use serde::{Deserialize, Serialize};

use super::NeedParams;
use crate::text::{Bag, TextClassifier};

/// Numbers of a [`Row`].
pub(super) const FEATURES: usize = 8;

/// Features of one (text, need) pair: naive Bayes, its margin over the best other need, centroid cosine, its margin,
/// the taxonomy's words, their share of all needs' words, the linear machine, its margin.
pub(super) type Row = [f32; FEATURES];

/// A training document: hashed tokens and its needs.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) tokens: Vec<(u32, f32)>,
    /// Empty of those that do not teach the machines.
    pub(super) bag: Bag,
    pub(super) words: Vec<f32>,
    pub(super) labels: Vec<u16>,
}

/// Log-likelihood ratios and unit centroids, both bucket-major, so that a text touches few cache lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Evidence {
    needs: u16,
    #[serde(with = "crate::models::packed")]
    rarity: Vec<f32>,
    #[serde(with = "crate::models::packed")]
    ratios: Vec<f32>,
    #[serde(with = "crate::models::packed")]
    centroids: Vec<f32>,
    machines: TextClassifier,
}

impl Evidence {
    /// Multinomial naive Bayes (token against background), TF-IDF centroids (Rocchio), and the machines.
    pub(super) fn fit(documents: &[&Document], needs: usize, params: &NeedParams) -> Self {
        let (buckets, smoothing) = (params.buckets as usize, params.smoothing);
        let mut frequency = vec![0_f32; buckets];
        for document in documents {
            for &(bucket, _) in &document.tokens {
                frequency[bucket as usize] += 1.0;
            }
        }
        let total = documents.len() as f32;
        let rarity: Vec<f32> =
            frequency.iter().map(|found| ((1.0 + total) / (1.0 + found)).ln() + 1.0).collect();

        let mut counts = vec![0_f32; buckets * needs];
        let mut background = vec![0_f32; buckets];
        let mut centroids = vec![0_f32; buckets * needs];
        for document in documents {
            let length = length(&document.tokens, &rarity);
            for &(bucket, count) in &document.tokens {
                let bucket = bucket as usize;
                let value = count * rarity[bucket] / length;
                background[bucket] += value;
                for &label in &document.labels {
                    let cell = bucket * needs + label as usize;
                    counts[cell] += value;
                    centroids[cell] += value;
                }
            }
        }
        let mut mass = vec![0_f32; needs];
        let mut norm = vec![0_f32; needs];
        for (cell, &count) in counts.iter().enumerate() {
            mass[cell % needs] += count;
            norm[cell % needs] += count * count;
        }
        let all: f32 = background.iter().sum();
        let width = buckets as f32;
        for (cell, count) in counts.iter_mut().enumerate() {
            let (bucket, need) = (cell / needs, cell % needs);
            let inside = (*count + smoothing) / (mass[need] + smoothing * width);
            let outside = (background[bucket] + smoothing) / (all + smoothing * width);
            *count = (inside / outside).ln();
            centroids[cell] /= norm[need].sqrt().max(1e-9);
        }
        let taught: Vec<_> = documents
            .iter()
            .filter(|document| !document.bag.is_empty())
            .map(|document| (&document.bag, document.labels.as_slice()))
            .collect();
        let machines = TextClassifier::fit_bags(&taught, needs as u16, &params.text);
        Self { needs: needs as u16, rarity, ratios: counts, centroids, machines }
    }

    /// Features of a text for every need. `words` is the lexicon's evidence.
    pub(super) fn features(&self, tokens: &[(u32, f32)], bag: &Bag, words: &[f32]) -> Vec<Row> {
        let needs = self.needs as usize;
        let length = length(tokens, &self.rarity);
        let mut bayes = vec![0_f32; needs];
        let mut cosine = vec![0_f32; needs];
        for &(bucket, count) in tokens {
            let bucket = bucket as usize;
            let value = count * self.rarity[bucket] / length;
            let cells = bucket * needs..(bucket + 1) * needs;
            for (sum, ratio) in bayes.iter_mut().zip(&self.ratios[cells.clone()]) {
                *sum += value * ratio;
            }
            for (sum, weight) in cosine.iter_mut().zip(&self.centroids[cells]) {
                *sum += value * weight;
            }
        }
        let linear = self.machines.scores_of(bag);
        let all: f32 = words.iter().sum();
        (0..needs)
            .map(|need| {
                [
                    bayes[need],
                    margin(&bayes, need),
                    cosine[need],
                    margin(&cosine, need),
                    words[need] / (1.0 + words[need]),
                    if all > 0.0 { words[need] / all } else { 0.0 },
                    linear[need],
                    margin(&linear, need),
                ]
            })
            .collect()
    }

    pub(super) fn is_consistent(&self, buckets: u32, needs: usize) -> bool {
        let buckets = buckets as usize;
        self.needs as usize == needs
            && self.rarity.len() == buckets
            && self.ratios.len() == buckets * needs
            && self.centroids.len() == buckets * needs
            && self.machines.is_consistent(needs)
    }
}

fn length(tokens: &[(u32, f32)], rarity: &[f32]) -> f32 {
    let square = |&(bucket, count): &(u32, f32)| (count * rarity[bucket as usize]).powi(2);
    tokens.iter().map(square).sum::<f32>().sqrt().max(1e-9)
}

/// How far a need stands above the best other one.
fn margin(scores: &[f32], need: usize) -> f32 {
    let others = scores.iter().enumerate().filter(|(other, _)| *other != need);
    let best = others.map(|(_, &score)| score).fold(f32::NEG_INFINITY, f32::max);
    if best.is_finite() { scores[need] - best } else { scores[need] }
}
