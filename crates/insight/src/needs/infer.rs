//! What a person seems to need, from what they used: decayed, with evidence, and never what must not be inferred.

use serde::{Deserialize, Serialize};
use vocab::{ItemId, NeedId, Sensitivity};

use super::NeedModel;
use crate::interactions::DAY_MS;

/// Evidence that makes a score of one half: one page view of an item that certainly has the need scores 0.4.
const HALF_SCORE: f32 = 1.5;
/// Less than this is not evidence.
const MIN_EVIDENCE: f32 = 0.05;

/// One use in a person's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Used {
    /// The item.
    pub item: ItemId,
    /// When, milliseconds since 1970.
    pub ts_ms: i64,
    /// How much it says; 1 is a page view.
    pub weight: f32,
}

/// How to look at a history.
#[derive(Clone, Copy, Debug, Default)]
pub struct InferOptions<'a> {
    /// Now, milliseconds since 1970.
    pub now_ms: i64,
    /// Tags the person deleted: never inferred (and not relearned) while the caller lists them.
    pub denied: &'a [NeedId],
}

/// How long an inferred need may live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// For this visit only: guarded, or not yet enough evidence. Never stored.
    Session,
    /// May be kept with the person, who sees it and can delete it.
    Profile,
}

/// A need inferred from behaviour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedScore {
    /// The need.
    pub need: NeedId,
    /// Its position in the taxonomy.
    pub position: u16,
    /// Strength, 0 to 1: decayed evidence `m` as `m / (m + 1.5)`.
    pub score: f32,
    /// Probability that the person has the need now, 0 to 1: decayed evidence `m` as `mᵃ / (mᵃ + hᵃ)`, where `h` is
    /// [`NeedParams::even_evidence`](super::NeedParams) and `a` is its `confidence_slope` (Platt scaling of `ln m`).
    pub confidence: f32,
    /// How long it may live.
    pub scope: Scope,
    /// Uses that speak for it.
    pub events: u32,
    /// Different days of those uses.
    pub days: u32,
    /// The items that speak loudest, at most three, loudest first.
    pub evidence: Vec<ItemId>,
}

#[derive(Default)]
struct Tally {
    mass: f32,
    events: u32,
    days: Vec<i64>,
    items: Vec<(ItemId, f32)>,
}

impl NeedModel {
    /// Needs a history speaks for, strongest first, at most `max_needs`.
    ///
    /// Sensitive needs are never returned, nor are denied ones. Guarded needs rest on the current visit alone
    /// and stay in [`Scope::Session`]. Normal needs reach [`Scope::Profile`] with `min_events` uses on `min_days` days.
    /// Uses from the future and items without known needs are left out.
    pub fn infer_needs(&self, history: &[Used], options: &InferOptions<'_>) -> Vec<NeedScore> {
        let mut tallies: Vec<Tally> = Vec::new();
        tallies.resize_with(self.leaves.len(), Tally::default);
        for used in history {
            let age = options.now_ms - used.ts_ms;
            if age < 0 || !(used.weight.is_finite() && used.weight > 0.0) {
                continue;
            }
            for (need, probability) in self.needs_of(&used.item) {
                if self.may_use(need, age, options) {
                    self.add(&mut tallies[need as usize], used, probability, age);
                }
            }
        }
        let mut scores: Vec<NeedScore> = tallies
            .into_iter()
            .enumerate()
            .filter(|(_, tally)| tally.mass >= MIN_EVIDENCE)
            .map(|(need, tally)| self.score(need, tally))
            .collect();
        scores.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.position.cmp(&b.position)));
        scores.truncate(self.params.max_needs as usize);
        scores
    }

    fn may_use(&self, need: u16, age_ms: i64, options: &InferOptions<'_>) -> bool {
        let leaf = &self.leaves[need as usize];
        if options.denied.contains(&leaf.id) {
            return false;
        }
        match leaf.sensitivity {
            Sensitivity::Normal => true,
            Sensitivity::Guarded => age_ms <= i64::from(self.params.session_minutes) * 60_000,
            Sensitivity::Sensitive => false,
        }
    }

    fn add(&self, tally: &mut Tally, used: &Used, probability: f32, age_ms: i64) {
        let half_lives = age_ms as f64 / DAY_MS as f64 / f64::from(self.params.half_life_days);
        let decay = (-half_lives).exp2() as f32;
        let mass = used.weight * probability * decay;
        tally.mass += mass;
        tally.events += 1;
        let day =
            (used.ts_ms + i64::from(self.params.day_offset_minutes) * 60_000).div_euclid(DAY_MS);
        if !tally.days.contains(&day) {
            tally.days.push(day);
        }
        match tally.items.iter_mut().find(|entry| entry.0 == used.item) {
            Some(entry) => entry.1 += mass,
            None => tally.items.push((used.item.clone(), mass)),
        }
    }

    fn score(&self, need: usize, mut tally: Tally) -> NeedScore {
        let leaf = &self.leaves[need];
        let days = tally.days.len() as u32;
        let enough = tally.events >= self.params.min_events && days >= self.params.min_days;
        let odds = (tally.mass / self.params.even_evidence).powf(self.params.confidence_slope);
        tally.items.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        tally.items.truncate(3);
        NeedScore {
            need: leaf.id.clone(),
            position: need as u16,
            score: tally.mass / (tally.mass + HALF_SCORE),
            confidence: odds / (1.0 + odds),
            scope: if enough && leaf.sensitivity == Sensitivity::Normal {
                Scope::Profile
            } else {
                Scope::Session
            },
            events: tally.events,
            days,
            evidence: tally.items.into_iter().map(|entry| entry.0).collect(),
        }
    }
}
