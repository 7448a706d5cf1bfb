//! What every selector keeps to: reserved slots first, limits for variety, minimums for kinds and new items.

use std::collections::BTreeMap;

use serde::Deserialize;
use vocab::{ItemKind, ReasonCode};

use super::explore::{Explore, explore};
use crate::candidate::{Candidate, best_first};
use crate::catalogue::Catalogue;
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
    /// Whether the order is that of the scores, whatever is in the list: then the first that may come is the best.
    fn is_by_score(&self) -> bool {
        false
    }
}

/// What the rules need to know of a candidate, and what is taken.
struct Ledger {
    /// Number of the department, the need and the source of each candidate.
    keys: Vec<[Option<usize>; 3]>,
    /// Items taken, by those numbers.
    counts: [Vec<usize>; 3],
    limits: [usize; 3],
    /// Minimums each candidate serves, as bits.
    serves: Vec<u8>,
    /// What is still due and how many candidates could serve it, a pair a minimum.
    due: Vec<(usize, usize)>,
}

impl Ledger {
    fn new(rules: &Rules, context: &Context<'_>, candidates: &[Candidate]) -> Self {
        let catalogue = context.world.catalogue();
        let mut sources: Vec<&str> = Vec::new();
        let mut source = |candidate: &Candidate| {
            let name = candidate.lead().filter(|_| rules.max_per_source > 0)?.source;
            Some(sources.iter().position(|known| *known == name).unwrap_or_else(|| {
                sources.push(name);
                sources.len() - 1
            }))
        };
        let mut due: Vec<(usize, usize)> = rules.quota.values().map(|least| (*least, 0)).collect();
        due.extend(rules.min_fresh.map(|fresh| (fresh.slots, 0)));
        let mut serves = vec![0_u8; candidates.len()];
        let mut keys = Vec::with_capacity(candidates.len());
        let mut counts = [Vec::new(), Vec::new(), Vec::new()];
        for (candidate, serves) in candidates.iter().zip(&mut serves) {
            let entry = catalogue.at(candidate.item);
            let need = context.base().needs[candidate.item as usize].first();
            let of = [
                (entry.dept != 0).then_some(entry.dept as usize),
                need.map(|(need, _)| usize::from(*need)),
                source(candidate),
            ];
            for (counts, key) in counts.iter_mut().zip(of) {
                let most = key.map_or(0, |key| key + 1).max(counts.len());
                counts.resize(most, 0);
            }
            keys.push(of);
            let kinds = rules.quota.keys().map(|kind| *kind == entry.kind);
            let fresh = rules.min_fresh.map(|fresh| {
                let young = context.now - entry.published < i64::from(fresh.days) * DAY_MS;
                let shown = context.world.live.counts(candidate.item).impressions;
                young && shown < fresh.impressions
            });
            for (bit, served) in kinds.chain(fresh).enumerate() {
                *serves |= u8::from(served) << bit;
                due[bit].1 += usize::from(served);
            }
        }
        let limits = [rules.max_per_dept, rules.max_per_need, rules.max_per_source];
        Self { keys, counts, limits, serves, due }
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
        let keys = self.keys[candidate].iter().zip(&self.counts).zip(self.limits);
        let full = |((key, counts), most): ((&Option<usize>, &Vec<usize>), usize)| {
            most > 0 && key.is_some_and(|key| counts[key] >= most)
        };
        !keys.into_iter().any(full)
    }

    /// Notes a choice; `counted` where it uses up the limits for variety too.
    fn take(&mut self, candidate: usize, counted: bool) {
        for (bit, (due, there)) in self.due.iter_mut().enumerate() {
            if self.serves[candidate] & (1 << bit) != 0 {
                *due = due.saturating_sub(1);
                *there -= 1;
            }
        }
        for (key, counts) in self.keys[candidate].iter().zip(&mut self.counts) {
            if let Some(key) = key.filter(|_| counted) {
                counts[key] += 1;
            }
        }
    }
}

/// Makes the list: reserved slots, then the preferred of those the rules let through, then chance.
pub(super) fn select<P: Preference>(
    rules: &Rules,
    context: &Context<'_>,
    candidates: Vec<Candidate>,
    preference: impl FnOnce(&[Candidate]) -> P,
) -> Selected {
    let catalogue = context.world.catalogue();
    let limit = context.limit.min(candidates.len());
    let orders = reserved(rules, limit, &candidates);
    let mut candidates = sorted(catalogue, candidates);
    let mut ledger = Ledger::new(rules, context, &candidates);
    let mut preference = preference(&candidates);
    let mut open = vec![true; candidates.len()];
    let mut chosen: Vec<usize> = Vec::with_capacity(limit);
    for item in orders {
        let Some(at) = candidates.iter().position(|candidate| candidate.item == item) else {
            continue;
        };
        open[at] = false;
        ledger.take(at, false);
        preference.take(at);
        chosen.push(at);
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

/// Best first. Numbers are sorted and the candidates, which are large, moved once.
fn sorted(catalogue: &Catalogue, candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_unstable_by(|&a, &b| best_first(catalogue, &candidates[a], &candidates[b]));
    let mut places: Vec<Option<Candidate>> = candidates.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| places[at].take()).collect()
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
        if preference.is_by_score() {
            return Some(one);
        }
        let gain = preference.gain(one);
        let gain = if gain.is_finite() { gain } else { f32::NEG_INFINITY };
        if best.is_none_or(|(_, most)| gain > most) {
            best = Some((one, gain));
        }
    }
    best.map(|(one, _)| one)
}
