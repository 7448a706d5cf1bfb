//! How much an item is used: now, this hour, today, this week; as a landing or as a continuation; by which contexts.

use super::edges::{add, scale};

/// Lifetimes in hours: ten minutes, an hour, a day, a week.
pub(super) const TREND_HOURS: [f64; TREND_SCALES] = [1.0 / 6.0, 1.0, 24.0, 168.0];
/// How many there are.
pub(super) const TREND_SCALES: usize = 4;
/// Lifetime of context counts, in hours.
pub(super) const CONTEXT_HOURS: f64 = 8.0;
/// Contexts that are counted: channel and device, system, region, where the visit came from.
pub(super) const CONTEXTS: usize = 4;
/// Values of one context, by hash.
pub(super) const CONTEXT_VALUES: usize = 32;

/// Counts of one item, or of all.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trend {
    /// All uses.
    pub(super) all: [f32; TREND_SCALES],
    /// Uses that continued a visit.
    pub(super) next: [f32; TREND_SCALES],
    /// Uses by context value.
    pub(super) contexts: [[f32; CONTEXT_VALUES]; CONTEXTS],
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            all: [0.0; TREND_SCALES],
            next: [0.0; TREND_SCALES],
            contexts: [[0.0; CONTEXT_VALUES]; CONTEXTS],
            first_ms: i64::MAX,
            last_ms: i64::MIN,
        }
    }
}

impl Trend {
    pub(super) fn add(
        &mut self,
        at_ms: i64,
        continues: bool,
        contexts: [u8; CONTEXTS],
        weights: [f32; TREND_SCALES],
        context_weight: f32,
    ) {
        add(&mut self.all, weights);
        if continues {
            add(&mut self.next, weights);
        }
        for (counts, value) in self.contexts.iter_mut().zip(contexts) {
            counts[usize::from(value) % CONTEXT_VALUES] += context_weight;
        }
        self.first_ms = self.first_ms.min(at_ms);
        self.last_ms = self.last_ms.max(at_ms);
    }

    pub(super) fn shrink(&mut self, by: [f32; TREND_SCALES]) {
        scale(&mut self.all, by);
        scale(&mut self.next, by);
    }

    pub(super) fn shrink_contexts(&mut self, by: f32) {
        self.contexts.iter_mut().flatten().for_each(|count| *count *= by);
    }
}
