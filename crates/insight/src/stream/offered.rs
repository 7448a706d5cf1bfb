//! What everybody is offered: the most used items, kept up by the items touched since the last look.
//!
//! Counts only grow between two looks (decay is forward), so an item nobody touched cannot have entered a list.

use super::trends::Trend;

/// Clicks between two looks, at most.
const CLICKS: usize = 1_024;
/// Time between two looks, in milliseconds, at most.
const SPAN_MS: i64 = 2_000;
/// Continuations now, within the hour, all uses within the hour, continuations within the day.
const LISTS: usize = 4;

fn weights(trend: &Trend) -> [f32; LISTS] {
    [trend.next[0], trend.next[1], trend.all[1], trend.next[2]]
}

/// The heaviest items, ascending by number, with their weights.
#[derive(Clone, Debug, Default)]
struct Heaviest {
    entries: Vec<(u32, f32)>,
    /// What a newcomer must outweigh.
    least: f32,
}

impl Heaviest {
    /// Takes in an item's new weight; a newcomer is appended.
    fn take(&mut self, known: usize, item: u32, weight: f32) {
        match self.entries[..known].binary_search_by_key(&item, |entry| entry.0) {
            Ok(at) => self.entries[at].1 = weight,
            Err(_) if weight > self.least => self.entries.push((item, weight)),
            Err(_) => {}
        }
    }

    /// Lets the lightest go.
    fn settle(&mut self, length: usize) {
        let heavier = |a: &(u32, f32), b: &(u32, f32)| crate::ranking::best_first(*a, *b);
        if self.entries.len() > length {
            self.entries.select_nth_unstable_by(length, heavier);
            self.entries.truncate(length);
        }
        self.entries.sort_unstable_by_key(|entry| entry.0);
        self.least = if self.entries.len() < length {
            0.0
        } else {
            self.entries.iter().map(|entry| entry.1).fold(f32::INFINITY, f32::min)
        };
    }
}

/// The lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Offered {
    lengths: [usize; LISTS],
    lists: [Heaviest; LISTS],
    /// The items of all of them, each once.
    items: Vec<u32>,
    touched: Vec<u32>,
    looked_ms: i64,
}

impl Offered {
    /// Empty lists of at most these lengths.
    pub(super) fn new(lengths: [usize; LISTS]) -> Self {
        Self { lengths, ..Self::default() }
    }

    /// The items, ascending.
    pub(super) fn items(&self) -> &[u32] {
        &self.items
    }

    /// Notes that an item's counts grew, and looks again where it is time.
    pub(super) fn touch(&mut self, item: u32, at_ms: i64, trends: &[Trend]) {
        self.touched.push(item);
        if self.touched.len() >= CLICKS || at_ms.abs_diff(self.looked_ms) >= SPAN_MS as u64 {
            self.looked_ms = at_ms;
            self.look(trends);
        }
    }

    /// Takes over all weights anew: their scale has changed.
    pub(super) fn reweigh(&mut self, trends: &[Trend]) {
        for nth in 0..LISTS {
            let list = &mut self.lists[nth];
            for entry in &mut list.entries {
                entry.1 = weights(&trends[entry.0 as usize])[nth];
            }
            list.settle(self.lengths[nth]);
        }
    }

    fn look(&mut self, trends: &[Trend]) {
        self.touched.sort_unstable();
        self.touched.dedup();
        let known = self.lists.each_ref().map(|list| list.entries.len());
        for &item in &self.touched {
            let weights = weights(&trends[item as usize]);
            for nth in 0..LISTS {
                self.lists[nth].take(known[nth], item, weights[nth]);
            }
        }
        self.touched.clear();
        let mut changed = false;
        for ((list, known), length) in self.lists.iter_mut().zip(known).zip(self.lengths) {
            changed |= list.entries.len() > known;
            list.settle(length);
        }
        if changed {
            self.items.clear();
            self.items
                .extend(self.lists.iter().flat_map(|list| &list.entries).map(|entry| entry.0));
            self.items.sort_unstable();
            self.items.dedup();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_lists_are_those_of_looking_at_everything(
            clicks in prop::collection::vec((0_u32..600, 0_i64..5_000), 1..3_000),
        ) {
            let mut trends = vec![Trend::default(); 600];
            let mut offered = Offered::new([150, 400, 250, 100]);
            let mut now = 0;
            for (nth, (item, later)) in clicks.into_iter().enumerate() {
                now += later;
                let weight = 1.0 + nth as f32 / 100.0;
                trends[item as usize].add(now, nth % 3 != 0, [0; 4], [weight; 4], weight);
                offered.touch(item, now, &trends);
            }
            offered.look(&trends);
            for nth in 0..LISTS {
                let mut all: Vec<(u32, f32)> = (0_u32..)
                    .zip(&trends)
                    .map(|(item, trend)| (item, weights(trend)[nth]))
                    .filter(|entry| entry.1 > 0.0)
                    .collect();
                all.sort_unstable_by(|a, b| crate::ranking::best_first(*a, *b));
                all.truncate(offered.lengths[nth]);
                // Of equal weights one or another may be kept.
                let least = all.last().map_or(0.0, |entry| entry.1);
                let heavy = |list: &[(u32, f32)]| {
                    let mut heavy: Vec<u32> =
                        list.iter().filter(|entry| entry.1 > least).map(|entry| entry.0).collect();
                    heavy.sort_unstable();
                    heavy
                };
                prop_assert_eq!(heavy(&offered.lists[nth].entries), heavy(&all));
                prop_assert_eq!(offered.lists[nth].entries.len(), all.len());
            }
        }
    }
}
