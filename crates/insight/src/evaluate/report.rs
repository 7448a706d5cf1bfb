//! The report: what was measured, on what, and a table a person can read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Estimate, Variant};
use crate::params::TrainParams;

/// One model in one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `popularity`, `item-knn`, `als`, `co-visitation` or `blend`.
    pub model: String,
    /// Whether items used before may be in the list.
    pub variant: Variant,
    /// People measured: those with at least one label in the variant.
    pub people: usize,
    /// The settings that won on the tuning window.
    pub settings: String,
    /// Recall@k.
    pub recall: Estimate,
    /// NDCG@k.
    pub ndcg: Estimate,
}

/// What an evaluation found. Everything but `seconds` is the same for the same data, parameters and seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Length of the list.
    pub at: u32,
    /// The seed.
    pub seed: u64,
    /// Where the data were cut, in words.
    pub split: String,
    /// Items in the data.
    pub items: usize,
    /// Visitors in the data, without robots.
    pub visitors: usize,
    /// Uses in the data, without robots'.
    pub uses: usize,
    /// Visitors left out as robots.
    pub robots: usize,
    /// Uses left out with them.
    pub robot_uses: usize,
    /// Uses before the test window.
    pub train_uses: usize,
    /// Items ranked: all used before the test window.
    pub live_items: usize,
    /// Whether settings were searched.
    pub tuned: bool,
    /// The settings that won, where they were searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<TrainParams>,
    /// People the settings were searched on.
    pub tuning_people: usize,
    /// People with uses on both sides of the cut; a sample of them is measured.
    pub returning: usize,
    /// People with uses after the cut only: not measured, nothing is known of them.
    pub newcomers: usize,
    /// Labels of the measured people.
    pub labels: usize,
    /// Labels outside the live items: misses for every model.
    pub dead_labels: usize,
    /// The figures.
    pub entries: Vec<Entry>,
    /// Seconds by stage, as the caller's stopwatch says; not part of the result.
    pub seconds: Vec<(String, f64)>,
}

impl Report {
    /// The figures of a model.
    pub fn entry(&self, model: &str, variant: Variant) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.model == model && entry.variant == variant)
    }

    /// The report without its times: equal for equal runs.
    #[must_use]
    pub fn without_times(mut self) -> Self {
        self.seconds.clear();
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "split     {}", self.split)?;
        writeln!(
            f,
            "data      {} uses, {} visitors, {} items; left out as robots: {} visitors, {} uses",
            self.uses, self.visitors, self.items, self.robots, self.robot_uses
        )?;
        writeln!(
            f,
            "protocol  {} training uses, {} live items ranked in full, ties half, seed {}",
            self.train_uses, self.live_items, self.seed
        )?;
        writeln!(
            f,
            "people    {} returning, {} newcomers not measured; {} labels, {} outside the live items",
            self.returning, self.newcomers, self.labels, self.dead_labels
        )?;
        if self.tuned {
            writeln!(
                f,
                "settings  searched on {} people of the tuning window",
                self.tuning_people
            )?;
        } else {
            writeln!(f, "settings  as given, not searched")?;
        }
        for variant in [Variant::New, Variant::All] {
            let people = self.entries.iter().find(|entry| entry.variant == variant);
            writeln!(
                f,
                "\n{} items ({} people)",
                variant.as_str(),
                people.map_or(0, |entry| entry.people)
            )?;
            let (recall, ndcg) = (format!("recall@{}", self.at), format!("NDCG@{}", self.at));
            writeln!(f, "{:<14} {recall:>10} {:<17} {ndcg:>8} {:<17} settings", "model", "", "")?;
            for entry in self.entries.iter().filter(|entry| entry.variant == variant) {
                let interval = |e: &Estimate| format!("[{:.4}, {:.4}]", e.low, e.high);
                writeln!(
                    f,
                    "{:<14} {:>10.4} {:<17} {:>8.4} {:<17} {}",
                    entry.model,
                    entry.recall.mean,
                    interval(&entry.recall),
                    entry.ndcg.mean,
                    interval(&entry.ndcg),
                    entry.settings
                )?;
            }
        }
        for (stage, seconds) in &self.seconds {
            write!(f, "\n{stage}: {seconds:.1} s")?;
        }
        Ok(())
    }
}
