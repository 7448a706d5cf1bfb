//! The citizens and businesses: who they are, what they agreed to, what they need and when.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vocab::{Audience, Channel};

use super::clients::{self, CLIENTS, Nature};
use super::life::LifeEvent;
use super::world::World;
use super::{SimulationParams, TrueNeed, Truth, mix, wire};

const DAY_MS: i64 = 86_400_000;
/// Self-service terminals of the demo; strangers share them.
const TERMINALS: u32 = 12;
/// Needs one citizen has at most over the simulated time.
const MOST_NEEDS: usize = 4;

/// A need from one time to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
    pub(super) need: u16,
}

/// One simulated person or business.
#[derive(Debug)]
pub(super) struct Citizen {
    pub(super) number: u64,
    pub(super) persona: Option<usize>,
    pub(super) business: bool,
    pub(super) site: usize,
    pub(super) client: usize,
    pub(super) region: String,
    pub(super) anonymous_id: String,
    pub(super) user_id: String,
    pub(super) personalisation: bool,
    pub(super) push: bool,
    /// Visits on a working day with one need.
    pub(super) visits: f64,
    /// Share of what they do without any need, 0 to 1.
    pub(super) curiosity: f64,
    pub(super) needs: Vec<Span>,
}

impl Citizen {
    /// Positions of the needs they have at that time, by beginning.
    pub(super) fn needs_at(&self, at_ms: i64) -> Vec<u16> {
        let now = self.needs.iter().filter(|span| (span.from_ms..span.until_ms).contains(&at_ms));
        now.map(|span| span.need).collect()
    }

    pub(super) fn channel(&self) -> Channel {
        CLIENTS[self.client].channel
    }

    pub(super) fn truth(&self, world: &World) -> Truth {
        let time = |ms| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
        let need = |span: &Span| TrueNeed {
            need: world.needs[usize::from(span.need)].clone(),
            from: time(span.from_ms),
            until: time(span.until_ms),
        };
        Truth {
            site: world.sites[self.site].id,
            anonymous_id: self.anonymous_id.clone(),
            user_id: self.user_id.clone(),
            profile: self.personalisation
                && CLIENTS[self.client].nature == Nature::Person
                && !self.channel().is_shared(),
            persona: self.persona.map(|index| world.personas[index].id.clone()),
            needs: self.needs.iter().map(need).collect(),
        }
    }
}

/// The personas, then as many citizens as asked for.
pub(super) fn populate(
    world: &World,
    params: &SimulationParams,
    start: Timestamp,
) -> Result<Vec<Citizen>> {
    let window = (start.as_millisecond(), params.end.as_millisecond());
    let mut citizens = Vec::with_capacity(world.personas.len() + params.citizens as usize);
    for index in 0..world.personas.len() {
        citizens.push(persona(world, index, window)?);
    }
    for number in 0..u64::from(params.citizens) {
        let rng = ChaCha8Rng::seed_from_u64(mix([params.seed, 1, number, 0]));
        citizens.push(Maker { world, window, rng }.citizen(number));
    }
    Ok(citizens)
}

fn persona(world: &World, index: usize, window: (i64, i64)) -> Result<Citizen> {
    let persona = &world.personas[index];
    let client = clients::of(Nature::Person, Some(persona.channel)).next();
    let from_ms = window.1 - (i64::from(persona.days) + 2) * DAY_MS;
    let position = |id| world.needs.iter().position(|need| need == id);
    let spans = persona.needs.iter().filter_map(position).map(|need| Span {
        from_ms: from_ms.max(window.0),
        until_ms: window.1,
        need: need as u16,
    });
    let needs: Vec<Span> = spans.collect();
    ensure!(!needs.is_empty(), "the taxonomy has no need of persona {}", persona.id);
    Ok(Citizen {
        // Beyond every citizen's number, so that nobody shares their chances.
        number: u64::MAX - index as u64,
        persona: Some(index),
        business: false,
        site: 0,
        client: client.unwrap_or(0),
        region: persona.region.clone(),
        anonymous_id: persona.anonymous_id.clone(),
        user_id: String::new(),
        personalisation: true,
        push: false,
        visits: 0.0,
        curiosity: 0.1,
        needs,
    })
}

struct Maker<'w> {
    world: &'w World,
    window: (i64, i64),
    rng: ChaCha8Rng,
}

