//! From rows to one weight per visitor and item: decayed, saturated, with minimum support.

use serde::{Deserialize, Serialize};

use super::{DAY_MS, Interactions};
use crate::Result;
use crate::matrix::Csr;
use crate::params::{in_range, positive};

/// How repeated uses become one weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weighting {
    /// Days after which a use counts half; 0 is no decay.
    pub half_life_days: f32,
    /// The most one visitor can say about one item, in page views.
    pub cap: f32,
    /// Items used by fewer visitors teach nothing.
    pub min_visitors: u32,
    /// A visitor teaches with at most this many items, the newest ones.
    pub max_items_per_visitor: u32,
    /// Visitors with more uses than this on one day are robots and are left out altogether.
    pub robot_uses_per_day: u32,
}

impl Default for Weighting {
    fn default() -> Self {
        Self {
            half_life_days: 30.0,
            cap: 5.0,
            min_visitors: 2,
            max_items_per_visitor: 500,
            robot_uses_per_day: 2_000,
        }
    }
}

impl Weighting {
    pub(crate) fn check(&self) -> Result<()> {
        in_range("weighting.half_life_days", self.half_life_days, 0.0, 36_500.0)?;
        in_range("weighting.cap", self.cap, 0.01, 1e6)?;
        positive("weighting.max_items_per_visitor", self.max_items_per_visitor)?;
        positive("weighting.robot_uses_per_day", self.robot_uses_per_day)
    }

    /// What a use `age_ms` old still counts, in (0, 1]. Uses from the future count in full.
    pub fn decay(&self, age_ms: i64) -> f32 {
        if self.half_life_days <= 0.0 || age_ms <= 0 {
            return 1.0;
        }
        (-(age_ms as f64 / DAY_MS as f64) / f64::from(self.half_life_days)).exp2() as f32
    }
}

impl Interactions {
    /// Visitors × items: decayed to `as_of_ms`, saturated at the cap, items below support emptied. Positions are those
    /// of the dictionaries.
    pub fn user_item(&self, weighting: &Weighting, as_of_ms: i64) -> Csr {
        // (visitor, item, newest use, weight), merged over repeats in one fixed order.
        let mut entries: Vec<(u32, u32, i64, f32)> = self
            .rows
            .iter()
            .map(|row| {
                let weight = row.weight * weighting.decay(as_of_ms - row.ts_ms);
                (row.visitor, row.item, row.ts_ms, weight)
            })
            .collect();
        entries.sort_unstable_by_key(|entry| (entry.0, entry.1, entry.2, entry.3.to_bits()));
        entries.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 = kept.2.max(next.2);
                kept.3 += next.3;
            }
            same
        });
        keep_newest(&mut entries, weighting.max_items_per_visitor as usize);

        let mut visitors_of = vec![0_u32; self.items.len()];
        for entry in &entries {
            visitors_of[entry.1 as usize] += 1;
        }
        let triplets = entries
            .into_iter()
            .filter(|entry| visitors_of[entry.1 as usize] >= weighting.min_visitors)
            // A weight decayed to nothing would say "never seen" to the factors.
            .map(|entry| (entry.0, entry.1, entry.3.clamp(1e-3, weighting.cap)))
            .collect();
        Csr::from_triplets(self.visitors.len(), self.items.len(), triplets)
    }
}

/// Keeps each visitor's `most` newest entries; `entries` is grouped by visitor and stays sorted.
fn keep_newest(entries: &mut Vec<(u32, u32, i64, f32)>, most: usize) {
    let mut keep = vec![true; entries.len()];
    let mut start = 0;
    while start < entries.len() {
        let visitor = entries[start].0;
        let end = start + entries[start..].partition_point(|entry| entry.0 == visitor);
        if end - start > most {
            let mut order: Vec<usize> = (start..end).collect();
            order.sort_by_key(|&position| (std::cmp::Reverse(entries[position].2), position));
            for &position in &order[most..] {
                keep[position] = false;
            }
        }
        start = end;
    }
    let mut position = 0;
    entries.retain(|_| {
        position += 1;
        keep[position - 1]
    });
}
