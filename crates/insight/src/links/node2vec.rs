//! node2vec as GOV.UK ran it: uniform random walks read as sentences, pages as words.
//!
//! Grover, Leskovec, *node2vec* (KDD 2016) with p = q = 1, on skip-gram with negative sampling (Mikolov et al. 2013).
//! Sequential, so the same seed gives the same vectors.

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Graph;
use crate::factors::dense;
use crate::matrix::Csr;

/// Settings; the defaults are GOV.UK's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node2VecParams {
    /// Length of a vector.
    pub dim: u32,
    /// Pages of a walk.
    pub walk_length: u32,
    /// Walks from every page.
    pub walks: u32,
    /// Pages to either side at most; each place draws 1 to this.
    pub window: u32,
    /// Passes over the walks.
    pub epochs: u32,
    /// Random pages against every pair.
    pub negatives: u32,
    /// First learning rate; falls to nearly nothing.
    pub rate: f32,
}

impl Default for Node2VecParams {
    fn default() -> Self {
        Self {
            dim: 64,
            walk_length: 10,
            walks: 300,
            window: 10,
            epochs: 5,
            negatives: 5,
            rate: 0.025,
        }
    }
}

/// One unit vector a page; zero for a page no walk meets.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    dim: usize,
    vectors: Vec<f32>,
}

impl Embedding {
    /// Walks along moves and links, unweighted; `undirected` walks them both ways.
    pub fn fit(graph: &Graph, params: &Node2VecParams, undirected: bool, seed: u64) -> Self {
        let edges = graph.moves.iter().map(|edge| (edge.0, edge.1)).chain(graph.links.clone());
        let ways = edges.flat_map(|(a, b)| {
            let back = undirected.then_some((b, a, 1.0));
            std::iter::once((a, b, 1.0)).chain(back)
        });
        let next = Csr::from_triplets(graph.pages(), graph.pages(), ways.collect());
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let walks = walks(&next, params, &mut random);
        Self::read(&walks, graph.pages(), params, &mut random)
    }

    fn read(
        walks: &[Vec<u32>],
        pages: usize,
        params: &Node2VecParams,
        random: &mut ChaCha8Rng,
    ) -> Self {
        let dim = params.dim as usize;
        let mut counts = vec![0_f64; pages];
        for &page in walks.iter().flatten() {
            counts[page as usize] += 1.0;
        }
        let table = noise(&counts);
        let half = 0.5 / dim as f32;
        let mut vectors: Vec<f32> =
            (0..pages * dim).map(|_| random.random_range(-half..half)).collect();
        let mut contexts = vec![0_f32; pages * dim];
        let mut step = vec![0_f32; dim];
        let total = (walks.len() * params.epochs as usize).max(1) as f32;
        let mut done = 0_f32;
        for _ in 0..params.epochs {
            for walk in walks {
                let rate = (params.rate * (1.0 - done / total)).max(params.rate * 1e-3);
                done += 1.0;
                for (place, &page) in walk.iter().enumerate() {
                    let reach = random.random_range(1..=params.window.max(1)) as usize;
                    let from = place.saturating_sub(reach);
                    let to = (place + reach + 1).min(walk.len());
                    let around = walk[from..place].iter().chain(&walk[place + 1..to]);
                    for &other in around {
                        let start = other as usize * dim;
                        let vector = &mut vectors[start..start + dim];
                        step.fill(0.0);
                        for draw in 0..=params.negatives {
                            let (word, label) = if draw == 0 {
                                (page, 1.0)
                            } else {
                                (table[random.random_range(0..table.len())], 0.0)
                            };
                            if draw > 0 && word == page {
                                continue;
                            }
                            let start = word as usize * dim;
                            learn(
                                vector,
                                &mut contexts[start..start + dim],
                                &mut step,
                                label,
                                rate,
                            );
                        }
                        for (value, change) in vector.iter_mut().zip(&step) {
                            *value += change;
                        }
                    }
                }
            }
        }
        for (vector, &count) in vectors.chunks_exact_mut(dim).zip(&counts) {
            let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
            let scale = if count > 0.0 && length > 0.0 { 1.0 / length } else { 0.0 };
            vector.iter_mut().for_each(|value| *value *= scale);
        }
        Self { dim, vectors }
    }

    /// Cosines of all pages with `source`; none for a page no walk met.
    pub fn score(&self, source: u32, scores: &mut [f32]) {
        let start = source as usize * self.dim;
        let own = &self.vectors[start..start + self.dim];
        for (score, vector) in scores.iter_mut().zip(self.vectors.chunks_exact(self.dim)) {
            let cosine: f32 = own.iter().zip(vector).map(|(a, b)| a * b).sum();
            if cosine > 0.0 {
                *score = cosine;
            }
        }
    }
}

/// One pair against one word: the step for the pair's vector is gathered, the word's is taken.
#[inline]
fn learn(vector: &[f32], context: &mut [f32], step: &mut [f32], label: f32, rate: f32) {
    let dot = dense::dot(vector, context);
    let change = (label - 1.0 / (1.0 + (-dot).exp())) * rate;
    for (gathered, other) in step.iter_mut().zip(&*context) {
        *gathered += change * other;
    }
    for (other, own) in context.iter_mut().zip(vector) {
        *other += change * own;
    }
}

/// Walks from every page, in an order of chance; a walk ends where no move leads on.
fn walks(next: &Csr, params: &Node2VecParams, random: &mut ChaCha8Rng) -> Vec<Vec<u32>> {
    let mut walks = Vec::new();
    for _ in 0..params.walks {
        for start in 0..next.rows() as u32 {
            let mut walk = vec![start];
            while walk.len() < params.walk_length as usize {
                let ways = next.row(walk[walk.len() - 1] as usize).0;
                if ways.is_empty() {
                    break;
                }
                walk.push(ways[random.random_range(0..ways.len())]);
            }
            if walk.len() > 1 {
                walks.push(walk);
            }
        }
    }
    walks.shuffle(random);
    walks
}

/// A table to draw random pages from: count^¾.
fn noise(counts: &[f64]) -> Vec<u32> {
    let weights: Vec<f64> = counts.iter().map(|count| count.powf(0.75)).collect();
    let all: f64 = weights.iter().sum();
    let size = (counts.len() * 64) as f64;
    let mut table = Vec::new();
    for (page, weight) in weights.iter().enumerate() {
        let places = if all > 0.0 { (weight / all * size).ceil() as usize } else { 1 };
        table.extend(std::iter::repeat_n(page as u32, places));
    }
    table
}
