//! Step 9: visits. A visit ends after a gap without activity; on a shared terminal also when a person leaves.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde::Deserialize;
use vocab::{Event, SessionId, VisitorId};

use super::Step;
use crate::draft::{Context, Draft, Fault};
use crate::identity::session_id;

/// When a visit ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sessionise {
    /// Silence that ends a visit.
    pub(crate) gap: SignedDuration,
    /// Name of the event that says a person has left a shared terminal.
    pub(crate) reset_event: String,
    /// Visitors remembered; beyond it the longest silent are forgotten first.
    pub(crate) max_visitors: usize,
}

impl Step for Sessionise {
    fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), Fault> {
        let event = &mut draft.event;
        let shared = event.channel.is_shared();
        let owner = owner(event);
        event.session = context.sessions.assign(owner, event.ts, self.gap);
        if shared {
            if event.name == self.reset_event {
                context.sessions.end(owner);
            }
            // Strangers share the terminal: who it is must not outlive the visit (invariant 4).
            event.visitor = VisitorId(event.session.0);
            event.person = VisitorId(0);
        }
        Ok(())
    }
}

/// Whose visits they are: on a shared terminal the terminal's.
fn owner(event: &Event) -> VisitorId {
    if event.channel.is_shared() && event.anonymous.0 != 0 {
        event.anonymous
    } else {
        event.visitor
    }
}

const SHARDS: usize = 16;
/// Visits remembered for one visitor: events of an offline kiosk or of several devices arrive out of order.
const VISITS: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Visit {
    start: Timestamp,
    last: Timestamp,
    id: SessionId,
}

/// Open visits in bounded memory: two generations, the older dropped when the younger is full.
#[derive(Debug)]
pub(crate) struct Sessioniser {
    shards: Vec<Mutex<Generations>>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<VisitorId, Vec<Visit>>,
    old: HashMap<VisitorId, Vec<Visit>>,
}

impl Sessioniser {
    /// Remembers at least half of `max_visitors` and never more than that.
    pub(crate) fn new(max_visitors: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, capacity: (max_visitors / SHARDS / 2).max(1) }
    }

    /// The visit `ts` belongs to: one it is within `gap` of, or a new one. The order of arrival may differ from that of `ts`.
    pub(crate) fn assign(&self, owner: VisitorId, ts: Timestamp, gap: SignedDuration) -> SessionId {
        self.with(owner, |visits| {
            let near = visits.iter_mut().find(|visit| {
                ts.duration_since(visit.last) <= gap && visit.start.duration_since(ts) <= gap
            });
            if let Some(visit) = near {
                visit.last = visit.last.max(ts);
                visit.start = visit.start.min(ts);
                return visit.id;
            }
            let id = session_id(owner, ts);
            push(visits, Visit { start: ts, last: ts, id });
            id
        })
    }

    /// The owner's current visit is over.
    pub(crate) fn end(&self, owner: VisitorId) {
        self.with(owner, Vec::clear);
    }

    /// Takes up a visit again from an event stored before a restart.
    pub(crate) fn restore(&self, event: &Event, reset_event: &str) {
        let shared = event.channel.is_shared();
        self.with(owner(event), |visits| {
            if shared && event.name == reset_event {
                visits.clear();
            } else if let Some(visit) = visits.iter_mut().find(|visit| visit.id == event.session) {
                visit.last = visit.last.max(event.ts);
                visit.start = visit.start.min(event.ts);
            } else {
                push(visits, Visit { start: event.ts, last: event.ts, id: event.session });
            }
        });
    }

    fn with<R>(&self, owner: VisitorId, use_visits: impl FnOnce(&mut Vec<Visit>) -> R) -> R {
        let shard = &self.shards[(owner.0 % SHARDS as u64) as usize];
        let mut generations = shard.lock();
        let Generations { young, old } = &mut *generations;
        if !young.contains_key(&owner) {
            if young.len() >= self.capacity {
                *old = std::mem::take(young);
            }
            let visits = old.remove(&owner).unwrap_or_default();
            young.insert(owner, visits);
        }
        use_visits(young.entry(owner).or_default())
    }
}

/// Adds a visit, latest first; the one that ended earliest makes room.
fn push(visits: &mut Vec<Visit>, visit: Visit) {
    visits.push(visit);
    visits.sort_by(|a, b| b.last.cmp(&a.last).then(a.id.cmp(&b.id)));
    visits.truncate(VISITS);
}

#[cfg(test)]
mod tests;
