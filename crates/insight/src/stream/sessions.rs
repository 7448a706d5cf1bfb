//! Visits like this one: what they went on to.
//!
//! V-SkNN (Ludewig, Jannach, *Evaluation of Session-based Recommendation Algorithms*, UMUAI 2018) and STAN (Garg et
//! al., *Sequence and Time Aware Neighborhood for Session-based Recommendations*, SIGIR 2019) over an inverted index
//! of the newest visits of every item.

use std::collections::VecDeque;

/// How visits are compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearestParams {
    /// Visits kept in all.
    pub visits: usize,
    /// Newest visits looked at for each item of the visit.
    pub per_item: usize,
    /// Items of the visit looked at, newest first.
    pub items: usize,
    /// How fast older items of the visit count less.
    pub position_decay: f32,
    /// Hours after which a neighbour counts 1/e.
    pub age_hours: f32,
    /// How fast items far from the shared one count less.
    pub distance_decay: f32,
}

impl Default for NearestParams {
    fn default() -> Self {
        Self {
            visits: 400_000,
            per_item: 500,
            items: 4,
            position_decay: 1.5,
            age_hours: 6.0,
            distance_decay: 2.0,
        }
    }
}

/// Items of a visit that are kept.
const LENGTH: usize = 20;

#[derive(Clone, Debug, Default)]
struct Visit {
    items: Vec<u32>,
    last_ms: i64,
}

/// The newest visits, and which item is in which.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    params: NearestParams,
    visits: VecDeque<Visit>,
    /// Number of the first kept visit.
    first: u32,
    by_item: Vec<VecDeque<u32>>,
}

impl Sessions {
    pub(super) fn new(params: NearestParams) -> Self {
        Self { params, visits: VecDeque::new(), first: 0, by_item: Vec::new() }
    }

    /// Visits kept.
    pub(super) fn len(&self) -> usize {
        self.visits.len()
    }

    /// Opens a visit and returns its number.
    pub(super) fn open(&mut self) -> u32 {
        if self.visits.len() >= self.params.visits {
            self.visits.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        self.visits.push_back(Visit::default());
        self.first.wrapping_add(self.visits.len() as u32 - 1)
    }

    /// Adds an item to an open visit; one that was let go long ago is left alone.
    pub(super) fn add(&mut self, visit: u32, item: u32, at_ms: i64) {
        let place = visit.wrapping_sub(self.first) as usize;
        let Some(known) = self.visits.get_mut(place) else { return };
        known.last_ms = known.last_ms.max(at_ms);
        if known.items.len() >= LENGTH || known.items.contains(&item) {
            return;
        }
        known.items.push(item);
        if self.by_item.len() <= item as usize {
            self.by_item.resize_with(item as usize + 1, VecDeque::new);
        }
        let list = &mut self.by_item[item as usize];
        if list.len() >= self.params.per_item {
            list.pop_front();
        }
        list.push_back(visit);
    }

    /// Adds what visits like this one (its items, newest first) went on to: `out(item, aware, plain)`, sequence- and
    /// time-aware as STAN does, and by shared items alone as V-SkNN does. The visit itself is not asked. `similar` is
    /// room to work in.
    pub(super) fn neighbours(
        &self,
        own: Option<u32>,
        items: &[u32],
        now_ms: i64,
        similar: &mut Vec<(u32, f32)>,
        out: &mut dyn FnMut(u32, f32, f32),
    ) {
        similar.clear();
        for (place, &item) in items.iter().take(self.params.items).enumerate() {
            let weight = (-(place as f32) / self.params.position_decay).exp();
            let Some(list) = self.by_item.get(item as usize) else { continue };
            similar.extend(list.iter().filter(|&&visit| Some(visit) != own).map(|&v| (v, weight)));
        }
        similar.sort_unstable_by_key(|entry| entry.0);
        let mut at = 0;
        while at < similar.len() {
            let number = similar[at].0;
            let mut shared = 0.0;
            while at < similar.len() && similar[at].0 == number {
                shared += similar[at].1;
                at += 1;
            }
            let Some(visit) = self.visits.get(number.wrapping_sub(self.first) as usize) else {
                continue;
            };
            // A visit of one item went on to nothing.
            if visit.items.len() < 2 {
                continue;
            }
            let plain = shared / (visit.items.len() as f32).sqrt();
            let age = (now_ms - visit.last_ms).max(0) as f32 / 3_600_000.0;
            let aware = plain * (-age / self.params.age_hours).exp();
            let meeting = |item: &&u32| items.contains(*item);
            // The newest shared item is where the ways met.
            let Some(met) =
                items.iter().find_map(|item| visit.items.iter().position(|other| other == item))
            else {
                continue;
            };
            for (place, &item) in visit.items.iter().enumerate() {
                if meeting(&&item) {
                    continue;
                }
                let distance = place.abs_diff(met) as f32;
                let near = (-(distance - 1.0) / self.params.distance_decay).exp();
                let onward = if place > met { 1.0 } else { 0.7 };
                out(item, aware * near * onward, plain);
            }
        }
    }
}
