//! When people come: working hours, an evening peak, quiet nights, slow weekends, a rush after big news.

use anyhow::Result;
use jiff::civil::{Date, Time, Weekday};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::citizen::Citizen;
use super::clients::{self, Nature};
use super::world::World;
use super::{SimulationParams, mix};

const HOUR_MS: i64 = 3_600_000;

/// Visits by hour on a working day, Asia/Shanghai.
const WORKDAY: [f64; 24] = [
    0.4, 0.2, 0.1, 0.1, 0.1, 0.2, 0.6, 1.4, 3.4, 6.0, 6.4, 5.2, 3.0, 3.4, 5.2, 5.4, 4.6, 3.4, 2.8,
    3.8, 4.8, 4.4, 2.6, 1.0,
];
/// On a weekend: later, flatter, with the same evening.
const WEEKEND: [f64; 24] = [
    0.6, 0.3, 0.2, 0.1, 0.1, 0.2, 0.4, 0.9, 1.8, 3.0, 3.6, 3.4, 2.8, 2.8, 3.2, 3.4, 3.2, 3.0, 3.0,
    3.8, 4.6, 4.4, 2.8, 1.2,
];
/// Volume of a weekend day beside a working day.
const WEEKEND_VOLUME: f64 = 0.62;

/// A civil day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    start_ms: i64,
    weekend: bool,
}

impl Day {
    pub(super) fn new(date: Date) -> Result<Self> {
        let midnight = date.to_datetime(Time::midnight()).to_zoned(crate::demo::china())?;
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        Ok(Self { start_ms: midnight.timestamp().as_millisecond(), weekend })
    }

    pub(super) fn end_ms(self) -> i64 {
        self.start_ms + 24 * HOUR_MS
    }
}

/// The beginning of a visit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) at_ms: i64,
    /// Position among the citizens; without meaning for a bot.
    pub(super) citizen: usize,
    /// Seed of everything in it.
    pub(super) seed: u64,
    /// Position of the client, where it is a bot.
    pub(super) bot: Option<usize>,
}

/// The day's visits in time order.
pub(super) fn visits(
    world: &World,
    citizens: &[Citizen],
    day: &Day,
    params: &SimulationParams,
) -> Vec<Start> {
    let rush = rush(world, day);
    let mut starts = Vec::new();
    for (position, citizen) in citizens.iter().enumerate() {
        let seed = mix([params.seed, 2, citizen.number, day.start_ms as u64]);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let count = match citizen.persona {
            Some(persona) => persona_visits(world.personas[persona].days, day, params, &mut rng),
            None => poisson(mean(citizen, day) * rush, &mut rng),
        };
        for _ in 0..count {
            let at_ms = day.start_ms + moment(day.weekend, &mut rng);
            starts.push(Start { at_ms, citizen: position, seed: rng.random(), bot: None });
        }
    }
    let mut rng = ChaCha8Rng::seed_from_u64(mix([params.seed, 3, 0, day.start_ms as u64]));
    for bot in clients::of(Nature::Bot, None) {
        for _ in 0..poisson(citizens.len() as f64 * 0.0007, &mut rng) {
            let at_ms = day.start_ms + rng.random_range(0..24 * HOUR_MS);
            starts.push(Start { at_ms, citizen: 0, seed: rng.random(), bot: Some(bot) });
        }
    }
    starts.sort_by_key(|start| (start.at_ms, start.seed));
    starts
}

/// Visits a citizen is expected to make on the day.
fn mean(citizen: &Citizen, day: &Day) -> f64 {
    let needs = citizen.needs_at(day.start_ms + 12 * HOUR_MS).len() as f64;
    let volume = match (day.weekend, citizen.business) {
        (true, true) => 0.2,
        (true, false) => WEEKEND_VOLUME,
        (false, _) => 1.0,
    };
    citizen.visits * (0.3 + 0.7 * needs) * volume
}

/// How many times as many people come, once something big is out.
fn rush(world: &World, day: &Day) -> f64 {
    let Some(breaking) = world.breaking else {
        return 1.0;
    };
    let published = world.item(breaking).published_ms;
    if (published..published + 48 * HOUR_MS).contains(&(day.end_ms() - 1)) { 1.4 } else { 1.0 }
}

/// A persona comes on each of the last full days, so that everybody who steps into them finds a history.
fn persona_visits(days: u16, day: &Day, params: &SimulationParams, rng: &mut ChaCha8Rng) -> u32 {
    let end = params.end.as_millisecond();
    let recent = day.end_ms() <= end && day.end_ms() > end - i64::from(days) * 24 * HOUR_MS;
    if recent { 1 + u32::from(rng.random_bool(0.35)) } else { 0 }
}

/// Milliseconds after midnight, by the day's rhythm.
fn moment(weekend: bool, rng: &mut ChaCha8Rng) -> i64 {
    let hours = if weekend { &WEEKEND } else { &WORKDAY };
    let mut at = rng.random::<f64>() * hours.iter().sum::<f64>();
    for (hour, weight) in (0i64..).zip(hours) {
        if at < *weight {
            return hour * HOUR_MS + rng.random_range(0..HOUR_MS);
        }
        at -= weight;
    }
    rng.random_range(0..24 * HOUR_MS)
}

/// A count with that mean (Knuth's method; means here are small).
fn poisson(mean: f64, rng: &mut ChaCha8Rng) -> u32 {
    let floor = (-mean).exp();
    let mut count = 0;
    let mut product: f64 = rng.random();
    while product > floor && count < 1_000 {
        count += 1;
        product *= rng.random::<f64>();
    }
    count
}
