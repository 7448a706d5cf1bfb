//! What is read much, and what more than usual, by everybody and by parts of everybody: decayed counts over two time
//! spans, one vote a visitor and hour.

pub mod audience;
mod crowds;
mod decay;
mod voters;

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use parking_lot::Mutex;
use recommend::Crowd;
use vocab::{Audience, Channel, Consent, Event, Interest, ItemId, VisitorId};

use crowds::{Crowds, Vote};
use decay::{Count, Exposed, SLOW_MS};

/// A visitor's votes for one item count once in this span, so nobody moves a list alone.
const VOTE_MS: i64 = 3_600_000;
/// Votes remembered as counted: 72 MB. In a rush they are forgotten sooner than after an hour.
const VOTED: usize = 4_000_000;
/// Impressions and clicks remembered as counted: 16 MB. In a rush they are forgotten sooner than after an hour.
const COUNTED: usize = 1_000_000;
/// Entries of each list.
const LISTED: usize = 500;

/// Items with a number each, largest first.
pub type Ranked = Vec<(ItemId, f32)>;

#[derive(Debug, Default)]
struct State {
    counts: HashMap<ItemId, Count>,
    /// Hashes of who voted lately for which item.
    voted: HashSet<u64>,
    /// Times shown in lists and times taken from one; both fade by the slow half-life.
    exposed: HashMap<ItemId, Exposed>,
    /// Hashes of what was counted lately: shown or taken, by whom, which item.
    counted: HashSet<u64>,
    votes_since_ms: i64,
}

/// What was counted of one item before a restart, on one channel and in one division.
#[derive(Clone, Debug)]
pub struct Counted<'a> {
    /// Where.
    pub channel: Channel,
    /// GB/T 2260, at least its first digits; empty is unknown.
    pub region: &'a str,
    /// Whom the item is for.
    pub audience: Audience,
    /// The item.
    pub item: &'a ItemId,
    /// Votes, each with the moment around which they were given, newest first.
    pub votes: [(f32, Timestamp); 3],
    /// Some of those who gave them.
    pub visitors: &'a [VisitorId],
}

/// The counts. Parts have a lock of their own, so that telling their lists holds up no event for long.
#[derive(Debug, Default)]
pub struct Counters {
    state: Mutex<State>,
    crowds: Mutex<Crowds>,
}

impl Counters {
    /// Takes in one live event; `said` is whom it says it is for.
    pub fn observe(&self, event: &Event, said: Audience, interest: &Interest) {
        self.observe_exposure(event);
        let speaks = interest.of(event).is_some_and(|weight| weight >= 1.0);
        if event.bot != vocab::BotClass::Human || !speaks {
            return;
        }
        let item = ItemId::from(event.item_id.as_str());
        if !self.vote(event.visitor, &item, event.ts.as_millisecond()) {
            return;
        }
        // Without a visitor nobody can tell how many people it were, and who objects to being followed is another one each
        // day: too little for a part.
        let is_told = event.visitor != VisitorId(0) && !event.consent.contains(Consent::OBJECTED);
        if is_told {
            let mut crowds = self.crowds.lock();
            let vote = Vote {
                channel: event.channel,
                region: &event.region,
                audience: crowds.audience(event.session, said),
                item: &item,
                at_ms: event.ts.as_millisecond(),
            };
            crowds.vote(vote, event.visitor);
        }
    }

    /// Counts a vote for everybody's lists; whether it was the visitor's first for the item lately.
    fn vote(&self, visitor: VisitorId, item: &ItemId, at_ms: i64) -> bool {
        let mut hasher = DefaultHasher::new();
        (visitor, item).hash(&mut hasher);
        let mut state = self.state.lock();
        if at_ms - state.votes_since_ms > VOTE_MS {
            state.voted.clear();
            state.counted.clear();
            state.votes_since_ms = at_ms;
        }
        if state.voted.len() >= VOTED {
            state.voted.clear();
        }
        let is_first = state.voted.insert(hasher.finish());
        if is_first {
            state.counts.entry(item.clone()).or_default().add(1.0, at_ms);
        }
        is_first
    }

