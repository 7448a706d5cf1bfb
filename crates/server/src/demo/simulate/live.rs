//! The simulation going on in real time, so that the console has something to show.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::batch::{Batch, Batcher};
use super::citizen::Citizen;
use super::rhythm::Start;
use super::shelf::Shelf;
use super::world::World;
use super::{Simulation, mix, visit};

/// Events a visit makes on average; measured by a test.
pub(super) const EVENTS_A_VISIT: f64 = 14.0;
/// How far back the first visits began, so that the feed is in full flow at once: about the longest visit.
const WARM_UP_MS: i64 = 10 * 60_000;
/// The shelf is filled anew that often.
const SHELF_MS: i64 = 3_600_000;

/// Endless events at a given rate; ask for what is due every second or so.
#[derive(Debug)]
pub struct Live {
    world: World,
    citizens: Vec<Citizen>,
    shelf: Shelf,
    shelved_ms: i64,
    batcher: Batcher,
    rng: ChaCha8Rng,
    /// Mean time between two visits.
    gap_ms: f64,
    next_visit_ms: i64,
    clock_ms: i64,
}

impl Live {
    pub(super) fn new(of: Simulation, events_per_second: f64, start: Timestamp) -> Result<Self> {
        ensure!(
            (0.1..=1_000.0).contains(&events_per_second),
            "a live simulation makes 0.1 to 1,000 events a second"
        );
        let now = start.as_millisecond();
        let rng = ChaCha8Rng::seed_from_u64(mix([of.params.seed, 4, now as u64, 0]));
        let mut citizens = of.citizens;
        citizens.retain(|citizen| citizen.persona.is_none());
        for span in citizens.iter_mut().flat_map(|citizen| &mut citizen.needs) {
            // What they needed at the end they go on needing.
            if span.until_ms >= of.params.end.as_millisecond() {
                span.until_ms = i64::MAX;
            }
        }
        Ok(Self {
            shelf: Shelf::new(&of.world, now),
            shelved_ms: now,
            batcher: Batcher::new(&of.world, now, i64::MAX),
            world: of.world,
            citizens,
            rng,
            gap_ms: EVENTS_A_VISIT * 1_000.0 / events_per_second,
            next_visit_ms: now - WARM_UP_MS,
            clock_ms: now,
        })
    }

    /// What happened since the last call and before `now`; nothing where the clock went back.
    pub fn due(&mut self, now: Timestamp) -> Vec<Batch> {
        let now = now.as_millisecond();
        if now <= self.clock_ms {
            return Vec::new();
        }
        self.clock_ms = now;
        if now - self.shelved_ms > SHELF_MS {
            self.shelf = Shelf::new(&self.world, now);
            self.shelved_ms = now;
        }
        // After a pause, of a laptop say, the missed hours are not made up for.
        self.next_visit_ms = self.next_visit_ms.max(now - WARM_UP_MS);
        while self.next_visit_ms < now {
            let start = Start {
                at_ms: self.next_visit_ms,
                citizen: self.rng.random_range(0..self.citizens.len()),
                seed: self.rng.random(),
                bot: None,
            };
            let place = visit::Place { world: &self.world, shelf: &self.shelf };
            visit::make(place, &self.citizens[start.citizen], &start, &mut self.batcher);
            // Exponential gaps: visits come independently of each other.
            let gap = -(1.0 - self.rng.random::<f64>()).ln() * self.gap_ms;
            self.next_visit_ms += (gap as i64).max(1);
        }
        self.batcher.until(now);
        self.batcher.flush();
        std::iter::from_fn(|| self.batcher.pop()).collect()
    }
}
