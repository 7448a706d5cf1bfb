//! The report: figures of all models on the cold items, and how far ours is ahead.

use std::fmt;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{ColdStartParams, Task};
use crate::evaluate::{Estimate, Mean};

/// One model's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColdStartEntry {
    /// Its name.
    pub model: String,
    /// NDCG@k.
    pub ndcg: Estimate,
    /// Recall@k.
    pub recall: Estimate,
    /// The NDCG of ours minus this one's, paired by person.
    pub ridge_ahead: Estimate,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColdStartReport {
    /// Length of the list.
    pub at: u32,
    /// The seed.
    pub seed: u64,
    /// Items with uses.
    pub warm_items: usize,
    /// Items ranked.
    pub cold_items: usize,
    /// People measured.
    pub people: usize,
    /// Their labels.
    pub labels: usize,
    /// The ridge chosen on held-out warm items.
    pub ridge: f64,
    /// Its NDCG there.
    pub inner_ndcg: f64,
    /// The models.
    pub entries: Vec<ColdStartEntry>,
}

impl ColdStartReport {
    pub(super) fn of(
        task: &Task,
        measured: &[(&str, Vec<Mean>)],
        (ridge, inner_ndcg): (f64, f64),
        params: &ColdStartParams,
    ) -> Self {
        let people = task.people.len();
        let ours = measured.last().map_or(&[][..], |last| last.1.as_slice());
        let mut random = ChaCha8Rng::seed_from_u64(params.seed);
        let draws: Vec<Vec<usize>> = (0..params.resamples)
            .map(|_| (0..people).map(|_| random.random_range(0..people)).collect())
            .collect();
        let estimate = |value: &dyn Fn(usize) -> f64| {
            let mean = (0..people).map(value).sum::<f64>() / people.max(1) as f64;
            let resampled = draws
                .iter()
                .map(|draw| draw.iter().map(|&person| value(person)).sum::<f64>() / people as f64)
                .collect();
            Estimate::of(mean, resampled)
        };
        let entries = measured
            .iter()
            .map(|(name, means)| ColdStartEntry {
                model: (*name).to_owned(),
                ndcg: estimate(&|person| means[person].ndcg),
                recall: estimate(&|person| means[person].recall),
                ridge_ahead: estimate(&|person| ours[person].ndcg - means[person].ndcg),
            })
            .collect();
        Self {
            at: params.at,
            seed: params.seed,
            warm_items: task.features.warm().rows(),
            cold_items: task.features.cold().rows(),
            people,
            labels: task.people.iter().map(|person| person.labels.len()).sum(),
            ridge,
            inner_ndcg,
            entries,
        }
    }

    /// The figures of a model.
    pub fn entry(&self, model: &str) -> Option<&ColdStartEntry> {
        self.entries.iter().find(|entry| entry.model == model)
    }
}

impl fmt::Display for ColdStartReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "data      {} warm items, {} cold items ranked in full; {} people, {} labels, seed {}",
            self.warm_items, self.cold_items, self.people, self.labels, self.seed
        )?;
        writeln!(f, "settings  ridge {}, inner NDCG {:.4}\n", self.ridge, self.inner_ndcg)?;
        let (ndcg, recall) = (format!("NDCG@{}", self.at), format!("recall@{}", self.at));
        writeln!(f, "{:<14} {ndcg:>8} {:<17} {recall:>10}  content-ridge ahead by", "model", "")?;
        for entry in &self.entries {
            let ColdStartEntry { model, ndcg, recall, ridge_ahead } = entry;
            let interval = format!("[{:.4}, {:.4}]", ndcg.low, ndcg.high);
            write!(f, "{model:<14} {:>8.4} {interval:<17} {:>10.4}", ndcg.mean, recall.mean)?;
            if model == "content-ridge" {
                writeln!(f)?;
            } else {
                let Estimate { mean, low, high } = ridge_ahead;
                writeln!(f, "  {mean:+.4} [{low:+.4}, {high:+.4}]")?;
            }
        }
        Ok(())
    }
}
