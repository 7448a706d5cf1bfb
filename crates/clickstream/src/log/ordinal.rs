//! Identical lines: the second of them is another event, not the first again.

use std::collections::HashMap;

use uuid::Uuid;

/// Lines remembered in one generation. Identical lines are at most seconds apart in a log.
const GENERATION: usize = 200_000;

/// Counts equal lines among the last few hundred thousand; what it answers depends on the lines alone.
#[derive(Debug, Default)]
pub(super) struct Ordinals {
    young: HashMap<Uuid, u32>,
    old: HashMap<Uuid, u32>,
}

impl Ordinals {
    /// How many equal lines came before this one.
    pub(super) fn next(&mut self, line: Uuid) -> u32 {
        let before = self.young.get(&line).or_else(|| self.old.get(&line)).copied().unwrap_or(0);
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(line, before + 1);
        before
    }
}
