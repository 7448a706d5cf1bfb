//! The best, with reserved slots first and variety among the rest.

use std::collections::HashMap;

use serde::Deserialize;
use vocab::ReasonCode;

use crate::candidate::{Candidate, best_first};
use crate::context::Context;
use crate::pipeline::stage::{Selected, Selector};

/// The selector.
///
/// Emergencies come first, all of them. Then at most `reserved` mandated and curated items, in their order. The rest by
/// score, at most `max_per_dept` of a department and `max_per_need` of a need; where that leaves the list short, the
/// best of those passed over fill it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopK {
    /// Slots for mandated and curated items.
    pub reserved: usize,
    /// Most items of one department; 0 is no limit.
    pub max_per_dept: usize,
    /// Most items of one need; 0 is no limit.
    pub max_per_need: usize,
}

/// Counts towards a limit; 0 is no limit.
struct Quota<K> {
    most: usize,
    counts: HashMap<K, usize>,
}

impl<K: Eq + std::hash::Hash> Quota<K> {
    fn new(most: usize) -> Self {
        Self { most, counts: HashMap::new() }
    }

    fn has_room(&self, key: Option<&K>) -> bool {
        self.most == 0
            || key.is_none_or(|key| self.counts.get(key).is_none_or(|count| *count < self.most))
    }

    fn take(&mut self, key: Option<K>) {
        if let Some(key) = key {
            *self.counts.entry(key).or_insert(0) += 1;
        }
    }
}

impl Selector for TopK {
    fn name(&self) -> &'static str {
        "top_k"
    }

    fn select(&self, context: &Context<'_>, mut candidates: Vec<Candidate>) -> Selected {
        let catalogue = context.world.catalogue();
        let limit = context.limit;
        let (mut ordered, mut others): (Vec<_>, Vec<_>) =
            candidates.drain(..).partition(|candidate| candidate.reserved().is_some());
        // Stable: inside a class the order of the source stands.
        ordered.sort_by_key(Candidate::reserved);
        let mut selected = Vec::with_capacity(limit);
        let mut slots = self.reserved;
        for candidate in ordered {
            let emergency = candidate.reserved() == Some(ReasonCode::Emergency);
            if selected.len() < limit && (emergency || slots > 0) {
                slots -= usize::from(!emergency);
                selected.push(candidate);
            } else {
                others.push(candidate);
            }
        }
        others.sort_by(|a, b| best_first(catalogue, a, b));
        let dept = |candidate: &Candidate| {
            Some(catalogue.at(candidate.item).dept).filter(|dept| *dept != 0)
        };
        let need = |candidate: &Candidate| {
            context.base().needs[candidate.item as usize].first().map(|(need, _)| *need)
        };
        let (mut depts, mut needs) = (Quota::new(self.max_per_dept), Quota::new(self.max_per_need));
        let mut passed = Vec::new();
        let mut rest = Vec::new();
        for candidate in others {
            let keys = (dept(&candidate), need(&candidate));
            if selected.len() >= limit {
                rest.push(candidate);
            } else if depts.has_room(keys.0.as_ref()) && needs.has_room(keys.1.as_ref()) {
                depts.take(keys.0);
                needs.take(keys.1);
                selected.push(candidate);
            } else {
                passed.push(candidate);
            }
        }
        let room = limit.saturating_sub(selected.len()).min(passed.len());
        rest.extend(passed.split_off(room));
        selected.extend(passed);
        rest.sort_by(|a, b| best_first(catalogue, a, b));
        Selected { selected, rest }
    }
}
