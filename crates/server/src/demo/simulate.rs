//! Simulated citizens: the same seed gives the same bytes, in time order, in memory that grows with the citizens only.
//!
//! The output is what portals send: bodies of `POST /v1/events` with the headers that go with them, so that the demo
//! passes through the real collector. It serves the demo and tests of plumbing; it says nothing about quality.

mod batch;
mod bots;
mod citizen;
mod clients;
mod life;
mod live;
mod queries;
mod rhythm;
mod shelf;
mod visit;
mod wire;
mod world;

use std::collections::VecDeque;

use anyhow::{Result, ensure};
use jiff::{SignedDuration, Timestamp, ToSpan};
use vocab::{Item, NeedId, SiteId, Taxonomy};

pub use batch::Batch;
pub use live::Live;

use batch::Batcher;
use citizen::Citizen;
use rhythm::Day;
use world::World;

/// What to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimulationParams {
    /// Everything follows from it.
    pub seed: u64,
    /// Citizens and businesses, the personas not counted.
    pub citizens: u32,
    /// Days up to `end`.
    pub days: u16,
    /// Where the simulation ends; nothing happens at or after it.
    pub end: Timestamp,
}

impl SimulationParams {
    /// 2,000 citizens over 30 days up to `end`.
    pub fn new(seed: u64, end: Timestamp) -> Self {
        Self { seed, citizens: 2_000, days: 30, end }
    }
}

/// A need somebody has for a while: what the simulation knows and a model can only guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueNeed {
    /// The need.
    pub need: NeedId,
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub until: Timestamp,
}

/// The truth about one citizen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Site they use.
    pub site: SiteId,
    /// Raw browser id in their events; a terminal's on kiosks, shared with others.
    pub anonymous_id: String,
    /// Raw id they sign in with; empty where they never do.
    pub user_id: String,
    /// Whether they agreed to a profile and their browser does not object.
    pub profile: bool,
    /// The persona they are, if one.
    pub persona: Option<String>,
    /// Their needs, by beginning.
    pub needs: Vec<TrueNeed>,
}

/// The simulation: an iterator over request bodies.
#[derive(Debug)]
pub struct Simulation {
    params: SimulationParams,
    world: World,
    citizens: Vec<Citizen>,
    days: VecDeque<Day>,
    batcher: Batcher,
    events: u64,
}

impl Simulation {
    /// Prepares the citizens; nothing of their behaviour is computed yet.
    ///
    /// # Errors
    /// Without citizens or days, or where `items` hold nothing that may be shown.
    pub fn new(params: SimulationParams, items: &[Item], taxonomy: &Taxonomy) -> Result<Self> {
        ensure!(params.citizens > 0, "a simulation needs at least one citizen");
        ensure!((1..=366).contains(&params.days), "a simulation has 1 to 366 days");
        let world = World::new(items, taxonomy)?;
        let start =
            params.end.checked_sub(SignedDuration::from_hours(24 * i64::from(params.days)))?;
        let citizens = citizen::populate(&world, &params, start)?;
        Ok(Self {
            days: calendar(start, params.end)?,
            batcher: Batcher::new(&world, start.as_millisecond(), params.end.as_millisecond()),
            params,
            world,
            citizens,
            events: 0,
        })
    }

    /// Events in the bodies given out so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Share of the simulated time that is done, 0 to 1: for a progress bar.
    pub fn progress(&self) -> f64 {
        let total = f64::from(self.params.days) + 1.0;
        (1.0 - self.days.len() as f64 / total).clamp(0.0, 1.0)
    }

    /// Who needs what when, personas first.
    pub fn ground_truth(&self) -> Vec<Truth> {
        self.citizens.iter().map(|citizen| citizen.truth(&self.world)).collect()
    }

    /// The same citizens going on in real time, the personas left out: they are the visitor's.
    ///
    /// `events_per_second` is a long-run mean. What happens differs with `start`, not only with the seed.
    ///
    /// # Errors
    /// Where the rate is not between 0.1 and 1,000.
    pub fn live(self, events_per_second: f64, start: Timestamp) -> Result<Live> {
        Live::new(self, events_per_second, start)
    }

    /// Simulates the next day into the batcher; false when there is none.
    fn advance(&mut self) -> bool {
        let Some(day) = self.days.pop_front() else {
            return false;
        };
        let shelf = shelf::Shelf::new(&self.world, day.end_ms());
        for start in rhythm::visits(&self.world, &self.citizens, &day, &self.params) {
            self.batcher.until(start.at_ms);
            let place = visit::Place { world: &self.world, shelf: &shelf };
            if let Some(bot) = start.bot {
                bots::crawl(place, bot, &start, &mut self.batcher);
            } else {
                visit::make(place, &self.citizens[start.citizen], &start, &mut self.batcher);
            }
        }
        if self.days.is_empty() {
            self.batcher.finish();
        }
        true
    }
}

impl Iterator for Simulation {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        loop {
            if let Some(batch) = self.batcher.pop() {
                self.events += u64::from(batch.events);
                return Some(batch);
            }
            if !self.advance() {
                return None;
            }
        }
    }
}

/// The civil days that touch the simulated time.
fn calendar(start: Timestamp, end: Timestamp) -> Result<VecDeque<Day>> {
    let mut date = start.to_zoned(super::china()).date();
    let last = end.to_zoned(super::china()).date();
    let mut days = VecDeque::new();
    while date <= last {
        days.push_back(Day::new(date)?);
        date = date.checked_add(1.day())?;
    }
    Ok(days)
}

/// Mixes parts into the seed of one citizen's day or visit, so that each is independent of all others.
fn mix(parts: [u64; 4]) -> u64 {
    // The finaliser of SplitMix64 over a running sum.
    parts.into_iter().fold(0x9E37_79B9_7F4A_7C15, |state: u64, part| {
        let mut z = state.wrapping_add(part).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    })
}

#[cfg(test)]
mod tests;