impl Maker<'_> {
    fn citizen(mut self, number: u64) -> Citizen {
        let business = self.rng.random_bool(0.16);
        let site = self.site();
        let client = self.client(business);
        let channel = CLIENTS[client].channel;
        let shared = channel.is_shared();
        let region = self.region(site).to_owned();
        let objects = CLIENTS[client].nature == Nature::Objector;
        let agrees = self.rng.random_bool(0.7) && !objects && !shared;
        let terminal = self.rng.random_range(0..TERMINALS);
        let own = wire::uuid(&mut self.rng);
        let signs_in = agrees && channel != Channel::Web && self.rng.random_bool(0.4);
        let push = agrees && self.rng.random_bool(0.3);
        let eagerness: f64 = self.rng.random();
        let curiosity = 0.1 + 0.6 * self.rng.random::<f64>();
        Citizen {
            number,
            persona: None,
            business,
            site,
            client,
            region,
            anonymous_id: if shared { format!("kiosk-{terminal:02}") } else { own.to_string() },
            user_id: if signs_in { format!("citizen-{number}") } else { String::new() },
            personalisation: agrees,
            push,
            // Many come seldom, a few often.
            visits: 0.12 + 1.0 * eagerness.powi(3),
            curiosity,
            needs: self.needs(business),
        }
    }

    fn site(&mut self) -> usize {
        let mut at: f64 = self.rng.random();
        for (position, site) in self.world.sites.iter().enumerate() {
            if at < site.share {
                return position;
            }
            at -= site.share;
        }
        0
    }

    fn client(&mut self, business: bool) -> usize {
        let channel = match self.rng.random_range(0..100) {
            _ if business && self.rng.random_bool(0.75) => Channel::Web,
            0..46 => Channel::Web,
            46..71 => Channel::App,
            71..95 => Channel::MiniProgram,
            _ => Channel::Kiosk,
        };
        let nature = if channel == Channel::Web && self.rng.random_bool(0.08) {
            Nature::Objector
        } else {
            Nature::Person
        };
        let fits: Vec<usize> = clients::of(nature, Some(channel)).collect();
        let share = |position: &usize| CLIENTS[*position].share;
        fits.choose_weighted(&mut self.rng, share).copied().unwrap_or(0)
    }

    fn region(&mut self, site: usize) -> &'static str {
        let county = self.world.sites[site].level == "county";
        match self.rng.random_range(0..100) {
            _ if county => "990123",
            0..55 => "990100",
            55..75 => "990102",
            75..92 => "990123",
            _ => "990200",
        }
    }

    fn needs(&mut self, business: bool) -> Vec<Span> {
        let audience = if business { Audience::Legal } else { Audience::Natural };
        let world = self.world;
        let fits: Vec<&LifeEvent> =
            world.life.iter().filter(|event| event.audience == audience).collect();
        let days = (self.window.1 - self.window.0) / DAY_MS;
        let mut needs = Vec::new();
        if self.rng.random_bool(0.75)
            && let Ok(event) = fits.choose_weighted(&mut self.rng, |event| event.weight)
        {
            let at = self.window.0 + self.rng.random_range(-20 * DAY_MS..=days * DAY_MS);
            for &(need, from, until) in &event.follows {
                self.span(&mut needs, need, at + from * DAY_MS, at + until * DAY_MS);
            }
        }
        let more = if needs.is_empty() { 1 } else { 0 } + self.rng.random_range(0..=1);
        for _ in 0..more {
            let need = self.any_need(business);
            let from = self.window.0 + self.rng.random_range(-5 * DAY_MS..=days * DAY_MS * 4 / 5);
            let length = self.rng.random_range(6 * DAY_MS..=28 * DAY_MS);
            self.span(&mut needs, need, from, from + length);
        }
        if needs.is_empty() {
            let need = self.any_need(business);
            self.span(&mut needs, need, self.window.0, self.window.1);
        }
        needs.sort_unstable();
        needs
    }

    fn any_need(&mut self, business: bool) -> u16 {
        let fits = |need: &u16| {
            let civic = self.world.needs[usize::from(*need)].as_str().starts_with("c.");
            civic || self.world.legal[usize::from(*need)] == business
        };
        let all: Vec<u16> = (0..self.world.needs.len() as u16).filter(fits).collect();
        all.choose(&mut self.rng).copied().unwrap_or(0)
    }

    /// Adds what of the span lies in the simulated time, each need once.
    fn span(&self, needs: &mut Vec<Span>, need: u16, from_ms: i64, until_ms: i64) {
        let span = Span {
            from_ms: from_ms.max(self.window.0),
            until_ms: until_ms.min(self.window.1),
            need,
        };
        let known = needs.iter().any(|other| other.need == need);
        if !known && needs.len() < MOST_NEEDS && span.from_ms < span.until_ms {
            needs.push(span);
        }
    }
}
