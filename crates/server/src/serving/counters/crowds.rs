//! What parts of everybody use: decayed counts by channel, division and audience, in bounded memory.

use std::collections::HashMap;

use recommend::{Crowd, Segment, Voted};
use vocab::{Audience, Channel, ItemId, SessionId, VisitorId};

use super::decay::Count;
use super::voters::{Seen, Voters};

/// Parts counted. A province has about 400; forged divisions push out nothing that people use.
const PARTS: usize = 1_024;
/// Items counted of each part. With the parts at most 80 MB, in practice a few.
const ITEMS: usize = 1_000;
/// Votes for an item of a part below which nobody is told: two visitors never reach them, even coming every day.
const LEAST_VOTES: f32 = 5.0;
/// Votes of which an item is forgotten.
const FORGOTTEN: f32 = 0.05;
/// Items told of each part.
const TOLD: usize = 120;
/// How much more a vote of the last hour counts where items have to be forgotten, so that what begins to rise stays.
const RECENT: f32 = 8.0;
/// Visits of which it is remembered whom they were for: 8 MB.
const VISITS: usize = 200_000;

/// Somebody's use of an item, or several people's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vote<'a> {
    pub(super) channel: Channel,
    /// GB/T 2260; empty is unknown.
    pub(super) region: &'a str,
    pub(super) audience: Audience,
    pub(super) item: &'a ItemId,
    pub(super) at_ms: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    count: Count,
    seen: Seen,
}

#[derive(Debug, Default)]
struct Part {
    items: HashMap<ItemId, Cell>,
    voters: Voters,
}

/// The counts of all parts.
#[derive(Debug, Default)]
pub(super) struct Crowds {
    parts: HashMap<Segment, Part>,
    /// Whom a visit was for lately: what it read for people or for businesses says it.
    visits: HashMap<SessionId, Audience>,
}

impl Crowds {
    /// Whom a use is for: what it says itself, else what was used before in the same visit. An item for everybody that
    /// is read between two for businesses is read for a business.
    pub(super) fn audience(&mut self, session: SessionId, said: Audience) -> Audience {
        if session == SessionId(0) {
            return said;
        }
        if said == Audience::All {
            return self.visits.get(&session).copied().unwrap_or_default();
        }
        if self.visits.len() >= VISITS {
            self.visits.clear();
        }
        self.visits.insert(session, said);
        said
    }

    /// Counts one visitor's use in every part it belongs to, at most eight.
    pub(super) fn vote(&mut self, vote: Vote<'_>, visitor: VisitorId) {
        self.each_cell(vote, |part_voters, cell| {
            part_voters.note(visitor, vote.at_ms);
            let weight = cell.seen.weight(visitor, vote.at_ms);
            if weight > 0.0 {
                cell.count.add(weight, vote.at_ms);
            }
        });
    }

    /// Puts back votes that were counted before, each with its moment in milliseconds, newest first; `visitors` are
    /// some of those who gave them.
    ///
    /// The narrowest part's votes come once for every channel and prefecture: of wider parts only the share of those not
    /// seen there yet counts, so that one person on three channels stays one.
    pub(super) fn restore(&mut self, vote: Vote<'_>, votes: &[(f32, i64)], visitors: &[VisitorId]) {
        // They may all have been there at the earliest of these moments: later ones would keep a small part in sight.
        let earliest = votes.iter().map(|(_, at_ms)| *at_ms).min().unwrap_or(vote.at_ms);
        self.each_cell(vote, |part_voters, cell| {
            let new = |visitor: &VisitorId| {
                part_voters.note(*visitor, earliest);
                cell.seen.weight(*visitor, vote.at_ms)
            };
            let new: f32 = visitors.iter().map(new).sum();
            let share = if visitors.is_empty() { 1.0 } else { new / visitors.len() as f32 };
            for &(votes, at_ms) in votes {
                cell.count.add(votes * share.min(1.0), at_ms);
            }
        });
    }

    fn each_cell(&mut self, vote: Vote<'_>, mut count: impl FnMut(&mut Voters, &mut Cell)) {
        for segment in Segment::all_of(vote.channel, vote.region, vote.audience) {
            // What is full is made room in by the next sweep, seconds later.
            if self.parts.len() >= PARTS && !self.parts.contains_key(&segment) {
                continue;
            }
            let part = self.parts.entry(segment).or_default();
            if part.items.len() >= ITEMS && !part.items.contains_key(vote.item) {
                continue;
            }
            let cell = part.items.entry(vote.item.clone()).or_default();
            count(&mut part.voters, cell);
        }
    }

    /// The parts that are counted; makes room where they are too many.
    pub(super) fn segments(&mut self) -> Vec<Segment> {
        self.parts.retain(|_, part| !part.items.is_empty());
        if self.parts.len() >= PARTS {
            let votes = |part: &Part| part.items.values().map(|cell| cell.count.slow).sum::<f32>();
            let mut by_votes: Vec<(f32, Segment)> =
                self.parts.iter().map(|(segment, part)| (votes(part), *segment)).collect();
            by_votes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            for (_, segment) in &by_votes[..PARTS / 4] {
                self.parts.remove(segment);
            }
        }
        self.parts.keys().copied().collect()
    }

    /// Forgets what has faded of a part and makes room in it; then what it uses, where enough people say so.
    pub(super) fn sweep(&mut self, segment: Segment, now_ms: i64) -> Option<Crowd> {
        let part = self.parts.get_mut(&segment)?;
        for cell in part.items.values_mut() {
            cell.count = cell.count.decayed(now_ms);
        }
        part.items.retain(|_, cell| cell.count.slow > FORGOTTEN);
        make_room(&mut part.items);
        if !part.voters.are_enough(now_ms) {
            return None;
        }
        let counts = || part.items.values().map(|cell| cell.count);
        let (votes, recent) =
            (counts().map(|count| count.slow).sum(), counts().map(|count| count.fast).sum());
        let mut items: Vec<Voted> = part
            .items
            .iter()
            .filter(|(_, cell)| cell.count.slow >= LEAST_VOTES)
            .map(|(item, cell)| Voted {
                item: item.clone(),
                votes: cell.count.slow,
                // Where too few say otherwise it is used as always.
                pace: cell.count.pace().unwrap_or(cell.count.slow),
            })
            .collect();
        items.sort_unstable_by(|a, b| {
            let key = |voted: &Voted| voted.votes.max(voted.pace);
            key(b).total_cmp(&key(a)).then_with(|| a.item.cmp(&b.item))
        });
        items.truncate(TOLD);
        Some(Crowd { segment, votes, recent, items })
    }
}

/// Forgets the quarter least used where there is no room for a new item.
fn make_room(items: &mut HashMap<ItemId, Cell>) {
    if items.len() < ITEMS {
        return;
    }
    let worth = |cell: &Cell| cell.count.slow + RECENT * cell.count.fast;
    let mut worths: Vec<f32> = items.values().map(worth).collect();
    let (_, &mut least, _) = worths.select_nth_unstable_by(ITEMS / 4, f32::total_cmp);
    // Those of the same worth go by name, so that never more go than have to.
    let mut at_least: Vec<ItemId> = items
        .iter()
        .filter(|(_, cell)| worth(cell) <= least)
        .map(|(item, _)| item.clone())
        .collect();
    at_least.sort_unstable();
    for item in at_least.into_iter().take(ITEMS / 4) {
        items.remove(&item);
    }
}

#[cfg(test)]
mod tests;
