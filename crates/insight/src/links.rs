//! Which page to link next: link prediction on the graph of moves between pages.
//!
//! Protocol: a seeded fifth of the directed moves is held out; every model sees the rest and ranks all pages for each
//! source, pages it already leads to taken out; HR@5 is the share of held-out moves in the first five. Weights and
//! settings of ours are chosen on a hold-out inside the training moves. Intervals and paired tests are bootstraps over
//! sources, whose moves stand or fall together. Page sequences are not used: the moves were counted from such, and a
//! held-out move would be read there.

mod blend;
mod evidence;
mod graph;
mod node2vec;
mod ratio;
mod report;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::params::{in_range, positive};
use crate::ranking::Best;
use crate::{InsightError, Result};

pub use blend::{Blend, BlendParams};
pub use evidence::{Evidence, FEATURES};
pub use graph::{Graph, Held};
pub use node2vec::{Embedding, Node2VecParams};
pub use ratio::{LogLikelihood, log_likelihood_ratio};
pub use report::{LinksEntry, LinksReport};

/// How to measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinksParams {
    /// Seed of both hold-outs, the walks and the bootstrap.
    pub seed: u64,
    /// Length of the list.
    pub at: u32,
    /// Share of the moves held out.
    pub held_share: f32,
    /// Bootstrap resamples.
    pub resamples: u32,
    /// The embedding GOV.UK used.
    pub node2vec: Node2VecParams,
    /// Ours.
    pub blend: BlendParams,
}

impl Default for LinksParams {
    fn default() -> Self {
        Self {
            seed: 7,
            at: 5,
            held_share: 0.2,
            resamples: 1_000,
            node2vec: Node2VecParams::default(),
            blend: BlendParams::default(),
        }
    }
}

/// Scores of all pages for one source into a slice that starts at minus infinity: what is left there is no candidate.
pub type Score<'a> = &'a (dyn Fn(u32, &mut [f32]) + Sync);

/// Measures popularity, transitions, log-likelihood ratios, node2vec and the blend.
///
/// # Errors
/// A parameter out of range, or too few moves to hold any out.
pub fn evaluate(graph: &Graph, params: &LinksParams) -> Result<LinksReport> {
    in_range("links.held_share", params.held_share, 0.01, 0.9)?;
    positive("links.at", params.at)?;
    positive("links.resamples", params.resamples)?;
    positive("links.node2vec.dim", params.node2vec.dim)?;
    let Held { train, held } = graph.hold_out(params.held_share, params.seed);
    if held.is_empty() || train.moves.is_empty() {
        return Err(InsightError::NothingToEvaluate("too few moves to hold any out".to_owned()));
    }
    let evidence = Evidence::of(&train, &params.blend);
    let popular: Vec<f32> =
        (0..train.pages()).map(|page| evidence.moves_in().row_len(page) as f32).collect();
    let baskets = LogLikelihood::of_baskets(&train);
    let moves = LogLikelihood::of_moves(&train);
    let (one_way, both_ways) = rayon::join(
        || Embedding::fit(&train, &params.node2vec, false, params.seed),
        || Embedding::fit(&train, &params.node2vec, true, params.seed),
    );
    let blend = Blend::fit(&train, &params.blend, params.at, params.seed);
    let chosen = Evidence::of(&train, blend.settings());
    let models: [(&str, Score<'_>); 8] = [
        ("popularity", &|_, scores| scores.copy_from_slice(&popular)),
        ("transitions", &|source, scores| evidence.transitions(source, scores)),
        ("llr-baskets", &|source, scores| baskets.score(source, scores)),
        ("llr-moves", &|source, scores| moves.score(source, scores)),
        ("node2vec", &|source, scores| one_way.score(source, scores)),
        ("node2vec-undirected", &|source, scores| both_ways.score(source, scores)),
        ("random-walk", &|source, scores| chosen.walk(source, scores)),
        ("blend", &|source, scores| blend.score(&chosen, source, scores)),
    ];
    let hits: Vec<Vec<Hits>> =
        models.iter().map(|(_, score)| hits(&train, &held, *score, params.at)).collect();
    Ok(LinksReport::of(graph, &train, &held, &models.map(|(name, _)| name), &hits, &blend, params))
}

/// One source's held-out moves and how many of them were found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Hits {
    pub(crate) held: u32,
    pub(crate) found: u32,
    /// Of moves whose way back is not in the training moves either: the hard ones.
    pub(crate) held_new: u32,
    pub(crate) found_new: u32,
}

/// Ranks all pages for every source with held-out moves, in order of sources.
pub(crate) fn hits(train: &Graph, held: &[(u32, u32)], score: Score<'_>, at: u32) -> Vec<Hits> {
    let known: std::collections::HashSet<(u32, u32)> =
        train.moves.iter().map(|edge| (edge.0, edge.1)).collect();
    let groups: Vec<&[(u32, u32)]> = held.chunk_by(|a, b| a.0 == b.0).collect();
    groups
        .par_iter()
        .map(|group| {
            let source = group[0].0;
            let mut scores = vec![f32::NEG_INFINITY; train.pages()];
            score(source, &mut scores);
            let mut best = Best::new(at as usize);
            for (page, &score) in scores.iter().enumerate() {
                let page = page as u32;
                let candidate = page != source && score.is_finite() && best.admits(score);
                if candidate && !known.contains(&(source, page)) {
                    best.push(page, score);
                }
            }
            let list = best.into_sorted();
            let mut hits = Hits::default();
            for &(_, target) in *group {
                let found = u32::from(list.iter().any(|entry| entry.0 == target));
                let new = u32::from(!known.contains(&(target, source)));
                hits.held += 1;
                hits.found += found;
                hits.held_new += new;
                hits.found_new += found * new;
            }
            hits
        })
        .collect()
}

#[cfg(test)]
mod tests;
