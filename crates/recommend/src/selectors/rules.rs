//! What every selector keeps to: reserved slots first, limits for variety, minimums for kinds and new items.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use vocab::{ItemKind, ReasonCode};

use super::explore::{Explore, explore};
use crate::candidate::{Candidate, best_first};
use crate::context::Context;
use crate::pipeline::stage::Selected;

const DAY_MS: i64 = 86_400_000;

/// The parameters all selectors share.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Slots for mandated and curated items; emergencies need none.
    pub reserved: usize,
    /// Most items of one department; 0 is no limit.
    pub max_per_dept: usize,
    /// Most items of one need; 0 is no limit.
    pub max_per_need: usize,
    /// Most items one source led to; 0 is no limit.
    #[serde(default)]
    pub max_per_source: usize,
    /// At least so many items of a kind, where there are candidates.
    #[serde(default)]
    pub quota: BTreeMap<ItemKind, usize>,
    /// At least so many new items, where there are candidates: what nobody saw cannot be chosen by anybody.
    #[serde(default)]
    pub min_fresh: Option<Fresh>,
    /// Slots given to chance, to learn what would be clicked.
    #[serde(default)]
    pub explore: Option<Explore>,
}

/// What counts as new, and how many slots it gets.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    /// At least so many.
    pub slots: usize,
    /// Younger than this.
    pub days: u16,
    /// Shown less often than this.
    pub impressions: f32,
}

/// How a selector orders what the rules let through.
pub(super) trait Preference {
    /// What the candidate would add to the list now; more is better, not finite is worst.
    fn gain(&self, candidate: usize) -> f32;
    /// Notes that the candidate is in the list.
    fn take(&mut self, candidate: usize);
}

/// What the rules need to know of a candidate, and what is taken.
struct Ledger {
    /// Department, need and source of each candidate, as numbers of counters; `usize::MAX` is none.
    keys: Vec<[usize; 3]>,
    counts: Vec<usize>,
    limits: [usize; 3],
    /// Minimums each candidate serves, as bits.
    serves: Vec<u8>,
    /// What is still due and how many candidates could serve it, a pair a minimum.
    due: Vec<(usize, usize)>,
}

impl Ledger {
    fn new(rules: &Rules, context: &Context<'_>, candidates: &[Candidate]) -> Self {
        let catalogue = context.world.catalogue();
        let mut numbers: HashMap<(u8, u64), usize> = HashMap::new();
        let mut sources: Vec<&str> = Vec::new();
        let mut ledger = Self {
            keys: Vec::with_capacity(candidates.len()),
            counts: Vec::new(),
            limits: [rules.max_per_dept, rules.max_per_need, rules.max_per_source],
            serves: Vec::with_capacity(candidates.len()),
            due: rules.quota.values().map(|least| (*least, 0)).collect(),
        };
        ledger.due.extend(rules.min_fresh.map(|fresh| (fresh.slots, 0)));
        for candidate in candidates {
            let entry = catalogue.at(candidate.item);
            let need = context.base().needs[candidate.item as usize].first();
            let source = candidate.lead().map(|signal| {
                sources.iter().position(|known| *known == signal.source).unwrap_or_else(|| {
                    sources.push(signal.source);
                    sources.len() - 1
                })
            });
            let mut number = |family: u8, key: Option<u64>| {
                let Some(key) = key else { return usize::MAX };
                let next = numbers.len();
                *numbers.entry((family, key)).or_insert(next)
            };
            ledger.keys.push([
                number(0, (entry.dept != 0).then_some(u64::from(entry.dept))),
                number(1, need.map(|(need, _)| u64::from(*need))),
                number(2, source.map(|source| source as u64)),
            ]);
            let mut serves = 0_u8;
            let kinds = rules.quota.keys().map(|kind| *kind == entry.kind);
            let fresh = rules.min_fresh.map(|fresh| {
                let young = context.now - entry.published < i64::from(fresh.days) * DAY_MS;
                let shown = context.world.live.counts(candidate.item).impressions;
                young && shown < fresh.impressions
            });
            for (bit, served) in kinds.chain(fresh).enumerate() {
                serves |= u8::from(served) << bit;
                ledger.due[bit].1 += usize::from(served);
            }
            ledger.serves.push(serves);
        }
        ledger.counts = vec![0; numbers.len()];
        ledger
    }

    /// Slots that must go to candidates a minimum asks for.
    fn outstanding(&self) -> usize {
        self.due.iter().map(|(due, there)| due.min(there)).sum()
    }

    fn is_due(&self, candidate: usize) -> bool {
        let open = |(bit, (due, _)): (usize, &(usize, usize))| {
            *due > 0 && self.serves[candidate] & (1 << bit) != 0
        };
        self.due.iter().enumerate().any(open)
    }

