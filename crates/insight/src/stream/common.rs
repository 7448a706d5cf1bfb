//! What everybody is offered: the most used items, kept up by the items touched since the last look.
//!
//! Counts only grow between two looks (decay is forward), so an item nobody touched cannot have entered a list.

use super::trends::Trend;
use crate::ranking::Best;

/// Clicks between two looks, at most.
const CLICKS: usize = 256;
/// Time between two looks, in milliseconds, at most.
const SPAN_MS: i64 = 1_000;
/// Items of the lists: continuations now, within the hour, all uses within the hour, continuations within the day.
const LENGTHS: [usize; 4] = [150, 400, 250, 100];

fn weight(list: usize, trend: &Trend) -> f32 {
    [trend.next[0], trend.next[1], trend.all[1], trend.next[2]][list]
}

/// The lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Common {
    lists: [Vec<u32>; 4],
    /// All of them, each item once.
    items: Vec<u32>,
    touched: Vec<u32>,
    looked_ms: i64,
}

impl Common {
    /// The items, ascending.
    pub(super) fn items(&self) -> &[u32] {
        &self.items
    }

    /// Notes that an item's counts grew, and looks again where it is time.
    pub(super) fn touch(&mut self, item: u32, at_ms: i64, trends: &[Trend]) {
        self.touched.push(item);
        if self.touched.len() >= CLICKS || (at_ms - self.looked_ms).abs() >= SPAN_MS {
            self.looked_ms = at_ms;
            self.look(trends);
        }
    }

    fn look(&mut self, trends: &[Trend]) {
        self.touched.sort_unstable();
        self.touched.dedup();
        self.items.clear();
        for (nth, (list, length)) in self.lists.iter_mut().zip(LENGTHS).enumerate() {
            list.extend(&self.touched);
            list.sort_unstable();
            list.dedup();
            let mut best = Best::new(length);
            for &item in list.iter() {
                let weight = weight(nth, &trends[item as usize]);
                if weight > 0.0 && best.admits(weight) {
                    best.push(item, weight);
                }
            }
            list.clear();
            list.extend(best.into_sorted().into_iter().map(|entry| entry.0));
            self.items.extend(&*list);
        }
        self.touched.clear();
        self.items.sort_unstable();
        self.items.dedup();
    }
}