    /// Counts what lists showed and what was taken from one, each once a visitor, item and hour, so that nobody moves
    /// a slot of chance alone.
    fn observe_exposure(&self, event: &Event) {
        if event.bot != vocab::BotClass::Human || event.rec_id.is_empty() {
            return;
        }
        // What lists showed only they can say; what was never shown cannot be taken.
        let is_shown = event.name == vocab::event::name::IMPRESSION;
        if is_shown && event.proto != vocab::Protocol::Server {
            return;
        }
        let mut hasher = DefaultHasher::new();
        (is_shown, event.visitor, &event.item_id).hash(&mut hasher);
        let mut state = self.state.lock();
        if state.counted.len() >= COUNTED {
            state.counted.clear();
        }
        // Impressions of those who agreed to nothing have no visitor: they are different people.
        let is_nobody = event.visitor == VisitorId(0);
        if !state.counted.insert(hasher.finish()) && !is_nobody {
            return;
        }
        let (item, at_ms) = (ItemId::from(event.item_id.as_str()), event.ts.as_millisecond());
        if is_shown {
            state.exposed.entry(item).or_default().add(1.0, 0.0, at_ms);
        } else if let Some(exposed) = state.exposed.get_mut(&item) {
            exposed.add(0.0, 1.0, at_ms);
        }
    }

    /// Items with the times lists showed them and the times they were taken from one.
    pub fn exposure(&self) -> Vec<(ItemId, f32, f32)> {
        let state = self.state.lock();
        // Nothing is taken more often than it is shown; what says so was forged or lost its impressions.
        let one = |(item, count): (&ItemId, &Exposed)| {
            (item.clone(), count.impressions, count.clicks.min(count.impressions))
        };
        state.exposed.iter().map(one).collect()
    }

    /// Puts back what the warehouse counted: `votes` of one item around `at`.
    pub fn restore(&self, item: ItemId, votes: f32, at: Timestamp) {
        self.state.lock().counts.entry(item).or_default().add(votes, at.as_millisecond());
    }

    /// Puts back what the warehouse counted of one item in the parts of everybody.
    pub fn restore_parts(&self, counted: &Counted<'_>) {
        let Counted { channel, region, audience, item, votes, visitors } = *counted;
        let votes = votes.map(|(votes, at)| (votes, at.as_millisecond()));
        let votes: Vec<(f32, i64)> = votes.into_iter().filter(|(votes, _)| *votes > 0.0).collect();
        let Some(&(_, at_ms)) = votes.first() else { return };
        let vote = Vote { channel, region, audience, item, at_ms };
        self.crowds.lock().restore(vote, &votes, visitors);
    }

    /// Items by popularity, and items by how much more they are read than usual (1 is as usual).
    pub fn lists(&self, now: Timestamp) -> (Ranked, Ranked) {
        let now_ms = now.as_millisecond();
        let mut state = self.state.lock();
        state.counts.retain(|_, count| count.decayed(now_ms).slow > 0.01);
        // Ten half-lives after the last impression nothing is left of it.
        state.exposed.retain(|_, count| (now_ms - count.at_ms) as f32 <= 10.0 * SLOW_MS);
        let counts: Vec<(ItemId, Count)> = state
            .counts
            .iter()
            .map(|(item, count)| (item.clone(), count.decayed(now_ms)))
            .collect();
        drop(state);
        let popular = counts.iter().map(|(item, count)| (item.clone(), count.slow)).collect();
        let trending = counts
            .iter()
            .filter_map(|(item, count)| Some((item.clone(), count.pace()? / count.slow.max(1.0))))
            .filter(|(_, ratio)| *ratio > 1.0)
            .collect();
        (top(popular), top(trending))
    }

    /// What parts of everybody use, as far as enough people say so.
    pub fn crowds(&self, now: Timestamp) -> Vec<Crowd> {
        let segments = self.crowds.lock().segments();
        let told = |segment| self.crowds.lock().sweep(segment, now.as_millisecond());
        segments.into_iter().filter_map(told).collect()
    }
}

fn top(mut list: Ranked) -> Ranked {
    list.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list.truncate(LISTED);
    list
}

#[cfg(test)]
mod tests;
