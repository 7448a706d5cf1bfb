//! Who used what, when, in which visit, and how much it says: the only behaviour the models see.

mod builder;
mod weighting;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use vocab::{ItemId, VisitorId};

use crate::{InsightError, Result};

pub use builder::InteractionsBuilder;
pub use weighting::Weighting;

/// Milliseconds in a day.
pub const DAY_MS: i64 = 86_400_000;

/// One use of one item by one visitor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// Position in [`Interactions::visitors`].
    pub visitor: u32,
    /// Position in [`Interactions::items`].
    pub item: u32,
    /// The visit; 0 is unknown (then the visitor's whole day is one visit).
    pub session: u64,
    /// When, milliseconds since 1970 UTC; 0 everywhere where the source has no times.
    pub ts_ms: i64,
    /// How much it says, > 0: 1 is a page view.
    pub weight: f32,
}

/// A table of interactions with its two dictionaries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interactions {
    /// The items, each once.
    pub items: Vec<ItemId>,
    /// The visitors, each once.
    pub visitors: Vec<VisitorId>,
    /// The uses, in any order.
    pub rows: Vec<Interaction>,
}

impl Interactions {
    /// Checks that every row points at an item and a visitor and carries a finite weight above 0.
    ///
    /// # Errors
    /// The first row that does not.
    pub fn check(&self) -> Result<()> {
        for (row, entry) in self.rows.iter().enumerate() {
            let detail = if entry.item as usize >= self.items.len() {
                format!("item {} of {}", entry.item, self.items.len())
            } else if entry.visitor as usize >= self.visitors.len() {
                format!("visitor {} of {}", entry.visitor, self.visitors.len())
            } else if !(entry.weight.is_finite() && entry.weight > 0.0) {
                format!("weight {}, expected a finite number above 0", entry.weight)
            } else {
                continue;
            };
            return Err(InsightError::Interactions { row, detail });
        }
        Ok(())
    }

    /// The same data in one fixed order: dictionaries sorted and without duplicates or unused entries, rows by time.
    /// What is trained on it does not depend on the order a database returned.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut used_items = vec![false; self.items.len()];
        let mut used_visitors = vec![false; self.visitors.len()];
        for row in &self.rows {
            used_items[row.item as usize] = true;
            used_visitors[row.visitor as usize] = true;
        }
        let (items, item_map) = sorted_dictionary(&self.items, &used_items);
        let (visitors, visitor_map) = sorted_dictionary(&self.visitors, &used_visitors);
        let mut rows: Vec<Interaction> = self
            .rows
            .iter()
            .map(|row| Interaction {
                visitor: visitor_map[row.visitor as usize],
                item: item_map[row.item as usize],
                ..*row
            })
            .collect();
        rows.sort_unstable_by_key(|row| {
            (row.ts_ms, row.visitor, row.item, row.session, row.weight.to_bits())
        });
        Self { items, visitors, rows }
    }

    /// The rows with `from ≤ time < until`; the dictionaries stay, so positions stay.
    #[must_use]
    pub fn between(&self, from_ms: i64, until_ms: i64) -> Self {
        let inside = |row: &&Interaction| (from_ms..until_ms).contains(&row.ts_ms);
        Self {
            items: self.items.clone(),
            visitors: self.visitors.clone(),
            rows: self.rows.iter().filter(inside).copied().collect(),
        }
    }

    /// First and last time, milliseconds since 1970; `None` where there are no rows.
    pub fn window(&self) -> Option<(i64, i64)> {
        let first = self.rows.iter().map(|row| row.ts_ms).min()?;
        let last = self.rows.iter().map(|row| row.ts_ms).max()?;
        Some((first, last))
    }

    /// The moment decay is counted from, milliseconds since 1970: the last use but for the newest thousandth, so that a
    /// few clocks running weeks ahead do not age everything else. 0 where there are no rows.
    pub fn reference_ms(&self) -> i64 {
        let mut times: Vec<i64> = self.rows.iter().map(|row| row.ts_ms).collect();
        if times.is_empty() {
            return 0;
        }
        let position = times.len() - 1 - times.len() / 1_000;
        *times.select_nth_unstable(position).1
    }

    /// Without visitors who made more than `per_day` uses on one day: nobody reads that much, so it is a robot or a
    /// poisoned feed, and it must not move any list. Returns the rest, the visitors and the rows left out.
    #[must_use]
    pub fn without_robots(&self, per_day: u32) -> (Self, usize, usize) {
        let mut counts: HashMap<(u32, i64), u32> = HashMap::new();
        for row in &self.rows {
            *counts.entry((row.visitor, row.ts_ms.div_euclid(DAY_MS))).or_default() += 1;
        }
        let mut robot = vec![false; self.visitors.len()];
        for ((visitor, _), count) in counts {
            robot[visitor as usize] |= count > per_day;
        }
        let rows: Vec<Interaction> =
            self.rows.iter().filter(|row| !robot[row.visitor as usize]).copied().collect();
        let dropped = self.rows.len() - rows.len();
        let visitors = robot.iter().filter(|&&is_robot| is_robot).count();
        (
            Self { items: self.items.clone(), visitors: self.visitors.clone(), rows },
            visitors,
            dropped,
        )
    }
}

/// The used entries of a dictionary, sorted and unique, with the new position of every old one.
fn sorted_dictionary<T: Ord + Clone>(entries: &[T], used: &[bool]) -> (Vec<T>, Vec<u32>) {
    let mut order: Vec<usize> = (0..entries.len()).filter(|&position| used[position]).collect();
    order.sort_by(|&a, &b| entries[a].cmp(&entries[b]));
    let mut sorted: Vec<T> = Vec::with_capacity(order.len());
    let mut map = vec![0_u32; entries.len()];
    for position in order {
        if sorted.last() != Some(&entries[position]) {
            sorted.push(entries[position].clone());
        }
        map[position] = (sorted.len() - 1) as u32;
    }
    (sorted, map)
}

#[cfg(test)]
mod tests;