    fn has_room(&self, candidate: usize) -> bool {
        self.keys[candidate]
            .iter()
            .zip(self.limits)
            .all(|(key, most)| most == 0 || *key == usize::MAX || self.counts[*key] < most)
    }

    /// Notes a choice; `counted` where it uses up the limits for variety too.
    fn take(&mut self, candidate: usize, counted: bool) {
        for (bit, (due, there)) in self.due.iter_mut().enumerate() {
            if self.serves[candidate] & (1 << bit) != 0 {
                *due = due.saturating_sub(1);
                *there -= 1;
            }
        }
        for key in self.keys[candidate].iter().filter(|key| counted && **key != usize::MAX) {
            self.counts[*key] += 1;
        }
    }
}

/// Makes the list: reserved slots, then the preferred of those the rules let through, then chance.
pub(super) fn select<P: Preference>(
    rules: &Rules,
    context: &Context<'_>,
    mut candidates: Vec<Candidate>,
    preference: impl FnOnce(&[Candidate]) -> P,
) -> Selected {
    let catalogue = context.world.catalogue();
    let limit = context.limit.min(candidates.len());
    let orders = reserved(rules, limit, &candidates);
    candidates.sort_by(|a, b| best_first(catalogue, a, b));
    let at: HashMap<u32, usize> =
        candidates.iter().enumerate().map(|(at, candidate)| (candidate.item, at)).collect();
    let mut ledger = Ledger::new(rules, context, &candidates);
    let mut preference = preference(&candidates);
    let mut open = vec![true; candidates.len()];
    let mut chosen: Vec<usize> = Vec::with_capacity(limit);
    for candidate in orders.iter().filter_map(|item| at.get(item)) {
        open[*candidate] = false;
        ledger.take(*candidate, false);
        preference.take(*candidate);
        chosen.push(*candidate);
    }
    let chance = rules.explore.as_ref().map_or(0, |explore| {
        explore.slots.min(limit.saturating_sub(chosen.len() + ledger.outstanding()))
    });
    while chosen.len() < limit - chance {
        let forced = ledger.outstanding() >= limit - chance - chosen.len();
        // A minimum outranks a limit, and a full list outranks both.
        let next =
            best(&preference, &open, |one| ledger.has_room(one) && (!forced || ledger.is_due(one)))
                .or_else(|| {
                    forced.then(|| best(&preference, &open, |one| ledger.is_due(one))).flatten()
                })
                .or_else(|| best(&preference, &open, |_| true));
        let Some(next) = next else { break };
        open[next] = false;
        ledger.take(next, true);
        preference.take(next);
        chosen.push(next);
    }
    if let Some(rule) = rules.explore.as_ref().filter(|_| chance > 0) {
        let pool: Vec<usize> = (0..open.len())
            .filter(|&one| open[one] && ledger.has_room(one))
            .chain((0..open.len()).filter(|&one| open[one] && !ledger.has_room(one)))
            .collect();
        for (one, propensity) in explore(rule, context, &candidates, pool, chance) {
            candidates[one].propensity = propensity;
            open[one] = false;
            chosen.push(one);
        }
    }
    let mut places: Vec<Option<Candidate>> = candidates.into_iter().map(Some).collect();
    let selected = chosen.iter().filter_map(|&one| places[one].take()).collect();
    Selected { selected, rest: places.into_iter().flatten().collect() }
}

/// All emergencies, then mandated and curated items in the order of their source, in so many slots.
fn reserved(rules: &Rules, limit: usize, candidates: &[Candidate]) -> Vec<u32> {
    let code = |candidate: &&Candidate| candidate.reserved();
    let mut ordered: Vec<&Candidate> =
        candidates.iter().filter(|candidate| candidate.reserved().is_some()).collect();
    ordered.sort_by_key(code);
    let mut slots = rules.reserved;
    let mut items = Vec::new();
    for candidate in ordered {
        let emergency = candidate.reserved() == Some(ReasonCode::Emergency);
        if items.len() < limit && (emergency || slots > 0) {
            slots -= usize::from(!emergency);
            items.push(candidate.item);
        }
    }
    items
}

/// The open candidate with the largest gain; of equals the one with the better score, which stands first.
fn best(
    preference: &impl Preference,
    open: &[bool],
    admits: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for one in (0..open.len()).filter(|&one| open[one] && admits(one)) {
        let gain = preference.gain(one);
        let gain = if gain.is_finite() { gain } else { f32::NEG_INFINITY };
        if best.is_none_or(|(_, most)| gain > most) {
            best = Some((one, gain));
        }
    }
    best.map(|(one, _)| one)
}
