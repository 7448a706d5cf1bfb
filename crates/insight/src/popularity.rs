//! What everybody uses: decayed popularity and what is read more than usual right now.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::interactions::{DAY_MS, Interactions};
use crate::params::in_range;

/// How fast popularity fades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PopularityParams {
    /// Days after which a use counts half.
    pub half_life_days: f32,
    /// Days that count as "right now".
    pub trend_days: f32,
    /// Visitors every item is given before its trend is believed.
    pub trend_prior: f32,
}

impl Default for PopularityParams {
    fn default() -> Self {
        Self { half_life_days: 7.0, trend_days: 1.0, trend_prior: 5.0 }
    }
}

impl PopularityParams {
    pub(crate) fn check(&self) -> Result<()> {
        in_range("popularity.half_life_days", self.half_life_days, 0.001, 36_500.0)?;
        in_range("popularity.trend_days", self.trend_days, 0.001, 3_650.0)?;
        in_range("popularity.trend_prior", self.trend_prior, 0.01, 1e6)
    }
}

/// Popularity of every item, by position.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Popularity {
    #[serde(with = "crate::models::packed")]
    scores: Vec<f32>,
    #[serde(with = "crate::models::packed")]
    trends: Vec<f32>,
    ranked: Vec<u32>,
}

impl Popularity {
    /// Counts at `as_of_ms`. One visitor counts once an item and day, however often it comes.
    pub fn count(table: &Interactions, params: &PopularityParams, as_of_ms: i64) -> Self {
        // (item, visitor, days ago, age): sorted, so the newest use of a day is the one that stays.
        let mut uses: Vec<(u32, u32, i64, i64)> = table
            .rows
            .iter()
            .map(|row| {
                let age = (as_of_ms - row.ts_ms).max(0);
                (row.item, row.visitor, age / DAY_MS, age)
            })
            .collect();
        uses.par_sort_unstable();
        uses.dedup_by_key(|entry| (entry.0, entry.1, entry.2));
        let (first, last) = table.window().unwrap_or((as_of_ms, as_of_ms));
        let days = ((last - first) as f32 / DAY_MS as f32).max(params.trend_days);
        let expected_share = params.trend_days / days;
        let mut scores = vec![0_f32; table.items.len()];
        let mut recent = vec![0_f32; table.items.len()];
        let mut total = vec![0_f32; table.items.len()];
        for (item, _, _, age_ms) in uses {
            let (item, age) = (item as usize, age_ms as f32 / DAY_MS as f32);
            scores[item] += (-age / params.half_life_days).exp2();
            total[item] += 1.0;
            if age < params.trend_days {
                recent[item] += 1.0;
            }
        }
        let trends = recent
            .iter()
            .zip(&total)
            .map(|(now, all)| {
                (now + params.trend_prior) / (all * expected_share + params.trend_prior)
            })
            .collect();
        let mut ranked: Vec<u32> = (0..scores.len() as u32).collect();
        ranked.sort_by(|&a, &b| {
            crate::ranking::best_first((a, scores[a as usize]), (b, scores[b as usize]))
        });
        Self { scores, trends, ranked }
    }

    /// Decayed distinct visitors of an item; 0 for an unknown one.
    pub fn score(&self, item: u32) -> f32 {
        self.scores.get(item as usize).copied().unwrap_or(0.0)
    }

    /// Visitors now over visitors expected now; 1 is as usual, 2 is twice as many. Smoothed towards 1.
    pub fn trend(&self, item: u32) -> f32 {
        self.trends.get(item as usize).copied().unwrap_or(1.0)
    }

    /// All items, most popular first.
    pub fn ranked(&self) -> &[u32] {
        &self.ranked
    }

    /// Scores by position.
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// The `n` items whose trend is highest, best first.
    pub fn trending(&self, n: usize) -> Vec<(u32, f32)> {
        let mut best = crate::ranking::Best::new(n);
        for (item, &trend) in self.trends.iter().enumerate() {
            best.push(item as u32, trend);
        }
        best.into_sorted()
    }

    pub(crate) fn is_consistent(&self, items: usize) -> bool {
        self.scores.len() == items
            && self.trends.len() == items
            && self.ranked.len() == items
            && self.ranked.iter().all(|&item| (item as usize) < items)
    }
}

#[cfg(test)]
mod tests;
