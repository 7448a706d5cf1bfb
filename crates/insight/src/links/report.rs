//! The report: hit rates with intervals, and how sure it is that ours is better.

use std::fmt;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Blend, Graph, Hits, LinksParams};
use crate::evaluate::Estimate;

/// One model's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinksEntry {
    /// Its name.
    pub model: String,
    /// Share of held-out moves in the list, with the interval over sources.
    pub hit_rate: Estimate,
    /// The same among moves whose way back is unknown too.
    pub hit_rate_new: f64,
    /// The blend's hit rate minus this one's, paired by source.
    pub blend_ahead: Estimate,
    /// Two-sided p-value of that difference from the paired bootstrap, not below 1 / resamples.
    pub p_value: f64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinksReport {
    /// Length of the list.
    pub at: u32,
    /// The seed.
    pub seed: u64,
    /// Pages ranked.
    pub pages: usize,
    /// Moves in the data.
    pub moves: usize,
    /// Links in the data.
    pub links: usize,
    /// Moves models saw.
    pub train_moves: usize,
    /// Moves held out.
    pub held_moves: usize,
    /// Sources with held-out moves.
    pub sources: usize,
    /// The setting chosen on the inner hold-out, in words.
    pub settings: String,
    /// The models.
    pub entries: Vec<LinksEntry>,
}

impl LinksReport {
    pub(super) fn of(
        graph: &Graph,
        train: &Graph,
        held: &[(u32, u32)],
        names: &[&str],
        hits: &[Vec<Hits>],
        blend: &Blend,
        params: &LinksParams,
    ) -> Self {
        let sources = hits.first().map_or(0, Vec::len);
        let blend_hits = hits.last().map_or(&[][..], Vec::as_slice);
        let mut random = ChaCha8Rng::seed_from_u64(params.seed);
        let draws: Vec<Vec<usize>> = (0..params.resamples)
            .map(|_| (0..sources).map(|_| random.random_range(0..sources)).collect())
            .collect();
        let all: Vec<usize> = (0..sources).collect();
        let entries = names
            .iter()
            .zip(hits)
            .map(|(name, hits)| {
                let rate = |of: &[Hits], draw: &[usize]| {
                    let found: u32 = draw.iter().map(|&source| of[source].found).sum();
                    let held: u32 = draw.iter().map(|&source| of[source].held).sum();
                    f64::from(found) / f64::from(held.max(1))
                };
                let ahead = |draw: &[usize]| rate(blend_hits, draw) - rate(hits, draw);
                let differences: Vec<f64> = draws.iter().map(|draw| ahead(draw)).collect();
                let not_above = differences.iter().filter(|value| **value <= 0.0).count();
                let not_below = differences.iter().filter(|value| **value >= 0.0).count();
                let tail = not_above.min(not_below).max(1) as f64 / draws.len() as f64;
                let rates = draws.iter().map(|draw| rate(hits, draw)).collect();
                let held_new: u32 = hits.iter().map(|hits| hits.held_new).sum();
                let found_new: u32 = hits.iter().map(|hits| hits.found_new).sum();
                LinksEntry {
                    model: (*name).to_owned(),
                    hit_rate: Estimate::of(rate(hits, &all), rates),
                    hit_rate_new: f64::from(found_new) / f64::from(held_new.max(1)),
                    blend_ahead: Estimate::of(ahead(&all), differences),
                    p_value: (2.0 * tail).min(1.0),
                }
            })
            .collect();
        Self {
            at: params.at,
            seed: params.seed,
            pages: graph.pages(),
            moves: train.moves.len() + held.len(),
            links: graph.links.len(),
            train_moves: train.moves.len(),
            held_moves: held.len(),
            sources,
            settings: format!("go on {}, inner HR {:.4}", blend.settings().go_on, blend.inner()),
            entries,
        }
    }

    /// The figures of a model.
    pub fn entry(&self, model: &str) -> Option<&LinksEntry> {
        self.entries.iter().find(|entry| entry.model == model)
    }
}

impl fmt::Display for LinksReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "data      {} pages, {} moves, {} links; {} moves of {} sources held out, seed {}",
            self.pages, self.moves, self.links, self.held_moves, self.sources, self.seed
        )?;
        writeln!(f, "settings  {}\n", self.settings)?;
        let rate = format!("HR@{}", self.at);
        writeln!(f, "{:<20} {rate:>7} {:<18} no way back  blend ahead by", "model", "")?;
        for entry in &self.entries {
            let LinksEntry { model, hit_rate, hit_rate_new, blend_ahead, p_value } = entry;
            write!(
                f,
                "{model:<20} {:>7.4} [{:.4}, {:.4}]   {hit_rate_new:>11.4}",
                hit_rate.mean, hit_rate.low, hit_rate.high
            )?;
            if model == "blend" {
                writeln!(f)?;
            } else {
                let Estimate { mean, low, high } = blend_ahead;
                writeln!(f, "  {mean:+.4} [{low:+.4}, {high:+.4}] p {p_value:.3}")?;
            }
        }
        Ok(())
    }
}
